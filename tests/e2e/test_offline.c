/* An agent without its collector: it goes on with the plan it has on disk, and what it
 * found arrives later with the right times. And one with little to do: it does little. */
#include "tests/support/test.h"

#include "common/core/clock.h"
#include "common/core/rfc3339.h"
#include "tests/support/fleet_process.h"

#include <dirent.h>
#include <time.h>
#include <unistd.h>

/* What an offset between clocks may be wrong by: the way to the collector and back, on a
 * busy machine. */
#define CLOCKS_NS (5 * CLOCK_NS_PER_S)

static struct fleet_process fleet;

static int
enter(void **state)
{
	const struct fleet_spec spec = {.agents = 1};

	(void)state;
	fleet_process_open(&fleet, &spec);
	return 0;
}

static int
leave(void **state)
{
	(void)state;
	fleet_process_close(&fleet);
	return 0;
}

static int
sweep(void **state)
{
	(void)state;
	process_kill(&fleet.agent[0]);
	process_kill(&fleet.collector);
	return system("rm -rf store spool-1 *.log") == 0 ? 0 : -1;
}

static int64_t
wall_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * CLOCK_NS_PER_S + now.tv_nsec;
}

static int64_t
time_of(const json_t *result, const char *name)
{
	const char *text = json_string_value(json_object_get(result, name));
	struct wall at;

	assert_non_null(text);
	assert_true(rfc3339_read(text, &at));
	return at.ns;
}

/* Results found while nobody listened arrived later, and have times from then. */
static void
check_times(int64_t from_ns, int64_t until_ns)
{
	json_t *answer = fleet_process_ask("results --last 1h --limit 1000");
	unsigned count = 0;
	json_t *each;
	size_t i;

	json_array_foreach(json_object_get(answer, "results"), i, each)
	{
		int64_t started_ns = time_of(each, "started_at");
		int64_t received_ns = time_of(each, "received_at");

		if (received_ns < until_ns) {
			continue; /* before the collector ended */
		}
		assert_true(started_ns > from_ns - CLOCKS_NS);
		assert_true(started_ns < received_ns + CLOCKS_NS);
		count += started_ns < until_ns ? 1 : 0;
	}
	assert_true(count >= 10);
	json_decref(answer);
}

static void
check_once(void)
{
	static const char *const series[] = {
	    "\nbanana   model ", "\ncontrol  one ", "\ncontrol  two "};
	static const char *const arguments[] = {
	    AGENT_PROGRAM, "-c", "agent-1.yaml", "--once", NULL};
	struct process_output output = process_run(arguments);

	assert_int_equal(output.status, 0);
	assert_ptr_equal(strstr(output.out, "TARGET "), output.out);
	for (size_t i = 0; i < sizeof(series) / sizeof(series[0]); i++) {
		const char *at = strstr(output.out, series[i]);

		if (at == NULL || strstr(at, " ok ") == NULL) {
			fail_msg("no row %s with ok: %s", series[i], output.text);
		}
	}
	process_output_free(&output);
}

static void
check_check(void)
{
	static const char *const agent[] = {
	    AGENT_PROGRAM, "-c", "agent-1.yaml", "--check", NULL};
	static const char *const collector[] = {
	    COLLECTOR_PROGRAM, "-c", "collector.yaml", "--check", NULL};
	const char *const *const both[] = {agent, collector};

	for (size_t i = 0; i < 2; i++) {
		struct process_output output = process_run(both[i]);

		assert_int_equal(output.status, 0);
		assert_string_equal(output.out, "configuration is good\n");
		process_output_free(&output);
	}
}

/* The agent says of itself what `part` says, and the command ends with `status`. Time
 * passes in probes. */
static void
check_status(const char *part, int status)
{
	static const char *const arguments[] = {
	    AGENT_PROGRAM, "status", "-c", "agent-1.yaml", NULL};
	bool found = false;

	for (unsigned i = 0; i < 300 && !found; i++) {
		struct process_output output = process_run(arguments);

		found = output.status == status &&
			strstr(output.out, "network: good") != NULL &&
			strstr(output.out, part) != NULL;
		if (!found && i == 299) {
			fail_msg("status %d: %s", output.status, output.text);
		}
		process_output_free(&output);
		fleet_process_requests(&fleet, "*", 1);
	}
}

static void
test_cut_off(void **state)
{
	struct fleet_account account;
	json_t *agent;
	json_int_t received;
	int64_t from_ns;
	int64_t until_ns;

	(void)state;
	from_ns = wall_ns();
	fleet_process_start(&fleet);
	check_check();
	assert_int_equal(process_stop(&fleet.collector), 0);
	process_await(&fleet.agent[0], "uplink.lost", NULL);
	assert_int_equal(process_stop(&fleet.agent[0]), 0);
	check_once();
	for (unsigned i = 0; i < 2; i++) { /* two lives without a collector */
		fleet_process_probe(&fleet, 1);
		process_await(&fleet.agent[0], " plan.restored ", NULL);
		fleet_process_requests(&fleet, "*", 12);
		if (i == 0) {
			check_status("agent: a1 in region r1", 1);
			assert_int_equal(process_stop(&fleet.agent[0]), 0);
		}
	}
	until_ns = wall_ns();
	fleet_process_collect(&fleet);
	agent = fleet_process_agent(1);
	received = json_integer_value(json_object_get(agent, "received"));
	json_decref(agent);
	fleet_process_received(&fleet, 1, received + 5);
	fleet_process_drained(&fleet, 1);
	check_status("collector: up since ", 0);
	check_times(from_ns, until_ns);
	assert_int_equal(process_stop(&fleet.agent[0]), 0);
	account = fleet_process_account(1);
	assert_int_equal(account.gaps, 0);
	assert_int_equal(account.dropped, 0);
}

/* The first address refuses: that is known at once, and the second is asked. */
static void
test_second_address(void **state)
{
	char line[PROCESS_LINE_BYTES];

	(void)state;
	fleet_process_collect(&fleet);
	assert_int_equal(system("sed -i \"s#collectors: .'\\(.*\\):7441'.#"
				"collectors: ['\\1:7449', '\\1:7441']#\" agent-1.yaml"),
	    0);
	fleet_process_probe(&fleet, 1);
	process_await(&fleet.agent[0], "uplink.unreachable", line);
	assert_non_null(strstr(line, ":7449"));
	assert_non_null(strstr(line, "reason=\"Connection refused\""));
	process_await(&fleet.agent[0], " uplink.", line); /* nothing in between */
	assert_non_null(strstr(line, "uplink.up collector="));
	assert_non_null(strstr(line, ":7441"));
	assert_int_equal(process_stop(&fleet.agent[0]), 0);
	assert_int_equal(process_stop(&fleet.collector), 0);
	fleet_process_write_agent(&fleet, 1, "a1", "r1", "");
}

/* ---- at rest ---- */

/* How often the process has gone to sleep so far, over all its threads. */
static long
count_waits(const struct process *process)
{
	char path[64];
	long count = 0;
	const struct dirent *entry;
	DIR *tasks;

	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)process->pid);
	tasks = opendir(path);
	assert_non_null(tasks);
	while ((entry = readdir(tasks)) != NULL) {
		char status[384];
		char line[256];
		FILE *file;

		(void)snprintf(
		    status, sizeof(status), "%s/%s/status", path, entry->d_name);
		file = fopen(status, "re");
		while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
			if (strncmp(line, "voluntary_ctxt_switches:", 24) == 0) {
				count += strtol(line + 24, NULL, 10);
			}
		}
		if (file != NULL) {
			(void)fclose(file);
		}
	}
	(void)closedir(tasks);
	return count;
}

static json_int_t
count_batches(void)
{
	json_t *status = fleet_process_ask("status");
	json_int_t count = json_integer_value(
	    json_object_get(json_object_get(status, "collector"), "batches"));

	json_decref(status);
	return count;
}

static void
test_idle(void **state)
{
	struct process *const both[] = {&fleet.agent[0], &fleet.collector};
	int64_t cpu_ms[2];
	long waits[2];
	json_int_t batches;
	int64_t from_ns;
	int64_t seconds;

	(void)state;
	fleet.spec.interval = "1s";
	fleet_process_write(&fleet);
	fleet_process_start(&fleet);
	from_ns = wall_ns();
	batches = count_batches();
	for (size_t i = 0; i < 2; i++) {
		cpu_ms[i] = process_cpu_ms(both[i]);
		waits[i] = count_waits(both[i]);
	}
	fleet_process_requests(&fleet, "*", 12); /* of three a second */
	for (size_t i = 0; i < 2; i++) {
		cpu_ms[i] = process_cpu_ms(both[i]) - cpu_ms[i];
		waits[i] = count_waits(both[i]) - waits[i];
	}
	batches = count_batches() - batches;
	seconds = (wall_ns() - from_ns) / CLOCK_NS_PER_S + 1;
	print_message("in %lld seconds: agent %lld ms, %ld waits; collector %lld ms, "
		      "%ld waits; %lld batches\n",
	    (long long)seconds, (long long)cpu_ms[0], waits[0], (long long)cpu_ms[1],
	    waits[1], (long long)batches);
	/* A loop that spins, or polls that are answered at once, cost thousands. */
	for (size_t i = 0; i < 2; i++) {
		assert_in_range(cpu_ms[i], 0, 250 * seconds);
		assert_in_range(waits[i], 0, 500 * seconds);
	}
	assert_in_range(batches, 1, 5 * seconds);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_cut_off, sweep),
	    cmocka_unit_test_teardown(test_second_address, sweep),
	    cmocka_unit_test_teardown(test_idle, sweep),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
