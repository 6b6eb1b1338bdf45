#include "agent/core/echo.h"

#include <assert.h>
#include <string.h>

enum {
	TYPE_REQUEST_4 = 8,
	TYPE_REPLY_4 = 0,
	TYPE_REQUEST_6 = 128,
	TYPE_REPLY_6 = 129,
	AT_CHECKSUM = 2,
	AT_IDENTIFIER = 4,
	AT_SEQUENCE = 6,
	AT_TOKEN = 8,
	HEADER_4_MIN = 20, /* RFC 791 3.1 */
	PROTOCOL_ICMP = 1
};

/* RFC 1071; 0 over a packet with its right checksum in it. */
static uint16_t
checksum(const unsigned char *at, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2) {
		sum += (uint32_t)at[i] << 8 | at[i + 1];
		sum = (sum & 0xffff) + (sum >> 16);
	}
	if (len % 2 != 0) {
		sum += (uint32_t)at[len - 1] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)~sum;
}

static void
put_16(unsigned char *at, uint16_t value)
{
	at[0] = (unsigned char)(value >> 8);
	at[1] = (unsigned char)(value & 0xff);
}

void
echo_build(const struct echo *echo, unsigned char out[ECHO_BYTES])
{
	assert(echo->version == 4 || echo->version == 6);
	memset(out, 0, ECHO_BYTES);
	out[0] = echo->version == 4 ? TYPE_REQUEST_4 : TYPE_REQUEST_6;
	put_16(out + AT_IDENTIFIER, echo->identifier);
	put_16(out + AT_SEQUENCE, echo->sequence);
	memcpy(out + AT_TOKEN, echo->token, sizeof(echo->token));
	for (size_t i = AT_TOKEN + sizeof(echo->token); i < ECHO_BYTES; i++) {
		out[i] = (unsigned char)i;
	}
	if (echo->version == 4) {
		put_16(out + AT_CHECKSUM, checksum(out, ECHO_BYTES));
	}
}

/* How long the IPv4 header of a whole ICMP packet is, 0 = it is none. */
static size_t
header_bytes(const unsigned char *at, size_t len)
{
	size_t bytes;

	if (len < HEADER_4_MIN || at[0] >> 4 != 4 || at[9] != PROTOCOL_ICMP) {
		return 0;
	}
	bytes = (size_t)(at[0] & 0x0f) * 4;
	return bytes >= HEADER_4_MIN && bytes < len ? bytes : 0;
}

bool
echo_is_reply(const struct echo *echo, bool headed, const void *packet, size_t len)
{
	const unsigned char *at = packet;
	unsigned char sent[ECHO_BYTES];

	if (headed) {
		size_t skip = header_bytes(at, len);

		if (skip == 0) {
			return false;
		}
		at += skip;
		len -= skip;
	}
	if (len != ECHO_BYTES ||
	    at[0] != (echo->version == 4 ? TYPE_REPLY_4 : TYPE_REPLY_6) || at[1] != 0 ||
	    (echo->version == 4 && checksum(at, len) != 0)) {
		return false;
	}
	echo_build(echo, sent);
	return memcmp(at + AT_SEQUENCE, sent + AT_SEQUENCE, ECHO_BYTES - AT_SEQUENCE) ==
	       0;
}
