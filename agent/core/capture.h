/* capture - picks the values at given paths out of a JSON stream
 * Room: agent/core (pure).
 *
 * A protocol lists the paths it cares about; everything else streams past. Per open
 * container one bit set says which paths still lead through it, so a value costs one
 * look at a mask. */
#ifndef AGENT_CORE_CAPTURE_H
#define AGENT_CORE_CAPTURE_H

#include "common/core/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CAPTURE_PATHS_MAX = 32,
	CAPTURE_DEPTH_MAX = 8 /* segments of a path */
};

/* Where a value is, and what its owner calls it. */
struct capture_path {
	/* From the root, NULL behind the last; "[]" is any item of an array. */
	const char *segment[CAPTURE_DEPTH_MAX];
	int tag;
};

/* `tag` is that of the path the value was found at. Containers are reported at their
 * begin and end, strings in pieces. `event->kind` is never JSON_KEY. */
typedef void capture_handler(void *context, int tag, const struct json_event *event);

struct capture {
	struct json json;
	const struct capture_path *paths; /* borrowed */
	capture_handler *handler;
	void *context;
	uint32_t live[CAPTURE_DEPTH_MAX +
		      1]; /* paths that lead through the container at depth */
	uint32_t
	    item[CAPTURE_DEPTH_MAX + 1]; /* of these, the ones that go on with "[]" */
	uint32_t value;                  /* paths that lead to the value being read */
	uint8_t path_len;
	uint8_t depth;
	bool unwrap;    /* a root array does not count as a segment */
	bool unwrapped; /* and there is one */
	uint8_t
	    root; /* enum json_kind of the root's first event, JSON_KIND_COUNT = none */
};

/* Starts a value. `paths` (at most CAPTURE_PATHS_MAX) and `context` are borrowed until
 * the last capture_push(). With `unwrap`, `[{...}]` is read like `{...}`: some of
 * Google's error answers come in an array, some do not. */
void capture_init(struct capture *capture, const struct capture_path *paths, size_t len,
    bool unwrap, capture_handler *handler, void *context);

enum json_status capture_push(struct capture *capture, const void *data, size_t len);
enum json_status capture_end(struct capture *capture);

#endif
