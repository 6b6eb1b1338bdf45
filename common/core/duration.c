#include "common/core/duration.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct unit {
	const char *name;
	int64_t ns;
};

/* Largest first: parsing walks down, so a unit can come once and in order only. */
static const struct unit units[] = {
    {"d", INT64_C(86400000000000)},
    {"h", INT64_C(3600000000000)},
    {"m", INT64_C(60000000000)},
    {"s", INT64_C(1000000000)},
    {"ms", INT64_C(1000000)},
    {"us", INT64_C(1000)},
    {"ns", INT64_C(1)},
};

enum {
	UNITS = sizeof(units) / sizeof(units[0])
};

/* Index of the unit of exactly `len` letters at `text`, from `first` on; UNITS for none. */
static size_t
unit_find(const char *text, size_t len, size_t first)
{
	for (size_t i = first; i < UNITS; i++) {
		if (strlen(units[i].name) == len &&
		    memcmp(units[i].name, text, len) == 0) {
			return i;
		}
	}
	return UNITS;
}

/* Reads digits at `*at` and moves it behind them. False when the number is too large; no
 * digits at all leave `*at` where it is. */
static bool
read_number(const char **at, int64_t *out_number)
{
	int64_t number = 0;
	bool fits = true;

	for (; **at >= '0' && **at <= '9'; (*at)++) {
		fits = fits && !__builtin_mul_overflow(number, 10, &number) &&
		       !__builtin_add_overflow(number, **at - '0', &number);
	}
	*out_number = number;
	return fits;
}

enum err
duration_parse(const char *text, int64_t *out_ns)
{
	const char *at = text;
	size_t next_unit = 0;
	int64_t total_ns = 0;
	bool fits = true;

	if (strcmp(text, "0") == 0) {
		*out_ns = 0;
		return ERR_OK;
	}
	do {
		const char *digits = at;
		int64_t number;
		int64_t part_ns;

		fits = read_number(&at, &number) && fits;
		size_t letters = strspn(at, "dhmsun");
		size_t unit = unit_find(at, letters, next_unit);
		if (at == digits || unit == UNITS) {
			return ERR_FORMAT;
		}
		fits = fits &&
		       !__builtin_mul_overflow(number, units[unit].ns, &part_ns) &&
		       !__builtin_add_overflow(total_ns, part_ns, &total_ns);
		at += letters;
		next_unit = unit + 1;
	} while (*at != '\0');
	if (!fits) {
		return ERR_LIMIT;
	}
	*out_ns = total_ns;
	return ERR_OK;
}

const char *
duration_text(int64_t duration_ns, char out[DURATION_TEXT_BYTES])
{
	int64_t rest_ns = duration_ns;
	size_t len = 0;

	assert(duration_ns >= 0);
	if (duration_ns == 0) {
		memcpy(out, "0", sizeof("0"));
		return out;
	}
	for (size_t i = 0; i < UNITS; i++) {
		int64_t number = rest_ns / units[i].ns;

		rest_ns %= units[i].ns;
		if (number > 0) {
			int written = snprintf(out + len, DURATION_TEXT_BYTES - len,
			    "%lld%s", (long long)number, units[i].name);

			assert(written > 0);
			len += (size_t)written;
			assert(len < DURATION_TEXT_BYTES);
		}
	}
	return out;
}
