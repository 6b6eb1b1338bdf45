#include "collector/shell/api_route.h"

#include <stddef.h>
#include <string.h>

static const char *const paths[API_ENDPOINT_COUNT] = {
    [API_STATUS] = "/api/v1/status",
    [API_TARGETS] = "/api/v1/targets",
    [API_REGIONS] = "/api/v1/regions",
    [API_AGENTS] = "/api/v1/agents",
    [API_SOURCES] = "/api/v1/sources",
    [API_INCIDENTS] = "/api/v1/incidents",
    [API_INCIDENT] = "/api/v1/incidents/", /* an id follows */
    [API_RESULTS] = "/api/v1/results",
    [API_EVENTS] = "/api/v1/events",
    [API_HEALTHZ] = "/healthz",
    [API_READYZ] = "/readyz",
    [API_METRICS] = "/metrics",
};

static enum err
read_id(const char *text, uint64_t *out_id)
{
	uint64_t id = 0;

	if (text[0] == '\0' || strchr(text, '/') != NULL) {
		return ERR_NOTFOUND;
	}
	for (const char *at = text; *at != '\0'; at++) {
		if (*at < '0' || *at > '9' || __builtin_mul_overflow(id, 10U, &id) ||
		    __builtin_add_overflow(id, (uint64_t)(*at - '0'), &id)) {
			return ERR_INVALID;
		}
	}
	if (id == 0) {
		return ERR_INVALID;
	}
	*out_id = id;
	return ERR_OK;
}

enum err
api_route_find(const char *path, struct api_route *out_route)
{
	size_t prefix_len = strlen(paths[API_INCIDENT]);
	uint64_t id;
	enum err err;

	for (int i = 0; i < API_ENDPOINT_COUNT; i++) {
		if (i != API_INCIDENT && strcmp(path, paths[i]) == 0) {
			*out_route = (struct api_route){(enum api_endpoint)i, 0};
			return ERR_OK;
		}
	}
	if (strncmp(path, paths[API_INCIDENT], prefix_len) != 0) {
		return ERR_NOTFOUND;
	}
	err = read_id(path + prefix_len, &id);
	if (err == ERR_OK) {
		*out_route = (struct api_route){API_INCIDENT, id};
	}
	return err;
}
