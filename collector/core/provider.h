/* provider - targets that share a provider, and so its faults
 * Room: collector/core (pure).
 *
 * Targets whose configuration names the same provider. One that stands alone has no number:
 * its provider's fault is its own. Numbers follow the order of the targets. */
#ifndef COLLECTOR_CORE_PROVIDER_H
#define COLLECTOR_CORE_PROVIDER_H

#include "collector/core/topology.h"

enum {
	PROVIDER_MAX = LIMIT_TARGETS / 2
};

/* Number of the provider of each target, TOPOLOGY_NONE for those that stand alone. Returns
 * how many providers there are. `out_of` may be NULL. */
uint16_t provider_number(
    const struct topology *topology, uint16_t out_of[LIMIT_TARGETS]);

/* Its name, "?" when there is none of that number. Borrowed from the topology. */
const char *provider_name(const struct topology *topology, uint16_t provider);

/* Its targets, a bit for each; 0 when there is none of that number. */
uint64_t provider_targets(const struct topology *topology, uint16_t provider);

/* The number of that name; TOPOLOGY_NONE: less than two targets have it. */
uint16_t provider_find(const struct topology *topology, const char *name);

/* The first target of that provider, TOPOLOGY_NONE without any. */
uint16_t provider_first(const struct topology *topology, const char *name);

#endif
