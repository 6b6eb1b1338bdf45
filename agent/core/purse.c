#include "agent/core/purse.h"

#include "common/core/utcday.h"

#include <stdio.h>
#include <string.h>

enum {
	PURSE_VERSION = 1
};

void
purse_init(struct purse *purse)
{
	memset(purse, 0, sizeof(*purse));
}

static struct purse_account *
find(struct purse *purse, const char *key)
{
	for (size_t i = 0; i < LIMIT_KEYS; i++) {
		if (purse->account[i].key[0] != '\0' &&
		    strcmp(purse->account[i].key, key) == 0) {
			return &purse->account[i];
		}
	}
	return NULL;
}

/* A place for a new key: a free one, or one that no plan has a limit for any more. */
static struct purse_account *
make(struct purse *purse, const char *key)
{
	struct purse_account *found = NULL;

	for (size_t i = 0; i < LIMIT_KEYS && strlen(key) < LIMIT_NAME_BYTES; i++) {
		struct purse_account *account = &purse->account[i];

		if (account->key[0] == '\0' ||
		    (!account->is_limited && found == NULL)) {
			found = account;
		}
		if (account->key[0] == '\0') {
			break;
		}
	}
	if (found != NULL) {
		*found = (struct purse_account){.is_limited = true};
		memcpy(found->key, key, strlen(key) + 1);
	}
	return found;
}

void
purse_plan(struct purse *purse, const struct plan *plan)
{
	for (size_t i = 0; i < LIMIT_KEYS; i++) {
		purse->account[i].is_limited = false;
	}
	for (size_t i = 0; i < plan->budget_len; i++) {
		struct purse_account *account = find(purse, plan->budget[i].key);

		if (account != NULL) {
			account->is_limited = true; /* nobody takes its place */
		}
	}
	for (size_t i = 0; i < plan->budget_len; i++) {
		const struct plan_budget *budget = &plan->budget[i];
		struct purse_account *account = find(purse, budget->key);

		if (account == NULL) {
			account = make(purse, budget->key);
		}
		if (account != NULL) {
			account->day_share = budget->day_microusd;
			account->month_share = budget->month_microusd;
		}
	}
}

/* Brings the account to the day of `now`. */
static void
roll(struct purse_account *account, struct wall now)
{
	uint32_t today = utcday_of(now);

	if (today > account->day) {
		account->month_extra += account->day_extra;
		if (utcday_month(today) != utcday_month(account->day)) {
			account->month_spent = 0;
			account->month_extra = 0;
		}
		account->day_spent = 0;
		account->day_extra = 0;
		account->day = today;
	} else if (today + 1 < account->day) {
		account->day = today; /* what was spent counts for it */
		account->day_extra = 0;
		account->month_extra = 0;
	}
}

bool
purse_grant(struct purse *purse, const char *key, uint32_t day, uint64_t extra_microusd,
    struct wall now)
{
	struct purse_account *account = find(purse, key);

	if (account == NULL || !account->is_limited) {
		return false;
	}
	roll(account, now);
	if (day != account->day || extra_microusd <= account->day_extra) {
		return false;
	}
	account->day_extra = extra_microusd;
	return true;
}

static struct purse_run *
find_run(struct purse *purse, uint32_t slot, uint32_t generation)
{
	for (size_t i = 0; i < LIMIT_IN_FLIGHT_PROBES; i++) {
		struct purse_run *run = &purse->run[i];

		if (run->is_used && run->slot == slot &&
		    run->generation == generation) {
			return run;
		}
	}
	return NULL;
}

static struct purse_run *
free_run(struct purse *purse)
{
	for (size_t i = 0; i < LIMIT_IN_FLIGHT_PROBES; i++) {
		if (!purse->run[i].is_used) {
			return &purse->run[i];
		}
	}
	return NULL;
}

/* A limit of 0 is none. */
static bool
fits(uint64_t spent, uint64_t cost, uint64_t share, uint64_t extra)
{
	return share == 0 || spent + cost <= share + extra;
}

enum purse_answer
purse_take(struct purse *purse, const struct plan_probe *probe, uint32_t slot,
    uint32_t generation, struct wall now)
{
	struct purse_account *account = find(purse, probe->key);
	uint64_t cost = probe->cost_microusd;
	struct purse_run *run;

	if (cost == 0 || account == NULL || !account->is_limited) {
		return PURSE_FREE;
	}
	roll(account, now);
	if (!fits(account->month_spent, cost, account->month_share,
		account->month_extra + account->day_extra)) {
		return PURSE_MONTH_SPENT;
	}
	if (!fits(account->day_spent, cost, account->day_share, account->day_extra)) {
		return PURSE_DAY_SPENT;
	}
	run = free_run(purse);
	if (run == NULL) {
		return PURSE_FULL;
	}
	*run = (struct purse_run){.is_used = true,
	    .slot = slot,
	    .generation = generation,
	    .day = account->day,
	    .taken = probe->cost_microusd};
	memcpy(run->key, account->key, sizeof(run->key));
	account->day_spent += cost;
	account->month_spent += cost;
	return PURSE_TAKEN;
}

/* Changes what was spent on `day` from `from` to `to`. */
static void
correct(struct purse_account *account, uint32_t day, uint32_t from, uint32_t to)
{
	if (utcday_month(day) == utcday_month(account->day)) {
		account->month_spent += to;
		account->month_spent -=
		    from < account->month_spent ? from : account->month_spent;
	}
	if (day == account->day) {
		account->day_spent += to;
		account->day_spent -=
		    from < account->day_spent ? from : account->day_spent;
	}
}

uint32_t
purse_settle(struct purse *purse, uint32_t slot, uint32_t generation,
    uint32_t cost_microusd, bool is_unsure, bool *out_changed)
{
	struct purse_run *run = find_run(purse, slot, generation);
	struct purse_account *account;
	uint32_t cost = cost_microusd;

	*out_changed = false;
	if (run == NULL) {
		return cost;
	}
	if (is_unsure && cost < run->taken) {
		cost = run->taken;
	}
	account = find(purse, run->key);
	if (account != NULL && cost != run->taken) {
		correct(account, run->day, run->taken, cost);
		*out_changed = true;
	}
	run->is_used = false;
	return cost;
}

void
purse_return(struct purse *purse, uint32_t slot, uint32_t generation)
{
	bool changed;

	(void)purse_settle(purse, slot, generation, 0, false, &changed);
}

void
purse_reason(enum purse_answer answer, const char *key, char out[PURSE_REASON_BYTES])
{
	switch (answer) {
	case PURSE_FREE:
	case PURSE_TAKEN:
		out[0] = '\0';
		break;
	case PURSE_DAY_SPENT:
		(void)snprintf(out, PURSE_REASON_BYTES,
		    "budget of key %s for today is spent, next at 00:00 UTC", key);
		break;
	case PURSE_MONTH_SPENT:
		(void)snprintf(out, PURSE_REASON_BYTES,
		    "budget of key %s for this month is spent, next on the 1st at "
		    "00:00 UTC",
		    key);
		break;
	case PURSE_FULL:
		(void)snprintf(out, PURSE_REASON_BYTES,
		    "more paid runs of key %s under way than can be accounted for",
		    key);
		break;
	}
}

const struct purse_account *
purse_at(struct purse *purse, size_t place, struct wall now)
{
	struct purse_account *account = &purse->account[place];

	if (account->key[0] == '\0' || !account->is_limited) {
		return NULL;
	}
	roll(account, now);
	return account;
}

void
purse_save(const struct purse *purse, struct buf *buf)
{
	uint64_t len = 0;

	for (size_t i = 0; i < LIMIT_KEYS; i++) {
		len += purse->account[i].key[0] != '\0' ? 1 : 0;
	}
	buf_put_varint(buf, PURSE_VERSION);
	buf_put_varint(buf, len);
	for (size_t i = 0; i < LIMIT_KEYS; i++) {
		const struct purse_account *account = &purse->account[i];

		if (account->key[0] == '\0') {
			continue;
		}
		buf_put_text(buf, account->key);
		buf_put_varint(buf, account->day);
		buf_put_varint(buf, account->day_spent);
		buf_put_varint(buf, account->day_extra);
		buf_put_varint(buf, account->month_spent);
		buf_put_varint(buf, account->month_extra);
	}
}

static void
load_account(struct purse_account *account, struct buf *buf)
{
	uint64_t day;

	buf_get_text(buf, account->key, sizeof(account->key));
	day = buf_get_varint(buf);
	account->day_spent = buf_get_varint(buf);
	account->day_extra = buf_get_varint(buf);
	account->month_spent = buf_get_varint(buf);
	account->month_extra = buf_get_varint(buf);
	if (day > UINT32_MAX || account->key[0] == '\0') {
		buf->failed = true;
	}
	account->day = (uint32_t)day;
}

enum err
purse_load(struct purse *purse, struct buf *buf)
{
	uint64_t version = buf_get_varint(buf);
	uint64_t len = buf_get_varint(buf);

	purse_init(purse);
	if (!buf_ok(buf) || len > LIMIT_KEYS) {
		return ERR_FORMAT;
	}
	if (version != PURSE_VERSION) {
		return ERR_VERSION;
	}
	for (uint64_t i = 0; i < len; i++) {
		load_account(&purse->account[i], buf);
	}
	if (!buf_ok(buf)) {
		purse_init(purse);
		return ERR_FORMAT;
	}
	return ERR_OK;
}
