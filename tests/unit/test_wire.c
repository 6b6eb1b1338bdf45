/* The border post: every message there and back, what is left out, and what is refused. */
#include "tests/support/test.h"

#include "common/core/limits.h"
#include "common/shell/frame.h"
#include "tests/support/wire_samples.h"

#include "parallax.pb-c.h"

struct fixture {
	struct arena arena;
	void *memory;
	unsigned char bytes[LIMIT_MESSAGE_BYTES];
	size_t len;
};

static int
setup(void **state)
{
	static struct fixture fixture;

	fixture.memory = malloc(WIRE_ARENA_BYTES);
	if (fixture.memory == NULL) {
		return -1;
	}
	arena_init(&fixture.arena, fixture.memory, WIRE_ARENA_BYTES);
	*state = &fixture;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;

	free(fixture->memory);
	return 0;
}

static enum err
encode(struct fixture *fixture, const struct wire_agent_message *message)
{
	arena_reset(&fixture->arena);
	return wire_agent_encode(message, &fixture->arena, fixture->bytes,
	    sizeof(fixture->bytes), &fixture->len);
}

static enum err
decode(struct fixture *fixture, struct wire_agent_message *out)
{
	return wire_agent_decode(fixture->bytes, fixture->len, &fixture->arena, out);
}

static void
test_agent_messages(void **state)
{
	struct wire_agent_message got;

	for (int i = 0; i < SAMPLES_AGENT; i++) {
		assert_int_equal(encode(*state, wire_sample_agent(i)), ERR_OK);
		assert_int_equal(decode(*state, &got), ERR_OK);
		wire_samples_same_agent(&got, wire_sample_agent(i));
	}
}

static void
test_collector_messages(void **state)
{
	struct fixture *fixture = *state;
	struct wire_collector_message got;

	for (int i = 0; i < SAMPLES_COLLECTOR; i++) {
		const struct wire_collector_message *want = wire_sample_collector(i);

		arena_reset(&fixture->arena);
		assert_int_equal(
		    wire_collector_encode(want, &fixture->arena, fixture->bytes,
			sizeof(fixture->bytes), &fixture->len),
		    ERR_OK);
		assert_int_equal(wire_collector_decode(fixture->bytes, fixture->len,
				     &fixture->arena, &got),
		    ERR_OK);
		wire_samples_same_collector(&got, want);
	}
}

/* The next frame of the recorded session. */
static size_t
next_frame(FILE *file, unsigned char *out, size_t cap)
{
	unsigned char length[4];
	size_t len;

	assert_int_equal(fread(length, 1, 4, file), 4);
	len = (size_t)length[0] | (size_t)length[1] << 8 | (size_t)length[2] << 16;
	assert_true(len <= cap);
	assert_int_equal(fread(out, 1, len, file), len);
	return len;
}

/* Reads the recorded session `name`: samples `first` .. `end - 1` of both sides in turn. */
static void
read_session(struct fixture *fixture, const char *name, int first, int end)
{
	struct frame *frame = frame_new();
	const char *source = getenv("PARALLAX_SOURCE");
	char path[1024];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/tests/unit/vectors/%s",
	    source != NULL ? source : ".", name);
	file = fopen(path, "rb");
	assert_non_null(frame);
	assert_non_null(file);
	for (int i = 2 * first; i < 2 * end; i++) {
		struct wire_agent_message agent;
		struct wire_collector_message collector;
		const unsigned char *bytes;
		size_t len = next_frame(file, fixture->bytes, sizeof(fixture->bytes));

		arena_reset(&fixture->arena);
		assert_int_equal(
		    frame_unpack(frame, fixture->bytes, len, &bytes, &len), ERR_OK);
		if (i % 2 == 0) {
			assert_int_equal(
			    wire_agent_decode(bytes, len, &fixture->arena, &agent),
			    ERR_OK);
			wire_samples_same_agent(&agent, wire_sample_agent(i / 2));
		} else {
			assert_int_equal(wire_collector_decode(
					     bytes, len, &fixture->arena, &collector),
			    ERR_OK);
			wire_samples_same_collector(
			    &collector, wire_sample_collector(i / 2));
		}
	}
	assert_int_equal(fgetc(file), EOF);
	(void)fclose(file);
	frame_free(frame);
}

/* What version 1 said must be understood for ever. */
static void
test_session_v1(void **state)
{
	read_session(*state, "session_v1.bin", 0, SAMPLES_AGENT_FIRST);
}

/* What version 1 came to say, by fields that older peers pass over. */
static void
test_session_v1b(void **state)
{
	read_session(
	    *state, "session_v1b.bin", SAMPLES_AGENT_FIRST, SAMPLES_AGENT_SECOND);
}

/* A greeting with an identity. */
static void
test_session_v1c(void **state)
{
	read_session(*state, "session_v1c.bin", SAMPLES_AGENT_SECOND, SAMPLES_AGENT);
}

/* Texts the collector would refuse leave as "", the results arrive. */
static void
test_unfit_texts(void **state)
{
	static char long_text[LIMIT_URL_BYTES + 1];
	struct observation observation = {
	    .id = "\x1b[2J", .title = long_text, .scope = "\xff", .url = long_text};
	struct result result[3] = {
	    {.seq = 1, .series = "a b\n", .detail = "\x07", .request_id = "\xc3"},
	    {.seq = 2,
		.series = long_text,
		.detail = long_text,
		.request_id = long_text},
	    {.seq = 3,
		.series = "a/b",
		.detail = "fine",
		.request_id = "",
		.observation = &observation,
		.observation_len = 1},
	};
	struct wire_agent_message message = {
	    .kind = WIRE_BATCH, .batch = {.first_seq = 1, .result = result, .len = 3}};
	struct wire_agent_message got;

	memset(long_text, 'x', sizeof(long_text) - 1);
	assert_int_equal(encode(*state, &message), ERR_OK);
	assert_int_equal(decode(*state, &got), ERR_OK);
	assert_int_equal(got.batch.len, 3);
	assert_string_equal(got.batch.result[0].series, "unknown");
	assert_string_equal(got.batch.result[0].detail, "");
	assert_string_equal(got.batch.result[1].series, "unknown");
	assert_string_equal(got.batch.result[1].request_id, "");
	assert_string_equal(got.batch.result[2].detail, "fine");
	assert_string_equal(got.batch.result[2].observation[0].id, "");
	assert_string_equal(got.batch.result[2].observation[0].url, "");
}

/* More texts than the table holds: details go, series stay. */
static void
test_many_texts(void **state)
{
	static struct result result[LIMIT_BATCH_RESULTS];
	static char text[LIMIT_BATCH_RESULTS][3][16];
	struct wire_agent_message message = {.kind = WIRE_BATCH,
	    .batch = {.first_seq = 1, .result = result, .len = LIMIT_BATCH_RESULTS}};
	struct wire_agent_message got;
	unsigned kept = 0;

	for (unsigned i = 0; i < LIMIT_BATCH_RESULTS; i++) {
		for (unsigned k = 0; k < 3; k++) {
			(void)snprintf(
			    text[i][k], sizeof(text[i][k]), "%c%u", 'a' + (int)k, i);
		}
		result[i] = (struct result){.seq = 1 + i,
		    .series = text[i][0],
		    .detail = text[i][1],
		    .request_id = text[i][2]};
	}
	assert_int_equal(encode(*state, &message), ERR_OK);
	assert_int_equal(decode(*state, &got), ERR_OK);
	for (unsigned i = 0; i < LIMIT_BATCH_RESULTS; i++) {
		const struct result *each = &got.batch.result[i];

		assert_string_equal(each->series, text[i][0]);
		assert_true(
		    each->detail[0] == '\0' || strcmp(each->detail, text[i][1]) == 0);
		kept += each->detail[0] != '\0' ? 1 : 0;
		kept += each->request_id[0] != '\0' ? 1 : 0;
	}
	assert_int_equal(kept, LIMIT_BATCH_STRINGS - 1 - LIMIT_BATCH_RESULTS);
}

static void
test_limits(void **state)
{
	static struct result result[LIMIT_BATCH_RESULTS + 1];
	static struct observation observation[LIMIT_BATCH_OBSERVATIONS + 1];
	static struct wire_hole hole[WIRE_HOLES + 1];
	struct wire_agent_message message = {.kind = WIRE_BATCH,
	    .batch = {.result = result, .len = LIMIT_BATCH_RESULTS + 1}};
	struct fixture *fixture = *state;

	for (size_t i = 0; i <= LIMIT_BATCH_OBSERVATIONS; i++) {
		observation[i] =
		    (struct observation){.id = "", .title = "", .scope = "", .url = ""};
	}
	for (size_t i = 0; i <= LIMIT_BATCH_RESULTS; i++) {
		result[i] =
		    (struct result){.series = "s", .detail = "", .request_id = ""};
	}
	assert_int_equal(encode(fixture, &message), ERR_LIMIT);
	message.batch.len = 1;
	message.batch.hole = hole;
	message.batch.hole_len = WIRE_HOLES + 1;
	assert_int_equal(encode(fixture, &message), ERR_LIMIT);
	message.batch.hole_len = 0;
	result[0].observation = observation;
	result[0].observation_len = LIMIT_BATCH_OBSERVATIONS + 1;
	assert_int_equal(encode(fixture, &message), ERR_LIMIT);
	result[0].observation_len = LIMIT_BATCH_OBSERVATIONS;
	assert_int_equal(encode(fixture, &message), ERR_OK);
	/* Room that is too small by one byte. */
	arena_reset(&fixture->arena);
	assert_int_equal(wire_agent_encode(&message, &fixture->arena, fixture->bytes,
			     fixture->len - 1, &fixture->len),
	    ERR_LIMIT);
}

/* Encodes a generated message and decodes it with our eyes. */
static enum err
decode_raw(struct fixture *fixture, Parallax__V1__Batch *batch)
{
	Parallax__V1__AgentMessage envelope = PARALLAX__V1__AGENT_MESSAGE__INIT;
	struct wire_agent_message got;

	envelope.body_case = PARALLAX__V1__AGENT_MESSAGE__BODY_BATCH;
	envelope.batch = batch;
	fixture->len = parallax__v1__agent_message__pack(&envelope, fixture->bytes);
	arena_reset(&fixture->arena);
	return decode(fixture, &got);
}

/* A batch of one result that is all right; each test breaks one thing. */
struct raw {
	Parallax__V1__Batch batch;
	char *text[2];
	uint32_t series[2];
	int64_t started[2];
	uint32_t column[2];
	Parallax__V1__Hole hole;
	Parallax__V1__Range range;
	Parallax__V1__Hole *holes[1];
	Parallax__V1__Figure figure;
	Parallax__V1__Figure *figures[2];
	uint32_t quantile[5];
	Parallax__V1__Digest digest;
	Parallax__V1__Digest *digests[2];
};

static void
raw_init(struct raw *raw)
{
	static char name[] = "a/b";

	memset(raw, 0, sizeof(*raw));
	parallax__v1__batch__init(&raw->batch);
	parallax__v1__hole__init(&raw->hole);
	parallax__v1__range__init(&raw->range);
	raw->text[0] = name;
	raw->text[1] = name;
	raw->series[0] = 1;
	raw->series[1] = 1;
	raw->hole.range = &raw->range;
	raw->holes[0] = &raw->hole;
	parallax__v1__figure__init(&raw->figure);
	parallax__v1__digest__init(&raw->digest);
	raw->figures[0] = &raw->figure;
	raw->figures[1] = &raw->figure;
	raw->digests[0] = &raw->digest;
	raw->digests[1] = &raw->digest;
	raw->figure.latency_ms = raw->quantile;
	raw->figure.throughput_mtps = raw->quantile;
	raw->batch.count = 1;
	raw->batch.first_seq = 1;
	raw->batch.n_text = 1;
	raw->batch.text = raw->text;
	raw->batch.n_series = 1;
	raw->batch.series = raw->series;
	raw->batch.n_started_ms = 1;
	raw->batch.started_ms = raw->started;
}

#define REFUSED(change)                                                                \
	raw_init(&raw);                                                                \
	change;                                                                        \
	assert_int_equal(decode_raw(*state, &raw.batch), ERR_FORMAT)

static void
test_refused_batches(void **state)
{
	static char control[] = "a\x01";
	struct raw raw;

	raw_init(&raw);
	assert_int_equal(decode_raw(*state, &raw.batch), ERR_OK);
	REFUSED(raw.batch.n_series = 2);
	REFUSED(raw.batch.n_series = 0);
	REFUSED(raw.batch.n_started_ms = 2);
	REFUSED(raw.series[0] = 0);
	REFUSED(raw.series[0] = 2);
	REFUSED(raw.series[0] = UINT32_MAX);
	REFUSED(raw.text[0] = control);
	REFUSED(raw.batch.first_seq = UINT64_MAX);
	REFUSED(raw.batch.base_ms = INT64_MAX);
	REFUSED(raw.started[0] = INT64_MIN);
	REFUSED((raw.batch.n_dns = 2, raw.batch.dns = raw.column));
	/* A code beyond the last one, from above and from below. */
	REFUSED((raw.batch.n_dns = 1, raw.batch.dns = raw.column,
	    raw.column[0] = 1 + 2 * 3328));
	REFUSED(
	    (raw.batch.n_total = 1, raw.batch.total = raw.column, raw.column[0] = 2));
	REFUSED((raw.batch.n_http_status = 1, raw.batch.http_status = raw.column,
	    raw.column[0] = 1000));
	REFUSED((raw.batch.n_hole = 1, raw.batch.hole = raw.holes, raw.range.first = 2,
	    raw.range.last = 1));
	REFUSED((raw.batch.n_hole = 1, raw.batch.hole = raw.holes,
	    raw.range.last = UINT64_MAX));
}

static void
test_refused_figures(void **state)
{
	static char long_text[LIMIT_SERIES_BYTES + 1];
	static char control[] = "a\x01";
	struct raw raw;

	memset(long_text, 'x', sizeof(long_text) - 1);
	raw_init(&raw);
	raw.batch.figure = raw.figures;
	raw.batch.n_figure = 2;
	raw.batch.digest = raw.digests;
	raw.batch.n_digest = 1;
	raw.figure.n_latency_ms = 4;
	raw.figure.uptime_1d_ppm = 1000001;
	raw.figure.price_in_nanousd = INT64_MAX;
	assert_int_equal(decode_raw(*state, &raw.batch), ERR_OK);
#define FIGURE(change)                                                                 \
	REFUSED((raw.batch.figure = raw.figures, raw.batch.n_figure = 1, change))
	FIGURE(raw.figure.result = 1);
	FIGURE(raw.figure.n_latency_ms = 3);
	FIGURE(raw.figure.n_latency_ms = 5);
	FIGURE(raw.figure.n_throughput_mtps = 1);
	FIGURE(raw.figure.uptime_5m_ppm = 1000002);
	FIGURE(raw.figure.uptime_30m_ppm = UINT32_MAX);
	FIGURE(raw.figure.price_image_nanousd = (uint64_t)INT64_MAX + 1);
	FIGURE(raw.figure.model = control);
	FIGURE(raw.figure.provider = long_text);
#undef FIGURE
	REFUSED((raw.batch.digest = raw.digests, raw.batch.n_digest = 1,
	    raw.digest.result = 1));
	REFUSED((raw.batch.digest = raw.digests, raw.batch.n_digest = 2));
	REFUSED((raw.batch.n_cert_days = 1, raw.batch.cert_days = raw.column,
	    raw.column[0] = UINT16_MAX + 1));
	REFUSED((raw.batch.n_sent = 2, raw.batch.sent = raw.column));
	REFUSED((raw.batch.n_decode = 1, raw.batch.decode = raw.column,
	    raw.column[0] = 1 + 2 * 3328));
}

/* Points beside the phases never lie behind what they precede, whatever is sent. */
static void
test_odd_timing(void **state)
{
	struct fixture *fixture = *state;
	struct wire_agent_message got;
	uint32_t late[] = {1 + 2 * 200};
	uint32_t early[] = {1 + 2 * 50};
	struct raw raw;

	raw_init(&raw);
	raw.batch.n_sent = 1;
	raw.batch.sent = late;
	raw.batch.n_first_byte = 1;
	raw.batch.first_byte = early;
	raw.batch.n_answered = 1;
	raw.batch.answered = late;
	raw.batch.n_total = 1;
	raw.batch.total = early;
	assert_int_equal(decode_raw(fixture, &raw.batch), ERR_OK);
	arena_reset(&fixture->arena);
	assert_int_equal(decode(fixture, &got), ERR_OK);
	assert_int_equal(got.batch.result[0].timing.sent_us, 50);
	assert_int_equal(got.batch.result[0].timing.first_byte_us, 50);
	assert_int_equal(got.batch.result[0].timing.answered_us, 100);
	assert_int_equal(got.batch.result[0].timing.total_us, 100);
}

/* Numbers of a figure that mean nothing are not said. */
static void
test_unfit_figures(void **state)
{
	struct figure figure = {.model = NULL,
	    .provider = "a\n",
	    .uptime_5m_ppm = 1000001,
	    .uptime_30m_ppm = INT32_MIN,
	    .price_in_nanousd = INT64_MIN,
	    .price_out_nanousd = INT64_MAX};
	struct result result = {.seq = 1,
	    .series = "a/b",
	    .detail = "",
	    .request_id = "",
	    .figure = &figure,
	    .figure_len = 1};
	struct wire_agent_message message = {
	    .kind = WIRE_BATCH, .batch = {.first_seq = 1, .result = &result, .len = 1}};
	struct wire_agent_message got;

	assert_int_equal(encode(*state, &message), ERR_OK);
	assert_int_equal(decode(*state, &got), ERR_OK);
	assert_string_equal(got.batch.result[0].figure[0].model, "");
	assert_string_equal(got.batch.result[0].figure[0].provider, "");
	assert_int_equal(got.batch.result[0].figure[0].uptime_5m_ppm, -1);
	assert_int_equal(got.batch.result[0].figure[0].uptime_30m_ppm, -1);
	assert_true(got.batch.result[0].figure[0].price_in_nanousd == -1);
	assert_true(got.batch.result[0].figure[0].price_out_nanousd == -1);
}

/* Money: what is too much leaves as the most there is, and does not come in. */
static void
test_money(void **state)
{
	struct fixture *fixture = *state;
	struct wire_spent spent[WIRE_SPENT + 1];
	struct wire_agent_message message = {
	    .kind = WIRE_POLL, .poll = {.spent = spent, .spent_len = WIRE_SPENT + 1}};
	Parallax__V1__AgentMessage envelope = PARALLAX__V1__AGENT_MESSAGE__INIT;
	Parallax__V1__Poll poll = PARALLAX__V1__POLL__INIT;
	Parallax__V1__Spent one;
	Parallax__V1__Spent *list[] = {&one};
	struct wire_agent_message got;

	for (size_t i = 0; i <= WIRE_SPENT; i++) {
		spent[i] = (struct wire_spent){"a", 1, UINT64_MAX, 1};
	}
	assert_int_equal(encode(fixture, &message), ERR_LIMIT);
	message.poll.spent_len = 1;
	assert_int_equal(encode(fixture, &message), ERR_OK);
	assert_int_equal(decode(fixture, &got), ERR_OK);
	assert_true(got.poll.spent[0].day_microusd == WIRE_MICROUSD_MAX);
	spent[0].key = "no name";
	assert_int_equal(encode(fixture, &message), ERR_OK);
	assert_int_equal(decode(fixture, &got), ERR_FORMAT);
	envelope.body_case = PARALLAX__V1__AGENT_MESSAGE__BODY_POLL;
	envelope.poll = &poll;
	parallax__v1__spent__init(&one);
	poll.spent = list;
	poll.n_spent = 1;
	one.key = (char[]){"a"};
	one.month_microusd = WIRE_MICROUSD_MAX + 1;
	fixture->len = parallax__v1__agent_message__pack(&envelope, fixture->bytes);
	assert_int_equal(decode(fixture, &got), ERR_FORMAT);
}

/* Plans that cannot be followed are refused whole. */
static void
test_refused_plans(void **state)
{
	struct fixture *fixture = *state;
	struct wire_collector_message message =
	    *wire_sample_collector(SAMPLE_WIDE_PLAN);
	struct plan_probe probe = message.directive.plan.probe[0];
	struct plan_budget budget[LIMIT_KEYS + 1] = {{"a", 1, 1}, {"a", 2, 2}};
	struct wire_collector_message got;
	static char long_text[LIMIT_TEXT_BYTES + 1];

	memset(long_text, 'x', sizeof(long_text) - 1);
	message.directive.plan.probe = &probe;
	message.directive.plan.len = 1;
	message.directive.plan.budget = budget;
	for (int i = 0; i < 5; i++) {
		probe =
		    wire_sample_collector(SAMPLE_WIDE_PLAN)->directive.plan.probe[0];
		message.directive.plan.budget_len = i == 0 ? 2 : 1;
		probe.family = i == 1 ? 5 : 0;
		probe.parameters = i == 2 ? long_text : NULL;
		probe.resolver = i == 3 ? long_text : NULL;
		arena_reset(&fixture->arena);
		assert_int_equal(
		    wire_collector_encode(&message, &fixture->arena, fixture->bytes,
			sizeof(fixture->bytes), &fixture->len),
		    ERR_OK);
		assert_int_equal(wire_collector_decode(fixture->bytes, fixture->len,
				     &fixture->arena, &got),
		    i < 4 ? ERR_FORMAT : ERR_OK);
	}
	assert_string_equal(got.directive.plan.probe[0].resolver, "");
	message.directive.plan.budget_len = LIMIT_KEYS + 1;
	assert_int_equal(wire_collector_encode(&message, &fixture->arena,
			     fixture->bytes, sizeof(fixture->bytes), &fixture->len),
	    ERR_LIMIT);
}

/* An identity is shown whole, or not at all, and has its bounds. */
static void
test_identity(void **state)
{
	static unsigned char bytes[WIRE_CERTIFICATE_BYTES + 1];
	struct fixture *fixture = *state;
	struct wire_agent_message message = *wire_sample_agent(SAMPLE_PROVED_HELLO);
	struct wire_collector_message challenge = {.kind = WIRE_CHALLENGE};
	struct wire_agent_message got;

	message.hello.proof.len = 0;
	assert_int_equal(encode(fixture, &message), ERR_OK);
	assert_int_equal(decode(fixture, &got), ERR_FORMAT);
	message = *wire_sample_agent(SAMPLE_PROVED_HELLO);
	message.hello.certificate.len = 0;
	assert_int_equal(encode(fixture, &message), ERR_OK);
	assert_int_equal(decode(fixture, &got), ERR_FORMAT);
	message.hello.certificate = (struct wire_bytes){bytes, sizeof(bytes)};
	assert_int_equal(encode(fixture, &message), ERR_LIMIT);
	message.hello.certificate.len--;
	assert_int_equal(encode(fixture, &message), ERR_OK);
	assert_int_equal(decode(fixture, &got), ERR_OK);
	message.hello.proof = (struct wire_bytes){bytes, WIRE_PROOF_BYTES + 1};
	assert_int_equal(encode(fixture, &message), ERR_LIMIT);
	for (size_t len = WIRE_NONCE_BYTES_MIN - 1; len <= WIRE_NONCE_BYTES + 1;
	     len++) {
		bool fits = len >= WIRE_NONCE_BYTES_MIN && len <= WIRE_NONCE_BYTES;

		challenge.challenge.nonce = (struct wire_bytes){bytes, len};
		assert_int_equal(
		    wire_collector_encode(&challenge, &fixture->arena, fixture->bytes,
			sizeof(fixture->bytes), &fixture->len),
		    fits ? ERR_OK : ERR_LIMIT);
	}
}

static void
test_transcript(void **state)
{
	static const unsigned char nonce[16] = "0123456789abcdef";
	static const unsigned char want[] = "parallax.v1 agent identity\0"
					    "\0\x10"
					    "0123456789abcdef"
					    "\0\x04"
					    "eu-1"
					    "\xfe\xdc\xba\x98\x76\x54\x32\x10";
	static char long_name[257];
	unsigned char got[WIRE_TRANSCRIPT_BYTES];
	struct wire_claim claim = {.nonce = {nonce, sizeof(nonce)},
	    .agent = "eu-1",
	    .incarnation = UINT64_C(0xfedcba9876543210)};

	(void)state;
	memset(long_name, 'n', sizeof(long_name) - 1);
	assert_int_equal(wire_transcript(&claim, got), sizeof(want) - 1);
	assert_memory_equal(got, want, sizeof(want) - 1);
	claim.agent = long_name;
	assert_int_equal(wire_transcript(&claim, got), 0);
	claim.agent = "a";
	claim.nonce.len = 15;
	assert_int_equal(wire_transcript(&claim, got), 0);
}

/* Requests and certificates come whole or not at all. */
static void
test_renewal(void **state)
{
	struct fixture *fixture = *state;
	static unsigned char bytes[WIRE_CERTIFICATE_BYTES + 1];
	static const size_t lens[] = {0, 1, 700, WIRE_REQUEST_BYTES,
	    WIRE_REQUEST_BYTES + 1, WIRE_CERTIFICATE_BYTES, WIRE_CERTIFICATE_BYTES + 1};

	memset(bytes, 'x', sizeof(bytes));
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct wire_agent_message renew = {.kind = WIRE_RENEW,
		    .renew = {.session = 5, .request = {bytes, lens[i]}}};
		struct wire_collector_message chain = {
		    .kind = WIRE_CERTIFICATE, .certificate = {bytes, lens[i]}};
		bool fits = lens[i] > 0 && lens[i] <= WIRE_REQUEST_BYTES;
		struct wire_agent_message got;
		struct wire_collector_message got_chain;

		arena_reset(&fixture->arena);
		assert_int_equal(
		    wire_agent_encode(&renew, &fixture->arena, fixture->bytes,
			sizeof(fixture->bytes), &fixture->len),
		    fits ? ERR_OK : ERR_LIMIT);
		if (fits) {
			assert_int_equal(wire_agent_decode(fixture->bytes, fixture->len,
					     &fixture->arena, &got),
			    ERR_OK);
			wire_samples_same_agent(&got, &renew);
		}
		fits = lens[i] > 0 && lens[i] <= WIRE_CERTIFICATE_BYTES;
		assert_int_equal(
		    wire_collector_encode(&chain, &fixture->arena, fixture->bytes,
			sizeof(fixture->bytes), &fixture->len),
		    fits ? ERR_OK : ERR_LIMIT);
		if (fits) {
			assert_int_equal(wire_collector_decode(fixture->bytes,
					     fixture->len, &fixture->arena, &got_chain),
			    ERR_OK);
			wire_samples_same_collector(&got_chain, &chain);
		}
	}
}

/* What newer peers say does not stop us. */
static void
test_newer_values(void **state)
{
	struct fixture *fixture = *state;
	struct wire_agent_message got;
	struct raw raw;

	raw_init(&raw);
	raw.column[0] = 200;
	raw.batch.n_outcome = 1;
	raw.batch.outcome = raw.column;
	raw.batch.n_flags = 1;
	raw.batch.flags = (uint32_t[]){UINT32_MAX};
	assert_int_equal(decode_raw(fixture, &raw.batch), ERR_OK);
	/* An unknown field at the end of the message. */
	memcpy(fixture->bytes + fixture->len, "\xf2\x3f\x03xyz", 6);
	fixture->len += 6;
	arena_reset(&fixture->arena);
	assert_int_equal(decode(fixture, &got), ERR_OK);
	assert_int_equal(got.batch.result[0].outcome, OUTCOME_MALFORMED);
	assert_int_equal(got.batch.result[0].flags, FLAG_KNOWN_MASK);
}

static void
test_refused_hellos(void **state)
{
	static char long_name[LIMIT_NAME_BYTES + 1];
	static const char *const bad[] = {
	    "", "a b", "a\"b", "a\\b", "caf\xc3\xa9", "\x7f", long_name};
	struct wire_agent_message message = *wire_sample_agent(SAMPLE_HELLO);
	struct wire_agent_message got;

	memset(long_name, 'n', sizeof(long_name) - 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		message.hello.agent = bad[i];
		assert_int_equal(encode(*state, &message), ERR_OK);
		assert_int_equal(decode(*state, &got), ERR_FORMAT);
	}
}

static void
test_small_arena(void **state)
{
	struct fixture *fixture = *state;
	struct wire_agent_message got;
	unsigned char memory[2048];
	struct arena arena;

	assert_int_equal(encode(fixture, wire_sample_agent(SAMPLE_BATCH)), ERR_OK);
	for (size_t cap = 0; cap <= sizeof(memory); cap += 64) {
		arena_init(&arena, memory, cap);
		assert_int_equal(
		    wire_agent_decode(fixture->bytes, fixture->len, &arena, &got),
		    ERR_LIMIT);
	}
}

/* Every shortening of every message is an error or another message, never a crash. */
static void
test_cut(void **state)
{
	struct fixture *fixture = *state;
	struct wire_agent_message got;

	for (int i = 0; i < SAMPLES_AGENT; i++) {
		assert_int_equal(encode(fixture, wire_sample_agent(i)), ERR_OK);
		for (size_t len = 0; len < fixture->len; len++) {
			unsigned char *copy = malloc(len + 1);

			assert_non_null(copy);
			memcpy(copy, fixture->bytes, len);
			arena_reset(&fixture->arena);
			assert_int_not_equal(
			    wire_agent_decode(copy, len, &fixture->arena, &got),
			    ERR_OK);
			free(copy);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_agent_messages),
	    cmocka_unit_test(test_collector_messages),
	    cmocka_unit_test(test_session_v1),
	    cmocka_unit_test(test_session_v1b),
	    cmocka_unit_test(test_session_v1c),
	    cmocka_unit_test(test_unfit_texts),
	    cmocka_unit_test(test_many_texts),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_refused_batches),
	    cmocka_unit_test(test_refused_figures),
	    cmocka_unit_test(test_odd_timing),
	    cmocka_unit_test(test_unfit_figures),
	    cmocka_unit_test(test_money),
	    cmocka_unit_test(test_refused_plans),
	    cmocka_unit_test(test_identity),
	    cmocka_unit_test(test_transcript),
	    cmocka_unit_test(test_renewal),
	    cmocka_unit_test(test_newer_values),
	    cmocka_unit_test(test_refused_hellos),
	    cmocka_unit_test(test_small_arena),
	    cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
