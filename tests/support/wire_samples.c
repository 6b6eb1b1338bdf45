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
	.timing = {.dns_us = 1400,
	    .connect_us = 10500,
	    .tls_us = 24800,
	    .first_byte_us = 11540000,
	    .total_us = 12440000},
	.server_us = 11200000,
	.body_bytes = 1900321,
	.detail = "",
	.request_id = ""},
    {.seq = 42,
	.series = "control/debian",
	.started_at = AT(12, 345),
	.phase = PHASE_DONE,
	.http_status = 200,
	.timing = {.dns_us = 0,
	    .connect_us = 18000,
	    .tls_us = 39000,
	    .first_byte_us = 58000,
	    .total_us = 58090},
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
	.timing = {.dns_us = 1300,
	    .connect_us = 10300,
	    .tls_us = 24000,
	    .first_byte_us = 90000,
	    .total_us = 90200},
	.body_bytes = 214,
	.retry_after_ms = 30000,
	.detail = "503 UNAVAILABLE: the model is overloaded",
	.request_id = "7c1f0a6d-4c55-4be0-9b1c-6cf6f0d9e8aa"},
    {.seq = 44,
	.series = "source/google-cloud-status",
	.started_at = AT(20, 0),
	.phase = PHASE_DONE,
	.http_status = 200,
	.timing = {.dns_us = 1,
	    .connect_us = 2,
	    .tls_us = 3,
	    .first_byte_us = 4,
	    .total_us = 5},
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
	.timing = {.dns_us = 1500,
	    .connect_us = 10600,
	    .tls_us = 25000,
	    .first_byte_us = 12000000,
	    .total_us = 12500000},
	.server_us = 11900000,
	.body_bytes = 1900321,
	.detail = "",
	.request_id = ""},
};

/* What results came to carry later; some are at the ends of their range. */
static const struct figure figures[] = {
    {.model = "google/gemini-3-pro-image-preview",
	.provider = "google-vertex",
	.status = -2,
	.uptime_5m_ppm = 998765,
	.uptime_30m_ppm = 1000000,
	.uptime_1d_ppm = 0,
	.latency_ms = {812, 1403, 9000, 30111},
	.throughput_mtps = {81234, 60000, 1, 0},
	.price_in_nanousd = 2000,
	.price_out_nanousd = 12000,
	.price_image_nanousd = 134000000,
	.context_tokens = 65536},
    {.model = "google/gemini-3-pro-image-preview",
	.provider = "google-ai-studio",
	.uptime_5m_ppm = -1,
	.uptime_30m_ppm = -1,
	.uptime_1d_ppm = -1,
	.price_in_nanousd = -1,
	.price_out_nanousd = 0,
	.price_image_nanousd = INT64_MAX - 1},
    {.model = "",
	.provider = "",
	.status = INT32_MIN,
	.uptime_5m_ppm = -1,
	.uptime_30m_ppm = -1,
	.uptime_1d_ppm = 999999,
	.latency_ms = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX},
	.price_in_nanousd = -1,
	.price_out_nanousd = -1,
	.price_image_nanousd = -1,
	.context_tokens = UINT32_MAX},
};

static const struct result wide_results[] = {
    {.seq = 47,
	.series = "nano-banana-pro/image",
	.started_at = AT(100, 0),
	.phase = PHASE_DONE,
	.http_status = 200,
	.flags = FLAG_COST_REPORTED | FLAG_EXPIRING,
	.timing = {.dns_us = 1400,
	    .connect_us = 10500,
	    .tls_us = 24800,
	    .sent_us = 25100,
	    .first_byte_us = 11540000,
	    .answered_us = 11541000,
	    .total_us = 12440000},
	.server_us = 11200000,
	.body_bytes = 1900321,
	.detail = "",
	.request_id = "",
	.decode_us = 31000,
	.cost_microusd = 134000,
	.cert_days = 13},
    {.seq = 48,
	.series = "openrouter-image/endpoints",
	.started_at = AT(101, 0),
	.phase = PHASE_DONE,
	.http_status = 200,
	.timing = {.total_us = 90000},
	.body_bytes = 6000,
	.detail = "",
	.request_id = "",
	.figure = figures,
	.figure_len = 2,
	.digest = UINT64_C(0x8877665544332211)},
    {.seq = 49,
	.series = "nano-banana-pro/image",
	.started_at = AT(160, 0),
	.outcome = OUTCOME_SKIPPED,
	.detail = "",
	.request_id = "",
	.cost_microusd = 0,
	.cert_days = UINT16_MAX},
    {.seq = 50,
	.series = "openrouter-image/models",
	.started_at = AT(161, 0),
	.phase = PHASE_DONE,
	.http_status = 200,
	.flags = FLAG_UNCHANGED,
	.timing = {.dns_us = 3,
	    .connect_us = 3,
	    .tls_us = 3,
	    .sent_us = 3,
	    .first_byte_us = 3,
	    .answered_us = 3,
	    .total_us = 3},
	.detail = "",
	.request_id = "",
	.observation = observations,
	.observation_len = 2,
	.figure = &figures[2],
	.figure_len = 1,
	.digest = 1},
    {.seq = 51,
	.series = "nano-banana-pro/image",
	.started_at = AT(220, 0),
	.outcome = OUTCOME_TIMEOUT,
	.phase = PHASE_FETCH,
	.flags = FLAG_MISMATCH | FLAG_REPEATED,
	.timing = {.connect_us = 9000, .sent_us = 9700, .total_us = 90000000},
	.detail = "",
	.request_id = "",
	.cost_microusd = UINT32_MAX},
};

/* Bytes of no meaning, of every value. */
static const unsigned char certificate[] = "-----BEGIN CERTIFICATE-----\nAAAA\n";
static const unsigned char proof[] = {
    0x30, 0x06, 0x02, 0x01, 0x00, 0x02, 0x01, 0xff, 0x80, 0x7f, 0x00};
static const unsigned char nonce[32] = {0, 1, 2, 3, 0xff, 0xfe};

static const struct wire_spent spent[] = {
    {"google-a", 20454, 402000, 9112000},
    {"google-a", 20453, 0, WIRE_MICROUSD_MAX},
    {"openrouter.b-2", UINT32_MAX, 1, 1},
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
    [SAMPLE_WIDE_BATCH] = {.kind = WIRE_BATCH,
	.batch = {.session = UINT64_C(0x8000000000000001),
	    .incarnation = UINT64_C(0xfedcba9876543211),
	    .first_seq = 47,
	    .sent_at = AT(300, 5),
	    .rtt_us = 23456,
	    .result = wide_results,
	    .len = 5}},
    [SAMPLE_SPENT] = {.kind = WIRE_POLL,
	.poll = {.session = UINT64_C(0x8000000000000001),
	    .plan_version = 7,
	    .sent_at = AT(301, 0),
	    .spent = spent,
	    .spent_len = 3}},
    [SAMPLE_KNOWN_HELLO] = {.kind = WIRE_HELLO,
	.hello = {.version = 1,
	    .agent = "eu-1",
	    .region = "eu-west",
	    .build = "0.1.0",
	    .incarnation = 3,
	    .next_seq = 1,
	    .wall = AT(400, 1),
	    .has_identity = true}},
    [SAMPLE_PROVED_HELLO] = {.kind = WIRE_HELLO,
	.hello = {.version = 1,
	    .agent = "eu-1",
	    .region = "eu-west",
	    .build = "0.1.0",
	    .incarnation = 3,
	    .next_seq = 1,
	    .wall = AT(400, 2),
	    .has_identity = true,
	    .certificate = {certificate, sizeof(certificate)},
	    .proof = {proof, sizeof(proof)}}},
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

static const struct plan_probe wide_probes[] = {
    {.series = "nano-banana-pro/vertex",
	.kind = PROBE_VERTEX_IMAGE,
	.role = ROLE_TARGET,
	.url = "https://aiplatform.googleapis.com",
	.model = "gemini-3-pro-image-preview",
	.key = "vertex-a",
	.prompt = "A plain red circle on white",
	.size = "1K",
	.products = "",
	.interval_ms = 600000,
	.timeout_ms = 120000,
	.connect_timeout_ms = 5000,
	.project = "example-project",
	.location = "us-central1",
	.providers = "google-vertex,google-ai-studio",
	.parameters = "{\"temperature\":0}",
	.expect_text = "\xe5\x9b\xbe",
	.expect_pointer = "/a~1b/0",
	.expect_value = "true",
	.resolver = "[2001:db8::53]:5353",
	.family = 6,
	.expect_days = UINT16_MAX,
	.cost_microusd = 134000,
	.price_in_microusd = 2000000,
	.price_out_microusd = UINT32_MAX},
    {.series = "nano-banana-pro/tls", /* all texts that may be NULL are */
	.kind = PROBE_TLS,
	.role = ROLE_FREE,
	.url = "tls://aiplatform.googleapis.com:443",
	.model = "",
	.key = "",
	.prompt = "",
	.size = "",
	.products = "",
	.interval_ms = 60000,
	.timeout_ms = 5000,
	.connect_timeout_ms = 5000,
	.family = 4,
	.expect_days = 14},
};

static const struct plan_budget budgets[] = {
    {"vertex-a", 5000000, 100000000}, {"google-a", 0, WIRE_MICROUSD_MAX}};

static const struct wire_grant grants[] = {
    {"vertex-a", 20454, 1500000}, {"vertex-a", 20455, 0}};

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
    [SAMPLE_WIDE_PLAN] = {.kind = WIRE_DIRECTIVE,
	.directive = {.has_plan = true,
	    .plan = {.version = 7,
		.len = 2,
		.probe = wide_probes,
		.budget = budgets,
		.budget_len = 2},
	    .wall = AT(300, 0)}},
    [SAMPLE_GRANT] = {.kind = WIRE_DIRECTIVE,
	.directive = {.grant = grants, .grant_len = 2, .wall = AT(301, 0)}},
    [SAMPLE_CHALLENGE] = {.kind = WIRE_CHALLENGE,
	.challenge = {.nonce = {nonce, sizeof(nonce)}}},
    [SAMPLE_ENROL] = {.kind = WIRE_REFUSED,
	.refused = {WIRE_REASON_ENROL, "a certificate is needed here", 0}},
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
same_figure(const struct figure *got, const struct figure *want)
{
	assert_string_equal(got->model, plan_text(want->model));
	assert_string_equal(got->provider, want->provider);
	assert_int_equal(got->status, want->status);
	assert_int_equal(got->uptime_5m_ppm, want->uptime_5m_ppm);
	assert_int_equal(got->uptime_30m_ppm, want->uptime_30m_ppm);
	assert_int_equal(got->uptime_1d_ppm, want->uptime_1d_ppm);
	assert_memory_equal(
	    got->latency_ms, want->latency_ms, sizeof(want->latency_ms));
	assert_memory_equal(
	    got->throughput_mtps, want->throughput_mtps, sizeof(want->throughput_mtps));
	assert_true(got->price_in_nanousd == want->price_in_nanousd);
	assert_true(got->price_out_nanousd == want->price_out_nanousd);
	assert_true(got->price_image_nanousd == want->price_image_nanousd);
	assert_int_equal(got->context_tokens, want->context_tokens);
}

static void
same_timing(const struct timing *got, const struct timing *want)
{
	same_duration(got->dns_us, want->dns_us);
	same_duration(got->connect_us, want->connect_us);
	same_duration(got->tls_us, want->tls_us);
	same_duration(got->sent_us, want->sent_us);
	same_duration(got->first_byte_us, want->first_byte_us);
	same_duration(got->answered_us, want->answered_us);
	same_duration(got->total_us, want->total_us);
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
	same_timing(&got->timing, &want->timing);
	same_duration(got->server_us, want->server_us);
	same_duration(got->decode_us, want->decode_us);
	assert_int_equal(got->cost_microusd, want->cost_microusd);
	assert_int_equal(got->cert_days, want->cert_days);
	assert_true(got->digest == want->digest);
	assert_int_equal(got->body_bytes, want->body_bytes);
	assert_int_equal(got->retry_after_ms, want->retry_after_ms);
	assert_string_equal(got->detail, want->detail);
	assert_string_equal(got->request_id, want->request_id);
	assert_int_equal(got->observation_len, want->observation_len);
	for (uint32_t i = 0; i < got->observation_len; i++) {
		same_observation(&got->observation[i], &want->observation[i]);
	}
	assert_int_equal(got->figure_len, want->figure_len);
	for (uint32_t i = 0; i < got->figure_len; i++) {
		same_figure(&got->figure[i], &want->figure[i]);
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

static void
same_bytes(struct wire_bytes got, struct wire_bytes want)
{
	assert_int_equal(got.len, want.len);
	if (got.len > 0) {
		assert_memory_equal(got.data, want.data, want.len);
	}
}

static void
same_hello(const struct wire_hello *got, const struct wire_hello *want)
{
	assert_int_equal(got->version, want->version);
	assert_string_equal(got->agent, want->agent);
	assert_string_equal(got->region, want->region);
	assert_string_equal(got->build, want->build);
	assert_true(got->incarnation == want->incarnation);
	assert_int_equal(got->next_seq, want->next_seq);
	assert_int_equal(got->spooled, want->spooled);
	assert_int_equal(got->wall.ns, want->wall.ns);
	assert_int_equal(got->has_identity, want->has_identity);
	same_bytes(got->certificate, want->certificate);
	same_bytes(got->proof, want->proof);
}

static void
same_poll(const struct wire_poll *got, const struct wire_poll *want)
{
	assert_true(got->session == want->session);
	assert_true(got->plan_version == want->plan_version);
	assert_int_equal(got->sent_at.ns, want->sent_at.ns);
	assert_int_equal(got->rtt_us, want->rtt_us);
	assert_int_equal(got->spooled, want->spooled);
	assert_int_equal(got->spent_len, want->spent_len);
	for (size_t i = 0; i < got->spent_len; i++) {
		assert_string_equal(got->spent[i].key, want->spent[i].key);
		assert_int_equal(got->spent[i].day, want->spent[i].day);
		assert_int_equal(
		    got->spent[i].day_microusd, want->spent[i].day_microusd);
		assert_int_equal(
		    got->spent[i].month_microusd, want->spent[i].month_microusd);
	}
}

void
wire_samples_same_agent(
    const struct wire_agent_message *got, const struct wire_agent_message *want)
{
	assert_int_equal(got->kind, want->kind);
	switch (want->kind) {
	case WIRE_HELLO:
		same_hello(&got->hello, &want->hello);
		break;
	case WIRE_BATCH:
		wire_samples_same_batch(&got->batch, &want->batch);
		break;
	case WIRE_POLL:
		same_poll(&got->poll, &want->poll);
		break;
	case WIRE_GOODBYE:
		assert_true(got->goodbye_session == want->goodbye_session);
		break;
	case WIRE_RENEW:
		assert_true(got->renew.session == want->renew.session);
		same_bytes(got->renew.request, want->renew.request);
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
	assert_string_equal(got->model, plan_text(want->model));
	assert_string_equal(got->key, plan_text(want->key));
	assert_string_equal(got->prompt, plan_text(want->prompt));
	assert_string_equal(got->size, plan_text(want->size));
	assert_string_equal(got->products, plan_text(want->products));
	assert_int_equal(got->interval_ms, want->interval_ms);
	assert_int_equal(got->phase_ms, want->phase_ms);
	assert_int_equal(got->timeout_ms, want->timeout_ms);
	assert_int_equal(got->connect_timeout_ms, want->connect_timeout_ms);
	assert_int_equal(got->expect_status, want->expect_status);
	assert_string_equal(got->project, plan_text(want->project));
	assert_string_equal(got->location, plan_text(want->location));
	assert_string_equal(got->providers, plan_text(want->providers));
	assert_string_equal(got->parameters, plan_text(want->parameters));
	assert_string_equal(got->expect_text, plan_text(want->expect_text));
	assert_string_equal(got->expect_pointer, plan_text(want->expect_pointer));
	assert_string_equal(got->expect_value, plan_text(want->expect_value));
	assert_string_equal(got->resolver, plan_text(want->resolver));
	assert_int_equal(got->family, want->family);
	assert_int_equal(got->expect_days, want->expect_days);
	assert_int_equal(got->cost_microusd, want->cost_microusd);
	assert_int_equal(got->price_in_microusd, want->price_in_microusd);
	assert_int_equal(got->price_out_microusd, want->price_out_microusd);
}

static void
same_budgets(const struct plan *got, const struct plan *want)
{
	assert_int_equal(got->budget_len, want->budget_len);
	for (size_t i = 0; i < got->budget_len; i++) {
		const struct plan_budget *each = &got->budget[i];

		assert_string_equal(each->key, want->budget[i].key);
		assert_int_equal(each->day_microusd, want->budget[i].day_microusd);
		assert_int_equal(each->month_microusd, want->budget[i].month_microusd);
	}
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
	same_budgets(&got->plan, &want->plan);
	assert_int_equal(got->grant_len, want->grant_len);
	for (size_t i = 0; i < got->grant_len; i++) {
		assert_string_equal(got->grant[i].key, want->grant[i].key);
		assert_int_equal(got->grant[i].day, want->grant[i].day);
		assert_int_equal(
		    got->grant[i].extra_microusd, want->grant[i].extra_microusd);
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
	case WIRE_CHALLENGE:
		same_bytes(got->challenge.nonce, want->challenge.nonce);
		break;
	case WIRE_CERTIFICATE:
		same_bytes(got->certificate, want->certificate);
		break;
	}
}
