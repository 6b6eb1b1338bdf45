/* Ten thousand schedules on one agent: what it takes of memory, and how late it gets. How
 * fast a machine is makes no difference to the verdict, only to what is printed. */
#include "tests/support/test.h"

#include "agent/shell/agent_internal.h"
#include "agent/shell/conf.h"
#include "common/shell/log.h"
#include "common/shell/signals.h"
#include "tests/support/probing.h"
#include "tests/support/scratch.h"

#include <pthread.h>
#include <signal.h>

enum {
	PROBES = 10000,
	INTERVAL_MS = 60000,
	RUNS = 2500, /* a quarter of a minute */
	RSS_KB_MAX = 96 << 10
};

static struct upstream_process server;
static struct plan_probe probes[PROBES];
static char names[PROBES][32];
static struct agent *agent;

/* A plan on disk, as the last collector would have left it. */
static void
write_plan(void)
{
	struct wire_collector_message message = {.kind = WIRE_DIRECTIVE,
	    .directive = {.has_plan = true,
		.plan = {.version = 1, .len = PROBES, .probe = probes}}};
	struct spool_limits limits = {
	    .bytes_max = 64 << 20, .age_max_ns = INT64_MAX / 2};
	unsigned char *data = malloc(LIMIT_PLAN_BYTES);
	void *memory = malloc(WIRE_ARENA_BYTES);
	struct spool *spool;
	struct arena arena;
	char error[256];
	bool set_aside;
	size_t len;

	assert_non_null(data);
	assert_non_null(memory);
	for (unsigned i = 0; i < PROBES; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "target/probe-%u", i);
		probes[i] = probing_probe(probing_url(&server, false, "/generate_204"));
		probes[i].url = probes[0].url;
		probes[i].series = names[i];
		probes[i].interval_ms = INTERVAL_MS;
		probes[i].phase_ms = i * (INTERVAL_MS / PROBES);
	}
	arena_init(&arena, memory, WIRE_ARENA_BYTES);
	assert_int_equal(
	    wire_collector_encode(&message, &arena, data, LIMIT_PLAN_BYTES, &len),
	    ERR_OK);
	assert_int_equal(
	    spool_open("spool", &limits, &spool, &set_aside, error, sizeof(error)),
	    ERR_OK);
	assert_int_equal(spool_plan_put(spool, data, len), ERR_OK);
	spool_close(spool);
	print_message("a plan of %zu bytes\n", len);
	free(memory);
	free(data);
}

/* Ends the agent once the server has seen enough of it. */
static void *
watch(void *context)
{
	unsigned *seen = context;

	for (int i = 0; i < 8 && *seen < RUNS; i++) {
		*seen = probing_seen(&server, "/generate_204", RUNS);
	}
	(void)kill(getpid(), SIGTERM);
	return NULL;
}

static void
wake(void *context)
{
	(void)context;
	if (agent != NULL) {
		agent_wake(agent);
	}
}

static long
status_kb(const char *name)
{
	char line[128];
	long kb = 0;
	FILE *file = fopen("/proc/self/status", "re");

	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, name, strlen(name)) == 0) {
			kb = strtol(line + strlen(name) + 1, NULL, 10);
		}
	}
	assert_int_equal(fclose(file), 0);
	return kb;
}

static void
ten_thousand(void **state)
{
	static const char conf[] = "id: a\nregion: r\ncollectors: "
				   "['tcp://127.0.0.1:1']\nspool: { path: spool }\n"
				   "log_level: error\n";
	static struct remarks remarks;
	struct agent_conf_file *file = NULL;
	const struct sched_counts *counts;
	char error[256] = "";
	unsigned seen = 0;
	pthread_t watcher;
	long before_kb;
	long after_kb;

	(void)state;
	write_plan();
	remarks_init(&remarks);
	scratch_write("agent.yaml", conf, sizeof(conf) - 1);
	assert_int_equal(agent_conf_load("agent.yaml", &file, &remarks), ERR_OK);
	log_set_level(LOG_ERROR);
	assert_int_equal(signals_watch(wake, NULL), ERR_OK);
	before_kb = status_kb("VmRSS:");
	assert_int_equal(
	    agent_new(agent_conf_get(file), &agent, error, sizeof(error)), ERR_OK);
	assert_int_equal(pthread_create(&watcher, NULL, watch, &seen), 0);
	agent_run(agent);
	after_kb = status_kb("VmRSS:");
	assert_int_equal(pthread_join(watcher, NULL), 0);
	counts = &agent->sched.counts;
	print_message(
	    "%u probes, %llu runs: %ld kB of memory, %ld of them the agent's; "
	    "%llu late, at most %lld ms; %llu missed, %llu overrun, "
	    "%llu stalls\n",
	    (unsigned)PROBES, (unsigned long long)counts->runs, after_kb,
	    after_kb - before_kb, (unsigned long long)counts->late,
	    (long long)(counts->late_max_ns / CLOCK_NS_PER_MS),
	    (unsigned long long)counts->missed, (unsigned long long)counts->overrun,
	    (unsigned long long)counts->stalls);
	assert_int_equal(agent->plan.len, PROBES);
	assert_true(seen >= RUNS);
	assert_true(counts->runs >= RUNS);
	assert_true(after_kb < RSS_KB_MAX);
	agent_free(agent);
	agent = NULL;
	agent_conf_free(file);
	assert_int_equal(system("rm -r spool agent.yaml"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ten_thousand),
	};
	int failed;

	upstream_process_start(&server, UPSTREAM_PROGRAM, getenv("PARALLAX_DATA"));
	failed = cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
	upstream_process_stop(&server);
	return failed;
}
