#include "tests/support/http_peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int
http_peer_connect(const char *socket_path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", socket_path);
	if (fd >= 0 &&
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static char *
read_all(int fd, size_t *out_len)
{
	size_t cap = 1 << 16;
	size_t len = 0;
	char *data = malloc(cap);

	while (data != NULL) {
		ssize_t n = read(fd, data + len, cap - len - 1);

		if (n <= 0) {
			data[len] = '\0';
			break;
		}
		len += (size_t)n;
		if (len + 1 == cap) {
			char *grown = realloc(data, 2 * cap);

			if (grown == NULL) {
				free(data);
				return NULL;
			}
			data = grown;
			cap *= 2;
		}
	}
	*out_len = len;
	return data;
}

struct http_answer
http_peer_send(const char *socket_path, const char *request)
{
	struct http_answer answer = {0};
	int fd = http_peer_connect(socket_path);
	size_t len = 0;
	char *end;

	if (fd < 0) {
		return answer;
	}
	/* The other side may close before it has read all: that is an answer too. */
	(void)send(fd, request, strlen(request), MSG_NOSIGNAL);
	answer.head = read_all(fd, &len);
	(void)close(fd);
	end = answer.head != NULL ? strstr(answer.head, "\r\n\r\n") : NULL;
	if (end == NULL || len < 13) {
		return answer;
	}
	end[2] = '\0';
	answer.body = end + 4;
	answer.body_len = len - (size_t)(answer.body - answer.head);
	answer.status = (int)strtol(answer.head + 9, NULL, 10);
	return answer;
}

struct http_answer
http_peer_ask(const char *socket_path, const char *method, const char *path)
{
	size_t cap = strlen(method) + strlen(path) + 128;
	char *request = malloc(cap);
	struct http_answer answer = {0};

	if (request != NULL) {
		(void)snprintf(request, cap,
		    "%s %s HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n", method,
		    path);
		answer = http_peer_send(socket_path, request);
		free(request);
	}
	return answer;
}

const char *
http_peer_header(const struct http_answer *answer, const char *name)
{
	static _Thread_local char value[256];
	size_t len = strlen(name);
	const char *line = answer->head;

	while ((line = strstr(line, "\r\n")) != NULL) {
		line += 2;
		if (strncasecmp(line, name, len) == 0 && line[len] == ':') {
			const char *at = line + len + 1 + strspn(line + len + 1, " ");

			(void)snprintf(
			    value, sizeof(value), "%.*s", (int)strcspn(at, "\r"), at);
			return value;
		}
	}
	return NULL;
}

void
http_peer_free(struct http_answer *answer)
{
	free(answer->head);
	*answer = (struct http_answer){0};
}
