/* engine - the parts of the correlation, put together
 * Room: collector/core (pure). Private to the correlation.
 *
 * correlate.c takes results in and steps; decide.c detects and names; lifecycle.c owns the
 * findings; explain.c adds the evidence up again; engine_state.c saves and loads. */
#ifndef COLLECTOR_CORE_ENGINE_H
#define COLLECTOR_CORE_ENGINE_H

#include "collector/core/confirm.h"
#include "collector/core/posterior.h"
#include "collector/core/ring.h"
#include "collector/core/rounds.h"
#include "collector/core/silence.h"
#include "collector/core/slowness.h"
#include "collector/core/trail.h"
#include "collector/core/usual.h"

enum {
	ENGINE_FIXED = 1024 /* unit of the decayed counts */
};

/* Of a provider's fault: how one of its targets does. */
struct sibling {
	int64_t recovery_mnats; /* as of the slot */
	int64_t recovery_next;
	struct mono last_bad_at;
};

/* One finding and what its life needs. */
struct slot {
	struct finding finding; /* what is told */
	uint32_t hypothesis;    /* HYPOTHESIS_NONE: a silence */
	int32_t *lambda;        /* [hypotheses], decayed evidence for each cause */
	uint8_t *touch;         /* [hypotheses] whose scope meets this one's */
	int64_t bad;            /* decayed counts in scope, 1/1024 */
	int64_t good;
	int64_t recovery_mnats; /* CUSUM backwards: evidence that it is over */
	int64_t recovery_next;  /* what arrived since the last step */
	struct mono last_bad_at;
	struct mono closed_at;
	struct mono clear_since; /* silence: nobody silent since */
	struct sibling sibling[LIMIT_TARGETS];
	uint32_t reopened;
	bool is_used;
	bool is_unknown;
};

/* What the weights need to know of one result. */
struct weighed {
	int64_t bucket;
	uint16_t agent;
	uint16_t target;  /* TOPOLOGY_NONE: a round */
	uint64_t targets; /* a round beside failures: of these targets */
	enum witness witness;
	enum symptom symptom;
	struct mono at;
	bool is_live;
};

struct correlate {
	const struct topology *topology;
	struct tempo tempo;
	struct hypotheses table;
	struct ring ring;
	struct trail trail;
	struct rounds rounds;
	struct slowness slowness;
	struct usual usual;
	struct silence silence;
	struct confirm confirm;
	struct slot slot[CORRELATE_FINDINGS];
	enum external_state external[LIMIT_TARGETS];
	int32_t shift_mnats[LIMIT_TARGETS]; /* given beside it; not saved */
	struct mono *pending_since;         /* [groups] */
	uint64_t *consumed; /* [groups] trail number: older entries are a finding's */
	struct mono *replay_from; /* [agents] */
	struct mono *replay_to;
	int32_t *lambda; /* scratch, [hypotheses] */
	int32_t *score;
	uint64_t *mass;
	size_t open_len; /* open findings, after the last step or load */
	struct mono
	    bucket_from; /* the newest bucket, so that most results divide nothing */
	struct mono bucket_until;
	uint64_t next_id;
	uint64_t late;
	struct finding_change *out; /* of the running step */
	size_t out_len;
	bool is_started;
	bool has_late_failure; /* a replay brought failures: look for what is over */
	bool has_more;         /* a step ended for want of room */
};

/* Buckets, both included. */
struct span {
	int64_t from;
	int64_t to;
};

/* Counts the open findings anew. */
void engine_count_open(struct correlate *engine);

/* As fresh as after correlate_init(). */
void engine_clear(struct correlate *engine);

#endif
