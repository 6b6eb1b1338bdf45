/* collector - the machine: journalled inputs in, rows and messages out
 * Room: collector/core (pure).
 *
 * One input at a time goes through one function here, with the journal's time; out come
 * effects (effect.h): the input's own journal record, the rows that follow from it, and
 * messages for channels, in the order persist, acknowledge, notify. The same functions run
 * when the journal is replayed after a restart; the shell then throws the effects away,
 * because they are in the store already. Sessions (session.h) are not journalled: their
 * questions are answered by collector_hello() and friends.
 *
 * Invariants (cited as I1.. in the code):
 *  I1 a result changes the state at most once, whatever is sent again;
 *  I2 nothing is acknowledged that is not in the same transaction as its mark;
 *  I3 state after a restart = snapshot + replay = state before;
 *  I4 no message leaves before the transition it tells is stored.
 * Owner: one thread, the engine's. */
#ifndef COLLECTOR_CORE_COLLECTOR_H
#define COLLECTOR_CORE_COLLECTOR_H

#include "collector/core/budget.h"
#include "collector/core/collector_conf.h"
#include "collector/core/effect.h"
#include "collector/core/ingest.h"
#include "collector/core/message.h"
#include "collector/core/orders.h"
#include "collector/core/session.h"
#include "collector/core/view.h"

struct collector;

size_t collector_bytes(const struct collector_conf *conf);

/* A fresh machine. `conf` is borrowed for life; `seed` makes session ids and jitter. NULL
 * when the arena is too small. */
struct collector *collector_init(
    struct arena *arena, const struct collector_conf *conf, uint64_t seed);

/* ---- journalled inputs; `effects` gets the record and all that follows ---- */

/* The process has started and everything before was replayed. */
void collector_start(
    struct collector *collector, struct now now, struct effects *effects);

/* It was loaded from the state of a machine with another configuration, in the same process:
 * messages that are on their way are still answered. */
void collector_reload(
    struct collector *collector, struct now now, struct effects *effects);

/* Results. ERR_LIMIT as ingest_mark(): nothing changed. `*out_new` tells how many counted;
 * with 0 there is no effect at all, everything was known. */
enum err collector_batch(struct collector *collector, const struct ingest_batch *batch,
    struct now now, struct effects *effects, size_t *out_new) WARN_UNUSED;

/* Time went on: to be called at collector_deadline(). */
void collector_tick(
    struct collector *collector, struct now now, struct effects *effects);

/* A channel answered. */
void collector_delivery(struct collector *collector,
    const struct message_answer *answer, struct now now, struct effects *effects);

/* Somebody wants something changed; it is written down whatever comes of it. */
void collector_order(struct collector *collector, const struct order *order,
    struct now now, struct effects *effects, struct order_outcome *out);

struct mono collector_deadline(const struct collector *collector);

/* ---- replay ---- */

/* A record was read back: does what it did. Its number is collector_journal_seq(), which
 * goes on by one. For JOURNAL_BATCH `batch` is its decoded frame.
 * ERR_FORMAT: a record of an agent that is configured no more, or one that cannot be;
 * it is passed over. The effects are to be thrown away. */
struct journal_head;
void collector_replay(struct collector *collector, const struct journal_head *head,
    const struct ingest_batch *batch, struct effects *effects);

/* Sequence of the next journal record. */
uint64_t collector_journal_seq(const struct collector *collector);
void collector_set_journal_seq(struct collector *collector, uint64_t seq);

/* ---- sessions, not journalled ---- */

enum session_refusal collector_hello(struct collector *collector,
    const struct session_hello *hello, struct wall agent_wall, struct now now,
    uint16_t *out_agent);

/* The agent of that session, heard now; TOPOLOGY_NONE: hello first. */
uint16_t collector_session(
    struct collector *collector, uint64_t id, uint32_t pipe, struct now now);

/* The agent ended in order: silence from here on is no fault. */
void collector_goodbye(struct collector *collector, uint16_t agent);
void collector_pipe_gone(struct collector *collector, uint32_t pipe);

struct sessions *collector_sessions(struct collector *collector);
const struct ingest_agent *collector_agent(
    const struct collector *collector, uint16_t agent);
void collector_clock_sample(struct collector *collector, uint16_t agent,
    struct wall wall, uint32_t rtt_us, struct now now);
void collector_count_refused(struct collector *collector);

/* What `agent` may spend today beyond its shares; see budgets_grants(). */
size_t collector_grants(const struct collector *collector, uint16_t agent,
    struct budget_grant *out, size_t cap);

/* ---- snapshot, by names: survives another configuration ---- */

size_t collector_save_bytes(const struct collector *collector);
void collector_save(const struct collector *collector, struct buf *buf);
/* ERR_FORMAT, ERR_VERSION: the machine must be made anew. */
enum err collector_load(struct collector *collector, struct buf *buf) WARN_UNUSED;

/* The agent's row as the store has it, after replay: see ingest_row_merge(). */
enum err collector_agent_row(
    struct collector *collector, const char *agent, struct buf *buf) WARN_UNUSED;

/* ---- view ---- */

size_t collector_view_bytes(const struct collector *collector);
/* Fills a view from `arena`; NULL when it is too small. */
struct view *collector_view(
    const struct collector *collector, struct arena *arena, struct now now);

#endif
