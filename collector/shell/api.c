#include "collector/shell/api.h"

#include "collector/shell/api_audit.h"
#include "collector/shell/api_channels.h"
#include "collector/shell/api_desk.h"
#include "collector/shell/api_json.h"
#include "collector/shell/api_rows.h"
#include "collector/shell/api_state.h"
#include "collector/shell/api_story.h"

#include <stdlib.h>
#include <string.h>

static const char json_media_type[] = "application/json; charset=utf-8";

void
api_give(unsigned status, json_t *json, struct api_reply *out_reply)
{
	out_reply->status = status;
	out_reply->content_type = json_media_type;
	out_reply->body = json != NULL ? json_dumps(json, API_JSON_FLAGS) : NULL;
	out_reply->body_len = out_reply->body != NULL ? strlen(out_reply->body) : 0;
	json_decref(json);
}

void
api_refuse(
    unsigned status, const char *code, const char *message, struct api_reply *out_reply)
{
	api_give(status,
	    json_pack(
		"{s{ss so}}", "error", "code", code, "message", api_json_text(message)),
	    out_reply);
}

static void
refuse_err(enum err err, struct api_reply *reply)
{
	switch (err) {
	case ERR_NOTFOUND:
		api_refuse(404, "not_found", "there is no such incident", reply);
		return;
	case ERR_NOMEM:
		reply->body = NULL;
		return;
	case ERR_AGAIN:
		api_refuse(503, "busy", "not now, try again", reply);
		return;
	case ERR_OK:
	case ERR_LIMIT:
	case ERR_FORMAT:
	case ERR_VERSION:
	case ERR_EXISTS:
	case ERR_REFUSED:
	case ERR_FULL:
	case ERR_IO:
	case ERR_DENIED:
	case ERR_INUSE:
	case ERR_INVALID:
	case ERR_COUNT:
		break;
	}
	api_refuse(500, err_name(err), "the store could not be read", reply);
}

/* Both go the same way: a document, or why there is none. */
static void
give_or_refuse(enum err err, json_t *json, struct api_reply *reply)
{
	if (err == ERR_OK) {
		api_give(200, json, reply);
	} else {
		refuse_err(err, reply);
	}
}

static void
answer_incident(struct api_source *source, const struct view *view, uint64_t id,
    struct api_reply *reply)
{
	struct incident *incident = calloc(1, sizeof(*incident));
	enum err err;

	if (incident == NULL) {
		return;
	}
	err = api_incident(source, id, incident);
	give_or_refuse(
	    err, err == ERR_OK ? api_story_whole(incident, view) : NULL, reply);
	free(incident);
}

static void
answer_ready(const struct view *view, struct api_reply *reply)
{
	const char *unready = api_state_unready(view);

	if (unready[0] != '\0') {
		api_refuse(503, "not_ready", unready, reply);
		return;
	}
	api_give(200, json_pack("{ss}", "status", "ready"), reply);
}

static void
answer_metrics(const struct view *view, const struct api_metrics_http *http,
    struct api_reply *reply)
{
	reply->status = 200;
	reply->content_type = API_METRICS_TYPE;
	reply->body = api_metrics_text(view, http, &reply->body_len);
}

static void
answer_rows(struct api_source *source, const struct view *view,
    enum api_endpoint endpoint, const struct api_query *query, struct api_reply *reply)
{
	json_t *json = NULL;
	enum err err;

	if (endpoint == API_INCIDENTS) {
		err = api_story_list(source, view, query, &json);
	} else if (endpoint == API_AUDIT) {
		err = api_audit_list(source, view, query, &json);
	} else if (endpoint == API_SILENCES || endpoint == API_MAINTENANCE ||
		   endpoint == API_ALERTS || endpoint == API_REVIEWS) {
		err = api_desk_list(source, view, endpoint, query, &json);
	} else if (endpoint == API_RESULTS) {
		err = api_rows_results(source, view, query, &json);
	} else {
		err = api_rows_events(source, view, query, &json);
	}
	give_or_refuse(err, json, reply);
}

static void
answer(struct api_source *source, const struct view *view,
    const struct api_route *route, const struct api_query *query,
    struct api_reply *reply)
{
	switch (route->endpoint) {
	case API_STATUS:
		api_give(200, api_state_status(view), reply);
		return;
	case API_TARGETS:
		api_give(200, api_state_targets(view), reply);
		return;
	case API_REGIONS:
		api_give(200, api_state_regions(view), reply);
		return;
	case API_AGENTS:
		api_give(200, api_state_agents(view), reply);
		return;
	case API_SOURCES:
		api_give(200, api_state_sources(view), reply);
		return;
	case API_CHANNELS:
		api_give(200, api_channels_list(view), reply);
		return;
	case API_INCIDENT:
		answer_incident(source, view, route->id, reply);
		return;
	case API_INCIDENTS:
	case API_RESULTS:
	case API_EVENTS:
	case API_AUDIT:
	case API_SILENCES:
	case API_MAINTENANCE:
	case API_ALERTS:
	case API_REVIEWS:
		answer_rows(source, view, route->endpoint, query, reply);
		return;
	case API_HEALTHZ:
		api_give(200, json_pack("{ss}", "status", "alive"), reply);
		return;
	case API_READYZ:
		answer_ready(view, reply);
		return;
	case API_METRICS:
	case API_AUTHORITY: /* api_members.h */
	case API_INVITE:
	case API_REVOKE:
	case API_ENROL:
	case API_STORE_COPY: /* api_store.h */
	case API_SILENCE:    /* api_desk.h */
	case API_SILENCE_END:
	case API_PLAN:
	case API_PLAN_END:
	case API_ACK:
	case API_UNACK:
	case API_REVIEW:
	case API_CHANNEL_TEST: /* api_channels.h */
	case API_ENDPOINT_COUNT:
		break;
	}
}

void
api_answer(struct api_source *source, const struct api_route *route,
    const struct api_query *query, const struct api_metrics_http *http,
    struct api_reply *out_reply)
{
	const struct view *view = api_view_take(source);

	*out_reply = (struct api_reply){.status = 500, .content_type = json_media_type};
	if (route->endpoint == API_METRICS) {
		answer_metrics(view, http, out_reply);
	} else {
		answer(source, view, route, query, out_reply);
	}
	api_view_release(source, view);
}
