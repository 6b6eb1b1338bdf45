/* lifecycle - findings from the first detection to the end of their window
 * Room: collector/core (pure). Private to the correlation.
 *
 * Opens, joins, renames, closes and reopens. While a finding is open it explains its own
 * evidence away; the evidence it took is taken out of the ring. */
#ifndef COLLECTOR_CORE_LIFECYCLE_H
#define COLLECTOR_CORE_LIFECYCLE_H

#include "collector/core/engine.h"

struct detection {
	struct posterior posterior;
	struct span span; /* from the onset to the bucket that detected */
	struct mono last_bad_at;
	struct course course; /* from the onset to the detection */
	bool is_unknown;
	bool is_past;
};

/* Writes a change for the caller of the running step; there is room. */
void lifecycle_tell(struct correlate *engine, struct slot *slot,
    enum finding_event event, struct mono now);
void lifecycle_close(struct correlate *engine, struct slot *slot, struct mono now);
/* A free slot with a new id, or the one that has been closed for longest; NULL when all are
 * open. */
struct slot *lifecycle_take(struct correlate *engine);
/* True while one more action, of two changes at most, fits into the running step. */
bool lifecycle_has_room(const struct correlate *engine);
bool lifecycle_explains(const struct correlate *engine, const struct slot *slot,
    const struct weighed *weighed);
/* Another open finding than `except` explains it. */
bool lifecycle_is_explained(const struct correlate *engine, const struct slot *except,
    const struct weighed *weighed);
/* Adds one result to every open finding; `sign` -1 takes it back. */
void lifecycle_account(
    struct correlate *engine, const struct weighed *weighed, int sign);
/* Adds what `posterior` says at `at`, with the share of requests affected; nothing when it
 * names no cause. */
void lifecycle_note_course(const struct correlate *engine, struct course *course,
    const struct posterior *posterior, uint32_t rate_ppm, struct mono at);
/* Joins, reopens or opens; engine->lambda holds the evidence since the onset. */
void lifecycle_detected(
    struct correlate *engine, const struct detection *detection, struct mono now);
void lifecycle_decay(struct correlate *engine, int64_t buckets);
void lifecycle_follow(struct correlate *engine, struct mono now);
/* An open finding is about `hypothesis` from now on, or about other targets of the same:
 * tells it. */
void lifecycle_turn(
    struct correlate *engine, struct slot *slot, uint32_t hypothesis, struct mono now);
/* Recomputes what a slot reaches; after its hypothesis changed. */
void lifecycle_set_scope(struct correlate *engine, struct slot *slot);

#endif
