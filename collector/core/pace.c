#include "collector/core/pace.h"

#include <assert.h>
#include <stddef.h>

struct mono
pace_due(
    const struct pace *pace, const struct pace_rule rule[PACE_RULES], bool is_critical)
{
	struct mono due = {INT64_MIN};

	for (size_t i = 0; i < PACE_RULES; i++) {
		uint32_t places = rule[i].burst;
		struct mono at;

		if (places == 0) {
			continue;
		}
		assert(rule[i].reserve < places);
		places -= is_critical ? 0 : rule[i].reserve;
		/* With `places` taken, the bucket is full for places * every_ns. */
		at = mono_add(
		    pace->full_until[i], -(int64_t)(places - 1) * rule[i].every_ns);
		if (mono_before(due, at)) {
			due = at;
		}
	}
	return due;
}

void
pace_take(struct pace *pace, const struct pace_rule rule[PACE_RULES], struct mono now)
{
	for (size_t i = 0; i < PACE_RULES; i++) {
		struct mono from = pace->full_until[i];

		if (rule[i].burst == 0) {
			continue;
		}
		if (mono_before(from, now)) {
			from = now;
		}
		pace->full_until[i] = mono_add(from, rule[i].every_ns);
	}
}

void
pace_save(const struct pace *pace, struct buf *buf)
{
	for (size_t i = 0; i < PACE_RULES; i++) {
		buf_put_signed(buf, pace->full_until[i].ns);
	}
}

void
pace_load(struct pace *pace, struct buf *buf)
{
	for (size_t i = 0; i < PACE_RULES; i++) {
		pace->full_until[i].ns = buf_get_signed(buf);
	}
}
