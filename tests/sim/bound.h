/* bound - how soon any detector could know
 * Room: tests/sim.
 *
 * Lorden (1971): whoever raises a false alarm at most once in gamma results of the streams
 * that a fault touches needs ln(gamma) nats of evidence; a stream gives its rate times the
 * divergence of what it shows from what it usually shows (Kullback-Leibler, by the classes of
 * collector/core/symptom.h). To that comes the mean time until a run that is hit knows how
 * it ends. gamma is a year. It knows everything about the fault but when it begins; nothing
 * that has to find out what it is can be expected to be as fast. */
#ifndef TESTS_SIM_BOUND_H
#define TESTS_SIM_BOUND_H

#include "tests/sim/scen.h"

/* Seconds, for the faults that begin where expectation `expect` begins to count; negative:
 * there are none, or they end before anybody could be sure. */
double bound_seconds(const struct scen *scen, unsigned expect);

#endif
