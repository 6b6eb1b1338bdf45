/* A copy of the store, taken while it is written to, is a store. */
#include "tests/support/test.h"

#include "tests/support/fleet_process.h"

#include <unistd.h>

static struct fleet_process fleet;

static int
enter(void **state)
{
	const struct fleet_spec spec = {.agents = 1};

	(void)state;
	fleet_process_open(&fleet, &spec);
	return 0;
}

static int
leave(void **state)
{
	(void)state;
	fleet_process_close(&fleet);
	return 0;
}

static json_int_t
count_received(void)
{
	json_t *agent = fleet_process_agent(1);
	json_int_t received = json_integer_value(json_object_get(agent, "received"));

	json_decref(agent);
	return received;
}

static size_t
count_results(void)
{
	json_t *answer = fleet_process_ask("results --last 1h --limit 1000");
	size_t len = json_array_size(json_object_get(answer, "results"));

	json_decref(answer);
	return len;
}

static void
test_copy(void **state)
{
	json_int_t before;
	json_int_t after;

	(void)state;
	fleet_process_start(&fleet);
	fleet_process_received(&fleet, 1, 20);
	before = count_received();
	assert_int_equal(system(CTL_PROGRAM " export store copy >out.txt"), 0);
	assert_int_equal(system("grep -q \"$PWD/copy: [0-9]* bytes\" out.txt"), 0);
	/* Not over what is there, and nothing is left where it cannot go. */
	assert_int_not_equal(system(CTL_PROGRAM " export store copy 2>>out.txt"), 0);
	assert_int_not_equal(
	    system(CTL_PROGRAM " export store gone/copy 2>>out.txt"), 0);
	assert_int_not_equal(system("test -e gone"), 0);
	assert_int_not_equal(system(CTL_PROGRAM " export 2>>out.txt"), 0);
	fleet_process_received(&fleet, 1, before + 20); /* it went on meanwhile */
	assert_int_equal(process_stop(&fleet.agent[0]), 0);
	after = count_received();
	assert_int_equal(process_stop(&fleet.collector), 0);
	/* The copy in the place of the store: what came before it is there. */
	fleet.spec.store = "copy";
	fleet_process_write(&fleet);
	fleet_process_collect(&fleet);
	assert_true(count_received() >= before);
	assert_true(count_received() <= after);
	assert_true(count_results() >= 20);
	/* And it takes what comes now. */
	before = count_received();
	fleet_process_probe(&fleet, 1);
	fleet_process_received(&fleet, 1, before + 10);
	assert_int_equal(process_stop(&fleet.agent[0]), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_copy),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
