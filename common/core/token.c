#include "common/core/token.h"

#include "common/core/base64.h"
#include "common/core/syntax.h"

#include <stdio.h>
#include <string.h>

enum {
	PLAIN_BYTES = TOKEN_URL_BYTES + 2 * (2 * SHA256_BYTES + 2)
};

static bool
is_url(const char *url)
{
	struct syntax_url parts;

	return strlen(url) < TOKEN_URL_BYTES && strchr(url, ' ') == NULL &&
	       syntax_url_split(url, &parts) && syntax_url_has_scheme(&parts, "https");
}

enum err
token_text(const struct token *token, char out[TOKEN_TEXT_BYTES])
{
	char secret[2 * TOKEN_SECRET_BYTES + 1];
	char plain[PLAIN_BYTES + 4];
	size_t prefix_len = strlen(TOKEN_PREFIX);
	int len;

	out[0] = '\0';
	if (!is_url(token->url)) {
		return ERR_INVALID;
	}
	sha256_hex(token->secret, secret);
	/* Blanks to a whole number of groups: no padding at the end to lose. */
	len = snprintf(
	    plain, sizeof(plain), "%s %s %s  ", token->url, token->authority, secret);
	if (len < 0 || (size_t)len >= sizeof(plain)) {
		return ERR_INVALID;
	}
	memcpy(out, TOKEN_PREFIX, prefix_len);
	(void)base64_encode(plain, (size_t)len / 3 * 3, out + prefix_len,
	    TOKEN_TEXT_BYTES - prefix_len);
	for (char *at = out + prefix_len; *at != '\0'; at++) {
		*at = *at == '+' ? '-' : *at == '/' ? '_' : *at;
	}
	return ERR_OK;
}

static int
digit(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
read_hex(const char *text, unsigned char out[SHA256_BYTES])
{
	for (size_t i = 0; i < SHA256_BYTES; i++) {
		int high = digit(text[2 * i]);
		int low = high < 0 ? -1 : digit(text[2 * i + 1]);

		if (low < 0) {
			return false;
		}
		out[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

/* The three words of `plain`, which is NUL-terminated and gets cut up. */
static enum err
read_words(char *plain, struct token *out)
{
	unsigned char print[SHA256_BYTES];
	char *authority = strchr(plain, ' ');
	char *secret = authority != NULL ? strchr(authority + 1, ' ') : NULL;

	if (secret == NULL) {
		return ERR_FORMAT;
	}
	*authority++ = '\0';
	*secret++ = '\0';
	secret[strcspn(secret, " ")] = '\0';
	if (!is_url(plain) || strlen(authority) != 2 * SHA256_BYTES ||
	    strlen(secret) != 2 * SHA256_BYTES || !read_hex(authority, print) ||
	    !read_hex(secret, out->secret)) {
		return ERR_FORMAT;
	}
	memcpy(out->url, plain, strlen(plain) + 1);
	memcpy(out->authority, authority, sizeof(out->authority));
	return ERR_OK;
}

enum err
token_read(const char *text, struct token *out_token)
{
	static const char blanks[] = " \t\r\n";
	char plain[PLAIN_BYTES + 8];
	struct base64 base64;
	size_t len;

	memset(out_token, 0, sizeof(*out_token));
	text += strspn(text, blanks);
	len = strcspn(text, blanks);
	if (len < strlen(TOKEN_PREFIX) || strncmp(text, "plx", 3) != 0 ||
	    text[len + strspn(text + len, blanks)] != '\0') {
		return ERR_FORMAT;
	}
	if (strncmp(text, TOKEN_PREFIX, strlen(TOKEN_PREFIX)) != 0) {
		return text[4] == '_' ? ERR_VERSION : ERR_FORMAT;
	}
	text += strlen(TOKEN_PREFIX);
	len -= strlen(TOKEN_PREFIX);
	if (base64_decoded_max(len) >= sizeof(plain)) {
		return ERR_FORMAT;
	}
	base64_init(&base64);
	if (base64_decode(&base64, text, len, (unsigned char *)plain, &len) != ERR_OK ||
	    base64_end(&base64) != ERR_OK) {
		return ERR_FORMAT;
	}
	plain[len] = '\0';
	return strlen(plain) == len ? read_words(plain, out_token) : ERR_FORMAT;
}

void
token_hash(
    const unsigned char secret[TOKEN_SECRET_BYTES], unsigned char out[SHA256_BYTES])
{
	static const char purpose[] = "parallax enrolment 1";
	struct sha256 sha256;

	sha256_init(&sha256);
	sha256_add(&sha256, purpose, sizeof(purpose));
	sha256_add(&sha256, secret, TOKEN_SECRET_BYTES);
	sha256_end(&sha256, out);
}
