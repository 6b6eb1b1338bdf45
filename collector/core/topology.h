/* topology - who watches what from where: the configuration as the core sees it
 * Room: collector/core (pure).
 *
 * Built once per configuration by the shell, constant afterwards, shared by everything
 * in the core. Everything is an index into these arrays; names are for people and for
 * the store. Borrowed: the owner keeps it alive as long as the machine that uses it. */
#ifndef COLLECTOR_CORE_TOPOLOGY_H
#define COLLECTOR_CORE_TOPOLOGY_H

#include "common/core/limits.h"
#include "common/core/plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOPOLOGY_NONE UINT16_MAX

/* A cloud, ASN or transit provider: what its members share their fate with. */
struct topology_domain {
	const char *name;
};

struct topology_region {
	const char *name;
	uint16_t domain; /* TOPOLOGY_NONE when unknown */
};

struct topology_agent {
	const char *name;
	uint16_t region;
};

/* How important a target is; gives default intervals, levels and channels. */
enum tier {
	TIER_CORE = 0,
	TIER_IMPORTANT,
	TIER_NORMAL,
	TIER_TEST,
	TIER_COUNT
};

enum {
	TIER_ALL = (1 << TIER_COUNT) - 1 /* a bit for each */
};

const char *tier_name(enum tier tier);
bool tier_find(const char *name, enum tier *out_tier);

struct topology_target {
	const char *name;
	const char *group;
	const char
	    *provider; /* targets of one provider can fail together; "" = alone */
	enum tier tier;
};

/* A key as the agents know it by name; which agents use it follows from their plans. */
struct topology_key {
	const char *name;
};

/* One probe of the configuration, before it is multiplied by agents. */
struct topology_probe {
	const char *series; /* "target/probe", "control/name", "source/name" */
	enum probe_role role;
	enum probe_kind kind;
	uint16_t target;      /* TOPOLOGY_NONE for controls; sources: see target_mask */
	uint64_t target_mask; /* sources: the targets they speak about */
	/* Sources: the one it stands in for, and is heard only while that is unknown;
	 * TOPOLOGY_NONE, or anything but another source: none. */
	uint16_t fallback_of;
	uint32_t interval_ms;
	uint32_t timeout_ms;
};

struct topology {
	const struct topology_domain *domain;
	const struct topology_region *region;
	const struct topology_agent *agent;
	const struct topology_target *target;
	const struct topology_key *key;
	const struct topology_probe *probe;
	/* key_of[agent * target_len + target]: index into `key`, or TOPOLOGY_NONE. */
	const uint16_t *key_of;
	/* serving_of[region * target_len + target]: the provider's serving region our
	 * region is sent to, an index local to the target, or TOPOLOGY_NONE when not
	 * known. */
	const uint16_t *serving_of;
	uint16_t domain_len;
	uint16_t region_len;
	uint16_t agent_len;
	uint16_t target_len;
	uint16_t key_len;
	uint16_t probe_len;
};

/* How many probes have that role. */
uint16_t topology_count_role(const struct topology *topology, enum probe_role role);

/* Index of the agent, probe (by series), target or region of that name, or
 * TOPOLOGY_NONE. */
uint16_t topology_agent_find(const struct topology *topology, const char *name);
uint16_t topology_probe_find(const struct topology *topology, const char *series);
uint16_t topology_target_find(const struct topology *topology, const char *name);
uint16_t topology_region_find(const struct topology *topology, const char *name);

#endif
