#include "collector/core/engine.h"
#include "collector/core/engine_slots.h"
#include "collector/core/names.h"

#include <string.h>

/* A state: magic, length and checksum of the body, body. The body opens with its version,
 * the interval it was made at and the names of everything an index stands for; loading
 * maps old indices to the present ones and drops what has none. */
#define MAGIC UINT64_C(0x3165746174735850)
/* 1 had no courses, 2 no providers, 3 no blips nor asks; runs began at whole buckets, rounds
 * were not asked */
#define VERSION 4
#define OLDEST  1

/* Beyond any bucket or count we write; sums of a few cannot overflow. */
#define BUCKET_MAX (INT64_C(1) << 48)

/* Of any schedule: a day and more. Some hundred of them cannot overflow. */
#define BUCKET_NS_MAX (INT64_C(1) << 47)

enum {
	HEAD_BYTES = 24,
	ENTRY_BYTES = 48,
	NAME_BYTES = LIMIT_SERIES_BYTES
};

/* FNV-1a, 64 bits: against torn or foreign bytes, not against an adversary. */
static uint64_t
checksum(const unsigned char *data, size_t len)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++) {
		hash = (hash ^ data[i]) * UINT64_C(0x100000001b3);
	}
	return hash;
}

static void
put_sums(const struct correlate *engine, struct buf *buf)
{
	const struct ring *ring = &engine->ring;

	buf_put_varint(buf, engine->table.len);
	for (uint32_t h = 0; h < engine->table.len; h++) {
		uint64_t len = 0;

		names_put_hypothesis(engine, buf, h);
		for (size_t i = 0; i < TEMPO_RING; i++) {
			size_t at = i * engine->table.len + h;

			len += ring->sum[at] != 0 || ring->cusum[at] != 0 ? 1 : 0;
		}
		buf_put_varint(buf, len);
		for (size_t i = 0; i < TEMPO_RING; i++) {
			size_t at = i * engine->table.len + h;

			if (ring->sum[at] != 0 || ring->cusum[at] != 0) {
				buf_put_varint(buf, i);
				buf_put_signed(buf, ring->sum[at]);
				buf_put_signed(buf, ring->cusum[at]);
			}
		}
	}
}

static void
get_sums(struct correlate *engine, struct buf *buf, const struct names *names)
{
	uint64_t count = buf_get_varint(buf);

	for (uint64_t k = 0; k < count && buf_ok(buf); k++) {
		uint32_t h = names_get_hypothesis(engine, buf, names);
		uint64_t len = buf_get_varint(buf);

		for (uint64_t i = 0; i < len && buf_ok(buf); i++) {
			uint64_t slot = buf_get_varint(buf);
			int64_t sum = buf_get_signed(buf);
			int64_t cusum = buf_get_signed(buf);

			if (slot >= TEMPO_RING || sum > INT32_MAX / 2 ||
			    sum < INT32_MIN / 2 || cusum < 0 || cusum > INT32_MAX / 2) {
				buf->failed = true;
			} else if (h != HYPOTHESIS_NONE) {
				size_t at = slot * engine->table.len + h;

				engine->ring.sum[at] = (int32_t)sum;
				engine->ring.cusum[at] = (int32_t)cusum;
			}
		}
	}
}

/* Per group: marks of the buckets, what waits and what is consumed; per agent: votes. */
static void
put_groups(const struct correlate *engine, struct buf *buf)
{
	uint16_t groups = engine->table.group_len;
	uint16_t agents = engine->topology->agent_len;

	for (uint16_t g = 0; g < groups; g++) {
		buf_put_signed(buf, engine->pending_since[g].ns);
		buf_put_varint(buf, engine->consumed[g]);
		for (size_t i = 0; i < TEMPO_RING; i++) {
			size_t at = i * groups + g;

			buf_put_varint(
			    buf, (uint64_t)engine->ring.is_bad[at] +
				     2U * (uint64_t)engine->ring.is_live[at]);
		}
		for (size_t i = 0; i < (size_t)TEMPO_RING * agents; i++) {
			buf_put_varint(buf, engine->ring.vote[i * groups + g]);
		}
	}
}

static void
get_group_votes(struct correlate *engine, struct buf *buf, const struct names *names,
    uint16_t group)
{
	for (size_t i = 0; i < TEMPO_RING && buf_ok(buf); i++) {
		for (uint64_t a = 0; a < names->agent_len && buf_ok(buf); a++) {
			uint64_t vote = buf_get_varint(buf);
			uint16_t agent = names->agent[a];
			size_t at = i * engine->topology->agent_len + agent;

			if (agent != TOPOLOGY_NONE && group != TOPOLOGY_NONE) {
				engine->ring
				    .vote[at * engine->table.group_len + group] =
				    (uint32_t)vote;
			}
		}
	}
}

/* The group of today for the k-th saved one; TOPOLOGY_NONE when there is none. */
static uint16_t
group_of(const struct correlate *engine, const struct names *names, uint64_t k)
{
	uint16_t index;

	if (k == 0) {
		return 0;
	}
	if (k <= names->target_len) {
		index = names->target[k - 1];
		return index == TOPOLOGY_NONE ? index : hypotheses_group_of(index);
	}
	index = names->provider[k - 1 - names->target_len];
	return index == TOPOLOGY_NONE
		   ? index
		   : hypotheses_provider_group(&engine->table, index);
}

static void
get_groups(struct correlate *engine, struct buf *buf, const struct names *names)
{
	uint64_t len = 1 + names->target_len + names->provider_len;

	for (uint64_t k = 0; k < len && buf_ok(buf); k++) {
		uint16_t group = group_of(engine, names, k);
		bool is_there = group != TOPOLOGY_NONE;
		int64_t pending = buf_get_signed(buf);
		uint64_t consumed = buf_get_varint(buf);

		if (is_there) {
			engine->pending_since[group] = (struct mono){pending};
			engine->consumed[group] = consumed;
		}
		for (size_t i = 0; i < TEMPO_RING; i++) {
			uint64_t marks = buf_get_varint(buf);
			size_t at = i * engine->table.group_len + group;

			if (is_there) {
				engine->ring.is_bad[at] = marks & 1;
				engine->ring.is_live[at] = marks >> 1 & 1;
			}
		}
		get_group_votes(engine, buf, names, is_there ? group : TOPOLOGY_NONE);
	}
}

static void
put_trail(const struct correlate *engine, struct buf *buf)
{
	const struct trail *trail = &engine->trail;
	uint64_t oldest = trail_oldest(trail);

	buf_put_varint(buf, trail->head);
	buf_put_varint(buf, oldest);
	for (uint64_t n = oldest; n < trail->head; n++) {
		const struct trail_entry *entry = trail_at(trail, n);
		bool is_held =
		    entry->is_void == 0 && ring_holds(&engine->ring, entry->bucket);

		buf_put_varint(buf, is_held ? 1 : 0);
		if (!is_held) {
			continue;
		}
		buf_put_signed(buf, entry->bucket);
		buf_put_signed(buf, entry->bucket * BLIPS_PARTS - entry->started);
		buf_put_varint(buf, entry->agent);
		buf_put_varint(buf, entry->target);
		buf_put_varint(buf, entry->outcome);
		buf_put_varint(buf, entry->phase);
		buf_put_varint(buf, entry->witness);
		buf_put_varint(buf, entry->symptom);
		buf_put_varint(buf, (entry->marks & 3U) + 4U * entry->first_shared +
					2U * (entry->marks & TRAIL_FIRST_SIBLINGS));
		buf_put_varint(buf, entry->targets);
	}
}

static struct trail_entry
get_entry(struct buf *buf, const struct names *names)
{
	struct trail_entry entry = {.bucket = buf_get_signed(buf) % BUCKET_MAX};
	uint64_t target;
	uint64_t marks;

	entry.started = names->version < 4 ? BLIPS_PARTS : 1;
	entry.started = entry.bucket * BLIPS_PARTS -
			entry.started * (buf_get_signed(buf) % BUCKET_MAX);
	entry.agent = names_map(names->agent, names->agent_len, buf_get_varint(buf));
	target = buf_get_varint(buf);
	entry.target = names_map(names->target, names->target_len, target);
	entry.outcome = (uint8_t)(buf_get_varint(buf) % OUTCOME_COUNT);
	entry.phase = (uint8_t)(buf_get_varint(buf) % PHASE_COUNT);
	entry.witness = (uint8_t)(buf_get_varint(buf) % WITNESS_COUNT);
	entry.symptom = (uint8_t)(buf_get_varint(buf) % SYMPTOM_COUNT);
	marks = buf_get_varint(buf);
	entry.marks =
	    (uint8_t)((marks & 3) + ((marks >> 3 & 1) != 0 ? TRAIL_FIRST_SIBLINGS : 0));
	entry.first_shared = marks >> 2 & 1;
	entry.targets =
	    names_map_mask(names->target, names->target_len, buf_get_varint(buf));
	entry.is_void = entry.agent == TOPOLOGY_NONE ||
			(target != TOPOLOGY_NONE && entry.target == TOPOLOGY_NONE);
	return entry;
}

static void
get_trail(struct correlate *engine, struct buf *buf, const struct names *names)
{
	struct trail *trail = &engine->trail;
	uint64_t head = buf_get_varint(buf);
	uint64_t oldest = buf_get_varint(buf);

	if (oldest > head) {
		buf->failed = true;
	}
	for (uint64_t n = oldest; n < head && buf_ok(buf); n++) {
		struct trail_entry *entry = &trail->entry[n % trail->cap];

		if (buf_get_varint(buf) == 1) {
			*entry = get_entry(buf, names);
		} else {
			*entry = (struct trail_entry){.is_void = 1};
		}
	}
	/* what lies before `oldest` in a larger trail of today was never written */
	for (uint64_t n = head > trail->cap ? head - trail->cap : 0; n < oldest; n++) {
		trail->entry[n % trail->cap] = (struct trail_entry){.is_void = 1};
	}
	trail->head = buf_ok(buf) ? head : 0;
}

static void
put_round(struct buf *buf, const struct round *round, uint32_t members)
{
	buf_put_signed(buf, round->index);
	for (uint32_t i = 0; i < members; i++) {
		buf_put_varint(buf, round->member[i].status);
		buf_put_varint(buf, round->member[i].offset);
		buf_put_varint(buf, round->member[i].outcome);
		buf_put_varint(buf, round->member[i].phase);
	}
	buf_put_varint(buf, (round->is_queued ? 1U : 0U) +
				(round->is_weighed ? 2U : 0U) +
				(round->is_explained ? 4U : 0U));
	buf_put_varint(buf, round->witness);
	buf_put_varint(buf, round->said.symptom);
	buf_put_varint(buf, round->said.outcome);
	buf_put_varint(buf, round->said.phase);
	buf_put_signed(buf, round->said.bucket);
	buf_put_varint(buf, round->targets);
	buf_put_varint(buf, round->entry);
}

static struct round
get_round(struct buf *buf, const struct names *names)
{
	struct round round = {
	    .index = buf_get_signed(buf) % BUCKET_MAX * (names->version < 4 ? 2 : 1),
	    .is_used = true};
	uint64_t marks;

	for (uint64_t i = 0; i < names->member_len; i++) {
		struct round_member member = {
		    .status = (uint8_t)(buf_get_varint(buf) % (ROUND_CUT + 1))};

		member.offset = (uint8_t)buf_get_varint(buf);
		member.outcome = (uint8_t)(buf_get_varint(buf) % OUTCOME_COUNT);
		member.phase = (uint8_t)(buf_get_varint(buf) % PHASE_COUNT);
		if (names->member[i] < ROUNDS_MEMBERS) {
			round.member[names->member[i]] = member;
		}
	}
	marks = buf_get_varint(buf);
	round.is_queued = (marks & 1) != 0;
	round.is_weighed = (marks & 2) != 0;
	round.is_explained = (marks & 4) != 0;
	round.witness = (uint8_t)(buf_get_varint(buf) % WITNESS_COUNT);
	round.said.symptom = (enum symptom)(buf_get_varint(buf) % (SYMPTOM_COUNT + 1));
	round.said.outcome = (uint8_t)(buf_get_varint(buf) % OUTCOME_COUNT);
	round.said.phase = (uint8_t)(buf_get_varint(buf) % PHASE_COUNT);
	round.said.bucket = buf_get_signed(buf) % BUCKET_MAX;
	round.targets =
	    names_map_mask(names->target, names->target_len, buf_get_varint(buf));
	round.entry = buf_get_varint(buf);
	return round;
}

static void
put_agents(const struct correlate *engine, struct buf *buf)
{
	const struct silence *silence = &engine->silence;

	buf_put_signed(buf, silence->waiting_since.ns);
	for (uint16_t a = 0; a < engine->topology->agent_len; a++) {
		uint64_t len = 0;

		buf_put_signed(buf, silence->heard_at[a].ns);
		buf_put_varint(buf, silence->has_left[a] ? 1 : 0);
		buf_put_varint(buf, silence->is_silent[a] ? 1 : 0);
		buf_put_signed(buf, engine->replay_from[a].ns);
		buf_put_signed(buf, engine->replay_to[a].ns);
		for (size_t i = 0; i < ROUNDS_RING; i++) {
			len += engine->rounds.at[a * (size_t)ROUNDS_RING + i].is_used
				   ? 1
				   : 0;
		}
		buf_put_varint(buf, len);
		for (size_t i = 0; i < ROUNDS_RING; i++) {
			const struct round *round =
			    &engine->rounds.at[a * (size_t)ROUNDS_RING + i];

			if (round->is_used) {
				put_round(buf, round, engine->rounds.members);
			}
		}
	}
}

static void
keep_round(struct correlate *engine, uint16_t agent, const struct round *round)
{
	struct rounds *rounds = &engine->rounds;
	struct round *at = rounds->at + (size_t)agent * ROUNDS_RING +
			   tempo_ring(round->index, ROUNDS_RING);

	if (at->is_used) {
		return; /* two of one place: a state we did not write */
	}
	*at = *round;
	if (at->is_queued) {
		rounds->queue[rounds->queue_len++] = (uint32_t)(at - rounds->at);
	}
}

static void
get_agents(struct correlate *engine, struct buf *buf, const struct names *names)
{
	engine->silence.waiting_since = (struct mono){buf_get_signed(buf)};
	for (uint64_t k = 0; k < names->agent_len && buf_ok(buf); k++) {
		uint16_t agent = names->agent[k];
		struct mono heard_at = {buf_get_signed(buf)};
		bool has_left = buf_get_varint(buf) != 0;
		bool is_silent = buf_get_varint(buf) != 0;
		struct mono replay_from = {buf_get_signed(buf)};
		struct mono replay_to = {buf_get_signed(buf)};
		uint64_t len = buf_get_varint(buf);

		if (agent != TOPOLOGY_NONE) {
			engine->silence.heard_at[agent] = heard_at;
			engine->silence.has_left[agent] = has_left;
			engine->silence.is_silent[agent] = is_silent;
			engine->replay_from[agent] = replay_from;
			engine->replay_to[agent] = replay_to;
		}
		for (uint64_t i = 0; i < len && buf_ok(buf); i++) {
			struct round round = get_round(buf, names);

			if (agent != TOPOLOGY_NONE && buf_ok(buf)) {
				keep_round(engine, agent, &round);
			}
		}
	}
}

static void
put_gauges(const struct correlate *engine, struct buf *buf)
{
	for (size_t i = 0; i < engine->slowness.len; i++) {
		const struct gauge *gauge = &engine->slowness.gauge[i];

		buf_put_varint(buf, gauge->limit_us);
		buf_put_varint(buf, gauge->largest_us[0]);
		buf_put_varint(buf, gauge->largest_us[1]);
		buf_put_varint(buf, gauge->count);
		buf_put_varint(buf, gauge->over);
		buf_put_varint(buf, gauge->under);
	}
}

static struct gauge *
gauge_of(
    struct correlate *engine, const struct names *names, uint64_t row, uint16_t region)
{
	uint64_t targets = 2 * names->target_len;
	uint16_t to = row < targets
			  ? names_map(names->target, names->target_len, row / 2)
			  : names_map(names->member, names->member_len, row - targets);

	if (to == TOPOLOGY_NONE || region == TOPOLOGY_NONE) {
		return NULL;
	}
	if (row >= targets) {
		return slowness_control(&engine->slowness, (uint8_t)to, region);
	}
	return slowness_target(&engine->slowness, to,
	    row % 2 == 0 ? WITNESS_TARGET : WITNESS_FREE, region);
}

static void
get_gauges(struct correlate *engine, struct buf *buf, const struct names *names)
{
	uint64_t rows = 2 * names->target_len + ROUNDS_MEMBERS;

	for (uint64_t row = 0; row < rows && buf_ok(buf); row++) {
		for (uint64_t r = 0; r < names->region_len && buf_ok(buf); r++) {
			struct gauge *to =
			    gauge_of(engine, names, row, names->region[r]);
			struct gauge gauge = {
			    .limit_us = (uint32_t)buf_get_varint(buf)};

			gauge.largest_us[0] = (uint32_t)buf_get_varint(buf);
			gauge.largest_us[1] = (uint32_t)buf_get_varint(buf);
			gauge.count = (uint32_t)buf_get_varint(buf);
			gauge.over = (uint32_t)buf_get_varint(buf);
			gauge.under = (uint32_t)buf_get_varint(buf);
			if (to != NULL) {
				*to = gauge;
			}
		}
	}
}

static uint64_t
get_below(struct buf *buf, uint64_t end)
{
	uint64_t value = buf_get_varint(buf);

	if (value >= end) {
		buf->failed = true;
		return 0;
	}
	return value;
}

static void
put_core(const struct correlate *engine, struct buf *buf)
{
	buf_put_varint(buf, VERSION);
	buf_put_varint(buf, HYPOTHESIS_TABLE_VERSION);
	buf_put_signed(buf, engine->tempo.bucket_ns);
	buf_put_signed(buf, engine->tempo.round_buckets);
	names_put(engine, buf);
	buf_put_varint(buf,
	    (engine->is_started ? 1U : 0U) + (engine->has_late_failure ? 2U : 0U) +
		(engine->ring.is_started ? 4U : 0U) + (engine->has_more ? 8U : 0U));
	buf_put_signed(buf, engine->ring.current);
	buf_put_signed(buf, engine->ring.dirty);
	buf_put_varint(buf, engine->next_id);
	buf_put_varint(buf, engine->late);
	for (uint16_t t = 0; t < engine->topology->target_len; t++) {
		buf_put_varint(buf, engine->external[t]);
	}
}

static void
get_core(struct correlate *engine, struct buf *buf, struct names *names)
{
	uint64_t marks;

	names_get(engine, buf, names);
	marks = buf_get_varint(buf);
	engine->is_started = (marks & 1) != 0;
	engine->has_late_failure = (marks & 2) != 0;
	engine->ring.is_started = (marks & 4) != 0;
	engine->has_more = (marks & 8) != 0;
	engine->ring.current = buf_get_signed(buf);
	if (names->bucket_ns <= 0 || names->bucket_ns > BUCKET_NS_MAX ||
	    engine->ring.current > INT64_MAX / 2 / names->bucket_ns ||
	    engine->ring.current < INT64_MIN / 2 / names->bucket_ns) {
		buf->failed = true;
		names->bucket_ns = 1;
		engine->ring.current = 0;
	}
	engine->ring.dirty = buf_get_signed(buf);
	engine->bucket_from.ns = engine->ring.current * names->bucket_ns;
	engine->bucket_until = mono_add(engine->bucket_from, names->bucket_ns);
	engine->next_id = buf_get_varint(buf);
	engine->late = buf_get_varint(buf);
	for (uint64_t t = 0; t < names->target_len && buf_ok(buf); t++) {
		uint64_t state = get_below(buf, EXTERNAL_INCIDENT + 1);

		if (names->target[t] != TOPOLOGY_NONE) {
			engine->external[names->target[t]] = (enum external_state)state;
		}
	}
	if (engine->ring.dirty > engine->ring.current ||
	    engine->ring.dirty <= engine->ring.current - TEMPO_RING ||
	    engine->next_id == 0) {
		buf->failed = true;
	}
}

void
correlate_save(const struct correlate *correlate, struct buf *buf)
{
	size_t start = buf->at;
	struct buf head;

	buf_put_u64(buf, MAGIC);
	buf_put_u64(buf, 0);
	buf_put_u64(buf, 0);
	put_core(correlate, buf);
	put_sums(correlate, buf);
	put_groups(correlate, buf);
	put_trail(correlate, buf);
	put_agents(correlate, buf);
	put_gauges(correlate, buf);
	engine_slots_put(correlate, buf);
	ring_put_slots(&correlate->ring, buf);
	blips_put(&correlate->ring.blips, buf);
	confirm_put(correlate, buf);
	usual_put(&correlate->usual, buf);
	if (!buf_ok(buf)) {
		return;
	}
	buf_write(&head, buf->data + start + 8, HEAD_BYTES - 8);
	buf_put_u64(&head, buf->at - start - HEAD_BYTES);
	buf_put_u64(&head,
	    checksum(buf->data + start + HEAD_BYTES, buf->at - start - HEAD_BYTES));
}

size_t
correlate_save_bytes(const struct correlate *correlate)
{
	size_t len = correlate->table.len;
	size_t agents = correlate->topology->agent_len;
	size_t groups = correlate->table.group_len;
	size_t names = (size_t)correlate->topology->probe_len + agents + LIMIT_REGIONS +
		       LIMIT_DOMAINS + LIMIT_TARGETS + LIMIT_KEYS + PROVIDER_MAX;

	return 4096 + names * (LIMIT_SERIES_BYTES + 2) +
	       len * (20 + (size_t)TEMPO_RING * 11) +
	       groups * (32 + TEMPO_RING + TEMPO_RING * agents * 5) +
	       correlate->trail.cap * ENTRY_BYTES + agents * (64 + ROUNDS_RING * 160) +
	       (agents + groups) * (128 + (size_t)TEMPO_RING * 10) + 64 +
	       (correlate->topology->target_len + 1U) * 2 * (USUAL_SYMPTOMS * 36 + 8) +
	       correlate->slowness.len * 30 + CORRELATE_FINDINGS * (4352 + len * 16);
}

/* Whole buckets cannot be cut for another tempo: evidence that was not enough for a finding
 * yet is gathered anew. The trail goes on, by time, to explain the findings there are. */
static void
recut(struct correlate *engine, const struct names *names)
{
	struct trail *trail = &engine->trail;
	int64_t newest = engine->ring.current;

	for (uint64_t n = trail_oldest(trail); n < trail->head; n++) {
		struct trail_entry *entry = trail_at(trail, n);
		int64_t part = (int64_t)tempo_ring(entry->started, BLIPS_PARTS);
		int64_t started = (entry->started - part) / BLIPS_PARTS;

		if (entry->is_void != 0 || entry->bucket > newest ||
		    entry->bucket <= newest - TEMPO_RING || started > newest ||
		    started <= newest - 2 * TEMPO_RING) {
			*entry = (struct trail_entry){.is_void = 1};
			continue;
		}
		entry->bucket = tempo_bucket(
		    &engine->tempo, (struct mono){entry->bucket * names->bucket_ns});
		entry->started = ring_part(&engine->tempo,
		    (struct mono){started * names->bucket_ns +
				  part * (names->bucket_ns / BLIPS_PARTS)});
	}
	for (uint16_t g = 0; g < engine->table.group_len; g++) {
		engine->pending_since[g] = MONO_NEVER;
		engine->consumed[g] = trail->head;
	}
	engine->has_late_failure = false;
	ring_reset(&engine->ring);
	rounds_reset(&engine->rounds);
	engine_slots_recut(engine, (struct mono){(newest + 1) * names->bucket_ns});
}

static void
get_body(struct correlate *engine, struct buf *buf, uint64_t version)
{
	struct names names = {.version = version};

	names.bucket_ns = buf_get_signed(buf);
	names.round_buckets = buf_get_signed(buf);
	get_core(engine, buf, &names);
	get_sums(engine, buf, &names);
	get_groups(engine, buf, &names);
	get_trail(engine, buf, &names);
	get_agents(engine, buf, &names);
	get_gauges(engine, buf, &names);
	engine_slots_get(engine, buf, &names);
	if (version >= 4) {
		ring_get_slots(&engine->ring, buf, &names);
		blips_get(&engine->ring.blips, buf, &names);
		confirm_get(engine, buf, &names);
	}
	if (buf_ok(buf) && buf->at < buf->cap) { /* absent: learned anew */
		usual_get(&engine->usual, buf, names.target, names.target_len);
	}
	if (buf_ok(buf) && (names.bucket_ns != engine->tempo.bucket_ns ||
			       names.round_buckets != engine->tempo.round_buckets)) {
		recut(engine, &names);
	}
}

enum err
correlate_load(struct correlate *correlate, struct buf *buf)
{
	uint64_t magic = buf_get_u64(buf);
	uint64_t len = buf_get_u64(buf);
	uint64_t sum = buf_get_u64(buf);
	uint64_t version;
	uint64_t table;
	struct buf body;

	if (!buf_ok(buf) || magic != MAGIC || len > buf->cap - buf->at ||
	    checksum(buf->data + buf->at, (size_t)len) != sum) {
		return ERR_FORMAT;
	}
	buf_read(&body, buf->data + buf->at, (size_t)len);
	version = buf_get_varint(&body);
	table = buf_get_varint(&body);
	if (!buf_ok(&body) || version < OLDEST || version > VERSION ||
	    table != HYPOTHESIS_TABLE_VERSION) {
		return ERR_VERSION;
	}
	get_body(correlate, &body, version);
	if (!buf_ok(&body) || body.at != body.cap) {
		engine_clear(correlate);
		return ERR_FORMAT;
	}
	engine_count_open(correlate);
	buf->at += (size_t)len;
	return ERR_OK;
}
