#include "agent/shell/grant.h"

#include "agent/core/keyring.h"
#include "common/shell/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct grant *
grant_new(const struct agent_key *conf, const char *json, struct redact *redact,
    char *error, size_t cap)
{
	struct grant *grant = calloc(1, sizeof(*grant));
	const char *why = "no memory";

	if (grant == NULL) {
		(void)snprintf(error, cap, "%s", why);
		return NULL;
	}
	grant->conf = conf;
	grant->redact = redact;
	oauth_init(&grant->oauth);
	if (oauth_account_parse(json, strlen(json), &grant->account) != ERR_OK) {
		why = "not the JSON of a service account";
	} else {
		grant->sign = oauth_sign_new(grant->account.private_key);
		why = "the private key is no RSA key of 2048 bits or more";
	}
	secret_wipe(grant->account.private_key, sizeof(grant->account.private_key));
	if (grant->sign == NULL) {
		(void)snprintf(error, cap, "%s", why);
		grant_free(grant);
		return NULL;
	}
	return grant;
}

enum err
grant_request(const struct grant *grant, struct wall now, struct request *out)
{
	unsigned char signature[OAUTH_SIGNATURE_BYTES];
	char claims[OAUTH_CLAIMS_BYTES];
	struct request_host host;
	size_t len = 0;
	enum err err = request_host(grant->account.token_uri, &host);

	if (err == ERR_OK && !keyring_allows_token(grant->conf, &host)) {
		err = ERR_REFUSED;
	}
	if (err == ERR_OK) {
		err = oauth_claims(&grant->account, now, claims, sizeof(claims));
	}
	if (err == ERR_OK) {
		err = oauth_sign_rs256(grant->sign, claims, strlen(claims), signature,
		    sizeof(signature), &len);
	}
	if (err == ERR_OK) {
		err = oauth_request(&grant->account, claims, signature, len, out);
	}
	secret_wipe(signature, sizeof(signature));
	return err;
}

void
grant_got(struct grant *grant, struct mono now)
{
	const char *buffer = oauth_next_buffer(&grant->oauth);

	if (grant->redact != NULL) {
		redact_forget(grant->redact, buffer);
	}
	(void)oauth_got(&grant->oauth, &grant->answer, now);
	oauth_answer_wipe(&grant->answer);
	if (grant->redact != NULL && buffer[0] != '\0') {
		/* One too short to be known again is too short to be a secret. */
		enum err err = redact_add(grant->redact, buffer);
		(void)err;
	}
}

void
grant_free(struct grant *grant)
{
	if (grant == NULL) {
		return;
	}
	for (size_t i = 0; i < 2 && grant->redact != NULL; i++) {
		redact_forget(grant->redact, grant->oauth.token[i]);
	}
	oauth_sign_free(grant->sign);
	secret_wipe(grant, sizeof(*grant));
	free(grant);
}
