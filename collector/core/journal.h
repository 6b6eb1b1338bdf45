/* journal - the ordered inputs of the machine, as rows
 * Room: collector/core (pure).
 *
 * Everything that changes the machine's state is one record: what came, when it came on the
 * journal's time line, and nothing about sockets. Replaying the records through the same
 * functions gives the same state. A batch is kept as it was received (framed, compressed);
 * in front of it stands which of its numbers were new, so that a reader counts each result
 * once. Time: `mono` goes on over restarts (downtime included), `wall` is for people. */
#ifndef COLLECTOR_CORE_JOURNAL_H
#define COLLECTOR_CORE_JOURNAL_H

#include "collector/core/orders.h"
#include "common/core/buf.h"
#include "common/core/clock.h"
#include "common/core/err.h"
#include "common/core/limits.h"
#include "common/core/seqset.h"

enum journal_kind {
	JOURNAL_START = 1, /* the collector (re)started */
	JOURNAL_TICK,      /* time went on; agents heard since the last record */
	JOURNAL_BATCH,     /* results of one agent */
	JOURNAL_DELIVERY,  /* a channel answered */
	JOURNAL_RELOAD,    /* it goes on under another configuration */
	JOURNAL_ORDER      /* somebody wants something changed */
};

enum {
	JOURNAL_HEAD_BYTES = 4096,
	JOURNAL_FRESH = 16 /* runs of new numbers in one batch */
};

struct journal_head {
	enum journal_kind kind;
	struct now now;
	/* JOURNAL_BATCH */
	char agent[LIMIT_NAME_BYTES];
	uint64_t incarnation;
	struct seq_range fresh[JOURNAL_FRESH];
	size_t fresh_len;
	const void *frame; /* borrowed, as received */
	size_t frame_len;
	/* JOURNAL_DELIVERY */
	uint64_t row;
	uint32_t delivery;
	int64_t retry_after_ns;
	const char *detail; /* borrowed, not NUL-terminated */
	size_t detail_len;
	/* JOURNAL_TICK: names of agents, length-prefixed texts one after the other */
	const void *heard;
	size_t heard_len;
	const void *left; /* the same for those that said goodbye */
	size_t left_len;
	/* JOURNAL_ORDER */
	struct order order;
};

void journal_encode(const struct journal_head *head, struct buf *buf);

/* ERR_FORMAT, ERR_VERSION; `out` borrows from the buffer. */
enum err journal_decode(struct buf *buf, struct journal_head *out) WARN_UNUSED;

/* True when `seq` was new in this batch. */
bool journal_is_fresh(const struct journal_head *head, uint64_t seq);

#endif
