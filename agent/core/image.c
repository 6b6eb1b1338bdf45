#include "agent/core/image.h"

#include <string.h>

enum state {
	STATE_START = 0, /* two bytes tell JPEG from the rest */
	STATE_START_8,   /* PNG signature? */
	STATE_START_12,  /* RIFF....WEBP? */
	STATE_PNG_CHUNK, /* length and type */
	STATE_PNG_IHDR,  /* 13 bytes and the CRC */
	STATE_PNG_IEND,  /* the CRC of nothing */
	STATE_JPEG_MARKER,
	STATE_JPEG_LENGTH,
	STATE_JPEG_FRAME,   /* precision, height, width */
	STATE_JPEG_SCAN,    /* entropy-coded data */
	STATE_JPEG_SCAN_FF, /* the same, behind 0xFF */
	STATE_WEBP_CHUNK,   /* type and length */
	STATE_WEBP_VP8,
	STATE_WEBP_VP8L,
	STATE_WEBP_VP8X,
	STATE_WHOLE, /* from here on bytes are only counted */
	STATE_BROKEN
};

enum {
	PNG_CHUNK_BYTES_MAX = 0x7FFFFFFF /* PNG specification, 5.3 */
};

static const unsigned char png_signature[8] = {
    0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
static const unsigned char png_iend_crc[4] = {0xAE, 0x42, 0x60, 0x82};

const char *
image_format_name(enum image_format format)
{
	switch (format) {
	case IMAGE_PNG:
		return "png";
	case IMAGE_JPEG:
		return "jpeg";
	case IMAGE_WEBP:
		return "webp";
	case IMAGE_UNKNOWN:
	case IMAGE_FORMAT_COUNT:
		break;
	}
	return "unknown";
}

static uint32_t
big16(const unsigned char *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

static uint32_t
big32(const unsigned char *at)
{
	return big16(at) << 16 | big16(at + 2);
}

static uint32_t
little16(const unsigned char *at)
{
	return (uint32_t)at[1] << 8 | at[0];
}

static uint32_t
little24(const unsigned char *at)
{
	return (uint32_t)at[2] << 16 | little16(at);
}

static uint32_t
little32(const unsigned char *at)
{
	return little16(at + 2) << 16 | little16(at);
}

/* Goes on with the next `want` bytes in `hold`, behind `skip` others. */
static void
expect(struct image *image, enum state state, uint64_t skip, uint8_t want)
{
	image->state = (uint8_t)state;
	image->skip = skip;
	image->want = want;
	image->have = 0;
}

static void
broken(struct image *image)
{
	expect(image, STATE_BROKEN, 0, 0);
}

static void
set_size(struct image *image, uint32_t width, uint32_t height)
{
	if (width == 0 || height == 0) {
		broken(image);
		return;
	}
	image->info.width = width;
	image->info.height = height;
	image->seen_frame = true;
}

/* CRC-32 as in PNG, annex D; of 17 bytes, so a bit at a time will do. */
static uint32_t
crc32_of(const unsigned char *data, size_t len)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < len; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++) {
			crc = crc >> 1 ^ (UINT32_C(0xEDB88320) & (0U - (crc & 1U)));
		}
	}
	return ~crc;
}

static void
png_chunk(struct image *image)
{
	uint32_t len = big32(image->hold);
	const unsigned char *type = image->hold + 4;
	bool header = memcmp(type, "IHDR", 4) == 0;

	if (len > PNG_CHUNK_BYTES_MAX || header == image->seen_frame) {
		broken(image); /* IHDR comes first, and once */
		return;
	}
	for (size_t i = 0; i < 4; i++) {
		if ((type[i] | 0x20) < 'a' || (type[i] | 0x20) > 'z') {
			broken(image);
			return;
		}
	}
	if (header) {
		expect(image, len == 13 ? STATE_PNG_IHDR : STATE_BROKEN, 0, 13 + 4);
	} else if (memcmp(type, "IEND", 4) == 0) {
		bool good = len == 0 && image->seen_data;
		expect(image, good ? STATE_PNG_IEND : STATE_BROKEN, 0, 4);
	} else {
		image->seen_data |= memcmp(type, "IDAT", 4) == 0;
		expect(image, STATE_PNG_CHUNK, (uint64_t)len + 4, 8);
	}
}

static void
png_ihdr(struct image *image)
{
	unsigned char sum[4 + 13] = {'I', 'H', 'D', 'R'};

	memcpy(sum + 4, image->hold, 13);
	if (crc32_of(sum, sizeof(sum)) != big32(image->hold + 13)) {
		broken(image);
		return;
	}
	expect(image, STATE_PNG_CHUNK, 0, 8);
	set_size(image, big32(sum + 4), big32(sum + 8));
}

/* A marker (ISO/IEC 10918-1, B.1.1.3) in `hold[1]`. */
static void
jpeg_marker(struct image *image)
{
	uint8_t marker = image->hold[1];

	if (image->hold[0] != 0xFF || marker == 0x00 || marker == 0xD8) {
		broken(image);
	} else if (marker == 0xFF) {
		expect(image, STATE_JPEG_MARKER, 0, 2); /* fill byte */
		image->have = 1;
	} else if (marker == 0xD9) {
		bool good = image->seen_frame && image->seen_data;
		expect(image, good ? STATE_WHOLE : STATE_BROKEN, 0, 0);
	} else if (marker == 0x01 || (marker >= 0xD0 && marker <= 0xD7)) {
		expect(image, STATE_JPEG_MARKER, 0, 2); /* stands alone */
	} else {
		image->marker = marker;
		expect(image, STATE_JPEG_LENGTH, 0, 2);
	}
}

static bool
jpeg_is_frame(uint8_t marker)
{
	/* SOF0..SOF15 without DHT, JPG and DAC, which sit among them. */
	return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 &&
	       marker != 0xCC;
}

static void
jpeg_length(struct image *image)
{
	uint32_t len = big16(image->hold);

	if (len < 2) {
		broken(image);
	} else if (jpeg_is_frame(image->marker)) {
		image->riff_left = len;
		expect(image, len >= 8 ? STATE_JPEG_FRAME : STATE_BROKEN, 0, 5);
	} else if (image->marker == 0xDA) {
		image->seen_data = true;
		expect(image, image->seen_frame ? STATE_JPEG_SCAN : STATE_BROKEN,
		    len - 2, 0);
	} else {
		expect(image, STATE_JPEG_MARKER, len - 2, 2);
	}
}

static void
jpeg_frame(struct image *image)
{
	uint32_t height = big16(image->hold + 1);
	uint32_t width = big16(image->hold + 3);

	expect(image, STATE_JPEG_MARKER, image->riff_left - 2 - 5, 2);
	set_size(image, width, height);
}

/* Passes over entropy-coded data. Returns the bytes taken. */
static size_t
jpeg_scan(struct image *image, const unsigned char *data, size_t len)
{
	if (image->state == STATE_JPEG_SCAN) {
		const unsigned char *found = memchr(data, 0xFF, len);
		if (found == NULL) {
			return len;
		}
		image->state = STATE_JPEG_SCAN_FF;
		return (size_t)(found - data) + 1;
	}
	if (data[0] == 0x00 || (data[0] >= 0xD0 && data[0] <= 0xD7)) {
		image->state = STATE_JPEG_SCAN; /* a stuffed 0xFF, or a restart */
	} else if (data[0] != 0xFF) {
		image->hold[0] = 0xFF;
		image->hold[1] = data[0];
		jpeg_marker(image);
	}
	return 1;
}

static void
webp_chunk(struct image *image)
{
	const unsigned char *type = image->hold;
	uint64_t len = little32(image->hold + 4);
	uint64_t padded = len + (len & 1);
	enum state state = STATE_WEBP_CHUNK;
	uint8_t want = 0;

	if (image->riff_left == 8 + len) {
		padded = len; /* some writers leave the last padding byte out */
	}
	if (image->riff_left < 8 + padded) {
		broken(image);
		return;
	}
	image->riff_left -= 8 + padded;
	if (memcmp(type, "VP8 ", 4) == 0) {
		state = STATE_WEBP_VP8;
		want = 10;
	} else if (memcmp(type, "VP8L", 4) == 0) {
		state = STATE_WEBP_VP8L;
		want = 5;
	} else if (memcmp(type, "VP8X", 4) == 0) {
		state = STATE_WEBP_VP8X;
		want = 10;
	}
	image->seen_data |= memcmp(type, "ANMF", 4) == 0 || state == STATE_WEBP_VP8 ||
			    state == STATE_WEBP_VP8L;
	if (state == STATE_WEBP_CHUNK || image->seen_frame) {
		expect(image, STATE_WEBP_CHUNK, padded, 8);
	} else if (padded < want) {
		broken(image);
	} else {
		expect(image, state, 0, want);
		image->crc = (uint32_t)(padded - want); /* what is left of the chunk */
	}
}

static void
webp_size(struct image *image, enum state state)
{
	const unsigned char *at = image->hold;
	uint32_t width;
	uint32_t height;

	if (state == STATE_WEBP_VP8) {
		/* RFC 6386, 9.1: a key frame, its start code, 14 bits each. */
		if ((at[0] & 1) != 0 || at[3] != 0x9D || at[4] != 0x01 ||
		    at[5] != 0x2A) {
			broken(image);
			return;
		}
		width = little16(at + 6) & 0x3FFF;
		height = little16(at + 8) & 0x3FFF;
	} else if (state == STATE_WEBP_VP8L) {
		if (at[0] != 0x2F) {
			broken(image);
			return;
		}
		width = (little32(at + 1) & 0x3FFF) + 1;
		height = (little32(at + 1) >> 14 & 0x3FFF) + 1;
	} else {
		width = little24(at + 4) + 1;
		height = little24(at + 7) + 1;
	}
	expect(image, STATE_WEBP_CHUNK, image->crc, 8);
	set_size(image, width, height);
}

static void
start_12(struct image *image)
{
	uint32_t size = little32(image->hold + 4);

	if (memcmp(image->hold, "RIFF", 4) != 0 ||
	    memcmp(image->hold + 8, "WEBP", 4) != 0 || size < 4 + 8) {
		broken(image);
		return;
	}
	image->info.format = IMAGE_WEBP;
	image->riff_left = size - 4;
	expect(image, STATE_WEBP_CHUNK, 0, 8);
}

static void
start(struct image *image)
{
	if (image->state == STATE_START) {
		if (image->hold[0] == 0xFF && image->hold[1] == 0xD8) {
			image->info.format = IMAGE_JPEG;
			expect(image, STATE_JPEG_MARKER, 0, 2);
			return;
		}
		image->state = STATE_START_8;
		image->want = 8;
		image->have = 2;
	} else if (image->state == STATE_START_8) {
		if (memcmp(image->hold, png_signature, sizeof(png_signature)) == 0) {
			image->info.format = IMAGE_PNG;
			expect(image, STATE_PNG_CHUNK, 0, 8);
			return;
		}
		image->state = STATE_START_12;
		image->want = 12;
		image->have = 8;
	} else {
		start_12(image);
	}
}

/* `hold` has what the state waited for. */
static void
advance(struct image *image)
{
	enum state state = (enum state)image->state;

	switch (state) {
	case STATE_START:
	case STATE_START_8:
	case STATE_START_12:
		start(image);
		break;
	case STATE_PNG_CHUNK:
		png_chunk(image);
		break;
	case STATE_PNG_IHDR:
		png_ihdr(image);
		break;
	case STATE_PNG_IEND:
		expect(image,
		    memcmp(image->hold, png_iend_crc, 4) == 0 ? STATE_WHOLE
							      : STATE_BROKEN,
		    0, 0);
		break;
	case STATE_JPEG_MARKER:
		jpeg_marker(image);
		break;
	case STATE_JPEG_LENGTH:
		jpeg_length(image);
		break;
	case STATE_JPEG_FRAME:
		jpeg_frame(image);
		break;
	case STATE_WEBP_CHUNK:
		webp_chunk(image);
		break;
	case STATE_WEBP_VP8:
	case STATE_WEBP_VP8L:
	case STATE_WEBP_VP8X:
		webp_size(image, state);
		break;
	case STATE_JPEG_SCAN:
	case STATE_JPEG_SCAN_FF:
	case STATE_WHOLE:
	case STATE_BROKEN:
		break;
	}
}

/* Takes a first part of `data` that the state can use; returns its length. */
static size_t
walk(struct image *image, const unsigned char *data, size_t len)
{
	if (image->skip > 0) {
		size_t taken = image->skip < len ? (size_t)image->skip : len;
		image->skip -= taken;
		return taken;
	}
	if (image->state >= STATE_WHOLE) {
		return len;
	}
	if (image->state == STATE_JPEG_SCAN || image->state == STATE_JPEG_SCAN_FF) {
		return jpeg_scan(image, data, len);
	}
	if (image->state == STATE_WEBP_CHUNK && image->riff_left == 0) {
		bool good = image->seen_frame && image->seen_data;
		expect(image, good ? STATE_WHOLE : STATE_BROKEN, 0, 0);
		return 0;
	}
	size_t taken = (size_t)(image->want - image->have);
	taken = taken < len ? taken : len;
	memcpy(image->hold + image->have, data, taken);
	image->have = (uint8_t)(image->have + taken);
	if (image->have == image->want) {
		advance(image);
	}
	return taken;
}

static uint64_t
mix(uint64_t digest, uint64_t word)
{
	/* Odd multipliers from the fractions of the golden ratio and of sqrt(2). */
	digest ^= word * UINT64_C(0x9E3779B97F4A7C15);
	digest = digest << 29 | digest >> 35;
	return digest * UINT64_C(0x6A09E667F3BCC909);
}

static uint64_t
little64(const unsigned char *at)
{
	return (uint64_t)little32(at + 4) << 32 | little32(at);
}

/* Eight bytes a step; `tail` keeps what does not fill a word, oldest byte lowest. */
static void
digest(struct image *image, const unsigned char *data, size_t len)
{
	uint64_t have = image->info.bytes & 7;

	while (len > 0 && have != 0) {
		image->tail |= (uint64_t)*data++ << (8 * have);
		len--;
		have = (have + 1) & 7;
		if (have == 0) {
			image->digest = mix(image->digest, image->tail);
			image->tail = 0;
		}
	}
	for (; len >= 8; len -= 8, data += 8) {
		image->digest = mix(image->digest, little64(data));
	}
	for (size_t i = 0; i < len; i++) {
		image->tail |= (uint64_t)data[i] << (8 * (have + i));
	}
}

void
image_init(struct image *image)
{
	memset(image, 0, sizeof(*image));
	expect(image, STATE_START, 0, 2);
}

void
image_push(struct image *image, const void *data, size_t len)
{
	const unsigned char *bytes = data;

	digest(image, bytes, len);
	image->info.bytes += len;
	for (size_t at = 0; at < len;) {
		at += walk(image, bytes + at, len - at);
	}
}

enum image_verdict
image_end(const struct image *image, struct image_info *out)
{
	bool webp_end = image->state == STATE_WEBP_CHUNK && image->skip == 0 &&
			image->have == 0 && image->riff_left == 0;

	*out = image->info;
	out->digest = mix(mix(image->digest, image->tail), image->info.bytes);
	out->digest ^= out->digest >> 32;
	if (image->state == STATE_WHOLE ||
	    (webp_end && image->seen_frame && image->seen_data)) {
		return IMAGE_WHOLE;
	}
	if (image->state == STATE_BROKEN || image->info.format == IMAGE_UNKNOWN ||
	    webp_end) {
		return IMAGE_NOT;
	}
	return IMAGE_TRUNCATED;
}
