#include "collector/core/intent.h"

#include <assert.h>
#include <string.h>

enum {
	BACKOFF_DOUBLINGS = 5
};

static_assert(VERDICT_COUNT <= 32, "told_verdicts has one bit a verdict");

void
intent_init(struct intent *intent)
{
	memset(intent, 0, sizeof(*intent));
	intent->beliefs = BELIEF_NOTHING;
}

static struct mono
later(struct mono a, struct mono b)
{
	return mono_before(a, b) ? b : a;
}

/* The wait for the next reminder, 0 = none. */
static int64_t
remind_ns(const struct intent *intent, const struct incident *incident,
    const struct intent_policy *policy)
{
	int64_t wait_ns = policy->remind_ns[incident->level];

	if (policy->refresh_ns > 0) {
		return policy->refresh_ns;
	}
	if (wait_ns <= 0) {
		return 0;
	}
	if (wait_ns < policy->cooldown_ns) {
		wait_ns = policy->cooldown_ns;
	}
	for (unsigned i = 0; i < intent->repeats && i < BACKOFF_DOUBLINGS; i++) {
		wait_ns = clock_add_ns(wait_ns, wait_ns);
	}
	return wait_ns;
}

static bool
is_news(const struct intent *intent, const struct incident *incident)
{
	return intent->is_unsure || incident->verdict != intent->told_verdict ||
	       incident->level != intent->told_level ||
	       incident->updates != intent->told_updates;
}

/* The receiver certainly knows the incident as firing: is there news? */
static struct wish
wish_update(const struct intent *intent, const struct incident *incident,
    const struct intent_policy *policy)
{
	struct wish wish = {.kind = MESSAGE_UPDATE, .at = intent->hold_until};
	bool is_named = (intent->told_verdicts >> incident->verdict & 1) != 0;
	int64_t wait_ns = remind_ns(intent, incident, policy);

	if (incident->level > intent->told_level ||
	    (policy->wants_updates && !is_named)) {
		wish.any = true;
		return wish;
	}
	if (policy->is_acked && policy->refresh_ns == 0) {
		return wish;
	}
	if (policy->wants_updates && is_news(intent, incident)) {
		wait_ns = policy->cooldown_ns;
	} else if (wait_ns == 0) {
		return wish;
	}
	wish.any = true;
	wish.at = later(wish.at, mono_add(intent->told_at, wait_ns));
	return wish;
}

struct wish
intent_wish(const struct intent *intent, const struct incident *incident,
    const struct intent_policy *policy)
{
	bool maybe_firing = (intent->beliefs & BELIEF_FIRING) != 0;
	struct wish wish = {.kind = MESSAGE_FIRING, .at = intent->hold_until};

	if (intent->refusals >= INTENT_REFUSALS_MAX) {
		return wish;
	}
	if (incident->state == INCIDENT_RESOLVED) {
		wish.any = maybe_firing;
		wish.kind = MESSAGE_RESOLVED;
		return wish;
	}
	if (policy->is_muted &&
	    (policy->refresh_ns == 0 || intent->beliefs != BELIEF_FIRING)) {
		return wish;
	}
	if (intent->beliefs == BELIEF_FIRING) {
		return wish_update(intent, incident, policy);
	}
	if (maybe_firing) {
		/* Half told: it must be told for certain, but may know it already. */
		wish.any = true;
		wish.kind = MESSAGE_UPDATE;
		return wish;
	}
	wish.any =
	    !incident->is_past && incident->level >= policy->level_min &&
	    (policy->tier_mask == 0 || (policy->tier_mask >> incident->tier & 1) != 0);
	if (policy->first_at.ns == MONO_NEVER.ns) {
		wish.any = false;
	}
	wish.at = later(wish.at, policy->first_at);
	if (incident->is_flapping && intent->beliefs == BELIEF_RESOLVED &&
	    incident->level <= intent->told_level) {
		wish.at =
		    later(wish.at, mono_add(intent->told_at, policy->cooldown_ns));
	}
	return wish;
}

void
intent_delivered(
    struct intent *intent, const struct intent_message *message, struct mono now)
{
	intent->refusals = 0;
	intent->is_unsure = false;
	intent->told_at = now;
	if (message->kind == MESSAGE_RESOLVED) {
		intent->beliefs = BELIEF_RESOLVED;
		return;
	}
	if (message->kind == MESSAGE_UPDATE && message->level <= intent->told_level &&
	    (intent->told_verdicts >> message->verdict & 1) != 0) {
		intent->repeats =
		    (uint8_t)(intent->repeats + (intent->repeats < UINT8_MAX ? 1 : 0));
	} else {
		intent->repeats = 0;
	}
	intent->beliefs = BELIEF_FIRING;
	intent->told_level = message->level;
	intent->told_verdict = message->verdict;
	intent->told_updates = message->updates;
	intent->told_verdicts |= UINT32_C(1) << message->verdict;
}

void
intent_refused(struct intent *intent, const struct intent_message *message,
    bool maybe_delivered, const struct intent_policy *policy, struct mono now)
{
	if (maybe_delivered) {
		intent->is_unsure = true;
		intent->beliefs |=
		    message->kind == MESSAGE_RESOLVED ? BELIEF_RESOLVED : BELIEF_FIRING;
	}
	intent->refusals++;
	intent->hold_until = mono_add(now, policy->cooldown_ns);
}

bool
intent_is_settled(const struct intent *intent, const struct incident *incident)
{
	if (intent->row != 0 || incident->state != INCIDENT_RESOLVED) {
		return false;
	}
	return (intent->beliefs & BELIEF_FIRING) == 0 ||
	       intent->refusals >= INTENT_REFUSALS_MAX;
}

void
intent_encode(const struct intent *intent, struct buf *buf)
{
	buf_put_varint(buf, intent->beliefs);
	buf_put_varint(buf, intent->is_unsure ? 1 : 0);
	buf_put_varint(buf, intent->refusals);
	buf_put_varint(buf, intent->seq);
	buf_put_varint(buf, intent->row);
	buf_put_varint(buf, (uint64_t)intent->told_level);
	buf_put_varint(buf, (uint64_t)intent->told_verdict);
	buf_put_varint(buf, intent->told_updates);
	buf_put_signed(buf, intent->told_at.ns);
	buf_put_varint(buf, intent->told_verdicts);
	buf_put_signed(buf, intent->hold_until.ns);
	buf_put_varint(buf, intent->repeats);
	buf_put_u64(buf, intent->group);
}

static uint64_t
get_most(struct buf *buf, uint64_t most)
{
	uint64_t value = buf_get_varint(buf);

	if (value > most) {
		buf->failed = true;
		return 0;
	}
	return value;
}

void
intent_decode(struct buf *buf, uint64_t version, struct intent *out)
{
	out->beliefs = (uint8_t)get_most(buf, BELIEF_MASK);
	out->is_unsure = get_most(buf, 1) == 1;
	out->refusals = (uint16_t)get_most(buf, UINT16_MAX);
	out->seq = (uint32_t)get_most(buf, UINT32_MAX);
	out->row = buf_get_varint(buf);
	out->told_level = (enum level)get_most(buf, LEVEL_COUNT - 1);
	out->told_verdict = (enum verdict)get_most(buf, VERDICT_COUNT - 1);
	out->told_updates = (uint32_t)get_most(buf, UINT32_MAX);
	out->told_at.ns = buf_get_signed(buf);
	out->told_verdicts = (uint32_t)get_most(buf, UINT32_MAX);
	out->hold_until.ns = buf_get_signed(buf);
	out->repeats = version < 2 ? 0 : (uint8_t)get_most(buf, UINT8_MAX);
	out->group = version < 5 ? 0 : buf_get_u64(buf);
	if (out->beliefs == 0) {
		buf->failed = true;
	}
}
