/* test_check_fetch - a picture that is only linked to, what a run costs, and its digest */
#include "tests/support/judge_api.h"
#include "tests/support/picture.h"
#include "tests/support/test.h"

static struct check check;

static void
head(unsigned http, const char *type)
{
	char line[128];
	int len = snprintf(line, sizeof(line), "HTTP/1.1 %u X\r\n", http);

	check_header(&check, line, (size_t)len);
	len = snprintf(line, sizeof(line), "Content-Type: %s\r\n", type);
	check_header(&check, line, (size_t)len);
}

static void
body(const void *bytes, size_t len, size_t step)
{
	const char *at = bytes;

	for (size_t done = 0; done < len; done += step) {
		size_t part = step < len - done ? step : len - done;
		assert_true(check_body(&check, at + done, part));
	}
}

static struct result
finish(enum transport_end end, enum phase phase)
{
	struct transport transport = {.end = end, .phase = phase};
	struct result result;

	check_finish(&check, &transport, &result);
	return result;
}

/* The answer of images/generations with `url` in it. */
static void
answer(const struct plan_probe *probe, const char *url)
{
	char text[4096];
	int len = snprintf(text, sizeof(text),
	    "{\"created\":1,\"data\":[{\"url\":\"%s\"}],\"usage\":{\"input_tokens\":5,"
	    "\"output_tokens\":100}}",
	    url);

	check_begin(&check, probe, NULL);
	head(200, "application/json");
	check_header(&check, "x-request-id: req-1", 19);
	body(text, (size_t)len, 7);
}

/* Which links are followed. */
static void
test_links(void **state)
{
	static const struct {
		const char *api;
		const char *url;
		bool followed;
	} row[] = {
	    {"https://api.example", "https://img.example/a.png?sig=x%2Fy&se=1", true},
	    {"https://api.example", "https://img.example:8443/a", true},
	    {"https://api.example", "http://img.example/a.png", false},
	    {"https://api.example", "http://127.0.0.1/a.png", false},
	    {"https://api.example", "https://127.0.0.1/a.png", false},
	    {"https://api.example", "https://localhost/a.png", false},
	    {"https://api.example", "https://[::1]/a.png", false},
	    {"https://api.example", "https://user@img.example/a", false},
	    {"https://api.example", "https://img.example/a\\nb", false},
	    {"https://api.example", "https://img.example/a b", false},
	    {"https://api.example", "https://img.example/a#b", false},
	    {"https://api.example", "httpx://img.example/", false},
	    {"https://api.example", "http", false},
	    {"http://127.0.0.1:8080", "http://127.0.0.1:8080/a.png", true},
	    {"http://127.0.0.1:8080", "http://127.0.0.1:9/a.png", true},
	    {"http://127.0.0.1:8080", "https://img.example/a.png", true},
	    {"http://127.0.0.1:8080", "http://img.example/a.png", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct plan_probe probe = judge_probe(PROBE_OPENAI_IMAGE);
		probe.url = row[i].api;
		answer(&probe, row[i].url);
		assert_string_equal(
		    check_link(&check), row[i].followed ? row[i].url : "");
		struct result result = finish(TRANSPORT_DONE, PHASE_DONE);
		assert_int_equal(result.outcome, OUTCOME_UPSTREAM_ERROR);
		assert_int_equal(result.flags, FLAG_NO_IMAGE);
		assert_int_equal(
		    result.phase, row[i].followed ? PHASE_FETCH : PHASE_DONE);
		assert_string_equal(result.detail,
		    row[i].followed ? "no image, only a link that was not fetched"
				    : "no image, only a link that is not followed");
	}
}

/* There is nothing to fetch: no answer yet, a bad one, or one that has its picture. */
static void
test_no_link(void **state)
{
	static const struct {
		unsigned http;
		const char *body;
	} row[] = {
	    {200, "{\"data\":[{\"url\":\"https://img.example/a.png\"}]"},
	    {200, "{\"data\":[{\"url\":\"https://img.example/a.png\"}]}x"},
	    {400, "{\"data\":[{\"url\":\"https://img.example/a.png\"}]}"},
	    {302, "{\"data\":[{\"url\":\"https://img.example/a.png\"}]}"},
	    {200,
		"{\"data\":[{\"url\":\"https://img.example/a.png\"}],\"error\":\"x\"}"},
	    {200, "{\"data\":[{\"url\":\"https://img.example/a\"},"
		  "{\"b64_json\":\"" PNG "\"}]}"},
	    {200, "{\"data\":[{\"b64_json\":\"" PNG "\"}]}"},
	};
	struct plan_probe probe = judge_probe(PROBE_OPENAI_IMAGE);

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		check_begin(&check, &probe, NULL);
		assert_string_equal(check_link(&check), "");
		head(row[i].http, "application/json");
		body(row[i].body, strlen(row[i].body), 11);
		assert_string_equal(check_link(&check), "");
	}
	/* Of two links the first; one too long for its place is none. */
	static const char two[] = "{\"data\":[{\"url\":\"https://a.example/\"},"
				  "{\"url\":\"https://b.example/\"}]}";
	check_begin(&check, &probe, NULL);
	head(200, "application/json");
	body(two, sizeof(two) - 1, 3);
	assert_string_equal(check_link(&check), "https://a.example/");
	char url[3000];
	memset(url, 'a', sizeof(url) - 1);
	memcpy(url, "https://", 8);
	url[12] = '/';
	url[sizeof(url) - 1] = '\0';
	answer(&probe, url);
	assert_string_equal(check_link(&check), "");
	url[ANSWER_LINK_BYTES - 1] = '\0';
	answer(&probe, url);
	assert_string_equal(check_link(&check), url);
}

static void
begin_fetch(const struct plan_probe *probe)
{
	answer(probe, "https://img.example/a.png");
	assert_string_equal(check_link(&check), "https://img.example/a.png");
	check_fetch_begin(&check);
	assert_string_equal(check_link(&check), "");
}

/* What the host of the picture can do to it. */
static void
test_fetch(void **state)
{
	static const struct {
		unsigned http;
		const char *type;
		size_t len; /* of the picture */
		enum outcome outcome;
		uint32_t flags;
	} row[] = {
	    {200, "image/png", sizeof(picture_png), OUTCOME_OK, 0},
	    {200, "application/octet-stream", sizeof(picture_png), OUTCOME_OK, 0},
	    {200, "image/png", sizeof(picture_png) - 1, OUTCOME_MALFORMED,
		FLAG_BAD_IMAGE},
	    {200, "image/png", 0, OUTCOME_MALFORMED, FLAG_BAD_IMAGE},
	    {200, "text/html", 0, OUTCOME_MALFORMED, FLAG_PORTAL},
	    {204, "image/png", 0, OUTCOME_MALFORMED, FLAG_BAD_IMAGE},
	    {301, "image/png", 0, OUTCOME_MALFORMED, FLAG_PORTAL},
	    {304, "image/png", 0, OUTCOME_MALFORMED, FLAG_PORTAL},
	    {400, "image/png", 0, OUTCOME_UPSTREAM_ERROR, 0},
	    {403, "application/xml", 0, OUTCOME_UPSTREAM_ERROR, 0},
	    {404, "text/html", 0, OUTCOME_UPSTREAM_ERROR, 0},
	    {404, "image/png", sizeof(picture_png), OUTCOME_UPSTREAM_ERROR, 0},
	    {407, "image/png", 0, OUTCOME_MALFORMED, FLAG_PORTAL},
	    {429, "image/png", 0, OUTCOME_UPSTREAM_ERROR, 0},
	    {500, "image/png", 0, OUTCOME_UPSTREAM_ERROR, 0},
	    {503, "text/html", 0, OUTCOME_UPSTREAM_ERROR, 0},
	    {511, "text/html", 0, OUTCOME_MALFORMED, FLAG_PORTAL},
	    {999, "image/png", 0, OUTCOME_MALFORMED, 0},
	};
	static const size_t steps[] = {SIZE_MAX, 1, 13};
	struct plan_probe probe = judge_probe(PROBE_OPENAI_IMAGE);

	(void)state;
	for (size_t i = 0; i < 3 * sizeof(row) / sizeof(row[0]); i++) {
		size_t at = i / 3;
		begin_fetch(&probe);
		head(row[at].http, row[at].type);
		body(picture_png, row[at].len,
		    steps[i % 3] < row[at].len ? steps[i % 3] : row[at].len + 1);
		struct result result = finish(TRANSPORT_DONE, PHASE_DONE);
		if (result.outcome != row[at].outcome ||
		    result.flags != row[at].flags) {
			fail_msg("row %zu: %s %x", at, outcome_name(result.outcome),
			    result.flags);
		}
		assert_int_equal(result.phase,
		    row[at].outcome == OUTCOME_OK ? PHASE_DONE : PHASE_FETCH);
		assert_int_equal(result.http_status, row[at].http);
		assert_string_equal(result.request_id, "req-1");
		assert_true(
		    (row[at].outcome == OUTCOME_OK) == (result.detail[0] == '\0'));
	}
}

static void
test_fetch_ends(void **state)
{
	static const struct {
		enum transport_end end;
		enum phase phase;
		enum outcome outcome;
		uint32_t flags;
	} row[] = {
	    {TRANSPORT_DNS, PHASE_DNS, OUTCOME_NET_DNS, 0},
	    {TRANSPORT_CONNECT, PHASE_CONNECT, OUTCOME_NET_CONNECT, 0},
	    {TRANSPORT_BAD_CERT, PHASE_TLS, OUTCOME_NET_TLS, FLAG_BAD_CERT},
	    {TRANSPORT_TIMEOUT, PHASE_CONNECT, OUTCOME_NET_CONNECT, 0},
	    {TRANSPORT_TIMEOUT, PHASE_WAIT, OUTCOME_TIMEOUT, 0},
	    {TRANSPORT_TIMEOUT, PHASE_FETCH, OUTCOME_TIMEOUT, 0},
	    {TRANSPORT_RESET, PHASE_WAIT, OUTCOME_NET_CONNECT, 0},
	    {TRANSPORT_PARTIAL, PHASE_BODY, OUTCOME_MALFORMED, FLAG_PARTIAL_BODY},
	    {TRANSPORT_REDIRECT, PHASE_BODY, OUTCOME_MALFORMED, FLAG_PORTAL},
	    {TRANSPORT_LOCAL, PHASE_LOCAL, OUTCOME_LOCAL_ERROR, 0},
	};
	struct plan_probe probe = judge_probe(PROBE_OPENAI_IMAGE);

	(void)state;
	probe.cost_microusd = 40000;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		begin_fetch(&probe);
		struct result result = finish(row[i].end, row[i].phase);
		assert_int_equal(result.outcome, row[i].outcome);
		assert_int_equal(result.flags, row[i].flags);
		assert_int_equal(result.phase, PHASE_FETCH);
		assert_int_equal(result.http_status, 200); /* of the answer */
		assert_string_not_equal(result.detail, "");
		/* The picture was made and is paid for. */
		assert_int_equal(result.cost_microusd, 40000);
	}
	/* An error of the host counts even when it was cut short. */
	begin_fetch(&probe);
	head(503, "text/plain");
	body("x", 1, 1);
	struct result result = finish(TRANSPORT_PARTIAL, PHASE_BODY);
	assert_int_equal(result.outcome, OUTCOME_UPSTREAM_ERROR);
	assert_int_equal(result.flags, FLAG_PARTIAL_BODY);
	assert_int_equal(result.phase, PHASE_FETCH);
	assert_int_equal(result.http_status, 503);
}

/* A head that comes again forgets the picture that had begun, and nothing of the answer. */
static void
test_fetch_again(void **state)
{
	struct plan_probe probe = judge_probe(PROBE_OPENROUTER_CHAT);
	static const char text[] =
	    "{\"id\":\"gen-7\",\"choices\":[{\"message\":{\"images\":[{\"image_url\":"
	    "{\"url\":\"https://img.example/b\"}}]}}],\"usage\":{\"cost\":0.05}}";

	(void)state;
	check_begin(&check, &probe, NULL);
	head(200, "application/json");
	body(text, sizeof(text) - 1, 5);
	check_fetch_begin(&check);
	head(302, "text/html");
	body("<html>there</html>", 18, 18);
	head(200, "image/jpeg");
	body(picture_jpeg, sizeof(picture_jpeg), 100);
	struct result result = finish(TRANSPORT_DONE, PHASE_DONE);
	assert_int_equal(result.outcome, OUTCOME_OK);
	assert_int_equal(result.flags, FLAG_COST_REPORTED);
	assert_int_equal(result.cost_microusd, 50000);
	assert_int_equal(result.body_bytes, sizeof(text) - 1 + sizeof(picture_jpeg));
	assert_string_equal(result.request_id, "gen-7");
	assert_int_equal(check_image(&check)->format, IMAGE_JPEG);
	assert_int_equal(check_image(&check)->bytes, sizeof(picture_jpeg));
}

/* The same picture has the same digest however it came, and nothing has none. */
static void
test_digest(void **state)
{
	static const char inline_png[] = "{\"data\":[{\"b64_json\":\"" PNG "\"}]}";
	static const char inline_half[] = "{\"data\":[{\"b64_json\":\"" HALF "\"}]}";
	struct plan_probe probe = judge_probe(PROBE_OPENAI_IMAGE);

	(void)state;
	(void)judge_answer(
	    &check, &probe, 200, "", judge_body(inline_png, sizeof(inline_png) - 1, 9));
	uint64_t digest = check_image_digest(&check);
	assert_true(digest != 0);
	(void)judge_answer(
	    &check, &probe, 200, "", judge_body(inline_png, sizeof(inline_png) - 1, 1));
	assert_true(check_image_digest(&check) == digest);
	(void)judge_answer(&check, &probe, 200, "",
	    judge_body(inline_half, sizeof(inline_half) - 1, 9));
	assert_true(check_image_digest(&check) == 0);
	(void)judge_answer(&check, &probe, 503, "", judge_body("", 0, 1));
	assert_true(check_image_digest(&check) == 0);
	begin_fetch(&probe);
	head(200, "image/png");
	body(picture_png, sizeof(picture_png), 9);
	(void)finish(TRANSPORT_DONE, PHASE_DONE);
	digest = check_image_digest(&check);
	assert_true(digest != 0);
	begin_fetch(&probe);
	head(200, "image/png");
	body(picture_png, sizeof(picture_png), 40);
	(void)finish(TRANSPORT_DONE, PHASE_DONE);
	assert_true(check_image_digest(&check) == digest);
	probe = judge_probe(PROBE_HTTP);
	(void)judge_answer(&check, &probe, 200, "", judge_body("x", 1, 1));
	assert_true(check_image_digest(&check) == 0);
}

#define USED(in, out, thought)                                                         \
	",\"usageMetadata\":{\"promptTokenCount\":" #in                                \
	",\"candidatesTokenCount\":" #out ",\"thoughtsTokenCount\":" #thought "}}"
#define GEMINI(used) "{\"candidates\":[{\"finishReason\":\"STOP\"}]" used

static const struct {
	enum probe_kind kind;
	unsigned http;
	const char *body;
	uint32_t price_in;
	uint32_t price_out;
	uint32_t configured;
	uint32_t cost;
	bool reported;
} costs[] = {
    {PROBE_OPENROUTER_CHAT, 200, "{\"usage\":{\"cost\":0.0387243}}", 1, 1, 7, 38725,
	true},
    {PROBE_OPENROUTER_CHAT, 200, "{\"usage\":{\"cost\":3.9e-05}}", 0, 0, 7, 39, true},
    {PROBE_OPENROUTER_CHAT, 200, "{\"usage\":{\"cost\":0}}", 0, 0, 7, 0, true},
    {PROBE_OPENROUTER_CHAT, 200, "{\"usage\":{\"cost\":1000000}}", 0, 0, 7, UINT32_MAX,
	true},
    {PROBE_OPENROUTER_CHAT, 200, "{\"usage\":{\"cost\":-1}}", 0, 0, 7, 7, false},
    {PROBE_OPENROUTER_CHAT, 200, "{\"usage\":{\"cost\":null}}", 0, 0, 7, 7, false},
    {PROBE_OPENROUTER_CHAT, 200,
	"{\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":1300}}", 2000000,
	120000000, 7, 156020, false},
    {PROBE_OPENROUTER_IMAGE, 200, "{\"usage\":{\"cost\":0.04}}", 0, 0, 0, 40000, true},
    {PROBE_GEMINI_IMAGE, 200, GEMINI(USED(33, 1780, 529)), 2000000, 120000000, 7,
	277146, false},
    {PROBE_GEMINI_IMAGE, 200, GEMINI(USED(1, 0, 0)), 1, 0, 7, 1, false},
    {PROBE_GEMINI_IMAGE, 200, GEMINI(USED(33, 1780, 529)), 0, 0, 7, 7, false},
    {PROBE_GEMINI_IMAGE, 200, GEMINI(USED(99999999999, 99999999999, 99999999999)),
	UINT32_MAX, UINT32_MAX, 7, UINT32_MAX, false},
    {PROBE_GEMINI_STREAM, 200,
	EVENT(GEMINI(USED(5, 1, 0))) EVENT(GEMINI(USED(5, 1000, 10))), 1000000, 1000000,
	7, 1015, false},
    {PROBE_VERTEX_IMAGEN, 200, "{\"predictions\":[]}", 5, 5, 7, 7, false},
    {PROBE_OPENAI_IMAGE, 200,
	"{\"usage\":{\"input_tokens\":50,\"output_tokens\":50,\"total_tokens\":"
	"100}}",
	5000000, 40000000, 7, 2250, false},
    {PROBE_OPENAI_IMAGE, 200, "{}", 5, 40, 7, 7, false},
    {PROBE_OPENAI_IMAGE, 400, "{}", 5, 40, 7, 0, false},
    {PROBE_GEMINI_IMAGE, 429, "{}", 5, 40, 7, 0, false},
    {PROBE_GEMINI_IMAGE, 503, "", 5, 40, 7, 0, false},
    {PROBE_GEMINI_TOKENS, 200, "{\"totalTokens\":5}", 5, 40, 7, 0, false},
    {PROBE_GEMINI_MODEL, 200, "{\"name\":\"m\"}", 5, 40, 7, 0, false},
    {PROBE_OPENROUTER_KEY, 200, "{\"data\":{}}", 5, 40, 7, 0, false},
    {PROBE_HTTP, 200, "", 5, 40, 7, 0, false},
    {PROBE_GCLOUD_STATUS, 200, "[]", 5, 40, 7, 0, false},
};

/* Reported, reckoned, configured, nothing. */
static void
test_cost(void **state)
{

	(void)state;
	for (size_t i = 0; i < sizeof(costs) / sizeof(costs[0]); i++) {
		struct plan_probe probe = judge_probe(costs[i].kind);
		probe.price_in_microusd = costs[i].price_in;
		probe.price_out_microusd = costs[i].price_out;
		probe.cost_microusd = costs[i].configured;
		struct result result = judge_answer(&check, &probe, costs[i].http, "",
		    judge_body(costs[i].body, strlen(costs[i].body), 6));
		bool reported = (result.flags & FLAG_COST_REPORTED) != 0;
		if (result.cost_microusd != costs[i].cost ||
		    reported != costs[i].reported) {
			fail_msg(
			    "%s: %u %d", costs[i].body, result.cost_microusd, reported);
		}
	}
	/* Nothing came: nothing is known to be billed. */
	struct plan_probe probe = judge_probe(PROBE_GEMINI_IMAGE);
	probe.cost_microusd = 7;
	check_begin(&check, &probe, NULL);
	assert_int_equal(finish(TRANSPORT_TIMEOUT, PHASE_WAIT).cost_microusd, 0);
	check_begin(&check, &probe, NULL);
	head(200, "application/json");
	assert_int_equal(finish(TRANSPORT_PARTIAL, PHASE_BODY).cost_microusd, 7);
}

/* Getting an access token is before everything else, and so is the end of a run there. */
static void
test_token_phase(void **state)
{
	struct plan_probe probe = judge_probe(PROBE_VERTEX_IMAGE);

	(void)state;
	check_begin(&check, &probe, NULL);
	struct result result = finish(TRANSPORT_CONNECT, PHASE_TOKEN);
	assert_int_equal(result.outcome, OUTCOME_NET_CONNECT);
	assert_int_equal(result.phase, PHASE_TOKEN);
	check_begin(&check, &probe, NULL);
	result = finish(TRANSPORT_TIMEOUT, PHASE_TOKEN);
	assert_int_equal(result.outcome, OUTCOME_TIMEOUT);
	assert_int_equal(result.phase, PHASE_TOKEN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_links),
	    cmocka_unit_test(test_no_link),
	    cmocka_unit_test(test_fetch),
	    cmocka_unit_test(test_fetch_ends),
	    cmocka_unit_test(test_fetch_again),
	    cmocka_unit_test(test_digest),
	    cmocka_unit_test(test_cost),
	    cmocka_unit_test(test_token_phase),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
