/* fleet - the configuration of a simulated fleet
 * Room: tests/sim.
 *
 * The collector's is a file read by the real reader; it is the same in all worlds, with as
 * many agents as any of them has. */
#ifndef TESTS_SIM_FLEET_H
#define TESTS_SIM_FLEET_H

#include "agent/core/agent_conf.h"
#include "collector/core/collector_conf.h"

enum {
	FLEET_MAX = 6,
	FLEET_REGIONS = 3,
	FLEET_INTERVAL_S = 10
};

/* Once a process; ends it when the file is refused. */
void fleet_open(void);
void fleet_close(void);

/* With `agents` agents, 3 to FLEET_MAX. */
const struct collector_conf *fleet_collector(unsigned agents);

/* The configuration of agent `number`; it may be changed. */
struct agent_conf fleet_agent(uint16_t number);

#endif
