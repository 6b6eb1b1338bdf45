/* A program dies at each of its failpoints, while an upstream is out and the pager is told:
 * started again, everything drains, every number given is stored once, and nobody is paged
 * twice for one incident but under the same key. */
#include "tests/support/test.h"

#include "common/shell/failpoint.h"
#include "tests/support/fleet_process.h"
#include "tests/support/pager.h"

#include <signal.h>
#include <unistd.h>

/* Under a sanitizer a second takes several: one place in the life of a message will do. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SLOW true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SLOW true
#endif
#endif
#ifndef IS_SLOW
#define IS_SLOW false
#endif

enum {
	AGENTS = 2,
	VICTIM = 1, /* of the agents */
	CHANNELS = 2
};

/* When a row's program dies. */
enum moment {
	NOT_SAID = 0,
	UNDER_LOAD, /* while the incident stands */
	AT_RELOAD,  /* the collector reads its configuration again, with another plan */
	AT_MESSAGE  /* when the incident opens, and once more when it resolves */
};

/* May the pager have got the message before the death? */
enum repeat {
	NEVER = 0,
	PERHAPS,
	SURELY
};

struct row {
	enum moment moment;
	enum repeat repeat;
	unsigned passing;
};

static const struct row rows[FAILPOINT_COUNT] = {
    [FAILPOINT_AGENT_SPOOL_BEFORE_APPEND] = {UNDER_LOAD, NEVER, 5},
    [FAILPOINT_AGENT_SPOOL_AFTER_APPEND] = {UNDER_LOAD, NEVER, 5},
    [FAILPOINT_AGENT_SPOOL_BEFORE_COMMIT] = {UNDER_LOAD, NEVER, 3},
    [FAILPOINT_AGENT_SPOOL_AFTER_COMMIT] = {UNDER_LOAD, NEVER, 3},
    [FAILPOINT_AGENT_BATCH_BEFORE_SEND] = {UNDER_LOAD, NEVER, 3},
    [FAILPOINT_AGENT_BATCH_AFTER_SEND] = {UNDER_LOAD, NEVER, 3},
    [FAILPOINT_AGENT_ACK_RECEIVED] = {UNDER_LOAD, NEVER, 3},
    [FAILPOINT_AGENT_ACK_NOTED] = {UNDER_LOAD, NEVER, 3},
    [FAILPOINT_AGENT_FORGET_BEFORE_COMMIT] = {UNDER_LOAD, NEVER, 3},
    [FAILPOINT_AGENT_FORGET_AFTER_COMMIT] = {UNDER_LOAD, NEVER, 3},
    [FAILPOINT_AGENT_PLAN_BEFORE_PUT] = {AT_RELOAD, NEVER, 1},
    [FAILPOINT_AGENT_PLAN_AFTER_PUT] = {AT_RELOAD, NEVER, 1},
    [FAILPOINT_AGENT_PURSE_BEFORE_PUT] = {UNDER_LOAD, NEVER, 3},
    [FAILPOINT_AGENT_PURSE_AFTER_PUT] = {UNDER_LOAD, NEVER, 3},
    [FAILPOINT_COLLECTOR_BATCH_RECEIVED] = {UNDER_LOAD, NEVER, 3},
    [FAILPOINT_COLLECTOR_BATCH_ADDED] = {UNDER_LOAD, NEVER, 3},
    [FAILPOINT_COLLECTOR_GROUP_BEFORE_COMMIT] = {UNDER_LOAD, NEVER, 5},
    [FAILPOINT_COLLECTOR_GROUP_AFTER_COMMIT] = {UNDER_LOAD, NEVER, 5},
    [FAILPOINT_COLLECTOR_REPLY_SENT] = {UNDER_LOAD, NEVER, 5},
    [FAILPOINT_COLLECTOR_LEASE_BEFORE_COMMIT] = {AT_MESSAGE, NEVER, 1},
    [FAILPOINT_COLLECTOR_LEASE_AFTER_COMMIT] = {AT_MESSAGE, NEVER, 1},
    [FAILPOINT_COLLECTOR_NOTIFY_HANDED_OVER] = {AT_MESSAGE, PERHAPS, CHANNELS},
    [FAILPOINT_COLLECTOR_NOTIFY_BEFORE_SEND] = {AT_MESSAGE, NEVER, 1},
    [FAILPOINT_COLLECTOR_NOTIFY_AFTER_SEND] = {AT_MESSAGE, SURELY, 1},
    [FAILPOINT_COLLECTOR_ANSWER_TAKEN] = {AT_MESSAGE, PERHAPS, CHANNELS},
    [FAILPOINT_COLLECTOR_ANSWER_STORED] = {AT_MESSAGE, PERHAPS, 1},
    [FAILPOINT_COLLECTOR_SNAPSHOT_PUT] = {AT_RELOAD, NEVER, 1},
    [FAILPOINT_COLLECTOR_JOURNAL_TRIMMED] = {AT_RELOAD, NEVER, 1},
    [FAILPOINT_COLLECTOR_SNAPSHOT_COMMITTED] = {AT_RELOAD, NEVER, 1},
};

/* What is paid for, so that a purse is kept. */
static const char paid_probe[] =
    "      - { name: page, kind: gemini-image, role: free, url: "
    "'https://127.0.0.1:%u',\n"
    "          model: gemini-3-pro-image-preview, key: google, interval: 500ms,\n"
    "          timeout: %ums, cost: 0.000001 }\n";
static const char budgets[] = "budgets:\n"
			      "  - { key: project-1, daily: 1000.00 }\n"
			      "  - { key: project-2, daily: 1000.00 }\n";

static struct fleet_process fleet;
static char probes[512];
static unsigned incidents;

static int
enter(void **state)
{
	const struct fleet_spec spec = {.agents = AGENTS, .more = budgets};

	(void)state;
	fleet_process_open(&fleet, &spec);
	(void)snprintf(
	    probes, sizeof(probes), paid_probe, (unsigned)fleet.upstream.https, 2000U);
	fleet.spec.probes = probes;
	fleet_process_write(&fleet);
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

/* ---- dying ---- */

static bool
is_of_agent(enum failpoint point)
{
	return strncmp(failpoint_name(point), "agent.", 6) == 0;
}

static struct process *
victim(enum failpoint point)
{
	return is_of_agent(point) ? &fleet.agent[VICTIM - 1] : &fleet.collector;
}

/* Starts the one that dies again, so that it dies at its point. The collector may be dead
 * before it says that it runs. */
static void
arm(enum failpoint point)
{
	static const char *const collector[] = {
	    COLLECTOR_PROGRAM, "-c", "collector.yaml", NULL};
	char value[96];

	assert_int_equal(process_stop(victim(point)), 0);
	(void)snprintf(
	    value, sizeof(value), "%s:%u", failpoint_name(point), rows[point].passing);
	assert_int_equal(setenv("PARALLAX_FAILPOINT", value, 1), 0);
	if (is_of_agent(point)) {
		fleet_process_probe(&fleet, VICTIM);
	} else {
		process_start(&fleet.collector, "collector.log", collector);
	}
	assert_int_equal(unsetenv("PARALLAX_FAILPOINT"), 0);
}

/* Waits for its death, and starts it again, to live. */
static void
bury(enum failpoint point)
{
	assert_int_equal(process_wait(victim(point)), 128 + SIGKILL);
	if (is_of_agent(point)) {
		fleet_process_probe(&fleet, VICTIM);
		process_await(&fleet.agent[VICTIM - 1], " agent.started ", NULL);
	} else {
		fleet_process_collect(&fleet);
	}
}

/* A timeout that nobody has seen makes another plan for every agent. */
static void
change_plan(void)
{
	static unsigned changes;

	(void)snprintf(probes, sizeof(probes), paid_probe,
	    (unsigned)fleet.upstream.https, 2000 + ++changes);
	fleet_process_write(&fleet);
}

static void
reload(enum failpoint point)
{
	if (!is_of_agent(point)) {
		process_await(&fleet.collector, " collector.started ", NULL);
	}
	change_plan();
	assert_int_equal(kill(fleet.collector.pid, SIGHUP), 0);
}

static void
die(enum failpoint point)
{
	print_message("%s\n", failpoint_name(point));
	arm(point);
	if (rows[point].moment == AT_RELOAD) {
		reload(point);
	}
	bury(point);
}

/* ---- an incident, from its beginning to its end ---- */

static void
break_upstream(void)
{
	upstream_process_rule(
	    &fleet.upstream, "/v1beta/*", "{\"shape\":\"503-overloaded\"}");
}

static void
mend_upstream(void)
{
	upstream_process_rule(&fleet.upstream, "", NULL);
}

/* The verdict, and that every channel was told and that is stored. An outage that is over
 * may be called another name by then. */
static json_int_t
await_told(const char *event)
{
	json_int_t incident = fleet_process_event(&fleet, "verdict", event, NULL);

	for (unsigned i = 0; i < CHANNELS; i++) {
		assert_int_equal(
		    fleet_process_event(&fleet, "alert", "delivered", NULL), incident);
	}
	return incident;
}

static void
assert_told(json_int_t incident, enum repeat repeat, unsigned deaths)
{
	json_t *deliveries = pager_await_end(&fleet, incident);
	json_t *answer = fleet_process_ask("incidents");
	unsigned repeats = pager_repeats(deliveries, incident);

	assert_int_equal(pager_count(deliveries, incident, "firing"), 1);
	assert_int_equal(pager_count(deliveries, incident, "resolved"), 1);
	assert_int_equal(
	    json_array_size(json_object_get(answer, "incidents")), ++incidents);
	switch (repeat) {
	case NEVER:
		assert_int_equal(repeats, 0);
		break;
	case PERHAPS:
		assert_true(repeats <= deaths);
		break;
	case SURELY:
		assert_int_equal(repeats, deaths);
		break;
	}
	json_decref(answer);
	json_decref(deliveries);
}

/* Everything drains, and no number is there twice or nowhere. */
static void
assert_accounts(void)
{
	for (unsigned i = 1; i <= AGENTS; i++) {
		fleet_process_drained(&fleet, i);
	}
	for (unsigned i = 1; i <= AGENTS; i++) {
		struct fleet_account account;

		assert_int_equal(process_stop(&fleet.agent[i - 1]), 0);
		account = fleet_process_account(i);
		assert_int_equal(account.gaps, account.dropped);
		assert_int_equal(account.gaps, 0);
		print_message("a%u: %llu given, %llu received, %llu in the spool\n", i,
		    (unsigned long long)account.given,
		    (unsigned long long)account.received,
		    (unsigned long long)account.spooled);
	}
	for (unsigned i = 1; i <= AGENTS; i++) {
		fleet_process_probe(&fleet, i);
		process_await(&fleet.agent[i - 1], " agent.started ", NULL);
	}
	/* The next fault is another one only after a second. */
	fleet_process_requests(&fleet, "*", 60);
}

/* ---- the tests ---- */

static void
test_every_point_has_a_row(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FAILPOINT_COUNT; i++) {
		if (rows[i].moment == NOT_SAID || rows[i].passing == 0) {
			fail_msg("%s has no row", failpoint_name((enum failpoint)i));
		}
	}
}

/* A name that nobody knows would make a test that proves nothing. */
static void
test_no_such_point(void **state)
{
	static const char *const names[] = {
	    "agent.spool", "agent.ack.noted:0", "agent.ack.noted:1x"};
	static const char *const programs[][4] = {
	    {AGENT_PROGRAM, "-c", "agent-1.yaml", NULL},
	    {COLLECTOR_PROGRAM, "-c", "collector.yaml", NULL}};

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		struct process_output output;

		assert_int_equal(setenv("PARALLAX_FAILPOINT", names[i / 2], 1), 0);
		output = process_run(programs[i % 2]);
		assert_int_equal(unsetenv("PARALLAX_FAILPOINT"), 0);
		assert_int_equal(output.status, EXIT_FAILURE);
		assert_non_null(strstr(output.text, "expected NAME or NAME:N"));
		process_output_free(&output);
	}
}

/* All of one program, one after the other, in one incident. */
static void
die_under_load(bool agent, enum failpoint from, enum failpoint until)
{
	json_int_t incident;

	break_upstream();
	incident = await_told("opened");
	for (enum failpoint point = from; point < until; point++) {
		if (is_of_agent(point) == agent && rows[point].moment != AT_MESSAGE) {
			die(point);
		}
	}
	mend_upstream();
	assert_int_equal(await_told("resolved"), incident);
	assert_told(incident, NEVER, 0);
	assert_accounts();
}

static void
test_result(void **state)
{
	(void)state;
	die_under_load(true, 0, FAILPOINT_AGENT_BATCH_BEFORE_SEND);
}

static void
test_acknowledgement(void **state)
{
	(void)state;
	die_under_load(
	    true, FAILPOINT_AGENT_BATCH_BEFORE_SEND, FAILPOINT_AGENT_PLAN_BEFORE_PUT);
}

static void
test_plan_and_purse(void **state)
{
	(void)state;
	die_under_load(true, FAILPOINT_AGENT_PLAN_BEFORE_PUT, FAILPOINT_COUNT);
}

static void
test_batch(void **state)
{
	(void)state;
	die_under_load(false, 0, FAILPOINT_COLLECTOR_SNAPSHOT_PUT);
}

static void
test_snapshot(void **state)
{
	(void)state;
	die_under_load(false, FAILPOINT_COLLECTOR_SNAPSHOT_PUT, FAILPOINT_COUNT);
}

/* Dies when the incident opens, and when it resolves. */
static void
die_at_messages(enum failpoint point)
{
	json_int_t incident;

	print_message("%s, twice\n", failpoint_name(point));
	arm(point);
	break_upstream();
	bury(point);
	incident = await_told("opened");
	arm(point);
	fleet_process_requests(&fleet, "*", 20);
	mend_upstream();
	bury(point);
	assert_int_equal(await_told("resolved"), incident);
	assert_told(incident, rows[point].repeat, 2);
	assert_accounts();
}

static void
test_message(void **state)
{
	(void)state;
	for (enum failpoint point = 0; point < FAILPOINT_COUNT; point++) {
		if (rows[point].moment == AT_MESSAGE &&
		    (!IS_SLOW || rows[point].repeat == SURELY)) {
			die_at_messages(point);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_point_has_a_row),
	    cmocka_unit_test(test_no_such_point),
	    cmocka_unit_test(test_result),
	    cmocka_unit_test(test_acknowledgement),
	    cmocka_unit_test(test_plan_and_purse),
	    cmocka_unit_test(test_batch),
	    cmocka_unit_test(test_snapshot),
	    cmocka_unit_test(test_message),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
