#include "tests/support/upstream_tls.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gnutls/crypto.h>
#include <gnutls/x509.h>

#include "tests/support/upstream_mem.h"

#define KINDS     5 /* the faults that are certificates, the good one first */
#define FDS_MAX   65536
#define CHAIN_MAX 4
#define DAY_S     86400L

/* A certificate chain and its key. */
struct identity {
	unsigned chain_n;
	gnutls_x509_crt_t chain[CHAIN_MAX];
	gnutls_x509_privkey_t key;
	gnutls_pcert_st served[CHAIN_MAX];
	gnutls_privkey_t served_key;
};

struct upstream_tls {
	struct identity ca;
	struct identity kinds[KINDS];
	gnutls_datum_t ca_pem;
	atomic_uchar by_fd[FDS_MAX]; /* written before a handshake, read within it */
};

/* See upstream_tls_retrieve: the library gives no way to pass it. */
static struct upstream_tls *only;

struct mint {
	const char *common_name;
	long from_days;
	long until_days;
	bool is_ca;
	bool names_wrong;
	const struct upstream_tls_conf *conf; /* names, unless `names_from` */
	gnutls_x509_crt_t names_from;
	const struct identity *issuer; /* NULL = itself */
};

static bool
mint_name(gnutls_x509_crt_t crt, const char *name)
{
	unsigned char ip[16];

	if (strncmp(name, "DNS:", 4) == 0) {
		return gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME,
			   name + 4, (unsigned)strlen(name + 4),
			   GNUTLS_FSAN_APPEND) == GNUTLS_E_SUCCESS;
	}
	if (strncmp(name, "IP:", 3) != 0)
		return false;
	if (inet_pton(AF_INET, name + 3, ip) == 1) {
		return gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS,
			   ip, 4, GNUTLS_FSAN_APPEND) == GNUTLS_E_SUCCESS;
	}
	if (inet_pton(AF_INET6, name + 3, ip) != 1)
		return false;
	return gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, ip, 16,
		   GNUTLS_FSAN_APPEND) == GNUTLS_E_SUCCESS;
}

static bool
mint_names_copy(gnutls_x509_crt_t crt, gnutls_x509_crt_t from)
{
	unsigned char name[256];
	unsigned type;
	size_t len;
	unsigned i;

	for (i = 0;; i++) {
		len = sizeof(name);
		int status = gnutls_x509_crt_get_subject_alt_name2(
		    from, i, name, &len, &type, NULL);
		if (status < 0)
			return status == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE;
		if (type != GNUTLS_SAN_DNSNAME && type != GNUTLS_SAN_IPADDRESS)
			continue;
		if (gnutls_x509_crt_set_subject_alt_name(crt,
			(gnutls_x509_subject_alt_name_t)type, name, (unsigned)len,
			GNUTLS_FSAN_APPEND) != GNUTLS_E_SUCCESS)
			return false;
	}
}

static bool
mint_names(gnutls_x509_crt_t crt, const struct mint *mint)
{
	static const char *const usual[] = {
	    "DNS:localhost", "DNS:upstream.test", "IP:127.0.0.1", "IP:::1"};
	bool good = true;
	size_t i;

	if (mint->is_ca)
		return true;
	if (mint->names_wrong)
		return mint_name(crt, "DNS:wrong-name.invalid");
	if (mint->names_from)
		return mint_names_copy(crt, mint->names_from);
	for (i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		good = good && mint_name(crt, usual[i]);
	for (i = 0; i < (size_t)mint->conf->names_n; i++)
		good = good && mint_name(crt, mint->conf->names[i]);
	return good;
}

static bool
mint_body(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, const struct mint *mint)
{
	time_t now = time(NULL);
	unsigned char serial[12];
	unsigned char id[20];
	size_t id_len = sizeof(id);
	unsigned usage = mint->is_ca ? GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN
				     : GNUTLS_KEY_DIGITAL_SIGNATURE;

	if (gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial)) < 0)
		return false;
	serial[0] = (unsigned char)((serial[0] & 0x7fU) | 1U);
	if (gnutls_x509_crt_get_key_id(crt, 0, id, &id_len) < 0)
		return false;
	return gnutls_x509_crt_set_version(crt, 3) == 0 &&
	       gnutls_x509_crt_set_serial(crt, serial, sizeof(serial)) == 0 &&
	       gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0,
		   mint->common_name, (unsigned)strlen(mint->common_name)) == 0 &&
	       gnutls_x509_crt_set_activation_time(
		   crt, now + mint->from_days * DAY_S) == 0 &&
	       gnutls_x509_crt_set_expiration_time(
		   crt, now + mint->until_days * DAY_S) == 0 &&
	       gnutls_x509_crt_set_basic_constraints(
		   crt, mint->is_ca, mint->is_ca ? 0 : -1) == 0 &&
	       gnutls_x509_crt_set_key_usage(crt, usage) == 0 &&
	       gnutls_x509_crt_set_subject_key_id(crt, id, id_len) == 0 &&
	       (mint->is_ca || gnutls_x509_crt_set_key_purpose_oid(
				   crt, GNUTLS_KP_TLS_WWW_SERVER, 0) == 0) &&
	       mint_names(crt, mint) && key;
}

static bool
mint_identity(struct identity *identity, const struct mint *mint)
{
	const struct identity *issuer = mint->issuer ? mint->issuer : identity;
	const unsigned bits = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1);

	if (gnutls_x509_privkey_init(&identity->key) != 0 ||
	    gnutls_x509_crt_init(&identity->chain[0]) != 0)
		return false;
	identity->chain_n = 1;
	return gnutls_x509_privkey_generate(identity->key, GNUTLS_PK_ECDSA, bits, 0) ==
		   0 &&
	       gnutls_x509_crt_set_key(identity->chain[0], identity->key) == 0 &&
	       mint_body(identity->chain[0], identity->key, mint) &&
	       gnutls_x509_crt_sign2(identity->chain[0], issuer->chain[0], issuer->key,
		   GNUTLS_DIG_SHA256, 0) == 0;
}

static bool
identity_load(struct identity *identity, const char *cert_file, const char *key_file)
{
	gnutls_datum_t cert = {NULL, 0};
	gnutls_datum_t key = {NULL, 0};
	bool good;

	good = gnutls_load_file(cert_file, &cert) == 0 &&
	       gnutls_load_file(key_file, &key) == 0;
	if (good) {
		identity->chain_n = CHAIN_MAX;
		if (gnutls_x509_crt_list_import(identity->chain, &identity->chain_n,
			&cert, GNUTLS_X509_FMT_PEM, 0) < 0)
			identity->chain_n = 0;
		good = identity->chain_n > 0 &&
		       gnutls_x509_privkey_init(&identity->key) == 0 &&
		       gnutls_x509_privkey_import2(
			   identity->key, &key, GNUTLS_X509_FMT_PEM, NULL, 0) == 0;
	}
	gnutls_free(cert.data);
	gnutls_free(key.data);
	return good;
}

static bool
identity_serve(struct identity *identity)
{
	unsigned i;

	for (i = 0; i < identity->chain_n; i++) {
		if (gnutls_pcert_import_x509(
			&identity->served[i], identity->chain[i], 0) != 0)
			return false;
	}
	return gnutls_privkey_init(&identity->served_key) == 0 &&
	       gnutls_privkey_import_x509(identity->served_key, identity->key,
		   GNUTLS_PRIVKEY_IMPORT_COPY) == 0;
}

static void
identity_done(struct identity *identity)
{
	unsigned i;

	for (i = 0; i < identity->chain_n; i++) {
		gnutls_pcert_deinit(&identity->served[i]);
		gnutls_x509_crt_deinit(identity->chain[i]);
	}
	if (identity->served_key)
		gnutls_privkey_deinit(identity->served_key);
	if (identity->key)
		gnutls_x509_privkey_deinit(identity->key);
}

static bool
tls_make_ca(struct upstream_tls *tls, const struct upstream_tls_conf *conf)
{
	struct mint mint = {.common_name = "px-upstream test CA",
	    .from_days = -1,
	    .until_days = 3650,
	    .is_ca = true,
	    .conf = conf};

	if (conf->ca_file && conf->ca_key_file)
		return identity_load(&tls->ca, conf->ca_file, conf->ca_key_file);
	return mint_identity(&tls->ca, &mint);
}

static bool
tls_make_kinds(struct upstream_tls *tls, const struct upstream_tls_conf *conf)
{
	struct identity *kinds = tls->kinds;
	struct mint mint = {.common_name = "px-upstream",
	    .from_days = -1,
	    .until_days = 825,
	    .conf = conf,
	    .issuer = &tls->ca};
	bool good;

	if (conf->cert_file && conf->key_file) {
		good = identity_load(&kinds[0], conf->cert_file, conf->key_file);
	} else {
		good = mint_identity(&kinds[0], &mint);
	}
	if (!good)
		return false;
	mint.names_from = kinds[0].chain[0];
	mint.issuer = NULL;
	good = mint_identity(&kinds[UPSTREAM_ACTION_TLS_SELF_SIGNED], &mint);
	mint.issuer = &tls->ca;
	mint.names_wrong = true;
	good = good && mint_identity(&kinds[UPSTREAM_ACTION_TLS_WRONG_NAME], &mint);
	mint.names_wrong = false;
	mint.from_days = 30;
	mint.until_days = 400;
	good = good && mint_identity(&kinds[UPSTREAM_ACTION_TLS_NOT_YET_VALID], &mint);
	mint.from_days = -400;
	mint.until_days = -30;
	return good && mint_identity(&kinds[UPSTREAM_ACTION_TLS_EXPIRED], &mint);
}

static bool
tls_write_ca(struct upstream_tls *tls, const char *path)
{
	FILE *file;
	bool good;

	if (gnutls_x509_crt_export2(
		tls->ca.chain[0], GNUTLS_X509_FMT_PEM, &tls->ca_pem) != 0)
		return false;
	if (!path)
		return true;
	file = fopen(path, "we");
	if (!file)
		return false;
	good = fwrite(tls->ca_pem.data, 1, tls->ca_pem.size, file) == tls->ca_pem.size;
	return fclose(file) == 0 && good;
}

struct upstream_tls *
upstream_tls_new(const struct upstream_tls_conf *conf)
{
	struct upstream_tls *tls = upstream_mem_zalloc(sizeof(*tls));
	const char *failed = NULL;
	int i;

	if (!tls_make_ca(tls, conf)) {
		failed = "the CA";
	} else if (!tls_make_kinds(tls, conf)) {
		failed = "the server's certificates";
	} else if (!tls_write_ca(tls, conf->ca_out_file)) {
		failed = "writing the CA";
	}
	for (i = 0; !failed && i < KINDS; i++) {
		if (!identity_serve(&tls->kinds[i]))
			failed = "serving the certificates";
	}
	if (!failed) {
		only = tls;
		return tls;
	}
	(void)fprintf(stderr, "upstream.tls_failed at=\"%s\"\n", failed);
	upstream_tls_free(tls);
	return NULL;
}

void
upstream_tls_free(struct upstream_tls *tls)
{
	int i;

	if (!tls)
		return;
	only = NULL;
	identity_done(&tls->ca);
	for (i = 0; i < KINDS; i++)
		identity_done(&tls->kinds[i]);
	gnutls_free(tls->ca_pem.data);
	free(tls);
}

void
upstream_tls_choose(struct upstream_tls *tls, int fd, enum upstream_action_tls fault)
{
	if (fd >= 0 && fd < FDS_MAX)
		atomic_store(&tls->by_fd[fd], (unsigned char)fault);
}

const char *
upstream_tls_ca_pem(const struct upstream_tls *tls)
{
	return (const char *)tls->ca_pem.data;
}

/* NOLINTBEGIN(readability-function-size): the parameters are the library's. */
int
upstream_tls_retrieve(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
    gnutls_pcert_st **certs, unsigned *certs_n, gnutls_ocsp_data_st **ocsp,
    unsigned *ocsp_n, gnutls_privkey_t *key, unsigned *flags)
{
	int fd = gnutls_transport_get_int(session);
	struct identity *identity = &only->kinds[0];

	(void)info;
	if (fd >= 0 && fd < FDS_MAX)
		identity = &only->kinds[atomic_load(&only->by_fd[fd]) % KINDS];
	*certs = identity->served;
	*certs_n = identity->chain_n;
	*ocsp = NULL;
	*ocsp_n = 0;
	*key = identity->served_key;
	*flags = 0;
	return 0;
}
/* NOLINTEND(readability-function-size) */
