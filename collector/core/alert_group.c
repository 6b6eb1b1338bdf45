/* Many incidents in one message.
 *
 * A group is what one route tells one channel of incidents that are alike in the labels of
 * `group_by`; incidents of level info have one of their own where there is a digest. Its
 * number is a hash of the route's matcher and of those values, so it is the same after a
 * restart, and after the routes around it were changed. An incident stays in the group it
 * was told in until it was resolved there, whatever becomes of its labels.
 *
 * Nothing is kept of a group: who is in it and who knows what stands in the intents
 * (`group`, `told_at`), since when in the ledger. In every step each intent notes its wish,
 * as if it were alone; then the wishes of a group become one row, whose members carry a
 * message each. The row has one key, is leased, answered and repeated like any other, and
 * its one answer settles the intents of all members, each with its own message. So all that
 * is promised for an incident that is told alone holds for a member too, and a crash can be
 * survived because there is nothing that could be forgotten. At most one row of a group is
 * live on a channel. While nobody can have it, it follows the truth: members join and leave.
 *
 * As a whole a message is FIRING when the receiver knows of no member that fires, RESOLVED
 * when after it none will, and UPDATE otherwise.
 *
 * When: the first message `wait` after the first incident; a further one `interval` after
 * the last, and `wait` after what it is about began or ended; a member that got worse at once, an incident above the level of the group after
 * `wait`; the end of the last member no later than `wait` after it. A digest leaves a digest
 * interval after the first incident or the last digest, and not at all when nothing is left
 * to be told: what came and went in between nobody is told of. */
#include "collector/core/alert_internal.h"

#include <assert.h>
#include <string.h>

#define FNV_BASIS UINT64_C(14695981039346656037)
#define FNV_PRIME UINT64_C(1099511628211)

/* How a group stands on a channel. */
struct group {
	uint64_t id;
	uint16_t channel;
	size_t known; /* members that the receiver may believe to fire */
	size_t known_open;
	size_t fresh; /* members it does not know, and shall */
	enum level told_level;
	struct mono first_at; /* the first of those */
	struct mono last_at;  /* somebody of it was told something */
	struct mono over_at;  /* the last member was resolved */
	struct outbox_row *row;
};

/* The members of the message that is due. */
struct telling {
	size_t len;
	size_t line[OUTBOX_MEMBERS]; /* higher levels first, then older incidents */
	struct mono due;
};

static bool
is_digest(uint64_t group)
{
	return (group & 1) != 0;
}

static uint64_t
mix(uint64_t value, const char *text)
{
	size_t len =
	    strlen(text) + 1; /* with its end, so that texts do not run together */

	for (size_t i = 0; i < len; i++) {
		value = (value ^ (unsigned char)text[i]) * FNV_PRIME;
	}
	return value;
}

/* Of incidents with these labels; the lowest bit says that it is a digest. */
static uint64_t
group_id(const struct route *route, const struct labels *labels, bool digest)
{
	uint64_t id = FNV_BASIS;

	for (size_t i = 0; i < route->matcher.len; i++) {
		const struct matcher_term *term = &route->matcher.term[i];

		id = mix(id, label_name(term->label));
		id = mix(id, term->negated ? "!=" : "=");
		id = mix(id, term->pattern);
	}
	for (int i = 0; i < LABEL_COUNT && !digest; i++) {
		if ((route->group.by >> i & 1) != 0) {
			id = mix(id, label_name((enum label)i));
			id = mix(id, labels->value[i]);
		}
	}
	id = id << 1 | (digest ? 1 : 0);
	return id != 0 ? id : 2;
}

/* The route by which the channel is told; one that stands in for another, by that of the
 * other. */
static const struct route *
route_of(const struct alerts *alerts, size_t at, size_t channel,
    const struct alert_gate *gate)
{
	if (gate->channel_by[channel] != NULL) {
		return gate->channel_by[channel];
	}
	for (size_t i = 0; i < alerts->conf.channel_len; i++) {
		if (alerts->conf.channel[i].fallback == channel + 1 &&
		    ledger_intent(&alerts->ledger, at, i)->refusals > 0) {
			return gate->channel_by[i];
		}
	}
	return NULL;
}

/* The group in which the incident is told on the channel, 0 = alone. */
static uint64_t
group_of(const struct alerts *alerts, size_t at, size_t channel,
    const struct alert_gate *gate)
{
	const struct intent *intent = ledger_intent(&alerts->ledger, at, channel);
	const struct route *route = route_of(alerts, at, channel, gate);

	if (intent->row != 0 || (intent->beliefs & BELIEF_FIRING) != 0) {
		return intent->group;
	}
	/* who forgets wants to hear of each by itself */
	if (route == NULL || alerts->conf.channel[channel].refresh_ns > 0) {
		return 0;
	}
	if (route->group.digest_ns > 0 &&
	    alerts->ledger.line[at].incident.level == LEVEL_INFO) {
		return group_id(route, &gate->labels, true);
	}
	return route->group.is_on ? group_id(route, &gate->labels, false) : 0;
}

static struct alert_note *
note_at(const struct alerts *alerts, size_t at, size_t channel)
{
	return &alerts->note[at * alerts->conf.channel_len + channel];
}

bool
alert_group_note(struct alert_pass *pass, size_t at, size_t channel,
    const struct alert_gate *gate, const struct wish *wish)
{
	const struct alerts *alerts = pass->alerts;
	const struct intent *intent = ledger_intent(&alerts->ledger, at, channel);
	const struct route *route = route_of(alerts, at, channel, gate);
	struct alert_note *note = note_at(alerts, at, channel);

	*note = (struct alert_note){
	    .group = group_of(alerts, at, channel, gate), .wish = *wish};
	if (route == NULL || note->group == 0) {
		return note->group != 0;
	}
	if (!is_digest(note->group)) {
		note->wait_ns = route->group.wait_ns;
		note->interval_ns = route->group.interval_ns;
	} else if (alerts->ledger.line[at].incident.level == LEVEL_INFO &&
		   ((intent->beliefs & BELIEF_FIRING) == 0 ||
		       intent->told_level == LEVEL_INFO)) {
		note->wait_ns = route->group.digest_ns;
		note->interval_ns = route->group.digest_ns;
	}
	return true;
}

static const struct incident *
incident_at(const struct alerts *alerts, size_t at)
{
	return &alerts->ledger.line[at].incident;
}

/* Counts one member in. */
static void
survey_one(struct alerts *alerts, size_t at, struct group *group)
{
	const struct intent *intent =
	    ledger_intent(&alerts->ledger, at, group->channel);
	bool is_open = incident_at(alerts, at)->state == INCIDENT_OPEN;

	if (intent->row != 0) {
		group->row = outbox_find(&alerts->outbox, intent->row);
	}
	if (intent->beliefs != BELIEF_NOTHING &&
	    mono_before(group->last_at, intent->told_at)) {
		group->last_at = intent->told_at;
	}
	if ((intent->beliefs & BELIEF_FIRING) == 0) {
		if (note_at(alerts, at, group->channel)->wish.any) {
			group->fresh++;
			group->first_at =
			    mono_min(group->first_at, alerts->ledger.line[at].since_at);
		}
		return;
	}
	if (intent->refusals >= INTENT_REFUSALS_MAX) {
		return; /* given up: it would keep the group from its end for ever */
	}
	group->known++;
	group->known_open += is_open ? 1 : 0;
	if (intent->told_level > group->told_level) {
		group->told_level = intent->told_level;
	}
	if (!is_open && mono_before(group->over_at, alerts->ledger.line[at].over_at)) {
		group->over_at = alerts->ledger.line[at].over_at;
	}
}

static struct group
survey(struct alerts *alerts, uint64_t id, uint16_t channel)
{
	struct group group = {.id = id,
	    .channel = channel,
	    .first_at = MONO_NEVER,
	    .last_at = {INT64_MIN},
	    .over_at = {INT64_MIN}};

	for (size_t i = 0; i < alerts->ledger.len; i++) {
		if (note_at(alerts, i, channel)->group == id) {
			survey_one(alerts, i, &group);
		}
	}
	return group;
}

/* After a long silence others may follow the first that begins or ends: they are waited for. */
static struct mono
company_at(const struct ledger_line *line, const struct alert_note *note)
{
	if (is_digest(note->group) || note->wish.kind == MESSAGE_UPDATE) {
		return (struct mono){INT64_MIN};
	}
	return mono_add(
	    note->wish.kind == MESSAGE_RESOLVED ? line->over_at : line->since_at,
	    note->wait_ns);
}

static struct mono
later(struct mono a, struct mono b)
{
	return mono_before(a, b) ? b : a;
}

/* When the wish of one member makes the group speak. */
static struct mono
due_of(const struct alerts *alerts, const struct group *group, size_t at)
{
	const struct alert_note *note = note_at(alerts, at, group->channel);
	const struct ledger_line *line = &alerts->ledger.line[at];
	const struct intent *intent =
	    ledger_intent(&alerts->ledger, at, group->channel);
	enum level level = line->incident.level;
	struct mono hold =
	    later(mono_add(group->last_at, note->interval_ns), company_at(line, note));

	if (note->wish.kind == MESSAGE_UPDATE && level > intent->told_level) {
		return note->wish.at;
	}
	if (group->known == 0) {
		hold = mono_add(group->first_at, note->wait_ns);
	} else if (note->wish.kind == MESSAGE_FIRING && level > group->told_level) {
		hold = mono_add(line->since_at, note->wait_ns);
	} else if (group->known_open == 0 && group->fresh == 0) {
		hold = mono_min(hold, mono_add(group->over_at, note->wait_ns));
	}
	return later(hold, note->wish.at);
}

/* One member that wants to be told. */
static void
gather_one(
    struct alert_pass *pass, const struct group *group, size_t at, struct telling *plan)
{
	struct mono due = due_of(pass->alerts, group, at);
	struct mono ready = is_digest(group->id)
				? due
				: note_at(pass->alerts, at, group->channel)->wish.at;

	plan->due = mono_min(plan->due, due);
	if (mono_before(pass->now.mono, ready)) {
		pass->next = mono_min(pass->next, ready);
	} else if (plan->len < OUTBOX_MEMBERS) {
		plan->line[plan->len++] = at;
	}
}

static void
gather(struct alert_pass *pass, const struct group *group, struct telling *plan)
{
	const struct alerts *alerts = pass->alerts;

	plan->len = 0;
	plan->due = MONO_NEVER;
	for (int level = LEVEL_COUNT - 1; level >= 0; level--) {
		for (size_t i = 0; i < alerts->ledger.len; i++) {
			const struct alert_note *note =
			    note_at(alerts, i, group->channel);

			if (note->group == group->id && note->wish.any &&
			    incident_at(alerts, i)->level == (enum level)level) {
				gather_one(pass, group, i, plan);
			}
		}
	}
}

static struct outbox_member
member_of(const struct alerts *alerts, const struct group *group, size_t at)
{
	const struct incident *incident = incident_at(alerts, at);

	return (struct outbox_member){
	    .incident = incident->id,
	    .message = {.kind = note_at(alerts, at, group->channel)->wish.kind,
		.level = incident->level,
		.verdict = incident->verdict,
		.updates = incident->updates},
	    .changed_at = incident->changed_at,
	};
}

static bool
is_same(const struct outbox_member *a, const struct outbox_member *b)
{
	return a->incident == b->incident && a->message.kind == b->message.kind &&
	       a->message.level == b->message.level &&
	       a->message.verdict == b->message.verdict &&
	       a->message.updates == b->message.updates &&
	       a->changed_at.ns == b->changed_at.ns;
}

/* The row says already what is planned. */
static bool
is_fresh(
    const struct alerts *alerts, const struct group *group, const struct telling *plan)
{
	if (group->row->member_len != plan->len) {
		return false;
	}
	for (size_t i = 0; i < plan->len; i++) {
		struct outbox_member member = member_of(alerts, group, plan->line[i]);

		if (!is_same(&member, &group->row->member[i])) {
			return false;
		}
	}
	return true;
}

/* Puts the members of the plan into the row, and nobody else. */
static void
join(struct alerts *alerts, const struct group *group, const struct telling *plan,
    struct outbox_row *row)
{
	for (size_t i = 0; i < plan->len; i++) {
		const struct intent *intent =
		    ledger_intent(&alerts->ledger, plan->line[i], group->channel);

		if (intent->seq >= row->seq && intent->row != row->id) {
			row->seq = intent->seq + 1;
		}
	}
	for (size_t i = 0; i < row->member_len; i++) {
		size_t at = ledger_find(&alerts->ledger, row->member[i].incident);

		assert(at < LEDGER_LINES);
		ledger_intent(&alerts->ledger, at, group->channel)->row = 0;
	}
	for (size_t i = 0; i < plan->len; i++) {
		row->member[i] = member_of(alerts, group, plan->line[i]);
	}
	row->member_len = plan->len;
	row->incident = row->member[0].incident;
	for (size_t i = 0; i < plan->len; i++) {
		struct intent *intent =
		    ledger_intent(&alerts->ledger, plan->line[i], group->channel);

		intent->row = row->id;
		intent->group = group->id;
		intent->seq = row->seq;
	}
}

/* The incident in whose words the message is written: the worst that goes on, or the worst
 * of those that are over. */
static const struct incident *
leader_of(const struct alerts *alerts, const struct group *group,
    const struct telling *plan, enum message_kind kind)
{
	const struct incident *best = NULL;

	for (size_t i = 0; i < plan->len; i++) {
		const struct incident *incident = incident_at(alerts, plan->line[i]);

		if (kind == MESSAGE_RESOLVED || incident->state == INCIDENT_OPEN) {
			return incident;
		}
	}
	for (size_t i = 0; i < alerts->ledger.len; i++) {
		const struct incident *incident = incident_at(alerts, i);

		if (note_at(alerts, i, group->channel)->group == group->id &&
		    (ledger_intent(&alerts->ledger, i, group->channel)->beliefs &
			BELIEF_FIRING) != 0 &&
		    incident->state == INCIDENT_OPEN &&
		    (best == NULL || incident->level > best->level)) {
			best = incident;
		}
	}
	return best != NULL ? best : incident_at(alerts, plan->line[0]);
}

/* Freezes the plan into the row. */
static void
write_row(struct alert_pass *pass, const struct group *group,
    const struct telling *plan, struct outbox_row *row)
{
	const struct alerts *alerts = pass->alerts;
	struct render_item item[OUTBOX_MEMBERS];
	struct render_group render = {
	    .id = group->id, .item = item, .len = plan->len, .firing = group->known};

	for (size_t i = 0; i < plan->len; i++) {
		const struct intent *intent =
		    ledger_intent(&alerts->ledger, plan->line[i], group->channel);
		enum message_kind kind = row->member[i].message.kind;

		item[i].incident = incident_at(alerts, plan->line[i]);
		item[i].kind = kind;
		render.firing -= kind == MESSAGE_RESOLVED ? 1 : 0;
		render.firing += (intent->beliefs & BELIEF_FIRING) == 0 ? 1 : 0;
	}
	row->message.kind = render.firing == 0  ? MESSAGE_RESOLVED
			    : group->known == 0 ? MESSAGE_FIRING
						: MESSAGE_UPDATE;
	render.leader = leader_of(alerts, group, plan, row->message.kind);
	row->message.level = row->member[0].message.level;
	row->message.verdict = render.leader->verdict;
	row->message.updates = 0;
	row->json_len = render_group_json(&render, row->message.kind, row->seq,
	    pass->now.wall, row->json, sizeof(row->json));
	outbox_put(&pass->alerts->outbox, row, pass->now, pass->effects);
	pass->budget--;
}

static void
withdraw(struct alert_pass *pass, struct outbox_row *row)
{
	struct alerts *alerts = pass->alerts;
	size_t at = ledger_find(&alerts->ledger, row->incident);

	alert_tell(pass, incident_at(alerts, at), row, "withdrawn", "");
	alert_close(pass, row, OUTBOX_CANCELLED);
	alerts->counts.withdrawn++;
	pass->budget--;
}

static void
tell_group(struct alert_pass *pass, uint64_t id, uint16_t channel)
{
	struct alerts *alerts = pass->alerts;
	struct group group = survey(alerts, id, channel);
	struct outbox_row *row = group.row;
	struct telling plan;
	bool is_due;

	if (row != NULL && (row->status == OUTBOX_LEASED || row->maybe_delivered)) {
		return; /* somebody may have it: it goes on, unchanged */
	}
	gather(pass, &group, &plan);
	is_due = plan.len > 0 && !mono_before(pass->now.mono, plan.due);
	if (!is_due) {
		pass->next = mono_before(pass->now.mono, plan.due)
				 ? mono_min(pass->next, plan.due)
				 : pass->next;
		if (row != NULL) {
			withdraw(pass, row);
		}
		return;
	}
	if (row != NULL && is_fresh(alerts, &group, &plan)) {
		return;
	}
	if (row != NULL) {
		join(alerts, &group, &plan, row);
	} else {
		row = alert_new_row(pass, channel);
		if (row == NULL) {
			return;
		}
		row->group = id;
		join(alerts, &group, &plan, row);
		outbox_key(row, incident_at(alerts, plan.line[0])->opened_at);
	}
	write_row(pass, &group, &plan, row);
}

/* Its wishes have become a message, or have to wait. */
static void
forget_notes(const struct alerts *alerts, uint64_t id, size_t channel)
{
	for (size_t i = 0; i < alerts->ledger.len; i++) {
		struct alert_note *note = note_at(alerts, i, channel);

		note->group = note->group == id ? 0 : note->group;
	}
}

bool
alert_group_step(struct alert_pass *pass)
{
	struct alerts *alerts = pass->alerts;

	for (uint16_t k = 0; k < alerts->conf.channel_len; k++) {
		for (size_t i = 0; i < alerts->ledger.len; i++) {
			uint64_t id = note_at(alerts, i, k)->group;

			if (id == 0) {
				continue;
			}
			if (pass->budget == 0) {
				return false;
			}
			tell_group(pass, id, k);
			forget_notes(alerts, id, k);
		}
	}
	return true;
}

void
alert_group_leave(struct alert_pass *pass, struct outbox_row *row, uint64_t incident)
{
	struct alerts *alerts = pass->alerts;
	size_t at = ledger_find(&alerts->ledger, incident);
	size_t kept = 0;

	for (size_t i = 0; i < row->member_len; i++) {
		if (row->member[i].incident != incident) {
			row->member[kept++] = row->member[i];
		}
	}
	assert(kept > 0);
	row->member_len = kept;
	row->incident = row->member[0].incident;
	ledger_intent(&alerts->ledger, at, row->channel)->row = 0;
	outbox_put(&alerts->outbox, row, pass->now, pass->effects);
}
