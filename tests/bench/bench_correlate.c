/* bench_correlate - what weighing one result costs
 * Room: tests/bench.
 *
 * 30 regions, 100 agents, 20 targets, 3 controls, healthy but for one percent of errors;
 * beside it: appending the same result to a plain ring per series. */
#include "tests/bench/bench.h"

#include "collector/core/correlate.h"
#include "common/core/rng.h"

#include <stdlib.h>

enum {
	REGIONS = 30,
	AGENTS = 100,
	TARGETS = 20,
	CONTROLS = 3,
	PROBES = 2 * TARGETS + CONTROLS,
	SERIES_RING = 16,
	RESULTS = 1 << 20,
	RESULTS_QUICK = 1 << 12
};

static struct topology_region region[REGIONS];
static struct topology_domain domain[5];
static struct topology_agent agent[AGENTS];
static struct topology_target target[TARGETS];
static struct topology_key key[2];
static const char *const providers[] = {"p0", "p1", "p2", "p3", "p4"};
static struct topology_probe probe[PROBES];
static uint16_t key_of[AGENTS * TARGETS];
static uint16_t serving_of[REGIONS * TARGETS];

struct series {
	struct evidence ring[SERIES_RING];
	unsigned at;
};

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
		target[i] = (struct topology_target){
		    .name = "t", .group = "", .provider = providers[i / 4]};
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

struct fixture {
	struct topology topology;
	struct evidence *result;
	unsigned results;
	struct series *series;
	void *memory;
	size_t memory_bytes;
};

static struct correlate *
start(const struct fixture *fixture)
{
	struct correlate_conf conf = {.base_ns = 60 * CLOCK_NS_PER_S};
	struct correlate *engine;
	struct arena arena;

	arena_init(&arena, fixture->memory, fixture->memory_bytes);
	engine = correlate_init(&arena, &fixture->topology, &conf);
	if (engine == NULL) {
		bench_fail("correlation", "does not start");
	}
	return engine;
}

/* Nanoseconds per result, steps included: one a bucket and after each failure. */
static double
decided_ns(void *context)
{
	const struct fixture *fixture = context;
	struct finding_change out[CORRELATE_CHANGES];
	struct correlate *engine = start(fixture);
	int64_t begin_ns = bench_cpu_ns();

	for (unsigned i = 0; i < fixture->results; i++) {
		const struct evidence *result = &fixture->result[i];

		correlate_result(engine, result, result->at);
		if (result->outcome != OUTCOME_OK ||
		    !mono_before(result->at, correlate_deadline(engine))) {
			(void)correlate_step(engine, result->at, out);
		}
	}
	return (double)(bench_cpu_ns() - begin_ns) / fixture->results;
}

/* The same without steps: what weighing alone costs. */
static double
weighing_ns(void *context)
{
	const struct fixture *fixture = context;
	struct correlate *engine = start(fixture);
	int64_t begin_ns = bench_cpu_ns();

	for (unsigned i = 0; i < fixture->results; i++) {
		correlate_result(engine, &fixture->result[i], fixture->result[i].at);
	}
	return (double)(bench_cpu_ns() - begin_ns) / fixture->results;
}

static double
ring_ns(void *context)
{
	const struct fixture *fixture = context;
	int64_t begin_ns = bench_cpu_ns();

	for (unsigned i = 0; i < fixture->results; i++) {
		const struct evidence *result = &fixture->result[i];
		struct series *at =
		    &fixture->series[(unsigned)result->agent * PROBES + result->probe];

		at->ring[at->at++ % SERIES_RING] = *result;
	}
	return (double)(bench_cpu_ns() - begin_ns) / fixture->results;
}

static void
print(const struct bench *bench, const char *name, double value, double baseline,
    const char *note)
{
	bench_print(bench, &(struct bench_row){.name = name,
			       .value = value,
			       .unit = "ns",
			       .baseline = baseline,
			       .note = note});
}

int
main(int argc, char **argv)
{
	struct bench bench = bench_start(argc, argv);
	struct fixture fixture = {.topology = make_topology(),
	    .results = bench_count(&bench, RESULTS, RESULTS_QUICK)};
	double baseline;

	fixture.memory_bytes = correlate_bytes(&fixture.topology);
	fixture.series = calloc((size_t)AGENTS * PROBES, sizeof(*fixture.series));
	fixture.result = calloc(RESULTS, sizeof(*fixture.result));
	fixture.memory = malloc(fixture.memory_bytes);
	if (fixture.series == NULL || fixture.result == NULL ||
	    fixture.memory == NULL) {
		bench_fail("results", "no memory");
	}
	make_results(fixture.result);
	baseline = bench_median_of(&bench, ring_ns, &fixture);
	print(&bench, "correlate_per_result",
	    bench_median_of(&bench, weighing_ns, &fixture), baseline,
	    "30 regions, 100 agents, 20 targets; beside keeping the result in a ring "
	    "of its series");
	print(&bench, "correlate_per_result_decided",
	    bench_median_of(&bench, decided_ns, &fixture), baseline,
	    "the same with a decision after each failure (1 %) and each bucket");
	bench_print(&bench,
	    &(struct bench_row){.name = "correlate_memory",
		.value = (double)fixture.memory_bytes / (1 << 20),
		.unit = "MiB",
		.baseline =
		    (double)AGENTS * PROBES * sizeof(*fixture.series) / (1 << 20),
		.note = "for 30 regions, 100 agents, 20 targets; beside the rings"});
	free(fixture.memory);
	free(fixture.result);
	free(fixture.series);
	return 0;
}
