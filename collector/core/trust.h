/* trust - how often, and how late, a source admits what we see
 * Room: collector/core (pure).
 *
 * Measured, per source, against the incidents of ours that are blamed on them and whose
 * target it speaks about. A source that claims something within TRUST_ADMIT_NS of such an
 * incident's opening has admitted it, after so long (0 when it was said before); one that
 * was read well and did not has missed it; one that could not be read is not judged. A claim
 * that ends without any incident of ours during it, or TRUST_ADMIT_NS before, is unconfirmed:
 * a false alarm, or something our probes do not see. It says what a page is worth: to people,
 * and to testimony.h.
 * Owner: the thread that owns the collector machine. */
#ifndef COLLECTOR_CORE_TRUST_H
#define COLLECTOR_CORE_TRUST_H

#include "collector/core/correlate.h"
#include "collector/core/view.h"
#include "common/core/arena.h"
#include "common/core/buf.h"

#define TRUST_ADMIT_NS (6 * 3600 * CLOCK_NS_PER_S)

enum {
	TRUST_PENDING = 8, /* incidents of a source that are not judged yet */
	TRUST_JUDGED = 8,  /* ids of judged ones, so that none counts twice */
	TRUST_DELAYS = 15  /* of the last admitted ones, for the median */
};

struct trust;

size_t trust_bytes(const struct topology *topology);
/* NULL when the arena is too small. `topology` is borrowed for life. */
struct trust *trust_init(struct arena *arena, const struct topology *topology);

/* An incident blamed on them is open; again and again is fine. */
void trust_incident(
    struct trust *trust, uint64_t incident, uint16_t target, struct now now);

/* What source probe number `probe` says at `now`, whether or not it changed. Also where
 * time passes: incidents are judged here. True when a claim of it begins or ends. */
bool trust_source(
    struct trust *trust, uint16_t probe, enum external_state state, struct now now);

/* The record of that source; zeroes for a probe that is none. */
struct view_trust trust_view(const struct trust *trust, uint16_t probe);

void trust_save(const struct trust *trust, struct buf *buf);
/* ERR_FORMAT, ERR_VERSION: undefined, to be made anew. */
enum err trust_load(struct trust *trust, struct buf *buf) WARN_UNUSED;
size_t trust_save_bytes(const struct topology *topology);

#endif
