#include "agent/shell/uplink_nng.h"

#include "common/core/limits.h"
#include "common/core/syntax.h"

#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <nng/supplemental/tls/tls.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
	EVENTS = 64,
	SLOTS_MAX = 16
};

struct pending {
	enum line_event_kind kind;
	const char *reason;
	unsigned slot;
	uint64_t epoch; /* of the connection or request it belongs to */
	nng_msg *message;
};

struct request {
	struct line *line;
	unsigned slot;
	uint64_t epoch; /* bumped for each request: older replies are stale */
	nng_ctx context;
	nng_aio *aio;
	bool is_open;
	bool is_sending;
};

/* Who dials waits for it, in a thread of its own: only so does nng 1.5 tell that nobody
 * listens. It may be waiting still when the line has given the connection up, or is gone. */
struct dialing {
	nng_dialer dialer;
	pthread_mutex_t mutex; /* guards what follows */
	struct line *line;     /* NULL: it is not interested any more */
	bool is_over;          /* the thread is: whoever comes last frees */
};

struct line {
	struct line_conf conf;
	unsigned slots;
	bool is_open;
	nng_socket socket;
	uint64_t epoch;      /* bumped for each connection */
	struct watch *watch; /* of the socket */
	struct dialing *dialing;
	struct request request[SLOTS_MAX];
	nng_msg *current;      /* lent by line_take() */
	pthread_mutex_t mutex; /* guards what follows */
	struct pending pending[EVENTS];
	size_t head;
	size_t len;
};

static enum err
err_of_nng(int rc)
{
	switch (rc) {
	case 0:
		return ERR_OK;
	case NNG_ENOMEM:
		return ERR_NOMEM;
	case NNG_EADDRINVAL:
	case NNG_EINVAL:
	case NNG_ENOTSUP:
		return ERR_FORMAT;
	case NNG_EPERM:
	case NNG_ECRYPTO:
	case NNG_EPEERAUTH:
		return ERR_DENIED;
	case NNG_ENOENT:
	case NNG_ENOFILES:
		return ERR_NOTFOUND;
	case NNG_EMSGSIZE:
		return ERR_LIMIT;
	default:
		return ERR_IO;
	}
}

/* From any thread. A full list cannot happen: there are few slots, each with one request. */
static void
post(struct line *line, struct pending event)
{
	bool posted = false;

	(void)pthread_mutex_lock(&line->mutex);
	if (line->len < EVENTS) {
		line->pending[(line->head + line->len) % EVENTS] = event;
		line->len++;
		posted = true;
	}
	(void)pthread_mutex_unlock(&line->mutex);
	if (!posted && event.message != NULL) {
		nng_msg_free(event.message);
	}
	line->conf.wake(line->conf.context);
}

/* What the callbacks of one socket know. nng calls them without a lock of its own, so one may
 * still run when it has been told to stop: it then finds no line here. */
struct watch {
	pthread_mutex_t mutex;
	struct line *line; /* NULL = it has left the socket */
	uint64_t epoch;
	nng_socket socket;
};

static void
on_pipe(nng_pipe pipe, nng_pipe_ev event, void *argument)
{
	struct watch *watch = argument;
	bool stands = event == NNG_PIPE_EV_ADD_POST;

	(void)pipe;
	(void)pthread_mutex_lock(&watch->mutex);
	if (watch->line != NULL) {
		post(watch->line,
		    (struct pending){.kind = stands ? LINE_CONNECTED : LINE_LOST,
			.epoch = watch->epoch});
	}
	(void)pthread_mutex_unlock(&watch->mutex);
}

static void
on_request(void *argument)
{
	struct request *request = argument;
	int rc = nng_aio_result(request->aio);
	struct pending event = {
	    .kind = LINE_FAILED, .slot = request->slot, .epoch = request->epoch};

	if (rc == 0 && request->is_sending) {
		request->is_sending = false;
		nng_ctx_recv(request->context, request->aio);
		return;
	}
	if (rc == 0) {
		event.kind = LINE_REPLY;
		event.message = nng_aio_get_msg(request->aio);
	} else if (request->is_sending) {
		nng_msg *unsent = nng_aio_get_msg(request->aio);

		if (unsent != NULL) {
			nng_msg_free(unsent);
			nng_aio_set_msg(request->aio, NULL);
		}
	}
	if (rc != NNG_ECLOSED && rc != NNG_ECANCELED) {
		post(request->line, event);
	}
}

struct line *
line_new(const struct line_conf *conf, unsigned slots)
{
	struct line *line = calloc(1, sizeof(*line));

	if (line == NULL || slots > SLOTS_MAX ||
	    pthread_mutex_init(&line->mutex, NULL) != 0) {
		free(line);
		return NULL;
	}
	line->conf = *conf;
	line->slots = slots;
	for (unsigned i = 0; i < slots; i++) {
		struct request *request = &line->request[i];

		*request = (struct request){.line = line, .slot = i};
		if (nng_aio_alloc(&request->aio, on_request, request) != 0) {
			line_free(line);
			return NULL;
		}
	}
	return line;
}

static void
drop_events(struct line *line)
{
	(void)pthread_mutex_lock(&line->mutex);
	while (line->len > 0) {
		struct pending *event = &line->pending[line->head];

		if (event->message != NULL) {
			nng_msg_free(event->message);
		}
		line->head = (line->head + 1) % EVENTS;
		line->len--;
	}
	(void)pthread_mutex_unlock(&line->mutex);
}

/* For the socket that was just opened; NULL without memory. */
static struct watch *
watch_new(struct line *line)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (watch == NULL || pthread_mutex_init(&watch->mutex, NULL) != 0) {
		free(watch);
		return NULL;
	}
	watch->line = line;
	watch->epoch = line->epoch;
	watch->socket = line->socket;
	return watch;
}

static void *
close_socket(void *argument)
{
	struct watch *watch = argument;

	(void)nng_close(watch->socket); /* no callback comes after it */
	(void)pthread_mutex_destroy(&watch->mutex);
	free(watch);
	return NULL;
}

/* A connection that is closed while an answer arrives can keep nng 1.5 waiting for ever: its
 * reaper waits for a receive that nobody will end (seen once in about a hundred). The line
 * itself is shut at once; only the thread that waits would be lost, so it is not ours. */
static void
abandon(struct watch *watch)
{
	pthread_t thread;

	(void)pthread_mutex_lock(&watch->mutex);
	watch->line = NULL;
	(void)pthread_mutex_unlock(&watch->mutex);
	if (pthread_create(&thread, NULL, close_socket, watch) == 0) {
		(void)pthread_detach(thread);
	} else {
		(void)close_socket(watch); /* short of memory: better late than never */
	}
}

static void
free_dialing(struct dialing *dialing)
{
	(void)pthread_mutex_destroy(&dialing->mutex);
	free(dialing);
}

static void *
dial_and_tell(void *argument)
{
	struct dialing *dialing = argument;
	int rc = nng_dialer_start(dialing->dialer, 0);
	bool is_last;

	(void)pthread_mutex_lock(&dialing->mutex);
	if (rc != 0 && dialing->line != NULL) {
		post(dialing->line, (struct pending){.kind = LINE_UNREACHED,
					.reason = nng_strerror(rc),
					.epoch = dialing->line->epoch});
	}
	is_last = dialing->line == NULL;
	dialing->is_over = true;
	(void)pthread_mutex_unlock(&dialing->mutex);
	if (is_last) {
		free_dialing(dialing);
	}
	return NULL;
}

/* Does not wait for the thread: nng may keep it. */
static void
forget_dialing(struct line *line)
{
	struct dialing *dialing = line->dialing;
	bool is_last;

	if (dialing == NULL) {
		return;
	}
	line->dialing = NULL;
	(void)pthread_mutex_lock(&dialing->mutex);
	dialing->line = NULL;
	is_last = dialing->is_over;
	(void)pthread_mutex_unlock(&dialing->mutex);
	if (is_last) {
		free_dialing(dialing);
	}
}

static enum err
start_dialing(struct line *line, nng_dialer dialer)
{
	struct dialing *dialing = calloc(1, sizeof(*dialing));
	pthread_t thread;

	if (dialing == NULL || pthread_mutex_init(&dialing->mutex, NULL) != 0) {
		free(dialing);
		return ERR_NOMEM;
	}
	dialing->dialer = dialer;
	dialing->line = line;
	if (pthread_create(&thread, NULL, dial_and_tell, dialing) != 0) {
		free_dialing(dialing);
		return ERR_NOMEM;
	}
	(void)pthread_detach(thread);
	line->dialing = dialing;
	return ERR_OK;
}

void
line_disconnect(struct line *line)
{
	if (!line->is_open) {
		return;
	}
	forget_dialing(line);
	for (unsigned i = 0; i < line->slots; i++) {
		struct request *request = &line->request[i];

		nng_aio_stop(request->aio); /* waits for its callback */
		if (request->is_open) {
			(void)nng_ctx_close(request->context);
			request->is_open = false;
		}
		nng_aio_free(request->aio);
		request->aio = NULL;
	}
	abandon(line->watch);
	line->watch = NULL;
	line->is_open = false;
	drop_events(line);
}

void
line_free(struct line *line)
{
	if (line == NULL) {
		return;
	}
	line_disconnect(line);
	drop_events(line);
	if (line->current != NULL) {
		nng_msg_free(line->current);
	}
	for (unsigned i = 0; i < line->slots; i++) {
		if (line->request[i].aio != NULL) {
			nng_aio_free(line->request[i].aio);
		}
	}
	(void)pthread_mutex_destroy(&line->mutex);
	free(line);
}

static int
open_context(const struct line *line, struct request *request)
{
	int rc = nng_ctx_open(&request->context, line->socket);

	request->is_open = rc == 0;
	if (rc == 0) {
		rc = nng_ctx_set_ms(
		    request->context, NNG_OPT_REQ_RESENDTIME, NNG_DURATION_INFINITE);
	}
	return rc;
}

static int
open_contexts(struct line *line)
{
	int rc = 0;

	for (unsigned i = 0; i < line->slots && rc == 0; i++) {
		struct request *request = &line->request[i];

		if (request->aio == NULL) {
			rc = nng_aio_alloc(&request->aio, on_request, request);
		}
		if (rc == 0) {
			rc = open_context(line, request);
		}
	}
	return rc;
}

static const char *
host_of(const char *url, char *out, size_t cap)
{
	struct syntax_url parts;

	out[0] = '\0';
	if (syntax_url_split(url, &parts) && parts.host_len < cap) {
		memcpy(out, parts.host, parts.host_len);
		out[parts.host_len] = '\0';
	}
	return out;
}

static enum err
dial(struct line *line, const char *url)
{
	nng_dialer dialer;
	int rc = nng_dialer_create(&dialer, line->socket, url);

	if (rc == 0 && strncmp(url, "tls+", 4) == 0) {
		struct tls_files files = line->conf.tls;
		char host[LIMIT_NAME_BYTES * 4];
		nng_tls_config *tls;
		enum err err;

		if (files.server_name[0] == '\0') {
			files.server_name = host_of(url, host, sizeof(host));
		}
		err = tls_nng_config(false, &files, &tls);

		if (err != ERR_OK) {
			return err;
		}
		rc = nng_dialer_set_ptr(dialer, NNG_OPT_TLS_CONFIG, tls);
		nng_tls_config_free(tls); /* the dialer holds its own reference */
	}
	return rc == 0 ? start_dialing(line, dialer) : err_of_nng(rc);
}

enum err
line_connect(struct line *line, const char *url)
{
	enum err err;
	int rc;

	line_disconnect(line);
	line->epoch++;
	rc = nng_req0_open(&line->socket);
	if (rc != 0) {
		return err_of_nng(rc);
	}
	line->watch = watch_new(line);
	if (line->watch == NULL) {
		(void)nng_close(line->socket);
		return ERR_NOMEM;
	}
	line->is_open = true;
	rc = nng_socket_set_size(line->socket, NNG_OPT_RECVMAXSZ, LIMIT_MESSAGE_BYTES);
	if (rc == 0) {
		/* The machine decides when to try again: nng only comes back by itself when
		 * what stood is lost, until it has heard of that. */
		rc = nng_socket_set_ms(line->socket, NNG_OPT_RECONNMINT, 500);
	}
	if (rc == 0) {
		rc = nng_pipe_notify(
		    line->socket, NNG_PIPE_EV_ADD_POST, on_pipe, line->watch);
	}
	if (rc == 0) {
		rc = nng_pipe_notify(
		    line->socket, NNG_PIPE_EV_REM_POST, on_pipe, line->watch);
	}
	if (rc == 0) {
		rc = open_contexts(line);
	}
	err = rc == 0 ? dial(line, url) : err_of_nng(rc);
	if (err != ERR_OK) {
		line_disconnect(line);
	}
	return err;
}

static enum err
begin(struct line *line, unsigned slot, const unsigned char *data, size_t len)
{
	struct request *request = &line->request[slot];
	nng_msg *message;
	int rc;

	if (!line->is_open) {
		return ERR_AGAIN;
	}
	/* Closing its context ends an older request for good. Cancelling alone would not: a
	 * request that has just been sent goes on to wait for its reply. */
	if (request->is_open) {
		(void)nng_ctx_close(request->context);
		request->is_open = false;
	}
	nng_aio_wait(request->aio);
	rc = open_context(line, request);
	if (rc != 0) {
		return err_of_nng(rc);
	}
	rc = nng_msg_alloc(&message, 0);
	if (rc != 0) {
		return err_of_nng(rc);
	}
	rc = nng_msg_append(message, data, len);
	if (rc != 0) {
		nng_msg_free(message);
		return err_of_nng(rc);
	}
	request->epoch++;
	request->is_sending = true;
	nng_aio_set_msg(request->aio, message);
	return ERR_OK;
}

enum err
line_send(struct line *line, unsigned slot, const unsigned char *data, size_t len)
{
	enum err err = begin(line, slot, data, len);

	if (err == ERR_OK) {
		nng_ctx_send(line->request[slot].context, line->request[slot].aio);
	}
	return err;
}

void
line_send_last(struct line *line, unsigned slot, const unsigned char *data, size_t len,
    int timeout_ms)
{
	struct request *request = &line->request[slot];

	if (begin(line, slot, data, len) != ERR_OK) {
		return;
	}
	/* Waits for the reply, which proves that it arrived, but not for long. */
	nng_aio_set_timeout(request->aio, timeout_ms);
	nng_ctx_send(request->context, request->aio);
	nng_aio_wait(request->aio);
}

static bool
take_pending(struct line *line, struct pending *out)
{
	bool taken = false;

	(void)pthread_mutex_lock(&line->mutex);
	if (line->len > 0) {
		*out = line->pending[line->head];
		line->head = (line->head + 1) % EVENTS;
		line->len--;
		taken = true;
	}
	(void)pthread_mutex_unlock(&line->mutex);
	return taken;
}

static bool
is_current(const struct line *line, const struct pending *event)
{
	if (event->kind == LINE_CONNECTED || event->kind == LINE_LOST ||
	    event->kind == LINE_UNREACHED) {
		return event->epoch == line->epoch && line->is_open;
	}
	return event->epoch == line->request[event->slot].epoch;
}

bool
line_take(struct line *line, struct line_event *out)
{
	struct pending event;

	if (line->current != NULL) {
		nng_msg_free(line->current);
		line->current = NULL;
	}
	while (take_pending(line, &event)) {
		if (!is_current(line, &event)) {
			if (event.message != NULL) {
				nng_msg_free(event.message);
			}
			continue;
		}
		*out = (struct line_event){
		    .kind = event.kind, .slot = event.slot, .reason = event.reason};
		if (event.message != NULL) {
			line->current = event.message;
			out->data = nng_msg_body(event.message);
			out->len = nng_msg_len(event.message);
		}
		return true;
	}
	return false;
}
