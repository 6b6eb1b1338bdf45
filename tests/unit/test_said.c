/* test_said - what is sent whole, what goes as its digest, and when it is sent again */
#include "tests/support/test.h"

#include "agent/core/said.h"

#include <stdio.h>

static struct said said;

static const struct observation clear = {
    .claim = CLAIM_CLEAR, .id = "", .title = "", .scope = "", .url = ""};

static struct result
statement(const char *series, const struct observation *observation)
{
	return (struct result){.series = series,
	    .outcome = OUTCOME_OK,
	    .detail = "",
	    .request_id = "",
	    .observation = observation,
	    .observation_len = 1};
}

static struct result
not_modified(const char *series)
{
	return (struct result){
	    .series = series, .outcome = OUTCOME_OK, .flags = FLAG_UNCHANGED};
}

/* One run; true when it was sent whole. */
static bool
is_whole(struct result result)
{
	bool whole = true;

	assert_false(said_result(&said, &result));
	assert_true(result.digest != 0);
	if ((result.flags & FLAG_UNCHANGED) != 0) {
		whole = false;
		assert_int_equal(result.observation_len, 0);
		assert_int_equal(result.figure_len, 0);
	}
	return whole;
}

static void
test_repeats(void **state)
{
	(void)state;
	said_forget(&said);
	for (int i = 0; i < 3 * SAID_WHOLE_EVERY; i++) {
		assert_int_equal(
		    is_whole(statement("source/a", &clear)), i % SAID_WHOLE_EVERY == 0);
	}
	said_forget(&said);
	assert_true(is_whole(statement("source/a", &clear)));
	assert_false(is_whole(statement("source/a", &clear)));
	assert_true(is_whole(statement("source/b", &clear)));
}

/* Every member of a statement counts, the figures to the last digit. */
static void
test_changes(void **state)
{
	struct observation o[6];
	struct figure figure = {.model = "m", .provider = "p", .uptime_5m_ppm = 996000};
	struct result result;

	(void)state;
	for (size_t i = 0; i < sizeof(o) / sizeof(o[0]); i++) {
		o[i] = clear;
	}
	o[1].claim = CLAIM_OUTAGE;
	o[2].modified_at.ns = 1;
	o[3].title = "x";
	o[4].scope = "x";
	o[5].id = "x";
	said_forget(&said);
	for (size_t i = 0; i < sizeof(o) / sizeof(o[0]); i++) {
		assert_true(is_whole(statement("source/a", &o[i])));
		assert_false(is_whole(statement("source/a", &o[i])));
	}
	result = statement("source/a", &clear);
	result.figure = &figure;
	result.figure_len = 1;
	assert_true(is_whole(result));
	assert_false(is_whole(result));
	figure.uptime_5m_ppm++;
	assert_true(is_whole(result));
	assert_false(is_whole(result));
	figure.throughput_mtps[3]++;
	assert_true(is_whole(result));
}

/* 304 carries the digest of what was said; when that is due to be said again, or is not
 * known, the page has to be read anew. */
static void
test_not_modified(void **state)
{
	struct result first = statement("source/a", &clear);
	struct result result;

	(void)state;
	said_forget(&said);
	result = not_modified("source/a");
	assert_true(said_result(&said, &result));
	assert_int_equal(result.digest, 0);
	assert_false(said_result(&said, &first));
	for (int i = 1; i < SAID_WHOLE_EVERY; i++) {
		result = not_modified("source/a");
		assert_false(said_result(&said, &result));
		assert_true(result.digest == first.digest);
	}
	result = not_modified("source/a");
	assert_true(said_result(&said, &result));
	assert_true(result.digest == first.digest);
	assert_true(is_whole(statement("source/a", &clear)));
	said_forget(&said);
	result = not_modified("source/a");
	assert_true(said_result(&said, &result));
}

/* What failed says nothing, and changes nothing about what was said. */
static void
test_failures(void **state)
{
	struct result failed = {
	    .series = "source/a", .outcome = OUTCOME_MALFORMED, .detail = ""};
	struct result other = {.series = "target/a", .outcome = OUTCOME_OK};

	(void)state;
	said_forget(&said);
	assert_true(is_whole(statement("source/a", &clear)));
	assert_false(said_result(&said, &failed));
	assert_int_equal(failed.digest, 0);
	assert_int_equal(failed.flags, 0);
	assert_false(said_result(&said, &other));
	assert_int_equal(other.digest, 0);
	assert_false(is_whole(statement("source/a", &clear)));
}

/* More series than there is room for: all are told, some again. */
static void
test_many(void **state)
{
	char series[32];

	(void)state;
	said_forget(&said);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i <= SAID_SERIES; i++) {
			(void)snprintf(series, sizeof(series), "source/%d", i);
			assert_true(is_whole(statement(series, &clear)));
		}
	}
	assert_false(is_whole(statement(series, &clear)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_repeats),
	    cmocka_unit_test(test_changes),
	    cmocka_unit_test(test_not_modified),
	    cmocka_unit_test(test_failures),
	    cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
