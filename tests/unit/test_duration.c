/* duration and bytes: what is read, what is refused, and the way back. */
#include "tests/support/test.h"

#include "common/core/bytes.h"
#include "common/core/duration.h"
#include "common/core/rng.h"

#define S INT64_C(1000000000)

static const struct {
	const char *text;
	enum err err;
	int64_t ns;
} durations[] = {
    {"0", ERR_OK, 0},
    {"0s", ERR_OK, 0},
    {"1ns", ERR_OK, 1},
    {"1us", ERR_OK, 1000},
    {"250ms", ERR_OK, 250000000},
    {"90s", ERR_OK, 90 * S},
    {"5m", ERR_OK, 300 * S},
    {"5m0s", ERR_OK, 300 * S},
    {"1h30m", ERR_OK, 5400 * S},
    {"2d", ERR_OK, 172800 * S},
    {"1d2h3m4s5ms6us7ns", ERR_OK, 93784 * S + 5006007},
    {"007s", ERR_OK, 7 * S},
    {"1m500ms", ERR_OK, 60 * S + 500000000},
    {"106751d", ERR_OK, INT64_C(106751) * 86400 * S},
    {"9223372036854775807ns", ERR_OK, INT64_MAX},
    {"9223372036854775808ns", ERR_LIMIT, 0},
    {"106752d", ERR_LIMIT, 0},
    {"106751d24h", ERR_LIMIT, 0},
    {"99999999999999999999999999s", ERR_LIMIT, 0},
    {"99999999999999999999999999", ERR_FORMAT, 0},
    {"", ERR_FORMAT, 0},
    {"5", ERR_FORMAT, 0},
    {"00", ERR_FORMAT, 0},
    {"s", ERR_FORMAT, 0},
    {"-5s", ERR_FORMAT, 0},
    {"+5s", ERR_FORMAT, 0},
    {" 5s", ERR_FORMAT, 0},
    {"5s ", ERR_FORMAT, 0},
    {"5 s", ERR_FORMAT, 0},
    {"1.5h", ERR_FORMAT, 0},
    {"30m1h", ERR_FORMAT, 0},
    {"1m1m", ERR_FORMAT, 0},
    {"1ms1s", ERR_FORMAT, 0},
    {"5S", ERR_FORMAT, 0},
    {"5sec", ERR_FORMAT, 0},
    {"5ss", ERR_FORMAT, 0},
    {"5mss", ERR_FORMAT, 0},
    {"1h30", ERR_FORMAT, 0},
    {"0x10s", ERR_FORMAT, 0},
    {"1e3s", ERR_FORMAT, 0},
};

static void
test_duration_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
		int64_t ns = -1;
		enum err err = duration_parse(durations[i].text, &ns);

		if (err != durations[i].err ||
		    ns != (err == ERR_OK ? durations[i].ns : -1)) {
			fail_msg("'%s' gave %s %lld", durations[i].text, err_name(err),
			    (long long)ns);
		}
	}
}

static void
test_duration_text(void **state)
{
	char text[DURATION_TEXT_BYTES];

	(void)state;
	assert_string_equal(duration_text(0, text), "0");
	assert_string_equal(duration_text(90 * S, text), "1m30s");
	assert_string_equal(duration_text(86400 * S, text), "1d");
	assert_string_equal(duration_text(INT64_C(1500000), text), "1ms500us");
	assert_string_equal(
	    duration_text(INT64_MAX, text), "106751d23h47m16s854ms775us807ns");
}

static void
test_duration_round_trip(void **state)
{
	const uint64_t seed = 20240917;
	struct rng rng;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	rng_init(&rng, seed);
	for (int i = 0; i < 20000; i++) {
		int64_t ns = (int64_t)(rng_next(&rng) >> (1 + rng_below(&rng, 62)));
		int64_t back = -1;
		char text[DURATION_TEXT_BYTES];

		assert_int_equal(
		    duration_parse(duration_text(ns, text), &back), ERR_OK);
		assert_true(ns == back);
	}
}

static const struct {
	const char *text;
	enum err err;
	uint64_t bytes;
} sizes[] = {
    {"0", ERR_OK, 0},
    {"1B", ERR_OK, 1},
    {"64MiB", ERR_OK, UINT64_C(67108864)},
    {"10GB", ERR_OK, UINT64_C(10000000000)},
    {"3kB", ERR_OK, 3000},
    {"3KiB", ERR_OK, 3072},
    {"2TiB", ERR_OK, UINT64_C(2199023255552)},
    {"18446744073709551615B", ERR_OK, UINT64_MAX},
    {"18446744073709551616B", ERR_LIMIT, 0},
    {"16777216TiB", ERR_LIMIT, 0},
    {"99999999999999999999999GB", ERR_LIMIT, 0},
    {"", ERR_FORMAT, 0},
    {"64", ERR_FORMAT, 0},
    {"MiB", ERR_FORMAT, 0},
    {"64mib", ERR_FORMAT, 0},
    {"64M", ERR_FORMAT, 0},
    {"64 MiB", ERR_FORMAT, 0},
    {"-1B", ERR_FORMAT, 0},
    {"1.5GiB", ERR_FORMAT, 0},
    {"1GiB1MiB", ERR_FORMAT, 0},
};

static void
test_bytes_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint64_t bytes = 7;
		enum err err = bytes_parse(sizes[i].text, &bytes);

		if (err != sizes[i].err ||
		    bytes != (err == ERR_OK ? sizes[i].bytes : 7)) {
			fail_msg("'%s' gave %s %llu", sizes[i].text, err_name(err),
			    (unsigned long long)bytes);
		}
	}
}

static void
test_bytes_text(void **state)
{
	char text[BYTES_TEXT_BYTES];

	(void)state;
	assert_string_equal(bytes_text(0, text), "0");
	assert_string_equal(bytes_text(1, text), "1B");
	assert_string_equal(bytes_text(65536, text), "64KiB");
	assert_string_equal(bytes_text(UINT64_C(3) << 40, text), "3TiB");
	assert_string_equal(bytes_text(1000000, text), "1000000B");
	assert_string_equal(bytes_text(UINT64_MAX, text), "18446744073709551615B");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_duration_parse),
	    cmocka_unit_test(test_duration_text),
	    cmocka_unit_test(test_duration_round_trip),
	    cmocka_unit_test(test_bytes_parse),
	    cmocka_unit_test(test_bytes_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
