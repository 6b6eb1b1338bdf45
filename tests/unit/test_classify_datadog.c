/* test_classify_datadog - components in groups, incidents of all times */
#include "tests/support/judge_source.h"
#include "tests/support/test.h"

#define PAGE(components, incidents)                                                    \
	"{\"components\":[" components "],\"incidents\":[" incidents                   \
	"],\"maintenances\":null}"
#define IMAGE(status)                                                                  \
	"{\"id\":\"c1\",\"name\":\"Image\",\"status\":\"" status                       \
	"\",\"type\":\"Component\"}"
#define CHAT(status)                                                                   \
	"{\"id\":\"c2\",\"name\":\"Chat\",\"status\":\"" status                        \
	"\",\"type\":\"Component\"}"
#define GROUP(components)                                                              \
	"{\"id\":\"g\",\"name\":\"API\",\"type\":\"ComponentGroup\",\"components\":"   \
	"[" components "]}"
#define INCIDENT(more)                                                                 \
	"{\"id\":\"i1\",\"title\":\"Images fail\",\"componentsAffected\":[" IMAGE(     \
	    "degraded") "],\"publishedDate\":\"2026-09-04T18:27:00Z\"" more "}"
#define OPEN INCIDENT(",\"currentStatus\":\"investigating\",\"resolved\":false")
#define OVER INCIDENT(",\"currentStatus\":\"resolved\",\"resolved\":true")
#define FINE IMAGE("operational")

static struct check check;

static const struct judge_source_row rows[] = {
    {"", PAGE(FINE, ""), OUTCOME_OK, 1, CLAIM_CLEAR},
    {"Image", PAGE(GROUP(FINE "," CHAT("outage")), ""), OUTCOME_OK, 1, CLAIM_CLEAR},
    {"Chat", PAGE(GROUP(FINE "," CHAT("outage")), ""), OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"c2", PAGE(GROUP(FINE "," CHAT("degraded")), ""), OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"API", PAGE(GROUP(FINE "," CHAT("new word")), ""), OUTCOME_OK, 1,
	CLAIM_DISRUPTION},
    {"API", PAGE(GROUP(FINE) "," CHAT("degraded"), ""), OUTCOME_OK, 1, CLAIM_CLEAR},
    {"API", PAGE(GROUP(""), ""), OUTCOME_OK, 1, CLAIM_CLEAR},
    {"", PAGE(GROUP(FINE "," CHAT("maintenance")), ""), OUTCOME_OK, 1,
	CLAIM_INFORMATION},
    /* A component that is watched and not there is unknown. */
    {"Audio", PAGE(GROUP(FINE), ""), OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"Audio", PAGE("", OPEN), OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", PAGE("{\"id\":\"c\",\"name\":\"x\"}", ""), OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    /* Incidents. */
    {"Image", PAGE(FINE, OVER), OUTCOME_OK, 1, CLAIM_CLEAR},
    {"Image", PAGE(FINE, OPEN), OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"Image\n~fail", PAGE(FINE, OPEN "," OVER), OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"Chat", PAGE(CHAT("operational"), OPEN), OUTCOME_OK, 1, CLAIM_CLEAR},
    {"~images", PAGE(CHAT("operational"), OPEN), OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"", PAGE(FINE, INCIDENT("")), OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"", PAGE(FINE, INCIDENT(",\"currentStatus\":\"new word\"")), OUTCOME_OK, 1,
	CLAIM_DISRUPTION},
    {"", PAGE(FINE, INCIDENT(",\"resolved\":true")), OUTCOME_OK, 1, CLAIM_CLEAR},
    {"", PAGE(FINE, INCIDENT(",\"resolvedDate\":\"2026-09-04T19:00:00Z\"")), OUTCOME_OK,
	1, CLAIM_CLEAR},
    {"", PAGE(FINE, INCIDENT(",\"resolvedDate\":null")), OUTCOME_OK, 1,
	CLAIM_DISRUPTION},
    {"", PAGE(FINE, "{\"id\":\"i\",\"componentsAffected\":[" IMAGE("operational") "]}"),
	OUTCOME_OK, 1, CLAIM_INFORMATION},
    {"",
	PAGE(FINE, "{\"id\":\"i\",\"componentsAffected\":[" IMAGE("major_outage") "]}"),
	OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"", PAGE(FINE, "{\"title\":\"x\"}"), OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", PAGE(FINE, "7"), OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    /* Maintenance. */
    {"",
	"{\"components\":[" FINE "],\"incidents\":null,\"maintenances\":[{\"id\":\"m\","
	"\"currentStatus\":\"in_progress\"}]}",
	OUTCOME_OK, 1, CLAIM_INFORMATION},
    {"",
	"{\"components\":[" FINE "],\"incidents\":null,\"maintenances\":[{\"id\":\"m\","
	"\"currentStatus\":\"scheduled\"}]}",
	OUTCOME_OK, 1, CLAIM_CLEAR},
    /* No such page. */
    {"", "{\"components\":7}", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", "{\"components\":[" FINE "],\"incidents\":{}}", OUTCOME_MALFORMED, 0,
	CLAIM_CLEAR},
    {"", "[]", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", "{}", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", "", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
};

static void
test_rows(void **state)
{
	(void)state;
	judge_source_rows(
	    &check, PROBE_DATADOG_STATUS, rows, sizeof(rows) / sizeof(rows[0]));
}

static void
test_texts(void **state)
{
	static const char body[] = PAGE(GROUP(CHAT("partial_outage")), OPEN);
	struct plan_probe probe = judge_probe(PROBE_DATADOG_STATUS);
	struct result result = judge_answer(
	    &check, &probe, 200, "", judge_body(body, sizeof(body) - 1, 7));
	const struct observation *o = result.observation;

	(void)state;
	assert_int_equal(result.observation_len, 2);
	assert_string_equal(o[0].id, "c2");
	assert_string_equal(o[0].title, "Chat: partial outage");
	assert_int_equal(o[0].claim, CLAIM_OUTAGE);
	assert_string_equal(o[1].id, "i1");
	assert_string_equal(o[1].title, "Images fail");
	assert_string_equal(o[1].scope, "Image");
	assert_true(o[1].begin_at.ns == INT64_C(1788546420) * CLOCK_NS_PER_S);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
