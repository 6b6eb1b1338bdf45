#include "collector/core/zone.h"

#include "collector/core/civil.h"

#include <stdio.h>
#include <string.h>

enum {
	TURN_TIME_S = 2 * 3600, /* where the rule says nothing */
	HOURS_MAX = 167,
	OFFSET_S_MIN = -25 * 3600, /* RFC 9636, 3.2: what offsets there may be */
	OFFSET_S_MAX = 26 * 3600
};

void
zone_utc(struct zone *out)
{
	memset(out, 0, sizeof(*out));
	(void)snprintf(out->name, sizeof(out->name), "UTC");
}

bool
zone_is_name(const char *name)
{
	size_t len = strlen(name);
	bool is_start = true; /* of a part */

	for (size_t i = 0; i < len; i++) {
		char c = name[i];
		bool is_plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
				(c >= '0' && c <= '9') || c == '_' || c == '+' ||
				c == '-';

		if (!is_plain && (c != '/' || is_start)) {
			return false;
		}
		is_start = c == '/';
	}
	return len > 0 && len < ZONE_NAME_BYTES && !is_start;
}

/* ---- the rule as text ---- */

struct reader {
	const char *at;
	bool failed;
};

static bool
take(struct reader *reader, char c)
{
	if (*reader->at != c) {
		return false;
	}
	reader->at++;
	return true;
}

static int32_t
number(struct reader *reader, int32_t min, int32_t max)
{
	int32_t value = 0;
	int digits = 0;

	while (*reader->at >= '0' && *reader->at <= '9' && digits < 4) {
		value = value * 10 + (*reader->at++ - '0');
		digits++;
	}
	if (digits == 0 || value < min || value > max) {
		reader->failed = true;
		return min;
	}
	return value;
}

/* [+-]hh[:mm[:ss]] */
static int32_t
clock_time(struct reader *reader, int32_t hours_max)
{
	bool is_negative = take(reader, '-');
	int32_t value;

	if (!is_negative) {
		(void)take(reader, '+');
	}
	value = number(reader, 0, hours_max) * 3600;
	if (take(reader, ':')) {
		value += number(reader, 0, 59) * 60;
		if (take(reader, ':')) {
			value += number(reader, 0, 59);
		}
	}
	return is_negative ? -value : value;
}

/* CET or <+0330>: only that it is there matters. */
static void
skip_name(struct reader *reader)
{
	bool is_quoted = take(reader, '<');
	size_t len = 0;

	for (;; len++, reader->at++) {
		char c = *reader->at;
		bool is_letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
		bool is_other = (c >= '0' && c <= '9') || c == '+' || c == '-';

		if (!is_letter && (!is_quoted || !is_other)) {
			break;
		}
	}
	reader->failed |= len < 3 || (is_quoted && !take(reader, '>'));
}

static void
turn(struct reader *reader, struct zone_turn *out)
{
	reader->failed |= !take(reader, ',');
	if (take(reader, 'M')) {
		out->kind = ZONE_TURN_M;
		out->month = (uint8_t)number(reader, 1, 12);
		reader->failed |= !take(reader, '.');
		out->week = (uint8_t)number(reader, 1, 5);
		reader->failed |= !take(reader, '.');
		out->day = (uint16_t)number(reader, 0, 6);
	} else if (take(reader, 'J')) {
		out->kind = ZONE_TURN_J;
		out->day = (uint16_t)number(reader, 1, 365);
	} else {
		out->kind = ZONE_TURN_N;
		out->day = (uint16_t)number(reader, 0, 365);
	}
	out->time_s = take(reader, '/') ? clock_time(reader, HOURS_MAX) : TURN_TIME_S;
}

bool
zone_set_rule(struct zone *zone, const char *text)
{
	struct zone_rule rule = {.is_set = text[0] != '\0'};
	struct reader reader = {.at = text};

	if (strlen(text) >= sizeof(zone->rule_text)) {
		return false;
	}
	if (rule.is_set) {
		skip_name(&reader);
		rule.standard_s = -clock_time(&reader, 24);
	}
	if (*reader.at != '\0') {
		rule.has_dst = true;
		skip_name(&reader);
		rule.dst_s = *reader.at == ',' ? rule.standard_s + 3600
					       : -clock_time(&reader, 24);
		turn(&reader, &rule.begin);
		turn(&reader, &rule.end);
	}
	if (reader.failed || *reader.at != '\0') {
		return false;
	}
	zone->rule = rule;
	(void)snprintf(zone->rule_text, sizeof(zone->rule_text), "%s", text);
	return true;
}

/* ---- the rule at work ---- */

static int64_t
turn_day(const struct zone_turn *turn, int64_t year)
{
	int64_t first = civil_day(year, 1, 1);
	unsigned sunday_based;
	int64_t day;

	switch (turn->kind) {
	case ZONE_TURN_J: /* 60 is the first of March in every year */
		return first + turn->day - 1 +
		       (turn->day >= 60 && civil_month_len(year, 2) == 29 ? 1 : 0);
	case ZONE_TURN_N:
		return first + turn->day;
	case ZONE_TURN_M:
		break;
	}
	first = civil_day(year, turn->month, 1);
	sunday_based = (civil_weekday(first) + 1) % 7;
	day = first + (turn->day + 7U - sunday_based) % 7 + 7 * (turn->week - 1);
	if (day >= first + (int64_t)civil_month_len(year, turn->month)) {
		day -= 7;
	}
	return day;
}

/* The last turn at or before the instant decides. Turns may lie in the year beside their
 * own, and a year of nothing but daylight saving time ends when the next one begins. */
static int32_t
rule_offset(const struct zone_rule *rule, int64_t at_s)
{
	int64_t year = civil_date(civil_day_of(at_s)).year;
	int64_t last_at = INT64_MIN;
	int32_t offset_s = rule->standard_s;

	if (!rule->has_dst) {
		return rule->standard_s;
	}
	for (int64_t y = year - 1; y <= year + 1; y++) {
		int64_t begin = turn_day(&rule->begin, y) * CIVIL_DAY_S +
				rule->begin.time_s - rule->standard_s;
		int64_t end = turn_day(&rule->end, y) * CIVIL_DAY_S + rule->end.time_s -
			      rule->dst_s;

		if (begin <= at_s && begin >= last_at) {
			last_at = begin;
			offset_s = rule->dst_s;
		}
		if (end <= at_s && end > last_at) {
			last_at = end;
			offset_s = rule->standard_s;
		}
	}
	return offset_s;
}

int32_t
zone_offset(const struct zone *zone, int64_t at_s)
{
	size_t low = 0;
	size_t high = zone->len;

	if (at_s > ZONE_AT_S_MAX || at_s < 0) {
		at_s = at_s < 0 ? 0 : ZONE_AT_S_MAX;
	}
	while (low < high) { /* changes before `low` have happened */
		size_t middle = low + (high - low) / 2;

		if (zone->change[middle].at_s <= at_s) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	if (low == zone->len && zone->rule.is_set) {
		return rule_offset(&zone->rule, at_s);
	}
	return low == 0 ? zone->first_s : zone->change[low - 1].offset_s;
}

int64_t
zone_instant(const struct zone *zone, int64_t local_s)
{
	/* Offsets are less than a day off what UTC reads: these are the ones before and
	 * after any change near by. */
	int32_t before_s = zone_offset(zone, local_s - CIVIL_DAY_S);
	int32_t after_s = zone_offset(zone, local_s + CIVIL_DAY_S);
	bool fits_before = zone_offset(zone, local_s - before_s) == before_s;
	bool fits_after = zone_offset(zone, local_s - after_s) == after_s;

	if (fits_after && (!fits_before || after_s > before_s)) {
		return local_s - after_s;
	}
	return local_s - before_s;
}

/* ---- trimming and bytes ---- */

static bool
is_turn(const struct zone *zone, const struct zone_change *change)
{
	return rule_offset(&zone->rule, change->at_s) == change->offset_s &&
	       rule_offset(&zone->rule, change->at_s - 1) != change->offset_s;
}

void
zone_trim(struct zone *zone)
{
	if (!zone->rule.is_set) {
		return;
	}
	/* Two turns of the rule less than a year apart have nothing between them that the
	 * rule would make. */
	while (zone->len >= 2) {
		const struct zone_change *last = &zone->change[zone->len - 1];
		const struct zone_change *other = last - 1;

		if (!is_turn(zone, last) || !is_turn(zone, other) ||
		    last->at_s - other->at_s > INT64_C(330) * CIVIL_DAY_S ||
		    rule_offset(&zone->rule, last->at_s - 1) != other->offset_s) {
			return;
		}
		zone->len--;
	}
}

void
zone_encode(const struct zone *zone, struct buf *buf)
{
	int64_t at_s = 0;

	buf_put_text(buf, zone->name);
	buf_put_text(buf, zone->rule_text);
	buf_put_signed(buf, zone->first_s);
	buf_put_varint(buf, zone->len);
	for (size_t i = 0; i < zone->len; i++) {
		buf_put_varint(buf, (uint64_t)(zone->change[i].at_s - at_s));
		buf_put_signed(buf, zone->change[i].offset_s);
		at_s = zone->change[i].at_s;
	}
}

static bool
is_offset(int64_t offset_s)
{
	return offset_s > OFFSET_S_MIN && offset_s < OFFSET_S_MAX;
}

enum err
zone_decode(struct buf *buf, struct zone *out)
{
	char rule[ZONE_RULE_BYTES];
	uint64_t at_s = 0;
	uint64_t len;
	int64_t offset_s;

	memset(out, 0, sizeof(*out));
	buf_get_text(buf, out->name, sizeof(out->name));
	buf_get_text(buf, rule, sizeof(rule));
	offset_s = buf_get_signed(buf);
	len = buf_get_varint(buf);
	if (!buf_ok(buf) || len > ZONE_CHANGES || !is_offset(offset_s) ||
	    !zone_is_name(out->name) || !zone_set_rule(out, rule)) {
		return ERR_FORMAT;
	}
	out->first_s = (int32_t)offset_s;
	for (size_t i = 0; i < len; i++) {
		uint64_t step = buf_get_varint(buf);

		offset_s = buf_get_signed(buf);
		if (!buf_ok(buf) || step == 0 ||
		    step > (uint64_t)ZONE_AT_S_MAX - at_s || !is_offset(offset_s)) {
			return ERR_FORMAT;
		}
		at_s += step;
		out->change[i].at_s = (int64_t)at_s;
		out->change[i].offset_s = (int32_t)offset_s;
	}
	out->len = (uint16_t)len;
	return ERR_OK;
}
