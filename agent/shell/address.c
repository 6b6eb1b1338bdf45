#include "agent/shell/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Static_assert(LOOKUP_ADDRESS_TEXT_BYTES >= INET6_ADDRSTRLEN, "room for any address");

struct lookup_address
address_of(uint8_t version, const void *bytes)
{
	struct lookup_address address = {.version = version};

	memcpy(address.bytes, bytes, version == 4 ? 4 : 16);
	(void)inet_ntop(version == 4 ? AF_INET : AF_INET6, bytes, address.text,
	    sizeof(address.text));
	return address;
}

bool
address_parse(const char *text, struct lookup_address *out)
{
	unsigned char bytes[16];

	if (inet_pton(AF_INET, text, bytes) == 1) {
		*out = address_of(4, bytes);
		return true;
	}
	if (inet_pton(AF_INET6, text, bytes) == 1) {
		*out = address_of(6, bytes);
		return true;
	}
	return false;
}

static bool
parse_port(const char *text, uint16_t *out)
{
	size_t len = strspn(text, "0123456789");
	unsigned long port;

	if (len == 0 || len > 5 || text[len] != '\0') {
		return false;
	}
	port = strtoul(text, NULL, 10);
	if (port == 0 || port > UINT16_MAX) {
		return false;
	}
	*out = (uint16_t)port;
	return true;
}

bool
address_parse_port(const char *text, struct lookup_address *out, uint16_t *inout_port)
{
	bool bracketed = text[0] == '[';
	const char *host = bracketed ? text + 1 : text;
	const char *end = strchr(host, bracketed ? ']' : ':');
	const char *rest;
	char copy[LOOKUP_ADDRESS_TEXT_BYTES];
	struct lookup_address address;

	if (!bracketed && (end == NULL || strchr(end + 1, ':') != NULL)) {
		return address_parse(text, out); /* no port, or an IPv6 address */
	}
	if (end == NULL || (size_t)(end - host) >= sizeof(copy)) {
		return false;
	}
	memcpy(copy, host, (size_t)(end - host));
	copy[end - host] = '\0';
	rest = bracketed ? end + 1 : end;
	if (!address_parse(copy, &address) || address.version != (bracketed ? 6 : 4)) {
		return false;
	}
	if (rest[0] != '\0' && (rest[0] != ':' || !parse_port(rest + 1, inout_port))) {
		return false;
	}
	*out = address;
	return true;
}

socklen_t
address_socket(
    const struct lookup_address *address, uint16_t port, struct sockaddr_storage *out)
{
	memset(out, 0, sizeof(*out));
	if (address->version == 4) {
		struct sockaddr_in v4 = {
		    .sin_family = AF_INET, .sin_port = htons(port)};

		memcpy(&v4.sin_addr, address->bytes, 4);
		memcpy(out, &v4, sizeof(v4));
		return sizeof(v4);
	}
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	memcpy(&v6.sin6_addr, address->bytes, 16);
	memcpy(out, &v6, sizeof(v6));
	return sizeof(v6);
}

int
address_open(int family, int type, int protocol, const struct lookup_address *source)
{
	struct sockaddr_storage from;
	socklen_t len;
	int kept;
	int fd;

	if (source->version != 0 &&
	    family != (source->version == 4 ? AF_INET : AF_INET6)) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
	if (fd < 0 || source->version == 0) {
		return fd;
	}
	len = address_socket(source, 0, &from);
	if (bind(fd, (const struct sockaddr *)&from, len) != 0) {
		kept = errno;
		(void)close(fd);
		errno = kept;
		return -1;
	}
	return fd;
}
