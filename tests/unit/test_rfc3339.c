#include "tests/support/test.h"

#include "common/core/rfc3339.h"
#include "common/core/rng.h"

#include <time.h>

static void
test_known(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
		int64_t ns;
		const char *written;
	} cases[] = {
	    {"1970-01-01T00:00:00Z", 0, 0, "1970-01-01T00:00:00.000Z"},
	    {"2026-08-30T12:07:00.000Z", 1788091620, 0, "2026-08-30T12:07:00.000Z"},
	    {"2026-08-30T12:07:00.9999Z", 1788091620, 999900000,
		"2026-08-30T12:07:00.999Z"},
	    {"2026-08-30T14:07:00+02:00", 1788091620, 0, "2026-08-30T12:07:00.000Z"},
	    {"2026-08-30t06:37:00-05:30", 1788091620, 0, "2026-08-30T12:07:00.000Z"},
	    {"2024-02-29 23:59:60z", 1709251200, 0, "2024-03-01T00:00:00.000Z"},
	    {"2000-02-29", 951782400, 0, "2000-02-29T00:00:00.000Z"},
	    {"2261-12-31T23:59:59Z", 9214646399, 0, "2261-12-31T23:59:59.000Z"},
	    {"1999-12-31T23:59:59.1234567899Z", 946684799, 123456789,
		"1999-12-31T23:59:59.123Z"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char written[RFC3339_BYTES];
		struct wall at = {-1};

		assert_true(rfc3339_read(cases[i].text, &at));
		assert_int_equal(
		    at.ns, cases[i].seconds * CLOCK_NS_PER_S + cases[i].ns);
		rfc3339_write(at, written);
		assert_string_equal(written, cases[i].written);
	}
}

static void
test_refused(void **state)
{
	static const char *const cases[] = {"", "now", "2026", "2026-08", "2026-13-01",
	    "2026-00-01", "2026-02-29", "1900-02-29", "2026-04-31", "2026-08-00",
	    "1969-12-31", "2262-01-01", "2026-08-30T", "2026-08-30T12:07",
	    "2026-08-30T12:07:00", "2026-08-30T24:00:00Z", "2026-08-30T12:60:00Z",
	    "2026-08-30T12:00:61Z", "2026-08-30T12:00:00.Z", "2026-08-30T12:00:00Zx",
	    "2026-08-30T12:00:00+24:00", "2026-08-30T12:00:00+0200", "+2026-08-30",
	    "2026-8-30", "2026-08-30x", " 2026-08-30"};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wall at = {42};

		if (rfc3339_read(cases[i], &at)) {
			fail_msg("'%s' was read", cases[i]);
		}
		assert_int_equal(at.ns, 42);
	}
}

/* Against the C library, over the whole range. */
static void
test_like_gmtime(void **state)
{
	struct rng rng;

	(void)state;
	rng_init(&rng, 3339);
	for (int i = 0; i < 20000; i++) {
		/* From 1678 to 2262: nothing the type can hold is misread. */
		int64_t ns = (int64_t)rng_next(&rng);
		int64_t seconds =
		    ns / CLOCK_NS_PER_S - (ns % CLOCK_NS_PER_S < 0 ? 1 : 0);
		time_t at = (time_t)seconds;
		char written[RFC3339_BYTES];
		char expected[40];
		struct wall back;
		struct tm parts;

		assert_non_null(gmtime_r(&at, &parts));
		assert_int_not_equal(
		    strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%S", &parts),
		    0);
		rfc3339_write((struct wall){ns}, written);
		assert_memory_equal(written, expected, strlen(expected));
		if (ns >= 0 && parts.tm_year < 362) {
			assert_true(rfc3339_read(written, &back));
			assert_int_equal(back.ns, ns - ns % CLOCK_NS_PER_MS);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_known),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_like_gmtime),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
