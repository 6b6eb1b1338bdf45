#include "agent/core/compose.h"

#include "common/core/utf8.h"

#include <stdio.h>
#include <string.h>

struct compose
compose_begin(char *data, size_t cap)
{
	data[0] = '\0';
	return (struct compose){.data = data, .cap = cap};
}

void
compose_bytes(struct compose *compose, const char *text, size_t len)
{
	if (compose->err != ERR_OK) {
		return;
	}
	if (len >= compose->cap - compose->len) {
		compose->err = ERR_LIMIT;
		return;
	}
	memcpy(compose->data + compose->len, text, len);
	compose->len += len;
	compose->data[compose->len] = '\0';
}

void
compose_text(struct compose *compose, const char *text)
{
	compose_bytes(compose, text, strlen(text));
}

void
compose_segment(struct compose *compose, const char *text)
{
	static const char unreserved[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (; *text != '\0'; text++) {
		char escape[4];
		if (strchr(unreserved, *text) != NULL) {
			compose_bytes(compose, text, 1);
			continue;
		}
		int len =
		    snprintf(escape, sizeof(escape), "%%%02X", (unsigned char)*text);
		compose_bytes(compose, escape, len > 0 ? (size_t)len : 0);
	}
}

void
compose_json(struct compose *compose, const char *text)
{
	static const char plain[] = "\"\\\n\r\t";
	static const char *const escaped[] = {"\\\"", "\\\\", "\\n", "\\r", "\\t"};
	size_t left = strlen(text);

	compose_text(compose, "\"");
	while (left > 0) {
		size_t len = utf8_char(text, left);
		const char *found = strchr(plain, *text);
		if (len == 0 || *text == 0x7F ||
		    ((unsigned char)*text < ' ' && found == NULL)) {
			compose->err =
			    compose->err == ERR_OK ? ERR_INVALID : compose->err;
			return;
		}
		if (found != NULL) {
			compose_text(compose, escaped[found - plain]);
		} else {
			compose_bytes(compose, text, len);
		}
		text += len;
		left -= len;
	}
	compose_text(compose, "\"");
}
