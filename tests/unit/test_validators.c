#include "tests/support/test.h"

#include "agent/shell/validators.h"

static void
keeps_and_forgets(void **state)
{
	static struct validators validators;
	const struct validator *found;
	char long_tag[HEADER_ETAG_BYTES + 1];

	(void)state;
	assert_null(validators_find(&validators, "s/a", "https://a/"));
	assert_null(validators_find(&validators, "", "https://a/"));
	validators_keep(&validators, "s/a", "https://a/", "\"1\"", "");
	found = validators_find(&validators, "s/a", "https://a/");
	assert_non_null(found);
	assert_string_equal(found->etag, "\"1\"");
	assert_string_equal(found->last_modified, "");
	/* Another place, another document. */
	assert_null(validators_find(&validators, "s/a", "https://b/"));
	memset(long_tag, 'x', sizeof(long_tag) - 1);
	long_tag[sizeof(long_tag) - 1] = '\0';
	validators_keep(&validators, "s/a", "https://a/", long_tag, "");
	found = validators_find(&validators, "s/a", "https://a/");
	assert_non_null(found);
	assert_string_equal(found->etag, "\"1\"");
	validators_keep(&validators, "s/a", "https://a/", "", "");
	assert_null(validators_find(&validators, "s/a", "https://a/"));
	validators_keep(&validators, "s/a", "https://a/", "", "");
}

static void
drops_the_longest_unused(void **state)
{
	static struct validators validators;
	char series[32];

	(void)state;
	for (int i = 0; i <= VALIDATORS_MAX; i++) {
		(void)snprintf(series, sizeof(series), "s/%d", i);
		validators_keep(&validators, series, "https://a/", "\"1\"", "");
		assert_non_null(validators_find(&validators, "s/0", "https://a/"));
	}
	assert_null(validators_find(&validators, "s/1", "https://a/"));
	assert_non_null(validators_find(&validators, "s/2", "https://a/"));
	assert_non_null(validators_find(&validators, series, "https://a/"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keeps_and_forgets),
	    cmocka_unit_test(drops_the_longest_unused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
