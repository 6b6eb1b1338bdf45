#include "common/core/hmac.h"

#include <string.h>

static void
begin(struct sha256 *sha256, const unsigned char key[SHA256_BLOCK_BYTES],
    unsigned char pad)
{
	unsigned char block[SHA256_BLOCK_BYTES];

	for (size_t i = 0; i < sizeof(block); i++) {
		block[i] = key[i] ^ pad;
	}
	sha256_init(sha256);
	sha256_add(sha256, block, sizeof(block));
}

void
hmac_sha256(const void *key, size_t key_len, const struct hmac_piece *piece, size_t len,
    unsigned char out[SHA256_BYTES])
{
	unsigned char block[SHA256_BLOCK_BYTES] = {0};
	unsigned char inner[SHA256_BYTES];
	struct sha256 sha256;

	if (key_len > sizeof(block)) {
		sha256_init(&sha256);
		sha256_add(&sha256, key, key_len);
		sha256_end(&sha256, block);
	} else if (key_len > 0) {
		memcpy(block, key, key_len);
	}
	begin(&sha256, block, 0x36);
	for (size_t i = 0; i < len; i++) {
		sha256_add(&sha256, piece[i].data, piece[i].len);
	}
	sha256_end(&sha256, inner);
	begin(&sha256, block, 0x5c);
	sha256_add(&sha256, inner, sizeof(inner));
	sha256_end(&sha256, out);
}
