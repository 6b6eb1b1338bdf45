/* `parallax-agent --once`: the probes of the last plan, a table of what they found, and an
 * exit status that says how many were good. */
#include "tests/support/test.h"

#include "tests/support/fleet_process.h"

#include <ctype.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define MODEL    "/v1beta/models/gemini-3-pro-image-preview"
#define GENERATE MODEL ":generateContent"

enum {
	COLUMNS = 80,
	OUTPUT_BYTES = 1 << 16
};

static struct fleet_process fleet;
static char probes_yaml[512];

/* A plan is fetched once; the agent that did so has ended. */
static int
enter(void **state)
{
	const struct fleet_spec spec = {.agents = 1};

	(void)state;
	fleet_process_open(&fleet, &spec);
	(void)snprintf(probes_yaml, sizeof(probes_yaml),
	    "      - { name: image, kind: gemini-image, url: 'https://127.0.0.1:%u',\n"
	    "          model: gemini-3-pro-image-preview, key: google, interval: 1s,\n"
	    "          timeout: 20s, cost: 0.13 }\n",
	    (unsigned)fleet.upstream.https);
	fleet.spec.probes = probes_yaml;
	fleet_process_write(&fleet);
	fleet_process_start(&fleet);
	return process_stop(&fleet.agent[0]);
}

static int
leave(void **state)
{
	(void)state;
	fleet_process_close(&fleet);
	return 0;
}

/* Numbers become "#" and runs of blanks one: what differs from run to run. */
static void
simplify(char *text)
{
	const char *from = text;

	while (*from != '\0') {
		if (isdigit((unsigned char)*from)) {
			from += strspn(from, "0123456789.");
			*text++ = '#';
		} else if (*from == ' ') {
			from += strspn(from, " ");
			*text++ = ' ';
		} else {
			*text++ = *from++;
		}
	}
	*text = '\0';
}

/* `more` is another option, or NULL. */
static struct process_output
run_once(const char *conf, const char *more)
{
	const char *const arguments[] = {
	    AGENT_PROGRAM, "-c", conf, "--once", more, NULL};

	return process_run(arguments);
}

/* Runs it and compares the table and the exit status. */
static void
expect_of(const char *more, int status, const char *table)
{
	struct process_output output = run_once("agent-1.yaml", more);

	simplify(output.out);
	assert_string_equal(output.out, table);
	assert_int_equal(output.status, status);
	process_output_free(&output);
}

static void
expect(int status, const char *table)
{
	expect_of(NULL, status, table);
}

#define HEAD                                                                           \
	"TARGET PROBE OUTCOME PHASE HTTP DNS ms TCP TLS SENT WAIT BODY FETCH TOTAL "   \
	"ms "                                                                          \
	"BYTES IMAGE DETAIL\n"
#define CONTROLS                                                                       \
	"control one ok done # # # - - # # - # #B -\n"                                 \
	"control two ok done # # # - - # # - # #B -\n"

#define ALL_GOOD                                                                       \
	HEAD "banana model ok done # # # # - # # - # #B -\n"                           \
	     "banana image ok done # # # # # # # - # #k png #x#\n" CONTROLS

static void
all_are_good(void **state)
{
	(void)state;
	upstream_process_rule(&fleet.upstream, "", NULL);
	expect(0, ALL_GOOD);
}

static void
some_are_not(void **state)
{
	(void)state;
	upstream_process_rule(
	    &fleet.upstream, GENERATE, "{\"shape\":\"503-overloaded\"}");
	expect(1,
	    HEAD "banana model ok done # # # # - # # - # #B -\n"
		 "banana image upstream_error done # # # # # # # - # #B - [overloaded] "
		 "UNAVAILABLE: The model is overloaded. Please try again "
		 "later.\n" CONTROLS);
}

static void
none_is(void **state)
{
	struct process_output output;

	(void)state;
	upstream_process_rule(&fleet.upstream, "/*", "{\"status\":503}");
	output = run_once("agent-1.yaml", NULL);
	assert_int_equal(output.status, 2);
	assert_non_null(strstr(output.out, "upstream_error"));
	assert_null(strstr(output.out, " ok "));
	process_output_free(&output);
	upstream_process_rule(&fleet.upstream, "", NULL);
}

/* What is shown on a terminal of 80 columns, to be freed. */
static char *
on_terminal(void)
{
	const struct winsize size = {.ws_col = COLUMNS, .ws_row = 24};
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	char *text = calloc(1, OUTPUT_BYTES);
	size_t len = 0;
	ssize_t got;
	pid_t pid;

	assert_non_null(text);
	assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	int terminal = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(terminal >= 0);
	assert_int_equal(ioctl(terminal, TIOCSWINSZ, &size), 0);
	assert_int_equal(setenv("NO_COLOR", "1", 1), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)dup2(terminal, STDOUT_FILENO);
		(void)execl(AGENT_PROGRAM, AGENT_PROGRAM, "-c", "agent-1.yaml",
		    "--once", (char *)NULL);
		_exit(127);
	}
	(void)close(terminal);
	while (len + 1 < OUTPUT_BYTES &&
	       (got = read(master, text + len, OUTPUT_BYTES - 1 - len)) > 0) {
		len += (size_t)got;
	}
	(void)close(master);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return text;
}

/* Every line of a run fits: the phases stand below it, and what there is to say below
 * them. */
static void
narrow_terminal(void **state)
{
	char *rest = NULL;
	char *text;

	(void)state;
	upstream_process_rule(
	    &fleet.upstream, GENERATE, "{\"shape\":\"503-overloaded\"}");
	text = on_terminal();
	upstream_process_rule(&fleet.upstream, "", NULL);
	assert_non_null(strstr(text, "\n    DNS "));
	assert_non_null(strstr(text, "\n    [overloaded] UNAVAILABLE: "));
	for (char *line = strtok_r(text, "\r\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\r\n", &rest)) {
		if (strlen(line) > COLUMNS) {
			fail_msg("%zu columns: %s", strlen(line), line);
		}
	}
	free(text);
}

/* Who never met a collector has nothing to run. */
static void
there_is_no_plan(void **state)
{
	struct process_output output;

	(void)state;
	fleet_process_write_agent(&fleet, 2, "a2", "r1", "");
	output = run_once("agent-2.yaml", NULL);
	assert_int_equal(output.status, 3);
	assert_string_equal(output.out, "");
	assert_string_not_equal(output.text, "");
	process_output_free(&output);
}

/* While the agent runs here, whose account of what is spent nobody else may touch. */
static void
beside_the_agent(void **state)
{
	(void)state;
	upstream_process_rule(&fleet.upstream, "", NULL);
	fleet_process_probe(&fleet, 1);
	process_await(&fleet.agent[0], " plan.restored ", NULL);
	expect(0, HEAD
	    "banana model ok done # # # # - # # - # #B -\n"
	    "banana image skipped local - - - - - - - - # #B - costs money, and the "
	    "agent that runs here keeps the account: --paid runs it beside the "
	    "budget\n" CONTROLS);
	expect_of("--paid", 0, ALL_GOOD);
	/* The agent has noticed nothing. */
	fleet_process_requests(&fleet, GENERATE, 2);
	assert_int_equal(process_stop(&fleet.agent[0]), 0);
	assert_false(process_said(&fleet.agent[0], " error "));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_are_good),
	    cmocka_unit_test(some_are_not),
	    cmocka_unit_test(none_is),
	    cmocka_unit_test(narrow_terminal),
	    cmocka_unit_test(beside_the_agent),
	    cmocka_unit_test(there_is_no_plan),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
