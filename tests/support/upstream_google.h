/* upstream_google - what the Gemini API and Vertex AI have in common
 * Room: tests/support.
 *
 * Error bodies of google.rpc.Status and the body of generateContent, whose requests and
 * answers have the same form on both services. */
#ifndef TESTS_SUPPORT_UPSTREAM_GOOGLE_H
#define TESTS_SUPPORT_UPSTREAM_GOOGLE_H

#include "tests/support/upstream.h"

/* {"error":{code,message,status,details?}}; `details` is given and may be NULL. */
void upstream_google_error(struct upstream_answer *out, int code, const char *status,
    const char *message, json_t *details);

/* The model's name: what stands between the last "/models/" and the next ':' or the end.
 * At most 127 bytes of it go to `out_model`. */
void upstream_google_model(const struct upstream_request *request, char *out_model);

#define UPSTREAM_GOOGLE_MODEL_MAX 128

/* Answers for a caller who may ask and a model that exists: a picture, or text where the
 * model or the request wants none; 400 for a body that is no such request. */
void upstream_google_generate(
    const struct upstream_request *request, struct upstream_answer *out);

/* The recorded body `file` while recorded pictures are chosen; NULL if not or if there is
 * none. The caller holds it. */
struct upstream_blob *upstream_google_recorded(
    const struct upstream_request *request, const char *file);

/* The same in pieces: text, the picture, the end. Server-sent events with ?alt=sse, else
 * the elements of an array. */
void upstream_google_stream(
    const struct upstream_request *request, struct upstream_answer *out);

/* countTokens, likewise. */
void upstream_google_count(
    const struct upstream_request *request, struct upstream_answer *out);

#endif
