/* digest - one number for a lot of bytes
 * Room: agent/core (pure).
 *
 * FNV-1a of 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/): equal for equal input, on
 * every machine and in every version, and no defence against somebody who looks for two
 * inputs with one digest. */
#ifndef AGENT_CORE_DIGEST_H
#define AGENT_CORE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_START UINT64_C(0xcbf29ce484222325)

/* The digest of what `digest` stands for and these bytes behind it. */
uint64_t digest_bytes(uint64_t digest, const void *bytes, size_t len);

/* The same of a text with its NUL, so that "a","bc" and "ab","c" differ; and of a number. */
uint64_t digest_text(uint64_t digest, const char *text);
uint64_t digest_number(uint64_t digest, int64_t number);

#endif
