/* test_usage - amounts of money as answers write them */
#include "agent/core/usage.h"
#include "tests/support/test.h"

static void
test_microusd(void **state)
{
	static const struct {
		const char *text;
		bool good;
		uint32_t value;
	} row[] = {
	    {"0", true, 0},
	    {"1", true, 1000000},
	    {"0.039", true, 39000},
	    {"0.0387243", true, 38725}, /* up */
	    {"0.000000001", true, 1},
	    {"0.0000000", true, 0},
	    {"-0.0", true, 0},
	    {"3.9e-05", true, 39},
	    {"4E+2", true, 400000000},
	    {"4294.967295", true, UINT32_MAX},
	    {"4294.967296", true, UINT32_MAX},
	    {"1000000", true, UINT32_MAX},
	    {"-1", false, 0},
	    {"", false, 0},
	    {".5", false, 0},
	    {"1e", false, 0},
	    {"1.2.3", false, 0},
	    {" 1", false, 0},
	    {"NaN", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		uint32_t value = 42;
		bool good = usage_microusd(row[i].text, strlen(row[i].text), &value);
		if (good != row[i].good || value != (good ? row[i].value : 42)) {
			fail_msg("%s: %d %u", row[i].text, good, value);
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
	assert_int_equal(usage_tokens("99999999999", 11), USAGE_TOKENS_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_microusd),
	    cmocka_unit_test(test_spent),
	    cmocka_unit_test(test_tokens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
