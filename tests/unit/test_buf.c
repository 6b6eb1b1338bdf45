/* The byte writer and reader: exact bytes, both ends of every range, errors that stay. */
#include "tests/support/test.h"

#include "common/core/buf.h"

static void
test_bytes(void **state)
{
	static const unsigned char want[] = {
	    1, 0, 0, 0, 0, 0, 0, 0x80, 0xac, 0x02, 0x01, 0x02, 3, 'a', 'b', 'c', 0};
	unsigned char bytes[sizeof(want)];
	struct buf buf;

	(void)state;
	buf_write(&buf, bytes, sizeof(bytes));
	buf_put_u64(&buf, (UINT64_C(1) << 63) + 1);
	buf_put_varint(&buf, 300);
	buf_put_signed(&buf, -1);
	buf_put_signed(&buf, 1);
	buf_put_text(&buf, "abc");
	buf_put_bytes(&buf, NULL, 0);
	assert_true(buf_ok(&buf));
	assert_int_equal(buf.at, sizeof(want));
	assert_memory_equal(bytes, want, sizeof(want));
	buf_put_varint(&buf, 0);
	assert_false(buf_ok(&buf));
	assert_int_equal(buf.at, sizeof(want));
}

static void
test_extremes(void **state)
{
	static const int64_t rows[] = {0, 1, -1, 63, -64, 64, INT64_MAX, INT64_MIN};
	unsigned char bytes[32];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf buf;

		buf_write(&buf, bytes, sizeof(bytes));
		buf_put_signed(&buf, rows[i]);
		buf_put_varint(&buf, (uint64_t)rows[i]);
		buf_put_u64(&buf, (uint64_t)rows[i]);
		assert_true(buf_ok(&buf));
		buf_read(&buf, bytes, buf.at);
		assert_true(buf_get_signed(&buf) == rows[i]);
		assert_true(buf_get_varint(&buf) == (uint64_t)rows[i]);
		assert_true(buf_get_u64(&buf) == (uint64_t)rows[i]);
		assert_true(buf_ok(&buf));
		assert_int_equal(buf.at, buf.cap);
	}
}

static void
test_varint_too_long(void **state)
{
	static const unsigned char eleven[] = {
	    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01};
	static const unsigned char over[] = {
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02};
	static const unsigned char cut[] = {0x80};
	struct buf buf;

	(void)state;
	buf_read(&buf, eleven, sizeof(eleven));
	assert_int_equal(buf_get_varint(&buf), 0);
	assert_false(buf_ok(&buf));
	buf_read(&buf, over, sizeof(over));
	assert_int_equal(buf_get_varint(&buf), 0);
	assert_false(buf_ok(&buf));
	buf_read(&buf, cut, sizeof(cut));
	assert_int_equal(buf_get_varint(&buf), 0);
	assert_false(buf_ok(&buf));
}

static void
test_errors_stay(void **state)
{
	static const unsigned char bytes[] = {9, 'a', 7, 1};
	struct buf buf;
	size_t len = 77;

	(void)state;
	buf_read(&buf, bytes, sizeof(bytes));
	assert_null(buf_get_bytes(&buf, &len));
	assert_int_equal(len, 0);
	assert_false(buf_ok(&buf));
	assert_int_equal(buf_get_varint(&buf), 0); /* though there is one */
	assert_int_equal(buf_get_u64(&buf), 0);
}

static void
test_text(void **state)
{
	static const unsigned char with_nul[] = {3, 'a', 0, 'b'};
	static const unsigned char plain[] = {3, 'a', 'b', 'c', 0};
	char out[4] = "xyz";
	struct buf buf;

	(void)state;
	buf_read(&buf, with_nul, sizeof(with_nul));
	buf_get_text(&buf, out, sizeof(out));
	assert_false(buf_ok(&buf));
	assert_string_equal(out, "");
	buf_read(&buf, plain, sizeof(plain));
	buf_get_text(&buf, out, sizeof(out));
	assert_string_equal(out, "abc");
	buf_get_text(&buf, out, sizeof(out));
	assert_string_equal(out, "");
	assert_true(buf_ok(&buf));
	buf_read(&buf, plain, sizeof(plain));
	buf_get_text(&buf, out, 3);
	assert_false(buf_ok(&buf));
}

/* A length near 2^64 must not wrap the bounds. */
static void
test_huge_length(void **state)
{
	unsigned char bytes[16];
	struct buf buf;
	size_t len;

	(void)state;
	buf_write(&buf, bytes, sizeof(bytes));
	buf_put_varint(&buf, UINT64_MAX);
	buf_read(&buf, bytes, buf.at);
	assert_null(buf_get_bytes(&buf, &len));
	assert_false(buf_ok(&buf));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bytes),
	    cmocka_unit_test(test_extremes),
	    cmocka_unit_test(test_varint_too_long),
	    cmocka_unit_test(test_errors_stay),
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_huge_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
