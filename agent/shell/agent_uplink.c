#include "agent/shell/agent_internal.h"
#include "common/shell/failpoint.h"
#include "common/shell/log.h"

#include <stdlib.h>
#include <string.h>

/* Encodes `message` and hands it to the line. */
enum err
agent_send(struct agent *agent, unsigned slot, const struct wire_agent_message *message)
{
	const unsigned char *packed;
	size_t len;
	enum err err = wire_agent_encode(message, &agent->arena,
	    frame_room(agent->frame), LIMIT_INFLATED_BYTES, &len);

	if (err == ERR_OK) {
		err = frame_pack(agent->frame, len, &packed, &len);
	}
	if (err == ERR_OK) {
		err = line_send(agent->line, slot, packed, len);
	}
	return err;
}

/* `proof` answers a challenge; NULL at first. */
static enum err
send_hello(struct agent *agent, const struct agent_proof *proof, struct now now)
{
	const struct spool_book *book = spool_book(agent->spool);
	struct wire_agent_message message = {.kind = WIRE_HELLO,
	    .hello = {.version = WIRE_VERSION,
		.agent = agent->conf->id,
		.region = agent->conf->region,
		.build = PARALLAX_VERSION,
		.incarnation = book->incarnation,
		.next_seq = book->next_seq,
		.spooled = book->rows,
		.wall = now.wall,
		.has_identity = agent_has_identity(agent)}};

	if (proof != NULL) {
		agent_identity_show(proof, &message.hello);
	}
	return agent_send(agent, UPLINK_SLOT_HELLO, &message);
}

static enum err
send_poll(struct agent *agent, struct now now)
{
	struct wire_spent spent[LIMIT_KEYS];
	struct wire_agent_message message = {.kind = WIRE_POLL,
	    .poll = {.session = agent->uplink.session,
		.plan_version = agent->plan.version,
		.sent_at = now.wall,
		.rtt_us = agent->uplink.rtt_us,
		.spooled = spool_book(agent->spool)->rows,
		.spent = spent,
		.spent_len = agent_money_spent(agent, now, spent)}};

	return agent_send(agent, UPLINK_SLOT_POLL, &message);
}

/* The first holes; the rest is told with later batches, once these are acknowledged. */
static size_t
fill_holes(const struct spool_book *book, struct wire_hole out[WIRE_HOLES])
{
	size_t len = book->dropped.len < WIRE_HOLES ? book->dropped.len : WIRE_HOLES;

	for (size_t i = 0; i < len; i++) {
		out[i] = (struct wire_hole){book->dropped.range[i], HOLE_DROPPED};
	}
	return len;
}

static enum err
send_batch(struct agent *agent, const struct uplink_action *action, struct now now)
{
	const struct spool_book *book = spool_book(agent->spool);
	struct wire_hole hole[WIRE_HOLES];
	struct wire_agent_message message = {.kind = WIRE_BATCH};
	size_t len = spool_read(agent->spool, action->first, action->last,
	    LIMIT_BATCH_RESULTS, &agent->arena, agent->rows);
	enum err err;

	if (spool_is_dirty(agent->spool)) { /* rows may have to be set aside */
		agent->flush_at =
		    mono_min(agent->flush_at, mono_add(now.mono, SPOOL_FLUSH_NS));
	}
	if (len == 0) {
		uplink_none(&agent->uplink, action->slot, action->last + 1);
		return ERR_OK;
	}
	message.batch = (struct wire_batch){.session = agent->uplink.session,
	    .incarnation = book->incarnation,
	    .first_seq = agent->rows[0].seq,
	    .sent_at = now.wall,
	    .rtt_us = agent->uplink.rtt_us,
	    .result = agent->rows,
	    .len = len,
	    .hole = hole,
	    .hole_len = fill_holes(book, hole)};
	uplink_sent(&agent->uplink, action->slot, agent->rows[len - 1].seq);
	failpoint(FAILPOINT_AGENT_BATCH_BEFORE_SEND);
	err = agent_send(agent, action->slot, &message);
	failpoint(FAILPOINT_AGENT_BATCH_AFTER_SEND);
	return err;
}

static void
connect_to(struct agent *agent, size_t address, struct now now)
{
	const char *url = agent->conf->collectors[address];
	enum err err = line_connect(agent->line, url);

	if (err != ERR_OK) {
		log_error("uplink.connect_failed", "collector=%s reason=%s", url,
		    err_name(err));
		uplink_lost(&agent->uplink, now.mono);
	}
}

static enum err
perform(struct agent *agent, const struct uplink_action *action, struct now now)
{
	arena_reset(&agent->arena);
	switch (action->kind) {
	case UPLINK_NOTHING:
		break;
	case UPLINK_CONNECT:
		connect_to(agent, action->address, now);
		break;
	case UPLINK_DISCONNECT:
		line_disconnect(agent->line);
		break;
	case UPLINK_SEND_HELLO:
		agent->was_challenged = false;
		return send_hello(agent, NULL, now);
	case UPLINK_SEND_POLL:
		return send_poll(agent, now);
	case UPLINK_SEND_BATCH:
		return send_batch(agent, action, now);
	}
	return ERR_OK;
}

/* A connection given up because time went by: nothing else has told of it. */
static void
say_given_up(const struct agent *agent, const struct uplink *before)
{
	const char *url = agent->conf->collectors[before->address];

	switch (before->state) {
	case UPLINK_DOWN:
		break; /* lost or refused, which was said */
	case UPLINK_CONNECTING:
		log_warn("uplink.unreachable",
		    "collector=%s (nobody listens, or one side refuses the other's "
		    "certificate)",
		    url);
		break;
	case UPLINK_HELLO:
	case UPLINK_UP:
		log_warn("uplink.no_answer", "collector=%s", url);
		break;
	}
}

void
agent_uplink_act(struct agent *agent, struct now now)
{
	struct uplink_action action;
	struct uplink before = agent->uplink;

	while (
	    (action = uplink_next(&agent->uplink, spool_durable_seq(agent->spool), now))
		.kind != UPLINK_NOTHING) {
		enum err err = perform(agent, &action, now);

		if (action.kind == UPLINK_DISCONNECT) {
			say_given_up(agent, &before);
		}
		if (err != ERR_OK) {
			log_warn("uplink.send_failed", "slot=%u reason=%s", action.slot,
			    err_name(err));
			uplink_lost(&agent->uplink, now.mono);
		}
		before = agent->uplink;
	}
	agent_identity_look(agent, now);
}

static void
on_welcome(struct agent *agent, const struct wire_welcome *welcome, struct now now)
{
	uint64_t next_seq = spool_durable_seq(agent->spool);

	said_forget(&agent->said); /* it may be another, or have forgotten */
	spool_forget(agent->spool, welcome->received, welcome->received_len);
	if (spool_is_dirty(agent->spool)) {
		agent->flush_at = now.mono;
	}
	uplink_welcome(&agent->uplink, welcome->session, welcome->credit,
	    spool_first(agent->spool, 0), next_seq, now.mono);
	log_info("uplink.up", "collector=%s backlog=%llu",
	    agent->conf->collectors[agent->uplink.address],
	    (unsigned long long)spool_book(agent->spool)->rows);
}

static void
on_refused(struct agent *agent, unsigned slot, const struct wire_refused *refused,
    struct now now)
{
	bool hello_first = refused->reason == WIRE_REASON_HELLO_FIRST;

	if (!hello_first && slot == UPLINK_SLOT_HELLO &&
	    agent->uplink.state == UPLINK_UP) {
		/* A renewal: nothing else is asked there while the session stands. */
		log_warn("identity.not_renewed", "reason=%s text=\"%s\"",
		    wire_reason_name(refused->reason), refused->text);
		uplink_answered(&agent->uplink, slot, agent->uplink.credit, now.mono);
		return;
	}
	if (!hello_first) {
		log_error("uplink.refused", "reason=%s text=\"%s\"",
		    wire_reason_name(refused->reason), refused->text);
	}
	uplink_refused(&agent->uplink, hello_first,
	    (int64_t)refused->retry_after_ms * CLOCK_NS_PER_MS, now.mono);
}

static void
on_ack(struct agent *agent, unsigned slot, const struct wire_ack *ack, struct now now)
{
	failpoint(FAILPOINT_AGENT_ACK_RECEIVED);
	uplink_answered(&agent->uplink, slot, ack->credit, now.mono);
	spool_forget(agent->spool, ack->durable, ack->durable_len);
	failpoint(FAILPOINT_AGENT_ACK_NOTED);
	agent->flush_at = mono_min(agent->flush_at, mono_add(now.mono, SPOOL_FLUSH_NS));
}

/* The same greeting once more, with the proof; a collector that is not content with one is
 * not asked for ever. */
static void
on_challenge(
    struct agent *agent, const struct wire_challenge *challenge, struct now now)
{
	struct agent_proof *proof = NULL;
	enum err err = ERR_REFUSED;

	if (!agent->was_challenged && agent_has_identity(agent)) {
		agent->was_challenged = true;
		err = agent_identity_prove(agent, challenge, &proof);
	}
	if (err == ERR_OK) {
		err = send_hello(agent, proof, now);
	}
	free(proof);
	if (err != ERR_OK) {
		log_error("uplink.not_proved", "reason=%s", err_name(err));
		uplink_lost(&agent->uplink, now.mono);
	}
}

static void
on_message(struct agent *agent, const struct line_event *event,
    const struct wire_collector_message *message, const unsigned char *bytes,
    size_t len, struct now now)
{
	switch (message->kind) {
	case WIRE_WELCOME:
		on_welcome(agent, &message->welcome, now);
		break;
	case WIRE_REFUSED:
		on_refused(agent, event->slot, &message->refused, now);
		break;
	case WIRE_ACK:
		on_ack(agent, event->slot, &message->ack, now);
		break;
	case WIRE_DIRECTIVE:
		uplink_answered(&agent->uplink, event->slot, 0, now.mono);
		if (message->directive.has_plan) {
			agent_plan_take(
			    agent, bytes, len, &message->directive.plan, now);
		}
		agent_money_grants(agent, &message->directive, now);
		agent_probe_now(agent, &message->directive, now);
		break;
	case WIRE_CHALLENGE:
		on_challenge(agent, &message->challenge, now);
		break;
	case WIRE_CERTIFICATE:
		uplink_answered(
		    &agent->uplink, event->slot, agent->uplink.credit, now.mono);
		agent_identity_renewed(agent, message->certificate, now);
		break;
	}
}

static void
on_reply(struct agent *agent, const struct line_event *event, struct now now)
{
	struct wire_collector_message message;
	const unsigned char *bytes;
	size_t len;
	enum err err;

	if (!agent->uplink.request[event->slot].used) {
		return; /* of a session that was given up meanwhile */
	}
	arena_reset(&agent->arena);
	err = frame_unpack(agent->frame, event->data, event->len, &bytes, &len);
	if (err == ERR_OK) {
		err = wire_collector_decode(bytes, len, &agent->arena, &message);
	}
	if (err != ERR_OK) {
		log_error("uplink.bad_reply", "reason=%s", err_name(err));
		uplink_lost(&agent->uplink, now.mono);
		return;
	}
	on_message(agent, event, &message, bytes, len, now);
}

/* One loss shows as a failed request, as a gone line, or as both: it is said once. */
static void
on_lost(struct agent *agent, struct now now)
{
	if (agent->uplink.state != UPLINK_DOWN) {
		log_warn("uplink.lost", "collector=%s",
		    agent->conf->collectors[agent->uplink.address]);
	}
	uplink_lost(&agent->uplink, now.mono);
}

/* Said for a while, and then only to who listens closely: it is asked again and again. */
static void
on_unreached(struct agent *agent, const char *reason, struct now now)
{
	const struct uplink *uplink = &agent->uplink;
	const char *url = agent->conf->collectors[uplink->address];

	if (uplink->failures < uplink->addresses * 2) {
		log_warn(
		    "uplink.unreachable", "collector=%s reason=\"%s\"", url, reason);
	} else {
		log_debug(
		    "uplink.unreachable", "collector=%s reason=\"%s\"", url, reason);
	}
	uplink_lost(&agent->uplink, now.mono);
}

void
agent_uplink_events(struct agent *agent, struct now now)
{
	struct line_event event;

	while (line_take(agent->line, &event)) {
		switch (event.kind) {
		case LINE_CONNECTED:
			uplink_connected(&agent->uplink, now.mono);
			break;
		case LINE_LOST:
		case LINE_FAILED:
			on_lost(agent, now);
			break;
		case LINE_REPLY:
			on_reply(agent, &event, now);
			break;
		case LINE_UNREACHED:
			on_unreached(agent, event.reason, now);
			break;
		}
	}
}

void
agent_goodbye(struct agent *agent)
{
	struct wire_agent_message message = {
	    .kind = WIRE_GOODBYE, .goodbye_session = agent->uplink.session};
	const unsigned char *packed;
	size_t len;

	if (agent->uplink.state != UPLINK_UP) {
		return;
	}
	arena_reset(&agent->arena);
	if (wire_agent_encode(&message, &agent->arena, frame_room(agent->frame),
		LIMIT_INFLATED_BYTES, &len) == ERR_OK &&
	    frame_pack(agent->frame, len, &packed, &len) == ERR_OK) {
		line_send_last(agent->line, UPLINK_SLOT_HELLO, packed, len, 1000);
	}
}
