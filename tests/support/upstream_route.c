#include "tests/support/upstream.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <microhttpd.h>

#include "tests/support/upstream_glob.h"

static const struct upstream_route *const tables[] = {
    upstream_gemini_routes,
    upstream_vertex_routes,
    upstream_openai_routes,
    upstream_openrouter_routes,
    upstream_picture_routes,
    upstream_status_routes,
    upstream_feed_routes,
    upstream_hooks_routes,
};

const char *
upstream_header(const struct upstream_request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *
upstream_query(const struct upstream_request *request, const char *name)
{
	return MHD_lookup_connection_value(
	    request->connection, MHD_GET_ARGUMENT_KIND, name);
}

void
upstream_origin(const struct upstream_request *request, char *out)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    request->connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	const char *host = upstream_header(request, "Host");

	(void)snprintf(out, UPSTREAM_ORIGIN_MAX, "%s://%.270s",
	    info && info->tls_session ? "https" : "http", host ? host : "");
}

static bool
route_method(const struct upstream_route *route, const char *method)
{
	if (strcmp(method, "HEAD") == 0)
		method = "GET";
	return strcmp(route->method, method) == 0;
}

static const struct upstream_route *
route_find(const struct upstream_request *request, bool *out_path_known)
{
	const struct upstream_route *route;
	size_t i;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		for (route = tables[i]; route->method; route++) {
			if (!upstream_glob_match(route->path, request->path))
				continue;
			if (route_method(route, request->method))
				return route;
			*out_path_known = true;
		}
	}
	return NULL;
}

void
upstream_route(const struct upstream_request *request, struct upstream_answer *out)
{
	bool path_known = false;
	const struct upstream_route *route = route_find(request, &path_known);

	if (route) {
		route->answer(request, out);
	} else if (path_known) {
		upstream_answer_text(out, 405, "text/plain", "method not allowed\n");
	} else {
		upstream_answer_text(out, 404, "text/html; charset=UTF-8",
		    "<!DOCTYPE html><title>404</title><p>No such path on this "
		    "server.\n");
	}
}

struct upstream_blob *
upstream_data(const struct upstream *up, const char *relative)
{
	char path[1024];
	int len;

	if (!up->data_dir || relative[0] == '/' || strstr(relative, ".."))
		return NULL;
	len = snprintf(path, sizeof(path), "%s/%s", up->data_dir, relative);
	if (len < 0 || (size_t)len >= sizeof(path))
		return NULL;
	return upstream_blob_load(path);
}
