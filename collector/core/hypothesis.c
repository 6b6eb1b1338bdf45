#include "collector/core/hypothesis.h"
#include "collector/core/weights.h"

#include "common/core/logn.h"

#include <assert.h>
#include <string.h>

enum {
	/* An agent that is alone in its region cannot be told from the network of the
	 * region but by errors of its own machine: its prior is cut by this. */
	ALONE_DIVISOR = 20
};

/* Which keys a target is used with, as blocks in the order of their index. */
static uint16_t
number_keys(const struct topology *topology, uint16_t target, uint16_t *out_slot)
{
	uint16_t len = 0;

	for (uint16_t key = 0; key < topology->key_len; key++) {
		bool used = false;

		for (size_t a = 0; a < topology->agent_len && !used; a++) {
			used =
			    topology->key_of[a * topology->target_len + target] == key;
		}
		if (out_slot != NULL) {
			out_slot[key] = used ? len : TOPOLOGY_NONE;
		}
		len = (uint16_t)(len + (used ? 1 : 0));
	}
	return len;
}

static uint16_t
serving_count(const struct topology *topology, uint16_t target)
{
	uint16_t len = 0;

	for (size_t r = 0; r < topology->region_len; r++) {
		uint16_t serving =
		    topology->serving_of[r * topology->target_len + target];

		if (serving != TOPOLOGY_NONE && serving >= len) {
			len = (uint16_t)(serving + 1);
		}
	}
	return len;
}

/* Domains of one region only are that region; they get no hypothesis of their own. */
static uint16_t
number_domains(const struct topology *topology, uint16_t *out_slot)
{
	uint16_t len = 0;

	for (uint16_t domain = 0; domain < topology->domain_len; domain++) {
		unsigned members = 0;

		for (size_t r = 0; r < topology->region_len; r++) {
			members += topology->region[r].domain == domain ? 1 : 0;
		}
		if (out_slot != NULL) {
			out_slot[domain] = members > 1 ? len : TOPOLOGY_NONE;
		}
		len = (uint16_t)(len + (members > 1 ? 1 : 0));
	}
	return len;
}

static struct hypothesis_group
lay_out(const struct topology *topology, uint16_t target, uint32_t first)
{
	struct hypothesis_group group = {.first = first};

	group.key_len = number_keys(topology, target, NULL);
	group.serving_len = serving_count(topology, target);
	group.global_len = group.key_len > 1 ? ROW_GLOBAL_LEN : ROW_GLOBAL_KEYS;
	group.region_first = first + group.global_len;
	group.serving_first =
	    group.region_first + (uint32_t)topology->region_len * ROW_REGION_LEN;
	group.key_first =
	    group.serving_first + (uint32_t)group.serving_len * ROW_SERVING_LEN;
	group.len = group.key_first + (uint32_t)group.key_len * ROW_KEY_LEN - first;
	return group;
}

/* True when the provider's targets are used with two keys or more. */
static bool
has_keys(const struct topology *topology, uint64_t targets)
{
	uint16_t found = TOPOLOGY_NONE;

	for (size_t a = 0; a < topology->agent_len; a++) {
		for (uint16_t t = 0; t < topology->target_len; t++) {
			uint16_t key = topology->key_of[a * topology->target_len + t];

			if ((targets >> t & 1) == 0 || key == TOPOLOGY_NONE) {
				continue;
			}
			if (found != TOPOLOGY_NONE && key != found) {
				return true;
			}
			found = key;
		}
	}
	return false;
}

static struct hypothesis_group
lay_out_provider(const struct topology *topology, uint16_t provider, uint32_t first)
{
	uint64_t targets = provider_targets(topology, provider);
	struct hypothesis_group group = {
	    .first = first, .global_len = ROW_PROVIDER_LEN};

	if (has_keys(topology, targets)) {
		group.key_first = first + ROW_PROVIDER_LEN;
		group.key_len = 1;
	}
	group.len = ROW_PROVIDER_LEN + group.key_len * (uint32_t)ROW_PROVIDER_KEYS_LEN;
	return group;
}

size_t
hypotheses_groups_count(const struct topology *topology)
{
	return 1 + (size_t)topology->target_len + provider_number(topology, NULL);
}

static uint32_t
shared_count(const struct topology *topology)
{
	return 1 + (uint32_t)topology->region_len * ROW_NET_LEN +
	       (uint32_t)number_domains(topology, NULL) * ROW_DOMAIN_LEN +
	       topology->agent_len;
}

uint32_t
hypotheses_count(const struct topology *topology)
{
	uint32_t len = shared_count(topology);

	for (uint16_t target = 0; target < topology->target_len; target++) {
		len += lay_out(topology, target, 0).len;
	}
	for (uint16_t p = 0; p < provider_number(topology, NULL); p++) {
		len += lay_out_provider(topology, p, 0).len;
	}
	return len;
}

size_t
hypotheses_bytes(const struct topology *topology)
{
	return arena_bytes(hypotheses_count(topology), sizeof(struct hypothesis)) +
	       arena_bytes(
		   hypotheses_groups_count(topology), sizeof(struct hypothesis_group)) +
	       arena_bytes((size_t)topology->target_len * 2 + 1,
		   sizeof(struct hypothesis_profile)) +
	       arena_bytes(hypotheses_groups_count(topology),
		   sizeof(int32_t[SYMPTOM_BITS][HYPOTHESIS_ROWS])) +
	       arena_bytes((size_t)topology->domain_len + 1, sizeof(uint16_t)) +
	       arena_bytes((size_t)topology->target_len * topology->key_len + 1,
		   sizeof(uint16_t));
}

static uint16_t
group_of_scope(const struct hypotheses *table, struct scope scope)
{
	return scope.kind == SCOPE_PROVIDER
		   ? hypotheses_provider_group(table, scope.index)
		   : hypotheses_group_of(scope.target);
}

static bool
is_upstream(unsigned row)
{
	enum verdict verdict = weights_row(row)->verdict;

	return verdict >= VERDICT_UPSTREAM_OUTAGE && verdict <= VERDICT_UPSTREAM_AUTH;
}

/* Writes the block of one scope: `len` rows from `row`. */
static void
emit(struct hypotheses *table, uint32_t first, uint16_t row, uint16_t len,
    struct scope scope)
{
	uint32_t kin = first;

	for (uint16_t i = 0; i < len; i++) {
		if (i > 0 && weights_row((unsigned)row + i)->verdict !=
				 weights_row((unsigned)row + i - 1U)->verdict) {
			kin = first + i;
		}
		table->at[first + i] = (struct hypothesis){.row = (uint8_t)(row + i),
		    .scope_kind = (uint8_t)scope.kind,
		    .index = scope.index,
		    .target = scope.target,
		    .group = group_of_scope(table, scope),
		    .kin = kin};
		table->at[first + i].is_upstream = is_upstream(row + i);
	}
}

static void
emit_shared(struct hypotheses *table)
{
	const struct topology *topology = table->topology;
	uint16_t none = TOPOLOGY_NONE;

	emit(table, 0, ROW_CONTROL, 1, (struct scope){SCOPE_FLEET, 0, none});
	for (uint16_t r = 0; r < topology->region_len; r++) {
		emit(table, 1 + (uint32_t)r * ROW_NET_LEN, ROW_NET, ROW_NET_LEN,
		    (struct scope){SCOPE_REGION, r, none});
	}
	for (uint16_t d = 0; d < topology->domain_len; d++) {
		if (table->domain_slot[d] != TOPOLOGY_NONE) {
			emit(table,
			    table->domain_first +
				(uint32_t)table->domain_slot[d] * ROW_DOMAIN_LEN,
			    ROW_DOMAIN, ROW_DOMAIN_LEN,
			    (struct scope){SCOPE_DOMAIN, d, none});
		}
	}
	for (uint16_t a = 0; a < topology->agent_len; a++) {
		emit(table, table->agent_first + a, ROW_AGENT, 1,
		    (struct scope){SCOPE_AGENT, a, none});
	}
}

static void
emit_target(struct hypotheses *table, uint16_t target)
{
	const struct topology *topology = table->topology;
	const struct hypothesis_group *group = &table->group[1 + target];
	const uint16_t *slot = table->key_slot + (size_t)target * topology->key_len;

	emit(table, group->first, ROW_GLOBAL, group->global_len,
	    (struct scope){SCOPE_TARGET, 0, target});
	for (uint16_t r = 0; r < topology->region_len; r++) {
		emit(table, group->region_first + (uint32_t)r * ROW_REGION_LEN,
		    ROW_REGION, ROW_REGION_LEN,
		    (struct scope){SCOPE_REGION, r, target});
	}
	for (uint16_t s = 0; s < group->serving_len; s++) {
		emit(table, group->serving_first + (uint32_t)s * ROW_SERVING_LEN,
		    ROW_SERVING, ROW_SERVING_LEN,
		    (struct scope){SCOPE_SERVING, s, target});
	}
	for (uint16_t k = 0; k < topology->key_len; k++) {
		if (slot[k] != TOPOLOGY_NONE) {
			emit(table, group->key_first + (uint32_t)slot[k] * ROW_KEY_LEN,
			    ROW_KEY, ROW_KEY_LEN, (struct scope){SCOPE_KEY, k, target});
		}
	}
}

static void
emit_provider(struct hypotheses *table, uint16_t provider)
{
	const struct hypothesis_group *group =
	    &table->group[hypotheses_provider_group(table, provider)];
	struct scope scope = {SCOPE_PROVIDER, provider, TOPOLOGY_NONE};

	emit(table, group->first, ROW_GLOBAL, group->global_len, scope);
	if (group->key_len > 0) {
		emit(table, group->key_first, ROW_GLOBAL_KEYS, ROW_PROVIDER_KEYS_LEN,
		    scope);
	}
}

/* How many scopes share the prior of a row. */
static uint64_t
prior_divisor(const struct hypotheses *table, const struct hypothesis *hypothesis)
{
	const struct topology *topology = table->topology;
	uint64_t targets = topology->target_len > 0 ? topology->target_len : 1;

	if (hypothesis->target == TOPOLOGY_NONE) {
		targets = 1;
	}
	switch ((enum scope_kind)hypothesis->scope_kind) {
	case SCOPE_REGION:
		return targets * topology->region_len;
	case SCOPE_SERVING:
		return targets * table->group[1 + hypothesis->target].serving_len;
	case SCOPE_KEY:
		return targets * table->group[1 + hypothesis->target].key_len;
	case SCOPE_DOMAIN:
		return table->domain_len;
	case SCOPE_AGENT:
		return topology->agent_len;
	case SCOPE_PROVIDER:
		return table->provider_len;
	case SCOPE_TARGET:
	case SCOPE_FLEET:
		break;
	}
	return targets;
}

static bool
is_alone(const struct topology *topology, uint16_t agent)
{
	unsigned others = 0;

	for (uint16_t a = 0; a < topology->agent_len; a++) {
		others += a != agent &&
			  topology->agent[a].region == topology->agent[agent].region;
	}
	return others == 0;
}

/* The priors of the whole table sum to one: the bound on false alarms needs it. */
static void
fill_priors(struct hypotheses *table)
{
	uint64_t sum = 0;

	for (int pass = 0; pass < 2; pass++) {
		for (uint32_t h = 0; h < table->len; h++) {
			struct hypothesis *hypothesis = &table->at[h];
			uint64_t share =
			    (uint64_t)weights_row(hypothesis->row)->prior * 1000000;

			uint64_t divisor = prior_divisor(table, hypothesis);

			assert(divisor >
			       0); /* its scope has members, or it were not here */
			share /= divisor;
			if (hypothesis->scope_kind == SCOPE_AGENT &&
			    is_alone(table->topology, hypothesis->index)) {
				share /= ALONE_DIVISOR;
			}
			if (pass == 0) {
				sum += share;
			} else {
				hypothesis->prior_mnats = logn_mnats(share, sum);
			}
		}
	}
}

static void
count_reach(struct hypotheses *table, uint16_t group, uint16_t agent)
{
	struct hypothesis_span span[HYPOTHESIS_SPANS];
	size_t len = hypotheses_spans(table, group, agent, span);

	for (size_t i = 0; i < len; i++) {
		for (uint32_t k = 0; k < span[i].len; k++) {
			table->at[span[i].first + k].agents++;
		}
	}
}

static void
fill_reach(struct hypotheses *table)
{
	for (uint16_t a = 0; a < table->topology->agent_len; a++) {
		for (uint16_t g = 0; g < table->group_len; g++) {
			count_reach(table, g, a);
		}
	}
}

bool
hypotheses_init(
    struct hypotheses *table, struct arena *arena, const struct topology *topology)
{
	uint32_t first = shared_count(topology);

	memset(table, 0, sizeof(*table));
	table->topology = topology;
	table->len = hypotheses_count(topology);
	table->group_len = (uint16_t)hypotheses_groups_count(topology);
	table->provider_len = provider_number(topology, table->provider_of);
	table->at = arena_take(arena, table->len, sizeof(struct hypothesis));
	table->group =
	    arena_take(arena, table->group_len, sizeof(struct hypothesis_group));
	table->profile = arena_take(arena, (size_t)topology->target_len * 2 + 1,
	    sizeof(struct hypothesis_profile));
	table->excess = arena_take(
	    arena, table->group_len, sizeof(int32_t[SYMPTOM_BITS][HYPOTHESIS_ROWS]));
	table->domain_slot =
	    arena_take(arena, (size_t)topology->domain_len + 1, sizeof(uint16_t));
	table->key_slot = arena_take(arena,
	    (size_t)topology->target_len * topology->key_len + 1, sizeof(uint16_t));
	if (arena_failed(arena)) {
		return false;
	}
	table->domain_len = number_domains(topology, table->domain_slot);
	table->domain_first = 1 + (uint32_t)topology->region_len * ROW_NET_LEN;
	table->agent_first =
	    table->domain_first + (uint32_t)table->domain_len * ROW_DOMAIN_LEN;
	table->group[0] = (struct hypothesis_group){.len = first, .region_first = 1};
	emit_shared(table);
	for (uint16_t target = 0; target < topology->target_len; target++) {
		table->group[1 + target] = lay_out(topology, target, first);
		(void)number_keys(topology, target,
		    table->key_slot + (size_t)target * topology->key_len);
		emit_target(table, target);
		first += table->group[1 + target].len;
	}
	for (uint16_t p = 0; p < table->provider_len; p++) {
		uint16_t group = hypotheses_provider_group(table, p);

		table->group[group] = lay_out_provider(topology, p, first);
		emit_provider(table, p);
		first += table->group[group].len;
	}
	assert(first == table->len);
	fill_reach(table);
	fill_priors(table);
	weights_fill(table);
	return true;
}

const int32_t *
hypotheses_weight(const struct hypotheses *table, enum weighing how,
    enum witness witness, enum symptom symptom, uint16_t target)
{
	if (target == TOPOLOGY_NONE) {
		return table->weight[how][witness][symptom];
	}
	return table->profile[(size_t)target * 2 + (witness == WITNESS_FREE ? 1 : 0)]
	    .weight[how][symptom];
}

uint16_t
hypotheses_group_of(uint16_t target)
{
	return target == TOPOLOGY_NONE ? 0 : (uint16_t)(target + 1);
}

uint16_t
hypotheses_provider_group(const struct hypotheses *table, uint16_t provider)
{
	return (uint16_t)(1 + table->topology->target_len + provider);
}

uint16_t
hypotheses_siblings_group(const struct hypotheses *table, uint16_t target)
{
	uint16_t provider =
	    target < LIMIT_TARGETS ? table->provider_of[target] : TOPOLOGY_NONE;

	return provider == TOPOLOGY_NONE ? 0
					 : hypotheses_provider_group(table, provider);
}

size_t
hypotheses_groups(const struct hypotheses *table, uint16_t target, uint64_t targets,
    uint16_t out[HYPOTHESIS_GROUPS])
{
	uint64_t providers = 0;
	size_t len = 0;

	out[len++] = 0;
	if (target != TOPOLOGY_NONE) {
		out[len++] = hypotheses_group_of(target);
		out[len] = hypotheses_siblings_group(table, target);
		return out[len] != 0 ? len + 1 : len;
	}
	for (; targets != 0; targets &= targets - 1) {
		uint16_t t = (uint16_t)__builtin_ctzll(targets);

		out[len++] = hypotheses_group_of(t);
		if (table->provider_of[t] != TOPOLOGY_NONE) {
			providers |= UINT64_C(1) << table->provider_of[t];
		}
	}
	for (; providers != 0; providers &= providers - 1) {
		out[len++] = hypotheses_provider_group(
		    table, (uint16_t)__builtin_ctzll(providers));
	}
	return len;
}

bool
hypothesis_concerns(
    const struct hypotheses *table, uint32_t hypothesis, uint16_t target)
{
	const struct hypothesis *at = &table->at[hypothesis];

	if (at->scope_kind == SCOPE_PROVIDER) {
		return target != TOPOLOGY_NONE &&
		       table->provider_of[target] == at->index;
	}
	return at->target == TOPOLOGY_NONE || at->target == target;
}

uint32_t
hypothesis_of_target(
    const struct hypotheses *table, uint32_t hypothesis, uint16_t target)
{
	const struct hypothesis_group *group =
	    &table->group[hypotheses_group_of(target)];
	uint32_t row = table->at[hypothesis].row;

	/* the global rows of a target open its group, in order */
	return row < group->global_len ? group->first + row : HYPOTHESIS_NONE;
}

uint32_t
hypothesis_of_provider(const struct hypotheses *table, uint32_t hypothesis)
{
	const struct hypothesis *at = &table->at[hypothesis];
	uint16_t group = hypotheses_siblings_group(table, at->target);

	if (group == 0 || at->scope_kind != SCOPE_TARGET) {
		return HYPOTHESIS_NONE;
	}
	return hypotheses_find(table, at->row,
	    (struct scope){
		SCOPE_PROVIDER, table->provider_of[at->target], TOPOLOGY_NONE});
}

static size_t
shared_spans(const struct hypotheses *table, uint16_t agent,
    struct hypothesis_span out[HYPOTHESIS_SPANS])
{
	uint16_t region = table->topology->agent[agent].region;
	uint16_t domain = table->topology->region[region].domain;
	size_t len = 0;

	out[len++] = (struct hypothesis_span){0, 1, ROW_CONTROL};
	out[len++] = (struct hypothesis_span){
	    1 + (uint32_t)region * ROW_NET_LEN, ROW_NET_LEN, ROW_NET};
	if (domain != TOPOLOGY_NONE && table->domain_slot[domain] != TOPOLOGY_NONE) {
		out[len++] = (struct hypothesis_span){
		    table->domain_first +
			(uint32_t)table->domain_slot[domain] * ROW_DOMAIN_LEN,
		    ROW_DOMAIN_LEN, ROW_DOMAIN};
	}
	out[len++] = (struct hypothesis_span){table->agent_first + agent, 1, ROW_AGENT};
	return len;
}

static size_t
provider_spans(
    const struct hypothesis_group *at, struct hypothesis_span out[HYPOTHESIS_SPANS])
{
	out[0] = (struct hypothesis_span){at->first, at->global_len, ROW_GLOBAL};
	out[1] = (struct hypothesis_span){
	    at->key_first, ROW_PROVIDER_KEYS_LEN, ROW_GLOBAL_KEYS};
	return at->key_len > 0 ? 2 : 1;
}

size_t
hypotheses_spans(const struct hypotheses *table, uint16_t group, uint16_t agent,
    struct hypothesis_span out[HYPOTHESIS_SPANS])
{
	const struct topology *topology = table->topology;
	const struct hypothesis_group *at = &table->group[group];
	uint16_t region = topology->agent[agent].region;
	size_t target = (size_t)group - 1;
	uint16_t serving;
	uint16_t key;
	size_t len = 0;

	if (group == 0) {
		return shared_spans(table, agent, out);
	}
	if (group > topology->target_len) {
		return provider_spans(at, out);
	}
	serving = topology->serving_of[region * (size_t)topology->target_len + target];
	key = topology->key_of[agent * (size_t)topology->target_len + target];
	out[len++] = (struct hypothesis_span){at->first, at->global_len, ROW_GLOBAL};
	out[len++] = (struct hypothesis_span){
	    at->region_first + (uint32_t)region * ROW_REGION_LEN, ROW_REGION_LEN,
	    ROW_REGION};
	if (serving != TOPOLOGY_NONE) {
		out[len++] = (struct hypothesis_span){
		    at->serving_first + (uint32_t)serving * ROW_SERVING_LEN,
		    ROW_SERVING_LEN, ROW_SERVING};
	}
	if (key != TOPOLOGY_NONE) {
		uint32_t slot = table->key_slot[target * topology->key_len + key];

		out[len++] = (struct hypothesis_span){
		    at->key_first + slot * ROW_KEY_LEN, ROW_KEY_LEN, ROW_KEY};
	}
	return len;
}

bool
hypothesis_in_scope(const struct topology *topology, struct scope scope, uint16_t agent)
{
	uint16_t region = topology->agent[agent].region;

	switch (scope.kind) {
	case SCOPE_REGION:
		return region == scope.index;
	case SCOPE_SERVING:
		return topology->serving_of[region * (size_t)topology->target_len +
					    scope.target] == scope.index;
	case SCOPE_KEY:
		return topology->key_of[agent * (size_t)topology->target_len +
					scope.target] == scope.index;
	case SCOPE_DOMAIN:
		return topology->region[region].domain == scope.index;
	case SCOPE_AGENT:
		return agent == scope.index;
	case SCOPE_TARGET:
	case SCOPE_FLEET:
	case SCOPE_PROVIDER:
		break;
	}
	return true;
}

bool
hypothesis_holds(const struct hypotheses *table, uint32_t hypothesis, uint16_t agent)
{
	return hypothesis_in_scope(
	    table->topology, hypothesis_scope(table, hypothesis), agent);
}

enum verdict
hypothesis_verdict(const struct hypotheses *table, uint32_t hypothesis)
{
	return weights_row(table->at[hypothesis].row)->verdict;
}

enum family
hypothesis_family(const struct hypotheses *table, uint32_t hypothesis)
{
	return weights_row(table->at[hypothesis].row)->family;
}

bool
hypothesis_pages(const struct hypotheses *table, uint32_t hypothesis)
{
	return hypothesis_family(table, hypothesis) != FAMILY_INFORMATION;
}

int
hypothesis_stage(const struct hypotheses *table, uint32_t hypothesis)
{
	return weights_row(table->at[hypothesis].row)->stage;
}

bool
hypothesis_is_upstream(const struct hypotheses *table, uint32_t hypothesis)
{
	return table->at[hypothesis].is_upstream;
}

bool
hypothesis_is_graded(const struct hypotheses *table, uint32_t hypothesis)
{
	return hypothesis_verdict(table, hypothesis) == VERDICT_UPSTREAM_OUTAGE;
}

struct scope
hypothesis_scope(const struct hypotheses *table, uint32_t hypothesis)
{
	const struct hypothesis *at = &table->at[hypothesis];

	return (struct scope){(enum scope_kind)at->scope_kind, at->index, at->target};
}

uint32_t
hypotheses_find(const struct hypotheses *table, uint16_t row, struct scope scope)
{
	uint16_t group = group_of_scope(table, scope);

	if (group >= table->group_len) {
		return HYPOTHESIS_NONE;
	}
	for (uint32_t i = 0; i < table->group[group].len; i++) {
		uint32_t h = table->group[group].first + i;

		if (table->at[h].row == row && table->at[h].scope_kind == scope.kind &&
		    table->at[h].index == scope.index) {
			return h;
		}
	}
	return HYPOTHESIS_NONE;
}
