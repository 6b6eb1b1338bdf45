/* test_classify_openrouter_models - which models are listed, and the figures of both lists */
#include "tests/support/judge_source.h"
#include "tests/support/test.h"

#define LIST(models) "{\"data\":[" models "],\"links\":{\"next\":null}}"
#define MODEL(id)                                                                      \
	"{\"id\":\"" id "\",\"context_length\":65536,\"pricing\":{\"prompt\":"         \
	"\"0.000002\",\"completion\":\"0.000012\",\"image_output\":\"0.00012\"}}"

static struct check check;

static const struct judge_source_row rows[] = {
    {"a/b", LIST(MODEL("a/b")), OUTCOME_OK, 1, CLAIM_CLEAR},
    {"a/b", LIST(MODEL("a/c") "," MODEL("a/b")), OUTCOME_OK, 1, CLAIM_CLEAR},
    {"a/b", LIST(MODEL("a/c")), OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"a/b\na/d", LIST(MODEL("a/c")), OUTCOME_OK, 2, CLAIM_DISRUPTION},
    {"a/b\na/d", LIST(MODEL("a/b")), OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"", LIST(MODEL("a/c")), OUTCOME_OK, 1, CLAIM_CLEAR},
    /* What is not there may be in what was not read. */
    {"a/b", "{\"data\":[" MODEL("a/c") "],\"links\":{\"next\":\"/x\"}}",
	OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"a/b", "{\"data\":[" MODEL("a/b") "],\"links\":{\"next\":\"/x\"}}", OUTCOME_OK, 1,
	CLAIM_CLEAR},
    {"a/b", LIST("{\"name\":\"x\"}," MODEL("a/c")), OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"a/b", LIST("7," MODEL("a/b")), OUTCOME_OK, 1, CLAIM_CLEAR},
    {"a/b", LIST(""), OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"a/b", LIST("7"), OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"a/b", "{\"data\":{}}", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"a/b", "[]", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"a/b", "", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
};

static void
test_rows(void **state)
{
	(void)state;
	judge_source_rows(
	    &check, PROBE_OPENROUTER_MODELS, rows, sizeof(rows) / sizeof(rows[0]));
}

static void
test_prices(void **state)
{
	static const char body[] = LIST(MODEL("a/x") "," MODEL(
	    "a/b") ","
		   "{\"id\":\"openrouter/auto\",\"context_length\":null,\"pricing\":"
		   "{\"prompt\":\"-1\",\"completion\":0.5}}," MODEL("a/b"));
	struct plan_probe probe = judge_probe(PROBE_OPENROUTER_MODELS);

	(void)state;
	probe.products = "a/b\nopenrouter/auto\na/z";
	struct result result = judge_answer(
	    &check, &probe, 200, "", judge_body(body, sizeof(body) - 1, 13));
	const struct figure *f = result.figure;
	assert_int_equal(result.outcome, OUTCOME_OK);
	assert_int_equal(result.observation_len, 1);
	assert_string_equal(result.observation[0].id, "a/z");
	assert_string_equal(result.observation[0].title, "a/z: not listed");
	assert_int_equal(result.figure_len, 2);
	assert_string_equal(f[0].model, "a/b");
	assert_string_equal(f[0].provider, "");
	assert_int_equal(f[0].price_in_nanousd, 2000);
	assert_int_equal(f[0].price_out_nanousd, 12000);
	assert_int_equal(f[0].price_image_nanousd, 120000);
	assert_int_equal(f[0].context_tokens, 65536);
	assert_int_equal(f[0].uptime_5m_ppm, -1);
	assert_int_equal(f[0].latency_ms[0], 0);
	assert_string_equal(f[1].model, "openrouter/auto");
	assert_int_equal(f[1].price_in_nanousd, -1);
	assert_int_equal(f[1].price_out_nanousd, 500000000);
	assert_int_equal(f[1].price_image_nanousd, -1);
	assert_int_equal(f[1].context_tokens, 0);
}

#define ENDPOINT(tag, more) "{\"tag\":\"" tag "\",\"status\":0" more "}"

static void
test_endpoints(void **state)
{
	static const char body[] =
	    "{\"data\":{\"endpoints\":[" ENDPOINT("google-vertex",
		",\"uptime_last_5m\":99.95,\"uptime_last_30m\":null,"
		"\"uptime_last_1d\":98.123456,\"latency_last_30m\":{\"p50\":2600.4,"
		"\"p75\":3000,\"p90\":5000,\"p99\":114000},\"throughput_last_30m\":"
		"{\"p50\":61.25},\"context_length\":65536,\"pricing\":{\"prompt\":"
		"\"0.000002\",\"completion\":\"0.000012\"}") "," ENDPOINT("google-ai-"
									  "studio",
		",\"uptime_last_5m\":0.97,"
		"\"latency_last_30m\":null") "],\"id\":\"a/b\"}}";
	struct plan_probe probe = judge_probe(PROBE_OPENROUTER_ENDPOINTS);
	struct result result = judge_answer(
	    &check, &probe, 200, "", judge_body(body, sizeof(body) - 1, 11));
	const struct figure *f = result.figure;

	(void)state;
	assert_int_equal(result.outcome, OUTCOME_OK);
	assert_int_equal(result.figure_len, 2);
	assert_string_equal(f[0].model, "a/b");
	assert_string_equal(f[0].provider, "google-vertex");
	assert_int_equal(f[0].uptime_5m_ppm, 999500);
	assert_int_equal(f[0].uptime_30m_ppm, -1);
	assert_int_equal(f[0].uptime_1d_ppm, 981235);
	assert_int_equal(f[0].latency_ms[0], 2600);
	assert_int_equal(f[0].latency_ms[3], 114000);
	assert_int_equal(f[0].throughput_mtps[0], 61250);
	assert_int_equal(f[0].throughput_mtps[1], 0);
	assert_int_equal(f[0].context_tokens, 65536);
	assert_int_equal(f[0].price_in_nanousd, 2000);
	assert_string_equal(f[1].model, "a/b");
	assert_int_equal(f[1].uptime_5m_ppm, 9700); /* as it is written */
	assert_int_equal(f[1].latency_ms[0], 0);
	assert_int_equal(f[1].price_in_nanousd, -1);
	assert_string_equal(result.detail,
	    "1 open of 2 entries, 1 kept; uptime of 1 below 1: taken as percent");
	probe.products = "google-vertex";
	result = judge_answer(
	    &check, &probe, 200, "", judge_body(body, sizeof(body) - 1, 11));
	assert_int_equal(result.figure_len, 1);
	assert_string_equal(result.detail, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_prices),
	    cmocka_unit_test(test_endpoints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
