#include "tests/support/upstream.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/support/upstream_source.h"
#include "tests/support/upstream_state.h"

/* What vendors say about themselves: Google Cloud Status, a Statuspage, AI Studio; and the
 * control endpoint that says nothing. Synthetic states are dated from when they were set,
 * so that "open" looks like something that happened just now. */

#define STAMP_MAX 32

/* RFC 3339, with "+00:00" as Google writes it, or with the Z of a Statuspage. */
static void
status_stamp(time_t at, bool zulu, char *out_stamp)
{
	struct tm parts;

	(void)gmtime_r(&at, &parts);
	if (zulu) {
		(void)strftime(out_stamp, STAMP_MAX, "%Y-%m-%dT%H:%M:%SZ", &parts);
	} else {
		(void)strftime(out_stamp, STAMP_MAX, "%Y-%m-%dT%H:%M:%S+00:00", &parts);
	}
}

static json_t *
status_update(const char *at, const char *word, const char *text)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:[{s:s,s:s}]}", "created", at,
	    "modified", at, "when", at, "text", text, "status", word,
	    "affected_locations", "title", "Iowa (us-central1)", "id", "us-central1");
}

/* One incident of the Vertex Gemini API that began twenty minutes before `since`. */
static json_t *
status_incident(bool open, time_t since)
{
	char begin[STAMP_MAX];
	char said[STAMP_MAX];
	json_t *updates;
	json_t *incident;

	status_stamp(since - 1200, false, begin);
	status_stamp(since, false, said);
	updates = json_array();
	if (!open) {
		(void)json_array_append_new(updates,
		    status_update(said, "AVAILABLE", "The issue is resolved."));
	}
	(void)json_array_append_new(
	    updates, status_update(begin, "SERVICE_OUTAGE",
			 "Requests fail with elevated errors."));
	incident = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "id",
	    "LoopbackVertexGemini", "number", "4242424242424242424", "begin", begin,
	    "created", said, "modified", said, "external_desc",
	    "Vertex Gemini API is experiencing elevated error rates", "status_impact",
	    "SERVICE_OUTAGE", "severity", "high", "uri",
	    "incidents/LoopbackVertexGemini", "service_key", "zall");
	(void)json_object_set_new(
	    incident, "service_name", json_string("Multiple Products"));
	(void)json_object_set_new(incident, "affected_products",
	    json_pack("[{s:s,s:s,s:s}]", "title", "Vertex Gemini API", "current_title",
		"Gemini on Agent Platform", "id", "Z0FZJAMvEB4j3NbCJs6B"));
	(void)json_object_set(
	    incident, "most_recent_update", json_array_get(updates, 0));
	(void)json_object_set_new(incident, "updates", updates);
	if (!open)
		(void)json_object_set_new(incident, "end", json_string(said));
	(void)json_object_set_new(incident,
	    open ? "currently_affected_locations" : "previously_affected_locations",
	    json_pack(
		"[{s:s,s:s}]", "title", "Iowa (us-central1)", "id", "us-central1"));
	(void)json_object_set_new(incident,
	    open ? "previously_affected_locations" : "currently_affected_locations",
	    json_array());
	return incident;
}

static void
status_incidents(const struct upstream_request *request, struct upstream_answer *out)
{
	json_t *list = json_array();

	if (!upstream_source_fixed(request, "incidents", out)) {
		time_t since;
		json_t *state =
		    upstream_state_member(request->up->state, "incidents", &since);
		const char *word = json_string_value(state);

		if (strcmp(word, "empty") != 0) {
			(void)json_array_append_new(
			    list, status_incident(strcmp(word, "open") == 0, since));
		}
		upstream_answer_json(out, 200, json_incref(list));
		json_decref(state);
	}
	json_decref(list);
	upstream_answer_header(out, "Cache-Control", "public, max-age=60");
	upstream_source_tag(request, out);
}

static void
status_products(const struct upstream_request *request, struct upstream_answer *out)
{
	(void)request;
	upstream_answer_json(out, 200,
	    json_pack("{s:[{s:s,s:s,s:s}]}", "products", "title", "Vertex Gemini API",
		"current_title", "Gemini on Agent Platform", "id",
		"Z0FZJAMvEB4j3NbCJs6B"));
}

/* How each state of the page looks: indicator, the image component's status, and the
 * impact of its incident, if it has one. */
static const struct page {
	const char *word;
	const char *indicator;
	const char *description;
	const char *component;
	const char *impact;
} pages[] = {
    {"operational", "none", "All Systems Operational", "operational", NULL},
    {"degraded", "minor", "Partially Degraded Service", "degraded_performance",
	"minor"},
    {"outage", "major", "Major Service Outage", "major_outage", "critical"},
    {"maintenance", "maintenance", "Service Under Maintenance", "under_maintenance",
	NULL},
};

static json_t *
status_page_incidents(const struct page *page, const char *at)
{
	if (!page->impact)
		return json_array();
	return json_pack("[{s:s,s:s,s:s,s:s,s:s,s:n,s:[{s:s,s:s,s:s,s:s}]}]", "id",
	    "inc-loopback", "name", "Elevated errors for image generation", "status",
	    "investigating", "impact", page->impact, "started_at", at, "resolved_at",
	    "incident_updates", "id", "upd-loopback", "status", "investigating", "body",
	    "We are looking into it.", "created_at", at);
}

/* incident.io's imitation leaves out what is empty, and the word of groups. */
static json_t *
status_page_json(
    const struct upstream_request *request, const struct page *page, const char *at)
{
	json_t *form =
	    upstream_state_member(request->up->state, "statuspage_form", NULL);
	bool imitated = strcmp(json_string_value(form), "incidentio") == 0;
	json_t *components = json_pack("[{s:s,s:s,s:s},{s:s,s:s,s:s}]", "id",
	    "c-images", "name", "Images", "status", page->component, "id", "c-chat",
	    "name", "Chat", "status", "operational");
	json_t *incidents = status_page_incidents(page, at);
	json_t *answer = json_pack("{s:{s:s,s:s,s:s,s:s},s:{s:s,s:s},s:o}", "page",
	    "id", "loopback", "name", "Loopback", "url", "http://localhost",
	    "updated_at", at, "status", "indicator", page->indicator, "description",
	    page->description, "components", components);
	json_t *component;
	size_t i;

	json_decref(form);
	if (!imitated) {
		json_array_foreach(components, i, component)
		{
			(void)json_object_set_new(component, "group", json_false());
		}
		(void)json_object_set_new(
		    answer, "scheduled_maintenances", json_array());
	}
	if (!imitated || json_array_size(incidents) > 0)
		(void)json_object_set(answer, "incidents", incidents);
	json_decref(incidents);
	return answer;
}

static void
status_page(const struct upstream_request *request, struct upstream_answer *out)
{
	const struct page *page = pages;
	char at[STAMP_MAX];
	json_t *state;
	time_t since;
	size_t i;

	if (upstream_source_fixed(request, "statuspage", out)) {
		upstream_source_tag(request, out);
		return;
	}
	state = upstream_state_member(request->up->state, "statuspage", &since);
	for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		if (strcmp(pages[i].word, json_string_value(state)) == 0)
			page = &pages[i];
	}
	json_decref(state);
	status_stamp(since, true, at);
	upstream_answer_json(out, 200, status_page_json(request, page, at));
	upstream_source_tag(request, out);
}

/* [[[id, title, severity, updates, category, components], ...]], see the status page. */
static json_t *
status_studio_incident(bool open, time_t since)
{
	time_t pacific = since - 7L * 3600;
	struct tm parts;
	char said[STAMP_MAX];
	char seconds[STAMP_MAX];
	json_t *updates;

	(void)gmtime_r(&pacific, &parts);
	(void)strftime(said, sizeof(said), "%Y-%m-%d %H:%M", &parts);
	(void)snprintf(seconds, sizeof(seconds), "%lld", (long long)since);
	updates = json_pack("[[i,s,[s],s]]", 1, said, seconds, "We are investigating.");
	if (!open) {
		(void)json_array_append_new(
		    updates, json_pack("[i,s,[s],s]", 4, said, seconds, "Resolved."));
	}
	return json_pack("[s,s,i,o,i,[i]]", "GeminiApi-NBP-outage-loopback",
	    "Nano Banana Pro outage.", 2, updates, 1, 1);
}

static void
status_studio(const struct upstream_request *request, struct upstream_answer *out)
{
	json_t *state;
	time_t since;
	const char *word;
	json_t *list;

	if (!request->key[0] || strstr(request->key, "Decoy") ||
	    !upstream_header(request, "Referer")) {
		upstream_answer_json(out, 403,
		    json_pack("[i,s]", 7,
			"Method doesn't allow unregistered callers (callers without "
			"established identity)."));
		return;
	}
	if (upstream_source_fixed(request, "aistudio", out))
		return;
	state = upstream_state_member(request->up->state, "aistudio", &since);
	word = json_string_value(state);
	list = json_array();
	if (strcmp(word, "empty") != 0) {
		(void)json_array_append_new(
		    list, status_studio_incident(strcmp(word, "open") == 0, since));
	}
	json_decref(state);
	upstream_answer_json(out, 200, json_pack("[[o]]", list));
	(void)snprintf(out->type, sizeof(out->type), "application/json+protobuf");
}

/* The page that makes the call: the key has its name, and is not the first one. */
static void
status_studio_page(const struct upstream_request *request, struct upstream_answer *out)
{
	char page[512];

	(void)request;
	(void)snprintf(page, sizeof(page),
	    "<!doctype html><html><head><title>Status</title><script>"
	    "window.BOOT = {\"aB3dE\":\"%s%s\",\"WIu0Nc\":\"%s%s\"};</script></head>"
	    "<body></body></html>",
	    "AIza", "LoopbackDecoyLoopbackDecoyLoopback0", "AIza",
	    "LoopbackStudioLoopbackStudioLoopbac");
	upstream_answer_text(out, 200, "text/html; charset=utf-8", page);
}

static void
status_nothing(const struct upstream_request *request, struct upstream_answer *out)
{
	(void)request;
	upstream_answer_blob(out, 204, NULL, NULL);
}

static void
status_small(const struct upstream_request *request, struct upstream_answer *out)
{
	(void)request;
	upstream_answer_text(out, 200, "text/plain", "success\n");
}

#define STUDIO                                                                         \
	"/$rpc/google.internal.alkali.applications.makersuite.v1.MakerSuiteService/"   \
	"ListIncidentsHistory"

const struct upstream_route upstream_status_routes[] = {
    {"GET", "/incidents.json", status_incidents},
    {"GET", "/products.json", status_products},
    {"GET", "/api/v2/summary.json", status_page},
    {"GET", "/status", status_studio_page},
    {"POST", STUDIO, status_studio},
    {"GET", "/generate_204", status_nothing},
    {"GET", "/hotspot-detect.txt", status_small},
    {NULL, NULL, NULL},
};
