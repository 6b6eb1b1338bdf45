#include "proto/wire_internal.h"

static uint64_t
amount(uint64_t microusd)
{
	return microusd > WIRE_MICROUSD_MAX ? WIRE_MICROUSD_MAX : microusd;
}

static bool
amount_ok(uint64_t microusd)
{
	return microusd <= WIRE_MICROUSD_MAX;
}

static bool
key_ok(const char *key)
{
	return wire_name_ok(key, LIMIT_NAME_BYTES);
}

/* ---- budgets of a plan ---- */

enum err
wire_budgets_encode(
    const struct plan *from, struct arena *scratch, Parallax__V1__Plan *out)
{
	Parallax__V1__PlanBudget **list;
	Parallax__V1__PlanBudget *item;

	if (from->budget_len > LIMIT_KEYS) {
		return ERR_LIMIT;
	}
	list = arena_take(scratch, from->budget_len, sizeof(*list));
	item = arena_take(scratch, from->budget_len, sizeof(*item));
	if (arena_failed(scratch)) {
		return ERR_LIMIT;
	}
	for (size_t i = 0; i < from->budget_len; i++) {
		const struct plan_budget *each = &from->budget[i];

		parallax__v1__plan_budget__init(&item[i]);
		item[i].key = wire_text(plan_text(each->key));
		item[i].day_microusd = amount(each->day_microusd);
		item[i].month_microusd = amount(each->month_microusd);
		list[i] = &item[i];
	}
	out->budget = list;
	out->n_budget = from->budget_len;
	return ERR_OK;
}

enum err
wire_budgets_decode(
    const Parallax__V1__Plan *from, struct arena *arena, struct plan *out)
{
	struct plan_budget *item;

	if (from->n_budget > LIMIT_KEYS) {
		return ERR_LIMIT;
	}
	item = arena_take(arena, from->n_budget, sizeof(*item));
	if (item == NULL) {
		return ERR_LIMIT;
	}
	for (size_t i = 0; i < from->n_budget; i++) {
		const Parallax__V1__PlanBudget *each = from->budget[i];

		if (!key_ok(each->key) || !amount_ok(each->day_microusd) ||
		    !amount_ok(each->month_microusd)) {
			return ERR_FORMAT;
		}
		for (size_t k = 0; k < i; k++) {
			if (strcmp(item[k].key, each->key) == 0) {
				return ERR_FORMAT; /* which of both would hold? */
			}
		}
		item[i] = (struct plan_budget){.key = each->key,
		    .day_microusd = each->day_microusd,
		    .month_microusd = each->month_microusd};
	}
	out->budget = item;
	out->budget_len = from->n_budget;
	return ERR_OK;
}

/* ---- grants of a directive ---- */

enum err
wire_grants_encode(const struct wire_directive *from, struct arena *scratch,
    Parallax__V1__Directive *out)
{
	Parallax__V1__Grant **list;
	Parallax__V1__Grant *item;

	if (from->grant_len > WIRE_GRANTS) {
		return ERR_LIMIT;
	}
	list = arena_take(scratch, from->grant_len, sizeof(*list));
	item = arena_take(scratch, from->grant_len, sizeof(*item));
	if (arena_failed(scratch)) {
		return ERR_LIMIT;
	}
	for (size_t i = 0; i < from->grant_len; i++) {
		parallax__v1__grant__init(&item[i]);
		item[i].key = wire_text(plan_text(from->grant[i].key));
		item[i].day = from->grant[i].day;
		item[i].extra_microusd = amount(from->grant[i].extra_microusd);
		list[i] = &item[i];
	}
	out->grant = list;
	out->n_grant = from->grant_len;
	return ERR_OK;
}

enum err
wire_grants_decode(const Parallax__V1__Directive *from, struct arena *arena,
    struct wire_directive *out)
{
	struct wire_grant *item;

	if (from->n_grant > WIRE_GRANTS) {
		return ERR_LIMIT;
	}
	item = arena_take(arena, from->n_grant, sizeof(*item));
	if (item == NULL) {
		return ERR_LIMIT;
	}
	for (size_t i = 0; i < from->n_grant; i++) {
		const Parallax__V1__Grant *each = from->grant[i];

		if (!key_ok(each->key) || !amount_ok(each->extra_microusd)) {
			return ERR_FORMAT;
		}
		item[i] = (struct wire_grant){.key = each->key,
		    .day = each->day,
		    .extra_microusd = each->extra_microusd};
	}
	out->grant = item;
	out->grant_len = from->n_grant;
	return ERR_OK;
}

/* ---- what a poll says was spent ---- */

enum err
wire_spent_encode(
    const struct wire_poll *from, struct arena *scratch, Parallax__V1__Poll *out)
{
	Parallax__V1__Spent **list;
	Parallax__V1__Spent *item;

	if (from->spent_len > WIRE_SPENT) {
		return ERR_LIMIT;
	}
	list = arena_take(scratch, from->spent_len, sizeof(*list));
	item = arena_take(scratch, from->spent_len, sizeof(*item));
	if (arena_failed(scratch)) {
		return ERR_LIMIT;
	}
	for (size_t i = 0; i < from->spent_len; i++) {
		const struct wire_spent *each = &from->spent[i];

		parallax__v1__spent__init(&item[i]);
		item[i].key = wire_text(plan_text(each->key));
		item[i].day = each->day;
		item[i].day_microusd = amount(each->day_microusd);
		item[i].month_microusd = amount(each->month_microusd);
		list[i] = &item[i];
	}
	out->spent = list;
	out->n_spent = from->spent_len;
	return ERR_OK;
}

enum err
wire_spent_decode(
    const Parallax__V1__Poll *from, struct arena *arena, struct wire_poll *out)
{
	struct wire_spent *item;

	if (from->n_spent > WIRE_SPENT) {
		return ERR_LIMIT;
	}
	item = arena_take(arena, from->n_spent, sizeof(*item));
	if (item == NULL) {
		return ERR_LIMIT;
	}
	for (size_t i = 0; i < from->n_spent; i++) {
		const Parallax__V1__Spent *each = from->spent[i];

		if (!key_ok(each->key) || !amount_ok(each->day_microusd) ||
		    !amount_ok(each->month_microusd)) {
			return ERR_FORMAT;
		}
		item[i] = (struct wire_spent){.key = each->key,
		    .day = each->day,
		    .day_microusd = each->day_microusd,
		    .month_microusd = each->month_microusd};
	}
	out->spent = item;
	out->spent_len = from->n_spent;
	return ERR_OK;
}
