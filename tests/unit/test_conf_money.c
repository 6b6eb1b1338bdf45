/* test_conf_money - budgets and turns: what is read, shared, refused */
#include "collector/core/planner.h"
#include "collector/shell/conf.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

/* Four agents, two real keys, 0.10 dollars every ten minutes each: 14.40 a day and agent,
 * 28.80 a key; and a free probe beside it. */
static const char base[] =
    "listen: ['tcp://127.0.0.1:7441']\n" /* 1 */
    "regions: [{name: east}, {name: west}]\n"
    "agents:\n"
    "  - {id: east-1, region: east, keys: {google: one}}\n"
    "  - {id: east-2, region: east, keys: {google: two}}\n" /* 5 */
    "  - {id: west-1, region: west, keys: {google: one}}\n"
    "  - {id: west-2, region: west, keys: {google: two}}\n"
    "targets:\n"
    "  - name: banana\n"
    "    probes:\n" /* 10 */
    "      - name: generate\n"
    "        kind: gemini-image\n"
    "        url: https://api.example.com\n"
    "        model: m\n"
    "        key: google\n" /* 15 */
    "        interval: 10m\n"
    "        cost: 0.10\n"
    "      - {name: model, kind: gemini-model, url: 'https://api.example.com', model: "
    "m,\n"
    "         key: google, interval: 1m}\n"
    "budgets:\n" /* 20 */
    "  - {key: one, daily: 40}\n"
    "  - {key: two, daily: 40.00, monthly: 1200.00, warn: 90%, reserve: 10%}\n";

static struct remarks remarks;

static enum err
load(const char *text, struct collector_conf_file **out_file)
{
	enum err err;

	remarks_init(&remarks);
	scratch_write("c.yaml", text, strlen(text));
	err = collector_conf_load("c.yaml", out_file, &remarks);
	assert_int_equal(unlink("c.yaml"), 0);
	return err;
}

static const char *
first_remark(void)
{
	return remarks.len == 0 ? "" : remarks.remark[0].text;
}

static bool
was_said(const char *text)
{
	for (size_t i = 0; i < remarks.len; i++) {
		if (strcmp(remarks.remark[i].text, text) == 0) {
			return true;
		}
	}
	return false;
}

static void
test_read(void **state)
{
	struct collector_conf_file *file = NULL;
	const struct collector_conf *conf;

	(void)state;
	if (load(base, &file) != ERR_OK) {
		fail_msg("%s", first_remark());
	}
	conf = collector_conf_get(file);
	assert_int_equal(conf->money.name_len, 1);
	assert_string_equal(conf->money.name[0], "google");
	assert_int_equal(conf->money.budget_len, 2);
	assert_string_equal(conf->topology.key[conf->money.budget[1].key].name, "two");
	assert_int_equal(conf->money.budget[0].day_microusd, 40000000);
	assert_int_equal(conf->money.budget[0].month_microusd, 0);
	assert_int_equal(conf->money.budget[0].warn_percent, 80);
	assert_int_equal(conf->money.budget[0].reserve_percent, 20);
	assert_int_equal(conf->money.budget[1].month_microusd, 1200000000);
	assert_int_equal(conf->money.budget[1].warn_percent, 90);
	assert_int_equal(conf->money.budget[1].reserve_percent, 10);
	collector_conf_free(file);
}

/* What the plans of all agents carry. */
static void
test_plans(void **state)
{
	struct collector_conf_file *file = NULL;
	const struct collector_conf *conf;
	static unsigned char memory[1 << 20];
	static unsigned char plan_memory[1 << 20];
	uint64_t sum[2] = {0};
	uint64_t before;
	struct arena arena;
	struct planner *planner;

	(void)state;
	assert_int_equal(load(base, &file), ERR_OK);
	conf = collector_conf_get(file);
	assert_true(planner_bytes(conf) <= sizeof(memory));
	arena_init(&arena, memory, sizeof(memory));
	planner = planner_init(&arena, conf);
	assert_non_null(planner);
	for (uint16_t a = 0; a < 4; a++) {
		struct arena room;
		struct plan plan;

		arena_init(&room, plan_memory, planner_plan_bytes(planner));
		plan = planner_make(planner, a, &room);
		assert_int_equal(plan.budget_len, 1);
		assert_string_equal(plan.budget[0].key, "google");
		/* half of what is left of 40 without the reserve, to the millionth */
		assert_in_range(plan.budget[0].day_microusd,
		    a % 2 == 0 ? 15999990 : 17999990, a % 2 == 0 ? 16000000 : 18000000);
		assert_true((plan.budget[0].month_microusd == 0) == (a % 2 == 0));
		sum[a % 2] += plan.budget[0].day_microusd;
		before = plan.version;
	}
	assert_true(sum[0] <= 32000000);
	assert_true(sum[1] <= 36000000);
	collector_conf_free(file);

	/* another budget is another plan */
	char *text = scratch_edit(base, "daily: 40.00", "daily: 41");
	file = NULL;
	assert_int_equal(load(text, &file), ERR_OK);
	free(text);
	arena_init(&arena, memory, sizeof(memory));
	planner = planner_init(&arena, collector_conf_get(file));
	arena_init(&arena, plan_memory, planner_plan_bytes(planner));
	assert_true(planner_make(planner, 3, &arena).version != before);
	collector_conf_free(file);
}

static void
test_turns(void **state)
{
	struct collector_conf_file *file = NULL;
	char *text = scratch_edit(
	    base, "interval: 10m\n", "interval: 3m\n        turns: true\n");
	const struct collector_conf *conf;

	(void)state;
	assert_int_equal(load(text, &file), ERR_OK);
	free(text);
	conf = collector_conf_get(file);
	assert_int_equal(conf->probe[0].plan.interval_ms, 12 * 60000);
	assert_int_equal(conf->topology.probe[0].interval_ms, 12 * 60000);
	assert_int_equal(conf->probe[1].plan.interval_ms, 60000);
	assert_true(conf->correlate.base_ns == 60 * CLOCK_NS_PER_S);
	collector_conf_free(file);
}

static const struct {
	const char *find;
	const char *replace;
	const char *expected; /* among the remarks */
	enum err err;
} rows[] = {
    {"key: one, daily: 40", "key: three, daily: 40",
	"c.yaml:21: budgets[0].key is 'three', expected the real name of a key that an "
	"agent spends with (`keys` of agents)",
	ERR_INVALID},
    {"key: one, daily: 40", "key: two, daily: 40",
	"c.yaml:22: budgets[1].key is 'two' a second time, expected every key once",
	ERR_INVALID},
    {", daily: 40}", "}",
	"c.yaml:21: budgets[0] has no limit, expected daily or monthly", ERR_INVALID},
    {"daily: 40}", "daily: 40 USD}",
	"c.yaml:21: budgets[0].daily is '40 USD', expected US dollars like 5 or 0.134, "
	"with at most 6 decimals",
	ERR_INVALID},
    {"daily: 40}", "daily: 1000001}",
	"c.yaml:21: budgets[0].daily is 1000001, expected 0.000001 to 1000000 US "
	"dollars",
	ERR_INVALID},
    {"monthly: 1200.00", "monthly: 39",
	"c.yaml:22: budgets[1].monthly is less than daily, expected more, or one of "
	"them only",
	ERR_INVALID},
    {"warn: 90%", "warn: 90", "c.yaml:22: budgets[1].warn is '90', expected 1% to 100%",
	ERR_INVALID},
    {"reserve: 10%", "reserve: 91%",
	"c.yaml:22: budgets[1].reserve is '91%', expected 0% to 90%", ERR_INVALID},
    {"daily: 40}", "daily: 30}",
	"c.yaml:21: budgets[0].daily leaves 24.00 US dollars beside its reserve of "
	"20%, but the schedule costs 28.80, expected at least 36.04, or intervals 1.21 "
	"times as long",
	ERR_INVALID},
    {"monthly: 1200.00", "monthly: 900",
	"c.yaml:22: budgets[1].monthly leaves 810.00 US dollars beside its reserve of "
	"10%, but the schedule costs 892.80, expected at least 993.00, or intervals "
	"1.11 times as long",
	ERR_INVALID},
    {"        cost: 0.10\n", "",
	"c.yaml:19: budgets has one for the key of banana/generate, which has no cost, "
	"expected `cost` of one run there",
	ERR_INVALID},
    {"daily: 40}", "daily: 40, warn: 70%}",
	"c.yaml:21: budgets[0].daily is told to be running out when 70% are spent, and "
	"the schedule alone costs 28.80, expected a larger one or a higher `warn`",
	ERR_OK},
    {"interval: 10m\n", "interval: 2d\n        turns: true\n",
	"c.yaml:17: targets[0].probes[0].turns would bring each of 4 agents to less "
	"than one run a week, expected a shorter interval",
	ERR_INVALID},
    {"interval: 10m\n", "interval: 10m\n        turns: yes\n",
	"c.yaml:17: targets[0].probes[0].turns is 'yes', expected one of false, true",
	ERR_INVALID},
};

static void
test_remarks(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct collector_conf_file *file = NULL;
		char *text = scratch_edit(base, rows[i].find, rows[i].replace);
		enum err err = load(text, &file);

		free(text);
		if (err != rows[i].err || !was_said(rows[i].expected)) {
			print_error("%zu: %s\n got %s\nwant %s\n", i, err_name(err),
			    first_remark(), rows[i].expected);
			wrong++;
		}
		collector_conf_free(file);
	}
	assert_int_equal(wrong, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_read),
	    cmocka_unit_test(test_plans),
	    cmocka_unit_test(test_turns),
	    cmocka_unit_test(test_remarks),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
