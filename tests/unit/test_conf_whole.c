/* test_conf_whole - collector.yaml as a whole: the smallest, the largest, the sample */
#include "collector/shell/conf.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

#define S INT64_C(1000000000)

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

/* What only counts on this machine: no key, no cost, no patience. */
static void
test_loopback(void **state)
{
	static const char text[] =
	    "listen: ['tcp://127.0.0.1:0']\n"
	    "regions: [{name: r}]\n"
	    "agents: [{id: a, region: r}]\n"
	    "targets:\n"
	    "  - name: t\n"
	    "    probes:\n"
	    "      - {name: p, kind: openai-image, url: 'http://127.0.0.1:1', model: "
	    "m,\n"
	    "         interval: 1s, timeout: 2s}\n"
	    "      - {name: q, kind: gemini-image, url: 'http://[::1]:1/x', model: m,\n"
	    "         interval: 1s, timeout: 500ms, key: k}\n";
	struct collector_conf_file *file = NULL;

	(void)state;
	assert_int_equal(load(text, strlen(text), &file), ERR_INVALID);
	assert_string_equal(all_remarks(),
	    "c.yaml:1: listen[0] is no address, expected tls+tcp://HOST:PORT, or "
	    "tcp://HOST:PORT on loopback");
	char *good = scratch_edit(text, "127.0.0.1:0", "127.0.0.1:7441");
	assert_int_equal(load(good, strlen(good), &file), ERR_OK);
	free(good);
	assert_int_equal(remarks.errors, 0);
	assert_null(strstr(all_remarks(), "billed"));
	const struct collector_conf *conf = collector_conf_get(file);
	assert_true(conf->correlate.base_ns == S);
	assert_true(conf->correlate.silent_after_ns == 0);
	assert_int_equal(conf->probe[1].plan.connect_timeout_ms, 500);
	assert_string_equal(conf->store_path, "/var/lib/parallax/collector");
	assert_int_equal(conf->journal_keep_s, 30 * 86400);
	assert_true(conf->alert.cooldown_ns == 1800 * S);
	collector_conf_free(file);
}

/* As large a fleet as is allowed, and one agent more. */
static void
test_limits(void **state)
{
	size_t cap = 256 * 1024;
	char *text = calloc(1, cap);
	struct collector_conf_file *file = NULL;
	size_t len = 0;

	(void)state;
	assert_non_null(text);
	len += (size_t)snprintf(text, cap, "listen: ['tcp://127.0.0.1:1']\nregions:\n");
	for (int i = 0; i < LIMIT_REGIONS; i++) {
		len += (size_t)snprintf(text + len, cap - len, "  - {name: r%d}\n", i);
	}
	len += (size_t)snprintf(text + len, cap - len,
	    "targets: [{name: t, probes: [{name: p, kind: http, url: 'http://h', "
	    "role: target, key: k}]}]\nagents:\n");
	for (int i = 0; i < LIMIT_AGENTS; i++) {
		len += (size_t)snprintf(text + len, cap - len,
		    "  - {id: a%d, region: r%d, keys: {k: k%d}}\n", i,
		    i % LIMIT_REGIONS, i % (LIMIT_KEYS + 1));
	}
	assert_true(len < cap - 64);
	assert_int_equal(load(text, len, &file), ERR_INVALID);
	assert_non_null(strstr(all_remarks(),
	    "agents[64] uses one key too many, expected at most 64 different ones"));
	(void)snprintf(text + len, cap - len, "  - {id: b, region: r0}\n");
	assert_int_equal(load(text, strlen(text), &file), ERR_FORMAT);
	assert_string_equal(
	    all_remarks(), "c.yaml:69: agents has 2049 entries, expected at most 2048");
	free(text);
}

static void
test_sample(void **state)
{
	struct collector_conf_file *file = NULL;
	const char *source = getenv("PARALLAX_SOURCE");
	char path[512];

	(void)state;
	if (source == NULL) {
		print_message("skipped: PARALLAX_SOURCE is not set\n");
		skip();
	}
	(void)snprintf(path, sizeof(path), "%s/deploy/config/collector.yaml", source);
	remarks_init(&remarks);
	assert_int_equal(collector_conf_load(path, &file, &remarks), ERR_OK);
	assert_string_equal(all_remarks(), "");
	collector_conf_free(file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_loopback),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_sample),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
