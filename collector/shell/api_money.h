/* api_money - what was spent, as JSON
 * Room: collector/shell. */
#ifndef COLLECTOR_SHELL_API_MONEY_H
#define COLLECTOR_SHELL_API_MONEY_H

#include "collector/core/view.h"

#include <jansson.h>

/* One object a key with a budget or any spending; amounts are texts of US dollars with six
 * decimals, which no reader rounds. Given to the caller; NULL without memory. */
json_t *api_money_budgets(const struct view *view);

#endif
