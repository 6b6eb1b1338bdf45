/* explain - the evidence of a finding, added up again
 * Room: collector/core (pure). Private to the correlation.
 *
 * The statistic is a sum over the trail; grouped by what the results were it is the
 * explanation that people see, and its lines add up to the statistic. */
#ifndef COLLECTOR_CORE_EXPLAIN_H
#define COLLECTOR_CORE_EXPLAIN_H

#include "collector/core/engine.h"

enum {
	EXPLAIN_AGENTS = 3 /* enough to call them several */
};

/* Fills evidence, statistic, regions and coverage of `slot` for its hypothesis and `rival`
 * from the entries since bucket `from`. `fresh`: as the ring weighed them; otherwise at
 * full weight, entries of the finding itself included. */
void explain_fill(struct correlate *engine, struct slot *slot, uint32_t rival,
    struct span span, bool fresh);
/* The runs that speak for a hypothesis. */
struct extent {
	struct span
	    began;    /* the first and the last begin of one, in parts of buckets */
	int64_t last; /* bucket in which the last ended */
	uint64_t regions;
	uint16_t agent[EXPLAIN_AGENTS]; /* the first of those who saw it, */
	uint16_t agents;                /* so many; no more are counted */
};

/* False when there is none in the span. */
bool explain_extent(const struct correlate *engine, uint32_t hypothesis,
    struct span span, struct extent *out);

/* Evidence without the stretch of `len` parts of a bucket that holds the most of it: what
 * would be left if that was a blip. */
struct rest {
	int64_t from; /* of that stretch, in parts of buckets */
	int64_t until;
	int64_t mnats; /* of the runs that began outside */
	bool
	    is_spread; /* in: full weight, but of each agent's failures one; else as the
			 * ring weighed them, slot by slot */
};

void explain_rest(const struct correlate *engine, uint32_t hypothesis, struct span span,
    int64_t len, struct rest *inout);

#endif
