/* test_usage - amounts of money as answers write them */
#include "agent/core/usage.h"
#include "tests/support/test.h"

static void
test_decimal(void **state)
{
	static const struct {
		const char *text;
		unsigned places;
		bool good;
		uint64_t value;
	} row[] = {
	    {"0", 6, true, 0},
	    {"1", 6, true, 1000000},
	    {"0.039", 6, true, 39000},
	    {"0.0387243", 6, true, 38725}, /* up */
	    {"0.0000001", 6, true, 1},
	    {"0.0000000", 6, true, 0},
	    {"-0.0", 6, true, 0},
	    {"1.5", 0, true, 2},
	    {"1e3", 0, true, 1000},
	    {"1E+3", 0, true, 1000},
	    {"1.25e1", 1, true, 125},
	    {"3.9e-05", 6, true, 39},
	    {"1e-300", 6, true, 1},
	    {"0e-300", 6, true, 0},
	    {"0e999999999999", 6, true, 0},
	    {"1e999999999999", 6, true, UINT64_MAX},
	    {"1e-999999999999", 6, true, 1},
	    {"18446744073709551615", 0, true, UINT64_MAX},
	    {"18446744073709551616", 0, true, UINT64_MAX},
	    {"184467440737095516150000000000000000000", 0, true, UINT64_MAX},
	    {"0.00000000000000000000000000000000000001", 6, true, 1},
	    {"1.00000000000000000000000000000000000000", 6, true, 1000000},
	    {"-1", 6, false, 0},
	    {"-1e-9", 6, false, 0},
	    {"", 6, false, 0},
	    {"-", 6, false, 0},
	    {".5", 6, false, 0},
	    {"5.", 6, false, 0},
	    {"1e", 6, false, 0},
	    {"1e+", 6, false, 0},
	    {"1ex", 6, false, 0},
	    {"1.2.3", 6, false, 0},
	    {"1 ", 6, false, 0},
	    {" 1", 6, false, 0},
	    {"0x1", 6, false, 0},
	    {"NaN", 6, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		uint64_t value = 42;
		bool good = usage_decimal(
		    row[i].text, strlen(row[i].text), row[i].places, &value);
		if (good != row[i].good || value != (good ? row[i].value : 42)) {
			fail_msg("%s: %d %llu", row[i].text, good,
			    (unsigned long long)value);
		}
	}
}

static void
test_spent(void **state)
{
	static const char *const spent[] = {"0", "0.0", "-0", "-1", "-1e-9", "0e5"};
	static const char *const left[] = {"1", "0.01", "1e-9", "", "x", "null"};

	(void)state;
	for (size_t i = 0; i < sizeof(spent) / sizeof(spent[0]); i++) {
		assert_true(usage_is_spent(spent[i], strlen(spent[i])));
	}
	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
		assert_false(usage_is_spent(left[i], strlen(left[i])));
	}
}

static void
test_tokens(void **state)
{
	(void)state;
	assert_int_equal(usage_tokens("1290", 4), 1290);
	assert_int_equal(usage_tokens("-5", 2), 0);
	assert_int_equal(usage_tokens("1e99", 4), USAGE_TOKENS_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_decimal),
	    cmocka_unit_test(test_spent),
	    cmocka_unit_test(test_tokens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
