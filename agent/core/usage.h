/* usage - what a run consumed, and what that costs
 * Room: agent/core (pure).
 *
 * Money is counted in millionths of a dollar, in integers. What the upstream itself says
 * is better than what we reckon from its tokens, and that is better than what is
 * configured. Amounts are rounded up: a budget must not be eaten by what rounds to
 * nothing. */
#ifndef AGENT_CORE_USAGE_H
#define AGENT_CORE_USAGE_H

#include "common/core/plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	USAGE_TOKENS_MAX = 1000000000 /* of a run; more is taken for this */
};

/* What an answer told; the values of its last statement, for streams repeat it. */
struct usage {
	uint32_t tokens_in;
	uint32_t tokens_out;
	uint32_t tokens_thought; /* billed like those that came out */
	uint32_t cost_microusd;
	bool has_tokens;
	bool has_cost;
};

/* `len` bytes of an amount in dollars, as JSON writes a number, in millionths of one;
 * clamped. False for anything else, also for less than nothing. */
bool usage_microusd(const char *text, size_t len, uint32_t *out);

/* True when `len` bytes are such an amount of nothing, or less. */
bool usage_is_spent(const char *text, size_t len);

/* A number of tokens as it stands in an answer; what is none counts as none. */
uint32_t usage_tokens(const char *text, size_t len);

/* What a run of `probe` that ended with this HTTP status (0 = none) cost, in millionths of
 * a dollar. `*out_reported` tells whether they said so themselves. */
uint32_t usage_cost(const struct usage *usage, const struct plan_probe *probe,
    uint16_t http, bool *out_reported);

#endif
