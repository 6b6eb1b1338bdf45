/* An answer's pieces do not matter: any division of the same bytes, broken ones too, gives
 * the same result. */
#include "tests/support/judge.h"
#include "tests/support/test.h"

#include "common/core/rng.h"

enum {
	BODY_BYTES = 2048,
	ROUNDS = 20000
};

static const char png[] =
    "iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAAAAAC4HznGAAAAA3RFWHRhAGLcSaI7AAAAEElEQVR4nGNI"
    "TEpmSElNAwAJRgJWauDRSAAAAABJRU5ErkJggg==";

static const struct {
	enum probe_kind kind;
	const char *before; /* the picture is put between */
	const char *after;
} bodies[] = {
    {PROBE_GEMINI_IMAGE,
	"{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Here \\u00e9.\"},"
	"{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"",
	"\"}}]},\"finishReason\":\"STOP\"}],\"responseId\":\"r\"}"},
    {PROBE_OPENAI_IMAGE, "{\"data\":[{\"b64_json\":\"data:image/png;base64,",
	"\"},{\"url\":\"https://x.example\"}]}"},
    {PROBE_GEMINI_IMAGE,
	"[{\"error\":{\"code\":429,\"message\":\"limit: 0, x\",\"status\":"
	"\"RESOURCE_EXHAUSTED\",\"details\":[{\"violations\":[{\"quotaId\":\"",
	"PerDay\"}]},{\"retryDelay\":\"34.4s\"}]}}]"},
    {PROBE_OPENAI_IMAGE,
	"{\"error\":{\"message\":\"E - {\\\"error\\\": {\\\"code\\\": 503,",
	" \\\"message\\\": \\\"overloaded\\\"}}\",\"code\":\"500\"}}"},
    {PROBE_GCLOUD_STATUS,
	"[{\"id\":\"A\",\"begin\":\"2022-06-02T17:10:00+00:00\",\"end\":null,"
	"\"external_desc\":\"",
	"\",\"affected_products\":[{\"id\":\"P1\"}]},{\"id\":\"B\",\"end\":\"2022-06-"
	"02\"}]"},
    {PROBE_STATUSPAGE, "{\"components\":[{\"id\":\"P1\",\"name\":\"",
	"\",\"status\":\"major_outage\"}],\"incidents\":[{\"id\":\"A\",\"name\":\"P1 "
	"\\u00e9\",\"impact\":\"minor\"}]}"},
    {PROBE_AISTUDIO_STATUS, "[[[[\"A\",\"",
	"\",2,[[1,\"d\",[\"1776466800\"],\"P1\"],[5,\"d\",[1776466801]]],1,[1,3]]]]]"},
    {PROBE_OPENROUTER_ENDPOINTS,
	"{\"data\":{\"endpoints\":[{\"tag\":\"P1\",\"provider_name\":\"",
	"\",\"uptime_last_5m\":71.25,\"status\":-2}]}}"},
    {PROBE_GEMINI_STREAM,
	"data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}}]}\r\n\r\n"
	": x\r\ndata: {\"candidates\":[{\"content\":{\"parts\":[{\"inlineData\":{"
	"\"data\":\"",
	"\"}}]},\"finishReason\":\"STOP\"}],\ndata: \"usageMetadata\":"
	"{\"candidatesTokenCount\":7}}\n\ndata: [DONE]\n\n"},
    {PROBE_GEMINI_MODELS, "{\"models\":[{\"name\":\"models/model\",\"x\":\"",
	"\"}],\"nextPageToken\":\"t\"}"},
    {PROBE_VERTEX_IMAGEN, "{\"predictions\":[{\"bytesBase64Encoded\":\"",
	"\"},{\"raiFilteredReason\":\"x\"}]}"},
    {PROBE_OPENROUTER_CHAT,
	"{\"id\":\"g\",\"choices\":[{\"finish_reason\":\"stop\","
	"\"native_finish_reason\":\"SAFETY\",\"message\":{\"images\":[{\"image_url\":"
	"{\"url\":\"data:image/png;base64,",
	"\"}},{\"image_url\":{\"url\":\"https://x.example/1\"}}]}}],\"usage\":{"
	"\"cost\":0.0387}}"},
    {PROBE_OPENROUTER_CHAT,
	"{\"error\":{\"code\":429,\"metadata\":{\"raw\":\"{\\\"error\\\":{"
	"\\\"code\\\":429,\\\"message\\\":\\\"",
	"\\\"}}\",\"error_type\":\"rate_limit_exceeded\"}}}"},
    {PROBE_OPENROUTER_KEY, "{\"data\":{\"label\":\"", "\",\"limit_remaining\":-0.1}}"},
    {PROBE_OPENAI_IMAGE, "{\"data\":[{\"url\":\"https://x.example/",
	"\"}],\"usage\":{\"input_tokens\":1}}"},
    {PROBE_GEMINI_MODEL, "{\"name\":\"models/x\",\"description\":\"", "\"}"},
    {PROBE_HTTP, "<html><title>Log in</title>", "</html>"},
};

/* Everything that a result says, as one text. */
static void
describe(
    const struct result *result, const struct image_info *image, char *out, size_t cap)
{
	int len = snprintf(out, cap, "%d %x %u %u %u %s|%s|%u %llx",
	    (int)result->outcome, result->flags, result->retry_after_ms,
	    result->body_bytes, result->cost_microusd, result->detail,
	    result->request_id, image->width, (unsigned long long)image->digest);

	for (uint32_t i = 0; i < result->observation_len; i++) {
		const struct observation *o = &result->observation[i];
		len += snprintf(out + len, cap - (size_t)len, "|%d %s %s %s %s %lld",
		    (int)o->claim, o->id, o->title, o->scope, o->url,
		    (long long)o->begin_at.ns);
	}
}

static struct result
run(struct check *check, const struct plan_probe *probe, unsigned http,
    const char *body, size_t len, struct rng *rng)
{
	const struct transport done = {.end = TRANSPORT_DONE, .phase = PHASE_DONE};
	struct result result;
	char line[64];

	check_begin(check, probe, NULL);
	int line_len = snprintf(line, sizeof(line), "HTTP/1.1 %u X\r\n", http);
	check_header(check, line, (size_t)line_len);
	for (size_t at = 0; at < len;) {
		size_t step = 1 + (size_t)rng_below(rng, 60);
		step = step < len - at ? step : len - at;
		assert_true(check_body(check, body + at, step));
		at += step;
	}
	check_finish(check, &done, &result);
	return result;
}

static void
test_pieces(void **state)
{
	static const unsigned statuses[] = {200, 200, 200, 400, 403, 429, 500, 503};
	static const char bytes[] = "{}[]\",:\\0aZ=/+ \n<\x01\xc3\xff";
	static struct check check;
	const uint64_t seed = 20260805;
	struct rng rng;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	rng_init(&rng, seed);
	for (int round = 0; round < ROUNDS; round++) {
		size_t i = (size_t)rng_below(&rng, sizeof(bodies) / sizeof(bodies[0]));
		struct plan_probe probe = judge_probe(bodies[i].kind);
		probe.price_out_microusd = 1000000;
		unsigned http = statuses[rng_below(&rng, 8)];
		char body[BODY_BYTES];
		char whole[4096];
		char parts[4096];
		size_t len = (size_t)snprintf(body, sizeof(body), "%s%s%s",
		    bodies[i].before, png, bodies[i].after);
		for (uint64_t n = rng_below(&rng, 4); n > 0; n--) {
			body[rng_below(&rng, len)] =
			    bytes[rng_below(&rng, sizeof(bytes) - 1)];
		}
		len -= rng_below(&rng, 4) == 0 ? (size_t)rng_below(&rng, len) : 0;
		struct result result = judge_answer(
		    &check, &probe, http, "", judge_body(body, len, BODY_BYTES));
		describe(&result, check_image(&check), whole, sizeof(whole));
		result = run(&check, &probe, http, body, len, &rng);
		describe(&result, check_image(&check), parts, sizeof(parts));
		assert_string_equal(whole, parts);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
