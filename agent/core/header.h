/* header - the few things an answer's head is asked for
 * Room: agent/core (pure).
 *
 * Header lines are somebody else's bytes: values are kept bounded, as printable ASCII,
 * and are read again only when the run is over. */
#ifndef AGENT_CORE_HEADER_H
#define AGENT_CORE_HEADER_H

#include "common/core/clock.h"
#include "common/core/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HEADER_ETAG_BYTES = 136,
	HEADER_DATE_BYTES = 40,
	HEADER_TYPE_BYTES = 40,
	HEADER_RETRY_AFTER_MS_MAX =
	    24 * 3600 * 1000 /* longer ones are clamped to this */
};

struct header {
	uint16_t status; /* 0 = no status line yet */
	uint8_t request_id_rank;
	uint32_t server_us; /* the longest duration the server itself reports */
	char content_type[HEADER_TYPE_BYTES]; /* lower case, without parameters */
	char retry_after[HEADER_DATE_BYTES];
	char etag[HEADER_ETAG_BYTES];
	char last_modified[HEADER_DATE_BYTES];
	char request_id[LIMIT_REQUEST_ID_BYTES];
};

void header_init(struct header *header);

/* One raw line, with or without line end. True when it is a status line: everything
 * kept so far is then forgotten. */
bool header_line(struct header *header, const char *line, size_t len);

/* Retry-After (RFC 9110, 10.2.3) in milliseconds: seconds, or a date measured from
 * `now`. 0 = none, in the past or unreadable. Clamped to HEADER_RETRY_AFTER_MS_MAX. */
uint32_t header_retry_after_ms(const struct header *header, struct wall now);

/* True when the answer says it is an HTML page. */
bool header_is_html(const struct header *header);

#endif
