/* blips - how long a short failure lasts that is no fault yet
 * Room: collector/core (pure). Private to the correlation.
 *
 * Results of one agent share its blips: until one is over, further failures of the agent
 * say little. How long that is differs by agent and is learned: the length of runs of
 * failures that no finding took, from the start of the first failing run to the middle
 * between those of the last one and of the next good one of the same agent, 95th percentile.
 * For a target likewise, from the first to the last failing run where several agents failed
 * together: a hiccup of theirs.
 *
 * A sample moves the estimate up by 19 steps or down by one; the step is 1/64 of the
 * estimate at first and shrinks to 1/1024, so one sample of any size moves little, and an
 * outage that no finding took counts once. Runs are kept with the ring and looked at when
 * their bucket leaves it, whole, so the order of arrival is nothing to what is learned.
 *
 * Instants are parts of a bucket: BLIPS_PARTS of them. */
#ifndef COLLECTOR_CORE_BLIPS_H
#define COLLECTOR_CORE_BLIPS_H

#include "collector/core/tempo.h"

enum {
	BLIPS_PARTS = 64,
	/* in parts: 34, 13, 5, 60 and 120 s of a bucket of ten */
	BLIPS_AGENT_PRIOR = 218,
	BLIPS_TARGET_PRIOR = 84,
	BLIPS_MIN = 32,
	BLIPS_TARGET_MAX = 384,
	BLIPS_MAX = 768,
	BLIPS_SLOT_MAX = 12 /* buckets: the longest vote slot */
};

/* Failing and good runs that began in one bucket: part + 1, 0 = none. */
struct blips_mark {
	uint8_t bad_first;
	uint8_t bad_last;
	uint8_t good_last;
	uint8_t agents; /* targets: who failed, a hash of 8 bits */
};

/* What is known of one agent, or of one target. */
struct blips_gauge {
	int32_t length; /* 1/256 parts */
	uint32_t samples;
	int64_t
	    run_from; /* parts since the origin of buckets; run_from > run_to: none */
	int64_t run_to;
	uint8_t run_agents;
};

struct blips {
	struct blips_mark *mark;   /* [TEMPO_RING][agents + targets] */
	struct blips_gauge *gauge; /* [agents + targets] */
	uint16_t agent_len;
	uint16_t target_len;
};

size_t blips_bytes(const struct topology *topology);
bool blips_init(
    struct blips *blips, struct arena *arena, const struct topology *topology);
void blips_reset(struct blips *blips);

/* A run of `agent` for `target` began at `part` of a bucket the ring holds. */
void blips_note(struct blips *blips, int64_t bucket, uint16_t agent, uint16_t target,
    uint8_t part, bool is_bad);

/* `bucket` leaves the ring: learns from it and empties its marks for the next. */
void blips_leave(struct blips *blips, int64_t bucket);

/* A finding took the failures of `agent`: they are no blip. */
void blips_forget_agent(struct blips *blips, uint16_t agent);
void blips_forget_target(struct blips *blips, uint16_t target);

/* 95th percentile in parts. */
int32_t blips_agent(const struct blips *blips, uint16_t agent);
int32_t blips_target(const struct blips *blips, uint16_t target);

struct names;
/* For the saved state. Values that cannot be make `buf` fail. */
void blips_put(const struct blips *blips, struct buf *buf);
void blips_get(struct blips *blips, struct buf *buf, const struct names *names);

/* Buckets in which the agent has one full vote, 1..BLIPS_SLOT_MAX. */
uint8_t blips_slot(const struct blips *blips, uint16_t agent);

#endif
