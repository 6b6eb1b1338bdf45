#include "collector/shell/service_internal.h"
#include "common/shell/failpoint.h"
#include "common/shell/log.h"

#include <stdlib.h>

enum {
	BUSY_WAIT_MS = 1000
};

/* ---- batch ---- */

/* Everything of this batch is durable once the group is committed. */
static void
acknowledge(struct service *service, uint32_t place, uint16_t agent,
    const struct wire_batch *batch, struct now now)
{
	struct seq_range durable[WIRE_HOLES + 1];
	size_t len = 0;
	struct wire_collector_message message = {.kind = WIRE_ACK};

	if (batch->len > 0) {
		durable[len++] = (struct seq_range){
		    batch->first_seq, batch->first_seq + batch->len - 1};
	}
	for (size_t i = 0; i < batch->hole_len; i++) {
		durable[len++] = batch->hole[i].range;
	}
	message.ack = (struct wire_ack){.durable = durable,
	    .durable_len = len,
	    .plan_version = service_plan_version(service, agent),
	    .wall = now.wall,
	    .credit = service_credit(service)};
	service_stage_reply(service, place, &message);
}

/* The grants of an agent; returns a number that changes whenever they do, 0 for none. */
static uint64_t
fill_grants(const struct service *service, uint16_t agent,
    struct wire_grant out[WIRE_GRANTS], size_t *out_len)
{
	struct budget_grant grant[WIRE_GRANTS];
	size_t len =
	    collector_grants(service->machine.collector, agent, grant, WIRE_GRANTS);
	uint64_t sum = 0;

	for (size_t i = 0; i < len; i++) {
		out[i] = (struct wire_grant){
		    grant[i].key, grant[i].day, grant[i].extra_microusd};
		/* Of one day they only grow; days are apart by more than any of them. */
		sum += grant[i].extra_microusd + ((uint64_t)grant[i].day << 48);
	}
	*out_len = len;
	return sum;
}

static bool
has_news(const struct service *service, uint16_t agent)
{
	struct wire_grant grant[WIRE_GRANTS];
	size_t len;
	uint64_t sum = fill_grants(service, agent, grant, &len);

	return len > 0 && sum != service->machine.granted[agent];
}

/* A grant for an agent that waits is told as soon as the results that it follows from are
 * stored. */
static void
tell_grants(struct service *service, uint16_t agent, struct now now)
{
	if (!has_news(service, agent)) {
		return;
	}
	for (uint32_t i = 0; i < service->polls; i++) {
		if (service->poll[i].used && service->poll[i].agent == agent) {
			service->poll[i].deadline = now.mono;
		}
	}
}

static void
on_batch(struct service *service, const struct service_event *event,
    const struct wire_batch *batch, struct now now)
{
	struct collector *collector = service->machine.collector;
	uint16_t agent = collector_session(collector, batch->session, event->pipe, now);
	struct seq_range hole[WIRE_HOLES];
	struct ingest_batch ingest = {.agent = agent,
	    .incarnation = batch->incarnation,
	    .first_seq = batch->first_seq,
	    .sent_at = batch->sent_at,
	    .rtt_us = batch->rtt_us,
	    .result = batch->result,
	    .len = batch->len,
	    .hole = hole,
	    .hole_len = batch->hole_len};
	size_t new_results = 0;
	enum err err;

	if (agent != TOPOLOGY_NONE &&
	    session_of(collector_sessions(collector), agent)->incarnation !=
		batch->incarnation) {
		/* Numbers of a life that did not greet would be taken for another's. */
		log_warn("batch.refused", "agent=%s reason=incarnation",
		    service->machine.conf->topology.agent[agent].name);
		agent = TOPOLOGY_NONE;
	}
	if (agent == TOPOLOGY_NONE) {
		service_refuse_session(service, event->place, SESSION_HELLO_FIRST);
		return;
	}
	if (mono_before(now.mono, service->retry_at)) {
		service_refuse(service, event->place, WIRE_REASON_BUSY,
		    "the store takes nothing now", BUSY_WAIT_MS);
		return;
	}
	for (size_t i = 0; i < batch->hole_len; i++) {
		hole[i] = batch->hole[i].range;
	}
	failpoint(FAILPOINT_COLLECTOR_BATCH_RECEIVED);
	ingest.frame = listener_data(event->data, &ingest.frame_len);
	err = collector_batch(collector, &ingest, now, &service->effects, &new_results);
	if (err != ERR_OK) {
		log_warn("batch.refused", "agent=%s reason=%s",
		    service->machine.conf->topology.agent[agent].name, err_name(err));
		service_refuse(service, event->place, WIRE_REASON_BUSY,
		    "too many gaps, send what is older first", BUSY_WAIT_MS);
		return;
	}
	service_group_add(service);
	failpoint(FAILPOINT_COLLECTOR_BATCH_ADDED);
	acknowledge(service, event->place, agent, batch, now);
	tell_grants(service, agent, now);
}

/* ---- poll ---- */

/* What the poll's agent is asked for, by name. */
static void
fill_asks(const struct service *service, const struct service_poll *poll,
    struct wire_directive *out, const char *series[WIRE_PROBE_NOW])
{
	const struct topology *topology = &service->machine.conf->topology;

	series[0] = "";
	out->probe_now = series;
	for (size_t i = 0; i < poll->ask_len; i++) {
		if (poll->ask[i] < topology->probe_len) {
			series[out->probe_now_len++] =
			    topology->probe[poll->ask[i]].series;
		}
	}
	if (out->probe_now_len > 0) {
		log_debug("agent.asked", "agent=%s probes=%zu first=%s",
		    topology->agent[poll->agent].name, out->probe_now_len, series[0]);
	}
}

static void
answer_poll(struct service *service, const struct service_poll *poll, bool with_plan,
    struct now now)
{
	uint16_t agent = poll->agent;
	struct wire_grant grant[WIRE_GRANTS];
	const char *series[WIRE_PROBE_NOW];
	struct wire_collector_message message = {
	    .kind = WIRE_DIRECTIVE, .directive = {.wall = now.wall, .grant = grant}};
	void *memory = NULL;
	struct arena arena;

	if (with_plan) {
		size_t bytes = planner_plan_bytes(service->machine.planner) + 64;

		memory = malloc(bytes);
		if (memory != NULL) {
			arena_init(&arena, memory, bytes);
			message.directive.plan =
			    planner_make(service->machine.planner, agent, &arena);
			message.directive.has_plan =
			    message.directive.plan.version != 0;
		}
	}
	service->machine.granted[agent] =
	    fill_grants(service, agent, grant, &message.directive.grant_len);
	fill_asks(service, poll, &message.directive, series);
	service_stage_reply(service, poll->place, &message);
	free(memory);
}

/* An agent polls once at a time: whoever asks again has given the older poll up, which
 * would only keep a place that others need. */
static void
drop_polls(struct service *service, uint32_t pipe)
{
	for (uint32_t i = 0; i < service->polls; i++) {
		if (service->poll[i].used && service->poll[i].pipe == pipe) {
			service->poll[i].used = false;
			listener_drop(service->listener, service->poll[i].place);
		}
	}
}

static void
hold_poll(struct service *service, const struct service_poll *waiting, struct now now)
{
	drop_polls(service, waiting->pipe);
	for (uint32_t i = 0; i < service->polls; i++) {
		if (!service->poll[i].used) {
			service->poll[i] = *waiting;
			return;
		}
	}
	answer_poll(service, waiting, false, now);
}

void
service_ask(struct service *service, const struct effect_ask *ask, struct now now)
{
	for (uint32_t i = 0; i < service->polls; i++) {
		struct service_poll *poll = &service->poll[i];

		if (poll->used && poll->agent == ask->agent &&
		    poll->ask_len < WIRE_PROBE_NOW) {
			poll->ask[poll->ask_len++] = ask->probe;
			poll->deadline = now.mono;
			return;
		}
	}
}

static void
on_poll(struct service *service, const struct service_event *event,
    const struct wire_poll *poll, struct now now)
{
	struct collector *collector = service->machine.collector;
	uint16_t agent = collector_session(collector, poll->session, event->pipe, now);
	struct session_agent *session;
	struct service_poll waiting = {.used = true,
	    .place = event->place,
	    .pipe = event->pipe,
	    .agent = agent,
	    .deadline = mono_add(now.mono, SERVICE_POLL_NS)};

	if (agent == TOPOLOGY_NONE) {
		service_refuse_session(service, event->place, SESSION_HELLO_FIRST);
		return;
	}
	session = session_of(collector_sessions(collector), agent);
	session->plan_version = poll->plan_version;
	session->spooled = poll->spooled;
	collector_clock_sample(collector, agent, poll->sent_at, poll->rtt_us, now);
	if (poll->plan_version != service_plan_version(service, agent)) {
		answer_poll(service, &waiting, true, now);
		return;
	}
	if (has_news(service, agent)) {
		answer_poll(service, &waiting, false, now);
		return;
	}
	hold_poll(service, &waiting, now);
}

struct mono
service_polls_deadline(const struct service *service)
{
	struct mono deadline = MONO_NEVER;

	for (uint32_t i = 0; i < service->polls; i++) {
		if (service->poll[i].used) {
			deadline = mono_min(deadline, service->poll[i].deadline);
		}
	}
	return deadline;
}

void
service_polls_expire(struct service *service, struct now now, bool all)
{
	for (uint32_t i = 0; i < service->polls && service->reply_len < SERVICE_GROUP;
	     i++) {
		struct service_poll *poll = &service->poll[i];

		if (poll->used && (all || !mono_before(now.mono, poll->deadline))) {
			poll->used = false;
			arena_reset(&service->arena);
			answer_poll(service, poll, false, now);
		}
	}
}

void
service_gone(struct service *service, uint32_t pipe)
{
	collector_pipe_gone(service->machine.collector, pipe);
	service_forget_challenge(service, pipe);
	drop_polls(service, pipe);
	service->view_dirty = true;
}

void
service_bar(struct service *service, const char *name)
{
	uint16_t agent = topology_agent_find(&service->machine.conf->topology, name);
	const struct session_agent *session;

	if (agent == TOPOLOGY_NONE) {
		return;
	}
	session = session_peek(collector_sessions(service->machine.collector), agent);
	if (session->id != 0) {
		service_gone(service, session->pipe);
	}
}

/* ---- any request ---- */

static void
on_goodbye(struct service *service, const struct service_event *event, uint64_t session,
    struct now now)
{
	uint16_t agent =
	    collector_session(service->machine.collector, session, event->pipe, now);
	struct wire_collector_message message = {
	    .kind = WIRE_DIRECTIVE, .directive = {.wall = now.wall}};

	if (agent != TOPOLOGY_NONE) {
		collector_goodbye(service->machine.collector, agent);
		log_info("agent.goodbye", "agent=%s",
		    service->machine.conf->topology.agent[agent].name);
	}
	service_stage_reply(service, event->place, &message);
}

void
service_request(struct service *service, const struct service_event *event)
{
	struct now now = service_now(service);
	struct wire_agent_message message;
	const unsigned char *data;
	const unsigned char *bytes;
	size_t len;
	enum err err;

	arena_reset(&service->arena);
	data = listener_data(event->data, &len);
	err = frame_unpack(service->frame, data, len, &bytes, &len);
	if (err == ERR_OK) {
		err = wire_agent_decode(bytes, len, &service->arena, &message);
	}
	if (err != ERR_OK) {
		/* A malformed message costs its sender the session, never us. */
		log_warn(
		    "agent.malformed", "pipe=%u reason=%s", event->pipe, err_name(err));
		collector_count_refused(service->machine.collector);
		service_gone(service, event->pipe);
		service_refuse(service, event->place, WIRE_REASON_MALFORMED,
		    "the message could not be read", SERVICE_REFUSED_WAIT_MS);
		return;
	}
	switch (message.kind) {
	case WIRE_HELLO:
		service_hello(service, event, &message.hello, now);
		break;
	case WIRE_BATCH:
		on_batch(service, event, &message.batch, now);
		break;
	case WIRE_POLL:
		on_poll(service, event, &message.poll, now);
		break;
	case WIRE_RENEW:
		service_renew(service, event, &message.renew, now);
		break;
	case WIRE_GOODBYE:
		on_goodbye(service, event, message.goodbye_session, now);
		break;
	}
}
