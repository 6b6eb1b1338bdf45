/* classify_gemini - answers of the Gemini API and of Vertex AI
 * Room: agent/core (pure).
 *
 * https://ai.google.dev/api/generate-content and https://cloud.google.com/apis/design/errors;
 * Vertex AI speaks the same, and Imagen's :predict beside it. Two things to know: a bad key
 * is 400 here, not 401; and 429 is three different things, a minute's rate, a day's quota,
 * or the provider's own lack of capacity. */
#ifndef AGENT_CORE_CLASSIFY_GEMINI_H
#define AGENT_CORE_CLASSIFY_GEMINI_H

#include "agent/core/answer.h"
#include "agent/core/capture.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Starts reading one JSON value into `answer`, which is ready and may hold what came
 * before: an answer that is streamed is many values. Both are kept until the last byte. */
void classify_gemini_begin(struct capture *capture, struct answer *answer);

/* An error: by the tables, from an HTTP status of 400 or more. */
struct finding classify_gemini_error(const struct answer *answer, uint16_t http);

/* A well-formed 200 of generateContent without an error in it. */
struct finding classify_gemini_image(const struct answer *answer);

/* The same of a stream: without a finishReason it ended early, whatever came. */
struct finding classify_gemini_stream(const struct answer *answer);

/* A well-formed 200 of Imagen's :predict. What its filters take out is not there, or is
 * there with a reason and without bytes. */
struct finding classify_gemini_imagen(const struct answer *answer);

/* A well-formed 200 of models.get. */
struct finding classify_gemini_model(const struct answer *answer);

/* A well-formed 200 of models.list. A model that is not on this page may be on the next. */
struct finding classify_gemini_models(const struct answer *answer);

/* A well-formed 200 of countTokens. */
struct finding classify_gemini_tokens(const struct answer *answer);

/* True when `reason`, letters of any case, is one of those that a filter of Google's ends
 * an answer with. */
bool classify_gemini_is_blocked(const char *reason);

#endif
