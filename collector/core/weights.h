/* weights - the kinds of faults there are, and what a result says for or against each
 * Room: collector/core (pure). Private to the correlation.
 *
 * A row is a kind of fault with the share of requests it hits; a hypothesis (hypothesis.h)
 * is a row with a scope. What a result weighs depends on the row alone. */
#ifndef COLLECTOR_CORE_WEIGHTS_H
#define COLLECTOR_CORE_WEIGHTS_H

#include "collector/core/hypothesis.h"

/* Where the blocks of rows lie; a block is what one scope has. */
enum {
	ROW_GLOBAL = 0,
	ROW_GLOBAL_KEYS =
	    26, /* the last rows of the block, only with two keys or more */
	ROW_GLOBAL_LEN = 29,
	ROW_REGION = 29, /* of a target */
	ROW_REGION_LEN = 4,
	ROW_SERVING = 33,
	ROW_SERVING_LEN = 2,
	ROW_KEY = 35,
	ROW_KEY_LEN = 3,
	ROW_CONTROL = 38,
	ROW_NET = 39,
	ROW_NET_LEN = 3,
	ROW_DOMAIN = 42,
	ROW_DOMAIN_LEN = 2,
	ROW_AGENT = 44,
	/* of the global rows, what a provider can have for all its targets */
	ROW_PROVIDER_LEN = 15,
	ROW_PROVIDER_KEYS_LEN = 2,
};

/* What a fault looks like: shares in permille of the failures it causes, per witness. */
struct signature {
	uint16_t share[3][SYMPTOM_COUNT];
};

/* `rate`: share of the probes in scope that the fault hits, permille. `prior`: share of the
 * prior in 1e-6, before it is divided among the scopes of its block; in a grid of rates the
 * largest has half. */
struct weights_row {
	const struct signature *signature;
	enum verdict verdict;
	enum family family;
	int8_t stage;
	uint16_t rate;
	uint32_t prior;
};

enum {
	WEIGHTS_LEVELS = 7 /* doublings of the baseline, none of them included */
};

const struct weights_row *weights_row(unsigned row);

/* Fills the weights, and what they say by their sign, of every row. */
void weights_fill(struct hypotheses *table);

/* The baseline of a witness when each symptom's constant is doubled `level` times, in ppm.
 * SYMPTOM_OK is what remains; where that were less than half, all are cut. */
void weights_baseline(enum witness witness, const uint8_t level[SYMPTOM_COUNT],
    uint32_t out_ppm[SYMPTOM_COUNT]);

/* The results of a target's witness are weighed by another baseline from now on. */
void weights_set_levels(struct hypotheses *table, uint16_t target, enum witness witness,
    const uint8_t level[SYMPTOM_COUNT]);

#endif
