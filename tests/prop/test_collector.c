/* The collector machine: snapshot + replay = the state before (I3), at any point, for any
 * inputs; and no result counts twice (I1). The rows and messages that follow from a record
 * are a function of the journal up to it (I8): whoever follows it from any snapshot makes
 * the same ones, byte for byte. Seeds are printed. */
#include "tests/support/test.h"

#include "collector/core/journal.h"
#include "common/core/rng.h"
#include "tests/support/small_collector.h"

enum {
	SEEDS = 40,
	STEPS = 400,
	BATCH_MAX = 12,
	RECORDS = 2 * STEPS, /* a step may tick besides */
	SENDS = 64
};

/* What was sent as one batch; its number is the frame, so that a replay finds it. */
struct sent {
	struct ingest_batch batch;
	struct result result[BATCH_MAX];
	struct observation observation;
	struct seq_range hole;
	uint32_t number;
};

struct record {
	void *bytes;
	size_t len;
	void *rows; /* what followed from it, as flat() writes it */
	size_t rows_len;
};

struct world {
	struct rng rng;
	struct small_collector small;
	struct effects effects;
	struct now now;
	struct sent *sent;
	uint32_t sent_len;
	uint64_t next_seq[SMALL_AGENTS];
	uint64_t incarnation[SMALL_AGENTS];
	struct record record[RECORDS];
	size_t record_len;
	uint64_t row[SENDS]; /* messages that wait for an answer */
	size_t row_len;
	bool is_bad; /* the present time is one of failures */
	uint64_t counted;
};

static void
effects_new(struct effects *effects)
{
	void *memory = malloc(EFFECTS_ARENA_BYTES);

	assert_non_null(memory);
	effects_init(effects, memory);
}

/* Rows by key, then messages by row: a transaction has no order in it. What was written
 * later to the same key comes later. */
static int
compare(const struct effect *a, const struct effect *b)
{
	if ((a->kind == EFFECT_SEND) != (b->kind == EFFECT_SEND)) {
		return a->kind == EFFECT_SEND ? 1 : -1;
	}
	if (a->kind == EFFECT_SEND) {
		return a->send.row < b->send.row ? -1 : a->send.row > b->send.row;
	}
	if (a->table != b->table) {
		return a->table < b->table ? -1 : 1;
	}
	if (a->key_len != b->key_len) {
		return a->key_len < b->key_len ? -1 : 1;
	}
	return a->key_len > 0 ? memcmp(a->key, b->key, a->key_len) : 0;
}

static void
sort(const struct effects *effects, const struct effect *out[EFFECTS_MAX])
{
	for (size_t i = 0; i < effects->len; i++) {
		size_t at = i;

		while (at > 0 && compare(out[at - 1], &effects->item[i]) > 0) {
			out[at] = out[at - 1];
			at--;
		}
		out[at] = &effects->item[i];
	}
}

/* All but the record itself, as bytes, until the next call. */
static const void *
flat(const struct effects *effects, size_t *out_len)
{
	static unsigned char bytes[1 << 20];
	const struct effect *sorted[EFFECTS_MAX];
	struct buf buf;

	buf_write(&buf, bytes, sizeof(bytes));
	sort(effects, sorted);
	for (size_t i = 0; i < effects->len; i++) {
		const struct effect *effect = sorted[i];

		if (effect->kind == EFFECT_PUT && effect->table == TABLE_JOURNAL) {
			continue;
		}
		buf_put_varint(&buf, (uint64_t)effect->kind);
		buf_put_varint(&buf, (uint64_t)effect->table);
		buf_put_bytes(&buf, effect->key, effect->key_len);
		buf_put_bytes(&buf, effect->value, effect->value_len);
		buf_put_u64(&buf, effect->send.row);
		buf_put_varint(&buf, effect->send.channel);
		buf_put_varint(&buf, effect->send.attempt);
		buf_put_bytes(&buf, effect->send.key, sizeof(effect->send.key));
		buf_put_bytes(&buf, effect->send.json, effect->send.json_len);
	}
	assert_true(buf_ok(&buf));
	*out_len = buf.at;
	return bytes;
}

static void
keep_record(struct world *world, const struct effect *effect)
{
	struct record *record = &world->record[world->record_len++];
	const void *rows = flat(&world->effects, &record->rows_len);

	assert_true(world->record_len <= RECORDS);
	record->bytes = malloc(effect->value_len);
	record->rows = malloc(record->rows_len + 1);
	assert_non_null(record->bytes);
	assert_non_null(record->rows);
	memcpy(record->bytes, effect->value, effect->value_len);
	memcpy(record->rows, rows, record->rows_len);
	record->len = effect->value_len;
}

/* Keeps the journal record, what followed, and the sends of the step. */
static void
keep(struct world *world)
{
	unsigned records = 0;

	for (size_t i = 0; i < world->effects.len; i++) {
		const struct effect *effect = &world->effects.item[i];

		if (effect->kind == EFFECT_SEND && world->row_len < SENDS) {
			world->row[world->row_len++] = effect->send.row;
		}
		if (effect->kind == EFFECT_PUT && effect->table == TABLE_JOURNAL) {
			keep_record(world, effect);
			records++;
		}
	}
	assert_true(records == (world->effects.len > 0 ? 1U : 0U));
	effects_reset(&world->effects);
}

static void
fill_result(struct world *world, struct sent *sent, size_t i)
{
	const struct topology *topology = &small_collector_conf()->topology;
	struct result *result = &sent->result[i];
	uint64_t probe = rng_below(&world->rng, SMALL_PROBES);
	int64_t age_ns = (int64_t)rng_below(&world->rng, 20) * CLOCK_NS_PER_S;

	if (rng_below(&world->rng, 50) == 0) {
		age_ns = (int64_t)rng_below(&world->rng, 7200) * CLOCK_NS_PER_S;
	}
	*result = (struct result){.seq = sent->batch.first_seq + i,
	    .series = topology->probe[probe].series,
	    .started_at = {world->now.wall.ns - age_ns},
	    .phase = PHASE_DONE,
	    .timing = {.total_us = (uint32_t)rng_below(&world->rng, 9000000)},
	    .detail = "",
	    .request_id = ""};
	if (small_collector_conf()->probe[probe].plan.cost_microusd > 0) {
		result->cost_microusd = SMALL_COST_MICROUSD;
	}
	if (rng_below(&world->rng, 40) == 0) {
		result->series = "gone/probe";
	}
	if (rng_below(&world->rng, 100) < (world->is_bad ? 90U : 3U)) {
		result->outcome =
		    (enum outcome)(1 + rng_below(&world->rng, OUTCOME_COUNT - 1));
		result->phase = (enum phase)rng_below(&world->rng, PHASE_COUNT);
		result->flags =
		    (uint32_t)rng_below(&world->rng, (uint64_t)FLAG_KNOWN_MASK + 1);
	}
	if (probe == SMALL_SOURCE && rng_below(&world->rng, 3) == 0) {
		sent->observation = (struct observation){.claim = CLAIM_OUTAGE,
		    .id = "1",
		    .title = "trouble",
		    .scope = "",
		    .url = ""};
		result->observation = &sent->observation;
		result->observation_len = 1;
	}
}

static struct sent *
new_batch(struct world *world)
{
	struct sent *sent = &world->sent[world->sent_len];
	uint16_t agent = (uint16_t)rng_below(&world->rng, SMALL_AGENTS);

	assert_true(world->sent_len < STEPS);
	*sent = (struct sent){.number = world->sent_len++};
	if (rng_below(&world->rng, 100) == 0) {
		world->incarnation[agent] = rng_next(&world->rng);
		world->next_seq[agent] = 1;
	}
	sent->batch = (struct ingest_batch){.agent = agent,
	    .incarnation = world->incarnation[agent],
	    .first_seq = world->next_seq[agent],
	    .sent_at = world->now.wall,
	    .rtt_us = (uint32_t)rng_below(&world->rng, 100000),
	    .result = sent->result,
	    .len = rng_below(&world->rng, BATCH_MAX + 1),
	    .frame = &sent->number,
	    .frame_len = sizeof(sent->number)};
	if (rng_below(&world->rng, 15) == 0) {
		sent->hole = (struct seq_range){
		    sent->batch.first_seq, sent->batch.first_seq + 2};
		sent->batch.hole = &sent->hole;
		sent->batch.hole_len = 1;
		sent->batch.first_seq += 3;
	}
	for (size_t i = 0; i < sent->batch.len; i++) {
		fill_result(world, sent, i);
	}
	world->next_seq[agent] = sent->batch.first_seq + sent->batch.len;
	if (rng_below(&world->rng, 20) == 0) {
		world->next_seq[agent] += rng_below(&world->rng, 5); /* comes never */
	}
	return sent;
}

/* Of a life of the agent so long ago that sending it again would begin it anew. */
static bool
is_forgotten(const struct world *world, const struct ingest_batch *batch)
{
	return batch->incarnation != world->incarnation[batch->agent] &&
	       ingest_have(collector_agent(world->small.machine, batch->agent),
		   batch->incarnation) == NULL;
}

static void
do_batch(struct world *world)
{
	struct sent *sent = world->sent_len > 0 && rng_below(&world->rng, 5) == 0
				? &world->sent[rng_below(&world->rng, world->sent_len)]
				: new_batch(world);
	size_t fresh = 0;

	if (is_forgotten(world, &sent->batch)) {
		return;
	}
	if (collector_batch(world->small.machine, &sent->batch, world->now,
		&world->effects, &fresh) == ERR_OK) {
		world->counted += fresh;
	}
}

static void
do_delivery(struct world *world)
{
	struct message_answer answer = {
	    .delivery = (enum delivery)rng_below(&world->rng, DELIVERY_COUNT),
	    .retry_after_ns = (int64_t)rng_below(&world->rng, 60) * CLOCK_NS_PER_S,
	    .detail = "HTTP 200"};

	if (world->row_len > 0) {
		answer.row = world->row[--world->row_len];
	}
	collector_delivery(world->small.machine, &answer, world->now, &world->effects);
}

static void
do_order(struct world *world)
{
	unsigned char row[64];
	struct order order = {
	    .kind = (enum order_kind)(1 + rng_below(&world->rng, ORDER_KIND_END - 1)),
	    .author = "somebody",
	    .subject = "tokyo-1",
	    .arguments = row,
	    .arguments_len = rng_below(&world->rng, sizeof(row))};
	struct order_outcome outcome;

	memset(row, (int)rng_below(&world->rng, 256), sizeof(row));
	if (rng_below(&world->rng, 3) == 0) {
		order.refused = ERR_REFUSED;
	}
	collector_order(
	    world->small.machine, &order, world->now, &world->effects, &outcome);
	assert_true(outcome.err != ERR_OK || order.arguments_len > 0);
}

static void
do_step(struct world *world)
{
	int64_t step_ns = (int64_t)rng_below(&world->rng, 6 * (uint64_t)CLOCK_NS_PER_S);
	uint64_t what = rng_below(&world->rng, 100);

	world->now.mono.ns += step_ns;
	world->now.wall.ns += step_ns;
	if (rng_below(&world->rng, 60) == 0) {
		world->is_bad = !world->is_bad;
	}
	if (what < 60) {
		do_batch(world);
	} else if (what < 90) {
		collector_tick(world->small.machine, world->now, &world->effects);
	} else if (what < 96) {
		do_delivery(world);
	} else if (what < 98) {
		do_order(world);
	} else if (what < 99) {
		collector_start(world->small.machine, world->now, &world->effects);
	} else {
		collector_reload(world->small.machine, world->now, &world->effects);
	}
	keep(world);
}

static void
replay(struct world *world, struct collector *machine, struct effects *effects,
    const struct record *record)
{
	const struct ingest_batch *batch = NULL;
	struct journal_head head;
	struct buf buf;
	const void *rows;
	size_t rows_len;

	buf_read(&buf, record->bytes, record->len);
	assert_int_equal(journal_decode(&buf, &head), ERR_OK);
	if (head.kind == JOURNAL_BATCH) {
		uint32_t number;

		assert_int_equal(head.frame_len, sizeof(number));
		memcpy(&number, head.frame, sizeof(number));
		batch = &world->sent[number].batch;
	}
	effects_reset(effects);
	collector_replay(machine, &head, batch, effects);
	rows = flat(effects, &rows_len);
	assert_int_equal(rows_len, record->rows_len);
	assert_memory_equal(rows, record->rows, rows_len); /* I8 */
}

static void
check_saves_equal(
    const struct collector *a, const struct collector *b, uint64_t seed, size_t at)
{
	size_t a_len;
	size_t b_len;
	unsigned char *a_bytes = small_collector_save(a, &a_len);
	unsigned char *b_bytes = small_collector_save(b, &b_len);

	if (a_len != b_len || memcmp(a_bytes, b_bytes, a_len) != 0) {
		size_t i = 0;

		while (i < a_len && i < b_len && a_bytes[i] == b_bytes[i]) {
			i++;
		}
		fail_msg("seed %u, step %u: states differ from byte %u of %u, %u",
		    (unsigned)seed, (unsigned)at, (unsigned)i, (unsigned)a_len,
		    (unsigned)b_len);
	}
	free(a_bytes);
	free(b_bytes);
}

static void
world_open(struct world *world, uint64_t seed)
{
	memset(world, 0, sizeof(*world));
	rng_init(&world->rng, seed);
	world->small = small_collector_new();
	effects_new(&world->effects);
	world->sent = calloc(STEPS, sizeof(*world->sent));
	assert_non_null(world->sent);
	world->now = (struct now){{CLOCK_NS_PER_S}, {1767225600 * CLOCK_NS_PER_S}};
	for (size_t i = 0; i < SMALL_AGENTS; i++) {
		world->next_seq[i] = 1;
		world->incarnation[i] = rng_next(&world->rng);
	}
	collector_start(world->small.machine, world->now, &world->effects);
	keep(world);
}

static void
world_close(struct world *world)
{
	for (size_t i = 0; i < world->record_len; i++) {
		free(world->record[i].bytes);
		free(world->record[i].rows);
	}
	free(world->sent);
	free(world->effects.arena.base);
	small_collector_free(&world->small);
}

/* Bits of what became of the budgets. */
enum {
	BUDGET_GRANTED = 1,
	BUDGET_TIGHT = 2
};

static unsigned
look_at_budgets(const struct world *world)
{
	const struct collector *machine = world->small.machine;
	size_t bytes = collector_view_bytes(machine);
	void *memory = malloc(bytes);
	const struct view *view;
	struct arena arena;
	unsigned seen = 0;

	assert_non_null(memory);
	arena_init(&arena, memory, bytes);
	view = collector_view(machine, &arena, world->now);
	assert_non_null(view);
	for (size_t i = 0; i < view->budget_len; i++) {
		seen |= view->budget[i].day_granted > 0 ? BUDGET_GRANTED : 0U;
		seen |= view->budget[i].is_tight ? BUDGET_TIGHT : 0U;
	}
	free(memory);
	return seen;
}

/* Runs, snapshots at `at`, goes on, rebuilds from the snapshot, compares; then both get
 * the same inputs and must say the same. */
static unsigned
run(uint64_t seed, size_t at)
{
	static struct world world;
	struct small_collector again = small_collector_new();
	struct effects effects;
	unsigned char *snapshot;
	size_t snapshot_len;
	size_t records;
	unsigned seen;
	struct buf buf;

	world_open(&world, seed);
	effects_new(&effects);
	for (size_t i = 0; i < at; i++) {
		do_step(&world);
	}
	snapshot = small_collector_save(world.small.machine, &snapshot_len);
	collector_set_journal_seq(
	    again.machine, collector_journal_seq(world.small.machine));
	records = world.record_len;
	for (size_t i = at; i < STEPS; i++) {
		do_step(&world);
	}
	buf_read(&buf, snapshot, snapshot_len);
	assert_int_equal(collector_load(again.machine, &buf), ERR_OK);
	assert_int_equal(buf.at, snapshot_len);
	for (size_t i = records; i < world.record_len; i++) {
		replay(&world, again.machine, &effects, &world.record[i]);
	}
	check_saves_equal(world.small.machine, again.machine, seed, at);
	seen = look_at_budgets(&world);
	free(snapshot);
	free(effects.arena.base);
	small_collector_free(&again);
	world_close(&world);
	return seen;
}

static void
test_snapshot_and_replay(void **state)
{
	unsigned seen = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct rng rng;

		rng_init(&rng, seed * 7919);
		printf("  seed %u\n", (unsigned)seed);
		seen |= run(seed, 0);
		seen |= run(seed, (size_t)rng_below(&rng, STEPS));
		seen |= run(seed, STEPS);
	}
	assert_int_equal(seen, BUDGET_GRANTED | BUDGET_TIGHT); /* or it says little */
}

static void
check_effects_equal(const struct effects *a, const struct effects *b)
{
	assert_int_equal(a->len, b->len);
	for (size_t i = 0; i < a->len; i++) {
		assert_int_equal(a->item[i].kind, b->item[i].kind);
		assert_int_equal(a->item[i].table, b->item[i].table);
		assert_int_equal(a->item[i].key_len, b->item[i].key_len);
		assert_int_equal(a->item[i].value_len, b->item[i].value_len);
		if (a->item[i].key_len > 0) {
			assert_memory_equal(
			    a->item[i].key, b->item[i].key, a->item[i].key_len);
		}
		if (a->item[i].value_len > 0) {
			assert_memory_equal(
			    a->item[i].value, b->item[i].value, a->item[i].value_len);
		}
		assert_int_equal(a->item[i].send.row, b->item[i].send.row);
		assert_int_equal(a->item[i].send.channel, b->item[i].send.channel);
	}
}

/* A machine that was loaded does what the one that was saved does. */
static void
test_loaded_goes_on_alike(void **state)
{
	(void)state;
	for (uint64_t seed = 101; seed < 101 + SEEDS; seed++) {
		static struct world world;
		struct small_collector again = small_collector_new();
		struct small_collector first;
		struct world *w = &world;
		struct effects effects;
		unsigned char *snapshot;
		size_t len;
		struct buf buf;

		printf("  seed %u\n", (unsigned)seed);
		world_open(w, seed);
		effects_new(&effects);
		for (size_t i = 0; i < STEPS / 2; i++) {
			do_step(w);
		}
		collector_tick(w->small.machine, w->now, &w->effects);
		keep(w);
		snapshot = small_collector_save(w->small.machine, &len);
		buf_read(&buf, snapshot, len);
		assert_int_equal(collector_load(again.machine, &buf), ERR_OK);
		collector_set_journal_seq(
		    again.machine, collector_journal_seq(w->small.machine));
		first = w->small;
		for (size_t i = STEPS / 2; i < STEPS; i++) {
			int64_t step_ns =
			    (int64_t)rng_below(&w->rng, 3 * (uint64_t)CLOCK_NS_PER_S);
			size_t one = 0;
			size_t two = 0;

			w->now.mono.ns += step_ns;
			w->now.wall.ns += step_ns;
			effects_reset(&w->effects);
			effects_reset(&effects);
			if (rng_below(&w->rng, 2) == 0) {
				const struct sent *sent = new_batch(w);

				assert_int_equal(
				    collector_batch(first.machine, &sent->batch, w->now,
					&w->effects, &one),
				    collector_batch(again.machine, &sent->batch, w->now,
					&effects, &two));
				assert_int_equal(one, two);
			} else {
				collector_tick(first.machine, w->now, &w->effects);
				collector_tick(again.machine, w->now, &effects);
			}
			check_effects_equal(&w->effects, &effects);
			/* It may look once more than it had to, never later. */
			assert_true(collector_deadline(again.machine).ns <=
				    collector_deadline(first.machine).ns);
		}
		free(snapshot);
		free(effects.arena.base);
		small_collector_free(&again);
		world_close(w);
	}
}

/* I1: whatever is sent again, in whatever order, counts once. */
static void
test_counts_once(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		static struct world world;
		uint64_t received = 0;
		uint64_t before;

		world_open(&world, seed);
		for (size_t i = 0; i < STEPS; i++) {
			do_step(&world);
		}
		before = world.counted;
		for (uint32_t i = world.sent_len; i > 0; i--) {
			const struct ingest_batch *batch = &world.sent[i - 1].batch;
			size_t fresh = 0;

			if (is_forgotten(&world, batch)) {
				continue;
			}
			assert_int_equal(collector_batch(world.small.machine, batch,
					     world.now, &world.effects, &fresh),
			    ERR_OK);
			assert_int_equal(fresh, 0);
			assert_int_equal(world.effects.len, 0); /* holes, too */
			keep(&world);
		}
		for (int i = 0; i < SMALL_AGENTS; i++) {
			received +=
			    collector_agent(world.small.machine, (uint16_t)i)->received;
		}
		assert_int_equal(received, before);
		world_close(&world);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_snapshot_and_replay),
	    cmocka_unit_test(test_loaded_goes_on_alike),
	    cmocka_unit_test(test_counts_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
