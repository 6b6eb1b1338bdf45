/* test_request - what is sent, and what a hostile plan cannot make us send */
#include "agent/core/request.h"
#include "tests/support/test.h"

static const struct plan_probe base = {
    .series = "t/p",
    .kind = PROBE_HTTP,
    .url = "https://api.example",
    .model = "",
    .key = "",
    .prompt = "",
    .size = "",
    .products = "",
};

static void
expect_headers(const struct request *request, const char *const *want)
{
	size_t i = 0;

	for (; want[i] != NULL; i++) {
		assert_non_null(request_header(request, i));
		assert_string_equal(request_header(request, i), want[i]);
	}
	assert_null(request_header(request, i));
	assert_null(request_header(request, i + 5));
}

static void
test_gemini(void **state)
{
	static const char *const headers[] = {"x-goog-api-key: k3y",
	    "Accept: application/json", "Content-Type: application/json", NULL};
	struct plan_probe probe = base;
	struct request request;

	(void)state;
	probe.kind = PROBE_GEMINI_IMAGE;
	probe.url = "https://generativelanguage.googleapis.com/";
	probe.model = "gemini-3-pro/image preview?";
	assert_int_equal(request_build(&probe, "k3y", &request), ERR_INVALID);
	probe.model = "gemini-3-pro/image?";
	probe.key = "main";
	probe.prompt = "a \"banana\"\\\n\t\xe9\xa6\x99\xe8\x95\x89";
	assert_int_equal(request_build(&probe, "k3y", &request), ERR_OK);
	assert_string_equal(request.method, "POST");
	assert_string_equal(request.url,
	    "https://generativelanguage.googleapis.com/v1beta/models/"
	    "gemini-3-pro%2Fimage%3F:generateContent");
	assert_string_equal(request.body,
	    "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":"
	    "\"a \\\"banana\\\"\\\\\\n\\t\xe9\xa6\x99\xe8\x95\x89\"}]}],"
	    "\"generationConfig\":{\"responseModalities\":[\"IMAGE\",\"TEXT\"]}}");
	assert_int_equal(request.body_bytes, strlen(request.body));
	expect_headers(&request, headers);
	probe.size = "2K";
	assert_int_equal(request_build(&probe, "k3y", &request), ERR_OK);
	assert_non_null(strstr(request.body,
	    "[\"IMAGE\",\"TEXT\"],\"imageConfig\":{\"imageSize\":\"2K\"}}}"));
	request_wipe(&request);
	assert_string_equal(request.header, "");

	probe.kind = PROBE_GEMINI_MODEL;
	assert_int_equal(request_build(&probe, "k3y", &request), ERR_OK);
	assert_string_equal(request.method, "GET");
	assert_string_equal(request.body, "");
	assert_string_equal(request.url,
	    "https://generativelanguage.googleapis.com/v1beta/models/"
	    "gemini-3-pro%2Fimage%3F");
}

/* The call of the page: to the page's own back end, or to the page's stand-in. */
static void
test_studio(void **state)
{
	static const char call[] = "/$rpc/google.internal.alkali.applications."
				   "makersuite.v1.MakerSuiteService/"
				   "ListIncidentsHistory";
	static const struct {
		const char *page;
		const char *host;
		const char *referer;
	} row[] = {
	    {"https://aistudio.google.com/status",
		"https://alkalimakersuite-pa.clients6.google.com",
		"Referer: https://aistudio.google.com/"},
	    {"https://aistudio.google.com?x",
		"https://alkalimakersuite-pa.clients6.google.com",
		"Referer: https://aistudio.google.com/"},
	    {"https://aistudio.google.com.evil.example/status",
		"https://aistudio.google.com.evil.example",
		"Referer: https://aistudio.google.com.evil.example/"},
	    {"http://127.0.0.1:8080/status", "http://127.0.0.1:8080",
		"Referer: http://127.0.0.1:8080/"},
	};
	struct plan_probe probe = base;
	struct request request;
	char url[256];

	(void)state;
	probe.kind = PROBE_AISTUDIO_STATUS;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const char *const headers[] = {"x-goog-api-key: k3y",
		    "Accept: application/json",
		    "Content-Type: application/json+protobuf", row[i].referer, NULL};

		probe.url = row[i].page;
		assert_int_equal(request_build(&probe, "k3y", &request), ERR_OK);
		(void)snprintf(url, sizeof(url), "%s%s", row[i].host, call);
		assert_string_equal(request.url, url);
		assert_string_equal(request.method, "POST");
		assert_string_equal(request.body, "[]");
		expect_headers(&request, headers);
		assert_int_equal(request_build(&probe, "", &request), ERR_OK);
		expect_headers(&request, headers + 1);
	}
	probe.url = "http://studio.example/status";
	assert_int_equal(request_build(&probe, "k3y", &request), ERR_REFUSED);
}

static void
test_openai(void **state)
{
	static const char *const headers[] = {"Authorization: Bearer sk-1",
	    "Accept: application/json", "Content-Type: application/json", NULL};
	struct plan_probe probe = base;
	struct request request;

	(void)state;
	probe.kind = PROBE_OPENAI_IMAGE;
	probe.model = "gpt-image-1";
	probe.prompt = "x";
	probe.size = "1024x1024";
	assert_int_equal(request_build(&probe, "sk-1", &request), ERR_OK);
	assert_string_equal(request.url, "https://api.example/v1/images/generations");
	assert_string_equal(request.body, "{\"model\":\"gpt-image-1\",\"prompt\":\"x\","
					  "\"n\":1,\"size\":\"1024x1024\"}");
	expect_headers(&request, headers);
}

static struct plan_probe
of_kind(enum probe_kind kind)
{
	struct plan_probe probe = base;

	probe.kind = kind;
	probe.model = "m1";
	probe.prompt = "x";
	probe.project = "our-project";
	probe.location = "global";
	return probe;
}

#define CONTENTS "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"x\"}]}]"
#define VERTEX   "/v1/projects/our-project/locations/global/publishers/google/models/m1"

/* Where every kind goes and what it says there; NULL = it is a GET. */
static void
test_kinds(void **state)
{
	static const struct {
		enum probe_kind kind;
		const char *path;
		const char *body;
	} row[] = {
	    {PROBE_GEMINI_STREAM, "/v1beta/models/m1:streamGenerateContent?alt=sse",
		CONTENTS ",\"generationConfig\":"
			 "{\"responseModalities\":[\"IMAGE\",\"TEXT\"],"
			 "\"imageConfig\":{\"imageSize\":\"1K\"}}}"},
	    {PROBE_GEMINI_MODELS, "/v1beta/models?pageSize=1000", NULL},
	    {PROBE_GEMINI_TOKENS, "/v1beta/models/m1:countTokens", CONTENTS "}"},
	    {PROBE_VERTEX_IMAGE, VERTEX ":generateContent",
		CONTENTS ",\"generationConfig\":"
			 "{\"responseModalities\":[\"IMAGE\",\"TEXT\"],"
			 "\"imageConfig\":{\"imageSize\":\"1K\"}}}"},
	    {PROBE_VERTEX_IMAGEN, VERTEX ":predict",
		"{\"instances\":[{\"prompt\":\"x\"}],\"parameters\":{"
		"\"sampleCount\":1,\"includeRaiReason\":true,"
		"\"sampleImageSize\":\"1K\"}}"},
	    {PROBE_VERTEX_TOKENS, VERTEX ":countTokens", CONTENTS "}"},
	    {PROBE_OPENAI_MODELS, "/v1/models", NULL},
	    {PROBE_OPENROUTER_CHAT, "/chat/completions",
		"{\"model\":\"m1\",\"messages\":[{\"role\":\"user\",\"content\":"
		"\"x\"}],\"modalities\":[\"image\",\"text\"],\"image_config\":"
		"{\"image_size\":\"1K\"},\"usage\":{\"include\":true}}"},
	    {PROBE_OPENROUTER_IMAGE, "/images",
		"{\"model\":\"m1\",\"prompt\":\"x\",\"n\":1,"
		"\"resolution\":\"1K\"}"},
	    {PROBE_OPENROUTER_KEY, "/key", NULL},
	    {PROBE_OPENROUTER_MODELS, "", NULL},
	    {PROBE_OPENROUTER_ENDPOINTS, "", NULL},
	    {PROBE_GCLOUD_FEED, "", NULL},
	    {PROBE_FEED, "", NULL},
	    {PROBE_DATADOG_STATUS, "", NULL},
	};
	static struct request request;
	char url[512];

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct plan_probe probe = of_kind(row[i].kind);
		probe.size = "1K";
		assert_int_equal(request_build(&probe, "k", &request), ERR_OK);
		(void)snprintf(url, sizeof(url), "https://api.example%s", row[i].path);
		assert_string_equal(request.url, url);
		assert_string_equal(
		    request.body, row[i].body == NULL ? "" : row[i].body);
		assert_string_equal(
		    request.method, row[i].body == NULL ? "GET" : "POST");
	}
}

/* Whose word for a key is which, and what they are asked to answer in. */
static void
test_kind_headers(void **state)
{
	static const struct {
		enum probe_kind kind;
		const char *key;
		const char *accept;
	} row[] = {
	    {PROBE_GEMINI_STREAM, "x-goog-api-key: k", "Accept: text/event-stream"},
	    {PROBE_GEMINI_MODELS, "x-goog-api-key: k", "Accept: application/json"},
	    {PROBE_GEMINI_TOKENS, "x-goog-api-key: k", "Accept: application/json"},
	    {PROBE_VERTEX_IMAGE, "Authorization: Bearer k", "Accept: application/json"},
	    {PROBE_VERTEX_IMAGEN, "Authorization: Bearer k",
		"Accept: application/json"},
	    {PROBE_VERTEX_TOKENS, "Authorization: Bearer k",
		"Accept: application/json"},
	    {PROBE_OPENAI_MODELS, "Authorization: Bearer k",
		"Accept: application/json"},
	    {PROBE_OPENROUTER_CHAT, "Authorization: Bearer k",
		"Accept: application/json"},
	    {PROBE_OPENROUTER_KEY, "Authorization: Bearer k",
		"Accept: application/json"},
	    {PROBE_OPENROUTER_MODELS, "Authorization: Bearer k",
		"Accept: application/json"},
	    {PROBE_OPENROUTER_ENDPOINTS, "Authorization: Bearer k",
		"Accept: application/json"},
	    {PROBE_FEED, "Authorization: Bearer k",
		"Accept: application/atom+xml, application/rss+xml, "
		"application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"},
	};
	static struct request request;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct plan_probe probe = of_kind(row[i].kind);
		assert_int_equal(request_build(&probe, "k", &request), ERR_OK);
		assert_string_equal(request_header(&request, 0), row[i].key);
		assert_string_equal(request_header(&request, 1), row[i].accept);
	}
	/* Below HTTP there is no request. */
	for (int kind = PROBE_TCP; kind <= PROBE_ICMP; kind++) {
		struct plan_probe probe = of_kind((enum probe_kind)kind);
		assert_int_equal(request_build(&probe, "", &request), ERR_INVALID);
	}
}

static void
test_vertex_places(void **state)
{
	static const struct {
		const char *project;
		const char *location;
		enum err err;
	} row[] = {
	    {"p", "us-central1", ERR_OK},
	    {"example.com:p", "global", ERR_OK},
	    {"a/b", "global", ERR_OK}, /* escaped, so it stays one segment */
	    {NULL, "global", ERR_INVALID},
	    {"", "global", ERR_INVALID},
	    {"..", "global", ERR_INVALID},
	    {"p", NULL, ERR_INVALID},
	    {"p", "", ERR_INVALID},
	    {"p", ".", ERR_INVALID},
	    {"p q", "global", ERR_INVALID},
	    {"p", "glo\nbal", ERR_INVALID},
	    {"p\x7f", "global", ERR_INVALID},
	};
	static struct request request;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct plan_probe probe = of_kind(PROBE_VERTEX_IMAGE);
		probe.project = row[i].project;
		probe.location = row[i].location;
		assert_int_equal(request_build(&probe, "k", &request), row[i].err);
	}
	struct plan_probe probe = of_kind(PROBE_VERTEX_TOKENS);
	probe.project = "a/../b?x#y";
	assert_int_equal(request_build(&probe, "k", &request), ERR_OK);
	assert_string_equal(request.url,
	    "https://api.example/v1/projects/a%2F..%2Fb%3Fx%23y/locations/global/"
	    "publishers/google/models/m1:countTokens");
}

static void
test_providers(void **state)
{
	static const struct {
		const char *providers;
		const char *want; /* NULL = refused */
	} row[] = {
	    {NULL, "\"modalities\":[\"image\",\"text\"],\"usage\""},
	    {"", "\"modalities\":[\"image\",\"text\"],\"usage\""},
	    {"google-vertex", "\"provider\":{\"only\":[\"google-vertex\"],"
			      "\"allow_fallbacks\":false},\"usage\""},
	    {" a , b,,c ,", "{\"only\":[\"a\",\"b\",\"c\"],"},
	    {"a\"],\"x\":[\"", "{\"only\":[\"a\\\"]\",\"\\\"x\\\":[\\\"\"],"},
	    {" , ", NULL},
	    {"a\x01", NULL},
	    {"a\xff", NULL},
	};
	static struct request request;
	static char many[REQUEST_PROVIDERS_BYTES + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct plan_probe probe = of_kind(PROBE_OPENROUTER_CHAT);
		probe.providers = row[i].providers;
		assert_int_equal(request_build(&probe, "k", &request),
		    row[i].want == NULL ? ERR_INVALID : ERR_OK);
		if (row[i].want != NULL && strstr(request.body, row[i].want) == NULL) {
			fail_msg("%s: %s", row[i].providers, request.body);
		}
	}
	struct plan_probe probe = of_kind(PROBE_OPENROUTER_IMAGE);
	probe.providers = many;
	for (size_t i = 0; i + 1 < sizeof(many); i++) {
		many[i] = i % 2 == 0 ? 'a' : ',';
	}
	assert_int_equal(request_build(&probe, "k", &request), ERR_LIMIT);
	many[REQUEST_PROVIDERS_BYTES - 1] = '\0';
	assert_int_equal(request_build(&probe, "k", &request), ERR_OK);
}

static const struct {
	enum probe_kind kind;
	const char *size;
	const char *parameters;
	const char *want; /* end of the body; NULL = refused */
} joins[] = {
    {PROBE_GEMINI_IMAGE, "", "{\"seed\":1}", "\"TEXT\"],\"seed\":1}}"},
    {PROBE_GEMINI_IMAGE, "", " { } ", "\"TEXT\"]}}"},
    {PROBE_GEMINI_IMAGE, "", "{}", "\"TEXT\"]}}"},
    {PROBE_GEMINI_IMAGE, "", "{\"imageConfig\":{\"aspectRatio\":\"1:1\"}}",
	",\"imageConfig\":{\"aspectRatio\":\"1:1\"}}}"},
    {PROBE_VERTEX_IMAGE, "", "{\"a\":{\"b\":{\"c\":{}}}}",
	",\"a\":{\"b\":{\"c\":{}}}}}"},
    {PROBE_VERTEX_IMAGEN, "", "{\"aspectRatio\":\"}{\"}",
	"\"includeRaiReason\":true,\"aspectRatio\":\"}{\"}}"},
    {PROBE_OPENAI_IMAGE, "", "{\"quality\":\"low\"}", "\"n\":1,\"quality\":\"low\"}"},
    {PROBE_OPENROUTER_CHAT, "", "{\"seed\":7,\"a\":[1,[2]]}",
	"{\"include\":true},\"seed\":7,\"a\":[1,[2]]}"},
    {PROBE_OPENROUTER_IMAGE, "", "{\"aspect_ratio\":\"1:1\"}",
	",\"aspect_ratio\":\"1:1\"}"},
    {PROBE_GEMINI_TOKENS, "", "{\"a\":1}", "}]}],\"a\":1}"},
    {PROBE_GEMINI_MODEL, "", "not JSON", ""}, /* nothing to join */
    /* Not an object, or not only one. */
    {PROBE_GEMINI_IMAGE, "", "1", NULL},
    {PROBE_GEMINI_IMAGE, "", "[]", NULL},
    {PROBE_GEMINI_IMAGE, "", "[{}]", NULL},
    {PROBE_GEMINI_IMAGE, "", "\"{}\"", NULL},
    {PROBE_GEMINI_IMAGE, "", "{", NULL},
    {PROBE_GEMINI_IMAGE, "", "{}{}", NULL},
    {PROBE_GEMINI_IMAGE, "", "{}}, {", NULL},
    {PROBE_GEMINI_IMAGE, "", "{\"a\":1,}", NULL},
    {PROBE_GEMINI_IMAGE, "", "{\"a\":\"\xff\"}", NULL},
    {PROBE_GEMINI_IMAGE, "", "{\"a\":\"\n\"}", NULL},
    {PROBE_GEMINI_IMAGE, "", "{\"a\":{\"b\":{\"c\":{\"d\":{}}}}}", NULL},
    {PROBE_GEMINI_IMAGE, "", "{\"a\":[[[[]]]]}", NULL},
    /* Ours. */
    {PROBE_GEMINI_IMAGE, "", "{\"responseModalities\":[]}", NULL},
    {PROBE_GEMINI_IMAGE, "", "{\"response_modalities\":[]}", NULL},
    {PROBE_GEMINI_IMAGE, "", "{\"responseModalitie\\u0073\":[]}", NULL},
    {PROBE_GEMINI_STREAM, "1K", "{\"imageConfig\":{}}", NULL},
    {PROBE_VERTEX_IMAGE, "1K", "{\"image_config\":{}}", NULL},
    {PROBE_VERTEX_IMAGEN, "", "{\"sampleCount\":4}", NULL},
    {PROBE_VERTEX_IMAGEN, "2K", "{\"sampleImageSize\":\"1K\"}", NULL},
    {PROBE_OPENAI_IMAGE, "", "{\"model\":\"x\"}", NULL},
    {PROBE_OPENAI_IMAGE, "", "{\"n\":9}", NULL},
    {PROBE_OPENAI_IMAGE, "", "{\"stream\":true}", NULL},
    {PROBE_OPENAI_IMAGE, "1x1", "{\"size\":\"x\"}", NULL},
    {PROBE_OPENROUTER_CHAT, "", "{\"provider\":{}}", NULL},
    {PROBE_OPENROUTER_CHAT, "", "{\"stream\":true}", NULL},
    {PROBE_OPENROUTER_CHAT, "", "{\"messages\":[]}", NULL},
    {PROBE_OPENROUTER_CHAT, "1K", "{\"image_config\":{}}", NULL},
    {PROBE_OPENROUTER_IMAGE, "", "{\"prompt\":\"x\"}", NULL},
    {PROBE_OPENROUTER_IMAGE, "1K", "{\"resolution\":\"4K\"}", NULL},
    {PROBE_GEMINI_TOKENS, "", "{\"contents\":[]}", NULL},
};

/* What joins the request, where, and what does not. */
static void
test_parameters(void **state)
{
	static struct request request;
	static char large[REQUEST_PARAMETERS_BYTES + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(joins) / sizeof(joins[0]); i++) {
		struct plan_probe probe = of_kind(joins[i].kind);
		probe.size = joins[i].size;
		probe.parameters = joins[i].parameters;
		enum err err = request_build(&probe, "k", &request);
		const char *want = joins[i].want == NULL ? "" : joins[i].want;
		size_t len = strlen(want);
		if (err != (joins[i].want == NULL ? ERR_INVALID : ERR_OK) ||
		    request.body_bytes < len ||
		    strcmp(request.body + request.body_bytes - len, want) != 0) {
			fail_msg("%s: %s", joins[i].parameters, request.body);
		}
	}
	struct plan_probe probe = of_kind(PROBE_GEMINI_IMAGE);
	probe.parameters = large;
	memset(large, ' ', sizeof(large) - 1);
	large[0] = '{';
	large[REQUEST_PARAMETERS_BYTES] = '}';
	assert_int_equal(request_build(&probe, "k", &request), ERR_LIMIT);
	large[REQUEST_PARAMETERS_BYTES - 1] = '}';
	large[REQUEST_PARAMETERS_BYTES] = '\0';
	assert_int_equal(request_build(&probe, "k", &request), ERR_OK);
}

static void
test_get(void **state)
{
	static const char *const plain[] = {"Accept: */*", NULL};
	static const char *const conditional[] = {"Accept: application/json",
	    "If-None-Match: \"a-1\"",
	    "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT", NULL};
	struct plan_probe probe = base;
	struct request request;

	(void)state;
	probe.url = "http://connectivity.example/generate_204?x=1";
	assert_int_equal(request_build(&probe, NULL, &request), ERR_OK);
	assert_string_equal(request.method, "GET");
	assert_string_equal(request.url, probe.url);
	expect_headers(&request, plain);

	probe.kind = PROBE_GCLOUD_STATUS;
	probe.url = "https://status.cloud.google.com/incidents.json";
	assert_int_equal(request_build(&probe, "", &request), ERR_OK);
	assert_int_equal(
	    request_conditional(&request, "\"a-1\"", "Sun, 06 Nov 1994 08:49:37 GMT"),
	    ERR_OK);
	expect_headers(&request, conditional);
	/* Nothing a source said can add a line. */
	assert_int_equal(request_build(&probe, "", &request), ERR_OK);
	assert_int_equal(
	    request_conditional(&request, "\"a\"\r\nX: y", "\x80"), ERR_OK);
	assert_null(request_header(&request, 1));
}

static void
test_refused(void **state)
{
	static char long_text[LIMIT_TEXT_BYTES + 2];
	static char long_url[LIMIT_URL_BYTES + 1];
	struct plan_probe probe = base;
	struct request request;

	(void)state;
	memset(long_text, 'a', sizeof(long_text) - 1);
	memset(long_url, 'a', sizeof(long_url) - 1);
	memcpy(long_url, "https://", 8);
	probe.key = "main";
	assert_int_equal(request_build(&probe, NULL, &request), ERR_NOTFOUND);
	assert_int_equal(request_build(&probe, "", &request), ERR_NOTFOUND);
	assert_int_equal(request_build(&probe, "a\r\nX: y", &request), ERR_INVALID);
	assert_int_equal(request_build(&probe, "a b", &request), ERR_INVALID);
	assert_int_equal(request_build(&probe, long_text, &request), ERR_LIMIT);
	probe.url = "http://api.example";
	assert_int_equal(request_build(&probe, "key", &request), ERR_REFUSED);
	probe.url = "http://127.0.0.1:8080";
	assert_int_equal(request_build(&probe, "key", &request), ERR_OK);
	probe.url = long_url;
	assert_int_equal(request_build(&probe, "key", &request), ERR_LIMIT);
	long_url[LIMIT_URL_BYTES - 1] = '\0';
	long_url[280] = '/';
	assert_int_equal(request_build(&probe, "key", &request), ERR_INVALID);
	long_url[80] = '/';
	assert_int_equal(request_build(&probe, "key", &request), ERR_OK);
	probe.kind = PROBE_GEMINI_MODEL;
	probe.model = "m";
	assert_int_equal(request_build(&probe, "key", &request), ERR_LIMIT);
	assert_string_equal(request.url, "");
	probe.url = "https://api.example?x=1";
	assert_int_equal(request_build(&probe, "key", &request), ERR_INVALID);
	probe.url = "https://api.example";
	probe.model = "..";
	assert_int_equal(request_build(&probe, "key", &request), ERR_INVALID);
	probe.model = "a\nb";
	assert_int_equal(request_build(&probe, "key", &request), ERR_INVALID);
	probe.model = "m";
	probe.kind = PROBE_OPENAI_IMAGE;
	assert_int_equal(request_build(&probe, "key", &request), ERR_INVALID);
	probe.prompt = "ring \x07";
	assert_int_equal(request_build(&probe, "key", &request), ERR_INVALID);
	probe.prompt = "not \xff UTF-8";
	assert_int_equal(request_build(&probe, "key", &request), ERR_INVALID);
	probe.prompt = long_text;
	assert_int_equal(request_build(&probe, "key", &request), ERR_LIMIT);
	memset(long_text, '"', sizeof(long_text) - 1);
	probe.prompt = long_text + 1;
	assert_int_equal(request_build(&probe, "key", &request), ERR_OK);
	probe.size = "1 K";
	assert_int_equal(request_build(&probe, "key", &request), ERR_INVALID);
	probe.kind = PROBE_KIND_COUNT;
	assert_int_equal(request_build(&probe, "key", &request), ERR_INVALID);
}

static void
test_host(void **state)
{
	static const struct {
		const char *url;
		const char *name;
		uint16_t port;
		bool https;
		bool loopback;
	} good[] = {
	    {"https://API.Example/v1", "api.example", 443, true, false},
	    {"http://h", "h", 80, false, false},
	    {"https://h:8443?x=1", "h", 8443, true, false},
	    {"http://localhost:1/", "localhost", 1, false, true},
	    {"http://LOCALHOST", "localhost", 80, false, true},
	    {"http://127.0.0.1:80", "127.0.0.1", 80, false, true},
	    {"http://127.evil.example", "127.evil.example", 80, false, false},
	    {"http://[::1]:8080/x", "::1", 8080, false, true},
	    {"https://[2001:db8::1]", "2001:db8::1", 443, true, false},
	};
	static const char *const bad[] = {"", "h", "//h", "ftp://h",
	    "file:///etc/passwd", "HTTPS://h", "https://", "https:///x", "https://u@h",
	    "https://u:p@h/", "https://h:0", "https://h:65536",
	    "https://h:", "https://h:8a", "https://h ", "https://h\n",
	    "https://h/\r\nX: y", "https://h/a\\b", "https://h\\@evil", "https://h#f",
	    "https://h/#@evil", "https://h./", "https://[::1", "https://[::1]x",
	    "https://h%2e/", "https://h/{a}", "https://caf\xc3\xa9/"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct request_host host;
		if (request_host(good[i].url, &host) != ERR_OK) {
			fail_msg("%s is refused", good[i].url);
		}
		assert_string_equal(host.name, good[i].name);
		assert_int_equal(host.port, good[i].port);
		assert_int_equal(host.https, good[i].https);
		assert_int_equal(host.loopback, good[i].loopback);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct request_host host = {.name = "untouched"};
		if (request_host(bad[i], &host) != ERR_INVALID) {
			fail_msg("%s is taken", bad[i]);
		}
		assert_string_equal(host.name, "untouched");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_gemini),
	    cmocka_unit_test(test_openai),
	    cmocka_unit_test(test_studio),
	    cmocka_unit_test(test_kinds),
	    cmocka_unit_test(test_kind_headers),
	    cmocka_unit_test(test_vertex_places),
	    cmocka_unit_test(test_providers),
	    cmocka_unit_test(test_parameters),
	    cmocka_unit_test(test_get),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
