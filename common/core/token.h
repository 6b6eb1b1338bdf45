/* token - the text that lets one agent in, once
 * Room: common/core (pure).
 *
 * Made by the collector, carried by a person, shown by the agent when it enrols. It says
 * where to go, by which certificate the authority there is known, and a secret that is good
 * once. "plx1_" and base64 with '-' and '_' (RFC 4648, section 5) of three words. It is a
 * secret as a whole: whoever has it first is in. */
#ifndef COMMON_CORE_TOKEN_H
#define COMMON_CORE_TOKEN_H

#include "common/core/err.h"
#include "common/core/sha256.h"

#include <stddef.h>

enum {
	TOKEN_URL_BYTES = 256,
	TOKEN_SECRET_BYTES = 32,
	TOKEN_TEXT_BYTES = 576 /* with the NUL; enough for any token */
};

#define TOKEN_PREFIX "plx1_"

struct token {
	char url[TOKEN_URL_BYTES]; /* https://host:port of the collector */
	char authority[2 * SHA256_BYTES +
		       1]; /* SHA-256 of its certificate, hexadecimal */
	unsigned char secret[TOKEN_SECRET_BYTES];
};

/* Writes the text. ERR_INVALID: a URL that is none, or too long. */
enum err token_text(const struct token *token, char out[TOKEN_TEXT_BYTES]) WARN_UNUSED;

/* Reads one; blanks around it are passed over, as people paste. ERR_FORMAT: not a token, or
 * not a whole one; ERR_VERSION: of a later kind. */
enum err token_read(const char *text, struct token *out_token) WARN_UNUSED;

/* What the collector keeps of the secret. */
void token_hash(
    const unsigned char secret[TOKEN_SECRET_BYTES], unsigned char out[SHA256_BYTES]);

#endif
