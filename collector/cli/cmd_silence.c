/* `parallax silence` and `parallax maintenance`: the same orders, meant differently. */
#include "collector/cli/command.h"

#include <stdio.h>
#include <string.h>

static const struct writer_column columns[] = {
    {"id", "ID", true},
    {"active", "ACTIVE", false},
    {"matcher", "WHAT", false},
    {"begin_at", "FROM", false},
    {"end_at", "UNTIL", false},
    {"author", "WHO", false},
    {"reason", "WHY", false},
};

static void
row(struct writer *writer, const json_t *mute)
{
	bool is_active = json_is_true(json_object_get(mute, "active"));

	command_cell(writer, mute, "id");
	writer_cell(writer, is_active ? WRITER_WARN : WRITER_PLAIN,
	    is_active ? "yes" : "no", is_active ? "true" : "false");
	for (size_t i = 2; i < sizeof(columns) / sizeof(columns[0]); i++) {
		command_cell(writer, mute, columns[i].key);
	}
}

static enum command_exit
list(struct command_context *context, const char *path, const char *key)
{
	enum command_exit status = EXIT_UNKNOWN;
	struct writer *writer = context->writer;
	const json_t *array;
	json_t *json;

	if (!command_ask(context, path, &json, &status)) {
		return status;
	}
	array = json_object_get(json, key);
	writer_document(writer, json, false);
	if (json_array_size(array) == 0 && writer->format == WRITER_TABLE) {
		writer_line(writer, WRITER_PLAIN, "None.");
	} else {
		writer_begin(writer, columns, sizeof(columns) / sizeof(columns[0]));
		for (size_t i = 0; i < json_array_size(array); i++) {
			row(writer, json_array_get(array, i));
		}
		writer_end(writer);
	}
	json_decref(json);
	return EXIT_HEALTHY;
}

static enum command_exit
add(struct command_context *context, const char *path)
{
	const struct options *options = context->options;
	json_t *body;
	enum command_exit status;

	if (options->object == NULL ||
	    (options->duration == NULL) == (options->until == NULL)) {
		command_complain("expected what is meant, and --for or --until; see "
				 "parallax %s --help",
		    options->command);
		return EXIT_USAGE;
	}
	body = command_words(options);
	command_member(body, "matcher", options->object);
	command_member(body, "for", options->duration);
	command_member(body, "until", options->until);
	command_member(body, "begin", options->begin);
	status = command_order(context, path, body);
	json_decref(body);
	return status;
}

static enum command_exit
expire(struct command_context *context, const char *folder)
{
	struct client_path path;

	if (context->options->object == NULL) {
		command_complain("expected a number; see parallax %s list",
		    context->options->command);
		return EXIT_USAGE;
	}
	client_path_init(&path, folder);
	client_path_tail(&path, "/");
	client_path_part(&path, context->options->object);
	client_path_tail(&path, "/expire");
	return command_order(context, path.text, NULL);
}

static enum command_exit
run_on(struct command_context *context, const char *path, const char *key)
{
	const char *word = context->options->argument;

	if (word == NULL || strcmp(word, "list") == 0) {
		return list(context, path, key);
	}
	if (strcmp(word, "add") == 0) {
		return add(context, path);
	}
	if (strcmp(word, "expire") == 0) {
		return expire(context, path);
	}
	command_complain(
	    "'%.40s': expected add, list or expire; see parallax %s --help", word,
	    context->options->command);
	return EXIT_USAGE;
}

static enum command_exit
run_silence(struct command_context *context)
{
	return run_on(context, "/api/v1/silences", "silences");
}

static enum command_exit
run_maintenance(struct command_context *context)
{
	return run_on(context, "/api/v1/maintenance", "maintenance");
}

#define ADD_HELP                                                                       \
	"WHAT is a list of conditions, all of which must hold: LABEL=PATTERN or\n"     \
	"LABEL!=PATTERN with commas between them. Labels: target group tier region\n"  \
	"agent key scope verdict blame level. In a pattern * is any run of letters,\n" \
	"? any one, and | separates alternatives; `all` is everything. A label says\n" \
	"what an incident is about: an outage for everybody has no region.\n"          \
	"\n"                                                                           \
	"  --for T       how long: 2h, 30m\n"                                          \
	"  --until T     or until when, as 2026-08-30T12:00:00Z\n"                     \
	"  --begin T     from when; default now\n"                                     \
	"  --reason R    why; it is shown and kept\n"                                  \
	"  --author A    who, when it is not who is logged in\n"                       \
	"\n"

const struct command cmd_silence = {"silence", "[add WHAT | list | expire ID]",
    OPTION_OBJECT | OPTION_FOR | OPTION_UNTIL | OPTION_BEGIN | OPTION_REASON |
	OPTION_AUTHOR,
    "say nothing about some incidents for a while",
    "What is found goes on to be recorded; only telling is held back. A resolve that "
    "is\n"
    "owed is told all the same. When it ends, what is still wrong is told as it is "
    "then.\n"
    "\n" ADD_HELP
    "  parallax silence add target=nano-banana-pro --for 2h --reason 'ticket 4711'\n"
    "  parallax silence add 'region=tokyo,level=warning|info' --for 1d\n"
    "  parallax silence expire 3\n",
    run_silence};

const struct command cmd_maintenance = {"maintenance", "[add WHAT | list | expire ID]",
    OPTION_OBJECT | OPTION_FOR | OPTION_UNTIL | OPTION_BEGIN | OPTION_REASON |
	OPTION_AUTHOR,
    "planned work: what happens in it is marked, and pages nobody",
    "As a silence, but planned: incidents in it are marked as such, and one that "
    "outlives\n"
    "it is told at its end.\n"
    "\n" ADD_HELP
    "  parallax maintenance add region=tokyo --begin 2026-08-30T01:00:00Z --for 2h\n"
    "  parallax maintenance list\n",
    run_maintenance};
