/* What every journal promises (collector/shell/journal_store.h), asked of each there is: to
 * have another one asked, add a rig to the table at the end of this file's cases. */
#include "tests/support/test.h"

#include "collector/core/journal.h"
#include "collector/shell/journal_lmdb.h"
#include "tests/support/journal_memory.h"

#include <pthread.h>
#include <unistd.h>

#include "tests/support/scratch.h"

#define WAIT_NS (60 * CLOCK_NS_PER_S)

enum {
	BYTES_MAX = 1 << 20,
	BODY_BYTES = 3000,
	SEEN = 4096
};

/* An implementation, and how to make trouble for it. */
struct rig {
	const char *name;
	void (*begin)(void); /* an empty medium */
	struct journal_store *(*open)(void);
	void (*died)(struct journal_store *journal); /* the process, anywhere */
	/* The next settle fails after so many records; NULL: cannot be arranged. */
	void (*break_after)(enum err err, size_t records);
	void (*end)(void);
};

/* ---- LMDB ---- */

static struct store lmdb_store;

static void
lmdb_begin(void)
{
	lmdb_store.db.lock_fd = -1;
}

static struct journal_store *
lmdb_open(void)
{
	char error[512] = "";

	assert_int_equal(
	    store_open(&lmdb_store, "store", BYTES_MAX, error, sizeof(error)), ERR_OK);
	return journal_lmdb_new(&lmdb_store);
}

static void
lmdb_died(struct journal_store *journal)
{
	journal_store_close(journal); /* what is staged was never written */
	store_close(&lmdb_store);
}

static void
lmdb_finish(void)
{
	(void)unlink("store/data.mdb");
	(void)unlink("store/lock.mdb");
	(void)unlink("store/in-use");
	(void)rmdir("store");
}

/* ---- in memory ---- */

static struct journal_far *far_side;

static void
memory_begin(void)
{
	far_side = journal_far_new(BYTES_MAX / 2);
}

static struct journal_store *
memory_open(void)
{
	return journal_memory_open(far_side);
}

static void
memory_died(struct journal_store *journal)
{
	journal_store_close(journal);
}

static void
memory_break(enum err err, size_t records)
{
	journal_far_break(far_side, err, records);
}

static void
memory_finish(void)
{
	journal_far_free(far_side);
}

/* ---- what is asked ---- */

/* A record that came at that second; its length and bytes follow from `position`. */
static size_t
record_of(uint64_t position, unsigned char out[BODY_BYTES + 256])
{
	static unsigned char body[BODY_BYTES];
	struct journal_head head = {.kind = JOURNAL_BATCH,
	    .now = {{(int64_t)position}, {(int64_t)position * CLOCK_NS_PER_S}},
	    .agent = "tokyo-1",
	    .frame = body,
	    .frame_len = BODY_BYTES - position % 7};
	struct buf buf;

	memset(body, (int)(position & 0xff), sizeof(body));
	buf_write(&buf, out, BODY_BYTES + 256);
	journal_encode(&head, &buf);
	assert_true(buf_ok(&buf));
	return buf.at;
}

static void
append(struct journal_store *journal, uint64_t position)
{
	unsigned char record[BODY_BYTES + 256];
	struct journal_entry entry = {.position = position,
	    .agent = "tokyo-1",
	    .incarnation = 1,
	    .seq = position,
	    .record = record,
	    .len = record_of(position, record)};

	journal_store_append(journal, &entry);
}

static uint64_t
end_of(struct journal_store *journal)
{
	uint64_t end = 0;

	assert_int_equal(journal_store_end(journal, &end), ERR_OK);
	return end;
}

struct seen {
	uint64_t position[SEEN];
	size_t len;
	size_t enough; /* 0 = never */
};

static bool
see(void *context, uint64_t position, const void *record, size_t len)
{
	struct seen *seen = context;
	unsigned char expected[BODY_BYTES + 256];

	assert_int_equal(len, record_of(position, expected));
	assert_memory_equal(record, expected, len);
	assert_true(seen->len == 0 || seen->position[seen->len - 1] < position);
	assert_true(seen->len < SEEN);
	seen->position[seen->len++] = position;
	return seen->len != seen->enough;
}

static const struct seen *
follow(struct journal_store *journal, uint64_t from)
{
	static struct seen seen;

	seen.len = 0;
	seen.enough = 0;
	assert_int_equal(journal_store_follow(journal, from, see, &seen), ERR_OK);
	return &seen;
}

/* All from `first` up to `last`, and nothing else. */
static void
check_holds(struct journal_store *journal, uint64_t first, uint64_t last)
{
	const struct seen *seen = follow(journal, 0);

	assert_int_equal(seen->len, last + 1 - first);
	assert_int_equal(seen->position[0], first);
	assert_int_equal(seen->position[seen->len - 1], last);
}

static void
snapshot_put(struct journal_store *journal, uint64_t position, const char *machine)
{
	struct journal_snapshot snapshot = {.position = position,
	    .now = {{7}, {8}},
	    .machine = machine,
	    .len = strlen(machine)};

	journal_store_snapshot_put(journal, &snapshot);
}

static void
check_snapshot(struct journal_store *journal, uint64_t position, const char *machine)
{
	struct journal_snapshot snapshot;
	void *memory = NULL;

	assert_int_equal(
	    journal_store_snapshot_get(journal, &snapshot, &memory), ERR_OK);
	assert_int_equal(snapshot.position, position);
	assert_int_equal(snapshot.now.mono.ns, 7);
	assert_int_equal(snapshot.now.wall.ns, 8);
	assert_int_equal(snapshot.len, strlen(machine));
	assert_memory_equal(snapshot.machine, machine, snapshot.len);
	free(memory);
}

static void
ask_order(const struct rig *rig, struct journal_store *journal)
{
	struct seen seen = {.enough = 2};

	(void)rig;
	assert_int_equal(end_of(journal), 1);
	assert_int_equal(follow(journal, 0)->len, 0);
	assert_int_equal(journal_store_settle(journal), ERR_OK); /* of nothing */
	for (uint64_t i = 1; i <= 20; i++) {
		append(journal, i);
		assert_int_equal(end_of(journal), i + 1);
		if (i % 5 == 0) {
			assert_int_equal(journal_store_settle(journal), ERR_OK);
		}
	}
	check_holds(journal, 1, 20);
	assert_int_equal(follow(journal, 20)->len, 1);
	assert_int_equal(follow(journal, 21)->len, 0);
	assert_int_equal(journal_store_follow(journal, 7, see, &seen), ERR_OK);
	assert_int_equal(seen.len, 2);
	assert_int_equal(seen.position[1], 8);
}

static void
ask_durable(const struct rig *rig, struct journal_store *journal)
{
	append(journal, 1);
	append(journal, 2);
	assert_int_equal(follow(journal, 0)->len, 0); /* staged is not there */
	assert_int_equal(journal_store_settle(journal), ERR_OK);
	append(journal, 3);
	snapshot_put(journal, 3, "never");
	rig->died(journal);
	journal = rig->open();
	check_holds(journal, 1, 2);
	assert_int_equal(end_of(journal), 3);
	append(journal, 3);
	assert_int_equal(journal_store_settle(journal), ERR_OK);
	check_holds(journal, 1, 3);
	rig->died(journal);
}

static void
ask_failing(const struct rig *rig, struct journal_store *journal)
{
	append(journal, 1);
	assert_int_equal(journal_store_settle(journal), ERR_OK);
	append(journal, 2);
	journal_store_spoil(journal, ERR_NOMEM);
	append(journal, 3);
	assert_int_equal(journal_store_settle(journal), ERR_NOMEM);
	check_holds(journal, 1, 1);
	assert_int_equal(end_of(journal), 2);
	for (size_t after = 0; rig->break_after != NULL && after < 4; after++) {
		uint64_t end = end_of(journal);
		const struct seen *seen;

		for (uint64_t i = end; i < end + 3; i++) {
			append(journal, i);
		}
		rig->break_after(ERR_AGAIN, after);
		assert_int_equal(journal_store_settle(journal), ERR_AGAIN);
		seen = follow(journal, end);
		assert_true(seen->len <= 3);
		assert_true(!journal->is_atomic || seen->len == 0);
		assert_int_equal(end_of(journal), end + seen->len); /* no hole */
	}
	append(journal, end_of(journal));
	assert_int_equal(journal_store_settle(journal), ERR_OK);
	check_holds(journal, 1, end_of(journal) - 1);
}

static void
ask_writer(const struct rig *rig, struct journal_store *journal)
{
	unsigned char record[BODY_BYTES + 256];
	struct journal_entry entry = {
	    .position = 2, .agent = "", .record = record, .len = record_of(2, record)};

	(void)rig;
	append(journal, 1);
	append(journal, 2);
	assert_int_equal(journal_store_settle(journal), ERR_OK);
	journal_store_append(journal, &entry);
	assert_int_equal(journal_store_settle(journal), ERR_EXISTS);
	check_holds(journal, 1, 2);
}

/* Sent again at another position, because whoever appended does not know. */
static void
ask_once(const struct rig *rig, struct journal_store *journal)
{
	unsigned char record[BODY_BYTES + 256];
	struct journal_entry entry = {.position = 2,
	    .agent = "tokyo-1",
	    .incarnation = 1,
	    .seq = 1,
	    .record = record,
	    .len = record_of(2, record)};

	(void)rig;
	append(journal, 1);
	assert_int_equal(journal_store_settle(journal), ERR_OK);
	journal_store_append(journal, &entry);
	assert_int_equal(journal_store_settle(journal), ERR_OK);
	assert_int_equal(follow(journal, 0)->len, journal->has_ids ? 1 : 2);
}

static void
ask_snapshot(const struct rig *rig, struct journal_store *journal)
{
	struct journal_snapshot snapshot;
	void *memory = NULL;
	struct wall late = {INT64_MAX};

	assert_int_equal(
	    journal_store_snapshot_get(journal, &snapshot, &memory), ERR_NOTFOUND);
	for (uint64_t i = 1; i <= 9; i++) {
		append(journal, i);
	}
	assert_int_equal(journal_store_settle(journal), ERR_OK);
	assert_int_equal(journal_store_trim(journal, 9, late, 99), 0); /* uncovered */
	assert_int_equal(journal_store_settle(journal), ERR_OK);
	snapshot_put(journal, 6, "six");
	/* Not what came since, and not more than was asked for. */
	assert_int_equal(
	    journal_store_trim(journal, 9, (struct wall){3 * CLOCK_NS_PER_S}, 99), 2);
	assert_int_equal(journal_store_settle(journal), ERR_OK);
	check_holds(journal, 3, 9);
	check_snapshot(journal, 6, "six");
	snapshot_put(journal, 10, "ten");
	assert_int_equal(journal_store_trim(journal, 99, late, 1), 1);
	assert_int_equal(journal_store_settle(journal), ERR_OK);
	check_holds(journal, 4, 9);
	assert_int_equal(journal_store_trim(journal, 99, late, 99), 6);
	rig->died(journal); /* before it was settled */
	journal = rig->open();
	check_holds(journal, 4, 9);
	check_snapshot(journal, 10, "ten");
	assert_int_equal(journal_store_trim(journal, 99, late, 99), 6);
	assert_int_equal(journal_store_settle(journal), ERR_OK);
	rig->died(journal);
	/* With nothing left it goes on where it was. */
	journal = rig->open();
	assert_int_equal(follow(journal, 0)->len, 0);
	assert_int_equal(end_of(journal), 10);
	append(journal, 10);
	assert_int_equal(journal_store_settle(journal), ERR_OK);
	check_holds(journal, 10, 10);
	rig->died(journal);
}

static void
ask_full(const struct rig *rig, struct journal_store *journal)
{
	struct wall late = {INT64_MAX};
	enum err err = ERR_OK;
	uint64_t next = 0;

	(void)rig;
	while (err == ERR_OK) {
		next = end_of(journal);
		append(journal, next);
		err = journal_store_settle(journal);
	}
	assert_int_equal(err, ERR_FULL);
	assert_true(next > 20);
	check_holds(journal, 1, next - 1); /* nothing is lost */
	assert_int_equal(end_of(journal), next);
	snapshot_put(journal, next, "full");
	assert_int_equal(
	    journal_store_trim(journal, next / 2, late, SEEN), next / 2 - 1);
	assert_int_equal(journal_store_settle(journal), ERR_OK);
	check_snapshot(journal, next, "full");
	for (int i = 0; i < 3; i++) { /* LMDB has the pages back two settles later */
		append(journal, next);
		err = journal_store_settle(journal);
		if (err == ERR_OK) {
			break;
		}
		snapshot_put(journal, next, "full");
		assert_int_equal(journal_store_settle(journal), ERR_OK);
	}
	assert_int_equal(err, ERR_OK);
	check_holds(journal, next / 2, next);
}

static void *
waiting(void *context)
{
	static char yes;

	return journal_store_wait(context, 2, WAIT_NS) ? &yes : NULL;
}

static void
ask_wait(const struct rig *rig, struct journal_store *journal)
{
	pthread_t thread;
	void *found = NULL;

	append(journal, 1);
	assert_int_equal(journal_store_settle(journal), ERR_OK);
	assert_true(journal_store_wait(journal, 1, 0));
	assert_false(journal_store_wait(journal, 2, 0));
	if (rig->break_after != NULL) {
		return; /* of one thread */
	}
	assert_int_equal(pthread_create(&thread, NULL, waiting, journal), 0);
	append(journal, 2);
	assert_int_equal(journal_store_settle(journal), ERR_OK);
	assert_int_equal(pthread_join(thread, &found), 0);
	assert_non_null(found);
}

/* ---- every one of them is asked everything ---- */

static const struct rig rigs[] = {
    {"lmdb", lmdb_begin, lmdb_open, lmdb_died, NULL, lmdb_finish},
    {"memory", memory_begin, memory_open, memory_died, memory_break, memory_finish},
};

static void
ask_all(void (*ask)(const struct rig *rig, struct journal_store *journal), bool ends)
{
	for (size_t i = 0; i < sizeof(rigs) / sizeof(rigs[0]); i++) {
		struct journal_store *journal;

		printf("  %s\n", rigs[i].name);
		rigs[i].begin();
		journal = rigs[i].open();
		assert_non_null(journal);
		ask(&rigs[i], journal);
		if (!ends) {
			rigs[i].died(journal);
		}
		rigs[i].end();
	}
}

#define CASE(name, ends)                                                               \
	static void test_##name(void **state)                                          \
	{                                                                              \
		(void)state;                                                           \
		ask_all(ask_##name, ends);                                             \
	}

CASE(order, false)
CASE(durable, true)
CASE(failing, false)
CASE(writer, false)
CASE(once, false)
CASE(snapshot, true)
CASE(full, false)
CASE(wait, false)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_durable),
	    cmocka_unit_test(test_failing),
	    cmocka_unit_test(test_writer),
	    cmocka_unit_test(test_once),
	    cmocka_unit_test(test_snapshot),
	    cmocka_unit_test(test_full),
	    cmocka_unit_test(test_wait),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
