/* The machine as bytes, by names: what a restart and another configuration begin with. */
#include "collector/core/collector_internal.h"
#include "collector/core/testimony.h"

enum {
	/* 1 did not keep what the engine was told of sources, 2 not what these claim and
	 * measure, nor their record, nor what was spent; 3 not how much of what was due
	 * came, which begins anew then; 4 the states of sources
	 * instead of their worth, and not who judged */
	SNAPSHOT_VERSION = 5,
	SNAPSHOT_OLDEST = 3
};

size_t
collector_save_bytes(const struct collector *collector)
{
	const struct topology *topology = collector->topology;

	return 256 + (size_t)topology->target_len * (LIMIT_NAME_BYTES + 4) +
	       judge_save_bytes(collector->judge) + INCIDENTS_SAVE_BYTES +
	       ALERT_SAVE_BYTES + ingest_save_bytes(topology) +
	       windows_save_bytes(topology) + sources_save_bytes(topology) +
	       trust_save_bytes(topology) + budgets_save_bytes(collector->conf) +
	       coverage_save_bytes(collector->conf);
}

/* What the judge was last told about each target. It cannot be worked out from the sources:
 * they may have been read again, or grown stale, since. */
static void
save_external(const struct collector *collector, struct buf *buf)
{
	const struct topology *topology = collector->topology;

	buf_put_varint(buf, topology->target_len);
	for (uint16_t i = 0; i < topology->target_len; i++) {
		buf_put_text(buf, topology->target[i].name);
		buf_put_signed(buf, collector->shift_mnats[i]);
	}
}

/* Until version 4 these were the states of the sources; their worth follows with the next
 * look at them. */
static enum err
load_external(struct collector *collector, struct buf *buf, uint64_t version)
{
	uint64_t len = buf_get_varint(buf);

	for (uint64_t i = 0; i < len && buf_ok(buf); i++) {
		char name[LIMIT_NAME_BYTES];
		int64_t shift_mnats;
		uint16_t target;

		buf_get_text(buf, name, sizeof(name));
		shift_mnats = version > 4 ? buf_get_signed(buf) : 0;
		if (version <= 4) {
			(void)buf_get_varint(buf);
		}
		if (!buf_ok(buf) || shift_mnats < TESTIMONY_MIN_MNATS ||
		    shift_mnats > TESTIMONY_MAX_MNATS) {
			return ERR_FORMAT;
		}
		target = topology_target_find(collector->topology, name);
		if (target != TOPOLOGY_NONE) {
			collector->shift_mnats[target] = (int32_t)shift_mnats;
		}
	}
	return buf_ok(buf) ? ERR_OK : ERR_FORMAT;
}

void
collector_save(const struct collector *collector, struct buf *buf)
{
	buf_put_varint(buf, SNAPSHOT_VERSION);
	buf_put_varint(buf, collector->results);
	buf_put_varint(buf, collector->batches);
	buf_put_signed(buf, collector->tick_at.ns);
	save_external(collector, buf);
	ingest_save(collector->ingest, buf);
	sources_save(collector->sources, buf);
	trust_save(collector->trust, buf);
	budgets_save(collector->budgets, buf);
	windows_save(collector->windows, buf);
	coverage_save(collector->coverage, buf);
	incidents_save(collector->incidents, buf);
	alerts_save(collector->alerts, buf);
	judge_save(collector->judge, buf);
}

/* Evidence of another release that cannot be read is begun anew, and what the findings of
 * before were told as is resolved as stray. */
static void
load_evidence(struct collector *collector, struct buf *buf, uint64_t version)
{
	enum err err = version > 4 ? judge_load(collector->judge, buf)
				   : judge_load_unmarked(collector->judge, buf);

	if (err != ERR_OK) {
		const struct incident *each;

		for (size_t i = 0;
		     (each = incidents_at(collector->incidents, i)) != NULL; i++) {
			if (each->finding_id < BUDGET_FINDING_FIRST) {
				judge_number_above(collector->judge, each->finding_id);
			}
		}
	}
	for (uint16_t i = 0; i < collector->topology->target_len; i++) {
		judge_shift(collector->judge, i, collector->shift_mnats[i]);
	}
}

enum err
collector_load(struct collector *collector, struct buf *buf)
{
	uint64_t version = buf_get_varint(buf);
	enum err err;

	if (!buf_ok(buf)) {
		return ERR_FORMAT;
	}
	if (version < SNAPSHOT_OLDEST || version > SNAPSHOT_VERSION) {
		return ERR_VERSION;
	}
	collector->results = buf_get_varint(buf);
	collector->batches = buf_get_varint(buf);
	collector->tick_at.ns = buf_get_signed(buf);
	err = load_external(collector, buf, version);
	if (err == ERR_OK) {
		err = ingest_load(collector->ingest, buf);
	}
	if (err == ERR_OK) {
		err = sources_load(collector->sources, buf);
	}
	if (err == ERR_OK) {
		err = trust_load(collector->trust, buf);
	}
	if (err == ERR_OK) {
		err = budgets_load(collector->budgets, buf);
	}
	if (err == ERR_OK) {
		err = windows_load(collector->windows, buf);
	}
	if (err == ERR_OK && version > 3) {
		err = coverage_load(collector->coverage, buf);
	}
	if (err == ERR_OK) {
		err = incidents_load(collector->incidents, buf);
	}
	if (err == ERR_OK) {
		err = alerts_load(collector->alerts, buf);
	}
	if (err == ERR_OK) {
		load_evidence(collector, buf, version);
	}
	return err;
}

enum err
collector_agent_row(struct collector *collector, const char *agent, struct buf *buf)
{
	uint16_t index = topology_agent_find(collector->topology, agent);

	return index == TOPOLOGY_NONE ? ERR_NOTFOUND
				      : ingest_row_merge(collector->ingest, index, buf);
}
