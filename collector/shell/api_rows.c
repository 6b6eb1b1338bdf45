#include "collector/shell/api_rows.h"

#include "collector/shell/api_json.h"

#include <string.h>

struct rows {
	const struct api_query *query;
	json_t *array;
	uint32_t examined;
	uint64_t last; /* sequence number of the last row looked at */
	bool failed;
	bool more;
};

static bool
append(struct rows *rows, json_t *item)
{
	if (json_array_append_new(rows->array, item) != 0) {
		rows->failed = true;
		return false;
	}
	return true;
}

/* "target/probe" against the two names; "" matches all. */
static bool
series_matches(const char *series, const char *target, const char *probe)
{
	const char *slash = strchr(series, '/');
	size_t target_len = slash != NULL ? (size_t)(slash - series) : strlen(series);
	const char *name = slash != NULL ? slash + 1 : "";

	if (target[0] != '\0' &&
	    (strlen(target) != target_len || memcmp(series, target, target_len) != 0)) {
		return false;
	}
	return probe[0] == '\0' || strcmp(name, probe) == 0;
}

static bool
result_wanted(const struct api_result *row, const struct api_query *query)
{
	bool outcome_given = (query->given & (1U << (unsigned)API_PARAM_OUTCOME)) != 0;

	if (row->received_at.ns > query->until.ns) {
		return false;
	}
	if (query->agent[0] != '\0' && strcmp(query->agent, row->agent) != 0) {
		return false;
	}
	if (outcome_given && row->result->outcome != query->outcome) {
		return false;
	}
	return series_matches(row->result->series, query->target, query->probe);
}

static json_t *
timing_json(const struct timing *timing)
{
	return json_pack("{so so so so so so sI}", "dns_us",
	    api_json_some(timing->dns_us), "connect_us",
	    api_json_some(timing->connect_us), "tls_us", api_json_some(timing->tls_us),
	    "sent_us", api_json_some(timing->sent_us), "first_byte_us",
	    api_json_some(timing->first_byte_us), "answered_us",
	    api_json_some(timing->answered_us), "total_us",
	    (json_int_t)timing->total_us);
}

/* Days, of the form in which a result holds them. */
static json_t *
cert_json(uint16_t cert_days)
{
	return cert_days == 0 ? json_null() : json_integer(cert_days - 1);
}

static json_t *
series_part(const char *series, bool probe)
{
	const char *slash = strchr(series, '/');
	char name[LIMIT_SERIES_BYTES];
	size_t len = slash != NULL ? (size_t)(slash - series) : strlen(series);

	if (probe) {
		return slash != NULL ? api_json_text(slash + 1) : json_null();
	}
	if (len >= sizeof(name)) {
		len = sizeof(name) - 1;
	}
	memcpy(name, series, len);
	name[len] = '\0';
	return api_json_text(name);
}

static json_t *
result_json(const struct api_result *row)
{
	const struct result *result = row->result;
	char flags[256];

	(void)flags_text(result->flags, flags, sizeof(flags));
	return json_pack(
	    "{so sI so so so so so ss ss so so so so sI so so so so so so}", "agent",
	    api_json_text(row->agent), "seq", (json_int_t)result->seq, "series",
	    api_json_text(result->series), "target", series_part(result->series, false),
	    "probe", series_part(result->series, true), "started_at",
	    api_json_time(row->started_at), "received_at",
	    api_json_time(row->received_at), "outcome", outcome_name(result->outcome),
	    "phase", phase_name(result->phase), "http_status",
	    api_json_some(result->http_status), "flags", api_json_split(flags, ','),
	    "timing", timing_json(&result->timing), "server_us",
	    api_json_some(result->server_us), "body_bytes",
	    (json_int_t)result->body_bytes, "retry_after_ms",
	    api_json_some(result->retry_after_ms), "detail",
	    api_json_name(result->detail), "request_id",
	    api_json_name(result->request_id), "cost_microusd",
	    api_json_some(result->cost_microusd), "decode_us",
	    api_json_some(result->decode_us), "cert_days",
	    cert_json(result->cert_days));
}

static bool
take_result(void *context, const struct api_result *row)
{
	struct rows *rows = context;

	if (rows->examined == API_ROWS_EXAMINED_MAX) {
		rows->more = true;
		return false;
	}
	rows->examined++;
	if (!result_wanted(row, rows->query)) {
		return true;
	}
	if (json_array_size(rows->array) == rows->query->limit) {
		rows->more = true;
		return false;
	}
	return append(rows, result_json(row));
}

enum err
api_rows_results(struct api_source *source, const struct view *view,
    const struct api_query *query, json_t **out_json)
{
	struct rows rows = {.query = query, .array = json_array()};
	json_t *json;
	enum err err;

	if (rows.array == NULL) {
		return ERR_NOMEM;
	}
	err = api_results(source, query->since, take_result, &rows);
	if (err != ERR_OK || rows.failed) {
		json_decref(rows.array);
		return err != ERR_OK ? err : ERR_NOMEM;
	}
	json = json_pack("{so so sI sb}", "at", api_json_time(view->at), "results",
	    rows.array, "examined", (json_int_t)rows.examined, "more", (int)rows.more);
	if (json == NULL) {
		return ERR_NOMEM;
	}
	*out_json = json;
	return ERR_OK;
}

static const char *
kind_name(enum timeline_kind kind)
{
	switch (kind) {
	case TIMELINE_VERDICT:
		return "verdict";
	case TIMELINE_ALERT:
		return "alert";
	case TIMELINE_SOURCE:
		return "source";
	case TIMELINE_ASK:
		return "ask";
	case TIMELINE_OPERATOR:
	case TIMELINE_KIND_COUNT:
		break;
	}
	return "operator";
}

static json_t *
event_json(const struct timeline_row *row)
{
	return json_pack("{sI so ss so ss ss so so so so}", "seq", (json_int_t)row->seq,
	    "at", api_json_time(row->at), "kind", kind_name(row->kind), "event",
	    api_json_text(row->event), "verdict", verdict_name(row->verdict), "level",
	    level_name(row->level), "scope", api_json_text(row->scope), "incident",
	    api_json_some(row->incident), "channel", api_json_name(row->channel),
	    "text", api_json_text(row->text));
}

static bool
event_wanted(const struct timeline_row *row, const struct api_query *query)
{
	return row->at.ns >= query->since.ns && row->at.ns <= query->until.ns;
}

static bool
take_event(void *context, const struct timeline_row *row)
{
	struct rows *rows = context;
	const struct api_query *query = rows->query;

	if (rows->examined == API_ROWS_EXAMINED_MAX ||
	    json_array_size(rows->array) == query->limit) {
		rows->more = true;
		return false;
	}
	rows->examined++;
	rows->last = row->seq;
	if (!event_wanted(row, query)) {
		return true;
	}
	return append(rows, event_json(row));
}

/* The sequence numbers of the newest rows that are wanted. */
struct tail {
	const struct api_query *query;
	uint64_t seq[API_QUERY_LIMIT_MAX];
	uint64_t seen;
};

static bool
take_tail(void *context, const struct timeline_row *row)
{
	struct tail *tail = context;

	if (event_wanted(row, tail->query)) {
		tail->seq[tail->seen % tail->query->tail] = row->seq;
		tail->seen++;
	}
	return true;
}

/* The timeline can only be walked forwards: once to find where its tail begins, so that
 * the ordinary walk can start there. */
static enum err
tail_start(struct api_source *source, struct api_query *query)
{
	struct tail tail = {.query = query};
	enum err err = api_timeline(source, 0, take_tail, &tail);

	if (err != ERR_OK) {
		return err;
	}
	query->limit = query->tail;
	if (tail.seen > 0) {
		uint64_t oldest = tail.seen > query->tail ? tail.seen % query->tail : 0;

		query->after = tail.seq[oldest] - 1;
	}
	return ERR_OK;
}

enum err
api_rows_events(struct api_source *source, const struct view *view,
    const struct api_query *query, json_t **out_json)
{
	struct api_query bounds = *query;
	struct rows rows = {.query = &bounds};
	json_t *json;
	enum err err = query->tail > 0 ? tail_start(source, &bounds) : ERR_OK;

	if (err != ERR_OK) {
		return err;
	}
	rows.last = bounds.after;
	rows.array = json_array();
	if (rows.array == NULL) {
		return ERR_NOMEM;
	}
	err = api_timeline(source, bounds.after, take_event, &rows);
	if (err != ERR_OK || rows.failed) {
		json_decref(rows.array);
		return err != ERR_OK ? err : ERR_NOMEM;
	}
	json = json_pack("{so so sI sb}", "at", api_json_time(view->at), "events",
	    rows.array, "last", (json_int_t)rows.last, "more", (int)rows.more);
	if (json == NULL) {
		return ERR_NOMEM;
	}
	*out_json = json;
	return ERR_OK;
}
