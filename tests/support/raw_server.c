#include "tests/support/raw_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void __attribute__((noreturn)) give_up(const char *what)
{
	perror(what);
	exit(1);
}

static bool
say(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t sent = send(fd, text, left, MSG_NOSIGNAL);

		if (sent <= 0) {
			return false; /* the client has heard enough */
		}
		text += sent;
		left -= (size_t)sent;
	}
	return true;
}

/* Reads up to the empty line that ends a request's head. */
static void
read_head(int fd)
{
	char head[8192] = "";
	size_t len = 0;

	while (len < sizeof(head) - 1 && strstr(head, "\r\n\r\n") == NULL) {
		ssize_t got = recv(fd, head + len, sizeof(head) - 1 - len, 0);

		if (got <= 0) {
			return;
		}
		len += (size_t)got;
		head[len] = '\0';
	}
}

static void *
serve(void *context)
{
	struct raw_server *raw = context;
	int fd = accept(raw->listener, NULL, NULL);
	bool heard;

	if (fd < 0) {
		give_up("accept");
	}
	read_head(fd);
	heard = say(fd, raw->head);
	for (size_t i = 0; heard && i < raw->times; i++) {
		heard = say(fd, raw->again);
	}
	(void)close(fd);
	return NULL;
}

void
raw_server_start(
    struct raw_server *raw, const char *head, const char *again, size_t times)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t len = sizeof(address);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	*raw = (struct raw_server){.head = head, .again = again, .times = times};
	raw->listener = socket(AF_INET, SOCK_STREAM, 0);
	if (raw->listener < 0 ||
	    bind(raw->listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(raw->listener, 1) != 0 ||
	    getsockname(raw->listener, (struct sockaddr *)&address, &len) != 0 ||
	    pthread_create(&raw->thread, NULL, serve, raw) != 0) {
		give_up("raw_server");
	}
	raw->port = ntohs(address.sin_port);
}

void
raw_server_stop(struct raw_server *raw)
{
	(void)pthread_join(raw->thread, NULL);
	(void)close(raw->listener);
}
