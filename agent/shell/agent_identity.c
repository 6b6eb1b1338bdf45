#include "agent/shell/agent_internal.h"
#include "common/shell/durable.h"
#include "common/shell/identity.h"
#include "common/shell/log.h"
#include "common/shell/secret.h"
#include "common/shell/tls_nng.h"

#include <stdio.h>
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

/* ---- renewal ---- */

#define LOOK_NS  (3600 * CLOCK_NS_PER_S) /* the wall clock may be set meanwhile */
#define RETRY_NS (600 * CLOCK_NS_PER_S)  /* after a request that came to nothing */

/* `path` with `.next` behind it. */
static bool
next_path(const char *path, char out[DURABLE_PATH_BYTES])
{
	int len = snprintf(out, DURABLE_PATH_BYTES, "%s.next", path);

	return len > 0 && len < DURABLE_PATH_BYTES;
}

/* How long until a new certificate should be asked for, when a third of the life of this
 * one is left; 0 = now, LOOK_NS when there is none to renew. */
static int64_t
due_in_ns(const struct agent *agent, struct now now)
{
	char cert[TLS_NNG_FILE_BYTES];
	struct identity_facts facts;
	int64_t due_ns;

	if (!agent_has_identity(agent) ||
	    tls_nng_file(agent->conf->tls_cert, cert) != ERR_OK ||
	    identity_read(cert, strlen(cert), &facts) != ERR_OK) {
		return LOOK_NS;
	}
	due_ns = facts.ends_at.ns - (facts.ends_at.ns - facts.begins_at.ns) / 3;
	return due_ns > now.wall.ns ? due_ns - now.wall.ns : 0;
}

static enum err
send_request(struct agent *agent, struct now now)
{
	char request[IDENTITY_REQUEST_BYTES];
	struct wire_agent_message message = {
	    .kind = WIRE_RENEW, .renew = {.session = agent->uplink.session}};
	enum err err = identity_key_new(agent->next_key);

	if (err == ERR_OK) {
		err = identity_request(agent->next_key, agent->conf->id, request);
	}
	if (err == ERR_OK) {
		message.renew.request = (struct wire_bytes){
		    (const unsigned char *)request, strlen(request)};
		err = agent_send(agent, UPLINK_SLOT_HELLO, &message);
	}
	if (err == ERR_OK) {
		uplink_asked(&agent->uplink, now.mono);
	}
	return err;
}

void
agent_identity_look(struct agent *agent, struct now now)
{
	int64_t due_ns;
	enum err err;

	if (mono_before(now.mono, agent->renew_at) || !uplink_may_ask(&agent->uplink)) {
		return;
	}
	due_ns = due_in_ns(agent, now);
	if (due_ns > 0) {
		agent->renew_at =
		    mono_add(now.mono, due_ns < LOOK_NS ? due_ns : LOOK_NS);
		return;
	}
	agent->renew_at = mono_add(now.mono, RETRY_NS);
	err = send_request(agent, now);
	if (err != ERR_OK) {
		log_error("identity.not_asked", "reason=%s", err_name(err));
	}
}

/* Both files, or neither: between the two renames the pair does not match, which
 * agent_identity_mend() sets right after a crash. */
static enum err
keep_pair(const struct agent *agent, const char *cert)
{
	char next_cert[DURABLE_PATH_BYTES];
	char next_key[DURABLE_PATH_BYTES];
	enum err err = ERR_LIMIT;

	if (next_path(agent->conf->tls_cert, next_cert) &&
	    next_path(agent->conf->tls_key, next_key)) {
		err = durable_write(next_key, agent->next_key, 0600);
	}
	if (err == ERR_OK) {
		err = durable_write(next_cert, cert, 0644);
	}
	if (err == ERR_OK) {
		err = durable_rename(next_key, agent->conf->tls_key);
	}
	return err == ERR_OK ? durable_rename(next_cert, agent->conf->tls_cert) : err;
}

void
agent_identity_renewed(struct agent *agent, struct wire_bytes chain, struct now now)
{
	char cert[WIRE_CERTIFICATE_BYTES + 1];
	struct identity_facts facts;
	enum err err;

	memcpy(cert, chain.data, chain.len);
	cert[chain.len] = '\0';
	err = identity_read(cert, chain.len, &facts);
	if (err == ERR_OK && (strcmp(facts.name, agent->conf->id) != 0 ||
				 !identity_is_pair(cert, agent->next_key))) {
		err = ERR_REFUSED;
	}
	if (err == ERR_OK) {
		err = keep_pair(agent, cert);
	}
	secret_wipe(agent->next_key, sizeof(agent->next_key));
	if (err != ERR_OK) {
		log_error("identity.not_renewed", "reason=%s", err_name(err));
		return;
	}
	/* Certificates begin before they are made, for clocks that are behind: one of a
	 * short life may look old when it comes. */
	agent->renew_at = mono_add(now.mono,
	    facts.ends_at.ns > now.wall.ns ? (facts.ends_at.ns - now.wall.ns) / 3 : 0);
	log_info("identity.renewed", "serial=%s days=%lld", facts.serial,
	    (long long)((facts.ends_at.ns - facts.begins_at.ns) / CLOCK_NS_PER_S /
			86400));
}

void
agent_identity_mend(const struct agent_conf *conf)
{
	char cert[TLS_NNG_FILE_BYTES];
	char key[TLS_NNG_FILE_BYTES];
	char path[DURABLE_PATH_BYTES];
	bool is_whole;

	if (conf->tls_cert[0] == '\0' || !next_path(conf->tls_cert, path) ||
	    tls_nng_file(conf->tls_key, key) != ERR_OK) {
		return;
	}
	is_whole =
	    tls_nng_file(conf->tls_cert, cert) != ERR_OK || identity_is_pair(cert, key);
	if (!is_whole && tls_nng_file(path, cert) == ERR_OK &&
	    identity_is_pair(cert, key)) {
		enum err err = durable_rename(path, conf->tls_cert);

		log_info("identity.mended", "result=%s", err_name(err));
	}
	secret_wipe(key, sizeof(key));
}
