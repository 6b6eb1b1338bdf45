/* The demonstration fleet: 3 regions x 1 agent, a key each, everything every second. Each
 * fault must be named right, once, within seconds, and end soon after it is over. */
#include "tests/support/world.h"

enum {
	SEEDS = 8
};

#define FAULT_AT  20.0
#define FAULT_END 50.0
#define ALL_KINDS (1U << WITNESS_TARGET | 1U << WITNESS_FREE)
#define CONTROLS  (1U << WITNESS_CONTROL)

struct expected {
	const char *name;
	enum verdict verdict;
	enum scope_kind scope;
	unsigned index;
	double open_max; /* seconds after the fault begins */
	double close_max;
	enum symptom symptom;
	unsigned witnesses;
	uint64_t agents;
};

static void
check(struct world *world, const struct expected *expected, uint64_t seed)
{
	const struct finding *finding = &world->change[0].change.finding;
	double opened = world->change_len > 0 ? world->change[0].at - FAULT_AT : -1;
	double closed = world->change_len > 1 ? world->change[1].at - FAULT_END : -1;
	bool good = world->change_len == 2 &&
		    world->change[0].change.event == FINDING_OPENED &&
		    world->change[1].change.event == FINDING_CLOSED &&
		    finding->verdict == expected->verdict &&
		    finding->scope.kind == expected->scope &&
		    finding->scope.index == expected->index &&
		    opened <= expected->open_max && closed <= expected->close_max;

	printf("  %-22s seed %u controls %u: opened +%.2f s, closed +%.2f s\n",
	    expected->name, (unsigned)seed, world->controls, opened, closed);
	if (!good) {
		for (size_t i = 0; i < world->change_len; i++) {
			world_print(&world->change[i], FAULT_AT);
		}
	}
	assert_true(good);
}

static void
inject(struct world *world, const struct expected *expected)
{
	struct world_effect *effect =
	    world_add(world, FAULT_AT, FAULT_END, 1.0, expected->witnesses);

	world->end = 80;
	world->page_says_clear = true;
	effect->share[expected->symptom] = 1000;
	effect->agents = expected->agents;
	if (expected->verdict == VERDICT_REGION_NETWORK) {
		effect = world_add(world, FAULT_AT, FAULT_END, 1.0, CONTROLS);
		effect->share[SYMPTOM_FAIL] = 1000;
		effect->agents = expected->agents;
	}
}

static void
run(const struct expected *expected)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct world *world = world_demo(seed, seed % 2 == 0 ? 2 : 1);

		world->scale = 0.01; /* a fleet on one machine: next to no noise */
		inject(world, expected);
		world_open(world);
		world_run(world, 0, world->end);
		check(world, expected, seed);
		world_close(world);
	}
}

static void
test_region_cut(void **state)
{
	(void)state;
	run(&(struct expected){"region cut", VERDICT_REGION_NETWORK, SCOPE_REGION, 1, 8,
	    10, SYMPTOM_CONNECT, ALL_KINDS, 2});
}

static void
test_everything_503(void **state)
{
	(void)state;
	run(&(struct expected){"503 everywhere", VERDICT_UPSTREAM_OUTAGE, SCOPE_TARGET,
	    0, 6, 8, SYMPTOM_ERROR, ALL_KINDS, 7});
}

static void
test_everything_429(void **state)
{
	(void)state;
	run(&(struct expected){"429 everywhere", VERDICT_RATE_LIMITED, SCOPE_TARGET, 0,
	    6, 8, SYMPTOM_RATE, ALL_KINDS, 7});
}

static void
test_one_key(void **state)
{
	(void)state;
	run(&(struct expected){"one key invalid", VERDICT_CREDENTIAL, SCOPE_KEY, 2, 8,
	    8, SYMPTOM_KEY, ALL_KINDS, 4});
}

static void
test_every_key(void **state)
{
	(void)state;
	run(&(struct expected){"every key refused", VERDICT_UPSTREAM_AUTH, SCOPE_TARGET,
	    0, 6, 8, SYMPTOM_KEY, ALL_KINDS, 7});
}

static void
test_one_quota(void **state)
{
	(void)state;
	run(&(struct expected){"one key's quota", VERDICT_QUOTA, SCOPE_KEY, 0, 8, 8,
	    SYMPTOM_QUOTA, 1U << WITNESS_TARGET, 1});
}

static void
test_one_agent(void **state)
{
	(void)state;
	run(&(struct expected){"agent cannot even try", VERDICT_AGENT_FAULT,
	    SCOPE_AGENT, 0, 8, 8, SYMPTOM_LOCAL, ALL_KINDS, 1});
}

/* The collector is restarted in the middle of an outage: the finding goes on, is not told
 * again, and ends when the fault does. */
static void
test_restart(void **state)
{
	static const struct expected expected = {"503 and a restart",
	    VERDICT_UPSTREAM_OUTAGE, SCOPE_TARGET, 0, 6, 8, SYMPTOM_ERROR, ALL_KINDS,
	    7};

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct world *world = world_demo(seed, 1);
		unsigned char *bytes;
		size_t cap;
		struct buf buf;

		world->scale = 0.01;
		inject(world, &expected);
		world_open(world);
		world_run(world, 0, 30);
		assert_int_equal(world->change_len, 1);
		cap = correlate_save_bytes(world->engine);
		bytes = malloc(cap);
		assert_non_null(bytes);
		buf_write(&buf, bytes, cap);
		correlate_save(world->engine, &buf);
		assert_true(buf_ok(&buf));
		(void)world_engine(world);
		buf_read(&buf, bytes, buf.at);
		assert_int_equal(correlate_load(world->engine, &buf), ERR_OK);
		/* down for four seconds; what agents kept arrives after it */
		correlate_resume(world->engine, world_mono(34));
		world_run(world, 34, world->end);
		check(world, &expected, seed);
		free(bytes);
		world_close(world);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_region_cut),
	    cmocka_unit_test(test_everything_503),
	    cmocka_unit_test(test_everything_429),
	    cmocka_unit_test(test_one_key),
	    cmocka_unit_test(test_every_key),
	    cmocka_unit_test(test_one_quota),
	    cmocka_unit_test(test_one_agent),
	    cmocka_unit_test(test_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
