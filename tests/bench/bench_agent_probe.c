/* What a probe costs the agent beyond the transfer itself: schedule, request, engine, check
 * against a bare curl_multi loop that does the same transfers. The two take turns, so that
 * a change of the machine's pace meets both. */
#include "tests/bench/bench.h"
#include "tests/bench/bench_baseline_curl.h"
#include "tests/bench/bench_http.h"

#include "agent/core/sched.h"
#include "agent/shell/probe_curl.h"
#include "common/shell/clock_sys.h"

#include <stdio.h>
#include <stdlib.h>

#include <curl/curl.h>

enum {
	PROBES = 1000, /* scheduled, once a minute each */
	PARALLEL = 8,
	ROUNDS = 15
};

struct agent {
	struct sched sched;
	struct prober *prober;
	struct mono at; /* the schedule's time, which does not wait */
	struct plan_probe probe[PROBES];
	char name[PROBES][24];
};

static void
start_agent(struct agent *agent, const char *url)
{
	struct sched_conf sched = {
	    .probes_max = LIMIT_PLAN_PROBES, .in_flight_max = PARALLEL, .seed = 1};
	struct prober_conf prober = {
	    .user_agent = "parallax-bench", .in_flight_max = PARALLEL};
	struct plan plan = {.version = 1, .len = PROBES, .probe = agent->probe};
	size_t bytes = sched_bytes(&sched) + 16;
	void *memory = malloc(bytes);
	struct arena arena;

	for (unsigned i = 0; i < PROBES; i++) {
		(void)snprintf(agent->name[i], sizeof(agent->name[i]), "target/%u", i);
		agent->probe[i] = (struct plan_probe){.series = agent->name[i],
		    .kind = PROBE_HTTP,
		    .url = url,
		    .model = "",
		    .key = "",
		    .prompt = "",
		    .size = "",
		    .products = "",
		    .interval_ms = 60000,
		    .phase_ms = i * 60,
		    .timeout_ms = 30000,
		    .connect_timeout_ms = 10000};
	}
	agent->prober = prober_new(&prober);
	if (memory == NULL || agent->prober == NULL) {
		bench_fail("agent", "no memory");
	}
	arena_init(&arena, memory, bytes);
	if (sched_init(&agent->sched, &arena, &sched) != ERR_OK ||
	    sched_apply(&agent->sched, &plan, clock_sys_boot()) != ERR_OK) {
		bench_fail("agent", "the scheduler does not start");
	}
}

/* Starts what there is room for. Waiting for the minute to pass would measure nothing, so
 * the schedule's clock goes straight to the next deadline. */
static void
start_due(struct agent *agent, unsigned *left)
{
	while (*left > 0 && agent->sched.in_flight < PARALLEL) {
		struct sched_due due;

		agent->at = sched_deadline(&agent->sched);
		while (*left > 0 && sched_next(&agent->sched, agent->at, &due)) {
			struct probe_tag tag = {
			    .slot = due.run.slot, .generation = due.run.generation};

			if (prober_start(agent->prober, &agent->probe[due.probe], NULL,
				&tag, clock_sys_boot()) != ERR_OK) {
				bench_fail("prober", "does not start a run");
			}
			(*left)--;
		}
	}
}

/* CPU nanoseconds for one probe. */
static double
agent_once(struct agent *agent, unsigned requests)
{
	int64_t before_ns = bench_cpu_ns();
	unsigned left = requests;

	start_due(agent, &left);
	while (prober_in_flight(agent->prober) > 0) {
		struct probe_tag tag;
		struct result result;

		if (prober_wait(agent->prober, -1) != ERR_OK) {
			bench_fail("prober", "cannot wait");
		}
		while (prober_done(agent->prober, &tag, &result)) {
			if (result.outcome != OUTCOME_OK) {
				bench_fail("probe", outcome_name(result.outcome));
			}
			(void)sched_finished(&agent->sched,
			    (struct sched_run){tag.slot, tag.generation});
		}
		start_due(agent, &left);
	}
	return (double)(bench_cpu_ns() - before_ns) / requests;
}

int
main(int argc, char **argv)
{
	static struct agent agent;
	struct bench bench = bench_start(argc, argv);
	unsigned requests = bench_count(&bench, 2000, 40);
	unsigned rounds = bench_count(&bench, ROUNDS, 1);
	struct bench_http server;
	struct bench_baseline_curl bare = {.requests = requests, .parallel = PARALLEL};
	double ours_us[ROUNDS];
	double bare_us[ROUNDS];

	bench_http_start(&server, 1024);
	bare.url = server.url;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		bench_fail("curl", "cannot start");
	}
	start_agent(&agent, server.url);
	(void)bench_baseline_curl(&bare);
	(void)agent_once(&agent, requests);
	for (unsigned i = 0; i < rounds; i++) {
		bare_us[i] = bench_baseline_curl(&bare) / 1000;
		ours_us[i] = agent_once(&agent, requests) / 1000;
	}
	bench_print(&bench,
	    &(struct bench_row){.name = "agent_cpu_per_probe",
		.value = bench_median(ours_us, rounds),
		.unit = "us",
		.baseline = bench_median(bare_us, rounds),
		.goal = {{.kind = BENCH_RATIO_MAX, .bound = 1.2},
		    /* A tenth of blackbox_exporter's 885 us on the same machine. */
		    {.kind = BENCH_VALUE_MAX, .bound = 88.5}},
		.note = "plain HTTP on loopback, new connection each, 8 at once, 1 KB "
			"answer; beside a bare curl_multi loop"});
	prober_free(agent.prober);
	curl_global_cleanup();
	bench_http_stop(&server);
	return 0;
}
