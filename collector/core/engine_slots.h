/* engine_slots - findings as bytes: part of a saved state
 * Room: collector/core (pure). Private to engine_state.c.
 *
 * A finding is kept by what it is about, so it outlives every other change of the
 * configuration: of its tempo too. One whose scope is there no more is dropped. */
#ifndef COLLECTOR_CORE_ENGINE_SLOTS_H
#define COLLECTOR_CORE_ENGINE_SLOTS_H

#include "collector/core/names.h"

/* Errors are sticky in `buf`. */
void engine_slots_put(const struct correlate *engine, struct buf *buf);
void engine_slots_get(
    struct correlate *engine, struct buf *buf, const struct names *names);

/* The tempo is another than when the state was saved, at `saved_at`: what speaks for the
 * end of an open finding is gathered anew, and for as long as the new tempo asks. */
void engine_slots_recut(struct correlate *engine, struct mono saved_at);

#endif
