#include "tests/support/api_windows.h"

#include "collector/core/civil.h"

#include <assert.h>
#include <stdio.h>

#define PUT(field, text) (void)snprintf((field), sizeof(field), "%s", (text))

void
api_windows_fill(struct mute mutes[API_WINDOWS], struct wall from)
{
	static const char *const rules[] = {
	    "FREQ=DAILY;COUNT=3", "FREQ=MONTHLY;BYDAY=-1SU"};
	char why[MATCHER_WHY_BYTES];
	int64_t start_s = 0;

	for (size_t i = 0; i < 2; i++) {
		struct mute *mute = &mutes[i];

		mute->kind = MUTE_MAINTENANCE;
		mute->id = i == 0 ? 3 : MUTE_PLANNED_FIRST;
		mute->length_ns = 2 * 3600 * CLOCK_NS_PER_S;
		zone_utc(&mute->zone);
		PUT(mute->zone.name, "Europe/Berlin");
		PUT(mute->author, i == 0 ? "alice" : "collector.yaml");
		PUT(mute->reason, i == 0 ? "upgrades" : "");
		PUT(mute->name, i == 0 ? "" : "last-sunday");
		assert(matcher_parse(
		    i == 0 ? "target=nano-*" : "all", &mute->matcher, why));
		assert(zone_set_rule(&mute->zone, "CET-1CEST,M3.5.0,M10.5.0/3"));
		assert(civil_read("2026-10-24T02:30", &start_s));
		assert(recur_read(rules[i], start_s, &mute->recur, why));
	}
	mutes[2] = (struct mute){.kind = MUTE_SILENCE,
	    .id = 4,
	    .begin_at = from,
	    .end_at = wall_add(from, 4200 * CLOCK_NS_PER_S),
	    .made_at = from};
	PUT(mutes[2].author, "bob");
}
