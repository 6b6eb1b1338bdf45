/* test_classify_google - Google's streams, lists, token counts and Imagen */
#include "tests/support/judge_api.h"
#include "tests/support/test.h"

static struct check check;

#define CHUNK(parts) "{\"candidates\":[{\"content\":{\"parts\":[" parts "]}}]}"
#define STOP         "{\"candidates\":[{\"content\":{},\"finishReason\":\"STOP\"}]}"

static const struct judge_api_row stream[] = {
    {200, "text/event-stream",
	EVENT(CHUNK("{\"text\":\"I\"}")) EVENT(CHUNK(INLINE(PNG))) EVENT(STOP),
	OUTCOME_OK, 0, 0},
    /* Every spelling of the same. */
    {200, NULL, EVENT(CANDIDATE(INLINE(PNG), "STOP")), OUTCOME_OK, 0, 0},
    {200, NULL, "data:" CANDIDATE(INLINE(PNG), "STOP") "\n\n", OUTCOME_OK, 0, 0},
    {200, NULL, "data:" CANDIDATE(INLINE(PNG), "STOP") "\r\r", OUTCOME_OK, 0, 0},
    {200, NULL, "data: " CANDIDATE(INLINE(PNG), "STOP"), OUTCOME_OK, 0, 0},
    {200, NULL, "data: " CANDIDATE(INLINE(PNG), "STOP") "\n", OUTCOME_OK, 0, 0},
    {200, NULL,
	"\xef\xbb\xbf: hello\nid: 1\nevent: x\ndata: {\"candidates\":\ndata: "
	"[{\"content\":{\"parts\":[" INLINE(PNG) "]},\"finishReason\":\"STOP\"}]}\n\n",
	OUTCOME_OK, 0, 0},
    {200, NULL, EVENT(CHUNK(INLINE(PNG))) ": ping\n\n" EVENT(STOP) "data: [DONE]\n\n",
	OUTCOME_OK, 0, 0},
    /* Asked for a stream, got what it is made of. */
    {200, NULL, CANDIDATE(INLINE(PNG), "STOP"), OUTCOME_OK, 0, 0},
    {200, NULL, "[" CHUNK(INLINE(PNG)) ",\n" STOP "]", OUTCOME_OK, 0, 0},
    /* Ended early. */
    {200, NULL, EVENT(CHUNK("{\"text\":\"I\"}")), OUTCOME_MALFORMED, FLAG_PARTIAL_BODY,
	0},
    {200, NULL, EVENT(CHUNK(INLINE(PNG))), OUTCOME_MALFORMED, FLAG_PARTIAL_BODY, 0},
    {200, NULL, EVENT("{}"), OUTCOME_MALFORMED, FLAG_PARTIAL_BODY, 0},
    {200, NULL, "[]", OUTCOME_MALFORMED, FLAG_PARTIAL_BODY, 0},
    {200, NULL, EVENT(CHUNK(INLINE(PNG))) "data: {\"candi", OUTCOME_MALFORMED,
	FLAG_PARTIAL_BODY, 0},
    {200, NULL, EVENT(CHUNK(INLINE(PNG))) "data: {\"candi\n\n" EVENT(STOP),
	OUTCOME_MALFORMED, FLAG_PARTIAL_BODY, 0},
    {200, NULL, "[" CHUNK(INLINE(PNG)) ",", OUTCOME_MALFORMED, FLAG_PARTIAL_BODY, 0},
    {200, NULL, EVENT(CHUNK(INLINE(HALF))) EVENT(STOP), OUTCOME_MALFORMED,
	FLAG_BAD_IMAGE, 0},
    /* Errors inside. */
    {200, NULL, EVENT(ERR(503, "UNAVAILABLE", "The model is overloaded.")),
	OUTCOME_UPSTREAM_ERROR, FLAG_OVERLOADED, 0},
    {200, NULL,
	EVENT(CHUNK(INLINE(PNG)))
	    EVENT(ERR(429, "RESOURCE_EXHAUSTED", "Resource exhausted.")),
	OUTCOME_RATE_LIMITED, FLAG_CAPACITY, 0},
    {200, NULL, EVENT("[" ERR(500, "INTERNAL", "x") "]"), OUTCOME_UPSTREAM_ERROR, 0, 0},
    {200, NULL, "[" ERR(500, "INTERNAL", "x") "]", OUTCOME_UPSTREAM_ERROR, 0, 0},
    {400, NULL, ERR(400, "INVALID_ARGUMENT", "API key not valid."), OUTCOME_AUTH_ERROR,
	0, 0},
    {429, NULL, "[" ERR_DETAILS(429, "RESOURCE_EXHAUSTED", "x", RETRY("7s")) "]",
	OUTCOME_RATE_LIMITED, 0, 7000},
    {503, NULL, EVENT(ERR(503, "UNAVAILABLE", "Deadline expired before x.")),
	OUTCOME_UPSTREAM_ERROR, FLAG_DEADLINE, 0},
    /* Refusals, and nothing at all. */
    {200, NULL, EVENT("{\"promptFeedback\":{\"blockReason\":\"SAFETY\"}}"),
	OUTCOME_CONTENT_BLOCKED, 0, 0},
    {200, NULL, EVENT(CHUNK("{\"text\":\"I\"}")) EVENT(CANDIDATE("", "IMAGE_SAFETY")),
	OUTCOME_CONTENT_BLOCKED, 0, 0},
    {200, NULL, EVENT(CHUNK("{\"text\":\"I\"}")) EVENT(STOP), OUTCOME_UPSTREAM_ERROR,
	FLAG_NO_IMAGE, 0},
    /* Not of this API. */
    {200, NULL, "", OUTCOME_MALFORMED, 0, 0},
    {200, NULL, "\n\n", OUTCOME_MALFORMED, FLAG_PARTIAL_BODY, 0},
    {200, NULL, "hello\n\n", OUTCOME_MALFORMED, 0, 0},
    {200, NULL, "data: hello\n\n", OUTCOME_MALFORMED, 0, 0},
    {200, NULL, "data: [DONE]\n\n", OUTCOME_MALFORMED, 0, 0},
    {200, NULL, EVENT("[]") EVENT(STOP), OUTCOME_MALFORMED, 0, 0},
    {200, NULL, EVENT("{\"a\":1} x") EVENT(STOP), OUTCOME_MALFORMED, 0, 0},
    {200, "text/html", "<html>Sign in</html>", OUTCOME_MALFORMED, FLAG_PORTAL, 0},
    {503, "text/plain", "upstream connect error", OUTCOME_UPSTREAM_ERROR, FLAG_GATEWAY,
	0},
    {302, NULL, "", OUTCOME_MALFORMED, FLAG_PORTAL, 0},
};

static const struct judge_api_row models[] = {
    {200, NULL, "{\"models\":[{\"name\":\"models/a\"},{\"name\":\"models/model\"}]}",
	OUTCOME_OK, 0, 0},
    {200, NULL, "{\"models\":[{\"name\":\"model\"}],\"nextPageToken\":\"x\"}",
	OUTCOME_OK, 0, 0},
    {200, NULL, "{\"models\":[{\"name\":\"models/a\"}],\"nextPageToken\":\"x\"}",
	OUTCOME_OK, 0, 0},
    {200, NULL, "{\"models\":[{\"name\":\"models/a\"}],\"nextPageToken\":\"\"}",
	OUTCOME_BAD_REQUEST, FLAG_MODEL_GONE, 0},
    {200, NULL, "{\"models\":[{\"name\":\"models/model-2\"},{\"name\":\"Model\"}]}",
	OUTCOME_BAD_REQUEST, FLAG_MODEL_GONE, 0},
    {200, NULL, "{\"models\":[]}", OUTCOME_BAD_REQUEST, FLAG_MODEL_GONE, 0},
    {200, NULL, "{\"models\":{}}", OUTCOME_MALFORMED, 0, 0},
    {200, NULL, "{\"name\":\"models/model\"}", OUTCOME_MALFORMED, 0, 0},
    {200, NULL, "{}", OUTCOME_MALFORMED, 0, 0},
};

static const struct judge_api_row tokens[] = {
    {200, NULL, "{\"totalTokens\":5,\"promptTokensDetails\":[]}", OUTCOME_OK, 0, 0},
    {200, NULL, "{\"totalTokens\":0}", OUTCOME_OK, 0, 0},
    {200, NULL, "{\"totalTokens\":\"5\"}", OUTCOME_MALFORMED, 0, 0},
    {200, NULL, "{}", OUTCOME_MALFORMED, 0, 0},
};

#define PREDICTIONS(items) "{\"predictions\":[" items "]}"
#define PREDICTION(data)                                                               \
	"{\"mimeType\":\"image/png\",\"bytesBase64Encoded\":\"" data "\"}"
#define POSITIVE "{\"contentType\":\"Positive Prompt\",\"safetyAttributes\":{}}"
#define FILTERED "{\"raiFilteredReason\":\"All images were filtered out. 58061214\"}"

static const struct judge_api_row imagen[] = {
    {200, NULL, PREDICTIONS(PREDICTION(PNG)), OUTCOME_OK, 0, 0},
    {200, NULL, PREDICTIONS(PREDICTION(JPEG) "," POSITIVE), OUTCOME_OK, 0, 0},
    {200, NULL, PREDICTIONS(FILTERED "," PREDICTION(PNG)), OUTCOME_OK, 0, 0},
    {200, NULL, PREDICTIONS(FILTERED), OUTCOME_CONTENT_BLOCKED, 0, 0},
    {200, NULL, PREDICTIONS(POSITIVE), OUTCOME_CONTENT_BLOCKED, 0, 0},
    {200, NULL, PREDICTIONS(""), OUTCOME_CONTENT_BLOCKED, 0, 0},
    {200, NULL, "{}", OUTCOME_CONTENT_BLOCKED, 0, 0},
    {200, NULL, PREDICTIONS(PREDICTION(HALF)), OUTCOME_MALFORMED, FLAG_BAD_IMAGE, 0},
    {200, NULL, PREDICTIONS(PREDICTION("")), OUTCOME_CONTENT_BLOCKED, 0, 0},
    {200, NULL, "[]", OUTCOME_MALFORMED, 0, 0},
    {400, NULL, ERR(400, "INVALID_ARGUMENT", "Invalid value at 'x'."),
	OUTCOME_BAD_REQUEST, 0, 0},
    {429, NULL,
	ERR(429, "RESOURCE_EXHAUSTED",
	    "Quota exceeded for aiplatform.googleapis.com/"
	    "online_prediction_requests_per_base_model with base model: imagen."),
	OUTCOME_RATE_LIMITED, 0, 0},
};

static void
test_tables(void **state)
{
	(void)state;
	JUDGE(PROBE_GEMINI_STREAM, stream);
	JUDGE(PROBE_GEMINI_MODELS, models);
	JUDGE(PROBE_GEMINI_TOKENS, tokens);
	JUDGE(PROBE_VERTEX_TOKENS, tokens);
	JUDGE(PROBE_VERTEX_IMAGEN, imagen);
}

static void
test_details(void **state)
{
	static const struct {
		enum probe_kind kind;
		const char *body;
		const char *detail;
	} row[] = {
	    {PROBE_GEMINI_STREAM, EVENT(CHUNK("{\"text\":\"I\"}")),
		"the stream ended without a reason to finish: I"},
	    {PROBE_GEMINI_STREAM, "data: x\n\n", "an event is not JSON: x"},
	    {PROBE_GEMINI_STREAM, "data: {\"a", "ends inside an event: {\"a"},
	    {PROBE_GEMINI_STREAM, "retry: 5\n\n", "no events: retry: 5"},
	    {PROBE_GEMINI_MODELS,
		"{\"models\":[{\"name\":\"a\"}],\"nextPageToken\":\"x\"}",
		"the model is not on this page of the list, which goes on"},
	    {PROBE_GEMINI_MODELS, "{\"models\":[]}",
		"the model is not among those that are listed"},
	    {PROBE_GEMINI_TOKENS, "{}", "not an answer of this call"},
	    {PROBE_VERTEX_IMAGEN, PREDICTIONS(FILTERED),
		"no image: All images were filtered out. 58061214"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct plan_probe probe = judge_probe(row[i].kind);
		struct result result = judge_answer(&check, &probe, 200, "",
		    judge_body(row[i].body, strlen(row[i].body), 5));
		assert_string_equal(result.detail, row[i].detail);
	}
}

/* A plan may write a model with the folder that lists have before it. */
static void
test_folder(void **state)
{
	static const char body[] = "{\"models\":[{\"name\":\"models/m\"}]}";
	struct plan_probe probe = judge_probe(PROBE_GEMINI_MODELS);

	(void)state;
	probe.model = "models/m";
	struct result result = judge_answer(
	    &check, &probe, 200, "", judge_body(body, sizeof(body) - 1, 3));
	assert_int_equal(result.outcome, OUTCOME_OK);
	assert_string_equal(result.detail, "");
	probe.model = "models/models/m";
	result = judge_answer(
	    &check, &probe, 200, "", judge_body(body, sizeof(body) - 1, 3));
	assert_int_equal(result.outcome, OUTCOME_BAD_REQUEST);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tables),
	    cmocka_unit_test(test_details),
	    cmocka_unit_test(test_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
