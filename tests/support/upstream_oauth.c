#include "tests/support/upstream_oauth.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "tests/support/upstream_mem.h"
#include "tests/support/upstream_state.h"

#define ACCOUNT   "prober@loopback-project.iam.gserviceaccount.com"
#define KEY_ID    "loopback-key-1"
#define KEY_BITS  2048
#define PREFIX    "ya29.loopback."
#define TOKENS    256 /* the oldest is forgotten */
#define SKEW_S    300
#define LIFE_S    3600 /* the longest an assertion may be good for */
#define PARTS     3
#define TEXT_MAX  4096
#define TOKEN_MAX 64

struct upstream_oauth {
	pthread_mutex_t lock;
	gnutls_x509_privkey_t key; /* NULL until somebody asks */
	uint64_t issued;
	uint64_t forgotten; /* tokens up to this one */
	time_t until[TOKENS];
};

struct upstream_oauth *
upstream_oauth_new(void)
{
	struct upstream_oauth *oauth = upstream_mem_zalloc(sizeof(*oauth));

	(void)pthread_mutex_init(&oauth->lock, NULL);
	return oauth;
}

void
upstream_oauth_free(struct upstream_oauth *oauth)
{
	if (!oauth)
		return;
	if (oauth->key)
		gnutls_x509_privkey_deinit(oauth->key);
	(void)pthread_mutex_destroy(&oauth->lock);
	free(oauth);
}

/* The key in PKCS #8, which gnutls_free releases; called with the lock held. */
static bool
oauth_key(struct upstream_oauth *oauth, gnutls_datum_t *out_pem)
{
	if (!oauth->key) {
		if (gnutls_x509_privkey_init(&oauth->key) != 0)
			return false;
		if (gnutls_x509_privkey_generate(
			oauth->key, GNUTLS_PK_RSA, KEY_BITS, 0) != 0) {
			gnutls_x509_privkey_deinit(oauth->key);
			oauth->key = NULL;
			return false;
		}
	}
	return gnutls_x509_privkey_export2_pkcs8(oauth->key, GNUTLS_X509_FMT_PEM, NULL,
		   GNUTLS_PKCS_PLAIN, out_pem) == 0;
}

json_t *
upstream_oauth_account(struct upstream_oauth *oauth, const char *token_uri)
{
	gnutls_datum_t pem = {NULL, 0};
	json_t *account = NULL;

	(void)pthread_mutex_lock(&oauth->lock);
	if (oauth_key(oauth, &pem)) {
		account = json_pack("{s:s,s:s,s:s,s:s%,s:s,s:s,s:s}", "type",
		    "service_account", "project_id", "loopback-project",
		    "private_key_id", KEY_ID, "private_key", (const char *)pem.data,
		    (size_t)pem.size, "client_email", ACCOUNT, "client_id",
		    "100000000000000000001", "token_uri", token_uri);
		gnutls_free(pem.data);
	}
	(void)pthread_mutex_unlock(&oauth->lock);
	return account;
}

bool
upstream_oauth_is_ours(const char *token)
{
	return strncmp(token, PREFIX, sizeof(PREFIX) - 1) == 0;
}

bool
upstream_oauth_is_good(struct upstream_oauth *oauth, const char *token)
{
	uint64_t number;
	bool good;

	if (!upstream_oauth_is_ours(token))
		return false;
	number = strtoull(token + sizeof(PREFIX) - 1, NULL, 10);
	(void)pthread_mutex_lock(&oauth->lock);
	good = number > oauth->forgotten && number <= oauth->issued &&
	       oauth->issued - number < TOKENS &&
	       time(NULL) < oauth->until[number % TOKENS];
	(void)pthread_mutex_unlock(&oauth->lock);
	return good;
}

void
upstream_oauth_forget(struct upstream_oauth *oauth)
{
	(void)pthread_mutex_lock(&oauth->lock);
	oauth->forgotten = oauth->issued;
	(void)pthread_mutex_unlock(&oauth->lock);
}

static int
oauth_digit(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)((at - digits) % 16) : -1;
}

/* The value of `name` in a form (application/x-www-form-urlencoded), decoded into `out` of
 * TEXT_MAX bytes; false if it is absent or too long. */
static bool
oauth_form(const char *form, const char *name, char *out)
{
	size_t len = strlen(name);
	size_t n = 0;

	while (*form && (strncmp(form, name, len) != 0 || form[len] != '=')) {
		form += strcspn(form, "&");
		form += *form == '&';
	}
	if (!*form)
		return false;
	for (form += len + 1; *form && *form != '&' && n < TEXT_MAX - 1; form++) {
		int high = *form == '%' ? oauth_digit(form[1]) : -1;
		int low = high >= 0 ? oauth_digit(form[2]) : -1;

		out[n] = *form == '+' ? ' ' : *form;
		if (low >= 0) {
			out[n] = (char)(high * 16 + low);
			form += 2;
		}
		n++;
	}
	out[n] = '\0';
	return n < TEXT_MAX - 1;
}

/* One part of a JWT: base64url without padding (RFC 7515, section 2). The caller releases
 * it with gnutls_free. */
static bool
oauth_part(const char *part, size_t len, gnutls_datum_t *out)
{
	char text[TEXT_MAX + 4];
	gnutls_datum_t encoded = {(unsigned char *)text, 0};
	size_t i;

	if (len == 0 || len >= TEXT_MAX || len % 4 == 1)
		return false;
	for (i = 0; i < len; i++) {
		if (strchr("+/=", part[i]))
			return false;
		text[i] = part[i] == '-' ? '+' : part[i] == '_' ? '/' : part[i];
	}
	while (len % 4)
		text[len++] = '=';
	encoded.size = (unsigned)len;
	return gnutls_base64_decode2(&encoded, out) == 0;
}

static json_t *
oauth_part_json(const char *part, size_t len)
{
	gnutls_datum_t bytes = {NULL, 0};
	json_t *json;

	if (!oauth_part(part, len, &bytes))
		return NULL;
	json = json_loadb((const char *)bytes.data, bytes.size, 0, NULL);
	gnutls_free(bytes.data);
	return json;
}

/* Is `signature` the account's, over the `len` bytes at `text`? */
static bool
oauth_verify(struct upstream_oauth *oauth, const char *text, size_t len,
    const gnutls_datum_t *signature)
{
	const gnutls_datum_t signed_bytes = {
	    (unsigned char *)(uintptr_t)text, (unsigned)len};
	gnutls_privkey_t private_key = NULL;
	gnutls_pubkey_t public_key = NULL;
	bool good = false;

	(void)pthread_mutex_lock(&oauth->lock);
	if (oauth->key && gnutls_privkey_init(&private_key) == 0 &&
	    gnutls_pubkey_init(&public_key) == 0 &&
	    gnutls_privkey_import_x509(private_key, oauth->key, 0) == 0 &&
	    gnutls_pubkey_import_privkey(public_key, private_key, 0, 0) == 0) {
		good = gnutls_pubkey_verify_data2(public_key, GNUTLS_SIGN_RSA_SHA256, 0,
			   &signed_bytes, signature) >= 0;
	}
	if (public_key)
		gnutls_pubkey_deinit(public_key);
	if (private_key)
		gnutls_privkey_deinit(private_key);
	(void)pthread_mutex_unlock(&oauth->lock);
	return good;
}

static bool
oauth_is(const json_t *object, const char *member, const char *text)
{
	const char *found = json_string_value(json_object_get(object, member));

	return found && strcmp(found, text) == 0;
}

/* What is wrong with the header and the signature; NULL = nothing. */
static const char *
oauth_check_signature(struct upstream_oauth *oauth, const char *jwt)
{
	size_t header_len = strcspn(jwt, ".");
	const char *claims = jwt + header_len + 1;
	size_t claims_len = strcspn(claims, ".");
	const char *signature = claims + claims_len + 1;
	json_t *header = oauth_part_json(jwt, header_len);
	gnutls_datum_t bytes = {NULL, 0};
	const char *error = NULL;

	if (!oauth_is(header, "alg", "RS256")) {
		error = "Invalid JWT: Algorithm in the header is not RS256.";
	} else if ((json_object_get(header, "kid") &&
		       !oauth_is(header, "kid", KEY_ID)) ||
		   !oauth_part(signature, strlen(signature), &bytes) ||
		   !oauth_verify(oauth, jwt, (size_t)(signature - jwt) - 1, &bytes)) {
		error = "Invalid JWT Signature.";
	}
	gnutls_free(bytes.data);
	json_decref(header);
	return error;
}

/* RFC 7523, section 3, with the limits that Google sets. */
static const char *
oauth_check_claims(const struct upstream_request *request, const json_t *claims)
{
	json_int_t now = (json_int_t)time(NULL);
	json_int_t begin = json_integer_value(json_object_get(claims, "iat"));
	json_int_t end = json_integer_value(json_object_get(claims, "exp"));
	char audience[UPSTREAM_ORIGIN_MAX + 8];

	upstream_origin(request, audience);
	(void)snprintf(audience + strlen(audience), 8, "/token");
	if (!oauth_is(claims, "iss", ACCOUNT))
		return "Invalid grant: account not found";
	if (!oauth_is(claims, "aud", audience))
		return "Invalid JWT: Failed audience check.";
	if (begin > now + SKEW_S || end <= now || end <= begin ||
	    end - begin > LIFE_S) {
		return "Invalid JWT: Token must be a short-lived token (60 minutes) "
		       "and in a reasonable timeframe. Check your iat and exp values "
		       "in the JWT claim.";
	}
	return NULL;
}

static void
oauth_error(struct upstream_answer *out, const char *error, const char *why)
{
	upstream_answer_json(
	    out, 400, json_pack("{s:s,s:s}", "error", error, "error_description", why));
}

static void
oauth_issue(const struct upstream_request *request, struct upstream_answer *out)
{
	struct upstream_oauth *oauth = request->up->oauth;
	json_t *seconds =
	    upstream_state_member(request->up->state, "token_seconds", NULL);
	json_int_t life = json_integer_value(seconds);
	char token[TOKEN_MAX];

	json_decref(seconds);
	(void)pthread_mutex_lock(&oauth->lock);
	oauth->issued++;
	oauth->until[oauth->issued % TOKENS] = time(NULL) + (time_t)life;
	(void)snprintf(token, sizeof(token), PREFIX "%" PRIu64, oauth->issued);
	(void)pthread_mutex_unlock(&oauth->lock);
	upstream_answer_json(out, 200,
	    json_pack("{s:s,s:I,s:s}", "access_token", token, "expires_in", life,
		"token_type", "Bearer"));
}

/* Three parts, and no fourth. */
static bool
oauth_is_jwt(const char *text)
{
	int dots = 0;

	for (; *text; text++)
		dots += *text == '.';
	return dots == PARTS - 1;
}

void
upstream_oauth_answer(
    const struct upstream_request *request, struct upstream_answer *out)
{
	static const char grant[] = "urn:ietf:params:oauth:grant-type:jwt-bearer";
	char text[TEXT_MAX];
	json_t *claims = NULL;
	const char *error;

	if (!oauth_form(request->body, "grant_type", text) ||
	    strcmp(text, grant) != 0) {
		oauth_error(out, "unsupported_grant_type", "Invalid grant_type");
		return;
	}
	if (!oauth_form(request->body, "assertion", text) || !oauth_is_jwt(text)) {
		oauth_error(out, "invalid_grant", "Invalid JWT: expected three parts");
		return;
	}
	error = oauth_check_signature(request->up->oauth, text);
	if (!error) {
		const char *part = strchr(text, '.') + 1;

		claims = oauth_part_json(part, strcspn(part, "."));
		error = oauth_check_claims(request, claims);
	}
	if (error) {
		oauth_error(out, "invalid_grant", error);
	} else if (!json_string_length(json_object_get(claims, "scope"))) {
		oauth_error(
		    out, "invalid_scope", "Empty or missing scope not allowed.");
	} else {
		oauth_issue(request, out);
	}
	json_decref(claims);
}
