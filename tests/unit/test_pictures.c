/* Pictures that come again. */
#include "tests/support/test.h"

#include "agent/core/pictures.h"

static struct pictures pictures;

static int
setup(void **state)
{
	(void)state;
	memset(&pictures, 0, sizeof(pictures));
	return 0;
}

static void
the_last_four_count(void **state)
{
	(void)state;
	assert_false(pictures_seen(&pictures, "a/x", 0));
	assert_false(pictures_seen(&pictures, "a/x", 0));
	for (uint64_t i = 1; i <= 4; i++) {
		assert_false(pictures_seen(&pictures, "a/x", i));
	}
	assert_true(pictures_seen(&pictures, "a/x", 1)); /* and is the newest now */
	assert_false(pictures_seen(&pictures, "b/x", 1));
	assert_false(pictures_seen(&pictures, "a/x", 5)); /* 2 goes */
	assert_true(pictures_seen(&pictures, "a/x", 1));
	assert_true(pictures_seen(&pictures, "a/x", 3));
	assert_true(pictures_seen(&pictures, "a/x", 4));
	assert_false(pictures_seen(&pictures, "a/x", 2));
	assert_true(pictures_seen(&pictures, "a/x", 2));
}

static void
the_oldest_series_goes(void **state)
{
	char name[16];

	(void)state;
	for (int i = 0; i <= PICTURES_SERIES; i++) {
		(void)snprintf(name, sizeof(name), "s/%d", i);
		assert_false(pictures_seen(&pictures, name, 7));
	}
	assert_true(pictures_seen(&pictures, "s/1", 7));
	assert_false(pictures_seen(&pictures, "s/0", 7)); /* forgotten; 2 goes for it */
	assert_true(pictures_seen(&pictures, "s/1", 7));
	assert_false(pictures_seen(&pictures, "s/2", 7));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(the_last_four_count, setup),
	    cmocka_unit_test_setup(the_oldest_series_goes, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
