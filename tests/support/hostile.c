#include "tests/support/hostile.h"

#include "tests/support/process.h"
#include "tests/support/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	GREETING = 8,
	PREFIX = 8 + 4 /* of a request: length and number */
};

static struct sockaddr_in
parse(const char *address)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	const char *colon = strrchr(address, ':');
	char host[32];

	assert_non_null(colon);
	(void)snprintf(host, sizeof(host), "%.*s", (int)(colon - address), address);
	assert_int_equal(inet_pton(AF_INET, host, &at.sin_addr), 1);
	at.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
	return at;
}

struct hostile
hostile_connect(const char *address, int buffer)
{
	struct sockaddr_in at = parse(address);
	struct hostile peer = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
	    .request = UINT32_C(1) << 31};

	assert_true(peer.fd >= 0);
	if (buffer > 0) {
		assert_int_equal(
		    setsockopt(peer.fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer)),
		    0);
	}
	if (connect(peer.fd, (const struct sockaddr *)&at, sizeof(at)) != 0) {
		fail_msg("connect: %s", strerror(errno));
	}
	return peer;
}

void
hostile_close(struct hostile *peer, bool is_rude)
{
	const struct linger now = {.l_onoff = 1, .l_linger = 0};

	if (is_rude) {
		(void)setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	}
	(void)close(peer->fd);
	peer->fd = -1;
}

/* Blocks until `events` or the end of the connection are there. */
static void
await(const struct hostile *peer, short events)
{
	struct pollfd fd = {.fd = peer->fd, .events = events};

	if (poll(&fd, 1, PROCESS_PATIENCE_MS) != 1) {
		fail_msg("neither an answer nor an end for %d ms", PROCESS_PATIENCE_MS);
	}
}

bool
hostile_write(struct hostile *peer, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;

	while (len > 0) {
		ssize_t n = send(peer->fd, at, len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN) {
			await(peer, POLLOUT);
			continue;
		}
		if (n < 0) {
			return false;
		}
		at += n;
		len -= (size_t)n;
	}
	return true;
}

/* False when the other side closes before all is there. */
static bool
read_all(struct hostile *peer, unsigned char *out, size_t len)
{
	while (len > 0) {
		ssize_t n;

		await(peer, POLLIN);
		n = recv(peer->fd, out, len, 0);
		if (n <= 0) {
			return false;
		}
		out += n;
		len -= (size_t)n;
	}
	return true;
}

struct hostile
hostile_greet(const char *address, int buffer)
{
	static const unsigned char mine[GREETING] = {0, 'S', 'P', 0, 0, 0x30, 0, 0};
	static const unsigned char theirs[GREETING] = {0, 'S', 'P', 0, 0, 0x31, 0, 0};
	unsigned char got[GREETING];
	struct hostile peer = hostile_connect(address, buffer);

	assert_true(hostile_write(&peer, mine, sizeof(mine)));
	assert_true(read_all(&peer, got, sizeof(got)));
	assert_memory_equal(got, theirs, sizeof(got));
	return peer;
}

static void
put_big(unsigned char *out, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		out[i] = (unsigned char)(value >> (8 * (bytes - 1 - i)));
	}
}

bool
hostile_request(struct hostile *peer, const void *data, size_t len)
{
	unsigned char *bytes = malloc(PREFIX + len);
	bool is_sent;

	assert_non_null(bytes);
	put_big(bytes, len + 4, 8);
	put_big(bytes + 8, ++peer->request, 4);
	memcpy(bytes + PREFIX, data, len);
	is_sent = hostile_write(peer, bytes, PREFIX + len);
	free(bytes);
	return is_sent;
}

size_t
hostile_answer(struct hostile *peer, unsigned char *out, size_t cap)
{
	unsigned char prefix[PREFIX];
	uint64_t len = 0;

	if (!read_all(peer, prefix, sizeof(prefix))) {
		return 0;
	}
	for (size_t i = 0; i < 8; i++) {
		len = len << 8 | prefix[i];
	}
	assert_true(len > 4 && len - 4 <= cap);
	return read_all(peer, out, (size_t)len - 4) ? (size_t)len - 4 : 0;
}

void
hostile_await_end(struct hostile *peer)
{
	unsigned char bytes[4096];
	ssize_t n;

	do {
		await(peer, POLLIN);
		n = recv(peer->fd, bytes, sizeof(bytes), 0);
	} while (n > 0);
}

bool
hostile_is_ended(struct hostile *peer)
{
	unsigned char byte;
	ssize_t n = recv(peer->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	return n == 0 || (n < 0 && errno != EAGAIN);
}
