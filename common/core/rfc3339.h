/* rfc3339 - instants as text, for people and for JSON
 * Room: common/core (pure).
 *
 * RFC 3339 section 5.6, proleptic Gregorian calendar, UTC on output. Integers only, no
 * time zone data, no locale. */
#ifndef COMMON_CORE_RFC3339_H
#define COMMON_CORE_RFC3339_H

#include "common/core/clock.h"

enum {
	RFC3339_BYTES = 32 /* "2026-08-30T12:03:04.005Z" and its NUL, with room */
};

/* Writes `at` in UTC with milliseconds, rounded down. */
void rfc3339_write(struct wall at, char out[RFC3339_BYTES]);

/* Reads "2026-08-30T12:03:04[.fraction](Z|+hh:mm|-hh:mm)", or a date alone, which is its
 * midnight UTC; years 1970 to 2261. False for anything else; `out` is then untouched. A
 * leap second is read as the second after it. */
bool rfc3339_read(const char *text, struct wall *out_at);

#endif
