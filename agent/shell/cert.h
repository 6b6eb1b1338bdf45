/* cert - looks at a server's certificate while OpenSSL verifies it
 * Room: agent/shell.
 *
 * Curl tells of a certificate that was accepted only for the price of writing out the
 * whole chain, and of one that was refused only in words. This watch stands in OpenSSL's
 * own verification and changes nothing of it. */
#ifndef AGENT_SHELL_CERT_H
#define AGENT_SHELL_CERT_H

#include <stdint.h>

#include <openssl/ssl.h>

struct cert_watch {
	/* 1 + whole days from now until the server's own certificate ends, 1 when it has
	 * ended, 0 = none was seen. */
	uint16_t days;
	int error; /* X509_V_ERR_..., 0 = the chain is good */
};

/* Watches the handshakes of `context`; `watch` is kept until it is freed. Not much is lost
 * when there is no memory for it: nothing is noted then. */
void cert_watch(SSL_CTX *context, struct cert_watch *watch);

/* Why a certificate was refused, for people; a chain that is good was refused for its
 * name. NULL when OpenSSL's own words say it best. */
const char *cert_reason(const struct cert_watch *watch);

#endif
