#include "common/core/json.h"

#include "common/core/chars.h"

#include <string.h>

/* What is being read. The number states mirror the grammar of RFC 8259, section 6. */
enum state {
	STATE_VALUE = 0,
	STATE_ITEM_OR_END, /* behind '[' */
	STATE_KEY_OR_END,  /* behind '{' */
	STATE_KEY,         /* behind ',' in an object */
	STATE_COLON,
	STATE_NEXT, /* behind a value in a container */
	STATE_STRING,
	STATE_ESCAPE,
	STATE_HEX,
	STATE_PAIR_BACKSLASH, /* behind the first half of a surrogate pair */
	STATE_PAIR_U,
	STATE_LITERAL,
	STATE_NUMBER_MINUS,
	STATE_NUMBER_ZERO,
	STATE_NUMBER_INTEGER,
	STATE_NUMBER_POINT,
	STATE_NUMBER_FRACTION,
	STATE_NUMBER_E,
	STATE_NUMBER_SIGN,
	STATE_NUMBER_EXPONENT,
	STATE_DONE,
	STATE_TRAILING, /* from here on nothing is read any more */
	STATE_FAILED,
	STATE_COUNT
};

typedef const unsigned char *step_function(
    struct json *json, const unsigned char *at, const unsigned char *end);

static const char *const literal_text[] = {"true", "false", "null"};
static const enum json_kind literal_kind[] = {
    JSON_LITERAL_TRUE, JSON_LITERAL_FALSE, JSON_LITERAL_NULL};

static void
become(struct json *json, enum state state)
{
	json->state = (uint8_t)state;
}

/* Stops at the wrong byte `at`. */
static const unsigned char *
fail(struct json *json, const unsigned char *at)
{
	become(json, STATE_FAILED);
	return at;
}

static void
emit(struct json *json, enum json_kind kind, const void *text, size_t len)
{
	struct json_event event = {
	    .kind = kind, .text = text, .len = len, .cut = json->cut};

	json->handler(json->context, &event);
}

static void
emit_text(struct json *json, const void *text, size_t len, bool last)
{
	struct json_event event = {
	    .kind = JSON_TEXT, .text = text, .len = len, .last = last};

	json->handler(json->context, &event);
}

/* Keeps what fits of a key or a number. */
static void
hold(struct json *json, const void *text, size_t len, size_t max)
{
	size_t room = max - json->hold_len;

	if (len > room) {
		len = room;
		json->cut = true;
	}
	memcpy(json->hold + json->hold_len, text, len);
	json->hold_len = (uint8_t)(json->hold_len + len);
}

static void
hold_clear(struct json *json)
{
	json->hold_len = 0;
	json->cut = false;
}

/* A part of the string being read, key or value. */
static void
string_part(struct json *json, const void *text, size_t len)
{
	if (len == 0) {
		return;
	}
	if (json->in_key) {
		hold(json, text, len, JSON_KEY_BYTES_MAX);
	} else {
		emit_text(json, text, len, false);
	}
}

static bool
is_space(unsigned char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static const unsigned char *
skip_space(const unsigned char *at, const unsigned char *end)
{
	while (at < end && is_space(*at)) {
		at++;
	}
	return at;
}

static bool
in_object(const struct json *json)
{
	return ((json->objects >> (json->depth - 1)) & 1U) != 0;
}

static void
value_done(struct json *json)
{
	if (json->depth > 0) {
		become(json, STATE_NEXT);
	} else {
		json->complete = true;
		become(json, STATE_DONE);
	}
}

static const unsigned char *
container_begin(struct json *json, const unsigned char *at, bool object)
{
	if (json->depth == JSON_DEPTH_MAX) {
		return fail(json, at);
	}
	uint64_t bit = UINT64_C(1) << json->depth;
	json->objects = object ? json->objects | bit : json->objects & ~bit;
	json->depth++;
	json->cut = false;
	emit(json, object ? JSON_OBJECT_BEGIN : JSON_ARRAY_BEGIN, "", 0);
	become(json, object ? STATE_KEY_OR_END : STATE_ITEM_OR_END);
	return at + 1;
}

static const unsigned char *
container_end(struct json *json, const unsigned char *at, bool object)
{
	json->depth--;
	json->cut = false;
	emit(json, object ? JSON_OBJECT_END : JSON_ARRAY_END, "", 0);
	value_done(json);
	return at + 1;
}

static void
string_begin(struct json *json, bool key)
{
	json->in_key = key;
	json->left = 0;
	json->high = 0;
	hold_clear(json);
	become(json, STATE_STRING);
}

static const unsigned char *
number_begin(struct json *json, const unsigned char *at)
{
	hold_clear(json);
	hold(json, at, 1, JSON_NUMBER_BYTES_MAX);
	if (*at == '-') {
		become(json, STATE_NUMBER_MINUS);
	} else {
		become(json, *at == '0' ? STATE_NUMBER_ZERO : STATE_NUMBER_INTEGER);
	}
	return at + 1;
}

static const unsigned char *
literal_begin(struct json *json, const unsigned char *at)
{
	for (uint8_t i = 0; i < 3; i++) {
		if (*at == (unsigned char)literal_text[i][0]) {
			json->literal = i;
			json->left = (uint8_t)(strlen(literal_text[i]) - 1);
			become(json, STATE_LITERAL);
			return at + 1;
		}
	}
	return fail(json, at);
}

static const unsigned char *
value_begin(struct json *json, const unsigned char *at)
{
	if (*at == '"') {
		string_begin(json, false);
		return at + 1;
	}
	if (*at == '{' || *at == '[') {
		return container_begin(json, at, *at == '{');
	}
	if (*at == '-' || (*at >= '0' && *at <= '9')) {
		return number_begin(json, at);
	}
	return literal_begin(json, at);
}

static const unsigned char *
step_value(struct json *json, const unsigned char *at, const unsigned char *end)
{
	at = skip_space(at, end);
	return at < end ? value_begin(json, at) : at;
}

static const unsigned char *
step_item_or_end(struct json *json, const unsigned char *at, const unsigned char *end)
{
	at = skip_space(at, end);
	if (at < end && *at == ']') {
		return container_end(json, at, false);
	}
	return at < end ? value_begin(json, at) : at;
}

static const unsigned char *
step_key(struct json *json, const unsigned char *at, const unsigned char *end)
{
	at = skip_space(at, end);
	if (at == end) {
		return at;
	}
	if (*at != '"') {
		return fail(json, at);
	}
	string_begin(json, true);
	return at + 1;
}

static const unsigned char *
step_key_or_end(struct json *json, const unsigned char *at, const unsigned char *end)
{
	at = skip_space(at, end);
	if (at < end && *at == '}') {
		return container_end(json, at, true);
	}
	return step_key(json, at, end);
}

static const unsigned char *
step_colon(struct json *json, const unsigned char *at, const unsigned char *end)
{
	at = skip_space(at, end);
	if (at == end) {
		return at;
	}
	if (*at != ':') {
		return fail(json, at);
	}
	become(json, STATE_VALUE);
	return at + 1;
}

static const unsigned char *
step_next(struct json *json, const unsigned char *at, const unsigned char *end)
{
	bool object = in_object(json);

	at = skip_space(at, end);
	if (at == end) {
		return at;
	}
	if (*at == ',') {
		become(json, object ? STATE_KEY : STATE_VALUE);
		return at + 1;
	}
	if (*at == (object ? '}' : ']')) {
		return container_end(json, at, object);
	}
	return fail(json, at);
}

/* Nearly all bytes of an image answer pass through here: 32 at a time as long as none of
 * them is a quote, a backslash, a control character or not ASCII. A borrow between the
 * bytes of a word can only raise a false alarm, which the loop by bytes settles. */
static const unsigned char *
skip_plain(const unsigned char *at, const unsigned char *end)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);

	while (end - at >= 32) {
		uint64_t alarm = 0;
		for (size_t i = 0; i < 4; i++) {
			uint64_t word;
			memcpy(&word, at + 8 * i, sizeof(word));
			uint64_t quote = (word ^ (ones * '"')) - ones;
			uint64_t slash = (word ^ (ones * '\\')) - ones;
			alarm |= word | (word - ones * 0x20) | quote | slash;
		}
		if ((alarm & (ones * 0x80)) != 0) {
			break;
		}
		at += 32;
	}
	while (at < end && *at >= 0x20 && *at < 0x80 && *at != '"' && *at != '\\') {
		at++;
	}
	return at;
}

/* Takes the first byte of a character of two to four bytes; the table is that of the
 * Unicode standard, section 3.9, "well-formed UTF-8 byte sequences". */
static bool
utf8_begin(struct json *json, unsigned char c)
{
	json->low = 0x80;
	json->limit = 0xBF;
	if (c < 0xC2 || c > 0xF4) {
		return false;
	}
	if (c < 0xE0) {
		json->left = 1;
		return true;
	}
	json->left = c < 0xF0 ? 2 : 3;
	if (c == 0xE0) {
		json->low = 0xA0; /* shorter forms exist */
	} else if (c == 0xED) {
		json->limit = 0x9F; /* surrogates */
	} else if (c == 0xF0) {
		json->low = 0x90;
	} else if (c == 0xF4) {
		json->limit = 0x8F; /* beyond U+10FFFF */
	}
	return true;
}

/* Passes over one byte that is not ASCII, or that should not be. */
static bool
utf8_step(struct json *json, unsigned char c)
{
	if (json->left == 0) {
		return utf8_begin(json, c);
	}
	if (c < json->low || c > json->limit) {
		return false;
	}
	json->low = 0x80;
	json->limit = 0xBF;
	json->left--;
	return true;
}

static const unsigned char *
string_end(struct json *json, const unsigned char *text, const unsigned char *at)
{
	if (json->in_key) {
		string_part(json, text, (size_t)(at - text));
		emit(json, JSON_KEY, json->hold, json->hold_len);
		become(json, STATE_COLON);
	} else {
		emit_text(json, text, (size_t)(at - text), true);
		value_done(json);
	}
	return at + 1;
}

static const unsigned char *
step_string(struct json *json, const unsigned char *at, const unsigned char *end)
{
	const unsigned char *text = at;
	bool good = true;

	while (at < end && good) {
		if (json->left == 0) {
			at = skip_plain(at, end);
		}
		if (at == end || (json->left == 0 && *at < 0x80)) {
			break;
		}
		good = utf8_step(json, *at);
		at += good ? 1 : 0;
	}
	if (at < end && good && *at == '"') {
		return string_end(json, text, at);
	}
	string_part(json, text, (size_t)(at - text));
	if (at == end) {
		return at;
	}
	if (!good || *at != '\\') {
		return fail(json, at);
	}
	become(json, STATE_ESCAPE);
	return at + 1;
}

static const unsigned char *
step_escape(struct json *json, const unsigned char *at, const unsigned char *end)
{
	static const char names[] = "\"\\/bfnrt";
	static const char values[] = "\"\\/\b\f\n\r\t";

	(void)end;
	if (*at == 'u') {
		json->code = 0;
		json->left = 4;
		become(json, STATE_HEX);
		return at + 1;
	}
	const char *name = memchr(names, *at, sizeof(names) - 1);
	if (name == NULL) {
		return fail(json, at);
	}
	become(json, STATE_STRING);
	string_part(json, &values[name - names], 1);
	return at + 1;
}

static void
string_code_point(struct json *json, uint32_t code)
{
	unsigned char out[4];
	size_t len;

	if (code < 0x80) {
		out[0] = (unsigned char)code;
		len = 1;
	} else if (code < 0x800) {
		out[0] = (unsigned char)(0xC0 | (code >> 6));
		len = 2;
	} else if (code < 0x10000) {
		out[0] = (unsigned char)(0xE0 | (code >> 12));
		len = 3;
	} else {
		out[0] = (unsigned char)(0xF0 | (code >> 18));
		len = 4;
	}
	for (size_t i = 1; i < len; i++) {
		out[i] = (unsigned char)(0x80 | ((code >> (6 * (len - 1 - i))) & 0x3F));
	}
	string_part(json, out, len);
}

/* All four digits are there. False for half a surrogate pair. */
static bool
hex_done(struct json *json)
{
	bool second = json->code >= 0xDC00 && json->code <= 0xDFFF;

	if (second != (json->high != 0)) {
		return false;
	}
	if (json->code >= 0xD800 && json->code <= 0xDBFF) {
		json->high = (uint16_t)json->code;
		become(json, STATE_PAIR_BACKSLASH);
		return true;
	}
	if (second) {
		uint32_t high = json->high - UINT32_C(0xD800);
		json->code = 0x10000 + (high << 10) + (json->code - 0xDC00);
		json->high = 0;
	}
	become(json, STATE_STRING);
	string_code_point(json, json->code);
	return true;
}

static const unsigned char *
step_hex(struct json *json, const unsigned char *at, const unsigned char *end)
{
	int digit = chars_hex((char)*at);

	(void)end;
	if (digit < 0) {
		return fail(json, at);
	}
	json->code = json->code << 4 | (uint32_t)digit;
	json->left--;
	if (json->left == 0 && !hex_done(json)) {
		return fail(json, at);
	}
	return at + 1;
}

static const unsigned char *
step_pair(struct json *json, const unsigned char *at, const unsigned char *end)
{
	bool backslash = json->state == STATE_PAIR_BACKSLASH;

	(void)end;
	if (*at != (backslash ? '\\' : 'u')) {
		return fail(json, at);
	}
	json->code = 0;
	json->left = 4;
	become(json, backslash ? STATE_PAIR_U : STATE_HEX);
	return at + 1;
}

static const unsigned char *
step_literal(struct json *json, const unsigned char *at, const unsigned char *end)
{
	const char *text = literal_text[json->literal];

	(void)end;
	if (*at != (unsigned char)text[strlen(text) - json->left]) {
		return fail(json, at);
	}
	json->left--;
	if (json->left == 0) {
		json->cut = false;
		emit(json, literal_kind[json->literal], text, strlen(text));
		value_done(json);
	}
	return at + 1;
}

/* The next state of a number, STATE_VALUE where the grammar has none. Columns: 0, 1-9, '.',
 * 'e' or 'E', '-', '+'. */
static const uint8_t number_next[][6] = {
    [STATE_NUMBER_MINUS - STATE_NUMBER_MINUS] = {STATE_NUMBER_ZERO,
	STATE_NUMBER_INTEGER},
    [STATE_NUMBER_ZERO -
	STATE_NUMBER_MINUS] = {0, 0, STATE_NUMBER_POINT, STATE_NUMBER_E},
    [STATE_NUMBER_INTEGER - STATE_NUMBER_MINUS] = {STATE_NUMBER_INTEGER,
	STATE_NUMBER_INTEGER, STATE_NUMBER_POINT, STATE_NUMBER_E},
    [STATE_NUMBER_POINT -
	STATE_NUMBER_MINUS] = {STATE_NUMBER_FRACTION, STATE_NUMBER_FRACTION},
    [STATE_NUMBER_FRACTION - STATE_NUMBER_MINUS] = {STATE_NUMBER_FRACTION,
	STATE_NUMBER_FRACTION, 0, STATE_NUMBER_E},
    [STATE_NUMBER_E - STATE_NUMBER_MINUS] = {STATE_NUMBER_EXPONENT,
	STATE_NUMBER_EXPONENT, 0, 0, STATE_NUMBER_SIGN, STATE_NUMBER_SIGN},
    [STATE_NUMBER_SIGN -
	STATE_NUMBER_MINUS] = {STATE_NUMBER_EXPONENT, STATE_NUMBER_EXPONENT},
    [STATE_NUMBER_EXPONENT -
	STATE_NUMBER_MINUS] = {STATE_NUMBER_EXPONENT, STATE_NUMBER_EXPONENT},
};

static enum state
number_after(const struct json *json, unsigned char c)
{
	static const char columns[] = ".e-+";
	const uint8_t *row = number_next[json->state - STATE_NUMBER_MINUS];

	if (c >= '0' && c <= '9') {
		return (enum state)row[c > '0'];
	}
	const char *column = memchr(columns, c == 'E' ? 'e' : c, sizeof(columns) - 1);
	return column == NULL ? STATE_VALUE : (enum state)row[2 + (column - columns)];
}

/* Ends a number; false when it may not end here. */
static bool
number_end(struct json *json)
{
	if (json->state != STATE_NUMBER_ZERO && json->state != STATE_NUMBER_INTEGER &&
	    json->state != STATE_NUMBER_FRACTION &&
	    json->state != STATE_NUMBER_EXPONENT) {
		return false;
	}
	emit(json, JSON_NUMBER, json->hold, json->hold_len);
	value_done(json);
	return true;
}

static const unsigned char *
step_number(struct json *json, const unsigned char *at, const unsigned char *end)
{
	while (at < end) {
		enum state next = number_after(json, *at);
		if (next == STATE_VALUE) {
			return number_end(json) ? at : fail(json, at);
		}
		hold(json, at, 1, JSON_NUMBER_BYTES_MAX);
		become(json, next);
		at++;
	}
	return at;
}

static const unsigned char *
step_done(struct json *json, const unsigned char *at, const unsigned char *end)
{
	at = skip_space(at, end);
	if (at < end) {
		become(json, STATE_TRAILING);
	}
	return at;
}

static step_function *const steps[STATE_COUNT] = {
    [STATE_VALUE] = step_value,
    [STATE_ITEM_OR_END] = step_item_or_end,
    [STATE_KEY_OR_END] = step_key_or_end,
    [STATE_KEY] = step_key,
    [STATE_COLON] = step_colon,
    [STATE_NEXT] = step_next,
    [STATE_STRING] = step_string,
    [STATE_ESCAPE] = step_escape,
    [STATE_HEX] = step_hex,
    [STATE_PAIR_BACKSLASH] = step_pair,
    [STATE_PAIR_U] = step_pair,
    [STATE_LITERAL] = step_literal,
    [STATE_NUMBER_MINUS] = step_number,
    [STATE_NUMBER_ZERO] = step_number,
    [STATE_NUMBER_INTEGER] = step_number,
    [STATE_NUMBER_POINT] = step_number,
    [STATE_NUMBER_FRACTION] = step_number,
    [STATE_NUMBER_E] = step_number,
    [STATE_NUMBER_SIGN] = step_number,
    [STATE_NUMBER_EXPONENT] = step_number,
    [STATE_DONE] = step_done,
};

void
json_init(struct json *json, json_handler *handler, void *context)
{
	memset(json, 0, sizeof(*json));
	json->handler = handler;
	json->context = context;
}

static enum json_status
status(const struct json *json)
{
	if (json->state == STATE_FAILED) {
		return JSON_ERROR;
	}
	if (json->state == STATE_TRAILING) {
		return JSON_TRAILING;
	}
	return json->complete ? JSON_COMPLETE : JSON_MORE;
}

enum json_status
json_push(struct json *json, const void *data, size_t len)
{
	const unsigned char *begin = data;
	const unsigned char *at = begin;

	while (at < begin + len && json->state < STATE_TRAILING) {
		at = steps[json->state](json, at, begin + len);
	}
	json->at += (uint64_t)(at - begin);
	return status(json);
}

enum json_status
json_end(struct json *json)
{
	/* When the number may not end here the status stays JSON_MORE: it was cut short. */
	if (json->depth == 0 && json->state >= STATE_NUMBER_MINUS &&
	    json->state <= STATE_NUMBER_EXPONENT) {
		(void)number_end(json);
	}
	return status(json);
}

uint64_t
json_at(const struct json *json)
{
	return json->at;
}
