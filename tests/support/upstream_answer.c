#include "tests/support/upstream_answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void
upstream_answer_init(struct upstream_answer *answer)
{
	memset(answer, 0, sizeof(*answer));
	answer->status = 200;
}

void
upstream_answer_done(struct upstream_answer *answer)
{
	upstream_blob_drop(answer->body);
	answer->body = NULL;
}

void
upstream_answer_blob(struct upstream_answer *answer, int status, const char *type,
    struct upstream_blob *body)
{
	upstream_blob_drop(answer->body);
	answer->status = status;
	answer->body = body;
	(void)snprintf(answer->type, sizeof(answer->type), "%s", type ? type : "");
}

void
upstream_answer_text(
    struct upstream_answer *answer, int status, const char *type, const char *text)
{
	struct upstream_blob *body = upstream_blob_new(text, strlen(text));

	upstream_answer_blob(answer, status, type, body);
}

void
upstream_answer_json(struct upstream_answer *answer, int status, json_t *json)
{
	char *text = json_dumps(json, JSON_INDENT(2) | JSON_ENCODE_ANY);

	json_decref(json);
	upstream_answer_text(
	    answer, status, "application/json; charset=UTF-8", text ? text : "null");
	free(text);
}

void
upstream_answer_header(
    struct upstream_answer *answer, const char *name, const char *value)
{
	struct upstream_answer_header *header;
	int i = 0;

	while (i < answer->headers_n && strcasecmp(answer->headers[i].name, name) != 0)
		i++;
	if (i == UPSTREAM_ANSWER_HEADERS_MAX)
		return;
	if (i == answer->headers_n)
		answer->headers_n++;
	header = &answer->headers[i];
	(void)snprintf(header->name, sizeof(header->name), "%s", name);
	(void)snprintf(header->value, sizeof(header->value), "%s", value);
}
