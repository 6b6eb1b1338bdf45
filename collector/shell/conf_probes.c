#include "collector/shell/conf_probes.h"

#include "collector/shell/conf_controls.h"
#include "collector/shell/conf_kinds.h"
#include "collector/shell/conf_sources.h"
#include "common/core/clock.h"
#include "common/core/syntax.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define MINUTE_NS (60 * CLOCK_NS_PER_S)
#define DAY_NS    (24 * 60 * MINUTE_NS)

#define WEEK_MS ((uint64_t)(7 * DAY_NS / CLOCK_NS_PER_MS))

#define TIMEOUT_MAX_NS    (600 * CLOCK_NS_PER_S)
#define GENERATION_MIN_NS (30 * CLOCK_NS_PER_S)

/* ---- what all probes have in common ---- */

bool
conf_probes_is_loopback(const struct plan_probe *probe)
{
	struct syntax_url url;

	return syntax_url_split(probe->url, &url) && syntax_url_is_loopback(&url);
}

/* Reads a kind of probe, or of page; one of the other sort becomes `fallback`. */
static enum probe_kind
read_kind(const struct settings *settings, const char *text, bool is_page,
    enum probe_kind fallback)
{
	const char *names[PROBE_KIND_COUNT + 1] = {NULL};
	enum probe_kind kinds[PROBE_KIND_COUNT + 1];
	enum probe_kind kind;
	int len = 0;

	if (probe_kind_find(text, &kind) && conf_sources_is_kind(kind) != is_page) {
		settings_error(settings, "kind",
		    "is %s, expected such an entry under %s", text,
		    is_page ? "targets" : "sources");
		return fallback;
	}
	for (int i = 0; i < PROBE_KIND_COUNT; i++) {
		if (conf_sources_is_kind((enum probe_kind)i) == is_page) {
			kinds[len] = (enum probe_kind)i;
			names[len++] = probe_kind_name((enum probe_kind)i);
		}
	}
	kinds[len] = fallback;
	return kinds[settings_choice(settings, "kind", text, names, len)];
}

/* Only images are the real thing; the rest asks the same API for free. */
static enum probe_role
read_role(const struct settings *settings, const char *text, enum probe_kind kind)
{
	static const char *const names[] = {"target", "free", NULL};
	int fallback = probe_traits(kind)->makes_image ? ROLE_TARGET : ROLE_FREE;

	return (enum probe_role)settings_choice(
	    settings, "role", text, names, fallback);
}

static void
read_model(const struct settings *settings, const struct raw_probe *raw,
    struct plan_probe *probe)
{
	probe->model = settings_text(raw->model, "");
	if (!probe_traits(probe->kind)->has_model) {
		conf_kinds_refuse(settings, "model", raw->model, probe->kind);
	} else if (raw->model == NULL) {
		settings_error(settings, "", "has no model, expected one for kind %s",
		    probe_kind_name(probe->kind));
	} else if (!syntax_is_model(raw->model)) {
		settings_error(settings, "model",
		    "is '%s', expected letters, digits and . _ : @ / - only",
		    settings_quote(raw->model).text);
	}
}

/* A key is sent with a request, so it means nothing where there is none. */
static void
read_key(const struct settings *settings, const struct raw_probe *raw,
    struct plan_probe *probe)
{
	const struct probe_traits *traits = probe_traits(probe->kind);

	probe->key = "";
	if (traits->family == FAMILY_NET) {
		conf_kinds_refuse(settings, "key", raw->key, probe->kind);
	} else if (raw->key != NULL) {
		if (settings_name(settings, "key", raw->key)) {
			probe->key = raw->key;
		}
	} else if (traits->has_key && !conf_probes_is_loopback(probe)) {
		settings_error(settings, "",
		    "has no key, expected the name of one for kind %s", traits->name);
	}
}

uint32_t
conf_probes_interval_ms(
    const struct settings *settings, const char *text, int64_t fallback_ns)
{
	const struct settings_range interval = {
	    .min = 100 * CLOCK_NS_PER_MS,
	    .max = 7 * DAY_NS,
	    .fallback = fallback_ns,
	};

	return (uint32_t)(settings_duration(settings, "interval", text, &interval) /
			  CLOCK_NS_PER_MS);
}

/* A server of this site stands in for the real thing and may be as fast as it likes. */
static bool
is_stand_in(const struct plan_probe *probe)
{
	struct syntax_url url;

	return syntax_url_split(probe->url, &url) &&
	       (syntax_url_is_loopback(&url) || syntax_url_is_private(&url));
}

/* Reads `timeout` and `connect_timeout`. A timeout below what a generation takes would turn
 * every good answer into a failure. */
void
conf_probes_timeouts(const struct settings *settings, const char *timeout,
    const char *connect_timeout, int64_t fallback_ns, struct plan_probe *probe)
{
	struct settings_range range = {
	    .min = 10 * CLOCK_NS_PER_MS,
	    .max = TIMEOUT_MAX_NS - CLOCK_NS_PER_MS,
	    .fallback = fallback_ns,
	};
	int64_t timeout_ns = settings_duration(settings, "timeout", timeout, &range);

	if (probe_traits(probe->kind)->makes_image && timeout_ns < GENERATION_MIN_NS &&
	    !is_stand_in(probe)) {
		settings_error(settings, "timeout",
		    "is shorter than a generation takes, expected at least 30s");
	}
	range.max = timeout_ns;
	range.fallback =
	    timeout_ns < 5 * CLOCK_NS_PER_S ? timeout_ns : 5 * CLOCK_NS_PER_S;
	probe->timeout_ms = (uint32_t)(timeout_ns / CLOCK_NS_PER_MS);
	probe->connect_timeout_ms =
	    (uint32_t)(settings_duration(
			   settings, "connect_timeout", connect_timeout, &range) /
		       CLOCK_NS_PER_MS);
}

/* Bits of the regions named; all of them when none is. */
static uint64_t
read_regions(const struct conf_fleet *fleet, const struct raw_probe *raw)
{
	uint64_t mask = 0;

	for (uint32_t i = 0; i < raw->regions_count; i++) {
		uint16_t region =
		    topology_region_find(fleet->topology, raw->regions[i]);
		char entry[32];

		(void)snprintf(entry, sizeof(entry), "regions[%u]", i);
		if (region == TOPOLOGY_NONE) {
			settings_error(&fleet->settings, entry,
			    "is '%s', expected the name of an entry of regions",
			    settings_quote(raw->regions[i]).text);
		} else {
			mask |= UINT64_C(1) << region;
		}
	}
	return mask == 0 ? UINT64_MAX : mask;
}

/* How many agents run the probe. One that nobody runs can never say anything. */
static uint32_t
count_runners(const struct conf_fleet *fleet, uint64_t mask)
{
	uint32_t runners = 0;

	for (uint16_t i = 0; i < fleet->topology->agent_len; i++) {
		uint16_t region = fleet->agent[i].region;

		runners += region == TOPOLOGY_NONE || (mask >> region & 1) != 0 ? 1 : 0;
	}
	/* with an authority one may enrol any time */
	if (runners == 0 && fleet->raw->authority.path == NULL) {
		settings_error(&fleet->settings, "regions",
		    "has no region with an agent, expected at least one agent to run "
		    "the probe");
	}
	return runners;
}

/* With turns the interval is that of the fleet: each of its agents runs the probe once in as
 * many intervals as there are agents. From here on it is the interval of one agent, for the
 * plan and for whoever waits for its results. */
static void
read_turns(const struct conf_fleet *fleet, const char *text, uint32_t runners,
    struct plan_probe *probe)
{
	const struct settings *settings = &fleet->settings;
	bool is_grown = fleet->topology->agent_len > fleet->raw->agents_count;
	uint64_t turn_ms = (uint64_t)probe->interval_ms * runners;

	if (!settings_bool(settings, "turns", text, false) || runners == 0) {
		return;
	}
	if (turn_ms > WEEK_MS && is_grown) {
		turn_ms = WEEK_MS; /* no reason to turn away who enrols */
	} else if (turn_ms > WEEK_MS) {
		settings_error(settings, "turns",
		    "would bring each of %u agents to less than one run a week, "
		    "expected a shorter interval",
		    runners);
		return;
	}
	probe->interval_ms = (uint32_t)turn_ms;
}

/* Makes "prefix/name"; the arena has room for one a probe. */
static const char *
make_series(const struct conf_fleet *fleet, const char *prefix, const char *name)
{
	char series[LIMIT_SERIES_BYTES];
	int len = snprintf(series, sizeof(series), "%s/%s", prefix, name);

	if (len < 0 || (size_t)len >= sizeof(series)) {
		return ""; /* one of the names is too long, which was said */
	}
	return arena_text(fleet->arena, series, (size_t)len);
}

/* Appends a probe whose plan is complete but for its series. */
void
conf_probes_add(struct conf_fleet *fleet, const char *prefix, const char *name,
    const struct probe_conf *conf, uint16_t target, uint64_t target_mask)
{
	uint16_t at = fleet->topology->probe_len++;
	const char *series = make_series(fleet, prefix, name);

	fleet->probe_conf[at] = *conf;
	fleet->probe_conf[at].plan.series = series;
	fleet->probe[at] = (struct topology_probe){
	    .series = series,
	    .role = conf->plan.role,
	    .kind = conf->plan.kind,
	    .target = target,
	    .target_mask = target_mask,
	    .fallback_of = TOPOLOGY_NONE,
	    .interval_ms = conf->plan.interval_ms,
	    .timeout_ms = conf->plan.timeout_ms,
	};
}

static int64_t
tier_interval_ns(enum tier tier)
{
	switch (tier) {
	case TIER_CORE:
		return MINUTE_NS;
	case TIER_IMPORTANT:
		return 5 * MINUTE_NS;
	case TIER_NORMAL:
		return 15 * MINUTE_NS;
	case TIER_TEST:
		return 30 * MINUTE_NS;
	case TIER_COUNT:
		break;
	}
	return 15 * MINUTE_NS;
}

static void
read_target_probe(
    struct conf_fleet *fleet, uint16_t target, const struct raw_probe *raw)
{
	const struct settings *settings = &fleet->settings;
	const struct topology_target *to = &fleet->target[target];
	struct probe_conf conf = {.region_mask = read_regions(fleet, raw)};
	struct plan_probe *probe = &conf.plan;
	int64_t timeout_ns;

	(void)settings_name(settings, "name", raw->name);
	probe->kind = read_kind(settings, raw->kind, false, PROBE_HTTP);
	probe->role = read_role(settings, raw->role, probe->kind);
	probe->url = raw->url;
	probe->products = "";
	read_key(settings, raw, probe);
	(void)conf_kinds_url(settings, probe);
	read_model(settings, raw, probe);
	conf_kinds_read(fleet, raw, probe);
	probe->interval_ms = conf_probes_interval_ms(
	    settings, raw->interval, tier_interval_ns(to->tier));
	timeout_ns =
	    (probe_traits(probe->kind)->makes_image ? 60 : 10) * CLOCK_NS_PER_S;
	conf_probes_timeouts(
	    settings, raw->timeout, raw->connect_timeout, timeout_ns, probe);
	read_turns(fleet, raw->turns, count_runners(fleet, conf.region_mask), probe);
	conf_probes_add(fleet, to->name, raw->name, &conf, target, 0);
}

static void
read_target_probes(struct conf_fleet *fleet, uint16_t target)
{
	const struct raw_target *raw = &fleet->raw->targets[target];

	for (uint32_t i = 0; i < raw->probes_count; i++) {
		settings_scope(&fleet->settings, "targets[%u].probes[%u]", target, i);
		for (uint32_t j = 0; j < i; j++) {
			if (strcmp(raw->probes[i].name, raw->probes[j].name) == 0) {
				settings_error(&fleet->settings, "name",
				    "is '%s' a second time, expected every name once",
				    settings_quote(raw->probes[i].name).text);
				break;
			}
		}
		read_target_probe(fleet, target, &raw->probes[i]);
	}
}

/* Says so when a control or source of that name came before. */
void
conf_probes_name(const struct conf_fleet *fleet, const char *prefix, const char *name)
{
	char series[LIMIT_SERIES_BYTES];

	if (!settings_name(&fleet->settings, "name", name)) {
		return;
	}
	(void)snprintf(series, sizeof(series), "%s/%s", prefix, name);
	if (topology_probe_find(fleet->topology, series) != TOPOLOGY_NONE) {
		settings_error(&fleet->settings, "name",
		    "is '%s' a second time, expected every name once",
		    settings_quote(name).text);
	}
}

struct probe_conf
conf_probes_free(enum probe_kind kind, enum probe_role role, const char *url)
{
	return (struct probe_conf){
	    .plan =
		{
		    .kind = kind,
		    .role = role,
		    .url = url,
		    .model = "",
		    .key = "",
		    .prompt = "",
		    .size = "",
		    .products = "",
		},
	    .region_mask = UINT64_MAX,
	};
}

/* Whom a source without `targets:` speaks for: what matters. Figures of a third party are of
 * core targets only; what is only being tried has no source but by name. */
static uint64_t
tier_mask_of(const struct conf_fleet *fleet, enum probe_kind kind)
{
	bool is_figures =
	    kind == PROBE_OPENROUTER_ENDPOINTS || kind == PROBE_OPENROUTER_MODELS;
	uint64_t mask = 0;

	for (uint16_t i = 0; i < fleet->topology->target_len; i++) {
		enum tier tier = fleet->target[i].tier;

		if (tier == TIER_CORE || (tier == TIER_IMPORTANT && !is_figures)) {
			mask |= UINT64_C(1) << i;
		}
	}
	if (mask == 0) {
		settings_error(&fleet->settings, "",
		    "has no targets, and there is none of tier core%s, expected the "
		    "names of those it speaks about",
		    is_figures ? "" : " or important");
	}
	return mask;
}

static uint64_t
read_target_mask(
    const struct conf_fleet *fleet, const struct raw_source *raw, enum probe_kind kind)
{
	uint64_t mask = 0;

	for (uint32_t i = 0; i < raw->targets_count; i++) {
		uint16_t target =
		    topology_target_find(fleet->topology, raw->targets[i]);
		char entry[32];

		(void)snprintf(entry, sizeof(entry), "targets[%u]", i);
		if (target == TOPOLOGY_NONE) {
			settings_error(&fleet->settings, entry,
			    "is '%s', expected the name of an entry of targets",
			    settings_quote(raw->targets[i]).text);
		} else {
			mask |= UINT64_C(1) << target;
		}
	}
	return raw->targets_count > 0 ? mask : tier_mask_of(fleet, kind);
}

static void
read_source(struct conf_fleet *fleet, const struct raw_source *raw)
{
	const struct settings *settings = &fleet->settings;
	struct probe_conf conf =
	    conf_probes_free(PROBE_GCLOUD_STATUS, ROLE_SOURCE, raw->url);

	conf_probes_name(fleet, "source", raw->name);
	conf.plan.kind = read_kind(settings, raw->kind, true, PROBE_GCLOUD_STATUS);
	conf.plan.key = conf_sources_key(fleet, raw, conf.plan.kind);
	(void)conf_kinds_url(settings, &conf.plan);
	conf.plan.products = conf_sources_filter(fleet, raw, conf.plan.kind);
	conf_kinds_family(settings, raw->family, &conf.plan);
	conf.plan.interval_ms =
	    conf_probes_interval_ms(settings, raw->interval, MINUTE_NS);
	conf_probes_timeouts(
	    settings, raw->timeout, NULL, 20 * CLOCK_NS_PER_S, &conf.plan);
	conf_probes_add(fleet, "source", raw->name, &conf, TOPOLOGY_NONE,
	    read_target_mask(fleet, raw, conf.plan.kind));
}

/* The entry of sources that entry number `i` stands in for; itself when there is none of
 * that name, or one that may not be. */
static uint32_t
find_primary(const struct conf_fleet *fleet, uint32_t i)
{
	const char *name = fleet->raw->sources[i].fallback_of;

	for (uint32_t k = 0; k < fleet->raw->sources_count; k++) {
		const struct raw_source *raw = &fleet->raw->sources[k];

		if (k != i && raw->name != NULL && strcmp(raw->name, name) == 0) {
			return raw->fallback_of == NULL ? k : i;
		}
	}
	return i;
}

/* When all sources are there, those that stand in for others can be told whom. */
static void
read_fallbacks(struct conf_fleet *fleet, uint16_t first)
{
	for (uint32_t i = 0; i < fleet->raw->sources_count; i++) {
		uint32_t primary;

		if (fleet->raw->sources[i].fallback_of == NULL) {
			continue;
		}
		settings_scope(&fleet->settings, "sources[%u]", i);
		primary = find_primary(fleet, i);
		if (primary == i) {
			settings_error(&fleet->settings, "fallback_of",
			    "is '%s', expected the name of another entry of sources "
			    "that stands in for nobody itself",
			    settings_quote(fleet->raw->sources[i].fallback_of).text);
		} else {
			fleet->probe[first + i].fallback_of =
			    (uint16_t)(first + primary);
		}
	}
}

void
conf_probes_read(struct conf_fleet *fleet)
{
	uint16_t first_source;
	uint32_t probes = conf_raw_probes(fleet->raw) + conf_controls_len(fleet->raw);

	if (probes > LIMIT_PROBES) {
		settings_scope(&fleet->settings, "%s", "");
		settings_error(&fleet->settings, "targets",
		    "brings the file to %u probes, expected at most %d", probes,
		    LIMIT_PROBES);
	}
	for (uint16_t i = 0; i < fleet->topology->target_len; i++) {
		read_target_probes(fleet, i);
	}
	conf_controls_read(fleet);
	first_source = fleet->topology->probe_len;
	for (uint32_t i = 0; i < fleet->raw->sources_count; i++) {
		settings_scope(&fleet->settings, "sources[%u]", i);
		read_source(fleet, &fleet->raw->sources[i]);
	}
	read_fallbacks(fleet, first_source);
}

int64_t
conf_probes_base_ns(const struct conf_fleet *fleet)
{
	uint32_t base_ms = 0;

	for (uint16_t i = 0; i < fleet->topology->probe_len; i++) {
		const struct topology_probe *probe = &fleet->probe[i];

		if (probe->target != TOPOLOGY_NONE &&
		    (base_ms == 0 || probe->interval_ms < base_ms)) {
			base_ms = probe->interval_ms;
		}
	}
	return base_ms == 0 ? MINUTE_NS : base_ms * CLOCK_NS_PER_MS;
}
