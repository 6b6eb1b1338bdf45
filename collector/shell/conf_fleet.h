/* conf_fleet - regions, agents, targets and keys of collector.yaml as a topology
 * Room: collector/shell.
 *
 * Takes everything from one arena whose size is known from the counts in the file. A wrong
 * reference becomes TOPOLOGY_NONE after its remark, so that reading can go on. */
#ifndef COLLECTOR_SHELL_CONF_FLEET_H
#define COLLECTOR_SHELL_CONF_FLEET_H

#include "collector/core/collector_conf.h"
#include "collector/core/registry.h"
#include "collector/shell/conf_raw.h"
#include "common/core/arena.h"
#include "common/shell/settings.h"

/* What is being built: the arrays of `topology` before they become const. */
struct conf_fleet {
	struct settings settings;
	const struct raw_collector *raw; /* borrowed */
	const struct registry *members;  /* borrowed, NULL = none enrolled */
	struct arena *arena;             /* borrowed */
	struct topology *topology;       /* borrowed; its counts grow with the arrays */
	struct topology_domain *domain;
	struct topology_region *region;
	struct topology_agent *agent;
	struct topology_target *target;
	struct topology_key *key;
	struct topology_probe *probe;
	struct probe_conf *probe_conf;
	struct money_conf *money; /* borrowed */
};

/* Bytes the arrays and texts of `raw` and `members` can take at most. */
size_t conf_fleet_bytes(
    const struct raw_collector *raw, const struct registry *members);

/* Takes the arrays and puts them into `topology`; the counts are 0. */
void conf_fleet_init(struct conf_fleet *fleet, struct topology *topology);

/* Reads regions, agents and targets (not their probes). */
void conf_fleet_read(struct conf_fleet *fleet);

/* Reads `targets[].serving` and works out which agent uses which key for which target, and
 * which real key stands behind every name: after the probes. */
void conf_fleet_link(struct conf_fleet *fleet);

#endif
