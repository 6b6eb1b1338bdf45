#include "collector/shell/store_lmdb.h"

#include "collector/core/journal.h"

#include <stdio.h>
#include <string.h>

static const char *const table_names[TABLE_COUNT] = {[TABLE_META] = "meta",
    [TABLE_JOURNAL] = "journal",
    [TABLE_AGENT] = "agent",
    [TABLE_INCIDENT] = "incident",
    [TABLE_OUTBOX] = "outbox",
    [TABLE_TIMELINE] = "timeline",
    [TABLE_SOURCE] = "source",
    [TABLE_MEMBER] = "member",
    [TABLE_AUDIT] = "audit"};

static const char schema_key[] = "schema";
static const char snapshot_key[] = "snapshot";

/* Writes the schema's version into a new store, or compares it. */
static enum err
check_schema(struct store *store, const char *path, char *error, size_t cap)
{
	struct db_txn txn;
	struct db_value value;
	unsigned char bytes[16];
	uint64_t version = STORE_SCHEMA;
	struct buf buf;
	enum err err;

	db_begin(&store->db, true, &txn);
	if (db_get(&txn, TABLE_META, schema_key, sizeof(schema_key), &value)) {
		buf_read(&buf, value.data, value.len);
		version = buf_get_varint(&buf);
		if (!buf_ok(&buf)) {
			version = 0;
		}
	} else {
		buf_write(&buf, bytes, sizeof(bytes));
		buf_put_varint(&buf, STORE_SCHEMA);
		db_put(&txn, TABLE_META, schema_key, sizeof(schema_key), bytes, buf.at);
	}
	err = db_commit(&txn);
	if (err != ERR_OK) {
		(void)snprintf(error, cap, "%s: the store cannot be written: %s", path,
		    err_name(err));
		return err;
	}
	if (version != STORE_SCHEMA) {
		(void)snprintf(error, cap,
		    "%s: store of schema version %llu, expected %d or older: it was "
		    "made by a "
		    "newer parallax-collector and is left untouched",
		    path, (unsigned long long)version, STORE_SCHEMA);
		return ERR_VERSION;
	}
	return ERR_OK;
}

enum err
store_open(
    struct store *store, const char *path, uint64_t bytes_max, char *error, size_t cap)
{
	struct db_conf conf = {.path = path,
	    .names = table_names,
	    .tables = TABLE_COUNT,
	    .bytes_max = bytes_max,
	    .sync = DB_SYNC_FULL};
	enum err err = db_open(&store->db, &conf, error, cap);

	if (err != ERR_OK) {
		return err;
	}
	err = check_schema(store, path, error, cap);
	if (err != ERR_OK) {
		db_close(&store->db);
	}
	return err;
}

enum err
store_open_read(
    struct store *store, const char *path, uint64_t bytes_max, char *error, size_t cap)
{
	struct db_conf conf = {.path = path,
	    .names = table_names,
	    .tables = TABLE_COUNT,
	    .bytes_max = bytes_max,
	    .is_read_only = true};
	struct db_value value;
	struct db_txn txn;
	struct buf buf;
	enum err err = db_open(&store->db, &conf, error, cap);

	if (err != ERR_OK) {
		return err;
	}
	db_begin(&store->db, false, &txn);
	if (db_get(&txn, TABLE_META, schema_key, sizeof(schema_key), &value)) {
		buf_read(&buf, value.data, value.len);
		err = buf_get_varint(&buf) == STORE_SCHEMA ? ERR_OK : ERR_VERSION;
	} else {
		err = txn.err != ERR_OK ? txn.err : ERR_FORMAT;
	}
	db_abort(&txn);
	if (err != ERR_OK) {
		(void)snprintf(error, cap, "%s: not a store of schema version %d: %s",
		    path, STORE_SCHEMA, err_name(err));
		db_close(&store->db);
	}
	return err;
}

void
store_close(struct store *store)
{
	db_close(&store->db);
}

void
store_add(struct db_txn *txn, const struct effects *effects)
{
	for (size_t i = 0; i < effects->len; i++) {
		const struct effect *effect = &effects->item[i];

		switch (effect->kind) {
		case EFFECT_PUT:
			if (effect->table == TABLE_JOURNAL) {
				break;
			}
			db_put(txn, (size_t)effect->table, effect->key, effect->key_len,
			    effect->value, effect->value_len);
			break;
		case EFFECT_DELETE:
			db_delete(
			    txn, (size_t)effect->table, effect->key, effect->key_len);
			break;
		case EFFECT_SEND:
		case EFFECT_ASK:
			break;
		}
	}
}

void
store_snapshot_put(struct db_txn *txn, const struct journal_snapshot *snapshot,
    void *scratch, size_t scratch_cap)
{
	struct buf buf;

	buf_write(&buf, scratch, scratch_cap);
	buf_put_u64(&buf, snapshot->position);
	buf_put_u64(&buf, (uint64_t)snapshot->now.mono.ns);
	buf_put_u64(&buf, (uint64_t)snapshot->now.wall.ns);
	buf_put_bytes(&buf, snapshot->machine, snapshot->len);
	if (!buf_ok(&buf)) {
		txn->err = ERR_LIMIT;
		return;
	}
	db_put(txn, TABLE_META, snapshot_key, sizeof(snapshot_key), scratch, buf.at);
}

enum err
store_snapshot_get(struct db_txn *txn, struct journal_snapshot *out)
{
	struct db_value value;
	struct buf buf;

	if (!db_get(txn, TABLE_META, snapshot_key, sizeof(snapshot_key), &value)) {
		return txn->err == ERR_OK ? ERR_NOTFOUND : txn->err;
	}
	buf_read(&buf, value.data, value.len);
	out->position = buf_get_u64(&buf);
	out->now.mono.ns = (int64_t)buf_get_u64(&buf);
	out->now.wall.ns = (int64_t)buf_get_u64(&buf);
	out->machine = buf_get_bytes(&buf, &out->len);
	return buf_ok(&buf) ? ERR_OK : ERR_FORMAT;
}

size_t
store_trim(struct db_txn *txn, uint64_t seq, struct wall before, size_t max)
{
	struct db_cursor cursor;
	size_t count = 0;

	db_cursor_open(&cursor, txn, TABLE_JOURNAL);
	db_cursor_first(&cursor);
	while (cursor.is_valid && count < max && db_u64(cursor.key.data) < seq) {
		struct journal_head head;
		struct buf buf;
		uint64_t at = db_u64(cursor.key.data);

		buf_read(&buf, cursor.value.data, cursor.value.len);
		if (journal_decode(&buf, &head) == ERR_OK &&
		    head.now.wall.ns >= before.ns) {
			break;
		}
		db_delete_u64(txn, TABLE_JOURNAL, at);
		db_cursor_seek_u64(&cursor, at + 1);
		count++;
	}
	db_cursor_close(&cursor);
	return count;
}
