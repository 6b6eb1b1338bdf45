/* base64 - streaming decoder, and encoder (RFC 4648, sections 4 and 5)
 * Room: common/core (pure).
 *
 * The decoder takes the standard and the URL-safe alphabet, even mixed, wants padding
 * exactly where it is due and nothing after it, and takes no white space. The unused
 * bits of the last character are not looked at: other decoders do not either, and what
 * they can read is not broken. */
#ifndef COMMON_CORE_BASE64_H
#define COMMON_CORE_BASE64_H

#include "common/core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct base64 {
	uint64_t at;   /* characters taken well */
	uint32_t bits; /* of the unfinished group */
	uint8_t have;  /* characters in it, padding included */
	uint8_t pad;   /* of these, padding */
	bool ended;    /* padding is complete */
	bool failed;
};

/* Bytes that base64_decode() of `chars` characters may write, at most. */
size_t base64_decoded_max(size_t chars);

void base64_init(struct base64 *base64);

/* Decodes `len` more characters into `out`, which has room for base64_decoded_max(len)
 * bytes; `*out_len` is what was written, also when ERR_FORMAT is returned: everything
 * before the wrong character, whose offset base64_at() then tells. The error stays. */
WARN_UNUSED enum err base64_decode(struct base64 *base64, const char *text, size_t len,
    unsigned char *out, size_t *out_len);

/* ERR_OK when the text may end here: whole groups, padding complete. */
WARN_UNUSED enum err base64_end(const struct base64 *base64);

/* Characters taken; after an error the offset of the wrong one. */
uint64_t base64_at(const struct base64 *base64);

/* Writes the standard form of `len` bytes, padded and NUL-terminated, into `out`.
 * Returns its length, or 0 and "" when `cap` is too small: 4 * ((len + 2) / 3) + 1 is
 * enough. */
size_t base64_encode(const void *data, size_t len, char *out, size_t cap);

#endif
