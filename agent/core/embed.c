#include "agent/core/embed.h"

#include <string.h>

enum {
	DECODE_CHARS = 4096, /* of a picture's text at a time */
	DECODE_BYTES = DECODE_CHARS / 4 * 3 + 3
};

void
embed_begin(struct embed *embed, char first)
{
	embed->prefix = first == 'd';
	embed->failed = false;
	base64_init(&embed->base64);
	image_init(&embed->image);
}

void
embed_text(struct embed *embed, const char *text, size_t len)
{
	unsigned char bytes[DECODE_BYTES];

	if (embed->prefix && len > 0) {
		const char *comma = memchr(text, ',', len);
		size_t past = comma == NULL ? len : (size_t)(comma - text) + 1;
		embed->prefix = comma == NULL;
		text += past;
		len -= past;
	}
	while (len > 0 && !embed->failed) {
		size_t part = len < DECODE_CHARS ? len : DECODE_CHARS;
		size_t got;
		enum err err = base64_decode(&embed->base64, text, part, bytes, &got);
		embed->failed = err != ERR_OK;
		image_push(&embed->image, bytes, got);
		text += part;
		len -= part;
	}
}

void
embed_bytes(struct embed *embed, const void *data, size_t len)
{
	image_push(&embed->image, data, len);
}

bool
embed_is_empty(const struct embed *embed)
{
	return base64_at(&embed->base64) == 0 && !embed->failed && !embed->prefix;
}

enum image_verdict
embed_end(const struct embed *embed, struct image_info *out)
{
	enum image_verdict verdict = image_end(&embed->image, out);
	bool cut = embed->failed || base64_end(&embed->base64) != ERR_OK;

	return verdict == IMAGE_WHOLE && cut ? IMAGE_TRUNCATED : verdict;
}
