/* shares - what the schedule costs, and what each agent may spend of a budget
 * Room: collector/core (pure).
 *
 * A budget belongs to a real key, of a provider's project; agents call keys by other names.
 * What is left of a budget without its reserve is divided among those who spend with the
 * key, in proportion to what their schedule costs, so that nobody has to ask before a run
 * and the shares never add up to more, whoever is cut off from whom. */
#ifndef COLLECTOR_CORE_SHARES_H
#define COLLECTOR_CORE_SHARES_H

#include "common/core/arena.h"
#include "common/core/plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No budget is larger (a million dollars), so that shares can be reckoned in 64 bits. */
#define SHARES_MICROUSD_MAX UINT64_C(1000000000000)

struct collector_conf;

/* Limits for one real key. */
struct budget_conf {
	uint16_t key;          /* index into topology.key */
	uint64_t day_microusd; /* 0 = no limit, of one of the two */
	uint64_t month_microusd;
	uint8_t warn_percent; /* told from here on */
	uint8_t
	    reserve_percent; /* kept back for those who need more than their share */
};

struct money_conf {
	const char *const *name; /* keys as probes name them, name_len of them */
	/* real[agent * name_len + name]: index into topology.key, or TOPOLOGY_NONE where
	 * the agent has no probe with that key. */
	const uint16_t *real;
	const struct budget_conf *budget;
	uint16_t name_len;
	uint16_t budget_len;
};

struct shares;

size_t shares_bytes(const struct collector_conf *conf);
/* Adds the schedule up; `conf` is borrowed for life. NULL when the arena is too small. */
struct shares *shares_init(struct arena *arena, const struct collector_conf *conf);

/* Index of the key as probes name it, or TOPOLOGY_NONE: "" or a name nobody uses. */
uint16_t shares_name(const struct shares *shares, const char *name);
/* The real key behind a name at an agent, an index into topology.key, or TOPOLOGY_NONE. */
uint16_t shares_real(const struct shares *shares, uint16_t agent, uint16_t name);
/* The budget of a real key; NULL = none. */
const struct budget_conf *shares_budget(const struct shares *shares, uint16_t key);

/* What a day of the schedule costs, rounded up: of one agent with one name, of a real key. */
uint64_t shares_planned(const struct shares *shares, uint16_t agent, uint16_t name);
uint64_t shares_planned_key(const struct shares *shares, uint16_t key);

/* What may be shared of a limit, and what is kept back of it. */
uint64_t shares_room(const struct budget_conf *budget, uint64_t limit_microusd);

/* The share of `agent` for what it spends under `name`. False when that has no budget, or
 * costs nothing there. No share is 0 but where the budget has no such limit. */
bool shares_of(const struct shares *shares, uint16_t agent, uint16_t name,
    struct plan_budget *out);

#endif
