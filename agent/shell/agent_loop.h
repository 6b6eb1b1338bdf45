/* agent_loop - the agent: wait, sample the clocks, step the machines, do what they say
 * Room: agent/shell. One thread; nng's, curl's resolver threads and the signal watcher only
 * wake it.
 *
 * The life of a result here: sched says a probe is due, the prober runs it, the spool makes
 * it durable, the uplink names it in a batch, the collector acknowledges, the spool forgets.
 * Nothing is sent before it is on disk. */
#ifndef AGENT_SHELL_AGENT_LOOP_H
#define AGENT_SHELL_AGENT_LOOP_H

#include "agent/core/agent_conf.h"
#include "common/core/err.h"

#include <stdbool.h>
#include <stddef.h>

struct agent;

/* Opens the spool, resolves the keys, starts the probe engine. On failure one line for
 * people in `error`. `conf` is borrowed for life. */
enum err agent_new(const struct agent_conf *conf, struct agent **out, char *error,
    size_t cap) WARN_UNUSED;

/* The same beside an agent that runs here and has the spool (ERR_INUSE above): it may only
 * agent_once(), writes nothing, and knows nothing of what may be spent. */
enum err agent_new_guest(const struct agent_conf *conf, struct agent **out, char *error,
    size_t cap) WARN_UNUSED;

/* Runs until agent_stop(). */
void agent_run(struct agent *agent);

/* What came of running everything once; the values are the program's exit statuses. */
enum agent_once_status {
	AGENT_ONCE_GOOD = 0,
	AGENT_ONCE_SOME_FAILED = 1,
	AGENT_ONCE_ALL_FAILED = 2,
	AGENT_ONCE_NO_PLAN = 3
};

/* Runs every probe of the plan on disk once and prints a table to stdout, for a person
 * looking at an edge VM: each phase's own milliseconds, the picture, what was said.
 * A guest runs what costs money only `with_paid`, beside every budget, and otherwise shows
 * it as skipped, which is then neither good nor bad. ERR_NOTFOUND: there is no plan yet. */
enum err agent_once(struct agent *agent, bool with_paid,
    enum agent_once_status *out_status) WARN_UNUSED;

/* Wakes the loop, so that it looks at the signals. Any thread. */
void agent_wake(void *agent);

/* Says goodbye, flushes, closes. NULL is fine. */
void agent_free(struct agent *agent);

#endif
