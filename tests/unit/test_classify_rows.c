/* test_classify_rows - every documented row of how answers are classified has a vector
 *
 * The rows are listed by name; a row without a vector fails, and so does a vector that is
 * judged otherwise. Variants and attacks are in the other tests of the classifier. */
#include "tests/support/judge_api.h"
#include "tests/support/test.h"

#define ROWS(ROW)                                                                      \
	/* Google: what 200 says, in order */                                          \
	ROW(GOOGLE_NOT_JSON)                                                           \
	ROW(GOOGLE_CUT)                                                                \
	ROW(GOOGLE_ERROR_UNDER_200)                                                    \
	ROW(GOOGLE_PROMPT_BLOCKED)                                                     \
	ROW(GOOGLE_NO_CANDIDATES)                                                      \
	ROW(GOOGLE_IMAGE)                                                              \
	ROW(GOOGLE_FINISH_BLOCKED)                                                     \
	ROW(GOOGLE_FINISH_NO_IMAGE)                                                    \
	ROW(GOOGLE_TEXT_ONLY)                                                          \
	ROW(GOOGLE_STREAM_IMAGE)                                                       \
	ROW(GOOGLE_STREAM_ERROR)                                                       \
	/* Google: errors */                                                           \
	ROW(GOOGLE_400_KEY)                                                            \
	ROW(GOOGLE_400_LOCATION)                                                       \
	ROW(GOOGLE_400_OTHER)                                                          \
	ROW(GOOGLE_401)                                                                \
	ROW(GOOGLE_402)                                                                \
	ROW(GOOGLE_403)                                                                \
	ROW(GOOGLE_404)                                                                \
	ROW(GOOGLE_429_DAY)                                                            \
	ROW(GOOGLE_429_DAY_AND_MINUTE)                                                 \
	ROW(GOOGLE_429_MINUTE)                                                         \
	ROW(GOOGLE_429_BARE)                                                           \
	ROW(GOOGLE_499)                                                                \
	ROW(GOOGLE_500)                                                                \
	ROW(GOOGLE_502_PAGE)                                                           \
	ROW(GOOGLE_503_OVERLOADED)                                                     \
	ROW(GOOGLE_503_DEADLINE)                                                       \
	ROW(GOOGLE_504)                                                                \
	ROW(GOOGLE_WRAPPED)                                                            \
	/* Imagen */                                                                   \
	ROW(IMAGEN_IMAGE)                                                              \
	ROW(IMAGEN_FILTERED)                                                           \
	ROW(IMAGEN_NONE)                                                               \
	/* OpenAI and its followers */                                                 \
	ROW(OPENAI_IMAGE)                                                              \
	ROW(OPENAI_NO_DATA)                                                            \
	ROW(OPENAI_400_MODERATION)                                                     \
	ROW(OPENAI_400_POLICY)                                                         \
	ROW(OPENAI_400_BILLING)                                                        \
	ROW(OPENAI_400_OTHER)                                                          \
	ROW(OPENAI_404_MODEL)                                                          \
	ROW(OPENAI_413)                                                                \
	ROW(OPENAI_422)                                                                \
	ROW(OPENAI_401)                                                                \
	ROW(OPENAI_403_REGION)                                                         \
	ROW(OPENAI_403_OTHER)                                                          \
	ROW(OPENAI_429_QUOTA)                                                          \
	ROW(OPENAI_429_CREDIT)                                                         \
	ROW(OPENAI_429_RATE)                                                           \
	ROW(OPENAI_429_SLOW_DOWN)                                                      \
	ROW(OPENAI_500)                                                                \
	ROW(OPENAI_502)                                                                \
	ROW(OPENAI_503)                                                                \
	ROW(OPENAI_504)                                                                \
	/* OpenRouter */                                                               \
	ROW(ROUTER_IMAGE)                                                              \
	ROW(ROUTER_ERROR_UNDER_200)                                                    \
	ROW(ROUTER_CHOICE_ERROR)                                                       \
	ROW(ROUTER_FILTERED)                                                           \
	ROW(ROUTER_TEXT_ONLY)                                                          \
	ROW(ROUTER_400)                                                                \
	ROW(ROUTER_400_LOCATION)                                                       \
	ROW(ROUTER_401)                                                                \
	ROW(ROUTER_402)                                                                \
	ROW(ROUTER_403_MODERATION)                                                     \
	ROW(ROUTER_403)                                                                \
	ROW(ROUTER_404)                                                                \
	ROW(ROUTER_408)                                                                \
	ROW(ROUTER_413)                                                                \
	ROW(ROUTER_422)                                                                \
	ROW(ROUTER_429)                                                                \
	ROW(ROUTER_429_CAPACITY)                                                       \
	ROW(ROUTER_500)                                                                \
	ROW(ROUTER_502)                                                                \
	ROW(ROUTER_503)                                                                \
	ROW(ROUTER_524)                                                                \
	ROW(ROUTER_529)                                                                \
	/* Pages of others */                                                          \
	ROW(GCLOUD_ARRAY)                                                              \
	ROW(GCLOUD_NO_ARRAY)                                                           \
	ROW(GCLOUD_304)                                                                \
	ROW(GCLOUD_429)                                                                \
	ROW(GCLOUD_403)                                                                \
	ROW(GCLOUD_404)                                                                \
	ROW(GCLOUD_500)                                                                \
	ROW(STUDIO_SHAPE)                                                              \
	ROW(STUDIO_OTHER_SHAPE)                                                        \
	ROW(STUDIO_401)                                                                \
	ROW(STUDIO_403)                                                                \
	ROW(STUDIO_404)                                                                \
	ROW(STUDIO_429)                                                                \
	ROW(STUDIO_500)

#define AS_ENUM(row) ROW_##row,
#define AS_NAME(row) #row,

enum row {
	ROWS(AS_ENUM) ROW_COUNT
};

static const char *const names[] = {ROWS(AS_NAME)};

#define GEMINI PROBE_GEMINI_IMAGE
#define AI     PROBE_OPENAI_IMAGE
#define ROUTER PROBE_OPENROUTER_CHAT
#define CLOUD  PROBE_GCLOUD_STATUS
#define STUDIO PROBE_AISTUDIO_STATUS
#define IMAGEN PROBE_VERTEX_IMAGEN
#define STREAM PROBE_GEMINI_STREAM

#define ROUTER_ERR(code, more)                                                         \
	"{\"error\":{\"code\":" #code ",\"message\":\"No.\"" more "}}"
#define ROUTED(more, finish)                                                           \
	"{\"id\":\"g\",\"choices\":[{\"message\":{\"role\":\"assistant\"," more        \
	"},\"finish_reason\":\"" finish "\"}]}"

static const struct vector {
	enum row row;
	enum probe_kind kind;
	struct judge_api_row answer;
} vectors[] = {
    {ROW_GOOGLE_NOT_JSON, GEMINI,
	{200, NULL, "<html>", OUTCOME_MALFORMED, FLAG_PORTAL, 0}},
    {ROW_GOOGLE_CUT, GEMINI,
	{200, NULL, "{\"candidates\":[{", OUTCOME_MALFORMED, FLAG_PARTIAL_BODY, 0}},
    {ROW_GOOGLE_ERROR_UNDER_200, GEMINI,
	{200, NULL, ERR(503, "UNAVAILABLE", "The model is overloaded."),
	    OUTCOME_UPSTREAM_ERROR, FLAG_OVERLOADED, 0}},
    {ROW_GOOGLE_PROMPT_BLOCKED, GEMINI,
	{200, NULL, "{\"promptFeedback\":{\"blockReason\":\"PROHIBITED_CONTENT\"}}",
	    OUTCOME_CONTENT_BLOCKED, 0, 0}},
    {ROW_GOOGLE_NO_CANDIDATES, GEMINI,
	{200, NULL, "{\"candidates\":[]}", OUTCOME_UPSTREAM_ERROR, FLAG_NO_IMAGE, 0}},
    {ROW_GOOGLE_IMAGE, GEMINI,
	{200, NULL, CANDIDATE(INLINE(PNG), "STOP"), OUTCOME_OK, 0, 0}},
    {ROW_GOOGLE_FINISH_BLOCKED, GEMINI,
	{200, NULL, CANDIDATE("", "IMAGE_SAFETY"), OUTCOME_CONTENT_BLOCKED, 0, 0}},
    {ROW_GOOGLE_FINISH_NO_IMAGE, GEMINI,
	{200, NULL, CANDIDATE("", "NO_IMAGE"), OUTCOME_UPSTREAM_ERROR, FLAG_NO_IMAGE,
	    0}},
    {ROW_GOOGLE_TEXT_ONLY, GEMINI,
	{200, NULL, CANDIDATE("{\"text\":\"A circle.\"}", "STOP"),
	    OUTCOME_UPSTREAM_ERROR, FLAG_NO_IMAGE, 0}},
    {ROW_GOOGLE_STREAM_IMAGE, STREAM,
	{200, "text/event-stream", EVENT(CANDIDATE(INLINE(PNG), "STOP")), OUTCOME_OK, 0,
	    0}},
    {ROW_GOOGLE_STREAM_ERROR, STREAM,
	{200, "text/event-stream", EVENT(ERR(503, "UNAVAILABLE", "Busy.")),
	    OUTCOME_UPSTREAM_ERROR, 0, 0}},
    {ROW_GOOGLE_400_KEY, GEMINI,
	{400, NULL,
	    ERR_DETAILS(400, "INVALID_ARGUMENT", "Bad.", REASON("API_KEY_INVALID")),
	    OUTCOME_AUTH_ERROR, 0, 0}},
    {ROW_GOOGLE_400_LOCATION, GEMINI,
	{400, NULL, ERR(400, "FAILED_PRECONDITION", "User location is not supported."),
	    OUTCOME_BAD_REQUEST, FLAG_REGION_BLOCK, 0}},
    {ROW_GOOGLE_400_OTHER, GEMINI,
	{400, NULL, ERR(400, "INVALID_ARGUMENT", "Unknown name."), OUTCOME_BAD_REQUEST,
	    0, 0}},
    {ROW_GOOGLE_401, GEMINI,
	{401, NULL, ERR(401, "UNAUTHENTICATED", "No."), OUTCOME_AUTH_ERROR, 0, 0}},
    {ROW_GOOGLE_402, GEMINI,
	{402, NULL, ERR(402, "RESOURCE_EXHAUSTED", "Prepayment credits are depleted."),
	    OUTCOME_QUOTA_EXHAUSTED, 0, 0}},
    {ROW_GOOGLE_403, GEMINI,
	{403, NULL,
	    ERR(403, "PERMISSION_DENIED", "Your API key was reported as leaked."),
	    OUTCOME_AUTH_ERROR, 0, 0}},
    {ROW_GOOGLE_404, GEMINI,
	{404, NULL, ERR(404, "NOT_FOUND", "models/x is not found."),
	    OUTCOME_BAD_REQUEST, FLAG_MODEL_GONE, 0}},
    {ROW_GOOGLE_429_DAY, GEMINI,
	{429, NULL,
	    ERR_DETAILS(
		429, "RESOURCE_EXHAUSTED", "Quota.", QUOTA(QUOTA_ID("RequestsPerDay"))),
	    OUTCOME_QUOTA_EXHAUSTED, 0, 0}},
    {ROW_GOOGLE_429_DAY_AND_MINUTE, GEMINI,
	{429, NULL,
	    ERR_DETAILS(429, "RESOURCE_EXHAUSTED", "Quota.",
		QUOTA(QUOTA_ID("RequestsPerMinute") "," QUOTA_ID(
		    "RequestsPerDay")) "," RETRY("51s")),
	    OUTCOME_QUOTA_EXHAUSTED, 0, 0}},
    {ROW_GOOGLE_429_MINUTE, GEMINI,
	{429, NULL,
	    ERR_DETAILS(429, "RESOURCE_EXHAUSTED", "Quota.",
		QUOTA(QUOTA_ID("RequestsPerMinute")) "," RETRY("34.4s")),
	    OUTCOME_RATE_LIMITED, 0, 34400}},
    {ROW_GOOGLE_429_BARE, GEMINI,
	{429, NULL,
	    ERR(429, "RESOURCE_EXHAUSTED",
		"Resource exhausted. Please try again later."),
	    OUTCOME_RATE_LIMITED, FLAG_CAPACITY, 0}},
    {ROW_GOOGLE_499, GEMINI,
	{499, NULL, ERR(499, "CANCELLED", "The operation was cancelled."),
	    OUTCOME_TIMEOUT, 0, 0}},
    {ROW_GOOGLE_500, GEMINI,
	{500, NULL, ERR(500, "INTERNAL", "Internal error."), OUTCOME_UPSTREAM_ERROR, 0,
	    0}},
    {ROW_GOOGLE_502_PAGE, GEMINI,
	{502, "text/html", "<html><title>502</title></html>", OUTCOME_UPSTREAM_ERROR,
	    FLAG_GATEWAY, 0}},
    {ROW_GOOGLE_503_OVERLOADED, GEMINI,
	{503, NULL, ERR(503, "UNAVAILABLE", "The model is overloaded."),
	    OUTCOME_UPSTREAM_ERROR, FLAG_OVERLOADED, 0}},
    {ROW_GOOGLE_503_DEADLINE, GEMINI,
	{503, NULL,
	    ERR(503, "UNAVAILABLE",
		"Deadline expired before operation could complete."),
	    OUTCOME_UPSTREAM_ERROR, FLAG_DEADLINE, 0}},
    {ROW_GOOGLE_504, GEMINI,
	{504, NULL, ERR(504, "DEADLINE_EXCEEDED", "Too late."), OUTCOME_UPSTREAM_ERROR,
	    FLAG_DEADLINE, 0}},
    {ROW_GOOGLE_WRAPPED, GEMINI,
	{401, NULL, "[" ERR(401, "UNAUTHENTICATED", "No.") "]", OUTCOME_AUTH_ERROR, 0,
	    0}},
    {ROW_IMAGEN_IMAGE, IMAGEN,
	{200, NULL,
	    "{\"predictions\":[{\"bytesBase64Encoded\":\"" PNG
	    "\",\"mimeType\":\"image/png\"}]}",
	    OUTCOME_OK, 0, 0}},
    {ROW_IMAGEN_FILTERED, IMAGEN,
	{200, NULL, "{\"predictions\":[{\"raiFilteredReason\":\"Filtered.\"}]}",
	    OUTCOME_CONTENT_BLOCKED, 0, 0}},
    {ROW_IMAGEN_NONE, IMAGEN,
	{200, NULL, "{\"predictions\":[]}", OUTCOME_CONTENT_BLOCKED, 0, 0}},
    {ROW_OPENAI_IMAGE, AI,
	{200, NULL, "{\"created\":1,\"data\":[{\"b64_json\":\"" PNG "\"}]}", OUTCOME_OK,
	    0, 0}},
    {ROW_OPENAI_NO_DATA, AI,
	{200, NULL, "{\"created\":1,\"data\":[]}", OUTCOME_UPSTREAM_ERROR,
	    FLAG_NO_IMAGE, 0}},
    {ROW_OPENAI_400_MODERATION, AI,
	{400, NULL,
	    OPENAI("moderation_blocked", "image_generation_user_error", "Blocked."),
	    OUTCOME_CONTENT_BLOCKED, 0, 0}},
    {ROW_OPENAI_400_POLICY, AI,
	{400, NULL,
	    OPENAI("content_policy_violation", "invalid_request_error",
		"Rejected by the safety system."),
	    OUTCOME_CONTENT_BLOCKED, 0, 0}},
    {ROW_OPENAI_400_BILLING, AI,
	{400, NULL,
	    OPENAI("billing_hard_limit_reached", "invalid_request_error", "Reached."),
	    OUTCOME_QUOTA_EXHAUSTED, 0, 0}},
    {ROW_OPENAI_400_OTHER, AI,
	{400, NULL, OPENAI("unknown_parameter", "invalid_request_error", "Unknown."),
	    OUTCOME_BAD_REQUEST, 0, 0}},
    {ROW_OPENAI_404_MODEL, AI,
	{404, NULL,
	    OPENAI("model_not_found", "invalid_request_error", "No such model."),
	    OUTCOME_BAD_REQUEST, FLAG_MODEL_GONE, 0}},
    {ROW_OPENAI_413, AI,
	{413, NULL, OPENAI("too_large", "invalid_request_error", "Large."),
	    OUTCOME_BAD_REQUEST, 0, 0}},
    {ROW_OPENAI_422, AI,
	{422, NULL, OPENAI("unprocessable", "invalid_request_error", "No."),
	    OUTCOME_BAD_REQUEST, 0, 0}},
    {ROW_OPENAI_401, AI,
	{401, NULL,
	    OPENAI("invalid_api_key", "invalid_request_error", "Incorrect API key."),
	    OUTCOME_AUTH_ERROR, 0, 0}},
    {ROW_OPENAI_403_REGION, AI,
	{403, NULL,
	    OPENAI("unsupported_country_region_territory", "request_forbidden",
		"Country, region, or territory not supported"),
	    OUTCOME_BAD_REQUEST, FLAG_REGION_BLOCK, 0}},
    {ROW_OPENAI_403_OTHER, AI,
	{403, NULL, OPENAI("forbidden", "request_forbidden", "No."), OUTCOME_AUTH_ERROR,
	    0, 0}},
    {ROW_OPENAI_429_QUOTA, AI,
	{429, NULL, OPENAI("insufficient_quota", "insufficient_quota", "Quota."),
	    OUTCOME_QUOTA_EXHAUSTED, 0, 0}},
    {ROW_OPENAI_429_CREDIT, AI,
	{429, NULL, OPENAI("credit_balance_exhausted", "billing", "Credit."),
	    OUTCOME_QUOTA_EXHAUSTED, 0, 0}},
    {ROW_OPENAI_429_RATE, AI,
	{429, NULL, OPENAI("rate_limit_exceeded", "requests", "Slow."),
	    OUTCOME_RATE_LIMITED, 0, 0}},
    {ROW_OPENAI_429_SLOW_DOWN, AI,
	{429, NULL, OPENAI("slow_down", "requests", "Slow."), OUTCOME_RATE_LIMITED, 0,
	    0}},
    {ROW_OPENAI_500, AI,
	{500, NULL, OPENAI("server_error", "server_error", "Oops."),
	    OUTCOME_UPSTREAM_ERROR, 0, 0}},
    {ROW_OPENAI_502, AI,
	{502, NULL, OPENAI("server_error", "server_error", "Oops."),
	    OUTCOME_UPSTREAM_ERROR, FLAG_GATEWAY, 0}},
    {ROW_OPENAI_503, AI,
	{503, NULL, OPENAI("server_is_overloaded", "server_error", "Overloaded."),
	    OUTCOME_UPSTREAM_ERROR, FLAG_OVERLOADED, 0}},
    {ROW_OPENAI_504, AI,
	{504, NULL, OPENAI("timeout", "server_error", "Late."), OUTCOME_UPSTREAM_ERROR,
	    FLAG_DEADLINE, 0}},
    {ROW_ROUTER_IMAGE, ROUTER,
	{200, NULL,
	    ROUTED("\"content\":\"\",\"images\":[{\"type\":\"image_url\",\"image_url\":"
		   "{\"url\":\"data:image/png;base64," PNG "\"}}]",
		"stop"),
	    OUTCOME_OK, 0, 0}},
    {ROW_ROUTER_ERROR_UNDER_200, ROUTER,
	{200, NULL, ROUTER_ERR(429, ""), OUTCOME_RATE_LIMITED, 0, 0}},
    {ROW_ROUTER_CHOICE_ERROR, ROUTER,
	{200, NULL,
	    "{\"id\":\"g\",\"choices\":[{\"error\":{\"code\":502,\"message\":\"Gone.\"}"
	    ",\"finish_reason\":\"error\"}]}",
	    OUTCOME_UPSTREAM_ERROR, 0, 0}},
    {ROW_ROUTER_FILTERED, ROUTER,
	{200, NULL, ROUTED("\"content\":\"\"", "content_filter"),
	    OUTCOME_CONTENT_BLOCKED, 0, 0}},
    {ROW_ROUTER_TEXT_ONLY, ROUTER,
	{200, NULL, ROUTED("\"content\":\"A circle.\"", "stop"), OUTCOME_UPSTREAM_ERROR,
	    FLAG_NO_IMAGE, 0}},
    {ROW_ROUTER_400, ROUTER,
	{400, NULL, ROUTER_ERR(400, ""), OUTCOME_BAD_REQUEST, 0, 0}},
    {ROW_ROUTER_400_LOCATION, ROUTER,
	{400, NULL,
	    ROUTER_ERR(400,
		",\"metadata\":{\"provider_name\":\"Google AI "
		"Studio\",\"raw\":\"{\\\"error\\\":{\\\"code\\\":400,"
		"\\\"message\\\":\\\"User location is not supported for the API "
		"use.\\\",\\\"status\\\":\\\"FAILED_PRECONDITION\\\"}}\"}"),
	    OUTCOME_BAD_REQUEST, FLAG_REGION_BLOCK, 0}},
    {ROW_ROUTER_401, ROUTER,
	{401, NULL, ROUTER_ERR(401, ""), OUTCOME_AUTH_ERROR, 0, 0}},
    {ROW_ROUTER_402, ROUTER,
	{402, NULL, ROUTER_ERR(402, ""), OUTCOME_QUOTA_EXHAUSTED, 0, 0}},
    {ROW_ROUTER_403_MODERATION, ROUTER,
	{403, NULL,
	    ROUTER_ERR(403,
		",\"metadata\":{\"reasons\":[\"violence\"],\"flagged_input\":\"x\"}"),
	    OUTCOME_CONTENT_BLOCKED, 0, 0}},
    {ROW_ROUTER_403, ROUTER,
	{403, NULL, ROUTER_ERR(403, ""), OUTCOME_AUTH_ERROR, 0, 0}},
    {ROW_ROUTER_404, ROUTER,
	{404, NULL, ROUTER_ERR(404, ""), OUTCOME_BAD_REQUEST, FLAG_MODEL_GONE, 0}},
    {ROW_ROUTER_408, ROUTER,
	{408, NULL, ROUTER_ERR(408, ""), OUTCOME_UPSTREAM_ERROR, FLAG_DEADLINE, 0}},
    {ROW_ROUTER_413, ROUTER,
	{413, NULL, ROUTER_ERR(413, ""), OUTCOME_BAD_REQUEST, 0, 0}},
    {ROW_ROUTER_422, ROUTER,
	{422, NULL, ROUTER_ERR(422, ""), OUTCOME_BAD_REQUEST, 0, 0}},
    {ROW_ROUTER_429, ROUTER,
	{429, NULL, ROUTER_ERR(429, ""), OUTCOME_RATE_LIMITED, 0, 0}},
    {ROW_ROUTER_429_CAPACITY, ROUTER,
	{429, NULL,
	    ROUTER_ERR(429,
		",\"metadata\":{\"limit_source\":\"upstream_provider_shared_pool\"}"),
	    OUTCOME_RATE_LIMITED, FLAG_CAPACITY, 0}},
    {ROW_ROUTER_500, ROUTER,
	{500, NULL, ROUTER_ERR(500, ""), OUTCOME_UPSTREAM_ERROR, 0, 0}},
    {ROW_ROUTER_502, ROUTER,
	{502, NULL, ROUTER_ERR(502, ""), OUTCOME_UPSTREAM_ERROR, 0, 0}},
    {ROW_ROUTER_503, ROUTER,
	{503, NULL, ROUTER_ERR(503, ""), OUTCOME_UPSTREAM_ERROR, 0, 0}},
    {ROW_ROUTER_524, ROUTER,
	{524, NULL, ROUTER_ERR(524, ""), OUTCOME_UPSTREAM_ERROR, FLAG_DEADLINE, 0}},
    {ROW_ROUTER_529, ROUTER,
	{529, NULL, ROUTER_ERR(529, ""), OUTCOME_UPSTREAM_ERROR, FLAG_OVERLOADED, 0}},
    {ROW_GCLOUD_ARRAY, CLOUD, {200, NULL, "[]", OUTCOME_OK, 0, 0}},
    {ROW_GCLOUD_NO_ARRAY, CLOUD, {200, NULL, "{}", OUTCOME_MALFORMED, 0, 0}},
    {ROW_GCLOUD_304, CLOUD, {304, NULL, "", OUTCOME_OK, FLAG_UNCHANGED, 0}},
    {ROW_GCLOUD_429, CLOUD, {429, NULL, "", OUTCOME_RATE_LIMITED, 0, 0}},
    {ROW_GCLOUD_403, CLOUD, {403, NULL, "", OUTCOME_BAD_REQUEST, 0, 0}},
    {ROW_GCLOUD_404, CLOUD, {404, NULL, "", OUTCOME_BAD_REQUEST, 0, 0}},
    {ROW_GCLOUD_500, CLOUD, {500, NULL, "", OUTCOME_UPSTREAM_ERROR, 0, 0}},
    {ROW_STUDIO_SHAPE, STUDIO, {200, NULL, "[[]]", OUTCOME_OK, 0, 0}},
    {ROW_STUDIO_OTHER_SHAPE, STUDIO, {200, NULL, "{\"x\":1}", OUTCOME_MALFORMED, 0, 0}},
    {ROW_STUDIO_401, STUDIO, {401, NULL, "[16,\"No.\"]", OUTCOME_AUTH_ERROR, 0, 0}},
    {ROW_STUDIO_403, STUDIO, {403, NULL, "[7,\"No.\"]", OUTCOME_AUTH_ERROR, 0, 0}},
    {ROW_STUDIO_404, STUDIO, {404, NULL, "", OUTCOME_BAD_REQUEST, 0, 0}},
    {ROW_STUDIO_429, STUDIO, {429, NULL, "", OUTCOME_RATE_LIMITED, 0, 0}},
    {ROW_STUDIO_500, STUDIO, {500, NULL, "", OUTCOME_UPSTREAM_ERROR, 0, 0}},
};

static struct check check;

/* How many vectors of the row are judged otherwise; a line about each. */
static size_t
wrong_of(const struct vector *vector)
{
	const struct judge_api_row *row = &vector->answer;
	struct plan_probe probe = judge_probe(vector->kind);
	const char *type = row->type != NULL ? row->type : "application/json";
	struct result result = judge_answer(&check, &probe, row->http, type,
	    judge_body(row->body, strlen(row->body), 7));
	char flags[256];

	(void)flags_text(result.flags, flags, sizeof(flags));
	if (result.outcome == row->outcome && result.flags == row->flags &&
	    result.retry_after_ms == row->retry_ms) {
		return 0;
	}
	print_error("%s: %s [%s] retry %u, %s\n", names[vector->row],
	    outcome_name(result.outcome), flags, result.retry_after_ms, result.detail);
	return 1;
}

static void
every_row_has_a_vector(void **state)
{
	size_t found[ROW_COUNT] = {0};
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		found[vectors[i].row]++;
		wrong += wrong_of(&vectors[i]);
	}
	for (size_t i = 0; i < ROW_COUNT; i++) {
		if (found[i] == 0) {
			print_error("%s has no vector\n", names[i]);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_row_has_a_vector),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
