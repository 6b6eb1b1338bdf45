/* world - a fleet, its faults, and how it all ends
 * Room: tests/sim.
 *
 * Everything is drawn from the seed. For a time there are faults; then all of them end, and
 * within half an hour nothing may be missing: every number an agent has given is stored or
 * declared lost, the books agree, and whoever was told of a fault knows that it is over. */
#ifndef TESTS_SIM_WORLD_H
#define TESTS_SIM_WORLD_H

#include <stdint.h>

/* Runs the world of that seed; `trouble_s` is how long there are faults, 0 = as the seed
 * says, a few minutes. Ends the program when something is wrong. */
void world_run(uint64_t seed, int64_t trouble_s);

#endif
