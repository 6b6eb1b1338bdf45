#include "tests/bench/bench_client.h"

#include "tests/bench/bench.h"

#include <stdio.h>

#include <nng/protocol/reqrep0/req.h>

static void
check(int rc)
{
	if (rc != 0) {
		bench_fail("nng", nng_strerror(rc));
	}
}

static nng_msg *
exchange(struct bench_client *client, const unsigned char *data, size_t len)
{
	nng_msg *message;

	check(nng_msg_alloc(&message, 0));
	check(nng_msg_append(message, data, len));
	check(nng_sendmsg(client->socket, message, 0));
	check(nng_recvmsg(client->socket, &message, 0));
	return message;
}

static void
decode(struct bench_batcher *batcher, const unsigned char *data, size_t len,
    struct wire_collector_message *out)
{
	const unsigned char *bytes;

	arena_reset(&batcher->arena);
	if (frame_unpack(batcher->frame, data, len, &bytes, &len) != ERR_OK ||
	    wire_collector_decode(bytes, len, &batcher->arena, out) != ERR_OK) {
		bench_fail("answer", "cannot be read");
	}
}

void
bench_client_open(struct bench_client *client, struct bench_batcher *batcher,
    uint16_t port, unsigned index)
{
	const struct topology *topology = batcher->topology;
	struct wire_agent_message hello = {.kind = WIRE_HELLO,
	    .hello = {.version = WIRE_VERSION,
		.agent = topology->agent[index].name,
		.region = topology->region[topology->agent[index].region].name,
		.build = "bench",
		.incarnation = index + 1,
		.next_seq = 1}};
	struct wire_collector_message welcome;
	const unsigned char *data;
	char url[64];
	size_t len;
	nng_msg *message;

	*client = (struct bench_client){.incarnation = index + 1, .next_seq = 1};
	(void)snprintf(url, sizeof(url), "tcp://127.0.0.1:%u", (unsigned)port);
	check(nng_req0_open(&client->socket));
	check(nng_socket_set_ms(
	    client->socket, NNG_OPT_REQ_RESENDTIME, NNG_DURATION_INFINITE));
	check(nng_socket_set_ms(client->socket, NNG_OPT_RECVTIMEO, 60000));
	check(nng_dial(client->socket, url, NULL, 0));
	bench_batcher_pack(batcher, &hello, &data, &len);
	message = exchange(client, data, len);
	decode(batcher, nng_msg_body(message), nng_msg_len(message), &welcome);
	if (welcome.kind != WIRE_WELCOME) {
		bench_fail(topology->agent[index].name, "is not welcome");
	}
	client->session = welcome.welcome.session;
	client->credit = welcome.welcome.credit;
	nng_msg_free(message);
}

void
bench_client_close(struct bench_client *client)
{
	check(nng_close(client->socket));
}

void
bench_client_send(struct bench_client *client, struct bench_batcher *batcher,
    const unsigned char *data, size_t len)
{
	nng_msg *message = exchange(client, data, len);

	bench_client_take(client, batcher, nng_msg_body(message), nng_msg_len(message));
	nng_msg_free(message);
}

void
bench_client_take(struct bench_client *client, struct bench_batcher *batcher,
    const unsigned char *data, size_t len)
{
	struct wire_collector_message answer;

	decode(batcher, data, len, &answer);
	if (answer.kind != WIRE_ACK) {
		bench_fail("batch", "was refused");
	}
	client->credit = answer.ack.credit;
}

unsigned
bench_client_backlog(const struct bench_client *client)
{
	unsigned limit = client->credit < LIMIT_BATCHES_IN_FLIGHT
			     ? client->credit
			     : LIMIT_BATCHES_IN_FLIGHT;

	return limit > 1 ? limit - 1 : 1;
}
