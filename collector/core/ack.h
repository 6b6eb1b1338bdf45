/* ack - somebody has an incident in hand
 * Room: collector/core (pure).
 *
 * An acknowledgement stops reminders, repeats and the escalation clock of one incident. It
 * never holds back a resolve, a rise of the level, or a cause that was not named before. It
 * ends at its time, with the incident, and by a rise above the level it was given at.
 * Its end is on journal time: "for 2h" means two hours, whatever the clock is set to. */
#ifndef COLLECTOR_CORE_ACK_H
#define COLLECTOR_CORE_ACK_H

#include "collector/core/incident.h"
#include "common/core/buf.h"
#include "common/core/clock.h"
#include "common/core/err.h"

enum {
	ACKS_MAX = 64, /* as many as incidents can be open */
	ACK_AUTHOR_BYTES = 96,
	ACK_REASON_BYTES = 256,
	ACKS_SAVE_BYTES = ACKS_MAX * 448 + 64
};

struct ack {
	uint64_t incident;
	enum level level; /* of the incident when it was given */
	struct wall made_at;
	struct mono until; /* MONO_NEVER: as long as the incident */
	char author[ACK_AUTHOR_BYTES];
	char reason[ACK_REASON_BYTES];
};

struct acks {
	size_t len;
	struct ack item[ACKS_MAX];
};

/* Takes the place of an earlier one of the same incident. ERR_LIMIT. */
enum err acks_put(struct acks *acks, const struct ack *ack) WARN_UNUSED;

/* False when there is none. */
bool acks_remove(struct acks *acks, uint64_t incident);

/* That which holds for the incident as it is at `now`, or NULL. */
const struct ack *acks_find(
    const struct acks *acks, const struct incident *incident, struct mono now);

/* Removes what is over for the incident as it is: it was resolved, or has risen. */
void acks_changed(struct acks *acks, const struct incident *incident);
/* Removes what is over by time. */
void acks_sweep(struct acks *acks, struct mono now);

/* On an error there are none. ERR_FORMAT. */
void acks_save(const struct acks *acks, struct buf *buf);
enum err acks_load(struct acks *acks, struct buf *buf) WARN_UNUSED;

#endif
