/* posterior - which cause explains the evidence best, and how sure that is
 * Room: collector/core (pure).
 *
 * A softmax over the hypotheses that concern one target: those shared by all targets and
 * its own. Mass is summed over hypotheses with one verdict and scope. Several faults of
 * single regions that together explain more than any fault of everybody exclude the latter:
 * the smallest explanation of Boolean tomography, exact for our flat tree. */
#ifndef COLLECTOR_CORE_POSTERIOR_H
#define COLLECTOR_CORE_POSTERIOR_H

#include "collector/core/hypothesis.h"

struct posterior_query {
	const struct hypotheses *table;
	const int32_t *lambda; /* [hypotheses], milli-nats since onset */
	int32_t shift_mnats;   /* of the target's upstream faults */
	uint16_t target;       /* TOPOLOGY_NONE: the shared ones alone */
	const uint8_t *touch;  /* [hypotheses], only these may win; NULL = all */
	int32_t *score;        /* scratch, [hypotheses] */
	uint64_t *mass;        /* scratch, [hypotheses] */
};

struct posterior {
	uint32_t winner; /* best hypothesis of the best verdict and scope */
	uint32_t rival; /* the same of the second, HYPOTHESIS_NONE when there is none */
	uint32_t confidence_ppm;
	uint32_t rival_ppm;
};

struct posterior posterior_of(const struct posterior_query *query);

#endif
