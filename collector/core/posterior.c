#include "collector/core/posterior.h"

#include <assert.h>
#include "common/core/logn.h"

#define EXCLUDED INT32_MIN

struct range {
	uint32_t first;
	uint32_t end;
};

enum {
	RANGES = 3
};

static size_t
view(const struct posterior_query *query, struct range out[RANGES])
{
	uint16_t group[HYPOTHESIS_GROUPS];
	size_t len = hypotheses_groups(query->table, query->target, 0, group);

	assert(len <= RANGES);
	for (size_t i = 0; i < len; i++) {
		const struct hypothesis_group *at = &query->table->group[group[i]];

		out[i] = (struct range){at->first, at->first + at->len};
	}
	return len;
}

static void
fill_scores(const struct posterior_query *query, struct range range)
{
	for (uint32_t h = range.first; h < range.end; h++) {
		int32_t score = query->lambda[h] + query->table->at[h].prior_mnats;

		if (hypothesis_is_upstream(query->table, h)) {
			score += query->shift_mnats;
		}
		query->score[h] = score;
		query->mass[h] = 0;
	}
}

/* Best explanation by a fault of this region alone: its network or its path, else 0. */
static int64_t
local_score(const struct posterior_query *query, uint16_t region)
{
	const struct hypotheses *table = query->table;
	const uint16_t groups[2] = {0, hypotheses_group_of(query->target)};
	int64_t best = 0;

	for (size_t i = 0; i < 2; i++) {
		const struct hypothesis_group *group = &table->group[groups[i]];
		uint32_t len = groups[i] == 0 ? 3 : 4;
		uint32_t first = group->region_first + region * len;

		for (uint32_t h = first; h < first + len; h++) {
			enum verdict verdict = hypothesis_verdict(table, h);

			if ((verdict == VERDICT_REGION_NETWORK ||
				verdict == VERDICT_PATH) &&
			    query->score[h] > best) {
				best = query->score[h];
			}
		}
	}
	return best;
}

static bool
is_wide(const struct posterior_query *query, uint32_t hypothesis)
{
	return query->table->at[hypothesis].agents == query->table->topology->agent_len;
}

static int64_t
best_wide(const struct posterior_query *query, const struct range *range, size_t len)
{
	int64_t best = INT64_MIN;

	for (size_t i = 0; i < len; i++) {
		for (uint32_t h = range[i].first; h < range[i].end; h++) {
			if (is_wide(query, h) && query->score[h] > best) {
				best = query->score[h];
			}
		}
	}
	return best;
}

/* What the regions explain together, a shared domain standing for its members where that
 * explains more. */
static int64_t
compound_score(const struct posterior_query *query, unsigned *out_regions)
{
	const struct topology *topology = query->table->topology;
	int64_t local[LIMIT_REGIONS] = {0};
	int64_t total = 0;
	int64_t best;

	*out_regions = 0;
	for (uint16_t r = 0; r < topology->region_len; r++) {
		local[r] = local_score(query, r);
		total += local[r];
		*out_regions += local[r] > 0 ? 1 : 0;
	}
	best = total;
	for (uint32_t h = query->table->domain_first; h < query->table->agent_first;
	     h++) {
		int64_t with = total + query->score[h];

		for (uint16_t r = 0; r < topology->region_len; r++) {
			if (topology->region[r].domain == query->table->at[h].index) {
				with -= local[r];
			}
		}
		best = with > best ? with : best;
	}
	return best;
}

/* What a target says of the provider's hypothesis; nothing when it has no such fault. */
static int32_t
lambda_of(const struct hypotheses *table, const int32_t *lambda, uint32_t hypothesis,
    uint16_t target)
{
	uint32_t own = HYPOTHESIS_NONE;

	if (hypothesis_concerns(table, hypothesis, target)) {
		own = hypothesis_of_target(table, hypothesis, target);
	}
	return own == HYPOTHESIS_NONE ? 0 : lambda[own];
}

/* The share of failures that fits those best who show the fault: by a small one a target
 * that is well would be no contradiction. */
static uint32_t
best_rate(const struct hypotheses *table, const int32_t *lambda, uint32_t kin)
{
	uint32_t best = kin;
	int64_t best_sum = -1;

	for (uint32_t h = kin; h < table->len && table->at[h].kin == kin; h++) {
		int64_t sum = 0;

		for (uint16_t t = 0; t < table->topology->target_len; t++) {
			int32_t one = lambda_of(table, lambda, h, t);

			sum += one > 0 ? one : 0;
		}
		best = sum > best_sum ? h : best;
		best_sum = sum > best_sum ? sum : best_sum;
	}
	return best;
}

bool
posterior_is_shared(
    const struct hypotheses *table, const int32_t *lambda, uint32_t hypothesis)
{
	uint32_t best = best_rate(table, lambda, table->at[hypothesis].kin);
	unsigned shows = 0;
	unsigned hints = 0;

	for (uint16_t t = 0; t < table->topology->target_len; t++) {
		int32_t own = lambda_of(table, lambda, hypothesis, t);

		if (lambda_of(table, lambda, best, t) <= POSTERIOR_CONTRADICTS_MNATS) {
			return false;
		}
		shows += own >= POSTERIOR_SHOWS_MNATS ? 1 : 0;
		hints += own >= POSTERIOR_HINTS_MNATS ? 1 : 0;
	}
	return shows >= 2 || hints >= 3;
}

/* A finding about a target grows into one of the provider only when that explains the
 * target's own evidence about as well. */
static bool
explains_told(const struct posterior_query *query, uint32_t hypothesis)
{
	int32_t own;

	if (query->told == HYPOTHESIS_NONE ||
	    query->table->at[query->told].target != query->target) {
		return true;
	}
	own = lambda_of(query->table, query->lambda, hypothesis, query->target);
	return own >= query->lambda[query->told] - POSTERIOR_HINTS_MNATS;
}

/* Whether the scopes that the hypothesis has beside or inside it leave it a place. */
static bool
has_place(const struct posterior_query *query, uint32_t hypothesis)
{
	const struct hypothesis *at = &query->table->at[hypothesis];

	if (at->scope_kind == SCOPE_PROVIDER) {
		return query->is_provider || (explains_told(query, hypothesis) &&
						 posterior_is_shared(query->table,
						     query->lambda, hypothesis));
	}
	return !query->is_provider || at->scope_kind != SCOPE_TARGET ||
	       hypothesis_of_provider(query->table, hypothesis) == HYPOTHESIS_NONE;
}

static void
exclude(const struct posterior_query *query, const struct range *range, size_t len)
{
	unsigned regions;
	int64_t compound = compound_score(query, &regions);
	bool drops_wide = regions > 1 && compound > best_wide(query, range, len);

	for (size_t i = 0; i < len; i++) {
		for (uint32_t h = range[i].first; h < range[i].end; h++) {
			bool out = (drops_wide && is_wide(query, h)) ||
				   (query->touch != NULL && query->touch[h] == 0) ||
				   !has_place(query, h);

			query->score[h] = out ? EXCLUDED : query->score[h];
		}
	}
}

static uint64_t
fill_mass(const struct posterior_query *query, const struct range *range, size_t len)
{
	int32_t best = EXCLUDED;
	uint64_t total = 0;

	for (size_t i = 0; i < len; i++) {
		for (uint32_t h = range[i].first; h < range[i].end; h++) {
			best = query->score[h] > best ? query->score[h] : best;
		}
	}
	for (size_t i = 0; i < len; i++) {
		for (uint32_t h = range[i].first; h < range[i].end; h++) {
			int64_t below = (int64_t)best - query->score[h];
			uint32_t mass = below < 21000 && query->score[h] != EXCLUDED
					    ? logn_inverse((uint32_t)below)
					    : 0;

			query->mass[query->table->at[h].kin] += mass;
			total += mass;
		}
	}
	return total;
}

static uint32_t
heaviest(const struct posterior_query *query, const struct range *range, size_t len,
    uint32_t except)
{
	uint32_t found = HYPOTHESIS_NONE;

	for (size_t i = 0; i < len; i++) {
		for (uint32_t h = range[i].first; h < range[i].end; h++) {
			if (h != except && query->mass[h] > 0 &&
			    (found == HYPOTHESIS_NONE ||
				query->mass[h] > query->mass[found])) {
				found = h;
			}
		}
	}
	return found;
}

/* The best-scored hypothesis among those with this verdict and scope. */
static uint32_t
best_of_kin(const struct posterior_query *query, uint32_t kin)
{
	uint32_t best = kin;

	for (uint32_t h = kin; h < query->table->len && query->table->at[h].kin == kin;
	     h++) {
		best = query->score[h] > query->score[best] ? h : best;
	}
	return best;
}

struct posterior
posterior_of(const struct posterior_query *query)
{
	struct range range[RANGES] = {{0, 0}};
	size_t len = view(query, range);
	struct posterior out = {.winner = HYPOTHESIS_NONE, .rival = HYPOTHESIS_NONE};
	uint64_t total;
	uint32_t kin;

	for (size_t i = 0; i < len; i++) {
		fill_scores(query, range[i]);
	}
	exclude(query, range, len);
	total = fill_mass(query, range, len);
	kin = heaviest(query, range, len, HYPOTHESIS_NONE);
	if (kin == HYPOTHESIS_NONE) {
		return out;
	}
	assert(total > 0); /* the heaviest has a mass */
	out.winner = best_of_kin(query, kin);
	out.confidence_ppm = (uint32_t)(query->mass[kin] * 1000000 / total);
	kin = heaviest(query, range, len, kin);
	if (kin != HYPOTHESIS_NONE) {
		out.rival = best_of_kin(query, kin);
		out.rival_ppm = (uint32_t)(query->mass[kin] * 1000000 / total);
	}
	return out;
}
