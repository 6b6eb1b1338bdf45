/* identity - keys, requests for certificates, and the proof that a key is held
 * Room: common/shell. Blocks on nothing but the processor; libcrypto (OpenSSL 3) does the
 * arithmetic and knows the formats.
 *
 * TLS says that the other side has some certificate of our authority, not whose: nng 1.5
 * shows no certificate of a peer. So an agent's greeting carries its certificate and a
 * signature over what both sides know (wire_transcript()). Keys are EC P-256, signatures ECDSA with SHA-256 (FIPS 186-5),
 * certificates X.509 v3 (RFC 5280), requests PKCS #10 (RFC 2986); all texts are PEM. */
#ifndef COMMON_SHELL_IDENTITY_H
#define COMMON_SHELL_IDENTITY_H

#include "common/core/clock.h"
#include "common/core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	IDENTITY_KEY_BYTES = 512, /* PEM of a private key, with its NUL */
	IDENTITY_REQUEST_BYTES = 2048,
	IDENTITY_CERT_BYTES = 4096,
	IDENTITY_PROOF_BYTES = 80,  /* a DER signature of P-256 has at most 72 */
	IDENTITY_NONCE_BYTES = 32,  /* of a collector's challenge */
	IDENTITY_SERIAL_BYTES = 41, /* hexadecimal, with its NUL */
	IDENTITY_PRINT_BYTES = 65   /* SHA-256 of a certificate, the same */
};

struct identity_proof {
	size_t len;
	unsigned char bytes[IDENTITY_PROOF_BYTES];
};

/* What somebody shows for himself; borrowed for the call. */
struct identity_shown {
	const char *cert; /* PEM, `cert_len` bytes, untrusted */
	size_t cert_len;
	const char *name; /* of the agent it says it is */
	const unsigned char
	    *claim; /* what was to be signed, `claim_len` bytes of ours */
	size_t claim_len;
	const unsigned char *proof;
	size_t proof_len;
};

/* What a certificate says of itself. */
struct identity_facts {
	char serial
	    [IDENTITY_SERIAL_BYTES];      /* upper-case hexadecimal, as openssl shows */
	char print[IDENTITY_PRINT_BYTES]; /* lower-case */
	char name[64];                    /* common name; "" when it does not fit */
	struct wall begins_at;
	struct wall ends_at;
};

/* How a certificate and a proof were judged. */
enum identity_verdict {
	IDENTITY_GOOD = 0,
	IDENTITY_MALFORMED, /* not a certificate */
	IDENTITY_UNTRUSTED, /* not of this authority, or not for clients */
	IDENTITY_EARLY,     /* not valid yet */
	IDENTITY_EXPIRED,
	IDENTITY_OTHER_NAME, /* of another agent */
	IDENTITY_UNPROVED    /* whoever sent it does not hold its key */
};

/* One line for a log, NUL-terminated, static. */
const char *identity_verdict_text(enum identity_verdict verdict);

/* Makes a key. The text is secret: secret_wipe() it. ERR_IO: no randomness, or libcrypto
 * failed. */
enum err identity_key_new(char out_key[IDENTITY_KEY_BYTES]) WARN_UNUSED;

/* Asks for a certificate for `name` with the public half of `key` (PEM). ERR_FORMAT: no
 * such key; ERR_INVALID: a name that is empty or too long. */
enum err identity_request(const char *key, const char *name,
    char out_request[IDENTITY_REQUEST_BYTES]) WARN_UNUSED;

/* Signs `len` bytes at `claim` with `key` (PEM). ERR_FORMAT: no such key. */
enum err identity_prove(const char *key, const unsigned char *claim, size_t len,
    struct identity_proof *out_proof) WARN_UNUSED;

/* Judges the certificate against the authorities in `ca` (PEM, ours) at `now`, and the proof
 * of the claim against it. `out_facts` is filled as far as the certificate could be read.
 * Revocation is the caller's to look up by serial. */
enum identity_verdict identity_check(const char *ca, const struct identity_shown *shown,
    struct wall now, struct identity_facts *out_facts);

/* What `cert` (PEM) says of itself, unproved. ERR_FORMAT: not a certificate. */
enum err identity_read(
    const char *cert, size_t len, struct identity_facts *out_facts) WARN_UNUSED;

/* True when `cert` and `key` (PEM) belong together. */
bool identity_is_pair(const char *cert, const char *key);

#endif
