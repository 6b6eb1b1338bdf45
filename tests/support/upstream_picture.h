/* upstream_picture - the links that stand for pictures in answers
 * Room: tests/support. */
#ifndef TESTS_SUPPORT_UPSTREAM_PICTURE_H
#define TESTS_SUPPORT_UPSTREAM_PICTURE_H

#include "tests/support/upstream.h"

#define UPSTREAM_PICTURE_LINK_MAX 768

/* A link to the picture, signed and good for `picture_seconds` of the state, at
 * `picture_origin` or where the request came to. `out_url` has UPSTREAM_PICTURE_LINK_MAX
 * bytes. */
void upstream_picture_link(const struct upstream_request *request, char *out_url);

#endif
