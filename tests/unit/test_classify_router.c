/* test_classify_router - every row of OpenRouter's tables: chat, images, key */
#include "tests/support/judge_api.h"
#include "tests/support/test.h"

static struct check check;

#define CHOICE(members) "{\"id\":\"gen-1\",\"choices\":[{" members "}]}"
#define PICTURE(url)                                                                   \
	"\"message\":{\"role\":\"assistant\",\"content\":\"\",\"images\":[{\"type\":"  \
	"\"image_url\",\"image_url\":{\"url\":\"" url "\"}}]}"
#define DATA_URL(base64) "data:image/png;base64," base64
#define WORDS(text)      "\"message\":{\"role\":\"assistant\",\"content\":\"" text "\"}"
#define FINISH(reason, native)                                                         \
	"\"finish_reason\":\"" reason "\",\"native_finish_reason\":\"" native "\""
#define FAIL(code, message)                                                            \
	"{\"error\":{\"code\":" #code ",\"message\":\"" message "\"}}"
#define FAIL_META(code, metadata)                                                      \
	"{\"error\":{\"code\":" #code                                                  \
	",\"message\":\"Provider returned error\",\"metadata\":{" metadata "}},"       \
	"\"user_id\":\"u\"}"
#define TYPE(word) "\"error_type\":\"" word "\""
#define RAW(json)  "\"provider_name\":\"Google\",\"raw\":\"" json "\""
#define RAW_GOOGLE(code, status, message)                                              \
	RAW("{\\\"error\\\":{\\\"code\\\":" #code ",\\\"message\\\":\\\"" message      \
	    "\\\",\\\"status\\\":\\\"" status "\\\"}}")

static const struct judge_api_row errors[] = {
    {400, NULL, FAIL(400, "Invalid parameters"), OUTCOME_BAD_REQUEST, 0, 0},
    {400, NULL, FAIL(400, "x is not a valid model ID"), OUTCOME_BAD_REQUEST, 0, 0},
    {401, NULL, FAIL(401, "User not found."), OUTCOME_AUTH_ERROR, 0, 0},
    {401, NULL, "", OUTCOME_AUTH_ERROR, 0, 0},
    {402, NULL, FAIL(402, "Insufficient credits"), OUTCOME_QUOTA_EXHAUSTED, 0, 0},
    {402, NULL, FAIL_META(402, "\"limit_source\":\"openrouter_in_flight_budget\""),
	OUTCOME_RATE_LIMITED, 0, 0},
    {403, NULL, FAIL(403, "Key limit exceeded"), OUTCOME_AUTH_ERROR, 0, 0},
    {403, NULL, FAIL_META(403, "\"reasons\":[\"sexual\"]"), OUTCOME_CONTENT_BLOCKED, 0,
	0},
    {403, NULL, FAIL_META(403, "\"flagged_input\":\"x\""), OUTCOME_CONTENT_BLOCKED, 0,
	0},
    {403, NULL, FAIL(403, "Blocked by guardrail"), OUTCOME_CONTENT_BLOCKED, 0, 0},
    {404, NULL, FAIL(404, "No endpoints found for x"), OUTCOME_BAD_REQUEST,
	FLAG_MODEL_GONE, 0},
    {404, "text/plain", "404 page not found", OUTCOME_BAD_REQUEST, 0, 0},
    {404, "text/html", "<html>404</html>", OUTCOME_MALFORMED, FLAG_GATEWAY, 0},
    {408, NULL, FAIL(408, "Timed out"), OUTCOME_UPSTREAM_ERROR, FLAG_DEADLINE, 0},
    {413, NULL, FAIL(413, "Too large"), OUTCOME_BAD_REQUEST, 0, 0},
    {422, NULL, FAIL(422, "x"), OUTCOME_BAD_REQUEST, 0, 0},
    {429, NULL, FAIL(429, "Rate limit exceeded: free-models-per-min"),
	OUTCOME_RATE_LIMITED, 0, 0},
    {429, NULL, FAIL_META(429, "\"limit_source\":\"upstream_provider_shared_pool\""),
	OUTCOME_RATE_LIMITED, FLAG_CAPACITY, 0},
    {429, NULL, FAIL_META(429, RAW("x is temporarily rate-limited upstream.")),
	OUTCOME_RATE_LIMITED, FLAG_CAPACITY, 0},
    {429, NULL,
	FAIL_META(429,
	    RAW("{\\\"error\\\":\\\"slow\\\"}") ",\"limit_source\":"
						"\"upstream_provider_shared_pool\""),
	OUTCOME_RATE_LIMITED, FLAG_CAPACITY, 0},
    {499, NULL, FAIL(499, "x"), OUTCOME_TIMEOUT, 0, 0},
    {500, NULL, FAIL(500, "Internal Server Error"), OUTCOME_UPSTREAM_ERROR, 0, 0},
    {502, NULL, FAIL(502, "Provider returned error"), OUTCOME_UPSTREAM_ERROR, 0, 0},
    {502, NULL, "", OUTCOME_UPSTREAM_ERROR, FLAG_GATEWAY, 0},
    {503, NULL, FAIL(503, "No provider meets the routing requirements"),
	OUTCOME_UPSTREAM_ERROR, 0, 0},
    {503, NULL, FAIL(503, "Model is overloaded"), OUTCOME_UPSTREAM_ERROR,
	FLAG_OVERLOADED, 0},
    {504, NULL, FAIL(504, "x"), OUTCOME_UPSTREAM_ERROR, FLAG_DEADLINE, 0},
    {524, NULL, FAIL(524, "x"), OUTCOME_UPSTREAM_ERROR, FLAG_DEADLINE, 0},
    {529, NULL, FAIL(529, "x"), OUTCOME_UPSTREAM_ERROR, FLAG_OVERLOADED, 0},
    {418, NULL, FAIL(418, "x"), OUTCOME_BAD_REQUEST, 0, 0},
    {599, NULL, FAIL(599, "x"), OUTCOME_UPSTREAM_ERROR, 0, 0},
    /* The canonical word comes before the number. */
    {400, NULL, FAIL_META(400, TYPE("authentication")), OUTCOME_AUTH_ERROR, 0, 0},
    {400, NULL, FAIL_META(400, TYPE("payment_required")), OUTCOME_QUOTA_EXHAUSTED, 0,
	0},
    {402, NULL,
	FAIL_META(402, TYPE("payment_required") ",\"limit_source\":"
						"\"openrouter_in_flight_budget\""),
	OUTCOME_RATE_LIMITED, 0, 0},
    {400, NULL, FAIL_META(400, TYPE("content_policy_violation")),
	OUTCOME_CONTENT_BLOCKED, 0, 0},
    {502, NULL, FAIL_META(502, TYPE("refusal")), OUTCOME_CONTENT_BLOCKED, 0, 0},
    {429, NULL, FAIL_META(429, TYPE("provider_overloaded")), OUTCOME_UPSTREAM_ERROR,
	FLAG_OVERLOADED, 0},
    {404, NULL, FAIL_META(404, TYPE("provider_unavailable")), OUTCOME_UPSTREAM_ERROR, 0,
	0},
    {401, NULL,
	FAIL_META(401, TYPE("provider_unavailable") "," RAW_GOOGLE(
			   401, "UNAUTHENTICATED", "their key")),
	OUTCOME_UPSTREAM_ERROR, 0, 0},
    {400, NULL, FAIL_META(400, TYPE("timeout")), OUTCOME_UPSTREAM_ERROR, FLAG_DEADLINE,
	0},
    {400, NULL, FAIL_META(400, TYPE("server")), OUTCOME_UPSTREAM_ERROR, 0, 0},
    {400, NULL, FAIL_META(400, TYPE("rate_limit_exceeded")), OUTCOME_RATE_LIMITED, 0,
	0},
    {429, NULL,
	FAIL_META(429, TYPE("rate_limit_exceeded") ",\"limit_source\":"
						   "\"upstream_provider_shared_pool\""),
	OUTCOME_RATE_LIMITED, FLAG_CAPACITY, 0},
    {429, NULL,
	FAIL_META(
	    429, TYPE("rate_limit_exceeded") "," RAW("x is rate-limited upstream")),
	OUTCOME_RATE_LIMITED, FLAG_CAPACITY, 0},
    {403, NULL, FAIL_META(403, TYPE("permission_denied")), OUTCOME_AUTH_ERROR, 0, 0},
    {403, NULL, FAIL_META(403, TYPE("permission_denied") ",\"reasons\":[\"violence\"]"),
	OUTCOME_CONTENT_BLOCKED, 0, 0},
    {500, NULL, FAIL_META(500, TYPE("not_found")), OUTCOME_BAD_REQUEST, FLAG_MODEL_GONE,
	0},
    {500, NULL, FAIL_META(500, TYPE("invalid_request")), OUTCOME_BAD_REQUEST, 0, 0},
    {500, NULL, FAIL_META(500, TYPE("invalid_prompt")), OUTCOME_BAD_REQUEST, 0, 0},
    {500, NULL, FAIL_META(500, TYPE("precondition_failed")), OUTCOME_BAD_REQUEST, 0, 0},
    {500, NULL, FAIL_META(500, TYPE("unprocessable")), OUTCOME_BAD_REQUEST, 0, 0},
    {500, NULL, FAIL_META(500, TYPE("payload_too_large")), OUTCOME_BAD_REQUEST, 0, 0},
    {500, NULL, FAIL_META(500, TYPE("context_length_exceeded")), OUTCOME_BAD_REQUEST, 0,
	0},
    {500, NULL, FAIL_META(500, TYPE("string_too_long")), OUTCOME_BAD_REQUEST, 0, 0},
    {503, NULL, FAIL_META(503, TYPE("something_new")), OUTCOME_UPSTREAM_ERROR, 0, 0},
    /* The provider's own words. */
    {400, NULL,
	FAIL_META(400, RAW_GOOGLE(400, "FAILED_PRECONDITION",
			   "User location is not supported for the API use.")),
	OUTCOME_BAD_REQUEST, FLAG_REGION_BLOCK, 0},
    {400, NULL,
	FAIL_META(
	    400, TYPE("precondition_failed") "," RAW_GOOGLE(400, "FAILED_PRECONDITION",
		     "User location is not supported for the API use.")),
	OUTCOME_BAD_REQUEST, FLAG_REGION_BLOCK, 0},
    {502, NULL,
	FAIL_META(502, RAW_GOOGLE(503, "UNAVAILABLE", "The model is overloaded.")),
	OUTCOME_UPSTREAM_ERROR, FLAG_OVERLOADED, 0},
    {429, NULL,
	FAIL_META(429, RAW_GOOGLE(429, "RESOURCE_EXHAUSTED", "Resource exhausted.")),
	OUTCOME_RATE_LIMITED, FLAG_CAPACITY, 0},
    {429, NULL,
	FAIL_META(429, RAW("{\\\"error\\\":{\\\"code\\\":429,\\\"message\\\":\\\"x\\\","
			   "\\\"details\\\":[{\\\"violations\\\":[{\\\"quotaId\\\":"
			   "\\\"PerMinute\\\"},{\\\"quotaId\\\":\\\"PerDay\\\"}]}]}}")),
	OUTCOME_QUOTA_EXHAUSTED, 0, 0},
    {400, NULL,
	FAIL_META(400, RAW("{\\\"error\\\":{\\\"message\\\":\\\"No.\\\",\\\"type\\\":"
			   "\\\"t\\\",\\\"code\\\":\\\"moderation_blocked\\\"}}")),
	OUTCOME_CONTENT_BLOCKED, 0, 0},
    {400, NULL, FAIL_META(400, RAW("{ not JSON")), OUTCOME_BAD_REQUEST, 0, 0},
    {502, NULL, FAIL_META(502, RAW("{\\\"a\\\":1}")), OUTCOME_UPSTREAM_ERROR, 0, 0},
    /* Errors under 200. */
    {200, NULL, FAIL(429, "x"), OUTCOME_RATE_LIMITED, 0, 0},
    {200, NULL, FAIL(401, "x"), OUTCOME_AUTH_ERROR, 0, 0},
    {200, NULL, FAIL(402, "x"), OUTCOME_QUOTA_EXHAUSTED, 0, 0},
    {200, NULL, FAIL(503, "x"), OUTCOME_UPSTREAM_ERROR, 0, 0},
    {200, NULL, "{\"error\":{\"code\":\"502\",\"message\":\"x\"}}",
	OUTCOME_UPSTREAM_ERROR, 0, 0},
    {200, NULL, "{\"error\":{\"message\":\"x\"}}", OUTCOME_UPSTREAM_ERROR, 0, 0},
    {200, NULL, "{\"error\":\"x\"}", OUTCOME_UPSTREAM_ERROR, 0, 0},
    {200, NULL, "{\"error\":{\"metadata\":{" TYPE("rate_limit_exceeded") "}}}",
	OUTCOME_RATE_LIMITED, 0, 0},
    /* No answer of the API. */
    {200, "text/html", "<html>Just a moment...</html>", OUTCOME_MALFORMED, FLAG_PORTAL,
	0},
    {307, NULL, "", OUTCOME_MALFORMED, FLAG_PORTAL, 0},
    {403, "text/html", "<html>Just a moment...</html>", OUTCOME_MALFORMED, FLAG_GATEWAY,
	0},
    {520, "text/html", "<html>520</html>", OUTCOME_UPSTREAM_ERROR, FLAG_GATEWAY, 0},
    {200, NULL, "", OUTCOME_MALFORMED, 0, 0},
    {200, NULL, "x", OUTCOME_MALFORMED, 0, 0},
    {200, NULL, "[]", OUTCOME_MALFORMED, 0, 0},
    {200, NULL, "{\"choices\":[", OUTCOME_MALFORMED, FLAG_PARTIAL_BODY, 0},
};

static const struct judge_api_row chat[] = {
    {200, NULL, CHOICE(PICTURE(DATA_URL(PNG)) "," FINISH("stop", "STOP")), OUTCOME_OK,
	0, 0},
    {200, NULL, CHOICE(PICTURE("data:image/jpeg;base64," JPEG)), OUTCOME_OK, 0, 0},
    {200, NULL, CHOICE(PICTURE(PNG)), OUTCOME_OK, 0, 0},
    {200, NULL,
	CHOICE("\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"x\"},{\"type\":"
	       "\"image_url\",\"image_url\":{\"url\":\"" DATA_URL(PNG) "\"}}]}"),
	OUTCOME_OK, 0, 0},
    /* The picture is there: whatever else is said does not take it away. */
    {200, NULL,
	"{\"choices\":[{" PICTURE(
	    DATA_URL(PNG)) "}],\"error\":{\"code\":502,\"message\":\"x\"}}",
	OUTCOME_OK, 0, 0},
    {200, NULL, CHOICE(PICTURE(DATA_URL(PNG)) "," FINISH("error", "x")), OUTCOME_OK, 0,
	0},
    {200, NULL,
	CHOICE("\"error\":{\"code\":429,\"message\":\"x\"},\"finish_reason\":"
	       "\"error\"," WORDS("")),
	OUTCOME_RATE_LIMITED, 0, 0},
    {200, NULL,
	CHOICE("\"error\":{\"code\":502,\"message\":\"x\",\"metadata\":{" TYPE(
	    "provider_overloaded") "}}"),
	OUTCOME_UPSTREAM_ERROR, FLAG_OVERLOADED, 0},
    {200, NULL,
	CHOICE("\"error\":{\"code\":502,\"message\":\"x\",\"metadata\":{" RAW_GOOGLE(
	    503, "UNAVAILABLE", "Deadline expired before x") "}}"),
	OUTCOME_UPSTREAM_ERROR, FLAG_DEADLINE, 0},
    {200, NULL, CHOICE(FINISH("error", "OTHER") "," WORDS("")), OUTCOME_UPSTREAM_ERROR,
	0, 0},
    {200, NULL, CHOICE(FINISH("content_filter", "SAFETY") "," WORDS("")),
	OUTCOME_CONTENT_BLOCKED, 0, 0},
    {200, NULL, CHOICE(FINISH("stop", "content_filter")), OUTCOME_CONTENT_BLOCKED, 0,
	0},
    {200, NULL, CHOICE(FINISH("stop", "IMAGE_SAFETY") "," WORDS("")),
	OUTCOME_CONTENT_BLOCKED, 0, 0},
    {200, NULL, CHOICE(FINISH("stop", "image_prohibited_content") "," WORDS("")),
	OUTCOME_CONTENT_BLOCKED, 0, 0},
    {200, NULL, CHOICE(FINISH("stop", "RECITATION")), OUTCOME_CONTENT_BLOCKED, 0, 0},
    {200, NULL,
	CHOICE("\"message\":{\"content\":null,\"refusal\":\"I can not do that.\"}"),
	OUTCOME_CONTENT_BLOCKED, 0, 0},
    {200, NULL, CHOICE("\"message\":{\"content\":\"x\",\"refusal\":null}"),
	OUTCOME_UPSTREAM_ERROR, FLAG_NO_IMAGE, 0},
    {200, NULL, CHOICE(WORDS("Here it is!") "," FINISH("stop", "STOP")),
	OUTCOME_UPSTREAM_ERROR, FLAG_NO_IMAGE, 0},
    {200, NULL, CHOICE(WORDS("") "," FINISH("length", "MAX_TOKENS")),
	OUTCOME_UPSTREAM_ERROR, FLAG_NO_IMAGE, 0},
    {200, NULL, CHOICE(FINISH("stop", "NO_IMAGE")), OUTCOME_UPSTREAM_ERROR,
	FLAG_NO_IMAGE, 0},
    {200, NULL, CHOICE("\"message\":{\"images\":[]}"), OUTCOME_UPSTREAM_ERROR,
	FLAG_NO_IMAGE, 0},
    {200, NULL, CHOICE(PICTURE("")), OUTCOME_UPSTREAM_ERROR, FLAG_NO_IMAGE, 0},
    {200, NULL, "{\"choices\":[]}", OUTCOME_UPSTREAM_ERROR, FLAG_NO_IMAGE, 0},
    {200, NULL, "{}", OUTCOME_UPSTREAM_ERROR, FLAG_NO_IMAGE, 0},
    {200, NULL, CHOICE(PICTURE(DATA_URL(HALF))), OUTCOME_MALFORMED, FLAG_BAD_IMAGE, 0},
    {200, NULL, CHOICE(PICTURE("data:image/svg+xml,<svg/>")), OUTCOME_MALFORMED,
	FLAG_BAD_IMAGE, 0},
    {200, NULL, CHOICE(PICTURE("https://img.example/1.png")), OUTCOME_UPSTREAM_ERROR,
	FLAG_NO_IMAGE, 0},
};

static const struct judge_api_row images[] = {
    {200, NULL, "{\"created\":1,\"data\":[{\"b64_json\":\"" PNG "\"}]}", OUTCOME_OK, 0,
	0},
    {200, NULL,
	"{\"data\":[{\"b64_json\":\"" JPEG "\",\"media_type\":\"image/jpeg\"}],"
	"\"usage\":{\"cost\":0.04}}",
	OUTCOME_OK, FLAG_COST_REPORTED, 0},
    {200, NULL, "{\"data\":[{\"b64_json\":\"" HALF "\"}]}", OUTCOME_MALFORMED,
	FLAG_BAD_IMAGE, 0},
    {200, NULL, "{\"data\":[{\"b64_json\":null}]}", OUTCOME_UPSTREAM_ERROR,
	FLAG_NO_IMAGE, 0},
    {200, NULL, "{\"data\":[]}", OUTCOME_UPSTREAM_ERROR, FLAG_NO_IMAGE, 0},
};

static const struct judge_api_row key[] = {
    {200, NULL,
	"{\"data\":{\"label\":\"sk-or\",\"limit\":null,\"limit_remaining\":null}}",
	OUTCOME_OK, 0, 0},
    {200, NULL, "{\"data\":{\"limit\":10,\"limit_remaining\":0.5,\"usage\":9.5}}",
	OUTCOME_OK, 0, 0},
    {200, NULL, "{\"data\":{\"limit_remaining\":1e-3}}", OUTCOME_OK, 0, 0},
    {200, NULL, "{\"data\":{\"limit_remaining\":0}}", OUTCOME_QUOTA_EXHAUSTED, 0, 0},
    {200, NULL, "{\"data\":{\"limit_remaining\":0.00}}", OUTCOME_QUOTA_EXHAUSTED, 0, 0},
    {200, NULL, "{\"data\":{\"limit_remaining\":-0.25}}", OUTCOME_QUOTA_EXHAUSTED, 0,
	0},
    {200, NULL, "{\"data\":{}}", OUTCOME_OK, 0, 0},
    {200, NULL, "{\"data\":[]}", OUTCOME_MALFORMED, 0, 0},
    {200, NULL, "{}", OUTCOME_MALFORMED, 0, 0},
};

static void
test_tables(void **state)
{
	(void)state;
	JUDGE(PROBE_OPENROUTER_CHAT, errors);
	JUDGE(PROBE_OPENROUTER_IMAGE, errors);
	JUDGE(PROBE_OPENROUTER_KEY, errors);
	JUDGE(PROBE_OPENROUTER_CHAT, chat);
	JUDGE(PROBE_OPENROUTER_IMAGE, images);
	JUDGE(PROBE_OPENROUTER_KEY, key);
}

static void
test_details(void **state)
{
	static const struct {
		enum probe_kind kind;
		const char *body;
		const char *detail;
	} row[] = {
	    {PROBE_OPENROUTER_CHAT, CHOICE(FINISH("content_filter", "SAFETY")),
		"no image, SAFETY"},
	    {PROBE_OPENROUTER_CHAT, CHOICE(FINISH("error", "OTHER")),
		"ended with an error, OTHER"},
	    {PROBE_OPENROUTER_CHAT, CHOICE(WORDS("Done!") "," FINISH("stop", "STOP")),
		"no image, STOP: Done!"},
	    {PROBE_OPENROUTER_CHAT, FAIL_META(502, TYPE("timeout") "," RAW("slow")),
		"timeout: slow"},
	    {PROBE_OPENROUTER_KEY, "{\"data\":{\"limit_remaining\":0}}",
		"no credit is left for this key"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct plan_probe probe = judge_probe(row[i].kind);
		struct result result = judge_answer(&check, &probe, 200, "",
		    judge_body(row[i].body, strlen(row[i].body), 5));
		assert_string_equal(result.detail, row[i].detail);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tables),
	    cmocka_unit_test(test_details),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
