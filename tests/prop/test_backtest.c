/* A journal played again through a machine of the same configuration finds and tells exactly
 * what was found and told, to the byte of every record; a blunter rule misses what people
 * said was worth it. Random worlds, a real store, real frames. Seeds are printed. */
#include "tests/support/test.h"

#include "collector/core/desk.h"
#include "collector/core/journal.h"
#include "collector/shell/backtest.h"
#include "collector/shell/backtest_json.h"
#include "collector/shell/journal_lmdb.h"
#include "common/core/rng.h"
#include "common/shell/frame.h"
#include "proto/wire.h"
#include "tests/support/small_collector.h"

#include "tests/support/scratch.h"

enum {
	SEEDS = 4,
	ROUNDS = 240,
	RESULTS = SMALL_PROBES,
	SENDS = 64,
	TRIMMED = 200, /* records, of the quiet time */
	ERROR_BYTES = 256
};

#define ROUND_NS    (10 * CLOCK_NS_PER_S)
#define STORE_BYTES (64 << 20)

enum trouble {
	TROUBLE_NONE = 0,
	TROUBLE_TARGET, /* everybody's calls of the first target */
	TROUBLE_REGION, /* everything the first agent tries */
	TROUBLES
};

struct world {
	struct rng rng;
	struct small_collector small;
	struct effects effects;
	struct store store;
	struct journal_store *journal;
	struct frame *frame;
	unsigned char *scratch;
	struct now now;
	uint64_t next_seq[SMALL_AGENTS];
	uint64_t row[SENDS];
	size_t row_len;
	uint64_t incident; /* the newest */
	enum trouble trouble;
	unsigned rounds_left;
	bool has_one_region_only;
};

/* As the service writes it: the record, and the rows that follow from it. */
static void
keep(struct world *world)
{
	const struct effects *effects = &world->effects;

	for (size_t i = 0; i < effects->len; i++) {
		const struct effect *effect = &effects->item[i];

		if (effect->kind == EFFECT_SEND && world->row_len < SENDS) {
			world->row[world->row_len++] = effect->send.row;
		}
		if (effect->kind == EFFECT_PUT && effect->table == TABLE_INCIDENT) {
			world->incident = db_u64(effect->key);
		}
		if (effect->kind == EFFECT_PUT && effect->table == TABLE_JOURNAL) {
			struct journal_entry entry = {.position = db_u64(effect->key),
			    .agent = "",
			    .record = effect->value,
			    .len = effect->value_len,
			    .rows = effects};

			journal_store_append(world->journal, &entry);
		}
	}
	effects_reset(&world->effects);
}

static void
pass_time(struct world *world, int64_t ns)
{
	world->now.mono.ns += ns;
	world->now.wall.ns += ns;
}

static bool
is_hit(struct world *world, uint16_t agent, size_t probe)
{
	switch (world->trouble) {
	case TROUBLE_TARGET:
		return small_collector_conf()->topology.probe[probe].target == 0;
	case TROUBLE_REGION:
		return agent == 0;
	case TROUBLE_NONE:
	case TROUBLES:
		break;
	}
	return rng_below(&world->rng, 200) == 0;
}

static void
fill(struct world *world, uint16_t agent, size_t probe, struct result *out)
{
	*out = (struct result){.seq = world->next_seq[agent] + probe,
	    .series = small_collector_conf()->topology.probe[probe].series,
	    .started_at = {world->now.wall.ns - CLOCK_NS_PER_S},
	    .phase = PHASE_DONE,
	    .timing = {.total_us = 300000 + (uint32_t)rng_below(&world->rng, 500000)},
	    .http_status = 200,
	    .detail = "",
	    .request_id = ""};
	if (is_hit(world, agent, probe)) {
		bool is_cut = world->trouble == TROUBLE_REGION;

		out->outcome = is_cut ? OUTCOME_NET_CONNECT : OUTCOME_UPSTREAM_ERROR;
		out->phase = is_cut ? PHASE_CONNECT : PHASE_DONE;
		out->http_status = is_cut ? 0 : 503;
	}
}

static void
send_batch(struct world *world, uint16_t agent)
{
	struct result result[RESULTS];
	struct wire_agent_message message = {.kind = WIRE_BATCH,
	    .batch = {.session = 1,
		.incarnation = 7,
		.first_seq = world->next_seq[agent],
		.sent_at = world->now.wall,
		.result = result,
		.len = RESULTS}};
	struct ingest_batch batch = {.agent = agent,
	    .incarnation = 7,
	    .first_seq = message.batch.first_seq,
	    .sent_at = message.batch.sent_at,
	    .result = result,
	    .len = RESULTS};
	const unsigned char *frame;
	struct arena arena;
	size_t fresh;
	size_t len;

	for (size_t p = 0; p < RESULTS; p++) {
		fill(world, agent, p, &result[p]);
	}
	arena_init(&arena, world->scratch, WIRE_ARENA_BYTES);
	assert_int_equal(wire_agent_encode(
			     &message, &arena, frame_room(world->frame), 1 << 16, &len),
	    ERR_OK);
	assert_int_equal(
	    frame_pack(world->frame, len, &frame, &batch.frame_len), ERR_OK);
	batch.frame = frame;
	assert_int_equal(collector_batch(world->small.machine, &batch, world->now,
			     &world->effects, &fresh),
	    ERR_OK);
	assert_int_equal(fresh, RESULTS);
	world->next_seq[agent] += RESULTS;
	keep(world);
}

/* Channels answer when they like, and not always that they have it. */
static void
answer(struct world *world)
{
	struct message_answer answer = {.delivery = DELIVERY_DONE};

	while (world->row_len > 0 && rng_below(&world->rng, 4) != 0) {
		answer.row = world->row[--world->row_len];
		answer.delivery = rng_below(&world->rng, 4) == 0
				      ? DELIVERY_REJECTED_RETRY
				      : DELIVERY_DONE;
		collector_delivery(
		    world->small.machine, &answer, world->now, &world->effects);
		keep(world);
	}
}

static void
review(struct world *world)
{
	const struct desk_review review = {
	    .incident = world->incident, .kind = REVIEW_TRUE};
	unsigned char bytes[64];
	struct order order = {.kind = ORDER_REVIEW, .author = "somebody"};
	struct order_outcome outcome;
	struct buf buf;

	buf_write(&buf, bytes, sizeof(bytes));
	desk_encode_review(&review, &buf);
	order.arguments = bytes;
	order.arguments_len = buf.at;
	collector_order(
	    world->small.machine, &order, world->now, &world->effects, &outcome);
	assert_int_equal(outcome.err, ERR_OK);
	keep(world);
}

static void
choose_trouble(struct world *world)
{
	if (world->rounds_left > 0) {
		world->rounds_left--;
		return;
	}
	if (world->trouble != TROUBLE_NONE) {
		world->trouble = TROUBLE_NONE;
		world->rounds_left = 25 + (unsigned)rng_below(&world->rng, 20);
	} else if (rng_below(&world->rng, 8) == 0) {
		world->trouble =
		    world->has_one_region_only
			? TROUBLE_REGION
			: (enum trouble)(1 + rng_below(&world->rng, TROUBLES - 1));
		world->rounds_left = 8 + (unsigned)rng_below(&world->rng, 20);
	}
}

static void
play_round(struct world *world)
{
	uint64_t before = world->incident;

	choose_trouble(world);
	for (unsigned a = 0; a < SMALL_AGENTS; a++) {
		send_batch(world, (uint16_t)a);
		pass_time(world, (int64_t)rng_below(&world->rng, CLOCK_NS_PER_S));
	}
	collector_tick(world->small.machine, world->now, &world->effects);
	keep(world);
	answer(world);
	if (world->incident > before) {
		review(world);
	}
	if (rng_below(&world->rng, 60) == 0) {
		collector_start(world->small.machine, world->now, &world->effects);
		keep(world);
		world->row_len = 0;
	}
	pass_time(world, ROUND_NS - CLOCK_NS_PER_S);
}

static void
world_play(struct world *world, uint64_t seed, bool has_one_region_only)
{
	char error[ERROR_BYTES] = "";
	void *memory = malloc(EFFECTS_ARENA_BYTES);

	memset(world, 0, sizeof(*world));
	rng_init(&world->rng, seed);
	world->has_one_region_only = has_one_region_only;
	world->rounds_left = 40; /* quiet at first */
	world->small = small_collector_new();
	world->scratch = malloc(WIRE_ARENA_BYTES);
	world->frame = frame_new();
	assert_non_null(memory);
	assert_non_null(world->scratch);
	assert_non_null(world->frame);
	effects_init(&world->effects, memory);
	world->store.db.lock_fd = -1;
	assert_int_equal(
	    store_open(&world->store, "store", STORE_BYTES, error, sizeof(error)),
	    ERR_OK);
	world->journal = journal_lmdb_new(&world->store);
	assert_non_null(world->journal);
	world->now = (struct now){{CLOCK_NS_PER_S}, {1767225600 * CLOCK_NS_PER_S}};
	for (size_t i = 0; i < SMALL_AGENTS; i++) {
		world->next_seq[i] = 1;
	}
	collector_start(world->small.machine, world->now, &world->effects);
	keep(world);
	for (unsigned i = 0; i < ROUNDS; i++) {
		play_round(world);
	}
	assert_int_equal(journal_store_settle(world->journal), ERR_OK);
	/* LMDB wants to be open once in a process. */
	journal_store_close(world->journal);
	store_close(&world->store);
}

static void
world_close(struct world *world)
{
	free(world->effects.arena.base);
	free(world->scratch);
	frame_free(world->frame);
	small_collector_free(&world->small);
	(void)unlink("store/data.mdb");
	(void)unlink("store/lock.mdb");
	(void)unlink("store/in-use");
	(void)rmdir("store");
}

/* ---- playing it again ---- */

struct judged {
	struct backtest_run *told;
	struct backtest_run *again;
	struct backtest_pair *pair;
	size_t len;
	struct backtest_span span;
};

static struct backtest_run *
run_new(void)
{
	struct backtest_run *run = malloc(sizeof(*run));
	struct backtest_item *items = calloc(BACKTEST_ITEMS, sizeof(*items));

	assert_non_null(run);
	assert_non_null(items);
	backtest_init(run, items);
	return run;
}

static void
run_free(struct backtest_run *run)
{
	free(run->item);
	free(run);
}

static void
judge(const struct collector_conf *conf, uint64_t wanted, struct judged *out)
{
	struct backtest_told told;
	struct backtest *backtest;
	char error[ERROR_BYTES] = "";
	struct store store = {.db = {.lock_fd = -1}};

	assert_int_equal(
	    store_open_read(&store, "store", STORE_BYTES, error, sizeof(error)),
	    ERR_OK);
	out->told = run_new();
	out->again = run_new();
	out->told->wanted = wanted;
	out->again->wanted = wanted;
	out->pair = calloc(BACKTEST_ITEMS, sizeof(*out->pair));
	assert_non_null(out->pair);
	backtest = backtest_new(conf, out->again);
	assert_non_null(backtest);
	assert_int_equal(backtest_told(&store, out->told, &told), ERR_OK);
	assert_int_equal(
	    backtest_play(backtest, &store, told.end, out->told, NULL), ERR_OK);
	out->span = *backtest_span(backtest);
	backtest_free(backtest);
	store_close(&store);
	out->len = backtest_compare(out->told, out->again, (struct wall){0},
	    (struct wall){INT64_MAX}, out->pair, BACKTEST_ITEMS);
}

static void
judged_free(struct judged *judged)
{
	run_free(judged->told);
	run_free(judged->again);
	free(judged->pair);
}

static size_t
count(const struct judged *judged, enum backtest_fate fate)
{
	size_t n = 0;

	for (size_t i = 0; i < judged->len; i++) {
		n += judged->pair[i].fate == fate ? 1 : 0;
	}
	return n;
}

/* Finding from replay == finding live, field by field: their records are equal bytes. */
static void
check_same(uint64_t seed, const struct judged *judged)
{
	if (judged->told->len != judged->again->len) {
		fail_msg("seed %u: %zu incidents, again %zu", (unsigned)seed,
		    judged->told->len, judged->again->len);
	}
	for (size_t i = 0; i < judged->told->len; i++) {
		const struct backtest_item *item = &judged->told->item[i];
		const struct backtest_item *again =
		    backtest_find(judged->again, item->id);

		if (again == NULL || again->digest != item->digest) {
			fail_msg("seed %u: incident %u differs", (unsigned)seed,
			    (unsigned)item->id);
			return;
		}
		assert_int_equal(again->is_paged, item->is_paged);
		assert_true(again->paged_at.ns == item->paged_at.ns);
	}
	assert_int_equal(count(judged, BACKTEST_SAME), judged->len);
	for (size_t i = 0; i < judged->len; i++) {
		assert_true(judged->pair[i].delay_ns == 0);
		assert_false(judged->pair[i].is_renamed);
	}
	assert_int_equal(judged->span.first_position, 1);
	assert_int_equal(judged->span.passed_over, 0);
}

static void
check_one(uint64_t incident)
{
	struct judged judged;
	json_t *json;

	judge(small_collector_conf(), incident, &judged);
	json = backtest_json_incident(
	    &judged.told->record, &judged.again->record, &judged.span);
	assert_true(json_is_true(json_object_get(json, "same")));
	assert_true(json_array_size(json_object_get(json, "fields")) > 20);
	json_decref(json);
	judged_free(&judged);
}

static void
test_same(void **state)
{
	size_t incidents = 0;
	size_t pages = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct world world;
		struct judged judged;

		world_play(&world, seed, false);
		judge(small_collector_conf(), 0, &judged);
		check_same(seed, &judged);
		incidents += judged.told->len;
		pages += judged.len;
		judged_free(&judged);
		if (seed == 1 && world.incident > 0) {
			check_one(world.incident);
		}
		world_close(&world);
	}
	print_message(
	    "seeds 1 to %d: %zu incidents, %zu alerts\n", SEEDS, incidents, pages);
	assert_true(incidents > SEEDS);
	assert_true(pages > SEEDS);
}

/* Ten failures in a row of the whole fleet never come when one region alone is cut off. */
static void
test_blunted(void **state)
{
	struct collector_conf conf = *small_collector_conf();
	struct world world;
	struct judged judged;

	(void)state;
	conf.judge = (struct judge_conf){.kind = JUDGE_THRESHOLD,
	    .rule = {.threshold = {.failures = 10,
			 .successes = 1,
			 .percent = 100,
			 .samples = 10,
			 .window_ns = 300 * CLOCK_NS_PER_S}}};
	world_play(&world, 99, true);
	judge(&conf, 0, &judged);
	print_message("seed 99: %zu missed, %zu avoided\n",
	    count(&judged, BACKTEST_MISSED), count(&judged, BACKTEST_AVOIDED));
	assert_true(count(&judged, BACKTEST_MISSED) > 0);
	assert_int_equal(count(&judged, BACKTEST_SAME), 0);
	assert_int_equal(count(&judged, BACKTEST_NEW), 0);
	judged_free(&judged);
	world_close(&world);
}

/* Without its beginning the journal still plays, and is not called whole. */
static void
test_trimmed(void **state)
{
	char error[ERROR_BYTES] = "";
	struct world world;
	struct judged judged;
	struct db_txn txn;
	json_t *json;

	(void)state;
	world_play(&world, 7, false);
	assert_int_equal(
	    store_open(&world.store, "store", STORE_BYTES, error, sizeof(error)),
	    ERR_OK);
	db_begin(&world.store.db, true, &txn);
	assert_int_equal(
	    store_trim(&txn, TRIMMED, (struct wall){INT64_MAX}, TRIMMED), TRIMMED - 1);
	assert_int_equal(db_commit(&txn), ERR_OK);
	store_close(&world.store);
	judge(small_collector_conf(), world.incident, &judged);
	assert_int_equal(judged.span.first_position, TRIMMED);
	assert_true(judged.again->len > 0);
	json = backtest_json_incident(&judged.told->record, NULL, &judged.span);
	assert_true(json_is_false(json_object_get(json, "same")));
	assert_true(
	    json_is_false(json_object_get(json_object_get(json, "journal"), "whole")));
	json_decref(json);
	judged_free(&judged);
	world_close(&world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_same),
	    cmocka_unit_test(test_trimmed),
	    cmocka_unit_test(test_blunted),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
