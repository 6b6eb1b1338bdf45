/* spool - sequence numbers, rows, and what to drop when it is full
 * Room: agent/core (pure); agent/shell/spool_lmdb.c keeps it on disk.
 *
 * A result gets the next sequence number of this spool's incarnation and is a row on disk
 * before it is sent; it is forgotten when the collector says it is durable there. Numbers
 * are never given twice: `next_seq` is committed, and synced, with the rows. When the spool
 * is over its bytes or a row over its age, the oldest rows go first, and exactly which is
 * kept until the collector knows it: a gap is said, never guessed. */
#ifndef AGENT_CORE_SPOOL_H
#define AGENT_CORE_SPOOL_H

#include "common/core/arena.h"
#include "common/core/buf.h"
#include "common/core/clock.h"
#include "common/core/err.h"
#include "common/core/result.h"
#include "common/core/seqset.h"

enum {
	SPOOL_ROW_BYTES =
	    48 << 10,         /* largest row: a source with all its observations */
	SPOOL_ROW_VERSION = 2 /* that is written; 1 is read, too */
};

/* What the spool knows about itself; a row of its own on disk. */
struct spool_book {
	uint64_t incarnation;  /* random, made with the spool */
	uint64_t next_seq;     /* the next number to give; the first is 1 */
	uint64_t rows;         /* waiting */
	uint64_t bytes;        /* of their values */
	uint64_t dropped_rows; /* ever */
	struct seqset dropped; /* numbers the collector does not yet know to be lost */
};

struct spool_limits {
	uint64_t bytes_max;
	int64_t age_max_ns;
};

void spool_book_init(struct spool_book *book, uint64_t incarnation);

/* Takes a number for a row of `row_bytes`. */
uint64_t spool_book_append(struct spool_book *book, size_t row_bytes);

/* The row `seq` is gone because the collector has it. */
void spool_book_forget(struct spool_book *book, uint64_t seq, size_t row_bytes);

/* Whether the oldest row, `seq`, must go at `now` (rows are stamped with the wall clock:
 * they outlive the process). A row from the future is not old. */
bool spool_book_must_drop(const struct spool_book *book,
    const struct spool_limits *limits, struct wall row_at, struct wall now);

/* Drops row `seq`, the oldest there is: it is a hole to be told. What lies before it is gone
 * as well, received or dropped, so when there would be too many ranges the last one grows
 * over it: the collector counts as lost only what it has not. ERR_LIMIT: not the oldest, and
 * no range left; nothing changed. */
enum err spool_book_drop(
    struct spool_book *book, uint64_t seq, size_t row_bytes) WARN_UNUSED;

/* The row `seq` cannot be read: it is a hole to be told, wherever it lies. ERR_LIMIT: no
 * range left for it; nothing changed, and the row must stay until there is one. */
enum err spool_book_damage(
    struct spool_book *book, uint64_t seq, size_t row_bytes) WARN_UNUSED;

void spool_book_save(const struct spool_book *book, struct buf *buf);
/* Books of older agents, too. ERR_FORMAT, ERR_VERSION; `book` is then untouched. */
enum err spool_book_load(struct spool_book *book, struct buf *buf) WARN_UNUSED;

/* Row codec. Texts of the decoded result live in `arena`. Request ids of good results are
 * not kept: they are the largest part of a row and help nobody. A row of an older agent is
 * read as what it is: what it does not have is 0. */
void spool_row_encode(const struct result *result, struct buf *buf);
enum err spool_row_decode(
    struct buf *buf, struct arena *arena, struct result *out) WARN_UNUSED;

/* When the row was made, without decoding the rest: the first field. */
enum err spool_row_time(struct buf *buf, struct wall *out) WARN_UNUSED;

#endif
