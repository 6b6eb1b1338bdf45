#include "collector/core/reply.h"

#include "common/core/clock.h"
#include "common/core/json.h"

#include <string.h>

struct reader {
	struct reply *reply;
	size_t depth;
	bool is_object;
	char key[24];
	bool in_parameters;
	char word[REPLY_TEXT_BYTES];
	size_t len;
};

static char
lower(char character)
{
	if (character >= 'A' && character <= 'Z') {
		return (char)(character - 'A' + 'a');
	}
	return (char)(character >= 0x20 && character < 0x7f ? character : '?');
}

static void
keep(char out[REPLY_TEXT_BYTES], size_t *len, const char *text, size_t text_len)
{
	for (size_t i = 0; i < text_len && *len < REPLY_TEXT_BYTES - 1; i++) {
		out[(*len)++] = lower(text[i]);
	}
	out[*len] = '\0';
}

static bool
is_key(const struct reader *reader, const char *key)
{
	return strcmp(reader->key, key) == 0;
}

/* A number with its sign, rounded towards zero; false for anything with an exponent or of
 * more than 15 digits. */
static bool
read_whole(const struct json_event *event, int64_t *out)
{
	bool minus = event->len > 0 && event->text[0] == '-';
	int64_t value = 0;
	size_t i = minus ? 1 : 0;

	for (; i < event->len && event->text[i] >= '0' && event->text[i] <= '9'; i++) {
		if (i > 15) {
			return false;
		}
		value = value * 10 + (event->text[i] - '0');
	}
	if (event->cut || (i < event->len && event->text[i] != '.')) {
		return false;
	}
	for (i++; i < event->len; i++) {
		if (event->text[i] < '0' || event->text[i] > '9') {
			return false;
		}
	}
	*out = minus ? -value : value;
	return true;
}

/* Seconds, perhaps with a fraction: rounded up, never too early. */
static void
read_retry(struct reply *reply, const struct json_event *event)
{
	int64_t seconds;

	if (read_whole(event, &seconds) && seconds >= 0) {
		bool has_dot = memchr(event->text, '.', event->len) != NULL;

		seconds += has_dot ? 1 : 0;
		reply->retry_after_ns =
		    seconds > 86400 ? 86400 * CLOCK_NS_PER_S : seconds * CLOCK_NS_PER_S;
	}
}

static void
number(struct reader *reader, const struct json_event *event)
{
	struct reply *reply = reader->reply;

	if (is_key(reader, "retry_after") &&
	    (reader->depth == 1 || reader->in_parameters)) {
		read_retry(reply, event);
	} else if (reader->depth != 1) {
		return;
	} else if (is_key(reader, "code")) {
		reply->has_code = read_whole(event, &reply->code);
	} else if (is_key(reader, "StatusCode")) {
		reply->has_status_code = read_whole(event, &reply->status_code);
	} else if (is_key(reader, "errcode")) {
		reply->has_errcode = read_whole(event, &reply->errcode);
	} else if (is_key(reader, "id")) {
		reply->has_id = true;
	}
}

static void
text(struct reader *reader, const struct json_event *event)
{
	struct reply *reply = reader->reply;

	keep(reader->word, &reader->len, event->text, event->len);
	if (!event->last) {
		return;
	}
	if (reader->depth == 1) {
		if (is_key(reader, "msg")) {
			memcpy(reply->text, reader->word, sizeof(reply->text));
		} else if (is_key(reader, "id")) {
			reply->has_id = reader->len > 0;
		} else if (is_key(reader, "status")) {
			reply->is_success = strcmp(reader->word, "success") == 0;
		}
	}
	reader->len = 0;
	reader->word[0] = '\0';
}

static void
truth(struct reader *reader, bool value)
{
	if (reader->depth == 1 && is_key(reader, "ok")) {
		reader->reply->has_ok = true;
		reader->reply->ok = value;
	}
}

static void
deeper(struct reader *reader, bool is_object)
{
	if (reader->depth == 0) {
		reader->is_object = is_object;
	} else if (reader->depth == 1) {
		reader->in_parameters = is_object && is_key(reader, "parameters");
	} else {
		reader->in_parameters = false;
	}
	reader->depth++;
}

static void
on_event(void *context, const struct json_event *event)
{
	struct reader *reader = context;
	size_t len;

	switch (event->kind) {
	case JSON_OBJECT_BEGIN:
	case JSON_ARRAY_BEGIN:
		deeper(reader, event->kind == JSON_OBJECT_BEGIN);
		break;
	case JSON_OBJECT_END:
	case JSON_ARRAY_END:
		reader->depth--;
		reader->in_parameters = reader->in_parameters && reader->depth > 1;
		break;
	case JSON_KEY:
		len = event->len < sizeof(reader->key) ? event->len : 0;
		memcpy(reader->key, event->text, len);
		reader->key[len] = '\0';
		break;
	case JSON_TEXT:
		text(reader, event);
		break;
	case JSON_NUMBER:
		number(reader, event);
		break;
	case JSON_LITERAL_TRUE:
	case JSON_LITERAL_FALSE:
		truth(reader, event->kind == JSON_LITERAL_TRUE);
		break;
	case JSON_LITERAL_NULL:
	case JSON_KIND_COUNT:
		break;
	}
}

void
reply_read(const char *body, size_t len, struct reply *out)
{
	struct reader reader = {.reply = out};
	struct json json;
	enum json_status status;

	memset(out, 0, sizeof(*out));
	json_init(&json, on_event, &reader);
	status = json_push(&json, body, len);
	if (status == JSON_MORE || status == JSON_COMPLETE) {
		status = json_end(&json);
	}
	if (status == JSON_COMPLETE && reader.is_object) {
		out->is_object = true;
		return;
	}
	/* Half an object proves nothing. */
	memset(out, 0, sizeof(*out));
	reader.len = 0;
	keep(out->text, &reader.len, body, len);
}
