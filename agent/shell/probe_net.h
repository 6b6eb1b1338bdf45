/* probe_net - the probes below HTTP: names and echoes, and what curl needs for the others
 * Room: agent/shell. Used by probe_curl.c and probe_run.c, on the prober's thread.
 *
 * PROBE_TCP and PROBE_TLS are transfers of curl that end with the connection; here their
 * addresses are turned into URLs. PROBE_DNS and PROBE_ICMP run here, each with sockets of
 * its own, which the prober's poll waits for beside curl's. Nothing blocks.
 *
 * A name is asked for once (no retry, no search list), of the first resolver of the
 * system or the one the probe names; PROBE_ICMP looks into the hosts file first. A
 * configured source address is bound to, and an address of the other family then cannot
 * be reached: OUTCOME_LOCAL_ERROR. Timings: dns_us is when the name had an address
 * (PROBE_DNS: it is total_us), first_byte_us when the echo was back. */
#ifndef AGENT_SHELL_PROBE_NET_H
#define AGENT_SHELL_PROBE_NET_H

#include "agent/core/check.h"
#include "common/core/err.h"
#include "common/core/plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>

struct probe_net;

/* `source_address` (copied) as configured, NULL or "" = any. NULL when there is no memory
 * or it is no address. */
struct probe_net *probe_net_new(const char *source_address);

/* Ends everything, runs in flight without a word. NULL is legal. */
void probe_net_free(struct probe_net *net);

/* True for the kinds that run here, and not with curl. */
bool probe_net_runs(enum probe_kind kind);

/* True for the kinds for which curl is to make a connection and no more. */
bool probe_net_connects(enum probe_kind kind);

/* The URL that leads curl where a tcp:// or tls:// probe wants to go; a tls:// without
 * port means 443. ERR_INVALID: not such a URL; ERR_LIMIT: longer than `cap`. */
WARN_UNUSED enum err probe_net_url(
    const struct plan_probe *probe, char *out, size_t cap);

/* Starts a run. `probe` and `owner` are kept until probe_net_done() hands `owner` back. A
 * run that cannot even be tried ends like others. ERR_NOMEM. */
WARN_UNUSED enum err probe_net_start(
    struct probe_net *net, const struct plan_probe *probe, void *owner);

/* What to poll for; valid until the next call of any other function here. */
struct curl_waitfd *probe_net_fds(struct probe_net *net, unsigned *out_len);

/* When to call probe_net_perform() at the latest, monotonic; INT64_MAX = never. */
int64_t probe_net_deadline(const struct probe_net *net);

/* Moves all runs as far as they go. */
void probe_net_perform(struct probe_net *net);

/* The owner of a run that is over, and how it ended (`started_at` is left to the caller);
 * NULL when there is none. The text lives until the next call. */
void *probe_net_done(struct probe_net *net, struct transport *out);

#endif
