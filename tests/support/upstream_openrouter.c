#include "tests/support/upstream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/support/upstream_image.h"
#include "tests/support/upstream_source.h"
#include "tests/support/upstream_state.h"

/* OpenRouter under /api/v1: integer error codes, pictures as data: addresses. */

static void
openrouter_error(struct upstream_answer *out, int code, const char *message)
{
	upstream_answer_json(out, code,
	    json_pack("{s:{s:s,s:i}}", "error", "message", message, "code", code));
}

static bool
openrouter_admit(const struct upstream_request *request, struct upstream_answer *out)
{
	if (upstream_state_has_key(request->up->state, "openrouter_keys", request->key))
		return true;
	openrouter_error(out, 401,
	    request->key[0] ? "User not found." : "No auth credentials found");
	return false;
}

/* The body if it names a model that exists; NULL after answering. */
static json_t *
openrouter_body(const struct upstream_request *request, const char *member,
    struct upstream_answer *out)
{
	json_t *body = json_loadb(request->body, request->body_len, 0, NULL);
	const char *model = json_string_value(json_object_get(body, "model"));
	char message[256];

	if (!model || !json_object_get(body, member)) {
		(void)snprintf(
		    message, sizeof(message), "Input required: specify \"%s\"", member);
		openrouter_error(out, 400, message);
	} else if (!upstream_state_has(
		       request->up->state, "openrouter_models", model)) {
		(void)snprintf(
		    message, sizeof(message), "No endpoints found for %.128s.", model);
		openrouter_error(out, 404, message);
	} else {
		return body;
	}
	json_decref(body);
	return NULL;
}

static void
openrouter_chat(const struct upstream_request *request, struct upstream_answer *out)
{
	char before[400];
	json_t *body;

	if (!openrouter_admit(request, out))
		return;
	body = openrouter_body(request, "messages", out);
	if (!body)
		return;
	(void)snprintf(before, sizeof(before),
	    "{\"id\":\"gen-loopback\",\"provider\":\"Google AI Studio\","
	    "\"object\":\"chat.completion\",\"created\":%lld,\"choices\":[{\"index\":0,"
	    "\"finish_reason\":\"stop\",\"native_finish_reason\":\"STOP\",\"message\":{"
	    "\"role\":\"assistant\",\"content\":\"\",\"images\":[{\"type\":\"image_"
	    "url\","
	    "\"image_url\":{\"url\":\"data:image/png;base64,",
	    (long long)time(NULL));
	upstream_answer_blob(out, 200, "application/json",
	    upstream_image_wrap(request->up->image, before,
		"\"}}]}}],\"usage\":{\"total_tokens\":1129,\"cost\":0.136}}\n"));
	json_decref(body);
}

static void
openrouter_images(const struct upstream_request *request, struct upstream_answer *out)
{
	char before[80];
	json_t *body;

	if (!openrouter_admit(request, out))
		return;
	body = openrouter_body(request, "prompt", out);
	if (!body)
		return;
	(void)snprintf(before, sizeof(before),
	    "{\"created\":%lld,\"data\":[{\"b64_json\":\"", (long long)time(NULL));
	upstream_answer_blob(out, 200, "application/json",
	    upstream_image_wrap(request->up->image, before,
		"\",\"media_type\":\"image/png\"}],\"usage\":{\"cost\":0.136}}\n"));
	json_decref(body);
}

static void
openrouter_models(const struct upstream_request *request, struct upstream_answer *out)
{
	struct upstream_blob *recorded;
	json_t *list = json_array();
	json_t *names;
	size_t i;

	recorded = upstream_data(request->up, "openrouter/models-2026-07-31.json");
	if (recorded) {
		json_decref(list);
		upstream_answer_blob(out, 200, "application/json", recorded);
		return;
	}
	names = upstream_state_member(request->up->state, "openrouter_models", NULL);
	for (i = 0; i < json_array_size(names); i++) {
		(void)json_array_append_new(
		    list, json_pack("{s:O,s:O}", "id", json_array_get(names, i), "name",
			      json_array_get(names, i)));
	}
	json_decref(names);
	upstream_answer_json(out, 200,
	    json_pack(
		"{s:o,s:i}", "data", list, "total_count", (int)json_array_size(list)));
}

/* One provider. Without a key the latencies are null, as with the vendor. */
static json_t *
openrouter_endpoint(
    const char *provider, const char *tag, const char *state, bool keyed)
{
	double uptime = 99.6;
	int status = 0;

	if (strcmp(state, "degraded") == 0) {
		uptime = 71.25;
		status = -2;
	} else if (strcmp(state, "down") == 0) {
		uptime = 0.5;
		status = -5;
	}
	return json_pack("{s:s,s:s,s:s,s:n,s:i,s:i,s:f,s:f,s:f,s:o}", "name", provider,
	    "provider_name", provider, "tag", tag, "quantization", "context_length",
	    65536, "status", status, "uptime_last_5m", uptime, "uptime_last_30m",
	    uptime, "uptime_last_1d", 98.9, "latency_last_30m",
	    keyed ? json_pack("{s:i,s:i,s:i,s:i}", "p50", 3900, "p75", 5200, "p90",
			9100, "p99", 41000)
		  : json_null());
}

/* The slug between ".../models/" and "/endpoints" must exist. */
static void
openrouter_endpoints(
    const struct upstream_request *request, struct upstream_answer *out)
{
	static const char before[] = "/api/v1/models/";
	char slug[128];
	char *end;
	const char *word;
	json_t *state;
	bool keyed = request->key[0] != '\0';

	(void)snprintf(slug, sizeof(slug), "%s", request->path + sizeof(before) - 1);
	end = strstr(slug, "/endpoints");
	if (end)
		*end = '\0';
	if (!upstream_state_has(request->up->state, "openrouter_models", slug)) {
		char message[200];

		(void)snprintf(
		    message, sizeof(message), "No endpoints found for model %s", slug);
		openrouter_error(out, 404, message);
		return;
	}
	if (upstream_source_fixed(request, "openrouter_endpoints", out))
		return;
	state = upstream_state_member(request->up->state, "openrouter_endpoints", NULL);
	word = json_string_value(state);
	upstream_answer_json(out, 200,
	    json_pack("{s:{s:s,s:s,s:[o,o]}}", "data", "id", slug, "name", slug,
		"endpoints",
		openrouter_endpoint(
		    "Google AI Studio", "google-ai-studio", word, keyed),
		openrouter_endpoint("Google", "google-vertex", "normal", keyed)));
	json_decref(state);
}

static void
openrouter_key(const struct upstream_request *request, struct upstream_answer *out)
{
	if (!openrouter_admit(request, out))
		return;
	upstream_answer_json(out, 200,
	    json_pack("{s:{s:s,s:f,s:f,s:f,s:b}}", "data", "label", "sk-or-v1-...loop",
		"usage", 12.5, "limit", 100.0, "limit_remaining", 87.5, "is_free_tier",
		0));
}

const struct upstream_route upstream_openrouter_routes[] = {
    {"POST", "/api/v1/chat/completions", openrouter_chat},
    {"POST", "/api/v1/images", openrouter_images},
    {"GET", "/api/v1/models/*/endpoints", openrouter_endpoints},
    {"GET", "/api/v1/models", openrouter_models},
    {"GET", "/api/v1/key", openrouter_key},
    {NULL, NULL, NULL},
};
