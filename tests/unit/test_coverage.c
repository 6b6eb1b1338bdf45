/* What was due, what came, what came late, what was dropped, and what never came. */
#include "tests/support/test.h"

#include "collector/core/coverage.h"
#include "common/core/rng.h"
#include "tests/support/small_collector.h"

enum {
	EVERY_S =
	    10, /* of the probes of the small collector, with 30 s and 5 s to end */
	EU = 0,
	US = 1,
	IMAGE = 0,
	MODEL = 1
};

struct world {
	void *memory;
	struct coverage *coverage;
};

static struct mono
at(int64_t s)
{
	return (struct mono){s * CLOCK_NS_PER_S};
}

static struct coverage *
coverage_new(const struct collector_conf *conf, void **out_memory)
{
	size_t bytes = coverage_bytes(conf);
	struct coverage *coverage;
	struct arena arena;

	*out_memory = malloc(bytes);
	assert_non_null(*out_memory);
	arena_init(&arena, *out_memory, bytes);
	coverage = coverage_init(&arena, conf);
	assert_non_null(coverage);
	return coverage;
}

static int
setup(void **state)
{
	static struct world world;

	world.coverage = coverage_new(small_collector_conf(), &world.memory);
	*state = &world;
	return 0;
}

static int
teardown(void **state)
{
	struct world *world = *state;

	free(world->memory);
	return 0;
}

/* A run that began at `started_s` and took a second; it came at `now_s`. */
static void
result(struct world *world, uint16_t probe, int64_t started_s, int64_t now_s)
{
	coverage_heard(world->coverage, EU, at(now_s));
	coverage_result(
	    world->coverage, EU, probe, at(started_s), at(started_s + 1), at(now_s));
}

/* All of a probe from `from_s` to before `until_s`, each in time. */
static void
results(struct world *world, uint16_t probe, int64_t from_s, int64_t until_s)
{
	for (int64_t s = from_s; s < until_s; s += EVERY_S) {
		result(world, probe, s, s + 2);
		coverage_step(world->coverage, at(s + 2));
	}
}

static void
check(struct coverage_tally tally, uint64_t due, uint64_t came, uint64_t late,
    uint64_t dropped)
{
	assert_int_equal(tally.due, due);
	assert_int_equal(tally.came, came);
	assert_int_equal(tally.late, late);
	assert_int_equal(tally.dropped, dropped);
}

static void
test_all_is_here(void **state)
{
	struct world *world = *state;
	struct coverage_tally tally;

	check(coverage_series(world->coverage, EU, MODEL, 5, at(0)), 0, 0, 0, 0);
	results(world, MODEL, 0, 3600);
	/* At no time is what is under way missing. */
	for (int64_t s = 3592; s < 3600; s++) {
		coverage_step(world->coverage, at(s));
		tally = coverage_series(
		    world->coverage, EU, MODEL, COVERAGE_MINUTES, at(s));
		check(tally, 360, 360, 0, 0);
	}
	check(coverage_series(world->coverage, EU, MODEL, 5, at(3599)), 30, 30, 0, 0);
	check(coverage_series(world->coverage, US, MODEL, 5, at(3599)), 0, 0, 0, 0);
	assert_int_equal(coverage_ppm(0, 0), -1);
	assert_int_equal(coverage_ppm(30, 30), 1000000);
	assert_int_equal(coverage_ppm(3, 2), 666666);
	assert_int_equal(coverage_ppm(3, 4), 1000000);
}

/* The schedule's jitter makes no gap, whatever the minute's edge does to it. */
static void
test_jitter(void **state)
{
	struct world *world = *state;
	struct rng rng;

	rng_init(&rng, 5);
	for (int64_t s = 0; s < 7200; s += EVERY_S) {
		int64_t off_ns =
		    (int64_t)rng_below(&rng, CLOCK_NS_PER_S) - CLOCK_NS_PER_S / 2;
		struct mono started = mono_add(at(s + 1), off_ns);
		struct mono now = mono_add(started, 2 * CLOCK_NS_PER_S);
		struct coverage_tally tally;

		coverage_heard(world->coverage, EU, now);
		coverage_result(world->coverage, EU, MODEL, started, started, now);
		coverage_step(world->coverage, now);
		tally = coverage_series(world->coverage, EU, MODEL, 5, now);
		assert_int_equal(tally.due, tally.came);
		assert_true(tally.due <= 31);
	}
}

/* One in three is missed; then nothing comes at all; then all of it, late. */
static void
test_missing_and_late(void **state)
{
	struct world *world = *state;
	struct coverage_tally tally;

	for (int64_t s = 0; s < 600; s += EVERY_S) {
		if (s / EVERY_S % 3 != 1) {
			result(world, MODEL, s, s + 2);
		}
	}
	tally = coverage_series(world->coverage, EU, MODEL, COVERAGE_MINUTES, at(599));
	check(tally, 60, 40, 0, 0);
	/* Silence: what was due is counted on, once it could be here. */
	coverage_step(world->coverage, at(1800));
	tally = coverage_series(world->coverage, EU, MODEL, COVERAGE_MINUTES, at(1800));
	assert_int_equal(tally.came, 40);
	assert_in_range(tally.due, 60 + 117, 60 + 120);
	check(coverage_series(world->coverage, EU, MODEL, 5, at(1790)), 29, 0, 0, 0);
	/* It was only cut off: what was kept takes its places, newest first. */
	for (int64_t s = 1780; s >= 600; s -= EVERY_S) {
		result(world, MODEL, s, 1800);
	}
	tally = coverage_series(world->coverage, EU, MODEL, COVERAGE_MINUTES, at(1800));
	assert_int_equal(tally.due, 60 + 119);
	assert_int_equal(tally.came + tally.late, 40 + 119);
	/* Older than 15 times 10 s is late. */
	assert_int_equal(tally.late, 105);
}

/* What the agent dropped is known of the agent, not of its series. */
static void
test_dropped(void **state)
{
	struct world *world = *state;
	struct coverage_tally tally;

	results(world, MODEL, 0, 600);
	results(world, MODEL, 1200, 1800);
	coverage_dropped(world->coverage, EU, 60, at(1800));
	tally = coverage_series(world->coverage, EU, MODEL, COVERAGE_MINUTES, at(1800));
	check(tally, 180, 120, 0, 0);
	tally = coverage_agent(world->coverage, EU, COVERAGE_MINUTES, at(1800));
	assert_int_equal(tally.dropped, 60);
	assert_int_equal(tally.came, 120);
	assert_true(tally.due >= tally.came + tally.dropped);
	/* More than was due is told, and explains no more than that. */
	coverage_dropped(world->coverage, EU, 1000000, at(1800));
	tally = coverage_agent(world->coverage, EU, COVERAGE_MINUTES, at(1800));
	assert_true(tally.due == tally.came + tally.dropped);
	assert_int_equal(coverage_ever(world->coverage, EU).dropped, 1000060);
}

/* Nothing is due of who was never heard, nor of who said goodbye. */
static void
test_away(void **state)
{
	struct world *world = *state;
	struct coverage_tally before;

	coverage_step(world->coverage, at(3600));
	check(coverage_ever(world->coverage, EU), 0, 0, 0, 0);
	results(world, MODEL, 3600, 4200);
	coverage_left(world->coverage, EU, at(4200));
	before = coverage_ever(world->coverage, EU);
	coverage_step(world->coverage, at(7200));
	coverage_left(world->coverage, EU, at(7200));
	assert_int_equal(coverage_ever(world->coverage, EU).due, before.due);
	results(world, MODEL, 7200, 7260);
	assert_int_equal(coverage_ever(world->coverage, EU).came, before.came + 6);
	check(coverage_series(world->coverage, EU, MODEL, 10, at(7259)), 6, 6, 0, 0);
}

/* The ring forgets; what is older than it changes the totals alone. */
static void
test_ring(void **state)
{
	struct world *world = *state;
	struct coverage_tally tally;

	results(world, MODEL, 0, 3 * 7200);
	tally = coverage_series(world->coverage, EU, MODEL, 1000, at(3 * 7200 - 1));
	check(tally, 720, 720, 0, 0);
	result(world, MODEL, 100, 3 * 7200);
	assert_int_equal(coverage_ever(world->coverage, EU).late, 1);
	tally = coverage_series(world->coverage, EU, MODEL, 1000, at(3 * 7200 - 1));
	check(tally, 720, 720, 0, 0);
	/* Days away. */
	coverage_step(world->coverage, at(1000000));
	tally = coverage_series(world->coverage, EU, MODEL, 1000, at(1000000));
	assert_int_equal(tally.came, 0);
	assert_in_range(tally.due, 712, 720);
	assert_in_range(coverage_ever(world->coverage, EU).due, 99990, 1000000);
}

static void
test_save(void **state)
{
	struct world *world = *state;
	size_t cap = coverage_save_bytes(small_collector_conf());
	unsigned char *bytes = malloc(cap);
	unsigned char *again = malloc(cap);
	struct coverage *other;
	struct buf written;
	struct buf buf;
	void *memory;

	assert_non_null(bytes);
	assert_non_null(again);
	results(world, MODEL, 0, 3000);
	results(world, IMAGE, 0, 600);
	coverage_dropped(world->coverage, EU, 7, at(3000));
	buf_write(&written, bytes, cap);
	coverage_save(world->coverage, &written);
	assert_true(buf_ok(&written));
	for (size_t len = 0; len < written.at; len += 7) {
		other = coverage_new(small_collector_conf(), &memory);
		buf_read(&buf, bytes, len);
		assert_int_equal(coverage_load(other, &buf), ERR_FORMAT);
		free(memory);
	}
	other = coverage_new(small_collector_conf(), &memory);
	buf_read(&buf, bytes, written.at);
	assert_int_equal(coverage_load(other, &buf), ERR_OK);
	buf_write(&buf, again, cap);
	coverage_save(other, &buf);
	assert_int_equal(buf.at, written.at);
	assert_memory_equal(bytes, again, written.at);
	check(coverage_series(other, EU, IMAGE, COVERAGE_MINUTES, at(3000)),
	    coverage_series(world->coverage, EU, IMAGE, COVERAGE_MINUTES, at(3000)).due,
	    60, 0, 0);
	bytes[0] = 99;
	buf_read(&buf, bytes, written.at);
	assert_int_equal(coverage_load(other, &buf), ERR_VERSION);
	free(memory);
	free(bytes);
	free(again);
}

/* The largest fleet that can be configured, and one probe in a second of it. */
static void
test_limits(void **state)
{
	static struct topology_agent agents[LIMIT_AGENTS];
	static struct topology_probe probes[LIMIT_PROBES];
	static const struct topology_region regions[] = {{"r", TOPOLOGY_NONE}};
	struct collector_conf conf = {.topology = {.agent = agents,
					  .probe = probes,
					  .region = regions,
					  .agent_len = LIMIT_AGENTS,
					  .probe_len = LIMIT_PROBES,
					  .region_len = 1}};
	size_t series = (size_t)LIMIT_AGENTS * LIMIT_PROBES;
	struct coverage *coverage;
	struct coverage_tally tally;
	void *memory;

	(void)state;
	for (size_t i = 0; i < LIMIT_PROBES; i++) {
		probes[i].interval_ms = 1;
	}
	assert_true(coverage_bytes(&conf) <= series * COVERAGE_SERIES_BYTES +
						 LIMIT_AGENTS * COVERAGE_AGENT_BYTES +
						 (1 << 16));
	assert_true(coverage_bytes(&conf) <= 266000000);
	coverage = coverage_new(&conf, &memory);
	coverage_heard(coverage, LIMIT_AGENTS - 1, at(0));
	for (int64_t ms = 0; ms < 120000; ms += 100) {
		struct mono now = {ms * CLOCK_NS_PER_MS};

		coverage_result(
		    coverage, LIMIT_AGENTS - 1, LIMIT_PROBES - 1, now, now, now);
	}
	tally =
	    coverage_series(coverage, LIMIT_AGENTS - 1, LIMIT_PROBES - 1, 2, at(119));
	assert_int_equal(tally.due, tally.came);
	assert_true(tally.due <= 126);
	coverage_dropped(coverage, LIMIT_AGENTS - 1, UINT64_MAX, at(200));
	free(memory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_all_is_here, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_jitter, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_missing_and_late, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_dropped, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_away, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_ring, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_save, setup, teardown),
	    cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
