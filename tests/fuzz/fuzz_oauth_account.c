/* fuzz_oauth_account - any file in the place of a service account's
 *
 * What is taken can be signed and sent; of what is refused nothing is kept. */
#include "agent/core/oauth.h"

#include <assert.h>
#include <string.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_is_empty(const struct oauth_account *account)
{
	static const struct oauth_account empty;

	assert(memcmp(account, &empty, sizeof(empty)) == 0);
}

/* A text that ends inside its member, and cannot leave a JSON string or a header line. */
static void
check_text(const char *text, size_t cap)
{
	assert(memchr(text, '\0', cap) != NULL);
	for (; *text != '\0'; text++) {
		assert(*text > ' ' && *text <= '~' && *text != '"' && *text != '\\');
	}
}

/* Two parts of base64url and the dot between them. */
static void
check_claims(const char *claims)
{
	const char *dot = strchr(claims, '.');

	assert(dot != NULL && dot != claims && dot[1] != '\0');
	for (; *claims != '\0'; claims++) {
		char c = *claims;

		assert((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		       (c >= '0' && c <= '9') || c == '-' || c == '_' || claims == dot);
	}
}

static void
check_request(const struct oauth_account *account)
{
	static const unsigned char signature[256] = {1, 2, 3};
	static struct request request;
	static char claims[OAUTH_CLAIMS_BYTES];
	struct wall now = {INT64_C(1767225600) * CLOCK_NS_PER_S};
	enum err err = oauth_claims(account, now, claims, sizeof(claims));

	assert(err == ERR_OK);
	check_claims(claims);
	err = oauth_request(account, claims, signature, sizeof(signature), &request);
	assert(err == ERR_OK);
	assert(strcmp(request.url, account->token_uri) == 0);
	assert(strlen(request.body) == request.body_bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct oauth_account account;
	enum err err =
	    oauth_account_parse(len > 0 ? (const char *)data : "", len, &account);

	if (err != ERR_OK) {
		assert(err == ERR_FORMAT || err == ERR_INVALID || err == ERR_LIMIT);
		check_is_empty(&account);
		return 0;
	}
	check_text(account.email, sizeof(account.email));
	check_text(account.key_id, sizeof(account.key_id));
	check_text(account.token_uri, sizeof(account.token_uri));
	assert(memchr(account.private_key, '\0', sizeof(account.private_key)) != NULL);
	assert(account.email[0] != '\0' && account.private_key[0] != '\0');
	check_request(&account);
	oauth_account_wipe(&account);
	check_is_empty(&account);
	return 0;
}
