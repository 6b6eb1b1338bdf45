#include "agent/shell/agent_internal.h"
#include "common/shell/identity.h"
#include "common/shell/secret.h"
#include "common/shell/tls_nng.h"

#include <stdlib.h>
#include <string.h>

/* The files, read each time: a renewed certificate is used from the next greeting on. */
struct agent_proof {
	char cert[TLS_NNG_FILE_BYTES];
	char key[TLS_NNG_FILE_BYTES]; /* wiped once it has signed */
	struct identity_proof proof;
};

bool
agent_has_identity(const struct agent *agent)
{
	return agent->conf->tls_cert[0] != '\0';
}

static enum err
prove(const struct agent *agent, const struct wire_challenge *challenge,
    struct agent_proof *proof)
{
	unsigned char transcript[WIRE_TRANSCRIPT_BYTES];
	struct wire_claim claim = {.nonce = challenge->nonce,
	    .agent = agent->conf->id,
	    .incarnation = spool_book(agent->spool)->incarnation};
	size_t len = wire_transcript(&claim, transcript);
	enum err err = len > 0 ? ERR_OK : ERR_FORMAT;

	if (err == ERR_OK) {
		err = tls_nng_file(agent->conf->tls_cert, proof->cert);
	}
	if (err == ERR_OK) {
		err = tls_nng_file(agent->conf->tls_key, proof->key);
	}
	if (err == ERR_OK && strlen(proof->cert) > WIRE_CERTIFICATE_BYTES) {
		err = ERR_LIMIT;
	}
	if (err == ERR_OK) {
		err = identity_prove(proof->key, transcript, len, &proof->proof);
	}
	secret_wipe(proof->key, sizeof(proof->key));
	return err;
}

enum err
agent_identity_prove(const struct agent *agent, const struct wire_challenge *challenge,
    struct agent_proof **out_proof)
{
	struct agent_proof *proof = calloc(1, sizeof(*proof));
	enum err err = ERR_NOMEM;

	if (proof != NULL) {
		err = prove(agent, challenge, proof);
	}
	if (err != ERR_OK) {
		free(proof);
		return err;
	}
	*out_proof = proof;
	return ERR_OK;
}

void
agent_identity_show(const struct agent_proof *proof, struct wire_hello *hello)
{
	hello->certificate = (struct wire_bytes){
	    (const unsigned char *)proof->cert, strlen(proof->cert)};
	hello->proof = (struct wire_bytes){proof->proof.bytes, proof->proof.len};
}
