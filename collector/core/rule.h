/* rule - findings by threshold and quorum, for those who want the rules they know
 * Room: collector/core (pure).
 *
 * Every target has voters: the whole fleet as one, its regions, or its agents. A voter is a
 * gauge (threshold.h), the target is down when a quorum of the voters is (quorum.h), and where
 * asked for the regions of a domain agree first and then the domains. One target has at most
 * one finding at a time; it comes back as itself within `reopen_ns`.
 *
 * What is counted: the probes of role target; those of role free where a target has no other.
 * Good is `ok`; rate limits, refusals, what was not tried and what an agent could not try are
 * left out; everything else is bad. Controls, keys and sources are not looked at, hence such a
 * finding has no confidence (0 ppm) and no statistic: its evidence is counts. It is called an
 * outage from three failures in four on, else partial, and a fault on the path of a region
 * when that region alone is bad and others report well. Silent agents are told as by the
 * correlation.
 *
 * To drive it by hand: rule_init() in an arena of rule_bytes(); rule_result() for every result
 * and rule_heard() for every sign of life, in any order; rule_step() at rule_deadline(), and
 * when something went wrong, gives the changes. judge.h does this for whoever has a policy.
 * Owner: the thread that owns the collector machine. */
#ifndef COLLECTOR_CORE_RULE_H
#define COLLECTOR_CORE_RULE_H

#include "collector/core/correlate.h"
#include "collector/core/quorum.h"
#include "collector/core/threshold.h"

enum rule_per {
	RULE_FLEET = 0, /* one voter: all results of the target together */
	RULE_REGION,
	RULE_AGENT
};

struct rule_conf {
	enum rule_per per;
	bool
	    by_domain; /* the regions of a domain agree first; those without stand alone */
	struct threshold_conf threshold;
	struct quorum quorum;  /* of the voters, or of those of one domain */
	struct quorum domains; /* of the domains */
	uint32_t flap_after;   /* reopened so often it flaps; 0 = 3 */
};

struct rule;
struct probe_conf;

size_t rule_bytes(const struct topology *topology, const struct rule_conf *conf);

/* No evidence, no findings. `topology` is borrowed for life, `conf` and `tempo_conf` (the
 * interval, silence and the reopen window) are copied; `probe` says who runs what
 * (topology->probe_len of them, borrowed for the call), NULL = everybody everything. NULL when
 * the arena is too small. */
struct rule *rule_init(struct arena *arena, const struct topology *topology,
    const struct correlate_conf *tempo_conf, const struct rule_conf *conf,
    const struct probe_conf *probe);

/* These do what their namesakes of correlate.h do. */
void rule_result(struct rule *rule, const struct evidence *evidence, struct mono now);
void rule_heard(struct rule *rule, uint16_t agent, struct mono now);
void rule_left(struct rule *rule, uint16_t agent, struct mono now);
size_t rule_step(
    struct rule *rule, struct mono now, struct finding_change out[CORRELATE_CHANGES]);
struct mono rule_deadline(const struct rule *rule);
size_t rule_findings(const struct rule *rule, struct finding *out, size_t cap);
bool rule_is_silent(const struct rule *rule, uint16_t agent);
void rule_number_above(struct rule *rule, uint64_t id);
void rule_resume(struct rule *rule, struct mono now);
uint64_t rule_late(const struct rule *rule);

/* Up, down, or unknown for want of reporting voters; as of the last step. */
enum vote rule_vote(const struct rule *rule, uint16_t target);

void rule_save(const struct rule *rule, struct buf *buf);
size_t rule_save_bytes(const struct rule *rule);
/* ERR_FORMAT, ERR_VERSION (also for another way to vote): as fresh as before. */
enum err rule_load(struct rule *rule, struct buf *buf) WARN_UNUSED;

#endif
