#include "common/core/syntax.h"

#include "common/core/limits.h"

#include <string.h>

#define LOWER   "abcdefghijklmnopqrstuvwxyz"
#define UPPER   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS  "0123456789"
#define HOST    LOWER DIGITS ".-_"
#define ADDRESS DIGITS "abcdefABCDEF:."

enum {
	DISTANCE_LETTERS = 32,
	PORT_DIGITS = 5
};

/* True when all `len` bytes at `text` are out of `allowed` and there is at least one. */
static bool
made_of(const char *text, size_t len, const char *allowed)
{
	return len > 0 && strspn(text, allowed) >= len;
}

bool
syntax_is_name(const char *text)
{
	size_t len = strlen(text);

	return len < LIMIT_NAME_BYTES && made_of(text, len, LOWER DIGITS "._-") &&
	       strchr("._-", text[0]) == NULL;
}

bool
syntax_is_model(const char *text)
{
	size_t len = strlen(text);

	return len < LIMIT_SERIES_BYTES &&
	       made_of(text, len, LOWER UPPER DIGITS "._:@/-") &&
	       strstr(text, "..") == NULL && text[0] != '/' && text[len - 1] != '/';
}

/* Reads ":port" that must fill `len` bytes; nothing at all is port 0. */
static bool
read_port(const char *text, size_t len, uint16_t *out_port)
{
	uint32_t port = 0;

	if (len == 0) {
		*out_port = 0;
		return true;
	}
	if (text[0] != ':' || len > PORT_DIGITS + 1 ||
	    !made_of(text + 1, len - 1, DIGITS)) {
		return false;
	}
	for (size_t i = 1; i < len; i++) {
		port = port * 10 + (uint32_t)(text[i] - '0');
	}
	*out_port = (uint16_t)port;
	return port > 0 && port <= UINT16_MAX;
}

/* Splits "host:port" or "[v6]:port" of `len` bytes. */
static bool
split_authority(const char *text, size_t len, struct syntax_url *url)
{
	size_t host_end = strcspn(text, ":/?#");

	url->host = text;
	if (len > 0 && text[0] == '[') {
		host_end = strcspn(text, "]");
		url->host = text + 1;
		url->host_len = host_end - 1;
		return host_end < len && made_of(url->host, url->host_len, ADDRESS) &&
		       read_port(text + host_end + 1, len - host_end - 1, &url->port);
	}
	if (host_end > len) {
		host_end = len;
	}
	url->host_len = host_end;
	return made_of(url->host, url->host_len, HOST UPPER) &&
	       read_port(text + host_end, len - host_end, &url->port);
}

bool
syntax_url_split(const char *text, struct syntax_url *out_url)
{
	struct syntax_url url = {0};
	const char *mark = strstr(text, "://");
	const char *authority;
	size_t authority_len;

	if (mark == NULL) {
		return false;
	}
	for (const char *at = text; *at != '\0'; at++) {
		if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f) {
			return false;
		}
	}
	url.scheme = text;
	url.scheme_len = (size_t)(mark - text);
	authority = mark + strlen("://");
	authority_len = strcspn(authority, "/?#");
	url.rest = authority + authority_len;
	if (!made_of(url.scheme, url.scheme_len, LOWER DIGITS "+") ||
	    !split_authority(authority, authority_len, &url)) {
		return false;
	}
	*out_url = url;
	return true;
}

bool
syntax_url_has_scheme(const struct syntax_url *url, const char *scheme)
{
	return strlen(scheme) == url->scheme_len &&
	       memcmp(scheme, url->scheme, url->scheme_len) == 0;
}

static bool
host_is(const struct syntax_url *url, const char *host)
{
	return strlen(host) == url->host_len &&
	       memcmp(host, url->host, url->host_len) == 0;
}

/* The first two numbers of a dotted IPv4 address; false for anything else, a name that
 * only begins like one, too. */
static bool
leading_octets(const struct syntax_url *url, unsigned out[2])
{
	unsigned octet[4] = {0};
	size_t dots = 0;

	if (url->host_len < sizeof("1.1.1.1") - 1 ||
	    !made_of(url->host, url->host_len, DIGITS ".")) {
		return false;
	}
	for (size_t i = 0; i < url->host_len; i++) {
		if (url->host[i] == '.') {
			dots++;
		} else if (dots < 4) {
			octet[dots] = octet[dots] * 10 + (unsigned)(url->host[i] - '0');
		}
		if (dots > 3 || octet[dots] > 255) {
			return false;
		}
	}
	out[0] = octet[0];
	out[1] = octet[1];
	return dots == 3;
}

bool
syntax_url_is_loopback(const struct syntax_url *url)
{
	unsigned octet[2];

	return host_is(url, "localhost") || host_is(url, "::1") ||
	       (leading_octets(url, octet) && octet[0] == 127);
}

bool
syntax_url_is_private(const struct syntax_url *url)
{
	unsigned octet[2];

	if (!leading_octets(url, octet)) {
		return false;
	}
	return octet[0] == 10 ||
	       (octet[0] == 172 && octet[1] >= 16 && octet[1] <= 31) ||
	       (octet[0] == 192 && octet[1] == 168);
}

bool
syntax_is_host_port(const char *text)
{
	struct syntax_url url = {0};

	/* curl reports hosts in lower case, and the match is exact */
	return strcspn(text, UPPER "/?#") == strlen(text) &&
	       split_authority(text, strlen(text), &url);
}

bool
syntax_is_reference(const char *text)
{
	static const char *const kinds[] = {"env:", "file:", "credential:"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t len = strlen(kinds[i]);

		if (strncmp(text, kinds[i], len) == 0 && text[len] != '\0') {
			return true;
		}
	}
	return false;
}

static size_t
min3(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

size_t
syntax_distance(const char *a, const char *b)
{
	/* three rows of the table, used in turn */
	size_t row[3][DISTANCE_LETTERS] = {{0}};
	size_t a_len = strlen(a);
	size_t b_len = strlen(b);

	if (a_len >= DISTANCE_LETTERS || b_len >= DISTANCE_LETTERS) {
		return SIZE_MAX;
	}
	for (size_t j = 0; j <= b_len; j++) {
		row[0][j] = j;
	}
	for (size_t i = 1; i <= a_len; i++) {
		size_t *now = row[i % 3];
		const size_t *above = row[(i + 2) % 3];
		const size_t *two_above = row[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t change = a[i - 1] == b[j - 1] ? 0 : 1;

			now[j] =
			    min3(above[j] + 1, now[j - 1] + 1, above[j - 1] + change);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && two_above[j - 2] + 1 < now[j]) {
				now[j] = two_above[j - 2] + 1;
			}
		}
	}
	return row[a_len % 3][b_len];
}
