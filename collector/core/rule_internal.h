/* rule_internal - the parts of the rules, shared by rule*.c and seen by nobody else
 * Room: collector/core (pure).
 *
 * rule.c takes results in, judges and steps; rule_story.c says what a finding is; rule_state.c
 * saves and loads. */
#ifndef COLLECTOR_CORE_RULE_INTERNAL_H
#define COLLECTOR_CORE_RULE_INTERNAL_H

#include "collector/core/rule.h"
#include "collector/core/silence.h"

enum {
	RULE_SEEN = 128, /* results of a target that its story is told from */
	RULE_FLAP_AFTER = 3
};

/* One result, for the story. */
struct rule_seen {
	struct mono at;
	uint16_t agent;
	uint8_t role;
	uint8_t outcome;
	uint8_t phase;
	bool is_bad;
};

struct rule_target {
	enum vote vote;
	uint32_t seen_len; /* ever, the newest RULE_SEEN are kept */
	struct rule_seen seen[RULE_SEEN];
};

struct rule_slot {
	struct finding finding;
	struct mono closed_at;
	struct mono clear_since; /* silence: nobody silent since */
	uint32_t reopened;
	bool is_used;
	bool is_silence;
};

struct rule {
	const struct topology *topology;
	struct rule_conf conf;
	struct tempo tempo;
	struct silence silence;
	struct rule_target *target;
	struct threshold *gauge; /* [target * voters + voter] */
	uint8_t *has_voter;      /* the same: it runs a probe that counts */
	uint8_t *is_counted;     /* [probes] */
	uint16_t voters;
	struct rule_slot slot[CORRELATE_FINDINGS];
	struct mono stepped_at;
	uint64_t next_id;
	uint64_t late;
	struct finding_change *out; /* of the running step */
	size_t out_len;
	bool is_started;
	bool has_more;
};

/* As fresh as after rule_init(). */
void rule_clear(struct rule *rule);

/* Regions with a voter that is down; of one voter for all, those that saw a failure. */
uint64_t rule_bad_regions(const struct rule *rule, uint16_t target, struct mono now);

/* Verdict, scope, rate, coverage and evidence of `target` at `now`; true when that is another
 * verdict or scope than before. A finding that was `open` only widens. */
bool rule_tell(
    struct rule *rule, struct rule_slot *slot, uint16_t target, struct mono now);

/* When the failures of `target` that are remembered began. */
struct mono rule_onset(const struct rule *rule, uint16_t target, struct mono now);

uint16_t rule_reporting(const struct rule *rule);

#endif
