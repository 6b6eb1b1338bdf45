#include "collector/shell/backtest_results.h"

#include "common/core/rfc3339.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum {
	BATCH = 256,
	FLAG_BITS = 32
};

/* A result, and when the collector heard of it. */
struct heard {
	struct wall received_at;
	uint16_t agent;
	struct result result; /* its series is that of the topology */
};

struct reading {
	const struct collector_conf *conf;
	struct heard *item;
	size_t len;
	size_t cap;
	size_t number; /* of the result at hand, from 1 */
	struct backtest_heard *out;
	char *error;
	size_t error_cap;
};

static const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

static uint32_t
number_of(const json_t *object, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(object, key));

	return value > 0 && value <= UINT32_MAX ? (uint32_t)value : 0;
}

static enum err
complain(const struct reading *reading, const char *what)
{
	(void)snprintf(reading->error, reading->error_cap, "result %zu: %s",
	    reading->number, what);
	return ERR_FORMAT;
}

static bool
phase_of(const char *name, enum phase *out)
{
	for (unsigned i = 0; i < PHASE_COUNT; i++) {
		if (strcmp(phase_name((enum phase)i), name) == 0) {
			*out = (enum phase)i;
			return true;
		}
	}
	return false;
}

static uint32_t
flags_of(const json_t *array)
{
	uint32_t flags = 0;

	for (size_t i = 0; i < json_array_size(array); i++) {
		const char *name = json_string_value(json_array_get(array, i));

		for (unsigned bit = 0; name != NULL && bit < FLAG_BITS; bit++) {
			char known[256];

			(void)flags_text(
			    FLAG_KNOWN_MASK & 1U << bit, known, sizeof(known));
			if (known[0] != '\0' && strcmp(known, name) == 0) {
				flags |= 1U << bit;
			}
		}
	}
	return flags;
}

static uint16_t
probe_of(const struct topology *topology, const json_t *object)
{
	char series[LIMIT_SERIES_BYTES];

	if (text_of(object, "series")[0] != '\0') {
		return topology_probe_find(topology, text_of(object, "series"));
	}
	(void)snprintf(series, sizeof(series), "%s/%s", text_of(object, "target"),
	    text_of(object, "probe"));
	return topology_probe_find(topology, series);
}

static enum err
fill(const struct reading *reading, const json_t *object, struct heard *out)
{
	struct result *result = &out->result;
	const char *received = text_of(object, "received_at");

	if (!outcome_find(text_of(object, "outcome"), &result->outcome)) {
		return complain(reading, "outcome: expected a name of an outcome");
	}
	if (!phase_of(text_of(object, "phase"), &result->phase)) {
		return complain(reading, "phase: expected a name of a phase");
	}
	if (!rfc3339_read(text_of(object, "started_at"), &result->started_at)) {
		return complain(reading, "started_at: expected 2026-08-30T12:00:00Z");
	}
	result->http_status = (uint16_t)number_of(object, "http_status");
	result->flags = flags_of(json_object_get(object, "flags"));
	result->timing.total_us =
	    number_of(json_object_get(object, "timing"), "total_us");
	result->detail = "";
	result->request_id = "";
	out->received_at = wall_add(
	    result->started_at, (int64_t)result->timing.total_us * CLOCK_NS_PER_US);
	if (received[0] != '\0' && !rfc3339_read(received, &out->received_at)) {
		return complain(reading, "received_at: expected 2026-08-30T12:00:00Z");
	}
	return ERR_OK;
}

static bool
make_room(struct reading *reading)
{
	size_t cap = reading->cap == 0 ? 1024 : 2 * reading->cap;
	struct heard *item;

	if (reading->len < reading->cap) {
		return true;
	}
	item = realloc(reading->item, cap * sizeof(*item));
	if (item == NULL) {
		return false;
	}
	reading->item = item;
	reading->cap = cap;
	return true;
}

static enum err
take_result(struct reading *reading, const json_t *object)
{
	const struct topology *topology = &reading->conf->topology;
	struct heard heard = {.agent = TOPOLOGY_NONE};
	uint16_t probe;
	enum err err;

	reading->number++;
	if (!json_is_object(object)) {
		return complain(reading, "expected an object");
	}
	if (text_of(object, "agent")[0] == '\0') {
		return complain(reading, "agent: expected a name");
	}
	heard.agent = topology_agent_find(topology, text_of(object, "agent"));
	probe = probe_of(topology, object);
	err = fill(reading, object, &heard);
	if (err != ERR_OK) {
		return err;
	}
	if (heard.agent == TOPOLOGY_NONE || probe == TOPOLOGY_NONE ||
	    topology->probe[probe].role == ROLE_SOURCE) {
		reading->out->unknown++;
		return ERR_OK;
	}
	heard.result.series = topology->probe[probe].series;
	heard.result.seq = reading->number; /* keeps the order of the file */
	if (!make_room(reading)) {
		return ERR_NOMEM;
	}
	reading->item[reading->len++] = heard;
	return ERR_OK;
}

static enum err
take_document(struct reading *reading, const json_t *json)
{
	const json_t *array = json_object_get(json, "results");
	enum err err = ERR_OK;

	if (array == NULL) {
		return take_result(reading, json);
	}
	for (size_t i = 0; i < json_array_size(array) && err == ERR_OK; i++) {
		err = take_result(reading, json_array_get(array, i));
	}
	return err;
}

static enum err
read_all(struct reading *reading, FILE *file)
{
	enum err err = ERR_OK;
	int next;

	while (err == ERR_OK && (next = fgetc(file)) != EOF) {
		json_error_t why;
		json_t *json;

		if (next == ' ' || next == '\n' || next == '\r' || next == '\t') {
			continue;
		}
		(void)ungetc(next, file);
		json = json_loadf(file, JSON_DISABLE_EOF_CHECK, &why);
		if (json == NULL) {
			(void)snprintf(reading->error, reading->error_cap,
			    "behind result %zu: %s", reading->number, why.text);
			return ERR_FORMAT;
		}
		err = take_document(reading, json);
		json_decref(json);
	}
	return err;
}

/* In the order they were heard; of one moment, by agent, in the order of the file. */
static int
by_time(const void *left, const void *right)
{
	const struct heard *a = left;
	const struct heard *b = right;

	if (a->received_at.ns != b->received_at.ns) {
		return a->received_at.ns < b->received_at.ns ? -1 : 1;
	}
	if (a->agent != b->agent) {
		return a->agent < b->agent ? -1 : 1;
	}
	return a->result.seq < b->result.seq ? -1 : a->result.seq > b->result.seq;
}

/* Results of one agent that came at one moment, from `at` on: so many. */
static size_t
run_of(const struct reading *reading, size_t at)
{
	size_t len = 1;

	while (at + len < reading->len && len < BATCH &&
	       reading->item[at + len].agent == reading->item[at].agent &&
	       reading->item[at + len].received_at.ns ==
		   reading->item[at].received_at.ns) {
		len++;
	}
	return len;
}

static enum err
play(const struct reading *reading, struct backtest *backtest)
{
	struct result result[BATCH];
	uint64_t seq[LIMIT_AGENTS] = {0};
	enum err err = ERR_OK;
	size_t len;

	for (size_t at = 0; at < reading->len && err == ERR_OK; at += len) {
		const struct heard *heard = &reading->item[at];
		struct now now = {
		    .mono = {heard->received_at.ns}, .wall = heard->received_at};
		struct ingest_batch batch = {.agent = heard->agent,
		    .incarnation = 1,
		    .first_seq = seq[heard->agent] + 1,
		    .sent_at = heard->received_at,
		    .result = result,
		    .frame = ""};

		len = run_of(reading, at);
		batch.len = len;
		for (size_t i = 0; i < len; i++) {
			result[i] = heard[i].result;
			result[i].seq = ++seq[heard->agent];
		}
		err = backtest_batch(backtest, &batch, now);
	}
	return err;
}

enum err
backtest_results(struct backtest *backtest, const struct collector_conf *conf,
    FILE *file, struct backtest_heard *out, char *error, size_t cap)
{
	struct reading reading = {
	    .conf = conf, .out = out, .error = error, .error_cap = cap};
	enum err err;

	*out = (struct backtest_heard){0};
	error[0] = '\0';
	err = read_all(&reading, file);
	if (err == ERR_OK && reading.len > 0) {
		qsort(reading.item, reading.len, sizeof(*reading.item), by_time);
		err = play(&reading, backtest);
		out->taken = reading.len;
	}
	if (err != ERR_OK && error[0] == '\0') {
		(void)snprintf(error, cap, "%s", err_name(err));
	}
	free(reading.item);
	return err;
}
