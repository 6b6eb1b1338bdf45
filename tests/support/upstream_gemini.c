#include "tests/support/upstream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/upstream_google.h"
#include "tests/support/upstream_state.h"

/* The Gemini API, https://ai.google.dev/api: key in x-goog-api-key or ?key=. */

static void
gemini_key_error(const struct upstream_request *request, struct upstream_answer *out)
{
	if (!request->key[0]) {
		upstream_google_error(out, 403, "PERMISSION_DENIED",
		    "Method doesn't allow unregistered callers (callers without "
		    "established "
		    "identity). Please use API Key or other form of API consumer "
		    "identity to "
		    "call this API.",
		    NULL);
		return;
	}
	/* Google says 400 where others say 401. */
	upstream_google_error(out, 400, "INVALID_ARGUMENT",
	    "API key not valid. Please pass a valid API key.",
	    json_pack("[{s:s,s:s,s:s,s:{s:s}}]", "@type",
		"type.googleapis.com/google.rpc.ErrorInfo", "reason", "API_KEY_INVALID",
		"domain", "googleapis.com", "metadata", "service",
		"generativelanguage.googleapis.com"));
}

/* May the caller ask, and is there such a model? Answers itself if not. */
static bool
gemini_admit(const struct upstream_request *request, struct upstream_answer *out)
{
	char model[UPSTREAM_GOOGLE_MODEL_MAX];
	char message[320];

	if (!upstream_state_has_key(request->up->state, "gemini_keys", request->key)) {
		gemini_key_error(request, out);
		return false;
	}
	upstream_google_model(request, model);
	if (upstream_state_has(request->up->state, "gemini_models", model))
		return true;
	(void)snprintf(message, sizeof(message),
	    "models/%s is not found for API version v1beta, or is not supported for "
	    "generateContent. Call ModelService.ListModels to see the list of "
	    "available "
	    "models and their supported methods.",
	    model);
	upstream_google_error(out, 404, "NOT_FOUND", message, NULL);
	return false;
}

static void
gemini_generate(const struct upstream_request *request, struct upstream_answer *out)
{
	if (gemini_admit(request, out))
		upstream_google_generate(request, out);
}

static void
gemini_stream(const struct upstream_request *request, struct upstream_answer *out)
{
	if (gemini_admit(request, out))
		upstream_google_stream(request, out);
}

static void
gemini_count(const struct upstream_request *request, struct upstream_answer *out)
{
	if (gemini_admit(request, out))
		upstream_google_count(request, out);
}

static json_t *
gemini_model_json(const char *model)
{
	json_t *name = json_sprintf("models/%s", model);

	return json_pack("{s:o,s:s,s:s,s:i,s:i,s:[s,s,s]}", "name", name, "version",
	    "3.0", "displayName", model, "inputTokenLimit", 131072, "outputTokenLimit",
	    32768, "supportedGenerationMethods", "generateContent", "countTokens",
	    "batchGenerateContent");
}

static void
gemini_model(const struct upstream_request *request, struct upstream_answer *out)
{
	char model[UPSTREAM_GOOGLE_MODEL_MAX];

	if (!gemini_admit(request, out))
		return;
	upstream_google_model(request, model);
	upstream_answer_json(out, 200, gemini_model_json(model));
}

#define PAGE_DEFAULT 50
#define PAGE_MAX     1000
#define PAGE_TOKEN   "loopback-page-"

/* Where the page begins that the query asks for; false for a token we never gave. */
static bool
gemini_page(const struct upstream_request *request, size_t *out_first, size_t *out_len)
{
	const char *size = upstream_query(request, "pageSize");
	const char *token = upstream_query(request, "pageToken");
	unsigned long len = size ? strtoul(size, NULL, 10) : 0;

	*out_first = 0;
	*out_len = len == 0 ? PAGE_DEFAULT : len;
	if (*out_len > PAGE_MAX)
		*out_len = PAGE_MAX;
	if (!token || !token[0])
		return true;
	if (strncmp(token, PAGE_TOKEN, sizeof(PAGE_TOKEN) - 1) != 0)
		return false;
	*out_first = strtoul(token + sizeof(PAGE_TOKEN) - 1, NULL, 10);
	return *out_first > 0;
}

static json_t *
gemini_page_json(const json_t *names, size_t first, size_t len)
{
	json_t *list = json_array();
	json_t *page = json_pack("{s:o}", "models", list);
	size_t i;

	for (i = first; i < json_array_size(names) && i - first < len; i++) {
		(void)json_array_append_new(list,
		    gemini_model_json(json_string_value(json_array_get(names, i))));
	}
	if (i < json_array_size(names)) {
		(void)json_object_set_new(
		    page, "nextPageToken", json_sprintf(PAGE_TOKEN "%zu", i));
	}
	return page;
}

static void
gemini_models(const struct upstream_request *request, struct upstream_answer *out)
{
	json_t *names;
	size_t first;
	size_t len;

	if (!upstream_state_has_key(request->up->state, "gemini_keys", request->key)) {
		gemini_key_error(request, out);
		return;
	}
	if (!gemini_page(request, &first, &len)) {
		upstream_google_error(out, 400, "INVALID_ARGUMENT",
		    "Request contains an invalid argument: page_token", NULL);
		return;
	}
	names = upstream_state_member(request->up->state, "gemini_models", NULL);
	upstream_answer_json(out, 200, gemini_page_json(names, first, len));
	json_decref(names);
}

const struct upstream_route upstream_gemini_routes[] = {
    {"POST", "/v1beta/models/*:generateContent", gemini_generate},
    {"POST", "/v1beta/models/*:streamGenerateContent", gemini_stream},
    {"POST", "/v1beta/models/*:countTokens", gemini_count},
    {"GET", "/v1beta/models/*", gemini_model},
    {"GET", "/v1beta/models", gemini_models},
    {NULL, NULL, NULL},
};
