#include "collector/shell/service_internal.h"
#include "common/shell/log.h"

#include <string.h>
#include <sys/random.h>

static const struct {
	enum wire_reason reason;
	const char *text;
	uint32_t wait_ms;
} refusal_table[] = {
    [SESSION_OK] = {WIRE_REASON_NONE, "", 0},
    [SESSION_VERSION] = {WIRE_REASON_VERSION, "protocol version not spoken here",
	SERVICE_REFUSED_WAIT_MS},
    [SESSION_UNKNOWN_AGENT] = {WIRE_REASON_UNKNOWN_AGENT,
	"no agent of this id in collector.yaml", SERVICE_REFUSED_WAIT_MS},
    [SESSION_WRONG_REGION] = {WIRE_REASON_WRONG_REGION,
	"collector.yaml has this agent in another region", SERVICE_REFUSED_WAIT_MS},
    [SESSION_DUPLICATE] = {WIRE_REASON_DUPLICATE,
	"another live agent uses this id, with another spool or a copy of this one",
	SERVICE_REFUSED_WAIT_MS},
    [SESSION_HELLO_FIRST] = {WIRE_REASON_HELLO_FIRST, "say hello first", 0},
};

void
service_refuse(struct service *service, uint32_t place, enum wire_reason reason,
    const char *text, uint32_t wait_ms)
{
	struct wire_collector_message message = {.kind = WIRE_REFUSED,
	    .refused = {.reason = reason, .text = text, .retry_after_ms = wait_ms}};

	service_stage_reply(service, place, &message);
}

void
service_refuse_session(
    struct service *service, uint32_t place, enum session_refusal refusal)
{
	/* The others are counted by the machine. */
	if (refusal == SESSION_HELLO_FIRST) {
		collector_count_refused(service->machine.collector);
	}
	service_refuse(service, place, refusal_table[refusal].reason,
	    refusal_table[refusal].text, refusal_table[refusal].wait_ms);
}

/* A fleet that comes back after a long partition brings hours of backlog. What waits in the
 * queue is what it has sent and nobody has looked at: the longer it is, the less each agent
 * may send before it has an answer. With one batch, fresh results still go first. */
uint32_t
service_credit(const struct service *service)
{
	size_t waiting = queue_len(service->queue);

	if (waiting > 8 * SERVICE_GROUP || service->store_err != ERR_OK) {
		return 1;
	}
	return waiting > SERVICE_GROUP ? SERVICE_CREDIT / 2 : SERVICE_CREDIT;
}

uint64_t
service_plan_version(const struct service *service, uint16_t agent)
{
	return service->machine.plan_version[agent];
}

/* ---- who is it? ---- */

static struct service_challenge *
find_challenge(struct service *service, uint32_t pipe)
{
	for (uint32_t i = 0; i < service->polls; i++) {
		if (service->challenge[i].used && service->challenge[i].pipe == pipe) {
			return &service->challenge[i];
		}
	}
	return NULL;
}

void
service_forget_challenge(struct service *service, uint32_t pipe)
{
	struct service_challenge *challenge = find_challenge(service, pipe);

	if (challenge != NULL) {
		challenge->used = false;
	}
}

/* A place for the pipe's nonce: its own, a free one, or the one taken longest ago, whose
 * agent then has to begin again. */
static struct service_challenge *
take_challenge(struct service *service, uint32_t pipe)
{
	struct service_challenge *oldest = &service->challenge[0];
	struct service_challenge *own = find_challenge(service, pipe);

	for (uint32_t i = 0; own == NULL && i < service->polls; i++) {
		struct service_challenge *each = &service->challenge[i];

		if (!each->used) {
			own = each;
		} else if (mono_before(each->at, oldest->at)) {
			oldest = each;
		}
	}
	return own != NULL ? own : oldest;
}

static void
ask_who(struct service *service, const struct service_event *event, struct now now)
{
	struct service_challenge *challenge = take_challenge(service, event->pipe);
	struct wire_collector_message message = {.kind = WIRE_CHALLENGE,
	    .challenge.nonce = {challenge->nonce, sizeof(challenge->nonce)}};

	if (getrandom(challenge->nonce, sizeof(challenge->nonce), 0) !=
	    (ssize_t)sizeof(challenge->nonce)) {
		challenge->used = false;
		service_refuse(service, event->place, WIRE_REASON_BUSY,
		    "no randomness at the moment", SERVICE_REFUSED_WAIT_MS);
		return;
	}
	challenge->used = true;
	challenge->pipe = event->pipe;
	challenge->at = now.mono;
	service_stage_reply(service, event->place, &message);
}

/* Why the answer to a challenge is not good enough, "" when it is. The nonce is spent. */
static const char *
judge(struct service *service, struct service_challenge *challenge,
    const struct wire_hello *hello, struct now now)
{
	unsigned char transcript[WIRE_TRANSCRIPT_BYTES];
	struct wire_claim claim = {
	    .nonce = {challenge->nonce, sizeof(challenge->nonce)},
	    .agent = hello->agent,
	    .incarnation = hello->incarnation};
	struct identity_shown shown = {.cert = (const char *)hello->certificate.data,
	    .cert_len = hello->certificate.len,
	    .name = hello->agent,
	    .claim = transcript,
	    .claim_len = wire_transcript(&claim, transcript),
	    .proof = hello->proof.data,
	    .proof_len = hello->proof.len};

	challenge->used = false;
	return members_refusal(service->members, &shown, now.wall);
}

/* True when it is known who greets, or cannot be and need not: over plain TCP, which a
 * configuration must allow, nobody proves anything. Else an answer is staged. */
static bool
is_identified(struct service *service, const struct service_event *event,
    const struct wire_hello *hello, struct now now)
{
	struct service_challenge *challenge = find_challenge(service, event->pipe);
	const char *why;

	if (!listener_is_verified(service->listener, event->pipe)) {
		return true;
	}
	if (hello->certificate.len > 0 && challenge != NULL) {
		why = judge(service, challenge, hello, now);
		if (why[0] == '\0') {
			return true;
		}
		log_warn("agent.refused", "agent=%s region=%s reason=%s text=\"%s\"",
		    hello->agent, hello->region, wire_reason_name(WIRE_REASON_IDENTITY),
		    why);
		collector_count_refused(service->machine.collector);
		service_refuse(service, event->place, WIRE_REASON_IDENTITY, why,
		    SERVICE_REFUSED_WAIT_MS);
		return false;
	}
	if (hello->has_identity) {
		ask_who(service, event, now);
		return false;
	}
	log_warn("agent.refused", "agent=%s region=%s reason=%s", hello->agent,
	    hello->region, wire_reason_name(WIRE_REASON_ENROL));
	collector_count_refused(service->machine.collector);
	service_refuse(service, event->place, WIRE_REASON_ENROL,
	    "agents prove here who they are: this one is too old to",
	    SERVICE_REFUSED_WAIT_MS);
	return false;
}

/* ---- hello ---- */

/* Where the agent greeted before; 0 for none. */
static uint32_t
pipe_of(const struct service *service, uint16_t agent)
{
	if (agent == TOPOLOGY_NONE) {
		return 0;
	}
	return session_peek(collector_sessions(service->machine.collector), agent)
	    ->pipe;
}

static void
admit(struct service *service, const struct service_event *event,
    const struct wire_hello *hello, struct now now)
{
	struct collector *collector = service->machine.collector;
	struct session_hello greeting = {.version = hello->version,
	    .agent = hello->agent,
	    .region = hello->region,
	    .build = hello->build,
	    .incarnation = hello->incarnation,
	    .spooled = hello->spooled,
	    .pipe = event->pipe};
	struct wire_collector_message message = {.kind = WIRE_WELCOME};
	const struct seqset *have;
	uint16_t agent =
	    topology_agent_find(&service->machine.conf->topology, hello->agent);
	uint32_t before = pipe_of(service, agent);
	enum session_refusal refusal =
	    collector_hello(collector, &greeting, hello->wall, now, &agent);

	if (refusal != SESSION_OK) {
		log_warn("agent.refused", "agent=%s region=%s reason=%s", hello->agent,
		    hello->region, wire_reason_name(refusal_table[refusal].reason));
		service_refuse_session(service, event->place, refusal);
		return;
	}
	if (before != event->pipe) {
		listener_know(service->listener, before, false);
	}
	listener_know(service->listener, event->pipe, true);
	message.welcome = (struct wire_welcome){
	    .version = hello->version < WIRE_VERSION ? hello->version : WIRE_VERSION,
	    .session = session_of(collector_sessions(collector), agent)->id,
	    .plan_version = service_plan_version(service, agent),
	    .wall = now.wall,
	    .credit = service_credit(service)};
	have = ingest_have(collector_agent(collector, agent), hello->incarnation);
	if (have != NULL) {
		message.welcome.received = have->range;
		message.welcome.received_len = have->len;
	}
	log_info("agent.connected", "agent=%s region=%s build=%s spooled=%llu",
	    hello->agent, hello->region, hello->build,
	    (unsigned long long)hello->spooled);
	service->machine.granted[agent] = 0; /* it may have lost its spool */
	service->view_dirty = true;
	service_stage_reply(service, event->place, &message);
}

void
service_hello(struct service *service, const struct service_event *event,
    const struct wire_hello *hello, struct now now)
{
	const struct topology *topology = &service->machine.conf->topology;

	/* A name that nobody has is refused as such, proved or not. */
	if (topology_agent_find(topology, hello->agent) == TOPOLOGY_NONE ||
	    is_identified(service, event, hello, now)) {
		admit(service, event, hello, now);
	}
}

/* ---- renewal ---- */

static void
refuse_renewal(struct service *service, uint32_t place, enum err err)
{
	if (err == ERR_AGAIN) {
		service_refuse(service, place, WIRE_REASON_BUSY,
		    "the store takes nothing now", SERVICE_REFUSED_WAIT_MS);
	} else if (err == ERR_NOTFOUND) {
		service_refuse(service, place, WIRE_REASON_ENROL,
		    "the certificate of this agent is made elsewhere",
		    SERVICE_REFUSED_WAIT_MS);
	} else {
		service_refuse(service, place, WIRE_REASON_MALFORMED,
		    "expected a PKCS #10 request of an EC P-256 key",
		    SERVICE_REFUSED_WAIT_MS);
	}
}

void
service_renew(struct service *service, const struct service_event *event,
    const struct wire_renew *renew, struct now now)
{
	uint16_t agent = collector_session(
	    service->machine.collector, renew->session, event->pipe, now);
	struct wire_collector_message message = {.kind = WIRE_CERTIFICATE};
	char request[WIRE_REQUEST_BYTES + 1];
	char cert[IDENTITY_CERT_BYTES];
	enum err err;

	if (agent == TOPOLOGY_NONE) {
		service_refuse_session(service, event->place, SESSION_HELLO_FIRST);
		return;
	}
	memcpy(request, renew->request.data, renew->request.len);
	request[renew->request.len] = '\0';
	service_group_end(service); /* the store has one writer */
	err = members_renew(service->members,
	    service->machine.conf->topology.agent[agent].name, request, now.wall, cert);
	if (err != ERR_OK) {
		refuse_renewal(service, event->place, err);
		return;
	}
	message.certificate =
	    (struct wire_bytes){(const unsigned char *)cert, strlen(cert)};
	service_stage_reply(service, event->place, &message);
}
