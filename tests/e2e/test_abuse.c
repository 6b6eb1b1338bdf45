/* Whoever reaches the port of the collector does his worst, while an agent beside him does
 * its work: it keeps its line and loses nothing, the collector stays up and small, and what
 * was turned away is counted. The sanitizers of the build watch the collector. */
#include "tests/support/test.h"

#include "tests/support/fleet_process.h"
#include "tests/support/hostile.h"

#include "common/core/limits.h"
#include "common/shell/frame.h"
#include "proto/wire.h"

#include <dirent.h>
#include <signal.h>
#include <unistd.h>

enum {
	CONNECTS = 10000,
	TLS_CONNECTS = 2048,
	CROWD = 64, /* at a time */
	IDLERS = 600,
	LOITERERS = 500,
	HELLOS = 10000,
	POLLS = 5000,
	REQUESTS_MAX =
	    4000000,      /* of one that never reads: far more than any buffer holds */
	FILES_SLACK = 16, /* somebody asks the API, LMDB reads */
	RSS_SLACK_MIB = 768 /* the address sanitizer keeps what was freed for a while */
};

static struct fleet_process fleet;
static struct frame *frame;
static struct frame *zstd;
static unsigned char wire_memory[WIRE_ARENA_BYTES];

/* ---- the collector and the agent that is well behaved ---- */

static unsigned
count_files(void)
{
	char path[64];
	unsigned count = 0;
	DIR *folder;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)fleet.collector.pid);
	folder = opendir(path);
	assert_non_null(folder);
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
	while (readdir(folder) != NULL) {
		count++;
	}
	(void)closedir(folder);
	return count;
}

static long
rss_mib(void)
{
	char path[64];
	char line[128];
	long kib = -1;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)fleet.collector.pid);
	file = fopen(path, "re");
	assert_non_null(file);
	while (kib < 0 && fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, "VmRSS:", 6) == 0) {
			kib = strtol(line + 6, NULL, 10);
		}
	}
	(void)fclose(file);
	assert_true(kib > 0);
	return kib / 1024;
}

static json_int_t
received(void)
{
	json_t *agent = fleet_process_agent(1);
	json_int_t count = json_integer_value(json_object_get(agent, "received"));

	json_decref(agent);
	return count;
}

static json_int_t
refused(void)
{
	json_t *status = fleet_process_ask("status");
	json_int_t count = json_integer_value(
	    json_object_get(json_object_get(status, "collector"), "refused"));

	json_decref(status);
	return count;
}

/* Blocks until `count` have been turned away in all; what is shown follows by a moment. */
static void
await_refused(json_int_t count)
{
	json_int_t seen = refused();

	for (unsigned i = 0; i < 500 && seen < count; i++) {
		fleet_process_requests(&fleet, "*", 1);
		seen = refused();
	}
	if (seen < count) {
		fail_msg(
		    "%lld turned away, not %lld", (long long)seen, (long long)count);
	}
}

/* Blocks until no more files are open than before, but for a few. */
static void
await_files(unsigned before)
{
	unsigned now = count_files();

	for (unsigned i = 0; i < 500 && now > before + FILES_SLACK; i++) {
		fleet_process_requests(&fleet, "*", 1);
		now = count_files();
	}
	if (now > before + FILES_SLACK) {
		fail_msg("%u files are open, %u were before", now, before);
	}
}

static struct {
	unsigned files;
	long rss;
} calm;

static int
look_before(void **state)
{
	(void)state;
	calm.files = count_files();
	calm.rss = rss_mib();
	return 0;
}

/* After every attack. */
static int
look_after(void **state)
{
	long rss = rss_mib();

	(void)state;
	fleet_process_received(&fleet, 1, received() + 3);
	assert_false(process_said(&fleet.agent[0], "uplink.lost"));
	assert_int_equal(kill(fleet.collector.pid, 0), 0);
	await_files(calm.files);
	if (rss > calm.rss + RSS_SLACK_MIB) {
		fail_msg("%ld MiB resident, %ld before", rss, calm.rss);
	}
	return 0;
}

static void
start(void)
{
	/* nng 1.5 forgets an answer whose pipe ends in the moment it is handed over; what
	 * is ours to forget, the other tests see. */
	fleet_process_file("leaks", "leak:libnng.so\n");
	assert_int_equal(setenv("LSAN_OPTIONS", "suppressions=leaks", 1), 0);
	frame = frame_new();
	zstd = frame_new();
	assert_true(frame != NULL && zstd != NULL);
	fleet_process_collect(&fleet);
	fleet_process_probe(&fleet, 1);
	process_await(&fleet.agent[0], " plan.applied ", NULL);
	fleet_process_received(&fleet, 1, 1);
}

static const struct fleet_spec spec = {.agents = 2, .interval = "500ms"};

static int
enter(void **state)
{
	(void)state;
	fleet_process_open(&fleet, &spec);
	start();
	return 0;
}

static int
enter_tls(void **state)
{
	const char *root = getenv("PARALLAX_SOURCE");
	char command[1024];

	(void)state;
	assert_non_null(root);
	fleet_process_open(&fleet, &spec);
	(void)snprintf(command, sizeof(command),
	    "mkca='sh %s/tests/support/mkca.sh' &&"
	    "$mkca ca DNS:collector.test && $mkca ca client a1",
	    root);
	assert_int_equal(system(command), 0);
	fleet.spec.tls = "ca";
	fleet_process_write(&fleet);
	fleet_process_write_agent(&fleet, 1, "a1", "r1", "");
	start();
	return 0;
}

static int
leave(void **state)
{
	(void)state;
	fleet_process_close(&fleet);
	frame_free(frame);
	frame_free(zstd);
	return 0;
}

/* ---- messages ---- */

struct packed {
	const unsigned char *data;
	size_t len;
};

/* Until the next call. */
static struct packed
pack(const struct wire_agent_message *message)
{
	struct packed packed;
	struct arena arena;

	arena_init(&arena, wire_memory, sizeof(wire_memory));
	assert_int_equal(wire_agent_encode(message, &arena, frame_room(frame),
			     LIMIT_INFLATED_BYTES, &packed.len),
	    ERR_OK);
	assert_int_equal(
	    frame_pack(frame, packed.len, &packed.data, &packed.len), ERR_OK);
	return packed;
}

static struct wire_agent_message
hello_of(const char *agent, const char *region, uint64_t incarnation)
{
	return (struct wire_agent_message){.kind = WIRE_HELLO,
	    .hello = {.version = WIRE_VERSION,
		.agent = agent,
		.region = region,
		.build = "abuse",
		.incarnation = incarnation,
		.next_seq = 1}};
}

/* The next answer, in memory that the next message is made in. */
static struct wire_collector_message
answer(struct hostile *peer)
{
	static unsigned char bytes[LIMIT_MESSAGE_BYTES];
	struct wire_collector_message message;
	const unsigned char *data;
	struct arena arena;
	size_t len = hostile_answer(peer, bytes, sizeof(bytes));

	assert_true(len > 0);
	arena_init(&arena, wire_memory, sizeof(wire_memory));
	assert_int_equal(frame_unpack(frame, bytes, len, &data, &len), ERR_OK);
	assert_int_equal(wire_collector_decode(data, len, &arena, &message), ERR_OK);
	return message;
}

static struct wire_collector_message
ask(struct hostile *peer, const struct wire_agent_message *message)
{
	struct packed packed = pack(message);

	assert_true(hostile_request(peer, packed.data, packed.len));
	return answer(peer);
}

static void
check_refusal(const struct wire_collector_message *got, enum wire_reason reason)
{
	assert_int_equal(got->kind, WIRE_REFUSED);
	assert_string_equal(
	    wire_reason_name(got->refused.reason), wire_reason_name(reason));
}

/* Greets as agent 2, which has no process here; its session. */
static uint64_t
come_in(struct hostile *peer, uint64_t incarnation)
{
	const struct wire_agent_message hello = hello_of("a2", "r2", incarnation);
	struct wire_collector_message welcome = ask(peer, &hello);

	assert_int_equal(welcome.kind, WIRE_WELCOME);
	return welcome.welcome.session;
}

/* ---- below the messages ---- */

/* They say nothing, half of a greeting, or something else; all of them are sent away. */
static void
test_no_greeting(void **state)
{
	static const char *const words[] = {"", "\0SP", "GET / HTTP/1.1\r\n\r\n",
	    "\0SP\0\0\x10\0\0", "\xff\xff\xff\xff\xff\xff\xff\xff",
	    "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"};
	static const size_t lens[] = {0, 3, 18, 8, 8, 11};
	struct hostile peer[CROWD];

	(void)state;
	for (size_t i = 0; i < CROWD; i++) {
		size_t k = i % (sizeof(words) / sizeof(words[0]));

		peer[i] = hostile_connect(fleet.address, 0);
		(void)hostile_write(&peer[i], words[k], lens[k]);
	}
	for (size_t i = 0; i < CROWD; i++) {
		hostile_await_end(&peer[i]);
		hostile_close(&peer[i], false);
	}
}

/* They stop half-way through the handshake, and stay: all of them are sent away, while the
 * agent, who is there for longer, is not. */
static void
test_tls_half(void **state)
{
	static const unsigned char hello[] = {0x16, 3, 1, 0, 16, 1, 0, 0, 12, 3, 3};
	static struct hostile peer[LOITERERS];
	unsigned before = count_files();

	(void)state;
	for (size_t i = 0; i < LOITERERS; i++) {
		peer[i] = hostile_connect(fleet.address, 0);
		(void)hostile_write(&peer[i], hello, i % (sizeof(hello) + 1));
	}
	for (unsigned i = 0; i < 500 && count_files() < before + LOITERERS / 2; i++) {
		fleet_process_requests(&fleet, "*", 1); /* they are all accepted */
	}
	for (size_t i = 0; i < LOITERERS; i++) {
		hostile_await_end(&peer[i]);
		hostile_close(&peer[i], false);
	}
	process_await(&fleet.collector, "listener.ended n=", NULL);
}

/* TLS: nobody gets as far as a greeting. */
static void
test_tls_connects(void **state)
{
	static const unsigned char hello[] = {0x16, 3, 1, 0, 16, 1, 0, 0, 12, 3, 3};
	struct hostile peer[CROWD];

	(void)state;
	for (size_t done = 0; done < TLS_CONNECTS; done += CROWD) {
		for (size_t i = 0; i < CROWD; i++) {
			peer[i] = hostile_connect(fleet.address, 0);
			(void)hostile_write(&peer[i], hello, i % (sizeof(hello) + 1));
		}
		for (size_t i = 0; i < CROWD; i++) {
			hostile_close(&peer[i], i % 4 < 2);
		}
	}
}

static void
test_connects(void **state)
{
	struct hostile peer[CROWD];

	(void)state;
	for (size_t done = 0; done < CONNECTS; done += CROWD) {
		for (size_t i = 0; i < CROWD; i++) {
			peer[i] = i % 2 == 0 ? hostile_connect(fleet.address, 0)
					     : hostile_greet(fleet.address, 0);
		}
		for (size_t i = 0; i < CROWD; i++) {
			hostile_close(&peer[i], i % 4 < 2);
		}
	}
}

/* They greet and stay, more of them than there is room for: whoever comes later and is
 * somebody still gets in. */
static void
test_idlers(void **state)
{
	static struct hostile peer[IDLERS];
	struct hostile agent;
	unsigned ended = 0;

	(void)state;
	for (size_t i = 0; i < IDLERS; i++) {
		peer[i] = hostile_greet(fleet.address, 0);
	}
	agent = hostile_greet(fleet.address, 0);
	(void)come_in(&agent, 1);
	hostile_await_end(&peer[0]);
	for (size_t i = 0; i < IDLERS; i++) {
		ended += hostile_is_ended(&peer[i]) ? 1 : 0;
		hostile_close(&peer[i], false);
	}
	assert_true(ended >= IDLERS / 2);
	assert_false(hostile_is_ended(&agent));
	hostile_close(&agent, false);
}

/* A length that cannot be, or is never filled. */
static void
test_lengths(void **state)
{
	static const unsigned char lens[][8] = {{0x40, 0, 0, 0, 0, 0, 0, 0},
	    {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	    {0x80, 0, 0, 0, 0, 0, 0, 0}, {0, 0, 0, 1, 0, 0, 0, 0},
	    {0, 0, 0, 0, 0, 0x20, 0, 0}};
	static const unsigned char cut[][16] = {{0, 0, 0, 0, 0, 0x10, 0, 0, 0x80, 0, 0},
	    {0, 0, 0, 0, 0, 0, 0, 9, 0x80, 0, 0, 1, 'P', 'X', 1, 0}, {0}};

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct hostile peer = hostile_greet(fleet.address, 0);

		assert_true(hostile_write(&peer, lens[i], sizeof(lens[i])));
		hostile_await_end(&peer);
		hostile_close(&peer, false);
	}
	for (size_t i = 0; i < CROWD; i++) {
		struct hostile peer = hostile_greet(fleet.address, 0);

		(void)hostile_write(&peer, cut[i % 3], i % 3 == 1 ? 16 : 8 + i % 4);
		hostile_close(&peer, i % 2 == 0);
	}
}

/* ---- messages that cannot be read ---- */

/* `len` zeros below a frame of zstd, which are a few bytes. */
static struct packed
bomb(size_t len)
{
	struct packed packed;

	memset(frame_room(zstd), 0, len);
	assert_int_equal(frame_pack(zstd, len, &packed.data, &packed.len), ERR_OK);
	assert_true(packed.len < len / 100);
	return packed;
}

static void
test_malformed(void **state)
{
	/* zstd (RFC 8878): one that says it holds 4 GiB, one that says nothing, a window
	 * of 2 TiB, a block of run length without end */
	static const struct {
		unsigned char bytes[24];
		size_t len;
	} bad[] = {
	    {"PX\1\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 14},
	    {"PX\1\0", 4},
	    {"PX\1\2abc", 7},
	    {"PX\x63\0abc", 7},
	    {"", 1},
	    {"PX\1\1\x28\xb5\x2f\xfd\xe0\0\0\0\0\1\0\0\0\1\0\0", 20},
	    {"PX\1\1\x28\xb5\x2f\xfd\0\xff\xff\xff\xff", 13},
	    {"PX\1\1\x28\xb5\x2f\xfd\x84\xff\0\0\0\x20\x2a", 15},
	    {"PX\1\1\x28\xb5\x2f\xfd\x64\0\xff\xfb\xff\x07\0", 15},
	};
	json_int_t before = refused();
	struct hostile peer = hostile_greet(fleet.address, 0);
	struct wire_collector_message got;
	struct packed packed;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_true(hostile_request(&peer, bad[i].bytes, bad[i].len));
		got = answer(&peer);
		check_refusal(&got, WIRE_REASON_MALFORMED);
	}
	for (unsigned i = 0; i < CROWD; i++) {
		packed = bomb(LIMIT_INFLATED_BYTES);
		assert_true(hostile_request(&peer, packed.data, packed.len));
		got = answer(&peer);
		check_refusal(&got, WIRE_REASON_MALFORMED);
	}
	hostile_close(&peer, false);
	await_refused(before + CROWD + (json_int_t)(sizeof(bad) / sizeof(bad[0])));
}

/* ---- messages that nobody may send ---- */

static struct result
result_of(uint64_t seq)
{
	return (struct result){.seq = seq,
	    .series = "banana/model",
	    .outcome = OUTCOME_OK,
	    .phase = PHASE_DONE,
	    .detail = "",
	    .request_id = ""};
}

static void
test_sessions(void **state)
{
	struct result result = result_of(1);
	struct wire_agent_message batch = {.kind = WIRE_BATCH,
	    .batch = {.incarnation = 5, .first_seq = 1, .result = &result, .len = 1}};
	struct wire_agent_message poll = {.kind = WIRE_POLL};
	struct hostile peer = hostile_greet(fleet.address, 0);
	struct hostile other = hostile_greet(fleet.address, 0);
	json_int_t before = refused();
	struct wire_collector_message got;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		/* none, one that nobody has, another pipe's, one that is over */
		got = ask(&peer, &batch);
		check_refusal(&got, WIRE_REASON_HELLO_FIRST);
		got = ask(&peer, &poll);
		check_refusal(&got, WIRE_REASON_HELLO_FIRST);
		batch.batch.session = i == 0 ? 1 : come_in(&other, 5);
		poll.poll.session = batch.batch.session;
		if (i == 1) {
			continue;
		}
		hostile_close(&other, true);
		other = hostile_greet(fleet.address, 0);
	}
	hostile_close(&other, false);
	/* A session, and results of a life that did not greet. */
	batch.batch.session = come_in(&peer, 5);
	batch.batch.incarnation = 6;
	got = ask(&peer, &batch);
	check_refusal(&got, WIRE_REASON_HELLO_FIRST);
	hostile_close(&peer, false);
	await_refused(before + 7);
}

/* Numbers that go back, and those at the end of all numbers. */
static void
test_sequences(void **state)
{
	static const uint64_t firsts[] = {
	    100, 50, 100, 1, UINT64_MAX, UINT64_MAX - 1, 2, 0};
	static const struct wire_hole holes[] = {
	    {.range = {UINT64_MAX, UINT64_MAX}, .why = HOLE_UNUSED},
	    {.range = {UINT64_MAX - 5, UINT64_MAX}, .why = HOLE_DROPPED},
	    {.range = {1, UINT64_MAX}, .why = HOLE_DROPPED},
	    {.range = {0, UINT64_MAX}, .why = HOLE_DROPPED}};
	struct hostile peer = hostile_greet(fleet.address, 0);
	uint64_t session = come_in(&peer, 5);

	(void)state;
	for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]) + 4; i++) {
		bool is_hole = i >= sizeof(firsts) / sizeof(firsts[0]);
		uint64_t first = is_hole ? 1 : firsts[i];
		struct result result[] = {result_of(first), result_of(first + 1)};
		struct wire_agent_message batch = {.kind = WIRE_BATCH,
		    .batch = {.session = session,
			.incarnation = 5,
			.first_seq = first,
			.sent_at = {i % 2 == 0 ? INT64_MIN : INT64_MAX},
			.result = result,
			.len = is_hole ? 0 : 2,
			.hole = is_hole ? &holes[i % 4] : NULL,
			.hole_len = is_hole ? 1 : 0}};
		struct wire_collector_message got = ask(&peer, &batch);

		assert_true(got.kind == WIRE_ACK || got.kind == WIRE_REFUSED);
		if (got.kind == WIRE_REFUSED) { /* the session went with it */
			session = come_in(&peer, 5);
		}
	}
	hostile_close(&peer, false);
}

/* Names that nobody has, and the name of the agent that is there. */
static void
test_hellos(void **state)
{
	struct hostile peer = hostile_greet(fleet.address, 0);
	json_int_t before = refused();

	(void)state;
	for (unsigned i = 0; i < HELLOS; i++) {
		bool is_his = i % 2 == 0;
		char name[32];
		struct wire_agent_message hello;
		struct wire_collector_message got;

		(void)snprintf(name, sizeof(name), "nobody-%u", i);
		hello = hello_of(is_his ? "a1" : name, "r1", i + 1);
		got = ask(&peer, &hello);
		check_refusal(
		    &got, is_his ? WIRE_REASON_DUPLICATE : WIRE_REASON_UNKNOWN_AGENT);
	}
	hostile_close(&peer, false);
	await_refused(before + HELLOS);
}

/* ---- taking more than one's share ---- */

/* An agent asks on and on, with the plan it has, so that each waits; only the last does. */
static void
test_polls(void **state)
{
	struct hostile peer = hostile_greet(fleet.address, 0);
	struct hostile other = hostile_greet(fleet.address, 0);
	struct wire_agent_message poll = {.kind = WIRE_POLL};
	const struct wire_agent_message hello = hello_of("a2", "r2", 5);
	struct wire_collector_message welcome = ask(&peer, &hello);
	struct packed packed;

	(void)state;
	assert_int_equal(welcome.kind, WIRE_WELCOME);
	poll.poll.session = welcome.welcome.session;
	poll.poll.plan_version = welcome.welcome.plan_version;
	packed = pack(&poll);
	for (unsigned i = 0; i < POLLS; i++) {
		if (!hostile_request(&peer, packed.data, packed.len)) {
			break; /* or it is thrown out: both are good */
		}
	}
	/* Another is answered all the same. */
	poll.poll.session = 1;
	welcome = ask(&other, &poll);
	check_refusal(&welcome, WIRE_REASON_HELLO_FIRST);
	hostile_close(&peer, true);
	hostile_close(&other, false);
}

/* Each of these asks as fast as it can and never takes an answer. When the buffers are full
 * its answers would wait in the collector; it is thrown out instead. */
static void
test_slow_reader(void **state)
{
	static const unsigned char nothing[] = {'P', 'X', 1, 0};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct hostile peer = hostile_greet(fleet.address, 4096);
		unsigned sent = 0;

		while (sent < REQUESTS_MAX &&
		       hostile_request(&peer, nothing, sizeof(nothing))) {
			sent++;
		}
		hostile_close(&peer, true);
		assert_true(sent < REQUESTS_MAX);
	}
}

/* ---- */

/* Nothing was lost, and nothing is left: neither memory nor a session of anybody. */
static void
test_account(void **state)
{
	struct fleet_account account;
	int status;

	(void)state;
	assert_int_equal(process_stop(&fleet.agent[0]), 0);
	account = fleet_process_account(1);
	assert_int_equal(account.gaps, 0);
	assert_int_equal(account.dropped, 0);
	assert_true(account.received + account.spooled >= account.given);
	status = process_stop(&fleet.collector);
	if (status != 0) { /* what a sanitizer has to say */
		assert_int_equal(system("tail -n 80 collector.log"), 0);
	}
	assert_int_equal(status, 0);
}

#define ATTACK(name) cmocka_unit_test_setup_teardown(name, look_before, look_after)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    ATTACK(test_no_greeting),
	    ATTACK(test_connects),
	    ATTACK(test_idlers),
	    ATTACK(test_lengths),
	    ATTACK(test_malformed),
	    ATTACK(test_sessions),
	    ATTACK(test_sequences),
	    ATTACK(test_hellos),
	    ATTACK(test_polls),
	    ATTACK(test_slow_reader),
	    cmocka_unit_test(test_account),
	};

	const struct CMUnitTest tls[] = {
	    ATTACK(test_tls_connects),
	    ATTACK(test_tls_half),
	    cmocka_unit_test(test_account),
	};

	return cmocka_run_group_tests(tests, enter, leave) +
	       cmocka_run_group_tests(tls, enter_tls, leave);
}
