/* api - a checked request in, a whole answer out
 * Room: collector/shell.
 *
 * Knows the data, not the protocol: http.c brings requests here and carries answers away.
 * Any number of threads at once; nothing here waits. */
#ifndef COLLECTOR_SHELL_API_H
#define COLLECTOR_SHELL_API_H

#include "collector/shell/api_metrics.h"
#include "collector/shell/api_query.h"
#include "collector/shell/api_route.h"
#include "collector/shell/api_source.h"

/* The body of a request, as it came, and who sent it. */
struct api_post {
	const char *author;
	const char *body;
	size_t len;
};

struct api_reply {
	unsigned status;          /* of HTTP */
	const char *content_type; /* static */
	const char *allow;        /* static; methods the path knows, NULL = not said */
	char *body; /* on the heap, given to the caller; NULL = out of memory */
	size_t body_len;
};

/* Answers one request. `http` are the counters that /metrics shows. */
void api_answer(struct api_source *source, const struct api_route *route,
    const struct api_query *query, const struct api_metrics_http *http,
    struct api_reply *out_reply);

/* Takes the document (struct json_t of jansson, NULL when memory was out) as the answer. */
struct json_t;
void api_give(unsigned status, struct json_t *json, struct api_reply *out_reply);

/* The JSON error {"error":{"code","message"}}. `code` is a stable word for programs,
 * `message` one line for people. */
void api_refuse(unsigned status, const char *code, const char *message,
    struct api_reply *out_reply);

#endif
