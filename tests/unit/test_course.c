/* A course keeps what changed, its ends, and no more points than it has room for. */
#include "tests/support/test.h"

#include "collector/core/course.h"
#include "common/core/rng.h"

static struct course_point
point_at(int64_t s, enum verdict verdict, uint32_t confidence_ppm)
{
	return (struct course_point){.at = {s * CLOCK_NS_PER_S},
	    .verdict = verdict,
	    .rival = VERDICT_PATH,
	    .confidence_ppm = confidence_ppm,
	    .rival_ppm = 1000000 - confidence_ppm};
}

static void
test_small_moves_move_the_last(void **state)
{
	struct course course = {0};
	struct course_point point = point_at(1, VERDICT_UPSTREAM_OUTAGE, 900000);

	(void)state;
	course_note(&course, &point);
	for (int64_t s = 2; s < 100; s++) {
		point = point_at(s, VERDICT_UPSTREAM_OUTAGE, 900000 + (uint32_t)s);
		course_note(&course, &point);
	}
	assert_int_equal(course.len, 2);
	assert_int_equal(course.point[0].at.ns, CLOCK_NS_PER_S);
	assert_int_equal(course.point[1].at.ns, 99 * CLOCK_NS_PER_S);
	assert_int_equal(course.point[1].confidence_ppm, 900099);
}

static void
test_another_cause_is_a_point(void **state)
{
	struct course course = {0};
	struct course_point point = point_at(1, VERDICT_REGION_NETWORK, 500000);

	(void)state;
	course_note(&course, &point);
	point = point_at(2, VERDICT_UPSTREAM_OUTAGE, 500000);
	course_note(&course, &point);
	point = point_at(2, VERDICT_UPSTREAM_OUTAGE, 990000);
	course_note(&course, &point); /* the same instant: the last word */
	assert_int_equal(course.len, 2);
	assert_int_equal(course.point[0].verdict, VERDICT_REGION_NETWORK);
	assert_int_equal(course.point[1].confidence_ppm, 990000);
}

/* Whatever comes: bounded, in order, with its first and its last point, and with every cause
 * that led for long. */
static void
test_random(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct course course = {0};
		struct course_point point = {.at = {0}};
		struct rng rng;

		rng_init(&rng, seed);
		for (int64_t s = 0; s < 500; s++) {
			point = point_at(s,
			    (enum verdict)(rng_below(&rng, 20) == 0
					       ? rng_below(&rng, VERDICT_COUNT)
					       : (uint64_t)point.verdict),
			    (uint32_t)rng_below(&rng, 1000001));
			course_note(&course, &point);
			assert_true(course.len <= COURSE_POINTS);
			assert_int_equal(course.point[0].at.ns, 0);
			assert_int_equal(
			    course.point[course.len - 1].at.ns, point.at.ns);
		}
		for (uint32_t i = 1; i < course.len; i++) {
			assert_true(course.point[i].at.ns > course.point[i - 1].at.ns);
		}
	}
}

static void
test_saved(void **state)
{
	struct course course = {0};
	struct course read;
	unsigned char bytes[COURSE_SAVE_BYTES];
	struct buf buf;
	size_t len;

	(void)state;
	for (int64_t s = 0; s < COURSE_POINTS; s++) {
		struct course_point point = point_at(
		    s * 86400, (enum verdict)(1 + s % 3), 1000000 - (uint32_t)s);

		course_note(&course, &point);
	}
	buf_write(&buf, bytes, sizeof(bytes));
	course_save(&course, &buf);
	assert_true(buf_ok(&buf));
	len = buf.at;
	buf_read(&buf, bytes, len);
	course_load(&read, &buf);
	assert_true(buf_ok(&buf));
	assert_int_equal(read.len, course.len);
	assert_memory_equal(read.point, course.point, sizeof(read.point));
	for (size_t cut = 0; cut < len; cut++) {
		buf_read(&buf, bytes, cut);
		course_load(&read, &buf);
		assert_false(buf_ok(&buf));
		assert_int_equal(read.len, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_small_moves_move_the_last),
	    cmocka_unit_test(test_another_cause_is_a_point),
	    cmocka_unit_test(test_random),
	    cmocka_unit_test(test_saved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
