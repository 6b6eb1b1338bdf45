#include "collector/cli/command.h"

static const struct writer_column columns[] = {
    {"key", "KEY", false},
    {"state", "STATE", false},
    {"day_spent", "TODAY", true},
    {"day_granted", "GRANTED", true},
    {"day_limit", "OF", true},
    {"day_projected", "AT THIS PACE", true},
    {"month_spent", "MONTH", true},
    {"month_limit", "OF", true},
    {"month_projected", "AT THIS PACE", true},
    {"planned_day", "PLANNED A DAY", true},
};

static void
row(struct writer *writer, const json_t *budget, const char *now)
{
	(void)now;
	command_cell(writer, budget, "name");
	command_cell_state(writer, budget);
	command_cell(writer, budget, "day_spent");
	command_cell(writer, budget, "day_granted");
	command_cell(writer, budget, "day_limit");
	command_cell(writer, budget, "day_projected");
	command_cell(writer, budget, "month_spent");
	command_cell(writer, budget, "month_limit");
	command_cell(writer, budget, "month_projected");
	command_cell(writer, budget, "planned_day");
}

static enum command_exit
run(struct command_context *context)
{
	enum command_exit status = EXIT_UNKNOWN;
	json_t *all;
	json_t *json;

	if (!command_ask(context, "/api/v1/status", &all, &status)) {
		return status;
	}
	json = json_pack("{sO? sO?}", "at", json_object_get(all, "at"), "budgets",
	    json_object_get(all, "budgets"));
	status = command_list(context, json, "budgets", columns,
	    sizeof(columns) / sizeof(columns[0]), row);
	json_decref(json);
	json_decref(all);
	return status;
}

const struct command cmd_budgets = {"budgets", "[KEY]", 0,
    "what was spent with every key, of what, and how long it lasts",
    "Shows money in US dollars; days and months end in UTC. TODAY and MONTH are what\n"
    "results cost, GRANTED is what agents got out of the reserve today, and AT THIS "
    "PACE\n"
    "what will have been spent in the end. A key whose budget runs out is degraded.\n"
    "\n"
    "  parallax budgets\n"
    "  parallax budgets google-project-1\n",
    run};
