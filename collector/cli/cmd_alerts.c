#include "collector/cli/command.h"

#include <string.h>

static const struct writer_column columns[] = {
    {"id", "ID", true},
    {"changed_at", "AT", false},
    {"channel", "CHANNEL", false},
    {"incident", "INCIDENT", true},
    {"seq", "MESSAGE", true},
    {"kind", "KIND", false},
    {"level", "LEVEL", false},
    {"verdict", "VERDICT", false},
    {"status", "STATUS", false},
    {"attempts", "TRIES", true},
};

static void
row(struct writer *writer, const json_t *alert)
{
	const char *status = words_text(alert, "status");
	bool is_sent = strcmp(status, "sent") == 0;

	for (size_t i = 0; i < 8; i++) {
		command_cell(writer, alert, columns[i].key);
	}
	writer_cell(writer, is_sent ? WRITER_PLAIN : WRITER_WARN, status, NULL);
	command_cell(writer, alert, "attempts");
}

static enum command_exit
run(struct command_context *context)
{
	const struct options *options = context->options;
	enum command_exit status = EXIT_UNKNOWN;
	struct writer *writer = context->writer;
	struct client_path path;
	const json_t *array;
	const json_t *acks;
	json_t *json;

	client_path_init(&path, "/api/v1/alerts");
	client_path_add(&path, "since", options->since);
	client_path_add(&path, "until", options->until);
	client_path_add(&path, "limit", options->limit);
	if (!command_ask_path(context, &path, &json, &status)) {
		return status;
	}
	array = json_object_get(json, "alerts");
	acks = json_object_get(json, "acks");
	writer_document(writer, json, false);
	if (json_array_size(array) == 0 && writer->format == WRITER_TABLE) {
		writer_line(writer, WRITER_PLAIN, "Nobody was told anything.");
	} else {
		writer_begin(writer, columns, sizeof(columns) / sizeof(columns[0]));
		for (size_t i = 0; i < json_array_size(array); i++) {
			row(writer, json_array_get(array, i));
		}
		writer_end(writer);
	}
	for (size_t i = 0; i < json_array_size(acks); i++) {
		const json_t *ack = json_array_get(acks, i);

		writer_line(writer, WRITER_PLAIN, "%s has incident %lld in hand. %s",
		    words_text(ack, "author"), (long long)words_int(ack, "incident"),
		    words_text(ack, "reason"));
	}
	if (json_is_true(json_object_get(json, "more"))) {
		writer_line(writer, WRITER_DIM, "There are more: --limit N");
	}
	json_decref(json);
	return EXIT_HEALTHY;
}

const struct command cmd_alerts = {"alerts", "",
    OPTION_SINCE | OPTION_UNTIL | OPTION_LIMIT,
    "what was told to whom, and what is still on its way",
    "One row a message to a channel, newest first. STATUS: queued or leased (on its "
    "way),\n"
    "sent (the channel says it has it), cancelled (taken back before anybody could "
    "have\n"
    "it), dead (refused for good). Below: who has which incident in hand.\n"
    "\n"
    "  parallax alerts --last 1d\n"
    "  parallax alerts -o csv | grep ,dead,\n",
    run};
