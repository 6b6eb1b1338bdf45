/* test_capture - values are found at their paths and nowhere else */
#include "agent/core/capture.h"
#include "tests/support/test.h"

static const struct capture_path paths[] = {
    {{"a"}, 1},
    {{"a", "b"}, 2},
    {{"a", "[]", "b"}, 3},
    {{"x", "[]", "[]"}, 4},
    {{"1", "2", "3", "4", "5", "6", "7", "8"}, 8},
};

struct log {
	char text[256];
	size_t len;
};

/* Tag and kind of every value: "1{" an object at path 1, "2n" a number at path 2. */
static void
on_value(void *context, int tag, const struct json_event *event)
{
	static const char marks[] = "{}[]ksntfz";
	struct log *log = context;

	assert_true(log->len + 3 < sizeof(log->text));
	log->text[log->len++] = (char)('0' + tag);
	log->text[log->len++] = marks[event->kind];
	log->text[log->len] = '\0';
}

static void
expect(const char *json, bool unwrap, const char *want)
{
	struct capture capture;
	struct log log = {.len = 0};

	capture_init(
	    &capture, paths, sizeof(paths) / sizeof(paths[0]), unwrap, on_value, &log);
	assert_int_equal(capture_push(&capture, json, strlen(json)), JSON_COMPLETE);
	assert_int_equal(capture_end(&capture), JSON_COMPLETE);
	if (strcmp(log.text, want) != 0) {
		fail_msg("%s: %s", json, log.text);
	}
}

static void
test_paths(void **state)
{
	static const struct {
		const char *json;
		bool unwrap;
		const char *want;
	} row[] = {
	    {"{}", false, ""},
	    {"{\"a\":1}", false, "1n"},
	    {"{\"b\":1,\"c\":{\"a\":2}}", false, ""},
	    {"{\"a\":{\"b\":\"x\",\"a\":1}}", false, "1{2s1}"},
	    {"{\"a\":[{\"b\":1},{\"b\":null},{\"c\":1},3]}", false, "1[3n3z1]"},
	    {"{\"a\":{\"c\":{\"b\":1},\"b\":true}}", false, "1{2t1}"},
	    {"{\"x\":[[1,2],[],3,[{}]]}", false, "4n4n4{4}"},
	    {"{\"x\":[[1],\"s\",[2]],\"a\":1}", false, "4n4n1n"},
	    {"[{\"a\":1}]", false, ""},
	    {"[{\"a\":1},{\"a\":2},{\"a\":{\"b\":3}}]", true, "1n1n1{2n1}"},
	    {"[[{\"a\":1}]]", true, ""},
	    {"[1,{\"a\":1}]", true, "1n"},
	    {"{\"a\":1}", true, "1n"},
	    {"{\"1\":{\"2\":{\"3\":{\"4\":{\"5\":{\"6\":{\"7\":{\"8\":1,\"9\":2}}}}}}}"
	     "}",
		false, "8n"},
	    {"{\"1\":{\"2\":{\"3\":{\"4\":{\"5\":{\"6\":{\"7\":{\"8\":{\"a\":[1]}}}}}}}"
	     "},\"a\":1}",
		false, "8{8}1n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		expect(row[i].json, row[i].unwrap, row[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
