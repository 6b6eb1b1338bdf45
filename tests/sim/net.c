#include "tests/sim/net.h"

#include "agent/shell/uplink_nng.h"
#include "collector/shell/listener.h"
#include "common/core/clock.h"
#include "tests/sim/chance.h"
#include "tests/sim/node.h"
#include "tests/sim/trace.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	SLOTS_MAX = 16,
	EVENTS = 64,
	PLACES_MAX = 512
};

enum what {
	REQUEST = 0,
	REPLY,
	OPENED, /* the agent learns that it is connected */
	CLOSED  /* the other end is gone */
};

/* Something under way. */
struct packet {
	struct packet *next;
	enum what what;
	unsigned slot;
	uint64_t request;
	int64_t due_ns;
	size_t len;
	unsigned char *data;
};

/* One direction of a connection. */
struct lane {
	struct packet *first;
	struct packet *last;
	int64_t due_ns; /* of the last one */
};

struct pipe {
	struct pipe *next;
	uint32_t number;
	uint16_t agent;
	struct line *line;         /* NULL: that end is closed */
	struct listener *listener; /* the same */
	bool is_broken;            /* nothing arrives any more */
	struct lane lane[2];       /* up, down */
};

struct line {
	struct line_conf conf;
	struct node *node;
	uint64_t dial; /* of the last line_connect(); 0 = not wanted */
	struct pipe *pipe;
	uint64_t request[SLOTS_MAX]; /* the one whose reply is awaited */
	struct line_event event[EVENTS];
	unsigned char *data[EVENTS];
	size_t len;
	unsigned char *taken;
};

struct place {
	bool is_used;
	uint32_t pipe;
	unsigned slot;
	uint64_t request;
};

struct listener {
	struct listener_sink sink;
	struct place place[PLACES_MAX];
	uint32_t places;
};

/* A request that was handed over. */
struct given {
	size_t len;
	unsigned char data[];
};

static struct {
	struct pipe *pipe;
	uint32_t pipes;
	uint64_t requests;
	uint64_t dials;
	struct listener *listener;
	struct line *line[NET_AGENTS];
	bool is_cut[NET_AGENTS][2];
	bool is_healed;
} net;

static void *
take(size_t bytes)
{
	void *memory = calloc(1, bytes);

	if (memory == NULL) {
		abort();
	}
	return memory;
}

static bool
goes_wrong(unsigned percent)
{
	return !net.is_healed && chance_percent(percent);
}

/* ---- the way ---- */

static void pump(void *what, uint64_t number);

static struct pipe *
pipe_find(uint32_t number)
{
	struct pipe *pipe = net.pipe;

	while (pipe != NULL && pipe->number != number) {
		pipe = pipe->next;
	}
	return pipe;
}

static void
schedule(const struct pipe *pipe, unsigned way, int64_t at_ns)
{
	chance_add(at_ns, pump, NULL, (uint64_t)pipe->number << 1 | way);
}

static void
post(struct pipe *pipe, unsigned way, struct packet packet)
{
	struct lane *lane = &pipe->lane[way];
	struct packet *copy = take(sizeof(*copy));
	int64_t due_ns =
	    chance_now() + chance_between(CLOCK_NS_PER_MS / 2, 150 * CLOCK_NS_PER_MS);

	if (pipe->is_broken) {
		free(packet.data);
		free(copy);
		return;
	}
	*copy = packet;
	copy->due_ns = due_ns > lane->due_ns ? due_ns : lane->due_ns;
	lane->due_ns = copy->due_ns;
	if (lane->first == NULL) {
		lane->first = copy;
		schedule(pipe, way, copy->due_ns);
	} else {
		lane->last->next = copy;
	}
	lane->last = copy;
}

static struct packet *
take_first(struct lane *lane)
{
	struct packet *packet = lane->first;

	lane->first = packet->next;
	return packet;
}

static void
free_packet(struct packet *packet)
{
	free(packet->data);
	free(packet);
}

static void
empty(struct lane *lane)
{
	while (lane->first != NULL) {
		free_packet(take_first(lane));
	}
}

/* Both ends are closed and nothing is under way. */
static void
forget_if_over(struct pipe *pipe)
{
	struct pipe **at = &net.pipe;

	if (pipe->line != NULL || pipe->listener != NULL) {
		return;
	}
	while (*at != pipe) {
		at = &(*at)->next;
	}
	*at = pipe->next;
	empty(&pipe->lane[0]);
	empty(&pipe->lane[1]);
	free(pipe);
}

/* ---- the agent's end ---- */

static void
tell(struct line *line, struct line_event event, unsigned char *data)
{
	if (line->len == EVENTS) {
		free(data); /* the program does not look any more */
		return;
	}
	event.data = data;
	line->event[line->len] = event;
	line->data[line->len] = data;
	line->len++;
	line->conf.wake(line->conf.context);
}

static void
end_at_agent(struct pipe *pipe)
{
	struct line *line = pipe->line;

	pipe->line = NULL;
	if (line == NULL || line->pipe != pipe) {
		return;
	}
	line->pipe = NULL;
	for (unsigned i = 0; i < SLOTS_MAX; i++) {
		if (line->request[i] != 0 && chance_percent(50)) {
			tell(line, (struct line_event){.kind = LINE_FAILED, .slot = i},
			    NULL);
		}
		line->request[i] = 0;
	}
	tell(line, (struct line_event){.kind = LINE_LOST}, NULL);
}

static void
arrive_at_agent(struct pipe *pipe, struct packet *packet)
{
	struct line *line = pipe->line;

	if (line == NULL) {
		return;
	}
	if (packet->what == OPENED) {
		tell(line, (struct line_event){.kind = LINE_CONNECTED}, NULL);
	} else if (packet->what == CLOSED) {
		end_at_agent(pipe);
	} else if (line->request[packet->slot] == packet->request) {
		line->request[packet->slot] = 0;
		tell(line,
		    (struct line_event){
			.kind = LINE_REPLY, .slot = packet->slot, .len = packet->len},
		    packet->data);
		packet->data = NULL;
	}
}

/* ---- the collector's end ---- */

static void
end_at_collector(struct pipe *pipe)
{
	struct listener *listener = pipe->listener;

	pipe->listener = NULL;
	if (listener != NULL) {
		listener->sink.on_gone(listener->sink.context, pipe->number);
	}
}

/* False: it waits for a place. */
static bool
hand_over(struct pipe *pipe, const struct packet *packet)
{
	struct listener *listener = pipe->listener;
	struct given *given;
	uint32_t i = 0;

	while (i < listener->places && listener->place[i].is_used) {
		i++;
	}
	if (i == listener->places) {
		return false;
	}
	listener->place[i] =
	    (struct place){true, pipe->number, packet->slot, packet->request};
	given = take(sizeof(*given) + packet->len);
	given->len = packet->len;
	memcpy(given->data, packet->data, packet->len);
	if (!listener->sink.on_request(
		listener->sink.context, i, pipe->number, given)) {
		listener->place[i].is_used = false;
		free(given);
	}
	return true;
}

static bool
arrive_at_collector(struct pipe *pipe, const struct packet *packet)
{
	if (pipe->listener == NULL) {
		return true;
	}
	if (packet->what == CLOSED) {
		end_at_collector(pipe);
		return true;
	}
	if (goes_wrong(2) && !hand_over(pipe, packet)) {
		return false;
	}
	return hand_over(pipe, packet);
}

/* What is due at the head of a lane arrives, unless the way is cut. */
static void
pump(void *what, uint64_t number)
{
	struct pipe *pipe = pipe_find((uint32_t)(number >> 1));
	unsigned way = (unsigned)(number & 1);
	struct packet *packet;

	(void)what;
	if (pipe == NULL) {
		return;
	}
	packet = pipe->lane[way].first;
	if (packet == NULL) {
		return;
	}
	if (net.is_cut[pipe->agent][way] ||
	    (way == 0 && !arrive_at_collector(pipe, packet))) {
		schedule(pipe, way, chance_now() + 300 * CLOCK_NS_PER_MS);
		return;
	}
	if (way == 1) {
		arrive_at_agent(pipe, packet);
	}
	free_packet(take_first(&pipe->lane[way]));
	if (pipe->lane[way].first != NULL) {
		schedule(pipe, way, pipe->lane[way].first->due_ns);
	}
	forget_if_over(pipe);
}

/* ---- faults ---- */

void
net_begin(void)
{
	memset(&net, 0, sizeof(net));
}

void
net_end(void)
{
	while (net.pipe != NULL) {
		net.pipe->line = NULL;
		net.pipe->listener = NULL;
		forget_if_over(net.pipe);
	}
}

void
net_heal(void)
{
	net.is_healed = true;
}

void
net_cut(uint16_t agent, bool up, bool down)
{
	trace_line("net", "agent %u: up %s, down %s", agent, up ? "cut" : "open",
	    down ? "cut" : "open");
	net.is_cut[agent][0] = up;
	net.is_cut[agent][1] = down;
}

static void
end_one_side(void *what, uint64_t number)
{
	struct pipe *pipe = pipe_find((uint32_t)(number >> 1));

	(void)what;
	if (pipe == NULL) {
		return;
	}
	if ((number & 1) == 0) {
		end_at_collector(pipe);
	} else {
		end_at_agent(pipe);
	}
	forget_if_over(pipe);
}

/* Nothing arrives any more; each side learns of it some time, or was told already. */
static void
break_pipe(struct pipe *pipe)
{
	trace_line("net", "agent %u: connection %u breaks", pipe->agent, pipe->number);
	pipe->is_broken = true;
	empty(&pipe->lane[0]);
	empty(&pipe->lane[1]);
	for (uint64_t side = 0; side < 2; side++) {
		chance_add(chance_now() + chance_between(0, 90 * CLOCK_NS_PER_S),
		    end_one_side, NULL, (uint64_t)pipe->number << 1 | side);
	}
}

void
net_break(uint16_t agent)
{
	if (net.line[agent] != NULL && net.line[agent]->pipe != NULL) {
		break_pipe(net.line[agent]->pipe);
	}
}

/* ---- uplink_nng.h ---- */

struct line *
line_new(const struct line_conf *conf, unsigned slots)
{
	struct line *line = take(sizeof(*line));

	assert(slots <= SLOTS_MAX);
	line->conf = *conf;
	line->node = node_current();
	net.line[line->node->number] = line;
	return line;
}

static void
drop_events(struct line *line)
{
	for (size_t i = 0; i < line->len; i++) {
		free(line->data[i]);
	}
	line->len = 0;
}

void
line_disconnect(struct line *line)
{
	struct pipe *pipe = line->pipe;

	line->dial = 0;
	drop_events(line);
	memset(line->request, 0, sizeof(line->request));
	line->pipe = NULL;
	if (pipe != NULL) {
		pipe->line = NULL;
		post(pipe, 0, (struct packet){.what = CLOSED});
		forget_if_over(pipe);
	}
}

void
line_free(struct line *line)
{
	if (line == NULL) {
		return;
	}
	if (line->pipe != NULL && goes_wrong(20)) {
		break_pipe(line->pipe); /* the machine went, and told nobody */
	}
	line_disconnect(line);
	net.line[line->node->number] = NULL;
	free(line->taken);
	free(line);
}

/* Somebody listens and the way is open, or it is tried again. */
static void
dial(void *what, uint64_t number)
{
	uint16_t agent = (uint16_t)(number & 0xff);
	struct line *line = net.line[agent];
	struct pipe *pipe;

	(void)what;
	if (line == NULL || line->dial != number >> 8) {
		return;
	}
	if (net.listener == NULL || net.is_cut[agent][0] || net.is_cut[agent][1]) {
		chance_add(chance_now() +
			       chance_between(100 * CLOCK_NS_PER_MS, CLOCK_NS_PER_S),
		    dial, NULL, number);
		return;
	}
	pipe = take(sizeof(*pipe));
	*pipe = (struct pipe){.next = net.pipe,
	    .number = ++net.pipes,
	    .agent = agent,
	    .line = line,
	    .listener = net.listener};
	net.pipe = pipe;
	line->pipe = pipe;
	post(pipe, 1, (struct packet){.what = OPENED});
}

enum err
line_connect(struct line *line, const char *url)
{
	(void)url;
	line_disconnect(line);
	line->dial = ++net.dials;
	chance_add(
	    chance_now() + chance_between(CLOCK_NS_PER_MS, 100 * CLOCK_NS_PER_MS), dial,
	    NULL, line->dial << 8 | line->node->number);
	return ERR_OK;
}

enum err
line_send(struct line *line, unsigned slot, const unsigned char *data, size_t len)
{
	struct packet packet = {.what = REQUEST, .slot = slot, .len = len};

	if (line->pipe == NULL) {
		return ERR_AGAIN;
	}
	packet.request = ++net.requests;
	packet.data = take(len);
	memcpy(packet.data, data, len);
	line->request[slot] = packet.request;
	post(line->pipe, 0, packet);
	node_may_die();
	return ERR_OK;
}

void
line_send_last(struct line *line, unsigned slot, const unsigned char *data, size_t len,
    int timeout_ms)
{
	if (line_send(line, slot, data, len) == ERR_OK) {
		node_sleep(chance_between(0, timeout_ms) * CLOCK_NS_PER_MS);
	}
}

bool
line_take(struct line *line, struct line_event *out)
{
	free(line->taken);
	line->taken = NULL;
	if (line->len == 0) {
		return false;
	}
	*out = line->event[0];
	line->taken = line->data[0];
	line->len--;
	memmove(&line->event[0], &line->event[1], line->len * sizeof(line->event[0]));
	memmove(&line->data[0], &line->data[1], line->len * sizeof(line->data[0]));
	return true;
}

/* ---- listener.h ---- */

enum err
listener_new(const struct listener_conf *conf, const struct listener_sink *sink,
    struct listener **out, char *error, size_t cap)
{
	struct listener *listener = take(sizeof(*listener));

	(void)error;
	(void)cap;
	listener->sink = *sink;
	listener->places = conf->places < PLACES_MAX ? conf->places : PLACES_MAX;
	net.listener = listener;
	*out = listener;
	return ERR_OK;
}

void
listener_free(struct listener *listener)
{
	if (listener == NULL) {
		return;
	}
	net.listener = NULL;
	for (struct pipe *next = NULL, *pipe = net.pipe; pipe != NULL; pipe = next) {
		next = pipe->next;
		if (pipe->listener == listener) {
			pipe->listener = NULL;
			post(pipe, 1, (struct packet){.what = CLOSED});
			forget_if_over(pipe);
		}
	}
	free(listener);
}

const unsigned char *
listener_data(void *data, size_t *out_len)
{
	const struct given *given = data;

	*out_len = given->len;
	return given->data;
}

void
listener_free_data(void *data)
{
	free(data);
}

void
listener_reply(
    struct listener *listener, uint32_t number, const unsigned char *data, size_t len)
{
	struct place *place = &listener->place[number];
	struct pipe *pipe = pipe_find(place->pipe);
	struct packet packet = {
	    .what = REPLY, .slot = place->slot, .request = place->request, .len = len};

	if (!place->is_used) {
		trace_fail("a request is answered twice");
	}
	place->is_used = false;
	node_may_die();
	if (pipe == NULL || pipe->listener != listener) {
		return;
	}
	packet.data = take(len);
	memcpy(packet.data, data, len);
	post(pipe, 1, packet);
	node_may_die();
}

void
listener_drop(struct listener *listener, uint32_t number)
{
	listener->place[number].is_used = false;
}

/* There is room for everybody. */
void
listener_know(struct listener *listener, uint32_t pipe, bool is_known)
{
	(void)listener;
	(void)pipe;
	(void)is_known;
}

bool
listener_is_verified(const struct listener *listener, uint32_t pipe)
{
	(void)listener;
	(void)pipe;
	return false; /* plain TCP */
}

uint16_t
listener_port(const struct listener *listener, size_t i)
{
	(void)listener;
	(void)i;
	return 7441;
}
