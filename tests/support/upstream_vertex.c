#include "tests/support/upstream.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/upstream_google.h"
#include "tests/support/upstream_image.h"
#include "tests/support/upstream_state.h"

/* Vertex AI, https://cloud.google.com/vertex-ai/generative-ai/docs, and the token endpoint
 * of OAuth 2.0 (RFC 7523), which any well-formed assertion satisfies. */

static bool
vertex_admit(const struct upstream_request *request, struct upstream_answer *out)
{
	char model[UPSTREAM_GOOGLE_MODEL_MAX];
	char message[320];

	if (!upstream_state_has_key(
		request->up->state, "vertex_tokens", request->key)) {
		upstream_google_error(out, 401, "UNAUTHENTICATED",
		    "Request had invalid authentication credentials. Expected OAuth 2 "
		    "access "
		    "token, login cookie or other valid authentication credential.",
		    NULL);
		return false;
	}
	upstream_google_model(request, model);
	if (upstream_state_has(request->up->state, "gemini_models", model))
		return true;
	(void)snprintf(message, sizeof(message),
	    "Publisher Model `publishers/google/models/%s` was not found or your "
	    "project "
	    "does not have access to it.",
	    model);
	upstream_google_error(out, 404, "NOT_FOUND", message, NULL);
	return false;
}

static void
vertex_generate(const struct upstream_request *request, struct upstream_answer *out)
{
	if (vertex_admit(request, out))
		upstream_google_generate(request, out);
}

static void
vertex_stream(const struct upstream_request *request, struct upstream_answer *out)
{
	if (vertex_admit(request, out))
		upstream_google_stream(request, out);
}

static void
vertex_count(const struct upstream_request *request, struct upstream_answer *out)
{
	if (vertex_admit(request, out))
		upstream_google_count(request, out);
}

static void
vertex_predict(const struct upstream_request *request, struct upstream_answer *out)
{
	static const char before[] =
	    "{\"predictions\":[{\"mimeType\":\"image/png\",\"bytesBase64Encoded\":\"";
	json_t *body;
	bool good;

	if (!vertex_admit(request, out))
		return;
	body = json_loadb(request->body, request->body_len, 0, NULL);
	good = json_array_size(json_object_get(body, "instances")) > 0;
	json_decref(body);
	if (!good) {
		upstream_google_error(out, 400, "INVALID_ARGUMENT",
		    "instances: expected at least one", NULL);
		return;
	}
	upstream_answer_blob(out, 200, "application/json; charset=UTF-8",
	    upstream_image_wrap(request->up->image, before, "\"}]}\n"));
	out->chunked = true;
}

static void
vertex_token(const struct upstream_request *request, struct upstream_answer *out)
{
	static const char grant[] =
	    "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3A";

	if (!strstr(request->body, grant) || !strstr(request->body, "assertion=")) {
		upstream_answer_json(out, 400,
		    json_pack("{s:s,s:s}", "error", "invalid_grant",
			"error_description",
			"Invalid JWT: expected a grant_type and an assertion"));
		return;
	}
	upstream_answer_json(out, 200,
	    json_pack("{s:s,s:i,s:s}", "access_token", "ya29.loopback", "expires_in",
		3599, "token_type", "Bearer"));
}

#define MODELS      "/v1/projects/*/locations/*/publishers/google/models/*"
#define MODELS_BETA "/v1beta1/projects/*/locations/*/publishers/google/models/*"

const struct upstream_route upstream_vertex_routes[] = {
    {"POST", MODELS ":generateContent", vertex_generate},
    {"POST", MODELS ":streamGenerateContent", vertex_stream},
    {"POST", MODELS ":countTokens", vertex_count},
    {"POST", MODELS ":predict", vertex_predict},
    {"POST", MODELS_BETA ":generateContent", vertex_generate},
    {"POST", MODELS_BETA ":countTokens", vertex_count},
    {"POST", MODELS_BETA ":predict", vertex_predict},
    {"POST", "/token", vertex_token},
    {NULL, NULL, NULL},
};
