#include "collector/shell/conf_routes.h"

#include "collector/core/civil.h"
#include "collector/shell/conf_windows.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define MINUTE_NS (60 * CLOCK_NS_PER_S)
#define DAY_NS    (24 * 60 * MINUTE_NS)

size_t
conf_routes_bytes(const struct raw_collector *raw)
{
	return arena_bytes(raw->routes_count, sizeof(struct route)) +
	       arena_bytes(raw->routes_count, sizeof(struct zone));
}

/* The bits of the channels named; says which is none. */
static uint32_t
read_names(const struct settings *settings, const char *key, char *const *names,
    uint32_t len, const struct collector_conf *conf)
{
	uint32_t bits = 0;

	for (uint32_t i = 0; i < len; i++) {
		char entry[64];
		uint16_t k = 0;

		while (k < conf->alert.channel_len &&
		       strcmp(conf->channel[k].name, names[i]) != 0) {
			k++;
		}
		if (k == conf->alert.channel_len) {
			(void)snprintf(entry, sizeof(entry), "%s[%u]", key, i);
			settings_error(settings, entry,
			    "is '%s', expected the name of one of the channels",
			    settings_quote(names[i]).text);
		} else {
			bits |= UINT32_C(1) << k;
		}
	}
	return bits;
}

static void
read_steps(const struct settings *settings, const struct raw_route *raw,
    const struct collector_conf *conf, struct route *route)
{
	static const struct settings_range after = {
	    .min = CLOCK_NS_PER_S, .max = 7 * DAY_NS, .fallback = 15 * MINUTE_NS};

	route->step_len = raw->escalate_count;
	for (uint32_t i = 0; i < raw->escalate_count; i++) {
		const struct raw_step *from = &raw->escalate[i];
		struct route_step *step = &route->step[i];
		char key[64];

		(void)snprintf(key, sizeof(key), "escalate[%u].after", i);
		step->after_ns = settings_duration(settings, key, from->after, &after);
		if (i > 0 && step->after_ns <= route->step[i - 1].after_ns) {
			settings_error(settings, key,
			    "is no longer than that of the step before it, expected "
			    "each step later than the last");
		}
		(void)snprintf(key, sizeof(key), "escalate[%u].channels", i);
		step->channels = read_names(
		    settings, key, from->channels, from->channels_count, conf);
	}
}

/* The labels by which incidents are told together; `all` stands for none. */
static void
read_group_by(const struct settings *settings, const struct raw_route *raw,
    struct route_group *group)
{
	for (uint32_t i = 0; i < raw->group_by_count; i++) {
		const char *name = raw->group_by[i];
		enum label label;
		char key[32];

		if (strcmp(name, "all") == 0 && raw->group_by_count == 1) {
			return;
		}
		if (label_find(name, strlen(name), &label)) {
			group->by |= UINT32_C(1) << label;
			continue;
		}
		(void)snprintf(key, sizeof(key), "group_by[%u]", i);
		settings_error(settings, key,
		    "is '%s', expected a label (target, group, tier, region, agent, "
		    "key, scope, verdict, blame, level), or [all]",
		    settings_quote(name).text);
	}
}

static void
read_group(const struct settings *settings, const struct raw_route *raw,
    struct route_group *group)
{
	static const struct settings_range wait = {
	    .min = 0, .max = 60 * MINUTE_NS, .fallback = ROUTE_GROUP_WAIT_NS};
	static const struct settings_range interval = {
	    .min = 0, .max = DAY_NS, .fallback = ROUTE_GROUP_INTERVAL_NS};
	static const struct settings_range digest = {
	    .min = MINUTE_NS, .max = 7 * DAY_NS, .fallback = 0};

	group->is_on = raw->group_by_count > 0;
	if (!group->is_on && (raw->group_wait != NULL || raw->group_interval != NULL)) {
		settings_error(settings, "group_by",
		    "is missing beside the waits of a group, expected labels, or "
		    "[all]");
	}
	read_group_by(settings, raw, group);
	group->wait_ns =
	    settings_duration(settings, "group_wait", raw->group_wait, &wait);
	group->interval_ns = settings_duration(
	    settings, "group_interval", raw->group_interval, &interval);
	group->digest_ns = settings_duration(settings, "digest", raw->digest, &digest);
}

/* "sat" or "mon-fri", also over the end of the week; 0 when it is neither. */
static uint8_t
days_of(const char *text)
{
	size_t len = strlen(text);
	int from = len == 3 || len == 7 ? civil_weekday_find(text, 3) : -1;
	int to = from;
	uint8_t days = 0;

	if (len == 7) {
		to = text[3] == '-' ? civil_weekday_find(text + 4, 3) : -1;
	}
	if (from < 0 || to < 0) {
		return 0;
	}
	for (int day = from;; day = (day + 1) % 7) {
		days |= (uint8_t)(1U << day);
		if (day == to) {
			return days;
		}
	}
}

static void
read_clock(
    const struct settings *settings, const char *key, const char *text, int32_t *out_s)
{
	if (text != NULL && !civil_read_clock(text, out_s)) {
		settings_error(settings, key, "is '%s', expected a time like 09:00",
		    settings_quote(text).text);
	}
}

/* Without any of it the route holds always. */
static void
read_when(const struct settings *settings, const struct raw_when *raw,
    struct zone *zone, struct route_when *when)
{
	bool is_any = raw->days_count > 0 || raw->from != NULL || raw->to != NULL;

	if (!is_any && raw->zone == NULL) {
		return;
	}
	when->days = raw->days_count == 0 ? 0x7f : 0;
	when->to_s = CIVIL_DAY_S;
	when->zone = zone;
	conf_windows_zone(settings, "when.zone", raw->zone, zone);
	read_clock(settings, "when.from", raw->from, &when->from_s);
	read_clock(settings, "when.to", raw->to, &when->to_s);
	for (uint32_t i = 0; i < raw->days_count; i++) {
		uint8_t days = days_of(raw->days[i]);
		char key[32];

		if (days == 0) {
			(void)snprintf(key, sizeof(key), "when.days[%u]", i);
			settings_error(settings, key,
			    "is '%s', expected mon, tue, wed, thu, fri, sat, sun, or "
			    "two of them as in mon-fri",
			    settings_quote(raw->days[i]).text);
		}
		when->days |= days;
	}
	if (when->from_s == when->to_s || when->from_s == CIVIL_DAY_S) {
		settings_error(settings, "when.from",
		    "leaves no time until `to`, expected two different times of day");
	}
	if (raw->zone == NULL || !is_any) {
		settings_error(settings, "when",
		    "is not complete, expected zone, and days or from and to");
	}
}

static void
read_route(struct settings *settings, const struct raw_route *raw,
    const struct collector_conf *conf, struct route *route)
{
	char why[MATCHER_WHY_BYTES];

	if (raw->match != NULL && !matcher_parse(raw->match, &route->matcher, why)) {
		settings_error(settings, "match", "%s", why);
	}
	route->goes_on = settings_bool(settings, "continue", raw->goes_on, false);
	route->channels =
	    read_names(settings, "channels", raw->channels, raw->channels_count, conf);
	read_steps(settings, raw, conf, route);
	read_group(settings, raw, &route->group);
}

static void
read_remind(struct settings *settings, const struct raw_policy *raw,
    struct collector_conf *conf)
{
	static const struct settings_range remind = {
	    .min = 0, .max = 7 * DAY_NS, .fallback = 0};
	const struct {
		enum level level;
		const char *text;
	} table[] = {{LEVEL_CRITICAL, raw->remind.critical},
	    {LEVEL_WARNING, raw->remind.warning}, {LEVEL_INFO, raw->remind.info}};

	settings_scope(settings, "policy.remind");
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		conf->alert.remind_ns[table[i].level] = settings_duration(
		    settings, level_name(table[i].level), table[i].text, &remind);
	}
}

void
conf_routes_read(struct settings *settings, const struct raw_collector *raw,
    int64_t base_ns, struct arena *arena, struct collector_conf *conf)
{
	const struct settings_range wait = {.min = 0,
	    .max = 60 * MINUTE_NS,
	    .fallback = base_ns < MINUTE_NS ? base_ns : MINUTE_NS};
	struct route *route = arena_take(arena, raw->routes_count, sizeof(*route));
	struct zone *zone = arena_take(arena, raw->routes_count, sizeof(*zone));

	assert(!arena_failed(arena));
	conf->alert.topology = &conf->topology;
	settings_scope(settings, "policy");
	conf->alert.inhibit_wait_ns = settings_duration(
	    settings, "inhibit_wait", raw->policy.inhibit_wait, &wait);
	read_remind(settings, &raw->policy, conf);
	for (uint32_t i = 0; i < raw->routes_count; i++) {
		settings_scope(settings, "routes[%u]", i);
		read_route(settings, &raw->routes[i], conf, &route[i]);
		read_when(settings, &raw->routes[i].when, &zone[i], &route[i].when);
		if (i + 1 == raw->routes_count && route[i].when.days != 0) {
			settings_error(settings, "when",
			    "leaves times at which nobody is told, expected a last "
			    "route without when");
		}
		if (i + 1 == raw->routes_count && route[i].matcher.len > 0) {
			settings_error(settings, "match",
			    "leaves incidents that nobody is told of, expected a last "
			    "route without match");
		}
		if (i + 1 < raw->routes_count && route[i].matcher.len == 0 &&
		    route[i].when.days == 0 && !route[i].goes_on) {
			settings_error(settings, "match",
			    "takes everything, so that no later route is ever tried, "
			    "expected one, or continue: true");
		}
	}
	settings_scope(settings, "%s", "");
	conf->alert.route = route;
	conf->alert.route_len = (uint16_t)raw->routes_count;
}
