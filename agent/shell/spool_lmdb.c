#include "agent/shell/spool_lmdb.h"

#include "common/core/limits.h"
#include "common/shell/clock_sys.h"
#include "common/shell/db.h"
#include "common/shell/failpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum {
	TABLE_ROW = 0,
	TABLE_META,
	TABLES,
	QUEUE_ROWS = 4096 /* appended and not yet committed */
};

static const char *const table_names[TABLES] = {"row", "meta"};
static const char book_key[] = "book";
static const char plan_key[] = "plan";
static const char purse_key[] = "purse";

struct queued {
	unsigned char *row;
	size_t len;
};

struct spool {
	struct db db;
	struct spool_limits limits;
	struct spool_book book; /* as committed */
	struct queued queue[QUEUE_ROWS];
	size_t queue_len;
	uint64_t lost;        /* rows that found no place in the queue */
	struct seqset forget; /* acknowledged, to be deleted with the next flush */
	struct seqset unread; /* cannot be decoded, to be set aside likewise */
	bool unread_is_new;   /* some of them since the last flush */
	uint64_t damaged;     /* were set aside */
	unsigned char scratch[SPOOL_ROW_BYTES];
};

static void
put_book(struct db_txn *txn, const struct spool_book *book)
{
	unsigned char bytes[LIMIT_SEQ_RANGES * 20 + 128];
	struct buf buf;

	buf_write(&buf, bytes, sizeof(bytes));
	spool_book_save(book, &buf);
	if (!buf_ok(&buf)) {
		txn->err = ERR_LIMIT;
		return;
	}
	db_put(txn, TABLE_META, book_key, sizeof(book_key), bytes, buf.at);
}

static enum err
make_book(struct spool *spool, struct db_txn *txn)
{
	uint64_t incarnation;

	if (getrandom(&incarnation, sizeof(incarnation), 0) !=
	    (ssize_t)sizeof(incarnation)) {
		return ERR_IO;
	}
	spool_book_init(&spool->book, incarnation | 1); /* never 0 */
	put_book(txn, &spool->book);
	return txn->err;
}

/* Reads the book, or makes it in a new spool. */
static enum err
load_book(struct spool *spool)
{
	struct db_txn txn;
	struct db_value value;
	enum err err;

	db_begin(&spool->db, true, &txn);
	if (db_get(&txn, TABLE_META, book_key, sizeof(book_key), &value)) {
		struct buf buf;

		buf_read(&buf, value.data, value.len);
		err = spool_book_load(&spool->book, &buf);
	} else {
		err = txn.err == ERR_OK ? make_book(spool, &txn) : txn.err;
	}
	if (err != ERR_OK) {
		db_abort(&txn);
		return err;
	}
	return db_commit(&txn);
}

/* LMDB grows by pages and needs room to delete: twice the limit and a little. */
static struct db_conf
conf_of(const struct spool *spool, const char *path)
{
	return (struct db_conf){.path = path,
	    .names = table_names,
	    .tables = TABLES,
	    .bytes_max = spool->limits.bytes_max * 2 + ((uint64_t)16 << 20),
	    .sync = DB_SYNC_FULL};
}

static enum err
open_once(struct spool *spool, const char *path, char *error, size_t cap)
{
	struct db_conf conf = conf_of(spool, path);
	enum err err = db_open(&spool->db, &conf, error, cap);

	if (err != ERR_OK) {
		return err;
	}
	err = load_book(spool);
	if (err != ERR_OK) {
		(void)snprintf(error, cap, "%s: spool cannot be read: %s%s", path,
		    err_name(err),
		    err == ERR_VERSION ? ", made by a newer version of the agent" : "");
		db_close(&spool->db);
	}
	return err;
}

static bool
set_aside(const char *path)
{
	char name[4096];
	long long stamp = (long long)(clock_sys_now().wall.ns / CLOCK_NS_PER_S);
	int n = snprintf(name, sizeof(name), "%s.corrupt-%lld", path, stamp);

	return n > 0 && (size_t)n < sizeof(name) && rename(path, name) == 0;
}

enum err
spool_open(const char *path, const struct spool_limits *limits, struct spool **out,
    bool *out_set_aside, char *error, size_t cap)
{
	struct spool *spool = calloc(1, sizeof(*spool));
	enum err err;

	*out_set_aside = false;
	if (spool == NULL) {
		(void)snprintf(error, cap, "%s: no memory for the spool", path);
		return ERR_NOMEM;
	}
	spool->limits = *limits;
	err = open_once(spool, path, error, cap);
	if (err == ERR_FORMAT && set_aside(path)) {
		*out_set_aside = true;
		err = open_once(spool, path, error, cap);
	}
	if (err != ERR_OK) {
		free(spool);
		return err;
	}
	*out = spool;
	return ERR_OK;
}

enum err
spool_peek(const char *path, const struct spool_limits *limits, struct spool **out,
    char *error, size_t cap)
{
	struct spool *spool = calloc(1, sizeof(*spool));
	struct db_conf conf;
	enum err err;

	if (spool == NULL) {
		(void)snprintf(error, cap, "%s: no memory for the spool", path);
		return ERR_NOMEM;
	}
	spool->limits = *limits;
	conf = conf_of(spool, path);
	conf.is_read_only = true;
	err = db_open(&spool->db, &conf, error, cap);
	if (err != ERR_OK) {
		free(spool);
		return err;
	}
	*out = spool;
	return ERR_OK;
}

static void
clear_queue(struct spool *spool)
{
	for (size_t i = 0; i < spool->queue_len; i++) {
		free(spool->queue[i].row);
	}
	spool->queue_len = 0;
}

void
spool_close(struct spool *spool)
{
	if (spool == NULL) {
		return;
	}
	clear_queue(spool);
	db_close(&spool->db);
	free(spool);
}

const struct spool_book *
spool_book(const struct spool *spool)
{
	return &spool->book;
}

uint64_t
spool_durable_seq(const struct spool *spool)
{
	return spool->book.next_seq;
}

bool
spool_is_dirty(const struct spool *spool)
{
	return spool->queue_len > 0 || spool->forget.len > 0 || spool->unread_is_new;
}

enum err
spool_append(struct spool *spool, const struct result *result)
{
	struct buf buf;
	unsigned char *row;

	failpoint(FAILPOINT_AGENT_SPOOL_BEFORE_APPEND);
	buf_write(&buf, spool->scratch, sizeof(spool->scratch));
	spool_row_encode(result, &buf);
	if (!buf_ok(&buf)) {
		return ERR_LIMIT;
	}
	if (spool->queue_len == QUEUE_ROWS) {
		/* The disk has refused for long: the oldest goes, as in the spool itself. */
		free(spool->queue[0].row);
		memmove(&spool->queue[0], &spool->queue[1],
		    (QUEUE_ROWS - 1) * sizeof(spool->queue[0]));
		spool->queue_len--;
		spool->lost++;
	}
	row = malloc(buf.at);
	if (row == NULL) {
		return ERR_NOMEM;
	}
	memcpy(row, spool->scratch, buf.at);
	spool->queue[spool->queue_len++] = (struct queued){row, buf.at};
	failpoint(FAILPOINT_AGENT_SPOOL_AFTER_APPEND);
	return ERR_OK;
}

void
spool_forget(struct spool *spool, const struct seq_range *range, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		/* Too many runs apart, or one that is none: its rows stay and are sent
		 * again, which does no harm. */
		if (seqset_add(&spool->forget, range[i].first, range[i].last) !=
		    ERR_OK) {
			return;
		}
	}
}

/* Deletes the rows of an acknowledged range; holes in it are known to the collector now. */
static void
forget_range(struct db_txn *txn, struct spool_book *book, struct seq_range range)
{
	struct db_cursor cursor;

	db_cursor_open(&cursor, txn, TABLE_ROW);
	db_cursor_seek_u64(&cursor, range.first);
	while (cursor.is_valid && db_u64(cursor.key.data) <= range.last) {
		uint64_t seq = db_u64(cursor.key.data);

		spool_book_forget(book, seq, cursor.value.len);
		db_delete_u64(txn, TABLE_ROW, seq);
		db_cursor_seek_u64(&cursor, seq + 1);
	}
	db_cursor_close(&cursor);
	if (seqset_remove(&book->dropped, range.first, range.last) != ERR_OK) {
		return; /* told once more: the collector knows these numbers */
	}
}

static void
drop_oldest(
    struct spool *spool, struct db_txn *txn, struct spool_book *book, struct wall now)
{
	struct db_cursor cursor;

	db_cursor_open(&cursor, txn, TABLE_ROW);
	db_cursor_first(&cursor);
	while (cursor.is_valid) {
		uint64_t seq = db_u64(cursor.key.data);
		size_t len = cursor.value.len;
		struct wall row_at = {0};
		struct buf buf;

		buf_read(&buf, cursor.value.data, len);
		if (spool_row_time(&buf, &row_at) == ERR_OK &&
		    !spool_book_must_drop(book, &spool->limits, row_at, now)) {
			break;
		}
		if (spool_book_drop(book, seq, len) != ERR_OK) {
			break; /* no room to say so: keep the row until there is */
		}
		db_delete_u64(txn, TABLE_ROW, seq);
		db_cursor_seek_u64(&cursor, seq + 1);
	}
	db_cursor_close(&cursor);
}

/* Rows that cannot be decoded become holes. Those that the book has no room for stay in
 * `unread`, and on the disk, until it has. Returns how many went. */
static uint64_t
drop_unread(struct db_txn *txn, struct spool_book *book, struct seqset *unread)
{
	const struct seqset found = *unread;
	uint64_t damaged = 0;

	seqset_init(unread);
	for (size_t i = 0; i < found.len; i++) {
		for (uint64_t seq = found.range[i].first; seq <= found.range[i].last;
		     seq++) {
			struct db_value value;

			if (!db_get_u64(txn, TABLE_ROW, seq, &value)) {
				continue; /* too old by now, and dropped */
			}
			if (spool_book_damage(book, seq, value.len) == ERR_OK) {
				db_delete_u64(txn, TABLE_ROW, seq);
				damaged++;
			} else if (seqset_add(unread, seq, seq) != ERR_OK) {
				return damaged; /* the next read finds it again */
			}
		}
	}
	return damaged;
}

/* What is in the transaction that a test may want to see cut short, or just made. */
static void
pass_commit(const struct spool *spool, bool with_rows, enum failpoint rows,
    enum failpoint forgotten)
{
	if (with_rows && spool->queue_len > 0) {
		failpoint(rows);
	}
	if (spool->forget.len > 0) {
		failpoint(forgotten);
	}
}

static enum err
flush(struct spool *spool, bool with_rows, struct wall now)
{
	struct spool_book book = spool->book;
	struct seqset unread = spool->unread;
	struct db_txn txn;
	uint64_t damaged;
	enum err err;

	db_begin(&spool->db, true, &txn);
	if (!with_rows) {
		db_use_reserve(&txn);
	}
	for (size_t i = 0; i < spool->forget.len; i++) {
		forget_range(&txn, &book, spool->forget.range[i]);
	}
	for (size_t i = 0; with_rows && i < spool->queue_len; i++) {
		uint64_t seq = spool_book_append(&book, spool->queue[i].len);

		db_put_u64(
		    &txn, TABLE_ROW, seq, spool->queue[i].row, spool->queue[i].len);
	}
	damaged = drop_unread(&txn, &book, &unread);
	drop_oldest(spool, &txn, &book, now);
	book.dropped_rows += spool->lost;
	put_book(&txn, &book);
	pass_commit(spool, with_rows, FAILPOINT_AGENT_SPOOL_BEFORE_COMMIT,
	    FAILPOINT_AGENT_FORGET_BEFORE_COMMIT);
	err = db_commit(&txn);
	if (err != ERR_OK) {
		return err;
	}
	pass_commit(spool, with_rows, FAILPOINT_AGENT_SPOOL_AFTER_COMMIT,
	    FAILPOINT_AGENT_FORGET_AFTER_COMMIT);
	spool->book = book;
	spool->lost = 0;
	seqset_init(&spool->forget);
	spool->unread = unread;
	spool->unread_is_new = false;
	spool->damaged += damaged;
	if (with_rows) {
		clear_queue(spool);
	}
	return ERR_OK;
}

enum err
spool_flush(struct spool *spool, struct wall now)
{
	enum err err = flush(spool, true, now);

	/* What is forgotten makes room for what is new, but only once that is committed. */
	if (err == ERR_FULL && spool->forget.len > 0) {
		err = flush(spool, false, now);
		if (err == ERR_OK) {
			err = flush(spool, true, now);
		}
	}
	return err;
}

/* A set that has no room forgets it until the next read. */
static void
note_unread(struct spool *spool, uint64_t seq)
{
	if (!seqset_has(&spool->unread, seq) &&
	    seqset_add(&spool->unread, seq, seq) == ERR_OK) {
		spool->unread_is_new = true;
	}
}

uint64_t
spool_damaged(const struct spool *spool)
{
	return spool->damaged;
}

size_t
spool_read(struct spool *spool, uint64_t first, uint64_t last, size_t max,
    struct arena *arena, struct result *out)
{
	struct db_txn txn;
	struct db_cursor cursor;
	size_t len = 0;
	size_t bytes = 0;
	size_t observations = 0;
	size_t figures = 0;

	arena_reset(arena);
	db_begin(&spool->db, false, &txn);
	db_cursor_open(&cursor, &txn, TABLE_ROW);
	db_cursor_seek_u64(&cursor, first);
	while (cursor.is_valid && len < max) {
		uint64_t seq = db_u64(cursor.key.data);
		struct buf buf;

		if (seq > last || (len > 0 && seq != out[len - 1].seq + 1) ||
		    (len > 0 && bytes + cursor.value.len > LIMIT_MESSAGE_BYTES / 2)) {
			break;
		}
		buf_read(&buf, cursor.value.data, cursor.value.len);
		if (spool_row_decode(&buf, arena, &out[len]) != ERR_OK) {
			if (len > 0) {
				break; /* seen again as the first, with the whole arena */
			}
			note_unread(spool, seq);
			arena_reset(arena);
			db_cursor_next(&cursor);
			continue;
		}
		observations += out[len].observation_len;
		figures += out[len].figure_len;
		if (observations > LIMIT_BATCH_OBSERVATIONS ||
		    figures > LIMIT_BATCH_FIGURES) {
			break; /* one row alone never has more */
		}
		out[len].seq = seq;
		bytes += cursor.value.len;
		len++;
		db_cursor_next(&cursor);
	}
	db_cursor_close(&cursor);
	db_abort(&txn);
	return len;
}

uint64_t
spool_first(struct spool *spool, uint64_t first)
{
	struct db_txn txn;
	struct db_cursor cursor;
	uint64_t seq = spool->book.next_seq;

	db_begin(&spool->db, false, &txn);
	db_cursor_open(&cursor, &txn, TABLE_ROW);
	db_cursor_seek_u64(&cursor, first);
	if (cursor.is_valid) {
		seq = db_u64(cursor.key.data);
	}
	db_cursor_close(&cursor);
	db_abort(&txn);
	return seq;
}

static enum err
put_meta(struct spool *spool, const char *key, const void *data, size_t len)
{
	struct db_txn txn;

	db_begin(&spool->db, true, &txn);
	db_put(&txn, TABLE_META, key, strlen(key) + 1, data, len);
	return db_commit(&txn);
}

static enum err
get_meta(struct spool *spool, const char *key, struct arena *arena, const void **out,
    size_t *out_len)
{
	struct db_txn txn;
	struct db_value value;
	void *copy = NULL;
	enum err err = ERR_NOTFOUND;

	db_begin(&spool->db, false, &txn);
	if (db_get(&txn, TABLE_META, key, strlen(key) + 1, &value)) {
		copy = arena_take(arena, value.len, 1);
		err = copy == NULL ? ERR_LIMIT : ERR_OK;
	}
	if (err == ERR_OK) {
		memcpy(copy, value.data, value.len);
		*out = copy;
		*out_len = value.len;
	} else if (txn.err != ERR_OK) {
		err = txn.err;
	}
	db_abort(&txn);
	return err;
}

enum err
spool_plan_put(struct spool *spool, const void *data, size_t len)
{
	enum err err;

	failpoint(FAILPOINT_AGENT_PLAN_BEFORE_PUT);
	err = put_meta(spool, plan_key, data, len);
	failpoint(FAILPOINT_AGENT_PLAN_AFTER_PUT);
	return err;
}

enum err
spool_plan_get(
    struct spool *spool, struct arena *arena, const void **out, size_t *out_len)
{
	return get_meta(spool, plan_key, arena, out, out_len);
}

enum err
spool_purse_put(struct spool *spool, const void *data, size_t len)
{
	enum err err;

	failpoint(FAILPOINT_AGENT_PURSE_BEFORE_PUT);
	err = put_meta(spool, purse_key, data, len);
	failpoint(FAILPOINT_AGENT_PURSE_AFTER_PUT);
	return err;
}

enum err
spool_purse_get(
    struct spool *spool, struct arena *arena, const void **out, size_t *out_len)
{
	return get_meta(spool, purse_key, arena, out, out_len);
}
