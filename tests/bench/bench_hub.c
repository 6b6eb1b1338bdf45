#include "tests/bench/bench_hub.h"

#include "tests/bench/bench.h"

#include "common/shell/clock_sys.h"
#include "common/shell/frame.h"
#include "proto/wire.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>

struct bench_hub {
	nng_socket socket;
	uint16_t port;
	pthread_t thread;
	struct frame *frame;
	void *memory;
	struct arena arena;
	pthread_mutex_t mutex; /* guards what follows */
	pthread_cond_t changed;
	const char *series; /* that is waited for, with its outcome */
	enum outcome outcome;
	unsigned left;
};

static void
check(int rc)
{
	if (rc != 0) {
		bench_fail("hub", nng_strerror(rc));
	}
}

static void
count(struct bench_hub *hub, const struct wire_batch *batch)
{
	(void)pthread_mutex_lock(&hub->mutex);
	for (size_t i = 0; i < batch->len && hub->left > 0; i++) {
		if (strcmp(batch->result[i].series, hub->series) != 0) {
			continue;
		}
		if (batch->result[i].outcome != hub->outcome) {
			bench_fail(hub->series, outcome_name(batch->result[i].outcome));
		}
		hub->left--;
	}
	(void)pthread_cond_signal(&hub->changed);
	(void)pthread_mutex_unlock(&hub->mutex);
}

static void
reply(struct bench_hub *hub, const struct wire_collector_message *message)
{
	const unsigned char *data;
	size_t len;
	nng_msg *out;

	if (wire_collector_encode(message, &hub->arena, frame_room(hub->frame),
		LIMIT_INFLATED_BYTES, &len) != ERR_OK ||
	    frame_pack(hub->frame, len, &data, &len) != ERR_OK) {
		bench_fail("hub", "cannot encode an answer");
	}
	check(nng_msg_alloc(&out, 0));
	check(nng_msg_append(out, data, len));
	check(nng_sendmsg(hub->socket, out, 0));
}

static void
answer(struct bench_hub *hub, const struct wire_agent_message *request)
{
	struct wall wall = clock_sys_now().wall;
	struct seq_range durable;
	struct wire_collector_message message = {.kind = WIRE_WELCOME,
	    .welcome = {
		.version = WIRE_VERSION, .session = 1, .wall = wall, .credit = 4}};

	switch (request->kind) {
	case WIRE_HELLO:
		reply(hub, &message);
		break;
	case WIRE_BATCH:
		durable = (struct seq_range){request->batch.first_seq,
		    request->batch.first_seq + request->batch.len - 1};
		message = (struct wire_collector_message){.kind = WIRE_ACK,
		    .ack = {.durable = &durable,
			.durable_len = 1,
			.wall = wall,
			.credit = 4}};
		count(hub, &request->batch);
		reply(hub, &message);
		break;
	case WIRE_POLL: /* receiving the next request forgets this one */
	case WIRE_GOODBYE:
	case WIRE_RENEW:
		break;
	}
}

static void *
serve(void *context)
{
	struct bench_hub *hub = context;

	for (;;) {
		struct wire_agent_message request;
		const unsigned char *bytes;
		size_t len;
		nng_msg *message;
		int rc = nng_recvmsg(hub->socket, &message, 0);

		if (rc == NNG_ECLOSED) {
			return NULL;
		}
		check(rc);
		arena_reset(&hub->arena);
		if (frame_unpack(hub->frame, nng_msg_body(message),
			nng_msg_len(message), &bytes, &len) != ERR_OK ||
		    wire_agent_decode(bytes, len, &hub->arena, &request) != ERR_OK) {
			bench_fail("hub", "cannot read a request");
		}
		answer(hub, &request);
		nng_msg_free(message);
	}
}

static uint16_t
listen_anywhere(nng_socket socket)
{
	nng_listener listener;
	nng_sockaddr address;

	check(nng_listen(socket, "tcp://127.0.0.1:0", &listener, 0));
	check(nng_listener_get_addr(listener, NNG_OPT_LOCADDR, &address));
	return ntohs(address.s_in.sa_port);
}

struct bench_hub *
bench_hub_new(void)
{
	struct bench_hub *hub = calloc(1, sizeof(*hub));

	if (hub == NULL || (hub->frame = frame_new()) == NULL ||
	    (hub->memory = malloc(WIRE_ARENA_BYTES)) == NULL) {
		bench_fail("hub", "no memory");
	}
	arena_init(&hub->arena, hub->memory, WIRE_ARENA_BYTES);
	check(nng_rep0_open(&hub->socket));
	hub->port = listen_anywhere(hub->socket);
	if (pthread_mutex_init(&hub->mutex, NULL) != 0 ||
	    pthread_cond_init(&hub->changed, NULL) != 0 ||
	    pthread_create(&hub->thread, NULL, serve, hub) != 0) {
		bench_fail("hub", "no thread");
	}
	return hub;
}

void
bench_hub_free(struct bench_hub *hub)
{
	check(nng_close(hub->socket));
	(void)pthread_join(hub->thread, NULL);
	(void)pthread_cond_destroy(&hub->changed);
	(void)pthread_mutex_destroy(&hub->mutex);
	frame_free(hub->frame);
	free(hub->memory);
	free(hub);
}

uint16_t
bench_hub_port(const struct bench_hub *hub)
{
	return hub->port;
}

void
bench_hub_wait(
    struct bench_hub *hub, const char *series, enum outcome outcome, unsigned results)
{
	struct timespec until;

	if (clock_gettime(CLOCK_REALTIME, &until) != 0) {
		bench_fail("clock_gettime", "failed");
	}
	until.tv_sec += 60;
	(void)pthread_mutex_lock(&hub->mutex);
	hub->series = series;
	hub->outcome = outcome;
	hub->left = results;
	while (hub->left > 0) {
		if (pthread_cond_timedwait(&hub->changed, &hub->mutex, &until) != 0) {
			bench_fail(series, "no results for a minute");
		}
	}
	(void)pthread_mutex_unlock(&hub->mutex);
}
