/* classify_gemini - the Gemini API's answers: generateContent, models.get, errors
 * Room: agent/core (pure).
 *
 * https://ai.google.dev/api/generate-content and https://cloud.google.com/apis/design/errors.
 * Two things to know: a bad key is 400 here, not 401; and 429 is three different things, a
 * minute's rate, a day's quota, or the provider's own lack of capacity. */
#ifndef AGENT_CORE_CLASSIFY_GEMINI_H
#define AGENT_CORE_CLASSIFY_GEMINI_H

#include "agent/core/answer.h"
#include "agent/core/capture.h"

#include <stddef.h>
#include <stdint.h>

/* Starts reading an answer into `answer`, both kept until the last byte. */
void classify_gemini_begin(struct capture *capture, struct answer *answer);

/* An error: by the tables, from an HTTP status of 400 or more. */
struct finding classify_gemini_error(const struct answer *answer, uint16_t http);

/* A well-formed 200 of generateContent without an error in it. */
struct finding classify_gemini_image(const struct answer *answer);

/* A well-formed 200 of models.get. */
struct finding classify_gemini_model(const struct answer *answer);

#endif
