/* inhibit - which open incident makes telling another one superfluous
 * Room: collector/core (pure).
 *
 * What is a consequence is not told beside its cause: the trouble of regions, paths and
 * agents with a target that is down for everybody; what one agent sees while the agent itself
 * is at fault or silent; what agents of a region see while the region's network is; and
 * regions of a domain while the path they share is. Faults of our own making (keys, quota,
 * money) are no consequence of anything here.
 *
 * A cause always reaches further than its consequence, so no two can hold each other back.
 * The incident that is held back stays open, and is told when its cause is gone and it is
 * not. */
#ifndef COLLECTOR_CORE_INHIBIT_H
#define COLLECTOR_CORE_INHIBIT_H

#include "collector/core/incident.h"
#include "collector/core/topology.h"

/* `cause` makes it superfluous to tell `incident`, as far as they go by themselves: whether
 * they are open is the caller's question. `topology` may be NULL. A missing name equals
 * nothing. */
bool inhibit_explains(const struct incident *cause, const struct incident *incident,
    const struct topology *topology);

/* There could be a cause for it. */
bool inhibit_can_be(const struct incident *incident);

#endif
