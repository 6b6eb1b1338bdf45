/* frame - what surrounds one message on the wire and in the journal
 * Room: common/shell. Any thread, with its own `struct frame`; does not block.
 *
 * Four bytes, then the message, as it is or compressed by zstd (RFC 8878) when that
 * makes it smaller:  'P' 'X' | version 1 | encoding (0 = plain, 1 = zstd). The
 * decompressed size is read from the zstd header and checked before memory is used. */
#ifndef COMMON_SHELL_FRAME_H
#define COMMON_SHELL_FRAME_H

#include "common/core/err.h"

#include <stddef.h>

enum {
	FRAME_HEADER_BYTES = 4
};

/* The contexts and buffers of one thread. */
struct frame;

/* NULL without memory. */
struct frame *frame_new(void);
void frame_free(struct frame *frame);

/* Where a message of at most LIMIT_INFLATED_BYTES can be written before frame_pack().
 */
unsigned char *frame_room(struct frame *frame);

/* Packs `len` bytes from frame_room(); the packed bytes are borrowed until the next
 * call. */
enum err frame_pack(struct frame *frame, size_t len, const unsigned char **out,
    size_t *out_len) WARN_UNUSED;

/* Unpacks; the message is borrowed until the next call, and may point into `data`.
 * ERR_FORMAT, ERR_VERSION, ERR_LIMIT. */
enum err frame_unpack(struct frame *frame, const unsigned char *data, size_t len,
    const unsigned char **out, size_t *out_len) WARN_UNUSED;

#endif
