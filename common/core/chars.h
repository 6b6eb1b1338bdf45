/* chars - what kind of character it is, in ASCII and in every locale
 * Room: common/core (pure).
 *
 * <ctype.h> asks the locale and takes no negative char; what comes off the wire has no
 * locale and any byte. */
#ifndef COMMON_CORE_CHARS_H
#define COMMON_CORE_CHARS_H

#include <stdbool.h>

/* 0 to 9. */
static inline bool
chars_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The value of a digit of base 16, -1 for anything else. */
static inline int
chars_hex(char c)
{
	char letter = (char)(c | 0x20);

	if (chars_is_digit(c)) {
		return c - '0';
	}
	return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

#endif
