#include "tests/support/upstream_image.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "tests/support/upstream_mem.h"

#define LARGE_SIDE      484U             /* 484 x 484 x 3 bytes, about 700 kB */
#define SMALL_SIDE      16U              /* about 800 bytes */
#define SIGNATURE_LARGE ((size_t)900000) /* 1.2 MB in base64, as recorded */
#define SIGNATURE_SMALL ((size_t)48)

struct picture {
	struct upstream_blob *png;
	struct upstream_blob *base64;
	struct upstream_blob *signature; /* in base64 */
	struct upstream_blob *gemini;
};

struct upstream_image {
	struct picture large;
	struct picture small;
	struct upstream_blob *recorded;
	atomic_int size;
};

/* Noise that is the same in every run (splitmix64). */
static void
image_noise(unsigned char *out, size_t len, uint64_t seed)
{
	size_t i;

	for (i = 0; i < len; i++) {
		seed += 0x9e3779b97f4a7c15ULL;
		uint64_t word = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9ULL;
		out[i] = (unsigned char)(word >> 56);
	}
}

static unsigned char *
image_put_be32(unsigned char *at, uint32_t value)
{
	int i;

	for (i = 0; i < 4; i++)
		at[i] = (unsigned char)(value >> (24 - 8 * i));
	return at + 4;
}

/* One PNG chunk (PNG specification, 5.3): length, type, data, CRC over type and data. */
static unsigned char *
image_chunk(unsigned char *at, const char *type, const unsigned char *data, size_t len)
{
	unsigned char *start;

	at = image_put_be32(at, (uint32_t)len);
	start = at;
	memcpy(at, type, 4);
	if (len)
		memcpy(at + 4, data, len);
	return image_put_be32(
	    at + 4 + len, (uint32_t)crc32(crc32(0, NULL, 0), start, (uInt)(len + 4)));
}

/* Eight-bit RGB noise, each row under filter 0, in stored deflate blocks: noise does not
 * compress, and storing it is quick. */
static struct upstream_blob *
image_png(uint32_t side)
{
	static const unsigned char magic[8] = {
	    0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
	size_t row = (size_t)side * 3 + 1;
	size_t raw_len = row * side;
	uLongf packed_len = compressBound((uLong)raw_len);
	unsigned char *raw = upstream_mem_zalloc(raw_len);
	unsigned char *packed = upstream_mem_zalloc(packed_len);
	unsigned char *png = upstream_mem_zalloc(packed_len + 128);
	unsigned char header[13] = {0};
	unsigned char *at;
	struct upstream_blob *blob;
	int status;
	size_t y;

	image_noise(raw, raw_len, side);
	for (y = 0; y < side; y++)
		raw[y * row] = 0;
	status = compress2(packed, &packed_len, raw, (uLong)raw_len, Z_NO_COMPRESSION);
	assert(status == Z_OK);
	at = image_put_be32(header, side);
	at = image_put_be32(at, side);
	at[0] = 8; /* bits of one sample */
	at[1] = 2; /* RGB */
	memcpy(png, magic, sizeof(magic));
	at = image_chunk(png + sizeof(magic), "IHDR", header, sizeof(header));
	at = image_chunk(at, "IDAT", packed, packed_len);
	at = image_chunk(at, "IEND", NULL, 0);
	blob = upstream_blob_new(png, (size_t)(at - png));
	free(raw);
	free(packed);
	free(png);
	return blob;
}

/* RFC 4648 section 4, with padding. */
static struct upstream_blob *
image_encode(const unsigned char *in, size_t len)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t out_len = (len + 2) / 3 * 4;
	char *out = upstream_mem_zalloc(out_len);
	struct upstream_blob *blob;
	size_t i;
	size_t j;

	for (i = 0, j = 0; i < len; i += 3, j += 4) {
		uint32_t group = (uint32_t)in[i] << 16;
		group |= i + 1 < len ? (uint32_t)in[i + 1] << 8 : 0;
		group |= i + 2 < len ? (uint32_t)in[i + 2] : 0;
		out[j] = digits[group >> 18];
		out[j + 1] = digits[(group >> 12) & 63];
		out[j + 2] = i + 1 < len ? digits[(group >> 6) & 63] : '=';
		out[j + 3] = i + 2 < len ? digits[group & 63] : '=';
	}
	blob = upstream_blob_new(out, out_len);
	free(out);
	return blob;
}

static char *
image_append(char *at, const char *bytes, size_t len)
{
	memcpy(at, bytes, len);
	return at + len;
}

static struct upstream_blob *
image_gemini_body(
    const struct upstream_blob *picture, const struct upstream_blob *signature)
{
	static const char before[] =
	    "{\n  \"candidates\": [\n    {\n      \"content\": {\n        \"parts\": "
	    "[\n"
	    "          {\n            \"inlineData\": {\n"
	    "              \"mimeType\": \"image/png\",\n              \"data\": \"";
	static const char between[] =
	    "\"\n            },\n            \"thoughtSignature\": \"";
	static const char after[] =
	    "\"\n          }\n        ],\n        \"role\": \"model\"\n      },\n"
	    "      \"finishReason\": \"STOP\",\n      \"index\": 0\n    }\n  ],\n"
	    "  \"usageMetadata\": {\n    \"promptTokenCount\": 9,\n"
	    "    \"candidatesTokenCount\": 1120,\n    \"totalTokenCount\": 1129\n  },\n"
	    "  \"modelVersion\": \"gemini-3-pro-image-preview\",\n"
	    "  \"responseId\": \"loopback-0001\"\n}\n";
	size_t len = sizeof(before) + sizeof(between) + sizeof(after) - 3 +
		     picture->len + signature->len;
	char *body = upstream_mem_zalloc(len);
	struct upstream_blob *blob;
	char *at;

	at = image_append(body, before, sizeof(before) - 1);
	at = image_append(at, picture->bytes, picture->len);
	at = image_append(at, between, sizeof(between) - 1);
	at = image_append(at, signature->bytes, signature->len);
	at = image_append(at, after, sizeof(after) - 1);
	assert((size_t)(at - body) == len);
	blob = upstream_blob_new(body, len);
	free(body);
	return blob;
}

static void
picture_init(struct picture *picture, uint32_t side, size_t signature_len)
{
	unsigned char *noise = upstream_mem_zalloc(signature_len);

	picture->png = image_png(side);
	picture->base64 =
	    image_encode((const unsigned char *)picture->png->bytes, picture->png->len);
	image_noise(noise, signature_len, 77);
	picture->signature = image_encode(noise, signature_len);
	picture->gemini = image_gemini_body(picture->base64, picture->signature);
	free(noise);
}

static void
picture_done(struct picture *picture)
{
	upstream_blob_drop(picture->png);
	upstream_blob_drop(picture->base64);
	upstream_blob_drop(picture->signature);
	upstream_blob_drop(picture->gemini);
}

struct upstream_image *
upstream_image_new(struct upstream_blob *recorded)
{
	struct upstream_image *image = upstream_mem_zalloc(sizeof(*image));

	picture_init(&image->large, LARGE_SIDE, SIGNATURE_LARGE);
	picture_init(&image->small, SMALL_SIDE, SIGNATURE_SMALL);
	image->recorded = recorded;
	atomic_init(&image->size, UPSTREAM_IMAGE_RECORDED);
	return image;
}

void
upstream_image_free(struct upstream_image *image)
{
	if (!image)
		return;
	picture_done(&image->large);
	picture_done(&image->small);
	upstream_blob_drop(image->recorded);
	free(image);
}

void
upstream_image_choose(struct upstream_image *image, enum upstream_image_size size)
{
	atomic_store(&image->size, (int)size);
}

enum upstream_image_size
upstream_image_chosen(const struct upstream_image *image)
{
	return (enum upstream_image_size)atomic_load(&image->size);
}

static const struct picture *
image_picture(const struct upstream_image *image)
{
	if (upstream_image_chosen(image) == UPSTREAM_IMAGE_SMALL)
		return &image->small;
	return &image->large;
}

struct upstream_blob *
upstream_image_gemini(struct upstream_image *image)
{
	if (image->recorded && upstream_image_chosen(image) == UPSTREAM_IMAGE_RECORDED)
		return upstream_blob_keep(image->recorded);
	return upstream_blob_keep(image_picture(image)->gemini);
}

struct upstream_blob *
upstream_image_png(struct upstream_image *image)
{
	return upstream_blob_keep(image_picture(image)->png);
}

struct upstream_blob *
upstream_image_wrap(struct upstream_image *image, const char *before, const char *after)
{
	const struct upstream_blob *picture = image_picture(image)->base64;
	size_t len = strlen(before) + picture->len + strlen(after);
	char *body = upstream_mem_zalloc(len);
	struct upstream_blob *blob;
	char *at;

	at = image_append(body, before, strlen(before));
	at = image_append(at, picture->bytes, picture->len);
	(void)image_append(at, after, strlen(after));
	blob = upstream_blob_new(body, len);
	free(body);
	return blob;
}

/* What the mark at `at` stands for; NULL if there is no mark. */
static const struct upstream_blob *
image_mark(const struct picture *picture, const char *at)
{
	if (strncmp(at, "%P", 2) == 0)
		return picture->base64;
	if (strncmp(at, "%S", 2) == 0)
		return picture->signature;
	return NULL;
}

struct upstream_blob *
upstream_image_fill(struct upstream_image *image, const char *text)
{
	const struct picture *picture = image_picture(image);
	const struct upstream_blob *mark;
	struct upstream_blob *blob;
	size_t len = 0;
	const char *from;
	char *body;
	char *at;

	for (from = text; *from; from += mark ? 2 : 1) {
		mark = image_mark(picture, from);
		len += mark ? mark->len : 1;
	}
	body = upstream_mem_zalloc(len);
	at = body;
	for (from = text; *from; from += mark ? 2 : 1) {
		mark = image_mark(picture, from);
		at = image_append(at, mark ? mark->bytes : from, mark ? mark->len : 1);
	}
	blob = upstream_blob_new(body, len);
	free(body);
	return blob;
}
