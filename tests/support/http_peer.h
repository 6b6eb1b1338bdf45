/* http_peer - a bare HTTP client on a unix socket, which can be as rude as a test needs
 * Room: tests/support. */
#ifndef TESTS_SUPPORT_HTTP_PEER_H
#define TESTS_SUPPORT_HTTP_PEER_H

#include <stddef.h>

struct http_answer {
	int status; /* 0 = the connection was closed without an answer */
	char *head; /* status line and headers, NUL-terminated */
	char *body; /* points behind the head, NUL-terminated */
	size_t body_len;
};

/* Connects; -1 on failure. */
int http_peer_connect(const char *socket_path);

/* Sends `request` as it is on a connection of its own and reads until the other side
 * closes. The answer is to be freed. */
struct http_answer http_peer_send(const char *socket_path, const char *request);

/* METHOD path HTTP/1.1 with Connection: close. */
struct http_answer http_peer_ask(
    const char *socket_path, const char *method, const char *path);

/* The value of a header, or NULL; static storage of this thread. */
const char *http_peer_header(const struct http_answer *answer, const char *name);

void http_peer_free(struct http_answer *answer);

#endif
