#include "tests/support/upstream.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/support/upstream_source.h"
#include "tests/support/upstream_state.h"

/* The same incident as upstream_status tells, in the forms meant for feed readers: the
 * Atom feed of Google Cloud with an entry for each update, and the RSS and Atom feeds of
 * status pages with an entry for each incident (RFC 4287; RSS 2.0). And the JSON behind a
 * page that Datadog hosts. Dated like those: from when the state was set. */

#define STAMP_MAX 48
#define FEED_MAX  4096
#define ENTRY_MAX 1600

enum stamp {
	STAMP_OFFSET, /* RFC 3339 with +00:00, as Google writes it */
	STAMP_ZULU,
	STAMP_MICRO, /* with a fraction of a second */
	STAMP_RSS,   /* RFC 822 */
	STAMP_HUMAN,
};

static void
feed_stamp(time_t at, enum stamp stamp, char *out_stamp)
{
	struct tm parts;

	(void)gmtime_r(&at, &parts);
	switch (stamp) {
	case STAMP_OFFSET:
		(void)strftime(out_stamp, STAMP_MAX, "%Y-%m-%dT%H:%M:%S+00:00", &parts);
		break;
	case STAMP_ZULU:
		(void)strftime(out_stamp, STAMP_MAX, "%Y-%m-%dT%H:%M:%SZ", &parts);
		break;
	case STAMP_MICRO:
		(void)strftime(
		    out_stamp, STAMP_MAX, "%Y-%m-%dT%H:%M:%S.123456Z", &parts);
		break;
	case STAMP_RSS:
		(void)strftime(
		    out_stamp, STAMP_MAX, "%a, %d %b %Y %H:%M:%S +0000", &parts);
		break;
	case STAMP_HUMAN:
		(void)strftime(out_stamp, STAMP_MAX, "%Y-%m-%d %H:%M", &parts);
		break;
	}
}

#define PACIFIC_S (7L * 3600)

/* What the state says: is there an incident, is it over, and since when. */
struct feed_state {
	bool any;
	bool over;
	time_t since;
};

/* False after answering with what the test gave. */
static bool
feed_read(const struct upstream_request *request, const char *member,
    struct feed_state *out_state, struct upstream_answer *out)
{
	json_t *state;
	const char *word;

	if (upstream_source_fixed(request, member, out)) {
		upstream_source_tag(request, out);
		return false;
	}
	state = upstream_state_member(request->up->state, member, &out_state->since);
	word = json_string_value(state);
	out_state->any = strcmp(word, "open") == 0 || strcmp(word, "closed") == 0;
	out_state->over = strcmp(word, "closed") == 0;
	json_decref(state);
	return true;
}

static void
feed_send(const struct upstream_request *request, const char *type, const char *text,
    struct upstream_answer *out)
{
	upstream_answer_text(out, 200, type, text);
	upstream_answer_header(out, "Cache-Control", "public, max-age=60");
	upstream_source_tag(request, out);
}

/* One update of the incident in Google's feed; the times for people are Pacific. */
static int
feed_google_entry(time_t since, bool resolved, char *out, size_t cap)
{
	char began[STAMP_MAX];
	char ended[STAMP_MAX];
	char updated[STAMP_MAX];

	feed_stamp(since - 1200 - PACIFIC_S, STAMP_HUMAN, began);
	feed_stamp(since - PACIFIC_S, STAMP_HUMAN, ended);
	feed_stamp(resolved ? since : since - 600, STAMP_OFFSET, updated);
	return snprintf(out, cap,
	    "  <entry>\n"
	    "    <title>%s: Vertex Gemini API is experiencing elevated error "
	    "rates</title>\n"
	    "    <link href=\"https://status.cloud.google.com/incidents/"
	    "LoopbackVertexGemini\" rel=\"alternate\" type=\"text/html\"></link>\n"
	    "    <id>tag:status.cloud.google.com,2026:feed:LoopbackVertexGemini."
	    "Update%s</id>\n"
	    "    <updated>%s</updated>\n"
	    "    <summary type=\"html\">&lt;p&gt; Incident began at &lt;strong&gt;%s"
	    "&lt;/strong&gt;%s%s%s &lt;span&gt;(all times are &lt;strong&gt;US/Pacific"
	    "&lt;/strong&gt;).&lt;/span&gt;&lt;/p&gt;&lt;div&gt;Requests fail with "
	    "elevated errors.&lt;/div&gt;&lt;hr&gt;&lt;p&gt;Affected products: Vertex "
	    "Gemini API&lt;/p&gt;&lt;p&gt;Affected locations: Iowa (us-central1)"
	    "&lt;/p&gt;</summary>\n"
	    "  </entry>\n",
	    resolved ? "RESOLVED" : "UPDATE", resolved ? "2" : "1", updated, began,
	    resolved ? " and ended at &lt;strong&gt;" : "", resolved ? ended : "",
	    resolved ? "&lt;/strong&gt;" : "");
}

static void
feed_google(const struct upstream_request *request, struct upstream_answer *out)
{
	struct feed_state state;
	char resolved[ENTRY_MAX] = "";
	char update[ENTRY_MAX] = "";
	char updated[STAMP_MAX];
	char text[FEED_MAX];

	if (!feed_read(request, "feed", &state, out))
		return;
	if (state.over)
		(void)feed_google_entry(state.since, true, resolved, sizeof(resolved));
	if (state.any)
		(void)feed_google_entry(state.since, false, update, sizeof(update));
	feed_stamp(state.since, STAMP_OFFSET, updated);
	(void)snprintf(text, sizeof(text),
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<feed xmlns=\"http://www.w3.org/2005/Atom\">\n"
	    "  <title>Google Cloud Service Health Updates</title>"
	    "<updated>%s</updated>\n"
	    "  <link href=\"https://status.cloud.google.com/\" rel=\"alternate\" "
	    "type=\"text/html\"></link>\n"
	    "  <author>\n    <name>Google Cloud</name>\n  </author>\n"
	    "  <id>https://status.cloud.google.com/</id>\n%s%s</feed>\n",
	    updated, resolved, update);
	feed_send(request, "application/atom+xml", text, out);
}

/* The updates of the incident, newest first, as markup inside markup. */
static void
feed_story(const struct feed_state *state, char *out, size_t cap)
{
	char began[STAMP_MAX];
	char ended[STAMP_MAX];

	feed_stamp(state->since - 1200, STAMP_HUMAN, began);
	feed_stamp(state->since, STAMP_HUMAN, ended);
	(void)snprintf(out, cap,
	    "%s%s%s&lt;p&gt;&lt;small&gt;%s UTC&lt;/small&gt;&lt;br&gt;&lt;strong&gt;"
	    "Investigating&lt;/strong&gt; - Image generation fails.&lt;/p&gt;",
	    state->over ? "&lt;p&gt;&lt;small&gt;" : "", state->over ? ended : "",
	    state->over ? " UTC&lt;/small&gt;&lt;br&gt;&lt;strong&gt;Resolved"
			  "&lt;/strong&gt; - This incident has been resolved.&lt;/p&gt;"
			: "",
	    began);
}

static void
feed_rss(const struct upstream_request *request, struct upstream_answer *out)
{
	struct feed_state state;
	char story[ENTRY_MAX];
	char published[STAMP_MAX];
	char item[ENTRY_MAX * 2] = "";
	char text[FEED_MAX + ENTRY_MAX];

	if (!feed_read(request, "feed", &state, out))
		return;
	feed_story(&state, story, sizeof(story));
	feed_stamp(state.since, STAMP_RSS, published);
	if (state.any) {
		(void)snprintf(item, sizeof(item),
		    "<item><title>Elevated errors for image generation</title>"
		    "<description>%s</description><pubDate>%s</pubDate>"
		    "<link>http://localhost/incidents/loopback</link>"
		    "<guid>http://localhost/incidents/loopback</guid></item>",
		    story, published);
	}
	(void)snprintf(text, sizeof(text),
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"><channel>"
	    "<title>Loopback Status - Incident History</title>"
	    "<link>http://localhost</link><description>Statuspage</description>"
	    "<pubDate>%s</pubDate>%s</channel></rss>\n",
	    published, item);
	feed_send(request, "application/rss+xml; charset=utf-8", text, out);
}

static void
feed_atom(const struct upstream_request *request, struct upstream_answer *out)
{
	struct feed_state state;
	char story[ENTRY_MAX];
	char begin[STAMP_MAX];
	char updated[STAMP_MAX];
	char entry[ENTRY_MAX * 2] = "";
	char text[FEED_MAX + ENTRY_MAX];

	if (!feed_read(request, "feed", &state, out))
		return;
	feed_story(&state, story, sizeof(story));
	feed_stamp(state.since - 1200, STAMP_ZULU, begin);
	feed_stamp(state.since, STAMP_ZULU, updated);
	if (state.any) {
		(void)snprintf(entry, sizeof(entry),
		    "<entry><id>tag:localhost,2005:Incident/loopback</id>"
		    "<published>%s</published><updated>%s</updated>"
		    "<link rel=\"alternate\" type=\"text/html\" "
		    "href=\"http://localhost/incidents/loopback\"/>"
		    "<title>Elevated errors for image generation</title>"
		    "<content type=\"html\">%s</content></entry>",
		    begin, updated, story);
	}
	(void)snprintf(text, sizeof(text),
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<feed xml:lang=\"en-US\" xmlns=\"http://www.w3.org/2005/Atom\">"
	    "<id>tag:localhost,2005:/history</id>"
	    "<title>Loopback Status - Incident History</title><updated>%s</updated>"
	    "<author><name>Loopback</name></author>%s</feed>\n",
	    updated, entry);
	feed_send(request, "application/atom+xml; charset=utf-8", text, out);
}

#define API_ID   "62d944d3-0000-0000-0000-000000000001"
#define CHAT_ID  "62d944d3-0000-0000-0000-000000000002"
#define IMAGE_ID "62d944d3-0000-0000-0000-000000000003"
#define WEB_ID   "62d944d3-0000-0000-0000-000000000004"

static json_t *
datadog_component(const char *id, const char *name, int position, const char *status)
{
	return json_pack("{s:s,s:s,s:i,s:s,s:s}", "id", id, "name", name, "position",
	    position, "status", status, "type", "Component");
}

static json_t *
datadog_incidents(const char *status, time_t since)
{
	char began[STAMP_MAX];
	char said[STAMP_MAX];
	json_t *affected;

	if (strcmp(status, "operational") == 0)
		return json_array();
	feed_stamp(since - 1200, STAMP_ZULU, began);
	feed_stamp(since, STAMP_MICRO, said);
	affected = json_pack(
	    "[o]", datadog_component(IMAGE_ID, "Image (/api/v1/image)", 1, status));
	return json_pack(
	    "[{s:O,s:s,s:s,s:s,s:s,s:s,s:b,s:n,s:s,s:[{s:o,s:s,s:s,s:s,s:s,"
	    "s:s,s:s}]}]",
	    "componentsAffected", affected, "currentStatus", "investigating",
	    "description", "We are looking into it.", "id",
	    "2a3d415a-0000-0000-0000-000000000005", "lastModifiedAt", said,
	    "publishedDate", began, "resolved", 0, "resolvedDate", "title",
	    "Image generation fails", "timeline", "componentsAffected", affected,
	    "createdAt", said, "startedAt", began, "lastModifiedAt", said,
	    "description", "We are looking into it.", "id",
	    "fccda8e3-0000-0000-0000-000000000006", "status", "investigating");
}

static void
feed_datadog(const struct upstream_request *request, struct upstream_answer *out)
{
	static const struct {
		const char *word;
		const char *status;
	} states[] = {
	    {"degraded", "degraded"},
	    {"outage", "major_outage"},
	    {"maintenance", "maintenance"},
	};
	const char *status = "operational";
	json_t *state;
	time_t since;
	size_t i;

	if (upstream_source_fixed(request, "datadog", out)) {
		upstream_source_tag(request, out);
		return;
	}
	state = upstream_state_member(request->up->state, "datadog", &since);
	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (strcmp(json_string_value(state), states[i].word) == 0)
			status = states[i].status;
	}
	json_decref(state);
	upstream_answer_json(out, 200,
	    json_pack("{s:[{s:s,s:s,s:i,s:s,s:[o,o]},o],s:s,s:b,s:o,s:n,s:s,s:s,s:s}",
		"components", "id", API_ID, "name", "API - Gateway", "position", 0,
		"type", "ComponentGroup", "components",
		datadog_component(
		    CHAT_ID, "Chat (/api/v1/chat/completions)", 0, "operational"),
		datadog_component(IMAGE_ID, "Image (/api/v1/image)", 1, status),
		datadog_component(
		    WEB_ID, "Web & Application Services", 1, "operational"),
		"id", "3bdfe680-0000-0000-0000-000000000000", "enabled", 1, "incidents",
		datadog_incidents(status, since), "maintenances", "name", "Loopback",
		"pageType", "public", "visualizationType",
		"bars_and_uptime_percentage"));
	upstream_source_tag(request, out);
}

const struct upstream_route upstream_feed_routes[] = {
    {"GET", "/en/feed.atom", feed_google},
    {"GET", "/incidents.rss", feed_rss},
    {"GET", "/incidents.atom", feed_atom},
    {"GET", "/datadog/status.json", feed_datadog},
    {NULL, NULL, NULL},
};
