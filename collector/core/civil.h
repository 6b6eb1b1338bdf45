/* civil - dates and times of day as people write them, in no zone
 * Room: collector/core (pure).
 *
 * A local time is a number of seconds since 1970-01-01T00:00:00 on the wall of some place;
 * zone.h says which instant that is. Gregorian calendar, years 1970 to 2261 in texts.
 * common/core/utcday.h counts days of UTC only and knows no years. */
#ifndef COLLECTOR_CORE_CIVIL_H
#define COLLECTOR_CORE_CIVIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CIVIL_DAY_S = 86400,
	CIVIL_BYTES = 32 /* "2026-12-01T02:00:30" and its NUL, with room */
};

struct civil_date {
	int64_t year;
	uint8_t month; /* 1 to 12 */
	uint8_t day;   /* from 1 */
};

/* Days since 1970-01-01, and back. `month` and `day` as above; years from 1. */
int64_t civil_day(int64_t year, unsigned month, unsigned day);
struct civil_date civil_date(int64_t day);

unsigned civil_month_len(int64_t year, unsigned month);

/* 0 = Monday. */
unsigned civil_weekday(int64_t day);

/* The index of "mon" or "MO", of `len` letters in any case; -1 for anything else. */
int civil_weekday_find(const char *name, size_t len);

/* The day that `local_s` is in, also before 1970. */
int64_t civil_day_of(int64_t local_s);

/* "2026-12-01T02:00" or with ":30" behind it. False for anything else, `out` untouched. */
bool civil_read(const char *text, int64_t *out_local_s);

/* The same, with seconds only where there are some. Returns `out`. */
const char *civil_write(int64_t local_s, char out[CIVIL_BYTES]);

/* "00:00" to "24:00", as seconds. */
bool civil_read_clock(const char *text, int32_t *out_s);

#endif
