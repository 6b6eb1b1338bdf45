#include "collector/shell/conf.h"

#include "collector/shell/conf_advice.h"
#include "collector/shell/conf_authority.h"
#include "collector/shell/conf_channels.h"
#include "collector/shell/conf_fleet.h"
#include "collector/shell/conf_money.h"
#include "collector/shell/conf_policy.h"
#include "collector/shell/conf_probes.h"
#include "collector/shell/conf_raw.h"
#include "collector/shell/conf_routes.h"
#include "collector/shell/conf_windows.h"
#include "common/core/arena.h"
#include "common/core/clock.h"
#include "common/core/duration.h"
#include "common/core/syntax.h"
#include "common/shell/settings.h"
#include "common/shell/yaml.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#define MINUTE_NS (60 * CLOCK_NS_PER_S)
#define DAY_NS    (24 * 60 * MINUTE_NS)

struct collector_conf_file {
	struct yaml_file *yaml;
	struct raw_collector *raw;
	void *memory; /* of the arena everything derived lies in */
	struct collector_conf conf;
};

static void
read_listen(struct settings *settings, const struct raw_collector *raw,
    struct arena *arena, struct collector_conf *conf)
{
	const struct raw_tls *tls = &raw->tls;
	bool needs_tls = false;

	conf->insecure = settings_bool(settings, "insecure", raw->insecure, false);
	for (uint32_t i = 0; i < raw->listen_count; i++) {
		settings_scope(settings, "listen[%u]", i);
		settings_nng_url(
		    settings, "", raw->listen[i], conf->insecure, &needs_tls);
		conf->listen[i] = raw->listen[i];
	}
	conf->listen_len = raw->listen_count;
	settings_scope(settings, "%s", "");
	conf->tls_ca = settings_text(tls->ca, "");
	conf->tls_cert = settings_text(tls->cert, "");
	conf->tls_key = settings_text(tls->key, "");
	conf_authority_read(settings, raw, arena, conf);
	settings_scope(settings, "%s", "");
	if (needs_tls && (conf->tls_ca[0] == '\0' || conf->tls_cert[0] == '\0' ||
			     conf->tls_key[0] == '\0')) {
		settings_error(settings, "tls",
		    "is not complete, expected ca, cert and key for tls+tcp://");
	}
}

static void
read_store(struct settings *settings, const struct raw_collector *raw,
    struct collector_conf *conf)
{
	static const struct settings_range size = {
	    .min = 16 << 20,
	    .max = INT64_C(16) << 40,
	    .fallback = INT64_C(8) << 30,
	};
	static const struct settings_range results = {
	    .min = 60 * MINUTE_NS,
	    .max = 20 * 366 * DAY_NS,
	    .fallback = 30 * DAY_NS,
	};

	conf->store_path =
	    settings_text(raw->store.path, "/var/lib/parallax/collector");
	conf->http_socket =
	    settings_text(raw->http.socket, "/run/parallax/collector.sock");
	conf->log_level = settings_log_level(settings, "log_level", raw->log_level);
	settings_scope(settings, "store");
	conf->store_bytes_max =
	    settings_bytes(settings, "size_max", raw->store.size_max, &size);
	settings_scope(settings, "http");
	if (strlen(conf->http_socket) >=
	    sizeof(((struct sockaddr_un *)NULL)->sun_path)) {
		settings_error(settings, "socket",
		    "is too long for a unix socket, expected at most 107 bytes");
	}
	settings_scope(settings, "retention");
	conf->journal_keep_s = (uint32_t)(settings_duration(settings, "results",
					      raw->retention.results, &results) /
					  CLOCK_NS_PER_S);
}

/* Spreads the retries of different installations; the same file gives the same jitter. */
static uint64_t
seed_of(const struct collector_conf *conf)
{
	uint64_t seed = UINT64_C(0xcbf29ce484222325);

	for (const char *at = conf->store_path; *at != '\0'; at++) {
		seed = (seed ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
	}
	return seed;
}

static void
read_policy(struct settings *settings, const struct raw_policy *raw, int64_t base_ns,
    struct collector_conf *conf)
{
	static const struct settings_range pause = {
	    .min = 0,
	    .max = 7 * DAY_NS,
	    .fallback = 30 * MINUTE_NS,
	};
	static const struct settings_range silence = {
	    .min = CLOCK_NS_PER_MS,
	    .max = DAY_NS,
	    .fallback = 0,
	};

	settings_scope(settings, "policy");
	conf->alert.cooldown_ns =
	    settings_duration(settings, "cooldown", raw->cooldown, &pause);
	conf->alert.retry_min_ns = CLOCK_NS_PER_S;
	conf->alert.retry_max_ns = 5 * MINUTE_NS;
	conf->alert.seed = seed_of(conf);
	conf->correlate.base_ns = base_ns;
	conf->correlate.reopen_ns =
	    settings_duration(settings, "reopen", raw->reopen, &pause);
	conf->correlate.silent_after_ns =
	    settings_duration(settings, "silent_after", raw->silent_after, &silence);
	/* with an error above, the intervals may not be those that are meant */
	if (conf->correlate.silent_after_ns != 0 &&
	    conf->correlate.silent_after_ns < 2 * base_ns &&
	    remarks_ok(settings->remarks)) {
		char least[DURATION_TEXT_BYTES];

		settings_error(settings, "silent_after",
		    "is shorter than two intervals of the fastest probe, "
		    "expected at least %s",
		    duration_text(2 * base_ns, least));
	}
}

static enum err
read_all(struct collector_conf_file *file, const struct registry *members,
    struct arena *arena, struct remarks *remarks)
{
	struct collector_conf *conf = &file->conf;
	struct conf_fleet fleet = {.raw = file->raw,
	    .members = members,
	    .arena = arena,
	    .money = &conf->money};
	struct settings *settings = &fleet.settings;
	size_t errors = remarks->errors;

	settings_init(settings, file->yaml, remarks);
	conf_fleet_init(&fleet, &conf->topology);
	read_listen(settings, file->raw, arena, conf);
	read_store(settings, file->raw, conf);
	conf_fleet_read(&fleet);
	conf_probes_read(&fleet);
	conf_fleet_link(&fleet);
	conf_money_read(&fleet);
	conf->probe = fleet.probe_conf;
	read_policy(settings, &file->raw->policy, conf_probes_base_ns(&fleet), conf);
	conf_policy_read(settings, file->raw, conf);
	conf_channels_read(settings, file->raw, arena, conf);
	conf_routes_read(settings, file->raw, conf_probes_base_ns(&fleet), arena, conf);
	conf_windows_read(settings, file->raw, arena, conf);
	if (remarks->errors != errors) {
		return ERR_INVALID;
	}
	if (!conf_money_check(
		settings, conf, conf->topology.agent_len > file->raw->agents_count)) {
		return ERR_NOMEM;
	}
	if (remarks->errors != errors) {
		return ERR_INVALID;
	}
	conf_advice_add(settings, conf);
	return ERR_OK;
}

/* Takes the memory for everything derived, then derives. */
static enum err
derive(struct collector_conf_file *file, const struct registry *members,
    struct remarks *remarks)
{
	struct arena arena;
	size_t slack = 2 * arena_bytes(1, 1);
	size_t bytes = conf_fleet_bytes(file->raw, members) +
		       conf_channels_bytes(file->raw) + conf_routes_bytes(file->raw) +
		       conf_authority_bytes(file->raw) + conf_money_bytes(file->raw) +
		       conf_windows_bytes(file->raw) + slack;

	file->memory = malloc(bytes);
	if (file->memory == NULL) {
		remarks_add(remarks, SEVERITY_ERROR, yaml_path(file->yaml), 0,
		    "needs more memory than there is");
		return ERR_NOMEM;
	}
	arena_init(&arena, file->memory, bytes);
	return read_all(file, members, &arena, remarks);
}

enum err
collector_conf_load(
    const char *path, struct collector_conf_file **out_file, struct remarks *remarks)
{
	return collector_conf_load_with(path, NULL, out_file, remarks);
}

enum err
collector_conf_load_with(const char *path, const struct registry *members,
    struct collector_conf_file **out_file, struct remarks *remarks)
{
	return collector_conf_load_over(path, NULL, members, NULL, out_file, remarks);
}

enum err
collector_conf_load_over(const char *path, const char *policy_path,
    const struct registry *members, char diff[CONF_OVERLAY_DIFF_BYTES],
    struct collector_conf_file **out_file, struct remarks *remarks)
{
	struct collector_conf_file *file = calloc(1, sizeof(*file));
	void *raw = NULL;
	enum err err;

	if (file == NULL) {
		remarks_add(remarks, SEVERITY_ERROR, path, 0,
		    "needs more memory than there is");
		return ERR_NOMEM;
	}
	err = yaml_open(path, &file->yaml, remarks);
	if (err == ERR_OK) {
		err = yaml_load(file->yaml, &conf_raw_schema, &raw, remarks);
		file->raw = raw;
	}
	if (err == ERR_OK && policy_path != NULL) {
		err = conf_overlay_apply(policy_path, file->raw, diff, remarks);
	}
	if (err == ERR_OK) {
		err = derive(file, members, remarks);
	}
	if (err != ERR_OK) {
		collector_conf_free(file);
		return err;
	}
	*out_file = file;
	return ERR_OK;
}

const struct collector_conf *
collector_conf_get(const struct collector_conf_file *file)
{
	return &file->conf;
}

void
collector_conf_try(const struct collector_conf_file *file, struct remarks *remarks)
{
	const struct collector_conf *conf = &file->conf;
	struct settings settings;

	settings_init(&settings, file->yaml, remarks);
	if (conf->authority.path[0] == '\0') { /* else they are made when need be */
		settings_try_file(&settings, "tls.ca", conf->tls_ca);
		settings_try_file(&settings, "tls.cert", conf->tls_cert);
		settings_try_file(&settings, "tls.key", conf->tls_key);
	}
	conf_channels_try(&settings, conf);
}

void
collector_conf_free(struct collector_conf_file *file)
{
	if (file == NULL) {
		return;
	}
	free(file->memory);
	yaml_free_data(&conf_raw_schema, file->raw);
	yaml_close(file->yaml);
	free(file);
}
