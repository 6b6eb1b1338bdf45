/* authority - the collector's own certificate authority
 * Room: collector/shell. Blocks on the file system; libcrypto does the rest.
 *
 * One self-signed EC P-256 authority per fleet, made on first use, in a folder of its own:
 *
 *   ca.pem         what everybody trusts (its SHA-256 stands in enrolment tokens)
 *   ca.key         0600; signs agents' and collectors' certificates, nothing else
 *   collector.pem  what this collector shows, for its names
 *   collector.key  0600
 *
 * Certificates follow RFC 5280: random serial numbers, one purpose each, an
 * authority that may not sign other authorities. Agents ask for
 * the next one when a third of the life of theirs is left; both are good meanwhile. */
#ifndef COLLECTOR_SHELL_AUTHORITY_H
#define COLLECTOR_SHELL_AUTHORITY_H

#include "common/core/clock.h"
#include "common/core/err.h"
#include "common/shell/identity.h"

#include <stddef.h>

enum {
	AUTHORITY_DAYS = 3650,
	AUTHORITY_COLLECTOR_DAYS = 825,
	AUTHORITY_NAMES_MAX = 8
};

struct authority;

/* Reads the authority in `conf->path`, or makes folder and authority when there is none;
 * agents get certificates of `conf->lifetime_ns`. Nothing of `conf` is kept.
 * ERR_FORMAT: files that are not a certificate and its key; ERR_EXISTS: only one of the two
 * is there, which is for a person to decide; ERR_DENIED, ERR_FULL, ERR_IO. On failure one
 * line for people in `error`. */
struct authority_conf;
enum err authority_open(const struct authority_conf *conf, struct wall now,
    struct authority **out, char *error, size_t cap) WARN_UNUSED;

/* Wipes the key. NULL is legal. */
void authority_free(struct authority *authority);

/* The authority's certificate, PEM, and its SHA-256 in hexadecimal; borrowed. */
const char *authority_cert(const struct authority *authority);
const char *authority_print(const struct authority *authority);

/* Sees to it that collector.pem and .key are there, pass for `names` (DNS names or
 * addresses, at most AUTHORITY_NAMES_MAX), and last for another month. Errors as above;
 * ERR_INVALID: a name that is none. */
enum err authority_serve(const struct authority *authority, const char *const *names,
    size_t len, struct wall now, char *error, size_t cap) WARN_UNUSED;

/* Signs a certificate for `agent` on the key in `request` (PKCS #10, PEM, untrusted; what
 * else it says is not looked at). ERR_FORMAT: not a request signed by its own EC P-256
 * key. */
enum err authority_sign(const struct authority *authority, const char *request,
    const char *agent, struct wall now, char out_cert[IDENTITY_CERT_BYTES],
    struct identity_facts *out_facts) WARN_UNUSED;

#endif
