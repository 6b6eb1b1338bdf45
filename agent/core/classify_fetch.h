/* classify_fetch - the picture that an answer only links to
 * Room: agent/core (pure).
 *
 * The part of classify.c for a run's second transfer: its body is the picture itself. Who
 * keeps pictures for an API is a part of it, so his errors are the API's. */
#ifndef AGENT_CORE_CLASSIFY_FETCH_H
#define AGENT_CORE_CLASSIFY_FETCH_H

#include "agent/core/classify.h"

#include <stddef.h>

/* From here on the body is the picture's; may be said again when it begins again. The
 * answer before was one with a link. */
void classify_fetch_begin(struct classify *classify);

/* A piece of the picture. */
void classify_fetch_body(struct classify *classify, const void *data, size_t len);

/* Judges the picture, in the place of classify_finish(). */
void classify_fetch_finish(struct classify *classify, const struct classify_http *http,
    struct classify_verdict *out, char *detail, size_t cap);

#endif
