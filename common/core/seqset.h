/* seqset - which sequence numbers are there, as few ranges
 * Room: common/core (pure).
 *
 * Sequence numbers arrive in runs, seldom out of order: fresh results overtake a
 * backlog, batches in flight swap. A sorted list of disjoint, non-touching ranges holds
 * that exactly in little room. When a further hole would need more than
 * LIMIT_SEQ_RANGES ranges the add is refused and nothing changes. By value: copy,
 * compare, store. */
#ifndef COMMON_CORE_SEQSET_H
#define COMMON_CORE_SEQSET_H

#include "common/core/buf.h"
#include "common/core/err.h"
#include "common/core/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From `first` to `last`, both included. */
struct seq_range {
	uint64_t first;
	uint64_t last;
};

struct seqset {
	struct seq_range range[LIMIT_SEQ_RANGES];
	size_t len;
};

void seqset_init(struct seqset *set);

/* Adds first..last. ERR_LIMIT when there would be too many holes, ERR_INVALID when
 * `first` > `last`; the set is then as before. What was there already stays once. */
enum err seqset_add(struct seqset *set, uint64_t first, uint64_t last) WARN_UNUSED;

/* Takes first..last out, if it was in. ERR_LIMIT as for adding: a hole may split a
 * range. */
enum err seqset_remove(struct seqset *set, uint64_t first, uint64_t last) WARN_UNUSED;

bool seqset_has(const struct seqset *set, uint64_t seq);

/* How many numbers of first..last are in the set. */
uint64_t seqset_overlap(const struct seqset *set, uint64_t first, uint64_t last);

/* How many numbers there are; saturates. */
uint64_t seqset_count(const struct seqset *set);

void seqset_save(const struct seqset *set, struct buf *buf);
/* ERR_FORMAT when the bytes are no sorted, disjoint set; `set` is then untouched. */
enum err seqset_load(struct seqset *set, struct buf *buf) WARN_UNUSED;

#endif
