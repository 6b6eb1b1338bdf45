/* classify_router - answers of OpenRouter's own calls: chat/completions, images, key
 * Room: agent/core (pure).
 *
 * https://openrouter.ai/docs/api/reference/errors-and-debugging. It speaks like OpenAI, and
 * adds: errors inside 200 and inside a choice, a canonical word for the error
 * (metadata.error_type), the provider's own answer as a text (metadata.raw), and the
 * provider's reason to stop beside its own. What its page says about providers is read by
 * classify_openrouter.c. */
#ifndef AGENT_CORE_CLASSIFY_ROUTER_H
#define AGENT_CORE_CLASSIFY_ROUTER_H

#include "agent/core/answer.h"
#include "agent/core/capture.h"

#include <stddef.h>
#include <stdint.h>

/* Starts reading an answer into `answer`, which is ready; both are kept until the last
 * byte. */
void classify_router_begin(struct capture *capture, struct answer *answer);

/* An error: by the tables, from an HTTP status of 400 or more. The word for it comes first
 * where it names one thing, then the provider's own error, then the status. */
struct finding classify_router_error(const struct answer *answer, uint16_t http);

/* A well-formed 200 of chat/completions or images. Errors may be in it. */
struct finding classify_router_image(const struct answer *answer);

/* A well-formed 200 of key. */
struct finding classify_router_key(const struct answer *answer);

#endif
