#include "collector/shell/journal_lmdb.h"

#include "common/shell/clock_sys.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct journal_lmdb {
	struct journal_store store; /* first */
	struct db *db;
	struct db_txn txn; /* what is staged */
	bool is_open;
	uint64_t end; /* behind what is staged; 0 = not looked up */
	pthread_mutex_t mutex;
	pthread_cond_t grown;
	uint64_t settled; /* the newest position; under the mutex */
};

static struct journal_lmdb *
self(struct journal_store *journal)
{
	return (struct journal_lmdb *)journal;
}

/* Behind the last record, and not before the snapshot: all may be trimmed. */
static uint64_t
find_end(struct db_txn *txn)
{
	struct journal_snapshot snapshot;
	struct db_cursor cursor;
	uint64_t end = 1;

	db_cursor_open(&cursor, txn, TABLE_JOURNAL);
	db_cursor_last(&cursor);
	if (cursor.is_valid) {
		end = db_u64(cursor.key.data) + 1;
	}
	db_cursor_close(&cursor);
	if (store_snapshot_get(txn, &snapshot) == ERR_OK && snapshot.position > end) {
		end = snapshot.position;
	}
	return end;
}

static struct db_txn *
open_txn(struct journal_lmdb *journal)
{
	if (!journal->is_open) {
		db_begin(journal->db, true, &journal->txn);
		journal->is_open = true;
	}
	return &journal->txn;
}

static enum err
lmdb_end(struct journal_store *store, uint64_t *out_position)
{
	struct journal_lmdb *journal = self(store);
	struct db_txn txn;
	enum err err = ERR_OK;

	if (journal->end == 0 && journal->is_open) {
		journal->end = find_end(&journal->txn);
		err = journal->txn.err;
	} else if (journal->end == 0) {
		db_begin(journal->db, false, &txn);
		journal->end = find_end(&txn);
		err = txn.err;
		db_abort(&txn);
	}
	*out_position = journal->end;
	if (err != ERR_OK) {
		journal->end = 0;
	}
	return err;
}

static void
lmdb_append(struct journal_store *store, const struct journal_entry *entry)
{
	struct journal_lmdb *journal = self(store);
	struct db_txn *txn = open_txn(journal);
	uint64_t end;
	enum err err = lmdb_end(store, &end);

	if (err == ERR_OK && entry->position < end) {
		err = ERR_EXISTS;
	}
	if (err != ERR_OK) {
		journal_store_spoil(store, err);
		return;
	}
	db_put_u64(txn, TABLE_JOURNAL, entry->position, entry->record, entry->len);
	if (entry->rows != NULL) {
		store_add(txn, entry->rows);
	}
	journal->end = entry->position + 1;
}

static void
lmdb_snapshot_put(struct journal_store *store, const struct journal_snapshot *snapshot)
{
	bool is_alone = !self(store)->is_open;
	struct db_txn *txn = open_txn(self(store));
	size_t cap = snapshot->len + 64;
	void *row = malloc(cap);

	if (is_alone) {
		db_use_reserve(
		    txn); /* it takes the place of the last, and trimming follows */
	}
	if (row == NULL) {
		journal_store_spoil(store, ERR_NOMEM);
		return;
	}
	store_snapshot_put(txn, snapshot, row, cap);
	free(row);
}

static size_t
lmdb_trim(struct journal_store *store, uint64_t below, struct wall before, size_t max)
{
	struct db_txn *txn = open_txn(self(store));
	struct journal_snapshot snapshot;

	if (store_snapshot_get(txn, &snapshot) != ERR_OK) {
		return 0; /* everything is needed */
	}
	return store_trim(
	    txn, below < snapshot.position ? below : snapshot.position, before, max);
}

static void
lmdb_spoil(struct journal_store *store, enum err err)
{
	struct db_txn *txn = open_txn(self(store));

	if (txn->err == ERR_OK) {
		txn->err = err;
	}
}

static enum err
lmdb_settle(struct journal_store *store)
{
	struct journal_lmdb *journal = self(store);
	enum err err;

	if (!journal->is_open) {
		return ERR_OK;
	}
	err = db_commit(&journal->txn);
	journal->is_open = false;
	if (err != ERR_OK) {
		journal->end = 0;
		return err;
	}
	(void)pthread_mutex_lock(&journal->mutex);
	if (journal->end > 0) {
		journal->settled = journal->end - 1;
	}
	(void)pthread_cond_broadcast(&journal->grown);
	(void)pthread_mutex_unlock(&journal->mutex);
	return ERR_OK;
}

static enum err
lmdb_follow(
    struct journal_store *store, uint64_t from, journal_reader *each, void *context)
{
	struct db_cursor cursor;
	struct db_txn txn;
	bool go_on = true;
	enum err err;

	db_begin(self(store)->db, false, &txn);
	db_cursor_open(&cursor, &txn, TABLE_JOURNAL);
	db_cursor_seek_u64(&cursor, from);
	while (cursor.is_valid && go_on) {
		go_on = each(context, db_u64(cursor.key.data), cursor.value.data,
		    cursor.value.len);
		db_cursor_next(&cursor);
	}
	db_cursor_close(&cursor);
	err = txn.err;
	db_abort(&txn);
	return err;
}

static bool
lmdb_wait(struct journal_store *store, uint64_t position, int64_t wait_ns)
{
	struct journal_lmdb *journal = self(store);
	int64_t at_ns = clock_add_ns(clock_sys_now().mono.ns, wait_ns);
	struct timespec until = {.tv_sec = (time_t)(at_ns / CLOCK_NS_PER_S),
	    .tv_nsec = (long)(at_ns % CLOCK_NS_PER_S)};
	bool is_there;
	int rc = 0;

	(void)pthread_mutex_lock(&journal->mutex);
	while (journal->settled < position && rc != ETIMEDOUT) {
		rc = pthread_cond_timedwait(&journal->grown, &journal->mutex, &until);
	}
	is_there = journal->settled >= position;
	(void)pthread_mutex_unlock(&journal->mutex);
	return is_there;
}

static enum err
lmdb_snapshot_get(
    struct journal_store *store, struct journal_snapshot *out, void **out_memory)
{
	struct db_txn txn;
	void *copy = NULL;
	enum err err;

	db_begin(self(store)->db, false, &txn);
	err = store_snapshot_get(&txn, out);
	if (err == ERR_OK) {
		copy = malloc(out->len + 1);
		err = copy == NULL ? ERR_NOMEM : ERR_OK;
	}
	if (err == ERR_OK) {
		memcpy(copy, out->machine, out->len);
		out->machine = copy;
		*out_memory = copy;
	}
	db_abort(&txn);
	return err;
}

static void
lmdb_close(struct journal_store *store)
{
	struct journal_lmdb *journal = self(store);

	if (journal->is_open) {
		db_abort(&journal->txn);
	}
	(void)pthread_cond_destroy(&journal->grown);
	(void)pthread_mutex_destroy(&journal->mutex);
	free(journal);
}

static const struct journal_store_ops ops = {.append = lmdb_append,
    .snapshot_put = lmdb_snapshot_put,
    .trim = lmdb_trim,
    .spoil = lmdb_spoil,
    .settle = lmdb_settle,
    .follow = lmdb_follow,
    .wait = lmdb_wait,
    .snapshot_get = lmdb_snapshot_get,
    .end = lmdb_end,
    .close = lmdb_close};

struct journal_store *
journal_lmdb_new(struct store *store)
{
	struct journal_lmdb *journal = calloc(1, sizeof(*journal));
	pthread_condattr_t attribute;
	uint64_t end;

	if (journal == NULL) {
		return NULL;
	}
	journal->store = (struct journal_store){
	    .ops = &ops, .is_atomic = true, .has_rows = true, .has_ids = false};
	journal->db = &store->db;
	if (pthread_condattr_init(&attribute) != 0 ||
	    pthread_condattr_setclock(&attribute, CLOCK_MONOTONIC) != 0 ||
	    pthread_mutex_init(&journal->mutex, NULL) != 0 ||
	    pthread_cond_init(&journal->grown, &attribute) != 0) {
		free(journal);
		return NULL;
	}
	(void)pthread_condattr_destroy(&attribute);
	if (lmdb_end(&journal->store, &end) == ERR_OK) {
		journal->settled = end - 1;
	}
	return &journal->store;
}
