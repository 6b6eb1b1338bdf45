/* verdict - what the correlation says is going on
 * Room: collector/core (pure).
 *
 * Values are fixed for ever: they stand in the store and in the API. */
#ifndef COLLECTOR_CORE_VERDICT_H
#define COLLECTOR_CORE_VERDICT_H

#include <stdbool.h>

enum verdict {
	VERDICT_HEALTHY = 0,
	VERDICT_UPSTREAM_OUTAGE,      /* everybody, (nearly) everything fails */
	VERDICT_UPSTREAM_PARTIAL,     /* everybody, a share of the requests */
	VERDICT_UPSTREAM_REGIONAL,    /* one serving region of theirs */
	VERDICT_UPSTREAM_EDGE,        /* their front end: connect, TLS, gateway */
	VERDICT_UPSTREAM_DNS,         /* their name does not resolve anywhere */
	VERDICT_UPSTREAM_LATENCY,     /* slow, not failing */
	VERDICT_UPSTREAM_BAD_ANSWERS, /* 200 without a usable image */
	VERDICT_UPSTREAM_AUTH,        /* refuses every key of ours */
	VERDICT_REGION_NETWORK,       /* the network of one of our regions */
	VERDICT_SHARED_PATH,          /* regions that share a provider or transit */
	VERDICT_PATH,          /* one region cannot reach one target, controls fine */
	VERDICT_AGENT_FAULT,   /* one agent */
	VERDICT_CONTROL_FAULT, /* reference endpoints down, targets fine */
	VERDICT_CREDENTIAL,    /* one key of ours */
	VERDICT_QUOTA,         /* daily, spend or credit limit of ours */
	VERDICT_LOCATION_BLOCKED, /* their policy refuses one of our regions */
	VERDICT_MODEL_GONE,       /* the model is not there any more */
	VERDICT_RATE_LIMITED,
	VERDICT_REFUSALS,    /* safety filter refuses a harmless prompt */
	VERDICT_REGION_SLOW, /* one region slow on everything */
	VERDICT_NO_DATA,     /* agents silent: neither good nor bad */
	VERDICT_UNKNOWN,     /* something is wrong, no cause is sure enough */
	VERDICT_BUDGET,      /* money of ours runs out, or has: says nothing of them */
	VERDICT_COUNT
};

/* Who has to act. */
enum blame {
	BLAME_NOBODY = 0,
	BLAME_THEM,    /* provider, gateway, model */
	BLAME_NETWORK, /* the network of a region of ours */
	BLAME_US,      /* key, quota, parameters, agent */
	BLAME_UNSURE
};

enum level {
	LEVEL_INFO = 0,
	LEVEL_WARNING,
	LEVEL_CRITICAL,
	LEVEL_COUNT
};

const char *verdict_name(enum verdict verdict); /* "upstream_outage"; never NULL */
bool verdict_find(const char *name, enum verdict *out_verdict);
/* Few words for people: "Upstream outage". */
const char *verdict_title(enum verdict verdict);
enum blame verdict_blame(enum verdict verdict);
const char *blame_name(enum blame blame); /* "nobody" "them" "network" "us" "unsure" */

/* The level an incident of this verdict has by default: critical for upstream faults
 * that stop the product, warning for partial, regional, network, agent and key faults,
 * info for what is recorded but does not page. */
enum level verdict_level(enum verdict verdict);
const char *level_name(enum level level);
bool level_find(const char *name, enum level *out_level);

#endif
