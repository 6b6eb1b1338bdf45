/* echo - the packets of a ping (RFC 792, RFC 4443)
 * Room: agent/core (pure).
 *
 * A request carries a token that nobody else can know, and a reply counts only when it
 * brings it back. The identifier of the packet says nothing: the kernel of an unprivileged
 * socket replaces it. */
#ifndef AGENT_CORE_ECHO_H
#define AGENT_CORE_ECHO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ECHO_BYTES = 64 /* a packet of ours: 8 of head, 16 of token, the rest fill */
};

struct echo {
	uint8_t version; /* of IP, 4 or 6 */
	uint16_t identifier;
	uint16_t sequence;
	uint8_t token[16];
};

/* Writes the request. The checksum of IPv6 spans addresses that only the kernel knows, and
 * is left to it. */
void echo_build(const struct echo *echo, unsigned char out[ECHO_BYTES]);

/* True when the `len` bytes are the whole reply to `echo`. `headed`: the packet begins with
 * its IPv4 header, as raw sockets deliver it. Any bytes may be asked about. */
bool echo_is_reply(
    const struct echo *echo, bool headed, const void *packet, size_t len);

#endif
