/* test_conf_windows - maintenance and times of day in collector.yaml: what is read, and what
 * is refused, with its line */
#include "collector/shell/conf.h"
#include "collector/shell/zone_file.h"
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
    "channels: [{name: chat, kind: log}, {name: pager, kind: log}]\n";

static struct remarks remarks;

static enum err
load(const char *rest, struct collector_conf_file **out_file)
{
	char text[4096];
	enum err err;

	(void)snprintf(text, sizeof(text), "%s%s", base, rest);
	remarks_init(&remarks);
	scratch_write("w.yaml", text, strlen(text));
	err = collector_conf_load("w.yaml", out_file, &remarks);
	assert_int_equal(unlink("w.yaml"), 0);
	return err;
}

static void
test_read(void **state)
{
	static const char rest[] = "maintenance:\n"
				   "  - name: sundays\n"
				   "    match: target=page\n"
				   "    starts: 2026-12-01T02:00\n"
				   "    zone: Asia/Shanghai\n"
				   "    duration: 2h\n"
				   "    repeat: FREQ=WEEKLY;BYDAY=SU\n"
				   "    reason: upgrades\n"
				   "  - {name: once, match: all, duration: 1h,\n"
				   "     starts: 2026-12-24T00:00}\n"
				   "routes:\n"
				   "  - channels: [pager]\n"
				   "    when: {days: [mon-fri, sun], from: '22:00',\n"
				   "           to: '06:00', zone: Europe/Berlin}\n"
				   "  - channels: [chat]\n";
	struct collector_conf_file *file = NULL;
	const struct alert_conf *alert;
	struct wall begin_at;
	struct wall end_at;
	struct zone zone;

	(void)state;
	if (zone_file_read("Asia/Shanghai", 0, &zone) == ERR_NOTFOUND) {
		print_message("skipped: there is no tzdata here\n");
		skip();
	}
	if (load(rest, &file) != ERR_OK) {
		fail_msg("%s", remarks.remark[0].text);
	}
	alert = &collector_conf_get(file)->alert;
	assert_int_equal(alert->plan_len, 2);
	assert_string_equal(alert->plan[0].name, "sundays");
	assert_string_equal(alert->plan[0].reason, "upgrades");
	assert_true(
	    mute_occurrence(&alert->plan[0], (struct wall){0}, &begin_at, &end_at));
	/* Sunday 6 December, 02:00 in Shanghai */
	assert_int_equal(begin_at.ns, INT64_C(1796493600) * CLOCK_NS_PER_S);
	assert_int_equal(end_at.ns, INT64_C(1796500800) * CLOCK_NS_PER_S);
	assert_string_equal(alert->plan[1].zone.name, "UTC");
	assert_int_equal(alert->route[0].when.days, 0x5f);
	assert_int_equal(alert->route[0].when.from_s, 22 * 3600);
	assert_string_equal(alert->route[0].when.zone->name, "Europe/Berlin");
	assert_int_equal(alert->route[1].when.days, 0);
	collector_conf_free(file);
}

#define WINDOW(rest) "maintenance:\n  - {name: w, match: all, duration: 1h, " rest "}\n"
#define ROUTE(when)                                                                    \
	"routes:\n  - {channels: [pager], when: " when "}\n  - {channels: [chat]}\n"

static void
test_refused(void **state)
{
	static const struct {
		const char *rest;
		const char *remark;
	} table[] = {
	    {WINDOW("starts: 2026-12-01"),
		"maintenance[0].starts is '2026-12-01', expected a local time like "
		"2026-12-01T02:00"},
	    {WINDOW("starts: '2026-12-01T02:00', zone: ../../etc/passwd"),
		"maintenance[0].zone is '../../etc/passwd', expected a name like "
		"Europe/Berlin"},
	    {WINDOW("starts: '2026-12-01T02:00', zone: Europe/Atlantis"),
		"maintenance[0].zone is 'Europe/Atlantis', expected one of "
		"/usr/share/zoneinfo, see package tzdata"},
	    {WINDOW("starts: '2026-12-01T02:00', repeat: FREQ=HOURLY"),
		"maintenance[0].repeat FREQ is unknown, expected DAILY, WEEKLY or "
		"MONTHLY"},
	    {"maintenance:\n  - {name: w, match: '=', duration: 1h, starts: "
	     "'2026-12-01T02:00'}\n",
		"maintenance[0].match "},
	    {"maintenance:\n  - {name: w, match: all, duration: 60d, starts: "
	     "'2026-12-01T02:00'}\n",
		"maintenance[0].duration "},
	    {"maintenance:\n  - {name: w, match: all, duration: 1h, starts: "
	     "'2026-12-01T02:00'}\n  - {name: w, match: all, duration: 1h, starts: "
	     "'2026-12-01T02:00'}\n",
		"maintenance[1].name is that of another window, expected one of its "
		"own"},
	    {ROUTE("{from: '09:00', to: '18:00'}"),
		"routes[0].when is not complete, expected zone, and days or from and "
		"to"},
	    {ROUTE("{days: [weekend], zone: UTC}"),
		"routes[0].when.days[0] is 'weekend', expected mon, tue, wed, thu, "
		"fri, sat, sun, or two of them as in mon-fri"},
	    {ROUTE("{from: '9:00', to: '18:00', zone: UTC}"),
		"routes[0].when.from is '9:00', expected a time like 09:00"},
	    {ROUTE("{from: '09:00', to: '09:00', zone: UTC}"),
		"routes[0].when.from leaves no time until `to`, expected two "
		"different times of day"},
	    {"routes:\n  - {channels: [pager], when: {days: [sat], zone: UTC}}\n",
		"routes[0].when leaves times at which nobody is told, expected a "
		"last route without when"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct collector_conf_file *file = NULL;

		if (load(table[i].rest, &file) != ERR_INVALID) {
			fail_msg("%s was read", table[i].rest);
		}
		assert_true(remarks.remark[0].line >= 10);
		if (strstr(remarks.remark[0].text, table[i].remark) == NULL) {
			fail_msg("%s: %s", table[i].rest, remarks.remark[0].text);
		}
	}
}

static void
test_zone_names(void **state)
{
	static const char *const wrong[] = {"", "/etc/localtime", "Europe//Berlin",
	    "Europe/", "../zoneinfo/UTC", "Europe/../UTC", "Europe/Ber lin",
	    "A-name-that-is-much-too-long/for-any-zone-there-is"};
	struct zone zone;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(zone_file_read(wrong[i], 0, &zone), ERR_INVALID);
	}
	assert_int_equal(zone_file_read("UTC", 0, &zone), ERR_OK);
	assert_int_equal(zone_file_read("Europe", 0, &zone), ERR_NOTFOUND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_read),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_zone_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
