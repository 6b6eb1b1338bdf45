/* uplink - the agent's side of the session: connect, resume, batch, back off
 * Room: agent/core (pure); agent/shell/uplink_nng.c carries the bytes.
 *
 *   state \ event   tick         connected   welcome   refused   lost
 *   DOWN            CONNECTING   -           -         -         -        (when backed off)
 *   CONNECTING      DOWN(late)   HELLO       -         -         DOWN
 *   HELLO           DOWN(late)   -           UP        DOWN      DOWN
 *   UP              DOWN(late)   -           -         HELLO*    DOWN
 *
 * Late is a request without an answer in its time, or a greeting answered by nonsense.
 * (*) "hello first" means the collector has forgotten the session, not that the line is
 * bad: the greeting is repeated on the same connection. Every other refusal backs off; the
 * line is then closed by the next attempt.
 *
 * Collectors are tried in their order; each failure moves to the next: at once when no line
 * came to be and the round is not over. After a whole round the wait grows, with full
 * jitter, up to UPLINK_BACKOFF_MAX_NS, or UPLINK_REFUSED_MAX_NS where being told so cost
 * neither side anything.
 *
 * Two lanes share the batches in flight: what was made since the session began goes first,
 * what waited from before (the backlog) fills the rest of the credit, so that the collector
 * sees the present before the past. The machine only names ranges of sequence numbers; the
 * shell reads the rows. */
#ifndef AGENT_CORE_UPLINK_H
#define AGENT_CORE_UPLINK_H

#include "common/core/clock.h"
#include "common/core/limits.h"
#include "common/core/rng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UPLINK_BACKOFF_MIN_NS (200 * CLOCK_NS_PER_MS)
#define UPLINK_BACKOFF_MAX_NS (30 * CLOCK_NS_PER_S)
#define UPLINK_REFUSED_MAX_NS (5 * CLOCK_NS_PER_S)
#define UPLINK_CONNECT_NS     (5 * CLOCK_NS_PER_S)
#define UPLINK_REPLY_NS       (15 * CLOCK_NS_PER_S)
#define UPLINK_POLL_REPLY_NS  ((LIMIT_LONG_POLL_MS + 15000) * CLOCK_NS_PER_MS)

enum uplink_state {
	UPLINK_DOWN = 0,
	UPLINK_CONNECTING,
	UPLINK_HELLO,
	UPLINK_UP
};

/* Requests in flight are named by their slot: 0 greets, 1 polls, the rest carry batches. */
enum {
	UPLINK_SLOT_HELLO = 0,
	UPLINK_SLOT_POLL = 1,
	UPLINK_SLOT_BATCH = 2,
	UPLINK_SLOTS = UPLINK_SLOT_BATCH + LIMIT_BATCHES_IN_FLIGHT
};

enum uplink_action_kind {
	UPLINK_NOTHING = 0,
	UPLINK_CONNECT, /* to collector `address`, dropping what was connected */
	UPLINK_SEND_HELLO,
	UPLINK_SEND_POLL,
	UPLINK_SEND_BATCH, /* rows from `first` on, at most to `last`, in `slot` */
	UPLINK_DISCONNECT
};

struct uplink_action {
	enum uplink_action_kind kind;
	size_t address;
	unsigned slot;
	uint64_t first;
	uint64_t last;
};

struct uplink_request {
	bool used;
	bool is_backlog;
	struct mono sent_at;
	struct mono deadline;
};

struct uplink {
	enum uplink_state state;
	size_t addresses;
	size_t address;
	uint32_t failures;   /* in a row, over all addresses */
	struct mono next_at; /* DOWN: when to try again; CONNECTING: when to give up */
	struct rng rng;
	uint64_t session;
	uint32_t credit;
	uint32_t rtt_us;     /* of the last answered request but polls; 0 = none */
	uint64_t fresh_next; /* next number of the fresh lane */
	uint64_t backlog_next;
	uint64_t backlog_end; /* exclusive */
	bool wants_hello;
	bool wants_drop; /* the connection must be closed */
	struct uplink_request request[UPLINK_SLOTS];
};

/* `addresses` collectors are configured; `seed` differs between agents. */
void uplink_init(struct uplink *uplink, size_t addresses, uint64_t seed);

/* What to do next; to be called until UPLINK_NOTHING. `next_seq` is the first number that
 * is not durable in the spool yet: rows below it may be sent. */
struct uplink_action uplink_next(
    struct uplink *uplink, uint64_t next_seq, struct now now);

/* The shell found rows `first`..`last` for the batch in `slot` and sent them; with `none`
 * there was no row in the range (they are acknowledged or dropped): the slot is free. */
void uplink_sent(struct uplink *uplink, unsigned slot, uint64_t last);
void uplink_none(struct uplink *uplink, unsigned slot, uint64_t next_row);

/* The line stands. */
void uplink_connected(struct uplink *uplink, struct mono now);

/* The line is gone, or could not be made. */
void uplink_lost(struct uplink *uplink, struct mono now);

/* Answers. `next_seq` as above: everything below is backlog from here on. */
void uplink_welcome(struct uplink *uplink, uint64_t session, uint32_t credit,
    uint64_t first_seq, uint64_t next_seq, struct mono now);
void uplink_refused(
    struct uplink *uplink, bool hello_first, int64_t retry_after_ns, struct mono now);
void uplink_answered(
    struct uplink *uplink, unsigned slot, uint32_t credit, struct mono now);

/* True when the shell may ask something of its own in UPLINK_SLOT_HELLO: the session stands
 * and the slot is free. Having sent it, it says so; the answer is uplink_answered(). */
bool uplink_may_ask(const struct uplink *uplink);
void uplink_asked(struct uplink *uplink, struct mono now);

/* When uplink_next() has something to do by itself. */
struct mono uplink_deadline(const struct uplink *uplink);

const char *uplink_state_name(enum uplink_state state);

#endif
