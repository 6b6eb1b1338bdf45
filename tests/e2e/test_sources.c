/* What others say about themselves comes from their page to `parallax sources`. */
#include "tests/support/test.h"

#include "tests/support/fleet_process.h"

#define STUDIO                                                                         \
	"/$rpc/google.internal.alkali.applications.makersuite.v1.MakerSuiteService/"   \
	"ListIncidentsHistory"

#define ROUTER "/api/v1/models/google/gemini-3-pro-image-preview/endpoints"

static struct fleet_process fleet;
static char yaml[2048];

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
};

enum {
	SOURCES = sizeof(sources) / sizeof(sources[0])
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pages_are_read),
	    cmocka_unit_test(bad_pages_are_unknown),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
