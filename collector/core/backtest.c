#include "collector/core/backtest.h"

#include <assert.h>
#include <string.h>

void
backtest_init(struct backtest_run *run, struct backtest_item *items)
{
	memset(run, 0, sizeof(*run));
	run->item = items;
}

/* ---- keeping ---- */

static struct backtest_item *
item_of(struct backtest_run *run, uint64_t id)
{
	for (size_t i = run->len; i > 0; i--) {
		if (run->item[i - 1].id == id) {
			return &run->item[i - 1];
		}
	}
	return NULL;
}

const struct backtest_item *
backtest_find(const struct backtest_run *run, uint64_t incident)
{
	for (size_t i = run->len; i > 0; i--) {
		if (run->item[i - 1].id == incident) {
			return &run->item[i - 1];
		}
	}
	return NULL;
}

static struct backtest_item *
item_for(struct backtest_run *run, uint64_t id)
{
	struct backtest_item *item = item_of(run, id);

	if (item == NULL && run->len < BACKTEST_ITEMS) {
		item = &run->item[run->len++];
		*item = (struct backtest_item){.id = id};
	} else if (item == NULL) {
		run->beyond++;
	}
	return item;
}

/* FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/ */
static uint64_t
digest_of(const unsigned char *bytes, size_t len)
{
	uint64_t digest = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++) {
		digest = (digest ^ bytes[i]) * UINT64_C(0x100000001b3);
	}
	return digest;
}

static void
take_incident(struct backtest_run *run, const void *bytes, size_t len)
{
	struct incident *incident = &run->scratch;
	struct backtest_item *item;
	struct buf buf;

	buf_read(&buf, bytes, len);
	if (incident_decode(&buf, incident) != ERR_OK) {
		return;
	}
	item = item_for(run, incident->id);
	if (item == NULL) {
		return;
	}
	item->verdict = incident->verdict;
	item->level = incident->level;
	item->scope_kind = incident->scope_kind;
	memcpy(item->scope_name, incident->scope_name, sizeof(item->scope_name));
	memcpy(item->target, incident->target, sizeof(item->target));
	memcpy(item->scope_text, incident->scope_text, sizeof(item->scope_text));
	item->onset_at = incident->onset_at;
	item->opened_at = incident->opened_at;
	item->resolved_at = incident->resolved_at;
	item->updates = incident->updates;
	item->reopened = incident->reopened;
	item->digest = digest_of(bytes, len);
	if (incident->id == run->wanted) {
		run->record = *incident;
	}
}

/* The first word about an incident at a level that calls somebody. */
static void
take_member(
    struct backtest_run *run, const struct outbox_member *member, struct wall queued_at)
{
	struct backtest_item *item = item_of(run, member->incident);

	if (item == NULL || member->message.kind == MESSAGE_RESOLVED ||
	    member->message.level < LEVEL_WARNING ||
	    (item->is_paged && item->paged_at.ns <= queued_at.ns)) {
		return;
	}
	item->is_paged = true;
	item->paged_at = queued_at;
	item->paged_as = member->message.verdict;
	item->paged_level = member->message.level;
}

static void
take_message(struct backtest_run *run, const void *bytes, size_t len)
{
	struct outbox_row *row = &run->row;
	struct buf buf;

	buf_read(&buf, bytes, len);
	if (outbox_decode(&buf, row) != ERR_OK) {
		return;
	}
	for (size_t i = 0; i < row->member_len; i++) {
		take_member(run, &row->member[i], row->queued_at);
	}
}

void
backtest_row(struct backtest_run *run, enum table table, const void *bytes, size_t len)
{
	if (table == TABLE_INCIDENT) {
		take_incident(run, bytes, len);
	} else if (table == TABLE_OUTBOX) {
		take_message(run, bytes, len);
	}
}

void
backtest_take(struct backtest_run *run, const struct effects *effects)
{
	for (size_t i = 0; i < effects->len; i++) {
		const struct effect *effect = &effects->item[i];

		if (effect->kind == EFFECT_PUT) {
			backtest_row(
			    run, effect->table, effect->value, effect->value_len);
		}
	}
}

void
backtest_order(struct backtest_run *run, const struct order *order)
{
	struct backtest_item *item;
	uint64_t incident;
	uint64_t kind;
	struct buf buf;

	if (order->kind != ORDER_REVIEW || order->refused != ERR_OK) {
		return;
	}
	buf_read(&buf, order->arguments, order->arguments_len);
	incident = buf_get_varint(&buf);
	(void)buf_get_varint(&buf); /* the rule */
	kind = buf_get_varint(&buf);
	item = buf_ok(&buf) ? item_of(run, incident) : NULL;
	if (item != NULL && kind < REVIEW_KIND_COUNT) {
		item->is_reviewed = true;
		item->review = (enum review_kind)kind;
	}
}

/* ---- comparing ---- */

static int64_t
end_of(const struct backtest_item *item)
{
	return item->resolved_at.ns != 0 ? item->resolved_at.ns : INT64_MAX;
}

static bool
overlaps(const struct backtest_item *a, const struct backtest_item *b)
{
	return a->onset_at.ns <= end_of(b) && b->onset_at.ns <= end_of(a);
}

static bool
has_scope(const struct backtest_item *a, const struct backtest_item *b)
{
	return a->scope_kind == b->scope_kind &&
	       strcmp(a->scope_name, b->scope_name) == 0 &&
	       strcmp(a->target, b->target) == 0;
}

enum {
	ALIKE_NOT = 0,
	ALIKE_IN_BLAME,
	ALIKE_IN_SCOPE,
	ALIKE_WHOLLY
};

static int
likeness(const struct backtest_item *a, const struct backtest_item *b)
{
	bool is_other = a->target[0] != '\0' && b->target[0] != '\0' &&
			strcmp(a->target, b->target) != 0;

	if (!overlaps(a, b)) {
		return ALIKE_NOT;
	}
	if (has_scope(a, b)) {
		return a->verdict == b->verdict ? ALIKE_WHOLLY : ALIKE_IN_SCOPE;
	}
	return verdict_blame(a->verdict) == verdict_blame(b->verdict) && !is_other
		   ? ALIKE_IN_BLAME
		   : ALIKE_NOT;
}

static int64_t
apart_ns(struct wall a, struct wall b)
{
	return a.ns > b.ns ? a.ns - b.ns : b.ns - a.ns;
}

const struct backtest_item *
backtest_alike(const struct backtest_run *run, const struct backtest_item *item)
{
	const struct backtest_item *best = NULL;
	int most = ALIKE_NOT;

	for (size_t i = 0; i < run->len; i++) {
		const struct backtest_item *other = &run->item[i];
		int alike = likeness(item, other);

		if (alike > most ||
		    (alike == most && best != NULL &&
			apart_ns(other->opened_at, item->opened_at) <
			    apart_ns(best->opened_at, item->opened_at))) {
			best = other;
			most = alike;
		}
	}
	return best;
}

void
backtest_lend_reviews(const struct backtest_run *from, struct backtest_run *inout_to)
{
	for (size_t i = 0; i < from->len; i++) {
		const struct backtest_item *item = &from->item[i];
		const struct backtest_item *found =
		    item->is_reviewed ? backtest_alike(inout_to, item) : NULL;
		struct backtest_item *to =
		    found != NULL ? item_of(inout_to, found->id) : NULL;

		if (to != NULL) {
			to->is_reviewed = true;
			to->review = item->review;
		}
	}
}

const char *
backtest_fate_name(enum backtest_fate fate)
{
	static const char *const names[BACKTEST_FATES] = {
	    "same", "avoided", "missed", "new"};

	assert((unsigned)fate < BACKTEST_FATES);
	return names[fate];
}

static bool
is_within(const struct backtest_item *item, struct wall since, struct wall until)
{
	return item->is_paged && item->paged_at.ns >= since.ns &&
	       item->paged_at.ns <= until.ns;
}

static bool
is_taken(const struct backtest_pair *pair, size_t len, const struct backtest_item *item)
{
	for (size_t i = 0; i < len; i++) {
		if (pair[i].new_one == item) {
			return true;
		}
	}
	return false;
}

/* Of the new run, the page that is `pair`'s and nobody else's, that is so much alike. */
static const struct backtest_item *
partner(const struct backtest_run *run, const struct backtest_pair *pairs, size_t len,
    const struct backtest_item *item, int alike)
{
	const struct backtest_item *best = NULL;

	for (size_t i = 0; i < run->len; i++) {
		const struct backtest_item *other = &run->item[i];

		if (other->is_paged && likeness(item, other) == alike &&
		    !is_taken(pairs, len, other) &&
		    (best == NULL || apart_ns(other->paged_at, item->paged_at) <
					 apart_ns(best->paged_at, item->paged_at))) {
			best = other;
		}
	}
	return best;
}

static void
judge_pair(struct backtest_pair *pair)
{
	const struct backtest_item *old_one = pair->old_one;

	if (pair->new_one != NULL) {
		pair->fate = BACKTEST_SAME;
		pair->delay_ns = pair->new_one->paged_at.ns - old_one->paged_at.ns;
		pair->is_renamed = likeness(old_one, pair->new_one) != ALIKE_WHOLLY;
	} else if (old_one->is_reviewed &&
		   (old_one->review == REVIEW_TRUE || old_one->review == REVIEW_LATE)) {
		pair->fate = BACKTEST_MISSED;
	} else {
		pair->fate = BACKTEST_AVOIDED;
	}
}

/* Drops the pairs whose old page is none of the time that is asked for. */
static size_t
keep_within(
    struct backtest_pair *pair, size_t len, struct wall since, struct wall until)
{
	size_t kept = 0;

	for (size_t i = 0; i < len; i++) {
		if (is_within(pair[i].old_one, since, until)) {
			pair[kept++] = pair[i];
		}
	}
	return kept;
}

static size_t
add_new(const struct backtest_run *run, struct wall since, struct wall until,
    struct backtest_pair *out, size_t len, size_t cap)
{
	size_t paired = len;

	for (size_t i = 0; i < run->len && len < cap; i++) {
		const struct backtest_item *item = &run->item[i];

		if (is_within(item, since, until) && !is_taken(out, paired, item)) {
			out[len++] = (struct backtest_pair){
			    .fate = BACKTEST_NEW, .new_one = item};
		}
	}
	return len;
}

size_t
backtest_compare(const struct backtest_run *old_run, const struct backtest_run *new_run,
    struct wall since, struct wall until, struct backtest_pair *out, size_t cap)
{
	size_t len = 0;
	size_t kept;
	size_t all;

	for (size_t i = 0; i < old_run->len && len < cap; i++) {
		if (old_run->item[i].is_paged) {
			out[len++] =
			    (struct backtest_pair){.old_one = &old_run->item[i]};
		}
	}
	for (int alike = ALIKE_WHOLLY; alike > ALIKE_NOT; alike--) {
		for (size_t i = 0; i < len; i++) {
			if (out[i].new_one == NULL) {
				out[i].new_one =
				    partner(new_run, out, len, out[i].old_one, alike);
			}
		}
	}
	for (size_t i = 0; i < len; i++) {
		judge_pair(&out[i]);
	}
	/* Behind the pairs, so that one with a page of another time is not new. */
	all = add_new(new_run, since, until, out, len, cap);
	kept = keep_within(out, len, since, until);
	memmove(out + kept, out + len, (all - len) * sizeof(*out));
	return kept + (all - len);
}
