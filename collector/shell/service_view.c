#include "collector/core/journal.h"
#include "collector/shell/service_internal.h"
#include "common/shell/clock_sys.h"
#include "common/shell/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	HOLDER_BYTES = 64 /* keeps the arena behind it aligned */
};

_Static_assert(sizeof(struct service_view) <= HOLDER_BYTES, "the holder fits");

/* ---- the published view: made by the engine, shared by counting holders ---- */

static void
give_back(struct service_view *view)
{
	if (view != NULL && atomic_fetch_sub(&view->holders, 1) == 1) {
		free(view);
	}
}

/* The view is the first thing taken from its memory, right behind the holder. */
static struct service_view *
holder_of(struct view *view)
{
	return (struct service_view *)((unsigned char *)view - HOLDER_BYTES);
}

static struct service_view *
make_view(struct service *service, struct now now)
{
	size_t bytes = collector_view_bytes(service->machine.collector) + 64;
	unsigned char *memory = malloc(HOLDER_BYTES + bytes);
	struct service_view *made = (struct service_view *)memory;
	struct arena arena;

	if (memory == NULL) {
		return NULL;
	}
	arena_init(&arena, memory + HOLDER_BYTES, bytes);
	made->view = collector_view(service->machine.collector, &arena, now);
	if (made->view == NULL || holder_of(made->view) != made) {
		free(memory);
		return NULL;
	}
	atomic_init(&made->holders, 1);
	return made;
}

void
service_publish(struct service *service, struct now now)
{
	struct service_view *made = make_view(service, now);
	struct service_view *old;

	if (made == NULL) {
		log_error("view.failed", "reason=no_memory");
		return;
	}
	made->view->started_at = service->started_at;
	made->view->store_bytes = db_bytes(&service->store.db);
	if (service->store_err != ERR_OK) {
		(void)snprintf(made->view->store_error, sizeof(made->view->store_error),
		    "%s", err_name(service->store_err));
	}
	(void)pthread_mutex_lock(&service->mutex);
	old = service->view;
	service->view = made;
	(void)pthread_mutex_unlock(&service->mutex);
	give_back(old);
	service->view_at = now.mono;
	service->view_dirty = false;
}

void
service_view_done(struct service *service)
{
	give_back(service->view);
	service->view = NULL;
}

/* ---- api_source.h ---- */

struct api_source *
service_api(struct service *service)
{
	return (struct api_source *)service;
}

const struct view *
api_view_take(struct api_source *source)
{
	struct service *service = service_of(source);
	struct service_view *view;

	(void)pthread_mutex_lock(&service->mutex);
	view = service->view;
	atomic_fetch_add(&view->holders, 1);
	(void)pthread_mutex_unlock(&service->mutex);
	return view->view;
}

void
api_view_release(struct api_source *source, const struct view *view)
{
	union {
		const struct view *in;
		struct view *out;
	} alias = {.in = view}; /* readers see it const; counting them is not theirs */

	(void)source;
	give_back(holder_of(alias.out));
}

enum err
api_incident(struct api_source *source, uint64_t id, struct incident *out)
{
	struct db_txn txn;
	struct db_value value;
	enum err err = ERR_NOTFOUND;

	db_begin(&service_of(source)->store.db, false, &txn);
	if (db_get_u64(&txn, TABLE_INCIDENT, id, &value)) {
		struct buf buf;

		buf_read(&buf, value.data, value.len);
		err = incident_decode(&buf, out);
	} else if (txn.err != ERR_OK) {
		err = txn.err;
	}
	db_abort(&txn);
	return err;
}

enum err
api_incidents(struct api_source *source,
    bool (*each)(void *context, const struct incident *incident), void *context)
{
	struct incident *incident = malloc(sizeof(*incident));
	struct db_cursor cursor;
	struct db_txn txn;
	bool go_on = true;
	enum err err;

	if (incident == NULL) {
		return ERR_NOMEM;
	}
	db_begin(&service_of(source)->store.db, false, &txn);
	db_cursor_open(&cursor, &txn, TABLE_INCIDENT);
	db_cursor_last(&cursor);
	while (cursor.is_valid && go_on) {
		struct buf buf;

		buf_read(&buf, cursor.value.data, cursor.value.len);
		if (incident_decode(&buf, incident) == ERR_OK) {
			go_on = each(context, incident);
		}
		db_cursor_prev(&cursor);
	}
	db_cursor_close(&cursor);
	err = txn.err;
	db_abort(&txn);
	free(incident);
	return err;
}

enum err
api_timeline(struct api_source *source, uint64_t after,
    bool (*each)(void *context, const struct timeline_row *row), void *context)
{
	struct db_cursor cursor;
	struct db_txn txn;
	bool go_on = after < UINT64_MAX;
	enum err err;

	db_begin(&service_of(source)->store.db, false, &txn);
	db_cursor_open(&cursor, &txn, TABLE_TIMELINE);
	if (go_on) {
		db_cursor_seek_u64(&cursor, after + 1);
	}
	while (go_on && cursor.is_valid) {
		struct timeline_row row;
		struct buf buf;

		buf_read(&buf, cursor.value.data, cursor.value.len);
		if (timeline_decode(&buf, &row) == ERR_OK) {
			row.seq = db_u64(cursor.key.data);
			go_on = each(context, &row);
		}
		db_cursor_next(&cursor);
	}
	db_cursor_close(&cursor);
	err = txn.err;
	db_abort(&txn);
	return err;
}

bool
api_timeline_wait(struct api_source *source, uint64_t after, int64_t timeout_ns)
{
	struct service *service = service_of(source);
	int64_t at_ns = clock_add_ns(clock_sys_now().mono.ns, timeout_ns);
	struct timespec deadline = {.tv_sec = (time_t)(at_ns / CLOCK_NS_PER_S),
	    .tv_nsec = (long)(at_ns % CLOCK_NS_PER_S)};
	bool is_there;
	int rc = 0;

	(void)pthread_mutex_lock(&service->mutex);
	while (service->timeline_seq <= after && rc != ETIMEDOUT) {
		rc = pthread_cond_timedwait(
		    &service->timeline_changed, &service->mutex, &deadline);
	}
	is_there = service->timeline_seq > after;
	(void)pthread_mutex_unlock(&service->mutex);
	return is_there;
}

enum err
api_outbox(struct api_source *source,
    bool (*each)(void *context, const struct outbox_row *row), void *context)
{
	struct outbox_row *row = malloc(sizeof(*row));
	struct db_cursor cursor;
	struct db_txn txn;
	bool go_on = true;
	enum err err;

	if (row == NULL) {
		return ERR_NOMEM;
	}
	db_begin(&service_of(source)->store.db, false, &txn);
	db_cursor_open(&cursor, &txn, TABLE_OUTBOX);
	db_cursor_last(&cursor);
	while (cursor.is_valid && go_on) {
		struct buf buf;

		buf_read(&buf, cursor.value.data, cursor.value.len);
		if (outbox_decode(&buf, row) == ERR_OK) {
			go_on = each(context, row);
		}
		db_cursor_prev(&cursor);
	}
	db_cursor_close(&cursor);
	err = txn.err;
	db_abort(&txn);
	free(row);
	return err;
}

enum err
api_audit(struct api_source *source,
    bool (*each)(void *context, const struct audit_row *row), void *context)
{
	struct db_cursor cursor;
	struct db_txn txn;
	bool go_on = true;
	enum err err;

	db_begin(&service_of(source)->store.db, false, &txn);
	db_cursor_open(&cursor, &txn, TABLE_AUDIT);
	db_cursor_last(&cursor);
	while (cursor.is_valid && go_on) {
		struct audit_row row;
		struct buf buf;

		buf_read(&buf, cursor.value.data, cursor.value.len);
		if (orders_audit_decode(&buf, &row) == ERR_OK) {
			row.seq = db_u64(cursor.key.data);
			go_on = each(context, &row);
		}
		db_cursor_prev(&cursor);
	}
	db_cursor_close(&cursor);
	err = txn.err;
	db_abort(&txn);
	return err;
}

enum err
api_store_copy(struct api_source *source, const char *path, uint64_t *out_bytes)
{
	return db_copy(&service_of(source)->store.db, path, out_bytes);
}

/* ---- results, out of the journal ---- */

struct results_walk {
	struct frame *frame;
	void *memory;
	struct arena arena;
	bool (*each)(void *context, const struct api_result *result);
	void *context;
};

static bool
walk_batch(struct results_walk *walk, const struct journal_head *head)
{
	struct wire_agent_message message;
	const unsigned char *bytes;
	size_t len;

	arena_reset(&walk->arena);
	if (frame_unpack(walk->frame, head->frame, head->frame_len, &bytes, &len) !=
		ERR_OK ||
	    wire_agent_decode(bytes, len, &walk->arena, &message) != ERR_OK ||
	    message.kind != WIRE_BATCH) {
		return true;
	}
	for (size_t i = message.batch.len; i-- > 0;) {
		const struct result *result = &message.batch.result[i];
		int64_t age_ns = wall_since(message.batch.sent_at, result->started_at);
		struct api_result row = {.agent = head->agent,
		    .received_at = head->now.wall,
		    .started_at = wall_add(head->now.wall, age_ns > 0 ? -age_ns : 0),
		    .result = result};

		if (journal_is_fresh(head, result->seq) &&
		    !walk->each(walk->context, &row)) {
			return false;
		}
	}
	return true;
}

static enum err
walk_results(struct results_walk *walk, struct db *db, struct wall since)
{
	struct db_cursor cursor;
	struct db_txn txn;
	bool go_on = true;
	enum err err;

	db_begin(db, false, &txn);
	db_cursor_open(&cursor, &txn, TABLE_JOURNAL);
	db_cursor_last(&cursor);
	while (go_on && cursor.is_valid) {
		struct journal_head head;
		struct buf buf;

		buf_read(&buf, cursor.value.data, cursor.value.len);
		if (journal_decode(&buf, &head) == ERR_OK) {
			go_on = head.now.wall.ns >= since.ns;
			if (go_on && head.kind == JOURNAL_BATCH) {
				go_on = walk_batch(walk, &head);
			}
		}
		db_cursor_prev(&cursor);
	}
	db_cursor_close(&cursor);
	err = txn.err;
	db_abort(&txn);
	return err;
}

enum err
api_results(struct api_source *source, struct wall since,
    bool (*each)(void *context, const struct api_result *result), void *context)
{
	struct results_walk walk = {.frame = frame_new(),
	    .memory = malloc(WIRE_ARENA_BYTES),
	    .each = each,
	    .context = context};
	enum err err = ERR_NOMEM;

	if (walk.frame != NULL && walk.memory != NULL) {
		arena_init(&walk.arena, walk.memory, WIRE_ARENA_BYTES);
		err = walk_results(&walk, &service_of(source)->store.db, since);
	}
	frame_free(walk.frame);
	free(walk.memory);
	return err;
}
