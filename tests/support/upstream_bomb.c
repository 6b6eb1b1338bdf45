#include "tests/support/upstream_bomb.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "tests/support/upstream_mem.h"

#define MIB        ((size_t)1 << 20)
#define HEADER_LEN 10

/* Deflates `len` zeroes as raw blocks that end on a byte boundary and refer to nothing
 * before them, so that the result may be repeated. Returns its length. */
static size_t
bomb_deflate(
    unsigned char *out, size_t cap, unsigned char *zeroes, size_t len, int flush)
{
	z_stream stream;
	int status;

	memset(&stream, 0, sizeof(stream));
	status = deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
	assert(status == Z_OK);
	stream.next_in = zeroes;
	stream.avail_in = (uInt)len;
	stream.next_out = out;
	stream.avail_out = (uInt)cap;
	status = deflate(&stream, flush);
	assert(status == Z_OK || status == Z_STREAM_END);
	assert(stream.avail_out > 0);
	(void)deflateEnd(&stream);
	return cap - stream.avail_out;
}

static void
bomb_put_le32(unsigned char *out, uint32_t value)
{
	int i;

	for (i = 0; i < 4; i++)
		out[i] = (unsigned char)(value >> (8 * i));
}

struct upstream_blob *
upstream_bomb_new(unsigned mib)
{
	static const unsigned char header[HEADER_LEN] = {
	    0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255};
	unsigned char *zeroes = upstream_mem_zalloc(MIB);
	unsigned char part[8192];
	unsigned char tail[64];
	size_t part_len = bomb_deflate(part, sizeof(part), zeroes, MIB, Z_FULL_FLUSH);
	size_t tail_len = bomb_deflate(tail, sizeof(tail) - 8, zeroes, 0, Z_FINISH);
	size_t len = HEADER_LEN + part_len * mib + tail_len + 8;
	unsigned char *out = upstream_mem_zalloc(len);
	unsigned char *at = out + HEADER_LEN;
	uLong part_crc = crc32(crc32(0, NULL, 0), zeroes, (uInt)MIB);
	uLong crc = crc32(0, NULL, 0);
	struct upstream_blob *blob;
	unsigned i;

	memcpy(out, header, HEADER_LEN);
	for (i = 0; i < mib; i++) {
		memcpy(at, part, part_len);
		at += part_len;
		crc = crc32_combine(crc, part_crc, (z_off_t)MIB);
	}
	bomb_put_le32(tail + tail_len, (uint32_t)crc);
	bomb_put_le32(tail + tail_len + 4, (uint32_t)((uint64_t)mib * MIB));
	memcpy(at, tail, tail_len + 8);
	blob = upstream_blob_new(out, len);
	free(out);
	free(zeroes);
	return blob;
}
