/* bench_hub - the least of a collector that an agent can talk to
 * Room: tests/bench.
 *
 * One nng REP socket on loopback and a thread: it welcomes whoever greets, acknowledges
 * every batch and leaves polls waiting, so that the agent keeps the plan it has. It counts
 * what came. Whatever goes wrong ends the process. */
#ifndef TESTS_BENCH_BENCH_HUB_H
#define TESTS_BENCH_BENCH_HUB_H

#include "common/core/outcome.h"

#include <stdint.h>

struct bench_hub;

struct bench_hub *bench_hub_new(void);
void bench_hub_free(struct bench_hub *hub);

uint16_t bench_hub_port(const struct bench_hub *hub);

/* Blocks until `results` results of `series` came since the call, at most a minute; then it
 * ends the process, as it does when one of them has another outcome. */
void bench_hub_wait(
    struct bench_hub *hub, const char *series, enum outcome outcome, unsigned results);

#endif
