#include "collector/cli/command.h"

#include <string.h>

static const struct writer_column columns[] = {
    {"seq", "SEQ", true},
    {"at", "AT", false},
    {"author", "WHO", false},
    {"order", "WHAT", false},
    {"subject", "ABOUT", false},
    {"outcome", "OUTCOME", false},
    {"text", "TEXT", false},
    {"comment", "COMMENT", false},
};

static void
row(struct writer *writer, const json_t *order)
{
	const char *outcome = words_text(order, "outcome");

	for (size_t i = 0; i < 5; i++) {
		command_cell(writer, order, columns[i].key);
	}
	writer_cell(writer, strcmp(outcome, "ok") == 0 ? WRITER_PLAIN : WRITER_STRONG,
	    strcmp(outcome, "ok") == 0 ? "done" : outcome, outcome);
	command_cell(writer, order, "text");
	command_cell(writer, order, "comment");
}

static enum command_exit
run(struct command_context *context)
{
	const struct options *options = context->options;
	enum command_exit status = EXIT_UNKNOWN;
	struct writer *writer = context->writer;
	struct client_path path;
	const json_t *array;
	json_t *json;

	client_path_init(&path, "/api/v1/audit");
	client_path_add(&path, "since", options->since);
	client_path_add(&path, "until", options->until);
	client_path_add(&path, "limit", options->limit);
	if (!command_ask_path(context, &path, &json, &status)) {
		return status;
	}
	array = json_object_get(json, "audit");
	writer_document(writer, json, false);
	if (json_array_size(array) == 0 && writer->format == WRITER_TABLE) {
		writer_line(writer, WRITER_PLAIN, "Nobody has ordered anything.");
	} else {
		writer_begin(writer, columns, sizeof(columns) / sizeof(columns[0]));
		for (size_t i = 0; i < json_array_size(array); i++) {
			row(writer, json_array_get(array, i));
		}
		writer_end(writer);
	}
	if (json_is_true(json_object_get(json, "more"))) {
		writer_line(writer, WRITER_DIM, "There are more: --limit N");
	}
	json_decref(json);
	return EXIT_HEALTHY;
}

const struct command cmd_audit = {"audit", "",
    OPTION_SINCE | OPTION_UNTIL | OPTION_LIMIT,
    "who wanted what changed, when, and what came of it",
    "Every order that was given, newest first, those that were refused too. WHO is "
    "the\n"
    "user at the collector's socket, or the agent that enrolled or renewed its\n"
    "certificate. Options: --since, --last, --until, --limit.\n"
    "\n"
    "  parallax audit --last 7d\n"
    "  parallax audit -o csv --limit 1000 > audit.csv\n",
    run};
