#include "tests/support/alert_world_internal.h"
#include "tests/support/small_fleet.h"
#include "tests/support/test.h"

enum {
	WORLD_COOLDOWN_S = 1800
};

void
world_check(const char *invariant, const char *condition, bool holds)
{
	if (!holds) {
		fail_msg("%s broken: %s", invariant, condition);
	}
}

struct world_machine *
world_machine_new(const struct alert_channel *channel, uint16_t channel_len)
{
	return world_machine_routed(channel, channel_len, NULL, 0);
}

struct world_machine *
world_machine_routed(const struct alert_channel *channel, uint16_t channel_len,
    const struct route *route, uint16_t route_len)
{
	struct world_machine *machine = calloc(1, sizeof(*machine));
	struct arena arena;
	size_t bytes;

	assert_non_null(machine);
	machine->conf = (struct alert_conf){
	    .channel = channel,
	    .channel_len = channel_len,
	    .cooldown_ns = WORLD_COOLDOWN_S * CLOCK_NS_PER_S,
	    .retry_min_ns = CLOCK_NS_PER_S,
	    .retry_max_ns = 300 * CLOCK_NS_PER_S,
	    .seed = 99,
	    .route = route,
	    .route_len = route_len,
	};
	bytes = incidents_bytes() + alerts_bytes(&machine->conf) + 64;
	machine->memory[0] = malloc(bytes);
	machine->memory[1] = malloc(EFFECTS_ARENA_BYTES);
	machine->effects = calloc(1, sizeof(*machine->effects));
	assert_non_null(machine->memory[0]);
	arena_init(&arena, machine->memory[0], bytes);
	machine->incidents = incidents_init(&arena, small_fleet());
	machine->alerts = alerts_init(&arena, &machine->conf);
	assert_non_null(machine->alerts);
	effects_init(machine->effects, machine->memory[1]);
	return machine;
}

void
world_machine_free(struct world_machine *machine)
{
	free(machine->memory[0]);
	free(machine->memory[1]);
	free(machine->effects);
	free(machine);
}

static void
save(struct world *world, const struct world_machine *machine)
{
	struct buf buf;

	buf_write(&buf, world->saved, sizeof(world->saved));
	incidents_save(machine->incidents, &buf);
	alerts_save(machine->alerts, &buf);
	assert_true(buf_ok(&buf));
	world->saved_len = buf.at;
}

void
world_restore(const struct world *world, struct world_machine *machine)
{
	struct buf buf;

	buf_read(&buf, world->saved, world->saved_len);
	assert_int_equal(incidents_load(machine->incidents, &buf), ERR_OK);
	assert_int_equal(alerts_load(machine->alerts, &buf), ERR_OK);
	assert_int_equal(buf.at, world->saved_len);
}

void
world_init(struct world *world, struct world_machine *machine)
{
	static const unsigned char empty[64] = {1};
	struct buf buf;

	memset(world, 0, sizeof(*world));
	world->now.mono.ns = 100000 * CLOCK_NS_PER_S;
	world->now.wall.ns = INT64_C(1800000000) * CLOCK_NS_PER_S;
	buf_read(&buf, empty, sizeof(empty));
	assert_int_equal(incidents_load(machine->incidents, &buf), ERR_OK);
	buf_read(&buf, empty, sizeof(empty));
	assert_int_equal(alerts_load(machine->alerts, &buf), ERR_OK);
	save(world, machine);
}

static struct world_row *
row_of(struct world *world, uint64_t id)
{
	assert_in_range(id, 1, world->row_len);
	return &world->row[id - 1];
}

bool
world_is_live(const struct world_row *row)
{
	return row->status == OUTBOX_QUEUED || row->status == OUTBOX_LEASED;
}

static uint64_t
hash(const char *text, size_t len)
{
	uint64_t value = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < len; i++) {
		value = (value ^ (unsigned char)text[i]) * UINT64_C(1099511628211);
	}
	return value;
}

static bool
is_legal(enum outbox_status from, enum outbox_status to)
{
	switch (from) {
	case OUTBOX_QUEUED:
		return to == OUTBOX_QUEUED || to == OUTBOX_LEASED ||
		       to == OUTBOX_CANCELLED ||
		       to == OUTBOX_SENT; /* the answer came after the lease */
	case OUTBOX_LEASED:
		return to == OUTBOX_QUEUED || to == OUTBOX_SENT || to == OUTBOX_DEAD;
	case OUTBOX_SENT:
	case OUTBOX_CANCELLED:
	case OUTBOX_DEAD:
	case OUTBOX_STATUS_COUNT:
		break;
	}
	return false;
}

/* A row that was there before changes only as it may. */
static void
check_change(const struct world_row *was, const struct world_row *is)
{
	CHECK("I10 rows that are over stay so", is_legal(was->status, is->status));
	CHECK("I5 one key", memcmp(was->key, is->key, sizeof(is->key)) == 0);
	CHECK("I4 one seq", was->seq <= is->seq);
	if (was->maybe_delivered) {
		CHECK("I4 one seq", was->seq == is->seq);
		CHECK("I5 frozen bytes", was->json_hash == is->json_hash);
		CHECK("I10 cancelled", is->status != OUTBOX_CANCELLED);
	}
	if (was->status == OUTBOX_QUEUED && is->status == OUTBOX_SENT) {
		CHECK("I10 sent", was->maybe_delivered);
	}
	if (was->maybe_delivered && !is->maybe_delivered) {
		CHECK("I9 sticky", was->status == OUTBOX_LEASED);
		CHECK("I9 sticky", !was->maybe_before_lease);
	}
}

/* The member of the row that tells of `incident`, or its number of members. */
static size_t
member_of(const struct world_row *row, uint64_t incident)
{
	size_t i = 0;

	while (i < row->member_len && row->member[i].incident != incident) {
		i++;
	}
	return i;
}

static bool
has_member(const struct world_row *row, uint64_t incident)
{
	return member_of(row, incident) < row->member_len;
}

/* No other row of the channel tells of the same now, and those that did came before. */
static void
check_alone(const struct world *world, const struct world_row *is)
{
	for (size_t i = 0; i < world->row_len; i++) {
		const struct world_row *other = &world->row[i];

		if (other->id == is->id || other->channel != is->channel) {
			continue;
		}
		for (size_t k = 0; k < is->member_len; k++) {
			if (!has_member(other, is->member[k].incident)) {
				continue;
			}
			CHECK("I4 one live row", !world_is_live(other));
			CHECK(
			    "I4 seq rises", other->id > is->id || other->seq < is->seq);
		}
	}
}

static void
check_new(const struct world *world, const struct world_row *is)
{
	CHECK("I10 a row begins queued", is->status == OUTBOX_QUEUED);
	CHECK("I10 nobody has it", !is->maybe_delivered);
	for (size_t i = 0; i < world->row_len; i++) {
		const struct world_row *other = &world->row[i];

		CHECK("I5 keys differ",
		    memcmp(other->key, is->key, sizeof(is->key)) != 0);
	}
}

static struct world_pair *
pair_of(struct world *world, const struct world_row *row, size_t member)
{
	uint64_t incident = row->member[member].incident;

	assert_in_range(incident, 1, WORLD_INCIDENTS);
	return &world->pair[incident - 1][row->channel];
}

/* What the end of a row means for the pair of a member. */
static void
note_end(struct world *world, const struct world_row *row, size_t member)
{
	struct world_pair *pair = pair_of(world, row, member);
	const struct intent_message *message = &row->member[member].message;

	if (row->status == OUTBOX_DEAD) {
		pair->was_told = false;
	}
	if (row->status == OUTBOX_SENT) {
		pair->was_told = message->kind != MESSAGE_RESOLVED;
	}
	if (row->status == OUTBOX_SENT && pair->was_told) {
		pair->told_level = message->level;
		pair->told_verdicts |= UINT32_C(1) << message->verdict;
		pair->told_at = world->now.mono;
	}
}

static void
check_repeat(struct world *world, const struct world_row *row, size_t member)
{
	const struct world_pair *pair = pair_of(world, row, member);
	const struct intent_message *message = &row->member[member].message;

	if (!pair->was_told || message->kind == MESSAGE_RESOLVED ||
	    message->level > pair->told_level ||
	    (pair->told_verdicts >> message->verdict & 1) == 0) {
		return;
	}
	CHECK("I7 cooldown", mono_since(world->now.mono, pair->told_at) >=
				 WORLD_COOLDOWN_S * CLOCK_NS_PER_S);
}

static uint16_t
channel_of(const struct world_machine *machine, const char *name)
{
	for (uint16_t i = 0; i < machine->conf.channel_len; i++) {
		if (strcmp(machine->conf.channel[i].name, name) == 0) {
			return i;
		}
	}
	fail_msg("row of an unknown channel %s", name);
	return 0;
}

static void
commit_row(struct world *world, const struct world_machine *machine,
    const struct effect *effect)
{
	static struct outbox_row decoded;
	struct world_row is = {0};
	struct buf buf;

	buf_read(&buf, effect->value, effect->value_len);
	assert_int_equal(outbox_decode(&buf, &decoded), ERR_OK);
	is.id = decoded.id;
	assert_in_range(decoded.member_len, 1, WORLD_INCIDENTS);
	is.member_len = decoded.member_len;
	for (size_t i = 0; i < is.member_len; i++) {
		is.member[i].incident = decoded.member[i].incident;
		is.member[i].message = decoded.member[i].message;
	}
	is.channel = channel_of(machine, decoded.channel_name);
	is.status = decoded.status;
	is.seq = decoded.seq;
	is.attempts = decoded.attempts;
	is.maybe_delivered = decoded.maybe_delivered;
	is.maybe_before_lease = decoded.maybe_before_lease;
	is.json_hash = hash(decoded.json, decoded.json_len);
	memcpy(is.key, decoded.key, sizeof(is.key));
	if (is.id <= world->row_len) {
		const struct world_row *was = row_of(world, is.id);

		check_change(was, &is);
		is.maybe_really = was->maybe_really;
		if (is.status == OUTBOX_LEASED && is.attempts == 1) {
			for (size_t i = 0; i < is.member_len; i++) {
				check_repeat(world, &is, i);
			}
		}
	} else {
		assert_int_equal(is.id, world->row_len + 1);
		assert_in_range(is.id, 1, WORLD_ROWS);
		check_new(world, &is);
		world->row_len++;
	}
	world->row[is.id - 1] = is;
	if (world_is_live(&is)) {
		check_alone(world, &is);
		return;
	}
	for (size_t i = 0; i < is.member_len; i++) {
		note_end(world, &is, i);
	}
}

/* The receiver may believe it is firing: a message after number `after` and before the
 * resolve may have arrived. */
static bool
may_believe(const struct world *world, const struct world_row *resolve, size_t member,
    uint32_t after)
{
	uint64_t incident = resolve->member[member].incident;

	for (size_t i = 0; i < world->row_len; i++) {
		const struct world_row *row = &world->row[i];

		if (has_member(row, incident) && row->channel == resolve->channel &&
		    row->seq < resolve->seq && row->seq > after &&
		    row->member[member_of(row, incident)].message.kind !=
			MESSAGE_RESOLVED &&
		    row->maybe_really) {
			return true;
		}
	}
	return false;
}

/* What the receiver makes of the news about one incident. */
static void
arrive_one(struct world *world, const struct world_row *row, size_t member,
    const struct world_arrival *last)
{
	const struct intent_message *message = &row->member[member].message;

	if (last != NULL) {
		CHECK("I4 order", last->seq < row->seq);
		CHECK(
		    "I5 no second firing", message->kind != MESSAGE_FIRING ||
					       last->message.kind == MESSAGE_RESOLVED);
		CHECK("I5 no second resolve",
		    message->kind != MESSAGE_RESOLVED ||
			last->message.kind != MESSAGE_RESOLVED ||
			row_of(world, last->row)->status == OUTBOX_DEAD ||
			may_believe(world, row, member, last->seq));
	} else {
		CHECK("I5 no update first", message->kind == MESSAGE_FIRING ||
						may_believe(world, row, member, 0));
	}
	assert_in_range(world->arrival_len, 0, WORLD_LOG - 1);
	world->arrival[world->arrival_len++] = (struct world_arrival){
	    .row = row->id,
	    .incident = row->member[member].incident,
	    .channel = row->channel,
	    .seq = row->seq,
	    .message = *message,
	};
}

/* The receiver has the message; what it makes of it is checked as it comes. */
static void
arrive(struct world *world, uint64_t id)
{
	const struct world_row *row = row_of(world, id);

	for (size_t i = 0; i < world->arrival_len; i++) {
		if (world->arrival[i].row == id) {
			world->repeats++; /* same key: the receiver knows it */
			return;
		}
	}
	for (size_t i = 0; i < row->member_len; i++) {
		arrive_one(world, row, i,
		    world_last_arrival(world, row->member[i].incident, row->channel));
	}
}

/* A channel sends one at a time; another may leave only because the answer to the last did
 * not come for the time of a lease. That one arrived, or did not: nobody will say. */
static void
forget_expired(struct world *world, uint16_t channel)
{
	for (size_t i = 0; i < world->send_len; i++) {
		struct world_send *send = &world->send[i];

		if (send->channel != channel) {
			continue;
		}
		CHECK("one in flight a channel",
		    mono_since(world->now.mono, send->leased_at) >= ALERT_LEASE_NS);
		row_of(world, send->row)->maybe_really = true;
		if (world->now.mono.ns / CLOCK_NS_PER_S % 2 == 0) {
			arrive(world, send->row);
		}
		*send = world->send[--world->send_len];
		return;
	}
}

static const char *const targets[] = {"nano-banana-pro", "vertex-image", "trial"};

/* Somebody who counts by himself finds a silence that holds for it now. */
static bool
is_muted(const struct world *world, const struct incident *incident)
{
	for (size_t i = 0; i < WORLD_MUTES; i++) {
		const struct world_mute *mute = &world->mute[i];

		if (mute->id != 0 && world->now.wall.ns < mute->end_at.ns &&
		    (mute->finding < 0 ||
			strcmp(targets[mute->finding], incident->target) == 0)) {
			return true;
		}
	}
	return false;
}

/* What leaves for the first time says what is true now, however long it waited. */
static void
check_fresh(const struct world *world, const struct world_machine *machine,
    const struct world_row *row, size_t member)
{
	const struct intent_message *message = &row->member[member].message;
	const struct incident *incident =
	    incidents_find(machine->incidents, row->member[member].incident);

	CHECK("fresh", incident != NULL || row->maybe_before_lease);
	if (row->maybe_before_lease || incident == NULL) {
		return;
	}
	if (message->kind != MESSAGE_RESOLVED) {
		CHECK("I19 silenced", !is_muted(world, incident));
	}
	CHECK("fresh", message->level == incident->level);
	CHECK("fresh", message->verdict == incident->verdict);
	CHECK("fresh", message->updates == incident->updates);
	CHECK("fresh", (message->kind == MESSAGE_RESOLVED) ==
			   (incident->state == INCIDENT_RESOLVED));
}

static void
perform_send(struct world *world, const struct world_machine *machine,
    const struct outbound *outbound)
{
	const struct world_row *row = row_of(world, outbound->row);
	struct world_send *send;

	CHECK("I6 leased before sent", row->status == OUTBOX_LEASED);
	CHECK("I6 leased before sent", row->maybe_delivered);
	CHECK("I5 one key", memcmp(row->key, outbound->key, sizeof(row->key)) == 0);
	CHECK("I5 frozen bytes",
	    row->json_hash == hash(outbound->json, outbound->json_len));
	CHECK("attempts count", row->attempts == outbound->attempt);
	for (size_t i = 0; i < row->member_len; i++) {
		check_fresh(world, machine, row, i);
		if (row->member[i].message.kind == MESSAGE_RESOLVED) {
			CHECK("I3 no resolve from nowhere",
			    may_believe(world, row, i, 0));
		}
	}
	forget_expired(world, outbound->channel);
	send = &world->send[world->send_len];
	assert_in_range(world->send_len, 0, WORLD_CHANNELS - 1);
	world->send_len++;
	send->row = outbound->row;
	send->channel = outbound->channel;
	send->leased_at = world->now.mono;
	memcpy(send->key, outbound->key, sizeof(send->key));
}

static void
feed_mute(struct world_machine *machine, const struct world_input *input)
{
	struct mute mute = {.begin_at = input->now.wall, .end_at = input->mute.end_at};
	uint64_t unused;

	if (input->mute.finding >= 0) {
		mute.matcher.len = 1;
		mute.matcher.term[0].label = LABEL_TARGET;
		(void)snprintf(mute.matcher.term[0].pattern, MATCHER_PATTERN_BYTES,
		    "%s", targets[input->mute.finding]);
	}
	if (alerts_mute(machine->alerts, &mute, input->now, &unused) != ERR_OK) {
		fail_msg("a silence was refused");
	}
}

static void
feed_ack(struct world_machine *machine, const struct world_input *input)
{
	struct ack ack = {.incident = input->incident, .until = MONO_NEVER};
	enum err err;

	if (input->ack_ns > 0) {
		ack.until = mono_add(input->now.mono, input->ack_ns);
	}
	err = alerts_ack(machine->alerts, &ack, input->now);
	assert_true(err == ERR_OK || err == ERR_NOTFOUND);
}

/* An order that was stored is known to whoever gave it. */
static void
note_order(struct world *world, const struct world_machine *machine,
    const struct world_input *input)
{
	for (size_t i = 0; i < WORLD_MUTES; i++) {
		struct world_mute *mute = &world->mute[i];

		if (input->kind == WORLD_UNMUTE && mute->id == input->mute.id) {
			mute->id = 0;
			return;
		}
		if (input->kind == WORLD_MUTE &&
		    (mute->id == 0 || mute->end_at.ns <= world->now.wall.ns)) {
			*mute = input->mute;
			mute->id = alerts_mutes(machine->alerts)->last_id;
			return;
		}
	}
}

static void
feed(struct world_machine *machine, const struct world_input *input)
{
	const struct incident *incident;
	enum err err;

	switch (input->kind) {
	case WORLD_FINDING:
		incident = incidents_apply(machine->incidents, &input->change,
		    "they say", input->now, machine->effects);
		if (incident != NULL) {
			alerts_incident(machine->alerts, machine->incidents, incident,
			    input->now, machine->effects);
		}
		break;
	case WORLD_ANSWER:
		alerts_delivery(machine->alerts, machine->incidents, &input->answer,
		    input->now, machine->effects);
		break;
	case WORLD_RECOVER:
		alerts_recover(machine->alerts, input->now, machine->effects);
		break;
	case WORLD_MUTE:
		feed_mute(machine, input);
		break;
	case WORLD_UNMUTE:
		err = alerts_unmute(
		    machine->alerts, input->mute.id, MUTE_SILENCE, input->now);
		assert_true(err == ERR_OK || err == ERR_NOTFOUND);
		break;
	case WORLD_ACK:
		feed_ack(machine, input);
		break;
	case WORLD_UNACK:
		err = alerts_unack(machine->alerts, input->incident, input->now);
		assert_true(err == ERR_OK || err == ERR_NOTFOUND);
		break;
	case WORLD_TICK:
		break;
	}
	alerts_step(machine->alerts, machine->incidents, input->now, machine->effects);
}

/* A message of a group is on its way, and the next one has to wait for it. */
static bool
is_group_busy(const struct world *world, const struct intent *intent, uint16_t channel)
{
	for (size_t i = 0; i < world->row_len && intent->group != 0; i++) {
		if (world->row[i].channel == channel && world_is_live(&world->row[i])) {
			return true;
		}
	}
	return false;
}

/* A rise of the level is on its way, or waits only for a refusal to be over. */
static void
check_rise(const struct world *world, const struct world_machine *machine)
{
	for (size_t i = 0;; i++) {
		const struct incident *incident = incidents_at(machine->incidents, i);

		if (incident == NULL) {
			return;
		}
		for (uint16_t k = 0; k < machine->conf.channel_len; k++) {
			struct intent intent;

			if (!alerts_intent(machine->alerts, incident->id, k, &intent) ||
			    incident->state != INCIDENT_OPEN ||
			    is_muted(world, incident) ||
			    intent.beliefs != BELIEF_FIRING ||
			    intent.refusals >= INTENT_REFUSALS_MAX ||
			    mono_before(world->now.mono, intent.hold_until)) {
				continue;
			}
			CHECK("I8 rise", incident->level <= intent.told_level ||
					     intent.row != 0 ||
					     is_group_busy(world, &intent, k));
		}
	}
}

bool
world_step(struct world *world, struct world_machine *machine,
    const struct world_input *input, enum world_commit commit)
{
	struct effects *effects = machine->effects;

	effects_reset(effects);
	feed(machine, input);
	if (commit == COMMIT_LOST) {
		return false;
	}
	note_order(world, machine, input);
	for (size_t i = 0; i < effects->len; i++) {
		const struct effect *effect = &effects->item[i];

		if (effect->kind == EFFECT_PUT && effect->table == TABLE_OUTBOX) {
			commit_row(world, machine, effect);
		} else if (effect->kind == EFFECT_PUT &&
			   effect->table == TABLE_TIMELINE) {
			world->timeline++;
		}
	}
	save(world, machine);
	check_rise(world, machine);
	for (size_t i = 0; i < effects->len && commit == COMMIT_GOOD; i++) {
		if (effects->item[i].kind == EFFECT_SEND) {
			perform_send(world, machine, &effects->item[i].send);
		}
	}
	return commit == COMMIT_GOOD;
}

struct world_input
world_change(
    struct world *world, size_t i, enum finding_event event, enum verdict verdict)
{
	struct finding *finding = &world->finding[i];
	struct world_input input = {.kind = WORLD_FINDING, .now = world->now};
	bool is_flapping = finding->is_flapping;

	*finding = small_fleet_finding(i + 1, verdict, world->now.mono);
	finding->is_flapping = is_flapping;
	finding->scope.target = (uint16_t)(i % 3); /* one of each tier there is */
	finding->open = event != FINDING_CLOSED;
	input.change.event = event;
	input.change.finding = *finding;
	return input;
}

struct world_input
world_answer(struct world *world, size_t i, enum delivery delivery, bool arrived)
{
	struct world_input input = {.kind = WORLD_ANSWER, .now = world->now};
	struct world_send send = world->send[i];

	world->send[i] = world->send[--world->send_len];
	if (arrived) {
		arrive(world, send.row);
	}
	/* after the end of the lease only good news is listened to */
	if (delivery == DELIVERY_DONE || delivery == DELIVERY_UNKNOWN ||
	    row_of(world, send.row)->status != OUTBOX_LEASED) {
		row_of(world, send.row)->maybe_really = true;
	}
	input.answer.row = send.row;
	input.answer.delivery = delivery;
	return input;
}

struct world_input
world_tick(struct world *world, int64_t advance_ns)
{
	world->now.mono = mono_add(world->now.mono, advance_ns);
	world->now.wall = wall_add(world->now.wall, advance_ns);
	return (struct world_input){.kind = WORLD_TICK, .now = world->now};
}

struct world_input
world_mute(const struct world *world, int finding, int64_t for_ns)
{
	return (struct world_input){.kind = WORLD_MUTE,
	    .now = world->now,
	    .mute = {.finding = finding, .end_at = wall_add(world->now.wall, for_ns)}};
}

struct world_input
world_unmute(const struct world *world, size_t i)
{
	return (struct world_input){
	    .kind = WORLD_UNMUTE, .now = world->now, .mute = world->mute[i]};
}

struct world_input
world_restart(struct world *world, struct world_machine *machine, unsigned arrived)
{
	struct world_input input = {.kind = WORLD_RECOVER};

	for (size_t i = 0; i < world->row_len; i++) {
		/* it died with this row leased: nobody will ever know */
		if (world->row[i].status == OUTBOX_LEASED) {
			world->row[i].maybe_really = true;
		}
	}
	for (size_t i = 0; i < world->send_len; i++) {
		row_of(world, world->send[i].row)->maybe_really = true;
		if ((arrived >> i & 1) != 0) {
			arrive(world, world->send[i].row);
		}
	}
	world->send_len = 0;
	world_restore(world, machine);
	(void)world_tick(world, CLOCK_NS_PER_S);
	input.now = world->now;
	(void)world_step(world, machine, &input, COMMIT_GOOD);
	return input;
}

void
world_replay(struct world_machine *machine, const struct world_input *input)
{
	effects_reset(machine->effects);
	feed(machine, input);
}

void
world_copy(struct world *to, const struct world *from)
{
	to->now = from->now;
	memcpy(to->mute, from->mute, sizeof(to->mute));
	memcpy(to->finding, from->finding, sizeof(to->finding));
	memcpy(to->pair, from->pair, sizeof(to->pair));
	memcpy(to->send, from->send, sizeof(to->send));
	memcpy(to->row, from->row, from->row_len * sizeof(to->row[0]));
	memcpy(to->arrival, from->arrival, from->arrival_len * sizeof(to->arrival[0]));
	memcpy(to->saved, from->saved, from->saved_len);
	to->row_len = from->row_len;
	to->send_len = from->send_len;
	to->arrival_len = from->arrival_len;
	to->repeats = from->repeats;
	to->timeline = from->timeline;
	to->saved_len = from->saved_len;
}
