#include "collector/cli/command.h"

#include <string.h>
#include <time.h>

enum {
	PATIENCE_S = 90, /* longer than any channel takes for one try */
	POLL_MS = 5000
};

static const struct writer_column columns[] = {
    {"name", "NAME", false},
    {"kind", "KIND", false},
    {"level_min", "FROM LEVEL", false},
    {"language", "LANGUAGE", false},
    {"fallback", "FALLBACK", false},
    {"live", "WAITING", true},
};

static enum command_exit
list(struct command_context *context)
{
	enum command_exit status = EXIT_UNKNOWN;
	struct writer *writer = context->writer;
	const json_t *array;
	json_t *json;

	if (!command_ask(context, "/api/v1/channels", &json, &status)) {
		return status;
	}
	array = json_object_get(json, "channels");
	writer_document(writer, json, false);
	if (json_array_size(array) == 0 && writer->format == WRITER_TABLE) {
		writer_line(writer, WRITER_WARN,
		    "No channel is configured: nobody will "
		    "be told anything.");
	} else {
		writer_begin(writer, columns, sizeof(columns) / sizeof(columns[0]));
		for (size_t i = 0; i < json_array_size(array); i++) {
			for (size_t k = 0; k < sizeof(columns) / sizeof(columns[0]);
			     k++) {
				command_cell(
				    writer, json_array_get(array, i), columns[k].key);
			}
		}
		writer_end(writer);
	}
	json_decref(json);
	return EXIT_HEALTHY;
}

/* Where the timeline ends now. */
static enum err
last_event(struct command_context *context, int64_t *out_last)
{
	json_t *json = NULL;
	enum err err = client_get(context->client, "/api/v1/events?tail=1", 0, &json);

	if (err == ERR_OK) {
		*out_last = words_int(json, "last");
		json_decref(json);
	}
	return err;
}

/* The event that tells what became of the test, among those of one answer. */
static const json_t *
find(const json_t *json, const char *name)
{
	const json_t *array = json_object_get(json, "events");

	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *event = json_array_get(array, i);

		if (strcmp(words_text(event, "kind"), "alert") == 0 &&
		    words_is_null(event, "incident") &&
		    strcmp(words_text(event, "channel"), name) == 0) {
			return event;
		}
	}
	return NULL;
}

static enum command_exit
await(struct command_context *context, const char *name, int64_t last)
{
	time_t until = time(NULL) + PATIENCE_S;

	while (time(NULL) < until) {
		struct client_path path;
		char number[WORDS_BYTES];
		const json_t *event;
		json_t *json = NULL;
		enum err err;

		client_path_init(&path, "/api/v1/events");
		client_path_add(&path, "after", words_integer(last, number));
		client_path_add(&path, "wait_ms", words_integer(POLL_MS, number));
		err = client_get(context->client, path.text, POLL_MS, &json);
		if (err != ERR_OK) {
			return command_fail(context, err);
		}
		event = find(json, name);
		if (event != NULL) {
			bool is_done =
			    strcmp(words_text(event, "event"), "delivered") == 0;

			writer_document(context->writer, event, false);
			writer_line(context->writer,
			    is_done ? WRITER_PLAIN : WRITER_WARN, "%s",
			    words_text(event, "text"));
			json_decref(json);
			return is_done ? EXIT_HEALTHY : EXIT_DOWN;
		}
		last = words_int(json, "last");
		json_decref(json);
	}
	command_complain("no answer yet; see parallax alerts");
	return EXIT_UNKNOWN;
}

static enum command_exit
test(struct command_context *context, const char *name)
{
	struct client_path path;
	json_t *json = NULL;
	int64_t last = 0;
	enum err err = last_event(context, &last);

	client_path_init(&path, "/api/v1/channels/");
	client_path_part(&path, name);
	client_path_tail(&path, "/test");
	if (err == ERR_OK) {
		err = client_post(context->client, path.text, NULL, &json);
	}
	if (err != ERR_OK) {
		return command_fail(context, err);
	}
	json_decref(json);
	return await(context, name, last);
}

static enum command_exit
run(struct command_context *context)
{
	const struct options *options = context->options;

	if (options->argument == NULL) {
		return list(context);
	}
	if (strcmp(options->argument, "test") != 0 || options->object == NULL) {
		command_complain("expected nothing, or test and the name of a channel");
		return EXIT_USAGE;
	}
	return test(context, options->object);
}

const struct command cmd_channels = {"channels", "[test NAME]", OPTION_OBJECT,
    "the ways messages go; send a test message on one",
    "WAITING messages are not yet delivered. A test message says that it is one; it "
    "goes "
    "the\n"
    "same way as an alert and is tried once. Exit status 0: the channel says it has "
    "it;\n"
    "2: it has not, or nobody knows.\n"
    "\n"
    "  parallax channels\n"
    "  parallax channels test on-call\n",
    run};
