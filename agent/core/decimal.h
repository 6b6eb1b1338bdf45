/* decimal - numbers with a point as whole numbers of a smaller unit
 * Room: agent/core (pure). */
#ifndef AGENT_CORE_DECIMAL_H
#define AGENT_CORE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	DECIMAL_DIGITS_MAX = 12 /* behind the point, asked for */
};

/* Reads `len` bytes at `text`, a number as JSON writes it (RFC 8259, section 6: sign, point,
 * exponent), and gives it multiplied by 10 to the power of `digits`, rounded half away from
 * zero: "0.0000125" with 9 digits is 12500. False for anything else, and for what has no
 * place in 64 bits; `out` is then untouched. */
bool decimal_read(const char *text, size_t len, unsigned digits, int64_t *out);

#endif
