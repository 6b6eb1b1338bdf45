/* source - what others say about our targets, and how fresh it is
 * Room: collector/core (pure).
 *
 * Every source probe of the configuration has one state, fed by whichever agent read it
 * last. A source that was read well and lists nothing is clear; one that fails or grows
 * stale is unknown: never down, never all clear. What it says shifts a prior and is quoted
 * in alerts; it never opens or closes an incident.
 *
 * A statement is the open entries and the figures of one reading, with its digest. Agents
 * send it once and then, with FLAG_UNCHANGED, the digest alone: of the statement that is
 * held it is a fresh reading, of any other no reading at all. A fallback is heard only while
 * the source that it stands in for is unknown.
 * Owner: the thread that owns the collector machine. */
#ifndef COLLECTOR_CORE_SOURCE_H
#define COLLECTOR_CORE_SOURCE_H

#include "collector/core/correlate.h"
#include "collector/core/trust.h"
#include "collector/core/view.h"
#include "common/core/result.h"

enum {
	SOURCE_STALE_INTERVALS = 3, /* without a good reading: unknown */
	SOURCE_CLAIMS = 8,          /* as many as agents send */
	SOURCE_FIGURES = 32
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

/* What source number `i` itself says at `now`, be it heard or not, and its probe; false
 * past the end. */
bool sources_at(const struct sources *sources, uint16_t i, struct mono now,
    uint16_t *out_probe, enum external_state *out_state);

/* The word of one source about one target. */
struct testimony {
	uint16_t probe;
	enum external_state state; /* unknown when it does not speak about the target */
	enum claim claim;
	bool measures;      /* it counts what worked, claims only follow from that */
	int32_t uptime_ppm; /* lowest share of the last five minutes, -1 = not known */
};

/* What source number `i` says about `target` at `now`; false past the end. */
bool sources_testify(const struct sources *sources, uint16_t i, uint16_t target,
    struct mono now, struct testimony *out);

/* Source number `i` in words, as in sources_text(). */
void sources_say(
    const struct sources *sources, uint16_t i, struct now now, char *out, size_t cap);

/* All of them for the view, sources_len() rows from `arena`, which may fail. */
const struct view_source *sources_view(const struct sources *sources,
    const struct trust *trust, struct arena *arena, struct mono now);
uint16_t sources_len(const struct sources *sources);
size_t sources_view_bytes(const struct topology *topology);

void sources_save(const struct sources *sources, struct buf *buf);
enum err sources_load(struct sources *sources, struct buf *buf) WARN_UNUSED;
size_t sources_save_bytes(const struct topology *topology);

#endif
