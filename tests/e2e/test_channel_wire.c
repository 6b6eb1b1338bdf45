/* test_channel_wire - the notifier against the far side of every kind: vendors' robots, a
 * real mail server, programs; when all is well, and when it is not */
#include "collector/core/render.h"
#include "collector/shell/notify.h"
#include "tests/support/process.h"
#include "tests/support/robots.h"
#include "tests/support/small_fleet.h"
#include "tests/support/test.h"

#include <pthread.h>
#include <time.h>

#include <openssl/evp.h>

enum {
	ANSWERS = 32,
	WAIT_S = 30
};

struct answers {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct message_answer item[ANSWERS];
	size_t len;
};

static struct answers answers = {
    .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
static struct robots *robots;
static char folder[64];
static uint64_t last_row;

static const struct {
	enum channel_kind kind;
	const char *path; /* where it arrives */
	const char *url;  /* behind the address of the robots */
	const char *secret;
	const char *refusal; /* a no in the vendor's words, under HTTP 200 */
	const char *slow;    /* "too fast", likewise */
	unsigned slow_status;
	int64_t slow_s; /* to wait then */
} kinds[] = {
    {CHANNEL_FEISHU, "/feishu", "/feishu", ROBOTS_SECRET,
	"{\"code\":19021,\"msg\":\"sign match fail\"}",
	"{\"code\":11232,\"msg\":\"frequency limited\"}", 200, 60},
    {CHANNEL_WECOM, "/wecom", "/wecom?key=k", "",
	"{\"errcode\":93000,\"errmsg\":\"invalid webhook url\"}",
	"{\"errcode\":45009,\"errmsg\":\"api freq out of limit\"}", 200, 60},
    {CHANNEL_DINGTALK, "/dingtalk", "/dingtalk?access_token=t", ROBOTS_SECRET,
	"{\"errcode\":310000,\"errmsg\":\"keywords not in content\"}",
	"{\"errcode\":130101,\"errmsg\":\"send too fast\"}", 200, 600},
    {CHANNEL_SLACK, "/slack", "/slack", "", NULL, "rate_limited", 429, 30},
    {CHANNEL_PAGERDUTY, "/pagerduty", "/pagerduty", ROBOTS_SECRET, NULL, "", 429, 30},
    {CHANNEL_ALERTMANAGER, "/alertmanager/api/v2/alerts", "/alertmanager", "", NULL, "",
	429, 30},
    {CHANNEL_TELEGRAM, "/bot" ROBOTS_TOKEN "/sendMessage", "", ROBOTS_TOKEN, NULL,
	"{\"ok\":false,\"error_code\":429,\"parameters\":{\"retry_after\":30}}", 429,
	30},
    {CHANNEL_DISCORD, "/discord", "/discord", "", NULL,
	"{\"message\":\"slow\",\"retry_after\":29.5}", 429, 30},
    {CHANNEL_NTFY, "/ntfy", "/ntfy", ROBOTS_TOKEN, NULL, "{\"code\":42901}", 429, 30},
    {CHANNEL_TEAMS, "/teams", "/teams", "", NULL, "", 429, 30},
    {CHANNEL_WEBHOOK, "/webhook", "/webhook", ROBOTS_SECRET, NULL, "", 429, 30},
};

enum {
	KINDS = sizeof(kinds) / sizeof(kinds[0])
};

static void
on_answer(void *context, const struct message_answer *answer)
{
	(void)context;
	(void)pthread_mutex_lock(&answers.mutex);
	answers.item[answers.len++ % ANSWERS] = *answer;
	(void)pthread_cond_broadcast(&answers.changed);
	(void)pthread_mutex_unlock(&answers.mutex);
}

static struct message_answer
answer_of(uint64_t row)
{
	struct message_answer found = {.row = 0};
	struct timespec until;
	int rc = 0;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_S;
	(void)pthread_mutex_lock(&answers.mutex);
	while (found.row == 0 && rc == 0) {
		for (size_t i = 0; i < ANSWERS; i++) {
			if (answers.item[i].row == row) {
				found = answers.item[i];
			}
		}
		if (found.row == 0) {
			rc = pthread_cond_timedwait(
			    &answers.changed, &answers.mutex, &until);
		}
	}
	(void)pthread_mutex_unlock(&answers.mutex);
	assert_int_equal(found.row, row);
	return found;
}

/* Sends one message on a channel and waits for what becomes of it. */
static struct message_answer
deliver(struct notify *notify, uint16_t channel)
{
	static char json[RENDER_JSON_BYTES];
	struct now now = {.mono = {INT64_C(9000) * CLOCK_NS_PER_S},
	    .wall = {INT64_C(1800000000) * CLOCK_NS_PER_S}};
	struct finding finding =
	    small_fleet_finding(1, VERDICT_UPSTREAM_OUTAGE, now.mono);
	struct incident incident = {.id = 12, .opened_at = now.wall};
	uint64_t row = ++last_row;
	struct outbound outbound = {
	    .row = row, .key = {1, 2, 3, row}, .channel = channel, .json = json};

	incident_describe(&incident, small_fleet(), &finding,
	    "<at id=all></at> <!channel> @everyone [x](https://evil.example)", now);
	outbound.json_len =
	    render_json(&incident, MESSAGE_FIRING, 1, now.wall, json, sizeof(json));
	assert_int_equal(notify_send(notify, &outbound), ERR_OK);
	return answer_of(outbound.row);
}

static struct channel_conf
conf_of(enum channel_kind kind)
{
	return (struct channel_conf){.name = "c",
	    .kind = kind,
	    .to = {kind == CHANNEL_TELEGRAM ? "-100123" : "topic"},
	    .to_len = 1,
	    .keyword = "alert-word",
	    .link = "https://parallax.example/{{incident}}"};
}

static void
test_robots(void **state)
{
	struct notify_channel channel[KINDS];
	struct channel_conf conf[KINDS];
	char url[KINDS][128];
	struct notify *notify;

	(void)state;
	for (size_t i = 0; i < KINDS; i++) {
		(void)snprintf(
		    url[i], sizeof(url[i]), "%s%s", robots_url(robots), kinds[i].url);
		conf[i] = conf_of(kinds[i].kind);
		channel[i] = (struct notify_channel){.name = kinds[i].path,
		    .kind = kinds[i].kind,
		    .url = url[i],
		    .secret = kinds[i].secret,
		    .conf = &conf[i]};
	}
	notify = notify_new(channel, KINDS, on_answer, NULL);
	assert_non_null(notify);
	for (size_t i = 0; i < KINDS; i++) {
		struct robots_next next = {.path = kinds[i].path};
		struct message_answer answer = deliver(notify, (uint16_t)i);

		/* as it should be */
		assert_string_equal(robots_complaint(robots, kinds[i].path), "");
		if (answer.delivery != DELIVERY_DONE) {
			fail_msg("%s: %s", kinds[i].path, answer.detail);
		}
		/* too fast */
		next.status = kinds[i].slow_status;
		next.body = kinds[i].slow;
		next.retry_after = kinds[i].slow_status == 429 ? "30" : NULL;
		robots_program(robots, &next);
		answer = deliver(notify, (uint16_t)i);
		assert_int_equal(answer.delivery, DELIVERY_REJECTED_RETRY);
		assert_int_equal(
		    answer.retry_after_ns, kinds[i].slow_s * CLOCK_NS_PER_S);
		/* no, under 200 */
		if (kinds[i].refusal != NULL) {
			next.status = 200;
			next.body = kinds[i].refusal;
			next.retry_after = NULL;
			robots_program(robots, &next);
			answer = deliver(notify, (uint16_t)i);
			assert_int_equal(answer.delivery, DELIVERY_REJECTED);
		}
		/* taken, and then silence; half an answer */
		next.way = ROBOTS_LOSE;
		robots_program(robots, &next);
		assert_int_equal(
		    deliver(notify, (uint16_t)i).delivery, DELIVERY_UNKNOWN);
		next.way = ROBOTS_HALF;
		next.status = 200;
		robots_program(robots, &next);
		assert_int_equal(
		    deliver(notify, (uint16_t)i).delivery, DELIVERY_UNKNOWN);
		assert_int_equal(robots_count(robots, kinds[i].path),
		    kinds[i].refusal != NULL ? 5 : 4);
	}
	notify_free(notify);
}

/* ---- mail ---- */

static struct process mail_server;

static uint16_t
start_mail(const char *way)
{
	char log[128];
	char script[256];
	char cert[128];
	char key[128];
	char line[PROCESS_LINE_BYTES];
	const char *argv[] = {"/usr/bin/python3", script, way, cert, key, NULL};

	(void)snprintf(log, sizeof(log), "%s/%s.log", folder, way);
	(void)snprintf(script, sizeof(script), "%s/tests/support/smtp_server.py",
	    getenv("PARALLAX_SOURCE"));
	(void)snprintf(cert, sizeof(cert), "%s/server.pem", folder);
	(void)snprintf(key, sizeof(key), "%s/server.key", folder);
	process_start(&mail_server, log, argv);
	process_await(&mail_server, "port ", line);
	return (uint16_t)strtoul(strstr(line, "port ") + 5, NULL, 10);
}

static void
make_certificates(void)
{
	char script[256];
	const char *argv[] = {"/bin/sh", script, folder, NULL};
	struct process_output output;

	(void)snprintf(script, sizeof(script), "%s/tests/support/mkca.sh",
	    getenv("PARALLAX_SOURCE"));
	output = process_run(argv);
	assert_int_equal(output.status, 0);
	process_output_free(&output);
}

/* The mail that the server printed, decoded. */
static void
last_mail(char *out, size_t cap)
{
	static char text[1 << 17];
	char *line;
	int len;
	FILE *file = fopen(mail_server.log, "r");
	char *found = NULL;

	assert_non_null(file);
	while (fgets(text, sizeof(text), file) != NULL) {
		line = strncmp(text, "mail ", 5) == 0 ? strrchr(text, ' ') : NULL;
		if (line != NULL) {
			line[strcspn(line, "\n")] = '\0';
			assert_true(strlen(line) * 3 / 4 < cap);
			len = EVP_DecodeBlock((unsigned char *)out,
			    (const unsigned char *)line + 1, (int)strlen(line + 1));
			assert_true(len > 0);
			out[len] = '\0';
			found = out;
		}
	}
	(void)fclose(file);
	assert_non_null(found);
}

struct mail_case {
	const char *way;
	const char *scheme;
	const char *secret;
	const char *to;
	bool with_ca;
	enum delivery delivery;
};

static struct message_answer
send_mail(const struct mail_case *row, uint16_t port)
{
	char url[64];
	char ca[128];
	struct channel_conf conf = {.name = "mail",
	    .kind = CHANNEL_EMAIL,
	    .to = {"oncall@example.com", row->to},
	    .to_len = row->to == NULL ? 1 : 2,
	    .from = "parallax@example.com",
	    .user = row->secret[0] == '\0' ? NULL : "parallax",
	    .ca = row->with_ca ? ca : NULL,
	    .language = LANGUAGE_ZH_TW};
	struct notify_channel channel = {.name = "mail",
	    .kind = CHANNEL_EMAIL,
	    .url = url,
	    .secret = row->secret,
	    .conf = &conf};
	struct message_answer answer;
	struct notify *notify;

	(void)snprintf(
	    url, sizeof(url), "%s://127.0.0.1:%u", row->scheme, (unsigned)port);
	(void)snprintf(ca, sizeof(ca), "%s/ca.pem", folder);
	notify = notify_new(&channel, 1, on_answer, NULL);
	assert_non_null(notify);
	answer = deliver(notify, 0);
	notify_free(notify);
	return answer;
}

/* Each way to reach a mail server; what it refuses, and what must not be sent in clear. */
static void
test_mail(void **state)
{
	static const struct mail_case rows[] = {
	    {"plain", "smtp", "", NULL, false, DELIVERY_DONE},
	    {"plain", "smtp", "", "x@busy.example", false, DELIVERY_REJECTED_RETRY},
	    {"plain", "smtp", "", "x@refused.example", false, DELIVERY_REJECTED},
	    {"plain", "smtp", "s3cret", NULL, true,
		DELIVERY_REJECTED_RETRY}, /* a password wants TLS */
	    {"starttls", "smtp", "s3cret", NULL, true, DELIVERY_DONE},
	    {"starttls", "smtp", "wrong", NULL, true, DELIVERY_REJECTED},
	    {"starttls", "smtp", "s3cret", NULL, false,
		DELIVERY_REJECTED_RETRY}, /* nobody vouches for it */
	    {"smtps", "smtps", "s3cret", NULL, true, DELIVERY_DONE},
	};
	const char *way = "";
	uint16_t port = 0;
	char mail[1 << 16];

	(void)state;
	make_certificates();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct message_answer answer;

		if (strcmp(way, rows[i].way) != 0) {
			process_kill(&mail_server);
			way = rows[i].way;
			port = start_mail(way);
		}
		answer = send_mail(&rows[i], port);
		if (answer.delivery != rows[i].delivery) {
			fail_msg("mail %zu, %s: %s (%s)", i, way,
			    delivery_name(answer.delivery), answer.detail);
		}
		if (answer.delivery == DELIVERY_DONE) {
			last_mail(mail, sizeof(mail));
			assert_non_null(strstr(mail, "\r\nSubject: =?UTF-8?B?"));
			assert_non_null(strstr(mail, "\r\nMIME-Version: 1.0\r\n"));
			assert_non_null(strstr(mail,
			    "\r\nReferences: <parallax.incident.12.1800000000000@"
			    "example.com>\r\n"));
		}
	}
	process_kill(&mail_server);
}

/* ---- programs ---- */

static void
test_commands(void **state)
{
	char out[128];
	char text[RENDER_JSON_BYTES] = "";
	char copy[256];
	const struct {
		const char *script;
		enum delivery delivery;
	} rows[] = {
	    {copy, DELIVERY_DONE},
	    {"exit 75", DELIVERY_REJECTED_RETRY},
	    {"exit 64", DELIVERY_REJECTED},
	    {"exit 1", DELIVERY_UNKNOWN},
	    {"kill -9 $$", DELIVERY_UNKNOWN},
	    {"while :; do echo noise; done", DELIVERY_UNKNOWN}, /* until it is killed */
	    {"exec <&-; exit 0", DELIVERY_DONE},
	};
	FILE *file;

	(void)state;
	(void)setenv("SECRET_OF_OURS", "s3cret", 1);
	(void)snprintf(out, sizeof(out), "%s/told", folder);
	(void)snprintf(copy, sizeof(copy),
	    "test -z \"$SECRET_OF_OURS\" && test -n \"$PARALLAX_KEY\" && cat >%s", out);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct channel_conf conf = {.name = "run",
		    .kind = CHANNEL_COMMAND,
		    .command = {"/bin/sh", "-c", rows[i].script},
		    .timeout_ms = i == 5 ? 300 : 0};
		struct notify_channel channel = {
		    .name = "run", .kind = CHANNEL_COMMAND, .conf = &conf};
		struct notify *notify = notify_new(&channel, 1, on_answer, NULL);
		struct message_answer answer = deliver(notify, 0);

		notify_free(notify);
		if (answer.delivery != rows[i].delivery) {
			fail_msg("%s: %s (%s)", rows[i].script,
			    delivery_name(answer.delivery), answer.detail);
		}
	}
	file = fopen(out, "r");
	assert_non_null(file);
	assert_true(fread(text, 1, sizeof(text) - 1, file) > 100);
	(void)fclose(file);
	assert_non_null(strstr(text, "\"schema\":\"parallax.alert/1\""));
}

/* No program, no use in trying again. */
static void
test_no_command(void **state)
{
	struct channel_conf conf = {
	    .name = "run", .kind = CHANNEL_COMMAND, .command = {"/nowhere/at/all"}};
	struct notify_channel channel = {
	    .name = "run", .kind = CHANNEL_COMMAND, .conf = &conf};
	struct notify *notify = notify_new(&channel, 1, on_answer, NULL);

	(void)state;
	assert_int_equal(deliver(notify, 0).delivery, DELIVERY_REJECTED);
	notify_free(notify);
}

static int
setup_group(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/parallax-wire-XXXXXX");
	if (mkdtemp(folder) == NULL) {
		return 1;
	}
	robots = robots_start();
	return robots == NULL ? 1 : 0;
}

static int
run_rm(void)
{
	const char *argv[] = {"/bin/rm", "-rf", folder, NULL};
	struct process_output output = process_run(argv);
	int status = output.status;

	process_output_free(&output);
	return status;
}

static int
teardown_group(void **state)
{
	(void)state;
	process_kill(&mail_server);
	robots_stop(robots);
	return run_rm();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_robots),
	    cmocka_unit_test(test_mail),
	    cmocka_unit_test(test_commands),
	    cmocka_unit_test(test_no_command),
	};

	return cmocka_run_group_tests(tests, setup_group, teardown_group);
}
