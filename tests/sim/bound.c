#include "tests/sim/bound.h"

#include "collector/core/symptom.h"
#include "tests/sim/nature.h"

#include <math.h>
#include <string.h>

#define YEAR_S (365.0 * 86400)
#define STEP_S 1.0

/* One kind of result: what it usually shows, and how long that takes. */
struct stream {
	unsigned probe;
	double runs_s; /* runs a second of all agents that are hit */
	enum witness witness;
};

static enum symptom
symptom_for(enum scen_view view, enum shape shape)
{
	struct shape_run run = {.usual_us = 1e6, .timeout_us = 1e7};
	struct result result = {0};

	if (shape == SHAPE_OK || shape == SHAPE_SLOW) {
		return shape == SHAPE_OK ? SYMPTOM_OK : SYMPTOM_SLOW;
	}
	shape_result(shape, &run, &result);
	if (view != SCEN_CONTROL) {
		return symptom_of(
		    result.outcome, result.phase, result.flags, result.http_status);
	}
	return symptom_is_cut(
		   result.outcome, result.phase, result.flags, result.http_status)
		   ? SYMPTOM_FAIL
		   : SYMPTOM_OK;
}

static void
usual(enum witness witness, double out[SYMPTOM_COUNT])
{
	double sum = 0;

	for (unsigned i = 0; i < SYMPTOM_COUNT; i++) {
		out[i] = symptom_baseline_ppm(witness, (enum symptom)i) / 1e6;
		sum += i == SYMPTOM_OK ? 0 : out[i];
	}
	out[SYMPTOM_OK] = sum < 1 ? 1 - sum : 1e-4;
}

/* What is shown where the fault hits `rate` of the runs; also the mean time of a run. */
static double
mix(const struct scen *scen, const struct scen_fault *fault,
    const struct stream *stream, double rate, double shown[SYMPTOM_COUNT])
{
	const struct scen_probe *probe = &scen->probe[stream->probe];
	const double *weight = fault->weight[probe->view];
	double sum = 0;
	double seconds = 0;

	for (unsigned i = 0; i < SHAPE_COUNT; i++) {
		sum += weight[i];
	}
	for (unsigned i = 0; i < SYMPTOM_COUNT; i++) {
		shown[i] *= 1 - rate;
	}
	for (unsigned i = 0; i < SHAPE_COUNT && sum > 0; i++) {
		shown[symptom_for(probe->view, (enum shape)i)] +=
		    rate * weight[i] / sum;
		seconds += weight[i] / sum * nature_seconds(probe, (enum shape)i);
	}
	return rate * seconds + (1 - rate) * nature_seconds(probe, SHAPE_OK);
}

static int
stage_of(const struct scen_fault *fault)
{
	int stage = 9;

	for (unsigned v = 0; v < SCEN_VIEWS; v++) {
		for (unsigned i = 0; i < SHAPE_COUNT; i++) {
			int each = symptom_stage(
			    symptom_for((enum scen_view)v, (enum shape)i));

			stage = fault->weight[v][i] > 0 && each < stage ? each : stage;
		}
	}
	return stage;
}

static double
divergence(const double shown[SYMPTOM_COUNT], const double base[SYMPTOM_COUNT])
{
	double nats = 0;

	for (unsigned i = 0; i < SYMPTOM_COUNT; i++) {
		nats += shown[i] > 0 ? shown[i] * log(shown[i] / base[i]) : 0;
	}
	return nats > 0 ? nats : 0;
}

/* Nats a run of that stream gives at an instant, and how long it takes. Where faults meet,
 * the one that stops a run earlier is seen: it is added last. */
static double
nats_of(const struct scen *scen, int64_t from_ns, const struct stream *stream,
    int64_t at_ns, double *out_seconds)
{
	double base[SYMPTOM_COUNT];
	double shown[SYMPTOM_COUNT];

	usual(stream->witness, base);
	memcpy(shown, base, sizeof(shown));
	*out_seconds = nature_seconds(&scen->probe[stream->probe], SHAPE_OK);
	for (int stage = 9; stage >= -1; stage--) {
		for (unsigned i = 0; i < scen->faults; i++) {
			const struct scen_fault *fault = &scen->fault[i];
			double rate = nature_rate(fault, at_ns);

			if (fault->at_ns == from_ns && stage_of(fault) == stage &&
			    rate > 0) {
				*out_seconds = mix(scen, fault, stream, rate, shown);
			}
		}
	}
	return divergence(shown, base);
}

/* The streams that a fault which begins at `from_ns` touches; controls of an agent are one. */
static unsigned
find_streams(const struct scen *scen, int64_t from_ns, struct stream *out)
{
	static const enum witness witness[SCEN_VIEWS] = {
	    WITNESS_TARGET, WITNESS_FREE, WITNESS_CONTROL};
	unsigned len = 0;
	bool has_round = false;

	for (unsigned p = 0; p < scen->probes; p++) {
		const struct scen_probe *probe = &scen->probe[p];
		uint64_t hit = 0;

		for (unsigned i = 0; i < scen->faults * scen->agents; i++) {
			const struct scen_fault *fault = &scen->fault[i / scen->agents];
			unsigned agent = i % scen->agents;
			bool runs = probe->regions >> scen_region_of(scen, agent) & 1;

			if (fault->at_ns == from_ns && runs &&
			    nature_hits(scen, fault, agent, p)) {
				hit |= UINT64_C(1) << agent;
			}
		}
		if (hit == 0 || (probe->view == SCEN_CONTROL && has_round)) {
			continue;
		}
		has_round = has_round || probe->view == SCEN_CONTROL;
		out[len++] = (struct stream){p,
		    __builtin_popcountll(hit) * 1e9 / (double)probe->every_ns,
		    witness[probe->view]};
	}
	return len;
}

double
bound_seconds(const struct scen *scen, unsigned expect)
{
	struct stream stream[SCEN_PROBES];
	int64_t from_ns;
	unsigned len;
	double runs_s = 0;
	double nats = 0;
	double late = 0;

	if (expect >= scen->expects) {
		return -1;
	}
	from_ns = scen->expect[expect].after_ns;
	len = find_streams(scen, from_ns, stream);
	for (unsigned i = 0; i < len; i++) {
		runs_s += stream[i].runs_s;
	}
	for (double at = STEP_S / 2; len > 0 && at < (double)scen->end_ns / 1e9;
	     at += STEP_S) {
		double late_now = 0;

		for (unsigned i = 0; i < len; i++) {
			double seconds;

			nats += STEP_S * stream[i].runs_s *
				nats_of(scen, from_ns, &stream[i],
				    from_ns + (int64_t)(at * 1e9), &seconds);
			late_now += seconds * stream[i].runs_s / runs_s;
		}
		late = late_now > late ? late_now : late;
		if (nats >= log(runs_s * YEAR_S)) {
			return at + STEP_S / 2 + late;
		}
	}
	return -1;
}
