#include "tests/sim/quiet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Chance of at most `events` at that mean. */
static double
at_most(unsigned events, double mean)
{
	double term = exp(-mean);
	double sum = term;

	for (unsigned i = 1; i <= events; i++) {
		term *= mean / i;
		sum += term;
	}
	return sum;
}

double
quiet_upper(unsigned events)
{
	double low = 0;
	double high = 2.0 * events + 20;

	for (int i = 0; i < 60; i++) {
		double middle = (low + high) / 2;

		if (at_most(events, middle) > 0.05) {
			low = middle;
		} else {
			high = middle;
		}
	}
	return high;
}

void
quiet_month(enum scen_noise noise, struct scen *out)
{
	static const char text[] = "title a month in which nothing happens\n"
				   "fleet standard\n"
				   "end 30d\n"
				   "pages 0\n";
	char error[SCEN_ERROR];

	if (!scen_read(text, strlen(text), "month", out, error)) {
		abort(); /* it is ours */
	}
	out->noise = noise;
}
