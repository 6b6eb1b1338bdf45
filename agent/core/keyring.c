#include "agent/core/keyring.h"

#include <string.h>

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Is the `len` bytes at `text` the whole of `name`? */
static bool
same_name(const char *text, size_t len, const char *name)
{
	if (strlen(name) != len) {
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		if (lower(text[i]) != lower(name[i])) {
			return false;
		}
	}
	return true;
}

/* The port that `text` spells in plain decimal, 0 when it spells none. */
static uint32_t
port_of(const char *text)
{
	uint32_t port = 0;

	if (*text == '0') {
		return 0;
	}
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9') {
			return 0;
		}
		port = port * 10 + (uint32_t)(*text - '0');
		if (port > UINT16_MAX) {
			return 0;
		}
	}
	return port;
}

/* Splits "host:port" or "[v6]:port"; false when `entry` has no port. A bare IPv6
 * address has more than one colon and no brackets. */
static bool
split_port(const char *entry, size_t *out_name_len, uint32_t *out_port)
{
	const char *first = strchr(entry, ':');
	const char *last = strrchr(entry, ':');

	if (last == NULL || (entry[0] != '[' && first != last) ||
	    (entry[0] == '[' && (last == entry || last[-1] != ']'))) {
		return false;
	}
	*out_name_len = (size_t)(last - entry);
	*out_port = port_of(last + 1);
	return true;
}

static bool
entry_allows(const char *entry, const struct request_host *host)
{
	size_t len = strlen(entry);
	uint32_t port = 443;
	bool has_port = split_port(entry, &len, &port);

	if (!host->https && !(has_port && host->loopback)) {
		return false;
	}
	if (port != host->port) {
		return false;
	}
	if (len >= 2 && entry[0] == '[' && entry[len - 1] == ']') {
		return same_name(entry + 1, len - 2, host->name);
	}
	return len > 0 && same_name(entry, len, host->name);
}

bool
keyring_allows(const struct agent_key *key, const struct request_host *host)
{
	for (size_t i = 0; i < key->hosts_len; i++) {
		if (entry_allows(key->hosts[i], host)) {
			return true;
		}
	}
	return false;
}

bool
keyring_allows_token(const struct agent_key *key, const struct request_host *host)
{
	for (size_t i = 0; i < key->token_hosts_len; i++) {
		if (entry_allows(key->token_hosts[i], host)) {
			return true;
		}
	}
	return false;
}

const struct agent_key *
keyring_find(const struct agent_key *key, size_t len, const char *name)
{
	for (size_t i = 0; i < len; i++) {
		if (strcmp(key[i].name, name) == 0) {
			return &key[i];
		}
	}
	return NULL;
}
