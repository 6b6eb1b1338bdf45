/* embed - a picture as answers carry it: base64, a data: URL, or the bytes themselves
 * Room: agent/core (pure).
 *
 * Decoded and looked through as it comes (image.h), and forgotten. One struct reads one
 * picture after the other. */
#ifndef AGENT_CORE_EMBED_H
#define AGENT_CORE_EMBED_H

#include "agent/core/image.h"
#include "common/core/base64.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct embed {
	struct base64 base64;
	struct image image;
	bool prefix; /* inside "data:image/png;base64," */
	bool failed; /* not base64 */
};

/* Starts a picture. `first` is the first character of its text: no picture's base64 begins
 * with a 'd', so that is a data: URL (RFC 2397). '\0' for bare bytes. */
void embed_begin(struct embed *embed, char first);

/* A piece of the text. */
void embed_text(struct embed *embed, const char *text, size_t len);

/* A piece of the bare bytes. */
void embed_bytes(struct embed *embed, const void *data, size_t len);

/* True when there was nothing: an empty text is no picture, not a broken one. */
bool embed_is_empty(const struct embed *embed);

/* The verdict on everything that came. */
enum image_verdict embed_end(const struct embed *embed, struct image_info *out);

#endif
