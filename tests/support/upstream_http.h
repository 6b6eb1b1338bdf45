/* upstream_http - the HTTP and HTTPS daemons, and the life of one request
 * Room: tests/support.
 *
 * The front accepts and hands sockets over; libmicrohttpd reads the request; the rules and
 * the routes decide the answer; upstream_deliver sends it. One connection stays on one
 * thread; connections are dealt to the threads in turn. */
#ifndef TESTS_SUPPORT_UPSTREAM_HTTP_H
#define TESTS_SUPPORT_UPSTREAM_HTTP_H

#include "tests/support/upstream.h"

#define UPSTREAM_HTTP_BODY_MAX (16U << 20)

struct upstream_http;

/* Starts the daemons, with those for HTTPS if `up->tls`; NULL if that failed. `up` is
 * kept. */
struct upstream_http *upstream_http_new(const struct upstream *up);

/* Hands over the connected socket `fd` of a client at `address`, which is closed in any
 * case. `tls` chooses between HTTP and HTTPS. For the front's thread only. */
void upstream_http_add(struct upstream_http *http, int fd, bool tls,
    const struct sockaddr *address, socklen_t address_len);

/* Ends all connections and threads. NULL is legal; upstream_hold_stop comes first. */
void upstream_http_free(struct upstream_http *http);

#endif
