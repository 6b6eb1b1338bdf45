#include "agent/shell/oauth_sign.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

enum {
	BITS_MIN = 2048 /* RFC 7518, 3.3 */
};

struct oauth_sign {
	EVP_PKEY *key;
};

/* Answers "no pass phrase" instead of asking at the terminal. */
static int
no_phrase(char *out, int cap, int writing, void *context)
{
	(void)out;
	(void)cap;
	(void)writing;
	(void)context;
	return -1;
}

struct oauth_sign *
oauth_sign_new(const char *pem)
{
	size_t len = strlen(pem);
	BIO *bio = len <= INT_MAX ? BIO_new_mem_buf(pem, (int)len) : NULL;
	struct oauth_sign *sign = calloc(1, sizeof(*sign));

	if (bio != NULL && sign != NULL) {
		sign->key = PEM_read_bio_PrivateKey(bio, NULL, no_phrase, NULL);
	}
	BIO_free(bio);
	ERR_clear_error();
	if (sign == NULL || sign->key == NULL ||
	    EVP_PKEY_get_base_id(sign->key) != EVP_PKEY_RSA ||
	    EVP_PKEY_get_bits(sign->key) < BITS_MIN) {
		oauth_sign_free(sign);
		return NULL;
	}
	return sign;
}

enum err
oauth_sign_rs256(const struct oauth_sign *sign, const void *data, size_t len,
    unsigned char *out, size_t cap, size_t *out_len)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t need = cap;
	enum err err = ERR_IO;

	if (context == NULL) {
		return ERR_NOMEM;
	}
	if ((size_t)EVP_PKEY_get_size(sign->key) > cap) {
		err = ERR_LIMIT;
	} else if (EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, sign->key) ==
		       1 &&
		   EVP_DigestSign(context, out, &need, data, len) == 1) {
		*out_len = need;
		err = ERR_OK;
	}
	EVP_MD_CTX_free(context);
	ERR_clear_error();
	return err;
}

void
oauth_sign_free(struct oauth_sign *sign)
{
	if (sign != NULL) {
		EVP_PKEY_free(sign->key);
		free(sign);
	}
}
