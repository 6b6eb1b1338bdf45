/* duration - "1h30m" to nanoseconds and back
 * Room: common/core (pure).
 *
 * Strict: digits and a unit, again and again, each unit smaller than the one before it; no
 * signs, spaces, fractions or bare numbers (only "0"). Units: d h m s ms us ns. */
#ifndef COMMON_CORE_DURATION_H
#define COMMON_CORE_DURATION_H

#include "common/core/err.h"

#include <stddef.h>
#include <stdint.h>

enum {
	DURATION_TEXT_BYTES = 40 /* room for any duration_text() */
};

/* ERR_FORMAT: not a duration; ERR_LIMIT: longer than 292 years. `out_ns` is then untouched. */
enum err duration_parse(const char *text, int64_t *out_ns) WARN_UNUSED;

/* Writes the shortest text that duration_parse() reads back to `duration_ns`, which must
 * not be negative. Returns `out`. */
const char *duration_text(int64_t duration_ns, char out[DURATION_TEXT_BYTES]);

#endif
