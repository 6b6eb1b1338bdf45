/* collector.yaml: what is read, what the core gets of it, and what is said about what
 * cannot work or will answer badly. */
#include "tests/support/test.h"

#include "collector/shell/conf.h"
#include "tests/support/scratch.h"

#define S INT64_C(1000000000)

/* Complete and without a warning. Lines are counted on in the tables below. */
static const char base[] =
    "listen: ['tcp://127.0.0.1:7441']\n" /* 1 */
    "store: {path: /store, size_max: 1GiB}\n"
    "http: {socket: /run/s}\n"
    "log_level: warn\n"
    "regions:\n" /* 5 */
    "  - {name: east, domain: cloud-a}\n"
    "  - {name: west, domain: cloud-b}\n"
    "agents:\n"
    "  - {id: east-1, region: east, keys: {google: one}}\n"
    "  - {id: east-2, region: east, keys: {google: two}}\n" /* 10 */
    "  - {id: west-1, region: west, keys: {google: one}}\n"
    "  - {id: west-2, region: west, keys: {google: two}}\n"
    "targets:\n"
    "  - name: banana\n"
    "    group: images\n" /* 15 */
    "    provider: google\n"
    "    tier: core\n"
    "    serving: {east: asia, west: asia}\n"
    "    probes:\n"
    "      - name: generate\n" /* 20 */
    "        kind: gemini-image\n"
    "        url: https://api.example.com\n"
    "        model: banana-3\n"
    "        key: google\n"
    "        size: 1K\n" /* 25 */
    "        interval: 10m\n"
    "        timeout: 90s\n"
    "        connect_timeout: 3s\n"
    "      - name: model\n"
    "        kind: gemini-model\n" /* 30 */
    "        url: https://api.example.com\n"
    "        model: banana-3\n"
    "        key: google\n"
    "  - name: front\n"
    "    tier: test\n" /* 35 */
    "    probes:\n"
    "      - name: get\n"
    "        kind: http\n"
    "        role: target\n"
    "        url: https://www.example.com/\n" /* 40 */
    "        expect_status: 204\n"
    "        interval: 2m\n"
    "        regions: [west]\n"
    "controls:\n"
    "  - {name: a, url: 'https://a.example.net/', expect_status: 204}\n" /* 45 */
    "  - {name: b, url: 'https://b.example.org/', interval: 60s}\n"
    "  - {name: c, url: 'https://c.example.com/', timeout: 2s}\n"
    "sources:\n"
    "  - name: status\n"
    "    kind: gcloud-status\n" /* 50 */
    "    url: https://status.example.com/incidents.json\n"
    "    products: [p1, p2]\n"
    "    targets: [front]\n"
    "    interval: 3m\n"
    "policy: {cooldown: 20m, reopen: 10m, silent_after: 150s}\n" /* 55 */
    "channels:\n"
    "  - {name: log, kind: log, level_min: info, updates: true}\n"
    "  - {name: hook, kind: webhook, url: 'env:HOOK', secret: 'file:/s'}\n"
    "retention: {results: 10d}\n";

static struct remarks remarks;

static const char *
all_remarks(void)
{
	static char text[16384];
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < remarks.len && len < sizeof(text); i++) {
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
		    i == 0 ? "" : "\n", remarks.remark[i].text);
	}
	return text;
}

static enum err
load(const char *text, size_t len, struct collector_conf_file **out_file)
{
	enum err err;

	remarks_init(&remarks);
	scratch_write("c.yaml", text, len);
	err = collector_conf_load("c.yaml", out_file, &remarks);
	assert_int_equal(unlink("c.yaml"), 0);
	return err;
}

static enum err
load_with(const char *text, const struct registry *members,
    struct collector_conf_file **out_file)
{
	enum err err;

	remarks_init(&remarks);
	scratch_write("c.yaml", text, strlen(text));
	err = collector_conf_load_with("c.yaml", members, out_file, &remarks);
	assert_int_equal(unlink("c.yaml"), 0);
	return err;
}

static const struct collector_conf *
load_base(struct collector_conf_file **out_file)
{
	enum err err = load(base, strlen(base), out_file);

	assert_string_equal(all_remarks(), "");
	assert_int_equal(err, ERR_OK);
	return collector_conf_get(*out_file);
}

static void
test_top(void **state)
{
	struct collector_conf_file *file = NULL;
	const struct collector_conf *conf = load_base(&file);

	(void)state;
	assert_int_equal(conf->listen_len, 1);
	assert_string_equal(conf->listen[0], "tcp://127.0.0.1:7441");
	assert_string_equal(conf->store_path, "/store");
	assert_int_equal(conf->store_bytes_max, 1 << 30);
	assert_string_equal(conf->http_socket, "/run/s");
	assert_string_equal(conf->log_level, "warn");
	assert_int_equal(conf->journal_keep_s, 864000);
	assert_true(conf->alert.cooldown_ns == 1200 * S);
	assert_true(conf->correlate.reopen_ns == 600 * S);
	assert_true(conf->correlate.silent_after_ns == 150 * S);
	assert_true(conf->correlate.base_ns == 60 * S);
	assert_int_equal(conf->alert.channel_len, 2);
	assert_ptr_equal(conf->alert.channel, conf->channel);
	assert_int_equal(conf->channel[0].level_min, LEVEL_INFO);
	assert_true(conf->channel[0].wants_updates);
	assert_int_equal(conf->channel[1].level_min, LEVEL_WARNING);
	assert_false(conf->channel[1].wants_updates);
	assert_int_equal(conf->channel_conf[1].kind, CHANNEL_WEBHOOK);
	assert_string_equal(conf->channel_conf[1].url_reference, "env:HOOK");
	assert_string_equal(conf->channel_conf[1].secret_reference, "file:/s");
	assert_string_equal(conf->channel_conf[0].path, "");
	collector_conf_free(file);
	collector_conf_free(NULL);
}

static void
test_topology(void **state)
{
	struct collector_conf_file *file = NULL;
	const struct topology *topology = &load_base(&file)->topology;

	(void)state;
	assert_int_equal(topology->domain_len, 2);
	assert_int_equal(topology->region_len, 2);
	assert_int_equal(topology->region[1].domain, 1);
	assert_int_equal(topology->agent_len, 4);
	assert_int_equal(topology->agent[2].region, 1);
	assert_int_equal(topology->target_len, 2);
	assert_string_equal(topology->target[0].group, "images");
	assert_int_equal(topology->target[0].tier, TIER_CORE);
	assert_string_equal(topology->target[1].group, "front");
	assert_string_equal(topology->target[1].provider, "");
	assert_int_equal(topology->key_len, 2);
	assert_string_equal(topology->key[topology->key_of[0]].name, "one");
	assert_string_equal(topology->key[topology->key_of[2]].name, "two");
	assert_int_equal(topology->key_of[4], topology->key_of[0]);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(topology->key_of[2 * i + 1], TOPOLOGY_NONE);
	}
	assert_int_equal(topology->serving_of[0], 0);
	assert_int_equal(topology->serving_of[2], 0);
	assert_int_equal(topology->serving_of[1], TOPOLOGY_NONE);
	assert_int_equal(topology->serving_of[3], TOPOLOGY_NONE);
	collector_conf_free(file);
}

static const struct {
	const char *series;
	enum probe_role role;
	enum probe_kind kind;
	uint16_t target;
	uint64_t target_mask;
	uint64_t region_mask;
	uint32_t interval_ms;
	uint32_t timeout_ms;
	uint32_t connect_timeout_ms;
	uint16_t expect_status;
} probes[] = {
    {"banana/generate", ROLE_TARGET, PROBE_GEMINI_IMAGE, 0, 0, UINT64_MAX, 600000,
	90000, 3000, 0},
    {"banana/model", ROLE_FREE, PROBE_GEMINI_MODEL, 0, 0, UINT64_MAX, 60000, 10000,
	5000, 0},
    {"front/get", ROLE_TARGET, PROBE_HTTP, 1, 0, 2, 120000, 10000, 5000, 204},
    {"control/a", ROLE_CONTROL, PROBE_HTTP, TOPOLOGY_NONE, 0, UINT64_MAX, 60000, 10000,
	5000, 204},
    {"control/b", ROLE_CONTROL, PROBE_HTTP, TOPOLOGY_NONE, 0, UINT64_MAX, 60000, 10000,
	5000, 0},
    {"control/c", ROLE_CONTROL, PROBE_HTTP, TOPOLOGY_NONE, 0, UINT64_MAX, 60000, 2000,
	2000, 0},
    {"source/status", ROLE_SOURCE, PROBE_GCLOUD_STATUS, TOPOLOGY_NONE, 2, UINT64_MAX,
	180000, 20000, 5000, 0},
};

static void
test_probes(void **state)
{
	struct collector_conf_file *file = NULL;
	const struct collector_conf *conf = load_base(&file);

	(void)state;
	assert_int_equal(conf->topology.probe_len, sizeof(probes) / sizeof(probes[0]));
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		const struct topology_probe *probe = &conf->topology.probe[i];
		const struct plan_probe *plan = &conf->probe[i].plan;

		assert_string_equal(probe->series, probes[i].series);
		assert_string_equal(plan->series, probes[i].series);
		assert_int_equal(probe->role, probes[i].role);
		assert_int_equal(plan->role, probes[i].role);
		assert_int_equal(probe->kind, probes[i].kind);
		assert_int_equal(plan->kind, probes[i].kind);
		assert_int_equal(probe->target, probes[i].target);
		assert_true(probe->target_mask == probes[i].target_mask);
		assert_true(conf->probe[i].region_mask == probes[i].region_mask);
		assert_int_equal(probe->interval_ms, probes[i].interval_ms);
		assert_int_equal(plan->interval_ms, probes[i].interval_ms);
		assert_int_equal(probe->timeout_ms, probes[i].timeout_ms);
		assert_int_equal(plan->timeout_ms, probes[i].timeout_ms);
		assert_int_equal(
		    plan->connect_timeout_ms, probes[i].connect_timeout_ms);
		assert_int_equal(plan->expect_status, probes[i].expect_status);
	}
	assert_string_equal(conf->probe[0].plan.key, "google");
	assert_string_equal(conf->probe[0].plan.size, "1K");
	assert_non_null(strstr(conf->probe[0].plan.prompt, "image only"));
	assert_string_equal(conf->probe[1].plan.prompt, "");
	assert_string_equal(conf->probe[6].plan.products, "p1,p2");
	collector_conf_free(file);
}

struct edit {
	const char *find;
	const char *replace;
	const char *expected;
};

/* Refused. */
static const struct edit errors[] = {
    {"listen: ['tcp://127.0.0.1:7441']", "listen: ['tcp://0.0.0.0:7441']",
	"c.yaml:1: listen[0] is plain tcp beyond this machine, expected tls+tcp:// or "
	"`insecure: true`"},
    {"listen: ['tcp://127.0.0.1:7441']", "listen: ['tls+tcp://0.0.0.0:7441']",
	"c.yaml:1: tls is not complete, expected ca, cert and key for tls+tcp://"},
    {"listen: ['tcp://127.0.0.1:7441']", "listen: ['ws://127.0.0.1:7441']",
	"c.yaml:1: listen[0] is no address, expected tls+tcp://HOST:PORT, or "
	"tcp://HOST:PORT on loopback"},
    {"listen: ['tcp://127.0.0.1:7441']", "listen: []",
	"c.yaml:1: listen has 0 entries, expected at least 1"},
    {"1GiB", "1G",
	"c.yaml:2: store.size_max is '1G', expected a size like 64MiB or 10GB"},
    {"1GiB", "1KiB", "c.yaml:2: store.size_max is 1KiB, expected 16MiB to 16TiB"},
    {"/run/s",
	"/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	"c.yaml:3: http.socket is too long for a unix socket, expected at most 107 "
	"bytes"},
    {"log_level: warn", "log_level: 3",
	"c.yaml:4: log_level is '3', expected one of error, warn, info, debug"},
    {"name: west,", "name: East,",
	"c.yaml:7: regions[1].name is 'East', expected 1 to 63 of a-z 0-9 . _ - "
	"beginning with a letter or digit\n"
	"c.yaml:11: agents[2].region is 'west', expected the name of an entry of "
	"regions\n"
	"c.yaml:12: agents[3].region is 'west', expected the name of an entry of "
	"regions\n"
	"c.yaml:18: targets[0].serving has the key 'west', expected names of entries "
	"of regions\n"
	"c.yaml:43: targets[1].probes[0].regions[0] is 'west', expected the name of an "
	"entry of regions"},
    {"{name: west, domain: cloud-b}", "{name: east, domain: cloud-b}\n  - name: west",
	"c.yaml:7: regions[1].name is 'east' a second time, expected every name once"},
    {"domain: cloud-b", "domain: c/b",
	"c.yaml:7: regions[1].domain is 'c/b', expected 1 to 63 of a-z 0-9 . _ - "
	"beginning with a letter or digit"},
    {"id: east-2", "id: east-1",
	"c.yaml:10: agents[1].id is 'east-1' a second time, expected every name once"},
    {"id: east-2, region: east", "id: east-2, region: north",
	"c.yaml:10: agents[1].region is 'north', expected the name of an entry of "
	"regions"},
    {"{id: east-2, region: east, keys: {google: two}}", "{id: east-2}",
	"c.yaml:10: agents[1] has no 'region', expected `region: ...`"},
    {"region: east, keys: {google: two}", "region: east, keys: {gogle: two}",
	"c.yaml:10: agents[1].keys.gogle stands for no key, expected one that a probe "
	"names"},
    {"region: east, keys: {google: two}", "region: east, keys: {google: T}",
	"c.yaml:10: agents[1].keys.google is 'T', expected 1 to 63 of a-z 0-9 . _ - "
	"beginning with a letter or digit"},
    {"region: east, keys: {google: two}", "region: east, keys: [two]",
	"c.yaml:10: agents[1].keys is not a mapping, expected `name: name` lines"},
    {"name: banana\n", "name: control\n",
	"c.yaml:14: targets[0].name is 'control', which is kept for controls and "
	"sources, expected another"},
    {"name: front\n", "name: banana\n",
	"c.yaml:34: targets[1].name is 'banana' a second time, expected every name "
	"once\n"
	"c.yaml:53: sources[0].targets[0] is 'front', expected the name of an entry of "
	"targets"},
    {"group: images", "group: two words",
	"c.yaml:15: targets[0].group is 'two words', expected 1 to 63 of a-z 0-9 . _ - "
	"beginning with a letter or digit"},
    {"tier: core", "tier: gold",
	"c.yaml:17: targets[0].tier is 'gold', expected one of core, important, "
	"normal, test"},
    {"serving: {east: asia, west: asia}", "serving: {north: asia}",
	"c.yaml:18: targets[0].serving has the key 'north', expected names of entries "
	"of regions"},
    {"serving: {east: asia, west: asia}", "serving: {east: 'Asia!'}",
	"c.yaml:18: targets[0].serving.east is 'Asia!', expected 1 to 63 of a-z 0-9 . "
	"_ - beginning with a letter or digit"},
    {"serving: {east: asia, west: asia}", "serving: asia",
	"c.yaml:18: targets[0].serving is not a mapping, expected `name: name` lines"},
    {"name: generate", "name: model",
	"c.yaml:29: targets[0].probes[1].name is 'model' a second time, expected every "
	"name once"},
    {"kind: gemini-image", "kind: gemini",
	"c.yaml:21: targets[0].probes[0].kind is 'gemini', expected one of http, "
	"gemini-image, gemini-model, openai-image, gemini-stream, gemini-models, "
	"gemini-tokens, vertex-image, vertex-imagen, vertex-tokens, openai-models, "
	"openrouter-chat, openrouter-image, openrouter-key, tcp, tls, dns, icmp\n"
	"c.yaml:23: targets[0].probes[0].model means nothing for kind http, expected "
	"no model\n"
	"c.yaml:25: targets[0].probes[0].size means nothing for kind http, expected no "
	"size"},
    {"kind: gemini-model", "kind: gcloud-status",
	"c.yaml:30: targets[0].probes[1].kind is gcloud-status, expected such an entry "
	"under sources\n"
	"c.yaml:32: targets[0].probes[1].model means nothing for kind http, expected "
	"no model"},
    {"role: target", "role: control",
	"c.yaml:39: targets[1].probes[0].role is 'control', expected one of target, "
	"free"},
    {"url: https://api.example.com\n        model: banana-3\n        key: google\n     "
     "   "
     "size",
	"url: api.example.com\n        model: banana-3\n        key: google\n        "
	"size",
	"c.yaml:22: targets[0].probes[0].url is no web address, expected http:// or "
	"https://, a host, no user or password"},
    {"url: https://api.example.com\n", "url: http://api.example.com\n",
	"c.yaml:22: targets[0].probes[0].url would send the key in clear text, "
	"expected https://"},
    {"url: https://api.example.com\n", "url: https://api.example.com/\n",
	"c.yaml:22: targets[0].probes[0].url is not a base address, expected it "
	"without '?', '#' or '/' at its end"},
    {"https://www.example.com/", "https://www.example.com/?key=AIzaSy",
	"c.yaml:40: targets[1].probes[0].url holds a key, expected it in agent.yaml "
	"and its name in `key`"},
    {"https://www.example.com/", "https://u:secret@www.example.com/",
	"c.yaml:40: targets[1].probes[0].url is no web address, expected http:// or "
	"https://, a host, no user or password"},
    {"        model: banana-3\n", "",
	"c.yaml:20: targets[0].probes[0] has no model, expected one for kind "
	"gemini-image"},
    {"model: banana-3", "model: ../../x",
	"c.yaml:23: targets[0].probes[0].model is '../../x', expected letters, digits "
	"and "
	". _ : @ / - only"},
    {"        key: google\n        size", "        size",
	"c.yaml:20: targets[0].probes[0] has no key, expected the name of one for kind "
	"gemini-image"},
    {"key: google\n        size", "key: AIza\n        size",
	"c.yaml:24: targets[0].probes[0].key is 'AIza', expected 1 to 63 of a-z 0-9 . "
	"_ - "
	"beginning with a letter or digit"},
    {"size: 1K", "size: 1024 x 1024",
	"c.yaml:25: targets[0].probes[0].size is '1024 x 1024', expected a size as the "
	"upstream spells it: 1K, 1024x1024"},
    {"size: 1K", "prompt: ''",
	"c.yaml:25: targets[0].probes[0].prompt is empty, expected a harmless prompt"},
    {"role: target", "prompt: p",
	"c.yaml:39: targets[1].probes[0].prompt means nothing for kind http, expected "
	"no "
	"prompt"},
    {"interval: 10m", "interval: 10 minutes",
	"c.yaml:26: targets[0].probes[0].interval is '10 minutes', expected a duration "
	"like "
	"500ms, 90s, 5m or 1h30m"},
    {"interval: 10m", "interval: 99ms",
	"c.yaml:26: targets[0].probes[0].interval is 99ms, expected 100ms to 7d"},
    {"interval: 10m", "interval: 8d",
	"c.yaml:26: targets[0].probes[0].interval is 8d, expected 100ms to 7d"},
    {"timeout: 90s", "timeout: 29s",
	"c.yaml:27: targets[0].probes[0].timeout is shorter than a generation takes, "
	"expected at least 30s"},
    {"timeout: 90s", "timeout: 10m",
	"c.yaml:27: targets[0].probes[0].timeout is 10m, expected 10ms to 9m59s999ms"},
    {"connect_timeout: 3s", "connect_timeout: 91s",
	"c.yaml:28: targets[0].probes[0].connect_timeout is 91s, expected 10ms to "
	"1m30s"},
    {"size: 1K", "expect_status: 200",
	"c.yaml:25: targets[0].probes[0].expect_status means nothing for kind "
	"gemini-image, "
	"expected no expect_status"},
    {"expect_status: 204\n", "expect_status: ok\n",
	"c.yaml:41: targets[1].probes[0].expect_status is 'ok', expected a number from "
	"100 "
	"to 599"},
    {"expect_status: 204\n", "expect_status: 99999999999999999999\n",
	"c.yaml:41: targets[1].probes[0].expect_status is '99999999999999999999', "
	"expected "
	"a number from 100 to 599"},
    {"regions: [west]", "regions: []",
	"c.yaml:43: targets[1].probes[0].regions has 0 entries, expected at least 1"},
    {"cloud-b}\n", "cloud-b}\n  - {name: north}\n  - {name: south, domaine: x}\n",
	"c.yaml:9: unknown key 'domaine' in regions[3], expected 'domain'"},
    {"regions: [west]\n",
	"regions: [west]\n      - {name: x, kind: http, url: 'http://h', regions: "
	"[up]}\n"
	"      - {name: y, kind: http, url: 'http://h', key: k}\n",
	"c.yaml:44: targets[1].probes[1].regions[0] is 'up', expected the name of an "
	"entry "
	"of regions\n"
	"c.yaml:45: targets[1].probes[2].url would send the key in clear text, "
	"expected "
	"https://"},
    {"  - {id: west-1, region: west, keys: {google: one}}\n"
     "  - {id: west-2, region: west, keys: {google: two}}\n",
	"",
	"c.yaml:41: targets[1].probes[0].regions has no region with an agent, expected "
	"at "
	"least one agent to run the probe"},
    {"name: b, url", "name: a, url",
	"c.yaml:46: controls[1].name is 'a' a second time, expected every name once"},
    {"https://b.example.org/", "ftp://b.example.org/",
	"c.yaml:46: controls[1].url is no web address, expected http:// or https://, a "
	"host, no user or password"},
    {"interval: 60s", "intervall: 30s",
	"c.yaml:46: unknown key 'intervall' in controls[1], expected 'interval'"},
    {"controls:\n"
     "  - {name: a, url: 'https://a.example.net/', expect_status: 204}\n"
     "  - {name: b, url: 'https://b.example.org/', interval: 60s}\n"
     "  - {name: c, url: 'https://c.example.com/', timeout: 2s}\n",
	"controls: []\n",
	"c.yaml:44: controls is empty, and a fault of our network would look like one "
	"of the provider: expected no `controls` for a set of well-known ones, or "
	"`without_controls: true`"},
    {"sources:\n", "without_controls: true\nsources:\n",
	"c.yaml:48: without_controls is true beside controls, expected one or the "
	"other"},
    {"expect_status: 204}", "expect_text: ''}",
	"c.yaml:45: controls[0].expect_text is empty, expected a part of the body"},
    {"kind: gcloud-status", "kind: http",
	"c.yaml:50: sources[0].kind is http, expected such an entry under targets"},
    {"kind: gcloud-status", "kind: rss",
	"c.yaml:50: sources[0].kind is 'rss', expected one of gcloud-status, "
	"statuspage, aistudio-status, openrouter-endpoints, openrouter-models, "
	"gcloud-feed, feed, datadog-status"},
    {"[p1, p2]", "[p1, 'p,2']",
	"c.yaml:52: sources[0].products[1] is 'p,2', expected a product id of the "
	"status "
	"page"},
    {"targets: [front]", "targets: [back]",
	"c.yaml:53: sources[0].targets[0] is 'back', expected the name of an entry of "
	"targets"},
    {"cooldown: 20m", "cooldown: soon",
	"c.yaml:55: policy.cooldown is 'soon', expected a duration like 500ms, 90s, 5m "
	"or "
	"1h30m"},
    {"silent_after: 150s", "silent_after: 100s",
	"c.yaml:55: policy.silent_after is shorter than two intervals of the fastest "
	"probe, "
	"expected at least 2m"},
    {"kind: log", "kind: pager",
	"c.yaml:57: channels[0].kind is 'pager', expected one of log, webhook, feishu, "
	"wecom, dingtalk, slack, email, command, pagerduty, alertmanager, "
	"telegram, discord, ntfy, teams"},
    {"level_min: info", "level_min: high",
	"c.yaml:57: channels[0].level_min is 'high', expected one of info, warning, "
	"critical"},
    {"updates: true", "updates: yes",
	"c.yaml:57: channels[0].updates is 'yes', expected one of false, true"},
    {"updates: true", "url: 'env:X'",
	"c.yaml:57: channels[0].url means nothing for kind log, expected no url"},
    {"name: hook", "name: log",
	"c.yaml:58: channels[1].name is 'log' a second time, expected every name once"},
    {"url: 'env:HOOK', ", "",
	"c.yaml:58: channels[1] has no url, expected one for kind webhook: env:NAME, "
	"file:PATH, credential:NAME or the address"},
    {"url: 'env:HOOK'", "url: hooks.example.net/T0KEN",
	"c.yaml:58: channels[1].url is no web address, expected http:// or https://, a "
	"host, no user or password"},
    {"url: 'env:HOOK'", "url: 'http://hooks.example.net/T0KEN'",
	"c.yaml:58: channels[1].url would send alerts in clear text, expected "
	"https://"},
    {"file:/s", "T0KEN",
	"c.yaml:58: channels[1].secret is not a reference to a secret, "
	"expected env:NAME, file:PATH or credential:NAME"},
    {"results: 10d", "results: 1m",
	"c.yaml:59: retention.results is 1m, expected 1h to 7320d"},
    {"", "webhooks: []\n",
	"c.yaml:60: unknown key 'webhooks' in the file, expected one of "
	"listen, insecure, tls, store, http, authority, log_level, regions, "
	"agents, targets, controls, without_controls, sources, policy, tiers, "
	"budgets, channels, routes, maintenance, heartbeat, retention"},
    {"", "authority: {names: [c.example]}\n",
	"c.yaml:60: authority has no path, expected the folder of its certificates"},
    {"", "authority: {path: here}\n",
	"c.yaml:60: authority.path is 'here', expected an absolute path of a folder\n"
	"c.yaml:60: authority.names has no host name, expected the one agents call the "
	"collector by\n"
	"c.yaml:60: authority.collectors is empty, expected the tls+tcp:// addresses "
	"agents are to dial\n"
	"c.yaml:60: authority.url is '', expected https://host:port where agents reach "
	"http.listen"},
    {"",
	"authority: {path: /a, names: [c.example, 'a b'], url: 'http://c:1', "
	"collectors: ['tcp://c:1']}\n",
	"c.yaml:60: authority.names[1] is 'a b', expected a host name or an IPv4 "
	"address\n"
	"c.yaml:60: authority.collectors[0] is 'tcp://c:1', expected "
	"tls+tcp://host:port, "
	"as agents reach it\n"
	"c.yaml:60: authority.url is 'http://c:1', expected https://host:port where "
	"agents reach http.listen"},
    {"http: {socket: /run/s}", "http: {socket: /run/s, listen: '0.0.0.0:7442'}",
	"c.yaml:3: http.listen has no certificate, expected tls.cert and tls.key, or "
	"authority"},
};

/* Taken, with a warning. */
static const struct edit warnings[] = {
    {"cloud-b}\n", "cloud-b}\n  - {name: north}\n",
	"c.yaml:8: regions[2] has no agent, expected two"},
    {"  - {id: west-2, region: west, keys: {google: two}}\n", "",
	"c.yaml:6: regions[0] tells 'Upstream refuses every key' everywhere from "
	"'Key refused' of key 'one' by one probe of one agent only (and 2 more such "
	"pairs), expected one more agent in region 'east'\n"
	"c.yaml:7: regions[1] cannot tell 'Region network fault' of region 'west' from "
	"'Agent fault' of agent 'west-1' (and 1 more such pairs), expected one more "
	"agent in region 'west'"},
    {"domain: cloud-b", "domain: cloud-a",
	"c.yaml:5: regions are all in one domain: a fault of it looks like one of the "
	"provider, expected two or more"},
    {"  - {name: a, url: 'https://a.example.net/', expect_status: 204}\n", "",
	"c.yaml:44: controls has less than three entries: one operator's own fault "
	"looks "
	"like our network's, expected three of different operators"},
    {"controls:\n"
     "  - {name: a, url: 'https://a.example.net/', expect_status: 204}\n"
     "  - {name: b, url: 'https://b.example.org/', interval: 60s}\n"
     "  - {name: c, url: 'https://c.example.com/', timeout: 2s}\n",
	"without_controls: true\n",
	"c.yaml:44: without_controls cannot tell 'Region network fault' of region "
	"'east' from 'Path from one region to the upstream' of region 'east', expected "
	"controls, of different operators"},
    {"controls:\n"
     "  - {name: a, url: 'https://a.example.net/', expect_status: 204}\n"
     "  - {name: b, url: 'https://b.example.org/', interval: 60s}\n"
     "  - {name: c, url: 'https://c.example.com/', timeout: 2s}\n",
	"", ""},
    {"interval: 60s", "interval: 30s",
	"c.yaml:46: controls[1].interval differs from that of controls[0], but "
	"controls are weighed together, one round an interval, expected the same for "
	"all"},
    {"a.example.net/', expect_status: 204}\n"
     "  - {name: b, url: 'https://b.example.org/', interval: 60s}\n"
     "  - {name: c, url: 'https://c.example.com/'",
	"a.example.net/', expect_status: 204}\n"
	"  - {name: b, url: 'https://b.example.net/', interval: 60s}\n"
	"  - {name: c, url: 'https://c.example.net/'",
	"c.yaml:44: controls are all of one operator, expected three of different "
	"ones"},
    {"interval: 60s", "interval: 6m",
	"c.yaml:46: controls[1].interval is too long to say what the network was worth "
	"when "
	"a target failed, expected about that of the fastest probe"},
    {"interval: 10m", "interval: 1m",
	"c.yaml:26: targets[0].probes[0].interval makes 5760 billed generations a day "
	"(4 "
	"agents), expected a longer interval, with a free probe beside it for the "
	"speed"},
    {"interval: 10m", "interval: 2h",
	"c.yaml:26: targets[0].probes[0].interval is too long: the fastest probe sets "
	"a "
	"window that holds less than four results of this one, so a fault only it sees "
	"is "
	"not found in time, expected at most 900s"},
    {"role: target", "role: free",
	"c.yaml:34: targets[1] has no probe of role target: only its front end is "
	"looked "
	"at, expected `role: target` for one"},
    {"region: east, keys: {google: one}}\n"
     "  - {id: east-2, region: east, keys: {google: two}}\n"
     "  - {id: west-1, region: west, keys: {google: one}}\n"
     "  - {id: west-2, region: west, keys: {google: two}}",
	"region: east}\n"
	"  - {id: east-2, region: east}\n"
	"  - {id: west-1, region: west}\n"
	"  - {id: west-2, region: west}",
	"c.yaml:14: targets[0] cannot tell 'Key refused' of key 'google' from "
	"'Upstream refuses every key' everywhere (and 1 more such pairs), expected a "
	"second key, of another project (`keys` of agents)"},
    {"url: 'env:HOOK'", "url: 'https://hooks.example.net/T0KEN'",
	"c.yaml:58: channels[1].url is written out, but whoever reads it can post "
	"there, "
	"expected env:, file: or credential:"},
    {"channels:\n"
     "  - {name: log, kind: log, level_min: info, updates: true}\n"
     "  - {name: hook, kind: webhook, url: 'env:HOOK', secret: 'file:/s'}\n",
	"",
	"c.yaml:1: channels is missing: nobody is told of anything, expected one or "
	"more"},
    {"listen: ['tcp://127.0.0.1:7441']",
	"listen: ['tcp://0.0.0.0:7441']\ninsecure: true",
	"c.yaml:1: listen[0] is plain tcp beyond this machine: anybody on the way can "
	"read "
	"and forge results, expected tls+tcp://\n"
	"c.yaml:2: insecure is true: agents may come without a certificate, expected "
	"false "
	"outside of tests"},
};

/* Applies every edit alone; the remarks must be exactly those of its row. */
static size_t
check_edits(const struct edit *edits, size_t len, bool is_refused)
{
	size_t wrong = 0;

	for (size_t i = 0; i < len; i++) {
		struct collector_conf_file *file = NULL;
		char *text = scratch_edit(base, edits[i].find, edits[i].replace);
		enum err err = load(text, strlen(text), &file);

		free(text);
		if ((err != ERR_OK) != is_refused || (file == NULL) != is_refused ||
		    strcmp(all_remarks(), edits[i].expected) != 0) {
			print_error("%zu: %s\n got %s\nwant %s\n", i, err_name(err),
			    all_remarks(), edits[i].expected);
			wrong++;
		}
		collector_conf_free(file);
	}
	return wrong;
}

static void
test_errors(void **state)
{
	(void)state;
	assert_int_equal(
	    check_edits(errors, sizeof(errors) / sizeof(errors[0]), true), 0);
}

#define AUTHORITY                                                                      \
	"authority: {path: /a, names: [c.example], url: 'https://c.example:7442',\n"   \
	"  collectors: ['tls+tcp://c.example:7441']}\n"

/* Who enrolled is in the fleet; who only may, is not. What the file says wins. */
static void
test_members(void **state)
{
	static unsigned char memory[1 << 22];
	char *text = scratch_edit(base, "", AUTHORITY);
	struct collector_conf_file *file = NULL;
	const struct topology *topology;
	struct registry *registry;
	struct arena arena;

	(void)state;
	arena_init(&arena, memory, sizeof(memory));
	registry = registry_init(&arena, 8);
	assert_non_null(registry);
	for (unsigned char i = 0; i < 5; i++) {
		static const char *const names[] = {
		    "north-1", "west-9", "east-1", "invited", "north-2"};
		static const char *const regions[] = {
		    "north", "west", "west", "north", "north"};
		struct registry_invitation invitation = {.name = names[i],
		    .region = regions[i],
		    .domain = i == 0 ? "cloud-n" : "",
		    .ends_at = {1}};
		const struct registry_member *member;

		memset(invitation.token, i + 1, SHA256_BYTES);
		assert_int_equal(
		    registry_invite(registry, &invitation, (struct wall){0}), ERR_OK);
		if (i != 3) {
			assert_int_equal(registry_redeem(registry, invitation.token,
					     (struct wall){0}, &member),
			    ERR_OK);
		}
	}
	assert_int_equal(load_with(text, registry, &file), ERR_OK);
	topology = &collector_conf_get(file)->topology;
	assert_int_equal(topology->agent_len, 4 + 3);
	assert_int_equal(topology->region_len, 3);
	assert_string_equal(topology->agent[4].name, "north-1");
	assert_string_equal(topology->region[topology->agent[4].region].name, "north");
	assert_string_equal(
	    topology->domain[topology->region[2].domain].name, "cloud-n");
	assert_int_equal(
	    topology->agent[5].region, topology_region_find(topology, "west"));
	assert_int_equal(topology->agent[6].region, 2);
	assert_int_equal(
	    topology->agent[topology_agent_find(topology, "east-1")].region,
	    topology_region_find(topology, "east"));
	/* A member uses the key that the plan names. */
	assert_string_equal(
	    topology->key[topology->key_of[5U * topology->target_len]].name, "google");
	assert_string_equal(collector_conf_get(file)->tls_cert, "/a/collector.pem");
	collector_conf_free(file);
	free(text);
}

static void
test_warnings(void **state)
{
	(void)state;
	assert_int_equal(
	    check_edits(warnings, sizeof(warnings) / sizeof(warnings[0]), false), 0);
}

static void
test_try(void **state)
{
	struct collector_conf_file *file = NULL;

	(void)state;
	(void)load_base(&file);
	assert_int_equal(setenv("HOOK", "https://hooks.example.net/T0KEN", 1), 0);
	collector_conf_try(file, &remarks);
	assert_string_equal(all_remarks(), "c.yaml:58: channels[1].secret cannot be "
					   "resolved: /s is not there, expected a "
					   "file with the secret");
	collector_conf_free(file);
}

/* No prefix crashes or leaks; each is an error that says something, or a good file. */
static void
test_truncated(void **state)
{
	(void)state;
	for (size_t len = 0; len < strlen(base); len++) {
		struct collector_conf_file *file = NULL;
		enum err err = load(base, len, &file);

		assert_true((err == ERR_OK) == remarks_ok(&remarks));
		assert_true((err == ERR_OK) == (file != NULL));
		collector_conf_free(file);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_top),
	    cmocka_unit_test(test_topology),
	    cmocka_unit_test(test_probes),
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_members),
	    cmocka_unit_test(test_warnings),
	    cmocka_unit_test(test_try),
	    cmocka_unit_test(test_truncated),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
