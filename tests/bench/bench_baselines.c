/* The baselines alone: what this machine can do without us. They say whether two runs
 * of the other benchmarks can be compared at all. */
#include "tests/bench/bench.h"
#include "tests/bench/bench_baseline_curl.h"
#include "tests/bench/bench_baseline_lmdb.h"
#include "tests/bench/bench_http.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>

enum {
	RESULTS_PER_BATCH = 500,
	BATCH_BYTES = 12 * RESULTS_PER_BATCH
};

static double
curl_once(void *context)
{
	return bench_baseline_curl(context) / 1000;
}

static void
measure_curl(const struct bench *bench)
{
	struct bench_http server;
	struct bench_baseline_curl work = {
	    .requests = bench_count(bench, 5000, 50), .parallel = 8};

	bench_http_start(&server, 1024);
	work.url = server.url;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		bench_fail("curl", "cannot start");
	}
	bench_print(bench, &(struct bench_row){.name = "baseline_curl_cpu_per_request",
			       .value = bench_median_of(bench, curl_once, &work),
			       .unit = "us",
			       .note = "plain HTTP on loopback, new connection each, 8 "
				       "at once, 1 KB answer"});
	curl_global_cleanup();
	bench_http_stop(&server);
}

/* Results a second, as the collector would count them. */
static double
lmdb_once(void *context)
{
	const struct bench_baseline_lmdb *work = context;
	struct bench_baseline_lmdb_cost cost = bench_baseline_lmdb(work);

	return (double)work->rows * RESULTS_PER_BATCH * 1e9 / (double)cost.wall_ns;
}

static void
measure_lmdb(const struct bench *bench)
{
	static unsigned char batch[BATCH_BYTES];
	const char *parent = getenv("TMPDIR");
	char dir[4096];
	struct bench_baseline_lmdb work = {.dir = dir,
	    .row = batch,
	    .row_bytes = sizeof(batch),
	    .rows = bench_count(bench, 4096, 64),
	    .rows_per_txn = 64};

	(void)snprintf(dir, sizeof(dir), "%s/parallax-bench-XXXXXX",
	    parent != NULL && parent[0] != '\0' ? parent : "/tmp");
	if (mkdtemp(dir) == NULL) {
		bench_fail(dir, strerror(errno));
	}
	memset(batch, 0x5a, sizeof(batch));
	bench_print(bench,
	    &(struct bench_row){.name = "baseline_lmdb_durable",
		.value = bench_median_of(bench, lmdb_once, &work),
		.unit = "results/s",
		.note = "batches of 500 x 12 bytes, 64 batches a commit, synced"});
	if (rmdir(dir) != 0) {
		bench_fail(dir, strerror(errno));
	}
}

int
main(int argc, char **argv)
{
	struct bench bench = bench_start(argc, argv);

	measure_curl(&bench);
	measure_lmdb(&bench);
	return 0;
}
