/* httpdate - instants as HTTP writes them (RFC 9110, section 5.6.7)
 * Room: agent/core (pure). */
#ifndef AGENT_CORE_HTTPDATE_H
#define AGENT_CORE_HTTPDATE_H

#include "common/core/clock.h"

#include <stdbool.h>

/* Reads "Sun, 06 Nov 1994 08:49:37 GMT" and the two older forms that a recipient must
 * know, "Sunday, 06-Nov-94 08:49:37 GMT" and "Sun Nov  6 08:49:37 1994". The day's name is
 * not compared with the date. False for anything else; `out_at` is then untouched. */
bool httpdate_read(const char *text, struct wall *out_at);

#endif
