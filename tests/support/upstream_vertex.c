#include "tests/support/upstream.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/upstream_google.h"
#include "tests/support/upstream_image.h"
#include "tests/support/upstream_oauth.h"
#include "tests/support/upstream_state.h"

/* Vertex AI, https://cloud.google.com/vertex-ai/generative-ai/docs. */

/* Any token will do that the state allows, but ours only while they are good. */
static bool
vertex_is_known(const struct upstream_request *request)
{
	const struct upstream *up = request->up;

	if (!upstream_state_has_key(up->state, "vertex_tokens", request->key))
		return false;
	return !upstream_oauth_is_ours(request->key) ||
	       upstream_oauth_is_good(up->oauth, request->key);
}

static bool
vertex_admit(const struct upstream_request *request, struct upstream_answer *out)
{
	char model[UPSTREAM_GOOGLE_MODEL_MAX];
	char message[320];

	if (!vertex_is_known(request)) {
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

/* After the pictures comes an element that has none, as recorded. */
static void
vertex_predict(const struct upstream_request *request, struct upstream_answer *out)
{
	static const char answer[] =
	    "{\"predictions\":[{\"mimeType\":\"image/png\",\"prompt\":\"A lighthouse\","
	    "\"bytesBase64Encoded\":\"%P\",\"safetyAttributes\":{\"categories\":[],"
	    "\"scores\":[]}},{\"contentType\":\"Positive Prompt\",\"safetyAttributes\":"
	    "{\"categories\":[\"Violence\"],\"scores\":[0]}}]}\n";
	struct upstream_blob *predictions;
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
	predictions = upstream_google_recorded(
	    request, "gemini/ok-200-vertex-imagen-predict.body.json");
	if (!predictions)
		predictions = upstream_image_fill(request->up->image, answer);
	upstream_answer_blob(out, 200, "application/json; charset=UTF-8", predictions);
	out->chunked = true;
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
    {"POST", "/token", upstream_oauth_answer},
    {NULL, NULL, NULL},
};
