#include "collector/cli/command.h"

#include <string.h>

static const struct writer_column columns[] = {
    {"source", "SOURCE", false},
    {"state", "SAYS", false},
    {"claim", "CLAIM", false},
    {"read_at", "READ", false},
    {"changed_at", "CHANGED", false},
    {"scope", "SCOPE", false},
    {"title", "TITLE", false},
    {"url", "PAGE", false},
};

static void
row(struct writer *writer, const json_t *source, const char *now)
{
	const char *state = words_text(source, "state");
	enum writer_style style = WRITER_DIM;

	if (strcmp(state, "clear") == 0) {
		style = WRITER_GOOD;
	} else if (strcmp(state, "incident") == 0) {
		style = WRITER_BAD;
	}
	command_cell(writer, source, "series");
	writer_cell(writer, style, state, NULL);
	command_cell(writer, source, "claim");
	command_cell_age(writer, source, "read_at", now);
	command_cell_age(writer, source, "changed_at", now);
	command_cell(writer, source, "scope");
	command_cell(writer, source, "title");
	command_cell(writer, source, "url");
}

static enum command_exit
run(struct command_context *context)
{
	enum command_exit status = EXIT_UNKNOWN;
	const json_t *array;
	json_t *json;

	if (!command_ask(context, "/api/v1/sources", &json, &status)) {
		return status;
	}
	array = json_object_get(json, "sources");
	writer_document(context->writer, json, false);
	writer_begin(context->writer, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < json_array_size(array); i++) {
		row(context->writer, json_array_get(array, i), words_text(json, "at"));
	}
	writer_end(context->writer);
	json_decref(json);
	return EXIT_HEALTHY;
}

const struct command cmd_sources = {"sources", "", 0,
    "what status pages and other third parties say, and since when",
    "SAYS: clear (read well, nothing open that concerns us), incident, or unknown "
    "(stale,\n"
    "failing or never read). A page is a hint, never a verdict; unknown is never "
    "green.\n"
    "\n"
    "  parallax sources\n"
    "  parallax sources -o json | jq '.sources[] | select(.state == \"incident\")'\n",
    run};
