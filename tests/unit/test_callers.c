/* Who is on the line, and who has to go. */
#include "tests/support/test.h"

#include "collector/core/callers.h"

enum {
	MAX = 4
};

static int
enter(void **state)
{
	static _Alignas(16) unsigned char memory[1024];
	struct arena arena;

	arena_init(&arena, memory, sizeof(memory));
	assert_true(callers_bytes(MAX) <= sizeof(memory));
	*state = callers_init(&arena, MAX);
	return *state == NULL ? -1 : 0;
}

static void
fill(struct callers *callers)
{
	for (uint32_t i = 1; i <= MAX; i++) {
		assert_int_equal(callers_add(callers, i), CALLERS_NOBODY);
	}
	assert_int_equal(callers_len(callers), MAX);
}

static void
test_oldest_stranger(void **state)
{
	struct callers *callers = *state;

	fill(callers);
	callers_know(callers, 1, true);
	callers_know(callers, 3, true);
	assert_int_equal(callers_add(callers, 5), 2);
	assert_int_equal(callers_add(callers, 6), 4);
	assert_int_equal(callers_add(callers, 7), 5);
	/* An agent that is on another line now keeps nobody out. */
	callers_know(callers, 1, false);
	assert_int_equal(callers_add(callers, 8), 1);
	assert_int_equal(callers_len(callers), MAX);
}

static void
test_all_known(void **state)
{
	struct callers *callers = *state;

	fill(callers);
	for (uint32_t i = 1; i <= MAX; i++) {
		callers_know(callers, i, true);
	}
	assert_int_equal(callers_add(callers, 5), 5);
	callers_remove(callers, 5); /* it was never in */
	assert_int_equal(callers_len(callers), MAX);
	callers_remove(callers, 2);
	assert_int_equal(callers_len(callers), MAX - 1);
	assert_int_equal(callers_add(callers, 6), CALLERS_NOBODY);
}

static void
test_room(void **state)
{
	unsigned char memory[16];
	struct arena arena;

	(void)state;
	arena_init(&arena, memory, sizeof(memory));
	assert_null(callers_init(&arena, MAX));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_oldest_stranger, enter),
	    cmocka_unit_test_setup(test_all_known, enter),
	    cmocka_unit_test(test_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
