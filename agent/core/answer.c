#include "agent/core/answer.h"

#include <string.h>

enum {
	DECODE_CHARS = 4096, /* of a picture's text at a time */
	DECODE_BYTES = DECODE_CHARS / 4 * 3 + 3,
	CODE_MAX = 999,
	RETRY_MS_MAX = 24 * 3600 * 1000
};

void
answer_init(struct answer *answer)
{
	memset(answer, 0, sizeof(*answer));
	answer->image_verdict = IMAGE_NOT;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* What a field is good for. `word` takes the texts that are only looked at. */
struct use {
	uint8_t rank;  /* as the explanation of the whole, 0 = it is none */
	size_t offset; /* of the place in struct answer where its text is kept */
	size_t cap;
	const char *part; /* a text with this in it means `seen`; NULL = none does */
	uint32_t seen;
	bool array; /* an array means it, too, not only an object */
	bool object;
};

#define KEPT(member)                                                                   \
	offsetof(struct answer, member), sizeof(((struct answer *)0)->member)

static const struct use uses[ANSWER_FIELD_COUNT] = {
    [ANSWER_ERROR] = {3, KEPT(message), "", SEEN_ERROR, false, true},
    [ANSWER_CODE] = {0, KEPT(code_word), NULL, 0, false, false},
    [ANSWER_STATUS] = {0, KEPT(status), NULL, 0, false, false},
    [ANSWER_REASON] = {0, KEPT(reason), NULL, 0, false, false},
    [ANSWER_MESSAGE] = {3, KEPT(message), NULL, 0, false, false},
    [ANSWER_RAW] = {4, KEPT(message), NULL, 0, false, false},
    [ANSWER_NOTE] = {2, KEPT(message), NULL, 0, false, false},
    [ANSWER_WORDS] = {1, KEPT(message), NULL, 0, false, false},
    [ANSWER_RETRY] = {0, KEPT(word), "", SEEN_RETRY, false, false},
    [ANSWER_VIOLATION] = {0, KEPT(word), NULL, SEEN_QUOTA, false, true},
    [ANSWER_QUOTA_ID] = {0, KEPT(word), "PerDay", SEEN_QUOTA_DAY, false, false},
    [ANSWER_ENTRY] = {0, KEPT(word), NULL, SEEN_ENTRY, false, true},
    [ANSWER_FINISH] = {0, KEPT(finish), NULL, 0, false, false},
    [ANSWER_BLOCK] = {0, KEPT(block), NULL, 0, false, false},
    [ANSWER_IMAGE] = {0, KEPT(word), NULL, 0, false, false},
    [ANSWER_URL] = {0, KEPT(word), "http", SEEN_URL, false, false},
    [ANSWER_NAME] = {0, KEPT(word), "", SEEN_NAME, false, false},
    [ANSWER_CHOICES] = {0, KEPT(word), NULL, SEEN_CHOICES, true, true},
    [ANSWER_FLAGGED] = {0, KEPT(word), "", SEEN_FLAGGED, true, true},
    [ANSWER_POOL] = {0, KEPT(word), "shared_pool", SEEN_SHARED_POOL, false, false},
    [ANSWER_REQUEST_ID] = {0, KEPT(request_id), NULL, 0, false, false},
};

#undef KEPT

/* Of texts for the same place the first counts, of messages the best. */
static void
text_begin(struct answer *answer, const struct use *use, const char *place)
{
	answer->open = true;
	answer->len = 0;
	answer->cut = false;
	answer->word[0] = '\0';
	if (use->rank > 0) {
		answer->skip = use->rank <= answer->message_rank;
		answer->message_rank = answer->skip ? answer->message_rank : use->rank;
	} else {
		answer->skip = place[0] != '\0';
	}
}

static void
text_part(
    struct answer *answer, char *place, size_t cap, const struct json_event *event)
{
	size_t room = cap - 1 - answer->len;
	size_t len = event->len;

	if (answer->skip) {
		return;
	}
	if (len > room) {
		len = room;
		answer->cut = true;
	}
	/* An embedded NUL would hide what follows it from the string functions. */
	for (size_t i = 0; i < len; i++) {
		char c = event->text[i];
		place[answer->len + i] = c == '\0' ? ' ' : c;
	}
	answer->len = (uint16_t)(answer->len + len);
	place[answer->len] = '\0';
}

/* "34.4s" in milliseconds. */
static uint32_t
seconds_ms(const char *text)
{
	uint64_t ms = 0;
	uint64_t unit = 1000;
	bool point = false;

	for (; is_digit(*text) || (*text == '.' && !point); text++) {
		if (*text == '.') {
			point = true;
			continue;
		}
		if (point) {
			unit /= 10;
			ms += unit * (uint64_t)(*text - '0');
		} else if (ms < RETRY_MS_MAX) {
			ms = ms * 10 + unit * (uint64_t)(*text - '0');
		}
	}
	return ms < RETRY_MS_MAX ? (uint32_t)ms : RETRY_MS_MAX;
}

/* A numeric code; texts such as "500" occur. 0 = it is no number in the range of HTTP. */
static uint32_t
code_of(const char *text, size_t len)
{
	uint32_t code = 0;

	for (size_t i = 0; i < len; i++) {
		if (!is_digit(text[i]) || code > CODE_MAX) {
			return 0;
		}
		code = code * 10 + (uint32_t)(text[i] - '0');
	}
	return code <= CODE_MAX ? code : 0;
}

/* A text is there as a whole: what it says beyond its letters. */
static void
text_end(struct answer *answer, int tag, const char *text)
{
	const struct use *use = &uses[tag];

	answer->open = false;
	if (answer->skip || answer->len == 0) {
		return;
	}
	if (use->rank > 0) {
		answer->message_cut = answer->cut;
	}
	if (use->part != NULL && strstr(text, use->part) != NULL) {
		answer->seen |= use->seen;
	}
	if (tag == ANSWER_CODE) {
		answer->code = code_of(text, answer->len);
	} else if (tag == ANSWER_RETRY) {
		answer->retry_ms = seconds_ms(text);
	}
}

static void
text(struct answer *answer, int tag, const struct json_event *event)
{
	const struct use *use = &uses[tag];
	char *place = (char *)answer + use->offset;

	if (!answer->open) {
		text_begin(answer, use, place);
	}
	text_part(answer, place, use->cap, event);
	if (event->last) {
		text_end(answer, tag, place);
	}
}

static void
image_decode(struct answer *answer, const char *chars, size_t len)
{
	unsigned char bytes[DECODE_BYTES];

	while (len > 0 && !answer->image_failed) {
		size_t step = len < DECODE_CHARS ? len : DECODE_CHARS;
		size_t got;
		enum err err = base64_decode(&answer->base64, chars, step, bytes, &got);
		answer->image_failed = err != ERR_OK;
		image_push(&answer->image, bytes, got);
		chars += step;
		len -= step;
	}
}

static void
image_end_text(struct answer *answer)
{
	struct image_info info;
	enum image_verdict verdict = image_end(&answer->image, &info);

	answer->open = false;
	if (base64_at(&answer->base64) == 0 && !answer->image_failed &&
	    !answer->image_prefix) {
		return; /* an empty text is no picture, not a broken one */
	}
	if (verdict == IMAGE_WHOLE &&
	    (answer->image_failed || base64_end(&answer->base64) != ERR_OK)) {
		verdict = IMAGE_TRUNCATED;
	}
	if ((answer->seen & SEEN_IMAGE) == 0) {
		answer->info = info;
		answer->image_verdict = verdict;
	}
	answer->seen |= verdict == IMAGE_WHOLE ? SEEN_IMAGE : SEEN_BAD_IMAGE;
}

static void
image(struct answer *answer, const struct json_event *event)
{
	const char *chars = event->text;
	size_t len = event->len;

	if (!answer->open) {
		answer->open = true;
		answer->image_failed = false;
		base64_init(&answer->base64);
		image_init(&answer->image);
		/* No picture's base64 begins with a 'd': this is "data:image/...;base64,". */
		answer->image_prefix = len > 0 && chars[0] == 'd';
	}
	if (answer->image_prefix && len > 0) {
		const char *comma = memchr(chars, ',', len);
		size_t past = comma == NULL ? len : (size_t)(comma - chars) + 1;
		answer->image_prefix = comma == NULL;
		chars += past;
		len -= past;
	}
	image_decode(answer, chars, len);
	if (event->last) {
		image_end_text(answer);
	}
}

static void
container(struct answer *answer, int tag, bool object)
{
	if (object ? uses[tag].object : uses[tag].array) {
		answer->seen |= uses[tag].seen;
	}
}

void
answer_value(void *context, int tag, const struct json_event *event)
{
	struct answer *answer = context;

	switch (event->kind) {
	case JSON_TEXT:
		if (tag == ANSWER_IMAGE) {
			image(answer, event);
		} else {
			text(answer, tag, event);
		}
		break;
	case JSON_OBJECT_BEGIN:
	case JSON_ARRAY_BEGIN:
		container(answer, tag, event->kind == JSON_OBJECT_BEGIN);
		break;
	case JSON_NUMBER:
		if (tag == ANSWER_CODE && answer->code == 0) {
			answer->code = code_of(event->text, event->len);
		}
		break;
	case JSON_OBJECT_END:
	case JSON_ARRAY_END:
	case JSON_KEY:
	case JSON_LITERAL_TRUE:
	case JSON_LITERAL_FALSE:
	case JSON_LITERAL_NULL:
	case JSON_KIND_COUNT:
		break;
	}
}

/* Names of errors for when no number comes with them: google.rpc.Code, OpenAI's types and
 * codes, those of Google's Interactions API. */
static const struct {
	const char *name;
	uint16_t http;
} named_errors[] = {
    {"INVALID_ARGUMENT", 400},
    {"FAILED_PRECONDITION", 400},
    {"OUT_OF_RANGE", 400},
    {"UNAUTHENTICATED", 401},
    {"PERMISSION_DENIED", 403},
    {"NOT_FOUND", 404},
    {"RESOURCE_EXHAUSTED", 429},
    {"CANCELLED", 499},
    {"UNAVAILABLE", 503},
    {"DEADLINE_EXCEEDED", 504},
    {"invalid_request", 400},
    {"invalid_request_error", 400},
    {"image_generation_user_error", 400},
    {"invalid_api_key", 401},
    {"authentication_error", 401},
    {"unauthenticated", 401},
    {"payment_required", 402},
    {"permission_denied", 403},
    {"not_found", 404},
    {"model_not_found", 404},
    {"quota_exceeded", 429},
    {"insufficient_quota", 429},
    {"rate_limit_exceeded", 429},
    {"server_is_overloaded", 503},
    {"unavailable", 503},
    {"deadline_exceeded", 504},
};

static uint16_t
named_http(const char *name)
{
	for (size_t i = 0; i < sizeof(named_errors) / sizeof(named_errors[0]); i++) {
		if (strcmp(named_errors[i].name, name) == 0) {
			return named_errors[i].http;
		}
	}
	return 0;
}

uint16_t
answer_http(const struct answer *answer, uint16_t http)
{
	const char *const names[] = {answer->code_word, answer->reason, answer->status};

	if (http >= 400) {
		return http;
	}
	if (answer->code >= 400) {
		return (uint16_t)answer->code;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		uint16_t found = named_http(names[i]);
		if (found != 0) {
			return found;
		}
	}
	return 500;
}

static bool
says_at(const char *at, const char *part)
{
	size_t len = 0;

	for (; part[len] != '\0'; len++) {
		if (lower(at[len]) != part[len]) {
			return false;
		}
	}
	if (!is_digit(part[len - 1])) {
		return true;
	}
	return !is_digit(at[len]) && !(at[len] == '.' && is_digit(at[len + 1]));
}

bool
answer_says(const struct answer *answer, const char *part)
{
	for (const char *at = answer->message; *at != '\0'; at++) {
		if (says_at(at, part)) {
			return true;
		}
	}
	return false;
}

bool
answer_is_among(const char *word, const char *const *words, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (strcmp(word, words[i]) == 0) {
			return true;
		}
	}
	return false;
}

static bool
fits(const struct answer *answer, uint16_t http, const struct answer_row *row)
{
	uint16_t last = row->http_last != 0 ? row->http_last : row->http;

	if (row->http != 0 && (http < row->http || http > last)) {
		return false;
	}
	if (row->status != NULL && strcmp(row->status, answer->status) != 0) {
		return false;
	}
	if (row->reason != NULL && strcmp(row->reason, answer->reason) != 0 &&
	    strcmp(row->reason, answer->code_word) != 0) {
		return false;
	}
	if ((answer->seen & row->seen) != row->seen) {
		return false;
	}
	return row->message == NULL || answer_says(answer, row->message);
}

const struct answer_row *
answer_match(const struct answer *answer, uint16_t http, const struct answer_row *rows,
    size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (fits(answer, http, &rows[i])) {
			return &rows[i];
		}
	}
	return NULL;
}
