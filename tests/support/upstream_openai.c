#include "tests/support/upstream.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/support/upstream_image.h"
#include "tests/support/upstream_picture.h"
#include "tests/support/upstream_state.h"

/* OpenAI and the gateways that speak its API: bearer key, errors with four keys. */

static void
openai_error(struct upstream_answer *out, int http, const char *message,
    const char *type, const char *param, const char *code)
{
	upstream_answer_json(out, http,
	    json_pack("{s:{s:s,s:s,s:s?,s:s?}}", "error", "message", message, "type",
		type, "param", param, "code", code));
}

static bool
openai_admit(const struct upstream_request *request, struct upstream_answer *out)
{
	char message[160];

	upstream_answer_header(out, "x-request-id", "req_loopback");
	upstream_answer_header(out, "openai-version", "2020-10-01");
	if (upstream_state_has_key(request->up->state, "openai_keys", request->key))
		return true;
	if (!request->key[0]) {
		openai_error(out, 401,
		    "You didn't provide an API key. You need to provide your API key "
		    "in an "
		    "Authorization header using Bearer auth.",
		    "invalid_request_error", NULL, NULL);
		return false;
	}
	/* The vendor echoes part of the key, so ours does. */
	(void)snprintf(message, sizeof(message),
	    "Incorrect API key provided: %.8s****.", request->key);
	openai_error(
	    out, 401, message, "invalid_request_error", NULL, "invalid_api_key");
	return false;
}

static bool
openai_known(const struct upstream_request *request, const char *model,
    struct upstream_answer *out)
{
	char message[256];

	if (upstream_state_has(request->up->state, "openai_models", model))
		return true;
	(void)snprintf(
	    message, sizeof(message), "The model '%.128s' does not exist.", model);
	openai_error(
	    out, 404, message, "invalid_request_error", "model", "model_not_found");
	return false;
}

/* Is `body` a request for pictures? Answers itself if not. */
static bool
openai_check(const struct upstream_request *request, const json_t *body,
    struct upstream_answer *out)
{
	const char *model = json_string_value(json_object_get(body, "model"));
	const char *prompt = json_string_value(json_object_get(body, "prompt"));

	if (!json_is_object(body)) {
		openai_error(out, 400,
		    "We could not parse the JSON body of your request.",
		    "invalid_request_error", NULL, NULL);
		return false;
	}
	if (!model || !prompt) {
		openai_error(out, 400, "Missing required parameter.",
		    "invalid_request_error", model ? "prompt" : "model",
		    "missing_required_parameter");
		return false;
	}
	if (strncmp(model, "gpt-image", 9) == 0 &&
	    json_object_get(body, "response_format")) {
		openai_error(out, 400, "Unknown parameter: 'response_format'.",
		    "invalid_request_error", "response_format", "unknown_parameter");
		return false;
	}
	return openai_known(request, model, out);
}

/* DALL-E answers with links unless asked for bytes, its successors with bytes. */
static bool
openai_wants_link(const json_t *body)
{
	const char *model = json_string_value(json_object_get(body, "model"));
	const char *format =
	    json_string_value(json_object_get(body, "response_format"));

	if (format)
		return strcmp(format, "url") == 0;
	return strncmp(model, "dall-e", 6) == 0;
}

static void
openai_link(const struct upstream_request *request, struct upstream_answer *out)
{
	char url[UPSTREAM_PICTURE_LINK_MAX];

	upstream_picture_link(request, url);
	upstream_answer_json(out, 200,
	    json_pack("{s:I,s:[{s:s,s:s}]}", "created", (json_int_t)time(NULL), "data",
		"revised_prompt", "A lighthouse at dusk.", "url", url));
}

static void
openai_bytes(const struct upstream_request *request, struct upstream_answer *out)
{
	char before[80];

	(void)snprintf(before, sizeof(before),
	    "{\"created\":%lld,\"data\":[{\"b64_json\":\"", (long long)time(NULL));
	upstream_answer_blob(out, 200, "application/json",
	    upstream_image_wrap(request->up->image, before,
		"\"}],\"background\":\"opaque\",\"output_format\":\"png\","
		"\"quality\":\"low\",\"size\":\"1024x1024\","
		"\"usage\":{\"input_tokens\":9,\"input_tokens_details\":"
		"{\"image_tokens\":0,\"text_tokens\":9},\"output_tokens\":1056,"
		"\"total_tokens\":1065}}\n"));
}

static void
openai_images(const struct upstream_request *request, struct upstream_answer *out)
{
	json_t *body;

	if (!openai_admit(request, out))
		return;
	body = json_loadb(request->body, request->body_len, 0, NULL);
	if (openai_check(request, body, out)) {
		if (openai_wants_link(body)) {
			openai_link(request, out);
		} else {
			openai_bytes(request, out);
		}
		upstream_answer_header(out, "openai-processing-ms", "21034");
	}
	json_decref(body);
}

static json_t *
openai_model_json(const char *model)
{
	return json_pack("{s:s,s:s,s:i,s:s}", "id", model, "object", "model", "created",
	    1745517030, "owned_by", "system");
}

static void
openai_models(const struct upstream_request *request, struct upstream_answer *out)
{
	json_t *list;
	json_t *names;
	size_t i;

	if (!openai_admit(request, out))
		return;
	list = json_array();
	names = upstream_state_member(request->up->state, "openai_models", NULL);
	for (i = 0; i < json_array_size(names); i++) {
		(void)json_array_append_new(list,
		    openai_model_json(json_string_value(json_array_get(names, i))));
	}
	json_decref(names);
	upstream_answer_json(
	    out, 200, json_pack("{s:s,s:o}", "object", "list", "data", list));
}

static void
openai_model(const struct upstream_request *request, struct upstream_answer *out)
{
	const char *model = request->path + strlen("/v1/models/");

	if (openai_admit(request, out) && openai_known(request, model, out))
		upstream_answer_json(out, 200, openai_model_json(model));
}

const struct upstream_route upstream_openai_routes[] = {
    {"POST", "/v1/images/generations", openai_images},
    {"GET", "/v1/models", openai_models},
    {"GET", "/v1/models/*", openai_model},
    {NULL, NULL, NULL},
};
