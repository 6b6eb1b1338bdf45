/* test_zone - zones and rules against the C library, and against plain searching */
#include "collector/core/civil.h"
#include "collector/core/recur.h"
#include "collector/shell/zone_file.h"
#include "tests/support/test.h"

#include <time.h>
#include <unistd.h>

enum {
	ROUNDS = 400, /* of each zone */
	DAYS = 400,
	YEAR_S = 366 * 86400
};

static const char *const names[] = {"Africa/Cairo", "Africa/Casablanca",
    "Africa/El_Aaiun", "America/Havana", "America/New_York", "America/Nuuk",
    "America/Santiago", "America/Sao_Paulo", "America/St_Johns", "Antarctica/Troll",
    "Asia/Gaza", "Asia/Kathmandu", "Asia/Shanghai", "Asia/Tehran",
    "Australia/Lord_Howe", "Europe/Berlin", "Europe/Dublin", "Europe/London",
    "Pacific/Apia", "Pacific/Auckland", "Pacific/Kiritimati", "Pacific/Norfolk"};

enum {
	NAMES = sizeof(names) / sizeof(names[0])
};

static uint64_t seed = 20261124;

static uint64_t
draw(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

static int64_t
draw_between(int64_t from, int64_t to)
{
	return from + (int64_t)draw((uint64_t)(to - from));
}

/* The offset that the C library knows. */
static int32_t
offset_there(int64_t at_s)
{
	time_t at = (time_t)at_s;
	struct tm tm;

	assert_non_null(localtime_r(&at, &tm));
	return (int32_t)(civil_day(tm.tm_year + 1900, (unsigned)tm.tm_mon + 1,
			     (unsigned)tm.tm_mday) *
			     CIVIL_DAY_S +
			 tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec - at_s);
}

static void
set_zone(const char *name)
{
	assert_int_equal(setenv("TZ", name, 1), 0);
	tzset();
}

static void
require_zones(void)
{
	struct zone zone;

	if (access(ZONE_FILE_FOLDER "/Europe/Berlin", R_OK) != 0) {
		print_message("skipped: there is no tzdata here\n");
		skip();
	}
	assert_int_equal(zone_file_read("Europe/Berlin", 0, &zone), ERR_OK);
}

static void
expect_offset(const struct zone *zone, const char *name, int64_t at_s)
{
	if (zone_offset(zone, at_s) != offset_there(at_s)) {
		fail_msg("%s at %lld: %d, expected %d", name, (long long)at_s,
		    zone_offset(zone, at_s), offset_there(at_s));
	}
}

/* Offsets at random instants, and around every change, from 1990 to 2045. */
static void
test_offsets(void **state)
{
	const int64_t from_s = civil_day(1990, 1, 1) * CIVIL_DAY_S;
	const int64_t to_s = civil_day(2045, 1, 1) * CIVIL_DAY_S;

	(void)state;
	require_zones();
	for (size_t i = 0; i < NAMES; i++) {
		struct zone zone;

		set_zone(names[i]);
		assert_int_equal(zone_file_read(names[i], from_s, &zone), ERR_OK);
		for (unsigned k = 0; k < ROUNDS; k++) {
			expect_offset(&zone, names[i], draw_between(from_s, to_s));
		}
		for (size_t k = 0; k < zone.len && zone.change[k].at_s < to_s; k++) {
			expect_offset(&zone, names[i], zone.change[k].at_s);
			expect_offset(&zone, names[i], zone.change[k].at_s - 1);
		}
	}
}

/* The first instant with that local time, or, where there is none, that of the same time
 * read with the offset before: found by looking at every quarter of an hour of three days. */
static int64_t
search(int64_t local_s)
{
	int32_t before_s = offset_there(local_s - 36 * 3600);

	for (int64_t at_s = local_s - 36 * 3600; at_s < local_s + 36 * 3600;
	     at_s += 900) {
		int32_t offset_s = offset_there(at_s);

		if (at_s + offset_s == local_s) {
			return at_s;
		}
		if (at_s + offset_s > local_s) {
			return local_s - before_s;
		}
		before_s = offset_s;
	}
	fail_msg("%lld is nowhere", (long long)local_s);
	return 0;
}

static void
expect_instant(const struct zone *zone, const char *name, int64_t local_s)
{
	if (zone_instant(zone, local_s) != search(local_s)) {
		fail_msg("%s, local %lld: %lld, expected %lld", name,
		    (long long)local_s, (long long)zone_instant(zone, local_s),
		    (long long)search(local_s));
	}
}

/* Local times at random, half of them near a change. */
static void
test_instants(void **state)
{
	const int64_t from_s = civil_day(2005, 1, 1) * CIVIL_DAY_S;
	const int64_t to_s = civil_day(2040, 1, 1) * CIVIL_DAY_S;

	(void)state;
	require_zones();
	for (size_t i = 0; i < NAMES; i++) {
		struct zone zone;

		set_zone(names[i]);
		assert_int_equal(zone_file_read(names[i], from_s, &zone), ERR_OK);
		for (unsigned k = 0; k < test_effort(ROUNDS); k++) {
			int64_t local_s = draw_between(from_s, to_s);

			if (zone.len > 0 && k % 2 == 0) {
				local_s = zone.change[draw(zone.len)].at_s +
					  draw_between(-26 * 3600, 26 * 3600);
			}
			local_s -= local_s % 900;
			if (local_s >= from_s && local_s < to_s) {
				expect_instant(&zone, names[i], local_s);
			}
		}
	}
}

/* ---- rules against a day by day reading of them ---- */

static const char *const rules[] = {"FREQ=DAILY", "FREQ=DAILY;INTERVAL=3",
    "FREQ=DAILY;BYDAY=SA,SU", "FREQ=DAILY;BYMONTHDAY=-1", "FREQ=WEEKLY",
    "FREQ=WEEKLY;BYDAY=SU", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU", "FREQ=MONTHLY",
    "FREQ=MONTHLY;BYDAY=2SU", "FREQ=MONTHLY;BYDAY=-1FR,1MO",
    "FREQ=MONTHLY;BYMONTHDAY=31", "FREQ=MONTHLY;BYMONTHDAY=-3,15",
    "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "FREQ=MONTHLY;INTERVAL=5;BYDAY=-5SU"};

enum {
	RULES = sizeof(rules) / sizeof(rules[0])
};

static bool
list_has(const struct recur *recur, unsigned weekday, int nth, int back)
{
	for (size_t i = 0; i < recur->day_len; i++) {
		if (recur->day[i].weekday == weekday &&
		    (recur->day[i].nth == 0 || recur->day[i].nth == nth ||
			recur->day[i].nth == back)) {
			return true;
		}
	}
	return recur->day_len == 0;
}

/* Is that many days after the beginning a day of the rule? Counted up with struct tm. */
static bool
is_meant(
    const struct recur *recur, const struct tm *start, const struct tm *tm, int days)
{
	static const int lens[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year = tm->tm_year + 1900;
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	int len = lens[tm->tm_mon] + (tm->tm_mon == 1 && is_leap ? 1 : 0);
	int months = (tm->tm_year - start->tm_year) * 12 + tm->tm_mon - start->tm_mon;
	int weeks = (days + (start->tm_wday + 6) % 7) / 7;
	int passed = recur->freq == RECUR_DAILY    ? days
		     : recur->freq == RECUR_WEEKLY ? weeks
						   : months;
	bool any_day = (recur->month_days | recur->month_days_back) == 0;

	return passed % recur->interval == 0 &&
	       (any_day || (recur->month_days >> tm->tm_mday & 1) != 0 ||
		   (recur->month_days_back >> (len - tm->tm_mday + 1) & 1) != 0) &&
	       list_has(recur, (unsigned)(tm->tm_wday + 6) % 7,
		   (tm->tm_mday - 1) / 7 + 1, -((len - tm->tm_mday) / 7 + 1));
}

/* Walks through DAYS days from the beginning, and compares every occurrence from both sides,
 * and what is asked a second beside it. */
static void
walk(const struct recur *recur, const struct zone *zone)
{
	time_t start = (time_t)recur->start_s;
	struct wall last = {INT64_MIN};
	struct tm start_tm;
	struct wall found;

	assert_non_null(gmtime_r(&start, &start_tm));
	for (int day = 0; day < DAYS; day++) {
		int64_t local_s = recur->start_s + (int64_t)day * CIVIL_DAY_S;
		time_t at = (time_t)local_s;
		struct wall expected;
		struct tm tm;

		assert_non_null(gmtime_r(&at, &tm));
		if (!is_meant(recur, &start_tm, &tm, day)) {
			continue;
		}
		expected.ns = search(local_s) * CLOCK_NS_PER_S;
		if (expected.ns == last.ns) {
			continue; /* a day that clocks skipped */
		}
		assert_true(recur_next(recur, zone, last, &found));
		assert_int_equal(found.ns, expected.ns);
		assert_true(
		    recur_next(recur, zone, (struct wall){expected.ns - 1}, &found));
		assert_int_equal(found.ns, expected.ns);
		assert_true(recur_last(recur, zone, expected, &found));
		assert_int_equal(found.ns, expected.ns);
		assert_int_equal(
		    recur_last(recur, zone, (struct wall){expected.ns - 1}, &found),
		    last.ns != INT64_MIN);
		assert_true(last.ns == INT64_MIN || found.ns == last.ns);
		last = expected;
	}
	assert_true(last.ns != INT64_MIN);
}

static void
test_rules(void **state)
{
	(void)state;
	require_zones();
	for (unsigned k = 0; k < test_effort(80); k++) {
		const char *name = names[draw(NAMES)];
		const char *rule = rules[draw(RULES)];
		int64_t start_s =
		    civil_day(draw_between(2008, 2030), 1, 1) * CIVIL_DAY_S +
		    draw_between(0, 365) * CIVIL_DAY_S + draw_between(0, 96) * 900;
		char why[RECUR_WHY_BYTES];
		struct recur recur;
		struct zone zone;

		if (strstr(rule, "INTERVAL=5") != NULL) { /* a year that has one */
			start_s = civil_day(2026, 1, 1) * CIVIL_DAY_S + 2 * 3600;
		}
		set_zone(name);
		assert_int_equal(zone_file_read(name, start_s - YEAR_S, &zone), ERR_OK);
		if (!recur_read(rule, start_s, &recur, why)) {
			fail_msg("%s: %s", rule, why);
		}
		print_message("%s %s from %lld\n", name, rule, (long long)start_s);
		walk(&recur, &zone);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_offsets),
	    cmocka_unit_test(test_instants),
	    cmocka_unit_test(test_rules),
	};

	print_message("seed %llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
