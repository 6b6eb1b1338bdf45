/* review - what people say of incidents afterwards, and what that makes of the rules
 * Room: collector/core (pure).
 *
 * A review stands beside the evidence and never changes it. Of every rule (the verdict an
 * incident was last told as) it counts how many of the reviewed ones were worth being told:
 * `true` and `late` were, `false-positive`, `expected` and `duplicate` were not. A review of
 * the same incident takes the place of the one before it, as long as that is remembered. */
#ifndef COLLECTOR_CORE_REVIEW_H
#define COLLECTOR_CORE_REVIEW_H

#include "collector/core/verdict.h"
#include "common/core/buf.h"
#include "common/core/clock.h"
#include "common/core/err.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	REVIEWS_MAX = 256, /* remembered one by one; all are counted */
	REVIEW_AUTHOR_BYTES = 96,
	REVIEW_REASON_BYTES = 256,
	/* Below so many nothing is said about a rule. */
	REVIEW_ENOUGH = 20,
	REVIEWS_SAVE_BYTES = REVIEWS_MAX * 400 + VERDICT_COUNT * 64 + 64
};

/* Values are fixed: they stand in the journal. */
enum review_kind {
	REVIEW_TRUE = 0,
	REVIEW_FALSE_POSITIVE,
	REVIEW_EXPECTED,
	REVIEW_DUPLICATE,
	REVIEW_LATE,
	REVIEW_KIND_COUNT
};

struct review {
	uint64_t incident;
	enum verdict rule;
	enum review_kind kind;
	struct wall made_at;
	char author[REVIEW_AUTHOR_BYTES];
	char reason[REVIEW_REASON_BYTES];
};

struct reviews {
	uint64_t count[VERDICT_COUNT][REVIEW_KIND_COUNT];
	size_t len;
	struct review item[REVIEWS_MAX]; /* in the order they were made */
};

const char *review_kind_name(enum review_kind kind); /* "false-positive" ... */
bool review_kind_find(const char *name, enum review_kind *out_kind);

void reviews_put(struct reviews *reviews, const struct review *review);

/* How good a rule is: the share of its reviewed incidents that were worth being told, with
 * the bounds that hold it with 95 % (the score interval of E. B. Wilson, 1927). */
struct review_score {
	uint64_t reviewed;
	uint64_t worth;
	uint32_t precision_ppm;
	uint32_t low_ppm;
	uint32_t high_ppm;
};
struct review_score reviews_score(const struct reviews *reviews, enum verdict rule);

/* On an error there are none. ERR_FORMAT. */
void reviews_save(const struct reviews *reviews, struct buf *buf);
enum err reviews_load(struct reviews *reviews, struct buf *buf) WARN_UNUSED;

#endif
