#include "collector/cli/command.h"

#include <stdio.h>
#include <string.h>

/* What makes rows long is for people only where there is some of it; the columns of programs
 * are always the same. */
enum when {
	ALWAYS = 0,
	PICTURES,
	PAID
};

static const struct {
	struct writer_column column;
	enum when when;
} columns[] = {
    {{"started_at", "STARTED", false}, ALWAYS},
    {{"agent", "AGENT", false}, ALWAYS},
    {{"target", "TARGET", false}, ALWAYS},
    {{"probe", "PROBE", false}, ALWAYS},
    {{"outcome", "OUTCOME", false}, ALWAYS},
    {{"phase", "ENDED IN", false}, ALWAYS},
    {{"http_status", "HTTP", true}, ALWAYS},
    {{"dns_us", "DNS", true}, ALWAYS},
    {{"connect_us", "TCP", true}, ALWAYS},
    {{"tls_us", "TLS", true}, ALWAYS},
    {{"sent_us", "SUBMIT", true}, PICTURES},
    {{"first_byte_us", "WAIT", true}, ALWAYS},
    {{"answered_us", "BODY", true}, ALWAYS},
    {{"total_us", "FETCH", true}, PICTURES},
    {{"duration_us", "TOTAL", true}, ALWAYS},
    {{"decode_us", "DECODE", true}, PICTURES},
    {{"server_us", "THEIRS", true}, PICTURES},
    {{"body_bytes", "BYTES", true}, ALWAYS},
    {{"cost_microusd", "COST", true}, PAID},
    {{"detail", "DETAIL", false}, ALWAYS},
};

enum {
	COLUMNS = sizeof(columns) / sizeof(columns[0])
};

/* A phase that takes from `*before_us` until `end_key`; what was not reached takes no time.
 * Programs get `key` as it is. */
static void
phase_cell(struct writer *writer, const json_t *timing, const char *key,
    const char *end_key, int64_t *before_us)
{
	bool reached = !words_is_null(timing, end_key);
	int64_t end_us = words_int(timing, end_key);
	char shown[WORDS_BYTES];
	char raw[WORDS_BYTES];

	writer_cell(writer, WRITER_PLAIN,
	    words_duration(reached ? end_us - *before_us : 0, shown),
	    words_raw(timing, key, raw));
	*before_us = reached ? end_us : *before_us;
}

/* For people how long each phase took, for programs when it ended, as the API has it. The
 * body ends with the run, but for an answer that only links to its picture. */
static void
timing_cells(struct writer *writer, const json_t *timing, bool with_pictures)
{
	bool has_begun = !words_is_null(timing, "first_byte_us");
	bool has_link = !words_is_null(timing, "answered_us");
	const char *body_end = has_link    ? "answered_us"
			       : has_begun ? "total_us"
					   : "first_byte_us";
	int64_t before_us = 0;

	phase_cell(writer, timing, "dns_us", "dns_us", &before_us);
	phase_cell(writer, timing, "connect_us", "connect_us", &before_us);
	phase_cell(writer, timing, "tls_us", "tls_us", &before_us);
	if (with_pictures) {
		phase_cell(writer, timing, "sent_us", "sent_us", &before_us);
	}
	phase_cell(writer, timing, "first_byte_us", "first_byte_us", &before_us);
	phase_cell(writer, timing, "answered_us", body_end, &before_us);
	if (with_pictures) {
		phase_cell(writer, timing, "total_us",
		    has_link ? "total_us" : "answered_us", &before_us);
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

/* Is there a picture among the results, or one that was on its way? */
static bool
any_picture(const json_t *results)
{
	const json_t *result;
	size_t i;

	json_array_foreach(results, i, result)
	{
		const json_t *timing = json_object_get(result, "timing");

		if (!words_is_null(result, "decode_us") ||
		    !words_is_null(timing, "sent_us") ||
		    !words_is_null(timing, "answered_us")) {
			return true;
		}
	}
	return false;
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

/* `with` by enum when. */
static void
row(struct writer *writer, const json_t *result, const char *now, const bool *with)
{
	const char *outcome = words_text(result, "outcome");

	command_cell_age(writer, result, "started_at", now);
	command_cell(writer, result, "agent");
	command_cell(writer, result, "target");
	command_cell(writer, result, "probe");
	writer_cell(writer, outcome_style(outcome), outcome, NULL);
	command_cell(writer, result, "phase");
	command_cell(writer, result, "http_status");
	timing_cells(writer, json_object_get(result, "timing"), with[PICTURES]);
	if (with[PICTURES]) {
		command_cell_duration(writer, result, "decode_us");
		command_cell_duration(writer, result, "server_us");
	}
	command_cell(writer, result, "body_bytes");
	if (with[PAID]) {
		cost_cell(writer, result);
	}
	command_cell(writer, result, "detail");
}

static void
table(struct writer *writer, const json_t *results, const char *now)
{
	bool is_csv = writer->format == WRITER_CSV;
	const bool with[] = {[ALWAYS] = true,
	    [PICTURES] = is_csv || any_picture(results),
	    [PAID] = is_csv || any_cost(results)};
	struct writer_column shown[COLUMNS];
	size_t len = 0;

	for (size_t i = 0; i < COLUMNS; i++) {
		if (with[columns[i].when]) {
			shown[len++] = columns[i].column;
		}
	}
	writer_begin(writer, shown, len);
	for (size_t i = 0; i < json_array_size(results); i++) {
		row(writer, json_array_get(results, i), now, with);
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
    "the start of the run. Where there are pictures, SUBMIT is the sending of the\n"
    "request, FETCH the download of a picture that the answer only links to, DECODE\n"
    "processor time spent on it, THEIRS what the server says it took. COST, where a\n"
    "run was paid for, is in US dollars, in CSV and JSON in millionths.\n"
    "\n"
    "  parallax results --outcome timeout --last 1h\n"
    "  parallax results --target nano-banana-pro --agent eu-west-1 --limit 5\n"
    "  parallax results --last 1d --limit 1000 -o csv > day.csv\n",
    run};
