#include "collector/core/json_put.h"

#include <string.h>

static void
begin(struct text *text, const char *key)
{
	char last = text->len == 0 ? '\0' : text->data[text->len - 1];

	if (last != '\0' && last != '{' && last != '[' && last != ':') {
		text_char(text, ',');
	}
	if (key != NULL) {
		text_json(text, key, 64);
		text_char(text, ':');
	}
}

void
json_put_open(struct text *text, const char *key, char bracket)
{
	begin(text, key);
	text_char(text, bracket);
}

void
json_put_close(struct text *text, char bracket)
{
	text_char(text, bracket);
}

void
json_put_text(struct text *text, const char *key, const char *value)
{
	size_t len = 3 * strlen(value) + 2; /* of anything that letter.h lets through */

	begin(text, key);
	if (len > text->cap - text->len - 1) {
		text->cut = true;
		return;
	}
	text_json(text, value, len);
}

void
json_put_uint(struct text *text, const char *key, uint64_t value)
{
	begin(text, key);
	text_uint(text, value);
}

void
json_put_bool(struct text *text, const char *key, bool value)
{
	begin(text, key);
	text_add(text, value ? "true" : "false");
}
