#include "collector/core/decide.h"
#include "collector/core/explain.h"
#include "collector/core/lifecycle.h"

#include <string.h>

/* Shifts of the prior of a target's upstream faults, milli-nats. A page says "all good" in
 * most outages, so that weighs little; neither can page, since a threshold is only ever
 * reached by evidence of our own. */
enum {
	SHIFT_INCIDENT = 2500,
	SHIFT_CLEAR = -300,
	SHIFT_MIN = -2000,
	SHIFT_MAX = 3000,
	PASSES_MAX = 4,
	REST_NAMED_MNATS = 4000,
	REST_FEW_MNATS = 4000,
	REST_MANY_MNATS = 8000,
	REST_PARTIAL_MNATS = 11000,
	RATE_MNATS = -800, /* of a good answer, where most requests fail */
	NEAR_MNATS = -5000 /* of the threshold: nothing is learned here */
};

int32_t
decide_shift(const struct correlate *engine, uint16_t target)
{
	int32_t shift;

	if (target == TOPOLOGY_NONE) {
		return 0;
	}
	shift = engine->shift_mnats[target];
	switch (engine->external[target]) {
	case EXTERNAL_INCIDENT:
		shift += SHIFT_INCIDENT;
		break;
	case EXTERNAL_CLEAR:
		shift += SHIFT_CLEAR;
		break;
	case EXTERNAL_UNKNOWN:
		break;
	}
	if (shift > SHIFT_MAX) {
		return SHIFT_MAX;
	}
	return shift < SHIFT_MIN ? SHIFT_MIN : shift;
}

int32_t
decide_shift_of(const struct correlate *engine, uint32_t hypothesis)
{
	int32_t shift = INT32_MIN;

	if (!hypothesis_is_upstream(&engine->table, hypothesis)) {
		return 0;
	}
	for (uint16_t t = 0; t < engine->topology->target_len; t++) {
		int32_t of_target = decide_shift(engine, t);

		if (hypothesis_concerns(&engine->table, hypothesis, t)) {
			shift = of_target > shift ? of_target : shift;
		}
	}
	return shift == INT32_MIN ? 0 : shift;
}

struct posterior
decide_posterior(struct correlate *engine, const int32_t *lambda, uint16_t target,
    const struct slot *slot)
{
	bool is_provider =
	    slot != NULL &&
	    engine->table.at[slot->hypothesis].scope_kind == SCOPE_PROVIDER;
	struct posterior_query query = {.table = &engine->table,
	    .lambda = lambda,
	    .shift_mnats = decide_shift(engine, target),
	    .target = target,
	    .touch = slot != NULL ? slot->touch : NULL,
	    .is_provider = is_provider,
	    .told = slot != NULL ? slot->hypothesis : HYPOTHESIS_NONE,
	    .score = engine->score,
	    .mass = engine->mass};

	return posterior_of(&query);
}

uint16_t
decide_strongest(
    const struct correlate *engine, const int32_t *lambda, uint32_t hypothesis)
{
	uint16_t strongest = TOPOLOGY_NONE;
	int64_t best = INT64_MIN;

	for (uint32_t h = engine->table.group[0].len; h < engine->table.len; h++) {
		int64_t score = (int64_t)lambda[h] + engine->table.at[h].prior_mnats;
		uint16_t target = engine->table.at[h].target;

		if (score > best && target != TOPOLOGY_NONE &&
		    hypothesis_concerns(&engine->table, hypothesis, target)) {
			best = score;
			strongest = target;
		}
	}
	return strongest;
}

/* `excess`: CUSUM and prior, over the threshold of its class. */
struct candidate {
	uint32_t hypothesis;
	int64_t excess;
	int64_t bucket;
};

static struct candidate
best_of_group(const struct correlate *engine, uint16_t group, int64_t bucket)
{
	const struct hypothesis_group *at = &engine->table.group[group];
	uint16_t target = group > 0 ? (uint16_t)(group - 1) : TOPOLOGY_NONE;
	int32_t shift = decide_shift(engine, target);
	int32_t threshold =
	    engine->tempo.threshold_mnats[alarm_class(engine->topology, target)];
	struct candidate best = {HYPOTHESIS_NONE, INT64_MIN, bucket};

	if (!ring_is_live(&engine->ring, group, bucket)) {
		return best;
	}
	for (uint32_t h = at->first; h < at->first + at->len; h++) {
		int64_t excess = (int64_t)ring_cusum(&engine->ring, h, bucket) +
				 engine->table.at[h].prior_mnats - threshold;

		if (hypothesis_is_upstream(&engine->table, h)) {
			excess += shift;
		}
		if (excess > best.excess) {
			best = (struct candidate){h, excess, bucket};
		}
	}
	return best;
}

/* The evidence of a provider's targets for this hypothesis of it, since its onset. */
static bool
is_borne_out(struct correlate *engine, uint32_t hypothesis, int64_t bucket)
{
	int64_t onset = ring_onset(&engine->ring, hypothesis, bucket);

	for (uint16_t t = 0; t < engine->topology->target_len; t++) {
		uint32_t own = hypothesis_of_target(&engine->table, hypothesis, t);

		if (own != HYPOTHESIS_NONE &&
		    hypothesis_concerns(&engine->table, hypothesis, t)) {
			engine->lambda[own] =
			    (int32_t)ring_sum(&engine->ring, own, onset, bucket);
		}
	}
	return posterior_is_shared(&engine->table, engine->lambda, hypothesis);
}

/* The best fault of the target's provider that its targets bear out and that would be
 * detected. */
static struct candidate
best_of_siblings(struct correlate *engine, uint16_t target, int64_t bucket)
{
	uint16_t group = hypotheses_siblings_group(&engine->table, target);
	int32_t threshold = engine->tempo.threshold_mnats[ALARM_SHARED];
	const struct hypothesis_group *at = &engine->table.group[group];
	struct candidate best = {HYPOTHESIS_NONE, INT64_MIN, bucket};

	if (group == 0 || !ring_is_live(&engine->ring, group, bucket)) {
		return best;
	}
	for (uint32_t h = at->first; h < at->first + at->len; h++) {
		int64_t excess = (int64_t)ring_cusum(&engine->ring, h, bucket) +
				 engine->table.at[h].prior_mnats - threshold +
				 decide_shift_of(engine, h);

		if (excess > best.excess && excess >= 0 &&
		    is_borne_out(engine, h, bucket)) {
			best = (struct candidate){h, excess, bucket};
		}
	}
	return best;
}

/* The target whose own causes are most likely among those of its provider. */
static bool
leads_siblings(const struct correlate *engine, uint16_t target)
{
	uint16_t provider = engine->table.provider_of[target];
	int64_t bucket = engine->ring.current;
	int64_t own = best_of_group(engine, hypotheses_group_of(target), bucket).excess;

	for (uint16_t t = 0; t < engine->topology->target_len; t++) {
		int64_t other;

		if (t == target || engine->table.provider_of[t] != provider) {
			continue;
		}
		other = best_of_group(engine, hypotheses_group_of(t), bucket).excess;
		if (other > own || (other == own && t < target)) {
			return false;
		}
	}
	return true;
}

static bool
is_held(const struct correlate *engine, uint32_t hypothesis, struct mono now)
{
	for (uint16_t a = 0; a < engine->topology->agent_len; a++) {
		if (mono_since(now, engine->replay_to[a]) < engine->tempo.hold_ns &&
		    mono_since(now, engine->replay_from[a]) <
			engine->tempo.hold_max_ns &&
		    hypothesis_holds(&engine->table, hypothesis, a)) {
			return true;
		}
	}
	return false;
}

static struct mono
bucket_at(const struct correlate *engine, int64_t bucket)
{
	return (struct mono){bucket * engine->tempo.bucket_ns};
}

static void
sharpen_group(struct correlate *engine, const struct trail_entry *entry, uint16_t group)
{
	enum witness witness = (enum witness)entry->witness;
	enum symptom symptom = (enum symptom)entry->symptom;
	const int32_t *full = hypotheses_weight(
	    &engine->table, WEIGHING_FULL, witness, symptom, entry->target);
	const int32_t *naming = hypotheses_weight(
	    &engine->table, WEIGHING_NAMING, witness, symptom, entry->target);
	struct hypothesis_span span[HYPOTHESIS_SPANS];
	size_t len = hypotheses_spans(&engine->table, group, entry->agent, span);

	for (size_t i = 0; i < len; i++) {
		for (uint32_t k = 0; k < span[i].len; k++) {
			uint32_t row = span[i].row + k;

			engine->lambda[span[i].first + k] += naming[row] - full[row];
		}
	}
}

/* The clip bounds what one result can do to the statistic; two causes that both reach it
 * look alike there. So the full votes count beyond it when causes are told apart. */
static void
sharpen(struct correlate *engine, struct span span)
{
	for (uint64_t n = trail_oldest(&engine->trail); n < engine->trail.head; n++) {
		const struct trail_entry *entry = trail_at(&engine->trail, n);
		uint16_t group[HYPOTHESIS_GROUPS];
		size_t len;

		if (entry->bucket < span.from || entry->bucket > span.to ||
		    entry->first_shared == 0 || entry->is_void != 0 ||
		    n < engine->consumed[hypotheses_group_of(entry->target)]) {
			continue;
		}
		len = hypotheses_groups(
		    &engine->table, entry->target, entry->targets, group);
		for (size_t i = 0; i < len; i++) {
			sharpen_group(engine, entry, group[i]);
		}
	}
}

/* The evidence for every cause in the span. */
static void
fill_lambda(struct correlate *engine, struct span span)
{
	for (uint32_t h = 0; h < engine->table.len; h++) {
		engine->lambda[h] =
		    (int32_t)ring_sum(&engine->ring, h, span.from, span.to);
	}
	sharpen(engine, span);
}

/* Several agents, in different regions. */
static bool
is_spread(const struct extent *extent)
{
	return extent->agents >= EXPLAIN_AGENTS &&
	       (extent->regions & (extent->regions - 1)) != 0;
}

/* How long evidence of this extent must last before it is no blip, in parts. Failures of
 * one agent, or of one region, share what happens to its network: they must outlast the
 * blips of those agents. Where several agents in different regions saw it, it can still be
 * a hiccup of the target that reaches everybody, which is shorter: agents are independent
 * of each other there, but not of the target. An answer that names a fault of ours is never
 * a blip of a network, so there too only a hiccup is waited for. */
static int64_t
span_needed(
    const struct correlate *engine, uint32_t hypothesis, const struct extent *extent)
{
	const struct blips *blips = &engine->ring.blips;
	uint16_t target = engine->table.at[hypothesis].target;
	int64_t own = 0;
	int64_t theirs =
	    target != TOPOLOGY_NONE ? blips_target(blips, target) : BLIPS_TARGET_PRIOR;

	for (uint16_t i = 0; i < extent->agents; i++) {
		int32_t each = blips_agent(blips, extent->agent[i]);

		own = each > own ? each : own;
	}
	theirs += theirs / 8;
	if (hypothesis_family(&engine->table, hypothesis) == FAMILY_CONFIGURATION) {
		return is_spread(extent) ? theirs / 2 : theirs;
	}
	if (is_spread(extent)) {
		return theirs;
	}
	return extent->agents > 1 ? own : own + own / 2;
}

/* What must be left when the densest stretch of that length is taken for a blip. A blip
 * leaves high sums behind, above all for a fault that hits few requests, and then a stray
 * failure before or after would make it look longer. What is left is counted by itself; for
 * chance to bring it to n nats has a probability of about e^-n. A fault of few requests
 * remembers more of the past, in which there is more chance. */
static int64_t
rest_needed(
    const struct correlate *engine, uint32_t hypothesis, const struct extent *extent)
{
	const struct hypotheses *table = &engine->table;
	uint8_t row = table->at[hypothesis].row;

	if (extent->agents < 2) {
		return 1;
	}
	if (hypothesis_family(table, hypothesis) == FAMILY_CONFIGURATION) {
		return REST_NAMED_MNATS;
	}
	if (!is_spread(extent)) {
		return REST_FEW_MNATS;
	}
	return table->weight[WEIGHING_FULL][WITNESS_TARGET][SYMPTOM_OK][row] <
		       RATE_MNATS
		   ? REST_MANY_MNATS
		   : REST_PARTIAL_MNATS;
}

/* Too short so far. Measured between the starts of runs, since a timeout makes a blip of
 * seconds look as long as itself. */
static bool
is_blip(struct correlate *engine, uint32_t hypothesis, struct detection *detection)
{
	struct extent extent;
	struct rest rest;

	if (!explain_extent(engine, hypothesis, detection->span, &extent)) {
		return true;
	}
	detection->last_bad_at = bucket_at(engine, extent.last + 1);
	if (detection->is_past && engine->has_late_failure) {
		return extent.began.to - extent.began.from <
		       span_needed(engine, hypothesis, &extent);
	}
	rest = (struct rest){.is_spread = is_spread(&extent)};
	explain_rest(engine, hypothesis, detection->span,
	    span_needed(engine, hypothesis, &extent), &rest);
	confirm_ripens(engine, hypothesis, rest.until);
	return rest.mnats < rest_needed(engine, hypothesis, &extent);
}

/* Waits for a sure cause; true when the wait is over. */
static bool
is_waited_out(struct correlate *engine, uint16_t group, struct mono now)
{
	engine->pending_since[group] = mono_min(engine->pending_since[group], now);
	return mono_since(now, engine->pending_since[group]) >=
	       engine->tempo.isolate_ns;
}

/* How the belief moved from the onset until now: the posterior at the end of each bucket.
 * Leaves the evidence of the whole span in engine->lambda, as fill_lambda() does. */
static void
trace_course(struct correlate *engine, uint16_t target, struct detection *detection)
{
	memset(engine->lambda, 0, engine->table.len * sizeof(int32_t));
	for (int64_t bucket = detection->span.from; bucket <= detection->span.to;
	     bucket++) {
		struct posterior posterior;

		for (uint32_t h = 0; h < engine->table.len; h++) {
			engine->lambda[h] +=
			    (int32_t)ring_sum(&engine->ring, h, bucket, bucket);
		}
		posterior = decide_posterior(engine, engine->lambda, target, NULL);
		lifecycle_note_course(engine, &detection->course, &posterior, 0,
		    bucket_at(engine, bucket + 1));
	}
	sharpen(engine, detection->span);
}

/* How sure a cause must be. The network of a region shows in the target's failures first
 * and in those of the controls only later: until those were asked it is a path. */
static uint32_t
open_ppm(const struct correlate *engine, uint32_t winner)
{
	return hypothesis_verdict(&engine->table, winner) == VERDICT_PATH
		   ? TEMPO_OPEN_PATH_PPM
		   : TEMPO_OPEN_PPM;
}

static bool
name_cause(struct correlate *engine, uint16_t target, struct candidate detected,
    bool is_past, struct mono now)
{
	uint16_t group = hypotheses_group_of(target);
	struct detection detection = {.is_past = is_past};
	uint32_t winner;

	detection.span.from =
	    ring_onset(&engine->ring, detected.hypothesis, detected.bucket);
	detection.span.to = detected.bucket;
	fill_lambda(engine, detection.span);
	detection.posterior = decide_posterior(engine, engine->lambda, target, NULL);
	winner = detection.posterior.winner;
	if (winner == HYPOTHESIS_NONE || is_blip(engine, winner, &detection)) {
		return false;
	}
	if (detection.posterior.confidence_ppm < open_ppm(engine, winner) && !is_past) {
		if (!is_waited_out(engine, group, now)) {
			return false;
		}
		detection.is_unknown =
		    detection.posterior.confidence_ppm < TEMPO_OPEN_PPM &&
		    hypothesis_pages(&engine->table, winner);
	}
	engine->pending_since[group] = MONO_NEVER;
	trace_course(engine, target, &detection);
	lifecycle_detected(engine, &detection, now);
	return true;
}

/* Over before we learned of it: to be recorded, once its evidence is old. */
static bool
is_over(const struct correlate *engine, uint32_t hypothesis, struct mono now)
{
	int64_t first;
	int64_t last;

	if (!ring_extent(&engine->ring, hypothesis, INT64_MIN, &first, &last)) {
		return false;
	}
	return mono_since(now, bucket_at(engine, last + 1)) > engine->tempo.fresh_ns;
}

/* More for it than against it lately. What was good before the onset is no argument: a
 * fault that begins now would have to outweigh minutes of health first. */
bool
decide_is_fresh(const struct correlate *engine, uint32_t hypothesis, struct mono now)
{
	int64_t current = engine->ring.current;
	int64_t from = tempo_bucket(
	    &engine->tempo, (struct mono){now.ns - engine->tempo.fresh_ns});
	int64_t onset = ring_onset(&engine->ring, hypothesis, current);

	return ring_sum(
		   &engine->ring, hypothesis, onset > from ? onset : from, current) > 0;
}

/* CUSUM never came back to zero and there are failures up to now: the fault is there, and
 * will be told as such. */
static bool
goes_on(const struct correlate *engine, const struct candidate *peak, struct mono now)
{
	return peak->excess >= 0 &&
	       ring_onset(&engine->ring, peak->hypothesis, engine->ring.current) <=
		   peak->bucket &&
	       decide_is_fresh(engine, peak->hypothesis, now);
}

/* The best cause in the view of `target`. False when another target is the one to judge it:
 * a provider's by the one that leads, what is shared by the `strongest`. */
static bool
find_best(struct correlate *engine, uint16_t target, uint16_t strongest,
    struct candidate *out_best)
{
	int64_t current = engine->ring.current;
	struct candidate shared = best_of_group(engine, 0, current);
	struct candidate siblings;
	struct candidate best;

	*out_best = shared;
	if (target == TOPOLOGY_NONE) {
		return true;
	}
	best = best_of_group(engine, hypotheses_group_of(target), current);
	siblings = best_of_siblings(engine, target, current);
	if (siblings.excess > best.excess) {
		if (!leads_siblings(engine, target)) {
			return false;
		}
		best = siblings;
	}
	if (best.excess > NEAR_MNATS) {
		usual_suspect(&engine->usual, target);
	}
	if (shared.excess > best.excess) {
		return target == strongest;
	}
	*out_best = best;
	return true;
}

static bool
decide_target(
    struct correlate *engine, uint16_t target, uint16_t strongest, struct mono now)
{
	uint16_t group = hypotheses_group_of(target);
	struct candidate best;

	if (!find_best(engine, target, strongest, &best)) {
		return false;
	}
	if (best.hypothesis == HYPOTHESIS_NONE || best.excess < 0) {
		engine->pending_since[group] = MONO_NEVER;
		return false;
	}
	if (is_held(engine, best.hypothesis, now)) {
		return false;
	}
	if (!decide_is_fresh(engine, best.hypothesis, now)) {
		engine->pending_since[group] = MONO_NEVER;
		return is_over(engine, best.hypothesis, now) &&
		       name_cause(engine, target, best, true, now);
	}
	return name_cause(engine, target, best, false, now);
}

/* The target in whose view a shared cause is judged: its strongest rival. */
static uint16_t
strongest_target(const struct correlate *engine)
{
	uint16_t strongest = engine->topology->target_len > 0 ? 0 : TOPOLOGY_NONE;
	int64_t best = INT64_MIN;

	for (uint16_t t = 0; t < engine->topology->target_len; t++) {
		struct candidate candidate =
		    best_of_group(engine, hypotheses_group_of(t), engine->ring.current);

		if (candidate.excess > best) {
			best = candidate.excess;
			strongest = t;
		}
	}
	return strongest;
}

/* The highest statistic of any bucket, over those that are long past. */
static struct candidate
find_peak(const struct correlate *engine, uint16_t group, int64_t before)
{
	struct candidate best = {HYPOTHESIS_NONE, INT64_MIN, 0};

	for (int64_t bucket = engine->ring.current - TEMPO_RING + 1; bucket < before;
	     bucket++) {
		struct candidate candidate = best_of_group(engine, group, bucket);

		best = candidate.excess > best.excess ? candidate : best;
	}
	return best;
}

static bool
is_replaying(const struct correlate *engine, struct mono now)
{
	for (uint16_t a = 0; a < engine->topology->agent_len; a++) {
		if (mono_since(now, engine->replay_to[a]) < engine->tempo.hold_ns &&
		    mono_since(now, engine->replay_from[a]) <
			engine->tempo.hold_max_ns) {
			return true;
		}
	}
	return false;
}

/* A replay may show a fault that began and ended inside it: CUSUM is back at zero by now,
 * so its peak is looked for. Recorded, never a page. */
static bool
find_past(struct correlate *engine, struct mono now)
{
	int64_t before = tempo_bucket(
	    &engine->tempo, (struct mono){now.ns - engine->tempo.fresh_ns});
	struct candidate peak = {HYPOTHESIS_NONE, INT64_MIN, 0};
	uint16_t target = TOPOLOGY_NONE;

	if (!engine->has_late_failure || is_replaying(engine, now) ||
	    !lifecycle_has_room(engine)) {
		return false;
	}
	for (uint16_t g = 0; g <= engine->topology->target_len; g++) {
		struct candidate candidate = find_peak(engine, g, before);

		if (candidate.excess > peak.excess) {
			peak = candidate;
			target = g > 0 ? (uint16_t)(g - 1) : TOPOLOGY_NONE;
		}
	}
	if (peak.hypothesis != HYPOTHESIS_NONE && goes_on(engine, &peak, now)) {
		return false; /* looked at again when it is told, or over */
	}
	if (peak.hypothesis == HYPOTHESIS_NONE || peak.excess < 0) {
		engine->has_late_failure = false;
		return false;
	}
	if (target == TOPOLOGY_NONE && engine->topology->target_len > 0) {
		target = strongest_target(engine);
	}
	/* whatever comes of it, it was looked at: it may still go on */
	engine->has_late_failure = false;
	return name_cause(engine, target, peak, true, now);
}

void
decide_step(struct correlate *engine, struct mono now)
{
	bool acted = true;

	for (int pass = 0; pass < PASSES_MAX && acted; pass++) {
		uint16_t strongest = strongest_target(engine);

		acted = find_past(engine, now);
		if (strongest == TOPOLOGY_NONE) {
			acted =
			    lifecycle_has_room(engine) &&
			    decide_target(engine, TOPOLOGY_NONE, TOPOLOGY_NONE, now);
		}
		for (uint16_t t = 0; t < engine->topology->target_len; t++) {
			if (!lifecycle_has_room(engine)) {
				engine->has_more = true;
				return;
			}
			acted = decide_target(engine, t, strongest, now) || acted;
		}
	}
}
