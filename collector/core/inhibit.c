#include "collector/core/inhibit.h"

#include <string.h>

/* How far a scope reaches; a cause reaches further than what it explains. */
static int
reach(const struct incident *incident)
{
	int width = 0;

	switch (incident->scope_kind) {
	case SCOPE_FLEET:
	case SCOPE_PROVIDER:
	case SCOPE_TARGET:
		width = 4;
		break;
	case SCOPE_DOMAIN:
		width = 3;
		break;
	case SCOPE_REGION:
	case SCOPE_SERVING:
		width = 2;
		break;
	case SCOPE_AGENT:
		width = 1;
		break;
	case SCOPE_KEY:
		break;
	}
	/* with all targets it reaches further than with one */
	return 2 * width + (incident->target[0] == '\0' ? 1 : 0);
}

static bool
is_same(const char *a, const char *b)
{
	return a[0] != '\0' && strcmp(a, b) == 0;
}

static const char *
region_of(const struct incident *incident, const struct topology *topology)
{
	uint16_t agent = TOPOLOGY_NONE;

	if (incident->scope_kind == SCOPE_REGION) {
		return incident->scope_name;
	}
	if (incident->scope_kind == SCOPE_AGENT && topology != NULL) {
		agent = topology_agent_find(topology, incident->scope_name);
	}
	return agent == TOPOLOGY_NONE
		   ? ""
		   : topology->region[topology->agent[agent].region].name;
}

static const char *
domain_of(const struct incident *incident, const struct topology *topology)
{
	uint16_t region = TOPOLOGY_NONE;

	if (topology != NULL) {
		region = topology_region_find(topology, region_of(incident, topology));
	}
	if (region == TOPOLOGY_NONE ||
	    topology->region[region].domain == TOPOLOGY_NONE) {
		return "";
	}
	return topology->domain[topology->region[region].domain].name;
}

static bool
is_consequence(const struct incident *incident)
{
	return verdict_blame(incident->verdict) != BLAME_US ||
	       incident->verdict == VERDICT_AGENT_FAULT;
}

bool
inhibit_can_be(const struct incident *incident)
{
	bool is_narrow = incident->scope_kind == SCOPE_AGENT ||
			 (incident->scope_kind == SCOPE_REGION ||
			     incident->scope_kind == SCOPE_SERVING ||
			     incident->scope_kind == SCOPE_DOMAIN);

	return is_narrow && is_consequence(incident);
}

/* By what the cause is: what must be equal. */
static bool
is_about(const struct incident *cause, const struct incident *incident,
    const struct topology *topology)
{
	switch (cause->verdict) {
	case VERDICT_UPSTREAM_OUTAGE:
	case VERDICT_UPSTREAM_EDGE:
	case VERDICT_UPSTREAM_DNS:
	case VERDICT_UPSTREAM_BAD_ANSWERS:
	case VERDICT_UPSTREAM_AUTH:
		return cause->scope_kind == SCOPE_TARGET &&
		       is_same(cause->target, incident->target);
	case VERDICT_AGENT_FAULT:
	case VERDICT_NO_DATA:
		return cause->scope_kind == SCOPE_AGENT &&
		       incident->scope_kind == SCOPE_AGENT &&
		       is_same(cause->scope_name, incident->scope_name);
	case VERDICT_REGION_NETWORK:
		return cause->scope_kind == SCOPE_REGION &&
		       is_same(cause->scope_name, region_of(incident, topology));
	case VERDICT_SHARED_PATH:
		return cause->scope_kind == SCOPE_DOMAIN &&
		       is_same(cause->scope_name, domain_of(incident, topology));
	case VERDICT_HEALTHY:
	case VERDICT_UPSTREAM_PARTIAL:
	case VERDICT_UPSTREAM_REGIONAL:
	case VERDICT_UPSTREAM_LATENCY:
	case VERDICT_PATH:
	case VERDICT_CONTROL_FAULT:
	case VERDICT_CREDENTIAL:
	case VERDICT_QUOTA:
	case VERDICT_LOCATION_BLOCKED:
	case VERDICT_MODEL_GONE:
	case VERDICT_RATE_LIMITED:
	case VERDICT_REFUSALS:
	case VERDICT_REGION_SLOW:
	case VERDICT_UNKNOWN:
	case VERDICT_BUDGET:
	case VERDICT_COUNT:
		break;
	}
	return false;
}

bool
inhibit_explains(const struct incident *cause, const struct incident *incident,
    const struct topology *topology)
{
	return inhibit_can_be(incident) && reach(cause) > reach(incident) &&
	       is_about(cause, incident, topology);
}
