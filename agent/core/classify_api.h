/* classify_api - answers of model APIs: FAMILY_GOOGLE, FAMILY_OPENAI, FAMILY_OPENROUTER
 * Room: agent/core (pure).
 *
 * The part of classify.c that reads them into a struct answer and lays the tables of
 * classify_gemini.c and classify_openai.c over it; only classify.c calls it. */
#ifndef AGENT_CORE_CLASSIFY_API_H
#define AGENT_CORE_CLASSIFY_API_H

#include "agent/core/classify.h"

#include <stddef.h>

/* Makes the reader that the probe's kind needs ready. */
void classify_api_begin(struct classify *classify);

/* A piece of the body. */
void classify_api_push(struct classify *classify, const void *data, size_t len);

/* Says that no more comes, before the answer is judged. */
void classify_api_end(struct classify *classify);

/* Where the picture is that an answer only links to, "" = there is no such link, or none
 * that may be followed: https, or loopback for an API on loopback. */
const char *classify_api_link(const struct classify *classify);

/* Judges the whole answer. */
struct finding classify_api_judge(
    const struct classify *classify, const struct classify_http *http);

/* What there is to say about `finding`; `raw` comes empty, and stays so when there is
 * nothing. */
void classify_api_quote(const struct classify *classify,
    const struct classify_http *http, struct finding finding, struct classify_raw *raw);

#endif
