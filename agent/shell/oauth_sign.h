/* oauth_sign - signatures with a service account's private key
 * Room: agent/shell. One owner thread; about a millisecond of processor time each.
 *
 * The key lives in libcrypto's memory, which overwrites it when it is freed. */
#ifndef AGENT_SHELL_OAUTH_SIGN_H
#define AGENT_SHELL_OAUTH_SIGN_H

#include "common/core/err.h"

#include <stddef.h>

struct oauth_sign;

/* Loads an RSA private key of 2048 bits or more from PEM (PKCS #8 or PKCS #1, without a
 * pass phrase); `pem` may be wiped afterwards. NULL when it is no such key. */
struct oauth_sign *oauth_sign_new(const char *pem);

/* Signs `len` bytes by RS256 (RFC 7518, 3.3) into `out`; `*out_len` is the signature's
 * length. ERR_LIMIT: `cap` is too small; ERR_IO: libcrypto failed. */
WARN_UNUSED enum err oauth_sign_rs256(const struct oauth_sign *sign, const void *data,
    size_t len, unsigned char *out, size_t cap, size_t *out_len);

/* NULL is fine. */
void oauth_sign_free(struct oauth_sign *sign);

#endif
