/* upstream - the parts of the test server, and how one request sees them
 * Room: tests/support.
 *
 * px-upstream is one process: a front that accepts, HTTP daemons that answer, relays, and
 * a control port. Every part locks itself; nothing here changes after start. */
#ifndef TESTS_SUPPORT_UPSTREAM_H
#define TESTS_SUPPORT_UPSTREAM_H

#include <stddef.h>

#include "tests/support/upstream_answer.h"
#include "tests/support/upstream_net.h"

struct upstream {
	const char *data_dir; /* recorded answers, or NULL */
	struct upstream_state *state;
	struct upstream_rules *rules;
	struct upstream_seen *seen;
	struct upstream_hooks *hooks;
	struct upstream_image *image;
	struct upstream_hold *hold;
	struct upstream_tls *tls;
	struct upstream_relays *relays;
	struct upstream_oauth *oauth;
};

struct MHD_Connection;

/* One complete request; borrowed for the call that gets it. */
struct upstream_request {
	const struct upstream *up;
	struct MHD_Connection *connection;
	const char *method;
	const char *path; /* decoded, without the query */
	const char *key;  /* API key or bearer token, "" without */
	const char *body; /* NUL-terminated */
	size_t body_len;
	struct upstream_net_addr client;
	struct upstream_net_addr server;
};

/* A request header, or NULL. */
const char *upstream_header(const struct upstream_request *request, const char *name);

/* A query parameter, or NULL. */
const char *upstream_query(const struct upstream_request *request, const char *name);

#define UPSTREAM_ORIGIN_MAX 288

/* Where the client believes to be: scheme://HOST as it says in `Host`. `out` has
 * UPSTREAM_ORIGIN_MAX bytes. */
void upstream_origin(const struct upstream_request *request, char *out);

/* One line of a protocol's table. `path` is a pattern of upstream_glob; HEAD is answered
 * where GET is. The answer comes initialised, and `answer` must fill it. */
struct upstream_route {
	const char *method;
	const char *path;
	void (*answer)(
	    const struct upstream_request *request, struct upstream_answer *out);
};

/* The protocols' tables, each ended by an entry without a method. */
extern const struct upstream_route upstream_gemini_routes[];
extern const struct upstream_route upstream_vertex_routes[];
extern const struct upstream_route upstream_openai_routes[];
extern const struct upstream_route upstream_openrouter_routes[];
extern const struct upstream_route upstream_picture_routes[];
extern const struct upstream_route upstream_status_routes[];
extern const struct upstream_route upstream_feed_routes[];
extern const struct upstream_route upstream_hooks_routes[];

/* Answers by the tables: 404 where no path matches, 405 where no method does. */
void upstream_route(
    const struct upstream_request *request, struct upstream_answer *out);

/* The file at `relative` under the data folder; NULL without either, or if `relative`
 * tries to leave the folder. Large files are read each time they are asked for. */
struct upstream_blob *upstream_data(const struct upstream *up, const char *relative);

#endif
