/* test_channels - a real collector tries one channel of every kind, when it is told to, and
 * says what became of it */
#include "tests/support/process.h"
#include "tests/support/robots.h"
#include "tests/support/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static struct robots *robots;
static struct process collector;
static struct process mail;
static char folder[64];

static const struct {
	const char *name;
	const char *path;  /* where it arrives, NULL = not at the robots */
	const char *lines; /* of the configuration; %s: the address of the robots */
} rows[] = {
    {"feishu", "/feishu", "url: @/feishu\n    secret: env:PX_SECRET"},
    {"wecom", "/wecom", "url: @/wecom?key=k\n    language: zh-CN"},
    {"dingtalk", "/dingtalk",
	"url: @/dingtalk?access_token=t\n    secret: env:PX_SECRET\n"
	"    keyword: alert-word\n    language: zh-TW"},
    {"slack", "/slack", "url: @/slack"},
    {"pagerduty", "/pagerduty", "url: @/pagerduty\n    routing_key: env:PX_SECRET"},
    {"alertmanager", "/alertmanager/api/v2/alerts", "url: @/alertmanager"},
    {"telegram", "/bot" ROBOTS_TOKEN "/sendMessage",
	"url: @\n    token: env:PX_TOKEN\n    chat: '-100123'"},
    {"discord", "/discord", "url: @/discord"},
    {"ntfy", "/ntfy", "url: @/ntfy\n    token: env:PX_TOKEN\n    topic: alerts"},
    {"teams", "/teams", "url: @/teams"},
    {"webhook", "/webhook",
	"url: @/webhook\n    secret: env:PX_SECRET\n"
	"    body: '{\"title\": \"{{title}}\", \"n\": {{incident}}}'"},
    {"log", NULL, "path: ./alerts"},
    {"command", NULL, "command: [/bin/sh, -c, 'cat >told']"},
    {"email", NULL,
	"url: smtp://127.0.0.1:#\n    from: parallax@example.com\n"
	"    to: [oncall@example.com]"},
};

enum {
	ROWS = sizeof(rows) / sizeof(rows[0])
};

static unsigned
start_mail(void)
{
	char script[256];
	char line[PROCESS_LINE_BYTES];
	const char *argv[] = {"/usr/bin/python3", script, "plain", NULL};

	(void)snprintf(script, sizeof(script), "%s/tests/support/smtp_server.py",
	    getenv("PARALLAX_SOURCE"));
	process_start(&mail, "mail.log", argv);
	process_await(&mail, "port ", line);
	return (unsigned)strtoul(strstr(line, "port ") + 5, NULL, 10);
}

/* `lines` with the robots' address for @ behind a space, and the mail port for #. */
static void
put_lines(FILE *file, const char *lines, unsigned port)
{
	for (const char *at = lines; *at != '\0'; at++) {
		if (*at == '@' && at > lines && at[-1] == ' ') {
			(void)fputs(robots_url(robots), file);
		} else if (*at == '#') {
			(void)fprintf(file, "%u", port);
		} else {
			(void)fputc(*at, file);
		}
	}
}

/* A port that nobody has at the moment. */
static unsigned
free_port(void)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (const struct sockaddr *)&address, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	(void)close(fd);
	return ntohs(address.sin_port);
}

static void
write_conf(unsigned port)
{
	FILE *file = fopen("c.yaml", "w");

	assert_non_null(file);
	(void)fprintf(file,
	    "listen: [tcp://127.0.0.1:%u]\n"
	    "store: {path: ./store, size_max: 64MiB}\n"
	    "http: {socket: ./sock}\n"
	    "regions: [{name: eu}]\n"
	    "agents: [{id: a1, region: eu}]\n"
	    "without_controls: true\n"
	    "targets:\n"
	    "  - name: t\n"
	    "    probes:\n"
	    "      - {name: p, kind: http, role: target,\n"
	    "         url: 'http://127.0.0.1:1/', interval: 60s}\n"
	    "heartbeat: {url: '%s/beat', interval: 10s}\n"
	    "channels:\n",
	    free_port(), robots_url(robots));
	for (size_t i = 0; i < ROWS; i++) {
		(void)fprintf(file, "  - name: %s\n    kind: %s\n    ", rows[i].name,
		    rows[i].name);
		put_lines(file, rows[i].lines, port);
		(void)fputc('\n', file);
	}
	assert_int_equal(fclose(file), 0);
}

static struct process_output
ask(const char *a, const char *b, const char *c)
{
	const char *argv[] = {CTL_PROGRAM, "--socket", "./sock", a, b, c, NULL};

	return process_run(argv);
}

static void
test_every_kind(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		struct process_output output = ask("channels", "test", rows[i].name);

		if (output.status != 0 ||
		    strstr(output.text, "test delivered: ") == NULL) {
			fail_msg("%s: %d, %s %s", rows[i].name, output.status,
			    output.text,
			    rows[i].path == NULL
				? ""
				: robots_complaint(robots, rows[i].path));
		}
		process_output_free(&output);
		if (rows[i].path != NULL) {
			assert_true(robots_count(robots, rows[i].path) >= 1);
		}
	}
	process_await(&mail, "mail parallax@example.com oncall@example.com", NULL);
}

/* A no under HTTP 200 is a no, and is said. */
static void
test_refused(void **state)
{
	const struct robots_next no = {.path = "/feishu",
	    .status = 200,
	    .body = "{\"code\":19021,\"msg\":\"sign match fail\"}"};
	struct process_output output;

	(void)state;
	robots_program(robots, &no);
	output = ask("channels", "test", "feishu");
	assert_int_equal(output.status, 2);
	assert_non_null(
	    strstr(output.text, "test undeliverable: feishu, HTTP 200, code 19021"));
	process_output_free(&output);
	output = ask("channels", "test", "nobody");
	assert_int_equal(output.status, 3);
	assert_non_null(strstr(output.text, "there is no such channel"));
	process_output_free(&output);
}

/* The list; and no secret is in it, nor in the log. */
static void
test_list(void **state)
{
	struct process_output output = ask("channels", "-o", "csv");

	(void)state;
	assert_int_equal(output.status, 0);
	assert_non_null(strstr(output.text, "dingtalk,dingtalk,warning,zh-TW"));
	assert_null(strstr(output.text, ROBOTS_SECRET));
	process_output_free(&output);
	assert_false(process_said(&collector, ROBOTS_SECRET));
	assert_false(process_said(&collector, ROBOTS_TOKEN));
	assert_false(process_said(&collector, "access_token"));
}

static int
setup_group(void **state)
{
	const char *argv[] = {COLLECTOR_PROGRAM, "-c", "c.yaml", NULL};

	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/parallax-channels-XXXXXX");
	if (mkdtemp(folder) == NULL || chdir(folder) != 0) {
		return 1;
	}
	(void)setenv("PX_SECRET", ROBOTS_SECRET, 1);
	(void)setenv("PX_TOKEN", ROBOTS_TOKEN, 1);
	robots = robots_start();
	if (robots == NULL) {
		return 1;
	}
	write_conf(start_mail());
	process_start(&collector, "collector.log", argv);
	process_await(&collector, "collector.started", NULL);
	process_await(&collector, "heartbeat.sent", NULL);
	return 0;
}

static int
teardown_group(void **state)
{
	const char *argv[] = {"/bin/rm", "-rf", folder, NULL};
	struct process_output output;

	(void)state;
	assert_int_equal(process_stop(&collector), 0);
	process_kill(&mail);
	robots_stop(robots);
	output = process_run(argv);
	process_output_free(&output);
	return chdir("/");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_kind),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests(tests, setup_group, teardown_group);
}
