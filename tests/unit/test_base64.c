/* test_base64 - RFC 4648, section 10, and what must be refused */
#include "common/core/base64.h"
#include "tests/support/test.h"

static enum err
decode(const char *text, size_t step, unsigned char *out, size_t *out_len,
    uint64_t *out_at)
{
	struct base64 base64;
	size_t len = strlen(text);
	enum err err = ERR_OK;

	*out_len = 0;
	base64_init(&base64);
	for (size_t at = 0; at < len && err == ERR_OK; at += step) {
		size_t part = len - at < step ? len - at : step;
		unsigned char bytes[256];
		size_t got;
		assert_true(base64_decoded_max(part) <= sizeof(bytes));
		err = base64_decode(&base64, text + at, part, bytes, &got);
		assert_true(got <= base64_decoded_max(part));
		memcpy(out + *out_len, bytes, got);
		*out_len += got;
	}
	*out_at = base64_at(&base64);
	return err == ERR_OK ? base64_end(&base64) : err;
}

static void
test_vectors(void **state)
{
	static const struct {
		const char *plain;
		const char *coded;
	} row[] = {
	    {"", ""},
	    {"f", "Zg=="},
	    {"fo", "Zm8="},
	    {"foo", "Zm9v"},
	    {"foob", "Zm9vYg=="},
	    {"fooba", "Zm9vYmE="},
	    {"foobar", "Zm9vYmFy"},
	    {"\xfb\xff\xfe", "+//+"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		char coded[32];
		size_t len = strlen(row[i].plain);
		assert_int_equal(base64_encode(row[i].plain, len, coded, sizeof(coded)),
		    strlen(row[i].coded));
		assert_string_equal(coded, row[i].coded);
		assert_int_equal(
		    base64_encode(row[i].plain, len, coded, strlen(row[i].coded)), 0);
		for (size_t step = 1; step < 10; step++) {
			unsigned char plain[64];
			size_t got;
			uint64_t at;
			assert_int_equal(
			    decode(row[i].coded, step, plain, &got, &at), ERR_OK);
			assert_int_equal(got, len);
			assert_memory_equal(plain, row[i].plain, len);
			assert_int_equal(at, strlen(row[i].coded));
		}
	}
}

static void
test_refused(void **state)
{
	static const struct {
		const char *coded;
		uint64_t
		    at; /* of the wrong character; the length when it only ends early */
	} row[] = {
	    {"Z", 1},
	    {"Zg", 2},
	    {"Zg=", 3},
	    {"=", 0},
	    {"Z===", 1},
	    {"Zg=x", 3},
	    {"Zg==Zg==", 4},
	    {"Zm9v=", 4},
	    {"Zm9v\n", 4},
	    {"Zm 9v", 2},
	    {"Zm9vYmF!", 7},
	    {"Zm9vYmFyZm9v*Zm9v", 12},
	    {"\xc3\xa9==", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		for (size_t step = 1; step < 20; step++) {
			unsigned char plain[64];
			size_t got;
			uint64_t at;
			assert_int_equal(
			    decode(row[i].coded, step, plain, &got, &at), ERR_FORMAT);
			assert_int_equal(at, row[i].at);
		}
	}
}

/* Both alphabets, and bits that nobody looks at. */
static void
test_lenient(void **state)
{
	unsigned char plain[64];
	size_t got;
	uint64_t at;

	(void)state;
	assert_int_equal(decode("-_8/", 4, plain, &got, &at), ERR_OK);
	assert_memory_equal(plain, "\xfb\xff\x3f", 3);
	assert_int_equal(decode("Zh==", 4, plain, &got, &at), ERR_OK);
	assert_int_equal(got, 1);
	assert_int_equal(plain[0], 'f');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_vectors),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_lenient),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
