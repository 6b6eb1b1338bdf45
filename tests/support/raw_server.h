/* raw_server - says fixed bytes to one client, whatever it asks
 * Room: tests/support.
 *
 * For answers that no HTTP server would give. One thread, one connection: it reads the
 * request's head, writes, closes. Failures to set up end the process. */
#ifndef TESTS_SUPPORT_RAW_SERVER_H
#define TESTS_SUPPORT_RAW_SERVER_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

struct raw_server {
	int listener;
	uint16_t port;
	pthread_t thread;
	const char *head; /* borrowed */
	const char *again;
	size_t times;
};

/* Will write `head`, then `times` times `again`. */
void raw_server_start(
    struct raw_server *raw, const char *head, const char *again, size_t times);

/* Waits for its end; a client must have come. */
void raw_server_stop(struct raw_server *raw);

#endif
