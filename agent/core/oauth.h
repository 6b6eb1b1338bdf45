/* oauth - when an access token is due, and how one is asked for
 * Room: agent/core (pure).
 *
 * Vertex AI takes no keys but tokens that live an hour. They are had from a token endpoint
 * for an assertion signed with a service account's private key (RFC 7523; Google's words
 * for it: https://developers.google.com/identity/protocols/oauth2/service-account). This is
 * the part without clock, network and key: what is signed, what is sent, what an answer
 * means, and the life of a token:
 *
 *   state      | a run comes                          | the asking run ends
 *   no token   | asks first; others wait for it       | token, or failed: not again before
 *              |                                      | a pause, meanwhile it still holds
 *   fresh      | uses it                              | -
 *   due        | asks first; others use the old one   | new token, or the old one it is
 *   refused    | as if there was none, at most every OAUTH_FRESH_NS
 *
 * Owner: the prober's thread. */
#ifndef AGENT_CORE_OAUTH_H
#define AGENT_CORE_OAUTH_H

#include "agent/core/capture.h"
#include "agent/core/request.h"
#include "common/core/clock.h"
#include "common/core/err.h"
#include "common/core/limits.h"
#include "common/core/outcome.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OAUTH_AHEAD_NS     (300 * CLOCK_NS_PER_S) /* refreshed so long before its end */
#define OAUTH_AHEAD_PART   10 /* or that part of its life, if it is less */
#define OAUTH_FRESH_NS     (60 * CLOCK_NS_PER_S) /* a newer one would fare no better */
#define OAUTH_RETRY_NS     (1 * CLOCK_NS_PER_S)  /* doubles with every failure */
#define OAUTH_RETRY_NS_MAX (60 * CLOCK_NS_PER_S)
#define OAUTH_LIFE_S       3600 /* what is asked for */

enum {
	OAUTH_EMAIL_BYTES = 256,
	OAUTH_KEY_ID_BYTES = 128,
	OAUTH_PEM_BYTES = 6144,    /* RSA of 8192 bits: about 6 KB */
	OAUTH_CLAIMS_BYTES = 3072, /* base64 of all of an account's texts */
	OAUTH_SIGNATURE_BYTES = 1024,
	OAUTH_ANSWER_BYTES = 16384,
	OAUTH_ERROR_BYTES = 48,
	OAUTH_TEXT_BYTES = LIMIT_DETAIL_BYTES
};

/* What a service account's JSON file says. */
struct oauth_account {
	char email[OAUTH_EMAIL_BYTES];
	char key_id[OAUTH_KEY_ID_BYTES]; /* "" = not said */
	char token_uri[LIMIT_URL_BYTES];
	char private_key[OAUTH_PEM_BYTES]; /* PEM; secret, to be wiped once loaded */
};

/* Reads the file's text. ERR_FORMAT: not JSON. ERR_INVALID: not of a service account, a
 * member missing or with a byte that has no place in it. ERR_LIMIT: one too long. On
 * failure `out` holds nothing. */
WARN_UNUSED enum err oauth_account_parse(
    const char *json, size_t len, struct oauth_account *out);

/* Overwrites everything, in a way the compiler must keep. */
void oauth_account_wipe(struct oauth_account *account);

/* Writes the two parts of the assertion that are signed, "header.claims" in base64url
 * without padding (RFC 7515), NUL-terminated. ERR_LIMIT when `cap` is too small. */
WARN_UNUSED enum err oauth_claims(
    const struct oauth_account *account, struct wall now, char *out, size_t cap);

/* Builds the request for a token from the claims and their signature. ERR_LIMIT. */
WARN_UNUSED enum err oauth_request(const struct oauth_account *account,
    const char *claims, const void *signature, size_t len, struct request *out);

/* ---- the answer ---- */

/* Why there is no token; what a run that needs one ends with. */
struct oauth_fault {
	enum outcome outcome; /* OUTCOME_OK = there is one */
	uint32_t flags;       /* enum flag */
	uint16_t http_status; /* 0 = none */
	char text[OAUTH_TEXT_BYTES];
};

struct oauth_answer {
	struct capture capture;
	uint32_t bytes;
	uint64_t expires_in_s; /* 0 = not said */
	bool bad_token; /* too long, or with a byte that could break a header line */
	char token[REQUEST_KEY_BYTES];
	size_t token_len;
	char error[OAUTH_ERROR_BYTES];
	size_t error_len;
	char why[OAUTH_TEXT_BYTES / 2]; /* their description of the error */
	size_t why_len;
};

void oauth_answer_begin(struct oauth_answer *answer);

/* A piece of the body. False: stop, it is longer than any token. */
bool oauth_answer_body(struct oauth_answer *answer, const void *data, size_t len);

/* What the whole answer of that status means. The text of `out` may quote them: it has to
 * be redacted. */
void oauth_answer_end(
    struct oauth_answer *answer, uint16_t http_status, struct oauth_fault *out);

/* Overwrites it, the token included. */
void oauth_answer_wipe(struct oauth_answer *answer);

/* ---- the token's life ---- */

struct oauth {
	/* The one in use and the one before it, which answers under way may still quote. */
	char token[2][REQUEST_KEY_BYTES];
	uint32_t
	    turn; /* changes with every token; its lowest bit says which is in use */
	bool asking;
	bool refused; /* by the API */
	struct mono got_at;
	struct mono refresh_at;
	struct mono expires_at;
	struct mono retry_at; /* not asked before that */
	uint32_t failures;    /* in a row */
	struct oauth_fault fault;
};

/* What a run does that needs a token. */
enum oauth_step {
	OAUTH_USE = 0, /* oauth_token() */
	OAUTH_ASK,     /* ask for one first */
	OAUTH_WAIT,    /* for the run that is asking */
	OAUTH_FAILED   /* end as `fault` says */
};

/* No token, nothing known. */
void oauth_init(struct oauth *oauth);

enum oauth_step oauth_step(const struct oauth *oauth, struct mono now);

/* The token, "" = none; borrowed until a new one comes. */
const char *oauth_token(const struct oauth *oauth);

/* True when there is one that has not expired, be it refused. */
bool oauth_has_token(const struct oauth *oauth, struct mono now);

/* A run begins to ask; exactly one of the two below follows. */
void oauth_begin(struct oauth *oauth);

/* It got a token, by an answer without fault. The buffer written to is that of the token
 * before the last: oauth_next_buffer(). False when it is the one that is there already. */
bool oauth_got(struct oauth *oauth, const struct oauth_answer *answer, struct mono now);
const char *oauth_next_buffer(const struct oauth *oauth);

/* It got none. `fault` is copied; its text is redacted already. */
void oauth_failed(
    struct oauth *oauth, const struct oauth_fault *fault, struct mono now);

/* The API's answer to a request with the token of that turn: 401 is the end of it. */
void oauth_answered(struct oauth *oauth, uint32_t turn, uint16_t http_status);

/* Overwrites everything. */
void oauth_wipe(struct oauth *oauth);

#endif
