/* bench_client - an agent's side of the line, for measuring the collector over real sockets
 * Room: tests/bench.
 *
 * One nng REQ socket an agent with one context a request in flight, as uplink_nng has it.
 * Whatever goes wrong ends the process: nothing may be measured then. */
#ifndef TESTS_BENCH_BENCH_CLIENT_H
#define TESTS_BENCH_BENCH_CLIENT_H

#include "tests/bench/bench_world.h"

#include <nng/nng.h>

struct bench_client {
	nng_socket socket;
	uint64_t session;
	uint64_t incarnation;
	uint64_t next_seq;
	uint32_t credit; /* as the collector said last */
};

/* Connects to the collector on `port` of loopback and says hello as agent `index` of the
 * world. */
void bench_client_open(struct bench_client *client, struct bench_batcher *batcher,
    uint16_t port, unsigned index);
void bench_client_close(struct bench_client *client);

/* Sends a framed request and waits for its answer, which must be an acknowledgement. */
void bench_client_send(struct bench_client *client, struct bench_batcher *batcher,
    const unsigned char *data, size_t len);

/* Takes an answer, which must be an acknowledgement, and the credit it gives. */
void bench_client_take(struct bench_client *client, struct bench_batcher *batcher,
    const unsigned char *data, size_t len);

/* How many batches of a backlog an agent may have in flight now (agent/core/uplink.h): the
 * last place of the credit is for fresh results, unless it is the only one. */
unsigned bench_client_backlog(const struct bench_client *client);

#endif
