/* test_classify - every row of the classification tables, and what must not fool them */
#include "tests/support/judge_api.h"
#include "tests/support/test.h"

static struct check check;

static const struct judge_api_row gemini_errors[] = {
    {400, NULL, ERR_DETAILS(400, "INVALID_ARGUMENT", "Bad.", REASON("API_KEY_INVALID")),
	OUTCOME_AUTH_ERROR, 0, 0},
    {400, NULL, ERR_DETAILS(400, "INVALID_ARGUMENT", "Bad.", REASON("API_KEY_EXPIRED")),
	OUTCOME_AUTH_ERROR, 0, 0},
    {400, NULL, ERR(400, "INVALID_ARGUMENT", "API key not valid. Please pass one."),
	OUTCOME_AUTH_ERROR, 0, 0},
    {400, NULL, ERR(400, "INVALID_ARGUMENT", "API Key not found."), OUTCOME_AUTH_ERROR,
	0, 0},
    {400, NULL, ERR(400, "INVALID_ARGUMENT", "API key expired. Renew it."),
	OUTCOME_AUTH_ERROR, 0, 0},
    {400, NULL,
	ERR(400, "FAILED_PRECONDITION",
	    "User location is not supported for the API use."),
	OUTCOME_BAD_REQUEST, FLAG_REGION_BLOCK, 0},
    {400, NULL,
	"[" ERR(400, "FAILED_PRECONDITION", "User location is not supported.") "]",
	OUTCOME_BAD_REQUEST, FLAG_REGION_BLOCK, 0},
    {400, NULL, ERR(400, "INVALID_ARGUMENT", "Unknown name."), OUTCOME_BAD_REQUEST, 0,
	0},
    {400, NULL, ERR(400, "FAILED_PRECONDITION", "Something."), OUTCOME_BAD_REQUEST, 0,
	0},
    {400, NULL, "", OUTCOME_BAD_REQUEST, 0, 0},
    {401, NULL, ERR(401, "UNAUTHENTICATED", "No."), OUTCOME_AUTH_ERROR, 0, 0},
    {402, NULL, ERR(402, "RESOURCE_EXHAUSTED", "Prepayment credits are depleted."),
	OUTCOME_QUOTA_EXHAUSTED, 0, 0},
    {403, NULL, ERR(403, "PERMISSION_DENIED", "Your API key was reported as leaked."),
	OUTCOME_AUTH_ERROR, 0, 0},
    {403, NULL,
	ERR_DETAILS(403, "PERMISSION_DENIED", "Gone.", REASON("SERVICE_DISABLED")),
	OUTCOME_AUTH_ERROR, 0, 0},
    {404, NULL, ERR(404, "NOT_FOUND", "models/x is not found."), OUTCOME_BAD_REQUEST,
	FLAG_MODEL_GONE, 0},
    {404, NULL, "{\"message\":\"no Route matched\"}", OUTCOME_BAD_REQUEST, 0, 0},
    {404, "text/plain", "404 page not found", OUTCOME_BAD_REQUEST, 0, 0},
    {404, NULL, "", OUTCOME_BAD_REQUEST, 0, 0},
    /* A 400 never says that a model is gone, whatever words it has for it. */
    {400, NULL, ERR(400, "INVALID_ARGUMENT", "model x is not found"),
	OUTCOME_BAD_REQUEST, 0, 0},
    {403, NULL,
	ERR_DETAILS(403, "PERMISSION_DENIED", "No.", REASON("CONSUMER_SUSPENDED")),
	OUTCOME_AUTH_ERROR, 0, 0},
    {403, NULL, ERR(403, "PERMISSION_DENIED", "Requests from referer <x> are blocked."),
	OUTCOME_AUTH_ERROR, 0, 0},
    {401, NULL,
	ERR_DETAILS(401, "UNAUTHENTICATED", "Invalid authentication credentials.",
	    REASON("ACCESS_TOKEN_TYPE_UNSUPPORTED")),
	OUTCOME_AUTH_ERROR, 0, 0},
    {429, NULL,
	ERR(429, "RESOURCE_EXHAUSTED",
	    "Too many requests. Exceeded the Provisioned Throughput."),
	OUTCOME_RATE_LIMITED, 0, 0},
    {429, NULL,
	ERR_DETAILS(429, "RESOURCE_EXHAUSTED", "Quota.",
	    RETRY("3s") "," QUOTA(QUOTA_ID("PerMinute")) "," QUOTA(QUOTA_ID("PerDay"))),
	OUTCOME_QUOTA_EXHAUSTED, 0, 0},
    {429, NULL, "", OUTCOME_RATE_LIMITED, 0, 0},
    {500, NULL,
	ERR_DETAILS(500, "INTERNAL", "Oops.",
	    "{\"@type\":\"type.googleapis.com/google.rpc.DebugInfo\",\"detail\":"
	    "\"x\"}"),
	OUTCOME_UPSTREAM_ERROR, 0, 0},
    {500, NULL, ERR(500, "UNKNOWN", "x"), OUTCOME_UPSTREAM_ERROR, 0, 0},
    {429, NULL,
	ERR_DETAILS(429, "RESOURCE_EXHAUSTED", "Quota.",
	    QUOTA(QUOTA_ID("GenerateRequestsPerMinutePerProject") "," QUOTA_ID(
		"GenerateRequestsPerDayPerProject")) "," RETRY("51s")),
	OUTCOME_QUOTA_EXHAUSTED, 0, 0},
    {429, NULL,
	ERR_DETAILS(429, "RESOURCE_EXHAUSTED", "Quota exceeded, limit: 0, model: x",
	    QUOTA(QUOTA_ID("PerMinute"))),
	OUTCOME_QUOTA_EXHAUSTED, 0, 0},
    {429, NULL,
	ERR(429, "RESOURCE_EXHAUSTED", "Your project has exceeded its Spend cap."),
	OUTCOME_QUOTA_EXHAUSTED, 0, 0},
    {429, NULL, ERR(429, "RESOURCE_EXHAUSTED", "No credits left."),
	OUTCOME_QUOTA_EXHAUSTED, 0, 0},
    {429, NULL,
	ERR_DETAILS(429, "RESOURCE_EXHAUSTED", "Quota, limit: 05.",
	    QUOTA(QUOTA_ID("RequestsPerMinutePerProject")) "," RETRY("34.4s")),
	OUTCOME_RATE_LIMITED, 0, 34400},
    {429, NULL, ERR_DETAILS(429, "RESOURCE_EXHAUSTED", "Slow.", RETRY("1.0005s")),
	OUTCOME_RATE_LIMITED, 0, 1000},
    {429, NULL, ERR_DETAILS(429, "RESOURCE_EXHAUSTED", "Slow.", RETRY("99999999999s")),
	OUTCOME_RATE_LIMITED, 0, 86400000},
    {429, NULL, ERR(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota."),
	OUTCOME_RATE_LIMITED, 0, 0},
    {429, NULL, ERR(429, "RESOURCE_EXHAUSTED", "Quota exceeded for aiplatform/x."),
	OUTCOME_RATE_LIMITED, 0, 0},
    {429, NULL, ERR(429, "RESOURCE_EXHAUSTED", "Resource exhausted. Try again later."),
	OUTCOME_RATE_LIMITED, FLAG_CAPACITY, 0},
    {429, NULL,
	"[{\"error\":{\"code\":429,\"message\":\"Resource exhausted.\",\"errors\":"
	"[{\"message\":\"x\",\"reason\":\"rateLimitExceeded\"}],"
	"\"status\":\"RESOURCE_EXHAUSTED\"}}]",
	OUTCOME_RATE_LIMITED, FLAG_CAPACITY, 0},
    {429, "text/plain", "slow down", OUTCOME_RATE_LIMITED, 0, 0},
    {429, "text/html", "<html>slow down</html>", OUTCOME_RATE_LIMITED, FLAG_GATEWAY, 0},
    {499, NULL, ERR(499, "CANCELLED", "The operation was cancelled."), OUTCOME_TIMEOUT,
	0, 0},
    {500, NULL, ERR(500, "INTERNAL", "An internal error has occurred."),
	OUTCOME_UPSTREAM_ERROR, 0, 0},
    {500, NULL, "", OUTCOME_UPSTREAM_ERROR, 0, 0},
    {502, NULL, ERR(502, "UNKNOWN", "Bad gateway"), OUTCOME_UPSTREAM_ERROR,
	FLAG_GATEWAY, 0},
    {503, NULL, ERR(503, "UNAVAILABLE", "The model is overloaded. Try later."),
	OUTCOME_UPSTREAM_ERROR, FLAG_OVERLOADED, 0},
    {503, NULL,
	ERR(503, "UNAVAILABLE", "This model is currently experiencing high demand."),
	OUTCOME_UPSTREAM_ERROR, FLAG_OVERLOADED, 0},
    {503, NULL,
	ERR(503, "UNAVAILABLE", "Deadline expired before operation could complete."),
	OUTCOME_UPSTREAM_ERROR, FLAG_DEADLINE, 0},
    {503, NULL, ERR(503, "UNAVAILABLE", "Try again."), OUTCOME_UPSTREAM_ERROR, 0, 0},
    {504, NULL, ERR(504, "DEADLINE_EXCEEDED", "Too late."), OUTCOME_UPSTREAM_ERROR,
	FLAG_DEADLINE, 0},
    {408, NULL, ERR(408, "", "x"), OUTCOME_UPSTREAM_ERROR, FLAG_DEADLINE, 0},
    {418, NULL, ERR(418, "", "x"), OUTCOME_BAD_REQUEST, 0, 0},
    {599, NULL, ERR(599, "", "x"), OUTCOME_UPSTREAM_ERROR, 0, 0},
    /* Errors under 200. */
    {200, NULL, ERR(503, "UNAVAILABLE", "The model is overloaded."),
	OUTCOME_UPSTREAM_ERROR, FLAG_OVERLOADED, 0},
    {200, NULL, "[" ERR(429, "RESOURCE_EXHAUSTED", "Resource exhausted.") "]",
	OUTCOME_RATE_LIMITED, FLAG_CAPACITY, 0},
    {200, NULL, "{\"error\":{\"status\":\"PERMISSION_DENIED\",\"message\":\"x\"}}",
	OUTCOME_AUTH_ERROR, 0, 0},
    {200, NULL, "{\"error\":{\"code\":\"payment_required\",\"message\":\"x\"}}",
	OUTCOME_QUOTA_EXHAUSTED, 0, 0},
    {200, NULL, "{\"error\":{\"code\":\"503\",\"message\":\"x\"}}",
	OUTCOME_UPSTREAM_ERROR, 0, 0},
    {200, NULL, "{\"error\":{}}", OUTCOME_UPSTREAM_ERROR, 0, 0},
    {200, NULL, "{\"error\":\"boom\"}", OUTCOME_UPSTREAM_ERROR, 0, 0},
    {200, NULL, "{\"candidates\":[{}],\"error\":{\"code\":400,\"message\":\"x\"}}",
	OUTCOME_BAD_REQUEST, 0, 0},
    /* What is no answer of the API. */
    {200, "text/html", "<!doctype html><title>Sign in</title>", OUTCOME_MALFORMED,
	FLAG_PORTAL, 0},
    {200, NULL, "  <html>", OUTCOME_MALFORMED, FLAG_PORTAL, 0},
    {200, "text/html", "plain words", OUTCOME_MALFORMED, FLAG_PORTAL, 0},
    {301, "text/html", "<html>moved</html>", OUTCOME_MALFORMED, FLAG_PORTAL, 0},
    {302, NULL, "{}", OUTCOME_MALFORMED, FLAG_PORTAL, 0},
    {304, NULL, "", OUTCOME_MALFORMED, FLAG_PORTAL, 0},
    {403, "text/html", "<html>Forbidden</html>", OUTCOME_MALFORMED, FLAG_GATEWAY, 0},
    {404, "text/html", "<html>Not found</html>", OUTCOME_MALFORMED, FLAG_GATEWAY, 0},
    {407, NULL, "", OUTCOME_MALFORMED, FLAG_PORTAL, 0},
    {511, "text/html", "<html>Log in</html>", OUTCOME_MALFORMED, FLAG_PORTAL, 0},
    {500, "text/html", "<html>oops</html>", OUTCOME_UPSTREAM_ERROR, FLAG_GATEWAY, 0},
    {502, "text/html", "<html>502</html>", OUTCOME_UPSTREAM_ERROR, FLAG_GATEWAY, 0},
    {503, "text/plain", "upstream connect error", OUTCOME_UPSTREAM_ERROR, FLAG_GATEWAY,
	0},
    {504, "text/html", "<html>504</html>", OUTCOME_UPSTREAM_ERROR, FLAG_GATEWAY, 0},
    {200, NULL, "", OUTCOME_MALFORMED, 0, 0},
    {200, NULL, "plain words", OUTCOME_MALFORMED, 0, 0},
    {200, NULL, "[]", OUTCOME_MALFORMED, 0, 0},
    {200, NULL, "\"text\"", OUTCOME_MALFORMED, 0, 0},
    {200, NULL, "null", OUTCOME_MALFORMED, 0, 0},
    {200, NULL, "{\"candidates\":[", OUTCOME_MALFORMED, FLAG_PARTIAL_BODY, 0},
    {200, NULL, "{\"candidates\":[]}x", OUTCOME_MALFORMED, 0, 0},
    {200, NULL, "{\"candidates\":[{\"a\":\"\xff\"}]}", OUTCOME_MALFORMED, 0, 0},
};

static const struct judge_api_row gemini_images[] = {
    {200, NULL, CANDIDATE(INLINE(PNG), "STOP"), OUTCOME_OK, 0, 0},
    {200, NULL, CANDIDATE("{\"text\":\"Here.\"}," INLINE(JPEG), "STOP"), OUTCOME_OK, 0,
	0},
    {200, NULL, CANDIDATE("{\"inline_data\":{\"data\":\"" PNG "\"}}", "STOP"),
	OUTCOME_OK, 0, 0},
    {200, NULL, CANDIDATE("{\"thoughtSignature\":\"" PNG "\"}," INLINE(PNG), "STOP"),
	OUTCOME_OK, 0, 0},
    {200, "text/html", CANDIDATE(INLINE(PNG), "STOP"), OUTCOME_OK, 0, 0},
    {200, NULL, CANDIDATE(INLINE(HALF) "," INLINE(PNG), "STOP"), OUTCOME_OK, 0, 0},
    {200, NULL, CANDIDATE(INLINE(PNG) "," INLINE(HALF), "STOP"), OUTCOME_OK, 0, 0},
    {200, NULL, CANDIDATE(INLINE(PNG), "MAX_TOKENS"), OUTCOME_OK, 0, 0},
    {200, NULL,
	"{\"error\":null,"
	"\"candidates\":[{\"content\":{\"parts\":[" INLINE(PNG) "]}}]}",
	OUTCOME_OK, 0, 0},
    /* A picture that is none. */
    {200, NULL, CANDIDATE(INLINE(HALF), "STOP"), OUTCOME_MALFORMED, FLAG_BAD_IMAGE, 0},
    {200, NULL, CANDIDATE(INLINE(PNG "!"), "STOP"), OUTCOME_MALFORMED, FLAG_BAD_IMAGE,
	0},
    {200, NULL, CANDIDATE(INLINE("aGVsbG8gd29ybGQ="), "STOP"), OUTCOME_MALFORMED,
	FLAG_BAD_IMAGE, 0},
    {200, NULL, CANDIDATE(INLINE("iVBOR"), "STOP"), OUTCOME_MALFORMED, FLAG_BAD_IMAGE,
	0},
    {200, NULL, CANDIDATE(INLINE(""), "STOP"), OUTCOME_UPSTREAM_ERROR, FLAG_NO_IMAGE,
	0},
    {200, NULL,
	"{\"candidates\":[{\"content\":{\"parts\":["
	"{\"inlineData\":{\"data\":\"" HALF,
	OUTCOME_MALFORMED, FLAG_PARTIAL_BODY, 0},
    /* Blocked. */
    {200, NULL, "{\"promptFeedback\":{\"blockReason\":\"SAFETY\"}}",
	OUTCOME_CONTENT_BLOCKED, 0, 0},
    {200, NULL, "{\"candidates\":[],\"promptFeedback\":{\"blockReason\":\"OTHER\"}}",
	OUTCOME_CONTENT_BLOCKED, 0, 0},
    {200, NULL, "{\"promptFeedback\":{\"blockReason\":\"SOMETHING_NEW\"}}",
	OUTCOME_CONTENT_BLOCKED, 0, 0},
    {200, NULL, "{\"candidates\":[{\"content\":{},\"finishReason\":\"SAFETY\"}]}",
	OUTCOME_CONTENT_BLOCKED, 0, 0},
    {200, NULL, CANDIDATE("", "PROHIBITED_CONTENT"), OUTCOME_CONTENT_BLOCKED, 0, 0},
    {200, NULL, CANDIDATE("", "BLOCKLIST"), OUTCOME_CONTENT_BLOCKED, 0, 0},
    {200, NULL, CANDIDATE("", "SPII"), OUTCOME_CONTENT_BLOCKED, 0, 0},
    {200, NULL, CANDIDATE("", "RECITATION"), OUTCOME_CONTENT_BLOCKED, 0, 0},
    {200, NULL, CANDIDATE("", "LANGUAGE"), OUTCOME_CONTENT_BLOCKED, 0, 0},
    {200, NULL, CANDIDATE("", "IMAGE_SAFETY"), OUTCOME_CONTENT_BLOCKED, 0, 0},
    {200, NULL, CANDIDATE("", "IMAGE_PROHIBITED_CONTENT"), OUTCOME_CONTENT_BLOCKED, 0,
	0},
    {200, NULL, CANDIDATE("", "IMAGE_RECITATION"), OUTCOME_CONTENT_BLOCKED, 0, 0},
    /* Nothing in it. */
    {200, NULL, "{}", OUTCOME_UPSTREAM_ERROR, FLAG_NO_IMAGE, 0},
    {200, NULL, "{\"candidates\":[]}", OUTCOME_UPSTREAM_ERROR, FLAG_NO_IMAGE, 0},
    {200, NULL, "{\"candidates\":null}", OUTCOME_UPSTREAM_ERROR, FLAG_NO_IMAGE, 0},
    {200, NULL, CANDIDATE("{\"text\":\"I can not.\"}", "STOP"), OUTCOME_UPSTREAM_ERROR,
	FLAG_NO_IMAGE, 0},
    {200, NULL, CANDIDATE("", "NO_IMAGE"), OUTCOME_UPSTREAM_ERROR, FLAG_NO_IMAGE, 0},
    {200, NULL, CANDIDATE("", "IMAGE_OTHER"), OUTCOME_UPSTREAM_ERROR, FLAG_NO_IMAGE, 0},
    {200, NULL, CANDIDATE("", "OTHER"), OUTCOME_UPSTREAM_ERROR, FLAG_NO_IMAGE, 0},
    {200, NULL, CANDIDATE("", "MAX_TOKENS"), OUTCOME_UPSTREAM_ERROR, FLAG_NO_IMAGE, 0},
    {200, NULL, CANDIDATE("", "WHATEVER"), OUTCOME_UPSTREAM_ERROR, FLAG_NO_IMAGE, 0},
};

static void
test_gemini(void **state)
{
	static const struct judge_api_row model[] = {
	    {200, NULL, "{\"name\":\"models/m\",\"version\":\"1\"}", OUTCOME_OK, 0, 0},
	    {200, NULL, "{\"models\":[]}", OUTCOME_MALFORMED, 0, 0},
	    {200, NULL, "{\"name\":7}", OUTCOME_MALFORMED, 0, 0},
	};

	(void)state;
	JUDGE(PROBE_GEMINI_IMAGE, gemini_errors);
	JUDGE(PROBE_GEMINI_IMAGE, gemini_images);
	JUDGE(PROBE_GEMINI_MODEL, gemini_errors);
	JUDGE(PROBE_GEMINI_MODELS, gemini_errors);
	JUDGE(PROBE_GEMINI_TOKENS, gemini_errors);
	JUDGE(PROBE_VERTEX_IMAGE, gemini_errors);
	JUDGE(PROBE_VERTEX_IMAGE, gemini_images);
	JUDGE(PROBE_VERTEX_IMAGEN, gemini_errors);
	JUDGE(PROBE_VERTEX_TOKENS, gemini_errors);
	JUDGE(PROBE_GEMINI_MODEL, model);
}

static const struct judge_api_row openai_rows[] = {
    {200, NULL, "{\"created\":1,\"data\":[{\"b64_json\":\"" PNG "\"}]}", OUTCOME_OK, 0,
	0},
    {200, NULL, "{\"data\":[{\"b64_json\":\"data:image/jpeg;base64," JPEG "\"}]}",
	OUTCOME_OK, 0, 0},
    {200, NULL, "{\"data\":[{\"b64_json\":\"data:image/jpeg\"}]}", OUTCOME_MALFORMED,
	FLAG_BAD_IMAGE, 0},
    {200, NULL, "{\"data\":[{\"url\":\"https://img.example/1.png\"}]}",
	OUTCOME_UPSTREAM_ERROR, FLAG_NO_IMAGE, 0},
    {200, NULL, "{\"data\":[{\"url\":\"data:image/png;base64," PNG "\"}]}", OUTCOME_OK,
	0, 0},
    {200, NULL, "{\"data\":[{\"url\":\"data:image/png;base64,\"}]}",
	OUTCOME_UPSTREAM_ERROR, FLAG_NO_IMAGE, 0},
    {200, NULL, "{\"data\":[{\"b64_json\":\"hello\"}]}", OUTCOME_MALFORMED,
	FLAG_BAD_IMAGE, 0},
    {200, NULL,
	"{\"data\":[{\"url\":\"https://x.example/1\"},{\"b64_json\":\"" PNG "\"}]}",
	OUTCOME_OK, 0, 0},
    {200, NULL, "{\"data\":[{\"url\":\"\"}]}", OUTCOME_UPSTREAM_ERROR, FLAG_NO_IMAGE,
	0},
    {200, NULL, "{\"error\":null,\"data\":[{\"b64_json\":\"" PNG "\"}]}", OUTCOME_OK, 0,
	0},
    {200, NULL, "{\"data\":[{\"b64_json\":\"" HALF "\"}]}", OUTCOME_MALFORMED,
	FLAG_BAD_IMAGE, 0},
    {200, NULL, "{\"data\":[{\"b64_json\":null}]}", OUTCOME_UPSTREAM_ERROR,
	FLAG_NO_IMAGE, 0},
    {200, NULL, "{\"data\":[]}", OUTCOME_UPSTREAM_ERROR, FLAG_NO_IMAGE, 0},
    {200, NULL, "{\"created\":1}", OUTCOME_UPSTREAM_ERROR, FLAG_NO_IMAGE, 0},
    {200, NULL, "{\"choices\":[{\"message\":{\"content\":\"hi\"}}]}", OUTCOME_MALFORMED,
	FLAG_NO_IMAGE, 0},
    {200, NULL, "[{\"b64_json\":\"" PNG "\"}]", OUTCOME_MALFORMED, 0, 0},
    {200, NULL, "[]", OUTCOME_MALFORMED, 0, 0},
    {400, NULL, OPENAI("moderation_blocked", "image_generation_user_error", "No."),
	OUTCOME_CONTENT_BLOCKED, 0, 0},
    {400, NULL, OPENAI("content_policy_violation", "invalid_request_error", "No."),
	OUTCOME_CONTENT_BLOCKED, 0, 0},
    {400, NULL,
	"{\"error\":{\"message\":\"No.\",\"type\":\"image_generation_user_error\","
	"\"moderation_details\":{\"moderation_stage\":\"output\"},\"code\":null}}",
	OUTCOME_CONTENT_BLOCKED, 0, 0},
    {400, NULL, OPENAI("x", "invalid_request_error", "The model x does not exist"),
	OUTCOME_BAD_REQUEST, 0, 0},
    {400, NULL, OPENAI("x", "y", "Rejected by our Safety System."),
	OUTCOME_CONTENT_BLOCKED, 0, 0},
    {400, NULL, OPENAI("billing_hard_limit_reached", "x", "Billing hard limit."),
	OUTCOME_QUOTA_EXHAUSTED, 0, 0},
    {400, NULL, OPENAI("unknown_parameter", "invalid_request_error", "Unknown."),
	OUTCOME_BAD_REQUEST, 0, 0},
    {400, NULL, OPENAI("model_not_found", "x", "The model is not there."),
	OUTCOME_BAD_REQUEST, FLAG_MODEL_GONE, 0},
    {401, NULL,
	OPENAI("invalid_api_key", "invalid_request_error", "Incorrect API key."),
	OUTCOME_AUTH_ERROR, 0, 0},
    {401, NULL, "", OUTCOME_AUTH_ERROR, 0, 0},
    {402, NULL, "{\"error\":{\"code\":402,\"message\":\"Insufficient credits\"}}",
	OUTCOME_QUOTA_EXHAUSTED, 0, 0},
    {403, NULL,
	OPENAI("unsupported_country_region_territory", "request_forbidden", "No."),
	OUTCOME_BAD_REQUEST, FLAG_REGION_BLOCK, 0},
    {403, NULL, OPENAI("x", "y", "Country, region, or territory not supported"),
	OUTCOME_BAD_REQUEST, FLAG_REGION_BLOCK, 0},
    {403, NULL, OPENAI("x", "y", "Not allowed."), OUTCOME_AUTH_ERROR, 0, 0},
    {403, NULL,
	"{\"error\":{\"code\":403,\"message\":\"x\",\"metadata\":{\"reasons\":["
	"\"sexual\"]}}}",
	OUTCOME_CONTENT_BLOCKED, 0, 0},
    {404, NULL, OPENAI("model_not_found", "x", "Gone."), OUTCOME_BAD_REQUEST,
	FLAG_MODEL_GONE, 0},
    {404, NULL, "{\"error\":{\"message\":\"No endpoints found for x\",\"code\":404}}",
	OUTCOME_BAD_REQUEST, FLAG_MODEL_GONE, 0},
    {404, NULL, "{\"detail\":\"Not Found\"}", OUTCOME_BAD_REQUEST, 0, 0},
    {413, NULL, "{\"message\":\"too large\"}", OUTCOME_BAD_REQUEST, 0, 0},
    {422, NULL, OPENAI("x", "y", "z"), OUTCOME_BAD_REQUEST, 0, 0},
    {429, NULL, OPENAI("insufficient_quota", "insufficient_quota", "Quota."),
	OUTCOME_QUOTA_EXHAUSTED, 0, 0},
    {429, NULL,
	"{\"error\":{\"message\":\"x\",\"type\":\"insufficient_quota\",\"code\":null}}",
	OUTCOME_QUOTA_EXHAUSTED, 0, 0},
    {429, NULL, OPENAI("monthly_spend_limit_reached", "x", "y"),
	OUTCOME_QUOTA_EXHAUSTED, 0, 0},
    {429, NULL, OPENAI("credit_balance_exhausted", "x", "y"), OUTCOME_QUOTA_EXHAUSTED,
	0, 0},
    {429, NULL, OPENAI("x", "y", "Monthly spend limit reached"),
	OUTCOME_QUOTA_EXHAUSTED, 0, 0},
    {429, NULL, OPENAI("rate_limit_exceeded", "requests", "Slow."),
	OUTCOME_RATE_LIMITED, 0, 0},
    {429, NULL, OPENAI("slow_down", "requests", "Slow."), OUTCOME_RATE_LIMITED, 0, 0},
    {429, NULL,
	"{\"error\":{\"message\":\"Provider returned error\",\"code\":429,\"metadata\":"
	"{\"raw\":\"x is temporarily rate-limited upstream.\"}}}",
	OUTCOME_RATE_LIMITED, FLAG_CAPACITY, 0},
    {429, NULL,
	"{\"error\":{\"message\":\"x\",\"code\":429,\"metadata\":"
	"{\"limit_source\":\"upstream_provider_shared_pool\"}}}",
	OUTCOME_RATE_LIMITED, FLAG_CAPACITY, 0},
    {500, NULL, OPENAI("server_error", "server_error", "Oops."), OUTCOME_UPSTREAM_ERROR,
	0, 0},
    {502, NULL, "", OUTCOME_UPSTREAM_ERROR, FLAG_GATEWAY, 0},
    {503, NULL, OPENAI("server_is_overloaded", "x", "y"), OUTCOME_UPSTREAM_ERROR,
	FLAG_OVERLOADED, 0},
    {503, NULL, OPENAI("slow_down", "x", "y"), OUTCOME_UPSTREAM_ERROR, FLAG_OVERLOADED,
	0},
    {504, NULL, OPENAI("x", "y", "z"), OUTCOME_UPSTREAM_ERROR, FLAG_DEADLINE, 0},
    {524, NULL, OPENAI("x", "y", "z"), OUTCOME_UPSTREAM_ERROR, FLAG_DEADLINE, 0},
    {529, NULL, OPENAI("x", "y", "z"), OUTCOME_UPSTREAM_ERROR, FLAG_OVERLOADED, 0},
    /* Stretched formats. */
    {500, NULL, "{\"error\":\"a text\"}", OUTCOME_UPSTREAM_ERROR, 0, 0},
    {200, NULL, "{\"error\":\"a text\"}", OUTCOME_UPSTREAM_ERROR, 0, 0},
    {200, NULL, "{\"error\":{\"code\":429,\"message\":\"x\"}}", OUTCOME_RATE_LIMITED, 0,
	0},
    {200, NULL, "{\"error\":{\"code\":\"401\",\"message\":\"x\"}}", OUTCOME_AUTH_ERROR,
	0, 0},
    {400, NULL,
	"[" ERR(400, "INVALID_ARGUMENT", "API key not valid. Please pass one.") "]",
	OUTCOME_AUTH_ERROR, 0, 0},
    {429, NULL,
	"[" ERR_DETAILS(429, "RESOURCE_EXHAUSTED", "x", QUOTA(QUOTA_ID("PerDay"))) "]",
	OUTCOME_QUOTA_EXHAUSTED, 0, 0},
    /* The provider's own words inside a gateway's. */
    {500, NULL,
	"{\"error\":{\"message\":\"litellm.InternalServerError: GeminiException - {\\n"
	"  \\\"error\\\": {\\n    \\\"code\\\": 503,\\n    \\\"message\\\": \\\"The "
	"model is"
	" overloaded. Please try again later.\\\",\\n    \\\"status\\\": "
	"\\\"UNAVAILABLE\\\"\\n"
	"  }\\n}\\n. Received Model "
	"Group=x\",\"type\":null,\"param\":null,\"code\":\"500\"}}",
	OUTCOME_UPSTREAM_ERROR, FLAG_OVERLOADED, 0},
    {500, NULL,
	"{\"error\":{\"message\":\"Exception - b'{\\\\n  \\\"error\\\": {\\\\n    "
	"\\\"code\\\":"
	" 400,\\\\n    \\\"message\\\": \\\"API key not valid.\\\"\\\\n  "
	"}\\\\n}\\\\n'\","
	"\"type\":null,\"code\":\"500\"}}",
	OUTCOME_AUTH_ERROR, 0, 0},
    {400, NULL,
	"{\"error\":{\"message\":\"Provider returned error\",\"code\":400,\"metadata\":"
	"{\"raw\":\"{\\\"error\\\":{\\\"code\\\":400,\\\"message\\\":\\\"User location "
	"is not"
	" supported\\\",\\\"status\\\":\\\"FAILED_PRECONDITION\\\"}}\"}}}",
	OUTCOME_BAD_REQUEST, FLAG_REGION_BLOCK, 0},
    {400, NULL,
	"{\"error\":{\"message\":\"Provider returned error\",\"code\":400,\"metadata\":"
	"{\"raw\":\"{\\\"error\\\":{\\\"message\\\":\\\"No.\\\",\\\"type\\\":\\\"t\\\","
	"\\\"code\\\":\\\"moderation_blocked\\\"}}\"}}}",
	OUTCOME_CONTENT_BLOCKED, 0, 0},
    {500, NULL, "{\"error\":{\"message\":\"{ not JSON\",\"code\":\"500\"}}",
	OUTCOME_UPSTREAM_ERROR, 0, 0},
};

static void
test_openai(void **state)
{
	static const struct judge_api_row models[] = {
	    {200, NULL,
		"{\"object\":\"list\",\"data\":[{\"id\":\"a\"},{\"id\":\"model\"}]}",
		OUTCOME_OK, 0, 0},
	    {200, NULL, "{\"data\":[{\"id\":\"models/model\"}]}", OUTCOME_OK, 0, 0},
	    {200, NULL, "{\"data\":[{\"id\":\"model-2\"},{\"id\":\"mode\"}]}",
		OUTCOME_BAD_REQUEST, FLAG_MODEL_GONE, 0},
	    {200, NULL, "{\"data\":[]}", OUTCOME_BAD_REQUEST, FLAG_MODEL_GONE, 0},
	    {200, NULL, "{\"data\":[{\"id\":\"a\"}],\"has_more\":true}", OUTCOME_OK, 0,
		0},
	    {200, NULL, "{\"data\":[{\"id\":\"a\"}],\"has_more\":false}",
		OUTCOME_BAD_REQUEST, FLAG_MODEL_GONE, 0},
	    {200, NULL, "{\"data\":{\"id\":\"model\"}}", OUTCOME_MALFORMED, 0, 0},
	    {200, NULL, "{\"id\":\"model\"}", OUTCOME_MALFORMED, 0, 0},
	    {200, NULL, "[{\"id\":\"model\"}]", OUTCOME_MALFORMED, 0, 0},
	    {401, NULL, OPENAI("invalid_api_key", "x", "No."), OUTCOME_AUTH_ERROR, 0,
		0},
	};

	(void)state;
	JUDGE(PROBE_OPENAI_IMAGE, openai_rows);
	JUDGE(PROBE_OPENAI_MODELS, models);
}

static void
test_plain_http(void **state)
{
	static const struct {
		uint16_t expect;
		unsigned http;
		const char *body;
		enum outcome outcome;
		uint32_t flags;
	} row[] = {
	    {0, 200, "fine", OUTCOME_OK, 0},
	    {0, 204, "", OUTCOME_OK, 0},
	    {204, 204, "", OUTCOME_OK, 0},
	    {204, 200, "<html>Log in</html>", OUTCOME_MALFORMED, FLAG_PORTAL},
	    {204, 200, "", OUTCOME_MALFORMED, FLAG_PORTAL},
	    {204, 302, "", OUTCOME_MALFORMED, FLAG_PORTAL},
	    {204, 511, "", OUTCOME_MALFORMED, FLAG_PORTAL},
	    {204, 407, "", OUTCOME_MALFORMED, FLAG_PORTAL},
	    {200, 204, "", OUTCOME_MALFORMED, FLAG_MISMATCH},
	    {403, 403, "{}", OUTCOME_OK, 0},
	    {403, 200, "<html>Log in</html>", OUTCOME_MALFORMED, FLAG_PORTAL},
	    {403, 503, "", OUTCOME_UPSTREAM_ERROR, 0},
	    {0, 301, "", OUTCOME_MALFORMED, FLAG_PORTAL},
	    {301, 301, "", OUTCOME_OK, 0},
	    {0, 401, "", OUTCOME_AUTH_ERROR, 0},
	    {0, 402, "", OUTCOME_QUOTA_EXHAUSTED, 0},
	    {0, 403, "", OUTCOME_AUTH_ERROR, 0},
	    {0, 404, "", OUTCOME_BAD_REQUEST, 0},
	    {0, 408, "", OUTCOME_UPSTREAM_ERROR, FLAG_DEADLINE},
	    {0, 418, "", OUTCOME_BAD_REQUEST, 0},
	    {0, 429, "", OUTCOME_RATE_LIMITED, 0},
	    {0, 500, "", OUTCOME_UPSTREAM_ERROR, 0},
	    {0, 502, "", OUTCOME_UPSTREAM_ERROR, FLAG_GATEWAY},
	    {0, 503, "<html>", OUTCOME_UPSTREAM_ERROR, FLAG_GATEWAY},
	    {0, 504, "", OUTCOME_UPSTREAM_ERROR, FLAG_GATEWAY},
	    {0, 599, "", OUTCOME_UPSTREAM_ERROR, 0},
	    {0, 999, "", OUTCOME_MALFORMED, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct plan_probe probe = judge_probe(PROBE_HTTP);
		probe.expect_status = row[i].expect;
		struct result result = judge_answer(&check, &probe, row[i].http, "",
		    judge_body(row[i].body, strlen(row[i].body), 4));
		if (result.outcome != row[i].outcome || result.flags != row[i].flags) {
			fail_msg("row %zu: %s %x", i, outcome_name(result.outcome),
			    result.flags);
		}
	}
}

/* HTML where JSON is due is nobody's answer; a source may say in it that it is gone. */
static void
test_source_pages(void **state)
{
	static const struct judge_api_row pages[] = {
	    {200, "text/html", "<html>x</html>", OUTCOME_MALFORMED, FLAG_PORTAL, 0},
	    {302, "text/html", "<html>x</html>", OUTCOME_MALFORMED, FLAG_PORTAL, 0},
	    {403, "text/html", "<html>x</html>", OUTCOME_BAD_REQUEST, 0, 0},
	    {404, "text/html", "<html>x</html>", OUTCOME_BAD_REQUEST, 0, 0},
	    {410, "text/html", "<html>x</html>", OUTCOME_BAD_REQUEST, 0, 0},
	    {407, "text/html", "<html>x</html>", OUTCOME_MALFORMED, FLAG_PORTAL, 0},
	    {429, "text/html", "<html>x</html>", OUTCOME_RATE_LIMITED, FLAG_GATEWAY, 0},
	    {502, "text/html", "<html>x</html>", OUTCOME_UPSTREAM_ERROR, FLAG_GATEWAY,
		0},
	    {511, "text/html", "<html>x</html>", OUTCOME_MALFORMED, FLAG_PORTAL, 0},
	};
	static const struct judge_api_row studio[] = {
	    {401, "text/html", "<html>x</html>", OUTCOME_AUTH_ERROR, 0, 0},
	    {403, "text/html", "<html>x</html>", OUTCOME_AUTH_ERROR, 0, 0},
	    {404, "text/html", "<html>x</html>", OUTCOME_BAD_REQUEST, 0, 0},
	};

	(void)state;
	JUDGE(PROBE_GCLOUD_STATUS, pages);
	JUDGE(PROBE_STATUSPAGE, pages);
	JUDGE(PROBE_OPENROUTER_ENDPOINTS, pages);
	JUDGE(PROBE_AISTUDIO_STATUS, studio);
}

static void
test_details(void **state)
{
	static const struct {
		enum probe_kind kind;
		unsigned http;
		const char *body;
		const char *detail;
	} row[] = {
	    {PROBE_GEMINI_IMAGE, 503, ERR(503, "UNAVAILABLE", "Too\\nmuch."),
		"UNAVAILABLE: Too much."},
	    {PROBE_GEMINI_IMAGE, 400,
		ERR_DETAILS(400, "INVALID_ARGUMENT", "Bad.", REASON("API_KEY_INVALID")),
		"API_KEY_INVALID: Bad."},
	    {PROBE_GEMINI_IMAGE, 200, CANDIDATE("{\"text\":\"Sorry.\"}", "STOP"),
		"no image, STOP: Sorry."},
	    {PROBE_GEMINI_IMAGE, 200, CANDIDATE(INLINE(HALF), "STOP"),
		"png image cut short after 45 bytes"},
	    {PROBE_GEMINI_IMAGE, 200, CANDIDATE(INLINE("AAAA"), "STOP"),
		"unknown image broken after 3 bytes"},
	    {PROBE_GEMINI_IMAGE, 502,
		"<html><head><TITLE>502 Bad\nGateway</TITLE></head>",
		"502 Bad Gateway"},
	    {PROBE_GEMINI_IMAGE, 429, "{\"error\":{\"code\":\"secre",
		"nothing in it can be quoted"},
	    {PROBE_GEMINI_IMAGE, 200, "", "empty body"},
	    {PROBE_GEMINI_IMAGE, 200, "{\"a\":x}", "not JSON at byte 5: {\"a\":x}"},
	    {PROBE_GEMINI_IMAGE, 200, "{\"a\":", "ends at byte 5: {\"a\":"},
	    {PROBE_OPENAI_IMAGE, 404, "{\"detail\":\"Not Found\"}", "Not Found"},
	    {PROBE_OPENAI_IMAGE, 400, OPENAI("bad", "t", "No."), "bad: No."},
	    {PROBE_GCLOUD_STATUS, 200, "[1,2]", "2 of 2 entries not understood"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct plan_probe probe = judge_probe(row[i].kind);
		struct result result = judge_answer(&check, &probe, row[i].http, "",
		    judge_body(row[i].body, strlen(row[i].body), 11));
		assert_string_equal(result.detail, row[i].detail);
	}
}

static void
test_extras(void **state)
{
	static const char body[] = CANDIDATE(INLINE(PNG) "," INLINE(JPEG), "STOP");
	struct plan_probe probe = judge_probe(PROBE_GEMINI_IMAGE);
	struct result result = judge_answer(
	    &check, &probe, 200, "", judge_body(body, sizeof(body) - 1, 9));

	(void)state;
	assert_string_equal(result.request_id, "r1");
	assert_string_equal(result.detail, "");
	const struct image_info *info = check_image(&check);
	assert_int_equal(info->format, IMAGE_PNG);
	assert_int_equal(info->width, 3);
	assert_int_equal(info->height, 2);
	assert_int_equal(info->bytes, 88);
	assert_true(info->digest != 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_gemini),
	    cmocka_unit_test(test_openai),
	    cmocka_unit_test(test_plain_http),
	    cmocka_unit_test(test_source_pages),
	    cmocka_unit_test(test_details),
	    cmocka_unit_test(test_extras),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
