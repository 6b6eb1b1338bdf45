/* intent - what one receiver believes about one incident, and what it must be told next
 * Room: collector/core (pure).
 *
 * A receiver's belief is known as a set: after a delivery it is one thing, after a message
 * that may or may not have arrived it is two. An incident that is over must be resolved for
 * everybody who may believe it is firing; one that is open must be told to everybody who
 * may believe anything else. The wish is always computed from the present truth, never from
 * a history of events, so nothing is replayed and nothing is forgotten.
 *
 * What may be said when, to a receiver that certainly knows it as firing:
 * - a higher level, at once, whatever the channel wants;
 * - a verdict it has never been told for this incident, at once;
 * - any other change of facts, a fall of the level, and reminders: not before the cooldown
 *   has passed since the last message it took. So repeats are bounded: at most one a
 *   cooldown, one for each verdict, and one for each rise over a level told before.
 * An incident that flaps and comes back at no higher level waits for the cooldown too.
 * Each repeat without news doubles the wait for the next reminder, up to 32 times.
 *
 * While the incident is muted nothing is said but a resolve that is owed; while somebody has
 * acknowledged it, only a rise and a verdict that was not named before. Both are looked at
 * anew every time: when they end, what is true then is told, and nothing if that is known.
 * FIRING is used only for a receiver that certainly does not believe in it: never told, or
 * told that it was resolved. */
#ifndef COLLECTOR_CORE_INTENT_H
#define COLLECTOR_CORE_INTENT_H

#include "collector/core/incident.h"
#include "collector/core/message.h"
#include "common/core/buf.h"

/* What a receiver may believe: a set of bits, never empty. */
enum belief {
	BELIEF_NOTHING = 1 << 0,
	BELIEF_FIRING = 1 << 1,
	BELIEF_RESOLVED = 1 << 2,
	BELIEF_MASK = (1 << 3) - 1
};

enum {
	/* A channel that refuses for good is asked again after a cooldown, because tokens get
	 * repaired; after this many refusals in a row it is given up for the incident. */
	INTENT_REFUSALS_MAX = 8
};

/* How a channel wants to be told; see alert.h for the rest of its configuration. */
struct intent_policy {
	enum level level_min;
	uint8_t tier_mask; /* bit per enum tier whose incidents are told, 0 = all */
	bool wants_updates;
	int64_t cooldown_ns;
	int64_t remind_ns[LEVEL_COUNT]; /* 0 = never */
	bool is_muted;                  /* silenced, in maintenance, or a consequence */
	bool is_acked;
	/* For receivers that forget what is firing: they are told again so often, muted and
	 * acknowledged or not; 0 = no. */
	int64_t refresh_ns;
	/* Who does not know of the incident is not told before; MONO_NEVER: not at all. */
	struct mono first_at;
};

struct intent {
	uint8_t beliefs;       /* enum belief */
	bool is_unsure;        /* a lost message may have said something else since */
	uint16_t refusals;     /* in a row */
	uint32_t seq;          /* of the last row made, 0 = none */
	uint64_t row;          /* the live row, 0 = none */
	enum level told_level; /* these four: of the last message taken */
	enum verdict told_verdict;
	uint32_t told_updates;
	struct mono told_at;
	uint32_t told_verdicts; /* bit per verdict it was ever told */
	struct mono hold_until; /* after a refusal */
	uint8_t repeats;        /* taken since there was news */
	uint64_t
	    group; /* it was told with others of that group (alert_group.c), 0 = alone */
};

/* The next message and when it may leave. */
struct wish {
	bool any;
	enum message_kind kind;
	struct mono at; /* in the past: at once */
};

/* What a message says, as far as belief is concerned. */
struct intent_message {
	enum message_kind kind;
	enum level level;
	enum verdict verdict;
	uint32_t updates;
};

void intent_init(struct intent *intent);

struct wish intent_wish(const struct intent *intent, const struct incident *incident,
    const struct intent_policy *policy);

/* The receiver has the message. */
void intent_delivered(
    struct intent *intent, const struct intent_message *message, struct mono now);

/* The receiver refused the message for good; `maybe_delivered` says that an earlier attempt
 * of it may have arrived nevertheless. */
void intent_refused(struct intent *intent, const struct intent_message *message,
    bool maybe_delivered, const struct intent_policy *policy, struct mono now);

/* True when nothing will ever have to be said about `incident` unless it changes. */
bool intent_is_settled(const struct intent *intent, const struct incident *incident);

/* For snapshots; the reader sets the error of `buf` for values out of range. `version` is that
 * of the snapshot, see alert_state.c. */
void intent_encode(const struct intent *intent, struct buf *buf);
void intent_decode(struct buf *buf, uint64_t version, struct intent *out);

#endif
