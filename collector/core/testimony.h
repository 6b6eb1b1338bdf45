/* testimony - what the word of a source is worth as evidence, from its record
 * Room: collector/core (pure).
 *
 * A bounded shift of the prior of a target's upstream faults, milli-nats. It does not add up:
 * it is worked out anew from what is claimed when it is read, however long that has been said.
 * An open entry weighs 2.5 nats at first, towards 3 with every one that an incident of ours
 * confirmed, towards nothing with those that none did; "all clear" weighs 0.3 at first and
 * towards nothing for a source that misses our incidents or admits them late, since its silence
 * then says as little as that of any other. What a router measures itself counts by the share
 * of the last five minutes that worked: below 90 % for a fault, above 98.5 % against one.
 * Stale or failing: 0. All sources of a target together stay within -2 and +3 nats, one vote at
 * most, so that none can page, close or block: a threshold is only reached by evidence of ours,
 * and a finding ends by it. */
#ifndef COLLECTOR_CORE_TESTIMONY_H
#define COLLECTOR_CORE_TESTIMONY_H

#include "collector/core/source.h"

enum {
	TESTIMONY_MIN_MNATS = -2000,
	TESTIMONY_MAX_MNATS = 3000,
	TESTIMONY_PROMPT_S = 300 /* a median delay beyond it is late */
};

/* The worth of one source's word, with its record. */
int32_t testimony_weight(
    const struct testimony *testimony, const struct view_trust *trust);

/* Of all that speak about `target` now. */
int32_t testimony_mnats(const struct sources *sources, const struct trust *trust,
    uint16_t target, struct mono now);

#endif
