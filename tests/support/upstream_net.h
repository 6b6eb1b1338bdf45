/* upstream_net - addresses, prefixes and sockets of the test server
 * Room: tests/support.
 *
 * One form for both families: an IPv4 address is kept as its IPv4-mapped IPv6 address,
 * so that comparing and prefix matching is one loop over 16 bytes. */
#ifndef TESTS_SUPPORT_UPSTREAM_NET_H
#define TESTS_SUPPORT_UPSTREAM_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define UPSTREAM_NET_TEXT_MAX 64

/* An address and a port (host order); port 0 where only the address matters. */
struct upstream_net_addr {
	uint8_t ip[16];
	uint16_t port;
};

/* The addresses whose first `bits` of 128 equal those of `ip`. */
struct upstream_net_prefix {
	uint8_t ip[16];
	unsigned bits;
};

/* Reads `A.B.C.D:PORT`, `[V6]:PORT` or `:PORT` (then 127.0.0.1). False if it is neither. */
bool upstream_net_parse(const char *text, struct upstream_net_addr *out_addr);

/* Reads an address, with or without `/BITS`. False if it is not one. */
bool upstream_net_parse_prefix(
    const char *text, struct upstream_net_prefix *out_prefix);

/* Is `addr` within `prefix`? */
bool upstream_net_within(
    const struct upstream_net_prefix *prefix, const struct upstream_net_addr *addr);

/* The address without its port, as text; `out_text` has UPSTREAM_NET_TEXT_MAX bytes. */
void upstream_net_text(const struct upstream_net_addr *addr, char *out_text);

/* Reads what the kernel or libmicrohttpd gave; an unknown family gives all zeroes. */
void upstream_net_from_sockaddr(
    const struct sockaddr *address, struct upstream_net_addr *out_addr);

/* Fills `out_storage` for bind() and connect(); returns its length. */
socklen_t upstream_net_to_sockaddr(
    const struct upstream_net_addr *addr, struct sockaddr_storage *out_storage);

/* A bound, non-blocking, close-on-exec TCP socket with SO_REUSEADDR, or -1 with errno.
 * With `listening` it accepts. `addr->port` is replaced by the port that was bound. */
int upstream_net_bind(struct upstream_net_addr *addr, bool listening);

/* Makes the peer see a reset at once. The descriptor stays open and must still be closed
 * by its owner; unlike SO_LINGER this does not depend on how the owner closes it. */
void upstream_net_reset(int fd);

/* Pushes out what the kernel holds back to fill a packet; returns the bytes that the
 * peer has not acknowledged yet. */
int upstream_net_flush(int fd);

/* Milliseconds of the monotonic clock. */
int64_t upstream_net_now_ms(void);

#endif
