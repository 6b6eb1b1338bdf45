/* Integer logarithms against known values. */
#include "common/core/logn.h"
#include "tests/support/test.h"

static void
test_known(void **state)
{
	static const struct {
		uint64_t num;
		uint64_t den;
		int32_t mnats;
	} rows[] = {
	    {1, 1, 0},
	    {2, 1, 693},
	    {1, 2, -694}, /* rounded down */
	    {10, 1, 2302},
	    {100, 1, 4605},
	    {1, 20, -2996},
	    {1, 1000000, -13816},
	    {UINT64_MAX, 1, 44361},
	    {999999, 1000000, -1},
	    {3155760, 1, 14964},
	    {7, 7, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(logn_mnats(rows[i].num, rows[i].den), rows[i].mnats);
	}
}

static void
test_products(void **state)
{
	(void)state;
	for (uint64_t n = 1; n < 3000; n++) {
		int32_t sum = logn_mnats(n, 1) + logn_mnats(n + 1, 1);
		int32_t product = logn_mnats(n * (n + 1), 1);

		assert_in_range(product - sum, 0, 1);
		assert_true(logn_mnats(n + 1, 1) >= logn_mnats(n, 1));
	}
}

/* e^-x falls, halves every ln 2, and multiplies. */
static void
test_inverse(void **state)
{
	(void)state;
	assert_int_equal(logn_inverse(0), LOGN_ONE);
	assert_int_equal(logn_inverse(21000), 0);
	for (uint32_t x = 0; x < 20900; x++) {
		assert_true(logn_inverse(x + 1) <= logn_inverse(x) + 1);
	}
	for (uint32_t x = 0; x < 9000; x += 7) {
		uint64_t product =
		    (uint64_t)logn_inverse(x) * logn_inverse(1234) / LOGN_ONE;
		uint64_t direct = logn_inverse(x + 1234);
		uint64_t off = product > direct ? product - direct : direct - product;

		assert_true(off <= 2 + direct / 50000);
	}
	assert_in_range(logn_inverse(1000), 395007542 - 2000, 395007542 + 2000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_known),
	    cmocka_unit_test(test_products),
	    cmocka_unit_test(test_inverse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
