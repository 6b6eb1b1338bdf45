/* judge - what turns results into findings: the correlation, or a rule, as `policy` says
 * Room: collector/core (pure).
 *
 * One interface over correlate.h and rule.h: every function here does what its namesake there
 * does, with whichever was asked for; only that one takes memory. A snapshot of one is
 * ERR_VERSION to another.
 * Owner: the thread that owns the collector machine. */
#ifndef COLLECTOR_CORE_JUDGE_H
#define COLLECTOR_CORE_JUDGE_H

#include "collector/core/rule.h"

enum judge_kind {
	JUDGE_CORRELATION = 0,
	JUDGE_THRESHOLD, /* a rule with one voter, or any of the regions */
	JUDGE_QUORUM     /* a rule with several voters */
};

struct judge_conf {
	enum judge_kind kind;
	struct rule_conf rule; /* unless it is the correlation */
};

struct judge;

const char *judge_kind_name(
    enum judge_kind kind); /* "correlation" "threshold" "quorum" */

size_t judge_bytes(const struct topology *topology, const struct judge_conf *conf);

/* `topology` is borrowed for life, the confs are copied; `probe` as rule_init() wants it.
 * NULL when the arena is too small. */
struct judge *judge_init(struct arena *arena, const struct topology *topology,
    const struct correlate_conf *correlate_conf, const struct judge_conf *conf,
    const struct probe_conf *probe);

void judge_result(
    struct judge *judge, const struct evidence *evidence, struct mono now);
void judge_heard(struct judge *judge, uint16_t agent, struct mono now);
void judge_left(struct judge *judge, uint16_t agent, struct mono now);
/* What the sources are worth for `target` now; rules do not listen to them. */
void judge_shift(struct judge *judge, uint16_t target, int32_t shift_mnats);
size_t judge_step(
    struct judge *judge, struct mono now, struct finding_change out[CORRELATE_CHANGES]);
/* Rules ask nobody. */
size_t judge_asks(const struct judge *judge, struct ask out[CORRELATE_ASKS]);
struct asked judge_asked(const struct judge *judge, uint16_t target);
void judge_may_ask(struct judge *judge, uint16_t probe, uint64_t regions, bool is_paid);
struct mono judge_deadline(const struct judge *judge);
size_t judge_findings(const struct judge *judge, struct finding *out, size_t cap);
bool judge_is_silent(const struct judge *judge, uint16_t agent);
void judge_number_above(struct judge *judge, uint64_t id);
void judge_resume(struct judge *judge, struct mono now);
uint64_t judge_late(const struct judge *judge);

void judge_save(const struct judge *judge, struct buf *buf);
size_t judge_save_bytes(const struct judge *judge);
enum err judge_load(struct judge *judge, struct buf *buf) WARN_UNUSED;

/* What judge_save() wrote before there were rules: the correlation's, without its kind. */
enum err judge_load_unmarked(struct judge *judge, struct buf *buf) WARN_UNUSED;

#endif
