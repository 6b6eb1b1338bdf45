/* judge_source - tables of what a status page says and what is to be made of it
 * Room: tests/support. cmocka's header comes first (test.h). */
#ifndef TESTS_SUPPORT_JUDGE_SOURCE_H
#define TESTS_SUPPORT_JUDGE_SOURCE_H

#include "tests/support/judge.h"
#include "tests/support/test.h"

/* One answer with HTTP 200. `claim` is that of the first observation, if there is one. */
struct judge_source_row {
	const char *items; /* what the plan asks for: `products` */
	const char *body;
	enum outcome outcome;
	uint32_t observations;
	enum claim claim;
};

/* One answer without a body. */
struct judge_source_http {
	unsigned http;
	enum outcome outcome;
	uint32_t flags;
};

static inline void
judge_source_row(struct check *check, enum probe_kind kind,
    const struct judge_source_row *row, size_t step)
{
	struct plan_probe probe = judge_probe(kind);
	struct result result;

	probe.products = row->items;
	result = judge_answer(
	    check, &probe, 200, "", judge_body(row->body, strlen(row->body), step));
	if (result.outcome != row->outcome ||
	    result.observation_len != row->observations ||
	    (result.observation_len > 0 && result.observation[0].claim != row->claim)) {
		fail_msg("%s, %s: %s, %u, %s", row->items, row->body,
		    outcome_name(result.outcome), result.observation_len,
		    result.detail);
	}
}

/* Judges every row three times: whole, byte by byte, and in pieces of seven. */
static inline void
judge_source_rows(struct check *check, enum probe_kind kind,
    const struct judge_source_row *row, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		judge_source_row(check, kind, &row[i], SIZE_MAX);
		judge_source_row(check, kind, &row[i], 1);
		judge_source_row(check, kind, &row[i], 7);
	}
}

/* Judges every HTTP status; none of them makes an observation. */
static inline void
judge_source_statuses(struct check *check, enum probe_kind kind,
    const struct judge_source_http *row, size_t len)
{
	struct plan_probe probe = judge_probe(kind);

	for (size_t i = 0; i < len; i++) {
		struct result result =
		    judge_answer(check, &probe, row[i].http, "", judge_body("", 0, 1));
		assert_int_equal(result.outcome, row[i].outcome);
		assert_int_equal(result.flags, row[i].flags);
		assert_int_equal(result.observation_len, 0);
	}
}

#endif
