#include "tests/support/wire_samples.h"

#include "tests/support/test.h"

#define AT(s, ms)                                                                      \
	{                                                                              \
		(INT64_C(1767225600) + (s)) * CLOCK_NS_PER_S + (ms)*CLOCK_NS_PER_MS    \
	}

static const struct observation observations[] = {
    {.claim = CLAIM_OUTAGE,
	.begin_at = AT(-600, 0),
	.created_at = AT(-500, 0),
	.modified_at = AT(-60, 0),
	.id = "s1DjvyzqvJTfKxzcUvCZ",
	.title = "Elevated error rates for image generation",
	.scope = "us-central1,europe-west4",
	.url = "https://status.cloud.google.com/incidents/s1DjvyzqvJTfKxzcUvCZ"},
    {.claim = CLAIM_INFORMATION,
	.id = "s2",
	.title = "\xe5\x9b\xbe\xe5\x83\x8f\xe7\x94\x9f\xe6\x88\x90",
	.scope = "",
	.url = ""},
};

static const struct result results[] = {
    {.seq = 41,
	.series = "nano-banana-pro/image",
	.started_at = AT(0, 0),
	.phase = PHASE_DONE,
	.http_status = 200,
	.timing = {1400, 10500, 24800, 11540000, 12440000},
	.server_us = 11200000,
	.body_bytes = 1900321,
	.detail = "",
	.request_id = ""},
    {.seq = 42,
	.series = "control/debian",
	.started_at = AT(12, 345),
	.phase = PHASE_DONE,
	.http_status = 200,
	.timing = {0, 18000, 39000, 58000, 58090},
	.body_bytes = 6200,
	.detail = "",
	.request_id = ""},
    {.seq = 43,
	.series = "nano-banana-pro/image",
	.started_at = AT(11, 7),
	.outcome = OUTCOME_UPSTREAM_ERROR,
	.phase = PHASE_DONE,
	.http_status = 503,
	.flags = FLAG_OVERLOADED,
	.timing = {1300, 10300, 24000, 90000, 90200},
	.body_bytes = 214,
	.retry_after_ms = 30000,
	.detail = "503 UNAVAILABLE: the model is overloaded",
	.request_id = "7c1f0a6d-4c55-4be0-9b1c-6cf6f0d9e8aa"},
    {.seq = 44,
	.series = "source/google-cloud-status",
	.started_at = AT(20, 0),
	.phase = PHASE_DONE,
	.http_status = 200,
	.timing = {1, 2, 3, 4, 5},
	.body_bytes = 4000000,
	.detail = "",
	.request_id = "",
	.observation = observations,
	.observation_len = 2},
    {.seq = 45,
	.series = "nano-banana-pro/image",
	.started_at = AT(31, 1),
	.outcome = OUTCOME_NET_DNS,
	.phase = PHASE_DNS,
	.timing = {.total_us = 5000123},
	.detail = "could not resolve host",
	.request_id = ""},
    {.seq = 46,
	.series = "nano-banana-pro/image",
	.started_at = AT(42, 999),
	.phase = PHASE_DONE,
	.http_status = 200,
	.timing = {1500, 10600, 25000, 12000000, 12500000},
	.server_us = 11900000,
	.body_bytes = 1900321,
	.detail = "",
	.request_id = ""},
};

static const struct wire_hole holes[] = {
    {{1, 40}, HOLE_UNUSED}, {{900, 1000}, HOLE_DROPPED}};

static const struct wire_agent_message agent_messages[SAMPLES_AGENT] = {
    [SAMPLE_HELLO] = {.kind = WIRE_HELLO,
	.hello = {.version = 1,
	    .agent = "eu-1",
	    .region = "eu-west",
	    .build = "0.1.0",
	    .incarnation = UINT64_C(0xfedcba9876543211),
	    .next_seq = 47,
	    .spooled = 6,
	    .wall = AT(50, 1)}},
    [SAMPLE_BATCH] = {.kind = WIRE_BATCH,
	.batch = {.session = UINT64_C(0x8000000000000001),
	    .incarnation = UINT64_C(0xfedcba9876543211),
	    .first_seq = 41,
	    .sent_at = AT(51, 5),
	    .rtt_us = 23456,
	    .result = results,
	    .len = 6,
	    .hole = holes,
	    .hole_len = 2}},
    [SAMPLE_NOTHING] = {.kind = WIRE_BATCH,
	.batch = {.session = 7,
	    .incarnation = 9,
	    .first_seq = 47,
	    .sent_at = AT(52, 0),
	    .hole = holes,
	    .hole_len = 1}},
    [SAMPLE_POLL] = {.kind = WIRE_POLL,
	.poll = {.session = UINT64_C(0x8000000000000001),
	    .plan_version = UINT64_C(0xabcdef0123456789),
	    .sent_at = AT(53, 0),
	    .rtt_us = 1,
	    .spooled = 12}},
    [SAMPLE_GOODBYE] = {.kind = WIRE_GOODBYE,
	.goodbye_session = UINT64_C(0x8000000000000001)},
};

static const struct seq_range ranges[] = {{1, 46}, {900, UINT64_C(1) << 60}};

static const struct plan_probe probes[] = {
    {.series = "nano-banana-pro/image",
	.kind = PROBE_GEMINI_IMAGE,
	.role = ROLE_TARGET,
	.url = "https://generativelanguage.googleapis.com",
	.model = "gemini-3-pro-image-preview",
	.key = "google-a",
	.prompt = "A plain red circle on white",
	.size = "1K",
	.products = "",
	.interval_ms = 60000,
	.phase_ms = 12345,
	.timeout_ms = 90000,
	.connect_timeout_ms = 5000},
    {.series = "control/debian",
	.kind = PROBE_HTTP,
	.role = ROLE_CONTROL,
	.url = "https://deb.debian.org/",
	.model = "",
	.key = "",
	.prompt = "",
	.size = "",
	.products = "",
	.interval_ms = 30000,
	.timeout_ms = 5000,
	.connect_timeout_ms = 3000,
	.expect_status = 200},
};

static const char *const probe_now[] = {"nano-banana-pro/image", "control/debian"};

static const struct wire_collector_message collector_messages[SAMPLES_COLLECTOR] = {
    [SAMPLE_WELCOME] = {.kind = WIRE_WELCOME,
	.welcome = {.version = 1,
	    .session = UINT64_C(0x8000000000000001),
	    .received = ranges,
	    .received_len = 2,
	    .plan_version = 5,
	    .wall = AT(50, 3),
	    .credit = 4}},
    [SAMPLE_REFUSED] = {.kind = WIRE_REFUSED,
	.refused = {WIRE_REASON_WRONG_REGION, "configured for us-east", 60000}},
    [SAMPLE_ACK] = {.kind = WIRE_ACK,
	.ack = {.durable = ranges,
	    .durable_len = 1,
	    .plan_version = 5,
	    .wall = AT(51, 9),
	    .credit = 2}},
    [SAMPLE_PLAN] = {.kind = WIRE_DIRECTIVE,
	.directive = {.has_plan = true,
	    .plan = {.version = 6, .len = 2, .probe = probes},
	    .wall = AT(55, 0)}},
    [SAMPLE_NOW] = {.kind = WIRE_DIRECTIVE,
	.directive = {.probe_now = probe_now, .probe_now_len = 2, .wall = AT(56, 0)}},
};

const struct wire_agent_message *
wire_sample_agent(int i)
{
	return &agent_messages[i];
}

const struct wire_collector_message *
wire_sample_collector(int i)
{
	return &collector_messages[i];
}

/* ---- comparing ---- */

/* Within 1 in 256, as coarse.h promises. */
static void
same_duration(uint32_t got, uint32_t want)
{
	uint64_t error = got > want ? got - want : want - got;

	assert_int_equal(got == 0, want == 0);
	assert_true(error * 256 <= want);
}

static void
same_observation(const struct observation *got, const struct observation *want)
{
	assert_int_equal(got->claim, want->claim);
	assert_int_equal(
	    got->begin_at.ns, want->begin_at.ns / CLOCK_NS_PER_S * CLOCK_NS_PER_S);
	assert_int_equal(
	    got->created_at.ns, want->created_at.ns / CLOCK_NS_PER_S * CLOCK_NS_PER_S);
	assert_int_equal(got->modified_at.ns,
	    want->modified_at.ns / CLOCK_NS_PER_S * CLOCK_NS_PER_S);
	assert_string_equal(got->id, want->id);
	assert_string_equal(got->title, want->title);
	assert_string_equal(got->scope, want->scope);
	assert_string_equal(got->url, want->url);
}

static void
same_result(const struct result *got, const struct result *want)
{
	assert_int_equal(got->seq, want->seq);
	assert_string_equal(got->series, want->series);
	assert_int_equal(got->started_at.ns,
	    want->started_at.ns / CLOCK_NS_PER_MS * CLOCK_NS_PER_MS);
	assert_int_equal(got->outcome, want->outcome);
	assert_int_equal(got->phase, want->phase);
	assert_int_equal(got->http_status, want->http_status);
	assert_int_equal(got->flags, want->flags);
	same_duration(got->timing.dns_us, want->timing.dns_us);
	same_duration(got->timing.connect_us, want->timing.connect_us);
	same_duration(got->timing.tls_us, want->timing.tls_us);
	same_duration(got->timing.first_byte_us, want->timing.first_byte_us);
	same_duration(got->timing.total_us, want->timing.total_us);
	same_duration(got->server_us, want->server_us);
	assert_int_equal(got->body_bytes, want->body_bytes);
	assert_int_equal(got->retry_after_ms, want->retry_after_ms);
	assert_string_equal(got->detail, want->detail);
	assert_string_equal(got->request_id, want->request_id);
	assert_int_equal(got->observation_len, want->observation_len);
	for (uint32_t i = 0; i < got->observation_len; i++) {
		same_observation(&got->observation[i], &want->observation[i]);
	}
}

void
wire_samples_same_batch(const struct wire_batch *got, const struct wire_batch *want)
{
	assert_true(got->session == want->session);
	assert_true(got->incarnation == want->incarnation);
	assert_true(got->first_seq == want->first_seq);
	assert_int_equal(got->sent_at.ns, want->sent_at.ns);
	assert_int_equal(got->rtt_us, want->rtt_us);
	assert_int_equal(got->len, want->len);
	for (size_t i = 0; i < got->len; i++) {
		same_result(&got->result[i], &want->result[i]);
	}
	assert_int_equal(got->hole_len, want->hole_len);
	for (size_t i = 0; i < got->hole_len; i++) {
		assert_int_equal(got->hole[i].range.first, want->hole[i].range.first);
		assert_int_equal(got->hole[i].range.last, want->hole[i].range.last);
		assert_int_equal(got->hole[i].why, want->hole[i].why);
	}
}

void
wire_samples_same_agent(
    const struct wire_agent_message *got, const struct wire_agent_message *want)
{
	assert_int_equal(got->kind, want->kind);
	switch (want->kind) {
	case WIRE_HELLO:
		assert_int_equal(got->hello.version, want->hello.version);
		assert_string_equal(got->hello.agent, want->hello.agent);
		assert_string_equal(got->hello.region, want->hello.region);
		assert_string_equal(got->hello.build, want->hello.build);
		assert_true(got->hello.incarnation == want->hello.incarnation);
		assert_int_equal(got->hello.next_seq, want->hello.next_seq);
		assert_int_equal(got->hello.spooled, want->hello.spooled);
		assert_int_equal(got->hello.wall.ns, want->hello.wall.ns);
		break;
	case WIRE_BATCH:
		wire_samples_same_batch(&got->batch, &want->batch);
		break;
	case WIRE_POLL:
		assert_true(got->poll.session == want->poll.session);
		assert_true(got->poll.plan_version == want->poll.plan_version);
		assert_int_equal(got->poll.sent_at.ns, want->poll.sent_at.ns);
		assert_int_equal(got->poll.rtt_us, want->poll.rtt_us);
		assert_int_equal(got->poll.spooled, want->poll.spooled);
		break;
	case WIRE_GOODBYE:
		assert_true(got->goodbye_session == want->goodbye_session);
		break;
	}
}

static void
same_ranges(const struct seq_range *got, size_t len, const struct seq_range *want,
    size_t want_len)
{
	assert_int_equal(len, want_len);
	for (size_t i = 0; i < len; i++) {
		assert_int_equal(got[i].first, want[i].first);
		assert_int_equal(got[i].last, want[i].last);
	}
}

static void
same_probe(const struct plan_probe *got, const struct plan_probe *want)
{
	assert_string_equal(got->series, want->series);
	assert_int_equal(got->kind, want->kind);
	assert_int_equal(got->role, want->role);
	assert_string_equal(got->url, want->url);
	assert_string_equal(got->model, want->model);
	assert_string_equal(got->key, want->key);
	assert_string_equal(got->prompt, want->prompt);
	assert_string_equal(got->size, want->size);
	assert_string_equal(got->products, want->products);
	assert_int_equal(got->interval_ms, want->interval_ms);
	assert_int_equal(got->phase_ms, want->phase_ms);
	assert_int_equal(got->timeout_ms, want->timeout_ms);
	assert_int_equal(got->connect_timeout_ms, want->connect_timeout_ms);
	assert_int_equal(got->expect_status, want->expect_status);
}

static void
same_directive(const struct wire_directive *got, const struct wire_directive *want)
{
	assert_int_equal(got->wall.ns, want->wall.ns);
	assert_int_equal(got->probe_now_len, want->probe_now_len);
	for (size_t i = 0; i < got->probe_now_len; i++) {
		assert_string_equal(got->probe_now[i], want->probe_now[i]);
	}
	assert_int_equal(got->has_plan, want->has_plan);
	assert_true(got->plan.version == want->plan.version);
	assert_int_equal(got->plan.len, want->plan.len);
	for (size_t i = 0; i < got->plan.len; i++) {
		same_probe(&got->plan.probe[i], &want->plan.probe[i]);
	}
}

void
wire_samples_same_collector(
    const struct wire_collector_message *got, const struct wire_collector_message *want)
{
	assert_int_equal(got->kind, want->kind);
	switch (want->kind) {
	case WIRE_WELCOME:
		assert_int_equal(got->welcome.version, want->welcome.version);
		assert_true(got->welcome.session == want->welcome.session);
		assert_true(got->welcome.plan_version == want->welcome.plan_version);
		assert_int_equal(got->welcome.wall.ns, want->welcome.wall.ns);
		assert_int_equal(got->welcome.credit, want->welcome.credit);
		same_ranges(got->welcome.received, got->welcome.received_len,
		    want->welcome.received, want->welcome.received_len);
		break;
	case WIRE_REFUSED:
		assert_int_equal(got->refused.reason, want->refused.reason);
		assert_string_equal(got->refused.text, want->refused.text);
		assert_int_equal(
		    got->refused.retry_after_ms, want->refused.retry_after_ms);
		break;
	case WIRE_ACK:
		assert_true(got->ack.plan_version == want->ack.plan_version);
		assert_int_equal(got->ack.wall.ns, want->ack.wall.ns);
		assert_int_equal(got->ack.credit, want->ack.credit);
		same_ranges(got->ack.durable, got->ack.durable_len, want->ack.durable,
		    want->ack.durable_len);
		break;
	case WIRE_DIRECTIVE:
		same_directive(&got->directive, &want->directive);
		break;
	}
}
