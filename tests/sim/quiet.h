/* quiet - how often somebody is called for nothing
 * Room: tests/sim. */
#ifndef TESTS_SIM_QUIET_H
#define TESTS_SIM_QUIET_H

#include "tests/sim/scen.h"

/* The upper end of a 95 % confidence interval (one-sided) for the mean of a Poisson count of
 * `events`: of 0 it is 3.0. */
double quiet_upper(unsigned events);

/* A month of the standard fleet in which nothing happens but `noise`. */
void quiet_month(enum scen_noise noise, struct scen *out);

#endif
