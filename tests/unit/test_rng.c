/* The generator against vectors computed by another implementation of the same paper. */
#include "tests/support/test.h"

#include "common/core/rng.h"

/* splitmix64 of seed 0: widely published. */
static void
test_seeding(void **state)
{
	static const uint64_t zero[4] = {UINT64_C(0xe220a8397b1dcdaf),
	    UINT64_C(0x6e789e6aa1b965f4), UINT64_C(0x06c45d188009454f),
	    UINT64_C(0xf88bb8a8724c81ec)};
	struct rng rng;

	(void)state;
	rng_init(&rng, 0);
	assert_memory_equal(rng.state, zero, sizeof(zero));
}

/* xoshiro256** from the state 1, 2, 3, 4. */
static void
test_sequence(void **state)
{
	static const uint64_t want[] = {UINT64_C(11520), UINT64_C(0),
	    UINT64_C(1509978240), UINT64_C(1215971899390074240),
	    UINT64_C(1216172134540287360), UINT64_C(607988272756665600),
	    UINT64_C(16172922978634559625), UINT64_C(8476171486693032832),
	    UINT64_C(10595114339597558777), UINT64_C(2904607092377533576)};
	struct rng rng = {{1, 2, 3, 4}};

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		assert_int_equal(rng_next(&rng), want[i]);
	}
}

static void
test_below(void **state)
{
	struct rng rng;
	unsigned seen[6] = {0};

	(void)state;
	rng_init(&rng, 42);
	assert_int_equal(rng_below(&rng, 0), 0);
	assert_int_equal(rng_below(&rng, 1), 0);
	for (int i = 0; i < 60000; i++) {
		uint64_t value = rng_below(&rng, 6);

		assert_true(value < 6);
		seen[value]++;
	}
	for (int i = 0; i < 6; i++) {
		assert_in_range(seen[i], 9500, 10500);
	}
	/* A bound just above half of the range would be missed half of the time. */
	for (int i = 0; i < 100; i++) {
		assert_true(
		    rng_below(&rng, (UINT64_C(1) << 63) + 1) <= UINT64_C(1) << 63);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_seeding),
	    cmocka_unit_test(test_sequence),
	    cmocka_unit_test(test_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
