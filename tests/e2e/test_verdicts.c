/* Real agents under real faults: three regions of two agents, two keys, a target with a
 * billed and a free probe, three controls, a status page. Each fault is made at the upstream
 * or on the way to it, and named by the collector as the scenario of that name says.
 *
 * `scenario` is a file of tests/sim/suite: what it expects is what is asked for here, so the
 * simulated fleet and this one are held to the same words. */
#include "tests/support/test.h"

#include "collector/core/verdict.h"
#include "tests/support/fleet_process.h"

#include <dirent.h>

enum {
	AGENTS = 6,
	REGIONS = 3,
	VERDICTS_MAX = 4,
	NAME_BYTES = 48,
	PATH_BYTES = 1024,
	GUESSES = 8,
	CALM = 24 /* probes of everybody in a row, about two intervals */
};

struct story {
	const char *name;
	const char *scenario;
	/* rules of px-upstream; %u is the port of its TLS listener */
	const char *rules[3];
	const char *scope; /* in what is told of the incident, "" = any */
	bool pages;
};

#define ALL(shape)                                                                     \
	"{\"id\":\"a\",\"path\":\"/v1beta/*\",\"action\":{\"shape\":\"" shape "\"}}"
#define IMAGE(shape)                                                                   \
	"{\"id\":\"a\",\"path\":\"/v1beta/*generateContent\",\"action\":{\"shape\":"   \
	"\"" shape "\"}}"

/* Agents of region 2 go out from 127.1.2.1 and .2. */
static const struct story stories[] = {
    {"outage", "S02", {ALL("503-overloaded")}, "banana", true},
    {"image calls fail", "S01", {IMAGE("503-overloaded")}, "banana", true},
    {"front end resets", "S14",
	{"{\"id\":\"a\",\"path\":\"tls\",\"action\":{\"bad_tls\":\"expired\"}}"},
	"banana", true},
    {"a region is cut off", "S08",
	{"{\"id\":\"a\",\"path\":\"connect\",\"client\":\"127.1.2.0/24\",\"action\":{"
	 "\"refuse\":true}}"},
	"r2", true},
    {"a region cannot reach the target", "S13",
	{"{\"id\":\"a\",\"path\":\"tls\",\"client\":\"127.1.2.0/24\",\"action\":{"
	 "\"refuse\":true}}"},
	"r2", true},
    {"one agent is cut off", "S16",
	{"{\"id\":\"a\",\"path\":\"connect\",\"client\":\"127.1.3.1\",\"action\":{"
	 "\"refuse\":true}}"},
	"a5", true},
    {"a key is invalid", "S17",
	{"{\"id\":\"a\",\"path\":\"/v1beta/*\",\"key\":\"key-one\",\"action\":{"
	 "\"shape\":\"400-key-invalid\"}}"},
	"project-1", true},
    {"every key is refused", "S18", {ALL("403-leaked")}, "banana", true},
    {"rate limits", "S19", {ALL("429-rate")}, "banana", false},
    {"the filter refuses", "S21", {IMAGE("200-blocked-safety")}, "banana", false},
    {"the model is gone", "S22", {IMAGE("404-model")}, "banana", true},
    {"answers without image", "S23", {IMAGE("200-no-image")}, "banana", true},
    {"a region is blocked", "S43",
	{"{\"id\":\"a\",\"path\":\"/v1beta/*\",\"client\":\"127.1.2.0/24\",\"action\":{"
	 "\"shape\":\"400-location\"}}"},
	"r2", true},
    {"controls fail", "S37",
	{"{\"id\":\"a\",\"path\":\"/generate_204\",\"action\":{\"close\":true}}"}, "",
	false},
};

static struct fleet_process fleet;
static char yaml[8192];

/* ---- the fleet ---- */

static void
write_collector(void)
{
	size_t len = (size_t)snprintf(yaml, sizeof(yaml),
	    "listen: ['tcp://%s']\n"
	    "store: { path: store, size_max: 1GiB }\n"
	    "http: { socket: api.sock }\n"
	    "regions:\n"
	    "  - { name: r1, domain: cloud-1 }\n"
	    "  - { name: r2, domain: cloud-2 }\n"
	    "  - { name: r3, domain: cloud-3 }\n"
	    "agents:\n",
	    fleet.address);

	for (unsigned i = 1; i <= AGENTS; i++) {
		len += (size_t)snprintf(yaml + len, sizeof(yaml) - len,
		    "  - { id: a%u, region: r%u, keys: { google: project-%u } }\n", i,
		    (i + 1) / 2, 2 - i % 2);
	}
	len += (size_t)snprintf(yaml + len, sizeof(yaml) - len,
	    "targets:\n"
	    "  - name: banana\n"
	    "    provider: google\n"
	    "    tier: core\n"
	    "    probes:\n"
	    "      - { name: generate, kind: gemini-image, url: "
	    "'https://127.0.0.1:%u',\n"
	    "          model: gemini-3-pro-image-preview, key: google,\n"
	    "          interval: 500ms, timeout: 2s }\n"
	    "      - { name: model, kind: gemini-model, url: 'https://127.0.0.1:%u',\n"
	    "          model: gemini-3-pro-image-preview, key: google,\n"
	    "          interval: 500ms, timeout: 2s }\n"
	    "controls:\n",
	    (unsigned)fleet.upstream.https, (unsigned)fleet.upstream.https);
	for (unsigned i = 1; i <= 3; i++) {
		len += (size_t)snprintf(yaml + len, sizeof(yaml) - len,
		    "  - { name: control-%u, url: 'http://127.0.0.1:%u/generate_204',\n"
		    "      expect_status: 204, interval: 500ms, timeout: 2s }\n",
		    i, (unsigned)fleet.upstream.http);
	}
	(void)snprintf(yaml + len, sizeof(yaml) - len,
	    "policy: { cooldown: 30m, reopen: 100ms, silent_after: 60s }\n"
	    "channels:\n"
	    "  - { name: pager, kind: webhook, level_min: warning, url: 'env:PX_PAGER' "
	    "}\n");
	fleet_process_file("collector.yaml", yaml);
}

/* Agents of region R go out from 127.1.R.1 and .2; the first of them uses the first key. */
static void
write_agents(void)
{
	for (unsigned i = 1; i <= AGENTS; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "agent-%u.yaml", i);
		(void)snprintf(yaml, sizeof(yaml),
		    "id: a%u\n"
		    "region: r%u\n"
		    "collectors: ['tcp://%s']\n"
		    "spool: { path: spool-%u, size_max: 64MiB }\n"
		    "probe_ca: %s\n"
		    "source_address: 127.1.%u.%u\n"
		    "keys:\n"
		    "  - { name: google, value: 'env:PX_KEY_%u', hosts: "
		    "['127.0.0.1:%u'] }\n",
		    i, (i + 1) / 2, fleet.address, i, fleet.upstream.ca_file,
		    (i + 1) / 2, 2 - i % 2, 2 - i % 2, (unsigned)fleet.upstream.https);
		fleet_process_file(name, yaml);
	}
}

static int
enter(void **state)
{
	const struct fleet_spec spec = {.agents = AGENTS};

	(void)state;
	assert_int_equal(setenv("PX_KEY_1", "key-one-0123456789", 1), 0);
	assert_int_equal(setenv("PX_KEY_2", "key-two-0123456789", 1), 0);
	fleet_process_open(&fleet, &spec);
	write_collector();
	write_agents();
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

/* ---- what the scenario expects ---- */

struct expected {
	char verdict[VERDICTS_MAX][NAME_BYTES];
	size_t len;
};

/* The folder holds S01-....scenario; the name is what stands before the first dash. */
static void
find_file(const char *scenario, char *out_path, size_t cap)
{
	const char *source = getenv("PARALLAX_SOURCE");
	char folder[512];
	struct dirent *entry;
	DIR *dir;

	out_path[0] = '\0';
	(void)snprintf(folder, sizeof(folder), "%s/tests/sim/suite",
	    source != NULL ? source : ".");
	dir = opendir(folder);
	if (dir == NULL) {
		fail_msg("%s is no folder", folder);
	}
	while ((entry = readdir(dir)) != NULL) {
		size_t len = strlen(scenario);

		if (strncasecmp(entry->d_name, scenario, len) == 0 &&
		    (entry->d_name[len] == '-' || entry->d_name[len] == '.' ||
			entry->d_name[len] == '_')) {
			(void)snprintf(out_path, cap, "%s/%s", folder, entry->d_name);
		}
	}
	(void)closedir(dir);
	if (out_path[0] == '\0') {
		fail_msg("%s has no scenario %s", folder, scenario);
	}
}

/* The words of its lines `expect` that are verdicts; S19 and its like expect none, and say
 * with `allow` what may be shown. */
static void
read_expected(const char *scenario, struct expected *out)
{
	char path[PATH_BYTES];
	char line[512];
	FILE *file;

	*out = (struct expected){.len = 0};
	find_file(scenario, path, sizeof(path));
	file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		char *state = NULL;
		char *word = strtok_r(line, " \t\n", &state);
		enum verdict verdict;

		if (word == NULL ||
		    (strcmp(word, "expect") != 0 && strcmp(word, "allow") != 0)) {
			continue;
		}
		while ((word = strtok_r(NULL, " \t\n", &state)) != NULL) {
			if (verdict_find(word, &verdict) && out->len < VERDICTS_MAX) {
				(void)snprintf(
				    out->verdict[out->len++], NAME_BYTES, "%s", word);
			}
		}
	}
	assert_int_equal(fclose(file), 0);
	if (out->len == 0) {
		fail_msg("%s expects no verdict", path);
	}
}

static bool
is_expected(const struct expected *expected, const char *verdict)
{
	for (size_t i = 0; i < expected->len; i++) {
		if (strcmp(expected->verdict[i], verdict) == 0) {
			return true;
		}
	}
	return false;
}

/* ---- telling the world, and hearing of it ---- */

static const char *
text_of(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text != NULL ? text : "";
}

static void
put_rules(const struct story *story)
{
	for (size_t i = 0; i < 3 && story->rules[i] != NULL; i++) {
		free(upstream_process_control(
		    &fleet.upstream, "PUT", "/rules", story->rules[i]));
	}
}

static void
heal(void)
{
	free(upstream_process_control(&fleet.upstream, "DELETE", "/rules", NULL));
}

/* How many messages say that something begins. */
static size_t
count_pages(void)
{
	char *text =
	    upstream_process_control(&fleet.upstream, "GET", "/hooks/pager", NULL);
	json_t *hook = json_loads(text, 0, NULL);
	size_t len = 0;
	json_t *each;
	size_t i;

	json_array_foreach(json_object_get(hook, "deliveries"), i, each)
	{
		json_t *body = json_object_get(each, "body");
		json_t *message = json_is_string(body)
				      ? json_loads(json_string_value(body), 0, NULL)
				      : json_incref(body);

		len += strcmp(text_of(message, "kind"), "firing") == 0 ? 1 : 0;
		json_decref(message);
	}
	json_decref(hook);
	free(text);
	return len;
}

/* As told by `parallax incidents`, to be released. */
static json_t *
incident(json_int_t id)
{
	json_t *answer = fleet_process_ask("incidents --last 1h");
	json_t *found = NULL;
	json_t *each;
	size_t i;

	json_array_foreach(json_object_get(answer, "incidents"), i, each)
	{
		if (json_integer_value(json_object_get(each, "id")) == id) {
			found = json_incref(each);
		}
	}
	json_decref(answer);
	assert_non_null(found);
	return found;
}

static size_t
count_open(void)
{
	json_t *answer = fleet_process_ask("incidents --state open");
	size_t len = json_array_size(json_object_get(answer, "incidents"));

	json_decref(answer);
	return len;
}

/* ---- a story ---- */

/* Why it is believed, for whoever reads that a test failed. */
static void
show(json_int_t id)
{
	char number[24];
	const char *const arguments[] = {CTL_PROGRAM, "explain", number, NULL};
	struct process_output output;

	(void)snprintf(number, sizeof(number), "%lld", (long long)id);
	output = process_run(arguments);
	printf("%s\n", output.text);
	process_output_free(&output);
}

/* True when it is called what the scenario expects, and there. */
static bool
is_told(const struct story *story, const struct expected *expected, json_int_t id)
{
	json_t *told = incident(id);
	const char *scope = text_of(json_object_get(told, "scope"), "text");
	bool fits = is_expected(expected, text_of(told, "verdict")) &&
		    strstr(scope, story->scope) != NULL;

	json_decref(told);
	return fits;
}

/* Once a little more has been seen it is named rightly, and alone. A first guess may have
 * been another one. */
static void
check_told(const struct story *story, const struct expected *expected, json_int_t id)
{
	fleet_process_requests(&fleet, "*", CALM);
	for (unsigned i = 0; i < GUESSES && !is_told(story, expected, id); i++) {
		fleet_process_requests(&fleet, "*", CALM);
	}
	if (!is_told(story, expected, id)) {
		show(id);
		fail_msg("%s: expected %s", story->name, expected->verdict[0]);
	}
	assert_int_equal(count_open(), 1);
}

static void
tell(const struct story *story)
{
	struct expected expected;
	size_t pages = count_pages();
	json_int_t id;

	printf("  %s (%s)\n", story->name, story->scenario);
	(void)fflush(stdout);
	read_expected(story->scenario, &expected);
	put_rules(story);
	id = fleet_process_event(&fleet, "verdict", "opened", NULL);
	if (story->pages) {
		assert_int_equal(
		    fleet_process_event(&fleet, "alert", "delivered", NULL), id);
	}
	check_told(story, &expected, id);
	assert_int_equal(count_pages(), pages + (story->pages ? 1 : 0));
	heal();
	assert_int_equal(fleet_process_event(&fleet, "verdict", "resolved", NULL), id);
	if (story->pages) {
		assert_int_equal(
		    fleet_process_event(&fleet, "alert", "delivered", NULL), id);
	}
	fleet_process_requests(&fleet, "*", CALM);
	assert_int_equal(count_open(), 0);
}

static void
test_stories(void **state)
{
	const char *only = getenv("PARALLAX_STORY");

	(void)state;
	fleet_process_requests(&fleet, "*", 4 * CALM);
	assert_int_equal(count_open(), 0);
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		if (only == NULL || strcmp(only, stories[i].scenario) == 0) {
			tell(&stories[i]);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_stories),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
