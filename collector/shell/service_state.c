#include "collector/core/journal.h"
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

/* Decodes a journalled frame again, as it was when it came. */
static bool
decode_batch(struct service *service, const struct service_machine *machine,
    const struct journal_head *head, struct ingest_batch *out)
{
	struct wire_agent_message message;
	const unsigned char *bytes;
	size_t len;
	uint16_t agent = topology_agent_find(&machine->conf->topology, head->agent);
	struct seq_range *hole;

	arena_reset(&service->arena);
	if (agent == TOPOLOGY_NONE ||
	    frame_unpack(service->frame, head->frame, head->frame_len, &bytes, &len) !=
		ERR_OK ||
	    wire_agent_decode(bytes, len, &service->arena, &message) != ERR_OK ||
	    message.kind != WIRE_BATCH) {
		return false;
	}
	hole = arena_take(&service->arena, message.batch.hole_len, sizeof(*hole));
	for (size_t i = 0; hole != NULL && i < message.batch.hole_len; i++) {
		hole[i] = message.batch.hole[i].range;
	}
	*out = (struct ingest_batch){.agent = agent,
	    .incarnation = head->incarnation,
	    .first_seq = message.batch.first_seq,
	    .sent_at = message.batch.sent_at,
	    .rtt_us = message.batch.rtt_us,
	    .result = message.batch.result,
	    .len = message.batch.len,
	    .hole = hole,
	    .hole_len = hole == NULL ? 0 : message.batch.hole_len};
	return true;
}

static void
replay_one(struct service *service, struct service_machine *machine,
    const struct db_cursor *cursor, struct now *last)
{
	struct journal_head head;
	struct ingest_batch batch;
	bool has_batch = false;
	struct buf buf;

	buf_read(&buf, cursor->value.data, cursor->value.len);
	if (journal_decode(&buf, &head) != ERR_OK) {
		log_error("journal.unreadable", "seq=%llu",
		    (unsigned long long)db_u64(cursor->key.data));
		return;
	}
	if (head.kind == JOURNAL_BATCH) {
		has_batch = decode_batch(service, machine, &head, &batch);
	}
	effects_reset(&service->effects);
	collector_set_journal_seq(machine->collector, db_u64(cursor->key.data));
	collector_replay(
	    machine->collector, &head, has_batch ? &batch : NULL, &service->effects);
	*last = head.now;
}

static uint64_t
replay(struct service *service, struct service_machine *machine, struct db_txn *txn,
    uint64_t from, struct now *last)
{
	struct db_cursor cursor;
	uint64_t count = 0;

	db_cursor_open(&cursor, txn, TABLE_JOURNAL);
	db_cursor_seek_u64(&cursor, from);
	while (cursor.is_valid) {
		replay_one(service, machine, &cursor, last);
		count++;
		if (count % 100000 == 0) {
			log_info("journal.replaying", "records=%llu",
			    (unsigned long long)count);
		}
		db_cursor_next(&cursor);
	}
	db_cursor_close(&cursor);
	effects_reset(&service->effects);
	return count;
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

enum err
service_restore(struct service *service, struct service_machine *machine,
    struct now *out_last, bool *out_found)
{
	struct store_snapshot snapshot = {.journal_seq = 0};
	struct db_txn txn;
	struct buf buf;
	uint64_t count;
	enum err err;

	db_begin(&service->store.db, false, &txn);
	err = store_snapshot_get(&txn, &snapshot);
	if (err == ERR_OK) {
		buf_read(&buf, snapshot.machine, snapshot.machine_len);
		err = collector_load(machine->collector, &buf);
		if (err == ERR_OK) {
			collector_set_journal_seq(
			    machine->collector, snapshot.journal_seq);
			*out_last = snapshot.now;
		}
	}
	*out_found = err == ERR_OK;
	if (err == ERR_VERSION || err == ERR_FORMAT) {
		struct service_machine fresh;

		log_warn("snapshot.unusable", "reason=%s (replaying the whole journal)",
		    err_name(err));
		err = service_machine_make(machine->conf, service->seed, &fresh);
		if (err == ERR_OK) {
			service_machine_done(machine);
			*machine = fresh;
			snapshot.journal_seq = 0;
		}
	}
	if (err == ERR_NOTFOUND) {
		err = ERR_OK;
	}
	if (err != ERR_OK) {
		db_abort(&txn);
		return err;
	}
	count = replay(service, machine, &txn, snapshot.journal_seq, out_last);
	*out_found = *out_found || count > 0;
	merge_agents(machine, &txn);
	err = txn.err;
	db_abort(&txn);
	/* Not when a failed commit is taken back: that was said, and may be every second. */
	if (*out_found && service->listener == NULL) {
		log_info("store.restored", "snapshot=%llu replayed=%llu",
		    (unsigned long long)snapshot.journal_seq,
		    (unsigned long long)count);
	}
	return err;
}

enum err
service_snapshot(struct service *service, struct now now)
{
	size_t cap = collector_save_bytes(service->machine.collector);
	void *machine = malloc(cap);
	void *row = malloc(cap + 64);
	struct wall before = wall_add(
	    now.wall, -(int64_t)service->machine.conf->journal_keep_s * CLOCK_NS_PER_S);
	struct store_snapshot snapshot = {
	    .journal_seq = collector_journal_seq(service->machine.collector),
	    .now = now};
	struct db_txn txn;
	struct buf buf = {0};
	enum err err = ERR_NOMEM;

	if (machine != NULL && row != NULL) {
		buf_write(&buf, machine, cap);
		collector_save(service->machine.collector, &buf);
		err = buf_ok(&buf) ? ERR_OK : ERR_LIMIT;
	}
	if (err == ERR_OK) {
		snapshot.machine = machine;
		snapshot.machine_len = buf.at;
		db_begin(&service->store.db, true, &txn);
		store_snapshot_put(&txn, &snapshot, row, cap + 64);
		failpoint(FAILPOINT_COLLECTOR_SNAPSHOT_PUT);
		(void)store_trim(&txn, snapshot.journal_seq, before, 10000);
		failpoint(FAILPOINT_COLLECTOR_JOURNAL_TRIMMED);
		err = db_commit(&txn);
		failpoint(FAILPOINT_COLLECTOR_SNAPSHOT_COMMITTED);
	}
	free(machine);
	free(row);
	return err;
}
