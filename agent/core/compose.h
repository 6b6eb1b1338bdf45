/* compose - the texts of a request, in fixed room and with nothing that could break out
 * Room: agent/core (pure).
 *
 * The error is sticky: a run of calls is checked once at its end. Nothing is ever cut: what
 * does not fit as a whole is an error, for half a request would be another one. */
#ifndef AGENT_CORE_COMPOSE_H
#define AGENT_CORE_COMPOSE_H

#include "common/core/err.h"

#include <stddef.h>

struct compose {
	char *data;
	size_t cap;
	size_t len;
	enum err err;
};

/* Starts an empty text in `cap` bytes at `data`, at least 1, borrowed. */
struct compose compose_begin(char *data, size_t cap);

/* Adds `len` bytes as they are. ERR_LIMIT when there is no room. */
void compose_bytes(struct compose *compose, const char *bytes, size_t len);

void compose_text(struct compose *compose, const char *text);

/* One segment of a path: everything but RFC 3986's unreserved characters is escaped, the
 * slash too. */
void compose_segment(struct compose *compose, const char *text);

/* A JSON string with its quotes. Line ends and tabs are escaped; other control characters
 * and what is not UTF-8 are ERR_INVALID. No escape is longer than two bytes. */
void compose_json(struct compose *compose, const char *text);

#endif
