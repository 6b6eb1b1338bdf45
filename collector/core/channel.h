/* channel - what an answer of a channel is worth
 * Room: collector/core (pure).
 *
 * The shell says what it saw on the wire; this says whether the receiver has the message.
 * The rule is caution: "it has it not" is said only where that is certain, because a
 * message taken for undelivered may be taken back. */
#ifndef COLLECTOR_CORE_CHANNEL_H
#define COLLECTOR_CORE_CHANNEL_H

#include "collector/core/message.h"

#include <stddef.h>
#include <stdint.h>

/* How far an exchange came. */
enum channel_exchange {
	CHANNEL_ANSWERED = 0, /* the answer was read to its end */
	CHANNEL_NOT_SENT,     /* no byte of the request left: name, connection, TLS */
	CHANNEL_CUT,        /* some of it left, no whole answer came: reset, timeout */
	CHANNEL_IMPOSSIBLE, /* the address cannot be used at all */
	CHANNEL_EXCHANGE_COUNT
};

/* The meaning of an HTTP exchange of the generic webhook. `status` counts only with
 * CHANNEL_ANSWERED (RFC 9110, section 15):
 * - 2xx: done;
 * - 408, 425, 429, 501, 503, 505, 507: refused before anything was done: retry;
 * - 409: an earlier attempt with this key is still at work (the Idempotency-Key draft of
 *   the IETF): unknown;
 * - other 5xx: somebody broke down, before or after taking it: unknown;
 * - other 4xx, 3xx: refused; redirects are not followed, because the body and its
 *   signature are meant for one host;
 * - anything else is no answer of HTTP: unknown. */
enum delivery channel_classify(enum channel_exchange exchange, unsigned status);

/* What may be said of `url` in a log: host and port, without user, path and query, which
 * hold the secrets of webhooks. "?" when there is no host. NUL-terminated, cut at `cap`. */
void channel_host(const char *url, char *out, size_t cap);

#endif
