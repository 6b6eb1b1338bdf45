/* probe_dns - asks a resolver for the addresses of a name, through c-ares
 * Room: agent/shell. Used by probe_net.c, on the prober's thread.
 *
 * Each query has a c-ares channel of its own: a new socket, the resolver configuration as
 * it is now, one try, no search list, TCP when the answer does not fit. Names, rcodes and
 * records are c-ares' to read; what it finds is noted in a struct lookup. Nothing blocks
 * but a look into the hosts file. */
#ifndef AGENT_SHELL_PROBE_DNS_H
#define AGENT_SHELL_PROBE_DNS_H

#include "agent/core/lookup.h"

#include <stdbool.h>
#include <stdint.h>

#include <sys/select.h> /* ares.h leaves it to others */

#include <ares.h>
#include <curl/curl.h>

enum {
	DNS_FDS = 4 /* a query holds two at most: UDP and TCP of one resolver */
};

struct dns_question {
	const char *name;
	const char *resolver; /* address[:port], "" = the system's first */
	uint8_t family;       /* 4, 6, or 0 for both */
	bool in_turn;         /* of both, ask for IPv6 only when there is no IPv4 */
	bool hosts;           /* look into the hosts file first */
	uint32_t timeout_ms;
	const struct lookup_address *source; /* version 0 = any; kept */
};

struct dns_query {
	ares_channel channel; /* NULL = none */
	struct lookup *lookup;
	const struct lookup_address *source;
	const char *name;
	bool in_turn;
	bool ending;
	int os_errno; /* why there was no socket, 0 = there was */
};

/* Asks. `lookup` was initialised by the caller, is kept, and says when it is over, which may
 * be at once. The texts of `question` are kept until dns_end(). */
void dns_begin(struct dns_query *query, const struct dns_question *question,
    struct lookup *lookup);

/* Writes up to DNS_FDS entries to `out`; returns how many. */
unsigned dns_fds(const struct dns_query *query, struct curl_waitfd *out);

/* Reads and writes what can be. */
void dns_step(struct dns_query *query);

/* Gives up what is still asked, and closes. Legal on a zeroed query, and twice. */
void dns_end(struct dns_query *query);

#endif
