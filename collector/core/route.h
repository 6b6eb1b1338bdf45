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
 * that the end of an acknowledgement goes on where it stood.
 *
 * A route may hold at some times only; at others it is passed over. This is looked at anew
 * as time goes on: what is still open when a route begins to hold is told by it then.
 *
 * A route may have its incidents told together (alert_group.c): those that are alike in the
 * labels of `by`, and those of level info once in a while. */
#ifndef COLLECTOR_CORE_ROUTE_H
#define COLLECTOR_CORE_ROUTE_H

#include "collector/core/matcher.h"
#include "collector/core/zone.h"
#include "common/core/clock.h"
#include "common/core/limits.h"

enum {
	ROUTE_STEPS = 4
};

struct route_step {
	int64_t after_ns;
	uint32_t channels; /* a bit each */
};

/* Defaults of the two waits of a group. */
#define ROUTE_GROUP_WAIT_NS     (30 * CLOCK_NS_PER_S)
#define ROUTE_GROUP_INTERVAL_NS (300 * CLOCK_NS_PER_S)

struct route_group {
	bool is_on;
	uint32_t by;         /* a bit per enum label; 0: all incidents of the route */
	int64_t wait_ns;     /* from the first incident to the message */
	int64_t interval_ns; /* between messages, rises of the level apart */
	int64_t
	    digest_ns; /* incidents of level info are told so often; 0 = as others */
};

/* When a route holds: on days (bit 0 = Monday), from one time of day to another. A span that
 * ends at or before its begin goes over midnight, and belongs to the day it begins on. The
 * times are those clocks show: one that is skipped or comes twice is no matter here. */
struct route_when {
	uint8_t days; /* 0: always */
	int32_t from_s;
	int32_t to_s;
	const struct zone *zone; /* borrowed, as long as the route */
};

struct route {
	struct matcher matcher;
	struct route_when when;
	struct route_group group;
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

bool route_when_holds(const struct route_when *when, struct wall now);

/* When each of `len` channels may be told at the earliest: MONO_NEVER for those that are not
 * meant, as far as can be said now. `out_by` is the first route that means the channel,
 * NULL for none, as without any route. */
void routes_at(const struct route *route, size_t route_len,
    const struct route_subject *subject, struct mono *out_at,
    const struct route **out_by, size_t len);

#endif
