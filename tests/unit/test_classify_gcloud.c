/* test_classify_gcloud - what is open, what concerns us, and what must never read "clear" */
#include "tests/support/judge_source.h"
#include "tests/support/test.h"

#define ID    "\"id\":\"AbC123\","
#define BEGIN "\"begin\":\"2022-06-02T17:10:00+00:00\","
#define PRODUCTS                                                                       \
	"\"affected_products\":[{\"title\":\"x\",\"id\":\"P1\"},{\"id\":\"P2\"}]"
#define CLOSED "\"end\":\"2022-06-02T18:00:00+00:00\","
#define OUTAGE "\"status_impact\":\"SERVICE_OUTAGE\","

static struct check check;

static const struct judge_source_row rows[] = {
    {"", "[]", OUTCOME_OK, 1, CLAIM_CLEAR},
    {"P1", "[]", OUTCOME_OK, 1, CLAIM_CLEAR},
    {"P1", "[{" ID BEGIN CLOSED OUTAGE PRODUCTS "}]", OUTCOME_OK, 1, CLAIM_CLEAR},
    /* Open: no end, null, empty, or nothing that could be one. */
    {"P1", "[{" ID BEGIN OUTAGE PRODUCTS "}]", OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"P1", "[{" ID BEGIN OUTAGE "\"end\":null," PRODUCTS "}]", OUTCOME_OK, 1,
	CLAIM_OUTAGE},
    {"P1", "[{" ID BEGIN OUTAGE "\"end\":\"\"," PRODUCTS "}]", OUTCOME_OK, 1,
	CLAIM_OUTAGE},
    {"P1", "[{" ID BEGIN OUTAGE "\"end\":\"soon\"," PRODUCTS "}]", OUTCOME_OK, 1,
	CLAIM_OUTAGE},
    {"P1", "[{" ID BEGIN OUTAGE "\"end\":{\"at\":1}," PRODUCTS "}]", OUTCOME_OK, 1,
	CLAIM_OUTAGE},
    /* Over: whatever was written later. */
    {"P1",
	"[{" ID BEGIN CLOSED OUTAGE "\"modified\":\"2022-07-02T18:00:00+00:00\","
	"\"most_recent_update\":{\"status\":\"SERVICE_DISRUPTION\"}," PRODUCTS "}]",
	OUTCOME_OK, 1, CLAIM_CLEAR},
    /* Whom it concerns. */
    {"P2", "[{" ID BEGIN OUTAGE PRODUCTS "}]", OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"P3, P2", "[{" ID BEGIN OUTAGE PRODUCTS "}]", OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"P3,P", "[{" ID BEGIN OUTAGE PRODUCTS "}]", OUTCOME_OK, 1, CLAIM_CLEAR},
    {"", "[{" ID BEGIN OUTAGE PRODUCTS "}]", OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"P3", "[{" ID BEGIN OUTAGE "\"affected_products\":[]}]", OUTCOME_OK, 1,
	CLAIM_CLEAR},
    {"P3", "[{" ID BEGIN OUTAGE "\"x\":0}]", OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"P3", "[{" ID BEGIN OUTAGE "\"affected_products\":null}]", OUTCOME_OK, 1,
	CLAIM_OUTAGE},
    {"P3", "[{" ID BEGIN OUTAGE "\"affected_products\":[{\"title\":\"x\"}]}]",
	OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"P3", "[{" ID BEGIN OUTAGE "\"affected_products\":[\"P1\"]}]", OUTCOME_OK, 1,
	CLAIM_OUTAGE},
    /* How bad. The last update may raise it, and never closes it. */
    {"P1", "[{" ID "\"status_impact\":\"SERVICE_INFORMATION\"," PRODUCTS "}]",
	OUTCOME_OK, 1, CLAIM_INFORMATION},
    {"P1", "[{" ID "\"status_impact\":\"SERVICE_DISRUPTION\"," PRODUCTS "}]",
	OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"P1", "[{" ID "\"status_impact\":\"SERVICE_NEWWORD\"," PRODUCTS "}]", OUTCOME_OK,
	1, CLAIM_DISRUPTION},
    {"P1", "[{" ID "\"severity\":\"low\"," PRODUCTS "}]", OUTCOME_OK, 1,
	CLAIM_INFORMATION},
    {"P1",
	"[{" ID "\"status_impact\":\"SERVICE_INFORMATION\",\"most_recent_update\":"
	"{\"status\":\"SERVICE_OUTAGE\"}," PRODUCTS "}]",
	OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"P1",
	"[{" ID OUTAGE "\"most_recent_update\":{\"status\":\"AVAILABLE\"}," PRODUCTS
	"}]",
	OUTCOME_OK, 1, CLAIM_OUTAGE},
    /* Not understood: an open entry is still told, but nothing is "clear". */
    {"P1", "{}", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"P1", "[1]", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"P1", "[[]]", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"P1", "[\"x\"]", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"P1", "[null]", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"P1", "[{}]", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"P1", "[{\"id\":7}]", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"P1", "[{\"id\":\"a b\"," CLOSED PRODUCTS "}]", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"P1", "[{}, {" ID OUTAGE PRODUCTS "}]", OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"P1", "[{" ID OUTAGE PRODUCTS "}", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"P1", "[{" ID OUTAGE PRODUCTS "}]]", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"P1", "", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"P1", "<html>status</html>", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
};

static void
test_rows(void **state)
{
	(void)state;
	judge_source_rows(
	    &check, PROBE_GCLOUD_STATUS, rows, sizeof(rows) / sizeof(rows[0]));
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
	    {301, OUTCOME_MALFORMED, FLAG_PORTAL},
	};

	(void)state;
	judge_source_statuses(
	    &check, PROBE_GCLOUD_STATUS, row, sizeof(row) / sizeof(row[0]));
}

static void
test_texts(void **state)
{
	static const char body[] =
	    "[{\"id\":\"XdQ\",\"begin\":\"2022-06-02T17:10:00+00:00\","
	    "\"created\":\"2022-06-02T20:58:28+00:00\",\"modified\":\"2022-06-02T21:00:"
	    "00Z\","
	    "\"external_desc\":\"Errors\\n in us-east1, mail a@b.example\","
	    "\"uri\":\"incidents/XdQ\",\"affected_products\":[{\"id\":\"P1\"}],"
	    "\"currently_affected_locations\":[{\"title\":\"A\",\"id\":\"us-east1\"},"
	    "{\"id\":\"bad one\"},{\"id\":\"global\"}]},"
	    "{\"id\":\"Y\",\"uri\":\"//evil.example/x\"},{\"id\":\"Z\",\"uri\":\"../../"
	    "x\","
	    "\"begin\":\"garbage\"}]";
	struct plan_probe probe = judge_probe(PROBE_GCLOUD_STATUS);
	struct result result = judge_answer(
	    &check, &probe, 200, "", judge_body(body, sizeof(body) - 1, 5));
	const struct observation *o = result.observation;

	(void)state;
	assert_int_equal(result.observation_len, 3);
	assert_string_equal(o[0].id, "XdQ");
	assert_string_equal(o[0].title, "Errors in us-east1, mail " REDACT_MARK);
	assert_string_equal(o[0].scope, "us-east1,global");
	assert_string_equal(o[0].url, "https://status.cloud.google.com/incidents/XdQ");
	assert_true(o[0].begin_at.ns == INT64_C(1654189800) * CLOCK_NS_PER_S);
	assert_true(o[0].created_at.ns == INT64_C(1654203508) * CLOCK_NS_PER_S);
	assert_true(o[0].modified_at.ns == INT64_C(1654203600) * CLOCK_NS_PER_S);
	assert_string_equal(o[1].url, "");
	assert_string_equal(o[1].scope, "");
	assert_string_equal(o[1].title, "");
	assert_true(o[2].begin_at.ns == 0);
	assert_string_equal(result.detail, "3 open of 3 entries, 3 kept");
}

/* Entries of one outage stand for one; the first published gives it its name, in whatever
 * order they come. */
static void
test_group(void **state)
{
	static const char first[] =
	    "{\"id\":\"B\",\"begin\":\"2021-11-12T10:00:00Z\","
	    "\"created\":\"2021-11-12T10:05:00Z\","
	    "\"modified\":\"2021-11-12T10:06:00Z\"," PRODUCTS "}";
	static const char second[] =
	    "{\"id\":\"A\",\"begin\":\"2021-11-12T10:00:00Z\","
	    "\"created\":\"2021-11-12T10:07:00Z\","
	    "\"modified\":\"2021-11-12T10:08:00Z\"," OUTAGE PRODUCTS "}";
	struct plan_probe probe = judge_probe(PROBE_GCLOUD_STATUS);
	char body[1024];

	(void)state;
	for (int order = 0; order < 2; order++) {
		int len = snprintf(body, sizeof(body), "[%s,%s]",
		    order ? first : second, order ? second : first);
		probe.products = "P1";
		struct result result = judge_answer(
		    &check, &probe, 200, "", judge_body(body, (size_t)len, 3));
		assert_int_equal(result.observation_len, 1);
		assert_string_equal(result.observation[0].id, "B");
		assert_int_equal(result.observation[0].claim, CLAIM_OUTAGE);
		assert_true(result.observation[0].modified_at.ns ==
			    INT64_C(1636711680) * CLOCK_NS_PER_S);
		probe.products = ""; /* which of them are watched is no matter */
		result = judge_answer(
		    &check, &probe, 200, "", judge_body(body, (size_t)len, 3));
		assert_int_equal(result.observation_len, 1);
	}
}

#define SAME_TIME(id, product)                                                         \
	"{\"id\":\"" id "\"," BEGIN OUTAGE "\"affected_products\":[{\"id\":\"" product \
	"\"}]}"

/* What began at the same time is one outage only with a product in common, be it one of an
 * entry between them; and without a time nothing is the same. */
static void
test_overlap(void **state)
{
	static const struct {
		const char *body;
		uint32_t observations;
	} row[] = {
	    {"[" SAME_TIME("A", "P1") "," SAME_TIME("B", "P2") "]", 2},
	    {"[" SAME_TIME("A", "P1") "," SAME_TIME("B", "P1") "]", 1},
	    {"[" SAME_TIME("A", "P1") ",{" ID BEGIN OUTAGE PRODUCTS
				      "}," SAME_TIME("B", "P2") "]",
		1},
	    {"[{\"id\":\"A\"," OUTAGE PRODUCTS "},{\"id\":\"B\"," OUTAGE PRODUCTS "}]",
		2},
	    {"[{\"id\":\"A\"," BEGIN OUTAGE "\"x\":0},{\"id\":\"B\"," BEGIN OUTAGE
	     "\"x\":0}]",
		2},
	};
	struct plan_probe probe = judge_probe(PROBE_GCLOUD_STATUS);

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct result result = judge_answer(&check, &probe, 200, "",
		    judge_body(row[i].body, strlen(row[i].body), 9));

		assert_int_equal(result.observation_len, row[i].observations);
	}
}

/* More open entries than places: the gravest stay. */
static void
test_many(void **state)
{
	struct plan_probe probe = judge_probe(PROBE_GCLOUD_STATUS);
	char body[4096] = "[";
	size_t len = 1;

	(void)state;
	for (int i = 0; i < 20; i++) {
		int step = snprintf(body + len, sizeof(body) - len,
		    "%s{\"id\":\"I%d\",\"begin\":\"2021-11-12T10:00:%02dZ\","
		    "\"status_impact\":\"%s\"}",
		    i > 0 ? "," : "", i, i,
		    i % 3 == 0 ? "SERVICE_OUTAGE" : "SERVICE_INFORMATION");
		len += (size_t)step;
	}
	body[len++] = ']';
	struct result result =
	    judge_answer(&check, &probe, 200, "", judge_body(body, len, 17));
	size_t outages = 0;
	assert_int_equal(result.observation_len, CLASSIFY_GCLOUD_KEPT);
	for (size_t i = 0; i < result.observation_len; i++) {
		outages += result.observation[i].claim == CLAIM_OUTAGE;
	}
	assert_int_equal(outages, 7);
	assert_string_equal(result.detail, "20 open of 20 entries, 8 kept");
}

/* A long list of places is cut at one and says how many more there are. */
static void
test_scope(void **state)
{
	struct plan_probe probe = judge_probe(PROBE_GCLOUD_STATUS);
	char body[4096];
	size_t len = (size_t)snprintf(
	    body, sizeof(body), "[{\"id\":\"I\",\"currently_affected_locations\":[");

	(void)state;
	for (int i = 0; i < 40; i++) {
		len += (size_t)snprintf(body + len, sizeof(body) - len,
		    "%s{\"id\":\"region-%02d\"}", i > 0 ? "," : "", i);
	}
	len += (size_t)snprintf(body + len, sizeof(body) - len, "]}]");
	struct result result =
	    judge_answer(&check, &probe, 200, "", judge_body(body, len, 64));
	const char *scope = result.observation[0].scope;
	const char *more = strstr(scope, ",+");
	assert_non_null(more);
	assert_int_equal(
	    (size_t)(more - scope + 1) / 10 + (size_t)strtoul(more + 2, NULL, 10), 40);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_http),
	    cmocka_unit_test(test_texts),
	    cmocka_unit_test(test_group),
	    cmocka_unit_test(test_overlap),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_scope),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
