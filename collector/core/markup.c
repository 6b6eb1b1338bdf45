#include "collector/core/markup.h"

#include "common/core/utf8.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum {
	UNIT_BYTES = 16 /* the longest thing that stands for one character */
};

struct swap {
	char character;
	const char *text;
};

static const struct swap robot[] = {{'<', "＜"}, {'>', "＞"}, {'@', "＠"}, {'[', "［"},
    {']', "］"}, {'*', "＊"}, {'`', "｀"}, {'~', "～"}, {'\\', "＼"}, {'#', "＃"},
    {'|', "｜"}, {'!', "！"}};
static const struct swap entity[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}};
static const struct swap html[] = {
    {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};

static const char *
find(const struct swap *swap, size_t len, char character)
{
	for (size_t i = 0; i < len; i++) {
		if (swap[i].character == character) {
			return swap[i].text;
		}
	}
	return NULL;
}

#define FIND(table, character)                                                         \
	find(table, sizeof(table) / sizeof((table)[0]), character)

/* Letters and digits join; a mark between them begins nothing. */
static bool
is_word(char character)
{
	return (character >= 'a' && character <= 'z') ||
	       (character >= 'A' && character <= 'Z') ||
	       (character >= '0' && character <= '9');
}

static bool
is_unreserved(char character)
{
	return is_word(character) || strchr("-._~", character) != NULL;
}

static void
percent(unsigned char byte, char *out)
{
	(void)snprintf(out, 4, "%%%02X", byte);
}

static const char *
swapped(enum markup markup, char character, bool in_word, char out[UNIT_BYTES])
{
	switch (markup) {
	case MARKUP_ROBOT:
		return character == '_' && !in_word ? "＿" : FIND(robot, character);
	case MARKUP_SLACK:
		return FIND(entity, character);
	case MARKUP_HTML:
		return FIND(html, character);
	case MARKUP_MARKDOWN:
		if (strchr("\\`*_{}[]()#+-!|~<>@", character) != NULL) {
			out[0] = '\\';
			out[1] = character;
			out[2] = '\0';
			return character == '_' && in_word ? NULL : out;
		}
		return NULL;
	case MARKUP_JSON:
		if (character == '"' || character == '\\') {
			out[0] = '\\';
			out[1] = character;
			out[2] = '\0';
			return out;
		}
		return NULL;
	case MARKUP_URL:
	case MARKUP_PLAIN:
		break;
	}
	return NULL;
}

/* ---- one character ---- */

static uint32_t
code_of(const char *utf8, size_t len)
{
	uint32_t code = (unsigned char)utf8[0];

	if (len > 1) {
		code &= 0xffU >> (len + 1);
	}
	for (size_t i = 1; i < len; i++) {
		code = code << 6 | ((unsigned char)utf8[i] & 0x3fU);
	}
	return code;
}

/* Stays with the character before it: accents, joiners, selectors, skin tones. */
static bool
extends(uint32_t code)
{
	return (code >= 0x0300 && code <= 0x036f) || code == 0x200c || code == 0x200d ||
	       (code >= 0x20d0 && code <= 0x20ff) ||
	       (code >= 0xfe00 && code <= 0xfe0f) ||
	       (code >= 0x1f3fb && code <= 0x1f3ff);
}

struct unit {
	char text[UNIT_BYTES];
	size_t taken; /* bytes of the input */
	uint32_t code;
};

/* What is not ASCII, or is a control character, as text_add() would write it. */
static void
clean(struct unit *unit, const char *at)
{
	char one[8] = "";
	struct text text;

	memcpy(one, at, unit->taken);
	text_init(&text, unit->text, sizeof(unit->text));
	text_add(&text, one);
}

static void
in_url(struct unit *unit)
{
	char bytes[UNIT_BYTES];
	size_t len = strlen(unit->text);

	memcpy(bytes, unit->text, len);
	for (size_t i = 0; i < len && i < 4; i++) {
		percent((unsigned char)bytes[i], unit->text + 3 * i);
	}
}

/* The character at `at`; `before` is the one before it. */
static void
next_unit(enum markup markup, const char *at, char before, struct unit *out)
{
	size_t len = utf8_char(at, strnlen(at, 4));
	const char *text = NULL;

	memset(out, 0, sizeof(*out));
	out->taken = len == 0 ? 1 : len;
	out->code = len == 0 ? 0xfffd : code_of(at, len);
	if (markup == MARKUP_URL) {
		clean(out, at);
		if (out->text[0] != at[0] || !is_unreserved(at[0])) {
			in_url(out);
		}
		return;
	}
	if (at[0] == '\n') {
		memcpy(out->text, markup == MARKUP_JSON ? "\\n" : "\n",
		    markup == MARKUP_JSON ? 2 : 1);
		return;
	}
	if (len == 1) {
		bool in_word = is_word(before) && is_word(at[1]);

		text = swapped(markup, at[0], in_word, out->text);
	}
	if (text == NULL) {
		clean(out, at);
	} else if (text != out->text) {
		memcpy(out->text, text, strlen(text) + 1);
	}
}

/* An address that somebody else wrote must not become something to press. */
static bool
begins_address(enum markup markup, const char *at)
{
	return markup != MARKUP_PLAIN && markup != MARKUP_JSON &&
	       markup != MARKUP_URL && strncmp(at, "://", 3) == 0;
}

static void
put(struct text *text, const char *bytes)
{
	if (strlen(bytes) > text->cap - text->len - 1) {
		text->cut = true; /* whole or not at all */
	}
	for (const char *at = bytes; *at != '\0'; at++) {
		text_char(text, *at);
	}
}

void
markup_add(struct text *text, enum markup markup, const char *utf8, size_t bytes_max)
{
	const char *dots = markup == MARKUP_URL ? "" : "…";
	size_t start = text->len;
	size_t cut_at = start; /* where it can be cut with room for the dots */
	char before = '\0';
	bool joins = false;
	struct unit unit;

	for (const char *at = utf8; *at != '\0' && !text->cut; at += unit.taken) {
		size_t len;

		next_unit(markup, at, before, &unit);
		if (begins_address(markup, at)) {
			memcpy(unit.text, ": ", sizeof(": "));
		}
		len = strlen(unit.text);
		if (!extends(unit.code) && !joins &&
		    text->len - start + strlen(dots) <= bytes_max) {
			cut_at = text->len;
		}
		if (text->len - start + len > bytes_max) {
			text->len = cut_at;
			text->data[cut_at] = '\0';
			if (cut_at - start + strlen(dots) <= bytes_max) {
				put(text, dots);
			}
			return;
		}
		put(text, unit.text);
		joins = unit.code == 0x200d;
		before = *at;
	}
}
