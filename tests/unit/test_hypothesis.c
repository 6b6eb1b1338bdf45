/* The table of hypotheses: who belongs to what, and which symptom a result shows. */
#include "collector/core/engine.h"
#include "tests/support/world.h"

static void
test_symptoms(void **state)
{
	static const struct {
		enum outcome outcome;
		enum phase phase;
		uint32_t flags;
		uint16_t status;
		enum symptom symptom;
	} rows[] = {
	    {OUTCOME_OK, PHASE_DONE, 0, 200, SYMPTOM_OK},
	    {OUTCOME_OK, PHASE_DONE, FLAG_SLOW, 200, SYMPTOM_SLOW},
	    {OUTCOME_RATE_LIMITED, PHASE_DONE, FLAG_CAPACITY, 429, SYMPTOM_RATE},
	    {OUTCOME_QUOTA_EXHAUSTED, PHASE_DONE, 0, 429, SYMPTOM_QUOTA},
	    {OUTCOME_QUOTA_EXHAUSTED, PHASE_DONE, 0, 402, SYMPTOM_QUOTA},
	    {OUTCOME_AUTH_ERROR, PHASE_DONE, 0, 400, SYMPTOM_KEY},
	    {OUTCOME_AUTH_ERROR, PHASE_DONE, 0, 403, SYMPTOM_KEY},
	    {OUTCOME_AUTH_ERROR, PHASE_DONE, FLAG_REGION_BLOCK, 403, SYMPTOM_PLACE},
	    {OUTCOME_BAD_REQUEST, PHASE_DONE, FLAG_REGION_BLOCK, 400, SYMPTOM_PLACE},
	    {OUTCOME_BAD_REQUEST, PHASE_DONE, FLAG_MODEL_GONE, 404, SYMPTOM_MODEL},
	    {OUTCOME_BAD_REQUEST, PHASE_DONE, 0, 400, SYMPTOM_MODEL},
	    {OUTCOME_CONTENT_BLOCKED, PHASE_DONE, 0, 200, SYMPTOM_REFUSED},
	    {OUTCOME_UPSTREAM_ERROR, PHASE_DONE, 0, 503, SYMPTOM_ERROR},
	    {OUTCOME_UPSTREAM_ERROR, PHASE_DONE, 0, 502, SYMPTOM_GATEWAY},
	    {OUTCOME_UPSTREAM_ERROR, PHASE_DONE, FLAG_NO_IMAGE, 200, SYMPTOM_BAD},
	    {OUTCOME_TIMEOUT, PHASE_DNS, 0, 0, SYMPTOM_DNS},
	    {OUTCOME_TIMEOUT, PHASE_TLS, 0, 0, SYMPTOM_CONNECT},
	    {OUTCOME_TIMEOUT, PHASE_WAIT, 0, 0, SYMPTOM_TIMEOUT},
	    {OUTCOME_TIMEOUT, PHASE_BODY, 0, 200, SYMPTOM_TIMEOUT},
	    {OUTCOME_NET_DNS, PHASE_DNS, 0, 0, SYMPTOM_DNS},
	    {OUTCOME_NET_CONNECT, PHASE_CONNECT, 0, 0, SYMPTOM_CONNECT},
	    {OUTCOME_NET_CONNECT, PHASE_WAIT, 0, 0, SYMPTOM_GATEWAY},
	    {OUTCOME_NET_TLS, PHASE_TLS, FLAG_BAD_CERT, 0, SYMPTOM_CONNECT},
	    {OUTCOME_MALFORMED, PHASE_DONE, FLAG_PORTAL, 302, SYMPTOM_CONNECT},
	    {OUTCOME_MALFORMED, PHASE_DONE, 0, 200, SYMPTOM_BAD},
	    {OUTCOME_MALFORMED, PHASE_DONE, 0, 500, SYMPTOM_GATEWAY},
	    {OUTCOME_LOCAL_ERROR, PHASE_LOCAL, 0, 0, SYMPTOM_LOCAL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(symptom_of(rows[i].outcome, rows[i].phase,
				     rows[i].flags, rows[i].status),
		    rows[i].symptom);
	}
	assert_true(symptom_is_cut(OUTCOME_NET_CONNECT, PHASE_WAIT, 0, 0));
	assert_false(symptom_is_cut(OUTCOME_UPSTREAM_ERROR, PHASE_DONE, 0, 503));
}

static bool
is_in(const struct hypothesis_span *span, size_t len, uint32_t hypothesis)
{
	for (size_t i = 0; i < len; i++) {
		if (hypothesis >= span[i].first &&
		    hypothesis < span[i].first + span[i].len) {
			return true;
		}
	}
	return false;
}

static void
check_spans(const struct hypotheses *table, uint16_t group, uint16_t agent)
{
	struct hypothesis_span span[HYPOTHESIS_SPANS];
	size_t len = hypotheses_spans(table, group, agent, span);
	uint32_t end = table->group[group].first + table->group[group].len;

	for (uint32_t h = table->group[group].first; h < end; h++) {
		assert_int_equal(
		    is_in(span, len, h), hypothesis_holds(table, h, agent));
	}
	for (size_t i = 0; i < len; i++) {
		assert_int_equal(table->at[span[i].first].row, span[i].row);
	}
}

/* Every agent lies in exactly the runs that hypothesis_holds() says. */
static void
test_spans(void **state)
{
	struct world *world = world_suite(1);
	const struct hypotheses *table;

	(void)state;
	world->targets = 4;
	world->provider[0] = "one";
	world->provider[1] = "two";
	world->provider[2] = "one";
	world_fill(world);
	table = &world_engine(world)->table;
	assert_int_equal(table->provider_len, 1); /* "two" has one target */
	for (uint16_t agent = 0; agent < world->topology.agent_len; agent++) {
		for (uint16_t group = 0; group < table->group_len; group++) {
			check_spans(table, group, agent);
		}
	}
	for (uint32_t h = 0; h < table->len; h++) {
		struct scope scope = hypothesis_scope(table, h);

		assert_int_equal(hypotheses_find(table, table->at[h].row, scope), h);
		assert_true(table->at[h].kin <= h);
		assert_int_equal(hypothesis_verdict(table, table->at[h].kin),
		    hypothesis_verdict(table, h));
	}
	world_close(world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_symptoms),
	    cmocka_unit_test(test_spans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
