#include "collector/core/shares.h"

#include "collector/core/collector_conf.h"

#include <assert.h>
#include <string.h>

#define DAY_MS UINT64_C(86400000)

enum {
	WEIGHT_BITS = 24 /* so that a weight times a budget fits 64 bits */
};

/* Of one real key. */
struct account {
	const struct budget_conf *budget;
	uint64_t planned_microusd; /* a day */
	uint64_t cells;            /* pairs of agent and name that cost something */
};

struct shares {
	const struct collector_conf *conf;
	uint64_t *planned;       /* [agents * names], a day */
	struct account *account; /* [keys] */
};

static size_t
cells(const struct collector_conf *conf)
{
	return (size_t)conf->topology.agent_len * conf->money.name_len;
}

size_t
shares_bytes(const struct collector_conf *conf)
{
	return arena_bytes(1, sizeof(struct shares)) +
	       arena_bytes(cells(conf) + 1, sizeof(uint64_t)) +
	       arena_bytes(conf->topology.key_len + 1U, sizeof(struct account));
}

uint16_t
shares_name(const struct shares *shares, const char *name)
{
	const struct money_conf *money = &shares->conf->money;

	for (uint16_t i = 0; i < money->name_len; i++) {
		if (strcmp(money->name[i], name) == 0) {
			return i;
		}
	}
	return TOPOLOGY_NONE;
}

uint16_t
shares_real(const struct shares *shares, uint16_t agent, uint16_t name)
{
	const struct money_conf *money = &shares->conf->money;

	return name == TOPOLOGY_NONE
		   ? TOPOLOGY_NONE
		   : money->real[(size_t)agent * money->name_len + name];
}

const struct budget_conf *
shares_budget(const struct shares *shares, uint16_t key)
{
	return key == TOPOLOGY_NONE ? NULL : shares->account[key].budget;
}

/* Adds what a probe costs a day at every agent that runs it. */
static void
add_probe(struct shares *shares, const struct probe_conf *probe)
{
	const struct topology *topology = &shares->conf->topology;
	uint64_t cost = probe->plan.cost_microusd;
	uint64_t interval = probe->plan.interval_ms;
	uint16_t name = shares_name(shares, probe->plan.key);

	if (cost == 0 || interval == 0 || name == TOPOLOGY_NONE) {
		return;
	}
	for (uint16_t a = 0; a < topology->agent_len; a++) {
		size_t at = (size_t)a * shares->conf->money.name_len + name;

		if ((probe->region_mask >> topology->agent[a].region & 1) != 0) {
			shares->planned[at] +=
			    (cost * DAY_MS + interval - 1) / interval;
		}
	}
}

struct shares *
shares_init(struct arena *arena, const struct collector_conf *conf)
{
	const struct topology *topology = &conf->topology;
	struct shares *shares = arena_take(arena, 1, sizeof(*shares));
	uint64_t *planned = arena_take(arena, cells(conf) + 1, sizeof(*planned));
	struct account *account =
	    arena_take(arena, topology->key_len + 1U, sizeof(*account));

	if (shares == NULL || arena_failed(arena)) {
		return NULL;
	}
	*shares = (struct shares){conf, planned, account};
	for (uint16_t i = 0; i < conf->money.budget_len; i++) {
		const struct budget_conf *budget = &conf->money.budget[i];

		assert(budget->key < topology->key_len);
		account[budget->key].budget = budget;
	}
	/* without names there is nothing to be spent */
	for (uint16_t i = 0; i < topology->probe_len && conf->money.name_len > 0; i++) {
		add_probe(shares, &conf->probe[i]);
	}
	for (size_t i = 0; i < cells(conf); i++) {
		uint16_t key = conf->money.real[i];

		if (key != TOPOLOGY_NONE && planned[i] > 0) {
			account[key].planned_microusd += planned[i];
			account[key].cells++;
		}
	}
	return shares;
}

uint64_t
shares_planned(const struct shares *shares, uint16_t agent, uint16_t name)
{
	return shares->planned[(size_t)agent * shares->conf->money.name_len + name];
}

uint64_t
shares_planned_key(const struct shares *shares, uint16_t key)
{
	return shares->account[key].planned_microusd;
}

uint64_t
shares_room(const struct budget_conf *budget, uint64_t limit_microusd)
{
	return limit_microusd - limit_microusd * budget->reserve_percent / 100;
}

/* One part in `account` of what may be shared of `limit`; rounded down, and never 0, for
 * which each of them gets one millionth before the rest is divided. */
static uint64_t
share_of(const struct account *account, uint64_t planned, uint64_t limit)
{
	uint64_t room = shares_room(account->budget, limit);
	uint64_t total = account->planned_microusd;
	unsigned shift = 0;

	if (limit == 0) {
		return 0;
	}
	while (total >> shift >= UINT64_C(1) << WEIGHT_BITS) {
		shift++;
	}
	room = room > account->cells ? room - account->cells : 0;
	return 1 + room * (planned >> shift) / ((total >> shift) + 1);
}

bool
shares_of(
    const struct shares *shares, uint16_t agent, uint16_t name, struct plan_budget *out)
{
	uint16_t key = shares_real(shares, agent, name);
	const struct budget_conf *budget = shares_budget(shares, key);
	uint64_t planned;

	if (budget == NULL) {
		return false;
	}
	planned = shares_planned(shares, agent, name);
	if (planned == 0) {
		return false;
	}
	*out = (struct plan_budget){
	    .key = shares->conf->money.name[name],
	    .day_microusd =
		share_of(&shares->account[key], planned, budget->day_microusd),
	    .month_microusd =
		share_of(&shares->account[key], planned, budget->month_microusd),
	};
	return true;
}
