#include "agent/core/classify_router.h"

#include "agent/core/classify_gemini.h"
#include "agent/core/classify_openai.h"

#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const struct capture_path paths[] = {
    {{"error"}, ANSWER_ERROR},
    {{"error", "code"}, ANSWER_CODE},
    {{"error", "message"}, ANSWER_MESSAGE},
    {{"error", "metadata", "raw"}, ANSWER_RAW},
    {{"error", "metadata", "error_type"}, ANSWER_REASON},
    {{"error", "metadata", "limit_source"}, ANSWER_POOL},
    {{"error", "metadata", "reasons"}, ANSWER_FLAGGED},
    {{"error", "metadata", "flagged_input"}, ANSWER_FLAGGED},
    {{"choices", "[]", "error"}, ANSWER_ERROR},
    {{"choices", "[]", "error", "code"}, ANSWER_CODE},
    {{"choices", "[]", "error", "message"}, ANSWER_MESSAGE},
    {{"choices", "[]", "error", "metadata", "raw"}, ANSWER_RAW},
    {{"choices", "[]", "error", "metadata", "error_type"}, ANSWER_REASON},
    {{"choices", "[]", "error", "metadata", "limit_source"}, ANSWER_POOL},
    {{"choices", "[]"}, ANSWER_ENTRY},
    {{"choices", "[]", "finish_reason"}, ANSWER_FINISH},
    {{"choices", "[]", "native_finish_reason"}, ANSWER_NATIVE},
    {{"choices", "[]", "message", "content"}, ANSWER_WORDS},
    {{"choices", "[]", "message", "refusal"}, ANSWER_REFUSAL},
    {{"choices", "[]", "message", "images", "[]", "image_url", "url"}, ANSWER_IMAGE},
    {{"choices", "[]", "message", "content", "[]", "image_url", "url"}, ANSWER_IMAGE},
    {{"data", "[]"}, ANSWER_ENTRY},
    {{"data", "[]", "b64_json"}, ANSWER_IMAGE},
    {{"data", "[]", "url"}, ANSWER_IMAGE},
    {{"data"}, ANSWER_KEY},
    {{"data", "limit_remaining"}, ANSWER_REMAINING},
    {{"id"}, ANSWER_REQUEST_ID},
    {{"usage", "prompt_tokens"}, ANSWER_TOKENS_IN},
    {{"usage", "completion_tokens"}, ANSWER_TOKENS_OUT},
    {{"usage", "cost"}, ANSWER_COST},
};

/* Words for errors that say what became of the request, whatever the provider said. The
 * others (rate_limit_exceeded, invalid_request, not_found ...) leave that to him. */
static const struct answer_row typed[] = {
    {.reason = "authentication", .finding = {OUTCOME_AUTH_ERROR, 0}},
    {.reason = "payment_required",
	.seen = SEEN_IN_FLIGHT,
	.finding = {OUTCOME_RATE_LIMITED, 0}},
    {.reason = "payment_required", .finding = {OUTCOME_QUOTA_EXHAUSTED, 0}},
    {.reason = "content_policy_violation", .finding = {OUTCOME_CONTENT_BLOCKED, 0}},
    {.reason = "refusal", .finding = {OUTCOME_CONTENT_BLOCKED, 0}},
    {.reason = "provider_overloaded",
	.finding = {OUTCOME_UPSTREAM_ERROR, FLAG_OVERLOADED}},
    {.reason = "provider_unavailable", .finding = {OUTCOME_UPSTREAM_ERROR, 0}},
    {.reason = "timeout", .finding = {OUTCOME_UPSTREAM_ERROR, FLAG_DEADLINE}},
    {.reason = "server", .finding = {OUTCOME_UPSTREAM_ERROR, 0}},
};

static const struct answer_row rows[] = {
    {.reason = "rate_limit_exceeded",
	.seen = SEEN_SHARED_POOL,
	.finding = {OUTCOME_RATE_LIMITED, FLAG_CAPACITY}},
    {.reason = "rate_limit_exceeded",
	.message = "rate-limited upstream",
	.finding = {OUTCOME_RATE_LIMITED, FLAG_CAPACITY}},
    {.reason = "rate_limit_exceeded", .finding = {OUTCOME_RATE_LIMITED, 0}},
    {.reason = "permission_denied",
	.seen = SEEN_FLAGGED,
	.finding = {OUTCOME_CONTENT_BLOCKED, 0}},
    {.reason = "permission_denied", .finding = {OUTCOME_AUTH_ERROR, 0}},
    {.reason = "not_found", .finding = {OUTCOME_BAD_REQUEST, FLAG_MODEL_GONE}},
    {.reason = "invalid_request", .finding = {OUTCOME_BAD_REQUEST, 0}},
    {.reason = "invalid_prompt", .finding = {OUTCOME_BAD_REQUEST, 0}},
    {.reason = "precondition_failed", .finding = {OUTCOME_BAD_REQUEST, 0}},
    {.reason = "unprocessable", .finding = {OUTCOME_BAD_REQUEST, 0}},
    {.reason = "payload_too_large", .finding = {OUTCOME_BAD_REQUEST, 0}},
    {.reason = "context_length_exceeded", .finding = {OUTCOME_BAD_REQUEST, 0}},
    {.reason = "string_too_long", .finding = {OUTCOME_BAD_REQUEST, 0}},
    {.http = 401, .finding = {OUTCOME_AUTH_ERROR, 0}},
    {.http = 402, .seen = SEEN_IN_FLIGHT, .finding = {OUTCOME_RATE_LIMITED, 0}},
    {.http = 402, .finding = {OUTCOME_QUOTA_EXHAUSTED, 0}},
    {.http = 403, .seen = SEEN_FLAGGED, .finding = {OUTCOME_CONTENT_BLOCKED, 0}},
    {.http = 403, .message = "guardrail", .finding = {OUTCOME_CONTENT_BLOCKED, 0}},
    {.http = 403, .message = "moderation", .finding = {OUTCOME_CONTENT_BLOCKED, 0}},
    {.http = 403, .finding = {OUTCOME_AUTH_ERROR, 0}},
    {.http = 404,
	.seen = SEEN_ERROR,
	.finding = {OUTCOME_BAD_REQUEST, FLAG_MODEL_GONE}},
    {.http = 408, .finding = {OUTCOME_UPSTREAM_ERROR, FLAG_DEADLINE}},
    {.http = 429,
	.seen = SEEN_SHARED_POOL,
	.finding = {OUTCOME_RATE_LIMITED, FLAG_CAPACITY}},
    {.http = 429,
	.message = "rate-limited upstream",
	.finding = {OUTCOME_RATE_LIMITED, FLAG_CAPACITY}},
    {.http = 429, .finding = {OUTCOME_RATE_LIMITED, 0}},
    {.http = 499, .finding = {OUTCOME_TIMEOUT, 0}},
    {.http = 503,
	.message = "overloaded",
	.finding = {OUTCOME_UPSTREAM_ERROR, FLAG_OVERLOADED}},
    /* In its own words 502 is the provider's failure, not that of an edge. */
    {.http = 502, .seen = SEEN_ERROR, .finding = {OUTCOME_UPSTREAM_ERROR, 0}},
    {.http = 502, .finding = {OUTCOME_UPSTREAM_ERROR, FLAG_GATEWAY}},
    {.http = 504, .finding = {OUTCOME_UPSTREAM_ERROR, FLAG_DEADLINE}},
    {.http = 524, .finding = {OUTCOME_UPSTREAM_ERROR, FLAG_DEADLINE}},
    {.http = 529, .finding = {OUTCOME_UPSTREAM_ERROR, FLAG_OVERLOADED}},
    {.http = 400, .http_last = 499, .finding = {OUTCOME_BAD_REQUEST, 0}},
    {.finding = {OUTCOME_UPSTREAM_ERROR, 0}},
};

void
classify_router_begin(struct capture *capture, struct answer *answer)
{
	capture_init(capture, paths, LENGTH(paths), true, answer_value, answer);
}

struct finding
classify_router_error(const struct answer *answer, uint16_t http)
{
	const struct answer_row *row = answer_match(answer, http, typed, LENGTH(typed));
	struct finding inner;

	if (row != NULL) {
		return row->finding;
	}
	if (classify_openai_inner(answer, http, &inner)) {
		return inner;
	}
	return answer_match(answer, http, rows, LENGTH(rows))->finding;
}

static bool
is_blocked(const struct answer *answer)
{
	return (answer->seen & SEEN_REFUSAL) != 0 ||
	       strcmp(answer->finish, "content_filter") == 0 ||
	       strcmp(answer->native, "content_filter") == 0 ||
	       classify_gemini_is_blocked(answer->native);
}

struct finding
classify_router_image(const struct answer *answer)
{
	if ((answer->seen & SEEN_IMAGE) != 0) {
		return (struct finding){OUTCOME_OK, 0};
	}
	if ((answer->seen & SEEN_ERROR) != 0) {
		return classify_router_error(answer, answer_http(answer, 200));
	}
	if (strcmp(answer->finish, "error") == 0) {
		return (struct finding){OUTCOME_UPSTREAM_ERROR, 0};
	}
	if ((answer->seen & SEEN_BAD_IMAGE) != 0) {
		return (struct finding){OUTCOME_MALFORMED, FLAG_BAD_IMAGE};
	}
	if (is_blocked(answer)) {
		return (struct finding){OUTCOME_CONTENT_BLOCKED, 0};
	}
	return (struct finding){OUTCOME_UPSTREAM_ERROR, FLAG_NO_IMAGE};
}

struct finding
classify_router_key(const struct answer *answer)
{
	if ((answer->seen & SEEN_NAME) == 0) {
		return (struct finding){OUTCOME_MALFORMED, 0};
	}
	return (struct finding){
	    (answer->seen & SEEN_SPENT) != 0 ? OUTCOME_QUOTA_EXHAUSTED : OUTCOME_OK, 0};
}
