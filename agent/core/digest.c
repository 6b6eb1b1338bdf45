#include "agent/core/digest.h"

#include <string.h>

uint64_t
digest_bytes(uint64_t digest, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;

	for (size_t i = 0; i < len; i++) {
		digest = (digest ^ at[i]) * UINT64_C(0x100000001b3);
	}
	return digest;
}

uint64_t
digest_text(uint64_t digest, const char *text)
{
	return digest_bytes(digest, text, strlen(text) + 1);
}

uint64_t
digest_number(uint64_t digest, int64_t number)
{
	unsigned char bytes[8];

	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] = (unsigned char)((uint64_t)number >> 8 * i);
	}
	return digest_bytes(digest, bytes, sizeof(bytes));
}
