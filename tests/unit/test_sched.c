#include "tests/support/test.h"

#include "agent/core/sched.h"
#include "common/core/limits.h"

#define S CLOCK_NS_PER_S

/* A whole minute, so that turns are easy to count. */
static const struct wall morning = {INT64_C(29833333) * 60 * CLOCK_NS_PER_S};

struct agent {
	struct sched sched;
	void *memory;
	struct now now;
};

static void
agent_start(struct agent *agent, const struct sched_conf *conf, int64_t mono_ns)
{
	size_t bytes = sched_bytes(conf) + 16;
	struct arena arena;

	memset(agent, 0, sizeof(*agent));
	agent->memory = malloc(bytes);
	assert_non_null(agent->memory);
	arena_init(&arena, agent->memory, bytes);
	assert_int_equal(sched_init(&agent->sched, &arena, conf), ERR_OK);
	assert_false(arena_failed(&arena));
	agent->now = (struct now){.mono = {mono_ns}, .wall = morning};
}

static void
agent_apply(struct agent *agent, const struct plan_probe *probe, size_t len)
{
	struct plan plan = {.version = 1, .len = len, .probe = probe};

	assert_int_equal(sched_apply(&agent->sched, &plan, agent->now), ERR_OK);
}

static void
agent_pass(struct agent *agent, int64_t ns)
{
	agent->now.mono = mono_add(agent->now.mono, ns);
	agent->now.wall = wall_add(agent->now.wall, ns);
}

/* Goes to the next deadline, if it comes within `until`, and takes one run there. */
static bool
agent_next(struct agent *agent, struct mono until, struct sched_due *out_due)
{
	for (;;) {
		struct mono deadline = sched_deadline(&agent->sched);

		if (sched_next(&agent->sched, agent->now.mono, out_due)) {
			return true;
		}
		if (!mono_before(deadline, until)) {
			return false;
		}
		if (mono_before(agent->now.mono, deadline)) {
			agent_pass(agent, mono_since(deadline, agent->now.mono));
		}
	}
}

/* The same, and ends the run at once. */
static bool
agent_run(struct agent *agent, struct mono until, struct sched_due *out_due)
{
	if (!agent_next(agent, until, out_due)) {
		return false;
	}
	assert_true(sched_finished(&agent->sched, out_due->run));
	return true;
}

static const struct sched_conf small = {
    .probes_max = 128, .in_flight_max = 4, .seed = 1};

static void
refuses_bad_conf(void **state)
{
	static const struct sched_conf bad[] = {
	    {.probes_max = LIMIT_PLAN_PROBES + 1, .in_flight_max = 1},
	    {.probes_max = 1, .in_flight_max = 0},
	    {.probes_max = 1, .in_flight_max = LIMIT_IN_FLIGHT_PROBES + 1},
	};
	unsigned char memory[64];
	struct sched sched;
	struct arena arena;

	(void)state;
	arena_init(&arena, memory, sizeof(memory));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(sched_init(&sched, &arena, &bad[i]), ERR_INVALID);
	}
	assert_int_equal(sched_init(&sched, &arena, &small), ERR_LIMIT);
}

static void
empty_plan_never_runs(void **state)
{
	struct agent agent;
	struct sched_due due;

	(void)state;
	agent_start(&agent, &small, 0);
	assert_true(sched_deadline(&agent.sched).ns == MONO_NEVER.ns);
	agent_apply(&agent, NULL, 0);
	assert_false(sched_next(&agent.sched, agent.now.mono, &due));
	assert_int_equal(sched_demand(&agent.sched, 0, agent.now.mono), ERR_NOTFOUND);
	free(agent.memory);
}

static void
bad_plan_changes_nothing(void **state)
{
	static const struct plan_probe good[] = {
	    {.series = "a", .interval_ms = 1000},
	};
	static const struct plan_probe twice[] = {
	    {.series = "x", .interval_ms = 1000},
	    {.series = "x", .interval_ms = 1000},
	};
	static const struct plan_probe never[] = {
	    {.series = "x", .interval_ms = 0},
	};
	static const struct plan_probe rare[] = {
	    {.series = "x", .interval_ms = SCHED_INTERVAL_MS_MAX + 1},
	};
	static const struct plan bad[] = {
	    {.version = 2, .len = 2, .probe = twice},
	    {.version = 2, .len = 1, .probe = never},
	    {.version = 2, .len = 1, .probe = rare},
	};
	static struct plan_probe many[129];
	const struct plan too_many = {.version = 2, .len = 129, .probe = many};
	struct agent agent;
	struct sched_due due;

	(void)state;
	agent_start(&agent, &small, 5 * S);
	agent_apply(&agent, good, 1);
	struct mono before = sched_deadline(&agent.sched);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(
		    sched_apply(&agent.sched, &bad[i], agent.now), ERR_INVALID);
	}
	assert_int_equal(sched_apply(&agent.sched, &too_many, agent.now), ERR_LIMIT);
	assert_true(sched_deadline(&agent.sched).ns == before.ns);
	assert_true(agent_run(&agent, mono_add(before, 1), &due));
	assert_int_equal(due.probe, 0);
	free(agent.memory);
}

/* Three agents with a third of the interval between their phases, started at odd times and
 * with unrelated monotonic clocks: together they look every 20 s, give or take the jitter. */
static void
fleet_takes_turns(void **state)
{
	enum {
		AGENTS = 3,
		TURNS = 540
	};
	unsigned runs[TURNS + 8] = {0};

	(void)state;
	for (uint32_t i = 0; i < AGENTS; i++) {
		struct sched_conf conf = small;
		struct plan_probe probe = {
		    .series = "t/p", .interval_ms = 60000, .phase_ms = i * 20000};
		struct agent agent;
		struct sched_due due;

		conf.seed = i;
		agent_start(&agent, &conf, (int64_t)i * 12345 * S);
		agent_pass(&agent, (int64_t)i * 7 * S + (int64_t)i * 333);
		agent_apply(&agent, &probe, 1);
		while (agent.now.wall.ns < morning.ns + TURNS * 20 * S) {
			int64_t past_ns;

			assert_true(agent_run(&agent, MONO_NEVER, &due));
			past_ns = agent.now.wall.ns - morning.ns + 3 * S;
			assert_true(past_ns % (20 * S) <= 6 * S);
			assert_int_equal(past_ns / (20 * S) % AGENTS, i);
			runs[past_ns / (20 * S)]++;
		}
		assert_int_equal(agent.sched.counts.missed, 0);
		free(agent.memory);
	}
	for (size_t turn = 3; turn < TURNS; turn++) {
		assert_int_equal(runs[turn], 1);
	}
}

/* The wall clock jumps, the plan comes again: nothing moves. */
static void
clock_step_is_not_seen(void **state)
{
	static const struct plan_probe probe = {
	    .series = "t/p", .interval_ms = 60000, .phase_ms = 1000};
	struct agent steady;
	struct agent stepped;

	(void)state;
	agent_start(&steady, &small, 0);
	agent_start(&stepped, &small, 0);
	agent_apply(&steady, &probe, 1);
	agent_apply(&stepped, &probe, 1);
	for (int i = 0; i < 100; i++) {
		struct sched_due due;

		assert_true(agent_run(&steady, MONO_NEVER, &due));
		stepped.now.wall =
		    wall_add(stepped.now.wall, i % 2 == 0 ? 3600 * S : -7200 * S);
		agent_apply(&stepped, &probe, 1);
		assert_true(agent_run(&stepped, MONO_NEVER, &due));
		assert_true(stepped.now.mono.ns == steady.now.mono.ns);
	}
	assert_int_equal(stepped.sched.counts.runs, 100);
	assert_int_equal(stepped.sched.counts.missed, 0);
	free(steady.memory);
	free(stepped.memory);
}

static void
fill_probes(
    struct plan_probe *probe, char (*name)[16], uint32_t len, uint32_t interval_ms)
{
	for (uint32_t i = 0; i < len; i++) {
		(void)snprintf(name[i], sizeof(name[i]), "t/%u", i);
		probe[i] = (struct plan_probe){
		    .series = name[i],
		    .interval_ms = interval_ms,
		    .phase_ms = i * (interval_ms / len),
		};
	}
}

/* An hour away: everything runs once within the spread, and nothing twice. */
static void
stall_makes_no_burst(void **state)
{
	enum {
		PROBES = 100
	};
	struct plan_probe probe[PROBES];
	char name[PROBES][16];
	unsigned runs[PROBES] = {0};
	unsigned at_once = 0;
	struct agent agent;
	struct sched_due due;
	struct mono woken;

	(void)state;
	fill_probes(probe, name, PROBES, 60000);
	agent_start(&agent, &small, 0);
	agent_apply(&agent, probe, PROBES);
	while (agent_run(&agent, (struct mono){120 * S}, &due)) {
	}
	agent_pass(&agent, 3600 * S);
	woken = agent.now.mono;
	assert_false(sched_next(&agent.sched, agent.now.mono, &due));
	while (agent_run(&agent, mono_add(woken, 25 * S), &due)) {
		runs[due.probe]++;
		at_once += mono_since(agent.now.mono, woken) < S / 10;
	}
	for (uint32_t i = 0; i < PROBES; i++) {
		assert_true(runs[i] <= 1);
	}
	assert_true(at_once < 10);
	assert_int_equal(agent.sched.counts.stalls, 1);
	assert_in_range(agent.sched.counts.missed, 59 * PROBES, 60 * PROBES);
	/* An hour later the account is even: one instant a minute, run or missed. */
	while (agent_run(&agent, (struct mono){7320 * S}, &due)) {
	}
	assert_in_range(agent.sched.counts.runs + agent.sched.counts.missed,
	    122 * PROBES - PROBES, 122 * PROBES + PROBES);
	free(agent.memory);
}

static void
overrun_is_skipped_and_counted(void **state)
{
	static const struct plan_probe probe = {.series = "t/p", .interval_ms = 1000};
	struct agent agent;
	struct sched_due due;
	struct sched_due late;

	(void)state;
	agent_start(&agent, &small, 0);
	agent_apply(&agent, &probe, 1);
	assert_true(agent_next(&agent, MONO_NEVER, &due));
	assert_int_equal(sched_probe(&agent.sched, due.run), 0);
	assert_false(agent_next(&agent, mono_add(agent.now.mono, 10 * S), &late));
	assert_in_range(agent.sched.counts.overrun, 9, 11);
	assert_true(sched_finished(&agent.sched, due.run));
	assert_false(sched_finished(&agent.sched, due.run));
	assert_true(agent_run(&agent, mono_add(agent.now.mono, 2 * S), &late));
	assert_int_not_equal(late.run.generation, due.run.generation);
	assert_int_equal(sched_probe(&agent.sched, due.run), SCHED_NO_PROBE);
	free(agent.memory);
}

/* More is due than may run: the longest due goes first, so everybody gets a turn. */
static void
full_house_starves_nobody(void **state)
{
	enum {
		PROBES = 40
	};
	struct plan_probe probe[PROBES];
	char name[PROBES][16];
	unsigned runs[PROBES] = {0};
	struct sched_run flying[4];
	struct agent agent;
	size_t len = 0;

	(void)state;
	fill_probes(probe, name, PROBES, 10000);
	agent_start(&agent, &small, 0);
	agent_apply(&agent, probe, PROBES);
	/* Four places and two seconds a run: two runs a second where four are due. */
	for (int i = 0; i < 400; i++) {
		struct sched_due due;

		if (len == 4) {
			assert_true(sched_finished(&agent.sched, flying[0]));
			memmove(&flying[0], &flying[1], 3 * sizeof(flying[0]));
			len--;
		}
		while (sched_next(&agent.sched, agent.now.mono, &due)) {
			assert_true(len < 4);
			flying[len++] = due.run;
			runs[due.probe]++;
		}
		assert_true(
		    len < 4 || sched_deadline(&agent.sched).ns == MONO_NEVER.ns);
		agent_pass(&agent, S / 2);
	}
	for (uint32_t i = 0; i < PROBES; i++) {
		assert_in_range(runs[i], 8, 12);
	}
	assert_true(agent.sched.counts.late > 300);
	assert_true(agent.sched.counts.late_max_ns > S);
	assert_int_equal(agent.sched.counts.stalls, 0);
	free(agent.memory);
}

static void
plan_change_keeps_what_stays(void **state)
{
	static const struct plan_probe before[] = {
	    {.series = "a", .interval_ms = 60000, .phase_ms = 5},
	    {.series = "b", .interval_ms = 60000, .phase_ms = 10000},
	    {.series = "gone", .interval_ms = 60000, .phase_ms = 0},
	};
	static const struct plan_probe after[] = {
	    {.series = "new", .interval_ms = 60000, .phase_ms = 59000},
	    {.series = "b", .interval_ms = 5000, .phase_ms = 10000},
	    {.series = "a", .interval_ms = 60000, .phase_ms = 5},
	};
	struct agent agent;
	struct sched_due due;
	struct sched_due gone = {0};
	unsigned in_flight = 0;

	(void)state;
	agent_start(&agent, &small, 0);
	agent_apply(&agent, before, 3);
	while (in_flight < 3 && agent_next(&agent, (struct mono){70 * S}, &due)) {
		in_flight++;
		if (due.probe == 2) {
			gone = due;
		}
	}
	assert_int_equal(in_flight, 3);
	int64_t a_due_ns = 0;
	for (uint32_t i = 0; i < 3; i++) {
		a_due_ns = agent.sched.heap.item[i].id == agent.sched.by_probe[0]
			       ? agent.sched.heap.item[i].key
			       : a_due_ns;
	}
	agent_apply(&agent, after, 3);
	assert_int_equal(sched_probe(&agent.sched, gone.run), SCHED_NO_PROBE);
	assert_true(sched_finished(&agent.sched, gone.run));
	assert_false(sched_finished(&agent.sched, gone.run));
	bool found = false;
	for (uint32_t i = 0; i < 3; i++) {
		found |= agent.sched.heap.item[i].id == agent.sched.by_probe[2] &&
			 agent.sched.heap.item[i].key == a_due_ns;
	}
	assert_true(found);
	agent_apply(&agent, NULL, 0);
	assert_true(sched_deadline(&agent.sched).ns == MONO_NEVER.ns);
	assert_int_equal(agent.sched.in_flight, 2);
	free(agent.memory);
}

static void
demand_runs_now_and_leaves_the_schedule(void **state)
{
	static const struct plan_probe probe = {
	    .series = "t/p", .interval_ms = 3600000, .phase_ms = 1000};
	struct agent agent;
	struct sched_due due;
	struct mono planned;

	(void)state;
	agent_start(&agent, &small, 0);
	agent_apply(&agent, &probe, 1);
	planned = sched_deadline(&agent.sched);
	assert_true(planned.ns > S);
	assert_int_equal(sched_demand(&agent.sched, 0, agent.now.mono), ERR_OK);
	assert_true(sched_deadline(&agent.sched).ns == agent.now.mono.ns);
	assert_true(sched_next(&agent.sched, agent.now.mono, &due));
	assert_true(due.on_demand);
	assert_int_equal(sched_demand(&agent.sched, 0, agent.now.mono), ERR_AGAIN);
	assert_true(sched_finished(&agent.sched, due.run));
	assert_true(sched_deadline(&agent.sched).ns == planned.ns);
	assert_true(agent_run(&agent, MONO_NEVER, &due));
	assert_false(due.on_demand);
	assert_int_equal(agent.sched.counts.missed, 0);
	free(agent.memory);
}

/* A simulated hour of 10,000 probes a minute: every instant is served, evenly. */
static void
ten_thousand_schedules(void **state)
{
	enum {
		PROBES = 10000,
		MINUTES = 60
	};
	static struct plan_probe probe[PROBES];
	static char name[PROBES][16];
	static unsigned runs[PROBES];
	static unsigned second[MINUTES * 60];
	static const struct sched_conf conf = {
	    .probes_max = LIMIT_PLAN_PROBES, .in_flight_max = 256, .seed = 3};
	struct agent agent;
	struct sched_due due;

	(void)state;
	fill_probes(probe, name, PROBES, 60000);
	agent_start(&agent, &conf, 0);
	agent_apply(&agent, probe, PROBES);
	while (agent_run(&agent, (struct mono){MINUTES * 60 * S}, &due)) {
		runs[due.probe]++;
		second[agent.now.mono.ns / S]++;
	}
	for (uint32_t i = 0; i < PROBES; i++) {
		assert_in_range(runs[i], MINUTES - 1, MINUTES + 1);
	}
	for (size_t i = 5; i < MINUTES * 60; i++) {
		assert_in_range(second[i], 100, 240);
	}
	assert_int_equal(agent.sched.counts.missed, 0);
	assert_int_equal(agent.sched.counts.late, 0);
	free(agent.memory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(refuses_bad_conf),
	    cmocka_unit_test(empty_plan_never_runs),
	    cmocka_unit_test(bad_plan_changes_nothing),
	    cmocka_unit_test(fleet_takes_turns),
	    cmocka_unit_test(clock_step_is_not_seen),
	    cmocka_unit_test(stall_makes_no_burst),
	    cmocka_unit_test(overrun_is_skipped_and_counted),
	    cmocka_unit_test(full_house_starves_nobody),
	    cmocka_unit_test(plan_change_keeps_what_stays),
	    cmocka_unit_test(demand_runs_now_and_leaves_the_schedule),
	    cmocka_unit_test(ten_thousand_schedules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
