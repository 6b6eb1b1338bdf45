/* upstream_oauth - the service account and its access tokens
 * Room: tests/support.
 *
 * The token endpoint of RFC 7523 as Google's service accounts use it: a JWT signed with
 * RS256 buys a bearer token for a while. The account's key is made when it is first asked
 * for; without that no signature is good. Tokens of ours are good until they expire or are
 * forgotten. Every function may be called from any thread. */
#ifndef TESTS_SUPPORT_UPSTREAM_OAUTH_H
#define TESTS_SUPPORT_UPSTREAM_OAUTH_H

#include <stdbool.h>

#include <jansson.h>

#include "tests/support/upstream.h"

struct upstream_oauth;

/* No key yet, no tokens. */
struct upstream_oauth *upstream_oauth_new(void);

/* NULL is legal; nobody else may be using it. */
void upstream_oauth_free(struct upstream_oauth *oauth);

/* The file that a cloud console hands out, private key and all, for the one account there
 * is; `token_uri` is where its owner will go for tokens. The caller owns it. */
json_t *upstream_oauth_account(struct upstream_oauth *oauth, const char *token_uri);

/* Was `token` issued here, and is it still good? */
bool upstream_oauth_is_good(struct upstream_oauth *oauth, const char *token);

/* Does `token` look like one of ours, good or not? */
bool upstream_oauth_is_ours(const char *token);

/* From now on no token is good that was issued before. */
void upstream_oauth_forget(struct upstream_oauth *oauth);

/* Answers POST /token. How long a token lives is `token_seconds` of the state. */
void upstream_oauth_answer(
    const struct upstream_request *request, struct upstream_answer *out);

#endif
