/* Programs die at random moments under load, and nothing is lost, doubled or told twice. */
#include "tests/support/test.h"

#include "common/core/rng.h"
#include "tests/support/fleet_process.h"

#include <time.h>
#include <unistd.h>

enum {
	AGENTS = 3,
	KILLS = 20
};

static struct fleet_process fleet;
static struct rng rng;

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

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
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

/* A random while, counted in probes of the agents. */
static void
random_while(void)
{
	fleet_process_requests(&fleet, "*", (unsigned)rng_below(&rng, 20) + 1);
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

/* ---- what the pager got ---- */

static json_t *
pages(void)
{
	char *text =
	    upstream_process_control(&fleet.upstream, "GET", "/hooks/pager", NULL);
	json_t *report = json_loads(text, 0, NULL);
	json_t *deliveries = json_incref(json_object_get(report, "deliveries"));

	free(text);
	json_decref(report);
	assert_non_null(deliveries);
	return deliveries;
}

static const char *
text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	assert_non_null(text);
	return text;
}

/* How many different messages of that kind there are on that incident. A message that came
 * again has the same key and body; different ones have different keys. */
static unsigned
count_messages(const json_t *deliveries, json_int_t incident, const char *kind)
{
	json_t *bodies = json_object();
	unsigned count = 0;
	const json_t *each;
	size_t i;

	json_array_foreach(deliveries, i, each)
	{
		const char *key = text_of(each, "idempotency_key");
		json_t *body = json_object_get(each, "json");
		json_t *known = json_object_get(bodies, key);

		if (known != NULL) {
			assert_true(json_equal(known, body));
			continue;
		}
		assert_int_equal(json_object_set(bodies, key, body), 0);
		if (strcmp(text_of(body, "kind"), kind) == 0 &&
		    json_integer_value(json_object_get(body, "incident")) == incident) {
			count++;
		}
	}
	json_decref(bodies);
	return count;
}

/* The pager's deliveries, once one says that `incident` is over: the log may have it
 * sooner. */
static json_t *
pages_with_end(json_int_t incident)
{
	json_t *deliveries = pages();

	while (count_messages(deliveries, incident, "resolved") == 0) {
		char query[96];

		(void)snprintf(query, sizeof(query),
		    "/hooks/pager?wait=%zu&timeout_ms=%d",
		    json_array_size(deliveries) + 1, PROCESS_PATIENCE_MS);
		free(upstream_process_control(&fleet.upstream, "GET", query, NULL));
		json_decref(deliveries);
		deliveries = pages();
	}
	return deliveries;
}

static void
assert_told_once(json_int_t incident)
{
	json_t *deliveries = pages_with_end(incident);
	json_t *answer = fleet_process_ask("incidents");

	assert_int_equal(count_messages(deliveries, incident, "firing"), 1);
	assert_int_equal(count_messages(deliveries, incident, "resolved"), 1);
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
	incident = fleet_process_event(&fleet, "verdict", "opened", "upstream_outage");
	for (unsigned i = 0; i < KILLS; i++) {
		random_while();
		process_kill(&fleet.collector);
		if (rng_below(&rng, 4) == 0) {
			random_while(); /* the agents find nobody for longer */
		}
		fleet_process_collect(&fleet);
	}
	upstream_process_rule(&fleet.upstream, "", NULL);
	assert_int_equal(
	    fleet_process_event(&fleet, "verdict", "resolved", "upstream_outage"),
	    incident);
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
	for (unsigned i = 0; i < KILLS; i++) {
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
