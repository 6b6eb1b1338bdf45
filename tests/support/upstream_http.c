#include "tests/support/upstream_http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <gnutls/gnutls.h>
#include <microhttpd.h>

#include "tests/support/upstream_deliver.h"
#include "tests/support/upstream_mem.h"
#include "tests/support/upstream_rules.h"
#include "tests/support/upstream_seen.h"
#include "tests/support/upstream_tls.h"

#define DAEMONS         2 /* of each kind; one thread each */
#define CONNECTIONS_MAX 4096U
#define READER_BYTES    ((size_t)64 * 1024)

struct upstream_http {
	const struct upstream *up;
	struct MHD_Daemon *plain[DAEMONS];
	struct MHD_Daemon *tls[DAEMONS];
	unsigned turn;
};

/* Both ends of one connection, kept as long as it lives. */
struct link {
	struct upstream_net_addr client;
	struct upstream_net_addr server;
};

enum phase {
	PHASE_READING,
	PHASE_DELAYED,
};

/* One request and its answer; used by the connection's thread only. */
struct exchange {
	struct upstream_request request;
	enum phase phase;
	char *path;
	char *body;
	size_t body_cap;
	bool too_large;
	int fd;
	struct upstream_action *action;
	struct upstream_answer answer;
	struct upstream_deliver deliver;
};

static void
http_link(void *cls, struct MHD_Connection *connection, void **socket_context,
    enum MHD_ConnectionNotificationCode code)
{
	const union MHD_ConnectionInfo *info;
	struct sockaddr_storage storage;
	socklen_t len = sizeof(storage);
	struct link *link;

	(void)cls;
	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		free(*socket_context);
		return;
	}
	link = upstream_mem_zalloc(sizeof(*link));
	*socket_context = link;
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	upstream_net_from_sockaddr(info->client_addr, &link->client);
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	memset(&storage, 0, sizeof(storage));
	if (getsockname(info->connect_fd, (struct sockaddr *)&storage, &len) == 0)
		upstream_net_from_sockaddr((struct sockaddr *)&storage, &link->server);
}

static struct exchange *
exchange_new(const struct upstream *up, struct MHD_Connection *connection,
    const char *method, const char *url)
{
	struct exchange *exchange = upstream_mem_zalloc(sizeof(*exchange));
	const union MHD_ConnectionInfo *info;
	const struct link *link;

	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	link = info->socket_context;
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	exchange->fd = info->connect_fd;
	exchange->path = upstream_mem_text(url);
	exchange->request.up = up;
	exchange->request.connection = connection;
	exchange->request.method = method;
	exchange->request.path = exchange->path;
	exchange->request.body = "";
	exchange->request.client = link->client;
	exchange->request.server = link->server;
	upstream_answer_init(&exchange->answer);
	return exchange;
}

static void
exchange_free(struct exchange *exchange)
{
	upstream_action_drop(exchange->action);
	upstream_answer_done(&exchange->answer);
	free(exchange->path);
	free(exchange->body);
	free(exchange);
}

static void
exchange_append(struct exchange *exchange, const char *bytes, size_t len)
{
	size_t need = exchange->request.body_len + len + 1;
	char *grown;

	if (need > UPSTREAM_HTTP_BODY_MAX) {
		exchange->too_large = true;
		return;
	}
	if (need > exchange->body_cap) {
		exchange->body_cap = need * 2;
		grown = upstream_mem_zalloc(exchange->body_cap);
		if (exchange->body)
			memcpy(grown, exchange->body, exchange->request.body_len);
		free(exchange->body);
		exchange->body = grown;
	}
	memcpy(exchange->body + exchange->request.body_len, bytes, len);
	exchange->request.body_len += len;
	exchange->body[exchange->request.body_len] = '\0';
	exchange->request.body = exchange->body;
}

/* The caller's key, wherever the vendors let it stand; "" without one. */
static const char *
http_key(const struct upstream_request *request)
{
	const char *key = upstream_header(request, "x-goog-api-key");

	if (key)
		return key;
	key = upstream_header(request, "Authorization");
	if (key && strncasecmp(key, "Bearer ", 7) == 0)
		return key + 7;
	key = upstream_query(request, "key");
	return key ? key : "";
}

struct header_text {
	size_t len;
	char text[UPSTREAM_SEEN_HEADERS_MAX];
};

static bool
http_is_secret(const char *name)
{
	static const char *const secrets[] = {"authorization", "proxy-authorization",
	    "cookie", "x-goog-api-key", "x-api-key"};
	size_t i;

	for (i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
		if (strcasecmp(name, secrets[i]) == 0)
			return true;
	}
	return false;
}

static enum MHD_Result
http_header_text(
    void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct header_text *out = cls;
	size_t room = sizeof(out->text) - out->len;
	int len;

	(void)kind;
	if (!value || http_is_secret(name))
		value = "[redacted]";
	len = snprintf(out->text + out->len, room, "%s: %s\n", name, value);
	if (len < 0 || (size_t)len >= room) {
		out->text[out->len] = '\0';
		return MHD_NO;
	}
	out->len += (size_t)len;
	return MHD_YES;
}

/* Will any status line leave? */
static bool
exchange_is_silent(const struct exchange *exchange)
{
	const struct upstream_action *action = exchange->action;

	return action &&
	       (action->close || action->garbage || action->reset_after_bytes == 0);
}

static void
exchange_record(const struct exchange *exchange, const char *rule)
{
	const struct upstream_request *request = &exchange->request;
	struct header_text headers = {0, ""};
	struct upstream_seen_entry entry = {
	    .method = request->method,
	    .path = request->path,
	    .rule = rule,
	    .headers = headers.text,
	    .status = exchange_is_silent(exchange) ? 0 : exchange->answer.status,
	    .body_bytes = request->body_len,
	    .client = &request->client,
	    .server = &request->server,
	};

	(void)MHD_get_connection_values(
	    request->connection, MHD_HEADER_KIND, http_header_text, &headers);
	upstream_seen_add(request->up->seen, &entry);
}

static void
exchange_decide(struct exchange *exchange)
{
	struct upstream_request *request = &exchange->request;
	struct upstream_rules_subject subject = {
	    .path = request->path,
	    .method = request->method,
	    .client = &request->client,
	    .server = &request->server,
	};
	char rule[UPSTREAM_RULES_ID_MAX];

	request->key = http_key(request);
	subject.key = request->key;
	exchange->action = upstream_rules_take(request->up->rules, &subject, rule);
	if (exchange->too_large) {
		upstream_answer_text(
		    &exchange->answer, 413, "text/plain", "body is too large\n");
	} else if (exchange->action) {
		upstream_action_answer(exchange->action, request, &exchange->answer);
	} else {
		upstream_route(request, &exchange->answer);
	}
	if (!exchange->answer.body)
		exchange->answer.body = upstream_blob_new("", 0);
	exchange_record(exchange, rule);
}

static void
http_drop_blob(void *cls)
{
	upstream_blob_drop(cls);
}

static struct MHD_Response *
exchange_response(struct exchange *exchange)
{
	const struct upstream_answer *answer = &exchange->answer;
	struct upstream_blob *body = answer->body;

	if (!answer->chunked && !upstream_deliver_needed(exchange->action)) {
		return MHD_create_response_from_buffer_with_free_callback_cls(
		    body->len, body->bytes, http_drop_blob, upstream_blob_keep(body));
	}
	exchange->deliver.hold = exchange->request.up->hold;
	exchange->deliver.connection = exchange->request.connection;
	exchange->deliver.fd = exchange->fd;
	exchange->deliver.action = exchange->action;
	exchange->deliver.body = body;
	exchange->deliver.started_ms = upstream_net_now_ms();
	atomic_store(&exchange->deliver.wake, UPSTREAM_HOLD_NOT_YET);
	return MHD_create_response_from_callback(
	    answer->chunked ? MHD_SIZE_UNKNOWN : body->len, READER_BYTES,
	    upstream_deliver_read, &exchange->deliver, NULL);
}

static enum MHD_Result
exchange_queue(struct exchange *exchange)
{
	const struct upstream_answer *answer = &exchange->answer;
	struct MHD_Response *response = exchange_response(exchange);
	enum MHD_Result result;
	int i;

	if (!response)
		return MHD_NO;
	if (answer->type[0])
		(void)MHD_add_response_header(response, "Content-Type", answer->type);
	for (i = 0; i < answer->headers_n; i++) {
		(void)MHD_add_response_header(
		    response, answer->headers[i].name, answer->headers[i].value);
	}
	result = MHD_queue_response(
	    exchange->request.connection, (unsigned)answer->status, response);
	MHD_destroy_response(response);
	return result;
}

/* Bytes that are no HTTP; under TLS they are at least good records. */
static void
exchange_garbage(const struct exchange *exchange)
{
	const struct upstream_blob *garbage = exchange->action->garbage;
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    exchange->request.connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);

	if (info && info->tls_session) {
		(void)gnutls_record_send(
		    info->tls_session, garbage->bytes, garbage->len);
	} else {
		(void)send(exchange->fd, garbage->bytes, garbage->len, MSG_NOSIGNAL);
	}
}

/* MHD_NO makes libmicrohttpd close the connection without a word. */
static enum MHD_Result
exchange_answer(struct exchange *exchange)
{
	const struct upstream_action *action = exchange->action;

	if (action && action->reset_after_bytes == 0) {
		upstream_net_reset(exchange->fd);
		return MHD_NO;
	}
	if (action && action->garbage) {
		exchange_garbage(exchange);
		return MHD_NO;
	}
	if (action && action->close)
		return MHD_NO;
	return exchange_queue(exchange);
}

static enum MHD_Result
exchange_complete(struct exchange *exchange)
{
	atomic_int *wake = &exchange->deliver.wake;

	if (exchange->phase == PHASE_READING) {
		exchange_decide(exchange);
		if (exchange->action && exchange->action->delay_ms > 0) {
			exchange->phase = PHASE_DELAYED;
			return upstream_hold_park(exchange->request.up->hold,
				   exchange->request.connection, exchange->fd,
				   exchange->action->delay_ms, wake)
				   ? MHD_YES
				   : MHD_NO;
		}
		return exchange_answer(exchange);
	}
	if (atomic_load(wake) == UPSTREAM_HOLD_DUE)
		return exchange_answer(exchange);
	return MHD_NO;
}

/* NOLINTBEGIN(readability-function-size): the parameters are the library's. */
static enum MHD_Result
http_access(void *cls, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload, size_t *upload_len,
    void **state)
{
	const struct upstream_http *http = cls;
	struct exchange *exchange = *state;

	(void)version;
	if (!exchange) {
		*state = exchange_new(http->up, connection, method, url);
		return MHD_YES;
	}
	if (*upload_len) {
		exchange_append(exchange, upload, *upload_len);
		*upload_len = 0;
		return MHD_YES;
	}
	return exchange_complete(exchange);
}
/* NOLINTEND(readability-function-size) */

static void
http_completed(void *cls, struct MHD_Connection *connection, void **state,
    enum MHD_RequestTerminationCode code)
{
	(void)cls;
	(void)connection;
	(void)code;
	if (*state)
		exchange_free(*state);
	*state = NULL;
}

static struct MHD_Daemon *
http_daemon(struct upstream_http *http, bool tls)
{
	const unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC |
			       MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME |
			       MHD_USE_TURBO;

	if (tls) {
		return MHD_start_daemon(flags | MHD_USE_TLS, 0, NULL, NULL, http_access,
		    http, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
		    MHD_OPTION_NOTIFY_COMPLETED, http_completed, NULL,
		    MHD_OPTION_NOTIFY_CONNECTION, http_link, NULL,
		    MHD_OPTION_HTTPS_CERT_CALLBACK2, upstream_tls_retrieve,
		    MHD_OPTION_END);
	}
	return MHD_start_daemon(flags, 0, NULL, NULL, http_access, http,
	    MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, MHD_OPTION_NOTIFY_COMPLETED,
	    http_completed, NULL, MHD_OPTION_NOTIFY_CONNECTION, http_link, NULL,
	    MHD_OPTION_END);
}

struct upstream_http *
upstream_http_new(const struct upstream *up)
{
	struct upstream_http *http = upstream_mem_zalloc(sizeof(*http));
	bool good = true;
	int i;

	http->up = up;
	for (i = 0; i < DAEMONS; i++) {
		http->plain[i] = http_daemon(http, false);
		good = good && http->plain[i];
		if (up->tls)
			http->tls[i] = http_daemon(http, true);
		good = good && (!up->tls || http->tls[i]);
	}
	if (good)
		return http;
	upstream_http_free(http);
	return NULL;
}

void
upstream_http_add(struct upstream_http *http, int fd, bool tls,
    const struct sockaddr *address, socklen_t address_len)
{
	unsigned i = http->turn++ % DAEMONS;

	(void)MHD_add_connection(
	    tls ? http->tls[i] : http->plain[i], fd, address, address_len);
}

void
upstream_http_free(struct upstream_http *http)
{
	int i;

	if (!http)
		return;
	for (i = 0; i < DAEMONS; i++) {
		if (http->plain[i])
			MHD_stop_daemon(http->plain[i]);
		if (http->tls[i])
			MHD_stop_daemon(http->tls[i]);
	}
	free(http);
}
