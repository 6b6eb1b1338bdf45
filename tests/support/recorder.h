/* recorder - stands between agents and a collector, and keeps what they say
 * Room: tests/support.
 *
 * One thread accepts on a free loopback port, connects each client to the target, passes
 * the bytes both ways and keeps them. Afterwards the messages of nng's TCP transport can be
 * read one by one: SP over TCP is 8 bytes of greeting, then messages with their length as 8
 * bytes big-endian in front. What fails to be set up fails the running cmocka test. */
#ifndef TESTS_SUPPORT_RECORDER_H
#define TESTS_SUPPORT_RECORDER_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RECORDER_PAIRS = 64 /* connections in all; later ones are closed at once */
};

/* What came from one side of one connection. */
struct recorder_stream {
	int fd;
	unsigned char *bytes;
	size_t len;
	size_t cap;
};

struct recorder {
	int listener;
	int wake[2];
	char address[32]; /* HOST:PORT to connect to */
	char target[32];
	pthread_t thread;
	struct recorder_stream stream[RECORDER_PAIRS][2]; /* client, target */
	size_t pairs;
};

/* `target` is HOST:PORT. */
void recorder_start(struct recorder *recorder, const char *target);

/* Ends the thread and all connections; what was kept can be read from then on. */
void recorder_stop(struct recorder *recorder);

/* Calls `message` with each whole message of both sides; returns how many there were. */
size_t recorder_each(const struct recorder *recorder,
    void (*message)(void *context, const unsigned char *bytes, size_t len),
    void *context);

/* Frees what was kept. */
void recorder_free(struct recorder *recorder);

#endif
