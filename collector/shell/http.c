#include "collector/shell/http.h"

#include "collector/shell/api.h"
#include "collector/shell/http_socket.h"

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

struct http {
	struct MHD_Daemon *daemon;
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
	if (all == MHD_YES && reply->status == MHD_HTTP_METHOD_NOT_ALLOWED) {
		all = MHD_add_response_header(
		    response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
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

static void
reply_to(struct http *http, struct MHD_Connection *connection, const char *path,
    const char *method, struct api_reply *reply)
{
	bool is_head = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
	struct api_route route;
	enum err err = api_route_find(path, &route);

	if (err == ERR_INVALID) {
		api_refuse(MHD_HTTP_BAD_REQUEST, "bad_parameter",
		    "id: expected a whole number from 1, as /api/v1/incidents shows",
		    reply);
		return;
	}
	if (err != ERR_OK) {
		api_refuse(
		    MHD_HTTP_NOT_FOUND, "not_found", "there is no such path", reply);
		return;
	}
	if (!is_head && strcmp(method, MHD_HTTP_METHOD_GET) != 0) {
		api_refuse(MHD_HTTP_METHOD_NOT_ALLOWED, "method_not_allowed",
		    "only GET and HEAD are allowed here", reply);
		return;
	}
	respond(http, connection, is_head, &route, reply);
}

/* True when the body is over: libmicrohttpd calls once for the headers, once for each
 * piece of the body, and once more when the answer is wanted. */
static bool
is_whole(struct request *request, struct MHD_Connection *connection, size_t *upload_len)
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
	if (*upload_len > 0) {
		request->body_bytes += *upload_len;
		*upload_len = 0;
		return false;
	}
	return true;
}

static enum MHD_Result
/* NOLINTNEXTLINE(readability-function-size): the library chose the parameters */
handle(void *context, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload, size_t *upload_len,
    void **request_context)
{
	struct http *http = context;
	struct request *request = *request_context;
	struct api_reply reply = {.status = 500};

	(void)version;
	(void)upload;
	if (request == NULL) {
		return MHD_NO; /* no memory when it began */
	}
	if (!is_whole(request, connection, upload_len)) {
		return request->body_bytes > HTTP_BODY_BYTES_MAX ? MHD_NO : MHD_YES;
	}
	if (!refuse_early(request, &reply)) {
		reply_to(http, connection, url, method, &reply);
	}
	return carry(http, connection, &reply);
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
end_request(void *context, struct MHD_Connection *connection, void **request_context,
    enum MHD_RequestTerminationCode code)
{
	(void)context;
	(void)connection;
	(void)code;
	free(*request_context);
	*request_context = NULL;
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

static struct MHD_Daemon *
start(struct http *http, int fd)
{
	unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD |
			 MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL | MHD_USE_ITC |
			 MHD_USE_ERROR_LOG;

	return MHD_start_daemon(flags, 0, NULL, NULL, handle, http,
	    MHD_OPTION_EXTERNAL_LOGGER, log_line, (void *)http,
	    MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
	    http->conf.connections_max, MHD_OPTION_CONNECTION_TIMEOUT,
	    (unsigned)HTTP_IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    (size_t)CONNECTION_MEMORY_BYTES, MHD_OPTION_THREAD_STACK_SIZE,
	    (size_t)THREAD_STACK_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1,
	    MHD_OPTION_URI_LOG_CALLBACK, begin_request, (void *)http,
	    MHD_OPTION_NOTIFY_COMPLETED, end_request, (void *)http, MHD_OPTION_END);
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
	if (http_socket_open(http->socket_path, &http->listener, error, cap) !=
	    ERR_OK) {
		free(http->socket_path);
		free(http);
		return NULL;
	}
	/* The library closes the socket it was given; it gets the only descriptor. */
	http->daemon = start(http, http->listener.fd);
	if (http->daemon == NULL) {
		(void)snprintf(error, cap,
		    "%s: the HTTP server cannot start (threads?)", conf->socket_path);
		http_socket_unlink(&http->listener, http->socket_path);
		free(http->socket_path);
		free(http);
		return NULL;
	}
	return http;
}

void
http_free(struct http *http)
{
	if (http == NULL) {
		return;
	}
	atomic_store(&http->stopping, true);
	http_socket_unlink(&http->listener, http->socket_path);
	MHD_stop_daemon(http->daemon);
	free(http->socket_path);
	free(http);
}
