/* The rules people know: so many in a row, a share of a window, a quorum of regions. */
#include "tests/support/test.h"

#include "collector/core/judge.h"
#include "collector/core/rule_internal.h"

#define S INT64_C(1000000000)

enum {
	AGENTS = 8,
	REGIONS = 4
};

static const struct topology_domain domains[2] = {{"d0"}, {"d1"}};
static struct topology_region regions[REGIONS] = {
    {"r0", 0}, {"r1", 0}, {"r2", 1}, {"r3", TOPOLOGY_NONE}};
static const struct topology_agent agents[AGENTS] = {{"a0", 0}, {"a1", 0}, {"a2", 1},
    {"a3", 1}, {"a4", 2}, {"a5", 2}, {"a6", 3}, {"a7", 3}};
static const struct topology_target targets[2] = {
    {.name = "t0", .group = ""}, {.name = "t1", .group = ""}};
static const struct topology_probe probes[3] = {
    {.series = "t0/real", .role = ROLE_TARGET, .target = 0, .interval_ms = 60000},
    {.series = "t0/free", .role = ROLE_FREE, .target = 0, .interval_ms = 60000},
    {.series = "t1/free", .role = ROLE_FREE, .target = 1, .interval_ms = 60000}};
static const uint16_t nothing[AGENTS * 2] = {TOPOLOGY_NONE, TOPOLOGY_NONE};

static const struct topology topology = {.domain = domains,
    .region = regions,
    .agent = agents,
    .target = targets,
    .probe = probes,
    .key_of = nothing,
    .serving_of = nothing,
    .domain_len = 2,
    .region_len = REGIONS,
    .agent_len = AGENTS,
    .target_len = 2,
    .probe_len = 3};

static const struct threshold_conf usual = {
    .failures = 3, .successes = 3, .percent = 50, .samples = 3, .window_ns = 300 * S};

struct fixture {
	struct rule *rule;
	void *memory;
	struct finding_change change[64];
	size_t change_len;
};

static void
open_rule(struct fixture *fixture, const struct rule_conf *conf)
{
	struct correlate_conf tempo = {.base_ns = 60 * S, .reopen_ns = 1800 * S};
	size_t len = rule_bytes(&topology, conf);
	struct arena arena;

	fixture->change_len = 0;
	fixture->memory = calloc(1, len);
	assert_non_null(fixture->memory);
	arena_init(&arena, fixture->memory, len);
	fixture->rule = rule_init(&arena, &topology, &tempo, conf, NULL);
	assert_non_null(fixture->rule);
}

static void
say(struct fixture *fixture, int64_t at_s, uint16_t agent, uint16_t probe,
    enum outcome outcome)
{
	struct evidence evidence = {.agent = agent,
	    .probe = probe,
	    .outcome = outcome,
	    .phase = PHASE_DONE,
	    .at = {at_s * S}};

	rule_result(fixture->rule, &evidence, evidence.at);
}

static void
step(struct fixture *fixture, int64_t at_s)
{
	struct finding_change out[CORRELATE_CHANGES];
	size_t len = rule_step(fixture->rule, (struct mono){at_s * S}, out);

	for (size_t i = 0; i < len; i++) {
		assert_true(fixture->change_len < 64);
		fixture->change[fixture->change_len++] = out[i];
	}
}

static void
all_say(struct fixture *fixture, int64_t at_s, uint16_t from, uint16_t until,
    enum outcome outcome)
{
	for (uint16_t a = from; a < until; a++) {
		say(fixture, at_s, a, 0, outcome);
	}
	step(fixture, at_s);
}

static const struct finding_change *
last(const struct fixture *fixture)
{
	assert_true(fixture->change_len > 0);
	return &fixture->change[fixture->change_len - 1];
}

static void
test_three_in_a_row(void **state)
{
	struct rule_conf conf = {.per = RULE_FLEET, .threshold = usual};
	struct fixture fixture;

	(void)state;
	open_rule(&fixture, &conf);
	for (int i = 0; i < 6; i++) {
		all_say(&fixture, 100 + i, 0, AGENTS, OUTCOME_OK);
	}
	say(&fixture, 200, 0, 0, OUTCOME_UPSTREAM_ERROR);
	say(&fixture, 210, 2, 0, OUTCOME_TIMEOUT);
	step(&fixture, 211);
	assert_int_equal(fixture.change_len, 0);
	say(&fixture, 220, 4, 0, OUTCOME_UPSTREAM_ERROR);
	step(&fixture, 221);
	assert_int_equal(fixture.change_len, 1);
	assert_int_equal(last(&fixture)->event, FINDING_OPENED);
	assert_int_equal(last(&fixture)->finding.scope.kind, SCOPE_TARGET);
	assert_int_equal(last(&fixture)->finding.verdict, VERDICT_UPSTREAM_PARTIAL);
	assert_int_equal(last(&fixture)->finding.confidence_ppm, 0);
	assert_int_equal(last(&fixture)->finding.onset_at.ns, 200 * S);
	assert_int_equal(
	    last(&fixture)->finding.evidence[0].outcome, OUTCOME_UPSTREAM_ERROR);
	assert_int_equal(last(&fixture)->finding.evidence[0].count, 2);
	/* two good ones are not enough, three are */
	say(&fixture, 230, 0, 0, OUTCOME_OK);
	say(&fixture, 231, 1, 0, OUTCOME_OK);
	step(&fixture, 232);
	assert_int_equal(fixture.change_len, 1);
	say(&fixture, 233, 2, 0, OUTCOME_OK);
	step(&fixture, 234);
	assert_int_equal(fixture.change_len, 2);
	assert_int_equal(last(&fixture)->event, FINDING_CLOSED);
	/* the window that saw it does not find it again, the same fault is the same finding */
	step(&fixture, 240);
	assert_int_equal(fixture.change_len, 2);
	all_say(&fixture, 300, 0, AGENTS, OUTCOME_UPSTREAM_ERROR);
	assert_int_equal(fixture.change_len, 3);
	assert_int_equal(last(&fixture)->event, FINDING_REOPENED);
	assert_int_equal(last(&fixture)->finding.id, fixture.change[0].finding.id);
	free(fixture.memory);
}

/* What is no word about the target, and the probes that do not count. */
static void
test_left_out(void **state)
{
	static const enum outcome neutral[] = {OUTCOME_RATE_LIMITED,
	    OUTCOME_CONTENT_BLOCKED, OUTCOME_SKIPPED, OUTCOME_LOCAL_ERROR};
	struct rule_conf conf = {.per = RULE_FLEET, .threshold = usual};
	struct fixture fixture;

	(void)state;
	open_rule(&fixture, &conf);
	for (size_t i = 0; i < sizeof(neutral) / sizeof(neutral[0]); i++) {
		all_say(&fixture, 100 + (int64_t)i, 0, AGENTS, neutral[i]);
	}
	for (uint16_t a = 0; a < (uint16_t)AGENTS; a++) {
		say(&fixture, 110, a, 1, OUTCOME_UPSTREAM_ERROR); /* free beside real */
	}
	step(&fixture, 111);
	assert_int_equal(fixture.change_len, 0);
	assert_int_equal(rule_vote(fixture.rule, 0), VOTE_NONE);
	for (uint16_t a = 0; a < 3; a++) {
		say(&fixture, 112, a, 2, OUTCOME_UPSTREAM_ERROR); /* free alone */
	}
	step(&fixture, 113);
	assert_int_equal(fixture.change_len, 1);
	assert_int_equal(last(&fixture)->finding.scope.target, 1);
	free(fixture.memory);
}

static void
test_share(void **state)
{
	struct rule_conf conf = {.per = RULE_FLEET, .threshold = usual};
	struct fixture fixture;

	(void)state;
	conf.threshold.failures = 10;
	conf.threshold.samples = 8;
	open_rule(&fixture, &conf);
	for (int64_t i = 0; i < 4; i++) { /* half is not more than half */
		say(&fixture, 100 + 2 * i, 0, 0, OUTCOME_OK);
		say(&fixture, 101 + 2 * i, 2, 0, OUTCOME_TIMEOUT);
	}
	step(&fixture, 110);
	assert_int_equal(fixture.change_len, 0);
	say(&fixture, 111, 2, 0, OUTCOME_TIMEOUT);
	step(&fixture, 112);
	assert_int_equal(fixture.change_len, 1);
	/* one region alone is bad, and another reports well */
	assert_int_equal(last(&fixture)->finding.verdict, VERDICT_PATH);
	assert_int_equal(last(&fixture)->finding.scope.index, 1);
	free(fixture.memory);
}

/* The order in which results arrive changes nothing, and history is no news. */
static void
test_order_and_age(void **state)
{
	struct threshold gauge;
	struct mono now = {1000 * S};
	static const int64_t at[3] = {990, 970, 980};

	(void)state;
	threshold_init(&gauge);
	for (size_t i = 0; i < 3; i++) {
		struct threshold_sample sample = {.at = {at[i] * S}, .is_bad = true};

		assert_true(threshold_add(&gauge, &usual, &sample, now));
	}
	assert_true(threshold_add(&gauge, &usual,
	    &(struct threshold_sample){.at = {960 * S}}, now)); /* good, but before */
	assert_int_equal(threshold_judge(&gauge, &usual, now), THRESHOLD_DOWN);
	assert_false(threshold_add(&gauge, &usual,
	    &(struct threshold_sample){.at = {600 * S}, .is_bad = true}, now));
	assert_int_equal(
	    threshold_judge(&gauge, &usual, (struct mono){1400 * S}), THRESHOLD_SILENT);
	assert_true(gauge.is_down); /* silence is no recovery */
}

static void
test_quorum(void **state)
{
	static const struct {
		struct quorum quorum;
		struct quorum_tally tally; /* up, down, silent */
		enum vote vote;
	} table[] = {
	    {{.kind = QUORUM_ANY}, {4, 1, 0}, VOTE_DOWN},
	    {{.kind = QUORUM_ANY}, {4, 0, 0}, VOTE_UP},
	    {{.kind = QUORUM_ANY}, {0, 0, 5}, VOTE_NONE},
	    {{.kind = QUORUM_MAJORITY}, {2, 2, 0}, VOTE_UP},
	    {{.kind = QUORUM_MAJORITY}, {2, 3, 0}, VOTE_DOWN},
	    {{.kind = QUORUM_MAJORITY}, {1, 2, 2}, VOTE_DOWN},
	    {{.kind = QUORUM_MAJORITY, .silent_is_up = true}, {1, 2, 2}, VOTE_UP},
	    {{.kind = QUORUM_MAJORITY, .reporting_min = 4}, {1, 2, 2}, VOTE_NONE},
	    {{.kind = QUORUM_COUNT, .count = 2}, {3, 2, 0}, VOTE_DOWN},
	    {{.kind = QUORUM_COUNT, .count = 2}, {3, 1, 0}, VOTE_UP},
	    {{.kind = QUORUM_COUNT, .count = 3}, {0, 2, 3}, VOTE_NONE},
	    {{.kind = QUORUM_SHARE, .percent = 60}, {2, 3, 0}, VOTE_DOWN},
	    {{.kind = QUORUM_SHARE, .percent = 61}, {2, 3, 0}, VOTE_UP},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(
		    quorum_vote(&table[i].quorum, &table[i].tally), table[i].vote);
	}
}

/* `bad` regions fail for long enough; says whether the target is then down. */
static enum vote
vote_of(const struct rule_conf *conf, unsigned bad, unsigned silent)
{
	struct fixture fixture;
	enum vote vote;

	open_rule(&fixture, conf);
	for (int64_t i = 0; i < 8; i++) {
		for (uint16_t a = 0; a < (uint16_t)AGENTS; a++) {
			unsigned bit = 1U << agents[a].region;

			if ((silent & bit) == 0) {
				say(&fixture, 100 + i, a, 0,
				    (bad & bit) != 0 ? OUTCOME_UPSTREAM_ERROR
						     : OUTCOME_OK);
			}
		}
		step(&fixture, 100 + i);
	}
	vote = rule_vote(fixture.rule, 0);
	if (vote == VOTE_DOWN) {
		assert_int_equal(fixture.change[0].event, FINDING_OPENED);
		assert_int_equal(fixture.change[0].finding.regions_bad, bad);
	}
	free(fixture.memory);
	return vote;
}

static void
test_regions_and_domains(void **state)
{
	struct rule_conf any = {.per = RULE_REGION, .threshold = usual};
	struct rule_conf majority = any;
	struct rule_conf nested = any;
	struct rule_conf by_agent = any;

	(void)state;
	majority.quorum.kind = QUORUM_MAJORITY;
	nested.by_domain = true;
	nested.quorum.kind = QUORUM_MAJORITY;
	nested.domains.kind = QUORUM_MAJORITY;
	by_agent.per = RULE_AGENT;
	by_agent.quorum = (struct quorum){.kind = QUORUM_COUNT, .count = 3};
	assert_int_equal(vote_of(&any, 1, 0), VOTE_DOWN);
	assert_int_equal(vote_of(&any, 0, 0), VOTE_UP);
	assert_int_equal(vote_of(&majority, 3, 0), VOTE_UP); /* two of four */
	assert_int_equal(vote_of(&majority, 7, 0), VOTE_DOWN);
	assert_int_equal(vote_of(&majority, 3, 12), VOTE_DOWN);
	/* d0 = r0 r1, d1 = r2, and r3 stands alone */
	assert_int_equal(vote_of(&nested, 3, 0), VOTE_UP);
	assert_int_equal(vote_of(&nested, 5, 0), VOTE_UP); /* d0 has half only */
	assert_int_equal(vote_of(&nested, 12, 0), VOTE_DOWN);
	assert_int_equal(vote_of(&nested, 7, 0), VOTE_DOWN);
	assert_int_equal(vote_of(&by_agent, 1, 0), VOTE_UP);
	assert_int_equal(vote_of(&by_agent, 3, 0), VOTE_DOWN);
	nested.domains.reporting_min = 3;
	assert_int_equal(vote_of(&nested, 7, 8), VOTE_NONE);
}

/* While too few report nothing opens and nothing closes; silence is told. */
static void
test_unknown_and_silence(void **state)
{
	struct rule_conf conf = {.per = RULE_REGION,
	    .threshold = usual,
	    .quorum = {.kind = QUORUM_MAJORITY, .reporting_min = 2}};
	struct fixture fixture;
	bool told = false;

	(void)state;
	open_rule(&fixture, &conf);
	for (int64_t i = 0; i < 6; i++) {
		all_say(&fixture, 100 + i, 0, AGENTS, OUTCOME_UPSTREAM_ERROR);
	}
	assert_int_equal(fixture.change_len, 1);
	assert_int_equal(last(&fixture)->finding.verdict, VERDICT_UPSTREAM_OUTAGE);
	for (int64_t at = 110; at < 900; at += 10) {
		step(&fixture, at);
	}
	for (size_t i = 1; i < fixture.change_len; i++) {
		assert_int_not_equal(
		    fixture.change[i].finding.id, fixture.change[0].finding.id);
		told |= fixture.change[i].finding.verdict == VERDICT_NO_DATA;
	}
	assert_true(told);
	assert_true(rule_is_silent(fixture.rule, 0));
	assert_int_equal(rule_vote(fixture.rule, 0), VOTE_NONE);
	free(fixture.memory);
}

/* A state that was saved goes on as if nothing had been; another rule does not read it. */
static void
test_save(void **state)
{
	struct rule_conf conf = {.per = RULE_REGION,
	    .threshold = usual,
	    .quorum = {.kind = QUORUM_MAJORITY}};
	struct rule_conf other = {.per = RULE_AGENT, .threshold = usual};
	struct fixture one;
	struct fixture two;
	struct fixture three;
	unsigned char bytes[1 << 17];
	unsigned char again[1 << 17];
	struct buf buf;
	size_t len;

	(void)state;
	open_rule(&one, &conf);
	open_rule(&two, &conf);
	open_rule(&three, &other);
	for (int64_t i = 0; i < 4; i++) {
		all_say(&one, 100 + i, 0, 6, OUTCOME_UPSTREAM_ERROR);
		all_say(&one, 100 + i, 6, AGENTS, OUTCOME_OK);
	}
	assert_true(rule_save_bytes(one.rule) <= sizeof(bytes));
	buf_write(&buf, bytes, sizeof(bytes));
	rule_save(one.rule, &buf);
	assert_true(buf_ok(&buf));
	len = buf.at;
	assert_true(len <= rule_save_bytes(one.rule));
	buf_read(&buf, bytes, len);
	assert_int_equal(rule_load(two.rule, &buf), ERR_OK);
	buf_write(&buf, again, sizeof(again));
	rule_save(two.rule, &buf);
	assert_int_equal(buf.at, len);
	assert_memory_equal(again, bytes, len);
	for (int64_t i = 0; i < 4; i++) {
		all_say(&two, 110 + i, 0, AGENTS, OUTCOME_OK);
	}
	assert_int_equal(last(&two)->event, FINDING_CLOSED);
	assert_int_equal(last(&two)->finding.id, one.change[0].finding.id);
	buf_read(&buf, bytes, len);
	assert_int_equal(rule_load(three.rule, &buf), ERR_VERSION);
	for (size_t cut = 0; cut < len; cut++) {
		buf_read(&buf, bytes, cut);
		assert_int_not_equal(rule_load(two.rule, &buf), ERR_OK);
	}
	free(one.memory);
	free(two.memory);
	free(three.memory);
}

/* The one interface over both. */
static void
test_judge(void **state)
{
	struct judge_conf conf = {
	    .kind = JUDGE_THRESHOLD, .rule = {.threshold = usual}};
	struct correlate_conf tempo = {.base_ns = 60 * S};
	struct finding_change out[CORRELATE_CHANGES];
	struct finding open[4];
	size_t len = judge_bytes(&topology, &conf);
	void *memory = calloc(1, len);
	struct arena arena;
	struct judge *judge;

	(void)state;
	arena_init(&arena, memory, len);
	judge = judge_init(&arena, &topology, &tempo, &conf, NULL);
	assert_non_null(judge);
	judge_number_above(judge, 41);
	for (uint16_t a = 0; a < 3; a++) {
		struct evidence evidence = {
		    .agent = a, .outcome = OUTCOME_NET_CONNECT, .at = {(100 + a) * S}};

		judge_result(judge, &evidence, evidence.at);
	}
	assert_int_equal(judge_step(judge, (struct mono){103 * S}, out), 1);
	assert_int_equal(out[0].finding.id, 42);
	assert_int_equal(judge_findings(judge, open, 4), 1);
	assert_true(judge_deadline(judge).ns > 103 * S);
	assert_false(judge_is_silent(judge, 0));
	assert_int_equal(judge_late(judge), 0);
	free(memory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_three_in_a_row),
	    cmocka_unit_test(test_left_out),
	    cmocka_unit_test(test_share),
	    cmocka_unit_test(test_order_and_age),
	    cmocka_unit_test(test_quorum),
	    cmocka_unit_test(test_regions_and_domains),
	    cmocka_unit_test(test_unknown_and_silence),
	    cmocka_unit_test(test_save),
	    cmocka_unit_test(test_judge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
