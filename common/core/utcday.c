#include "common/core/utcday.h"

enum {
	/* 1970-01-01, counted from 0000-03-01: with leap days at the end of the year, the
	 * months before them are the same every year. */
	EPOCH_DAYS = 719468,
	DAYS_4Y = 1461,
	DAYS_100Y = 36524,
	DAYS_400Y = 146097
};

uint32_t
utcday_of(struct wall at)
{
	return at.ns < 0 ? 0 : (uint32_t)(at.ns / UTCDAY_NS);
}

struct wall
utcday_begin(uint32_t day)
{
	return (struct wall){(int64_t)day * UTCDAY_NS};
}

/* Days since the first of the month. Months from March on have 31, 30, 31, 30, 31 days again
 * and again: 153 in five. */
static uint32_t
day_in_month(uint32_t day)
{
	uint32_t left = (day + EPOCH_DAYS) % DAYS_400Y;
	uint32_t century = left / DAYS_100Y == 4 ? 3 : left / DAYS_100Y;
	uint32_t year;
	uint32_t month;

	left -= century * DAYS_100Y;
	left %= DAYS_4Y;
	year = left / 365 == 4 ? 3 : left / 365;
	left -= year * 365;
	month = (5 * left + 2) / 153;
	return left - (153 * month + 2) / 5;
}

uint32_t
utcday_month(uint32_t day)
{
	uint32_t in = day_in_month(day);

	return in > day ? 0 : day - in;
}

uint32_t
utcday_next_month(uint32_t day)
{
	return utcday_month(utcday_month(day) + 31);
}
