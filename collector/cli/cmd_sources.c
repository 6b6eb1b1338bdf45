#include "collector/cli/command.h"

#include <stdio.h>
#include <string.h>

static const struct writer_column csv_columns[] = {
    {"source", "", false},
    {"state", "", false},
    {"claim", "", false},
    {"why", "", false},
    {"read_at", "", false},
    {"changed_at", "", false},
    {"edited_at", "", false},
    {"stale_after_ms", "", false},
    {"scope", "", false},
    {"title", "", false},
    {"url", "", false},
    {"fallback_of", "", false},
    {"quiet", "", false},
    {"admitted", "", false},
    {"missed", "", false},
    {"median_delay_s", "", false},
    {"unconfirmed", "", false},
};

static const struct writer_column source_columns[] = {
    {"source", "SOURCE", false},
    {"state", "SAYS", false},
    {"claim", "CLAIM", false},
    {"changed_at", "SINCE", false},
    {"edited_at", "EDITED", false},
    {"read_at", "READ", false},
    {"heard", "HEARD", false},
};

static const struct writer_column claim_columns[] = {
    {"source", "OPEN AT", false},
    {"claim", "CLAIM", false},
    {"begin_at", "BEGAN", false},
    {"since_at", "READ FIRST", false},
    {"title", "TITLE", false},
};

static const struct writer_column record_columns[] = {
    {"source", "SOURCE", false},
    {"trust", "AGAINST OUR INCIDENTS", false},
};

/* "source/ai-studio" -> "ai-studio" */
static const char *
short_name(const char *series)
{
	const char *slash = strchr(series, '/');

	return slash != NULL ? slash + 1 : series;
}

static enum writer_style
style_of(const char *state)
{
	if (strcmp(state, "clear") == 0) {
		return WRITER_GOOD;
	}
	return strcmp(state, "incident") == 0 ? WRITER_BAD : WRITER_DIM;
}

static void
csv_row(struct writer *writer, const json_t *source)
{
	const json_t *trust = json_object_get(source, "trust");

	command_cell(writer, source, "series");
	for (size_t i = 1; i < 13; i++) {
		command_cell(writer, source, csv_columns[i].key);
	}
	for (size_t i = 13; i < sizeof(csv_columns) / sizeof(csv_columns[0]); i++) {
		command_cell(writer, trust, csv_columns[i].key);
	}
}

/* Whether it counts: not while the one it stands in for is known. */
static void
heard_cell(struct writer *writer, const json_t *source)
{
	const char *primary = words_text(source, "fallback_of");
	bool quiet = json_is_true(json_object_get(source, "quiet"));
	char text[160];

	if (primary[0] == '\0') {
		writer_cell(writer, WRITER_PLAIN, "yes", NULL);
		return;
	}
	(void)snprintf(text, sizeof(text), "%s %s", quiet ? "behind" : "instead of",
	    short_name(primary));
	writer_cell(writer, quiet ? WRITER_DIM : WRITER_WARN, text, NULL);
}

static void
source_row(struct writer *writer, const json_t *source, const char *now)
{
	const char *state = words_text(source, "state");
	bool known = strcmp(state, "unknown") != 0;

	writer_cell(
	    writer, WRITER_PLAIN, short_name(words_text(source, "series")), NULL);
	writer_cell(writer, style_of(state), state, NULL);
	/* What was claimed before it fell silent is no claim. */
	writer_cell(
	    writer, WRITER_PLAIN, known ? words_text(source, "claim") : "-", NULL);
	command_cell_age(writer, source, "changed_at", now);
	if (words_is_null(source, "edited_at")) {
		writer_cell(writer, WRITER_PLAIN, "-", "");
	} else {
		command_cell_age(writer, source, "edited_at", now);
	}
	command_cell_age(writer, source, "read_at", now);
	heard_cell(writer, source);
}

static void
claim_row(
    struct writer *writer, const json_t *source, const json_t *claim, const char *now)
{
	writer_cell(
	    writer, WRITER_PLAIN, short_name(words_text(source, "series")), NULL);
	command_cell(writer, claim, "claim");
	if (words_is_null(claim, "begin_at")) {
		writer_cell(writer, WRITER_PLAIN, "-", "");
	} else {
		command_cell_age(writer, claim, "begin_at", now);
	}
	command_cell_age(writer, claim, "since_at", now);
	writer_cell(writer, WRITER_PLAIN, words_text(claim, "title"), NULL);
}

static void
claim_table(struct writer *writer, const json_t *array, const char *now)
{
	bool begun = false;

	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *source = json_array_get(array, i);
		const json_t *claims = json_object_get(source, "claims");
		bool known = strcmp(words_text(source, "state"), "unknown") != 0;

		for (size_t k = 0; known && k < json_array_size(claims); k++) {
			if (!begun) {
				writer_line(writer, WRITER_PLAIN, "%s", "");
				writer_begin(writer, claim_columns,
				    sizeof(claim_columns) / sizeof(claim_columns[0]));
				begun = true;
			}
			claim_row(writer, source, json_array_get(claims, k), now);
		}
	}
	if (begun) {
		writer_end(writer);
	}
}

static void
silence_lines(struct writer *writer, const json_t *array)
{
	bool begun = false;

	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *source = json_array_get(array, i);

		if (words_is_null(source, "why")) {
			continue;
		}
		if (!begun) {
			writer_line(writer, WRITER_PLAIN, "%s", "");
			begun = true;
		}
		writer_line(writer, WRITER_PLAIN, "%s is unknown: %s",
		    short_name(words_text(source, "series")),
		    words_text(source, "why"));
	}
}

static void
tables(struct writer *writer, const json_t *array, const char *now)
{
	writer_begin(
	    writer, source_columns, sizeof(source_columns) / sizeof(source_columns[0]));
	for (size_t i = 0; i < json_array_size(array); i++) {
		source_row(writer, json_array_get(array, i), now);
	}
	writer_end(writer);
	silence_lines(writer, array);
	claim_table(writer, array, now);
	if (json_array_size(array) == 0) {
		return;
	}
	writer_line(writer, WRITER_PLAIN, "%s", "");
	writer_begin(
	    writer, record_columns, sizeof(record_columns) / sizeof(record_columns[0]));
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *source = json_array_get(array, i);

		writer_cell(writer, WRITER_PLAIN,
		    short_name(words_text(source, "series")), NULL);
		command_cell(writer, json_object_get(source, "trust"), "text");
	}
	writer_end(writer);
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
	if (context->writer->format == WRITER_CSV) {
		writer_begin(context->writer, csv_columns,
		    sizeof(csv_columns) / sizeof(csv_columns[0]));
		for (size_t i = 0; i < json_array_size(array); i++) {
			csv_row(context->writer, json_array_get(array, i));
		}
		writer_end(context->writer);
	} else {
		tables(context->writer, array, words_text(json, "at"));
	}
	json_decref(json);
	return EXIT_HEALTHY;
}

const struct command cmd_sources = {"sources", "", 0,
    "what status pages and other third parties say, and since when",
    "SAYS: clear (read well, nothing open that concerns us), incident, or unknown "
    "(stale,\n"
    "failing or never read). A page is a hint, never a verdict; unknown is never "
    "green.\n"
    "EDITED is when they wrote last, READ when an agent read it. A source that stands "
    "in for\n"
    "another is heard only while that one is unknown. What we know of each: how many "
    "of our\n"
    "own incidents it admitted within 6 hours, and how late.\n"
    "\n"
    "  parallax sources\n"
    "  parallax sources -o json | jq '.sources[] | select(.state == \"incident\")'\n",
    run};
