#include "tests/support/upstream_net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG 1024

static const uint8_t mapped_v4[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool
net_parse_ip(const char *text, uint8_t *out_ip)
{
	if (inet_pton(AF_INET, text, out_ip + 12) == 1) {
		memcpy(out_ip, mapped_v4, sizeof(mapped_v4));
		return true;
	}
	return inet_pton(AF_INET6, text, out_ip) == 1;
}

static bool
net_parse_number(const char *text, unsigned long max, unsigned long *out_number)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*out_number = strtoul(text, &end, 10);
	return *end == '\0' && errno == 0 && *out_number <= max;
}

bool
upstream_net_parse(const char *text, struct upstream_net_addr *out_addr)
{
	struct upstream_net_addr addr = {{0}, 0};
	char host[UPSTREAM_NET_TEXT_MAX];
	const char *colon = strrchr(text, ':');
	unsigned long port;
	size_t len;

	if (!colon || !net_parse_number(colon + 1, UINT16_MAX, &port))
		return false;
	len = (size_t)(colon - text);
	if (len >= 2 && text[0] == '[' && colon[-1] == ']') {
		text++;
		len -= 2;
	}
	if (len >= sizeof(host))
		return false;
	(void)snprintf(host, sizeof(host), "%.*s", (int)len, text);
	if (!net_parse_ip(len ? host : "127.0.0.1", addr.ip))
		return false;
	addr.port = (uint16_t)port;
	*out_addr = addr;
	return true;
}

bool
upstream_net_parse_prefix(const char *text, struct upstream_net_prefix *out_prefix)
{
	struct upstream_net_prefix prefix = {{0}, 128};
	char host[UPSTREAM_NET_TEXT_MAX];
	size_t len = strcspn(text, "/");
	bool v4;
	unsigned long bits;

	if (len >= sizeof(host))
		return false;
	(void)snprintf(host, sizeof(host), "%.*s", (int)len, text);
	if (!net_parse_ip(host, prefix.ip))
		return false;
	v4 = strchr(host, ':') == NULL;
	if (text[len] == '/') {
		if (!net_parse_number(text + len + 1, v4 ? 32 : 128, &bits))
			return false;
		prefix.bits = (unsigned)bits + (v4 ? 96 : 0);
	}
	*out_prefix = prefix;
	return true;
}

bool
upstream_net_within(
    const struct upstream_net_prefix *prefix, const struct upstream_net_addr *addr)
{
	unsigned whole = prefix->bits / 8;
	unsigned rest = prefix->bits % 8;
	unsigned mask = (0xff00U >> rest) & 0xffU;

	if (memcmp(prefix->ip, addr->ip, whole) != 0)
		return false;
	return rest == 0 || ((prefix->ip[whole] ^ addr->ip[whole]) & mask) == 0;
}

void
upstream_net_text(const struct upstream_net_addr *addr, char *out_text)
{
	const char *text;

	if (memcmp(addr->ip, mapped_v4, sizeof(mapped_v4)) == 0) {
		text =
		    inet_ntop(AF_INET, addr->ip + 12, out_text, UPSTREAM_NET_TEXT_MAX);
	} else {
		text = inet_ntop(AF_INET6, addr->ip, out_text, UPSTREAM_NET_TEXT_MAX);
	}
	if (!text)
		out_text[0] = '\0';
}

void
upstream_net_from_sockaddr(
    const struct sockaddr *address, struct upstream_net_addr *out_addr)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	memset(out_addr, 0, sizeof(*out_addr));
	if (address->sa_family == AF_INET) {
		memcpy(&v4, address, sizeof(v4));
		memcpy(out_addr->ip, mapped_v4, sizeof(mapped_v4));
		memcpy(out_addr->ip + 12, &v4.sin_addr, 4);
		out_addr->port = ntohs(v4.sin_port);
	} else if (address->sa_family == AF_INET6) {
		memcpy(&v6, address, sizeof(v6));
		memcpy(out_addr->ip, &v6.sin6_addr, 16);
		out_addr->port = ntohs(v6.sin6_port);
	}
}

socklen_t
upstream_net_to_sockaddr(
    const struct upstream_net_addr *addr, struct sockaddr_storage *out_storage)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

	memset(out_storage, 0, sizeof(*out_storage));
	if (memcmp(addr->ip, mapped_v4, sizeof(mapped_v4)) == 0) {
		v4.sin_port = htons(addr->port);
		memcpy(&v4.sin_addr, addr->ip + 12, 4);
		memcpy(out_storage, &v4, sizeof(v4));
		return sizeof(v4);
	}
	v6.sin6_port = htons(addr->port);
	memcpy(&v6.sin6_addr, addr->ip, 16);
	memcpy(out_storage, &v6, sizeof(v6));
	return sizeof(v6);
}

static bool
net_bind_fd(int fd, struct upstream_net_addr *addr, bool listening)
{
	struct sockaddr_storage storage;
	socklen_t len = upstream_net_to_sockaddr(addr, &storage);
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0)
		return false;
	if (bind(fd, (struct sockaddr *)&storage, len) != 0)
		return false;
	if (listening && listen(fd, BACKLOG) != 0)
		return false;
	len = sizeof(storage);
	if (getsockname(fd, (struct sockaddr *)&storage, &len) != 0)
		return false;
	upstream_net_from_sockaddr((struct sockaddr *)&storage, addr);
	return true;
}

int
upstream_net_bind(struct upstream_net_addr *addr, bool listening)
{
	struct sockaddr_storage storage;
	int saved;
	int fd;

	(void)upstream_net_to_sockaddr(addr, &storage);
	fd = socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (net_bind_fd(fd, addr, listening))
		return fd;
	saved = errno;
	(void)close(fd);
	errno = saved;
	return -1;
}

void
upstream_net_reset(int fd)
{
	struct sockaddr nowhere = {.sa_family = AF_UNSPEC};

	/* connect(2): AF_UNSPEC dissolves the association, which on Linux is a reset
	 * if the connection was open. */
	(void)connect(fd, &nowhere, sizeof(nowhere));
}

int
upstream_net_flush(int fd)
{
	int unsent = 0;
	int on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (ioctl(fd, SIOCOUTQ, &unsent) != 0)
		return 0;
	return unsent;
}

int64_t
upstream_net_now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
