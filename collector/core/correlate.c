#include "collector/core/correlate.h"

#include "collector/core/engine.h"
#include "collector/core/decide.h"
#include "collector/core/lifecycle.h"
#include "collector/core/nodata.h"

#include <assert.h>
#include <string.h>

/* Bits of a target's votes that make the next round of controls a paired one. */
#define NETWORK_BITS UINT32_C(0x7)

size_t
correlate_bytes(const struct topology *topology)
{
	size_t len = hypotheses_count(topology);
	size_t agents = (size_t)topology->agent_len + 1;
	size_t groups = hypotheses_groups_count(topology);

	return arena_bytes(1, sizeof(struct correlate)) + hypotheses_bytes(topology) +
	       ring_bytes(topology) + trail_bytes(topology) + rounds_bytes(topology) +
	       slowness_bytes(topology) + usual_bytes(topology) +
	       silence_bytes(topology) + confirm_bytes(topology) +
	       CORRELATE_FINDINGS *
		   (arena_bytes(len, sizeof(int32_t)) + arena_bytes(len, 1)) +
	       arena_bytes(groups, sizeof(struct mono)) +
	       arena_bytes(groups, sizeof(uint64_t)) +
	       2 * arena_bytes(agents, sizeof(struct mono)) +
	       2 * arena_bytes(len, sizeof(int32_t)) +
	       arena_bytes(len, sizeof(uint64_t)) +
	       64; /* alignment of the arena's start */
}

static bool
take_arrays(struct correlate *engine, struct arena *arena)
{
	size_t len = engine->table.len;
	size_t agents = (size_t)engine->topology->agent_len + 1;
	size_t groups = engine->table.group_len;

	for (size_t i = 0; i < CORRELATE_FINDINGS; i++) {
		engine->slot[i].lambda = arena_take(arena, len, sizeof(int32_t));
		engine->slot[i].touch = arena_take(arena, len, 1);
	}
	engine->pending_since = arena_take(arena, groups, sizeof(struct mono));
	engine->consumed = arena_take(arena, groups, sizeof(uint64_t));
	engine->replay_from = arena_take(arena, agents, sizeof(struct mono));
	engine->replay_to = arena_take(arena, agents, sizeof(struct mono));
	engine->lambda = arena_take(arena, len, sizeof(int32_t));
	engine->score = arena_take(arena, len, sizeof(int32_t));
	engine->mass = arena_take(arena, len, sizeof(uint64_t));
	return !arena_failed(arena);
}

/* An instant long before any other that does not overflow when compared. */
static struct mono
long_ago(void)
{
	return (struct mono){INT64_MIN / 4};
}

void
engine_clear(struct correlate *engine)
{
	uint16_t agents = engine->topology->agent_len;

	ring_reset(&engine->ring);
	rounds_reset(&engine->rounds);
	confirm_reset(&engine->confirm, engine->topology);
	engine->trail.head = 0;
	memset(engine->slowness.gauge, 0, engine->slowness.len * sizeof(struct gauge));
	usual_reset(&engine->usual);
	memset(engine->silence.has_left, 0, agents * sizeof(bool));
	memset(engine->silence.is_silent, 0, agents * sizeof(bool));
	engine->silence.waiting_since = MONO_NEVER;
	memset(engine->external, 0, sizeof(engine->external));
	memset(engine->shift_mnats, 0, sizeof(engine->shift_mnats));
	for (size_t i = 0; i < CORRELATE_FINDINGS; i++) {
		int32_t *lambda = engine->slot[i].lambda;
		uint8_t *touch = engine->slot[i].touch;

		engine->slot[i] = (struct slot){.lambda = lambda, .touch = touch};
		memset(lambda, 0, engine->table.len * sizeof(int32_t));
		memset(touch, 0, engine->table.len);
	}
	for (uint16_t g = 0; g < engine->table.group_len; g++) {
		engine->pending_since[g] = MONO_NEVER;
		engine->consumed[g] = 0;
	}
	for (uint16_t a = 0; a < agents; a++) {
		engine->replay_from[a] = long_ago();
		engine->replay_to[a] = long_ago();
		engine->silence.heard_at[a] = (struct mono){0};
	}
	engine->open_len = 0;
	engine->bucket_until = (struct mono){0};
	engine->bucket_from = (struct mono){0};
	engine->next_id = 1;
	engine->late = 0;
	engine->is_started = false;
	engine->has_late_failure = false;
	engine->has_more = false;
}

void
correlate_number_above(struct correlate *correlate, uint64_t id)
{
	if (correlate->next_id <= id) {
		correlate->next_id = id + 1;
	}
}

struct correlate *
correlate_init(struct arena *arena, const struct topology *topology,
    const struct correlate_conf *conf)
{
	struct correlate *engine = arena_take(arena, 1, sizeof(*engine));

	if (engine == NULL) {
		return NULL;
	}
	assert(topology->region_len <= LIMIT_REGIONS);
	assert(topology->target_len <= LIMIT_TARGETS);
	engine->topology = topology;
	tempo_init(&engine->tempo, topology, conf);
	if (!hypotheses_init(&engine->table, arena, topology)) {
		return NULL;
	}
	alarm_divide(&engine->table, engine->tempo.bucket_ns, &conf->alarm,
	    engine->tempo.threshold_mnats);
	if (!ring_init(&engine->ring, arena, &engine->table, &engine->tempo) ||
	    !trail_init(&engine->trail, arena, topology) ||
	    !rounds_init(&engine->rounds, arena, topology, &engine->tempo) ||
	    !slowness_init(&engine->slowness, arena, topology) ||
	    !usual_init(&engine->usual, arena, &engine->table) ||
	    !silence_init(&engine->silence, arena, topology) ||
	    !confirm_init(&engine->confirm, arena, topology) ||
	    !take_arrays(engine, arena)) {
		return NULL;
	}
	engine_clear(engine);
	return engine;
}

void
engine_count_open(struct correlate *engine)
{
	engine->open_len = 0;
	for (size_t i = 0; i < CORRELATE_FINDINGS; i++) {
		const struct slot *slot = &engine->slot[i];

		engine->open_len += slot->is_used && slot->finding.open ? 1 : 0;
	}
}

/* tempo_bucket(), without a division for what is recent. */
static int64_t
bucket_of(const struct correlate *engine, struct mono at)
{
	int64_t back = mono_since(engine->bucket_from, at);

	if (back <= 0) {
		return engine->ring.current; /* nothing lies after now */
	}
	return back <= engine->tempo.bucket_ns ? engine->ring.current - 1
					       : tempo_bucket(&engine->tempo, at);
}

static void
advance(struct correlate *engine, struct mono now)
{
	if (!engine->is_started) {
		engine->is_started = true;
		silence_start(&engine->silence, now);
	}
	if (engine->ring.is_started && mono_before(now, engine->bucket_until)) {
		return;
	}
	lifecycle_decay(
	    engine, ring_advance(&engine->ring, tempo_bucket(&engine->tempo, now)));
	engine->bucket_from.ns = engine->ring.current * engine->tempo.bucket_ns;
	engine->bucket_until = mono_add(engine->bucket_from, engine->tempo.bucket_ns);
}

/* While an agent sends what it had kept, verdicts about it wait for the rest. */
static void
note_replay(struct correlate *engine, uint16_t agent, struct mono now)
{
	if (mono_since(now, engine->replay_to[agent]) > engine->tempo.live_ns) {
		engine->replay_from[agent] = now;
	}
	engine->replay_to[agent] = now;
}

/* True while an open finding is about where the result came from. */
static bool
is_concerned(const struct correlate *engine, const struct weighed *weighed)
{
	for (size_t i = 0; i < CORRELATE_FINDINGS && engine->open_len > 0; i++) {
		const struct slot *slot = &engine->slot[i];
		uint32_t h = slot->hypothesis;

		if (!slot->finding.open || h == HYPOTHESIS_NONE ||
		    !hypothesis_holds(&engine->table, h, weighed->agent)) {
			continue;
		}
		if (weighed->target == TOPOLOGY_NONE ||
		    hypothesis_concerns(&engine->table, h, weighed->target)) {
			return true;
		}
	}
	return false;
}

/* Learned, unless a finding concerns the agent: a fault must not become the usual. */
static bool
note_duration(struct correlate *engine, const struct weighed *weighed,
    struct gauge *gauge, uint32_t total_us)
{
	bool is_slow = gauge_is_slow(gauge, total_us);

	if (!is_concerned(engine, weighed)) {
		gauge_note(gauge, total_us);
	}
	return is_slow;
}

static void
weigh_failure(
    struct correlate *engine, const struct weighed *weighed, struct trail_entry *entry)
{
	uint16_t group = hypotheses_group_of(weighed->target);
	int bit = symptom_bit(weighed->witness, weighed->symptom);
	uint32_t mask = UINT32_C(1) << (unsigned)bit;
	uint32_t shared = ring_votes(&engine->ring, weighed->bucket, 0, weighed->agent);
	uint32_t own =
	    ring_votes(&engine->ring, weighed->bucket, group, weighed->agent);
	uint16_t siblings = hypotheses_siblings_group(&engine->table, weighed->target);

	entry->first_shared = (shared & mask) == 0;
	entry->marks |= (own & mask) == 0 ? TRAIL_FIRST : 0;
	ring_vote(&engine->ring, weighed->bucket, 0, weighed->agent, mask, true);
	ring_mark(&engine->ring, weighed->bucket, 0);
	if (group != 0) {
		ring_vote(
		    &engine->ring, weighed->bucket, group, weighed->agent, mask, true);
		ring_mark(&engine->ring, weighed->bucket, group);
	}
	if (siblings != 0) {
		uint32_t theirs = ring_votes(
		    &engine->ring, weighed->bucket, siblings, weighed->agent);

		entry->marks |= (theirs & mask) == 0 ? TRAIL_FIRST_SIBLINGS : 0;
		ring_vote(&engine->ring, weighed->bucket, siblings, weighed->agent,
		    mask, true);
		ring_mark(&engine->ring, weighed->bucket, siblings);
	}
	rounds_touch(&engine->rounds, weighed->agent, weighed->bucket);
	engine->has_late_failure = engine->has_late_failure || !weighed->is_live;
}

static void
add_weights(struct correlate *engine, const struct weighed *weighed,
    const int32_t *weight, int sign)
{
	uint16_t group[HYPOTHESIS_GROUPS];
	size_t len =
	    hypotheses_groups(&engine->table, weighed->target, weighed->targets, group);

	for (size_t i = 0; i < len; i++) {
		ring_add(&engine->ring, weighed->bucket, group[i], weighed->agent,
		    weight, sign);
	}
}

static void
weigh_target(struct correlate *engine, const struct weighed *weighed,
    const struct evidence *evidence)
{
	bool is_bad = symptom_bit(weighed->witness, weighed->symptom) >= 0;
	bool is_explained = is_bad && lifecycle_is_explained(engine, NULL, weighed);
	enum weighing how = is_explained ? WEIGHING_NEGATIVE : WEIGHING_CAPPED;
	const int32_t *weight = hypotheses_weight(
	    &engine->table, how, weighed->witness, weighed->symptom, weighed->target);
	int64_t took_ns = evidence->total_us * CLOCK_NS_PER_US;
	struct trail_entry entry = {.bucket = weighed->bucket,
	    .started = ring_part(&engine->tempo, mono_add(weighed->at, -took_ns)),
	    .agent = weighed->agent,
	    .target = weighed->target,
	    .outcome = (uint8_t)evidence->outcome,
	    .phase = (uint8_t)evidence->phase,
	    .witness = (uint8_t)weighed->witness,
	    .symptom = (uint8_t)weighed->symptom,
	    .marks = is_explained ? TRAIL_EXPLAINED : 0};

	add_weights(engine, weighed, weight, 1);
	if (is_bad && !is_explained) {
		weigh_failure(engine, weighed, &entry);
	}
	if (!is_explained) {
		ring_note_run(&engine->ring, &entry);
	}
	(void)trail_put(&engine->trail, &entry);
	lifecycle_account(engine, weighed, 1);
	if (weighed->is_live && !is_concerned(engine, weighed)) {
		usual_note(&engine->usual, weighed->target, weighed->witness,
		    weighed->symptom);
	}
}

static void
note_control(
    struct correlate *engine, struct weighed *weighed, const struct evidence *evidence)
{
	uint8_t member = rounds_member(&engine->rounds, evidence->probe);
	uint16_t region = engine->topology->agent[evidence->agent].region;
	struct round_member result = {.status = ROUND_GOOD,
	    .outcome = (uint8_t)evidence->outcome,
	    .phase = (uint8_t)evidence->phase,
	    .is_asked = (evidence->flags & FLAG_ON_DEMAND) != 0};

	if (member >= ROUNDS_MEMBERS) {
		return;
	}
	if (symptom_is_cut(evidence->outcome, evidence->phase, evidence->flags,
		evidence->http_status)) {
		result.status = ROUND_CUT;
	} else if (evidence->outcome == OUTCOME_OK) {
		struct gauge *gauge =
		    slowness_control(&engine->slowness, member, region);
		bool is_slow =
		    note_duration(engine, weighed, gauge, evidence->total_us) ||
		    (evidence->flags & FLAG_SLOW) != 0;

		result.status = is_slow ? ROUND_SLOW : ROUND_GOOD;
	}
	if (!rounds_note(
		&engine->rounds, weighed->agent, weighed->bucket, member, result)) {
		engine->late++;
	}
}

static void
note_target(
    struct correlate *engine, struct weighed *weighed, const struct evidence *evidence)
{
	uint16_t region = engine->topology->agent[evidence->agent].region;

	weighed->symptom = symptom_of(
	    evidence->outcome, evidence->phase, evidence->flags, evidence->http_status);
	if (evidence->outcome == OUTCOME_OK) {
		struct gauge *gauge = slowness_target(
		    &engine->slowness, weighed->target, weighed->witness, region);

		if (note_duration(engine, weighed, gauge, evidence->total_us)) {
			weighed->symptom = SYMPTOM_SLOW;
		}
	}
	weigh_target(engine, weighed, evidence);
}

void
correlate_result(
    struct correlate *correlate, const struct evidence *evidence, struct mono now)
{
	const struct topology_probe *probe =
	    &correlate->topology->probe[evidence->probe];
	struct mono at = mono_min(evidence->at, now);
	struct weighed weighed = {.agent = evidence->agent,
	    .target = probe->target,
	    .witness = probe->role == ROLE_FREE ? WITNESS_FREE : WITNESS_TARGET,
	    .at = at};

	assert(evidence->agent < correlate->topology->agent_len);
	assert(evidence->probe < correlate->topology->probe_len);
	advance(correlate, now);
	silence_heard(&correlate->silence, evidence->agent, now);
	if (evidence->outcome == OUTCOME_SKIPPED) {
		return; /* not tried: the agent is alive, and nothing else is known */
	}
	weighed.bucket = bucket_of(correlate, at);
	weighed.is_live = mono_since(now, at) < correlate->tempo.live_ns;
	if (!weighed.is_live) {
		note_replay(correlate, evidence->agent, now);
	}
	if (!ring_holds(&correlate->ring, weighed.bucket)) {
		correlate->late++;
		return;
	}
	switch (probe->role) {
	case ROLE_CONTROL:
		weighed.target = TOPOLOGY_NONE;
		weighed.witness = WITNESS_CONTROL;
		note_control(correlate, &weighed, evidence);
		break;
	case ROLE_TARGET:
	case ROLE_FREE:
		note_target(correlate, &weighed, evidence);
		break;
	case ROLE_SOURCE:
	case ROLE_COUNT:
		break;
	}
}

/* Targets of which the agent saw a network failure in that bucket. */
static uint64_t
cut_targets(const struct correlate *engine, uint16_t agent, int64_t bucket)
{
	uint32_t bits = NETWORK_BITS | NETWORK_BITS << (unsigned)SYMPTOM_OK;
	uint64_t mask = 0;

	if ((ring_votes(&engine->ring, bucket, 0, agent) & bits) == 0) {
		return 0;
	}
	for (uint16_t t = 0; t < engine->topology->target_len; t++) {
		uint16_t group = hypotheses_group_of(t);

		if ((ring_votes(&engine->ring, bucket, group, agent) & bits) != 0) {
			mask |= UINT64_C(1) << t;
		}
	}
	return mask;
}

static void
weigh_round(struct correlate *engine, const struct weighed *weighed, bool is_explained,
    int sign)
{
	int bit = symptom_bit(weighed->witness, weighed->symptom);
	enum weighing how = is_explained ? WEIGHING_NEGATIVE : WEIGHING_CAPPED;
	const int32_t *weight =
	    engine->table.weight[how][weighed->witness][weighed->symptom];

	add_weights(engine, weighed, weight, sign);
	if (bit >= 0 && !is_explained) {
		ring_vote(&engine->ring, weighed->bucket, 0, weighed->agent,
		    UINT32_C(1) << (unsigned)bit, sign > 0);
		ring_mark(&engine->ring, weighed->bucket, 0);
	}
	lifecycle_account(engine, weighed, sign);
}

/* Takes back what a round had said. False when that is a finding's already: then the round
 * stays as it was. */
static bool
unweigh_round(struct correlate *engine, struct round *round, uint16_t agent)
{
	struct weighed weighed = {.bucket = round->said.bucket,
	    .agent = agent,
	    .target = TOPOLOGY_NONE,
	    .targets = round->targets,
	    .witness = (enum witness)round->witness,
	    .symptom = round->said.symptom};
	struct trail_entry *entry = trail_at(&engine->trail, round->entry);

	if (round->entry < engine->consumed[0] ||
	    !ring_holds(&engine->ring, round->said.bucket)) {
		return false;
	}
	weigh_round(engine, &weighed, round->is_explained, -1);
	if (entry != NULL) {
		entry->is_void = 1;
	}
	round->is_weighed = false;
	return true;
}

static void
settle_round(
    struct correlate *engine, struct round *round, uint16_t agent, struct mono now)
{
	struct round_says says = rounds_ask(&engine->rounds, round);
	uint64_t targets = cut_targets(engine, agent, says.bucket);
	struct weighed weighed = {.bucket = says.bucket,
	    .agent = agent,
	    .target = TOPOLOGY_NONE,
	    .targets = targets,
	    .witness = targets != 0 ? WITNESS_PAIRED : WITNESS_CONTROL,
	    .symptom = says.symptom,
	    .at = {says.bucket * engine->tempo.bucket_ns}};
	struct trail_entry entry;

	weighed.is_live = mono_since(now, weighed.at) < engine->tempo.live_ns;
	if (says.symptom == SYMPTOM_COUNT || !ring_holds(&engine->ring, says.bucket)) {
		return;
	}
	if (round->is_weighed) {
		if (round->said.symptom == says.symptom && round->targets == targets &&
		    round->said.bucket == says.bucket) {
			return;
		}
		if (!unweigh_round(engine, round, agent)) {
			return;
		}
	}
	round->is_explained = symptom_bit(weighed.witness, says.symptom) >= 0 &&
			      lifecycle_is_explained(engine, NULL, &weighed);
	round->said = says;
	round->witness = (uint8_t)weighed.witness;
	round->targets = targets;
	round->is_weighed = true;
	entry = (struct trail_entry){.bucket = says.bucket,
	    .started = says.bucket * BLIPS_PARTS,
	    .agent = agent,
	    .target = TOPOLOGY_NONE,
	    .outcome = says.outcome,
	    .phase = says.phase,
	    .witness = round->witness,
	    .symptom = (uint8_t)says.symptom,
	    .marks = round->is_explained ? TRAIL_EXPLAINED : 0,
	    .first_shared = !round->is_explained,
	    .targets = targets};
	round->entry = trail_put(&engine->trail, &entry);
	weigh_round(engine, &weighed, round->is_explained, 1);
}

static void
settle_rounds(struct correlate *engine, struct mono now)
{
	uint16_t agent;
	struct round *round = rounds_next(&engine->rounds, &agent);

	while (round != NULL) {
		settle_round(engine, round, agent, now);
		round = rounds_next(&engine->rounds, &agent);
	}
}

size_t
correlate_step(struct correlate *correlate, struct mono now,
    struct finding_change out[CORRELATE_CHANGES])
{
	correlate->out = out;
	correlate->out_len = 0;
	correlate->has_more = false;
	advance(correlate, now);
	settle_rounds(correlate, now);
	slowness_step(&correlate->slowness);
	ring_recompute(&correlate->ring);
	silence_update(&correlate->silence, &correlate->tempo, now);
	decide_step(correlate, now);
	usual_step(&correlate->usual, &correlate->ring,
	    now.ns / (USUAL_PERIOD * correlate->tempo.base_ns));
	nodata_step(correlate, now);
	lifecycle_follow(correlate, now);
	engine_count_open(correlate);
	confirm_step(correlate, now);
	correlate->out = NULL;
	return correlate->out_len;
}

struct mono
correlate_deadline(const struct correlate *correlate)
{
	if (!correlate->is_started || correlate->has_more) {
		return (struct mono){0};
	}
	return mono_min(correlate->confirm.next_at,
	    (struct mono){(correlate->ring.current + 1) * correlate->tempo.bucket_ns});
}

void
correlate_heard(struct correlate *correlate, uint16_t agent, struct mono now)
{
	advance(correlate, now);
	silence_heard(&correlate->silence, agent, now);
}

void
correlate_left(struct correlate *correlate, uint16_t agent, struct mono now)
{
	advance(correlate, now);
	silence_left(&correlate->silence, agent);
}

void
correlate_external(
    struct correlate *correlate, uint16_t target, enum external_state state)
{
	assert(target < correlate->topology->target_len);
	correlate->external[target] = state;
}

void
correlate_shift(struct correlate *correlate, uint16_t target, int32_t shift_mnats)
{
	assert(target < correlate->topology->target_len);
	correlate->shift_mnats[target] = shift_mnats;
}

void
correlate_resume(struct correlate *correlate, struct mono now)
{
	silence_start(&correlate->silence, now);
	advance(correlate, now);
}

size_t
correlate_findings(const struct correlate *correlate, struct finding *out, size_t cap)
{
	size_t len = 0;

	for (size_t i = 0; i < CORRELATE_FINDINGS && len < cap; i++) {
		if (correlate->slot[i].is_used && correlate->slot[i].finding.open) {
			out[len++] = correlate->slot[i].finding;
		}
	}
	return len;
}

bool
correlate_is_silent(const struct correlate *correlate, uint16_t agent)
{
	return correlate->silence.is_silent[agent];
}

uint64_t
correlate_late(const struct correlate *correlate)
{
	return correlate->late;
}
