#include "tests/bench/bench_http.h"

#include "tests/bench/bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <microhttpd.h>

/* NOLINTBEGIN(readability-function-size): the signature is libmicrohttpd's */
static enum MHD_Result
answer(void *context, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload, size_t *upload_len,
    void **state)
/* NOLINTEND(readability-function-size) */
{
	struct MHD_Response *response = context;

	(void)url;
	(void)method;
	(void)version;
	(void)upload;
	(void)upload_len;
	(void)state;
	return MHD_queue_response(connection, MHD_HTTP_OK, response);
}

/* A TCP socket listening on a free port of 127.0.0.1. */
static int
listen_loopback(uint16_t *out_port)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, len) != 0 ||
	    listen(fd, 1024) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
		bench_fail("loopback socket", strerror(errno));
	}
	*out_port = ntohs(address.sin_port);
	return fd;
}

/* The child: serves until the other end of `leash` is closed. */
static void
serve(int listener, int leash, size_t body_bytes)
{
	char *body = malloc(body_bytes + 1);
	struct MHD_Response *response;
	struct MHD_Daemon *daemon;
	char byte;

	if (body == NULL) {
		_exit(1);
	}
	memset(body, 'x', body_bytes);
	response =
	    MHD_create_response_from_buffer(body_bytes, body, MHD_RESPMEM_MUST_FREE);
	daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, answer,
	    response, MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_END);
	if (response == NULL || daemon == NULL) {
		_exit(1);
	}
	while (read(leash, &byte, 1) < 0 && errno == EINTR) {
	}
	MHD_stop_daemon(daemon);
	MHD_destroy_response(response);
	_exit(0);
}

void
bench_http_start(struct bench_http *server, size_t body_bytes)
{
	uint16_t port;
	int listener = listen_loopback(&port);
	int leash[2];

	/* the socket listens before the fork: whoever connects early waits in its queue
	 */
	if (pipe(leash) != 0) {
		bench_fail("pipe", strerror(errno));
	}
	server->pid = fork();
	if (server->pid < 0) {
		bench_fail("fork", strerror(errno));
	}
	if (server->pid == 0) {
		(void)close(leash[1]);
		serve(listener, leash[0], body_bytes);
	}
	(void)close(leash[0]);
	(void)close(listener);
	server->leash = leash[1];
	(void)snprintf(
	    server->url, sizeof(server->url), "http://127.0.0.1:%u/", (unsigned)port);
}

void
bench_http_stop(struct bench_http *server)
{
	int status;

	(void)close(server->leash);
	while (waitpid(server->pid, &status, 0) < 0 && errno == EINTR) {
	}
}
