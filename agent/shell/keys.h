/* keys - the keys of the agent's configuration, resolved
 * Room: agent/shell. Owner: the agent's thread.
 *
 * A key that cannot be had is no reason to stop: the probes that name it end as local
 * errors and the collector sees a fault of this agent, with the reason. What is secret in
 * here is in memory only, known to the redaction, and wiped at the end. */
#ifndef AGENT_SHELL_KEYS_H
#define AGENT_SHELL_KEYS_H

#include "agent/core/agent_conf.h"
#include "agent/core/redact.h"
#include "agent/shell/probe_curl.h"

#include <stdbool.h>

struct keys;

/* Resolves all keys of `conf` and registers them with `redact`; both are borrowed for
 * life. Says in the log what is wrong with which. NULL when there is no memory. */
struct keys *keys_new(const struct agent_conf *conf, struct redact *redact);

/* The key called `name` as a run may use it, borrowed until the next call. Looks whether
 * a token's file has changed: blocks on the file system only. False when there is no such
 * key, or nothing to send. */
bool keys_find(struct keys *keys, const char *name, struct probe_key *out);

/* NULL is fine. */
void keys_free(struct keys *keys);

#endif
