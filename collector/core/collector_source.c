/* What others say: to the judge as a prior, and to the story of the incidents it is about. */
#include "collector/core/collector_internal.h"
#include "collector/core/testimony.h"
#include "common/core/text.h"

#include <stdio.h>

enum {
	CLAIMS_TOLD = 16 /* most lines that one step writes into stories */
};

void
collector_hear_sources(struct collector *collector, struct now now)
{
	enum external_state said;
	uint16_t probe;

	for (uint16_t i = 0; sources_at(collector->sources, i, now.mono, &probe, &said);
	     i++) {
		if (trust_source(collector->trust, probe, said, now)) {
			collector->claims_changed |= UINT64_C(1) << (i & 63U);
		}
	}
	for (uint16_t i = 0; i < collector->topology->target_len; i++) {
		int32_t shift_mnats =
		    testimony_mnats(collector->sources, collector->trust, i, now.mono);

		if (shift_mnats != collector->shift_mnats[i]) {
			collector->shift_mnats[i] = shift_mnats;
			judge_shift(collector->judge, i, shift_mnats);
		}
	}
}

/* One line of the incident's story: what the page says now, and how long after us. */
static void
tell_claim(struct collector *collector, const struct incident *incident,
    const struct testimony *testimony, uint16_t source, struct now now,
    struct effects *effects)
{
	bool claims = testimony->state == EXTERNAL_INCIDENT;
	int64_t after_s = wall_since(now.wall, incident->opened_at) / CLOCK_NS_PER_S;
	struct timeline_row row = {.at = now.wall,
	    .kind = TIMELINE_SOURCE,
	    .incident = incident->id,
	    .verdict = incident->verdict,
	    .level = incident->level};
	char said[INCIDENT_NOTE_BYTES];
	struct text text;

	sources_say(collector->sources, source, now, said, sizeof(said));
	text_init(&text, row.event, sizeof(row.event));
	text_add(&text, claims ? "admitted" : "withdrawn");
	text_init(&text, row.scope, sizeof(row.scope));
	text_add(&text, incident->scope_text);
	(void)snprintf(row.text, sizeof(row.text),
	    "%s, %lld s after incident %llu opened", said,
	    (long long)(after_s > 0 ? after_s : 0), (unsigned long long)incident->id);
	incidents_timeline(collector->incidents, &row, effects);
}

/* True when the incident is one that the source would admit. */
static bool
is_theirs(const struct collector *collector, const struct incident *incident,
    uint16_t *out_target)
{
	*out_target = topology_target_find(collector->topology, incident->target);
	return incident->state == INCIDENT_OPEN && *out_target != TOPOLOGY_NONE &&
	       verdict_blame(incident->verdict) == BLAME_THEM;
}

void
collector_tell_claims(
    struct collector *collector, struct now now, struct effects *effects)
{
	const struct incident *incident;
	struct testimony testimony;
	uint16_t target;
	unsigned told = 0;

	for (size_t k = 0; collector->claims_changed != 0 &&
			   (incident = incidents_at(collector->incidents, k)) != NULL;
	     k++) {
		if (!is_theirs(collector, incident, &target)) {
			continue;
		}
		for (uint16_t i = 0; sources_testify(
			 collector->sources, i, target, now.mono, &testimony);
		     i++) {
			if (told < CLAIMS_TOLD &&
			    (collector->claims_changed >> (i & 63U) & 1U) != 0 &&
			    testimony.state != EXTERNAL_UNKNOWN) {
				tell_claim(
				    collector, incident, &testimony, i, now, effects);
			}
		}
	}
	collector->claims_changed = 0;
}
