/* upstream_hold - HTTP connections put to sleep, with a time limit and an eye on the peer
 * Room: tests/support.
 *
 * libmicrohttpd does not look at the socket of a suspended connection, so a client that
 * leaves would be noticed only when the sleep is over. One thread here watches all of
 * them and resumes each when its time has come, its client has left, or the server stops. */
#ifndef TESTS_SUPPORT_UPSTREAM_HOLD_H
#define TESTS_SUPPORT_UPSTREAM_HOLD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define UPSTREAM_HOLD_MAX 4096

struct MHD_Connection;
struct upstream_hold;

/* Why a sleep ended. */
enum upstream_hold_wake {
	UPSTREAM_HOLD_NOT_YET,
	UPSTREAM_HOLD_DUE,
	UPSTREAM_HOLD_GONE,
	UPSTREAM_HOLD_STOPPED,
};

/* Starts the thread; NULL if that failed. */
struct upstream_hold *upstream_hold_new(void);

/* Suspends `connection`, whose socket is `fd`, for `ms` (negative: no limit). Call it from
 * the connection's own callback. `out_wake` is set before the connection is resumed and
 * must live until then. False, without suspending, when stopping or full. */
bool upstream_hold_park(struct upstream_hold *hold, struct MHD_Connection *connection,
    int fd, int64_t ms, atomic_int *out_wake);

/* Resumes all, and refuses from now on; call it before MHD_stop_daemon. */
void upstream_hold_stop(struct upstream_hold *hold);

/* Ends the thread. NULL is legal; stop it first. */
void upstream_hold_free(struct upstream_hold *hold);

#endif
