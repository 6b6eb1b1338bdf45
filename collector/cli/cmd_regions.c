#include "collector/cli/command.h"

static const struct writer_column columns[] = {
    {"region", "REGION", false},
    {"state", "STATE", false},
    {"verdict", "VERDICT", false},
    {"incident", "INCIDENT", true},
    {"agents_reporting", "REPORTING", true},
    {"agents", "AGENTS", true},
    {"error_rate", "ERRORS", true},
    {"control_error_rate", "CONTROLS", true},
    {"total", "RESULTS", true},
    {"last_at", "LAST RESULT", false},
    {"domain", "DOMAIN", false},
    {"coverage", "COVERAGE", true},
};

static void
row(struct writer *writer, const json_t *region, const char *now)
{
	const json_t *counts = json_object_get(region, "counts");
	const json_t *controls = json_object_get(region, "controls");

	command_cell(writer, region, "name");
	command_cell_state(writer, region);
	command_cell_verdict(writer, region);
	command_cell(writer, region, "incident");
	command_cell(writer, region, "agents_reporting");
	command_cell(writer, region, "agents");
	command_cell_share(writer, WRITER_PLAIN, counts, "error_rate");
	command_cell_share(writer, WRITER_PLAIN, controls, "error_rate");
	command_cell(writer, counts, "total");
	command_cell_age(writer, counts, "last_at", now);
	command_cell(writer, region, "domain");
	command_cell_coverage(writer, counts);
}

static enum command_exit
run(struct command_context *context)
{
	enum command_exit status = EXIT_UNKNOWN;
	json_t *json;

	if (!command_ask(context, "/api/v1/regions", &json, &status)) {
		return status;
	}
	status = command_list(context, json, "regions", columns,
	    command_columns(context->writer, json_object_get(json, "regions"), "counts",
		sizeof(columns) / sizeof(columns[0])),
	    row);
	json_decref(json);
	return status;
}

const struct command cmd_regions = {"regions", "[NAME]", 0,
    "every region of ours: its agents, its own network, its errors",
    "Shows where the agents stand and what each region sees. ERRORS are those of "
    "targets,\n"
    "CONTROLS those of unrelated, well-known endpoints: when both are high it is the\n"
    "region's network. COVERAGE is there when less came than was due. The exit "
    "status\n"
    "is that of the worst region shown.\n"
    "\n"
    "  parallax regions\n"
    "  parallax regions eu-west\n"
    "  parallax regions -o json | jq '.regions[] | select(.state != \"ok\") | .name'\n",
    run};
