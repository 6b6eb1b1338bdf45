#include "common/core/buf.h"

#include <string.h>

void
buf_write(struct buf *buf, void *data, size_t cap)
{
	*buf = (struct buf){.data = data, .cap = cap};
}

void
buf_read(struct buf *buf, const void *data, size_t len)
{
	union {
		const void *in;
		unsigned char *out;
	} alias = {.in = data}; /* a reader never writes through it */

	*buf = (struct buf){.data = alias.out, .cap = len};
}

static unsigned char *
advance(struct buf *buf, size_t len)
{
	unsigned char *at;

	if (buf->failed || len > buf->cap - buf->at) {
		buf->failed = true;
		return NULL;
	}
	at = buf->data + buf->at;
	buf->at += len;
	return at;
}

void
buf_put_u64(struct buf *buf, uint64_t value)
{
	unsigned char *at = advance(buf, 8);

	for (unsigned i = 0; at != NULL && i < 8; i++) {
		at[i] = (unsigned char)(value >> (8 * i));
	}
}

void
buf_put_varint(struct buf *buf, uint64_t value)
{
	do {
		unsigned char *at = advance(buf, 1);

		if (at == NULL) {
			return;
		}
		*at = (unsigned char)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
		value >>= 7;
	} while (value > 0);
}

void
buf_put_signed(struct buf *buf, int64_t value)
{
	uint64_t bits = (uint64_t)value;

	buf_put_varint(buf, (bits << 1) ^ (value < 0 ? UINT64_MAX : 0));
}

void
buf_put_bytes(struct buf *buf, const void *data, size_t len)
{
	unsigned char *at;

	buf_put_varint(buf, len);
	at = advance(buf, len);
	if (at != NULL && len > 0) {
		memcpy(at, data, len);
	}
}

void
buf_put_text(struct buf *buf, const char *text)
{
	buf_put_bytes(buf, text, strlen(text));
}

uint64_t
buf_get_u64(struct buf *buf)
{
	const unsigned char *at = advance(buf, 8);
	uint64_t value = 0;

	for (unsigned i = 0; at != NULL && i < 8; i++) {
		value |= (uint64_t)at[i] << (8 * i);
	}
	return value;
}

uint64_t
buf_get_varint(struct buf *buf)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		const unsigned char *at = advance(buf, 1);

		if (at == NULL) {
			return 0;
		}
		if (shift == 63 && *at > 1) {
			break;
		}
		value |= (uint64_t)(*at & 0x7f) << shift;
		if ((*at & 0x80) == 0) {
			return value;
		}
	}
	buf->failed = true;
	return 0;
}

int64_t
buf_get_signed(struct buf *buf)
{
	uint64_t bits = buf_get_varint(buf);
	uint64_t value = (bits >> 1) ^ ((bits & 1) != 0 ? UINT64_MAX : 0);

	return (int64_t)value;
}

const void *
buf_get_bytes(struct buf *buf, size_t *out_len)
{
	uint64_t len = buf_get_varint(buf);
	const void *at = len <= buf->cap ? advance(buf, (size_t)len) : NULL;

	if (at == NULL) {
		buf->failed = true;
		*out_len = 0;
		return NULL;
	}
	*out_len = (size_t)len;
	return at;
}

void
buf_get_text(struct buf *buf, char *out, size_t cap)
{
	size_t len;
	const char *at = buf_get_bytes(buf, &len);

	if (at == NULL || len >= cap || memchr(at, '\0', len) != NULL) {
		buf->failed = true;
		if (cap > 0) {
			out[0] = '\0';
		}
		return;
	}
	memcpy(out, at, len);
	out[len] = '\0';
}

void
buf_big_endian(uint64_t value, unsigned char out[8])
{
	for (int i = 0; i < 8; i++) {
		out[i] = (unsigned char)(value >> (56 - 8 * i));
	}
}

uint64_t
buf_from_big_endian(const unsigned char bytes[8])
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++) {
		value = (value << 8) | bytes[i];
	}
	return value;
}

bool
buf_ok(const struct buf *buf)
{
	return !buf->failed;
}
