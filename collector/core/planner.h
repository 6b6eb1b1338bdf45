/* planner - who probes what, and when inside the interval
 * Room: collector/core (pure).
 *
 * Every agent a probe is meant for runs it once an interval; the planner spreads them over
 * the interval. Agents are ranked so that consecutive probes of one series come from
 * different regions, then from different domains, then with different keys, as far as the
 * fleet allows: a short fault is then seen by independent observers one after the other.
 * Ranks are worked out once per configuration, plans made from them at will. The controls
 * of one interval are one round (rounds.h): an agent begins them at the same instant.
 *
 * A probe that agents take turns on is one with a longer interval: its phases are apart by
 * one interval of the fleet. Budgets are shared as shares.h does.
 *
 * Phases count from the same origin for all agents (wall time modulo interval). */
#ifndef COLLECTOR_CORE_PLANNER_H
#define COLLECTOR_CORE_PLANNER_H

#include "collector/core/collector_conf.h"
#include "common/core/arena.h"
#include "common/core/plan.h"

struct planner;

/* Bytes planner_init() takes from its arena. */
size_t planner_bytes(const struct collector_conf *conf);

/* Ranks all agents for all probes. `conf` is borrowed for life. NULL when the arena is too
 * small. O(agents x kinds of agent) for every set of probes that the same agents run with
 * the same keys. */
struct planner *planner_init(struct arena *arena, const struct collector_conf *conf);

/* Bytes planner_make() takes for a plan of any agent. */
size_t planner_plan_bytes(const struct planner *planner);

/* The plan of `agent` (index in the topology). Probes come from `arena`, texts stay those
 * of the configuration. The version is a digest of the content, so it changes exactly when
 * the agent must do something else; never 0 except for a full arena, when the plan is
 * empty with version 0. An agent without any probe gets an empty plan with a version. */
struct plan planner_make(
    const struct planner *planner, uint16_t agent, struct arena *arena);

#endif
