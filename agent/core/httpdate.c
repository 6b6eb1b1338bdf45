#include "agent/core/httpdate.h"

#include "common/core/rfc3339.h"

#include <stdio.h>
#include <string.h>

/* The forms differ in the order of the same parts. In a pattern, D is a digit of the day
 * (a space counts as 0), M a letter of the month, Y a digit of the year, T a character of
 * the time; everything else stands for itself. */
static const char *const patterns[] = {
    ", DD MMM YYYY TTTTTTTT GMT", ", DD-MMM-YY TTTTTTTT GMT", " MMM DD TTTTTTTT YYYY"};

struct parts {
	char day[3];
	char month[4];
	char year[5];
	char time[9];
};

/* The place in `parts` for what `mark` stands for, NULL when it stands for itself. */
static char *
place(struct parts *parts, char mark)
{
	switch (mark) {
	case 'D':
		return parts->day;
	case 'M':
		return parts->month;
	case 'Y':
		return parts->year;
	case 'T':
		return parts->time;
	default:
		return NULL;
	}
}

static bool
fits(const char *pattern, const char *text, struct parts *parts)
{
	/* "GMT" is not made of places: it is compared as it is. */
	const char *fixed = strstr(pattern, "GMT");

	memset(parts, 0, sizeof(*parts));
	if (strlen(pattern) != strlen(text)) {
		return false;
	}
	for (size_t i = 0; pattern[i] != '\0'; i++) {
		bool literal = fixed != NULL && pattern + i >= fixed;
		char *to = literal ? NULL : place(parts, pattern[i]);
		if (to == NULL && text[i] != pattern[i]) {
			return false;
		}
		if (to != NULL) {
			to[strlen(to)] = text[i];
		}
	}
	return true;
}

/* 1 to 12, 0 for no month. */
static int
month_number(const char *name)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int i = 0; i < 12; i++) {
		if (memcmp(name, months + (size_t)i * 3, 3) == 0) {
			return i + 1;
		}
	}
	return 0;
}

bool
httpdate_read(const char *text, struct wall *out_at)
{
	const char *rest = text + strcspn(text, ", ");
	struct parts parts;

	if (rest - text < 3) {
		return false;
	}
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		if (!fits(patterns[i], rest, &parts)) {
			continue;
		}
		/* Two digits of a year: the century is split at the epoch. */
		const char *century = "";
		if (strlen(parts.year) == 2) {
			century = parts.year[0] >= '7' ? "19" : "20";
		}
		char line[RFC3339_BYTES];
		int len = snprintf(line, sizeof(line), "%s%s-%02d-%c%cT%sZ", century,
		    parts.year, month_number(parts.month),
		    parts.day[0] == ' ' ? '0' : parts.day[0], parts.day[1], parts.time);
		return len > 0 && (size_t)len < sizeof(line) &&
		       rfc3339_read(line, out_at);
	}
	return false;
}
