/* grant - a service account at work: its key, its token, its next request for one
 * Room: agent/shell. Owner: the prober's thread; shared by the runs of one key.
 *
 * Nothing of it is ever written down: the private key is with libcrypto alone, tokens lie
 * in `oauth` and are known to the agent's redaction while they do. */
#ifndef AGENT_SHELL_GRANT_H
#define AGENT_SHELL_GRANT_H

#include "agent/core/agent_conf.h"
#include "agent/core/oauth.h"
#include "agent/core/redact.h"
#include "agent/core/request.h"
#include "agent/shell/oauth_sign.h"
#include "common/core/clock.h"
#include "common/core/err.h"

#include <stddef.h>

struct grant {
	const struct agent_key *conf; /* borrowed */
	struct redact *redact;        /* borrowed, may be NULL */
	struct oauth oauth;
	struct oauth_account account; /* without the private key */
	struct oauth_sign *sign;
	struct oauth_answer answer; /* of the one run that asks */
};

/* Makes a grant of a service account's JSON text, which may be wiped afterwards. NULL when
 * it cannot be one; `error` (`cap` bytes) then says why, without quoting it. */
struct grant *grant_new(const struct agent_key *conf, const char *json,
    struct redact *redact, char *error, size_t cap);

/* Builds the request for a token. ERR_REFUSED: the account's endpoint is not among the
 * key's token hosts, or is plain HTTP beyond loopback; ERR_INVALID: it is no URL;
 * ERR_LIMIT; ERR_IO and ERR_NOMEM: no signature. */
WARN_UNUSED enum err grant_request(
    const struct grant *grant, struct wall now, struct request *out);

/* The answer in `answer` holds a good token: it is the one from here on. */
void grant_got(struct grant *grant, struct mono now);

/* Wipes and frees; NULL is fine. No run may be using it. */
void grant_free(struct grant *grant);

#endif
