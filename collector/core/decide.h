/* decide - detect a fault, then name it
 * Room: collector/core (pure). Private to the correlation.
 *
 * Detection: CUSUM plus prior against ln(ARL), with evidence that is fresh. Naming: the
 * posterior over the evidence since the onset. Each target is judged by itself, together
 * with the causes that all targets share. */
#ifndef COLLECTOR_CORE_DECIDE_H
#define COLLECTOR_CORE_DECIDE_H

#include "collector/core/engine.h"

void decide_step(struct correlate *engine, struct mono now);
/* The posterior of the view of `target` over `lambda`, for a new finding (NULL) or for one
 * that is open. */
struct posterior decide_posterior(struct correlate *engine, const int32_t *lambda,
    uint16_t target, const struct slot *slot);
/* The target in scope of `hypothesis` whose own causes score highest over `lambda`;
 * TOPOLOGY_NONE without any. */
uint16_t decide_strongest(
    const struct correlate *engine, const int32_t *lambda, uint32_t hypothesis);
/* True when what came lately speaks for it. */
bool decide_is_fresh(
    const struct correlate *engine, uint32_t hypothesis, struct mono now);
/* What a page's statement adds to the prior: of upstream faults of the target, or of this
 * hypothesis. */
int32_t decide_shift(const struct correlate *engine, uint16_t target);
int32_t decide_shift_of(const struct correlate *engine, uint32_t hypothesis);

#endif
