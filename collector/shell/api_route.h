/* api_route - which answer a path asks for
 * Room: collector/shell.
 *
 * The whole surface of the HTTP side is this table; http.h documents what each answers. */
#ifndef COLLECTOR_SHELL_API_ROUTE_H
#define COLLECTOR_SHELL_API_ROUTE_H

#include "common/core/err.h"
#include "common/core/limits.h"

#include <stdbool.h>
#include <stdint.h>

enum api_endpoint {
	API_STATUS = 0, /* /api/v1/status */
	API_TARGETS,    /* /api/v1/targets */
	API_REGIONS,    /* /api/v1/regions */
	API_AGENTS,     /* /api/v1/agents */
	API_SOURCES,    /* /api/v1/sources */
	API_INCIDENTS,  /* /api/v1/incidents */
	API_INCIDENT,   /* /api/v1/incidents/{id} */
	API_RESULTS,    /* /api/v1/results */
	API_EVENTS,     /* /api/v1/events */
	API_HEALTHZ,    /* /healthz */
	API_READYZ,     /* /readyz */
	API_METRICS,    /* /metrics */
	API_AUTHORITY,  /* /api/v1/authority */
	API_INVITE,     /* POST /api/v1/agents */
	API_REVOKE,     /* POST /api/v1/agents/{name}/revoke */
	API_ENROL,      /* POST /api/v1/enrol */
	API_AUDIT,      /* /api/v1/audit */
	API_STORE_COPY, /* POST /api/v1/store/copy */
	API_SILENCES,   /* these: api_desk.h */
	API_MAINTENANCE,
	API_ALERTS,
	API_REVIEWS,
	API_CHANNELS, /* /api/v1/channels: api_channels.h */
	API_SILENCE,  /* from here on they change something */
	API_SILENCE_END,
	API_PLAN,
	API_PLAN_END,
	API_ACK,
	API_UNACK,
	API_REVIEW,
	API_CHANNEL_TEST, /* POST /api/v1/channels/{name}/test */
	API_ENDPOINT_COUNT
};

struct api_route {
	enum api_endpoint endpoint;
	uint64_t id;                 /* API_INCIDENT only, else 0 */
	char name[LIMIT_NAME_BYTES]; /* in the middle of a path, else "" */
	const char *allow;           /* methods the path knows, as HTTP lists them */
};

/* Finds what the decoded path (no query string) asks for, `post` or get. ERR_NOTFOUND for
 * an unknown path, ERR_REFUSED for one that is known for the other method only, ERR_INVALID
 * when an id is not a whole number from 1; of `out` only `allow` is set then. */
enum err api_route_find(
    const char *path, bool post, struct api_route *out_route) WARN_UNUSED;

/* May be asked by anybody who reaches the collector over the network, because it carries
 * its own proof or tells no secret. */
bool api_route_is_open(const struct api_route *route);

#endif
