#include "tests/support/upstream_relay.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/support/upstream_mem.h"
#include "tests/support/upstream_net.h"
#include "tests/support/upstream_pipe.h"
#include "tests/support/upstream_wait.h"

#define NAME_MAX_BYTES 48
#define SIDES          2 /* 0 the client's, 1 the target's */

enum relay_state {
	RELAY_UP,
	RELAY_DOWN,
	RELAY_BLACKHOLE,
	RELAY_HALF_OUT,
	RELAY_HALF_IN,
	RELAY_FREEZE,
};

static const char *const state_names[] = {
    [RELAY_UP] = "up",
    [RELAY_DOWN] = "down",
    [RELAY_BLACKHOLE] = "blackhole",
    [RELAY_HALF_OUT] = "half_out",
    [RELAY_HALF_IN] = "half_in",
    [RELAY_FREEZE] = "freeze",
};

#define STATES_N (sizeof(state_names) / sizeof(state_names[0]))

struct relay {
	char name[NAME_MAX_BYTES];
	struct upstream_net_addr listen;
	struct upstream_net_addr target;
	int holder_fd; /* bound, never listening: keeps the port while the relay is down */
	int listen_fd; /* -1 while down */
	enum relay_state state;
	enum relay_state applied; /* the state that the thread has put in force */
	int64_t delay_ms;
	int64_t bytes_per_s;
	uint64_t connections;
	uint64_t accepted;
	uint64_t bytes[SIDES]; /* read from each side */
};

/* One relayed connection; `fds[1]` is -1 while it was never connected. */
struct pair {
	struct relay *relay;
	int fds[SIDES];
	bool connecting;
	bool lost;        /* bytes or an end were swallowed */
	bool gone[SIDES]; /* closed by that side while swallowing */
	bool dead;
	short ready[SIDES];
	struct upstream_pipe pipes[SIDES]; /* from side i to the other */
};

struct upstream_relays {
	struct upstream_wait wait; /* its lock guards everything below */
	pthread_t thread;
	bool started;
	bool stopping;
	int wake_fd;
	uint64_t asked;   /* changes asked for */
	uint64_t applied; /* changes in force */
	int n;
	int pairs_n;
	struct relay list[UPSTREAM_RELAY_MAX];
	struct pair *pairs[UPSTREAM_RELAY_PAIRS_MAX];
	struct pollfd polls[1 + UPSTREAM_RELAY_MAX + SIDES * UPSTREAM_RELAY_PAIRS_MAX];
};

struct upstream_relays *
upstream_relay_new(void)
{
	struct upstream_relays *relays = upstream_mem_zalloc(sizeof(*relays));

	upstream_wait_init(&relays->wait);
	relays->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return relays;
}

static bool
relay_parse(struct relay *relay, const char *spec)
{
	const char *equals = strchr(spec, '=');
	const char *comma = equals ? strchr(equals, ',') : NULL;
	char listen[UPSTREAM_NET_TEXT_MAX];
	size_t len;

	if (!comma || equals == spec || equals - spec >= NAME_MAX_BYTES)
		return false;
	(void)snprintf(
	    relay->name, sizeof(relay->name), "%.*s", (int)(equals - spec), spec);
	len = (size_t)(comma - equals) - 1;
	if (len >= sizeof(listen))
		return false;
	(void)snprintf(listen, sizeof(listen), "%.*s", (int)len, equals + 1);
	return upstream_net_parse(listen, &relay->listen) &&
	       upstream_net_parse(comma + 1, &relay->target) && relay->target.port != 0;
}

bool
upstream_relay_add(struct upstream_relays *relays, const char *spec)
{
	struct relay *relay = &relays->list[relays->n];

	if (relays->n == UPSTREAM_RELAY_MAX)
		return false;
	if (!relay_parse(relay, spec) || upstream_relay_known(relays, relay->name)) {
		(void)fprintf(stderr,
		    "upstream.relay_bad spec=\"%s\" "
		    "expected=\"NAME=ADDR:PORT,ADDR:PORT\"\n",
		    spec);
		return false;
	}
	relay->holder_fd = upstream_net_bind(&relay->listen, false);
	relay->listen_fd = upstream_net_bind(&relay->listen, true);
	relays->n++;
	if (relay->holder_fd >= 0 && relay->listen_fd >= 0)
		return true;
	(void)fprintf(stderr, "upstream.bind_failed relay=%s\n", relay->name);
	return false;
}

static bool
relay_swallows(const struct relay *relay, int side)
{
	return relay->applied == RELAY_BLACKHOLE ||
	       relay->applied == (side == 0 ? RELAY_HALF_IN : RELAY_HALF_OUT);
}

static bool
relay_swallows_any(const struct relay *relay)
{
	return relay_swallows(relay, 0) || relay_swallows(relay, 1);
}

static void
pair_close(struct pair *pair, bool reset)
{
	int side;

	for (side = 0; side < SIDES; side++) {
		if (pair->fds[side] < 0)
			continue;
		if (reset)
			upstream_net_reset(pair->fds[side]);
		(void)close(pair->fds[side]);
	}
	pair->relay->connections--;
	free(pair);
}

static int
relay_connect(const struct relay *relay)
{
	struct sockaddr_storage storage;
	socklen_t len = upstream_net_to_sockaddr(&relay->target, &storage);
	int fd =
	    socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	(void)upstream_net_flush(fd);
	if (connect(fd, (struct sockaddr *)&storage, len) == 0 || errno == EINPROGRESS)
		return fd;
	(void)close(fd);
	return -1;
}

static void
relay_accept(struct upstream_relays *relays, struct relay *relay)
{
	int fd = accept4(relay->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct pair *pair;

	if (fd < 0)
		return;
	if (relays->pairs_n == UPSTREAM_RELAY_PAIRS_MAX) {
		(void)close(fd);
		return;
	}
	(void)upstream_net_flush(fd);
	pair = upstream_mem_zalloc(sizeof(*pair));
	pair->relay = relay;
	pair->fds[0] = fd;
	pair->fds[1] = -1;
	relay->connections++;
	relay->accepted++;
	if (relay->applied == RELAY_BLACKHOLE) {
		pair->lost = true;
	} else {
		pair->fds[1] = relay_connect(relay);
		pair->connecting = true;
		if (pair->fds[1] < 0) {
			pair_close(pair, true);
			return;
		}
	}
	relays->pairs[relays->pairs_n++] = pair;
}

/* Brings one relay's sockets into its new state. */
static void
relay_apply(struct upstream_relays *relays, struct relay *relay)
{
	bool was_swallowing = relay_swallows_any(relay);
	bool reset;
	int i;

	if (relay->applied == relay->state)
		return;
	relay->applied = relay->state;
	for (i = relays->pairs_n - 1; i >= 0; i--) {
		if (relays->pairs[i]->relay != relay)
			continue;
		reset = relay->state == RELAY_DOWN ||
			(was_swallowing && !relay_swallows_any(relay) &&
			    relays->pairs[i]->lost);
		if (!reset)
			continue;
		pair_close(relays->pairs[i], true);
		relays->pairs[i] = relays->pairs[--relays->pairs_n];
	}
	if (relay->state == RELAY_DOWN) {
		(void)close(relay->listen_fd);
		relay->listen_fd = -1;
	} else if (relay->listen_fd < 0) {
		relay->listen_fd = upstream_net_bind(&relay->listen, true);
	}
}

static void
relays_apply(struct upstream_relays *relays)
{
	int i;

	for (i = 0; i < relays->n; i++)
		relay_apply(relays, &relays->list[i]);
	relays->applied = relays->asked;
	upstream_wait_wake(&relays->wait);
}

/* What to poll side `side` of `pair` for; 0 leaves it out, as a hung-up socket would
 * otherwise wake us for ever. */
static short
pair_events(const struct pair *pair, int side)
{
	const struct relay *relay = pair->relay;
	const struct upstream_pipe *from = &pair->pipes[side];
	const struct upstream_pipe *to = &pair->pipes[1 - side];
	int events = 0;

	if (pair->fds[side] < 0 || pair->gone[side] || relay->applied == RELAY_FREEZE)
		return 0;
	if (pair->connecting)
		return side == 1 ? POLLOUT : 0;
	if (relay_swallows(relay, side) || upstream_pipe_can_fill(from))
		events |= POLLIN;
	if (to->blocked && !relay_swallows(relay, 1 - side))
		events |= POLLOUT;
	return (short)events;
}

static nfds_t
relays_polls(struct upstream_relays *relays)
{
	struct pollfd *at = relays->polls;
	struct relay *relay;
	int i;
	int side;

	*at++ = (struct pollfd){.fd = relays->wake_fd, .events = POLLIN};
	for (i = 0; i < relays->n; i++) {
		relay = &relays->list[i];
		*at++ = (struct pollfd){
		    .fd = relay->applied == RELAY_FREEZE ? -1 : relay->listen_fd,
		    .events = POLLIN};
	}
	for (i = 0; i < relays->pairs_n; i++) {
		for (side = 0; side < SIDES; side++) {
			short events = pair_events(relays->pairs[i], side);

			*at++ = (struct pollfd){
			    .fd = events ? relays->pairs[i]->fds[side] : -1,
			    .events = events};
		}
	}
	return (nfds_t)(at - relays->polls);
}

/* When bytes that are delayed or rationed may move; -1 for no such. */
static int
relays_timeout(const struct upstream_relays *relays)
{
	int64_t next_ms = -1;
	int64_t pipe_ms;
	const struct pair *pair;
	int i;
	int side;

	for (i = 0; i < relays->pairs_n; i++) {
		pair = relays->pairs[i];
		if (pair->connecting || pair->relay->applied == RELAY_FREEZE)
			continue;
		for (side = 0; side < SIDES; side++) {
			if (relay_swallows(pair->relay, side))
				continue;
			pipe_ms = upstream_pipe_next_ms(&pair->pipes[side]);
			if (pipe_ms >= 0 && (next_ms < 0 || pipe_ms < next_ms))
				next_ms = pipe_ms;
		}
	}
	return next_ms > 60000 ? 60000 : (int)next_ms;
}

static void
pair_swallow(struct pair *pair, int side)
{
	char bytes[16384];
	ssize_t n = recv(pair->fds[side], bytes, sizeof(bytes), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	pair->lost = true;
	if (n <= 0) {
		pair->gone[side] = true;
	} else {
		pair->relay->bytes[side] += (uint64_t)n;
	}
}

static void
pair_connected(struct pair *pair)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (!pair->ready[1])
		return;
	if (getsockopt(pair->fds[1], SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error)
		pair->dead = true;
	pair->connecting = false;
}

/* Moves what can move from side `side` to the other. */
static void
pair_move(struct pair *pair, int side)
{
	struct upstream_pipe *pipe = &pair->pipes[side];
	struct relay *relay = pair->relay;
	uint64_t before = pipe->in;

	if (relay_swallows(relay, side)) {
		if (pair->ready[side] && !pair->gone[side])
			pair_swallow(pair, side);
		return;
	}
	if (pair->ready[side] && upstream_pipe_can_fill(pipe) &&
	    !upstream_pipe_fill(pipe, pair->fds[side], relay->delay_ms))
		pair->dead = true;
	relay->bytes[side] += pipe->in - before;
	if (pair->fds[1 - side] >= 0 && !pair->gone[1 - side] &&
	    !upstream_pipe_drain(pipe, pair->fds[1 - side], relay->bytes_per_s))
		pair->dead = true;
}

static void
relays_pairs(struct upstream_relays *relays, const struct pollfd *at)
{
	struct pair *pair;
	int side;
	int i;

	for (i = 0; i < relays->pairs_n; i++) {
		for (side = 0; side < SIDES; side++)
			relays->pairs[i]->ready[side] = at++->revents;
	}
	for (i = relays->pairs_n - 1; i >= 0; i--) {
		pair = relays->pairs[i];
		if (pair->relay->applied == RELAY_FREEZE)
			continue;
		if (pair->connecting)
			pair_connected(pair);
		for (side = 0; side < SIDES && !pair->connecting && !pair->dead; side++)
			pair_move(pair, side);
		if (!pair->dead && (!upstream_pipe_is_over(&pair->pipes[0]) ||
				       !upstream_pipe_is_over(&pair->pipes[1])))
			continue;
		pair_close(pair, pair->dead);
		relays->pairs[i] = relays->pairs[--relays->pairs_n];
	}
}

static void
relays_accept(struct upstream_relays *relays)
{
	int i;

	for (i = 0; i < relays->n; i++) {
		if (relays->polls[1 + i].revents)
			relay_accept(relays, &relays->list[i]);
	}
}

static void *
relays_run(void *argument)
{
	struct upstream_relays *relays = argument;
	eventfd_t ticks;
	nfds_t n;

	upstream_wait_lock(&relays->wait);
	while (!relays->stopping) {
		relays_apply(relays);
		n = relays_polls(relays);
		int timeout_ms = relays_timeout(relays);
		upstream_wait_unlock(&relays->wait);
		(void)poll(relays->polls, n, timeout_ms);
		(void)eventfd_read(relays->wake_fd, &ticks);
		upstream_wait_lock(&relays->wait);
		/* Pairs first: accepting appends to what the poll did not know. */
		relays_pairs(relays, relays->polls + 1 + relays->n);
		relays_accept(relays);
	}
	upstream_wait_unlock(&relays->wait);
	return NULL;
}

bool
upstream_relay_start(struct upstream_relays *relays)
{
	if (relays->n == 0)
		return true;
	relays->started =
	    pthread_create(&relays->thread, NULL, relays_run, relays) == 0;
	return relays->started;
}

static struct relay *
relay_find(struct upstream_relays *relays, const char *name)
{
	int i;

	for (i = 0; i < relays->n; i++) {
		if (strcmp(relays->list[i].name, name) == 0)
			return &relays->list[i];
	}
	return NULL;
}

bool
upstream_relay_known(struct upstream_relays *relays, const char *name)
{
	return relay_find(relays, name) != NULL;
}

/* Under the lock: wakes the thread, and waits until it has done what was asked. */
static void
relays_sync(struct upstream_relays *relays)
{
	uint64_t mine = ++relays->asked;

	(void)eventfd_write(relays->wake_fd, 1);
	while (relays->started && relays->applied < mine) {
		if (!upstream_wait_until(&relays->wait, upstream_net_now_ms() + 10000))
			return;
	}
}

static bool
relay_state_read(const json_t *value, enum relay_state *out_state)
{
	size_t i;

	for (i = 0; json_is_string(value) && i < STATES_N; i++) {
		if (strcmp(state_names[i], json_string_value(value)) == 0) {
			*out_state = (enum relay_state)i;
			return true;
		}
	}
	return false;
}

static bool
relay_number_read(const json_t *value, int64_t *out_number)
{
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    json_integer_value(value) > INT32_MAX)
		return false;
	*out_number = json_integer_value(value);
	return true;
}

bool
upstream_relay_put(struct upstream_relays *relays, const char *name, const json_t *json,
    char *out_error, size_t cap)
{
	struct relay *relay = relay_find(relays, name);
	struct relay wanted;
	const char *member;
	json_t *value;
	bool good = relay && json_is_object(json);

	upstream_wait_lock(&relays->wait);
	if (good)
		wanted = *relay;
	(void)snprintf(out_error, cap, "expected an object for a relay that exists");
	json_object_foreach((json_t *)(uintptr_t)json, member, value)
	{
		if (!good)
			break;
		if (strcmp(member, "state") == 0) {
			good = relay_state_read(value, &wanted.state);
		} else if (strcmp(member, "delay_ms") == 0) {
			good = relay_number_read(value, &wanted.delay_ms);
		} else if (strcmp(member, "bytes_per_s") == 0) {
			good = relay_number_read(value, &wanted.bytes_per_s);
		} else {
			good = false;
		}
		(void)snprintf(
		    out_error, cap, "%.60s: unknown, or a wrong value", member);
	}
	if (good) {
		relay->state = wanted.state;
		relay->delay_ms = wanted.delay_ms;
		relay->bytes_per_s = wanted.bytes_per_s;
		relays_sync(relays);
	}
	upstream_wait_unlock(&relays->wait);
	return good;
}

void
upstream_relay_reset(struct upstream_relays *relays)
{
	int i;

	upstream_wait_lock(&relays->wait);
	for (i = 0; i < relays->n; i++) {
		relays->list[i].state = RELAY_UP;
		relays->list[i].delay_ms = 0;
		relays->list[i].bytes_per_s = 0;
	}
	relays_sync(relays);
	upstream_wait_unlock(&relays->wait);
}

static json_t *
relay_json(const struct relay *relay)
{
	char listen[UPSTREAM_NET_TEXT_MAX];
	char target[UPSTREAM_NET_TEXT_MAX];

	upstream_net_text(&relay->listen, listen);
	upstream_net_text(&relay->target, target);
	return json_pack("{s:s,s:s,s:i,s:o,s:s,s:I,s:I,s:I,s:I,s:I,s:I}", "name",
	    relay->name, "listen", listen, "port", (int)relay->listen.port, "target",
	    json_sprintf("%s:%u", target, (unsigned)relay->target.port), "state",
	    state_names[relay->state], "delay_ms", (json_int_t)relay->delay_ms,
	    "bytes_per_s", (json_int_t)relay->bytes_per_s, "connections",
	    (json_int_t)relay->connections, "accepted", (json_int_t)relay->accepted,
	    "bytes_out", (json_int_t)relay->bytes[0], "bytes_in",
	    (json_int_t)relay->bytes[1]);
}

json_t *
upstream_relay_list(struct upstream_relays *relays)
{
	json_t *list = json_array();
	int i;

	upstream_wait_lock(&relays->wait);
	for (i = 0; i < relays->n; i++)
		(void)json_array_append_new(list, relay_json(&relays->list[i]));
	upstream_wait_unlock(&relays->wait);
	return list;
}

void
upstream_relay_free(struct upstream_relays *relays)
{
	int i;

	if (!relays)
		return;
	upstream_wait_lock(&relays->wait);
	relays->stopping = true;
	(void)eventfd_write(relays->wake_fd, 1);
	upstream_wait_unlock(&relays->wait);
	if (relays->started)
		(void)pthread_join(relays->thread, NULL);
	while (relays->pairs_n)
		pair_close(relays->pairs[--relays->pairs_n], true);
	for (i = 0; i < relays->n; i++) {
		if (relays->list[i].listen_fd >= 0)
			(void)close(relays->list[i].listen_fd);
		if (relays->list[i].holder_fd >= 0)
			(void)close(relays->list[i].holder_fd);
	}
	(void)close(relays->wake_fd);
	upstream_wait_done(&relays->wait);
	free(relays);
}
