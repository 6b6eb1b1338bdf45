/* dns_server - a resolver on loopback that answers as it is told
 * Room: tests/support.
 *
 * One thread; UDP and TCP on the same free port. What it is asked is looked up in a list of
 * rules by name and type; what is in none of them does not exist. Failures to set up end
 * the process. */
#ifndef TESTS_SUPPORT_DNS_SERVER_H
#define TESTS_SUPPORT_DNS_SERVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum {
	DNS_TYPE_ANY = 0, /* of a rule: for both */
	DNS_TYPE_A = 1,
	DNS_TYPE_AAAA = 28,
	DNS_RULE_ADDRESSES = 6
};

enum dns_action {
	DNS_ANSWER = 0,
	DNS_NODATA,
	DNS_NXDOMAIN,
	DNS_SERVFAIL,
	DNS_REFUSED,
	DNS_SILENCE,
	DNS_TRUNCATED, /* too long for UDP: the answer comes by TCP only */
	DNS_GARBAGE,   /* a well-formed head, and nonsense behind it */
	DNS_WRONG_ID   /* the answer, to another question */
};

struct dns_rule {
	const char *name; /* NULL ends the list */
	uint16_t type;
	enum dns_action action;
	/* For DNS_ANSWER, _TRUNCATED, _WRONG_ID: those of the type asked for are sent. */
	const char *address[DNS_RULE_ADDRESSES];
	uint32_t ttl_s;
	uint32_t delay_ms; /* before the answer */
};

struct dns_server {
	const struct dns_rule *rules; /* borrowed */
	uint16_t port;
	char resolver[64]; /* "127.0.0.1:PORT" or "[::1]:PORT", as a plan spells it */
	atomic_uint asked_udp;
	atomic_uint asked_tcp;
	_Atomic uint32_t peer; /* IPv4 address of who asked last, network order */
	int udp;
	int tcp;
	int stop[2];
	pthread_t thread;
};

/* `version` 4 for 127.0.0.1, 6 for ::1. */
void dns_server_start(
    struct dns_server *server, int version, const struct dns_rule *rules);

void dns_server_stop(struct dns_server *server);

#endif
