#include "collector/shell/conf_raw.h"

#include "collector/core/collector_conf.h"
#include "common/core/limits.h"

#include <stddef.h>

#define TEXT(key, type, member)                                                        \
	CYAML_FIELD_STRING_PTR(                                                        \
	    key, CYAML_FLAG_OPTIONAL, struct type, member, 0, LIMIT_URL_BYTES - 1)
#define TEXT_NEEDED(key, type, member)                                                 \
	CYAML_FIELD_STRING_PTR(                                                        \
	    key, CYAML_FLAG_DEFAULT, struct type, member, 0, LIMIT_URL_BYTES - 1)
#define LIST(key, type, member, entry, min, max)                                       \
	CYAML_FIELD_SEQUENCE(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,            \
	    struct type, member, entry, min, max)
#define LIST_NEEDED(key, type, member, entry, min, max)                                \
	CYAML_FIELD_SEQUENCE(                                                          \
	    key, CYAML_FLAG_POINTER, struct type, member, entry, min, max)
#define MAPPING(key, member, fields)                                                   \
	CYAML_FIELD_MAPPING(                                                           \
	    key, CYAML_FLAG_OPTIONAL, struct raw_collector, member, fields)
#define ENTRY(type, fields)                                                            \
	{                                                                              \
		CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct type, fields),          \
	}

static const cyaml_schema_value_t text_entry = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, LIMIT_URL_BYTES - 1),
};

static const cyaml_schema_field_t region_fields[] = {
    TEXT_NEEDED("name", raw_region, name),
    TEXT("domain", raw_region, domain),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t region_entry = ENTRY(raw_region, region_fields);

static const cyaml_schema_field_t agent_fields[] = {
    TEXT_NEEDED("id", raw_agent, id),
    TEXT_NEEDED("region", raw_agent, region),
    CYAML_FIELD_IGNORE("keys", CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t agent_entry = ENTRY(raw_agent, agent_fields);

static const cyaml_schema_field_t probe_fields[] = {
    TEXT_NEEDED("name", raw_probe, name),
    TEXT_NEEDED("kind", raw_probe, kind),
    TEXT("role", raw_probe, role),
    TEXT_NEEDED("url", raw_probe, url),
    TEXT("model", raw_probe, model),
    TEXT("key", raw_probe, key),
    TEXT("project", raw_probe, project),
    TEXT("location", raw_probe, location),
    LIST("providers", raw_probe, providers, &text_entry, 1, CONF_RAW_PROVIDERS),
    CYAML_FIELD_STRING_PTR("prompt", CYAML_FLAG_OPTIONAL, struct raw_probe, prompt, 0,
	LIMIT_TEXT_BYTES - 1),
    TEXT("size", raw_probe, size),
    TEXT("parameters", raw_probe, parameters),
    TEXT("turns", raw_probe, turns),
    TEXT("cost", raw_probe, cost),
    TEXT("price_in", raw_probe, price_in),
    TEXT("price_out", raw_probe, price_out),
    TEXT("interval", raw_probe, interval),
    TEXT("timeout", raw_probe, timeout),
    TEXT("connect_timeout", raw_probe, connect_timeout),
    TEXT("family", raw_probe, family),
    TEXT("resolver", raw_probe, resolver),
    TEXT("expect_status", raw_probe, expect_status),
    TEXT("expect_text", raw_probe, expect_text),
    TEXT("expect_pointer", raw_probe, expect_pointer),
    TEXT("expect_value", raw_probe, expect_value),
    TEXT("expect_days", raw_probe, expect_days),
    LIST("regions", raw_probe, regions, &text_entry, 1, LIMIT_REGIONS),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t probe_entry = ENTRY(raw_probe, probe_fields);

static const cyaml_schema_field_t target_fields[] = {
    TEXT_NEEDED("name", raw_target, name),
    TEXT("group", raw_target, group),
    TEXT("provider", raw_target, provider),
    TEXT("tier", raw_target, tier),
    CYAML_FIELD_IGNORE("serving", CYAML_FLAG_OPTIONAL),
    LIST_NEEDED("probes", raw_target, probes, &probe_entry, 1, CONF_RAW_TARGET_PROBES),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t target_entry = ENTRY(raw_target, target_fields);

static const cyaml_schema_field_t control_fields[] = {
    TEXT_NEEDED("name", raw_control, name),
    TEXT_NEEDED("url", raw_control, url),
    TEXT("expect_status", raw_control, expect_status),
    TEXT("expect_text", raw_control, expect_text),
    TEXT("family", raw_control, family),
    TEXT("interval", raw_control, interval),
    TEXT("timeout", raw_control, timeout),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t control_entry = ENTRY(raw_control, control_fields);

static const cyaml_schema_field_t source_fields[] = {
    TEXT_NEEDED("name", raw_source, name),
    TEXT_NEEDED("kind", raw_source, kind),
    TEXT_NEEDED("url", raw_source, url),
    TEXT("key", raw_source, key),
    LIST("products", raw_source, products, &text_entry, 1, CONF_RAW_PRODUCTS),
    LIST("components", raw_source, components, &text_entry, 1, CONF_RAW_ITEMS),
    LIST("providers", raw_source, providers, &text_entry, 1, CONF_RAW_ITEMS),
    LIST("models", raw_source, models, &text_entry, 1, CONF_RAW_ITEMS),
    LIST("match", raw_source, match, &text_entry, 1, CONF_RAW_ITEMS),
    LIST("targets", raw_source, targets, &text_entry, 1, LIMIT_TARGETS),
    TEXT("fallback_of", raw_source, fallback_of),
    TEXT("family", raw_source, family),
    TEXT("interval", raw_source, interval),
    TEXT("timeout", raw_source, timeout),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t source_entry = ENTRY(raw_source, source_fields);

static const cyaml_schema_field_t budget_fields[] = {
    TEXT_NEEDED("key", raw_budget, key),
    TEXT("daily", raw_budget, daily),
    TEXT("monthly", raw_budget, monthly),
    TEXT("warn", raw_budget, warn),
    TEXT("reserve", raw_budget, reserve),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t budget_entry = ENTRY(raw_budget, budget_fields);

static const cyaml_schema_field_t channel_fields[] = {
    TEXT_NEEDED("name", raw_channel, name),
    TEXT_NEEDED("kind", raw_channel, kind),
    TEXT("level_min", raw_channel, level_min),
    LIST("tiers", raw_channel, tiers, &text_entry, 1, TIER_COUNT),
    TEXT("updates", raw_channel, updates),
    TEXT("url", raw_channel, url),
    TEXT("secret", raw_channel, secret),
    TEXT("path", raw_channel, path),
    TEXT("password", raw_channel, password),
    TEXT("token", raw_channel, token),
    TEXT("routing_key", raw_channel, routing_key),
    LIST("to", raw_channel, to, &text_entry, 1, CHANNEL_RECIPIENTS_MAX),
    TEXT("chat", raw_channel, chat),
    TEXT("topic", raw_channel, topic),
    TEXT("from", raw_channel, from),
    TEXT("user", raw_channel, user),
    TEXT("keyword", raw_channel, keyword),
    TEXT("ca", raw_channel, ca),
    TEXT("language", raw_channel, language),
    TEXT("link", raw_channel, link),
    TEXT("title", raw_channel, title),
    CYAML_FIELD_STRING_PTR(
	"text", CYAML_FLAG_OPTIONAL, struct raw_channel, text, 0, LIMIT_TEXT_BYTES - 1),
    CYAML_FIELD_STRING_PTR(
	"body", CYAML_FLAG_OPTIONAL, struct raw_channel, body, 0, LIMIT_TEXT_BYTES - 1),
    LIST("command", raw_channel, command, &text_entry, 1, CHANNEL_ARGUMENTS_MAX),
    TEXT("fallback", raw_channel, fallback),
    TEXT("timeout", raw_channel, timeout),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t channel_entry = ENTRY(raw_channel, channel_fields);

static const cyaml_schema_field_t heartbeat_fields[] = {
    TEXT("url", raw_heartbeat, url),
    TEXT("interval", raw_heartbeat, interval),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t tls_fields[] = {
    TEXT("ca", raw_tls, ca),
    TEXT("cert", raw_tls, cert),
    TEXT("key", raw_tls, key),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t store_fields[] = {
    TEXT("path", raw_store, path),
    TEXT("size_max", raw_store, size_max),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t http_fields[] = {
    TEXT("socket", raw_http, socket),
    TEXT("listen", raw_http, listen),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t authority_fields[] = {
    TEXT("path", raw_authority, path),
    LIST("names", raw_authority, names, &text_entry, 0, COLLECTOR_CONF_NAMES),
    TEXT("url", raw_authority, url),
    LIST("collectors", raw_authority, collectors, &text_entry, 0,
	COLLECTOR_CONF_LISTENERS),
    TEXT("lifetime", raw_authority, lifetime),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t remind_fields[] = {
    TEXT("critical", raw_remind, critical),
    TEXT("warning", raw_remind, warning),
    TEXT("info", raw_remind, info),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t step_fields[] = {
    TEXT_NEEDED("after", raw_step, after),
    LIST_NEEDED("channels", raw_step, channels, &text_entry, 1, LIMIT_CHANNELS),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t step_entry = ENTRY(raw_step, step_fields);

static const cyaml_schema_field_t when_fields[] = {
    LIST("days", raw_when, days, &text_entry, 1, 7),
    TEXT("from", raw_when, from),
    TEXT("to", raw_when, to),
    TEXT("zone", raw_when, zone),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t route_fields[] = {
    TEXT("match", raw_route, match),
    CYAML_FIELD_MAPPING(
	"when", CYAML_FLAG_OPTIONAL, struct raw_route, when, when_fields),
    TEXT("continue", raw_route, goes_on),
    LIST_NEEDED("channels", raw_route, channels, &text_entry, 1, LIMIT_CHANNELS),
    LIST("escalate", raw_route, escalate, &step_entry, 1, ROUTE_STEPS),
    LIST("group_by", raw_route, group_by, &text_entry, 0, LABEL_COUNT),
    TEXT("group_wait", raw_route, group_wait),
    TEXT("group_interval", raw_route, group_interval),
    TEXT("digest", raw_route, digest),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t window_fields[] = {
    TEXT_NEEDED("name", raw_window, name),
    TEXT_NEEDED("match", raw_window, match),
    TEXT_NEEDED("starts", raw_window, starts),
    TEXT("zone", raw_window, zone),
    TEXT_NEEDED("duration", raw_window, duration),
    TEXT("repeat", raw_window, repeat),
    TEXT("reason", raw_window, reason),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t window_entry = ENTRY(raw_window, window_fields);

static const cyaml_schema_value_t route_entry = ENTRY(raw_route, route_fields);

static const cyaml_schema_field_t policy_fields[] = {
    CYAML_FIELD_MAPPING(
	"remind", CYAML_FLAG_OPTIONAL, struct raw_policy, remind, remind_fields),
    TEXT("inhibit_wait", raw_policy, inhibit_wait),
    TEXT("kind", raw_policy, kind),
    TEXT("pages_a_year", raw_policy, pages_a_year),
    TEXT("cooldown", raw_policy, cooldown),
    TEXT("reopen", raw_policy, reopen),
    TEXT("flap_after", raw_policy, flap_after),
    TEXT("silent_after", raw_policy, silent_after),
    TEXT("per", raw_policy, per),
    TEXT("failures", raw_policy, failures),
    TEXT("successes", raw_policy, successes),
    TEXT("percent", raw_policy, percent),
    TEXT("samples", raw_policy, samples),
    TEXT("window", raw_policy, window),
    TEXT("quorum", raw_policy, quorum),
    TEXT("domains", raw_policy, domains),
    TEXT("reporting", raw_policy, reporting),
    TEXT("silent", raw_policy, silent),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t tier_fields[] = {
    TEXT("pages_a_year", raw_tier, pages_a_year),
    CYAML_FIELD_END,
};

#define TIER(member)                                                                   \
	CYAML_FIELD_MAPPING(                                                           \
	    #member, CYAML_FLAG_OPTIONAL, struct raw_tiers, member, tier_fields)

static const cyaml_schema_field_t tiers_fields[] = {
    TIER(core),
    TIER(important),
    TIER(normal),
    TIER(test),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t retention_fields[] = {
    TEXT("results", raw_retention, results),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t collector_fields[] = {
    LIST_NEEDED(
	"listen", raw_collector, listen, &text_entry, 1, COLLECTOR_CONF_LISTENERS),
    TEXT("insecure", raw_collector, insecure),
    MAPPING("tls", tls, tls_fields),
    MAPPING("store", store, store_fields),
    MAPPING("http", http, http_fields),
    MAPPING("authority", authority, authority_fields),
    TEXT("log_level", raw_collector, log_level),
    LIST_NEEDED("regions", raw_collector, regions, &region_entry, 1, LIMIT_REGIONS),
    LIST("agents", raw_collector, agents, &agent_entry, 0, LIMIT_AGENTS),
    LIST_NEEDED("targets", raw_collector, targets, &target_entry, 1, LIMIT_TARGETS),
    LIST("controls", raw_collector, controls, &control_entry, 0, CONF_RAW_CONTROLS),
    TEXT("without_controls", raw_collector, without_controls),
    LIST("sources", raw_collector, sources, &source_entry, 0, CONF_RAW_SOURCES),
    MAPPING("policy", policy, policy_fields),
    MAPPING("tiers", tiers, tiers_fields),
    LIST("budgets", raw_collector, budgets, &budget_entry, 0, CONF_RAW_BUDGETS),
    LIST("channels", raw_collector, channels, &channel_entry, 0, LIMIT_CHANNELS),
    LIST("routes", raw_collector, routes, &route_entry, 1, LIMIT_ROUTES),
    LIST("maintenance", raw_collector, maintenance, &window_entry, 1, MUTES_MAX),
    MAPPING("heartbeat", heartbeat, heartbeat_fields),
    MAPPING("retention", retention, retention_fields),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t overlay_fields[] = {
    MAPPING("policy", policy, policy_fields),
    MAPPING("tiers", tiers, tiers_fields),
    CYAML_FIELD_END,
};

const cyaml_schema_value_t conf_raw_overlay_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_collector, overlay_fields),
};
const cyaml_schema_field_t *const conf_raw_policy_fields = policy_fields;
const cyaml_schema_field_t *const conf_raw_tiers_fields = tiers_fields;

const cyaml_schema_value_t conf_raw_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_collector, collector_fields),
};

uint32_t
conf_raw_probes(const struct raw_collector *raw)
{
	uint32_t probes = raw->sources_count;

	for (uint32_t i = 0; i < raw->targets_count; i++) {
		probes += raw->targets[i].probes_count;
	}
	return probes;
}
