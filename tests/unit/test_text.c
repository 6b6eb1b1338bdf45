/* test_text - cutting and cleaning of text that is out to hurt */
#include "common/core/rng.h"
#include "common/core/text.h"
#include "common/core/utf8.h"
#include "tests/support/test.h"

static void
test_add(void **state)
{
	static const struct {
		const char *in;
		size_t cap;
		const char *out;
	} row[] = {
	    {"plain", 16, "plain"},
	    {"plain", 6, "plain"},
	    {"plain", 5, "plai"},
	    {"plain", 1, ""},
	    {"a\nb\tc\x1b[31m", 16, "a b c [31m"},
	    {"a\xc2\x85z", 16, "a z"},
	    {"x\xe2\x80\xaey", 16, "xy"},
	    {"x\xe2\x80\xa8y", 16, "x y"},
	    {"a\xff"
	     "b",
		16,
		"a\xef\xbf\xbd"
		"b"},
	    {"\xe4\xb8\xad\xe6\x96\x87", 7, "\xe4\xb8\xad\xe6\x96\x87"},
	    {"\xe4\xb8\xad\xe6\x96\x87", 6, "\xe4\xb8\xad"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		char out[32];
		struct text text;

		memset(out, 'X', sizeof(out));
		text_init(&text, out, row[i].cap);
		text_add(&text, row[i].in);
		assert_string_equal(out, row[i].out);
		assert_int_equal(text.len, strlen(out));
		assert_int_equal(out[row[i].cap], 'X');
	}
}

static void
test_json(void **state)
{
	static const struct {
		const char *in;
		size_t max;
		const char *out;
	} row[] = {
	    {"", 2, "\"\""},
	    {"a\"b\\c", 64, "\"a\\\"b\\\\c\""},
	    {"a\nb\rc", 64, "\"a\\nb\\u000dc\""},
	    {"\x01\x7f", 64, "\"\\u0001\\u007f\""},
	    {"\xff", 64, "\"\xef\xbf\xbd\""},
	    {"</script>", 64, "\"</script>\""},
	    {"abcdef", 6, "\"abcd\""},
	    {"abc\"", 6, "\"abc\""},         /* an escape is not cut in two */
	    {"ab\xe4\xb8\xad", 6, "\"ab\""}, /* nor a character */
	    {"\xe2\x80\xa8", 64, "\"\\u2028\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		char out[80];
		struct text text;

		text_init(&text, out, sizeof(out));
		text_json(&text, row[i].in, row[i].max);
		assert_string_equal(out, row[i].out);
		assert_false(text.cut);
	}
}

/* Whatever comes in, at whatever size: valid UTF-8 comes out, and JSON strings are closed
 * and hold no raw control character. */
static void
test_random(void **state)
{
	struct rng rng;

	(void)state;
	rng_init(&rng, 42);
	for (int round = 0; round < 200000; round++) {
		char in[24];
		char out[64];
		size_t cap = 1 + (size_t)rng_below(&rng, sizeof(out));
		size_t len = (size_t)rng_below(&rng, sizeof(in));
		bool json = rng_below(&rng, 2) == 0;
		struct text text;

		for (size_t i = 0; i < len; i++) {
			in[i] = (char)(1 + rng_below(&rng, 255));
		}
		in[len] = '\0';
		text_init(&text, out, cap);
		if (json) {
			text_json(&text, in, 2 + (size_t)rng_below(&rng, 60));
		} else {
			text_add(&text, in);
		}
		assert_true(text.len < cap);
		assert_int_equal(out[text.len], '\0');
		for (size_t at = 0; at < text.len;) {
			size_t step = utf8_char(out + at, text.len - at);

			assert_int_not_equal(step, 0);
			assert_true((unsigned char)out[at] >= 0x20);
			at += step;
		}
		if (json && text.len > 0) {
			assert_true(text.len >= 2);
			assert_int_equal(out[0], '"');
			assert_int_equal(out[text.len - 1], '"');
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_add),
	    cmocka_unit_test(test_json),
	    cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
