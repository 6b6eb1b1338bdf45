/* fuzz_frame - any bytes as a frame, and any bytes through one
 *
 * Unpacking stays inside of what it was given; packing and unpacking gives the same back. */
#include "common/core/limits.h"
#include "common/shell/frame.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
round_trip(struct frame *frame, const uint8_t *data, size_t size)
{
	const unsigned char *packed;
	const unsigned char *out;
	unsigned char *copy;
	size_t packed_len;
	size_t out_len;

	memcpy(frame_room(frame), data, size);
	if (frame_pack(frame, size, &packed, &packed_len) != ERR_OK) {
		assert(size > LIMIT_MESSAGE_BYTES / 2);
		return;
	}
	copy = malloc(packed_len);
	assert(copy != NULL);
	memcpy(copy, packed, packed_len);
	assert(frame_unpack(frame, copy, packed_len, &out, &out_len) == ERR_OK);
	assert(out_len == size);
	assert(memcmp(out, data, size) == 0);
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct frame *frame;
	const unsigned char *out;
	size_t len;

	if (frame == NULL) {
		frame = frame_new();
	}
	assert(frame != NULL);
	if (size > LIMIT_INFLATED_BYTES) {
		return 0;
	}
	if (frame_unpack(frame, data, size, &out, &len) == ERR_OK) {
		volatile unsigned char last = len > 0 ? out[len - 1] : 0;

		(void)last;
		assert(len <= LIMIT_INFLATED_BYTES);
	}
	round_trip(frame, data, size);
	return 0;
}
