/* The real `parallax` against the real HTTP server, in front of made-up data whose clock
 * stands still: what it prints is compared with golden/NAME.txt byte by byte.
 * GOLDEN=write in the environment writes the files instead, to be read before they are
 * committed. */
#include "tests/support/test.h"

#include "collector/shell/http.h"
#include "tests/support/api_fixture.h"

#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define ELLIPSIS "\xe2\x80\xa6"

enum {
	ARGUMENTS_MAX = 16,
	OUTPUT_BYTES = 1 << 17
};

static char folder[] = "/tmp/parallax-cli-XXXXXX";
static const char socket_path[] = "api.sock"; /* the tests stand in the folder */

static struct http *
listen_for(struct api_source *source)
{
	struct http_conf conf = {.socket_path = socket_path};
	char error[256] = "";
	struct http *http = http_new(&conf, source, error, sizeof(error));

	assert_string_equal(error, "");
	assert_non_null(http);
	return http;
}

struct child {
	pid_t pid;
	int out;
	int err;
};

/* In the child, between fork and exec. */
static void
become(char *line, int out, int err)
{
	char *arguments[ARGUMENTS_MAX] = {NULL};
	char *state = NULL;
	int count = 0;

	for (char *word = strtok_r(line, " ", &state);
	     word != NULL && count < ARGUMENTS_MAX - 1;
	     word = strtok_r(NULL, " ", &state)) {
		arguments[count++] = word;
	}
	(void)dup2(out, STDOUT_FILENO);
	(void)dup2(err, STDERR_FILENO);
	(void)execv(PARALLAX_PROGRAM, arguments);
	_exit(127);
}

/* Starts "parallax ..." with its output into `out` and pipes for what is -1. */
static struct child
start(const char *line, int terminal)
{
	struct child child = {.out = -1};
	int out[2] = {-1, terminal};
	int err[2];
	char copy[256];

	(void)snprintf(copy, sizeof(copy), "%s", line);
	assert_true(terminal >= 0 || pipe2(out, O_CLOEXEC) == 0);
	assert_int_equal(pipe2(err, O_CLOEXEC), 0);
	child.pid = fork();
	assert_true(child.pid >= 0);
	if (child.pid == 0) {
		become(copy, out[1], err[1]);
	}
	if (terminal < 0) {
		(void)close(out[1]);
	}
	(void)close(err[1]);
	child.out = out[0];
	child.err = err[0];
	return child;
}

static size_t
drain(int fd, char *out, size_t cap)
{
	size_t len = 0;
	ssize_t n;

	while (len + 1 < cap && (n = read(fd, out + len, cap - len - 1)) > 0) {
		len += (size_t)n;
	}
	out[len] = '\0';
	return len;
}

static int
wait_for(const struct child *child)
{
	int status = 0;

	assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
	(void)close(child->err);
	if (child->out >= 0) {
		(void)close(child->out);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* What it printed, what it complained about, how it ended; to be freed. */
static char *
transcript(const char *line)
{
	char *all = malloc(2 * OUTPUT_BYTES);
	char *complaint = malloc(OUTPUT_BYTES);
	struct child child = start(line, -1);
	size_t len;
	int status;

	assert_non_null(all);
	assert_non_null(complaint);
	len = drain(child.out, all, OUTPUT_BYTES);
	(void)drain(child.err, complaint, OUTPUT_BYTES);
	status = wait_for(&child);
	(void)snprintf(all + len, OUTPUT_BYTES, "%s%s-- exit %d\n",
	    complaint[0] != '\0' ? "-- stderr\n" : "", complaint, status);
	free(complaint);
	return all;
}

static void
golden_path(const char *name, char out[512])
{
	const char *root = getenv("PARALLAX_SOURCE");

	assert_non_null(root);
	(void)snprintf(out, 512, "%s/tests/e2e/golden/%s.txt", root, name);
}

static void
write_golden(const char *file_path, const char *text)
{
	FILE *file = fopen(file_path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void
compare(const char *name, const char *line, const char *text)
{
	char file_path[512];
	char *expected = calloc(1, 2 * OUTPUT_BYTES);
	int fd;

	golden_path(name, file_path);
	if (getenv("GOLDEN") != NULL) {
		write_golden(file_path, text);
	}
	fd = open(file_path, O_RDONLY | O_CLOEXEC);
	assert_non_null(expected);
	if (fd < 0) {
		fail_msg("%s is not there", file_path);
	}
	(void)drain(fd, expected, 2 * OUTPUT_BYTES);
	(void)close(fd);
	if (strcmp(expected, text) != 0) {
		fail_msg("%s\n--- expected (%s)\n%s\n--- got\n%s", line, file_path,
		    expected, text);
	}
	free(expected);
}

static void
check_golden(const char *name, const char *line)
{
	char *text = transcript(line);

	assert_null(strchr(text, '\033')); /* nothing steers the terminal */
	compare(name, line, text);
	free(text);
}

struct golden {
	const char *name;
	const char *line;
};

static void
check_all(enum api_fixture_world world, const struct golden *cases, size_t len)
{
	struct api_source *source = api_fixture_new(world);
	struct http *http;

	assert_non_null(source);
	http = listen_for(source);
	for (size_t i = 0; i < len; i++) {
		check_golden(cases[i].name, cases[i].line);
	}
	http_free(http);
	api_fixture_free(source);
}

#define CHECK_ALL(world, cases)                                                        \
	check_all((world), (cases), sizeof(cases) / sizeof((cases)[0]))

static void
test_outage(void **state)
{
	static const struct golden cases[] = {
	    {"status_outage", "parallax status"},
	    {"status_outage_csv", "parallax status -o csv"},
	    {"targets", "parallax targets"},
	    {"targets_one", "parallax targets nano-banana-pro-vertex"},
	    {"targets_none", "parallax targets nano-banana"},
	    {"targets_csv", "parallax targets -o csv"},
	    {"regions", "parallax regions"},
	    {"agents", "parallax agents"},
	    {"agents_csv", "parallax agents -o csv"},
	    {"sources", "parallax sources"},
	    {"incidents", "parallax incidents"},
	    {"incidents_one", "parallax incidents --state open --limit 1"},
	    {"explain_open", "parallax explain"},
	    {"explain_region", "parallax explain 6"},
	    {"explain_past", "parallax explain 5"},
	    {"explain_none", "parallax explain 99"},
	    {"explain_csv", "parallax explain 7 -o csv"},
	    {"results", "parallax results"},
	    {"results_some", "parallax results --target nano-banana-pro --limit 2"},
	    {"results_none", "parallax results --agent nobody"},
	    {"results_csv", "parallax -o csv results --last 3m"},
	    {"events", "parallax events"},
	    {"audit", "parallax audit"},
	    {"audit_csv", "parallax audit -o csv"},
	    {"audit_one", "parallax audit --limit 1"},
	    {"alerts", "parallax alerts"},
	    {"alerts_csv", "parallax alerts -o csv"},
	    {"silence", "parallax silence list"},
	    {"silence_add", "parallax silence add target=nano-* --for 2h --reason x"},
	    {"silence_bad", "parallax silence add target==x --for 2h"},
	    {"silence_both", "parallax silence add all --for 2h --until 3h"},
	    {"silence_when", "parallax maintenance add all --until tomorrow"},
	    {"maintenance", "parallax maintenance -o csv"},
	    {"maintenance_bad_zone", "parallax maintenance add --match all --for 2h "
				     "--starts 2026-12-01T02:00 --zone ../UTC"},
	    {"maintenance_bad_start", "parallax maintenance add --match all --for 2h "
				      "--starts tomorrow --zone UTC"},
	    {"maintenance_bad_rule",
		"parallax maintenance add --match all --for 2h --starts "
		"2026-12-01T02:00 --zone UTC --repeat FREQ=YEARLY"},
	    {"maintenance_half",
		"parallax maintenance add --match all --for 2h --zone UTC"},
	    {"maintenance_add",
		"parallax maintenance add --match target=nano-* --starts "
		"2026-12-01T02:00 --zone UTC --for 2h --repeat FREQ=WEEKLY;BYDAY=SU "
		"--reason upgrades"},
	    {"maintenance_list", "parallax maintenance list"},
	    {"maintenance_next", "parallax maintenance next"},
	    {"maintenance_next_csv", "parallax maintenance next -o csv"},
	    {"silence_next", "parallax silence next"},
	    {"maintenance_expire", "parallax maintenance expire 3"},
	    {"ack", "parallax ack 7 --for 2h --author alice"},
	    {"ack_bad", "parallax ack seven"},
	    {"review", "parallax review"},
	    {"review_one", "parallax review 7 false-positive"},
	    {"review_bad", "parallax review 7 wrong"},
	    {"events_after", "parallax events --after 3 --limit 2"},
	    {"events_csv", "parallax events --limit 2 -o csv"},
	    {"events_json", "parallax events --limit 2 -o json"},
	};

	(void)state;
	CHECK_ALL(API_FIXTURE_OUTAGE, cases);
}

static void
test_other_worlds(void **state)
{
	static const struct golden healthy[] = {{"status_healthy", "parallax status"},
	    {"explain_nothing", "parallax explain"}};
	static const struct golden silent[] = {{"status_silent", "parallax status"},
	    {"targets_silent", "parallax targets"}, {"agents_none", "parallax agents"},
	    {"incidents_none", "parallax incidents"}};
	static const struct golden degraded[] = {
	    {"status_degraded", "parallax status"}};
	static const struct golden full[] = {{"status_full", "parallax status"}};
	static const struct golden broken[] = {{"results_broken", "parallax results"}};

	(void)state;
	CHECK_ALL(API_FIXTURE_HEALTHY, healthy);
	CHECK_ALL(API_FIXTURE_SILENT, silent);
	CHECK_ALL(API_FIXTURE_DEGRADED, degraded);
	CHECK_ALL(API_FIXTURE_FULL_DISK, full);
	CHECK_ALL(API_FIXTURE_BROKEN_STORE, broken);
}

static void
test_usage(void **state)
{
	static const struct golden cases[] = {
	    {"usage_bad_option", "parallax status --frobnicate"},
	    {"usage_no_value", "parallax results --limit"},
	    {"usage_surplus_value", "parallax events --follow=yes"},
	    {"usage_bad_command", "parallax stauts"},
	    {"usage_surplus_option", "parallax status --follow"},
	    {"usage_surplus_word", "parallax status now"},
	    {"usage_two_words", "parallax explain 7 8"},
	    {"usage_bad_format", "parallax status -o xml"},
	    {"usage_since_and_last", "parallax results --since 1h --last 2h"},
	    {"usage_bad_limit", "parallax results --limit many"},
	    {"usage_bad_tail", "parallax events --limit 5000"},
	    {"usage_bad_count", "parallax events --after 1 --limit -3"},
	    {"usage_bad_since", "parallax incidents --since yesterday"},
	    {"usage_bad_id", "parallax explain seven"},
	    {"usage_hostile_id", "parallax explain ../status"},
	};

	(void)state;
	CHECK_ALL(API_FIXTURE_OUTAGE, cases);
}

static void
test_without_collector(void **state)
{
	static const struct golden cases[] = {
	    {"help", "parallax --help"},
	    {"no_command", "parallax"},
	    {"version", "parallax --version"},
	    {"help_status", "parallax status --help"},
	    {"help_targets", "parallax targets --help"},
	    {"help_regions", "parallax regions --help"},
	    {"help_agents", "parallax agents --help"},
	    {"help_sources", "parallax sources --help"},
	    {"help_incidents", "parallax incidents --help"},
	    {"help_explain", "parallax explain --help"},
	    {"help_results", "parallax --help results"},
	    {"help_events", "parallax events -h"},
	    {"unreachable", "parallax status"},
	    {"unreachable_follow", "parallax events --follow"},
	    {"unreachable_socket", "parallax status --socket gone/api.sock"},
	    {"unreachable_url", "parallax status --collector http://127.0.0.1:1"},
	    {"bad_url", "parallax status --collector ftp://127.0.0.1:1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		check_golden(cases[i].name, cases[i].line);
	}
}

/* As JSON the command gives what the API gave. */
static void
test_json(void **state)
{
	static const char *const lines[] = {"parallax status -o json",
	    "parallax targets -o json", "parallax regions -o json",
	    "parallax agents -o json", "parallax sources -o json",
	    "parallax incidents -o json", "parallax explain 7 -o json",
	    "parallax results -o json", "parallax targets nano-banana-pro -o json"};
	struct api_source *source = api_fixture_new(API_FIXTURE_OUTAGE);
	struct http *http;

	(void)state;
	assert_non_null(source);
	http = listen_for(source);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char *text = transcript(lines[i]);
		char *end = strstr(text, "-- exit ");
		json_t *json;

		assert_non_null(end);
		*end = '\0';
		json = json_loads(text, 0, NULL);
		if (!json_is_object(json)) {
			fail_msg("%s: %s", lines[i], text);
		}
		json_decref(json);
		free(text);
	}
	http_free(http);
	api_fixture_free(source);
}

/* The next line of the child; waits for it. */
static void
next_line(int fd, char *out, size_t cap)
{
	size_t len = 0;
	char c = '\0';

	while (len + 1 < cap && read(fd, &c, 1) == 1 && c != '\n') {
		out[len++] = c;
	}
	out[len] = '\0';
	if (c != '\n') {
		fail_msg("the child has ended: '%s'", out);
	}
}

static void
assert_next_event(int fd, json_int_t seq)
{
	char line[4096];
	json_t *json;

	next_line(fd, line, sizeof(line));
	json = json_loads(line, 0, NULL);
	assert_non_null(json);
	assert_int_equal(json_integer_value(json_object_get(json, "seq")), seq);
	assert_non_null(json_string_value(json_object_get(json, "at")));
	json_decref(json);
}

static void
test_follow_survives_restart(void **state)
{
	struct api_source *source = api_fixture_new(API_FIXTURE_OUTAGE);
	struct http *http;
	struct child child;
	char line[4096];

	(void)state;
	assert_non_null(source);
	http = listen_for(source);
	child = start("parallax events --follow --after 4 -o json", -1);
	assert_next_event(child.out, 5);
	assert_next_event(child.out, 6);
	(void)api_fixture_event(source, "while it waits");
	assert_next_event(child.out, 7);
	http_free(http);
	next_line(child.err, line, sizeof(line));
	assert_non_null(strstr(line, "waiting for it"));
	(void)api_fixture_event(source, "while nobody listens");
	(void)api_fixture_event(source, "twice");
	http = listen_for(source);
	assert_next_event(child.out, 8);
	assert_next_event(child.out, 9);
	next_line(child.err, line, sizeof(line));
	assert_string_equal(line, "parallax: the collector is back");
	(void)api_fixture_event(source, "and on");
	assert_next_event(child.out, 10);
	assert_int_equal(kill(child.pid, SIGTERM), 0);
	assert_int_equal(wait_for(&child), 128 + SIGTERM);
	http_free(http);
	api_fixture_free(source);
}

/* With --limit it ends by itself; when its reader goes away, too. */
static void
test_follow_ends(void **state)
{
	struct api_source *source = api_fixture_new(API_FIXTURE_OUTAGE);
	struct http *http;
	struct child child;

	(void)state;
	assert_non_null(source);
	http = listen_for(source);
	child = start("parallax events --follow --after 5 --limit 2 -o json", -1);
	assert_next_event(child.out, 6);
	(void)api_fixture_event(source, "news");
	assert_next_event(child.out, 7);
	assert_int_equal(wait_for(&child), 0);
	child = start("parallax events --follow --after 6 -o json", -1);
	assert_next_event(child.out, 7);
	(void)close(child.out);
	child.out = -1;
	(void)api_fixture_event(source, "nobody reads this");
	assert_int_equal(wait_for(&child), 128 + SIGPIPE);
	http_free(http);
	api_fixture_free(source);
}

/* Of the terminal; 0 = it does not say. */
static unsigned short terminal_columns;

/* Runs on a terminal and returns what came; to be freed. */
static char *
on_terminal(const char *line)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	char *text = malloc(OUTPUT_BYTES);
	struct child child;
	int terminal;

	assert_true(master >= 0);
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	terminal = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(terminal >= 0);
	assert_int_equal(
	    ioctl(terminal, TIOCSWINSZ, &(struct winsize){.ws_col = terminal_columns}),
	    0);
	assert_non_null(text);
	child = start(line, terminal);
	(void)close(terminal);
	(void)drain(master, text, OUTPUT_BYTES);
	(void)wait_for(&child);
	(void)close(master);
	return text;
}

static void
test_colours(void **state)
{
	struct api_source *source = api_fixture_new(API_FIXTURE_OUTAGE);
	struct http *http;
	char *text;

	(void)state;
	assert_non_null(source);
	http = listen_for(source);
	assert_int_equal(unsetenv("NO_COLOR"), 0);
	assert_int_equal(setenv("TERM", "xterm", 1), 0);
	text = on_terminal("parallax status");
	assert_non_null(strstr(text, "\033[1;31mDOWN: "));
	assert_null(strstr(text, "\033[2J")); /* of the page's title */
	free(text);
	text = on_terminal("parallax status -o json");
	assert_null(strchr(text, '\033'));
	free(text);
	assert_int_equal(setenv("NO_COLOR", "1", 1), 0);
	text = on_terminal("parallax status");
	assert_null(strchr(text, '\033'));
	free(text);
	http_free(http);
	api_fixture_free(source);
}

/* Bytes of UTF-8 that begin a character are columns here: nothing is wide. */
static size_t
longest_line(const char *text)
{
	size_t longest = 0;
	size_t len = 0;

	for (; *text != '\0'; text++) {
		if (*text == '\n') {
			len = 0;
		} else if (*text != '\r' && ((unsigned char)*text & 0xc0) != 0x80) {
			len++;
		}
		longest = len > longest ? len : longest;
	}
	return longest;
}

/* Long texts are cut on a terminal, and never in a pipe. */
static void
test_narrow_terminal(void **state)
{
	static const char line[] = "parallax incidents";
	struct api_source *source = api_fixture_new(API_FIXTURE_OUTAGE);
	struct http *http;
	size_t whole;
	char *text;

	(void)state;
	assert_non_null(source);
	http = listen_for(source);
	assert_int_equal(setenv("NO_COLOR", "1", 1), 0);
	assert_int_equal(unsetenv("COLUMNS"), 0);
	text = on_terminal(line); /* of no known width */
	assert_null(strstr(text, ELLIPSIS));
	whole = longest_line(text);
	free(text);
	assert_true(whole > 90);
	terminal_columns = (unsigned short)(whole - 5);
	text = on_terminal(line);
	assert_non_null(strstr(text, ELLIPSIS));
	assert_int_equal(longest_line(text), whole - 5);
	free(text);
	assert_int_equal(setenv("COLUMNS", "1000", 1), 0);
	text = on_terminal(line);
	assert_int_equal(longest_line(text), whole);
	free(text);
	assert_int_equal(setenv("COLUMNS", "60", 1), 0);
	text = transcript(line);
	assert_null(strstr(text, ELLIPSIS));
	free(text);
	assert_int_equal(unsetenv("COLUMNS"), 0);
	http_free(http);
	api_fixture_free(source);
}

/* One document of the API answers several commands; each gives its own part. */
static void
test_budgets_json(void **state)
{
	struct api_source *source = api_fixture_new(API_FIXTURE_OUTAGE);
	struct http *http;
	char *text;
	json_t *json;

	(void)state;
	assert_non_null(source);
	http = listen_for(source);
	text = transcript("parallax budgets -o json");
	json = json_loads(text, JSON_DISABLE_EOF_CHECK, NULL);
	assert_int_equal(json_object_size(json), 2);
	assert_true(json_is_string(json_object_get(json, "at")));
	assert_true(json_is_array(json_object_get(json, "budgets")));
	json_decref(json);
	free(text);
	http_free(http);
	api_fixture_free(source);
}

static int
enter(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL || chdir(folder) != 0) {
		return -1;
	}
	return setenv("PARALLAX_SOCKET", socket_path, 1);
}

static int
leave(void **state)
{
	(void)state;
	(void)unlink(socket_path);
	return chdir("/") != 0 ? -1 : rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_outage),
	    cmocka_unit_test(test_other_worlds),
	    cmocka_unit_test(test_usage),
	    cmocka_unit_test(test_without_collector),
	    cmocka_unit_test(test_json),
	    cmocka_unit_test(test_follow_survives_restart),
	    cmocka_unit_test(test_follow_ends),
	    cmocka_unit_test(test_colours),
	    cmocka_unit_test(test_narrow_terminal),
	    cmocka_unit_test(test_budgets_json),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
