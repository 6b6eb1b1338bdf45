#include "collector/shell/conf_windows.h"

#include "collector/core/civil.h"
#include "collector/shell/zone_file.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

size_t
conf_windows_bytes(const struct raw_collector *raw)
{
	return arena_bytes(raw->maintenance_count, sizeof(struct mute));
}

void
conf_windows_zone(const struct settings *settings, const char *key, const char *name,
    struct zone *out)
{
	enum err err = ERR_OK;

	zone_utc(out);
	if (name != NULL) {
		err = zone_file_read(name, ZONE_FILE_FROM_S, out);
	}
	if (err != ERR_OK) {
		settings_error(settings, key, "is '%s', %s", settings_quote(name).text,
		    zone_file_expected(err));
		zone_utc(out);
	}
}

static void
read_when(
    const struct settings *settings, const struct raw_window *raw, struct mute *window)
{
	static const struct settings_range length = {.min = 60 * CLOCK_NS_PER_S,
	    .max = MUTE_LENGTH_MAX_NS,
	    .fallback = 3600 * CLOCK_NS_PER_S};
	char why[RECUR_WHY_BYTES];
	int64_t start_s = 0;

	if (!civil_read(raw->starts, &start_s)) {
		settings_error(settings, "starts",
		    "is '%s', expected a local time like 2026-12-01T02:00",
		    settings_quote(raw->starts).text);
		return;
	}
	if (!recur_read(raw->repeat, start_s, &window->recur, why)) {
		settings_error(settings, "repeat", "%s", why);
	}
	window->length_ns =
	    settings_duration(settings, "duration", raw->duration, &length);
}

static void
read_window(
    const struct settings *settings, const struct raw_window *raw, struct mute *window)
{
	char why[MATCHER_WHY_BYTES];

	window->kind = MUTE_MAINTENANCE;
	if (settings_name(settings, "name", raw->name)) {
		(void)snprintf(window->name, sizeof(window->name), "%s", raw->name);
	}
	if (!matcher_parse(raw->match, &window->matcher, why)) {
		settings_error(settings, "match", "%s", why);
	}
	conf_windows_zone(settings, "zone", raw->zone, &window->zone);
	read_when(settings, raw, window);
	(void)snprintf(window->author, sizeof(window->author), "collector.yaml");
	(void)snprintf(window->reason, sizeof(window->reason), "%s",
	    settings_text(raw->reason, ""));
}

void
conf_windows_read(struct settings *settings, const struct raw_collector *raw,
    struct arena *arena, struct collector_conf *conf)
{
	struct mute *window =
	    arena_take(arena, raw->maintenance_count, sizeof(*window));

	assert(!arena_failed(arena));
	for (uint32_t i = 0; i < raw->maintenance_count; i++) {
		settings_scope(settings, "maintenance[%u]", i);
		window[i] = (struct mute){0};
		read_window(settings, &raw->maintenance[i], &window[i]);
		for (uint32_t k = 0; k < i; k++) {
			if (strcmp(window[k].name, window[i].name) == 0 &&
			    window[i].name[0] != '\0') {
				settings_error(settings, "name",
				    "is that of another window, expected one of its "
				    "own");
			}
		}
	}
	settings_scope(settings, "%s", "");
	conf->alert.plan = window;
	conf->alert.plan_len = (uint16_t)raw->maintenance_count;
}
