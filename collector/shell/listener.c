#include "collector/shell/listener.h"

#include "collector/core/callers.h"
#include "collector/shell/loiter.h"
#include "common/core/limits.h"

#include <arpa/inet.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	LISTENERS = 8,
	STRANGERS = 64, /* connections beside those of the agents */
	FILES = 4096,   /* open ones, beside two for each place */
	/* Of one pipe. An agent holds a poll and LIMIT_BATCHES_IN_FLIGHT batches, and may
	 * send each again; who asks for more and takes no answers would have all places,
	 * and the fleet none. */
	PIPE_PLACES = 16,
	/* An answer that nobody takes for so long ends its pipe, and gives its place back.
	 * Agents ask again much sooner. */
	ANSWER_MS = 20000,
	CLOSE_MS = 10000 /* a socket that is not closed then never will be */
};

enum place_state {
	PLACE_RECEIVING = 0,
	PLACE_SENDING
};

struct place {
	struct listener *listener;
	uint32_t index;
	nng_ctx context;
	nng_aio *aio;
	bool is_open;
	enum place_state
	    state; /* written before each operation, read in its callback */
};

/* Nobody is held to account for these: pipes have ids from 1. */
#define NO_PIPE UINT32_C(0)

struct listener {
	struct listener_sink sink;
	nng_socket socket;
	bool is_open;
	uint16_t port[LISTENERS];
	struct loiter *loiter;
	uint32_t places;
	struct place *place;
	atomic_uint *pipe; /* [places] whose request is in it; apart, to be searched */
	atomic_bool is_closing;
	pthread_mutex_t mutex; /* of the callers */
	void *callers_memory;
	struct callers *callers;
};

static enum err
err_of_nng(int rc)
{
	switch (rc) {
	case 0:
		return ERR_OK;
	case NNG_ENOMEM:
		return ERR_NOMEM;
	case NNG_EADDRINUSE:
		return ERR_INUSE;
	case NNG_EPERM:
		return ERR_DENIED;
	case NNG_EADDRINVAL:
	case NNG_EINVAL:
	case NNG_ENOTSUP:
		return ERR_FORMAT;
	default:
		return ERR_IO;
	}
}

static void
receive(struct place *place)
{
	atomic_store(&place->listener->pipe[place->index], NO_PIPE);
	place->state = PLACE_RECEIVING;
	nng_aio_set_timeout(place->aio, NNG_DURATION_INFINITE);
	nng_ctx_recv(place->context, place->aio);
}

static void
end_pipe(uint32_t pipe)
{
	nng_pipe id = NNG_PIPE_INITIALIZER;

	id.id = pipe;
	(void)nng_pipe_close(id); /* one that is gone is fine */
}

/* True when the pipe holds more places than anybody needs. */
static bool
is_greedy(const struct listener *listener, uint32_t pipe)
{
	unsigned held = 0;

	for (uint32_t i = 0; i < listener->places; i++) {
		held += atomic_load_explicit(
			    &listener->pipe[i], memory_order_relaxed) == pipe
			    ? 1
			    : 0;
	}
	return held > PIPE_PLACES;
}

static void
on_received(struct place *place)
{
	struct listener *listener = place->listener;
	nng_msg *message = nng_aio_get_msg(place->aio);
	uint32_t pipe = (uint32_t)nng_pipe_id(nng_msg_get_pipe(message));

	nng_aio_set_msg(place->aio, NULL);
	atomic_store(&listener->pipe[place->index], pipe);
	if (!listener->sink.on_request(
		listener->sink.context, place->index, pipe, message)) {
		nng_msg_free(message);
		receive(place); /* forgets the request: the agent's clock runs out */
	}
}

/* A message is ours when it was received, or could not be sent. */
static void
drop_message(struct place *place, int rc)
{
	bool is_ours = (rc == 0) == (place->state == PLACE_RECEIVING);
	nng_msg *message = is_ours ? nng_aio_get_msg(place->aio) : NULL;

	if (message != NULL) {
		nng_msg_free(message);
		nng_aio_set_msg(place->aio, NULL);
	}
}

static void
on_done(void *argument)
{
	struct place *place = argument;
	int rc = nng_aio_result(place->aio);
	bool is_over = atomic_load(&place->listener->is_closing) ||
		       (place->state == PLACE_RECEIVING &&
			   (rc == NNG_ECLOSED || rc == NNG_ECANCELED));

	if (is_over) {
		drop_message(place, rc);
		return;
	}
	if (place->state == PLACE_RECEIVING && rc == 0) {
		on_received(place);
		return;
	}
	if (place->state == PLACE_SENDING) {
		drop_message(place, rc);
	}
	if (place->state == PLACE_SENDING && rc == NNG_ETIMEDOUT) {
		end_pipe(atomic_load(&place->listener->pipe[place->index]));
	}
	receive(place);
}

static bool
end_of(const nng_sockaddr *address, struct loiter_end *out)
{
	if (address->s_family == NNG_AF_INET) {
		*out = loiter_end_of(4, &address->s_in.sa_addr, address->s_in.sa_port);
		return true;
	}
	if (address->s_family == NNG_AF_INET6) {
		*out = loiter_end_of(6, address->s_in6.sa_addr, address->s_in6.sa_port);
		return true;
	}
	return false;
}

/* It has come through the handshake. One without addresses is over already. */
static void
spare(struct listener *listener, nng_pipe pipe)
{
	nng_sockaddr remote;
	nng_sockaddr local;
	struct loiter_end ends[2];

	if (nng_pipe_get_addr(pipe, NNG_OPT_REMADDR, &remote) == 0 &&
	    nng_pipe_get_addr(pipe, NNG_OPT_LOCADDR, &local) == 0 &&
	    end_of(&remote, &ends[0]) && end_of(&local, &ends[1])) {
		loiter_arrived(
		    listener->loiter, (uint32_t)nng_pipe_id(pipe), &ends[0], &ends[1]);
	}
}

/* Before it can ask for anything: nng calls back on a pipe's own thread. */
static void
on_connected(struct listener *listener, uint32_t pipe)
{
	uint32_t ousted;

	(void)pthread_mutex_lock(&listener->mutex);
	ousted = callers_add(listener->callers, pipe);
	(void)pthread_mutex_unlock(&listener->mutex);
	if (ousted != CALLERS_NOBODY) {
		end_pipe(ousted);
	}
}

static void
on_pipe(nng_pipe pipe, nng_pipe_ev event, void *argument)
{
	struct listener *listener = argument;
	uint32_t id = (uint32_t)nng_pipe_id(pipe);

	if (atomic_load(&listener->is_closing)) {
		return;
	}
	if (event == NNG_PIPE_EV_ADD_PRE) {
		spare(listener, pipe);
		on_connected(listener, id);
		return;
	}
	loiter_left(listener->loiter, id);
	(void)pthread_mutex_lock(&listener->mutex);
	callers_remove(listener->callers, id);
	(void)pthread_mutex_unlock(&listener->mutex);
	listener->sink.on_gone(listener->sink.context, id);
}

void
listener_know(struct listener *listener, uint32_t pipe, bool is_known)
{
	(void)pthread_mutex_lock(&listener->mutex);
	callers_know(listener->callers, pipe, is_known);
	(void)pthread_mutex_unlock(&listener->mutex);
}

bool
listener_is_verified(const struct listener *listener, uint32_t pipe)
{
	nng_pipe id = NNG_PIPE_INITIALIZER;
	bool verified = false;

	(void)listener;
	id.id = pipe;
	return nng_pipe_get_bool(id, NNG_OPT_TLS_VERIFIED, &verified) == 0 && verified;
}

static int
open_places(struct listener *listener)
{
	for (uint32_t i = 0; i < listener->places; i++) {
		struct place *place = &listener->place[i];
		int rc;

		place->listener = listener;
		place->index = i;
		rc = nng_aio_alloc(&place->aio, on_done, place);
		if (rc == 0) {
			rc = nng_ctx_open(&place->context, listener->socket);
		}
		if (rc != 0) {
			return rc;
		}
		place->is_open = true;
	}
	return 0;
}

/* Where it really listens; port 0 for what has none. */
static struct loiter_end
local_of(nng_listener endpoint)
{
	struct loiter_end end = {.port = 0};
	nng_sockaddr address;

	if (nng_listener_get_addr(endpoint, NNG_OPT_LOCADDR, &address) != 0 ||
	    !end_of(&address, &end)) {
		return (struct loiter_end){.port = 0};
	}
	return end;
}

static enum err
listen_on(struct listener *listener, const struct listener_conf *conf, size_t i,
    char *error, size_t cap)
{
	const char *url = conf->url[i];
	enum err err = ERR_OK;
	struct loiter_end end;
	nng_listener endpoint;
	int rc = nng_listener_create(&endpoint, listener->socket, url);

	if (rc == 0 && strncmp(url, "tls+", 4) == 0) {
		nng_tls_config *tls;

		err = tls_nng_config(true, &conf->tls, &tls);
		if (err != ERR_OK) {
			(void)snprintf(error, cap,
			    "%s: TLS files cannot be used (%s), expected PEM in %s, %s "
			    "and %s",
			    url, err_name(err), conf->tls.ca, conf->tls.cert,
			    conf->tls.key);
			return err;
		}
		rc = nng_listener_set_ptr(endpoint, NNG_OPT_TLS_CONFIG, tls);
		nng_tls_config_free(tls);
	}
	if (rc == 0) {
		/* Finds out that a peer vanished; not every transport has it. */
		(void)nng_listener_set_bool(endpoint, NNG_OPT_TCP_KEEPALIVE, true);
		rc = nng_listener_start(endpoint, 0);
	}
	if (rc != 0) {
		(void)snprintf(error, cap, "%s: cannot listen: %s%s", url,
		    nng_strerror(rc),
		    rc == NNG_EADDRINUSE ? ", expected a free port" : "");
		return err_of_nng(rc);
	}
	end = local_of(endpoint);
	listener->port[i] = end.port;
	if (strncmp(url, "tls+", 4) == 0 && end.port != 0) {
		err = loiter_watch(listener->loiter, &end);
	}
	if (err != ERR_OK) {
		(void)snprintf(
		    error, cap, "%s: cannot be watched: %s", url, err_name(err));
	}
	return err;
}

static enum err
open_socket(struct listener *listener, const struct listener_conf *conf, char *error,
    size_t cap)
{
	int rc = nng_rep0_open(&listener->socket);
	enum err err = ERR_OK;

	if (rc == 0) {
		listener->is_open = true;
		rc = nng_socket_set_size(
		    listener->socket, NNG_OPT_RECVMAXSZ, LIMIT_MESSAGE_BYTES);
	}
	if (rc == 0) {
		rc = nng_pipe_notify(
		    listener->socket, NNG_PIPE_EV_ADD_PRE, on_pipe, listener);
	}
	if (rc == 0) {
		rc = nng_pipe_notify(
		    listener->socket, NNG_PIPE_EV_REM_POST, on_pipe, listener);
	}
	if (rc == 0) {
		rc = open_places(listener);
	}
	if (rc != 0) {
		(void)snprintf(
		    error, cap, "cannot open the listener: %s", nng_strerror(rc));
		return err_of_nng(rc);
	}
	for (size_t i = 0; i < conf->url_len && i < LISTENERS && err == ERR_OK; i++) {
		err = listen_on(listener, conf, i, error, cap);
	}
	return err;
}

static uint32_t
files_of(uint32_t places)
{
	return FILES + places * 2;
}

static enum err
take_memory(struct listener *listener, uint32_t places)
{
	uint32_t callers = places + STRANGERS;
	struct arena arena;

	listener->place = calloc(places, sizeof(*listener->place));
	listener->pipe = calloc(places, sizeof(*listener->pipe));
	listener->callers_memory = malloc(callers_bytes(callers));
	if (listener->place == NULL || listener->pipe == NULL ||
	    listener->callers_memory == NULL) {
		return ERR_NOMEM;
	}
	listener->places = places;
	if (loiter_new(files_of(places), &listener->loiter) != ERR_OK) {
		return ERR_NOMEM;
	}
	arena_init(&arena, listener->callers_memory, callers_bytes(callers));
	listener->callers = callers_init(&arena, callers);
	return listener->callers == NULL ? ERR_NOMEM : ERR_OK;
}

/* Connections that have not got as far as to be callers are a file each, too, for the ten
 * seconds that nng 1.5 gives them over TCP, and loiter.h over TLS. So there are more files
 * than the usual limit, which a thousand agents reach, and yet not so many that strangers
 * could take all memory. */
static void
limit_files(uint32_t places)
{
	rlim_t wanted = files_of(places);
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < wanted) {
		limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

enum err
listener_new(const struct listener_conf *conf, const struct listener_sink *sink,
    struct listener **out, char *error, size_t cap)
{
	struct listener *listener = calloc(1, sizeof(*listener));
	enum err err;

	if (listener == NULL) {
		return ERR_NOMEM;
	}
	if (pthread_mutex_init(&listener->mutex, NULL) != 0) {
		free(listener);
		return ERR_NOMEM;
	}
	limit_files(conf->places);
	listener->sink = *sink;
	err = take_memory(listener, conf->places);
	if (err != ERR_OK) {
		listener_free(listener);
		return err;
	}
	err = open_socket(listener, conf, error, cap);
	if (err != ERR_OK) {
		listener_free(listener);
		return err;
	}
	for (uint32_t i = 0; i < listener->places; i++) {
		receive(&listener->place[i]);
	}
	*out = listener;
	return ERR_OK;
}

/* A socket that another thread closes; shared with it until it says so. */
struct closing {
	nng_socket socket;
	int said[2]; /* a pipe */
};

static void *
close_socket(void *argument)
{
	const struct closing *closing = argument;

	(void)nng_close(closing->socket);
	(void)close(closing->said[1]); /* which ends the wait at the other end */
	return NULL;
}

/* A connection that ends while an answer leaves can keep nng 1.5 waiting for ever: its reaper
 * waits for an operation that nobody will end, and nng_close() for the reaper. The process
 * shall end nevertheless. False: the socket is still in use. */
static bool
close_in_time(nng_socket socket)
{
	struct closing *closing = malloc(sizeof(*closing));
	struct pollfd polled = {.events = 0}; /* its end is told in any case */
	pthread_t thread;

	if (closing == NULL || pipe(closing->said) != 0) {
		free(closing);
		return nng_close(socket) == 0;
	}
	closing->socket = socket;
	polled.fd = closing->said[0];
	if (pthread_create(&thread, NULL, close_socket, closing) != 0) {
		(void)close_socket(closing);
	} else if (poll(&polled, 1, CLOSE_MS) == 1) {
		(void)pthread_join(thread, NULL);
	} else {
		(void)pthread_detach(thread);
		return false; /* that thread has `closing` now */
	}
	(void)close(closing->said[0]);
	free(closing);
	return true;
}

void
listener_free(struct listener *listener)
{
	if (listener == NULL) {
		return;
	}
	atomic_store(&listener->is_closing, true);
	for (uint32_t i = 0; i < listener->places; i++) {
		if (listener->place[i].aio != NULL) {
			nng_aio_stop(listener->place[i].aio);
		}
	}
	if (listener->is_open) {
		/* When these return, nobody is told of pipes any more. */
		(void)nng_pipe_notify(
		    listener->socket, NNG_PIPE_EV_ADD_PRE, NULL, NULL);
		(void)nng_pipe_notify(
		    listener->socket, NNG_PIPE_EV_REM_POST, NULL, NULL);
	}
	loiter_free(listener->loiter);
	if (listener->is_open && !close_in_time(listener->socket)) {
		return; /* nng still looks at what is behind it */
	}
	for (uint32_t i = 0; i < listener->places; i++) {
		if (listener->place[i].aio != NULL) {
			nng_aio_free(listener->place[i].aio);
		}
	}
	(void)pthread_mutex_destroy(&listener->mutex);
	free(listener->callers_memory);
	free(listener->place);
	free(listener->pipe);
	free(listener);
}

const unsigned char *
listener_data(void *data, size_t *out_len)
{
	*out_len = nng_msg_len(data);
	return nng_msg_body(data);
}

void
listener_free_data(void *data)
{
	nng_msg_free(data);
}

void
listener_reply(
    struct listener *listener, uint32_t index, const unsigned char *data, size_t len)
{
	struct place *place = &listener->place[index];
	uint32_t pipe = atomic_load(&listener->pipe[index]);
	nng_msg *message;

	/* Not as soon as it asks: nng 1.5 waits for ever for a pipe that was ended within
	 * the callback of a message from it. */
	if (is_greedy(listener, pipe)) {
		end_pipe(pipe);
		receive(place);
		return;
	}
	if (nng_msg_alloc(&message, 0) != 0) {
		receive(place);
		return;
	}
	if (nng_msg_append(message, data, len) != 0) {
		nng_msg_free(message);
		receive(place);
		return;
	}
	place->state = PLACE_SENDING;
	nng_aio_set_timeout(place->aio, ANSWER_MS);
	nng_aio_set_msg(place->aio, message);
	nng_ctx_send(place->context, place->aio);
}

void
listener_drop(struct listener *listener, uint32_t place)
{
	receive(&listener->place[place]);
}

uint16_t
listener_port(const struct listener *listener, size_t i)
{
	return i < LISTENERS ? listener->port[i] : 0;
}
