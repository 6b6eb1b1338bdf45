#include "common/shell/frame.h"

#include "common/core/limits.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

enum {
	FRAME_VERSION = 1,
	ENCODING_PLAIN = 0,
	ENCODING_ZSTD = 1,
	/* Below this the four bytes a zstd frame costs are seldom won back. */
	COMPRESS_FROM_BYTES = 256,
	LEVEL = 3
};

struct frame {
	ZSTD_CCtx *compress;
	ZSTD_DCtx *decompress;
	unsigned char *room; /* header + message, plain */
	unsigned char *packed;
	unsigned char *unpacked;
	size_t packed_cap;
};

/* The large buffers are taken when first needed: an agent that never gets a big message
 * never pays for one. malloc of this size is mapped lazily by the system. */
struct frame *
frame_new(void)
{
	struct frame *frame = calloc(1, sizeof(*frame));

	if (frame == NULL) {
		return NULL;
	}
	frame->packed_cap =
	    FRAME_HEADER_BYTES + ZSTD_compressBound((size_t)LIMIT_INFLATED_BYTES);
	frame->compress = ZSTD_createCCtx();
	frame->decompress = ZSTD_createDCtx();
	frame->room = malloc(FRAME_HEADER_BYTES + (size_t)LIMIT_INFLATED_BYTES);
	frame->packed = malloc(frame->packed_cap);
	frame->unpacked = malloc(LIMIT_INFLATED_BYTES);
	if (frame->compress == NULL || frame->decompress == NULL ||
	    frame->room == NULL || frame->packed == NULL || frame->unpacked == NULL) {
		frame_free(frame);
		return NULL;
	}
	return frame;
}

void
frame_free(struct frame *frame)
{
	if (frame == NULL) {
		return;
	}
	(void)ZSTD_freeCCtx(frame->compress);
	(void)ZSTD_freeDCtx(frame->decompress);
	free(frame->room);
	free(frame->packed);
	free(frame->unpacked);
	free(frame);
}

unsigned char *
frame_room(struct frame *frame)
{
	return frame->room + FRAME_HEADER_BYTES;
}

static void
write_header(unsigned char *out, unsigned char encoding)
{
	out[0] = 'P';
	out[1] = 'X';
	out[2] = FRAME_VERSION;
	out[3] = encoding;
}

enum err
frame_pack(struct frame *frame, size_t len, const unsigned char **out, size_t *out_len)
{
	size_t packed = len;

	if (len >= COMPRESS_FROM_BYTES) {
		size_t rc = ZSTD_compressCCtx(frame->compress,
		    frame->packed + FRAME_HEADER_BYTES,
		    frame->packed_cap - FRAME_HEADER_BYTES,
		    frame->room + FRAME_HEADER_BYTES, len, LEVEL);

		packed = ZSTD_isError(rc) != 0 || rc > len ? len : rc;
	}
	if (packed < len) {
		write_header(frame->packed, ENCODING_ZSTD);
		*out = frame->packed;
	} else {
		write_header(frame->room, ENCODING_PLAIN);
		*out = frame->room;
	}
	if (packed > (size_t)LIMIT_MESSAGE_BYTES - FRAME_HEADER_BYTES) {
		return ERR_LIMIT;
	}
	*out_len = packed + FRAME_HEADER_BYTES;
	return ERR_OK;
}

static enum err
decompress(struct frame *frame, const unsigned char *data, size_t len,
    const unsigned char **out, size_t *out_len)
{
	unsigned long long size = ZSTD_getFrameContentSize(data, len);
	size_t rc;

	if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN) {
		return ERR_FORMAT;
	}
	if (size > LIMIT_INFLATED_BYTES) {
		return ERR_LIMIT;
	}
	rc = ZSTD_decompressDCtx(
	    frame->decompress, frame->unpacked, (size_t)size, data, len);
	if (ZSTD_isError(rc) != 0 || rc != size) {
		return ERR_FORMAT;
	}
	*out = frame->unpacked;
	*out_len = rc;
	return ERR_OK;
}

enum err
frame_unpack(struct frame *frame, const unsigned char *data, size_t len,
    const unsigned char **out, size_t *out_len)
{
	if (len > LIMIT_MESSAGE_BYTES) {
		return ERR_LIMIT;
	}
	if (len < FRAME_HEADER_BYTES || data[0] != 'P' || data[1] != 'X') {
		return ERR_FORMAT;
	}
	if (data[2] != FRAME_VERSION) {
		return ERR_VERSION;
	}
	data += FRAME_HEADER_BYTES;
	len -= FRAME_HEADER_BYTES;
	if (data[-1] == ENCODING_ZSTD) {
		return decompress(frame, data, len, out, out_len);
	}
	if (data[-1] != ENCODING_PLAIN) {
		return ERR_FORMAT;
	}
	*out = data;
	*out_len = len;
	return ERR_OK;
}
