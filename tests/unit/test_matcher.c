/* test_matcher - the grammar of matchers, and what they fit */
#include "collector/core/matcher.h"
#include "tests/support/small_fleet.h"
#include "tests/support/test.h"

static struct incident
incident_of(enum scope_kind kind, const char *name, const char *target)
{
	struct incident incident = {.scope_kind = kind,
	    .verdict = VERDICT_PATH,
	    .level = LEVEL_WARNING,
	    .tier = TIER_IMPORTANT};

	(void)snprintf(incident.scope_name, sizeof(incident.scope_name), "%s", name);
	(void)snprintf(incident.target, sizeof(incident.target), "%s", target);
	return incident;
}

static bool
fits(const char *text, const struct incident *incident)
{
	struct matcher matcher;
	struct matcher again;
	struct labels labels;
	char why[MATCHER_WHY_BYTES] = "";
	char written[MATCHER_TEXT_BYTES];

	if (!matcher_parse(text, &matcher, why)) {
		fail_msg("'%s': %s", text, why);
	}
	assert_true(matcher_parse(matcher_text(&matcher, written), &again, why));
	assert_int_equal(again.len, matcher.len);
	for (size_t i = 0; i < matcher.len; i++) {
		assert_int_equal(again.term[i].label, matcher.term[i].label);
		assert_int_equal(again.term[i].negated, matcher.term[i].negated);
		assert_string_equal(again.term[i].pattern, matcher.term[i].pattern);
	}
	labels_of(&labels, incident, small_fleet());
	return matcher_fits(&matcher, &labels);
}

static void
test_fits(void **state)
{
	struct incident path = incident_of(SCOPE_REGION, "eu-west", "nano-banana-pro");
	struct incident outage = incident_of(SCOPE_TARGET, "", "nano-banana-pro");
	struct incident agent = incident_of(SCOPE_AGENT, "us-1", "");
	struct incident served =
	    incident_of(SCOPE_SERVING, "eu-west,us-east", "vertex-image");
	struct incident key = incident_of(SCOPE_KEY, "key-eu", "vertex-image");

	(void)state;
	assert_true(fits("all", &path));
	assert_true(fits("target=nano-*", &path));
	assert_true(fits("target=*pro,region=eu-????,level=warning", &path));
	assert_false(fits("target=nano", &path));
	assert_false(fits("target=nano-* region=us-east", &path));
	assert_true(fits("region=us-east|eu-west", &path));
	assert_true(fits("group=image-generation", &path));
	assert_true(fits("verdict=path blame=network tier=important", &path));
	assert_true(fits("scope!=agent", &path));
	assert_false(fits("verdict!=region_network|path", &path));
	/* an outage for everybody is about no region */
	assert_false(fits("region=*", &outage));
	assert_true(fits("region!=eu-west", &outage));
	/* an agent is in its region */
	assert_true(fits("agent=us-*,region=us-east", &agent));
	assert_false(fits("target=*", &agent));
	/* several regions: all of them, or none */
	assert_false(fits("region=eu-west", &served));
	assert_true(fits("region=*-*", &served));
	assert_false(fits("region!=us-east", &served));
	assert_true(fits("region!=ap-south", &served));
	assert_true(fits("key=key-eu", &key));
	assert_true(fits("target=*a*b*a*pro", &outage));
	assert_false(fits("target=*a*b*a*pro*x", &outage));
	assert_true(fits("target=***", &outage));
}

static void
test_wrong(void **state)
{
	static const char *const wrong[] = {"", " , ", "target", "target=", "=x",
	    "target==x", "target!x", "target!=", "provider=x", "target=A",
	    "target=a b=", "target=a||b", "target=|a", "target=a|", "level=high",
	    "verdict=outage", "tier=core|gold", "blame=them network", "scope=e",
	    "blame=no", "all,target=x", "all all",
	    "level=* level=* level=* level=* level=* level=* level=* level=* level=*"};
	char pattern[MATCHER_PATTERN_BYTES + 16] = "target=";
	struct matcher matcher = {.len = 77};
	char why[MATCHER_WHY_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		why[0] = '\0';
		if (matcher_parse(wrong[i], &matcher, why)) {
			fail_msg("'%s' is taken", wrong[i]);
		}
		assert_non_null(strstr(why, "expected"));
		assert_int_equal(matcher.len, 77);
	}
	memset(pattern + 7, 'a', MATCHER_PATTERN_BYTES - 1);
	assert_true(matcher_parse(pattern, &matcher, why));
	pattern[7 + MATCHER_PATTERN_BYTES - 1] = 'a';
	assert_false(matcher_parse(pattern, &matcher, why));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fits),
	    cmocka_unit_test(test_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
