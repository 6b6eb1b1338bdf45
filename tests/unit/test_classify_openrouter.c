/* test_classify_openrouter - what figures and states of providers mean, and what they do not */
#include "tests/support/judge_source.h"
#include "tests/support/test.h"

#define LIST(endpoints) "{\"data\":{\"id\":\"a/b\",\"endpoints\":[" endpoints "]}}"
#define VERTEX          "\"tag\":\"google-vertex\",\"provider_name\":\"Google\""
#define STUDIO          "\"tag\":\"google-ai-studio\",\"provider_name\":\"Google AI Studio\""
#define UP(figure)      ",\"uptime_last_5m\":" figure
#define STATUS(number)  ",\"status\":" number
#define FINE            "{" VERTEX STATUS("0") UP("99.6") "}"

static struct check check;

static const struct judge_source_row rows[] = {
    {"", LIST(FINE), OUTCOME_OK, 1, CLAIM_CLEAR},
    {"google-vertex", LIST(FINE), OUTCOME_OK, 1, CLAIM_CLEAR},
    {"Google", LIST(FINE), OUTCOME_OK, 1, CLAIM_CLEAR},
    {"", LIST("{" VERTEX UP("100") "}"), OUTCOME_OK, 1, CLAIM_CLEAR},
    /* The borders of what worked. */
    {"", LIST("{" VERTEX UP("95") "}"), OUTCOME_OK, 1, CLAIM_CLEAR},
    {"", LIST("{" VERTEX UP("94.9994") "}"), OUTCOME_OK, 1, CLAIM_INFORMATION},
    {"", LIST("{" VERTEX UP("90.0") "}"), OUTCOME_OK, 1, CLAIM_INFORMATION},
    {"", LIST("{" VERTEX UP("89.999") "}"), OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"", LIST("{" VERTEX UP("50") "}"), OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"", LIST("{" VERTEX UP("49.99") "}"), OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"", LIST("{" VERTEX UP("0") "}"), OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"", LIST("{" VERTEX UP("0.97") "}"), OUTCOME_OK, 1, CLAIM_OUTAGE},
    /* Nothing that is a percentage is not clear. */
    {"", LIST("{" VERTEX UP("null") "}"), OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", LIST("{" VERTEX "}"), OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", LIST("{" VERTEX UP("100.01") "}"), OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", LIST("{" VERTEX UP("-1") "}"), OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", LIST("{" VERTEX UP("1e2") "}"), OUTCOME_OK, 1, CLAIM_CLEAR},
    {"", LIST("{" VERTEX UP("1e3") "}"), OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", LIST("{" VERTEX UP("99999999999999999999") "}"), OUTCOME_MALFORMED, 0,
	CLAIM_CLEAR},
    {"", LIST("{" VERTEX UP("\"99\"") "}"), OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", LIST("{" VERTEX ",\"uptime_last_30m\":100}"), OUTCOME_MALFORMED, 0,
	CLAIM_CLEAR},
    /* The states, whatever the figure says. */
    {"", LIST("{" VERTEX STATUS("-1") UP("100") "}"), OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"", LIST("{" VERTEX STATUS("-2") UP("null") "}"), OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"", LIST("{" VERTEX STATUS("-7") UP("100") "}"), OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"", LIST("{" VERTEX STATUS("-9") UP("100") "}"), OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"", LIST("{" VERTEX STATUS("-10") UP("100") "}"), OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"", LIST("{" VERTEX STATUS("-99999999999") UP("100") "}"), OUTCOME_OK, 1,
	CLAIM_OUTAGE},
    {"", LIST("{" VERTEX STATUS("1") UP("100") "}"), OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", LIST("{" VERTEX STATUS("0.5") UP("100") "}"), OUTCOME_MALFORMED, 0,
	CLAIM_CLEAR},
    {"", LIST("{" VERTEX STATUS("null") UP("100") "}"), OUTCOME_OK, 1, CLAIM_CLEAR},
    {"", LIST("{" VERTEX STATUS("-2") UP("10") "}"), OUTCOME_OK, 1, CLAIM_OUTAGE},
    /* Whom it concerns: providers are told apart, one that is gone is unknown. */
    {"google-vertex", LIST(FINE ",{" STUDIO STATUS("-10") "}"), OUTCOME_OK, 1,
	CLAIM_CLEAR},
    {"google-ai-studio", LIST(FINE ",{" STUDIO STATUS("-10") "}"), OUTCOME_OK, 1,
	CLAIM_OUTAGE},
    {"google-vertex", LIST(FINE ",{" STUDIO UP("null") "}"), OUTCOME_OK, 1,
	CLAIM_CLEAR},
    {"", LIST(FINE ",{" STUDIO UP("null") "}"), OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", LIST("{" STUDIO UP("1") "},{" VERTEX UP("1") "}"), OUTCOME_OK, 2,
	CLAIM_OUTAGE},
    {"google-ai-studio", LIST(FINE), OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"google", LIST(FINE), OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"google-ai-studio\ngoogle-vertex", LIST("{" STUDIO UP("1") "}"), OUTCOME_OK, 1,
	CLAIM_OUTAGE},
    {"", LIST("{\"status\":0" UP("100") "}"), OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", LIST("{\"provider_name\":\"Google\"" UP("1") "}"), OUTCOME_OK, 1,
	CLAIM_OUTAGE},
    /* No such answer. */
    {"", LIST(""), OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", LIST("7"), OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", LIST("7," FINE), OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", LIST("[]," FINE), OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", "{\"data\":[]}", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", "{\"data\":{\"endpoints\":{}}}", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", "{\"error\":{\"code\":404}}", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", "[" LIST(FINE) "]", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", "{}", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", "", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
};

static void
test_rows(void **state)
{
	(void)state;
	judge_source_rows(
	    &check, PROBE_OPENROUTER_ENDPOINTS, rows, sizeof(rows) / sizeof(rows[0]));
}

static void
test_http(void **state)
{
	static const struct judge_source_http row[] = {
	    {404, OUTCOME_BAD_REQUEST, 0},
	    {429, OUTCOME_RATE_LIMITED, 0},
	    {500, OUTCOME_UPSTREAM_ERROR, 0},
	    {502, OUTCOME_UPSTREAM_ERROR, FLAG_GATEWAY},
	};

	(void)state;
	judge_source_statuses(
	    &check, PROBE_OPENROUTER_ENDPOINTS, row, sizeof(row) / sizeof(row[0]));
}

/* Titles by what is wrong; they stay when the figures move. */
static void
test_titles(void **state)
{
	static const struct {
		const char *body;
		const char *title;
	} row[] = {
	    {LIST("{" VERTEX UP("94") "}"), "google-vertex: too few requests work"},
	    {LIST("{" VERTEX UP("1") "}"), "google-vertex: too few requests work"},
	    {LIST("{" VERTEX STATUS("-5") UP("9") "}"),
		"google-vertex: deranked, status -5"},
	    {LIST("{" VERTEX STATUS("-10") "}"), "google-vertex: disabled, status -10"},
	};
	struct plan_probe probe = judge_probe(PROBE_OPENROUTER_ENDPOINTS);

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct result result = judge_answer(&check, &probe, 200, "",
		    judge_body(row[i].body, strlen(row[i].body), 11));
		assert_int_equal(result.observation_len, 1);
		assert_string_equal(result.observation[0].title, row[i].title);
	}
}

static void
test_texts(void **state)
{
	static const char clear[] =
	    LIST("{" STUDIO UP("99.5999") ",\"uptime_last_30m\":100,\"uptime_last_1d\":"
					  "null},{" VERTEX UP("96.04") "}");
	static const char open[] = LIST(FINE ",{" STUDIO STATUS("-2") UP("71.25") "}");
	struct plan_probe probe = judge_probe(PROBE_OPENROUTER_ENDPOINTS);

	(void)state;
	struct result result = judge_answer(
	    &check, &probe, 200, "", judge_body(clear, sizeof(clear) - 1, 5));
	assert_int_equal(result.observation_len, 1);
	assert_string_equal(result.observation[0].id, "");
	assert_string_equal(result.observation[0].title, "");
	assert_string_equal(result.observation[0].scope,
	    "google-ai-studio 99.6/100.0/? %, google-vertex 96.0/?/? %");
	result = judge_answer(
	    &check, &probe, 200, "", judge_body(open, sizeof(open) - 1, 5));
	assert_int_equal(result.observation_len, 1);
	assert_string_equal(result.observation[0].id, "google-ai-studio");
	assert_string_equal(result.observation[0].scope,
	    "google-vertex 99.6/?/? %, google-ai-studio 71.2/?/? %");
	assert_string_equal(
	    result.observation[0].title, "google-ai-studio: deranked, status -2");
	assert_string_equal(result.detail, "1 open of 2 entries, 1 kept");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_http),
	    cmocka_unit_test(test_titles),
	    cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
