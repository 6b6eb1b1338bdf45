/* spool_lmdb - the spool on disk
 * Room: agent/shell. Owner: the agent's thread.
 *
 * Rows are appended into an open transaction and committed, synced to the medium, by
 * spool_flush(); only committed rows may be sent. Sync policy: every commit is on the
 * medium before anything is sent; the agent flushes at most every SPOOL_FLUSH_NS, so a
 * power cut costs what that time held, and never a number given twice. A spool that cannot
 * be read is set aside under another name, said, and a new one is begun. */
#ifndef AGENT_SHELL_SPOOL_LMDB_H
#define AGENT_SHELL_SPOOL_LMDB_H

#include "agent/core/spool.h"
#include "common/core/arena.h"

#define SPOOL_FLUSH_NS (100 * CLOCK_NS_PER_MS)

struct spool;

/* Opens or makes the spool in folder `path`. On failure one line for people in `error`:
 * ERR_INUSE, ERR_DENIED, ERR_FULL, ERR_VERSION (made by a newer agent: left untouched),
 * ERR_IO, ERR_NOMEM. `*out_set_aside` says that a corrupt spool was renamed. */
enum err spool_open(const char *path, const struct spool_limits *limits,
    struct spool **out, bool *out_set_aside, char *error, size_t cap) WARN_UNUSED;
void spool_close(struct spool *spool);

/* Opens the spool of an agent that runs, to read its plan: locks and changes nothing, and
 * every put ends with ERR_DENIED. To be closed soon. ERR_NOTFOUND: there is none. */
enum err spool_peek(const char *path, const struct spool_limits *limits,
    struct spool **out, char *error, size_t cap) WARN_UNUSED;

const struct spool_book *spool_book(const struct spool *spool);

/* The first number not yet committed: rows below may be sent. */
uint64_t spool_durable_seq(const struct spool *spool);

/* Queues a row for the next flush. ERR_LIMIT: the row is too large and was not taken. */
enum err spool_append(struct spool *spool, const struct result *result) WARN_UNUSED;

/* Forgets acknowledged numbers with the next flush. */
void spool_forget(struct spool *spool, const struct seq_range *range, size_t len);

/* Commits what was appended and forgotten, drops what is over the limits. Blocks on the
 * medium. ERR_FULL, ERR_IO: the rows stay queued in memory, up to 4,096 of them; then the
 * oldest go and are counted as dropped, without a number. */
enum err spool_flush(struct spool *spool, struct wall now) WARN_UNUSED;

/* True when a flush has something to do. */
bool spool_is_dirty(const struct spool *spool);

/* Reads the run of rows that begins at or after `first` and not after `last`, without a
 * gap, at most `max` and what one batch can carry. Returns how many; their texts live in
 * `arena`, which is reset. A row that cannot be decoded is passed over, and set aside with
 * the next flush: it is a hole like one that was dropped. */
size_t spool_read(struct spool *spool, uint64_t first, uint64_t last, size_t max,
    struct arena *arena, struct result *out);

/* How many rows were set aside since the spool was opened: a part of `dropped_rows`. */
uint64_t spool_damaged(const struct spool *spool);

/* The number of the first row waiting at or after `first`; durable_seq when there is none. */
uint64_t spool_first(struct spool *spool, uint64_t first);

/* The last plan, kept so that a cut-off agent goes on. Bytes as they came. ERR_NOTFOUND. */
enum err spool_plan_put(struct spool *spool, const void *data, size_t len) WARN_UNUSED;
enum err spool_plan_get(struct spool *spool, struct arena *arena, const void **out,
    size_t *out_len) WARN_UNUSED;

/* What was spent (purse.h); on the medium when the put returns ERR_OK. ERR_NOTFOUND. */
enum err spool_purse_put(struct spool *spool, const void *data, size_t len) WARN_UNUSED;
enum err spool_purse_get(struct spool *spool, struct arena *arena, const void **out,
    size_t *out_len) WARN_UNUSED;

#endif
