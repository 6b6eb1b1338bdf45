/* posterior - which cause explains the evidence best, and how sure that is
 * Room: collector/core (pure).
 *
 * A softmax over the hypotheses that concern one target: those shared by all targets and
 * its own. Mass is summed over hypotheses with one verdict and scope. Several faults of
 * single regions that together explain more than any fault of everybody exclude the latter:
 * the smallest explanation of Boolean tomography, exact for our flat tree. The same for a
 * provider: a fault of all its targets is one only when two of them show it and none of
 * those that were looked at speaks against it. */
#ifndef COLLECTOR_CORE_POSTERIOR_H
#define COLLECTOR_CORE_POSTERIOR_H

#include "collector/core/hypothesis.h"

enum {
	/* A target shows its provider's fault by two full votes, or by one if two others
	 * do so too; and one that is looked at and well speaks against it. */
	POSTERIOR_SHOWS_MNATS = 6000,
	POSTERIOR_HINTS_MNATS = 3000,
	POSTERIOR_CONTRADICTS_MNATS = -2000
};

struct posterior_query {
	const struct hypotheses *table;
	const int32_t *lambda; /* [hypotheses], milli-nats since onset */
	int32_t shift_mnats;   /* of the target's upstream faults */
	uint16_t target;       /* TOPOLOGY_NONE: the shared ones alone */
	const uint8_t *touch;  /* [hypotheses], only these may win; NULL = all */
	/* It is told of the target's provider already: whether its targets agree was
	 * judged then, and no single one of them is to take its place. */
	bool is_provider;
	uint32_t told;  /* what the finding is told as, HYPOTHESIS_NONE: a new one */
	int32_t *score; /* scratch, [hypotheses] */
	uint64_t *mass; /* scratch, [hypotheses] */
};

struct posterior {
	uint32_t winner; /* best hypothesis of the best verdict and scope */
	uint32_t rival; /* the same of the second, HYPOTHESIS_NONE when there is none */
	uint32_t confidence_ppm;
	uint32_t rival_ppm;
};

/* True when the targets of the provider that `hypothesis` is about bear it out: two show it
 * over `lambda`, and none speaks against it. */
bool posterior_is_shared(
    const struct hypotheses *table, const int32_t *lambda, uint32_t hypothesis);

struct posterior posterior_of(const struct posterior_query *query);

#endif
