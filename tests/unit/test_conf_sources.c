/* test_conf_sources - what an entry of sources may say, and what agents get of it */
#include "collector/shell/conf.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

#define ENTRY(kind, more)                                                              \
	"listen: ['tcp://127.0.0.1:7441']\n"                                           \
	"regions: [{name: r}]\n"                                                       \
	"agents: [{id: a, region: r}]\n"                                               \
	"targets:\n"                                                                   \
	"  - name: t\n"                                                                \
	"    probes: [{name: p, kind: http, role: target, url: 'http://127.0.0.1:1'}]" \
	"\n"                                                                           \
	"sources:\n"                                                                   \
	"  - name: s\n"                                                                \
	"    targets: [t]\n"                                                           \
	"    kind: " kind "\n"                                                         \
	"    url: https://status.example.com/x\n" more

#define HEAD(line) "c.yaml:" line ": sources[0]"

static struct remarks remarks;

static enum err
load(const char *text, struct collector_conf_file **out_file)
{
	enum err err;

	remarks_init(&remarks);
	scratch_write("c.yaml", text, strlen(text));
	err = collector_conf_load("c.yaml", out_file, &remarks);
	assert_int_equal(unlink("c.yaml"), 0);
	return err;
}

static const struct {
	const char *text;
	enum probe_kind kind;
	const char *products;
} good[] = {
    {ENTRY("gcloud-status", "    products: [p1, p2]\n"), PROBE_GCLOUD_STATUS, "p1,p2"},
    {ENTRY("statuspage", "    components: [Images]\n"), PROBE_STATUSPAGE, "Images"},
    {ENTRY("statuspage", "    match: [image]\n"), PROBE_STATUSPAGE, "~image"},
    {ENTRY("openrouter-endpoints", "    providers: [google-vertex, x]\n"),
	PROBE_OPENROUTER_ENDPOINTS, "google-vertex\nx"},
    {ENTRY("openrouter-models", "    models: [google/x, y]\n    key: k\n"),
	PROBE_OPENROUTER_MODELS, "google/x\ny"},
    {ENTRY("gcloud-feed", "    components: [Vertex Gemini API]\n"), PROBE_GCLOUD_FEED,
	"Vertex Gemini API"},
    {ENTRY("feed", "    match: [image]\n"), PROBE_FEED, "~image"},
    {ENTRY("datadog-status", "    components: [Image]\n    match: [image]\n"),
	PROBE_DATADOG_STATUS, "Image\n~image"},
    {ENTRY("aistudio-status", ""), PROBE_AISTUDIO_STATUS, ""},
    {ENTRY("aistudio-status", "    components: [Gemini API]\n    match: [banana]\n"),
	PROBE_AISTUDIO_STATUS, "Gemini API\n~banana"},
    {ENTRY("statuspage",
	 "    match: [image, nano banana]\n    components: ['A, b', c]\n"),
	PROBE_STATUSPAGE, "A, b\nc\n~image\n~nano banana"},
};

static void
test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct collector_conf_file *file = NULL;

		assert_int_equal(load(good[i].text, &file), ERR_OK);
		const struct collector_conf *conf = collector_conf_get(file);
		const struct plan_probe *plan = &conf->probe[1].plan;
		assert_int_equal(conf->topology.probe_len, 2);
		assert_string_equal(plan->series, "source/s");
		assert_int_equal(plan->kind, good[i].kind);
		assert_int_equal(plan->role, ROLE_SOURCE);
		assert_string_equal(plan->products, good[i].products);
		collector_conf_free(file);
	}
}

static const struct {
	const char *text;
	const char *expected; /* the first remark */
} bad[] = {
    {ENTRY("gcloud-status", ""),
	HEAD("8") " has no products, expected those of the status page to watch"},
    {ENTRY("gcloud-status", "    products: [p]\n    components: [Images]\n"),
	HEAD("13") ".components means nothing for kind gcloud-status, expected no "
		   "components"},
    {ENTRY("gcloud-status", "    products: [p]\n    match: [image]\n"),
	HEAD("13") ".match means nothing for kind gcloud-status, expected no match"},
    {ENTRY("gcloud-status", "    products: ['p,q']\n"),
	HEAD("12") ".products[0] is 'p,q', expected a product id of the status page"},
    {ENTRY("statuspage", "    components: [a]\n    fallback_of: s\n"),
	HEAD("13") ".fallback_of is 's', expected the name of another entry of sources "
		   "that stands in for nobody itself"},
    {ENTRY("statuspage",
	 "    components: [a]\n    fallback_of: b\n  - name: b\n    targets: [t]\n"
	 "    kind: feed\n    url: https://b.example/x\n    match: [abc]\n"
	 "    fallback_of: d\n  - name: d\n    targets: [t]\n    kind: feed\n"
	 "    url: https://d.example/x\n    match: [abc]\n"),
	HEAD("13") ".fallback_of is 'b', expected the name of another entry of sources "
		   "that stands in for nobody itself"},
    {ENTRY("statuspage", ""),
	HEAD("8") " has no components and no match, expected one of them"},
    {ENTRY("statuspage", "    match: [image]\n    products: [p]\n"),
	HEAD("13") ".products means nothing for kind statuspage, expected no products"},
    {ENTRY("statuspage", "    components: ['~x']\n"),
	HEAD("12") ".components[0] is '~x', expected the name or id of a component"},
    {ENTRY("statuspage", "    components: [c, '']\n"),
	HEAD("12") ".components[1] is '', expected the name or id of a component"},
    {ENTRY("openrouter-models", ""),
	HEAD("8") " has no models, expected the ids of those to watch"},
    {ENTRY("openrouter-models", "    models: ['']\n"),
	HEAD("12") ".models[0] is '', expected the name or id of a model"},
    {ENTRY("openrouter-endpoints", "    models: [m]\n"),
	HEAD("12") ".models means nothing for kind openrouter-endpoints, expected no "
		   "models"},
    {ENTRY("feed", ""),
	HEAD("8") " has no match, expected parts of the titles to watch for"},
    {ENTRY("feed", "    match: [image]\n    components: [c]\n"),
	HEAD("13") ".components means nothing for kind feed, expected no components"},
    {ENTRY("datadog-status", ""),
	HEAD("8") " has no components and no match, expected one of them"},
    {ENTRY("gcloud-feed", "    match: [image]\n    products: [p]\n"),
	HEAD("13") ".products means nothing for kind gcloud-feed, expected no "
		   "products"},
    {ENTRY("feed", "    match: [image]\n    key: k\n"),
	HEAD("13") ".key means nothing for kind feed, expected no key"},
    {ENTRY("openrouter-models", "    models: [m]\n    key: K\n"),
	HEAD("13") ".key is 'K', expected 1 to 63 of a-z 0-9 . _ - beginning with a "
		   "letter or digit"},
    {ENTRY("openrouter-endpoints", "    components: [c]\n"),
	HEAD("12") ".components means nothing for kind openrouter-endpoints, expected "
		   "no components"},
    {ENTRY("openrouter-endpoints", "    providers: ['']\n"),
	HEAD("12") ".providers[0] is '', expected the name or id of a provider"},
    {ENTRY("statuspage", "    providers: [p]\n    match: [image]\n"),
	HEAD("12") ".providers means nothing for kind statuspage, expected no "
		   "providers"},
    {ENTRY("statuspage", "    match: [im]\n"),
	HEAD("12") ".match[0] is 'im', expected at least 3 letters of a title"},
    {ENTRY("statuspage",
	 "    match: "
	 "[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	 "aaaaaaaaaaaaaaaaaaaaaaaaa]\n"),
	HEAD("12") ".match[0] is "},
};

/* Without `targets`: by tier; figures of a third party are of core only. */
static void
test_tiers(void **state)
{
	static const char text[] =
	    "listen: ['tcp://127.0.0.1:7441']\n"
	    "regions: [{name: r}]\n"
	    "agents: [{id: a, region: r}]\n"
	    "targets:\n"
	    "  - {name: a, tier: test, probes: [{name: p, kind: tcp, url: "
	    "'tcp://127.0.0.1:1'}]}\n"
	    "  - {name: b, tier: important, probes: [{name: p, kind: tcp, url: "
	    "'tcp://127.0.0.1:1'}]}\n"
	    "  - {name: c, tier: core, probes: [{name: p, kind: tcp, url: "
	    "'tcp://127.0.0.1:1'}]}\n"
	    "  - {name: d, probes: [{name: p, kind: tcp, url: 'tcp://127.0.0.1:1'}]}\n"
	    "sources:\n"
	    "  - {name: s, kind: gcloud-status, url: 'https://h/x', products: [p]}\n"
	    "  - {name: f, kind: gcloud-feed, url: 'https://h/y', match: "
	    "[image]}\n"
	    "  - {name: o, kind: openrouter-endpoints, url: 'https://h/z'}\n"
	    "  - {name: n, kind: openrouter-endpoints, url: 'https://h/z', targets: "
	    "[d, "
	    "a]}\n";
	struct collector_conf_file *file = NULL;
	const struct topology *topology;

	(void)state;
	assert_int_equal(load(text, &file), ERR_OK);
	topology = &collector_conf_get(file)->topology;
	assert_true(topology->probe[4].target_mask == 6);
	assert_true(topology->probe[5].target_mask == 6);
	assert_true(topology->probe[6].target_mask == 4);
	assert_true(topology->probe[7].target_mask == 9);
	collector_conf_free(file);
}

static void
test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct collector_conf_file *file = NULL;

		assert_int_equal(load(bad[i].text, &file), ERR_INVALID);
		assert_null(file);
		assert_int_equal(remarks.errors, 1);
		if (strncmp(remarks.remark[0].text, bad[i].expected,
			strlen(bad[i].expected)) != 0) {
			fail_msg("%zu: %s", i, remarks.remark[0].text);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good),
	    cmocka_unit_test(test_bad),
	    cmocka_unit_test(test_tiers),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
