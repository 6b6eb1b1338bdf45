/* Which page of one run is which of another, and what became of those that are none. */
#include "tests/support/test.h"

#include "collector/core/backtest.h"

enum {
	PAIRS = 16
};

static struct backtest_item old_items[PAIRS];
static struct backtest_item new_items[PAIRS];
static struct backtest_run old_run;
static struct backtest_run new_run;
static struct backtest_pair pair[2 * PAIRS];

static int
begin(void **state)
{
	(void)state;
	backtest_init(&old_run, old_items);
	backtest_init(&new_run, new_items);
	return 0;
}

/* An incident from `onset` to `end` (0 = open), paged at `paged` (0 = never), in seconds. */
static struct backtest_item *
add(struct backtest_run *run, enum verdict verdict, const char *target, int64_t onset,
    int64_t paged, int64_t end)
{
	struct backtest_item *item = &run->item[run->len++];

	*item = (struct backtest_item){.id = run->len,
	    .verdict = verdict,
	    .level = LEVEL_CRITICAL,
	    .scope_kind = SCOPE_TARGET,
	    .onset_at = {onset * CLOCK_NS_PER_S},
	    .opened_at = {paged * CLOCK_NS_PER_S},
	    .resolved_at = {end * CLOCK_NS_PER_S},
	    .is_paged = paged != 0,
	    .paged_at = {paged * CLOCK_NS_PER_S}};
	(void)snprintf(item->target, sizeof(item->target), "%s", target);
	return item;
}

static size_t
compare(int64_t since, int64_t until)
{
	return backtest_compare(&old_run, &new_run,
	    (struct wall){since * CLOCK_NS_PER_S},
	    (struct wall){until * CLOCK_NS_PER_S}, pair, 2 * PAIRS);
}

static void
test_same_later(void **state)
{
	(void)state;
	add(&old_run, VERDICT_UPSTREAM_OUTAGE, "a", 100, 110, 200);
	add(&new_run, VERDICT_UPSTREAM_OUTAGE, "a", 101, 130, 210);
	assert_int_equal(compare(0, 1000), 1);
	assert_int_equal(pair[0].fate, BACKTEST_SAME);
	assert_true(pair[0].delay_ns == 20 * CLOCK_NS_PER_S);
	assert_false(pair[0].is_renamed);
}

/* The nearest name wins, whatever the order, and each page is used once. */
static void
test_names(void **state)
{
	(void)state;
	add(&old_run, VERDICT_UPSTREAM_PARTIAL, "a", 100, 110, 200);
	add(&old_run, VERDICT_UPSTREAM_OUTAGE, "a", 100, 115, 200);
	add(&new_run, VERDICT_UPSTREAM_OUTAGE, "a", 100, 112, 200);
	assert_int_equal(compare(0, 1000), 2);
	assert_int_equal(pair[0].fate, BACKTEST_AVOIDED);
	assert_int_equal(pair[1].fate, BACKTEST_SAME);
	assert_true(pair[1].delay_ns == -3 * CLOCK_NS_PER_S);
	assert_ptr_equal(pair[1].new_one, &new_items[0]);
}

static void
test_renamed(void **state)
{
	(void)state;
	add(&old_run, VERDICT_UPSTREAM_PARTIAL, "a", 100, 110, 200);
	add(&new_run, VERDICT_UPSTREAM_OUTAGE, "a", 100, 112, 0);
	/* of another target: another fault */
	add(&old_run, VERDICT_UPSTREAM_OUTAGE, "b", 300, 310, 400);
	add(&new_run, VERDICT_UPSTREAM_OUTAGE, "c", 300, 310, 400);
	/* the cause is ours and not theirs: another fault */
	add(&old_run, VERDICT_REGION_NETWORK, "", 500, 510, 600);
	new_items[2].scope_kind = SCOPE_REGION;
	assert_int_equal(compare(0, 1000), 4);
	assert_int_equal(pair[0].fate, BACKTEST_SAME);
	assert_true(pair[0].is_renamed);
	assert_int_equal(pair[1].fate, BACKTEST_AVOIDED);
	assert_int_equal(pair[2].fate, BACKTEST_AVOIDED);
	assert_int_equal(pair[3].fate, BACKTEST_NEW);
}

static void
test_fates(void **state)
{
	static const struct {
		bool is_reviewed;
		enum review_kind review;
		enum backtest_fate fate;
	} rows[] = {{false, REVIEW_TRUE, BACKTEST_AVOIDED},
	    {true, REVIEW_FALSE_POSITIVE, BACKTEST_AVOIDED},
	    {true, REVIEW_EXPECTED, BACKTEST_AVOIDED},
	    {true, REVIEW_DUPLICATE, BACKTEST_AVOIDED},
	    {true, REVIEW_TRUE, BACKTEST_MISSED}, {true, REVIEW_LATE, BACKTEST_MISSED}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct backtest_item *item = add(&old_run, VERDICT_UPSTREAM_OUTAGE, "a",
		    (int64_t)i * 100 + 1, (int64_t)i * 100 + 2, (int64_t)i * 100 + 50);

		item->is_reviewed = rows[i].is_reviewed;
		item->review = rows[i].review;
	}
	/* found, but told to nobody: no page */
	add(&new_run, VERDICT_UPSTREAM_OUTAGE, "a", 1, 0, 0);
	assert_int_equal(compare(0, 1000), sizeof(rows) / sizeof(rows[0]));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(pair[i].fate, rows[i].fate);
	}
}

/* By the time of the old page; its partner may be outside, and is not new then. */
static void
test_window(void **state)
{
	(void)state;
	add(&old_run, VERDICT_UPSTREAM_OUTAGE, "a", 80, 90, 200);
	add(&new_run, VERDICT_UPSTREAM_OUTAGE, "a", 80, 110, 200);
	add(&old_run, VERDICT_UPSTREAM_OUTAGE, "a", 300, 310, 400);
	add(&new_run, VERDICT_UPSTREAM_OUTAGE, "a", 300, 520, 0);
	add(&new_run, VERDICT_CREDENTIAL, "", 450, 460, 470);
	assert_int_equal(compare(100, 500), 2);
	assert_int_equal(pair[0].fate, BACKTEST_SAME);
	assert_ptr_equal(pair[0].old_one, &old_items[1]);
	assert_int_equal(pair[1].fate, BACKTEST_NEW);
	assert_ptr_equal(pair[1].new_one, &new_items[2]);
}

static void
test_reviews(void **state)
{
	struct backtest_item *told =
	    add(&old_run, VERDICT_UPSTREAM_OUTAGE, "a", 100, 110, 200);

	(void)state;
	add(&new_run, VERDICT_CREDENTIAL, "", 100, 105, 200)->id = 40;
	add(&new_run, VERDICT_UPSTREAM_OUTAGE, "a", 100, 111, 200)->id = 41;
	told->is_reviewed = true;
	told->review = REVIEW_TRUE;
	backtest_lend_reviews(&old_run, &new_run);
	assert_false(new_items[0].is_reviewed);
	assert_true(new_items[1].is_reviewed);
	assert_int_equal(new_items[1].review, REVIEW_TRUE);
	assert_string_equal(backtest_fate_name(BACKTEST_MISSED), "missed");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_same_later, begin),
	    cmocka_unit_test_setup(test_names, begin),
	    cmocka_unit_test_setup(test_renamed, begin),
	    cmocka_unit_test_setup(test_fates, begin),
	    cmocka_unit_test_setup(test_window, begin),
	    cmocka_unit_test_setup(test_reviews, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
