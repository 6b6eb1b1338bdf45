/* A status page that catches up with an open incident: a line in its story, and no page. */
#include "tests/support/test.h"

#include "collector/core/collector_internal.h"
#include "tests/support/small_collector.h"

struct story {
	struct small_collector small;
	struct effects effects;
	uint64_t seq[SMALL_AGENTS];
	unsigned opened;
	unsigned sends;
	unsigned told; /* lines about sources */
	struct timeline_row last;
};

static struct now
at(int64_t second)
{
	return (struct now){{(1000 + second) * CLOCK_NS_PER_S},
	    {(1700000000 + second) * CLOCK_NS_PER_S}};
}

/* Counts what a step wants, as of its rows. */
static void
look(struct story *story)
{
	for (size_t i = 0; i < story->effects.len; i++) {
		const struct effect *effect = &story->effects.item[i];
		struct timeline_row row;
		struct buf buf;

		story->sends += effect->kind == EFFECT_SEND ? 1 : 0;
		if (effect->kind != EFFECT_PUT || effect->table != TABLE_TIMELINE) {
			continue;
		}
		buf_read(&buf, effect->value, effect->value_len);
		assert_int_equal(timeline_decode(&buf, &row), ERR_OK);
		story->opened += strcmp(row.event, "opened") == 0 ? 1 : 0;
		if (row.kind == TIMELINE_SOURCE) {
			story->told++;
			story->last = row;
		}
	}
	effects_reset(&story->effects);
}

static void
send(struct story *story, uint16_t agent, struct result *result, int64_t second)
{
	struct now now = at(second);
	struct ingest_batch batch = {.agent = agent,
	    .incarnation = 1,
	    .first_seq = ++story->seq[agent],
	    .sent_at = now.wall,
	    .result = result,
	    .len = 1,
	    .frame = "x",
	    .frame_len = 1};
	size_t fresh;

	result->seq = batch.first_seq;
	result->started_at = now.wall;
	assert_int_equal(
	    collector_batch(story->small.machine, &batch, now, &story->effects, &fresh),
	    ERR_OK);
	assert_int_equal(fresh, 1);
	look(story);
}

/* Every agent finds target 0 so, for a while. */
static void
probe(struct story *story, enum outcome outcome, int64_t from, int64_t until)
{
	const struct topology *topology = &small_collector_conf()->topology;

	for (int64_t second = from; second < until; second++) {
		for (uint16_t p = 0; p < (uint16_t)SMALL_SOURCE; p++) {
			struct result result = {.series = topology->probe[p].series,
			    .outcome = topology->probe[p].role == ROLE_CONTROL
					   ? OUTCOME_OK
					   : outcome,
			    .phase = PHASE_DONE,
			    .http_status = outcome == OUTCOME_OK ? 200 : 503,
			    .timing = {.total_us = 1000}};

			for (uint16_t a = 0; a < (uint16_t)SMALL_AGENTS; a++) {
				send(story, a, &result, second);
			}
		}
		collector_tick(story->small.machine, at(second), &story->effects);
		look(story);
	}
}

static void
say(struct story *story, const struct observation *claim, int64_t second)
{
	struct result result = {
	    .series = small_collector_conf()->topology.probe[SMALL_SOURCE].series,
	    .outcome = OUTCOME_OK,
	    .phase = PHASE_DONE,
	    .http_status = 200,
	    .observation = claim,
	    .observation_len = claim != NULL ? 1 : 0};

	send(story, 0, &result, second);
}

static void
test_catches_up(void **state)
{
	static const struct observation claim = {.claim = CLAIM_OUTAGE,
	    .id = "i",
	    .title = "Elevated errors",
	    .scope = "",
	    .url = ""};
	struct story *story = calloc(1, sizeof(*story));
	void *memory = malloc(EFFECTS_ARENA_BYTES);
	unsigned sends;

	(void)state;
	assert_non_null(story);
	assert_non_null(memory);
	effects_init(&story->effects, memory);
	story->small = small_collector_new();
	collector_start(story->small.machine, at(0), &story->effects);
	look(story);
	/* a page that says something alone: nothing opens, nobody is told */
	say(story, NULL, 1);
	probe(story, OUTCOME_OK, 1, 30);
	say(story, &claim, 30);
	probe(story, OUTCOME_OK, 30, 80);
	say(story, NULL, 80);
	assert_int_equal(story->opened, 0);
	assert_int_equal(story->sends, 0);
	assert_int_equal(story->told, 0);
	/* ours, and then theirs */
	probe(story, OUTCOME_UPSTREAM_ERROR, 81, 150);
	assert_true(story->opened > 0);
	sends = story->sends;
	say(story, &claim, 150);
	assert_true(story->told > 0);
	assert_int_equal(story->sends, sends);
	assert_string_equal(story->last.event, "admitted");
	assert_non_null(strstr(story->last.text, "Elevated errors"));
	assert_true(story->last.incident > 0);
	story->told = 0;
	say(story, NULL, 151);
	assert_true(story->told > 0);
	assert_string_equal(story->last.event, "withdrawn");
	assert_int_equal(story->sends, sends);
	small_collector_free(&story->small);
	free(memory);
	free(story);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_catches_up)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
