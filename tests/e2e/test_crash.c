/* Programs die at random moments under load, and nothing is lost, doubled or told twice.
 * KILLS from the environment says how often, half of them the collector and half agents;
 * SEED brings the moments of an earlier run back, as far as the machine allows. */
#include "tests/support/test.h"

#include "common/core/rng.h"
#include "tests/support/fleet_process.h"
#include "tests/support/pager.h"

#include <time.h>
#include <unistd.h>

/* 200 take less than a minute; under a sanitizer programs start slowly. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KILLS "40"
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define KILLS "40"
#endif
#endif
#ifndef KILLS
#define KILLS "200"
#endif

enum {
	AGENTS = 3,
	AWAY_US_MAX = 20000
};

static struct fleet_process fleet;
static struct rng rng;
static unsigned kills; /* in each of the tests */

static uint64_t
seed_now(void)
{
	const char *given = getenv("SEED");
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return given != NULL ? strtoull(given, NULL, 10)
			     : (uint64_t)now.tv_nsec * 31 + (uint64_t)now.tv_sec;
}

static int
enter(void **state)
{
	const struct fleet_spec spec = {.agents = AGENTS};
	uint64_t seed = seed_now();
	const char *given = getenv("KILLS");

	(void)state;
	kills = (unsigned)strtoul(given != NULL ? given : KILLS, NULL, 10) / 2;
	print_message("seed %llu, %u kills\n", (unsigned long long)seed, kills * 2);
	rng_init(&rng, seed);
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

static int64_t
steady_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* A random while, counted in probes of the agents, and a random moment after the last: what
 * follows from a probe takes milliseconds, and death shall come in the middle of it. */
static void
random_while(void)
{
	int64_t until_ns;

	fleet_process_requests(&fleet, "*", (unsigned)rng_below(&rng, 10) + 1);
	until_ns = steady_ns() + (int64_t)rng_below(&rng, AWAY_US_MAX) * 1000;
	while (steady_ns() < until_ns) {
	}
}

static void
end_agents(void)
{
	for (unsigned i = 0; i < AGENTS; i++) {
		assert_int_equal(process_stop(&fleet.agent[i]), 0);
	}
}

/* The accounts of all agents; what was in their spools has come meanwhile. */
static void
account_all(void)
{
	for (unsigned i = 1; i <= AGENTS; i++) {
		struct fleet_account account = fleet_process_account(i);

		print_message("a%u: %llu given, %llu received, %llu in the spool\n", i,
		    (unsigned long long)account.given,
		    (unsigned long long)account.received,
		    (unsigned long long)account.spooled);
		assert_int_equal(account.gaps, 0);
		assert_int_equal(account.dropped, 0);
		assert_true(account.received > 0);
	}
}

static void
assert_told_once(json_int_t incident)
{
	json_t *deliveries = pager_await_end(&fleet, incident);
	json_t *answer = fleet_process_ask("incidents");

	assert_int_equal(pager_count(deliveries, incident, "firing"), 1);
	assert_int_equal(pager_count(deliveries, incident, "resolved"), 1);
	assert_int_equal(json_array_size(json_object_get(answer, "incidents")), 1);
	json_decref(answer);
	json_decref(deliveries);
}

/* ---- the tests ---- */

static void
test_collector_killed(void **state)
{
	json_int_t incident;

	(void)state;
	fleet_process_start(&fleet);
	fleet_process_requests(&fleet, "*", 60);
	upstream_process_rule(
	    &fleet.upstream, "/v1beta/*", "{\"shape\":\"503-overloaded\"}");
	/* What it is called changes while only some of the evidence is there. */
	incident = fleet_process_event(&fleet, "verdict", "opened", NULL);
	for (unsigned i = 0; i < kills; i++) {
		random_while();
		process_kill(&fleet.collector);
		if (rng_below(&rng, 4) == 0) {
			random_while(); /* the agents find nobody for longer */
		}
		fleet_process_collect(&fleet);
	}
	upstream_process_rule(&fleet.upstream, "", NULL);
	assert_int_equal(
	    fleet_process_event(&fleet, "verdict", "resolved", NULL), incident);
	end_agents();
	account_all();
	assert_told_once(incident);
}

static void
test_agents_killed(void **state)
{
	json_int_t received[AGENTS];

	(void)state;
	for (unsigned i = 1; i <= AGENTS; i++) {
		fleet_process_probe(&fleet, i);
	}
	for (unsigned i = 0; i < kills; i++) {
		unsigned number = (unsigned)rng_below(&rng, AGENTS) + 1;

		random_while();
		process_kill(&fleet.agent[number - 1]);
		fleet_process_probe(&fleet, number);
	}
	/* Each has got rid of what it had kept. */
	for (unsigned i = 1; i <= AGENTS; i++) {
		json_t *agent = fleet_process_agent(i);

		received[i - 1] =
		    json_integer_value(json_object_get(agent, "received"));
		json_decref(agent);
	}
	for (unsigned i = 1; i <= AGENTS; i++) {
		fleet_process_received(&fleet, i, received[i - 1] + 5);
	}
	end_agents();
	account_all();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_collector_killed),
	    cmocka_unit_test(test_agents_killed),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
