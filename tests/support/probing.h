/* probing - probes run against a px-upstream, for tests of the probe engine
 * Room: tests/support. Failures end the test that is going on. */
#ifndef TESTS_SUPPORT_PROBING_H
#define TESTS_SUPPORT_PROBING_H

#include "agent/core/redact.h"
#include "agent/shell/probe_curl.h"
#include "tests/support/upstream_process.h"

#include <stdbool.h>
#include <stdint.h>

/* A GET of `url` (borrowed) with a minute for everything. */
struct plan_probe probing_probe(const char *url);

/* "http://127.0.0.1:PORT`path`" of the server, in one of a few static buffers. */
const char *probing_url(
    const struct upstream_process *server, bool https, const char *path);

/* A prober that trusts the server, for eight runs at a time or `in_flight` of them. */
struct prober *probing_new(const struct upstream_process *server,
    const struct redact *redact, uint32_t in_flight);

void probing_start(struct prober *prober, const struct plan_probe *probe,
    const struct probe_key *key, uint32_t slot);

/* Waits for the next result. Its texts live until the next call. */
struct result probing_finish(struct prober *prober, uint32_t *out_slot);

/* Both. */
struct result probing_run(
    struct prober *prober, const struct plan_probe *probe, const struct probe_key *key);

/* The result is that, or the test fails with all that is known of it, under `name`. */
void probing_expect(const char *name, const struct result *result, enum outcome outcome,
    enum phase phase, uint32_t flags);

/* The requests to `path` (a pattern) that the server has seen since its last reset, once
 * there are `wait` of them, or half a minute later. */
unsigned probing_seen(
    const struct upstream_process *server, const char *path, unsigned wait);

#endif
