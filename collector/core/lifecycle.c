#include "collector/core/lifecycle.h"
#include "collector/core/decide.h"
#include "collector/core/explain.h"
#include "collector/core/siblings.h"

#include <assert.h>
#include <string.h>

enum {
	CHANGES_AT_ONCE = 2,     /* most that one action tells */
	CHANGES_OF_FOLLOW = 5,   /* the same for one finding that is followed */
	GRADE_OPEN_PPM = 750000, /* outage rather than partial: at first, */
	GRADE_UP_PPM = 800000,   /* from partial to outage, */
	GRADE_DOWN_PPM = 600000, /* and back */
	GRADE_COUNT_MIN = 6 * ENGINE_FIXED,
	TURN_MNATS = 12000,
	RATE_COUNT_MIN = 32 * ENGINE_FIXED,
	RATE_OFF_PPM = 80000
};

bool
lifecycle_has_room(const struct correlate *engine)
{
	return engine->out_len + CHANGES_AT_ONCE <= CORRELATE_CHANGES;
}

void
lifecycle_tell(struct correlate *engine, struct slot *slot, enum finding_event event,
    struct mono now)
{
	assert(engine->out_len < CORRELATE_CHANGES);
	slot->finding.changed_at = now;
	engine->out[engine->out_len++] =
	    (struct finding_change){.event = event, .finding = slot->finding};
}

bool
lifecycle_explains(const struct correlate *engine, const struct slot *slot,
    const struct weighed *weighed)
{
	uint32_t h = slot->hypothesis;
	const struct hypotheses *table = &engine->table;

	if (!slot->is_used || !slot->finding.open || h == HYPOTHESIS_NONE) {
		return false;
	}
	if (!hypothesis_concerns(table, h, weighed->target)) {
		return false;
	}
	return table->explains[table->at[h].row][weighed->witness][weighed->symptom] &&
	       hypothesis_holds(table, h, weighed->agent);
}

bool
lifecycle_is_explained(const struct correlate *engine, const struct slot *except,
    const struct weighed *weighed)
{
	for (size_t i = 0; i < CORRELATE_FINDINGS && engine->open_len > 0; i++) {
		const struct slot *slot = &engine->slot[i];

		if (slot != except && lifecycle_explains(engine, slot, weighed)) {
			return true;
		}
	}
	return false;
}

static void
add_group(const struct correlate *engine, int32_t *lambda,
    const struct weighed *weighed, uint16_t group, const int32_t *weight)
{
	struct hypothesis_span span[HYPOTHESIS_SPANS];
	size_t len = hypotheses_spans(&engine->table, group, weighed->agent, span);

	for (size_t i = 0; i < len; i++) {
		for (uint32_t k = 0; k < span[i].len; k++) {
			lambda[span[i].first + k] += weight[span[i].row + k];
		}
	}
}

static void
account_lambda(struct correlate *engine, const struct slot *slot,
    const struct weighed *weighed, int sign)
{
	bool by_other = lifecycle_is_explained(engine, slot, weighed);
	enum weighing how = by_other ? WEIGHING_NEGATIVE : WEIGHING_NAMING;
	const int32_t *at = hypotheses_weight(
	    &engine->table, how, weighed->witness, weighed->symptom, weighed->target);
	int32_t weight[HYPOTHESIS_ROWS];
	uint16_t group[HYPOTHESIS_GROUPS];
	size_t len =
	    hypotheses_groups(&engine->table, weighed->target, weighed->targets, group);

	for (unsigned i = 0; i < HYPOTHESIS_ROWS; i++) {
		weight[i] = sign * at[i];
	}
	for (size_t i = 0; i < len; i++) {
		add_group(engine, slot->lambda, weighed, group[i], weight);
	}
}

/* Counts and recovery, for results in the finding's own scope. */
static void
account_own(struct correlate *engine, struct slot *slot, const struct weighed *weighed)
{
	const struct hypotheses *table = &engine->table;
	const struct hypothesis *at = &table->at[slot->hypothesis];

	if (!hypothesis_concerns(table, slot->hypothesis, weighed->target) ||
	    !hypothesis_holds(table, slot->hypothesis, weighed->agent) ||
	    !table->is_witness[at->row][weighed->witness]) {
		return;
	}
	if (table->is_bad[at->row][weighed->witness][weighed->symptom]) {
		slot->bad += ENGINE_FIXED;
		if (weighed->is_live && mono_before(slot->last_bad_at, weighed->at)) {
			slot->last_bad_at = weighed->at;
		}
	} else if (symptom_stage(weighed->symptom) >=
		   hypothesis_stage(table, slot->hypothesis)) {
		slot->good += ENGINE_FIXED;
	}
	siblings_account(engine, slot, weighed);
	slot->recovery_next -= hypotheses_weight(table, WEIGHING_FULL, weighed->witness,
	    weighed->symptom, weighed->target)[at->row];
}

void
lifecycle_account(struct correlate *engine, const struct weighed *weighed, int sign)
{
	for (size_t i = 0; i < CORRELATE_FINDINGS && engine->open_len > 0; i++) {
		struct slot *slot = &engine->slot[i];

		if (!slot->is_used || !slot->finding.open ||
		    slot->hypothesis == HYPOTHESIS_NONE) {
			continue;
		}
		account_lambda(engine, slot, weighed, sign);
		if (sign > 0) {
			account_own(engine, slot, weighed);
		}
	}
}

void
lifecycle_decay(struct correlate *engine, int64_t buckets)
{
	int64_t steps;

	if (buckets == 0 || engine->open_len == 0) {
		return;
	}
	steps = buckets < 4 * TEMPO_RING ? buckets : 4 * TEMPO_RING;

	for (size_t i = 0; i < CORRELATE_FINDINGS; i++) {
		struct slot *slot = &engine->slot[i];

		if (!slot->is_used || !slot->finding.open ||
		    slot->hypothesis == HYPOTHESIS_NONE) {
			continue;
		}
		for (int64_t step = 0; step < steps; step++) {
			for (uint32_t h = 0; h < engine->table.len; h++) {
				slot->lambda[h] = (int32_t)((int64_t)slot->lambda[h] *
							    TEMPO_DECAY / 1024);
			}
			slot->bad = slot->bad * TEMPO_RATE_DECAY / 1024;
			slot->good = slot->good * TEMPO_RATE_DECAY / 1024;
		}
	}
}

static bool
targets_meet(const struct correlate *engine, uint32_t a, uint32_t b)
{
	const struct hypotheses *table = &engine->table;

	if (table->at[a].group == 0 || table->at[b].group == 0) {
		return true;
	}
	for (uint16_t t = 0; t < engine->topology->target_len; t++) {
		if (hypothesis_concerns(table, a, t) &&
		    hypothesis_concerns(table, b, t)) {
			return true;
		}
	}
	return false;
}

static bool
scopes_meet(const struct correlate *engine, uint32_t a, uint32_t b)
{
	if (!targets_meet(engine, a, b)) {
		return false;
	}
	for (uint16_t agent = 0; agent < engine->topology->agent_len; agent++) {
		if (hypothesis_holds(&engine->table, a, agent) &&
		    hypothesis_holds(&engine->table, b, agent)) {
			return true;
		}
	}
	return false;
}

void
lifecycle_set_scope(struct correlate *engine, struct slot *slot)
{
	for (uint32_t h = 0; h < engine->table.len; h++) {
		slot->touch[h] = scopes_meet(engine, slot->hypothesis, h) ? 1 : 0;
	}
}

static uint32_t
rate_ppm(const struct slot *slot)
{
	int64_t half = ENGINE_FIXED / 2;

	return (uint32_t)((slot->bad + half) * 1000000 /
			  (slot->bad + slot->good + ENGINE_FIXED));
}

/* What the finding is called, from its hypothesis; outage or partial is left as it is. */
static void
set_name(struct correlate *engine, struct slot *slot)
{
	struct finding *finding = &slot->finding;
	enum verdict verdict = hypothesis_verdict(&engine->table, slot->hypothesis);

	finding->rate_ppm = rate_ppm(slot);
	if (!hypothesis_is_graded(&engine->table, slot->hypothesis) ||
	    finding->suspect != VERDICT_UPSTREAM_PARTIAL) {
		finding->suspect = verdict;
	}
	finding->verdict = slot->is_unknown ? VERDICT_UNKNOWN : finding->suspect;
	finding->scope = hypothesis_scope(&engine->table, slot->hypothesis);
}

/* Outage or partial anew, without hysteresis. */
static void
set_grade(struct correlate *engine, struct slot *slot)
{
	if (hypothesis_is_graded(&engine->table, slot->hypothesis)) {
		slot->finding.suspect = rate_ppm(slot) >= GRADE_OPEN_PPM
					    ? VERDICT_UPSTREAM_OUTAGE
					    : VERDICT_UPSTREAM_PARTIAL;
	}
	set_name(engine, slot);
}

static void
set_confidence(
    struct correlate *engine, struct slot *slot, const struct posterior *posterior)
{
	struct finding *finding = &slot->finding;

	finding->confidence_ppm = posterior->confidence_ppm;
	finding->rival_ppm = posterior->rival_ppm;
	finding->rival = VERDICT_HEALTHY;
	if (posterior->rival != HYPOTHESIS_NONE) {
		finding->rival = hypothesis_verdict(&engine->table, posterior->rival);
		finding->rival_scope =
		    hypothesis_scope(&engine->table, posterior->rival);
	}
}

/* The group of a target that does not show the provider's fault: what it shows is its own. */
static bool
is_spared(const struct correlate *engine, const struct slot *slot, uint16_t group)
{
	uint16_t target = engine->table.at[engine->table.group[group].first].target;

	return slot->finding.targets != 0 && target != TOPOLOGY_NONE &&
	       (slot->finding.targets >> target & 1) == 0;
}

static void
consume(struct correlate *engine, const struct slot *slot)
{
	const struct hypotheses *table = &engine->table;

	for (uint16_t g = 0; g < table->group_len; g++) {
		if (table->group[g].len > 0 && !is_spared(engine, slot, g) &&
		    targets_meet(engine, slot->hypothesis, table->group[g].first)) {
			ring_consume(&engine->ring, g);
			engine->consumed[g] = engine->trail.head;
		}
	}
}

/* Bad and good results in scope since the onset. */
static void
count_since(struct correlate *engine, struct slot *slot, struct span span)
{
	const struct hypothesis *at = &engine->table.at[slot->hypothesis];

	slot->bad = 0;
	slot->good = 0;
	for (uint64_t n = trail_oldest(&engine->trail); n < engine->trail.head; n++) {
		const struct trail_entry *entry = trail_at(&engine->trail, n);

		if (entry->bucket < span.from || entry->bucket > span.to ||
		    entry->is_void != 0 ||
		    !hypothesis_concerns(
			&engine->table, slot->hypothesis, entry->target) ||
		    !hypothesis_holds(&engine->table, slot->hypothesis, entry->agent) ||
		    !engine->table.is_witness[at->row][entry->witness]) {
			continue;
		}
		if (engine->table.is_bad[at->row][entry->witness][entry->symptom]) {
			slot->bad += ENGINE_FIXED;
		} else if (symptom_stage((enum symptom)entry->symptom) >=
			   hypothesis_stage(&engine->table, slot->hypothesis)) {
			slot->good += ENGINE_FIXED;
		}
	}
}

struct slot *
lifecycle_take(struct correlate *engine)
{
	struct slot *found = NULL;

	for (size_t i = 0; i < CORRELATE_FINDINGS; i++) {
		struct slot *slot = &engine->slot[i];

		if (!slot->is_used) {
			found = slot;
			break;
		}
		if (!slot->finding.open &&
		    (found == NULL || mono_before(slot->closed_at, found->closed_at))) {
			found = slot;
		}
	}
	if (found != NULL) {
		int32_t *lambda = found->lambda;
		uint8_t *touch = found->touch;

		*found = (struct slot){.lambda = lambda,
		    .touch = touch,
		    .is_used = true,
		    .hypothesis = HYPOTHESIS_NONE};
		memset(lambda, 0, engine->table.len * sizeof(int32_t));
		memset(touch, 0, engine->table.len);
		found->finding.id = engine->next_id++;
	}
	return found;
}

/* Gives the slot its cause, with the evidence in engine->lambda. */
static void
adopt(struct correlate *engine, struct slot *slot, const struct detection *detection)
{
	uint32_t winner = detection->posterior.winner;

	slot->hypothesis = winner;
	slot->is_unknown = detection->is_unknown;
	slot->recovery_mnats = 0;
	slot->recovery_next = 0;
	slot->last_bad_at = detection->last_bad_at;
	lifecycle_set_scope(engine, slot);
	siblings_adopt(engine, slot, engine->lambda);
	set_confidence(engine, slot, &detection->posterior);
}

void
lifecycle_note_course(const struct correlate *engine, struct course *course,
    const struct posterior *posterior, uint32_t rate_ppm, struct mono at)
{
	struct course_point point = {.at = at,
	    .confidence_ppm = posterior->confidence_ppm,
	    .rival_ppm = posterior->rival_ppm,
	    .rate_ppm = rate_ppm};

	if (posterior->winner == HYPOTHESIS_NONE) {
		return;
	}
	point.verdict = hypothesis_verdict(&engine->table, posterior->winner);
	if (posterior->rival != HYPOTHESIS_NONE) {
		point.rival = hypothesis_verdict(&engine->table, posterior->rival);
	}
	course_note(course, &point);
}

static void
open_finding(
    struct correlate *engine, const struct detection *detection, struct mono now)
{
	struct slot *slot = lifecycle_take(engine);

	if (slot == NULL) {
		return; /* all slots hold open faults: this one waits */
	}
	adopt(engine, slot, detection);
	memcpy(slot->lambda, engine->lambda, engine->table.len * sizeof(int32_t));
	slot->finding.onset_at =
	    (struct mono){detection->span.from * engine->tempo.bucket_ns};
	slot->finding.opened_at = now;
	slot->finding.course = detection->course;
	count_since(engine, slot, detection->span);
	set_grade(engine, slot);
	explain_fill(engine, slot, detection->posterior.rival, detection->span, true);
	slot->finding.open = true;
	slot->finding.is_past = detection->is_past;
	lifecycle_tell(engine, slot, FINDING_OPENED, now);
	consume(engine, slot);
	if (detection->is_past) {
		slot->finding.open = false;
		lifecycle_tell(engine, slot, FINDING_CLOSED, now);
		slot->is_used = false;
	}
}

/* The window in which the same fault is the same finding doubles with each reopening that
 * makes it flap, up to four times. */
static int64_t
reopen_window_ns(const struct correlate *engine, const struct slot *slot)
{
	int64_t window_ns = engine->tempo.reopen_ns;

	for (uint32_t i = engine->tempo.flap_after; i <= slot->reopened; i++) {
		window_ns = window_ns < 2 * engine->tempo.reopen_ns
				? 2 * window_ns
				: 4 * engine->tempo.reopen_ns;
	}
	return window_ns;
}

static int64_t
score_of(const struct correlate *engine, const struct slot *slot, uint32_t hypothesis)
{
	return (int64_t)slot->lambda[hypothesis] +
	       engine->table.at[hypothesis].prior_mnats;
}

/* True when the detection is this slot's fault, seen anew. */
static bool
is_same_fault(const struct correlate *engine, const struct slot *slot, uint32_t winner,
    struct mono now)
{
	if (!slot->is_used || slot->hypothesis == HYPOTHESIS_NONE ||
	    slot->touch[winner] == 0 ||
	    hypothesis_family(&engine->table, slot->hypothesis) !=
		hypothesis_family(&engine->table, winner)) {
		return false;
	}
	if (slot->finding.open) {
		return score_of(engine, slot, winner) >=
		       score_of(engine, slot, slot->hypothesis);
	}
	return (engine->table.at[slot->hypothesis].kin ==
		       engine->table.at[winner].kin ||
		   siblings_are_kin(engine, slot->hypothesis, winner)) &&
	       mono_since(now, slot->closed_at) < reopen_window_ns(engine, slot);
}

static void
join(struct correlate *engine, struct slot *slot, const struct detection *detection,
    struct mono now)
{
	bool was_open = slot->finding.open;
	enum verdict was = slot->finding.verdict;
	uint32_t kin = engine->table.at[slot->hypothesis].kin;
	bool differs;

	adopt(engine, slot, detection);
	for (uint32_t h = 0; h < engine->table.len; h++) {
		int32_t kept = slot->lambda[h] < 0 ? slot->lambda[h] / 5 : 0;

		slot->lambda[h] = kept + engine->lambda[h];
	}
	slot->last_bad_at = now;
	slot->finding.open = true;
	if (!was_open) {
		count_since(engine, slot, detection->span);
		slot->reopened++;
		slot->finding.is_flapping = slot->reopened >= engine->tempo.flap_after;
	}
	if (was_open && engine->table.at[slot->hypothesis].kin == kin) {
		set_name(engine, slot);
	} else {
		set_grade(engine, slot);
	}
	explain_fill(engine, slot, detection->posterior.rival, detection->span, true);
	differs = slot->finding.verdict != was ||
		  engine->table.at[slot->hypothesis].kin != kin;
	if (!was_open) {
		lifecycle_tell(engine, slot, FINDING_REOPENED, now);
	} else if (differs) {
		lifecycle_tell(engine, slot, FINDING_UPDATED, now);
	}
	consume(engine, slot);
}

/* A finding about silence that this detection explains: what was kept has arrived. */
static bool
is_about_silence(
    const struct correlate *engine, const struct slot *slot, uint32_t winner)
{
	enum verdict verdict = hypothesis_verdict(&engine->table, winner);
	const struct topology *topology = engine->topology;
	uint16_t index = engine->table.at[winner].index;

	if (!slot->is_used || !slot->finding.open ||
	    slot->hypothesis != HYPOTHESIS_NONE ||
	    (verdict != VERDICT_REGION_NETWORK && verdict != VERDICT_AGENT_FAULT)) {
		return false;
	}
	if (slot->finding.scope.kind == SCOPE_REGION) {
		return slot->finding.scope.index ==
		       (verdict == VERDICT_REGION_NETWORK
			       ? index
			       : topology->agent[index].region);
	}
	if (slot->finding.scope.kind == SCOPE_AGENT) {
		uint16_t agent = slot->finding.scope.index;

		return verdict == VERDICT_AGENT_FAULT
			   ? agent == index
			   : topology->agent[agent].region == index;
	}
	return false;
}

static void
resolve_silence(struct correlate *engine, struct slot *slot,
    const struct detection *detection, struct mono now)
{
	adopt(engine, slot, detection);
	memcpy(slot->lambda, engine->lambda, engine->table.len * sizeof(int32_t));
	slot->finding.is_past = detection->is_past;
	slot->finding.onset_at =
	    (struct mono){detection->span.from * engine->tempo.bucket_ns};
	count_since(engine, slot, detection->span);
	set_grade(engine, slot);
	explain_fill(engine, slot, detection->posterior.rival, detection->span, true);
	lifecycle_tell(engine, slot, FINDING_UPDATED, now);
	consume(engine, slot);
}

void
lifecycle_detected(
    struct correlate *engine, const struct detection *detection, struct mono now)
{
	uint32_t winner = detection->posterior.winner;

	for (size_t i = 0; i < CORRELATE_FINDINGS; i++) {
		if (is_about_silence(engine, &engine->slot[i], winner)) {
			resolve_silence(engine, &engine->slot[i], detection, now);
			return;
		}
	}
	for (size_t i = 0; i < CORRELATE_FINDINGS && !detection->is_past; i++) {
		if (is_same_fault(engine, &engine->slot[i], winner, now)) {
			join(engine, &engine->slot[i], detection, now);
			return;
		}
	}
	if (!detection->is_past && siblings_join(engine, detection, now)) {
		return;
	}
	open_finding(engine, detection, now);
}

static bool
is_told_elsewhere(
    const struct correlate *engine, const struct slot *slot, uint32_t winner)
{
	for (size_t i = 0; i < CORRELATE_FINDINGS; i++) {
		const struct slot *other = &engine->slot[i];

		if (other != slot && other->is_used && other->finding.open &&
		    other->hypothesis != HYPOTHESIS_NONE &&
		    (engine->table.at[other->hypothesis].kin ==
			    engine->table.at[winner].kin ||
			siblings_are_kin(engine, other->hypothesis, winner))) {
			return true;
		}
	}
	return false;
}

static struct span
since_onset(const struct correlate *engine, const struct slot *slot)
{
	return (struct span){
	    tempo_bucket(&engine->tempo, slot->finding.onset_at), engine->ring.current};
}

static void
turn(struct correlate *engine, struct slot *slot, const struct posterior *posterior,
    struct mono now)
{
	bool is_other = engine->table.at[slot->hypothesis].kin !=
			engine->table.at[posterior->winner].kin;

	slot->hypothesis = posterior->winner;
	slot->is_unknown = false;
	if (is_other) {
		slot->recovery_mnats = 0;
		lifecycle_set_scope(engine, slot);
		siblings_adopt(engine, slot, slot->lambda);
		set_grade(engine, slot);
	} else {
		set_name(engine, slot);
	}
	explain_fill(engine, slot, posterior->rival, since_onset(engine, slot), false);
	lifecycle_tell(engine, slot, FINDING_UPDATED, now);
	if (is_other ||
	    engine->table.at[slot->hypothesis].scope_kind == SCOPE_PROVIDER) {
		consume(engine, slot); /* what was gathered beside the former cause */
	}
}

void
lifecycle_turn(
    struct correlate *engine, struct slot *slot, uint32_t hypothesis, struct mono now)
{
	turn(engine, slot,
	    &(struct posterior){.winner = hypothesis, .rival = HYPOTHESIS_NONE}, now);
}

/* As much evidence as a finding of its own would need: where another finding explains all
 * that this one sees, little is left that holds its name. A blip of an agent inside a fault
 * looks like a fault of fewer for a round or two: that must be left behind. */
static bool
is_strong(const struct correlate *engine, const struct slot *slot, uint32_t hypothesis)
{
	uint16_t target = engine->table.at[hypothesis].target;

	int64_t score = score_of(engine, slot, hypothesis);

	if (engine->table.at[hypothesis].agents <=
		engine->table.at[slot->hypothesis].agents &&
	    score - score_of(engine, slot, slot->hypothesis) < TURN_MNATS) {
		return false;
	}
	return score + decide_shift_of(engine, hypothesis) >=
	       engine->tempo.threshold_mnats[alarm_class(engine->topology, target)];
}

/* Another cause, a cause at last, or a better rate of the same. */
static void
follow_cause(struct correlate *engine, struct slot *slot, struct mono now)
{
	uint16_t target = engine->table.at[slot->hypothesis].target;
	struct posterior posterior;
	bool is_same;

	if (slot->recovery_mnats >= TEMPO_RECOVERING_MNATS) {
		return; /* at recovery successes favour small rates */
	}
	if (target == TOPOLOGY_NONE) {
		target = decide_strongest(engine, slot->lambda, slot->hypothesis);
	}
	posterior = decide_posterior(engine, slot->lambda, target, slot);
	if (posterior.winner == HYPOTHESIS_NONE) {
		return;
	}
	lifecycle_note_course(
	    engine, &slot->finding.course, &posterior, rate_ppm(slot), now);
	is_same = engine->table.at[posterior.winner].kin ==
		  engine->table.at[slot->hypothesis].kin;
	if (is_same) {
		slot->hypothesis = posterior.winner;
		set_confidence(engine, slot, &posterior);
	}
	if (posterior.confidence_ppm > TEMPO_UPDATE_PPM &&
	    (is_same ? slot->is_unknown : is_strong(engine, slot, posterior.winner)) &&
	    hypothesis_pages(&engine->table, posterior.winner) ==
		hypothesis_pages(&engine->table, slot->hypothesis) &&
	    !is_told_elsewhere(engine, slot, posterior.winner)) {
		set_confidence(engine, slot, &posterior);
		turn(engine, slot, &posterior, now);
	}
}

/* The share that was told is far from what is known by now. On opening it rests on the few
 * failures that opened; it is put right once, rarely twice. */
static bool
is_other_rate(const struct slot *slot)
{
	int64_t told = slot->finding.rate_ppm;
	int64_t off = (int64_t)rate_ppm(slot) - told;

	return slot->bad + slot->good >= RATE_COUNT_MIN &&
	       (off < 0 ? -off : off) > RATE_OFF_PPM + told / 8;
}

static void
follow_grade(struct correlate *engine, struct slot *slot, struct mono now)
{
	struct finding *finding = &slot->finding;
	uint32_t rate = rate_ppm(slot);
	enum verdict grade = finding->suspect;

	if (!hypothesis_is_graded(&engine->table, slot->hypothesis) ||
	    slot->recovery_mnats >= TEMPO_RECOVERING_MNATS ||
	    slot->bad + slot->good < GRADE_COUNT_MIN) {
		return;
	}
	if (rate >= GRADE_UP_PPM) {
		grade = VERDICT_UPSTREAM_OUTAGE;
	} else if (rate < GRADE_DOWN_PPM) {
		grade = VERDICT_UPSTREAM_PARTIAL;
	}
	if (grade != finding->suspect || is_other_rate(slot)) {
		finding->suspect = grade;
		set_name(engine, slot);
		explain_fill(
		    engine, slot, HYPOTHESIS_NONE, since_onset(engine, slot), false);
		lifecycle_tell(engine, slot, FINDING_UPDATED, now);
	}
}

void
lifecycle_close(struct correlate *engine, struct slot *slot, struct mono now)
{
	slot->finding.open = false;
	slot->closed_at = now;
	lifecycle_tell(engine, slot, FINDING_CLOSED, now);
}

/* Nothing bad for a while; or so much good that what is bad now and then, like a probe that
 * never works, is something else. */
static bool
is_over(const struct correlate *engine, const struct slot *slot, struct mono now)
{
	bool is_quiet = mono_since(now, slot->last_bad_at) >= engine->tempo.quiet_ns;

	return slot->recovery_mnats >=
	       (is_quiet ? TEMPO_CLOSE_MNATS : TEMPO_SURE_MNATS);
}

void
lifecycle_follow(struct correlate *engine, struct mono now)
{
	for (size_t i = 0; i < CORRELATE_FINDINGS; i++) {
		struct slot *slot = &engine->slot[i];

		if (!slot->is_used || !slot->finding.open ||
		    slot->hypothesis == HYPOTHESIS_NONE) {
			continue;
		}
		if (engine->out_len + CHANGES_OF_FOLLOW > CORRELATE_CHANGES) {
			engine->has_more = true;
			return;
		}
		slot->recovery_mnats += slot->recovery_next;
		slot->recovery_mnats =
		    slot->recovery_mnats > 0 ? slot->recovery_mnats : 0;
		slot->recovery_next = 0;
		siblings_follow(engine, slot, now);
		follow_cause(engine, slot, now);
		follow_grade(engine, slot, now);
		if (is_over(engine, slot, now)) {
			lifecycle_close(engine, slot, now);
		}
	}
}
