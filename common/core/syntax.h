/* syntax - what names, addresses and references look like
 * Room: common/core (pure).
 *
 * Predicates over texts from configuration files and from the wire. Nothing here resolves,
 * opens or dials. Texts are borrowed for the call. */
#ifndef COMMON_CORE_SYNTAX_H
#define COMMON_CORE_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* [a-z0-9][a-z0-9._-]{0,62}: what agents, regions, targets, keys... are called. They become
 * parts of store keys, URLs and labels, so nothing else is let in. */
bool syntax_is_name(const char *text);

/* A model as it stands in a URL's path: [A-Za-z0-9._:@/-], no "..", no "/" at an end. */
bool syntax_is_model(const char *text);

/* The parts of a URL that has an authority (RFC 3986 3.2). They point into the text. */
struct syntax_url {
	const char *scheme; /* as written */
	size_t scheme_len;
	const char *host; /* without brackets */
	size_t host_len;
	uint16_t port;    /* 0 = not given */
	const char *rest; /* path, query and fragment; "" when there are none */
};

/* Splits `scheme://host[:port][rest]`. False for anything else: user information is
 * refused (it is a secret in the wrong place), so are spaces and control characters. */
bool syntax_url_split(const char *text, struct syntax_url *out_url);

/* True when the scheme is `scheme`, in lower case. */
bool syntax_url_has_scheme(const struct syntax_url *url, const char *scheme);

/* True when the host can only mean this machine: localhost, 127.0.0.0/8 (RFC 1122
 * 3.2.1.3), ::1 (RFC 4291 2.5.3). Names are not resolved, so others are never loopback. */
bool syntax_url_is_loopback(const struct syntax_url *url);

/* True for the IPv4 addresses that never leave a site (RFC 1918). */
bool syntax_url_is_private(const struct syntax_url *url);

/* "host" or "host:port" in lower case, "[v6]" and "[v6]:port". */
bool syntax_is_host_port(const char *text);

/* "env:NAME", "file:PATH" or "credential:NAME": where a secret is, not what it is. */
bool syntax_is_reference(const char *text);

/* How many letters must be put in, taken out, changed, or swapped with their neighbour to
 * turn `a` into `b` (optimal string alignment); texts of 32 letters or more are SIZE_MAX
 * away from everything. For "did you mean". */
size_t syntax_distance(const char *a, const char *b);

#endif
