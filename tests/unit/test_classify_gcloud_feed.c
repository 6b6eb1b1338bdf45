/* test_classify_gcloud_feed - of Google's updates the newest of an incident decides */
#include "tests/support/judge_source.h"
#include "tests/support/test.h"

#define FEED(entries)                                                                  \
	"<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>x</title>" entries "</"    \
	"feed>"
#define ENTRY(title, id, date, text)                                                   \
	"<entry><title>" title "</title><id>tag:status.cloud.google.com,2026:feed:" id \
	"</id><updated>2026-10-01T" date ":00+00:00</updated><summary type=\"html\">"  \
	"&lt;p&gt;it&lt;/p&gt;" text "</summary></entry>"
#define PRODUCTS                                                                       \
	"&lt;hr&gt;&lt;p&gt;Affected products: Cloud Run, Vertex Gemini API&lt;/p&gt;" \
	"&lt;p&gt;Affected locations: us-east1, Global&lt;/p&gt;"
#define OPEN(date) ENTRY("UPDATE: Slow", "AbC1.u" date, date, PRODUCTS)
#define OVER(date) ENTRY("RESOLVED: Slow", "AbC1.u" date, date, PRODUCTS)
#define OTHER      ENTRY("UPDATE: Other", "XyZ2.u1", "11:00", PRODUCTS)

static struct check check;

static const struct judge_source_row rows[] = {
    {"", FEED(""), OUTCOME_OK, 1, CLAIM_CLEAR},
    {"", FEED(OVER("10:00")), OUTCOME_OK, 1, CLAIM_CLEAR},
    {"", FEED(OPEN("10:00")), OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"", FEED(OVER("10:00") OPEN("09:00")), OUTCOME_OK, 1, CLAIM_CLEAR},
    {"", FEED(OPEN("09:00") OVER("10:00")), OUTCOME_OK, 1, CLAIM_CLEAR},
    {"", FEED(OPEN("11:00") OVER("10:00")), OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"", FEED(OPEN("11:00") OPEN("10:00")), OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"", FEED(OPEN("10:00") OPEN("11:00")), OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"", FEED(OPEN("10:00") OTHER), OUTCOME_OK, 2, CLAIM_DISRUPTION},
    {"", FEED(OVER("10:00") OTHER), OUTCOME_OK, 1, CLAIM_DISRUPTION},
    /* Products by name, each as a whole. */
    {"Vertex Gemini API", FEED(OPEN("10:00")), OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"Vertex Gemini", FEED(OPEN("10:00")), OUTCOME_OK, 1, CLAIM_CLEAR},
    {"Cloud SQL\n~slow", FEED(OPEN("10:00")), OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"Cloud SQL", FEED(ENTRY("UPDATE: x", "A.1", "10:00", "")), OUTCOME_OK, 1,
	CLAIM_DISRUPTION},
    /* Not understood. */
    {"", FEED("<entry><title>UPDATE: x</title><id>a</id></entry>"), OUTCOME_MALFORMED,
	0, CLAIM_CLEAR},
    {"",
	FEED("<entry><title>UPDATE: x</title><id>tag:x:feed:A.1</id><updated>soon"
	     "</updated></entry>"),
	OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", FEED("<entry/>" OPEN("10:00")), OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"", "<feed>", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", "[]", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", "", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
};

static void
test_rows(void **state)
{
	(void)state;
	judge_source_rows(
	    &check, PROBE_GCLOUD_FEED, rows, sizeof(rows) / sizeof(rows[0]));
}

static void
test_texts(void **state)
{
	static const char body[] = FEED(OPEN("10:00"));
	struct plan_probe probe = judge_probe(PROBE_GCLOUD_FEED);
	struct result result = judge_answer(
	    &check, &probe, 200, "", judge_body(body, sizeof(body) - 1, 7));

	(void)state;
	assert_int_equal(result.observation_len, 1);
	assert_string_equal(result.observation[0].id, "AbC1");
	assert_string_equal(result.observation[0].title, "Slow");
	assert_string_equal(result.observation[0].scope, "us-east1,Global");
	assert_string_equal(
	    result.observation[0].url, "https://api.example/incidents/AbC1");
	assert_string_equal(result.detail, "1 open of 1 entries, 1 kept");
}

/* More incidents than are held: nothing is clear. */
static void
test_many(void **state)
{
	static char body[65536];
	struct plan_probe probe = judge_probe(PROBE_GCLOUD_FEED);
	size_t len = (size_t)snprintf(body, sizeof(body), "<feed>");

	(void)state;
	for (int i = 0; i <= CLASSIFY_GCLOUD_FEED_INCIDENTS; i++) {
		len += (size_t)snprintf(body + len, sizeof(body) - len,
		    "<entry><title>RESOLVED: x</title><id>t:feed:I%d.1</id>"
		    "<updated>2026-10-01T10:00:00Z</updated></entry>",
		    i);
	}
	len += (size_t)snprintf(body + len, sizeof(body) - len, "</feed>");
	struct result result =
	    judge_answer(&check, &probe, 200, "", judge_body(body, len, 1000));
	assert_int_equal(result.outcome, OUTCOME_MALFORMED);
	assert_int_equal(result.observation_len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_texts),
	    cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
