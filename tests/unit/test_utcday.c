/* test_utcday - days and months, against a calendar that walks day by day */
#include "common/core/utcday.h"
#include "tests/support/test.h"

static uint32_t
month_days(uint32_t year, uint32_t month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month] + (leap && month == 1 ? 1U : 0U);
}

static void
test_calendar(void **state)
{
	uint32_t day = 0;

	(void)state;
	for (uint32_t year = 1970; year < 2450; year++) {
		for (uint32_t month = 0; month < 12; month++) {
			uint32_t first = day;
			uint32_t len = month_days(year, month);

			for (uint32_t i = 0; i < len; i++, day++) {
				assert_int_equal(utcday_month(day), first);
				assert_int_equal(utcday_next_month(day), first + len);
			}
		}
	}
}

static void
test_instants(void **state)
{
	(void)state;
	assert_int_equal(utcday_of((struct wall){-1}), 0);
	assert_int_equal(utcday_of((struct wall){UTCDAY_NS - 1}), 0);
	assert_int_equal(utcday_of((struct wall){UTCDAY_NS}), 1);
	assert_true(utcday_begin(20000).ns == 20000 * UTCDAY_NS);
	assert_int_equal(utcday_of(utcday_begin(20000)), 20000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_calendar),
	    cmocka_unit_test(test_instants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
