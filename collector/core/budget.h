/* budget - what the fleet has spent, who may spend more, and when somebody must be told
 * Room: collector/core (pure). Part of the journalled machine.
 *
 * Learns from the cost of results, and of them only: what is not journalled decides nothing.
 * An agent whose share is nearly spent gets more out of the reserve of its budget; grants
 * of a day grow, and are gone with it. A budget that runs out is a finding before it does:
 * when `warn` percent of a day or a month are spent, or when it would not last at the pace
 * so far (after a tenth of the time; the pace counts from the first spending ever, which on
 * the first day is not midnight). It ends when the time is over, or when the pace is
 * well below again. Days and months are UTC's, by the journal's clock, which never goes
 * back here.
 *
 * Ids of these findings are above all that the correlation gives.
 * Owner: the thread that owns the collector machine. */
#ifndef COLLECTOR_CORE_BUDGET_H
#define COLLECTOR_CORE_BUDGET_H

#include "collector/core/correlate.h"
#include "collector/core/shares.h"
#include "collector/core/view.h"

enum {
	BUDGET_CHANGES =
	    4 /* one budgets_step() makes at most; the rest with the next */
};

#define BUDGET_FINDING_FIRST (UINT64_C(1) << 63)

struct collector_conf;
struct budgets;

size_t budgets_bytes(const struct collector_conf *conf);
/* NULL when the arena is too small; `conf` is borrowed for life. */
struct budgets *budgets_init(struct arena *arena, const struct collector_conf *conf);

/* A result of `agent` for `probe` (index in the topology), which ended at `ended`, cost
 * something. */
void budgets_result(struct budgets *budgets, uint16_t agent, uint16_t probe,
    uint32_t cost_microusd, struct wall ended, struct wall now);

/* A run of `probe` by `agent` beyond the schedule: takes what it costs out of the reserve and
 * grants it. False, and nothing taken, when the reserve has not that much left. True for what
 * costs nothing or has no budget. */
bool budgets_confirm(
    struct budgets *budgets, uint16_t agent, uint16_t probe, struct wall now);

/* Goes on to `now`: ends days and months, and says what changed about the findings. */
size_t budgets_step(
    struct budgets *budgets, struct now now, struct finding_change out[BUDGET_CHANGES]);

/* The open findings; returns how many were written, at most `cap`. */
size_t budgets_findings(const struct budgets *budgets, struct finding *out, size_t cap);

/* What is to be said about the budget of key `key` (index in the topology). */
void budgets_text(const struct budgets *budgets, uint16_t key, char *out, size_t cap);

/* What `agent` may spend beyond its shares on the present day: at most `cap`. `key` points
 * into the configuration. */
struct budget_grant {
	const char *key; /* as probes name it */
	uint32_t day;
	uint64_t extra_microusd;
};
size_t budgets_grants(const struct budgets *budgets, uint16_t agent,
    struct budget_grant *out, size_t cap);

/* For people: what stands about a key. False when nothing is known of it, neither a budget
 * nor any spending. */
bool budgets_view(const struct budgets *budgets, uint16_t key, struct wall now,
    struct view_budget *out);
/* Spent for a target, ever; and in all, for what has no target. */
uint64_t budgets_target_spent(const struct budgets *budgets, uint16_t target);

/* By names, so that it survives another configuration: what is gone from it is dropped. */
size_t budgets_save_bytes(const struct collector_conf *conf);
void budgets_save(const struct budgets *budgets, struct buf *buf);
enum err budgets_load(struct budgets *budgets, struct buf *buf) WARN_UNUSED;

#endif
