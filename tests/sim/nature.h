/* nature - what a run of a probe really finds, at an instant of a scenario
 * Room: tests/sim.
 *
 * Faults of the scenario, and failures by chance. Each agent draws from numbers of its own, so
 * that a run more of one changes nothing for the others. */
#ifndef TESTS_SIM_NATURE_H
#define TESTS_SIM_NATURE_H

#include "common/core/rng.h"
#include "tests/sim/scen.h"

/* The blip an agent is in, or has before it. */
struct nature_blip {
	int64_t from_ns;
	int64_t until_ns;
};

struct nature {
	struct scen scen; /* a copy: a mismatch changes its faults */
	int64_t t0_ns;
	struct rng rng[SCEN_AGENTS];
	struct rng rng_blip[SCEN_AGENTS + 1];
	struct nature_blip blip[SCEN_AGENTS + 1]; /* the last is the upstream's */
	double blip_scale; /* of their length, 1 at intervals of a minute */
	uint64_t salt;
};

/* `t0_ns` is the scenario's zero on the line of events. With `is_mismatch` everything is a
 * bit other than the method assumes: mixes of shapes, strays among them, weaker rates, and
 * blips in the background. */
void nature_init(struct nature *nature, const struct scen *scen, uint64_t seed,
    int64_t t0_ns, bool is_mismatch);

/* Agent `agent` begins a run of probe number `probe` (in the scenario) at `at_ns`. Fills
 * outcome, phase, status, flags and timing. */
void nature_run(struct nature *nature, unsigned agent, unsigned probe, int64_t at_ns,
    struct result *out);

/* How often a good, a bad ... answer is expected with nothing wrong. */
double nature_base(enum scen_view view, enum shape shape);

/* Share of the runs that a fault hits at `at_ns` after the scenario's zero. */
double nature_rate(const struct scen_fault *fault, int64_t at_ns);
bool nature_hits(const struct scen *scen, const struct scen_fault *fault,
    unsigned agent, unsigned probe);

/* How long a run usually takes that ends in that shape, in seconds. */
double nature_seconds(const struct scen_probe *probe, enum shape shape);

double nature_uniform(struct rng *rng);

#endif
