#include "collector/shell/conf_advice.h"

#include "collector/shell/conf_alike.h"
#include "collector/shell/conf_probes.h"
#include "common/core/clock.h"
#include "common/core/syntax.h"

#include <string.h>

enum {
	CONTROLS_WANTED = 3,
	WINDOW_INTERVALS = 15, /* the correlation looks back that many base intervals */
	WINDOW_RESULTS = 4,    /* votes a verdict needs at least */
	CONTROL_INTERVALS = 5,
	GENERATIONS_A_DAY = 2000,
	GENERATION_INTERVAL_MS = 10000,
	DAY_MS = 86400000
};

static uint32_t
agents_of_region(const struct topology *topology, uint16_t region)
{
	uint32_t agents = 0;

	for (uint16_t i = 0; i < topology->agent_len; i++) {
		agents += topology->agent[i].region == region ? 1 : 0;
	}
	return agents;
}

/* How many agents run a probe. */
static uint32_t
runners(const struct collector_conf *conf, uint16_t probe)
{
	uint32_t agents = 0;

	for (uint16_t i = 0; i < conf->topology.agent_len; i++) {
		uint16_t region = conf->topology.agent[i].region;

		agents += (conf->probe[probe].region_mask >> region & 1) != 0 ? 1 : 0;
	}
	return agents;
}

static void
advise_regions(struct settings *settings, const struct topology *topology)
{
	bool one_domain = topology->region_len > 1;

	for (uint16_t i = 0; i < topology->region_len; i++) {
		uint32_t agents = agents_of_region(topology, i);
		uint16_t domain = topology->region[i].domain;

		settings_scope(settings, "regions[%u]", i);
		one_domain = one_domain && domain != TOPOLOGY_NONE &&
			     domain == topology->region[0].domain;
		if (agents == 0) {
			settings_warn(settings, "", "has no agent, expected two");
		}
	}
	settings_scope(settings, "%s", "");
	if (one_domain) {
		settings_warn(settings, "regions",
		    "are all in one domain: a fault of it looks like one of the "
		    "provider, "
		    "expected two or more");
	}
}

/* The last two labels of a host: who operates it, near enough for a warning. */
static const char *
operator_of(const struct syntax_url *url, size_t *out_len)
{
	size_t start = url->host_len;
	size_t dots = 0;

	while (start > 0) {
		dots += url->host[start - 1] == '.' ? 1 : 0;
		if (dots == 2) {
			break;
		}
		start--;
	}
	*out_len = url->host_len - start;
	return url->host + start;
}

static bool
same_operator(const char *a, const char *b)
{
	struct syntax_url a_url;
	struct syntax_url b_url;
	size_t a_len;
	size_t b_len;

	if (!syntax_url_split(a, &a_url) || !syntax_url_split(b, &b_url)) {
		return false;
	}
	const char *a_name = operator_of(&a_url, &a_len);
	const char *b_name = operator_of(&b_url, &b_len);

	return a_len == b_len && memcmp(a_name, b_name, a_len) == 0 &&
	       !syntax_url_is_loopback(&a_url);
}

/* One control and the first of them: a round takes all controls of one interval together. */
static void
advise_control(struct settings *settings, const struct collector_conf *conf,
    uint32_t number, uint16_t probe, uint16_t first)
{
	uint32_t interval_ms = conf->topology.probe[probe].interval_ms;

	settings_scope(settings, "controls[%u]", number);
	if (interval_ms >
	    CONTROL_INTERVALS * conf->correlate.base_ns / CLOCK_NS_PER_MS) {
		settings_warn(settings, "interval",
		    "is too long to say what the network was worth when a target "
		    "failed, expected about that of the fastest probe");
	} else if (interval_ms != conf->topology.probe[first].interval_ms) {
		settings_warn(settings, "interval",
		    "differs from that of controls[0], but controls are weighed "
		    "together, one round an interval, expected the same for all");
	}
}

static void
advise_controls(
    struct settings *settings, const struct collector_conf *conf, bool is_said)
{
	const struct topology *topology = &conf->topology;
	uint16_t first = TOPOLOGY_NONE;
	uint32_t controls = 0;
	uint32_t alike = 0;

	for (uint16_t i = 0; i < topology->probe_len; i++) {
		if (topology->probe[i].role != ROLE_CONTROL) {
			continue;
		}
		first = first == TOPOLOGY_NONE ? i : first;
		alike +=
		    same_operator(conf->probe[first].plan.url, conf->probe[i].plan.url)
			? 1
			: 0;
		advise_control(settings, conf, controls, i, first);
		controls++;
	}
	settings_scope(settings, "%s", "");
	if (controls == 0 && is_said) {
		/* with the faults that would look alike */
	} else if (controls == 0) {
		settings_warn(settings, "without_controls",
		    "leaves none: a fault of our network looks like one of the "
		    "provider, "
		    "expected three of different operators");
	} else if (controls < CONTROLS_WANTED) {
		settings_warn(settings, "controls",
		    "has less than three entries: one operator's own fault looks like "
		    "our "
		    "network's, expected three of different operators");
	} else if (alike == controls) {
		settings_warn(settings, "controls",
		    "are all of one operator, expected three of different ones");
	}
}

/* On Google's network: what answers at these names is its own front end. */
static bool
is_at_google(const char *text)
{
	static const char *const operators[] = {"googleapis.com", "gstatic.com",
	    "google.com", "googleusercontent.com", "run.app"};
	struct syntax_url url;
	const char *name;
	size_t len;

	if (!syntax_url_split(text, &url)) {
		return false;
	}
	name = operator_of(&url, &len);
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		if (strlen(operators[i]) == len &&
		    memcmp(name, operators[i], len) == 0) {
			return true;
		}
	}
	return false;
}

/* Another product on the network of the provider tells a way that is cut from a front end that
 * is down. Google's is the one whose endpoints for that are known. */
static void
advise_sibling(struct settings *settings, const struct collector_conf *conf)
{
	const struct topology *topology = &conf->topology;
	uint16_t target = TOPOLOGY_NONE;
	uint32_t controls = 0;

	for (uint16_t i = 0; i < topology->probe_len; i++) {
		bool is_google = is_at_google(conf->probe[i].plan.url);

		if (topology->probe[i].role == ROLE_CONTROL) {
			controls++;
			if (is_google) {
				return;
			}
		} else if (is_google && topology->probe[i].target != TOPOLOGY_NONE) {
			target = topology->probe[i].target;
		}
	}
	settings_scope(settings, "%s", "");
	if (target != TOPOLOGY_NONE && controls > 0) {
		settings_warn(settings, "controls",
		    "has none on the network of Google, where '%s' is: no way to "
		    "Google "
		    "looks like its front end being down, expected one like "
		    "https://www.gstatic.com/generate_204",
		    topology->target[target].name);
	}
}

/* Probes of one target follow each other in topology.probe, as in the file. */
static uint32_t
place_in_target(const struct topology *topology, uint16_t probe)
{
	uint32_t place = 0;

	while (place < probe && topology->probe[probe - place - 1].target ==
				    topology->probe[probe].target) {
		place++;
	}
	return place;
}

/* Regions of Vertex AI are hosts of their own, and serve no other region's path. */
static void
advise_vertex(struct settings *settings, const struct plan_probe *plan)
{
	static const char suffix[] = "-aiplatform.googleapis.com";
	const char *location = plan_text(plan->location);
	struct syntax_url url;
	bool is_global;
	bool is_regional;

	if (location[0] == '\0' || !syntax_url_split(plan->url, &url)) {
		return;
	}
	is_global = url.host_len == strlen(suffix) - 1 &&
		    memcmp(url.host, suffix + 1, url.host_len) == 0;
	is_regional = url.host_len >= strlen(suffix) &&
		      memcmp(url.host + url.host_len - strlen(suffix), suffix,
			  strlen(suffix)) == 0;
	if (is_global && strcmp(location, "global") != 0) {
		settings_warn(settings, "location",
		    "is '%s' at the host of global, expected %s%s as host", location,
		    location, suffix);
	} else if (is_regional &&
		   (url.host_len != strlen(location) + strlen(suffix) ||
		       memcmp(url.host, location, strlen(location)) != 0)) {
		settings_warn(settings, "location",
		    "is '%s' at the host of another region, expected that of the host",
		    location);
	}
}

static void
advise_kind(struct settings *settings, const struct plan_probe *plan)
{
	advise_vertex(settings, plan);
	if ((plan->kind == PROBE_OPENROUTER_CHAT ||
		plan->kind == PROBE_OPENROUTER_IMAGE) &&
	    plan_text(plan->providers)[0] == '\0') {
		settings_warn(settings, "",
		    "has no providers: the router goes round a provider that fails, "
		    "so that its fault is never seen, expected one");
	}
}

static void
advise_probe(
    struct settings *settings, const struct collector_conf *conf, uint16_t probe)
{
	const struct topology_probe *of = &conf->topology.probe[probe];
	const struct plan_probe *plan = &conf->probe[probe].plan;
	uint64_t agents = runners(conf, probe);
	uint64_t a_day = agents * DAY_MS / of->interval_ms;
	int64_t base_ms = conf->correlate.base_ns / CLOCK_NS_PER_MS;

	settings_scope(settings, "targets[%u].probes[%u]", of->target,
	    place_in_target(&conf->topology, probe));
	advise_kind(settings, plan);
	if ((uint64_t)of->interval_ms * WINDOW_RESULTS >
	    agents * WINDOW_INTERVALS * (uint64_t)base_ms) {
		settings_warn(settings, "interval",
		    "is too long: the fastest probe sets a window that holds less than "
		    "four "
		    "results of this one, so a fault only it sees is not found in "
		    "time, "
		    "expected at most %llus",
		    (unsigned long long)(agents * WINDOW_INTERVALS * (uint64_t)base_ms /
					 WINDOW_RESULTS / 1000));
	}
	if (probe_traits(plan->kind)->makes_image && !conf_probes_is_loopback(plan) &&
	    (of->interval_ms < GENERATION_INTERVAL_MS || a_day > GENERATIONS_A_DAY)) {
		settings_warn(settings, "interval",
		    "makes %llu billed generations a day (%llu agents), expected a "
		    "longer "
		    "interval, with a free probe beside it for the speed",
		    (unsigned long long)a_day, (unsigned long long)agents);
	}
}

static void
advise_targets(struct settings *settings, const struct collector_conf *conf)
{
	const struct topology *topology = &conf->topology;
	uint64_t real = 0; /* targets with a probe of the real thing */

	for (uint16_t i = 0; i < topology->probe_len; i++) {
		if (topology->probe[i].target == TOPOLOGY_NONE) {
			continue;
		}
		advise_probe(settings, conf, i);
		if (topology->probe[i].role == ROLE_TARGET) {
			real |= UINT64_C(1) << topology->probe[i].target;
		}
	}
	for (uint16_t i = 0; i < topology->target_len; i++) {
		settings_scope(settings, "targets[%u]", i);
		if ((real >> i & 1) == 0) {
			settings_warn(settings, "",
			    "has no probe of role target: only its front end is looked "
			    "at, "
			    "expected `role: target` for one");
		}
	}
}

void
conf_advice_add(struct settings *settings, const struct collector_conf *conf)
{
	bool lacks_controls;

	advise_regions(settings, &conf->topology);
	lacks_controls = conf_alike_add(settings, conf);
	advise_controls(settings, conf, lacks_controls);
	advise_sibling(settings, conf);
	advise_targets(settings, conf);
	settings_scope(settings, "%s", "");
	if (conf->insecure) {
		settings_warn(settings, "insecure",
		    "is true: agents may come without a certificate, expected false "
		    "outside of tests");
	}
	if (conf->alert.channel_len == 0) {
		settings_warn(settings, "channels",
		    "is missing: nobody is told of anything, expected one or more");
	}
}
