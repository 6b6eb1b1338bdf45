/* journal_memory - a journal in memory, far away and not to be relied on
 * Room: tests/support.
 *
 * Behaves as one that replicates may: rows are none of its business, repeats by the same
 * identity are passed over, and when settling fails some of what was staged is there. What it
 * has settled outlives the store that was opened on it. */
#ifndef TESTS_SUPPORT_JOURNAL_MEMORY_H
#define TESTS_SUPPORT_JOURNAL_MEMORY_H

#include "collector/shell/journal_store.h"

struct journal_far; /* the far side */

/* abort()s without memory. `bytes_max` of records. */
struct journal_far *journal_far_new(size_t bytes_max);
void journal_far_free(struct journal_far *far);

/* The next settle fails with `err` after so many of the records that were staged. */
void journal_far_break(struct journal_far *far, enum err err, size_t after);

struct journal_store *journal_memory_open(struct journal_far *far);

#endif
