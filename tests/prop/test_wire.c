/* Random batches and plans through the border post: what comes out is what went in, as far
 * as wire.h promises. Seeds are printed. */
#include "common/core/limits.h"
#include "common/core/rng.h"
#include "tests/support/test.h"
#include "tests/support/wire_samples.h"

enum {
	SEEDS = 300,
	TEXTS = 40
};

struct fixture {
	struct rng rng;
	struct arena arena;
	unsigned char bytes[LIMIT_INFLATED_BYTES];
	struct result result[LIMIT_BATCH_RESULTS];
	struct observation observation[LIMIT_BATCH_OBSERVATIONS];
	struct figure figure[LIMIT_BATCH_FIGURES];
	struct wire_hole hole[WIRE_HOLES];
	struct plan_probe probe[100];
	struct plan_budget budget[LIMIT_KEYS];
	struct wire_grant grant[WIRE_GRANTS];
	struct wire_spent spent[WIRE_SPENT];
	char key[LIMIT_KEYS][8];
	char text[TEXTS][LIMIT_DETAIL_BYTES];
	char name[TEXTS][LIMIT_SERIES_BYTES];
};

static struct fixture fixture;

/* Numbers of every size, zero and the ends among them. */
static uint64_t
number(unsigned bits)
{
	uint64_t max = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;

	switch (rng_below(&fixture.rng, 8)) {
	case 0:
		return 0;
	case 1:
		return max;
	case 2:
		return 1;
	}
	return rng_next(&fixture.rng) & max >> rng_below(&fixture.rng, bits);
}

static const char *
text(size_t cap)
{
	const char *some = fixture.text[rng_below(&fixture.rng, TEXTS)];

	return strlen(some) < cap ? some : "";
}

static void
make_texts(void)
{
	static const char *const piece[] = {
	    "a", "Z", " ", "\"", "\\", "\xc3\xa9", "\xe4\xb8\xad", "\xf0\x9f\x8d\x8c"};

	for (size_t i = 0; i < TEXTS; i++) {
		size_t len = (size_t)rng_below(&fixture.rng, LIMIT_DETAIL_BYTES - 5);

		fixture.text[i][0] = '\0';
		for (size_t at = 0; at < len;) {
			const char *next = piece[rng_below(&fixture.rng, 8)];

			memcpy(fixture.text[i] + at, next, strlen(next) + 1);
			at += strlen(next);
		}
		len = 1 + (size_t)rng_below(&fixture.rng, LIMIT_SERIES_BYTES - 1);
		memset(fixture.name[i], 0, sizeof(fixture.name[i]));
		for (size_t k = 0; k < len; k++) {
			fixture.name[i][k] =
			    (char)('a' + (int)rng_below(&fixture.rng, 26));
		}
	}
}

static uint32_t
phase_after(uint32_t before)
{
	uint64_t at = before + number(32);

	if (rng_below(&fixture.rng, 4) == 0) {
		return 0;
	}
	return at > UINT32_MAX ? UINT32_MAX : (uint32_t)at;
}

static void
make_timing(struct timing *timing)
{
	uint32_t last = 0;

	timing->dns_us = phase_after(last);
	last = timing->dns_us > last ? timing->dns_us : last;
	timing->connect_us = phase_after(last);
	last = timing->connect_us > last ? timing->connect_us : last;
	timing->tls_us = phase_after(last);
	last = timing->tls_us > last ? timing->tls_us : last;
	timing->sent_us = phase_after(last);
	last = timing->sent_us > last ? timing->sent_us : last;
	timing->first_byte_us = phase_after(last);
	last = timing->first_byte_us > last ? timing->first_byte_us : last;
	timing->answered_us = phase_after(last);
	last = timing->answered_us > last ? timing->answered_us : last;
	timing->total_us = phase_after(last);
}

static int64_t
instant(void)
{
	return (int64_t)(number(62)) * (rng_below(&fixture.rng, 9) == 0 ? -1 : 1);
}

static void
make_observations(struct result *result, size_t *used)
{
	size_t len = (size_t)rng_below(&fixture.rng, 4);

	if (rng_below(&fixture.rng, 10) != 0 ||
	    *used + len > LIMIT_BATCH_OBSERVATIONS) {
		return;
	}
	result->observation = &fixture.observation[*used];
	result->observation_len = (uint32_t)len;
	for (size_t i = 0; i < len; i++) {
		fixture.observation[(*used)++] = (struct observation){
		    .claim = (enum claim)rng_below(&fixture.rng, CLAIM_COUNT),
		    .begin_at = {instant()},
		    .created_at = {instant()},
		    .modified_at = {instant()},
		    .id = text(LIMIT_SERIES_BYTES),
		    .title = text(LIMIT_DETAIL_BYTES),
		    .scope = text(LIMIT_DETAIL_BYTES),
		    .url = text(LIMIT_URL_BYTES)};
	}
}

static int32_t
ppm(void)
{
	return (int32_t)rng_below(&fixture.rng, 1000002) - 1;
}

static void
make_figures(struct result *result, size_t *used)
{
	size_t len = (size_t)rng_below(&fixture.rng, 4);

	if (rng_below(&fixture.rng, 10) != 0 || *used + len > LIMIT_BATCH_FIGURES) {
		return;
	}
	result->figure = &fixture.figure[*used];
	result->figure_len = (uint32_t)len;
	for (size_t i = 0; i < len; i++) {
		struct figure *figure = &fixture.figure[(*used)++];

		*figure = (struct figure){.model = text(LIMIT_SERIES_BYTES),
		    .provider = text(LIMIT_SERIES_BYTES),
		    .status = (int32_t)number(31) *
			      (rng_below(&fixture.rng, 2) == 0 ? 1 : -1),
		    .uptime_5m_ppm = ppm(),
		    .uptime_30m_ppm = ppm(),
		    .uptime_1d_ppm = ppm(),
		    .price_in_nanousd = (int64_t)number(63) - 1,
		    .price_out_nanousd = (int64_t)number(63) - 1,
		    .price_image_nanousd = (int64_t)number(63) - 1,
		    .context_tokens = (uint32_t)number(32)};
		for (size_t k = 0; k < FIGURE_QUANTILES; k++) {
			figure->latency_ms[k] = (uint32_t)number(32);
			figure->throughput_mtps[k] = (uint32_t)number(32);
		}
	}
}

/* What results came to carry after the first version. */
static void
make_more(struct result *result)
{
	result->decode_us = (uint32_t)number(32);
	result->cost_microusd = (uint32_t)number(32);
	result->cert_days = (uint16_t)number(16);
	result->digest = rng_below(&fixture.rng, 5) == 0 ? number(64) : 0;
}

static struct wire_agent_message
make_batch(void)
{
	size_t len = (size_t)rng_below(&fixture.rng, LIMIT_BATCH_RESULTS + 1);
	size_t used = 0;
	size_t figures_used = 0;
	struct wire_agent_message message = {.kind = WIRE_BATCH,
	    .batch = {.session = number(64),
		.incarnation = number(64),
		.first_seq = number(60),
		.sent_at = {(int64_t)number(64)},
		.rtt_us = (uint32_t)number(32),
		.result = fixture.result,
		.len = len,
		.hole = fixture.hole,
		.hole_len = (size_t)rng_below(&fixture.rng, WIRE_HOLES + 1)}};

	for (size_t i = 0; i < len; i++) {
		struct result *result = &fixture.result[i];

		*result = (struct result){.seq = message.batch.first_seq + i,
		    .series = fixture.name[rng_below(&fixture.rng, TEXTS)],
		    .started_at = {instant()},
		    .outcome = (enum outcome)rng_below(&fixture.rng, OUTCOME_COUNT),
		    .phase = (enum phase)rng_below(&fixture.rng, PHASE_COUNT),
		    .http_status = (uint16_t)rng_below(&fixture.rng, 1000),
		    .flags = (uint32_t)number(32) & FLAG_KNOWN_MASK,
		    .server_us = (uint32_t)number(32),
		    .body_bytes = (uint32_t)number(32),
		    .retry_after_ms = (uint32_t)number(32),
		    .detail = text(LIMIT_DETAIL_BYTES),
		    .request_id = text(LIMIT_REQUEST_ID_BYTES)};
		make_timing(&result->timing);
		make_observations(result, &used);
		make_figures(result, &figures_used);
		make_more(result);
	}
	for (size_t i = 0; i < message.batch.hole_len; i++) {
		uint64_t first = number(60);

		fixture.hole[i] = (struct wire_hole){{first, first + number(60)},
		    rng_below(&fixture.rng, 2) == 0 ? HOLE_UNUSED : HOLE_DROPPED};
	}
	return message;
}

static void
round_trip(const struct wire_agent_message *message, struct wire_agent_message *out,
    size_t *out_len)
{
	arena_reset(&fixture.arena);
	assert_int_equal(wire_agent_encode(message, &fixture.arena, fixture.bytes,
			     sizeof(fixture.bytes), out_len),
	    ERR_OK);
	assert_int_equal(
	    wire_agent_decode(fixture.bytes, *out_len, &fixture.arena, out), ERR_OK);
}

static void
test_batches(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct wire_agent_message message;
		struct wire_agent_message got;
		size_t len;

		printf("%s%u", seed % 20 == 1 ? "\n  seeds " : " ", (unsigned)seed);
		rng_init(&fixture.rng, seed);
		make_texts();
		message = make_batch();
		round_trip(&message, &got, &len);
		wire_samples_same_batch(&got.batch, &message.batch);
	}
	printf("\n");
}

static bool
is_cut_off(const struct timing *timing)
{
	return timing->dns_us == UINT32_MAX || timing->connect_us == UINT32_MAX ||
	       timing->tls_us == UINT32_MAX || timing->sent_us == UINT32_MAX ||
	       timing->first_byte_us == UINT32_MAX ||
	       timing->answered_us == UINT32_MAX || timing->total_us == UINT32_MAX;
}

/* Passed on a second time nothing changes any more, not even a rounded duration. */
static void
test_stable(void **state)
{
	static unsigned char first[LIMIT_INFLATED_BYTES];

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS / 10; seed++) {
		struct wire_agent_message message;
		struct wire_agent_message got;
		size_t first_len;
		size_t len;

		rng_init(&fixture.rng, seed + 10000);
		make_texts();
		message = make_batch();
		round_trip(&message, &got, &first_len);
		memcpy(first, fixture.bytes, first_len);
		/* `got` lives in the arena: no reset in between. */
		assert_int_equal(wire_agent_encode(&got, &fixture.arena, fixture.bytes,
				     sizeof(fixture.bytes), &len),
		    ERR_OK);
		assert_int_equal(
		    wire_agent_decode(fixture.bytes, len, &fixture.arena, &message),
		    ERR_OK);
		for (size_t i = 0; i < got.batch.len; i++) {
			if (is_cut_off(&got.batch.result[i].timing)) {
				continue; /* 71 minutes: the sum was cut off */
			}
			assert_memory_equal(&got.batch.result[i].timing,
			    &message.batch.result[i].timing, sizeof(struct timing));
			assert_int_equal(got.batch.result[i].server_us,
			    message.batch.result[i].server_us);
			assert_int_equal(got.batch.result[i].decode_us,
			    message.batch.result[i].decode_us);
		}
	}
}

static uint64_t
amount(void)
{
	uint64_t value = number(50);

	return value > WIRE_MICROUSD_MAX ? WIRE_MICROUSD_MAX : value;
}

static void
make_keys(void)
{
	for (size_t i = 0; i < LIMIT_KEYS; i++) {
		(void)snprintf(fixture.key[i], sizeof(fixture.key[i]), "k-%u",
		    (unsigned)(i + rng_below(&fixture.rng, 2) * 100));
	}
}

static const char *
key(void)
{
	return fixture.key[rng_below(&fixture.rng, LIMIT_KEYS)];
}

/* NULL now and then, where a probe may have it. */
static const char *
rare(size_t cap)
{
	return rng_below(&fixture.rng, 2) == 0 ? NULL : text(cap);
}

static void
make_probe(struct plan_probe *probe)
{
	static const uint8_t family[] = {0, 4, 6};
	uint32_t interval_ms = 1 + (uint32_t)number(31);

	*probe =
	    (struct plan_probe){.series = fixture.name[rng_below(&fixture.rng, TEXTS)],
		.kind = (enum probe_kind)rng_below(&fixture.rng, PROBE_KIND_COUNT),
		.role = (enum probe_role)rng_below(&fixture.rng, ROLE_COUNT),
		.url = text(LIMIT_URL_BYTES),
		.model = text(LIMIT_NAME_BYTES),
		.key = text(LIMIT_NAME_BYTES),
		.prompt = text(LIMIT_TEXT_BYTES),
		.size = text(LIMIT_NAME_BYTES),
		.products = text(LIMIT_URL_BYTES),
		.interval_ms = interval_ms,
		.phase_ms = (uint32_t)rng_below(&fixture.rng, interval_ms),
		.timeout_ms = 1 + (uint32_t)number(31),
		.connect_timeout_ms = (uint32_t)number(32),
		.expect_status = (uint16_t)rng_below(&fixture.rng, 1000),
		.project = rare(LIMIT_SERIES_BYTES),
		.location = rare(LIMIT_NAME_BYTES),
		.providers = rare(LIMIT_URL_BYTES),
		.parameters = rare(LIMIT_TEXT_BYTES),
		.expect_text = rare(LIMIT_TEXT_BYTES),
		.expect_pointer = rare(LIMIT_URL_BYTES),
		.expect_value = rare(LIMIT_TEXT_BYTES),
		.resolver = rare(LIMIT_URL_BYTES),
		.family = family[rng_below(&fixture.rng, 3)],
		.expect_days = (uint16_t)number(16),
		.cost_microusd = (uint32_t)number(32),
		.price_in_microusd = (uint32_t)number(32),
		.price_out_microusd = (uint32_t)number(32)};
}

static struct wire_collector_message
make_directive(void)
{
	struct wire_collector_message message = {.kind = WIRE_DIRECTIVE};
	struct wire_directive *directive = &message.directive;

	directive->has_plan = true;
	directive->wall.ns = (int64_t)number(64);
	directive->plan = (struct plan){.version = number(64),
	    .len = (size_t)rng_below(&fixture.rng, 101),
	    .probe = fixture.probe,
	    .budget = fixture.budget,
	    .budget_len = (size_t)rng_below(&fixture.rng, LIMIT_KEYS + 1)};
	for (size_t i = 0; i < directive->plan.len; i++) {
		make_probe(&fixture.probe[i]);
	}
	for (size_t i = 0; i < directive->plan.budget_len; i++) {
		fixture.budget[i] =
		    (struct plan_budget){fixture.key[i], amount(), amount()};
	}
	directive->grant = fixture.grant;
	directive->grant_len = (size_t)rng_below(&fixture.rng, WIRE_GRANTS + 1);
	for (size_t i = 0; i < directive->grant_len; i++) {
		fixture.grant[i] =
		    (struct wire_grant){key(), (uint32_t)number(32), amount()};
	}
	return message;
}

static void
test_plans(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct wire_collector_message message;
		struct wire_collector_message got;
		size_t len;

		rng_init(&fixture.rng, seed);
		make_texts();
		make_keys();
		message = make_directive();
		arena_reset(&fixture.arena);
		assert_int_equal(wire_collector_encode(&message, &fixture.arena,
				     fixture.bytes, sizeof(fixture.bytes), &len),
		    ERR_OK);
		assert_int_equal(
		    wire_collector_decode(fixture.bytes, len, &fixture.arena, &got),
		    ERR_OK);
		wire_samples_same_collector(&got, &message);
	}
}

static void
test_polls(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct wire_agent_message message = {.kind = WIRE_POLL};
		struct wire_agent_message got;
		size_t len;

		rng_init(&fixture.rng, seed);
		make_keys();
		message.poll = (struct wire_poll){.session = number(64),
		    .plan_version = number(64),
		    .sent_at = {(int64_t)number(64)},
		    .rtt_us = (uint32_t)number(32),
		    .spooled = number(64),
		    .spent = fixture.spent,
		    .spent_len = (size_t)rng_below(&fixture.rng, WIRE_SPENT + 1)};
		for (size_t i = 0; i < message.poll.spent_len; i++) {
			fixture.spent[i] = (struct wire_spent){
			    key(), (uint32_t)number(32), amount(), amount()};
		}
		round_trip(&message, &got, &len);
		wire_samples_same_agent(&got, &message);
	}
}

static int
setup(void **state)
{
	void *memory = malloc(2 * WIRE_ARENA_BYTES);

	(void)state;
	if (memory == NULL) {
		return -1;
	}
	arena_init(&fixture.arena, memory, 2 * WIRE_ARENA_BYTES);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	free(fixture.arena.base);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_batches),
	    cmocka_unit_test(test_stable),
	    cmocka_unit_test(test_plans),
	    cmocka_unit_test(test_polls),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
