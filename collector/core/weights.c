#include "collector/core/weights.h"

#include "common/core/logn.h"

#include <string.h>

static const struct signature sig_app = {
    .share[WITNESS_TARGET] = {
	[SYMPTOM_ERROR] = 500, [SYMPTOM_TIMEOUT] = 300, [SYMPTOM_GATEWAY] = 200}};
static const struct signature sig_api = {
    .share[WITNESS_TARGET] =
	{[SYMPTOM_ERROR] = 450, [SYMPTOM_GATEWAY] = 350, [SYMPTOM_TIMEOUT] = 200},
    .share[WITNESS_FREE] = {
	[SYMPTOM_ERROR] = 450, [SYMPTOM_GATEWAY] = 350, [SYMPTOM_TIMEOUT] = 200}};
static const struct signature sig_edge = {
    .share[WITNESS_TARGET] = {[SYMPTOM_CONNECT] = 700, [SYMPTOM_GATEWAY] = 300},
    .share[WITNESS_FREE] = {[SYMPTOM_CONNECT] = 700, [SYMPTOM_GATEWAY] = 300}};
/* A certificate that ran out: nobody gets as far as the gateway. */
static const struct signature sig_refusing = {
    .share[WITNESS_TARGET] = {[SYMPTOM_CONNECT] = 1000},
    .share[WITNESS_FREE] = {[SYMPTOM_CONNECT] = 1000}};
static const struct signature sig_dns = {
    .share[WITNESS_TARGET] = {[SYMPTOM_DNS] = 1000},
    .share[WITNESS_FREE] = {[SYMPTOM_DNS] = 1000}};
static const struct signature sig_slow = {
    .share[WITNESS_TARGET] = {[SYMPTOM_SLOW] = 900, [SYMPTOM_TIMEOUT] = 100}};
static const struct signature sig_bad = {
    .share[WITNESS_TARGET] = {[SYMPTOM_BAD] = 1000}};
static const struct signature sig_model = {
    .share[WITNESS_TARGET] = {[SYMPTOM_MODEL] = 1000}};
static const struct signature sig_rate = {
    .share[WITNESS_TARGET] = {[SYMPTOM_RATE] = 1000},
    .share[WITNESS_FREE] = {[SYMPTOM_RATE] = 1000}};
static const struct signature sig_rate_app = {
    .share[WITNESS_TARGET] = {[SYMPTOM_RATE] = 1000}};
static const struct signature sig_refused = {
    .share[WITNESS_TARGET] = {[SYMPTOM_REFUSED] = 1000}};
static const struct signature sig_place = {
    .share[WITNESS_TARGET] = {[SYMPTOM_PLACE] = 1000},
    .share[WITNESS_FREE] = {[SYMPTOM_PLACE] = 1000}};
static const struct signature sig_place_app = {
    .share[WITNESS_TARGET] = {[SYMPTOM_PLACE] = 1000}};
/* A region can also be refused by a plain 403; then only the scope tells it from a key. */
static const struct signature sig_policy = {
    .share[WITNESS_TARGET] = {[SYMPTOM_PLACE] = 700, [SYMPTOM_KEY] = 300},
    .share[WITNESS_FREE] = {[SYMPTOM_PLACE] = 700, [SYMPTOM_KEY] = 300}};
static const struct signature sig_policy_app = {
    .share[WITNESS_TARGET] = {[SYMPTOM_PLACE] = 700, [SYMPTOM_KEY] = 300}};
static const struct signature sig_key = {
    .share[WITNESS_TARGET] = {[SYMPTOM_KEY] = 1000},
    .share[WITNESS_FREE] = {[SYMPTOM_KEY] = 1000}};
static const struct signature sig_key_app = {
    .share[WITNESS_TARGET] = {[SYMPTOM_KEY] = 1000}};
static const struct signature sig_quota = {
    .share[WITNESS_TARGET] = {[SYMPTOM_QUOTA] = 1000}};
static const struct signature sig_path = {
    .share[WITNESS_TARGET] = {[SYMPTOM_CONNECT] = 950, [SYMPTOM_TIMEOUT] = 50},
    .share[WITNESS_FREE] = {[SYMPTOM_CONNECT] = 950, [SYMPTOM_TIMEOUT] = 50}};
static const struct signature sig_control = {
    .share[WITNESS_CONTROL] = {[SYMPTOM_FAIL] = 1000}};
static const struct signature sig_net = {
    .share[WITNESS_TARGET] =
	{[SYMPTOM_CONNECT] = 700, [SYMPTOM_DNS] = 250, [SYMPTOM_TIMEOUT] = 50},
    .share[WITNESS_FREE] =
	{[SYMPTOM_CONNECT] = 700, [SYMPTOM_DNS] = 250, [SYMPTOM_TIMEOUT] = 50},
    .share[WITNESS_CONTROL] = {[SYMPTOM_FAIL] = 1000}};
static const struct signature sig_net_slow = {
    .share[WITNESS_TARGET] = {[SYMPTOM_SLOW] = 1000},
    .share[WITNESS_FREE] = {[SYMPTOM_SLOW] = 1000},
    .share[WITNESS_CONTROL] = {[SYMPTOM_SLOW] = 1000}};
static const struct signature sig_domain = {
    .share[WITNESS_TARGET] =
	{[SYMPTOM_CONNECT] = 750, [SYMPTOM_DNS] = 200, [SYMPTOM_TIMEOUT] = 50},
    .share[WITNESS_FREE] =
	{[SYMPTOM_CONNECT] = 750, [SYMPTOM_DNS] = 200, [SYMPTOM_TIMEOUT] = 50},
    .share[WITNESS_CONTROL] = {[SYMPTOM_FAIL] = 1000}};
static const struct signature sig_agent = {
    .share[WITNESS_TARGET] =
	{[SYMPTOM_CONNECT] = 300, [SYMPTOM_DNS] = 200, [SYMPTOM_LOCAL] = 500},
    .share[WITNESS_FREE] =
	{[SYMPTOM_CONNECT] = 300, [SYMPTOM_DNS] = 200, [SYMPTOM_LOCAL] = 500},
    .share[WITNESS_CONTROL] = {[SYMPTOM_FAIL] = 1000}};

#define UP   VERDICT_UPSTREAM_OUTAGE
#define AV   FAMILY_AVAILABILITY
#define CF   FAMILY_CONFIGURATION
#define INFO FAMILY_INFORMATION

static const struct weights_row rows[HYPOTHESIS_ROWS] = {
    {&sig_app, UP, AV, 4, 950, 60000}, {&sig_app, UP, AV, 4, 600, 20000},
    {&sig_app, UP, AV, 4, 300, 20000}, {&sig_app, UP, AV, 4, 120, 20000},
    {&sig_api, UP, AV, 2, 950, 50000}, {&sig_api, UP, AV, 2, 600, 16667},
    {&sig_api, UP, AV, 2, 300, 16667}, {&sig_api, UP, AV, 2, 120, 16667},
    {&sig_edge, VERDICT_UPSTREAM_EDGE, AV, 1, 950, 23000},
    {&sig_edge, VERDICT_UPSTREAM_EDGE, AV, 1, 400, 21000},
    {&sig_refusing, VERDICT_UPSTREAM_EDGE, AV, 1, 950, 6000},
    {&sig_dns, VERDICT_UPSTREAM_DNS, AV, 0, 950, 10000},
    {&sig_dns, VERDICT_UPSTREAM_DNS, AV, 0, 500, 10000},
    {&sig_slow, VERDICT_UPSTREAM_LATENCY, AV, 4, 900, 25000},
    {&sig_slow, VERDICT_UPSTREAM_LATENCY, AV, 4, 400, 25000},
    {&sig_bad, VERDICT_UPSTREAM_BAD_ANSWERS, AV, 4, 900, 15000},
    {&sig_bad, VERDICT_UPSTREAM_BAD_ANSWERS, AV, 4, 300, 15000},
    {&sig_model, VERDICT_MODEL_GONE, CF, 3, 950, 20000},
    {&sig_rate, VERDICT_RATE_LIMITED, INFO, 3, 900, 20000},
    {&sig_rate, VERDICT_RATE_LIMITED, INFO, 3, 300, 20000},
    {&sig_rate_app, VERDICT_RATE_LIMITED, INFO, 3, 900, 10000},
    {&sig_rate_app, VERDICT_RATE_LIMITED, INFO, 3, 300, 10000},
    {&sig_refused, VERDICT_REFUSALS, INFO, 4, 900, 25000},
    {&sig_refused, VERDICT_REFUSALS, INFO, 4, 300, 25000},
    {&sig_place, VERDICT_LOCATION_BLOCKED, CF, 3, 950, 1000},
    {&sig_place_app, VERDICT_LOCATION_BLOCKED, CF, 3, 950, 1000},
    {&sig_key, VERDICT_UPSTREAM_AUTH, CF, 3, 950, 7000}, /* ROW_GLOBAL_KEYS */
    {&sig_key_app, VERDICT_UPSTREAM_AUTH, CF, 3, 950, 3000},
    {&sig_quota, VERDICT_QUOTA, CF, 3, 950, 5000},
    {&sig_path, VERDICT_PATH, AV, 1, 950, 40000}, /* ROW_REGION */
    {&sig_path, VERDICT_PATH, AV, 1, 400, 40000},
    {&sig_policy, VERDICT_LOCATION_BLOCKED, CF, 3, 950, 4000},
    {&sig_policy_app, VERDICT_LOCATION_BLOCKED, CF, 3, 950, 2000},
    {&sig_api, VERDICT_UPSTREAM_REGIONAL, AV, 2, 950, 40000}, /* ROW_SERVING */
    {&sig_api, VERDICT_UPSTREAM_REGIONAL, AV, 2, 400, 40000},
    {&sig_key, VERDICT_CREDENTIAL, CF, 3, 950, 60000}, /* ROW_KEY */
    {&sig_key_app, VERDICT_CREDENTIAL, CF, 3, 950, 20000},
    {&sig_quota, VERDICT_QUOTA, CF, 3, 950, 30000},
    {&sig_control, VERDICT_CONTROL_FAULT, INFO, 1, 950, 20000}, /* ROW_CONTROL */
    {&sig_net, VERDICT_REGION_NETWORK, AV, 0, 950, 60000},      /* ROW_NET */
    {&sig_net, VERDICT_REGION_NETWORK, AV, 0, 400, 60000},
    {&sig_net_slow, VERDICT_REGION_SLOW, INFO, 4, 800, 20000},
    {&sig_domain, VERDICT_SHARED_PATH, AV, 0, 950, 20000}, /* ROW_DOMAIN */
    {&sig_domain, VERDICT_SHARED_PATH, AV, 0, 400, 20000},
    {&sig_agent, VERDICT_AGENT_FAULT, AV, -1, 950, 100000}, /* ROW_AGENT */
};

/* True for the pairs that can occur at all. */
static bool
can_see(enum witness witness, enum symptom symptom)
{
	return symptom == SYMPTOM_OK || symptom_bit(witness, symptom) >= 0;
}

static bool
is_availability(const struct signature *signature)
{
	for (unsigned witness = 0; witness < 3; witness++) {
		for (unsigned i = 0; i < SYMPTOM_COUNT; i++) {
			if (signature->share[witness][i] > 0 &&
			    symptom_is_failure((enum symptom)i)) {
				return true;
			}
		}
	}
	return false;
}

/* The signature of one witness in ppm, a tenth of it spread over the failures it did not
 * foresee. Returns false when the witness says nothing about this row. */
static bool
spread(const struct weights_row *row, enum witness witness,
    uint32_t out_ppm[SYMPTOM_COUNT])
{
	unsigned from = witness == WITNESS_PAIRED ? WITNESS_CONTROL : (unsigned)witness;
	const uint16_t *share = row->signature->share[from];
	unsigned sum = 0;
	unsigned more = 0;
	bool mixes = is_availability(row->signature) && from != WITNESS_CONTROL &&
		     share[SYMPTOM_SLOW] == 0;
	bool spreads[SYMPTOM_COUNT] = {false};

	for (unsigned i = 0; i < SYMPTOM_COUNT; i++) {
		sum += share[i];
		spreads[i] = mixes && symptom_is_failure((enum symptom)i) &&
			     symptom_stage((enum symptom)i) >= row->stage &&
			     !(witness == WITNESS_FREE && i == SYMPTOM_BAD);
		more += spreads[i] ? 1 : 0;
	}
	for (unsigned i = 0; i < SYMPTOM_COUNT; i++) {
		out_ppm[i] = share[i] * (more > 0 ? 900U : 1000U);
		out_ppm[i] += spreads[i] ? 100000U / more : 0;
	}
	return sum > 0;
}

/* True when a probe that ended so never reached what the row suspects. */
static bool
is_blind(const struct weights_row *row, enum symptom symptom)
{
	return symptom == SYMPTOM_FAIL || symptom_stage(symptom) < row->stage;
}

void
weights_baseline(enum witness witness, const uint8_t level[SYMPTOM_COUNT],
    uint32_t out_ppm[SYMPTOM_COUNT])
{
	uint32_t more = 0;
	uint32_t room = symptom_baseline_ppm(witness, SYMPTOM_OK) - SYMPTOM_PPM / 2;

	for (unsigned i = 0; i < SYMPTOM_COUNT; i++) {
		out_ppm[i] = symptom_baseline_ppm(witness, (enum symptom)i);
		if (i != SYMPTOM_OK && can_see(witness, (enum symptom)i)) {
			uint32_t above = (out_ppm[i] << level[i]) - out_ppm[i];

			above = above < room - more ? above : room - more;
			out_ppm[i] += above;
			more += above;
		}
	}
	out_ppm[SYMPTOM_OK] -= more;
}

static int32_t
weigh(const struct weights_row *row, enum witness witness, enum symptom symptom,
    const uint32_t baseline_ppm[SYMPTOM_COUNT])
{
	uint32_t ppm[SYMPTOM_COUNT];
	uint64_t seen = SYMPTOM_PPM;
	uint64_t baseline = baseline_ppm[symptom];
	uint64_t rate = row->rate;
	int32_t mnats;

	if (!spread(row, witness, ppm)) {
		/* a fault on their side: our controls, asked just then, should work */
		bool argues = witness == WITNESS_PAIRED && symptom == SYMPTOM_FAIL &&
			      is_availability(row->signature);

		return argues ? logn_mnats(1, 20) : 0;
	}
	if (ppm[symptom] == 0) {
		return is_blind(row, symptom) ? 0 : logn_mnats(1000 - rate, 1000);
	}
	for (unsigned i = 0; i < SYMPTOM_COUNT; i++) {
		if (ppm[i] == 0 && can_see(witness, (enum symptom)i) &&
		    is_blind(row, (enum symptom)i)) {
			seen -= baseline_ppm[i];
		}
	}
	mnats = logn_mnats(
	    (1000 - rate) * baseline * SYMPTOM_PPM + rate * ppm[symptom] * seen,
	    1000 * baseline * SYMPTOM_PPM);
	return mnats < HYPOTHESIS_NAMING_MNATS ? mnats : HYPOTHESIS_NAMING_MNATS;
}

static int32_t
at_most(int32_t mnats, int32_t most)
{
	return mnats < most ? mnats : most;
}

/* The ways in which a result of that weight is added. */
static int32_t
weighed_as(enum weighing how, int32_t mnats)
{
	switch (how) {
	case WEIGHING_FULL:
		return at_most(mnats, HYPOTHESIS_CLIP_MNATS);
	case WEIGHING_CAPPED:
		return at_most(mnats, HYPOTHESIS_REPEAT_MNATS);
	case WEIGHING_NEGATIVE:
		return at_most(mnats, 0);
	case WEIGHING_NAMING:
	case WEIGHING_COUNT:
		break;
	}
	return mnats;
}

static void
fill_weight(struct hypotheses *table, unsigned row, enum witness witness,
    enum symptom symptom, const uint32_t baseline_ppm[SYMPTOM_COUNT])
{
	int32_t mnats = weigh(&rows[row], witness, symptom, baseline_ppm);
	uint32_t ppm[SYMPTOM_COUNT];
	bool speaks = spread(&rows[row], witness, ppm);

	for (unsigned how = 0; how < WEIGHING_COUNT; how++) {
		table->weight[how][witness][symptom][row] =
		    weighed_as((enum weighing)how, mnats);
	}
	table->is_witness[row][witness] = speaks;
	table->is_bad[row][witness][symptom] = speaks && ppm[symptom] > 0;
	table->explains[row][witness][symptom] =
	    speaks && (ppm[symptom] > 0 || (symptom_is_failure(symptom) &&
					       is_availability(rows[row].signature)));
}

/* What the first vote of a slot adds to a result of this target beyond the cap. */
static int32_t
excess_of(const struct hypotheses *table, uint16_t target, enum witness witness,
    enum symptom symptom, unsigned row)
{
	return hypotheses_weight(table, WEIGHING_FULL, witness, symptom, target)[row] -
	       hypotheses_weight(table, WEIGHING_CAPPED, witness, symptom, target)[row];
}

/* Votes of a group say what failed, not of which target: the least of these counts. */
static void
fill_excess(struct hypotheses *table, uint16_t group, enum witness witness,
    enum symptom symptom)
{
	uint32_t first = table->group[group].first;
	int bit = symptom_bit(witness, symptom);
	bool is_round = witness == WITNESS_CONTROL || witness == WITNESS_PAIRED;

	for (unsigned row = 0; bit >= 0 && row < HYPOTHESIS_ROWS; row++) {
		int32_t *least = &table->excess[group][bit][row];

		*least = excess_of(table, TOPOLOGY_NONE, witness, symptom, row);
		for (uint16_t t = 0; t < table->topology->target_len && !is_round;
		     t++) {
			if (group == 0 || hypothesis_concerns(table, first, t)) {
				*least = at_most(
				    *least, excess_of(table, t, witness, symptom, row));
			}
		}
	}
}

/* All groups that results of this witness count in. */
static void
fill_excesses(struct hypotheses *table, enum witness witness)
{
	for (uint16_t g = 0; g < table->group_len; g++) {
		for (unsigned s = 0; s < SYMPTOM_COUNT; s++) {
			fill_excess(table, g, witness, (enum symptom)s);
		}
	}
}

static void
fill_profile(struct hypothesis_profile *profile, enum witness witness)
{
	uint32_t baseline_ppm[SYMPTOM_COUNT];

	weights_baseline(witness, profile->level, baseline_ppm);
	for (unsigned s = 0; s < SYMPTOM_COUNT; s++) {
		for (unsigned row = 0; row < HYPOTHESIS_ROWS; row++) {
			int32_t mnats = 0;

			if (can_see(witness, (enum symptom)s)) {
				mnats = weigh(
				    &rows[row], witness, (enum symptom)s, baseline_ppm);
			}
			for (unsigned how = 0; how < WEIGHING_COUNT; how++) {
				profile->weight[how][s][row] =
				    weighed_as((enum weighing)how, mnats);
			}
		}
	}
}

void
weights_set_levels(struct hypotheses *table, uint16_t target, enum witness witness,
    const uint8_t level[SYMPTOM_COUNT])
{
	struct hypothesis_profile *profile =
	    &table->profile[(size_t)target * 2 + (witness == WITNESS_FREE ? 1 : 0)];

	if (memcmp(profile->level, level, sizeof(profile->level)) == 0) {
		return;
	}
	memcpy(profile->level, level, sizeof(profile->level));
	fill_profile(profile, witness);
	fill_excesses(table, witness);
}

void
weights_fill(struct hypotheses *table)
{
	static const uint8_t none[SYMPTOM_COUNT];

	for (unsigned i = 0; i < HYPOTHESIS_ROWS * WITNESS_COUNT * SYMPTOM_COUNT; i++) {
		enum symptom symptom = (enum symptom)(i % SYMPTOM_COUNT);
		enum witness witness =
		    (enum witness)(i / SYMPTOM_COUNT % WITNESS_COUNT);
		uint32_t baseline_ppm[SYMPTOM_COUNT];

		weights_baseline(witness, none, baseline_ppm);
		if (can_see(witness, symptom)) {
			fill_weight(table, i / (SYMPTOM_COUNT * WITNESS_COUNT), witness,
			    symptom, baseline_ppm);
		}
	}
	for (size_t i = 0; i < (size_t)table->topology->target_len * 2; i++) {
		memset(&table->profile[i], 0, sizeof(table->profile[i]));
		fill_profile(
		    &table->profile[i], i % 2 == 0 ? WITNESS_TARGET : WITNESS_FREE);
	}
	for (unsigned w = 0; w < WITNESS_COUNT; w++) {
		fill_excesses(table, (enum witness)w);
	}
}

const struct weights_row *
weights_row(unsigned row)
{
	return &rows[row];
}
