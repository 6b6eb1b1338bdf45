/* agent_internal - the agent's parts, shared by agent_*.c and seen by nobody else
 * Room: agent/shell. */
#ifndef AGENT_SHELL_AGENT_INTERNAL_H
#define AGENT_SHELL_AGENT_INTERNAL_H

#include "agent/core/outlook.h"
#include "agent/core/keyring.h"
#include "agent/core/purse.h"
#include "agent/core/redact.h"
#include "agent/core/said.h"
#include "agent/core/sched.h"
#include "agent/core/uplink.h"
#include "agent/shell/agent_loop.h"
#include "agent/shell/keys.h"
#include "agent/shell/probe_curl.h"
#include "agent/shell/spool_lmdb.h"
#include "agent/shell/uplink_nng.h"
#include "common/shell/frame.h"
#include "common/shell/identity.h"
#include "proto/wire.h"

struct agent {
	const struct agent_conf *conf;
	struct redact redact;
	struct keys *keys;
	struct prober *prober;
	struct spool *spool; /* NULL: a guest that has read its plan */
	bool is_guest;       /* the spool is another's, who runs */
	struct line *line;
	struct frame *frame;
	struct uplink uplink;
	struct said said; /* what sources said, to the collector of this session */
	struct sched sched;
	uint64_t stalls_told;
	int64_t suspended_ns; /* of this machine, at the last look */
	void *sched_memory;
	struct plan plan;
	void *memory[3];            /* behind the three arenas */
	struct arena plan_arena[2]; /* the plan in use, and the one before it */
	unsigned plan_turn;
	struct arena arena; /* for one message, coming or going */
	struct result *rows;
	struct mono flush_at; /* MONO_NEVER while nothing waits */
	enum err spool_err;   /* of the last flush */
	struct outlook outlook;
	void *outlook_memory;
	struct mono status_at; /* when to write it next */
	struct wall uplink_since;
	enum uplink_state uplink_was;
	bool was_challenged;               /* on this connection */
	struct mono renew_at;              /* when to look at the certificate again */
	char next_key[IDENTITY_KEY_BYTES]; /* while a certificate is asked for */
	struct purse purse;
	bool purse_changed;              /* since it was saved */
	char reason[PURSE_REASON_BYTES]; /* why the last run was not started */
};

/* agent_plan.c */
void agent_plan_restore(struct agent *agent, struct now now);
void agent_plan_take(struct agent *agent, const unsigned char *message, size_t len,
    const struct plan *plan, struct now now);
void agent_probe_now(
    struct agent *agent, const struct wire_directive *directive, struct now now);
enum err agent_probe_start(
    struct agent *agent, const struct sched_due *due, struct now now) WARN_UNUSED;

/* agent_identity.c: the answer to "who are you?", to be freed. Errors are those of reading
 * the files, and ERR_FORMAT for a key that is none. */
struct agent_proof;
bool agent_has_identity(const struct agent *agent);
enum err agent_identity_prove(const struct agent *agent,
    const struct wire_challenge *challenge, struct agent_proof **out_proof) WARN_UNUSED;
/* Puts it into a greeting, which borrows it. */
void agent_identity_show(const struct agent_proof *proof, struct wire_hello *hello);
/* agent_money.c: what runs cost, and whether they may */
void agent_money_restore(struct agent *agent);
/* May the run start? Its cost is on the disk then. False: `out` is what it leaves instead,
 * good until the next call. */
bool agent_money_take(struct agent *agent, const struct sched_due *due, struct now now,
    struct result *out);
void agent_money_return(struct agent *agent, const struct sched_due *due);
/* The run is over: `result->cost_microusd` becomes what it counts as. */
void agent_money_settle(
    struct agent *agent, const struct probe_tag *tag, struct result *result);
void agent_money_flush(struct agent *agent);
void agent_money_grants(
    struct agent *agent, const struct wire_directive *directive, struct now now);
size_t agent_money_spent(
    struct agent *agent, struct now now, struct wire_spent out[LIMIT_KEYS]);

/* Asks for the next certificate when a third of the life of this one is left. */
void agent_identity_look(struct agent *agent, struct now now);
/* It came: puts it and its key in the place of the old ones. */
void agent_identity_renewed(
    struct agent *agent, struct wire_bytes chain, struct now now);
/* Ends a renewal that a crash has cut in two; before the files are used. */
void agent_identity_mend(const struct agent_conf *conf);

/* agent_uplink.c */
enum err agent_send(struct agent *agent, unsigned slot,
    const struct wire_agent_message *message) WARN_UNUSED;
void agent_uplink_events(struct agent *agent, struct now now);
void agent_uplink_act(struct agent *agent, struct now now);
void agent_goodbye(struct agent *agent);

#endif
