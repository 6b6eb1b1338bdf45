/* lookup - what came of asking for the addresses of a name
 * Room: agent/core (pure).
 *
 * The shell asks and notes here what it hears; the judgement and its words are made here.
 * A name is good when it has addresses and nothing that was asked for is still missing: who
 * looks it up waits for both families. */
#ifndef AGENT_CORE_LOOKUP_H
#define AGENT_CORE_LOOKUP_H

#include "agent/core/check.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LOOKUP_SHOWN = 4,              /* addresses kept, and said in a detail */
	LOOKUP_ADDRESS_TEXT_BYTES = 46 /* INET6_ADDRSTRLEN of POSIX */
};

struct lookup_address {
	uint8_t version; /* 4 or 6; 0 = none */
	uint8_t bytes[16];
	char text[LOOKUP_ADDRESS_TEXT_BYTES];
};

/* How one question, for A or for AAAA, was answered. Ordered: the highest of two is the one
 * to talk about. */
enum lookup_status {
	LOOKUP_UNASKED = 0,
	LOOKUP_FOUND,
	LOOKUP_NODATA,   /* the name exists, without such an address */
	LOOKUP_NXDOMAIN, /* RFC 1035 4.1.1, the next three too */
	LOOKUP_SERVFAIL,
	LOOKUP_REFUSED,
	LOOKUP_RCODE,   /* any other refusal of the resolver */
	LOOKUP_GARBAGE, /* an answer that cannot be read */
	LOOKUP_WAITING,
	LOOKUP_UNREACHABLE, /* nobody there who could be asked */
	LOOKUP_LOCAL,       /* could not be asked from here, see `why` */
	LOOKUP_STATUS_COUNT
};

struct lookup {
	enum lookup_status v4;
	enum lookup_status v6;
	struct lookup_address address[LOOKUP_SHOWN];
	uint32_t found;                 /* addresses, more perhaps than are kept */
	uint32_t ttl_s;                 /* the smallest */
	struct lookup_address expected; /* version 0 = none in particular */
	bool met;                       /* it was among them */
	char resolver[64];              /* who was asked, "" = not known */
	char why[192];
};

/* Starts with nothing asked. */
void lookup_init(struct lookup *lookup);

/* Notes one address, `text` included. */
void lookup_add(
    struct lookup *lookup, const struct lookup_address *address, uint32_t ttl_s);

/* True when no answer is due any more. */
bool lookup_is_over(const struct lookup *lookup);

/* How it ended, or is to be ended now: TRANSPORT_DONE, TRANSPORT_DNS, TRANSPORT_MISMATCH
 * (addresses, but not the expected one) or TRANSPORT_LOCAL. `out` (`cap` bytes) gets the
 * words, NUL-terminated. */
enum transport_end lookup_judge(const struct lookup *lookup, char *out, size_t cap);

#endif
