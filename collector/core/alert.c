#include "collector/core/alert.h"

#include "collector/core/alert_internal.h"
#include "common/core/text.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

size_t
alerts_bytes(const struct alert_conf *conf)
{
	return arena_bytes(1, sizeof(struct alerts)) + ledger_bytes(conf->channel_len) +
	       arena_bytes(
		   (size_t)LEDGER_LINES * conf->channel_len, sizeof(struct alert_note));
}

struct alerts *
alerts_init(struct arena *arena, const struct alert_conf *conf)
{
	struct alerts *alerts = arena_take(arena, 1, sizeof(*alerts));

	assert(conf->channel_len <= LIMIT_CHANNELS);
	if (alerts == NULL || !ledger_init(&alerts->ledger, arena, conf->channel_len)) {
		return NULL;
	}
	alerts->conf = *conf;
	alerts->note = arena_take(
	    arena, (size_t)LEDGER_LINES * conf->channel_len, sizeof(*alerts->note));
	if (alerts->note == NULL) {
		return NULL;
	}
	alerts->deadline = MONO_NEVER;
	alert_gate_plan(alerts);
	return alerts;
}

/* `gate` may be NULL where it does not matter. */
static struct intent_policy
policy_of(const struct alerts *alerts, size_t channel, const struct alert_gate *gate)
{
	struct intent_policy policy = {
	    .level_min = alerts->conf.channel[channel].level_min,
	    .tier_mask = alerts->conf.channel[channel].tier_mask,
	    .wants_updates = alerts->conf.channel[channel].wants_updates,
	    .cooldown_ns = alerts->conf.cooldown_ns,
	};

	memcpy(policy.remind_ns, alerts->conf.remind_ns, sizeof(policy.remind_ns));
	policy.refresh_ns = alerts->conf.channel[channel].refresh_ns;
	if (policy.refresh_ns > 0 && policy.refresh_ns < policy.cooldown_ns) {
		policy.cooldown_ns = policy.refresh_ns;
	}
	if (gate != NULL) {
		policy.is_muted = gate->mute != LEDGER_HEARD;
		policy.is_acked = gate->is_acked;
		policy.first_at = gate->channel_at[channel];
	}
	return policy;
}

/* Others that refuse to be told of this incident are stood in for: what they wanted to know
 * is wanted here. */
static void
stand_in(const struct alerts *alerts, size_t at, size_t channel,
    const struct alert_gate *gate, struct intent_policy *policy)
{
	for (size_t i = 0; i < alerts->conf.channel_len; i++) {
		const struct alert_channel *other = &alerts->conf.channel[i];

		if (other->fallback != channel + 1 ||
		    ledger_intent(&alerts->ledger, at, i)->refusals == 0) {
			continue;
		}
		if (other->level_min < policy->level_min) {
			policy->level_min = other->level_min;
		}
		policy->tier_mask = other->tier_mask == 0 || policy->tier_mask == 0
					? 0
					: policy->tier_mask | other->tier_mask;
		policy->first_at = mono_min(policy->first_at, gate->channel_at[i]);
	}
}

void
alert_tell(struct alert_pass *pass, const struct incident *incident,
    const struct outbox_row *row, const char *event, const char *detail)
{
	struct timeline_row line = {
	    .at = pass->now.wall,
	    .kind = TIMELINE_ALERT,
	    .incident = incident->id,
	    .verdict = incident->verdict,
	    .level = incident->level,
	};
	struct text text;

	text_init(&text, line.event, sizeof(line.event));
	text_add(&text, event);
	text_init(&text, line.scope, sizeof(line.scope));
	text_add(&text, incident->scope_text);
	text_init(&text, line.text, sizeof(line.text));
	if (row != NULL) {
		text_add(&text, row->incident == ALERT_TEST
				    ? "test"
				    : message_kind_name(row->message.kind));
		text_add(&text, " ");
	}
	text_add(&text, event);
	if (row != NULL) {
		text_add(&text, ": ");
		text_add(&text, row->channel_name);
	}
	if (detail[0] != '\0') {
		text_add(&text, ", ");
		text_add(&text, detail);
	}
	if (row != NULL) {
		text_init(&text, line.channel, sizeof(line.channel));
		text_add(&text, row->channel_name);
	}
	incidents_timeline(pass->incidents, &line, pass->effects);
}

/* Its members have no live row any more. */
static void
untie(struct alerts *alerts, const struct outbox_row *row)
{
	for (size_t i = 0; i < row->member_len; i++) {
		size_t at = ledger_find(&alerts->ledger, row->member[i].incident);

		assert(at < LEDGER_LINES);
		ledger_intent(&alerts->ledger, at, row->channel)->row = 0;
	}
}

void
alert_close(struct alert_pass *pass, struct outbox_row *row, enum outbox_status status)
{
	struct alerts *alerts = pass->alerts;

	row->status = status;
	outbox_put(&alerts->outbox, row, pass->now, pass->effects);
	if (row->channel != OUTBOX_NO_CHANNEL) {
		struct alert_channel_state *channel = &alerts->channel[row->channel];

		assert(channel->live > 0);
		untie(alerts, row);
		channel->live--;
		if (channel->in_flight == row->id) {
			channel->in_flight = 0;
		}
	}
	outbox_forget(&alerts->outbox, row);
}

/* The last word on this incident will not reach everybody: somebody has been deaf for so
 * long that new incidents need the room. */
static void
abandon(struct alert_pass *pass, size_t at)
{
	struct alerts *alerts = pass->alerts;

	for (size_t i = 0; i < alerts->conf.channel_len; i++) {
		struct outbox_row *row = outbox_find(
		    &alerts->outbox, ledger_intent(&alerts->ledger, at, i)->row);

		if (row != NULL && row->member_len > 1) {
			alert_group_leave(
			    pass, row, alerts->ledger.line[at].incident.id);
		} else if (row != NULL) {
			alert_close(pass, row, OUTBOX_DEAD);
			alerts->counts.dead++;
		}
	}
	alerts->counts.abandoned++;
	alert_tell(pass, &alerts->ledger.line[at].incident, NULL, "abandoned", "");
}

/* Which of two incidents nobody can reopen is the better one to forget: settled ones first,
 * then those that were resolved first. */
static bool
is_better_to_forget(const struct alerts *alerts, size_t a, size_t b)
{
	bool a_settled = ledger_is_settled(&alerts->ledger, a);
	bool b_settled = ledger_is_settled(&alerts->ledger, b);

	if (a_settled != b_settled) {
		return a_settled;
	}
	return alerts->ledger.line[a].incident.changed_at.ns <
	       alerts->ledger.line[b].incident.changed_at.ns;
}

/* Forgets one incident that is not in the table of incidents any more. There is always one,
 * because that table is smaller. */
static void
make_room(struct alert_pass *pass)
{
	struct alerts *alerts = pass->alerts;
	size_t best = LEDGER_LINES;

	for (size_t i = 0; i < alerts->ledger.len; i++) {
		if (incidents_find(
			pass->incidents, alerts->ledger.line[i].incident.id) == NULL &&
		    (best == LEDGER_LINES || is_better_to_forget(alerts, i, best))) {
			best = i;
		}
	}
	assert(best < LEDGER_LINES);
	if (!ledger_is_settled(&alerts->ledger, best)) {
		abandon(pass, best);
	}
	ledger_remove(&alerts->ledger, best);
}

static void
take_change(struct alerts *alerts, struct ledger_line *line,
    const struct incident *incident, struct now now)
{
	if (incident->state != line->incident.state) {
		bool is_over = incident->state == INCIDENT_RESOLVED;

		line->over_at = is_over ? now.mono : MONO_NEVER;
		line->since_at = is_over ? line->since_at : now.mono;
		line->unattended_ns = 0;
		line->clock_runs = false;
	}
	line->incident = *incident;
	line->changed = true;
	acks_changed(&alerts->acks, incident);
}

void
alerts_incident(struct alerts *alerts, struct incidents *incidents,
    const struct incident *incident, struct now now, struct effects *effects)
{
	struct alert_pass pass = {
	    .alerts = alerts, .incidents = incidents, .now = now, .effects = effects};
	struct ledger *ledger = &alerts->ledger;
	size_t at = ledger_find(ledger, incident->id);

	if (at < LEDGER_LINES) {
		take_change(alerts, &ledger->line[at], incident, now);
	} else if (incident->state == INCIDENT_RESOLVED) {
		return; /* nobody was ever told */
	} else {
		if (ledger->len == LEDGER_LINES) {
			make_room(&pass);
		}
		(void)ledger_add(ledger, incident, now.mono);
	}
	alerts->deadline = mono_min(alerts->deadline, now.mono);
}

/* Freezes the incident as it is now into the row. */
static void
fill(struct alert_pass *pass, struct outbox_row *row, const struct incident *incident,
    enum message_kind kind)
{
	row->message = (struct intent_message){
	    .kind = kind,
	    .level = incident->level,
	    .verdict = incident->verdict,
	    .updates = incident->updates,
	};
	row->member_len = 1;
	row->member[0] =
	    (struct outbox_member){.incident = incident->id, .message = row->message};
	row->json_len = render_json(
	    incident, kind, row->seq, pass->now.wall, row->json, sizeof(row->json));
	outbox_put(&pass->alerts->outbox, row, pass->now, pass->effects);
	pass->budget--;
}

struct outbox_row *
alert_new_row(struct alert_pass *pass, uint16_t channel)
{
	struct alerts *alerts = pass->alerts;
	uint32_t share = (uint32_t)LIMIT_OUTBOX_LIVE / alerts->conf.channel_len;
	struct outbox_row *row = NULL;
	struct text name;

	if (alerts->channel[channel].live < share) {
		row = outbox_new(&alerts->outbox);
	}
	if (row == NULL) {
		return NULL; /* the wish stays; the next answer makes room */
	}
	row->channel = channel;
	text_init(&name, row->channel_name, sizeof(row->channel_name));
	text_add(&name, alerts->conf.channel[channel].name);
	row->not_before = pass->now.mono;
	row->queued_at = pass->now.wall;
	alerts->channel[channel].live++;
	return row;
}

static void
enqueue(struct alert_pass *pass, size_t at, uint16_t channel, enum message_kind kind)
{
	struct intent *intent = ledger_intent(&pass->alerts->ledger, at, channel);
	const struct incident *incident = &pass->alerts->ledger.line[at].incident;
	struct outbox_row *row = alert_new_row(pass, channel);

	if (row == NULL) {
		return;
	}
	row->incident = incident->id;
	row->seq = ++intent->seq;
	outbox_key(row, incident->opened_at);
	intent->row = row->id;
	intent->group = 0;
	fill(pass, row, incident, kind);
}

/* Nobody can have the row: it is taken back, or made to say what is true now. */
static void
freshen(struct alert_pass *pass, const struct ledger_line *line,
    const struct wish *wish, struct outbox_row *row)
{
	bool is_due = wish->any && !mono_before(pass->now.mono, wish->at);

	if (!is_due || wish->kind != row->message.kind) {
		alert_tell(pass, &line->incident, row, "withdrawn", "");
		alert_close(pass, row, OUTBOX_CANCELLED);
		pass->alerts->counts.withdrawn++;
		pass->budget--;
	} else if (line->changed) {
		fill(pass, row, &line->incident, wish->kind);
	}
}

static void
reconcile(
    struct alert_pass *pass, size_t at, uint16_t channel, const struct alert_gate *gate)
{
	struct alerts *alerts = pass->alerts;
	const struct ledger_line *line = &alerts->ledger.line[at];
	const struct intent *intent = ledger_intent(&alerts->ledger, at, channel);
	struct intent_policy policy = policy_of(alerts, channel, gate);
	struct outbox_row *row = outbox_find(&alerts->outbox, intent->row);
	struct wish wish;

	stand_in(alerts, at, channel, gate, &policy);
	wish = intent_wish(intent, &line->incident, &policy);
	if (alert_group_note(pass, at, channel, gate, &wish)) {
		return;
	}
	if (row != NULL) {
		if (row->status == OUTBOX_LEASED || row->maybe_delivered) {
			return; /* somebody may have it: it goes on, unchanged */
		}
		freshen(pass, line, &wish, row);
	}
	if (intent->row != 0 || !wish.any) {
		return;
	}
	if (mono_before(pass->now.mono, wish.at)) {
		pass->next = mono_min(pass->next, wish.at);
		return;
	}
	enqueue(pass, at, channel, wish.kind);
}

static const char *
mute_event(enum ledger_mute mute)
{
	switch (mute) {
	case LEDGER_SILENCED:
		return "silenced";
	case LEDGER_MAINTENANCE:
		return "in maintenance";
	case LEDGER_INHIBITED:
		return "inhibited";
	case LEDGER_HEARD:
	case LEDGER_MUTE_COUNT:
		break;
	}
	return "heard again";
}

/* Marks the incident when it begins or ends to be held back. */
static void
note_mute(
    struct alert_pass *pass, struct ledger_line *line, const struct alert_gate *gate)
{
	char detail[48] = "";

	if (line->mute == gate->mute && line->mute_by == gate->by) {
		return;
	}
	line->mute = gate->mute;
	line->mute_by = gate->by;
	if (line->incident.state != INCIDENT_OPEN) {
		return;
	}
	if (gate->mute == LEDGER_INHIBITED) {
		(void)snprintf(detail, sizeof(detail), "by incident %llu",
		    (unsigned long long)gate->by);
	} else if (gate->by >= MUTE_PLANNED_FIRST) {
		(void)snprintf(detail, sizeof(detail), "as configured");
	} else if (gate->by != 0) {
		(void)snprintf(detail, sizeof(detail), "by number %llu",
		    (unsigned long long)gate->by);
	}
	alert_tell(pass, &line->incident, NULL, mute_event(gate->mute), detail);
}

static void
reconcile_line(struct alert_pass *pass, size_t at)
{
	struct alerts *alerts = pass->alerts;
	struct ledger_line *line = &alerts->ledger.line[at];
	struct alert_gate gate;

	alert_gate_look(alerts, line, pass->now, &gate);
	alert_gate_pass(alerts, line, pass->now, &gate);
	note_mute(pass, line, &gate);
	pass->next = mono_min(pass->next, gate.look_at);
	for (uint16_t k = 0; k < alerts->conf.channel_len; k++) {
		reconcile(pass, at, k, &gate);
	}
	line->changed = false;
}

/* All intents of incidents of `level`; false when the budget did not suffice. */
static bool
reconcile_level(struct alert_pass *pass, enum level level)
{
	struct alerts *alerts = pass->alerts;

	for (size_t i = 0; i < alerts->ledger.len; i++) {
		if (alerts->ledger.line[i].incident.level != level) {
			continue;
		}
		if (pass->budget < (size_t)2 * alerts->conf.channel_len) {
			return false;
		}
		reconcile_line(pass, i);
	}
	return true;
}

static void
lease(struct alert_pass *pass, struct outbox_row *row)
{
	struct alerts *alerts = pass->alerts;
	struct outbound outbound = {
	    .row = row->id,
	    .channel = row->channel,
	    .json = row->json,
	    .json_len = row->json_len,
	};

	row->maybe_before_lease = row->maybe_delivered;
	row->maybe_delivered = true;
	row->status = OUTBOX_LEASED;
	row->attempts++;
	row->not_before = mono_add(pass->now.mono, ALERT_LEASE_NS);
	pass->next = mono_min(pass->next, row->not_before);
	alerts->channel[row->channel].in_flight = row->id;
	if (alerts->conf.channel[row->channel].pace != NULL) {
		pace_take(&alerts->channel[row->channel].pace,
		    alerts->conf.channel[row->channel].pace, pass->now.mono);
	}
	outbox_put(&alerts->outbox, row, pass->now, pass->effects);
	outbound.attempt = row->attempts;
	memcpy(outbound.key, row->key, sizeof(outbound.key));
	effects_send(pass->effects, &outbound);
}

/* Who goes first on a channel: the higher level, then the older row. */
static bool
goes_before(const struct outbox_row *row, const struct outbox_row *other)
{
	if (other == NULL) {
		return true;
	}
	if (row->message.level != other->message.level) {
		return row->message.level > other->message.level;
	}
	return row->id < other->id;
}

/* Is this row the next of its channel? If it is not due yet, says when it is. */
static void
consider(struct alert_pass *pass, struct outbox_row *row, struct outbox_row **best)
{
	const struct alert_channel_state *channel =
	    &pass->alerts->channel[row->channel];
	const struct pace_rule *pace = pass->alerts->conf.channel[row->channel].pace;
	struct mono due = row->not_before;

	if (channel->in_flight == row->id) {
		pass->next = mono_min(pass->next, due); /* its lease ends */
	}
	if (channel->in_flight != 0) {
		return;
	}
	if (mono_before(due, channel->not_before)) {
		due = channel->not_before;
	}
	if (pace != NULL) {
		struct mono paced = pace_due(
		    &channel->pace, pace, row->message.level == LEVEL_CRITICAL);

		due = mono_before(due, paced) ? paced : due;
	}
	if (mono_before(pass->now.mono, due)) {
		pass->next = mono_min(pass->next, due);
	} else if (goes_before(row, *best)) {
		*best = row;
	}
}

static void
lease_due(struct alert_pass *pass)
{
	struct alerts *alerts = pass->alerts;
	struct outbox_row *best[LIMIT_CHANNELS] = {NULL};

	for (size_t i = 0; i < LIMIT_OUTBOX_LIVE; i++) {
		struct outbox_row *row = &alerts->outbox.row[i];

		if (row->id != 0 && row->channel != OUTBOX_NO_CHANNEL) {
			consider(pass, row, &best[row->channel]);
		}
	}
	for (size_t i = 0; i < alerts->conf.channel_len; i++) {
		if (best[i] != NULL) {
			lease(pass, best[i]);
		}
	}
}

/* A test is over with its first answer: whoever asked for it wants to know. */
static void
test_answered(struct alert_pass *pass, struct outbox_row *row,
    const struct message_answer *answer)
{
	const struct incident none = {.scope_text = "test of the channel"};
	bool is_done = answer->delivery == DELIVERY_DONE;

	alert_tell(
	    pass, &none, row, is_done ? "delivered" : "undeliverable", answer->detail);
	alert_close(pass, row, is_done ? OUTBOX_SENT : OUTBOX_DEAD);
}

/* Back into the queue, to be tried again after a while. */
static void
requeue(struct alert_pass *pass, struct outbox_row *row,
    const struct message_answer *answer)
{
	struct alerts *alerts = pass->alerts;
	const struct alert_conf *conf = &alerts->conf;
	struct alert_channel_state *channel = &alerts->channel[row->channel];
	int64_t asked_ns = answer->retry_after_ns;
	int64_t wait_ns =
	    outbox_backoff_ns(conf->seed, row, conf->retry_min_ns, conf->retry_max_ns);

	if (asked_ns > ALERT_RETRY_AFTER_MAX_NS) {
		asked_ns = ALERT_RETRY_AFTER_MAX_NS;
	}
	if (asked_ns > 0) {
		channel->not_before = mono_add(pass->now.mono, asked_ns);
	}
	row->status = OUTBOX_QUEUED;
	row->not_before =
	    mono_add(pass->now.mono, wait_ns > asked_ns ? wait_ns : asked_ns);
	channel->in_flight = 0;
	outbox_put(&alerts->outbox, row, pass->now, pass->effects);
}

/* What every member's receiver knows now: it took the message, or refused it for good. */
static void
settle(struct alert_pass *pass, const struct outbox_row *row, enum delivery delivery)
{
	struct alerts *alerts = pass->alerts;
	struct intent_policy policy = policy_of(alerts, row->channel, NULL);

	for (size_t i = 0; i < row->member_len; i++) {
		const struct outbox_member *member = &row->member[i];
		size_t at = ledger_find(&alerts->ledger, member->incident);
		struct intent *intent;

		assert(at < LEDGER_LINES);
		intent = ledger_intent(&alerts->ledger, at, row->channel);
		if (delivery == DELIVERY_DONE) {
			intent_delivered(intent, &member->message, pass->now.mono);
		} else {
			intent_refused(intent, &member->message, row->maybe_delivered,
			    &policy, pass->now.mono);
		}
	}
}

static void
answered(struct alert_pass *pass, size_t at, struct outbox_row *row,
    const struct message_answer *answer)
{
	struct alerts *alerts = pass->alerts;
	const struct incident *incident = &alerts->ledger.line[at].incident;

	switch (answer->delivery) {
	case DELIVERY_DONE:
		alerts->counts.delivered++;
		settle(pass, row, answer->delivery);
		alert_tell(pass, incident, row, "delivered", answer->detail);
		alert_close(pass, row, OUTBOX_SENT);
		return;
	case DELIVERY_REJECTED:
		alerts->counts.dead++;
		row->maybe_delivered = row->maybe_before_lease;
		settle(pass, row, answer->delivery);
		alert_tell(pass, incident, row, "undeliverable", answer->detail);
		alert_close(pass, row, OUTBOX_DEAD);
		return;
	case DELIVERY_REJECTED_RETRY:
		alerts->counts.rejected++;
		row->maybe_delivered = row->maybe_before_lease;
		break;
	case DELIVERY_UNKNOWN:
	case DELIVERY_COUNT:
		alerts->counts.unknown++;
		break;
	}
	if (row->attempts == 1) {
		alert_tell(pass, incident, row, "retrying", answer->detail);
	}
	requeue(pass, row, answer);
	/* While it was out the incident may have changed: if nobody has it, freshen it. */
	alerts->ledger.line[at].changed = true;
}

/* An answer that does not come at all is no certain answer either. */
static void
expire_leases(struct alert_pass *pass)
{
	struct alerts *alerts = pass->alerts;

	for (size_t i = 0; i < alerts->conf.channel_len; i++) {
		const struct message_answer answer = {
		    .delivery = DELIVERY_UNKNOWN, .detail = "no answer"};
		struct outbox_row *row =
		    outbox_find(&alerts->outbox, alerts->channel[i].in_flight);

		if (row == NULL || mono_before(pass->now.mono, row->not_before)) {
			continue;
		}
		if (row->incident == ALERT_TEST) {
			test_answered(pass, row, &answer);
		} else {
			answered(pass, ledger_find(&alerts->ledger, row->incident), row,
			    &answer);
		}
	}
}

void
alerts_step(struct alerts *alerts, struct incidents *incidents, struct now now,
    struct effects *effects)
{
	struct alert_pass pass = {
	    .alerts = alerts,
	    .incidents = incidents,
	    .now = now,
	    .effects = effects,
	    .budget = ALERT_ROWS_STEP,
	    .next = MONO_NEVER,
	};
	bool is_done = true;

	if (mono_before(now.mono, alerts->deadline)) {
		return;
	}
	expire_leases(&pass);
	mutes_sweep(&alerts->mutes, now.wall);
	mutes_sweep(&alerts->planned, now.wall);
	acks_sweep(&alerts->acks, now.mono);
	for (int level = LEVEL_COUNT - 1; level >= 0 && is_done; level--) {
		is_done = reconcile_level(&pass, (enum level)level);
	}
	is_done = is_done && alert_group_step(&pass);
	lease_due(&pass);
	alerts->deadline = is_done ? pass.next : now.mono;
}

struct mono
alerts_deadline(const struct alerts *alerts)
{
	return alerts->deadline;
}

/* A lease may have ended before its answer came: that somebody has the message is as certain
 * then, and it need not be sent again. */
static bool
is_awaited(const struct outbox_row *row, const struct message_answer *answer)
{
	return row->status == OUTBOX_LEASED ||
	       (row->status == OUTBOX_QUEUED && row->maybe_delivered &&
		   answer->delivery == DELIVERY_DONE);
}

void
alerts_delivery(struct alerts *alerts, struct incidents *incidents,
    const struct message_answer *answer, struct now now, struct effects *effects)
{
	struct alert_pass pass = {
	    .alerts = alerts, .incidents = incidents, .now = now, .effects = effects};
	struct outbox_row *row = outbox_find(&alerts->outbox, answer->row);
	size_t at;

	if (row == NULL || row->channel == OUTBOX_NO_CHANNEL ||
	    !is_awaited(row, answer)) {
		return;
	}
	if (row->incident == ALERT_TEST) {
		test_answered(&pass, row, answer);
	} else {
		at = ledger_find(&alerts->ledger, row->incident);
		assert(at < LEDGER_LINES);
		answered(&pass, at, row, answer);
	}
	alerts->deadline = mono_min(alerts->deadline, now.mono);
}

void
alerts_reconfigured(struct alerts *alerts, struct now now, struct effects *effects)
{
	struct alert_pass pass = {.alerts = alerts, .now = now, .effects = effects};

	for (size_t i = 0; i < LIMIT_OUTBOX_LIVE; i++) {
		struct outbox_row *row = &alerts->outbox.row[i];

		if (row->id != 0 && row->channel == OUTBOX_NO_CHANNEL) {
			alert_close(&pass, row, OUTBOX_DEAD);
			alerts->counts.dead++;
		}
	}
	alerts->deadline = now.mono;
}

void
alerts_recover(struct alerts *alerts, struct now now, struct effects *effects)
{
	alerts_reconfigured(alerts, now, effects);
	for (size_t i = 0; i < LIMIT_OUTBOX_LIVE; i++) {
		struct outbox_row *row = &alerts->outbox.row[i];

		if (row->id != 0 && row->status == OUTBOX_LEASED) {
			row->status = OUTBOX_QUEUED;
			row->not_before = now.mono;
			alerts->channel[row->channel].in_flight = 0;
			alerts->counts.unknown++;
			outbox_put(&alerts->outbox, row, now, effects);
		}
	}
}
