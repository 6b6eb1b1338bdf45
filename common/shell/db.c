#include "common/shell/db.h"

#include "common/core/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define RESERVE_BYTES_MIN (UINT64_C(256) << 10)
#define RESERVE_BYTES_MAX (UINT64_C(64) << 20)
#define DISK_FULL_BYTES   (UINT64_C(64) << 10)

/* The only translation of LMDB's and its errno codes. */
static enum err
err_of_mdb(int rc)
{
	switch (rc) {
	case MDB_SUCCESS:
		return ERR_OK;
	case MDB_NOTFOUND:
		return ERR_NOTFOUND;
	case MDB_KEYEXIST:
		return ERR_EXISTS;
	case MDB_MAP_FULL:
	case MDB_TXN_FULL:
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return ERR_FULL;
	case MDB_VERSION_MISMATCH:
		return ERR_VERSION;
	case MDB_INVALID:
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_INCOMPATIBLE:
		return ERR_FORMAT;
	case MDB_READERS_FULL:
	case MDB_DBS_FULL:
	case MDB_BAD_VALSIZE:
		return ERR_LIMIT;
	case EACCES:
	case EPERM:
	case EROFS:
		return ERR_DENIED;
	case ENOENT:
		return ERR_NOTFOUND;
	case ENOMEM:
		return ERR_NOMEM;
	case EAGAIN:
		return ERR_INUSE;
	default:
		return ERR_IO;
	}
}

static enum err
lock_folder(struct db *db, const char *path, char *error, size_t cap)
{
	char file[PATH_MAX];
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int n = snprintf(file, sizeof(file), "%s/in-use", path);

	if (n < 0 || (size_t)n >= sizeof(file)) {
		(void)snprintf(error, cap, "%s: path too long", path);
		return ERR_LIMIT;
	}
	db->lock_fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (db->lock_fd < 0) {
		enum err err = err_of_mdb(errno);

		(void)snprintf(error, cap, "%s: %s, expected a folder we may write to",
		    path, strerror(errno));
		return err;
	}
	if (fcntl(db->lock_fd, F_SETLK, &whole) != 0) {
		(void)snprintf(error, cap,
		    "%s: in use by another process, expected it to be free", path);
		return ERR_INUSE;
	}
	return ERR_OK;
}

static enum err
open_tables(struct db *db, const struct db_conf *conf)
{
	bool read_only = conf->is_read_only;
	MDB_txn *txn;
	int rc = mdb_txn_begin(db->env, NULL, read_only ? MDB_RDONLY : 0, &txn);

	if (rc != 0) {
		return err_of_mdb(rc);
	}
	for (size_t i = 0; i < conf->tables && rc == 0; i++) {
		rc = mdb_dbi_open(
		    txn, conf->names[i], read_only ? 0 : MDB_CREATE, &db->dbi[i]);
	}
	if (rc != 0) {
		mdb_txn_abort(txn);
		return err_of_mdb(rc);
	}
	db->tables = conf->tables;
	return err_of_mdb(mdb_txn_commit(txn));
}

/* A file that lost its end would kill the process at the first touch of a page that is not
 * there. Given its length back it reads as zeros, which LMDB calls corrupt. */
static void
restore_length(MDB_env *env)
{
	MDB_envinfo info;
	MDB_stat stat;
	struct stat file;
	int fd;

	if (mdb_env_info(env, &info) == 0 && mdb_env_stat(env, &stat) == 0 &&
	    mdb_env_get_fd(env, &fd) == 0 && fstat(fd, &file) == 0) {
		off_t want = (off_t)((info.me_last_pgno + 1) * stat.ms_psize);

		if (file.st_size < want && ftruncate(fd, want) != 0) {
			return; /* a full disk; it is as it was */
		}
	}
}

/* To delete takes pages, too: they come back two transactions later. Without a reserve that
 * puts may not touch, a full store could never be emptied. */
static uint64_t
reserve_bytes(uint64_t bytes_max)
{
	uint64_t bytes = bytes_max / 16;

	bytes = bytes < RESERVE_BYTES_MIN ? RESERVE_BYTES_MIN : bytes;
	return bytes > RESERVE_BYTES_MAX ? RESERVE_BYTES_MAX : bytes;
}

static enum err
open_env(struct db *db, const struct db_conf *conf)
{
	uint64_t bytes_max = conf->bytes_max;
	unsigned flags = MDB_NOTLS | MDB_NORDAHEAD;
	int rc = mdb_env_create(&db->env);

	if (rc != 0) {
		db->env = NULL;
		return err_of_mdb(rc);
	}
	if (conf->sync == DB_SYNC_LATER) {
		flags |= MDB_NOSYNC;
	}
	if (conf->is_read_only) {
		flags |= MDB_RDONLY;
	}
	rc = mdb_env_set_maxdbs(db->env, (MDB_dbi)conf->tables);
	if (rc == 0) {
		rc = mdb_env_set_mapsize(
		    db->env, (size_t)(bytes_max + reserve_bytes(bytes_max)));
	}
	if (rc == 0) {
		rc = mdb_env_open(db->env, conf->path, flags, 0600);
	}
	if (rc == 0 && !conf->is_read_only) {
		restore_length(db->env);
	}
	return err_of_mdb(rc);
}

/* Pages that were given back and can be used again. */
static uint64_t
free_pages(struct db *db)
{
	MDB_cursor *cursor;
	MDB_txn *txn;
	MDB_val key;
	MDB_val value;
	uint64_t pages = 0;

	if (mdb_txn_begin(db->env, NULL, MDB_RDONLY, &txn) != 0) {
		return 0;
	}
	/* Table 0 is LMDB's list of free pages: each row begins with their number. */
	if (mdb_cursor_open(txn, 0, &cursor) == 0) {
		while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
			size_t count;

			memcpy(&count, value.mv_data, sizeof(count));
			pages += count;
		}
		mdb_cursor_close(cursor);
	}
	mdb_txn_abort(txn);
	return pages;
}

static bool
is_disk_below(const struct db *db, uint64_t bytes)
{
	struct statvfs disk;

	return fstatvfs(db->lock_fd, &disk) == 0 &&
	       (uint64_t)disk.f_bavail * disk.f_frsize < bytes;
}

/* Whether rows may be added, that is without touching the reserve, in the map or on the
 * disk. What was deleted before makes room in both. */
static bool
has_room(struct db *db)
{
	MDB_envinfo info;
	MDB_stat stat;
	uint64_t used;
	uint64_t limit;
	uint64_t spare;

	if (mdb_env_info(db->env, &info) != 0 || mdb_env_stat(db->env, &stat) != 0) {
		return false;
	}
	used = (uint64_t)info.me_last_pgno + 1;
	limit = db->bytes_max / stat.ms_psize;
	if (used < limit && !is_disk_below(db, RESERVE_BYTES_MIN)) {
		return true;
	}
	spare = free_pages(db);
	return used - spare < limit && (spare * stat.ms_psize >= RESERVE_BYTES_MIN ||
					   !is_disk_below(db, RESERVE_BYTES_MIN));
}

/* Makes the folder and keeps other writers out. */
static enum err
take_folder(struct db *db, const char *path, char *error, size_t cap)
{
	if (mkdir(path, 0700) != 0 && errno != EEXIST) {
		enum err err = err_of_mdb(errno);

		(void)snprintf(error, cap, "%s: cannot make this folder: %s", path,
		    strerror(errno));
		return err;
	}
	return lock_folder(db, path, error, cap);
}

enum err
db_open(struct db *db, const struct db_conf *conf, char *error, size_t cap)
{
	const char *path = conf->path;
	enum err err = ERR_OK;

	*db = (struct db){.bytes_max = conf->bytes_max, .lock_fd = -1};
	if (!conf->is_read_only) {
		err = take_folder(db, path, error, cap);
	}
	if (err != ERR_OK) {
		db_close(db);
		return err;
	}
	err = open_env(db, conf);
	if (err == ERR_OK) {
		err = open_tables(db, conf);
	}
	if (err != ERR_OK) {
		(void)snprintf(
		    error, cap, "%s: cannot open the store: %s", path, err_name(err));
		db_close(db);
	}
	return err;
}

void
db_close(struct db *db)
{
	if (db->env != NULL) {
		mdb_env_close(db->env);
		db->env = NULL;
	}
	if (db->lock_fd > 0) {
		(void)close(db->lock_fd);
	}
	db->lock_fd = -1;
}

void
db_begin(struct db *db, bool is_write, struct db_txn *txn)
{
	int rc;

	*txn = (struct db_txn){.db = db};
	rc = mdb_txn_begin(db->env, NULL, is_write ? 0 : MDB_RDONLY, &txn->txn);
	if (rc != 0) {
		txn->txn = NULL;
		txn->err = err_of_mdb(rc);
	}
}

void
db_use_reserve(struct db_txn *txn)
{
	txn->has_room = true;
}

enum err
db_commit(struct db_txn *txn)
{
	int rc;

	if (txn->err != ERR_OK) {
		db_abort(txn);
		return txn->err;
	}
	rc = mdb_txn_commit(txn->txn);
	txn->txn = NULL;
	/* LMDB calls a write that was cut short EIO; mostly the disk was full. */
	txn->err = rc == EIO && is_disk_below(txn->db, DISK_FULL_BYTES)
		       ? ERR_FULL
		       : err_of_mdb(rc);
	return txn->err;
}

void
db_abort(struct db_txn *txn)
{
	if (txn->txn != NULL) {
		mdb_txn_abort(txn->txn);
		txn->txn = NULL;
	}
}

/* LMDB takes mutable pointers for what it only reads. */
static MDB_val
val_of(const void *data, size_t len)
{
	union {
		const void *in;
		void *out;
	} alias = {.in = data};

	return (MDB_val){.mv_size = len, .mv_data = alias.out};
}

void
db_put(struct db_txn *txn, size_t table, const void *key, size_t key_len,
    const void *value, size_t value_len)
{
	MDB_val k = val_of(key, key_len);
	MDB_val v = val_of(value, value_len);

	if (txn->err == ERR_OK && !txn->has_room) {
		txn->has_room = has_room(txn->db);
		txn->err = txn->has_room ? ERR_OK : ERR_FULL;
	}
	if (txn->err == ERR_OK) {
		txn->err =
		    err_of_mdb(mdb_put(txn->txn, txn->db->dbi[table], &k, &v, 0));
	}
}

void
db_delete(struct db_txn *txn, size_t table, const void *key, size_t key_len)
{
	MDB_val k = val_of(key, key_len);
	int rc;

	if (txn->err != ERR_OK) {
		return;
	}
	rc = mdb_del(txn->txn, txn->db->dbi[table], &k, NULL);
	if (rc != 0 && rc != MDB_NOTFOUND) {
		txn->err = err_of_mdb(rc);
	}
}

bool
db_get(struct db_txn *txn, size_t table, const void *key, size_t key_len,
    struct db_value *out)
{
	MDB_val k = val_of(key, key_len);
	MDB_val v;
	int rc;

	if (txn->err != ERR_OK) {
		return false;
	}
	rc = mdb_get(txn->txn, txn->db->dbi[table], &k, &v);
	if (rc == 0) {
		*out = (struct db_value){v.mv_data, v.mv_size};
		return true;
	}
	if (rc != MDB_NOTFOUND) {
		txn->err = err_of_mdb(rc);
	}
	return false;
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

void
db_cursor_open(struct db_cursor *cursor, struct db_txn *txn, size_t table)
{
	*cursor = (struct db_cursor){.txn = txn};
	if (txn->err == ERR_OK) {
		txn->err = err_of_mdb(
		    mdb_cursor_open(txn->txn, txn->db->dbi[table], &cursor->cursor));
	}
}

static void
cursor_move(struct db_cursor *cursor, MDB_cursor_op op, MDB_val key)
{
	MDB_val value;
	int rc;

	cursor->is_valid = false;
	if (cursor->txn->err != ERR_OK) {
		return;
	}
	rc = mdb_cursor_get(cursor->cursor, &key, &value, op);
	if (rc == MDB_NOTFOUND) {
		return;
	}
	if (rc != 0) {
		cursor->txn->err = err_of_mdb(rc);
		return;
	}
	cursor->is_valid = true;
	cursor->key = (struct db_value){key.mv_data, key.mv_size};
	cursor->value = (struct db_value){value.mv_data, value.mv_size};
}

void
db_cursor_first(struct db_cursor *cursor)
{
	cursor_move(cursor, MDB_FIRST, (MDB_val){0});
}

void
db_cursor_last(struct db_cursor *cursor)
{
	cursor_move(cursor, MDB_LAST, (MDB_val){0});
}

void
db_cursor_seek(struct db_cursor *cursor, const void *key, size_t key_len)
{
	cursor_move(cursor, MDB_SET_RANGE, val_of(key, key_len));
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
	cursor_move(cursor, MDB_NEXT, (MDB_val){0});
}

void
db_cursor_prev(struct db_cursor *cursor)
{
	cursor_move(cursor, MDB_PREV, (MDB_val){0});
}

void
db_cursor_close(struct db_cursor *cursor)
{
	if (cursor->cursor != NULL) {
		mdb_cursor_close(cursor->cursor);
		cursor->cursor = NULL;
	}
}

uint64_t
db_count(struct db_txn *txn, size_t table)
{
	MDB_stat stat;

	if (txn->err != ERR_OK || mdb_stat(txn->txn, txn->db->dbi[table], &stat) != 0) {
		return 0;
	}
	return stat.ms_entries;
}

enum err
db_sync(struct db *db)
{
	return err_of_mdb(mdb_env_sync(db->env, 1));
}

uint64_t
db_bytes(struct db *db)
{
	MDB_envinfo info;
	MDB_stat stat;

	if (mdb_env_info(db->env, &info) != 0 || mdb_env_stat(db->env, &stat) != 0) {
		return 0;
	}
	return ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
}

/* What a copy left when it failed. */
static void
remove_copy(const char *path)
{
	char file[PATH_MAX];

	if (snprintf(file, sizeof(file), "%s/data.mdb", path) < (int)sizeof(file)) {
		(void)unlink(file);
	}
	(void)rmdir(path);
}

/* Size and sync of the copy. */
static enum err
finish_copy(const char *path, uint64_t *out_bytes)
{
	char file[PATH_MAX];
	struct stat info;
	enum err err = ERR_OK;
	int fd;

	if (snprintf(file, sizeof(file), "%s/data.mdb", path) >= (int)sizeof(file)) {
		return ERR_LIMIT;
	}
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &info) != 0 || fsync(fd) != 0) {
		err = err_of_mdb(errno);
	} else {
		*out_bytes = (uint64_t)info.st_size;
	}
	if (fd >= 0) {
		(void)close(fd);
	}
	return err;
}

enum err
db_copy(struct db *db, const char *path, uint64_t *out_bytes)
{
	enum err err;

	if (mkdir(path, 0700) != 0) {
		if (errno == EEXIST) {
			return ERR_EXISTS;
		}
		return errno == ENOENT || errno == ENOTDIR ? ERR_NOTFOUND
							   : err_of_mdb(errno);
	}
	err = err_of_mdb(mdb_env_copy2(db->env, path, MDB_CP_COMPACT));
	if (err == ERR_OK) {
		err = finish_copy(path, out_bytes);
	}
	if (err != ERR_OK) {
		remove_copy(path);
	}
	return err;
}
