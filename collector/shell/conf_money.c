#include "collector/shell/conf_money.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	WARN_DEFAULT = 80,    /* percent */
	RESERVE_DEFAULT = 20, /* percent */
	MONTH_DAYS = 31,
	DOLLARS_BYTES = 32
};

size_t
conf_money_bytes(const struct raw_collector *raw)
{
	return arena_bytes(raw->budgets_count, sizeof(struct budget_conf));
}

static uint16_t
find_key(const struct conf_fleet *fleet, const char *name)
{
	for (uint16_t i = 0; i < fleet->topology->key_len; i++) {
		if (strcmp(fleet->key[i].name, name) == 0) {
			return i;
		}
	}
	return TOPOLOGY_NONE;
}

static struct budget_conf
read_budget(const struct conf_fleet *fleet, const struct raw_budget *raw)
{
	static const struct settings_range limit = {
	    .min = 1, .max = (int64_t)SHARES_MICROUSD_MAX, .fallback = 0};
	static const struct settings_range warn = {
	    .min = 1, .max = 100, .fallback = WARN_DEFAULT};
	static const struct settings_range reserve = {
	    .min = 0, .max = 90, .fallback = RESERVE_DEFAULT};
	const struct settings *settings = &fleet->settings;
	struct budget_conf budget = {
	    .key = find_key(fleet, raw->key),
	    .day_microusd =
		(uint64_t)settings_money(settings, "daily", raw->daily, &limit),
	    .month_microusd =
		(uint64_t)settings_money(settings, "monthly", raw->monthly, &limit),
	    .warn_percent =
		(uint8_t)settings_percent(settings, "warn", raw->warn, &warn),
	    .reserve_percent =
		(uint8_t)settings_percent(settings, "reserve", raw->reserve, &reserve),
	};

	if (budget.key == TOPOLOGY_NONE) {
		settings_error(settings, "key",
		    "is '%s', expected the real name of a key that an agent spends "
		    "with (`keys` of agents)",
		    settings_quote(raw->key).text);
	}
	if (raw->daily == NULL && raw->monthly == NULL) {
		settings_error(settings, "", "has no limit, expected daily or monthly");
	} else if (budget.month_microusd != 0 &&
		   budget.month_microusd < budget.day_microusd) {
		settings_error(settings, "monthly",
		    "is less than daily, expected more, or one of them only");
	}
	return budget;
}

void
conf_money_read(struct conf_fleet *fleet)
{
	struct budget_conf *budget =
	    arena_take(fleet->arena, fleet->raw->budgets_count, sizeof(*budget));
	uint16_t len = 0;

	assert(!arena_failed(fleet->arena));
	for (uint32_t i = 0; i < fleet->raw->budgets_count; i++) {
		const struct raw_budget *raw = &fleet->raw->budgets[i];

		settings_scope(&fleet->settings, "budgets[%u]", i);
		budget[len] = read_budget(fleet, raw);
		for (uint16_t k = 0; k < len; k++) {
			if (budget[k].key == budget[len].key &&
			    budget[k].key != TOPOLOGY_NONE) {
				settings_error(&fleet->settings, "key",
				    "is '%s' a second time, expected every key once",
				    settings_quote(raw->key).text);
			}
		}
		len++;
	}
	fleet->money->budget = budget;
	fleet->money->budget_len = len;
}

/* To the cent, rounded up. */
static const char *
dollars(uint64_t microusd, char out[DOLLARS_BYTES])
{
	uint64_t cents = (microusd + 9999) / 10000;

	(void)snprintf(out, DOLLARS_BYTES, "%llu.%02llu",
	    (unsigned long long)(cents / 100), (unsigned long long)(cents % 100));
	return out;
}

/* What `limit` must be for a schedule of `planned`; the thousandth is for rounding, and for
 * the run that jitter brings into a day more than another. */
static uint64_t
least(const struct budget_conf *budget, uint64_t planned)
{
	return (planned + planned / 1000 + 1) * 100 / (100U - budget->reserve_percent) +
	       1;
}

/* One limit against the schedule's cost in its time. */
static void
check_limit(struct settings *settings, const struct budget_conf *budget,
    const char *key, uint64_t limit, uint64_t planned, bool is_grown)
{
	uint64_t least_microusd = least(budget, planned);
	char cost[DOLLARS_BYTES];
	char room[DOLLARS_BYTES];
	char more[DOLLARS_BYTES];

	if (limit == 0) {
		return;
	}
	(void)dollars(planned, cost);
	(void)dollars(least_microusd, more);
	if (limit < least_microusd && is_grown) {
		settings_warn(settings, key,
		    "is too small for a fleet that has grown: the schedule costs %s, "
		    "expected at least %s; what does not fit is not run",
		    cost, more);
	} else if (limit < least_microusd) {
		uint64_t percent = (least_microusd * 100 + limit - 1) / limit;

		settings_error(settings, key,
		    "leaves %s US dollars beside its reserve of %u%%, but the schedule "
		    "costs %s, expected at least %s, or intervals %llu.%02llu times as "
		    "long",
		    dollars(shares_room(budget, limit), room), budget->reserve_percent,
		    cost, more, (unsigned long long)(percent / 100),
		    (unsigned long long)(percent % 100));
	} else if (planned * 100 >= limit * budget->warn_percent) {
		settings_warn(settings, key,
		    "is told to be running out when %u%% are spent, and the schedule "
		    "alone costs %s, expected a larger one or a higher `warn`",
		    budget->warn_percent, cost);
	}
}

static void
check_budget(struct settings *settings, const struct collector_conf *conf,
    const struct shares *shares, uint16_t index, bool is_grown)
{
	const struct budget_conf *budget = &conf->money.budget[index];
	uint64_t planned = shares_planned_key(shares, budget->key);

	settings_scope(settings, "budgets[%u]", index);
	if (planned == 0) {
		settings_warn(settings, "key",
		    "costs nothing in the schedule, expected a `cost` for the probes "
		    "that are paid with it");
	}
	check_limit(settings, budget, "daily", budget->day_microusd, planned, is_grown);
	check_limit(settings, budget, "monthly", budget->month_microusd,
	    planned * MONTH_DAYS, is_grown);
}

/* Without a cost nothing is set aside before the run, and the budget would not hold. */
static void
check_costs(struct settings *settings, const struct collector_conf *conf,
    const struct shares *shares)
{
	const struct topology *topology = &conf->topology;

	for (uint16_t i = 0; i < topology->probe_len; i++) {
		const struct plan_probe *plan = &conf->probe[i].plan;
		uint16_t name = shares_name(shares, plan->key);

		if (!probe_traits(plan->kind)->makes_image || plan->cost_microusd > 0) {
			continue;
		}
		for (uint16_t a = 0; a < topology->agent_len; a++) {
			if (shares_budget(shares, shares_real(shares, a, name)) !=
			    NULL) {
				settings_scope(settings, "%s", "");
				settings_error(settings, "budgets",
				    "has one for the key of %s, which has no cost, "
				    "expected `cost` of one run there",
				    plan->series);
				break;
			}
		}
	}
}

bool
conf_money_check(
    struct settings *settings, const struct collector_conf *conf, bool is_grown)
{
	size_t bytes = shares_bytes(conf) + 64;
	void *memory = malloc(bytes);
	struct shares *shares;
	struct arena arena;

	if (memory == NULL) {
		return false;
	}
	arena_init(&arena, memory, bytes);
	shares = shares_init(&arena, conf);
	assert(shares != NULL);
	check_costs(settings, conf, shares);
	for (uint16_t i = 0; i < conf->money.budget_len; i++) {
		check_budget(settings, conf, shares, i, is_grown);
	}
	free(memory);
	return true;
}
