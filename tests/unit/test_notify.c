/* test_notify - messages over real sockets to a real server, and what comes back */
#include "collector/shell/notify.h"
#include "common/shell/clock_sys.h"
#include "tests/support/test.h"

#include <arpa/inet.h>
#include <assert.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <microhttpd.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

enum {
	SEEN_MAX = 64,
	WAIT_S = 20 /* a test that waits so long has failed */
};

/* A request as the server saw it. */
struct seen {
	char path[32];
	char body[512];
	char key[80];
	char signature[100];
	char timestamp[24];
	char type[40];
	char agent[40];
};

struct server {
	struct MHD_Daemon *daemon;
	uint16_t port;
	pthread_mutex_t mutex;
	struct seen seen[SEEN_MAX];
	size_t seen_len;
	int hold; /* /hold answers only when this pipe is written to */
};

/* What the notifier answered, in order. */
struct answers {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct message_answer item[SEEN_MAX];
	size_t len;
};

struct fixture {
	struct server server;
	struct answers answers;
	char folder[32];
};

struct upload {
	char body[512];
	size_t len;
};

static const char *
header(struct MHD_Connection *connection, const char *name)
{
	const char *value =
	    MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);

	return value == NULL ? "" : value;
}

static void
note(struct server *server, struct MHD_Connection *connection, const char *path,
    const struct upload *upload)
{
	struct seen *seen;

	(void)pthread_mutex_lock(&server->mutex);
	assert(server->seen_len < SEEN_MAX);
	seen = &server->seen[server->seen_len++];
	(void)snprintf(seen->path, sizeof(seen->path), "%s", path);
	(void)snprintf(
	    seen->body, sizeof(seen->body), "%.*s", (int)upload->len, upload->body);
	(void)snprintf(
	    seen->key, sizeof(seen->key), "%s", header(connection, "Idempotency-Key"));
	(void)snprintf(seen->signature, sizeof(seen->signature), "%s",
	    header(connection, "X-Parallax-Signature"));
	(void)snprintf(seen->timestamp, sizeof(seen->timestamp), "%s",
	    header(connection, "X-Parallax-Timestamp"));
	(void)snprintf(
	    seen->type, sizeof(seen->type), "%s", header(connection, "Content-Type"));
	(void)snprintf(
	    seen->agent, sizeof(seen->agent), "%s", header(connection, "User-Agent"));
	(void)pthread_mutex_unlock(&server->mutex);
}

/* /status/503 answers 503; /hold only when it is told to. */
/* NOLINTBEGIN(readability-function-size): the parameters are the library's */
static enum MHD_Result
serve(void *context, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *data, size_t *data_len,
    void **state)
{
	struct server *server = context;
	struct upload *upload = *state;
	struct MHD_Response *response;
	enum MHD_Result result;
	unsigned status = 200;
	char ok[] = "ok";

	(void)method;
	(void)version;
	if (upload == NULL) {
		*state = calloc(1, sizeof(*upload));
		return *state == NULL ? MHD_NO : MHD_YES;
	}
	if (*data_len > 0) {
		size_t room = sizeof(upload->body) - upload->len;
		size_t part = *data_len < room ? *data_len : room;

		memcpy(upload->body + upload->len, data, part);
		upload->len += part;
		*data_len = 0;
		return MHD_YES;
	}
	note(server, connection, url, upload);
	if (strcmp(url, "/hold") == 0) {
		char byte;

		(void)!read(server->hold, &byte, 1);
	}
	if (strncmp(url, "/status/", 8) == 0) {
		status = (unsigned)strtoul(url + 8, NULL, 10);
	}
	response = MHD_create_response_from_buffer(2, ok, MHD_RESPMEM_MUST_COPY);
	if (status == 503) {
		(void)MHD_add_response_header(response, "Retry-After", "7");
	}
	if (status == 302) {
		(void)MHD_add_response_header(response, "Location", "/elsewhere");
	}
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}
/* NOLINTEND(readability-function-size) */

static void
completed(void *context, struct MHD_Connection *connection, void **state,
    enum MHD_RequestTerminationCode code)
{
	(void)context;
	(void)connection;
	(void)code;
	free(*state);
	*state = NULL;
}

static void
on_answer(void *context, const struct message_answer *answer)
{
	struct answers *answers = context;

	(void)pthread_mutex_lock(&answers->mutex);
	assert(answers->len < SEEN_MAX);
	answers->item[answers->len++] = *answer;
	(void)pthread_cond_broadcast(&answers->changed);
	(void)pthread_mutex_unlock(&answers->mutex);
}

/* The answer for `row`, waited for. */
static struct message_answer
answer_of(struct answers *answers, uint64_t row)
{
	struct message_answer found = {0};
	struct timespec until;
	int rc = 0;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_S;
	(void)pthread_mutex_lock(&answers->mutex);
	while (found.row == 0 && rc == 0) {
		for (size_t i = 0; i < answers->len; i++) {
			if (answers->item[i].row == row) {
				found = answers->item[i];
			}
		}
		if (found.row == 0) {
			rc = pthread_cond_timedwait(
			    &answers->changed, &answers->mutex, &until);
		}
	}
	(void)pthread_mutex_unlock(&answers->mutex);
	assert_int_equal(found.row, row);
	return found;
}

static struct seen
seen_at(struct server *server, size_t i)
{
	struct seen seen = {.path = ""};

	(void)pthread_mutex_lock(&server->mutex);
	if (i < server->seen_len) {
		seen = server->seen[i];
	}
	(void)pthread_mutex_unlock(&server->mutex);
	return seen;
}

static int
setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const union MHD_DaemonInfo *info;

	(void)pthread_mutex_init(&fixture->server.mutex, NULL);
	(void)pthread_mutex_init(&fixture->answers.mutex, NULL);
	(void)pthread_cond_init(&fixture->answers.changed, NULL);
	(void)snprintf(
	    fixture->folder, sizeof(fixture->folder), "/tmp/px-notify-XXXXXX");
	if (mkdtemp(fixture->folder) == NULL) {
		return 1;
	}
	fixture->server.daemon = MHD_start_daemon(
	    MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION, 0, NULL,
	    NULL, serve, &fixture->server, MHD_OPTION_SOCK_ADDR,
	    (const struct sockaddr *)&address, MHD_OPTION_NOTIFY_COMPLETED, completed,
	    NULL, MHD_OPTION_END);
	if (fixture->server.daemon == NULL) {
		return 1;
	}
	info = MHD_get_daemon_info(fixture->server.daemon, MHD_DAEMON_INFO_BIND_PORT);
	fixture->server.port = info->port;
	*state = fixture;
	return 0;
}

static void
stop_server(struct fixture *fixture)
{
	if (fixture->server.daemon != NULL) {
		MHD_stop_daemon(fixture->server.daemon);
		fixture->server.daemon = NULL;
	}
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;

	stop_server(fixture);
	(void)rmdir(fixture->folder);
	free(fixture);
	return 0;
}

static void
send_row(struct notify *notify, uint16_t channel, uint64_t row, const char *json)
{
	struct outbound outbound = {
	    .row = row,
	    .key = {UINT64_C(0x0123456789abcdef), row, 0, 1},
	    .channel = channel,
	    .attempt = 1,
	    .json = json,
	    .json_len = strlen(json),
	};

	assert_int_equal(notify_send(notify, &outbound), ERR_OK);
}

static struct notify_channel
webhook(const struct fixture *fixture, const char *path, char url[96])
{
	(void)snprintf(
	    url, 96, "http://127.0.0.1:%u%s", (unsigned)fixture->server.port, path);
	return (struct notify_channel){
	    .name = path, .kind = CHANNEL_WEBHOOK, .url = url, .secret = ""};
}

static void
expect_signature(const struct seen *seen, const char *secret)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	char message[600];
	char expected[100] = "sha256=";
	unsigned len = 0;
	int message_len =
	    snprintf(message, sizeof(message), "%s.%s", seen->timestamp, seen->body);

	assert_non_null(HMAC(EVP_sha256(), secret, (int)strlen(secret),
	    (const unsigned char *)message, (size_t)message_len, digest, &len));
	for (unsigned i = 0; i < len; i++) {
		(void)snprintf(expected + 7 + 2 * (size_t)i, 3, "%02x", digest[i]);
	}
	assert_string_equal(seen->signature, expected);
}

static void
test_delivered(void **state)
{
	struct fixture *fixture = *state;
	char url[96];
	struct notify_channel channel = webhook(fixture, "/status/202", url);
	struct message_answer answer;
	struct notify *notify;
	struct seen seen;

	channel.secret = "s3cret";
	notify = notify_new(&channel, 1, on_answer, &fixture->answers);
	assert_non_null(notify);
	send_row(notify, 0, 42, "{\"a\":1}");
	answer = answer_of(&fixture->answers, 42);
	assert_int_equal(answer.delivery, DELIVERY_DONE);
	assert_string_equal(answer.detail, "HTTP 202");
	seen = seen_at(&fixture->server, 0);
	assert_string_equal(seen.body, "{\"a\":1}");
	assert_string_equal(seen.type, "application/json");
	assert_string_equal(seen.key, "0123456789abcdef000000000000002a"
				      "00000000000000000000000000000001");
	assert_int_equal(strncmp(seen.agent, "parallax/", 9), 0);
	expect_signature(&seen, "s3cret");
	notify_free(notify);
}

/* Each status comes back as what it means; a second attempt carries the same key. */
static void
test_statuses(void **state)
{
	static const struct {
		const char *path;
		enum delivery delivery;
		int64_t retry_s;
	} row[] = {
	    {"/status/500", DELIVERY_UNKNOWN, 0},
	    {"/status/503", DELIVERY_REJECTED_RETRY, 7},
	    {"/status/404", DELIVERY_REJECTED, 0},
	    {"/status/302", DELIVERY_REJECTED, 0},
	};
	struct fixture *fixture = *state;
	struct notify_channel channel[5];
	struct notify *notify;
	char url[5][96];

	for (size_t i = 0; i < 4; i++) {
		channel[i] = webhook(fixture, row[i].path, url[i]);
	}
	channel[4] = webhook(fixture, "/status/200", url[4]);
	notify = notify_new(channel, 5, on_answer, &fixture->answers);
	for (uint16_t i = 0; i < 4; i++) {
		struct message_answer answer;

		send_row(notify, i, 100 + (uint64_t)i, "{}");
		answer = answer_of(&fixture->answers, 100 + (uint64_t)i);
		assert_int_equal(answer.delivery, row[i].delivery);
		assert_int_equal(
		    answer.retry_after_ns, row[i].retry_s * CLOCK_NS_PER_S);
		assert_string_equal(seen_at(&fixture->server, i).signature, "");
	}
	send_row(notify, 4, 200, "{}");
	assert_int_equal(answer_of(&fixture->answers, 200).delivery, DELIVERY_DONE);
	/* five requests, so the redirect was not followed */
	assert_string_equal(seen_at(&fixture->server, 4).path, "/status/200");
	assert_string_equal(seen_at(&fixture->server, 5).path, "");
	notify_free(notify);
}

/* A port where nobody listens, and that nobody gets while the test runs. */
static int
closed_port(uint16_t *out_port)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	*out_port = ntohs(address.sin_port);
	return fd;
}

/* Certain failures are told from uncertain ones by whether a byte left. */
static void
test_unreachable(void **state)
{
	static const char *const bad[] = {
	    "gopher://127.0.0.1/", "http://", "http://[::1", "https://user:tok@:0:/x"};
	struct fixture *fixture = *state;
	struct notify_channel channel[5] = {0};
	struct message_answer answer;
	struct notify *notify;
	uint16_t port;
	char url[96];
	int fd = closed_port(&port);

	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/SECRET", (unsigned)port);
	for (size_t i = 0; i < 5; i++) {
		channel[i] = (struct notify_channel){.name = "c",
		    .kind = CHANNEL_WEBHOOK,
		    .url = i == 0 ? url : bad[i - 1],
		    .secret = ""};
	}
	notify = notify_new(channel, 5, on_answer, &fixture->answers);
	send_row(notify, 0, 300, "{}");
	answer = answer_of(&fixture->answers, 300);
	assert_int_equal(answer.delivery, DELIVERY_REJECTED_RETRY);
	assert_null(strstr(answer.detail, "SECRET"));
	for (uint16_t i = 1; i < 5; i++) {
		send_row(notify, i, 300 + (uint64_t)i, "{}");
		answer = answer_of(&fixture->answers, 300 + (uint64_t)i);
		assert_int_equal(answer.delivery, DELIVERY_REJECTED);
		assert_null(strstr(answer.detail, "tok"));
	}
	notify_free(notify);
	(void)close(fd);
}

/* A receiver that takes the request and says nothing may have it. Meanwhile another channel
 * works, and the silent one keeps its order. Its time is long enough for a busy machine to
 * get the first request out, and the second one answered. */
static void
test_silent(void **state)
{
	struct fixture *fixture = *state;
	char url[2][96];
	struct notify_channel channel[2] = {
	    webhook(fixture, "/hold", url[0]), webhook(fixture, "/status/200", url[1])};
	struct message_answer answer;
	struct notify *notify;
	int hold[2];

	assert_int_equal(pipe(hold), 0);
	fixture->server.hold = hold[0];
	channel[0].total_ms = 3000;
	notify = notify_new(channel, 2, on_answer, &fixture->answers);
	send_row(notify, 0, 400, "{\"n\":1}");
	send_row(notify, 0, 401, "{\"n\":2}");
	send_row(notify, 1, 402, "{}");
	assert_int_equal(answer_of(&fixture->answers, 402).delivery, DELIVERY_DONE);
	answer = answer_of(&fixture->answers, 400);
	assert_int_equal(write(hold[1], "xx", 2), 2);
	assert_int_equal(answer.delivery, DELIVERY_UNKNOWN);
	assert_int_equal(answer_of(&fixture->answers, 401).delivery, DELIVERY_DONE);
	notify_free(notify);
	stop_server(fixture); /* it reads from the pipe */
	(void)close(hold[0]);
	(void)close(hold[1]);
}

/* The end: what waits was certainly not sent, what is on its way may have been. */
static void
test_goodbye(void **state)
{
	struct fixture *fixture = *state;
	char url[96];
	struct notify_channel channel = webhook(fixture, "/hold", url);
	struct notify *notify;
	int hold[2];

	assert_int_equal(pipe(hold), 0);
	fixture->server.hold = hold[0];
	notify = notify_new(&channel, 1, on_answer, &fixture->answers);
	send_row(notify, 0, 500, "{}");
	send_row(notify, 0, 501, "{}");
	while (seen_at(&fixture->server, 0).path[0] == '\0') {
		(void)sched_yield();
	}
	notify_free(notify);
	assert_int_equal(fixture->answers.len, 2);
	assert_int_equal(answer_of(&fixture->answers, 500).delivery, DELIVERY_UNKNOWN);
	assert_int_equal(
	    answer_of(&fixture->answers, 501).delivery, DELIVERY_REJECTED_RETRY);
	assert_int_equal(write(hold[1], "x", 1), 1);
	stop_server(fixture); /* it reads from the pipe */
	(void)close(hold[0]);
	(void)close(hold[1]);
	notify_free(NULL);
}

static void
read_file(const char *path, char *out, size_t cap)
{
	int fd = open(path, O_RDONLY);
	ssize_t len = read(fd, out, cap - 1);

	assert_true(len >= 0);
	out[len] = '\0';
	(void)close(fd);
}

static void
test_log(void **state)
{
	struct fixture *fixture = *state;
	char path[64];
	char moved[64];
	char text[256];
	struct notify_channel channel[2] = {0};
	struct notify *notify;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/alerts", fixture->folder);
	(void)snprintf(moved, sizeof(moved), "%s/alerts.1", fixture->folder);
	channel[0] =
	    (struct notify_channel){.name = "log", .kind = CHANNEL_LOG, .path = path};
	channel[1] = (struct notify_channel){
	    .name = "bad", .kind = CHANNEL_LOG, .path = "/nowhere/at/all"};
	notify = notify_new(channel, 2, on_answer, &fixture->answers);
	send_row(notify, 0, 600, "{\"n\":1}");
	send_row(notify, 0, 601, "{\"n\":2}");
	assert_int_equal(answer_of(&fixture->answers, 601).delivery, DELIVERY_DONE);
	read_file(path, text, sizeof(text));
	assert_string_equal(text, "{\"n\":1}\n{\"n\":2}\n");
	/* rotated away: the next line is in a new file */
	assert_int_equal(rename(path, moved), 0);
	send_row(notify, 0, 602, "{\"n\":3}");
	assert_int_equal(answer_of(&fixture->answers, 602).delivery, DELIVERY_DONE);
	read_file(path, text, sizeof(text));
	assert_string_equal(text, "{\"n\":3}\n");
	/* a torn line is not continued */
	fd = open(path, O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "{\"torn", 6), 6);
	(void)close(fd);
	send_row(notify, 0, 603, "{\"n\":4}");
	assert_int_equal(answer_of(&fixture->answers, 603).delivery, DELIVERY_DONE);
	read_file(path, text, sizeof(text));
	assert_string_equal(text, "{\"n\":3}\n{\"torn\n{\"n\":4}\n");
	send_row(notify, 1, 604, "{}");
	assert_int_equal(
	    answer_of(&fixture->answers, 604).delivery, DELIVERY_REJECTED_RETRY);
	notify_free(notify);
	(void)unlink(path);
	(void)unlink(moved);
}

static void
test_open(void **state)
{
	struct fixture *fixture = *state;
	struct channel_conf conf[2] = {{.name = "log", .kind = CHANNEL_LOG, .path = ""},
	    {.name = "hook",
		.kind = CHANNEL_WEBHOOK,
		.url_reference = "env:PARALLAX_TEST_HOOK",
		.secret_reference = ""}};
	struct notify_setup setup_conf = {.channel = conf,
	    .len = 2,
	    .answer = on_answer,
	    .context = &fixture->answers};
	struct outbound outbound = {.row = 1, .channel = 2, .json = ""};
	struct notify *notify = NULL;
	char error[256] = "";
	char url[96];

	(void)unsetenv("PARALLAX_TEST_HOOK");
	assert_int_equal(
	    notify_open(&setup_conf, &notify, error, sizeof(error)), ERR_NOTFOUND);
	assert_null(notify);
	assert_non_null(strstr(error, "channel hook: url:"));
	(void)webhook(fixture, "/status/200", url);
	(void)setenv("PARALLAX_TEST_HOOK", url, 1);
	assert_int_equal(
	    notify_open(&setup_conf, &notify, error, sizeof(error)), ERR_OK);
	send_row(notify, 1, 700, "{}");
	assert_int_equal(answer_of(&fixture->answers, 700).delivery, DELIVERY_DONE);
	assert_int_equal(notify_send(notify, &outbound), ERR_INVALID);
	notify_free(notify);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_delivered, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_statuses, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_unreachable, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_silent, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_goodbye, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_log, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_open, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
