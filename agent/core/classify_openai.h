/* classify_openai - OpenAI's image API and everybody who speaks like it
 * Room: agent/core (pure).
 *
 * https://platform.openai.com/docs/api-reference/images and .../guides/error-codes. Gateways
 * (LiteLLM, OpenRouter, Google's own /v1beta/openai) stretch the format: `error` may be a
 * text, `code` a number or "500", and the provider's own JSON may stand inside a message.
 * Where it does, the provider's words decide. */
#ifndef AGENT_CORE_CLASSIFY_OPENAI_H
#define AGENT_CORE_CLASSIFY_OPENAI_H

#include "agent/core/answer.h"
#include "agent/core/capture.h"

#include <stddef.h>
#include <stdint.h>

/* Starts reading an answer into `answer`, both kept until the last byte. */
void classify_openai_begin(struct capture *capture, struct answer *answer);

/* An error: by the tables, from an HTTP status of 400 or more. */
struct finding classify_openai_error(const struct answer *answer, uint16_t http);

/* A well-formed 200 of images/generations without an error in it. A picture given as a
 * link counts as one; it is not fetched. */
struct finding classify_openai_image(const struct answer *answer);

#endif
