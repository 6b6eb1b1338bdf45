/* classify_source - answers of FAMILY_PAGE: somebody else's statement
 * Room: agent/core (pure).
 *
 * The part of classify.c that knows the readers of all pages (classify_gcloud.h, page.h);
 * only classify.c calls it. Whatever goes wrong here is "unknown", never "clear". */
#ifndef AGENT_CORE_CLASSIFY_SOURCE_H
#define AGENT_CORE_CLASSIFY_SOURCE_H

#include "agent/core/classify.h"

#include <stddef.h>

/* Makes the reader that the probe's kind needs ready. */
void classify_source_begin(struct classify *classify);

/* A piece of the body. */
void classify_source_push(struct classify *classify, const void *data, size_t len);

/* Judges the whole answer; the observations go into `out`. */
struct finding classify_source_judge(struct classify *classify,
    const struct classify_http *http, struct classify_verdict *out);

/* What there is to say about `finding`; `raw` comes empty, and stays so when there is
 * nothing. */
void classify_source_quote(const struct classify *classify,
    const struct classify_http *http, struct finding finding, struct classify_raw *raw);

#endif
