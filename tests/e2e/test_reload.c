/* SIGHUP: agents get their new plan on the long poll they have open, a bad file changes
 * nothing, and what is watched no more takes its incident with it. */
#include "tests/support/test.h"

#include "tests/support/fleet_process.h"

#include <signal.h>
#include <unistd.h>

enum {
	AGENTS = 2
};

#define APPLE                                                                          \
	"  - name: apple\n"                                                            \
	"    probes: [{ name: page, kind: http, url: "                                 \
	"'http://127.0.0.1:%u/generate_204', "                                         \
	"expect_status: 204, interval: 200ms, timeout: 2s }]\n"
#define PAGE                                                                           \
	"      - { name: page, kind: http, url: 'http://127.0.0.1:%u/generate_204',\n" \
	"          expect_status: 204, interval: 200ms, timeout: 2s }\n"

static struct fleet_process fleet;
static char apple[512];
static char page[512];

static int
enter(void **state)
{
	const struct fleet_spec spec = {.agents = AGENTS};

	(void)state;
	fleet_process_open(&fleet, &spec);
	(void)snprintf(apple, sizeof(apple), APPLE, (unsigned)fleet.upstream.http);
	(void)snprintf(page, sizeof(page), PAGE, (unsigned)fleet.upstream.http);
	fleet_process_start(&fleet);
	return 0;
}

static int
leave(void **state)
{
	(void)state;
	fleet_process_close(&fleet);
	return 0;
}

static void
reload(const char *expected)
{
	assert_int_equal(kill(fleet.collector.pid, SIGHUP), 0);
	process_await(&fleet.collector, expected, NULL);
}

/* Blocks until results of that target are there from `number`. */
static void
await_results(unsigned number, const char *filter)
{
	char words[128];
	size_t count = 0;

	(void)snprintf(words, sizeof(words),
	    "results --last 1h --limit 1 --agent a%u %s", number, filter);
	for (unsigned i = 0; i < 1000 && count == 0; i++) {
		json_t *answer;

		fleet_process_requests(&fleet, "*", 1);
		answer = fleet_process_ask(words);
		count = json_array_size(json_object_get(answer, "results"));
		json_decref(answer);
	}
	assert_int_equal(count, 1);
}

static void
assert_agents_stayed(void)
{
	for (unsigned i = 0; i < AGENTS; i++) {
		assert_false(process_said(&fleet.agent[i], "uplink.lost"));
		assert_false(process_said(&fleet.agent[i], "uplink.no_answer"));
	}
}

static void
await_plans(const char *probes)
{
	for (unsigned i = 0; i < AGENTS; i++) {
		char line[PROCESS_LINE_BYTES];

		process_await(&fleet.agent[i], " plan.applied ", line);
		assert_non_null(strstr(line, probes));
	}
}

static void
test_more(void **state)
{
	(void)state;
	fleet.spec.targets = apple;
	fleet.spec.probes = page;
	fleet_process_write(&fleet);
	reload("config.applied agents=2 targets=2");
	await_plans("probes=5");
	for (unsigned i = 1; i <= AGENTS; i++) {
		await_results(i, "--target apple");
		await_results(i, "--target banana --probe page");
	}
	assert_agents_stayed();
}

static json_int_t
config_version(const json_t *status)
{
	const json_t *value =
	    json_object_get(json_object_get(status, "collector"), "config_version");

	assert_true(json_is_integer(value));
	return json_integer_value(value);
}

static void
test_bad_file(void **state)
{
	json_t *before = fleet_process_ask("status");
	json_t *after;

	(void)state;
	fleet_process_file("collector.yaml", "listen: [\n");
	reload("config.bad text=");
	assert_int_equal(unlink("collector.yaml"), 0);
	reload("config.bad text=");
	/* Good to read, but it cannot be done: a channel without its secret. */
	fleet.spec.more = "  - { name: more, kind: webhook, url: 'file:gone' }\n";
	fleet_process_write(&fleet);
	reload("config.not_applied ");
	fleet.spec.more = "";
	after = fleet_process_ask("status");
	assert_int_equal(config_version(before), config_version(after));
	assert_int_equal(json_array_size(json_object_get(after, "targets")), 2);
	fleet_process_requests(&fleet, "*", 20);
	assert_agents_stayed();
	json_decref(after);
	json_decref(before);
}

/* Whoever was told of the fault is told that it is over, though nobody can know. */
static void
test_stray(void **state)
{
	json_int_t incident;

	(void)state;
	upstream_process_rule(
	    &fleet.upstream, "/v1beta/*", "{\"shape\":\"503-overloaded\"}");
	incident = fleet_process_event(&fleet, "verdict", "opened", NULL);
	assert_int_equal(
	    fleet_process_event(&fleet, "alert", "delivered", NULL), incident);
	/* The log has it; the pager, too, before anything else happens. */
	free(upstream_process_control(
	    &fleet.upstream, "GET", "/hooks/pager?wait=1&timeout_ms=30000", NULL));
	fleet.spec.has_no_banana = true;
	fleet_process_write(&fleet);
	reload("config.applied agents=2 targets=1");
	assert_int_equal(
	    fleet_process_event(&fleet, "verdict", "resolved", NULL), incident);
	free(upstream_process_control(
	    &fleet.upstream, "GET", "/hooks/pager?wait=2&timeout_ms=30000", NULL));
	await_plans("probes=3");
	/* It is not there again after a restart either. */
	process_kill(&fleet.collector);
	fleet_process_collect(&fleet);
	fleet_process_requests(&fleet, "*", 20);
	json_t *answer = fleet_process_ask("incidents");
	json_t *entry = json_array_get(json_object_get(answer, "incidents"), 0);
	assert_int_equal(json_array_size(json_object_get(answer, "incidents")), 1);
	assert_string_equal(
	    json_string_value(json_object_get(entry, "state")), "resolved");
	json_decref(answer);
	free(upstream_process_control(
	    &fleet.upstream, "GET", "/hooks/pager?wait=2", NULL));
}

/* Through all of it no result was lost. */
static void
test_account(void **state)
{
	(void)state;
	for (unsigned i = 1; i <= AGENTS; i++) {
		struct fleet_account account;

		assert_int_equal(process_stop(&fleet.agent[i - 1]), 0);
		account = fleet_process_account(i);
		assert_int_equal(account.gaps, 0);
		assert_int_equal(account.dropped, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_more),
	    cmocka_unit_test(test_bad_file),
	    cmocka_unit_test(test_stray),
	    cmocka_unit_test(test_account),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
