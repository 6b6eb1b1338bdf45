#include "common/core/seqset.h"

#include <string.h>

void
seqset_init(struct seqset *set)
{
	set->len = 0;
}

/* Index of the first range whose end is not left of `seq`. */
static size_t
lower(const struct seqset *set, uint64_t seq)
{
	size_t low = 0;
	size_t high = set->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (set->range[middle].last < seq) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

/* Replaces `count` ranges from `at` by the `add_len` ranges at `add`. */
static enum err
splice(struct seqset *set, size_t at, size_t count, const struct seq_range *add,
    size_t add_len)
{
	size_t tail = set->len - at - count;

	if (set->len - count + add_len > LIMIT_SEQ_RANGES) {
		return ERR_LIMIT;
	}
	memmove(&set->range[at + add_len], &set->range[at + count],
	    tail * sizeof(set->range[0]));
	for (size_t i = 0; i < add_len; i++) {
		set->range[at + i] = add[i];
	}
	set->len = set->len - count + add_len;
	return ERR_OK;
}

enum err
seqset_add(struct seqset *set, uint64_t first, uint64_t last)
{
	struct seq_range merged = {first, last};
	size_t at;
	size_t end;

	if (first > last) {
		return ERR_INVALID;
	}
	/* A range that ends right before `first` is touched, hence first - 1. */
	at = lower(set, first == 0 ? 0 : first - 1);
	end = at;
	while (end < set->len &&
	       (last == UINT64_MAX || set->range[end].first <= last + 1)) {
		if (set->range[end].first < merged.first) {
			merged.first = set->range[end].first;
		}
		if (set->range[end].last > merged.last) {
			merged.last = set->range[end].last;
		}
		end++;
	}
	return splice(set, at, end - at, &merged, 1);
}

enum err
seqset_remove(struct seqset *set, uint64_t first, uint64_t last)
{
	struct seq_range rest[2];
	size_t rest_len = 0;
	size_t at;
	size_t end;

	if (first > last) {
		return ERR_INVALID;
	}
	at = lower(set, first);
	end = at;
	while (end < set->len && set->range[end].first <= last) {
		if (set->range[end].first < first) {
			rest[rest_len++] =
			    (struct seq_range){set->range[end].first, first - 1};
		}
		if (set->range[end].last > last) {
			rest[rest_len++] =
			    (struct seq_range){last + 1, set->range[end].last};
		}
		end++;
	}
	return splice(set, at, end - at, rest, rest_len);
}

bool
seqset_has(const struct seqset *set, uint64_t seq)
{
	size_t at = lower(set, seq);

	return at < set->len && set->range[at].first <= seq;
}

static uint64_t
add_saturating(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

uint64_t
seqset_overlap(const struct seqset *set, uint64_t first, uint64_t last)
{
	uint64_t count = 0;

	for (size_t i = lower(set, first); i < set->len && set->range[i].first <= last;
	     i++) {
		uint64_t from =
		    set->range[i].first > first ? set->range[i].first : first;
		uint64_t to = set->range[i].last < last ? set->range[i].last : last;

		count = add_saturating(count, add_saturating(to - from, 1));
	}
	return count;
}

uint64_t
seqset_count(const struct seqset *set)
{
	return seqset_overlap(set, 0, UINT64_MAX);
}

void
seqset_save(const struct seqset *set, struct buf *buf)
{
	buf_put_varint(buf, set->len);
	for (size_t i = 0; i < set->len; i++) {
		buf_put_varint(buf, set->range[i].first);
		buf_put_varint(buf, set->range[i].last - set->range[i].first);
	}
}

enum err
seqset_load(struct seqset *set, struct buf *buf)
{
	struct seqset loaded = {.len = 0};
	uint64_t len = buf_get_varint(buf);

	if (!buf_ok(buf) || len > LIMIT_SEQ_RANGES) {
		return ERR_FORMAT;
	}
	for (uint64_t i = 0; i < len; i++) {
		uint64_t first = buf_get_varint(buf);
		uint64_t length = buf_get_varint(buf);
		bool follows = i == 0 || (first > loaded.range[i - 1].last &&
					     first - loaded.range[i - 1].last > 1);

		if (!buf_ok(buf) || length > UINT64_MAX - first || !follows) {
			return ERR_FORMAT;
		}
		loaded.range[i] = (struct seq_range){first, first + length};
		loaded.len++;
	}
	*set = loaded;
	return ERR_OK;
}
