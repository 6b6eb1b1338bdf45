/* loiter - ends connections that stop half-way through the TLS handshake
 * Room: collector/shell. Owner: the listener; a thread of its own looks.
 *
 * nng 1.5 gives a handshake no time, and no hand on a connection before it is a pipe. But
 * the sockets are those of this process: now and then all of them are looked at, and one
 * that was accepted at a place where we listen, and is not a pipe after LOITER_NS, is shut
 * down (shutdown(2)). That is the end of the stream to nng, which closes it by itself.
 *
 * The number of a file may be another's by the time it is used, for nng's threads open and
 * close meanwhile. So it is duplicated first: what is looked at, and shut down, is behind a
 * number that is ours alone, and it is nobody else's unless it looks so. */
#ifndef COLLECTOR_SHELL_LOITER_H
#define COLLECTOR_SHELL_LOITER_H

#include "common/core/clock.h"
#include "common/core/err.h"

#include <stddef.h>
#include <stdint.h>

#define LOITER_NS (10 * CLOCK_NS_PER_S)

/* An address of TCP: IPv4 ones are mapped into IPv6 (RFC 4291 2.5.5.2). */
struct loiter_end {
	unsigned char address[16];
	uint16_t port; /* of this machine's byte order */
};

struct loiter;

/* There are never more than `max` pipes, all of which it is told of. ERR_NOMEM. */
enum err loiter_new(uint32_t max, struct loiter **out) WARN_UNUSED;

/* We listen there (the unspecified address is any): from now on it is looked after. ERR_NOMEM,
 * ERR_LIMIT. */
enum err loiter_watch(
    struct loiter *loiter, const struct loiter_end *local) WARN_UNUSED;

/* Returns when nobody looks any more. NULL is fine. */
void loiter_free(struct loiter *loiter);

/* The connection between the two is a pipe now, and stays as long as it likes. */
void loiter_arrived(struct loiter *loiter, uint32_t pipe,
    const struct loiter_end *remote, const struct loiter_end *local);
/* One that did not arrive is fine. */
void loiter_left(struct loiter *loiter, uint32_t pipe);

/* `bytes` are 4 or 16, as `version` says; `port` of the network's byte order. */
struct loiter_end loiter_end_of(unsigned version, const void *bytes, uint16_t port);

#endif
