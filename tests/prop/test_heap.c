/* The heap against a plain array that is searched from end to end. */
#include "tests/support/test.h"

#include "common/core/heap.h"
#include "common/core/rng.h"

enum {
	CAP = 200,
	ROUNDS = 200000,
	SEEDS = 4
};

struct naive {
	bool in[CAP];
	int64_t key[CAP];
};

static bool
naive_first(const struct naive *naive, struct heap_item *out)
{
	bool found = false;

	*out = (struct heap_item){0};
	for (uint32_t id = 0; id < CAP; id++) {
		if (naive->in[id] && (!found || naive->key[id] < out->key)) {
			*out = (struct heap_item){.key = naive->key[id], .id = id};
			found = true;
		}
	}
	return found;
}

/* Few distinct keys, so that equal ones meet often, and the ends of the range. */
static int64_t
draw_key(struct rng *rng)
{
	switch (rng_below(rng, 40)) {
	case 0:
		return INT64_MIN;
	case 1:
		return INT64_MAX;
	}
	return (int64_t)rng_below(rng, 100) - 50;
}

static void
step(struct heap *heap, struct naive *naive, struct rng *rng)
{
	uint32_t id = (uint32_t)rng_below(rng, CAP);

	if (rng_below(rng, 5) < 3) {
		naive->key[id] = draw_key(rng);
		naive->in[id] = true;
		heap_set(heap, id, naive->key[id]);
		return;
	}
	assert_int_equal(heap_remove(heap, id), naive->in[id]);
	naive->in[id] = false;
}

static void
agrees_with_naive(void **state)
{
	static unsigned char memory[CAP * 64];

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct naive naive = {0};
		struct arena arena;
		struct heap heap;
		struct rng rng;

		print_message("seed %llu\n", (unsigned long long)seed);
		arena_init(&arena, memory, heap_bytes(CAP) + 16);
		assert_int_equal(heap_init(&heap, &arena, CAP), ERR_OK);
		rng_init(&rng, seed);
		for (int i = 0; i < ROUNDS; i++) {
			struct heap_item expected;
			struct heap_item got;

			step(&heap, &naive, &rng);
			assert_int_equal(
			    heap_first(&heap, &got), naive_first(&naive, &expected));
			if (heap.len > 0) {
				assert_int_equal(got.id, expected.id);
				assert_true(got.key == expected.key);
			}
		}
		for (uint32_t id = 0; id < CAP; id++) {
			assert_int_equal(heap_has(&heap, id), naive.in[id]);
		}
	}
}

static void
comes_out_sorted(void **state)
{
	static unsigned char memory[CAP * 64];
	struct arena arena;
	struct heap heap;
	struct rng rng;
	struct heap_item item;
	struct heap_item before = {.key = INT64_MIN};
	uint32_t taken = 0;

	(void)state;
	arena_init(&arena, memory, sizeof(memory));
	assert_int_equal(heap_init(&heap, &arena, CAP), ERR_OK);
	rng_init(&rng, 7);
	for (uint32_t id = 0; id < CAP; id++) {
		heap_set(&heap, id, draw_key(&rng));
	}
	while (heap_first(&heap, &item)) {
		assert_true(item.key > before.key ||
			    (item.key == before.key && item.id >= before.id));
		before = item;
		assert_true(heap_remove(&heap, item.id));
		taken++;
	}
	assert_int_equal(taken, CAP);
}

static void
says_when_the_arena_is_small(void **state)
{
	unsigned char memory[64];
	struct arena arena;
	struct heap heap;

	(void)state;
	arena_init(&arena, memory, sizeof(memory));
	assert_int_equal(heap_init(&heap, &arena, CAP), ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(agrees_with_naive),
	    cmocka_unit_test(comes_out_sorted),
	    cmocka_unit_test(says_when_the_arena_is_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
