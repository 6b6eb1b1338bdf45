/* explain - the evidence of a finding, added up again
 * Room: collector/core (pure). Private to the correlation.
 *
 * The statistic is a sum over the trail; grouped by what the results were it is the
 * explanation that people see, and its lines add up to the statistic. */
#ifndef COLLECTOR_CORE_EXPLAIN_H
#define COLLECTOR_CORE_EXPLAIN_H

#include "collector/core/engine.h"

/* Fills evidence, statistic, regions and coverage of `slot` for its hypothesis and `rival`
 * from the entries since bucket `from`. `fresh`: as the ring weighed them; otherwise at
 * full weight, entries of the finding itself included. */
void explain_fill(struct correlate *engine, struct slot *slot, uint32_t rival,
    struct span span, bool fresh);
/* The buckets in which those runs began that speak for the hypothesis; `out_last`: the
 * last in which one ended. False when there is none. */
bool explain_extent(const struct correlate *engine, uint32_t hypothesis,
    struct span span, struct span *out_began, int64_t *out_last);

#endif
