#include "collector/core/ingest.h"

#include <string.h>

enum {
	ROW_VERSION = 1,
	ROW_BYTES = LIMIT_SEQ_RANGES * 20 + 256
};

/* A measurement this old gives way to a worse but newer one. */
#define CLOCK_KEEP_NS (300 * CLOCK_NS_PER_S)

struct ingest {
	const struct topology *topology;
	struct ingest_agent *agent;
};

size_t
ingest_bytes(const struct topology *topology)
{
	return arena_bytes(1, sizeof(struct ingest)) +
	       arena_bytes(topology->agent_len, sizeof(struct ingest_agent));
}

struct ingest *
ingest_init(struct arena *arena, const struct topology *topology)
{
	struct ingest *ingest = arena_take(arena, 1, sizeof(*ingest));
	struct ingest_agent *agent =
	    arena_take(arena, topology->agent_len, sizeof(*agent));

	if (arena_failed(arena)) {
		return NULL;
	}
	*ingest = (struct ingest){topology, agent};
	for (uint16_t i = 0; i < topology->agent_len; i++) {
		agent[i].clock.error_ns = -1;
	}
	return ingest;
}

struct runs {
	struct seq_range *range; /* JOURNAL_FRESH of them */
	size_t len;
	bool is_full; /* there were more */
};

static void
add_run(struct runs *runs, uint64_t first, uint64_t last)
{
	if (runs->len == JOURNAL_FRESH) {
		runs->is_full = true;
		return;
	}
	runs->range[runs->len++] = (struct seq_range){first, last};
}

/* The runs of first..last that `have` lacks. False when there are more than `out` holds. */
static bool
missing(const struct seqset *have, uint64_t first, uint64_t last,
    struct seq_range out[JOURNAL_FRESH], size_t *out_len)
{
	struct runs runs = {.range = out};
	uint64_t at = first;

	for (size_t i = 0; i < have->len && at <= last; i++) {
		const struct seq_range *known = &have->range[i];

		if (known->last < at) {
			continue;
		}
		if (known->first > last) {
			break;
		}
		if (known->first > at) {
			add_run(&runs, at, known->first - 1);
		}
		if (known->last >= last) {
			*out_len = runs.len;
			return !runs.is_full;
		}
		at = known->last + 1;
	}
	if (at <= last) {
		add_run(&runs, at, last);
	}
	*out_len = runs.len;
	return !runs.is_full;
}

/* Fills the declared holes into `have`; returns how many numbers were lost that way. */
static enum err
fill_holes(struct seqset *have, const struct ingest_batch *batch, uint64_t *out_lost)
{
	uint64_t lost = 0;

	for (size_t i = 0; i < batch->hole_len; i++) {
		uint64_t first = batch->hole[i].first;
		uint64_t last = batch->hole[i].last;
		uint64_t known = seqset_overlap(have, first, last);
		enum err err = seqset_add(have, first, last);

		if (err != ERR_OK) {
			return err;
		}
		lost += last - first + 1 - known;
	}
	*out_lost = lost;
	return ERR_OK;
}

enum err
ingest_mark(struct ingest *ingest, const struct ingest_batch *batch, struct now now,
    struct seq_range out_fresh[JOURNAL_FRESH], size_t *out_fresh_len)
{
	struct ingest_agent *agent = &ingest->agent[batch->agent];
	struct seq_range fresh[JOURNAL_FRESH];
	struct seqset have;
	uint64_t lost;
	uint64_t new_count = 0;
	size_t fresh_len = 0;
	enum err err;

	if (agent->incarnation == batch->incarnation) {
		have = agent->have;
	} else {
		seqset_init(&have);
	}
	err = fill_holes(&have, batch, &lost);
	if (err != ERR_OK) {
		return err;
	}
	if (batch->len > 0) {
		uint64_t last = batch->first_seq + batch->len - 1;

		if (!missing(&have, batch->first_seq, last, fresh, &fresh_len)) {
			return ERR_LIMIT;
		}
		err = seqset_add(&have, batch->first_seq, last);
		if (err != ERR_OK) {
			return err;
		}
	}
	for (size_t i = 0; i < fresh_len; i++) {
		new_count += fresh[i].last - fresh[i].first + 1;
		out_fresh[i] = fresh[i];
	}
	*out_fresh_len = fresh_len;
	if (fresh_len == 0 && batch->hole_len == 0) {
		agent->repeats += batch->len;
		return ERR_OK; /* nothing that is journalled may change (I3) */
	}
	agent->incarnation = batch->incarnation;
	agent->have = have;
	agent->gaps += lost;
	agent->received += new_count;
	agent->duplicates += batch->len - new_count;
	for (size_t i = 0; i < batch->len; i++) {
		struct wall ended_at = ingest_time(batch, i, now).wall;

		if (ended_at.ns > agent->last_result_at.ns) {
			agent->last_result_at = ended_at;
		}
	}
	return ERR_OK;
}

struct now
ingest_time(const struct ingest_batch *batch, size_t i, struct now now)
{
	const struct result *result = &batch->result[i];
	int64_t ended_ns = clock_add_ns(
	    result->started_at.ns, (int64_t)result->timing.total_us * CLOCK_NS_PER_US);
	int64_t age_ns = clock_sub_ns(batch->sent_at.ns, ended_ns);

	/* A clock that was set back in between makes an age below 0: it is fresh then. One
	 * that was set forward, or never right, cannot be older than a spool keeps. */
	if (age_ns < 0) {
		age_ns = 0;
	}
	if (age_ns > INGEST_AGE_MAX_NS) {
		age_ns = INGEST_AGE_MAX_NS;
	}
	return (struct now){.mono = {clock_sub_ns(now.mono.ns, age_ns)},
	    .wall = {clock_sub_ns(now.wall.ns, age_ns)}};
}

void
ingest_clock_sample(struct ingest *ingest, uint16_t agent, struct wall agent_wall,
    uint32_t rtt_us, struct now now)
{
	struct ingest_clock *clock = &ingest->agent[agent].clock;
	int64_t error_ns = rtt_us > 0 ? (int64_t)rtt_us * CLOCK_NS_PER_US / 2 : -1;
	int64_t transit_ns = error_ns > 0 ? error_ns : 0;
	int64_t offset_ns = clock_add_ns(wall_since(agent_wall, now.wall), transit_ns);
	int64_t moved_ns = clock_sub_ns(offset_ns, clock->offset_ns);
	bool is_stale = clock->error_ns < 0 ||
			mono_since(now.mono, clock->measured_at) > CLOCK_KEEP_NS;
	bool is_better = error_ns >= 0 && error_ns <= clock->error_ns;
	/* A step is more than both measurements can be wrong by. Not by the amount: a peer
	 * can say a time so far off that it has none. */
	int64_t step_ns = clock->error_ns + (error_ns > 0 ? error_ns : CLOCK_NS_PER_S);
	bool is_step = moved_ns > step_ns || moved_ns < -step_ns;

	if (is_stale || is_better || is_step) {
		*clock = (struct ingest_clock){offset_ns, error_ns, now.mono};
	}
}

const struct ingest_agent *
ingest_agent(const struct ingest *ingest, uint16_t agent)
{
	return &ingest->agent[agent];
}

void
ingest_row_encode(const struct ingest_agent *agent, struct buf *buf)
{
	buf_put_varint(buf, ROW_VERSION);
	buf_put_u64(buf, agent->incarnation);
	seqset_save(&agent->have, buf);
	buf_put_varint(buf, agent->received);
	buf_put_varint(buf, agent->duplicates);
	buf_put_varint(buf, agent->gaps);
	buf_put_signed(buf, agent->last_result_at.ns);
	buf_put_signed(buf, agent->clock.offset_ns);
	buf_put_signed(buf, agent->clock.error_ns);
	buf_put_signed(buf, agent->clock.measured_at.ns);
}

static enum err
row_decode(struct buf *buf, struct ingest_agent *out)
{
	struct ingest_agent row;
	uint64_t version = buf_get_varint(buf);
	enum err err;

	if (!buf_ok(buf)) {
		return ERR_FORMAT;
	}
	if (version != ROW_VERSION) {
		return ERR_VERSION;
	}
	memset(&row, 0, sizeof(row));
	row.incarnation = buf_get_u64(buf);
	err = seqset_load(&row.have, buf);
	row.received = buf_get_varint(buf);
	row.duplicates = buf_get_varint(buf);
	row.gaps = buf_get_varint(buf);
	row.last_result_at.ns = buf_get_signed(buf);
	row.clock.offset_ns = buf_get_signed(buf);
	row.clock.error_ns = buf_get_signed(buf);
	row.clock.measured_at.ns = buf_get_signed(buf);
	if (err != ERR_OK || !buf_ok(buf)) {
		return ERR_FORMAT;
	}
	*out = row;
	return ERR_OK;
}

enum err
ingest_row_merge(struct ingest *ingest, uint16_t agent, struct buf *buf)
{
	struct ingest_agent *mine = &ingest->agent[agent];
	struct ingest_agent row;
	enum err err = row_decode(buf, &row);

	if (err != ERR_OK) {
		return err;
	}
	if (mine->incarnation != row.incarnation || mine->received < row.received) {
		*mine = row; /* the row was written with the newest batch */
	}
	return ERR_OK;
}

size_t
ingest_save_bytes(const struct topology *topology)
{
	return 16 + (size_t)topology->agent_len * (ROW_BYTES + LIMIT_NAME_BYTES + 8);
}

void
ingest_save(const struct ingest *ingest, struct buf *buf)
{
	buf_put_varint(buf, ingest->topology->agent_len);
	for (uint16_t i = 0; i < ingest->topology->agent_len; i++) {
		buf_put_text(buf, ingest->topology->agent[i].name);
		ingest_row_encode(&ingest->agent[i], buf);
	}
}

enum err
ingest_load(struct ingest *ingest, struct buf *buf)
{
	uint64_t len = buf_get_varint(buf);

	if (len > LIMIT_AGENTS) {
		return ERR_FORMAT;
	}
	for (uint64_t i = 0; i < len; i++) {
		char name[LIMIT_NAME_BYTES];
		struct ingest_agent row;
		uint16_t agent;
		enum err err;

		buf_get_text(buf, name, sizeof(name));
		err = row_decode(buf, &row);
		if (err != ERR_OK) {
			return err;
		}
		agent = topology_agent_find(ingest->topology, name);
		if (agent != TOPOLOGY_NONE) {
			ingest->agent[agent] = row;
		}
	}
	return buf_ok(buf) ? ERR_OK : ERR_FORMAT;
}
