/* api_route - which answer a path asks for
 * Room: collector/shell.
 *
 * The whole surface of the HTTP side is this table; http.h documents what each answers. */
#ifndef COLLECTOR_SHELL_API_ROUTE_H
#define COLLECTOR_SHELL_API_ROUTE_H

#include "common/core/err.h"

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
	API_ENDPOINT_COUNT
};

struct api_route {
	enum api_endpoint endpoint;
	uint64_t id; /* API_INCIDENT only, else 0 */
};

/* Finds what the decoded path (no query string) asks for. ERR_NOTFOUND for an unknown path,
 * ERR_INVALID when an id is not a whole number from 1. `out` is untouched on failure. */
enum err api_route_find(const char *path, struct api_route *out_route) WARN_UNUSED;

#endif
