/* redact - takes secrets out of text before anybody else sees it
 * Room: agent/core (pure).
 *
 * Answers of upstreams quote what was sent to them: Google's error texts hold the
 * caller's key, gateways print whole request URLs. Every text that leaves the agent
 * passes here first. Two nets: exact secrets the caller registered, and shapes (vendor
 * key prefixes, `key=` and `token=` values, bearer tokens, JWTs, e-mail addresses,
 * query strings of URLs, private keys, long base64 or hex runs). A registered secret is
 * found in every usual spelling (known.h). Text is cleaned before it is searched, so that
 * cleaning cannot join the halves of a secret; it is searched before it is cut, so that
 * the cut cannot leave half of one. */
#ifndef AGENT_CORE_REDACT_H
#define AGENT_CORE_REDACT_H

#include "common/core/err.h"
#include "common/core/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	REDACT_SECRET_BYTES_MIN = 4, /* shorter ones would eat ordinary words */
	REDACT_PREFIX_BYTES_MIN = 8, /* from here on a part of a secret is one, too */
	REDACT_WINDOW_BYTES = 2048,  /* of cleaned text that are looked at, at most */
	REDACT_SECRETS_MAX = 2 * LIMIT_KEYS /* a token, and the one before it */
};

/* What a removed secret is replaced by. */
#define REDACT_MARK "[redacted]"

struct redact {
	const char *secret[REDACT_SECRETS_MAX]; /* borrowed */
	uint16_t secret_bytes[REDACT_SECRETS_MAX];
	uint32_t len;
};

/* Starts with no registered secrets; the shapes are always looked for. */
void redact_init(struct redact *redact);

/* Registers `secret`, borrowed for as long as `redact` is used. ERR_INVALID when it is
 * shorter than REDACT_SECRET_BYTES_MIN, longer than LIMIT_TEXT_BYTES or holds anything
 * but printable ASCII without spaces; ERR_LIMIT when REDACT_SECRETS_MAX are there. The
 * same secret twice is kept once. */
WARN_UNUSED enum err redact_add(struct redact *redact, const char *secret);

/* Takes out the secret that lies at `secret`, before the bytes there change. */
void redact_forget(struct redact *redact, const char *secret);

/* Writes `len` bytes at `text` into `out`: secrets replaced by REDACT_MARK, control
 * characters turned into spaces, invalid UTF-8 into '?', white space collapsed and
 * trimmed, cut at a character's border to `cap` bytes with the NUL (`cap` >= 1). `cut`
 * says that `text` itself is the beginning of something longer: its last word is then
 * dropped, since it may be half a secret. `redact` may be NULL: shapes only. Returns
 * the length written. */
size_t redact_text(const struct redact *redact, const char *text, size_t len, bool cut,
    char *out, size_t cap);

#endif
