/* json - strict JSON (RFC 8259), read as a stream of events
 * Room: common/core (pure).
 *
 * Bytes go in, in pieces of any size; events come out through a callback. Nothing is
 * allocated and nothing is kept but the key or number being read, so a string of many
 * megabytes passes through in constant memory. Strings arrive unescaped, as UTF-8, in
 * as many pieces as it takes. The same bytes in other pieces give the same events, but
 * for where a string is divided.
 *
 * Strict means: one value, no comments, no trailing commas, no leading zeros, no raw
 * control characters, valid UTF-8, surrogates in pairs, no byte order mark. */
#ifndef COMMON_CORE_JSON_H
#define COMMON_CORE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	JSON_DEPTH_MAX = 64,      /* open arrays and objects */
	JSON_KEY_BYTES_MAX = 128, /* kept of a key; the rest is dropped, `cut` is set */
	JSON_NUMBER_BYTES_MAX = 64, /* kept of a number, the same */
};

enum json_kind {
	JSON_OBJECT_BEGIN = 0,
	JSON_OBJECT_END,
	JSON_ARRAY_BEGIN,
	JSON_ARRAY_END,
	JSON_KEY,  /* whole */
	JSON_TEXT, /* a piece of a string value; `last` ends it, perhaps with `len` 0 */
	JSON_NUMBER,       /* whole, as it was written */
	JSON_LITERAL_TRUE, /* not JSON_TRUE: that is jansson's */
	JSON_LITERAL_FALSE,
	JSON_LITERAL_NULL,
	JSON_KIND_COUNT
};

struct json_event {
	enum json_kind kind;
	const char
	    *text; /* key, text, number; borrowed for the call, not NUL-terminated */
	size_t len;
	bool last; /* JSON_TEXT: this piece ends the string. A piece may end inside a
		    * character; the string as a whole is valid UTF-8 */
	bool cut;  /* JSON_KEY, JSON_NUMBER: there was more than is kept */
};

enum json_status {
	JSON_MORE = 0, /* fine so far, the value is not complete */
	JSON_COMPLETE, /* one whole value, perhaps white space behind it */
	JSON_TRAILING, /* one whole value, and something else at json_at() */
	JSON_ERROR     /* not JSON; the first wrong byte is at json_at() */
};

typedef void json_handler(void *context, const struct json_event *event);

struct json {
	json_handler *handler;
	void *context;
	uint64_t at;      /* bytes taken */
	uint64_t objects; /* bit d: the container at depth d+1 is an object */
	uint32_t code;    /* \uXXXX and UTF-8 being read */
	uint16_t high;    /* first half of a surrogate pair */
	uint8_t state;
	uint8_t depth;
	uint8_t left;  /* digits, continuation bytes, letters of a literal still due */
	uint8_t low;   /* range of the next UTF-8 continuation byte */
	uint8_t limit; /* its upper end */
	uint8_t literal;
	uint8_t hold_len;
	bool in_key;
	bool cut;
	bool complete;
	char hold[JSON_KEY_BYTES_MAX]; /* key or number */
};

/* Starts a new value; `handler` and `context` are kept until the last json_push(). */
void json_init(struct json *json, json_handler *handler, void *context);

/* Reads `len` more bytes. Once it returned JSON_ERROR or JSON_TRAILING it goes on
 * returning that and calls the handler no more. */
enum json_status json_push(struct json *json, const void *data, size_t len);

/* Says that no more bytes come; needed because only the end of input completes a bare
 * number. JSON_MORE now means: the input was cut short. */
enum json_status json_end(struct json *json);

/* How many bytes were read well; after an error, the offset of the first wrong byte. */
uint64_t json_at(const struct json *json);

#endif
