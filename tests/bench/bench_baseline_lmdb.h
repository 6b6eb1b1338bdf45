/* bench_baseline_lmdb - rows put into bare LMDB
 * Room: tests/bench.
 *
 * The measure for what the collector's ingest adds to storing a batch: the same bytes
 * under the same kind of key, in transactions of the same size, synced in the same way.
 */
#ifndef TESTS_BENCH_BENCH_BASELINE_LMDB_H
#define TESTS_BENCH_BENCH_BASELINE_LMDB_H

#include <stddef.h>
#include <stdint.h>

struct bench_baseline_lmdb {
	const char *dir; /* an empty folder on the disk that is meant; borrowed */
	unsigned
	    env_flags;   /* as the store opens its environment, e.g. MDB_NOMETASYNC */
	const void *row; /* borrowed */
	size_t row_bytes;
	unsigned rows;         /* how many, under ascending 8-byte big-endian keys */
	unsigned rows_per_txn; /* how many share one commit */
};

struct bench_baseline_lmdb_cost {
	int64_t wall_ns;
	int64_t cpu_ns;
};

/* Writes the rows into a fresh environment, removes its files again, and returns what
 * the writing cost. Ends the process when LMDB refuses. */
struct bench_baseline_lmdb_cost bench_baseline_lmdb(
    const struct bench_baseline_lmdb *work);

#endif
