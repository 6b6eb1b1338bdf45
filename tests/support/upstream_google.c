#include "tests/support/upstream_google.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/support/upstream_image.h"

#define JSON_TYPE "application/json; charset=UTF-8"

void
upstream_google_error(struct upstream_answer *out, int code, const char *status,
    const char *message, json_t *details)
{
	json_t *error = json_pack(
	    "{s:i,s:s,s:s}", "code", code, "message", message, "status", status);

	if (details)
		(void)json_object_set_new(error, "details", details);
	upstream_answer_json(out, code, json_pack("{s:o}", "error", error));
	upstream_answer_header(out, "Vary", "Origin, X-Origin, Referer");
}

void
upstream_google_model(const struct upstream_request *request, char *out_model)
{
	static const char before[] = "/models/";
	const char *at = request->path;
	const char *next;

	while ((next = strstr(at, before)) != NULL)
		at = next + sizeof(before) - 1;
	(void)snprintf(
	    out_model, UPSTREAM_GOOGLE_MODEL_MAX, "%.*s", (int)strcspn(at, ":"), at);
}

/* The request body as JSON with `contents`; NULL after answering 400. */
static json_t *
google_body(const struct upstream_request *request, struct upstream_answer *out)
{
	json_error_t error;
	json_t *body = json_loadb(request->body, request->body_len, 0, &error);
	const json_t *contents = json_object_get(body, "contents");

	if (!json_is_object(body)) {
		upstream_google_error(out, 400, "INVALID_ARGUMENT",
		    "Invalid JSON payload received. Expected an object.", NULL);
	} else if (json_array_size(contents) == 0) {
		upstream_google_error(out, 400, "INVALID_ARGUMENT",
		    "* GenerateContentRequest.contents: contents is not specified\n",
		    NULL);
	} else {
		return body;
	}
	json_decref(body);
	return NULL;
}

/* Does the request leave room for a picture, and does the model make any? */
static bool
google_wants_image(const struct upstream_request *request, const json_t *body)
{
	const json_t *config = json_object_get(body, "generationConfig");
	const json_t *modalities = json_object_get(config, "responseModalities");
	char model[UPSTREAM_GOOGLE_MODEL_MAX];
	size_t i;

	upstream_google_model(request, model);
	if (!strstr(model, "image") && !strstr(model, "banana"))
		return false;
	for (i = 0; i < json_array_size(modalities); i++) {
		const char *word = json_string_value(json_array_get(modalities, i));
		if (word && strcasecmp(word, "IMAGE") == 0)
			return true;
	}
	return json_array_size(modalities) == 0;
}

static void
google_headers(struct upstream_answer *out)
{
	out->chunked = true;
	upstream_answer_header(out, "Server-Timing", "gfet4t7; dur=29182");
	upstream_answer_header(out, "Vary", "Origin, X-Origin, Referer");
}

static json_t *
google_text(const struct upstream_request *request)
{
	char model[UPSTREAM_GOOGLE_MODEL_MAX];

	upstream_google_model(request, model);
	return json_pack("{s:[{s:{s:[{s:s}],s:s},s:s,s:i}],s:{s:i,s:i,s:i},s:s,s:s}",
	    "candidates", "content", "parts", "text", "Only words.", "role", "model",
	    "finishReason", "STOP", "index", 0, "usageMetadata", "promptTokenCount", 9,
	    "candidatesTokenCount", 3, "totalTokenCount", 12, "modelVersion", model,
	    "responseId", "loopback-0001");
}

struct upstream_blob *
upstream_google_recorded(const struct upstream_request *request, const char *file)
{
	if (upstream_image_chosen(request->up->image) != UPSTREAM_IMAGE_RECORDED)
		return NULL;
	return upstream_data(request->up, file);
}

void
upstream_google_generate(
    const struct upstream_request *request, struct upstream_answer *out)
{
	static const char vertex[] =
	    "gemini/ok-200-vertex-gemini-2.5-flash-image-jpeg.body.json";
	json_t *body = google_body(request, out);
	struct upstream_blob *image = NULL;

	if (!body)
		return;
	if (google_wants_image(request, body)) {
		if (strstr(request->path, "/publishers/google/models/gemini-2.5"))
			image = upstream_google_recorded(request, vertex);
		if (!image)
			image = upstream_image_gemini(request->up->image);
		upstream_answer_blob(out, 200, JSON_TYPE, image);
	} else {
		upstream_answer_json(out, 200, google_text(request));
	}
	google_headers(out);
	json_decref(body);
}

/* The pieces in which an answer comes, as chunks[] separated by `between`. The picture and
 * its signature are in one of more than a megabyte. */
#define CHUNK(content, more) "{\"candidates\":[{\"content\":{" content "}" more "}]"
#define TEXT(words)          "\"parts\":[{\"text\":\"" words "\"}],\"role\":\"model\""
#define PICTURE                                                                        \
	"\"parts\":[{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"%P\"},"     \
	"\"thoughtSignature\":\"%S\"}],\"role\":\"model\""
#define STOP ",\"finishReason\":\"STOP\",\"index\":0"
#define USAGE                                                                          \
	",\"usageMetadata\":{\"promptTokenCount\":9,\"candidatesTokenCount\":1120,"    \
	"\"totalTokenCount\":1129}}"
#define IMAGE_STREAM(before, between, after)                                           \
	before CHUNK(TEXT("Here it "), ",\"index\":0") "}" between CHUNK(              \
	    TEXT("is."), ",\"index\":0") "}" between                                   \
	CHUNK(PICTURE, ",\"index\":0") USAGE between CHUNK("\"role\":\"model\"", STOP) \
	USAGE after
#define WORDS_STREAM(before, after)                                                    \
	before CHUNK(TEXT("Only words."), STOP)                                        \
	USAGE after

/* Without alt=sse the pieces are elements of an array (google.api.HttpBody streaming). */
static const char *
google_stream_text(const struct upstream_request *request, bool image)
{
	const char *alt = upstream_query(request, "alt");

	if (alt && strcmp(alt, "sse") == 0) {
		return image ? IMAGE_STREAM("data: ", "\r\n\r\ndata: ", "\r\n\r\n")
			     : WORDS_STREAM("data: ", "\r\n\r\n");
	}
	return image ? IMAGE_STREAM("[", ",\r\n", "]") : WORDS_STREAM("[", "]");
}

void
upstream_google_stream(
    const struct upstream_request *request, struct upstream_answer *out)
{
	const char *alt = upstream_query(request, "alt");
	bool events = alt && strcmp(alt, "sse") == 0;
	json_t *body = google_body(request, out);
	struct upstream_blob *stream = NULL;
	bool image;

	if (!body)
		return;
	image = google_wants_image(request, body);
	if (image && events) {
		stream = upstream_google_recorded(
		    request, "gemini/ok-200-stream-image-gemini-2.0-flash.body.sse");
	}
	if (!stream) {
		stream = upstream_image_fill(
		    request->up->image, google_stream_text(request, image));
	}
	upstream_answer_blob(
	    out, 200, events ? "text/event-stream" : JSON_TYPE, stream);
	google_headers(out);
	json_decref(body);
}

void
upstream_google_count(
    const struct upstream_request *request, struct upstream_answer *out)
{
	json_t *body = google_body(request, out);

	if (!body)
		return;
	upstream_answer_json(out, 200,
	    json_pack("{s:i,s:[{s:s,s:i}]}", "totalTokens", 5, "promptTokensDetails",
		"modality", "TEXT", "tokenCount", 5));
	google_headers(out);
	json_decref(body);
}
