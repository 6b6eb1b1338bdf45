/* mute - silences and maintenance: what is not told for a while
 * Room: collector/core (pure).
 *
 * A mute holds back what is not told yet about the incidents its matcher fits: firings,
 * updates, reminders and escalation. Evidence and incidents go on, and a resolve that is owed
 * is never held back. When it ends nothing is replayed: what is still open is told as it is
 * then. A silence is of operators, for a while; maintenance is planned, and marks what
 * happens in it as expected.
 *
 * Times are the wall's, as people mean them. A mute is over exactly at its end, and is
 * forgotten then; the audit keeps who gave it and why.
 *
 * One with a zone is said in local time, and may come again (recur.h). Its begin and end are
 * then those of the occurrence that is on, or of the next one; its length is elapsed time,
 * whatever clocks do meanwhile. Occurrences that overlap are on as long as one of them is.
 * What it needs of its zone is a part of it, taken when it was given: a machine that knows
 * other rules by then does not change it. */
#ifndef COLLECTOR_CORE_MUTE_H
#define COLLECTOR_CORE_MUTE_H

#include "collector/core/matcher.h"
#include "collector/core/recur.h"
#include "common/core/buf.h"
#include "common/core/clock.h"
#include "common/core/err.h"

enum {
	MUTES_MAX = 64,
	MUTE_AUTHOR_BYTES = 96,
	MUTE_REASON_BYTES = 256,
	/* mute_encode() never needs more */
	MUTE_ROW_BYTES = 2048 + ZONE_ROW_BYTES + RECUR_TEXT_BYTES + LIMIT_NAME_BYTES,
	MUTES_SAVE_BYTES = MUTES_MAX * MUTE_ROW_BYTES + 64
};

/* The longest window that comes again, and the first number of those of the configuration. */
#define MUTE_LENGTH_MAX_NS (31 * 86400 * CLOCK_NS_PER_S)
#define MUTE_PLANNED_FIRST UINT64_C(1000000001)

/* Values are fixed: they stand in the journal. */
enum mute_kind {
	MUTE_SILENCE = 0,
	MUTE_MAINTENANCE,
	MUTE_KIND_COUNT
};

struct mute {
	uint64_t id; /* counts up from 1 over both kinds, never reused */
	enum mute_kind kind;
	struct matcher matcher;
	struct wall begin_at;
	struct wall end_at;
	struct wall made_at;
	char author[MUTE_AUTHOR_BYTES];
	char reason[MUTE_REASON_BYTES];
	/* Those with a zone only. */
	char name[LIMIT_NAME_BYTES]; /* in the configuration, else "" */
	struct zone zone;            /* zone.name "" = begin_at and end_at are all */
	struct recur recur;
	int64_t length_ns;
};

struct mutes {
	uint64_t last_id;
	size_t len;
	struct mute item[MUTES_MAX]; /* by id, rising */
};

const char *mute_kind_name(enum mute_kind kind); /* "silence" "maintenance" */

/* The first occurrence that ends after `now`: when it begins and ends. False when there is
 * none any more. */
bool mute_occurrence(const struct mute *mute, struct wall now,
    struct wall *out_begin_at, struct wall *out_end_at);

/* Adds a copy of `mute` under a new id; one with a zone gets its begin and end. ERR_INVALID:
 * it ends before it begins, or is over at `now`; ERR_LIMIT: there are MUTES_MAX. */
enum err mutes_add(struct mutes *mutes, const struct mute *mute, struct wall now,
    uint64_t *out_id) WARN_UNUSED;

/* Ends it now, with all that were to come. ERR_NOTFOUND: there is none of that id and kind. */
enum err mutes_expire(
    struct mutes *mutes, uint64_t id, enum mute_kind kind) WARN_UNUSED;

/* Moves those that are over on to their next occurrence, forgets those that have none. */
void mutes_sweep(struct mutes *mutes, struct wall now);

/* The first that holds back now what has these labels, maintenance before silences, or NULL.
 * `*out_look_at` is brought forward to when the answer may be another one. */
const struct mute *mutes_find(const struct mutes *mutes, const struct labels *labels,
    struct wall now, struct wall *out_look_at);

/* One mute. Reading: ERR_FORMAT, ERR_VERSION; `out` is then untouched. */
void mute_encode(const struct mute *mute, struct buf *buf);
enum err mute_decode(struct buf *buf, struct mute *out) WARN_UNUSED;

/* All of them. On an error there are none. */
void mutes_save(const struct mutes *mutes, struct buf *buf);
enum err mutes_load(struct mutes *mutes, struct buf *buf) WARN_UNUSED;

#endif
