/* api_served - the real HTTP server in front of made-up data, for one test at a time
 * Room: tests/support. */
#ifndef TESTS_SUPPORT_API_SERVED_H
#define TESTS_SUPPORT_API_SERVED_H

#include "tests/support/test.h"

#include "collector/shell/http.h"
#include "tests/support/api_fixture.h"
#include "tests/support/http_peer.h"

#include <jansson.h>
#include <unistd.h>

static char served_folder[] = "/tmp/parallax-http-XXXXXX";
static char served_path[64]; /* of the socket */

struct served {
	struct api_source *source;
	struct http *http;
};

static inline struct served
served_start(enum api_fixture_world world, unsigned connections_max)
{
	struct http_conf conf = {
	    .socket_path = served_path, .connections_max = connections_max};
	struct served server = {.source = api_fixture_new(world)};
	char error[256] = "";

	assert_non_null(server.source);
	server.http = http_new(&conf, server.source, error, sizeof(error));
	assert_string_equal(error, "");
	assert_non_null(server.http);
	return server;
}

static inline void
served_stop(struct served *server)
{
	http_free(server->http);
	api_fixture_free(server->source);
}

static inline json_t *
served_parse(const struct http_answer *answer)
{
	json_error_t error;
	json_t *json = json_loadb(answer->body, answer->body_len, 0, &error);

	if (json == NULL) {
		fail_msg("not JSON: %s: %s", error.text, answer->body);
	}
	return json;
}

/* A GET that must be answered with 200 and JSON. */
static inline json_t *
served_get(const char *uri)
{
	struct http_answer answer = http_peer_ask(served_path, "GET", uri);
	json_t *json;

	if (answer.status != 200) {
		fail_msg("%s: %d", uri, answer.status);
	}
	json = served_parse(&answer);
	http_peer_free(&answer);
	return json;
}

static inline void
served_assert_text(const json_t *object, const char *key, const char *expected)
{
	const char *text = json_string_value(json_object_get(object, key));

	if (text == NULL) {
		fail_msg("no text '%s'", key);
		return;
	}
	assert_string_equal(text, expected);
}

static inline json_int_t
served_integer(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value)) {
		fail_msg("no integer '%s'", key);
	}
	return json_integer_value(value);
}

/* Asks the server itself until so many wait. */
static inline void
served_until_waiting(unsigned count)
{
	char expected[64];
	bool there = false;

	(void)snprintf(
	    expected, sizeof(expected), "\nparallax_http_long_polls %u\n", count);
	while (!there) {
		struct http_answer answer =
		    http_peer_ask(served_path, "GET", "/metrics");

		assert_int_equal(answer.status, 200);
		there = strstr(answer.body, expected) != NULL;
		http_peer_free(&answer);
	}
}

static inline int
served_enter(void **state)
{
	(void)state;
	if (mkdtemp(served_folder) == NULL) {
		return -1;
	}
	(void)snprintf(served_path, sizeof(served_path), "%s/api.sock", served_folder);
	return 0;
}

static inline int
served_leave(void **state)
{
	(void)state;
	(void)unlink(served_path);
	return rmdir(served_folder);
}

#endif
