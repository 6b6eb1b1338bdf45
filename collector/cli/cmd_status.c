#include "collector/cli/command.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct writer_column cell_columns[] = {
    {"region", "REGION", false},
    {"target", "TARGET", false},
    {"state", "STATE", false},
    {"error_rate", "ERRORS", true},
    {"total", "RESULTS", true},
    {"ok", "OK", true},
    {"failed", "FAILED", true},
    {"rate_limited", "LIMITED", true},
    {"p50_us", "P50", true},
    {"p95_us", "P95", true},
    {"last_at", "LAST RESULT", false},
    {"coverage", "COVERAGE", true},
};

/* For programs: one row a cell of the grid. */
static void
cells(struct writer *writer, const json_t *json)
{
	const json_t *array = json_object_get(json, "cells");

	writer_begin(
	    writer, cell_columns, sizeof(cell_columns) / sizeof(cell_columns[0]));
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *cell = json_array_get(array, i);
		const json_t *counts = json_object_get(cell, "counts");

		command_cell(writer, cell, "region");
		command_cell(writer, cell, "target");
		command_cell_state(writer, cell);
		command_cell_share(writer, WRITER_PLAIN, counts, "error_rate");
		command_cell(writer, counts, "total");
		command_cell(writer, counts, "ok");
		command_cell(writer, counts, "failed");
		command_cell(writer, counts, "rate_limited");
		command_cell_duration(writer, counts, "p50_us");
		command_cell_duration(writer, counts, "p95_us");
		command_cell_age(writer, counts, "last_at", words_text(json, "at"));
		command_cell_coverage(writer, counts);
	}
	writer_end(writer);
}

/* "DOWN 98 %": a state is a word first, a colour second. */
static void
grid_cell(struct writer *writer, const json_t *holder)
{
	const json_t *counts = json_object_get(holder, "counts");
	const char *state = words_text(holder, "state");
	char share[WORDS_BYTES];
	char shown[WORDS_BYTES + 16];

	(void)snprintf(shown, sizeof(shown), "%s%s%s", words_state(state),
	    words_is_null(counts, "error_rate") ? "" : " ",
	    words_is_null(counts, "error_rate")
		? ""
		: words_share(words_real(counts, "error_rate"), share));
	writer_cell(writer, words_state_style(state), shown, NULL);
}

static const json_t *
find_cell(const json_t *json, const char *region, const char *target)
{
	const json_t *array = json_object_get(json, "cells");

	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *cell = json_array_get(array, i);

		if (strcmp(words_text(cell, "region"), region) == 0 &&
		    strcmp(words_text(cell, "target"), target) == 0) {
			return cell;
		}
	}
	return NULL;
}

static void
grid_rows(struct writer *writer, const json_t *json, const json_t *regions)
{
	const json_t *targets = json_object_get(json, "targets");

	for (size_t i = 0; i < json_array_size(targets); i++) {
		const json_t *target = json_array_get(targets, i);
		const json_t *counts = json_object_get(target, "counts");

		command_cell(writer, target, "name");
		grid_cell(writer, target);
		for (size_t k = 0; k < json_array_size(regions); k++) {
			const char *region =
			    words_text(json_array_get(regions, k), "name");

			grid_cell(writer,
			    find_cell(json, region, words_text(target, "name")));
		}
		command_cell_duration(writer, counts, "p50_us");
		command_cell_duration(writer, counts, "p95_us");
		command_cell_coverage(writer, counts);
	}
}

/* Targets down, regions across, errors of the last window inside. */
static void
grid(struct writer *writer, const json_t *json)
{
	const json_t *regions = json_object_get(json, "regions");
	size_t len = json_array_size(regions) + 5;
	struct writer_column *columns = calloc(len, sizeof(*columns));

	if (columns == NULL) {
		writer->failed = true;
		return;
	}
	columns[0] = (struct writer_column){"target", "TARGET", false};
	columns[1] = (struct writer_column){"all", "ALL REGIONS", false};
	for (size_t i = 0; i < json_array_size(regions); i++) {
		const char *name = words_text(json_array_get(regions, i), "name");

		columns[i + 2] = (struct writer_column){name, name, false};
	}
	columns[len - 3] = (struct writer_column){"p50_us", "P50", true};
	columns[len - 2] = (struct writer_column){"p95_us", "P95", true};
	columns[len - 1] = (struct writer_column){"coverage", "COVERAGE", true};
	writer_begin(writer, columns,
	    command_columns(writer, json_object_get(json, "targets"), "counts", len));
	grid_rows(writer, json, regions);
	writer_end(writer);
	free(columns);
}

static const char *
opening_word(const char *state)
{
	if (strcmp(state, "ok") == 0) {
		return "OK";
	}
	if (strcmp(state, "degraded") == 0) {
		return "DEGRADED";
	}
	return strcmp(state, "down") == 0 ? "DOWN" : "UNKNOWN";
}

static void
opening(struct writer *writer, const json_t *json)
{
	const json_t *next = json_object_get(json, "next");
	const json_t *collector = json_object_get(json, "collector");
	const char *state = words_text(json, "state");
	int64_t incident = words_int(json, "incident");

	writer_line(writer, words_state_style(state), "%s: %s", opening_word(state),
	    words_text(json, "headline"));
	if (!words_is_null(collector, "store_error")) {
		writer_line(writer, WRITER_BAD,
		    "  But the store takes nothing now, so this ages: %s",
		    words_text(collector, "store_error"));
	}
	for (size_t i = 0; i < json_array_size(next); i++) {
		const char *step = json_string_value(json_array_get(next, i));

		writer_line(
		    writer, WRITER_PLAIN, "  %zu. %s", i + 1, step != NULL ? step : "");
	}
	if (incident != 0) {
		writer_line(
		    writer, WRITER_DIM, "  Why: parallax explain %" PRId64, incident);
	}
	writer_line(writer, WRITER_PLAIN, "%s", "");
}

static void
sources_lines(struct writer *writer, const json_t *json)
{
	const json_t *sources = json_object_get(json, "sources");
	const char *at = words_text(json, "at");
	size_t readable = 0;

	for (size_t i = 0; i < json_array_size(sources); i++) {
		const char *state = words_text(json_array_get(sources, i), "state");

		readable += strcmp(state, "unknown") != 0 ? 1 : 0;
	}
	writer_line(writer, WRITER_PLAIN, "Sources:  %zu of %zu readable", readable,
	    json_array_size(sources));
	for (size_t i = 0; i < json_array_size(sources); i++) {
		const json_t *source = json_array_get(sources, i);
		char age[WORDS_BYTES];

		if (strcmp(words_text(source, "state"), "incident") == 0) {
			writer_line(writer, WRITER_WARN,
			    "          %s: %s, changed %s: %s",
			    words_text(source, "series"), words_text(source, "claim"),
			    words_age(words_text(source, "changed_at"), at, age),
			    words_text(source, "title"));
		}
	}
}

static void
closing(struct writer *writer, const json_t *json)
{
	const json_t *agents = json_object_get(json, "agents");
	const json_t *alerts = json_object_get(json, "alerts");
	const json_t *collector = json_object_get(json, "collector");
	const json_t *silent = json_object_get(agents, "silent");
	const char *at = words_text(json, "at");
	char names[1024];
	char age[WORDS_BYTES];

	writer_line(writer, json_array_size(silent) > 0 ? WRITER_WARN : WRITER_PLAIN,
	    "Agents:   %" PRId64 " of %" PRId64 " reporting%s%s",
	    words_int(agents, "reporting"), words_int(agents, "total"),
	    json_array_size(silent) > 0 ? "; silent: " : "",
	    words_list(silent, names, sizeof(names)));
	sources_lines(writer, json);
	writer_line(writer, WRITER_PLAIN,
	    "Alerts:   %" PRId64 " delivered, %" PRId64 " waiting, %" PRId64
	    " given up",
	    words_int(alerts, "delivered"),
	    words_int(alerts, "queued") + words_int(alerts, "leased"),
	    words_int(alerts, "dead"));
	writer_line(writer, WRITER_DIM, "As of %s; the collector was started %s", at,
	    words_age(words_text(collector, "started_at"), at, age));
}

static void
story(struct writer *writer, const json_t *json)
{
	const json_t *incidents = json_object_get(json, "incidents");

	opening(writer, json);
	grid(writer, json);
	writer_line(writer, WRITER_PLAIN, "%s", "");
	if (json_array_size(incidents) > 0) {
		writer_line(writer, WRITER_STRONG, "Open incidents");
		command_incidents(writer, incidents, words_text(json, "at"));
		writer_line(writer, WRITER_PLAIN, "%s", "");
	}
	closing(writer, json);
}

static enum command_exit
run(struct command_context *context)
{
	enum command_exit status = EXIT_UNKNOWN;
	json_t *json;

	if (!command_ask(context, "/api/v1/status", &json, &status)) {
		return status;
	}
	writer_document(context->writer, json, false);
	if (context->writer->format == WRITER_CSV) {
		cells(context->writer, json);
	} else {
		story(context->writer, json);
	}
	status = command_exit_of(words_text(json, "state"));
	json_decref(json);
	return status;
}

const struct command cmd_status = {"status", "", 0,
    "is it them, is it the network, or is it us?",
    "Opens with the verdict and what to do, then the grid of targets and regions with "
    "the\n"
    "share of failed results, open incidents, agents and sources. As CSV: one row for\n"
    "each region and target. COVERAGE is there when less came of a target in the last\n"
    "five minutes than was due.\n"
    "\n"
    "  parallax status\n"
    "  parallax status > /dev/null || echo \"not healthy: $?\"\n"
    "  parallax status -o json | jq -r .headline\n",
    run};
