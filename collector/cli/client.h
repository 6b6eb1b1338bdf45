/* client - questions to the collector's HTTP API
 * Room: collector/cli.
 *
 * One connection, kept; one question at a time. */
#ifndef COLLECTOR_CLI_CLIENT_H
#define COLLECTOR_CLI_CLIENT_H

#include "common/core/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum {
	CLIENT_PATH_BYTES = 2048,
	CLIENT_ERROR_BYTES = 512,
	CLIENT_ANSWER_BYTES_MAX = 64 << 20,
	CLIENT_TIMEOUT_MS = 15000,
	CLIENT_CONNECT_TIMEOUT_MS = 5000
};

struct client;

/* `url` ("https://host:port") or, when it is NULL, the unix socket at `socket_path`; both
 * borrowed for life. NULL when memory is out. */
struct client *client_new(const char *socket_path, const char *url);
void client_free(struct client *client);

/* Asks for `path` (with its query) and waits for the answer, `extra_ms` longer than usual
 * for a long poll. ERR_AGAIN: not reached, or busy; ERR_INVALID: the collector refuses a
 * parameter; ERR_NOTFOUND; ERR_DENIED: no permission for the socket; ERR_FORMAT: that was
 * no collector; ERR_LIMIT: answer too large; ERR_NOMEM; ERR_IO: it failed. Other than ERR_OK
 * leaves one line in client_error(). The answer is given. */
enum err client_get(struct client *client, const char *path, long extra_ms,
    json_t **out_json) WARN_UNUSED;

/* Has something changed: posts `body`, NULL = nothing. As client_get(); also ERR_EXISTS
 * (it is so already) and ERR_REFUSED. `body` is borrowed. */
enum err client_post(struct client *client, const char *path, const json_t *body,
    json_t **out_json) WARN_UNUSED;

/* What went wrong last, one line. */
const char *client_error(const struct client *client);

/* A path with parameters; sticky when it gets too long. */
struct client_path {
	char text[CLIENT_PATH_BYTES];
	size_t len;
	size_t parameters;
	bool cut;
};

void client_path_init(struct client_path *path, const char *text);

/* Adds a parameter, percent-encoded (RFC 3986 section 2); nothing when `value` is NULL. */
void client_path_add(struct client_path *path, const char *key, const char *value);

/* Adds a part of the path itself: percent-encoded, or as it is. */
void client_path_part(struct client_path *path, const char *text);
void client_path_tail(struct client_path *path, const char *text);

#endif
