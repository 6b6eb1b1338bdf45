#include "common/shell/tls_nng.h"

#include "common/shell/secret.h"

#include <errno.h>
#include <stdio.h>

enum err
tls_nng_file(const char *path, char out[TLS_NNG_FILE_BYTES])
{
	FILE *file = fopen(path, "re");
	enum err err = ERR_OK;
	size_t len;

	if (file == NULL) {
		return errno == ENOENT ? ERR_NOTFOUND : ERR_DENIED;
	}
	len = fread(out, 1, TLS_NNG_FILE_BYTES - 1, file);
	if (ferror(file) != 0) {
		err = ERR_IO;
	} else if (len == TLS_NNG_FILE_BYTES - 1) {
		err = ERR_LIMIT;
	}
	out[len] = '\0';
	(void)fclose(file);
	return err;
}

static enum err
load(nng_tls_config *tls, bool is_server, const struct tls_files *files)
{
	char cert[TLS_NNG_FILE_BYTES];
	char key[TLS_NNG_FILE_BYTES];
	enum err err = tls_nng_file(files->ca, cert);
	int rc = 0;

	if (err == ERR_OK) {
		rc = nng_tls_config_ca_chain(tls, cert, NULL);
	}
	if (err == ERR_OK && rc == 0) {
		rc = nng_tls_config_auth_mode(tls, NNG_TLS_AUTH_MODE_REQUIRED);
	}
	if (err == ERR_OK && rc == 0 && !is_server) {
		rc = nng_tls_config_server_name(tls, files->server_name);
	}
	/* A client without a certificate may try; a server cannot do without. */
	if (err == ERR_OK && rc == 0 && (is_server || files->cert[0] != '\0')) {
		err = tls_nng_file(files->cert, cert);
		if (err == ERR_OK) {
			err = tls_nng_file(files->key, key);
		}
		if (err == ERR_OK) {
			rc = nng_tls_config_own_cert(tls, cert, key, NULL);
		}
		secret_wipe(key, sizeof(key));
	}
	if (err != ERR_OK) {
		return err;
	}
	return rc == 0 ? ERR_OK : ERR_FORMAT;
}

enum err
tls_nng_config(bool is_server, const struct tls_files *files, nng_tls_config **out)
{
	nng_tls_config *tls;
	enum err err;

	if (nng_tls_config_alloc(
		&tls, is_server ? NNG_TLS_MODE_SERVER : NNG_TLS_MODE_CLIENT) != 0) {
		return ERR_NOMEM;
	}
	err = load(tls, is_server, files);
	if (err != ERR_OK) {
		nng_tls_config_free(tls);
		return err;
	}
	*out = tls;
	return ERR_OK;
}
