/* ring - evidence per bucket and hypothesis, and the detection statistic over it
 * Room: collector/core (pure).
 *
 * S is the sum of the weights of a bucket, W is CUSUM at its end: W[b] = max(0, W[b-1] +
 * S[b]), bounded above so that the past is not remembered for ever. S is a sum of integers
 * of what arrived, in whatever order; W is recomputed from the earliest bucket that
 * changed. So lateness inside the ring costs nothing but time.
 *
 * One vote: in a slot (as long as the agent's blips, blips.h) the first failure of an agent counts in full
 * for each hypothesis and further ones ln 2 at most, since results of one agent share one
 * blip. The set of what failed is kept per bucket, and the full vote belongs to the
 * earliest bucket by event time, so the rule does not depend on arrival either. */
#ifndef COLLECTOR_CORE_RING_H
#define COLLECTOR_CORE_RING_H

#include "collector/core/blips.h"
#include "collector/core/hypothesis.h"
#include "collector/core/tempo.h"
#include "collector/core/trail.h"

struct ring {
	const struct hypotheses *table;
	int32_t *sum;     /* [TEMPO_RING][hypotheses] */
	int32_t *cusum;   /* the same */
	int32_t *cap;     /* [hypotheses] */
	uint32_t *vote;   /* [TEMPO_RING][agents][groups]: bits of what failed */
	uint8_t *is_bad;  /* [TEMPO_RING][groups]: something speaks for a fault */
	uint8_t *is_live; /* the same: W > 0 somewhere */
	uint8_t *place;   /* [TEMPO_RING][agents]: of the bucket in the agent's slot */
	struct blips blips;
	int64_t current; /* newest bucket */
	int64_t dirty;   /* W is valid before this one */
	bool is_started;
};

size_t ring_bytes(const struct topology *topology);
bool ring_init(struct ring *ring, struct arena *arena, const struct hypotheses *table,
    const struct tempo *tempo);
void ring_reset(struct ring *ring);

/* Moves on to `bucket`, forgetting what falls out. Returns how many buckets were passed. */
int64_t ring_advance(struct ring *ring, int64_t bucket);

/* True when `bucket` is one the ring still holds. */
bool ring_holds(const struct ring *ring, int64_t bucket);

/* Adds (`sign` 1) or takes back (-1) a result's weights in one group. */
void ring_add(struct ring *ring, int64_t bucket, uint16_t group, uint16_t agent,
    const int32_t *weight, int sign);

/* Something unexplained failed in `bucket`: CUSUM must look at the group. */
void ring_mark(struct ring *ring, int64_t bucket, uint16_t group);

/* Sets or clears the bits of `change` in the votes of the agent for `group` and moves the
 * full vote of the slot accordingly. */
void ring_vote(struct ring *ring, int64_t bucket, uint16_t group, uint16_t agent,
    uint32_t change, bool set);

uint32_t ring_votes(
    const struct ring *ring, int64_t bucket, uint16_t group, uint16_t agent);

/* What the full vote adds in `bucket` for a row because of bit `bit`, given the votes of
 * the slot: for explanations. */
int32_t ring_credit(const struct ring *ring, int64_t bucket, uint16_t group,
    uint16_t agent, uint16_t row, unsigned bit);

/* The instant in parts of buckets (blips.h). */
int64_t ring_part(const struct tempo *tempo, struct mono at);

/* A run that no finding explains has ended, well or not: to learn blips from. */
void ring_note_run(struct ring *ring, const struct trail_entry *run);

struct names;
/* The slots, for the saved state. */
void ring_put_slots(const struct ring *ring, struct buf *buf);
void ring_get_slots(struct ring *ring, struct buf *buf, const struct names *names);

void ring_recompute(struct ring *ring);

/* W at the end of a bucket the ring holds. */
int32_t ring_cusum(const struct ring *ring, uint32_t hypothesis, int64_t bucket);
/* First bucket after the last zero of W at or before `bucket`. */
int64_t ring_onset(const struct ring *ring, uint32_t hypothesis, int64_t bucket);
/* Sum of S in [from, to], clamped to what the ring holds. */
int64_t ring_sum(
    const struct ring *ring, uint32_t hypothesis, int64_t from, int64_t to);
/* First and last bucket in [from, current] where S > 0. False when there is none. */
bool ring_extent(const struct ring *ring, uint32_t hypothesis, int64_t from,
    int64_t *out_first, int64_t *out_last);
/* Forgets the evidence of a group: it belongs to a finding now. */
void ring_consume(struct ring *ring, uint16_t group);
bool ring_is_live(const struct ring *ring, uint16_t group, int64_t bucket);

#endif
