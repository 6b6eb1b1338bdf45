#include "agent/core/decimal.h"

#include "common/core/chars.h"

#include <assert.h>

enum {
	EXPONENT_MAX = 99,
	KEPT_DIGITS = 18 /* that always fit */
};

/* A number being read: `value` times 10 to the power of `exponent`. */
struct number {
	int64_t value;
	int exponent;
	unsigned kept;   /* digits in `value`, without leading zeros */
	uint8_t dropped; /* the first digit that found no room there */
	bool has_dropped;
};

static void
add_digit(struct number *number, char c, bool behind_point)
{
	if (number->kept >= KEPT_DIGITS) {
		if (!number->has_dropped) {
			number->has_dropped = true;
			number->dropped = (uint8_t)(c - '0');
		}
		number->exponent += behind_point ? 0 : 1;
		return;
	}
	number->value = number->value * 10 + (c - '0');
	number->kept += number->kept > 0 || c != '0' ? 1 : 0;
	number->exponent -= behind_point ? 1 : 0;
}

/* Digits from `at` on; the place behind them. */
static size_t
read_digits(
    const char *text, size_t len, size_t at, bool behind_point, struct number *number)
{
	while (at < len && chars_is_digit(text[at])) {
		add_digit(number, text[at], behind_point);
		at++;
	}
	return at;
}

/* An exponent with its letter at `at`; `len + 1` when it is none. */
static size_t
read_exponent(const char *text, size_t len, size_t at, struct number *number)
{
	bool minus;
	int exponent = 0;
	size_t from;

	at++;
	minus = at < len && text[at] == '-';
	at += at < len && (text[at] == '-' || text[at] == '+') ? 1 : 0;
	from = at;
	while (at < len && chars_is_digit(text[at])) {
		exponent = exponent < EXPONENT_MAX ? exponent * 10 + (text[at] - '0')
						   : EXPONENT_MAX + 1;
		at++;
	}
	if (at == from || exponent > EXPONENT_MAX) {
		return len + 1;
	}
	number->exponent += minus ? -exponent : exponent;
	return at;
}

/* Brings the number to whole units; false when it is too large. */
static bool
scale(struct number *number, int digits)
{
	int up = number->exponent + digits;
	/* What was dropped is below what is kept, and rounds only that. */
	int64_t rest = number->has_dropped && number->dropped >= 5 ? 5 : 0;

	for (; up > 0 && number->value != 0; up--) {
		if (number->value > INT64_MAX / 100) {
			return false;
		}
		number->value *= 10;
		rest = 0;
	}
	for (; up < 0 && (number->value != 0 || rest != 0); up++) {
		rest = number->value % 10;
		number->value /= 10;
	}
	number->value += rest >= 5 ? 1 : 0;
	return true;
}

bool
decimal_read(const char *text, size_t len, unsigned digits, int64_t *out)
{
	struct number number = {0};
	bool minus = len > 0 && text[0] == '-';
	size_t from = minus ? 1 : 0;
	size_t at = read_digits(text, len, from, false, &number);

	assert(digits <= DECIMAL_DIGITS_MAX);
	if (at == from) {
		return false;
	}
	if (at < len && text[at] == '.') {
		from = at + 1;
		at = read_digits(text, len, from, true, &number);
		if (at == from) {
			return false;
		}
	}
	if (at < len && (text[at] == 'e' || text[at] == 'E')) {
		at = read_exponent(text, len, at, &number);
	}
	if (at != len || !scale(&number, (int)digits)) {
		return false;
	}
	*out = minus ? -number.value : number.value;
	return true;
}
