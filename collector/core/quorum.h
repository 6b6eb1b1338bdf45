/* quorum - how many of several must agree that a thing is down
 * Room: collector/core (pure).
 *
 * The vote of those who were asked, by one of four rules. Those who say nothing are left out,
 * or counted as content; while fewer than `reporting_min` say something the answer is
 * unknown, which is neither up nor down. Votes of votes nest: the answer of one quorum is a
 * vote of the next. */
#ifndef COLLECTOR_CORE_QUORUM_H
#define COLLECTOR_CORE_QUORUM_H

#include <stdbool.h>
#include <stdint.h>

enum vote {
	VOTE_NONE = 0, /* silent, or too few reported */
	VOTE_UP,
	VOTE_DOWN
};

enum quorum_kind {
	QUORUM_ANY = 0,
	QUORUM_MAJORITY, /* more than half */
	QUORUM_COUNT,    /* at least `count` */
	QUORUM_SHARE     /* at least `percent` of them */
};

struct quorum {
	enum quorum_kind kind;
	uint16_t count;
	uint8_t percent;
	uint16_t reporting_min; /* 0 and 1 mean one */
	bool silent_is_up;
};

struct quorum_tally {
	uint16_t up;
	uint16_t down;
	uint16_t silent;
};

/* One more voter. */
void quorum_count(struct quorum_tally *tally, enum vote vote);

enum vote quorum_vote(const struct quorum *quorum, const struct quorum_tally *tally);

#endif
