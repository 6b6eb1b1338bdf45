/* utf8 - is this text fit to be shown and stored?
 * Room: common/core (pure). RFC 3629. */
#ifndef COMMON_CORE_UTF8_H
#define COMMON_CORE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Length in bytes of the well-formed character at `text` (`len` > 0 bytes there), or 0:
 * no overlong forms, no surrogates, nothing beyond U+10FFFF, no NUL. */
size_t utf8_char(const char *text, size_t len);

/* True when all of `text` is well formed and without control characters (C0, DEL, C1),
 * so that neither a terminal nor a JSON reader can be surprised by it. */
bool utf8_printable(const char *text, size_t len);

/* The largest length <= `len` at which `text` can be cut without splitting a character.
 */
size_t utf8_cut(const char *text, size_t len);

#endif
