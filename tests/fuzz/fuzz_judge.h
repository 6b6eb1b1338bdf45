/* fuzz_judge - one body as the answer of one protocol, judged twice
 * Room: tests/fuzz.
 *
 * The first byte of the input chooses the HTTP status, the second the size of the pieces;
 * the rest is the body. */
#ifndef TESTS_FUZZ_FUZZ_JUDGE_H
#define TESTS_FUZZ_FUZZ_JUDGE_H

#include "common/core/utf8.h"
#include "tests/support/judge.h"

#include <assert.h>

static inline void
fuzz_judge(enum probe_kind kind, const uint8_t *data, size_t len)
{
	static const unsigned statuses[] = {200, 400, 401, 402, 403, 404, 429, 499, 500,
	    502, 503, 504, 204, 302, 304, 511};
	static struct check check;
	struct plan_probe probe = judge_probe(kind);

	if (len < 2) {
		return;
	}
	unsigned http = statuses[data[0] % (sizeof(statuses) / sizeof(statuses[0]))];
	probe.products = (data[0] & 0x80) != 0 ? "P1,P2" : "";
	probe.price_out_microusd = (data[0] & 0x40) != 0 ? 1000000 : 0;
	probe.cost_microusd = 7;
	struct result whole =
	    judge_answer(&check, &probe, http, "", judge_body(data + 2, len - 2, len));
	char detail[LIMIT_DETAIL_BYTES];
	(void)snprintf(detail, sizeof(detail), "%s", whole.detail);
	assert(utf8_printable(detail, strlen(detail)));
	assert(whole.outcome < OUTCOME_COUNT);
	assert((whole.flags & ~(uint32_t)FLAG_KNOWN_MASK) == 0);
	for (uint32_t i = 0; i < whole.observation_len; i++) {
		const struct observation *o = &whole.observation[i];
		assert(o->claim == CLAIM_CLEAR ? o->id[0] == '\0' : o->id[0] != '\0');
		assert(utf8_printable(o->title, strlen(o->title)));
	}
	uint64_t digest = check_image_digest(&check);
	assert(whole.outcome == OUTCOME_OK || whole.detail[0] != '\0' ||
	       probe_traits(kind)->family == FAMILY_PAGE);
	struct result parts = judge_answer(
	    &check, &probe, http, "", judge_body(data + 2, len - 2, 1 + data[1] % 16));
	assert(whole.outcome == parts.outcome);
	assert(whole.flags == parts.flags);
	assert(whole.retry_after_ms == parts.retry_after_ms);
	assert(whole.observation_len == parts.observation_len);
	assert(whole.cost_microusd == parts.cost_microusd);
	assert(digest == check_image_digest(&check));
	assert(strcmp(detail, parts.detail) == 0);
}

#endif
