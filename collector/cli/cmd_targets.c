#include "collector/cli/command.h"

static const struct writer_column columns[] = {
    {"target", "TARGET", false},
    {"state", "STATE", false},
    {"verdict", "VERDICT", false},
    {"incident", "INCIDENT", true},
    {"error_rate", "ERRORS", true},
    {"total", "RESULTS", true},
    {"rate_limited", "LIMITED", true},
    {"p50_us", "P50", true},
    {"p95_us", "P95", true},
    {"last_at", "LAST RESULT", false},
    {"last_outcome", "LAST OUTCOME", false},
    {"tier", "TIER", false},
    {"group", "GROUP", false},
    {"provider", "PROVIDER", false},
};

static void
row(struct writer *writer, const json_t *target, const char *now)
{
	const json_t *counts = json_object_get(target, "counts");

	command_cell(writer, target, "name");
	command_cell_state(writer, target);
	command_cell_verdict(writer, target);
	command_cell(writer, target, "incident");
	command_cell_share(writer, WRITER_PLAIN, counts, "error_rate");
	command_cell(writer, counts, "total");
	command_cell(writer, counts, "rate_limited");
	command_cell_duration(writer, counts, "p50_us");
	command_cell_duration(writer, counts, "p95_us");
	command_cell_age(writer, counts, "last_at", now);
	command_cell(writer, counts, "last_outcome");
	command_cell(writer, target, "tier");
	command_cell(writer, target, "group");
	command_cell(writer, target, "provider");
}

static enum command_exit
run(struct command_context *context)
{
	enum command_exit status = EXIT_UNKNOWN;
	json_t *json;

	if (!command_ask(context, "/api/v1/targets", &json, &status)) {
		return status;
	}
	status = command_list(context, json, "targets", columns,
	    sizeof(columns) / sizeof(columns[0]), row);
	json_decref(json);
	return status;
}

const struct command cmd_targets = {"targets", "[NAME]", 0,
    "every target with its state, errors and latency",
    "Shows what users depend on, over all regions and the last window. The exit "
    "status\n"
    "is that of the worst target shown.\n"
    "\n"
    "  parallax targets                    all of them\n"
    "  parallax targets nano-banana-pro    one; in scripts: && echo fine\n"
    "  parallax targets -o csv > now.csv\n",
    run};
