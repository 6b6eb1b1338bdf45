#include "proto/wire_internal.h"

const char *
wire_reason_name(enum wire_reason reason)
{
	switch (reason) {
	case WIRE_REASON_NONE:
		return "none";
	case WIRE_REASON_HELLO_FIRST:
		return "hello_first";
	case WIRE_REASON_VERSION:
		return "version";
	case WIRE_REASON_UNKNOWN_AGENT:
		return "unknown_agent";
	case WIRE_REASON_WRONG_REGION:
		return "wrong_region";
	case WIRE_REASON_DUPLICATE:
		return "duplicate";
	case WIRE_REASON_MALFORMED:
		return "malformed";
	case WIRE_REASON_BUSY:
		return "busy";
	case WIRE_REASON_IDENTITY:
		return "identity";
	case WIRE_REASON_ENROL:
		return "enrol";
	case WIRE_REASON_COUNT:
		break;
	}
	return "unknown";
}

/* ---- memory: protobuf-c takes it from our arena, so a message has a fixed price ----
 */

static void *
take(void *context, size_t bytes)
{
	return arena_take(context, 1, bytes == 0 ? 1 : bytes);
}

static void
give(void *context, void *memory)
{
	(void)context;
	(void)memory; /* arenas are given back whole */
}

static ProtobufCAllocator
allocator_of(struct arena *arena)
{
	return (ProtobufCAllocator){
	    .alloc = take, .free = give, .allocator_data = arena};
}

/* ---- ranges ---- */

enum err
wire_ranges_decode(Parallax__V1__Range *const *from, size_t len, struct arena *arena,
    const struct seq_range **out)
{
	struct seq_range *range;

	if (len > LIMIT_SEQ_RANGES) {
		return ERR_LIMIT;
	}
	range = arena_take(arena, len, sizeof(*range));
	if (range == NULL) {
		return ERR_LIMIT;
	}
	for (size_t i = 0; i < len; i++) {
		if (from[i]->first > from[i]->last) {
			return ERR_FORMAT;
		}
		range[i] = (struct seq_range){from[i]->first, from[i]->last};
	}
	*out = range;
	return ERR_OK;
}

enum err
wire_ranges_encode(const struct seq_range *from, size_t len, struct arena *scratch,
    Parallax__V1__Range ***out)
{
	Parallax__V1__Range **list = arena_take(scratch, len, sizeof(*list));
	Parallax__V1__Range *item =
	    arena_take(scratch, len, sizeof(Parallax__V1__Range));

	if (len > LIMIT_SEQ_RANGES || arena_failed(scratch)) {
		return ERR_LIMIT;
	}
	for (size_t i = 0; i < len; i++) {
		parallax__v1__range__init(&item[i]);
		item[i].first = from[i].first;
		item[i].last = from[i].last;
		list[i] = &item[i];
	}
	*out = list;
	return ERR_OK;
}

/* ---- agent to collector ---- */

static enum err
poll_encode(
    const struct wire_poll *from, struct arena *scratch, Parallax__V1__Poll *out)
{
	parallax__v1__poll__init(out);
	out->session = from->session;
	out->plan_version = from->plan_version;
	out->sent_ns = from->sent_at.ns;
	out->rtt_us = from->rtt_us;
	out->spooled = from->spooled;
	return wire_spent_encode(from, scratch, out);
}

static enum err
pack(const ProtobufCMessage *message, unsigned char *out, size_t cap, size_t *out_len)
{
	size_t len = protobuf_c_message_get_packed_size(message);

	if (len > cap) {
		return ERR_LIMIT;
	}
	*out_len = protobuf_c_message_pack(message, out);
	return ERR_OK;
}

enum err
wire_agent_encode(const struct wire_agent_message *message, struct arena *scratch,
    unsigned char *out, size_t cap, size_t *out_len)
{
	Parallax__V1__AgentMessage envelope = PARALLAX__V1__AGENT_MESSAGE__INIT;
	Parallax__V1__Hello hello;
	Parallax__V1__Poll poll;
	Parallax__V1__Goodbye goodbye = PARALLAX__V1__GOODBYE__INIT;
	Parallax__V1__Renew renew;
	enum err err = ERR_OK;

	switch (message->kind) {
	case WIRE_HELLO:
		err = wire_hello_encode(&message->hello, &hello);
		envelope.body_case = PARALLAX__V1__AGENT_MESSAGE__BODY_HELLO;
		envelope.hello = &hello;
		break;
	case WIRE_BATCH:
		envelope.body_case = PARALLAX__V1__AGENT_MESSAGE__BODY_BATCH;
		err = wire_batch_encode(&message->batch, scratch, &envelope.batch);
		break;
	case WIRE_POLL:
		err = poll_encode(&message->poll, scratch, &poll);
		envelope.body_case = PARALLAX__V1__AGENT_MESSAGE__BODY_POLL;
		envelope.poll = &poll;
		break;
	case WIRE_GOODBYE:
		goodbye.session = message->goodbye_session;
		envelope.body_case = PARALLAX__V1__AGENT_MESSAGE__BODY_GOODBYE;
		envelope.goodbye = &goodbye;
		break;
	case WIRE_RENEW:
		err = wire_renew_encode(&message->renew, &renew);
		envelope.body_case = PARALLAX__V1__AGENT_MESSAGE__BODY_RENEW;
		envelope.renew = &renew;
		break;
	}
	return err == ERR_OK ? pack(&envelope.base, out, cap, out_len) : err;
}

static enum err
agent_body_decode(const Parallax__V1__AgentMessage *from, struct arena *arena,
    struct wire_agent_message *out)
{
	if (from->body_case == PARALLAX__V1__AGENT_MESSAGE__BODY_HELLO) {
		out->kind = WIRE_HELLO;
		return wire_hello_decode(from->hello, &out->hello);
	}
	if (from->body_case == PARALLAX__V1__AGENT_MESSAGE__BODY_BATCH) {
		out->kind = WIRE_BATCH;
		return wire_batch_decode(from->batch, arena, &out->batch);
	}
	if (from->body_case == PARALLAX__V1__AGENT_MESSAGE__BODY_POLL) {
		out->kind = WIRE_POLL;
		out->poll = (struct wire_poll){.session = from->poll->session,
		    .plan_version = from->poll->plan_version,
		    .sent_at = {from->poll->sent_ns},
		    .rtt_us = from->poll->rtt_us,
		    .spooled = from->poll->spooled};
		return wire_spent_decode(from->poll, arena, &out->poll);
	}
	if (from->body_case == PARALLAX__V1__AGENT_MESSAGE__BODY_GOODBYE) {
		out->kind = WIRE_GOODBYE;
		out->goodbye_session = from->goodbye->session;
		return ERR_OK;
	}
	if (from->body_case == PARALLAX__V1__AGENT_MESSAGE__BODY_RENEW) {
		out->kind = WIRE_RENEW;
		return wire_renew_decode(from->renew, &out->renew);
	}
	return ERR_FORMAT;
}

/* Unpacks into the arena; tells a full arena from bytes that are no message. */
static enum err
unpack(const ProtobufCMessageDescriptor *descriptor, const unsigned char *data,
    size_t len, struct arena *arena, ProtobufCMessage **out)
{
	ProtobufCAllocator allocator = allocator_of(arena);

	if (len > LIMIT_INFLATED_BYTES) {
		return ERR_LIMIT;
	}
	*out = protobuf_c_message_unpack(descriptor, &allocator, len, data);
	if (*out == NULL) {
		return arena_failed(arena) ? ERR_LIMIT : ERR_FORMAT;
	}
	return ERR_OK;
}

enum err
wire_agent_decode(const unsigned char *data, size_t len, struct arena *arena,
    struct wire_agent_message *out)
{
	ProtobufCMessage *message;
	enum err err = unpack(
	    &parallax__v1__agent_message__descriptor, data, len, arena, &message);

	if (err != ERR_OK) {
		return err;
	}
	memset(out, 0, sizeof(*out));
	return agent_body_decode(
	    (const Parallax__V1__AgentMessage *)message, arena, out);
}

/* ---- collector to agent ---- */

static enum err
welcome_encode(
    const struct wire_welcome *from, struct arena *scratch, Parallax__V1__Welcome *out)
{
	parallax__v1__welcome__init(out);
	out->version = from->version;
	out->session = from->session;
	out->plan_version = from->plan_version;
	out->wall_ns = from->wall.ns;
	out->credit = from->credit;
	out->n_received = from->received_len;
	return wire_ranges_encode(
	    from->received, from->received_len, scratch, &out->received);
}

static enum err
ack_encode(const struct wire_ack *from, struct arena *scratch, Parallax__V1__Ack *out)
{
	parallax__v1__ack__init(out);
	out->plan_version = from->plan_version;
	out->wall_ns = from->wall.ns;
	out->credit = from->credit;
	out->n_durable = from->durable_len;
	return wire_ranges_encode(
	    from->durable, from->durable_len, scratch, &out->durable);
}

static enum err
directive_encode(const struct wire_directive *from, struct arena *scratch,
    Parallax__V1__Directive *out)
{
	enum err err;

	parallax__v1__directive__init(out);
	out->wall_ns = from->wall.ns;
	out->n_probe_now = from->probe_now_len;
	out->probe_now = arena_take(scratch, from->probe_now_len, sizeof(char *));
	if (from->probe_now_len > WIRE_PROBE_NOW || arena_failed(scratch)) {
		return ERR_LIMIT;
	}
	for (size_t i = 0; i < from->probe_now_len; i++) {
		out->probe_now[i] = wire_text(from->probe_now[i]);
	}
	err = wire_grants_encode(from, scratch, out);
	return err == ERR_OK && from->has_plan
		   ? wire_plan_encode(&from->plan, scratch, &out->plan)
		   : err;
}

enum err
wire_collector_encode(const struct wire_collector_message *message,
    struct arena *scratch, unsigned char *out, size_t cap, size_t *out_len)
{
	Parallax__V1__CollectorMessage envelope = PARALLAX__V1__COLLECTOR_MESSAGE__INIT;
	Parallax__V1__Welcome welcome;
	Parallax__V1__Refused refused;
	Parallax__V1__Ack ack;
	Parallax__V1__Directive directive;
	Parallax__V1__Challenge challenge;
	Parallax__V1__Certificate certificate;
	enum err err = ERR_OK;

	switch (message->kind) {
	case WIRE_WELCOME:
		envelope.body_case = PARALLAX__V1__COLLECTOR_MESSAGE__BODY_WELCOME;
		envelope.welcome = &welcome;
		err = welcome_encode(&message->welcome, scratch, &welcome);
		break;
	case WIRE_REFUSED:
		parallax__v1__refused__init(&refused);
		envelope.body_case = PARALLAX__V1__COLLECTOR_MESSAGE__BODY_REFUSED;
		envelope.refused = &refused;
		refused.reason = (Parallax__V1__Reason)message->refused.reason;
		refused.text = wire_text(message->refused.text);
		refused.retry_after_ms = message->refused.retry_after_ms;
		break;
	case WIRE_ACK:
		envelope.body_case = PARALLAX__V1__COLLECTOR_MESSAGE__BODY_ACK;
		envelope.ack = &ack;
		err = ack_encode(&message->ack, scratch, &ack);
		break;
	case WIRE_DIRECTIVE:
		envelope.body_case = PARALLAX__V1__COLLECTOR_MESSAGE__BODY_DIRECTIVE;
		envelope.directive = &directive;
		err = directive_encode(&message->directive, scratch, &directive);
		break;
	case WIRE_CHALLENGE:
		envelope.body_case = PARALLAX__V1__COLLECTOR_MESSAGE__BODY_CHALLENGE;
		envelope.challenge = &challenge;
		err = wire_challenge_encode(&message->challenge, &challenge);
		break;
	case WIRE_CERTIFICATE:
		envelope.body_case = PARALLAX__V1__COLLECTOR_MESSAGE__BODY_CERTIFICATE;
		envelope.certificate = &certificate;
		err = wire_certificate_encode(message->certificate, &certificate);
		break;
	}
	return err == ERR_OK ? pack(&envelope.base, out, cap, out_len) : err;
}

static enum err
refused_decode(const Parallax__V1__Refused *from, struct wire_refused *out)
{
	if (strlen(from->text) >= LIMIT_DETAIL_BYTES || !wire_text_ok(from->text)) {
		return ERR_FORMAT;
	}
	out->reason = from->reason > 0 && (int)from->reason < WIRE_REASON_COUNT
			  ? (enum wire_reason)from->reason
			  : WIRE_REASON_NONE;
	out->text = from->text;
	out->retry_after_ms = from->retry_after_ms;
	return ERR_OK;
}

static enum err
directive_decode(const Parallax__V1__Directive *from, struct arena *arena,
    struct wire_directive *out)
{
	const char **series;
	enum err err;

	if (from->n_probe_now > WIRE_PROBE_NOW) {
		return ERR_LIMIT;
	}
	series = arena_take(arena, from->n_probe_now, sizeof(*series));
	if (series == NULL) {
		return ERR_LIMIT;
	}
	for (size_t i = 0; i < from->n_probe_now; i++) {
		if (!wire_name_ok(from->probe_now[i], LIMIT_SERIES_BYTES)) {
			return ERR_FORMAT;
		}
		series[i] = from->probe_now[i];
	}
	*out = (struct wire_directive){.probe_now = series,
	    .probe_now_len = from->n_probe_now,
	    .wall = {from->wall_ns},
	    .has_plan = from->plan != NULL};
	err = wire_grants_decode(from, arena, out);
	return err == ERR_OK && from->plan != NULL
		   ? wire_plan_decode(from->plan, arena, &out->plan)
		   : err;
}

static enum err
collector_body_decode(const Parallax__V1__CollectorMessage *from, struct arena *arena,
    struct wire_collector_message *out)
{
	if (from->body_case == PARALLAX__V1__COLLECTOR_MESSAGE__BODY_WELCOME) {
		const Parallax__V1__Welcome *welcome = from->welcome;

		out->kind = WIRE_WELCOME;
		out->welcome = (struct wire_welcome){.version = welcome->version,
		    .session = welcome->session,
		    .received_len = welcome->n_received,
		    .plan_version = welcome->plan_version,
		    .wall = {welcome->wall_ns},
		    .credit = welcome->credit};
		return wire_ranges_decode(welcome->received, welcome->n_received, arena,
		    &out->welcome.received);
	}
	if (from->body_case == PARALLAX__V1__COLLECTOR_MESSAGE__BODY_REFUSED) {
		out->kind = WIRE_REFUSED;
		return refused_decode(from->refused, &out->refused);
	}
	if (from->body_case == PARALLAX__V1__COLLECTOR_MESSAGE__BODY_ACK) {
		const Parallax__V1__Ack *ack = from->ack;

		out->kind = WIRE_ACK;
		out->ack = (struct wire_ack){.durable_len = ack->n_durable,
		    .plan_version = ack->plan_version,
		    .wall = {ack->wall_ns},
		    .credit = ack->credit};
		return wire_ranges_decode(
		    ack->durable, ack->n_durable, arena, &out->ack.durable);
	}
	if (from->body_case == PARALLAX__V1__COLLECTOR_MESSAGE__BODY_DIRECTIVE) {
		out->kind = WIRE_DIRECTIVE;
		return directive_decode(from->directive, arena, &out->directive);
	}
	if (from->body_case == PARALLAX__V1__COLLECTOR_MESSAGE__BODY_CHALLENGE) {
		out->kind = WIRE_CHALLENGE;
		return wire_challenge_decode(from->challenge, &out->challenge);
	}
	if (from->body_case == PARALLAX__V1__COLLECTOR_MESSAGE__BODY_CERTIFICATE) {
		out->kind = WIRE_CERTIFICATE;
		return wire_certificate_decode(from->certificate, &out->certificate);
	}
	return ERR_FORMAT;
}

enum err
wire_collector_decode(const unsigned char *data, size_t len, struct arena *arena,
    struct wire_collector_message *out)
{
	ProtobufCMessage *message;
	enum err err = unpack(
	    &parallax__v1__collector_message__descriptor, data, len, arena, &message);

	if (err != ERR_OK) {
		return err;
	}
	memset(out, 0, sizeof(*out));
	return collector_body_decode(
	    (const Parallax__V1__CollectorMessage *)message, arena, out);
}
