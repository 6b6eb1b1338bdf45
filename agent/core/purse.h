/* purse - what this agent has spent, and may still spend, with each of its keys
 * Room: agent/core (pure).
 *
 * What a run costs at most is taken out before it starts, and written to the disk before it
 * starts (the shell's part), and what it did cost is settled when it is over: so a crash
 * may forget to give back, never to take. Days and months are UTC's. A clock that goes
 * back gives no money back: within a day, the later day goes on; by more, the clock was
 * wrong before, and what was spent counts for the day it is now.
 *
 * A run can cost more than it was said to (`cost` of the plan): by as much the limit is
 * overstepped once, and the next runs are held back for it. */
#ifndef AGENT_CORE_PURSE_H
#define AGENT_CORE_PURSE_H

#include "common/core/buf.h"
#include "common/core/clock.h"
#include "common/core/err.h"
#include "common/core/limits.h"
#include "common/core/plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PURSE_BYTES = LIMIT_KEYS * (LIMIT_NAME_BYTES + 80) + 64, /* saved, at most */
	PURSE_REASON_BYTES = 160
};

/* One key. A month is called by its first day. */
struct purse_account {
	char key[LIMIT_NAME_BYTES]; /* "" = free place */
	bool is_limited;            /* the plan has a budget for it */
	uint64_t day_share;         /* 0 = no limit; so the next */
	uint64_t month_share;
	uint32_t day; /* that `day_spent` and `day_extra` are of */
	uint64_t day_spent;
	uint64_t day_extra; /* granted beyond the share */
	uint64_t month_spent;
	uint64_t month_extra; /* of the days before this one in the month */
};

/* A run that money was taken out for. */
struct purse_run {
	bool is_used;
	uint32_t slot;
	uint32_t generation;
	uint32_t day;
	uint32_t taken;
	char key[LIMIT_NAME_BYTES];
};

struct purse {
	struct purse_account account[LIMIT_KEYS];
	struct purse_run run[LIMIT_IN_FLIGHT_PROBES];
};

/* Why a run may or may not start. */
enum purse_answer {
	PURSE_FREE = 0,    /* it costs nothing, or there is no limit to it */
	PURSE_TAKEN,       /* its cost was taken out: save, then start */
	PURSE_DAY_SPENT,   /* until the next day */
	PURSE_MONTH_SPENT, /* until the next month */
	PURSE_FULL         /* more runs or keys than there can be */
};

void purse_init(struct purse *purse);

/* The shares of a plan; what was spent stays. */
void purse_plan(struct purse *purse, const struct plan *plan);

/* A grant of the collector: absolute, so that one that comes twice does no harm, and never
 * less than before. True when it changed something, which is then to be saved. */
bool purse_grant(struct purse *purse, const char *key, uint32_t day,
    uint64_t extra_microusd, struct wall now);

/* May a run of `probe` start now? With PURSE_TAKEN its cost is taken out in the name of
 * {slot, generation} until purse_settle() or purse_return(). */
enum purse_answer purse_take(struct purse *purse, const struct plan_probe *probe,
    uint32_t slot, uint32_t generation, struct wall now);

/* The run is over. `cost_microusd` is what it was found to cost; with `is_unsure`, when it
 * may have been billed for more than was found, what was taken out stays spent, if that is
 * more. Returns what the run counts as, so that all say the same; false in `*out_changed`
 * when the purse is as it was. A run that nothing was taken out for counts as what it was
 * found to cost. */
uint32_t purse_settle(struct purse *purse, uint32_t slot, uint32_t generation,
    uint32_t cost_microusd, bool is_unsure, bool *out_changed);

/* It did not start at all: all of it comes back. */
void purse_return(struct purse *purse, uint32_t slot, uint32_t generation);

/* Says why, for people: "budget of key google for today is spent, next at 00:00 UTC". */
void purse_reason(
    enum purse_answer answer, const char *key, char out[PURSE_REASON_BYTES]);

/* The account of that place, brought to the day it is `now`; NULL for a place without a
 * limit. For what a poll says. */
const struct purse_account *purse_at(
    struct purse *purse, size_t place, struct wall now);

/* For the disk. Runs that were under way when it was saved stay paid. ERR_FORMAT,
 * ERR_VERSION: the purse is empty then. */
void purse_save(const struct purse *purse, struct buf *buf);
enum err purse_load(struct purse *purse, struct buf *buf) WARN_UNUSED;

#endif
