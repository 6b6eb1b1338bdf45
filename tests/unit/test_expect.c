/* expect: what is found of a text, and at a pointer, in any pieces. */
#include "tests/support/judge.h"
#include "tests/support/test.h"

#include "agent/core/expect.h"

/* RFC 6901, 5, and what else there is. */
#define DOCUMENT                                                                       \
	"{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,"   \
	"\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8}"

static const struct row {
	const char *body;
	const char *text;
	const char *pointer;
	const char *value;
	bool met;
	const char *words; /* when not */
} rows[] = {
    /* pointers */
    {DOCUMENT, "", "/foo", "", true, ""},
    {DOCUMENT, "", "/foo/0", "bar", true, ""},
    {DOCUMENT, "", "/foo/1", "baz", true, ""},
    {DOCUMENT, "", "/", "0", true, ""},
    {DOCUMENT, "", "/a~1b", "1", true, ""},
    {DOCUMENT, "", "/c%d", "2", true, ""},
    {DOCUMENT, "", "/e^f", "3", true, ""},
    {DOCUMENT, "", "/g|h", "4", true, ""},
    {DOCUMENT, "", "/i\\j", "5", true, ""},
    {DOCUMENT, "", "/k\"l", "6", true, ""},
    {DOCUMENT, "", "/ ", "7", true, ""},
    {DOCUMENT, "", "/m~0n", "8", true, ""},
    {DOCUMENT, "", "/foo/2", "", false,
	"expected a value at /foo/2, found nothing there"},
    {DOCUMENT, "", "/foo/-", "", false, "nothing there"},
    {DOCUMENT, "", "/foo/00", "", false, "nothing there"},
    {DOCUMENT, "", "/foo/01", "", false, "nothing there"},
    {DOCUMENT, "", "/foo/+1", "", false, "nothing there"},
    {DOCUMENT, "", "/foo/", "", false, "nothing there"},
    {DOCUMENT, "", "/foo/0/x", "", false, "nothing there"},
    {DOCUMENT, "", "/fo", "", false, "nothing there"},
    {DOCUMENT, "", "/fooo", "", false, "nothing there"},
    {DOCUMENT, "", "/foo", "bar", false, "expected bar at /foo, found an array"},
    {DOCUMENT, "", "/foo/0", "baz", false, "expected baz at /foo/0, found bar"},
    {DOCUMENT, "", "/foo/0", "barn", false, "found bar"},
    {DOCUMENT, "", "/foo/0", "ba", false, "found bar"},
    {"{\"~1\":1}", "", "/~01", "1", true, ""},
    {"{\"/\":{\"~\":{\"0\":[[],[{\"x\":null}]]}}}", "", "/~1/~0/0/1/0/x", "null", true,
	""},
    {"[[0,1],[2,[3,4]]]", "", "/1/1/0", "3", true, ""},
    {"[{\"a\":[1]},{\"a\":[2]}]", "", "/1/a/0", "2", true, ""},
    {"{\"a\":{\"b\":1},\"c\":{\"b\":2}}", "", "/c/b", "2", true, ""},
    {"{\"x\":{\"a\":{\"b\":1}},\"a\":{\"b\":2}}", "", "/a/b", "2", true, ""},
    /* values */
    {"{\"a\":true,\"b\":false}", "", "/a", "true", true, ""},
    {"{\"a\":true,\"b\":false}", "", "/b", "true", false, "found false"},
    {"{\"a\":-1.50e+3}", "", "/a", "-1.50e+3", true, ""},
    {"{\"a\":1.0}", "", "/a", "1", false, "found 1.0"},
    {"{\"a\":\"\"}", "", "/a", "x", false, "found an empty text"},
    {"{\"a\":\"\"}", "", "/a", "", true, ""},
    {"{\"a\":\"\\u00e9\\n\"}", "", "/a", "\xc3\xa9\n", true, ""},
    {"{\"a\":{}}", "", "/a", "x", false, "found an object"},
    {"[7]", "", "/0", "7", true, ""},
    {"7", "", "/0", "", false, "nothing there"},
    /* the last of equal names */
    {"{\"a\":1,\"a\":2}", "", "/a", "2", true, ""},
    {"{\"a\":1,\"a\":2}", "", "/a", "1", false, "found 2"},
    {"{\"a\":{\"b\":1},\"a\":{}}", "", "/a/b", "", false, "nothing there"},
    {"{\"a\":{\"b\":1},\"a\":5}", "", "/a/b", "", false, "nothing there"},
    /* not JSON, or not all of it */
    {"{\"a\":1", "", "/a", "1", false, "expected JSON with /a, it ends at byte 6"},
    {"{\"a\":1}x", "", "/a", "1", false, "expected JSON with /a, found none at byte 7"},
    {"<html>", "", "/a", "1", false, "found none at byte 0"},
    {"", "", "/a", "", false, "it ends at byte 0"},
    /* texts */
    {"all systems operational", "operational", "", "", true, ""},
    {"operational", "operational", "", "", true, ""},
    {"operationa", "operational", "", "", false,
	"expected the text \"operational\", found 10 bytes without"},
    {"aaab", "aab", "", "", true, ""},
    {"abababc", "ababc", "", "", true, ""},
    {"aabaabaaab", "aabaaab", "", "", true, ""},
    {"aabaabaab", "aabaaab", "", "", false, "without"},
    {"x", "", "", "", true, ""},
    {"", "x", "", "", false, "found 0 bytes without"},
    /* both */
    {"{\"a\":1} ", "\"a\"", "/a", "1", true, ""},
    {"{\"a\":1} ", "\"b\"", "/a", "1", false, "the text"},
    {"{\"a\":1} ", "\"a\"", "/b", "1", false, "nothing there"},
    /* what cannot be */
    {"{}", "", "a", "", false, "nothing can meet"},
    {"{}", "", "/~", "", false, "nothing can meet"},
    {"{}", "", "/~2", "", false, "nothing can meet"},
    {"{}", "", "", "1", false, "nothing can meet"},
};

static struct plan_probe
probe_of(const struct row *row)
{
	struct plan_probe probe = judge_probe(PROBE_HTTP);

	probe.expect_text = row->text;
	probe.expect_pointer = row->pointer;
	probe.expect_value = row->value;
	return probe;
}

/* Streams the body of `row` in pieces of `step` bytes; `words` get what is said of it. */
static void
stream(const struct row *row, size_t step, char words[512])
{
	static struct expect expect;
	struct plan_probe probe = probe_of(row);
	size_t len = strlen(row->body);

	words[0] = '\0';
	expect_begin(&expect, &probe);
	for (size_t at = 0; at < len; at += step) {
		size_t left = len - at;

		expect_push(&expect, row->body + at, left < step ? left : step);
	}
	if (!expect_met(&expect)) {
		assert_false(expect_quote(&expect, words, 512));
		assert_true(words[0] != '\0');
	}
}

static void
check_row(size_t number, size_t step)
{
	const struct row *row = &rows[number];
	char words[512];

	stream(row, step, words);
	if ((words[0] == '\0') != row->met || strstr(words, row->words) == NULL) {
		fail_msg(
		    "row %zu, %s in %s: '%s'", number, row->pointer, row->body, words);
	}
}

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t step = 1; step <= strlen(rows[i].body) + 1; step++) {
			check_row(i, step);
		}
	}
}

static void
test_limits(void **state)
{
	static struct expect expect;
	static char text[EXPECT_TEXT_BYTES_MAX + 2];
	static char pointer[2 * JSON_DEPTH_MAX + 4];
	struct plan_probe probe = judge_probe(PROBE_HTTP);
	char digits[100];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	probe.expect_text = text;
	assert_false(expect_is_valid(&probe));
	text[EXPECT_TEXT_BYTES_MAX] = '\0';
	assert_true(expect_is_valid(&probe));
	expect_begin(&expect, &probe);
	expect_push(&expect, "y", 1);
	for (int i = 0; i < EXPECT_TEXT_BYTES_MAX; i++) {
		assert_false(expect_met(&expect));
		expect_push(&expect, "x", 1);
	}
	assert_true(expect_met(&expect));
	probe.expect_text = NULL;
	/* As deep as JSON may be. */
	for (int i = 0; i < JSON_DEPTH_MAX; i++) {
		memcpy(pointer + 2 * (size_t)i, "/0", 2);
	}
	probe.expect_pointer = pointer;
	assert_true(expect_is_valid(&probe));
	expect_begin(&expect, &probe);
	memset(text, '[', JSON_DEPTH_MAX);
	text[JSON_DEPTH_MAX] = '1';
	memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX);
	expect_push(&expect, text, 2 * JSON_DEPTH_MAX + 1);
	assert_true(expect_met(&expect));
	memcpy(pointer + 2 * (size_t)JSON_DEPTH_MAX, "/0", 2);
	assert_false(expect_is_valid(&probe));
	/* A number of which only a part is kept is never the one expected. */
	memset(digits, '1', sizeof(digits));
	digits[JSON_NUMBER_BYTES_MAX] = '\0';
	probe.expect_pointer = "/0";
	probe.expect_value = digits;
	expect_begin(&expect, &probe);
	expect_push(&expect, "[", 1);
	expect_push(&expect, digits, JSON_NUMBER_BYTES_MAX);
	expect_push(&expect, "1]", 2);
	assert_false(expect_met(&expect));
}

/* The end of what was found is missing, so it may be half of a secret. */
static void
test_long_value(void **state)
{
	static struct expect expect;
	struct plan_probe probe = judge_probe(PROBE_HTTP);
	char words[512];

	(void)state;
	probe.expect_pointer = "/0";
	probe.expect_value = "short";
	expect_begin(&expect, &probe);
	expect_push(&expect, "[\"", 2);
	for (int i = 0; i < 50; i++) {
		expect_push(&expect, "words ", 6);
	}
	expect_push(&expect, "\"]", 2);
	assert_false(expect_met(&expect));
	assert_true(expect_quote(&expect, words, sizeof(words)));
	assert_non_null(strstr(words, "found words words"));
}

/* As a whole check: outcome, flags, and a detail without what is nobody's business. */
static void
test_results(void **state)
{
	static const struct {
		uint16_t status;
		unsigned http;
		const char *body;
		const char *text;
		const char *pointer;
		const char *value;
		enum outcome outcome;
		uint32_t flags;
		const char *detail;
	} row[] = {
	    {0, 200, "{\"s\":\"none\"}", NULL, "/s", "none", OUTCOME_OK, 0, ""},
	    {0, 200, "{\"s\":\"major\"}", NULL, "/s", "none", OUTCOME_MALFORMED,
		FLAG_MISMATCH, "expected none at /s, found major"},
	    {401, 401, "who?", "who", NULL, NULL, OUTCOME_OK, 0, ""},
	    {401, 401, "what?", "who", NULL, NULL, OUTCOME_MALFORMED, FLAG_MISMATCH,
		"expected the text \"who\", found 5 bytes without"},
	    {201, 200, "", NULL, NULL, NULL, OUTCOME_MALFORMED, FLAG_MISMATCH,
		"expected status 201, found 200"},
	    {0, 200, "<html><title>Log in</title>", "ok", NULL, NULL, OUTCOME_MALFORMED,
		FLAG_MISMATCH,
		"expected the text \"ok\", found 27 bytes without: Log in"},
	    {0, 200, "{\"s\":\"sk-abcdefghijklmnopqrstuvwxyz0123456789\"}", NULL, "/s",
		"none", OUTCOME_MALFORMED, FLAG_MISMATCH,
		"expected none at /s, found [redacted]"},
	    /* what is theirs to say comes first */
	    {0, 503, "{\"s\":\"none\"}", NULL, "/s", "none", OUTCOME_UPSTREAM_ERROR, 0,
		""},
	    {200, 404, "", "x", NULL, NULL, OUTCOME_BAD_REQUEST, 0, ""},
	};
	static struct check check;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct plan_probe probe = judge_probe(PROBE_HTTP);
		struct result result;

		probe.expect_status = row[i].status;
		probe.expect_text = row[i].text;
		probe.expect_pointer = row[i].pointer;
		probe.expect_value = row[i].value;
		result = judge_answer(&check, &probe, row[i].http, "",
		    judge_body(row[i].body, strlen(row[i].body), 3));
		if (result.outcome != row[i].outcome || result.flags != row[i].flags ||
		    strcmp(result.detail, row[i].detail) != 0) {
			fail_msg("row %zu: %s %x '%s'", i, outcome_name(result.outcome),
			    result.flags, result.detail);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_long_value),
	    cmocka_unit_test(test_results),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
