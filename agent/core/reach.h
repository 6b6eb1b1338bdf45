/* reach - does an address lead into the world, or stay with us?
 * Room: agent/core (pure).
 *
 * Where an answer of the world outside may make the agent connect to: not to this machine,
 * not to its neighbours, not to the metadata server of its cloud. */
#ifndef AGENT_CORE_REACH_H
#define AGENT_CORE_REACH_H

#include <stdbool.h>
#include <stdint.h>

/* True for unicast addresses that are routed in the public Internet (the registries of RFC
 * 6890 say which are not). `bytes` are 4 or 16 in network order, by `version` 4 or 6; IPv4
 * addresses inside IPv6 ones (mapped, NAT64's well-known prefix, 6to4) count as what they
 * are. Any other version is never public. */
bool reach_is_public(uint8_t version, const unsigned char *bytes);

#endif
