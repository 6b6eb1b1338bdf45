#include "common/core/rfc3339.h"

enum {
	DAY_S = 86400,
	ERA_DAYS = 146097,  /* 400 years */
	EPOCH_DAY = 719468, /* from 0000-03-01 to 1970-01-01 */
	YEAR_FIRST = 1970,
	YEAR_LAST = 2261 /* the last whole year an int64_t of nanoseconds holds */
};

/* Years are counted from March, so that the leap day is the last of its year. */
static int64_t
days_of(int64_t year, int64_t month, int64_t day)
{
	int64_t shifted = month > 2 ? year : year - 1;
	int64_t era = shifted / 400;
	int64_t of_era = shifted % 400;
	int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
	       EPOCH_DAY;
}

static void
date_of(int64_t days, int64_t *out_year, int64_t *out_month, int64_t *out_day)
{
	int64_t shifted = days + EPOCH_DAY;
	int64_t era = shifted / ERA_DAYS;
	int64_t of_era = shifted % ERA_DAYS;
	int64_t year =
	    (of_era - of_era / 1460 + of_era / 36524 - of_era / (ERA_DAYS - 1)) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153;

	*out_day = of_year - (153 * month + 2) / 5 + 1;
	*out_month = month < 10 ? month + 3 : month - 9;
	*out_year = era * 400 + year + (*out_month <= 2 ? 1 : 0);
}

static int64_t
floor_div(int64_t value, int64_t by)
{
	return value / by - (value % by < 0 ? 1 : 0);
}

/* Writes `value` with leading zeros and returns where to go on. */
static char *
put(char *at, int64_t value, int digits, char after)
{
	for (int i = digits - 1; i >= 0; i--) {
		at[i] = (char)('0' + value % 10);
		value /= 10;
	}
	at[digits] = after;
	return at + digits + 1;
}

void
rfc3339_write(struct wall at, char out[RFC3339_BYTES])
{
	int64_t ms = floor_div(at.ns, CLOCK_NS_PER_MS);
	int64_t seconds = floor_div(ms, 1000);
	int64_t days = floor_div(seconds, DAY_S);
	int64_t of_day = seconds - days * DAY_S;
	int64_t year;
	int64_t month;
	int64_t day;
	char *end = out;

	date_of(days, &year, &month, &day);
	end = put(end, year, 4, '-');
	end = put(end, month, 2, '-');
	end = put(end, day, 2, 'T');
	end = put(end, of_day / 3600, 2, ':');
	end = put(end, of_day / 60 % 60, 2, ':');
	end = put(end, of_day % 60, 2, '.');
	end = put(end, ms - seconds * 1000, 3, 'Z');
	*end = '\0';
}

/* Takes `digits` digits at `*at`; -1 when they are not all there. */
static int64_t
number(const char **at, int digits)
{
	int64_t value = 0;

	for (int i = 0; i < digits; i++) {
		char c = **at;

		if (c < '0' || c > '9') {
			return -1;
		}
		value = value * 10 + (c - '0');
		(*at)++;
	}
	return value;
}

static bool
take(const char **at, char expected)
{
	if (**at != expected) {
		return false;
	}
	(*at)++;
	return true;
}

static bool
is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool
read_date(const char **at, int64_t *out_days)
{
	static const unsigned char length[12] = {
	    31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t year = number(at, 4);
	int64_t month = take(at, '-') ? number(at, 2) : -1;
	int64_t day = take(at, '-') ? number(at, 2) : -1;

	if (year < YEAR_FIRST || year > YEAR_LAST || month < 1 || month > 12 ||
	    day < 1) {
		return false;
	}
	if (day > length[month - 1] + (month == 2 && is_leap(year) ? 1 : 0)) {
		return false;
	}
	*out_days = days_of(year, month, day);
	return true;
}

/* The fraction of a second; digits after the ninth are read and dropped. */
static bool
read_fraction(const char **at, int64_t *out_ns)
{
	int64_t scale = CLOCK_NS_PER_S;

	*out_ns = 0;
	if (!take(at, '.')) {
		return true;
	}
	if (**at < '0' || **at > '9') {
		return false;
	}
	while (**at >= '0' && **at <= '9') {
		scale /= 10;
		*out_ns += (**at - '0') * scale;
		(*at)++;
	}
	return true;
}

static bool
read_clock(const char **at, int64_t *out_ns)
{
	int64_t hour = number(at, 2);
	int64_t minute = take(at, ':') ? number(at, 2) : -1;
	int64_t second = take(at, ':') ? number(at, 2) : -1;
	int64_t fraction_ns;

	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
	    second > 60) {
		return false;
	}
	if (!read_fraction(at, &fraction_ns)) {
		return false;
	}
	*out_ns = (hour * 3600 + minute * 60 + second) * CLOCK_NS_PER_S + fraction_ns;
	return true;
}

static bool
read_zone(const char **at, int64_t *out_seconds)
{
	int64_t sign = **at == '-' ? -1 : 1;
	int64_t hour;
	int64_t minute;

	*out_seconds = 0;
	if (take(at, 'Z') || take(at, 'z')) {
		return true;
	}
	if (!take(at, '+') && !take(at, '-')) {
		return false;
	}
	hour = number(at, 2);
	minute = take(at, ':') ? number(at, 2) : -1;
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59) {
		return false;
	}
	*out_seconds = sign * (hour * 3600 + minute * 60);
	return true;
}

bool
rfc3339_read(const char *text, struct wall *out_at)
{
	const char *at = text;
	int64_t days;
	int64_t of_day_ns = 0;
	int64_t zone_s = 0;

	if (!read_date(&at, &days)) {
		return false;
	}
	if (*at != '\0') {
		if (!take(&at, 'T') && !take(&at, 't') && !take(&at, ' ')) {
			return false;
		}
		if (!read_clock(&at, &of_day_ns) || !read_zone(&at, &zone_s)) {
			return false;
		}
	}
	if (*at != '\0') {
		return false;
	}
	out_at->ns = (days * DAY_S - zone_s) * CLOCK_NS_PER_S + of_day_ns;
	return true;
}
