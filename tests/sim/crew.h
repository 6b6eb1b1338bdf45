/* crew - many worlds, in several processes, told in order
 * Room: tests/sim. */
#ifndef TESTS_SIM_CREW_H
#define TESTS_SIM_CREW_H

#include "tests/sim/score.h"

/* A scenario that was read. */
struct crew_scenario {
	char name[SCORE_SCENARIO];
	struct scen scen;
	double bound_s;
};

struct crew_job {
	const struct crew_scenario *scenario;
	uint64_t seed;
	enum plant_policy policy;
	bool is_mismatch;
	bool is_terse;
	FILE *transcript; /* NULL = none; with one worker only */
};

/* Plays all jobs with `workers` processes and gives each score to `take`, in the order of the
 * jobs. False, with a line on stderr, when a world cannot be made or a worker dies. */
bool crew_play(const struct crew_job *job, size_t len, unsigned workers,
    void (*take)(void *context, const struct score *score), void *context);

#endif
