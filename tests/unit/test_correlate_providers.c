/* Targets that share a provider: what they share is one incident, what they do not is not.
 * Two providers of two targets, or of three and one; the fleet of the scenario suite. */
#include "tests/support/world.h"

enum {
	SEEDS = 10,
	FIRST_SEED = 5001,
	EXPECTED = 2
};

#define AT     960.0
#define A      (1U << WITNESS_TARGET)
#define H      (1U << WITNESS_FREE)
#define C      (1U << WITNESS_CONTROL)
#define MINUTE 60.0

/* A finding as it is told last before it closes. */
struct expectation {
	enum verdict verdict; /* HEALTHY: none */
	enum scope_kind scope;
	unsigned index; /* the target, for SCOPE_TARGET */
	uint64_t targets;
};

struct scenario {
	const char *name;
	unsigned first_len; /* targets of the first provider */
	void (*make)(struct world *world, double at);
	struct expectation expected[EXPECTED];
	unsigned pages;
	double
	    delay_max; /* until the last expected one is told so for the first time */
	unsigned tolerated; /* runs that may end otherwise: chance can do it */
};

static struct world_effect *
fault(struct world *world, double from, double until, double rate, unsigned witnesses,
    int target)
{
	struct world_effect *effect = world_add(world, from, until, rate, witnesses);

	effect->target = target;
	world->end =
	    until + 20 * MINUTE > world->end ? until + 20 * MINUTE : world->end;
	return effect;
}

static void
api_fault(struct world *world, double from, double until, double rate, int target)
{
	struct world_effect *effect = fault(world, from, until, rate, A | H, target);

	effect->share[SYMPTOM_ERROR] = 500;
	effect->share[SYMPTOM_GATEWAY] = 350;
	effect->share[SYMPTOM_TIMEOUT] = 150;
}

static void
one_symptom(struct world *world, double at, double rate, unsigned witnesses,
    enum symptom symptom, int target)
{
	fault(world, at, at + 30 * MINUTE, rate, witnesses, target)->share[symptom] =
	    1000;
}

static void
make_provider_down(struct world *world, double at)
{
	api_fault(world, at, at + 30 * MINUTE, 0.99, 0);
	api_fault(world, at, at + 30 * MINUTE, 0.99, 1);
}

static void
make_target_down(struct world *world, double at)
{
	api_fault(world, at, at + 30 * MINUTE, 0.99, 1);
}

static void
make_edge_down(struct world *world, double at)
{
	one_symptom(world, at, 0.98, A | H, SYMPTOM_CONNECT, 0);
	one_symptom(world, at, 0.98, A | H, SYMPTOM_CONNECT, 1);
}

static void
make_dns_gone(struct world *world, double at)
{
	one_symptom(world, at, 0.98, A | H, SYMPTOM_DNS, 2);
	one_symptom(world, at, 0.98, A | H, SYMPTOM_DNS, 3);
}

static void
make_region(struct world *world, double at)
{
	for (int t = 0; t < 4; t++) {
		one_symptom(world, at, 0.98, A | H, SYMPTOM_CONNECT, t);
	}
	one_symptom(world, at, 0.98, C, SYMPTOM_FAIL, -1);
	for (unsigned i = 0; i < world->effects; i++) {
		world->effect[i].agents = world_region_agents(world, 3);
	}
}

static void
make_model_and_slow(struct world *world, double at)
{
	one_symptom(world, at, 0.98, A, SYMPTOM_MODEL, 0);
	for (int t = 1; t < 3; t++) {
		one_symptom(world, at, 0.9, A, SYMPTOM_SLOW, t);
	}
}

static void
make_unrelated(struct world *world, double at)
{
	api_fault(world, at, at + 30 * MINUTE, 0.99, 0);
	one_symptom(world, at, 0.98, A, SYMPTOM_MODEL, 1);
}

static void
make_follows(struct world *world, double at)
{
	api_fault(world, at, at + 40 * MINUTE, 0.99, 0);
	api_fault(world, at + 10 * MINUTE, at + 40 * MINUTE, 0.99, 1);
}

static void
make_one_stays(struct world *world, double at)
{
	api_fault(world, at, at + 40 * MINUTE, 0.99, 0);
	api_fault(world, at, at + 15 * MINUTE, 0.99, 1);
}

static void
make_partial(struct world *world, double at)
{
	api_fault(world, at, at + 60 * MINUTE, 0.30, 0);
	api_fault(world, at, at + 60 * MINUTE, 0.30, 1);
}

static void
make_two_providers(struct world *world, double at)
{
	api_fault(world, at, at + 30 * MINUTE, 0.99, 1);
	api_fault(world, at, at + 30 * MINUTE, 0.99, 3);
}

static void
make_three_down(struct world *world, double at)
{
	for (int t = 0; t < 3; t++) {
		api_fault(world, at, at + 30 * MINUTE, 0.99, t);
	}
}

static void
make_back_and_forth(struct world *world, double at)
{
	make_provider_down(world, at);
	api_fault(world, at + 45 * MINUTE, at + 55 * MINUTE, 0.99, 0);
	api_fault(world, at + 45 * MINUTE, at + 55 * MINUTE, 0.99, 1);
}

#define NOBODY                                                                         \
	{                                                                              \
		VERDICT_HEALTHY, SCOPE_TARGET, 0, 0                                    \
	}

static const struct scenario scenarios[] = {
    {"provider down", 2, make_provider_down,
	{{VERDICT_UPSTREAM_OUTAGE, SCOPE_PROVIDER, 0, 3}, NOBODY}, 1, 100, 0},
    {"one target down", 2, make_target_down,
	{{VERDICT_UPSTREAM_OUTAGE, SCOPE_TARGET, 1, 0}, NOBODY}, 1, 100, 0},
    {"their edge", 2, make_edge_down,
	{{VERDICT_UPSTREAM_EDGE, SCOPE_PROVIDER, 0, 3}, NOBODY}, 1, 120, 0},
    {"their DNS", 2, make_dns_gone,
	{{VERDICT_UPSTREAM_DNS, SCOPE_PROVIDER, 1, 12}, NOBODY}, 1, 120, 0},
    {"network of a region", 2, make_region,
	{{VERDICT_REGION_NETWORK, SCOPE_REGION, 3, 0}, NOBODY}, 1, 150, 0},
    {"model gone, others slow", 3, make_model_and_slow,
	{{VERDICT_MODEL_GONE, SCOPE_TARGET, 0, 0},
	    {VERDICT_UPSTREAM_LATENCY, SCOPE_PROVIDER, 0, 6}},
	2, 300, 1},
    {"unrelated faults", 2, make_unrelated,
	{{VERDICT_UPSTREAM_OUTAGE, SCOPE_TARGET, 0, 0},
	    {VERDICT_MODEL_GONE, SCOPE_TARGET, 1, 0}},
	2, 200, 0},
    {"one follows", 2, make_follows,
	{{VERDICT_UPSTREAM_OUTAGE, SCOPE_PROVIDER, 0, 3}, NOBODY}, 1, 720, 0},
    {"one stays", 2, make_one_stays,
	{{VERDICT_UPSTREAM_OUTAGE, SCOPE_TARGET, 0, 0}, NOBODY}, 1, 1300, 0},
    {"partial", 2, make_partial,
	{{VERDICT_UPSTREAM_PARTIAL, SCOPE_PROVIDER, 0, 3}, NOBODY}, 1, 500, 0},
    {"one of each provider", 2, make_two_providers,
	{{VERDICT_UPSTREAM_OUTAGE, SCOPE_TARGET, 1, 0},
	    {VERDICT_UPSTREAM_OUTAGE, SCOPE_TARGET, 3, 0}},
	2, 120, 0},
    {"three down", 3, make_three_down,
	{{VERDICT_UPSTREAM_OUTAGE, SCOPE_PROVIDER, 0, 7}, NOBODY}, 1, 120, 0},
    {"two of three down", 3, make_provider_down,
	{{VERDICT_UPSTREAM_OUTAGE, SCOPE_TARGET, 0, 0},
	    {VERDICT_UPSTREAM_OUTAGE, SCOPE_TARGET, 1, 0}},
	2, 150, 1},
    {"down twice", 2, make_back_and_forth,
	{{VERDICT_UPSTREAM_OUTAGE, SCOPE_PROVIDER, 0, 3}, NOBODY}, 1, 100, 0},
};

static bool
fits(const struct expectation *expected, const struct finding *finding)
{
	bool is_target = expected->scope == SCOPE_TARGET;

	return finding->verdict == expected->verdict &&
	       finding->scope.kind == expected->scope &&
	       (is_target ? finding->scope.target == expected->index
			  : finding->scope.index == expected->index) &&
	       finding->targets == expected->targets;
}

/* When the expected one was told for the first time, -1 = never. */
static double
told_at(const struct expectation *expected, const struct world *world)
{
	for (size_t i = 0; i < world->change_len; i++) {
		if (fits(expected, &world->change[i].change.finding)) {
			return world->change[i].at;
		}
	}
	return -1;
}

/* Whatever ends must have had an expected name when it did. */
static bool
ends_well(const struct scenario *scenario, const struct world *world)
{
	unsigned open = 0;

	for (size_t i = 0; i < world->change_len; i++) {
		const struct finding_change *change = &world->change[i].change;

		open += change->event == FINDING_OPENED ||
			change->event == FINDING_REOPENED;
		if (change->event != FINDING_CLOSED) {
			continue;
		}
		open--;
		if (!fits(&scenario->expected[0], &change->finding) &&
		    !fits(&scenario->expected[1], &change->finding)) {
			return false;
		}
	}
	return open == 0;
}

static unsigned
count_pages(const struct world *world)
{
	unsigned pages = 0;

	for (size_t i = 0; i < world->change_len; i++) {
		const struct finding_change *change = &world->change[i].change;

		pages += change->event == FINDING_OPENED &&
			 verdict_level(change->finding.verdict) > LEVEL_INFO;
	}
	return pages;
}

static void
print_run(const struct scenario *scenario, const struct world *world, uint64_t seed,
    double at)
{
	printf("  %s, seed %u: NOT as expected\n", scenario->name, (unsigned)seed);
	for (size_t i = 0; i < world->change_len; i++) {
		world_print(&world->change[i], at);
	}
}

static unsigned
run_seed(const struct scenario *scenario, uint64_t seed, double *out_delay)
{
	struct world *world = world_suite(seed);
	double at = AT + 120 * world_random(world);
	bool is_good;

	world->targets = 4;
	for (unsigned t = 0; t < 4; t++) {
		world->provider[t] = t < scenario->first_len ? "one" : "two";
	}
	scenario->make(world, at);
	world_open(world);
	world_run(world, 0, world->end);
	*out_delay = 0;
	is_good = count_pages(world) == scenario->pages && ends_well(scenario, world);
	for (unsigned i = 0; i < EXPECTED; i++) {
		double told = told_at(&scenario->expected[i], world);

		if (scenario->expected[i].verdict != VERDICT_HEALTHY) {
			is_good = is_good && told >= 0;
			*out_delay = told - at > *out_delay ? told - at : *out_delay;
		}
	}
	is_good = is_good && *out_delay <= scenario->delay_max;
	if (!is_good) {
		print_run(scenario, world, seed, at);
	}
	world_close(world);
	return is_good ? 0 : 1;
}

static int
compare(const void *a, const void *b)
{
	double one = *(const double *)a;
	double two = *(const double *)b;

	return one < two ? -1 : one > two;
}

static void
test_scenarios(void **state)
{
	unsigned all_bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
		double delay[SEEDS];
		unsigned bad = 0;

		for (unsigned seed = 0; seed < SEEDS; seed++) {
			bad += run_seed(&scenarios[i], FIRST_SEED + seed, &delay[seed]);
		}
		all_bad += bad > scenarios[i].tolerated ? bad : 0;
		qsort(delay, SEEDS, sizeof(double), compare);
		printf("  %-28s told so after %5.0f s, at most %5.0f s\n",
		    scenarios[i].name, delay[SEEDS / 2], delay[SEEDS - 1]);
	}
	assert_int_equal(all_bad, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_scenarios),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
