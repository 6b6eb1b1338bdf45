#include "common/core/utf8.h"

#include <stdint.h>

static bool
is_tail(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

/* The second byte carries the bounds that rule out overlong forms and surrogates. */
static bool
second_ok(unsigned char first, unsigned char second)
{
	switch (first) {
	case 0xe0:
		return second >= 0xa0 && second <= 0xbf;
	case 0xed:
		return second >= 0x80 && second <= 0x9f;
	case 0xf0:
		return second >= 0x90 && second <= 0xbf;
	case 0xf4:
		return second >= 0x80 && second <= 0x8f;
	default:
		return is_tail(second);
	}
}

static size_t
announced(unsigned char first)
{
	if (first < 0x80) {
		return first == 0 ? 0 : 1;
	}
	if (first >= 0xc2 && first <= 0xdf) {
		return 2;
	}
	if (first >= 0xe0 && first <= 0xef) {
		return 3;
	}
	return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

size_t
utf8_char(const char *text, size_t len)
{
	const unsigned char *byte = (const unsigned char *)text;
	size_t want = announced(byte[0]);

	if (want == 0 || want > len || (want > 1 && !second_ok(byte[0], byte[1]))) {
		return 0;
	}
	for (size_t i = 2; i < want; i++) {
		if (!is_tail(byte[i])) {
			return 0;
		}
	}
	return want;
}

bool
utf8_printable(const char *text, size_t len)
{
	size_t at = 0;

	while (at < len) {
		const unsigned char *byte = (const unsigned char *)text + at;
		size_t step = utf8_char(text + at, len - at);

		if (step == 0 || (step == 1 && (*byte < 0x20 || *byte == 0x7f)) ||
		    (step == 2 && byte[0] == 0xc2 && byte[1] < 0xa0)) {
			return false;
		}
		at += step;
	}
	return true;
}

size_t
utf8_cut(const char *text, size_t len)
{
	size_t back = 0;

	/* Step back over at most three tails to the character that may be split. */
	while (back < 3 && back < len && is_tail((unsigned char)text[len - 1 - back])) {
		back++;
	}
	if (back == len) {
		return len;
	}
	return announced((unsigned char)text[len - 1 - back]) > back + 1
		   ? len - 1 - back
		   : len;
}
