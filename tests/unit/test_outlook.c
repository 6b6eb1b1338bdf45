/* outlook: what an agent says of its own place. */
#include "tests/support/test.h"

#include "agent/core/outlook.h"

static const struct plan_probe probes[] = {
    {.series = "control/a",
	.role = ROLE_CONTROL,
	.interval_ms = 1000,
	.timeout_ms = 100},
    {.series = "control/b",
	.role = ROLE_CONTROL,
	.interval_ms = 1000,
	.timeout_ms = 100},
    {.series = "control/c",
	.role = ROLE_CONTROL,
	.interval_ms = 1000,
	.timeout_ms = 100},
    {.series = "banana/image",
	.role = ROLE_TARGET,
	.interval_ms = 1000,
	.timeout_ms = 100},
};
static const struct plan plan = {.version = 1, .len = 4, .probe = probes};
static const struct outlook_facts facts = {.id = "tokyo-1",
    .region = "tokyo",
    .build = "1.0",
    .collector = "tls+tcp://c:7441",
    .uplink = "up",
    .uplink_since = {INT64_C(1767225600) * CLOCK_NS_PER_S},
    .spooled = 12,
    .dropped = 3};

static struct outlook
fresh(void)
{
	static _Alignas(16) unsigned char memory[4096];
	struct outlook outlook;
	struct arena arena;

	memset(memory, 0, sizeof(memory));
	arena_init_zeroed(&arena, memory, sizeof(memory));
	assert_true(outlook_bytes(8) <= sizeof(memory));
	assert_int_equal(outlook_init(&outlook, &arena, 8), ERR_OK);
	outlook_plan(&outlook, &plan);
	return outlook;
}

static struct wall
at_ms(int64_t ms)
{
	return (struct wall){
	    INT64_C(1767225600) * CLOCK_NS_PER_S + ms * CLOCK_NS_PER_MS};
}

static void
end_run(struct outlook *outlook, uint32_t index, enum outcome outcome, int64_t ms)
{
	struct result result = {.outcome = outcome, .phase = PHASE_CONNECT};

	outlook_result(outlook, index, &result, at_ms(ms));
}

static void
test_network(void **state)
{
	/* How each control ended; OUTCOME_COUNT = it was not tried. */
	static const struct {
		enum outcome outcome[3];
		enum outlook_network network;
	} cases[] = {
	    {{OUTCOME_COUNT, OUTCOME_COUNT, OUTCOME_COUNT}, OUTLOOK_UNKNOWN},
	    {{OUTCOME_OK, OUTCOME_OK, OUTCOME_OK}, OUTLOOK_GOOD},
	    {{OUTCOME_OK, OUTCOME_OK, OUTCOME_TIMEOUT}, OUTLOOK_GOOD},
	    {{OUTCOME_OK, OUTCOME_NET_DNS, OUTCOME_TIMEOUT}, OUTLOOK_DOUBTFUL},
	    {{OUTCOME_OK, OUTCOME_TIMEOUT, OUTCOME_COUNT}, OUTLOOK_DOUBTFUL},
	    {{OUTCOME_NET_DNS, OUTCOME_NET_DNS, OUTCOME_NET_DNS}, OUTLOOK_BAD},
	    {{OUTCOME_NET_DNS, OUTCOME_COUNT, OUTCOME_COUNT}, OUTLOOK_BAD},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct outlook outlook = fresh();

		for (uint32_t k = 0; k < 3; k++) {
			if (cases[i].outcome[k] != OUTCOME_COUNT) {
				end_run(&outlook, k, cases[i].outcome[k], 0);
			}
		}
		/* The target has no say. */
		end_run(&outlook, 3, OUTCOME_UPSTREAM_ERROR, 0);
		assert_int_equal(
		    outlook_network(&outlook, at_ms(500)), cases[i].network);
		/* What is old says nothing. */
		assert_int_equal(
		    outlook_network(&outlook, at_ms(60000)), OUTLOOK_UNKNOWN);
	}
}

static void
test_text(void **state)
{
	struct outlook outlook = fresh();
	char text[OUTLOOK_TEXT_BYTES];
	size_t len;

	(void)state;
	end_run(&outlook, 0, OUTCOME_OK, 0);
	end_run(&outlook, 1, OUTCOME_OK, 0);
	end_run(&outlook, 3, OUTCOME_NET_CONNECT, 0);
	end_run(&outlook, 3, OUTCOME_SKIPPED, 500);
	end_run(&outlook, 3, OUTCOME_TIMEOUT, 1000);
	len = outlook_text(&outlook, &facts, at_ms(1500), text);
	assert_int_equal(len, strlen(text));
	assert_string_equal(text,
	    "agent: tokyo-1 in region tokyo, version 1.0, as of "
	    "2026-01-01T00:00:01.500Z\n"
	    "network: good (2 of 2 controls answer: what fails, fails elsewhere)\n"
	    "collector: up since 2026-01-01T00:00:00.000Z (tls+tcp://c:7441)\n"
	    "spool: 12 results wait, 3 dropped so far\n"
	    "probes: 4 in the plan, 3 have run, 0 running\n"
	    "failing:\n"
	    "  banana/image                             timeout in phase connect, 2 in "
	    "a "
	    "row since 2026-01-01T00:00:00.000Z\n");
	end_run(&outlook, 3, OUTCOME_OK, 2000);
	(void)outlook_text(&outlook, &facts, at_ms(2500), text);
	assert_non_null(strstr(text, "failing:\n  none\n"));
	/* Another plan: nothing of it has run. */
	outlook_plan(&outlook, &plan);
	(void)outlook_text(&outlook, &facts, at_ms(2500), text);
	assert_non_null(strstr(text, "network: unknown (0 of 0"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_network),
	    cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
