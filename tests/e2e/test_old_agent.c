/* An agent of the first release meets the collector of today: the bytes it sent, as they
 * were recorded, and what it needs to understand of the answers.
 *
 * tests/unit/vectors/session_v1.bin was written by the first release, from the first samples
 * of tests/support/wire_samples.c: requests and answers in turn, each with its length before
 * it in four bytes, little-endian. Only the number of the session is put in here, for it is
 * the collector's to choose; the frame around it is made again where it was compressed. */
#include "tests/support/test.h"

#include "tests/support/fleet_process.h"
#include "tests/support/hostile.h"
#include "tests/support/wire_samples.h"

#include "common/core/limits.h"
#include "common/shell/frame.h"

#include <unistd.h>

enum {
	/* Of the body of a message, protobuf: what there was in version 1. */
	ANSWERS_FIRST = 4,
	REQUESTS = SAMPLES_AGENT_FIRST
};

struct bytes {
	unsigned char data[4096];
	size_t len;
};

static struct fleet_process fleet;
static struct frame *frame;
static struct hostile peer;
static struct bytes request[REQUESTS]; /* in their frames */
static unsigned char arena_memory[WIRE_ARENA_BYTES];

/* Keeps what the agent sent; what it got then is passed over. */
static void
read_recording(void)
{
	const char *source = getenv("PARALLAX_SOURCE");
	struct bytes skipped;
	char path[1024];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/tests/unit/vectors/session_v1.bin",
	    source != NULL ? source : ".");
	file = fopen(path, "rbe");
	assert_non_null(file);
	for (int i = 0; i < 2 * REQUESTS; i++) {
		struct bytes *bytes = i % 2 == 0 ? &request[i / 2] : &skipped;
		unsigned char len[4];

		assert_int_equal(fread(len, 1, 4, file), 4);
		bytes->len = (size_t)len[0] | (size_t)len[1] << 8;
		assert_true(bytes->len <= sizeof(bytes->data));
		assert_int_equal(fread(bytes->data, 1, bytes->len, file), bytes->len);
	}
	(void)fclose(file);
}

static int
enter(void **state)
{
	const struct fleet_spec spec = {.agents = 1, .has_no_pager = true};

	(void)state;
	read_recording();
	frame = frame_new();
	assert_non_null(frame);
	fleet_process_open(&fleet, &spec);
	assert_int_equal(system("sed -i 's/r1/eu-west/;s/a1/eu-1/;s/name: banana/"
				"name: nano-banana-pro/;s/name: model/name: image/;"
				"s/name: one/name: debian/' collector.yaml"),
	    0);
	fleet_process_collect(&fleet);
	peer = hostile_greet(fleet.address, 0);
	return 0;
}

static int
leave(void **state)
{
	(void)state;
	hostile_close(&peer, false);
	fleet_process_close(&fleet);
	frame_free(frame);
	return 0;
}

/* Puts the session into the recorded request: it is the first field there, of eight bytes,
 * behind the tag and the length of the body. */
static void
put_session(struct bytes *bytes, uint64_t session)
{
	const unsigned char *inside;
	unsigned char *raw;
	size_t len;
	size_t at = 1;

	assert_int_equal(
	    frame_unpack(frame, bytes->data, bytes->len, &inside, &len), ERR_OK);
	raw = frame_room(frame);
	memmove(raw, inside, len);
	while ((raw[at] & 0x80) != 0) {
		at++;
	}
	assert_int_equal(raw[at + 1], 1 << 3 | 1); /* field 1, 64 bits */
	for (unsigned i = 0; i < 8; i++) {
		raw[at + 2 + i] = (unsigned char)(session >> 8 * i);
	}
	assert_int_equal(frame_pack(frame, len, &inside, &len), ERR_OK);
	assert_true(len <= sizeof(bytes->data));
	memcpy(bytes->data, inside, len);
	bytes->len = len;
}

/* Sends it and takes the answer, which has to be one that was known then. */
static struct wire_collector_message
ask(const struct bytes *bytes)
{
	static unsigned char answer[LIMIT_MESSAGE_BYTES];
	struct wire_collector_message message;
	const unsigned char *inside;
	struct arena arena;
	size_t len;

	assert_true(hostile_request(&peer, bytes->data, bytes->len));
	len = hostile_answer(&peer, answer, sizeof(answer));
	assert_true(len > 0);
	assert_int_equal(frame_unpack(frame, answer, len, &inside, &len), ERR_OK);
	assert_true(len > 0 && inside[0] >> 3 >= 1 && inside[0] >> 3 <= ANSWERS_FIRST);
	arena_init(&arena, arena_memory, sizeof(arena_memory));
	assert_int_equal(wire_collector_decode(inside, len, &arena, &message), ERR_OK);
	return message;
}

static void
check_durable(const struct wire_ack *ack)
{
	static const struct seq_range want[] = {{1, 46}, {900, 1000}};
	struct seqset durable;

	seqset_init(&durable);
	for (size_t i = 0; i < ack->durable_len; i++) {
		assert_int_equal(
		    seqset_add(&durable, ack->durable[i].first, ack->durable[i].last),
		    ERR_OK);
	}
	assert_int_equal(durable.len, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(durable.range[i].first, want[i].first);
		assert_int_equal(durable.range[i].last, want[i].last);
	}
	assert_true(ack->credit > 0);
}

static const struct plan_probe *
probe_of(const struct plan *plan, const char *series)
{
	for (size_t i = 0; i < plan->len; i++) {
		if (strcmp(plan->probe[i].series, series) == 0) {
			return &plan->probe[i];
		}
	}
	fail_msg("%s is not in the plan", series);
	return NULL;
}

/* What the first release reads of a plan. */
static void
check_plan(const struct wire_directive *directive, uint64_t version)
{
	const struct plan_probe *probe;

	assert_true(directive->has_plan);
	assert_true(directive->plan.version == version);
	probe = probe_of(&directive->plan, "nano-banana-pro/image");
	assert_int_equal(probe->kind, PROBE_GEMINI_MODEL);
	assert_string_equal(probe->model, "gemini-3-pro-image-preview");
	assert_int_equal(probe->interval_ms, 200);
	assert_int_equal(probe->timeout_ms, 2000);
	probe = probe_of(&directive->plan, "control/debian");
	assert_int_equal(probe->kind, PROBE_HTTP);
	assert_int_equal(probe->expect_status, 204);
}

static json_int_t
number_of(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

/* As it is at the collector; a column that the agent did not have is nothing, not 0. */
static void
check_result(const json_t *got, const struct result *want)
{
	const json_t *timing = json_object_get(got, "timing");

	assert_string_equal(
	    json_string_value(json_object_get(got, "series")), want->series);
	assert_string_equal(json_string_value(json_object_get(got, "outcome")),
	    outcome_name(want->outcome));
	assert_string_equal(
	    json_string_value(json_object_get(got, "phase")), phase_name(want->phase));
	assert_int_equal(number_of(got, "http_status"), want->http_status);
	assert_int_equal(number_of(got, "body_bytes"), want->body_bytes);
	assert_int_equal(number_of(got, "retry_after_ms"), want->retry_after_ms);
	/* Durations are within 0.4 % (proto/parallax.proto). */
	assert_true(number_of(timing, "total_us") >=
		    (json_int_t)want->timing.total_us * 99 / 100);
	assert_true(number_of(timing, "total_us") <=
		    (json_int_t)want->timing.total_us * 101 / 100);
	assert_true(json_is_null(json_object_get(timing, "sent_us")));
	assert_true(json_is_null(json_object_get(timing, "answered_us")));
	assert_true(json_is_null(json_object_get(got, "cost_microusd")));
	assert_true(json_is_null(json_object_get(got, "decode_us")));
	assert_true(json_is_null(json_object_get(got, "cert_days")));
}

static void
check_results(void)
{
	const struct wire_batch *batch = &wire_sample_agent(SAMPLE_BATCH)->batch;
	json_t *answer = fleet_process_ask("results --last 1h --limit 100");
	const json_t *results = json_object_get(answer, "results");
	unsigned found = 0;
	const json_t *each;
	size_t i;

	assert_int_equal(json_array_size(results), batch->len);
	json_array_foreach(results, i, each)
	{
		size_t k = (size_t)(number_of(each, "seq") - 41);

		assert_true(k < batch->len);
		found |= 1U << k;
		check_result(each, &batch->result[k]);
	}
	assert_int_equal(found, (1U << batch->len) - 1);
	json_decref(answer);
}

static void
test_session(void **state)
{
	struct wire_collector_message got;
	uint64_t session;
	uint64_t plan_version;

	(void)state;
	/* Before the greeting, of a session that nobody has. */
	got = ask(&request[SAMPLE_NOTHING]);
	assert_int_equal(got.kind, WIRE_REFUSED);
	assert_int_equal(got.refused.reason, WIRE_REASON_HELLO_FIRST);
	got = ask(&request[SAMPLE_HELLO]);
	assert_int_equal(got.kind, WIRE_WELCOME);
	assert_int_equal(got.welcome.version, 1);
	assert_int_equal(got.welcome.received_len, 0);
	assert_true(got.welcome.credit > 0);
	session = got.welcome.session;
	plan_version = got.welcome.plan_version;
	put_session(&request[SAMPLE_BATCH], session);
	put_session(&request[SAMPLE_POLL], session);
	put_session(&request[SAMPLE_GOODBYE], session);
	for (int i = 0; i < 2; i++) { /* it may come twice: it counts once */
		got = ask(&request[SAMPLE_BATCH]);
		assert_int_equal(got.kind, WIRE_ACK);
		check_durable(&got.ack);
	}
	got = ask(&request[SAMPLE_POLL]);
	assert_int_equal(got.kind, WIRE_DIRECTIVE);
	check_plan(&got.directive, plan_version);
	check_results();
	(void)ask(&request[SAMPLE_GOODBYE]);
	process_await(&fleet.collector, "agent.goodbye agent=eu-1", NULL);
	/* It comes back with the same spool and is told what need not be sent again. */
	got = ask(&request[SAMPLE_HELLO]);
	assert_int_equal(got.kind, WIRE_WELCOME);
	assert_int_equal(got.welcome.version, 1);
	assert_int_equal(got.welcome.received[0].first, 1);
	assert_int_equal(got.welcome.received[0].last, 46);
	assert_int_equal(process_stop(&fleet.collector), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_session),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
