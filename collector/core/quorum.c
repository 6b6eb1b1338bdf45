#include "collector/core/quorum.h"

void
quorum_count(struct quorum_tally *tally, enum vote vote)
{
	switch (vote) {
	case VOTE_NONE:
		tally->silent++;
		break;
	case VOTE_UP:
		tally->up++;
		break;
	case VOTE_DOWN:
		tally->down++;
		break;
	}
}

/* Of `voters`, those who are down agree. */
static bool
is_reached(const struct quorum *quorum, uint32_t down, uint32_t voters)
{
	switch (quorum->kind) {
	case QUORUM_ANY:
		break;
	case QUORUM_MAJORITY:
		return 2 * down > voters;
	case QUORUM_COUNT:
		return down >= quorum->count;
	case QUORUM_SHARE:
		return down * 100 >= voters * quorum->percent;
	}
	return true;
}

enum vote
quorum_vote(const struct quorum *quorum, const struct quorum_tally *tally)
{
	uint32_t reporting = (uint32_t)tally->up + tally->down;
	uint32_t voters = reporting + (quorum->silent_is_up ? tally->silent : 0U);

	if (reporting == 0 || reporting < quorum->reporting_min) {
		return VOTE_NONE;
	}
	if (tally->down > 0 && is_reached(quorum, tally->down, voters)) {
		return VOTE_DOWN;
	}
	/* Whoever cannot reach the number has not said that all is well. */
	if (quorum->kind == QUORUM_COUNT && voters < quorum->count && tally->down > 0) {
		return VOTE_NONE;
	}
	return VOTE_UP;
}
