/* A probe of every kind goes the whole way: from collector.yaml through the plan to an
 * agent, and as a good result back to `parallax results`; what OpenRouter tells of its
 * providers to `parallax sources`. */
#include "tests/support/test.h"

#include "common/core/plan.h"
#include "tests/support/dns_server.h"
#include "tests/support/fleet_process.h"

#define IMAGE  "gemini-3-pro-image-preview"
#define ROUTED "google/" IMAGE

static const struct dns_rule names[] = {
    {.name = "api.loopback.test", .address = {"127.0.0.1"}, .ttl_s = 60},
    {.name = NULL}};

/* One probe or source; %H and %S stand for the server's ports without and with TLS, %D for
 * that of the resolver. */
static const struct line {
	enum probe_kind kind;
	const char *yaml; /* of the entry, without name, kind and interval */
} probes[] = {
    {PROBE_HTTP,
	"url: 'https://127.0.0.1:%S/hotspot-detect.txt', expect_text: success"},
    {PROBE_GEMINI_IMAGE, "url: 'https://127.0.0.1:%S', model: " IMAGE ", key: api"},
    {PROBE_GEMINI_MODEL, "url: 'https://127.0.0.1:%S', model: " IMAGE ", key: api"},
    {PROBE_GEMINI_STREAM, "url: 'https://127.0.0.1:%S', model: " IMAGE ", key: api"},
    {PROBE_GEMINI_MODELS, "url: 'https://127.0.0.1:%S', model: " IMAGE ", key: api"},
    {PROBE_GEMINI_TOKENS, "url: 'https://127.0.0.1:%S', model: " IMAGE ", key: api"},
    {PROBE_VERTEX_IMAGE, "url: 'https://127.0.0.1:%S', model: " IMAGE
			 ", key: account, project: loopback, location: global"},
    {PROBE_VERTEX_IMAGEN,
	"url: 'https://127.0.0.1:%S', model: imagen-4.0-generate-001, key: account, "
	"project: loopback, location: us-central1"},
    {PROBE_VERTEX_TOKENS, "url: 'https://127.0.0.1:%S', model: " IMAGE
			  ", key: account, project: loopback, location: global"},
    {PROBE_OPENAI_IMAGE, "url: 'https://127.0.0.1:%S', model: dall-e-3, key: api"},
    {PROBE_OPENAI_MODELS, "url: 'https://127.0.0.1:%S', model: gpt-image-1, key: api"},
    {PROBE_OPENROUTER_CHAT, "url: 'https://127.0.0.1:%S/api/v1', model: " ROUTED
			    ", key: api, providers: [google-ai-studio]"},
    {PROBE_OPENROUTER_IMAGE, "url: 'https://127.0.0.1:%S/api/v1', model: " ROUTED
			     ", key: api, providers: [google-ai-studio]"},
    {PROBE_OPENROUTER_KEY, "url: 'https://127.0.0.1:%S/api/v1', key: api"},
    {PROBE_TCP, "url: 'tcp://127.0.0.1:%H'"},
    {PROBE_TLS, "url: 'tls://127.0.0.1:%S', expect_days: 1"},
    {PROBE_DNS, "url: 'dns://api.loopback.test', resolver: '127.0.0.1:%D'"},
    {PROBE_ICMP, "url: 'icmp://127.0.0.1'"},
};

static const struct line sources[] = {
    {PROBE_GCLOUD_STATUS,
	"url: 'http://127.0.0.1:%H/incidents.json', products: [Z0FZJAMvEB4j3NbCJs6B]"},
    {PROBE_STATUSPAGE,
	"url: 'http://127.0.0.1:%H/api/v2/summary.json', components: [Images]"},
    {PROBE_AISTUDIO_STATUS,
	"url: 'http://127.0.0.1:%H/status', components: [Gemini API]"},
    {PROBE_OPENROUTER_ENDPOINTS,
	"url: 'https://127.0.0.1:%S/api/v1/models/" ROUTED "/endpoints', key: api, "
	"providers: [google-ai-studio, google-vertex]"},
    {PROBE_OPENROUTER_MODELS,
	"url: 'https://127.0.0.1:%S/api/v1/models', models: [" ROUTED "]"},
    {PROBE_GCLOUD_FEED,
	"url: 'http://127.0.0.1:%H/en/feed.atom', components: [Vertex Gemini API]"},
    {PROBE_FEED, "url: 'http://127.0.0.1:%H/incidents.rss', match: [image]"},
    {PROBE_DATADOG_STATUS,
	"url: 'http://127.0.0.1:%H/datadog/status.json', match: [image]"},
};

enum {
	PROBES = sizeof(probes) / sizeof(probes[0]),
	SOURCES = sizeof(sources) / sizeof(sources[0]),
	ROUNDS = 60
};

static struct fleet_process fleet;
static struct dns_server resolver;
static char targets_yaml[8192];
static char sources_yaml[4096];
static char keys_yaml[1024];

static unsigned
port_of(char mark)
{
	if (mark == 'D') {
		return resolver.port;
	}
	return mark == 'H' ? fleet.upstream.http : fleet.upstream.https;
}

/* Appends `text` with the ports in their places. */
static void
append(char *out, size_t cap, const char *text)
{
	size_t len = strlen(out);

	for (; *text != '\0' && len + 8 < cap; text++) {
		if (text[0] != '%' || strchr("HSD", text[1]) == NULL) {
			out[len++] = *text;
			continue;
		}
		text++;
		len += (size_t)snprintf(out + len, cap - len, "%u", port_of(*text));
	}
	assert_true(len + 8 < cap);
	out[len] = '\0';
}

/* One entry of a list, named as its kind. */
static void
append_entry(char *out, size_t cap, const char *indent, const struct line *line,
    const char *more)
{
	const char *const parts[] = {indent, "- { name: ", probe_kind_name(line->kind),
	    ", kind: ", probe_kind_name(line->kind), ", ", line->yaml, more, " }\n"};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		append(out, cap, parts[i]);
	}
}

/* The key of a service account, as a cloud console hands it out. */
static void
write_account(void)
{
	char path[128];
	char *account;

	(void)snprintf(path, sizeof(path),
	    "/service-account?token_uri=http://127.0.0.1:%u/token",
	    (unsigned)fleet.upstream.http);
	account = upstream_process_control(&fleet.upstream, "GET", path, NULL);
	fleet_process_file("account.json", account);
	free(account);
}

static int
enter(void **state)
{
	const struct fleet_spec spec = {.agents = 1, .has_no_banana = true};

	(void)state;
	dns_server_start(&resolver, 4, names);
	fleet_process_open(&fleet, &spec);
	write_account();
	append(targets_yaml, sizeof(targets_yaml),
	    "  - name: banana\n    provider: google\n    tier: core\n    probes:\n");
	for (size_t i = 0; i < PROBES; i++) {
		append_entry(targets_yaml, sizeof(targets_yaml), "      ", &probes[i],
		    ", role: target, interval: 500ms, timeout: 20s");
	}
	append(sources_yaml, sizeof(sources_yaml), "sources:\n");
	for (size_t i = 0; i < SOURCES; i++) {
		append_entry(sources_yaml, sizeof(sources_yaml), "  ", &sources[i],
		    ", targets: [banana], interval: 500ms, timeout: 20s");
	}
	append(keys_yaml, sizeof(keys_yaml),
	    "  - { name: api, value: 'env:PX_KEY', hosts: ['127.0.0.1:%S'] }\n"
	    "  - { name: account, kind: service-account, value: 'file:account.json',\n"
	    "      hosts: ['127.0.0.1:%S'], token_hosts: ['127.0.0.1:%H'] }\n");
	fleet.spec.targets = targets_yaml;
	fleet.spec.more = sources_yaml;
	fleet_process_write(&fleet);
	fleet_process_write_agent(&fleet, 1, "a1", "r1", keys_yaml);
	fleet_process_start(&fleet);
	return 0;
}

static int
leave(void **state)
{
	(void)state;
	fleet_process_close(&fleet);
	dns_server_stop(&resolver);
	return 0;
}

static const char *
text_of(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text != NULL ? text : "";
}

/* The newest result of a series with that outcome, or of any when NULL; to be released,
 * NULL when there is none. */
static json_t *
newest(const char *target, const char *probe, const char *outcome)
{
	char words[160];
	json_t *answer;
	json_t *found;

	(void)snprintf(words, sizeof(words),
	    "results --limit 1 --target %s --probe %s%s%s", target, probe,
	    outcome != NULL ? " --outcome " : "", outcome != NULL ? outcome : "");
	answer = fleet_process_ask(words);
	found = json_incref(json_array_get(json_object_get(answer, "results"), 0));
	json_decref(answer);
	return found;
}

/* May this machine send echoes? Containers often may not. */
static bool
is_forbidden(const struct line *line, const json_t *result)
{
	return line->kind == PROBE_ICMP && result != NULL &&
	       strcmp(text_of(result, "outcome"), "local_error") == 0;
}

/* Waits for a good result of the kind; says what came instead. */
static unsigned
await_good(const char *target, const struct line *line)
{
	const char *name = probe_kind_name(line->kind);
	json_t *good = NULL;
	json_t *last = NULL;

	for (int i = 0; i < ROUNDS && good == NULL; i++) {
		json_decref(last);
		good = newest(target, name, "ok");
		last = newest(target, name, NULL);
		if (good != NULL || is_forbidden(line, last)) {
			break;
		}
		fleet_process_requests(&fleet, "*", PROBES);
	}
	if (good == NULL && is_forbidden(line, last)) {
		print_message("icmp: skipped, echoes are forbidden here\n");
	} else if (good == NULL) {
		print_error("%s/%s: no good result; the last is %s in %s: %s\n", target,
		    name, text_of(last, "outcome"), text_of(last, "phase"),
		    text_of(last, "detail"));
	}
	bool failed = good == NULL && !is_forbidden(line, last);
	json_decref(good);
	json_decref(last);
	return failed ? 1 : 0;
}

static void
every_kind_has_a_line(void **state)
{
	bool found[PROBE_KIND_COUNT] = {false};

	(void)state;
	for (size_t i = 0; i < PROBES; i++) {
		found[probes[i].kind] = true;
	}
	for (size_t i = 0; i < SOURCES; i++) {
		found[sources[i].kind] = true;
	}
	for (int i = 0; i < PROBE_KIND_COUNT; i++) {
		if (!found[i]) {
			fail_msg("%s has no line", probe_kind_name((enum probe_kind)i));
		}
	}
}

static void
every_kind_arrives(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < PROBES; i++) {
		failed += await_good("banana", &probes[i]);
	}
	for (size_t i = 0; i < SOURCES; i++) {
		failed += await_good("source", &sources[i]);
	}
	assert_int_equal(failed, 0);
}

/* What was measured of both providers is at the source; their latencies, too, since the
 * key was sent along. */
static bool
has_figures(const json_t *source)
{
	static const char *const tags[] = {"google-ai-studio", "google-vertex"};
	bool found[2] = {false};
	const json_t *figure;
	size_t i;

	json_array_foreach(json_object_get(source, "figures"), i, figure)
	{
		const json_t *latency = json_object_get(figure, "latency_ms");

		for (size_t n = 0; n < 2; n++) {
			found[n] |= !json_is_null(latency) &&
				    strcmp(text_of(figure, "provider"), tags[n]) == 0;
		}
	}
	return found[0] && found[1];
}

static bool
shows_figures(void)
{
	json_t *answer = fleet_process_ask("sources");
	const json_t *source;
	bool good = false;
	size_t i;

	json_array_foreach(json_object_get(answer, "sources"), i, source)
	{
		good |= strcmp(text_of(source, "series"),
			    "source/openrouter-endpoints") == 0 &&
			has_figures(source);
	}
	json_decref(answer);
	return good;
}

static void
figures_are_shown(void **state)
{
	bool shown = shows_figures();

	(void)state;
	for (int i = 0; i < ROUNDS && !shown; i++) {
		fleet_process_requests(&fleet, "/api/v1/models/*", 1);
		shown = shows_figures();
	}
	assert_true(shown);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_kind_has_a_line),
	    cmocka_unit_test(every_kind_arrives),
	    cmocka_unit_test(figures_are_shown),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
