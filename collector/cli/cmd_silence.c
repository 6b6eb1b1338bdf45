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
    {"repeat", "AGAIN", false},
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

	if ((options->object == NULL) == (options->match == NULL) ||
	    (options->duration == NULL) == (options->until == NULL)) {
		command_complain(
		    "expected what is meant, once, and --for or --until; see "
		    "parallax %s --help",
		    options->command);
		return EXIT_USAGE;
	}
	body = command_words(options);
	command_member(body, "matcher",
	    options->object != NULL ? options->object : options->match);
	command_member(body, "for", options->duration);
	command_member(body, "until", options->until);
	command_member(body, "begin", options->begin);
	command_member(body, "starts", options->starts);
	command_member(body, "zone", options->zone);
	command_member(body, "repeat", options->repeat);
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

static const struct writer_column next_columns[] = {
    {"id", "ID", true},
    {"name", "NAME", false},
    {"begin_at", "FROM", false},
    {"end_at", "UNTIL", false},
    {"zone", "ZONE", false},
    {"begin_local", "FROM THERE", false},
    {"end_local", "UNTIL THERE", false},
};

enum {
	NEXT_MAX = 640 /* all windows there can be, five times each */
};

struct occurrence {
	const json_t *mute;
	const json_t *when; /* the mute itself when it has no zone */
	const char *begin;
};

/* By their beginning, earlier ones first; the texts are all of one form. */
static void
insert(struct occurrence *all, size_t len, struct occurrence one)
{
	size_t at = len;

	for (; at > 0 && strcmp(all[at - 1].begin, one.begin) > 0; at--) {
		all[at] = all[at - 1];
	}
	all[at] = one;
}

static size_t
collect(const json_t *array, struct occurrence *all)
{
	size_t len = 0;

	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *mute = json_array_get(array, i);
		const json_t *next = json_object_get(mute, "next");
		size_t times = next != NULL ? json_array_size(next) : 1;

		for (size_t k = 0; k < times && len < NEXT_MAX; k++) {
			const json_t *when =
			    next != NULL ? json_array_get(next, k) : mute;
			const char *begin =
			    json_string_value(json_object_get(when, "begin_at"));

			insert(all, len,
			    (struct occurrence){
				mute, when, begin != NULL ? begin : ""});
			len++;
		}
	}
	return len;
}

/* The next occurrences of all windows, in the order in which they come. */
static enum command_exit
show_next(struct command_context *context, const char *path, const char *key)
{
	enum command_exit status = EXIT_UNKNOWN;
	struct writer *writer = context->writer;
	struct occurrence all[NEXT_MAX];
	json_t *json;
	size_t len;

	if (!command_ask(context, path, &json, &status)) {
		return status;
	}
	len = collect(json_object_get(json, key), all);
	writer_document(writer, json, false);
	if (len == 0 && writer->format == WRITER_TABLE) {
		writer_line(writer, WRITER_PLAIN, "None.");
	} else {
		writer_begin(writer, next_columns,
		    sizeof(next_columns) / sizeof(next_columns[0]));
		for (size_t i = 0; i < len; i++) {
			command_cell(writer, all[i].mute, "id");
			command_cell(writer, all[i].mute, "name");
			command_cell(writer, all[i].when, "begin_at");
			command_cell(writer, all[i].when, "end_at");
			command_cell(writer, all[i].mute, "zone");
			command_cell(writer, all[i].when, "begin_local");
			command_cell(writer, all[i].when, "end_local");
		}
		writer_end(writer);
	}
	json_decref(json);
	return EXIT_HEALTHY;
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
	if (strcmp(word, "next") == 0) {
		return show_next(context, path, key);
	}
	if (strcmp(word, "expire") == 0) {
		return expire(context, path);
	}
	command_complain(
	    "'%.40s': expected add, list, next or expire; see parallax %s --help", word,
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
	"  --match W     WHAT, as an option\n"                                         \
	"  --starts T    from a local time of --zone, as 2026-12-01T02:00, and "       \
	"--for\n"                                                                      \
	"  --zone Z      such as Asia/Shanghai\n"                                      \
	"  --repeat R    again and again, as 'FREQ=WEEKLY;BYDAY=SU' (a part of RFC\n"  \
	"                5545): FREQ=DAILY|WEEKLY|MONTHLY, INTERVAL, BYDAY, "          \
	"BYMONTHDAY,\n"                                                                \
	"                COUNT, UNTIL; a local time that clocks skip is moved "        \
	"forward\n"                                                                    \
	"                by as much, of one that comes twice the first is meant\n"     \
	"  --reason R    why; it is shown and kept\n"                                  \
	"  --author A    who, when it is not who is logged in\n"                       \
	"\n"

const struct command cmd_silence = {"silence", "[add WHAT | list | next | expire ID]",
    OPTION_OBJECT | OPTION_CALENDAR | OPTION_FOR | OPTION_UNTIL | OPTION_BEGIN |
	OPTION_REASON | OPTION_AUTHOR,
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

const struct command cmd_maintenance = {"maintenance",
    "[add WHAT | list | next | expire ID]",
    OPTION_OBJECT | OPTION_CALENDAR | OPTION_FOR | OPTION_UNTIL | OPTION_BEGIN |
	OPTION_REASON | OPTION_AUTHOR,
    "planned work: what happens in it is marked, and pages nobody",
    "As a silence, but planned: incidents in it are marked as such, and one that "
    "outlives\n"
    "it is told at its end.\n"
    "\n" ADD_HELP
    "  parallax maintenance add region=tokyo --begin 2026-08-30T01:00:00Z --for 2h\n"
    "  parallax maintenance add --match target=nano-* --starts 2026-12-01T02:00 \\\n"
    "      --zone Asia/Shanghai --for 2h --repeat 'FREQ=WEEKLY;BYDAY=SU'\n"
    "  parallax maintenance list\n"
    "  parallax maintenance next\n",
    run_maintenance};
