#include "agent/core/usage.h"

#include "agent/core/decimal.h"

enum {
	PER_PRICE = 1000000, /* prices are those of a million tokens */
	NANO_DIGITS = 9,
	NANO_PER_MICRO = 1000
};

bool
usage_microusd(const char *text, size_t len, uint32_t *out)
{
	int64_t nano = 0;

	if (!decimal_read(text, len, NANO_DIGITS, &nano) || nano < 0) {
		return false;
	}
	int64_t micro = nano / NANO_PER_MICRO + (nano % NANO_PER_MICRO != 0 ? 1 : 0);
	*out = micro < UINT32_MAX ? (uint32_t)micro : UINT32_MAX;
	return true;
}

bool
usage_is_spent(const char *text, size_t len)
{
	int64_t nano = 0;

	return decimal_read(text, len, NANO_DIGITS, &nano) && nano <= 0;
}

uint32_t
usage_tokens(const char *text, size_t len)
{
	int64_t tokens = 0;

	if (!decimal_read(text, len, 0, &tokens) || tokens < 0) {
		return 0;
	}
	return tokens < USAGE_TOKENS_MAX ? (uint32_t)tokens : USAGE_TOKENS_MAX;
}

/* Three times at most 10^9 tokens at less than 2^32 each: below 2^64. */
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
