/* When a fault is over: after a quiet time, or after so much good that what still fails is
 * something else. */
#include "collector/core/engine.h"
#include "tests/support/world.h"

#define AT     960.0
#define UNTIL  (AT + 1200)
#define IMAGE  (1U << WITNESS_TARGET)
#define FREE   (1U << WITNESS_FREE)
#define BROKEN 5 /* the agent whose free probe never works again */

static struct world *
open_world(unsigned witnesses, double rate_left)
{
	struct world *world = world_suite(11);
	struct world_effect *effect = world_add(world, AT, UNTIL, 0.99, witnesses);

	effect->share[SYMPTOM_ERROR] = 1000;
	world->end = UNTIL + 1800;
	if (rate_left > 0) {
		effect = world_add(world, UNTIL, world->end, rate_left, FREE);
		effect->share[SYMPTOM_ERROR] = 1000;
		effect->agents = UINT64_C(1) << BROKEN;
	}
	world_open(world);
	return world;
}

/* The slot of the one open finding; it must be there. */
static const struct slot *
open_slot(const struct world *world)
{
	size_t i = 0;

	while (i < CORRELATE_FINDINGS && !(world->engine->slot[i].is_used &&
					     world->engine->slot[i].finding.open)) {
		i++;
	}
	assert_true(i < CORRELATE_FINDINGS);
	return &world->engine->slot[i % CORRELATE_FINDINGS];
}

/* Runs beat by beat until the finding closes; returns when. The largest recovery that was
 * seen while something had failed lately comes out. */
static double
run_until_closed(struct world *world, int64_t *out_most_mnats)
{
	double beat = world->base / 12;
	const struct slot *slot;
	double now = UNTIL;

	world_run(world, 0, now);
	slot = open_slot(world);
	*out_most_mnats = 0;
	while (slot->finding.open && now < world->end) {
		bool is_quiet = mono_since(world_mono(now), slot->last_bad_at) >=
				world->engine->tempo.quiet_ns;

		if (!is_quiet && slot->recovery_mnats > *out_most_mnats) {
			*out_most_mnats = slot->recovery_mnats;
		}
		world_run(world, now, now + beat * 1.01);
		now += beat;
	}
	assert_false(slot->finding.open);
	return now;
}

static void
test_quiet(void **state)
{
	struct world *world = open_world(IMAGE, 0);
	int64_t most_mnats;
	double closed = run_until_closed(world, &most_mnats);

	(void)state;
	/* few results a minute: three intervals without a failure come first */
	assert_true(closed - UNTIL >= 150);
	assert_true(world->engine->slot[0].recovery_mnats < TEMPO_SURE_MNATS);
	world_close(world);
}

/* One probe of one agent fails for ever: never quiet, and still over. */
static void
test_sure_in_spite_of_one(void **state)
{
	struct world *world = open_world(IMAGE | FREE, 1);
	const struct slot *slot;
	int64_t most_mnats;
	double closed;

	(void)state;
	closed = run_until_closed(world, &most_mnats);
	slot = &world->engine->slot[0];
	assert_true(mono_since(world_mono(closed), slot->last_bad_at) <
		    world->engine->tempo.quiet_ns);
	assert_true(slot->recovery_mnats >= TEMPO_SURE_MNATS);
	/* and not sooner, though there was enough for a quiet end */
	assert_true(most_mnats >= TEMPO_CLOSE_MNATS);
	assert_true(most_mnats < TEMPO_SURE_MNATS);
	world_close(world);
}

/* When it fails everywhere no number of intervals ends it. */
static void
test_not_over_while_it_fails(void **state)
{
	struct world *world = world_suite(12);
	struct world_effect *effect =
	    world_add(world, AT, AT + 7200, 0.6, IMAGE | FREE);

	(void)state;
	effect->share[SYMPTOM_ERROR] = 1000;
	world->end = AT + 7200;
	world_open(world);
	world_run(world, 0, world->end);
	(void)open_slot(world);
	for (size_t i = 0; i < world->change_len; i++) {
		assert_int_not_equal(world->change[i].change.event, FINDING_CLOSED);
	}
	world_close(world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_quiet),
	    cmocka_unit_test(test_sure_in_spite_of_one),
	    cmocka_unit_test(test_not_over_while_it_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
