/* backtest - a store's journal played again through a machine of another configuration
 * Room: collector/shell.
 *
 * Read-only: the store may be a copy, or in use by a collector that goes on. A fresh machine
 * is given the records from the oldest that is kept, as a restart gives them, and time is
 * the journal's: nothing waits. But for one kind: what channels answered then belongs to
 * the messages of then. Each message is answered as delivered at once.
 *
 * Exact where the journal is whole, that is, begins with its first record, and the
 * configuration is the one it was recorded under: then it finds what was found, to the byte.
 * Where the beginning was trimmed away the machine begins cold, without what it had learned
 * and what was open; the first BACKTEST_LEARN_NS of journal time say less.
 *
 * A changed rule is looked at when there is a record (a tick comes at least every sixth of
 * the fastest interval, and every 10 s), and probes that it would have asked for in a
 * suspicion were not run.
 *
 * Owner: one thread. Blocks on the disk and for as long as the processor takes. */
#ifndef COLLECTOR_SHELL_BACKTEST_H
#define COLLECTOR_SHELL_BACKTEST_H

#include "collector/core/backtest.h"
#include "collector/core/collector_conf.h"
#include "collector/core/ingest.h"
#include "collector/shell/store_lmdb.h"

/* How often a probe fails with nothing wrong is followed by doublings that take a day. */
#define BACKTEST_LEARN_NS (INT64_C(86400) * CLOCK_NS_PER_S)

/* What was really told, and how far the journal went then: one moment of the store. */
struct backtest_told {
	uint64_t end; /* behind the last record */
};

/* Reads incidents and messages into `run`. */
enum err backtest_told(struct store *store, struct backtest_run *run,
    struct backtest_told *out) WARN_UNUSED;

/* What was played. */
struct backtest_span {
	uint64_t first_position; /* 0 = there was no record */
	uint64_t records;
	uint64_t passed_over; /* that could not be read, or batches of agents of then */
	struct wall first_at;
	struct wall last_at;
};

/* A machine and what it found so far. */
struct backtest;

/* NULL without memory. `conf` and `run` are borrowed for life. */
struct backtest *backtest_new(
    const struct collector_conf *conf, struct backtest_run *run);
void backtest_free(struct backtest *backtest);

/* Plays the journal up to `end` (exclusive). Reviews that stand in it go to `reviews`, unless
 * that is NULL. With `name` the progress goes to standard error when that is a terminal. */
enum err backtest_play(struct backtest *backtest, struct store *store, uint64_t end,
    struct backtest_run *reviews, const char *name) WARN_UNUSED;

const struct backtest_span *backtest_span(const struct backtest *backtest);

/* The same by hand, for results that stand in no journal: a batch at a time, each not before
 * the one before; the machine is started and ticked in between as it wants to be. ERR_LIMIT
 * as collector_batch(). */
enum err backtest_batch(struct backtest *backtest, const struct ingest_batch *batch,
    struct now now) WARN_UNUSED;

#endif
