#include "collector/shell/authority.h"

#include "collector/core/collector_conf.h"
#include "common/shell/durable.h"
#include "common/shell/secret.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum {
	PATH_BYTES = DURABLE_PATH_BYTES,
	FILE_BYTES = 8192,
	SERIAL_BYTES = 16, /* RFC 5280: at most 20 octets, at least 64 random bits */
	NAMES_BYTES = 2048
};

#define DAY_NS     (86400 * CLOCK_NS_PER_S)
#define EARLY_NS   (300 * CLOCK_NS_PER_S) /* clocks of agents may be behind ours */
#define RENEWAL_NS (30 * DAY_NS)

struct authority {
	char folder[PATH_BYTES];
	char cert_text[IDENTITY_CERT_BYTES];
	char print[IDENTITY_PRINT_BYTES];
	X509 *cert;
	EVP_PKEY *key;
	int64_t lifetime_ns; /* of an agent's certificate */
};

/* What a new certificate is for. */
struct leaf {
	const char *name;    /* common name */
	const char *purpose; /* extended key usage, NULL = an authority's own */
	const char *names;   /* subject alternative names, NULL = none */
	int64_t lifetime_ns;
};

/* ---- files ---- */

static enum err
err_of_errno(void)
{
	switch (errno) {
	case ENOENT:
		return ERR_NOTFOUND;
	case EACCES:
	case EPERM:
	case EROFS:
		return ERR_DENIED;
	case ENOSPC:
	case EDQUOT:
		return ERR_FULL;
	default:
		return ERR_IO;
	}
}

static bool
path_of(const char *folder, const char *name, char out[PATH_BYTES])
{
	int len = snprintf(out, PATH_BYTES, "%s/%s", folder, name);

	return len > 0 && len < PATH_BYTES;
}

/* "" when there is no such file. */
static enum err
read_file(const char *folder, const char *name, char out[FILE_BYTES])
{
	char path[PATH_BYTES];
	FILE *file;
	size_t len;

	out[0] = '\0';
	if (!path_of(folder, name, path)) {
		return ERR_LIMIT;
	}
	file = fopen(path, "re");
	if (file == NULL) {
		return errno == ENOENT ? ERR_OK : err_of_errno();
	}
	len = fread(out, 1, FILE_BYTES - 1, file);
	out[len] = '\0';
	(void)fclose(file);
	return len < FILE_BYTES - 1 ? ERR_OK : ERR_LIMIT;
}

static enum err
write_file(const char *folder, const char *name, const char *text, mode_t mode)
{
	char path[PATH_BYTES];

	return path_of(folder, name, path) ? durable_write(path, text, mode)
					   : ERR_LIMIT;
}

/* ---- certificates ---- */

static bool
set_serial(X509 *cert)
{
	unsigned char bytes[SERIAL_BYTES];
	BIGNUM *number = NULL;
	bool set = RAND_bytes(bytes, sizeof(bytes)) == 1;

	bytes[0] =
	    (unsigned char)((bytes[0] & 0x7f) | 0x40); /* positive, never short */
	if (set) {
		number = BN_bin2bn(bytes, sizeof(bytes), NULL);
		set = number != NULL &&
		      BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != NULL;
	}
	BN_free(number);
	return set;
}

static bool
add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;
	bool added;

	X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
	X509V3_set_ctx_nodb(&context);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	added = extension != NULL && X509_add_ext(cert, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return added;
}

static bool
add_extensions(X509 *cert, X509 *issuer, const struct leaf *leaf)
{
	bool is_ca = leaf->purpose == NULL;

	return add_extension(cert, issuer, NID_basic_constraints,
		   is_ca ? "critical,CA:TRUE,pathlen:0" : "critical,CA:FALSE") &&
	       add_extension(cert, issuer, NID_key_usage,
		   is_ca ? "critical,keyCertSign,cRLSign"
			 : "critical,digitalSignature") &&
	       add_extension(cert, issuer, NID_subject_key_identifier, "hash") &&
	       (is_ca || add_extension(cert, issuer, NID_authority_key_identifier,
			     "keyid:always")) &&
	       (is_ca ||
		   add_extension(cert, issuer, NID_ext_key_usage, leaf->purpose)) &&
	       (leaf->names == NULL ||
		   add_extension(cert, issuer, NID_subject_alt_name, leaf->names));
}

static bool
set_times(X509 *cert, struct wall now, int64_t lifetime_ns)
{
	time_t from = (time_t)((now.ns - EARLY_NS) / CLOCK_NS_PER_S);
	time_t until = (time_t)((now.ns + lifetime_ns) / CLOCK_NS_PER_S);

	return ASN1_TIME_set(X509_getm_notBefore(cert), from) != NULL &&
	       ASN1_TIME_set(X509_getm_notAfter(cert), until) != NULL;
}

/* Makes a certificate of `leaf` for `key`, signed by the issuer; without one by itself.
 * NULL on failure. */
static X509 *
make_cert(EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, const struct leaf *leaf,
    struct wall now)
{
	X509 *cert = X509_new();
	X509_NAME *subject = cert != NULL ? X509_get_subject_name(cert) : NULL;
	bool made =
	    subject != NULL && X509_set_version(cert, X509_VERSION_3) == 1 &&
	    set_serial(cert) && set_times(cert, now, leaf->lifetime_ns) &&
	    X509_set_pubkey(cert, key) == 1 &&
	    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
		(const unsigned char *)leaf->name, -1, -1, 0) == 1 &&
	    X509_set_issuer_name(
		cert, issuer != NULL ? X509_get_subject_name(issuer) : subject) == 1 &&
	    add_extensions(cert, issuer != NULL ? issuer : cert, leaf) &&
	    X509_sign(cert, issuer_key, EVP_sha256()) > 0;

	if (!made) {
		X509_free(cert);
		return NULL;
	}
	return cert;
}

static enum err
cert_text(X509 *cert, char out[IDENTITY_CERT_BYTES])
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data = NULL;
	long len = 0;
	enum err err = ERR_NOMEM;

	if (bio != NULL && PEM_write_bio_X509(bio, cert) == 1) {
		len = BIO_get_mem_data(bio, &data);
		err = ERR_LIMIT;
	}
	if (len > 0 && len < IDENTITY_CERT_BYTES) {
		memcpy(out, data, (size_t)len);
		out[len] = '\0';
		err = ERR_OK;
	}
	(void)BIO_free(bio);
	return err;
}

static EVP_PKEY *
parse_key(const char *text)
{
	BIO *bio = BIO_new_mem_buf(text, -1);
	EVP_PKEY *key =
	    bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;

	(void)BIO_free(bio);
	return key;
}

static X509 *
parse_cert(const char *text)
{
	BIO *bio = BIO_new_mem_buf(text, -1);
	X509 *cert = bio != NULL ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;

	(void)BIO_free(bio);
	return cert;
}

/* ---- the authority ---- */

static enum err
make_authority(const char *folder, struct wall now)
{
	static const struct leaf leaf = {
	    .name = "Parallax fleet authority", .lifetime_ns = AUTHORITY_DAYS * DAY_NS};
	char key_text[IDENTITY_KEY_BYTES];
	char text[IDENTITY_CERT_BYTES];
	EVP_PKEY *key = NULL;
	X509 *cert = NULL;
	enum err err;

	if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
		return err_of_errno();
	}
	err = identity_key_new(key_text);
	if (err == ERR_OK) {
		key = parse_key(key_text);
		cert = key != NULL ? make_cert(key, NULL, key, &leaf, now) : NULL;
		err = cert != NULL ? cert_text(cert, text) : ERR_IO;
	}
	/* The key first: a certificate without its key would be trusted for nothing. */
	if (err == ERR_OK) {
		err = write_file(folder, "ca.key", key_text, 0600);
	}
	if (err == ERR_OK) {
		err = write_file(folder, "ca.pem", text, 0644);
	}
	secret_wipe(key_text, sizeof(key_text));
	X509_free(cert);
	EVP_PKEY_free(key);
	return err;
}

/* ERR_NOTFOUND when neither file is there; a key alone is what a crash while making the
 * authority leaves, and was never used. */
static enum err
load_authority(struct authority *authority)
{
	char text[FILE_BYTES];
	char key_text[FILE_BYTES];
	struct identity_facts facts;
	enum err err = read_file(authority->folder, "ca.pem", text);

	if (err == ERR_OK) {
		err = read_file(authority->folder, "ca.key", key_text);
	}
	if (err == ERR_OK && text[0] == '\0') {
		err = ERR_NOTFOUND;
	} else if (err == ERR_OK && key_text[0] == '\0') {
		err = ERR_EXISTS;
	}
	if (err == ERR_OK) {
		authority->cert = parse_cert(text);
		authority->key = parse_key(key_text);
		if (authority->cert == NULL || authority->key == NULL ||
		    X509_check_private_key(authority->cert, authority->key) != 1) {
			err = ERR_FORMAT;
		}
	}
	if (err == ERR_OK) {
		err = cert_text(authority->cert, authority->cert_text);
	}
	if (err == ERR_OK) {
		err = identity_read(
		    authority->cert_text, strlen(authority->cert_text), &facts);
		memcpy(authority->print, facts.print, sizeof(facts.print));
	}
	secret_wipe(key_text, sizeof(key_text));
	return err;
}

static void
explain(const char *folder, enum err err, char *error, size_t cap)
{
	const char *what = err_name(err);

	if (err == ERR_EXISTS) {
		what = "ca.pem is there and ca.key is not, expected both or neither";
	} else if (err == ERR_FORMAT) {
		what = "ca.pem and ca.key are not a certificate and its key";
	}
	(void)snprintf(error, cap, "%s: %s", folder, what);
}

enum err
authority_open(const struct authority_conf *conf, struct wall now,
    struct authority **out, char *error, size_t cap)
{
	const char *folder = conf->path;
	struct authority *authority = calloc(1, sizeof(*authority));
	enum err err = ERR_NOMEM;

	if (authority != NULL) {
		int len = snprintf(
		    authority->folder, sizeof(authority->folder), "%s", folder);

		authority->lifetime_ns = conf->lifetime_ns;
		err = len > 0 && (size_t)len < sizeof(authority->folder)
			  ? load_authority(authority)
			  : ERR_INVALID;
	}
	if (err == ERR_NOTFOUND) {
		err = make_authority(folder, now);
		if (err == ERR_OK) {
			err = load_authority(authority);
		}
	}
	if (err != ERR_OK) {
		explain(folder, err, error, cap);
		authority_free(authority);
		return err;
	}
	*out = authority;
	return ERR_OK;
}

void
authority_free(struct authority *authority)
{
	if (authority == NULL) {
		return;
	}
	X509_free(authority->cert);
	EVP_PKEY_free(authority->key); /* wipes it */
	free(authority);
}

const char *
authority_cert(const struct authority *authority)
{
	return authority->cert_text;
}

const char *
authority_print(const struct authority *authority)
{
	return authority->print;
}

/* ---- collectors ---- */

static bool
is_address(const char *name)
{
	unsigned char address[16];

	return inet_pton(AF_INET, name, address) == 1 ||
	       inet_pton(AF_INET6, name, address) == 1;
}

/* Letters, digits, dots, hyphens and colons: nothing that the notation below could take for
 * a separator. */
static bool
is_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";

	return is_address(name) ||
	       (name[0] != '\0' && name[strspn(name, letters)] == '\0');
}

static enum err
join_names(const char *const *names, size_t len, char out[NAMES_BYTES])
{
	size_t used = 0;

	for (size_t i = 0; i < len; i++) {
		int n = is_name(names[i])
			    ? snprintf(out + used, NAMES_BYTES - used, "%s%s:%s",
				  i > 0 ? "," : "", is_address(names[i]) ? "IP" : "DNS",
				  names[i])
			    : -1;

		if (n < 0 || (size_t)n >= NAMES_BYTES - used) {
			return ERR_INVALID;
		}
		used += (size_t)n;
	}
	return used > 0 ? ERR_OK : ERR_INVALID;
}

static bool
passes_for(X509 *cert, const char *name)
{
	return is_address(name) ? X509_check_ip_asc(cert, name, 0) == 1
				: X509_check_host(cert, name, 0, 0, NULL) == 1;
}

/* What is there is of this authority, for all names, and lasts. */
static bool
is_fit(const struct authority *authority, const char *const *names, size_t len,
    struct wall now)
{
	char text[FILE_BYTES];
	char key_text[FILE_BYTES];
	struct identity_facts facts;
	X509 *cert = NULL;
	bool fit = false;

	if (read_file(authority->folder, "collector.pem", text) == ERR_OK &&
	    read_file(authority->folder, "collector.key", key_text) == ERR_OK) {
		cert = parse_cert(text);
		fit = cert != NULL && identity_is_pair(text, key_text) &&
		      X509_verify(cert, authority->key) == 1 &&
		      identity_read(text, strlen(text), &facts) == ERR_OK &&
		      facts.ends_at.ns - now.ns > RENEWAL_NS;
	}
	for (size_t i = 0; fit && i < len; i++) {
		fit = passes_for(cert, names[i]);
	}
	secret_wipe(key_text, sizeof(key_text));
	X509_free(cert);
	return fit;
}

static enum err
make_collector(const struct authority *authority, const char *first, const char *joined,
    struct wall now)
{
	struct leaf leaf = {.name = first,
	    .purpose = "serverAuth",
	    .names = joined,
	    .lifetime_ns = AUTHORITY_COLLECTOR_DAYS * DAY_NS};
	char key_text[IDENTITY_KEY_BYTES];
	char text[IDENTITY_CERT_BYTES];
	EVP_PKEY *key = NULL;
	X509 *cert = NULL;
	enum err err = identity_key_new(key_text);

	if (err == ERR_OK) {
		key = parse_key(key_text);
		cert = key != NULL
			   ? make_cert(key, authority->cert, authority->key, &leaf, now)
			   : NULL;
		err = cert != NULL ? cert_text(cert, text) : ERR_IO;
	}
	if (err == ERR_OK) {
		err = write_file(authority->folder, "collector.key", key_text, 0600);
	}
	if (err == ERR_OK) {
		err = write_file(authority->folder, "collector.pem", text, 0644);
	}
	secret_wipe(key_text, sizeof(key_text));
	X509_free(cert);
	EVP_PKEY_free(key);
	return err;
}

enum err
authority_serve(const struct authority *authority, const char *const *names, size_t len,
    struct wall now, char *error, size_t cap)
{
	char joined[NAMES_BYTES];
	enum err err =
	    len <= AUTHORITY_NAMES_MAX ? join_names(names, len, joined) : ERR_LIMIT;

	if (err != ERR_OK) {
		(void)snprintf(error, cap,
		    "the collector's names are not 1 to %d DNS names or addresses",
		    (int)AUTHORITY_NAMES_MAX);
		return err;
	}
	if (is_fit(authority, names, len, now)) {
		return ERR_OK;
	}
	err = make_collector(authority, names[0], joined, now);
	if (err != ERR_OK) {
		(void)snprintf(error, cap, "%s: collector.pem cannot be made: %s",
		    authority->folder, err_name(err));
	}
	return err;
}

/* ---- agents ---- */

static bool
is_p256(EVP_PKEY *key)
{
	char group[32] = "";
	size_t len = 0;

	return key != NULL && EVP_PKEY_is_a(key, "EC") == 1 &&
	       EVP_PKEY_get_group_name(key, group, sizeof(group), &len) == 1 &&
	       strcmp(group, "prime256v1") == 0;
}

enum err
authority_sign(const struct authority *authority, const char *request,
    const char *agent, struct wall now, char out_cert[IDENTITY_CERT_BYTES],
    struct identity_facts *out_facts)
{
	char alternative[128];
	struct leaf leaf = {.name = agent,
	    .purpose = "clientAuth",
	    .names = alternative,
	    .lifetime_ns = authority->lifetime_ns};
	BIO *bio = strlen(request) < IDENTITY_REQUEST_BYTES
		       ? BIO_new_mem_buf(request, -1)
		       : NULL;
	X509_REQ *asked =
	    bio != NULL ? PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL) : NULL;
	EVP_PKEY *key = asked != NULL ? X509_REQ_get0_pubkey(asked) : NULL;
	X509 *cert = NULL;
	enum err err = ERR_FORMAT;

	out_cert[0] = '\0';
	if (is_p256(key) && X509_REQ_verify(asked, key) == 1) {
		(void)snprintf(
		    alternative, sizeof(alternative), "URI:parallax:agent:%s", agent);
		cert = make_cert(key, authority->cert, authority->key, &leaf, now);
		err = cert != NULL ? cert_text(cert, out_cert) : ERR_IO;
	}
	if (err == ERR_OK) {
		err = identity_read(out_cert, strlen(out_cert), out_facts);
	}
	X509_free(cert);
	X509_REQ_free(asked);
	(void)BIO_free(bio);
	return err;
}
