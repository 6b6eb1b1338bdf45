/* test_recur - what comes again: rules that are read and refused, and changes of the clocks */
#include "collector/core/civil.h"
#include "collector/core/mute.h"
#include "collector/core/route.h"
#include "tests/support/test.h"

#include "common/core/rfc3339.h"

/* Central Europe, by its rule alone. */
static void
berlin(struct zone *out)
{
	zone_utc(out);
	(void)snprintf(out->name, sizeof(out->name), "Europe/Berlin");
	assert_true(zone_set_rule(out, "CET-1CEST,M3.5.0,M10.5.0/3"));
}

static int64_t
local(const char *text)
{
	int64_t local_s;

	assert_true(civil_read(text, &local_s));
	return local_s;
}

static struct wall
utc(const char *text)
{
	struct wall at;

	assert_true(rfc3339_read(text, &at));
	return at;
}

static void
test_civil(void **state)
{
	static const char *const wrong[] = {"", "2026-12-01", "2026-12-01 02:00",
	    "2026-02-30T02:00", "2026-12-01T24:00", "2026-12-01T02:00Z",
	    "1969-12-31T23:00", "2026-12-01T2:00"};
	char text[CIVIL_BYTES];
	int64_t unused;
	int32_t clock_s;

	(void)state;
	assert_string_equal(
	    civil_write(local("2026-12-01T02:00"), text), "2026-12-01T02:00");
	assert_string_equal(
	    civil_write(local("2028-02-29T23:59:59"), text), "2028-02-29T23:59:59");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_false(civil_read(wrong[i], &unused));
	}
	for (int64_t day = -200000; day < 200000; day += 13) {
		struct civil_date date = civil_date(day);

		assert_int_equal(civil_day(date.year, date.month, date.day), day);
		assert_in_range(date.day, 1, civil_month_len(date.year, date.month));
	}
	assert_int_equal(civil_weekday(0), 3); /* a Thursday */
	assert_true(civil_read_clock("24:00", &clock_s) && clock_s == 86400);
	assert_false(civil_read_clock("24:01", &clock_s));
	assert_false(civil_read_clock("9:00", &clock_s));
}

/* What comes after an instant, by rule, beginning and zone: the first few. */
static const struct {
	const char *starts;
	const char *rule;
	const char *after;
	const char *next[3];
} series[] = {
    /* 02:30 is not there on 29 March 2026: 03:30, which is 01:30 in UTC */
    {"2026-03-28T02:30", "FREQ=DAILY", "2026-03-01T00:00:00Z",
	{"2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"}},
    /* 02:30 is there twice on 25 October: the first */
    {"2026-10-24T02:30", "FREQ=DAILY", "2026-10-01T00:00:00Z",
	{"2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}},
    /* the rule does not fit the beginning, a Tuesday */
    {"2026-12-01T02:00", "FREQ=WEEKLY;BYDAY=SU", "2026-11-24T00:00:00Z",
	{"2026-12-06T01:00:00Z", "2026-12-13T01:00:00Z", "2026-12-20T01:00:00Z"}},
    {"2026-12-01T02:00", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU", "2026-11-24T00:00:00Z",
	{"2026-12-06T01:00:00Z", "2026-12-14T01:00:00Z", "2026-12-20T01:00:00Z"}},
    {"2026-01-31T12:00", "FREQ=MONTHLY", "2026-01-31T11:00:00Z",
	{"2026-03-31T10:00:00Z", "2026-05-31T10:00:00Z", "2026-07-31T10:00:00Z"}},
    {"2026-01-01T12:00", "FREQ=MONTHLY;BYMONTHDAY=-1", "2028-01-31T11:00:00Z",
	{"2028-02-29T11:00:00Z", "2028-03-31T10:00:00Z", "2028-04-30T10:00:00Z"}},
    {"2026-01-01T12:00", "FREQ=MONTHLY;BYDAY=2SU,-1FR", "2026-02-01T00:00:00Z",
	{"2026-02-08T11:00:00Z", "2026-02-27T11:00:00Z", "2026-03-08T11:00:00Z"}},
    {"2026-12-01T02:00", "FREQ=DAILY;COUNT=2", "2026-11-24T00:00:00Z",
	{"2026-12-01T01:00:00Z", "2026-12-02T01:00:00Z", NULL}},
    {"2026-12-01T02:00", "FREQ=DAILY;UNTIL=20261202", "2026-11-24T00:00:00Z",
	{"2026-12-01T01:00:00Z", "2026-12-02T01:00:00Z", NULL}},
    {"2026-12-01T02:00", "FREQ=DAILY;UNTIL=20261202T010000Z", "2026-11-24T00:00:00Z",
	{"2026-12-01T01:00:00Z", "2026-12-02T01:00:00Z", NULL}},
    {"2026-12-01T02:00", "FREQ=DAILY;UNTIL=20261202T005959Z", "2026-11-24T00:00:00Z",
	{"2026-12-01T01:00:00Z", NULL, NULL}},
    {"2026-12-01T02:00", "", "2026-11-24T00:00:00Z",
	{"2026-12-01T01:00:00Z", NULL, NULL}},
    /* leap days on a Monday, every 28 years */
    {"2028-02-01T12:00", "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=29;BYDAY=MO",
	"2028-01-01T00:00:00Z",
	{"2044-02-29T11:00:00Z", "2072-02-29T11:00:00Z", "2112-02-29T11:00:00Z"}},
};

/* One occurrence of a series, from both sides; NULL: there must be none. */
static void
check_next(const struct recur *recur, const struct zone *zone, struct wall *at,
    const char *expected)
{
	char text[RFC3339_BYTES] = "none";
	struct wall back;
	bool is_there = recur_next(recur, zone, *at, at);

	if (is_there) {
		rfc3339_write(*at, text);
		assert_true(recur_last(recur, zone, *at, &back));
		assert_int_equal(back.ns, at->ns);
	}
	if (is_there != (expected != NULL) ||
	    (is_there && at->ns != utc(expected).ns)) {
		fail_msg("%s: %s, expected %s", recur->text, text,
		    expected != NULL ? expected : "none");
	}
}

static void
test_series(void **state)
{
	struct zone zone;

	(void)state;
	berlin(&zone);
	for (size_t i = 0; i < sizeof(series) / sizeof(series[0]); i++) {
		struct wall at = utc(series[i].after);
		char why[RECUR_WHY_BYTES] = "";
		struct recur recur;

		if (!recur_read(series[i].rule, local(series[i].starts), &recur, why)) {
			fail_msg("%s: %s", series[i].rule, why);
		}
		for (size_t k = 0; k < 3; k++) {
			check_next(&recur, &zone, &at, series[i].next[k]);
			if (series[i].next[k] == NULL) {
				break;
			}
		}
	}
}

static void
test_refused(void **state)
{
	static const char *const wrong[][2] = {
	    {"FREQ=HOURLY", "FREQ is unknown, expected DAILY, WEEKLY or MONTHLY"},
	    {"BYDAY=SU", "FREQ is missing, expected DAILY, WEEKLY or MONTHLY"},
	    {"FREQ=DAILY;FREQ=DAILY", "FREQ is there twice, expected once"},
	    {"FREQ=DAILY;INTERVAL=0", "INTERVAL is no such number, expected 1 to 366"},
	    {"FREQ=DAILY;COUNT=1001", "COUNT is no such number, expected 1 to 1000"},
	    {"FREQ=DAILY;UNTIL=tomorrow",
		"UNTIL is no time, expected 20261231, 20261231T235959 or "
		"20261231T235959Z"},
	    {"FREQ=DAILY;COUNT=2;UNTIL=20261231",
		"COUNT and UNTIL are there, expected one"},
	    {"FREQ=WEEKLY;BYDAY=2SU",
		"BYDAY counts weekdays of a month, expected FREQ=MONTHLY with it"},
	    {"FREQ=MONTHLY;BYDAY=6SU", "BYDAY is wrong, expected weekdays like "
				       "SU,MO or, in a month, 2SU,-1FR"},
	    {"FREQ=MONTHLY;BYDAY=SU,", "BYDAY is wrong, expected weekdays like "
				       "SU,MO or, in a month, 2SU,-1FR"},
	    {"FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY is in a weekly rule, "
					 "expected FREQ=DAILY or MONTHLY with it"},
	    {"FREQ=MONTHLY;BYMONTHDAY=0",
		"BYMONTHDAY is wrong, expected days of the month from 1 to 31 or "
		"-1 to -31"},
	    {"FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31",
		"FREQ and what goes with it never happens, expected days that there "
		"are"},
	    {"FREQ=DAILY;WKST=MO", "has 'WKST=MO', expected FREQ, INTERVAL, BYDAY, "
				   "BYMONTHDAY, COUNT or UNTIL"},
	    {"FREQ=DAILY;", "has '', expected FREQ, INTERVAL, BYDAY, BYMONTHDAY, "
			    "COUNT or UNTIL"},
	};
	struct recur recur;
	char why[RECUR_WHY_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (recur_read(wrong[i][0], local("2026-11-01T02:00"), &recur, why)) {
			fail_msg("%s was read", wrong[i][0]);
		}
		assert_string_equal(why, wrong[i][1]);
	}
}

static struct mute
window(const char *starts, const char *rule, int64_t length_ns)
{
	struct mute mute = {.kind = MUTE_MAINTENANCE, .length_ns = length_ns};
	char why[RECUR_WHY_BYTES];

	berlin(&mute.zone);
	assert_true(recur_read(rule, local(starts), &mute.recur, why));
	return mute;
}

/* Was it the beginning less than `length_s` ago? 02:30, or 03:30 when clocks have just been put
 * forward over it; the first 02:30 only. */
static bool
was_begun(const struct zone *zone, int64_t at_s, int64_t length_s)
{
	for (int64_t s = at_s; s > at_s - length_s; s -= 300) {
		int64_t of_day = (s + zone_offset(zone, s)) % CIVIL_DAY_S;
		int32_t was_s = zone_offset(zone, s - 7200);
		bool is_later = zone_offset(zone, s) > was_s;
		bool is_again =
		    zone_offset(zone, s - 3600) != zone_offset(zone, s) && !is_later;

		if ((of_day == 9000 && !is_again) ||
		    (of_day == 12600 && is_later &&
			zone_offset(zone, s - 1860) == was_s)) {
			return true;
		}
	}
	return false;
}

/* Five days from `now` on, every five minutes. */
static void
check_window(struct wall now, int64_t length_s)
{
	struct mute mute =
	    window("2026-01-01T02:30", "FREQ=DAILY", length_s * CLOCK_NS_PER_S);
	struct labels labels = {0};
	struct mutes mutes = {0};
	uint64_t id;

	for (size_t k = 0; k < LABEL_COUNT; k++) {
		labels.value[k] = "";
	}
	assert_int_equal(mutes_add(&mutes, &mute, now, &id), ERR_OK);
	for (int step = 0; step < 1440; step++) {
		struct wall look_at = {INT64_MAX};
		bool is_on = was_begun(&mute.zone, now.ns / CLOCK_NS_PER_S, length_s);

		mutes_sweep(&mutes, now);
		assert_int_equal(
		    mutes_find(&mutes, &labels, now, &look_at) != NULL, is_on);
		assert_true(look_at.ns > now.ns);
		now.ns += 300 * CLOCK_NS_PER_S;
	}
}

/* Around both changes of the clocks: a window is on exactly when its beginning on the wall is
 * less than its length of elapsed time ago. */
static void
test_every_minute(void **state)
{
	static const int64_t lengths_s[] = {5400, 7200, 30 * 3600};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		check_window(utc("2026-03-27T00:00:00Z"), lengths_s[i]);
		check_window(utc("2026-10-23T00:00:00Z"), lengths_s[i]);
	}
}

/* In a journal and in a snapshot it is the same, down to its zone. */
static void
test_bytes(void **state)
{
	static unsigned char bytes[MUTES_SAVE_BYTES];
	static struct mutes mutes;
	static struct mutes again;
	struct mute mute = window("2026-12-01T02:00", "FREQ=WEEKLY;BYDAY=SU;COUNT=3",
	    2 * 3600 * CLOCK_NS_PER_S);
	struct wall now = utc("2026-11-24T00:00:00Z");
	struct buf buf;
	uint64_t id;
	size_t len;

	(void)state;
	for (size_t i = 0; i < ZONE_CHANGES; i++) { /* as long as one may be */
		mute.zone.change[i].at_s = 1000 + (int64_t)i * 30000000;
		mute.zone.change[i].offset_s = -43200;
	}
	mute.zone.len = ZONE_CHANGES;
	for (size_t i = 0; i < MUTES_MAX; i++) {
		assert_int_equal(mutes_add(&mutes, &mute, now, &id), ERR_OK);
	}
	assert_int_equal(mutes_add(&mutes, &mute, now, &id), ERR_LIMIT);
	buf_write(&buf, bytes, sizeof(bytes));
	mutes_save(&mutes, &buf);
	assert_true(buf_ok(&buf));
	len = buf.at;
	buf_read(&buf, bytes, len);
	assert_int_equal(mutes_load(&again, &buf), ERR_OK);
	assert_memory_equal(
	    &again.item[63].zone, &mutes.item[63].zone, sizeof(struct zone));
	assert_int_equal(again.item[63].recur.last_s, mutes.item[63].recur.last_s);
	assert_int_equal(again.item[63].begin_at.ns, mutes.item[63].begin_at.ns);
	mutes_sweep(&again, utc("2027-01-01T00:00:00Z"));
	assert_int_equal(again.len, 0); /* three times, and over */
}

/* What the first version wrote is still read. */
static void
test_old_bytes(void **state)
{
	unsigned char bytes[256];
	struct mute mute;
	struct buf buf;
	size_t len;

	(void)state;
	buf_write(&buf, bytes, sizeof(bytes));
	buf_put_varint(&buf, 1);
	buf_put_varint(&buf, 7);
	buf_put_varint(&buf, MUTE_MAINTENANCE);
	buf_put_text(&buf, "all");
	buf_put_signed(&buf, 10);
	buf_put_signed(&buf, 20);
	buf_put_signed(&buf, 5);
	buf_put_text(&buf, "alice");
	buf_put_text(&buf, "works");
	len = buf.at;
	buf_read(&buf, bytes, len);
	assert_int_equal(mute_decode(&buf, &mute), ERR_OK);
	assert_int_equal(mute.id, 7);
	assert_string_equal(mute.zone.name, "");
}

static void
test_when(void **state)
{
	static const struct {
		uint8_t days;
		int32_t from_s;
		int32_t to_s;
		const char *at;
		bool holds;
	} table[] = {
	    {0, 0, 0, "2026-11-24T03:00:00Z", true},
	    /* office hours, on a Tuesday, summer and winter, and on a Saturday */
	    {0x1f, 9 * 3600, 18 * 3600, "2026-11-24T08:00:00Z", true},
	    {0x1f, 9 * 3600, 18 * 3600, "2026-11-24T07:59:59Z", false},
	    {0x1f, 9 * 3600, 18 * 3600, "2026-11-24T17:00:00Z", false},
	    {0x1f, 9 * 3600, 18 * 3600, "2026-07-21T07:00:00Z", true},
	    {0x1f, 9 * 3600, 18 * 3600, "2026-11-28T08:00:00Z", false},
	    /* the night from Friday to Saturday, and no other */
	    {0x10, 22 * 3600, 6 * 3600, "2026-11-27T21:00:00Z", true},
	    {0x10, 22 * 3600, 6 * 3600, "2026-11-28T04:59:59Z", true},
	    {0x10, 22 * 3600, 6 * 3600, "2026-11-28T05:00:00Z", false},
	    {0x10, 22 * 3600, 6 * 3600, "2026-11-27T03:00:00Z", false},
	    {0x40, 0, 86400, "2026-11-29T22:59:59Z", true},
	    {0x40, 0, 86400, "2026-11-29T23:00:00Z", false},
	};
	struct zone zone;

	(void)state;
	berlin(&zone);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct route_when when = {.days = table[i].days,
		    .from_s = table[i].from_s,
		    .to_s = table[i].to_s,
		    .zone = &zone};

		assert_int_equal(
		    route_when_holds(&when, utc(table[i].at)), table[i].holds);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_civil),
	    cmocka_unit_test(test_series),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_every_minute),
	    cmocka_unit_test(test_bytes),
	    cmocka_unit_test(test_old_bytes),
	    cmocka_unit_test(test_when),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
