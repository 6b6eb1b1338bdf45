/* api_query - the parameters of a request, checked
 * Room: collector/shell.
 *
 * Strict on purpose: an unknown, repeated, empty or ill-formed parameter is an error that
 * names it and says what was expected. A filter that is silently ignored gives a wrong
 * answer that looks right. */
#ifndef COLLECTOR_SHELL_API_QUERY_H
#define COLLECTOR_SHELL_API_QUERY_H

#include "collector/shell/api_route.h"
#include "common/core/clock.h"
#include "common/core/limits.h"
#include "common/core/outcome.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	API_QUERY_LIMIT_DEFAULT = 100,
	API_QUERY_LIMIT_MAX = 1000,
	API_QUERY_ERROR_BYTES = 320
};

/* A set of bits in api_query.given. */
enum api_param {
	API_PARAM_STATE = 0, /* "open" or "all" */
	API_PARAM_LIMIT,     /* 1 to API_QUERY_LIMIT_MAX rows */
	API_PARAM_AGENT,     /* exact names */
	API_PARAM_TARGET,
	API_PARAM_PROBE,
	API_PARAM_OUTCOME, /* a name of outcome.h */
	API_PARAM_SINCE,   /* RFC 3339, or how long ago: 90s 15m 1h30m */
	API_PARAM_UNTIL,
	API_PARAM_AFTER,   /* sequence number of the last row known */
	API_PARAM_WAIT_MS, /* 0 to LIMIT_LONG_POLL_MS */
	API_PARAM_TAIL,    /* the newest so many rows */
	API_PARAM_COUNT
};

struct api_query {
	uint32_t given; /* bits 1 << enum api_param */
	bool open_only;
	uint32_t limit;
	uint32_t wait_ms;
	uint32_t tail; /* 0 = not asked for */
	uint64_t after;
	struct wall since; /* 0 = no bound */
	struct wall until; /* INT64_MAX = no bound */
	enum outcome outcome;
	char agent[LIMIT_NAME_BYTES]; /* "" = any */
	char target[LIMIT_NAME_BYTES];
	char probe[LIMIT_NAME_BYTES];
};

/* The defaults, before any parameter. */
void api_query_init(struct api_query *query);

/* Takes one decoded parameter of a request for `endpoint`; `value` may be NULL ("?key").
 * "How long ago" counts back from `now`. ERR_INVALID, with one line in `error`. */
enum err api_query_add(struct api_query *query, enum api_endpoint endpoint,
    struct wall now, const char *key, const char *value,
    char error[API_QUERY_ERROR_BYTES]) WARN_UNUSED;

/* Checks what no single parameter shows: `since` after `until`, `tail` with `after` or
 * `wait_ms`. ERR_INVALID, with one line in `error`. */
enum err api_query_check(
    const struct api_query *query, char error[API_QUERY_ERROR_BYTES]) WARN_UNUSED;

#endif
