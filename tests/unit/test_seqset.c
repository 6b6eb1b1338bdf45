/* Sets of numbers: merging, splitting, the limit, and both ends of the range. */
#include "tests/support/test.h"

#include "common/core/seqset.h"

static void
add(struct seqset *set, uint64_t first, uint64_t last)
{
	assert_int_equal(seqset_add(set, first, last), ERR_OK);
}

static void
test_merge(void **state)
{
	struct seqset set;

	(void)state;
	seqset_init(&set);
	add(&set, 10, 20);
	add(&set, 30, 40);
	assert_int_equal(set.len, 2);
	add(&set, 21, 29); /* touches both */
	assert_int_equal(set.len, 1);
	assert_int_equal(set.range[0].first, 10);
	assert_int_equal(set.range[0].last, 40);
	add(&set, 15, 16);
	assert_int_equal(seqset_count(&set), 31);
	add(&set, 42, 42);
	assert_int_equal(set.len, 2);
	assert_false(seqset_has(&set, 41));
	assert_int_equal(seqset_overlap(&set, 38, 100), 4);
}

static void
test_remove(void **state)
{
	struct seqset set;

	(void)state;
	seqset_init(&set);
	add(&set, 1, 10);
	assert_int_equal(seqset_remove(&set, 4, 6), ERR_OK);
	assert_int_equal(set.len, 2);
	assert_int_equal(seqset_count(&set), 7);
	assert_int_equal(seqset_remove(&set, 100, 200), ERR_OK);
	assert_int_equal(seqset_remove(&set, 3, 7), ERR_OK);
	assert_int_equal(seqset_count(&set), 5);
	assert_int_equal(seqset_remove(&set, 0, UINT64_MAX), ERR_OK);
	assert_int_equal(set.len, 0);
	assert_int_equal(seqset_remove(&set, 5, 4), ERR_INVALID);
}

static void
test_ends(void **state)
{
	struct seqset set;

	(void)state;
	seqset_init(&set);
	add(&set, UINT64_MAX, UINT64_MAX);
	add(&set, 0, 0);
	assert_int_equal(set.len, 2);
	add(&set, UINT64_MAX - 1, UINT64_MAX);
	assert_int_equal(set.len, 2);
	assert_true(seqset_has(&set, UINT64_MAX));
	add(&set, 0, UINT64_MAX);
	assert_int_equal(set.len, 1);
	assert_true(seqset_count(&set) == UINT64_MAX); /* saturates */
	assert_int_equal(seqset_remove(&set, UINT64_MAX, UINT64_MAX), ERR_OK);
	assert_int_equal(seqset_remove(&set, 0, 0), ERR_OK);
	assert_int_equal(set.range[0].first, 1);
	assert_true(set.range[0].last == UINT64_MAX - 1);
}

/* At the limit nothing changes, and what needs no further range still works. */
static void
test_limit(void **state)
{
	struct seqset set;
	struct seqset before;

	(void)state;
	seqset_init(&set);
	for (uint64_t i = 0; i < LIMIT_SEQ_RANGES; i++) {
		add(&set, i * 10, i * 10 + 4);
	}
	before = set;
	assert_int_equal(seqset_add(&set, 5000, 5000), ERR_LIMIT);
	assert_int_equal(seqset_add(&set, 7, 7), ERR_LIMIT);
	assert_int_equal(seqset_remove(&set, 12, 12), ERR_LIMIT);
	assert_memory_equal(&set, &before, sizeof(set));
	add(&set, 5, 9); /* closes a hole */
	assert_int_equal(set.len, LIMIT_SEQ_RANGES - 1);
	add(&set, 5000, 5000);
}

static void
test_save_load(void **state)
{
	unsigned char bytes[LIMIT_SEQ_RANGES * 20];
	struct seqset set;
	struct seqset loaded;
	struct buf buf;

	(void)state;
	seqset_init(&set);
	add(&set, 0, 3);
	add(&set, 7, 7);
	add(&set, UINT64_MAX - 3, UINT64_MAX);
	buf_write(&buf, bytes, sizeof(bytes));
	seqset_save(&set, &buf);
	assert_true(buf_ok(&buf));
	buf_read(&buf, bytes, buf.at);
	assert_int_equal(seqset_load(&loaded, &buf), ERR_OK);
	assert_int_equal(loaded.len, set.len);
	assert_memory_equal(loaded.range, set.range, set.len * sizeof(set.range[0]));
}

struct bad {
	const char *what;
	uint64_t value[8];
	size_t len;
};

static const struct bad bads[] = {
    {"too many", {LIMIT_SEQ_RANGES + 1}, 1},
    {"cut", {1, 5}, 2},
    {"beyond the end", {1, 5, UINT64_MAX}, 3},
    {"touching", {2, 5, 1, 7, 0}, 5},
    {"overlapping", {2, 5, 3, 7, 0}, 5},
    {"backwards", {2, 5, 3, 1, 0}, 5},
    {"after the last number", {2, UINT64_MAX, 0, 5, 0}, 5},
};

static void
test_load_refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		unsigned char bytes[128];
		struct seqset set = {.len = 0};
		struct buf buf;

		buf_write(&buf, bytes, sizeof(bytes));
		for (size_t k = 0; k < bads[i].len; k++) {
			buf_put_varint(&buf, bads[i].value[k]);
		}
		buf_read(&buf, bytes, buf.at);
		if (seqset_load(&set, &buf) != ERR_FORMAT) {
			fail_msg("loaded: %s", bads[i].what);
		}
		assert_int_equal(set.len, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_merge),
	    cmocka_unit_test(test_remove),
	    cmocka_unit_test(test_ends),
	    cmocka_unit_test(test_limit),
	    cmocka_unit_test(test_save_load),
	    cmocka_unit_test(test_load_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
