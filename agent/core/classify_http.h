/* classify_http - answers of which only the status counts, and shapes that are no answer
 * Room: agent/core (pure). */
#ifndef AGENT_CORE_CLASSIFY_HTTP_H
#define AGENT_CORE_CLASSIFY_HTTP_H

#include "agent/core/answer.h"

#include <stdbool.h>
#include <stdint.h>

/* A plain GET that should have given `expect` (0 = any 2xx). `page`: the body is HTML.
 * Where an empty 204 is due, any other 2xx is somebody in between who wants to be seen
 * first: a captive portal (RFC 8952). */
struct finding classify_http_plain(uint16_t expect, uint16_t http, bool page);

/* Judges what cannot be an API's answer by its status and shape alone; `page` as above,
 * `json` when the body is well-formed JSON. False: it may be one, look at the fields. */
bool classify_http_shape(uint16_t http, bool page, bool json, struct finding *out);

/* A status source's answer other than 200 and 304 (RFC 9110, 15.4.5). */
struct finding classify_http_source(uint16_t http);

#endif
