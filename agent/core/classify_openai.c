#include "agent/core/classify_openai.h"

#include "agent/core/classify_gemini.h"

#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const struct capture_path paths[] = {
    {{"error"}, ANSWER_ERROR}, {{"error", "code"}, ANSWER_CODE},
    {{"error", "type"}, ANSWER_STATUS},
    {{"error", "status"}, ANSWER_STATUS}, /* Google's, on its OpenAI-like path */
    {{"error", "message"}, ANSWER_MESSAGE},
    {{"error", "details", "[]", "reason"}, ANSWER_REASON},
    {{"error", "details", "[]", "retryDelay"}, ANSWER_RETRY},
    {{"error", "details", "[]", "violations", "[]"}, ANSWER_VIOLATION},
    {{"error", "details", "[]", "violations", "[]", "quotaId"}, ANSWER_QUOTA_ID},
    {{"error", "metadata", "raw"}, ANSWER_RAW},
    {{"error", "metadata", "limit_source"}, ANSWER_POOL},
    {{"error", "metadata", "reasons"}, ANSWER_FLAGGED},
    {{"error", "metadata", "flagged_input"}, ANSWER_FLAGGED},
    {{"error", "moderation_details"}, ANSWER_FLAGGED},
    {{"detail"}, ANSWER_MESSAGE},  /* FastAPI gateways */
    {{"message"}, ANSWER_MESSAGE}, /* API gateways in front */
    {{"data", "[]"}, ANSWER_ENTRY}, {{"data", "[]", "b64_json"}, ANSWER_IMAGE},
    {{"data", "[]", "url"}, ANSWER_IMAGE}, {{"data"}, ANSWER_LIST},
    {{"data", "[]", "id"}, ANSWER_LISTED}, {{"has_more"}, ANSWER_MORE},
    {{"choices"}, ANSWER_CHOICES}, {{"usage", "input_tokens"}, ANSWER_TOKENS_IN},
    {{"usage", "output_tokens"}, ANSWER_TOKENS_OUT},
    {{"usage", "cost"}, ANSWER_COST}, /* of a gateway */
};

static const struct answer_row rows[] = {
    {.http = 400,
	.reason = "moderation_blocked",
	.finding = {OUTCOME_CONTENT_BLOCKED, 0}},
    {.http = 400,
	.reason = "content_policy_violation",
	.finding = {OUTCOME_CONTENT_BLOCKED, 0}},
    {.http = 400, .seen = SEEN_FLAGGED, .finding = {OUTCOME_CONTENT_BLOCKED, 0}},
    {.http = 400, .message = "safety system", .finding = {OUTCOME_CONTENT_BLOCKED, 0}},
    {.http = 400,
	.reason = "billing_hard_limit_reached",
	.finding = {OUTCOME_QUOTA_EXHAUSTED, 0}},
    {.http = 400, .reason = "invalid_api_key", .finding = {OUTCOME_AUTH_ERROR, 0}},
    {.http = 401, .finding = {OUTCOME_AUTH_ERROR, 0}},
    {.http = 402, .finding = {OUTCOME_QUOTA_EXHAUSTED, 0}},
    {.http = 403, .seen = SEEN_FLAGGED, .finding = {OUTCOME_CONTENT_BLOCKED, 0}},
    {.http = 403,
	.reason = "unsupported_country_region_territory",
	.finding = {OUTCOME_BAD_REQUEST, FLAG_REGION_BLOCK}},
    {.http = 403,
	.message = "country, region",
	.finding = {OUTCOME_BAD_REQUEST, FLAG_REGION_BLOCK}},
    {.http = 403,
	.message = "country or region",
	.finding = {OUTCOME_BAD_REQUEST, FLAG_REGION_BLOCK}},
    {.http = 403, .finding = {OUTCOME_AUTH_ERROR, 0}},
    {.http = 400,
	.http_last = 404,
	.reason = "model_not_found",
	.finding = {OUTCOME_BAD_REQUEST, FLAG_MODEL_GONE}},
    {.http = 404,
	.message = "no endpoints found",
	.finding = {OUTCOME_BAD_REQUEST, FLAG_MODEL_GONE}},
    {.http = 404,
	.message = "model",
	.finding = {OUTCOME_BAD_REQUEST, FLAG_MODEL_GONE}},
    {.http = 408, .finding = {OUTCOME_UPSTREAM_ERROR, FLAG_DEADLINE}},
    {.http = 429,
	.reason = "insufficient_quota",
	.finding = {OUTCOME_QUOTA_EXHAUSTED, 0}},
    {.http = 429,
	.status = "insufficient_quota",
	.finding = {OUTCOME_QUOTA_EXHAUSTED, 0}},
    {.http = 429,
	.reason = "credit_balance_exhausted",
	.finding = {OUTCOME_QUOTA_EXHAUSTED, 0}},
    {.http = 429,
	.reason = "billing_hard_limit_reached",
	.finding = {OUTCOME_QUOTA_EXHAUSTED, 0}},
    {.http = 429, .word = "spend", .finding = {OUTCOME_QUOTA_EXHAUSTED, 0}},
    {.http = 429, .message = "spend", .finding = {OUTCOME_QUOTA_EXHAUSTED, 0}},
    {.http = 429,
	.message = "exceeded your current quota",
	.finding = {OUTCOME_QUOTA_EXHAUSTED, 0}},
    {.http = 429,
	.seen = SEEN_SHARED_POOL,
	.finding = {OUTCOME_RATE_LIMITED, FLAG_CAPACITY}},
    {.http = 429,
	.message = "rate-limited upstream",
	.finding = {OUTCOME_RATE_LIMITED, FLAG_CAPACITY}},
    {.http = 429, .finding = {OUTCOME_RATE_LIMITED, 0}},
    {.http = 499, .finding = {OUTCOME_TIMEOUT, 0}},
    {.http = 503,
	.reason = "server_is_overloaded",
	.finding = {OUTCOME_UPSTREAM_ERROR, FLAG_OVERLOADED}},
    {.http = 503,
	.reason = "slow_down",
	.finding = {OUTCOME_UPSTREAM_ERROR, FLAG_OVERLOADED}},
    {.http = 503,
	.message = "overloaded",
	.finding = {OUTCOME_UPSTREAM_ERROR, FLAG_OVERLOADED}},
    {.http = 529, .finding = {OUTCOME_UPSTREAM_ERROR, FLAG_OVERLOADED}},
    {.http = 502, .finding = {OUTCOME_UPSTREAM_ERROR, FLAG_GATEWAY}},
    {.http = 504, .finding = {OUTCOME_UPSTREAM_ERROR, FLAG_DEADLINE}},
    {.http = 524, .finding = {OUTCOME_UPSTREAM_ERROR, FLAG_DEADLINE}},
    {.http = 400, .http_last = 499, .finding = {OUTCOME_BAD_REQUEST, 0}},
    {.finding = {OUTCOME_UPSTREAM_ERROR, 0}},
};

void
classify_openai_begin(struct capture *capture, struct answer *answer)
{
	capture_init(capture, paths, LENGTH(paths), true, answer_value, answer);
}

/* Gives the JSON inside a message to `capture`. Some gateways print it as a literal of their
 * language, where a line end is a backslash and an 'n'; outside of strings that is not
 * JSON, and inside a space does as well. */
static void
push_inner(struct capture *capture, const char *text)
{
	while (*text != '\0') {
		const char *line_end = strstr(text, "\\n");
		size_t len =
		    line_end == NULL ? strlen(text) : (size_t)(line_end - text);
		(void)capture_push(capture, text, len);
		if (line_end == NULL) {
			return;
		}
		(void)capture_push(capture, " ", 1);
		text = line_end + 2;
	}
}

bool
classify_openai_inner(const struct answer *outer, uint16_t http, struct finding *out)
{
	const char *json = strchr(outer->message, '{');
	struct answer inner;
	struct capture capture;

	if (json == NULL) {
		return false;
	}
	answer_init(&inner, "");
	classify_gemini_begin(&capture, &inner);
	push_inner(&capture, json);
	if ((inner.seen & SEEN_ERROR) != 0 && inner.code >= 400) {
		*out = classify_gemini_error(&inner, (uint16_t)inner.code);
		return true;
	}
	answer_init(&inner, "");
	classify_openai_begin(&capture, &inner);
	push_inner(&capture, json);
	if ((inner.seen & SEEN_ERROR) == 0) {
		return false;
	}
	inner.seen |= outer->seen & (SEEN_SHARED_POOL | SEEN_FLAGGED);
	*out = answer_match(&inner, http, rows, LENGTH(rows))->finding;
	return true;
}

/* Google's error objects have a status of their own kind: RESOURCE_EXHAUSTED, not
 * insufficient_quota. */
static bool
is_google(const struct answer *answer)
{
	char c = answer->status[0];

	return c >= 'A' && c <= 'Z';
}

struct finding
classify_openai_error(const struct answer *answer, uint16_t http)
{
	struct finding inner;

	if (is_google(answer)) {
		return classify_gemini_error(answer, http);
	}
	if (classify_openai_inner(answer, http, &inner)) {
		return inner;
	}
	return answer_match(answer, http, rows, LENGTH(rows))->finding;
}

struct finding
classify_openai_image(const struct answer *answer)
{
	if ((answer->seen & SEEN_IMAGE) != 0) {
		return (struct finding){OUTCOME_OK, 0};
	}
	if ((answer->seen & SEEN_BAD_IMAGE) != 0) {
		return (struct finding){OUTCOME_MALFORMED, FLAG_BAD_IMAGE};
	}
	if ((answer->seen & SEEN_LINK) != 0) {
		/* Not one that was fetched, or it would be seen. */
		return (struct finding){OUTCOME_UPSTREAM_ERROR, FLAG_NO_IMAGE};
	}
	if ((answer->seen & SEEN_CHOICES) != 0) {
		return (struct finding){OUTCOME_MALFORMED, FLAG_NO_IMAGE};
	}
	return (struct finding){OUTCOME_UPSTREAM_ERROR, FLAG_NO_IMAGE};
}

struct finding
classify_openai_models(const struct answer *answer)
{
	if ((answer->seen & SEEN_LIST) == 0) {
		return (struct finding){OUTCOME_MALFORMED, 0};
	}
	if ((answer->seen & (SEEN_LISTED | SEEN_MORE)) != 0) {
		return (struct finding){OUTCOME_OK, 0};
	}
	return (struct finding){OUTCOME_BAD_REQUEST, FLAG_MODEL_GONE};
}
