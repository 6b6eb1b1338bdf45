/* image - is this stream of bytes one whole picture?
 * Room: agent/core (pure).
 *
 * Structure only, nothing is decoded: PNG (signature, IHDR and its CRC, chunk walk,
 * IEND), JPEG (segments, frame header, entropy-coded data up to EOI), WebP (RIFF size,
 * chunk walk, the size in VP8, VP8L or VP8X). That is enough to tell a whole picture
 * from a cut one and from something else, in constant memory. Bytes behind the
 * picture's end are allowed. */
#ifndef AGENT_CORE_IMAGE_H
#define AGENT_CORE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum image_format {
	IMAGE_UNKNOWN = 0,
	IMAGE_PNG,
	IMAGE_JPEG,
	IMAGE_WEBP,
	IMAGE_FORMAT_COUNT
};

enum image_verdict {
	IMAGE_WHOLE = 0,
	IMAGE_TRUNCATED, /* began well, ended early */
	IMAGE_NOT        /* not a picture, or one whose structure is broken */
};

struct image_info {
	enum image_format format;
	uint32_t width; /* 0 = not reached */
	uint32_t height;
	uint64_t bytes;
	uint64_t digest; /* of all bytes; equal pictures have equal digests. Not for
			    security */
};

struct image {
	struct image_info info;
	uint64_t digest;    /* running */
	uint64_t tail;      /* bytes of an unfinished word of the digest */
	uint64_t skip;      /* bytes to pass over */
	uint64_t riff_left; /* WebP: bytes of the RIFF body still due */
	uint32_t crc;
	uint8_t state;
	uint8_t marker;  /* JPEG: of the segment being read */
	uint8_t have;    /* bytes in `hold` */
	uint8_t want;    /* bytes of `hold` the state waits for */
	bool seen_frame; /* JPEG SOF, PNG IHDR, WebP size */
	bool seen_data;  /* JPEG SOS, PNG IDAT, WebP image chunk */
	unsigned char hold[32];
};

/* Lower-case name, "unknown" for IMAGE_UNKNOWN. */
const char *image_format_name(enum image_format format);

void image_init(struct image *image);

/* Takes the next `len` bytes. */
void image_push(struct image *image, const void *data, size_t len);

/* The verdict on everything pushed, and what is known of it. Nothing at all is
 * IMAGE_NOT. May be asked at any time. */
enum image_verdict image_end(const struct image *image, struct image_info *out);

#endif
