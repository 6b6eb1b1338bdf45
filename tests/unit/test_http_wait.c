/* Long polls, many clients at once, and the socket itself. */
#include "tests/support/api_served.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

enum {
	WAIT_MS =
	    30000 /* what every poll here asks for: to end sooner is not to wait */
};

static int64_t
now_ms(void)
{
	struct timespec at = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &at);
	return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

struct poller {
	pthread_t thread;
	char uri[128];
	int status;
	size_t rows;
	json_int_t last;
};

static void *
poll_events(void *context)
{
	struct poller *poller = context;
	struct http_answer answer = http_peer_ask(served_path, "GET", poller->uri);
	json_t *json = json_loadb(
	    answer.body != NULL ? answer.body : "", answer.body_len, 0, NULL);

	poller->status = answer.status;
	poller->rows = json_array_size(json_object_get(json, "events"));
	poller->last = json_integer_value(json_object_get(json, "last"));
	json_decref(json);
	http_peer_free(&answer);
	return NULL;
}

static void
start_poller(struct poller *poller, const char *uri)
{
	(void)snprintf(poller->uri, sizeof(poller->uri), "%s", uri);
	assert_int_equal(pthread_create(&poller->thread, NULL, poll_events, poller), 0);
}

static void
test_long_poll(void **state)
{
	struct served server = served_start(API_FIXTURE_OUTAGE, 0);
	struct poller poller = {0};
	int64_t began_ms;
	json_t *json;

	(void)state;
	start_poller(&poller, "/api/v1/events?after=6&wait_ms=30000");
	served_until_waiting(1);
	assert_int_equal(api_fixture_event(server.source, "news"), 7);
	assert_int_equal(pthread_join(poller.thread, NULL), 0);
	assert_int_equal(poller.status, 200);
	assert_int_equal(poller.rows, 1);
	assert_int_equal(poller.last, 7);
	/* What is there already does not wait. */
	began_ms = now_ms();
	json_decref(served_get("/api/v1/events?after=6&wait_ms=30000"));
	assert_true(now_ms() - began_ms < WAIT_MS);
	/* What never comes is an empty answer to go on from. */
	json = served_get("/api/v1/events?after=7&wait_ms=250");
	assert_int_equal(json_array_size(json_object_get(json, "events")), 0);
	assert_int_equal(served_integer(json, "last"), 7);
	json_decref(json);
	served_stop(&server);
}

static void
test_stop_ends_long_polls(void **state)
{
	struct served server = served_start(API_FIXTURE_OUTAGE, 0);
	struct poller poller = {0};

	(void)state;
	start_poller(&poller, "/api/v1/events?after=6&wait_ms=30000");
	served_until_waiting(1);
	served_stop(&server);
	assert_int_equal(pthread_join(poller.thread, NULL), 0);
	/* Had the stop waited for it, it would have had its empty answer. */
	assert_int_not_equal(poller.status, 200);
}

static void
test_hung_up_poller_is_noticed(void **state)
{
	static const char request[] =
	    "GET /api/v1/events?after=6&wait_ms=30000 HTTP/1.1\r\nHost: x\r\n\r\n";
	struct served server = served_start(API_FIXTURE_OUTAGE, 0);
	int64_t began_ms = now_ms();
	int fd = http_peer_connect(served_path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(
	    send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL), sizeof(request) - 1);
	served_until_waiting(1);
	(void)close(fd);
	served_until_waiting(0);
	assert_true(now_ms() - began_ms < WAIT_MS);
	served_stop(&server);
}

static void
test_too_many_long_polls(void **state)
{
	struct served server = served_start(API_FIXTURE_OUTAGE, 8);
	struct poller poller[4] = {0};
	struct http_answer answer;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		start_poller(&poller[i], "/api/v1/events?after=6&wait_ms=30000");
	}
	served_until_waiting(4);
	answer =
	    http_peer_ask(served_path, "GET", "/api/v1/events?after=6&wait_ms=30000");
	assert_int_equal(answer.status, 503);
	assert_string_equal(http_peer_header(&answer, "Retry-After"), "1");
	http_peer_free(&answer);
	json_decref(served_get("/api/v1/status"));
	(void)api_fixture_event(server.source, "news");
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(poller[i].thread, NULL), 0);
		assert_int_equal(poller[i].status, 200);
	}
	served_stop(&server);
}

enum {
	CLIENTS = 50,
	POLLERS = 20,
	ROUNDS = 10
};

static atomic_int wrong_answers;

static void *
ask_around(void *context)
{
	static const char *const uris[] = {"/api/v1/status", "/api/v1/agents",
	    "/api/v1/incidents/7", "/api/v1/results?outcome=ok", "/metrics"};
	size_t first = *(const size_t *)context;

	for (size_t i = 0; i < ROUNDS; i++) {
		struct http_answer answer = http_peer_ask(served_path, "GET",
		    uris[(first + i) % (sizeof(uris) / sizeof(uris[0]))]);

		if (answer.status != 200 || answer.body_len < 100) {
			(void)atomic_fetch_add(&wrong_answers, 1);
		}
		http_peer_free(&answer);
	}
	return NULL;
}

static void
test_many_at_once(void **state)
{
	struct served server = served_start(API_FIXTURE_OUTAGE, 0);
	struct poller poller[POLLERS] = {0};
	pthread_t client[CLIENTS - POLLERS];
	size_t first[CLIENTS - POLLERS];

	(void)state;
	for (size_t i = 0; i < POLLERS; i++) {
		start_poller(&poller[i], "/api/v1/events?after=6&wait_ms=30000");
	}
	served_until_waiting(POLLERS);
	for (size_t i = 0; i < CLIENTS - POLLERS; i++) {
		first[i] = i;
		assert_int_equal(
		    pthread_create(&client[i], NULL, ask_around, &first[i]), 0);
	}
	/* All of them are done while the pollers still wait. */
	for (size_t i = 0; i < CLIENTS - POLLERS; i++) {
		assert_int_equal(pthread_join(client[i], NULL), 0);
	}
	assert_int_equal(atomic_load(&wrong_answers), 0);
	served_until_waiting(POLLERS);
	(void)api_fixture_event(server.source, "news");
	for (size_t i = 0; i < POLLERS; i++) {
		assert_int_equal(pthread_join(poller[i].thread, NULL), 0);
		assert_int_equal(poller[i].status, 200);
		assert_int_equal(poller[i].rows, 1);
	}
	served_stop(&server);
}

static void
assert_cannot_listen(const char *where, const char *why)
{
	struct http_conf conf = {.socket_path = where};
	struct api_source *source = api_fixture_new(API_FIXTURE_HEALTHY);
	char error[512] = "";

	assert_null(http_new(&conf, source, error, sizeof(error)));
	if (strstr(error, why) == NULL) {
		fail_msg("'%s' does not say '%s'", error, why);
	}
	api_fixture_free(source);
}

/* A socket file whose owner died. */
static void
leave_stale_socket(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", served_path);
	assert_int_equal(
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	(void)close(fd);
}

static void
test_socket(void **state)
{
	struct served server = served_start(API_FIXTURE_HEALTHY, 0);
	char long_path[200];
	struct stat info;
	int fd;

	(void)state;
	assert_int_equal(stat(served_path, &info), 0);
	assert_true(S_ISSOCK(info.st_mode));
	assert_int_equal(info.st_mode & 0777, 0660);
	assert_cannot_listen(served_path, "another process answers on this socket");
	json_decref(served_get("/healthz")); /* the first was not disturbed */
	served_stop(&server);
	assert_int_equal(stat(served_path, &info), -1);
	leave_stale_socket();
	server = served_start(API_FIXTURE_HEALTHY, 0);
	json_decref(served_get("/healthz"));
	/* A successor's socket is not removed by its predecessor. */
	assert_int_equal(unlink(served_path), 0);
	leave_stale_socket();
	served_stop(&server);
	assert_int_equal(stat(served_path, &info), 0);
	assert_int_equal(unlink(served_path), 0);
	fd = open(served_path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	(void)close(fd);
	assert_cannot_listen(served_path, "not a socket; it was left alone");
	assert_int_equal(unlink(served_path), 0);
	assert_cannot_listen("/nowhere/at/all.sock", "No such file or directory");
	assert_cannot_listen("", "1 to 107 bytes");
	memset(long_path, 'x', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = '\0';
	assert_cannot_listen(long_path, "this has 199");
	http_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_long_poll),
	    cmocka_unit_test(test_stop_ends_long_polls),
	    cmocka_unit_test(test_hung_up_poller_is_noticed),
	    cmocka_unit_test(test_too_many_long_polls),
	    cmocka_unit_test(test_many_at_once),
	    cmocka_unit_test(test_socket),
	};

	return cmocka_run_group_tests(tests, served_enter, served_leave);
}
