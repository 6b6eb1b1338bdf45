/* tally - many scores, as a table for people
 * Room: tests/sim. */
#ifndef TESTS_SIM_TALLY_H
#define TESTS_SIM_TALLY_H

#include "tests/sim/score.h"

struct tally;

struct tally *tally_new(void);
void tally_free(struct tally *tally);

void tally_add(struct tally *tally, const struct score *score);

/* A row for each scenario; what was injected, said first and said last; delays against the
 * bound, for faults that several agents see and for those of one region or agent. */
void tally_print(const struct tally *tally, FILE *out);

/* Runs that did not hold, in all, and of one scenario; runs of that. */
unsigned tally_failures(const struct tally *tally);
unsigned tally_failures_of(
    const struct tally *tally, const char *scenario, unsigned *out_runs);

/* Names of scenarios with failures, one after the other; NULL past the last. */
const char *tally_failed(const struct tally *tally, unsigned number);

#endif
