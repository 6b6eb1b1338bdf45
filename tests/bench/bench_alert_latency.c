/* bench_alert_latency - from the last result of evidence to the message in the channel
 *
 * A whole collector in this process: agents send batches over real sockets on loopback, one
 * target after the other fails for everybody, and a log channel writes into a pipe that is
 * read here. A sample is the time from before a batch was sent to when the message that it
 * made was read: the way there, the decision, the synced transaction, the notifier. Beside
 * it one bare synced LMDB commit, taken in between on the same disk. */
#include "tests/bench/bench.h"
#include "tests/bench/bench_client.h"

#include "collector/shell/service.h"
#include "common/shell/clock_sys.h"
#include "common/shell/db.h"
#include "common/shell/log.h"
#include "common/shell/queue.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	AGENTS = 12,
	REGIONS = 6,
	LIVES = 50, /* of the collector: each begins with an empty store */
	LIVES_QUICK = 1,
	RESULTS = 4 * BENCH_WORLD_SERIES,
	SAMPLES_MAX = LIVES * BENCH_WORLD_TARGETS,
	ROW_BYTES = 4096
};

/* What a batch looks back on; evidence must spread over some of it. */
#define SPAN_NS (60 * CLOCK_NS_PER_S)

struct samples {
	double ms[SAMPLES_MAX];
	size_t len;
};

struct fixture {
	struct bench_world world;
	struct bench_batcher batcher;
	struct bench_client client[AGENTS];
	struct service *service;
	pthread_t thread;
	char pipe_path[96];
	int pipe;
	pthread_t reader;
	struct queue *read_at; /* when each message was there, int64_t */
	uint64_t seen;         /* of the timeline */
	unsigned target;
	struct db db; /* for the bare commits */
	uint64_t key;
	struct samples alerts;
	struct samples commits;
};

static void *
run_service(void *context)
{
	service_run(context);
	return NULL;
}

static void
start_life(struct fixture *fixture)
{
	char error[512];

	if (service_new(&fixture->world.conf, NULL, &fixture->service, error,
		sizeof(error)) != ERR_OK) {
		bench_fail("service", error);
	}
	if (pthread_create(&fixture->thread, NULL, run_service, fixture->service) !=
	    0) {
		bench_fail("service", "no thread");
	}
	fixture->seen = 0;
	for (unsigned i = 0; i < AGENTS; i++) {
		bench_client_open(&fixture->client[i], &fixture->batcher,
		    service_port(fixture->service, 0), i);
	}
}

static void
end_life(struct fixture *fixture)
{
	for (unsigned i = 0; i < AGENTS; i++) {
		bench_client_close(&fixture->client[i]);
	}
	service_stop(fixture->service);
	(void)pthread_join(fixture->thread, NULL);
	service_free(fixture->service);
	bench_world_clear(&fixture->world);
}

/* ---- what happened ---- */

struct look {
	struct fixture *fixture;
	bool has_opened;
};

static bool
look_at(void *context, const struct timeline_row *row)
{
	struct look *look = context;

	look->fixture->seen = row->seq;
	if (row->kind == TIMELINE_VERDICT && strcmp(row->event, "opened") == 0) {
		look->has_opened = true;
	}
	return true;
}

/* Whether the timeline has got an incident that was not there before. */
static bool
has_opened(struct fixture *fixture)
{
	struct look look = {.fixture = fixture};

	if (api_timeline(service_api(fixture->service), fixture->seen, look_at,
		&look) != ERR_OK) {
		bench_fail("timeline", "cannot be read");
	}
	return look.has_opened;
}

/* Stamps the messages as they come; an empty line ends it. */
static void *
read_pipe(void *context)
{
	struct fixture *fixture = context;
	char text[1 << 16];

	for (;;) {
		ssize_t len = read(fixture->pipe, text, sizeof(text));
		int64_t now_ns = bench_wall_ns();

		if (len <= 1) {
			return NULL;
		}
		if (queue_push(fixture->read_at, &now_ns) != ERR_OK) {
			bench_fail("messages", "too many");
		}
	}
}

/* ---- one incident ---- */

static void
note(struct samples *samples, int64_t begin_ns, int64_t end_ns)
{
	if (end_ns < begin_ns) {
		bench_fail("alert", "came before its evidence");
	}
	samples->ms[samples->len++] = (double)(end_ns - begin_ns) / 1e6;
}

/* One batch of agent `index` in which the target fails, twice: the second is known already,
 * and its acknowledgement says that all that followed from the first was handed over. True
 * when that was an alert. */
static bool
send_evidence(struct fixture *fixture, unsigned index)
{
	struct bench_client *client = &fixture->client[index];
	struct bench_batch batch = {.session = client->session,
	    .incarnation = client->incarnation,
	    .first_seq = client->next_seq,
	    .sent_at = clock_sys_now().wall,
	    .span_ns = SPAN_NS,
	    .results = RESULTS,
	    .failing_target = (uint16_t)fixture->target};
	const unsigned char *data;
	size_t len;
	int64_t begin_ns;
	int64_t read_at_ns;

	client->next_seq += RESULTS;
	bench_batcher_make(&fixture->batcher, &batch, &data, &len);
	begin_ns = bench_wall_ns();
	bench_client_send(client, &fixture->batcher, data, len);
	bench_client_send(client, &fixture->batcher, data, len);
	if (!has_opened(fixture)) {
		return false;
	}
	/* What came before is the word that an earlier incident is over. */
	do {
		if (!queue_wait(fixture->read_at, &read_at_ns, 5 * CLOCK_NS_PER_S)) {
			bench_fail("alert", "did not come");
		}
	} while (read_at_ns < begin_ns);
	note(&fixture->alerts, begin_ns, read_at_ns);
	return true;
}

static void
commit_bare(struct fixture *fixture)
{
	static const unsigned char row[ROW_BYTES];
	struct db_txn txn;
	int64_t begin_ns = bench_wall_ns();

	db_begin(&fixture->db, true, &txn);
	db_put_u64(&txn, 0, fixture->key++, row, sizeof(row));
	if (db_commit(&txn) != ERR_OK) {
		bench_fail("commit", "failed");
	}
	note(&fixture->commits, begin_ns, bench_wall_ns());
}

static void
open_incident(struct fixture *fixture)
{
	for (unsigned i = 0; i < 3 * AGENTS; i++) {
		if (send_evidence(fixture, i % AGENTS)) {
			commit_bare(fixture);
			return;
		}
	}
	bench_fail("incident", "does not open");
}

/* ---- */

static void
prepare(struct fixture *fixture)
{
	static const char *const tables[] = {"rows"};
	char channels[256];
	char path[96];
	char error[256];
	struct db_conf bare = {.path = path,
	    .names = tables,
	    .tables = 1,
	    .bytes_max = 1 << 28,
	    .sync = DB_SYNC_FULL};
	struct bench_world_setup setup = {.agents = AGENTS,
	    .regions = REGIONS,
	    .interval = "60s",
	    .channels = channels,
	    .policy = "cooldown: 30m"};

	(void)snprintf(fixture->pipe_path, sizeof(fixture->pipe_path),
	    "/tmp/parallax-bench-pipe-%ld", (long)getpid());
	(void)snprintf(channels, sizeof(channels),
	    "  - { name: log, kind: log, level_min: info, path: %s }",
	    fixture->pipe_path);
	bench_world_start(&fixture->world, &setup);
	if (mkfifo(fixture->pipe_path, 0600) != 0) {
		bench_fail(fixture->pipe_path, "cannot make this pipe");
	}
	fixture->pipe = open(fixture->pipe_path, O_RDWR | O_CLOEXEC);
	(void)snprintf(path, sizeof(path), "%s/bare", fixture->world.folder);
	if (fixture->pipe < 0 ||
	    db_open(&fixture->db, &bare, error, sizeof(error)) != ERR_OK) {
		bench_fail(path, "cannot be opened");
	}
	fixture->read_at = queue_new(sizeof(int64_t), SAMPLES_MAX);
	if (fixture->read_at == NULL ||
	    pthread_create(&fixture->reader, NULL, read_pipe, fixture) != 0) {
		bench_fail("reader", "does not start");
	}
	bench_batcher_start(&fixture->batcher, &fixture->world.conf.topology, 1);
	log_set_level(LOG_ERROR);
}

static void
finish(struct fixture *fixture)
{
	if (write(fixture->pipe, "\n", 1) == 1) {
		(void)pthread_join(fixture->reader, NULL);
	}
	queue_free(fixture->read_at);
	db_close(&fixture->db);
	(void)close(fixture->pipe);
	(void)unlink(fixture->pipe_path);
	(void)snprintf(fixture->world.store, sizeof(fixture->world.store), "%s/bare",
	    fixture->world.folder);
	bench_batcher_end(&fixture->batcher);
	bench_world_end(&fixture->world);
}

/* The value that `percent` of the samples do not exceed. */
static double
percentile(struct samples *samples, unsigned percent)
{
	size_t at = (samples->len * percent + 99) / 100;

	(void)bench_median(samples->ms, samples->len); /* sorts them */
	return samples->ms[at > 0 ? at - 1 : 0];
}

int
main(int argc, char **argv)
{
	static struct fixture fixture;
	struct bench bench = bench_start(argc, argv);
	char text[160];

	prepare(&fixture);
	for (unsigned i = 0; i < bench_count(&bench, LIVES, LIVES_QUICK); i++) {
		start_life(&fixture);
		for (unsigned k = 0; k < BENCH_WORLD_TARGETS; k++) {
			fixture.target = k;
			open_incident(&fixture);
		}
		end_life(&fixture);
	}
	(void)snprintf(text, sizeof(text),
	    "%zu incidents over sockets, median %.2f ms; beside the p99 of one synced "
	    "LMDB commit on the same disk",
	    fixture.alerts.len, percentile(&fixture.alerts, 50));
	bench_print(&bench, &(struct bench_row){.name = "alert_latency_p99",
				.value = percentile(&fixture.alerts, 99),
				.unit = "ms",
				.baseline = percentile(&fixture.commits, 99),
				.goal = {{.kind = BENCH_VALUE_MAX, .bound = 20}},
				.note = text});
	finish(&fixture);
	return 0;
}
