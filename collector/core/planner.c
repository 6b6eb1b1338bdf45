#include "collector/core/planner.h"

#include <assert.h>
#include <string.h>

#define FNV_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

/* Costs of two consecutive probes that share something; a dearer one is never taken to
 * spare any number of cheaper ones. */
enum {
	COST_KEY = 1,
	COST_DOMAIN = 2,
	COST_REGION = 4
};

/* Agents that are alike: one region (so one domain), one key. They differ only in who
 * comes first. */
struct kind {
	uint16_t region;
	uint16_t domain;
	uint16_t key;
	uint16_t left;  /* agents not ranked yet */
	uint16_t first; /* agents of the kind are chained by their index */
};

/* What is left of each group while ranking: the larger group goes first, or it would end
 * up next to itself. */
struct left {
	uint16_t region[LIMIT_REGIONS];
	uint16_t domain[LIMIT_DOMAINS];
};

enum {
	MEND_PASSES = 8,
	MEND_FAILURES = 256,
	DOMAIN_COST = 4096 /* more than there are agents */
};

#define REGION_COST (INT64_C(4096) * DOMAIN_COST)

struct planner {
	const struct collector_conf *conf;
	uint16_t
	    *rank; /* [probe * agent_len + agent], TOPOLOGY_NONE = does not run it */
	uint16_t *runners; /* [probe]: how many do */
	struct kind *kind; /* room for the ranking, agent_len of each */
	uint16_t *next_agent;
	uint16_t *order;
	struct shares *shares;
};

static size_t
ranks(const struct topology *topology)
{
	return (size_t)topology->probe_len * topology->agent_len;
}

size_t
planner_bytes(const struct collector_conf *conf)
{
	const struct topology *topology = &conf->topology;

	return arena_bytes(1, sizeof(struct planner)) +
	       arena_bytes(ranks(topology), sizeof(uint16_t)) +
	       arena_bytes(topology->probe_len, sizeof(uint16_t)) +
	       arena_bytes(topology->agent_len, sizeof(struct kind)) +
	       2 * arena_bytes(topology->agent_len, sizeof(uint16_t)) +
	       shares_bytes(conf) + arena_bytes(1, 1);
}

size_t
planner_plan_bytes(const struct planner *planner)
{
	return arena_bytes(
		   planner->conf->topology.probe_len, sizeof(struct plan_probe)) +
	       arena_bytes(planner->conf->money.name_len, sizeof(struct plan_budget)) +
	       arena_bytes(1, 1);
}

/* The key `agent` uses for `probe`; controls and sources need none. */
static uint16_t
key_of(
    const struct topology *topology, uint16_t agent, const struct topology_probe *probe)
{
	if (probe->target == TOPOLOGY_NONE) {
		return TOPOLOGY_NONE;
	}
	return topology->key_of[(size_t)agent * topology->target_len + probe->target];
}

static bool
runs(const struct collector_conf *conf, uint16_t agent, uint16_t probe)
{
	uint16_t region = conf->topology.agent[agent].region;

	return (conf->probe[probe].region_mask >> region & 1) != 0;
}

/* Sorts the agents that run `probe` into kinds; agents with the lowest index first in each.
 * Returns how many kinds there are. */
static uint16_t
make_kinds(struct planner *planner, uint16_t probe)
{
	const struct topology *topology = &planner->conf->topology;
	uint16_t len = 0;

	for (uint16_t i = topology->agent_len; i > 0; i--) {
		uint16_t agent = (uint16_t)(i - 1);
		uint16_t region = topology->agent[agent].region;
		uint16_t key = key_of(topology, agent, &topology->probe[probe]);
		uint16_t at = 0;

		if (!runs(planner->conf, agent, probe)) {
			continue;
		}
		while (at < len && (planner->kind[at].region != region ||
				       planner->kind[at].key != key)) {
			at++;
		}
		if (at == len) {
			planner->kind[len++] = (struct kind){
			    .region = region,
			    .domain = topology->region[region].domain,
			    .key = key,
			    .first = TOPOLOGY_NONE,
			};
		}
		planner->next_agent[agent] = planner->kind[at].first;
		planner->kind[at].first = agent;
		planner->kind[at].left++;
	}
	return len;
}

/* Two regions of which nothing is known do not share a domain, nor no key a key. */
static uint16_t
cost_after(const struct kind *kind, const struct kind *before)
{
	uint16_t cost = 0;

	if (before == NULL) {
		return 0;
	}
	if (kind->region == before->region) {
		cost += COST_REGION;
	}
	if (kind->region == before->region ||
	    (kind->domain == before->domain && kind->domain != TOPOLOGY_NONE)) {
		cost += COST_DOMAIN;
	}
	if (kind->key == before->key && kind->key != TOPOLOGY_NONE) {
		cost += COST_KEY;
	}
	return cost;
}

static uint16_t
left_of_domain(const struct left *left, const struct kind *kind)
{
	return kind->domain == TOPOLOGY_NONE ? left->region[kind->region]
					     : left->domain[kind->domain];
}

/* True when `a` should come before `b` after `before`: cheaper, else of a larger domain,
 * region, kind, else the one with the earlier agent, so that ranks never depend on chance. */
static bool
is_better(const struct kind *a, const struct kind *b, const struct kind *before,
    const struct left *left)
{
	uint16_t a_cost = cost_after(a, before);
	uint16_t b_cost = cost_after(b, before);

	if (a_cost != b_cost) {
		return a_cost < b_cost;
	}
	if (left_of_domain(left, a) != left_of_domain(left, b)) {
		return left_of_domain(left, a) > left_of_domain(left, b);
	}
	if (left->region[a->region] != left->region[b->region]) {
		return left->region[a->region] > left->region[b->region];
	}
	if (a->left != b->left) {
		return a->left > b->left;
	}
	return a->first < b->first;
}

static struct kind *
best_kind(struct planner *planner, uint16_t kinds, const struct kind *before,
    const struct left *left)
{
	struct kind *best = NULL;

	for (uint16_t i = 0; i < kinds; i++) {
		struct kind *kind = &planner->kind[i];

		if (kind->left > 0 &&
		    (best == NULL || is_better(kind, best, before, left))) {
			best = kind;
		}
	}
	return best;
}

static void
count_left(const struct planner *planner, uint16_t kinds, struct left *left)
{
	memset(left, 0, sizeof(*left));
	for (uint16_t i = 0; i < kinds; i++) {
		const struct kind *kind = &planner->kind[i];

		left->region[kind->region] =
		    (uint16_t)(left->region[kind->region] + kind->left);
		if (kind->domain != TOPOLOGY_NONE) {
			left->domain[kind->domain] =
			    (uint16_t)(left->domain[kind->domain] + kind->left);
		}
	}
}

/* Writes the agents that run `probe` into planner->order; returns how many there are. */
static uint16_t
order_agents(struct planner *planner, uint16_t probe)
{
	uint16_t kinds = make_kinds(planner, probe);
	const struct kind *before = NULL;
	struct left left;
	uint16_t len = 0;

	count_left(planner, kinds, &left);
	for (;;) {
		struct kind *kind = best_kind(planner, kinds, before, &left);

		if (kind == NULL) {
			return len;
		}
		planner->order[len++] = kind->first;
		kind->first = planner->next_agent[kind->first];
		kind->left--;
		left.region[kind->region]--;
		if (kind->domain != TOPOLOGY_NONE) {
			left.domain[kind->domain]--;
		}
		before = kind;
	}
}

/* What two neighbours share. A region weighs more than all domains together, a domain more
 * than all keys. */
static int64_t
shared(const struct planner *planner, uint16_t probe, uint16_t a, uint16_t b)
{
	const struct topology *topology = &planner->conf->topology;
	uint16_t a_region = topology->agent[a].region;
	uint16_t b_region = topology->agent[b].region;
	uint16_t domain = topology->region[a_region].domain;
	uint16_t key = key_of(topology, a, &topology->probe[probe]);
	int64_t cost = a_region == b_region ? REGION_COST : 0;

	if (domain != TOPOLOGY_NONE && domain == topology->region[b_region].domain) {
		cost += DOMAIN_COST;
	}
	if (key != TOPOLOGY_NONE &&
	    key == key_of(topology, b, &topology->probe[probe])) {
		cost++;
	}
	return cost;
}

static void
turn_round(uint16_t *order, uint16_t from, uint16_t to)
{
	for (; from < to; from++, to--) {
		uint16_t kept = order[from];

		order[from] = order[to];
		order[to] = kept;
	}
}

/* What is gained by turning the part from..to round: its two ends get other neighbours. */
static int64_t
gain(const struct planner *planner, uint16_t probe, uint16_t len, uint16_t from,
    uint16_t to)
{
	const uint16_t *order = planner->order;
	uint16_t before = order[(from + len - 1) % len];
	uint16_t after = order[(to + 1) % len];

	return shared(planner, probe, before, order[from]) +
	       shared(planner, probe, order[to], after) -
	       shared(planner, probe, before, order[to]) -
	       shared(planner, probe, order[from], after);
}

/* The best turn that begins where two neighbours share something; false when none helps. */
static bool
improve(struct planner *planner, uint16_t probe, uint16_t len, uint16_t from)
{
	int64_t best = 0;
	uint16_t best_to = from;

	for (uint16_t to = (uint16_t)(from + 1); to < len; to++) {
		int64_t each = from == 0 && to == len - 1
				   ? 0
				   : gain(planner, probe, len, from, to);

		if (each > best) {
			best = each;
			best_to = to;
		}
	}
	if (best > 0) {
		turn_round(planner->order, from, best_to);
	}
	return best > 0;
}

/* Choosing one after the other leaves the unlike ones for the beginning and the like ones for
 * the end. Turning parts of the round mends most of that; where it does not pay at a few
 * places it never will, and large fleets are left. */
static void
mend_order(struct planner *planner, uint16_t probe, uint16_t len)
{
	unsigned failures = 0;
	bool improved = len > 3;

	for (int pass = 0; improved && pass < MEND_PASSES; pass++) {
		improved = false;
		for (uint16_t i = 0; i < len && failures < MEND_FAILURES; i++) {
			uint16_t before = planner->order[(i + len - 1) % len];

			if (shared(planner, probe, before, planner->order[i]) == 0) {
				continue;
			}
			if (improve(planner, probe, len, i)) {
				improved = true;
			} else {
				failures++;
			}
		}
	}
}

/* True when every agent uses the same key for both probes, or none for either. */
static bool
same_keys(const struct topology *topology, uint16_t probe, uint16_t other)
{
	const struct topology_probe *a = &topology->probe[probe];
	const struct topology_probe *b = &topology->probe[other];

	if (a->target == b->target) {
		return true;
	}
	for (uint16_t i = 0; i < topology->agent_len; i++) {
		if (key_of(topology, i, a) != key_of(topology, i, b)) {
			return false;
		}
	}
	return true;
}

/* The latest probe before `probe` that the same agents run with the same keys, and which
 * therefore has the same order; `probe` itself when there is none. */
static uint16_t
same_order(const struct collector_conf *conf, uint16_t probe)
{
	for (uint16_t i = probe; i > 0; i--) {
		uint16_t other = (uint16_t)(i - 1);

		if (conf->probe[other].region_mask == conf->probe[probe].region_mask &&
		    same_keys(&conf->topology, probe, other)) {
			return other;
		}
	}
	return probe;
}

/* Each probe begins the round with another agent than the one before it, or one agent
 * would do all its probes at once. */
static void
rank_probe(struct planner *planner, uint16_t probe)
{
	uint16_t agents = planner->conf->topology.agent_len;
	uint16_t *rank = &planner->rank[(size_t)probe * agents];
	uint16_t like = same_order(planner->conf, probe);

	if (like != probe) {
		uint16_t turn = (uint16_t)(probe - like);
		const uint16_t *from = &planner->rank[(size_t)like * agents];

		planner->runners[probe] = planner->runners[like];
		for (uint16_t i = 0; i < agents; i++) {
			rank[i] = from[i];
			if (from[i] != TOPOLOGY_NONE) {
				assert(planner->runners[probe] > 0);
				rank[i] = (uint16_t)((from[i] + turn) %
						     planner->runners[probe]);
			}
		}
		return;
	}
	planner->runners[probe] = order_agents(planner, probe);
	mend_order(planner, probe, planner->runners[probe]);
	memset(rank, 0xff, agents * sizeof(*rank));
	for (uint16_t i = 0; i < planner->runners[probe]; i++) {
		rank[planner->order[i]] =
		    (uint16_t)((i + (uint32_t)probe) % planner->runners[probe]);
	}
}

struct planner *
planner_init(struct arena *arena, const struct collector_conf *conf)
{
	const struct topology *topology = &conf->topology;
	struct planner *planner = arena_take(arena, 1, sizeof(*planner));
	uint16_t *rank = arena_take(arena, ranks(topology), sizeof(*rank));
	uint16_t *runners = arena_take(arena, topology->probe_len, sizeof(*runners));
	struct kind *kind = arena_take(arena, topology->agent_len, sizeof(*kind));
	uint16_t *next_agent =
	    arena_take(arena, topology->agent_len, sizeof(*next_agent));
	uint16_t *order = arena_take(arena, topology->agent_len, sizeof(*order));
	struct shares *shares = shares_init(arena, conf);

	if (planner == NULL || arena_failed(arena)) {
		return NULL;
	}
	*planner = (struct planner){
	    .conf = conf,
	    .rank = rank,
	    .runners = runners,
	    .kind = kind,
	    .next_agent = next_agent,
	    .order = order,
	    .shares = shares,
	};
	for (uint16_t i = 0; i < topology->probe_len; i++) {
		rank_probe(planner, i);
	}
	return planner;
}

static uint64_t
digest_bytes(uint64_t digest, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;

	for (size_t i = 0; i < len; i++) {
		digest = (digest ^ at[i]) * FNV_PRIME;
	}
	return digest;
}

static uint64_t
digest_number(uint64_t digest, uint64_t number)
{
	unsigned char bytes[8];

	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] = (unsigned char)(number >> (8 * i));
	}
	return digest_bytes(digest, bytes, sizeof(bytes));
}

/* With its length, so that no two lists of texts run together into the same bytes. */
static uint64_t
digest_text(uint64_t digest, const char *text)
{
	size_t len = strlen(text);

	return digest_bytes(digest_number(digest, len), text, len);
}

/* FNV-1a (Fowler, Noll, Vo) over every field, so that a plan's version is its content. */
static uint64_t
digest_probe(uint64_t digest, const struct plan_probe *probe)
{
	digest = digest_text(digest, probe->series);
	digest = digest_number(digest, probe->kind);
	digest = digest_number(digest, probe->role);
	digest = digest_text(digest, probe->url);
	digest = digest_text(digest, probe->model);
	digest = digest_text(digest, probe->key);
	digest = digest_text(digest, probe->prompt);
	digest = digest_text(digest, probe->size);
	digest = digest_text(digest, probe->products);
	digest = digest_number(digest, probe->interval_ms);
	digest = digest_number(digest, probe->phase_ms);
	digest = digest_number(digest, probe->timeout_ms);
	digest = digest_number(digest, probe->connect_timeout_ms);
	digest = digest_number(digest, probe->expect_status);
	digest = digest_text(digest, plan_text(probe->project));
	digest = digest_text(digest, plan_text(probe->location));
	digest = digest_text(digest, plan_text(probe->providers));
	digest = digest_text(digest, plan_text(probe->parameters));
	digest = digest_text(digest, plan_text(probe->expect_text));
	digest = digest_text(digest, plan_text(probe->expect_pointer));
	digest = digest_text(digest, plan_text(probe->expect_value));
	digest = digest_text(digest, plan_text(probe->resolver));
	digest = digest_number(digest, probe->family);
	digest = digest_number(digest, probe->expect_days);
	digest = digest_number(digest, probe->cost_microusd);
	digest = digest_number(digest, probe->price_in_microusd);
	return digest_number(digest, probe->price_out_microusd);
}

static uint64_t
digest_budget(uint64_t digest, const struct plan_budget *budget)
{
	digest = digest_text(digest, budget->key);
	digest = digest_number(digest, budget->day_microusd);
	return digest_number(digest, budget->month_microusd);
}

/* interval * rank / runners; the part of a slot that is left over goes to the probes in
 * turn, so that those of one agent do not start at the same instant. */
static uint32_t
phase_ms(const struct planner *planner, uint16_t probe, uint16_t rank)
{
	uint64_t interval = planner->conf->probe[probe].plan.interval_ms;
	uint64_t probes = planner->conf->topology.probe_len;
	uint64_t slots = planner->runners[probe] * probes;

	return (uint32_t)(interval * (rank * probes + probe) / slots);
}

static bool
is_control(const struct planner *planner, uint16_t probe)
{
	return planner->conf->probe[probe].plan.role == ROLE_CONTROL;
}

/* The probe whose turn `probe` takes on `agent`: controls are asked together, or a fault
 * that begins between two of them would show as a round that is half good. They take the
 * turn of the one that most agents run, so that agents still take turns with each other;
 * everything else has a turn of its own. */
static uint16_t
leader_of(const struct planner *planner, uint16_t agent, uint16_t probe)
{
	const struct collector_conf *conf = planner->conf;
	uint16_t agents = conf->topology.agent_len;
	uint32_t interval_ms = conf->probe[probe].plan.interval_ms;
	uint16_t leader = probe;

	if (!is_control(planner, probe)) {
		return probe;
	}
	for (uint16_t i = conf->topology.probe_len; i > 0; i--) {
		uint16_t other = (uint16_t)(i - 1);

		if (is_control(planner, other) &&
		    conf->probe[other].plan.interval_ms == interval_ms &&
		    planner->rank[(size_t)other * agents + agent] != TOPOLOGY_NONE &&
		    planner->runners[other] >= planner->runners[leader]) {
			leader = other; /* of equals the first one */
		}
	}
	return leader;
}

struct plan
planner_make(const struct planner *planner, uint16_t agent, struct arena *arena)
{
	const struct collector_conf *conf = planner->conf;
	uint16_t agents = conf->topology.agent_len;
	struct plan_probe *probes =
	    arena_take(arena, conf->topology.probe_len, sizeof(*probes));
	struct plan_budget *budget =
	    arena_take(arena, conf->money.name_len, sizeof(*budget));
	struct plan plan = {
	    .version = FNV_BASIS, .len = 0, .probe = probes, .budget = budget};

	assert(agent < agents);
	if (probes == NULL || budget == NULL) {
		return (struct plan){0};
	}
	for (uint16_t i = 0; i < conf->topology.probe_len; i++) {
		uint16_t turn = leader_of(planner, agent, i);

		if (planner->rank[(size_t)i * agents + agent] == TOPOLOGY_NONE) {
			continue;
		}
		probes[plan.len] = conf->probe[i].plan;
		probes[plan.len].phase_ms = phase_ms(
		    planner, turn, planner->rank[(size_t)turn * agents + agent]);
		plan.version = digest_probe(plan.version, &probes[plan.len]);
		plan.len++;
	}
	for (uint16_t i = 0; i < conf->money.name_len; i++) {
		if (shares_of(planner->shares, agent, i, &budget[plan.budget_len])) {
			plan.version =
			    digest_budget(plan.version, &budget[plan.budget_len]);
			plan.budget_len++;
		}
	}
	if (plan.version == 0) {
		plan.version = 1; /* 0 means that there is none */
	}
	return plan;
}
