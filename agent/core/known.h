/* known - finds registered secrets in text, in whatever spelling
 * Room: agent/core (pure).
 *
 * As they are or with capitals exchanged, escaped (escape.h), or in base64 (RFC 4648,
 * either alphabet, anywhere in a longer run, so that "Basic" credentials are covered) or
 * base 16. A part of a secret that is long enough is one, too. */
#ifndef AGENT_CORE_KNOWN_H
#define AGENT_CORE_KNOWN_H

#include "agent/core/redact.h"

/* The longest piece of a registered secret that begins at `at` of `len` bytes at `text`, in
 * bytes of the text; 0 for none. `redact` may be NULL. */
size_t known_at(const struct redact *redact, const char *text, size_t len, size_t at);

/* The same for a run of base64 or base 16 that begins at `at` and holds such a piece: the
 * whole run. 0 as well inside of a run. */
size_t known_run(const struct redact *redact, const char *text, size_t len, size_t at);

#endif
