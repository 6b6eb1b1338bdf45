/* What must hold of the correlation whatever happens. Seeds are printed. */
#include "collector/core/engine.h"
#include "collector/core/weights.h"
#include "tests/support/world.h"

#include <math.h>

enum {
	SEEDS = 12,
	SAVE_CAP = 8 << 20
};

/* A world with two random faults. */
static struct world *
random_world(uint64_t seed)
{
	struct world *world = world_suite(seed);

	world->targets = 2;
	for (unsigned i = 0; i < 2 && seed % 2 == 0; i++) {
		world->provider[i] = "both";
	}
	world->controls = 1 + (unsigned)(seed % 3);
	for (unsigned i = 0; i < 2; i++) {
		double from = 900 + 1500 * world_random(world);
		double until = from + 1800 * world_random(world);
		struct world_effect *effect =
		    world_add(world, from, until, 0.3 + 0.7 * world_random(world),
			(unsigned)(1 + rng_below(&world->rng, 7)));

		effect->agents = rng_below(&world->rng, 3) == 0
				     ? UINT64_MAX
				     : world_region_agents(
					   world, (unsigned)rng_below(&world->rng, 5));
		effect->target = (int)rng_below(&world->rng, 3) - 1;
		for (unsigned k = 0; k < 4; k++) {
			effect->share[rng_below(&world->rng, SYMPTOM_OK)] += 250;
		}
		if ((effect->witnesses & 4) != 0) {
			effect->share[SYMPTOM_FAIL] = 1000;
		}
	}
	world->part[world->parts++] = (struct world_part){
	    2000, 2000 + 900 * world_random(world), rng_next(&world->rng)};
	world->end = 5400;
	world_open(world);
	printf("  seed %u\n", (unsigned)seed);
	return world;
}

static void
check_same(const struct world *a, const struct world *b)
{
	assert_int_equal(a->change_len, b->change_len);
	for (size_t i = 0; i < a->change_len; i++) {
		const struct finding *one = &a->change[i].change.finding;
		const struct finding *two = &b->change[i].change.finding;

		assert_int_equal(a->change[i].change.event, b->change[i].change.event);
		assert_true(a->change[i].at >= b->change[i].at);
		assert_true(a->change[i].at <= b->change[i].at);
		assert_int_equal(one->id, two->id);
		assert_int_equal(one->verdict, two->verdict);
		assert_int_equal(one->scope.index, two->scope.index);
		assert_int_equal(one->confidence_ppm, two->confidence_ppm);
		assert_int_equal(one->statistic_mnats, two->statistic_mnats);
		assert_int_equal(one->rate_ppm, two->rate_ppm);
		assert_int_equal(one->onset_at.ns, two->onset_at.ns);
		assert_int_equal(one->regions_bad, two->regions_bad);
		assert_int_equal(one->scope.kind, two->scope.kind);
		assert_int_equal(one->targets, two->targets);
	}
}

/* Feeds what arrived in each step in a shuffled order, all at the step's instant. */
static void
run_shuffled(struct world *world, struct rng *rng)
{
	struct finding_change out[CORRELATE_CHANGES];
	double beat = world->base / 12;
	uint32_t beats = (uint32_t)(world->end / beat);

	for (uint32_t beat_at = 1; beat_at <= beats; beat_at++) {
		double now = beat_at * beat;
		size_t first = world->next;
		size_t last = first;

		while (last < world->event_len && world->event[last].arrives <= now) {
			last++;
		}
		for (size_t i = last; rng != NULL && i > first + 1; i--) {
			size_t other = first + (size_t)rng_below(rng, i - first);
			struct world_event swap = world->event[i - 1];

			world->event[i - 1] = world->event[other];
			world->event[other] = swap;
		}
		for (size_t i = first; i < last; i++) {
			struct evidence evidence = world_evidence(&world->event[i]);

			correlate_result(world->engine, &evidence, world_mono(now));
		}
		world->next = last;
		world_keep(world, out,
		    correlate_step(world->engine, world_mono(now), out), now);
	}
}

static void
test_order_of_arrival(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct world *plain = random_world(seed);
		struct world *mixed = random_world(seed);
		struct rng rng;

		rng_init(&rng, seed + 1000);
		run_shuffled(plain, NULL);
		run_shuffled(mixed, &rng);
		check_same(plain, mixed);
		world_close(plain);
		world_close(mixed);
	}
}

static void
test_save_and_load(void **state)
{
	unsigned char *bytes = malloc(SAVE_CAP);
	struct buf buf;

	(void)state;
	assert_non_null(bytes);
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct world *plain = random_world(seed);
		struct world *saved = random_world(seed);
		double at = 960 + 60 * (double)(seed * 5);
		size_t len;

		world_run(plain, 0, at);
		world_run(plain, at, 5400);
		world_run(saved, 0, at);
		assert_true(correlate_save_bytes(saved->engine) <= SAVE_CAP);
		buf_write(&buf, bytes, SAVE_CAP);
		correlate_save(saved->engine, &buf);
		assert_true(buf_ok(&buf));
		len = buf.at;
		assert_true(len <= correlate_save_bytes(saved->engine));
		(void)world_engine(saved);
		buf_read(&buf, bytes, len);
		assert_int_equal(correlate_load(saved->engine, &buf), ERR_OK);
		assert_int_equal(buf.at, len);
		world_run(saved, at, 5400);
		check_same(plain, saved);
		world_close(plain);
		world_close(saved);
	}
	free(bytes);
}

/* Torn and damaged states are refused and leave the engine fresh. */
static void
test_damaged_state(void **state)
{
	unsigned char *bytes = malloc(SAVE_CAP);
	struct world *world = random_world(3);
	struct finding findings[CORRELATE_FINDINGS];
	struct buf buf;
	size_t len;

	(void)state;
	assert_non_null(bytes);
	world_run(world, 0, 2400);
	buf_write(&buf, bytes, SAVE_CAP);
	correlate_save(world->engine, &buf);
	len = buf.at;
	for (size_t i = 0; i < 200; i++) {
		size_t at = (size_t)rng_below(&world->rng, len);

		(void)world_engine(world);
		bytes[at] ^= 0x55;
		buf_read(&buf, bytes, len);
		assert_int_not_equal(correlate_load(world->engine, &buf), ERR_OK);
		bytes[at] ^= 0x55;
		buf_read(&buf, bytes, at);
		assert_int_not_equal(correlate_load(world->engine, &buf), ERR_OK);
		assert_int_equal(correlate_findings(world->engine, findings, 32), 0);
	}
	world_close(world);
	free(bytes);
}

static double
expected_ratio(const struct hypotheses *table, unsigned row, enum witness witness)
{
	double sum = 0;

	for (unsigned i = 0; i < SYMPTOM_COUNT; i++) {
		enum symptom symptom = (enum symptom)i;
		int32_t mnats = table->weight[WEIGHING_FULL][witness][symptom][row];

		if (symptom == SYMPTOM_OK || symptom_bit(witness, symptom) >= 0) {
			sum += symptom_baseline_ppm(witness, symptom) / 1e6 *
			       exp(mnats / 1e3);
		}
	}
	return sum;
}

/* Expected likelihood ratio under the baseline, for every row and witness: at most one.
 * The bound on false alarms is nothing else. */
static void
test_ratio_is_bounded(void **state)
{
	struct world *world = world_suite(1);
	const struct hypotheses *table;
	double worst = 0;

	(void)state;
	world_fill(world);
	table = &world_engine(world)->table;
	for (unsigned row = 0; row < HYPOTHESIS_ROWS; row++) {
		for (unsigned witness = 0; witness < WITNESS_COUNT; witness++) {
			double sum = expected_ratio(table, row, (enum witness)witness);

			worst = sum > worst ? sum : worst;
		}
	}
	printf("  largest expected ratio %.6f\n", worst);
	assert_true(worst <= 1.0 + 1e-6);
	world_close(world);
}

/* The same for what is learned: a target's witness at any doubling of any symptom. */
static double
expected_of_profile(const struct hypotheses *table, unsigned row, enum witness witness)
{
	const struct hypothesis_profile *profile =
	    &table->profile[witness == WITNESS_FREE ? 1 : 0];
	uint32_t ppm[SYMPTOM_COUNT];
	double sum = 0;
	double all = 0;

	weights_baseline(witness, profile->level, ppm);
	for (unsigned i = 0; i < SYMPTOM_COUNT; i++) {
		int32_t mnats = profile->weight[WEIGHING_FULL][i][row];

		if (i == SYMPTOM_OK || symptom_bit(witness, (enum symptom)i) >= 0) {
			sum += ppm[i] / 1e6 * exp(mnats / 1e3);
			all += ppm[i] / 1e6;
		}
	}
	assert_true(all <= 1.0 + 1e-9);
	return sum;
}

/* First each symptom alone at each doubling, then any. */
static void
draw_levels(struct rng *rng, unsigned run, uint8_t out[SYMPTOM_COUNT])
{
	for (unsigned i = 0; i < SYMPTOM_OK; i++) {
		bool is_alone = run / 2 % SYMPTOM_OK == i;

		out[i] =
		    is_alone ? (uint8_t)(run / 2 / SYMPTOM_OK % WEIGHTS_LEVELS) : 0;
		if (run >= 200) {
			out[i] = (uint8_t)rng_below(rng, WEIGHTS_LEVELS);
		}
	}
}

static void
test_ratio_is_bounded_as_learned(void **state)
{
	struct world *world = world_suite(1);
	struct hypotheses *table;
	struct rng rng;
	double worst = 0;

	(void)state;
	rng_init(&rng, 77);
	world_fill(world);
	table = &world_engine(world)->table;
	for (unsigned run = 0; run < 400; run++) {
		uint8_t level[SYMPTOM_COUNT] = {0};
		enum witness witness = run % 2 == 0 ? WITNESS_TARGET : WITNESS_FREE;

		draw_levels(&rng, run, level);
		weights_set_levels(table, 0, witness, level);
		for (unsigned row = 0; row < HYPOTHESIS_ROWS; row++) {
			double sum = expected_of_profile(table, row, witness);

			worst = sum > worst ? sum : worst;
		}
	}
	printf("  largest expected ratio %.6f\n", worst);
	assert_true(worst <= 1.0 + 1e-6);
	world_close(world);
}

static void
test_priors_sum_to_one(void **state)
{
	struct world *world = world_suite(1);
	const struct hypotheses *table;
	double sum = 0;

	(void)state;
	world->targets = 3;
	world->provider[0] = "two of them";
	world->provider[2] = "two of them";
	world_fill(world);
	table = &world_engine(world)->table;
	for (uint32_t h = 0; h < table->len; h++) {
		sum += exp(table->at[h].prior_mnats / 1e3);
	}
	assert_true(sum <= 1.0 && sum > 0.99);
	world_close(world);
}

static void
test_lines_add_up(void **state)
{
	unsigned rests = 0;
	unsigned findings = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct world *world = random_world(seed);

		world_run(world, 0, world->end);
		for (size_t i = 0; i < world->change_len; i++) {
			const struct finding *finding =
			    &world->change[i].change.finding;
			int64_t sum = 0;

			for (unsigned k = 0; k < finding->evidence_len; k++) {
				sum += finding->evidence[k].mnats;
				rests +=
				    finding->evidence[k].role == ROLE_COUNT ? 1 : 0;
			}
			findings += finding->evidence_len > 0 ? 1 : 0;
			assert_int_equal(sum, finding->statistic_mnats);
		}
		world_close(world);
	}
	printf("  %u findings told, %u with a remainder\n", findings, rests);
	assert_true(findings > SEEDS);
}

/* Somebody else's statement alone never makes a finding. */
static void
test_statements_alone(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct world *world = world_suite(seed);

		world->end = 7200;
		world->page_from = 600;
		world_open(world);
		world_run(world, 0, world->end);
		assert_int_equal(world->change_len, 0);
		world_close(world);
	}
}

static bool
names_upstream(const struct world *world)
{
	for (size_t i = 0; i < world->change_len; i++) {
		enum verdict verdict = world->change[i].change.finding.verdict;

		if (verdict >= VERDICT_UPSTREAM_OUTAGE &&
		    verdict <= VERDICT_UPSTREAM_AUTH) {
			return true;
		}
	}
	return false;
}

static void
leave_out(struct world *world, unsigned gone)
{
	size_t kept = 0;

	for (size_t i = 0; i < world->event_len; i++) {
		if (world->event[i].agent != gone) {
			world->event[kept++] = world->event[i];
		}
	}
	world->event_len = kept;
	correlate_left(world->engine, (uint16_t)gone, world_mono(1));
}

/* Where all agents together say nothing of the kind, leaving one out does not make an
 * upstream fault. */
static void
test_one_agent_less(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 33; i++) {
		struct world *world = world_suite(i / 11);

		world->end = 5400;
		world_add(world, 1200, 3000, 0.9, 7)->agents = 0x0c;
		world->effect[0].share[SYMPTOM_CONNECT] = 1000;
		world_open(world);
		if (i % 11 < 10) {
			leave_out(world, i % 11);
		}
		world_run(world, 0, world->end);
		assert_false(names_upstream(world));
		world_close(world);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order_of_arrival),
	    cmocka_unit_test(test_save_and_load),
	    cmocka_unit_test(test_damaged_state),
	    cmocka_unit_test(test_ratio_is_bounded),
	    cmocka_unit_test(test_ratio_is_bounded_as_learned),
	    cmocka_unit_test(test_priors_sum_to_one),
	    cmocka_unit_test(test_lines_add_up),
	    cmocka_unit_test(test_statements_alone),
	    cmocka_unit_test(test_one_agent_less),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
