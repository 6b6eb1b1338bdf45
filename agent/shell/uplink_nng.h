/* uplink_nng - requests to one collector at a time over nng
 * Room: agent/shell.
 *
 * One REQ socket a connection, one context a slot, so that several requests are in flight
 * (nng 1.5: nng_req(7), nng_ctx(5)). nng's own threads only put events into a small list
 * and wake the agent's loop; everything else happens in the owner's thread. nng never
 * resends by itself: a session belongs to a pipe, so a lost pipe is a lost session. */
#ifndef AGENT_SHELL_UPLINK_NNG_H
#define AGENT_SHELL_UPLINK_NNG_H

#include "common/core/err.h"
#include "common/shell/tls_nng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct line;

struct line_conf {
	struct tls_files tls;        /* for tls+tcp:// */
	void (*wake)(void *context); /* called from nng's threads: must only wake */
	void *context;
};

enum line_event_kind {
	LINE_CONNECTED = 0,
	LINE_LOST,
	LINE_REPLY,    /* `data`, `len` for `slot` */
	LINE_FAILED,   /* the request in `slot` got no reply */
	LINE_UNREACHED /* there is no connection, for `reason` */
};

struct line_event {
	enum line_event_kind kind;
	unsigned slot;
	const unsigned char *data; /* borrowed until the next line_take() */
	size_t len;
	const char *reason; /* static, for people */
};

/* Texts of `conf` are borrowed for life. NULL without memory. */
struct line *line_new(const struct line_conf *conf, unsigned slots);
void line_free(struct line *line);

/* Starts connecting to `url`; LINE_CONNECTED follows, or LINE_UNREACHED when that is known
 * (nobody listens, no such name, a certificate is not wanted), or nothing when nobody
 * answers: the uplink's clock decides how long to wait. Drops what was connected.
 * ERR_FORMAT: bad URL; ERR_DENIED, ERR_NOTFOUND: TLS files; ERR_NOMEM. */
enum err line_connect(struct line *line, const char *url) WARN_UNUSED;
void line_disconnect(struct line *line);

/* Sends `len` bytes (copied) as the request of `slot`; an older one there is cancelled and
 * its reply will not be seen. */
enum err line_send(struct line *line, unsigned slot, const unsigned char *data,
    size_t len) WARN_UNUSED;

/* Sends without waiting for a reply and lets it leave for at most `timeout_ms`: a goodbye. */
void line_send_last(struct line *line, unsigned slot, const unsigned char *data,
    size_t len, int timeout_ms);

/* Takes the next event; false when there is none. Does not block. */
bool line_take(struct line *line, struct line_event *out);

#endif
