#include "collector/shell/api_external.h"

#include "collector/core/source.h"
#include "collector/shell/api_json.h"
#include "collector/shell/api_state.h"

#include <stdio.h>

/* 0..1, or null for what was not said. */
static json_t *
share(int32_t ppm)
{
	return ppm < 0 ? json_null() : api_json_share((uint32_t)ppm);
}

static json_t *
nanousd(int64_t price)
{
	return price < 0 ? json_null() : json_integer(price);
}

static json_t *
quantiles(const uint32_t value[FIGURE_QUANTILES], bool thousandths)
{
	static const char *const names[FIGURE_QUANTILES] = {"p50", "p75", "p90", "p99"};
	json_t *object = json_object();

	for (size_t i = 0; i < FIGURE_QUANTILES; i++) {
		json_t *each = api_json_some(value[i]);

		if (thousandths && value[i] != 0) {
			json_decref(each);
			each = json_real(value[i] / 1000.0);
		}
		if (json_object_set_new(object, names[i], each) != 0) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static json_t *
figure_item(const struct view_source *source, const struct view_figure *figure)
{
	const struct figure *values = &figure->values;

	return json_pack("{so so so sI so so so so so so so so so}", "source",
	    api_json_text(source->series), "model", api_json_name(figure->model),
	    "provider", api_json_name(figure->provider), "status",
	    (json_int_t)values->status, "uptime_5m", share(values->uptime_5m_ppm),
	    "uptime_30m", share(values->uptime_30m_ppm), "uptime_1d",
	    share(values->uptime_1d_ppm), "latency_ms",
	    quantiles(values->latency_ms, false), "throughput_tps",
	    quantiles(values->throughput_mtps, true), "price_in_nanousd",
	    nanousd(values->price_in_nanousd), "price_out_nanousd",
	    nanousd(values->price_out_nanousd), "price_image_nanousd",
	    nanousd(values->price_image_nanousd), "context_tokens",
	    api_json_some(values->context_tokens));
}

/* Appends the figures of one source; false when memory is out. */
static bool
add_figures(json_t *array, const struct view_source *source)
{
	for (uint16_t i = 0; i < source->figure_len; i++) {
		if (json_array_append_new(
			array, figure_item(source, &source->figures[i])) != 0) {
			return false;
		}
	}
	return true;
}

json_t *
api_external_figures(const struct view *view, size_t i)
{
	json_t *array = json_array();

	for (size_t k = 0; array != NULL && i < 64 && k < view->source_len; k++) {
		const struct view_source *source = &view->source[k];

		if ((source->target_mask >> i & 1U) == 0 ||
		    source->state == EXTERNAL_UNKNOWN) {
			continue;
		}
		if (!add_figures(array, source)) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *
claim_item(const struct view_claim *claim)
{
	return json_pack("{ss so so so so so so so so}", "claim",
	    claim_name(claim->claim), "id", api_json_text(claim->id), "title",
	    api_json_text(claim->title), "scope", api_json_name(claim->scope), "url",
	    api_json_name(claim->url), "begin_at", api_json_time(claim->begin_at),
	    "created_at", api_json_time(claim->created_at), "modified_at",
	    api_json_time(claim->modified_at), "since_at",
	    api_json_time(claim->since_at));
}

static json_t *
claims(const struct view_source *source)
{
	json_t *array = json_array();

	for (uint16_t i = 0; array != NULL && i < source->claim_len; i++) {
		if (json_array_append_new(array, claim_item(&source->claims[i])) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *
own_figures(const struct view_source *source)
{
	json_t *array = json_array();

	if (array != NULL && !add_figures(array, source)) {
		json_decref(array);
		return NULL;
	}
	return array;
}

static json_t *
targets(const struct view *view, const struct view_source *source)
{
	json_t *array = json_array();

	for (size_t i = 0; array != NULL && i < view->target_len && i < 64; i++) {
		if ((source->target_mask >> i & 1U) != 0 &&
		    json_array_append_new(array, api_json_text(view->target[i].name)) !=
			0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

/* A duration in one unit: "41 min". */
static int
span(char *out, size_t cap, uint32_t seconds)
{
	if (seconds < 120) {
		return snprintf(out, cap, "%u s", (unsigned)seconds);
	}
	return seconds < 2 * 3600
		   ? snprintf(out, cap, "%u min", (unsigned)(seconds / 60))
		   : snprintf(out, cap, "%u h", (unsigned)(seconds / 3600));
}

void
api_external_trust(const struct view_trust *trust, char out[API_EXTERNAL_TEXT_BYTES])
{
	unsigned judged = trust->admitted + trust->missed;
	char late[24] = "";
	char delay[48] = "";
	char unconfirmed[48] = "";

	(void)span(late, sizeof(late), trust->median_s);
	if (trust->admitted > 0) {
		(void)snprintf(delay, sizeof(delay), ", median %s later", late);
	}
	if (trust->unconfirmed > 0) {
		(void)snprintf(unconfirmed, sizeof(unconfirmed),
		    ", %u claim%s unconfirmed", (unsigned)trust->unconfirmed,
		    trust->unconfirmed == 1 ? "" : "s");
	}
	if (judged == 0) {
		(void)snprintf(out, API_EXTERNAL_TEXT_BYTES, "no incident judged yet%s",
		    unconfirmed);
	} else {
		(void)snprintf(out, API_EXTERNAL_TEXT_BYTES, "admitted %u of %u%s%s",
		    (unsigned)trust->admitted, judged, delay, unconfirmed);
	}
}

void
api_external_why(const struct view_source *source, char out[API_EXTERNAL_TEXT_BYTES])
{
	char http[24] = "";
	char after[24];

	out[0] = '\0';
	switch (source->silence) {
	case VIEW_HEARD:
		break;
	case VIEW_UNREAD:
		(void)snprintf(out, API_EXTERNAL_TEXT_BYTES, "never read");
		break;
	case VIEW_FAILING:
		if (source->failed_status != 0) {
			(void)snprintf(http, sizeof(http), ", HTTP %u",
			    (unsigned)source->failed_status);
		}
		(void)snprintf(out, API_EXTERNAL_TEXT_BYTES,
		    "last reading failed: %s%s", outcome_name(source->failed_as), http);
		break;
	case VIEW_STALE:
		(void)span(after, sizeof(after),
		    source->interval_ms / 1000 * SOURCE_STALE_INTERVALS);
		(void)snprintf(out, API_EXTERNAL_TEXT_BYTES,
		    "stale: no good reading for over %s", after);
		break;
	}
}

static json_t *
trust_item(const struct view_trust *trust)
{
	char text[API_EXTERNAL_TEXT_BYTES];

	api_external_trust(trust, text);
	return json_pack("{sI sI sI sI so so ss}", "admitted",
	    (json_int_t)trust->admitted, "missed", (json_int_t)trust->missed,
	    "unconfirmed", (json_int_t)trust->unconfirmed, "pending",
	    (json_int_t)trust->pending, "median_delay_s",
	    trust->admitted > 0 ? json_integer(trust->median_s) : json_null(),
	    "last_at", api_json_time(trust->last_at), "text", text);
}

static json_t *
failed_item(const struct view_source *source)
{
	if (source->failed_at.ns == 0) {
		return json_null();
	}
	return json_pack("{so ss so}", "at", api_json_time(source->failed_at),
	    "outcome", outcome_name(source->failed_as), "http_status",
	    api_json_some(source->failed_status));
}

json_t *
api_external_source(const struct view *view, size_t i)
{
	const struct view_source *source = &view->source[i];
	bool stands_in = source->fallback_of < view->source_len;
	char why[API_EXTERNAL_TEXT_BYTES];

	api_external_why(source, why);
	return json_pack("{so ss so ss ss so so so sI so so so so so so so so sb so}",
	    "series", api_json_text(source->series), "kind",
	    probe_kind_name(source->kind), "targets", targets(view, source), "state",
	    api_state_external_name(source->state), "claim", claim_name(source->claim),
	    "why", api_json_name(why), "read_at", api_json_time(source->read_at),
	    "changed_at", api_json_time(source->changed_at), "stale_after_ms",
	    (json_int_t)source->interval_ms * SOURCE_STALE_INTERVALS, "edited_at",
	    api_json_time(source->edited_at), "failed", failed_item(source), "title",
	    api_json_name(source->title), "scope", api_json_name(source->scope), "url",
	    api_json_name(source->url), "claims", claims(source), "figures",
	    own_figures(source), "fallback_of",
	    stands_in ? api_json_text(view->source[source->fallback_of].series)
		      : json_null(),
	    "quiet", (int)source->is_quiet, "trust", trust_item(&source->trust));
}
