/* upstream_shapes - named answers in the shapes that the vendors really send
 * Room: tests/support.
 *
 * Each shape is a status, a body, and where needed headers. With --data the recorded body
 * is served where there is one; otherwise ours of the same form. `GET /shapes` on the
 * control port lists the names. */
#ifndef TESTS_SUPPORT_UPSTREAM_SHAPES_H
#define TESTS_SUPPORT_UPSTREAM_SHAPES_H

#include "tests/support/upstream.h"

/* One shape. In `body` the key of the caller takes the place of "%K", the picture in base64
 * that of "%P" and a signature that of "%S". */
struct upstream_shape {
	const char *name; /* NULL ends a table */
	int status;
	const char *type;
	const char *body;
	const char *file;    /* recorded body under --data, or NULL */
	const char *headers; /* one `Name: value`, or NULL */
};

extern const struct upstream_shape upstream_shapes_google[];
extern const struct upstream_shape upstream_shapes_openai[];

/* Is there a shape of that name? */
bool upstream_shapes_known(const char *name);

/* Fills `out` with the shape `name`, which must be known. */
void upstream_shapes_answer(const char *name, const struct upstream_request *request,
    struct upstream_answer *out);

/* The names, as an array of strings; the caller owns it. */
json_t *upstream_shapes_list(void);

#endif
