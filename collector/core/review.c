#include "collector/core/review.h"

#include <string.h>

enum {
	MOST = 400000 /* reviews of one rule that are reckoned with */
};

static const char *const names[REVIEW_KIND_COUNT] = {
    [REVIEW_TRUE] = "true",
    [REVIEW_FALSE_POSITIVE] = "false-positive",
    [REVIEW_EXPECTED] = "expected",
    [REVIEW_DUPLICATE] = "duplicate",
    [REVIEW_LATE] = "late",
};

const char *
review_kind_name(enum review_kind kind)
{
	return kind < REVIEW_KIND_COUNT ? names[kind] : "unknown";
}

bool
review_kind_find(const char *name, enum review_kind *out_kind)
{
	for (unsigned i = 0; i < REVIEW_KIND_COUNT; i++) {
		if (strcmp(name, names[i]) == 0) {
			*out_kind = (enum review_kind)i;
			return true;
		}
	}
	return false;
}

static void
remove_at(struct reviews *reviews, size_t i)
{
	reviews->len--;
	memmove(&reviews->item[i], &reviews->item[i + 1],
	    (reviews->len - i) * sizeof(reviews->item[0]));
}

void
reviews_put(struct reviews *reviews, const struct review *review)
{
	for (size_t i = 0; i < reviews->len; i++) {
		const struct review *old = &reviews->item[i];

		if (old->incident == review->incident) {
			reviews->count[old->rule][old->kind]--;
			remove_at(reviews, i);
			break;
		}
	}
	if (reviews->len == REVIEWS_MAX) {
		remove_at(reviews, 0); /* it stays counted */
	}
	reviews->item[reviews->len++] = *review;
	reviews->count[review->rule][review->kind]++;
}

/* The whole part of the root, by Newton's method from above. */
static uint64_t
root(uint64_t value)
{
	uint64_t guess = value;
	uint64_t next = value / 2 + 1;

	while (next < guess) {
		guess = next;
		next = (guess + value / guess) / 2;
	}
	return guess;
}

struct review_score
reviews_score(const struct reviews *reviews, enum verdict rule)
{
	/* z = 1.96; everything in ten-thousandths */
	const uint64_t z_squared = 38416;
	const uint64_t *count = reviews->count[rule];
	struct review_score score = {.worth = count[REVIEW_TRUE] + count[REVIEW_LATE]};
	uint64_t n = 0;
	uint64_t wide;
	uint64_t middle_ppm;
	uint64_t half_ppm;

	for (unsigned i = 0; i < REVIEW_KIND_COUNT; i++) {
		n += count[i];
	}
	score.reviewed = n;
	if (n == 0 || n > MOST) {
		return score;
	}
	wide = n * 10000 + z_squared;
	middle_ppm = (score.worth * 10000 + z_squared / 2) * 1000000 / wide;
	half_ppm =
	    1960000 *
	    root(score.worth * (n - score.worth) * 100000000 / n + z_squared * 2500) /
	    wide;
	score.precision_ppm = (uint32_t)(score.worth * 1000000 / n);
	score.low_ppm = (uint32_t)(middle_ppm > half_ppm ? middle_ppm - half_ppm : 0);
	score.high_ppm =
	    (uint32_t)(middle_ppm + half_ppm < 1000000 ? middle_ppm + half_ppm
						       : 1000000);
	return score;
}

void
reviews_save(const struct reviews *reviews, struct buf *buf)
{
	buf_put_varint(buf, VERDICT_COUNT);
	for (size_t i = 0; i < VERDICT_COUNT; i++) {
		for (size_t k = 0; k < REVIEW_KIND_COUNT; k++) {
			buf_put_varint(buf, reviews->count[i][k]);
		}
	}
	buf_put_varint(buf, reviews->len);
	for (size_t i = 0; i < reviews->len; i++) {
		const struct review *review = &reviews->item[i];

		buf_put_varint(buf, review->incident);
		buf_put_varint(buf, (uint64_t)review->rule);
		buf_put_varint(buf, (uint64_t)review->kind);
		buf_put_signed(buf, review->made_at.ns);
		buf_put_text(buf, review->author);
		buf_put_text(buf, review->reason);
	}
}

static void
load_review(struct buf *buf, struct review *out)
{
	uint64_t rule;
	uint64_t kind;

	out->incident = buf_get_varint(buf);
	rule = buf_get_varint(buf);
	kind = buf_get_varint(buf);
	out->made_at.ns = buf_get_signed(buf);
	buf_get_text(buf, out->author, sizeof(out->author));
	buf_get_text(buf, out->reason, sizeof(out->reason));
	if (rule >= VERDICT_COUNT || kind >= REVIEW_KIND_COUNT) {
		buf->failed = true;
		return;
	}
	out->rule = (enum verdict)rule;
	out->kind = (enum review_kind)kind;
}

enum err
reviews_load(struct reviews *reviews, struct buf *buf)
{
	uint64_t rules = buf_get_varint(buf);
	uint64_t len;

	memset(reviews, 0, sizeof(*reviews));
	if (rules > VERDICT_COUNT) {
		buf->failed = true;
	}
	for (uint64_t i = 0; i < rules && buf_ok(buf); i++) {
		for (size_t k = 0; k < REVIEW_KIND_COUNT; k++) {
			reviews->count[i][k] = buf_get_varint(buf);
		}
	}
	len = buf_get_varint(buf);
	if (len > REVIEWS_MAX) {
		buf->failed = true;
	}
	for (uint64_t i = 0; i < len && buf_ok(buf); i++) {
		load_review(buf, &reviews->item[i]);
		reviews->len++;
	}
	/* what is remembered was counted */
	for (size_t i = 0; i < reviews->len && buf_ok(buf); i++) {
		const struct review *review = &reviews->item[i];

		if (reviews->count[review->rule][review->kind] == 0) {
			buf->failed = true;
		}
	}
	if (!buf_ok(buf)) {
		memset(reviews, 0, sizeof(*reviews));
		return ERR_FORMAT;
	}
	return ERR_OK;
}
