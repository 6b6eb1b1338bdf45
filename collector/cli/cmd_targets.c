#include "collector/cli/command.h"

#include <stdio.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const struct writer_column csv_columns[] = {
    {"target", "", false},
    {"state", "", false},
    {"verdict", "", false},
    {"incident", "", false},
    {"error_rate", "", false},
    {"total", "", false},
    {"rate_limited", "", false},
    {"p50_us", "", false},
    {"p95_us", "", false},
    {"last_at", "", false},
    {"last_outcome", "", false},
    {"tier", "", false},
    {"group", "", false},
    {"provider", "", false},
    {"coverage", "", false},
};

static const struct writer_column columns[] = {
    {"target", "TARGET", false},
    {"state", "STATE", false},
    {"verdict", "VERDICT", false},
    {"error_rate", "ERRORS", true},
    {"total", "RESULTS", true},
    {"rate_limited", "LIMITED", true},
    {"p50_us", "P50", true},
    {"p95_us", "P95", true},
    {"last_at", "LAST RESULT", false},
    {"coverage", "COVERAGE", true},
};

/* Ours first, then what others measured of the same. */
static const struct writer_column figure_columns[] = {
    {"who", "WORKED, BY", false},
    {"uptime_5m", "5 MIN", true},
    {"uptime_30m", "30 MIN", true},
    {"uptime_1d", "DAY", true},
    {"p50", "P50", true},
    {"p95", "P95", true},
    {"throughput", "TOK/S", true},
    {"price_in", "$IN/M", true},
    {"price_out", "$OUT/M", true},
    {"price_image", "$IMG-OUT/M", true},
    {"context", "CONTEXT", true},
};

static void
csv_row(struct writer *writer, const json_t *target, const char *now)
{
	const json_t *counts = json_object_get(target, "counts");

	command_cell(writer, target, "name");
	command_cell_state(writer, target);
	command_cell_verdict(writer, target);
	command_cell(writer, target, "incident");
	command_cell_share(writer, WRITER_PLAIN, counts, "error_rate");
	command_cell(writer, counts, "total");
	command_cell(writer, counts, "rate_limited");
	command_cell_duration(writer, counts, "p50_us");
	command_cell_duration(writer, counts, "p95_us");
	command_cell_age(writer, counts, "last_at", now);
	command_cell(writer, counts, "last_outcome");
	command_cell(writer, target, "tier");
	command_cell(writer, target, "group");
	command_cell(writer, target, "provider");
	command_cell_coverage(writer, counts);
}

/* "upstream_outage (7)": the incident's number is what `parallax explain` takes. */
static void
verdict_cell(struct writer *writer, const json_t *target)
{
	char text[96];

	if (words_is_null(target, "incident")) {
		writer_cell(writer, WRITER_PLAIN, "-", "");
		return;
	}
	(void)snprintf(text, sizeof(text), "%s (%lld)", words_text(target, "verdict"),
	    (long long)words_int(target, "incident"));
	writer_cell(writer, WRITER_PLAIN, text, NULL);
}

static void
row(struct writer *writer, const json_t *target, const char *now)
{
	const json_t *counts = json_object_get(target, "counts");

	command_cell(writer, target, "name");
	command_cell_state(writer, target);
	verdict_cell(writer, target);
	command_cell_share(writer, WRITER_PLAIN, counts, "error_rate");
	command_cell(writer, counts, "total");
	command_cell(writer, counts, "rate_limited");
	command_cell_duration(writer, counts, "p50_us");
	command_cell_duration(writer, counts, "p95_us");
	command_cell_age(writer, counts, "last_at", now);
	command_cell_coverage(writer, counts);
}

static void
nothing(struct writer *writer, size_t cells)
{
	for (size_t i = 0; i < cells; i++) {
		writer_cell(writer, WRITER_DIM, "-", "");
	}
}

/* What we see ourselves, over the window of five minutes. */
static void
own_row(struct writer *writer, const json_t *target)
{
	const json_t *counts = json_object_get(target, "counts");
	char shown[WORDS_BYTES];

	writer_cell(writer, WRITER_STRONG, words_text(target, "name"), NULL);
	writer_cell(writer, WRITER_STRONG,
	    words_is_null(counts, "error_rate")
		? "-"
		: words_share(1 - words_real(counts, "error_rate"), shown),
	    NULL);
	nothing(writer, 2);
	command_cell_duration(writer, counts, "p50_us");
	command_cell_duration(writer, counts, "p95_us");
	nothing(writer, 5);
}

/* US dollars for a million, of nanodollars for one. */
static void
price_cell(struct writer *writer, const json_t *figure, const char *key)
{
	char text[WORDS_BYTES];

	if (words_is_null(figure, key)) {
		nothing(writer, 1);
		return;
	}
	(void)snprintf(
	    text, sizeof(text), "%.2f", (double)words_int(figure, key) / 1000);
	writer_cell(writer, WRITER_PLAIN, text, NULL);
}

static void
number_cell(struct writer *writer, const json_t *object, const char *key)
{
	char text[WORDS_BYTES];

	if (words_is_null(object, key)) {
		nothing(writer, 1);
		return;
	}
	(void)snprintf(text, sizeof(text), "%.0f", words_real(object, key));
	writer_cell(writer, WRITER_PLAIN, text, NULL);
}

static void
figure_row(struct writer *writer, const json_t *figure)
{
	const json_t *latency = json_object_get(figure, "latency_ms");
	const char *provider = words_text(figure, "provider");
	const char *slash = strrchr(words_text(figure, "model"), '/');
	const char *model = slash != NULL ? slash + 1 : words_text(figure, "model");
	char who[28];
	char shown[WORDS_BYTES];

	(void)snprintf(
	    who, sizeof(who), "  %.24s", provider[0] != '\0' ? provider : model);
	writer_cell(writer, WRITER_PLAIN, who, NULL);
	command_cell_share(writer, WRITER_PLAIN, figure, "uptime_5m");
	command_cell_share(writer, WRITER_PLAIN, figure, "uptime_30m");
	command_cell_share(writer, WRITER_PLAIN, figure, "uptime_1d");
	writer_cell(writer, WRITER_PLAIN,
	    words_duration(words_int(latency, "p50") * 1000, shown), NULL);
	nothing(writer, 1);
	number_cell(writer, json_object_get(figure, "throughput_tps"), "p50");
	price_cell(writer, figure, "price_in_nanousd");
	price_cell(writer, figure, "price_out_nanousd");
	price_cell(writer, figure, "price_image_nanousd");
	command_cell(writer, figure, "context_tokens");
}

/* Side by side, for the targets that somebody else measures, too. */
static void
figure_table(struct writer *writer, const json_t *array, const char *name)
{
	bool begun = false;

	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *target = json_array_get(array, i);
		const json_t *figures = json_object_get(target, "figures");

		if (json_array_size(figures) == 0 ||
		    (name != NULL && strcmp(name, words_text(target, "name")) != 0)) {
			continue;
		}
		if (!begun) {
			writer_line(writer, WRITER_PLAIN, "%s", "");
			writer_begin(writer, figure_columns, LENGTH(figure_columns));
			begun = true;
		}
		own_row(writer, target);
		for (size_t k = 0; k < json_array_size(figures); k++) {
			figure_row(writer, json_array_get(figures, k));
		}
	}
	if (begun) {
		writer_end(writer);
	}
}

static enum command_exit
run(struct command_context *context)
{
	enum command_exit status = EXIT_UNKNOWN;
	bool csv = context->writer->format == WRITER_CSV;
	json_t *json;

	if (!command_ask(context, "/api/v1/targets", &json, &status)) {
		return status;
	}
	if (csv) {
		status = command_list(context, json, "targets", csv_columns,
		    LENGTH(csv_columns), csv_row);
	} else {
		status = command_list(context, json, "targets", columns,
		    command_columns(context->writer, json_object_get(json, "targets"),
			"counts", LENGTH(columns)),
		    row);
	}
	if (context->writer->format == WRITER_TABLE) {
		figure_table(context->writer, json_object_get(json, "targets"),
		    context->options->argument);
	}
	json_decref(json);
	return status;
}

const struct command cmd_targets = {"targets", "[NAME]", 0,
    "every target with its state, errors and latency",
    "Shows what users depend on, over all regions and the last window. The exit "
    "status\n"
    "is that of the worst target shown. COVERAGE is there when less came\n"
    "than was due. Where a source measures a target, too, its figures\n"
    "stand below ours: the share that worked, time to the first token (P50), tokens a "
    "second,\n"
    "US dollars for a million tokens (asked, answered, and of images in the answer), "
    "and\n"
    "the context; \"-\" is what nobody said.\n"
    "\n"
    "  parallax targets                    all of them\n"
    "  parallax targets nano-banana-pro    one; in scripts: && echo fine\n"
    "  parallax targets -o csv > now.csv\n",
    run};
