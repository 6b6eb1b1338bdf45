#include "tests/bench/bench_baseline_lmdb.h"

#include "tests/bench/bench.h"

#include <stdio.h>
#include <unistd.h>

#include <lmdb.h>

static void
check(int code)
{
	if (code != MDB_SUCCESS) {
		bench_fail("lmdb", mdb_strerror(code));
	}
}

static void
put(MDB_txn *txn, MDB_dbi table, uint64_t number,
    const struct bench_baseline_lmdb *work)
{
	/* LMDB wants a pointer to non-const for what it only reads */
	union {
		const void *in;
		void *out;
	} row = {.in = work->row};
	unsigned char bytes[8];
	MDB_val key = {.mv_size = sizeof(bytes), .mv_data = bytes};
	MDB_val value = {.mv_size = work->row_bytes, .mv_data = row.out};

	for (unsigned i = 0; i < sizeof(bytes); i++) {
		bytes[i] = (unsigned char)(number >> (56 - 8 * i));
	}
	check(mdb_put(txn, table, &key, &value, MDB_APPEND));
}

static void
write_rows(MDB_env *env, MDB_dbi table, const struct bench_baseline_lmdb *work)
{
	for (unsigned row = 0; row < work->rows;) {
		MDB_txn *txn;

		check(mdb_txn_begin(env, NULL, 0, &txn));
		for (unsigned i = 0; i < work->rows_per_txn && row < work->rows; i++) {
			put(txn, table, row++, work);
		}
		check(mdb_txn_commit(txn));
	}
}

static void
remove_files(const char *dir)
{
	static const char *const names[] = {"data.mdb", "lock.mdb"};
	char path[4096];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		(void)unlink(path);
	}
}

struct bench_baseline_lmdb_cost
bench_baseline_lmdb(const struct bench_baseline_lmdb *work)
{
	struct bench_baseline_lmdb_cost cost;
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi table;

	if (work->rows_per_txn == 0) {
		bench_fail("lmdb", "a transaction needs rows");
	}
	check(mdb_env_create(&env));
	check(mdb_env_set_mapsize(env, (size_t)4 << 30));
	check(mdb_env_open(env, work->dir, work->env_flags, 0600));
	check(mdb_txn_begin(env, NULL, 0, &txn));
	check(mdb_dbi_open(txn, NULL, MDB_CREATE, &table));
	check(mdb_txn_commit(txn));

	cost.wall_ns = bench_wall_ns();
	cost.cpu_ns = bench_cpu_ns();
	write_rows(env, table, work);
	cost.cpu_ns = bench_cpu_ns() - cost.cpu_ns;
	cost.wall_ns = bench_wall_ns() - cost.wall_ns;

	mdb_env_close(env);
	remove_files(work->dir);
	return cost;
}
