/* The rules' state as bytes, by names, so that it survives a changed configuration. */
#include "collector/core/names.h"
#include "collector/core/rule_internal.h"

#include <string.h>

enum {
	RULE_VERSION = 1,
	FINDING_BYTES = 256 + CORRELATE_EVIDENCE * 48
};

/* What the indices of the saved state are today. */
struct mapping {
	uint16_t region[LIMIT_REGIONS];
	uint16_t agent[LIMIT_AGENTS];
	uint16_t target[LIMIT_TARGETS];
	uint64_t region_len;
	uint64_t agent_len;
	uint64_t target_len;
};

size_t
rule_save_bytes(const struct rule *rule)
{
	const struct topology *topology = rule->topology;
	size_t names =
	    (size_t)topology->region_len + topology->agent_len + topology->target_len;

	return 128 + names * (LIMIT_NAME_BYTES + 4) +
	       (size_t)topology->target_len * rule->voters * THRESHOLD_SAVE_BYTES +
	       topology->target_len * (RULE_SEEN * (size_t)20 + 16) +
	       (size_t)topology->agent_len * 12 + CORRELATE_FINDINGS * FINDING_BYTES;
}

static void
save_names(const struct topology *topology, struct buf *buf)
{
	buf_put_varint(buf, topology->region_len);
	for (uint16_t i = 0; i < topology->region_len; i++) {
		buf_put_text(buf, topology->region[i].name);
	}
	buf_put_varint(buf, topology->agent_len);
	for (uint16_t i = 0; i < topology->agent_len; i++) {
		buf_put_text(buf, topology->agent[i].name);
	}
	buf_put_varint(buf, topology->target_len);
	for (uint16_t i = 0; i < topology->target_len; i++) {
		buf_put_text(buf, topology->target[i].name);
	}
}

static void
save_finding(const struct rule_slot *slot, struct buf *buf)
{
	const struct finding *finding = &slot->finding;

	buf_put_varint(buf, finding->id);
	buf_put_varint(buf, (slot->is_silence ? 1U : 0U) | (finding->open ? 2U : 0U) |
				(finding->is_flapping ? 4U : 0U));
	buf_put_varint(buf, (uint64_t)finding->verdict);
	buf_put_varint(buf, (uint64_t)finding->scope.kind);
	buf_put_varint(buf, finding->scope.index);
	buf_put_varint(buf, finding->scope.target);
	buf_put_varint(buf, finding->confidence_ppm);
	buf_put_varint(buf, finding->rate_ppm);
	buf_put_signed(buf, finding->onset_at.ns);
	buf_put_signed(buf, finding->opened_at.ns);
	buf_put_signed(buf, finding->changed_at.ns);
	buf_put_signed(buf, slot->closed_at.ns);
	buf_put_signed(buf, slot->clear_since.ns);
	buf_put_varint(buf, slot->reopened);
	buf_put_varint(buf, finding->agents_reporting);
	buf_put_varint(buf, finding->agents_total);
	buf_put_varint(buf, finding->regions_bad);
	buf_put_varint(buf, finding->regions_good);
	buf_put_varint(buf, finding->evidence_len);
	for (uint16_t i = 0; i < finding->evidence_len; i++) {
		const struct evidence_line *line = &finding->evidence[i];

		buf_put_varint(buf, (uint64_t)line->role);
		buf_put_varint(buf, (uint64_t)line->outcome);
		buf_put_varint(buf, (uint64_t)line->phase);
		buf_put_varint(buf, line->count);
		buf_put_varint(buf, line->region_mask);
	}
}

static void
save_target(const struct rule *rule, uint16_t target, struct buf *buf)
{
	const struct rule_target *at = &rule->target[target];
	uint32_t len = at->seen_len < RULE_SEEN ? at->seen_len : RULE_SEEN;

	buf_put_varint(buf, (uint64_t)at->vote);
	buf_put_varint(buf, len);
	for (uint32_t i = at->seen_len - len; i != at->seen_len; i++) {
		const struct rule_seen *seen = &at->seen[i % RULE_SEEN];

		buf_put_signed(buf, seen->at.ns);
		buf_put_varint(buf, seen->agent);
		buf_put_varint(buf, (uint64_t)seen->role << 1U | seen->is_bad);
		buf_put_varint(buf, seen->outcome);
		buf_put_varint(buf, seen->phase);
	}
	for (uint16_t v = 0; v < rule->voters; v++) {
		threshold_save(&rule->gauge[(size_t)target * rule->voters + v], buf);
	}
}

void
rule_save(const struct rule *rule, struct buf *buf)
{
	const struct topology *topology = rule->topology;
	uint64_t used = 0;

	buf_put_varint(buf, RULE_VERSION);
	buf_put_varint(buf, (uint64_t)rule->conf.per);
	buf_put_signed(buf, rule->conf.threshold.window_ns);
	save_names(topology, buf);
	buf_put_varint(buf, rule->next_id);
	buf_put_varint(buf, rule->late);
	buf_put_varint(buf, rule->is_started ? 1 : 0);
	buf_put_signed(buf, rule->stepped_at.ns);
	buf_put_signed(buf, rule->silence.waiting_since.ns);
	for (uint16_t a = 0; a < topology->agent_len; a++) {
		buf_put_signed(buf, rule->silence.heard_at[a].ns);
		buf_put_varint(buf, (rule->silence.has_left[a] ? 1U : 0U) |
					(rule->silence.is_silent[a] ? 2U : 0U));
	}
	for (uint16_t t = 0; t < topology->target_len; t++) {
		save_target(rule, t, buf);
	}
	for (size_t i = 0; i < CORRELATE_FINDINGS; i++) {
		used += rule->slot[i].is_used ? 1 : 0;
	}
	buf_put_varint(buf, used);
	for (size_t i = 0; i < CORRELATE_FINDINGS; i++) {
		if (rule->slot[i].is_used) {
			save_finding(&rule->slot[i], buf);
		}
	}
}

/* One list of names; false when it is longer than there can be. */
static bool
load_names(struct buf *buf, const struct topology *topology,
    uint16_t (*find)(const struct topology *, const char *), uint16_t *out, size_t cap,
    uint64_t *out_len)
{
	*out_len = buf_get_varint(buf);
	if (*out_len > cap) {
		*out_len = 0;
		return false;
	}
	for (uint64_t i = 0; i < *out_len && buf_ok(buf); i++) {
		char name[LIMIT_NAME_BYTES];

		buf_get_text(buf, name, sizeof(name));
		out[i] = buf_ok(buf) ? find(topology, name) : TOPOLOGY_NONE;
	}
	return buf_ok(buf);
}

static bool
load_mapping(const struct rule *rule, struct buf *buf, struct mapping *mapping)
{
	return load_names(buf, rule->topology, topology_region_find, mapping->region,
		   LIMIT_REGIONS, &mapping->region_len) &&
	       load_names(buf, rule->topology, topology_agent_find, mapping->agent,
		   LIMIT_AGENTS, &mapping->agent_len) &&
	       load_names(buf, rule->topology, topology_target_find, mapping->target,
		   LIMIT_TARGETS, &mapping->target_len);
}

/* The index of the voter today. */
static uint16_t
map_voter(const struct rule *rule, const struct mapping *mapping, uint64_t voter)
{
	switch (rule->conf.per) {
	case RULE_FLEET:
		break;
	case RULE_REGION:
		return names_map(mapping->region, mapping->region_len, voter);
	case RULE_AGENT:
		return names_map(mapping->agent, mapping->agent_len, voter);
	}
	return 0;
}

static uint64_t
count_voters(const struct rule *rule, const struct mapping *mapping)
{
	switch (rule->conf.per) {
	case RULE_FLEET:
		break;
	case RULE_REGION:
		return mapping->region_len;
	case RULE_AGENT:
		return mapping->agent_len;
	}
	return 1;
}

static void
load_agents(struct rule *rule, struct buf *buf, const struct mapping *mapping)
{
	for (uint64_t i = 0; i < mapping->agent_len && buf_ok(buf); i++) {
		uint16_t agent = mapping->agent[i];
		int64_t heard_ns = buf_get_signed(buf);
		uint64_t bits = buf_get_varint(buf);

		if (agent != TOPOLOGY_NONE) {
			rule->silence.heard_at[agent].ns = heard_ns;
			rule->silence.has_left[agent] = (bits & 1U) != 0;
			rule->silence.is_silent[agent] = (bits & 2U) != 0;
		}
	}
}

static struct rule_seen
load_seen(struct buf *buf, const struct mapping *mapping)
{
	struct rule_seen seen = {.at = {buf_get_signed(buf)}};
	uint64_t role;
	uint64_t outcome;
	uint64_t phase;

	seen.agent = names_map(mapping->agent, mapping->agent_len, buf_get_varint(buf));
	role = buf_get_varint(buf);
	outcome = buf_get_varint(buf);
	phase = buf_get_varint(buf);
	seen.is_bad = (role & 1U) != 0;
	seen.role = (uint8_t)(role >> 1U < ROLE_COUNT ? role >> 1U : ROLE_TARGET);
	seen.outcome = (uint8_t)(outcome < OUTCOME_COUNT ? outcome : OUTCOME_MALFORMED);
	seen.phase = (uint8_t)(phase < PHASE_COUNT ? phase : PHASE_DONE);
	return seen;
}

static void
load_target(
    struct rule *rule, struct buf *buf, const struct mapping *mapping, uint16_t target)
{
	uint64_t vote = buf_get_varint(buf);
	uint64_t len = buf_get_varint(buf);
	uint64_t voters = count_voters(rule, mapping);

	for (uint64_t i = 0; i < len && buf_ok(buf); i++) {
		struct rule_seen seen = load_seen(buf, mapping);

		if (target != TOPOLOGY_NONE && seen.agent != TOPOLOGY_NONE) {
			struct rule_target *at = &rule->target[target];

			at->vote = vote <= VOTE_DOWN ? (enum vote)vote : VOTE_NONE;
			at->seen[at->seen_len++ % RULE_SEEN] = seen;
		}
	}
	for (uint64_t i = 0; i < voters && buf_ok(buf); i++) {
		uint16_t voter = map_voter(rule, mapping, i);
		struct threshold loaded;

		threshold_load(&loaded, buf);
		if (target != TOPOLOGY_NONE && voter < rule->voters) {
			rule->gauge[(size_t)target * rule->voters + voter] = loaded;
		}
	}
}

/* False when what it names is not there any more. */
static bool
load_scope(struct buf *buf, const struct mapping *mapping, struct scope *out)
{
	uint64_t kind = buf_get_varint(buf);
	uint64_t index = buf_get_varint(buf);
	uint64_t target = buf_get_varint(buf);
	bool has_target = target != TOPOLOGY_NONE;

	*out = (struct scope){SCOPE_TARGET, 0, TOPOLOGY_NONE};
	if (has_target) {
		out->target = names_map(mapping->target, mapping->target_len, target);
	}
	if (kind == SCOPE_REGION) {
		out->kind = SCOPE_REGION;
		out->index = names_map(mapping->region, mapping->region_len, index);
	} else if (kind == SCOPE_AGENT) {
		out->kind = SCOPE_AGENT;
		out->index = names_map(mapping->agent, mapping->agent_len, index);
	} else if (kind == SCOPE_FLEET) {
		out->kind = SCOPE_FLEET;
	}
	return out->index != TOPOLOGY_NONE &&
	       has_target == (out->target != TOPOLOGY_NONE) &&
	       (has_target || out->kind != SCOPE_TARGET);
}

static void
load_lines(struct buf *buf, const struct mapping *mapping, struct finding *finding)
{
	uint64_t len = buf_get_varint(buf);

	for (uint64_t i = 0; i < len && buf_ok(buf); i++) {
		struct evidence_line line = {.target = finding->scope.target};
		uint64_t role = buf_get_varint(buf);
		uint64_t outcome = buf_get_varint(buf);
		uint64_t phase = buf_get_varint(buf);

		line.role = role <= ROLE_COUNT ? (enum probe_role)role : ROLE_COUNT;
		line.outcome =
		    outcome < OUTCOME_COUNT ? (enum outcome)outcome : OUTCOME_MALFORMED;
		line.phase = phase < PHASE_COUNT ? (enum phase)phase : PHASE_DONE;
		line.count = (uint32_t)buf_get_varint(buf);
		line.region_mask = names_map_mask(
		    mapping->region, mapping->region_len, buf_get_varint(buf));
		if (finding->evidence_len < CORRELATE_EVIDENCE) {
			finding->evidence[finding->evidence_len++] = line;
		}
	}
}

/* False when its scope is gone: it is then told no more, and resolved as stray. */
static bool
load_finding(struct buf *buf, const struct mapping *mapping, struct rule_slot *out)
{
	struct finding *finding = &out->finding;
	bool is_there;
	uint64_t bits;
	uint64_t verdict;

	finding->id = buf_get_varint(buf);
	bits = buf_get_varint(buf);
	out->is_silence = (bits & 1U) != 0;
	finding->open = (bits & 2U) != 0;
	finding->is_flapping = (bits & 4U) != 0;
	verdict = buf_get_varint(buf);
	is_there = load_scope(buf, mapping, &finding->scope);
	finding->verdict =
	    verdict < VERDICT_COUNT ? (enum verdict)verdict : VERDICT_UNKNOWN;
	finding->suspect = finding->verdict;
	finding->confidence_ppm = (uint32_t)buf_get_varint(buf);
	finding->rate_ppm = (uint32_t)buf_get_varint(buf);
	finding->onset_at.ns = buf_get_signed(buf);
	finding->opened_at.ns = buf_get_signed(buf);
	finding->changed_at.ns = buf_get_signed(buf);
	out->closed_at.ns = buf_get_signed(buf);
	out->clear_since.ns = buf_get_signed(buf);
	out->reopened = (uint32_t)buf_get_varint(buf);
	finding->agents_reporting = (uint16_t)buf_get_varint(buf);
	finding->agents_total = (uint16_t)buf_get_varint(buf);
	finding->regions_bad =
	    names_map_mask(mapping->region, mapping->region_len, buf_get_varint(buf));
	finding->regions_good =
	    names_map_mask(mapping->region, mapping->region_len, buf_get_varint(buf));
	load_lines(buf, mapping, finding);
	return is_there && buf_ok(buf);
}

static enum err
load_slots(struct rule *rule, struct buf *buf, const struct mapping *mapping)
{
	uint64_t used = buf_get_varint(buf);
	size_t at = 0;

	if (used > CORRELATE_FINDINGS) {
		return ERR_FORMAT;
	}
	for (uint64_t i = 0; i < used && buf_ok(buf); i++) {
		struct rule_slot *slot = &rule->slot[at];

		memset(slot, 0, sizeof(*slot));
		slot->is_used = load_finding(buf, mapping, slot);
		at += slot->is_used ? 1 : 0;
	}
	return buf_ok(buf) ? ERR_OK : ERR_FORMAT;
}

static enum err
load_all(struct rule *rule, struct buf *buf)
{
	struct mapping mapping;

	memset(&mapping, 0, sizeof(mapping));
	if (!load_mapping(rule, buf, &mapping)) {
		return ERR_FORMAT;
	}
	rule->next_id = buf_get_varint(buf);
	rule->late = buf_get_varint(buf);
	rule->is_started = buf_get_varint(buf) != 0;
	rule->stepped_at.ns = buf_get_signed(buf);
	rule->silence.waiting_since.ns = buf_get_signed(buf);
	load_agents(rule, buf, &mapping);
	for (uint64_t i = 0; i < mapping.target_len && buf_ok(buf); i++) {
		load_target(rule, buf, &mapping, mapping.target[i]);
	}
	return load_slots(rule, buf, &mapping);
}

enum err
rule_load(struct rule *rule, struct buf *buf)
{
	uint64_t version = buf_get_varint(buf);
	uint64_t per = buf_get_varint(buf);
	int64_t window_ns = buf_get_signed(buf);
	enum err err = ERR_FORMAT;

	rule_clear(rule);
	if (buf_ok(buf)) {
		err = version == RULE_VERSION && per == (uint64_t)rule->conf.per &&
			      window_ns == rule->conf.threshold.window_ns
			  ? load_all(rule, buf)
			  : ERR_VERSION;
	}
	if (err != ERR_OK) {
		rule_clear(rule);
	}
	return err;
}
