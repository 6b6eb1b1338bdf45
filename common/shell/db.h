/* db - LMDB with sticky transactions
 * Room: common/shell.
 *
 * The one place that calls LMDB (http://www.lmdb.tech/doc/). A transaction carries its
 * first error: after it every call is a no-op and commit reports it, so that a run of
 * puts needs one check at its end. Tables are numbered by the caller and opened by name
 * once. One environment may be open for writing in one process only: a lock file says
 * ERR_INUSE otherwise. Threads: one writer at a time (LMDB's own lock), any number of readers. */
#ifndef COMMON_SHELL_DB_H
#define COMMON_SHELL_DB_H

#include "common/core/err.h"

#include <lmdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	DB_TABLES = 16
};

/* How much a commit promises. */
enum db_sync {
	DB_SYNC_FULL = 0, /* on the medium when commit returns: survives power loss */
	DB_SYNC_LATER /* survives the death of the process; db_sync() for the medium */
};

struct db {
	MDB_env *env;
	MDB_dbi dbi[DB_TABLES];
	size_t tables;
	uint64_t bytes_max;
	int lock_fd;
};

struct db_txn {
	struct db *db;
	MDB_txn *txn;
	enum err err;  /* the first failure */
	bool has_room; /* the first put has found some */
};

struct db_value {
	const void *data;
	size_t len;
};

struct db_conf {
	const char *path;         /* a folder; its parent must exist */
	const char *const *names; /* of the tables */
	size_t tables;
	uint64_t bytes_max;
	enum db_sync sync;
	/* To look at what another process has open, too: nothing is made, locked or
	 * written (ERR_DENIED), and ERR_NOTFOUND when there is nothing. While a read
	 * transaction is open, the other's pages are not used again: be short. */
	bool is_read_only;
};

/* Opens or makes the folder. On failure one line for people goes to `error`: ERR_INUSE
 * (another process has it), ERR_DENIED, ERR_FULL, ERR_FORMAT, ERR_IO. */
enum err db_open(
    struct db *db, const struct db_conf *conf, char *error, size_t cap) WARN_UNUSED;

/* Closes; a half-opened or zeroed `db` is fine. */
void db_close(struct db *db);

/* Begins; failure shows at the end like any other. */
void db_begin(struct db *db, bool is_write, struct db_txn *txn);

/* Lets the puts of this transaction use the reserve: it makes room. */
void db_use_reserve(struct db_txn *txn);

/* Ends with the first error of the transaction, ERR_OK when everything is committed. A
 * transaction that failed is undone. */
enum err db_commit(struct db_txn *txn) WARN_UNUSED;
void db_abort(struct db_txn *txn);

void db_put(struct db_txn *txn, size_t table, const void *key, size_t key_len,
    const void *value, size_t value_len);
/* Absent rows are no error. */
void db_delete(struct db_txn *txn, size_t table, const void *key, size_t key_len);
/* True and the value (borrowed until the transaction ends) when the row is there. */
bool db_get(struct db_txn *txn, size_t table, const void *key, size_t key_len,
    struct db_value *out);

/* The layout of all keys that are counted: 8 bytes, big-endian, so that order is order.
 */
void db_put_u64(struct db_txn *txn, size_t table, uint64_t key, const void *value,
    size_t value_len);
void db_delete_u64(struct db_txn *txn, size_t table, uint64_t key);
bool db_get_u64(struct db_txn *txn, size_t table, uint64_t key, struct db_value *out);
uint64_t db_u64(const void *key);

/* Walking a table. A cursor stands on a row or beyond the end (`is_valid`). */
struct db_cursor {
	MDB_cursor *cursor;
	struct db_txn *txn;
	bool is_valid;
	struct db_value key;
	struct db_value value;
};

void db_cursor_open(struct db_cursor *cursor, struct db_txn *txn, size_t table);
void db_cursor_first(struct db_cursor *cursor);
void db_cursor_last(struct db_cursor *cursor);
/* The first row whose key is not less. */
void db_cursor_seek(struct db_cursor *cursor, const void *key, size_t key_len);
void db_cursor_seek_u64(struct db_cursor *cursor, uint64_t key);
void db_cursor_next(struct db_cursor *cursor);
void db_cursor_prev(struct db_cursor *cursor);
void db_cursor_close(struct db_cursor *cursor);

/* Number of rows; 0 on error. */
uint64_t db_count(struct db_txn *txn, size_t table);

/* Flushes to the medium; for DB_SYNC_LATER. Blocks. */
enum err db_sync(struct db *db) WARN_UNUSED;

/* Writes what is committed now, compacted and synced, into a new folder. Any thread; writers
 * go on. ERR_EXISTS: it is there; ERR_NOTFOUND: its parent is not; ERR_DENIED, ERR_FULL,
 * ERR_IO. On failure nothing is left. Blocks. */
enum err db_copy(struct db *db, const char *path, uint64_t *out_bytes) WARN_UNUSED;

/* Bytes of the data file in use, as of the last commit. */
uint64_t db_bytes(struct db *db);

#endif
