#include "collector/core/recur.h"

#include "collector/core/civil.h"

#include <stdio.h>
#include <string.h>

enum {
	INTERVAL_MAX = 366,
	COUNT_MAX = 1000,
	TURNS_MAX =
	    400,     /* days, weeks or months that are on turn, looked at in one go */
	GAP_DAYS = 2 /* no clock was ever put forward by more than one */
};

/* The years that instants and texts can say. */
#define START_S_MAX (INT64_C(290) * 365 * CIVIL_DAY_S)

/* ---- days ---- */

/* The day, week or month that `day` is in, counted. */
static int64_t
period_of(const struct recur *recur, int64_t day)
{
	struct civil_date date;

	switch (recur->freq) {
	case RECUR_WEEKLY:
		return (day + 3 - (int64_t)civil_weekday(day)) / 7;
	case RECUR_MONTHLY:
		date = civil_date(day);
		return date.year * 12 + date.month - 1;
	case RECUR_ONCE:
	case RECUR_DAILY:
		break;
	}
	return day;
}

static int64_t
period_begin(const struct recur *recur, int64_t period)
{
	switch (recur->freq) {
	case RECUR_WEEKLY:
		return period * 7 - 3;
	case RECUR_MONTHLY:
		return civil_day(period / 12, (unsigned)(period % 12) + 1, 1);
	case RECUR_ONCE:
	case RECUR_DAILY:
		break;
	}
	return period;
}

static bool
weekday_fits(const struct recur *recur, int64_t day, struct civil_date date)
{
	int month_len = (int)civil_month_len(date.year, date.month);

	for (size_t i = 0; i < recur->day_len; i++) {
		int nth = recur->day[i].nth;

		if (recur->day[i].weekday == civil_weekday(day) &&
		    (nth == 0 || nth == (date.day - 1) / 7 + 1 ||
			nth == -((month_len - date.day) / 7 + 1))) {
			return true;
		}
	}
	return recur->day_len == 0;
}

static bool
day_fits(const struct recur *recur, int64_t day)
{
	struct civil_date date = civil_date(day);
	unsigned back = civil_month_len(date.year, date.month) - date.day + 1;

	if ((recur->month_days | recur->month_days_back) != 0 &&
	    (recur->month_days >> date.day & 1) == 0 &&
	    (recur->month_days_back >> back & 1) == 0) {
		return false;
	}
	return weekday_fits(recur, day, date);
}

/* From a day that is not on turn to the first one that is again, or to the last one that was.
 * `off` is how many periods it is behind a turn. */
static int64_t
skip_turn(const struct recur *recur, int64_t day, int64_t off, int64_t step)
{
	int64_t period = period_of(recur, day);

	if (step > 0) {
		return period_begin(recur, period + recur->interval - off);
	}
	return period_begin(recur, period + 1 - off) - 1;
}

/* The first day from `day` on that is meant, or the last until it; false when none is. */
static bool
find_day(const struct recur *recur, int64_t day, int64_t step, int64_t *out_day)
{
	int64_t start = civil_day_of(recur->start_s);
	int64_t first = period_of(recur, start);
	int64_t last = INT64_MIN; /* period that was looked at */
	int turns = 0;

	if (step > 0 && day < start) {
		day = start;
	}
	while (turns < TURNS_MAX && day >= start) {
		int64_t period = period_of(recur, day);
		int64_t off = (period - first) % recur->interval;

		if (off != 0) {
			day = skip_turn(recur, day, off, step);
			continue;
		}
		if (day_fits(recur, day)) {
			*out_day = day;
			return true;
		}
		turns += period != last ? 1 : 0;
		last = period;
		day += step;
	}
	return false;
}

/* The first local time from `from_s` on. */
static bool
find_next(const struct recur *recur, int64_t from_s, int64_t *out_s)
{
	int64_t of_day = recur->start_s - civil_day_of(recur->start_s) * CIVIL_DAY_S;
	int64_t day = civil_day_of(from_s - of_day + CIVIL_DAY_S - 1);

	if (recur->freq == RECUR_ONCE) {
		*out_s = recur->start_s;
		return recur->start_s >= from_s;
	}
	if (!find_day(recur, day, 1, &day)) {
		return false;
	}
	*out_s = day * CIVIL_DAY_S + of_day;
	return *out_s <= recur->last_s;
}

static bool
find_last(const struct recur *recur, int64_t until_s, int64_t *out_s)
{
	int64_t of_day = recur->start_s - civil_day_of(recur->start_s) * CIVIL_DAY_S;
	int64_t limit_s = until_s < recur->last_s ? until_s : recur->last_s;
	int64_t day = civil_day_of(limit_s - of_day);

	if (recur->freq == RECUR_ONCE) {
		*out_s = recur->start_s;
		return recur->start_s <= limit_s;
	}
	if (!find_day(recur, day, -1, &day)) {
		return false;
	}
	*out_s = day * CIVIL_DAY_S + of_day;
	return true;
}

static int64_t
floor_s(struct wall at)
{
	return at.ns / CLOCK_NS_PER_S - (at.ns % CLOCK_NS_PER_S < 0 ? 1 : 0);
}

static struct wall
instant(const struct zone *zone, int64_t local_s)
{
	int64_t ns;

	if (__builtin_mul_overflow(zone_instant(zone, local_s), CLOCK_NS_PER_S, &ns)) {
		ns = INT64_MAX;
	}
	return (struct wall){ns};
}

bool
recur_next(const struct recur *recur, const struct zone *zone, struct wall after,
    struct wall *out_at)
{
	/* Local times are less than two days off UTC, and gaps at most one day long. */
	int64_t local_s = floor_s(after) - GAP_DAYS * CIVIL_DAY_S;
	struct wall at;

	for (; find_next(recur, local_s, &local_s); local_s++) {
		at = instant(zone, local_s);
		if (at.ns > recur->until.ns || at.ns == INT64_MAX) {
			return false;
		}
		if (at.ns > after.ns) {
			*out_at = at;
			return true;
		}
	}
	return false;
}

bool
recur_last(const struct recur *recur, const struct zone *zone, struct wall at,
    struct wall *out_at)
{
	int64_t local_s = floor_s(at) + GAP_DAYS * CIVIL_DAY_S;
	struct wall limit = at.ns < recur->until.ns ? at : recur->until;

	if (limit.ns < at.ns) {
		local_s = floor_s(limit) + GAP_DAYS * CIVIL_DAY_S;
	}
	for (; find_last(recur, local_s, &local_s); local_s--) {
		struct wall found = instant(zone, local_s);

		if (found.ns <= limit.ns) {
			*out_at = found;
			return true;
		}
	}
	return false;
}

/* ---- as text ---- */

struct reader {
	struct recur recur;
	unsigned count;
	unsigned seen; /* bit per key */
	char *why;
};

static bool
complain(struct reader *reader, const char *key, const char *text)
{
	(void)snprintf(reader->why, RECUR_WHY_BYTES, "%s %s", key, text);
	return false;
}

/* A number of at most four digits; false without one, or outside. Goes behind it. */
static bool
take_number(const char **at, int min, int max, int *out)
{
	int value = 0;
	int digits = 0;

	for (; **at >= '0' && **at <= '9' && digits < 4; digits++) {
		value = value * 10 + (*(*at)++ - '0');
	}
	*out = value;
	return digits > 0 && value >= min && value <= max;
}

static int
take_sign(const char **at)
{
	if (**at != '+' && **at != '-') {
		return 1;
	}
	return *(*at)++ == '-' ? -1 : 1;
}

static bool
read_freq(struct reader *reader, const char *text)
{
	static const char *const names[] = {"DAILY", "WEEKLY", "MONTHLY"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], text) == 0) {
			reader->recur.freq = (enum recur_freq)(RECUR_DAILY + i);
			return true;
		}
	}
	return complain(
	    reader, "FREQ", "is unknown, expected DAILY, WEEKLY or MONTHLY");
}

static bool
read_interval(struct reader *reader, const char *text)
{
	int value;

	if (!take_number(&text, 1, INTERVAL_MAX, &value) || *text != '\0') {
		return complain(
		    reader, "INTERVAL", "is no such number, expected 1 to 366");
	}
	reader->recur.interval = (uint16_t)value;
	return true;
}

static bool
read_count(struct reader *reader, const char *text)
{
	int value;

	if (!take_number(&text, 1, COUNT_MAX, &value) || *text != '\0') {
		return complain(
		    reader, "COUNT", "is no such number, expected 1 to 1000");
	}
	reader->count = (unsigned)value;
	return true;
}

/* 20261231, 20261231T235959 or 20261231T235959Z */
static bool
read_until(struct reader *reader, const char *text)
{
	size_t len = strlen(text);
	bool is_date = len == 8;
	bool is_utc = len == 16 && text[15] == 'Z';
	char local[CIVIL_BYTES];
	int64_t local_s;

	if (is_date) {
		(void)snprintf(local, sizeof(local), "%.4s-%.2s-%.2sT23:59:59", text,
		    text + 4, text + 6);
	} else if (is_utc || len == 15) {
		(void)snprintf(local, sizeof(local), "%.4s-%.2s-%.2s%c%.2s:%.2s:%.2s",
		    text, text + 4, text + 6, text[8], text + 9, text + 11, text + 13);
	}
	if ((!is_date && !is_utc && len != 15) || !civil_read(local, &local_s)) {
		return complain(reader, "UNTIL",
		    "is no time, expected 20261231, 20261231T235959 or "
		    "20261231T235959Z");
	}
	if (is_utc) {
		reader->recur.until.ns = local_s * CLOCK_NS_PER_S;
	} else {
		reader->recur.last_s = local_s;
	}
	return true;
}

static bool
read_days(struct reader *reader, const char *text)
{
	static const char expected[] =
	    "is wrong, expected weekdays like SU,MO or, in a month, 2SU,-1FR";
	struct recur *recur = &reader->recur;

	for (;; text++) {
		struct recur_day *day = &recur->day[recur->day_len];
		int sign = take_sign(&text);
		int nth = 0;
		int weekday;

		if (recur->day_len == RECUR_DAYS ||
		    (*text >= '0' && *text <= '9' && !take_number(&text, 1, 5, &nth)) ||
		    (sign < 0 && nth == 0)) {
			return complain(reader, "BYDAY", expected);
		}
		weekday = strlen(text) >= 2 && (text[2] == ',' || text[2] == '\0')
			      ? civil_weekday_find(text, 2)
			      : -1;
		if (weekday < 0) {
			return complain(reader, "BYDAY", expected);
		}
		*day = (struct recur_day){
		    .nth = (int16_t)(sign * nth), .weekday = (uint8_t)weekday};
		recur->day_len++;
		text += 2;
		if (*text == '\0') {
			return true;
		}
	}
}

static bool
read_month_days(struct reader *reader, const char *text)
{
	struct recur *recur = &reader->recur;

	for (;; text++) {
		int sign = take_sign(&text);
		int value;

		if (!take_number(&text, 1, 31, &value) ||
		    (*text != ',' && *text != '\0')) {
			return complain(reader, "BYMONTHDAY",
			    "is wrong, expected days of the month from 1 to 31 or -1 "
			    "to -31");
		}
		if (sign > 0) {
			recur->month_days |= UINT32_C(1) << value;
		} else {
			recur->month_days_back |= UINT32_C(1) << value;
		}
		if (*text == '\0') {
			return true;
		}
	}
}

static bool
read_part(struct reader *reader, char *part)
{
	static const struct {
		const char *key;
		bool (*read)(struct reader *reader, const char *text);
	} parts[] = {{"FREQ", read_freq}, {"INTERVAL", read_interval},
	    {"COUNT", read_count}, {"UNTIL", read_until}, {"BYDAY", read_days},
	    {"BYMONTHDAY", read_month_days}};
	char *value = strchr(part, '=');

	for (size_t i = 0; value != NULL && i < sizeof(parts) / sizeof(parts[0]); i++) {
		if ((size_t)(value - part) != strlen(parts[i].key) ||
		    strncmp(part, parts[i].key, strlen(parts[i].key)) != 0) {
			continue;
		}
		if ((reader->seen >> i & 1) != 0) {
			return complain(
			    reader, parts[i].key, "is there twice, expected once");
		}
		reader->seen |= 1U << i;
		return parts[i].read(reader, value + 1);
	}
	(void)snprintf(reader->why, RECUR_WHY_BYTES,
	    "has '%.24s', expected FREQ, INTERVAL, BYDAY, BYMONTHDAY, COUNT or UNTIL",
	    part);
	return false;
}

/* What does not go together. */
static bool
check_parts(struct reader *reader)
{
	const struct recur *recur = &reader->recur;
	bool has_nth = false;

	for (size_t i = 0; i < recur->day_len; i++) {
		has_nth |= recur->day[i].nth != 0;
	}
	if (recur->freq == RECUR_ONCE) {
		return complain(
		    reader, "FREQ", "is missing, expected DAILY, WEEKLY or MONTHLY");
	}
	if (has_nth && recur->freq != RECUR_MONTHLY) {
		return complain(reader, "BYDAY",
		    "counts weekdays of a month, expected FREQ=MONTHLY with it");
	}
	if (recur->freq == RECUR_WEEKLY &&
	    (recur->month_days | recur->month_days_back) != 0) {
		return complain(reader, "BYMONTHDAY",
		    "is in a weekly rule, expected FREQ=DAILY or MONTHLY with it");
	}
	if (reader->count > 0 &&
	    (recur->last_s != INT64_MAX || recur->until.ns != INT64_MAX)) {
		return complain(reader, "COUNT", "and UNTIL are there, expected one");
	}
	return true;
}

/* What the beginning says where the rule does not. */
static void
complete(struct recur *recur)
{
	int64_t day = civil_day_of(recur->start_s);

	if (recur->freq == RECUR_WEEKLY && recur->day_len == 0) {
		recur->day[0].weekday = (uint8_t)civil_weekday(day);
		recur->day_len = 1;
	}
	if (recur->freq == RECUR_MONTHLY && recur->day_len == 0 &&
	    (recur->month_days | recur->month_days_back) == 0) {
		recur->month_days = UINT32_C(1) << civil_date(day).day;
	}
}

/* COUNT as the last time there is. */
static bool
count_out(struct reader *reader)
{
	struct recur *recur = &reader->recur;
	int64_t at_s = recur->start_s - 1;
	bool is_found = true;

	for (unsigned i = 0; i < (reader->count > 0 ? reader->count : 1) && is_found;
	     i++) {
		is_found = find_next(recur, at_s + 1, &at_s);
		if (i == 0 && !is_found) {
			return complain(reader, "FREQ",
			    "and what goes with it never happens, expected days that "
			    "there are");
		}
	}
	if (reader->count > 0) {
		recur->last_s = at_s;
	}
	return true;
}

static bool
read_rule(struct reader *reader, const char *text)
{
	char copy[RECUR_TEXT_BYTES];
	char *at = copy;

	if (strlen(text) >= sizeof(copy)) {
		(void)snprintf(reader->why, RECUR_WHY_BYTES,
		    "is too long, expected at most %d letters", RECUR_TEXT_BYTES - 1);
		return false;
	}
	memcpy(copy, text, strlen(text) + 1);
	while (at != NULL) {
		char *end = strchr(at, ';');

		if (end != NULL) {
			*end++ = '\0';
		}
		if (!read_part(reader, at)) {
			return false;
		}
		at = end;
	}
	memcpy(reader->recur.text, text, strlen(text) + 1);
	if (!check_parts(reader)) {
		return false;
	}
	complete(&reader->recur);
	return count_out(reader);
}

bool
recur_read(
    const char *text, int64_t start_s, struct recur *out, char why[RECUR_WHY_BYTES])
{
	struct reader reader = {
	    .why = why,
	    .recur = {.start_s = start_s,
		.interval = 1,
		.last_s = INT64_MAX,
		.until = {INT64_MAX}},
	};

	if (start_s < 0 || start_s > START_S_MAX) {
		(void)snprintf(why, RECUR_WHY_BYTES,
		    "begins in another age, expected 1970 to 2259");
		return false;
	}
	if (text != NULL && text[0] != '\0' && !read_rule(&reader, text)) {
		return false;
	}
	*out = reader.recur;
	return true;
}

void
recur_encode(const struct recur *recur, struct buf *buf)
{
	buf_put_signed(buf, recur->start_s);
	buf_put_text(buf, recur->text);
}

enum err
recur_decode(struct buf *buf, struct recur *out)
{
	char text[RECUR_TEXT_BYTES];
	char why[RECUR_WHY_BYTES];
	int64_t start_s = buf_get_signed(buf);

	buf_get_text(buf, text, sizeof(text));
	return buf_ok(buf) && recur_read(text, start_s, out, why) ? ERR_OK : ERR_FORMAT;
}
