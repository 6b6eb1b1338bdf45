#include "collector/core/verdict.h"

#include <stddef.h>
#include <string.h>

/* One row a verdict, in the order of the enum: the whole table is data. */
static const struct {
	const char *name;
	const char *title;
	enum blame blame;
	enum level level;
} table[VERDICT_COUNT] = {
    [VERDICT_HEALTHY] = {"healthy", "Healthy", BLAME_NOBODY, LEVEL_INFO},
    [VERDICT_UPSTREAM_OUTAGE] = {"upstream_outage", "Upstream outage", BLAME_THEM,
	LEVEL_CRITICAL},
    [VERDICT_UPSTREAM_PARTIAL] = {"upstream_partial", "Upstream failing in part",
	BLAME_THEM, LEVEL_WARNING},
    [VERDICT_UPSTREAM_REGIONAL] = {"upstream_regional", "Upstream outage in one region",
	BLAME_THEM, LEVEL_WARNING},
    [VERDICT_UPSTREAM_EDGE] = {"upstream_edge", "Upstream front end down", BLAME_THEM,
	LEVEL_CRITICAL},
    [VERDICT_UPSTREAM_DNS] = {"upstream_dns", "Upstream name does not resolve",
	BLAME_THEM, LEVEL_CRITICAL},
    [VERDICT_UPSTREAM_LATENCY] = {"upstream_latency", "Upstream slow", BLAME_THEM,
	LEVEL_WARNING},
    [VERDICT_UPSTREAM_BAD_ANSWERS] = {"upstream_bad_answers",
	"Upstream answers without an image", BLAME_THEM, LEVEL_CRITICAL},
    [VERDICT_UPSTREAM_AUTH] = {"upstream_auth", "Upstream refuses every key",
	BLAME_THEM, LEVEL_CRITICAL},
    [VERDICT_REGION_NETWORK] = {"region_network", "Region network fault", BLAME_NETWORK,
	LEVEL_WARNING},
    [VERDICT_SHARED_PATH] = {"shared_path", "Network fault shared by regions",
	BLAME_NETWORK, LEVEL_WARNING},
    [VERDICT_PATH] = {"path", "Path from one region to the upstream", BLAME_NETWORK,
	LEVEL_WARNING},
    [VERDICT_AGENT_FAULT] = {"agent_fault", "Agent fault", BLAME_US, LEVEL_WARNING},
    [VERDICT_CONTROL_FAULT] = {"control_fault", "Control endpoints down", BLAME_NOBODY,
	LEVEL_INFO},
    [VERDICT_CREDENTIAL] = {"credential", "Key refused", BLAME_US, LEVEL_WARNING},
    [VERDICT_QUOTA] = {"quota", "Quota or credit exhausted", BLAME_US, LEVEL_WARNING},
    [VERDICT_LOCATION_BLOCKED] = {"location_blocked", "Location not supported",
	BLAME_US, LEVEL_WARNING},
    [VERDICT_MODEL_GONE] = {"model_gone", "Model not found", BLAME_US, LEVEL_WARNING},
    [VERDICT_RATE_LIMITED] = {"rate_limited", "Rate limited", BLAME_NOBODY, LEVEL_INFO},
    [VERDICT_REFUSALS] = {"refusals", "Safety filter refuses", BLAME_NOBODY,
	LEVEL_INFO},
    [VERDICT_REGION_SLOW] = {"region_slow", "Region slow on everything", BLAME_NETWORK,
	LEVEL_INFO},
    [VERDICT_NO_DATA] = {"no_data", "No data", BLAME_UNSURE, LEVEL_WARNING},
    [VERDICT_UNKNOWN] = {"unknown", "Unknown cause", BLAME_UNSURE, LEVEL_WARNING},
    [VERDICT_BUDGET] = {"budget", "Budget runs out", BLAME_US, LEVEL_WARNING},
};

const char *
verdict_name(enum verdict verdict)
{
	return verdict < VERDICT_COUNT ? table[verdict].name : "unknown";
}

bool
verdict_find(const char *name, enum verdict *out_verdict)
{
	for (unsigned i = 0; i < VERDICT_COUNT; i++) {
		if (strcmp(name, table[i].name) == 0) {
			*out_verdict = (enum verdict)i;
			return true;
		}
	}
	return false;
}

const char *
verdict_title(enum verdict verdict)
{
	return verdict < VERDICT_COUNT ? table[verdict].title : "Unknown";
}

enum blame
verdict_blame(enum verdict verdict)
{
	return verdict < VERDICT_COUNT ? table[verdict].blame : BLAME_UNSURE;
}

const char *
blame_name(enum blame blame)
{
	switch (blame) {
	case BLAME_NOBODY:
		return "nobody";
	case BLAME_THEM:
		return "them";
	case BLAME_NETWORK:
		return "network";
	case BLAME_US:
		return "us";
	case BLAME_UNSURE:
		break;
	}
	return "unsure";
}

enum level
verdict_level(enum verdict verdict)
{
	return verdict < VERDICT_COUNT ? table[verdict].level : LEVEL_WARNING;
}

const char *
level_name(enum level level)
{
	switch (level) {
	case LEVEL_INFO:
		return "info";
	case LEVEL_WARNING:
		return "warning";
	case LEVEL_CRITICAL:
		return "critical";
	case LEVEL_COUNT:
		break;
	}
	return "unknown";
}

bool
level_find(const char *name, enum level *out_level)
{
	for (unsigned i = 0; i < LEVEL_COUNT; i++) {
		if (strcmp(name, level_name((enum level)i)) == 0) {
			*out_level = (enum level)i;
			return true;
		}
	}
	return false;
}
