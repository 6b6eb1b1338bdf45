#include "common/shell/identity.h"

#include "common/core/sha256.h"

#include <assert.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	READ_BYTES_MAX = 64 << 10 /* of a PEM text */
};

const char *
identity_verdict_text(enum identity_verdict verdict)
{
	switch (verdict) {
	case IDENTITY_GOOD:
		return "good";
	case IDENTITY_MALFORMED:
		return "what it showed is no certificate";
	case IDENTITY_UNTRUSTED:
		return "its certificate is not one of this authority for agents";
	case IDENTITY_EARLY:
		return "its certificate is not valid yet: is its clock right?";
	case IDENTITY_EXPIRED:
		return "its certificate has expired";
	case IDENTITY_OTHER_NAME:
		return "its certificate is that of another agent";
	case IDENTITY_UNPROVED:
		return "it does not hold the key of its certificate";
	}
	return "unknown";
}

/* ---- PEM ---- */

static BIO *
reader(const char *text, size_t len)
{
	return len <= READ_BYTES_MAX ? BIO_new_mem_buf(text, (int)len) : NULL;
}

/* Copies what was written, with a NUL. ERR_LIMIT when it does not fit. */
static enum err
take_text(BIO *bio, char *out, size_t cap)
{
	char *data = NULL;
	long len = BIO_get_mem_data(bio, &data);

	out[0] = '\0';
	if (len <= 0 || (size_t)len >= cap) {
		return ERR_LIMIT;
	}
	memcpy(out, data, (size_t)len);
	out[len] = '\0';
	return ERR_OK;
}

static EVP_PKEY *
read_key(const char *key)
{
	BIO *bio = reader(key, strlen(key));
	EVP_PKEY *found =
	    bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;

	(void)BIO_free(bio);
	return found;
}

static X509 *
read_cert(const char *cert, size_t len)
{
	BIO *bio = reader(cert, len);
	X509 *found = bio != NULL ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;

	(void)BIO_free(bio);
	return found;
}

enum err
identity_key_new(char out_key[IDENTITY_KEY_BYTES])
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	BIO *bio = BIO_new(BIO_s_secmem());
	enum err err = ERR_IO;

	out_key[0] = '\0';
	if (key != NULL && bio != NULL &&
	    PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1) {
		err = take_text(bio, out_key, IDENTITY_KEY_BYTES);
	}
	(void)BIO_free(bio);
	EVP_PKEY_free(key);
	return err;
}

/* ---- requests ---- */

static bool
fill_request(X509_REQ *request, EVP_PKEY *key, const char *name)
{
	X509_NAME *subject = X509_REQ_get_subject_name(request);

	return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
		   (const unsigned char *)name, -1, -1, 0) == 1 &&
	       X509_REQ_set_pubkey(request, key) == 1 &&
	       X509_REQ_sign(request, key, EVP_sha256()) > 0;
}

enum err
identity_request(
    const char *key, const char *name, char out_request[IDENTITY_REQUEST_BYTES])
{
	size_t len = strlen(name);
	EVP_PKEY *pair = read_key(key);
	X509_REQ *request = X509_REQ_new();
	BIO *bio = BIO_new(BIO_s_mem());
	enum err err = ERR_NOMEM;

	out_request[0] = '\0';
	if (pair == NULL) {
		err = ERR_FORMAT;
	} else if (len == 0 || len > ub_common_name) {
		err = ERR_INVALID;
	} else if (request != NULL && bio != NULL &&
		   fill_request(request, pair, name) &&
		   PEM_write_bio_X509_REQ(bio, request) == 1) {
		err = take_text(bio, out_request, IDENTITY_REQUEST_BYTES);
	}
	(void)BIO_free(bio);
	X509_REQ_free(request);
	EVP_PKEY_free(pair);
	return err;
}

/* ---- proofs ---- */

enum err
identity_prove(const char *key, const unsigned char *claim, size_t len,
    struct identity_proof *out_proof)
{
	EVP_PKEY *pair = read_key(key);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	enum err err = ERR_FORMAT;

	*out_proof = (struct identity_proof){.len = sizeof(out_proof->bytes)};
	if (pair != NULL && context != NULL &&
	    EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, pair) == 1 &&
	    EVP_DigestSign(context, out_proof->bytes, &out_proof->len, claim, len) ==
		1) {
		err = ERR_OK;
	}
	if (err != ERR_OK) {
		out_proof->len = 0;
	}
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(pair);
	return err;
}

static bool
is_proved(X509 *cert, const struct identity_shown *shown)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool proved =
	    key != NULL && context != NULL && shown->proof_len > 0 &&
	    EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestVerify(context, shown->proof, shown->proof_len, shown->claim,
		shown->claim_len) == 1;

	EVP_MD_CTX_free(context);
	return proved;
}

/* ---- certificates ---- */

static struct wall
wall_of(const ASN1_TIME *time)
{
	int days = 0;
	int seconds = 0;
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	struct wall wall = {0};

	if (epoch != NULL && ASN1_TIME_diff(&days, &seconds, epoch, time) == 1) {
		wall.ns = ((int64_t)days * 86400 + seconds) * CLOCK_NS_PER_S;
	}
	ASN1_TIME_free(epoch);
	return wall;
}

static void
read_serial(X509 *cert, char out[IDENTITY_SERIAL_BYTES])
{
	BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), NULL);
	char *text = number != NULL ? BN_bn2hex(number) : NULL;

	out[0] = '\0';
	if (text != NULL && strlen(text) < IDENTITY_SERIAL_BYTES) {
		memcpy(out, text, strlen(text) + 1);
	}
	OPENSSL_free(text);
	BN_free(number);
}

static void
read_print(X509 *cert, char out[IDENTITY_PRINT_BYTES])
{
	unsigned char digest[SHA256_BYTES];
	unsigned len = 0;

	out[0] = '\0';
	if (X509_digest(cert, EVP_sha256(), digest, &len) == 1 && len == SHA256_BYTES) {
		sha256_hex(digest, out);
	}
}

static void
read_facts(X509 *cert, struct identity_facts *out)
{
	int len = X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName,
	    out->name, (int)sizeof(out->name));

	/* A NUL inside would make two names look alike. */
	if (len < 0 || (size_t)len != strlen(out->name)) {
		out->name[0] = '\0';
	}
	read_serial(cert, out->serial);
	read_print(cert, out->print);
	out->begins_at = wall_of(X509_get0_notBefore(cert));
	out->ends_at = wall_of(X509_get0_notAfter(cert));
}

enum err
identity_read(const char *cert, size_t len, struct identity_facts *out_facts)
{
	X509 *found = read_cert(cert, len);

	*out_facts = (struct identity_facts){.serial = ""};
	if (found == NULL) {
		return ERR_FORMAT;
	}
	read_facts(found, out_facts);
	X509_free(found);
	return ERR_OK;
}

bool
identity_is_pair(const char *cert, const char *key)
{
	X509 *found = read_cert(cert, strlen(cert));
	EVP_PKEY *pair = read_key(key);
	bool is_pair =
	    found != NULL && pair != NULL && X509_check_private_key(found, pair) == 1;

	X509_free(found);
	EVP_PKEY_free(pair);
	return is_pair;
}

/* The authorities of a PEM text; NULL when there is none in it. */
static X509_STORE *
read_store(const char *ca)
{
	X509_STORE *store = X509_STORE_new();
	BIO *bio = reader(ca, strlen(ca));
	size_t len = 0;
	X509 *cert;

	while (store != NULL && bio != NULL &&
	       (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		len += X509_STORE_add_cert(store, cert) == 1 ? 1 : 0;
		X509_free(cert);
	}
	(void)BIO_free(bio);
	if (len == 0) {
		X509_STORE_free(store);
		return NULL;
	}
	return store;
}

/* Why a chain was not good; what is wrong above the certificate itself makes it a
 * stranger's. */
static enum identity_verdict
verdict_of(const X509_STORE_CTX *context)
{
	int error = X509_STORE_CTX_get_error(context);

	if (X509_STORE_CTX_get_error_depth(context) != 0) {
		return IDENTITY_UNTRUSTED;
	}
	if (error == X509_V_ERR_CERT_HAS_EXPIRED) {
		return IDENTITY_EXPIRED;
	}
	return error == X509_V_ERR_CERT_NOT_YET_VALID ? IDENTITY_EARLY
						      : IDENTITY_UNTRUSTED;
}

/* Signed by an authority of `ca`, for clients, at `now`. */
static enum identity_verdict
verify(const char *ca, X509 *cert, struct wall now)
{
	X509_STORE *store = read_store(ca);
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	enum identity_verdict verdict = IDENTITY_UNTRUSTED;

	if (store != NULL && context != NULL &&
	    X509_STORE_CTX_init(context, store, cert, NULL) == 1 &&
	    X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_CLIENT) == 1) {
		X509_STORE_CTX_set_time(context, 0, (time_t)(now.ns / CLOCK_NS_PER_S));
		verdict = X509_verify_cert(context) == 1 ? IDENTITY_GOOD
							 : verdict_of(context);
	}
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
	return verdict;
}

enum identity_verdict
identity_check(const char *ca, const struct identity_shown *shown, struct wall now,
    struct identity_facts *out_facts)
{
	X509 *found = read_cert(shown->cert, shown->cert_len);
	enum identity_verdict verdict = IDENTITY_MALFORMED;

	*out_facts = (struct identity_facts){.serial = ""};
	if (found != NULL) {
		read_facts(found, out_facts);
		verdict = verify(ca, found, now);
	}
	if (verdict == IDENTITY_GOOD && strcmp(out_facts->name, shown->name) != 0) {
		verdict = IDENTITY_OTHER_NAME;
	}
	if (verdict == IDENTITY_GOOD && !is_proved(found, shown)) {
		verdict = IDENTITY_UNPROVED;
	}
	X509_free(found);
	return verdict;
}
