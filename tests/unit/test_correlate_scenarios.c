/* The scenario suite of the method: 5 regions x 2 agents, two keys alternating, regions
 * {0,1} and {2,4} sharing a domain, serving regions {0,1} {2,3} {4}, one target, rounds of
 * three controls. For every fault: the right verdict, in time, once, and nothing else. */
#include "tests/support/world.h"

enum {
	SEEDS = 40,
	EXPECTED = 2,
	FIRST_SEED = 5001
};

#define AT     960.0
#define A      (1U << WITNESS_TARGET)
#define H      (1U << WITNESS_FREE)
#define C      (1U << WITNESS_CONTROL)
#define MINUTE 60.0

struct expectation {
	enum verdict verdict;
	enum verdict or_verdict; /* also right; HEALTHY: none */
	enum scope_kind scope;
	unsigned index;
};

struct scenario {
	const char *name;
	void (*make)(struct world *world, double at);
	struct expectation expected[EXPECTED];
	unsigned pages;
	double delay_max;    /* to the first expected verdict */
	bool may_be_updated; /* a wrong first name that is corrected is not refused */
	unsigned tolerated;  /* runs that may end otherwise: chance can do it */
};

static struct world_effect *
app_fault(struct world *world, double from, double until, double rate)
{
	struct world_effect *effect = world_add(world, from, until, rate, A);

	effect->share[SYMPTOM_ERROR] = 600;
	effect->share[SYMPTOM_TIMEOUT] = 250;
	effect->share[SYMPTOM_GATEWAY] = 150;
	return effect;
}

static struct world_effect *
api_fault(struct world *world, double from, double until, double rate)
{
	struct world_effect *effect = world_add(world, from, until, rate, A | H);

	effect->share[SYMPTOM_ERROR] = 500;
	effect->share[SYMPTOM_GATEWAY] = 350;
	effect->share[SYMPTOM_TIMEOUT] = 150;
	return effect;
}

static void
net_fault(struct world *world, double from, double until, double rate, uint64_t agents)
{
	struct world_effect *effect = world_add(world, from, until, rate, A | H);

	effect->agents = agents;
	effect->share[SYMPTOM_CONNECT] = 700;
	effect->share[SYMPTOM_DNS] = 200;
	effect->share[SYMPTOM_TIMEOUT] = 100;
	effect = world_add(world, from, until, rate, C);
	effect->agents = agents;
	effect->share[SYMPTOM_FAIL] = 1000;
}

static void
one_symptom(struct world *world, double at, double rate, unsigned witnesses,
    enum symptom symptom)
{
	world_add(world, at, at + 30 * MINUTE, rate, witnesses)->share[symptom] = 1000;
	world->end = at + 50 * MINUTE;
}

static void
make_s01(struct world *world, double at)
{
	(void)app_fault(world, at, at + 30 * MINUTE, 0.99);
	world->page_from = at + 16 * MINUTE;
	world->end = at + 50 * MINUTE;
}

static void
make_s02(struct world *world, double at)
{
	(void)api_fault(world, at, at + 30 * MINUTE, 0.99);
	world->end = at + 50 * MINUTE;
}

static void
make_s03(struct world *world, double at)
{
	(void)app_fault(world, at, at + 30 * MINUTE, 0.99);
	world->page_says_clear = true;
	world->end = at + 50 * MINUTE;
}

static void
make_s04(struct world *world, double at)
{
	(void)app_fault(world, at, at + 60 * MINUTE, 0.3);
	world->end = at + 85 * MINUTE;
}

static void
make_s07(struct world *world, double at)
{
	struct world_effect *effect = world_add(world, at, at + 45 * MINUTE, 0.6, A);

	effect->share[SYMPTOM_SLOW] = 950;
	effect->share[SYMPTOM_TIMEOUT] = 50;
	world->end = at + 65 * MINUTE;
}

static void
make_s08(struct world *world, double at)
{
	net_fault(world, at, at + 30 * MINUTE, 0.98, world_region_agents(world, 3));
	world->end = at + 50 * MINUTE;
}

static void
make_s09(struct world *world, double at)
{
	net_fault(world, at, at + 45 * MINUTE, 0.4, world_region_agents(world, 1));
	world->end = at + 65 * MINUTE;
}

static void
make_s10(struct world *world, double at)
{
	net_fault(world, at, at + 30 * MINUTE, 0.98,
	    world_region_agents(world, 2) | world_region_agents(world, 4));
	world->end = at + 50 * MINUTE;
}

static void
make_s12(struct world *world, double at)
{
	api_fault(world, at, at + 30 * MINUTE, 0.97)->agents =
	    world_region_agents(world, 2) | world_region_agents(world, 3);
	world->end = at + 50 * MINUTE;
}

static void
make_s13(struct world *world, double at)
{
	struct world_effect *effect =
	    world_add(world, at, at + 30 * MINUTE, 0.97, A | H);

	effect->agents = world_region_agents(world, 4);
	effect->share[SYMPTOM_CONNECT] = 800;
	effect->share[SYMPTOM_TIMEOUT] = 200;
	world->end = at + 50 * MINUTE;
}

static void
make_s14(struct world *world, double at)
{
	struct world_effect *effect =
	    world_add(world, at, at + 30 * MINUTE, 0.98, A | H);

	effect->share[SYMPTOM_CONNECT] = 700;
	effect->share[SYMPTOM_GATEWAY] = 300;
	world->end = at + 50 * MINUTE;
}

static void
make_s15(struct world *world, double at)
{
	one_symptom(world, at, 0.97, A | H, SYMPTOM_DNS);
}

static void
make_s16(struct world *world, double at)
{
	struct world_effect *effect =
	    world_add(world, at, at + 30 * MINUTE, 0.98, A | H);

	effect->agents = 1U << 5;
	effect->share[SYMPTOM_LOCAL] = 600;
	effect->share[SYMPTOM_CONNECT] = 250;
	effect->share[SYMPTOM_DNS] = 150;
	effect = world_add(world, at, at + 30 * MINUTE, 0.98, C);
	effect->agents = 1U << 5;
	effect->share[SYMPTOM_FAIL] = 1000;
	world->end = at + 50 * MINUTE;
}

static void
make_s17(struct world *world, double at)
{
	one_symptom(world, at, 1.0, A | H, SYMPTOM_KEY);
	world->effect[0].agents = 0x155;
}

static void
make_s18(struct world *world, double at)
{
	one_symptom(world, at, 0.97, A | H, SYMPTOM_KEY);
}

static void
make_s19(struct world *world, double at)
{
	one_symptom(world, at, 0.9, A | H, SYMPTOM_RATE);
}

static void
make_s21(struct world *world, double at)
{
	one_symptom(world, at, 0.8, A, SYMPTOM_REFUSED);
}

static void
make_s22(struct world *world, double at)
{
	one_symptom(world, at, 1.0, A, SYMPTOM_MODEL);
}

static void
make_s23(struct world *world, double at)
{
	one_symptom(world, at, 0.8, A, SYMPTOM_BAD);
}

static void
make_s24(struct world *world, double at)
{
	world->page_from = at;
	world->end = at + 90 * MINUTE;
}

static void
make_s26(struct world *world, double at)
{
	for (unsigned i = 0; i < 10; i++) {
		(void)app_fault(world, at + i * 180, at + i * 180 + 90, 0.99);
	}
	world->end = at + 55 * MINUTE;
}

static void
make_s27(struct world *world, double at)
{
	(void)app_fault(world, at, at + 10 * MINUTE, 0.99);
	(void)app_fault(world, at + 20 * MINUTE, at + 30 * MINUTE, 0.99);
	world->end = at + 55 * MINUTE;
}

static void
make_s28(struct world *world, double at)
{
	(void)api_fault(world, at, at + 15, 0.9);
	world->end = at + 30 * MINUTE;
}

static void
make_s29(struct world *world, double at)
{
	world->end = at + 180 * MINUTE;
}

static void
cut_off(struct world *world, double from, double until, uint64_t agents)
{
	world->part[world->parts++] =
	    (struct world_part){.from = from, .until = until, .agents = agents};
}

static void
make_s31(struct world *world, double at)
{
	cut_off(world, at, at + 12 * MINUTE, UINT64_MAX);
	world->end = at + 40 * MINUTE;
}

static void
make_s32(struct world *world, double at)
{
	cut_off(world, at, at + 10 * MINUTE, world_region_agents(world, 1));
	world->end = at + 40 * MINUTE;
}

static void
make_s33(struct world *world, double at)
{
	cut_off(world, at, at + 700, world_region_agents(world, 1));
	net_fault(world, at, at + 500, 1.0, world_region_agents(world, 1));
	world->end = at + 40 * MINUTE;
}

static void
make_s37(struct world *world, double at)
{
	one_symptom(world, at, 0.98, C, SYMPTOM_FAIL);
}

static void
make_s38(struct world *world, double at)
{
	net_fault(world, at, at + 40 * MINUTE, 0.98, world_region_agents(world, 3));
	(void)app_fault(world, at + 10 * MINUTE, at + 40 * MINUTE, 0.99);
	world->end = at + 60 * MINUTE;
}

static void
make_s41(struct world *world, double at)
{
	one_symptom(world, at, 1.0, A | H, SYMPTOM_KEY);
	world->effect[0].agents = 0x2aa;
	net_fault(world, at, at + 30 * MINUTE, 0.98, world_region_agents(world, 0));
}

static void
make_s43(struct world *world, double at)
{
	one_symptom(world, at, 1.0, A | H, SYMPTOM_KEY);
	world->effect[0].agents = world_region_agents(world, 2);
}

static void
make_s46(struct world *world, double at)
{
	(void)app_fault(world, at, at + 40 * MINUTE, 0.99);
	net_fault(world, at + 10 * MINUTE, at + 40 * MINUTE, 0.98,
	    world_region_agents(world, 3));
	world->end = at + 60 * MINUTE;
}

#define UP      VERDICT_UPSTREAM_OUTAGE, VERDICT_UPSTREAM_PARTIAL, SCOPE_TARGET, 0
#define ONLY(v) v, VERDICT_HEALTHY

static const struct scenario scenarios[] = {
    {"S01 app outage, page late", make_s01, {{UP}}, 1, 150, false, 0},
    {"S02 API front end", make_s02, {{UP}}, 1, 80, false, 0},
    {"S03 page says all good", make_s03, {{UP}}, 1, 150, false, 0},
    {"S04 30 % partial", make_s04, {{UP}}, 1, 660, false, 0},
    {"S07 slow only", make_s07, {{ONLY(VERDICT_UPSTREAM_LATENCY), SCOPE_TARGET, 0}}, 1,
	300, false, 0},
    {"S08 region down", make_s08, {{ONLY(VERDICT_REGION_NETWORK), SCOPE_REGION, 3}}, 1,
	150, false, 0},
    {"S09 region 40 % loss", make_s09,
	{{ONLY(VERDICT_REGION_NETWORK), SCOPE_REGION, 1}}, 1, 540, false, 0},
    {"S10 two regions of one domain", make_s10,
	{{ONLY(VERDICT_SHARED_PATH), SCOPE_DOMAIN, 1}}, 1, 110, false, 0},
    {"S12 serving region out", make_s12,
	{{ONLY(VERDICT_UPSTREAM_REGIONAL), SCOPE_SERVING, 1}}, 1, 150, true, 0},
    {"S13 path of one region", make_s13, {{ONLY(VERDICT_PATH), SCOPE_REGION, 4}}, 1,
	300, false, 0},
    {"S14 edge down", make_s14, {{ONLY(VERDICT_UPSTREAM_EDGE), SCOPE_TARGET, 0}}, 1,
	120, false, 0},
    {"S15 their DNS", make_s15, {{ONLY(VERDICT_UPSTREAM_DNS), SCOPE_TARGET, 0}}, 1, 100,
	false, 0},
    {"S16 one agent broken", make_s16, {{ONLY(VERDICT_AGENT_FAULT), SCOPE_AGENT, 5}}, 1,
	450, false, 0},
    {"S17 one key expired", make_s17, {{ONLY(VERDICT_CREDENTIAL), SCOPE_KEY, 0}}, 1,
	100, false, 0},
    {"S18 every key refused", make_s18,
	{{ONLY(VERDICT_UPSTREAM_AUTH), SCOPE_TARGET, 0}}, 1, 100, true, 0},
    {"S19 429 everywhere", make_s19, {{ONLY(VERDICT_RATE_LIMITED), SCOPE_TARGET, 0}}, 0,
	300, false, 0},
    {"S21 refusals", make_s21, {{ONLY(VERDICT_REFUSALS), SCOPE_TARGET, 0}}, 0, 400,
	false, 0},
    {"S22 model gone", make_s22, {{ONLY(VERDICT_MODEL_GONE), SCOPE_TARGET, 0}}, 1, 120,
	false, 0},
    {"S23 200 without image", make_s23,
	{{ONLY(VERDICT_UPSTREAM_BAD_ANSWERS), SCOPE_TARGET, 0}}, 1, 180, false, 0},
    {"S24 page alone", make_s24, {{ONLY(VERDICT_HEALTHY), SCOPE_TARGET, 0}}, 0, 0,
	false, 0},
    {"S26 flapping", make_s26, {{UP}}, 1, 240, false, 0},
    {"S27 two outages", make_s27, {{UP}}, 1, 150, false, 0},
    {"S28 blip", make_s28, {{ONLY(VERDICT_HEALTHY), SCOPE_TARGET, 0}}, 0, 0, false, 1},
    {"S29 healthy", make_s29, {{ONLY(VERDICT_HEALTHY), SCOPE_TARGET, 0}}, 0, 0, false,
	0},
    {"S31 everybody silent", make_s31, {{ONLY(VERDICT_NO_DATA), SCOPE_FLEET, 0}}, 1,
	230, false, 0},
    {"S32 region silent", make_s32, {{ONLY(VERDICT_NO_DATA), SCOPE_REGION, 1}}, 1, 230,
	false, 0},
    {"S33 silent, past fault", make_s33,
	{{ONLY(VERDICT_NO_DATA), SCOPE_REGION, 1},
	    {ONLY(VERDICT_REGION_NETWORK), SCOPE_REGION, 1}},
	1, 230, false, 0},
    {"S37 controls down", make_s37, {{ONLY(VERDICT_CONTROL_FAULT), SCOPE_FLEET, 0}}, 0,
	200, false, 0},
    {"S38 region, then app", make_s38,
	{{ONLY(VERDICT_REGION_NETWORK), SCOPE_REGION, 3}, {UP}}, 2, 150, false, 0},
    {"S41 key and region", make_s41,
	{{ONLY(VERDICT_CREDENTIAL), SCOPE_KEY, 1},
	    {ONLY(VERDICT_REGION_NETWORK), SCOPE_REGION, 0}},
	2, 150, false, 0},
    {"S43 region refused", make_s43,
	{{ONLY(VERDICT_LOCATION_BLOCKED), SCOPE_REGION, 2}}, 1, 240, false, 0},
    {"S46 app, then region", make_s46,
	{{UP}, {ONLY(VERDICT_REGION_NETWORK), SCOPE_REGION, 3}}, 2, 150, false, 0},
};

static bool
fits(const struct expectation *expected, const struct finding *finding)
{
	return (finding->verdict == expected->verdict ||
		   (expected->or_verdict != VERDICT_HEALTHY &&
		       finding->verdict == expected->or_verdict)) &&
	       finding->scope.kind == expected->scope &&
	       finding->scope.index == expected->index;
}

static bool
is_expected(const struct scenario *scenario, const struct finding *finding)
{
	for (unsigned i = 0; i < EXPECTED; i++) {
		if (scenario->expected[i].verdict != VERDICT_HEALTHY &&
		    fits(&scenario->expected[i], finding)) {
			return true;
		}
	}
	return false;
}

struct tally {
	double delay[SEEDS];
	unsigned runs;
	unsigned pages;
	unsigned updates;
	unsigned misnamed;
	unsigned bad;
	unsigned late;
};

static bool
is_page(const struct finding *finding)
{
	return verdict_level(finding->verdict) > LEVEL_INFO && !finding->is_past;
}

static void
count_change(const struct scenario *scenario, const struct finding_change *change,
    struct tally *tally)
{
	bool is_new = change->event == FINDING_OPENED;
	bool is_named = change->event != FINDING_CLOSED;

	tally->pages += is_new && is_page(&change->finding) ? 1 : 0;
	tally->updates += change->event == FINDING_UPDATED ? 1 : 0;
	tally->misnamed += is_named && !is_expected(scenario, &change->finding) ? 1 : 0;
}

static bool
was_seen(const struct expectation *expected, const struct world *world)
{
	for (size_t i = 0; i < world->change_len; i++) {
		if (fits(expected, &world->change[i].change.finding)) {
			return true;
		}
	}
	return expected->verdict == VERDICT_HEALTHY;
}

/* One run: counts pages and wrong names, returns the delay or -1. */
static double
judge(const struct scenario *scenario, const struct world *world, double at,
    struct tally *tally)
{
	double delay = -1;

	for (size_t i = 0; i < world->change_len; i++) {
		const struct finding_change *change = &world->change[i].change;

		count_change(scenario, change, tally);
		if (delay < 0 && is_expected(scenario, &change->finding)) {
			delay = world->change[i].at - at;
		}
	}
	for (unsigned i = 0; i < EXPECTED; i++) {
		if (!was_seen(&scenario->expected[i], world)) {
			return -1;
		}
	}
	return delay < 0 ? 0 : delay;
}

static void
run_seed(const struct scenario *scenario, uint64_t seed, struct tally *tally)
{
	struct world *world = world_suite(seed);
	double at = AT + 120 * world_random(world);
	unsigned pages = tally->pages;
	unsigned misnamed = tally->misnamed;
	double delay;
	bool good;

	world->end = at;
	scenario->make(world, at);
	world_open(world);
	world_run(world, 0, world->end);
	delay = judge(scenario, world, at, tally);
	tally->late += delay > scenario->delay_max ? 1 : 0;
	good = delay >= 0 && tally->pages - pages == scenario->pages &&
	       (tally->misnamed == misnamed || scenario->may_be_updated);
	if (!good) {
		tally->bad++;
		printf("  %s seed %u: NOT as expected (delay %.0f)\n", scenario->name,
		    (unsigned)seed, delay);
		for (size_t i = 0; i < world->change_len; i++) {
			world_print(&world->change[i], at);
		}
	}
	tally->delay[tally->runs++] = delay;
	world_close(world);
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
	unsigned bad = 0;
	unsigned seeds = test_effort(SEEDS);

	(void)state;
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
		struct tally tally = {0};

		for (unsigned seed = 0; seed < seeds; seed++) {
			run_seed(&scenarios[i], FIRST_SEED + seed, &tally);
		}
		qsort(tally.delay, tally.runs, sizeof(double), compare);
		printf(
		    "  %-32s delay median %5.0f max %5.0f s  pages %u/%u  updates %u  "
		    "misnamed %u\n",
		    scenarios[i].name, tally.delay[tally.runs / 2],
		    tally.delay[tally.runs - 1], tally.pages,
		    scenarios[i].pages * tally.runs, tally.updates, tally.misnamed);
		bad += tally.bad > scenarios[i].tolerated ? tally.bad : 0;
		bad += tally.late * 20 > tally.runs + 19 ? 1 : 0; /* 95 % in time */
	}
	assert_int_equal(bad, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_scenarios),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
