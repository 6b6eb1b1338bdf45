#include "tests/support/journal_memory.h"

#include "collector/core/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	RECORDS = 8192
};

struct record {
	uint64_t position;
	char agent[LIMIT_NAME_BYTES];
	uint64_t incarnation;
	uint64_t seq;
	void *bytes;
	size_t len;
};

struct journal_far {
	struct record record[RECORDS];
	size_t len;
	size_t bytes;
	size_t bytes_max;
	uint64_t end;
	struct journal_snapshot snapshot; /* position 0 = none */
	enum err err;
	size_t after;
};

struct journal_memory {
	struct journal_store store; /* first */
	struct journal_far *far;
	struct record staged[RECORDS];
	size_t len;
	struct journal_snapshot snapshot; /* staged; position 0 = none */
	uint64_t trim;                    /* staged: all below it */
	enum err err;
};

static struct journal_memory *
self(struct journal_store *journal)
{
	return (struct journal_memory *)journal;
}

static void *
copy(const void *bytes, size_t len)
{
	void *memory = malloc(len + 1);

	if (memory == NULL) {
		abort();
	}
	memcpy(memory, bytes, len);
	return memory;
}

static void
free_snapshot(struct journal_snapshot *snapshot)
{
	union {
		const void *in;
		void *out;
	} alias = {.in = snapshot->machine};

	free(alias.out);
	*snapshot = (struct journal_snapshot){.position = 0};
}

struct journal_far *
journal_far_new(size_t bytes_max)
{
	struct journal_far *far = calloc(1, sizeof(*far));

	if (far == NULL) {
		abort();
	}
	far->bytes_max = bytes_max;
	far->end = 1;
	return far;
}

void
journal_far_free(struct journal_far *far)
{
	for (size_t i = 0; i < far->len; i++) {
		free(far->record[i].bytes);
	}
	free_snapshot(&far->snapshot);
	free(far);
}

void
journal_far_break(struct journal_far *far, enum err err, size_t after)
{
	far->err = err;
	far->after = after;
}

static enum err
memory_end(struct journal_store *store, uint64_t *out_position)
{
	const struct journal_memory *journal = self(store);

	*out_position = journal->far->end;
	if (journal->len > 0) {
		*out_position = journal->staged[journal->len - 1].position + 1;
	}
	return ERR_OK;
}

static void
memory_spoil(struct journal_store *store, enum err err)
{
	if (self(store)->err == ERR_OK) {
		self(store)->err = err;
	}
}

static void
memory_append(struct journal_store *store, const struct journal_entry *entry)
{
	struct journal_memory *journal = self(store);
	struct record *record = &journal->staged[journal->len];
	uint64_t end = 0;

	if (journal->len == RECORDS || memory_end(store, &end) != ERR_OK ||
	    entry->position < end) {
		memory_spoil(store, ERR_EXISTS);
		return;
	}
	*record = (struct record){.position = entry->position,
	    .incarnation = entry->incarnation,
	    .seq = entry->seq,
	    .bytes = copy(entry->record, entry->len),
	    .len = entry->len};
	(void)snprintf(record->agent, sizeof(record->agent), "%s", entry->agent);
	journal->len++;
}

static void
memory_snapshot_put(
    struct journal_store *store, const struct journal_snapshot *snapshot)
{
	struct journal_memory *journal = self(store);

	free_snapshot(&journal->snapshot);
	journal->snapshot = *snapshot;
	journal->snapshot.machine = copy(snapshot->machine, snapshot->len);
}

static bool
is_older(const struct record *record, struct wall before)
{
	struct journal_head head;
	struct buf buf;

	buf_read(&buf, record->bytes, record->len);
	return journal_decode(&buf, &head) != ERR_OK || head.now.wall.ns < before.ns;
}

static size_t
memory_trim(struct journal_store *store, uint64_t below, struct wall before, size_t max)
{
	struct journal_memory *journal = self(store);
	const struct journal_far *far = journal->far;
	uint64_t covered = journal->snapshot.position > far->snapshot.position
			       ? journal->snapshot.position
			       : far->snapshot.position;
	size_t count = 0;

	while (count < far->len && count < max && far->record[count].position < below &&
	       far->record[count].position < covered &&
	       is_older(&far->record[count], before)) {
		journal->trim = far->record[count].position + 1;
		count++;
	}
	return count;
}

static bool
is_known(const struct journal_far *far, const struct record *record)
{
	for (size_t i = 0; i < far->len && record->agent[0] != '\0'; i++) {
		const struct record *each = &far->record[i];

		if (strcmp(each->agent, record->agent) == 0 &&
		    each->incarnation == record->incarnation &&
		    each->seq == record->seq) {
			return true;
		}
	}
	return false;
}

static enum err
store_one(struct journal_far *far, struct record *record)
{
	if (is_known(far, record)) {
		return ERR_OK;
	}
	if (record->position < far->end) {
		return ERR_EXISTS;
	}
	if (far->len == RECORDS || record->len > far->bytes_max - far->bytes) {
		return ERR_FULL;
	}
	far->record[far->len++] = *record;
	far->bytes += record->len;
	far->end = record->position + 1;
	record->bytes = NULL;
	return ERR_OK;
}

static void
trim_far(struct journal_far *far, uint64_t below)
{
	size_t gone = 0;

	while (gone < far->len && far->record[gone].position < below) {
		far->bytes -= far->record[gone].len;
		free(far->record[gone].bytes);
		gone++;
	}
	far->len -= gone;
	memmove(far->record, far->record + gone, far->len * sizeof(far->record[0]));
}

static void
clear(struct journal_memory *journal)
{
	for (size_t i = 0; i < journal->len; i++) {
		free(journal->staged[i].bytes);
	}
	free_snapshot(&journal->snapshot);
	journal->len = 0;
	journal->trim = 0;
	journal->err = ERR_OK;
}

static enum err
memory_settle(struct journal_store *store)
{
	struct journal_memory *journal = self(store);
	struct journal_far *far = journal->far;
	enum err err = journal->err;

	for (size_t i = 0; i < journal->len && err == ERR_OK; i++) {
		err = far->err != ERR_OK && i == far->after
			  ? far->err
			  : store_one(far, &journal->staged[i]);
	}
	if (err == ERR_OK && far->err != ERR_OK) {
		err = far->err;
	}
	if (err == ERR_OK && journal->snapshot.position > 0) {
		free_snapshot(&far->snapshot);
		far->snapshot = journal->snapshot;
		journal->snapshot = (struct journal_snapshot){.position = 0};
	}
	if (err == ERR_OK) {
		trim_far(far, journal->trim);
	}
	far->err = ERR_OK;
	clear(journal);
	return err;
}

static enum err
memory_follow(
    struct journal_store *store, uint64_t from, journal_reader *each, void *context)
{
	const struct journal_far *far = self(store)->far;

	for (size_t i = 0; i < far->len; i++) {
		const struct record *record = &far->record[i];

		if (record->position >= from &&
		    !each(context, record->position, record->bytes, record->len)) {
			break;
		}
	}
	return ERR_OK;
}

/* One thread: nobody is to be waited for. */
static bool
memory_wait(struct journal_store *store, uint64_t position, int64_t wait_ns)
{
	(void)wait_ns;
	return self(store)->far->end > position;
}

static enum err
memory_snapshot_get(
    struct journal_store *store, struct journal_snapshot *out, void **out_memory)
{
	const struct journal_far *far = self(store)->far;

	if (far->snapshot.position == 0) {
		return ERR_NOTFOUND;
	}
	*out = far->snapshot;
	*out_memory = copy(far->snapshot.machine, far->snapshot.len);
	out->machine = *out_memory;
	return ERR_OK;
}

static void
memory_close(struct journal_store *store)
{
	clear(self(store));
	free(store);
}

static const struct journal_store_ops ops = {.append = memory_append,
    .snapshot_put = memory_snapshot_put,
    .trim = memory_trim,
    .spoil = memory_spoil,
    .settle = memory_settle,
    .follow = memory_follow,
    .wait = memory_wait,
    .snapshot_get = memory_snapshot_get,
    .end = memory_end,
    .close = memory_close};

struct journal_store *
journal_memory_open(struct journal_far *far)
{
	struct journal_memory *journal = calloc(1, sizeof(*journal));

	if (journal == NULL) {
		abort();
	}
	journal->store = (struct journal_store){.ops = &ops, .has_ids = true};
	journal->far = far;
	return &journal->store;
}
