#include "tests/support/tls_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <openssl/ssl.h>

enum {
	PATIENCE_S = 20
};

static void __attribute__((noreturn)) give_up(const char *what)
{
	perror(what);
	exit(1);
}

static SSL_CTX *
new_context(struct tls_server *server)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	char chain[sizeof(server->certificate) + 8];
	char key[sizeof(server->certificate) + 8];

	(void)pthread_mutex_lock(&server->mutex);
	(void)snprintf(chain, sizeof(chain), "%s.pem", server->certificate);
	(void)snprintf(key, sizeof(key), "%s.key", server->certificate);
	(void)pthread_mutex_unlock(&server->mutex);
	if (context == NULL ||
	    SSL_CTX_use_certificate_chain_file(context, chain) != 1 ||
	    SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1) {
		give_up(chain);
	}
	return context;
}

static void
shake_hands(struct tls_server *server, int fd)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	SSL_CTX *context = new_context(server);
	SSL *ssl = SSL_new(context);
	char byte;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (ssl == NULL || SSL_set_fd(ssl, fd) != 1) {
		give_up("tls_server");
	}
	if (SSL_accept(ssl) == 1) {
		(void)SSL_read(ssl, &byte, 1); /* until the client goes */
	}
	SSL_free(ssl);
	SSL_CTX_free(context);
}

static void *
serve(void *context)
{
	struct tls_server *server = context;
	struct pollfd wait[2] = {{.fd = server->stop[0], .events = POLLIN},
	    {.fd = server->listener, .events = POLLIN}};

	while (poll(wait, 2, -1) > 0 && wait[0].revents == 0) {
		int fd = accept(server->listener, NULL, NULL);

		if (fd >= 0) {
			shake_hands(server, fd);
			(void)close(fd);
		}
	}
	return NULL;
}

void
tls_server_start(struct tls_server *server)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t len = sizeof(address);

	memset(server, 0, sizeof(*server));
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server->listener = socket(AF_INET, SOCK_STREAM, 0);
	if (server->listener < 0 || pipe(server->stop) != 0 ||
	    pthread_mutex_init(&server->mutex, NULL) != 0 ||
	    bind(server->listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(server->listener, 8) != 0 ||
	    getsockname(server->listener, (struct sockaddr *)&address, &len) != 0 ||
	    pthread_create(&server->thread, NULL, serve, server) != 0) {
		give_up("tls_server");
	}
	server->port = ntohs(address.sin_port);
}

void
tls_server_show(struct tls_server *server, const char *folder, const char *name)
{
	(void)pthread_mutex_lock(&server->mutex);
	(void)snprintf(
	    server->certificate, sizeof(server->certificate), "%s/%s", folder, name);
	(void)pthread_mutex_unlock(&server->mutex);
}

void
tls_server_stop(struct tls_server *server)
{
	(void)close(server->stop[1]);
	(void)pthread_join(server->thread, NULL);
	(void)close(server->stop[0]);
	(void)close(server->listener);
	(void)pthread_mutex_destroy(&server->mutex);
}
