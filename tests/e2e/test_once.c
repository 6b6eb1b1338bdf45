/* `parallax-agent --once`: the probes of the last plan, a table of what they found, and an
 * exit status that says how many were good. */
#include "tests/support/test.h"

#include "tests/support/fleet_process.h"

#include <ctype.h>

#define MODEL    "/v1beta/models/gemini-3-pro-image-preview"
#define GENERATE MODEL ":generateContent"

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

static struct process_output
run_once(const char *conf)
{
	const char *const arguments[] = {AGENT_PROGRAM, "-c", conf, "--once", NULL};

	return process_run(arguments);
}

/* Runs it and compares the table and the exit status. */
static void
expect(int status, const char *table)
{
	struct process_output output = run_once("agent-1.yaml");

	simplify(output.out);
	assert_string_equal(output.out, table);
	assert_int_equal(output.status, status);
	process_output_free(&output);
}

#define HEAD                                                                           \
	"TARGET PROBE OUTCOME PHASE HTTP DNS ms TCP TLS SENT WAIT BODY FETCH TOTAL "   \
	"ms "                                                                          \
	"BYTES IMAGE DETAIL\n"
#define CONTROLS                                                                       \
	"control one ok done # # # - - # # - # #B -\n"                                 \
	"control two ok done # # # - - # # - # #B -\n"

static void
all_are_good(void **state)
{
	(void)state;
	upstream_process_rule(&fleet.upstream, "", NULL);
	expect(0, HEAD "banana model ok done # # # # - # # - # #B -\n"
		       "banana image ok done # # # # # # # - # #k png #x#\n" CONTROLS);
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
	output = run_once("agent-1.yaml");
	assert_int_equal(output.status, 2);
	assert_non_null(strstr(output.out, "upstream_error"));
	assert_null(strstr(output.out, " ok "));
	process_output_free(&output);
	upstream_process_rule(&fleet.upstream, "", NULL);
}

/* Who never met a collector has nothing to run. */
static void
there_is_no_plan(void **state)
{
	struct process_output output;

	(void)state;
	fleet_process_write_agent(&fleet, 2, "a2", "r1", "");
	output = run_once("agent-2.yaml");
	assert_int_equal(output.status, 3);
	assert_string_equal(output.out, "");
	assert_string_not_equal(output.text, "");
	process_output_free(&output);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_are_good),
	    cmocka_unit_test(some_are_not),
	    cmocka_unit_test(none_is),
	    cmocka_unit_test(there_is_no_plan),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
