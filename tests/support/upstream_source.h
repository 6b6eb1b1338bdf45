/* upstream_source - serves a status source whose content a test chose
 * Room: tests/support. */
#ifndef TESTS_SUPPORT_UPSTREAM_SOURCE_H
#define TESTS_SUPPORT_UPSTREAM_SOURCE_H

#include "tests/support/upstream.h"

/* If the state's member is "file:PATH" or {"body":...}, answers with that and returns
 * true. A body that is a string is sent as it is, anything else as JSON. A file that is
 * not there is a 500 that says so. */
bool upstream_source_fixed(const struct upstream_request *request, const char *member,
    struct upstream_answer *out);

/* Gives the answer an ETag over its body, and makes it a 304 without a body if the
 * request's If-None-Match has it (RFC 9110, 13.1.2). */
void upstream_source_tag(
    const struct upstream_request *request, struct upstream_answer *out);

#endif
