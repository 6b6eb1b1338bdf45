#include "tests/sim/disk.h"

#include "common/core/buf.h"
#include "common/core/clock.h"
#include "common/shell/db.h"
#include "tests/sim/chance.h"
#include "tests/sim/node.h"
#include "tests/sim/trace.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum writing {
	WRITING_NOT = 0,
	WRITING_OPEN,
	WRITING_COMMIT /* on its way to the medium */
};

struct disk_table {
	struct disk_row *row; /* by key, rising */
	size_t len;
	size_t cap;
};

struct disk {
	struct node *node;
	disk_watcher *watcher;
	struct disk_table table[DB_TABLES];
	struct disk_change *change; /* of the open transaction, in order */
	size_t change_len;
	size_t change_cap;
	enum writing writing;
	bool is_behind; /* a commit failed, and nobody has read what is there since */
	bool is_full;
	unsigned broken_percent;
	uint64_t bytes;
};

static void *
memory_of(void *old, size_t bytes)
{
	void *memory = realloc(old, bytes > 0 ? bytes : 1);

	if (memory == NULL) {
		abort();
	}
	return memory;
}

static unsigned char *
copy_of(const void *data, size_t len)
{
	unsigned char *copy = memory_of(NULL, len);

	if (len > 0) {
		memcpy(copy, data, len);
	}
	return copy;
}

static void
free_row(struct disk_row *row)
{
	free(row->key);
	free(row->value);
	*row = (struct disk_row){0};
}

static int
compare(const struct disk_row *row, const void *key, size_t key_len)
{
	size_t len = row->key_len < key_len ? row->key_len : key_len;
	int order = memcmp(row->key, key, len);

	if (order != 0 || row->key_len == key_len) {
		return order;
	}
	return row->key_len < key_len ? -1 : 1;
}

/* Where the first row stands whose key is not less. */
static size_t
position(const struct disk_table *table, const void *key, size_t key_len)
{
	size_t low = 0;
	size_t high = table->len;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (compare(&table->row[middle], key, key_len) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

static bool
is_at(const struct disk_table *table, size_t at, const void *key, size_t key_len)
{
	return at < table->len && compare(&table->row[at], key, key_len) == 0;
}

static void
put_in(struct disk_table *table, size_t at, struct disk_row row)
{
	if (table->len == table->cap) {
		table->cap = table->cap == 0 ? 64 : 2 * table->cap;
		table->row = memory_of(table->row, table->cap * sizeof(row));
	}
	memmove(&table->row[at + 1], &table->row[at], (table->len - at) * sizeof(row));
	table->row[at] = row;
	table->len++;
}

static void
take_out(struct disk_table *table, size_t at)
{
	table->len--;
	memmove(&table->row[at], &table->row[at + 1],
	    (table->len - at) * sizeof(table->row[0]));
}

/* ---- disks ---- */

struct disk *
disk_new(struct node *node, disk_watcher *watcher)
{
	struct disk *disk = calloc(1, sizeof(*disk));

	if (disk == NULL) {
		abort();
	}
	disk->node = node;
	disk->watcher = watcher;
	return disk;
}

void
disk_wipe(struct disk *disk)
{
	assert(disk->writing == WRITING_NOT);
	for (size_t t = 0; t < DB_TABLES; t++) {
		struct disk_table *table = &disk->table[t];

		for (size_t i = 0; i < table->len; i++) {
			free_row(&table->row[i]);
		}
		table->len = 0;
	}
	disk->bytes = 0;
}

void
disk_free(struct disk *disk)
{
	(void)disk_process_died(disk);
	disk_wipe(disk);
	for (size_t t = 0; t < DB_TABLES; t++) {
		free(disk->table[t].row);
	}
	free(disk->change);
	free(disk);
}

void
disk_set_full(struct disk *disk, bool is_full)
{
	disk->is_full = is_full;
}

void
disk_set_broken(struct disk *disk, unsigned percent)
{
	disk->broken_percent = percent;
}

bool
disk_is_written(const struct disk *disk)
{
	return disk->writing != WRITING_NOT;
}

size_t
disk_rows(const struct disk *disk, size_t table)
{
	return disk->table[table].len;
}

const struct disk_row *
disk_find(const struct disk *disk, size_t table, const void *key, size_t key_len)
{
	size_t at = position(&disk->table[table], key, key_len);

	return is_at(&disk->table[table], at, key, key_len)
		   ? &disk->table[table].row[at]
		   : NULL;
}

const struct disk_row *
disk_find_u64(const struct disk *disk, size_t table, uint64_t key)
{
	unsigned char bytes[8];

	buf_big_endian(key, bytes);
	return disk_find(disk, table, bytes, sizeof(bytes));
}

/* ---- transactions ---- */

static void
forget_changes(struct disk *disk)
{
	for (size_t i = 0; i < disk->change_len; i++) {
		free_row(&disk->change[i].before);
	}
	disk->change_len = 0;
	disk->writing = WRITING_NOT;
}

static void
keep_changes(struct disk *disk)
{
	disk->watcher(disk->node, disk->change, disk->change_len);
	forget_changes(disk);
}

/* Backwards, so that a row that was changed twice is as it was at first. */
static void
undo_changes(struct disk *disk)
{
	for (size_t i = disk->change_len; i-- > 0;) {
		struct disk_change *change = &disk->change[i];
		struct disk_table *table = &disk->table[change->table];
		const struct disk_row *row =
		    change->after.key != NULL ? &change->after : &change->before;
		size_t at = position(table, row->key, row->key_len);

		if (change->after.key != NULL) {
			disk->bytes -= change->after.value_len;
			free_row(&table->row[at]);
			take_out(table, at);
		}
		if (change->before.key != NULL) {
			disk->bytes += change->before.value_len;
			put_in(table, at, change->before);
			change->before = (struct disk_row){0};
		}
	}
	forget_changes(disk);
}

bool
disk_process_died(struct disk *disk)
{
	bool is_behind = disk->is_behind;

	disk->is_behind = false;
	if (disk->writing == WRITING_NOT) {
		return !is_behind;
	}
	if (disk->writing == WRITING_COMMIT && chance_percent(50)) {
		trace_line(disk->node->name, "its last transaction is on the disk");
		keep_changes(disk);
		return true;
	}
	undo_changes(disk);
	return false;
}

static void
note(struct disk *disk, struct disk_change change)
{
	if (disk->change_len == disk->change_cap) {
		disk->change_cap = disk->change_cap == 0 ? 64 : 2 * disk->change_cap;
		disk->change =
		    memory_of(disk->change, disk->change_cap * sizeof(change));
	}
	disk->change[disk->change_len++] = change;
}

/* ---- db.h ---- */

/* The handles of the library carry ours. */
static struct disk *
disk_of(const struct db_txn *txn)
{
	return (struct disk *)(void *)txn->db->env;
}

enum err
db_open(struct db *db, const struct db_conf *conf, char *error, size_t cap)
{
	(void)error;
	(void)cap;
	*db = (struct db){.env = (MDB_env *)(void *)node_current()->disk,
	    .tables = conf->tables,
	    .bytes_max = conf->bytes_max,
	    .lock_fd = -1};
	return ERR_OK;
}

void
db_close(struct db *db)
{
	db->env = NULL;
}

void
db_begin(struct db *db, bool is_write, struct db_txn *txn)
{
	struct disk *disk = (struct disk *)(void *)db->env;

	*txn = (struct db_txn){.db = db};
	assert(disk->writing == WRITING_NOT);
	disk->is_behind = disk->is_behind && is_write;
	if (is_write) {
		disk->writing = WRITING_OPEN;
		txn->txn = (MDB_txn *)(void *)disk;
	}
}

void
db_use_reserve(struct db_txn *txn)
{
	txn->has_room = true;
}

void
db_abort(struct db_txn *txn)
{
	if (txn->txn != NULL) {
		undo_changes(disk_of(txn));
		txn->txn = NULL;
	}
}

enum err
db_commit(struct db_txn *txn)
{
	struct disk *disk = disk_of(txn);

	if (txn->err == ERR_OK && chance_percent(disk->broken_percent)) {
		txn->err = ERR_IO;
	}
	if (txn->err == ERR_OK) {
		disk->writing = WRITING_COMMIT;
		node_sleep(chance_between(CLOCK_NS_PER_MS, 20 * CLOCK_NS_PER_MS));
		keep_changes(disk);
		node_may_die();
	} else {
		trace_line(disk->node->name, "cannot commit: %s", err_name(txn->err));
		undo_changes(disk);
		disk->is_behind = true;
	}
	txn->txn = NULL;
	return txn->err;
}

void
db_put(struct db_txn *txn, size_t table_number, const void *key, size_t key_len,
    const void *value, size_t value_len)
{
	struct disk *disk = disk_of(txn);
	struct disk_table *table = &disk->table[table_number];
	struct disk_row row = {
	    copy_of(key, key_len), key_len, copy_of(value, value_len), value_len};
	struct disk_change change = {.table = table_number, .after = row};
	size_t at = position(table, key, key_len);

	assert(disk->writing == WRITING_OPEN);
	txn->has_room = txn->has_room || !disk->is_full;
	if (txn->err == ERR_OK && !txn->has_room) {
		txn->err = ERR_FULL;
	}
	if (txn->err != ERR_OK) {
		free_row(&row);
		return;
	}
	disk->bytes += value_len;
	if (is_at(table, at, key, key_len)) {
		change.before = table->row[at];
		disk->bytes -= change.before.value_len;
		table->row[at] = row;
	} else {
		put_in(table, at, row);
	}
	note(disk, change);
}

void
db_delete(struct db_txn *txn, size_t table_number, const void *key, size_t key_len)
{
	struct disk *disk = disk_of(txn);
	struct disk_table *table = &disk->table[table_number];
	size_t at = position(table, key, key_len);

	assert(disk->writing == WRITING_OPEN);
	if (txn->err == ERR_OK && is_at(table, at, key, key_len)) {
		disk->bytes -= table->row[at].value_len;
		note(disk, (struct disk_change){
			       .table = table_number, .before = table->row[at]});
		take_out(table, at);
	}
}

bool
db_get(struct db_txn *txn, size_t table, const void *key, size_t key_len,
    struct db_value *out)
{
	const struct disk_row *row;

	if (txn->err != ERR_OK) {
		return false;
	}
	row = disk_find(disk_of(txn), table, key, key_len);
	if (row != NULL) {
		*out = (struct db_value){row->value, row->value_len};
	}
	return row != NULL;
}

uint64_t
db_u64(const void *key)
{
	return buf_from_big_endian(key);
}

void
db_put_u64(
    struct db_txn *txn, size_t table, uint64_t key, const void *value, size_t value_len)
{
	unsigned char bytes[8];

	buf_big_endian(key, bytes);
	db_put(txn, table, bytes, sizeof(bytes), value, value_len);
}

void
db_delete_u64(struct db_txn *txn, size_t table, uint64_t key)
{
	unsigned char bytes[8];

	buf_big_endian(key, bytes);
	db_delete(txn, table, bytes, sizeof(bytes));
}

bool
db_get_u64(struct db_txn *txn, size_t table, uint64_t key, struct db_value *out)
{
	unsigned char bytes[8];

	buf_big_endian(key, bytes);
	return db_get(txn, table, bytes, sizeof(bytes), out);
}

/* ---- cursors: the key they stand on says where they are ---- */

static struct disk_table *
table_of(const struct db_cursor *cursor)
{
	return (struct disk_table *)(void *)cursor->cursor;
}

static void
stand(struct db_cursor *cursor, size_t at)
{
	const struct disk_table *table = table_of(cursor);

	cursor->is_valid = cursor->txn->err == ERR_OK && at < table->len;
	if (cursor->is_valid) {
		const struct disk_row *row = &table->row[at];

		cursor->key = (struct db_value){row->key, row->key_len};
		cursor->value = (struct db_value){row->value, row->value_len};
	}
}

void
db_cursor_open(struct db_cursor *cursor, struct db_txn *txn, size_t table)
{
	*cursor = (struct db_cursor){
	    .txn = txn, .cursor = (MDB_cursor *)(void *)&disk_of(txn)->table[table]};
}

void
db_cursor_first(struct db_cursor *cursor)
{
	stand(cursor, 0);
}

void
db_cursor_last(struct db_cursor *cursor)
{
	stand(cursor, table_of(cursor)->len - 1);
}

void
db_cursor_seek(struct db_cursor *cursor, const void *key, size_t key_len)
{
	stand(cursor, position(table_of(cursor), key, key_len));
}

void
db_cursor_seek_u64(struct db_cursor *cursor, uint64_t key)
{
	unsigned char bytes[8];

	buf_big_endian(key, bytes);
	db_cursor_seek(cursor, bytes, sizeof(bytes));
}

void
db_cursor_next(struct db_cursor *cursor)
{
	const struct disk_table *table = table_of(cursor);
	size_t at = position(table, cursor->key.data, cursor->key.len);

	stand(
	    cursor, is_at(table, at, cursor->key.data, cursor->key.len) ? at + 1 : at);
}

void
db_cursor_prev(struct db_cursor *cursor)
{
	stand(
	    cursor, position(table_of(cursor), cursor->key.data, cursor->key.len) - 1);
}

void
db_cursor_close(struct db_cursor *cursor)
{
	cursor->cursor = NULL;
}

uint64_t
db_count(struct db_txn *txn, size_t table)
{
	return disk_of(txn)->table[table].len;
}

enum err
db_sync(struct db *db)
{
	(void)db;
	return ERR_OK;
}

enum err
db_copy(struct db *db, const char *path, uint64_t *out_bytes)
{
	(void)db;
	(void)path;
	(void)out_bytes;
	return ERR_DENIED; /* nobody makes copies in this world */
}

uint64_t
db_bytes(struct db *db)
{
	return ((struct disk *)(void *)db->env)->bytes;
}
