#include "collector/core/explain.h"
#include "collector/core/decide.h"

#include <string.h>

enum {
	LINES_MAX = 128
};

/* What one explanation is gathered for. */
struct gathering {
	const struct correlate *engine;
	uint32_t winner;
	uint32_t rival; /* HYPOTHESIS_NONE: none */
	bool fresh;
	struct evidence_line line[LINES_MAX];
	size_t len;
};

static bool
is_in_reach(const struct correlate *engine, uint32_t hypothesis,
    const struct trail_entry *entry)
{
	const struct hypotheses *table = &engine->table;

	if (!hypothesis_holds(table, hypothesis, entry->agent)) {
		return false;
	}
	if (entry->target != TOPOLOGY_NONE || table->at[hypothesis].group == 0) {
		return hypothesis_concerns(table, hypothesis, entry->target);
	}
	for (uint64_t rest = entry->targets; rest != 0; rest &= rest - 1) {
		if (hypothesis_concerns(
			table, hypothesis, (uint16_t)__builtin_ctzll(rest))) {
			return true;
		}
	}
	return false;
}

/* The share of the statistic that one entry has. */
static int32_t
weight_of(const struct gathering *gathering, uint32_t hypothesis, uint64_t number,
    const struct trail_entry *entry)
{
	const struct correlate *engine = gathering->engine;
	const struct hypothesis *at;
	enum weighing how = WEIGHING_FULL;
	uint16_t group;
	int bit =
	    symptom_bit((enum witness)entry->witness, (enum symptom)entry->symptom);
	int32_t credit = 0;

	if (hypothesis == HYPOTHESIS_NONE || !is_in_reach(engine, hypothesis, entry)) {
		return 0;
	}
	at = &engine->table.at[hypothesis];
	group = at->group;
	if (gathering->fresh) {
		if (number < engine->consumed[group]) {
			return 0;
		}
		how = (entry->marks & TRAIL_EXPLAINED) != 0 ? WEIGHING_NEGATIVE
							    : WEIGHING_CAPPED;
		unsigned mark = at->scope_kind == SCOPE_PROVIDER ? TRAIL_FIRST_SIBLINGS
								 : TRAIL_FIRST;
		bool is_first =
		    group == 0 ? entry->first_shared != 0 : (entry->marks & mark) != 0;
		if (bit >= 0 && is_first) {
			credit = ring_credit(&engine->ring, entry->bucket, group,
			    entry->agent, at->row, (unsigned)bit);
		}
	}
	return credit + hypotheses_weight(&engine->table, how,
			    (enum witness)entry->witness, (enum symptom)entry->symptom,
			    entry->target)[at->row];
}

static enum probe_role
role_of(const struct trail_entry *entry)
{
	switch ((enum witness)entry->witness) {
	case WITNESS_TARGET:
		return ROLE_TARGET;
	case WITNESS_FREE:
		return ROLE_FREE;
	case WITNESS_CONTROL:
	case WITNESS_PAIRED:
	case WITNESS_COUNT:
		break;
	}
	return ROLE_CONTROL;
}

static struct evidence_line *
line_for(struct gathering *gathering, const struct trail_entry *entry)
{
	enum probe_role role = role_of(entry);
	struct evidence_line *line;

	for (size_t i = 0; i < gathering->len; i++) {
		line = &gathering->line[i];
		if (line->role == role && line->outcome == entry->outcome &&
		    line->phase == entry->phase && line->target == entry->target) {
			return line;
		}
	}
	if (gathering->len == LINES_MAX) {
		return NULL;
	}
	line = &gathering->line[gathering->len++];
	*line = (struct evidence_line){.role = role,
	    .outcome = (enum outcome)entry->outcome,
	    .phase = (enum phase)entry->phase,
	    .target = entry->target};
	return line;
}

/* Heaviest first; ties by what they are, so that the order is always the same. */
static bool
goes_before(const struct evidence_line *a, const struct evidence_line *b)
{
	int32_t one = a->mnats < 0 ? -a->mnats : a->mnats;
	int32_t two = b->mnats < 0 ? -b->mnats : b->mnats;

	if (one != two) {
		return one > two;
	}
	if (a->target != b->target) {
		return a->target < b->target;
	}
	return a->role * 1000U + a->outcome * 10U + a->phase <
	       b->role * 1000U + b->outcome * 10U + b->phase;
}

static void
sort_lines(struct gathering *gathering)
{
	for (size_t i = 1; i < gathering->len; i++) {
		struct evidence_line line = gathering->line[i];
		size_t at = i;

		while (at > 0 && goes_before(&line, &gathering->line[at - 1])) {
			gathering->line[at] = gathering->line[at - 1];
			at--;
		}
		gathering->line[at] = line;
	}
}

/* Copies the lines; what has no room, or gave way in the trail, becomes the last one. */
static void
write_lines(struct gathering *gathering, struct finding *finding, int32_t statistic)
{
	struct evidence_line rest = {.role = ROLE_COUNT, .target = TOPOLOGY_NONE};
	size_t len = gathering->len;
	int64_t sum = 0;

	for (size_t i = 0; i < gathering->len; i++) {
		sum += gathering->line[i].mnats;
	}
	if (sum != statistic && len >= CORRELATE_EVIDENCE) {
		len = CORRELATE_EVIDENCE - 1;
	}
	len = len <= CORRELATE_EVIDENCE ? len : CORRELATE_EVIDENCE - 1;
	sum = 0;
	for (size_t i = 0; i < gathering->len; i++) {
		if (i < len) {
			finding->evidence[i] = gathering->line[i];
			sum += gathering->line[i].mnats;
		} else {
			rest.count += gathering->line[i].count;
			rest.rival_mnats += gathering->line[i].rival_mnats;
			rest.region_mask |= gathering->line[i].region_mask;
		}
	}
	rest.mnats = (int32_t)(statistic - sum);
	if (rest.mnats != 0 || rest.count != 0) {
		finding->evidence[len++] = rest;
	}
	finding->evidence_len = (uint16_t)len;
}

static void
gather(struct gathering *gathering, struct finding *finding, uint64_t number,
    const struct trail_entry *entry)
{
	const struct correlate *engine = gathering->engine;
	const struct hypothesis *at = &engine->table.at[gathering->winner];
	int32_t own = weight_of(gathering, gathering->winner, number, entry);
	int32_t rival = weight_of(gathering, gathering->rival, number, entry);
	uint64_t region = UINT64_C(1) << engine->topology->agent[entry->agent].region;
	struct evidence_line *line;

	if (own > 0) {
		finding->regions_bad |= region;
	}
	if (entry->symptom == SYMPTOM_OK &&
	    engine->table.is_witness[at->row][entry->witness] &&
	    hypothesis_concerns(&engine->table, gathering->winner, entry->target)) {
		finding->regions_good |= region;
	}
	if (own == 0 && rival == 0) {
		return;
	}
	line = line_for(gathering, entry);
	if (line != NULL) {
		line->count++;
		line->mnats += own;
		line->rival_mnats += rival;
		line->region_mask |= region;
	}
}

void
explain_fill(struct correlate *engine, struct slot *slot, uint32_t rival,
    struct span span, bool fresh)
{
	struct gathering gathering = {.engine = engine,
	    .winner = slot->hypothesis,
	    .rival = rival,
	    .fresh = fresh};
	struct finding *finding = &slot->finding;
	int64_t statistic = 0;

	finding->regions_bad = 0;
	finding->regions_good = 0;
	for (uint64_t n = trail_oldest(&engine->trail); n < engine->trail.head; n++) {
		const struct trail_entry *entry = trail_at(&engine->trail, n);

		if (entry->bucket >= span.from && entry->bucket <= span.to &&
		    entry->is_void == 0 && ring_holds(&engine->ring, entry->bucket)) {
			gather(&gathering, finding, n, entry);
		}
	}
	finding->regions_good &= ~finding->regions_bad;
	for (size_t i = 0; i < gathering.len; i++) {
		statistic += gathering.line[i].mnats;
	}
	if (fresh) {
		statistic =
		    ring_sum(&engine->ring, slot->hypothesis, span.from, span.to);
	}
	sort_lines(&gathering);
	finding->statistic_mnats = (int32_t)statistic;
	finding->threshold_mnats =
	    engine->tempo.threshold_mnats[alarm_class(
		engine->topology, engine->table.at[slot->hypothesis].target)] -
	    engine->table.at[slot->hypothesis].prior_mnats;
	finding->threshold_mnats -= decide_shift_of(engine, slot->hypothesis);
	write_lines(&gathering, finding, (int32_t)statistic);
	finding->agents_total = engine->topology->agent_len;
	finding->agents_reporting = 0;
	for (uint16_t a = 0; a < engine->topology->agent_len; a++) {
		finding->agents_reporting =
		    (uint16_t)(finding->agents_reporting +
			       (engine->silence.is_silent[a] ? 0 : 1));
	}
}

static void
widen(struct extent *extent, const struct correlate *engine,
    const struct trail_entry *entry)
{
	if (extent->agents == 0) {
		extent->began = (struct span){entry->started, entry->started};
		extent->last = entry->bucket;
	}
	if (entry->started < extent->began.from) {
		extent->began.from = entry->started;
	}
	if (entry->started > extent->began.to) {
		extent->began.to = entry->started;
	}
	extent->last = entry->bucket > extent->last ? entry->bucket : extent->last;
	extent->regions |= UINT64_C(1) << engine->topology->agent[entry->agent].region;
	for (uint16_t i = 0; i < extent->agents; i++) {
		if (extent->agent[i] == entry->agent) {
			return;
		}
	}
	if (extent->agents < EXPLAIN_AGENTS) {
		extent->agent[extent->agents++] = entry->agent;
	}
}

bool
explain_extent(const struct correlate *engine, uint32_t hypothesis, struct span span,
    struct extent *out)
{
	const struct gathering gathering = {.engine = engine, .fresh = true};

	*out = (struct extent){.agents = 0};
	for (uint64_t n = trail_oldest(&engine->trail); n < engine->trail.head; n++) {
		const struct trail_entry *entry = trail_at(&engine->trail, n);

		if (entry->bucket >= span.from && entry->bucket <= span.to &&
		    entry->is_void == 0 && ring_holds(&engine->ring, entry->bucket) &&
		    weight_of(&gathering, hypothesis, n, entry) > 0) {
			widen(out, engine, entry);
		}
	}
	return out->agents > 0;
}

/* A part of the trail: runs that count for a hypothesis at present. */
static bool
is_counted(const struct correlate *engine, const struct trail_entry *entry,
    uint64_t number, struct span span, uint16_t group)
{
	return entry->bucket >= span.from && entry->bucket <= span.to &&
	       entry->is_void == 0 && number >= engine->consumed[group] &&
	       (entry->marks & TRAIL_EXPLAINED) == 0 &&
	       ring_holds(&engine->ring, entry->bucket);
}

enum {
	BIN_PARTS = 4,
	BINS = TEMPO_RING * BLIPS_PARTS / BIN_PARTS
};

static int64_t
bin_of(int64_t part, int64_t origin)
{
	int64_t bin = (part - origin) / BIN_PARTS;

	return part < origin ? 0 : bin < BINS ? bin : BINS - 1;
}

/* The last stretch of `len` bins with the largest sum: it begins with what it holds. */
static int64_t
densest(const int32_t bin[BINS], int64_t len)
{
	int64_t sum = 0;
	int64_t best = INT64_MIN;
	int64_t found = 0;

	for (int64_t i = 0; i < BINS; i++) {
		sum += bin[i] - (i >= len ? bin[i - len] : 0);
		if (sum >= best) {
			best = sum;
			found = i >= len ? i - len + 1 : 0;
		}
	}
	return found;
}

static int64_t
sum_outside(const struct correlate *engine, uint32_t hypothesis, struct span span,
    const struct rest *rest)
{
	const struct gathering gathering = {
	    .engine = engine, .fresh = !rest->is_spread};
	uint16_t group = hypotheses_group_of(engine->table.at[hypothesis].target);
	uint64_t voted[LIMIT_AGENTS / 64] = {0};
	int64_t sum = 0;

	for (uint64_t n = trail_oldest(&engine->trail); n < engine->trail.head; n++) {
		const struct trail_entry *entry = trail_at(&engine->trail, n);
		uint64_t bit = UINT64_C(1) << entry->agent % 64;
		int32_t weight;

		if (!is_counted(engine, entry, n, span, group) ||
		    (entry->started >= rest->from && entry->started < rest->until)) {
			continue;
		}
		weight = weight_of(&gathering, hypothesis, n, entry);
		if (rest->is_spread && weight > HYPOTHESIS_REPEAT_MNATS) {
			if ((voted[entry->agent / 64] & bit) != 0) {
				weight = HYPOTHESIS_REPEAT_MNATS;
			}
			voted[entry->agent / 64] |= bit;
		}
		sum += weight;
	}
	return sum;
}

void
explain_rest(const struct correlate *engine, uint32_t hypothesis, struct span span,
    int64_t len, struct rest *inout)
{
	const struct gathering gathering = {.engine = engine, .fresh = false};
	uint16_t group = hypotheses_group_of(engine->table.at[hypothesis].target);
	int64_t origin = (engine->ring.current - TEMPO_RING + 1) * BLIPS_PARTS;
	int64_t bins = len / BIN_PARTS + 1;
	int32_t bin[BINS] = {0};

	for (uint64_t n = trail_oldest(&engine->trail); n < engine->trail.head; n++) {
		const struct trail_entry *entry = trail_at(&engine->trail, n);

		if (is_counted(engine, entry, n, span, group)) {
			bin[bin_of(entry->started, origin)] +=
			    weight_of(&gathering, hypothesis, n, entry);
		}
	}
	inout->from = origin + densest(bin, bins) * BIN_PARTS;
	inout->until = inout->from + bins * BIN_PARTS;
	inout->mnats = sum_outside(engine, hypothesis, span, inout);
}
