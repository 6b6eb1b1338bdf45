#include "collector/shell/conf_controls.h"

#include "collector/shell/conf_kinds.h"
#include "collector/shell/conf_probes.h"
#include "common/core/clock.h"

enum {
	DEFAULT_CONTROLS = 6
};

/* Each answers small, fixed and without a limit, because devices of its operator ask it
 * whether they are online; each is in a network of its own. The first is on the network of
 * Google, where most image models are: it tells "no way to Google" from "their API is
 * down". Mozilla's is not among them: it is hosted by Google. */
static const struct written_control {
	const char *name;
	const char *url;
	const char *status;
	const char *text;
	const char *family;
	const char *interval;
	const char *timeout;
} defaults[DEFAULT_CONTROLS] = {
    {.name = "google-edge",
	.url = "https://www.gstatic.com/generate_204",
	.status = "204"},
    {.name = "cloudflare",
	.url = "https://cp.cloudflare.com/generate_204",
	.status = "204"},
    {.name = "apple",
	.url = "https://captive.apple.com/hotspot-detect.html",
	.status = "200",
	.text = "Success"},
    {.name = "microsoft",
	.url = "http://www.msftconnecttest.com/connecttest.txt",
	.status = "200",
	.text = "Microsoft Connect Test"},
    {.name = "amazon", .url = "https://checkip.amazonaws.com/", .status = "200"},
    {.name = "canonical",
	.url = "http://connectivity-check.ubuntu.com/",
	.status = "204"},
};

uint32_t
conf_controls_len(const struct raw_collector *raw)
{
	return raw->controls_count > 0 ? raw->controls_count : DEFAULT_CONTROLS;
}

bool
conf_controls_is_ours(const struct plan_probe *probe)
{
	for (uint32_t i = 0; i < DEFAULT_CONTROLS; i++) {
		/* The very text: the same address in a file is one that was written. */
		if (probe->url == defaults[i].url) {
			return true;
		}
	}
	return false;
}

static void
read_control(struct conf_fleet *fleet, const struct written_control *raw)
{
	const struct settings *settings = &fleet->settings;
	struct probe_conf conf = conf_probes_free(PROBE_HTTP, ROLE_CONTROL, raw->url);

	conf_probes_name(fleet, "control", raw->name);
	(void)conf_kinds_url(settings, &conf.plan);
	conf_kinds_expect(settings, raw->status, raw->text, &conf.plan);
	conf_kinds_family(settings, raw->family, &conf.plan);
	conf.plan.interval_ms =
	    conf_probes_interval_ms(settings, raw->interval, 60 * CLOCK_NS_PER_S);
	conf_probes_timeouts(
	    settings, raw->timeout, NULL, 10 * CLOCK_NS_PER_S, &conf.plan);
	conf_probes_add(fleet, "control", raw->name, &conf, TOPOLOGY_NONE, 0);
}

/* The way to the outside says nothing about targets that are not there. */
static bool
stays_here(const struct conf_fleet *fleet)
{
	for (uint16_t i = 0; i < fleet->topology->probe_len; i++) {
		if (!conf_probes_is_loopback(&fleet->probe_conf[i].plan)) {
			return false;
		}
	}
	return true;
}

/* `controls: []` may be meant, or be what an editor left of a list. */
static bool
wants_none(struct conf_fleet *fleet)
{
	const struct raw_collector *raw = fleet->raw;
	struct settings *settings = &fleet->settings;
	bool none;

	settings_scope(settings, "%s", "");
	none =
	    settings_bool(settings, "without_controls", raw->without_controls, false);
	if (none && raw->controls_count > 0) {
		settings_error(settings, "without_controls",
		    "is true beside controls, expected one or the other");
	} else if (!none && raw->controls_count == 0 &&
		   yaml_has(settings->yaml, "controls")) {
		settings_error(settings, "controls",
		    "is empty, and a fault of our network would look like one of the "
		    "provider: expected no `controls` for a set of well-known ones, or "
		    "`without_controls: true`");
		none = true;
	}
	return none;
}

void
conf_controls_read(struct conf_fleet *fleet)
{
	const struct raw_collector *raw = fleet->raw;

	if (wants_none(fleet)) {
		return;
	}
	for (uint32_t i = 0; i < raw->controls_count; i++) {
		const struct raw_control *control = &raw->controls[i];
		const struct written_control written = {.name = control->name,
		    .url = control->url,
		    .status = control->expect_status,
		    .text = control->expect_text,
		    .family = control->family,
		    .interval = control->interval,
		    .timeout = control->timeout};

		settings_scope(&fleet->settings, "controls[%u]", i);
		read_control(fleet, &written);
	}
	if (raw->controls_count > 0 || stays_here(fleet)) {
		return;
	}
	settings_scope(&fleet->settings, "controls");
	for (uint32_t i = 0; i < DEFAULT_CONTROLS; i++) {
		read_control(fleet, &defaults[i]);
	}
}
