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
	    cmocka_unit_test(test_get),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
