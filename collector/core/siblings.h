/* siblings - a provider's fault, target by target
 * Room: collector/core (pure). Private to the correlation.
 *
 * One fault of a provider is one finding. It keeps for each of its targets whether that one
 * shows the fault still, so that it widens when another follows, narrows when but one is
 * left, and ends when the last one works. */
#ifndef COLLECTOR_CORE_SIBLINGS_H
#define COLLECTOR_CORE_SIBLINGS_H

#include "collector/core/lifecycle.h"

/* The slot has a new cause: which targets show it, over `lambda`. */
void siblings_adopt(
    const struct correlate *engine, struct slot *slot, const int32_t *lambda);

/* Notes one result in scope of an open finding. */
void siblings_account(
    const struct correlate *engine, struct slot *slot, const struct weighed *weighed);

/* Applies what was noted: the finding's recovery is that of the target that is worst off.
 * Tells when other targets show it than before. */
void siblings_follow(struct correlate *engine, struct slot *slot, struct mono now);

/* An open finding about one target which the detection of another of the same provider
 * belongs to: it is about the provider from now on. False when there is none. */
bool siblings_join(
    struct correlate *engine, const struct detection *detection, struct mono now);

/* True when both are the same fault, of a provider and of one of its targets. */
bool siblings_are_kin(const struct correlate *engine, uint32_t a, uint32_t b);

#endif
