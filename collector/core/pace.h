/* pace - how fast messages may follow each other on one channel
 * Room: collector/core (pure).
 *
 * Vendors count what comes with one credential and refuse, or ban, what is too much. Each
 * rule is a bucket (the generic cell rate algorithm, ITU-T I.371): `burst` messages at once,
 * then one every `every_ns`. In any window of W no more than burst + W / every_ns leave, so
 * a rule that shall keep `limit` in W has burst <= limit - W / every_ns. What is left of a
 * bucket is one instant; it is journal time, and so the rule holds over restarts.
 *
 * The last `reserve` places are for critical messages: they are not to wait because of news
 * that could have. */
#ifndef COLLECTOR_CORE_PACE_H
#define COLLECTOR_CORE_PACE_H

#include "common/core/buf.h"
#include "common/core/clock.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	PACE_RULES = 2
};

struct pace_rule {
	uint32_t burst;   /* 0 = no rule */
	uint32_t reserve; /* less than `burst` */
	int64_t every_ns;
};

/* All zero: nothing was sent yet. */
struct pace {
	struct mono full_until[PACE_RULES]; /* when the bucket is as new again */
};

/* When the next message may leave; in the past = at once. */
struct mono pace_due(
    const struct pace *pace, const struct pace_rule rule[PACE_RULES], bool is_critical);

/* A message leaves now. */
void pace_take(
    struct pace *pace, const struct pace_rule rule[PACE_RULES], struct mono now);

/* For snapshots; the reader sets the error of `buf` when bytes are missing. */
void pace_save(const struct pace *pace, struct buf *buf);
void pace_load(struct pace *pace, struct buf *buf);

#endif
