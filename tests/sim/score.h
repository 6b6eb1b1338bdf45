/* score - what was said in a world, held against what had to be
 * Room: tests/sim. */
#ifndef TESTS_SIM_SCORE_H
#define TESTS_SIM_SCORE_H

#include "tests/sim/play.h"

enum {
	SCORE_TEXT = 160,
	SCORE_SCENARIO = 64,
	SCORE_HELD = 255
};

struct score {
	char scenario[SCORE_SCENARIO];
	uint64_t seed;
	enum plant_policy policy;
	bool is_mismatch;
	bool held;            /* all of it */
	char why[SCORE_TEXT]; /* not; "" */
	char expected[SCORE_TEXT];
	char observed[SCORE_TEXT]; /* everything that was opened, first names */
	enum verdict injected;     /* HEALTHY: nothing is to be said */
	enum verdict first;        /* what was said first, HEALTHY: nothing */
	enum verdict final;        /* what that was called last */
	bool is_local;  /* the scope that is expected is one region or agent */
	double delay_s; /* to the first expectation, < 0 = never */
	double bound_s; /* < 0 = there is none */
	unsigned pages;
	unsigned wrong_pages;
	uint64_t paid;
	uint64_t asked;
	uint64_t results;
	double world_s;
	char sha256[SHA256_HEX_BYTES];
};

/* `bound_s` as bound_seconds() gave it for the scenario. Ends the transcript. */
void score_play(struct play *play, double bound_s, struct score *out);

/* One line of JSON, with its end. */
void score_json(const struct score *score, FILE *out);

#endif
