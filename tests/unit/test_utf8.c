/* Well-formed text, row by row from RFC 3629, and cuts that split no character. */
#include "tests/support/test.h"

#include "common/core/utf8.h"

struct row {
	const char *bytes;
	size_t len; /* of the character, 0 = none */
};

static const struct row rows[] = {
    {"a", 1},
    {"\x7f", 1},
    {"\x80", 0},
    {"\xbf", 0},
    {"\xc0\x80", 0},
    {"\xc1\xbf", 0},
    {"\xc2\x80", 2},
    {"\xdf\xbf", 2},
    {"\xc2", 0},
    {"\xc2\x41", 0},
    {"\xe0\x9f\xbf", 0},
    {"\xe0\xa0\x80", 3},
    {"\xed\x9f\xbf", 3},
    {"\xed\xa0\x80", 0},
    {"\xee\x80\x80", 3},
    {"\xef\xbf\xbf", 3},
    {"\xe2\x82", 0},
    {"\xe2\x82\x41", 0},
    {"\xf0\x8f\xbf\xbf", 0},
    {"\xf0\x90\x80\x80", 4},
    {"\xf4\x8f\xbf\xbf", 4},
    {"\xf4\x90\x80\x80", 0},
    {"\xf5\x80\x80\x80", 0},
    {"\xff", 0},
};

static void
test_char(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
		    utf8_char(rows[i].bytes, strlen(rows[i].bytes)), rows[i].len);
	}
	assert_int_equal(utf8_char("\0", 1), 0);
	assert_int_equal(utf8_char("\xe2\x82\xac", 2), 0);
}

static void
test_printable(void **state)
{
	(void)state;
	assert_true(utf8_printable("", 0));
	assert_true(utf8_printable(
	    "caf\xc3\xa9 \xe4\xb8\xad\xe6\x96\x87 \xf0\x9f\x8d\x8c", 17));
	assert_false(utf8_printable("a\nb", 3));
	assert_false(utf8_printable("\x1b[0m", 4));
	assert_false(utf8_printable("\x7f", 1));
	assert_false(utf8_printable("\xc2\x9b", 2)); /* C1: a terminal's CSI */
	assert_true(utf8_printable("\xc2\xa0", 2));
	assert_false(utf8_printable("a\0b", 3));
	assert_false(utf8_printable("ok\xe2\x82", 4));
}

static void
test_cut(void **state)
{
	static const char text[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x8d\x8cz";
	static const size_t want[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11};

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		assert_int_equal(utf8_cut(text, i), want[i]);
		assert_true(utf8_printable(text, utf8_cut(text, i)));
	}
	/* What is no text is cut anywhere, but never read out of bounds. */
	assert_int_equal(utf8_cut("\x80\x80\x80\x80\x80", 5), 5);
	assert_int_equal(utf8_cut("\x80", 1), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_char),
	    cmocka_unit_test(test_printable),
	    cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
