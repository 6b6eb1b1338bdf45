/* What the word of a source is worth, by its record; and that words alone do nothing. */
#include "tests/support/test.h"
#include "tests/support/world.h"

#include "collector/core/testimony.h"

static int32_t
weigh(enum external_state state, enum claim claim, uint32_t admitted, uint32_t missed,
    uint32_t unconfirmed, uint32_t median_s)
{
	struct testimony testimony = {.state = state, .claim = claim, .uptime_ppm = -1};
	struct view_trust trust = {.admitted = admitted,
	    .missed = missed,
	    .unconfirmed = unconfirmed,
	    .median_s = median_s};

	return testimony_weight(&testimony, &trust);
}

static void
test_record(void **state)
{
	(void)state;
	/* unknown is nothing, whatever it said before */
	assert_int_equal(weigh(EXTERNAL_UNKNOWN, CLAIM_OUTAGE, 9, 0, 0, 0), 0);
	/* without a record: what studies of status pages suggest */
	assert_int_equal(weigh(EXTERNAL_INCIDENT, CLAIM_OUTAGE, 0, 0, 0, 0), 2500);
	assert_int_equal(weigh(EXTERNAL_CLEAR, CLAIM_CLEAR, 0, 0, 0, 0), -300);
	/* confirmed, and not */
	assert_in_range(
	    weigh(EXTERNAL_INCIDENT, CLAIM_OUTAGE, 30, 0, 0, 0), 2800, 3000);
	assert_in_range(weigh(EXTERNAL_INCIDENT, CLAIM_OUTAGE, 0, 0, 20, 0), 1, 600);
	assert_true(weigh(EXTERNAL_INCIDENT, CLAIM_INFORMATION, 0, 0, 0, 0) == 1250);
	/* who never admits, or late, says nothing by "all clear" */
	assert_in_range(-weigh(EXTERNAL_CLEAR, CLAIM_CLEAR, 0, 20, 0, 0), 0, 30);
	assert_int_equal(weigh(EXTERNAL_CLEAR, CLAIM_CLEAR, 20, 0, 0, 960), 0);
	assert_in_range(-weigh(EXTERNAL_CLEAR, CLAIM_CLEAR, 20, 0, 0, 60), 500, 600);
}

static void
test_uptime(void **state)
{
	static const struct {
		int32_t uptime_ppm;
		int32_t mnats;
	} table[] = {{-1, 0}, {0, 2000}, {899999, 2000}, {900000, 0}, {985000, 0},
	    {985001, -1000}, {1000000, -1000}};
	struct view_trust trust = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct testimony testimony = {.state = EXTERNAL_CLEAR,
		    .measures = true,
		    .uptime_ppm = table[i].uptime_ppm};

		assert_int_equal(testimony_weight(&testimony, &trust), table[i].mnats);
		testimony.state = EXTERNAL_UNKNOWN; /* stale */
		assert_int_equal(testimony_weight(&testimony, &trust), 0);
	}
}

/* Any sequence of statements, beside probes that work: nothing opens. */
static void
test_words_alone(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= test_effort(10); seed++) {
		struct world *world = world_suite(seed);
		struct finding_change out[CORRELATE_CHANGES];

		world->targets = 2;
		world_fill(world);
		(void)world_engine(world);
		for (int at = 60; at < 4000; at += 10) {
			for (uint16_t a = 0; a < world->topology.agent_len; a++) {
				struct evidence evidence = {.agent = a,
				    .probe = (uint16_t)(rng_next(&world->rng) % 4),
				    .outcome = OUTCOME_OK,
				    .phase = PHASE_DONE,
				    .total_us = 100000,
				    .at = world_mono(at)};

				correlate_result(
				    world->engine, &evidence, world_mono(at));
			}
			for (uint16_t t = 0; t < 2; t++) {
				correlate_shift(world->engine, t,
				    (int32_t)(rng_next(&world->rng) % 5001) - 2000);
				correlate_external(world->engine, t,
				    (enum external_state)(rng_next(&world->rng) % 3));
			}
			assert_int_equal(
			    correlate_step(world->engine, world_mono(at), out), 0);
		}
		world_close(world);
	}
}

/* A page that says "all clear" with the best of records neither blocks nor closes. */
static void
test_green_page(void **state)
{
	struct world *world = world_suite(7);
	struct finding_change out[CORRELATE_CHANGES];
	unsigned opened = 0;
	unsigned closed = 0;

	(void)state;
	world_fill(world);
	(void)world_engine(world);
	correlate_shift(world->engine, 0, TESTIMONY_MIN_MNATS);
	for (int at = 60; at < 1800; at += 10) {
		for (uint16_t a = 0; a < world->topology.agent_len; a++) {
			struct evidence evidence = {.agent = a,
			    .probe = (uint16_t)(at / 10 % 2),
			    .outcome = OUTCOME_UPSTREAM_ERROR,
			    .phase = PHASE_DONE,
			    .http_status = 503,
			    .total_us = 100000,
			    .at = world_mono(at)};
			bool fails = at >= 600;

			evidence.outcome = fails ? evidence.outcome : OUTCOME_OK;
			if (at % 60 == a * 5 / 10 * 10 || fails) {
				correlate_result(
				    world->engine, &evidence, world_mono(at));
			}
		}
		for (size_t i = 0,
			    len = correlate_step(world->engine, world_mono(at), out);
		     i < len; i++) {
			opened += out[i].event == FINDING_OPENED;
			closed += out[i].event == FINDING_CLOSED;
		}
	}
	assert_int_equal(opened, 1);
	assert_int_equal(closed, 0);
	world_close(world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_record),
	    cmocka_unit_test(test_uptime),
	    cmocka_unit_test(test_words_alone),
	    cmocka_unit_test(test_green_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
