/* LMDB behind db.h: errors that stay, a full map, a second process, files that are none. */
#include "tests/support/scratch.h"

#include "common/shell/db.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const char *const names[] = {"one", "two"};

static enum err
open_db(struct db *db, uint64_t bytes_max)
{
	char error[256] = "";
	struct db_conf conf = {.path = "db",
	    .names = names,
	    .tables = 2,
	    .bytes_max = bytes_max,
	    .sync = DB_SYNC_LATER};
	enum err err = db_open(db, &conf, error, sizeof(error));

	assert_true((err == ERR_OK) == (error[0] == '\0'));
	return err;
}

static void
remove_db(void)
{
	(void)unlink("db/data.mdb");
	(void)unlink("db/lock.mdb");
	(void)unlink("db/in-use");
	assert_int_equal(rmdir("db"), 0);
}

static void
put(struct db *db, uint64_t key, const char *value)
{
	struct db_txn txn;

	db_begin(db, true, &txn);
	db_put_u64(&txn, 0, key, value, strlen(value) + 1);
	assert_int_equal(db_commit(&txn), ERR_OK);
}

static void
test_rows(void **state)
{
	struct db_value value;
	struct db_cursor cursor;
	struct db_txn txn;
	struct db db;

	(void)state;
	assert_int_equal(open_db(&db, 1 << 20), ERR_OK);
	put(&db, 300, "c");
	put(&db, 2, "a");
	put(&db, UINT64_MAX, "d");
	put(&db, 256, "b");
	db_close(&db);
	db_close(&db); /* again is fine */
	assert_int_equal(open_db(&db, 1 << 20), ERR_OK);
	db_begin(&db, true, &txn);
	assert_int_equal(db_count(&txn, 0), 4);
	assert_int_equal(db_count(&txn, 1), 0);
	db_cursor_open(&cursor, &txn, 0);
	db_cursor_first(&cursor);
	for (const char *want = "abcd"; *want != '\0'; want++) {
		assert_true(cursor.is_valid);
		assert_int_equal(*(const char *)cursor.value.data, *want);
		db_cursor_next(&cursor);
	}
	assert_false(cursor.is_valid);
	db_cursor_seek_u64(&cursor, 257);
	assert_int_equal(db_u64(cursor.key.data), 300);
	db_cursor_prev(&cursor);
	assert_int_equal(db_u64(cursor.key.data), 256);
	db_cursor_last(&cursor);
	assert_true(db_u64(cursor.key.data) == UINT64_MAX);
	db_cursor_close(&cursor);
	assert_false(db_get_u64(&txn, 0, 3, &value));
	assert_true(db_get_u64(&txn, 0, 2, &value));
	db_delete_u64(&txn, 0, 3); /* is not there: no error */
	db_delete_u64(&txn, 0, 2);
	assert_int_equal(db_commit(&txn), ERR_OK);
	db_close(&db);
	remove_db();
}

static void
test_sticky(void **state)
{
	static const char long_key[600] = "x";
	struct db_value value;
	struct db_txn txn;
	struct db db;

	(void)state;
	assert_int_equal(open_db(&db, 1 << 20), ERR_OK);
	put(&db, 1, "kept");
	db_begin(&db, true, &txn);
	db_delete_u64(&txn, 0, 1);
	db_put(&txn, 0, long_key, sizeof(long_key), "", 0); /* over LMDB's maximum */
	assert_int_equal(txn.err, ERR_LIMIT);
	db_put_u64(&txn, 0, 2, "lost", 5);
	assert_false(db_get_u64(&txn, 0, 1, &value));
	assert_int_equal(db_commit(&txn), ERR_LIMIT);
	db_begin(&db, false, &txn);
	assert_true(db_get_u64(&txn, 0, 1, &value));
	assert_false(db_get_u64(&txn, 0, 2, &value));
	assert_int_equal(txn.err, ERR_OK);
	db_abort(&txn);
	db_abort(&txn);
	db_close(&db);
	remove_db();
}

/* Writes rows of 1,000 bytes until it is full; returns how many went in. */
static uint64_t
fill(struct db *db)
{
	static const char row[1000] = "row";
	uint64_t key = 1;

	for (;; key++) {
		struct db_txn txn;
		enum err err;

		db_begin(db, true, &txn);
		db_put_u64(&txn, 1, key, row, sizeof(row));
		err = db_commit(&txn);
		if (err != ERR_OK) {
			assert_int_equal(err, ERR_FULL);
			return key - 1;
		}
	}
}

static void
test_full_and_usable(void **state)
{
	struct db_txn txn;
	struct db db;
	uint64_t len;

	(void)state;
	assert_int_equal(open_db(&db, 256 << 10), ERR_OK);
	len = fill(&db);
	assert_true(len > 50);
	assert_true(db_bytes(&db) <= 320 << 10);
	db_begin(&db, false, &txn);
	assert_int_equal(db_count(&txn, 1), len);
	db_abort(&txn);
	for (uint64_t key = 1; key <= len; key++) {
		db_begin(&db, true, &txn);
		db_delete_u64(&txn, 1, key);
		if (db_commit(&txn) != ERR_OK) {
			fail_msg("a full map must let rows be deleted (%u of %u)",
			    (unsigned)key, (unsigned)len);
		}
	}
	assert_true(fill(&db) > len / 2);
	db_close(&db);
	remove_db();
}

/* Runs open_db() in a process of its own and returns its verdict. */
static enum err
open_elsewhere(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		struct db db;
		enum err err = open_db(&db, 1 << 20);

		db_close(&db);
		_exit((int)err);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return (enum err)WEXITSTATUS(status);
}

static void
test_in_use(void **state)
{
	struct db db;

	(void)state;
	assert_int_equal(open_db(&db, 1 << 20), ERR_OK);
	put(&db, 1, "mine");
	assert_int_equal(open_elsewhere(), ERR_INUSE);
	db_close(&db);
	assert_int_equal(open_elsewhere(), ERR_OK);
	remove_db();
}

/* As a user who may not: root is asked to become nobody. */
static void
test_denied(void **state)
{
	int status = 0;
	pid_t pid;

	(void)state;
	assert_int_equal(mkdir("db", 0700), 0);
	if (geteuid() != 0) {
		assert_int_equal(chmod("db", 0500), 0);
		assert_int_equal(open_elsewhere(), ERR_DENIED);
		assert_int_equal(chmod("db", 0700), 0);
		remove_db();
		return;
	}
	pid = fork();
	if (pid == 0) {
		struct db db;

		_exit(setuid(65534) == 0 ? (int)open_db(&db, 1 << 20) : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), ERR_DENIED);
	remove_db();
}

static void
test_no_parent(void **state)
{
	char error[256];
	struct db_conf conf = {.path = "no/such/parent",
	    .names = names,
	    .tables = 2,
	    .bytes_max = 1 << 20};
	struct db db;

	(void)state;
	assert_int_equal(db_open(&db, &conf, error, sizeof(error)), ERR_NOTFOUND);
	assert_non_null(strstr(error, "no/such/parent"));
}

/* Reads what is there, changes nothing, and makes nothing. */
static void
test_read_only(void **state)
{
	char error[256] = "";
	struct db_conf conf = {.path = "db",
	    .names = names,
	    .tables = 2,
	    .bytes_max = 1 << 20,
	    .is_read_only = true};
	struct db_value value;
	struct db_txn txn;
	struct db db;

	(void)state;
	assert_int_equal(db_open(&db, &conf, error, sizeof(error)), ERR_NOTFOUND);
	assert_non_null(strstr(error, "db"));
	assert_int_equal(access("db", F_OK), -1);
	assert_int_equal(open_db(&db, 1 << 20), ERR_OK);
	put(&db, 7, "seven");
	db_close(&db);
	assert_int_equal(unlink("db/in-use"), 0);
	assert_int_equal(db_open(&db, &conf, error, sizeof(error)), ERR_OK);
	db_begin(&db, false, &txn);
	assert_true(db_get_u64(&txn, 0, 7, &value));
	assert_memory_equal(value.data, "seven", strlen("seven"));
	db_abort(&txn);
	db_begin(&db, true, &txn);
	db_put_u64(&txn, 0, 8, "eight", 5);
	assert_int_equal(db_commit(&txn), ERR_DENIED);
	db_close(&db);
	assert_int_equal(access("db/in-use", F_OK), -1);
	assert_int_equal(open_db(&db, 1 << 20), ERR_OK);
	db_close(&db);
	remove_db();
}

static void
test_garbage(void **state)
{
	static const char noise[16384] = "this is no LMDB file";
	struct db db;

	(void)state;
	assert_int_equal(mkdir("db", 0700), 0);
	scratch_write("db/data.mdb", noise, sizeof(noise));
	assert_int_equal(open_db(&db, 1 << 20), ERR_FORMAT);
	remove_db();
}

/* A file that lost its end is an error of format, not the end of the process. */
static void
test_truncated(void **state)
{
	struct db_value value;
	struct db_txn txn;
	struct db db;
	enum err err;

	(void)state;
	assert_int_equal(open_db(&db, 8 << 20), ERR_OK);
	(void)fill(&db);
	db_close(&db);
	assert_int_equal(truncate("db/data.mdb", 2 * 4096), 0);
	err = open_db(&db, 8 << 20);
	if (err == ERR_OK) {
		db_begin(&db, false, &txn);
		for (uint64_t key = 1; key < 100; key++) {
			(void)db_get_u64(&txn, 1, key, &value);
		}
		err = txn.err;
		db_abort(&txn);
		db_close(&db);
	}
	assert_int_equal(err, ERR_FORMAT);
	remove_db();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_sticky),
	    cmocka_unit_test(test_full_and_usable),
	    cmocka_unit_test(test_in_use),
	    cmocka_unit_test(test_denied),
	    cmocka_unit_test(test_no_parent),
	    cmocka_unit_test(test_read_only),
	    cmocka_unit_test(test_garbage),
	    cmocka_unit_test(test_truncated),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
