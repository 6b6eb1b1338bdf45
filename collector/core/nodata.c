#include "collector/core/nodata.h"

#include "collector/core/lifecycle.h"

/* An agent whose silence an open finding tells or explains. */
static bool
is_told(const struct correlate *engine, uint16_t agent)
{
	for (size_t i = 0; i < CORRELATE_FINDINGS; i++) {
		const struct slot *slot = &engine->slot[i];
		enum verdict verdict = slot->finding.suspect;
		bool is_network = verdict == VERDICT_REGION_NETWORK ||
				  verdict == VERDICT_SHARED_PATH ||
				  verdict == VERDICT_AGENT_FAULT;

		if (!slot->is_used || !slot->finding.open) {
			continue;
		}
		if (slot->hypothesis == HYPOTHESIS_NONE
			? silence_in_scope(engine->topology, slot->finding.scope, agent)
			: is_network && hypothesis_holds(
					    &engine->table, slot->hypothesis, agent)) {
			return true;
		}
	}
	return false;
}

static uint16_t
count_reporting(const struct correlate *engine)
{
	uint16_t reporting = 0;

	for (uint16_t a = 0; a < engine->topology->agent_len; a++) {
		reporting =
		    (uint16_t)(reporting + (engine->silence.is_silent[a] ? 0 : 1));
	}
	return reporting;
}

/* True when every silent agent of `inner` belongs to `outer` too. */
static bool
is_within(const struct topology *topology, struct scope inner, struct scope outer)
{
	if (outer.kind == SCOPE_FLEET) {
		return true;
	}
	return inner.kind == SCOPE_AGENT && outer.kind == SCOPE_REGION &&
	       topology->agent[inner.index].region == outer.index;
}

/* Tells a silence: a narrower finding grows, further ones inside it end. */
static void
tell_silence(struct correlate *engine, struct scope scope, struct mono now)
{
	struct slot *grown = NULL;

	for (size_t i = 0; i < CORRELATE_FINDINGS && lifecycle_has_room(engine); i++) {
		struct slot *slot = &engine->slot[i];

		if (!slot->is_used || !slot->finding.open ||
		    slot->hypothesis != HYPOTHESIS_NONE ||
		    !is_within(engine->topology, slot->finding.scope, scope)) {
			continue;
		}
		if (grown != NULL) {
			lifecycle_close(engine, slot, now);
			slot->is_used = false;
			continue;
		}
		grown = slot;
		slot->finding.scope = scope;
		slot->clear_since = MONO_NEVER;
		slot->finding.agents_reporting = count_reporting(engine);
		lifecycle_tell(engine, slot, FINDING_UPDATED, now);
	}
	if (grown != NULL || !lifecycle_has_room(engine)) {
		return;
	}
	grown = lifecycle_take(engine);
	if (grown == NULL) {
		return;
	}
	grown->clear_since = MONO_NEVER;
	grown->finding.verdict = VERDICT_NO_DATA;
	grown->finding.suspect = VERDICT_NO_DATA;
	grown->finding.scope = scope;
	grown->finding.confidence_ppm = 1000000;
	grown->finding.onset_at =
	    mono_add(engine->silence.waiting_since, -engine->tempo.silent_ns);
	grown->finding.opened_at = now;
	grown->finding.agents_reporting = count_reporting(engine);
	grown->finding.agents_total = engine->topology->agent_len;
	grown->finding.open = true;
	lifecycle_tell(engine, grown, FINDING_OPENED, now);
}

/* Ends when nobody in scope has been silent for an interval: by then what had been kept
 * has arrived and has been weighed. */
static void
end_silence(struct correlate *engine, struct slot *slot, struct mono now)
{
	bool is_silent = false;

	for (uint16_t a = 0; a < engine->topology->agent_len; a++) {
		is_silent = is_silent || (engine->silence.is_silent[a] &&
					     silence_in_scope(engine->topology,
						 slot->finding.scope, a));
	}
	if (is_silent) {
		slot->clear_since = MONO_NEVER;
		return;
	}
	slot->clear_since = mono_min(slot->clear_since, now);
	if (mono_since(now, slot->clear_since) >= engine->tempo.group_ns) {
		slot->finding.agents_reporting = count_reporting(engine);
		lifecycle_close(engine, slot, now);
		slot->is_used = false;
	}
}

void
nodata_step(struct correlate *engine, struct mono now)
{
	struct scope scope[SILENCE_SCOPES];
	size_t len;

	for (uint16_t a = 0; a < engine->topology->agent_len; a++) {
		engine->silence.is_told[a] = is_told(engine, a);
	}
	len = silence_scopes(&engine->silence, &engine->tempo, now, scope);
	for (size_t i = 0; i < len; i++) {
		if (!lifecycle_has_room(engine)) {
			engine->has_more = true;
			return;
		}
		tell_silence(engine, scope[i], now);
	}
	for (size_t i = 0; i < CORRELATE_FINDINGS; i++) {
		struct slot *slot = &engine->slot[i];

		if (slot->is_used && slot->finding.open &&
		    slot->hypothesis == HYPOTHESIS_NONE && lifecycle_has_room(engine)) {
			end_silence(engine, slot, now);
		}
	}
}
