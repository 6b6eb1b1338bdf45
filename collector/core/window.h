/* window - the last minutes of every series, for people to look at
 * Room: collector/core (pure).
 *
 * Counts by outcome in a ring of buckets, per (agent, probe), and the durations of the last
 * good runs. It decides nothing: verdicts come from correlate.h. Results belong to the
 * bucket of their event time, in any order; older than the ring is left to history.
 * Owner: the thread that owns the collector machine. */
#ifndef COLLECTOR_CORE_WINDOW_H
#define COLLECTOR_CORE_WINDOW_H

#include "collector/core/correlate.h"
#include "collector/core/view.h"

#define WINDOW_BUCKET_NS (30 * CLOCK_NS_PER_S)

enum {
	WINDOW_BUCKETS = 10, /* five minutes */
	WINDOW_SAMPLES = 16  /* durations kept per series */
};

struct windows;

size_t windows_bytes(const struct topology *topology);
struct windows *windows_init(struct arena *arena, const struct topology *topology);

/* Counts one result; `ended` as of ingest_time(). O(1). */
void windows_add(
    struct windows *windows, const struct evidence *evidence, struct now ended);

/* Which series a question is about; TOPOLOGY_NONE = all of that kind. */
struct window_filter {
	uint16_t agent;
	uint16_t region;
	uint16_t target;
	bool controls; /* controls instead of targets */
};

/* Sums the series that fit, over the ring as it stands at `now`. O(series). */
struct view_counts windows_sum(
    const struct windows *windows, const struct window_filter *filter, struct mono now);

void windows_save(const struct windows *windows, struct buf *buf);
enum err windows_load(struct windows *windows, struct buf *buf) WARN_UNUSED;
size_t windows_save_bytes(const struct topology *topology);

#endif
