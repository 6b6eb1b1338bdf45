/* The decoder and the encoder against naive ones that work a bit at a time. */
#include "tests/support/test.h"

#include "common/core/base64.h"
#include "common/core/rng.h"

enum {
	PLAIN_BYTES = 300,
	CODED_BYTES = 404,
	ROUNDS = 20000
};

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static size_t
naive_encode(const unsigned char *plain, size_t len, char *out)
{
	size_t at = 0;

	for (size_t bit = 0; bit < len * 8; bit += 6) {
		unsigned value = 0;
		for (size_t i = bit; i < bit + 6; i++) {
			unsigned byte = i < len * 8 ? plain[i / 8] : 0;
			value = value << 1 | (byte >> (7 - i % 8) & 1U);
		}
		out[at++] = alphabet[value];
	}
	while (at % 4 != 0) {
		out[at++] = '=';
	}
	out[at] = '\0';
	return at;
}

/* True when it is base64; then `out` has `*out_len` bytes. */
static bool
naive_decode(const char *text, size_t len, unsigned char *out, size_t *out_len)
{
	size_t chars = len;
	size_t bits = 0;

	while (chars > 0 && text[chars - 1] == '=') {
		chars--;
	}
	if (len % 4 != 0 || len - chars > 2) {
		return false;
	}
	memset(out, 0, PLAIN_BYTES + 3);
	for (size_t i = 0; i < chars; i++) {
		char c = text[i] == '-' ? '+' : text[i];
		c = c == '_' ? '/' : c;
		const char *found = c == '\0' ? NULL : strchr(alphabet, c);
		if (found == NULL) {
			return false;
		}
		for (unsigned bit = 6; bit-- > 0; bits++) {
			unsigned one = (unsigned)(found - alphabet) >> bit & 1U;
			out[bits / 8] =
			    (unsigned char)(out[bits / 8] | one << (7 - bits % 8));
		}
	}
	*out_len = chars * 6 / 8;
	return true;
}

static bool
decode(
    const char *text, size_t len, struct rng *rng, unsigned char *out, size_t *out_len)
{
	struct base64 base64;
	size_t at = 0;
	enum err err = ERR_OK;

	*out_len = 0;
	base64_init(&base64);
	while (at < len && err == ERR_OK) {
		size_t step = 1 + (size_t)rng_below(rng, 40);
		step = step < len - at ? step : len - at;
		size_t got;
		err = base64_decode(&base64, text + at, step, out + *out_len, &got);
		assert_true(got <= base64_decoded_max(step));
		*out_len += got;
		at += step;
	}
	return err == ERR_OK && base64_end(&base64) == ERR_OK;
}

static void
test_round_trip(void **state)
{
	const uint64_t seed = 20260802;
	struct rng rng;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	rng_init(&rng, seed);
	for (int round = 0; round < ROUNDS; round++) {
		unsigned char plain[PLAIN_BYTES];
		unsigned char ours[PLAIN_BYTES + 64];
		unsigned char theirs[PLAIN_BYTES + 3];
		char coded[CODED_BYTES];
		char naive[CODED_BYTES];
		size_t len = (size_t)rng_below(&rng, PLAIN_BYTES);
		for (size_t i = 0; i < len; i++) {
			plain[i] = (unsigned char)rng_next(&rng);
		}
		size_t coded_len = base64_encode(plain, len, coded, sizeof(coded));
		assert_int_equal(coded_len, naive_encode(plain, len, naive));
		assert_string_equal(coded, naive);
		size_t ours_len;
		assert_true(decode(coded, coded_len, &rng, ours, &ours_len));
		assert_int_equal(ours_len, len);
		assert_memory_equal(ours, plain, len);

		/* And with a byte changed, or the end missing. */
		if (coded_len > 0) {
			size_t at = (size_t)rng_below(&rng, coded_len);
			coded[at] = "=A-_/+ \n!\x80"[rng_below(&rng, 10)];
			coded_len -= (size_t)rng_below(&rng, 2);
		}
		size_t theirs_len;
		bool good = naive_decode(coded, coded_len, theirs, &theirs_len);
		assert_int_equal(decode(coded, coded_len, &rng, ours, &ours_len), good);
		if (good) {
			assert_int_equal(ours_len, theirs_len);
			assert_memory_equal(ours, theirs, ours_len);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
