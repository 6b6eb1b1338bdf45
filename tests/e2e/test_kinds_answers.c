/* What only some kinds of probe can be told or have to go to: shapes of answers, pictures
 * behind links, access tokens, keys that are refused. The rest is in test_kinds.c. */
#include "tests/support/test.h"

#include "tests/support/kind_runs.h"

#define NO_FLAGS 0

static struct prober *shared;

/* What only some kinds can be told, and what they must make of it. */
static const struct answer {
	enum probe_kind kind;
	const char *model; /* instead of the row's */
	const char *set;   /* state of the server */
	const char *shape; /* of its answer */
	enum outcome outcome;
	uint32_t flags;
} answers[] = {
    {PROBE_GEMINI_IMAGE, NULL, NULL, "503-overloaded", OUTCOME_UPSTREAM_ERROR,
	FLAG_OVERLOADED},
    {PROBE_GEMINI_IMAGE, NULL, NULL, "200-truncated-image", OUTCOME_MALFORMED,
	FLAG_PARTIAL_BODY},
    {PROBE_GEMINI_STREAM, NULL, NULL, "stream-200-error-first", OUTCOME_UPSTREAM_ERROR,
	FLAG_OVERLOADED},
    {PROBE_GEMINI_STREAM, NULL, NULL, "stream-200-error-inside", OUTCOME_UPSTREAM_ERROR,
	FLAG_OVERLOADED},
    {PROBE_GEMINI_STREAM, NULL, NULL, "stream-200-unfinished", OUTCOME_MALFORMED,
	FLAG_PARTIAL_BODY},
    {PROBE_GEMINI_STREAM, NULL, NULL, "stream-200-unfinished-image", OUTCOME_MALFORMED,
	FLAG_PARTIAL_BODY},
    {PROBE_GEMINI_STREAM, NULL, NULL, "stream-200-no-image", OUTCOME_UPSTREAM_ERROR,
	FLAG_NO_IMAGE},
    {PROBE_GEMINI_STREAM, NULL, NULL, "stream-200-blocked", OUTCOME_CONTENT_BLOCKED, 0},
    {PROBE_GEMINI_STREAM, NULL, NULL, "429-rate", OUTCOME_RATE_LIMITED, 0},
    {PROBE_GEMINI_STREAM, NULL, NULL, "429-capacity", OUTCOME_RATE_LIMITED,
	FLAG_CAPACITY},
    {PROBE_GEMINI_STREAM, "gemini-0", NULL, NULL, OUTCOME_BAD_REQUEST, FLAG_MODEL_GONE},
    {PROBE_GEMINI_MODELS, "gemini-0", NULL, NULL, OUTCOME_BAD_REQUEST, FLAG_MODEL_GONE},
    {PROBE_GEMINI_MODELS, NULL, NULL, "400-key-invalid", OUTCOME_AUTH_ERROR, 0},
    {PROBE_GEMINI_TOKENS, "gemini-0", NULL, NULL, OUTCOME_BAD_REQUEST, FLAG_MODEL_GONE},
    {PROBE_GEMINI_TOKENS, NULL, NULL, "429-quota-day", OUTCOME_QUOTA_EXHAUSTED, 0},
    {PROBE_VERTEX_IMAGE, NULL, NULL, "429-capacity", OUTCOME_RATE_LIMITED,
	FLAG_CAPACITY},
    {PROBE_VERTEX_IMAGE, NULL, NULL, "200-blocked-safety", OUTCOME_CONTENT_BLOCKED, 0},
    {PROBE_VERTEX_IMAGEN, NULL, NULL, "imagen-200-filtered", OUTCOME_CONTENT_BLOCKED,
	0},
    {PROBE_VERTEX_IMAGEN, NULL, NULL, "imagen-200-none", OUTCOME_CONTENT_BLOCKED, 0},
    {PROBE_VERTEX_TOKENS, NULL, NULL, "500-internal", OUTCOME_UPSTREAM_ERROR, 0},
    {PROBE_OPENAI_IMAGE, NULL, NULL, "openai-400-moderation", OUTCOME_CONTENT_BLOCKED,
	0},
    {PROBE_OPENAI_IMAGE, NULL, NULL, "openai-429-quota", OUTCOME_QUOTA_EXHAUSTED, 0},
    {PROBE_OPENAI_IMAGE, NULL, NULL, "openai-200-no-data", OUTCOME_UPSTREAM_ERROR,
	FLAG_NO_IMAGE},
    {PROBE_OPENAI_MODELS, "gpt-image-0", NULL, NULL, OUTCOME_BAD_REQUEST,
	FLAG_MODEL_GONE},
    {PROBE_OPENAI_MODELS, NULL, NULL, "openai-401", OUTCOME_AUTH_ERROR, 0},
    {PROBE_OPENROUTER_CHAT, NULL, NULL, "openrouter-200-top-error",
	OUTCOME_RATE_LIMITED, FLAG_CAPACITY},
    {PROBE_OPENROUTER_CHAT, NULL, NULL, "openrouter-200-error-inside",
	OUTCOME_UPSTREAM_ERROR, 0},
    {PROBE_OPENROUTER_CHAT, NULL, NULL, "openrouter-200-no-image",
	OUTCOME_UPSTREAM_ERROR, FLAG_NO_IMAGE | FLAG_COST_REPORTED},
    {PROBE_OPENROUTER_CHAT, NULL, NULL, "openrouter-200-filtered",
	OUTCOME_CONTENT_BLOCKED, 0},
    {PROBE_OPENROUTER_CHAT, NULL, NULL, "openrouter-400-raw-openai",
	OUTCOME_BAD_REQUEST, 0},
    {PROBE_OPENROUTER_CHAT, NULL, NULL, "openrouter-400-raw-location",
	OUTCOME_BAD_REQUEST, FLAG_REGION_BLOCK},
    {PROBE_OPENROUTER_CHAT, NULL, NULL, "openrouter-402", OUTCOME_QUOTA_EXHAUSTED, 0},
    {PROBE_OPENROUTER_CHAT, NULL, NULL, "openrouter-402-in-flight",
	OUTCOME_RATE_LIMITED, 0},
    {PROBE_OPENROUTER_CHAT, NULL, NULL, "openrouter-403-moderation",
	OUTCOME_CONTENT_BLOCKED, 0},
    {PROBE_OPENROUTER_CHAT, NULL, NULL, "openrouter-408", OUTCOME_UPSTREAM_ERROR,
	FLAG_DEADLINE},
    {PROBE_OPENROUTER_CHAT, NULL, NULL, "openrouter-429-upstream", OUTCOME_RATE_LIMITED,
	FLAG_CAPACITY},
    {PROBE_OPENROUTER_IMAGE, "google/gemini-0", NULL, NULL, OUTCOME_BAD_REQUEST,
	FLAG_MODEL_GONE},
    {PROBE_OPENROUTER_IMAGE, NULL, NULL, "openrouter-429-limit-source",
	OUTCOME_RATE_LIMITED, FLAG_CAPACITY},
    {PROBE_OPENROUTER_IMAGE, NULL, NULL, "openrouter-502", OUTCOME_UPSTREAM_ERROR, 0},
    {PROBE_OPENROUTER_KEY, NULL, "{\"openrouter_credit\":\"none\"}", NULL,
	OUTCOME_QUOTA_EXHAUSTED, 0},
    {PROBE_OPENROUTER_KEY, NULL, "{\"openrouter_credit\":\"unlimited\"}", NULL,
	OUTCOME_OK, 0},
    {PROBE_OPENROUTER_KEY, NULL, NULL, "openrouter-401", OUTCOME_AUTH_ERROR, 0},
};

static unsigned
run_answer(const struct answer *answer)
{
	const struct kind_round round = {.model = answer->model};
	const struct kind_expected expected = {
	    answer->outcome, PHASE_DONE, answer->flags};
	struct kind_found found;
	char action[96];

	kind_runs_reset();
	if (answer->set != NULL) {
		kind_runs_order("PUT", "/state", answer->set);
	}
	if (answer->shape != NULL) {
		(void)snprintf(
		    action, sizeof(action), "{\"shape\":\"%s\"}", answer->shape);
		kind_runs_rule("/*", action);
	}
	found = kind_runs_one(shared, answer->kind, &round);
	return kind_runs_judge(answer->shape != NULL ? answer->shape : "state",
	    answer->kind, &found, &expected);
}

static void
answers_are_judged(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		wrong += run_answer(&answers[i]);
	}
	kind_runs_reset();
	assert_int_equal(wrong, 0);
}

/* What is wrong with a second place that a run has to go to. */
static const struct detour {
	const char *name;
	const char *set; /* state of the server */
	const char *action;
	enum outcome outcome;
	uint32_t flags;
} fetches[] = {
    {"expired", "{\"picture_seconds\":-10}", NULL, OUTCOME_UPSTREAM_ERROR, 0},
    {"403", NULL, "{\"shape\":\"picture-403-expired\"}", OUTCOME_UPSTREAM_ERROR, 0},
    {"404", NULL, "{\"shape\":\"picture-404\"}", OUTCOME_UPSTREAM_ERROR, 0},
    {"503", NULL, "{\"status\":503}", OUTCOME_UPSTREAM_ERROR, 0},
    {"page", NULL, "{\"shape\":\"200-html\"}", OUTCOME_MALFORMED, FLAG_PORTAL},
    {"redirect", NULL, "{\"shape\":\"captive-portal-302\"}", OUTCOME_MALFORMED,
	FLAG_PORTAL},
    {"half a picture", NULL, "{\"shape\":\"picture-200-truncated\"}", OUTCOME_MALFORMED,
	FLAG_BAD_IMAGE},
    {"empty", NULL, "{\"status\":200,\"body\":\"\"}", OUTCOME_MALFORMED,
	FLAG_BAD_IMAGE},
    {"closed inside", NULL, "{\"close_after_bytes\":1000}", OUTCOME_MALFORMED,
	FLAG_PARTIAL_BODY},
    {"reset at once", NULL, "{\"reset_after_bytes\":0}", OUTCOME_NET_CONNECT, 0},
    {"garbage", NULL, "{\"garbage\":true}", OUTCOME_MALFORMED, FLAG_PARTIAL_BODY},
    {"name that does not resolve",
	"{\"picture_origin\":\"https://" KIND_RUNS_NOWHERE "\"}", NULL, OUTCOME_NET_DNS,
	0},
};

/* Runs the kind over a table of detours: every one of them must fail in `phase`. */
static unsigned
run_detours(const struct detour *detours, size_t len, enum probe_kind kind,
    const char *model, enum phase phase)
{
	const char *at = phase == PHASE_TOKEN ? "/token" : "/private/*";
	const struct kind_round round = {.model = model};
	unsigned wrong = 0;

	for (size_t i = 0; i < len; i++) {
		const struct kind_expected expected = {
		    detours[i].outcome, phase, detours[i].flags};
		/* A token, or the failure to get one, is kept for a while. */
		struct prober *prober = kind_runs_prober(0);
		struct kind_found found;

		kind_runs_reset();
		if (detours[i].set != NULL) {
			kind_runs_order("PUT", "/state", detours[i].set);
		}
		kind_runs_rule_exact(at, detours[i].action);
		found = kind_runs_one(prober, kind, &round);
		wrong += kind_runs_judge(detours[i].name, kind, &found, &expected);
		prober_free(prober);
	}
	kind_runs_reset();
	return wrong;
}

static void
pictures_behind_links(void **state)
{
	static const struct kind_expected good = {OUTCOME_OK, PHASE_DONE, NO_FLAGS};
	static const struct kind_expected refused = {
	    OUTCOME_NET_CONNECT, PHASE_FETCH, NO_FLAGS};
	const struct kind_round round = {.model = "dall-e-3"};
	struct kind_found found;
	char text[96];
	unsigned wrong;

	(void)state;
	kind_runs_reset();
	found = kind_runs_one(shared, PROBE_OPENAI_IMAGE, &round);
	wrong = kind_runs_judge("link", PROBE_OPENAI_IMAGE, &found, &good);
	assert_true(found.result.timing.answered_us > 0);
	assert_true(found.result.timing.total_us >= found.result.timing.answered_us);
	(void)snprintf(
	    text, sizeof(text), "{\"picture_origin\":\"%s\"}", kind_runs_closed());
	kind_runs_order("PUT", "/state", text);
	found = kind_runs_one(shared, PROBE_OPENAI_IMAGE, &round);
	wrong += kind_runs_judge("closed port", PROBE_OPENAI_IMAGE, &found, &refused);
	wrong += run_detours(fetches, sizeof(fetches) / sizeof(fetches[0]),
	    PROBE_OPENAI_IMAGE, "dall-e-3", PHASE_FETCH);
	assert_int_equal(wrong, 0);
}

static const struct detour tokens[] = {
    {"bad grant", NULL, "{\"shape\":\"token-400-invalid-grant\"}", OUTCOME_AUTH_ERROR,
	0},
    {"client gone", NULL, "{\"shape\":\"token-401-client\"}", OUTCOME_AUTH_ERROR, 0},
    {"account disabled", NULL, "{\"shape\":\"token-403-disabled\"}", OUTCOME_AUTH_ERROR,
	0},
    {"500", NULL, "{\"shape\":\"token-500-internal\"}", OUTCOME_UPSTREAM_ERROR, 0},
    {"503", NULL, "{\"status\":503}", OUTCOME_UPSTREAM_ERROR, 0},
    {"429", NULL, "{\"status\":429}", OUTCOME_RATE_LIMITED, 0},
    {"no token in it", NULL, "{\"shape\":\"token-200-empty\"}", OUTCOME_MALFORMED, 0},
    {"page", NULL, "{\"shape\":\"200-html\"}", OUTCOME_MALFORMED, 0},
    {"redirect", NULL, "{\"shape\":\"captive-portal-302\"}", OUTCOME_MALFORMED,
	FLAG_PORTAL},
    {"closed inside", NULL, "{\"close_after_bytes\":4}", OUTCOME_MALFORMED,
	FLAG_PARTIAL_BODY},
    {"reset at once", NULL, "{\"reset_after_bytes\":0}", OUTCOME_NET_CONNECT, 0},
    {"garbage", NULL, "{\"garbage\":true}", OUTCOME_MALFORMED, FLAG_PARTIAL_BODY},
};

static void
access_tokens(void **state)
{
	static const enum probe_kind vertex[] = {
	    PROBE_VERTEX_IMAGE, PROBE_VERTEX_IMAGEN, PROBE_VERTEX_TOKENS};
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(vertex) / sizeof(vertex[0]); i++) {
		wrong += run_detours(tokens, sizeof(tokens) / sizeof(tokens[0]),
		    vertex[i], NULL, PHASE_TOKEN);
	}
	assert_int_equal(wrong, 0);
}

/* A token that the API refuses is an error of the key; another one, had at once, would
 * fare no better. */
static void
tokens_that_are_taken_back(void **state)
{
	static const struct kind_expected refused = {
	    OUTCOME_AUTH_ERROR, PHASE_DONE, NO_FLAGS};
	static const struct kind_expected good = {OUTCOME_OK, PHASE_DONE, NO_FLAGS};
	const struct kind_round round = {0};
	struct kind_found found;
	unsigned wrong;

	(void)state;
	kind_runs_reset();
	found = kind_runs_one(shared, PROBE_VERTEX_TOKENS, &round);
	wrong = kind_runs_judge("token", PROBE_VERTEX_TOKENS, &found, &good);
	kind_runs_order("DELETE", "/tokens", NULL);
	found = kind_runs_one(shared, PROBE_VERTEX_TOKENS, &round);
	wrong += kind_runs_judge("taken back", PROBE_VERTEX_TOKENS, &found, &refused);
	assert_int_equal(found.result.http_status, 401);
	assert_int_equal(wrong, 0);
}

/* Silence where the picture or the token should be: before its first byte, and inside. */
static const struct silence {
	enum probe_kind kind;
	const char *model;
	const char *at;
	const char *action;
	enum phase phase;
	uint32_t flags;
} silences[] = {
    {PROBE_OPENAI_IMAGE, "dall-e-3", "/private/*", "{\"delay_ms\":600000}", PHASE_FETCH,
	NO_FLAGS},
    {PROBE_OPENAI_IMAGE, "dall-e-3", "/private/*", "{\"stall_after_bytes\":1000}",
	PHASE_FETCH, FLAG_PARTIAL_BODY},
    {PROBE_VERTEX_IMAGE, NULL, "/token", "{\"delay_ms\":600000}", PHASE_TOKEN,
	NO_FLAGS},
    {PROBE_VERTEX_IMAGE, NULL, "/token", "{\"stall_after_bytes\":4}", PHASE_TOKEN,
	FLAG_PARTIAL_BODY},
};

static unsigned
run_silence(const struct silence *silence)
{
	const struct kind_expected expected = {
	    OUTCOME_TIMEOUT, silence->phase, silence->flags};
	struct kind_found found = {.detail = ""};

	/* A busy machine may need long for what comes before. */
	for (uint32_t ms = 1500; ms <= KIND_RUNS_PATIENCE_MS; ms *= 4) {
		const struct kind_round round = {
		    .model = silence->model, .timeout_ms = ms};
		struct prober *prober = kind_runs_prober(0);

		/* A failure to get a token holds for a while. */
		kind_runs_reset();
		kind_runs_rule_exact(silence->at, silence->action);
		found = kind_runs_one(prober, silence->kind, &round);
		prober_free(prober);
		if (kind_runs_is(&found, &expected)) {
			return 0;
		}
	}
	return kind_runs_judge(silence->action, silence->kind, &found, &expected);
}

static void
silence_on_the_way(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(silences) / sizeof(silences[0]); i++) {
		wrong += run_silence(&silences[i]);
	}
	kind_runs_rule("", NULL);
	assert_int_equal(wrong, 0);
}

/* Keys that the service does not know are told from all else. */
static void
keys_that_are_refused(void **state)
{
	static const struct kind_expected expected = {
	    OUTCOME_AUTH_ERROR, PHASE_DONE, NO_FLAGS};
	const struct kind_round round = {.secret = KIND_RUNS_BAD_KEY};
	unsigned wrong = 0;

	(void)state;
	kind_runs_reset();
	for (size_t i = 0; i < KIND_RUNS; i++) {
		enum probe_kind kind = kind_rows[i].kind;
		struct kind_found found;

		if (probe_traits(kind)->has_key && !kind_runs_takes_tokens(kind)) {
			found = kind_runs_one(shared, kind, &round);
			wrong += kind_runs_judge("bad key", kind, &found, &expected);
		}
	}
	assert_int_equal(wrong, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(answers_are_judged),
	    cmocka_unit_test(pictures_behind_links),
	    cmocka_unit_test(access_tokens),
	    cmocka_unit_test(tokens_that_are_taken_back),
	    cmocka_unit_test(silence_on_the_way),
	    cmocka_unit_test(keys_that_are_refused),
	};
	int failed;

	if (!kind_runs_open(UPSTREAM_PROGRAM)) {
		return 1;
	}
	shared = kind_runs_prober(0);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	prober_free(shared);
	kind_runs_close();
	return failed;
}
