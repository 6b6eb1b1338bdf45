/* parallax_sim - what parallax-sim was asked for
 * Room: tests/sim. */
#ifndef TESTS_SIM_PARALLAX_SIM_H
#define TESTS_SIM_PARALLAX_SIM_H

#include "tests/sim/crew.h"

enum {
	PARALLAX_SIM_USAGE = 64,
	PARALLAX_SIM_DATA = 65
};

struct parallax_sim_order {
	struct crew_scenario **scenario; /* given */
	size_t len;
	size_t cap;
	uint64_t seed;
	unsigned seeds;
	unsigned workers;
	bool has_policy[PLANT_POLICIES];
	bool is_mismatch;
	bool is_json;
	bool must_print;
	unsigned random;
	double months;
	enum scen_noise noise;
	const char *known;
	const char *transcript;
};

/* Ends the program with usage or help. */
void parallax_sim_options(char *argv[], struct parallax_sim_order *out);

#endif
