/* What others say: to the judge as a prior, and to the story of the incidents it is about. */
#include "collector/core/collector_internal.h"
#include "collector/core/testimony.h"
#include "common/core/text.h"

#include <stdio.h>
#include <string.h>

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

/* The targets of an incident that their pages would admit; none when it is ours, or over. */
static uint64_t
their_targets(const struct collector *collector, const struct incident *incident)
{
	const struct topology *topology = collector->topology;
	bool is_provider = incident->scope_kind == SCOPE_PROVIDER;
	uint64_t mask = 0;

	if (incident->state != INCIDENT_OPEN ||
	    verdict_blame(incident->verdict) != BLAME_THEM) {
		return 0;
	}
	for (uint16_t t = 0; t < topology->target_len; t++) {
		const struct topology_target *target = &topology->target[t];
		bool is_one = is_provider
				  ? strcmp(target->provider, incident->scope_name) == 0
				  : strcmp(target->name, incident->target) == 0;

		mask |= is_one ? UINT64_C(1) << t : 0;
	}
	return mask;
}

/* What source number `i` says about any of the targets; false when it says nothing. */
static bool
testify(const struct collector *collector, uint16_t i, uint64_t targets, struct now now,
    struct testimony *out)
{
	for (uint16_t t = 0; t < collector->topology->target_len; t++) {
		if ((targets >> t & 1U) != 0 &&
		    sources_testify(collector->sources, i, t, now.mono, out) &&
		    out->state != EXTERNAL_UNKNOWN) {
			return true;
		}
	}
	return false;
}

void
collector_tell_claims(
    struct collector *collector, struct now now, struct effects *effects)
{
	uint64_t changed = collector->claims_changed;
	const struct incident *incident;
	unsigned told = 0;

	collector->claims_changed = 0;
	for (size_t k = 0;
	     changed != 0 && (incident = incidents_at(collector->incidents, k)) != NULL;
	     k++) {
		uint64_t targets = their_targets(collector, incident);

		for (uint16_t i = 0; i < sources_len(collector->sources); i++) {
			struct testimony testimony;

			if (told < CLAIMS_TOLD && (changed >> (i & 63U) & 1U) != 0 &&
			    testify(collector, i, targets, now, &testimony)) {
				told++;
				tell_claim(
				    collector, incident, &testimony, i, now, effects);
			}
		}
	}
}
