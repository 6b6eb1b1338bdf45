#include "tests/support/dns_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	MESSAGE_BYTES = 2048,
	HEAD_BYTES = 12, /* RFC 1035 4.1.1 */
	PATIENCE_MS = 20000,
	FLAG_ANSWER = 0x80,    /* of byte 2 */
	FLAG_TRUNCATED = 0x02, /* of byte 2 */
	FLAG_RECURSION = 0x80  /* of byte 3 */
};

struct message {
	unsigned char byte[MESSAGE_BYTES];
	size_t len;
};

static void __attribute__((noreturn)) give_up(const char *what)
{
	perror(what);
	exit(1);
}

static void
put_16(struct message *message, unsigned value)
{
	message->byte[message->len++] = (unsigned char)(value >> 8);
	message->byte[message->len++] = (unsigned char)value;
}

/* The name that is asked for, with dots; false when the question is none. */
static bool
read_question(const struct message *query, char *name, size_t cap, unsigned *out_type,
    size_t *out_end)
{
	size_t at = HEAD_BYTES;
	size_t len = 0;

	while (at < query->len && query->byte[at] != 0) {
		size_t label = query->byte[at++];

		if (at + label >= query->len || len + label + 2 > cap) {
			return false;
		}
		if (len > 0) {
			name[len++] = '.';
		}
		memcpy(name + len, query->byte + at, label);
		len += label;
		at += label;
	}
	if (at + 5 > query->len) {
		return false;
	}
	name[len] = '\0';
	*out_type = (unsigned)query->byte[at + 1] << 8 | query->byte[at + 2];
	*out_end = at + 5;
	return true;
}

static const struct dns_rule *
find_rule(const struct dns_server *server, const char *name, unsigned type)
{
	static const struct dns_rule unknown = {.action = DNS_NXDOMAIN};
	const struct dns_rule *rule = server->rules;

	for (; rule->name != NULL; rule++) {
		if (strcasecmp(rule->name, name) == 0 &&
		    (rule->type == DNS_TYPE_ANY || rule->type == type)) {
			return rule;
		}
	}
	return &unknown;
}

static void
add_addresses(const struct dns_rule *rule, unsigned type, struct message *answer)
{
	unsigned char bytes[16];
	int family = type == DNS_TYPE_A ? AF_INET : AF_INET6;
	unsigned len = type == DNS_TYPE_A ? 4 : 16;

	for (size_t i = 0; i < DNS_RULE_ADDRESSES && rule->address[i] != NULL; i++) {
		if (inet_pton(family, rule->address[i], bytes) != 1) {
			continue;
		}
		put_16(answer, 0xC000 | HEAD_BYTES); /* the name of the question */
		put_16(answer, type);
		put_16(answer, 1);
		put_16(answer, rule->ttl_s >> 16);
		put_16(answer, rule->ttl_s & 0xffff);
		put_16(answer, len);
		memcpy(answer->byte + answer->len, bytes, len);
		answer->len += len;
		answer->byte[7]++;
	}
}

static unsigned
rcode_of(enum dns_action action)
{
	switch (action) {
	case DNS_NXDOMAIN:
		return 3;
	case DNS_SERVFAIL:
		return 2;
	case DNS_REFUSED:
		return 5;
	case DNS_ANSWER:
	case DNS_NODATA:
	case DNS_SILENCE:
	case DNS_TRUNCATED:
	case DNS_GARBAGE:
	case DNS_WRONG_ID:
		break;
	}
	return 0;
}

/* False when nothing is to be said. */
static bool
make_answer(const struct dns_server *server, const struct message *query, bool tcp,
    struct message *out)
{
	char name[256];
	unsigned type;
	size_t end;
	const struct dns_rule *rule;
	struct pollfd stop = {.fd = server->stop[0], .events = POLLIN};

	if (!read_question(query, name, sizeof(name), &type, &end)) {
		return false;
	}
	rule = find_rule(server, name, type);
	if (rule->action == DNS_SILENCE) {
		return false;
	}
	if (rule->delay_ms > 0 && poll(&stop, 1, (int)rule->delay_ms) != 0) {
		return false;
	}
	memset(out, 0, sizeof(*out));
	memcpy(out->byte, query->byte, end);
	out->len = end;
	out->byte[2] |= FLAG_ANSWER;
	out->byte[3] = (unsigned char)(FLAG_RECURSION | rcode_of(rule->action));
	memset(out->byte + 6, 0, 6);
	out->byte[5] = 1;
	if (rule->action == DNS_TRUNCATED && !tcp) {
		out->byte[2] |= FLAG_TRUNCATED;
		return true;
	}
	if (rule->action == DNS_GARBAGE) {
		out->byte[7] = 3; /* records that are not there */
		memset(out->byte + out->len, 0xff, 40);
		out->len += 40;
		return true;
	}
	if (rule->action == DNS_WRONG_ID) {
		out->byte[0] ^= 0x55;
	}
	add_addresses(rule, type, out);
	return true;
}

static void
serve_udp(struct dns_server *server)
{
	struct message query = {.len = 0};
	struct message answer;
	struct sockaddr_storage peer;
	struct sockaddr_in v4;
	socklen_t peer_len = sizeof(peer);
	ssize_t got = recvfrom(server->udp, query.byte, sizeof(query.byte), 0,
	    (struct sockaddr *)&peer, &peer_len);

	if (got < HEAD_BYTES) {
		return;
	}
	query.len = (size_t)got;
	if (peer.ss_family == AF_INET) {
		memcpy(&v4, &peer, sizeof(v4));
		atomic_store(&server->peer, v4.sin_addr.s_addr);
	}
	(void)atomic_fetch_add(&server->asked_udp, 1);
	if (make_answer(server, &query, false, &answer)) {
		(void)sendto(server->udp, answer.byte, answer.len, 0,
		    (struct sockaddr *)&peer, peer_len);
	}
}

static bool
read_all(int fd, unsigned char *data, size_t len)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};

	while (len > 0) {
		ssize_t got;

		if (poll(&wait, 1, PATIENCE_MS) != 1) {
			return false;
		}
		got = recv(fd, data, len, 0);
		if (got <= 0) {
			return false;
		}
		data += got;
		len -= (size_t)got;
	}
	return true;
}

static void
serve_tcp(struct dns_server *server)
{
	struct message query = {.len = 0};
	struct message answer;
	unsigned char len[2];
	int fd = accept(server->tcp, NULL, NULL);

	if (fd < 0) {
		return;
	}
	if (read_all(fd, len, 2)) {
		query.len = (size_t)len[0] << 8 | len[1];
	}
	if (query.len >= HEAD_BYTES && query.len <= sizeof(query.byte) &&
	    read_all(fd, query.byte, query.len)) {
		(void)atomic_fetch_add(&server->asked_tcp, 1);
		if (make_answer(server, &query, true, &answer)) {
			len[0] = (unsigned char)(answer.len >> 8);
			len[1] = (unsigned char)answer.len;
			(void)send(fd, len, 2, MSG_NOSIGNAL);
			(void)send(fd, answer.byte, answer.len, MSG_NOSIGNAL);
		}
	}
	(void)close(fd);
}

static void *
serve(void *context)
{
	struct dns_server *server = context;
	struct pollfd wait[3] = {
	    {.fd = server->stop[0], .events = POLLIN},
	    {.fd = server->udp, .events = POLLIN},
	    {.fd = server->tcp, .events = POLLIN},
	};

	while (poll(wait, 3, -1) > 0 && wait[0].revents == 0) {
		if (wait[1].revents != 0) {
			serve_udp(server);
		}
		if (wait[2].revents != 0) {
			serve_tcp(server);
		}
	}
	return NULL;
}

/* Both sockets on one port; false when the port that UDP got is not free for TCP. */
static bool
bind_both(struct dns_server *server, int version)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {
	    .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
	struct sockaddr *address =
	    version == 4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
	socklen_t len = version == 4 ? sizeof(v4) : sizeof(v6);
	int family = version == 4 ? AF_INET : AF_INET6;

	v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server->udp = socket(family, SOCK_DGRAM, 0);
	server->tcp = socket(family, SOCK_STREAM, 0);
	if (server->udp < 0 || server->tcp < 0 ||
	    bind(server->udp, address, len) != 0 ||
	    getsockname(server->udp, address, &len) != 0) {
		give_up("dns_server");
	}
	server->port = ntohs(version == 4 ? v4.sin_port : v6.sin6_port);
	if (bind(server->tcp, address, len) == 0 && listen(server->tcp, 8) == 0) {
		return true;
	}
	(void)close(server->udp);
	(void)close(server->tcp);
	return false;
}

void
dns_server_start(struct dns_server *server, int version, const struct dns_rule *rules)
{
	memset(server, 0, sizeof(*server));
	server->rules = rules;
	for (int tries = 0; !bind_both(server, version); tries++) {
		if (tries == 50) {
			give_up("dns_server: no port");
		}
	}
	(void)snprintf(server->resolver, sizeof(server->resolver), "%s:%u",
	    version == 4 ? "127.0.0.1" : "[::1]", (unsigned)server->port);
	if (pipe(server->stop) != 0 ||
	    pthread_create(&server->thread, NULL, serve, server) != 0) {
		give_up("dns_server");
	}
}

void
dns_server_stop(struct dns_server *server)
{
	(void)close(server->stop[1]);
	(void)pthread_join(server->thread, NULL);
	(void)close(server->stop[0]);
	(void)close(server->udp);
	(void)close(server->tcp);
}
