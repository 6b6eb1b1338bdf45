#include "agent/core/classify_gemini.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const struct capture_path paths[] = {
    {{"error"}, ANSWER_ERROR},
    {{"error", "code"}, ANSWER_CODE},
    {{"error", "status"}, ANSWER_STATUS},
    {{"error", "message"}, ANSWER_MESSAGE},
    {{"error", "details", "[]", "reason"}, ANSWER_REASON},
    {{"error", "details", "[]", "retryDelay"}, ANSWER_RETRY},
    {{"error", "details", "[]", "violations", "[]"}, ANSWER_VIOLATION},
    {{"error", "details", "[]", "violations", "[]", "quotaId"}, ANSWER_QUOTA_ID},
    {{"error", "details", "[]", "requestId"}, ANSWER_REQUEST_ID},
    {{"message"}, ANSWER_MESSAGE}, /* of an API gateway in front */
    {{"candidates", "[]"}, ANSWER_ENTRY},
    {{"candidates", "[]", "finishReason"}, ANSWER_FINISH},
    {{"candidates", "[]", "finishMessage"}, ANSWER_NOTE},
    {{"candidates", "[]", "content", "parts", "[]", "text"}, ANSWER_WORDS},
    {{"candidates", "[]", "content", "parts", "[]", "inlineData", "data"},
	ANSWER_IMAGE},
    {{"candidates", "[]", "content", "parts", "[]", "inline_data", "data"},
	ANSWER_IMAGE},
    {{"promptFeedback", "blockReason"}, ANSWER_BLOCK},
    {{"promptFeedback", "blockReasonMessage"}, ANSWER_NOTE},
    {{"responseId"}, ANSWER_REQUEST_ID},
    {{"usageMetadata", "promptTokenCount"}, ANSWER_TOKENS_IN},
    {{"usageMetadata", "candidatesTokenCount"}, ANSWER_TOKENS_OUT},
    {{"usageMetadata", "thoughtsTokenCount"}, ANSWER_TOKENS_THOUGHT},
    {{"name"}, ANSWER_NAME},
    {{"models"}, ANSWER_LIST},
    {{"models", "[]", "name"}, ANSWER_LISTED},
    {{"nextPageToken"}, ANSWER_MORE},
    {{"totalTokens"}, ANSWER_COUNTED},
    {{"predictions"}, ANSWER_LIST},
    {{"predictions", "[]", "bytesBase64Encoded"}, ANSWER_IMAGE},
    {{"predictions", "[]", "raiFilteredReason"}, ANSWER_REFUSAL},
};

/* Order matters: one answer may list a day's and a minute's violation together, and the
 * day wins, for waiting a minute will not help. */
static const struct answer_row rows[] = {
    /* A bad key. */
    {.http = 400, .reason = "API_KEY_INVALID", .finding = {OUTCOME_AUTH_ERROR, 0}},
    {.http = 400, .reason = "API_KEY_EXPIRED", .finding = {OUTCOME_AUTH_ERROR, 0}},
    {.http = 400, .message = "api key not valid", .finding = {OUTCOME_AUTH_ERROR, 0}},
    {.http = 400, .message = "api key not found", .finding = {OUTCOME_AUTH_ERROR, 0}},
    {.http = 400, .message = "api key expired", .finding = {OUTCOME_AUTH_ERROR, 0}},
    {.http = 401, .finding = {OUTCOME_AUTH_ERROR, 0}},
    /* A place they do not serve: of this agent, never an outage. */
    {.http = 400,
	.http_last = 403,
	.message = "user location is not supported",
	.finding = {OUTCOME_BAD_REQUEST, FLAG_REGION_BLOCK}},
    {.http = 400,
	.message = "not available in your country",
	.finding = {OUTCOME_BAD_REQUEST, FLAG_REGION_BLOCK}},
    {.http = 400, .finding = {OUTCOME_BAD_REQUEST, 0}},
    {.http = 402, .finding = {OUTCOME_QUOTA_EXHAUSTED, 0}},
    {.http = 403, .finding = {OUTCOME_AUTH_ERROR, 0}},
    /* Theirs says so in an error object; a 404 of nobody knows who is just one. */
    {.http = 404,
	.seen = SEEN_ERROR,
	.finding = {OUTCOME_BAD_REQUEST, FLAG_MODEL_GONE}},
    {.http = 408, .finding = {OUTCOME_UPSTREAM_ERROR, FLAG_DEADLINE}},
    /* 429, from what money can mend to what only they can. */
    {.http = 429, .seen = SEEN_QUOTA_DAY, .finding = {OUTCOME_QUOTA_EXHAUSTED, 0}},
    {.http = 429, .message = "limit: 0", .finding = {OUTCOME_QUOTA_EXHAUSTED, 0}},
    {.http = 429, .message = "spend", .finding = {OUTCOME_QUOTA_EXHAUSTED, 0}},
    {.http = 429, .message = "credits", .finding = {OUTCOME_QUOTA_EXHAUSTED, 0}},
    {.http = 429, .seen = SEEN_QUOTA, .finding = {OUTCOME_RATE_LIMITED, 0}},
    {.http = 429, .seen = SEEN_RETRY, .finding = {OUTCOME_RATE_LIMITED, 0}},
    {.http = 429,
	.message = "exceeded your current quota",
	.finding = {OUTCOME_RATE_LIMITED, 0}},
    /* Capacity that we have bought and used up is not theirs that is short. */
    {.http = 429,
	.message = "provisioned throughput",
	.finding = {OUTCOME_RATE_LIMITED, 0}},
    {.http = 429,
	.message = "quota exceeded for",
	.finding = {OUTCOME_RATE_LIMITED, 0}},
    {.http = 429, .seen = SEEN_ERROR, .finding = {OUTCOME_RATE_LIMITED, FLAG_CAPACITY}},
    {.http = 429, .finding = {OUTCOME_RATE_LIMITED, 0}},
    {.http = 499, .finding = {OUTCOME_TIMEOUT, 0}}, /* we hung up */
    {.http = 503,
	.message = "deadline expired",
	.finding = {OUTCOME_UPSTREAM_ERROR, FLAG_DEADLINE}},
    {.http = 503,
	.message = "overloaded",
	.finding = {OUTCOME_UPSTREAM_ERROR, FLAG_OVERLOADED}},
    {.http = 503,
	.message = "high demand",
	.finding = {OUTCOME_UPSTREAM_ERROR, FLAG_OVERLOADED}},
    {.http = 502, .finding = {OUTCOME_UPSTREAM_ERROR, FLAG_GATEWAY}},
    {.http = 504, .finding = {OUTCOME_UPSTREAM_ERROR, FLAG_DEADLINE}},
    {.http = 400, .http_last = 499, .finding = {OUTCOME_BAD_REQUEST, 0}},
    {.finding = {OUTCOME_UPSTREAM_ERROR, 0}},
};

/* A finishReason that says a filter stepped in; every other one without a picture is an
 * answer that should have had one. */
static const char *const blocked[] = {"SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST",
    "SPII", "RECITATION", "LANGUAGE", "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION"};

void
classify_gemini_begin(struct capture *capture, struct answer *answer)
{
	capture_init(capture, paths, LENGTH(paths), true, answer_value, answer);
}

struct finding
classify_gemini_error(const struct answer *answer, uint16_t http)
{
	return answer_match(answer, http, rows, LENGTH(rows))->finding;
}

static char
upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

bool
classify_gemini_is_blocked(const char *reason)
{
	char word[ANSWER_WORD_BYTES];
	size_t len = 0;

	for (; len < sizeof(word) - 1 && reason[len] != '\0'; len++) {
		word[len] = upper(reason[len]);
	}
	word[len] = '\0';
	return answer_is_among(word, blocked, LENGTH(blocked));
}

struct finding
classify_gemini_image(const struct answer *answer)
{
	if ((answer->seen & SEEN_ENTRY) == 0) {
		/* New reasons to block will come: any reason is one. */
		return answer->block[0] != '\0'
			   ? (struct finding){OUTCOME_CONTENT_BLOCKED, 0}
			   : (struct finding){OUTCOME_UPSTREAM_ERROR, FLAG_NO_IMAGE};
	}
	if ((answer->seen & SEEN_IMAGE) != 0) {
		return (struct finding){OUTCOME_OK, 0};
	}
	if ((answer->seen & SEEN_BAD_IMAGE) != 0) {
		return (struct finding){OUTCOME_MALFORMED, FLAG_BAD_IMAGE};
	}
	if (answer->block[0] != '\0' || classify_gemini_is_blocked(answer->finish)) {
		return (struct finding){OUTCOME_CONTENT_BLOCKED, 0};
	}
	return (struct finding){OUTCOME_UPSTREAM_ERROR, FLAG_NO_IMAGE};
}

struct finding
classify_gemini_stream(const struct answer *answer)
{
	if (answer->finish[0] == '\0' && answer->block[0] == '\0') {
		return (struct finding){OUTCOME_MALFORMED, FLAG_PARTIAL_BODY};
	}
	return classify_gemini_image(answer);
}

struct finding
classify_gemini_imagen(const struct answer *answer)
{
	if ((answer->seen & SEEN_IMAGE) != 0) {
		return (struct finding){OUTCOME_OK, 0};
	}
	if ((answer->seen & SEEN_BAD_IMAGE) != 0) {
		return (struct finding){OUTCOME_MALFORMED, FLAG_BAD_IMAGE};
	}
	return (struct finding){OUTCOME_CONTENT_BLOCKED, 0};
}

struct finding
classify_gemini_model(const struct answer *answer)
{
	bool model = (answer->seen & SEEN_NAME) != 0;

	return (struct finding){model ? OUTCOME_OK : OUTCOME_MALFORMED, 0};
}

struct finding
classify_gemini_models(const struct answer *answer)
{
	if ((answer->seen & SEEN_LIST) == 0) {
		return (struct finding){OUTCOME_MALFORMED, 0};
	}
	if ((answer->seen & (SEEN_LISTED | SEEN_MORE)) != 0) {
		return (struct finding){OUTCOME_OK, 0};
	}
	return (struct finding){OUTCOME_BAD_REQUEST, FLAG_MODEL_GONE};
}

struct finding
classify_gemini_tokens(const struct answer *answer)
{
	bool counted = (answer->seen & SEEN_COUNTED) != 0;

	return (struct finding){counted ? OUTCOME_OK : OUTCOME_MALFORMED, 0};
}
