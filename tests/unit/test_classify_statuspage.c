/* test_classify_statuspage - which components and incidents count, and what is never "clear" */
#include "tests/support/judge_source.h"
#include "tests/support/test.h"

#define OK_STATUS  "\"status\":{\"indicator\":\"none\"}"
#define COMPONENTS "\"components\":"
#define INCIDENTS  "\"incidents\":"
#define IMAGES     "\"id\":\"c1\",\"name\":\"Images\""
#define CHAT       "{\"id\":\"c2\",\"name\":\"Chat\",\"status\":\"operational\"}"
#define FINE       "[{" IMAGES ",\"status\":\"operational\"}," CHAT "]"
#define INCIDENT   "{\"id\":\"i1\",\"name\":\"Errors for image generation\""

static struct check check;

static const struct judge_source_row rows[] = {
    /* The words of a component. */
    {"Images", "{" COMPONENTS FINE "}", OUTCOME_OK, 1, CLAIM_CLEAR},
    {"c1", "{" COMPONENTS FINE "}", OUTCOME_OK, 1, CLAIM_CLEAR},
    {"", "{" COMPONENTS FINE "}", OUTCOME_OK, 1, CLAIM_CLEAR},
    {"Images", "{" COMPONENTS "[{" IMAGES ",\"status\":\"degraded_performance\"}]}",
	OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"Images", "{" COMPONENTS "[{" IMAGES ",\"status\":\"partial_outage\"}]}",
	OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"Images", "{" COMPONENTS "[{" IMAGES ",\"status\":\"major_outage\"}]}", OUTCOME_OK,
	1, CLAIM_OUTAGE},
    {"Images", "{" COMPONENTS "[{" IMAGES ",\"status\":\"under_maintenance\"}]}",
	OUTCOME_OK, 1, CLAIM_INFORMATION},
    {"Images", "{" COMPONENTS "[{" IMAGES ",\"status\":\"on_fire\"}]}", OUTCOME_OK, 1,
	CLAIM_DISRUPTION},
    {"Chat", "{" COMPONENTS "[{" IMAGES ",\"status\":\"major_outage\"}," CHAT "]}",
	OUTCOME_OK, 1, CLAIM_CLEAR},
    {"Chat\nImages",
	"{" COMPONENTS "[{" IMAGES ",\"status\":\"major_outage\"}," CHAT "]}",
	OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"", "{" COMPONENTS "[{" IMAGES ",\"status\":\"major_outage\"}," CHAT "]}",
	OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"~image", "{" COMPONENTS "[{" IMAGES ",\"status\":\"major_outage\"}]}", OUTCOME_OK,
	1, CLAIM_CLEAR},
    {"Images", "{" COMPONENTS "[{\"status\":\"major_outage\"," IMAGES "}]}", OUTCOME_OK,
	1, CLAIM_OUTAGE},
    {"Images", "{" COMPONENTS "[{\"name\":\"Images\",\"status\":\"major_outage\"}]}",
	OUTCOME_OK, 1, CLAIM_OUTAGE},
    /* Groups repeat their children; who watches one knows nothing. */
    {"",
	"{" COMPONENTS "[{" IMAGES ",\"status\":\"major_outage\",\"group\":true}," CHAT
	"]}",
	OUTCOME_OK, 1, CLAIM_CLEAR},
    {"Images",
	"{" COMPONENTS "[{" IMAGES ",\"status\":\"operational\",\"group\":true}]}",
	OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"Images",
	"{" COMPONENTS "[{\"id\":\"g\",\"name\":\"Images\",\"status\":\"operational\","
	"\"group\":true},{" IMAGES ",\"status\":\"operational\",\"group\":false}]}",
	OUTCOME_OK, 1, CLAIM_CLEAR},
    /* A watched component that is gone, or says nothing, is unknown. */
    {"Pictures", "{" COMPONENTS FINE "}", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"image", "{" COMPONENTS FINE "}", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"Images", "{" OK_STATUS "}", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"Images", "{" COMPONENTS "[{" IMAGES "}]}", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"Images", "{" COMPONENTS "[{" IMAGES ",\"status\":null}]}", OUTCOME_MALFORMED, 0,
	CLAIM_CLEAR},
    {"Chat", "{" COMPONENTS "[{" IMAGES "}," CHAT "]}", OUTCOME_OK, 1, CLAIM_CLEAR},
    {"Chat", "{" COMPONENTS "[{\"status\":\"operational\"}," CHAT "]}",
	OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"~image", "{" COMPONENTS "[{\"status\":\"operational\"}," CHAT "]}", OUTCOME_OK, 1,
	CLAIM_CLEAR},
    {"Images\nPictures", "{" COMPONENTS "[{" IMAGES ",\"status\":\"major_outage\"}]}",
	OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"Chat", "{" COMPONENTS "[7," CHAT "]}", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"Chat", "{" COMPONENTS "[\"x\"," CHAT "]}", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"Chat", "{" COMPONENTS "[[]," CHAT "]}", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    /* Incidents: by title, by component, all of them. */
    {"~image", "{" OK_STATUS "}", OUTCOME_OK, 1, CLAIM_CLEAR},
    {"~image", "{" OK_STATUS "," INCIDENTS "[]}", OUTCOME_OK, 1, CLAIM_CLEAR},
    {"~image", "{" OK_STATUS "," INCIDENTS "null}", OUTCOME_OK, 1, CLAIM_CLEAR},
    {"~IMAGE gen", "{" INCIDENTS "[" INCIDENT ",\"impact\":\"minor\"}]}", OUTCOME_OK, 1,
	CLAIM_DISRUPTION},
    {"~image", "{" INCIDENTS "[" INCIDENT ",\"impact\":\"major\"}]}", OUTCOME_OK, 1,
	CLAIM_OUTAGE},
    {"~image", "{" INCIDENTS "[" INCIDENT ",\"impact\":\"critical\"}]}", OUTCOME_OK, 1,
	CLAIM_OUTAGE},
    {"~image", "{" INCIDENTS "[" INCIDENT ",\"impact\":\"none\"}]}", OUTCOME_OK, 1,
	CLAIM_INFORMATION},
    {"~image", "{" INCIDENTS "[" INCIDENT ",\"impact\":\"huge\"}]}", OUTCOME_OK, 1,
	CLAIM_DISRUPTION},
    {"~image", "{" INCIDENTS "[" INCIDENT "}]}", OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"~video", "{" INCIDENTS "[" INCIDENT "}]}", OUTCOME_OK, 1, CLAIM_CLEAR},
    {"~generations", "{" INCIDENTS "[" INCIDENT "}]}", OUTCOME_OK, 1, CLAIM_CLEAR},
    {"", "{" INCIDENTS "[" INCIDENT "}]}", OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"Images", "{" COMPONENTS FINE "," INCIDENTS "[" INCIDENT "}]}", OUTCOME_OK, 1,
	CLAIM_CLEAR},
    {"Images",
	"{" COMPONENTS FINE "," INCIDENTS "[" INCIDENT
	",\"components\":[{\"name\":\"Images\"}]}]}",
	OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"c1",
	"{" COMPONENTS FINE "," INCIDENTS "[" INCIDENT
	",\"components\":[{\"id\":\"c1\"}]}]}",
	OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"c1",
	"{" COMPONENTS "[" CHAT "]," INCIDENTS "[" INCIDENT
	",\"status\":\"resolved\",\"components\":[{\"id\":\"c1\"}]}]}",
	OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    /* What closes one. */
    {"~image", "{" INCIDENTS "[" INCIDENT ",\"status\":\"resolved\"}]}", OUTCOME_OK, 1,
	CLAIM_CLEAR},
    {"~image", "{" INCIDENTS "[" INCIDENT ",\"status\":\"postmortem\"}]}", OUTCOME_OK,
	1, CLAIM_CLEAR},
    {"~image", "{" OK_STATUS "," INCIDENTS "[" INCIDENT ",\"status\":\"monitoring\"}]}",
	OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"~image",
	"{" INCIDENTS "[" INCIDENT
	",\"status\":\"identified\",\"resolved_at\":\"2026-01-01T00:00:00Z\"}]}",
	OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"~image",
	"{" INCIDENTS "[" INCIDENT ",\"resolved_at\":\"2026-01-01T00:00:00Z\"}]}",
	OUTCOME_OK, 1, CLAIM_CLEAR},
    {"~image", "{" INCIDENTS "[" INCIDENT ",\"status\":\"over\"}]}", OUTCOME_OK, 1,
	CLAIM_DISRUPTION},
    {"~image", "{" INCIDENTS "[{\"name\":\"image\"}]}", OUTCOME_MALFORMED, 0,
	CLAIM_CLEAR},
    {"~image", "{" INCIDENTS "[{\"name\":\"image\",\"status\":\"resolved\"}]}",
	OUTCOME_OK, 1, CLAIM_CLEAR},
    {"~image", "{" INCIDENTS "[1]}", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"~image", "{" OK_STATUS "," INCIDENTS "7}", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"~image", "{" OK_STATUS "," INCIDENTS "\"none\"}", OUTCOME_MALFORMED, 0,
	CLAIM_CLEAR},
    {"~image", "{" OK_STATUS "," INCIDENTS "{}}", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    /* Maintenance is information at most. */
    {"~image",
	"{\"scheduled_maintenances\":[" INCIDENT
	",\"status\":\"scheduled\",\"impact\":\"critical\"}]}",
	OUTCOME_OK, 1, CLAIM_CLEAR},
    {"~image",
	"{\"scheduled_maintenances\":[" INCIDENT
	",\"status\":\"in_progress\",\"impact\":\"critical\"}]}",
	OUTCOME_OK, 1, CLAIM_INFORMATION},
    {"~image", "{\"scheduled_maintenances\":[" INCIDENT ",\"status\":\"verifying\"}]}",
	OUTCOME_OK, 1, CLAIM_INFORMATION},
    {"~image", "{\"scheduled_maintenances\":[" INCIDENT ",\"status\":\"completed\"}]}",
	OUTCOME_OK, 1, CLAIM_CLEAR},
    /* No such page. */
    {"~image", "{}", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"~image", "{\"status\":\"ok\"}", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"~image", "[]", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"~image", "[{" INCIDENTS "[]}]", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"~image", "{" INCIDENTS "[]", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"~image", "", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"~image", "<html></html>", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
};

static void
test_rows(void **state)
{
	(void)state;
	judge_source_rows(
	    &check, PROBE_STATUSPAGE, rows, sizeof(rows) / sizeof(rows[0]));
}

static void
test_http(void **state)
{
	static const struct judge_source_http row[] = {
	    {304, OUTCOME_OK, FLAG_UNCHANGED},
	    {429, OUTCOME_RATE_LIMITED, 0},
	    {403, OUTCOME_BAD_REQUEST, 0},
	    {404, OUTCOME_BAD_REQUEST, 0},
	    {500, OUTCOME_UPSTREAM_ERROR, 0},
	    {503, OUTCOME_UPSTREAM_ERROR, FLAG_GATEWAY},
	    {302, OUTCOME_MALFORMED, FLAG_PORTAL},
	};

	(void)state;
	judge_source_statuses(
	    &check, PROBE_STATUSPAGE, row, sizeof(row) / sizeof(row[0]));
}

static void
test_texts(void **state)
{
	static const char body[] =
	    "{\"components\":[{" IMAGES ",\"status\":\"partial_outage\"}],"
	    "\"incidents\":[{\"id\":\"abc\",\"name\":\"Image errors, mail "
	    "a@b.example\","
	    "\"status\":\"identified\",\"impact\":\"major\","
	    "\"started_at\":\"2022-06-02T17:10:00.000Z\","
	    "\"created_at\":\"2022-06-02T20:58:28Z\","
	    "\"updated_at\":\"2022-06-02T21:00:00Z\","
	    "\"components\":[{\"id\":\"c1\",\"name\":\"Images\"},{\"name\":\"Edits\"}]}"
	    ","
	    "{\"id\":\"../"
	    "x\",\"name\":\"image\",\"created_at\":\"2022-06-02T20:58:28Z\"}"
	    "]}";
	struct plan_probe probe = judge_probe(PROBE_STATUSPAGE);

	(void)state;
	probe.url = "https://status.example/api/v2/summary.json";
	probe.products = "Images\n~image";
	struct result result = judge_answer(
	    &check, &probe, 200, "", judge_body(body, sizeof(body) - 1, 5));
	const struct observation *o = result.observation;

	assert_int_equal(result.observation_len, 3);
	assert_string_equal(o[0].id, "c1");
	assert_string_equal(o[0].title, "Images: partial outage");
	assert_string_equal(o[0].scope, "Images");
	assert_string_equal(o[0].url, "https://status.example/");
	assert_string_equal(o[1].id, "abc");
	assert_string_equal(o[1].title, "Image errors, mail " REDACT_MARK);
	assert_string_equal(o[1].scope, "Images,Edits");
	assert_string_equal(o[1].url, "https://status.example/incidents/abc");
	assert_true(o[1].begin_at.ns == INT64_C(1654189800) * CLOCK_NS_PER_S);
	assert_true(o[1].created_at.ns == INT64_C(1654203508) * CLOCK_NS_PER_S);
	assert_true(o[1].modified_at.ns == INT64_C(1654203600) * CLOCK_NS_PER_S);
	assert_string_equal(o[2].url, "");
	assert_true(o[2].begin_at.ns == INT64_C(1654203508) * CLOCK_NS_PER_S);
	assert_string_equal(result.detail, "3 open of 3 entries, 3 kept");
}

/* More open entries than places: the gravest stay. */
static void
test_many(void **state)
{
	struct plan_probe probe = judge_probe(PROBE_STATUSPAGE);
	char body[4096] = "{\"incidents\":[";
	size_t len = strlen(body);

	(void)state;
	for (int i = 0; i < 20; i++) {
		len += (size_t)snprintf(body + len, sizeof(body) - len,
		    "%s{\"id\":\"I%d\",\"name\":\"n\",\"impact\":\"%s\"}",
		    i > 0 ? "," : "", i, i % 3 == 0 ? "critical" : "none");
	}
	len += (size_t)snprintf(body + len, sizeof(body) - len, "]}");
	struct result result =
	    judge_answer(&check, &probe, 200, "", judge_body(body, len, 17));
	size_t outages = 0;
	assert_int_equal(result.observation_len, PAGE_KEPT);
	for (size_t i = 0; i < result.observation_len; i++) {
		outages += result.observation[i].claim == CLAIM_OUTAGE;
	}
	assert_int_equal(outages, 7);
}

/* Words longer than their place, or with a zero byte, are not taken for others. */
static void
test_long_words(void **state)
{
	static const char zero[] =
	    "{\"components\":[{" IMAGES ",\"status\":\"operational\\u0000x\"}]}";
	struct plan_probe probe = judge_probe(PROBE_STATUSPAGE);
	char body[1024];

	(void)state;
	probe.products = "Images";
	struct result result = judge_answer(
	    &check, &probe, 200, "", judge_body(zero, sizeof(zero) - 1, 3));
	assert_int_equal(result.observation[0].claim, CLAIM_DISRUPTION);
	int len = snprintf(body, sizeof(body),
	    "{\"components\":[{" IMAGES ",\"status\":\"operational%0300d\"}]}", 0);
	result =
	    judge_answer(&check, &probe, 200, "", judge_body(body, (size_t)len, 3));
	assert_int_equal(result.outcome, OUTCOME_OK);
	assert_int_equal(result.observation[0].claim, CLAIM_DISRUPTION);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_http),
	    cmocka_unit_test(test_texts),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_long_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
