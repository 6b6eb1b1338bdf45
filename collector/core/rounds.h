/* rounds - the controls of an agent, taken together
 * Room: collector/core (pure).
 *
 * A single reference endpoint can fail for itself; a round fails when the majority of its
 * controls does (of two: both, of one: that one). A round is the interval a result's time
 * falls in; what was asked for (confirm.h) is a round beside the scheduled one. What a round says is a function of its members' results and times, so it can
 * be asked again whenever one more arrives, in any order. */
#ifndef COLLECTOR_CORE_ROUNDS_H
#define COLLECTOR_CORE_ROUNDS_H

#include "collector/core/hypothesis.h"
#include "collector/core/tempo.h"

enum {
	ROUNDS_MEMBERS = 8, /* further controls are probed and stored, not weighed */
	ROUNDS_RING = 34    /* rounds that touch the ring of buckets, asked ones too */
};

/* In the order that wins when one control reports twice in a bucket. */
enum round_status {
	ROUND_NONE = 0,
	ROUND_GOOD,
	ROUND_SLOW,
	ROUND_CUT
};

struct round_member {
	uint8_t status; /* enum round_status */
	uint8_t offset; /* bucket within the round */
	uint8_t outcome;
	uint8_t phase;
	bool is_asked; /* run on demand: of the interval's second round */
};

/* What a round says; `symptom` is SYMPTOM_COUNT while it says nothing. */
struct round_says {
	enum symptom symptom;
	uint8_t outcome;
	uint8_t phase;
	int64_t bucket;
};

struct round {
	int64_t index; /* 2 * interval, + 1 when asked for */
	struct round_member member[ROUNDS_MEMBERS];
	bool is_used;
	bool is_queued; /* waits for rounds_next() */
	/* what of it stands in the ring, kept by the engine */
	bool is_weighed;
	bool is_explained;
	uint8_t witness;
	struct round_says said;
	uint64_t targets;
	uint64_t entry;
};

struct rounds {
	const struct topology *topology;
	struct round *at;   /* [agents][ROUNDS_RING] */
	uint32_t *queue;    /* indices into `at` */
	uint8_t *member_of; /* [probes] */
	uint32_t queue_len;
	uint32_t members;
	int64_t round_buckets;
};

size_t rounds_bytes(const struct topology *topology);
bool rounds_init(struct rounds *rounds, struct arena *arena,
    const struct topology *topology, const struct tempo *tempo);
void rounds_reset(struct rounds *rounds);

/* Which member a control probe is; ROUNDS_MEMBERS when it is not weighed. */
uint8_t rounds_member(const struct rounds *rounds, uint16_t probe);

/* Notes a control's result and queues its round. False when a newer round has taken the
 * place: too late. */
bool rounds_note(struct rounds *rounds, uint16_t agent, int64_t bucket, uint8_t member,
    struct round_member result);

/* Queues the agent's rounds that contain `bucket`, if there are any. */
void rounds_touch(struct rounds *rounds, uint16_t agent, int64_t bucket);

struct round_says rounds_ask(const struct rounds *rounds, const struct round *round);

/* Takes one queued round; NULL when there is none. */
struct round *rounds_next(struct rounds *rounds, uint16_t *out_agent);

#endif
