#include "collector/core/siblings.h"

#include <string.h>

static bool
is_of_provider(const struct correlate *engine, uint32_t hypothesis)
{
	return hypothesis != HYPOTHESIS_NONE &&
	       engine->table.at[hypothesis].scope_kind == SCOPE_PROVIDER;
}

/* Evidence that this target shows the provider's fault. */
static int32_t
shown_mnats(const struct correlate *engine, const struct slot *slot,
    const int32_t *lambda, uint16_t target)
{
	uint32_t own = hypothesis_of_target(&engine->table, slot->hypothesis, target);

	return own == HYPOTHESIS_NONE ? 0 : lambda[own];
}

void
siblings_adopt(const struct correlate *engine, struct slot *slot, const int32_t *lambda)
{
	slot->finding.targets = 0;
	memset(slot->sibling, 0, sizeof(slot->sibling));
	if (!is_of_provider(engine, slot->hypothesis)) {
		return;
	}
	for (uint16_t t = 0; t < engine->topology->target_len; t++) {
		if (!hypothesis_concerns(&engine->table, slot->hypothesis, t)) {
			continue;
		}
		slot->sibling[t].last_bad_at = slot->last_bad_at;
		if (shown_mnats(engine, slot, lambda, t) >= POSTERIOR_HINTS_MNATS) {
			slot->finding.targets |= UINT64_C(1) << t;
		}
	}
}

void
siblings_account(
    const struct correlate *engine, struct slot *slot, const struct weighed *weighed)
{
	const struct hypotheses *table = &engine->table;
	uint16_t row = table->at[slot->hypothesis].row;
	struct sibling *sibling;

	if (!is_of_provider(engine, slot->hypothesis) ||
	    weighed->target == TOPOLOGY_NONE) {
		return;
	}
	sibling = &slot->sibling[weighed->target];
	sibling->recovery_next -= hypotheses_weight(table, WEIGHING_FULL,
	    weighed->witness, weighed->symptom, weighed->target)[row];
	if (table->is_bad[row][weighed->witness][weighed->symptom] &&
	    weighed->is_live && mono_before(sibling->last_bad_at, weighed->at)) {
		sibling->last_bad_at = weighed->at;
	}
}

/* Of the targets that show it: which are well again, and which failed only just now. */
struct census {
	uint64_t back;
	uint64_t left;
	int64_t recovery_mnats; /* of the one that is worst off */
};

static struct census
take_census(const struct correlate *engine, const struct slot *slot, struct mono now)
{
	struct census census = {.recovery_mnats = INT64_MAX};

	for (uint64_t rest = slot->finding.targets; rest != 0; rest &= rest - 1) {
		unsigned t = (unsigned)__builtin_ctzll(rest);
		const struct sibling *sibling = &slot->sibling[t];
		int64_t since_ns = mono_since(now, sibling->last_bad_at);
		bool is_quiet = since_ns >= engine->tempo.quiet_ns;

		if (sibling->recovery_mnats >=
		    (is_quiet ? TEMPO_CLOSE_MNATS : TEMPO_SURE_MNATS)) {
			census.back |= UINT64_C(1) << t;
		} else if (sibling->recovery_mnats < TEMPO_RECOVERING_MNATS &&
			   since_ns < engine->tempo.fresh_ns) {
			census.left |= UINT64_C(1) << t;
		}
		if (sibling->recovery_mnats < census.recovery_mnats) {
			census.recovery_mnats = sibling->recovery_mnats;
		}
	}
	return census;
}

/* Targets that show it now and did not before. */
static uint64_t
find_more(const struct correlate *engine, const struct slot *slot)
{
	uint64_t more = 0;

	for (uint16_t t = 0; t < engine->topology->target_len; t++) {
		if ((slot->finding.targets >> t & 1) == 0 &&
		    hypothesis_concerns(&engine->table, slot->hypothesis, t) &&
		    slot->sibling[t].recovery_mnats == 0 &&
		    shown_mnats(engine, slot, slot->lambda, t) >=
			POSTERIOR_SHOWS_MNATS) {
			more |= UINT64_C(1) << t;
		}
	}
	return more;
}

/* The recovered ones leave it only once every other has just failed: at the end of a fault
 * all recover within an interval or two, and that is no other fault. */
static void
narrow(struct correlate *engine, struct slot *slot, const struct census *census,
    struct mono now)
{
	uint32_t own;

	if (census->back == 0 || census->left == 0 ||
	    (census->back | census->left) != slot->finding.targets) {
		return;
	}
	slot->finding.targets = census->left;
	own = hypothesis_of_target(
	    &engine->table, slot->hypothesis, (uint16_t)__builtin_ctzll(census->left));
	if ((census->left & (census->left - 1)) == 0 && own != HYPOTHESIS_NONE) {
		slot->finding.targets = 0;
		lifecycle_turn(engine, slot, own, now);
		return;
	}
	lifecycle_turn(engine, slot, slot->hypothesis, now);
}

void
siblings_follow(struct correlate *engine, struct slot *slot, struct mono now)
{
	struct census census;
	uint64_t more;

	if (!is_of_provider(engine, slot->hypothesis)) {
		return;
	}
	for (uint16_t t = 0; t < engine->topology->target_len; t++) {
		struct sibling *sibling = &slot->sibling[t];

		sibling->recovery_mnats += sibling->recovery_next;
		sibling->recovery_next = 0;
		if (sibling->recovery_mnats < 0) {
			sibling->recovery_mnats = 0;
		}
	}
	more = find_more(engine, slot);
	if (more != 0) {
		slot->finding.targets |= more;
		lifecycle_turn(engine, slot, slot->hypothesis, now);
	}
	if (slot->finding.targets != 0) {
		census = take_census(engine, slot, now);
		slot->recovery_mnats = census.recovery_mnats;
		narrow(engine, slot, &census, now);
	}
}

bool
siblings_are_kin(const struct correlate *engine, uint32_t a, uint32_t b)
{
	const struct hypotheses *table = &engine->table;
	bool first = is_of_provider(engine, a);
	uint32_t provider = first ? a : b;
	uint32_t target = first ? b : a;

	return first != is_of_provider(engine, b) &&
	       table->at[target].scope_kind == SCOPE_TARGET &&
	       hypothesis_concerns(table, provider, table->at[target].target) &&
	       hypothesis_verdict(table, a) == hypothesis_verdict(table, b);
}

/* The targets that neither the slot nor the detection is about do not speak against it. */
static bool
is_borne_out(
    const struct correlate *engine, uint16_t target, uint32_t provider, uint32_t winner)
{
	for (uint16_t t = 0; t < engine->topology->target_len; t++) {
		uint32_t own = hypothesis_of_target(&engine->table, provider, t);

		if (hypothesis_concerns(&engine->table, provider, t) && t != target &&
		    t != engine->table.at[winner].target && own != HYPOTHESIS_NONE &&
		    engine->lambda[own] <= POSTERIOR_CONTRADICTS_MNATS) {
			return false;
		}
	}
	return true;
}

/* What the slot knew about its target, and what is new about the others. */
static void
add_lambda(struct correlate *engine, struct slot *slot, uint32_t provider)
{
	uint16_t target = engine->table.at[slot->hypothesis].target;
	const struct hypothesis_group *group =
	    &engine->table.group[engine->table.at[provider].group];

	for (uint16_t t = 0; t < engine->topology->target_len; t++) {
		const struct hypothesis_group *own =
		    &engine->table.group[hypotheses_group_of(t)];

		if (t != target && hypothesis_concerns(&engine->table, provider, t)) {
			memcpy(slot->lambda + own->first, engine->lambda + own->first,
			    own->len * sizeof(int32_t));
		}
	}
	for (uint32_t h = group->first; h < group->first + group->len; h++) {
		slot->lambda[h] = 0;
		for (uint16_t t = 0; t < engine->topology->target_len; t++) {
			uint32_t own = hypothesis_of_target(&engine->table, h, t);

			if (hypothesis_concerns(&engine->table, h, t) &&
			    own != HYPOTHESIS_NONE) {
				slot->lambda[h] += slot->lambda[own];
			}
		}
	}
}

bool
siblings_join(
    struct correlate *engine, const struct detection *detection, struct mono now)
{
	uint32_t winner = detection->posterior.winner;

	for (size_t i = 0; i < CORRELATE_FINDINGS; i++) {
		struct slot *slot = &engine->slot[i];
		uint32_t provider;

		if (!slot->is_used || !slot->finding.open ||
		    slot->hypothesis == HYPOTHESIS_NONE || slot->is_unknown ||
		    slot->recovery_mnats >= TEMPO_CLOSE_MNATS) {
			continue;
		}
		provider = hypothesis_of_provider(&engine->table, slot->hypothesis);
		if (provider == HYPOTHESIS_NONE ||
		    !(siblings_are_kin(engine, provider, winner) ||
			engine->table.at[provider].kin ==
			    engine->table.at[winner].kin) ||
		    !is_borne_out(engine, engine->table.at[slot->hypothesis].target,
			provider, winner)) {
			continue;
		}
		add_lambda(engine, slot, provider);
		slot->last_bad_at = now;
		lifecycle_turn(engine, slot, provider, now);
		return true;
	}
	return false;
}
