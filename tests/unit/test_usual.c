/* What is usual is learned slowly, from what is usual alone. */
#include "collector/core/engine.h"
#include "collector/core/weights.h"
#include "tests/support/world.h"

enum {
	BASE_S = 60,
	HOUR = 3600,
	DAY = 24 * HOUR,
	STEP_S = 30
};

/* Chances of an error, in thousandths. */
struct nature {
	uint32_t free;
	uint32_t billed;
};

struct field {
	struct world *world;
	struct rng rng;
	int64_t at_s;
	unsigned opened;
	unsigned closed;
};

static struct field
field_new(uint64_t seed)
{
	struct field field = {.world = world_suite(seed), .at_s = 0};

	field.world->targets = 2;
	field.world->controls = 1;
	world_fill(field.world);
	(void)world_engine(field.world);
	rng_init(&field.rng, seed);
	return field;
}

static void
one_result(struct field *field, uint16_t agent, uint16_t probe, uint32_t permille)
{
	bool is_bad = rng_below(&field->rng, 1000) < permille;
	struct evidence evidence = {.agent = agent,
	    .probe = probe,
	    .outcome = is_bad ? OUTCOME_UPSTREAM_ERROR : OUTCOME_OK,
	    .phase = PHASE_DONE,
	    .http_status = is_bad ? 503 : 200,
	    .total_us = 200000,
	    .at = {field->at_s * CLOCK_NS_PER_S}};

	correlate_result(field->world->engine, &evidence, evidence.at);
}

/* Every agent sends once an interval, each at its own second; all of target 1 is well. */
static void
run(struct field *field, int64_t seconds, struct nature nature)
{
	struct finding_change out[CORRELATE_CHANGES];

	for (int64_t end = field->at_s + seconds; field->at_s < end;
	     field->at_s += STEP_S) {
		size_t len;

		for (uint16_t a = 0; a < 10; a++) {
			if (field->at_s % BASE_S != a % 2 * STEP_S) {
				continue;
			}
			one_result(field, a, 0, nature.billed);
			one_result(field, a, 1, nature.free);
			one_result(field, a, 2, 0);
			one_result(field, a, 3, 0);
			one_result(field, a, 4, 0);
		}
		len = correlate_step(field->world->engine,
		    (struct mono){field->at_s * CLOCK_NS_PER_S}, out);
		for (size_t i = 0; i < len; i++) {
			field->opened += out[i].event == FINDING_OPENED;
			field->closed += out[i].event == FINDING_CLOSED;
		}
	}
}

/* What is held for usual, in ppm. */
static uint32_t
usual_ppm(const struct field *field, uint16_t target, enum witness witness)
{
	const struct hypotheses *table = &field->world->engine->table;
	uint32_t ppm[SYMPTOM_COUNT];

	weights_baseline(witness,
	    table->profile[(size_t)target * 2 + (witness == WITNESS_FREE ? 1 : 0)]
		.level,
	    ppm);
	return ppm[SYMPTOM_ERROR];
}

/* A free probe that fails one time in twenty for ever. */
static void
test_chronic(void **state)
{
	struct field field = field_new(1);
	uint32_t constant = symptom_baseline_ppm(WITNESS_FREE, SYMPTOM_ERROR);

	(void)state;
	run(&field, DAY, (struct nature){.free = 50, .billed = 1});
	assert_true(usual_ppm(&field, 0, WITNESS_FREE) <= 4 * constant);
	run(&field, 11 * DAY, (struct nature){.free = 50, .billed = 1});
	assert_true(usual_ppm(&field, 0, WITNESS_FREE) >= 50000);
	assert_true(usual_ppm(&field, 0, WITNESS_FREE) <= 200000);
	/* of nobody else */
	assert_int_equal(usual_ppm(&field, 1, WITNESS_FREE), constant);
	assert_int_equal(usual_ppm(&field, 0, WITNESS_TARGET),
	    symptom_baseline_ppm(WITNESS_TARGET, SYMPTOM_ERROR));
	/* it is no fault any more, */
	field.opened = field.closed;
	run(&field, 3 * DAY, (struct nature){.free = 50, .billed = 1});
	assert_int_equal(field.opened, field.closed);
	/* and a real one is seen all the same */
	field.opened = 0;
	run(&field, 5 * 60, (struct nature){.free = 990, .billed = 990});
	assert_int_equal(field.opened, 1);
	world_close(field.world);
}

/* An outage of half a day, and one of a share of the requests, teach nothing. */
static void
test_faults_are_not_usual(void **state)
{
	struct field field = field_new(2);
	uint32_t free_ppm;
	uint32_t billed_ppm;

	(void)state;
	run(&field, 2 * DAY, (struct nature){.free = 1, .billed = 1});
	free_ppm = usual_ppm(&field, 0, WITNESS_FREE);
	billed_ppm = usual_ppm(&field, 0, WITNESS_TARGET);
	run(&field, 12 * HOUR, (struct nature){.free = 990, .billed = 990});
	run(&field, 12 * HOUR, (struct nature){.free = 1, .billed = 1});
	run(&field, 12 * HOUR, (struct nature){.free = 300, .billed = 300});
	run(&field, 12 * HOUR, (struct nature){.free = 1, .billed = 1});
	assert_int_equal(field.opened, 2);
	assert_int_equal(field.closed, 2);
	assert_int_equal(usual_ppm(&field, 0, WITNESS_FREE), free_ppm);
	assert_int_equal(usual_ppm(&field, 0, WITNESS_TARGET), billed_ppm);
	world_close(field.world);
}

/* It is forgotten as slowly, and never below the constants. */
static void
test_forgets(void **state)
{
	struct field field = field_new(3);
	uint32_t constant = symptom_baseline_ppm(WITNESS_FREE, SYMPTOM_ERROR);
	uint32_t learned;

	(void)state;
	run(&field, 8 * DAY, (struct nature){.free = 40, .billed = 1});
	learned = usual_ppm(&field, 0, WITNESS_FREE);
	assert_true(learned >= 40000);
	run(&field, 8 * HOUR, (struct nature){.free = 1, .billed = 1});
	assert_int_equal(usual_ppm(&field, 0, WITNESS_FREE), learned);
	run(&field, 14 * DAY, (struct nature){.free = 0, .billed = 0});
	assert_true(usual_ppm(&field, 0, WITNESS_FREE) <= 2 * constant);
	assert_true(usual_ppm(&field, 0, WITNESS_FREE) >= constant);
	world_close(field.world);
}

/* By name: the targets change places, and one is new. */
static void
test_saved_by_name(void **state)
{
	struct field field = field_new(4);
	size_t cap;
	unsigned char *bytes;
	struct buf buf;
	uint32_t learned;
	const char *name;

	(void)state;
	run(&field, 8 * DAY, (struct nature){.free = 40, .billed = 1});
	learned = usual_ppm(&field, 0, WITNESS_FREE);
	cap = correlate_save_bytes(field.world->engine);
	bytes = malloc(cap);
	assert_non_null(bytes);
	buf_write(&buf, bytes, cap);
	correlate_save(field.world->engine, &buf);
	assert_true(buf_ok(&buf));
	cap = buf.at;
	name = field.world->target[0].name;
	field.world->target[0].name = field.world->target[1].name;
	field.world->target[1].name = name;
	(void)world_engine(field.world);
	buf_read(&buf, bytes, cap);
	assert_int_equal(correlate_load(field.world->engine, &buf), ERR_OK);
	assert_int_equal(usual_ppm(&field, 1, WITNESS_FREE), learned);
	assert_int_equal(usual_ppm(&field, 0, WITNESS_FREE),
	    symptom_baseline_ppm(WITNESS_FREE, SYMPTOM_ERROR));
	free(bytes);
	world_close(field.world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_chronic),
	    cmocka_unit_test(test_faults_are_not_usual),
	    cmocka_unit_test(test_forgets),
	    cmocka_unit_test(test_saved_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
