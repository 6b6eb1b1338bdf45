#include "tests/support/upstream_shapes.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/upstream_image.h"

#define JSON_TYPE "application/json; charset=UTF-8"

static const struct upstream_shape *const tables[] = {
    upstream_shapes_google, upstream_shapes_openai};

#define TABLES (sizeof(tables) / sizeof(tables[0]))

/* Those that are made from the pictures: complete HTTP that ends in the middle of one. */
#define TRUNCATED         "200-truncated-image"
#define TRUNCATED_PICTURE "picture-200-truncated"

static const struct upstream_shape *
shape_find(const char *name)
{
	const struct upstream_shape *shape;
	size_t i;

	for (i = 0; i < TABLES; i++) {
		for (shape = tables[i]; shape->name; shape++) {
			if (strcmp(shape->name, name) == 0)
				return shape;
		}
	}
	return NULL;
}

bool
upstream_shapes_known(const char *name)
{
	return strcmp(name, TRUNCATED) == 0 || strcmp(name, TRUNCATED_PICTURE) == 0 ||
	       shape_find(name) != NULL;
}

json_t *
upstream_shapes_list(void)
{
	json_t *list = json_pack("[s,s]", TRUNCATED, TRUNCATED_PICTURE);
	const struct upstream_shape *shape;
	size_t i;

	for (i = 0; i < TABLES; i++) {
		for (shape = tables[i]; shape->name; shape++)
			(void)json_array_append_new(list, json_string(shape->name));
	}
	return list;
}

static void
shape_truncated(const struct upstream_request *request, const char *name,
    struct upstream_answer *out)
{
	bool picture = strcmp(name, TRUNCATED_PICTURE) == 0;
	struct upstream_blob *whole = picture
					  ? upstream_image_png(request->up->image)
					  : upstream_image_gemini(request->up->image);
	struct upstream_blob *half = upstream_blob_new(whole->bytes, whole->len / 2);

	upstream_blob_drop(whole);
	upstream_answer_blob(out, 200, picture ? "image/png" : JSON_TYPE, half);
}

static void
shape_body(const struct upstream_shape *shape, const struct upstream_request *request,
    struct upstream_answer *out)
{
	const char *mark = strstr(shape->body, "%K");
	const char *key = request->key;
	char text[1024];

	if (!mark) {
		upstream_answer_blob(out, shape->status, shape->type,
		    upstream_image_fill(request->up->image, shape->body));
		return;
	}
	/* A key with a quote in it would break the JSON, and is none of ours. */
	(void)snprintf(text, sizeof(text), "%.*s%.256s%s", (int)(mark - shape->body),
	    shape->body, strpbrk(key, "\"\\") ? "" : key, mark + 2);
	upstream_answer_text(out, shape->status, shape->type, text);
}

void
upstream_shapes_answer(const char *name, const struct upstream_request *request,
    struct upstream_answer *out)
{
	const struct upstream_shape *shape = shape_find(name);
	struct upstream_blob *recorded = NULL;
	char header[64];
	const char *colon;

	if (!shape) {
		shape_truncated(request, name, out);
		return;
	}
	if (shape->file)
		recorded = upstream_data(request->up, shape->file);
	if (recorded) {
		upstream_answer_blob(out, shape->status, shape->type, recorded);
	} else {
		shape_body(shape, request, out);
	}
	if (!shape->headers)
		return;
	colon = strchr(shape->headers, ':');
	assert(colon);
	(void)snprintf(header, sizeof(header), "%.*s", (int)(colon - shape->headers),
	    shape->headers);
	upstream_answer_header(out, header, colon + 2);
}
