#include "agent/core/escape.h"

#include <stdint.h>
#include <string.h>

/* The value of a digit of base 16, or -1. */
static int
digit_of(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	if (c >= 'a' && c <= 'f') {
		return c - 'a' + 10;
	}
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* `digits` digits of base 16 at `text`; 0 when they are none, or none of ASCII. */
static char
hex_at(const char *text, size_t len, size_t digits)
{
	unsigned value = 0;

	if (len < digits) {
		return '\0';
	}
	for (size_t i = 0; i < digits; i++) {
		int digit = digit_of(text[i]);

		if (digit < 0) {
			return '\0';
		}
		value = value * 16 + (unsigned)digit;
	}
	return value < 0x80 ? (char)value : '\0';
}

/* "%41", and "%2541", which is that escaped once more. */
static size_t
read_percent(const char *text, size_t len, char *out)
{
	*out = hex_at(text + 1, len - 1, 2);
	if (*out == '%' && len > 3) {
		char inner = hex_at(text + 3, len - 3, 2);

		if (inner != '\0') {
			*out = inner;
			return 5;
		}
	}
	return *out != '\0' ? 3 : 0;
}

/* "\u0041", "\x41", "\/", "\"". */
static size_t
read_backslash(const char *text, size_t len, char *out)
{
	if (len < 2) {
		return 0;
	}
	if (text[1] == 'u') {
		*out = hex_at(text + 2, len - 2, 4);
		return *out != '\0' ? 6 : 0;
	}
	if (text[1] == 'x') {
		*out = hex_at(text + 2, len - 2, 2);
		return *out != '\0' ? 4 : 0;
	}
	*out = text[1];
	return strchr("\"'/\\", text[1]) != NULL && text[1] != '\0' ? 2 : 0;
}

/* "&#65;", "&#x41;". */
static size_t
read_number(const char *text, size_t len, char *out)
{
	unsigned base = len > 2 && (text[2] == 'x' || text[2] == 'X') ? 16 : 10;
	size_t at = base == 16 ? 3 : 2;
	size_t begin = at;
	unsigned value = 0;

	while (at < len && at < ESCAPE_BYTES_MAX && text[at] != ';') {
		int digit = digit_of(text[at]);

		if (digit < 0 || (unsigned)digit >= base) {
			return 0;
		}
		value = value * base + (unsigned)digit;
		at++;
	}
	if (at == begin || at == len || text[at] != ';' || value == 0 ||
	    value >= 0x80) {
		return 0;
	}
	*out = (char)value;
	return at + 1;
}

static size_t
read_reference(const char *text, size_t len, char *out)
{
	static const struct {
		const char *name;
		char value;
	} named[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'},
	    {"&apos;", '\''}};

	if (len > 2 && text[1] == '#') {
		return read_number(text, len, out);
	}
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		size_t name_len = strlen(named[i].name);

		if (name_len <= len && memcmp(text, named[i].name, name_len) == 0) {
			*out = named[i].value;
			return name_len;
		}
	}
	return 0;
}

size_t
escape_read(const char *text, size_t len, char *out)
{
	char value = '\0';
	size_t used = 0;

	if (text[0] == '%' && len > 2) {
		used = read_percent(text, len, &value);
	} else if (text[0] == '\\') {
		used = read_backslash(text, len, &value);
	} else if (text[0] == '&') {
		used = read_reference(text, len, &value);
	}
	*out = used > 0 ? value : text[0];
	return used > 0 ? used : 1;
}
