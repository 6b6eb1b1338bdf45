#include "tests/sim/plant.h"

#include "collector/shell/conf.h"
#include "common/core/duration.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *
plant_policy_name(enum plant_policy policy)
{
	static const char *const name[PLANT_POLICIES] = {
	    "correlation", "threshold", "quorum"};

	return name[policy];
}

bool
plant_has_policy(enum plant_policy policy)
{
	return policy < PLANT_POLICIES; /* the collector has them all */
}

/* ---- collector.yaml ---- */

static void
write_fleet(FILE *out, const struct scen *scen)
{
	(void)fputs("regions:\n", out);
	for (unsigned i = 0; i < scen->regions; i++) {
		const struct scen_region *region = &scen->region[i];

		(void)fprintf(out, "  - { name: '%s'", region->name);
		if (region->domain != SCEN_NONE) {
			(void)fprintf(
			    out, ", domain: '%s'", scen->domain[region->domain]);
		}
		(void)fputs(" }\n", out);
	}
	(void)fputs("agents:\n", out);
	for (unsigned i = 0; i < scen->agents; i++) {
		char key[SCEN_NAME];

		(void)fprintf(out, "  - { id: a%u, region: '%s', keys: {", i,
		    scen->region[scen_region_of(scen, i)].name);
		for (unsigned t = 0; t < scen->targets; t++) {
			(void)fprintf(out, "%s 'key-%s': '%s'", t > 0 ? "," : "",
			    scen->target[t].name, scen_key(scen, i, t, key));
		}
		(void)fputs(" } }\n", out);
	}
}

static void
write_pace(FILE *out, const struct scen_probe *probe)
{
	char every[DURATION_TEXT_BYTES];
	char timeout[DURATION_TEXT_BYTES];

	(void)fprintf(out, "interval: %s, timeout: %s",
	    duration_text(probe->every_ns, every),
	    duration_text(probe->timeout_ns, timeout));
}

static void
write_probe(FILE *out, const struct scen *scen, const struct scen_probe *probe)
{
	bool is_image = probe->view == SCEN_IMAGE;

	(void)fprintf(out,
	    "      - { name: %s, kind: %s, url: 'http://127.0.0.1:9', model: m,\n"
	    "          key: 'key-%s', ",
	    probe->name, is_image ? "gemini-image" : "gemini-model",
	    scen->target[probe->target].name);
	write_pace(out, probe);
	if (probe->cost_microusd > 0) {
		(void)fprintf(out, ", cost: '%u.%06u'", probe->cost_microusd / 1000000,
		    probe->cost_microusd % 1000000);
	}
	if (probe->regions != UINT32_MAX) {
		const char *comma = "";

		(void)fputs(", regions: [", out);
		for (unsigned i = 0; i < scen->regions; i++) {
			if ((probe->regions >> i & 1) != 0) {
				(void)fprintf(
				    out, "%s'%s'", comma, scen->region[i].name);
				comma = ", ";
			}
		}
		(void)fputs("]", out);
	}
	(void)fputs(" }\n", out);
}

static void
write_serving(FILE *out, const struct scen *scen, const struct scen_target *target)
{
	const char *comma = "";

	if (target->servings == 0) {
		return;
	}
	(void)fputs("    serving: {", out);
	for (unsigned i = 0; i < scen->regions; i++) {
		if (target->serves[i] != SCEN_NONE) {
			(void)fprintf(out, "%s '%s': '%s'", comma, scen->region[i].name,
			    target->serving[target->serves[i]]);
			comma = ",";
		}
	}
	(void)fputs(" }\n", out);
}

static void
write_targets(FILE *out, const struct scen *scen)
{
	(void)fputs("targets:\n", out);
	for (unsigned t = 0; t < scen->targets; t++) {
		const struct scen_target *target = &scen->target[t];

		(void)fprintf(out, "  - name: '%s'\n    tier: %s\n", target->name,
		    tier_name(target->tier));
		if (target->provider[0] != '\0') {
			(void)fprintf(out, "    provider: '%s'\n", target->provider);
		}
		write_serving(out, scen, target);
		(void)fputs("    probes:\n", out);
		for (unsigned i = 0; i < scen->probes; i++) {
			if (scen->probe[i].target == t) {
				write_probe(out, scen, &scen->probe[i]);
			}
		}
	}
}

static void
write_controls(FILE *out, const struct scen *scen)
{
	unsigned controls = 0;

	for (unsigned i = 0; i < scen->probes; i++) {
		if (scen->probe[i].target != SCEN_NONE) {
			continue;
		}
		if (controls++ == 0) {
			(void)fputs("controls:\n", out);
		}
		(void)fprintf(out, "  - { name: '%s', url: 'http://127.0.0.1:9/%s', ",
		    scen->probe[i].name, scen->probe[i].name);
		write_pace(out, &scen->probe[i]);
		(void)fputs(" }\n", out);
	}
	if (controls == 0) {
		(void)fputs("without_controls: true\n", out);
	}
}

static void
write_sources(FILE *out, const struct scen *scen)
{
	if (scen->sources > 0) {
		(void)fputs("sources:\n", out);
	}
	for (unsigned i = 0; i < scen->sources; i++) {
		const struct scen_source *source = &scen->source[i];
		const char *comma = "";

		(void)fprintf(out,
		    "  - { name: '%s', kind: %s, url: 'http://127.0.0.1:9/%s',\n"
		    "      interval: 1m, timeout: 20s, targets: [",
		    source->name,
		    source->is_uptime ? "openrouter-endpoints"
				      : "statuspage, components: [Images]",
		    source->name);
		for (unsigned t = 0; t < scen->targets; t++) {
			if ((source->targets >> t & 1) != 0) {
				(void)fprintf(
				    out, "%s'%s'", comma, scen->target[t].name);
				comma = ", ";
			}
		}
		(void)fputs("] }\n", out);
	}
}

/* Rules look back far enough to see three runs of the slowest probe: less is refused. */
static int64_t
rule_window_ns(const struct scen *scen)
{
	int64_t window_ns = 300 * CLOCK_NS_PER_S;

	for (unsigned i = 0; i < scen->probes; i++) {
		int64_t runs_ns = 4 * scen->probe[i].every_ns;

		window_ns = runs_ns > window_ns ? runs_ns : window_ns;
	}
	return window_ns;
}

static void
write_rule(FILE *out, const struct scen *scen, enum plant_policy policy)
{
	char window[DURATION_TEXT_BYTES];

	if (policy != PLANT_CORRELATION) {
		(void)fprintf(
		    out, ", window: %s", duration_text(rule_window_ns(scen), window));
	}
	if (policy == PLANT_QUORUM) {
		(void)fputs(", per: region, quorum: majority", out);
	}
}

static void
write_conf(FILE *out, const struct scen *scen, enum plant_policy policy)
{
	char cooldown[DURATION_TEXT_BYTES];
	char reopen[DURATION_TEXT_BYTES];

	(void)fputs("listen: ['tcp://127.0.0.1:7441']\n"
		    "store: { path: store }\n"
		    "http: { socket: socket }\n",
	    out);
	write_fleet(out, scen);
	write_targets(out, scen);
	write_controls(out, scen);
	write_sources(out, scen);
	(void)fprintf(out, "policy: { cooldown: %s, reopen: %s, kind: %s",
	    duration_text(scen->cooldown_ns, cooldown),
	    duration_text(scen->reopen_ns, reopen), plant_policy_name(policy));
	write_rule(out, scen, policy);
	(void)fputs(
	    " }\n"
	    "channels:\n"
	    "  - { name: pager, kind: webhook, level_min: warning, updates: true,\n"
	    "      tiers: [core, important, normal, test],\n"
	    "      url: 'http://127.0.0.1:9/pager' }\n",
	    out);
}

static bool
read_conf(struct plant *plant, enum plant_policy policy, char error[SCEN_ERROR])
{
	char path[] = "/tmp/parallax-sim-XXXXXX";
	int fd = mkstemp(path);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	struct remarks *remarks = calloc(1, sizeof(*remarks));
	bool is_good = false;

	if (out == NULL || remarks == NULL) {
		(void)snprintf(error, SCEN_ERROR, "%s: cannot be written", path);
	} else {
		write_conf(out, plant->scen, policy);
		remarks_init(remarks);
		is_good = fclose(out) == 0 &&
			  collector_conf_load(path, &plant->file, remarks) == ERR_OK;
		if (!is_good) {
			(void)snprintf(
			    error, SCEN_ERROR, "%.200s", remarks_first(remarks));
		}
	}
	(void)unlink(path);
	free(remarks);
	return is_good;
}

/* ---- which probe is which ---- */

static bool
is_series(const struct scen *scen, const struct scen_probe *probe, const char *series)
{
	char name[2 * SCEN_NAME + 16];

	(void)snprintf(name, sizeof(name), "%s/%s",
	    probe->target == SCEN_NONE ? "control" : scen->target[probe->target].name,
	    probe->name);
	return strcmp(name, series) == 0;
}

static unsigned
find_probe(const struct scen *scen, const char *series)
{
	const char *slash = strchr(series, '/');

	for (unsigned i = 0; i < scen->probes; i++) {
		if (is_series(scen, &scen->probe[i], series)) {
			return i;
		}
	}
	for (unsigned i = 0; slash != NULL && i < scen->sources; i++) {
		if (strcmp(scen->source[i].name, slash + 1) == 0) {
			return PLANT_SOURCE + i;
		}
	}
	(void)fprintf(stderr, "parallax-sim: nobody knows series %s\n", series);
	abort(); /* we wrote the configuration */
}

bool
plant_open(struct plant *plant, const struct scen *scen, enum plant_policy policy,
    char error[SCEN_ERROR])
{
	struct arena arena;
	size_t bytes;

	memset(plant, 0, sizeof(*plant));
	plant->scen = scen;
	if (!read_conf(plant, policy, error)) {
		return false;
	}
	plant->conf = collector_conf_get(plant->file);
	bytes = planner_bytes(plant->conf);
	plant->memory = calloc(1, bytes);
	if (plant->memory == NULL) {
		abort();
	}
	arena_init(&arena, plant->memory, bytes);
	plant->planner = planner_init(&arena, plant->conf);
	if (plant->planner == NULL) {
		abort(); /* planner_bytes() promised too little */
	}
	for (unsigned i = 0; i < plant->conf->topology.probe_len; i++) {
		plant->probe_of[i] =
		    find_probe(scen, plant->conf->topology.probe[i].series);
	}
	return true;
}

void
plant_close(struct plant *plant)
{
	collector_conf_free(plant->file);
	free(plant->memory);
	memset(plant, 0, sizeof(*plant));
}
