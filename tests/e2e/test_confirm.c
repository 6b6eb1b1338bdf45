/* Confirmation: one failure, and the other agents look at once, long before it is their
 * turn. */
#include "tests/support/test.h"

#include "tests/support/fleet_process.h"

#include <stdlib.h>

enum {
	AGENTS = 3,
	QUIET = 3 /* runs of each agent before anything is wrong */
};

static struct fleet_process fleet;

static int
enter(void **state)
{
	/* apart by a second: nobody else's turn comes while one is asked and answers */
	const struct fleet_spec spec = {
	    .agents = AGENTS, .interval = "3s", .has_no_pager = true};

	(void)state;
	fleet_process_open(&fleet, &spec);
	fleet_process_start(&fleet);
	return 0;
}

static int
leave(void **state)
{
	(void)state;
	fleet_process_close(&fleet);
	return 0;
}

/* Runs on demand of all agents, or of agent `name`. */
static unsigned
asked_runs(const char *name)
{
	json_t *answer = fleet_process_ask("results --limit 1000");
	const json_t *each;
	unsigned count = 0;
	size_t i;

	json_array_foreach(json_object_get(answer, "results"), i, each)
	{
		const json_t *flags = json_object_get(each, "flags");
		const char *agent = json_string_value(json_object_get(each, "agent"));
		const json_t *flag;
		size_t k;

		json_array_foreach(flags, k, flag)
		{
			if (strcmp(json_string_value(flag), "on_demand") == 0 &&
			    (name == NULL || strcmp(agent, name) == 0)) {
				count++;
			}
		}
	}
	json_decref(answer);
	return count;
}

static void
nobody_is_asked_in_health(void **state)
{
	(void)state;
	for (unsigned i = 1; i <= AGENTS; i++) {
		fleet_process_received(&fleet, i, QUIET);
	}
	assert_int_equal(asked_runs(NULL), 0);
}

/* What was asked before the incident is a line of its story. */
static void
a_failure_makes_others_look(void **state)
{
	json_int_t incident;
	unsigned agents = 0;

	(void)state;
	upstream_process_rule(
	    &fleet.upstream, "/v1beta/*", "{\"shape\":\"503-overloaded\"}");
	incident = fleet_process_event(&fleet, "ask", "asked", NULL);
	assert_true(incident > 0);
	for (unsigned i = 1; i <= AGENTS; i++) {
		char name[8];

		(void)snprintf(name, sizeof(name), "a%u", i);
		fleet_process_drained(&fleet, i);
		agents += asked_runs(name) > 0 ? 1 : 0;
	}
	assert_true(agents >= 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nobody_is_asked_in_health),
	    cmocka_unit_test(a_failure_makes_others_look),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
