/* May an incident be told now, and to whom: silences, maintenance, causes, acknowledgements
 * and routes, looked at anew in every step. Nothing of it touches the incident itself. */
#include "collector/core/alert_internal.h"
#include "collector/core/inhibit.h"

#include <assert.h>
#include <string.h>

/* What hangs on the wall's clock is looked at so often, because that clock may be set. */
#define LOOK_NS (10 * CLOCK_NS_PER_S)

static bool
is_open(const struct ledger_line *line)
{
	return line->incident.state == INCIDENT_OPEN;
}

/* The widest open cause, or NULL; `*out_over_at` is when the last of those that are over was
 * resolved. */
static const struct incident *
find_cause(const struct alerts *alerts, const struct ledger_line *line,
    struct mono *out_over_at)
{
	const struct ledger *ledger = &alerts->ledger;

	*out_over_at = line->since_at;
	for (size_t i = 0; i < ledger->len; i++) {
		const struct ledger_line *other = &ledger->line[i];

		if (other == line || other->incident.is_past ||
		    !inhibit_explains(
			&other->incident, &line->incident, alerts->conf.topology)) {
			continue;
		}
		if (is_open(other)) {
			return &other->incident;
		}
		if (mono_before(*out_over_at, other->over_at)) {
			*out_over_at = other->over_at;
		}
	}
	return NULL;
}

static void
ask_mutes(const struct alerts *alerts, const struct labels *labels, struct now now,
    struct alert_gate *gate)
{
	struct wall look_at = {INT64_MAX};
	const struct mute *mute =
	    mutes_find(&alerts->mutes, labels, now.wall, &look_at);
	const struct mute *plan =
	    mutes_find(&alerts->planned, labels, now.wall, &look_at);

	if (mute == NULL || (plan != NULL && plan->kind > mute->kind)) {
		mute = plan;
	}
	if (mute != NULL) {
		gate->mute = mute->kind == MUTE_MAINTENANCE ? LEDGER_MAINTENANCE
							    : LEDGER_SILENCED;
		gate->by = mute->id;
	}
	if (look_at.ns != INT64_MAX) {
		int64_t wait_ns = wall_since(look_at, now.wall);

		gate->look_at =
		    mono_add(now.mono, wait_ns < LOOK_NS ? wait_ns : LOOK_NS);
	}
}

static void
ask_causes(const struct alerts *alerts, const struct ledger_line *line,
    struct alert_gate *gate)
{
	struct mono over_at;
	const struct incident *cause;

	if (!inhibit_can_be(&line->incident)) {
		return;
	}
	cause = find_cause(alerts, line, &over_at);
	if (cause != NULL) {
		gate->mute = LEDGER_INHIBITED;
		gate->by = cause->id;
		return;
	}
	/* A cause may be found a little later than its consequence, and a consequence may end
	 * a little later than its cause. */
	gate->first_at = mono_add(over_at, alerts->conf.inhibit_wait_ns);
}

void
alert_gate_look(const struct alerts *alerts, const struct ledger_line *line,
    struct now now, struct alert_gate *out)
{
	const struct incident *incident = &line->incident;
	const struct ack *ack = acks_find(&alerts->acks, incident, now.mono);

	*out = (struct alert_gate){.first_at = {INT64_MIN}, .look_at = MONO_NEVER};
	labels_of(&out->labels, incident, alerts->conf.topology);
	if (!is_open(line)) {
		return;
	}
	ask_mutes(alerts, &out->labels, now, out);
	if (out->mute == LEDGER_HEARD) {
		ask_causes(alerts, line, out);
	}
	if (ack != NULL) {
		out->is_acked = true;
		out->look_at = mono_min(out->look_at, ack->until);
	}
}

/* The clock as it stands at `now`. What is kept of it changes only when it starts and stops:
 * looking more often, as after a restart, must not leave another state. */
static int64_t
run_clock(struct ledger_line *line, bool runs, struct mono now)
{
	int64_t run_ns = line->clock_runs ? mono_since(now, line->clock_at) : 0;
	int64_t unattended_ns = clock_add_ns(line->unattended_ns, run_ns);

	if (runs != line->clock_runs) {
		line->unattended_ns = unattended_ns;
		line->clock_at = now;
		line->clock_runs = runs;
	}
	return unattended_ns;
}

void
alert_gate_pass(const struct alerts *alerts, struct ledger_line *line, struct now now,
    struct alert_gate *gate)
{
	struct route_subject subject = {
	    .labels = &gate->labels, .now = now, .first_at = gate->first_at};

	for (size_t i = 0; i < alerts->conf.route_len && is_open(line); i++) {
		if (alerts->conf.route[i].when.days != 0) {
			gate->look_at =
			    mono_min(gate->look_at, mono_add(now.mono, LOOK_NS));
		}
	}
	subject.clock_runs =
	    is_open(line) && gate->mute == LEDGER_HEARD && !gate->is_acked;
	subject.unattended_ns = run_clock(line, subject.clock_runs, now.mono);
	routes_at(alerts->conf.route, alerts->conf.route_len, &subject,
	    gate->channel_at, gate->channel_by, alerts->conf.channel_len);
}

enum err
alerts_mute(
    struct alerts *alerts, const struct mute *mute, struct now now, uint64_t *out_id)
{
	alerts->deadline = mono_min(alerts->deadline, now.mono);
	return mutes_add(&alerts->mutes, mute, now.wall, out_id);
}

enum err
alerts_unmute(struct alerts *alerts, uint64_t id, enum mute_kind kind, struct now now)
{
	alerts->deadline = mono_min(alerts->deadline, now.mono);
	return mutes_expire(&alerts->mutes, id, kind);
}

enum err
alerts_ack(struct alerts *alerts, struct ack *ack, struct now now)
{
	size_t at = ledger_find(&alerts->ledger, ack->incident);

	if (at == LEDGER_LINES || !is_open(&alerts->ledger.line[at])) {
		return ERR_NOTFOUND;
	}
	ack->level = alerts->ledger.line[at].incident.level;
	alerts->deadline = mono_min(alerts->deadline, now.mono);
	return acks_put(&alerts->acks, ack);
}

enum err
alerts_unack(struct alerts *alerts, uint64_t incident, struct now now)
{
	alerts->deadline = mono_min(alerts->deadline, now.mono);
	return acks_remove(&alerts->acks, incident) ? ERR_OK : ERR_NOTFOUND;
}

const struct mutes *
alerts_mutes(const struct alerts *alerts)
{
	return &alerts->mutes;
}

void
alert_gate_plan(struct alerts *alerts)
{
	struct mutes *planned = &alerts->planned;

	memset(planned, 0, sizeof(*planned));
	assert(alerts->conf.plan_len <= MUTES_MAX);
	planned->len = alerts->conf.plan_len;
	for (size_t i = 0; i < planned->len; i++) {
		planned->item[i] = alerts->conf.plan[i];
		planned->item[i].kind = MUTE_MAINTENANCE;
		planned->item[i].id = MUTE_PLANNED_FIRST + i;
		/* over: the next sweep finds the occurrence */
		planned->item[i].end_at = (struct wall){INT64_MIN};
	}
}

const struct mutes *
alerts_planned(const struct alerts *alerts)
{
	return &alerts->planned;
}

const struct acks *
alerts_acks(const struct alerts *alerts)
{
	return &alerts->acks;
}

void
alerts_review(struct alerts *alerts, const struct review *review)
{
	reviews_put(&alerts->reviews, review);
}

const struct reviews *
alerts_reviews(const struct alerts *alerts)
{
	return &alerts->reviews;
}
