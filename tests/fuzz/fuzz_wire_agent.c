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
check_figure(const struct figure *figure)
{
	check_text(figure->model, LIMIT_SERIES_BYTES);
	check_text(figure->provider, LIMIT_SERIES_BYTES);
	assert(figure->uptime_5m_ppm >= -1 && figure->uptime_5m_ppm <= 1000000);
	assert(figure->uptime_30m_ppm >= -1 && figure->uptime_30m_ppm <= 1000000);
	assert(figure->uptime_1d_ppm >= -1 && figure->uptime_1d_ppm <= 1000000);
	assert(figure->price_in_nanousd >= -1 && figure->price_out_nanousd >= -1);
	assert(figure->price_image_nanousd >= -1);
}

static void
check_timing(const struct timing *timing)
{
	const uint32_t end[] = {timing->dns_us, timing->connect_us, timing->tls_us,
	    timing->sent_us, timing->first_byte_us, timing->answered_us,
	    timing->total_us};
	uint32_t last = 0;

	for (size_t i = 0; i < sizeof(end) / sizeof(end[0]); i++) {
		assert(end[i] == 0 || end[i] >= last);
		last = end[i] > last ? end[i] : last;
	}
}

static void
check_spent(const struct wire_poll *poll)
{
	assert(poll->spent_len <= WIRE_SPENT);
	for (size_t i = 0; i < poll->spent_len; i++) {
		check_text(poll->spent[i].key, LIMIT_NAME_BYTES);
		assert(poll->spent[i].key[0] != '\0');
		assert(poll->spent[i].day_microusd <= WIRE_MICROUSD_MAX);
		assert(poll->spent[i].month_microusd <= WIRE_MICROUSD_MAX);
	}
}

static void
check_batch(const struct wire_batch *batch)
{
	size_t figures = 0;

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
		figures += result->figure_len;
		assert(figures <= LIMIT_BATCH_FIGURES);
		for (uint32_t k = 0; k < result->figure_len; k++) {
			check_figure(&result->figure[k]);
		}
		check_timing(&result->timing);
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
		assert(one->figure_len == two->figure_len);
		assert(one->digest == two->digest);
		assert(one->decode_us == two->decode_us);
		assert(one->cost_microusd == two->cost_microusd);
		assert(one->cert_days == two->cert_days);
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
	} else if (message.kind == WIRE_HELLO) {
		assert(message.hello.certificate.len <= WIRE_CERTIFICATE_BYTES);
		assert(message.hello.proof.len <= WIRE_PROOF_BYTES);
		assert((message.hello.certificate.data == NULL) ==
		       (message.hello.proof.data == NULL));
	} else if (message.kind == WIRE_POLL) {
		check_spent(&message.poll);
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
