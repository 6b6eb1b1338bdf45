#include "collector/core/usual.h"

#include "collector/core/weights.h"

#include <string.h>

enum {
	STEP_DIVISOR = 32,
	EXPECTED_MIN = 4,
	BOUND_PERCENT = 115, /* of some 130 failures: 1.645 standard errors */
	LOWER_PERCENT = 75,  /* of the next doubling below, before it is taken */
	ESTIMATE_MAX = 500000 * USUAL_UNIT
};

size_t
usual_bytes(const struct topology *topology)
{
	return arena_bytes(
		   (size_t)topology->target_len * 2 + 1, sizeof(struct usual_gauge)) +
	       arena_bytes((size_t)topology->target_len + 1, sizeof(bool));
}

bool
usual_init(struct usual *usual, struct arena *arena, struct hypotheses *table)
{
	uint16_t targets = table->topology->target_len;

	usual->table = table;
	usual->target_len = targets;
	usual->gauge =
	    arena_take(arena, (size_t)targets * 2 + 1, sizeof(struct usual_gauge));
	usual->is_suspect = arena_take(arena, (size_t)targets + 1, sizeof(bool));
	return !arena_failed(arena);
}

static enum witness
witness_of(size_t gauge)
{
	return gauge % 2 == 0 ? WITNESS_TARGET : WITNESS_FREE;
}

/* What the tables begin with, in units of the estimate. */
static uint32_t
floor_of(enum witness witness, unsigned symptom)
{
	return symptom_baseline_ppm(witness, (enum symptom)symptom) * USUAL_UNIT;
}

void
usual_reset(struct usual *usual)
{
	for (size_t i = 0; i < (size_t)usual->target_len * 2; i++) {
		struct usual_gauge *gauge = &usual->gauge[i];
		uint8_t level[SYMPTOM_COUNT] = {0};

		*gauge = (struct usual_gauge){.all = 0};
		for (unsigned s = 0; s < USUAL_SYMPTOMS; s++) {
			gauge->estimate[s] = floor_of(witness_of(i), s) / 2;
		}
		weights_set_levels(
		    usual->table, (uint16_t)(i / 2), witness_of(i), level);
	}
	memset(usual->is_suspect, 0, usual->target_len * sizeof(bool));
	usual->period = INT64_MIN;
}

void
usual_note(
    struct usual *usual, uint16_t target, enum witness witness, enum symptom symptom)
{
	struct usual_gauge *gauge =
	    &usual->gauge[(size_t)target * 2 + (witness == WITNESS_FREE ? 1 : 0)];

	gauge->all++;
	if (symptom < SYMPTOM_OK) {
		gauge->bad[symptom]++;
	}
}

void
usual_suspect(struct usual *usual, uint16_t target)
{
	usual->is_suspect[target] = true;
}

/* Moves the estimate towards what was seen, by a bounded part of itself. */
static void
move(struct usual_gauge *gauge, enum witness witness, unsigned symptom)
{
	uint64_t estimate = gauge->estimate[symptom];
	uint64_t least = floor_of(witness, symptom) / 8 + 1;
	uint64_t part = estimate / STEP_DIVISOR + 1;
	uint64_t rate;

	if (gauge->seen[symptom] * estimate <
	    (uint64_t)EXPECTED_MIN * SYMPTOM_PPM * USUAL_UNIT) {
		return;
	}
	rate = gauge->failed[symptom] * SYMPTOM_PPM * USUAL_UNIT / gauge->seen[symptom];
	if (rate > estimate) {
		estimate += rate - estimate < part ? rate - estimate : part;
	} else {
		estimate -= estimate - rate < part ? estimate - rate : part;
	}
	estimate = estimate > least ? estimate : least;
	gauge->estimate[symptom] =
	    (uint32_t)(estimate < ESTIMATE_MAX ? estimate : ESTIMATE_MAX);
	gauge->seen[symptom] = 0;
	gauge->failed[symptom] = 0;
}

static uint8_t
level_for(const struct usual_gauge *gauge, enum witness witness, unsigned symptom,
    uint8_t level)
{
	uint64_t bound = (uint64_t)gauge->estimate[symptom] * BOUND_PERCENT / 100;
	uint64_t least = floor_of(witness, symptom);

	while (level + 1 < WEIGHTS_LEVELS && bound > least << level) {
		level++;
	}
	while (level > 0 && bound * 100 < (least << (level - 1)) * LOWER_PERCENT) {
		level--;
	}
	return level;
}

/* True while a vote for the symptom stands in the last two intervals. */
static bool
is_live(
    const struct usual *usual, const struct ring *ring, size_t gauge, unsigned symptom)
{
	int bit = symptom_bit(witness_of(gauge), (enum symptom)symptom);
	uint16_t group = hypotheses_group_of((uint16_t)(gauge / 2));

	for (int64_t i = 0; i < USUAL_LIVE_BUCKETS && bit >= 0; i++) {
		for (uint16_t a = 0; a < usual->table->topology->agent_len; a++) {
			if ((ring_votes(ring, ring->current - i, group, a) >>
				    (unsigned)bit &
				1) != 0) {
				return true;
			}
		}
	}
	return false;
}

static void
set_levels(struct usual *usual, const struct ring *ring, size_t index)
{
	const struct usual_gauge *gauge = &usual->gauge[index];
	const uint8_t *now = usual->table->profile[index].level;
	uint8_t level[SYMPTOM_COUNT];
	bool differs = false;

	memcpy(level, now, sizeof(level));
	for (unsigned s = 0; s < USUAL_SYMPTOMS; s++) {
		uint8_t wanted = level_for(gauge, witness_of(index), s, now[s]);

		/* what is slow has its own estimate: slowness.h */
		if (s != SYMPTOM_SLOW && wanted != now[s] &&
		    !is_live(usual, ring, index, s)) {
			level[s] = wanted;
			differs = true;
		}
	}
	if (differs) {
		weights_set_levels(
		    usual->table, (uint16_t)(index / 2), witness_of(index), level);
	}
}

/* Adds what was noted, unless something was near. */
static void
gather(struct usual *usual, size_t index)
{
	struct usual_gauge *gauge = &usual->gauge[index];

	if (gauge->all == 0) {
		return;
	}
	for (unsigned s = 0; s < USUAL_SYMPTOMS && !usual->is_suspect[index / 2]; s++) {
		gauge->seen[s] += gauge->all;
		gauge->failed[s] += gauge->bad[s];
	}
	gauge->all = 0;
	memset(gauge->bad, 0, sizeof(gauge->bad));
}

void
usual_step(struct usual *usual, const struct ring *ring, int64_t period)
{
	bool is_next = period > usual->period;

	for (size_t i = 0; i < (size_t)usual->target_len * 2; i++) {
		gather(usual, i);
		for (unsigned s = 0; s < USUAL_SYMPTOMS && is_next; s++) {
			move(&usual->gauge[i], witness_of(i), s);
		}
		if (is_next && !usual->is_suspect[i / 2]) {
			set_levels(usual, ring, i);
		}
	}
	memset(usual->is_suspect, 0, usual->target_len * sizeof(bool));
	usual->period = is_next ? period : usual->period;
}

void
usual_put(const struct usual *usual, struct buf *buf)
{
	buf_put_signed(buf, usual->period);
	for (size_t i = 0; i < (size_t)usual->target_len * 2; i++) {
		const struct usual_gauge *gauge = &usual->gauge[i];

		buf_put_varint(buf, gauge->all);
		for (unsigned s = 0; s < USUAL_SYMPTOMS; s++) {
			buf_put_varint(buf, gauge->bad[s]);
			buf_put_varint(buf, gauge->seen[s]);
			buf_put_varint(buf, gauge->failed[s]);
			buf_put_varint(buf, gauge->estimate[s]);
			buf_put_varint(buf, usual->table->profile[i].level[s]);
		}
	}
}

static void
get_gauge(struct buf *buf, struct usual_gauge *out, uint8_t level[SYMPTOM_COUNT])
{
	out->all = (uint32_t)buf_get_varint(buf);
	for (unsigned s = 0; s < USUAL_SYMPTOMS; s++) {
		out->bad[s] = (uint32_t)buf_get_varint(buf);
		out->seen[s] = buf_get_varint(buf) % UINT32_MAX;
		out->failed[s] = buf_get_varint(buf) % UINT32_MAX;
		out->estimate[s] = (uint32_t)(buf_get_varint(buf) % (ESTIMATE_MAX + 1));
		level[s] = (uint8_t)(buf_get_varint(buf) % WEIGHTS_LEVELS);
	}
}

void
usual_get(
    struct usual *usual, struct buf *buf, const uint16_t *target, uint64_t target_len)
{
	usual->period = buf_get_signed(buf);
	for (uint64_t i = 0; i < 2 * target_len && buf_ok(buf); i++) {
		struct usual_gauge gauge = {.all = 0};
		uint8_t level[SYMPTOM_COUNT] = {0};
		uint16_t to = target[i / 2];

		get_gauge(buf, &gauge, level);
		if (to != TOPOLOGY_NONE && buf_ok(buf)) {
			usual->gauge[(size_t)to * 2 + i % 2] = gauge;
			weights_set_levels(usual->table, to, witness_of(i), level);
		}
	}
}
