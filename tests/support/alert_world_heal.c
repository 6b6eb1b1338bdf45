/* What must be true in the end, when all channels work again. */
#include "tests/support/alert_world_internal.h"
#include "tests/support/test.h"

const struct world_arrival *
world_last_arrival(const struct world *world, uint64_t incident, uint16_t channel)
{
	for (size_t i = world->arrival_len; i-- > 0;) {
		if (world->arrival[i].incident == incident &&
		    world->arrival[i].channel == channel) {
			return &world->arrival[i];
		}
	}
	return NULL;
}

static void
check_belief(const struct world *world, const struct world_machine *machine,
    const struct incident *incident, uint16_t k)
{
	const struct world_arrival *last = world_last_arrival(world, incident->id, k);
	const struct alert_channel *channel = &machine->conf.channel[k];
	bool believes = last != NULL && last->message.kind != MESSAGE_RESOLVED;
	bool is_others =
	    channel->tier_mask != 0 && (channel->tier_mask >> incident->tier & 1) == 0;
	struct intent intent;

	assert_true(alerts_intent(machine->alerts, incident->id, k, &intent));
	CHECK("I10 drained", intent.row == 0);
	if (intent.refusals >= INTENT_REFUSALS_MAX) {
		return; /* given up, in the open */
	}
	if (incident->state == INCIDENT_RESOLVED) {
		CHECK("I2 no orphan", !believes);
		return;
	}
	if (!believes) {
		CHECK("I1 told", incident->level < channel->level_min || is_others);
		return;
	}
	CHECK("I1 tier", !is_others);
	CHECK("I8 level", last->message.level >= incident->level);
	if (channel->wants_updates) {
		CHECK("I1 level", last->message.level == incident->level);
		CHECK("I1 verdict", last->message.verdict == incident->verdict);
		CHECK("I1 facts", last->message.updates == incident->updates);
	}
}

/* Nobody holds anything back any more. */
static void
end_orders(struct world *world, struct world_machine *machine)
{
	struct world_input input = {.kind = WORLD_UNACK, .now = world->now};

	for (size_t i = 0; i < WORLD_MUTES; i++) {
		if (world->mute[i].id != 0) {
			const struct world_input end = world_unmute(world, i);

			assert_true(world_step(world, machine, &end, COMMIT_GOOD));
		}
	}
	for (input.incident = 1; input.incident <= WORLD_INCIDENTS; input.incident++) {
		assert_true(world_step(world, machine, &input, COMMIT_GOOD));
	}
}

void
world_heal(struct world *world, struct world_machine *machine)
{
	end_orders(world, machine);
	for (int i = 0; i < 1000; i++) {
		struct world_input input;
		struct mono deadline;

		if (world->send_len > 0) {
			input = world_answer(world, 0, DELIVERY_DONE, true);
			assert_true(world_step(world, machine, &input, COMMIT_GOOD));
			continue;
		}
		deadline = alerts_deadline(machine->alerts);
		if (deadline.ns == MONO_NEVER.ns) {
			break;
		}
		input = world_tick(world, mono_before(world->now.mono, deadline)
					      ? mono_since(deadline, world->now.mono)
					      : 0);
		assert_true(world_step(world, machine, &input, COMMIT_GOOD));
	}
	CHECK("I1 drains", world->send_len == 0);
	CHECK("I1 drains", alerts_deadline(machine->alerts).ns == MONO_NEVER.ns);
	for (size_t i = 0; i < world->row_len; i++) {
		const struct world_row *row = &world->row[i];

		CHECK("I10 every row ends", !world_is_live(row));
		CHECK("I10 cancelled",
		    row->status != OUTBOX_CANCELLED || !row->maybe_delivered);
	}
	for (size_t i = 0; i < WORLD_INCIDENTS; i++) {
		const struct incident *incident = incidents_at(machine->incidents, i);

		for (uint16_t k = 0; incident != NULL && k < machine->conf.channel_len;
		     k++) {
			check_belief(world, machine, incident, k);
		}
	}
}
