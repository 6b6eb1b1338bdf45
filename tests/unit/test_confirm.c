/* Asking agents to look again: who is asked, how often, and what is learned of blips. */
#include "collector/core/blips.h"
#include "collector/core/confirm.h"
#include "tests/support/world.h"

enum {
	A = 1U << WITNESS_TARGET,
	H = 1U << WITNESS_FREE
};

#define HOUR 3600.0
#define AT   960.0

static struct world *
make_fault(uint64_t seed, unsigned witnesses, double rate, double lasts)
{
	struct world *world = world_suite(seed);
	struct world_effect *effect = world_add(world, AT, AT + lasts, rate, witnesses);

	effect->share[SYMPTOM_ERROR] = 1000;
	world->end = AT + lasts;
	world_open(world);
	return world;
}

/* Chance is suspected now and then; that must stay cheap. */
static void
test_healthy_is_cheap(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 4; seed++) {
		struct world *world = world_suite(seed);

		world->end = 6 * HOUR;
		world_open(world);
		world_run(world, 0, world->end);
		/* 29 runs a minute are scheduled; a tenth is asked for, as a rule */
		assert_in_range(world->asks_free, 0, 6 * 60 * 29 / 5);
		assert_in_range(world->asks_paid, 0, 6 * 60 * 5 / 50);
		assert_int_equal(world->change_len, 0);
		world_close(world);
	}
}

/* Free probes tell a front end that fails from one that works. */
static void
test_free_first(void **state)
{
	struct world *world = make_fault(7, A | H, 0.99, 120);

	(void)state;
	world_run(world, 0, world->end);
	assert_true(world->asks_free > 0);
	assert_int_equal(world->asks_paid, 0);
	assert_int_equal(world->change_len, 1);
	world_close(world);
}

/* Behind one that works only a paid probe can tell. */
static void
test_paid_where_needed(void **state)
{
	struct world *world = make_fault(7, A, 0.99, 120);

	(void)state;
	world_run(world, 0, world->end);
	assert_true(world->asks_paid > 0);
	assert_int_equal(world->change_len, 1);
	world_close(world);
}

/* An hour of half a failure: no more than the allowances. */
static void
test_bounded(void **state)
{
	struct world *world = make_fault(9, A | H, 0.06, HOUR);

	(void)state;
	world_run(world, 0, world->end);
	assert_in_range(world->asks_free, 1, 60 * 12 * 4 + 64);
	assert_in_range(world->asks_paid, 0, 2 * 60 + 8);
	world_close(world);
}

/* A large fleet and one failure: a handful looks, in different regions, each once. */
static void
test_no_storm(void **state)
{
	struct world *world = world_suite(1);
	struct finding_change out[CORRELATE_CHANGES];
	struct ask ask[CORRELATE_ASKS];
	struct evidence bad = {.agent = 3,
	    .probe = 1,
	    .outcome = OUTCOME_UPSTREAM_ERROR,
	    .phase = PHASE_DONE,
	    .http_status = 503,
	    .at = {CLOCK_NS_PER_S}};
	uint64_t regions = 0;
	size_t len;

	(void)state;
	world->regions = 30;
	world->agents_per_region = 2;
	world->own_keys = false;
	world_open(world);
	correlate_result(world->engine, &bad, bad.at);
	(void)correlate_step(world->engine, bad.at, out);
	len = correlate_asks(world->engine, ask);
	assert_in_range(len, 1, CONFIRM_WAVE + 2 * CONFIRM_WAVE);
	for (size_t i = 0; i < len; i++) {
		assert_false(ask[i].is_paid);
		regions |= UINT64_C(1) << world->agent[ask[i].agent].region;
	}
	assert_true((regions & (regions - 1)) != 0);
	/* once more at once: nobody */
	(void)correlate_step(world->engine, bad.at, out);
	assert_int_equal(correlate_asks(world->engine, ask), 0);
	world_close(world);
}

/* Who does not run a probe is not asked for it. */
static void
test_regions_of_a_probe(void **state)
{
	struct world *world = make_fault(7, A | H, 0.99, 60);
	struct finding_change out[CORRELATE_CHANGES];
	struct ask ask[CORRELATE_ASKS];

	(void)state;
	correlate_may_ask(world->engine, 1, 1U << 2, false);
	for (double now = AT; now < AT + 60; now += 5) {
		size_t len;

		world_deliver(world, now);
		(void)correlate_step(world->engine, world_mono(now), out);
		len = correlate_asks(world->engine, ask);
		for (size_t i = 0; i < len; i++) {
			if (ask[i].probe == 1) {
				assert_int_equal(world->agent[ask[i].agent].region, 2);
			}
		}
	}
	world_close(world);
}

/* ---- blips ---- */

static struct topology_agent two_agents[2] = {{"a0", 0}, {"a1", 0}};
static struct topology small = {.agent = two_agents, .agent_len = 2, .target_len = 1};

static struct blips
make_blips(void *memory, size_t bytes)
{
	struct arena arena;
	struct blips blips;

	arena_init(&arena, memory, bytes);
	assert_true(blips_init(&blips, &arena, &small));
	blips_reset(&blips);
	return blips;
}

/* `count` blips of `len` buckets at agent 0, fifty buckets apart; `back`: newest first. */
static int32_t
learn(unsigned count, int64_t len, bool back)
{
	size_t bytes = blips_bytes(&small) + 64;
	void *memory = malloc(bytes);
	struct blips blips = make_blips(memory, bytes);
	int32_t length;

	for (unsigned i = 0; i < count; i++) {
		int64_t from = (int64_t)i * 50;

		for (int64_t k = 0; k <= len; k++) {
			int64_t at = back ? len - k : k;

			blips_note(&blips, from + at, 0, 0, 5, at < len);
		}
		for (int64_t k = 0; k < 50; k++) {
			blips_leave(&blips, from + k);
		}
	}
	length = blips_agent(&blips, 0);
	assert_int_equal(blips_agent(&blips, 1), BLIPS_AGENT_PRIOR);
	free(memory);
	return length;
}

static void
test_blips_are_learned(void **state)
{
	(void)state;
	assert_int_equal(learn(0, 2, false), BLIPS_AGENT_PRIOR);
	/* longer than the prior: soon; shorter: slowly */
	assert_in_range(learn(20, 8, false), 8 * BLIPS_PARTS * 4 / 5, 640);
	assert_in_range(
	    learn(20, 2, false), BLIPS_AGENT_PRIOR * 7 / 10, BLIPS_AGENT_PRIOR - 1);
	assert_in_range(learn(2000, 2, false), BLIPS_MIN, 2 * BLIPS_PARTS + 64);
	/* never beyond the bounds */
	assert_int_equal(learn(200, 20, false), BLIPS_MAX);
}

static void
test_order_is_nothing(void **state)
{
	(void)state;
	for (int64_t len = 1; len < 12; len++) {
		assert_int_equal(learn(30, len, false), learn(30, len, true));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_healthy_is_cheap),
	    cmocka_unit_test(test_free_first),
	    cmocka_unit_test(test_paid_where_needed),
	    cmocka_unit_test(test_bounded),
	    cmocka_unit_test(test_no_storm),
	    cmocka_unit_test(test_regions_of_a_probe),
	    cmocka_unit_test(test_blips_are_learned),
	    cmocka_unit_test(test_order_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
