/* bench_wire - what a result costs on the wire, in bytes and in time
 *
 * One agent's 500 results of ten series as an uplink sends them: healthy but for one in a
 * hundred, microsecond timings that spread as real ones do. Beside it the same results
 * as plain protobuf, one message each, compressed by the same zstd. */
#include "tests/bench/bench.h"

#include "common/core/limits.h"
#include "common/core/rng.h"
#include "common/shell/frame.h"
#include "proto/wire.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

enum {
	SERIES = 10,
	RESULTS = LIMIT_BATCH_RESULTS,
	PLAIN_BYTES = 1 << 20
};

/* What one series is like: typical microseconds of each step, and of what follows. */
struct shape {
	const char *series;
	uint32_t interval_s;
	uint32_t dns_us;
	uint32_t connect_us;
	uint32_t tls_us;
	uint32_t wait_us;
	uint32_t body_us;
	uint32_t body_bytes;
	uint32_t
	    server_share;   /* percent of the wait that the server reports, 0 = none */
	uint32_t send_us;   /* of a request with a body, 0 = without */
	uint32_t decode_us; /* of looking into the picture, 0 = none */
	uint32_t cost_microusd;
	uint16_t cert_days;
};

static const struct shape shapes[SERIES] = {
    {"nano-banana-pro/image", 60, 1400, 9000, 14000, 11500000, 900000, 1900000, 97, 220,
	31000, 134000, 61},
    {"nano-banana-pro/model", 60, 1400, 9000, 14000, 60000, 60, 812, 90, 0, 0, 0, 61},
    {"vertex-image/image", 60, 2100, 11000, 16000, 9800000, 700000, 1700000, 0, 240,
	27000, 134000, 58},
    {"vertex-image/model", 60, 2100, 11000, 16000, 75000, 60, 640, 0, 0, 0, 0, 58},
    {"openrouter-image/image", 60, 800, 3100, 6000, 14000000, 500000, 2100000, 0, 160,
	34000, 139000, 80},
    {"openrouter-image/models", 60, 800, 3100, 6000, 90000, 2500, 190000, 0, 0, 0, 0,
	80},
    {"control/cloudflare", 30, 500, 2500, 5000, 4000, 40, 210, 0, 0, 0, 0, 44},
    {"control/debian", 30, 900, 18000, 21000, 19000, 90, 6200, 0, 0, 0, 0, 31},
    {"control/gstatic", 30, 700, 8500, 13000, 9000, 40, 0, 0, 0, 0, 0, 61},
    {"source/google-cloud-status", 60, 1100, 9000, 14000, 30000, 15000, 0, 0, 0, 0, 0,
	0},
};

struct fixture {
	struct result result[RESULTS];
	struct arena arena;
	struct frame *frame;
	unsigned char *message;
	size_t message_len;
	unsigned char *packed;
	size_t packed_len;
	unsigned loops;
};

/* About normal around `middle`, a tenth of it wide, with a long tail now and then. */
static uint32_t
spread(struct rng *rng, uint32_t middle)
{
	uint64_t sum = 0;

	for (int i = 0; i < 6; i++) {
		sum += rng_below(rng, middle / 5 + 1);
	}
	sum += (uint64_t)middle * 4 / 10;
	if (rng_below(rng, 25) == 0) {
		sum += rng_below(rng, middle + 1);
	}
	return (uint32_t)sum;
}

static void
make_result(struct rng *rng, const struct shape *shape, struct result *out)
{
	struct timing *timing = &out->timing;
	uint32_t wait_us = spread(rng, shape->wait_us);

	out->series = shape->series;
	out->detail = "";
	out->request_id = "";
	out->phase = PHASE_DONE;
	out->http_status = 200;
	timing->dns_us = spread(rng, shape->dns_us);
	timing->connect_us = timing->dns_us + spread(rng, shape->connect_us);
	timing->tls_us = timing->connect_us + spread(rng, shape->tls_us);
	timing->sent_us =
	    shape->send_us > 0 ? timing->tls_us + spread(rng, shape->send_us) : 0;
	timing->first_byte_us = timing->tls_us + wait_us;
	timing->total_us = timing->first_byte_us + spread(rng, shape->body_us);
	out->body_bytes = shape->body_bytes > 100000 ? spread(rng, shape->body_bytes)
						     : shape->body_bytes;
	out->server_us =
	    (uint32_t)((uint64_t)wait_us * shape->server_share / 100 +
		       (shape->server_share > 0 ? rng_below(rng, 1000) : 0));
	out->decode_us = shape->decode_us > 0 ? spread(rng, shape->decode_us) : 0;
	out->cost_microusd = shape->cost_microusd;
	out->cert_days = shape->cert_days;
	if (strncmp(shape->series, "source/", 7) == 0) {
		out->flags = FLAG_UNCHANGED;
		out->http_status = 304;
	}
}

static void
make_failure(struct rng *rng, struct result *out)
{
	out->decode_us = 0;
	out->cost_microusd = 0;
	if (rng_below(rng, 2) == 0) {
		out->outcome = OUTCOME_TIMEOUT;
		out->phase = PHASE_WAIT;
		out->http_status = 0;
		out->timing.first_byte_us = 0;
		out->timing.total_us = 30000000 + (uint32_t)rng_below(rng, 2000);
		out->detail = "no answer within 30 s";
		return;
	}
	out->outcome = OUTCOME_UPSTREAM_ERROR;
	out->http_status = 503;
	out->flags = FLAG_OVERLOADED;
	out->body_bytes = 214;
	out->detail =
	    "503 UNAVAILABLE: The model is overloaded. Please try again later.";
	out->request_id = rng_below(rng, 2) == 0
			      ? "7c1f0a6d-4c55-4be0-9b1c-6cf6f0d9e8aa"
			      : "f3a90b12-8d3e-49f7-8a57-0c1d2e3f4a5b";
}

static int64_t
ended_ns(const struct result *result)
{
	return result->started_at.ns +
	       (int64_t)result->timing.total_us * CLOCK_NS_PER_US;
}

/* In the order of their ends, as the spool numbers them. */
static int
compare_ends(const void *left, const void *right)
{
	int64_t a = ended_ns(left);
	int64_t b = ended_ns(right);

	return (a > b) - (a < b);
}

/* Nominal instants one interval apart; each run begins up to 5 % beside its own. */
static void
make_results(struct fixture *fixture)
{
	struct rng rng;
	int64_t due_us[SERIES];
	const int64_t begin_us = INT64_C(1767225600000000);

	rng_init(&rng, 500);
	for (unsigned i = 0; i < SERIES; i++) {
		due_us[i] =
		    begin_us + (int64_t)rng_below(&rng, shapes[i].interval_s * 1000000);
	}
	for (unsigned i = 0; i < RESULTS; i++) {
		struct result *result = &fixture->result[i];
		unsigned next = 0;
		int64_t interval_us;

		for (unsigned k = 1; k < SERIES; k++) {
			next = due_us[k] < due_us[next] ? k : next;
		}
		interval_us = (int64_t)shapes[next].interval_s * 1000000;
		make_result(&rng, &shapes[next], result);
		if (rng_below(&rng, 100) == 0) {
			make_failure(&rng, result);
		}
		result->started_at.ns =
		    (due_us[next] - interval_us / 20 +
			(int64_t)rng_below(&rng, (uint64_t)interval_us / 10)) *
		    CLOCK_NS_PER_US;
		due_us[next] += interval_us;
	}
	qsort(fixture->result, RESULTS, sizeof(fixture->result[0]), compare_ends);
	for (unsigned i = 0; i < RESULTS; i++) {
		fixture->result[i].seq = 1000 + i;
	}
}

static size_t
encode(struct fixture *fixture)
{
	struct wire_agent_message message = {.kind = WIRE_BATCH,
	    .batch = {.session = 0x1234567890abcdef,
		.incarnation = 0xfedcba0987654321,
		.first_seq = fixture->result[0].seq,
		.sent_at = fixture->result[RESULTS - 1].started_at,
		.rtt_us = 23456,
		.result = fixture->result,
		.len = RESULTS}};
	size_t len = 0;

	arena_reset(&fixture->arena);
	if (wire_agent_encode(&message, &fixture->arena, fixture->message,
		LIMIT_INFLATED_BYTES, &len) != ERR_OK) {
		bench_fail("wire_agent_encode", "failed");
	}
	return len;
}

static double
encode_ns(void *context)
{
	struct fixture *fixture = context;
	int64_t begin_ns = bench_cpu_ns();

	for (unsigned i = 0; i < fixture->loops; i++) {
		(void)encode(fixture);
	}
	return (double)(bench_cpu_ns() - begin_ns) / fixture->loops / RESULTS;
}

static double
decode_ns(void *context)
{
	struct fixture *fixture = context;
	struct wire_agent_message message;
	int64_t begin_ns = bench_cpu_ns();

	for (unsigned i = 0; i < fixture->loops; i++) {
		arena_reset(&fixture->arena);
		if (wire_agent_decode(fixture->message, fixture->message_len,
			&fixture->arena, &message) != ERR_OK) {
			bench_fail("wire_agent_decode", "failed");
		}
	}
	return (double)(bench_cpu_ns() - begin_ns) / fixture->loops / RESULTS;
}

static double
unpack_ns(void *context)
{
	struct fixture *fixture = context;
	int64_t begin_ns = bench_cpu_ns();

	for (unsigned i = 0; i < fixture->loops; i++) {
		const unsigned char *bytes;
		size_t len;

		if (frame_unpack(fixture->frame, fixture->packed, fixture->packed_len,
			&bytes, &len) != ERR_OK) {
			bench_fail("frame_unpack", "failed");
		}
	}
	return (double)(bench_cpu_ns() - begin_ns) / fixture->loops / RESULTS;
}

/* ---- beside: one protobuf message a result, as one would write it first ---- */

static size_t
put_varint(unsigned char *out, uint64_t value)
{
	size_t len = 0;

	while (value > 0x7f) {
		out[len++] = (unsigned char)(value | 0x80);
		value >>= 7;
	}
	out[len++] = (unsigned char)value;
	return len;
}

static size_t
put_number(unsigned char *out, unsigned field, uint64_t value)
{
	size_t len;

	if (value == 0) {
		return 0;
	}
	len = put_varint(out, (uint64_t)field << 3);
	return len + put_varint(out + len, value);
}

static size_t
put_text(unsigned char *out, unsigned field, const char *text)
{
	size_t text_len = strlen(text);
	size_t len;

	if (text_len == 0) {
		return 0;
	}
	len = put_varint(out, (uint64_t)field << 3 | 2);
	len += put_varint(out + len, text_len);
	memcpy(out + len, text, text_len);
	return len + text_len;
}

static size_t
plain_result(const struct result *result, unsigned char *out)
{
	unsigned char body[1024];
	size_t len = put_number(body, 1, result->seq);
	size_t at;

	len += put_text(body + len, 2, result->series);
	len += put_number(
	    body + len, 3, (uint64_t)(result->started_at.ns / CLOCK_NS_PER_US));
	len += put_number(body + len, 4, (uint64_t)result->outcome);
	len += put_number(body + len, 5, (uint64_t)result->phase);
	len += put_number(body + len, 6, result->http_status);
	len += put_number(body + len, 7, result->flags);
	len += put_number(body + len, 8, result->timing.dns_us);
	len += put_number(body + len, 9, result->timing.connect_us);
	len += put_number(body + len, 10, result->timing.tls_us);
	len += put_number(body + len, 11, result->timing.first_byte_us);
	len += put_number(body + len, 12, result->timing.total_us);
	len += put_number(body + len, 13, result->server_us);
	len += put_number(body + len, 14, result->body_bytes);
	len += put_text(body + len, 15, result->detail);
	len += put_text(body + len, 16, result->request_id);
	len += put_number(body + len, 17, result->timing.sent_us);
	len += put_number(body + len, 18, result->decode_us);
	len += put_number(body + len, 19, result->cost_microusd);
	len += put_number(body + len, 20, result->cert_days);
	at = put_varint(out, 1 << 3 | 2);
	at += put_varint(out + at, len);
	memcpy(out + at, body, len);
	return at + len;
}

static double
plain_bytes(const struct fixture *fixture)
{
	unsigned char *plain = malloc(PLAIN_BYTES);
	unsigned char *packed = malloc(ZSTD_compressBound(PLAIN_BYTES));
	size_t len = 0;
	size_t rc;

	if (plain == NULL || packed == NULL) {
		bench_fail("malloc", "no memory");
	}
	for (unsigned i = 0; i < RESULTS; i++) {
		len += plain_result(&fixture->result[i], plain + len);
	}
	rc = ZSTD_compress(packed, ZSTD_compressBound(PLAIN_BYTES), plain, len, 3);
	if (ZSTD_isError(rc) != 0) {
		bench_fail("ZSTD_compress", ZSTD_getErrorName(rc));
	}
	free(plain);
	free(packed);
	return (double)rc / RESULTS;
}

static void
pack(struct fixture *fixture)
{
	const unsigned char *packed;
	size_t len;

	fixture->message_len = encode(fixture);
	memcpy(frame_room(fixture->frame), fixture->message, fixture->message_len);
	if (frame_pack(fixture->frame, fixture->message_len, &packed, &len) != ERR_OK) {
		bench_fail("frame_pack", "failed");
	}
	fixture->packed = malloc(len);
	if (fixture->packed == NULL) {
		bench_fail("malloc", "no memory");
	}
	memcpy(fixture->packed, packed, len);
	fixture->packed_len = len;
}

static void
prepare(struct fixture *fixture, const struct bench *bench)
{
	void *memory = malloc(WIRE_ARENA_BYTES);

	fixture->message = malloc(LIMIT_INFLATED_BYTES);
	fixture->frame = frame_new();
	if (memory == NULL || fixture->message == NULL || fixture->frame == NULL) {
		bench_fail("malloc", "no memory");
	}
	arena_init(&fixture->arena, memory, WIRE_ARENA_BYTES);
	fixture->loops = bench_count(bench, 2000, 2);
	make_results(fixture);
	pack(fixture);
}

int
main(int argc, char **argv)
{
	static struct fixture fixture;
	struct bench bench = bench_start(argc, argv);

	prepare(&fixture, &bench);
	bench_print(&bench,
	    &(struct bench_row){.name = "result_bytes_wire",
		.value = (double)fixture.packed_len / RESULTS,
		.unit = "B",
		.baseline = plain_bytes(&fixture),
		.goal = {{BENCH_VALUE_MAX, 12}},
		.note = "batch of 500, 10 series, 1 % failures, zstd 3; beside: one "
			"protobuf message a result, zstd 3"});
	bench_print(&bench, &(struct bench_row){.name = "wire_encode",
				.value = bench_median_of(&bench, encode_ns, &fixture),
				.unit = "ns/result",
				.note = "without zstd"});
	bench_print(&bench, &(struct bench_row){.name = "wire_decode",
				.value = bench_median_of(&bench, decode_ns, &fixture),
				.unit = "ns/result",
				.note = "without zstd"});
	bench_print(&bench, &(struct bench_row){.name = "frame_unpack",
				.value = bench_median_of(&bench, unpack_ns, &fixture),
				.unit = "ns/result",
				.note = "zstd of the same batch"});
	frame_free(fixture.frame);
	free(fixture.arena.base);
	free(fixture.message);
	free(fixture.packed);
	return 0;
}
