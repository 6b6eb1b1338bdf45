/* recur - what comes again by the calendar: on Sundays, on the last Friday of the month
 * Room: collector/core (pure).
 *
 * A part of RFC 5545, 3.3.10, beginning at a local time in a zone:
 *
 *   FREQ=DAILY|WEEKLY|MONTHLY  INTERVAL=1..366  COUNT=1..1000  UNTIL=20261231[T235959[Z]]
 *   BYDAY=SU,MO  or, monthly, 2SU (the second) and -1FR (the last)
 *   BYMONTHDAY=1,-1  (the last day of the month; daily and monthly)
 *
 * Weeks begin on Monday. Conditions given together must all hold. Without any, a week has the
 * weekday of the beginning, a month its day; a month that has no such day is left out. The
 * beginning counts only when the rule fits it. UNTIL is the last that may be: an instant with
 * Z, else local time, and as a date the whole of that day.
 *
 * Over changes of the clocks: it keeps its local time. Where that does not exist it is moved
 * forward by as much as clocks were, where there are two it is the first; see zone.h. Whoever
 * adds a length to it adds elapsed time. */
#ifndef COLLECTOR_CORE_RECUR_H
#define COLLECTOR_CORE_RECUR_H

#include "collector/core/zone.h"
#include "common/core/clock.h"

enum {
	RECUR_TEXT_BYTES = 128,
	RECUR_WHY_BYTES = 160,
	RECUR_DAYS = 14 /* in BYDAY */
};

enum recur_freq {
	RECUR_ONCE = 0, /* at its beginning */
	RECUR_DAILY,
	RECUR_WEEKLY,
	RECUR_MONTHLY
};

struct recur_day {
	int16_t nth; /* of the month, from its end below 0; 0 = every */
	uint8_t weekday;
};

struct recur {
	enum recur_freq freq;
	int64_t start_s; /* local, see civil.h */
	uint16_t interval;
	uint8_t day_len;
	struct recur_day day[RECUR_DAYS];
	uint32_t month_days;      /* bit 1 = the first; 0 in both: any */
	uint32_t month_days_back; /* bit 1 = the last */
	int64_t last_s;           /* local, INT64_MAX = without end; COUNT is in it */
	struct wall until;        /* the same as an instant */
	char text[RECUR_TEXT_BYTES]; /* as it was read; "" = once */
};

/* `text` NULL or "" is once. False with one line in `why`, "what, expected what"; `out` is
 * then untouched. A rule that never fits is refused. */
bool recur_read(const char *text, int64_t start_s, struct recur *out,
    char why[RECUR_WHY_BYTES]) WARN_UNUSED;

/* The first that is later than `after`, the last that is not later than `at`. False when
 * there is none. A bounded number of days is looked at, of which almost all are jumped over:
 * what does not come in 400 turns in a row does not come. */
bool recur_next(const struct recur *recur, const struct zone *zone, struct wall after,
    struct wall *out_at);
bool recur_last(const struct recur *recur, const struct zone *zone, struct wall at,
    struct wall *out_at);

/* Reading: ERR_FORMAT; `out` is then untouched. */
void recur_encode(const struct recur *recur, struct buf *buf);
enum err recur_decode(struct buf *buf, struct recur *out) WARN_UNUSED;

#endif
