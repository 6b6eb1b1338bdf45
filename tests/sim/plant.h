/* plant - the configuration that a scenario's fleet would have
 * Room: tests/sim.
 *
 * It is written as collector.yaml and read by the real reader, so that the judged machine has
 * exactly the settings a user would get. */
#ifndef TESTS_SIM_PLANT_H
#define TESTS_SIM_PLANT_H

#include "collector/core/collector_conf.h"
#include "collector/core/planner.h"
#include "tests/sim/scen.h"

struct collector_conf_file;

enum plant_policy {
	PLANT_CORRELATION = 0,
	PLANT_THRESHOLD,
	PLANT_QUORUM,
	PLANT_POLICIES
};

const char *plant_policy_name(enum plant_policy policy);
/* False: this build has no such policy. */
bool plant_has_policy(enum plant_policy policy);

struct plant {
	const struct scen *scen;
	struct collector_conf_file *file;
	const struct collector_conf *conf;
	void *memory;
	struct planner *planner;
	/* By index in the topology: the scenario's probe, or PLANT_SOURCE + source. */
	unsigned probe_of[SCEN_PROBES + SCEN_SOURCES];
};

enum {
	PLANT_SOURCE = 1000
};

/* `scen` is borrowed for life. False with the reader's complaint in `error`. */
bool plant_open(struct plant *plant, const struct scen *scen, enum plant_policy policy,
    char error[SCEN_ERROR]);
void plant_close(struct plant *plant);

#endif
