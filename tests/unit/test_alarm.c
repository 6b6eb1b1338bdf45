/* How strong evidence must be: the budget of false pages, divided and added up again. */
#include "tests/support/test.h"
#include "tests/support/world.h"

#include "collector/core/alarm.h"
#include "collector/core/hypothesis.h"
#include "common/core/logn.h"

#define BUCKET_NS (10 * CLOCK_NS_PER_S)

enum {
	/* ln of a year in buckets of ten seconds */
	YEAR_MNATS = 14964
};

/* A table of the suite's world with two targets of those tiers. */
static void *
make(struct world *world, struct hypotheses *table, enum tier a, enum tier b)
{
	struct arena arena;
	size_t len;
	void *memory;

	world->targets = 2;
	world_fill(world);
	world->target[0].tier = a;
	world->target[1].tier = b;
	len = hypotheses_bytes(&world->topology) + 64;
	memory = calloc(1, len);
	assert_non_null(memory);
	arena_init(&arena, memory, len);
	assert_true(hypotheses_init(table, &arena, &world->topology));
	return memory;
}

/* False pages a year that all hypotheses of a class can make, in thousandths: what the
 * threshold was made from. */
static double
pages_of(const struct hypotheses *table, size_t class, int32_t threshold)
{
	double half = logn_inverse((uint32_t)threshold / 2) / (double)LOGN_ONE;
	double priors = 0;

	for (uint32_t h = 0; h < table->len; h++) {
		if (alarm_class(table->topology, table->at[h].target) == class) {
			priors += logn_inverse((uint32_t)-table->at[h].prior_mnats) /
				  (double)LOGN_ONE;
		}
	}
	return priors * half * half * 3153600 * 1000;
}

static double
pages_of_all(const struct hypotheses *table, const int32_t threshold[ALARM_CLASSES])
{
	double pages = 0;

	for (size_t i = 0; i < ALARM_CLASSES; i++) {
		pages += pages_of(table, i, threshold[i]);
	}
	return pages;
}

static void
test_undivided(void **state)
{
	struct alarm_conf conf = {0};

	(void)state;
	assert_int_equal(alarm_undivided(BUCKET_NS, &conf), YEAR_MNATS);
	conf.pages_milli = 1000;
	assert_int_equal(alarm_undivided(BUCKET_NS, &conf), YEAR_MNATS);
	conf.pages_milli = 2000; /* ln 2 less */
	assert_in_range(
	    alarm_undivided(BUCKET_NS, &conf), YEAR_MNATS - 694, YEAR_MNATS - 692);
	conf.pages_milli = 1000; /* six times as many buckets: ln 6 more */
	assert_in_range(alarm_undivided(BUCKET_NS / 6, &conf), YEAR_MNATS + 1790,
	    YEAR_MNATS + 1793);
}

/* Nobody named: all have the same, and it is the whole budget. */
static void
test_one_for_all(void **state)
{
	struct world *world = world_suite(1);
	struct alarm_conf conf = {.pages_milli = 500};
	struct hypotheses table;
	void *memory = make(world, &table, TIER_CORE, TIER_TEST);
	int32_t threshold[ALARM_CLASSES];

	(void)state;
	alarm_divide(&table, BUCKET_NS, &conf, threshold);
	for (size_t i = 0; i < ALARM_CLASSES; i++) {
		assert_int_equal(threshold[i], alarm_undivided(BUCKET_NS, &conf));
	}
	assert_true(pages_of_all(&table, threshold) > 495);
	assert_true(pages_of_all(&table, threshold) < 502);
	free(memory);
	free(world);
}

/* One tier's share is what it was given, and the sum stays. */
static void
test_by_tier(void **state)
{
	struct world *world = world_suite(1);
	struct alarm_conf conf = {.pages_milli = 2000};
	struct hypotheses table;
	void *memory = make(world, &table, TIER_CORE, TIER_NORMAL);
	int32_t threshold[ALARM_CLASSES];

	(void)state;
	conf.tier_milli[TIER_CORE] = 1500;
	alarm_divide(&table, BUCKET_NS, &conf, threshold);
	assert_true(pages_of(&table, TIER_CORE, threshold[TIER_CORE]) > 1490);
	assert_true(pages_of(&table, TIER_CORE, threshold[TIER_CORE]) < 1505);
	assert_true(pages_of_all(&table, threshold) > 1985);
	assert_true(pages_of_all(&table, threshold) < 2008);
	assert_true(threshold[TIER_CORE] < threshold[TIER_NORMAL]);
	assert_int_equal(threshold[TIER_NORMAL], threshold[ALARM_SHARED]);
	/* what a tier without any target was given stays with the others */
	conf.tier_milli[TIER_CORE] = 0;
	conf.tier_milli[TIER_IMPORTANT] = 1500;
	alarm_divide(&table, BUCKET_NS, &conf, threshold);
	assert_int_equal(threshold[TIER_CORE], alarm_undivided(BUCKET_NS, &conf));
	free(memory);
	free(world);
}

/* More pages allowed, less evidence needed; for others that is more. */
static void
test_monotone(void **state)
{
	struct world *world = world_suite(1);
	struct hypotheses table;
	void *memory = make(world, &table, TIER_CORE, TIER_NORMAL);
	int32_t before[ALARM_CLASSES] = {INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX};

	(void)state;
	before[ALARM_SHARED] = INT32_MIN;
	for (uint32_t milli = 1; milli < 1000; milli += 37) {
		struct alarm_conf conf = {.pages_milli = 1000};
		int32_t threshold[ALARM_CLASSES];

		conf.tier_milli[TIER_CORE] = milli;
		alarm_divide(&table, BUCKET_NS, &conf, threshold);
		assert_true(threshold[TIER_CORE] < before[TIER_CORE]);
		assert_true(threshold[ALARM_SHARED] > before[ALARM_SHARED]);
		memcpy(before, threshold, sizeof(before));
	}
	free(memory);
	free(world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_undivided),
	    cmocka_unit_test(test_one_for_all),
	    cmocka_unit_test(test_by_tier),
	    cmocka_unit_test(test_monotone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
