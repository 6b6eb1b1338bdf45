#include "collector/core/identify.h"

#include "collector/core/weights.h"

#include <assert.h>
#include <string.h>

enum {
	REMEDIES = 512,    /* different ones that are remembered */
	WEAK_STREAMS = 64, /* of a cause with more, one stream is not looked for */
	ALIKE_PERMILLE =
	    250, /* answers that two causes have in common, to look alike */
	PERMILLE = 1000
};

/* A cause with the streams it reaches: how many, and the sum of their numbers' digests. */
struct reach {
	struct identify_cause cause;
	uint16_t row;
	uint32_t streams;
	uint64_t digest;
};

struct identify {
	const struct collector_conf *conf;
	const struct topology *topology;
	struct hypotheses table;
	uint8_t *witness; /* [agents * targets]: bits of enum witness */
	struct reach *reach;
	size_t reach_len;
	bool has_controls;
	struct identify_pair *pair; /* one for each remedy */
	size_t pair_len;
};

static size_t
causes_max(const struct topology *topology)
{
	return (size_t)hypotheses_count(topology) + (size_t)topology->target_len * 2;
}

size_t
identify_bytes(const struct topology *topology)
{
	return hypotheses_bytes(topology) +
	       arena_bytes((size_t)topology->agent_len * topology->target_len + 1, 1) +
	       arena_bytes(causes_max(topology), sizeof(struct reach)) +
	       arena_bytes(REMEDIES, sizeof(struct identify_pair)) +
	       arena_bytes(1, sizeof(struct identify)) + 64;
}

/* Which calls every agent makes of every target. */
static void
fill_witnesses(struct identify *identify)
{
	const struct topology *topology = identify->topology;

	for (uint16_t p = 0; p < topology->probe_len; p++) {
		const struct topology_probe *probe = &topology->probe[p];
		uint64_t mask = identify->conf->probe[p].region_mask;
		unsigned bit = probe->role == ROLE_FREE ? 1U << WITNESS_FREE
							: 1U << WITNESS_TARGET;

		identify->has_controls |= probe->role == ROLE_CONTROL;
		if (probe->role != ROLE_FREE && probe->role != ROLE_TARGET) {
			continue;
		}
		for (uint16_t a = 0; a < topology->agent_len; a++) {
			size_t at = (size_t)a * topology->target_len + probe->target;

			if ((mask >> topology->agent[a].region & 1U) != 0) {
				identify->witness[at] |= (uint8_t)bit;
			}
		}
	}
}

/* A number for a stream that looks like no other's (splitmix64, public domain). */
static uint64_t
digest_of(uint64_t agent, uint64_t target, uint64_t witness)
{
	uint64_t x = (agent << 32U | target << 8U | witness) * UINT64_C(2) + 1;

	x = (x ^ x >> 30U) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27U) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31U;
}

static bool
speaks(uint16_t row, unsigned witness)
{
	const struct signature *signature = weights_row(row)->signature;

	for (unsigned i = 0; i < SYMPTOM_COUNT; i++) {
		if (signature->share[witness][i] > 0) {
			return true;
		}
	}
	return false;
}

/* A look at the streams of a cause: how many, and whose has the digest `wanted`. */
struct look {
	uint64_t wanted;
	uint64_t digest;
	uint32_t streams;
	uint16_t found; /* agent, TOPOLOGY_NONE */
};

static void
meet(struct look *look, uint16_t agent, uint16_t target, unsigned witness)
{
	uint64_t digest = digest_of(agent, target, witness);

	look->digest += digest;
	look->streams++;
	if (digest == look->wanted) {
		look->found = agent;
	}
}

static bool
concerns(const struct identify *identify, const struct scope *scope, uint16_t target)
{
	if (scope->kind == SCOPE_PROVIDER) {
		return identify->table.provider_of[target] == scope->index;
	}
	return scope->target == TOPOLOGY_NONE || scope->target == target;
}

static void
look_at_agent(const struct identify *identify, const struct reach *reach,
    uint16_t agent, struct look *look)
{
	const struct scope *scope = &reach->cause.scope;
	uint16_t targets = identify->topology->target_len;
	bool is_one = scope->target != TOPOLOGY_NONE;
	uint16_t end = is_one ? (uint16_t)(scope->target + 1) : targets;

	for (uint16_t t = is_one ? scope->target : 0; t < end; t++) {
		unsigned bits = identify->witness[(size_t)agent * targets + t];

		if (!concerns(identify, scope, t)) {
			continue;
		}
		for (unsigned w = WITNESS_TARGET; w <= WITNESS_FREE; w++) {
			if ((bits >> w & 1U) != 0 && speaks(reach->row, w)) {
				meet(look, agent, t, w);
			}
		}
	}
	if (identify->has_controls && speaks(reach->row, WITNESS_CONTROL)) {
		meet(look, agent, UINT16_MAX, WITNESS_CONTROL);
	}
}

static struct look
look_at(const struct identify *identify, const struct reach *reach, uint64_t wanted)
{
	struct look look = {.wanted = wanted, .found = TOPOLOGY_NONE};

	for (uint16_t a = 0; a < identify->topology->agent_len; a++) {
		if (hypothesis_in_scope(identify->topology, reach->cause.scope, a)) {
			look_at_agent(identify, reach, a, &look);
		}
	}
	return look;
}

static void
add_cause(struct identify *identify, uint16_t row, struct scope scope)
{
	struct reach *reach = &identify->reach[identify->reach_len];
	struct look look;

	*reach = (struct reach){
	    .cause = {.verdict = weights_row(row)->verdict, .scope = scope},
	    .row = row};
	look = look_at(identify, reach, 0);
	reach->streams = look.streams;
	reach->digest = look.digest;
	identify->reach_len += reach->streams > 0 ? 1 : 0;
}

/* What is only being tried need not be told apart. */
static bool
is_tried(const struct identify *identify, uint16_t target)
{
	return target != TOPOLOGY_NONE &&
	       identify->topology->target[target].tier == TIER_TEST;
}

/* One cause for every scope and signature of the table; and the faults it leaves out because
 * they could not be told from others: that a provider refuses everybody, with one key only. */
static void
fill_causes(struct identify *identify)
{
	const struct hypotheses *table = &identify->table;

	for (uint32_t h = 0; h < table->len; h++) {
		const struct hypothesis *at = &table->at[h];
		bool is_again = h > 0 && at[-1].scope_kind == at->scope_kind &&
				at[-1].index == at->index &&
				at[-1].target == at->target &&
				weights_row(at[-1].row)->signature ==
				    weights_row(at->row)->signature;

		if (!is_again && !is_tried(identify, at->target)) {
			add_cause(identify, at->row, hypothesis_scope(table, h));
		}
	}
	for (uint16_t t = 0; t < identify->topology->target_len; t++) {
		struct scope scope = {SCOPE_TARGET, 0, t};

		if (table->group[1 + t].key_len == 1 && !is_tried(identify, t)) {
			add_cause(identify, ROW_GLOBAL_KEYS, scope);
			add_cause(identify, ROW_GLOBAL_KEYS + 1, scope);
		}
	}
}

/* Failures of the way there and back blur into each other. */
static unsigned
class_of(unsigned symptom)
{
	switch ((enum symptom)symptom) {
	case SYMPTOM_DNS:
	case SYMPTOM_CONNECT:
	case SYMPTOM_GATEWAY:
	case SYMPTOM_ERROR:
	case SYMPTOM_TIMEOUT:
		return SYMPTOM_ERROR;
	case SYMPTOM_LOCAL:
	case SYMPTOM_RATE:
	case SYMPTOM_KEY:
	case SYMPTOM_QUOTA:
	case SYMPTOM_PLACE:
	case SYMPTOM_MODEL:
	case SYMPTOM_BAD:
	case SYMPTOM_REFUSED:
	case SYMPTOM_SLOW:
	case SYMPTOM_OK:
	case SYMPTOM_FAIL:
	case SYMPTOM_COUNT:
		break;
	}
	return symptom;
}

/* How much of the answers of two rows is the same, permille; of one kind of call. */
static unsigned
common(uint16_t a, uint16_t b, unsigned witness, bool is_coarse)
{
	unsigned of_a[SYMPTOM_COUNT] = {0};
	unsigned of_b[SYMPTOM_COUNT] = {0};
	unsigned sum = 0;

	for (unsigned i = 0; i < SYMPTOM_COUNT; i++) {
		unsigned class = is_coarse ? class_of(i) : i;

		of_a[class] += weights_row(a)->signature->share[witness][i];
		of_b[class] += weights_row(b)->signature->share[witness][i];
	}
	for (unsigned i = 0; i < SYMPTOM_COUNT; i++) {
		sum += of_a[i] < of_b[i] ? of_a[i] : of_b[i];
	}
	return sum;
}

/* They answer alike wherever both do. */
static bool
is_alike(uint16_t a, uint16_t b, bool is_coarse)
{
	for (unsigned w = WITNESS_TARGET; w <= WITNESS_CONTROL; w++) {
		if (speaks(a, w) && speaks(b, w) &&
		    common(a, b, w, is_coarse) < ALIKE_PERMILLE) {
			return false;
		}
	}
	return true;
}

static bool
matters(const struct reach *a, const struct reach *b)
{
	const struct scope *one = &a->cause.scope;
	const struct scope *two = &b->cause.scope;
	enum blame blame = verdict_blame(a->cause.verdict);
	bool is_other_blame = blame != verdict_blame(b->cause.verdict);
	bool is_other_scope =
	    one->kind != two->kind ||
	    (one->target == TOPOLOGY_NONE) != (two->target == TOPOLOGY_NONE);

	if (a->cause.verdict == b->cause.verdict ||
	    (one->target != TOPOLOGY_NONE && two->target != TOPOLOGY_NONE &&
		one->target != two->target)) {
		return false;
	}
	if (weights_row(a->row)->family == FAMILY_INFORMATION &&
	    weights_row(b->row)->family == FAMILY_INFORMATION) {
		return false;
	}
	return is_other_blame || (is_other_scope && blame != BLAME_THEM);
}

/* False when they are told apart well. */
static bool
compare(const struct identify *identify, const struct reach *a, const struct reach *b,
    struct identify_pair *pair)
{
	const struct reach *more = a->streams > b->streams ? a : b;
	const struct reach *less = more == a ? b : a;

	if (!matters(a, b) || !is_alike(a->row, b->row, true)) {
		return false;
	}
	if (a->streams == b->streams && a->digest == b->digest) {
		pair->how =
		    is_alike(a->row, b->row, false) ? IDENTIFY_SAME : IDENTIFY_KIND;
		return true;
	}
	if (more->streams == less->streams + 1 && more->streams <= WEAK_STREAMS) {
		uint16_t agent =
		    look_at(identify, more, more->digest - less->digest).found;

		if (agent == TOPOLOGY_NONE) {
			return false;
		}
		pair->how = IDENTIFY_WEAK;
		pair->place = identify->topology->agent[agent].region;
		return true;
	}
	return false;
}

/* ---- what would help ---- */

static uint16_t
region_of(const struct identify *identify, const struct scope *scope)
{
	if (scope->kind == SCOPE_REGION) {
		return scope->index;
	}
	return scope->kind == SCOPE_AGENT
		   ? identify->topology->agent[scope->index].region
		   : TOPOLOGY_NONE;
}

static void
set_remedy(struct identify_pair *pair, enum identify_remedy remedy, uint16_t place)
{
	pair->remedy = remedy;
	pair->place = place;
}

static bool
is_either(const struct identify_pair *pair, enum scope_kind kind)
{
	return pair->a.scope.kind == kind || pair->b.scope.kind == kind;
}

static uint16_t
index_of(const struct identify_pair *pair, enum scope_kind kind)
{
	return pair->a.scope.kind == kind ? pair->a.scope.index : pair->b.scope.index;
}

static bool
is_own(const struct identify_pair *pair)
{
	return (pair->a.scope.target == TOPOLOGY_NONE) !=
	       (pair->b.scope.target == TOPOLOGY_NONE);
}

/* By the two scopes alone; `region` is that of either, TOPOLOGY_NONE = neither has one. */
static void
remedy_of_scopes(struct identify_pair *pair, uint16_t region)
{
	bool has_region = region != TOPOLOGY_NONE;

	if (is_either(pair, SCOPE_AGENT)) {
		set_remedy(pair, REMEDY_AGENT, region);
	} else if (is_either(pair, SCOPE_SERVING)) {
		set_remedy(pair, REMEDY_SERVING, index_of(pair, SCOPE_SERVING));
	} else if (is_either(pair, SCOPE_KEY)) {
		set_remedy(pair, has_region ? REMEDY_SPREAD : REMEDY_KEY,
		    has_region ? index_of(pair, SCOPE_KEY) : pair->target);
	} else if (is_either(pair, SCOPE_DOMAIN)) {
		set_remedy(pair, REMEDY_DOMAIN, index_of(pair, SCOPE_DOMAIN));
	} else {
		set_remedy(pair, REMEDY_REGION, pair->target);
	}
}

static void
find_remedy(const struct identify *identify, struct identify_pair *pair)
{
	uint16_t region = region_of(identify, &pair->a.scope);

	if (region == TOPOLOGY_NONE) {
		region = region_of(identify, &pair->b.scope);
	}
	if (pair->how == IDENTIFY_WEAK) {
		set_remedy(pair, REMEDY_AGENT, pair->place);
	} else if (is_own(pair) && !identify->has_controls) {
		set_remedy(pair, REMEDY_CONTROLS, 0);
	} else {
		remedy_of_scopes(pair, region);
	}
}

/* How grave a mix-up is: that nothing tells them apart, then what would be told. */
static uint32_t
weigh(const struct identify *identify, const struct identify_pair *pair)
{
	uint32_t level_a = (uint32_t)verdict_level(pair->a.verdict);
	uint32_t level_b = (uint32_t)verdict_level(pair->b.verdict);
	uint32_t tier = TIER_COUNT;

	if (pair->target != TOPOLOGY_NONE) {
		tier = TIER_COUNT -
		       (uint32_t)identify->topology->target[pair->target].tier;
	}
	return (uint32_t)pair->how * 1000 + (level_a + level_b) * 100 +
	       (verdict_blame(pair->a.verdict) != verdict_blame(pair->b.verdict) ? 50
										 : 0) +
	       tier;
}

/* One pair stands for all that the same remedy tells apart: the gravest. */
static void
keep(struct identify *identify, const struct identify_pair *pair)
{
	for (size_t i = 0; i < identify->pair_len; i++) {
		struct identify_pair *kept = &identify->pair[i];

		if (kept->remedy == pair->remedy && kept->place == pair->place) {
			uint32_t more = kept->more + 1;

			if (pair->weight > kept->weight) {
				*kept = *pair;
			}
			kept->more = more;
			return;
		}
	}
	if (identify->pair_len < REMEDIES) {
		identify->pair[identify->pair_len++] = *pair;
	}
}

static void
compare_all(struct identify *identify)
{
	for (size_t i = 0; i < identify->reach_len; i++) {
		for (size_t k = i + 1; k < identify->reach_len; k++) {
			const struct reach *a = &identify->reach[i];
			const struct reach *b = &identify->reach[k];
			struct identify_pair pair = {.a = a->cause, .b = b->cause};

			if (a->streams > b->streams + 1 ||
			    b->streams > a->streams + 1 ||
			    !compare(identify, a, b, &pair)) {
				continue;
			}
			pair.target = a->cause.scope.target != TOPOLOGY_NONE
					  ? a->cause.scope.target
					  : b->cause.scope.target;
			find_remedy(identify, &pair);
			pair.weight = weigh(identify, &pair);
			keep(identify, &pair);
		}
	}
}

size_t
identify_pairs(const struct collector_conf *conf, struct arena *arena,
    struct identify_pair *out, size_t cap)
{
	const struct topology *topology = &conf->topology;
	struct identify *identify = arena_take(arena, 1, sizeof(*identify));
	size_t len;

	assert(identify != NULL);
	identify->conf = conf;
	identify->topology = topology;
	identify->witness = arena_take(
	    arena, (size_t)topology->agent_len * topology->target_len + 1, 1);
	identify->reach = arena_take(arena, causes_max(topology), sizeof(struct reach));
	identify->pair = arena_take(arena, REMEDIES, sizeof(struct identify_pair));
	assert(!arena_failed(arena));
	if (topology->agent_len == 0 ||
	    !hypotheses_init(&identify->table, arena, topology)) {
		return 0;
	}
	fill_witnesses(identify);
	fill_causes(identify);
	compare_all(identify);
	len = identify->pair_len;
	for (size_t n = 0; n < len && n < cap; n++) {
		size_t best = 0;

		for (size_t i = 1; i < identify->pair_len; i++) {
			if (identify->pair[i].weight > identify->pair[best].weight) {
				best = i;
			}
		}
		out[n] = identify->pair[best];
		identify->pair_len--;
		memmove(&identify->pair[best], &identify->pair[best + 1],
		    (identify->pair_len - best) * sizeof(identify->pair[0]));
	}
	return len;
}
