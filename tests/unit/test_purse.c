/* test_purse - limits hold over days, months, crashes and wrong clocks */
#include "agent/core/purse.h"
#include "common/core/rng.h"
#include "common/core/utcday.h"
#include "tests/support/test.h"

enum {
	DAY = 20000 /* 2024-10-04: the month has 28 days from here */
};

static struct purse purse;

static struct wall
at(uint32_t day, int64_t seconds)
{
	return wall_add(utcday_begin(day), seconds * CLOCK_NS_PER_S);
}

static void
plan_with(uint64_t day_microusd, uint64_t month_microusd)
{
	struct plan_budget budget = {"k", day_microusd, month_microusd};
	struct plan plan = {.budget = &budget, .budget_len = 1};

	purse_plan(&purse, &plan);
}

static enum purse_answer
take(uint32_t slot, uint32_t cost, struct wall now)
{
	struct plan_probe probe = {.key = "k", .cost_microusd = cost};

	return purse_take(&purse, &probe, slot, 0, now);
}

static uint32_t
settle(uint32_t slot, uint32_t cost, bool is_unsure)
{
	bool changed;

	return purse_settle(&purse, slot, 0, cost, is_unsure, &changed);
}

static const struct purse_account *
account(struct wall now)
{
	static const struct purse_account none;

	for (size_t i = 0; i < LIMIT_KEYS; i++) {
		const struct purse_account *found = purse_at(&purse, i, now);

		if (found != NULL) {
			return found;
		}
	}
	fail_msg("the purse has no account");
	return &none;
}

static void
test_limits(void **state)
{
	(void)state;
	purse_init(&purse);
	assert_int_equal(take(0, 100, at(DAY, 0)), PURSE_FREE); /* no budget */
	plan_with(250, 400);
	assert_int_equal(take(0, 0, at(DAY, 0)), PURSE_FREE);
	assert_int_equal(take(1, 100, at(DAY, 0)), PURSE_TAKEN);
	assert_int_equal(take(2, 100, at(DAY, 1)), PURSE_TAKEN);
	assert_int_equal(take(3, 100, at(DAY, 2)), PURSE_DAY_SPENT);
	assert_int_equal(settle(1, 40, false), 40);
	assert_int_equal(take(3, 100, at(DAY, 3)), PURSE_TAKEN);
	assert_int_equal(settle(2, 30, true), 100); /* billed perhaps */
	assert_int_equal(settle(3, 0, false), 0);
	assert_int_equal(account(at(DAY, 4))->day_spent, 140);
	assert_int_equal(settle(9, 7, false), 7); /* nothing was taken out for it */
	assert_int_equal(account(at(DAY, 4))->day_spent, 140);

	/* the next day is new, the month goes on */
	assert_int_equal(take(1, 200, at(DAY + 1, 0)), PURSE_TAKEN);
	assert_int_equal(take(2, 100, at(DAY + 2, 0)), PURSE_MONTH_SPENT);
	assert_int_equal(account(at(DAY + 2, 0))->day_spent, 0);
	assert_int_equal(account(at(DAY + 2, 0))->month_spent, 340);

	/* settled a day later: the month gets it back, the new day does not */
	assert_int_equal(settle(1, 100, false), 100);
	assert_int_equal(account(at(DAY + 2, 0))->month_spent, 240);
	assert_int_equal(account(at(DAY + 2, 0))->day_spent, 0);
	assert_int_equal(take(2, 200, at(utcday_next_month(DAY), 0)), PURSE_TAKEN);
	assert_int_equal(account(at(utcday_next_month(DAY), 0))->month_spent, 200);
}

static void
test_grants(void **state)
{
	(void)state;
	purse_init(&purse);
	plan_with(100, 150);
	assert_int_equal(take(0, 100, at(DAY, 0)), PURSE_TAKEN);
	assert_int_equal(take(1, 50, at(DAY, 0)), PURSE_DAY_SPENT);
	assert_false(purse_grant(&purse, "other", DAY, 60, at(DAY, 0)));
	assert_false(purse_grant(&purse, "k", DAY + 1, 60, at(DAY, 0)));
	assert_true(purse_grant(&purse, "k", DAY, 60, at(DAY, 0)));
	assert_false(purse_grant(&purse, "k", DAY, 60, at(DAY, 0)));
	assert_false(purse_grant(&purse, "k", DAY, 10, at(DAY, 0)));
	assert_int_equal(take(1, 60, at(DAY, 1)), PURSE_TAKEN);
	assert_int_equal(take(2, 1, at(DAY, 1)), PURSE_DAY_SPENT);
	/* the grant is gone with its day, but the month keeps it */
	assert_int_equal(take(3, 51, at(DAY + 1, 0)), PURSE_MONTH_SPENT);
	assert_int_equal(take(3, 50, at(DAY + 1, 0)), PURSE_TAKEN);
}

static void
test_clock(void **state)
{
	(void)state;
	purse_init(&purse);
	plan_with(100, 0);
	assert_int_equal(take(0, 100, at(DAY, 5)), PURSE_TAKEN);
	assert_int_equal(take(1, 1, at(DAY - 1, 86399)), PURSE_DAY_SPENT);
	assert_int_equal(take(1, 1, at(DAY, 6)), PURSE_DAY_SPENT);
	assert_int_equal(take(1, 1, at(DAY - 300, 0)), PURSE_DAY_SPENT);
	assert_int_equal(account(at(DAY - 300, 0))->day, DAY - 300);
	assert_int_equal(take(1, 1, at(DAY - 299, 0)), PURSE_TAKEN);
}

static void
reload(void)
{
	static unsigned char bytes[PURSE_BYTES];
	struct buf buf;
	struct buf again;

	buf_write(&buf, bytes, sizeof(bytes));
	purse_save(&purse, &buf);
	assert_true(buf_ok(&buf));
	for (size_t len = 0; len < buf.at; len++) {
		buf_read(&again, bytes, len);
		assert_int_not_equal(purse_load(&purse, &again), ERR_OK);
	}
	buf_read(&again, bytes, buf.at);
	assert_int_equal(purse_load(&purse, &again), ERR_OK);
}

/* One run of random cost; returns what it really cost. A run that was under way in a crash
 * costs all it can. */
static uint32_t
run_once(struct rng *rng, uint32_t slot, struct wall now)
{
	uint32_t cost = 1 + (uint32_t)rng_below(rng, 150);
	uint32_t real = (uint32_t)rng_below(rng, cost + 1);

	if (take(slot, cost, now) != PURSE_TAKEN) {
		return 0;
	}
	if (rng_below(rng, 10) != 0) {
		return settle(slot, real, false);
	}
	reload();
	plan_with(1000, 9000);
	return cost;
}

/* A day of runs, with grants; returns what was spent. */
static uint64_t
run_day(struct rng *rng, uint32_t day)
{
	uint64_t spent = 0;
	uint64_t extra = 0;

	for (uint32_t i = 0; i < 60; i++) {
		struct wall now = at(day, (int64_t)i * 1000);

		spent += run_once(rng, i, now);
		if (rng_below(rng, 40) == 0 &&
		    purse_grant(&purse, "k", day, extra + 70, now)) {
			extra += 70;
		}
	}
	assert_true(spent <= 1000 + extra);
	return spent;
}

/* Whatever is taken, settled, granted and forgotten by crashes, by the day and by the month
 * no more goes out than was allowed, and the purse knows to the millionth how much. */
static void
test_never_over(void **state)
{
	const char *chosen = getenv("SEED");
	uint64_t seed = chosen == NULL ? 7441 : strtoull(chosen, NULL, 10);
	uint64_t month = 0;
	struct rng rng;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	rng_init(&rng, seed);
	purse_init(&purse);
	plan_with(1000, 9000);
	for (uint32_t day = DAY; day < DAY + 70; day++) {
		uint64_t spent = run_day(&rng, day);

		month = spent + (day == utcday_month(day) ? 0 : month);
		assert_int_equal(account(at(day, 86000))->day_spent, spent);
		assert_int_equal(account(at(day, 86000))->month_spent, month);
		assert_true(month <= 9000 + account(at(day, 86000))->month_extra +
					 account(at(day, 86000))->day_extra);
	}
}

static void
test_many_keys(void **state)
{
	static char name[2 * LIMIT_KEYS][8];
	static struct plan_budget budget[2 * LIMIT_KEYS];
	struct plan plan = {.budget = budget, .budget_len = LIMIT_KEYS};

	(void)state;
	purse_init(&purse);
	for (size_t i = 0; i < 2 * LIMIT_KEYS; i++) {
		(void)snprintf(name[i], sizeof(name[i]), "k%zu", i);
		budget[i] = (struct plan_budget){name[i], 100, 0};
	}
	purse_plan(&purse, &plan);
	plan.budget = budget + LIMIT_KEYS; /* all others: they take the places */
	purse_plan(&purse, &plan);
	for (size_t i = 0; i < 2 * LIMIT_KEYS; i++) {
		struct plan_probe probe = {.key = name[i], .cost_microusd = 60};
		enum purse_answer answer =
		    purse_take(&purse, &probe, (uint32_t)i, 0, at(DAY, 0));

		assert_int_equal(answer, i < LIMIT_KEYS ? PURSE_FREE : PURSE_TAKEN);
	}
}

static void
test_reasons(void **state)
{
	char reason[PURSE_REASON_BYTES];

	(void)state;
	purse_reason(PURSE_DAY_SPENT, "google", reason);
	assert_string_equal(
	    reason, "budget of key google for today is spent, next at 00:00 UTC");
	purse_reason(PURSE_MONTH_SPENT, "google", reason);
	assert_non_null(strstr(reason, "for this month is spent"));
	purse_reason(PURSE_TAKEN, "google", reason);
	assert_string_equal(reason, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_grants),
	    cmocka_unit_test(test_clock),
	    cmocka_unit_test(test_never_over),
	    cmocka_unit_test(test_many_keys),
	    cmocka_unit_test(test_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
