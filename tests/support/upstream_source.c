#include "tests/support/upstream_source.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/upstream_state.h"

#define JSON_TYPE "application/json"

static const char *
source_type(const char *text)
{
	return text[0] == '<' ? "application/xml" : JSON_TYPE;
}

static void
source_file(const struct upstream_request *request, const char *path,
    struct upstream_answer *out)
{
	struct upstream_blob *file = upstream_data(request->up, path);

	if (file) {
		upstream_answer_blob(out, 200, source_type(file->bytes), file);
	} else {
		upstream_answer_text(
		    out, 500, "text/plain", "no such file under --data\n");
	}
}

bool
upstream_source_fixed(const struct upstream_request *request, const char *member,
    struct upstream_answer *out)
{
	json_t *state = upstream_state_member(request->up->state, member, NULL);
	json_t *body = json_object_get(state, "body");
	const char *word = json_string_value(state);
	bool fixed = true;

	if (json_is_string(body)) {
		upstream_answer_text(out, 200, source_type(json_string_value(body)),
		    json_string_value(body));
	} else if (body) {
		upstream_answer_json(out, 200, json_incref(body));
	} else if (word && strncmp(word, "file:", 5) == 0) {
		source_file(request, word + 5, out);
	} else {
		fixed = false;
	}
	json_decref(state);
	return fixed;
}

void
upstream_source_tag(const struct upstream_request *request, struct upstream_answer *out)
{
	const char *known = upstream_header(request, "If-None-Match");
	uint64_t hash = 14695981039346656037ULL; /* FNV-1a */
	char tag[24];
	size_t i;

	if (out->status != 200 || !out->body)
		return;
	for (i = 0; i < out->body->len; i++)
		hash = (hash ^ (unsigned char)out->body->bytes[i]) * 1099511628211ULL;
	(void)snprintf(tag, sizeof(tag), "\"%016" PRIx64 "\"", hash);
	upstream_answer_header(out, "ETag", tag);
	if (known && (strstr(known, tag) || strcmp(known, "*") == 0))
		upstream_answer_blob(out, 304, NULL, NULL);
}
