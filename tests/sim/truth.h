/* truth - what is really going on in a simulated world
 * Room: tests/sim. Agents' probes see it (it takes the place of agent/shell/probe_*.c and
 * implements probe_curl.h). */
#ifndef TESTS_SIM_TRUTH_H
#define TESTS_SIM_TRUTH_H

#include <stdbool.h>
#include <stdint.h>

struct node;

enum {
	TRUTH_REGIONS = 3
};

void truth_begin(void);
void truth_set_outage(bool is_down); /* of the upstream */
void truth_set_limited(bool is_limited);
void truth_set_region(uint16_t region, bool is_cut); /* from the internet */
void truth_set_noise(unsigned permille);             /* probes that fail by chance */

#endif
