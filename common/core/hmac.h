/* hmac - keyed hash, HMAC-SHA256 (RFC 2104, RFC 4231)
 * Room: common/core (pure).
 *
 * For the signatures that channels want. Neither branches nor addresses depend on the key,
 * only the number of blocks on its length. */
#ifndef COMMON_CORE_HMAC_H
#define COMMON_CORE_HMAC_H

#include "common/core/sha256.h"

/* One piece of a message. */
struct hmac_piece {
	const void *data;
	size_t len;
};

/* The code of the `len` pieces, one after the other, under the key. */
void hmac_sha256(const void *key, size_t key_len, const struct hmac_piece *piece,
    size_t len, unsigned char out[SHA256_BYTES]);

#endif
