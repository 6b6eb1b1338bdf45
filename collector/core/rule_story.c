/* What a finding of a rule says: how bad, where, and what was counted. */
#include "collector/core/rule_internal.h"

#include <string.h>

enum {
	OUTAGE_OPEN_PPM = 750000, /* outage rather than partial: at first, */
	OUTAGE_UP_PPM = 800000,   /* from partial to outage, */
	OUTAGE_DOWN_PPM = 600000  /* and back */
};

/* What is remembered of a target within the window. */
struct story {
	uint32_t good;
	uint32_t bad;
	uint64_t regions;
	uint16_t len;
	struct evidence_line line[CORRELATE_EVIDENCE];
};

uint16_t
rule_reporting(const struct rule *rule)
{
	uint16_t reporting = 0;

	for (uint16_t a = 0; a < rule->topology->agent_len; a++) {
		reporting =
		    (uint16_t)(reporting + (rule->silence.is_silent[a] ? 0 : 1));
	}
	return reporting;
}

struct mono
rule_onset(const struct rule *rule, uint16_t target, struct mono now)
{
	const struct rule_target *at = &rule->target[target];
	struct mono from = mono_add(now, -rule->conf.threshold.window_ns);
	struct mono onset = now;

	for (uint32_t i = 0; i < RULE_SEEN && i < at->seen_len; i++) {
		if (at->seen[i].is_bad && !mono_before(at->seen[i].at, from)) {
			onset = mono_min(onset, at->seen[i].at);
		}
	}
	return onset;
}

/* Adds one result to the line that is like it; the last line takes what has no place. */
static void
add_line(
    struct story *story, const struct rule_seen *seen, uint16_t target, uint64_t region)
{
	struct evidence_line *line = NULL;

	for (uint16_t i = 0; i < story->len; i++) {
		struct evidence_line *each = &story->line[i];

		if (each->role == (enum probe_role)seen->role &&
		    each->outcome == (enum outcome)seen->outcome &&
		    each->phase == (enum phase)seen->phase) {
			line = each;
		}
	}
	if (line == NULL && story->len < CORRELATE_EVIDENCE) {
		line = &story->line[story->len++];
		*line = (struct evidence_line){.role = (enum probe_role)seen->role,
		    .outcome = (enum outcome)seen->outcome,
		    .phase = (enum phase)seen->phase,
		    .target = target};
	} else if (line == NULL) {
		line = &story->line[CORRELATE_EVIDENCE - 1];
		line->role = ROLE_COUNT;
	}
	line->count++;
	line->region_mask |= region;
}

/* Failures first, the most frequent before the others. */
static void
sort_lines(struct story *story)
{
	for (uint16_t i = 1; i < story->len; i++) {
		struct evidence_line line = story->line[i];
		uint16_t at = i;

		for (; at > 0; at--) {
			const struct evidence_line *before = &story->line[at - 1];
			bool was_ok = before->outcome == OUTCOME_OK;
			bool is_ok = line.outcome == OUTCOME_OK;

			if (was_ok == is_ok ? before->count >= line.count : is_ok) {
				break;
			}
			story->line[at] = *before;
		}
		story->line[at] = line;
	}
}

static void
collect(const struct rule *rule, uint16_t target, struct mono now, struct story *story)
{
	const struct rule_target *at = &rule->target[target];
	struct mono from = mono_add(now, -rule->conf.threshold.window_ns);

	memset(story, 0, sizeof(*story));
	for (uint32_t i = 0; i < RULE_SEEN && i < at->seen_len; i++) {
		const struct rule_seen *seen = &at->seen[i];
		uint64_t region = UINT64_C(1)
				  << rule->topology->agent[seen->agent].region;

		if (mono_before(seen->at, from)) {
			continue;
		}
		story->good += seen->is_bad ? 0 : 1;
		story->bad += seen->is_bad ? 1 : 0;
		story->regions |= region;
		add_line(story, seen, target, region);
	}
	sort_lines(story);
}

static enum verdict
grade(const struct finding *finding, uint32_t rate_ppm)
{
	uint32_t least = OUTAGE_OPEN_PPM;

	if (finding->open && finding->verdict == VERDICT_UPSTREAM_OUTAGE) {
		least = OUTAGE_DOWN_PPM;
	} else if (finding->open && finding->verdict == VERDICT_UPSTREAM_PARTIAL) {
		least = OUTAGE_UP_PPM;
	}
	return rate_ppm >= least ? VERDICT_UPSTREAM_OUTAGE : VERDICT_UPSTREAM_PARTIAL;
}

static uint16_t
only_region(uint64_t mask)
{
	uint16_t region = 0;

	if (mask == 0 || (mask & (mask - 1)) != 0) {
		return TOPOLOGY_NONE;
	}
	while ((mask >> region & 1U) == 0) {
		region++;
	}
	return region;
}

bool
rule_tell(struct rule *rule, struct rule_slot *slot, uint16_t target, struct mono now)
{
	struct finding *finding = &slot->finding;
	enum verdict verdict = finding->verdict;
	enum scope_kind kind = finding->scope.kind;
	uint64_t bad = rule_bad_regions(rule, target, now);
	uint16_t region = only_region(bad);
	bool may_be_region = !finding->open || kind == SCOPE_REGION;
	struct story story;

	collect(rule, target, now, &story);
	finding->rate_ppm = (uint32_t)(((uint64_t)story.bad * 1000000 + 500000) /
				       ((uint64_t)story.bad + story.good + 1));
	finding->scope = (struct scope){SCOPE_TARGET, 0, target};
	if (region != TOPOLOGY_NONE && may_be_region && (story.regions & ~bad) != 0) {
		finding->scope = (struct scope){SCOPE_REGION, region, target};
		finding->verdict = VERDICT_PATH;
	} else {
		finding->verdict = grade(finding, finding->rate_ppm);
	}
	finding->suspect = finding->verdict;
	finding->regions_bad = bad;
	finding->regions_good = story.regions & ~bad;
	finding->agents_reporting = rule_reporting(rule);
	finding->agents_total = rule->topology->agent_len;
	finding->evidence_len = story.len;
	memcpy(finding->evidence, story.line, sizeof(finding->evidence));
	return finding->verdict != verdict || finding->scope.kind != kind;
}
