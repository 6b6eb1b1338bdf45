/* backtest - what a machine found and told, kept, and compared with what another did
 * Room: collector/core (pure).
 *
 * A run is a list of incidents as one machine has them, each with its first page: the first
 * message of it at a paging level that was made for anybody, whatever became of the message.
 * Deliveries belong to the channels of that day and are not judged here.
 *
 * Two runs are compared page by page. A page of the one is that of the other when their
 * incidents overlap in time (from onset to end) and mean the same: first those with the same
 * verdict and scope, then the same scope, then the same who has to act and no other target.
 * The last two kinds have got another name. */
#ifndef COLLECTOR_CORE_BACKTEST_H
#define COLLECTOR_CORE_BACKTEST_H

#include "collector/core/effect.h"
#include "collector/core/incident.h"
#include "collector/core/orders.h"
#include "collector/core/outbox.h"
#include "collector/core/review.h"

enum {
	BACKTEST_ITEMS = 16384 /* incidents of one run */
};

struct backtest_item {
	uint64_t id;
	enum verdict verdict; /* as it was last */
	enum level level;
	enum scope_kind scope_kind;
	char scope_name[LIMIT_NAME_BYTES];
	char target[LIMIT_NAME_BYTES];
	char scope_text[INCIDENT_SCOPE_BYTES];
	struct wall onset_at;
	struct wall opened_at;
	struct wall resolved_at; /* 0 while open */
	uint32_t updates;
	uint32_t reopened;
	uint64_t digest; /* of its whole record: equal records have equal ones */
	bool is_paged;
	struct wall paged_at;
	enum verdict paged_as;
	enum level paged_level;
	bool is_reviewed;
	enum review_kind review;
};

struct backtest_run {
	struct backtest_item *item; /* BACKTEST_ITEMS of them, borrowed for life */
	size_t len;
	uint64_t beyond;        /* incidents that found no room */
	uint64_t wanted;        /* its record is kept whole; 0 = none */
	struct incident record; /* that record, when its id is not 0 */
	struct incident scratch;
	struct outbox_row row; /* likewise */
};

void backtest_init(struct backtest_run *run, struct backtest_item *items);

/* Keeps what the effects of one step say of incidents and messages. */
void backtest_take(struct backtest_run *run, const struct effects *effects);

/* The same for a row of the store: of TABLE_INCIDENT or TABLE_OUTBOX. A row that cannot be
 * read is passed over. */
void backtest_row(
    struct backtest_run *run, enum table table, const void *bytes, size_t len);

/* An order of the journal: reviews stay with the incident of that number. */
void backtest_order(struct backtest_run *run, const struct order *order);

/* NULL when there is none of that number. */
const struct backtest_item *backtest_find(
    const struct backtest_run *run, uint64_t incident);

/* The incident of `run` that is most likely the same fault as `item`, paged or not; NULL. */
const struct backtest_item *backtest_alike(
    const struct backtest_run *run, const struct backtest_item *item);

/* Reviews of `from` go to the incidents of `to` that are alike. */
void backtest_lend_reviews(
    const struct backtest_run *from, struct backtest_run *inout_to);

enum backtest_fate {
	BACKTEST_SAME = 0, /* both page, sooner or later */
	BACKTEST_AVOIDED, /* the old one alone, and nobody has said that it was worth it */
	BACKTEST_MISSED, /* the old one alone, and people said that it was worth it */
	BACKTEST_NEW,    /* the new one alone */
	BACKTEST_FATES
};

/* "same" "avoided" "missed" "new" */
const char *backtest_fate_name(enum backtest_fate fate);

struct backtest_pair {
	enum backtest_fate fate;
	const struct backtest_item *old_one; /* NULL: BACKTEST_NEW */
	const struct backtest_item *new_one; /* NULL: avoided, missed */
	int64_t delay_ns; /* how much later the new one pages; < 0: sooner */
	bool is_renamed;  /* another verdict, or another scope */
};

/* Pages from `since` to `until` (those of the old run by its time). `out` has room for
 * `cap`; returns how many there are in it, in the order of the old run, new ones last. */
size_t backtest_compare(const struct backtest_run *old_run,
    const struct backtest_run *new_run, struct wall since, struct wall until,
    struct backtest_pair *out, size_t cap);

#endif
