/* The set of ranges against a plain bitmap, and what is sent against what is counted. Seeds
 * are printed. */
#include "tests/support/test.h"

#include "collector/core/ingest.h"
#include "common/core/rng.h"
#include "common/core/seqset.h"
#include "tests/support/small_collector.h"

enum {
	NUMBERS = 300,
	ROUNDS = 3000,
	SEEDS = 30,
	BATCHES = 40,
	BATCH_LEN = 6
};

/* Ranges of a bitmap, counted from end to end. */
static size_t
count_ranges(const bool *in)
{
	size_t ranges = 0;

	for (size_t i = 0; i < NUMBERS; i++) {
		ranges += in[i] && (i == 0 || !in[i - 1]) ? 1 : 0;
	}
	return ranges;
}

static void
check_same(const struct seqset *set, const bool *in)
{
	uint64_t count = 0;

	for (uint64_t i = 0; i < NUMBERS; i++) {
		assert_int_equal(seqset_has(set, i), in[i]);
		count += in[i] ? 1 : 0;
	}
	assert_int_equal(seqset_count(set), count);
	assert_int_equal(set->len, count_ranges(in));
}

static void
check_save(const struct seqset *set)
{
	unsigned char bytes[LIMIT_SEQ_RANGES * 20 + 10];
	struct seqset loaded;
	struct buf buf;

	buf_write(&buf, bytes, sizeof(bytes));
	seqset_save(set, &buf);
	buf_read(&buf, bytes, buf.at);
	assert_int_equal(seqset_load(&loaded, &buf), ERR_OK);
	assert_int_equal(loaded.len, set->len);
	assert_memory_equal(loaded.range, set->range, set->len * sizeof(set->range[0]));
}

static void
one_round(struct seqset *set, bool *in, struct rng *rng)
{
	uint64_t first = rng_below(rng, NUMBERS);
	uint64_t last =
	    first + rng_below(rng, NUMBERS - first < 9 ? NUMBERS - first : 9);
	bool is_add = rng_below(rng, 2) == 0;
	bool after[NUMBERS];
	enum err err;
	uint64_t overlap = 0;

	memcpy(after, in, sizeof(after));
	for (uint64_t i = first; i <= last; i++) {
		overlap += in[i] ? 1 : 0;
		after[i] = is_add;
	}
	assert_int_equal(seqset_overlap(set, first, last), overlap);
	err = is_add ? seqset_add(set, first, last) : seqset_remove(set, first, last);
	assert_int_equal(
	    err, count_ranges(after) > LIMIT_SEQ_RANGES ? ERR_LIMIT : ERR_OK);
	if (err == ERR_OK) {
		memcpy(in, after, sizeof(after));
	}
}

static void
test_bitmap(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		bool in[NUMBERS] = {false};
		struct seqset set;
		struct rng rng;

		printf("  seed %u\n", (unsigned)seed);
		rng_init(&rng, seed);
		seqset_init(&set);
		for (int i = 0; i < ROUNDS; i++) {
			one_round(&set, in, &rng);
			check_same(&set, in);
		}
		check_save(&set);
	}
}

/* One agent's ingest, and how often each number was new. */
struct arrivals {
	struct rng rng;
	struct ingest *ingest;
	unsigned times[BATCHES * BATCH_LEN + 1];
	bool is_here[BATCHES];
	size_t missing; /* batches that have not come whole */
	uint64_t gaps;
};

/* These were dropped by the agent. */
static bool
is_hole(size_t batch)
{
	return batch % 7 == 3;
}

/* Some batch comes, whole or its first part, perhaps not for the first time. */
static void
arrive(struct arrivals *arrivals)
{
	const struct now now = {{CLOCK_NS_PER_S}, {1767225600 * CLOCK_NS_PER_S}};
	size_t i = (size_t)rng_below(&arrivals->rng, BATCHES);
	struct result result[BATCH_LEN] = {{.seq = 0}};
	struct seq_range fresh[JOURNAL_FRESH];
	struct seq_range all = {1 + i * BATCH_LEN, (i + 1) * BATCH_LEN};
	bool is_whole = is_hole(i) || rng_below(&arrivals->rng, 3) != 0;
	struct ingest_batch batch = {.agent = 1,
	    .incarnation = 5,
	    .first_seq = all.first,
	    .sent_at = now.wall,
	    .result = result,
	    .len = is_whole ? BATCH_LEN
			    : 1 + (size_t)rng_below(&arrivals->rng, BATCH_LEN - 1)};
	size_t fresh_len = 0;

	if (is_hole(i)) {
		batch.len = 0;
		batch.hole = &all;
		batch.hole_len = 1;
		arrivals->gaps += arrivals->is_here[i] ? 0 : BATCH_LEN;
	}
	assert_int_equal(
	    ingest_mark(arrivals->ingest, &batch, now, fresh, &fresh_len), ERR_OK);
	for (size_t k = 0; k < fresh_len; k++) {
		for (uint64_t n = fresh[k].first; n <= fresh[k].last; n++) {
			arrivals->times[n]++;
		}
	}
	arrivals->missing -= is_whole && !arrivals->is_here[i] ? 1 : 0;
	arrivals->is_here[i] = arrivals->is_here[i] || is_whole;
}

/* Batches in any order, any of them again and again, give one set, and each number counts
 * once. */
static void
test_ingest_order(void **state)
{
	const struct topology *topology = &small_collector_conf()->topology;
	size_t bytes = ingest_bytes(topology);
	void *memory = malloc(bytes);

	(void)state;
	assert_non_null(memory);
	for (uint64_t seed = 1; seed <= SEEDS * 10; seed++) {
		struct arrivals arrivals = {.missing = BATCHES};
		const struct ingest_agent *agent;
		struct arena arena;

		rng_init(&arrivals.rng, seed);
		arena_init(&arena, memory, bytes);
		arrivals.ingest = ingest_init(&arena, topology);
		assert_non_null(arrivals.ingest);
		while (arrivals.missing > 0) {
			arrive(&arrivals);
		}
		for (size_t n = 1; n <= (size_t)BATCHES * BATCH_LEN; n++) {
			assert_int_equal(
			    arrivals.times[n], is_hole((n - 1) / BATCH_LEN) ? 0 : 1);
		}
		agent = ingest_agent(arrivals.ingest, 1);
		assert_int_equal(agent->have.len, 1);
		assert_int_equal(agent->gaps, arrivals.gaps);
		assert_int_equal(
		    agent->received, (uint64_t)BATCHES * BATCH_LEN - arrivals.gaps);
	}
	free(memory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bitmap),
	    cmocka_unit_test(test_ingest_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
