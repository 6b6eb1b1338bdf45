/* bench_correlate - what weighing one result costs
 * Room: tests/bench.
 *
 * 30 regions, 100 agents, 20 targets, 3 controls, healthy but for one percent of errors;
 * beside it: appending the same result to a plain ring per series. One JSON object a line. */
#include "collector/core/correlate.h"
#include "common/core/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
	REGIONS = 30,
	AGENTS = 100,
	TARGETS = 20,
	CONTROLS = 3,
	PROBES = 2 * TARGETS + CONTROLS,
	SERIES_RING = 16,
	RESULTS = 1 << 20
};

static struct topology_region region[REGIONS];
static struct topology_domain domain[5];
static struct topology_agent agent[AGENTS];
static struct topology_target target[TARGETS];
static struct topology_key key[2];
static struct topology_probe probe[PROBES];
static uint16_t key_of[AGENTS * TARGETS];
static uint16_t serving_of[REGIONS * TARGETS];

struct series {
	struct evidence ring[SERIES_RING];
	unsigned at;
};

static double
seconds(void)
{
	struct timespec at;

	(void)clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static struct topology
make_topology(void)
{
	for (unsigned i = 0; i < 5; i++) {
		domain[i].name = "d";
	}
	for (unsigned i = 0; i < REGIONS; i++) {
		region[i] = (struct topology_region){"r", (uint16_t)(i % 5)};
	}
	for (unsigned i = 0; i < AGENTS; i++) {
		agent[i] = (struct topology_agent){"a", (uint16_t)(i % REGIONS)};
	}
	for (unsigned i = 0; i < TARGETS; i++) {
		target[i] = (struct topology_target){.name = "t", .group = ""};
	}
	for (unsigned i = 0; i < AGENTS * TARGETS; i++) {
		key_of[i] = (uint16_t)(i / TARGETS % 2);
	}
	for (unsigned i = 0; i < REGIONS * TARGETS; i++) {
		serving_of[i] = (uint16_t)(i / TARGETS % 4);
	}
	for (unsigned i = 0; i < PROBES; i++) {
		bool is_control = i >= 2 * TARGETS;

		probe[i] = (struct topology_probe){.series = "s",
		    .role = is_control   ? ROLE_CONTROL
			    : i % 2 == 0 ? ROLE_TARGET
					 : ROLE_FREE,
		    .target = is_control ? TOPOLOGY_NONE : (uint16_t)(i / 2),
		    .interval_ms = 60000,
		    .timeout_ms = 45000};
	}
	key[0].name = "k0";
	key[1].name = "k1";
	return (struct topology){.domain = domain,
	    .region = region,
	    .agent = agent,
	    .target = target,
	    .key = key,
	    .probe = probe,
	    .key_of = key_of,
	    .serving_of = serving_of,
	    .domain_len = 5,
	    .region_len = REGIONS,
	    .agent_len = AGENTS,
	    .target_len = TARGETS,
	    .key_len = 2,
	    .probe_len = PROBES};
}

/* Spread over time as the schedule would: a minute holds one result of every series. */
static void
make_results(struct evidence *result)
{
	int64_t gap_ns = INT64_C(60000000000) / (AGENTS * PROBES);
	struct rng rng;

	rng_init(&rng, 1);
	for (unsigned i = 0; i < RESULTS; i++) {
		bool is_bad = rng_below(&rng, 100) == 0;

		result[i] = (struct evidence){.agent = (uint16_t)(i % AGENTS),
		    .probe = (uint16_t)(i / AGENTS % PROBES),
		    .outcome = is_bad ? OUTCOME_UPSTREAM_ERROR : OUTCOME_OK,
		    .phase = PHASE_DONE,
		    .http_status = is_bad ? 503 : 200,
		    .total_us = 100000 + (uint32_t)rng_below(&rng, 50000),
		    .at = {(int64_t)i * gap_ns}};
	}
}

/* Nanoseconds per result, steps included: one a bucket and after each failure. */
static double
run_engine(struct correlate *engine, const struct evidence *result)
{
	struct finding_change out[CORRELATE_CHANGES];
	double begin = seconds();

	for (unsigned i = 0; i < RESULTS; i++) {
		correlate_result(engine, &result[i], result[i].at);
		if (result[i].outcome != OUTCOME_OK ||
		    !mono_before(result[i].at, correlate_deadline(engine))) {
			(void)correlate_step(engine, result[i].at, out);
		}
	}
	return (seconds() - begin) * 1e9 / RESULTS;
}

/* The same without steps: what weighing alone costs. */
static double
run_weighing(struct correlate *engine, const struct evidence *result)
{
	double begin = seconds();

	for (unsigned i = 0; i < RESULTS; i++) {
		correlate_result(engine, &result[i], result[i].at);
	}
	return (seconds() - begin) * 1e9 / RESULTS;
}

static double
run_baseline(struct series *series, const struct evidence *result)
{
	double begin = seconds();

	for (unsigned i = 0; i < RESULTS; i++) {
		struct series *at =
		    &series[(unsigned)result[i].agent * PROBES + result[i].probe];

		at->ring[at->at++ % SERIES_RING] = result[i];
	}
	return (seconds() - begin) * 1e9 / RESULTS;
}

static struct correlate *
start(void *memory, size_t len, const struct topology *topology)
{
	struct correlate_conf conf = {.base_ns = 60 * CLOCK_NS_PER_S};
	struct arena arena;

	arena_init(&arena, memory, len);
	return correlate_init(&arena, topology, &conf);
}

int
main(void)
{
	struct topology topology = make_topology();
	size_t len = correlate_bytes(&topology);
	struct series *series = calloc((size_t)AGENTS * PROBES, sizeof(*series));
	struct evidence *result = calloc(RESULTS, sizeof(*result));
	void *memory = malloc(len);
	struct correlate *engine;
	double baseline;
	double weighing;
	double stepping;

	if (series == NULL || result == NULL || memory == NULL) {
		return 1;
	}
	make_results(result);
	baseline = run_baseline(series, result);
	baseline = run_baseline(series, result);
	engine = start(memory, len, &topology);
	if (engine == NULL) {
		return 1;
	}
	weighing = run_weighing(engine, result);
	engine = start(memory, len, &topology);
	if (engine == NULL) {
		return 1;
	}
	stepping = run_engine(engine, result);
	printf("{\"name\":\"correlate_per_result\",\"value\":%.1f,\"unit\":\"ns\","
	       "\"baseline\":%.1f,\"ratio\":%.2f}\n",
	    weighing, baseline, weighing / baseline);
	printf(
	    "{\"name\":\"correlate_per_result_decided\",\"value\":%.1f,\"unit\":\"ns\","
	    "\"baseline\":%.1f,\"ratio\":%.2f}\n",
	    stepping, baseline, stepping / baseline);
	printf("{\"name\":\"correlate_memory\",\"value\":%zu,\"unit\":\"bytes\","
	       "\"baseline\":%zu,\"ratio\":%.2f}\n",
	    len, (size_t)AGENTS * PROBES * sizeof(*series),
	    (double)len / ((double)AGENTS * PROBES * sizeof(*series)));
	free(memory);
	free(result);
	free(series);
	return 0;
}
