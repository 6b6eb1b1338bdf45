/* upstream_tls - the server's certificates, good and bad
 * Room: tests/support.
 *
 * The good certificate is the given one, or is minted at start. The bad ones are always
 * minted, with the good one's names where the fault is not the name, and are signed by the
 * given CA (--ca, --ca-key) or else by one minted at start. A client that does not trust
 * the signing CA sees an unknown issuer before it sees the intended fault, so tests of
 * "expired" should trust it: --ca-out writes it, and GET /ca.pem on the control port
 * gives it.
 *
 * The front chooses per connection, before the handshake; libmicrohttpd asks for the
 * choice through upstream_tls_retrieve. One instance per process: GnuTLS gives that
 * callback no argument to find another by. */
#ifndef TESTS_SUPPORT_UPSTREAM_TLS_H
#define TESTS_SUPPORT_UPSTREAM_TLS_H

#include <gnutls/abstract.h>

#include "tests/support/upstream_action.h"

struct upstream_tls;

#define UPSTREAM_TLS_NAMES_MAX 16

/* What to make certificates from; paths may be NULL in pairs. Borrowed for the call. */
struct upstream_tls_conf {
	const char *cert_file;
	const char *key_file;
	const char *ca_file;
	const char *ca_key_file;
	const char *ca_out_file;
	const char *names[UPSTREAM_TLS_NAMES_MAX]; /* `DNS:name` or `IP:address` */
	int names_n;
};

/* Loads and mints everything; NULL with a line on stderr if something does not fit. */
struct upstream_tls *upstream_tls_new(const struct upstream_tls_conf *conf);

/* NULL is legal; no daemon may be using it. */
void upstream_tls_free(struct upstream_tls *tls);

/* The next handshake on socket `fd` shows the certificate for `fault`. */
void upstream_tls_choose(
    struct upstream_tls *tls, int fd, enum upstream_action_tls fault);

/* The signing CA's certificate in PEM, borrowed from `tls`. */
const char *upstream_tls_ca_pem(const struct upstream_tls *tls);

/* The callback for MHD_OPTION_HTTPS_CERT_CALLBACK2. */
gnutls_certificate_retrieve_function3 upstream_tls_retrieve;

#endif
