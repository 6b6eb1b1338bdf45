#include "collector/core/provider.h"

#include <string.h>

static bool
has_provider(const struct topology *topology, uint16_t target, const char *name)
{
	const char *own = topology->target[target].provider;

	return own != NULL && own[0] != '\0' && strcmp(own, name) == 0;
}

uint16_t
provider_first(const struct topology *topology, const char *name)
{
	for (uint16_t t = 0; t < topology->target_len; t++) {
		if (has_provider(topology, t, name)) {
			return t;
		}
	}
	return TOPOLOGY_NONE;
}

static uint64_t
targets_of(const struct topology *topology, const char *name)
{
	uint64_t mask = 0;

	for (uint16_t t = 0; t < topology->target_len && t < 64; t++) {
		mask |= has_provider(topology, t, name) ? UINT64_C(1) << t : 0;
	}
	return mask;
}

/* True for the first target of a provider that has another one. */
static bool
is_leader(const struct topology *topology, uint16_t target)
{
	const char *name = topology->target[target].provider;

	if (name == NULL || provider_first(topology, name) != target) {
		return false;
	}
	return (targets_of(topology, name) & ~(UINT64_C(1) << target)) != 0;
}

uint16_t
provider_number(const struct topology *topology, uint16_t out_of[LIMIT_TARGETS])
{
	uint16_t len = 0;

	for (uint16_t i = 0; i < LIMIT_TARGETS && out_of != NULL; i++) {
		out_of[i] = TOPOLOGY_NONE;
	}
	for (uint16_t t = 0; t < topology->target_len; t++) {
		uint64_t targets = 0;

		if (is_leader(topology, t)) {
			targets = targets_of(topology, topology->target[t].provider);
		}
		for (uint16_t i = 0; i < topology->target_len && out_of != NULL; i++) {
			out_of[i] = (targets >> i & 1) != 0 ? len : out_of[i];
		}
		len = (uint16_t)(len + (targets != 0 ? 1 : 0));
	}
	return len;
}

/* The target that gave the provider its number. */
static uint16_t
leader_of(const struct topology *topology, uint16_t provider)
{
	uint16_t len = 0;

	for (uint16_t t = 0; t < topology->target_len; t++) {
		if (is_leader(topology, t) && len++ == provider) {
			return t;
		}
	}
	return TOPOLOGY_NONE;
}

const char *
provider_name(const struct topology *topology, uint16_t provider)
{
	uint16_t leader = leader_of(topology, provider);

	return leader == TOPOLOGY_NONE ? "?" : topology->target[leader].provider;
}

uint64_t
provider_targets(const struct topology *topology, uint16_t provider)
{
	uint16_t leader = leader_of(topology, provider);

	return leader == TOPOLOGY_NONE
		   ? 0
		   : targets_of(topology, topology->target[leader].provider);
}

uint16_t
provider_find(const struct topology *topology, const char *name)
{
	uint16_t first = provider_first(topology, name);
	uint16_t of[LIMIT_TARGETS];

	(void)provider_number(topology, of);
	return first == TOPOLOGY_NONE ? TOPOLOGY_NONE : of[first];
}
