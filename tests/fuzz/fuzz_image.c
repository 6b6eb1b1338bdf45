/* fuzz_image - the same bytes in other pieces are the same picture */
#include "agent/core/image.h"

#include <assert.h>

static enum image_verdict
judge(const uint8_t *data, size_t len, size_t step, struct image_info *out)
{
	struct image image;

	image_init(&image);
	for (size_t at = 0; at < len; at += step) {
		image_push(&image, data + at, len - at < step ? len - at : step);
	}
	return image_end(&image, out);
}

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct image_info whole;
	struct image_info parts;
	enum image_verdict verdict = judge(data, len, len + 1, &whole);
	enum image_verdict again = judge(data, len, 1 + len % 7, &parts);

	assert(verdict == again);
	assert(whole.digest == parts.digest);
	assert(whole.format == parts.format);
	assert(whole.width == parts.width);
	assert(whole.height == parts.height);
	assert(whole.bytes == len);
	if (verdict == IMAGE_WHOLE) {
		assert(whole.width > 0);
		assert(whole.height > 0);
	}
	return 0;
}
