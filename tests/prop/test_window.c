/* The windows against a recount of everything that was put in. Seeds are printed. */
#include "tests/support/test.h"

#include "collector/core/window.h"
#include "common/core/rng.h"
#include "tests/support/small_collector.h"

enum {
	SEEDS = 60,
	RESULTS = 1500
};

struct seen {
	struct evidence evidence;
	int64_t bucket;
};

static int64_t
bucket_of(int64_t ns)
{
	int64_t number = ns / WINDOW_BUCKET_NS;

	return ns % WINDOW_BUCKET_NS < 0 ? number - 1 : number;
}

static bool
fits(const struct window_filter *filter, const struct evidence *evidence)
{
	const struct topology *topology = &small_collector_conf()->topology;
	const struct topology_probe *probe = &topology->probe[evidence->probe];

	if (probe->role == ROLE_SOURCE ||
	    (probe->role == ROLE_CONTROL) != filter->controls) {
		return false;
	}
	return (filter->agent == TOPOLOGY_NONE || filter->agent == evidence->agent) &&
	       (filter->region == TOPOLOGY_NONE ||
		   filter->region == topology->agent[evidence->agent].region) &&
	       (filter->controls || filter->target == TOPOLOGY_NONE ||
		   filter->target == probe->target);
}

/* Counts again; results arrive in time or up to three buckets late, so the ring has all. */
static struct view_counts
recount(const struct seen *seen, size_t len, const struct window_filter *filter,
    int64_t now_ns)
{
	struct view_counts counts = {.total = 0};

	for (size_t i = 0; i < len; i++) {
		enum outcome outcome = seen[i].evidence.outcome;

		if (!fits(filter, &seen[i].evidence) ||
		    seen[i].bucket <= bucket_of(now_ns) - WINDOW_BUCKETS) {
			continue;
		}
		counts.total++;
		if (outcome == OUTCOME_OK) {
			counts.ok++;
		} else if (outcome_is_failure(outcome)) {
			counts.failed++;
		} else if (outcome == OUTCOME_RATE_LIMITED) {
			counts.rate_limited++;
		} else {
			counts.neutral++;
		}
	}
	return counts;
}

static void
check_all(
    const struct windows *windows, const struct seen *seen, size_t len, struct mono now)
{
	static const uint16_t any = TOPOLOGY_NONE;
	static const struct window_filter filters[] = {{any, any, any, false},
	    {any, any, any, true}, {0, any, any, false}, {any, 1, any, false},
	    {any, any, 1, false}, {2, 2, 0, false}, {0, 1, any, false},
	    {any, 2, any, true}};

	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		struct view_counts got = windows_sum(windows, &filters[i], now);
		struct view_counts want = recount(seen, len, &filters[i], now.ns);

		assert_int_equal(got.total, want.total);
		assert_int_equal(got.ok, want.ok);
		assert_int_equal(got.failed, want.failed);
		assert_int_equal(got.rate_limited, want.rate_limited);
		assert_int_equal(got.neutral, want.neutral);
		assert_true(got.p50_us <= got.p95_us);
	}
}

/* Saved and loaded it counts the same. */
static void
check_loaded(
    const struct windows *windows, const struct seen *seen, size_t len, struct mono now)
{
	const struct topology *topology = &small_collector_conf()->topology;
	size_t bytes = windows_bytes(topology);
	size_t cap = windows_save_bytes(topology);
	void *memory = malloc(bytes);
	void *saved = malloc(cap);
	struct windows *again;
	struct arena arena;
	struct buf buf;

	assert_non_null(memory);
	assert_non_null(saved);
	buf_write(&buf, saved, cap);
	windows_save(windows, &buf);
	assert_true(buf_ok(&buf));
	arena_init(&arena, memory, bytes);
	again = windows_init(&arena, topology);
	buf_read(&buf, saved, buf.at);
	assert_int_equal(windows_load(again, &buf), ERR_OK);
	check_all(again, seen, len, now);
	free(memory);
	free(saved);
}

static void
test_recount(void **state)
{
	const struct topology *topology = &small_collector_conf()->topology;
	size_t bytes = windows_bytes(topology);
	void *memory = malloc(bytes);

	(void)state;
	assert_non_null(memory);
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		static struct seen seen[RESULTS];
		struct windows *windows;
		struct arena arena;
		struct rng rng;
		int64_t now_ns;

		printf("%s%u", seed % 20 == 1 ? "\n  seeds " : " ", (unsigned)seed);
		rng_init(&rng, seed);
		now_ns = (int64_t)rng_below(&rng, 600 * (uint64_t)CLOCK_NS_PER_S) -
			 300 * CLOCK_NS_PER_S;
		arena_init(&arena, memory, bytes);
		windows = windows_init(&arena, topology);
		assert_non_null(windows);
		for (size_t i = 0; i < RESULTS; i++) {
			int64_t age_ns =
			    (int64_t)rng_below(&rng, 3 * (uint64_t)WINDOW_BUCKET_NS);
			struct now ended = {
			    {now_ns - age_ns}, {(INT64_C(1) << 60) + now_ns - age_ns}};

			seen[i].bucket = bucket_of(ended.mono.ns);
			seen[i].evidence = (struct evidence){
			    .agent = (uint16_t)rng_below(&rng, SMALL_AGENTS),
			    .probe = (uint16_t)rng_below(&rng, SMALL_PROBES),
			    .outcome = (enum outcome)rng_below(&rng, OUTCOME_COUNT),
			    .total_us = (uint32_t)rng_below(&rng, 1000),
			    .at = ended.mono};
			windows_add(windows, &seen[i].evidence, ended);
			if (i % 50 == 0) {
				check_all(windows, seen, i + 1, (struct mono){now_ns});
			}
			now_ns += (int64_t)rng_below(
			    &rng, (uint64_t)CLOCK_NS_PER_S * (seed % 5 + 1));
		}
		check_all(windows, seen, RESULTS, (struct mono){now_ns});
		check_loaded(windows, seen, RESULTS, (struct mono){now_ns});
	}
	printf("\n");
	free(memory);
}

static int
compare(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left;
	uint32_t b = *(const uint32_t *)right;

	return (a > b) - (a < b);
}

/* Ranks against sorting, with many equal values. */
static void
test_ranks(void **state)
{
	const struct topology *topology = &small_collector_conf()->topology;
	const struct window_filter one = {0, TOPOLOGY_NONE, TOPOLOGY_NONE, false};
	size_t bytes = windows_bytes(topology);
	void *memory = malloc(bytes);

	(void)state;
	assert_non_null(memory);
	for (uint64_t seed = 1; seed <= 2000; seed++) {
		uint32_t value[WINDOW_SAMPLES];
		struct now now = {{0}, {1}};
		struct view_counts counts;
		struct windows *windows;
		struct arena arena;
		struct rng rng;
		size_t len;

		rng_init(&rng, seed);
		len = 1 + (size_t)rng_below(&rng, WINDOW_SAMPLES);
		arena_init(&arena, memory, bytes);
		windows = windows_init(&arena, topology);
		for (size_t i = 0; i < len; i++) {
			value[i] = (uint32_t)rng_below(&rng, seed % 9 + 1);
			windows_add(windows,
			    &(struct evidence){.agent = 0, .total_us = value[i]}, now);
		}
		qsort(value, len, sizeof(value[0]), compare);
		counts = windows_sum(windows, &one, now.mono);
		assert_int_equal(counts.p50_us, value[len / 2]);
		assert_int_equal(counts.p95_us, value[len * 95 / 100]);
	}
	free(memory);
}

/* Where pictures are made, durations are those of pictures; elsewhere those of what counts
 * as the target. */
static void
test_what_is_timed(void **state)
{
	struct topology_agent agent = {.name = "a"};
	struct topology_probe probe[] = {
	    {"t/page", ROLE_TARGET, PROBE_HTTP, .target = 0},
	    {"t/image", ROLE_TARGET, PROBE_GEMINI_IMAGE, .target = 0},
	    {"t/model", ROLE_FREE, PROBE_GEMINI_MODEL, .target = 0},
	    {"u/page", ROLE_TARGET, PROBE_HTTP, .target = 1},
	    {"u/model", ROLE_FREE, PROBE_GEMINI_MODEL, .target = 1}};
	const struct topology topology = {
	    .agent = &agent, .agent_len = 1, .probe = probe, .probe_len = 5};
	const uint32_t total_us[] = {10, 9000, 20, 30, 40};
	const struct now now = {{0}, {1}};
	size_t bytes = windows_bytes(&topology);
	void *memory = malloc(bytes);
	struct windows *windows;
	struct arena arena;

	(void)state;
	assert_non_null(memory);
	arena_init(&arena, memory, bytes);
	windows = windows_init(&arena, &topology);
	assert_non_null(windows);
	for (uint16_t i = 0; i < 5; i++) {
		windows_add(windows,
		    &(struct evidence){.probe = i, .total_us = total_us[i]}, now);
	}
	for (uint16_t target = 0; target < 2; target++) {
		const struct window_filter filter = {
		    TOPOLOGY_NONE, TOPOLOGY_NONE, target, false};
		struct view_counts counts = windows_sum(windows, &filter, now.mono);

		assert_int_equal(counts.p50_us, target == 0 ? 9000 : 30);
		assert_int_equal(counts.p95_us, target == 0 ? 9000 : 30);
		assert_int_equal(counts.ok, target == 0 ? 3 : 2);
	}
	free(memory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_recount),
	    cmocka_unit_test(test_ranks),
	    cmocka_unit_test(test_what_is_timed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
