#include "collector/core/rule_internal.h"

#include "collector/core/collector_conf.h"

#include <assert.h>
#include <string.h>

enum {
	CHANGES_AT_ONCE = 2
};

static uint16_t
count_voters(const struct topology *topology, const struct rule_conf *conf)
{
	switch (conf->per) {
	case RULE_FLEET:
		break;
	case RULE_REGION:
		return topology->region_len;
	case RULE_AGENT:
		return topology->agent_len;
	}
	return 1;
}

size_t
rule_bytes(const struct topology *topology, const struct rule_conf *conf)
{
	size_t voters = (size_t)count_voters(topology, conf) * topology->target_len + 1;

	return arena_bytes(1, sizeof(struct rule)) + silence_bytes(topology) +
	       arena_bytes(
		   (size_t)topology->target_len + 1, sizeof(struct rule_target)) +
	       arena_bytes(voters, sizeof(struct threshold)) + arena_bytes(voters, 1) +
	       arena_bytes((size_t)topology->probe_len + 1, 1) + 64;
}

static uint16_t
voter_of(const struct rule *rule, uint16_t agent)
{
	switch (rule->conf.per) {
	case RULE_FLEET:
		break;
	case RULE_REGION:
		return rule->topology->agent[agent].region;
	case RULE_AGENT:
		return agent;
	}
	return 0;
}

static uint16_t
region_of(const struct rule *rule, uint16_t voter)
{
	return rule->conf.per == RULE_AGENT ? rule->topology->agent[voter].region
					    : voter;
}

static struct threshold *
gauge_at(const struct rule *rule, uint16_t target, uint16_t voter)
{
	return &rule->gauge[(size_t)target * rule->voters + voter];
}

static bool
has_voter(const struct rule *rule, uint16_t target, uint16_t voter)
{
	return rule->has_voter[(size_t)target * rule->voters + voter] != 0;
}

/* The real calls of a target; the free ones where there are no others. */
static void
choose_probes(struct rule *rule)
{
	const struct topology *topology = rule->topology;
	uint64_t real = 0;

	for (uint16_t p = 0; p < topology->probe_len; p++) {
		if (topology->probe[p].role == ROLE_TARGET) {
			real |= UINT64_C(1) << topology->probe[p].target;
		}
	}
	for (uint16_t p = 0; p < topology->probe_len; p++) {
		const struct topology_probe *probe = &topology->probe[p];

		rule->is_counted[p] =
		    probe->role == ROLE_TARGET ||
		    (probe->role == ROLE_FREE && (real >> probe->target & 1U) == 0);
	}
}

static void
choose_voters(struct rule *rule, const struct probe_conf *probe)
{
	const struct topology *topology = rule->topology;

	for (uint16_t p = 0; p < topology->probe_len; p++) {
		uint64_t mask = probe == NULL ? UINT64_MAX : probe[p].region_mask;

		for (uint16_t a = 0; rule->is_counted[p] && a < topology->agent_len;
		     a++) {
			if ((mask >> topology->agent[a].region & 1U) != 0) {
				rule->has_voter[(size_t)topology->probe[p].target *
						    rule->voters +
						voter_of(rule, a)] = 1;
			}
		}
	}
}

void
rule_clear(struct rule *rule)
{
	const struct topology *topology = rule->topology;

	memset(rule->slot, 0, sizeof(rule->slot));
	memset(rule->target, 0, topology->target_len * sizeof(rule->target[0]));
	for (size_t i = 0; i < (size_t)topology->target_len * rule->voters; i++) {
		threshold_init(&rule->gauge[i]);
	}
	memset(rule->silence.has_left, 0, topology->agent_len * sizeof(bool));
	memset(rule->silence.is_silent, 0, topology->agent_len * sizeof(bool));
	memset(rule->silence.heard_at, 0, topology->agent_len * sizeof(struct mono));
	rule->silence.waiting_since = MONO_NEVER;
	rule->stepped_at = (struct mono){0};
	rule->next_id = 1;
	rule->late = 0;
	rule->is_started = false;
	rule->has_more = false;
}

struct rule *
rule_init(struct arena *arena, const struct topology *topology,
    const struct correlate_conf *tempo_conf, const struct rule_conf *conf,
    const struct probe_conf *probe)
{
	struct rule *rule = arena_take(arena, 1, sizeof(*rule));
	size_t gauges;

	if (rule == NULL) {
		return NULL;
	}
	rule->topology = topology;
	rule->conf = *conf;
	rule->voters = count_voters(topology, conf);
	gauges = (size_t)rule->voters * topology->target_len + 1;
	tempo_init(&rule->tempo, topology, tempo_conf);
	rule->target =
	    arena_take(arena, (size_t)topology->target_len + 1, sizeof(*rule->target));
	rule->gauge = arena_take(arena, gauges, sizeof(*rule->gauge));
	rule->has_voter = arena_take(arena, gauges, 1);
	rule->is_counted = arena_take(arena, (size_t)topology->probe_len + 1, 1);
	if (!silence_init(&rule->silence, arena, topology) || arena_failed(arena)) {
		return NULL;
	}
	choose_probes(rule);
	choose_voters(rule, probe);
	rule_clear(rule);
	return rule;
}

/* ---- what comes in ---- */

static void
start(struct rule *rule, struct mono now)
{
	if (!rule->is_started) {
		rule->is_started = true;
		silence_start(&rule->silence, now);
	}
}

/* True for what says that the target works or does not. */
static bool
says_something(enum outcome outcome)
{
	return outcome != OUTCOME_RATE_LIMITED && outcome != OUTCOME_CONTENT_BLOCKED &&
	       outcome != OUTCOME_SKIPPED && outcome != OUTCOME_LOCAL_ERROR;
}

void
rule_result(struct rule *rule, const struct evidence *evidence, struct mono now)
{
	const struct topology_probe *probe = &rule->topology->probe[evidence->probe];
	struct rule_target *target;
	struct threshold_sample sample = {.at = mono_min(evidence->at, now),
	    .order = (uint32_t)evidence->agent << 12U | (evidence->probe & 0xfffU),
	    .is_bad = evidence->outcome != OUTCOME_OK};

	start(rule, now);
	silence_heard(&rule->silence, evidence->agent, now);
	if (rule->is_counted[evidence->probe] == 0 ||
	    !says_something(evidence->outcome)) {
		return;
	}
	if (!threshold_add(
		gauge_at(rule, probe->target, voter_of(rule, evidence->agent)),
		&rule->conf.threshold, &sample, now)) {
		rule->late++;
		return;
	}
	target = &rule->target[probe->target];
	target->seen[target->seen_len++ % RULE_SEEN] =
	    (struct rule_seen){.at = sample.at,
		.agent = evidence->agent,
		.role = (uint8_t)probe->role,
		.outcome = (uint8_t)evidence->outcome,
		.phase = (uint8_t)evidence->phase,
		.is_bad = sample.is_bad};
}

void
rule_heard(struct rule *rule, uint16_t agent, struct mono now)
{
	start(rule, now);
	silence_heard(&rule->silence, agent, now);
}

void
rule_left(struct rule *rule, uint16_t agent, struct mono now)
{
	start(rule, now);
	silence_left(&rule->silence, agent);
}

void
rule_resume(struct rule *rule, struct mono now)
{
	rule->is_started = true;
	silence_start(&rule->silence, now);
}

/* ---- votes ---- */

static enum vote
ask(struct rule *rule, uint16_t target, uint16_t voter, struct mono now)
{
	switch (threshold_judge(
	    gauge_at(rule, target, voter), &rule->conf.threshold, now)) {
	case THRESHOLD_SILENT:
		break;
	case THRESHOLD_UP:
		return VOTE_UP;
	case THRESHOLD_DOWN:
		return VOTE_DOWN;
	}
	return VOTE_NONE;
}

/* The vote of one domain; TOPOLOGY_NONE: of everybody. */
static struct quorum_tally
tally_of(struct rule *rule, uint16_t target, uint16_t domain, struct mono now)
{
	struct quorum_tally tally = {0};

	for (uint16_t v = 0; v < rule->voters; v++) {
		if (has_voter(rule, target, v) &&
		    (domain == TOPOLOGY_NONE ||
			rule->topology->region[region_of(rule, v)].domain == domain)) {
			quorum_count(&tally, ask(rule, target, v, now));
		}
	}
	return tally;
}

static bool
is_empty(const struct quorum_tally *tally)
{
	return tally->up == 0 && tally->down == 0 && tally->silent == 0;
}

static enum vote
vote_by_domain(struct rule *rule, uint16_t target, struct mono now)
{
	const struct topology *topology = rule->topology;
	struct quorum_tally domains = {0};

	for (uint16_t d = 0; d < topology->domain_len; d++) {
		struct quorum_tally tally = tally_of(rule, target, d, now);

		if (!is_empty(&tally)) {
			quorum_count(&domains, quorum_vote(&rule->conf.quorum, &tally));
		}
	}
	for (uint16_t v = 0; v < rule->voters; v++) {
		if (has_voter(rule, target, v) &&
		    topology->region[region_of(rule, v)].domain == TOPOLOGY_NONE) {
			quorum_count(&domains, ask(rule, target, v, now));
		}
	}
	return quorum_vote(&rule->conf.domains, &domains);
}

static enum vote
vote(struct rule *rule, uint16_t target, struct mono now)
{
	struct quorum_tally tally;

	if (rule->conf.by_domain && rule->conf.per != RULE_FLEET) {
		return vote_by_domain(rule, target, now);
	}
	tally = tally_of(rule, target, TOPOLOGY_NONE, now);
	return quorum_vote(&rule->conf.quorum, &tally);
}

enum vote
rule_vote(const struct rule *rule, uint16_t target)
{
	return rule->target[target].vote;
}

uint64_t
rule_bad_regions(const struct rule *rule, uint16_t target, struct mono now)
{
	const struct rule_target *at = &rule->target[target];
	struct mono from = mono_add(now, -rule->conf.threshold.window_ns);
	uint64_t mask = 0;

	for (uint16_t v = 0; rule->conf.per != RULE_FLEET && v < rule->voters; v++) {
		if (gauge_at(rule, target, v)->is_down) {
			mask |= UINT64_C(1) << region_of(rule, v);
		}
	}
	for (uint32_t i = 0;
	     rule->conf.per == RULE_FLEET && i < RULE_SEEN && i < at->seen_len; i++) {
		if (at->seen[i].is_bad && !mono_before(at->seen[i].at, from)) {
			mask |= UINT64_C(1)
				<< rule->topology->agent[at->seen[i].agent].region;
		}
	}
	return mask;
}

/* ---- findings ---- */

static void
put(struct rule *rule, struct rule_slot *slot, enum finding_event event,
    struct mono now)
{
	assert(rule->out_len < CORRELATE_CHANGES);
	slot->finding.changed_at = now;
	rule->out[rule->out_len++] =
	    (struct finding_change){.event = event, .finding = slot->finding};
}

static bool
has_room(const struct rule *rule)
{
	return rule->out_len + CHANGES_AT_ONCE <= CORRELATE_CHANGES;
}

static struct rule_slot *
slot_of(struct rule *rule, uint16_t target)
{
	for (size_t i = 0; i < CORRELATE_FINDINGS; i++) {
		struct rule_slot *slot = &rule->slot[i];

		if (slot->is_used && !slot->is_silence &&
		    slot->finding.scope.target == target) {
			return slot;
		}
	}
	return NULL;
}

/* A free one, or the one that has been closed for longest; NULL when all are open. */
static struct rule_slot *
take(struct rule *rule)
{
	struct rule_slot *found = NULL;

	for (size_t i = 0; i < CORRELATE_FINDINGS; i++) {
		struct rule_slot *slot = &rule->slot[i];

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
		memset(found, 0, sizeof(*found));
		found->is_used = true;
		found->clear_since = MONO_NEVER;
		found->finding.id = rule->next_id++;
		found->finding.scope.target = TOPOLOGY_NONE;
	}
	return found;
}

static void
open_target(struct rule *rule, struct rule_slot *slot, uint16_t target, struct mono now)
{
	enum finding_event event = FINDING_REOPENED;
	uint32_t flap_after =
	    rule->conf.flap_after > 0 ? rule->conf.flap_after : RULE_FLAP_AFTER;

	if (slot == NULL || mono_since(now, slot->closed_at) >= rule->tempo.reopen_ns) {
		if (slot != NULL) {
			slot->is_used = false;
		}
		slot = take(rule);
		if (slot == NULL) {
			return; /* all slots hold open faults: this one waits */
		}
		event = FINDING_OPENED;
		slot->finding.opened_at = now;
		slot->finding.onset_at = rule_onset(rule, target, now);
	} else {
		slot->reopened++;
		slot->finding.is_flapping = slot->reopened >= flap_after;
	}
	(void)rule_tell(rule, slot, target, now);
	slot->finding.open = true;
	put(rule, slot, event, now);
}

static void
step_target(struct rule *rule, uint16_t target, struct mono now)
{
	struct rule_slot *slot = slot_of(rule, target);
	bool is_open = slot != NULL && slot->finding.open;

	rule->target[target].vote = vote(rule, target, now);
	switch (rule->target[target].vote) {
	case VOTE_NONE:
		break; /* unknown: what is open stays, and nothing opens */
	case VOTE_UP:
		if (is_open) {
			slot->finding.open = false;
			slot->closed_at = now;
			put(rule, slot, FINDING_CLOSED, now);
		}
		break;
	case VOTE_DOWN:
		if (!is_open) {
			open_target(rule, slot, target, now);
		} else if (rule_tell(rule, slot, target, now)) {
			put(rule, slot, FINDING_UPDATED, now);
		}
		break;
	}
}

/* ---- silence ---- */

static bool
is_told(const struct rule *rule, uint16_t agent)
{
	for (size_t i = 0; i < CORRELATE_FINDINGS; i++) {
		const struct rule_slot *slot = &rule->slot[i];

		if (slot->is_used && slot->is_silence && slot->finding.open &&
		    silence_in_scope(rule->topology, slot->finding.scope, agent)) {
			return true;
		}
	}
	return false;
}

static void
open_silence(struct rule *rule, struct scope scope, struct mono now)
{
	struct rule_slot *slot = take(rule);

	if (slot == NULL) {
		return;
	}
	slot->is_silence = true;
	slot->finding.verdict = VERDICT_NO_DATA;
	slot->finding.suspect = VERDICT_NO_DATA;
	slot->finding.scope = scope;
	slot->finding.confidence_ppm = 1000000;
	slot->finding.opened_at = now;
	slot->finding.onset_at =
	    mono_add(rule->silence.waiting_since, -rule->tempo.silent_ns);
	slot->finding.agents_reporting = rule_reporting(rule);
	slot->finding.agents_total = rule->topology->agent_len;
	slot->finding.open = true;
	put(rule, slot, FINDING_OPENED, now);
}

/* Over when nobody in scope has been silent for an interval. */
static void
follow_silence(struct rule *rule, struct rule_slot *slot, struct mono now)
{
	for (uint16_t a = 0; a < rule->topology->agent_len; a++) {
		if (rule->silence.is_silent[a] &&
		    silence_in_scope(rule->topology, slot->finding.scope, a)) {
			slot->clear_since = MONO_NEVER;
			return;
		}
	}
	slot->clear_since = mono_min(slot->clear_since, now);
	if (mono_since(now, slot->clear_since) >= rule->tempo.group_ns) {
		slot->finding.open = false;
		slot->finding.agents_reporting = rule_reporting(rule);
		put(rule, slot, FINDING_CLOSED, now);
		slot->is_used = false;
	}
}

static void
step_silence(struct rule *rule, struct mono now)
{
	struct scope scope[SILENCE_SCOPES];
	size_t len;

	silence_update(&rule->silence, &rule->tempo, now);
	for (uint16_t a = 0; a < rule->topology->agent_len; a++) {
		rule->silence.is_told[a] = is_told(rule, a);
	}
	len = silence_scopes(&rule->silence, &rule->tempo, now, scope);
	for (size_t i = 0; i < len; i++) {
		if (!has_room(rule)) {
			rule->has_more = true;
			return;
		}
		open_silence(rule, scope[i], now);
	}
	for (size_t i = 0; i < CORRELATE_FINDINGS; i++) {
		struct rule_slot *slot = &rule->slot[i];

		if (slot->is_used && slot->is_silence && slot->finding.open &&
		    has_room(rule)) {
			follow_silence(rule, slot, now);
		}
	}
}

size_t
rule_step(
    struct rule *rule, struct mono now, struct finding_change out[CORRELATE_CHANGES])
{
	rule->out = out;
	rule->out_len = 0;
	rule->has_more = false;
	start(rule, now);
	for (uint16_t t = 0; t < rule->topology->target_len; t++) {
		if (!has_room(rule)) {
			rule->has_more = true;
			break;
		}
		step_target(rule, t, now);
	}
	step_silence(rule, now);
	rule->stepped_at = now;
	rule->out = NULL;
	return rule->out_len;
}

struct mono
rule_deadline(const struct rule *rule)
{
	if (!rule->is_started || rule->has_more) {
		return (struct mono){0};
	}
	return mono_add(rule->stepped_at, rule->tempo.bucket_ns);
}

size_t
rule_findings(const struct rule *rule, struct finding *out, size_t cap)
{
	size_t len = 0;

	for (size_t i = 0; i < CORRELATE_FINDINGS && len < cap; i++) {
		if (rule->slot[i].is_used && rule->slot[i].finding.open) {
			out[len++] = rule->slot[i].finding;
		}
	}
	return len;
}

bool
rule_is_silent(const struct rule *rule, uint16_t agent)
{
	return rule->silence.is_silent[agent];
}

void
rule_number_above(struct rule *rule, uint64_t id)
{
	if (rule->next_id <= id) {
		rule->next_id = id + 1;
	}
}

uint64_t
rule_late(const struct rule *rule)
{
	return rule->late;
}
