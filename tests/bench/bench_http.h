/* bench_http - a web server on loopback for benchmarks to knock at
 * Room: tests/bench.
 *
 * It runs in a process of its own, so that its CPU time is not counted to whoever
 * measures, and ends with its parent. */
#ifndef TESTS_BENCH_BENCH_HTTP_H
#define TESTS_BENCH_BENCH_HTTP_H

#include <stddef.h>
#include <sys/types.h>

struct bench_http {
	pid_t pid;
	int leash;    /* the server ends when this is closed */
	char url[64]; /* http://127.0.0.1:PORT/ */
};

/* Starts a server that answers every GET with 200 and `body_bytes` bytes. Call it
 * before the process has threads. Ends the process when it cannot be started. */
void bench_http_start(struct bench_http *server, size_t body_bytes);

/* Stops it and waits until it is gone. */
void bench_http_stop(struct bench_http *server);

#endif
