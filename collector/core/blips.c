#include "collector/core/blips.h"

#include "collector/core/names.h"

#include <string.h>

enum {
	FINE = 256,    /* of a part: a short estimate moves too */
	STEPS_UP = 19, /* for one down: the 95th percentile */
	GAIN_FIRST = 64,
	GAIN_LAST = 1024,
	SEVERAL = 3,
	AROUND = 12, /* between runs of a fleet that is asked */
	GAP = 48     /* of a target: failures this far apart are two hiccups */
};

size_t
blips_bytes(const struct topology *topology)
{
	size_t len = (size_t)topology->agent_len + topology->target_len + 1;

	return arena_bytes(TEMPO_RING * len, sizeof(struct blips_mark)) +
	       arena_bytes(len, sizeof(struct blips_gauge));
}

static size_t
width(const struct blips *blips)
{
	return (size_t)blips->agent_len + blips->target_len + 1;
}

bool
blips_init(struct blips *blips, struct arena *arena, const struct topology *topology)
{
	blips->agent_len = topology->agent_len;
	blips->target_len = topology->target_len;
	blips->mark =
	    arena_take(arena, TEMPO_RING * width(blips), sizeof(*blips->mark));
	blips->gauge = arena_take(arena, width(blips), sizeof(*blips->gauge));
	return !arena_failed(arena);
}

static void
end_run(struct blips_gauge *gauge)
{
	gauge->run_from = 1;
	gauge->run_to = 0;
	gauge->run_agents = 0;
}

void
blips_reset(struct blips *blips)
{
	memset(blips->mark, 0, TEMPO_RING * width(blips) * sizeof(*blips->mark));
	for (size_t i = 0; i < width(blips); i++) {
		blips->gauge[i] = (struct blips_gauge){
		    .length = i < blips->agent_len ? BLIPS_AGENT_PRIOR * FINE
						   : BLIPS_TARGET_PRIOR * FINE};
		end_run(&blips->gauge[i]);
	}
}

static struct blips_mark *
mark_of(const struct blips *blips, int64_t bucket, size_t index)
{
	return blips->mark + tempo_ring(bucket, TEMPO_RING) * width(blips) + index;
}

static void
note_bad(struct blips_mark *mark, uint8_t part)
{
	if (mark->bad_first == 0 || part < mark->bad_first) {
		mark->bad_first = part;
	}
	mark->bad_last = part > mark->bad_last ? part : mark->bad_last;
}

void
blips_note(struct blips *blips, int64_t bucket, uint16_t agent, uint16_t target,
    uint8_t part, bool is_bad)
{
	struct blips_mark *own = mark_of(blips, bucket, agent);

	part = (uint8_t)(part < BLIPS_PARTS ? part + 1 : BLIPS_PARTS);
	if (!is_bad) {
		own->good_last = part > own->good_last ? part : own->good_last;
		return;
	}
	note_bad(own, part);
	if (target < blips->target_len) {
		struct blips_mark *theirs =
		    mark_of(blips, bucket, (size_t)blips->agent_len + target);

		note_bad(theirs, part);
		theirs->agents = (uint8_t)(theirs->agents | 1U << agent % 8U);
	}
}

static int32_t
clamp(int64_t value, int32_t max)
{
	if (value < BLIPS_MIN * FINE) {
		return BLIPS_MIN * FINE;
	}
	return value < (int64_t)max * FINE ? (int32_t)value : max * FINE;
}

static void
learn(struct blips_gauge *gauge, int64_t length, int32_t max)
{
	int64_t gain = GAIN_FIRST + (int64_t)gauge->samples;
	int32_t step = gauge->length / (int32_t)(gain < GAIN_LAST ? gain : GAIN_LAST);

	step = length * FINE > gauge->length ? STEPS_UP * step : -step;
	gauge->length = clamp(gauge->length + step, max);
	gauge->samples += gauge->samples < GAIN_LAST ? 1 : 0;
}

static void
leave_agent(struct blips *blips, int64_t bucket, size_t index)
{
	struct blips_gauge *gauge = &blips->gauge[index];
	const struct blips_mark *mark = mark_of(blips, bucket, index);
	int64_t origin = bucket * BLIPS_PARTS;

	if (mark->bad_first != 0) {
		if (gauge->run_from > gauge->run_to) {
			gauge->run_from = origin + mark->bad_first;
		}
		gauge->run_to = origin + mark->bad_last;
	}
	if (gauge->run_from <= gauge->run_to &&
	    origin + mark->good_last > gauge->run_to && mark->good_last != 0) {
		/* a single failure has no length, and most of them are no blip */
		if (gauge->run_to > gauge->run_from) {
			int64_t good = origin + mark->good_last;

			/* it ended somewhere between the two */
			learn(gauge, (gauge->run_to + good) / 2 - gauge->run_from,
			    BLIPS_MAX);
		}
		end_run(gauge);
	}
}

static void
leave_target(struct blips *blips, int64_t bucket, size_t index)
{
	struct blips_gauge *gauge = &blips->gauge[index];
	const struct blips_mark *mark = mark_of(blips, bucket, index);
	int64_t origin = bucket * BLIPS_PARTS;
	bool is_on = gauge->run_from <= gauge->run_to;

	if (is_on &&
	    (mark->bad_first == 0 ? origin + BLIPS_PARTS - gauge->run_to > GAP
				  : origin + mark->bad_first - gauge->run_to > GAP)) {
		/* several agents: it was theirs, and went on a little around them */
		if (__builtin_popcount(gauge->run_agents) >= SEVERAL) {
			learn(gauge, gauge->run_to - gauge->run_from + AROUND,
			    BLIPS_TARGET_MAX);
		}
		end_run(gauge);
		is_on = false;
	}
	if (mark->bad_first != 0) {
		gauge->run_from = is_on ? gauge->run_from : origin + mark->bad_first;
		gauge->run_to = origin + mark->bad_last;
		gauge->run_agents |= mark->agents;
	}
}

void
blips_leave(struct blips *blips, int64_t bucket)
{
	for (size_t i = 0; i < blips->agent_len; i++) {
		leave_agent(blips, bucket, i);
	}
	for (size_t i = blips->agent_len; i + 1 < width(blips); i++) {
		leave_target(blips, bucket, i);
	}
	memset(mark_of(blips, bucket, 0), 0, width(blips) * sizeof(*blips->mark));
}

static void
forget(struct blips *blips, size_t index)
{
	for (int64_t i = 0; i < TEMPO_RING; i++) {
		*mark_of(blips, i, index) = (struct blips_mark){0};
	}
	end_run(&blips->gauge[index]);
}

void
blips_forget_agent(struct blips *blips, uint16_t agent)
{
	forget(blips, agent);
}

void
blips_forget_target(struct blips *blips, uint16_t target)
{
	forget(blips, (size_t)blips->agent_len + target);
}

int32_t
blips_agent(const struct blips *blips, uint16_t agent)
{
	return blips->gauge[agent].length / FINE;
}

int32_t
blips_target(const struct blips *blips, uint16_t target)
{
	return blips->gauge[(size_t)blips->agent_len + target].length / FINE;
}

uint8_t
blips_slot(const struct blips *blips, uint16_t agent)
{
	int32_t slot = blips_agent(blips, agent) / BLIPS_PARTS;

	if (slot < 1) {
		return 1;
	}
	return (uint8_t)(slot < BLIPS_SLOT_MAX ? slot : BLIPS_SLOT_MAX);
}

static void
put_one(const struct blips *blips, struct buf *buf, size_t index)
{
	const struct blips_gauge *gauge = &blips->gauge[index];

	buf_put_varint(buf, (uint64_t)gauge->length);
	buf_put_varint(buf, gauge->samples);
	buf_put_signed(buf, gauge->run_from);
	buf_put_signed(buf, gauge->run_to);
	buf_put_varint(buf, gauge->run_agents);
	for (int64_t i = 0; i < TEMPO_RING; i++) {
		const struct blips_mark *mark = mark_of(blips, i, index);

		buf_put_varint(buf, mark->bad_first);
		buf_put_varint(buf, mark->bad_last);
		buf_put_varint(buf, mark->good_last);
		buf_put_varint(buf, mark->agents);
	}
}

void
blips_put(const struct blips *blips, struct buf *buf)
{
	for (size_t i = 0; i + 1 < width(blips); i++) {
		put_one(blips, buf, i);
	}
}

static uint8_t
get_byte(struct buf *buf, uint64_t max)
{
	uint64_t value = buf_get_varint(buf);

	if (value > max) {
		buf->failed = true;
		return 0;
	}
	return (uint8_t)value;
}

/* `index`: where it belongs today; SIZE_MAX: nowhere. */
static void
get_one(struct blips *blips, struct buf *buf, size_t index)
{
	struct blips_gauge gauge;
	uint64_t length = buf_get_varint(buf);
	uint64_t samples = buf_get_varint(buf);

	gauge.run_from = buf_get_signed(buf);
	gauge.run_to = buf_get_signed(buf);
	gauge.run_agents = get_byte(buf, UINT8_MAX);
	if (length < (uint64_t)BLIPS_MIN * FINE ||
	    length > (uint64_t)BLIPS_MAX * FINE || samples > GAIN_LAST) {
		buf->failed = true;
		return;
	}
	gauge.length = (int32_t)length;
	gauge.samples = (uint32_t)samples;
	for (int64_t i = 0; i < TEMPO_RING && buf_ok(buf); i++) {
		struct blips_mark mark = {.bad_first = get_byte(buf, BLIPS_PARTS)};

		mark.bad_last = get_byte(buf, BLIPS_PARTS);
		mark.good_last = get_byte(buf, BLIPS_PARTS);
		mark.agents = get_byte(buf, UINT8_MAX);
		if (index != SIZE_MAX) {
			*mark_of(blips, i, index) = mark;
		}
	}
	if (index != SIZE_MAX) {
		blips->gauge[index] = gauge;
	}
}

void
blips_get(struct blips *blips, struct buf *buf, const struct names *names)
{
	for (uint64_t i = 0; i < names->agent_len && buf_ok(buf); i++) {
		uint16_t agent = names->agent[i];

		get_one(blips, buf, agent == TOPOLOGY_NONE ? SIZE_MAX : agent);
	}
	for (uint64_t i = 0; i < names->target_len && buf_ok(buf); i++) {
		uint16_t target = names->target[i];

		get_one(blips, buf,
		    target == TOPOLOGY_NONE ? SIZE_MAX
					    : (size_t)blips->agent_len + target);
	}
}
