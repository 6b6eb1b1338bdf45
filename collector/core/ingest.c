#include "collector/core/ingest.h"

#include <string.h>

enum {
	ROW_VERSION = 2, /* 1 had no past lives, and no step */
	ROW_OLDEST = 1
};

/* A measurement this old gives way to a worse but newer one. */
#define CLOCK_KEEP_NS (300 * CLOCK_NS_PER_S)

struct ingest {
	const struct topology *topology;
	struct ingest_agent *agent;
};

size_t
ingest_bytes(const struct topology *topology)
{
	return arena_bytes(1, sizeof(struct ingest)) +
	       arena_bytes(topology->agent_len, sizeof(struct ingest_agent));
}

struct ingest *
ingest_init(struct arena *arena, const struct topology *topology)
{
	struct ingest *ingest = arena_take(arena, 1, sizeof(*ingest));
	struct ingest_agent *agent =
	    arena_take(arena, topology->agent_len, sizeof(*agent));

	if (arena_failed(arena)) {
		return NULL;
	}
	*ingest = (struct ingest){topology, agent};
	for (uint16_t i = 0; i < topology->agent_len; i++) {
		agent[i].clock.error_ns = -1;
		agent[i].batch_clock.error_ns = -1;
	}
	return ingest;
}

struct runs {
	struct seq_range *range; /* JOURNAL_FRESH of them */
	size_t len;
	bool is_full; /* there were more */
};

static void
add_run(struct runs *runs, uint64_t first, uint64_t last)
{
	if (runs->len == JOURNAL_FRESH) {
		runs->is_full = true;
		return;
	}
	runs->range[runs->len++] = (struct seq_range){first, last};
}

/* The runs of first..last that `have` lacks. False when there are more than `out` holds. */
static bool
missing(const struct seqset *have, uint64_t first, uint64_t last,
    struct seq_range out[JOURNAL_FRESH], size_t *out_len)
{
	struct runs runs = {.range = out};
	uint64_t at = first;

	for (size_t i = 0; i < have->len && at <= last; i++) {
		const struct seq_range *known = &have->range[i];

		if (known->last < at) {
			continue;
		}
		if (known->first > last) {
			break;
		}
		if (known->first > at) {
			add_run(&runs, at, known->first - 1);
		}
		if (known->last >= last) {
			*out_len = runs.len;
			return !runs.is_full;
		}
		at = known->last + 1;
	}
	if (at <= last) {
		add_run(&runs, at, last);
	}
	*out_len = runs.len;
	return !runs.is_full;
}

/* Fills the declared holes into `have`; returns how many numbers were lost that way. */
static enum err
fill_holes(struct seqset *have, const struct ingest_batch *batch, uint64_t *out_lost)
{
	uint64_t lost = 0;

	for (size_t i = 0; i < batch->hole_len; i++) {
		uint64_t first = batch->hole[i].first;
		uint64_t last = batch->hole[i].last;
		uint64_t known = seqset_overlap(have, first, last);
		enum err err = seqset_add(have, first, last);

		if (err != ERR_OK) {
			return err;
		}
		lost += last - first + 1 - known;
	}
	*out_lost = lost;
	return ERR_OK;
}

/* ---- lives ---- */

const struct seqset *
ingest_have(const struct ingest_agent *agent, uint64_t incarnation)
{
	if (agent->incarnation == incarnation) {
		return &agent->have;
	}
	for (size_t i = 0; i < INGEST_LIVES - 1; i++) {
		if (agent->past[i].incarnation == incarnation &&
		    agent->past[i].incarnation != 0) {
			return &agent->past[i].have;
		}
	}
	return NULL;
}

/* `incarnation` becomes the present one, with `have`; the one before is the newest past. */
static void
begin_life(struct ingest_agent *agent, uint64_t incarnation, const struct seqset *have)
{
	if (agent->incarnation != incarnation && agent->incarnation != 0) {
		size_t gone = 0;

		while (gone < INGEST_LIVES - 2 &&
		       agent->past[gone].incarnation != incarnation) {
			gone++;
		}
		memmove(&agent->past[1], &agent->past[0],
		    gone * sizeof(struct ingest_life));
		agent->past[0] = (struct ingest_life){agent->incarnation, agent->have};
	}
	agent->incarnation = incarnation;
	agent->have = *have;
}

/* ---- clocks ---- */

static void
sample(
    struct ingest_clock *clock, struct wall agent_wall, uint32_t rtt_us, struct now now)
{
	int64_t error_ns = rtt_us > 0 ? (int64_t)rtt_us * CLOCK_NS_PER_US / 2 : -1;
	int64_t transit_ns = error_ns > 0 ? error_ns : 0;
	int64_t offset_ns = clock_add_ns(wall_since(agent_wall, now.wall), transit_ns);
	int64_t moved_ns = clock_sub_ns(offset_ns, clock->offset_ns);
	bool is_stale = clock->error_ns < 0 ||
			mono_since(now.mono, clock->measured_at) > CLOCK_KEEP_NS;
	bool is_better = error_ns >= 0 && error_ns <= clock->error_ns;
	/* A step is more than both measurements can be wrong by. Not by the amount: a peer
	 * can say a time so far off that it has none. */
	int64_t step_ns = clock->error_ns + (error_ns > 0 ? error_ns : CLOCK_NS_PER_S);
	bool is_step = moved_ns > step_ns || moved_ns < -step_ns;

	if (is_stale || is_better || is_step) {
		*clock = (struct ingest_clock){offset_ns, error_ns, now.mono};
	}
}

static void
note_step(struct ingest_step *step, struct wall sent_at, struct mono now)
{
	int64_t base_ns = clock_sub_ns(sent_at.ns, now.ns);
	int64_t moved_ns = clock_sub_ns(base_ns, step->base_ns);

	if (step->has_base &&
	    (moved_ns > INGEST_STEP_NS || moved_ns < -INGEST_STEP_NS)) {
		step->moved_ns = moved_ns;
		step->before_at = step->batch_at;
		step->seen_at = now;
	}
	step->base_ns = base_ns;
	step->batch_at = now;
	step->has_base = true;
}

/* The age of a result that is `raw_ns` old by its stamps. */
static int64_t
true_age_ns(const struct ingest_step *step, int64_t raw_ns, struct mono now)
{
	int64_t bound_ns =
	    clock_add_ns(mono_since(now, step->before_at), INGEST_STEP_NS);
	int64_t other_ns = clock_sub_ns(raw_ns, step->moved_ns);

	if (step->moved_ns != 0 &&
	    mono_since(now, step->seen_at) <= INGEST_STEP_KEEP_NS &&
	    (raw_ns < 0 || raw_ns > bound_ns) && other_ns >= -INGEST_STEP_NS &&
	    other_ns <= bound_ns) {
		raw_ns = other_ns;
	}
	/* A clock that was set back in between makes an age below 0: it is fresh then. One
	 * that was set forward, or never right, cannot be older than a spool keeps. */
	if (raw_ns < 0) {
		return 0;
	}
	return raw_ns < INGEST_AGE_MAX_NS ? raw_ns : INGEST_AGE_MAX_NS;
}

struct now
ingest_time(const struct ingest *ingest, const struct ingest_batch *batch, size_t i,
    struct now now)
{
	const struct result *result = &batch->result[i];
	int64_t ended_ns = clock_add_ns(
	    result->started_at.ns, (int64_t)result->timing.total_us * CLOCK_NS_PER_US);
	int64_t age_ns = true_age_ns(&ingest->agent[batch->agent].step,
	    clock_sub_ns(batch->sent_at.ns, ended_ns), now.mono);

	return (struct now){.mono = {clock_sub_ns(now.mono.ns, age_ns)},
	    .wall = {clock_sub_ns(now.wall.ns, age_ns)}};
}

void
ingest_clock_sample(struct ingest *ingest, uint16_t agent, struct wall agent_wall,
    uint32_t rtt_us, struct now now)
{
	sample(&ingest->agent[agent].clock, agent_wall, rtt_us, now);
}

/* ---- marks ---- */

/* What a batch with something new tells of the agent itself. */
static void
note_batch(struct ingest *ingest, const struct ingest_batch *batch, struct now now)
{
	struct ingest_agent *agent = &ingest->agent[batch->agent];

	sample(&agent->batch_clock, batch->sent_at, batch->rtt_us, now);
	sample(&agent->clock, batch->sent_at, batch->rtt_us, now);
	note_step(&agent->step, batch->sent_at, now.mono);
	for (size_t i = 0; i < batch->len; i++) {
		struct wall ended_at = ingest_time(ingest, batch, i, now).wall;

		if (ended_at.ns > agent->last_result_at.ns) {
			agent->last_result_at = ended_at;
		}
	}
}

enum err
ingest_mark(struct ingest *ingest, const struct ingest_batch *batch, struct now now,
    struct seq_range out_fresh[JOURNAL_FRESH], size_t *out_fresh_len)
{
	struct ingest_agent *agent = &ingest->agent[batch->agent];
	struct seq_range fresh[JOURNAL_FRESH];
	const struct seqset *known = ingest_have(agent, batch->incarnation);
	struct seqset have;
	uint64_t lost;
	uint64_t new_count = 0;
	size_t fresh_len = 0;
	enum err err;

	if (known != NULL) {
		have = *known;
	} else {
		seqset_init(&have);
	}
	err = fill_holes(&have, batch, &lost);
	if (err != ERR_OK) {
		return err;
	}
	if (batch->len > 0) {
		uint64_t last = batch->first_seq + batch->len - 1;

		if (!missing(&have, batch->first_seq, last, fresh, &fresh_len)) {
			return ERR_LIMIT;
		}
		err = seqset_add(&have, batch->first_seq, last);
		if (err != ERR_OK) {
			return err;
		}
	}
	for (size_t i = 0; i < fresh_len; i++) {
		new_count += fresh[i].last - fresh[i].first + 1;
		out_fresh[i] = fresh[i];
	}
	*out_fresh_len = fresh_len;
	if (fresh_len == 0 && lost == 0) {
		agent->repeats += batch->len;
		return ERR_OK; /* nothing that is journalled may change (I3) */
	}
	begin_life(agent, batch->incarnation, &have);
	agent->gaps += lost;
	agent->received += new_count;
	agent->duplicates += batch->len - new_count;
	note_batch(ingest, batch, now);
	return ERR_OK;
}

const struct ingest_agent *
ingest_agent(const struct ingest *ingest, uint16_t agent)
{
	return &ingest->agent[agent];
}

void
ingest_row_encode(const struct ingest_agent *agent, struct buf *buf)
{
	buf_put_varint(buf, ROW_VERSION);
	buf_put_u64(buf, agent->incarnation);
	seqset_save(&agent->have, buf);
	buf_put_varint(buf, agent->received);
	buf_put_varint(buf, agent->duplicates);
	buf_put_varint(buf, agent->gaps);
	buf_put_signed(buf, agent->last_result_at.ns);
	buf_put_signed(buf, agent->batch_clock.offset_ns);
	buf_put_signed(buf, agent->batch_clock.error_ns);
	buf_put_signed(buf, agent->batch_clock.measured_at.ns);
	for (size_t i = 0; i < INGEST_LIVES - 1; i++) {
		buf_put_u64(buf, agent->past[i].incarnation);
		if (agent->past[i].incarnation != 0) {
			seqset_save(&agent->past[i].have, buf);
		}
	}
	buf_put_varint(buf, agent->step.has_base ? 1 : 0);
	buf_put_signed(buf, agent->step.base_ns);
	buf_put_signed(buf, agent->step.batch_at.ns);
	buf_put_signed(buf, agent->step.moved_ns);
	buf_put_signed(buf, agent->step.before_at.ns);
	buf_put_signed(buf, agent->step.seen_at.ns);
}

/* What version 2 brought. */
static enum err
decode_past(struct buf *buf, struct ingest_agent *row)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < INGEST_LIVES - 1 && err == ERR_OK; i++) {
		row->past[i].incarnation = buf_get_u64(buf);
		if (row->past[i].incarnation != 0) {
			err = seqset_load(&row->past[i].have, buf);
		}
	}
	row->step.has_base = buf_get_varint(buf) != 0;
	row->step.base_ns = buf_get_signed(buf);
	row->step.batch_at.ns = buf_get_signed(buf);
	row->step.moved_ns = buf_get_signed(buf);
	row->step.before_at.ns = buf_get_signed(buf);
	row->step.seen_at.ns = buf_get_signed(buf);
	return err;
}

static enum err
row_decode(struct buf *buf, struct ingest_agent *out)
{
	struct ingest_agent row;
	uint64_t version = buf_get_varint(buf);
	enum err err;

	if (!buf_ok(buf)) {
		return ERR_FORMAT;
	}
	if (version < ROW_OLDEST || version > ROW_VERSION) {
		return ERR_VERSION;
	}
	memset(&row, 0, sizeof(row));
	row.incarnation = buf_get_u64(buf);
	err = seqset_load(&row.have, buf);
	row.received = buf_get_varint(buf);
	row.duplicates = buf_get_varint(buf);
	row.gaps = buf_get_varint(buf);
	row.last_result_at.ns = buf_get_signed(buf);
	row.batch_clock.offset_ns = buf_get_signed(buf);
	row.batch_clock.error_ns = buf_get_signed(buf);
	row.batch_clock.measured_at.ns = buf_get_signed(buf);
	row.clock = row.batch_clock;
	if (err == ERR_OK && version > 1) {
		err = decode_past(buf, &row);
	}
	if (err != ERR_OK || !buf_ok(buf)) {
		return ERR_FORMAT;
	}
	*out = row;
	return ERR_OK;
}

enum err
ingest_row_merge(struct ingest *ingest, uint16_t agent, struct buf *buf)
{
	struct ingest_agent *mine = &ingest->agent[agent];
	struct ingest_agent row;
	enum err err = row_decode(buf, &row);

	if (err != ERR_OK) {
		return err;
	}
	if (mine->incarnation != row.incarnation || mine->received < row.received) {
		*mine = row; /* the row was written with the newest batch */
	}
	return ERR_OK;
}

size_t
ingest_save_bytes(const struct topology *topology)
{
	return 16 +
	       (size_t)topology->agent_len * (INGEST_ROW_BYTES + LIMIT_NAME_BYTES + 8);
}

void
ingest_save(const struct ingest *ingest, struct buf *buf)
{
	buf_put_varint(buf, ingest->topology->agent_len);
	for (uint16_t i = 0; i < ingest->topology->agent_len; i++) {
		buf_put_text(buf, ingest->topology->agent[i].name);
		ingest_row_encode(&ingest->agent[i], buf);
	}
}

enum err
ingest_load(struct ingest *ingest, struct buf *buf)
{
	uint64_t len = buf_get_varint(buf);

	if (len > LIMIT_AGENTS) {
		return ERR_FORMAT;
	}
	for (uint64_t i = 0; i < len; i++) {
		char name[LIMIT_NAME_BYTES];
		struct ingest_agent row;
		uint16_t agent;
		enum err err;

		buf_get_text(buf, name, sizeof(name));
		err = row_decode(buf, &row);
		if (err != ERR_OK) {
			return err;
		}
		agent = topology_agent_find(ingest->topology, name);
		if (agent != TOPOLOGY_NONE) {
			ingest->agent[agent] = row;
		}
	}
	return buf_ok(buf) ? ERR_OK : ERR_FORMAT;
}
