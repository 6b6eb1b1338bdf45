/* conf_raw - collector.yaml as libcyaml loads it, before anybody has judged it
 * Room: collector/shell.
 *
 * Texts only (NULL where the file says nothing) and lists with their counts; the schema
 * stands beside it in conf_raw.c and must be changed with it. The free mappings
 * `targets[].serving` and `agents[].keys` are not in here, see yaml_pairs(). */
#ifndef COLLECTOR_SHELL_CONF_RAW_H
#define COLLECTOR_SHELL_CONF_RAW_H

#include <cyaml/cyaml.h>
#include <stdint.h>

enum {
	CONF_RAW_TARGET_PROBES = 32, /* of one target */
	CONF_RAW_CONTROLS = 64,
	CONF_RAW_SOURCES = 32,
	CONF_RAW_PRODUCTS = 64,
	CONF_RAW_ITEMS = 32, /* components, models or parts of titles of one source */
	CONF_RAW_PROVIDERS = 16, /* of one probe */
	CONF_RAW_BUDGETS = 64
};

struct raw_region {
	char *name;
	char *domain;
};

struct raw_agent {
	char *id;
	char *region;
};

struct raw_probe {
	char *name;
	char *kind;
	char *role;
	char *url;
	char *model;
	char *key;
	char *project;
	char *location;
	char **providers;
	uint32_t providers_count;
	char *prompt;
	char *size;
	char *parameters;
	char *turns;
	char *cost;
	char *price_in;
	char *price_out;
	char *interval;
	char *timeout;
	char *connect_timeout;
	char *family;
	char *resolver;
	char *expect_status;
	char *expect_text;
	char *expect_pointer;
	char *expect_value;
	char *expect_days;
	char **regions;
	uint32_t regions_count;
};

struct raw_target {
	char *name;
	char *group;
	char *provider;
	char *tier;
	struct raw_probe *probes;
	uint32_t probes_count;
};

struct raw_control {
	char *name;
	char *url;
	char *expect_status;
	char *expect_text;
	char *family;
	char *interval;
	char *timeout;
};

struct raw_source {
	char *name;
	char *kind;
	char *url;
	char *key;
	char **products;
	uint32_t products_count;
	char **components;
	uint32_t components_count;
	char **providers;
	uint32_t providers_count;
	char **models;
	uint32_t models_count;
	char **match;
	uint32_t match_count;
	char **targets;
	uint32_t targets_count;
	char *fallback_of;
	char *family;
	char *interval;
	char *timeout;
};

struct raw_budget {
	char *key;
	char *daily;
	char *monthly;
	char *warn;
	char *reserve;
};

struct raw_channel {
	char *name;
	char *kind;
	char *level_min;
	char **tiers;
	uint32_t tiers_count;
	char *updates;
	char *url;
	char *secret;
	char *path;
	char *password;
	char *token;
	char *routing_key;
	char **to;
	uint32_t to_count;
	char *chat;
	char *topic;
	char *from;
	char *user;
	char *keyword;
	char *ca;
	char *language;
	char *link;
	char *title;
	char *text;
	char *body;
	char **command;
	uint32_t command_count;
	char *fallback;
	char *timeout;
};

struct raw_heartbeat {
	char *url;
	char *interval;
};

struct raw_tls {
	char *ca;
	char *cert;
	char *key;
};

struct raw_store {
	char *path;
	char *size_max;
};

struct raw_http {
	char *socket;
	char *listen;
};

struct raw_authority {
	char *path;
	char **names;
	uint32_t names_count;
	char *url;
	char **collectors;
	uint32_t collectors_count;
	char *lifetime;
};

/* How long until the next reminder, by level. */
struct raw_remind {
	char *critical;
	char *warning;
	char *info;
};

struct raw_step {
	char *after;
	char **channels;
	uint32_t channels_count;
};

/* Texts of a route's `when`. */
struct raw_when {
	char **days;
	uint32_t days_count;
	char *from;
	char *to;
	char *zone;
};

struct raw_route {
	char *match;
	struct raw_when when;
	char *goes_on;
	char **channels;
	uint32_t channels_count;
	struct raw_step *escalate;
	uint32_t escalate_count;
	char **group_by;
	uint32_t group_by_count;
	char *group_wait;
	char *group_interval;
	char *digest;
};

struct raw_window {
	char *name;
	char *match;
	char *starts;
	char *zone;
	char *duration;
	char *repeat;
	char *reason;
};

struct raw_policy {
	struct raw_remind remind;
	char *inhibit_wait;
	char *kind;
	char *pages_a_year;
	char *cooldown;
	char *reopen;
	char *flap_after;
	char *silent_after;
	char *per;
	char *failures;
	char *successes;
	char *percent;
	char *samples;
	char *window;
	char *quorum;
	char *domains;
	char *reporting;
	char *silent;
};

struct raw_tier {
	char *pages_a_year;
};

struct raw_tiers {
	struct raw_tier core;
	struct raw_tier important;
	struct raw_tier normal;
	struct raw_tier test;
};

struct raw_retention {
	char *results;
};

struct raw_collector {
	char **listen;
	uint32_t listen_count;
	char *insecure;
	struct raw_tls tls;
	struct raw_store store;
	struct raw_http http;
	struct raw_authority authority;
	char *log_level;
	struct raw_region *regions;
	uint32_t regions_count;
	struct raw_agent *agents;
	uint32_t agents_count;
	struct raw_target *targets;
	uint32_t targets_count;
	struct raw_control *controls;
	uint32_t controls_count;
	char *without_controls;
	struct raw_source *sources;
	uint32_t sources_count;
	struct raw_policy policy;
	struct raw_tiers tiers;
	struct raw_budget *budgets;
	uint32_t budgets_count;
	struct raw_channel *channels;
	uint32_t channels_count;
	struct raw_route *routes;
	uint32_t routes_count;
	struct raw_window *maintenance;
	uint32_t maintenance_count;
	struct raw_heartbeat heartbeat;
	struct raw_retention retention;
};

/* For yaml_load() and yaml_free_data() of a struct raw_collector. */
extern const cyaml_schema_value_t conf_raw_schema;

/* The same for a file with `policy` and `tiers` alone, and the fields of these two; see
 * conf_overlay.h. */
extern const cyaml_schema_value_t conf_raw_overlay_schema;
extern const cyaml_schema_field_t *const conf_raw_policy_fields;
extern const cyaml_schema_field_t *const conf_raw_tiers_fields;

/* Probes of all targets and sources together. */
uint32_t conf_raw_probes(const struct raw_collector *raw);

#endif
