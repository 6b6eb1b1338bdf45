/* test_json - what is JSON, what is not, and at which byte that shows */
#include "common/core/json.h"
#include "tests/support/test.h"

enum {
	TRANSCRIPT_BYTES = 4096
};

struct transcript {
	char text[TRANSCRIPT_BYTES];
	size_t len;
	bool in_text;
};

static void
add(struct transcript *to, const char *text, size_t len)
{
	assert_true(to->len + len < sizeof(to->text));
	memcpy(to->text + to->len, text, len);
	to->len += len;
	to->text[to->len] = '\0';
}

/* "{ } [ ]" as they are, keys as k<..>, texts as s<..>, numbers as n<..>, t f z. */
static void
on_event(void *context, const struct json_event *event)
{
	static const char *const marks[JSON_KIND_COUNT] = {
	    "{", "}", "[", "]", "k<", "s<", "n<", "t", "f", "z"};
	struct transcript *to = context;
	bool text = event->kind == JSON_TEXT;
	bool framed = event->kind == JSON_KEY || event->kind == JSON_NUMBER;

	if (!to->in_text) {
		add(to, marks[event->kind], strlen(marks[event->kind]));
	}
	if (text || framed) {
		add(to, event->text, event->len);
	}
	if (event->cut) {
		add(to, "~", 1);
	}
	to->in_text = text && !event->last;
	if (framed || (text && event->last)) {
		add(to, ">", 1);
	}
}

static enum json_status
run(struct transcript *to, const char *bytes, size_t len, size_t step, uint64_t *out_at)
{
	struct json json;

	memset(to, 0, sizeof(*to));
	json_init(&json, on_event, to);
	for (size_t at = 0; at < len; at += step) {
		(void)json_push(&json, bytes + at, len - at < step ? len - at : step);
	}
	enum json_status status = json_end(&json);
	*out_at = json_at(&json);
	return status;
}

static void
expect(const char *bytes, size_t len, enum json_status status, uint64_t at,
    const char *events)
{
	static const size_t steps[] = {SIZE_MAX / 2, 1, 2, 3, 7};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct transcript to;
		uint64_t got_at;
		enum json_status got = run(&to, bytes, len, steps[i], &got_at);
		if (got != status || got_at != at || strcmp(to.text, events) != 0) {
			fail_msg("%s in steps of %zu: status %d at %llu, events %s",
			    bytes, steps[i], (int)got, (unsigned long long)got_at,
			    to.text);
		}
	}
}

static void
test_good(void **state)
{
	static const struct {
		const char *in;
		const char *events;
	} row[] = {
	    {"{}", "{}"},
	    {" [ ] \r\n\t", "[]"},
	    {"true", "t"},
	    {"false", "f"},
	    {"null", "z"},
	    {"0", "n<0>"},
	    {"-0", "n<-0>"},
	    {"-12.50e+10", "n<-12.50e+10>"},
	    {"1E5 ", "n<1E5>"},
	    {"1e-5", "n<1e-5>"},
	    {"\"\"", "s<>"},
	    {"\"abc\"", "s<abc>"},
	    {"{\"a\":1,\"b\":[true,false,null,\"x\"],\"c\":{}}",
		"{k<a>n<1>k<b>[tfzs<x>]k<c>{}}"},
	    {" { \"a\" : [ 1 , 2 ] } ", "{k<a>[n<1>n<2>]}"},
	    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "s<\"\\/\b\f\n\r\t>"},
	    {"\"\\u0041\\u00e9\\u20AC\"", "s<A\xc3\xa9\xe2\x82\xac>"},
	    {"\"\\ud83c\\udf4c\"", "s<\xf0\x9f\x8d\x8c>"},
	    {"\"\\uD83C\\uDF4C!\"", "s<\xf0\x9f\x8d\x8c!>"},
	    {"\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8d\x8c\"",
		"s<\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8d\x8c>"},
	    {"\"\x7f\"", "s<\x7f>"},
	    {"{\"\\u0061\\n\":1}", "{k<a\n>n<1>}"},
	    {"{\"\":{\"\":0}}", "{k<>{k<>n<0>}}"},
	    {"\"0123456789012345678901234567890123456789 long enough for words\"",
		"s<0123456789012345678901234567890123456789 long enough for words>"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		expect(row[i].in, strlen(row[i].in), JSON_COMPLETE, strlen(row[i].in),
		    row[i].events);
	}
}

static const struct {
	const char *in;
	uint64_t at;
	const char *events;
} bad[] = {
    {"\xef\xbb\xbf{}", 0, ""},
    {"<html>", 0, ""},
    {"tru3", 3, ""},
    {"nulL", 3, ""},
    {"[1,]", 3, "[n<1>"},
    {"[,1]", 1, "["},
    {"[1 2]", 3, "[n<1>"},
    {"[1}", 2, "[n<1>"},
    {"{]", 1, "{"},
    {"{\"a\"]", 4, "{k<a>"},
    {"{\"a\":}", 5, "{k<a>"},
    {"{\"a\":1,}", 7, "{k<a>n<1>"},
    {"{a:1}", 1, "{"},
    {"{1:1}", 1, "{"},
    {"{'a':1}", 1, "{"},
    {"{\"a\" 1}", 5, "{k<a>"},
    {"[01]", 2, "[n<0>"},
    {"[-]", 2, "["},
    {"[+1]", 1, "["},
    {"[.5]", 1, "["},
    {"[1.]", 3, "["},
    {"[1e]", 3, "["},
    {"[1e+]", 4, "["},
    {"[--1]", 2, "["},
    {"[0x1]", 2, "[n<0>"},
    {"[NaN]", 1, "["},
    {"\"a\nb\"", 2, "s<a"},
    {"\"a\tb\"", 2, "s<a"},
    {"\"\\x\"", 2, "s<"},
    {"\"\\u12G4\"", 5, "s<"},
    {"\"\\ud800\"", 7, "s<"},
    {"\"\\ud800x\"", 7, "s<"},
    {"\"\\ud800\\n\"", 8, "s<"},
    {"\"\\ud800\\u0041\"", 12, "s<"},
    {"\"\\udc00\"", 6, "s<"},
    {"\"\xff\"", 1, "s<"},
    {"\"\x80\"", 1, "s<"},
    {"\"\xc0\xaf\"", 1, "s<"},
    {"\"\xc3(\"", 2, "s<\xc3"},
    {"\"\xe0\x80\x80\"", 2, "s<\xe0"},
    {"\"\xed\xa0\x80\"", 2, "s<\xed"},
    {"\"\xf4\x90\x80\x80\"", 2, "s<\xf4"},
    {"\"\xf5\x80\x80\x80\"", 1, "s<"},
};

static void
expect_error(const char *in, uint64_t at, const char *events, size_t step)
{
	struct transcript to;
	uint64_t got_at;
	enum json_status got = run(&to, in, strlen(in), step, &got_at);
	size_t want = strlen(events);
	/* A string that never ended may have been announced or not. */
	bool open = want >= 2 && strcmp(events + want - 2, "s<") == 0;
	bool same = strcmp(to.text, events) == 0 || (open && to.len == want - 2);

	if (got != JSON_ERROR || got_at != at || !same) {
		fail_msg("%s in steps of %zu: status %d at %llu, events %s", in, step,
		    (int)got, (unsigned long long)got_at, to.text);
	}
}

static void
test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		for (size_t step = 1; step <= strlen(bad[i].in); step++) {
			expect_error(bad[i].in, bad[i].at, bad[i].events, step);
		}
	}
}

static void
test_short_and_trailing(void **state)
{
	static const char whole[] = "{\"a\":[1,\"x\\n\",true]}";

	(void)state;
	for (size_t len = 0; len < sizeof(whole) - 1; len++) {
		struct transcript to;
		uint64_t at;
		assert_int_equal(run(&to, whole, len, 5, &at), JSON_MORE);
	}
	expect("-", 1, JSON_MORE, 1, "");
	expect("1.", 2, JSON_MORE, 2, "");
	expect("{} x", 4, JSON_TRAILING, 3, "{}");
	expect("1 2", 3, JSON_TRAILING, 2, "n<1>");
	expect("[]]", 3, JSON_TRAILING, 2, "[]");
	expect("\"a\"\"b\"", 6, JSON_TRAILING, 3, "s<a>");
	expect("{}\0", 3, JSON_TRAILING, 2, "{}");
}

static void
test_limits(void **state)
{
	char text[300];
	struct transcript to;
	uint64_t at;

	(void)state;
	memset(text, '[', JSON_DEPTH_MAX);
	memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
	assert_int_equal(
	    run(&to, text, 2 * (size_t)JSON_DEPTH_MAX, 9, &at), JSON_COMPLETE);
	memset(text, '[', JSON_DEPTH_MAX + 1);
	assert_int_equal(run(&to, text, JSON_DEPTH_MAX + 1, 9, &at), JSON_ERROR);
	assert_int_equal(at, JSON_DEPTH_MAX);

	/* A key and a number longer than is kept. */
	int len =
	    snprintf(text, sizeof(text), "{\"%0*d\":1}", JSON_KEY_BYTES_MAX + 1, 7);
	assert_int_equal(run(&to, text, (size_t)len, 4, &at), JSON_COMPLETE);
	assert_string_equal(to.text + to.len - 8, "0~>n<1>}");
	assert_int_equal(to.len, 1 + 2 + JSON_KEY_BYTES_MAX + 2 + 4 + 1);
	len = snprintf(text, sizeof(text), "[1%0*d]", JSON_NUMBER_BYTES_MAX, 7);
	assert_int_equal(run(&to, text, (size_t)len, 4, &at), JSON_COMPLETE);
	assert_int_equal(to.len, 1 + 2 + JSON_NUMBER_BYTES_MAX + 2 + 1);
}

/* An error stays, and no event comes behind it. */
static void
test_after_the_end(void **state)
{
	struct transcript to = {0};
	struct json json;

	(void)state;
	json_init(&json, on_event, &to);
	assert_int_equal(json_push(&json, "[x", 2), JSON_ERROR);
	assert_int_equal(json_push(&json, "1]", 2), JSON_ERROR);
	assert_int_equal(json_end(&json), JSON_ERROR);
	assert_int_equal(json_at(&json), 1);
	assert_string_equal(to.text, "[");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good),
	    cmocka_unit_test(test_bad),
	    cmocka_unit_test(test_short_and_trailing),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_after_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
