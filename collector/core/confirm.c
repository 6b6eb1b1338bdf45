#include "collector/core/confirm.h"

#include "collector/core/decide.h"
#include "collector/core/names.h"
#include "common/core/logn.h"

#include <assert.h>
#include <string.h>

enum {
	PATTERNS = 1 << CONFIRM_LEADS,
	WORTH_MNATS = 1000,                 /* an ask that separates less is not made */
	PAIR_MNATS = HYPOTHESIS_CLIP_MNATS, /* so much of a pair counts, */
	LEAD_MNATS = 4605,                  /* and a rival this far behind is none */
	INFORMATION_MNATS = 3000,
	WAVE_PAID = 2,
	TARGET_BURST = 16,
	FLEET_BURST = 32,
	PAID_BURST = 6
};

/* The hypotheses that are told apart, the best first. */
struct leads {
	uint32_t hypothesis[CONFIRM_LEADS];
	int32_t cusum_mnats;
	unsigned len;
};

struct candidate {
	uint16_t agent;
	uint8_t kind;
	int64_t worth;
};

/* One target's wave. */
struct wave {
	struct correlate *engine;
	struct mono now;
	uint16_t target;
	struct leads leads;
	uint16_t probe[CONFIRM_KINDS]; /* of the target; TOPOLOGY_NONE: none */
	int32_t worth[CONFIRM_KINDS][PATTERNS];
	uint8_t picks[LIMIT_REGIONS];
};

size_t
confirm_bytes(const struct topology *topology)
{
	size_t agents = (size_t)topology->agent_len + 1;
	size_t targets = (size_t)topology->target_len + 1;

	return arena_bytes(
		   (size_t)topology->probe_len + 1, sizeof(struct confirm_probe)) +
	       arena_bytes(agents * CONFIRM_KINDS, sizeof(struct mono)) +
	       2 * arena_bytes(targets, sizeof(struct confirm_allowance)) +
	       3 * arena_bytes(targets, sizeof(struct mono)) +
	       arena_bytes(targets, sizeof(struct asked));
}

bool
confirm_init(
    struct confirm *confirm, struct arena *arena, const struct topology *topology)
{
	size_t agents = (size_t)topology->agent_len + 1;
	size_t targets = (size_t)topology->target_len + 1;

	confirm->probe =
	    arena_take(arena, (size_t)topology->probe_len + 1, sizeof(*confirm->probe));
	confirm->asked_at =
	    arena_take(arena, agents * CONFIRM_KINDS, sizeof(*confirm->asked_at));
	confirm->target = arena_take(arena, targets, sizeof(*confirm->target));
	confirm->paid = arena_take(arena, targets, sizeof(*confirm->paid));
	confirm->wave_at = arena_take(arena, targets, sizeof(*confirm->wave_at));
	confirm->asked = arena_take(arena, targets, sizeof(*confirm->asked));
	confirm->last_at = arena_take(arena, targets, sizeof(*confirm->last_at));
	confirm->ripe_at = arena_take(arena, targets, sizeof(*confirm->ripe_at));
	if (arena_failed(arena)) {
		return false;
	}
	for (uint16_t i = 0; i < topology->probe_len; i++) {
		confirm->probe[i] = (struct confirm_probe){
		    UINT64_MAX, topology->probe[i].role == ROLE_TARGET};
	}
	return true;
}

void
confirm_reset(struct confirm *confirm, const struct topology *topology)
{
	const struct mono ago = {INT64_MIN / 4};

	for (size_t i = 0; i < (size_t)topology->agent_len * CONFIRM_KINDS; i++) {
		confirm->asked_at[i] = ago;
	}
	for (uint16_t t = 0; t <= topology->target_len; t++) {
		confirm->target[t].until = ago;
		confirm->paid[t].until = ago;
		confirm->wave_at[t] = ago;
		confirm->asked[t] = (struct asked){.since = ago};
		confirm->last_at[t] = ago;
		confirm->ripe_at[t] = MONO_NEVER;
	}
	confirm->fleet.until = ago;
	confirm->next_at = MONO_NEVER;
	confirm->ask_len = 0;
}

static bool
has_room(const struct confirm_allowance *allowance, int64_t gap_ns, int burst,
    struct mono now)
{
	return mono_since(allowance->until, now) <= gap_ns * (burst - 1);
}

static void
spend(struct confirm_allowance *allowance, int64_t gap_ns, struct mono now)
{
	struct mono from = mono_before(allowance->until, now) ? now : allowance->until;

	allowance->until = mono_add(from, gap_ns);
}

/* ---- what is suspected ---- */

/* A row of the same verdict and scope that the same witnesses see tells nothing apart. */
static bool
is_alike(const struct hypotheses *table, uint32_t a, uint32_t b)
{
	const struct hypothesis *one = &table->at[a];
	const struct hypothesis *two = &table->at[b];

	return one->kin == two->kin && table->is_witness[one->row][WITNESS_FREE] ==
					   table->is_witness[two->row][WITNESS_FREE];
}

static int32_t
score_of(const struct correlate *engine, uint32_t hypothesis)
{
	return ring_cusum(&engine->ring, hypothesis, engine->ring.current) +
	       engine->table.at[hypothesis].prior_mnats;
}

static void
insert(const struct correlate *engine, struct leads *leads, uint32_t hypothesis)
{
	unsigned at = leads->len;

	for (unsigned i = 0; i < leads->len; i++) {
		if (is_alike(&engine->table, leads->hypothesis[i], hypothesis)) {
			if (score_of(engine, leads->hypothesis[i]) >=
			    score_of(engine, hypothesis)) {
				return;
			}
			memmove(&leads->hypothesis[i], &leads->hypothesis[i + 1],
			    (leads->len - i - 1) * sizeof(leads->hypothesis[0]));
			at = --leads->len;
			break;
		}
	}
	while (at > 0 && score_of(engine, leads->hypothesis[at - 1]) <
			     score_of(engine, hypothesis)) {
		at--;
	}
	if (at == CONFIRM_LEADS) {
		return;
	}
	leads->len += leads->len < CONFIRM_LEADS ? 1 : 0;
	memmove(&leads->hypothesis[at + 1], &leads->hypothesis[at],
	    (leads->len - at - 1) * sizeof(leads->hypothesis[0]));
	leads->hypothesis[at] = hypothesis;
}

static void
gather(const struct correlate *engine, struct leads *leads, uint16_t group)
{
	const struct hypothesis_group *at = &engine->table.group[group];

	if (!ring_is_live(&engine->ring, group, engine->ring.current)) {
		return;
	}
	for (uint32_t h = at->first; h < at->first + at->len; h++) {
		int32_t cusum = ring_cusum(&engine->ring, h, engine->ring.current);

		if (cusum >= CONFIRM_SUSPECT_MNATS / 2) {
			insert(engine, leads, h);
		}
	}
}

/* Something that pages is suspected, by evidence that is fresh. */
static bool
is_suspicious(const struct correlate *engine, struct leads *leads, struct mono now)
{
	int32_t best = leads->len > 0 ? score_of(engine, leads->hypothesis[0]) : 0;

	leads->cusum_mnats = 0;
	while (
	    leads->len > 0 &&
	    best - score_of(engine, leads->hypothesis[leads->len - 1]) > LEAD_MNATS) {
		leads->len--;
	}
	for (unsigned i = 0; i < leads->len; i++) {
		uint32_t h = leads->hypothesis[i];
		int32_t cusum = ring_cusum(&engine->ring, h, engine->ring.current);

		if (hypothesis_pages(&engine->table, h) &&
		    best - score_of(engine, h) < INFORMATION_MNATS &&
		    cusum > leads->cusum_mnats && decide_is_fresh(engine, h, now)) {
			leads->cusum_mnats = cusum;
		}
	}
	return leads->cusum_mnats >= CONFIRM_SUSPECT_MNATS;
}

/* ---- what an answer would be worth ---- */

/* What is predicted for one kind of probe: weights, and how likely each symptom is. */
struct prediction {
	int32_t weight[SYMPTOM_COUNT];
	int64_t ppm[SYMPTOM_COUNT];
};

/* Weights are clipped, so they give the share of the good answers and the proportions of
 * the others; what is missing to the whole is theirs. `row` < 0: healthy. */
static void
predict(const struct hypotheses *table, enum witness witness, int row,
    struct prediction *out)
{
	int64_t bad = 0;
	int64_t rest = SYMPTOM_PPM;

	for (unsigned s = 0; s < SYMPTOM_COUNT; s++) {
		enum symptom symptom = (enum symptom)s;
		int32_t weight =
		    row < 0 ? 0 : table->weight[WEIGHING_FULL][witness][symptom][row];
		uint64_t baseline = symptom_baseline_ppm(witness, symptom);

		out->weight[s] = 0;
		out->ppm[s] = 0;
		if (symptom != SYMPTOM_OK && symptom_bit(witness, symptom) < 0) {
			continue;
		}
		out->weight[s] = weight;
		out->ppm[s] =
		    (int64_t)(baseline * 100 *
			      logn_inverse((uint32_t)(HYPOTHESIS_CLIP_MNATS - weight)) /
			      LOGN_ONE);
		rest -= weight > 0 ? 0 : out->ppm[s];
		bad += weight > 0 ? out->ppm[s] : 0;
	}
	for (unsigned s = 0; s < SYMPTOM_COUNT && bad > 0 && rest > bad; s++) {
		if (out->weight[s] > 0) {
			out->ppm[s] = out->ppm[s] * rest / bad;
		}
	}
}

/* The divergence of two predictions, both ways. */
static int64_t
divergence(const struct prediction *one, const struct prediction *two)
{
	int64_t sum = 0;

	for (unsigned s = 0; s < SYMPTOM_COUNT; s++) {
		sum += (one->ppm[s] - two->ppm[s]) * (one->weight[s] - two->weight[s]);
	}
	sum /= SYMPTOM_PPM;
	return sum < PAIR_MNATS ? sum : PAIR_MNATS;
}

/* For each set of leads whose scope may hold an agent. */
static void
fill_worth(struct wave *wave, enum witness witness)
{
	const struct hypotheses *table = &wave->engine->table;
	const struct leads *leads = &wave->leads;
	struct prediction healthy;
	struct prediction inside[CONFIRM_LEADS];

	predict(table, witness, -1, &healthy);
	for (unsigned i = 0; i < leads->len; i++) {
		predict(
		    table, witness, table->at[leads->hypothesis[i]].row, &inside[i]);
	}
	for (unsigned set = 0; set < 1U << leads->len; set++) {
		int64_t sum = 0;

		for (unsigned i = 0; i < leads->len; i++) {
			for (unsigned k = i + 1; k <= leads->len; k++) {
				bool has_two = k < leads->len && (set >> k & 1) != 0;

				sum += divergence(
				    (set >> i & 1) != 0 ? &inside[i] : &healthy,
				    has_two ? &inside[k] : &healthy);
			}
		}
		wave->worth[witness][set] = (int32_t)sum;
	}
}

static bool
may_ask(const struct wave *wave, uint16_t agent, unsigned kind)
{
	const struct correlate *engine = wave->engine;
	const struct tempo *tempo = &engine->tempo;
	uint16_t region = engine->topology->agent[agent].region;
	uint16_t probe = wave->probe[kind];
	int64_t gap_ns = kind == WITNESS_CONTROL
			     ? tempo->round_buckets * tempo->bucket_ns
			     : tempo->bucket_ns;

	return probe != TOPOLOGY_NONE &&
	       (engine->confirm.probe[probe].regions >> region & 1) != 0 &&
	       !engine->silence.is_silent[agent] && !engine->silence.has_left[agent] &&
	       mono_since(wave->now,
		   engine->confirm.asked_at[agent * CONFIRM_KINDS + kind]) >= gap_ns;
}

static unsigned
leads_that_hold(const struct wave *wave, uint16_t agent)
{
	unsigned set = 0;

	for (unsigned i = 0; i < wave->leads.len; i++) {
		if (hypothesis_holds(
			&wave->engine->table, wave->leads.hypothesis[i], agent)) {
			set |= 1U << i;
		}
	}
	return set;
}

static bool
is_paid(const struct wave *wave, unsigned kind)
{
	uint16_t probe = wave->probe[kind];

	return probe != TOPOLOGY_NONE && wave->engine->confirm.probe[probe].is_paid;
}

/* The most telling ask that is paid, or not; ties go to who was asked longest ago. */
static struct candidate
best_ask(const struct wave *wave, bool paid)
{
	const struct correlate *engine = wave->engine;
	struct candidate best = {TOPOLOGY_NONE, 0, 0};
	struct mono best_at = {0};

	for (uint16_t a = 0; a < engine->topology->agent_len; a++) {
		unsigned set = leads_that_hold(wave, a);
		uint16_t region = engine->topology->agent[a].region;

		for (unsigned kind = 0; kind < CONFIRM_KINDS; kind++) {
			int64_t worth = wave->worth[kind][set];
			struct mono at =
			    engine->confirm.asked_at[a * CONFIRM_KINDS + kind];

			if (worth < WORTH_MNATS || is_paid(wave, kind) != paid ||
			    !may_ask(wave, a, kind)) {
				continue;
			}
			worth /= 1 + wave->picks[region];
			if (worth > best.worth ||
			    (worth == best.worth && mono_before(at, best_at))) {
				best = (struct candidate){a, (uint8_t)kind, worth};
				best_at = at;
			}
		}
	}
	return best;
}

/* ---- asking ---- */

static void
put(struct wave *wave, const struct candidate *pick, uint16_t probe)
{
	struct correlate *engine = wave->engine;
	struct confirm *confirm = &engine->confirm;
	uint32_t lead = wave->leads.hypothesis[0];
	uint32_t rival = wave->leads.hypothesis[wave->leads.len > 1 ? 1 : 0];

	if (confirm->ask_len == CORRELATE_ASKS) {
		return;
	}
	confirm->ask[confirm->ask_len++] = (struct ask){.agent = pick->agent,
	    .probe = probe,
	    .target = wave->target,
	    .is_paid = is_paid(wave, pick->kind),
	    .lead = hypothesis_verdict(&engine->table, lead),
	    .scope = hypothesis_scope(&engine->table, lead),
	    .rival = wave->leads.len > 1 ? hypothesis_verdict(&engine->table, rival)
					 : VERDICT_HEALTHY,
	    .worth_mnats = (int32_t)pick->worth};
}

/* A round is all the controls that are weighed. */
static void
ask(struct wave *wave, const struct candidate *pick)
{
	struct correlate *engine = wave->engine;
	struct confirm *confirm = &engine->confirm;
	const struct topology *topology = engine->topology;
	int64_t base_ns = engine->tempo.base_ns;

	if (pick->kind == WITNESS_CONTROL) {
		for (uint16_t p = 0; p < topology->probe_len; p++) {
			if (topology->probe[p].role == ROLE_CONTROL &&
			    rounds_member(&engine->rounds, p) < ROUNDS_MEMBERS) {
				put(wave, pick, p);
			}
		}
	} else {
		put(wave, pick, wave->probe[pick->kind]);
	}
	confirm->asked[wave->target].free += is_paid(wave, pick->kind) ? 0 : 1;
	confirm->asked[wave->target].paid += is_paid(wave, pick->kind) ? 1 : 0;
	if (is_paid(wave, pick->kind)) {
		spend(&confirm->paid[wave->target], base_ns / 2, wave->now);
	}
	spend(&confirm->target[wave->target], base_ns / 12, wave->now);
	spend(&confirm->fleet, base_ns / 30, wave->now);
	confirm->asked_at[pick->agent * CONFIRM_KINDS + pick->kind] = wave->now;
	wave->picks[topology->agent[pick->agent].region]++;
}

static bool
is_allowed(const struct wave *wave)
{
	const struct confirm *confirm = &wave->engine->confirm;
	int64_t base_ns = wave->engine->tempo.base_ns;

	return has_room(&confirm->target[wave->target], base_ns / 12, TARGET_BURST,
		   wave->now) &&
	       has_room(&confirm->fleet, base_ns / 30, FLEET_BURST, wave->now) &&
	       confirm->ask_len + ROUNDS_MEMBERS <= CORRELATE_ASKS;
}

/* Only what no free probe can tell, and only on more than one failure. */
static void
ask_paid(struct wave *wave)
{
	struct confirm *confirm = &wave->engine->confirm;
	int64_t gap_ns = wave->engine->tempo.base_ns / 2;

	for (unsigned i = 0; i < WAVE_PAID && is_allowed(wave); i++) {
		struct candidate pick = best_ask(wave, true);

		if (pick.agent == TOPOLOGY_NONE ||
		    !has_room(
			&confirm->paid[wave->target], gap_ns, PAID_BURST, wave->now)) {
			return;
		}
		ask(wave, &pick);
	}
}

/* Somebody's free answer would separate what is suspected, now or when it is their turn. */
static bool
can_free_tell(const struct wave *wave)
{
	const struct topology *topology = wave->engine->topology;

	for (uint16_t a = 0; a < topology->agent_len; a++) {
		unsigned set = leads_that_hold(wave, a);

		for (unsigned kind = 0; kind < CONFIRM_KINDS; kind++) {
			if (wave->probe[kind] != TOPOLOGY_NONE &&
			    !is_paid(wave, kind) &&
			    wave->worth[kind][set] >= WORTH_MNATS) {
				return true;
			}
		}
	}
	return false;
}

static void
ask_wave(struct wave *wave)
{
	for (unsigned i = 0; i < CONFIRM_WAVE && is_allowed(wave); i++) {
		struct candidate pick = best_ask(wave, false);

		if (pick.agent == TOPOLOGY_NONE) {
			break;
		}
		ask(wave, &pick);
	}
	if (!can_free_tell(wave) && wave->leads.cusum_mnats >= CONFIRM_PAID_MNATS) {
		ask_paid(wave);
	}
}

static void
find_probes(struct wave *wave)
{
	const struct topology *topology = wave->engine->topology;

	for (unsigned kind = 0; kind < CONFIRM_KINDS; kind++) {
		wave->probe[kind] = TOPOLOGY_NONE;
	}
	for (uint16_t p = topology->probe_len; p-- > 0;) {
		const struct topology_probe *probe = &topology->probe[p];

		if (probe->role == ROLE_CONTROL) {
			wave->probe[WITNESS_CONTROL] = p;
		} else if (probe->target == wave->target &&
			   probe->role == ROLE_TARGET) {
			wave->probe[WITNESS_TARGET] = p;
		} else if (probe->target == wave->target && probe->role == ROLE_FREE) {
			wave->probe[WITNESS_FREE] = p;
		}
	}
}

static void
step_target(struct correlate *engine, uint16_t target, struct mono now)
{
	struct confirm *confirm = &engine->confirm;
	struct wave wave = {.engine = engine, .now = now, .target = target};
	bool is_ripe;

	gather(engine, &wave.leads, 0);
	gather(engine, &wave.leads, hypotheses_group_of(target));
	if (!is_suspicious(engine, &wave.leads, now)) {
		confirm->ripe_at[target] = MONO_NEVER;
		return;
	}
	is_ripe = !mono_before(now, confirm->ripe_at[target]);
	if (is_ripe || !mono_before(now, confirm->wave_at[target])) {
		confirm->wave_at[target] = mono_add(now, engine->tempo.base_ns / 8);
		if (mono_since(now, confirm->last_at[target]) >
		    engine->tempo.fresh_ns) {
			confirm->asked[target] = (struct asked){.since = now};
		}
		confirm->last_at[target] = now;
		confirm->ripe_at[target] =
		    is_ripe ? MONO_NEVER : confirm->ripe_at[target];
		find_probes(&wave);
		fill_worth(&wave, WITNESS_TARGET);
		fill_worth(&wave, WITNESS_FREE);
		fill_worth(&wave, WITNESS_CONTROL);
		ask_wave(&wave);
	}
	confirm->next_at = mono_min(confirm->next_at,
	    mono_min(confirm->wave_at[target], confirm->ripe_at[target]));
}

void
confirm_ripens(struct correlate *engine, uint32_t hypothesis, int64_t part)
{
	uint16_t target = engine->table.at[hypothesis].target;
	int64_t rest = (int64_t)tempo_ring(part, BLIPS_PARTS);
	int64_t ns = (part - rest) / BLIPS_PARTS * engine->tempo.bucket_ns +
		     rest * (engine->tempo.bucket_ns / BLIPS_PARTS + 1);
	uint16_t first = target == TOPOLOGY_NONE ? 0 : target;
	uint16_t end = target == TOPOLOGY_NONE ? engine->topology->target_len
					       : (uint16_t)(target + 1);

	for (uint16_t t = first; t < end; t++) {
		if (ns > engine->confirm.last_at[t].ns) {
			engine->confirm.ripe_at[t] = (struct mono){ns};
		}
	}
}

void
confirm_step(struct correlate *engine, struct mono now)
{
	engine->confirm.ask_len = 0;
	engine->confirm.next_at = MONO_NEVER;
	for (uint16_t t = 0; t < engine->topology->target_len; t++) {
		step_target(engine, t, now);
	}
}

size_t
correlate_asks(const struct correlate *correlate, struct ask out[CORRELATE_ASKS])
{
	memcpy(out, correlate->confirm.ask,
	    correlate->confirm.ask_len * sizeof(struct ask));
	return correlate->confirm.ask_len;
}

struct asked
correlate_asked(const struct correlate *correlate, uint16_t target)
{
	assert(target < correlate->topology->target_len);
	return correlate->confirm.asked[target];
}

void
correlate_may_ask(
    struct correlate *correlate, uint16_t probe, uint64_t regions, bool is_paid)
{
	assert(probe < correlate->topology->probe_len);
	correlate->confirm.probe[probe] = (struct confirm_probe){regions, is_paid};
}

/* ---- the saved state ---- */

void
confirm_put(const struct correlate *engine, struct buf *buf)
{
	const struct confirm *confirm = &engine->confirm;

	for (size_t i = 0; i < (size_t)engine->topology->agent_len * CONFIRM_KINDS;
	     i++) {
		buf_put_signed(buf, confirm->asked_at[i].ns);
	}
	for (uint16_t t = 0; t < engine->topology->target_len; t++) {
		buf_put_signed(buf, confirm->target[t].until.ns);
		buf_put_signed(buf, confirm->paid[t].until.ns);
		buf_put_signed(buf, confirm->wave_at[t].ns);
		buf_put_signed(buf, confirm->last_at[t].ns);
		buf_put_signed(buf, confirm->ripe_at[t].ns);
		buf_put_signed(buf, confirm->asked[t].since.ns);
		buf_put_varint(buf, confirm->asked[t].free);
		buf_put_varint(buf, confirm->asked[t].paid);
	}
	buf_put_signed(buf, confirm->fleet.until.ns);
	buf_put_signed(buf, confirm->next_at.ns);
}

/* Any instant that can be compared; others only come from bytes that are not ours. */
static struct mono
get_instant(struct buf *buf)
{
	int64_t ns = buf_get_signed(buf);

	if (ns < INT64_MIN / 2 || (ns > INT64_MAX / 2 && ns != MONO_NEVER.ns)) {
		buf->failed = true;
	}
	return (struct mono){ns};
}

void
confirm_get(struct correlate *engine, struct buf *buf, const struct names *names)
{
	struct confirm *confirm = &engine->confirm;

	for (uint64_t i = 0; i < names->agent_len * CONFIRM_KINDS && buf_ok(buf); i++) {
		uint16_t agent = names->agent[i / CONFIRM_KINDS];
		struct mono at = get_instant(buf);

		if (agent != TOPOLOGY_NONE) {
			confirm->asked_at[agent * CONFIRM_KINDS + i % CONFIRM_KINDS] =
			    at;
		}
	}
	for (uint64_t i = 0; i < names->target_len && buf_ok(buf); i++) {
		uint16_t target = names->target[i];
		struct mono at[6];
		uint64_t asks[2];

		for (size_t k = 0; k < 6; k++) {
			at[k] = get_instant(buf);
		}
		asks[0] = buf_get_varint(buf);
		asks[1] = buf_get_varint(buf);
		if (target != TOPOLOGY_NONE) {
			confirm->target[target].until = at[0];
			confirm->paid[target].until = at[1];
			confirm->wave_at[target] = at[2];
			confirm->last_at[target] = at[3];
			confirm->ripe_at[target] = at[4];
			confirm->asked[target] =
			    (struct asked){(uint32_t)asks[0], (uint32_t)asks[1], at[5]};
		}
	}
	confirm->fleet.until = get_instant(buf);
	confirm->next_at = get_instant(buf);
}
