/* listener - requests of agents over nng, answered in any order
 * Room: collector/shell.
 *
 * One REP socket with many contexts (nng 1.5: nng_rep(7), nng_ctx(5)): each takes one
 * request and waits for its answer, so long polls hold only their own. nng's threads hand
 * requests to a queue and do nothing else; whoever owns the queue answers by place. A
 * message over LIMIT_MESSAGE_BYTES is cut off by nng before it is in memory.
 *
 * Whoever reaches the port is not trusted with more than his share: a pipe that holds more
 * places than an agent needs, or leaves an answer untaken, is ended, and so are strangers
 * when there are too many connections (callers.h). */
#ifndef COLLECTOR_SHELL_LISTENER_H
#define COLLECTOR_SHELL_LISTENER_H

#include "common/core/err.h"
#include "common/shell/tls_nng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct listener;

/* What comes out of it, from nng's threads. `on_request`: `place` is to be answered once,
 * with listener_reply(); `data` is given to the callee, to be freed with listener_free_data().
 * False: it was not taken (the queue is full); the requester gets no answer and comes again.
 * `on_gone`: the pipe is closed. */
struct listener_sink {
	bool (*on_request)(void *context, uint32_t place, uint32_t pipe, void *data);
	void (*on_gone)(void *context, uint32_t pipe);
	void *context;
};

struct listener_conf {
	const char *const *url;
	size_t url_len;
	uint32_t places; /* requests that can wait for an answer at a time */
	struct tls_files tls;
};

/* Listens on every url. On failure one line for people in `error`: ERR_INUSE (the address),
 * ERR_DENIED, ERR_NOTFOUND, ERR_FORMAT (TLS files), ERR_NOMEM, ERR_IO. */
enum err listener_new(const struct listener_conf *conf,
    const struct listener_sink *sink, struct listener **out, char *error,
    size_t cap) WARN_UNUSED;

/* Stops taking requests, closes everything. NULL is fine. */
void listener_free(struct listener *listener);

const unsigned char *listener_data(void *data, size_t *out_len);
void listener_free_data(void *data);

/* True when the pipe is TLS and its peer has shown a certificate of our authority. */
bool listener_is_verified(const struct listener *listener, uint32_t pipe);

/* An agent greeted on the pipe, or came to be on another one since: it is not ended to make
 * room, or it may be. */
void listener_know(struct listener *listener, uint32_t pipe, bool is_known);

/* Answers the request in `place` with a copy of the bytes; does not block. */
void listener_reply(
    struct listener *listener, uint32_t place, const unsigned char *data, size_t len);

/* The request in `place` gets no answer (its sender is gone): the place is free again. */
void listener_drop(struct listener *listener, uint32_t place);

/* The port that url `i` really listens on (it may have asked for 0). */
uint16_t listener_port(const struct listener *listener, size_t i);

#endif
