#include "collector/cli/command.h"

#include <stdio.h>
#include <string.h>

static const struct writer_column columns[] = {
    {"started_at", "STARTED", false},
    {"agent", "AGENT", false},
    {"target", "TARGET", false},
    {"probe", "PROBE", false},
    {"outcome", "OUTCOME", false},
    {"phase", "ENDED IN", false},
    {"http_status", "HTTP", true},
    {"dns_us", "DNS", true},
    {"connect_us", "TCP", true},
    {"tls_us", "TLS", true},
    {"first_byte_us", "WAIT", true},
    {"total_us", "BODY", true},
    {"duration_us", "TOTAL", true},
    {"body_bytes", "BYTES", true},
    {"cost_microusd", "COST", true},
    {"detail", "DETAIL", false},
};

enum {
	COLUMNS = sizeof(columns) / sizeof(columns[0]),
	COST_COLUMN = COLUMNS - 2
};

/* For people how long each phase took, for programs when it ended, as the API has it. */
static void
timing_cells(struct writer *writer, const json_t *timing)
{
	static const char *const keys[] = {
	    "dns_us", "connect_us", "tls_us", "first_byte_us", "total_us"};
	int64_t before_us = 0;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		int64_t end_us = words_int(timing, keys[i]);
		char shown[WORDS_BYTES];
		char raw[WORDS_BYTES];
		bool is_body = i + 1 == sizeof(keys) / sizeof(keys[0]);
		bool reached = is_body ? !words_is_null(timing, "first_byte_us")
				       : !words_is_null(timing, keys[i]);

		writer_cell(writer, WRITER_PLAIN,
		    words_duration(reached ? end_us - before_us : 0, shown),
		    words_raw(timing, keys[i], raw));
		before_us = reached ? end_us : before_us;
	}
	command_cell_duration(writer, timing, "total_us");
}

static enum writer_style
outcome_style(const char *outcome)
{
	if (strcmp(outcome, "ok") == 0) {
		return WRITER_GOOD;
	}
	return strcmp(outcome, "rate_limited") == 0 ? WRITER_WARN : WRITER_BAD;
}

/* US dollars for people. */
static void
cost_cell(struct writer *writer, const json_t *result)
{
	int64_t microusd = words_int(result, "cost_microusd");
	char shown[WORDS_BYTES] = "-";
	char raw[WORDS_BYTES];

	if (microusd > 0) {
		(void)snprintf(shown, sizeof(shown), "%lld.%06lld",
		    (long long)(microusd / 1000000), (long long)(microusd % 1000000));
	}
	writer_cell(
	    writer, WRITER_PLAIN, shown, words_raw(result, "cost_microusd", raw));
}

static bool
any_cost(const json_t *results)
{
	const json_t *result;
	size_t i;

	json_array_foreach(results, i, result)
	{
		if (!words_is_null(result, "cost_microusd")) {
			return true;
		}
	}
	return false;
}

static void
row(struct writer *writer, const json_t *result, const char *now, bool with_cost)
{
	const char *outcome = words_text(result, "outcome");

	command_cell_age(writer, result, "started_at", now);
	command_cell(writer, result, "agent");
	command_cell(writer, result, "target");
	command_cell(writer, result, "probe");
	writer_cell(writer, outcome_style(outcome), outcome, NULL);
	command_cell(writer, result, "phase");
	command_cell(writer, result, "http_status");
	timing_cells(writer, json_object_get(result, "timing"));
	command_cell(writer, result, "body_bytes");
	if (with_cost) {
		cost_cell(writer, result);
	}
	command_cell(writer, result, "detail");
}

/* People see the costs where there are some; the columns of programs are always the same. */
static void
table(struct writer *writer, const json_t *results, const char *now)
{
	bool with_cost = writer->format == WRITER_CSV || any_cost(results);
	struct writer_column shown[COLUMNS];
	size_t len = 0;

	for (size_t i = 0; i < COLUMNS; i++) {
		if (i != COST_COLUMN || with_cost) {
			shown[len++] = columns[i];
		}
	}
	writer_begin(writer, shown, len);
	for (size_t i = 0; i < json_array_size(results); i++) {
		row(writer, json_array_get(results, i), now, with_cost);
	}
	writer_end(writer);
}

static void
show(struct writer *writer, const json_t *json)
{
	const json_t *array = json_object_get(json, "results");

	writer_document(writer, json, false);
	if (json_array_size(array) == 0 && writer->format == WRITER_TABLE) {
		writer_line(writer, WRITER_PLAIN, "No results.");
		return;
	}
	table(writer, array, words_text(json, "at"));
	if (json_is_true(json_object_get(json, "more"))) {
		writer_line(
		    writer, WRITER_DIM, "There are more: --limit N, or --until");
	}
}

static enum command_exit
run(struct command_context *context)
{
	const struct options *options = context->options;
	enum command_exit status = EXIT_UNKNOWN;
	struct client_path path;
	json_t *json;

	client_path_init(&path, "/api/v1/results");
	client_path_add(&path, "agent", options->agent);
	client_path_add(&path, "target", options->target);
	client_path_add(&path, "probe", options->probe);
	client_path_add(&path, "outcome", options->outcome);
	client_path_add(&path, "since", options->since);
	client_path_add(&path, "until", options->until);
	client_path_add(&path, "limit", options->limit != NULL ? options->limit : "30");
	if (!command_ask_path(context, &path, &json, &status)) {
		return status;
	}
	show(context->writer, json);
	json_decref(json);
	return EXIT_HEALTHY;
}

const struct command cmd_results = {"results", "",
    OPTION_AGENT | OPTION_TARGET | OPTION_PROBE | OPTION_OUTCOME | OPTION_SINCE |
	OPTION_UNTIL | OPTION_LIMIT,
    "single results, newest first, with the time each phase took",
    "Options: --agent, --target, --probe and --outcome choose by exact name; --since,\n"
    "--last, --until and --limit (30) by time of arrival. Columns DNS to BODY are how\n"
    "long each phase took; in CSV and JSON they are the moments it ended, counted "
    "from\n"
    "the start of the run. COST, where a run was paid for, is in US dollars, in CSV "
    "and\n"
    "JSON in millionths.\n"
    "\n"
    "  parallax results --outcome timeout --last 1h\n"
    "  parallax results --target nano-banana-pro --agent eu-west-1 --limit 5\n"
    "  parallax results --last 1d --limit 1000 -o csv > day.csv\n",
    run};
