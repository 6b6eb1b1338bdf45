/* course - how sure a finding was of its cause, over time
 * Room: collector/core (pure).
 *
 * A verdict is a posterior that moves as results arrive. Its course is kept as a few points:
 * one whenever the leading cause or the runner-up became another or a share moved by
 * COURSE_STEP_PPM; the last point is always the newest. A course that is full is thinned:
 * every second point between two changes of the leading cause goes, and the step that makes
 * a point doubles, so that a fault of days has as many points as one of minutes. */
#ifndef COLLECTOR_CORE_COURSE_H
#define COLLECTOR_CORE_COURSE_H

#include "collector/core/verdict.h"
#include "common/core/buf.h"
#include "common/core/clock.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	COURSE_POINTS = 40,
	COURSE_STEP_PPM = 50000,
	COURSE_POINT_BYTES = 32, /* course_save() needs no more for one */
	COURSE_SAVE_BYTES = 16 + COURSE_POINTS * COURSE_POINT_BYTES
};

struct course_point {
	struct mono at;
	enum verdict verdict;    /* the leading cause */
	enum verdict rival;      /* the second; VERDICT_HEALTHY: there was none */
	uint32_t confidence_ppm; /* posterior of the first */
	uint32_t rival_ppm;      /* and of the second */
	uint32_t rate_ppm; /* share of requests affected; 0 before it was opened */
};

struct course {
	struct course_point point[COURSE_POINTS];
	uint32_t len;
	uint32_t step_ppm; /* 0 = COURSE_STEP_PPM */
};

/* Adds what is believed at `point->at`, which is not before the last one, or moves the last
 * point there when nothing worth a point of its own has changed since the one before it. */
void course_note(struct course *course, const struct course_point *point);

/* Errors are sticky in `buf`. Reading checks every value; what was read is a course. */
void course_save(const struct course *course, struct buf *buf);
void course_load(struct course *course, struct buf *buf);

#endif
