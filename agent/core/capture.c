#include "agent/core/capture.h"

#include <assert.h>
#include <string.h>

/* How many segments of a path the value being read has above and including itself. */
static size_t
level(const struct capture *capture)
{
	return capture->depth - (capture->unwrapped ? 1U : 0U);
}

/* Of the paths in `live`, those whose segment number `index` is `text`. */
static uint32_t
follow(const struct capture *capture, uint32_t live, size_t index, const char *text,
    size_t len)
{
	uint32_t found = 0;

	if (index >= CAPTURE_DEPTH_MAX) {
		return 0;
	}
	for (size_t i = 0; i < CAPTURE_PATHS_MAX && live >> i != 0; i++) {
		if (((live >> i) & 1U) == 0) {
			continue;
		}
		const char *segment = capture->paths[i].segment[index];
		if (segment != NULL && strlen(segment) == len &&
		    memcmp(segment, text, len) == 0) {
			found |= UINT32_C(1) << i;
		}
	}
	return found;
}

/* Tells the handler when a path ends at the value being read, `index` segments deep. */
static void
report(const struct capture *capture, uint32_t paths, size_t index,
    const struct json_event *event)
{
	for (size_t i = 0; i < CAPTURE_PATHS_MAX && paths >> i != 0; i++) {
		if (((paths >> i) & 1U) == 0) {
			continue;
		}
		const struct capture_path *path = &capture->paths[i];
		if (index == CAPTURE_DEPTH_MAX || path->segment[index] == NULL) {
			capture->handler(capture->context, path->tag, event);
		}
	}
}

static void
container_begin(struct capture *capture, const struct json_event *event)
{
	bool array = event->kind == JSON_ARRAY_BEGIN;

	if (capture->depth == 0 && array && capture->unwrap) {
		capture->unwrapped = true;
		capture->depth = 1;
		return; /* `value` stays: the items stand for the root */
	}
	size_t index = level(capture);
	if (index <= CAPTURE_DEPTH_MAX) {
		report(capture, capture->value, index, event);
		capture->live[index] = capture->value;
		capture->item[index] =
		    array ? follow(capture, capture->value, index, "[]", 2) : 0;
		capture->value = capture->item[index];
	}
	capture->depth++;
}

static void
container_end(struct capture *capture, const struct json_event *event)
{
	capture->depth--;
	if (capture->depth == 0 && capture->unwrapped) {
		capture->unwrapped = false;
		return;
	}
	size_t index = level(capture);
	if (index <= CAPTURE_DEPTH_MAX) {
		report(capture, capture->live[index], index, event);
	}
	/* What follows is another item of the container around, if that is an array. */
	if (index == 0) {
		capture->value = capture->live[0];
	} else if (index - 1 <= CAPTURE_DEPTH_MAX) {
		capture->value = capture->item[index - 1];
	}
}

static void
key(struct capture *capture, const struct json_event *event)
{
	size_t index = level(capture) - 1;

	if (index > CAPTURE_DEPTH_MAX || event->cut) {
		capture->value = 0;
		return;
	}
	capture->value =
	    follow(capture, capture->live[index], index, event->text, event->len);
}

static void
on_event(void *context, const struct json_event *event)
{
	struct capture *capture = context;

	if (capture->root == JSON_KIND_COUNT) {
		capture->root = (uint8_t)event->kind;
	}
	switch (event->kind) {
	case JSON_OBJECT_BEGIN:
	case JSON_ARRAY_BEGIN:
		container_begin(capture, event);
		break;
	case JSON_OBJECT_END:
	case JSON_ARRAY_END:
		container_end(capture, event);
		break;
	case JSON_KEY:
		key(capture, event);
		break;
	case JSON_TEXT:
	case JSON_NUMBER:
	case JSON_LITERAL_TRUE:
	case JSON_LITERAL_FALSE:
	case JSON_LITERAL_NULL:
		if (capture->value != 0 && level(capture) <= CAPTURE_DEPTH_MAX) {
			report(capture, capture->value, level(capture), event);
		}
		break;
	case JSON_KIND_COUNT:
		break;
	}
}

void
capture_init(struct capture *capture, const struct capture_path *paths, size_t len,
    bool unwrap, capture_handler *handler, void *context)
{
	assert(len >= 1);
	assert(len <= CAPTURE_PATHS_MAX);
	memset(capture, 0, sizeof(*capture));
	json_init(&capture->json, on_event, capture);
	capture->paths = paths;
	capture->handler = handler;
	capture->context = context;
	capture->value = UINT32_MAX >> (CAPTURE_PATHS_MAX - len);
	capture->unwrap = unwrap;
	capture->root = JSON_KIND_COUNT;
}

enum json_status
capture_push(struct capture *capture, const void *data, size_t len)
{
	return json_push(&capture->json, data, len);
}

enum json_status
capture_end(struct capture *capture)
{
	return json_end(&capture->json);
}
