/* wild - scenarios that nobody thought of
 * Room: tests/sim.
 *
 * A fleet, a trouble or two, and disturbances that must not matter (clocks, delays, repeats,
 * a restart), drawn from a seed, with what has to be said about them: the draw knows the
 * truth. Written in the language of scen.h. */
#ifndef TESTS_SIM_WILD_H
#define TESTS_SIM_WILD_H

#include <stdint.h>
#include <stdio.h>

void wild_write(uint64_t seed, FILE *out);

#endif
