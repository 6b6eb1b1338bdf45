/* usual - how often a probe fails with nothing wrong, learned
 * Room: collector/core (pure). Private to the correlation.
 *
 * Per (target, witness, symptom) a share of results, in millionths. It begins at half the
 * constant of symptom.h, follows what is seen by at most a 32nd of itself an hour (sixty
 * intervals of the fastest probe), so that it can double in a day and no sooner, and only
 * once four failures were to be expected. Not learned from: what an open finding is about,
 * what came late, steps in which a fault is nearly detected. What is used is an upper bound:
 * the smallest doubling of the constant that is above the estimate and its error. The
 * constants are the floor: they are what the method's false alarms were counted with.
 *
 * Counts are gathered and applied per step, so the order within a step is nothing. A
 * doubling changes only while none of the symptom's votes stands in the last two intervals:
 * what a vote weighs does not change while it is held. */
#ifndef COLLECTOR_CORE_USUAL_H
#define COLLECTOR_CORE_USUAL_H

#include "collector/core/hypothesis.h"
#include "collector/core/ring.h"

enum {
	USUAL_SYMPTOMS = SYMPTOM_OK,
	USUAL_PERIOD = 60, /* intervals */
	USUAL_UNIT = 16,   /* of the estimate: sixteenths of a millionth */
	USUAL_LIVE_BUCKETS = 12
};

struct usual_gauge {
	uint32_t all; /* since the last step */
	uint32_t bad[USUAL_SYMPTOMS];
	uint64_t seen[USUAL_SYMPTOMS]; /* since the estimate moved last */
	uint64_t failed[USUAL_SYMPTOMS];
	uint32_t estimate[USUAL_SYMPTOMS]; /* 1/16 ppm */
};

struct usual {
	struct usual_gauge *gauge; /* [targets][2] */
	bool *is_suspect;          /* [targets] a fault is near, in this step */
	struct hypotheses *table;
	uint16_t target_len;
	int64_t period; /* the last one that was applied */
};

size_t usual_bytes(const struct topology *topology);
/* `table` is borrowed for life: its weights follow what is learned. */
bool usual_init(struct usual *usual, struct arena *arena, struct hypotheses *table);
void usual_reset(struct usual *usual);

/* One result of a target with nothing known to be wrong. */
void usual_note(
    struct usual *usual, uint16_t target, enum witness witness, enum symptom symptom);

/* A fault of the target is nearly detected: nothing is learned from this step. */
void usual_suspect(struct usual *usual, uint16_t target);

/* Applies what was noted; `period` counts hours of sixty intervals. */
void usual_step(struct usual *usual, const struct ring *ring, int64_t period);

/* Saved by the order of the targets; `target` maps a saved index to today's. */
void usual_put(const struct usual *usual, struct buf *buf);
void usual_get(
    struct usual *usual, struct buf *buf, const uint16_t *target, uint64_t target_len);

#endif
