#include "collector/shell/api_money.h"

#include <inttypes.h>
#include <stdio.h>

static json_t *
dollars(uint64_t microusd)
{
	char text[40];

	(void)snprintf(text, sizeof(text), "%" PRIu64 ".%06" PRIu64, microusd / 1000000,
	    microusd % 1000000);
	return json_string(text);
}

/* A limit, a grant beside a limit, or a guess that there is none of. */
static json_t *
some(uint64_t microusd)
{
	return microusd == 0 ? json_null() : dollars(microusd);
}

json_t *
api_money_budgets(const struct view *view)
{
	json_t *array = json_array();

	for (size_t i = 0; array != NULL && i < view->budget_len; i++) {
		const struct view_budget *budget = &view->budget[i];
		json_t *item = json_pack("{ss ss so so so so so so so so so so}",
		    "name", budget->key, "state", budget->is_tight ? "degraded" : "ok",
		    "planned_day", dollars(budget->planned_microusd), "day_limit",
		    some(budget->day_microusd), "day_spent", dollars(budget->day_spent),
		    "day_granted", dollars(budget->day_granted), "day_projected",
		    some(budget->day_projected), "month_limit",
		    some(budget->month_microusd), "month_spent",
		    dollars(budget->month_spent), "month_granted",
		    dollars(budget->month_granted), "month_projected",
		    some(budget->month_projected), "total", dollars(budget->total));

		if (item == NULL || json_array_append_new(array, item) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}
