/* route - who is told about which incidents, and who next when nobody takes it in hand
 * Room: collector/core (pure).
 *
 * Routes are tried in their order; the first whose matcher fits is taken, and the ones after
 * it only while those taken say `continue`. Without any route every channel is told. A
 * channel's own level and tiers hold besides. Who was told once is kept up to date and told
 * of the end, whatever routes say later.
 *
 * Steps are escalation: further channels when an incident was told and nobody has
 * acknowledged it for so long. Time in which it is muted or acknowledged does not count, so
 * that the end of an acknowledgement goes on where it stood. */
#ifndef COLLECTOR_CORE_ROUTE_H
#define COLLECTOR_CORE_ROUTE_H

#include "collector/core/matcher.h"
#include "common/core/clock.h"
#include "common/core/limits.h"

enum {
	ROUTE_STEPS = 4
};

struct route_step {
	int64_t after_ns;
	uint32_t channels; /* a bit each */
};

struct route {
	struct matcher matcher;
	bool goes_on;
	uint32_t channels;
	size_t step_len;
	struct route_step step[ROUTE_STEPS];
};

/* How an incident stands when it is routed. */
struct route_subject {
	const struct labels *labels;
	struct now now;
	struct mono first_at;  /* nobody is told before */
	int64_t unattended_ns; /* the clock of escalation */
	bool clock_runs;
};

/* When each of `len` channels may be told at the earliest: MONO_NEVER for those that are not
 * meant, as far as can be said now. */
void routes_at(const struct route *route, size_t route_len,
    const struct route_subject *subject, struct mono *out_at, size_t len);

#endif
