/* test_trust - what a source admitted, how late, what it missed, and what nobody else saw */
#include "tests/support/test.h"

#include "collector/core/trust.h"
#include "tests/support/small_collector.h"

#include <stdlib.h>

enum {
	HOUR_S = 3600,
	TARGET = 0
};

struct fixture {
	void *memory;
	struct trust *trust;
};

static struct now
at(int64_t second)
{
	return (struct now){{second * CLOCK_NS_PER_S},
	    {(INT64_C(1790000000) + second) * CLOCK_NS_PER_S}};
}

static struct trust *
new_trust(void **out_memory)
{
	const struct topology *topology = &small_collector_conf()->topology;
	size_t bytes = trust_bytes(topology);
	struct arena arena;
	struct trust *trust;

	*out_memory = malloc(bytes);
	assert_non_null(*out_memory);
	arena_init(&arena, *out_memory, bytes);
	trust = trust_init(&arena, topology);
	assert_non_null(trust);
	return trust;
}

static int
enter(void **state)
{
	struct fixture *fixture = malloc(sizeof(*fixture));

	assert_non_null(fixture);
	fixture->trust = new_trust(&fixture->memory);
	*state = fixture;
	return 0;
}

static int
leave(void **state)
{
	struct fixture *fixture = *state;

	free(fixture->memory);
	free(fixture);
	return 0;
}

static void
say(struct trust *trust, enum external_state external, int64_t second)
{
	trust_source(trust, SMALL_SOURCE, external, at(second));
}

static void
assert_record(
    const struct trust *trust, uint32_t admitted, uint32_t missed, uint32_t unconfirmed)
{
	struct view_trust view = trust_view(trust, SMALL_SOURCE);

	assert_int_equal(view.admitted, admitted);
	assert_int_equal(view.missed, missed);
	assert_int_equal(view.unconfirmed, unconfirmed);
}

static void
test_admits(void **state)
{
	struct trust *trust = ((struct fixture *)*state)->trust;

	/* 41 minutes late, told twice, and counted once. */
	say(trust, EXTERNAL_CLEAR, 0);
	trust_incident(trust, 1, TARGET, at(100));
	trust_incident(trust, 1, TARGET, at(160));
	say(trust, EXTERNAL_CLEAR, 200);
	assert_int_equal(trust_view(trust, SMALL_SOURCE).pending, 1);
	say(trust, EXTERNAL_INCIDENT, 100 + 41 * 60);
	say(trust, EXTERNAL_INCIDENT, 100 + 42 * 60);
	trust_incident(trust, 1, TARGET, at(100 + 43 * 60));
	assert_record(trust, 1, 0, 0);
	assert_int_equal(trust_view(trust, SMALL_SOURCE).median_s, 41 * 60);
	/* The claim ends, and was about something. */
	say(trust, EXTERNAL_CLEAR, 2 * HOUR_S);
	assert_record(trust, 1, 0, 0);
	/* Said before we saw it: at once. */
	say(trust, EXTERNAL_INCIDENT, 20 * HOUR_S);
	trust_incident(trust, 2, TARGET, at(20 * HOUR_S + 60));
	say(trust, EXTERNAL_CLEAR, 21 * HOUR_S);
	assert_record(trust, 2, 0, 0);
	assert_int_equal(trust_view(trust, SMALL_SOURCE).median_s, 0);
	assert_int_equal(trust_view(trust, SMALL_SOURCE).pending, 0);
}

static void
test_misses(void **state)
{
	struct trust *trust = ((struct fixture *)*state)->trust;

	say(trust, EXTERNAL_CLEAR, 0);
	trust_incident(trust, 1, TARGET, at(100));
	say(trust, EXTERNAL_CLEAR, 100 + 6 * HOUR_S);
	assert_record(trust, 0, 0, 0);
	say(trust, EXTERNAL_CLEAR, 101 + 6 * HOUR_S);
	assert_record(trust, 0, 1, 0);
	/* Too late is missed, and the claim about nothing. */
	say(trust, EXTERNAL_INCIDENT, 8 * HOUR_S);
	say(trust, EXTERNAL_CLEAR, 9 * HOUR_S);
	assert_record(trust, 0, 1, 1);
	/* Who could not be read is not judged. */
	say(trust, EXTERNAL_UNKNOWN, 20 * HOUR_S);
	trust_incident(trust, 2, TARGET, at(20 * HOUR_S));
	say(trust, EXTERNAL_UNKNOWN, 27 * HOUR_S);
	assert_record(trust, 0, 1, 1);
	assert_int_equal(trust_view(trust, SMALL_SOURCE).pending, 0);
}

static void
test_unconfirmed(void **state)
{
	struct trust *trust = ((struct fixture *)*state)->trust;

	say(trust, EXTERNAL_INCIDENT, 0);
	say(trust, EXTERNAL_UNKNOWN, 100); /* nobody knows whether it goes on */
	say(trust, EXTERNAL_INCIDENT, 200);
	assert_record(trust, 0, 0, 0);
	say(trust, EXTERNAL_CLEAR, 300);
	assert_record(trust, 0, 0, 1);
	/* An incident of ours that opens while the claim is open confirms it. */
	say(trust, EXTERNAL_INCIDENT, 400);
	trust_incident(trust, 1, TARGET, at(500));
	say(trust, EXTERNAL_CLEAR, 600);
	assert_record(trust, 1, 0, 1);
	/* One of a target that it does not speak about does not. */
	trust_incident(trust, 2, 7, at(30 * HOUR_S));
	say(trust, EXTERNAL_INCIDENT, 30 * HOUR_S);
	say(trust, EXTERNAL_CLEAR, 31 * HOUR_S);
	assert_record(trust, 1, 0, 2);
}

/* More incidents than are held: none is counted twice, and nothing breaks. */
static void
test_many(void **state)
{
	struct trust *trust = ((struct fixture *)*state)->trust;

	say(trust, EXTERNAL_CLEAR, 0);
	for (uint64_t i = 1; i <= 40; i++) {
		trust_incident(trust, i, TARGET, at((int64_t)i));
	}
	assert_int_equal(trust_view(trust, SMALL_SOURCE).pending, TRUST_PENDING);
	say(trust, EXTERNAL_INCIDENT, 100);
	assert_record(trust, TRUST_PENDING, 0, 0);
	assert_int_equal(trust_view(trust, SMALL_SOURCE).median_s, 63);
	assert_int_equal(trust_view(trust, 0).admitted, 0);
	trust_incident(trust, 1, UINT16_MAX, at(200));
}

static void
test_saved(void **state)
{
	struct trust *trust = ((struct fixture *)*state)->trust;
	size_t cap = trust_save_bytes(&small_collector_conf()->topology);
	unsigned char *bytes = malloc(cap);
	unsigned char *again = malloc(cap);
	void *memory;
	struct trust *loaded = new_trust(&memory);
	struct buf buf;
	size_t len;

	assert_non_null(bytes);
	assert_non_null(again);
	say(trust, EXTERNAL_INCIDENT, 0);
	for (uint64_t i = 1; i <= 20; i++) {
		trust_incident(trust, i, TARGET, at((int64_t)i));
	}
	say(trust, EXTERNAL_CLEAR, 100);
	trust_incident(trust, 21, TARGET, at(200));
	buf_write(&buf, bytes, cap);
	trust_save(trust, &buf);
	assert_true(buf_ok(&buf));
	len = buf.at;
	buf_read(&buf, bytes, len);
	assert_int_equal(trust_load(loaded, &buf), ERR_OK);
	buf_write(&buf, again, cap);
	trust_save(loaded, &buf);
	assert_int_equal(buf.at, len);
	assert_memory_equal(bytes, again, len);
	for (size_t cut = 0; cut < len; cut++) {
		buf_read(&buf, bytes, cut);
		assert_true(trust_load(loaded, &buf) != ERR_OK);
	}
	free(memory);
	free(again);
	free(bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_admits, enter, leave),
	    cmocka_unit_test_setup_teardown(test_misses, enter, leave),
	    cmocka_unit_test_setup_teardown(test_unconfirmed, enter, leave),
	    cmocka_unit_test_setup_teardown(test_many, enter, leave),
	    cmocka_unit_test_setup_teardown(test_saved, enter, leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
