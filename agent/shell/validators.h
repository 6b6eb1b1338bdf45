/* validators - ETag and Last-Modified of sources, for the next conditional request
 * Room: agent/shell. One owner thread.
 *
 * A source is fetched every minute by every agent and changes a few times a week. What is
 * remembered is bounded by VALIDATORS_MAX; when full, the one not used for longest goes,
 * which costs one whole answer. Nothing here is trusted: request_conditional() refuses
 * values that could break a header. */
#ifndef AGENT_SHELL_VALIDATORS_H
#define AGENT_SHELL_VALIDATORS_H

#include "agent/core/header.h"
#include "common/core/limits.h"

#include <stdint.h>

enum {
	VALIDATORS_MAX = 32
};

struct validator {
	char series[LIMIT_SERIES_BYTES]; /* "" = free */
	uint64_t url_hash; /* a series that moves to another URL starts anew */
	uint64_t used;
	char etag[HEADER_ETAG_BYTES];
	char last_modified[HEADER_DATE_BYTES];
};

struct validators {
	struct validator entry[VALIDATORS_MAX];
	uint64_t clock; /* counts uses */
};

/* What is known of `series` at `url`, NULL when nothing is. Lives until the next call of
 * validators_keep(). A zeroed struct validators is empty. */
const struct validator *validators_find(
    struct validators *validators, const char *series, const char *url);

/* Remembers the validators of an answer; both "" forgets the series. Texts that are too
 * long are not kept. */
void validators_keep(struct validators *validators, const char *series, const char *url,
    const char *etag, const char *last_modified);

#endif
