/* bench_ingest - results a second that are durable, on one core
 *
 * The way of a batch through the collector without sockets: framed bytes are unpacked,
 * decoded, run through the machine (order, windows, correlation, journal record), put into
 * one transaction with the others of their group, and acknowledged after the commit. Beside
 * it bare LMDB: rows of the same bytes, in transactions of the same size, synced the same
 * way. Thirty agents in ten regions have four batches each in flight, which makes a group. */
#include "tests/bench/bench.h"
#include "tests/bench/bench_baseline_lmdb.h"
#include "tests/bench/bench_world.h"

#include "collector/core/collector.h"
#include "collector/core/journal.h"
#include "collector/shell/journal_lmdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	AGENTS = 30,
	REGIONS = 10,
	RESULTS = LIMIT_BATCH_RESULTS,
	IN_FLIGHT = 4,
	GROUP = AGENTS * IN_FLIGHT,
	GROUPS = 30,
	GROUPS_QUICK = 2,
	ALONE = 360, /* batches, each in its own transaction */
	REPEATS_MAX = 16
};

#define ROUND_NS (60 * CLOCK_NS_PER_S) /* what one batch of each agent covers */

enum stage {
	STAGE_UNPACK = 0,
	STAGE_DECODE,
	STAGE_MACHINE,
	STAGE_PUT,
	STAGE_REPLY,
	STAGE_COMMIT,
	STAGE_COUNT
};

static const char *const stage_names[STAGE_COUNT] = {
    "unpack", "decode", "machine", "put", "reply", "commit"};

struct packed {
	unsigned char *data;
	size_t len;
};

struct engine {
	struct bench_world world;
	struct packed *batch;
	unsigned batches;
	size_t bytes; /* of all batches */
	struct frame *frame;
	struct frame *reply_frame;
	void *memory; /* of the machine */
	size_t memory_bytes;
	struct collector *collector;
	struct store store;
	struct journal_store *journal;
	struct effects effects;
	struct arena arena;
	size_t row_bytes; /* of the journal's rows, all of one run */
	int64_t stage_ns[STAGE_COUNT];
	int64_t last_ns;
};

struct cost {
	double wall_ns; /* per result */
	double cpu_ns;
};

/* ---- what the agents send ---- */

static void
make_batches(struct engine *engine, unsigned groups)
{
	struct bench_batcher *batcher = calloc(1, sizeof(*batcher));

	engine->batches = groups * GROUP;
	engine->batch = calloc(engine->batches, sizeof(*engine->batch));
	if (batcher == NULL || engine->batch == NULL) {
		bench_fail("batches", "no memory");
	}
	bench_batcher_start(batcher, &engine->world.conf.topology, 1);
	for (unsigned i = 0; i < engine->batches; i++) {
		unsigned round = i / AGENTS;
		struct bench_batch batch = {.session = i % AGENTS + 1,
		    .incarnation = i % AGENTS + 1,
		    .first_seq = 1 + (uint64_t)round * RESULTS,
		    .sent_at = {(round + 1) * ROUND_NS},
		    .span_ns = ROUND_NS,
		    .results = RESULTS,
		    .failing_target = TOPOLOGY_NONE};
		const unsigned char *data;

		bench_batcher_make(batcher, &batch, &data, &engine->batch[i].len);
		engine->batch[i].data = malloc(engine->batch[i].len);
		if (engine->batch[i].data == NULL) {
			bench_fail("batches", "no memory");
		}
		memcpy(engine->batch[i].data, data, engine->batch[i].len);
		engine->bytes += engine->batch[i].len;
	}
	bench_batcher_end(batcher);
	free(batcher);
}

/* ---- the engine ---- */

static void
start_engine(struct engine *engine)
{
	char error[512];
	struct arena arena;

	arena_init(&arena, engine->memory, engine->memory_bytes);
	engine->collector = collector_init(&arena, &engine->world.conf, 1);
	if (engine->collector == NULL ||
	    store_open(&engine->store, engine->world.store,
		engine->world.conf.store_bytes_max, error, sizeof(error)) != ERR_OK) {
		bench_fail("engine", "does not start");
	}
	engine->journal = journal_lmdb_new(&engine->store);
	if (engine->journal == NULL) {
		bench_fail("engine", "no memory");
	}
	collector_start(engine->collector, (struct now){{0}, {0}}, &engine->effects);
	effects_reset(&engine->effects);
}

static void
lap(struct engine *engine, enum stage stage)
{
	int64_t now_ns = bench_wall_ns();

	engine->stage_ns[stage] += now_ns - engine->last_ns;
	engine->last_ns = now_ns;
}

static void
acknowledge(struct engine *engine, const struct wire_batch *batch, struct now now)
{
	struct seq_range durable = {
	    batch->first_seq, batch->first_seq + batch->len - 1};
	struct wire_collector_message message = {.kind = WIRE_ACK,
	    .ack = {.durable = &durable,
		.durable_len = 1,
		.plan_version = 1,
		.wall = now.wall,
		.credit = IN_FLIGHT}};
	const unsigned char *data;
	size_t len;

	if (wire_collector_encode(&message, &engine->arena,
		frame_room(engine->reply_frame), LIMIT_INFLATED_BYTES,
		&len) != ERR_OK ||
	    frame_pack(engine->reply_frame, len, &data, &len) != ERR_OK) {
		bench_fail("acknowledgement", "cannot be encoded");
	}
}

static void
decode(
    struct engine *engine, const struct packed *packed, struct wire_agent_message *out)
{
	const unsigned char *bytes;
	size_t len;

	arena_reset(&engine->arena);
	if (frame_unpack(engine->frame, packed->data, packed->len, &bytes, &len) !=
	    ERR_OK) {
		bench_fail("batch", "cannot be unpacked");
	}
	lap(engine, STAGE_UNPACK);
	if (wire_agent_decode(bytes, len, &engine->arena, out) != ERR_OK) {
		bench_fail("batch", "cannot be decoded");
	}
	lap(engine, STAGE_DECODE);
}

static struct ingest_batch
ingest_of(const struct wire_batch *batch, const struct packed *packed)
{
	return (struct ingest_batch){.agent = (uint16_t)(batch->session - 1),
	    .incarnation = batch->incarnation,
	    .first_seq = batch->first_seq,
	    .sent_at = batch->sent_at,
	    .rtt_us = batch->rtt_us,
	    .result = batch->result,
	    .len = batch->len,
	    .frame = packed->data,
	    .frame_len = packed->len};
}

static struct now
now_of(unsigned batch)
{
	int64_t at_ns = (batch / AGENTS + 1) * ROUND_NS + CLOCK_NS_PER_MS;

	return (struct now){{at_ns}, {at_ns}};
}

/* The record is the last of the effects of a batch, the first of those of a tick. */
static void
put(struct engine *engine, const struct effect *record)
{
	struct journal_entry entry = {.position = db_u64(record->key),
	    .agent = "",
	    .record = record->value,
	    .len = record->value_len,
	    .rows = &engine->effects};

	journal_store_append(engine->journal, &entry);
	effects_reset(&engine->effects);
	lap(engine, STAGE_PUT);
}

static void
run_group(struct engine *engine, unsigned first, unsigned group)
{
	for (unsigned i = first; i < first + group; i++) {
		struct wire_agent_message message;
		struct ingest_batch batch;
		const struct effect *record;
		size_t new_results = 0;

		decode(engine, &engine->batch[i], &message);
		batch = ingest_of(&message.batch, &engine->batch[i]);
		if (collector_batch(engine->collector, &batch, now_of(i),
			&engine->effects, &new_results) != ERR_OK ||
		    new_results != RESULTS) {
			bench_fail("batch", "was not taken");
		}
		lap(engine, STAGE_MACHINE);
		record = &engine->effects.item[engine->effects.len - 1];
		engine->row_bytes += record->value_len;
		put(engine, record);
		acknowledge(engine, &message.batch, now_of(i));
		lap(engine, STAGE_REPLY);
	}
	collector_tick(engine->collector, now_of(first + group - 1), &engine->effects);
	lap(engine, STAGE_MACHINE);
	put(engine, &engine->effects.item[0]);
	if (journal_store_settle(engine->journal) != ERR_OK) {
		bench_fail("commit", "failed");
	}
	lap(engine, STAGE_COMMIT);
}

/* The first `batches` of them, `group` in a transaction. */
static struct cost
run_engine(struct engine *engine, unsigned batches, unsigned group)
{
	double results = (double)batches * RESULTS;
	int64_t wall_ns;
	int64_t cpu_ns;

	start_engine(engine);
	engine->row_bytes = 0;
	memset(engine->stage_ns, 0, sizeof(engine->stage_ns));
	cpu_ns = bench_cpu_ns();
	wall_ns = bench_wall_ns();
	engine->last_ns = wall_ns;
	for (unsigned i = 0; i < batches; i += group) {
		run_group(engine, i, group);
	}
	wall_ns = bench_wall_ns() - wall_ns;
	cpu_ns = bench_cpu_ns() - cpu_ns;
	journal_store_close(engine->journal);
	store_close(&engine->store);
	bench_world_clear(&engine->world);
	return (struct cost){(double)wall_ns / results, (double)cpu_ns / results};
}

/* ---- beside: the same bytes into bare LMDB ---- */

static struct cost
run_baseline(const struct engine *engine, unsigned batches, unsigned group)
{
	size_t row_bytes = engine->row_bytes / batches;
	unsigned char *row = malloc(row_bytes);
	struct bench_baseline_lmdb work = {.dir = engine->world.store,
	    .env_flags = 0,
	    .row = row,
	    .row_bytes = row_bytes,
	    .rows = batches,
	    .rows_per_txn = group};
	double results = (double)batches * RESULTS;
	struct bench_baseline_lmdb_cost cost;

	if (row == NULL || mkdir(engine->world.store, 0700) != 0) {
		bench_fail("baseline", "no folder");
	}
	memset(row, 'x', row_bytes);
	cost = bench_baseline_lmdb(&work);
	bench_world_clear(&engine->world);
	free(row);
	return (struct cost){
	    (double)cost.wall_ns / results, (double)cost.cpu_ns / results};
}

/* The same bytes as one would store them first: each result a row of its own. */
static double
rows_per_s(const struct engine *engine, const struct bench *bench)
{
	static const unsigned char row[64];
	unsigned batches = bench_count(bench, 10 * GROUP, GROUP);
	size_t bytes = engine->row_bytes / engine->batches;
	struct bench_baseline_lmdb work = {.dir = engine->world.store,
	    .row = row,
	    .row_bytes = (bytes + RESULTS - 1) / RESULTS,
	    .rows = batches * RESULTS,
	    .rows_per_txn = GROUP * RESULTS};
	struct bench_baseline_lmdb_cost cost;

	if (work.row_bytes > sizeof(row) || mkdir(engine->world.store, 0700) != 0) {
		bench_fail("baseline", "no folder");
	}
	cost = bench_baseline_lmdb(&work);
	bench_world_clear(&engine->world);
	return (double)work.rows * 1e9 / (double)cost.wall_ns;
}

/* ---- how much of the machine is the correlation ---- */

static struct evidence
evidence_of(const struct engine *engine, const struct ingest_batch *batch, size_t i,
    struct now now)
{
	const struct result *result = &batch->result[i];
	int64_t age_ns = batch->sent_at.ns - result->started_at.ns -
			 (int64_t)result->timing.total_us * CLOCK_NS_PER_US;

	return (struct evidence){.agent = batch->agent,
	    .probe = topology_probe_find(&engine->world.conf.topology, result->series),
	    .outcome = result->outcome,
	    .phase = result->phase,
	    .flags = result->flags,
	    .http_status = result->http_status,
	    .total_us = result->timing.total_us,
	    .at = mono_add(now.mono, -age_ns)};
}

/* The correlation alone on the same evidence, stepped as the machine steps it. */
static double
correlate_ns(struct engine *engine)
{
	const struct topology *topology = &engine->world.conf.topology;
	struct finding_change change[CORRELATE_CHANGES];
	static struct evidence evidence[RESULTS];
	size_t bytes = correlate_bytes(topology) + 64;
	void *memory = malloc(bytes);
	struct arena arena;
	struct correlate *correlate;
	int64_t spent_ns = 0;

	if (memory == NULL) {
		bench_fail("correlation", "no memory");
	}
	arena_init(&arena, memory, bytes);
	correlate = correlate_init(&arena, topology, &engine->world.conf.correlate);
	for (unsigned i = 0; i < engine->batches; i++) {
		struct wire_agent_message message;
		struct ingest_batch batch;
		bool has_bad = (i + 1) % GROUP == 0;

		decode(engine, &engine->batch[i], &message);
		batch = ingest_of(&message.batch, &engine->batch[i]);
		for (size_t k = 0; k < batch.len; k++) {
			evidence[k] = evidence_of(engine, &batch, k, now_of(i));
			has_bad = has_bad || evidence[k].outcome != OUTCOME_OK;
		}
		spent_ns -= bench_wall_ns();
		for (size_t k = 0; k < batch.len; k++) {
			correlate_result(correlate, &evidence[k], now_of(i).mono);
		}
		if (has_bad) {
			(void)correlate_step(correlate, now_of(i).mono, change);
		}
		spent_ns += bench_wall_ns();
	}
	free(memory);
	return (double)spent_ns / ((double)engine->batches * RESULTS);
}

/* ---- */

static void
print_stages(struct engine *engine)
{
	double results = (double)engine->batches * RESULTS;
	double stage_ns[STAGE_COUNT];

	for (int i = 0; i < STAGE_COUNT; i++) {
		stage_ns[i] = (double)engine->stage_ns[i] / results;
		(void)fprintf(stderr, "  %-10s %6.1f ns per result\n", stage_names[i],
		    stage_ns[i]);
	}
	(void)fprintf(stderr, "  of machine %6.1f ns are the correlation\n",
	    correlate_ns(engine));
	(void)fprintf(stderr, "  %.1f bytes per result in the frame\n",
	    (double)engine->bytes / results);
}

static void
prepare(struct engine *engine, const struct bench *bench)
{
	static const struct bench_world_setup setup = {.agents = AGENTS,
	    .regions = REGIONS,
	    .interval = "60s",
	    .channels = "  - { name: log, kind: log }",
	    .policy = "cooldown: 30m"};
	void *arena_memory = malloc(WIRE_ARENA_BYTES);
	void *effects_memory = malloc(EFFECTS_ARENA_BYTES);

	bench_world_start(&engine->world, &setup);
	engine->memory_bytes = collector_bytes(&engine->world.conf) + 64;
	engine->memory = malloc(engine->memory_bytes);
	engine->frame = frame_new();
	engine->reply_frame = frame_new();
	if (arena_memory == NULL || effects_memory == NULL || engine->memory == NULL ||
	    engine->frame == NULL || engine->reply_frame == NULL) {
		bench_fail("engine", "no memory");
	}
	arena_init(&engine->arena, arena_memory, WIRE_ARENA_BYTES);
	effects_init(&engine->effects, effects_memory);
	make_batches(engine, bench_count(bench, GROUPS, GROUPS_QUICK));
}

struct figures {
	double per_s;
	double cpu_ns;
};

/* Medians of the engine and of what stands beside it, turn by turn: whatever else the disk
 * does hits both. */
static void
compare(struct engine *engine, const struct bench *bench, unsigned batches,
    unsigned group, struct figures out[2])
{
	double per_s[2][REPEATS_MAX];
	double cpu_ns[2][REPEATS_MAX];

	(void)run_engine(engine, batches, group); /* the first touch of everything */
	for (unsigned i = 0; i < bench->repetitions; i++) {
		struct cost mine = run_engine(engine, batches, group);
		struct cost bare = run_baseline(engine, batches, group);

		per_s[0][i] = 1e9 / mine.wall_ns;
		per_s[1][i] = 1e9 / bare.wall_ns;
		cpu_ns[0][i] = mine.cpu_ns;
		cpu_ns[1][i] = bare.cpu_ns;
	}
	for (int i = 0; i < 2; i++) {
		out[i].per_s = bench_median(per_s[i], bench->repetitions);
		out[i].cpu_ns = bench_median(cpu_ns[i], bench->repetitions);
	}
}

int
main(int argc, char **argv)
{
	static struct engine engine;
	struct bench bench = bench_start(argc, argv);
	struct figures figures[2];

	prepare(&engine, &bench);
	compare(&engine, &bench, bench_count(&bench, ALONE, 2), 1, figures);
	bench_print(&bench,
	    &(struct bench_row){.name = "ingest_durable_alone",
		.value = figures[0].per_s,
		.unit = "results/s",
		.baseline = figures[1].per_s,
		.note = "each batch of 500 in a synced transaction of its own: what an "
			"idle collector does"});
	compare(&engine, &bench, engine.batches, GROUP, figures);
	print_stages(&engine);
	bench_print(&bench,
	    &(struct bench_row){.name = "ingest_durable",
		.value = figures[0].per_s,
		.unit = "results/s",
		.baseline = figures[1].per_s,
		.goal = {{.kind = BENCH_VALUE_MIN, .bound = 2e6},
		    {.kind = BENCH_RATIO_MIN, .bound = 0.8}},
		.note = "batches of 500, 120 in a synced transaction; beside LMDB "
			"writing rows of the same bytes, same transactions and sync"});
	bench_print(&bench,
	    &(struct bench_row){.name = "ingest_durable_rows",
		.value = figures[0].per_s,
		.unit = "results/s",
		.baseline = rows_per_s(&engine, &bench),
		.note =
		    "the same beside LMDB with one row a result, same bytes in all, "
		    "same transactions and sync"});
	bench_print(&bench, &(struct bench_row){.name = "ingest_durable_cpu",
				.value = figures[0].cpu_ns,
				.unit = "ns/result",
				.baseline = figures[1].cpu_ns,
				.note = "processor time of the same"});
	bench_world_end(&engine.world);
	return 0;
}
