#include "collector/cli/command.h"

#include <stdlib.h>
#include <string.h>

static enum command_exit
order(struct command_context *context, const char *id, const char *tail, json_t *body)
{
	struct client_path path;

	client_path_init(&path, "/api/v1/incidents/");
	client_path_part(&path, id);
	client_path_tail(&path, tail);
	return command_order(context, path.text, body);
}

static enum command_exit
run_ack(struct command_context *context)
{
	const struct options *options = context->options;
	enum command_exit status;
	json_t *body;

	if (options->argument == NULL) {
		command_complain("expected the number of an incident; see parallax "
				 "incidents --state open");
		return EXIT_USAGE;
	}
	if (options->object != NULL && strcmp(options->object, "off") == 0) {
		return order(context, options->argument, "/unack", NULL);
	}
	if (options->object != NULL) {
		command_complain("'%.40s': expected off, or nothing", options->object);
		return EXIT_USAGE;
	}
	body = command_words(options);
	command_member(body, "for", options->duration);
	status = order(context, options->argument, "/ack", body);
	json_decref(body);
	return status;
}

const struct command cmd_ack = {"ack", "ID [off]",
    OPTION_OBJECT | OPTION_FOR | OPTION_REASON | OPTION_AUTHOR,
    "say that an incident is in hand: no reminders, no escalation",
    "It holds as long as the incident, or for the time given; a rise of the level ends "
    "it.\n"
    "What is new is still told: a worse level, another cause, and the end.\n"
    "\n"
    "  --for T       how long: 2h\n"
    "  --reason R    why\n"
    "  --author A    who, when it is not who is logged in\n"
    "\n"
    "  parallax ack 7 --for 2h --reason 'provider confirmed'\n"
    "  parallax ack 7 off\n",
    run_ack};

/* ---- review ---- */

static const struct writer_column review_columns[] = {
    {"incident", "INCIDENT", true},
    {"rule", "RULE", false},
    {"verdict", "REVIEW", false},
    {"author", "WHO", false},
    {"made_at", "AT", false},
    {"reason", "WHY", false},
};

static const struct writer_column rule_columns[] = {
    {"rule", "RULE", false},
    {"reviewed", "REVIEWED", true},
    {"worth", "WORTH IT", true},
    {"precision", "PRECISION", true},
    {"low", "AT LEAST", true},
    {"high", "AT MOST", true},
};

static void
show_rules(struct writer *writer, const json_t *array)
{
	writer_begin(
	    writer, rule_columns, sizeof(rule_columns) / sizeof(rule_columns[0]));
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *rule = json_array_get(array, i);

		command_cell(writer, rule, "rule");
		command_cell(writer, rule, "reviewed");
		command_cell(writer, rule, "worth");
		for (size_t k = 3; k < 6; k++) {
			command_cell_share(
			    writer, WRITER_PLAIN, rule, rule_columns[k].key);
		}
	}
	writer_end(writer);
}

static enum command_exit
list_reviews(struct command_context *context)
{
	enum command_exit status = EXIT_UNKNOWN;
	struct writer *writer = context->writer;
	const json_t *array;
	json_t *json;

	if (!command_ask(context, "/api/v1/reviews", &json, &status)) {
		return status;
	}
	array = json_object_get(json, "reviews");
	writer_document(writer, json, false);
	if (json_array_size(array) == 0 && writer->format == WRITER_TABLE) {
		writer_line(writer, WRITER_PLAIN, "No incident has been reviewed.");
		json_decref(json);
		return EXIT_HEALTHY;
	}
	writer_begin(
	    writer, review_columns, sizeof(review_columns) / sizeof(review_columns[0]));
	for (size_t i = 0; i < json_array_size(array); i++) {
		for (size_t k = 0;
		     k < sizeof(review_columns) / sizeof(review_columns[0]); k++) {
			command_cell(
			    writer, json_array_get(array, i), review_columns[k].key);
		}
	}
	writer_end(writer);
	if (writer->format == WRITER_TABLE) {
		writer_line(writer, WRITER_PLAIN, "%s", "");
		show_rules(writer, json_object_get(json, "rules"));
		writer_line(writer, WRITER_DIM,
		    "With fewer than 20 reviews nothing is said about a rule.");
	}
	json_decref(json);
	return EXIT_HEALTHY;
}

static enum command_exit
run_review(struct command_context *context)
{
	const struct options *options = context->options;
	enum command_exit status;
	json_t *body;

	if (options->argument == NULL) {
		return list_reviews(context);
	}
	if (options->object == NULL) {
		command_complain(
		    "expected true, false-positive, expected, duplicate or "
		    "late behind the number");
		return EXIT_USAGE;
	}
	body = command_words(options);
	command_member(body, "verdict", options->object);
	status = order(context, options->argument, "/review", body);
	json_decref(body);
	return status;
}

const struct command cmd_review = {"review",
    "[ID true|false-positive|expected|duplicate|late]",
    OPTION_OBJECT | OPTION_REASON | OPTION_AUTHOR,
    "say afterwards what an incident was worth; how good each rule is",
    "A review stands beside the evidence and changes none of it. Without a number: "
    "what\n"
    "was reviewed, and of every rule the share of incidents that were worth being "
    "told\n"
    "(true and late), with the bounds that hold with 95 %.\n"
    "\n"
    "  parallax review 7 false-positive --reason 'load test of ours'\n"
    "  parallax review\n",
    run_review};
