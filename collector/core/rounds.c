#include "collector/core/rounds.h"

#include <string.h>

size_t
rounds_bytes(const struct topology *topology)
{
	size_t len = (size_t)topology->agent_len * ROUNDS_RING;

	return arena_bytes(len, sizeof(struct round)) +
	       arena_bytes(len, sizeof(uint32_t)) +
	       arena_bytes((size_t)topology->probe_len + 1, 1);
}

bool
rounds_init(struct rounds *rounds, struct arena *arena, const struct topology *topology,
    const struct tempo *tempo)
{
	size_t len = (size_t)topology->agent_len * ROUNDS_RING;

	memset(rounds, 0, sizeof(*rounds));
	rounds->topology = topology;
	rounds->at = arena_take(arena, len, sizeof(struct round));
	rounds->queue = arena_take(arena, len, sizeof(uint32_t));
	rounds->member_of = arena_take(arena, (size_t)topology->probe_len + 1, 1);
	if (arena_failed(arena)) {
		return false;
	}
	rounds->round_buckets = tempo->round_buckets;
	for (uint16_t i = 0; i < topology->probe_len; i++) {
		rounds->member_of[i] = ROUNDS_MEMBERS;
		if (topology->probe[i].role == ROLE_CONTROL &&
		    rounds->members < ROUNDS_MEMBERS) {
			rounds->member_of[i] = (uint8_t)rounds->members++;
		}
	}
	return true;
}

void
rounds_reset(struct rounds *rounds)
{
	memset(rounds->at, 0,
	    (size_t)rounds->topology->agent_len * ROUNDS_RING * sizeof(struct round));
	rounds->queue_len = 0;
}

uint8_t
rounds_member(const struct rounds *rounds, uint16_t probe)
{
	return rounds->member_of[probe];
}

static int64_t
index_of(const struct rounds *rounds, int64_t bucket)
{
	int64_t rest = (int64_t)tempo_ring(bucket, (size_t)rounds->round_buckets);

	return (bucket - rest) / rounds->round_buckets;
}

static void
enqueue(struct rounds *rounds, struct round *round)
{
	if (!round->is_queued) {
		uint32_t index = (uint32_t)(round - rounds->at);
		uint32_t at = rounds->queue_len++;

		/* Kept sorted: the order in which rounds are taken is then that of their
		 * places, not of arrival, and a loaded engine takes them like this one. */
		while (at > 0 && rounds->queue[at - 1] > index) {
			rounds->queue[at] = rounds->queue[at - 1];
			at--;
		}
		rounds->queue[at] = index;
		round->is_queued = true;
	}
}

static struct round *
place(const struct rounds *rounds, uint16_t agent, int64_t index)
{
	return rounds->at + (size_t)agent * ROUNDS_RING +
	       tempo_ring(index, ROUNDS_RING);
}

/* Earlier wins; at the same time the better one, so that the order of arrival is nothing. */
static bool
is_before(struct round_member a, struct round_member b)
{
	return a.offset != b.offset ? a.offset < b.offset : a.status < b.status;
}

bool
rounds_note(struct rounds *rounds, uint16_t agent, int64_t bucket, uint8_t member,
    struct round_member result)
{
	int64_t interval = index_of(rounds, bucket);
	int64_t index = 2 * interval + (result.is_asked ? 1 : 0);
	struct round *round = place(rounds, agent, index);

	if (round->is_used && round->index > index) {
		return false;
	}
	if (!round->is_used || round->index != index) {
		bool is_queued = round->is_queued;

		*round = (struct round){
		    .index = index, .is_used = true, .is_queued = is_queued};
	}
	result.offset = (uint8_t)(bucket - interval * rounds->round_buckets);
	if (round->member[member].status == ROUND_NONE ||
	    is_before(result, round->member[member])) {
		round->member[member] = result;
	}
	enqueue(rounds, round);
	return true;
}

void
rounds_touch(struct rounds *rounds, uint16_t agent, int64_t bucket)
{
	int64_t index = 2 * index_of(rounds, bucket);

	for (int64_t i = index; i < index + 2; i++) {
		struct round *round = place(rounds, agent, i);

		if (round->is_used && round->index == i) {
			enqueue(rounds, round);
		}
	}
}

struct count {
	const struct round_member *cut; /* the first that was cut off */
	unsigned cuts;
	unsigned slow;
	unsigned good;
};

static struct count
count_until(const struct rounds *rounds, const struct round *round, int64_t offset)
{
	struct count count = {.cut = NULL};

	for (uint32_t i = 0; i < rounds->members; i++) {
		const struct round_member *member = &round->member[i];

		if (member->status == ROUND_NONE || member->offset > offset) {
			continue;
		}
		if (member->status == ROUND_CUT) {
			count.cut = count.cuts == 0 ? member : count.cut;
			count.cuts++;
			continue;
		}
		count.good++;
		count.slow += member->status == ROUND_SLOW ? 1 : 0;
	}
	return count;
}

struct round_says
rounds_ask(const struct rounds *rounds, const struct round *round)
{
	struct round_says says = {.symptom = SYMPTOM_COUNT};
	unsigned need = rounds->members / 2 + 1;
	int64_t interval = (round->index - (int64_t)tempo_ring(round->index, 2)) / 2;

	for (int64_t offset = 0; offset < rounds->round_buckets; offset++) {
		struct count count = count_until(rounds, round, offset);

		says.bucket = interval * rounds->round_buckets + offset;
		if (count.cuts >= need && count.cut != NULL) {
			says.symptom = SYMPTOM_FAIL;
			says.outcome = count.cut->outcome;
			says.phase = count.cut->phase;
			return says;
		}
		if (count.good > rounds->members - need) {
			says.symptom =
			    2 * count.slow > count.good ? SYMPTOM_SLOW : SYMPTOM_OK;
			says.outcome = OUTCOME_OK;
			says.phase = PHASE_DONE;
			return says;
		}
	}
	return says;
}

struct round *
rounds_next(struct rounds *rounds, uint16_t *out_agent)
{
	struct round *round;

	if (rounds->queue_len == 0) {
		return NULL;
	}
	rounds->queue_len--;
	*out_agent = (uint16_t)(rounds->queue[rounds->queue_len] / ROUNDS_RING);
	round = &rounds->at[rounds->queue[rounds->queue_len]];
	round->is_queued = false;
	return round;
}
