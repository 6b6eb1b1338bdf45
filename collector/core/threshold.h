/* threshold - the simple rule everybody knows: so many failures in a row, or too many of them
 * Room: collector/core (pure).
 *
 * One gauge judges one stream of results: down after `failures` failures one after the other,
 * or when more than `percent` of at least `samples` results of the last `window_ns` failed; up
 * again after `successes` good ones one after the other. What came before a recovery counts no
 * more, or the window that saw the fault would find it again at once.
 *
 * Results are ordered by the instant they ended at, so that the order in which they arrive
 * changes nothing. Older than the window is history: such a result is not counted.
 * Owner: whoever owns the rule that holds the gauge. */
#ifndef COLLECTOR_CORE_THRESHOLD_H
#define COLLECTOR_CORE_THRESHOLD_H

#include "common/core/buf.h"
#include "common/core/clock.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	THRESHOLD_RUN =
	    10, /* most failures or successes in a row that can be asked for */
	THRESHOLD_BUCKETS = 10 /* the window moves on by this part of itself */
};

struct threshold_conf {
	uint8_t failures;  /* in a row, 1..THRESHOLD_RUN */
	uint8_t successes; /* in a row, 1..THRESHOLD_RUN */
	uint8_t percent;   /* more than so many failed; 100 = never by share */
	uint16_t samples;  /* results that a share is worked out from, at least */
	int64_t window_ns;
};

struct threshold_sample {
	struct mono at;
	uint32_t
	    order; /* between equal instants; any number that is the sender's own */
	bool is_bad;
};

struct threshold_bucket {
	int64_t number;
	uint32_t good;
	uint32_t bad;
};

struct threshold {
	struct threshold_sample run[THRESHOLD_RUN]; /* the newest, oldest first */
	struct threshold_bucket bucket[THRESHOLD_BUCKETS + 1];
	struct mono from;    /* up to here nothing counts */
	struct mono last_at; /* the newest result, counted or not by share */
	uint8_t run_len;
	bool is_down;
	bool was_heard;
};

enum threshold_says {
	THRESHOLD_SILENT = 0, /* no result within the window */
	THRESHOLD_UP,
	THRESHOLD_DOWN
};

/* Nothing heard, nothing wrong. */
void threshold_init(struct threshold *gauge);

/* One result that ended at `at`; false when it was too old to count. O(1). */
bool threshold_add(struct threshold *gauge, const struct threshold_conf *conf,
    const struct threshold_sample *sample, struct mono now);

/* Judges at `now`. One that was down stays down while nothing is heard: silence is no
 * recovery; it is told as silent nevertheless. */
enum threshold_says threshold_judge(
    struct threshold *gauge, const struct threshold_conf *conf, struct mono now);

void threshold_save(const struct threshold *gauge, struct buf *buf);
/* Sticky in `buf`; a gauge that cannot be is left as after threshold_init(). */
void threshold_load(struct threshold *gauge, struct buf *buf);

enum {
	THRESHOLD_SAVE_BYTES = 40 + THRESHOLD_RUN * 16 + (THRESHOLD_BUCKETS + 1) * 20
};

#endif
