/* probe_icmp - one echo to one address
 * Room: agent/shell. Used by probe_net.c, on the prober's thread.
 *
 * Goes out by an unprivileged ping socket (Linux, net.ipv4.ping_group_range), or by a raw
 * one when only that is permitted. Nothing blocks. */
#ifndef AGENT_SHELL_PROBE_ICMP_H
#define AGENT_SHELL_PROBE_ICMP_H

#include "agent/core/check.h"
#include "agent/core/echo.h"
#include "agent/core/lookup.h"

#include <stdbool.h>

struct ping {
	int fd;      /* -1 = none */
	bool headed; /* packets come with their IPv4 header */
	struct echo echo;
	struct lookup_address to;
	bool over;
	enum transport_end end; /* how, once `over` */
	char text[128];
};

/* A ping that was not begun: ping_end() is legal. */
void ping_init(struct ping *ping);

/* Sends one echo to `to`, from `source` unless its version is 0. May be over at once. */
void ping_begin(struct ping *ping, const struct lookup_address *to,
    const struct lookup_address *source);

/* Looks whether it came back. */
void ping_step(struct ping *ping);

/* Closes. */
void ping_end(struct ping *ping);

#endif
