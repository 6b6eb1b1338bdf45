/* bench_fleet - a fleet that was cut off comes back all at once
 *
 * Every agent holds an hour of results: one a minute of each of its series. A collector in
 * a process of its own takes them all over real sockets on loopback, as many batches of each
 * agent in flight as its credit allows. Time counts from the first batch sent to the last one acknowledged,
 * which is durable then. Beside it bare LMDB writing rows of the same bytes, as many in a
 * synced transaction as the collector puts into one. */
#include "tests/bench/bench.h"
#include "tests/bench/bench_baseline_lmdb.h"
#include "tests/bench/bench_client.h"

#include "collector/shell/service.h"
#include "common/shell/clock_sys.h"
#include "common/shell/log.h"
#include "common/shell/queue.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nng/protocol/reqrep0/req.h>

enum {
	AGENTS_SMALL = 200,
	AGENTS_LARGE = 1000,
	AGENTS_QUICK = 8,
	REGIONS = 20,
	RESULTS = 60 * BENCH_WORLD_SERIES,
	BATCHES = (RESULTS + LIMIT_BATCH_RESULTS - 1) / LIMIT_BATCH_RESULTS,
	IN_FLIGHT = LIMIT_BATCHES_IN_FLIGHT - 1, /* of a backlog, at most */
	GROUP = 127 /* rows in a transaction when enough of them wait */
};

#define SPAN_NS (3600 * CLOCK_NS_PER_S)

struct drain;

/* A place for one request of an agent. */
struct lane {
	struct drain *drain;
	unsigned agent;
	nng_ctx context;
	nng_aio *aio;
	bool is_busy;
	bool is_sending;
};

struct sender {
	struct bench_client client;
	struct lane lane[IN_FLIGHT];
	nng_msg *batch[BATCHES];
	unsigned sent;
	unsigned in_flight;
	unsigned done;
	double finished_s;
};

struct drain {
	struct bench_world world;
	struct bench_batcher batcher;
	struct sender *sender;
	unsigned agents;
	struct queue *queue; /* of struct lane *, from nng's threads */
	pid_t collector;
	double collector_mib; /* at its peak */
	uint16_t port;
};

static void
check(int rc)
{
	if (rc != 0) {
		bench_fail("nng", nng_strerror(rc));
	}
}

/* ---- the collector, in a process of its own ---- */

static struct service *service;

static void
on_term(int number)
{
	(void)number;
	service_stop(service);
}

static void
be_collector(const struct collector_conf *conf, int out)
{
	struct sigaction action = {.sa_handler = on_term};
	char error[512];
	uint16_t port;

	/* It must not outlive a benchmark that fails. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	log_set_level(LOG_ERROR);
	if (service_new(conf, NULL, &service, error, sizeof(error)) != ERR_OK) {
		bench_fail("service", error);
	}
	(void)sigaction(SIGTERM, &action, NULL);
	port = service_port(service, 0);
	if (write(out, &port, sizeof(port)) != (ssize_t)sizeof(port)) {
		bench_fail("service", "cannot say its port");
	}
	service_run(service);
	service_free(service);
	exit(0);
}

static void
start_collector(struct drain *drain)
{
	int channel[2];

	if (pipe(channel) != 0) {
		bench_fail("pipe", "failed");
	}
	drain->collector = fork();
	if (drain->collector == 0) {
		be_collector(&drain->world.conf, channel[1]);
	}
	(void)close(channel[1]);
	if (drain->collector < 0 ||
	    read(channel[0], &drain->port, sizeof(drain->port)) !=
		(ssize_t)sizeof(drain->port)) {
		bench_fail("service", "does not start");
	}
	(void)close(channel[0]);
}

static void
stop_collector(struct drain *drain)
{
	int status;

	drain->collector_mib =
	    (double)bench_rss_peak_bytes(drain->collector) / (1 << 20);
	if (kill(drain->collector, SIGTERM) != 0 ||
	    waitpid(drain->collector, &status, 0) != drain->collector || status != 0) {
		bench_fail("service", "does not end well");
	}
	bench_world_clear(&drain->world);
}

/* ---- the agents ---- */

static void
on_event(void *argument)
{
	struct lane *lane = argument;

	check(nng_aio_result(lane->aio));
	if (lane->is_sending) {
		lane->is_sending = false;
		nng_ctx_recv(lane->context, lane->aio);
	} else if (queue_push(lane->drain->queue, &lane) != ERR_OK) {
		bench_fail("queue", "full");
	}
}

static void
open_lane(struct drain *drain, unsigned agent, unsigned i)
{
	struct lane *lane = &drain->sender[agent].lane[i];

	lane->drain = drain;
	lane->agent = agent;
	check(nng_ctx_open(&lane->context, drain->sender[agent].client.socket));
	check(nng_ctx_set_ms(
	    lane->context, NNG_OPT_REQ_RESENDTIME, NNG_DURATION_INFINITE));
	check(nng_aio_alloc(&lane->aio, on_event, lane));
}

static void
make_batch(struct drain *drain, unsigned agent, unsigned i)
{
	struct sender *sender = &drain->sender[agent];
	unsigned first = i * LIMIT_BATCH_RESULTS;
	unsigned len = RESULTS - first < LIMIT_BATCH_RESULTS ? RESULTS - first
							     : LIMIT_BATCH_RESULTS;
	int64_t now_ns = clock_sys_now().wall.ns;
	int64_t share_ns = SPAN_NS / RESULTS;
	struct bench_batch batch = {.session = sender->client.session,
	    .incarnation = sender->client.incarnation,
	    .first_seq = 1 + first,
	    /* made as if it were sent when its last result was new, */
	    .sent_at = {now_ns - share_ns * (RESULTS - first - len)},
	    .span_ns = share_ns * len,
	    .results = len,
	    .failing_target = TOPOLOGY_NONE};
	const unsigned char *data;
	size_t data_len;

	bench_batcher_make(&drain->batcher, &batch, &data, &data_len);
	check(nng_msg_alloc(&sender->batch[i], 0));
	check(nng_msg_append(sender->batch[i], data, data_len));
}

static void
open_agents(struct drain *drain)
{
	drain->sender = calloc(drain->agents, sizeof(*drain->sender));
	drain->queue =
	    queue_new(sizeof(struct lane *), (size_t)drain->agents * IN_FLIGHT);
	if (drain->sender == NULL || drain->queue == NULL) {
		bench_fail("fleet", "no memory");
	}
	bench_batcher_start(&drain->batcher, &drain->world.conf.topology, 1);
	for (unsigned a = 0; a < drain->agents; a++) {
		bench_client_open(
		    &drain->sender[a].client, &drain->batcher, drain->port, a);
		for (unsigned i = 0; i < IN_FLIGHT; i++) {
			open_lane(drain, a, i);
		}
		for (unsigned i = 0; i < BATCHES; i++) {
			make_batch(drain, a, i);
		}
	}
}

static void
close_agents(struct drain *drain)
{
	for (unsigned a = 0; a < drain->agents; a++) {
		for (unsigned i = 0; i < IN_FLIGHT; i++) {
			nng_aio_free(drain->sender[a].lane[i].aio);
		}
		bench_client_close(&drain->sender[a].client);
	}
	bench_batcher_end(&drain->batcher);
	queue_free(drain->queue);
	free(drain->sender);
}

static void
send_one(struct sender *sender, struct lane *lane)
{
	lane->is_busy = true;
	lane->is_sending = true;
	sender->in_flight++;
	nng_aio_set_msg(lane->aio, sender->batch[sender->sent++]);
	nng_ctx_send(lane->context, lane->aio);
}

/* Sends as much of an agent's backlog as it may. */
static void
send_more(struct sender *sender)
{
	unsigned allowed = bench_client_backlog(&sender->client);

	for (unsigned i = 0; i < IN_FLIGHT; i++) {
		if (!sender->lane[i].is_busy && sender->sent < BATCHES &&
		    sender->in_flight < allowed) {
			send_one(sender, &sender->lane[i]);
		}
	}
}

static void
take_answer(struct lane *lane, double at_s)
{
	struct sender *sender = &lane->drain->sender[lane->agent];
	nng_msg *message = nng_aio_get_msg(lane->aio);

	bench_client_take(&sender->client, &lane->drain->batcher, nng_msg_body(message),
	    nng_msg_len(message));
	nng_msg_free(message);
	lane->is_busy = false;
	sender->in_flight--;
	sender->done++;
	if (sender->done == BATCHES) {
		sender->finished_s = at_s;
	}
	send_more(sender);
}

/* Seconds until the last acknowledgement. */
static double
run(struct drain *drain)
{
	size_t left = (size_t)drain->agents * BATCHES;
	int64_t begin_ns = bench_wall_ns();
	double at_s = 0;

	for (unsigned a = 0; a < drain->agents; a++) {
		send_more(&drain->sender[a]);
	}
	for (; left > 0; left--) {
		struct lane *lane;

		if (!queue_wait(drain->queue, &lane, 60 * CLOCK_NS_PER_S)) {
			bench_fail("drain", "no acknowledgement for a minute");
		}
		at_s = (double)(bench_wall_ns() - begin_ns) / 1e9;
		take_answer(lane, at_s);
	}
	return at_s;
}

/* ---- */

/* Results a second that bare LMDB takes, in rows of the batches' bytes. */
static double
bare_per_s(const struct drain *drain, size_t batch_bytes)
{
	unsigned char *row = calloc(1, batch_bytes);
	struct bench_baseline_lmdb work = {.dir = drain->world.store,
	    .row = row,
	    .row_bytes = batch_bytes,
	    .rows = drain->agents * BATCHES,
	    .rows_per_txn = GROUP};
	struct bench_baseline_lmdb_cost cost;

	if (row == NULL || mkdir(drain->world.store, 0700) != 0) {
		bench_fail("baseline", "no folder");
	}
	cost = bench_baseline_lmdb(&work);
	bench_world_clear(&drain->world);
	free(row);
	return (double)drain->agents * RESULTS * 1e9 / (double)cost.wall_ns;
}

static void
print_rows(const struct bench *bench, const struct drain *drain, const char *name,
    double took_s, double bare)
{
	double *done_s = calloc(drain->agents, sizeof(*done_s));
	double half_s;
	char note[256];

	if (done_s == NULL) {
		bench_fail(name, "no memory");
	}
	for (unsigned a = 0; a < drain->agents; a++) {
		done_s[a] = drain->sender[a].finished_s;
	}
	half_s = bench_median(done_s, drain->agents); /* sorts them, too */
	(void)snprintf(note, sizeof(note),
	    "%u agents with an hour of results each over sockets; first done after "
	    "%.3f s, half of them after %.3f s, last after %.3f s; beside LMDB writing "
	    "the same bytes",
	    drain->agents, done_s[0], half_s, took_s);
	free(done_s);
	bench_print(bench, &(struct bench_row){.name = name,
			       .value = (double)drain->agents * RESULTS / took_s,
			       .unit = "results/s",
			       .baseline = bare,
			       .note = note});
}

/* In a process of its own: nng cannot be taken over a fork. */
static void
drain_fleet(const struct bench *bench, unsigned agents, const char *name)
{
	struct drain drain = {.agents = agents};
	struct bench_world_setup setup = {.agents = agents,
	    .regions = agents < REGIONS ? agents : REGIONS,
	    .interval = "60s",
	    .channels = "  - { name: log, kind: log, path: /dev/null }",
	    .policy = "cooldown: 30m"};
	char rss_name[64];
	double bare;
	double took_s;

	bench_world_start(&drain.world, &setup);
	start_collector(&drain);
	open_agents(&drain);
	bare = (double)nng_msg_len(drain.sender[0].batch[0]);
	took_s = run(&drain);
	stop_collector(&drain);
	bare = bare_per_s(&drain, (size_t)bare);
	print_rows(bench, &drain, name, took_s, bare);
	(void)snprintf(rss_name, sizeof(rss_name), "%s_rss", name);
	bench_print(bench, &(struct bench_row){.name = rss_name,
			       .value = drain.collector_mib,
			       .unit = "MiB",
			       .note = "the collector's resident memory at its peak, "
				       "the mapped store included"});
	close_agents(&drain);
	bench_world_end(&drain.world);
}

static void
drain_apart(const struct bench *bench, unsigned agents, const char *name)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		drain_fleet(bench, agents, name);
		exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
		bench_fail(name, "failed");
	}
}

int
main(int argc, char **argv)
{
	struct bench bench = bench_start(argc, argv);

	drain_apart(
	    &bench, bench_count(&bench, AGENTS_SMALL, AGENTS_QUICK), "fleet_drain");
	if (!bench.quick) {
		drain_apart(&bench, AGENTS_LARGE, "fleet_drain_1000");
	}
	return 0;
}
