/* render - an incident in words, and as the JSON every channel starts from
 * Room: collector/core (pure).
 *
 * Every message says: what, where, since when, how sure, why (the two strongest facts and
 * the runner-up), what the official page says, what to do next. Texts of upstreams are
 * untrusted: they are escaped here once for JSON, and per channel for its markup. */
#ifndef COLLECTOR_CORE_RENDER_H
#define COLLECTOR_CORE_RENDER_H

#include "collector/core/alert.h"
#include "collector/core/incident.h"

/* One line: "Upstream outage: nano-banana-pro, all 3 regions, 97 % sure". All writers
 * NUL-terminate, cut at `cap` on a UTF-8 boundary and return the length written. */
size_t render_headline(const struct incident *incident, char *out, size_t cap);

/* The facts, one a line, strongest first. */
size_t render_why(const struct incident *incident, char *out, size_t cap);

/* What to do next, by verdict: the response flow. */
size_t render_next(const struct incident *incident, char *out, size_t cap);

/* The versioned JSON object of a message (schema "parallax.alert/1"): kind, seq, incident,
 * verdict, blame, level, scope, since, confidence, why[], rival, external, next[], text.
 * This is the generic webhook's body and what other channels are built from. */
size_t render_json(const struct incident *incident, enum message_kind kind, uint32_t seq,
    struct wall at, char *out, size_t cap);

/* RFC 3339 in UTC with milliseconds; `out` needs 32 bytes. */
void render_time(struct wall at, char out[32]);

#endif
