/* The causes a fleet could not tell apart are named, with what would tell them; a fleet that
 * follows the rules gets no such warning. */
#include "tests/support/test.h"

#include "collector/shell/conf.h"
#include "tests/support/scratch.h"

/* Three regions of two agents with two keys, in two domains. */
static const char base[] =
    "listen: ['tcp://127.0.0.1:7441']\n"
    "regions:\n" /* 2 */
    "  - {name: east, domain: cloud-a}\n"
    "  - {name: west, domain: cloud-b}\n"
    "  - {name: south, domain: cloud-a}\n"
    "agents:\n"
    "  - {id: east-1, region: east, keys: {google: one}}\n"
    "  - {id: east-2, region: east, keys: {google: two}}\n"
    "  - {id: west-1, region: west, keys: {google: one}}\n"
    "  - {id: west-2, region: west, keys: {google: two}}\n"
    "  - {id: south-1, region: south, keys: {google: one}}\n"
    "  - {id: south-2, region: south, keys: {google: two}}\n"
    "targets:\n"
    "  - name: banana\n" /* 14 */
    "    tier: core\n"
    "    probes:\n"
    "      - {name: generate, kind: gemini-image, url: 'https://api.example.com',\n"
    "         model: banana-3, key: google, interval: 10m, timeout: 90s}\n"
    "      - {name: model, kind: gemini-model, url: 'https://api.example.com',\n"
    "         model: banana-3, key: google}\n"
    "channels: [{name: log, kind: log}]\n";

static struct remarks remarks;

/* The warnings about `base` with one edit, each on a line. */
static const char *
warnings(const char *find, const char *replace)
{
	static char all[8192];
	struct collector_conf_file *file = NULL;
	char *text = scratch_edit(base, find, replace);
	size_t len = 0;

	remarks_init(&remarks);
	scratch_write("a.yaml", text, strlen(text));
	free(text);
	if (collector_conf_load("a.yaml", &file, &remarks) == ERR_OK) {
		collector_conf_free(file);
	}
	assert_int_equal(unlink("a.yaml"), 0);
	all[0] = '\0';
	for (size_t i = 0; i < remarks.len; i++) {
		len += (size_t)snprintf(
		    all + len, sizeof(all) - len, "%s\n", remarks.remark[i].text);
	}
	return all;
}

static void
assert_says(const char *text, const char *part)
{
	if (strstr(text, part) == NULL) {
		fail_msg("\n%s\ndoes not say\n%s\n", text, part);
	}
}

static void
test_good_fleet(void **state)
{
	(void)state;
	assert_string_equal(warnings("tier: core", "tier: core"), "");
}

/* One region: a cut way of ours looks like a front end of theirs that is down. */
static void
test_one_region(void **state)
{
	const char *text =
	    warnings("  - {name: west, domain: cloud-b}\n"
		     "  - {name: south, domain: cloud-a}\n"
		     "agents:\n"
		     "  - {id: east-1, region: east, keys: {google: one}}\n"
		     "  - {id: east-2, region: east, keys: {google: two}}\n"
		     "  - {id: west-1, region: west, keys: {google: one}}\n"
		     "  - {id: west-2, region: west, keys: {google: two}}\n"
		     "  - {id: south-1, region: south, keys: {google: one}}\n"
		     "  - {id: south-2, region: south, keys: {google: two}}\n",
		"agents:\n"
		"  - {id: east-1, region: east, keys: {google: one}}\n"
		"  - {id: east-2, region: east, keys: {google: two}}\n");

	(void)state;
	assert_says(text, "'Path from one region to the upstream' of region 'east'");
	assert_says(text, "expected an agent in a second region");
}

static void
test_one_agent(void **state)
{
	const char *text =
	    warnings("  - {id: west-2, region: west, keys: {google: two}}\n", "");

	(void)state;
	assert_says(text, "a.yaml:4: regions[1] cannot tell 'Region network fault' of "
			  "region 'west' from 'Agent fault' of agent 'west-1'");
	assert_says(text, "expected one more agent in region 'west'");
}

static void
test_one_key(void **state)
{
	const char *text =
	    warnings("  - {id: east-1, region: east, keys: {google: one}}\n"
		     "  - {id: east-2, region: east, keys: {google: two}}\n"
		     "  - {id: west-1, region: west, keys: {google: one}}\n"
		     "  - {id: west-2, region: west, keys: {google: two}}\n"
		     "  - {id: south-1, region: south, keys: {google: one}}\n"
		     "  - {id: south-2, region: south, keys: {google: two}}\n",
		"  - {id: east-1, region: east}\n  - {id: east-2, region: east}\n"
		"  - {id: west-1, region: west}\n  - {id: west-2, region: west}\n"
		"  - {id: south-1, region: south}\n  - {id: south-2, region: south}\n");

	(void)state;
	assert_says(text, "a.yaml:14: targets[0] cannot tell 'Key refused' of key "
			  "'google' from 'Upstream refuses every key' everywhere");
	assert_says(text, "expected a second key, of another project");
}

static void
test_key_of_a_region(void **state)
{
	const char *text =
	    warnings("  - {id: east-1, region: east, keys: {google: one}}\n"
		     "  - {id: east-2, region: east, keys: {google: two}}\n",
		"  - {id: east-1, region: east, keys: {google: three}}\n"
		"  - {id: east-2, region: east, keys: {google: three}}\n");

	(void)state;
	assert_says(text, "cannot tell 'Location not supported' of region 'east' from "
			  "'Key refused' of key 'three'");
	assert_says(text, "expected key 'three' in a second region");
}

static void
test_no_controls(void **state)
{
	const char *text = warnings("channels:", "without_controls: true\nchannels:");
	const char *once;

	(void)state;
	assert_says(text, "cannot tell 'Region network fault' of region 'east' from "
			  "'Path from one region to the upstream' of region 'east'");
	once = strstr(text, "without_controls");
	assert_non_null(once);
	assert_null(
	    strstr(once + 1, "without_controls")); /* and nothing is said twice */
}

/* Controls, but none beside the provider. */
static void
test_no_sibling(void **state)
{
	const char *text = warnings("         model: banana-3, key: google}\nchannels:",
	    "         model: banana-3, key: google}\n"
	    "      - {name: page, kind: http, url: 'https://a.googleapis.com/'}\n"
	    "controls:\n"
	    "  - {name: a, url: 'https://a.example.net/'}\n"
	    "  - {name: b, url: 'https://b.example.org/'}\n"
	    "  - {name: c, url: 'https://c.example.com/'}\n"
	    "channels:");

	(void)state;
	assert_says(
	    text, "controls has none on the network of Google, where 'banana' is");
	text = warnings("         model: banana-3, key: google}\nchannels:",
	    "         model: banana-3, key: google}\n"
	    "      - {name: page, kind: http, url: 'https://a.googleapis.com/'}\n"
	    "controls:\n"
	    "  - {name: a, url: 'https://a.example.net/'}\n"
	    "  - {name: b, url: 'https://www.gstatic.com/generate_204'}\n"
	    "  - {name: c, url: 'https://c.example.com/'}\n"
	    "channels:");
	assert_string_equal(text, "");
}

/* A region of theirs that answers one of ours alone. */
static void
test_serving(void **state)
{
	const char *text = warnings("    probes:\n      - {name: generate,",
	    "    serving: {east: asia, south: asia, west: europe}\n"
	    "    probes:\n      - {name: generate,");

	(void)state;
	assert_says(text,
	    "tells 'Path from one region to the upstream' of region 'west' "
	    "from 'Upstream outage in one region' at one of their "
	    "regions by the kind of the errors only");
	assert_says(text, "(`serving`)");
	assert_null(strstr(text, "'east'"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good_fleet),
	    cmocka_unit_test(test_one_region),
	    cmocka_unit_test(test_one_agent),
	    cmocka_unit_test(test_one_key),
	    cmocka_unit_test(test_key_of_a_region),
	    cmocka_unit_test(test_no_controls),
	    cmocka_unit_test(test_no_sibling),
	    cmocka_unit_test(test_serving),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
