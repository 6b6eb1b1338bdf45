#include "collector/cli/collector_run.h"
#include "collector/cli/command.h"

#include <inttypes.h>
#include <string.h>

enum {
	WORDS_MAX = 16,
	RAN_UNREADABLE = 3,
	RAN_USAGE = 64
};

/* execv() takes words that it may change, and does not. */
struct words {
	char *word[WORDS_MAX];
	size_t len;
};

static void
add(struct words *words, const char *option, const char *value)
{
	union {
		const char *in;
		char *out;
	} text = {.in = option};

	if (value == NULL || words->len + 3 > WORDS_MAX) {
		return;
	}
	words->word[words->len++] = text.out;
	text.in = value;
	words->word[words->len++] = text.out;
}

/* True with a document; else `*out_exit`, and the reason is on stderr. */
static bool
ask(const struct options *options, const char *incident, json_t **out_json,
    enum command_exit *out_exit)
{
	struct words words = {.len = 0};
	int status;

	add(&words, "parallax-collector", "backtest");
	add(&words, "--config", options->config);
	add(&words, "--store", options->store);
	add(&words, "--policy", options->policy);
	add(&words, "--since", options->since);
	add(&words, "--until", options->until);
	add(&words, "--incident", incident);
	*out_json = collector_run(words.word, &status);
	if (*out_json == NULL) {
		*out_exit = status == RAN_USAGE ? EXIT_USAGE : EXIT_UNKNOWN;
		return false;
	}
	if (status >= RAN_UNREADABLE) {
		json_decref(*out_json);
		*out_exit = EXIT_UNKNOWN;
		return false;
	}
	*out_exit = status == 0 ? EXIT_HEALTHY : EXIT_DEGRADED;
	return true;
}

/* What the replay could not know. */
static void
warn_of_beginning(struct writer *writer, const json_t *journal)
{
	char warm[WORDS_BYTES];
	char needed[WORDS_BYTES];

	if (json_is_true(json_object_get(journal, "whole"))) {
		return;
	}
	if (words_real(journal, "warm_up_s") >=
	    words_real(journal, "warm_up_needed_s")) {
		writer_line(writer, WRITER_DIM,
		    "The beginning of the journal is gone: what was open then is not "
		    "known.");
		return;
	}
	writer_line(writer, WRITER_WARN,
	    "The beginning of the journal is gone, and only %s of it stand before what "
	    "is\nlooked at; the engine learns in %s. The first of these alerts may "
	    "differ for that.",
	    words_duration((int64_t)(words_real(journal, "warm_up_s") * 1e6), warm),
	    words_duration(
		(int64_t)(words_real(journal, "warm_up_needed_s") * 1e6), needed));
}

/* ---- two runs ---- */

static const struct writer_column columns[] = {
    {"fate", "FATE", false},
    {"review", "REVIEW", false},
    {"delay_s", "DELAY", true},
    {"old_incident", "ID", true},
    {"old_verdict", "WAS TOLD", false},
    {"old_scope", "SCOPE", false},
    {"old_paged_at", "PAGED", false},
    {"new_verdict", "WOULD BE TOLD", false},
    {"new_scope", "SCOPE", false},
    {"new_paged_at", "PAGED", false},
};

static void
text_cell(struct writer *writer, const json_t *object, const char *key)
{
	const char *text = words_text(object, key);

	writer_cell(writer, WRITER_PLAIN, text[0] != '\0' ? text : "-", text);
}

static void
side(struct writer *writer, const json_t *item)
{
	text_cell(writer, item, "verdict");
	text_cell(writer, item, "scope");
	text_cell(writer, item, "paged_at");
}

static enum writer_style
style_of(const char *fate)
{
	if (strcmp(fate, "missed") == 0) {
		return WRITER_BAD;
	}
	if (strcmp(fate, "new") == 0) {
		return WRITER_WARN;
	}
	return strcmp(fate, "avoided") == 0 ? WRITER_GOOD : WRITER_PLAIN;
}

static void
pair_row(struct writer *writer, const json_t *pair)
{
	const json_t *old_one = json_object_get(pair, "old");
	const char *fate = words_text(pair, "fate");
	char raw[WORDS_BYTES];
	char delay[WORDS_BYTES] = "-";
	char id[WORDS_BYTES] = "-";

	if (!words_is_null(pair, "delay_s")) {
		(void)snprintf(
		    delay, sizeof(delay), "%+.1f s", words_real(pair, "delay_s"));
	}
	writer_cell(writer, style_of(fate), fate, NULL);
	text_cell(writer, pair, "review");
	writer_cell(writer, WRITER_PLAIN, delay, words_raw(pair, "delay_s", raw));
	if (json_is_object(old_one)) {
		(void)words_integer(words_int(old_one, "incident"), id);
	}
	writer_cell(writer, WRITER_PLAIN, id, id[0] == '-' ? "" : id);
	side(writer, old_one);
	side(writer, json_object_get(pair, "new"));
}

static void
summary(struct writer *writer, const json_t *json)
{
	const json_t *sum = json_object_get(json, "summary");
	const json_t *old_run = json_object_get(json, "old");
	const json_t *new_run = json_object_get(json, "new");
	bool has_policy = !words_is_null(json, "policy");

	writer_line(writer, WRITER_PLAIN, "From %s to %s, %" PRId64 " records",
	    words_text(json, "since"), words_text(json, "until"),
	    words_int(json_object_get(json, "journal"), "records"));
	writer_line(writer, WRITER_PLAIN, "Alerts %s: %" PRId64 "; %s: %" PRId64,
	    has_policy ? "as configured" : "as told", words_int(old_run, "alerts"),
	    has_policy ? "changed" : "as configured", words_int(new_run, "alerts"));
	writer_line(writer, words_int(sum, "missed") > 0 ? WRITER_BAD : WRITER_STRONG,
	    "same %" PRId64 " (%" PRId64 " later, by up to %.1f s; %" PRId64
	    " with another name), avoided %" PRId64 " (%" PRId64
	    " of them never reviewed), MISSED %" PRId64 ", new %" PRId64,
	    words_int(sum, "same"), words_int(sum, "later"),
	    words_real(sum, "delay_max_s"), words_int(sum, "renamed"),
	    words_int(sum, "avoided"), words_int(sum, "avoided_unreviewed"),
	    words_int(sum, "missed"), words_int(sum, "new"));
	warn_of_beginning(writer, json_object_get(json, "journal"));
}

static void
change(struct writer *writer, const json_t *json)
{
	const json_t *lines = json_object_get(json, "change");

	if (json_array_size(lines) == 0) {
		return;
	}
	writer_line(writer, WRITER_PLAIN, "%s", "");
	writer_line(writer, WRITER_STRONG, "%s",
	    "The difference, for the configuration; nothing was changed:");
	for (size_t i = 0; i < json_array_size(lines); i++) {
		const char *line = json_string_value(json_array_get(lines, i));

		writer_line(writer, WRITER_PLAIN, "  %s", line != NULL ? line : "");
	}
}

static enum command_exit
compare(struct command_context *context)
{
	struct writer *writer = context->writer;
	enum command_exit status;
	const json_t *alerts;
	json_t *json;

	if (!ask(context->options, NULL, &json, &status)) {
		return status;
	}
	writer_document(writer, json, false);
	alerts = json_object_get(json, "alerts");
	summary(writer, json);
	if (json_array_size(alerts) > 0 || writer->format == WRITER_CSV) {
		writer_line(writer, WRITER_PLAIN, "%s", "");
		writer_begin(writer, columns, sizeof(columns) / sizeof(columns[0]));
		for (size_t i = 0; i < json_array_size(alerts); i++) {
			pair_row(writer, json_array_get(alerts, i));
		}
		writer_end(writer);
	}
	change(writer, json);
	json_decref(json);
	return status;
}

/* ---- one incident ---- */

static const struct writer_column field_columns[] = {
    {"field", "FIELD", false},
    {"stored", "STORED", false},
    {"replayed", "REPLAYED", false},
    {"same", "", false},
};

/* A value as text; texts without their quotes. */
static void
value_cell(struct writer *writer, const json_t *row, const char *key)
{
	const json_t *value = json_object_get(row, key);
	char raw[WORDS_BYTES];

	if (json_is_string(value)) {
		text_cell(writer, row, key);
	} else {
		words_raw(row, key, raw);
		writer_cell(writer, WRITER_PLAIN, raw[0] != '\0' ? raw : "-", raw);
	}
}

static void
fields(struct writer *writer, const json_t *json)
{
	const json_t *array = json_object_get(json, "fields");

	writer_begin(
	    writer, field_columns, sizeof(field_columns) / sizeof(field_columns[0]));
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *row = json_array_get(array, i);
		bool is_same = json_is_true(json_object_get(row, "same"));

		command_cell(writer, row, "field");
		value_cell(writer, row, "stored");
		value_cell(writer, row, "replayed");
		writer_cell(writer, is_same ? WRITER_DIM : WRITER_BAD,
		    is_same ? "" : "differs", is_same ? "true" : "false");
	}
	writer_end(writer);
}

static void
evidence_line(struct writer *writer, const char *whose, const json_t *line)
{
	char nats[WORDS_BYTES];

	if (line == NULL) {
		writer_line(writer, WRITER_BAD, "  %-8s  none", whose);
		return;
	}
	writer_line(writer, WRITER_PLAIN,
	    "  %-8s  %s %s %s, ended in %s, %" PRId64 " times: %s", whose,
	    words_text(line, "role"), words_text(line, "target"),
	    words_text(line, "outcome"), words_text(line, "phase"),
	    words_int(line, "count"), words_nats(words_real(line, "nats"), nats));
}

static void
evidence(struct writer *writer, const json_t *json)
{
	const json_t *both = json_object_get(json, "evidence");
	const json_t *stored = json_object_get(both, "stored");
	const json_t *replayed = json_object_get(both, "replayed");
	size_t len = json_array_size(stored);

	len = len > json_array_size(replayed) ? len : json_array_size(replayed);
	writer_line(writer, WRITER_PLAIN, "%s", "");
	writer_line(writer, WRITER_STRONG, "Evidence, in nats: %s",
	    json_is_true(json_object_get(both, "same")) ? "the same" : "differs");
	for (size_t i = 0; i < len; i++) {
		evidence_line(writer, "stored", json_array_get(stored, i));
		evidence_line(writer, "replayed", json_array_get(replayed, i));
	}
}

enum command_exit
command_replay(struct command_context *context, const char *incident)
{
	struct writer *writer = context->writer;
	enum command_exit status;
	json_t *json;

	if (incident == NULL) {
		command_complain("--replay: expected the number of an incident");
		return EXIT_USAGE;
	}
	if (!ask(context->options, incident, &json, &status)) {
		return status;
	}
	writer_document(writer, json, false);
	writer_line(writer, status == EXIT_HEALTHY ? WRITER_GOOD : WRITER_BAD,
	    "Incident %s, played again: %s", incident,
	    status == EXIT_HEALTHY               ? "the same"
	    : words_is_null(json, "replayed_as") ? "not found at all"
						 : "not the same");
	warn_of_beginning(writer, json_object_get(json, "journal"));
	writer_line(writer, WRITER_PLAIN, "%s", "");
	fields(writer, json);
	if (writer->format == WRITER_TABLE) {
		evidence(writer, json);
	}
	json_decref(json);
	return status;
}

static enum command_exit
run(struct command_context *context)
{
	return context->options->incident != NULL
		   ? command_replay(context, context->options->incident)
		   : compare(context);
}

const struct command cmd_backtest = {"backtest", "",
    OPTION_CONFIG | OPTION_STORE | OPTION_POLICY | OPTION_SINCE | OPTION_UNTIL |
	OPTION_INCIDENT,
    "what changed rules would have told, from what was recorded",
    "Plays the journal of a store again, of a collector that runs or of a copy "
    "(parallax\n"
    "export store), and compares the alerts with those that were told; with --policy, "
    "those\n"
    "of the configuration with those of a changed one. Nothing is told and nothing is\n"
    "changed. It runs parallax-collector, with the rights you have.\n"
    "\n"
    "  --config FILE    collector.yaml (default /etc/parallax/collector.yaml)\n"
    "  --store FOLDER   default: the store that it names\n"
    "  --policy FILE    YAML with `policy:`, and `tiers:`, laid over the "
    "configuration\n"
    "  --since, --until how long ago is counted from the end of the journal\n"
    "  --incident ID    one incident alone, beside what is stored of it\n"
    "\n"
    "same: both page, perhaps later or with another name. avoided: the old one alone, "
    "and\n"
    "nobody has said that it was worth it (parallax review). MISSED: the old one "
    "alone, "
    "of\n"
    "an incident that was reviewed as true or late. new: the new one alone.\n"
    "A journal from which nothing was trimmed gives exactly what was found then; where "
    "its\n"
    "beginning is gone the machine begins without what it had learned, which is said.\n"
    "Exit status: 0, or 1 when something is missed (or the incident is not the same).\n"
    "\n"
    "  parallax backtest --store copy --config collector.yaml\n"
    "  parallax backtest --policy strict.yaml --since 7d\n"
    "  parallax backtest --policy strict.yaml -o json | jq .summary\n",
    run};
