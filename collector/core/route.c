#include "collector/core/route.h"

#include "collector/core/civil.h"

#include <assert.h>

static void
bring_forward(struct mono *at, size_t len, uint32_t channels, struct mono to)
{
	for (size_t i = 0; i < len; i++) {
		if ((channels >> i & 1) != 0) {
			at[i] = mono_min(at[i], to);
		}
	}
}

bool
route_when_holds(const struct route_when *when, struct wall now)
{
	int64_t at_s = now.ns / CLOCK_NS_PER_S;
	int64_t local_s;
	int64_t day;
	int64_t of_day;
	unsigned today;

	if (when->days == 0) {
		return true;
	}
	local_s = at_s + zone_offset(when->zone, at_s);
	day = civil_day_of(local_s);
	of_day = local_s - day * CIVIL_DAY_S;
	today = civil_weekday(day);
	if (when->from_s < when->to_s) {
		return (when->days >> today & 1) != 0 && of_day >= when->from_s &&
		       of_day < when->to_s;
	}
	return ((when->days >> today & 1) != 0 && of_day >= when->from_s) ||
	       ((when->days >> (today + 6) % 7 & 1) != 0 && of_day < when->to_s);
}

/* All channels a route may ever mean. */
static uint32_t
all_channels(const struct route *route)
{
	uint32_t channels = route->channels;

	for (size_t i = 0; i < route->step_len; i++) {
		channels |= route->step[i].channels;
	}
	return channels;
}

static void
take(const struct route *route, const struct route_subject *subject, struct mono *at,
    size_t len)
{
	bring_forward(at, len, route->channels, subject->first_at);
	for (size_t i = 0; i < route->step_len; i++) {
		const struct route_step *step = &route->step[i];
		int64_t left_ns = step->after_ns - subject->unattended_ns;

		if (left_ns <= 0) {
			bring_forward(at, len, step->channels, subject->first_at);
		} else if (subject->clock_runs) {
			bring_forward(at, len, step->channels,
			    mono_add(subject->now.mono, left_ns));
		}
	}
}

void
routes_at(const struct route *route, size_t route_len,
    const struct route_subject *subject, struct mono *out_at,
    const struct route **out_by, size_t len)
{
	assert(len <= LIMIT_CHANNELS);
	for (size_t i = 0; i < len; i++) {
		out_at[i] = route_len == 0 ? subject->first_at : MONO_NEVER;
		out_by[i] = NULL;
	}
	for (size_t i = 0; i < route_len; i++) {
		if (!route_when_holds(&route[i].when, subject->now.wall) ||
		    !matcher_fits(&route[i].matcher, subject->labels)) {
			continue;
		}
		take(&route[i], subject, out_at, len);
		for (size_t k = 0; k < len; k++) {
			if (out_by[k] == NULL &&
			    (all_channels(&route[i]) >> k & 1) != 0) {
				out_by[k] = &route[i];
			}
		}
		if (!route[i].goes_on) {
			return;
		}
	}
}
