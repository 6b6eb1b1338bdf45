#include "collector/core/engine_slots.h"
#include "collector/core/lifecycle.h"

#include <string.h>

/* Beyond any count we write; sums of a few cannot overflow. */
#define COUNT_MAX (INT64_C(1) << 48)

static void
put_finding(struct buf *buf, const struct finding *finding)
{
	buf_put_varint(buf, finding->id);
	buf_put_varint(buf, finding->verdict);
	buf_put_varint(buf, finding->suspect);
	names_put_scope(buf, finding->scope);
	buf_put_varint(buf, finding->rival);
	names_put_scope(buf, finding->rival_scope);
	buf_put_varint(buf, finding->confidence_ppm);
	buf_put_varint(buf, finding->rival_ppm);
	buf_put_varint(buf, finding->rate_ppm);
	buf_put_signed(buf, finding->statistic_mnats);
	buf_put_signed(buf, finding->threshold_mnats);
	buf_put_signed(buf, finding->onset_at.ns);
	buf_put_signed(buf, finding->opened_at.ns);
	buf_put_signed(buf, finding->changed_at.ns);
	buf_put_varint(buf, finding->agents_reporting);
	buf_put_varint(buf, finding->agents_total);
	buf_put_varint(buf, finding->regions_bad);
	buf_put_varint(buf, finding->regions_good);
	buf_put_varint(buf, (finding->open ? 1U : 0U) + (finding->is_past ? 2U : 0U) +
				(finding->is_flapping ? 4U : 0U));
	buf_put_varint(buf, finding->targets);
	buf_put_varint(buf, finding->evidence_len);
	for (uint16_t i = 0; i < finding->evidence_len; i++) {
		const struct evidence_line *line = &finding->evidence[i];

		buf_put_varint(buf, line->role);
		buf_put_varint(buf, line->outcome);
		buf_put_varint(buf, line->phase);
		buf_put_varint(buf, line->target);
		buf_put_varint(buf, line->count);
		buf_put_signed(buf, line->mnats);
		buf_put_signed(buf, line->rival_mnats);
		buf_put_varint(buf, line->region_mask);
	}
	course_save(&finding->course, buf);
}

static uint64_t
get_below(struct buf *buf, uint64_t end)
{
	uint64_t value = buf_get_varint(buf);

	if (value >= end) {
		buf->failed = true;
		return 0;
	}
	return value;
}

static void
get_lines(struct buf *buf, const struct names *names, struct finding *out)
{
	out->evidence_len = (uint16_t)get_below(buf, CORRELATE_EVIDENCE + 1);
	for (uint16_t i = 0; i < out->evidence_len && buf_ok(buf); i++) {
		struct evidence_line *line = &out->evidence[i];

		line->role = (enum probe_role)get_below(buf, ROLE_COUNT + 1);
		line->outcome = (enum outcome)get_below(buf, OUTCOME_COUNT);
		line->phase = (enum phase)get_below(buf, PHASE_COUNT);
		line->target =
		    names_map(names->target, names->target_len, buf_get_varint(buf));
		line->count = (uint32_t)buf_get_varint(buf);
		line->mnats = (int32_t)buf_get_signed(buf);
		line->rival_mnats = (int32_t)buf_get_signed(buf);
		line->region_mask = names_map_mask(
		    names->region, names->region_len, buf_get_varint(buf));
	}
}

/* False when the finding's scope is not there any more. */
static bool
get_finding(struct buf *buf, const struct names *names, struct finding *out)
{
	bool is_there;
	uint64_t marks;

	*out = (struct finding){.id = buf_get_varint(buf)};
	out->verdict = (enum verdict)get_below(buf, VERDICT_COUNT);
	out->suspect = (enum verdict)get_below(buf, VERDICT_COUNT);
	is_there = names_get_scope(buf, names, &out->scope);
	out->rival = (enum verdict)get_below(buf, VERDICT_COUNT);
	if (!names_get_scope(buf, names, &out->rival_scope)) {
		out->rival = VERDICT_HEALTHY;
	}
	out->confidence_ppm = (uint32_t)buf_get_varint(buf);
	out->rival_ppm = (uint32_t)buf_get_varint(buf);
	out->rate_ppm = (uint32_t)buf_get_varint(buf);
	out->statistic_mnats = (int32_t)buf_get_signed(buf);
	out->threshold_mnats = (int32_t)buf_get_signed(buf);
	out->onset_at.ns = buf_get_signed(buf);
	out->opened_at.ns = buf_get_signed(buf);
	out->changed_at.ns = buf_get_signed(buf);
	out->agents_reporting = (uint16_t)buf_get_varint(buf);
	out->agents_total = (uint16_t)buf_get_varint(buf);
	out->regions_bad =
	    names_map_mask(names->region, names->region_len, buf_get_varint(buf));
	out->regions_good =
	    names_map_mask(names->region, names->region_len, buf_get_varint(buf));
	marks = buf_get_varint(buf);
	out->open = (marks & 1) != 0;
	out->is_past = (marks & 2) != 0;
	out->is_flapping = (marks & 4) != 0;
	if (names->version > 2) {
		out->targets = names_map_mask(
		    names->target, names->target_len, buf_get_varint(buf));
	}
	get_lines(buf, names, out);
	if (names->version > 1) {
		course_load(&out->course, buf);
	}
	return is_there;
}

static struct mono
later(struct mono a, struct mono b)
{
	return mono_before(a, b) ? b : a;
}

static bool
is_zero(const struct sibling *sibling)
{
	return sibling->recovery_mnats == 0 && sibling->recovery_next == 0 &&
	       sibling->last_bad_at.ns == 0;
}

/* Those of a provider's fault; of others there are none. */
static void
put_siblings(const struct correlate *engine, struct buf *buf, const struct slot *slot)
{
	uint64_t mask = 0;

	for (uint16_t t = 0; t < engine->topology->target_len; t++) {
		mask |= is_zero(&slot->sibling[t]) ? 0 : UINT64_C(1) << t;
	}
	buf_put_varint(buf, mask);
	for (; mask != 0; mask &= mask - 1) {
		const struct sibling *sibling = &slot->sibling[__builtin_ctzll(mask)];

		buf_put_signed(buf, sibling->recovery_mnats);
		buf_put_signed(buf, sibling->recovery_next);
		buf_put_signed(buf, sibling->last_bad_at.ns);
	}
}

static void
get_siblings(struct buf *buf, const struct names *names, struct slot *slot)
{
	uint64_t mask = names->version > 2 ? buf_get_varint(buf) : 0;

	for (; mask != 0 && buf_ok(buf); mask &= mask - 1) {
		uint16_t target = names_map(
		    names->target, names->target_len, (unsigned)__builtin_ctzll(mask));
		struct sibling sibling = {
		    .recovery_mnats = buf_get_signed(buf) % COUNT_MAX};

		sibling.recovery_next = buf_get_signed(buf) % COUNT_MAX;
		sibling.last_bad_at.ns = buf_get_signed(buf);
		if (target != TOPOLOGY_NONE) {
			slot->sibling[target] = sibling;
		}
	}
	if (slot->finding.scope.kind != SCOPE_PROVIDER) {
		slot->finding.targets = 0; /* the one that is left */
		memset(slot->sibling, 0, sizeof(slot->sibling));
	}
}

static void
put_slot(const struct correlate *engine, struct buf *buf, const struct slot *slot)
{
	uint64_t len = 0;

	put_finding(buf, &slot->finding);
	buf_put_varint(buf, slot->hypothesis != HYPOTHESIS_NONE ? 1 : 0);
	if (slot->hypothesis != HYPOTHESIS_NONE) {
		names_put_hypothesis(engine, buf, slot->hypothesis);
	}
	buf_put_signed(buf, slot->bad);
	buf_put_signed(buf, slot->good);
	buf_put_signed(buf, slot->recovery_mnats);
	buf_put_signed(buf, slot->recovery_next);
	buf_put_signed(buf, slot->last_bad_at.ns);
	buf_put_signed(buf, slot->closed_at.ns);
	buf_put_signed(buf, slot->clear_since.ns);
	buf_put_varint(buf, slot->reopened);
	buf_put_varint(buf, slot->is_unknown ? 1 : 0);
	put_siblings(engine, buf, slot);
	for (uint32_t h = 0; h < engine->table.len; h++) {
		len += slot->lambda[h] != 0 ? 1 : 0;
	}
	buf_put_varint(buf, len);
	for (uint32_t h = 0; h < engine->table.len; h++) {
		if (slot->lambda[h] != 0) {
			names_put_hypothesis(engine, buf, h);
			buf_put_signed(buf, slot->lambda[h]);
		}
	}
}

static void
get_lambda(struct correlate *engine, struct buf *buf, const struct names *names,
    const struct slot *slot)
{
	uint64_t len = buf_get_varint(buf);

	for (uint64_t i = 0; i < len && buf_ok(buf); i++) {
		uint32_t h = names_get_hypothesis(engine, buf, names);
		int64_t value = buf_get_signed(buf);

		if (value > INT32_MAX / 2 || value < INT32_MIN / 2) {
			buf->failed = true;
		} else if (h != HYPOTHESIS_NONE) {
			slot->lambda[h] = (int32_t)value;
		}
	}
}

static void
get_slot(struct correlate *engine, struct buf *buf, const struct names *names,
    struct slot *slot)
{
	struct names heirs = *names;
	bool is_there;

	heirs.takes_rest = true;
	is_there = get_finding(buf, &heirs, &slot->finding);

	slot->hypothesis = HYPOTHESIS_NONE;
	if (get_below(buf, 2) == 1) {
		slot->hypothesis = names_get_hypothesis(engine, buf, &heirs);
		is_there = is_there && slot->hypothesis != HYPOTHESIS_NONE;
	}
	slot->bad = buf_get_signed(buf) % COUNT_MAX;
	slot->good = buf_get_signed(buf) % COUNT_MAX;
	slot->recovery_mnats = buf_get_signed(buf) % COUNT_MAX;
	slot->recovery_next = buf_get_signed(buf) % COUNT_MAX;
	slot->last_bad_at.ns = buf_get_signed(buf);
	slot->closed_at.ns = buf_get_signed(buf);
	slot->clear_since.ns = buf_get_signed(buf);
	slot->reopened = (uint32_t)get_below(buf, UINT32_MAX);
	slot->is_unknown = get_below(buf, 2) == 1;
	get_siblings(buf, names, slot);
	get_lambda(engine, buf, names, slot);
	slot->is_used = is_there && buf_ok(buf);
	if (slot->is_used && slot->hypothesis != HYPOTHESIS_NONE) {
		lifecycle_set_scope(engine, slot);
	}
}

void
engine_slots_put(const struct correlate *engine, struct buf *buf)
{
	uint64_t used = 0;

	for (size_t i = 0; i < CORRELATE_FINDINGS; i++) {
		used += engine->slot[i].is_used ? 1 : 0;
	}
	buf_put_varint(buf, used);
	for (size_t i = 0; i < CORRELATE_FINDINGS; i++) {
		if (engine->slot[i].is_used) {
			buf_put_varint(buf, i);
			put_slot(engine, buf, &engine->slot[i]);
		}
	}
}

void
engine_slots_get(struct correlate *engine, struct buf *buf, const struct names *names)
{
	uint64_t used = get_below(buf, CORRELATE_FINDINGS + 1);

	for (uint64_t i = 0; i < used && buf_ok(buf); i++) {
		uint64_t at = get_below(buf, CORRELATE_FINDINGS);

		get_slot(engine, buf, names, &engine->slot[at]);
	}
}

static void
recut_siblings(struct slot *slot, struct mono saved_at)
{
	for (size_t t = 0; t < LIMIT_TARGETS; t++) {
		struct sibling *sibling = &slot->sibling[t];

		if (!is_zero(sibling)) {
			*sibling = (struct sibling){
			    .last_bad_at = later(sibling->last_bad_at, saved_at)};
		}
	}
}

void
engine_slots_recut(struct correlate *engine, struct mono saved_at)
{
	for (size_t i = 0; i < CORRELATE_FINDINGS; i++) {
		struct slot *slot = &engine->slot[i];

		if (slot->is_used && slot->finding.open &&
		    slot->hypothesis != HYPOTHESIS_NONE) {
			slot->recovery_mnats = 0;
			slot->recovery_next = 0;
			slot->last_bad_at = later(slot->last_bad_at, saved_at);
			recut_siblings(slot, saved_at);
		}
	}
}
