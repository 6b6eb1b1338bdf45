/* test_classify_aistudio - rows by their places, and what ends an incident */
#include "tests/support/judge_source.h"
#include "tests/support/test.h"

#define AT1          "[\"1776427200\"]"
#define AT2          "[\"1776466800\"]"
#define UP(code, at) "[" code ",\"2026-04-17 05:00\"," at ",\"We look.\"]"
#define ROW(updates) "[\"I-1\",\"Nano Banana Pro outage.\",2,[" updates "],1,[1]]"
#define OPEN         ROW(UP("1", AT1))
#define OVER         ROW(UP("1", AT1) "," UP("4", AT2))
#define LIST(rows)   "[[[" rows "]]]"

static struct check check;

static const struct judge_source_row rows[] = {
    {"", "[]", OUTCOME_OK, 1, CLAIM_CLEAR},
    {"", "[[]]", OUTCOME_OK, 1, CLAIM_CLEAR},
    {"", "[[[]]]", OUTCOME_OK, 1, CLAIM_CLEAR},
    {"", "[[[[]]]]", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", LIST(OPEN), OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"", LIST(OVER), OUTCOME_OK, 1, CLAIM_CLEAR},
    {"", LIST(OVER "," OPEN "," OVER), OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"", LIST(OPEN "," OPEN), OUTCOME_OK, 2, CLAIM_OUTAGE},
    /* However deep the list is. */
    {"", "[" OPEN "]", OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"", "[[" OPEN "]]", OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"", "[[[[" OPEN "]]]]", OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"", "[[[[[" OPEN "]]]]]", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", "[[[" OVER "," OPEN "]],[[" OPEN "]]]", OUTCOME_OK, 2, CLAIM_OUTAGE},
    /* The newest by its time decides, whatever the order; only 4 ends. */
    {"", LIST(ROW(UP("4", AT2) "," UP("1", AT1))), OUTCOME_OK, 1, CLAIM_CLEAR},
    {"", LIST(ROW(UP("1", AT2) "," UP("4", AT1))), OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"", LIST(ROW(UP("4", AT1) "," UP("1", AT2))), OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"", LIST(ROW(UP("1", AT1) "," UP("4", AT1))), OUTCOME_OK, 1, CLAIM_CLEAR},
    {"", LIST(ROW(UP("1", AT1) "," UP("3", AT2))), OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"", LIST(ROW(UP("1", AT1) "," UP("5", AT2))), OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"", LIST(ROW(UP("1", AT1) "," UP("6", AT2))), OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"", LIST(ROW(UP("1", AT1) "," UP("44", AT2))), OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"", LIST(ROW(UP("1", AT1) "," UP("\"4\"", AT2))), OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"", LIST(ROW(UP("1", AT1) "," UP("4.0", AT2))), OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"", LIST(ROW(UP("1", AT1) "," UP("65540", AT2))), OUTCOME_OK, 1, CLAIM_OUTAGE},
    /* Times that cannot be do not count. */
    {"", LIST(ROW(UP("1", AT1) "," UP("4", "[\"9776466800\"]"))), OUTCOME_OK, 1,
	CLAIM_OUTAGE},
    {"", LIST(ROW(UP("1", AT1) "," UP("4", "[\"soon\"]"))), OUTCOME_OK, 1,
	CLAIM_OUTAGE},
    {"", LIST(ROW(UP("1", AT1) "," UP("4", "[]"))), OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"", LIST(ROW(UP("1", AT1) "," UP("4", "[1776466800]"))), OUTCOME_OK, 1,
	CLAIM_CLEAR},
    {"", LIST(ROW(UP("4", AT1) "," UP("1", "[\"1\",\"1776466800\"]"))), OUTCOME_OK, 1,
	CLAIM_CLEAR},
    {"", LIST(ROW(UP("4", "[\"999999999\"]"))), OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", LIST(ROW(UP("1", "[\"4000000001\"]"))), OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", LIST(ROW("")), OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", LIST(ROW("4")), OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", LIST(ROW("[4,[\"1776466800\"]]")), OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    /* How bad. */
    {"", LIST("[\"I\",\"t\",0,[" UP("1", AT1) "],1,[1]]"), OUTCOME_OK, 1,
	CLAIM_INFORMATION},
    {"", LIST("[\"I\",\"t\",1,[" UP("1", AT1) "],1,[1]]"), OUTCOME_OK, 1,
	CLAIM_DISRUPTION},
    {"", LIST("[\"I\",\"t\",3,[" UP("1", AT1) "],1,[1]]"), OUTCOME_OK, 1,
	CLAIM_DISRUPTION},
    {"", LIST("[\"I\",\"t\",null,[" UP("1", AT1) "],1,[1]]"), OUTCOME_OK, 1,
	CLAIM_DISRUPTION},
    {"", LIST("[\"I\",\"t\",4294967296,[" UP("1", AT1) "],1,[1]]"), OUTCOME_OK, 1,
	CLAIM_DISRUPTION},
    /* Whom it concerns. */
    {"1", LIST(OPEN), OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"Gemini API", LIST(OPEN), OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"3", LIST(OPEN), OUTCOME_OK, 1, CLAIM_CLEAR},
    {"AI Studio", LIST(OPEN), OUTCOME_OK, 1, CLAIM_CLEAR},
    {"AI Studio", LIST("[\"I\",\"t\",2,[" UP("1", AT1) "],1,[1,3]]"), OUTCOME_OK, 1,
	CLAIM_OUTAGE},
    {"1", LIST("[\"I\",\"t\",2,[" UP("1", AT1) "],1,[3]]"), OUTCOME_OK, 1,
	CLAIM_OUTAGE},
    {"7", LIST("[\"I\",\"t\",2,[" UP("1", AT1) "],7]"), OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"1", LIST("[\"I\",\"t\",2,[" UP("1", AT1) "]]"), OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"~banana", LIST(OPEN), OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"~BANANA pro", LIST(OPEN), OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"~video", LIST(OPEN), OUTCOME_OK, 1, CLAIM_CLEAR},
    {"3\n~banana", LIST(OPEN), OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"~video", LIST("[\"I\",\"t\",2,[" UP("1", AT1) "]]"), OUTCOME_OK, 1, CLAIM_CLEAR},
    /* A row that is none is left out, and nothing is clear. */
    {"", LIST("[]," OVER), OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", LIST(OVER ",[]"), OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", LIST("[5,\"x\"]," OPEN), OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"", LIST("[5,\"x\",1,[" UP("1", AT1) "],1,[1]]," OVER), OUTCOME_MALFORMED, 0,
	CLAIM_CLEAR},
    {"", LIST(OVER ",7," OPEN), OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"", LIST(OVER ",\"x\""), OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", LIST(OVER ",{\"id\":1}"), OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", LIST("[\"\",\"t\",2,[" UP("1", AT1) "],1,[1]]"), OUTCOME_MALFORMED, 0,
	CLAIM_CLEAR},
    {"", LIST("[\"I\",\"t\",2,{\"a\":[]},1,[1]]"), OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", "[1]", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", "[null]", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", "[\"error\"]", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", "[{}]", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", "{}", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", "7", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", LIST(OPEN) "]", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", "[[[" OPEN, OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", "", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
};

static void
test_rows(void **state)
{
	(void)state;
	judge_source_rows(
	    &check, PROBE_AISTUDIO_STATUS, rows, sizeof(rows) / sizeof(rows[0]));
}

static void
test_http(void **state)
{
	static const struct judge_source_http row[] = {
	    {401, OUTCOME_AUTH_ERROR, 0},
	    {403, OUTCOME_AUTH_ERROR, 0},
	    {404, OUTCOME_BAD_REQUEST, 0},
	    {429, OUTCOME_RATE_LIMITED, 0},
	    {500, OUTCOME_UPSTREAM_ERROR, 0},
	    {503, OUTCOME_UPSTREAM_ERROR, FLAG_GATEWAY},
	    {302, OUTCOME_MALFORMED, FLAG_PORTAL},
	};

	(void)state;
	judge_source_statuses(
	    &check, PROBE_AISTUDIO_STATUS, row, sizeof(row) / sizeof(row[0]));
}

static void
test_texts(void **state)
{
	static const char body[] =
	    LIST("[\"an id\",\"Errors, mail a@b.example\",1,[" UP("5", AT2) "," UP(
		"1", AT1) "],3,[1,3,1,9]]");
	struct plan_probe probe = judge_probe(PROBE_AISTUDIO_STATUS);

	(void)state;
	probe.url = "https://aistudio.google.com/status?hl=en";
	struct result result = judge_answer(
	    &check, &probe, 200, "", judge_body(body, sizeof(body) - 1, 5));
	const struct observation *o = result.observation;

	assert_int_equal(result.observation_len, 1);
	assert_string_equal(o[0].id, "an id");
	assert_string_equal(o[0].title, "Errors, mail " REDACT_MARK);
	assert_string_equal(o[0].scope, "AI Studio,Gemini API,9");
	assert_string_equal(o[0].url, "https://aistudio.google.com/status");
	assert_true(o[0].begin_at.ns == INT64_C(1776427200) * CLOCK_NS_PER_S);
	assert_true(o[0].created_at.ns == o[0].begin_at.ns);
	assert_true(o[0].modified_at.ns == INT64_C(1776466800) * CLOCK_NS_PER_S);
	assert_string_equal(result.detail, "1 open of 1 entries, 1 kept");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_http),
	    cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
