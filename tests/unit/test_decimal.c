/* test_decimal - numbers as they are written, without a floating point */
#include "tests/support/test.h"

#include "agent/core/decimal.h"
#include "agent/core/figures.h"

#include <string.h>

static void
test_rows(void **state)
{
	static const struct {
		const char *text;
		unsigned digits;
		bool good;
		int64_t value;
	} row[] = {
	    {"0", 9, true, 0},
	    {"1", 0, true, 1},
	    {"-1", 9, true, -1000000000},
	    {"0.00000028", 9, true, 280},
	    {"0.00000000028", 9, true, 0},
	    {"0.0000000005", 9, true, 1},
	    {"0.0000000004999999999999", 9, true, 0},
	    {"-0.0000000005", 9, true, -1},
	    {"0.00000100000000000000015", 9, true, 1000},
	    {"99.95", 4, true, 999500},
	    {"99.999995", 4, true, 1000000},
	    {"1e2", 4, true, 1000000},
	    {"1.5E-3", 3, true, 2},
	    {"15e-1", 0, true, 2},
	    {"14e-1", 0, true, 1},
	    {"0e99", 12, true, 0},
	    {"1e-99", 12, true, 0},
	    {"9223372036854775807", 0, false, 0},
	    {"92233720368547758070000", 0, false, 0},
	    {"1e99", 0, false, 0},
	    {"1e100", 0, false, 0},
	    {"", 0, false, 0},
	    {"-", 0, false, 0},
	    {".5", 0, false, 0},
	    {"5.", 0, false, 0},
	    {"1e", 0, false, 0},
	    {"1e+", 0, false, 0},
	    {"1x", 0, false, 0},
	    {" 1", 0, false, 0},
	    {"+1", 0, false, 0},
	    {"null", 0, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		int64_t value = 4711;
		bool good = decimal_read(
		    row[i].text, strlen(row[i].text), row[i].digits, &value);

		if (good != row[i].good || value != (good ? row[i].value : 4711)) {
			fail_msg("%s: %d, %lld", row[i].text, good, (long long)value);
		}
	}
}

static void
test_figures(void **state)
{
	(void)state;
	assert_int_equal(figures_percent("99.6", 4), 996000);
	assert_int_equal(figures_percent("100", 3), 1000000);
	assert_int_equal(figures_percent("100.01", 6), -1);
	assert_int_equal(figures_percent("-1", 2), -1);
	assert_int_equal(figures_percent("0.97", 4), 9700);
	assert_int_equal(figures_price("0.000012", 8), 12000);
	assert_int_equal(figures_price("-1", 2), -1);
	assert_int_equal(figures_count("65536", 5), 65536);
	assert_int_equal(figures_count("-5", 2), 0);
	assert_int_equal(figures_count("99999999999", 11), UINT32_MAX);
	assert_int_equal(figures_milli("12.3456", 7), 12346);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_figures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
