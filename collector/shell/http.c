#include "collector/shell/http.h"

#include "collector/shell/api.h"
#include "collector/shell/api_members.h"
#include "collector/shell/api_channels.h"
#include "collector/shell/api_desk.h"
#include "collector/shell/api_store.h"
#include "collector/shell/http_author.h"
#include "collector/shell/http_socket.h"
#include "common/shell/secret.h"

#include <microhttpd.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	CONNECTION_MEMORY_BYTES = 32 << 10, /* request line and headers together */
	THREAD_STACK_BYTES = 512 << 10,
	WAIT_SLICE_MS =
	    200 /* how soon a waiting thread sees a stop or a hung-up client */
};

/* Where requests come in. */
struct entrance {
	struct http *http;
	struct MHD_Daemon *daemon;
	bool is_door; /* over the network */
};

struct http {
	struct entrance local;
	struct entrance door;
	struct api_source *source;
	struct http_conf conf;
	struct http_socket listener;
	char *socket_path;
	unsigned waiting_max;
	atomic_uint waiting;
	atomic_bool stopping;
	atomic_ullong answered[6];
};

/* One request from its first line to its end; owned by its connection's thread. */
struct request {
	bool uri_too_long;
	bool uri_has_nul;
	bool begun;
	bool body_too_large;
	char *body; /* of a POST only */
	size_t body_bytes;
};

/* Where the parameters of a request are gathered. */
struct gathering {
	struct api_query *query;
	enum api_endpoint endpoint;
	struct wall now;
	enum err err;
	char error[API_QUERY_ERROR_BYTES];
};

static int64_t
monotonic_ns(void)
{
	struct timespec at = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &at);
	return (int64_t)at.tv_sec * CLOCK_NS_PER_S + at.tv_nsec;
}

/* The client has gone altogether; one that only closed its sending side has not. */
static bool
is_hung_up(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct pollfd poll_fd = {.events = 0};

	if (info == NULL) {
		return false;
	}
	poll_fd.fd = info->connect_fd;
	return poll(&poll_fd, 1, 0) > 0 && (poll_fd.revents & (POLLHUP | POLLERR)) != 0;
}

static void
wait_for_event(
    struct http *http, struct MHD_Connection *connection, const struct api_query *query)
{
	int64_t until_ns = monotonic_ns() + query->wait_ms * CLOCK_NS_PER_MS;
	bool found = false;

	while (!found && !atomic_load(&http->stopping) && !is_hung_up(connection)) {
		int64_t left_ns = until_ns - monotonic_ns();

		if (left_ns <= 0) {
			return;
		}
		if (left_ns > WAIT_SLICE_MS * CLOCK_NS_PER_MS) {
			left_ns = WAIT_SLICE_MS * CLOCK_NS_PER_MS;
		}
		found = api_timeline_wait(http->source, query->after, left_ns);
	}
}

/* False when too many wait already. */
static bool
long_poll(
    struct http *http, struct MHD_Connection *connection, const struct api_query *query)
{
	bool admitted = atomic_fetch_add(&http->waiting, 1U) < http->waiting_max;

	if (admitted) {
		wait_for_event(http, connection, query);
	}
	(void)atomic_fetch_sub(&http->waiting, 1U);
	return admitted;
}

static enum MHD_Result
add_headers(struct MHD_Response *response, const struct api_reply *reply)
{
	static const struct {
		const char *name;
		const char *value;
	} fixed[] = {
	    {MHD_HTTP_HEADER_CACHE_CONTROL, "no-store"},
	    {"X-Content-Type-Options", "nosniff"},
	    {"X-Frame-Options", "DENY"},
	    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
	    {"Referrer-Policy", "no-referrer"},
	    {"Cross-Origin-Resource-Policy", "same-origin"},
	};
	enum MHD_Result all = MHD_add_response_header(
	    response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->content_type);

	for (size_t i = 0; all == MHD_YES && i < sizeof(fixed) / sizeof(fixed[0]);
	     i++) {
		all = MHD_add_response_header(response, fixed[i].name, fixed[i].value);
	}
	if (all == MHD_YES && reply->allow != NULL) {
		all = MHD_add_response_header(
		    response, MHD_HTTP_HEADER_ALLOW, reply->allow);
	}
	if (all == MHD_YES && reply->status == MHD_HTTP_SERVICE_UNAVAILABLE) {
		all =
		    MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "1");
	}
	return all;
}

/* Takes the reply's body. MHD_NO closes the connection. */
static enum MHD_Result
carry(struct http *http, struct MHD_Connection *connection, struct api_reply *reply)
{
	struct MHD_Response *response;
	enum MHD_Result queued;

	if (reply->body == NULL) {
		return MHD_NO;
	}
	response = MHD_create_response_from_buffer(
	    reply->body_len, reply->body, MHD_RESPMEM_MUST_FREE);
	if (response == NULL) {
		free(reply->body);
		return MHD_NO;
	}
	queued = add_headers(response, reply);
	if (queued == MHD_YES) {
		queued = MHD_queue_response(connection, reply->status, response);
		(void)atomic_fetch_add(&http->answered[reply->status / 100 % 6], 1U);
	}
	MHD_destroy_response(response);
	return queued;
}

static enum MHD_Result
gather(void *context, enum MHD_ValueKind kind, const char *key, size_t key_len,
    const char *value, size_t value_len)
{
	struct gathering *gathering = context;

	(void)kind;
	(void)key_len; /* a NUL in the URI was refused before */
	(void)value_len;
	gathering->err = api_query_add(gathering->query, gathering->endpoint,
	    gathering->now, key, value, gathering->error);
	return gathering->err == ERR_OK ? MHD_YES : MHD_NO;
}

/* False when `reply` says what is wrong. */
static bool
read_query(struct http *http, struct MHD_Connection *connection,
    enum api_endpoint endpoint, struct api_query *query, struct api_reply *reply)
{
	const struct view *view = api_view_take(http->source);
	struct gathering gathering = {
	    .query = query, .endpoint = endpoint, .now = view->at, .err = ERR_OK};

	api_view_release(http->source, view);
	api_query_init(query);
	(void)MHD_get_connection_values_n(
	    connection, MHD_GET_ARGUMENT_KIND, gather, &gathering);
	if (gathering.err == ERR_OK) {
		gathering.err = api_query_check(query, gathering.error);
	}
	if (gathering.err != ERR_OK) {
		api_refuse(
		    MHD_HTTP_BAD_REQUEST, "bad_parameter", gathering.error, reply);
		return false;
	}
	return true;
}

static void
count(struct http *http, struct api_metrics_http *out_counts)
{
	for (size_t i = 0; i < 6; i++) {
		out_counts->answered[i] = atomic_load(&http->answered[i]);
	}
	out_counts->waiting = atomic_load(&http->waiting);
}

static void
respond(struct http *http, struct MHD_Connection *connection, bool is_head,
    const struct api_route *route, struct api_reply *reply)
{
	struct api_query query;
	struct api_metrics_http counts;

	if (!read_query(http, connection, route->endpoint, &query, reply)) {
		return;
	}
	if (query.wait_ms > 0 && !is_head && !long_poll(http, connection, &query)) {
		api_refuse(MHD_HTTP_SERVICE_UNAVAILABLE, "busy",
		    "too many clients wait for events, try again", reply);
		return;
	}
	if (atomic_load(&http->stopping)) {
		api_refuse(MHD_HTTP_SERVICE_UNAVAILABLE, "stopping",
		    "the collector is being stopped", reply);
		return;
	}
	count(http, &counts);
	api_answer(http->source, route, &query, &counts, reply);
}

/* True when `reply` refuses the request before its path and parameters matter. */
static bool
refuse_early(const struct request *request, struct api_reply *reply)
{
	if (request->uri_too_long) {
		api_refuse(MHD_HTTP_URI_TOO_LONG, "uri_too_long",
		    "the address is longer than 2048 bytes", reply);
		return true;
	}
	if (request->uri_has_nul) {
		api_refuse(MHD_HTTP_BAD_REQUEST, "bad_parameter",
		    "the address holds %00, which no name here does", reply);
		return true;
	}
	if (request->body_too_large) {
		api_refuse(MHD_HTTP_CONTENT_TOO_LARGE, "body_too_large",
		    "no body was expected, at most 64 KiB is read", reply);
		return true;
	}
	return false;
}

/* True when `reply` says why the path cannot be asked like this, or from here. */
static bool
refuse_route(const struct entrance *entrance, enum err err,
    const struct api_route *route, struct api_reply *reply)
{
	if (err == ERR_INVALID) {
		api_refuse(MHD_HTTP_BAD_REQUEST, "bad_parameter",
		    "id: expected a whole number from 1, as /api/v1/incidents shows",
		    reply);
	} else if (err == ERR_REFUSED) {
		api_refuse(MHD_HTTP_METHOD_NOT_ALLOWED, "method_not_allowed",
		    "this path wants another method: GET and HEAD read, POST changes",
		    reply);
		reply->allow = route->allow;
	} else if (err != ERR_OK) {
		api_refuse(
		    MHD_HTTP_NOT_FOUND, "not_found", "there is no such path", reply);
	} else if (entrance->is_door && !api_route_is_open(route)) {
		api_refuse(MHD_HTTP_FORBIDDEN, "not_here",
		    "agents enrol here; everything else is asked on the collector's "
		    "own machine",
		    reply);
	} else {
		return false;
	}
	return true;
}

static void
give_order(struct http *http, struct MHD_Connection *connection,
    const struct request *request, const struct api_route *route,
    struct api_reply *reply)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	char author[ORDERS_AUTHOR_BYTES];
	struct api_post post = {.author = author,
	    .body = request->body != NULL ? request->body : "",
	    .len = request->body_bytes};

	http_author(info != NULL ? info->connect_fd : -1, author);
	if (api_desk_takes(route->endpoint)) {
		api_desk_answer(http->source, route, &post, reply);
	} else if (route->endpoint == API_CHANNEL_TEST) {
		api_channels_test(http->source, route, &post, reply);
	} else {
		api_members_answer(http->source, route, &post, reply);
	}
}

static void
reply_to(const struct entrance *entrance, struct MHD_Connection *connection,
    const struct request *request, const char *path, const char *method,
    struct api_reply *reply)
{
	bool is_head = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
	bool is_post = strcmp(method, MHD_HTTP_METHOD_POST) == 0;
	struct api_route route = {.id = 0};
	enum err err = api_route_find(path, is_post, &route);

	if (err == ERR_OK && !is_head && !is_post &&
	    strcmp(method, MHD_HTTP_METHOD_GET) != 0) {
		err = ERR_REFUSED;
	}
	if (refuse_route(entrance, err, &route, reply)) {
		return;
	}
	if (route.endpoint == API_STORE_COPY) {
		api_store_answer(entrance->http->source,
		    request->body != NULL ? request->body : "", request->body_bytes,
		    reply);
		return;
	}
	if (is_post || route.endpoint == API_AUTHORITY) {
		give_order(entrance->http, connection, request, &route, reply);
		return;
	}
	respond(entrance->http, connection, is_head, &route, reply);
}

/* Keeps a piece of the body of a POST; others are only counted. */
static void
take_body(struct request *request, const char *method, const char *data, size_t len)
{
	if (len > HTTP_BODY_BYTES_MAX - request->body_bytes) {
		request->body_too_large = true;
		return;
	}
	if (len > 0 && strcmp(method, MHD_HTTP_METHOD_POST) == 0) {
		char *grown = realloc(request->body, request->body_bytes + len);

		if (grown == NULL) {
			request->body_too_large = true;
			return;
		}
		request->body = grown;
		memcpy(request->body + request->body_bytes, data, len);
	}
	request->body_bytes += len;
}

/* True when the body is over: libmicrohttpd calls once for the headers, once for each
 * piece of the body, and once more when the answer is wanted. */
static bool
is_whole(struct request *request, struct MHD_Connection *connection,
    const size_t *upload_len)
{
	const char *announced;

	if (!request->begun) {
		request->begun = true;
		announced = MHD_lookup_connection_value(
		    connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
		request->body_too_large =
		    announced != NULL &&
		    strtoull(announced, NULL, 10) > HTTP_BODY_BYTES_MAX;
		return request->body_too_large || request->uri_too_long;
	}
	return *upload_len == 0;
}

static enum MHD_Result
/* NOLINTNEXTLINE(readability-function-size): the library chose the parameters */
handle(void *context, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload, size_t *upload_len,
    void **request_context)
{
	const struct entrance *entrance = context;
	struct request *request = *request_context;
	struct api_reply reply = {.status = 500};

	(void)version;
	if (request == NULL) {
		return MHD_NO; /* no memory when it began */
	}
	if (!is_whole(request, connection, upload_len)) {
		take_body(request, method, upload, *upload_len);
		*upload_len = 0;
		return request->body_too_large ? MHD_NO : MHD_YES;
	}
	if (!refuse_early(request, &reply)) {
		reply_to(entrance, connection, request, url, method, &reply);
	}
	return carry(entrance->http, connection, &reply);
}

/* Sees the address as it came, before it is decoded. */
static void *
begin_request(void *context, const char *uri, struct MHD_Connection *connection)
{
	struct request *request = calloc(1, sizeof(*request));

	(void)context;
	(void)connection;
	if (request != NULL) {
		request->uri_too_long = strlen(uri) > HTTP_URI_BYTES_MAX;
		request->uri_has_nul = strstr(uri, "%00") != NULL;
	}
	return request;
}

static void
free_request(struct request *request)
{
	if (request->body != NULL) {
		secret_wipe(request->body, request->body_bytes); /* perhaps a token's */
	}
	free(request->body);
	free(request);
}

static void
end_request(void *context, struct MHD_Connection *connection, void **request_context,
    enum MHD_RequestTerminationCode code)
{
	(void)context;
	(void)connection;
	(void)code;
	if (*request_context != NULL) {
		free_request(*request_context);
		*request_context = NULL;
	}
}

__attribute__((format(printf, 2, 0))) static void
log_line(void *context, const char *format, va_list arguments)
{
	const struct http *http = context;
	char line[512];

	if (http->conf.log == NULL) {
		return;
	}
	(void)vsnprintf(line, sizeof(line), format, arguments);
	line[strcspn(line, "\n")] = '\0';
	http->conf.log(http->conf.log_context, line);
}

/* `extra` are further options of the library; the daemon closes `fd` when it ends. */
static struct MHD_Daemon *
start(struct entrance *entrance, int fd, unsigned more_flags,
    const struct MHD_OptionItem *extra)
{
	struct http *http = entrance->http;
	unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD |
			 MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL | MHD_USE_ITC |
			 MHD_USE_ERROR_LOG | more_flags;

	return MHD_start_daemon(flags, 0, NULL, NULL, handle, entrance,
	    MHD_OPTION_EXTERNAL_LOGGER, log_line, (void *)http,
	    MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
	    http->conf.connections_max, MHD_OPTION_CONNECTION_TIMEOUT,
	    (unsigned)HTTP_IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    (size_t)CONNECTION_MEMORY_BYTES, MHD_OPTION_THREAD_STACK_SIZE,
	    (size_t)THREAD_STACK_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1,
	    MHD_OPTION_URI_LOG_CALLBACK, begin_request, (void *)http,
	    MHD_OPTION_NOTIFY_COMPLETED, end_request, (void *)http, MHD_OPTION_ARRAY,
	    extra, MHD_OPTION_END);
}

static enum err
open_local(struct http *http, char *error, size_t cap)
{
	static const struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
	enum err err = http_socket_open(http->socket_path, &http->listener, error, cap);

	if (err != ERR_OK) {
		return err;
	}
	/* The library closes the socket it was given; it gets the only descriptor. */
	http->local = (struct entrance){.http = http};
	http->local.daemon = start(&http->local, http->listener.fd, 0, none);
	if (http->local.daemon == NULL) {
		(void)snprintf(error, cap,
		    "%s: the HTTP server cannot start (threads?)", http->socket_path);
		http_socket_unlink(&http->listener, http->socket_path);
		(void)close(http->listener.fd);
		return ERR_NOMEM;
	}
	return ERR_OK;
}

/* The library wants texts it could write to, and does not. */
static void *
text_of(const char *text)
{
	union {
		const char *in;
		void *out;
	} alias = {.in = text};

	return alias.out;
}

static enum err
open_door(struct http *http, char *error, size_t cap)
{
	const struct http_conf *conf = &http->conf;
	const struct MHD_OptionItem tls[] = {
	    {MHD_OPTION_HTTPS_MEM_CERT, 0, text_of(conf->door_cert)},
	    {MHD_OPTION_HTTPS_MEM_KEY, 0, text_of(conf->door_key)},
	    {MHD_OPTION_END, 0, NULL}};
	enum err err;
	int fd = -1;

	if (conf->door_address == NULL || conf->door_address[0] == '\0') {
		return ERR_OK;
	}
	err = http_socket_listen(conf->door_address, &fd, error, cap);
	if (err != ERR_OK) {
		return err;
	}
	http->door = (struct entrance){.http = http, .is_door = true};
	http->door.daemon = start(&http->door, fd, MHD_USE_TLS, tls);
	if (http->door.daemon == NULL) {
		(void)snprintf(error, cap,
		    "%s: HTTPS cannot be served (certificate and key?)",
		    conf->door_address);
		(void)close(fd);
		return ERR_FORMAT;
	}
	return ERR_OK;
}

struct http *
http_new(
    const struct http_conf *conf, struct api_source *source, char *error, size_t cap)
{
	struct http *http = calloc(1, sizeof(*http));

	if (http == NULL || (http->socket_path = strdup(conf->socket_path)) == NULL) {
		(void)snprintf(error, cap, "%s: out of memory", conf->socket_path);
		free(http);
		return NULL;
	}
	http->source = source;
	http->conf = *conf;
	http->conf.socket_path = http->socket_path;
	if (http->conf.connections_max == 0) {
		http->conf.connections_max = HTTP_CONNECTIONS_DEFAULT;
	}
	http->waiting_max = (http->conf.connections_max + 1) / 2;
	if (open_local(http, error, cap) != ERR_OK) {
		free(http->socket_path);
		free(http);
		return NULL;
	}
	if (open_door(http, error, cap) != ERR_OK) {
		http_free(http);
		return NULL;
	}
	/* Borrowed for this call only. */
	http->conf.door_address = NULL;
	http->conf.door_cert = NULL;
	http->conf.door_key = NULL;
	return http;
}

uint16_t
http_port(const struct http *http)
{
	const union MHD_DaemonInfo *info =
	    http->door.daemon != NULL
		? MHD_get_daemon_info(http->door.daemon, MHD_DAEMON_INFO_BIND_PORT)
		: NULL;

	return info != NULL ? info->port : 0;
}

void
http_free(struct http *http)
{
	if (http == NULL) {
		return;
	}
	atomic_store(&http->stopping, true);
	if (http->door.daemon != NULL) {
		MHD_stop_daemon(http->door.daemon);
	}
	http_socket_unlink(&http->listener, http->socket_path);
	MHD_stop_daemon(http->local.daemon);
	free(http->socket_path);
	free(http);
}
