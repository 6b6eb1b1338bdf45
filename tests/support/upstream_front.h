/* upstream_front - accepts, and decides what becomes of a connection before HTTP
 * Room: tests/support.
 *
 * One thread accepts on all listeners. A connection that a rule of path "tls" (HTTPS
 * listeners only, looked up first) or "connect" catches is reset, held open without an
 * answer, answered with noise, delayed, or given a bad certificate; all others go to
 * libmicrohttpd at once. A reset here comes after the handshake of TCP: a refusal that
 * connect() itself sees needs a relay in state "down" in front. */
#ifndef TESTS_SUPPORT_UPSTREAM_FRONT_H
#define TESTS_SUPPORT_UPSTREAM_FRONT_H

#include "tests/support/upstream_http.h"

#define UPSTREAM_FRONT_LISTENERS_MAX 16

struct upstream_front_listener {
	struct upstream_net_addr addr; /* port 0 is replaced when bound */
	bool tls;
	int fd;
};

struct upstream_front;

/* Binds the listeners and starts the thread; `listeners` is kept and gets its ports. NULL
 * with a line on stderr if an address cannot be bound. */
struct upstream_front *upstream_front_new(const struct upstream *up,
    struct upstream_http *http, struct upstream_front_listener *listeners, int n);

/* Ends the thread, closes the listeners and all connections it holds. NULL is legal. */
void upstream_front_free(struct upstream_front *front);

#endif
