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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Starts reading an answer into `answer`, which is ready; both are kept until the last
 * byte. */
void classify_openai_begin(struct capture *capture, struct answer *answer);

/* An error: by the tables, from an HTTP status of 400 or more. */
struct finding classify_openai_error(const struct answer *answer, uint16_t http);

/* The provider's own error inside a gateway's message, which came with `http`. False when
 * there is none; `out` is then untouched. */
bool classify_openai_inner(
    const struct answer *outer, uint16_t http, struct finding *out);

/* A well-formed 200 of images/generations without an error in it. A link to a picture is
 * none until it is fetched. */
struct finding classify_openai_image(const struct answer *answer);

/* A well-formed 200 of models. */
struct finding classify_openai_models(const struct answer *answer);

#endif
