/* Real agents and a real collector: what they told is found again by playing the journal,
 * of the running collector's store and of a copy of it; a blunter rule misses it. */
#include "tests/support/test.h"

#include "tests/support/fleet_process.h"

static struct fleet_process fleet;
static json_int_t incident;

static int
enter(void **state)
{
	const struct fleet_spec spec = {.agents = 2};

	(void)state;
	fleet_process_open(&fleet, &spec);
	fleet_process_write_agent(&fleet, 2, "a2", "r2", "source_address: 127.1.2.1\n");
	return 0;
}

static int
leave(void **state)
{
	(void)state;
	fleet_process_close(&fleet);
	return 0;
}

/* Runs a command of this folder; its JSON, to be released, and its exit status. */
static json_t *
ask(const char *command, int *out_status)
{
	FILE *file = popen(command, "r");
	json_t *json;

	assert_non_null(file);
	json = json_loadf(file, JSON_DISABLE_EOF_CHECK, NULL);
	*out_status = pclose(file);
	assert_true(WIFEXITED(*out_status));
	*out_status = WEXITSTATUS(*out_status);
	if (json == NULL) {
		fail_msg("%s: no answer, status %d", command, *out_status);
	}
	return json;
}

static json_int_t
sum(const json_t *json, const char *key)
{
	return json_integer_value(
	    json_object_get(json_object_get(json, "summary"), key));
}

/* One region of two is cut off from everything, until it was told, and comes back. */
static void
test_story(void **state)
{
	(void)state;
	fleet_process_start(&fleet);
	fleet_process_requests(&fleet, "*", 60);
	free(upstream_process_control(&fleet.upstream, "PUT", "/rules",
	    "{\"id\":\"a\",\"path\":\"connect\",\"client\":\"127.1.2.0/24\","
	    "\"action\":{\"refuse\":true}}"));
	incident = fleet_process_event(&fleet, "verdict", "opened", NULL);
	assert_int_equal(
	    fleet_process_event(&fleet, "alert", "delivered", NULL), incident);
	free(upstream_process_control(&fleet.upstream, "DELETE", "/rules", NULL));
	assert_int_equal(
	    fleet_process_event(&fleet, "verdict", "resolved", NULL), incident);
	assert_int_equal(system(CTL_PROGRAM " export store copy >out.txt"), 0);
}

static void
assert_same(const char *command)
{
	int status;
	json_t *json = ask(command, &status);

	assert_int_equal(status, 0);
	assert_true(sum(json, "same") >= 1);
	assert_int_equal(sum(json, "later"), 0);
	assert_int_equal(sum(json, "avoided"), 0);
	assert_int_equal(sum(json, "missed"), 0);
	assert_int_equal(sum(json, "new"), 0);
	assert_int_equal(sum(json, "renamed"), 0);
	assert_int_equal(sum(json, "identical"),
	    json_integer_value(
		json_object_get(json_object_get(json, "old"), "incidents")));
	json_decref(json);
}

/* While the collector goes on, and of the copy. */
static void
test_same(void **state)
{
	(void)state;
	assert_same(CTL_PROGRAM " backtest --config collector.yaml -o json");
	assert_same(
	    CTL_PROGRAM " backtest --config collector.yaml --store copy -o json");
}

static void
test_explain(void **state)
{
	char command[256];
	int status;
	json_t *json;

	(void)state;
	(void)snprintf(command, sizeof(command),
	    CTL_PROGRAM " explain %lld --replay --config collector.yaml --store copy "
			"-o json",
	    (long long)incident);
	json = ask(command, &status);
	assert_int_equal(status, 0);
	assert_true(json_is_true(json_object_get(json, "same")));
	json_decref(json);
	assert_int_equal(
	    system(CTL_PROGRAM " backtest --incident 1 --config collector.yaml --store "
			       "copy >out.txt"),
	    0);
	assert_int_equal(system("grep -q 'played again: the same' out.txt"), 0);
	assert_int_not_equal(
	    system(CTL_PROGRAM " backtest --incident 4000 --config collector.yaml "
			       "--store copy >out.txt 2>&1"),
	    0);
}

/* Not reviewed it is avoided; reviewed as true, missed. */
static void
test_blunted(void **state)
{
	static const char changed[] =
	    CTL_PROGRAM " backtest --config collector.yaml --policy blunt.yaml -o json";
	char command[256];
	int status;
	json_t *json;

	(void)state;
	fleet_process_file("blunt.yaml",
	    "policy: { kind: threshold, failures: 10, percent: 99%, window: 1h }\n");
	json = ask(changed, &status);
	assert_int_equal(status, 0);
	assert_true(sum(json, "avoided") >= 1);
	assert_int_equal(sum(json, "avoided_unreviewed"), sum(json, "avoided"));
	assert_int_equal(json_array_size(json_object_get(json, "change")), 4);
	json_decref(json);
	(void)snprintf(command, sizeof(command),
	    CTL_PROGRAM " review %lld true >out.txt", (long long)incident);
	assert_int_equal(system(command), 0);
	json = ask(changed, &status);
	assert_int_equal(status, 1);
	assert_int_equal(sum(json, "missed"), 1);
	json_decref(json);
	/* for people */
	assert_int_equal(
	    system(CTL_PROGRAM " backtest --config collector.yaml --policy "
			       "blunt.yaml >out.txt; test $? = 1"),
	    0);
	assert_int_equal(system("grep -q '^missed  *true' out.txt"), 0);
	assert_int_equal(system("grep -q '+ policy.failures: 10' out.txt"), 0);
}

/* What was printed, in the simulator, on whatever machine. */
static void
test_sim(void **state)
{
#ifdef SIM_PROGRAM
	int status;
	json_t *json;

	(void)state;
	assert_int_equal(
	    system(CTL_PROGRAM " results --last 1h --limit 1000 -o json >results.json"),
	    0);
	json = ask(SIM_PROGRAM " replay --config collector.yaml results.json -o json",
	    &status);
	assert_int_equal(status, 0);
	assert_true(json_integer_value(json_object_get(json, "results")) > 100);
	assert_true(json_array_size(json_object_get(json, "incidents")) >= 1);
	json_decref(json);
	json = ask(SIM_PROGRAM " replay --config collector.yaml copy -o json", &status);
	assert_int_equal(status, 0);
	assert_true(json_array_size(json_object_get(json, "incidents")) >= 1);
	json_decref(json);
#else
	(void)state;
	skip(); /* there is no simulator in this build */
#endif
}

static void
test_refused(void **state)
{
	(void)state;
	fleet_process_file("bad.yaml", "policy: { failures: 3 }\nlisten: []\n");
	assert_int_not_equal(
	    system(CTL_PROGRAM " backtest --config collector.yaml --policy bad.yaml "
			       ">out.txt 2>&1"),
	    0);
	assert_int_equal(system("grep -q 'bad.yaml:' out.txt"), 0);
	assert_int_not_equal(system(CTL_PROGRAM " backtest --config collector.yaml "
						"--store gone >out.txt 2>&1"),
	    0);
	assert_int_not_equal(system("test -e gone"), 0);
	assert_int_not_equal(
	    system(CTL_PROGRAM " explain 1 --store copy >out.txt 2>&1"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_story),
	    cmocka_unit_test(test_same),
	    cmocka_unit_test(test_explain),
	    cmocka_unit_test(test_blunted),
	    cmocka_unit_test(test_sim),
	    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
