/* buf - bounded byte writer and reader with a sticky error
 * Room: common/core (pure).
 *
 * For state snapshots and store rows: a run of puts or gets is checked once at its end.
 * Integers are little-endian fixed width or LEB128 varints; texts carry their length.
 * Reading past the end, or writing past the capacity, sets the error and yields zeros.
 */
#ifndef COMMON_CORE_BUF_H
#define COMMON_CORE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	unsigned char *data;
	size_t cap; /* writing: room; reading: bytes there are */
	size_t at;
	bool failed;
};

/* Starts writing into `cap` bytes at `data`, borrowed. */
void buf_write(struct buf *buf, void *data, size_t cap);

/* Starts reading `len` bytes at `data`, borrowed and not changed. */
void buf_read(struct buf *buf, const void *data, size_t len);

void buf_put_u64(struct buf *buf, uint64_t value);                 /* 8 bytes */
void buf_put_varint(struct buf *buf, uint64_t value);              /* 1..10 bytes */
void buf_put_signed(struct buf *buf, int64_t value);               /* zigzag varint */
void buf_put_bytes(struct buf *buf, const void *data, size_t len); /* length first */
void buf_put_text(struct buf *buf, const char *text);

uint64_t buf_get_u64(struct buf *buf);
uint64_t buf_get_varint(struct buf *buf);
int64_t buf_get_signed(struct buf *buf);
/* Points into the buffer; NULL and 0 on error. */
const void *buf_get_bytes(struct buf *buf, size_t *out_len);
/* Copies a text into `out`, NUL-terminated; fails when it does not fit or holds a NUL.
 */
void buf_get_text(struct buf *buf, char *out, size_t cap);

/* Eight bytes whose order is the order of numbers: the layout of counted keys. */
void buf_big_endian(uint64_t value, unsigned char out[8]);
uint64_t buf_from_big_endian(const unsigned char bytes[8]);

/* True when everything so far went well. */
bool buf_ok(const struct buf *buf);

#endif
