/* journal_lmdb - the journal beside the rows that follow from it, in one LMDB store
 * Room: collector/shell.
 *
 * Atomic: what is staged is one transaction with its rows; it is there or it is not. No
 * identities are remembered: the marks of the machine are in the same transaction. */
#ifndef COLLECTOR_SHELL_JOURNAL_LMDB_H
#define COLLECTOR_SHELL_JOURNAL_LMDB_H

#include "collector/shell/journal_store.h"
#include "collector/shell/store_lmdb.h"

/* NULL: no memory. `store` is borrowed until journal_store_close(). */
struct journal_store *journal_lmdb_new(struct store *store);

#endif
