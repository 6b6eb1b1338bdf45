/* syntax: names, addresses, references. */
#include "tests/support/test.h"

#include "common/core/syntax.h"

static void
test_names(void **state)
{
	static const char longest[] =
	    "a123456789b123456789c123456789d123456789e123456789f123456789g12";
	static const char *const good[] = {"a", "0", "eu-west.1_b", longest};
	static const char *const bad[] = {"", ".", "..", "-a", "_a", "A", "a b", "a/b",
	    "\xc3\xa4", "a\n",
	    "a123456789b123456789c123456789d123456789e123456789f123456789g123"};

	(void)state;
	assert_int_equal(strlen(longest), 63);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(syntax_is_name(good[i]));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(syntax_is_name(bad[i]));
	}
}

static void
test_models(void **state)
{
	(void)state;
	assert_true(syntax_is_model("gemini-3-pro-image-preview"));
	assert_true(syntax_is_model("google/gemini-2.5-flash-image:free"));
	assert_false(syntax_is_model(""));
	assert_false(syntax_is_model("/x"));
	assert_false(syntax_is_model("x/"));
	assert_false(syntax_is_model("a/../b"));
	assert_false(syntax_is_model("a?b"));
	assert_false(syntax_is_model("a b"));
	assert_false(syntax_is_model("a\r\nX-Header: b"));
}

static const struct {
	const char *text;
	const char *host; /* NULL: no URL */
	uint16_t port;
	const char *rest;
	bool loopback;
} urls[] = {
    {"http://localhost", "localhost", 0, "", true},
    {"http://localhost.example.net", "localhost.example.net", 0, "", false},
    {"http://127.0.0.1:8080/a?b#c", "127.0.0.1", 8080, "/a?b#c", true},
    {"http://127.9.8.7", "127.9.8.7", 0, "", true},
    {"http://127.0.0.1.example.net", "127.0.0.1.example.net", 0, "", false},
    {"http://127.1", "127.1", 0, "", false},
    {"http://127.0.0.0.1", "127.0.0.0.1", 0, "", false},
    {"http://[::1]:1", "::1", 1, "", true},
    {"http://[::1]", "::1", 0, "", true},
    {"http://[2001:db8::1]/x", "2001:db8::1", 0, "/x", false},
    {"tls+tcp://h:65535", "h", 65535, "", false},
    {"https://h?q", "h", 0, "?q", false},
    {"https://user@h/", NULL, 0, "", false},
    {"https://user:pw@h/", NULL, 0, "", false},
    {"https://h:0", NULL, 0, "", false},
    {"https://h:65536", NULL, 0, "", false},
    {"https://h:", NULL, 0, "", false},
    {"https://h:1x", NULL, 0, "", false},
    {"https://h:000001", NULL, 0, "", false},
    {"https://[::1", NULL, 0, "", false},
    {"https://[]", NULL, 0, "", false},
    {"https://[::1]x", NULL, 0, "", false},
    {"https://[h]", NULL, 0, "", false},
    {"https:///x", NULL, 0, "", false},
    {"https://", NULL, 0, "", false},
    {"https:/h", NULL, 0, "", false},
    {"://h", NULL, 0, "", false},
    {"HTTPS://h", NULL, 0, "", false},
    {"https://h/a b", NULL, 0, "", false},
    {"https://h/\n", NULL, 0, "", false},
    {"https://h\x7f", NULL, 0, "", false},
    {"https://h/\xc3\xa4", NULL, 0, "", false},
    {"h", NULL, 0, "", false},
    {"", NULL, 0, "", false},
};

static void
test_urls(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		struct syntax_url url;
		bool is_url = syntax_url_split(urls[i].text, &url);

		if (is_url != (urls[i].host != NULL)) {
			fail_msg(
			    "'%s' is %s", urls[i].text, is_url ? "taken" : "refused");
		}
		if (urls[i].host == NULL) {
			continue;
		}
		assert_int_equal(url.host_len, strlen(urls[i].host));
		assert_memory_equal(url.host, urls[i].host, url.host_len);
		assert_int_equal(url.port, urls[i].port);
		assert_string_equal(url.rest, urls[i].rest);
		if (syntax_url_is_loopback(&url) != urls[i].loopback) {
			fail_msg("'%s': loopback?", urls[i].text);
		}
	}
}

static void
test_hosts(void **state)
{
	(void)state;
	assert_true(syntax_is_host_port("generativelanguage.googleapis.com"));
	assert_true(syntax_is_host_port("127.0.0.1:8443"));
	assert_true(syntax_is_host_port("[::1]:8443"));
	assert_false(syntax_is_host_port(""));
	assert_false(syntax_is_host_port("Example.net"));
	assert_false(syntax_is_host_port("https://example.net"));
	assert_false(syntax_is_host_port("example.net/"));
	assert_false(syntax_is_host_port("*.example.net"));
	assert_false(syntax_is_host_port("example.net:"));
	assert_false(syntax_is_host_port("example.net:99999"));
}

static void
test_references(void **state)
{
	(void)state;
	assert_true(syntax_is_reference("env:A"));
	assert_true(syntax_is_reference("file:/a"));
	assert_true(syntax_is_reference("credential:a"));
	assert_false(syntax_is_reference("env:"));
	assert_false(syntax_is_reference("ENV:A"));
	assert_false(syntax_is_reference("plain"));
	assert_false(syntax_is_reference(""));
	assert_false(syntax_is_reference("https://env:x"));
}

static void
test_distance(void **state)
{
	(void)state;
	assert_int_equal(syntax_distance("", ""), 0);
	assert_int_equal(syntax_distance("", "abc"), 3);
	assert_int_equal(syntax_distance("timeout", "timeout"), 0);
	assert_int_equal(syntax_distance("timout", "timeout"), 1);
	assert_int_equal(syntax_distance("tiemout", "timeout"), 1);
	assert_int_equal(syntax_distance("intervall", "interval"), 1);
	assert_int_equal(syntax_distance("kitten", "sitting"), 3);
	assert_true(
	    syntax_distance("a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa") == SIZE_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_models),
	    cmocka_unit_test(test_urls),
	    cmocka_unit_test(test_hosts),
	    cmocka_unit_test(test_references),
	    cmocka_unit_test(test_distance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
