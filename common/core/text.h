/* text - bounded writer of text for people and of JSON strings
 * Room: common/core (pure).
 *
 * Output is always NUL-terminated, always valid UTF-8, and cut between characters, never
 * inside one. Input need not be anything: what upstreams send is not to be trusted. The
 * cut is sticky, so a run of adds is checked once at its end. */
#ifndef COMMON_CORE_TEXT_H
#define COMMON_CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	char *data;
	size_t cap;
	size_t len;
	bool cut; /* something did not fit; nothing more is added */
};

/* Starts an empty text in `cap` bytes at `out`, borrowed; `cap` is at least 1. */
void text_init(struct text *text, char *out, size_t cap);

/* Adds one line of `utf8` (NUL-terminated): bytes that are not UTF-8 become U+FFFD,
 * control characters (C0, C1, line and paragraph separators) become spaces, marks that
 * turn the writing direction are dropped, because they let a text lie about itself. */
void text_add(struct text *text, const char *utf8);

/* Adds one ASCII character as it is, line feed too. */
void text_char(struct text *text, char ascii);

void text_uint(struct text *text, uint64_t value);

/* Adds `utf8` as a JSON string with its quotes, of at most `bytes_max` bytes (at least 2),
 * cut between characters where it is longer. Invalid bytes become U+FFFD, control
 * characters are escaped (RFC 8259, section 7). If not even that fits into the text,
 * nothing of it is added. */
void text_json(struct text *text, const char *utf8, size_t bytes_max);

#endif
