/* planner: who comes after whom, phases, and versions that are the content. */
#include "tests/support/test.h"

#include "collector/core/planner.h"
#include "common/core/rng.h"

#include <assert.h>

#define AGENTS UINT16_C(64)
#define PROBES UINT16_C(6)
#define MEMORY ((size_t)4 << 20)

/* A fleet of the shape a test asks for. */
struct world {
	struct collector_conf conf;
	struct topology_region region[LIMIT_REGIONS];
	struct topology_agent agent[LIMIT_AGENTS];
	struct topology_target target[1];
	struct topology_probe probe[PROBES];
	struct probe_conf probe_conf[PROBES];
	uint16_t key_of[LIMIT_AGENTS];
	uint16_t serving_of[LIMIT_REGIONS];
};

static struct world world;
static unsigned char memory[MEMORY];
static unsigned char plan_memory[1 << 16];

static void
world_init(uint16_t regions, uint16_t domains, uint16_t agents, uint16_t keys)
{
	static const char *const series[PROBES] = {
	    "t/a", "t/b", "t/c", "control/a", "control/b", "source/a"};
	struct topology *topology = &world.conf.topology;

	assert(regions > 0);
	memset(&world, 0, sizeof(world));
	for (uint16_t i = 0; i < regions; i++) {
		world.region[i].name = "r";
		world.region[i].domain = TOPOLOGY_NONE;
		if (domains != 0) {
			world.region[i].domain = (uint16_t)(i % domains);
		}
	}
	for (uint16_t i = 0; i < agents; i++) {
		world.agent[i] = (struct topology_agent){
		    .name = "a", .region = (uint16_t)(i % regions)};
		world.key_of[i] = TOPOLOGY_NONE;
		if (keys != 0) {
			world.key_of[i] =
			    (uint16_t)((i / regions + i % regions) % keys);
		}
	}
	for (uint16_t i = 0; i < PROBES; i++) {
		world.probe[i].series = series[i];
		world.probe[i].target = i < 3 ? 0 : TOPOLOGY_NONE;
		world.probe[i].interval_ms = 60000;
		world.probe_conf[i] = (struct probe_conf){
		    .plan =
			{
			    .series = series[i],
			    .url = "u",
			    .model = "",
			    .key = "",
			    .prompt = "",
			    .size = "",
			    .products = "",
			    .interval_ms = 60000,
			},
		    .region_mask = UINT64_MAX,
		};
	}
	topology->region = world.region;
	topology->region_len = regions;
	topology->domain_len = domains;
	topology->agent = world.agent;
	topology->agent_len = agents;
	topology->target = world.target;
	topology->target_len = 1;
	topology->key_len = keys;
	topology->probe = world.probe;
	topology->probe_len = PROBES;
	topology->key_of = world.key_of;
	topology->serving_of = world.serving_of;
	world.conf.probe = world.probe_conf;
}

static struct planner *
new_planner(void)
{
	struct planner *planner;
	struct arena arena;

	assert_true(planner_bytes(&world.conf) <= MEMORY);
	/* exactly what was asked for has to do */
	arena_init(&arena, memory, planner_bytes(&world.conf));
	planner = planner_init(&arena, &world.conf);
	assert_non_null(planner);
	return planner;
}

static struct plan
make(const struct planner *planner, uint16_t agent)
{
	struct arena arena;

	arena_init(&arena, plan_memory, planner_plan_bytes(planner));
	return planner_make(planner, agent, &arena);
}

/* The agents in the order in which they run probe `series`. */
static uint16_t
order_of(const struct planner *planner, const char *series, uint16_t *order)
{
	uint32_t phase[LIMIT_AGENTS];
	uint16_t len = 0;

	for (uint16_t i = 0; i < world.conf.topology.agent_len; i++) {
		struct plan plan = make(planner, i);

		for (size_t j = 0; j < plan.len; j++) {
			uint16_t at = len;

			if (strcmp(plan.probe[j].series, series) != 0) {
				continue;
			}
			assert_true(plan.probe[j].phase_ms < plan.probe[j].interval_ms);
			for (; at > 0 && phase[at - 1] > plan.probe[j].phase_ms; at--) {
				phase[at] = phase[at - 1];
				order[at] = order[at - 1];
			}
			phase[at] = plan.probe[j].phase_ms;
			order[at] = i;
			len++;
		}
	}
	for (uint16_t i = 1; i < len; i++) {
		assert_true(phase[i] > phase[i - 1]);
	}
	return len;
}

/* Pairs of neighbours, the last and the first too, that share region, domain or key. */
struct shared {
	unsigned region;
	unsigned domain;
	unsigned key;
};

static struct shared
count_shared(const uint16_t *order, uint16_t len)
{
	struct shared shared = {0};

	for (uint16_t i = 0; i < len; i++) {
		uint16_t a = order[i];
		uint16_t b = order[(i + 1) % len];
		uint16_t a_region = world.agent[a].region;
		uint16_t b_region = world.agent[b].region;

		shared.region += a_region == b_region ? 1 : 0;
		shared.domain +=
		    world.region[a_region].domain == world.region[b_region].domain ? 1
										   : 0;
		shared.key += world.key_of[a] == world.key_of[b] ? 1 : 0;
	}
	return shared;
}

static void
test_interleave(void **state)
{
	/* what must be reached; keys give way to domains, domains to regions */
	static const struct {
		uint16_t regions;
		uint16_t domains;
		uint16_t agents;
		uint16_t keys;
		struct shared most;
	} fleets[] = {
	    {2, 2, 4, 0, {0, 0, 4}},
	    {3, 3, 6, 6, {0, 0, 0}},
	    {3, 2, 6, 2, {0, 2, 0}}, /* as in the sample configuration */
	    {4, 2, 8, 2, {0, 0, 2}},
	    {5, 5, 10, 2, {0, 0, 0}},
	    {6, 3, 24, 3, {0, 0, 0}},
	    {1, 1, 4, 4, {4, 4, 0}},
	    {8, 4, 64, 8, {0, 0, 0}},
	};
	uint16_t order[LIMIT_AGENTS];

	(void)state;
	for (size_t i = 0; i < sizeof(fleets) / sizeof(fleets[0]); i++) {
		world_init(fleets[i].regions, fleets[i].domains, fleets[i].agents,
		    fleets[i].keys);
		uint16_t len = order_of(new_planner(), "t/a", order);
		struct shared shared = count_shared(order, len);

		assert_int_equal(len, fleets[i].agents);
		print_message(
		    "%u regions %u domains %u agents %u keys: shared %u %u %u\n",
		    fleets[i].regions, fleets[i].domains, fleets[i].agents,
		    fleets[i].keys, shared.region, shared.domain, shared.key);
		assert_true(shared.region <= fleets[i].most.region);
		assert_true(shared.domain <= fleets[i].most.domain);
		assert_true(shared.key <= fleets[i].most.key);
	}
}

/* A region with most of the agents is spread over the round, not left for its end. */
static void
test_lopsided(void **state)
{
	uint16_t order[LIMIT_AGENTS];

	(void)state;
	world_init(3, 3, 9, 0);
	for (uint16_t i = 0; i < 5; i++) {
		world.agent[i].region = 0;
	}
	for (uint16_t i = 5; i < 9; i++) {
		world.agent[i].region = i < 7 ? 1 : 2;
	}
	assert_int_equal(order_of(new_planner(), "t/a", order), 9);
	assert_true(count_shared(order, 9).region <= 1);
}

static void
test_mask(void **state)
{
	uint16_t order[LIMIT_AGENTS];
	struct planner *planner;

	(void)state;
	world_init(3, 3, 6, 2);
	world.probe_conf[1].region_mask = 2;
	world.probe_conf[2].region_mask = 0;
	planner = new_planner();
	assert_int_equal(order_of(planner, "t/a", order), 6);
	assert_int_equal(order_of(planner, "t/b", order), 2);
	assert_int_equal(world.agent[order[0]].region, 1);
	assert_int_equal(world.agent[order[1]].region, 1);
	assert_int_equal(order_of(planner, "t/c", order), 0);
	assert_int_equal(make(planner, 0).len, 4);
	assert_int_equal(make(planner, 1).len, 5);
}

/* Even gaps between the agents, and no two probes of an agent at the same instant. */
static void
test_phases(void **state)
{
	uint32_t phase[AGENTS];

	(void)state;
	world_init(4, 2, AGENTS, 2);
	const struct planner *planner = new_planner();

	for (uint16_t i = 0; i < AGENTS; i++) {
		struct plan plan = make(planner, i);

		assert_int_equal(plan.len, PROBES);
		phase[i] = plan.probe[0].phase_ms;
		for (size_t j = 0; j < plan.len; j++) {
			for (size_t k = 0; k < j; k++) {
				assert_int_not_equal(
				    plan.probe[j].phase_ms, plan.probe[k].phase_ms);
			}
		}
	}
	for (uint32_t slot = 0; slot < AGENTS; slot++) {
		unsigned found = 0;

		for (uint16_t i = 0; i < AGENTS; i++) {
			found += phase[i] == 60000 * slot / AGENTS ? 1 : 0;
		}
		assert_int_equal(found, 1);
	}
}

/* The controls of an interval are one round: an agent begins all of its own at once, and
 * with each other agents still take turns. */
static void
test_controls(void **state)
{
	uint16_t order[LIMIT_AGENTS];

	(void)state;
	world_init(4, 2, AGENTS, 2);
	for (uint16_t i = 1; i < 5; i++) {
		world.probe_conf[i].plan.role = ROLE_CONTROL;
	}
	world.probe_conf[1].region_mask = 5; /* not all have it, so it does not lead */
	world.probe_conf[2].plan.interval_ms = 30000;
	const struct planner *planner = new_planner();

	for (uint16_t i = 0; i < AGENTS; i++) {
		struct plan plan = make(planner, i);
		const struct plan_probe *b = &plan.probe[plan.len - 3];
		bool has_a = (5U >> world.agent[i].region & 1U) != 0;

		assert_int_equal(plan.len, has_a ? PROBES : PROBES - 1);
		assert_string_equal(b->series, "control/a");
		assert_string_equal(b[1].series, "control/b");
		assert_int_equal(b->phase_ms, b[1].phase_ms);
		assert_int_not_equal(b->phase_ms, plan.probe[0].phase_ms);
		assert_int_not_equal(b->phase_ms, b[2].phase_ms);
		assert_true(!has_a || plan.probe[1].phase_ms == b->phase_ms);
	}
	assert_int_equal(order_of(planner, "control/a", order), AGENTS);
	assert_int_equal(order_of(planner, "control/b", order), AGENTS);
	assert_int_equal(order_of(planner, "t/b", order), AGENTS / 2);
	assert_int_equal(order_of(planner, "t/c", order), AGENTS);
}

static const char *
or_kept(const char *text, const char *kept)
{
	return text != NULL ? text : kept;
}

/* `kept` with the one field that `change` sets. */
static struct plan_probe
changed_plan(const struct plan_probe *kept, const struct plan_probe *change)
{
	struct plan_probe plan = *kept;

	plan.series = or_kept(change->series, kept->series);
	plan.kind = change->kind;
	plan.role = change->role;
	plan.url = or_kept(change->url, kept->url);
	plan.model = or_kept(change->model, kept->model);
	plan.key = or_kept(change->key, kept->key);
	plan.prompt = or_kept(change->prompt, kept->prompt);
	plan.size = or_kept(change->size, kept->size);
	plan.products = or_kept(change->products, kept->products);
	plan.interval_ms += change->interval_ms;
	plan.timeout_ms = change->timeout_ms;
	plan.connect_timeout_ms = change->connect_timeout_ms;
	plan.expect_status = change->expect_status;
	return plan;
}

static void
test_version(void **state)
{
	static const struct plan_probe change[] = {{.series = "t/z"},
	    {.kind = PROBE_GEMINI_IMAGE}, {.role = ROLE_CONTROL}, {.url = "v"},
	    {.model = "m"}, {.key = "k"}, {.prompt = "p"}, {.size = "s"},
	    {.products = "p"}, {.interval_ms = 1}, {.timeout_ms = 1},
	    {.connect_timeout_ms = 1}, {.expect_status = 1}};
	uint64_t seen[sizeof(change) / sizeof(change[0]) + 1];

	(void)state;
	world_init(3, 3, 6, 2);
	struct plan_probe kept = world.probe_conf[0].plan;

	seen[0] = make(new_planner(), 0).version;
	assert_true(seen[0] != 0);
	assert_true(seen[0] == make(new_planner(), 0).version);
	assert_true(seen[0] != make(new_planner(), 1).version);
	for (size_t i = 0; i < sizeof(change) / sizeof(change[0]); i++) {
		world.probe_conf[0].plan = changed_plan(&kept, &change[i]);
		seen[i + 1] = make(new_planner(), 0).version;
		for (size_t j = 0; j <= i; j++) {
			assert_true(seen[i + 1] != seen[j]);
		}
	}
}

static void
test_full_arena(void **state)
{
	struct arena arena;
	struct plan plan;

	(void)state;
	world_init(3, 3, 6, 2);
	for (size_t bytes = 0; bytes + 16 < planner_bytes(&world.conf); bytes += 16) {
		arena_init(&arena, memory, bytes);
		assert_null(planner_init(&arena, &world.conf));
	}
	arena_init(&arena, plan_memory, 64);
	plan = planner_make(new_planner(), 0, &arena);
	assert_int_equal(plan.len, 0);
	assert_true(plan.version == 0);
}

/* Any fleet: everybody who should runs each probe once, in a slot of its own. */
static void
test_any_fleet(void **state)
{
	const uint64_t seed = 7441;
	uint16_t order[LIMIT_AGENTS];
	struct rng rng;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	rng_init(&rng, seed);
	for (int round = 0; round < 200; round++) {
		uint16_t regions = (uint16_t)(1 + rng_below(&rng, 12));
		uint16_t agents = (uint16_t)(1 + rng_below(&rng, 40));
		uint16_t expected = 0;

		world_init(regions, (uint16_t)rng_below(&rng, 5), agents,
		    (uint16_t)rng_below(&rng, 4));
		world.probe_conf[0].region_mask = rng_next(&rng);
		for (uint16_t i = 0; i < agents; i++) {
			world.agent[i].region = (uint16_t)rng_below(&rng, regions);
			expected += (uint16_t)(world.probe_conf[0].region_mask >>
						   world.agent[i].region &
					       1);
		}
		assert_int_equal(order_of(new_planner(), "t/a", order), expected);
		assert_int_equal(order_of(new_planner(), "control/b", order), agents);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_interleave),
	    cmocka_unit_test(test_lopsided),
	    cmocka_unit_test(test_mask),
	    cmocka_unit_test(test_phases),
	    cmocka_unit_test(test_controls),
	    cmocka_unit_test(test_version),
	    cmocka_unit_test(test_full_arena),
	    cmocka_unit_test(test_any_fleet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
