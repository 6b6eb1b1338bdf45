#include "collector/shell/journal_batch.h"

#include "proto/wire.h"

bool
journal_batch_decode(struct frame *frame, struct arena *arena,
    const struct topology *topology, const struct journal_head *head,
    struct ingest_batch *out)
{
	struct wire_agent_message message;
	const unsigned char *bytes;
	size_t len;
	uint16_t agent = topology_agent_find(topology, head->agent);
	struct seq_range *hole;

	arena_reset(arena);
	if (agent == TOPOLOGY_NONE ||
	    frame_unpack(frame, head->frame, head->frame_len, &bytes, &len) != ERR_OK ||
	    wire_agent_decode(bytes, len, arena, &message) != ERR_OK ||
	    message.kind != WIRE_BATCH) {
		return false;
	}
	hole = arena_take(arena, message.batch.hole_len, sizeof(*hole));
	for (size_t i = 0; hole != NULL && i < message.batch.hole_len; i++) {
		hole[i] = message.batch.hole[i].range;
	}
	*out = (struct ingest_batch){.agent = agent,
	    .incarnation = head->incarnation,
	    .first_seq = message.batch.first_seq,
	    .sent_at = message.batch.sent_at,
	    .rtt_us = message.batch.rtt_us,
	    .result = message.batch.result,
	    .len = message.batch.len,
	    .hole = hole,
	    .hole_len = hole == NULL ? 0 : message.batch.hole_len};
	return true;
}
