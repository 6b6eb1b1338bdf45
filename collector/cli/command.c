#include "collector/cli/command.h"

#include "common/core/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void
command_complain(const char *format, ...)
{
	char foreign[WRITER_LINE_BYTES];
	char data[WRITER_LINE_BYTES];
	struct text text;
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(foreign, sizeof(foreign), format, arguments);
	va_end(arguments);
	text_init(&text, data, sizeof(data));
	text_add(&text, foreign);
	(void)fprintf(stderr, "parallax: %s\n", data);
}

enum command_exit
command_fail(const struct command_context *context, enum err err)
{
	const char *advice = "";

	if (err == ERR_AGAIN) {
		advice =
		    " (does parallax-collector run? another place: --socket PATH or "
		    "--collector URL)";
	} else if (err == ERR_DENIED) {
		advice = " (is your user in the socket's group?)";
	}
	command_complain("%s%s", client_error(context->client), advice);
	return err == ERR_INVALID ? EXIT_USAGE : EXIT_UNKNOWN;
}

enum command_exit
command_exit_of(const char *state)
{
	if (strcmp(state, "ok") == 0) {
		return EXIT_HEALTHY;
	}
	if (strcmp(state, "degraded") == 0) {
		return EXIT_DEGRADED;
	}
	return strcmp(state, "down") == 0 ? EXIT_DOWN : EXIT_UNKNOWN;
}

bool
command_ask(struct command_context *context, const char *path, json_t **out_json,
    enum command_exit *out_exit)
{
	enum err err = client_get(context->client, path, 0, out_json);

	if (err != ERR_OK) {
		*out_exit = command_fail(context, err);
		return false;
	}
	return true;
}

bool
command_ask_path(struct command_context *context, const struct client_path *path,
    json_t **out_json, enum command_exit *out_exit)
{
	if (path->cut) {
		command_complain("the names on the command line are too long");
		*out_exit = EXIT_USAGE;
		return false;
	}
	return command_ask(context, path->text, out_json, out_exit);
}

void
command_cell(struct writer *writer, const json_t *object, const char *key)
{
	char raw[WORDS_BYTES];
	const char *text = words_raw(object, key, raw);

	writer_cell(writer, WRITER_PLAIN, text[0] != '\0' ? text : "-", text);
}

void
command_cell_share(struct writer *writer, enum writer_style style, const json_t *object,
    const char *key)
{
	char shown[WORDS_BYTES];
	char raw[WORDS_BYTES];

	writer_cell(writer, style,
	    words_is_null(object, key) ? "-"
				       : words_share(words_real(object, key), shown),
	    words_raw(object, key, raw));
}

size_t
command_columns(
    const struct writer *writer, const json_t *array, const char *member, size_t len)
{
	if (writer->format == WRITER_CSV) {
		return len;
	}
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *object = json_array_get(array, i);

		if (member != NULL) {
			object = json_object_get(object, member);
		}
		if (!words_is_null(object, "coverage") &&
		    words_real(object, "coverage") < 1) {
			return len;
		}
	}
	return len - 1;
}

void
command_cell_coverage(struct writer *writer, const json_t *object)
{
	bool is_short =
	    !words_is_null(object, "coverage") && words_real(object, "coverage") < 1;

	if (writer->at != 0) {
		command_cell_share(
		    writer, is_short ? WRITER_WARN : WRITER_PLAIN, object, "coverage");
	}
}

void
command_cell_duration(struct writer *writer, const json_t *object, const char *key)
{
	char shown[WORDS_BYTES];
	char raw[WORDS_BYTES];

	writer_cell(writer, WRITER_PLAIN, words_duration(words_int(object, key), shown),
	    words_raw(object, key, raw));
}

void
command_cell_age(
    struct writer *writer, const json_t *object, const char *key, const char *now)
{
	char shown[WORDS_BYTES];
	const char *at = words_text(object, key);

	writer_cell(writer, WRITER_PLAIN, words_age(at, now, shown), at);
}

void
command_cell_verdict(struct writer *writer, const json_t *object)
{
	const char *verdict = words_text(object, "verdict");

	writer_cell(writer, WRITER_PLAIN,
	    words_is_null(object, "incident") ? "-" : verdict, verdict);
}

void
command_cell_state(struct writer *writer, const json_t *object)
{
	const char *state = words_text(object, "state");

	writer_cell(writer, words_state_style(state), words_state(state), state);
}

/* From best to worst: no data is worse than fine, and better than known trouble. */
static enum command_exit
worse(enum command_exit a, enum command_exit b)
{
	static const enum command_exit order[] = {
	    EXIT_DOWN, EXIT_DEGRADED, EXIT_UNKNOWN};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (a == order[i] || b == order[i]) {
			return order[i];
		}
	}
	return EXIT_HEALTHY;
}

enum command_exit
command_list(struct command_context *context, const json_t *json, const char *key,
    const struct writer_column *columns, size_t column_len,
    void (*row)(struct writer *writer, const json_t *object, const char *now))
{
	const json_t *array = json_object_get(json, key);
	const char *name = context->options->argument;
	enum command_exit status = EXIT_HEALTHY;
	size_t shown = 0;

	writer_begin(context->writer, columns, column_len);
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *object = json_array_get(array, i);

		if (name != NULL && strcmp(name, words_text(object, "name")) != 0) {
			continue;
		}
		row(context->writer, object, words_text(json, "at"));
		if (!words_is_null(object, "state")) {
			status =
			    worse(status, command_exit_of(words_text(object, "state")));
		}
		if (name != NULL) {
			writer_document(context->writer, object, false);
		}
		shown++;
	}
	writer_end(context->writer);
	if (name == NULL) {
		writer_document(context->writer, json, false);
	}
	if (shown > 0) {
		return status;
	}
	command_complain(name != NULL ? "'%s': the collector knows none of that name"
				      : "%sthe collector has none",
	    name != NULL ? name : "");
	return EXIT_UNKNOWN;
}

void
command_member(json_t *body, const char *key, const char *value)
{
	if (value != NULL) {
		(void)json_object_set_new(body, key, json_string(value));
	}
}

json_t *
command_words(const struct options *options)
{
	json_t *body = json_object();
	const char *user = getenv("USER");

	command_member(body, "reason", options->reason);
	command_member(
	    body, "author", options->author != NULL ? options->author : user);
	return body;
}

enum command_exit
command_order(struct command_context *context, const char *path, const json_t *body)
{
	json_t *json = NULL;
	enum err err = client_post(context->client, path, body, &json);

	if (err != ERR_OK) {
		return command_fail(context, err);
	}
	writer_document(context->writer, json, false);
	writer_line(context->writer, WRITER_PLAIN, "%s", words_text(json, "text"));
	json_decref(json);
	return EXIT_HEALTHY;
}
