/* test_budget - what is spent, granted, and told before it runs out */
#include "collector/core/budget.h"
#include "collector/core/collector_conf.h"
#include "common/core/utcday.h"
#include "tests/support/test.h"

enum {
	DAY = 20000, /* 2024-10-04 */
	AGENTS = 3
};

/* Two regions, three agents, one name for two real keys: `one` behind agents 0 and 1, `two`,
 * without a budget, behind agent 2. A run costs a cent every quarter of an hour: 0.96 a day
 * and agent. */
struct fixture {
	struct collector_conf conf;
	struct topology_agent agent[AGENTS];
	struct topology_region region[1];
	struct topology_target target[1];
	struct topology_key key[2];
	struct topology_probe probe[2];
	struct probe_conf probe_conf[2];
	const char *name[1];
	uint16_t real[AGENTS];
	uint16_t key_of[AGENTS];
	struct budget_conf budget[1];
	unsigned char memory[1 << 16];
	struct budgets *budgets;
};

static struct fixture f;

static struct now
at(uint32_t day, int64_t seconds)
{
	struct wall wall = wall_add(utcday_begin(day), seconds * CLOCK_NS_PER_S);

	return (struct now){.wall = wall, .mono = {wall.ns}};
}

static void
make_engine(void)
{
	struct arena arena;

	assert_true(budgets_bytes(&f.conf) <= sizeof(f.memory));
	arena_init(&arena, f.memory, sizeof(f.memory));
	f.budgets = budgets_init(&arena, &f.conf);
	assert_non_null(f.budgets);
}

static int
setup(void **state)
{
	(void)state;
	memset(&f, 0, sizeof(f));
	f.region[0] = (struct topology_region){"r", TOPOLOGY_NONE};
	f.agent[0] = (struct topology_agent){"a", 0};
	f.agent[1] = (struct topology_agent){"b", 0};
	f.agent[2] = (struct topology_agent){"c", 0};
	f.target[0] = (struct topology_target){"t", "t", "", TIER_CORE};
	f.key[0].name = "one";
	f.key[1].name = "two";
	f.probe[0] = (struct topology_probe){.series = "t/paid"};
	f.probe[1] = (struct topology_probe){.series = "t/free"};
	f.probe_conf[0] = (struct probe_conf){.plan = {.series = "t/paid",
						  .key = "google",
						  .interval_ms = 900000,
						  .cost_microusd = 10000},
	    .region_mask = UINT64_MAX};
	f.probe_conf[1] = (struct probe_conf){
	    .plan = {.series = "t/free", .key = "", .interval_ms = 60000},
	    .region_mask = UINT64_MAX};
	f.name[0] = "google";
	f.real[2] = 1;
	f.budget[0] = (struct budget_conf){.key = 0,
	    .day_microusd = 3000000,
	    .month_microusd = 0,
	    .warn_percent = 80,
	    .reserve_percent = 20};
	f.conf.topology = (struct topology){.region = f.region,
	    .agent = f.agent,
	    .target = f.target,
	    .key = f.key,
	    .probe = f.probe,
	    .key_of = f.key_of,
	    .region_len = 1,
	    .agent_len = AGENTS,
	    .target_len = 1,
	    .key_len = 2,
	    .probe_len = 2};
	f.conf.probe = f.probe_conf;
	f.conf.money = (struct money_conf){f.name, f.real, f.budget, 1, 1};
	make_engine();
	return 0;
}

static void
spend(uint16_t agent, uint32_t cost, struct now now)
{
	budgets_result(f.budgets, agent, 0, cost, now.wall, now.wall);
}

static uint64_t
extra_of(uint16_t agent)
{
	struct budget_grant grant[4];
	size_t len = budgets_grants(f.budgets, agent, grant, 4);

	assert_true(len <= 1);
	if (len == 1) {
		assert_string_equal(grant[0].key, "google");
	}
	return len == 0 ? 0 : grant[0].extra_microusd;
}

/* The change of the only budget, or FINDING_* + 1 = 0 for none. */
static int
step(struct now now)
{
	struct finding_change change[BUDGET_CHANGES];
	size_t len = budgets_step(f.budgets, now, change);

	assert_true(len <= 1);
	if (len == 1) {
		assert_int_equal(change[0].finding.verdict, VERDICT_BUDGET);
		assert_int_equal(change[0].finding.scope.kind, SCOPE_KEY);
		assert_int_equal(change[0].finding.scope.index, 0);
		assert_true(change[0].finding.id >= BUDGET_FINDING_FIRST);
	}
	return len == 0 ? -1 : (int)change[0].event;
}

static void
test_books(void **state)
{
	struct view_budget view;

	(void)state;
	assert_int_equal(step(at(DAY, 0)), -1);
	spend(0, 10000, at(DAY, 100));
	spend(1, 20000, at(DAY, 200));
	spend(2, 5, at(DAY, 200));
	/* yesterday's, late: of the month only */
	budgets_result(f.budgets, 0, 0, 7000, at(DAY - 1, 0).wall, at(DAY, 300).wall);
	/* the month before: of neither */
	budgets_result(f.budgets, 0, 0, 3000, at(DAY - 40, 0).wall, at(DAY, 300).wall);
	/* of an agent whose clock is ahead: today's */
	budgets_result(f.budgets, 0, 0, 500, at(DAY + 1, 0).wall, at(DAY, 300).wall);
	assert_true(budgets_view(f.budgets, 0, at(DAY, 300).wall, &view));
	assert_string_equal(view.key, "one");
	assert_int_equal(view.day_spent, 30500);
	assert_int_equal(view.month_spent, 37500);
	assert_int_equal(view.total, 40500);
	assert_int_equal(view.planned_microusd, 2 * 960000);
	assert_int_equal(view.day_projected, 0); /* too early to say */
	assert_true(budgets_view(f.budgets, 1, at(DAY, 300).wall, &view));
	assert_int_equal(view.day_spent, 5);
	assert_int_equal(view.day_microusd, 0);
	assert_int_equal(budgets_target_spent(f.budgets, 0), 40505);
	assert_int_equal(step(at(DAY + 1, 0)), -1);
	assert_true(budgets_view(f.budgets, 0, at(DAY + 1, 0).wall, &view));
	assert_int_equal(view.day_spent, 0);
	assert_int_equal(view.month_spent, 37500);
	assert_int_equal(step(at(DAY, 5)), -1); /* a clock that goes back */
	assert_true(budgets_view(f.budgets, 0, at(DAY + 1, 9).wall, &view));
	assert_int_equal(view.day, DAY + 1);
}

/* Shares are 1.20 each, the reserve 0.60: grants come when three quarters are spent, and
 * never exceed it. */
static void
test_grants(void **state)
{
	(void)state;
	spend(0, 899000, at(DAY, 0));
	assert_int_equal(extra_of(0), 0);
	spend(0, 1000, at(DAY, 1));
	assert_in_range(extra_of(0), 299999, 300001);
	spend(0, 1, at(DAY, 2)); /* 900001 of 1500000 */
	assert_in_range(extra_of(0), 299999, 300001);
	for (int i = 0; i < 40; i++) {
		spend(i % 2 == 0 ? 0 : 1, 100000, at(DAY, 3));
	}
	assert_true(extra_of(0) + extra_of(1) <= 600000);
	assert_in_range(extra_of(0) + extra_of(1), 599990, 600000);
	assert_int_equal(extra_of(2), 0);
	assert_int_not_equal(step(at(DAY + 1, 0)), FINDING_CLOSED + 100);
	assert_int_equal(extra_of(0), 0);
}

static void
test_warning(void **state)
{
	char text[200];

	(void)state;
	spend(0, 2399999, at(DAY, 3600));
	assert_int_equal(step(at(DAY, 3600)), -1); /* early: pace means nothing */
	spend(0, 1, at(DAY, 3601));
	assert_int_equal(step(at(DAY, 3601)), FINDING_OPENED);
	assert_int_equal(step(at(DAY, 3602)), -1);
	budgets_text(f.budgets, 0, text, sizeof(text));
	assert_string_equal(text, "2.40 of 3.00 US dollars are spent today");
	spend(1, 600000, at(DAY, 4000));
	assert_int_equal(step(at(DAY, 4000)), FINDING_UPDATED);
	assert_int_equal(step(at(DAY, 4001)), -1);
	assert_int_equal(step(at(DAY, 86399)), -1);
	assert_int_equal(step(at(DAY + 1, 0)), FINDING_CLOSED);
	assert_int_equal(step(at(DAY + 1, 1)), -1);
}

static void
test_pace(void **state)
{
	(void)state;
	spend(0, 1, at(DAY - 1, 0)); /* it did not begin today */
	/* a tenth of the day: 0.31 would be 3.10 */
	spend(0, 310000, at(DAY, 8639));
	assert_int_equal(step(at(DAY, 8639)), -1);
	assert_int_equal(step(at(DAY, 8640)), FINDING_OPENED);
	/* 2.90 is not well below 3.00, 2.68 is */
	assert_int_equal(step(at(DAY, 9240)), -1);
	assert_int_equal(step(at(DAY, 9990)), FINDING_CLOSED);
	assert_int_equal(step(at(DAY, 10000)), -1);
}

/* A cent a quarter of an hour from noon on is 0.48 by midnight, not 0.96. */
static void
test_first_day(void **state)
{
	struct view_budget view;
	int64_t noon = 43200;

	(void)state;
	for (int64_t s = noon; s < noon + 9000; s += 900) {
		spend(0, 10000, at(DAY, s));
	}
	assert_true(budgets_view(f.budgets, 0, at(DAY, noon + 8639).wall, &view));
	assert_int_equal(view.day_projected, 0); /* too early to say */
	assert_true(budgets_view(f.budgets, 0, at(DAY, noon + 9000).wall, &view));
	assert_int_equal(view.day_projected, 480000);
	for (int64_t s = noon + 9000; s < noon + 43200; s += 900) {
		spend(0, 10000, at(DAY, s));
	}
	for (int64_t s = 0; s < 9000; s += 900) {
		spend(0, 10000, at(DAY + 1, s));
	}
	assert_true(budgets_view(f.budgets, 0, at(DAY + 1, 9000).wall, &view));
	assert_int_equal(view.day_projected, 960000);
}

static void
test_month(void **state)
{
	struct finding open[2];

	(void)state;
	f.budget[0].day_microusd = 0;
	f.budget[0].month_microusd = 31000000;
	spend(0, 1, at(DAY - 100, 0));
	spend(0, 2000000, at(DAY, 0)); /* the fourth day of the month has begun */
	assert_int_equal(step(at(DAY, 3600)), -1);
	spend(0, 3000000, at(DAY, 7200));          /* 5.00 in 3.08 of 31 days */
	assert_int_equal(step(at(DAY, 8000)), -1); /* less than a tenth */
	assert_int_equal(step(at(DAY, 20000)), FINDING_OPENED);
	assert_int_equal(budgets_findings(f.budgets, open, 2), 1);
	assert_int_equal(step(at(DAY + 1, 0)), -1); /* 39 of 31 */
	assert_int_equal(step(at(utcday_next_month(DAY), 0)), FINDING_CLOSED);
	assert_int_equal(budgets_findings(f.budgets, open, 2), 0);
}

static void
test_snapshot(void **state)
{
	static unsigned char bytes[4096];
	static unsigned char again[4096];
	struct finding before[2];
	struct finding after[2];
	struct view_budget view;
	struct buf buf;
	struct buf copy;

	(void)state;
	spend(0, 2500000, at(DAY, 100));
	spend(2, 77, at(DAY, 100));
	assert_int_equal(step(at(DAY, 100)), FINDING_OPENED);
	assert_int_equal(budgets_findings(f.budgets, before, 2), 1);
	assert_true(budgets_save_bytes(&f.conf) <= sizeof(bytes));
	buf_write(&buf, bytes, budgets_save_bytes(&f.conf));
	budgets_save(f.budgets, &buf);
	assert_true(buf_ok(&buf));
	for (size_t len = 0; len < buf.at; len++) {
		make_engine();
		buf_read(&copy, bytes, len);
		assert_int_not_equal(budgets_load(f.budgets, &copy), ERR_OK);
	}
	uint64_t extra = 0;
	make_engine();
	buf_read(&copy, bytes, buf.at);
	assert_int_equal(budgets_load(f.budgets, &copy), ERR_OK);
	extra = extra_of(0);
	assert_true(extra > 0);
	assert_int_equal(budgets_findings(f.budgets, after, 2), 1);
	assert_true(before[0].id == after[0].id);
	buf_write(&copy, again, sizeof(again));
	budgets_save(f.budgets, &copy);
	assert_int_equal(copy.at, buf.at);
	assert_memory_equal(bytes, again, buf.at);
	assert_int_equal(step(at(DAY, 200)), -1);

	/* another configuration: agent and budget are gone, what was spent is not */
	f.agent[0].name = "z";
	f.conf.money.budget_len = 0;
	make_engine();
	buf_read(&copy, bytes, buf.at);
	assert_int_equal(budgets_load(f.budgets, &copy), ERR_OK);
	assert_int_equal(budgets_findings(f.budgets, after, 2), 0);
	assert_int_equal(extra_of(0), 0);
	assert_true(budgets_view(f.budgets, 0, at(DAY, 300).wall, &view));
	assert_int_equal(view.day_spent, 2500000);
	assert_int_equal(step(at(DAY, 300)), -1);
}

/* What is asked for beyond the schedule comes out of the reserve of 0.60, a cent each. */
static void
test_confirmation(void **state)
{
	struct now now = at(DAY, 3600);

	(void)state;
	for (unsigned i = 0; i < 60; i++) {
		assert_true(budgets_confirm(f.budgets, 0, 0, now.wall));
		assert_int_equal(extra_of(0), 10000 * (i + 1));
	}
	assert_false(budgets_confirm(f.budgets, 0, 0, now.wall));
	assert_false(budgets_confirm(f.budgets, 1, 0, now.wall));
	assert_int_equal(extra_of(0), 600000);
	assert_int_equal(extra_of(1), 0);
	/* free, or without a budget: nothing stands against it */
	assert_true(budgets_confirm(f.budgets, 0, 1, now.wall));
	assert_true(budgets_confirm(f.budgets, 2, 0, now.wall));
	/* the next day has its own reserve */
	assert_true(budgets_confirm(f.budgets, 1, 0, at(DAY + 1, 60).wall));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_books, setup),
	    cmocka_unit_test_setup(test_grants, setup),
	    cmocka_unit_test_setup(test_warning, setup),
	    cmocka_unit_test_setup(test_pace, setup),
	    cmocka_unit_test_setup(test_first_day, setup),
	    cmocka_unit_test_setup(test_month, setup),
	    cmocka_unit_test_setup(test_confirmation, setup),
	    cmocka_unit_test_setup(test_snapshot, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
