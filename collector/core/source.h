/* source - what others say about our targets, and how fresh it is
 * Room: collector/core (pure).
 *
 * Every source probe of the configuration has one state, fed by whichever agent read it
 * last. A source that was read well and lists nothing is clear; one that fails or grows
 * stale is unknown: never down, never all clear. What it says shifts a prior and is quoted
 * in alerts; it never opens or closes an incident.
 * Owner: the thread that owns the collector machine. */
#ifndef COLLECTOR_CORE_SOURCE_H
#define COLLECTOR_CORE_SOURCE_H

#include "collector/core/correlate.h"
#include "collector/core/view.h"
#include "common/core/result.h"

enum {
	SOURCE_STALE_INTERVALS = 3 /* without a good reading: unknown */
};

struct sources;

size_t sources_bytes(const struct topology *topology);
struct sources *sources_init(struct arena *arena, const struct topology *topology);

/* A source probe ended. `at` is the journal time of its end. True when what the source
 * claims has changed. */
bool sources_result(struct sources *sources, uint16_t probe,
    const struct result *result, struct now at);

/* The state all sources together give for `target` at `now`: an open incident wins over
 * clear, clear over unknown. */
enum external_state sources_state(
    const struct sources *sources, uint16_t target, struct mono now);

/* In words, for an alert about `target`: "google-cloud-status: clear, read 12 s ago".
 * TOPOLOGY_NONE: "" . Cut at `cap`, NUL-terminated. */
void sources_text(const struct sources *sources, uint16_t target, struct now now,
    char *out, size_t cap);

/* One row for the view; false past the end. */
bool sources_view(const struct sources *sources, uint16_t i, struct mono now,
    struct view_source *out);

void sources_save(const struct sources *sources, struct buf *buf);
enum err sources_load(struct sources *sources, struct buf *buf) WARN_UNUSED;
size_t sources_save_bytes(const struct topology *topology);

#endif
