#include "collector/core/names.h"

#include <string.h>

void
names_put(const struct correlate *engine, struct buf *buf)
{
	const struct topology *topology = engine->topology;

	buf_put_varint(buf, topology->domain_len);
	for (uint16_t i = 0; i < topology->domain_len; i++) {
		buf_put_text(buf, topology->domain[i].name);
	}
	buf_put_varint(buf, topology->region_len);
	for (uint16_t i = 0; i < topology->region_len; i++) {
		buf_put_text(buf, topology->region[i].name);
	}
	buf_put_varint(buf, topology->agent_len);
	for (uint16_t i = 0; i < topology->agent_len; i++) {
		buf_put_text(buf, topology->agent[i].name);
	}
	buf_put_varint(buf, topology->target_len);
	for (uint16_t i = 0; i < topology->target_len; i++) {
		buf_put_text(buf, topology->target[i].name);
	}
	buf_put_varint(buf, topology->key_len);
	for (uint16_t i = 0; i < topology->key_len; i++) {
		buf_put_text(buf, topology->key[i].name);
	}
	buf_put_varint(buf, engine->rounds.members);
	for (uint16_t i = 0; i < topology->probe_len; i++) {
		if (engine->rounds.member_of[i] < ROUNDS_MEMBERS) {
			buf_put_text(buf, topology->probe[i].series);
		}
	}
	buf_put_varint(buf, engine->table.provider_len);
	for (uint16_t i = 0; i < engine->table.provider_len; i++) {
		buf_put_text(buf, provider_name(topology, i));
	}
}

/* Reads a list of at most `cap` names; `find` gives the present index of each. */
static uint64_t
get_list(const struct correlate *engine, struct buf *buf, uint64_t cap, uint16_t *out,
    uint16_t (*find)(const struct correlate *engine, const char *name))
{
	uint64_t len = buf_get_varint(buf);

	if (len > cap) {
		buf->failed = true;
	}
	for (uint64_t i = 0; i < len && buf_ok(buf); i++) {
		char name[LIMIT_SERIES_BYTES] = "";

		buf_get_text(buf, name, sizeof(name));
		out[i] = buf_ok(buf) ? find(engine, name) : TOPOLOGY_NONE;
	}
	return buf_ok(buf) ? len : 0;
}

static uint16_t
find_domain(const struct correlate *engine, const char *name)
{
	for (uint16_t i = 0; i < engine->topology->domain_len; i++) {
		if (strcmp(engine->topology->domain[i].name, name) == 0) {
			return i;
		}
	}
	return TOPOLOGY_NONE;
}

static uint16_t
find_key(const struct correlate *engine, const char *name)
{
	for (uint16_t i = 0; i < engine->topology->key_len; i++) {
		if (strcmp(engine->topology->key[i].name, name) == 0) {
			return i;
		}
	}
	return TOPOLOGY_NONE;
}

static uint16_t
find_region(const struct correlate *engine, const char *name)
{
	return topology_region_find(engine->topology, name);
}

static uint16_t
find_agent(const struct correlate *engine, const char *name)
{
	return topology_agent_find(engine->topology, name);
}

static uint16_t
find_target(const struct correlate *engine, const char *name)
{
	return topology_target_find(engine->topology, name);
}

static uint16_t
find_member(const struct correlate *engine, const char *name)
{
	uint16_t probe = topology_probe_find(engine->topology, name);

	if (probe == TOPOLOGY_NONE ||
	    engine->rounds.member_of[probe] >= ROUNDS_MEMBERS) {
		return TOPOLOGY_NONE;
	}
	return engine->rounds.member_of[probe];
}

/* States of the first versions know no providers. */
static void
get_providers(const struct correlate *engine, struct buf *buf, struct names *names)
{
	uint64_t len = names->version > 2 ? buf_get_varint(buf) : 0;

	if (len > PROVIDER_MAX) {
		buf->failed = true;
	}
	for (uint64_t i = 0; i < len && buf_ok(buf); i++) {
		char name[LIMIT_SERIES_BYTES] = "";

		buf_get_text(buf, name, sizeof(name));
		names->provider[i] = provider_find(engine->topology, name);
		names->provider_rest[i] = provider_first(engine->topology, name);
	}
	names->provider_len = buf_ok(buf) ? len : 0;
}

void
names_get(const struct correlate *engine, struct buf *buf, struct names *names)
{
	names->domain_len =
	    get_list(engine, buf, LIMIT_DOMAINS, names->domain, find_domain);
	names->region_len =
	    get_list(engine, buf, LIMIT_REGIONS, names->region, find_region);
	names->agent_len =
	    get_list(engine, buf, LIMIT_AGENTS, names->agent, find_agent);
	names->target_len =
	    get_list(engine, buf, LIMIT_TARGETS, names->target, find_target);
	names->key_len = get_list(engine, buf, LIMIT_KEYS, names->key, find_key);
	names->member_len =
	    get_list(engine, buf, ROUNDS_MEMBERS, names->member, find_member);
	get_providers(engine, buf, names);
}

uint16_t
names_map(const uint16_t *to, uint64_t len, uint64_t index)
{
	return index < len ? to[index] : TOPOLOGY_NONE;
}

uint64_t
names_map_mask(const uint16_t *to, uint64_t len, uint64_t mask)
{
	uint64_t out = 0;

	for (uint64_t i = 0; i < len && i < 64; i++) {
		if ((mask >> i & 1) != 0 && to[i] < 64) {
			out |= UINT64_C(1) << to[i];
		}
	}
	return out;
}

void
names_put_scope(struct buf *buf, struct scope scope)
{
	buf_put_varint(buf, scope.kind);
	buf_put_varint(buf, scope.index);
	buf_put_varint(buf, scope.target);
}

/* A provider that has but one target left is that target. */
static bool
get_rest(const struct names *names, uint64_t index, struct scope *out)
{
	uint16_t rest = names_map(names->provider_rest, names->provider_len, index);

	*out = (struct scope){SCOPE_TARGET, 0, rest};
	return rest != TOPOLOGY_NONE;
}

bool
names_get_scope(struct buf *buf, const struct names *names, struct scope *out)
{
	uint64_t kind = buf_get_varint(buf);
	uint64_t index = buf_get_varint(buf);
	uint64_t target = buf_get_varint(buf);
	uint16_t to = (uint16_t)(index < TOPOLOGY_NONE ? index : TOPOLOGY_NONE);

	if (kind > SCOPE_PROVIDER) {
		buf->failed = true;
		return false;
	}
	out->kind = (enum scope_kind)kind;
	switch (out->kind) {
	case SCOPE_REGION:
		to = names_map(names->region, names->region_len, index);
		break;
	case SCOPE_DOMAIN:
		to = names_map(names->domain, names->domain_len, index);
		break;
	case SCOPE_AGENT:
		to = names_map(names->agent, names->agent_len, index);
		break;
	case SCOPE_KEY:
		to = names_map(names->key, names->key_len, index);
		break;
	case SCOPE_PROVIDER:
		to = names_map(names->provider, names->provider_len, index);
		break;
	case SCOPE_TARGET:
	case SCOPE_SERVING:
	case SCOPE_FLEET:
		break;
	}
	out->index = to;
	if (out->kind == SCOPE_PROVIDER && to == TOPOLOGY_NONE && names->takes_rest) {
		return get_rest(names, index, out);
	}
	out->target = names_map(names->target, names->target_len, target);
	return to != TOPOLOGY_NONE &&
	       (target == TOPOLOGY_NONE || out->target != TOPOLOGY_NONE);
}

void
names_put_hypothesis(
    const struct correlate *engine, struct buf *buf, uint32_t hypothesis)
{
	buf_put_varint(buf, engine->table.at[hypothesis].row);
	names_put_scope(buf, hypothesis_scope(&engine->table, hypothesis));
}

uint32_t
names_get_hypothesis(
    const struct correlate *engine, struct buf *buf, const struct names *names)
{
	uint64_t row = buf_get_varint(buf);
	struct scope scope = {.target = TOPOLOGY_NONE};
	bool is_there = names_get_scope(buf, names, &scope);

	if (row >= HYPOTHESIS_ROWS) {
		buf->failed = true;
	}
	if (!buf_ok(buf) || !is_there) {
		return HYPOTHESIS_NONE;
	}
	return hypotheses_find(&engine->table, (uint16_t)row, scope);
}
