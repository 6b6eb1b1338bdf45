/* zone - what the clocks on the wall of a place show, as a table and a rule
 * Room: collector/core (pure).
 *
 * The changes of a zone's offset from UTC, and the rule by which they go on after the last
 * of them: that of POSIX TZ (IEEE Std 1003.1, 8.3), with the hours of RFC 9636, 3.3.1. It is
 * a value without pointers, so that it can stand in a journal, and what was decided with it
 * is decided again in the same way, whatever the machine knows of zones by then.
 *
 * From local time to an instant: a local time that does not exist, because clocks were put
 * forward over it, is moved forward by as much as they were (02:30 is then 03:30). One that
 * there is twice is the first of the two. */
#ifndef COLLECTOR_CORE_ZONE_H
#define COLLECTOR_CORE_ZONE_H

#include "common/core/buf.h"
#include "common/core/err.h"

enum {
	ZONE_NAME_BYTES = 48,
	ZONE_RULE_BYTES = 64,
	ZONE_CHANGES = 128,
	/* zone_encode() never needs more */
	ZONE_ROW_BYTES = ZONE_CHANGES * 9 + ZONE_NAME_BYTES + ZONE_RULE_BYTES + 32
};

/* No second of a zone is beyond it. */
#define ZONE_AT_S_MAX (INT64_C(6000) * 366 * 86400)

/* When a rule turns: day `day` of the year from 1 without leap days (J), from 0 with them
 * (N), or weekday `day` (0 = Sunday) of week `week` (5 = the last) of a month (M). */
enum zone_turn_kind {
	ZONE_TURN_J = 0,
	ZONE_TURN_N,
	ZONE_TURN_M
};

struct zone_turn {
	enum zone_turn_kind kind;
	uint16_t day;
	uint8_t month;
	uint8_t week;
	int32_t time_s; /* of that day; may be below 0 or above a day */
};

struct zone_rule {
	bool is_set;
	bool has_dst;
	int32_t standard_s; /* to be added to UTC */
	int32_t dst_s;
	struct zone_turn begin; /* of daylight saving time */
	struct zone_turn end;
};

struct zone_change {
	int64_t at_s;     /* of UTC */
	int32_t offset_s; /* from then on */
};

struct zone {
	char name[ZONE_NAME_BYTES]; /* "Europe/Berlin"; "" = none */
	char rule_text[ZONE_RULE_BYTES];
	struct zone_rule rule;
	int32_t first_s; /* before the first change, and without one */
	uint16_t len;
	struct zone_change change[ZONE_CHANGES]; /* rising */
};

/* UTC, by that name. */
void zone_utc(struct zone *out);

/* True for [A-Za-z0-9_+-] in parts with a slash between them: it may be part of a path. */
bool zone_is_name(const char *name);

/* Sets the rule to that of "CET-1CEST,M3.5.0,M10.5.0/3"; "" is none: the last offset stays.
 * False for anything else; the zone is then unchanged. */
bool zone_set_rule(struct zone *zone, const char *text) WARN_UNUSED;

/* What is to be added to UTC at that second of UTC. */
int32_t zone_offset(const struct zone *zone, int64_t at_s);

/* The second of UTC of a local time (civil.h), as said above. */
int64_t zone_instant(const struct zone *zone, int64_t local_s);

/* Leaves out the changes at the end that the rule makes by itself. */
void zone_trim(struct zone *zone);

/* Reading: ERR_FORMAT; `out` is then undefined. */
void zone_encode(const struct zone *zone, struct buf *buf);
enum err zone_decode(struct buf *buf, struct zone *out) WARN_UNUSED;

#endif
