/* date - instants as other people write them
 * Room: common/core (pure).
 *
 * Years 1970 to 2200; anything else is refused, so that an instant always fits. */
#ifndef COMMON_CORE_DATE_H
#define COMMON_CORE_DATE_H

#include "common/core/clock.h"
#include "common/core/err.h"

#include <stddef.h>

/* RFC 3339 "2022-06-02T17:10:00+00:00", "...Z", with or without a fraction; 'T' may be
 * a space. ERR_FORMAT for anything else; `out` is then untouched. */
WARN_UNUSED enum err date_rfc3339(const char *text, size_t len, struct wall *out);

/* HTTP-date (RFC 9110, 5.6.7), all three forms. The day's name is not compared with the
 * date. ERR_FORMAT as above. */
WARN_UNUSED enum err date_http(const char *text, size_t len, struct wall *out);

#endif
