#include "collector/core/journal.h"
#include "collector/shell/journal_batch.h"
#include "collector/shell/service_internal.h"
#include "common/shell/clock_sys.h"
#include "common/shell/failpoint.h"
#include "common/shell/log.h"

#include <stdlib.h>
#include <string.h>

/* Journal time goes on over restarts. Within a process it is CLOCK_MONOTONIC moved by a
 * constant, so that a step of the wall clock moves nothing; the wall is only for people. */
struct now
service_now(const struct service *service)
{
	struct now now = clock_sys_now();

	now.mono.ns += service->epoch_ns;
	return now;
}

static enum err
make_planner(struct service_machine *machine)
{
	const struct collector_conf *conf = machine->conf;
	size_t bytes = planner_bytes(conf) + 64;
	struct arena arena;

	machine->planner_memory = malloc(bytes);
	machine->plan_version = calloc(conf->topology.agent_len, sizeof(uint64_t));
	machine->granted = calloc(conf->topology.agent_len, sizeof(uint64_t));
	if (machine->planner_memory == NULL || machine->plan_version == NULL ||
	    machine->granted == NULL) {
		return ERR_NOMEM;
	}
	arena_init(&arena, machine->planner_memory, bytes);
	machine->planner = planner_init(&arena, conf);
	return machine->planner == NULL ? ERR_NOMEM : ERR_OK;
}

/* Plans are made when asked for; their versions are needed at every answer. */
static enum err
make_versions(struct service_machine *machine)
{
	size_t bytes = planner_plan_bytes(machine->planner) + 64;
	void *memory = malloc(bytes);
	struct arena arena;

	if (memory == NULL) {
		return ERR_NOMEM;
	}
	arena_init(&arena, memory, bytes);
	for (uint16_t i = 0; i < machine->conf->topology.agent_len; i++) {
		arena_reset(&arena);
		machine->plan_version[i] =
		    planner_make(machine->planner, i, &arena).version;
	}
	free(memory);
	return ERR_OK;
}

enum err
service_machine_make(
    const struct collector_conf *conf, uint64_t seed, struct service_machine *out)
{
	size_t bytes = collector_bytes(conf) + 64;
	struct arena arena;
	enum err err = ERR_OK;

	memset(out, 0, sizeof(*out));
	out->conf = conf;
	out->memory = malloc(bytes);
	if (out->memory == NULL) {
		return ERR_NOMEM;
	}
	arena_init(&arena, out->memory, bytes);
	out->collector = collector_init(&arena, conf, seed);
	if (out->collector == NULL) {
		err = ERR_LIMIT;
	}
	if (err == ERR_OK) {
		err = make_planner(out);
	}
	if (err == ERR_OK) {
		err = make_versions(out);
	}
	if (err != ERR_OK) {
		service_machine_done(out);
	}
	return err;
}

void
service_machine_done(struct service_machine *machine)
{
	free(machine->memory);
	free(machine->planner_memory);
	free(machine->plan_version);
	free(machine->granted);
	memset(machine, 0, sizeof(*machine));
}

/* Where a replay stands. */
struct replay {
	struct service *service;
	struct service_machine *machine;
	struct now *last;
	uint64_t count;
};

static bool
replay_one(void *context, uint64_t position, const void *record, size_t len)
{
	struct replay *replay = context;
	struct service *service = replay->service;
	struct service_machine *machine = replay->machine;
	struct journal_head head;
	struct ingest_batch batch;
	bool has_batch = false;
	struct buf buf;

	buf_read(&buf, record, len);
	if (journal_decode(&buf, &head) != ERR_OK) {
		log_error(
		    "journal.unreadable", "seq=%llu", (unsigned long long)position);
		return true;
	}
	if (head.kind == JOURNAL_BATCH) {
		has_batch = journal_batch_decode(service->frame, &service->arena,
		    &machine->conf->topology, &head, &batch);
	}
	effects_reset(&service->effects);
	collector_set_journal_seq(machine->collector, position);
	collector_replay(
	    machine->collector, &head, has_batch ? &batch : NULL, &service->effects);
	*replay->last = head.now;
	replay->count++;
	if (replay->count % 100000 == 0) {
		log_info("journal.replaying", "records=%llu",
		    (unsigned long long)replay->count);
	}
	return true;
}

/* The marks are the one thing that must never be older than the results. */
static void
merge_agents(struct service_machine *machine, struct db_txn *txn)
{
	struct db_cursor cursor;

	db_cursor_open(&cursor, txn, TABLE_AGENT);
	db_cursor_first(&cursor);
	while (cursor.is_valid) {
		char name[LIMIT_NAME_BYTES];
		struct buf buf;

		if (cursor.key.len < sizeof(name)) {
			memcpy(name, cursor.key.data, cursor.key.len);
			name[cursor.key.len] = '\0';
			buf_read(&buf, cursor.value.data, cursor.value.len);
			if (collector_agent_row(machine->collector, name, &buf) ==
			    ERR_FORMAT) {
				log_error("agent.mark_unreadable", "agent=%s", name);
			}
		}
		db_cursor_next(&cursor);
	}
	db_cursor_close(&cursor);
}

/* A snapshot that cannot be used is no snapshot. */
static enum err
load_snapshot(struct service *service, struct service_machine *machine,
    uint64_t *out_position, struct now *out_now)
{
	struct journal_snapshot snapshot = {.position = 0};
	struct service_machine fresh;
	void *memory = NULL;
	struct buf buf;
	enum err err = journal_store_snapshot_get(service->journal, &snapshot, &memory);

	if (err == ERR_OK) {
		buf_read(&buf, snapshot.machine, snapshot.len);
		err = collector_load(machine->collector, &buf);
	}
	free(memory);
	if (err == ERR_OK) {
		collector_set_journal_seq(machine->collector, snapshot.position);
		*out_position = snapshot.position;
		*out_now = snapshot.now;
		return ERR_OK;
	}
	if (err != ERR_VERSION && err != ERR_FORMAT) {
		return err;
	}
	log_warn("snapshot.unusable", "reason=%s (replaying the whole journal)",
	    err_name(err));
	err = service_machine_make(machine->conf, service->seed, &fresh);
	if (err == ERR_OK) {
		service_machine_done(machine);
		*machine = fresh;
		err = ERR_NOTFOUND;
	}
	return err;
}

enum err
service_restore(struct service *service, struct service_machine *machine,
    struct now *out_last, bool *out_found)
{
	struct replay replay = {
	    .service = service, .machine = machine, .last = out_last};
	uint64_t position = 0;
	uint64_t from;
	struct db_txn txn;
	enum err err = load_snapshot(service, machine, &position, out_last);

	*out_found = err == ERR_OK;
	from = position;
	if (err == ERR_OK || err == ERR_NOTFOUND) {
		err = journal_store_follow(service->journal, from, replay_one, &replay);
		effects_reset(&service->effects);
	}
	if (err != ERR_OK) {
		return err;
	}
	*out_found = *out_found || replay.count > 0;
	err = journal_store_end(service->journal, &position);
	if (err == ERR_OK && collector_journal_seq(machine->collector) < position) {
		/* What was there is trimmed, and its snapshot is of no use. */
		collector_set_journal_seq(machine->collector, position);
	}
	db_begin(&service->store.db, false, &txn);
	merge_agents(machine, &txn);
	err = err == ERR_OK ? txn.err : err;
	db_abort(&txn);
	/* Not when a failed commit is taken back: that was said, and may be every second. */
	if (*out_found && service->listener == NULL) {
		log_info("store.restored", "snapshot=%llu replayed=%llu",
		    (unsigned long long)from, (unsigned long long)replay.count);
	}
	return err;
}

enum err
service_snapshot(struct service *service, struct now now)
{
	size_t cap = collector_save_bytes(service->machine.collector);
	void *machine = malloc(cap);
	struct wall before = wall_add(
	    now.wall, -(int64_t)service->machine.conf->journal_keep_s * CLOCK_NS_PER_S);
	struct journal_snapshot snapshot = {
	    .position = collector_journal_seq(service->machine.collector),
	    .now = now,
	    .machine = machine};
	struct buf buf = {0};
	enum err err = ERR_NOMEM;

	if (machine != NULL) {
		buf_write(&buf, machine, cap);
		collector_save(service->machine.collector, &buf);
		err = buf_ok(&buf) ? ERR_OK : ERR_LIMIT;
	}
	if (err == ERR_OK) {
		snapshot.len = buf.at;
		journal_store_snapshot_put(service->journal, &snapshot);
		failpoint(FAILPOINT_COLLECTOR_SNAPSHOT_PUT);
		(void)journal_store_trim(
		    service->journal, snapshot.position, before, 10000);
		failpoint(FAILPOINT_COLLECTOR_JOURNAL_TRIMMED);
		err = journal_store_settle(service->journal);
		failpoint(FAILPOINT_COLLECTOR_SNAPSHOT_COMMITTED);
	}
	free(machine);
	return err;
}
