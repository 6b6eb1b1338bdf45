/* policy and tiers of collector.yaml: what is read, and what is refused because it could never
 * come true. */
#include "tests/support/test.h"

#include "collector/shell/conf.h"
#include "tests/support/scratch.h"

#define S INT64_C(1000000000)

/* Three regions of two agents; a picture every ten minutes, five of them in all an hour. */
static const char base[] =
    "listen: ['tcp://127.0.0.1:7441']\n"
    "regions:\n"
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
    "  - name: banana\n"
    "    tier: core\n"
    "    probes:\n"
    "      - {name: model, kind: gemini-model, url: 'https://api.example.com',\n"
    "         model: banana-3, key: google, interval: 1m}\n"
    "      - {name: generate, kind: gemini-image, url: 'https://api.example.com',\n"
    "         model: banana-3, key: google, interval: 10m, timeout: 90s}\n"
    "channels: [{name: log, kind: log}]\n"; /* 21 */

enum {
	POLICY_LINE = 22
};

static struct remarks remarks;
static struct collector_conf_file *loaded;

/* The first error that `policy` gives, without the file's name; "" for none. */
static const char *
load(const char *policy)
{
	static char text[4096];
	int len = snprintf(text, sizeof(text), "%s%s", base, policy);

	assert_true(len > 0 && (size_t)len < sizeof(text));
	collector_conf_free(loaded);
	loaded = NULL;
	remarks_init(&remarks);
	scratch_write("p.yaml", text, (size_t)len);
	if (collector_conf_load("p.yaml", &loaded, &remarks) != ERR_OK) {
		loaded = NULL;
	}
	assert_int_equal(unlink("p.yaml"), 0);
	for (size_t i = 0; i < remarks.len; i++) {
		if (remarks.remark[i].severity == SEVERITY_ERROR) {
			return remarks.remark[i].text;
		}
	}
	return "";
}

static const struct collector_conf *
good(const char *policy)
{
	assert_string_equal(load(policy), "");
	assert_non_null(loaded);
	return collector_conf_get(loaded);
}

static void
test_defaults(void **state)
{
	const struct collector_conf *conf = good("");

	(void)state;
	assert_int_equal(conf->judge.kind, JUDGE_CORRELATION);
	assert_int_equal(conf->correlate.alarm.pages_milli, 1000);
	assert_int_equal(conf->correlate.alarm.tier_milli[TIER_CORE], 0);
	assert_int_equal(conf->correlate.flap_after, 3);
	conf = good("policy: {kind: threshold}\n");
	assert_int_equal(conf->judge.kind, JUDGE_THRESHOLD);
	assert_int_equal(conf->judge.rule.per, RULE_FLEET);
	assert_int_equal(conf->judge.rule.threshold.failures, 3);
	assert_int_equal(conf->judge.rule.threshold.successes, 3);
	assert_int_equal(conf->judge.rule.threshold.percent, 50);
	assert_int_equal(conf->judge.rule.threshold.samples, 3);
	assert_true(conf->judge.rule.threshold.window_ns == 300 * S);
	assert_int_equal(conf->judge.rule.quorum.kind, QUORUM_ANY);
	conf = good("policy: {kind: quorum, window: 20m}\n");
	assert_int_equal(conf->judge.kind, JUDGE_QUORUM);
	assert_int_equal(conf->judge.rule.per, RULE_REGION);
	assert_int_equal(conf->judge.rule.quorum.kind, QUORUM_MAJORITY);
	assert_false(conf->judge.rule.by_domain);
}

static void
test_values(void **state)
{
	const struct collector_conf *conf =
	    good("policy: {pages_a_year: 12.5, flap_after: 5}\n"
		 "tiers: {core: {pages_a_year: 0.25}, test: {pages_a_year: 9}}\n");

	(void)state;
	assert_int_equal(conf->correlate.alarm.pages_milli, 12500);
	assert_int_equal(conf->correlate.alarm.tier_milli[TIER_CORE], 250);
	assert_int_equal(conf->correlate.alarm.tier_milli[TIER_TEST], 9000);
	assert_int_equal(conf->correlate.flap_after, 5);
	conf = good("policy: {kind: quorum, window: 1h, failures: 5, successes: 2,\n"
		    "  percent: 80%, samples: 6, per: agent, quorum: 2 of 3,\n"
		    "  silent: up, flap_after: 4}\n");
	assert_int_equal(conf->judge.rule.per, RULE_AGENT);
	assert_int_equal(conf->judge.rule.threshold.failures, 5);
	assert_int_equal(conf->judge.rule.threshold.successes, 2);
	assert_int_equal(conf->judge.rule.threshold.percent, 80);
	assert_int_equal(conf->judge.rule.threshold.samples, 6);
	assert_int_equal(conf->judge.rule.quorum.kind, QUORUM_COUNT);
	assert_int_equal(conf->judge.rule.quorum.count, 2);
	assert_int_equal(conf->judge.rule.quorum.reporting_min, 3);
	assert_true(conf->judge.rule.quorum.silent_is_up);
	assert_int_equal(conf->judge.rule.flap_after, 4);
	conf = good("policy: {kind: quorum, window: 20m, quorum: 60%,\n"
		    "  domains: majority, reporting: 2}\n");
	assert_int_equal(conf->judge.rule.quorum.kind, QUORUM_SHARE);
	assert_int_equal(conf->judge.rule.quorum.percent, 60);
	assert_true(conf->judge.rule.by_domain);
	assert_int_equal(conf->judge.rule.domains.kind, QUORUM_MAJORITY);
	assert_int_equal(conf->judge.rule.domains.reporting_min, 2);
	assert_int_equal(conf->judge.rule.quorum.reporting_min, 0);
}

static void
test_refused(void **state)
{
	static const struct {
		const char *policy;
		const char *error;
	} table[] = {
	    {"policy: {kind: vote}\n", "policy.kind is 'vote', expected one of "
				       "correlation, threshold, quorum"},
	    {"policy: {failures: 4}\n", "policy.failures means nothing for kind "
					"correlation, expected no failures"},
	    {"policy: {kind: threshold, quorum: any}\n",
		"policy.quorum means nothing for kind threshold, expected no quorum"},
	    {"policy: {kind: threshold, pages_a_year: 2}\n",
		"policy.pages_a_year means nothing for kind threshold, expected no "
		"pages_a_year"},
	    {"policy: {kind: threshold, failures: 11, window: 1h}\n",
		"policy.failures is '11', expected a number from 1 to 10"},
	    {"policy: {kind: threshold, window: 4m}\n",
		"policy.window is 4m, in which the fleet has 2 results of 'banana', "
		"expected one that holds 3, as `failures` asks for"},
	    {"policy: {kind: threshold, per: region}\n",
		"policy.window is 5m, in which east has 1 results of 'banana', "
		"expected "
		"one that holds 3, as `failures` asks for"},
	    {"policy: {kind: threshold, samples: 4}\n",
		"policy.samples is 4, but the fleet has 3 results of 'banana' in 5m, "
		"expected at most that"},
	    {"policy: {kind: quorum, window: 1h, quorum: 4}\n",
		"policy.quorum needs 4 that report, but 'banana' has 3 of them, "
		"expected at most that"},
	    {"policy: {kind: quorum, window: 1h, quorum: 2 of 4}\n",
		"policy.quorum needs 4 that report, but 'banana' has 3 of them, "
		"expected at most that"},
	    {"policy: {kind: quorum, window: 1h, quorum: 3, domains: any}\n",
		"policy.quorum needs 3 that report, but 'banana' has 2 of them, "
		"expected at most that"},
	    {"policy: {kind: quorum, window: 1h, domains: 3}\n",
		"policy.domains needs 3 that report, but 'banana' has 2 of them, "
		"expected at most that"},
	    {"policy: {kind: quorum, window: 1h, quorum: most}\n",
		"policy.quorum is 'most', expected any, majority, a number, '2 of 3' "
		"(of those that report) or a share like 60%"},
	    {"policy: {kind: quorum, window: 1h, quorum: 3 of 2}\n",
		"policy.quorum is '3 of 2', expected any, majority, a number, '2 of 3' "
		"(of those that report) or a share like 60%"},
	    {"policy: {pages_a_year: 0}\n", "policy.pages_a_year is '0', expected "
					    "false pages a year from 0.001 to 1000"},
	    {"tiers: {core: {pages_a_year: 1}}\n",
		"tiers take 1.000 pages a year of 1.000, which leaves nothing for the "
		"faults that targets share, expected less, or a higher "
		"policy.pages_a_year"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char whole[512];

		(void)snprintf(
		    whole, sizeof(whole), "p.yaml:%d: %s", POLICY_LINE, table[i].error);
		assert_string_equal(load(table[i].policy), whole);
	}
}

static int
end(void **state)
{
	collector_conf_free(loaded);
	return scratch_leave(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, scratch_enter, end);
}
