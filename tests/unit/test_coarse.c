/* The codes of durations against their promise, over the whole range. */
#include "tests/support/test.h"

#include "proto/coarse.h"

static void
check(uint32_t value)
{
	uint32_t code = coarse_code(value);
	uint32_t back = coarse_value(code);
	uint64_t error = back > value ? back - value : value - back;

	assert_true(code < COARSE_CODES);
	assert_true(error * COARSE_EXACT <= value);
	assert_int_equal(coarse_code(back), code);
	if (value < COARSE_EXACT) {
		assert_int_equal(back, value);
	}
}

static void
test_error(void **state)
{
	(void)state;
	for (uint32_t value = 0; value < 100000; value++) {
		check(value);
	}
	for (unsigned shift = 8; shift < 32; shift++) {
		for (uint32_t offset = 0; offset < 1000; offset++) {
			check((UINT32_C(1) << shift) + offset);
			check((UINT32_C(1) << shift) - offset);
			check((UINT32_C(1) << shift) * 2 - 1 - offset);
		}
	}
	check(UINT32_MAX);
}

static void
test_order(void **state)
{
	(void)state;
	for (uint32_t code = 0; code < COARSE_CODES; code++) {
		assert_int_equal(coarse_code(coarse_value(code)), code);
		if (code > 0) {
			assert_true(coarse_value(code) > coarse_value(code - 1));
		}
	}
	assert_int_equal(coarse_code(UINT32_MAX), COARSE_CODES - 1);
}

/* The formula of parallax.proto, by hand. */
static void
test_vectors(void **state)
{
	static const struct {
		uint32_t value;
		uint32_t code;
		uint32_t back;
	} rows[] = {
	    {0, 0, 0},
	    {255, 255, 255},
	    {256, 256, 257},
	    {257, 256, 257},
	    {258, 257, 259},
	    {511, 383, 511},
	    {512, 384, 514},
	    {1000, 506, 1002},
	    {11500000, 2223, 11501568},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(coarse_code(rows[i].value), rows[i].code);
		assert_int_equal(coarse_value(rows[i].code), rows[i].back);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_error),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
