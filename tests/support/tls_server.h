/* tls_server - shakes hands with whoever comes, with the certificate it is told to show
 * Room: tests/support.
 *
 * One thread on a free port of 127.0.0.1, one handshake after the other, nothing said
 * afterwards. Failures to set up end the process. */
#ifndef TESTS_SUPPORT_TLS_SERVER_H
#define TESTS_SUPPORT_TLS_SERVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

struct tls_server {
	uint16_t port;
	int listener;
	int stop[2];
	pthread_mutex_t mutex;
	char certificate[256]; /* X.pem, with X.key beside it */
	pthread_t thread;
};

void tls_server_start(struct tls_server *server);

/* From the next handshake on shows `folder`/`name`.pem, as mkca.sh makes them. */
void tls_server_show(struct tls_server *server, const char *folder, const char *name);

void tls_server_stop(struct tls_server *server);

#endif
