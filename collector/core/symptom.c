#include "collector/core/symptom.h"

/* First row that fits decides. `flags`: any of them set, 0 = whatever; `status`: 0 = any. */
struct rule {
	enum outcome outcome;
	uint32_t flags;
	uint16_t status;
	enum phase phase_min; /* PHASE_TOKEN: that phase and no other */
	enum symptom symptom;
};

#define ANSWER_BROKEN (FLAG_NO_IMAGE | FLAG_PARTIAL_BODY | FLAG_BAD_IMAGE)

static const struct rule rules[] = {
    {OUTCOME_OK, FLAG_SLOW, 0, PHASE_LOCAL, SYMPTOM_SLOW},
    {OUTCOME_OK, 0, 0, PHASE_LOCAL, SYMPTOM_OK},
    /* Who gives out tokens is not the model: it was never asked. */
    {OUTCOME_UPSTREAM_ERROR, 0, 0, PHASE_TOKEN, SYMPTOM_KEY},
    {OUTCOME_TIMEOUT, 0, 0, PHASE_TOKEN, SYMPTOM_KEY},
    {OUTCOME_MALFORMED, 0, 0, PHASE_TOKEN, SYMPTOM_KEY},
    {OUTCOME_RATE_LIMITED, 0, 0, PHASE_TOKEN, SYMPTOM_KEY},
    {OUTCOME_RATE_LIMITED, 0, 0, PHASE_LOCAL, SYMPTOM_RATE},
    {OUTCOME_QUOTA_EXHAUSTED, 0, 0, PHASE_LOCAL, SYMPTOM_QUOTA},
    {OUTCOME_AUTH_ERROR, FLAG_REGION_BLOCK, 0, PHASE_LOCAL, SYMPTOM_PLACE},
    {OUTCOME_AUTH_ERROR, 0, 0, PHASE_LOCAL, SYMPTOM_KEY},
    {OUTCOME_BAD_REQUEST, FLAG_REGION_BLOCK, 0, PHASE_LOCAL, SYMPTOM_PLACE},
    {OUTCOME_BAD_REQUEST, 0, 401, PHASE_LOCAL, SYMPTOM_KEY},
    {OUTCOME_BAD_REQUEST, 0, 402, PHASE_LOCAL, SYMPTOM_KEY},
    {OUTCOME_BAD_REQUEST, 0, 403, PHASE_LOCAL, SYMPTOM_KEY},
    {OUTCOME_BAD_REQUEST, 0, 0, PHASE_LOCAL, SYMPTOM_MODEL},
    {OUTCOME_CONTENT_BLOCKED, 0, 0, PHASE_LOCAL, SYMPTOM_REFUSED},
    {OUTCOME_UPSTREAM_ERROR, FLAG_GATEWAY, 0, PHASE_LOCAL, SYMPTOM_GATEWAY},
    {OUTCOME_UPSTREAM_ERROR, ANSWER_BROKEN, 0, PHASE_LOCAL, SYMPTOM_BAD},
    {OUTCOME_UPSTREAM_ERROR, 0, 502, PHASE_LOCAL, SYMPTOM_GATEWAY},
    {OUTCOME_UPSTREAM_ERROR, 0, 504, PHASE_LOCAL, SYMPTOM_GATEWAY},
    {OUTCOME_UPSTREAM_ERROR, 0, 0, PHASE_LOCAL, SYMPTOM_ERROR},
    {OUTCOME_TIMEOUT, 0, 0, PHASE_WAIT, SYMPTOM_TIMEOUT},
    {OUTCOME_TIMEOUT, 0, 0, PHASE_CONNECT, SYMPTOM_CONNECT},
    {OUTCOME_TIMEOUT, 0, 0, PHASE_DNS, SYMPTOM_DNS},
    {OUTCOME_TIMEOUT, 0, 0, PHASE_LOCAL, SYMPTOM_LOCAL},
    {OUTCOME_NET_DNS, 0, 0, PHASE_LOCAL, SYMPTOM_DNS},
    {OUTCOME_NET_CONNECT, 0, 0, PHASE_WAIT, SYMPTOM_GATEWAY},
    {OUTCOME_NET_CONNECT, 0, 0, PHASE_LOCAL, SYMPTOM_CONNECT},
    {OUTCOME_NET_TLS, 0, 0, PHASE_LOCAL, SYMPTOM_CONNECT},
    {OUTCOME_MALFORMED, FLAG_PORTAL, 0, PHASE_LOCAL, SYMPTOM_CONNECT},
    {OUTCOME_MALFORMED, FLAG_GATEWAY, 0, PHASE_LOCAL, SYMPTOM_GATEWAY},
    {OUTCOME_MALFORMED, ANSWER_BROKEN, 0, PHASE_LOCAL, SYMPTOM_BAD},
    {OUTCOME_MALFORMED, 0, 200, PHASE_LOCAL, SYMPTOM_BAD},
    {OUTCOME_MALFORMED, 0, 0, PHASE_LOCAL, SYMPTOM_GATEWAY},
    {OUTCOME_LOCAL_ERROR, 0, 0, PHASE_LOCAL, SYMPTOM_LOCAL},
};

static bool
is_phase(enum phase phase, enum phase phase_min)
{
	return phase_min == PHASE_TOKEN ? phase == PHASE_TOKEN : phase >= phase_min;
}

enum symptom
symptom_of(enum outcome outcome, enum phase phase, uint32_t flags, uint16_t http_status)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct rule *rule = &rules[i];

		if (rule->outcome == outcome &&
		    (rule->flags == 0 || (rule->flags & flags) != 0) &&
		    (rule->status == 0 || rule->status == http_status) &&
		    is_phase(phase, rule->phase_min)) {
			return rule->symptom;
		}
	}
	return SYMPTOM_GATEWAY; /* a value no rule knows: an answer, but not of theirs */
}

bool
symptom_is_cut(
    enum outcome outcome, enum phase phase, uint32_t flags, uint16_t http_status)
{
	enum symptom symptom = symptom_of(outcome, phase, flags, http_status);

	return symptom == SYMPTOM_LOCAL || symptom == SYMPTOM_DNS ||
	       symptom == SYMPTOM_CONNECT || symptom == SYMPTOM_TIMEOUT ||
	       outcome == OUTCOME_NET_CONNECT;
}

/* One row a symptom: layer, baselines in ppm of A, H, C, P. A zero is raised to the floor;
 * the values are those the method was tried with until they are learned. */
static const struct {
	int stage;
	uint32_t baseline_ppm[WITNESS_COUNT];
} table[SYMPTOM_COUNT] = {
    [SYMPTOM_LOCAL] = {-1, {100, 100, 0, 0}},
    [SYMPTOM_DNS] = {0, {1000, 1000, 0, 0}},
    [SYMPTOM_CONNECT] = {1, {2000, 3000, 0, 0}},
    [SYMPTOM_GATEWAY] = {2, {1000, 2000, 0, 0}},
    [SYMPTOM_RATE] = {3, {2000, 500, 0, 0}},
    [SYMPTOM_KEY] = {3, {100, 100, 0, 0}},
    [SYMPTOM_QUOTA] = {3, {100, 100, 0, 0}},
    [SYMPTOM_PLACE] = {3, {100, 100, 0, 0}},
    [SYMPTOM_MODEL] = {3, {100, 100, 0, 0}},
    [SYMPTOM_ERROR] = {4, {3000, 3000, 0, 0}},
    [SYMPTOM_TIMEOUT] = {4, {2000, 1000, 0, 0}},
    [SYMPTOM_BAD] = {4, {1000, 100, 0, 0}},
    [SYMPTOM_REFUSED] = {4, {1000, 100, 0, 0}},
    [SYMPTOM_SLOW] = {4, {10000, 10000, 10000, 10000}},
    [SYMPTOM_OK] = {5, {0, 0, 0, 0}},
    [SYMPTOM_FAIL] = {1, {0, 0, 2000, 200000}},
};

int
symptom_stage(enum symptom symptom)
{
	return table[symptom].stage;
}

uint32_t
symptom_baseline_ppm(enum witness witness, enum symptom symptom)
{
	uint32_t rest = SYMPTOM_PPM;

	if (symptom != SYMPTOM_OK) {
		uint32_t ppm = table[symptom].baseline_ppm[witness];

		return ppm > 0 ? ppm : 100;
	}
	for (unsigned i = 0; i < SYMPTOM_COUNT; i++) {
		rest -= table[i].baseline_ppm[witness];
	}
	return rest;
}

bool
symptom_is_failure(enum symptom symptom)
{
	return symptom == SYMPTOM_DNS || symptom == SYMPTOM_CONNECT ||
	       symptom == SYMPTOM_GATEWAY || symptom == SYMPTOM_ERROR ||
	       symptom == SYMPTOM_TIMEOUT || symptom == SYMPTOM_BAD;
}

int
symptom_bit(enum witness witness, enum symptom symptom)
{
	bool is_round = witness == WITNESS_CONTROL || witness == WITNESS_PAIRED;
	int base = witness == WITNESS_CONTROL ? 28 : 30;

	if (is_round) {
		return symptom == SYMPTOM_FAIL   ? base
		       : symptom == SYMPTOM_SLOW ? base + 1
						 : -1;
	}
	if (symptom >= SYMPTOM_OK) {
		return -1;
	}
	return (int)symptom + (witness == WITNESS_FREE ? (int)SYMPTOM_OK : 0);
}
