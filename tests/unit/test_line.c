/* Both ends of the wire over real sockets: the agent's line and the collector's listener,
 * on TCP and on mutual TLS. Certificates come from tests/support/mkca.sh. */
#include "tests/support/scratch.h"

#include "agent/shell/uplink_nng.h"
#include "collector/shell/listener.h"
#include "common/core/clock.h"
#include "common/core/limits.h"
#include "common/shell/queue.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/stat.h>

enum {
	PLACES = 8,
	SLOTS = 6
};

#define PATIENCE_NS (20 * CLOCK_NS_PER_S)

struct request {
	bool is_gone; /* a pipe, else a request */
	uint32_t place;
	uint32_t pipe;
	void *data;
};

struct wire {
	struct queue *requests; /* what the listener hands out */
	struct queue *wakes;    /* one item for each wake of the line */
	struct listener *listener;
	struct line *line;
	char url[64];
	struct tls_files tls;
};

static const struct tls_files no_tls = {
    .ca = "", .cert = "", .key = "", .server_name = ""};
static char ca[64];

static bool
on_request(void *context, uint32_t place, uint32_t pipe, void *data)
{
	struct wire *wire = context;
	struct request request = {false, place, pipe, data};

	return queue_push(wire->requests, &request) == ERR_OK;
}

static void
on_gone(void *context, uint32_t pipe)
{
	struct wire *wire = context;
	struct request request = {.is_gone = true, .pipe = pipe};

	if (queue_push(wire->requests, &request) != ERR_OK) {
		abort(); /* a test makes far fewer */
	}
}

static void
wake(void *context)
{
	struct wire *wire = context;
	int item = 0;

	if (queue_push(wire->wakes, &item) != ERR_OK) {
		abort();
	}
}

static void
wire_open(struct wire *wire, const char *scheme, const struct tls_files *server,
    const struct tls_files *client)
{
	const struct listener_sink sink = {on_request, on_gone, wire};
	const struct line_conf line_conf = {
	    .tls = *client, .wake = wake, .context = wire};
	struct listener_conf conf = {.url_len = 1, .places = PLACES, .tls = *server};
	const char *urls[1] = {wire->url};
	char error[256] = "";

	wire->requests = queue_new(sizeof(struct request), 64);
	wire->wakes = queue_new(sizeof(int), 1024);
	assert_non_null(wire->requests);
	assert_non_null(wire->wakes);
	(void)snprintf(wire->url, sizeof(wire->url), "%s://127.0.0.1:0", scheme);
	conf.url = urls;
	if (listener_new(&conf, &sink, &wire->listener, error, sizeof(error)) !=
	    ERR_OK) {
		fail_msg("%s", error);
	}
	(void)snprintf(wire->url, sizeof(wire->url), "%s://%s:%u", scheme,
	    scheme[0] == 't' && scheme[1] == 'c' ? "127.0.0.1" : "localhost",
	    listener_port(wire->listener, 0));
	wire->line = line_new(&line_conf, SLOTS);
	assert_non_null(wire->line);
}

static void
wire_close(struct wire *wire)
{
	struct request request;

	line_free(wire->line);
	listener_free(wire->listener);
	while (queue_pop(wire->requests, &request)) {
		if (!request.is_gone) {
			listener_free_data(request.data);
		}
	}
	queue_free(wire->requests);
	queue_free(wire->wakes);
}

/* The next event of the line; ends the test when none comes. */
static struct line_event
next_event(struct wire *wire)
{
	struct line_event event;
	int item;

	while (!line_take(wire->line, &event)) {
		assert_true(queue_wait(wire->wakes, &item, PATIENCE_NS));
	}
	return event;
}

/* The next request that is one; pipes that go are passed over. */
static struct request
next_request(struct wire *wire)
{
	struct request request;

	do {
		assert_true(queue_wait(wire->requests, &request, PATIENCE_NS));
	} while (request.is_gone);
	return request;
}

static void
next_gone(struct wire *wire)
{
	struct request request;

	do {
		assert_true(queue_wait(wire->requests, &request, PATIENCE_NS));
		if (!request.is_gone) {
			listener_free_data(request.data);
		}
	} while (!request.is_gone);
}

static void
wire_connect(struct wire *wire)
{
	assert_int_equal(line_connect(wire->line, wire->url), ERR_OK);
	assert_int_equal(next_event(wire).kind, LINE_CONNECTED);
}

static void
send_text(struct wire *wire, unsigned slot, const char *text)
{
	assert_int_equal(
	    line_send(wire->line, slot, (const unsigned char *)text, strlen(text)),
	    ERR_OK);
}

static void
expect_data(struct request request, const char *want)
{
	size_t len;
	const unsigned char *data = listener_data(request.data, &len);

	assert_int_equal(len, strlen(want));
	assert_memory_equal(data, want, len);
	listener_free_data(request.data);
}

static void
reply(struct wire *wire, struct request request, const char *text)
{
	listener_reply(
	    wire->listener, request.place, (const unsigned char *)text, strlen(text));
}

static void
expect_reply(struct wire *wire, unsigned slot, const char *want)
{
	struct line_event event = next_event(wire);

	assert_int_equal(event.kind, LINE_REPLY);
	assert_int_equal(event.slot, slot);
	assert_int_equal(event.len, strlen(want));
	assert_memory_equal(event.data, want, event.len);
}

/* A poll is held while batches pass. */
static void
talk(struct wire *wire)
{
	struct request poll;
	struct request batch;

	send_text(wire, 1, "poll");
	poll = next_request(wire);
	expect_data(poll, "poll");
	for (int i = 0; i < 50; i++) {
		send_text(wire, 2 + (unsigned)i % 4, "batch");
		batch = next_request(wire);
		expect_data(batch, "batch");
		assert_int_equal(batch.pipe, poll.pipe);
		reply(wire, batch, "ack");
		expect_reply(wire, 2 + (unsigned)i % 4, "ack");
	}
	reply(wire, poll, "plan");
	expect_reply(wire, 1, "plan");
}

/* 200 KB there and back, several at a time, answered backwards. */
static void
talk_large(struct wire *wire)
{
	static unsigned char large[200000];
	struct request request[4];

	for (unsigned i = 0; i < 4; i++) {
		memset(large, 'a' + (int)i, sizeof(large));
		assert_int_equal(
		    line_send(wire->line, 2 + i, large, sizeof(large)), ERR_OK);
	}
	for (unsigned i = 0; i < 4; i++) {
		request[i] = next_request(wire);
	}
	for (unsigned i = 4; i-- > 0;) {
		size_t len;
		const unsigned char *data = listener_data(request[i].data, &len);
		struct line_event event;
		unsigned char first = data[0];

		assert_int_equal(len, sizeof(large));
		listener_reply(wire->listener, request[i].place, data, len);
		listener_free_data(request[i].data);
		event = next_event(wire);
		assert_int_equal(event.kind, LINE_REPLY);
		assert_int_equal(event.slot, 2U + first - 'a');
		assert_int_equal(event.len, sizeof(large));
		assert_int_equal(event.data[sizeof(large) - 1], first);
	}
}

static void
test_tcp(void **state)
{
	struct wire wire = {0};

	(void)state;
	wire_open(&wire, "tcp", &no_tls, &no_tls);
	wire_connect(&wire);
	talk(&wire);
	talk_large(&wire);
	wire_close(&wire);
}

/* The agent goes: the collector learns of it, also of a request half answered. */
static void
test_agent_gone(void **state)
{
	struct wire wire = {0};
	struct request poll;

	(void)state;
	wire_open(&wire, "tcp", &no_tls, &no_tls);
	wire_connect(&wire);
	send_text(&wire, 1, "poll");
	poll = next_request(&wire);
	line_disconnect(wire.line);
	next_gone(&wire);
	reply(&wire, poll, "too late"); /* nobody is there: no harm */
	listener_free_data(poll.data);
	wire_connect(&wire);
	talk(&wire);
	wire_close(&wire);
}

/* The collector goes: the agent learns of it, nothing of before comes after. */
static void
test_collector_gone(void **state)
{
	struct wire wire = {0};
	struct line_event event;
	bool is_lost = false;
	bool has_failed = false;

	(void)state;
	wire_open(&wire, "tcp", &no_tls, &no_tls);
	wire_connect(&wire);
	send_text(&wire, 2, "batch");
	listener_free_data(next_request(&wire).data);
	listener_free(wire.listener);
	wire.listener = NULL;
	while (!is_lost || !has_failed) {
		event = next_event(&wire);
		is_lost = is_lost || event.kind == LINE_LOST;
		has_failed = has_failed || event.kind == LINE_FAILED;
	}
	line_disconnect(wire.line);
	assert_false(line_take(wire.line, &event));
	wire_close(&wire);
}

/* Nobody listens: that is told, and once; the line is as good as new afterwards. */
static void
test_unreached(void **state)
{
	struct wire wire = {0};
	struct wire other = {0};
	struct line_event event;
	char url[64];

	(void)state;
	wire_open(&other, "tcp", &no_tls, &no_tls);
	memcpy(url, other.url, sizeof(url));
	wire_close(&other);
	wire_open(&wire, "tcp", &no_tls, &no_tls);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(line_connect(wire.line, url), ERR_OK);
		if (i % 2 == 0) { /* else it is given up before it is known */
			event = next_event(&wire);
			assert_int_equal(event.kind, LINE_UNREACHED);
			assert_string_equal(event.reason, "Connection refused");
		}
	}
	wire_connect(&wire);
	talk(&wire);
	assert_false(line_take(wire.line, &event));
	wire_close(&wire);
}

/* A later request of a slot replaces the one before; its reply is not seen. */
static void
test_replaced(void **state)
{
	struct wire wire = {0};
	struct request first;

	(void)state;
	wire_open(&wire, "tcp", &no_tls, &no_tls);
	wire_connect(&wire);
	for (int i = 0; i < 100; i++) {
		send_text(&wire, 2, "old");
		send_text(&wire, 2, "new");
		first = next_request(&wire);
		while (listener_data(first.data, &(size_t){0})[0] == 'o') {
			expect_data(first, "old");
			reply(&wire, first, "stale");
			first = next_request(&wire);
		}
		expect_data(first, "new");
		reply(&wire, first, "fresh");
		expect_reply(&wire, 2, "fresh");
	}
	wire_close(&wire);
}

/* Over the limit nothing arrives, and the line is cut. */
static void
test_oversized(void **state)
{
	static unsigned char large[LIMIT_MESSAGE_BYTES + 1];
	struct wire wire = {0};

	(void)state;
	wire_open(&wire, "tcp", &no_tls, &no_tls);
	wire_connect(&wire);
	assert_int_equal(line_send(wire.line, 2, large, sizeof(large)), ERR_OK);
	next_gone(&wire);
	wire_close(&wire);
}

static void *
say_goodbye(void *context)
{
	const struct wire *wire = context;

	line_send_last(wire->line, 0, (const unsigned char *)"bye", 3,
	    PATIENCE_NS / CLOCK_NS_PER_MS);
	return NULL;
}

/* It waits until it was answered; with a short time it might never leave. */
static void
test_goodbye(void **state)
{
	struct wire wire = {0};
	struct request request;
	pthread_t thread;

	(void)state;
	wire_open(&wire, "tcp", &no_tls, &no_tls);
	wire_connect(&wire);
	assert_int_equal(pthread_create(&thread, NULL, say_goodbye, &wire), 0);
	request = next_request(&wire);
	expect_data(request, "bye");
	reply(&wire, request, "bye");
	assert_int_equal(pthread_join(thread, NULL), 0);
	wire_close(&wire);
}

static void
test_bad_urls(void **state)
{
	struct wire wire = {0};

	(void)state;
	wire_open(&wire, "tcp", &no_tls, &no_tls);
	assert_int_equal(line_connect(wire.line, "gopher://127.0.0.1:1"), ERR_FORMAT);
	assert_int_equal(
	    line_send(wire.line, 0, (const unsigned char *)"x", 1), ERR_AGAIN);
	wire_close(&wire);
}

static void
test_port_taken(void **state)
{
	const struct listener_sink sink = {on_request, on_gone, NULL};
	struct listener_conf conf = {.url_len = 1, .places = 1, .tls = no_tls};
	struct listener *second = NULL;
	const char *urls[1];
	char error[256] = "";
	struct wire wire = {0};

	(void)state;
	wire_open(&wire, "tcp", &no_tls, &no_tls);
	urls[0] = wire.url;
	conf.url = urls;
	assert_int_equal(
	    listener_new(&conf, &sink, &second, error, sizeof(error)), ERR_INUSE);
	assert_non_null(strstr(error, wire.url));
	wire_close(&wire);
}

/* ---- mutual TLS ---- */

static bool
make_certificates(void)
{
	const char *source = getenv("PARALLAX_SOURCE");
	char command[512];

	(void)snprintf(ca, sizeof(ca), "%s/ca", scratch_folder);
	(void)snprintf(command, sizeof(command),
	    "sh '%s/tests/support/mkca.sh' %s DNS:localhost && "
	    "sh '%s/tests/support/mkca.sh' %s client eu-1 && "
	    "sh '%s/tests/support/mkca.sh' %s-other client eve",
	    source != NULL ? source : ".", ca, source != NULL ? source : ".", ca,
	    source != NULL ? source : ".", ca);
	return system(command) == 0; /* NOLINT(cert-env33-c): our own script */
}

static struct tls_files
tls_of(char out[3][128], const char *folder, const char *cert)
{
	(void)snprintf(out[0], 128, "%s/ca.pem", ca);
	(void)snprintf(out[1], 128, "%s/%s.pem", folder, cert);
	(void)snprintf(out[2], 128, "%s/%s.key", folder, cert);
	return (struct tls_files){
	    .ca = out[0], .cert = out[1], .key = out[2], .server_name = "localhost"};
}

static void
test_tls(void **state)
{
	char server_paths[3][128];
	char client_paths[3][128];
	struct tls_files server;
	struct tls_files client;
	struct wire wire = {0};

	(void)state;
	server = tls_of(server_paths, ca, "server");
	client = tls_of(client_paths, ca, "client-eu-1");
	wire_open(&wire, "tls+tcp", &server, &client);
	wire_connect(&wire);
	talk(&wire);
	talk_large(&wire);
	wire_close(&wire);
}

/* Connects as `client` to a collector that shows the certificate `shown`, and sends;
 * nothing of it may reach the collector. */
static void
expect_refused(const struct tls_files *client, const char *shown)
{
	char server_paths[3][128];
	struct tls_files server = tls_of(server_paths, ca, shown);
	struct request request;
	struct line_event event;
	struct wire wire = {0};
	int item;

	wire_open(&wire, "tls+tcp", &server, client);
	assert_int_equal(line_connect(wire.line, wire.url), ERR_OK);
	assert_int_equal(
	    line_send(wire.line, 0, (const unsigned char *)"hello", 5), ERR_OK);
	/* The handshake fails again and again, twice a second: two seconds show it. */
	for (int i = 0; i < 20; i++) {
		(void)queue_wait(wire.wakes, &item, 100 * CLOCK_NS_PER_MS);
		while (line_take(wire.line, &event)) {
			assert_int_not_equal(event.kind, LINE_REPLY);
		}
		while (queue_pop(wire.requests, &request)) {
			assert_true(request.is_gone);
		}
	}
	wire_close(&wire);
}

static void
test_strangers(void **state)
{
	char paths[3][128];
	char other[80];
	struct tls_files client;

	(void)state;
	client = tls_of(paths, ca, "client-eu-1");
	client.cert = "";
	client.key = "";
	expect_refused(&client, "server");
	(void)snprintf(other, sizeof(other), "%s-other", ca);
	client = tls_of(paths, other, "client-eve");
	expect_refused(&client, "server");
}

/* An agent does not talk to whoever shows some certificate of the authority. */
static void
test_false_collectors(void **state)
{
	char paths[3][128];
	struct tls_files client;

	(void)state;
	client = tls_of(paths, ca, "client-eu-1");
	expect_refused(&client, "wrong-name");
	expect_refused(&client, "expired");
}

static void
test_tls_files(void **state)
{
	char paths[3][128];
	struct tls_files files;
	nng_tls_config *tls;

	(void)state;
	files = tls_of(paths, ca, "client-nobody");
	assert_int_equal(tls_nng_config(false, &files, &tls), ERR_NOTFOUND);
	files = tls_of(paths, ca, "client-eu-1");
	files.cert = files.key; /* PEM, but no certificate */
	assert_int_equal(tls_nng_config(false, &files, &tls), ERR_FORMAT);
}

static int
enter(void **state)
{
	return scratch_enter(state) == 0 && make_certificates() ? 0 : -1;
}

static int
leave(void **state)
{
	char command[256];

	(void)snprintf(command, sizeof(command), "rm -rf %s %s-other", ca, ca);
	return system(command) == 0 ? scratch_leave(state)
				    : -1; /* NOLINT(cert-env33-c) */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tcp),
	    cmocka_unit_test(test_agent_gone),
	    cmocka_unit_test(test_collector_gone),
	    cmocka_unit_test(test_unreached),
	    cmocka_unit_test(test_replaced),
	    cmocka_unit_test(test_oversized),
	    cmocka_unit_test(test_goodbye),
	    cmocka_unit_test(test_bad_urls),
	    cmocka_unit_test(test_port_taken),
	    cmocka_unit_test(test_tls),
	    cmocka_unit_test(test_strangers),
	    cmocka_unit_test(test_false_collectors),
	    cmocka_unit_test(test_tls_files),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
