/* upstream_deliver - sends one body the way an action wants it spoilt
 * Room: tests/support.
 *
 * Stalls, drips, resets and cuts of one answer. Owned by one request; libmicrohttpd calls
 * upstream_deliver_read from the thread that serves the connection. */
#ifndef TESTS_SUPPORT_UPSTREAM_DELIVER_H
#define TESTS_SUPPORT_UPSTREAM_DELIVER_H

#include <sys/types.h>

#include "tests/support/upstream_action.h"
#include "tests/support/upstream_hold.h"

/* Everything is borrowed for the life of the answer. */
struct upstream_deliver {
	struct upstream_hold *hold;
	struct MHD_Connection *connection;
	int fd;
	const struct upstream_action *action;
	const struct upstream_blob *body;
	int64_t started_ms;
	int flushes;  /* times we waited for the peer to take what we sent */
	bool stalled; /* the stall has happened */
	atomic_int wake;
};

/* Does the action change how a body is sent? NULL gives false. */
bool upstream_deliver_needed(const struct upstream_action *action);

/* The reader for MHD_create_response_from_callback; `cls` is a struct upstream_deliver. */
ssize_t upstream_deliver_read(void *cls, uint64_t pos, char *out_bytes, size_t max);

#endif
