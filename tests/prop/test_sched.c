/* The scheduler against a list that is searched from end to end. The model draws its jitter
 * from a generator with the same seed, so the two must agree to the nanosecond. */
#include "tests/support/test.h"

#include "agent/core/sched.h"
#include "common/core/rng.h"

enum {
	NAMES = 60,
	IN_FLIGHT = 7,
	ROUNDS = 6000,
	SEEDS = 20
};

struct naive_probe {
	bool live;
	bool demanded;
	int64_t origin_ns;
	int64_t index; /* of the grid instant to serve next */
	int64_t interval_ns;
	uint32_t phase_ms;
	int64_t due_ns;
	int64_t demanded_ns;
	bool running;
	struct sched_run run;
};

struct world {
	struct sched sched;
	struct rng dice; /* of the test */
	struct rng rng;  /* of the model: what the scheduler draws */
	struct now now;
	struct naive_probe naive[NAMES];
	struct sched_run lost[IN_FLIGHT]; /* in flight, their probes gone */
	size_t lost_len;
	uint32_t running;
	bool piled;
	char name[NAMES][16];
	struct plan_probe plan_probe[2][NAMES];
	struct plan plan;
	uint32_t name_of[NAMES]; /* by index in the plan */
	struct sched_counts counts;
	unsigned char memory[NAMES * 256 + 8192];
};

static int64_t
draw_due(struct world *world, const struct naive_probe *probe)
{
	int64_t bound = probe->interval_ns / 20;
	int64_t nominal = probe->origin_ns + probe->index * probe->interval_ns;

	return nominal - bound +
	       (int64_t)rng_below(&world->rng, (uint64_t)(2 * bound + 1));
}

static void
lay(struct world *world, struct naive_probe *probe, const struct plan_probe *plan)
{
	int64_t ns = world->now.wall.ns;

	probe->interval_ns = plan->interval_ms * CLOCK_NS_PER_MS;
	probe->phase_ms = plan->phase_ms;
	/* The first millisecond from here on that is on the grid: phases are whole ones. */
	while ((ns - plan->phase_ms * CLOCK_NS_PER_MS) % probe->interval_ns != 0) {
		ns += CLOCK_NS_PER_MS - ns % CLOCK_NS_PER_MS;
	}
	probe->origin_ns = world->now.mono.ns + (ns - world->now.wall.ns);
	probe->index = 0;
	probe->due_ns = draw_due(world, probe);
	if (probe->due_ns < world->now.mono.ns) {
		probe->due_ns = world->now.mono.ns;
	}
	probe->demanded_ns = world->now.mono.ns;
}

static int64_t
key_of(const struct naive_probe *probe)
{
	return probe->demanded && probe->demanded_ns < probe->due_ns
		   ? probe->demanded_ns
		   : probe->due_ns;
}

/* Serves the instant nearest to now and moves on to the next. */
static void
serve(struct world *world, struct naive_probe *probe)
{
	int64_t half = probe->interval_ns / 2;

	while (probe->origin_ns + (probe->index + 1) * probe->interval_ns <=
	       world->now.mono.ns + half) {
		probe->index++;
		world->counts.missed++;
	}
	probe->index++;
	probe->due_ns = draw_due(world, probe);
}

/* The first of all that are due, NULL when none is. Ties go by slot. */
static struct naive_probe *
first_due(struct world *world)
{
	struct naive_probe *first = NULL;
	uint32_t first_slot = 0;

	for (uint32_t i = 0; i < world->plan.len; i++) {
		struct naive_probe *probe = &world->naive[world->name_of[i]];
		uint32_t slot = world->sched.by_probe[i];
		int64_t key = key_of(probe);

		if (key > world->now.mono.ns) {
			continue;
		}
		if (first == NULL || key < key_of(first) ||
		    (key == key_of(first) && slot < first_slot)) {
			first = probe;
			first_slot = slot;
		}
	}
	return first;
}

static void
spread(struct world *world)
{
	struct naive_probe *probe = first_due(world);

	if (world->piled || probe == NULL ||
	    world->now.mono.ns - key_of(probe) <= SCHED_STALL_NS) {
		return;
	}
	world->counts.stalls++;
	for (; probe != NULL; probe = first_due(world)) {
		int64_t room = probe->interval_ns / 4;

		if (probe->due_ns > world->now.mono.ns) {
			probe->demanded_ns = world->now.mono.ns + 1;
			continue;
		}
		room = room < SCHED_SPREAD_NS ? room : SCHED_SPREAD_NS;
		probe->due_ns = world->now.mono.ns + 1 +
				(int64_t)rng_below(&world->rng, (uint64_t)room);
		probe->demanded_ns = probe->due_ns;
	}
}

static void
expect_start(
    struct world *world, struct naive_probe *probe, const struct sched_due *due)
{
	int64_t late = world->now.mono.ns - key_of(probe);

	assert_ptr_equal(probe, &world->naive[world->name_of[due->probe]]);
	assert_int_equal(due->on_demand, probe->demanded);
	assert_true(due->late_ns == late);
	world->counts.runs++;
	world->counts.late += late > probe->interval_ns / 20;
	if (late > world->counts.late_max_ns) {
		world->counts.late_max_ns = late;
	}
	probe->demanded = false;
	probe->running = true;
	probe->run = due->run;
	world->running++;
	if (probe->due_ns <= world->now.mono.ns) {
		serve(world, probe);
	}
}

/* Calls the scheduler until it has nothing, and the model beside it. */
static void
drain(struct world *world)
{
	for (;;) {
		struct sched_due due;
		bool got = sched_next(&world->sched, world->now.mono, &due);
		struct naive_probe *probe;

		spread(world);
		probe = first_due(world);
		while (probe != NULL && probe->running) {
			world->counts.overrun++;
			serve(world, probe);
			probe = first_due(world);
		}
		if (probe == NULL || world->running == IN_FLIGHT) {
			world->piled = probe != NULL;
			assert_false(got);
			return;
		}
		assert_true(got);
		expect_start(world, probe, &due);
	}
}

static void
finish_some(struct world *world)
{
	for (uint32_t i = 0; i < NAMES; i++) {
		struct naive_probe *probe = &world->naive[i];

		if (probe->running && rng_below(&world->dice, 3) == 0) {
			assert_true(sched_finished(&world->sched, probe->run));
			assert_false(sched_finished(&world->sched, probe->run));
			probe->running = false;
			world->running--;
		}
	}
	while (world->lost_len > 0 && rng_below(&world->dice, 2) == 0) {
		struct sched_run run = world->lost[--world->lost_len];

		assert_int_equal(sched_probe(&world->sched, run), SCHED_NO_PROBE);
		assert_true(sched_finished(&world->sched, run));
		assert_false(sched_finished(&world->sched, run));
		world->running--;
	}
}

/* Fills the spare plan with a random choice of probes, in random order. */
static void
draw_plan(struct world *world, struct plan *out, uint32_t *out_name_of)
{
	static const uint32_t interval_ms[] = {200, 1000, 5000, 60000};
	struct plan_probe *probe = world->plan.probe == world->plan_probe[0]
				       ? world->plan_probe[1]
				       : world->plan_probe[0];
	size_t len = 0;

	for (uint32_t i = 0; i < NAMES; i++) {
		size_t at = rng_below(&world->dice, len + 1);

		if (rng_below(&world->dice, 4) == 0) {
			continue;
		}
		probe[len] = probe[at];
		out_name_of[len] = out_name_of[at];
		probe[at] = (struct plan_probe){
		    .series = world->name[i],
		    .interval_ms =
			world->naive[i].live
			    ? (uint32_t)(world->naive[i].interval_ns / CLOCK_NS_PER_MS)
			    : interval_ms[rng_below(&world->dice, 4)],
		    .phase_ms = world->naive[i].live
				    ? world->naive[i].phase_ms
				    : (uint32_t)rng_below(&world->dice, 7000),
		};
		if (rng_below(&world->dice, 10) == 0) {
			probe[at].phase_ms = (uint32_t)rng_below(&world->dice, 200);
		}
		out_name_of[at] = i;
		len++;
	}
	*out = (struct plan){.version = 1, .len = len, .probe = probe};
}

static bool
plan_has(const struct world *world, uint32_t name)
{
	for (uint32_t i = 0; i < world->plan.len; i++) {
		if (world->name_of[i] == name) {
			return true;
		}
	}
	return false;
}

static void
drop_gone(struct world *world)
{
	for (uint32_t i = 0; i < NAMES; i++) {
		struct naive_probe *probe = &world->naive[i];

		if (!probe->live || plan_has(world, i)) {
			continue;
		}
		if (probe->running) {
			world->lost[world->lost_len++] = probe->run;
		}
		memset(probe, 0, sizeof(*probe));
	}
}

/* Lays the new grids in the scheduler's order: those that were there by their slots, then
 * new ones by their place in the plan. */
static void
lay_grids(struct world *world)
{
	bool was_live[NAMES];

	for (uint32_t i = 0; i < NAMES; i++) {
		was_live[i] = world->naive[i].live;
	}
	for (uint32_t slot = 0; slot < NAMES + IN_FLIGHT; slot++) {
		for (uint32_t i = 0; i < world->plan.len; i++) {
			struct naive_probe *probe = &world->naive[world->name_of[i]];
			const struct plan_probe *plan = &world->plan.probe[i];

			if (world->sched.by_probe[i] == slot &&
			    was_live[world->name_of[i]] &&
			    (probe->interval_ns !=
				    plan->interval_ms * CLOCK_NS_PER_MS ||
				probe->phase_ms != plan->phase_ms)) {
				lay(world, probe, plan);
			}
		}
	}
	for (uint32_t i = 0; i < world->plan.len; i++) {
		if (!was_live[world->name_of[i]]) {
			world->naive[world->name_of[i]].live = true;
			lay(world, &world->naive[world->name_of[i]],
			    &world->plan.probe[i]);
		}
	}
}

static void
change_plan(struct world *world)
{
	draw_plan(world, &world->plan, world->name_of);
	assert_int_equal(sched_apply(&world->sched, &world->plan, world->now), ERR_OK);
	drop_gone(world);
	lay_grids(world);
}

static void
demand(struct world *world)
{
	uint32_t index = (uint32_t)rng_below(&world->dice, NAMES);
	enum err err = sched_demand(&world->sched, index, world->now.mono);
	struct naive_probe *probe;

	if (index >= world->plan.len) {
		assert_int_equal(err, ERR_NOTFOUND);
		return;
	}
	probe = &world->naive[world->name_of[index]];
	assert_int_equal(err, probe->running ? ERR_AGAIN : ERR_OK);
	if (!probe->running && !probe->demanded) {
		probe->demanded = true;
		probe->demanded_ns = world->now.mono.ns;
	}
}

static void
pass_time(struct world *world)
{
	int64_t most_ns = 50 * CLOCK_NS_PER_MS;
	int64_t ns;

	if (rng_below(&world->dice, 100) == 0) {
		most_ns = 300 * CLOCK_NS_PER_S;
	} else if (rng_below(&world->dice, 10) == 0) {
		most_ns = 3 * CLOCK_NS_PER_S;
	}
	ns = (int64_t)rng_below(&world->dice, (uint64_t)most_ns);
	world->now.mono = mono_add(world->now.mono, ns);
	world->now.wall = wall_add(world->now.wall, ns);
	if (rng_below(&world->dice, 50) == 0) {
		/* A step of the wall clock: only new grids may notice. */
		world->now.wall = wall_add(world->now.wall,
		    (int64_t)rng_below(&world->dice, 1000000) * CLOCK_NS_PER_MS -
			500000 * CLOCK_NS_PER_MS);
	}
}

static void
expect_same_counts(const struct world *world)
{
	const struct sched_counts *got = &world->sched.counts;

	assert_true(got->runs == world->counts.runs);
	assert_true(got->missed == world->counts.missed);
	assert_true(got->overrun == world->counts.overrun);
	assert_true(got->late == world->counts.late);
	assert_true(got->late_max_ns == world->counts.late_max_ns);
	assert_true(got->stalls == world->counts.stalls);
	assert_int_equal(world->sched.in_flight, world->running);
}

static void
start_world(struct world *world, uint64_t seed)
{
	struct sched_conf conf = {
	    .probes_max = NAMES, .in_flight_max = IN_FLIGHT, .seed = seed};
	struct arena arena;

	memset(world, 0, sizeof(*world));
	rng_init(&world->dice, seed + 1000);
	rng_init(&world->rng, seed);
	world->now.mono.ns = (int64_t)rng_below(&world->dice, UINT64_C(1) << 50);
	world->now.wall.ns = INT64_C(1790000000) * CLOCK_NS_PER_S +
			     (int64_t)rng_below(&world->dice, 1u << 30);
	for (uint32_t i = 0; i < NAMES; i++) {
		(void)snprintf(world->name[i], sizeof(world->name[i]), "t/%u", i);
	}
	assert_true(sched_bytes(&conf) + 16 <= sizeof(world->memory));
	arena_init(&arena, world->memory, sched_bytes(&conf) + 16);
	assert_int_equal(sched_init(&world->sched, &arena, &conf), ERR_OK);
}

static void
agrees_with_naive(void **state)
{
	static struct world world;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		print_message("seed %llu\n", (unsigned long long)seed);
		start_world(&world, seed);
		change_plan(&world);
		for (int round = 0; round < ROUNDS; round++) {
			pass_time(&world);
			if (rng_below(&world.dice, 200) == 0) {
				change_plan(&world);
			}
			if (rng_below(&world.dice, 40) == 0) {
				demand(&world);
			}
			drain(&world);
			finish_some(&world);
			expect_same_counts(&world);
		}
		assert_true(world.counts.runs > 1000);
		assert_true(world.counts.missed > 100);
		assert_true(world.counts.overrun > 10);
		assert_true(world.counts.stalls > 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(agrees_with_naive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
