/* What may be spent, through all programs: told, shared, granted, and never exceeded. */
#include "tests/support/test.h"

#include "agent/core/purse.h"
#include "agent/shell/spool_lmdb.h"
#include "common/core/utcday.h"
#include "common/shell/clock_sys.h"
#include "tests/support/fleet_process.h"

#define PAID_PATH "/v1/images/generations"
#define FREE_PATH "/v1beta/models/*"

/* A schedule of 2 agents, 5 runs a second and 0.000001 a run costs 0.864 a day. What the
 * answer says it used makes a run ten thousand times as dear: so a day is soon spent. */
#define DEAR_YAML "cost: 0.000001, price_out: 10.00 }\n" /* of 1,056 tokens */
#define DEAR_BUDGET                                                                    \
	"budgets:\n"                                                                   \
	"  - { key: google, daily: 1.10, warn: 50%, reserve: 20% }\n"

/* Here a run costs what it is said to; 8,640 a day. */
#define FAIR_YAML   "cost: 0.01 }\n"
#define FAIR_BUDGET "budgets:\n  - { key: google, daily: 11000.00, reserve: 20% }\n"

enum {
	AGENTS = 2,
	DEAR_RUN = 10560, /* in millionths of a dollar, as all below */
	DEAR_LIMIT = 1100000,
	DEAR_RESERVE = 220000,
	FAIR_RUN = 10000,
	LEFT_RUNS = 20, /* at each agent */
	KILLS = 3,
	ROUNDS = 400,
	STEP = 10 /* requests of all kinds, at least */
};

static struct fleet_process fleet;
static char targets_yaml[2048];
static uint32_t began_on; /* the day */

/* Nothing here holds over midnight: the money comes back. */
static void
skip_at_midnight(void)
{
	if (utcday_of(clock_sys_now().wall) != began_on) {
		print_message("skipped: a day has ended\n");
		skip();
	}
}

static void
open_fleet(const char *money, const char *budget)
{
	const struct fleet_spec spec = {.agents = AGENTS, .has_no_banana = true};

	began_on = utcday_of(clock_sys_now().wall);
	fleet_process_open(&fleet, &spec);
	(void)snprintf(targets_yaml, sizeof(targets_yaml),
	    "  - name: banana\n    provider: google\n    tier: core\n    probes:\n"
	    "      - { name: image, kind: openai-image, url: 'https://127.0.0.1:%u',\n"
	    "          model: gpt-image-1, key: google, interval: 200ms, timeout: "
	    "30s,\n"
	    "          %s"
	    "      - { name: model, kind: gemini-model, url: 'https://127.0.0.1:%u',\n"
	    "          model: gemini-3-pro-image-preview, key: google,\n"
	    "          interval: 200ms, timeout: 20s }\n"
	    "      - { name: turn, kind: http, url: "
	    "'http://127.0.0.1:%u/generate_204',\n"
	    "          turns: true, interval: 200ms, timeout: 20s }\n",
	    (unsigned)fleet.upstream.https, money, (unsigned)fleet.upstream.https,
	    (unsigned)fleet.upstream.http);
	fleet.spec.targets = targets_yaml;
	fleet.spec.more = budget;
	fleet_process_write(&fleet);
	fleet_process_start(&fleet);
}

static int
enter_dear(void **state)
{
	(void)state;
	open_fleet(DEAR_YAML, DEAR_BUDGET);
	return 0;
}

static int
enter_fair(void **state)
{
	(void)state;
	open_fleet(FAIR_YAML, FAIR_BUDGET);
	return 0;
}

static int
leave(void **state)
{
	(void)state;
	fleet_process_close(&fleet);
	return 0;
}

/* ---- asking ---- */

static const char *
text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

/* Dollars of the only key there is, in millionths; 0 for null, and when nothing is known of
 * the key yet. */
static long long
budget_of(const char *name)
{
	json_t *answer = fleet_process_ask("budgets");
	const json_t *budget = json_array_get(json_object_get(answer, "budgets"), 0);
	long long microusd = 0;

	if (budget != NULL) {
		char *end = NULL;

		assert_string_equal(text_of(budget, "name"), "google");
		microusd = strtoll(text_of(budget, name), &end, 10) * 1000000;
		microusd += *end == '.' ? strtoll(end + 1, NULL, 10) : 0;
	}
	json_decref(answer);
	return microusd;
}

/* Requests of that path that px-upstream has seen. */
static long long
requests_of(const char *path)
{
	char query[128];
	char *text;
	json_t *seen;
	long long count;

	(void)snprintf(query, sizeof(query), "/requests?last=0&path=%s", path);
	text = upstream_process_control(&fleet.upstream, "GET", query, NULL);
	seen = json_loads(text, 0, NULL);
	assert_non_null(seen);
	count = json_integer_value(json_object_get(seen, "count"));
	json_decref(seen);
	free(text);
	return count;
}

static size_t
results_of(const char *words)
{
	char line[160];
	json_t *answer;
	size_t count;

	(void)snprintf(line, sizeof(line), "results --limit 1000 %s", words);
	answer = fleet_process_ask(line);
	count = json_array_size(json_object_get(answer, "results"));
	json_decref(answer);
	return count;
}

/* Waits until the agent has said that a paid run was skipped, after `agent` was started. */
static void
await_skipped(unsigned number)
{
	char words[96];
	size_t before;
	size_t now = 0;

	(void)snprintf(words, sizeof(words),
	    "--agent a%u --target banana --probe image --outcome skipped", number);
	before = results_of(words);
	for (unsigned i = 0; i < ROUNDS && now <= before && now < 1000; i++) {
		skip_at_midnight();
		fleet_process_requests(&fleet, FREE_PATH, STEP);
		now = results_of(words);
	}
	assert_true(now > before || now == 1000);
}

/* ---- a budget that runs out ---- */

/* One probe takes turns, the other has the same interval and does not. */
static void
agents_take_turns(void **state)
{
	size_t turns;
	size_t all;

	(void)state;
	for (unsigned i = 1; i <= AGENTS; i++) {
		fleet_process_received(&fleet, i, 60);
	}
	turns = results_of("--target banana --probe turn");
	all = results_of("--target banana --probe model");
	assert_true(results_of("--agent a1 --target banana --probe turn") > 0);
	assert_true(results_of("--agent a2 --target banana --probe turn") > 0);
	if (turns * 4 > all * 3) {
		fail_msg("%zu runs in turns, %zu without", turns, all);
	}
}

/* It is told before it is spent, and once. */
static void
the_end_is_foretold(void **state)
{
	json_int_t incident;

	(void)state;
	incident = fleet_process_event(&fleet, "verdict", "opened", "budget");
	assert_true(budget_of("day_spent") > 0);
	assert_int_equal(budget_of("day_limit"), DEAR_LIMIT);
	assert_int_equal(
	    fleet_process_event(&fleet, "alert", "delivered", "budget"), incident);
}

/* In the middle of a run, perhaps: what was spent is not forgotten. */
static void
kill_agents(unsigned times)
{
	for (unsigned i = 0; i < times; i++) {
		unsigned number = i % AGENTS + 1;

		fleet_process_requests(&fleet, "*", STEP);
		process_kill(&fleet.agent[number - 1]);
		fleet_process_probe(&fleet, number);
		process_await(&fleet.agent[number - 1], " plan.restored ", NULL);
	}
}

/* Blocks until no paid run comes any more while free ones do, be the last grant on its way
 * for a while; how many came. */
static long long
await_end(void)
{
	long long before = -1;
	long long paid = requests_of(PAID_PATH);

	for (unsigned i = 0; i < ROUNDS && paid != before; i++) {
		skip_at_midnight();
		before = paid;
		fleet_process_requests(&fleet, FREE_PATH, 4 * STEP);
		paid = requests_of(PAID_PATH);
	}
	assert_int_equal(paid, before);
	return paid;
}

static void
paid_probes_stop(void **state)
{
	long long paid;

	(void)state;
	kill_agents(1);
	for (unsigned i = 0; i < ROUNDS && budget_of("day_granted") < DEAR_RESERVE;
	     i++) {
		skip_at_midnight();
		fleet_process_requests(&fleet, FREE_PATH, STEP);
	}
	assert_int_equal(budget_of("day_granted"), DEAR_RESERVE);
	assert_true(process_said(&fleet.agent[0], " budget.granted ") ||
		    process_said(&fleet.agent[1], " budget.granted "));
	for (unsigned i = 1; i <= AGENTS; i++) {
		await_skipped(i);
	}
	paid = await_end();
	skip_at_midnight();
	/* A run that is dearer than it was said to be may overstep the share of its agent
	 * once; and one that was killed is not known to have been so dear. */
	if (paid * DEAR_RUN > DEAR_LIMIT + (AGENTS + 2) * (long long)DEAR_RUN) {
		fail_msg("%lld runs were paid for", paid);
	}
	assert_true(budget_of("day_spent") <= DEAR_LIMIT + AGENTS * DEAR_RUN);
}

static void
it_was_told_once(void **state)
{
	json_t *answer = fleet_process_ask("incidents --last 1h");
	const json_t *each;
	unsigned count = 0;
	size_t i;

	(void)state;
	json_array_foreach(json_object_get(answer, "incidents"), i, each)
	{
		count += strcmp(text_of(each, "verdict"), "budget") == 0 ? 1 : 0;
	}
	json_decref(answer);
	skip_at_midnight();
	assert_int_equal(count, 1);
}

/* ---- a budget to the cent ---- */

/* As if the agent had spent all of its share but LEFT_RUNS. */
static void
spend(unsigned number)
{
	static const struct spool_limits limits = {
	    64 << 20, INT64_C(8) * 86400 * CLOCK_NS_PER_S};
	static unsigned char memory[65536];
	static struct purse purse;
	unsigned char bytes[PURSE_BYTES];
	struct purse_account *account = &purse.account[0];
	struct spool *spool = NULL;
	struct arena arena;
	struct buf buf;
	const void *data;
	size_t len;
	bool set_aside;
	char path[32];
	char error[256] = "";

	(void)snprintf(path, sizeof(path), "spool-%u", number);
	arena_init(&arena, memory, sizeof(memory));
	assert_int_equal(
	    spool_open(path, &limits, &spool, &set_aside, error, sizeof(error)),
	    ERR_OK);
	assert_int_equal(spool_purse_get(spool, &arena, &data, &len), ERR_OK);
	buf_read(&buf, data, len);
	assert_int_equal(purse_load(&purse, &buf), ERR_OK);
	assert_string_equal(account->key, "google");
	/* 11,000 without a fifth, for two, less what rounding takes. */
	account->day_spent = UINT64_C(4400000000) - LEFT_RUNS * FAIR_RUN;
	buf_write(&buf, bytes, sizeof(bytes));
	purse_save(&purse, &buf);
	assert_true(buf_ok(&buf));
	assert_int_equal(spool_purse_put(spool, bytes, buf.at), ERR_OK);
	spool_close(spool);
}

/* However often agents die, none runs more than it can pay. */
static void
death_earns_nothing(void **state)
{
	long long before;
	long long paid;

	(void)state;
	fleet_process_requests(&fleet, PAID_PATH, STEP);
	for (unsigned i = 1; i <= AGENTS; i++) {
		assert_int_equal(process_stop(&fleet.agent[i - 1]), 0);
		spend(i);
	}
	before = requests_of(PAID_PATH);
	for (unsigned i = 1; i <= AGENTS; i++) {
		fleet_process_probe(&fleet, i);
		process_await(&fleet.agent[i - 1], " plan.restored ", NULL);
	}
	kill_agents(KILLS);
	for (unsigned i = 1; i <= AGENTS; i++) {
		await_skipped(i);
	}
	paid = await_end() - before;
	skip_at_midnight();
	/* A run that was set aside for and never began is lost. */
	if (paid > AGENTS * LEFT_RUNS || paid < AGENTS * (LEFT_RUNS - 1) - KILLS) {
		fail_msg("%lld runs, %d could be paid", paid, AGENTS * LEFT_RUNS);
	}
}

int
main(void)
{
	const struct CMUnitTest dear[] = {
	    cmocka_unit_test(agents_take_turns),
	    cmocka_unit_test(the_end_is_foretold),
	    cmocka_unit_test(paid_probes_stop),
	    cmocka_unit_test(it_was_told_once),
	};
	const struct CMUnitTest fair[] = {
	    cmocka_unit_test(death_earns_nothing),
	};
	int failed = cmocka_run_group_tests(dear, enter_dear, leave);

	return failed + cmocka_run_group_tests(fair, enter_fair, leave);
}
