/* upstream_seen - what was asked of the server, counted, and waited for
 * Room: tests/support.
 *
 * A request is recorded when it is complete and its answer is decided, before the first
 * byte of the answer: whoever waits for a request that will stall or be reset still hears
 * of it. Connections that a rule caught are recorded under the path "connect" or "tls".
 * Keys never get in: headers that carry one are blanked, queries are not kept.
 *
 * Every function may be called from any thread. */
#ifndef TESTS_SUPPORT_UPSTREAM_SEEN_H
#define TESTS_SUPPORT_UPSTREAM_SEEN_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "tests/support/upstream_net.h"

#define UPSTREAM_SEEN_HEADERS_MAX 512
#define UPSTREAM_SEEN_PATH_MAX    160

struct upstream_seen;

/* One request; borrowed for the call. `status` is 0 where none will be sent. `headers` is
 * `Name: value` lines. */
struct upstream_seen_entry {
	const char *method;
	const char *path;
	const char *rule;
	const char *headers;
	int status;
	uint64_t body_bytes;
	const struct upstream_net_addr *client;
	const struct upstream_net_addr *server;
};

/* What to count. NULL members match all; `status` < 0 matches all. */
struct upstream_seen_filter {
	const char *path; /* pattern of upstream_glob */
	const char *client;
	int status;
	int last; /* how many of the newest matching requests to list */
};

struct upstream_seen *upstream_seen_new(void);

/* NULL is legal; nobody else may be using it. */
void upstream_seen_free(struct upstream_seen *seen);

/* Counts one request and wakes who waits. */
void upstream_seen_add(
    struct upstream_seen *seen, const struct upstream_seen_entry *entry);

/* Forgets everything. */
void upstream_seen_clear(struct upstream_seen *seen);

/* Blocks until `wait` matching requests were seen since the last clear, `timeout_ms` went
 * by, or the server stops; returns whether they were seen. */
bool upstream_seen_wait(struct upstream_seen *seen,
    const struct upstream_seen_filter *filter, uint64_t wait, int64_t timeout_ms);

/* {"count":N,"counters":[...],"recent":[...]}, oldest first; the caller owns it. */
json_t *upstream_seen_report(
    struct upstream_seen *seen, const struct upstream_seen_filter *filter);

/* Ends all waits, now and later. */
void upstream_seen_stop(struct upstream_seen *seen);

#endif
