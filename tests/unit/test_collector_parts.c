/* The small parts of the collector's machine: records, sessions, marks and clocks, sources. */
#include "tests/support/test.h"

#include "collector/core/ingest.h"
#include "collector/core/journal.h"
#include "collector/core/session.h"
#include "collector/core/source.h"
#include "tests/support/small_collector.h"

#define NOON (INT64_C(1767268800) * CLOCK_NS_PER_S)

struct parts {
	unsigned char memory[256 << 10];
	struct arena arena;
	const struct topology *topology;
	struct sessions *sessions;
	struct ingest *ingest;
	struct sources *sources;
};

static int
setup(void **state)
{
	static struct parts parts;

	arena_init(&parts.arena, parts.memory, sizeof(parts.memory));
	parts.topology = &small_collector_conf()->topology;
	parts.sessions = sessions_init(&parts.arena, parts.topology, 1);
	parts.ingest = ingest_init(&parts.arena, parts.topology);
	parts.sources = sources_init(&parts.arena, parts.topology);
	*state = &parts;
	return arena_failed(&parts.arena) ? -1 : 0;
}

static struct now
at(int64_t s)
{
	return (struct now){{s * CLOCK_NS_PER_S}, {NOON + s * CLOCK_NS_PER_S}};
}

/* ---- journal ---- */

static void
check_record(const struct journal_head *head)
{
	unsigned char bytes[JOURNAL_HEAD_BYTES];
	struct journal_head got;
	struct buf buf;

	buf_write(&buf, bytes, sizeof(bytes));
	journal_encode(head, &buf);
	assert_true(buf_ok(&buf));
	for (size_t len = 0; len < buf.at; len++) {
		struct buf cut;

		buf_read(&cut, bytes, len);
		assert_int_equal(journal_decode(&cut, &got), ERR_FORMAT);
	}
	buf_read(&buf, bytes, buf.at);
	assert_int_equal(journal_decode(&buf, &got), ERR_OK);
	assert_int_equal(got.kind, head->kind);
	assert_int_equal(got.now.mono.ns, head->now.mono.ns);
	assert_int_equal(got.now.wall.ns, head->now.wall.ns);
	assert_string_equal(got.agent, head->agent);
	assert_int_equal(got.frame_len, head->frame_len);
	assert_int_equal(got.fresh_len, head->fresh_len);
	assert_memory_equal(got.fresh, head->fresh, sizeof(got.fresh));
	assert_true(got.row == head->row);
	assert_int_equal(got.retry_after_ns, head->retry_after_ns);
	assert_int_equal(got.detail_len, head->detail_len);
	assert_int_equal(got.heard_len, head->heard_len);
	assert_int_equal(got.left_len, head->left_len);
}

static void
test_journal(void **state)
{
	struct journal_head head = {.kind = JOURNAL_START, .now = {{-5}, {INT64_MAX}}};
	unsigned char version[] = {2, 1};
	struct buf buf;

	(void)state;
	check_record(&head);
	head = (struct journal_head){.kind = JOURNAL_TICK,
	    .heard = "\4eu-1",
	    .heard_len = 5,
	    .left = "\4us-1",
	    .left_len = 5};
	check_record(&head);
	head = (struct journal_head){.kind = JOURNAL_BATCH,
	    .agent = "eu-1",
	    .incarnation = UINT64_MAX,
	    .fresh = {{1, 2}, {5, UINT64_MAX}},
	    .fresh_len = 2,
	    .frame = "frame",
	    .frame_len = 5};
	check_record(&head);
	assert_true(journal_is_fresh(&head, 2));
	assert_false(journal_is_fresh(&head, 3));
	assert_true(journal_is_fresh(&head, UINT64_MAX));
	head = (struct journal_head){.kind = JOURNAL_DELIVERY,
	    .row = UINT64_MAX,
	    .retry_after_ns = INT64_MIN,
	    .detail = "HTTP 503",
	    .detail_len = 8};
	check_record(&head);
	buf_read(&buf, version, sizeof(version));
	assert_int_equal(journal_decode(&buf, &head), ERR_VERSION);
}

/* ---- sessions ---- */

static struct session_hello
hello_of(const char *agent, const char *region, uint64_t incarnation, uint32_t pipe)
{
	return (struct session_hello){.version = 1,
	    .agent = agent,
	    .region = region,
	    .build = "test",
	    .incarnation = incarnation,
	    .pipe = pipe};
}

static enum session_refusal
greet(struct parts *parts, const char *agent, uint64_t incarnation, uint32_t pipe,
    int64_t s)
{
	struct session_hello hello =
	    hello_of(agent, agent[0] == 'e' ? "eu-west" : "us-east", incarnation, pipe);
	uint16_t index;

	return session_open(parts->sessions, &hello, at(s), &index);
}

static void
test_refusals(void **state)
{
	struct parts *parts = *state;
	struct session_hello hello = hello_of("nobody", "eu-west", 1, 1);
	uint16_t index;

	assert_int_equal(session_open(parts->sessions, &hello, at(0), &index),
	    SESSION_UNKNOWN_AGENT);
	hello.agent = "eu-1";
	hello.region = "us-east";
	assert_int_equal(
	    session_open(parts->sessions, &hello, at(0), &index), SESSION_WRONG_REGION);
	hello.region = "eu-west";
	hello.version = 0;
	assert_int_equal(
	    session_open(parts->sessions, &hello, at(0), &index), SESSION_VERSION);
	hello.version = 99; /* newer ones speak ours */
	assert_int_equal(
	    session_open(parts->sessions, &hello, at(0), &index), SESSION_OK);
}

static void
test_takeover(void **state)
{
	struct parts *parts = *state;
	uint64_t first;
	uint64_t second;

	assert_int_equal(greet(parts, "eu-1", 7, 1, 0), SESSION_OK);
	first = session_peek(parts->sessions, 0)->id;
	assert_true(first != 0);
	assert_int_equal(session_find(parts->sessions, first, 1, at(1)), 0);
	assert_int_equal(session_find(parts->sessions, first, 2, at(1)), TOPOLOGY_NONE);
	assert_int_equal(session_find(parts->sessions, 0, 1, at(1)), TOPOLOGY_NONE);
	/* The same agent on a new pipe: at once. */
	assert_int_equal(greet(parts, "eu-1", 7, 2, 2), SESSION_OK);
	second = session_peek(parts->sessions, 0)->id;
	assert_true(second != first);
	assert_int_equal(session_find(parts->sessions, first, 1, at(3)), TOPOLOGY_NONE);
	/* The old pipe goes: that was not this session. */
	assert_int_equal(session_close(parts->sessions, 1), TOPOLOGY_NONE);
	/* Somebody else with its name: only once it is silent. */
	assert_int_equal(greet(parts, "eu-1", 8, 3, 4), SESSION_DUPLICATE);
	assert_int_equal(greet(parts, "eu-1", 8, 3, 2 + 45), SESSION_OK);
	/* Or gone. */
	assert_int_equal(session_close(parts->sessions, 3), 0);
	assert_int_equal(greet(parts, "eu-1", 9, 4, 48), SESSION_OK);
}

static uint16_t
speak(struct parts *parts, uint64_t id, uint32_t pipe, int64_t s)
{
	return session_find(parts->sessions, id, pipe, at(s));
}

/* Two machines with one copied spool: both speak, whoever has the session. */
static void
test_cloned_spool(void **state)
{
	struct parts *parts = *state;
	uint64_t lost = 0;
	int64_t s = 0;
	unsigned taken = 0;

	assert_int_equal(greet(parts, "eu-1", 7, 1, s), SESSION_OK);
	/* Each greets on a new pipe whenever it is told to. */
	for (uint32_t pipe = 2;; pipe++) {
		lost = session_peek(parts->sessions, 0)->id;
		s += 2;
		if (greet(parts, "eu-1", 7, pipe, s) == SESSION_DUPLICATE) {
			break;
		}
		taken++;
		assert_int_equal(speak(parts, lost, pipe - 1, s + 1), TOPOLOGY_NONE);
		assert_true(pipe < 20);
	}
	assert_int_equal(taken, SESSION_CONTESTED + 1);
	/* The newcomer stays out while the other speaks, for longer than a minute, too. */
	for (int i = 0; i < 20; i++) {
		s += 10;
		assert_int_equal(speak(parts, lost, taken + 1, s), 0);
		assert_int_equal(greet(parts, "eu-1", 7, 100, s), SESSION_DUPLICATE);
	}
	/* Once the other is silent, or gone, it is let in. */
	assert_int_equal(greet(parts, "eu-1", 7, 100, s + 45), SESSION_OK);
	/* The same on two pipes that are never closed. */
	assert_int_equal(greet(parts, "us-1", 9, 200, 0), SESSION_OK);
	taken = 0;
	while (greet(parts, "us-1", 9, 201 - taken % 2, 1 + taken) == SESSION_OK) {
		taken++;
		assert_true(taken < 20);
	}
	assert_int_equal(session_close(parts->sessions, 201 - (taken + 1) % 2), 1);
	assert_int_equal(greet(parts, "us-1", 9, 300, 30), SESSION_OK);
}

/* An agent behind a bad line reconnects as often as it likes: what it left is quiet. */
static void
test_bad_line(void **state)
{
	struct parts *parts = *state;

	for (uint32_t pipe = 1; pipe < 50; pipe++) {
		assert_int_equal(greet(parts, "eu-1", 7, pipe, pipe), SESSION_OK);
		assert_int_equal(
		    speak(parts, session_peek(parts->sessions, 0)->id, pipe, pipe), 0);
	}
}

/* One pipe is one agent, and its end ends whoever was on it. */
static void
test_one_pipe(void **state)
{
	struct parts *parts = *state;

	assert_int_equal(greet(parts, "eu-1", 7, 1, 0), SESSION_OK);
	assert_int_equal(greet(parts, "us-1", 8, 1, 1), SESSION_OK);
	assert_true(session_peek(parts->sessions, 0)->id == 0);
	assert_int_equal(session_close(parts->sessions, 1), 1);
	assert_true(session_peek(parts->sessions, 1)->id == 0);
	assert_int_equal(session_close(parts->sessions, 1), TOPOLOGY_NONE);
}

/* ---- ingest ---- */

static enum err
mark(struct parts *parts, uint64_t incarnation, uint64_t first, size_t len,
    size_t *out_fresh)
{
	static struct result result[64];
	struct ingest_batch batch = {.agent = 0,
	    .incarnation = incarnation,
	    .first_seq = first,
	    .sent_at = at(0).wall,
	    .result = result,
	    .len = len};
	struct seq_range fresh[JOURNAL_FRESH];

	return ingest_mark(parts->ingest, &batch, at(0), fresh, out_fresh);
}

static void
test_marks(void **state)
{
	struct parts *parts = *state;
	const struct ingest_agent *agent = ingest_agent(parts->ingest, 0);
	size_t runs = 0;

	assert_int_equal(mark(parts, 5, 1, 10, &runs), ERR_OK);
	assert_int_equal(runs, 1);
	assert_int_equal(mark(parts, 5, 6, 10, &runs), ERR_OK);
	assert_int_equal(agent->received, 15);
	assert_int_equal(agent->duplicates, 5);
	assert_int_equal(mark(parts, 5, 1, 15, &runs), ERR_OK);
	assert_int_equal(runs, 0);
	assert_int_equal(agent->repeats, 15);
	assert_int_equal(agent->duplicates, 5);
	/* An empty batch of another life changes nothing. */
	assert_int_equal(mark(parts, 6, 1, 0, &runs), ERR_OK);
	assert_true(agent->incarnation == 5);
	/* A new life begins anew. */
	assert_int_equal(mark(parts, 6, 1, 3, &runs), ERR_OK);
	assert_int_equal(runs, 1);
	assert_int_equal(agent->have.range[0].last, 3);
	assert_int_equal(agent->received, 18);
}

/* What the agent had sent in a life it goes back to is known: its spool was restored. */
static void
test_lives(void **state)
{
	struct parts *parts = *state;
	const struct ingest_agent *agent = ingest_agent(parts->ingest, 0);
	unsigned char bytes[INGEST_ROW_BYTES];
	size_t runs = 0;
	struct buf buf;

	assert_int_equal(mark(parts, 1, 1, 10, &runs), ERR_OK);
	for (uint64_t life = 2; life <= INGEST_LIVES; life++) {
		assert_int_equal(mark(parts, life, 1, 20, &runs), ERR_OK);
	}
	assert_int_equal(mark(parts, 1, 1, 10, &runs), ERR_OK);
	assert_int_equal(runs, 0);
	assert_true(
	    agent->incarnation == INGEST_LIVES); /* nothing new: nothing changes */
	assert_int_equal(mark(parts, 1, 1, 12, &runs), ERR_OK);
	assert_int_equal(runs, 1);
	assert_true(agent->incarnation == 1);
	assert_int_equal(agent->received, 10 + 20 * (INGEST_LIVES - 1) + 2);
	/* One more, and the one used longest ago is forgotten: the second. */
	assert_int_equal(mark(parts, 99, 1, 1, &runs), ERR_OK);
	assert_null(ingest_have(agent, 2));
	for (uint64_t life = 3; life <= INGEST_LIVES; life++) {
		assert_int_equal(ingest_have(agent, life)->range[0].last, 20);
	}
	assert_int_equal(ingest_have(agent, 1)->range[0].last, 12);
	assert_null(ingest_have(agent, 0));
	/* The row tells them all to who starts with nothing. */
	buf_write(&buf, bytes, sizeof(bytes));
	ingest_row_encode(agent, &buf);
	assert_true(buf_ok(&buf));
	buf_read(&buf, bytes, buf.at);
	assert_int_equal(ingest_row_merge(parts->ingest, 1, &buf), ERR_OK);
	agent = ingest_agent(parts->ingest, 1);
	assert_true(agent->incarnation == 99);
	assert_int_equal(ingest_have(agent, 1)->range[0].last, 12);
	assert_null(ingest_have(agent, 2));
}

static void
test_too_many_holes(void **state)
{
	struct parts *parts = *state;
	struct ingest_agent before;
	size_t runs = 0;

	for (uint64_t i = 0; i < LIMIT_SEQ_RANGES; i++) {
		assert_int_equal(mark(parts, 5, 1 + 2 * i, 1, &runs), ERR_OK);
	}
	before = *ingest_agent(parts->ingest, 0);
	assert_int_equal(mark(parts, 5, 1000, 1, &runs), ERR_LIMIT);
	assert_int_equal(mark(parts, 5, 1, 64, &runs), ERR_LIMIT);
	assert_memory_equal(&before, ingest_agent(parts->ingest, 0), sizeof(before));
	assert_int_equal(mark(parts, 5, 1, 8, &runs), ERR_OK);
	assert_int_equal(runs, 4);
}

static void
test_times(void **state)
{
	struct result result = {
	    .started_at = at(-100).wall, .timing = {.total_us = 10000000}};
	struct ingest_batch batch = {
	    .sent_at = at(0).wall, .result = &result, .len = 1};
	struct parts *parts = *state;

	assert_int_equal(
	    ingest_time(parts->ingest, &batch, 0, at(5)).mono.ns, -85 * CLOCK_NS_PER_S);
	/* Their clock is an hour ahead: only the difference counts. */
	result.started_at = at(3500).wall;
	batch.sent_at = at(3600).wall;
	assert_int_equal(
	    ingest_time(parts->ingest, &batch, 0, at(5)).mono.ns, -85 * CLOCK_NS_PER_S);
	/* It was set back in between: fresh. It is from another century: very old. */
	batch.sent_at = at(0).wall;
	assert_int_equal(
	    ingest_time(parts->ingest, &batch, 0, at(5)).mono.ns, 5 * CLOCK_NS_PER_S);
	result.started_at.ns = INT64_MIN;
	assert_int_equal(ingest_time(parts->ingest, &batch, 0, at(5)).mono.ns,
	    5 * CLOCK_NS_PER_S - INGEST_AGE_MAX_NS);
}

static void
test_clock(void **state)
{
	struct parts *parts = *state;
	const struct ingest_clock *clock = &ingest_agent(parts->ingest, 0)->clock;

	assert_true(clock->error_ns < 0);
	ingest_clock_sample(parts->ingest, 0, at(60).wall, 200000, at(0));
	assert_int_equal(clock->offset_ns, 60 * CLOCK_NS_PER_S + 100 * CLOCK_NS_PER_MS);
	assert_int_equal(clock->error_ns, 100 * CLOCK_NS_PER_MS);
	/* A worse one that agrees is not taken, a better one is. */
	ingest_clock_sample(parts->ingest, 0, at(61).wall, 400000, at(1));
	assert_int_equal(clock->error_ns, 100 * CLOCK_NS_PER_MS);
	ingest_clock_sample(parts->ingest, 0, at(62).wall, 20000, at(2));
	assert_int_equal(clock->error_ns, 10 * CLOCK_NS_PER_MS);
	/* A step is believed at once. */
	ingest_clock_sample(parts->ingest, 0, at(3).wall, 400000, at(3));
	assert_int_equal(clock->offset_ns, 200 * CLOCK_NS_PER_MS);
	/* So is one that no number holds, and the way back from it. */
	ingest_clock_sample(parts->ingest, 0, (struct wall){INT64_MIN}, 400000, at(4));
	assert_true(clock->offset_ns < -INT64_MAX / 2);
	ingest_clock_sample(parts->ingest, 0, (struct wall){INT64_MAX}, 400000, at(5));
	assert_true(clock->offset_ns > INT64_MAX / 2);
	ingest_clock_sample(parts->ingest, 0, (struct wall){INT64_MIN}, 400000, at(6));
	assert_true(clock->offset_ns < -INT64_MAX / 2);
}

/* ---- sources ---- */

static struct result
reading(enum outcome outcome, const struct observation *observation, uint32_t len)
{
	return (struct result){
	    .outcome = outcome, .observation = observation, .observation_len = len};
}

static void
test_sources(void **state)
{
	static const struct observation open[] = {{.claim = CLAIM_INFORMATION,
						      .id = "a",
						      .title = "small",
						      .scope = "",
						      .url = ""},
	    {.claim = CLAIM_OUTAGE,
		.id = "b",
		.title = "large",
		.scope = "eu",
		.url = "u"}};
	struct parts *parts = *state;
	struct sources *sources = parts->sources;
	struct result clear = reading(OUTCOME_OK, NULL, 0);
	struct result bad = reading(OUTCOME_OK, open, 2);
	struct result failed = reading(OUTCOME_TIMEOUT, NULL, 0);
	char text[200];

	assert_int_equal(sources_state(sources, 0, at(0).mono), EXTERNAL_UNKNOWN);
	assert_false(sources_result(sources, SMALL_SOURCE, &failed, at(0)));
	assert_true(sources_result(sources, SMALL_SOURCE, &clear, at(1)));
	assert_false(sources_result(sources, SMALL_SOURCE, &clear, at(2)));
	assert_int_equal(sources_state(sources, 0, at(2).mono), EXTERNAL_CLEAR);
	/* Stale after three intervals of 20 s: unknown, never clear. */
	assert_int_equal(sources_state(sources, 0, at(62).mono), EXTERNAL_CLEAR);
	assert_int_equal(sources_state(sources, 0, at(63).mono), EXTERNAL_UNKNOWN);
	/* Unchanged is fresh again. */
	clear.flags = FLAG_UNCHANGED;
	assert_false(sources_result(sources, SMALL_SOURCE, &clear, at(70)));
	assert_int_equal(sources_state(sources, 1, at(80).mono), EXTERNAL_CLEAR);
	assert_true(sources_result(sources, SMALL_SOURCE, &bad, at(81)));
	assert_int_equal(sources_state(sources, 1, at(82).mono), EXTERNAL_INCIDENT);
	sources_text(sources, 1, at(82), text, sizeof(text));
	assert_string_equal(text, "google-cloud-status: outage, \"large\"");
	/* An older reading of another agent comes late: passed over. */
	clear.flags = 0;
	assert_false(sources_result(sources, SMALL_SOURCE, &clear, at(80)));
	assert_int_equal(sources_state(sources, 1, at(82).mono), EXTERNAL_INCIDENT);
	assert_false(sources_result(sources, 0, &bad, at(90))); /* no source */
}

/* Cut anywhere, the text is still text. */
static void
test_source_text_cut(void **state)
{
	static const struct observation open = {.claim = CLAIM_OUTAGE,
	    .id = "a",
	    .title = "\xe5\x9b\xbe\xe5\x83\x8f\xe7\x94\x9f\xe6\x88\x90",
	    .scope = "",
	    .url = ""};
	struct parts *parts = *state;
	struct result bad = reading(OUTCOME_OK, &open, 1);
	char text[64];

	assert_true(sources_result(parts->sources, SMALL_SOURCE, &bad, at(1)));
	for (size_t cap = 1; cap <= sizeof(text); cap++) {
		memset(text, 'x', sizeof(text));
		sources_text(parts->sources, 0, at(2), text, cap);
		assert_true(strlen(text) < cap);
		assert_true(
		    (unsigned char)text[strlen(text) - (text[0] != '\0')] != 0xe5);
	}
	sources_text(parts->sources, TOPOLOGY_NONE, at(2), text, sizeof(text));
	assert_string_equal(text, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_journal, setup),
	    cmocka_unit_test_setup(test_refusals, setup),
	    cmocka_unit_test_setup(test_takeover, setup),
	    cmocka_unit_test_setup(test_cloned_spool, setup),
	    cmocka_unit_test_setup(test_bad_line, setup),
	    cmocka_unit_test_setup(test_one_pipe, setup),
	    cmocka_unit_test_setup(test_marks, setup),
	    cmocka_unit_test_setup(test_lives, setup),
	    cmocka_unit_test_setup(test_too_many_holes, setup),
	    cmocka_unit_test_setup(test_times, setup),
	    cmocka_unit_test_setup(test_clock, setup),
	    cmocka_unit_test_setup(test_sources, setup),
	    cmocka_unit_test_setup(test_source_text_cut, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
