#include "common/core/bytes.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct unit {
	const char *name;
	uint64_t bytes;
};

/* The binary ones first and largest first, as bytes_text() tries them in this order. */
static const struct unit units[] = {
    {"TiB", UINT64_C(1) << 40},
    {"GiB", UINT64_C(1) << 30},
    {"MiB", UINT64_C(1) << 20},
    {"KiB", UINT64_C(1) << 10},
    {"B", 1},
    {"kB", UINT64_C(1000)},
    {"MB", UINT64_C(1000000)},
    {"GB", UINT64_C(1000000000)},
    {"TB", UINT64_C(1000000000000)},
};

enum {
	UNITS = sizeof(units) / sizeof(units[0])
};

enum err
bytes_parse(const char *text, uint64_t *out_bytes)
{
	const char *at = text;
	uint64_t number = 0;
	bool fits = true;

	if (strcmp(text, "0") == 0) {
		*out_bytes = 0;
		return ERR_OK;
	}
	for (; *at >= '0' && *at <= '9'; at++) {
		fits = fits && !__builtin_mul_overflow(number, 10, &number) &&
		       !__builtin_add_overflow(number, (uint64_t)(*at - '0'), &number);
	}
	if (at == text) {
		return ERR_FORMAT;
	}
	for (size_t i = 0; i < UNITS; i++) {
		if (strcmp(units[i].name, at) == 0) {
			if (!fits ||
			    __builtin_mul_overflow(number, units[i].bytes, &number)) {
				return ERR_LIMIT;
			}
			*out_bytes = number;
			return ERR_OK;
		}
	}
	return ERR_FORMAT;
}

const char *
bytes_text(uint64_t bytes, char out[BYTES_TEXT_BYTES])
{
	size_t i = 0;
	int written;

	if (bytes == 0) {
		memcpy(out, "0", sizeof("0"));
		return out;
	}
	while (bytes % units[i].bytes != 0) {
		i++;
	}
	written = snprintf(out, BYTES_TEXT_BYTES, "%llu%s",
	    (unsigned long long)(bytes / units[i].bytes), units[i].name);
	assert(written > 0);
	assert(written < BYTES_TEXT_BYTES);
	return out;
}
