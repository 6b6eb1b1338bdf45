/* test_classify_feed - what of a feed is open, over, announced, old, or no feed at all */
#include "tests/support/judge_source.h"
#include "tests/support/test.h"

#include "agent/core/feed.h"

#define RSS(items)                                                                     \
	"<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>all is resolved"  \
	"</title>" items "</channel></rss>"
#define ITEM(title, text)                                                              \
	"<item><title>" title "</title><guid>https://s.example/incidents/i1</guid>"    \
	"<description>" text "</description></item>"
#define ATOM(entries)                                                                  \
	"<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>status</title>" entries    \
	"</feed>"
#define ENTRY(title, text)                                                             \
	"<entry><id>tag:s,2026:1</id><title>" title                                    \
	"</title><content type=\"html\">" text "</content></entry>"
#define CDATA(text)   "<![CDATA[" text "]]>"
#define UPDATE(label) "<p><small>Oct 1, 12:00 UTC</small><br><strong>" label "</strong>"

static struct check check;

static const struct judge_source_row rows[] = {
    {"", RSS(""), OUTCOME_OK, 1, CLAIM_CLEAR},
    {"", ATOM(""), OUTCOME_OK, 1, CLAIM_CLEAR},
    /* Statuspage: every update has a label. */
    {"", RSS(ITEM("Slow", CDATA(UPDATE("Investigating") " - We look."))), OUTCOME_OK, 1,
	CLAIM_DISRUPTION},
    {"",
	RSS(ITEM("Slow", CDATA(UPDATE("Resolved") " - Done.</p>" UPDATE(
			     "Investigating") " - We look.</p>"))),
	OUTCOME_OK, 1, CLAIM_CLEAR},
    {"",
	RSS(ITEM("Slow", CDATA(UPDATE("Monitoring") " - The issue is resolved, we "
						    "watch.</p>"))),
	OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"", RSS(ITEM("Slow", "&lt;strong&gt;RESOLVED&lt;/strong&gt; - Done.")), OUTCOME_OK,
	1, CLAIM_CLEAR},
    {"",
	RSS(ITEM("Slow", "&lt;small&gt;UTC&lt;/small&gt;&lt;b&gt;IDENTIFIED&lt;/b&gt;"
			 " - A fix will be resolved.")),
	OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"", ATOM(ENTRY("Slow", CDATA(UPDATE("Postmortem") " - Sorry."))), OUTCOME_OK, 1,
	CLAIM_CLEAR},
    /* Maintenance: announced is nothing, going on is information. */
    {"", RSS(ITEM("Database maintenance", CDATA(UPDATE("Scheduled") " - Soon."))),
	OUTCOME_OK, 1, CLAIM_CLEAR},
    {"",
	RSS(ITEM("Database maintenance",
	    CDATA(UPDATE("In progress") " - Now.</p>" UPDATE("Scheduled") " - Soon."))),
	OUTCOME_OK, 1, CLAIM_INFORMATION},
    {"",
	RSS(ITEM("Database maintenance",
	    CDATA(UPDATE("Completed") " - Then.</p>" UPDATE("Scheduled") " - Soon."))),
	OUTCOME_OK, 1, CLAIM_CLEAR},
    /* incident.io: one status for the whole, and components with states of their own. */
    {"",
	ATOM(ENTRY(
	    "Errors", CDATA("<b>Status: Resolved</b><br/>Works.<b>Affected "
			    "components</b><ul><li>API (Operational)</li></ul>"))),
	OUTCOME_OK, 1, CLAIM_CLEAR},
    {"",
	ATOM(ENTRY("Errors",
	    CDATA("<b>Status: Monitoring</b><br/>Resolved, we think.<ul><li>API "
		  "(Operational)</li></ul>"))),
	OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"", ATOM(ENTRY("Errors", CDATA("<b>Status: Something new</b><br/>Resolved."))),
	OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"", ATOM(ENTRY("Errors", CDATA("<li>API (Operational)</li>"))), OUTCOME_OK, 1,
	CLAIM_DISRUPTION},
    /* x.ai: status, severity, and both again as categories. */
    {"",
	RSS("<item><title>[API] Slow</title><guid>INC1</guid><description>" CDATA(
	    "<h3>Status: Resolved</h3><p>Severity: Available</p>") "</description>"
								   "<category>"
								   "available</"
								   "category><category>"
								   "resolved</"
								   "category></item>"),
	OUTCOME_OK, 1, CLAIM_CLEAR},
    {"",
	RSS("<item><title>[API] Down</title><guid>INC1</guid><description>" CDATA(
	    "<h3>Status: Investigating</h3><p>Severity: Outage</p>") "</description>"
								     "</item>"),
	OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"",
	RSS("<item><title>Slow</title><guid>1</guid><category>resolved</category>"
	    "</item>"),
	OUTCOME_OK, 1, CLAIM_CLEAR},
    {"",
	ATOM("<entry><title>Slow</title><id>1</id><category term=\"Resolved\"/>"
	     "</entry>"),
	OUTCOME_OK, 1, CLAIM_CLEAR},
    /* Slack and others: prose. */
    {"", RSS(ITEM("Incident: Trouble with files", "We are looking into it.")),
	OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"", RSS(ITEM("Incident: Trouble with files", "This has been resolved. Sorry.")),
	OUTCOME_OK, 1, CLAIM_CLEAR},
    {"", RSS(ITEM("[RESOLVED] Trouble with files", "We are looking into it.")),
	OUTCOME_OK, 1, CLAIM_CLEAR},
    {"", RSS(ITEM("Outage: Trouble with files", "")), OUTCOME_OK, 1, CLAIM_OUTAGE},
    {"", RSS(ITEM("Trouble", "All systems are operational again.")), OUTCOME_OK, 1,
	CLAIM_CLEAR},
    {"", RSS(ITEM("Trouble", "This is not yet resolved.")), OUTCOME_OK, 1,
	CLAIM_DISRUPTION},
    {"", RSS(ITEM("Trouble", "We post until resolved.")), OUTCOME_OK, 1,
	CLAIM_DISRUPTION},
    {"", RSS(ITEM("Trouble", "It will be resolved soon.")), OUTCOME_OK, 1,
	CLAIM_DISRUPTION},
    {"", RSS(ITEM("Trouble", "It isn't resolved.")), OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"", RSS(ITEM("Trouble", "Unresolved. Non-operational.")), OUTCOME_OK, 1,
	CLAIM_DISRUPTION},
    {"", RSS(ITEM("Trouble", "Nothing was lost, and it is not slow. Resolved.")),
	OUTCOME_OK, 1, CLAIM_CLEAR},
    {"", RSS(ITEM("Latency &lt; 5 s", "a &lt; b, resolved > c")), OUTCOME_OK, 1,
	CLAIM_CLEAR},
    /* Whom it concerns: title and text. */
    {"~image", RSS(ITEM("Trouble with Images", "")), OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"~image", RSS(ITEM("Trouble with chats", "")), OUTCOME_OK, 1, CLAIM_CLEAR},
    {"API", RSS(ITEM("Trouble", CDATA("<li>API (Degraded)</li>"))), OUTCOME_OK, 1,
	CLAIM_DISRUPTION},
    {"API\n~chat", RSS(ITEM("Chats", "")), OUTCOME_OK, 1, CLAIM_DISRUPTION},
    /* Two are two; without any name it is not understood. */
    {"", RSS(ITEM("One", "") ITEM("Two", "resolved") ITEM("Three", "")), OUTCOME_OK, 2,
	CLAIM_DISRUPTION},
    {"", RSS("<item><title>One</title></item>"), OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", RSS("<item><title>One</title><link>https://s.example/1</link></item>"),
	OUTCOME_OK, 1, CLAIM_DISRUPTION},
    {"", RSS("<item/>") "<!-- x -->", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    /* XHTML that is not escaped. */
    {"",
	ATOM("<entry><id>1</id><title>Slow</title><content type=\"xhtml\"><div><b>"
	     "Resolved</b> - done</div></content></entry>"),
	OUTCOME_OK, 1, CLAIM_CLEAR},
    /* No feed. */
    {"", "<rss version=\"2.0\"></rss>", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", "<x>" ITEM("One", "") "</x>", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", "<rss><channel>" ITEM("One", "") "</channel>", OUTCOME_MALFORMED, 0,
	CLAIM_CLEAR},
    {"", "<!DOCTYPE rss><rss><channel/></rss>", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", "<?xml version='1.0'?><rss><channel><item>&x;</item></channel></rss>",
	OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", "[]", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
    {"", "", OUTCOME_MALFORMED, 0, CLAIM_CLEAR},
};

static void
test_rows(void **state)
{
	(void)state;
	judge_source_rows(&check, PROBE_FEED, rows, sizeof(rows) / sizeof(rows[0]));
}

static void
test_http(void **state)
{
	static const struct judge_source_http row[] = {
	    {304, OUTCOME_OK, FLAG_UNCHANGED},
	    {404, OUTCOME_BAD_REQUEST, 0},
	    {429, OUTCOME_RATE_LIMITED, 0},
	    {500, OUTCOME_UPSTREAM_ERROR, 0},
	    {503, OUTCOME_UPSTREAM_ERROR, 0},
	};
	static const char html[] =
	    "\n<!DOCTYPE HTML><html><title>Log in</title></html>";
	struct plan_probe probe = judge_probe(PROBE_FEED);
	struct result result = judge_answer(
	    &check, &probe, 200, "text/html", judge_body(html, sizeof(html) - 1, 3));

	(void)state;
	assert_int_equal(result.outcome, OUTCOME_MALFORMED);
	assert_int_equal(result.flags, FLAG_PORTAL);
	assert_string_equal(result.detail, "Log in");
	judge_source_statuses(&check, PROBE_FEED, row, sizeof(row) / sizeof(row[0]));
}

#define DATED(id, date)                                                                \
	"<item><title>Slow " id "</title><guid>" id "</guid><link>https://api.example" \
	"/incidents/" id "</link><pubDate>" date "</pubDate></item>"

/* A run that ended at that time; `step` as judge_body() has it. */
static struct result
judge_at(const char *body, const char *now, size_t step)
{
	struct plan_probe probe = judge_probe(PROBE_FEED);
	struct transport done = {.end = TRANSPORT_DONE, .phase = PHASE_DONE};
	struct result result;
	size_t len = strlen(body);

	assert_true(feed_date(now, &done.started_at));
	check_begin(&check, &probe, NULL);
	check_header(&check, "HTTP/1.1 200 OK\r\n", 17);
	for (size_t at = 0; at < len; at += step) {
		(void)check_body(&check, body + at, len - at < step ? len - at : step);
	}
	check_finish(&check, &done, &result);
	return result;
}

static void
test_age(void **state)
{
	static const char one[] = RSS(DATED("A", "Thu, 01 Oct 2026 12:00:00 GMT"));
	struct result result = judge_at(one, "2026-10-15T11:59:59Z", 5);

	(void)state;
	assert_int_equal(result.observation[0].claim, CLAIM_DISRUPTION);
	assert_string_equal(result.observation[0].id, "A");
	assert_string_equal(
	    result.observation[0].url, "https://api.example/incidents/A");
	assert_true(result.observation[0].modified_at.ns ==
		    INT64_C(1790856000) * CLOCK_NS_PER_S);
	result = judge_at(one, "2026-10-15T12:00:01Z", 5);
	assert_int_equal(result.outcome, OUTCOME_OK);
	assert_int_equal(result.observation_len, 1);
	assert_int_equal(result.observation[0].claim, CLAIM_CLEAR);
}

/* Old entries never push out a new one, in whatever order they come. */
static void
test_many(void **state)
{
	char body[4096];

	(void)state;
	for (int place = 0; place < 30; place += 29) {
		size_t len = (size_t)snprintf(body, sizeof(body), "<rss><channel>");

		for (int i = 0; i < 30; i++) {
			len += (size_t)snprintf(body + len, sizeof(body) - len,
			    "<item><guid>I%d</guid><pubDate>0%d Oct 2026 12:00 EST"
			    "</pubDate></item>",
			    i, i == place ? 9 : 1 + i % 3);
		}
		(void)snprintf(body + len, sizeof(body) - len, "</channel></rss>");
		struct result result = judge_at(body, "2026-10-20T00:00:00Z", 64);
		char id[16];

		(void)snprintf(id, sizeof(id), "I%d", place);
		assert_int_equal(result.observation_len, 1);
		assert_string_equal(result.observation[0].id, id);
	}
}

static void
test_dates(void **state)
{
	static const struct {
		const char *text;
		int64_t second; /* -1 = no date */
	} row[] = {
	    {"Thu, 01 Oct 2026 12:00:00 GMT", 1790856000},
	    {"Thu, 1 Oct 2026 12:00:00 +0000", 1790856000},
	    {" 01 Oct 2026 12:00 UT\n", 1790856000},
	    {"Thu, 01 Oct 2026 05:00:00 PDT", 1790856000},
	    {"Thu, 01 Oct 2026 14:30:00 +0230", 1790856000},
	    {"2026-10-01T12:00:00Z", 1790856000},
	    {"2026-10-01T14:00:00+02:00", 1790856000},
	    {"Thu, 01 Oct 26 12:00:00 GMT", -1},
	    {"Thu, 32 Oct 2026 12:00:00 GMT", -1},
	    {"Thu, 01 Okt 2026 12:00:00 GMT", -1},
	    {"Thu, 01 Oct 2026 12:00:00 MESZ", -1},
	    {"Thu, 01 Oct 2026 12:00:00 +2", -1},
	    {"Thu, 01 Oct 2026 12:00:00", -1},
	    {"Thu,", -1},
	    {"", -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct wall at = {-1};
		bool good = feed_date(row[i].text, &at);

		if (good != (row[i].second >= 0) ||
		    (good && at.ns != row[i].second * CLOCK_NS_PER_S)) {
			fail_msg("%s: %d %lld", row[i].text, good, (long long)at.ns);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_http),
	    cmocka_unit_test(test_age),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_dates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
