/* The arena: alignment, exhaustion that stays, and sizes that do not wrap. */
#include "tests/support/test.h"

#include "common/core/arena.h"

static void
test_take(void **state)
{
	unsigned char memory[256];
	struct arena arena;
	unsigned char *first;
	unsigned char *second;

	(void)state;
	memset(memory, 0xaa, sizeof(memory));
	arena_init(&arena, memory + 1, sizeof(memory) - 1);
	first = arena_take(&arena, 3, 1);
	second = arena_take(&arena, 1, 17);
	assert_non_null(first);
	assert_non_null(second);
	assert_int_equal((uintptr_t)first % 16, 0);
	assert_int_equal((uintptr_t)second % 16, 0);
	assert_true(second >= first + 3);
	for (int i = 0; i < 17; i++) {
		assert_int_equal(second[i], 0);
	}
	arena_reset(&arena);
	assert_ptr_equal(arena_take(&arena, 3, 1), first);
}

/* Bytes that were never handed out are left alone; what was is zeroed again. */
static void
test_zeroed(void **state)
{
	unsigned char *memory = calloc(1, 256);
	struct arena arena;
	unsigned char *first;
	unsigned char *both;

	(void)state;
	assert_non_null(memory);
	arena_init_zeroed(&arena, memory, 256);
	memory[200] = 0xaa; /* stands for a byte nobody may touch */
	first = arena_take(&arena, 1, 64);
	assert_non_null(first);
	memset(first, 0xbb, 64);
	arena_reset(&arena);
	both = arena_take(&arena, 1, 192);
	assert_ptr_equal(both, first);
	for (int i = 0; i < 192; i++) {
		assert_int_equal(both[i], 0);
	}
	assert_int_equal(memory[200], 0xaa);
	memset(both, 0xbb, 192);
	arena_reset(&arena);
	both = arena_take(&arena, 1, 192);
	for (int i = 0; i < 192; i++) {
		assert_int_equal(both[i], 0);
	}
	free(memory);
}

static void
test_exhaustion_stays(void **state)
{
	unsigned char memory[64];
	struct arena arena;

	(void)state;
	arena_init(&arena, memory, sizeof(memory));
	assert_null(arena_take(&arena, 1, 65));
	assert_true(arena_failed(&arena));
	assert_null(arena_take(&arena, 1, 1));
	assert_string_equal(arena_text(&arena, "abc", 3), "");
	arena_reset(&arena);
	assert_false(arena_failed(&arena));
	assert_non_null(arena_take(&arena, 1, 1));
}

static void
test_exact_fit(void **state)
{
	size_t cap = arena_bytes(3, 10) + arena_bytes(1, 1);
	unsigned char *memory = malloc(cap + 16);
	struct arena arena;

	(void)state;
	assert_non_null(memory);
	arena_init(&arena, memory, cap);
	if (arena.cap == cap) {
		assert_non_null(arena_take(&arena, 3, 10));
		assert_non_null(arena_take(&arena, 1, 1));
		assert_null(arena_take(&arena, 1, 1));
	}
	free(memory);
}

static void
test_sizes_do_not_wrap(void **state)
{
	unsigned char memory[64];
	struct arena arena;

	(void)state;
	arena_init(&arena, memory, sizeof(memory));
	assert_int_equal(arena_bytes(SIZE_MAX, 2), SIZE_MAX);
	assert_int_equal(arena_bytes(SIZE_MAX, 1), SIZE_MAX);
	assert_int_equal(arena_bytes(SIZE_MAX - 15, 1), SIZE_MAX);
	assert_int_equal(arena_bytes(0, 8), 0);
	assert_int_equal(arena_bytes(1, 1), 16);
	assert_null(arena_take(&arena, SIZE_MAX / 8, 16));
	arena_reset(&arena);
	assert_null(arena_take(&arena, SIZE_MAX, 1));
}

/* A base that leaves no aligned byte is an empty arena, not a negative one. */
static void
test_tiny(void **state)
{
	_Alignas(16) unsigned char memory[32];
	struct arena arena;

	(void)state;
	arena_init(&arena, memory + 1, 5);
	assert_int_equal(arena.cap, 0);
	assert_null(arena_take(&arena, 1, 1));
}

static void
test_text(void **state)
{
	unsigned char memory[64];
	struct arena arena;
	const char *text;

	(void)state;
	arena_init(&arena, memory, sizeof(memory));
	assert_string_equal(arena_text(&arena, "abcdef", 3), "abc");
	assert_string_equal(arena_text(&arena, NULL, 0), "");
	text = arena_text(&arena, "0123456789abcdef", 16);
	assert_int_equal(strlen(text), 16);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_take),
	    cmocka_unit_test(test_zeroed),
	    cmocka_unit_test(test_exhaustion_stays),
	    cmocka_unit_test(test_exact_fit),
	    cmocka_unit_test(test_sizes_do_not_wrap),
	    cmocka_unit_test(test_tiny),
	    cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
