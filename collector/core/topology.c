#include "collector/core/topology.h"

#include <string.h>

const char *
tier_name(enum tier tier)
{
	switch (tier) {
	case TIER_CORE:
		return "core";
	case TIER_IMPORTANT:
		return "important";
	case TIER_NORMAL:
		return "normal";
	case TIER_TEST:
		return "test";
	case TIER_COUNT:
		break;
	}
	return "unknown";
}

bool
tier_find(const char *name, enum tier *out_tier)
{
	for (int i = 0; i < TIER_COUNT; i++) {
		if (strcmp(name, tier_name((enum tier)i)) == 0) {
			*out_tier = (enum tier)i;
			return true;
		}
	}
	return false;
}

uint16_t
topology_count_role(const struct topology *topology, enum probe_role role)
{
	uint16_t len = 0;

	for (uint16_t i = 0; i < topology->probe_len; i++) {
		len = (uint16_t)(len + (topology->probe[i].role == role ? 1 : 0));
	}
	return len;
}

uint16_t
topology_agent_find(const struct topology *topology, const char *name)
{
	for (uint16_t i = 0; i < topology->agent_len; i++) {
		if (strcmp(topology->agent[i].name, name) == 0) {
			return i;
		}
	}
	return TOPOLOGY_NONE;
}

uint16_t
topology_probe_find(const struct topology *topology, const char *series)
{
	for (uint16_t i = 0; i < topology->probe_len; i++) {
		if (strcmp(topology->probe[i].series, series) == 0) {
			return i;
		}
	}
	return TOPOLOGY_NONE;
}

uint16_t
topology_target_find(const struct topology *topology, const char *name)
{
	for (uint16_t i = 0; i < topology->target_len; i++) {
		if (strcmp(topology->target[i].name, name) == 0) {
			return i;
		}
	}
	return TOPOLOGY_NONE;
}

uint16_t
topology_region_find(const struct topology *topology, const char *name)
{
	for (uint16_t i = 0; i < topology->region_len; i++) {
		if (strcmp(topology->region[i].name, name) == 0) {
			return i;
		}
	}
	return TOPOLOGY_NONE;
}
