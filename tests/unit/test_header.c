/* test_header - what is read from an answer's head, and HTTP's three kinds of date */
#include "agent/core/header.h"
#include "agent/core/httpdate.h"
#include "tests/support/test.h"

/* 1994-11-06T08:49:37Z, the date of RFC 9110's examples. */
static const struct wall sunday = {INT64_C(784111777) * CLOCK_NS_PER_S};

static struct header
read_lines(const char *const *lines)
{
	struct header header;

	header_init(&header);
	for (; *lines != NULL; lines++) {
		(void)header_line(&header, *lines, strlen(*lines));
	}
	return header;
}

static void
test_status(void **state)
{
	static const struct {
		const char *line;
		uint16_t status;
	} row[] = {
	    {"HTTP/1.1 200 OK\r\n", 200},
	    {"HTTP/2 503\r\n", 503},
	    {"HTTP/1.0  404  Not Found", 404},
	    {"HTTP/1.1 2000 OK", 0},
	    {"HTTP/1.1 20", 0},
	    {"HTTP/1.1 2x0 OK", 0},
	    {"HTTP/1.1", 0},
	    {"http/1.1 200 OK", 0},
	    {"X: HTTP/1.1 200 OK", 0},
	    {"", 0},
	    {"\r\n", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct header header;
		header_init(&header);
		assert_int_equal(header_line(&header, row[i].line, strlen(row[i].line)),
		    row[i].status != 0);
		assert_int_equal(header.status, row[i].status);
	}
}

static void
test_fields(void **state)
{
	static const char *const lines[] = {"HTTP/1.1 100 Continue\r\n",
	    "Retry-After: 9\r\n", "\r\n", "HTTP/1.1 429 Too Many\r\n",
	    "CONTENT-TYPE:Text/HTML; charset=x\r\n",
	    "server-timing: gfet4t7; dur=29182, cdn;dur=1.5;desc=\"x\"\r\n",
	    "openai-processing-ms: 15\r\n", "cf-ray: 88-FRA\r\n",
	    "x-request-id: req_1\r\n", "ETag: W/\"ab c\"\r\n",
	    "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "no colon here\r\n",
	    ": no name\r\n", "\r\n", NULL};
	static const char *const bad[] = {"HTTP/1.1 200 OK\r\n", "ETag: \"a\x01\"\r\n",
	    "Last-Modified: \xc3\xa9\r\n", "server-timing: dur=x, dur=\r\n",
	    "x-envoy-upstream-service-time: 99999999999999999999\r\n", NULL};
	struct header header = read_lines(lines);

	(void)state;
	assert_int_equal(header.status, 429);
	assert_string_equal(header.retry_after, "");
	assert_string_equal(header.content_type, "text/html");
	assert_true(header_is_html(&header));
	assert_int_equal(header.server_us, 29182000);
	assert_string_equal(header.request_id, "req_1");
	assert_string_equal(header.etag, "W/\"ab c\"");
	assert_string_equal(header.last_modified, "Sun, 06 Nov 1994 08:49:37 GMT");
	header = read_lines(bad);
	assert_string_equal(header.etag, "");
	assert_string_equal(header.last_modified, "");
	assert_int_equal(header.server_us, UINT32_MAX);
	assert_false(header_is_html(&header));
}

static void
test_retry_after(void **state)
{
	static const struct {
		const char *value;
		uint32_t ms;
	} row[] = {
	    {"0", 0},
	    {"1", 1000},
	    {"120", 120000},
	    {"1.5", 1500},
	    {"86399", 86399000},
	    {"86401", 86400000},
	    {"99999999999999999999999", 86400000},
	    {"-1", 0},
	    {"soon", 0},
	    {"12 s", 0},
	    {"", 0},
	    {"Sun, 06 Nov 1994 08:50:37 GMT", 60000},
	    {"Sun, 06 Nov 1994 08:48:37 GMT", 0},
	    {"Mon, 06 Nov 2034 08:48:37 GMT", 86400000},
	    {"Sunday, 06-Nov-94 08:49:38 GMT", 1000},
	    {"Sun Nov  6 08:49:38 1994", 1000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct header header;
		header_init(&header);
		(void)snprintf(
		    header.retry_after, sizeof(header.retry_after), "%s", row[i].value);
		if (header_retry_after_ms(&header, sunday) != row[i].ms) {
			fail_msg("%s: %u", row[i].value,
			    header_retry_after_ms(&header, sunday));
		}
	}
}

static void
test_dates(void **state)
{
	static const char *const good[] = {"Sun, 06 Nov 1994 08:49:37 GMT",
	    "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"};
	static const char *const bad[] = {"", "Sun", "Sun, 06 Nov 1994 08:49:37",
	    "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 6 Nov 1994 08:49:37 GMT",
	    "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 32 Nov 1994 08:49:37 GMT",
	    "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT ",
	    "Sun, 06 Nov 1x94 08:49:37 GMT", "Sun Nov 06 08.49.37 1994",
	    "1994-11-06T08:49:37Z", ", 06 Nov 1994 08:49:37 GMT"};
	struct wall at = {7};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(httpdate_read(good[i], &at));
		assert_true(at.ns == sunday.ns);
	}
	assert_true(httpdate_read("Sunday, 06-Nov-33 08:49:37 GMT", &at));
	assert_true(at.ns > sunday.ns);
	at.ns = 7;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (httpdate_read(bad[i], &at)) {
			fail_msg("%s is taken", bad[i]);
		}
		assert_true(at.ns == 7);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_status),
	    cmocka_unit_test(test_fields),
	    cmocka_unit_test(test_retry_after),
	    cmocka_unit_test(test_dates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
