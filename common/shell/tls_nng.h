/* tls_nng - mutual TLS for nng from PEM files
 * Room: common/shell. Blocks on the file system only.
 *
 * Both sides show a certificate of the same CA and demand one of the other; nothing else is
 * spoken (nng 1.5: nng_tls_config_alloc(3tls), here with mbed TLS). */
#ifndef COMMON_SHELL_TLS_NNG_H
#define COMMON_SHELL_TLS_NNG_H

#include "common/core/err.h"

#include <nng/nng.h>
#include <nng/supplemental/tls/tls.h>
#include <stdbool.h>

struct tls_files {
	const char *ca; /* PEM, borrowed */
	const char *cert;
	const char *key;
	/* Clients: the name the server's certificate must hold. Never left out: without one
	 * mbed TLS accepts any certificate of the authority, an agent's, too. It knows no
	 * addresses in certificates, so this must be a DNS name. */
	const char *server_name;
};

enum {
	TLS_NNG_FILE_BYTES = 32 << 10
};

/* Reads a PEM file whole, NUL-terminated; of a key it is for the caller to wipe.
 * ERR_NOTFOUND, ERR_DENIED, ERR_IO, ERR_LIMIT. */
enum err tls_nng_file(const char *path, char out[TLS_NNG_FILE_BYTES]) WARN_UNUSED;

/* Makes a configuration, given to the caller (nng_tls_config_free()). ERR_NOTFOUND,
 * ERR_DENIED, ERR_IO: a file; ERR_FORMAT: no PEM in it. That key and
 * certificate belong together is noticed by the first peer only. */
enum err tls_nng_config(
    bool is_server, const struct tls_files *files, nng_tls_config **out) WARN_UNUSED;

#endif
