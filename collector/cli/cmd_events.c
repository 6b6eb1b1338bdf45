#include "collector/cli/command.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	POLL_MS = 25000,
	PAGE_ROWS = 500,
	PAUSE_MIN_MS = 100, /* after a failed question, doubling */
	PAUSE_MAX_MS = 2000
};

static const struct writer_column columns[] = {
    {"seq", "SEQ", true},
    {"at", "AT", false},
    {"kind", "KIND", false},
    {"event", "EVENT", false},
    {"verdict", "VERDICT", false},
    {"level", "LEVEL", false},
    {"scope", "SCOPE", false},
    {"incident", "INCIDENT", true},
    {"channel", "CHANNEL", false},
    {"text", "TEXT", false},
};

/* Where a listing stands. */
struct reading {
	uint64_t last;    /* sequence number to continue after */
	uint64_t left;    /* rows still wanted; UINT64_MAX = all */
	bool more;        /* there are rows to be had without waiting */
	bool is_complete; /* the first answer came */
};

/* A stream has no last row to align to: the widths are fixed. */
static void
text_line(struct writer *writer, const json_t *event)
{
	const char *level = words_text(event, "level");
	const char *channel = words_text(event, "channel");
	char incident[WORDS_BYTES] = "-";

	if (!words_is_null(event, "incident")) {
		(void)snprintf(incident, sizeof(incident), "#%" PRId64,
		    words_int(event, "incident"));
	}
	writer_line(writer, words_level_style(level), "%s  %-8s  %-10s  %5s  %s%s%s",
	    words_text(event, "at"), level, words_text(event, "event"), incident,
	    channel, channel[0] != '\0' ? ": " : "", words_text(event, "text"));
}

static void
show(struct writer *writer, const json_t *event)
{
	if (writer->format == WRITER_TABLE) {
		text_line(writer, event);
		return;
	}
	if (writer->format == WRITER_JSON) {
		writer_document(writer, event, true);
		return;
	}
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		char raw[WORDS_BYTES];

		writer_cell(
		    writer, WRITER_PLAIN, "", words_raw(event, columns[i].key, raw));
	}
}

/* Takes one answer. */
static void
take(struct writer *writer, const json_t *json, struct reading *reading)
{
	const json_t *array = json_object_get(json, "events");

	for (size_t i = 0; i < json_array_size(array) && reading->left > 0; i++) {
		show(writer, json_array_get(array, i));
		if (reading->left != UINT64_MAX) {
			reading->left--;
		}
	}
	reading->last = (uint64_t)words_int(json, "last");
	reading->more = json_is_true(json_object_get(json, "more"));
	reading->is_complete = true;
}

/* The newest rows, when there is no --after to start from. */
static enum err
ask_tail(struct command_context *context, json_t **out_json)
{
	const struct options *options = context->options;
	struct client_path path;

	client_path_init(&path, "/api/v1/events");
	client_path_add(&path, "tail", options->limit != NULL ? options->limit : "50");
	client_path_add(&path, "since", options->since);
	client_path_add(&path, "until", options->until);
	return client_get(context->client, path.text, 0, out_json);
}

static enum err
ask_after(
    struct command_context *context, const char *after, long wait_ms, json_t **out_json)
{
	const struct options *options = context->options;
	struct client_path path;
	char number[WORDS_BYTES];

	client_path_init(&path, "/api/v1/events");
	client_path_add(&path, "after", after);
	client_path_add(&path, "limit", words_integer(PAGE_ROWS, number));
	if (wait_ms > 0) {
		client_path_add(&path, "wait_ms", words_integer(wait_ms, number));
	}
	client_path_add(&path, "since", options->since);
	client_path_add(&path, "until", options->until);
	return client_get(context->client, path.text, wait_ms, out_json);
}

/* The next answer in turn: the tail or what follows --after first, then what is left,
 * then what is yet to come. */
static enum err
ask(struct command_context *context, const struct reading *reading, json_t **out_json)
{
	const struct options *options = context->options;
	char last[WORDS_BYTES];

	if (!reading->is_complete && options->after == NULL) {
		return ask_tail(context, out_json);
	}
	if (!reading->is_complete) {
		return ask_after(context, options->after, 0, out_json);
	}
	(void)words_integer((int64_t)reading->last, last);
	return ask_after(
	    context, last, options->follow && !reading->more ? POLL_MS : 0, out_json);
}

static void
pause_ms(long ms)
{
	struct timespec duration = {ms / 1000, ms % 1000 * 1000000};

	(void)nanosleep(&duration, NULL);
}

/* What a collector that is being restarted looks like; anything else is for good. */
static bool
is_passing(enum err err)
{
	return err == ERR_AGAIN || err == ERR_FORMAT || err == ERR_IO;
}

/* Asks until there is an answer. Once there was one, a collector that cannot be reached is
 * waited for: it is restarted, and the row after the last one is still to come. */
static enum err
ask_patiently(
    struct command_context *context, const struct reading *reading, json_t **out_json)
{
	long wait_ms = PAUSE_MIN_MS;
	bool told = false;

	for (;;) {
		enum err err = ask(context, reading, out_json);

		if (err == ERR_OK) {
			if (told) {
				command_complain("the collector is back");
			}
			return ERR_OK;
		}
		if (!context->options->follow || !reading->is_complete ||
		    !is_passing(err)) {
			return err;
		}
		if (!told) {
			command_complain(
			    "%s; waiting for it", client_error(context->client));
			told = true;
		}
		pause_ms(wait_ms);
		wait_ms = wait_ms < PAUSE_MAX_MS / 2 ? 2 * wait_ms : PAUSE_MAX_MS;
	}
}

static bool
is_over(const struct options *options, const struct reading *reading)
{
	if (reading->left == 0) {
		return true;
	}
	return !options->follow && (options->after == NULL || !reading->more);
}

static bool
read_limit(const struct options *options, struct reading *reading)
{
	char *end;

	if (options->limit == NULL || options->after == NULL) {
		return true; /* the collector checks it, as the length of the tail */
	}
	reading->left = strtoull(options->limit, &end, 10);
	if (*end != '\0' || options->limit[0] < '0' || options->limit[0] > '9' ||
	    reading->left == 0) {
		command_complain("--limit: got '%s', expected a whole number from 1",
		    options->limit);
		return false;
	}
	return true;
}

static enum command_exit
run(struct command_context *context)
{
	struct reading reading = {.left = UINT64_MAX};
	struct writer *writer = context->writer;

	if (!read_limit(context->options, &reading)) {
		return EXIT_USAGE;
	}
	if (writer->format == WRITER_CSV) {
		writer_begin(writer, columns, sizeof(columns) / sizeof(columns[0]));
	}
	while (!reading.is_complete || !is_over(context->options, &reading)) {
		json_t *json;
		enum err err = ask_patiently(context, &reading, &json);

		if (err != ERR_OK) {
			return command_fail(context, err);
		}
		take(writer, json, &reading);
		json_decref(json);
		if (!writer_finish(writer)) {
			break; /* nobody reads us any more; main() says so */
		}
	}
	return EXIT_HEALTHY;
}

const struct command cmd_events = {"events", "",
    OPTION_FOLLOW | OPTION_AFTER | OPTION_LIMIT | OPTION_SINCE | OPTION_UNTIL,
    "the timeline: verdicts, alerts, what operators did",
    "Shows the newest 50 rows, or --limit N of them; with --after N all rows after "
    "that\n"
    "sequence number. --follow goes on with what happens; it outlives restarts of the\n"
    "collector and misses nothing. As JSON: one object a line, at once.\n"
    "\n"
    "  parallax events --last 1d\n"
    "  parallax events --follow\n"
    "  parallax events --follow --after 0 -o json >> timeline.jsonl\n",
    run};
