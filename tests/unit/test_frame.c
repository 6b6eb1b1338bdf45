/* Frames: what is small, what compresses, what does not, and every way to be none. */
#include "tests/support/test.h"

#include "common/core/limits.h"
#include "common/core/rng.h"
#include "common/shell/frame.h"

#include <zstd.h>

static int
setup(void **state)
{
	*state = frame_new();
	return *state == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	frame_free(*state);
	frame_free(NULL);
	return 0;
}

/* Packs `len` bytes at `data`, unpacks them from an exact copy, compares. */
static size_t
round_trip(struct frame *frame, const unsigned char *data, size_t len)
{
	const unsigned char *packed;
	const unsigned char *out;
	unsigned char *copy;
	size_t packed_len;
	size_t out_len;

	memcpy(frame_room(frame), data, len);
	assert_int_equal(frame_pack(frame, len, &packed, &packed_len), ERR_OK);
	copy = malloc(packed_len);
	assert_non_null(copy);
	memcpy(copy, packed, packed_len);
	assert_int_equal(frame_unpack(frame, copy, packed_len, &out, &out_len), ERR_OK);
	assert_int_equal(out_len, len);
	assert_memory_equal(out, data, len);
	free(copy);
	return packed_len;
}

static void
test_round_trips(void **state)
{
	static unsigned char data[LIMIT_INFLATED_BYTES];
	struct rng rng;

	assert_int_equal(round_trip(*state, data, 0), FRAME_HEADER_BYTES);
	assert_int_equal(round_trip(*state, data, 10), FRAME_HEADER_BYTES + 10);
	assert_true(round_trip(*state, data, 1000) < 100);
	assert_true(round_trip(*state, data, sizeof(data)) < 1000);
	rng_init(&rng, 1);
	for (size_t i = 0; i < sizeof(data); i++) {
		data[i] = (unsigned char)rng_next(&rng);
	}
	/* Noise stays as it is. */
	assert_int_equal(round_trip(*state, data, 5000), FRAME_HEADER_BYTES + 5000);
	assert_int_equal(
	    round_trip(*state, data, LIMIT_MESSAGE_BYTES - FRAME_HEADER_BYTES),
	    LIMIT_MESSAGE_BYTES);
}

static void
test_too_large(void **state)
{
	struct frame *frame = *state;
	const unsigned char *packed;
	struct rng rng;
	size_t len;

	rng_init(&rng, 2);
	for (size_t i = 0; i < LIMIT_MESSAGE_BYTES; i++) {
		frame_room(frame)[i] = (unsigned char)rng_next(&rng);
	}
	assert_int_equal(
	    frame_pack(frame, LIMIT_MESSAGE_BYTES, &packed, &len), ERR_LIMIT);
}

static enum err
unpack(struct frame *frame, const void *data, size_t len)
{
	const unsigned char *out;
	size_t out_len;

	return frame_unpack(frame, data, len, &out, &out_len);
}

static void
test_refuses(void **state)
{
	static unsigned char large[LIMIT_MESSAGE_BYTES + 1] = "PX\x01";

	assert_int_equal(unpack(*state, "", 0), ERR_FORMAT);
	assert_int_equal(unpack(*state, "PX\x01", 3), ERR_FORMAT);
	assert_int_equal(unpack(*state, "PY\x01\x00", 4), ERR_FORMAT);
	assert_int_equal(unpack(*state, "PX\x02\x00", 4), ERR_VERSION);
	assert_int_equal(unpack(*state, "PX\x01\x02", 4), ERR_FORMAT);
	assert_int_equal(unpack(*state, "PX\x01\x01", 4), ERR_FORMAT);
	assert_int_equal(unpack(*state, "PX\x01\x01noise", 9), ERR_FORMAT);
	assert_int_equal(unpack(*state, large, sizeof(large)), ERR_LIMIT);
}

/* A frame that says it will be large costs no memory; one that lies is refused. */
static void
test_bomb(void **state)
{
	size_t cap = ZSTD_compressBound((size_t)LIMIT_INFLATED_BYTES + 1);
	unsigned char *zeros = calloc(1, (size_t)LIMIT_INFLATED_BYTES + 1);
	unsigned char *bytes = malloc(cap + 4);
	size_t len;

	assert_non_null(zeros);
	assert_non_null(bytes);
	memcpy(bytes, "PX\x01\x01", 4);
	len = ZSTD_compress(bytes + 4, cap, zeros, (size_t)LIMIT_INFLATED_BYTES + 1, 3);
	assert_int_equal(unpack(*state, bytes, len + 4), ERR_LIMIT);
	len = ZSTD_compress(bytes + 4, cap, zeros, 1000, 3);
	assert_int_equal(unpack(*state, bytes, len + 4), ERR_OK);
	for (size_t cut = 1; cut < len; cut++) {
		assert_int_equal(unpack(*state, bytes, len + 4 - cut), ERR_FORMAT);
	}
	/* Two frames, one after the other: more than the first has said. */
	memcpy(bytes + 4 + len, bytes + 4, len);
	assert_int_equal(unpack(*state, bytes, 2 * len + 4), ERR_FORMAT);
	free(zeros);
	free(bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trips),
	    cmocka_unit_test(test_too_large),
	    cmocka_unit_test(test_refuses),
	    cmocka_unit_test(test_bomb),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
