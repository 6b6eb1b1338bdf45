/* journal_store - where the journal of the machine's inputs is kept
 * Room: collector/shell.
 *
 * The engine of the collector reads and writes its journal here and nowhere else. Today's
 * implementation is journal_lmdb.h; one that replicates takes the same place. What every
 * implementation promises, and tests/unit/test_journal_store.c checks:
 *
 *  Order     Records have positions that grow from 1. Followers see them in that order, each
 *            once, with the bytes that were appended. Positions need not be without gaps.
 *  Durable   append, snapshot and trim only stage. journal_store_settle() returns ERR_OK when
 *            all of it would survive the loss of power (where it replicates: of as many
 *            copies as it was set up for). Nothing may be acknowledged before.
 *  Prefix    When settle fails, or the process dies before it returned, what was staged is
 *            there up to some record and not beyond; with `is_atomic` nothing of it is there,
 *            or (only of a process that died in it) everything. Whoever appended knows less
 *            than the journal then: he throws away what he made of it and begins again with
 *            snapshot and follow.
 *  Writer    One at a time. An append at a position that is taken by another writer fails
 *            with ERR_EXISTS: this one is the engine no more, and has to end.
 *  Once      Each input names itself. With `has_ids` the engine passes over one that it has
 *            stored already, as far back as it remembers. The machine counts a result once in
 *            any case (I1), so this saves space and is not needed to be right.
 *  Snapshot  The machine at a position: everything below it is in there. It is replaced as a
 *            whole: a crash leaves the old one or the new one, and never a journal that begins
 *            after both.
 *  Trim      Takes records below the snapshot away, the oldest first. A follower that asks for
 *            what is gone begins with the oldest there is.
 *  Failing   ERR_FULL: no room (trimming works all the same); ERR_IO: broken; ERR_AGAIN: not
 *            reachable. Nothing blocks for longer than the medium takes. What was settled
 *            can be read through all of it, or reading says why not.
 *
 * What one that replicates cannot do is to write rows in the same transaction. So rows are
 * only ever what follows from the records (I8, prop.collector): with `has_rows` they are
 * written with the record; without, whoever follows applies each record again and writes the
 * rows that follow, and where his rows end he keeps the position beside them. Threads: one
 * writes; follow, wait and snapshot_get may be called by any. */
#ifndef COLLECTOR_SHELL_JOURNAL_STORE_H
#define COLLECTOR_SHELL_JOURNAL_STORE_H

#include "collector/core/effect.h"
#include "common/core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct journal_entry {
	uint64_t position; /* the writer's next: journal_store_end() */
	/* The message that brought it: an agent, its life, its first number. "" = none. */
	const char *agent;
	uint64_t incarnation;
	uint64_t seq;
	const void *record; /* borrowed for the call, as all the rest */
	size_t len;
	const struct effects
	    *rows; /* that follow from it, NULL = none; the record is none */
};

struct journal_snapshot {
	uint64_t position; /* the first record that is not in it */
	struct now now;    /* of its last input */
	const void *machine;
	size_t len;
};

struct journal_store;

/* Given a record; false = enough. Everything is borrowed for the call. */
typedef bool journal_reader(
    void *context, uint64_t position, const void *record, size_t len);

struct journal_store_ops {
	void (*append)(
	    struct journal_store *journal, const struct journal_entry *entry);
	void (*snapshot_put)(
	    struct journal_store *journal, const struct journal_snapshot *snapshot);
	size_t (*trim)(struct journal_store *journal, uint64_t below,
	    struct wall before, size_t max);
	void (*spoil)(struct journal_store *journal, enum err err);
	enum err (*settle)(struct journal_store *journal);
	enum err (*follow)(struct journal_store *journal, uint64_t from,
	    journal_reader *each, void *context);
	bool (*wait)(struct journal_store *journal, uint64_t position, int64_t wait_ns);
	enum err (*snapshot_get)(struct journal_store *journal,
	    struct journal_snapshot *out, void **out_memory);
	enum err (*end)(struct journal_store *journal, uint64_t *out_position);
	void (*close)(struct journal_store *journal);
};

/* First member of every implementation. */
struct journal_store {
	const struct journal_store_ops *ops;
	bool is_atomic;
	bool has_rows;
	bool has_ids;
};

/* Stages a record. An error shows when it is settled, as those of the next two do. */
static inline void
journal_store_append(struct journal_store *journal, const struct journal_entry *entry)
{
	journal->ops->append(journal, entry);
}

/* Stages a snapshot in the place of the one before. */
static inline void
journal_store_snapshot_put(
    struct journal_store *journal, const struct journal_snapshot *snapshot)
{
	journal->ops->snapshot_put(journal, snapshot);
}

/* Stages that at most `max` records go, from the oldest on, that are both below the position
 * of the newest snapshot, the staged one included, and `below`, and came before `before`.
 * Returns how many. */
static inline size_t
journal_store_trim(
    struct journal_store *journal, uint64_t below, struct wall before, size_t max)
{
	return journal->ops->trim(journal, below, before, max);
}

/* What is staged must not be: settle fails with `err`. */
static inline void
journal_store_spoil(struct journal_store *journal, enum err err)
{
	journal->ops->spoil(journal, err);
}

/* Makes what is staged durable; see above. ERR_OK when nothing is. Blocks. */
static inline enum err WARN_UNUSED
journal_store_settle(struct journal_store *journal)
{
	return journal->ops->settle(journal);
}

/* Reads what is settled from `from` on (0: the oldest), as of the call, until `each` says
 * enough. */
static inline enum err WARN_UNUSED
journal_store_follow(
    struct journal_store *journal, uint64_t from, journal_reader *each, void *context)
{
	return journal->ops->follow(journal, from, each, context);
}

/* Blocks until there is a record at `position` or beyond, at most `wait_ns`; true when there
 * is. */
static inline bool
journal_store_wait(struct journal_store *journal, uint64_t position, int64_t wait_ns)
{
	return journal->ops->wait(journal, position, wait_ns);
}

/* The snapshot that is settled; `*out_memory` holds its bytes and is to be freed.
 * ERR_NOTFOUND: there is none; ERR_FORMAT. */
static inline enum err WARN_UNUSED
journal_store_snapshot_get(
    struct journal_store *journal, struct journal_snapshot *out, void **out_memory)
{
	return journal->ops->snapshot_get(journal, out, out_memory);
}

/* The position behind all that is settled and staged. */
static inline enum err WARN_UNUSED
journal_store_end(struct journal_store *journal, uint64_t *out_position)
{
	return journal->ops->end(journal, out_position);
}

/* What is staged is gone. NULL is legal. */
static inline void
journal_store_close(struct journal_store *journal)
{
	if (journal != NULL) {
		journal->ops->close(journal);
	}
}

#endif
