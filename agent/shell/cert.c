#include "agent/shell/cert.h"

#include <limits.h>
#include <stddef.h>

#include <openssl/x509_vfy.h>

/* Where an SSL_CTX keeps our watch; < 0 = there is no such place. */
static int
watch_index(void)
{
	static int index = INT_MIN;

	if (index == INT_MIN) {
		index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	}
	return index;
}

static uint16_t
days_left(const X509 *certificate)
{
	int days;
	int seconds;

	if (ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(certificate)) !=
	    1) {
		return 0;
	}
	if (days < 0 || seconds < 0) {
		return 1;
	}
	return days >= UINT16_MAX ? UINT16_MAX : (uint16_t)(days + 1);
}

/* Called for every certificate of the chain, and for everything that is wrong. */
static int
look(int good, X509_STORE_CTX *store)
{
	const SSL *ssl =
	    X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct cert_watch *watch =
	    SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), watch_index());
	const X509 *own = X509_STORE_CTX_get0_cert(store);

	if (watch->days == 0 && own != NULL) {
		watch->days = days_left(own);
	}
	if (good == 0 && watch->error == X509_V_OK) {
		watch->error = X509_STORE_CTX_get_error(store);
	}
	return good;
}

void
cert_watch(SSL_CTX *context, struct cert_watch *watch)
{
	int index = watch_index();

	if (index >= 0 && SSL_CTX_set_ex_data(context, index, watch) == 1) {
		SSL_CTX_set_verify(context, SSL_CTX_get_verify_mode(context), look);
	}
}

const char *
cert_reason(const struct cert_watch *watch)
{
	switch (watch->error) {
	case X509_V_OK:
		return "certificate of another name";
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return "certificate expired";
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return "certificate not valid yet";
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		return "certificate untrusted: self-signed";
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		return "certificate untrusted: its issuer is not known here";
	}
	return NULL;
}
