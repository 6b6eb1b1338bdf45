/* upstream_answer - what a route wants to answer, before rules spoil it
 * Room: tests/support.
 *
 * A plain value owned by one request; no locking. Filling it twice replaces the status
 * and the body and keeps the headers. */
#ifndef TESTS_SUPPORT_UPSTREAM_ANSWER_H
#define TESTS_SUPPORT_UPSTREAM_ANSWER_H

#include <stdbool.h>

#include <jansson.h>

#include "tests/support/upstream_blob.h"

#define UPSTREAM_ANSWER_HEADERS_MAX 16

struct upstream_answer_header {
	char name[48];
	char value[208];
};

struct upstream_answer {
	int status;
	char type[64]; /* Content-Type, empty = none */
	bool chunked;  /* without Content-Length, as the Google front ends send */
	struct upstream_blob *body;
	int headers_n;
	struct upstream_answer_header headers[UPSTREAM_ANSWER_HEADERS_MAX];
};

/* Makes an empty answer; upstream_answer_done ends it. */
void upstream_answer_init(struct upstream_answer *answer);

/* Lets go of the body. */
void upstream_answer_done(struct upstream_answer *answer);

/* A body; `body` is given and may be NULL for none. */
void upstream_answer_blob(struct upstream_answer *answer, int status, const char *type,
    struct upstream_blob *body);

/* A body from a NUL-terminated text, which is copied. */
void upstream_answer_text(
    struct upstream_answer *answer, int status, const char *type, const char *text);

/* `json` as an application/json body, indented by two; `json` is given. */
void upstream_answer_json(struct upstream_answer *answer, int status, json_t *json);

/* One more header; one of the same name is replaced. What does not fit is cut, and more
 * than UPSTREAM_ANSWER_HEADERS_MAX of them are left out. */
void upstream_answer_header(
    struct upstream_answer *answer, const char *name, const char *value);

#endif
