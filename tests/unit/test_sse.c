/* test_sse - events come out of a stream, however it is written and cut */
#include "agent/core/sse.h"
#include "tests/support/test.h"

struct log {
	char text[256];
	size_t len;
};

/* Data as it is, '|' for the end of an event. */
static void
on_event(void *context, const char *data, size_t len)
{
	struct log *log = context;

	assert_true(data == NULL ? len == 0 : len > 0);
	assert_true(log->len + len + 2 < sizeof(log->text));
	memcpy(log->text + log->len, data == NULL ? "|" : data, data == NULL ? 1 : len);
	log->len += data == NULL ? 1 : len;
	log->text[log->len] = '\0';
}

static bool
read_stream(const char *stream, size_t step, struct log *out)
{
	size_t len = strlen(stream);
	struct sse sse;

	*out = (struct log){.len = 0};
	sse_init(&sse, on_event, out);
	for (size_t at = 0; at < len; at += step) {
		sse_push(&sse, stream + at, step < len - at ? step : len - at);
	}
	return sse_end(&sse);
}

static const struct {
	const char *stream;
	const char *want;
	bool between;
} rows[] = {
    {"", "", true},
    {"data: a\n\n", "a|", true},
    {"data: a\r\n\r\n", "a|", true},
    {"data: a\r\r", "a|", true},
    {"data: a\r\n\n", "a|", true},
    {"data: a\n\r\n", "a|", true},
    {"data: a\n\ndata: b\n\n", "a|b|", true},
    {"data:a\n\n", "a|", true},
    {"data:  a\n\n", " a|", true},
    {"data: a \n\n", "a |", true},
    {"data: a\ndata: b\n\n", "a\nb|", true},
    {"data: a\nid: 7\ndata: b\n\n", "a\nb|", true},
    {"data:\n\n", "|", true},
    {"data\n\n", "|", true},
    {"data\ndata\n\n", "\n|", true},
    {"data: a:b: c\n\n", "a:b: c|", true},
    /* What is passed over. */
    {": comment\n\n", "", true},
    {":\n\ndata: a\n\n", "a|", true},
    {"event: x\nretry: 3\n\n", "", true},
    {"dat: a\n\n", "", true},
    {"dataa: a\n\n", "", true},
    {"Data: a\n\n", "", true},
    {" data: a\n\n", "", true},
    {"xdata: a\n\n", "", true},
    {"\n\n\ndata: a\n\n\n\n", "a|", true},
    /* Byte order marks: one, at the beginning. */
    {"\xef\xbb\xbf"
     "data: a\n\n",
	"a|", true},
    {"\xef\xbb"
     "data: a\n\ndata: b\n\n",
	"b|", true},
    {"data: a\n\n\xef\xbb\xbf"
     "data: b\n\n",
	"a|", true},
    /* Ends before its end. */
    {"data: a", "a|", false},
    {"data: a\n", "a|", false},
    {"data: a\n\ndata: b", "a|b|", false},
    {"data: a\n\ndata", "a||", false},
    {"data: a\n\ndat", "a|", false},
    {"data: a\n\n: comm", "a|", false},
    {"data: a\ndata: b", "a\nb|", false},
};

static void
expect_row(size_t i, size_t step)
{
	struct log log;
	bool between = read_stream(rows[i].stream, step, &log);

	if (strcmp(log.text, rows[i].want) != 0 || between != rows[i].between) {
		fail_msg("row %zu by %zu: %s %d", i, step, log.text, between);
	}
}

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t step = 1; step < 20; step++) {
			expect_row(i, step);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
