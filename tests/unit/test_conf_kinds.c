/* test_conf_kinds - what a probe of a target may say by its kind, and the controls that
 * nobody wrote */
#include "collector/core/planner.h"
#include "collector/shell/conf.h"
#include "collector/shell/conf_controls.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

#define TOP                                                                            \
	"listen: ['tcp://127.0.0.1:7441']\n"                                           \
	"regions: [{name: r}]\n"                                                       \
	"agents: [{id: a, region: r}]\n"

/* One probe; what differs begins in line 8. */
#define PROBE(kind, more)                                                              \
	TOP "targets:\n"                                                               \
	    "  - name: t\n"                                                            \
	    "    probes:\n"                                                            \
	    "      - name: p\n"                                                        \
	    "        kind: " kind "\n" more

#define LINE(text)   "        " text "\n"
#define API          LINE("url: https://api.example.com") LINE("key: k")
#define MODEL        API LINE("model: m")
#define VERTEX       MODEL LINE("project: my-project")
#define HEAD(number) "c.yaml:" number ": targets[0].probes[0]"

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

static const char *
first_remark(void)
{
	return remarks.len == 0 ? "" : remarks.remark[0].text;
}

/* A plan's members, in the order of the struct; NULL and 0 for what is not looked at. */
static const struct good {
	const char *text;
	struct plan_probe plan;
} good[] = {
    {PROBE("gemini-stream",
	 MODEL LINE("parameters: '{\"temperature\": []}'") LINE("cost: 0.134")
	     LINE("price_in: 2") LINE("price_out: 120.000001")),
	{.kind = PROBE_GEMINI_STREAM,
	    .role = ROLE_TARGET,
	    .parameters = "{\"temperature\": []}",
	    .cost_microusd = 134000,
	    .price_in_microusd = 2000000,
	    .price_out_microusd = 120000001,
	    .timeout_ms = 60000}},
    {PROBE("gemini-models", MODEL),
	{.kind = PROBE_GEMINI_MODELS, .role = ROLE_FREE, .timeout_ms = 10000}},
    {PROBE("gemini-tokens", MODEL LINE("prompt: p")
				LINE("parameters: '{\"generateContentRequest\": {}}'")),
	{.kind = PROBE_GEMINI_TOKENS,
	    .role = ROLE_FREE,
	    .parameters = "{\"generateContentRequest\": {}}"}},
    {PROBE("gemini-tokens", MODEL), {.kind = PROBE_GEMINI_TOKENS, .role = ROLE_FREE}},
    {PROBE("vertex-image", VERTEX LINE("size: 1K")), {.kind = PROBE_VERTEX_IMAGE,
							 .role = ROLE_TARGET,
							 .project = "my-project",
							 .location = "global",
							 .size = "1K"}},
    {PROBE("vertex-imagen", VERTEX LINE("location: us-central1") LINE("cost: '4'")),
	{.kind = PROBE_VERTEX_IMAGEN,
	    .role = ROLE_TARGET,
	    .location = "us-central1",
	    .cost_microusd = 4000000}},
    {PROBE("vertex-tokens", VERTEX), {.kind = PROBE_VERTEX_TOKENS, .role = ROLE_FREE}},
    {PROBE("openai-models", MODEL), {.kind = PROBE_OPENAI_MODELS, .role = ROLE_FREE}},
    {PROBE("openrouter-chat", MODEL LINE("providers: [google-vertex, google/global]")),
	{.kind = PROBE_OPENROUTER_CHAT,
	    .role = ROLE_TARGET,
	    .providers = "google-vertex,google/global"}},
    {PROBE("openrouter-image", MODEL LINE("providers: [x]")),
	{.kind = PROBE_OPENROUTER_IMAGE, .role = ROLE_TARGET, .providers = "x"}},
    {PROBE("openrouter-key", API),
	{.kind = PROBE_OPENROUTER_KEY, .role = ROLE_FREE, .model = ""}},
    {PROBE("http", LINE("url: https://h/status") LINE("expect_text: fine")
		       LINE("expect_pointer: /a~1b/0") LINE("expect_value: 'true'")),
	{.kind = PROBE_HTTP,
	    .role = ROLE_FREE,
	    .expect_text = "fine",
	    .expect_pointer = "/a~1b/0",
	    .expect_value = "true"}},
    {PROBE("tcp", LINE("url: tcp://api.example.com:443") LINE("role: target")),
	{.kind = PROBE_TCP, .role = ROLE_TARGET}},
    {PROBE("tls", LINE("url: tls://[2001:db8::1]:443") LINE("family: ipv6")),
	{.kind = PROBE_TLS, .role = ROLE_FREE, .expect_days = 14, .family = 6}},
    {PROBE("tls", LINE("url: tls://h:8443") LINE("expect_days: 30")),
	{.kind = PROBE_TLS, .role = ROLE_FREE, .expect_days = 30}},
    {PROBE("dns", LINE("url: dns://api.example.com") LINE("resolver: 192.0.2.1")
		      LINE("family: ipv4")),
	{.kind = PROBE_DNS, .role = ROLE_FREE, .resolver = "192.0.2.1", .family = 4}},
    {PROBE("dns", LINE("url: dns://h") LINE("resolver: '[2001:db8::1]:5353'")),
	{.kind = PROBE_DNS, .role = ROLE_FREE, .resolver = "[2001:db8::1]:5353"}},
    {PROBE("dns", LINE("url: dns://h") LINE("resolver: '2001:db8::1'")),
	{.kind = PROBE_DNS, .role = ROLE_FREE, .resolver = "2001:db8::1"}},
    {PROBE("http", LINE("url: https://h") LINE("family: ipv6")),
	{.kind = PROBE_HTTP, .role = ROLE_FREE, .family = 6}},
    {PROBE("gemini-image", MODEL LINE("family: ipv4")),
	{.kind = PROBE_GEMINI_IMAGE, .role = ROLE_TARGET, .family = 4}},
    {PROBE("openrouter-key", API LINE("family: ipv6")),
	{.kind = PROBE_OPENROUTER_KEY, .role = ROLE_FREE, .family = 6}},
    {PROBE("icmp", LINE("url: icmp://192.0.2.1")),
	{.kind = PROBE_ICMP, .role = ROLE_FREE}},
};

static void
assert_text(const char *wanted, const char *got)
{
	if (wanted != NULL) {
		assert_string_equal(plan_text(got), wanted);
	}
}

static void
test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct collector_conf_file *file = NULL;
		const struct plan_probe *want = &good[i].plan;

		if (load(good[i].text, &file) != ERR_OK) {
			fail_msg("%zu: %s", i, first_remark());
		}
		const struct plan_probe *got = &collector_conf_get(file)->probe[0].plan;
		assert_int_equal(got->kind, want->kind);
		assert_int_equal(got->role, want->role);
		assert_text(want->project, got->project);
		assert_text(want->location, got->location);
		assert_text(want->providers, got->providers);
		assert_text(want->size, got->size);
		assert_text(want->parameters, got->parameters);
		assert_text(want->expect_text, got->expect_text);
		assert_text(want->expect_pointer, got->expect_pointer);
		assert_text(want->expect_value, got->expect_value);
		assert_text(want->resolver, got->resolver);
		assert_int_equal(got->family, want->family);
		assert_int_equal(got->expect_days, want->expect_days);
		assert_int_equal(got->cost_microusd, want->cost_microusd);
		assert_int_equal(got->price_in_microusd, want->price_in_microusd);
		assert_int_equal(got->price_out_microusd, want->price_out_microusd);
		if (want->timeout_ms != 0) {
			assert_int_equal(got->timeout_ms, want->timeout_ms);
		}
		collector_conf_free(file);
	}
}

static const struct {
	const char *text;
	const char *expected; /* the only remark that is an error */
} bad[] = {
    {PROBE("vertex-image", MODEL),
	HEAD("7") " has no project, expected that of the key for kind vertex-image"},
    {PROBE("vertex-image", MODEL LINE("project: My Project")),
	HEAD("12") ".project is 'My Project', expected the id of a project of Google "
		   "Cloud"},
    {PROBE("vertex-image", VERTEX LINE("location: us/central1")),
	HEAD("13") ".location is 'us/central1', expected a region like us-central1, or "
		   "global"},
    {PROBE("gemini-image", MODEL LINE("project: p")),
	HEAD("12") ".project means nothing for kind gemini-image, expected no project"},
    {PROBE("gemini-image", MODEL LINE("location: l")),
	HEAD("12") ".location means nothing for kind gemini-image, expected no "
		   "location"},
    {PROBE("gemini-image", MODEL LINE("providers: [p]")),
	HEAD("12") ".providers means nothing for kind gemini-image, expected no "
		   "providers"},
    {PROBE("openrouter-chat", MODEL LINE("providers: [a, 'b,c']")),
	HEAD("12") ".providers[1] is 'b,c', expected a provider's tag like "
		   "google-vertex"},
    {PROBE("openrouter-key", API LINE("model: m")),
	HEAD("11") ".model means nothing for kind openrouter-key, expected no model"},
    {PROBE("openrouter-key", LINE("url: https://h")),
	HEAD("7") " has no key, expected the name of one for kind openrouter-key"},
    {PROBE("openai-models", API),
	HEAD("7") " has no model, expected one for kind openai-models"},
    {PROBE("openai-models", MODEL LINE("prompt: p")),
	HEAD("12") ".prompt means nothing for kind openai-models, expected no prompt"},
    {PROBE("gemini-tokens", MODEL LINE("size: 1K")),
	HEAD("12") ".size means nothing for kind gemini-tokens, expected no size"},
    {PROBE("gemini-models", MODEL LINE("parameters: '{}'")),
	HEAD("12") ".parameters means nothing for kind gemini-models, expected no "
		   "parameters"},
    {PROBE("http", LINE("url: https://h") LINE("cost: 1")),
	HEAD("10") ".cost means nothing for kind http, expected no cost"},
    {PROBE("http", LINE("url: https://192.0.2.1") LINE("family: ipv6")),
	HEAD("10") ".family is 'ipv6', and `url` holds an address of the other family, "
		   "expected a name there, or no family"},
    {PROBE("tcp", LINE("url: tcp://[2001:db8::1]:1") LINE("family: ipv4")),
	HEAD("10") ".family is 'ipv4', and `url` holds an address of the other family, "
		   "expected a name there, or no family"},
    {PROBE("gemini-image", MODEL LINE("parameters: '[1]'")),
	HEAD("12") ".parameters is no JSON object, expected one like '{\"seed\": 1}'"},
    {PROBE("gemini-image", MODEL LINE("parameters: '{\"a\": 1'")),
	HEAD("12") ".parameters is no JSON object, expected one like '{\"seed\": 1}'"},
    {PROBE("gemini-image", MODEL LINE("parameters: {a: 1}")),
	HEAD("12") ".parameters is a mapping, expected a text"},
    {PROBE("gemini-image", MODEL LINE("parameters: '{\"responseModalities\": []}'")),
	HEAD("12") ".parameters has the member 'responseModalities', which probes of "
		   "kind gemini-image write themselves, expected others"},
    {PROBE("gemini-image",
	 MODEL LINE("size: 1K") LINE("parameters: '{\"imageConfig\": {}}'")),
	HEAD("13") ".parameters has the member 'imageConfig', which probes of kind "
		   "gemini-image write themselves, expected others"},
    {PROBE(
	 "gemini-image", MODEL LINE("parameters: '{\"a\": {\"b\": {\"c\": [[1]]}}}'")),
	HEAD("12") ".parameters is 5 levels deep, expected at most 4"},
    {PROBE("openai-image", MODEL LINE("parameters: '{\"a\": {}, \"n\": 2}'")),
	HEAD("12") ".parameters has the member 'n', which probes of kind openai-image "
		   "write themselves, expected others"},
    {PROBE("openrouter-chat", MODEL LINE("parameters: '{\"provider\": {}}'")),
	HEAD("12") ".parameters has the member 'provider', which probes of kind "
		   "openrouter-chat write themselves, expected others"},
    {PROBE("gemini-image", MODEL LINE("cost: free")),
	HEAD("12") ".cost is 'free', expected US dollars like 5 or 0.134, with at most "
		   "6 decimals"},
    {PROBE("gemini-image", MODEL LINE("cost: 0.1234567")),
	HEAD("12") ".cost is '0.1234567', expected US dollars like 5 or 0.134, with at "
		   "most 6 decimals"},
    {PROBE("gemini-image", MODEL LINE("cost: -1")),
	HEAD("12") ".cost is '-1', expected US dollars like 5 or 0.134, with at most 6 "
		   "decimals"},
    {PROBE("gemini-image", MODEL LINE("cost: 1.")),
	HEAD("12") ".cost is '1.', expected US dollars like 5 or 0.134, with at most 6 "
		   "decimals"},
    {PROBE("gemini-image", MODEL LINE("cost: 0.000")),
	HEAD("12") ".cost is 0.000, expected 0.000001 to 4000 US dollars"},
    {PROBE("gemini-image", MODEL LINE("cost: 4000.01")),
	HEAD("12") ".cost is 4000.01, expected 0.000001 to 4000 US dollars"},
    {PROBE("gemini-model", MODEL LINE("cost: 1")),
	HEAD("12") ".cost means nothing for kind gemini-model, expected no cost"},
    {PROBE("vertex-imagen", VERTEX LINE("price_in: 1")),
	HEAD("13") ".price_in means nothing for kind vertex-imagen, expected no "
		   "price_in"},
    {PROBE("http", LINE("url: https://h") LINE("price_out: 1")),
	HEAD("10") ".price_out means nothing for kind http, expected no price_out"},
    {PROBE("http", LINE("url: https://h") LINE("expect_text: ''")),
	HEAD("10") ".expect_text is empty, expected a part of the body"},
    {PROBE("http", LINE("url: https://h") LINE("expect_value: x")),
	HEAD("10") ".expect_value is compared with nothing, expected `expect_pointer` "
		   "beside it"},
    {PROBE("http", LINE("url: https://h") LINE("expect_pointer: status")),
	HEAD("10") ".expect_pointer is 'status', expected a JSON pointer like "
		   "/status/0/name"},
    {PROBE("http", LINE("url: https://h") LINE("expect_pointer: /a~2")),
	HEAD("10") ".expect_pointer is '/a~2', expected a JSON pointer like "
		   "/status/0/name"},
    {PROBE("http",
	 LINE("url: https://h") LINE("expect_pointer: /a") LINE("expect_value: ''")),
	HEAD("11") ".expect_value is empty, expected a value, or no line when it only "
		   "has to be there"},
    {PROBE("http", LINE("url: https://h") LINE("expect_days: 3")),
	HEAD("10") ".expect_days means nothing for kind http, expected no expect_days"},
    {PROBE("http", LINE("url: https://h") LINE("resolver: 192.0.2.1")),
	HEAD("10") ".resolver means nothing for kind http, expected no resolver"},
    {PROBE("tcp", LINE("url: tcp://h:1") LINE("family: 4")),
	HEAD("10") ".family is '4', expected one of ipv4, ipv6"},
    {PROBE("http", LINE("url: tcp://h:1")),
	HEAD("9") ".url is no web address, expected http:// or https://, a host, no "
		  "user or password"},
    {PROBE("tcp", LINE("url: tcp://h")),
	HEAD("9") ".url is no address for kind tcp, expected tcp://HOST:PORT"},
    {PROBE("tcp", LINE("url: https://h:443")),
	HEAD("9") ".url is no address for kind tcp, expected tcp://HOST:PORT"},
    {PROBE("tls", LINE("url: tls://h:443/x")),
	HEAD("9") ".url is no address for kind tls, expected tls://HOST:PORT"},
    {PROBE("dns", LINE("url: dns://h:53")),
	HEAD("9") ".url is no address for kind dns, expected dns://NAME"},
    {PROBE("icmp", LINE("url: icmp://h:1")),
	HEAD("9") ".url is no address for kind icmp, expected icmp://HOST"},
    {PROBE("icmp", LINE("url: icmp://h") LINE("key: k")),
	HEAD("10") ".key means nothing for kind icmp, expected no key"},
    {PROBE("tls", LINE("url: tls://h:443") LINE("expect_days: 0")),
	HEAD("10") ".expect_days is '0', expected a number from 1 to 3650"},
    {PROBE("tls", LINE("url: tls://h:443") LINE("expect_status: 200")),
	HEAD("10") ".expect_status means nothing for kind tls, expected no "
		   "expect_status"},
    {PROBE("dns", LINE("url: dns://h") LINE("resolver: ns.example.com")),
	HEAD("10") ".resolver is 'ns.example.com', expected an address like 192.0.2.1 "
		   "or [2001:db8::1]:53"},
    {PROBE("dns", LINE("url: dns://h") LINE("resolver: 192.0.2.1:0")),
	HEAD("10") ".resolver is '192.0.2.1:0', expected an address like 192.0.2.1 or "
		   "[2001:db8::1]:53"},
    {TOP "controls: []\ntargets: [{name: t, probes: [{name: p, kind: tcp, url: "
	 "'tcp://h:1'}]}]\n",
	"c.yaml:4: controls is empty, and a fault of our network would look like one "
	"of the provider: expected no `controls` for a set of well-known ones, or "
	"`without_controls: true`"},
    {TOP "controls: [{name: c, url: 'https://h/', expect_text: ''}]\ntargets: "
	 "[{name: t, probes: [{name: p, kind: tcp, url: 'tcp://h:1'}]}]\n",
	"c.yaml:4: controls[0].expect_text is empty, expected a part of the body"},
    {TOP "targets: [{name: t, probes: [{name: p, kind: tcp, url: 'tcp://h:1'}]}]\n"
	 "sources: [{name: s, kind: openrouter-endpoints, url: 'https://h/z'}]\n",
	"c.yaml:5: sources[0] has no targets, and there is none of tier core, expected "
	"the names of those it speaks about"},
    {TOP "targets: [{name: t, probes: [{name: p, kind: tcp, url: 'tcp://h:1'}]}]\n"
	 "channels: [{name: c, kind: log, tiers: [core, gold]}]\n",
	"c.yaml:5: channels[0].tiers[1] is 'gold', expected one of core, important, "
	"normal, test"},
    {TOP "without_controls: true\ncontrols: [{name: c, url: 'https://h/'}]\ntargets: "
	 "[{name: t, probes: [{name: p, kind: tcp, url: 'tcp://h:1'}]}]\n",
	"c.yaml:4: without_controls is true beside controls, expected one or the "
	"other"},
};

static void
test_bad(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct collector_conf_file *file = NULL;
		enum err err = load(bad[i].text, &file);

		if (err == ERR_OK || remarks.errors != 1 ||
		    strcmp(first_remark(), bad[i].expected) != 0) {
			print_error("%zu: %s\n got %s\nwant %s\n", i, err_name(err),
			    first_remark(), bad[i].expected);
			wrong++;
		}
		collector_conf_free(file);
	}
	assert_int_equal(wrong, 0);
}

static const struct {
	const char *text;
	const char *expected; /* among the warnings */
} doubtful[] = {
    {PROBE("openrouter-chat", MODEL),
	HEAD("7") " has no providers: the router goes round a provider that fails, so "
		  "that its fault is never seen, expected one"},
    {PROBE("vertex-image",
	 LINE("url: https://aiplatform.googleapis.com") LINE("key: k") LINE("model: m")
	     LINE("project: p") LINE("location: us-east1")),
	HEAD("13") ".location is 'us-east1' at the host of global, expected "
		   "us-east1-aiplatform.googleapis.com as host"},
    {PROBE("vertex-image",
	 LINE("url: https://us-east1-aiplatform.googleapis.com") LINE("key: k")
	     LINE("model: m") LINE("project: p") LINE("location: us-east4")),
	HEAD("13") ".location is 'us-east4' at the host of another region, expected "
		   "that of the host"},
    {PROBE("tcp", LINE("url: tcp://h:1")) "without_controls: true\n",
	"c.yaml:10: without_controls cannot tell 'Region network fault' of region 'r' "
	"from 'Upstream front end down' everywhere (and 9 more such pairs), expected "
	"controls, of different operators"},
};

static void
test_doubtful(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(doubtful) / sizeof(doubtful[0]); i++) {
		struct collector_conf_file *file = NULL;
		bool found = false;

		assert_int_equal(load(doubtful[i].text, &file), ERR_OK);
		for (size_t k = 0; k < remarks.len; k++) {
			found = found || strcmp(remarks.remark[k].text,
					     doubtful[i].expected) == 0;
		}
		for (size_t k = 0; !found && k < remarks.len; k++) {
			print_error(" got %s\n", remarks.remark[k].text);
		}
		if (!found) {
			fail_msg("%zu: %s", i, doubtful[i].expected);
		}
		collector_conf_free(file);
	}
}

/* An agent begins all of them at one instant, and nothing else then. */
static void
assert_one_round(const struct collector_conf *conf)
{
	struct arena arena;
	void *memory = malloc((size_t)1 << 20);
	const struct planner *planner;
	struct plan plan;

	assert_non_null(memory);
	arena_init(&arena, memory, (size_t)1 << 20);
	planner = planner_init(&arena, conf);
	assert_non_null(planner);
	plan = planner_make(planner, 0, &arena);
	assert_int_equal(plan.len, 7);
	for (size_t i = 1; i < plan.len; i++) {
		assert_int_equal(plan.probe[i].interval_ms, plan.probe[1].interval_ms);
		assert_int_equal(plan.probe[i].phase_ms, plan.probe[1].phase_ms);
	}
	assert_int_not_equal(plan.probe[0].phase_ms, plan.probe[1].phase_ms);
	free(memory);
}

/* What nobody wrote: the well-known controls, one round, one on Google's network; but not
 * for targets that are here, of which the way to the outside says nothing. */
static void
test_default_controls(void **state)
{
	struct collector_conf_file *file = NULL;
	const struct collector_conf *conf;

	(void)state;
	assert_int_equal(load(PROBE("http", LINE("url: https://h")), &file), ERR_OK);
	conf = collector_conf_get(file);
	assert_int_equal(conf->topology.probe_len, 7);
	assert_string_equal(conf->probe[1].plan.series, "control/google-edge");
	for (size_t i = 1; i < 7; i++) {
		assert_int_equal(conf->topology.probe[i].role, ROLE_CONTROL);
		assert_int_equal(conf->probe[i].plan.interval_ms, 60000);
		assert_int_not_equal(conf->probe[i].plan.expect_status, 0);
		assert_true(conf_controls_is_ours(&conf->probe[i].plan));
	}
	assert_one_round(conf);
	assert_string_equal(conf->probe[3].plan.expect_text, "Success");
	collector_conf_free(file);

	file = NULL;
	assert_int_equal(
	    load(PROBE("http", LINE("url: http://127.0.0.1:9")), &file), ERR_OK);
	assert_int_equal(collector_conf_get(file)->topology.probe_len, 1);
	collector_conf_free(file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good),
	    cmocka_unit_test(test_bad),
	    cmocka_unit_test(test_doubtful),
	    cmocka_unit_test(test_default_controls),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
