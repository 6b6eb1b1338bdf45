/* The spool on disk: what it promises to remember, forget and drop, through crashes. */
#include "tests/support/scratch.h"

#include "agent/shell/spool_lmdb.h"
#include "common/core/limits.h"
#include "common/core/rng.h"
#include "common/shell/db.h"

#include <dirent.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum {
	CRASHES = 12,
	READ_MAX = LIMIT_BATCH_RESULTS
};

static const struct spool_limits wide = {64 << 20, INT64_C(8) * 86400 * CLOCK_NS_PER_S};
static const struct wall noon = {INT64_C(1767268800) * CLOCK_NS_PER_S};
static struct result rows[READ_MAX];

static struct spool *
open_at(const char *path, const struct spool_limits *limits)
{
	struct spool *spool = NULL;
	bool set_aside;
	char error[512] = "";

	if (spool_open(path, limits, &spool, &set_aside, error, sizeof(error)) !=
	    ERR_OK) {
		fail_msg("%s", error);
	}
	assert_false(set_aside);
	return spool;
}

static void
remove_folder(const char *path)
{
	struct dirent *entry;
	DIR *folder = opendir(path);

	assert_non_null(folder);
	while ((entry = readdir(folder)) != NULL) { /* NOLINT(concurrency-mt-unsafe) */
		if (entry->d_name[0] != '.') {
			assert_int_equal(unlinkat(dirfd(folder), entry->d_name, 0), 0);
		}
	}
	(void)closedir(folder);
	assert_int_equal(rmdir(path), 0);
}

static enum err
append(struct spool *spool, uint32_t number, const char *detail, struct wall at)
{
	struct result result = {.series = "target/probe",
	    .started_at = at,
	    .outcome = OUTCOME_TIMEOUT,
	    .phase = PHASE_WAIT,
	    .timing = {.total_us = number},
	    .detail = detail,
	    .request_id = ""};

	return spool_append(spool, &result);
}

static void
append_run(struct spool *spool, uint32_t first, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		assert_int_equal(append(spool, first + i, "", noon), ERR_OK);
	}
	assert_int_equal(spool_flush(spool, noon), ERR_OK);
}

static size_t
read_run(struct spool *spool, uint64_t first, uint64_t last)
{
	static unsigned char memory[4 << 20];
	struct arena arena;

	arena_init(&arena, memory, sizeof(memory));
	return spool_read(spool, first, last, READ_MAX, &arena, rows);
}

static void
test_life(void **state)
{
	struct spool *spool = open_at("spool", &wide);
	struct seq_range range = {3, 5};
	uint64_t incarnation = spool_book(spool)->incarnation;

	(void)state;
	assert_int_equal(spool_durable_seq(spool), 1);
	assert_int_equal(append(spool, 1, "", noon), ERR_OK);
	assert_true(spool_is_dirty(spool));
	assert_int_equal(spool_durable_seq(spool), 1);
	assert_int_equal(read_run(spool, 1, UINT64_MAX), 0); /* not committed */
	append_run(spool, 2, 9);
	assert_false(spool_is_dirty(spool));
	assert_int_equal(spool_durable_seq(spool), 11);
	assert_int_equal(read_run(spool, 1, UINT64_MAX), 10);
	assert_int_equal(rows[9].seq, 10);
	assert_int_equal(rows[9].timing.total_us, 10);
	spool_forget(spool, &range, 1);
	assert_int_equal(spool_flush(spool, noon), ERR_OK);
	assert_int_equal(read_run(spool, 1, UINT64_MAX), 2); /* up to the gap */
	assert_int_equal(read_run(spool, 3, UINT64_MAX), 5);
	assert_int_equal(rows[0].seq, 6);
	assert_int_equal(read_run(spool, 3, 7), 2);
	assert_int_equal(read_run(spool, 3, 5), 0);
	assert_int_equal(spool_first(spool, 3), 6);
	assert_int_equal(spool_first(spool, 11), 11);
	spool_close(spool);
	spool = open_at("spool", &wide);
	assert_true(spool_book(spool)->incarnation == incarnation);
	assert_int_equal(spool_durable_seq(spool), 11);
	assert_int_equal(spool_book(spool)->rows, 7);
	spool_close(spool);
	spool_close(NULL);
	remove_folder("spool");
}

static void
test_age(void **state)
{
	const struct spool_limits limits = {64 << 20, 100 * CLOCK_NS_PER_S};
	struct spool *spool = open_at("spool", &limits);
	struct seq_range told = {1, 3};

	(void)state;
	for (uint32_t i = 1; i <= 5; i++) {
		assert_int_equal(
		    append(spool, i, "", wall_add(noon, (int64_t)i * CLOCK_NS_PER_S)),
		    ERR_OK);
	}
	assert_int_equal(
	    spool_flush(spool, wall_add(noon, 103 * CLOCK_NS_PER_S + 1)), ERR_OK);
	assert_int_equal(spool_book(spool)->rows, 2);
	assert_int_equal(spool_book(spool)->dropped_rows, 3);
	assert_int_equal(spool_book(spool)->dropped.len, 1);
	assert_int_equal(spool_book(spool)->dropped.range[0].last, 3);
	spool_forget(spool, &told, 1);
	assert_int_equal(spool_flush(spool, noon), ERR_OK);
	assert_int_equal(spool_book(spool)->dropped.len, 0);
	spool_close(spool);
	remove_folder("spool");
}

static void
test_bytes(void **state)
{
	const struct spool_limits limits = {20000, wide.age_max_ns};
	struct spool *spool = open_at("spool", &limits);
	uint64_t rows_before;

	(void)state;
	append_run(spool, 1, 1000);
	rows_before = spool_book(spool)->rows;
	assert_true(spool_book(spool)->bytes <= 20000);
	assert_true(rows_before > 100 && rows_before < 1000);
	assert_int_equal(spool_book(spool)->dropped_rows + rows_before, 1000);
	/* The oldest are gone, the newest are there. */
	assert_int_equal(spool_first(spool, 0), 1001 - rows_before);
	assert_int_equal(spool_book(spool)->dropped.range[0].first, 1);
	assert_int_equal(spool_book(spool)->dropped.range[0].last, 1000 - rows_before);
	spool_close(spool);
	remove_folder("spool");
}

/* Drops and acknowledgements in turn make many holes; the spool still stays in its limit. */
static void
test_many_holes(void **state)
{
	const struct spool_limits limits = {2000, wide.age_max_ns};
	struct spool *spool = open_at("spool", &limits);

	(void)state;
	for (uint32_t i = 0; i < 300; i++) {
		uint64_t first = spool_first(spool, 0);
		struct seq_range range = {first, first};

		spool_forget(spool, &range, 1);
		append_run(spool, i * 100, 60);
		assert_true(spool_book(spool)->bytes <= 2000);
		assert_true(spool_book(spool)->dropped.len <= LIMIT_SEQ_RANGES);
		assert_false(
		    seqset_has(&spool_book(spool)->dropped, spool_first(spool, 0)));
	}
	spool_close(spool);
	remove_folder("spool");
}

/* An acknowledgement inside of what was dropped must not stop the spool. */
static void
test_forget_splits(void **state)
{
	const struct spool_limits limits = {2000, wide.age_max_ns};
	struct spool *spool = open_at("spool", &limits);

	(void)state;
	append_run(spool, 1, 3000);
	for (uint64_t seq = 2; seq < 600; seq += 2) {
		struct seq_range range = {seq, seq};

		spool_forget(spool, &range, 1);
		assert_int_equal(spool_flush(spool, noon), ERR_OK);
	}
	append_run(spool, 1, 1);
	assert_int_equal(spool_durable_seq(spool), 3002);
	spool_close(spool);
	remove_folder("spool");
}

/* Acknowledgements come faster than flushes: neighbours merge, nothing is forgotten late. */
static void
test_many_acks(void **state)
{
	struct spool *spool = open_at("spool", &wide);

	(void)state;
	append_run(spool, 1, 2000);
	for (uint64_t seq = 1; seq <= 2000; seq++) {
		struct seq_range range = {seq, seq};

		spool_forget(spool, &range, 1);
	}
	assert_int_equal(spool_flush(spool, noon), ERR_OK);
	assert_int_equal(spool_book(spool)->rows, 0);
	assert_int_equal(spool_book(spool)->bytes, 0);
	spool_close(spool);
	remove_folder("spool");
}

/* One batch carries LIMIT_BATCH_OBSERVATIONS, so a read stops before there are more. */
static void
test_observations(void **state)
{
	struct observation observation[40];
	struct result result = {.series = "source/status",
	    .started_at = noon,
	    .detail = "",
	    .request_id = "",
	    .observation = observation,
	    .observation_len = 40};
	struct spool *spool = open_at("spool", &wide);

	(void)state;
	for (size_t i = 0; i < 40; i++) {
		observation[i] = (struct observation){.claim = CLAIM_OUTAGE,
		    .id = "i",
		    .title = "t",
		    .scope = "",
		    .url = "u"};
	}
	for (int i = 0; i < 3; i++) {
		assert_int_equal(spool_append(spool, &result), ERR_OK);
	}
	assert_int_equal(spool_flush(spool, noon), ERR_OK);
	assert_int_equal(read_run(spool, 1, UINT64_MAX), 1);
	assert_int_equal(rows[0].observation_len, 40);
	assert_int_equal(read_run(spool, 2, UINT64_MAX), 1);
	spool_close(spool);
	remove_folder("spool");
}

/* The same for figures. */
static void
test_figures(void **state)
{
	struct figure figure[40];
	struct result result = {.series = "source/openrouter",
	    .started_at = noon,
	    .detail = "",
	    .request_id = "",
	    .figure = figure,
	    .figure_len = 40};
	struct spool *spool = open_at("spool", &wide);

	(void)state;
	for (size_t i = 0; i < 40; i++) {
		figure[i] = (struct figure){.model = "m",
		    .provider = "p",
		    .uptime_1d_ppm = -1,
		    .latency_ms = {1, 2, 3, (uint32_t)i},
		    .price_out_nanousd = INT64_MAX};
	}
	for (int i = 0; i < 3; i++) {
		assert_int_equal(spool_append(spool, &result), ERR_OK);
	}
	assert_int_equal(spool_flush(spool, noon), ERR_OK);
	assert_int_equal(read_run(spool, 1, UINT64_MAX), 1);
	assert_int_equal(rows[0].figure_len, 40);
	assert_string_equal(rows[0].figure[39].provider, "p");
	assert_int_equal(rows[0].figure[39].uptime_1d_ppm, -1);
	assert_int_equal(rows[0].figure[39].latency_ms[3], 39);
	assert_true(rows[0].figure[39].price_out_nanousd == INT64_MAX);
	assert_int_equal(read_run(spool, 2, UINT64_MAX), 1);
	spool_close(spool);
	remove_folder("spool");
}

static void
test_too_large(void **state)
{
	static char detail[SPOOL_ROW_BYTES + 1];
	struct spool *spool = open_at("spool", &wide);

	(void)state;
	memset(detail, 'x', sizeof(detail) - 1);
	assert_int_equal(append(spool, 1, detail, noon), ERR_LIMIT);
	assert_false(spool_is_dirty(spool));
	spool_close(spool);
	remove_folder("spool");
}

/* Appends and acknowledges until it is killed; says on `pipe` what it was promised. */
static void
run_until_killed(int pipe, uint64_t seed)
{
	struct spool *spool = open_at("spool", &wide);
	struct rng rng;

	rng_init(&rng, seed);
	for (;;) {
		uint64_t durable;

		for (uint64_t n = 1 + rng_below(&rng, 20); n > 0; n--) {
			/* The row says which number it must get. */
			(void)append(
			    spool, (uint32_t)(spool_durable_seq(spool)), "", noon);
		}
		if (spool_flush(spool, noon) != ERR_OK) {
			_exit(1);
		}
		durable = spool_durable_seq(spool);
		if (write(pipe, &durable, sizeof(durable)) != sizeof(durable)) {
			_exit(1);
		}
	}
}

/* Kills a child after it reported `reports` times; returns its last promise. */
static uint64_t
crash(uint64_t seed, unsigned reports)
{
	uint64_t durable = 0;
	uint64_t next;
	int status;
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		(void)close(ends[0]);
		run_until_killed(ends[1], seed);
	}
	(void)close(ends[1]);
	for (unsigned i = 0; i < reports; i++) {
		assert_int_equal(
		    read(ends[0], &durable, sizeof(durable)), sizeof(durable));
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	while (read(ends[0], &next, sizeof(next)) == (ssize_t)sizeof(next)) {
		durable = next; /* reported before it died */
	}
	(void)close(ends[0]);
	return durable;
}

/* Nothing promised is lost, no number is given twice, over many deaths. */
static void
test_killed(void **state)
{
	uint64_t seed = 20260101;
	uint64_t floor = 1;
	struct rng rng;

	(void)state;
	printf("  seed %u\n", (unsigned)seed);
	rng_init(&rng, seed);
	for (int i = 0; i < CRASHES; i++) {
		uint64_t promised =
		    crash(rng_next(&rng), 1 + (unsigned)rng_below(&rng, 30));
		struct spool *spool = open_at("spool", &wide);
		uint64_t durable = spool_durable_seq(spool);
		uint64_t seq = 1;
		size_t len;

		assert_true(promised >= floor);
		assert_true(durable >= promised);
		while ((len = read_run(spool, seq, UINT64_MAX)) > 0) {
			assert_int_equal(rows[0].seq, seq);
			seq += len;
		}
		assert_int_equal(seq, durable);
		assert_int_equal(spool_book(spool)->rows, durable - 1);
		floor = durable;
		spool_close(spool);
	}
	remove_folder("spool");
}

static void
test_set_aside(void **state)
{
	static const char noise[16384] = "no database";
	struct spool *spool;
	bool set_aside;
	char error[512];
	char found[64] = "";
	struct dirent *entry;
	DIR *folder;

	(void)state;
	assert_int_equal(mkdir("spool", 0700), 0);
	scratch_write("spool/data.mdb", noise, sizeof(noise));
	assert_int_equal(
	    spool_open("spool", &wide, &spool, &set_aside, error, sizeof(error)),
	    ERR_OK);
	assert_true(set_aside);
	append_run(spool, 1, 3);
	spool_close(spool);
	remove_folder("spool");
	folder = opendir(".");
	while ((entry = readdir(folder)) != NULL) { /* NOLINT(concurrency-mt-unsafe) */
		if (strncmp(entry->d_name, "spool.corrupt-", 14) == 0) {
			(void)snprintf(found, sizeof(found), "%.60s", entry->d_name);
		}
	}
	(void)closedir(folder);
	assert_string_not_equal(found, "");
	remove_folder(found);
}

static void
test_newer(void **state)
{
	static const char *const names[] = {"row", "meta"};
	static const unsigned char book[] = {3, 1, 2, 3};
	struct spool *spool = NULL;
	bool set_aside;
	char error[512];
	struct db_conf conf = {
	    .path = "spool", .names = names, .tables = 2, .bytes_max = 1 << 20};
	struct db_txn txn;
	struct db db;

	(void)state;
	assert_int_equal(db_open(&db, &conf, error, sizeof(error)), ERR_OK);
	db_begin(&db, true, &txn);
	db_put(&txn, 1, "book", 5, book, sizeof(book));
	assert_int_equal(db_commit(&txn), ERR_OK);
	db_close(&db);
	assert_int_equal(
	    spool_open("spool", &wide, &spool, &set_aside, error, sizeof(error)),
	    ERR_VERSION);
	assert_false(set_aside);
	assert_null(spool);
	assert_non_null(strstr(error, "newer"));
	remove_folder("spool");
}

static size_t
read_vector(const char *name, unsigned char *out, size_t cap)
{
	const char *source = getenv("PARALLAX_SOURCE");
	char path[1024];
	size_t len;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/tests/unit/vectors/%s",
	    source != NULL ? source : ".", name);
	file = fopen(path, "rb");
	assert_non_null(file);
	len = fread(out, 1, cap, file);
	assert_true(len < cap);
	(void)fclose(file);
	return len;
}

/* The spool of an older agent, as it wrote it: its rows are read, sent and forgotten. */
static void
test_older(void **state)
{
	static const char *const names[] = {"row", "meta"};
	static unsigned char row[4096];
	size_t row_len = read_vector("spool_row_v1.bin", row, sizeof(row));
	unsigned char book[64];
	struct seq_range range = {1, 1};
	struct db_conf conf = {
	    .path = "spool", .names = names, .tables = 2, .bytes_max = 1 << 20};
	struct spool *spool;
	struct db_txn txn;
	struct buf buf;
	char error[512];
	struct db db;

	(void)state;
	buf_write(&buf, book, sizeof(book));
	buf_put_varint(&buf, 1); /* version */
	buf_put_u64(&buf, 99);   /* incarnation */
	buf_put_varint(&buf, 2); /* next_seq */
	buf_put_varint(&buf, 1); /* rows */
	buf_put_varint(&buf, row_len);
	buf_put_varint(&buf, 0); /* dropped rows, and no range of them */
	buf_put_varint(&buf, 0);
	assert_int_equal(db_open(&db, &conf, error, sizeof(error)), ERR_OK);
	db_begin(&db, true, &txn);
	db_put_u64(&txn, 0, 1, row, row_len);
	db_put(&txn, 1, "book", 5, book, buf.at);
	assert_int_equal(db_commit(&txn), ERR_OK);
	db_close(&db);
	spool = open_at("spool", &wide);
	assert_int_equal(spool_book(spool)->incarnation, 99);
	assert_int_equal(read_run(spool, 1, UINT64_MAX), 1);
	assert_string_equal(rows[0].series, "source/google-cloud-status");
	assert_int_equal(rows[0].observation_len, 2);
	assert_int_equal(rows[0].timing.first_byte_us, 4);
	assert_int_equal(rows[0].timing.sent_us, 0);
	assert_int_equal(rows[0].figure_len, 0);
	assert_true(rows[0].digest == 0);
	/* New rows stand behind it; both are one run. */
	append_run(spool, 7, 1);
	assert_int_equal(read_run(spool, 1, UINT64_MAX), 2);
	spool_forget(spool, &range, 1);
	assert_int_equal(spool_flush(spool, noon), ERR_OK);
	spool_close(spool);
	spool = open_at("spool", &wide);
	assert_int_equal(spool_book(spool)->incarnation, 99);
	assert_int_equal(spool_first(spool, 0), 2);
	assert_int_equal(spool_durable_seq(spool), 3);
	spool_close(spool);
	remove_folder("spool");
}

/* Rows that something wrote over: they alone are lost, and exactly they are told. */
static void
test_damaged(void **state)
{
	static const char *const names[] = {"row", "meta"};
	static const unsigned char noise[40] = {1, 2, 3, 4, 5, 6, 7, 8, 0xff, 0xff};
	static const uint64_t bad[] = {1, 4, 5, 10};
	struct db_conf conf = {
	    .path = "spool", .names = names, .tables = 2, .bytes_max = 64 << 20};
	struct spool *spool = open_at("spool", &wide);
	struct seq_range told = {1, 10};
	struct db_txn txn;
	char error[512];
	struct db db;

	(void)state;
	append_run(spool, 1, 10);
	spool_close(spool);
	assert_int_equal(db_open(&db, &conf, error, sizeof(error)), ERR_OK);
	db_begin(&db, true, &txn);
	for (size_t i = 0; i < 4; i++) { /* one is too short to tell its age, too */
		db_put_u64(&txn, 0, bad[i], noise, i == 2 ? 3 : sizeof(noise));
	}
	assert_int_equal(db_commit(&txn), ERR_OK);
	db_close(&db);
	spool = open_at("spool", &wide);
	assert_false(spool_is_dirty(spool));
	assert_int_equal(read_run(spool, 1, UINT64_MAX), 2);
	assert_int_equal(rows[0].seq, 2);
	assert_true(spool_is_dirty(spool));
	assert_int_equal(read_run(spool, 4, 5), 0);
	assert_int_equal(read_run(spool, 4, UINT64_MAX), 4);
	assert_int_equal(rows[0].seq, 6);
	assert_int_equal(rows[3].timing.total_us, 9);
	assert_int_equal(read_run(spool, 10, UINT64_MAX), 0);
	assert_int_equal(spool_damaged(spool), 0);
	assert_int_equal(spool_flush(spool, noon), ERR_OK);
	assert_false(spool_is_dirty(spool));
	assert_int_equal(spool_damaged(spool), 4);
	assert_int_equal(spool_book(spool)->dropped_rows, 4);
	assert_int_equal(spool_book(spool)->rows, 6);
	assert_int_equal(seqset_count(&spool_book(spool)->dropped), 4);
	for (size_t i = 0; i < 4; i++) {
		assert_true(seqset_has(&spool_book(spool)->dropped, bad[i]));
	}
	/* Once told they are over; what is new goes on behind them. */
	append_run(spool, 11, 1);
	assert_int_equal(read_run(spool, 10, UINT64_MAX), 1);
	assert_int_equal(rows[0].seq, 11);
	spool_forget(spool, &told, 1);
	assert_int_equal(spool_flush(spool, noon), ERR_OK);
	assert_int_equal(spool_book(spool)->dropped.len, 0);
	assert_int_equal(spool_book(spool)->rows, 1);
	spool_close(spool);
	remove_folder("spool");
}

/* More damage than the book can tell at once: what it has no room for waits, and goes when
 * the collector knows of the rest. */
static void
test_much_damage(void **state)
{
	enum {
		ROWS = LIMIT_SEQ_RANGES * 2 + 20
	};
	static const char *const names[] = {"row", "meta"};
	struct db_conf conf = {
	    .path = "spool", .names = names, .tables = 2, .bytes_max = 64 << 20};
	struct spool *spool = open_at("spool", &wide);
	struct db_txn txn;
	char error[512];
	struct db db;

	(void)state;
	append_run(spool, 1, ROWS);
	spool_close(spool);
	assert_int_equal(db_open(&db, &conf, error, sizeof(error)), ERR_OK);
	db_begin(&db, true, &txn);
	for (uint64_t seq = 1; seq <= ROWS; seq += 2) {
		db_put_u64(&txn, 0, seq, "?", 1);
	}
	assert_int_equal(db_commit(&txn), ERR_OK);
	db_close(&db);
	spool = open_at("spool", &wide);
	for (unsigned round = 0; round < 3; round++) {
		struct seqset dropped;

		for (uint64_t seq = 1; seq <= ROWS; seq += 2) {
			assert_int_equal(read_run(spool, seq, UINT64_MAX), 1);
			assert_int_equal(rows[0].seq, seq + 1);
		}
		assert_int_equal(spool_flush(spool, noon), ERR_OK);
		assert_int_equal(spool_damaged(spool), spool_book(spool)->dropped_rows);
		assert_int_equal(spool_book(spool)->rows, ROWS - spool_damaged(spool));
		dropped = spool_book(spool)->dropped;
		spool_forget(spool, dropped.range, dropped.len);
		assert_int_equal(spool_flush(spool, noon), ERR_OK);
	}
	assert_int_equal(spool_damaged(spool), ROWS / 2);
	assert_int_equal(spool_book(spool)->rows, ROWS / 2);
	spool_close(spool);
	remove_folder("spool");
}

/* On a disk that is full rows wait in memory, and go down when there is room again. */
static void
test_full_disk(void **state)
{
	struct spool *spool;
	struct seq_range all = {1, UINT64_MAX - 1};
	char detail[LIMIT_DETAIL_BYTES] = "";
	uint64_t durable;
	enum err err = ERR_OK;

	(void)state;
	assert_int_equal(mkdir("disk", 0700), 0);
	if (mount("none", "disk", "tmpfs", 0, "size=1m") != 0) {
		printf("  skipped: may not mount\n");
		assert_int_equal(rmdir("disk"), 0);
		skip();
	}
	memset(detail, 'x', sizeof(detail) - 1);
	spool = open_at("disk/spool", &wide);
	while (err == ERR_OK) {
		for (int i = 0; i < 50; i++) {
			assert_int_equal(append(spool, 1, detail, noon), ERR_OK);
		}
		err = spool_flush(spool, noon);
	}
	assert_int_equal(err, ERR_FULL);
	assert_true(spool_is_dirty(spool));
	durable = spool_durable_seq(spool);
	assert_int_equal(append(spool, 7, "last", noon), ERR_OK);
	assert_int_equal(spool_flush(spool, noon), ERR_FULL);
	assert_int_equal(spool_durable_seq(spool), durable);
	assert_true(read_run(spool, 1, UINT64_MAX) > 0); /* reading goes on */
	/* What is acknowledged makes room, on a full disk too. */
	spool_forget(spool, &all, 1);
	assert_int_equal(spool_flush(spool, noon), ERR_OK);
	assert_int_equal(spool_durable_seq(spool), durable + 51);
	assert_int_equal(read_run(spool, durable + 50, UINT64_MAX), 1);
	assert_string_equal(rows[0].detail, "last");
	spool_close(spool);
	assert_int_equal(umount("disk"), 0);
	assert_int_equal(rmdir("disk"), 0);
}

static void
test_plan(void **state)
{
	static unsigned char memory[1024];
	struct spool *spool = open_at("spool", &wide);
	struct arena arena;
	const void *plan;
	size_t len;

	(void)state;
	arena_init(&arena, memory, sizeof(memory));
	assert_int_equal(spool_plan_get(spool, &arena, &plan, &len), ERR_NOTFOUND);
	assert_int_equal(spool_plan_put(spool, "old plan", 8), ERR_OK);
	assert_int_equal(spool_plan_put(spool, "plan", 4), ERR_OK);
	spool_close(spool);
	spool = open_at("spool", &wide);
	assert_int_equal(spool_plan_get(spool, &arena, &plan, &len), ERR_OK);
	assert_int_equal(len, 4);
	assert_memory_equal(plan, "plan", 4);
	spool_close(spool);
	remove_folder("spool");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_life),
	    cmocka_unit_test(test_age),
	    cmocka_unit_test(test_bytes),
	    cmocka_unit_test(test_many_holes),
	    cmocka_unit_test(test_forget_splits),
	    cmocka_unit_test(test_many_acks),
	    cmocka_unit_test(test_observations),
	    cmocka_unit_test(test_figures),
	    cmocka_unit_test(test_too_large),
	    cmocka_unit_test(test_killed),
	    cmocka_unit_test(test_set_aside),
	    cmocka_unit_test(test_newer),
	    cmocka_unit_test(test_older),
	    cmocka_unit_test(test_damaged),
	    cmocka_unit_test(test_much_damage),
	    cmocka_unit_test(test_full_disk),
	    cmocka_unit_test(test_plan),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
