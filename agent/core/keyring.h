/* keyring - which key may travel where
 * Room: agent/core (pure).
 *
 * Plans come from the collector and name keys; the agent's own configuration says to
 * which hosts a key may be sent. Whoever holds the collector must not get at the keys
 * by pointing a probe at a host of theirs, so the answer is given here, on the host
 * that the request really goes to, and nothing but an exact match is a yes. */
#ifndef AGENT_CORE_KEYRING_H
#define AGENT_CORE_KEYRING_H

#include "agent/core/agent_conf.h"
#include "agent/core/request.h"

#include <stdbool.h>
#include <stddef.h>

/* May `key` be sent to `host` (as request_host() gives it)? Entries of the list are
 * "host", which stands for https on port 443 alone, or "host:port"; an IPv6 address
 * with a port is "[address]:port". Letters compare without case; there are no
 * wildcards. Plain http is allowed to loopback only, and only by an entry with a port.
 */
bool keyring_allows(const struct agent_key *key, const struct request_host *host);

/* May an assertion made with `key` be sent to `host`? The same rules for `token_hosts`. */
bool keyring_allows_token(const struct agent_key *key, const struct request_host *host);

/* The key called `name` among `len` at `key`, NULL when there is none. */
const struct agent_key *keyring_find(
    const struct agent_key *key, size_t len, const char *name);

#endif
