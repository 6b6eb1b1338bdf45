/* sha256 - the hash of FIPS 180-4
 * Room: common/core (pure).
 *
 * For names that must be the same on every machine and after every restart: keys of
 * deliveries, fingerprints. What needs a secret (signatures) is libcrypto's, in the
 * shells. Not constant-time in the length of its input, which is never a secret here. */
#ifndef COMMON_CORE_SHA256_H
#define COMMON_CORE_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum {
	SHA256_BYTES = 32,
	SHA256_BLOCK_BYTES = 64,
	SHA256_HEX_BYTES = 2 * SHA256_BYTES + 1
};

struct sha256 {
	uint32_t state[8];
	uint64_t len; /* bytes hashed so far */
	unsigned char block[SHA256_BLOCK_BYTES];
};

void sha256_init(struct sha256 *sha256);

/* Hashes `len` more bytes; `data` may be NULL when `len` is 0. */
void sha256_add(struct sha256 *sha256, const void *data, size_t len);

/* Ends the message and writes the digest; the state must be initialised again before
 * another use. */
void sha256_end(struct sha256 *sha256, unsigned char out[SHA256_BYTES]);

/* `digest` as lower-case hexadecimal, NUL-terminated. */
void sha256_hex(const unsigned char digest[SHA256_BYTES], char out[SHA256_HEX_BYTES]);

#endif
