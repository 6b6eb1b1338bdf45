/* journal_batch - the results of a journalled batch, read back
 * Room: collector/shell. */
#ifndef COLLECTOR_SHELL_JOURNAL_BATCH_H
#define COLLECTOR_SHELL_JOURNAL_BATCH_H

#include "collector/core/ingest.h"
#include "common/core/arena.h"
#include "common/shell/frame.h"

/* Decodes the frame of `head` (JOURNAL_BATCH) as it was when it came. `out` lives in `arena`,
 * which is reset, and in `frame`, until either is used again. False: of an agent that is
 * configured no more, or no batch. */
bool journal_batch_decode(struct frame *frame, struct arena *arena,
    const struct topology *topology, const struct journal_head *head,
    struct ingest_batch *out);

#endif
