#include "tests/sim/play.h"

#include "collector/core/mute.h"
#include "collector/core/orders.h"
#include "tests/sim/chance.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define POLL_NS   (25 * CLOCK_NS_PER_S)
#define ANSWER_NS (300 * CLOCK_NS_PER_MS)

enum {
	CREDIT = 4
};

static void expect_tick(struct play *play);

/* ---- what it says ---- */

static void *
grow(void *table, size_t len, size_t *cap, size_t bytes)
{
	if (len < *cap) {
		return table;
	}
	*cap = *cap == 0 ? 16 : 2 * *cap;
	table = realloc(table, *cap * bytes);
	if (table == NULL) {
		abort();
	}
	return table;
}

static void
note(struct play *play, const struct incident *incident)
{
	struct play_story *story = &play->story;
	struct play_saying *saying;
	struct wall t0 = {play_now().wall.ns - chance_now() + play->t0_ns};

	story->saying = grow(
	    story->saying, story->sayings, &story->sayings_cap, sizeof(*story->saying));
	saying = &story->saying[story->sayings++];
	memset(saying, 0, sizeof(*saying));
	saying->at_ns = chance_now() - play->t0_ns;
	saying->incident = incident->id;
	saying->state = incident->state;
	saying->verdict = incident->verdict;
	saying->level = incident->level;
	saying->is_past = incident->is_past;
	saying->rate_ppm = incident->rate_ppm;
	saying->onset_ns = wall_since(incident->onset_at, t0);
	(void)snprintf(saying->scope, sizeof(saying->scope), "%s",
	    scope_kind_name(incident->scope_kind));
	memcpy(saying->name, incident->scope_name, sizeof(saying->name));
	memcpy(saying->target, incident->target, sizeof(saying->target));
	memcpy(saying->text, incident->scope_text, sizeof(saying->text));
	play_say(play, "incident", "%llu %s %s%s: %s, %u %% sure, rate %u %%",
	    (unsigned long long)incident->id, incident_state_name(incident->state),
	    incident->is_past ? "past " : "", verdict_name(incident->verdict),
	    incident->scope_text, incident->confidence_ppm / 10000,
	    incident->rate_ppm / 10000);
}

static void
read_incident(struct play *play, const struct effect *effect)
{
	static struct incident incident; /* large */
	struct buf buf;

	buf_read(&buf, effect->value, effect->value_len);
	if (incident_decode(&buf, &incident) == ERR_OK) {
		note(play, &incident);
	}
}

static size_t
last_saying(const struct play_story *story, uint64_t incident)
{
	for (size_t i = story->sayings; i > 0; i--) {
		if (story->saying[i - 1].incident == incident) {
			return i - 1;
		}
	}
	return 0;
}

static void
note_page(struct play *play, uint64_t incident)
{
	struct play_story *story = &play->story;

	for (size_t i = 0; i < story->pages; i++) {
		if (story->page[i].incident == incident) {
			return; /* it came back */
		}
	}
	story->page =
	    grow(story->page, story->pages, &story->pages_cap, sizeof(*story->page));
	story->page[story->pages++] = (struct play_page){
	    chance_now() - play->t0_ns, incident, last_saying(story, incident)};
}

static void
answered(void *what, uint64_t row)
{
	struct play *play = what;
	struct message_answer answer = {.row = row, .delivery = DELIVERY_DONE};

	if (!play->collector.is_down) {
		collector_delivery(play->collector.machine, &answer, play_now(),
		    play->collector.effects);
		expect_tick(play);
	}
}

static void
read_send(struct play *play, const struct outbound *outbound)
{
	json_t *json = json_loadb(outbound->json, outbound->json_len, 0, NULL);
	const char *kind = json_string_value(json_object_get(json, "kind"));
	uint64_t incident =
	    (uint64_t)json_integer_value(json_object_get(json, "incident"));

	if (kind == NULL) {
		abort(); /* a message of another make */
	}
	play->story.messages++;
	play_say(
	    play, "message", "%s of incident %llu", kind, (unsigned long long)incident);
	if (strcmp(kind, "firing") == 0) {
		note_page(play, incident);
	}
	json_decref(json);
	chance_add(chance_now() + ANSWER_NS, answered, play, outbound->row);
}

static struct play_parcel *
answer_to(const struct play_parcel *request, enum play_parcel_kind kind)
{
	struct play_parcel *parcel = play_line_parcel(request->play);

	parcel->kind = kind;
	parcel->agent = request->agent;
	parcel->pipe = request->pipe;
	parcel->slot = request->slot;
	parcel->credit = CREDIT;
	return parcel;
}

static void
answer_poll(void *what, uint64_t token)
{
	struct play *play = what;
	uint16_t agent = (uint16_t)(token & 0xffff);
	struct play_poll *poll = &play->collector.poll[agent];
	struct play_parcel request = {
	    .play = play, .agent = agent, .pipe = poll->pipe, .slot = poll->slot};

	if (poll->is_held && poll->turn == token >> 16) {
		struct play_parcel *reply = answer_to(&request, PLAY_DIRECTIVE);

		memcpy(reply->probe_now, poll->ask, sizeof(reply->probe_now));
		reply->probe_now_len = poll->asks;
		poll->is_held = false;
		play_line_down(reply);
	}
}

/* The agent that waits is answered at once; one that does not is not asked later. */
static void
ask(struct play *play, const struct effect_ask *wish)
{
	const struct topology *topology = &play->plant->conf->topology;
	struct play_poll *poll = &play->collector.poll[wish->agent];

	if (!poll->is_held || poll->asks == PLAY_PROBE_NOW) {
		return;
	}
	play_say(play, "asked", "%s of %s", topology->probe[wish->probe].series,
	    topology->agent[wish->agent].name);
	poll->ask[poll->asks++] = topology->probe[wish->probe].series;
	chance_add(chance_now(), answer_poll, play, poll->turn << 16 | wish->agent);
}

/* Rows are on the disk at once; then messages leave. */
static void
perform(struct play *play)
{
	struct effects *effects = play->collector.effects;

	for (size_t i = 0; i < effects->len; i++) {
		const struct effect *effect = &effects->item[i];

		if (effect->kind == EFFECT_PUT && effect->table == TABLE_INCIDENT) {
			read_incident(play, effect);
		}
	}
	for (size_t i = 0; i < effects->len; i++) {
		if (effects->item[i].kind == EFFECT_SEND) {
			read_send(play, &effects->item[i].send);
		} else if (effects->item[i].kind == EFFECT_ASK) {
			ask(play, &effects->item[i].ask);
		}
	}
	effects_reset(effects);
}

/* ---- its clock ---- */

static void
tick(void *what, uint64_t number)
{
	struct play *play = what;

	if (number == play->collector.tick && !play->collector.is_down) {
		collector_tick(
		    play->collector.machine, play_now(), play->collector.effects);
		expect_tick(play);
	}
}

static void
expect_tick(struct play *play)
{
	struct play_collector *collector = &play->collector;
	int64_t at_ns;

	perform(play);
	at_ns = collector_deadline(collector->machine).ns - play_now().mono.ns +
		chance_now();
	if (at_ns != collector->tick_at_ns || at_ns <= chance_now()) {
		collector->tick_at_ns = at_ns;
		chance_add(at_ns, tick, play, ++collector->tick);
	}
}

/* ---- requests ---- */

static void
on_hello(struct play *play, const struct play_parcel *request)
{
	struct collector *machine = play->collector.machine;
	const struct topology *topology = &play->plant->conf->topology;
	struct session_hello hello = {.version = 1,
	    .agent = topology->agent[request->agent].name,
	    .region = topology->region[topology->agent[request->agent].region].name,
	    .build = "sim",
	    .incarnation = request->incarnation,
	    .pipe = request->pipe};
	struct play_parcel *reply;
	const struct seqset *have;
	uint16_t agent;

	if (collector_hello(machine, &hello, request->sent_at, play_now(), &agent) !=
	    SESSION_OK) {
		return; /* the agent tries again */
	}
	reply = answer_to(request, PLAY_WELCOME);
	reply->session = session_of(collector_sessions(machine), agent)->id;
	have = ingest_have(collector_agent(machine, agent), request->incarnation);
	if (have != NULL) {
		memcpy(reply->have, have->range, have->len * sizeof(reply->have[0]));
		reply->have_len = have->len;
	}
	play_line_down(reply);
}

static void
tell_results(struct play *play, const struct play_parcel *batch)
{
	play->results += batch->len;
	for (size_t i = 0; !play->is_terse && i < batch->len; i++) {
		const struct result *result = &batch->result[i];

		play_say(play, play->plant->conf->topology.agent[batch->agent].name,
		    "%llu %s %s %s %u us", (unsigned long long)result->seq,
		    result->series, outcome_name(result->outcome),
		    phase_name(result->phase), result->timing.total_us);
	}
}

static void
on_batch(struct play *play, const struct play_parcel *request)
{
	struct ingest_batch batch = {.agent = request->agent,
	    .incarnation = request->incarnation,
	    .first_seq = request->first,
	    .sent_at = request->sent_at,
	    .rtt_us = request->rtt_us,
	    .result = request->result,
	    .len = request->len,
	    .frame = ""};
	struct play_parcel *reply;
	size_t fresh = 0;

	tell_results(play, request);
	if (collector_batch(play->collector.machine, &batch, play_now(),
		play->collector.effects, &fresh) != ERR_OK) {
		return; /* too many holes: the agent's request runs out of time */
	}
	reply = answer_to(request, PLAY_ACK);
	reply->first = request->first;
	reply->last = request->last;
	play_line_down(reply);
}

static void
on_poll(struct play *play, const struct play_parcel *request)
{
	struct play_poll *poll = &play->collector.poll[request->agent];

	collector_clock_sample(play->collector.machine, request->agent,
	    request->sent_at, request->rtt_us, play_now());
	*poll = (struct play_poll){.is_held = true,
	    .slot = request->slot,
	    .pipe = request->pipe,
	    .turn = poll->turn + 1};
	chance_add(chance_now() + POLL_NS, answer_poll, play,
	    poll->turn << 16 | request->agent);
}

void
play_collector_take(struct play *play, const struct play_parcel *request)
{
	struct collector *machine = play->collector.machine;

	if (request->kind == PLAY_HELLO) {
		on_hello(play, request);
	} else if (collector_session(machine, request->session, request->pipe,
		       play_now()) == TOPOLOGY_NONE) {
		play_line_down(answer_to(request, PLAY_REFUSED));
	} else if (request->kind == PLAY_BATCH) {
		on_batch(play, request);
	} else {
		on_poll(play, request);
	}
	expect_tick(play);
}

void
play_collector_gone(struct play *play, uint32_t pipe)
{
	if (!play->collector.is_down) {
		collector_pipe_gone(play->collector.machine, pipe);
	}
}

/* ---- life ---- */

static void
make(struct play *play, uint64_t seed)
{
	size_t bytes = collector_bytes(play->plant->conf);
	struct arena arena;

	play->collector.memory = calloc(1, bytes);
	if (play->collector.memory == NULL) {
		abort();
	}
	arena_init_zeroed(&arena, play->collector.memory, bytes);
	play->collector.machine = collector_init(&arena, play->plant->conf, seed);
	if (play->collector.machine == NULL) {
		abort(); /* collector_bytes() promised too little */
	}
}

static void
save(struct play *play)
{
	struct play_collector *collector = &play->collector;
	size_t cap = collector_save_bytes(collector->machine);
	struct buf buf;

	free(collector->saved);
	collector->saved = malloc(cap);
	if (collector->saved == NULL) {
		abort();
	}
	buf_write(&buf, collector->saved, cap);
	collector_save(collector->machine, &buf);
	collector->saved_len = buf.at;
	free(collector->memory);
	collector->memory = NULL;
}

static void
restore(struct play *play)
{
	struct buf buf;

	make(play, rng_next(&play->rng));
	buf_read(&buf, play->collector.saved, play->collector.saved_len);
	if (collector_load(play->collector.machine, &buf) != ERR_OK) {
		play_say(play, "collector", "its state cannot be read");
	}
}

void
play_collector_open(struct play *play, uint64_t seed)
{
	struct play_collector *collector = &play->collector;

	collector->effects = calloc(1, sizeof(*collector->effects));
	collector->effects_memory = calloc(1, EFFECTS_ARENA_BYTES);
	if (collector->effects == NULL || collector->effects_memory == NULL) {
		abort();
	}
	effects_init(collector->effects, collector->effects_memory);
	make(play, seed);
	collector_start(collector->machine, play_now(), collector->effects);
	expect_tick(play);
}

void
play_collector_close(struct play *play)
{
	free(play->collector.memory);
	free(play->collector.effects);
	free(play->collector.effects_memory);
	free(play->collector.saved);
}

static void
lose_line(void *what, uint64_t pipe)
{
	play_agent_lost(what, (uint32_t)pipe);
}

void
play_collector_down(struct play *play)
{
	play_say(play, "collector", "dies");
	play->collector.is_down = true;
	memset(play->collector.poll, 0, sizeof(play->collector.poll));
	save(play);
	for (unsigned i = 0; i < play->scen->agents; i++) {
		chance_add(chance_now() + ANSWER_NS, lose_line, &play->agent[i],
		    play->agent[i].pipe);
	}
}

void
play_collector_up(struct play *play)
{
	play_say(play, "collector", "starts");
	restore(play);
	play->collector.is_down = false;
	collector_start(play->collector.machine, play_now(), play->collector.effects);
	expect_tick(play);
}

void
play_collector_reload(struct play *play)
{
	play_say(play, "collector", "reads its configuration again");
	save(play);
	restore(play);
	collector_reload(play->collector.machine, play_now(), play->collector.effects);
	expect_tick(play);
	for (unsigned i = 0; i < play->scen->agents; i++) {
		chance_add(chance_now() + ANSWER_NS, lose_line, &play->agent[i],
		    play->agent[i].pipe);
	}
}

void
play_collector_maintain(struct play *play, const struct scen_event *event)
{
	struct mute mute = {.kind = MUTE_MAINTENANCE,
	    .begin_at = play_now().wall,
	    .end_at = wall_add(play_now().wall, event->for_ns)};
	struct order order = {.kind = ORDER_MUTE, .author = "somebody"};
	struct order_outcome outcome;
	unsigned char bytes[MUTE_ROW_BYTES + 16];
	char fits[SCEN_NAME + 16];
	char why[MATCHER_WHY_BYTES];
	struct buf buf;

	(void)snprintf(fits, sizeof(fits), "target=%s",
	    play->plant->conf->topology.target[event->index].name);
	if (!matcher_parse(fits, &mute.matcher, why)) {
		abort(); /* names of scenarios are plain */
	}
	buf_write(&buf, bytes, sizeof(bytes));
	mute_encode(&mute, &buf);
	buf_put_signed(&buf, 0);
	order.arguments = bytes;
	order.arguments_len = buf.at;
	collector_order(play->collector.machine, &order, play_now(),
	    play->collector.effects, &outcome);
	play_say(play, "order", "maintenance %s: %s", fits, outcome.text);
	expect_tick(play);
}
