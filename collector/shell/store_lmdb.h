/* store_lmdb - the collector's tables on disk
 * Room: collector/shell.
 *
 * Writes come from the engine's thread only, as the effects of one or more steps in one
 * transaction, synced to the medium when it commits. Readers of any thread use short read
 * transactions of their own and never block the writer.
 *
 * Schema version 1: meta/"schema", meta/"snapshot" (version, journal sequence, time,
 * machine), journal, agent, incident, outbox, timeline, source, member, audit; layouts are those of the
 * core's codecs, counted keys are 8 bytes big-endian. A store of a newer version is refused
 * untouched. */
#ifndef COLLECTOR_SHELL_STORE_LMDB_H
#define COLLECTOR_SHELL_STORE_LMDB_H

#include "collector/core/effect.h"
#include "collector/shell/journal_store.h"
#include "common/shell/db.h"

enum {
	STORE_SCHEMA = 1
};

struct store {
	struct db db;
};

/* Opens or makes the store. On failure one line for people in `error`. */
enum err store_open(struct store *store, const char *path, uint64_t bytes_max,
    char *error, size_t cap) WARN_UNUSED;
/* To look at one, whoever has it open; nothing is made or written. */
enum err store_open_read(struct store *store, const char *path, uint64_t bytes_max,
    char *error, size_t cap) WARN_UNUSED;
void store_close(struct store *store);

/* Adds the rows of one step to `txn`; sends and the journal's own record are passed over. */
void store_add(struct db_txn *txn, const struct effects *effects);

/* What a restart begins with. `out->machine` is borrowed until `txn` ends; ERR_NOTFOUND:
 * there is none. */
void store_snapshot_put(struct db_txn *txn, const struct journal_snapshot *snapshot,
    void *scratch, size_t scratch_cap);
enum err store_snapshot_get(
    struct db_txn *txn, struct journal_snapshot *out) WARN_UNUSED;

/* Deletes at most `max` journal records that are below `seq` and older than `before`.
 * Returns how many. */
size_t store_trim(struct db_txn *txn, uint64_t seq, struct wall before, size_t max);

#endif
