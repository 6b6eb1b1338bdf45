/* net - the lines between agents and the collector
 * Room: tests/sim. Takes the place of agent/shell/uplink_nng.c and
 * collector/shell/listener.c, and implements their headers.
 *
 * A connection keeps the order of what it carries, as TCP does. What is under way while a
 * direction is cut waits until it heals, or the connection breaks, which the two ends learn
 * at different times, with answers lost. A request may arrive twice. Names: "up" is from an
 * agent to the collector. */
#ifndef TESTS_SIM_NET_H
#define TESTS_SIM_NET_H

#include <stdbool.h>
#include <stdint.h>

enum {
	NET_AGENTS = 16
};

void net_begin(void);

/* Frees what is left; all programs are gone. */
void net_end(void);

/* Cuts or heals the two directions of an agent's path. */
void net_cut(uint16_t agent, bool up, bool down);

/* Breaks whatever connection the agent has. */
void net_break(uint16_t agent);

/* From here on requests arrive once, and nothing breaks by itself. */
void net_heal(void);

#endif
