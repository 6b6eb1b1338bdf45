#include "agent/shell/probe_icmp.h"

#include "agent/shell/address.h"
#include "agent/shell/transport.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	PACKET_BYTES = 1500, /* more is no reply to ours */
	/* IP_RECVERR and IPV6_RECVERR of linux/in.h and linux/in6.h, which say "unreachable"
	 * as an error of the socket; <netinet/in.h> has them only beyond POSIX. */
	RECEIVE_ERRORS_4 = 11,
	RECEIVE_ERRORS_6 = 25
};

void
ping_init(struct ping *ping)
{
	memset(ping, 0, sizeof(*ping));
	ping->fd = -1;
}

void
ping_end(struct ping *ping)
{
	if (ping->fd >= 0) {
		(void)close(ping->fd);
		ping->fd = -1;
	}
}

static void
fail(struct ping *ping, int os_errno)
{
	ping->over = true;
	ping->end = transport_is_local(os_errno) ? TRANSPORT_LOCAL : TRANSPORT_CONNECT;
	(void)snprintf(ping->text, sizeof(ping->text), "%s: %s", ping->to.text,
	    strerror(os_errno));
}

static bool
is_forbidden(int os_errno)
{
	return os_errno == EACCES || os_errno == EPERM;
}

/* The kernel needs no rights for the first kind, if only its administrator lets us. */
static bool
open_ping(struct ping *ping, const struct lookup_address *source)
{
	const struct lookup_address *to = &ping->to;
	int family = to->version == 4 ? AF_INET : AF_INET6;
	int protocol = to->version == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	int os_errno;

	ping->fd = address_open(family, SOCK_DGRAM, protocol, source);
	ping->headed = false;
	if (ping->fd < 0 && (is_forbidden(errno) || errno == EPROTONOSUPPORT)) {
		ping->fd = address_open(family, SOCK_RAW, protocol, source);
		ping->headed = to->version == 4;
	}
	if (ping->fd >= 0) {
		return true;
	}
	os_errno = errno;
	fail(ping, os_errno);
	if (is_forbidden(os_errno)) {
		(void)snprintf(ping->text, sizeof(ping->text),
		    "not permitted: neither net.ipv4.ping_group_range nor CAP_NET_RAW "
		    "lets this agent send an echo");
	}
	return false;
}

static bool
send_echo(struct ping *ping)
{
	struct sockaddr_storage address;
	socklen_t len = address_socket(&ping->to, 0, &address);
	unsigned char packet[ECHO_BYTES];
	const int on = 1;
	bool v4 = ping->to.version == 4;

	/* Connected, it hears of nobody else. Without the option only some of the ways to be
	 * unreachable are told: others end as silence. */
	(void)setsockopt(ping->fd, v4 ? IPPROTO_IP : IPPROTO_IPV6,
	    v4 ? RECEIVE_ERRORS_4 : RECEIVE_ERRORS_6, &on, sizeof(on));
	echo_build(&ping->echo, packet);
	return connect(ping->fd, (const struct sockaddr *)&address, len) == 0 &&
	       send(ping->fd, packet, sizeof(packet), MSG_NOSIGNAL) ==
		   (ssize_t)sizeof(packet);
}

void
ping_begin(struct ping *ping, const struct lookup_address *to,
    const struct lookup_address *source)
{
	ping->to = *to;
	ping->echo = (struct echo){.version = to->version, .sequence = 1};
	if (getrandom(ping->echo.token, sizeof(ping->echo.token), 0) !=
	    (ssize_t)sizeof(ping->echo.token)) {
		fail(ping, EAGAIN);
		ping->end = TRANSPORT_LOCAL;
		return;
	}
	memcpy(&ping->echo.identifier, ping->echo.token, sizeof(ping->echo.identifier));
	if (!open_ping(ping, source)) {
		return;
	}
	if (!send_echo(ping)) {
		fail(ping, errno);
		return;
	}
	(void)snprintf(ping->text, sizeof(ping->text), "%s", to->text);
}

void
ping_step(struct ping *ping)
{
	unsigned char packet[PACKET_BYTES];

	while (ping->fd >= 0 && !ping->over) {
		ssize_t got = recv(ping->fd, packet, sizeof(packet), 0);

		if (got < 0 && errno == EAGAIN) {
			return;
		}
		if (got < 0 && errno != EINTR) {
			fail(ping, errno);
			return;
		}
		if (got >= 0 &&
		    echo_is_reply(&ping->echo, ping->headed, packet, (size_t)got)) {
			ping->over = true;
			ping->end = TRANSPORT_DONE;
		}
	}
}
