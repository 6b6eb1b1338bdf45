#include "collector/core/ring.h"
#include "collector/core/names.h"

#include <assert.h>
#include <string.h>

#define SUM_MAX (INT32_C(1) << 29)

static size_t
group_count(const struct topology *topology)
{
	return hypotheses_groups_count(topology);
}

size_t
ring_bytes(const struct topology *topology)
{
	size_t len = hypotheses_count(topology);
	size_t groups = group_count(topology);

	return 2 * arena_bytes(TEMPO_RING * len, sizeof(int32_t)) +
	       arena_bytes(len, sizeof(int32_t)) +
	       arena_bytes(
		   TEMPO_RING * groups * topology->agent_len, sizeof(uint32_t)) +
	       2 * arena_bytes(TEMPO_RING * groups, 1) +
	       arena_bytes((size_t)TEMPO_RING * topology->agent_len, 1) +
	       blips_bytes(topology);
}

bool
ring_init(struct ring *ring, struct arena *arena, const struct hypotheses *table,
    const struct tempo *tempo)
{
	size_t groups = table->group_len;
	size_t agents = table->topology->agent_len;

	memset(ring, 0, sizeof(*ring));
	ring->table = table;
	ring->sum = arena_take(arena, (size_t)TEMPO_RING * table->len, sizeof(int32_t));
	ring->cusum =
	    arena_take(arena, (size_t)TEMPO_RING * table->len, sizeof(int32_t));
	ring->cap = arena_take(arena, table->len, sizeof(int32_t));
	ring->vote = arena_take(arena, TEMPO_RING * groups * agents, sizeof(uint32_t));
	ring->is_bad = arena_take(arena, TEMPO_RING * groups, 1);
	ring->is_live = arena_take(arena, TEMPO_RING * groups, 1);
	ring->place = arena_take(arena, TEMPO_RING * agents, 1);
	if (!blips_init(&ring->blips, arena, table->topology)) {
		return false;
	}
	for (uint32_t h = 0; h < table->len; h++) {
		size_t class = alarm_class(table->topology, table->at[h].target);

		ring->cap[h] = tempo->threshold_mnats[class] -
			       table->at[h].prior_mnats + TEMPO_SLACK_MNATS;
	}
	return true;
}

void
ring_reset(struct ring *ring)
{
	size_t len = ring->table->len;
	size_t groups = ring->table->group_len;
	size_t agents = ring->table->topology->agent_len;

	memset(ring->sum, 0, TEMPO_RING * len * sizeof(int32_t));
	memset(ring->cusum, 0, TEMPO_RING * len * sizeof(int32_t));
	memset(ring->vote, 0, TEMPO_RING * groups * agents * sizeof(uint32_t));
	memset(ring->is_bad, 0, TEMPO_RING * groups);
	memset(ring->is_live, 0, TEMPO_RING * groups);
	blips_reset(&ring->blips);
	ring->is_started = false;
	ring->current = 0;
	ring->dirty = 0;
}

static int32_t *
sums(const struct ring *ring, int64_t bucket)
{
	return ring->sum + tempo_ring(bucket, TEMPO_RING) * ring->table->len;
}

static int32_t *
cusums(const struct ring *ring, int64_t bucket)
{
	return ring->cusum + tempo_ring(bucket, TEMPO_RING) * ring->table->len;
}

static uint32_t *
votes(const struct ring *ring, int64_t bucket, uint16_t group, uint16_t agent)
{
	size_t agents = ring->table->topology->agent_len;
	size_t at = tempo_ring(bucket, TEMPO_RING) * agents + agent;

	return ring->vote + at * ring->table->group_len + group;
}

static uint8_t *
flag(const struct ring *ring, uint8_t *flags, int64_t bucket, uint16_t group)
{
	return flags + tempo_ring(bucket, TEMPO_RING) * ring->table->group_len + group;
}

static uint8_t *
places(const struct ring *ring, int64_t bucket)
{
	return ring->place +
	       tempo_ring(bucket, TEMPO_RING) * ring->table->topology->agent_len;
}

/* Slots of an agent follow each other; a length that was learned counts from the next. */
static void
lay_slots(struct ring *ring, int64_t bucket)
{
	const uint8_t *before = places(ring, bucket - 1);
	uint8_t *place = places(ring, bucket);

	for (uint16_t a = 0; a < ring->table->topology->agent_len; a++) {
		place[a] = (uint8_t)(before[a] + 1);
		if (place[a] >= blips_slot(&ring->blips, a)) {
			place[a] = 0;
		}
	}
}

static void
clear_bucket(struct ring *ring, int64_t bucket)
{
	size_t groups = ring->table->group_len;
	size_t agents = ring->table->topology->agent_len;

	blips_leave(&ring->blips, bucket - TEMPO_RING);
	lay_slots(ring, bucket);
	memset(sums(ring, bucket), 0, ring->table->len * sizeof(int32_t));
	memset(flag(ring, ring->is_bad, bucket, 0), 0, groups);
	memset(flag(ring, ring->is_live, bucket, 0), 0, groups);
	if (agents > 0) {
		memset(
		    votes(ring, bucket, 0, 0), 0, agents * groups * sizeof(uint32_t));
	}
}

int64_t
ring_advance(struct ring *ring, int64_t bucket)
{
	int64_t passed;

	if (!ring->is_started) {
		ring->is_started = true;
		ring->current = bucket;
		ring->dirty = bucket;
		for (int64_t b = bucket - TEMPO_RING + 1; b <= bucket; b++) {
			lay_slots(ring, b);
		}
		return 0;
	}
	passed = bucket > ring->current ? bucket - ring->current : 0;
	if (passed > TEMPO_RING) {
		ring->current = bucket - TEMPO_RING;
		ring->dirty = ring->current + 1;
	}
	while (ring->current < bucket) {
		ring->current++;
		clear_bucket(ring, ring->current);
	}
	if (ring->dirty <= ring->current - TEMPO_RING) {
		ring->dirty = ring->current - TEMPO_RING + 1;
	}
	return passed;
}

bool
ring_holds(const struct ring *ring, int64_t bucket)
{
	return bucket <= ring->current && bucket > ring->current - TEMPO_RING;
}

static void
touch(struct ring *ring, int64_t bucket)
{
	if (bucket < ring->dirty) {
		ring->dirty = bucket;
	}
}

void
ring_add(struct ring *ring, int64_t bucket, uint16_t group, uint16_t agent,
    const int32_t *weight, int sign)
{
	struct hypothesis_span span[HYPOTHESIS_SPANS];
	size_t len = hypotheses_spans(ring->table, group, agent, span);
	int32_t *sum = sums(ring, bucket);

	for (size_t i = 0; i < len; i++) {
		int32_t *at = sum + span[i].first;
		const int32_t *add = weight + span[i].row;

		for (size_t k = 0; k < span[i].len; k++) {
			at[k] += sign * add[k];
		}
	}
	touch(ring, bucket);
}

void
ring_mark(struct ring *ring, int64_t bucket, uint16_t group)
{
	*flag(ring, ring->is_bad, bucket, group) = 1;
	touch(ring, bucket);
}

static int32_t
excess_max(const struct hypotheses *table, uint16_t group, uint32_t bits, uint16_t row)
{
	int32_t best = 0;

	while (bits != 0) {
		int32_t excess = table->excess[group][__builtin_ctz(bits)][row];

		best = excess > best ? excess : best;
		bits &= bits - 1;
	}
	return best;
}

/* The votes of a slot; what the ring does not hold is empty. */
struct slot_votes {
	int64_t first;
	int64_t len;
	uint32_t bits[BLIPS_SLOT_MAX];
};

static struct slot_votes
votes_of_slot(const struct ring *ring, int64_t bucket, uint16_t group, uint16_t agent)
{
	struct slot_votes out = {.first = bucket - places(ring, bucket)[agent]};

	for (; out.len < BLIPS_SLOT_MAX; out.len++) {
		int64_t at = out.first + out.len;

		if (at > bucket &&
		    (!ring_holds(ring, at) || places(ring, at)[agent] == 0)) {
			break;
		}
		if (ring_holds(ring, at)) {
			out.bits[out.len] = *votes(ring, at, group, agent);
		}
	}
	return out;
}

static void
vote_row(struct ring *ring, const struct slot_votes *before,
    const struct slot_votes *after, uint32_t hypothesis)
{
	uint16_t row = ring->table->at[hypothesis].row;
	uint16_t group = ring->table->at[hypothesis].group;
	int32_t best_before = 0;
	int32_t best_after = 0;

	for (int64_t i = 0; i < before->len; i++) {
		int32_t was = excess_max(ring->table, group, before->bits[i], row);
		int32_t is = excess_max(ring->table, group, after->bits[i], row);

		was = was > best_before ? was : best_before;
		is = is > best_after ? is : best_after;
		if (ring_holds(ring, before->first + i)) {
			sums(ring, before->first + i)[hypothesis] +=
			    (is - best_after) - (was - best_before);
		}
		best_before = was;
		best_after = is;
	}
}

void
ring_vote(struct ring *ring, int64_t bucket, uint16_t group, uint16_t agent,
    uint32_t change, bool set)
{
	struct hypothesis_span span[HYPOTHESIS_SPANS];
	size_t len = hypotheses_spans(ring->table, group, agent, span);
	struct slot_votes before = votes_of_slot(ring, bucket, group, agent);
	struct slot_votes after = before;
	size_t at = (size_t)(bucket - before.first);

	after.bits[at] = set ? before.bits[at] | change : before.bits[at] & ~change;
	if (after.bits[at] == before.bits[at]) {
		return;
	}
	for (size_t i = 0; i < len; i++) {
		for (uint32_t k = 0; k < span[i].len; k++) {
			vote_row(ring, &before, &after, span[i].first + k);
		}
	}
	*votes(ring, bucket, group, agent) = after.bits[at];
	touch(ring, bucket);
}

uint32_t
ring_votes(const struct ring *ring, int64_t bucket, uint16_t group, uint16_t agent)
{
	return ring_holds(ring, bucket) ? *votes(ring, bucket, group, agent) : 0;
}

int32_t
ring_credit(const struct ring *ring, int64_t bucket, uint16_t group, uint16_t agent,
    uint16_t row, unsigned bit)
{
	struct slot_votes slot = votes_of_slot(ring, bucket, group, agent);
	int64_t at = bucket - slot.first;
	int32_t earlier = 0;
	int32_t with;

	for (int64_t i = 0; i < at; i++) {
		int32_t excess = excess_max(ring->table, group, slot.bits[i], row);

		earlier = excess > earlier ? excess : earlier;
	}
	with = excess_max(
	    ring->table, group, slot.bits[at] & ((UINT32_C(1) << bit) - 1), row);
	earlier = with > earlier ? with : earlier;
	with = ring->table->excess[group][bit][row];
	return with > earlier ? with - earlier : 0;
}

int64_t
ring_part(const struct tempo *tempo, struct mono at)
{
	int64_t bucket = tempo_bucket(tempo, at);
	int64_t rest = at.ns - bucket * tempo->bucket_ns;

	return bucket * BLIPS_PARTS + rest / (tempo->bucket_ns / BLIPS_PARTS + 1);
}

void
ring_note_run(struct ring *ring, const struct trail_entry *run)
{
	enum symptom symptom = (enum symptom)run->symptom;
	int64_t part = (int64_t)tempo_ring(run->started, BLIPS_PARTS);
	int64_t bucket = (run->started - part) / BLIPS_PARTS;
	bool is_bad = symptom == SYMPTOM_LOCAL || symptom_is_failure(symptom);

	if (ring_holds(ring, bucket) && (is_bad || symptom >= SYMPTOM_SLOW)) {
		blips_note(&ring->blips, bucket, run->agent, run->target, (uint8_t)part,
		    is_bad);
	}
}

static void
recompute_group(struct ring *ring, int64_t bucket, uint16_t group)
{
	const struct hypothesis_group *at = &ring->table->group[group];
	bool goes_on = ring_holds(ring, bucket - 1) &&
		       *flag(ring, ring->is_live, bucket - 1, group) != 0;
	const int32_t *previous = cusums(ring, bucket - 1);
	const int32_t *sum = sums(ring, bucket);
	int32_t *cusum = cusums(ring, bucket);
	int32_t any = 0;

	if (!goes_on && *flag(ring, ring->is_bad, bucket, group) == 0) {
		*flag(ring, ring->is_live, bucket, group) = 0;
		return;
	}
	for (uint32_t h = at->first; h < at->first + at->len; h++) {
		int32_t value = sum[h] + (goes_on ? previous[h] : 0);

		value = value > 0 ? value : 0;
		cusum[h] = value < ring->cap[h] ? value : ring->cap[h];
		any |= cusum[h];
	}
	*flag(ring, ring->is_live, bucket, group) = any != 0;
}

void
ring_recompute(struct ring *ring)
{
	for (int64_t bucket = ring->dirty; bucket <= ring->current; bucket++) {
		for (uint16_t group = 0; group < ring->table->group_len; group++) {
			recompute_group(ring, bucket, group);
		}
	}
	ring->dirty = ring->current;
}

bool
ring_is_live(const struct ring *ring, uint16_t group, int64_t bucket)
{
	return *flag(ring, ring->is_live, bucket, group) != 0;
}

int32_t
ring_cusum(const struct ring *ring, uint32_t hypothesis, int64_t bucket)
{
	uint16_t group = ring->table->at[hypothesis].group;

	if (*flag(ring, ring->is_live, bucket, group) == 0) {
		return 0;
	}
	return cusums(ring, bucket)[hypothesis];
}

int64_t
ring_onset(const struct ring *ring, uint32_t hypothesis, int64_t bucket)
{
	while (ring_holds(ring, bucket) && ring_cusum(ring, hypothesis, bucket) > 0) {
		bucket--;
	}
	return bucket + 1;
}

static int64_t
first_held(const struct ring *ring, int64_t from)
{
	int64_t oldest = ring->current - TEMPO_RING + 1;

	return from > oldest ? from : oldest;
}

int64_t
ring_sum(const struct ring *ring, uint32_t hypothesis, int64_t from, int64_t to)
{
	int64_t sum = 0;

	to = to < ring->current ? to : ring->current;
	for (int64_t bucket = first_held(ring, from); bucket <= to; bucket++) {
		sum += sums(ring, bucket)[hypothesis];
	}
	if (sum > SUM_MAX) {
		return SUM_MAX;
	}
	return sum < -SUM_MAX ? -SUM_MAX : sum;
}

bool
ring_extent(const struct ring *ring, uint32_t hypothesis, int64_t from,
    int64_t *out_first, int64_t *out_last)
{
	bool found = false;

	for (int64_t bucket = first_held(ring, from); bucket <= ring->current;
	     bucket++) {
		if (sums(ring, bucket)[hypothesis] > 0) {
			*out_first = found ? *out_first : bucket;
			*out_last = bucket;
			found = true;
		}
	}
	return found;
}

/* What a finding took was no blip: neither of the target nor of who failed there. */
static void
forget_blips(struct ring *ring, uint16_t group)
{
	if (group > 0) {
		blips_forget_target(&ring->blips, (uint16_t)(group - 1));
	}
	for (uint16_t a = 0; a < ring->table->topology->agent_len; a++) {
		uint32_t any = 0;

		for (int64_t i = 0; i < TEMPO_RING; i++) {
			any |= *votes(ring, i, group, a);
		}
		if (any != 0) {
			blips_forget_agent(&ring->blips, a);
		}
	}
}

void
ring_consume(struct ring *ring, uint16_t group)
{
	const struct hypothesis_group *at = &ring->table->group[group];

	forget_blips(ring, group);

	for (int64_t i = 0; i < TEMPO_RING; i++) {
		memset(sums(ring, i) + at->first, 0, at->len * sizeof(int32_t));
		*flag(ring, ring->is_bad, i, group) = 0;
		*flag(ring, ring->is_live, i, group) = 0;
	}
}

void
ring_put_slots(const struct ring *ring, struct buf *buf)
{
	size_t agents = ring->table->topology->agent_len;

	for (size_t i = 0; i < TEMPO_RING * agents; i++) {
		buf_put_varint(buf, ring->place[i]);
	}
}

void
ring_get_slots(struct ring *ring, struct buf *buf, const struct names *names)
{
	size_t agents = ring->table->topology->agent_len;

	for (size_t i = 0; i < TEMPO_RING && buf_ok(buf); i++) {
		for (uint64_t a = 0; a < names->agent_len && buf_ok(buf); a++) {
			uint64_t place = buf_get_varint(buf);
			uint16_t agent = names->agent[a];

			if (place >= BLIPS_SLOT_MAX) {
				buf->failed = true;
			} else if (agent != TOPOLOGY_NONE) {
				ring->place[i * agents + agent] = (uint8_t)place;
			}
		}
	}
}
