/* service_internal - the engine's parts, shared by service*.c and seen by nobody else
 * Room: collector/shell. */
#ifndef COLLECTOR_SHELL_SERVICE_INTERNAL_H
#define COLLECTOR_SHELL_SERVICE_INTERNAL_H

#include "collector/core/collector.h"
#include "collector/core/planner.h"
#include "collector/shell/journal_store.h"
#include "collector/shell/listener.h"
#include "collector/shell/members.h"
#include "collector/shell/notify.h"
#include "collector/shell/service.h"
#include "collector/shell/store_lmdb.h"
#include "common/shell/frame.h"
#include "common/shell/queue.h"
#include "proto/wire.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
	SERVICE_GROUP = 256,          /* inputs in one transaction */
	SERVICE_STAGE_BYTES = 4 << 20 /* encoded replies that wait for it */
};

#define SERVICE_SNAPSHOT_NS (30 * CLOCK_NS_PER_S)
#define SERVICE_VIEW_NS     (250 * CLOCK_NS_PER_MS)
#define SERVICE_RETRY_NS    CLOCK_NS_PER_S
#define SERVICE_POLL_NS     (25 * CLOCK_NS_PER_S)

struct service_order;

enum service_event_kind {
	SERVICE_REQUEST = 1,
	SERVICE_GONE,
	SERVICE_ANSWER,
	SERVICE_RELOAD,
	SERVICE_ORDER,
	SERVICE_STOP
};

struct service_event {
	enum service_event_kind kind;
	uint32_t place;
	uint32_t pipe;
	void *data;
	struct message_answer answer;
	const struct collector_conf *conf;
	struct service_order *order; /* of a thread that waits */
};

/* A reply that waits for the commit. */
struct service_reply {
	uint32_t place;
	size_t at; /* in the stage */
	size_t len;
};

/* A long poll that waits for something to tell. */
struct service_poll {
	bool used;
	uint32_t place;
	uint32_t pipe;
	uint16_t agent;
	struct mono deadline;
	uint16_t ask[WIRE_PROBE_NOW]; /* probes to run now, by index */
	size_t ask_len;
};

/* A nonce that waits for the answer of whoever greeted on the pipe. */
struct service_challenge {
	bool used;
	uint32_t pipe;
	struct mono at;
	unsigned char nonce[IDENTITY_NONCE_BYTES];
};

/* Stands in front of a view, in the same memory; the last who holds it frees both. */
struct service_view {
	atomic_uint holders;
	struct view *view;
};

/* The machine with all that is rebuilt for another configuration. */
struct service_machine {
	const struct collector_conf *conf;
	void *memory;
	struct collector *collector;
	void *planner_memory;
	struct planner *planner;
	uint64_t *plan_version; /* [agents] */
	uint64_t *granted;      /* [agents] digest of what its session was granted */
};

struct service {
	struct store store; /* rows, for whoever reads */
	struct journal_store *journal;
	struct service_machine machine;
	struct service_hooks hooks;
	struct members *members;
	struct listener *listener;
	struct notify *notify;
	struct queue *queue;
	struct frame *frame;
	void *arena_memory;
	struct arena arena; /* for one message */
	struct effects effects;
	void *effects_memory;
	bool has_staged; /* the open group has something to settle */
	unsigned char *stage;
	size_t stage_len;
	struct service_reply reply[SERVICE_GROUP];
	size_t reply_len;
	struct outbound *send; /* json is owned here until handed over */
	size_t send_len;
	size_t send_cap;
	bool has_answers; /* of channels, in the open group */
	/* What channels answered and is not on the disk yet. A commit that fails must not
	 * lose it, or what was delivered would be sent again. */
	struct message_answer answer[LIMIT_OUTBOX_LIVE];
	size_t answer_len;
	size_t answers_taken; /* so many of them are in the open group */
	struct service_poll *poll;
	struct service_challenge *challenge;
	uint32_t polls; /* places for each of the two */
	/* time: journal time = wall at the first start, then steady */
	int64_t epoch_ns; /* journal mono minus CLOCK_MONOTONIC */
	struct mono snapshot_at;
	struct mono view_at;
	bool view_dirty;
	enum err store_err;   /* of the last commit */
	struct mono retry_at; /* while the store takes nothing */
	bool stopping;
	struct wall started_at; /* of the process: machines come and go */
	uint64_t seed;
	_Atomic(const struct collector_conf *) conf;
	_Atomic(const struct collector_conf *) conf_refused;
	/* published */
	pthread_mutex_t mutex;
	pthread_cond_t timeline_changed;
	pthread_cond_t order_done;
	bool orders_closed;
	struct service_view *view;
	uint64_t timeline_seq;
	uint64_t timeline_pending; /* of the open group; engine thread only */
};

/* service_state.c: bringing the machine up, and back */
enum err service_machine_make(const struct collector_conf *conf, uint64_t seed,
    struct service_machine *out) WARN_UNUSED;
void service_machine_done(struct service_machine *machine);
enum err service_restore(struct service *service, struct service_machine *machine,
    struct now *out_last, bool *out_found) WARN_UNUSED;
enum err service_snapshot(struct service *service, struct now now) WARN_UNUSED;
struct now service_now(const struct service *service);

/* service_group.c: one transaction for many inputs */
void service_group_add(struct service *service);
void service_group_end(struct service *service);
void service_stage_reply(struct service *service, uint32_t place,
    const struct wire_collector_message *message);

/* service_hello.c: who comes in */
enum {
	SERVICE_CREDIT = 4, /* batches an agent may have in flight at most */
	SERVICE_REFUSED_WAIT_MS = 10000 /* after a refusal that will not mend itself */
};
void service_hello(struct service *service, const struct service_event *event,
    const struct wire_hello *hello, struct now now);
/* Gives the agent of the session its next certificate. */
void service_renew(struct service *service, const struct service_event *event,
    const struct wire_renew *renew, struct now now);
void service_forget_challenge(struct service *service, uint32_t pipe);
void service_refuse(struct service *service, uint32_t place, enum wire_reason reason,
    const char *text, uint32_t wait_ms);
void service_refuse_session(
    struct service *service, uint32_t place, enum session_refusal refusal);
uint32_t service_credit(const struct service *service);
uint64_t service_plan_version(const struct service *service, uint16_t agent);

/* service_agents.c: what agents ask */
void service_request(struct service *service, const struct service_event *event);
void service_gone(struct service *service, uint32_t pipe);
/* Tells the agent to run the probe now, with the answer of its poll. One that does not poll
 * now is not asked: later it would be another question. */
void service_ask(struct service *service, const struct effect_ask *ask, struct now now);
void service_polls_expire(struct service *service, struct now now, bool all);
struct mono service_polls_deadline(const struct service *service);

/* Ends the session of the agent of that name: it has to greet again. */
void service_bar(struct service *service, const char *name);

/* service_order.c: what operators and new agents want changed */
void service_order(struct service *service, struct service_order *waiting);
/* What stores the changes of the list of agents; for members_set_keeper(). */
enum err service_keep_order(void *context, const struct order *order) WARN_UNUSED;
/* Nothing more is taken; what waits is refused. The queue is empty then. */
void service_orders_close(struct service *service);

/* service_view.c: what readers see */
static inline struct service *
service_of(struct api_source *source)
{
	return (struct service *)source;
}

void service_publish(struct service *service, struct now now);
void service_view_done(struct service *service);

#endif
