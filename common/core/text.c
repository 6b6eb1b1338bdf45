#include "common/core/text.h"

#include "common/core/utf8.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

void
text_init(struct text *text, char *out, size_t cap)
{
	assert(cap > 0);
	*text = (struct text){.data = out, .cap = cap};
	out[0] = '\0';
}

/* One character or escape, whole or not at all. */
static void
put(struct text *text, const char *bytes, size_t len)
{
	if (text->cut || len > text->cap - text->len - 1) {
		text->cut = true;
		return;
	}
	memcpy(text->data + text->len, bytes, len);
	text->len += len;
	text->data[text->len] = '\0';
}

/* Length and code of the character at `utf8`, or 0: not well formed, or the end. */
static size_t
decode(const char *utf8, uint32_t *out_code)
{
	size_t len = utf8_char(utf8, strnlen(utf8, 4));

	if (len == 0) {
		return 0;
	}
	*out_code = (unsigned char)utf8[0];
	if (len > 1) {
		*out_code &= 0xffU >> (len + 1);
	}
	for (size_t i = 1; i < len; i++) {
		*out_code = *out_code << 6 | ((unsigned char)utf8[i] & 0x3fU);
	}
	return len;
}

static bool
is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 ||
	       code == 0x2029;
}

static bool
turns_direction(uint32_t code)
{
	return code == 0x061c || code == 0x200e || code == 0x200f ||
	       (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

void
text_add(struct text *text, const char *utf8)
{
	while (*utf8 != '\0' && !text->cut) {
		uint32_t code = 0;
		size_t len = decode(utf8, &code);

		if (len == 0) {
			put(text, REPLACEMENT, 3);
		} else if (is_control(code)) {
			put(text, " ", 1);
		} else if (!turns_direction(code)) {
			put(text, utf8, len);
		}
		utf8 += len == 0 ? 1 : len;
	}
}

void
text_char(struct text *text, char ascii)
{
	put(text, &ascii, 1);
}

void
text_uint(struct text *text, uint64_t value)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);

	put(text, digits, (size_t)len);
}

/* What stands for the character at `utf8` inside a JSON string; advances `utf8`. */
static size_t
json_unit(const char **utf8, char out[8])
{
	uint32_t code = 0;
	size_t len = decode(*utf8, &code);

	if (len == 0) {
		*utf8 += 1;
		memcpy(out, REPLACEMENT, 3);
		return 3;
	}
	if (code == '"' || code == '\\') {
		out[0] = '\\';
		out[1] = (char)code;
		*utf8 += 1;
		return 2;
	}
	if (code == '\n') {
		memcpy(out, "\\n", 2);
		*utf8 += 1;
		return 2;
	}
	if (is_control(code)) {
		*utf8 += len;
		(void)snprintf(out, 8, "\\u%04x", (unsigned)code);
		return 6;
	}
	memcpy(out, *utf8, len);
	*utf8 += len;
	return len;
}

void
text_json(struct text *text, const char *utf8, size_t bytes_max)
{
	size_t room = text->cap - text->len - 1;
	size_t limit = bytes_max < room ? bytes_max : room;
	size_t used = 2;

	assert(bytes_max >= 2);
	if (text->cut || room < 2) {
		text->cut = true;
		return;
	}
	put(text, "\"", 1);
	while (*utf8 != '\0') {
		char unit[8];
		size_t len = json_unit(&utf8, unit);

		if (len > limit - used) {
			break;
		}
		put(text, unit, len);
		used += len;
	}
	put(text, "\"", 1);
}
