/* address - between texts, addresses and what sockets want
 * Room: agent/shell. Nothing here resolves a name. */
#ifndef AGENT_SHELL_ADDRESS_H
#define AGENT_SHELL_ADDRESS_H

#include "agent/core/lookup.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/socket.h>

/* An IPv4 or IPv6 address, its text in the usual form; false for anything else, `out` is
 * then untouched. */
bool address_parse(const char *text, struct lookup_address *out);

/* "address", "address:port", "[v6]", "[v6]:port"; `port` keeps its value where none is
 * given. False for anything else. */
bool address_parse_port(
    const char *text, struct lookup_address *out, uint16_t *inout_port);

/* Of `version` 4 or 6, from its 4 or 16 bytes in network order. */
struct lookup_address address_of(uint8_t version, const void *bytes);

/* For connect() and bind(). Returns the length of what was written to `out`. */
socklen_t address_socket(
    const struct lookup_address *address, uint16_t port, struct sockaddr_storage *out);

/* A socket that neither blocks nor survives an exec, bound to `source` unless its version
 * is 0. -1 with errno as socket() and bind() leave it; EADDRNOTAVAIL when `source` is of
 * another family than `family`. */
int address_open(
    int family, int type, int protocol, const struct lookup_address *source);

#endif
