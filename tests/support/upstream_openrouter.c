#include "tests/support/upstream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* Does a model of `slug` have the provider `tag`? */
static bool
openrouter_has_provider(const char *slug, const char *tag)
{
	if (strncmp(slug, "google/", 7) != 0)
		return strcmp(tag, "openai") == 0;
	return strcmp(tag, "google-ai-studio") == 0 ||
	       strcmp(tag, "google-vertex") == 0;
}

static void
openrouter_no_provider(const json_t *only, struct upstream_answer *out)
{
	upstream_answer_json(out, 404,
	    json_pack("{s:{s:s,s:i,s:{s:[s,s],s:O}}}", "error", "message",
		"No allowed providers are available for the selected model.", "code",
		404, "metadata", "available_providers", "google-vertex",
		"google-ai-studio", "requested_providers", only));
}

/* What is measured is one provider: a request that may go elsewhere is a mistake. The real
 * service would serve it, and hide an outage by doing so. Answers itself if not. */
static bool
openrouter_is_pinned(const json_t *body, struct upstream_answer *out)
{
	const char *model = json_string_value(json_object_get(body, "model"));
	const json_t *provider = json_object_get(body, "provider");
	json_t *only = json_object_get(provider, "only");
	size_t i;

	if (json_array_size(only) == 0 ||
	    !json_is_false(json_object_get(provider, "allow_fallbacks"))) {
		openrouter_error(out, 400,
		    "This server serves pinned requests only: provider.only, and "
		    "provider.allow_fallbacks false");
		return false;
	}
	for (i = 0; i < json_array_size(only); i++) {
		const char *tag = json_string_value(json_array_get(only, i));

		if (tag && openrouter_has_provider(model, tag))
			return true;
	}
	openrouter_no_provider(only, out);
	return false;
}

static bool
openrouter_wants_image(const json_t *body)
{
	const json_t *modalities = json_object_get(body, "modalities");
	size_t i;

	for (i = 0; i < json_array_size(modalities); i++) {
		const char *word = json_string_value(json_array_get(modalities, i));
		if (word && strcmp(word, "image") == 0)
			return true;
	}
	return false;
}

#define CHAT                                                                           \
	"{\"id\":\"gen-1770935200-loopback\",\"provider\":\"Google AI Studio\","       \
	"\"model\":\"google/gemini-3-pro-image-preview\",\"object\":"                  \
	"\"chat.completion\",\"created\":1770935200,\"choices\":[{\"logprobs\":null,"  \
	"\"finish_reason\":\"stop\",\"native_finish_reason\":\"STOP\",\"index\":0,"    \
	"\"message\":{\"role\":\"assistant\",\"refusal\":null,"
#define CHAT_IMAGE                                                                     \
	"\"content\":\"\",\"reasoning\":null,\"images\":[{\"type\":\"image_url\","     \
	"\"image_url\":{\"url\":\"data:image/png;base64,%P\"},\"index\":0}],"          \
	"\"reasoning_details\":[{\"type\":\"reasoning.encrypted\",\"data\":\"%S\","    \
	"\"format\":\"google-gemini-v1\",\"index\":0}]}}],"
#define CHAT_TEXT "\"content\":\"Only words.\"}}],"
#define CHAT_USAGE                                                                     \
	"\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1120,\"total_tokens\":"  \
	"1129,\"cost\":0.136,\"is_byok\":false,\"cost_details\":"                      \
	"{\"upstream_inference_cost\":null},\"completion_tokens_details\":"            \
	"{\"image_tokens\":1120}}}\n"

static void
openrouter_chat(const struct upstream_request *request, struct upstream_answer *out)
{
	json_t *body;

	if (!openrouter_admit(request, out))
		return;
	body = openrouter_body(request, "messages", out);
	if (!body)
		return;
	if (openrouter_is_pinned(body, out)) {
		const char *text = openrouter_wants_image(body)
				       ? CHAT CHAT_IMAGE CHAT_USAGE
				       : CHAT CHAT_TEXT CHAT_USAGE;

		upstream_answer_blob(out, 200, "application/json",
		    upstream_image_fill(request->up->image, text));
		out->chunked = true;
	}
	json_decref(body);
}

static void
openrouter_images(const struct upstream_request *request, struct upstream_answer *out)
{
	json_t *body;

	if (!openrouter_admit(request, out))
		return;
	body = openrouter_body(request, "prompt", out);
	if (!body)
		return;
	if (openrouter_is_pinned(body, out)) {
		upstream_answer_blob(out, 200, "application/json",
		    upstream_image_fill(request->up->image,
			"{\"created\":1770935200,\"data\":[{\"b64_json\":\"%P\","
			"\"media_type\":\"image/png\"}],\"usage\":{\"cost\":0.136}}"
			"\n"));
	}
	json_decref(body);
}

static json_t *
openrouter_pricing(void)
{
	return json_pack("{s:s,s:s,s:s,s:s}", "prompt", "0.000002", "completion",
	    "0.000012", "image", "0.000002", "image_output", "0.00012");
}

static json_t *
openrouter_model_json(const char *slug)
{
	return json_pack(
	    "{s:s,s:s,s:s,s:i,s:i,s:{s:[s,s],s:[s,s]},s:o,s:{s:i,s:i,s:b}}", "id", slug,
	    "canonical_slug", slug, "name", slug, "created", 1763653797,
	    "context_length", 65536, "architecture", "input_modalities", "image",
	    "text", "output_modalities", "image", "text", "pricing",
	    openrouter_pricing(), "top_provider", "context_length", 65536,
	    "max_completion_tokens", 32768, "is_moderated", 0);
}

static void
openrouter_models(const struct upstream_request *request, struct upstream_answer *out)
{
	struct upstream_blob *recorded;
	json_t *list;
	json_t *names;
	size_t i;

	if (upstream_source_fixed(request, "openrouter_catalogue", out))
		return;
	recorded = upstream_data(request->up, "openrouter/models-2026-07-31.json");
	if (recorded) {
		upstream_answer_blob(out, 200, "application/json", recorded);
		return;
	}
	list = json_array();
	names = upstream_state_member(request->up->state, "openrouter_models", NULL);
	for (i = 0; i < json_array_size(names); i++) {
		(void)json_array_append_new(list,
		    openrouter_model_json(json_string_value(json_array_get(names, i))));
	}
	json_decref(names);
	upstream_answer_json(out, 200,
	    json_pack(
		"{s:o,s:i}", "data", list, "total_count", (int)json_array_size(list)));
}

static json_t *
openrouter_quantiles(int p50, int p75, int p90, int p99)
{
	return json_pack(
	    "{s:i,s:i,s:i,s:i}", "p50", p50, "p75", p75, "p90", p90, "p99", p99);
}

/* One provider. Without a key what it measured is null, as with the
 * vendor. */
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
	return json_pack("{s:s,s:s,s:s,s:n,s:i,s:i,s:i,s:f,s:f,s:f,s:o,s:o,s:o}",
	    "name", provider, "provider_name", provider, "tag", tag, "quantization",
	    "context_length", 65536, "max_completion_tokens", 32768, "status", status,
	    "uptime_last_5m", uptime, "uptime_last_30m", uptime, "uptime_last_1d", 98.9,
	    "latency_last_30m",
	    keyed ? openrouter_quantiles(3900, 5200, 9100, 41000) : json_null(),
	    "throughput_last_30m",
	    keyed ? openrouter_quantiles(60, 71, 88, 102) : json_null(), "pricing",
	    openrouter_pricing());
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
	bool keyed =
	    upstream_state_has_key(request->up->state, "openrouter_keys", request->key);

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
	json_t *credit;
	const char *word;
	double used = 12.5;
	json_t *limit;

	if (!openrouter_admit(request, out))
		return;
	if (upstream_source_fixed(request, "openrouter_credit", out))
		return;
	credit = upstream_state_member(request->up->state, "openrouter_credit", NULL);
	word = json_string_value(credit);
	limit = strcmp(word, "unlimited") == 0 ? json_null() : json_real(100.0);
	if (strcmp(word, "none") == 0)
		used = 100.0;
	upstream_answer_json(out, 200,
	    json_pack("{s:{s:s,s:f,s:f,s:o,s:o,s:n,s:b,s:b}}", "data", "label",
		"sk-or-v1-...loop", "usage", used, "usage_daily", 0.5,
		"limit_remaining",
		json_is_null(limit) ? json_null() : json_real(100.0 - used), "limit",
		limit, "limit_reset", "is_free_tier", 0, "is_provisioning_key", 0));
	json_decref(credit);
}

const struct upstream_route upstream_openrouter_routes[] = {
    {"POST", "/api/v1/chat/completions", openrouter_chat},
    {"POST", "/api/v1/images", openrouter_images},
    {"GET", "/api/v1/models/*/endpoints", openrouter_endpoints},
    {"GET", "/api/v1/models", openrouter_models},
    {"GET", "/api/v1/key", openrouter_key},
    {NULL, NULL, NULL},
};
