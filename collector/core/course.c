#include "collector/core/course.h"

#include <string.h>

static uint32_t
distance(uint32_t one, uint32_t two)
{
	return one > two ? one - two : two - one;
}

/* True when the line from `from` to `to` is worth its end. */
static bool
has_moved(const struct course *course, const struct course_point *from,
    const struct course_point *to)
{
	uint32_t step = course->step_ppm > 0 ? course->step_ppm : COURSE_STEP_PPM;

	return from->verdict != to->verdict || from->rival != to->rival ||
	       distance(from->confidence_ppm, to->confidence_ppm) >= step ||
	       distance(from->rival_ppm, to->rival_ppm) >= step ||
	       distance(from->rate_ppm, to->rate_ppm) >= step;
}

/* Keeps the first, the last, those where the leading cause changed, and every second of the
 * others; when all of them are changes, every second of all. */
static void
thin(struct course *course)
{
	uint32_t kept = 1;
	bool drops = true;

	for (uint32_t i = 1; i < course->len; i++) {
		const struct course_point *point = &course->point[i];
		bool changes = point->verdict != course->point[i - 1].verdict;

		if (changes || !drops || i + 1 == course->len) {
			course->point[kept++] = *point;
		}
		drops = !drops;
	}
	if (kept == course->len) {
		kept = 0;
		for (uint32_t i = 0; i < course->len; i += 2) {
			course->point[kept++] = course->point[i];
		}
	}
	course->len = kept;
	course->step_ppm =
	    (course->step_ppm > 0 ? course->step_ppm : COURSE_STEP_PPM) * 2;
	if (course->step_ppm > 500000) {
		course->step_ppm = 500000;
	}
}

void
course_note(struct course *course, const struct course_point *point)
{
	uint32_t len = course->len;
	bool replaces = len > 1 && !has_moved(course, &course->point[len - 2], point) &&
			!has_moved(course, &course->point[len - 1], point);

	if (len > 0 && point->at.ns <= course->point[len - 1].at.ns) {
		replaces = true; /* twice in an instant: the last word counts */
	}
	if (replaces) {
		course->point[len - 1] = *point;
		return;
	}
	if (len == COURSE_POINTS) {
		thin(course);
	}
	course->point[course->len++] = *point;
}

void
course_save(const struct course *course, struct buf *buf)
{
	int64_t at = 0;

	buf_put_varint(buf, course->len);
	buf_put_varint(buf, course->step_ppm);
	for (uint32_t i = 0; i < course->len; i++) {
		const struct course_point *point = &course->point[i];

		buf_put_signed(buf, point->at.ns - at);
		buf_put_varint(buf, (uint64_t)point->verdict);
		buf_put_varint(buf, (uint64_t)point->rival);
		buf_put_varint(buf, point->confidence_ppm);
		buf_put_varint(buf, point->rival_ppm);
		buf_put_varint(buf, point->rate_ppm);
		at = point->at.ns;
	}
}

/* A number up to `most`; anything else fails the buffer. */
static uint32_t
get_most(struct buf *buf, uint32_t most)
{
	uint64_t value = buf_get_varint(buf);

	if (value > most) {
		buf->failed = true;
		return 0;
	}
	return (uint32_t)value;
}

void
course_load(struct course *course, struct buf *buf)
{
	uint32_t len = get_most(buf, COURSE_POINTS);
	int64_t at = 0;

	memset(course, 0, sizeof(*course));
	course->step_ppm = get_most(buf, 500000);
	for (uint32_t i = 0; i < len && buf_ok(buf); i++) {
		struct course_point *point = &course->point[i];

		/* instants of centuries still add up */
		if (__builtin_add_overflow(at, buf_get_signed(buf), &at)) {
			buf->failed = true;
		}
		point->at.ns = at;
		point->verdict = (enum verdict)get_most(buf, VERDICT_COUNT - 1);
		point->rival = (enum verdict)get_most(buf, VERDICT_COUNT - 1);
		point->confidence_ppm = get_most(buf, 1000000);
		point->rival_ppm = get_most(buf, 1000000);
		point->rate_ppm = get_most(buf, 1000000);
	}
	course->len = buf_ok(buf) ? len : 0;
}
