/* What others say about themselves comes from their page to `parallax sources`. */
#include "tests/support/test.h"

#include "tests/support/fleet_process.h"

#define STUDIO                                                                         \
	"/$rpc/google.internal.alkali.applications.makersuite.v1.MakerSuiteService/"   \
	"ListIncidentsHistory"

#define ROUTER "/api/v1/models/google/gemini-3-pro-image-preview/endpoints"

static struct fleet_process fleet;
static char yaml[4096];

/* A source of each kind, and what px-upstream is told to say. */
static const struct source {
	const char *name;
	const char *kind;
	const char *url;  /* behind the server's address */
	const char *path; /* of the requests that say something */
	const char *more; /* YAML */
	const char *open; /* states of px-upstream */
	const char *over;
	const char *odd; /* a body that is no such page */
	const char *claim;
	const char *title;
	const char *calm; /* the scope of nothing open */
} sources[] = {
    {"page", "statuspage", "/api/v2/summary.json", "/api/v2/summary.json",
	"components: [Images], match: [image]", "{\"statuspage\":\"outage\"}",
	"{\"statuspage\":\"operational\"}", "{\"statuspage\":{\"body\":{\"x\":1}}}",
	"outage", "Images: major outage", ""},
    {"router", "openrouter-endpoints", ROUTER, ROUTER, "providers: [google-ai-studio]",
	"{\"openrouter_endpoints\":\"degraded\"}",
	"{\"openrouter_endpoints\":\"normal\"}",
	"{\"openrouter_endpoints\":{\"body\":{\"data\":{\"endpoints\":[]}}}}",
	"disruption", "google-ai-studio: deranked, status -2",
	"google-ai-studio 99.6/99.6/98.9 %"},
    {"studio", "aistudio-status", "/status", STUDIO, "components: [Gemini API]",
	"{\"aistudio\":\"open\"}", "{\"aistudio\":\"empty\"}",
	"{\"aistudio\":{\"body\":{\"x\":1}}}", "outage", "Nano Banana Pro outage.", ""},
    {"feed", "feed", "/incidents.rss", "/incidents.rss", "match: [image]",
	"{\"feed\":\"open\"}", "{\"feed\":\"closed\"}",
	"{\"feed\":{\"body\":\"<x/>\"}}", "disruption",
	"Elevated errors for image generation", ""},
    {"google-feed", "gcloud-feed", "/en/feed.atom", "/en/feed.atom",
	"components: [Vertex Gemini API]", "{\"feed\":\"open\"}",
	"{\"feed\":\"closed\"}", "{\"feed\":{\"body\":\"<feed>\"}}", "disruption",
	"Vertex Gemini API is experiencing elevated error rates", ""},
    {"dog", "datadog-status", "/datadog/status.json", "/datadog/status.json",
	"components: ['Image (/api/v1/image)']", "{\"datadog\":\"outage\"}",
	"{\"datadog\":\"operational\"}", "{\"datadog\":{\"body\":{\"x\":1}}}", "outage",
	"Image (/api/v1/image): major outage", ""},
    {"behind", "feed", "/incidents.rss", "/incidents.rss",
	"match: [image], fallback_of: page", "{\"feed\":\"open\"}",
	"{\"feed\":\"closed\"}", "{\"feed\":{\"body\":\"<rss/>\"}}", "disruption",
	"Elevated errors for image generation", ""},
};

enum {
	SOURCES = sizeof(sources) / sizeof(sources[0]),
	PAGE = 0, /* index */
	BEHIND = SOURCES - 1
};

static int
enter(void **state)
{
	const struct fleet_spec spec = {.agents = 1};
	size_t len = (size_t)snprintf(yaml, sizeof(yaml), "sources:\n");

	(void)state;
	fleet_process_open(&fleet, &spec);
	for (size_t i = 0; i < SOURCES; i++) {
		len += (size_t)snprintf(yaml + len, sizeof(yaml) - len,
		    "  - {name: %s, kind: %s, url: 'http://127.0.0.1:%u%s', %s, "
		    "targets: [banana], interval: 200ms}\n",
		    sources[i].name, sources[i].kind, (unsigned)fleet.upstream.http,
		    sources[i].url, sources[i].more);
	}
	assert_true(len < sizeof(yaml));
	fleet.spec.more = yaml;
	fleet_process_write(&fleet);
	fleet_process_start(&fleet);
	return 0;
}

static int
leave(void **state)
{
	(void)state;
	fleet_process_close(&fleet);
	return 0;
}

static void
say(const char *state)
{
	free(upstream_process_control(&fleet.upstream, "PUT", "/state", state));
}

/* The row of `source` in what `parallax sources` shows, to be released. */
static json_t *
row_of(const struct source *source)
{
	json_t *answer = fleet_process_ask("sources");
	char series[64];
	json_t *found = NULL;
	json_t *each;
	size_t i;

	(void)snprintf(series, sizeof(series), "source/%s", source->name);
	json_array_foreach(json_object_get(answer, "sources"), i, each)
	{
		const char *name = json_string_value(json_object_get(each, "series"));

		if (name != NULL && strcmp(name, series) == 0) {
			found = json_incref(each);
		}
	}
	json_decref(answer);
	assert_non_null(found);
	return found;
}

static const char *
text_of(const json_t *row, const char *member)
{
	const char *text = json_string_value(json_object_get(row, member));

	return text != NULL ? text : "";
}

/* The row once it is in that state; pages are read on all the while. */
static json_t *
wait_for(const struct source *source, const char *state)
{
	json_t *row = row_of(source);

	while (strcmp(text_of(row, "state"), state) != 0) {
		json_decref(row);
		fleet_process_requests(&fleet, source->path, 1);
		row = row_of(source);
	}
	return row;
}

static void
pages_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < SOURCES; i++) {
		say(sources[i].over);
		json_t *row = wait_for(&sources[i], "clear");
		assert_string_equal(text_of(row, "scope"), sources[i].calm);
		json_decref(row);
		say(sources[i].open);
		row = wait_for(&sources[i], "incident");
		assert_string_equal(text_of(row, "claim"), sources[i].claim);
		assert_string_equal(text_of(row, "title"), sources[i].title);
		json_decref(row);
		say(sources[i].over);
		json_decref(wait_for(&sources[i], "clear"));
	}
}

/* Not understood and not there are the same: nothing is known. */
static void
bad_pages_are_unknown(void **state)
{
	(void)state;
	for (size_t i = 0; i < SOURCES; i++) {
		say(sources[i].open);
		json_decref(wait_for(&sources[i], "incident"));
		say(sources[i].odd);
		json_decref(wait_for(&sources[i], "unknown"));
		say(sources[i].open);
		json_decref(wait_for(&sources[i], "incident"));
		upstream_process_rule(
		    &fleet.upstream, sources[i].path, "{\"status\":503}");
		json_decref(wait_for(&sources[i], "unknown"));
		upstream_process_rule(&fleet.upstream, "", NULL);
		json_decref(wait_for(&sources[i], "incident"));
	}
}

static bool
is_quiet(const struct source *source)
{
	json_t *row = row_of(source);
	bool quiet = json_is_true(json_object_get(row, "quiet"));

	json_decref(row);
	return quiet;
}

/* A fallback is read all the time, and heard only while its primary is unknown. */
static void
fallback_waits(void **state)
{
	(void)state;
	say(sources[PAGE].over);
	say(sources[BEHIND].open);
	json_decref(wait_for(&sources[PAGE], "clear"));
	json_decref(wait_for(&sources[BEHIND], "incident"));
	assert_true(is_quiet(&sources[BEHIND]));
	upstream_process_rule(&fleet.upstream, sources[PAGE].path, "{\"status\":503}");
	json_decref(wait_for(&sources[PAGE], "unknown"));
	assert_false(is_quiet(&sources[BEHIND]));
	upstream_process_rule(&fleet.upstream, "", NULL);
	json_decref(wait_for(&sources[PAGE], "clear"));
	assert_true(is_quiet(&sources[BEHIND]));
}

static bool
has_flag(const json_t *result, const char *name)
{
	const json_t *flag;
	size_t i;

	json_array_foreach(json_object_get(result, "flags"), i, flag)
	{
		if (strcmp(json_string_value(flag), name) == 0) {
			return true;
		}
	}
	return false;
}

/* Readings of the page behind result number `after`. */
struct readings {
	json_int_t last; /* number of the newest */
	unsigned all;
	unsigned whole; /* sent with what the page says */
};

static struct readings
count_readings(json_int_t after)
{
	struct readings readings = {.last = after};
	json_t *answer = fleet_process_ask("results --limit 1000");
	const json_t *each;
	size_t i;

	json_array_foreach(json_object_get(answer, "results"), i, each)
	{
		json_int_t seq = json_integer_value(json_object_get(each, "seq"));

		if (strcmp(text_of(each, "series"), "source/page") != 0 ||
		    strcmp(text_of(each, "outcome"), "ok") != 0 || seq <= after) {
			continue;
		}
		readings.last = seq > readings.last ? seq : readings.last;
		readings.all++;
		readings.whole += has_flag(each, "unchanged") ? 0 : 1;
	}
	json_decref(answer);
	return readings;
}

/* A page that says the same is sent whole every tenth time, not every time. */
static void
same_is_not_sent_again(void **state)
{
	struct readings readings;
	json_int_t first;

	(void)state;
	say(sources[PAGE].over);
	json_decref(wait_for(&sources[PAGE], "clear"));
	first = count_readings(0).last;
	do {
		fleet_process_requests(&fleet, sources[PAGE].path, 5);
		readings = count_readings(first);
	} while (readings.all < 30);
	assert_true(readings.whole >= 1);
	assert_true(readings.whole * 5 <= readings.all);
	json_decref(wait_for(&sources[PAGE], "clear"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pages_are_read),
	    cmocka_unit_test(bad_pages_are_unknown),
	    cmocka_unit_test(fallback_waits),
	    cmocka_unit_test(same_is_not_sent_again),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
