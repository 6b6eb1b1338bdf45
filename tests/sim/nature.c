#include "tests/sim/nature.h"

#include "collector/core/symptom.h"

#include <math.h>
#include <string.h>

#define DAY_S 86400.0

double
nature_uniform(struct rng *rng)
{
	return (double)(rng_next(rng) >> 11) * 0x1p-53;
}

static double
normal(struct rng *rng)
{
	double a = nature_uniform(rng);
	double b = nature_uniform(rng);

	return sqrt(-2 * log(a > 0 ? a : 0x1p-53)) * cos(2 * acos(-1.0) * b);
}

/* Each symptom of the method, as one shape. */
static enum symptom
symptom_for(enum shape shape)
{
	static const struct {
		enum shape shape;
		enum symptom symptom;
	} as[] = {{SHAPE_DNS, SYMPTOM_DNS}, {SHAPE_CONNECT, SYMPTOM_CONNECT},
	    {SHAPE_GATEWAY, SYMPTOM_GATEWAY}, {SHAPE_RATE, SYMPTOM_RATE},
	    {SHAPE_KEY, SYMPTOM_KEY}, {SHAPE_QUOTA, SYMPTOM_QUOTA},
	    {SHAPE_PLACE, SYMPTOM_PLACE}, {SHAPE_MODEL, SYMPTOM_MODEL},
	    {SHAPE_OVERLOAD, SYMPTOM_ERROR}, {SHAPE_TIMEOUT, SYMPTOM_TIMEOUT},
	    {SHAPE_EMPTY, SYMPTOM_BAD}, {SHAPE_BLOCKED, SYMPTOM_REFUSED},
	    {SHAPE_LOCAL, SYMPTOM_LOCAL}, {SHAPE_SLOW, SYMPTOM_SLOW}};

	for (size_t i = 0; i < sizeof(as) / sizeof(as[0]); i++) {
		if (as[i].shape == shape) {
			return as[i].symptom;
		}
	}
	return SYMPTOM_OK;
}

double
nature_base(enum scen_view view, enum shape shape)
{
	enum witness witness = view == SCEN_IMAGE ? WITNESS_TARGET : WITNESS_FREE;
	enum symptom symptom = symptom_for(shape);

	if (view == SCEN_CONTROL) {
		return shape == SHAPE_CONNECT ? 0.002 : shape == SHAPE_SLOW ? 0.001 : 0;
	}
	if (shape == SHAPE_SLOW) {
		return 0.001; /* "slow" is what seldom happens: a tail beyond the tail */
	}
	if (symptom == SYMPTOM_OK || !shape_fits(shape, scen_role(view))) {
		return 0;
	}
	return symptom_baseline_ppm(witness, symptom) / 1e6;
}

static double
usual_us(const struct scen_probe *probe)
{
	double timeout_us = (double)probe->timeout_ns / 1e3;
	double usual = probe->view == SCEN_IMAGE ? 8e6 : 2e5;
	double most = probe->view == SCEN_IMAGE ? timeout_us / 4 : timeout_us / 20;

	return usual < most ? usual : most;
}

double
nature_seconds(const struct scen_probe *probe, enum shape shape)
{
	struct shape_run run = {.usual_us = usual_us(probe),
	    .timeout_us = (double)probe->timeout_ns / 1e3,
	    .chance = 0.5};
	struct result result = {0};

	shape_result(shape, &run, &result);
	return result.timing.total_us / 1e6;
}

/* ---- faults ---- */

double
nature_rate(const struct scen_fault *fault, int64_t at_ns)
{
	int64_t since_ns = at_ns - fault->at_ns;
	int64_t cycle_ns = fault->on_ns + fault->off_ns;

	if (since_ns < 0 || since_ns >= fault->for_ns) {
		return 0;
	}
	if (cycle_ns > 0 && since_ns % cycle_ns >= fault->on_ns) {
		return 0;
	}
	if (fault->ramp_ns > since_ns) {
		return fault->rate * (double)since_ns / (double)fault->ramp_ns;
	}
	return fault->rate;
}

static unsigned
control_number(const struct scen *scen, unsigned probe)
{
	unsigned number = 0;

	for (unsigned i = 0; i < probe; i++) {
		number += scen->probe[i].target == SCEN_NONE ? 1 : 0;
	}
	return number;
}

bool
nature_hits(const struct scen *scen, const struct scen_fault *fault, unsigned agent,
    unsigned probe)
{
	const struct scen_probe *at = &scen->probe[probe];
	double sum = 0;

	if ((fault->agents >> agent & 1) == 0) {
		return false;
	}
	if (at->target == SCEN_NONE) {
		if ((fault->controls >> control_number(scen, probe) & 1) == 0) {
			return false;
		}
	} else if ((fault->targets >> at->target & 1) == 0) {
		return false;
	}
	for (unsigned i = 0; i < SHAPE_COUNT; i++) {
		sum += fault->weight[at->view][i];
	}
	return sum > 0;
}

static enum shape
draw_weight(const double weight[SHAPE_COUNT], double chance)
{
	enum shape last = SHAPE_OK;
	double sum = 0;

	for (unsigned i = 0; i < SHAPE_COUNT; i++) {
		sum += weight[i];
	}
	chance *= sum;
	for (unsigned i = 0; i < SHAPE_COUNT; i++) {
		if (weight[i] > 0) {
			last = (enum shape)i;
			if (chance < weight[i]) {
				return last;
			}
			chance -= weight[i];
		}
	}
	return last;
}

/* Which of two shapes is seen: the one that stops the run earlier. What only an application
 * at work can answer comes after its errors. */
static int
order_of(enum shape shape)
{
	struct shape_run run = {.usual_us = 1e6, .timeout_us = 1e7};
	struct result result = {0};
	bool needs_work =
	    shape == SHAPE_BLOCKED || shape == SHAPE_EMPTY || shape == SHAPE_BROKEN;

	if (shape == SHAPE_SLOW) {
		return 2 * symptom_stage(SYMPTOM_SLOW) + 1;
	}
	shape_result(shape, &run, &result);
	return 2 * symptom_stage(symptom_of(result.outcome, result.phase, result.flags,
		       result.http_status)) +
	       (needs_work ? 1 : 0);
}

static enum shape
draw_faults(struct nature *nature, unsigned agent, unsigned probe, int64_t at_ns)
{
	const struct scen *scen = &nature->scen;
	enum scen_view view = scen->probe[probe].view;
	enum shape found = SHAPE_OK;

	for (unsigned i = 0; i < scen->faults; i++) {
		const struct scen_fault *fault = &scen->fault[i];
		double rate = nature_rate(fault, at_ns - nature->t0_ns);
		enum shape shape;

		if (rate <= 0 || !nature_hits(scen, fault, agent, probe) ||
		    nature_uniform(&nature->rng[agent]) >= rate) {
			continue;
		}
		shape = draw_weight(
		    fault->weight[view], nature_uniform(&nature->rng[agent]));
		if (found == SHAPE_OK || order_of(shape) < order_of(found)) {
			found = shape;
		}
	}
	return found;
}

/* ---- chance ---- */

static uint64_t
mix(uint64_t value)
{
	struct rng rng;

	rng_init(&rng, value);
	return rng_next(&rng);
}

/* The controls of one interval share what happens to the agent's line. */
static bool
is_bad_round(const struct nature *nature, unsigned agent,
    const struct scen_probe *probe, int64_t at_ns, double share)
{
	uint64_t round = (uint64_t)(at_ns / probe->every_ns);
	uint64_t hash = mix(nature->salt ^ mix(round * SCEN_AGENTS + agent));

	return (double)(hash >> 11) * 0x1p-53 < share;
}

static enum shape
draw_chance(struct nature *nature, unsigned agent, unsigned probe, int64_t at_ns)
{
	const struct scen_probe *at = &nature->scen.probe[probe];
	double scale = nature->scen.noise == SCEN_NOISE_NONE     ? 0
		       : nature->scen.noise == SCEN_NOISE_DOUBLE ? 2
								 : 1;
	double draw = nature_uniform(&nature->rng[agent]);

	if (at->view == SCEN_CONTROL &&
	    is_bad_round(nature, agent, at, at_ns, 0.002 * scale)) {
		return SHAPE_CONNECT;
	}
	for (unsigned i = 1; i < SHAPE_COUNT; i++) {
		double share = nature_base(at->view, (enum shape)i) * scale;

		if (draw < share) {
			return (enum shape)i;
		}
		draw -= share;
	}
	return SHAPE_OK;
}

/* Goes on to the blip that is at or after `at_ns`. */
static bool
in_blip(struct nature *nature, unsigned who, int64_t at_ns)
{
	bool is_upstream = who == SCEN_AGENTS;
	struct nature_blip *blip = &nature->blip[who];
	struct rng *rng = &nature->rng_blip[who];
	double a_day = is_upstream ? 2 : 8;
	double least_s = (is_upstream ? 3 : 5) * nature->blip_scale;
	double most_s = (is_upstream ? 15 : 40) * nature->blip_scale;

	while (blip->until_ns <= at_ns) {
		double gap_s = -log(1 - nature_uniform(rng)) * DAY_S / a_day;
		double lasts_s = least_s + (most_s - least_s) * nature_uniform(rng);

		blip->from_ns = blip->until_ns + (int64_t)(gap_s * 1e9);
		blip->until_ns = blip->from_ns + (int64_t)(lasts_s * 1e9);
	}
	return at_ns >= blip->from_ns;
}

static enum shape
draw_blip(struct nature *nature, unsigned agent, unsigned probe, int64_t at_ns)
{
	static const double api[SHAPE_COUNT] = {
	    [SHAPE_OVERLOAD] = 50, [SHAPE_GATEWAY] = 35, [SHAPE_TIMEOUT] = 15};
	struct rng *rng = &nature->rng[agent];

	if (nature->scen.noise != SCEN_NOISE_BURSTY) {
		return SHAPE_OK;
	}
	if (in_blip(nature, agent, at_ns) && nature_uniform(rng) < 0.8) {
		return SHAPE_CONNECT;
	}
	if (nature->scen.probe[probe].view != SCEN_CONTROL &&
	    in_blip(nature, SCEN_AGENTS, at_ns) && nature_uniform(rng) < 0.7) {
		return draw_weight(api, nature_uniform(rng));
	}
	return SHAPE_OK;
}

void
nature_run(struct nature *nature, unsigned agent, unsigned probe, int64_t at_ns,
    struct result *out)
{
	const struct scen_probe *at = &nature->scen.probe[probe];
	struct rng *rng = &nature->rng[agent];
	enum shape shape = draw_faults(nature, agent, probe, at_ns);
	struct shape_run run = {.usual_us = usual_us(at) * exp(0.2 * normal(rng)),
	    .timeout_us = (double)at->timeout_ns / 1e3,
	    .chance = nature_uniform(rng)};

	if (shape == SHAPE_OK) {
		shape = draw_blip(nature, agent, probe, at_ns);
	}
	if (shape == SHAPE_OK) {
		shape = draw_chance(nature, agent, probe, at_ns);
	}
	shape_result(shape, &run, out);
}

/* ---- other than assumed ---- */

static bool
is_outage(enum shape shape)
{
	return shape == SHAPE_OVERLOAD || shape == SHAPE_ERROR ||
	       shape == SHAPE_GATEWAY || shape == SHAPE_HTML ||
	       shape == SHAPE_TIMEOUT || shape == SHAPE_CONNECT;
}

static void
bend_mix(double weight[SHAPE_COUNT], enum scen_view view, struct rng *rng)
{
	static const enum shape strays[] = {
	    SHAPE_OVERLOAD, SHAPE_GATEWAY, SHAPE_TIMEOUT, SHAPE_CONNECT, SHAPE_EMPTY};
	bool may_stray = false;
	double sum = 0;

	for (unsigned i = 0; i < SHAPE_COUNT; i++) {
		weight[i] *= exp(normal(rng));
		sum += weight[i];
		may_stray = may_stray || (weight[i] > 0 && is_outage((enum shape)i));
	}
	/* A control has one way of being cut; what it shows else is a good sign. */
	for (unsigned i = 0; i < 5 && may_stray && view != SCEN_CONTROL; i++) {
		if (shape_fits(strays[i], scen_role(view))) {
			weight[strays[i]] += sum * (0.12 / 0.88) / 5;
		}
	}
}

static void
bend(struct nature *nature, uint64_t seed)
{
	struct rng rng;

	rng_init(&rng, mix(seed ^ UINT64_C(0x6d69736d61746368)));
	for (unsigned i = 0; i < nature->scen.faults; i++) {
		struct scen_fault *fault = &nature->scen.fault[i];
		double weaker = 0.85 + 0.15 * nature_uniform(&rng);

		for (unsigned v = 0; v < SCEN_VIEWS; v++) {
			bend_mix(fault->weight[v], (enum scen_view)v, &rng);
		}
		fault->rate *= fault->ramp_ns > 0 ? 1 : weaker;
	}
	nature->scen.noise = SCEN_NOISE_BURSTY;
}

/* Blips are short of an interval: what lasts for several is no blip there. */
static double
blip_scale(const struct scen *scen)
{
	double least_s = 60;

	for (unsigned i = 0; i < scen->probes; i++) {
		double every_s = (double)scen->probe[i].every_ns / 1e9;

		least_s = every_s < least_s ? every_s : least_s;
	}
	return least_s / 60;
}

void
nature_init(struct nature *nature, const struct scen *scen, uint64_t seed,
    int64_t t0_ns, bool is_mismatch)
{
	memset(nature, 0, sizeof(*nature));
	nature->scen = *scen;
	nature->t0_ns = t0_ns;
	nature->blip_scale = blip_scale(scen);
	nature->salt = mix(seed ^ UINT64_C(0x73616c74));
	for (unsigned i = 0; i < SCEN_AGENTS; i++) {
		rng_init(&nature->rng[i], mix(seed * 1009 + i));
		rng_init(&nature->rng_blip[i], mix(nature->salt + i));
	}
	rng_init(&nature->rng_blip[SCEN_AGENTS], mix(nature->salt + SCEN_AGENTS));
	if (is_mismatch) {
		bend(nature, seed);
	}
}
