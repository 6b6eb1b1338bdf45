#include "collector/cli/command.h"

#include <string.h>

static const struct writer_column columns[] = {
    {"id", "ID", true},
    {"state", "STATE", false},
    {"level", "LEVEL", false},
    {"verdict", "VERDICT", false},
    {"scope", "SCOPE", false},
    {"confidence", "SURE", true},
    {"rate", "AFFECTED", true},
    {"onset_at", "BEGAN", false},
    {"resolved_at", "RESOLVED", false},
};

static void
row(struct writer *writer, const json_t *incident, const char *now)
{
	bool open = strcmp(words_text(incident, "state"), "open") == 0;
	const char *level = words_text(incident, "level");

	command_cell(writer, incident, "id");
	writer_cell(writer, open ? WRITER_STRONG : WRITER_DIM,
	    words_text(incident, "state"), NULL);
	writer_cell(
	    writer, open ? words_level_style(level) : WRITER_PLAIN, level, NULL);
	command_cell(writer, incident, "verdict");
	command_cell(writer, json_object_get(incident, "scope"), "text");
	command_cell_share(writer, WRITER_PLAIN, incident, "confidence");
	command_cell_share(writer, WRITER_PLAIN, incident, "rate");
	command_cell_age(writer, incident, "onset_at", now);
	if (open) {
		writer_cell(writer, WRITER_PLAIN, "-", "");
	} else {
		command_cell_age(writer, incident, "resolved_at", now);
	}
}

void
command_incidents(struct writer *writer, const json_t *array, const char *now)
{
	writer_begin(writer, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < json_array_size(array); i++) {
		row(writer, json_array_get(array, i), now);
	}
	writer_end(writer);
}

static enum command_exit
run(struct command_context *context)
{
	const struct options *options = context->options;
	enum command_exit status = EXIT_UNKNOWN;
	struct client_path path;
	const json_t *array;
	json_t *json;

	client_path_init(&path, "/api/v1/incidents");
	client_path_add(&path, "state", options->state);
	client_path_add(&path, "since", options->since);
	client_path_add(&path, "until", options->until);
	client_path_add(&path, "limit", options->limit);
	if (!command_ask_path(context, &path, &json, &status)) {
		return status;
	}
	array = json_object_get(json, "incidents");
	writer_document(context->writer, json, false);
	if (json_array_size(array) == 0 && context->writer->format == WRITER_TABLE) {
		writer_line(context->writer, WRITER_PLAIN, "No incidents.");
	} else {
		command_incidents(context->writer, array, words_text(json, "at"));
	}
	if (json_is_true(json_object_get(json, "more"))) {
		writer_line(context->writer, WRITER_DIM, "There are more: --limit N");
	}
	json_decref(json);
	return EXIT_HEALTHY;
}

const struct command cmd_incidents = {"incidents", "",
    OPTION_STATE | OPTION_SINCE | OPTION_UNTIL | OPTION_LIMIT,
    "faults, open and past, newest first",
    "Options: --state open|all, --since, --last and --until (incidents that were open "
    "at\n"
    "some time between them), --limit.\n"
    "\n"
    "  parallax incidents --state open     what is wrong now\n"
    "  parallax incidents --last 7d        the week\n"
    "  parallax explain 7                  why incident 7 is believed\n",
    run};
