#include "collector/shell/backtest.h"

#include "collector/core/collector.h"
#include "collector/core/journal.h"
#include "collector/shell/journal_batch.h"
#include "collector/shell/journal_lmdb.h"
#include "common/core/rfc3339.h"
#include "proto/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	CHUNK = 4096, /* records in one read transaction: whoever writes goes on */
	SENDS = EFFECTS_MAX
};

struct backtest {
	const struct collector_conf *conf;
	struct backtest_run *run;
	struct backtest_run *reviews;
	void *machine_memory;
	struct collector *machine;
	struct frame *frame;
	void *arena_memory;
	struct arena arena;
	void *effects_memory;
	struct effects effects;
	uint64_t send[SENDS]; /* messages that wait for their answer */
	size_t send_len;
	struct backtest_span span;
	const char *name;
	uint64_t next; /* position to go on at */
	uint64_t end;
	uint64_t left; /* of this chunk */
};

static bool
take_memory(struct backtest *backtest)
{
	size_t bytes = collector_bytes(backtest->conf) + 64;
	struct arena arena;

	backtest->machine_memory = malloc(bytes);
	backtest->arena_memory = malloc(WIRE_ARENA_BYTES);
	backtest->effects_memory = malloc(EFFECTS_ARENA_BYTES);
	backtest->frame = frame_new();
	if (backtest->machine_memory == NULL || backtest->arena_memory == NULL ||
	    backtest->effects_memory == NULL || backtest->frame == NULL) {
		return false;
	}
	arena_init(&arena, backtest->machine_memory, bytes);
	arena_init(&backtest->arena, backtest->arena_memory, WIRE_ARENA_BYTES);
	effects_init(&backtest->effects, backtest->effects_memory);
	backtest->machine = collector_init(&arena, backtest->conf, 1);
	return backtest->machine != NULL;
}

struct backtest *
backtest_new(const struct collector_conf *conf, struct backtest_run *run)
{
	struct backtest *backtest = calloc(1, sizeof(*backtest));

	if (backtest == NULL) {
		return NULL;
	}
	backtest->conf = conf;
	backtest->run = run;
	if (!take_memory(backtest)) {
		backtest_free(backtest);
		return NULL;
	}
	return backtest;
}

void
backtest_free(struct backtest *backtest)
{
	if (backtest == NULL) {
		return;
	}
	free(backtest->machine_memory);
	free(backtest->arena_memory);
	free(backtest->effects_memory);
	frame_free(backtest->frame);
	free(backtest);
}

const struct backtest_span *
backtest_span(const struct backtest *backtest)
{
	return &backtest->span;
}

/* ---- one input ---- */

static void
keep_effects(struct backtest *backtest)
{
	backtest_take(backtest->run, &backtest->effects);
	for (size_t i = 0; i < backtest->effects.len; i++) {
		const struct effect *effect = &backtest->effects.item[i];

		if (effect->kind == EFFECT_SEND && backtest->send_len < SENDS) {
			backtest->send[backtest->send_len++] = effect->send.row;
		}
	}
}

/* Every channel has what it was given, now; which may let go of the next message. */
static void
deliver(struct backtest *backtest, struct now now)
{
	for (size_t i = 0; i < backtest->send_len; i++) {
		struct message_answer answer = {
		    .row = backtest->send[i], .delivery = DELIVERY_DONE};

		effects_reset(&backtest->effects);
		collector_delivery(backtest->machine, &answer, now, &backtest->effects);
		keep_effects(backtest);
	}
	backtest->send_len = 0;
}

static void
note_time(struct backtest *backtest, struct now now)
{
	if (backtest->span.records++ == 0) {
		backtest->span.first_at = now.wall;
	}
	backtest->span.last_at = now.wall;
}

/* ---- the journal ---- */

static void
show_progress(const struct backtest *backtest)
{
	char at[RFC3339_BYTES];

	if (backtest->name == NULL || isatty(STDERR_FILENO) != 1) {
		return;
	}
	rfc3339_write(backtest->span.last_at, at);
	(void)fprintf(stderr, "\r%s: %llu records, %s", backtest->name,
	    (unsigned long long)backtest->span.records, at);
	if (backtest->next >= backtest->end) {
		(void)fputs("\r\033[K", stderr);
	}
}

static void
play_record(
    struct backtest *backtest, uint64_t position, const struct journal_head *head)
{
	struct ingest_batch batch;
	bool has_batch = false;

	note_time(backtest, head->now);
	if (head->kind == JOURNAL_DELIVERY) {
		return; /* of messages of then */
	}
	if (head->kind == JOURNAL_BATCH) {
		has_batch = journal_batch_decode(backtest->frame, &backtest->arena,
		    &backtest->conf->topology, head, &batch);
		backtest->span.passed_over += has_batch ? 0 : 1;
	}
	if (head->kind == JOURNAL_ORDER && backtest->reviews != NULL) {
		backtest_order(backtest->reviews, &head->order);
	}
	effects_reset(&backtest->effects);
	collector_set_journal_seq(backtest->machine, position);
	collector_replay(
	    backtest->machine, head, has_batch ? &batch : NULL, &backtest->effects);
	keep_effects(backtest);
	deliver(backtest, head->now);
}

static bool
play_one(void *context, uint64_t position, const void *record, size_t len)
{
	struct backtest *backtest = context;
	struct journal_head head;
	struct buf buf;

	if (position >= backtest->end) {
		backtest->next = backtest->end;
		return false;
	}
	if (backtest->span.first_position == 0) {
		backtest->span.first_position = position;
	}
	buf_read(&buf, record, len);
	if (journal_decode(&buf, &head) == ERR_OK) {
		play_record(backtest, position, &head);
	} else {
		backtest->span.passed_over++;
	}
	backtest->next = position + 1;
	return --backtest->left > 0;
}

enum err
backtest_play(struct backtest *backtest, struct store *store, uint64_t end,
    struct backtest_run *reviews, const char *name)
{
	struct journal_store *journal = journal_lmdb_new(store);
	enum err err = journal == NULL ? ERR_NOMEM : ERR_OK;

	backtest->reviews = reviews;
	backtest->name = name;
	backtest->end = end;
	backtest->left = 0;
	while (err == ERR_OK && backtest->left == 0 && backtest->next < end) {
		backtest->left = CHUNK;
		err = journal_store_follow(journal, backtest->next, play_one, backtest);
		show_progress(backtest);
	}
	journal_store_close(journal);
	return err;
}

/* ---- by hand ---- */

static void
tick_until(struct backtest *backtest, struct now now)
{
	struct mono due = collector_deadline(backtest->machine);

	while (mono_before(due, now.mono)) {
		struct now then = {.mono = due,
		    .wall = wall_add(now.wall, -mono_since(now.mono, due))};

		effects_reset(&backtest->effects);
		collector_tick(backtest->machine, then, &backtest->effects);
		keep_effects(backtest);
		deliver(backtest, then);
		due = collector_deadline(backtest->machine);
		if (!mono_before(then.mono, due)) {
			due = mono_add(then.mono, CLOCK_NS_PER_MS);
		}
	}
}

enum err
backtest_batch(
    struct backtest *backtest, const struct ingest_batch *batch, struct now now)
{
	size_t fresh;
	enum err err;

	effects_reset(&backtest->effects);
	if (backtest->span.records == 0) {
		collector_start(backtest->machine, now, &backtest->effects);
	}
	tick_until(backtest, now);
	note_time(backtest, now);
	effects_reset(&backtest->effects);
	err =
	    collector_batch(backtest->machine, batch, now, &backtest->effects, &fresh);
	keep_effects(backtest);
	deliver(backtest, now);
	return err;
}

/* ---- what was told ---- */

static void
read_table(struct db_txn *txn, enum table table, struct backtest_run *run)
{
	struct db_cursor cursor;

	db_cursor_open(&cursor, txn, (size_t)table);
	db_cursor_first(&cursor);
	while (cursor.is_valid) {
		backtest_row(run, table, cursor.value.data, cursor.value.len);
		db_cursor_next(&cursor);
	}
	db_cursor_close(&cursor);
}

enum err
backtest_told(struct store *store, struct backtest_run *run, struct backtest_told *out)
{
	struct db_cursor cursor;
	struct db_txn txn;
	enum err err;

	db_begin(&store->db, false, &txn);
	read_table(&txn, TABLE_INCIDENT, run);
	read_table(&txn, TABLE_OUTBOX, run);
	db_cursor_open(&cursor, &txn, TABLE_JOURNAL);
	db_cursor_last(&cursor);
	out->end = cursor.is_valid ? db_u64(cursor.key.data) + 1 : 1;
	db_cursor_close(&cursor);
	err = txn.err;
	db_abort(&txn);
	return err;
}
