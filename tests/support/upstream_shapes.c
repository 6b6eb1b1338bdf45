#include "tests/support/upstream_shapes.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/upstream_image.h"

#define JSON_TYPE "application/json; charset=UTF-8"
#define HTML_TYPE "text/html; charset=UTF-8"

/* The texts that clients look at are the vendors' own; the rest is as short as may be. */
#define RPC "type.googleapis.com/google.rpc."
#define GOOGLE(c, m, s)                                                                \
	"{\"error\":{\"code\":" #c ",\"message\":\"" m "\",\"status\":\"" s "\"}}\n"
#define GOOGLE_DETAILS(c, m, s, d)                                                     \
	"{\"error\":{\"code\":" #c ",\"message\":\"" m "\",\"status\":\"" s            \
	"\",\"details\":[" d "]}}\n"
#define OPENAI(m, t, c)                                                                \
	"{\"error\":{\"message\":\"" m "\",\"type\":\"" t                              \
	"\",\"param\":null,\"code\":" c "}}\n"
#define OPENROUTER(c, m, meta)                                                         \
	"{\"error\":{\"code\":" #c ",\"message\":\"" m "\",\"metadata\":{" meta "}}}"  \
	"\n"
#define QUOTA(d)                                                                       \
	"{\"@type\":\"" RPC "QuotaFailure\",\"violations\":[{\"quotaMetric\":"         \
	"\"generativelanguage.googleapis.com/generate_content_free_tier_requests\","   \
	"\"quotaId\":\"GenerateRequestsPer" d "PerProjectPerModel-FreeTier\","         \
	"\"quotaDimensions\":{\"location\":\"global\","                                \
	"\"model\":\"gemini-3-pro-image\"}}]}"
#define RETRY(s) "{\"@type\":\"" RPC "RetryInfo\",\"retryDelay\":\"" s "\"}"
#define QUOTA_TEXT                                                                     \
	"You exceeded your current quota, please check your plan and billing details."

struct shape {
	const char *name;
	int status;
	const char *type;
	const char *body;    /* `%K` stands for the caller's key */
	const char *file;    /* recorded body under --data, or NULL */
	const char *headers; /* one `Name: value`, or NULL */
};

static const struct shape shapes[] = {
    {"503-overloaded", 503, JSON_TYPE,
	GOOGLE(503, "The model is overloaded. Please try again later.", "UNAVAILABLE"),
	"gemini/quoted/error-503-overloaded.body.json", NULL},
    {"503-deadline", 503, JSON_TYPE,
	GOOGLE(503, "Deadline expired before operation could complete.", "UNAVAILABLE"),
	"gemini/quoted/error-503-deadline-expired.body.json", NULL},
    {"504-deadline", 504, JSON_TYPE,
	GOOGLE(504, "Deadline exceeded.", "DEADLINE_EXCEEDED"), NULL, NULL},
    {"500-internal", 500, JSON_TYPE,
	GOOGLE(500, "An internal error has occurred. Please retry.", "INTERNAL"),
	"gemini/quoted/error-500-internal.body.json", NULL},
    {"429-rate", 429, JSON_TYPE,
	GOOGLE_DETAILS(
	    429, QUOTA_TEXT, "RESOURCE_EXHAUSTED", QUOTA("Minute") "," RETRY("34.4s")),
	"gemini/error-429-per-minute-retryinfo-fixture.body.json", NULL},
    {"429-capacity", 429, JSON_TYPE,
	"[" GOOGLE(429, "Resource exhausted. Please try again later.",
	    "RESOURCE_EXHAUSTED") "]",
	"gemini/quoted/error-429-resource-exhausted-array-wrapped.body.json", NULL},
    {"429-quota-day", 429, JSON_TYPE,
	GOOGLE_DETAILS(429, QUOTA_TEXT " Quota exceeded, limit: 0",
	    "RESOURCE_EXHAUSTED", QUOTA("Day") "," QUOTA("Minute") "," RETRY("51s")),
	"gemini/quoted/error-429-free-tier-limit-0-day-and-minute.body.json", NULL},
    {"400-key-invalid", 400, JSON_TYPE,
	GOOGLE_DETAILS(400, "API key not valid. Please pass a valid API key.",
	    "INVALID_ARGUMENT",
	    "{\"@type\":\"" RPC "ErrorInfo\",\"reason\":\"API_KEY_INVALID\","
	    "\"domain\":\"googleapis.com\",\"metadata\":{\"service\":"
	    "\"generativelanguage.googleapis.com\"}}"),
	"gemini/quoted/error-400-api-key-invalid.body.json", NULL},
    {"400-location", 400, JSON_TYPE,
	"[" GOOGLE(400, "User location is not supported for the API use.",
	    "FAILED_PRECONDITION") "]",
	"gemini/quoted/error-400-location-not-supported-array-wrapped.body.json", NULL},
    {"402-credits", 402, JSON_TYPE,
	GOOGLE(402, "Your prepayment credits are depleted.", "RESOURCE_EXHAUSTED"),
	"gemini/quoted/error-402-prepay-credits-depleted.body.json", NULL},
    {"403-leaked", 403, JSON_TYPE,
	GOOGLE(403, "Your API key was reported as leaked. Please use another API key.",
	    "PERMISSION_DENIED"),
	"gemini/quoted/error-403-key-reported-leaked.body.json", NULL},
    {"403-suspended-with-key", 403, JSON_TYPE,
	GOOGLE_DETAILS(403, "Consumer 'api_key:%K' has been suspended.",
	    "PERMISSION_DENIED",
	    "{\"@type\":\"" RPC "ErrorInfo\",\"reason\":\"CONSUMER_SUSPENDED\","
	    "\"domain\":\"googleapis.com\"}"),
	NULL, NULL},
    {"404-model", 404, JSON_TYPE,
	GOOGLE(404,
	    "models/gemini-0-image is not found for API version v1beta, or is not "
	    "supported for generateContent.",
	    "NOT_FOUND"),
	"gemini/error-404-model-not-found.body.json", NULL},
    {"200-no-image", 200, JSON_TYPE,
	"{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Words only.\"}],"
	"\"role\":\"model\"},\"finishReason\":\"STOP\",\"index\":0}],"
	"\"modelVersion\":\"gemini-3-pro-image-preview\"}\n",
	"gemini/noimage-200-text-only-gemini-2.5-flash-image.body.json", NULL},
    {"200-blocked-safety", 200, JSON_TYPE,
	"{\"candidates\":[{\"content\":{},\"finishReason\":\"SAFETY\"}],"
	"\"modelVersion\":\"gemini-3-pro-image-preview\"}\n",
	"gemini/blocked-200-finishreason-safety.body.json", NULL},
    {"200-blocked-image", 200, JSON_TYPE,
	"{\"candidates\":[{\"content\":{\"role\":\"model\"},"
	"\"finishReason\":\"IMAGE_PROHIBITED_CONTENT\"}]}\n",
	"gemini/quoted/blocked-200-image-prohibited-content.body.json", NULL},
    {"200-blocked-prompt", 200, JSON_TYPE,
	"{\"promptFeedback\":{\"blockReason\":\"PROHIBITED_CONTENT\"},"
	"\"usageMetadata\":{\"promptTokenCount\":8,\"totalTokenCount\":8}}\n",
	NULL, NULL},
    {"200-error-inside", 200, JSON_TYPE,
	GOOGLE(503, "The model is overloaded. Please try again later.", "UNAVAILABLE"),
	NULL, NULL},
    {"200-array-wrapped-error", 200, JSON_TYPE,
	"[" GOOGLE(
	    503, "The model is overloaded. Please try again later.", "UNAVAILABLE") "]",
	NULL, NULL},
    {"200-empty", 200, JSON_TYPE, "", NULL, NULL},
    {"200-html", 200, HTML_TYPE,
	"<!DOCTYPE html><html><body>Please sign in to use this "
	"network.</body></html>\n",
	NULL, NULL},
    {"html-502", 502, HTML_TYPE,
	"<!DOCTYPE html><html lang=en><title>Error 502 (Server Error)!!1</title>"
	"<p>The server encountered a temporary error.</html>\n",
	NULL, NULL},
    {"captive-portal-302", 302, HTML_TYPE,
	"<a href=\"http://login.invalid/\">Sign in</a>\n", NULL,
	"Location: http://login.invalid/?next=portal"},
    {"openai-401", 401, JSON_TYPE,
	OPENAI("Incorrect API key provided: %K.", "invalid_request_error",
	    "\"invalid_api_key\""),
	NULL, NULL},
    {"openai-429-quota", 429, JSON_TYPE,
	OPENAI(QUOTA_TEXT, "insufficient_quota", "\"insufficient_quota\""),
	"openai/error-429-insufficient-quota.body.json", NULL},
    {"openai-429-rate", 429, JSON_TYPE,
	OPENAI("Rate limit reached for images per minute. Please try again in 12s.",
	    "requests", "\"rate_limit_exceeded\""),
	NULL, "Retry-After: 12"},
    {"openai-400-moderation", 400, JSON_TYPE,
	"{\"error\":{\"message\":\"Your request was rejected by the safety system.\","
	"\"type\":\"image_generation_user_error\",\"param\":null,"
	"\"code\":\"moderation_blocked\",\"moderation_details\":"
	"{\"moderation_stage\":\"output\",\"categories\":[\"sexual\"]}}}\n",
	"openai/quoted/error-400-moderation-blocked.body.json", NULL},
    {"openai-500", 500, JSON_TYPE,
	OPENAI("The server had an error while processing your request.", "server_error",
	    "null"),
	NULL, NULL},
    {"openai-503-overloaded", 503, JSON_TYPE,
	OPENAI("The engine is currently overloaded, please try again later.",
	    "server_error", "\"server_is_overloaded\""),
	NULL, NULL},
    {"openai-200-no-data", 200, JSON_TYPE, "{\"created\":1770935200,\"data\":[]}\n",
	NULL, NULL},
    {"openrouter-402", 402, JSON_TYPE,
	OPENROUTER(402, "Insufficient credits.", "\"error_type\":\"payment_required\""),
	NULL, NULL},
    {"openrouter-429-upstream", 429, JSON_TYPE,
	OPENROUTER(429, "Provider returned error",
	    "\"provider_name\":\"Google\",\"limit_source\":"
	    "\"upstream_provider_shared_pool\",\"raw\":"
	    "\"google/gemini-3-pro-image-preview is temporarily rate-limited "
	    "upstream.\""),
	"openrouter/error-429-provider-rate-limited-upstream.body.json", NULL},
    {"openrouter-503-no-provider", 503, JSON_TYPE,
	OPENROUTER(503, "No allowed providers are available for the selected model.",
	    "\"error_type\":\"provider_unavailable\""),
	NULL, NULL},
    {"openrouter-200-error-inside", 200, JSON_TYPE,
	"{\"id\":\"gen-1\",\"choices\":[{\"error\":{\"code\":502,\"message\":"
	"\"Upstream error from Google\"},\"finish_reason\":\"error\"}]}\n",
	NULL, NULL},
};

#define SHAPES_N (sizeof(shapes) / sizeof(shapes[0]))

/* The one shape that is made from the real image answer rather than from a text. */
#define TRUNCATED "200-truncated-image"

static const struct shape *
shape_find(const char *name)
{
	size_t i;

	for (i = 0; i < SHAPES_N; i++) {
		if (strcmp(shapes[i].name, name) == 0)
			return &shapes[i];
	}
	return NULL;
}

bool
upstream_shapes_known(const char *name)
{
	return strcmp(name, TRUNCATED) == 0 || shape_find(name) != NULL;
}

json_t *
upstream_shapes_list(void)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < SHAPES_N; i++)
		(void)json_array_append_new(list, json_string(shapes[i].name));
	(void)json_array_append_new(list, json_string(TRUNCATED));
	return list;
}

/* Complete HTTP whose JSON ends in the middle of the picture. */
static void
shape_truncated(const struct upstream_request *request, struct upstream_answer *out)
{
	struct upstream_blob *whole = upstream_image_gemini(request->up->image);
	struct upstream_blob *half = upstream_blob_new(whole->bytes, whole->len / 2);

	upstream_blob_drop(whole);
	upstream_answer_blob(out, 200, JSON_TYPE, half);
}

static void
shape_body(const struct shape *shape, const char *key, struct upstream_answer *out)
{
	const char *mark = strstr(shape->body, "%K");
	char text[1024];

	if (!mark) {
		upstream_answer_text(out, shape->status, shape->type, shape->body);
		return;
	}
	/* A key with a quote in it would break the JSON, and is none of ours. */
	(void)snprintf(text, sizeof(text), "%.*s%.256s%s", (int)(mark - shape->body),
	    shape->body, strpbrk(key, "\"\\") ? "" : key, mark + 2);
	upstream_answer_text(out, shape->status, shape->type, text);
}

void
upstream_shapes_answer(const char *name, const struct upstream_request *request,
    struct upstream_answer *out)
{
	const struct shape *shape = shape_find(name);
	struct upstream_blob *recorded = NULL;
	char header[64];
	const char *colon;

	if (!shape) {
		shape_truncated(request, out);
		return;
	}
	if (shape->file)
		recorded = upstream_data(request->up, shape->file);
	if (recorded) {
		upstream_answer_blob(out, shape->status, shape->type, recorded);
	} else {
		shape_body(shape, request->key, out);
	}
	if (!shape->headers)
		return;
	colon = strchr(shape->headers, ':');
	assert(colon);
	(void)snprintf(header, sizeof(header), "%.*s", (int)(colon - shape->headers),
	    shape->headers);
	upstream_answer_header(out, header, colon + 2);
}
