#include "agent/core/usage.h"

enum {
	PER_PRICE = 1000000, /* prices are those of a million tokens */
	EXPONENT_MAX = 10000 /* beyond it everything is nothing or too much */
};

/* A decimal number taken apart; `digits` counts the ones of `value`. */
struct decimal {
	uint64_t value;
	int scale;  /* value * 10^scale */
	bool below; /* 0 */
	bool rest;  /* digits were dropped that are not 0 */
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* One more digit; those that no longer fit are dropped and only counted. */
static void
digit(struct decimal *decimal, char c, bool fraction)
{
	unsigned d = (unsigned)(c - '0');

	if (decimal->value <= (UINT64_MAX - d) / 10) {
		decimal->value = decimal->value * 10 + d;
		decimal->scale -= fraction ? 1 : 0;
		return;
	}
	decimal->rest = decimal->rest || d != 0;
	decimal->scale += fraction ? 0 : 1;
}

/* Reads digits; returns how many there were. */
static size_t
digits(struct decimal *decimal, const char *text, size_t len, bool fraction)
{
	size_t at = 0;

	while (at < len && is_digit(text[at])) {
		digit(decimal, text[at], fraction);
		at++;
	}
	return at;
}

/* What follows an 'e'. */
static bool
exponent(struct decimal *decimal, const char *text, size_t len)
{
	bool minus = len > 0 && text[0] == '-';
	size_t at = len > 0 && (text[0] == '-' || text[0] == '+') ? 1 : 0;
	int value = 0;

	if (at == len) {
		return false;
	}
	for (; at < len; at++) {
		if (!is_digit(text[at])) {
			return false;
		}
		if (value < EXPONENT_MAX) {
			value = value * 10 + (text[at] - '0');
		}
	}
	decimal->scale += minus ? -value : value;
	return true;
}

static bool
take_apart(const char *text, size_t len, struct decimal *out)
{
	size_t at = len > 0 && text[0] == '-' ? 1 : 0;
	struct decimal decimal = {.below = at == 1};
	size_t count = digits(&decimal, text + at, len - at, false);

	at += count;
	if (count == 0) {
		return false;
	}
	if (at < len && text[at] == '.') {
		count = digits(&decimal, text + at + 1, len - at - 1, true);
		at += count + 1;
		if (count == 0) {
			return false;
		}
	}
	if (at < len && (text[at] == 'e' || text[at] == 'E')) {
		if (!exponent(&decimal, text + at + 1, len - at - 1)) {
			return false;
		}
		at = len;
	}
	*out = decimal;
	return at == len;
}

bool
usage_decimal(const char *text, size_t len, unsigned places, uint64_t *out)
{
	struct decimal decimal;

	if (!take_apart(text, len, &decimal) || (decimal.below && decimal.value > 0)) {
		return false;
	}
	uint64_t value = decimal.value;
	int scale = decimal.scale + (int)places;
	bool rest = decimal.rest;
	for (; scale < 0 && value > 0; scale++) {
		rest = rest || value % 10 != 0;
		value /= 10;
	}
	if (rest && value < UINT64_MAX) {
		value++;
	}
	for (; scale > 0 && value > 0; scale--) {
		if (value > UINT64_MAX / 10) {
			value = UINT64_MAX;
			break;
		}
		value *= 10;
	}
	*out = value;
	return true;
}

bool
usage_is_spent(const char *text, size_t len)
{
	struct decimal decimal;

	return take_apart(text, len, &decimal) && (decimal.below || decimal.value == 0);
}

uint32_t
usage_tokens(const char *text, size_t len)
{
	uint64_t tokens = 0;

	if (!usage_decimal(text, len, 0, &tokens)) {
		return 0;
	}
	return tokens < USAGE_TOKENS_MAX ? (uint32_t)tokens : USAGE_TOKENS_MAX;
}

/* At most 2^30 tokens three times at less than 2^32: far below 2^64. */
static uint64_t
reckon(const struct usage *usage, const struct plan_probe *probe)
{
	uint64_t out = (uint64_t)usage->tokens_out + usage->tokens_thought;
	uint64_t sum = (uint64_t)usage->tokens_in * probe->price_in_microusd +
		       out * probe->price_out_microusd;

	return (sum + PER_PRICE - 1) / PER_PRICE;
}

uint32_t
usage_cost(const struct usage *usage, const struct plan_probe *probe, uint16_t http,
    bool *out_reported)
{
	bool priced = probe->price_in_microusd != 0 || probe->price_out_microusd != 0;

	*out_reported = usage->has_cost;
	if (usage->has_cost) {
		return usage->cost_microusd;
	}
	if (usage->has_tokens && priced) {
		uint64_t cost = reckon(usage, probe);
		return cost < UINT32_MAX ? (uint32_t)cost : UINT32_MAX;
	}
	return http == 200 && probe_traits(probe->kind)->makes_image
		   ? probe->cost_microusd
		   : 0;
}
