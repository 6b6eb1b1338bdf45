/* escape - one character, however it is written
 * Room: agent/core (pure).
 *
 * Upstreams quote what they were sent in the spelling of the format they quote it in:
 * percent-encoded in a URL (RFC 3986, 2.1), once or twice; escaped in a JSON string (RFC
 * 8259, 7) or in C; as a reference in HTML. A secret is the same secret in all of them. */
#ifndef AGENT_CORE_ESCAPE_H
#define AGENT_CORE_ESCAPE_H

#include <stddef.h>

enum {
	ESCAPE_BYTES_MAX = 8 /* no spelling of one character is longer */
};

/* Reads the character that begins at `text` (`len` > 0 bytes there) and returns how many
 * bytes it takes. What is no escape, or one of a character beyond ASCII, is the byte that
 * stands there. */
size_t escape_read(const char *text, size_t len, char *out);

#endif
