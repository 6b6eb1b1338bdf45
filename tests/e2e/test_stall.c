/* An agent that was away, as a suspended machine is: it says so, and makes up for nothing. */
#include "tests/support/test.h"

#include "common/core/rfc3339.h"
#include "tests/support/fleet_process.h"

#include <signal.h>

enum {
	AWAY_RUNS =
	    25, /* of the other agent, five a second: well beyond SCHED_STALL_NS */
	CLOSEST_MS = 50 /* half an interval less the jitter is 90 */
};

static struct fleet_process fleet;

static int
enter(void **state)
{
	const struct fleet_spec spec = {.agents = 2};

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

static int
compare(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left;
	int64_t b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

/* When the runs of a1 began, in order. */
static size_t
starts_of(int64_t *out, size_t cap)
{
	json_t *answer = fleet_process_ask(
	    "results --limit 1000 --agent a1 --target banana --probe model");
	const json_t *each;
	size_t len = 0;
	size_t i;

	json_array_foreach(json_object_get(answer, "results"), i, each)
	{
		const char *text =
		    json_string_value(json_object_get(each, "started_at"));
		struct wall at;

		assert_non_null(text);
		assert_true(rfc3339_read(text, &at));
		assert_true(len < cap);
		out[len++] = at.ns;
	}
	json_decref(answer);
	qsort(out, len, sizeof(out[0]), compare);
	return len;
}

static void
nothing_is_caught_up_with(void **state)
{
	static int64_t start[1000];
	int64_t longest_ns = 0;
	size_t len;

	(void)state;
	fleet_process_received(&fleet, 1, 12);
	assert_int_equal(kill(fleet.agent[0].pid, SIGSTOP), 0);
	fleet_process_requests(&fleet, "/v1beta/*", AWAY_RUNS);
	assert_int_equal(kill(fleet.agent[0].pid, SIGCONT), 0);
	process_await(&fleet.agent[0], "sched.stall", NULL);
	fleet_process_requests(&fleet, "/v1beta/*", AWAY_RUNS);
	fleet_process_drained(&fleet, 1);
	len = starts_of(start, sizeof(start) / sizeof(start[0]));
	assert_true(len > 4);
	for (size_t i = 1; i < len; i++) {
		int64_t gap_ns = start[i] - start[i - 1];

		if (gap_ns < CLOSEST_MS * CLOCK_NS_PER_MS) {
			fail_msg("two runs within %lld us", (long long)gap_ns / 1000);
		}
		longest_ns = gap_ns > longest_ns ? gap_ns : longest_ns;
	}
	assert_true(longest_ns > 2 * CLOCK_NS_PER_S); /* it was away */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_is_caught_up_with),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
