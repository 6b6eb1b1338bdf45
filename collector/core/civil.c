#include "collector/core/civil.h"

#include "common/core/rfc3339.h"

#include <stdio.h>
#include <string.h>

enum {
	ERA_DAYS = 146097,  /* 400 years */
	EPOCH_DAYS = 719468 /* from 0000-03-01 to 1970-01-01 */
};

/* Years from March on: the leap day is then the last of its year. */
int64_t
civil_day(int64_t year, unsigned month, unsigned day)
{
	int64_t from_march = month > 2 ? year : year - 1;
	int64_t months = month > 2 ? (int64_t)month - 3 : (int64_t)month + 9;

	return from_march * 365 + from_march / 4 - from_march / 100 + from_march / 400 +
	       (153 * months + 2) / 5 + (int64_t)day - 1 - EPOCH_DAYS;
}

struct civil_date
civil_date(int64_t day)
{
	int64_t from_march = (day + EPOCH_DAYS) * 400 / ERA_DAYS;
	struct civil_date date;
	int64_t in;
	int64_t month;

	/* the quotient is off by one near the turn of the year */
	while (civil_day(from_march + 1, 3, 1) <= day) {
		from_march++;
	}
	while (civil_day(from_march, 3, 1) > day) {
		from_march--;
	}
	in = day - civil_day(from_march, 3, 1);
	month = (5 * in + 2) / 153;
	date.day = (uint8_t)(in - (153 * month + 2) / 5 + 1);
	date.month = (uint8_t)(month < 10 ? month + 3 : month - 9);
	date.year = from_march + (date.month <= 2 ? 1 : 0);
	return date;
}

unsigned
civil_month_len(int64_t year, unsigned month)
{
	int64_t next =
	    month == 12 ? civil_day(year + 1, 1, 1) : civil_day(year, month + 1, 1);

	return (unsigned)(next - civil_day(year, month, 1));
}

unsigned
civil_weekday(int64_t day)
{
	return (unsigned)(((day + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

int
civil_weekday_find(const char *name, size_t len)
{
	static const char names[] = "montuewedthufrisatsun";

	if (len != 2 && len != 3) {
		return -1;
	}
	for (int i = 0; i < 7; i++) {
		size_t k = 0;

		while (k < len && lower(name[k]) == names[i * 3 + (int)k]) {
			k++;
		}
		if (k == len) {
			return i;
		}
	}
	return -1;
}

int64_t
civil_day_of(int64_t local_s)
{
	return local_s / CIVIL_DAY_S - (local_s % CIVIL_DAY_S < 0 ? 1 : 0);
}

bool
civil_read(const char *text, int64_t *out_local_s)
{
	static const char shape[] = "dddd-dd-ddTdd:dd:dd";
	size_t len = strlen(text);
	char full[CIVIL_BYTES];
	struct wall at;

	if (len != 16 && len != 19) {
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		bool is_digit = text[i] >= '0' && text[i] <= '9';

		if (shape[i] == 'd' ? !is_digit : text[i] != shape[i]) {
			return false;
		}
	}
	(void)snprintf(full, sizeof(full), "%s%sZ", text, len == 16 ? ":00" : "");
	if (!rfc3339_read(full, &at)) {
		return false;
	}
	*out_local_s = at.ns / CLOCK_NS_PER_S;
	return true;
}

const char *
civil_write(int64_t local_s, char out[CIVIL_BYTES])
{
	int64_t ns;

	if (__builtin_mul_overflow(local_s, CLOCK_NS_PER_S, &ns)) {
		ns = 0;
	}
	rfc3339_write((struct wall){ns}, out);
	out[local_s % 60 == 0 ? 16 : 19] = '\0';
	return out;
}

bool
civil_read_clock(const char *text, int32_t *out_s)
{
	int32_t hours;
	int32_t minutes;

	if (strlen(text) != 5 || text[2] != ':') {
		return false;
	}
	for (size_t i = 0; i < 5; i++) {
		if (i != 2 && (text[i] < '0' || text[i] > '9')) {
			return false;
		}
	}
	hours = (text[0] - '0') * 10 + text[1] - '0';
	minutes = (text[3] - '0') * 10 + text[4] - '0';
	if (minutes > 59 || hours > 24 || (hours == 24 && minutes > 0)) {
		return false;
	}
	*out_s = hours * 3600 + minutes * 60;
	return true;
}
