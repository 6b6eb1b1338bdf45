#include "collector/cli/command.h"

#include <inttypes.h>
#include <string.h>

static const struct writer_column columns[] = {
    {"role", "ROLE", false},
    {"target", "TARGET", false},
    {"outcome", "OUTCOME", false},
    {"phase", "ENDED IN", false},
    {"count", "COUNT", true},
    {"nats", "FOR IT", true},
    {"rival_nats", "FOR RUNNER-UP", true},
    {"regions", "REGIONS", false},
};

static void
nats_cell(struct writer *writer, const json_t *line, const char *key)
{
	char shown[WORDS_BYTES];
	char raw[WORDS_BYTES];

	writer_cell(writer, WRITER_PLAIN, words_nats(words_real(line, key), shown),
	    words_raw(line, key, raw));
}

static void
evidence(struct writer *writer, const json_t *json)
{
	const json_t *array = json_object_get(json, "evidence");
	char regions[512];

	if (json_array_size(array) == 0 && writer->format == WRITER_TABLE) {
		writer_line(writer, WRITER_PLAIN, "none was kept");
		return;
	}
	writer_begin(writer, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *line = json_array_get(array, i);

		command_cell(writer, line, "role");
		command_cell(writer, line, "target");
		command_cell(writer, line, "outcome");
		command_cell(writer, line, "phase");
		command_cell(writer, line, "count");
		nats_cell(writer, line, "nats");
		nats_cell(writer, line, "rival_nats");
		writer_cell(writer, WRITER_PLAIN,
		    words_list(
			json_object_get(line, "regions"), regions, sizeof(regions)),
		    NULL);
	}
	writer_end(writer);
}

static const struct writer_column course_columns[] = {
    {"at", "AT", false},
    {"verdict", "LEADING CAUSE", false},
    {"confidence", "SURE", true},
    {"rival", "RUNNER-UP", false},
    {"rival_confidence", "SURE", true},
    {"rate", "AFFECTED", true},
};

/* How the belief moved, oldest first. */
static void
course(struct writer *writer, const json_t *json)
{
	const json_t *array = json_object_get(json, "course");

	if (json_array_size(array) == 0) {
		return;
	}
	writer_line(writer, WRITER_STRONG, "How the belief moved");
	writer_begin(
	    writer, course_columns, sizeof(course_columns) / sizeof(course_columns[0]));
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *point = json_array_get(array, i);
		bool has_rival = strcmp(words_text(point, "rival"), "healthy") != 0;

		command_cell(writer, point, "at");
		command_cell(writer, point, "verdict");
		command_cell_share(writer, WRITER_PLAIN, point, "confidence");
		writer_cell(writer, WRITER_PLAIN,
		    has_rival ? words_text(point, "rival") : "-", NULL);
		command_cell_share(writer, WRITER_PLAIN, point, "rival_confidence");
		if (words_real(point, "rate") > 0) {
			command_cell_share(writer, WRITER_PLAIN, point, "rate");
		} else { /* nothing was counted before it was opened */
			writer_cell(writer, WRITER_PLAIN, "-", NULL);
		}
	}
	writer_end(writer);
	writer_line(writer, WRITER_PLAIN, "%s", "");
}

static void
what_and_where(struct writer *writer, const json_t *json)
{
	const json_t *scope = json_object_get(json, "scope");
	const char *verdict = words_text(json, "verdict");
	const char *first = words_text(json, "first_verdict");
	char bad[512];
	char good[512];

	writer_line(writer, WRITER_PLAIN, "What      %s (%s), level %s; to act: %s",
	    words_text(json, "title"), verdict, words_text(json, "level"),
	    words_text(json, "blame"));
	if (strcmp(verdict, first) != 0) {
		writer_line(
		    writer, WRITER_PLAIN, "          first taken for %s", first);
	}
	writer_line(writer, WRITER_PLAIN, "Where     %s", words_text(scope, "text"));
	(void)words_list(json_object_get(json, "regions_bad"), bad, sizeof(bad));
	(void)words_list(json_object_get(json, "regions_good"), good, sizeof(good));
	writer_line(writer, WRITER_PLAIN, "          seen in: %s; not seen in: %s",
	    bad[0] != '\0' ? bad : "-", good[0] != '\0' ? good : "-");
}

static void
since_when(struct writer *writer, const json_t *json)
{
	const char *at = words_text(json, "at");
	const char *onset = words_text(json, "onset_at");
	const char *opened = words_text(json, "opened_at");
	const char *resolved = words_text(json, "resolved_at");
	char age[WORDS_BYTES];
	char span[WORDS_BYTES];

	writer_line(writer, WRITER_PLAIN, "Since     %s (%s)", onset,
	    words_age(onset, at, age));
	writer_line(writer, WRITER_PLAIN,
	    "          opened %s, %s after it began; updated %" PRId64
	    " times, reopened %" PRId64 " times",
	    opened, words_span(onset, opened, span), words_int(json, "updates"),
	    words_int(json, "reopened"));
	if (resolved[0] != '\0') {
		writer_line(writer, WRITER_GOOD, "          resolved %s (%s), after %s",
		    resolved, words_age(resolved, at, age),
		    words_span(onset, resolved, span));
	}
}

static void
how_sure(struct writer *writer, const json_t *json)
{
	const json_t *rival = json_object_get(json, "rival");
	char sure[WORDS_BYTES];
	char rate[WORDS_BYTES];

	if (words_real(json, "confidence") > 0) {
		writer_line(writer, WRITER_PLAIN,
		    "How sure  %s; evidence of %.2f nats, %.2f are needed",
		    words_share(words_real(json, "confidence"), sure),
		    words_real(json, "statistic_nats"),
		    words_real(json, "threshold_nats"));
	} else {
		writer_line(writer, WRITER_PLAIN, "%s",
		    "How sure  not known: found by the rule of `policy`, which counts "
		    "and "
		    "does not weigh");
	}
	if (words_text(rival, "scope")[0] != '\0') {
		writer_line(writer, WRITER_PLAIN, "          runner-up: %s, %s: %s",
		    words_text(rival, "title"), words_text(rival, "scope"),
		    words_share(words_real(rival, "confidence"), sure));
	}
	writer_line(writer, WRITER_PLAIN,
	    "          %s of the requests affected; %" PRId64 " of %" PRId64
	    " agents reporting",
	    words_share(words_real(json, "rate"), rate),
	    words_int(json, "agents_reporting"), words_int(json, "agents_total"));
}

/* What was recorded with the incident, then the pages as they are now. */
static void
sources(struct writer *writer, const json_t *json)
{
	const json_t *array = json_object_get(json, "sources_now");
	const char *at = words_text(json, "at");
	const char *external = words_text(json, "external");

	writer_line(writer, WRITER_STRONG, "What others say");
	writer_line(writer, WRITER_PLAIN, "  then: %s",
	    external[0] != '\0' ? external : "nothing was known of any statement");
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *source = json_array_get(array, i);
		char read[WORDS_BYTES];
		char changed[WORDS_BYTES];
		bool is_incident = strcmp(words_text(source, "state"), "incident") == 0;

		writer_line(writer, is_incident ? WRITER_WARN : WRITER_PLAIN,
		    "  now:  %s: %s%s%s (read %s, changed %s)",
		    words_text(source, "series"), words_text(source, "state"),
		    is_incident ? ", " : "",
		    is_incident ? words_text(source, "title") : "",
		    words_age(words_text(source, "read_at"), at, read),
		    words_age(words_text(source, "changed_at"), at, changed));
	}
	writer_line(writer, WRITER_PLAIN, "%s", "");
}

static void
list(struct writer *writer, const char *title, const json_t *array, bool numbered)
{
	writer_line(writer, WRITER_STRONG, "%s", title);
	for (size_t i = 0; i < json_array_size(array); i++) {
		const char *text = json_string_value(json_array_get(array, i));

		if (numbered) {
			writer_line(writer, WRITER_PLAIN, "  %zu. %s", i + 1,
			    text != NULL ? text : "");
		} else {
			writer_line(
			    writer, WRITER_PLAIN, "  - %s", text != NULL ? text : "");
		}
	}
}

static void
story(struct writer *writer, const json_t *json)
{
	bool open = strcmp(words_text(json, "state"), "open") == 0;

	writer_line(writer,
	    open ? words_level_style(words_text(json, "level")) : WRITER_GOOD,
	    "Incident %" PRId64 " (%s): %s", words_int(json, "id"),
	    words_text(json, "state"), words_text(json, "headline"));
	writer_line(writer, WRITER_PLAIN, "%s", "");
	what_and_where(writer, json);
	since_when(writer, json);
	how_sure(writer, json);
	writer_line(writer, WRITER_PLAIN, "%s", "");
	list(writer, "Why", json_object_get(json, "why"), false);
	writer_line(writer, WRITER_PLAIN, "%s", "");
	writer_line(
	    writer, WRITER_STRONG, "Evidence, in nats (e^1 = 2.7 times as likely)");
	evidence(writer, json);
	writer_line(writer, WRITER_PLAIN, "%s", "");
	course(writer, json);
	sources(writer, json);
	list(writer, "What to do next", json_object_get(json, "next"), true);
}

static enum command_exit
explain(struct command_context *context, const char *id)
{
	enum command_exit status = EXIT_UNKNOWN;
	struct client_path path;
	json_t *json;

	client_path_init(&path, "/api/v1/incidents/");
	client_path_part(&path, id);
	if (!command_ask_path(context, &path, &json, &status)) {
		return status;
	}
	writer_document(context->writer, json, false);
	if (context->writer->format == WRITER_CSV) {
		evidence(context->writer, json);
	} else {
		story(context->writer, json);
	}
	json_decref(json);
	return EXIT_HEALTHY;
}

/* Without an id: the incident that the status is about. */
static enum command_exit
run(struct command_context *context)
{
	enum command_exit status = EXIT_UNKNOWN;
	char id[WORDS_BYTES];
	json_t *json;

	if (context->options->replay) {
		return command_replay(context, context->options->argument);
	}
	if (((uint32_t)OPTION_STORE | (uint32_t)OPTION_CONFIG |
		(uint32_t)OPTION_POLICY) &
	    context->options->given) {
		command_complain("--store, --config and --policy go with --replay; "
				 "see parallax explain --help");
		return EXIT_USAGE;
	}
	if (context->options->argument != NULL) {
		return explain(context, context->options->argument);
	}
	if (!command_ask(context, "/api/v1/status", &json, &status)) {
		return status;
	}
	(void)words_integer(words_int(json, "incident"), id);
	json_decref(json);
	if (strcmp(id, "0") == 0) {
		command_complain(
		    "no incident is open; for a past one: parallax explain ID");
		return EXIT_HEALTHY;
	}
	return explain(context, id);
}

const struct command cmd_explain = {"explain", "[ID]",
    OPTION_REPLAY | OPTION_STORE | OPTION_CONFIG | OPTION_POLICY,
    "why an incident is believed to be what it is said to be",
    "Tells the story of one incident: what, where, since when, how sure, every line "
    "of\n"
    "evidence with its weight for the verdict and for the runner-up, what status "
    "pages\n"
    "said, what to do. Without ID: the incident that `parallax status` is about. As "
    "CSV:\n"
    "the evidence.\n"
    "\n"
    "With --replay the journal of a store is played again, without a collector, and "
    "what "
    "is\n"
    "found stands beside what was found then; see parallax backtest --help for the "
    "rest.\n"
    "\n"
    "  parallax explain\n"
    "  parallax explain 7\n"
    "  parallax explain 7 -o json | jq '.evidence[] | select(.nats < 0)'\n"
    "  parallax explain 7 --replay --store copy --config collector.yaml\n",
    run};
