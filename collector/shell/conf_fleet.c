#include "collector/shell/conf_fleet.h"

#include "collector/shell/conf_controls.h"
#include "collector/shell/conf_kinds.h"
#include "collector/shell/conf_sources.h"

#include <assert.h>
#include <string.h>

static size_t
members_len(const struct registry *members)
{
	return members == NULL ? 0 : registry_len(members);
}

/* Agents, regions and domains there can be. */
static size_t
places(uint32_t count, const struct registry *members)
{
	return (size_t)count + members_len(members);
}

size_t
conf_fleet_bytes(const struct raw_collector *raw, const struct registry *members)
{
	size_t probes = conf_raw_probes(raw) + conf_controls_len(raw);
	size_t regions = places(raw->regions_count, members);
	size_t agents = places(raw->agents_count, members);
	size_t pairs = (agents + regions) * raw->targets_count;
	size_t bytes = arena_bytes(regions, sizeof(struct topology_domain)) +
		       arena_bytes(regions, sizeof(struct topology_region)) +
		       arena_bytes(agents, sizeof(struct topology_agent)) +
		       3 * members_len(members) * arena_bytes(LIMIT_NAME_BYTES, 1) +
		       arena_bytes(raw->targets_count, sizeof(struct topology_target)) +
		       arena_bytes(LIMIT_KEYS, sizeof(struct topology_key)) +
		       arena_bytes(probes, sizeof(struct topology_probe)) +
		       arena_bytes(probes, sizeof(struct probe_conf)) +
		       probes * arena_bytes(LIMIT_SERIES_BYTES, 1) +
		       arena_bytes(LIMIT_KEYS, sizeof(const char *)) +
		       arena_bytes(agents * LIMIT_KEYS, sizeof(uint16_t)) +
		       2 * arena_bytes(pairs, sizeof(uint16_t));

	for (uint32_t i = 0; i < raw->sources_count; i++) {
		bytes += conf_sources_bytes(&raw->sources[i]);
	}
	for (uint32_t i = 0; i < raw->targets_count; i++) {
		for (uint32_t k = 0; k < raw->targets[i].probes_count; k++) {
			bytes += conf_kinds_bytes(&raw->targets[i].probes[k]);
		}
	}
	return bytes;
}

void
conf_fleet_init(struct conf_fleet *fleet, struct topology *topology)
{
	const struct raw_collector *raw = fleet->raw;
	size_t probes = conf_raw_probes(raw) + conf_controls_len(raw);
	size_t regions = places(raw->regions_count, fleet->members);
	size_t agents = places(raw->agents_count, fleet->members);

	fleet->topology = topology;
	fleet->domain = arena_take(fleet->arena, regions, sizeof(*fleet->domain));
	fleet->region = arena_take(fleet->arena, regions, sizeof(*fleet->region));
	fleet->agent = arena_take(fleet->arena, agents, sizeof(*fleet->agent));
	fleet->target =
	    arena_take(fleet->arena, raw->targets_count, sizeof(*fleet->target));
	fleet->key = arena_take(fleet->arena, LIMIT_KEYS, sizeof(*fleet->key));
	fleet->probe = arena_take(fleet->arena, probes, sizeof(*fleet->probe));
	fleet->probe_conf =
	    arena_take(fleet->arena, probes, sizeof(*fleet->probe_conf));
	assert(!arena_failed(fleet->arena));
	topology->domain = fleet->domain;
	topology->region = fleet->region;
	topology->agent = fleet->agent;
	topology->target = fleet->target;
	topology->key = fleet->key;
	topology->probe = fleet->probe;
}

static void
remark_double(const struct settings *settings, const char *key, const char *name)
{
	settings_error(settings, key, "is '%s' a second time, expected every name once",
	    settings_quote(name).text);
}

static uint16_t
domain_index(struct conf_fleet *fleet, const char *name)
{
	struct topology *topology = fleet->topology;

	for (uint16_t i = 0; i < topology->domain_len; i++) {
		if (strcmp(fleet->domain[i].name, name) == 0) {
			return i;
		}
	}
	if (topology->domain_len == LIMIT_DOMAINS) {
		settings_error(&fleet->settings, "domain",
		    "is one domain too many, expected at most %d", LIMIT_DOMAINS);
		return TOPOLOGY_NONE;
	}
	fleet->domain[topology->domain_len].name = name;
	return topology->domain_len++;
}

static void
read_regions(struct conf_fleet *fleet)
{
	struct settings *settings = &fleet->settings;

	for (uint32_t i = 0; i < fleet->raw->regions_count; i++) {
		const struct raw_region *raw = &fleet->raw->regions[i];
		struct topology_region *region = &fleet->region[i];

		settings_scope(settings, "regions[%u]", i);
		if (settings_name(settings, "name", raw->name) &&
		    topology_region_find(fleet->topology, raw->name) != TOPOLOGY_NONE) {
			remark_double(settings, "name", raw->name);
		}
		region->name = raw->name;
		region->domain = TOPOLOGY_NONE;
		if (raw->domain != NULL &&
		    settings_name(settings, "domain", raw->domain)) {
			region->domain = domain_index(fleet, raw->domain);
		}
		fleet->topology->region_len++;
	}
}

static void
read_agents(struct conf_fleet *fleet)
{
	struct settings *settings = &fleet->settings;

	for (uint32_t i = 0; i < fleet->raw->agents_count; i++) {
		const struct raw_agent *raw = &fleet->raw->agents[i];
		struct topology_agent *agent = &fleet->agent[i];

		settings_scope(settings, "agents[%u]", i);
		if (settings_name(settings, "id", raw->id) &&
		    topology_agent_find(fleet->topology, raw->id) != TOPOLOGY_NONE) {
			remark_double(settings, "id", raw->id);
		}
		agent->name = raw->id;
		agent->region = topology_region_find(fleet->topology, raw->region);
		if (agent->region == TOPOLOGY_NONE) {
			settings_error(settings, "region",
			    "is '%s', expected the name of an entry of regions",
			    settings_quote(raw->region).text);
		}
		fleet->topology->agent_len++;
	}
}

static const char *
copy_name(const struct conf_fleet *fleet, const char *name)
{
	return arena_text(fleet->arena, name, strlen(name));
}

/* The region an enrolled agent stands in, made when the file does not know it. */
static uint16_t
member_region(struct conf_fleet *fleet, const struct registry_member *member)
{
	struct topology *topology = fleet->topology;
	uint16_t region = topology_region_find(topology, member->region);

	if (region != TOPOLOGY_NONE || topology->region_len == LIMIT_REGIONS) {
		return region;
	}
	region = topology->region_len++;
	fleet->region[region] =
	    (struct topology_region){copy_name(fleet, member->region), TOPOLOGY_NONE};
	if (member->domain[0] != '\0') {
		fleet->region[region].domain =
		    domain_index(fleet, copy_name(fleet, member->domain));
	}
	return region;
}

/* Adds who enrolled; the file has the say about those it names. */
static void
add_members(struct conf_fleet *fleet)
{
	struct topology *topology = fleet->topology;
	struct settings *settings = &fleet->settings;

	settings_scope(settings, "%s", "");
	for (size_t i = 0; i < members_len(fleet->members); i++) {
		const struct registry_member *member =
		    registry_member(fleet->members, i);
		uint16_t region;

		if (member->state != REGISTRY_ENROLLED ||
		    topology_agent_find(topology, member->name) != TOPOLOGY_NONE) {
			continue;
		}
		region = member_region(fleet, member);
		if (region == TOPOLOGY_NONE || topology->agent_len == LIMIT_AGENTS) {
			settings_warn(settings, "agents",
			    "has no room for the enrolled agent %s", member->name);
			continue;
		}
		fleet->agent[topology->agent_len++] =
		    (struct topology_agent){copy_name(fleet, member->name), region};
	}
}

static enum tier
read_tier(const struct settings *settings, const char *text)
{
	const char *names[TIER_COUNT + 1] = {NULL};

	for (int i = 0; i < TIER_COUNT; i++) {
		names[i] = tier_name((enum tier)i);
	}
	return (enum tier)settings_choice(settings, "tier", text, names, TIER_NORMAL);
}

/* Series are "target/probe", and these two stand for what is no target. */
static bool
is_reserved(const char *name)
{
	return strcmp(name, "control") == 0 || strcmp(name, "source") == 0;
}

static void
read_target(struct conf_fleet *fleet, const struct raw_target *raw)
{
	struct settings *settings = &fleet->settings;
	struct topology_target *target = &fleet->target[fleet->topology->target_len];

	if (!settings_name(settings, "name", raw->name)) {
		/* said */
	} else if (is_reserved(raw->name)) {
		settings_error(settings, "name",
		    "is '%s', which is kept for controls and sources, expected another",
		    raw->name);
	} else if (topology_target_find(fleet->topology, raw->name) != TOPOLOGY_NONE) {
		remark_double(settings, "name", raw->name);
	}
	target->name = raw->name;
	target->group = settings_text(raw->group, raw->name);
	target->provider = settings_text(raw->provider, "");
	target->tier = read_tier(settings, raw->tier);
	if (raw->group != NULL) {
		(void)settings_name(settings, "group", raw->group);
	}
	if (raw->provider != NULL) {
		(void)settings_name(settings, "provider", raw->provider);
	}
	fleet->topology->target_len++;
}

void
conf_fleet_read(struct conf_fleet *fleet)
{
	read_regions(fleet);
	read_agents(fleet);
	add_members(fleet);
	if (fleet->topology->agent_len == 0 && fleet->raw->authority.path == NULL) {
		settings_scope(&fleet->settings, "%s", "");
		settings_error(&fleet->settings, "agents",
		    "is empty, expected an agent, or authority for agents to enrol");
	}
	for (uint32_t i = 0; i < fleet->raw->targets_count; i++) {
		settings_scope(&fleet->settings, "targets[%u]", i);
		read_target(fleet, &fleet->raw->targets[i]);
	}
}

/* Index of `name` among the `*len` names of one target's serving regions; new ones are
 * appended. */
static uint16_t
serving_index(const char **names, uint16_t *len, const char *name)
{
	for (uint16_t i = 0; i < *len; i++) {
		if (strcmp(names[i], name) == 0) {
			return i;
		}
	}
	names[*len] = name;
	return (*len)++;
}

static void
link_serving(struct conf_fleet *fleet, uint16_t target, uint16_t *serving_of)
{
	struct topology *topology = fleet->topology;
	struct settings *settings = &fleet->settings;
	struct yaml_pair pair[LIMIT_REGIONS];
	const char *names[LIMIT_REGIONS];
	uint16_t names_len = 0;
	size_t len;

	settings_scope(settings, "targets[%u].serving", target);
	len = yaml_pairs(
	    settings->yaml, settings->scope, pair, LIMIT_REGIONS, settings->remarks);
	for (size_t i = 0; i < len; i++) {
		uint16_t region = topology_region_find(topology, pair[i].key);

		if (region == TOPOLOGY_NONE) {
			settings_error(settings, "",
			    "has the key '%s', expected names of entries of regions",
			    settings_quote(pair[i].key).text);
		} else if (settings_name(settings, pair[i].key, pair[i].value)) {
			serving_of[(size_t)region * topology->target_len + target] =
			    serving_index(names, &names_len, pair[i].value);
		}
	}
}

static bool
is_in_mask(uint64_t mask, uint16_t region)
{
	return region != TOPOLOGY_NONE && (mask >> region & 1) != 0;
}

/* The key that counts for `target`: that of its first probe with one, real calls before
 * free ones. NULL when it needs none. */
static const struct probe_conf *
keyed_probe(const struct conf_fleet *fleet, uint16_t target)
{
	const struct probe_conf *found = NULL;

	for (uint16_t i = 0; i < fleet->topology->probe_len; i++) {
		const struct probe_conf *probe = &fleet->probe_conf[i];

		if (fleet->probe[i].target != target || probe->plan.key[0] == '\0') {
			continue;
		}
		if (probe->plan.role == ROLE_TARGET) {
			return probe;
		}
		found = found == NULL ? probe : found;
	}
	return found;
}

/* Index of the key called `name`, a new one if need be. */
static uint16_t
key_index(struct conf_fleet *fleet, const char *name)
{
	struct topology *topology = fleet->topology;

	for (uint16_t i = 0; i < topology->key_len; i++) {
		if (strcmp(fleet->key[i].name, name) == 0) {
			return i;
		}
	}
	if (topology->key_len == LIMIT_KEYS) {
		settings_error(&fleet->settings, "",
		    "uses one key too many, expected at most %d different ones",
		    LIMIT_KEYS);
		return TOPOLOGY_NONE;
	}
	fleet->key[topology->key_len].name = name;
	return topology->key_len++;
}

/* Collects the keys as probes name them. */
static void
find_names(struct conf_fleet *fleet)
{
	struct money_conf *money = fleet->money;
	const char **name = arena_take(fleet->arena, LIMIT_KEYS, sizeof(*name));

	assert(name != NULL);
	for (uint16_t i = 0; i < fleet->topology->probe_len; i++) {
		const char *key = fleet->probe_conf[i].plan.key;
		uint16_t at = 0;

		while (at < money->name_len && strcmp(name[at], key) != 0) {
			at++;
		}
		if (key[0] == '\0' || at < money->name_len) {
			continue;
		}
		if (at == LIMIT_KEYS) {
			settings_scope(&fleet->settings, "%s", "");
			settings_error(&fleet->settings, "targets",
			    "name one key too many, expected at most %d different ones",
			    LIMIT_KEYS);
			break;
		}
		name[money->name_len++] = key;
	}
	money->name = name;
}

static bool
is_key_used(const struct conf_fleet *fleet, const char *name)
{
	for (uint16_t i = 0; i < fleet->money->name_len; i++) {
		if (strcmp(fleet->money->name[i], name) == 0) {
			return true;
		}
	}
	return false;
}

/* True when `agent` has a probe that spends with the key of that name. */
static bool
spends(const struct conf_fleet *fleet, uint16_t agent, const char *name)
{
	for (uint16_t i = 0; i < fleet->topology->probe_len; i++) {
		const struct probe_conf *probe = &fleet->probe_conf[i];

		if (strcmp(probe->plan.key, name) == 0 &&
		    (probe->plan.cost_microusd > 0 ||
			probe_traits(probe->plan.kind)->makes_image) &&
		    is_in_mask(probe->region_mask, fleet->agent[agent].region)) {
			return true;
		}
	}
	return false;
}

static const char *
real_name(const struct yaml_pair *pair, size_t len, const char *name)
{
	for (size_t j = 0; j < len; j++) {
		if (strcmp(pair[j].key, name) == 0) {
			return pair[j].value;
		}
	}
	return name;
}

/* Reads `agents[].keys`: which real key stands behind the name in the plan there. */
static size_t
read_overrides(struct conf_fleet *fleet, uint16_t agent, struct yaml_pair *pair)
{
	struct settings *settings = &fleet->settings;
	size_t len;

	settings_scope(settings, "agents[%u].keys", agent);
	len = yaml_pairs(
	    settings->yaml, settings->scope, pair, LIMIT_KEYS, settings->remarks);
	for (size_t i = 0; i < len; i++) {
		(void)settings_name(settings, pair[i].key, pair[i].value);
		if (!is_key_used(fleet, pair[i].key)) {
			settings_error(settings, pair[i].key,
			    "stands for no key, expected one that a probe names");
		}
	}
	settings_scope(settings, "agents[%u]", agent);
	return len;
}

static void
link_keys(struct conf_fleet *fleet, uint16_t agent,
    const struct probe_conf *const *keyed, uint16_t *key_of, uint16_t *real)
{
	struct yaml_pair pair[LIMIT_KEYS];
	size_t len = agent < fleet->raw->agents_count
			 ? read_overrides(fleet, agent, pair)
			 : 0; /* one that enrolled has the names of the plan */
	const struct topology *topology = fleet->topology;
	const char *name;

	for (uint16_t i = 0; i < topology->target_len; i++) {
		if (keyed[i] == NULL ||
		    !is_in_mask(keyed[i]->region_mask, fleet->agent[agent].region)) {
			continue;
		}
		name = real_name(pair, len, keyed[i]->plan.key);
		key_of[(size_t)agent * topology->target_len + i] =
		    key_index(fleet, name);
	}
	for (uint16_t i = 0; i < fleet->money->name_len; i++) {
		name = fleet->money->name[i];
		if (spends(fleet, agent, name)) {
			real[(size_t)agent * fleet->money->name_len + i] =
			    key_index(fleet, real_name(pair, len, name));
		}
	}
}

static uint16_t *
take_matrix(struct conf_fleet *fleet, size_t rows, size_t columns)
{
	size_t count = rows * columns;
	uint16_t *matrix = arena_take(fleet->arena, count, sizeof(*matrix));

	assert(matrix != NULL);
	for (size_t i = 0; i < count; i++) {
		matrix[i] = TOPOLOGY_NONE;
	}
	return matrix;
}

void
conf_fleet_link(struct conf_fleet *fleet)
{
	struct topology *topology = fleet->topology;
	const struct probe_conf *keyed[LIMIT_TARGETS] = {NULL};
	uint16_t *key_of;
	uint16_t *serving_of;
	uint16_t *real;

	assert(topology->target_len <= LIMIT_TARGETS);
	find_names(fleet);
	key_of = take_matrix(fleet, topology->agent_len, topology->target_len);
	serving_of = take_matrix(fleet, topology->region_len, topology->target_len);
	real = take_matrix(fleet, topology->agent_len, fleet->money->name_len);
	for (uint16_t i = 0; i < topology->target_len; i++) {
		link_serving(fleet, i, serving_of);
		keyed[i] = keyed_probe(fleet, i);
	}
	for (uint16_t i = 0; i < topology->agent_len; i++) {
		link_keys(fleet, i, keyed, key_of, real);
	}
	topology->key_of = key_of;
	fleet->money->real = real;
	topology->serving_of = serving_of;
}
