/* fuzz_wire_agent - any bytes as a message of an agent
 *
 * What decodes keeps the promises of wire.h, and decodes to the same after being encoded. */
#include "common/core/limits.h"
#include "common/core/utf8.h"
#include "proto/wire.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	OUT_BYTES = LIMIT_INFLATED_BYTES
};

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_text(const char *text, size_t cap)
{
	assert(strlen(text) < cap);
	assert(utf8_printable(text, strlen(text)));
}

static void
check_batch(const struct wire_batch *batch)
{
	assert(batch->len <= LIMIT_BATCH_RESULTS);
	assert(batch->hole_len <= WIRE_HOLES);
	for (size_t i = 0; i < batch->len; i++) {
		const struct result *result = &batch->result[i];

		assert(result->seq == batch->first_seq + i);
		assert(result->series[0] != '\0');
		assert(result->outcome < OUTCOME_COUNT);
		assert(result->phase < PHASE_COUNT);
		check_text(result->series, LIMIT_SERIES_BYTES);
		check_text(result->detail, LIMIT_DETAIL_BYTES);
		check_text(result->request_id, LIMIT_REQUEST_ID_BYTES);
		for (uint32_t k = 0; k < result->observation_len; k++) {
			check_text(result->observation[k].url, LIMIT_URL_BYTES);
			assert(result->observation[k].claim < CLAIM_COUNT);
		}
	}
	for (size_t i = 0; i < batch->hole_len; i++) {
		assert(batch->hole[i].range.first <= batch->hole[i].range.last);
	}
}

static void
compare(const struct wire_batch *a, const struct wire_batch *b)
{
	assert(a->len == b->len && a->hole_len == b->hole_len);
	for (size_t i = 0; i < a->len; i++) {
		const struct result *one = &a->result[i];
		const struct result *two = &b->result[i];

		assert(strcmp(one->series, two->series) == 0);
		assert(one->started_at.ns == two->started_at.ns);
		assert(one->outcome == two->outcome && one->phase == two->phase);
		assert(one->http_status == two->http_status);
		assert(one->flags == two->flags);
		assert(one->body_bytes == two->body_bytes);
		assert(one->server_us == two->server_us);
		assert(one->observation_len == two->observation_len);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned char out[OUT_BYTES];
	static unsigned char *memory;
	struct wire_agent_message message;
	struct wire_agent_message again;
	struct arena arena;
	size_t len;

	if (memory == NULL) {
		memory = malloc(WIRE_ARENA_BYTES);
	}
	assert(memory != NULL);
	arena_init(&arena, memory, WIRE_ARENA_BYTES);
	if (wire_agent_decode(data, size, &arena, &message) != ERR_OK) {
		return 0;
	}
	if (message.kind == WIRE_BATCH) {
		check_batch(&message.batch);
	}
	if (wire_agent_encode(&message, &arena, out, sizeof(out), &len) != ERR_OK) {
		assert(arena_failed(&arena));
		return 0;
	}
	if (wire_agent_decode(out, len, &arena, &again) != ERR_OK) {
		assert(arena_failed(&arena));
		return 0;
	}
	assert(again.kind == message.kind);
	if (message.kind == WIRE_BATCH) {
		compare(&message.batch, &again.batch);
	}
	return 0;
}
