/* Every kind of probe that speaks HTTP, through the real engine against a real server: when
 * all is well, and with each phase failing in turn. All kinds run at once, each fault hits
 * all of them, and every result must name what failed and where. */
#include "tests/support/test.h"

#include "common/core/clock.h"
#include "tests/support/kind_runs.h"

#define NO_FLAGS 0

static struct prober *shared;

static void
every_kind_has_a_row(void **state)
{
	(void)state;
	for (int kind = 0; kind < PROBE_KIND_COUNT; kind++) {
		size_t i = 0;

		if (probe_traits((enum probe_kind)kind)->family == FAMILY_NET) {
			continue; /* no HTTP; these have tests of their own */
		}
		while (i < KIND_RUNS && kind_rows[i].kind != (enum probe_kind)kind) {
			i++;
		}
		if (i == KIND_RUNS) {
			fail_msg(
			    "%s has no row", probe_kind_name((enum probe_kind)kind));
		}
	}
}

/* Blocks until the server has seen the good request of each kind twice. */
static void
expect_requests(void)
{
	for (size_t i = 0; i < KIND_RUNS; i++) {
		char path[256];

		(void)snprintf(path, sizeof(path),
		    "/requests?wait=2&timeout_ms=%d&path=%s", KIND_RUNS_PATIENCE_MS,
		    kind_rows[i].asked);
		kind_runs_order("GET", path, NULL);
	}
}

static void
all_is_well(void **state)
{
	struct prober *prober = kind_runs_prober(0);
	struct kind_found found[KIND_RUNS];
	unsigned wrong = 0;

	(void)state;
	kind_runs_reset();
	kind_runs_all(prober, &(struct kind_round){0}, found);
	for (size_t i = 0; i < KIND_RUNS; i++) {
		const struct kind_expected first = {
		    OUTCOME_OK, PHASE_DONE, kind_rows[i].flags};

		wrong += kind_runs_judge("first", kind_rows[i].kind, &found[i], &first);
	}
	kind_runs_all(prober, &(struct kind_round){0}, found);
	for (size_t i = 0; i < KIND_RUNS; i++) {
		const struct kind_expected again = {
		    OUTCOME_OK, PHASE_DONE, kind_rows[i].flags | kind_rows[i].again};

		wrong += kind_runs_judge("again", kind_rows[i].kind, &found[i], &again);
	}
	prober_free(prober);
	assert_int_equal(wrong, 0);
	expect_requests();
}

/* What is wrong with the way to the server or with its answer, and what all kinds must make
 * of it. */
static const struct fault {
	const char *name;
	const char *base; /* instead of the server; "" = the port that refuses */
	const char *at;   /* path of the rule */
	const char *action;
	struct kind_expected expected;
} faults[] = {
    {"name that does not resolve", "https://" KIND_RUNS_NOWHERE, "", NULL,
	{OUTCOME_NET_DNS, PHASE_DNS, NO_FLAGS}},
    {"closed port", "", "", NULL, {OUTCOME_NET_CONNECT, PHASE_CONNECT, NO_FLAGS}},
    {"bad certificate", NULL, "tls", "{\"bad_tls\":\"expired\"}",
	{OUTCOME_NET_TLS, PHASE_TLS, FLAG_BAD_CERT}},
    {"certificate of another", NULL, "tls", "{\"bad_tls\":\"wrong_name\"}",
	{OUTCOME_NET_TLS, PHASE_TLS, FLAG_BAD_CERT}},
    {"bad handshake", NULL, "tls", "{\"bad_tls\":\"garbage_hello\"}",
	{OUTCOME_NET_TLS, PHASE_TLS, NO_FLAGS}},
    {"no first byte", NULL, "/*", "{\"delay_ms\":600000}",
	{OUTCOME_TIMEOUT, PHASE_WAIT, NO_FLAGS}},
    {"reset before the first byte", NULL, "/*", "{\"reset_after_bytes\":0}",
	{OUTCOME_NET_CONNECT, PHASE_WAIT, NO_FLAGS}},
    {"close without answer", NULL, "/*", "{\"close\":true}",
	{OUTCOME_NET_CONNECT, PHASE_WAIT, NO_FLAGS}},
    {"garbage", NULL, "/*", "{\"garbage\":true}",
	{OUTCOME_MALFORMED, PHASE_BODY, FLAG_PARTIAL_BODY}},
    {"closed inside the body", NULL, "/*",
	"{\"status\":200,\"body\":\"0123456789abcdef\",\"close_after_bytes\":10}",
	{OUTCOME_MALFORMED, PHASE_BODY, FLAG_PARTIAL_BODY}},
    {"reset inside the body", NULL, "/*",
	"{\"status\":200,\"body\":\"0123456789abcdef\",\"reset_after_bytes\":10}",
	{OUTCOME_MALFORMED, PHASE_BODY, FLAG_PARTIAL_BODY}},
    {"drip until the deadline", NULL, "/*",
	"{\"status\":200,\"body\":\"0123456789012345678901234567890123456789\","
	"\"drip_bytes_per_s\":1}",
	{OUTCOME_TIMEOUT, PHASE_BODY, FLAG_PARTIAL_BODY}},
    {"bomb", NULL, "/*", "{\"status\":200,\"content_encoding_bomb\":64}",
	{OUTCOME_MALFORMED, PHASE_BODY, FLAG_PARTIAL_BODY}},
};

static bool
is_fulfilled(const struct fault *fault, const struct kind_found *found)
{
	for (size_t i = 0; i < KIND_RUNS; i++) {
		if (!kind_runs_is(&found[i], &fault->expected)) {
			return false;
		}
	}
	return true;
}

/* A fault that only a timeout ends gets more time while that was too little: a busy machine
 * may need long for what comes before. */
static unsigned
run_fault(const struct fault *fault)
{
	static const uint32_t patience_ms[] = {1500, 6000, KIND_RUNS_PATIENCE_MS};
	bool lasts = fault->expected.outcome == OUTCOME_TIMEOUT;
	struct kind_round round = {.base = fault->base};
	struct kind_found found[KIND_RUNS];
	unsigned wrong = 0;

	if (round.base != NULL && round.base[0] == '\0') {
		round.base = kind_runs_closed();
	}
	kind_runs_rule(fault->at, fault->action);
	for (size_t i = lasts ? 0 : 2; i < 3; i++) {
		round.timeout_ms = patience_ms[i];
		kind_runs_all(shared, &round, found);
		if (is_fulfilled(fault, found)) {
			return 0;
		}
	}
	for (size_t i = 0; i < KIND_RUNS; i++) {
		wrong += kind_runs_judge(
		    fault->name, kind_rows[i].kind, &found[i], &fault->expected);
	}
	return wrong;
}

static void
each_phase_fails(void **state)
{
	unsigned wrong = 0;

	(void)state;
	kind_runs_reset();
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		wrong += run_fault(&faults[i]);
	}
	kind_runs_rule("", NULL);
	assert_int_equal(wrong, 0);
}

/* The true answer of each, and then silence. */
static void
silence_inside_the_answer(void **state)
{
	static const struct kind_expected expected = {
	    OUTCOME_TIMEOUT, PHASE_BODY, FLAG_PARTIAL_BODY};
	struct prober *prober = kind_runs_prober(500 * CLOCK_NS_PER_MS);
	struct kind_found found[KIND_RUNS];
	unsigned wrong = 0;

	(void)state;
	kind_runs_reset();
	kind_runs_all(prober, &(struct kind_round){0}, found);
	/* Other pages than before, lest they be unchanged and have no body. */
	kind_runs_order("PUT", "/state",
	    "{\"incidents\":\"open\",\"feed\":\"open\",\"statuspage\":\"outage\","
	    "\"datadog\":\"outage\"}");
	kind_runs_rule("/*", "{\"stall_after_bytes\":2}");
	kind_runs_all(prober, &(struct kind_round){0}, found);
	for (size_t i = 0; i < KIND_RUNS; i++) {
		if (kind_rows[i].kind == PROBE_HTTP) {
			continue; /* 204 has no body to be silent in */
		}
		wrong +=
		    kind_runs_judge("silence", kind_rows[i].kind, &found[i], &expected);
	}
	kind_runs_reset();
	prober_free(prober);
	assert_int_equal(wrong, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_kind_has_a_row),
	    cmocka_unit_test(all_is_well),
	    cmocka_unit_test(each_phase_fails),
	    cmocka_unit_test(silence_inside_the_answer),
	};
	int failed;

	if (!kind_runs_open(UPSTREAM_PROGRAM)) {
		return 1;
	}
	/* Two dozen bombs at a time are long in coming on a busy machine. */
	shared = kind_runs_prober(600 * CLOCK_NS_PER_S);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	prober_free(shared);
	kind_runs_close();
	return failed;
}
