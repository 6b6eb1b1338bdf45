#include "collector/cli/command.h"

#include <stdio.h>
#include <inttypes.h>
#include <string.h>

static const struct writer_column columns[] = {
    {"agent", "AGENT", false},
    {"region", "REGION", false},
    {"presence", "PRESENCE", false},
    {"last_heard_at", "HEARD", false},
    {"last_result_at", "NEWEST RESULT", false},
    {"received", "RECEIVED", true},
    {"gaps", "GAPS", true},
    {"late", "LATE", true},
    {"duplicates", "DUPLICATES", true},
    {"clock_offset_us", "CLOCK", true},
    {"plan_version", "PLAN", true},
    {"build", "BUILD", false},
    {"coverage", "COVERAGE", true},
};

static void
presence_cell(struct writer *writer, const json_t *agent)
{
	if (json_is_true(json_object_get(agent, "silent"))) {
		writer_cell(writer, WRITER_BAD, "silent", NULL);
	} else if (json_is_true(json_object_get(agent, "connected"))) {
		writer_cell(writer, WRITER_GOOD, "connected", NULL);
	} else {
		writer_cell(writer, WRITER_WARN, "away", NULL);
	}
}

static void
clock_cell(struct writer *writer, const json_t *agent)
{
	const json_t *clock = json_object_get(agent, "clock");
	int64_t offset_us = words_int(clock, "offset_us");
	bool bad = json_is_true(json_object_get(clock, "bad"));
	char size[WORDS_BYTES];
	char shown[WORDS_BYTES + 8];
	char raw[WORDS_BYTES];

	(void)words_duration(offset_us < 0 ? -offset_us : offset_us, size);
	(void)snprintf(shown, sizeof(shown), "%s%s%s",
	    offset_us < 0   ? "-"
	    : offset_us > 0 ? "+"
			    : "",
	    offset_us == 0 ? "0" : size, bad ? " BAD" : "");
	writer_cell(writer, bad ? WRITER_BAD : WRITER_PLAIN,
	    words_is_null(clock, "offset_us") ? "-" : shown,
	    words_raw(clock, "offset_us", raw));
}

static void
row(struct writer *writer, const json_t *agent, const char *now)
{
	command_cell(writer, agent, "name");
	command_cell(writer, agent, "region");
	presence_cell(writer, agent);
	command_cell_age(writer, agent, "last_heard_at", now);
	command_cell_age(writer, agent, "last_result_at", now);
	command_cell(writer, agent, "received");
	command_cell(writer, agent, "gaps");
	command_cell(writer, agent, "late");
	command_cell(writer, agent, "duplicates");
	clock_cell(writer, agent);
	command_cell(writer, agent, "plan_version");
	command_cell(writer, agent, "build");
	command_cell_coverage(writer, agent);
}

static enum command_exit
revoke(struct command_context *context, const char *name)
{
	struct client_path path;
	json_t *json = NULL;
	enum err err;

	client_path_init(&path, "/api/v1/agents/");
	client_path_part(&path, name);
	client_path_tail(&path, "/revoke");
	err = client_post(context->client, path.text, NULL, &json);
	if (err != ERR_OK) {
		return command_fail(context, err);
	}
	if (context->options->format == WRITER_JSON) {
		writer_document(context->writer, json, false);
	} else {
		writer_line(context->writer, WRITER_PLAIN,
		    "%s is out: no certificate of that name is taken any more",
		    words_text(json, "name"));
	}
	json_decref(json);
	return EXIT_HEALTHY;
}

static enum command_exit
run(struct command_context *context)
{
	enum command_exit status = EXIT_UNKNOWN;
	const char *word = context->options->argument;
	const char *name = context->options->object;
	json_t *json;

	if (name != NULL && strcmp(word, "revoke") == 0) {
		return revoke(context, name);
	}
	if (name != NULL) {
		command_complain(
		    "'%.40s': expected revoke; see parallax agents --help", word);
		return EXIT_USAGE;
	}

	if (!command_ask(context, "/api/v1/agents", &json, &status)) {
		return status;
	}
	status = command_list(context, json, "agents", columns,
	    command_columns(context->writer, json_object_get(json, "agents"), NULL,
		sizeof(columns) / sizeof(columns[0])),
	    row);
	json_decref(json);
	return status;
}

const struct command cmd_agents = {"agents", "[NAME | revoke NAME]", OPTION_OBJECT,
    "every agent: is it there, what has it sent, how good is its clock",
    "PRESENCE: connected; away (no session at the moment); silent (nothing came for "
    "long\n"
    "enough to matter). GAPS are results the agent itself had to drop, LATE those "
    "that\n"
    "came after their window, CLOCK is its clock minus the collector's. COVERAGE is "
    "there\n"
    "when less came in the last five minutes than was due.\n"
    "\n"
    "  parallax agents\n"
    "  parallax agents eu-west-1\n"
    "  parallax agents -o csv | grep ,silent,\n"
    "  parallax agents revoke eu-west-1     it is kept out from now on\n",
    run};
