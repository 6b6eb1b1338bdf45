/* test_conf_routes - routes, escalation and reminders: what is read, what is refused */
#include "collector/shell/conf.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

static const char base[] =
    "listen: ['tcp://127.0.0.1:7441']\n"
    "regions: [{name: east}]\n"
    "agents: [{id: east-1, region: east}]\n"
    "without_controls: true\n"
    "targets:\n"
    "  - name: page\n"
    "    probes: [{name: get, kind: http, role: target, url: 'http://127.0.0.1/',\n"
    "              interval: 20s}]\n"
    "channels:\n"
    "  - {name: chat, kind: log}\n"
    "  - {name: pager, kind: log}\n"
    "  - {name: phone, kind: log}\n";

static struct remarks remarks;

static enum err
load(const char *rest, struct collector_conf_file **out_file)
{
	char text[4096];
	enum err err;

	(void)snprintf(text, sizeof(text), "%s%s", base, rest);
	remarks_init(&remarks);
	scratch_write("c.yaml", text, strlen(text));
	err = collector_conf_load("c.yaml", out_file, &remarks);
	assert_int_equal(unlink("c.yaml"), 0);
	return err;
}

static void
test_read(void **state)
{
	static const char rest[] = "policy:\n"
				   "  inhibit_wait: 7s\n"
				   "  remind: {critical: 30m, warning: 4h}\n"
				   "routes:\n"
				   "  - match: tier=core|important level=critical\n"
				   "    channels: [pager]\n"
				   "    continue: true\n"
				   "    escalate:\n"
				   "      - {after: 15m, channels: [phone]}\n"
				   "      - {after: 30m, channels: [phone, chat]}\n"
				   "  - channels: [chat]\n"
				   "    group_by: [target, region]\n"
				   "    group_interval: 10m\n"
				   "    digest: 1h\n";
	struct collector_conf_file *file = NULL;
	const struct alert_conf *alert;

	(void)state;
	if (load(rest, &file) != ERR_OK) {
		fail_msg("%s", remarks.remark[0].text);
	}
	alert = &collector_conf_get(file)->alert;
	assert_int_equal(alert->inhibit_wait_ns, 7 * CLOCK_NS_PER_S);
	assert_int_equal(alert->remind_ns[LEVEL_CRITICAL], 1800 * CLOCK_NS_PER_S);
	assert_int_equal(alert->remind_ns[LEVEL_INFO], 0);
	assert_ptr_equal(alert->topology, &collector_conf_get(file)->topology);
	assert_int_equal(alert->route_len, 2);
	assert_int_equal(alert->route[0].matcher.len, 2);
	assert_int_equal(alert->route[0].channels, 2);
	assert_true(alert->route[0].goes_on);
	assert_int_equal(alert->route[0].step_len, 2);
	assert_int_equal(alert->route[0].step[1].after_ns, 1800 * CLOCK_NS_PER_S);
	assert_int_equal(alert->route[0].step[1].channels, 5);
	assert_int_equal(alert->route[1].matcher.len, 0);
	assert_false(alert->route[1].goes_on);
	assert_false(alert->route[0].group.is_on);
	assert_int_equal(alert->route[0].group.digest_ns, 0);
	assert_true(alert->route[1].group.is_on);
	assert_int_equal(
	    alert->route[1].group.by, 1 << LABEL_TARGET | 1 << LABEL_REGION);
	assert_int_equal(alert->route[1].group.wait_ns, 30 * CLOCK_NS_PER_S);
	assert_int_equal(alert->route[1].group.interval_ns, 600 * CLOCK_NS_PER_S);
	assert_int_equal(alert->route[1].group.digest_ns, 3600 * CLOCK_NS_PER_S);
	collector_conf_free(file);
}

static void
test_defaults(void **state)
{
	struct collector_conf_file *file = NULL;
	const struct alert_conf *alert;

	(void)state;
	assert_int_equal(load("", &file), ERR_OK);
	alert = &collector_conf_get(file)->alert;
	assert_int_equal(alert->route_len, 0);
	assert_int_equal(alert->inhibit_wait_ns, 20 * CLOCK_NS_PER_S);
	assert_int_equal(alert->remind_ns[LEVEL_CRITICAL], 0);
	collector_conf_free(file);
}

static void
test_wrong(void **state)
{
	static const struct {
		const char *text;
		const char *said;
	} table[] = {
	    {"routes: [{channels: [mail]}]\n",
		"routes[0].channels[0] is 'mail', expected the name of one of the "
		"channels"},
	    {"routes: [{match: 'level=high', channels: [chat]}, {channels: [chat]}]\n",
		"routes[0].match 'high' is no level, expected one of those there are"},
	    {"routes: [{channels: [chat], group_by: [colour]}]\n",
		"routes[0].group_by[0] is 'colour', expected a label"},
	    {"routes: [{channels: [chat], group_wait: 10s}]\n",
		"routes[0].group_by is missing beside the waits of a group"},
	    {"routes: [{match: 'level=info', channels: [chat]}]\n",
		"routes[0].match leaves incidents that nobody is told of, expected a "
		"last route without match"},
	    {"routes: [{channels: [chat]}, {channels: [pager]}]\n",
		"routes[0].match takes everything, so that no later route is ever "
		"tried, expected one, or continue: true"},
	    {"routes:\n"
	     "  - channels: [chat]\n"
	     "    escalate: [{after: 5m, channels: [pager]}, {after: 5m, channels: "
	     "[phone]}]\n",
		"routes[0].escalate[1].after is no longer than that of the step before "
		"it, expected each step later than the last"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct collector_conf_file *file = NULL;
		bool was_said = false;

		assert_int_equal(load(table[i].text, &file), ERR_INVALID);
		for (size_t k = 0; k < remarks.len; k++) {
			was_said = was_said || strstr(remarks.remark[k].text,
						   table[i].said) != NULL;
		}
		if (!was_said) {
			fail_msg("not said: %s; but: %s", table[i].said,
			    remarks.remark[0].text);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_read),
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_wrong),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
