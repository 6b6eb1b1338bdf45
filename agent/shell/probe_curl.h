/* probe_curl - runs probes over HTTP and times their phases
 * Room: agent/shell.
 *
 * One curl_multi handle, one owner thread; only prober_wakeup() may be called by
 * others. Nothing here blocks but prober_wait(). Every run makes a new connection: name
 * lookup, TCP and TLS are measured each time. What a run needs before its own request (a
 * page with a public key, an access token) or behind it (a picture that is only linked to)
 * are requests of the same run: see probe_legs.h. Redirects are not followed, proxies,
 * cookies, .netrc and the environment are not looked at, HTTP/1.1 is spoken (one
 * request on one connection, so HTTP/2 would only add its set-up cost). Answers stream
 * through a struct check and are not kept.
 *
 * Three clocks end a run: the probe's connect timeout (lookup, TCP and TLS together),
 * its timeout (everything), and PROBER_IDLE_NS without a byte once the answer has
 * begun. Before the first byte only the timeout counts: making an image takes minutes
 * of silence.
 *
 * Time is CLOCK_BOOTTIME: a run that was in flight while the machine slept, and did not end
 * well, is OUTCOME_LOCAL_ERROR, because nobody else is to blame. Name lookups are threads
 * of curl's; those that go on hanging behind their runs are bounded (hung.h), and beyond
 * that a name is taken for one that does not resolve. */
#ifndef AGENT_SHELL_PROBE_CURL_H
#define AGENT_SHELL_PROBE_CURL_H

#include "agent/core/agent_conf.h"
#include "agent/core/image.h"
#include "agent/core/redact.h"
#include "common/core/clock.h"
#include "common/core/err.h"
#include "common/core/plan.h"
#include "common/core/result.h"

#include <stdbool.h>
#include <stdint.h>

#define PROBER_IDLE_NS (30 * CLOCK_NS_PER_S)

struct prober;

struct prober_conf {
	const char *source_address; /* local address to go out from, NULL or "" = any */
	const char *ca_file; /* PEM file instead of the system's, NULL or "" = those */
	const char *user_agent;
	uint32_t in_flight_max; /* 1..LIMIT_IN_FLIGHT_PROBES */
	int64_t idle_ns;        /* instead of PROBER_IDLE_NS, 0 = that */
	/* What must not show in a result's texts; borrowed while the prober lives. NULL:
	 * the shapes of secrets only. */
	const struct redact *redact;
};

struct grant;

/* A key as one run may use it: where it may go, and its text; or, for a service account,
 * what gets tokens for it. Of these only `secret` need not outlive the call that gets it. */
struct probe_key {
	const struct agent_key *conf;
	const char *secret;
	struct grant *grant; /* NULL = `secret` is sent as it is */
};

/* The caller's token: handed back with the result, never looked into, but for `flags`,
 * which are added to the result's (FLAG_ON_DEMAND). */
struct probe_tag {
	uint32_t slot;
	uint32_t generation;
	uint32_t flags; /* enum flag */
};

/* Texts of `conf` are copied. NULL when there is no memory or curl cannot start; `conf`
 * outside its ranges is NULL, too. */
struct prober *prober_new(const struct prober_conf *conf);

/* Starts a run of `probe`; everything is copied, nothing borrowed. `key` is NULL when
 * the probe needs none. A run that cannot even be tried (no key, key not allowed for
 * the host, bad URL) ends like others: prober_done() hands out OUTCOME_LOCAL_ERROR and
 * why. `now` is the instant to stamp it with. ERR_AGAIN: all `in_flight_max` places are
 * taken; ERR_NOMEM. */
WARN_UNUSED enum err prober_start(struct prober *prober, const struct plan_probe *probe,
    const struct probe_key *key, const struct probe_tag *tag, struct now now);

/* Blocks until something moved, `timeout_ns` passed (negative: none) or prober_wakeup()
 * was called, and moves all transfers as far as they go. ERR_NOMEM or ERR_IO when the
 * waiting itself failed. */
WARN_UNUSED enum err prober_wait(struct prober *prober, int64_t timeout_ns);

/* The next run of that series asks for the whole page, whatever it said before. */
void prober_forget(struct prober *prober, const char *series);

/* Ends a prober_wait() that is going on, or the next one. Any thread, any time. */
void prober_wakeup(struct prober *prober);

/* Takes one finished run; false when there is none. To be called until it says so. The
 * result's texts live until the next call of prober_done() or prober_free(). */
bool prober_done(struct prober *prober, struct probe_tag *out_tag, struct result *out);

/* The picture of the result that prober_done() handed out last, NULL when there was none.
 * Lives like that result's texts. */
const struct image_info *prober_image(const struct prober *prober);

/* Runs that were started and not yet taken. */
uint32_t prober_in_flight(const struct prober *prober);

/* Ends everything, runs in flight without a result. NULL is legal. */
void prober_free(struct prober *prober);

#endif
