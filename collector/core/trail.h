/* trail - the results the ring still weighs, one by one, for the explanation
 * Room: collector/core (pure).
 *
 * The statistic is a sum over these entries; explain.h adds them up again by what they
 * were. A round of controls is one entry. Oldest entries give way when there are more than
 * the schedule lets expect; the explanation then has a remainder. */
#ifndef COLLECTOR_CORE_TRAIL_H
#define COLLECTOR_CORE_TRAIL_H

#include "collector/core/hypothesis.h"

enum trail_mark {
	TRAIL_EXPLAINED = 1,     /* an open finding explained it when it came */
	TRAIL_FIRST = 2,         /* set its bit in the target's votes */
	TRAIL_FIRST_SIBLINGS = 4 /* the same in those of the target's provider */
};

struct trail_entry {
	int64_t bucket;
	int64_t started; /* when the run began, in parts of buckets (blips.h) */
	uint16_t agent;
	uint16_t target; /* TOPOLOGY_NONE for rounds of controls */
	uint8_t outcome;
	uint8_t phase;
	uint8_t witness;
	uint8_t symptom;
	uint8_t marks;
	uint8_t first_shared; /* set its bit in the votes of group 0 */
	uint8_t is_void;      /* a round that was decided otherwise later */
	uint64_t targets;     /* rounds beside a failure: the targets that had failed */
};

struct trail {
	struct trail_entry *entry;
	uint64_t head; /* entries ever written */
	size_t cap;
};

size_t trail_cap(const struct topology *topology);
size_t trail_bytes(const struct topology *topology);
bool trail_init(
    struct trail *trail, struct arena *arena, const struct topology *topology);

/* Appends and returns the entry's number. */
uint64_t trail_put(struct trail *trail, const struct trail_entry *entry);

/* The entry of that number, NULL when it has given way. */
struct trail_entry *trail_at(const struct trail *trail, uint64_t number);

/* Number of the oldest entry that is still there. */
uint64_t trail_oldest(const struct trail *trail);

#endif
