#include "collector/shell/api_route.h"

#include "common/core/syntax.h"

#include <stddef.h>
#include <string.h>

enum shape {
	SHAPE_PLAIN = 0,
	SHAPE_ID,   /* a number follows */
	SHAPE_NAME, /* a name and `tail` follow */
};

static const struct row {
	const char *path;
	const char *tail;
	enum shape shape;
	bool post;
	bool open;
} rows[API_ENDPOINT_COUNT] = {
    [API_STATUS] = {"/api/v1/status", "", SHAPE_PLAIN, false, false},
    [API_TARGETS] = {"/api/v1/targets", "", SHAPE_PLAIN, false, false},
    [API_REGIONS] = {"/api/v1/regions", "", SHAPE_PLAIN, false, false},
    [API_AGENTS] = {"/api/v1/agents", "", SHAPE_PLAIN, false, false},
    [API_SOURCES] = {"/api/v1/sources", "", SHAPE_PLAIN, false, false},
    [API_INCIDENTS] = {"/api/v1/incidents", "", SHAPE_PLAIN, false, false},
    [API_INCIDENT] = {"/api/v1/incidents/", "", SHAPE_ID, false, false},
    [API_RESULTS] = {"/api/v1/results", "", SHAPE_PLAIN, false, false},
    [API_EVENTS] = {"/api/v1/events", "", SHAPE_PLAIN, false, false},
    [API_HEALTHZ] = {"/healthz", "", SHAPE_PLAIN, false, true},
    [API_READYZ] = {"/readyz", "", SHAPE_PLAIN, false, false},
    [API_METRICS] = {"/metrics", "", SHAPE_PLAIN, false, false},
    [API_AUTHORITY] = {"/api/v1/authority", "", SHAPE_PLAIN, false, true},
    [API_INVITE] = {"/api/v1/agents", "", SHAPE_PLAIN, true, false},
    [API_REVOKE] = {"/api/v1/agents/", "/revoke", SHAPE_NAME, true, false},
    [API_ENROL] = {"/api/v1/enrol", "", SHAPE_PLAIN, true, true},
    [API_AUDIT] = {"/api/v1/audit", "", SHAPE_PLAIN, false, false},
    [API_STORE_COPY] = {"/api/v1/store/copy", "", SHAPE_PLAIN, true, false},
    [API_SILENCES] = {"/api/v1/silences", "", SHAPE_PLAIN, false, false},
    [API_MAINTENANCE] = {"/api/v1/maintenance", "", SHAPE_PLAIN, false, false},
    [API_ALERTS] = {"/api/v1/alerts", "", SHAPE_PLAIN, false, false},
    [API_REVIEWS] = {"/api/v1/reviews", "", SHAPE_PLAIN, false, false},
    [API_CHANNELS] = {"/api/v1/channels", "", SHAPE_PLAIN, false, false},
    [API_CHANNEL_TEST] = {"/api/v1/channels/", "/test", SHAPE_NAME, true, false},
    [API_SILENCE] = {"/api/v1/silences", "", SHAPE_PLAIN, true, false},
    [API_SILENCE_END] = {"/api/v1/silences/", "/expire", SHAPE_NAME, true, false},
    [API_PLAN] = {"/api/v1/maintenance", "", SHAPE_PLAIN, true, false},
    [API_PLAN_END] = {"/api/v1/maintenance/", "/expire", SHAPE_NAME, true, false},
    [API_ACK] = {"/api/v1/incidents/", "/ack", SHAPE_NAME, true, false},
    [API_UNACK] = {"/api/v1/incidents/", "/unack", SHAPE_NAME, true, false},
    [API_REVIEW] = {"/api/v1/incidents/", "/review", SHAPE_NAME, true, false},
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

static enum err
read_name(const char *text, const char *tail, char out[LIMIT_NAME_BYTES])
{
	size_t len = strcspn(text, "/");

	if (len == 0 || len >= LIMIT_NAME_BYTES || strcmp(text + len, tail) != 0) {
		return ERR_NOTFOUND;
	}
	memcpy(out, text, len);
	out[len] = '\0';
	return syntax_is_name(out) ? ERR_OK : ERR_NOTFOUND;
}

/* ERR_NOTFOUND when it is another path. */
static enum err
read_row(const struct row *row, const char *path, struct api_route *out)
{
	size_t len = strlen(row->path);

	switch (row->shape) {
	case SHAPE_PLAIN:
		return strcmp(path, row->path) == 0 ? ERR_OK : ERR_NOTFOUND;
	case SHAPE_ID:
		return strncmp(path, row->path, len) == 0
			   ? read_id(path + len, &out->id)
			   : ERR_NOTFOUND;
	case SHAPE_NAME:
		return strncmp(path, row->path, len) == 0
			   ? read_name(path + len, row->tail, out->name)
			   : ERR_NOTFOUND;
	}
	return ERR_NOTFOUND;
}

/* What the path can be asked with, by whether it was found among either. */
static const char *
allow_text(bool get, bool post)
{
	if (get && post) {
		return "GET, HEAD, POST";
	}
	return get ? "GET, HEAD" : "POST";
}

enum err
api_route_find(const char *path, bool post, struct api_route *out_route)
{
	enum err found[2] = {ERR_NOTFOUND, ERR_NOTFOUND}; /* by method */

	*out_route = (struct api_route){.endpoint = API_ENDPOINT_COUNT};
	for (int i = 0; i < API_ENDPOINT_COUNT; i++) {
		struct api_route route = {.endpoint = (enum api_endpoint)i};
		enum err err = read_row(&rows[i], path, &route);

		if (err != ERR_NOTFOUND && found[rows[i].post] == ERR_NOTFOUND) {
			found[rows[i].post] = err;
			if (err == ERR_OK && rows[i].post == post) {
				*out_route = route;
			}
		}
	}
	out_route->allow =
	    allow_text(found[false] != ERR_NOTFOUND, found[true] != ERR_NOTFOUND);
	if (found[post] == ERR_NOTFOUND && found[!post] != ERR_NOTFOUND) {
		return ERR_REFUSED;
	}
	return found[post];
}

bool
api_route_is_open(const struct api_route *route)
{
	return rows[route->endpoint].open;
}
