#include "common/core/sha256.h"

#include <string.h>

/* Section 4.2.2: fractional parts of the cube roots of the first 64 primes. */
static const uint32_t round_constant[64] = {0x428a2f98, 0x71374491, 0xb5c0fbcf,
    0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
    0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1,
    0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351,
    0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb,
    0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
    0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5,
    0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814,
    0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t
rotate_right(uint32_t value, unsigned count)
{
	return (value >> count) | (value << (32U - count));
}

/* Section 6.2.2, step 1. */
static void
schedule(const unsigned char *block, uint32_t word[64])
{
	for (size_t i = 0; i < 16; i++) {
		const unsigned char *at = block + 4 * i;

		word[i] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
			  (uint32_t)at[2] << 8 | (uint32_t)at[3];
	}
	for (size_t i = 16; i < 64; i++) {
		uint32_t a = word[i - 15];
		uint32_t b = word[i - 2];
		uint32_t sigma0 = rotate_right(a, 7) ^ rotate_right(a, 18) ^ (a >> 3);
		uint32_t sigma1 = rotate_right(b, 17) ^ rotate_right(b, 19) ^ (b >> 10);

		word[i] = sigma1 + word[i - 7] + sigma0 + word[i - 16];
	}
}

/* Section 6.2.2, steps 2 to 4. `v` holds the working variables a to h. */
static void
compress(uint32_t state[8], const unsigned char *block)
{
	uint32_t word[64];
	uint32_t v[8];

	schedule(block, word);
	memcpy(v, state, sizeof(v));
	for (size_t i = 0; i < 64; i++) {
		uint32_t sum1 = rotate_right(v[4], 6) ^ rotate_right(v[4], 11) ^
				rotate_right(v[4], 25);
		uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
		uint32_t first = v[7] + sum1 + choice + round_constant[i] + word[i];
		uint32_t sum0 = rotate_right(v[0], 2) ^ rotate_right(v[0], 13) ^
				rotate_right(v[0], 22);
		uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);

		memmove(v + 1, v, 7 * sizeof(v[0]));
		v[4] += first;
		v[0] = first + sum0 + majority;
	}
	for (size_t i = 0; i < 8; i++) {
		state[i] += v[i];
	}
}

void
sha256_init(struct sha256 *sha256)
{
	/* Section 5.3.3: fractional parts of the square roots of the first 8 primes. */
	static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372,
	    0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

	memcpy(sha256->state, start, sizeof(start));
	sha256->len = 0;
}

void
sha256_add(struct sha256 *sha256, const void *data, size_t len)
{
	const unsigned char *at = data;

	while (len > 0) {
		size_t used = (size_t)(sha256->len % SHA256_BLOCK_BYTES);
		size_t room = SHA256_BLOCK_BYTES - used;
		size_t part = len < room ? len : room;

		memcpy(sha256->block + used, at, part);
		sha256->len += part;
		at += part;
		len -= part;
		if (part == room) {
			compress(sha256->state, sha256->block);
		}
	}
}

void
sha256_end(struct sha256 *sha256, unsigned char out[SHA256_BYTES])
{
	static const unsigned char padding[SHA256_BLOCK_BYTES] = {0x80};
	uint64_t bits = sha256->len * 8;
	size_t used = (size_t)(sha256->len % SHA256_BLOCK_BYTES);
	unsigned char tail[8];

	for (unsigned i = 0; i < 8; i++) {
		tail[i] = (unsigned char)(bits >> (56 - 8 * i));
	}
	sha256_add(sha256, padding, (used < 56 ? 56 : 120) - used);
	sha256_add(sha256, tail, sizeof(tail));
	for (size_t i = 0; i < SHA256_BYTES; i++) {
		out[i] = (unsigned char)(sha256->state[i / 4] >> (24 - 8 * (i % 4)));
	}
}

void
sha256_hex(const unsigned char digest[SHA256_BYTES], char out[SHA256_HEX_BYTES])
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < SHA256_BYTES; i++) {
		out[2 * i] = digit[digest[i] >> 4];
		out[2 * i + 1] = digit[digest[i] & 15];
	}
	out[2 * SHA256_BYTES] = '\0';
}
