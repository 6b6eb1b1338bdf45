#include "agent/core/answer.h"

#include "common/core/chars.h"

#include <string.h>

enum {
	CODE_MAX = 999,
	RETRY_MS_MAX = 24 * 3600 * 1000
};

void
answer_init(struct answer *answer, const char *wanted)
{
	memset(answer, 0, sizeof(*answer));
	answer->wanted = wanted;
	answer->image_verdict = IMAGE_NOT;
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
    [ANSWER_NAME] = {0, KEPT(word), "", SEEN_NAME, false, false},
    [ANSWER_KEY] = {0, KEPT(word), NULL, SEEN_NAME, false, true},
    [ANSWER_LISTED] = {0, KEPT(word), NULL, 0, false, false},
    [ANSWER_LIST] = {0, KEPT(word), NULL, SEEN_LIST, true, false},
    [ANSWER_MORE] = {0, KEPT(word), "", SEEN_MORE, false, false},
    [ANSWER_NATIVE] = {0, KEPT(native), NULL, 0, false, false},
    [ANSWER_REFUSAL] = {2, KEPT(message), "", SEEN_REFUSAL, false, false},
    [ANSWER_CHOICES] = {0, KEPT(word), NULL, SEEN_CHOICES, true, true},
    [ANSWER_FLAGGED] = {0, KEPT(word), "", SEEN_FLAGGED, true, true},
    [ANSWER_POOL] = {0, KEPT(word), "shared_pool", SEEN_SHARED_POOL, false, false},
    [ANSWER_REMAINING] = {0, KEPT(word), NULL, 0, false, false},
    [ANSWER_COUNTED] = {0, KEPT(word), NULL, 0, false, false},
    [ANSWER_TOKENS_IN] = {0, KEPT(word), NULL, 0, false, false},
    [ANSWER_TOKENS_OUT] = {0, KEPT(word), NULL, 0, false, false},
    [ANSWER_TOKENS_THOUGHT] = {0, KEPT(word), NULL, 0, false, false},
    [ANSWER_COST] = {0, KEPT(word), NULL, 0, false, false},
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

	for (; chars_is_digit(*text) || (*text == '.' && !point); text++) {
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
		if (!chars_is_digit(text[i]) || code > CODE_MAX) {
			return 0;
		}
		code = code * 10 + (uint32_t)(text[i] - '0');
	}
	return code <= CODE_MAX ? code : 0;
}

/* Lists of Google's have "models/" before every name, and a plan may have it, too. */
static bool
is_wanted(const struct answer *answer, const char *name)
{
	static const char folder[] = "models/";
	const char *wanted = answer->wanted;

	if (strncmp(name, folder, sizeof(folder) - 1) == 0) {
		name += sizeof(folder) - 1;
	}
	if (strncmp(wanted, folder, sizeof(folder) - 1) == 0) {
		wanted += sizeof(folder) - 1;
	}
	return strcmp(name, wanted) == 0;
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
	} else if (tag == ANSWER_LISTED && !answer->cut && is_wanted(answer, text)) {
		answer->seen |= SEEN_LISTED;
	} else if (tag == ANSWER_POOL && strstr(text, "in_flight") != NULL) {
		answer->seen |= SEEN_IN_FLIGHT;
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

/* What came of a picture; a whole one counts more than what stands beside it. */
static void
image_seen(struct answer *answer)
{
	struct image_info info;
	enum image_verdict verdict = embed_end(&answer->embed, &info);

	if ((answer->seen & SEEN_IMAGE) == 0) {
		answer->info = info;
		answer->image_verdict = verdict;
	}
	answer->seen |= verdict == IMAGE_WHOLE ? SEEN_IMAGE : SEEN_BAD_IMAGE;
}

/* Of links the first counts. One that does not fit is not kept, for half a link leads
 * somewhere else. */
static void
link_part(struct answer *answer, const struct json_event *event)
{
	text_part(answer, answer->link, sizeof(answer->link), event);
	if (!event->last) {
		return;
	}
	answer->seen |= SEEN_LINK;
	if (answer->skip) {
		return;
	}
	answer->link_cut = answer->cut;
	if (answer->cut) {
		answer->link[0] = '\0';
	} else if (strncmp(answer->link, "http", 4) != 0) {
		answer->link[0] = '\0';
		answer->seen |= SEEN_BAD_IMAGE;
	}
}

/* The text in a picture's place: the first character tells a link ("http...") from
 * base64, for no picture's begins with an 'h'. */
static void
image(struct answer *answer, const struct json_event *event)
{
	if (!answer->open && event->len > 0) {
		answer->open = true;
		answer->link_open = event->text[0] == 'h';
		answer->len = 0;
		answer->cut = false;
		answer->skip = answer->link[0] != '\0' || answer->link_cut;
		embed_begin(&answer->embed, event->text[0]);
	}
	if (!answer->open) {
		return;
	}
	answer->open = !event->last;
	if (answer->link_open) {
		link_part(answer, event);
		return;
	}
	embed_text(&answer->embed, event->text, event->len);
	if (event->last && !embed_is_empty(&answer->embed)) {
		image_seen(answer);
	}
}

void
answer_fetch_begin(struct answer *answer)
{
	answer->seen &= ~(uint32_t)(SEEN_IMAGE | SEEN_BAD_IMAGE);
	embed_begin(&answer->embed, '\0');
}

void
answer_fetch(struct answer *answer, const void *data, size_t len)
{
	embed_bytes(&answer->embed, data, len);
}

void
answer_fetch_end(struct answer *answer)
{
	image_seen(answer);
}

static void
container(struct answer *answer, int tag, bool object)
{
	if (object ? uses[tag].object : uses[tag].array) {
		answer->seen |= uses[tag].seen;
	}
}

/* Numbers of a stream's events are those of all that came so far: the last one counts. */
static void
tokens(struct answer *answer, uint32_t *place, const struct json_event *event)
{
	*place = usage_tokens(event->text, event->len);
	answer->usage.has_tokens = true;
}

static void
number(struct answer *answer, int tag, const struct json_event *event)
{
	struct usage *usage = &answer->usage;

	if (tag == ANSWER_CODE && answer->code == 0) {
		answer->code = code_of(event->text, event->len);
	} else if (tag == ANSWER_TOKENS_IN) {
		tokens(answer, &usage->tokens_in, event);
	} else if (tag == ANSWER_TOKENS_OUT) {
		tokens(answer, &usage->tokens_out, event);
	} else if (tag == ANSWER_TOKENS_THOUGHT) {
		tokens(answer, &usage->tokens_thought, event);
	} else if (tag == ANSWER_COST && !event->cut) {
		usage->has_cost =
		    usage_microusd(event->text, event->len, &usage->cost_microusd);
	} else if (tag == ANSWER_COUNTED) {
		answer->seen |= SEEN_COUNTED;
	} else if (tag == ANSWER_REMAINING && usage_is_spent(event->text, event->len)) {
		answer->seen |= SEEN_SPENT;
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
		number(answer, tag, event);
		break;
	case JSON_LITERAL_TRUE:
		answer->seen |= tag == ANSWER_MORE ? SEEN_MORE : 0;
		break;
	case JSON_OBJECT_END:
	case JSON_ARRAY_END:
	case JSON_KEY:
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
    {"authentication", 401},
    {"payment_required", 402},
    {"permission_denied", 403},
    {"not_found", 404},
    {"model_not_found", 404},
    {"quota_exceeded", 429},
    {"insufficient_quota", 429},
    {"rate_limit_exceeded", 429},
    {"rate_limit_error", 429},
    {"provider_overloaded", 503},
    {"provider_unavailable", 503},
    {"server_is_overloaded", 503},
    {"unavailable", 503},
    {"deadline_exceeded", 504},
    {"timeout", 504},
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
	if (!chars_is_digit(part[len - 1])) {
		return true;
	}
	return !chars_is_digit(at[len]) &&
	       !(at[len] == '.' && chars_is_digit(at[len + 1]));
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
	if (row->word != NULL && strstr(answer->status, row->word) == NULL &&
	    strstr(answer->reason, row->word) == NULL &&
	    strstr(answer->code_word, row->word) == NULL) {
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
