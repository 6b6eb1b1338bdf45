/* sched - which probe is due
 * Room: agent/core (pure).
 *
 * Every probe has a grid of nominal instants: laid out once, when a plan brings it, on
 * the wall clock (instants where wall time modulo interval equals the probe's phase, so
 * that the agents of a fleet take turns), and from then on walked in steps of exactly
 * one interval of the monotonic clock. The wall clock is not read again: a step of it
 * can make neither a burst nor a hole. A run is due at its nominal instant plus up to 5
 * % of the interval either way, drawn anew each time and never added up.
 *
 * What goes wrong is counted, never caught up with:
 *  - a run that starts late serves the nominal instant nearest to its start; those it
 *    passed over are `missed`. Two runs of a probe are never closer than half an
 * interval less the jitter;
 *  - a probe whose run is still in flight when the next is due skips it: `overrun`;
 *  - with `in_flight_max` runs in flight the others wait, the longest due first; a
 * start later than the jitter bound is `late`;
 *  - when nobody asked for longer than SCHED_STALL_NS after a probe was due (suspended
 *    machine, paused VM), what has piled up is spread over the next seconds: `stalls`.
 *
 * A run is named by {slot, generation}. A slot keeps its number while its probe is in
 * the plan and while its run is in flight, across plans. */
#ifndef AGENT_CORE_SCHED_H
#define AGENT_CORE_SCHED_H

#include "common/core/arena.h"
#include "common/core/clock.h"
#include "common/core/err.h"
#include "common/core/heap.h"
#include "common/core/plan.h"
#include "common/core/rng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCHED_JITTER_DIVISOR  20                   /* 5 % */
#define SCHED_STALL_NS        (2 * CLOCK_NS_PER_S) /* asked this late: we were away */
#define SCHED_SPREAD_NS       (10 * CLOCK_NS_PER_S) /* where the pile then goes, at most */
#define SCHED_INTERVAL_MS_MAX UINT32_C(604800000) /* a week */
#define SCHED_NO_PROBE        UINT32_MAX

struct sched_conf {
	uint32_t probes_max;    /* schedules, <= LIMIT_PLAN_PROBES */
	uint32_t in_flight_max; /* runs at a time, 1..LIMIT_IN_FLIGHT_PROBES */
	uint64_t seed;          /* of the jitter; agents should differ */
};

struct sched_counts {
	uint64_t runs;    /* started on schedule or on demand */
	uint64_t missed;  /* nominal instants nobody served */
	uint64_t overrun; /* skipped because the run before was in flight */
	uint64_t late;    /* started later than the jitter bound */
	int64_t late_max_ns;
	uint64_t stalls; /* times a pile was spread */
};

struct sched_run {
	uint32_t slot;
	uint32_t generation;
};

/* A run that is to start now. */
struct sched_due {
	struct sched_run run;
	uint32_t probe;  /* index into the plan that was applied last */
	bool on_demand;  /* asked for by sched_demand() */
	int64_t late_ns; /* since it was due */
};

struct sched_slot; /* in sched.c */

struct sched {
	struct sched_conf conf;
	struct sched_counts counts;
	struct rng rng;
	struct heap heap; /* by slot, key = due */
	struct sched_slot *slot;
	uint32_t slots_used; /* beyond these no slot was ever touched */
	uint32_t *free_slot; /* stack of those that were given back */
	uint32_t free_len;
	uint32_t *name_table; /* used inside sched_apply() only */
	uint32_t name_mask;
	uint32_t *by_probe; /* slot of each probe of the plan */
	uint32_t probes;
	uint32_t in_flight;
	bool piled; /* due runs wait for a place since the last sched_next() */
};

/* Bytes of arena that sched_init() takes. */
size_t sched_bytes(const struct sched_conf *conf);

/* Starts with an empty plan. ERR_INVALID: `conf` outside its ranges; ERR_LIMIT: the
 * arena is too small. */
WARN_UNUSED enum err sched_init(
    struct sched *sched, struct arena *arena, const struct sched_conf *conf);

/* Replaces the plan. Probes that were there by the same series, interval and phase keep
 * their schedule; others get a new grid; those that are gone end, but their runs in
 * flight stay known until sched_finished(). The texts of `plan` are borrowed until the
 * next sched_apply() has returned (so the old plan must live through this call).
 * ERR_INVALID: an interval of 0 or beyond SCHED_INTERVAL_MS_MAX, a series twice;
 * ERR_LIMIT: more than `probes_max` probes. On failure nothing has changed. */
WARN_UNUSED enum err sched_apply(
    struct sched *sched, const struct plan *plan, struct now now);

/* The next run to start at `now`, which counts as in flight from here on; false when
 * there is none. To be called until it says so. */
bool sched_next(struct sched *sched, struct mono now, struct sched_due *out_due);

/* Asks for a run of `probe` (an index into the plan) besides its schedule, as soon as
 * there is room. ERR_AGAIN when a run of it is in flight: that one will do;
 * ERR_NOTFOUND when there is no such probe. */
WARN_UNUSED enum err sched_demand(struct sched *sched, uint32_t probe, struct mono now);

/* The run is over. False when it is not one in flight (a stale completion): ignored. */
bool sched_finished(struct sched *sched, struct sched_run run);

/* The probe, by its index in the current plan, whose run this is: SCHED_NO_PROBE when
 * the plan no longer has it, or `run` is stale. */
uint32_t sched_probe(const struct sched *sched, struct sched_run run);

/* When to call sched_next() again; MONO_NEVER while no probe is scheduled or all places
 * are taken (then the end of a run is the event to wait for). */
struct mono sched_deadline(const struct sched *sched);

#endif
