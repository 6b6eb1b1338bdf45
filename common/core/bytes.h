/* bytes - "64MiB" to a number of bytes and back
 * Room: common/core (pure).
 *
 * Strict: digits and one unit, no signs, spaces, fractions or bare numbers (only "0").
 * Units: B, kB MB GB TB (powers of 1000), KiB MiB GiB TiB (powers of 1024, IEC 80000-13). */
#ifndef COMMON_CORE_BYTES_H
#define COMMON_CORE_BYTES_H

#include "common/core/err.h"

#include <stdint.h>

enum {
	BYTES_TEXT_BYTES = 24 /* room for any bytes_text() */
};

/* ERR_FORMAT: not a size; ERR_LIMIT: does not fit. `out_bytes` is then untouched. */
enum err bytes_parse(const char *text, uint64_t *out_bytes) WARN_UNUSED;

/* Writes `bytes` with the largest binary unit that divides it. Returns `out`. */
const char *bytes_text(uint64_t bytes, char out[BYTES_TEXT_BYTES]);

#endif
