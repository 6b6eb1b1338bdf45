/* failpoint - places where a test lets a program die
 * Room: common/shell.
 *
 * Each step that persists, sends or acknowledges something has a name here. When the
 * environment variable PARALLAX_FAILPOINT is `NAME` or `NAME:N` at start, the process kills
 * itself with SIGKILL at the first, or the N-th, passing of that place: no handler, no
 * flush, as if the power went, but for what the kernel already has. Otherwise a passing
 * costs one branch on a constant. It opens nothing that could not be done to the process by
 * whoever sets its environment.
 *
 * The table is the only list there is; tests/e2e/test_failpoints.c has a row for each of
 * them, and fails without. */
#ifndef COMMON_SHELL_FAILPOINT_H
#define COMMON_SHELL_FAILPOINT_H

#include "common/core/err.h"

#include <stdbool.h>

/* clang-format off */
#define FAILPOINT_TABLE(ROW)                                                             \
	/* a result: found, in the queue, in the spool */                                \
	ROW(FAILPOINT_AGENT_SPOOL_BEFORE_APPEND, "agent.spool.before_append")            \
	ROW(FAILPOINT_AGENT_SPOOL_AFTER_APPEND, "agent.spool.after_append")              \
	ROW(FAILPOINT_AGENT_SPOOL_BEFORE_COMMIT, "agent.spool.before_commit")            \
	ROW(FAILPOINT_AGENT_SPOOL_AFTER_COMMIT, "agent.spool.after_commit")              \
	/* it travels, and is acknowledged */                                            \
	ROW(FAILPOINT_AGENT_BATCH_BEFORE_SEND, "agent.batch.before_send")                \
	ROW(FAILPOINT_AGENT_BATCH_AFTER_SEND, "agent.batch.after_send")                  \
	ROW(FAILPOINT_AGENT_ACK_RECEIVED, "agent.ack.received")                          \
	ROW(FAILPOINT_AGENT_ACK_NOTED, "agent.ack.noted")                                \
	ROW(FAILPOINT_AGENT_FORGET_BEFORE_COMMIT, "agent.forget.before_commit")          \
	ROW(FAILPOINT_AGENT_FORGET_AFTER_COMMIT, "agent.forget.after_commit")            \
	/* what else the agent keeps */                                                  \
	ROW(FAILPOINT_AGENT_PLAN_BEFORE_PUT, "agent.plan.before_put")                    \
	ROW(FAILPOINT_AGENT_PLAN_AFTER_PUT, "agent.plan.after_put")                      \
	ROW(FAILPOINT_AGENT_PURSE_BEFORE_PUT, "agent.purse.before_put")                  \
	ROW(FAILPOINT_AGENT_PURSE_AFTER_PUT, "agent.purse.after_put")                    \
	/* a batch at the collector */                                                   \
	ROW(FAILPOINT_COLLECTOR_BATCH_RECEIVED, "collector.batch.received")              \
	ROW(FAILPOINT_COLLECTOR_BATCH_ADDED, "collector.batch.added")                    \
	ROW(FAILPOINT_COLLECTOR_GROUP_BEFORE_COMMIT, "collector.group.before_commit")    \
	ROW(FAILPOINT_COLLECTOR_GROUP_AFTER_COMMIT, "collector.group.after_commit")      \
	ROW(FAILPOINT_COLLECTOR_REPLY_SENT, "collector.reply.sent")                      \
	/* a message to a channel */                                                     \
	ROW(FAILPOINT_COLLECTOR_LEASE_BEFORE_COMMIT, "collector.lease.before_commit")    \
	ROW(FAILPOINT_COLLECTOR_LEASE_AFTER_COMMIT, "collector.lease.after_commit")      \
	ROW(FAILPOINT_COLLECTOR_NOTIFY_HANDED_OVER, "collector.notify.handed_over")      \
	ROW(FAILPOINT_COLLECTOR_NOTIFY_BEFORE_SEND, "collector.notify.before_send")      \
	ROW(FAILPOINT_COLLECTOR_NOTIFY_AFTER_SEND, "collector.notify.after_send")        \
	ROW(FAILPOINT_COLLECTOR_ANSWER_TAKEN, "collector.answer.taken")                  \
	ROW(FAILPOINT_COLLECTOR_ANSWER_STORED, "collector.answer.stored")                \
	/* the state as a whole */                                                       \
	ROW(FAILPOINT_COLLECTOR_SNAPSHOT_PUT, "collector.snapshot.put")                  \
	ROW(FAILPOINT_COLLECTOR_JOURNAL_TRIMMED, "collector.journal.trimmed")            \
	ROW(FAILPOINT_COLLECTOR_SNAPSHOT_COMMITTED, "collector.snapshot.committed")
/* clang-format on */

enum failpoint {
#define FAILPOINT_MEMBER(name, text) name,
	FAILPOINT_TABLE(FAILPOINT_MEMBER)
#undef FAILPOINT_MEMBER
	FAILPOINT_COUNT
};

extern bool failpoint_is_armed; /* set once, before there are threads */

/* Reads the environment. ERR_INVALID when the variable names no place, which was then said
 * on standard error: a test that kills nobody proves nothing. */
enum err failpoint_init(void) WARN_UNUSED;

/* The name of one of them, static. */
const char *failpoint_name(enum failpoint point);

/* One passing while armed; from any thread. Does not return from the one asked for. */
void failpoint_pass(enum failpoint point);

/* The place itself. */
static inline void
failpoint(enum failpoint point)
{
	if (failpoint_is_armed) {
		failpoint_pass(point);
	}
}

#endif
