/* confirm - whom to ask to look again, while a fault is only suspected
 * Room: collector/core (pure). Private to the correlation.
 *
 * The schedule tells a fault apart from chance at its own pace. Long before that a single
 * unexplained failure raises a suspicion, and then the collector asks: those agents, and
 * that kind of probe, whose answers would separate the leading hypotheses best (the sum,
 * over pairs of them and "healthy", of the symmetric Kullback-Leibler divergence of what
 * they predict for that agent and probe). Free probes and controls first, regions in turn;
 * a paid one only where no free one separates (an application tier that fails behind a
 * front end that works) and more than one failure speaks for it.
 *
 * The bound on false alarms holds as before. A result's weight is the logarithm of a
 * likelihood ratio whose expectation under the baseline is at most one, given everything
 * before it, whoever is asked; whom to ask next is decided by what is known before the
 * answer. Such a predictable choice keeps e^S a supermartingale, and so the sum over
 * hypotheses and the stopping rule (the e-detector argument needs no fixed schedule). What
 * it would not survive is dependence: in one blip every answer is bad, and asking more
 * often would only count it more often. So the vote slots stay (ring.h), an agent is asked
 * at most once a bucket, and the span rule is about time, not about counts. An answer is
 * weighed as any result is, once; a round of controls that was asked for stands beside the
 * scheduled round of the interval, not instead of it.
 *
 * Bounded: a wave of CONFIRM_WAVE asks at most each eighth of an interval for a target;
 * allowances of asks per target and fleet; of paid ones few an hour, and the caller takes
 * their money out of the reserve (budget.h) or drops them.
 *
 * Asks derive from the journalled state alone; in a replay they are made and thrown away. */
#ifndef COLLECTOR_CORE_CONFIRM_H
#define COLLECTOR_CORE_CONFIRM_H

#include "collector/core/correlate.h"
#include "collector/core/hypothesis.h"

enum {
	CONFIRM_WAVE = 4,
	CONFIRM_LEADS = 4,
	CONFIRM_SUSPECT_MNATS = 3000,
	CONFIRM_PAID_MNATS = 5000, /* more than one failure weighs */
	CONFIRM_KINDS = 3          /* WITNESS_TARGET, _FREE, _CONTROL */
};

/* What a configuration says of one probe. */
struct confirm_probe {
	uint64_t regions; /* whose agents run it */
	bool is_paid;
};

/* An allowance: room for a burst, and one more each gap. Full when `until` is past. */
struct confirm_allowance {
	struct mono until;
};

struct confirm {
	struct confirm_probe *probe;      /* [probes] */
	struct mono *asked_at;            /* [agents][CONFIRM_KINDS] */
	struct confirm_allowance *target; /* [targets] */
	struct confirm_allowance *paid;   /* [targets] */
	struct mono *wave_at;             /* [targets] not before */
	struct mono *last_at;             /* [targets] the last wave */
	struct mono
	    *ripe_at; /* [targets] a wave at this instant, whenever the last was */
	struct asked *asked; /* [targets] since the suspicion began */
	struct confirm_allowance fleet;
	struct mono next_at; /* a suspicion waits until then; MONO_NEVER: none does */
	struct ask ask[CORRELATE_ASKS]; /* of the last step */
	size_t ask_len;
};

struct correlate;

size_t confirm_bytes(const struct topology *topology);
bool confirm_init(
    struct confirm *confirm, struct arena *arena, const struct topology *topology);
void confirm_reset(struct confirm *confirm, const struct topology *topology);
/* Evidence for the hypothesis is no blip once a run that begins at `part` (parts of buckets)
 * fails too: that is the time to ask again. */
void confirm_ripens(struct correlate *engine, uint32_t hypothesis, int64_t part);
struct names;
/* For the saved state: what was asked, so that a restart asks nothing again. */
void confirm_put(const struct correlate *engine, struct buf *buf);
void confirm_get(struct correlate *engine, struct buf *buf, const struct names *names);
/* Decides whom to ask now. */
void confirm_step(struct correlate *engine, struct mono now);

#endif
