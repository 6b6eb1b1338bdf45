/* test_check - how a transfer's end becomes an outcome, and what else a result carries */
#include "tests/support/judge.h"
#include "tests/support/test.h"

static struct check check;

static void
head(unsigned http)
{
	char line[64];
	int len = snprintf(line, sizeof(line), "HTTP/1.1 %u X\r\n", http);

	check_header(&check, line, (size_t)len);
}

static void
body(const char *text)
{
	assert_true(check_body(&check, text, strlen(text)));
}

static struct result
finish(enum transport_end end, enum phase phase, const char *text)
{
	struct transport transport = {.end = end, .phase = phase, .text = text};
	struct result result;

	check_finish(&check, &transport, &result);
	return result;
}

static void
test_transport(void **state)
{
	static const struct {
		enum transport_end end;
		enum phase phase;
		enum outcome outcome;
		uint32_t flags;
		enum phase result_phase;
	} row[] = {
	    {TRANSPORT_DNS, PHASE_DNS, OUTCOME_NET_DNS, 0, PHASE_DNS},
	    {TRANSPORT_CONNECT, PHASE_CONNECT, OUTCOME_NET_CONNECT, 0, PHASE_CONNECT},
	    {TRANSPORT_CONNECT_TIMEOUT, PHASE_CONNECT, OUTCOME_NET_CONNECT, 0,
		PHASE_CONNECT},
	    {TRANSPORT_TLS, PHASE_TLS, OUTCOME_NET_TLS, 0, PHASE_TLS},
	    {TRANSPORT_BAD_CERT, PHASE_TLS, OUTCOME_NET_TLS, FLAG_BAD_CERT, PHASE_TLS},
	    {TRANSPORT_TIMEOUT, PHASE_LOCAL, OUTCOME_LOCAL_ERROR, 0, PHASE_LOCAL},
	    {TRANSPORT_TIMEOUT, PHASE_DNS, OUTCOME_NET_DNS, 0, PHASE_DNS},
	    {TRANSPORT_TIMEOUT, PHASE_CONNECT, OUTCOME_NET_CONNECT, 0, PHASE_CONNECT},
	    {TRANSPORT_TIMEOUT, PHASE_TLS, OUTCOME_NET_TLS, 0, PHASE_TLS},
	    {TRANSPORT_TIMEOUT, PHASE_WAIT, OUTCOME_TIMEOUT, 0, PHASE_WAIT},
	    {TRANSPORT_TIMEOUT, PHASE_BODY, OUTCOME_TIMEOUT, 0, PHASE_BODY},
	    {TRANSPORT_TIMEOUT, PHASE_DONE, OUTCOME_TIMEOUT, 0, PHASE_BODY},
	    {TRANSPORT_RESET, PHASE_WAIT, OUTCOME_NET_CONNECT, 0, PHASE_WAIT},
	    {TRANSPORT_PARTIAL, PHASE_BODY, OUTCOME_MALFORMED, FLAG_PARTIAL_BODY,
		PHASE_BODY},
	    {TRANSPORT_TOO_LARGE, PHASE_BODY, OUTCOME_MALFORMED, FLAG_PARTIAL_BODY,
		PHASE_BODY},
	    {TRANSPORT_BAD_ENCODING, PHASE_BODY, OUTCOME_MALFORMED, FLAG_PARTIAL_BODY,
		PHASE_BODY},
	    {TRANSPORT_REDIRECT, PHASE_BODY, OUTCOME_MALFORMED, FLAG_PORTAL,
		PHASE_BODY},
	    {TRANSPORT_LOCAL, PHASE_DONE, OUTCOME_LOCAL_ERROR, 0, PHASE_LOCAL},
	};

	(void)state;
	for (int kind = 0; kind < PROBE_KIND_COUNT; kind++) {
		struct plan_probe probe = judge_probe((enum probe_kind)kind);
		for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
			check_begin(&check, &probe, NULL);
			struct result result = finish(row[i].end, row[i].phase, NULL);
			assert_int_equal(result.outcome, row[i].outcome);
			assert_int_equal(result.flags, row[i].flags);
			assert_int_equal(result.phase, row[i].result_phase);
			assert_string_not_equal(result.detail, "");
			assert_int_equal(result.http_status, 0);
			assert_int_equal(result.observation_len, 0);
		}
	}
}

/* What had come before the end decides when it is an error, and is marked when it is not. */
static void
test_cut_short(void **state)
{
	struct plan_probe probe = judge_probe(PROBE_GEMINI_IMAGE);
	static const char overloaded[] =
	    "{\"error\":{\"code\":503,\"message\":\"The model is overloaded\"";

	(void)state;
	check_begin(&check, &probe, NULL);
	head(503);
	body(overloaded);
	struct result result = finish(TRANSPORT_PARTIAL, PHASE_BODY, "");
	assert_int_equal(result.outcome, OUTCOME_UPSTREAM_ERROR);
	assert_int_equal(result.flags, FLAG_OVERLOADED | FLAG_PARTIAL_BODY);
	assert_string_equal(result.detail, "The model is overloaded");
	assert_int_equal(result.http_status, 503);

	check_begin(&check, &probe, NULL);
	head(200);
	body("{\"candidates\":[");
	result = finish(TRANSPORT_TIMEOUT, PHASE_BODY, "");
	assert_int_equal(result.outcome, OUTCOME_TIMEOUT);
	assert_int_equal(result.flags, FLAG_PARTIAL_BODY);
	assert_int_equal(result.http_status, 200);

	/* The same at its proper end: nobody cut it but they. */
	check_begin(&check, &probe, NULL);
	head(200);
	body("{\"candidates\":[");
	result = finish(TRANSPORT_DONE, PHASE_DONE, "");
	assert_int_equal(result.outcome, OUTCOME_MALFORMED);
	assert_int_equal(result.flags, FLAG_PARTIAL_BODY);
}

static void
test_head(void **state)
{
	struct plan_probe probe = judge_probe(PROBE_OPENAI_IMAGE);
	struct transport transport = {
	    .end = TRANSPORT_DONE,
	    .phase = PHASE_DONE,
	    .timing = {.dns_us = 10,
		.connect_us = 20,
		.tls_us = 0,
		.first_byte_us = 15,
		.total_us = 12},
	    .started_at = {INT64_C(784111777) * CLOCK_NS_PER_S},
	};
	static const char *const lines[] = {"x-request-id: req_42\r\n",
	    "openai-processing-ms: 1234\r\n",
	    "Retry-After: Sun, 06 Nov 1994 08:50:38 GMT\r\n", "ETag: \"e\"\r\n",
	    "Last-Modified: yesterday\r\n"};
	struct result result;

	(void)state;
	check_begin(&check, &probe, NULL);
	head(100);
	head(429);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		check_header(&check, lines[i], strlen(lines[i]));
	}
	body(
	    "{\"error\":{\"message\":\"slow down\",\"code\":\"rate_limit_exceeded\"}}");
	check_finish(&check, &transport, &result);
	assert_string_equal(result.series, "target/probe");
	assert_int_equal(result.outcome, OUTCOME_RATE_LIMITED);
	assert_int_equal(result.http_status, 429);
	assert_int_equal(result.phase, PHASE_DONE);
	assert_int_equal(result.server_us, 1234000);
	assert_in_range(result.retry_after_ms, 60999, 61000);
	assert_string_equal(result.request_id, "req_42");
	assert_string_equal(result.detail, "rate_limit_exceeded: slow down");
	assert_int_equal(result.body_bytes, 62);
	assert_string_equal(check_etag(&check), "\"e\"");
	assert_string_equal(check_last_modified(&check), "yesterday");
	assert_int_equal(check_image(&check)->format, IMAGE_UNKNOWN);
	/* Instants are brought into order. */
	assert_int_equal(result.timing.dns_us, 10);
	assert_int_equal(result.timing.connect_us, 20);
	assert_int_equal(result.timing.tls_us, 0);
	assert_int_equal(result.timing.first_byte_us, 20);
	assert_int_equal(result.timing.total_us, 20);
}

/* A new head forgets the body that came with the old one. */
static void
test_second_answer(void **state)
{
	struct plan_probe probe = judge_probe(PROBE_GEMINI_MODEL);

	(void)state;
	check_begin(&check, &probe, NULL);
	head(302);
	body("<html>this way</html>");
	head(200);
	body("{\"name\":\"models/m\"}");
	struct result result = finish(TRANSPORT_DONE, PHASE_DONE, NULL);
	assert_int_equal(result.outcome, OUTCOME_OK);
	assert_int_equal(result.body_bytes, 19);
	assert_string_equal(result.detail, "");
}

static void
test_too_large(void **state)
{
	static char block[1 << 20];
	struct plan_probe probe = judge_probe(PROBE_GEMINI_IMAGE);

	(void)state;
	memset(block, ' ', sizeof(block));
	check_begin(&check, &probe, NULL);
	head(200);
	for (size_t i = 0; i < LIMIT_BODY_BYTES / sizeof(block); i++) {
		assert_true(check_body(&check, block, sizeof(block)));
	}
	assert_false(check_body(&check, "x", 1));
	assert_false(check_body(&check, "", 0));
	struct result result = finish(TRANSPORT_PARTIAL, PHASE_BODY, "write failed");
	assert_int_equal(result.outcome, OUTCOME_MALFORMED);
	assert_int_equal(result.flags, FLAG_PARTIAL_BODY);
	assert_int_equal(result.body_bytes, LIMIT_BODY_BYTES);
}

/* Neither a transport's text, a message nor an identifier carries a secret out. */
static void
test_secrets(void **state)
{
	struct plan_probe probe = judge_probe(PROBE_GEMINI_IMAGE);
	struct redact redact;

	(void)state;
	redact_init(&redact);
	assert_int_equal(redact_add(&redact, "open-sesame-42"), ERR_OK);
	check_begin(&check, &probe, &redact);
	struct result result =
	    finish(TRANSPORT_TLS, PHASE_TLS, "no session for open-sesame-42 here");
	assert_string_equal(result.detail, "no session for " REDACT_MARK " here");

	check_begin(&check, &probe, &redact);
	head(403);
	check_header(&check, "x-request-id: open-sesame-42", 28);
	body("{\"error\":{\"status\":\"PERMISSION_DENIED\",\"message\":"
	     "\"Consumer 'api_key:open-sesame-42' is suspended\"}}");
	result = finish(TRANSPORT_DONE, PHASE_DONE, NULL);
	assert_int_equal(result.outcome, OUTCOME_AUTH_ERROR);
	assert_string_equal(result.detail,
	    "PERMISSION_DENIED: Consumer 'api_key:" REDACT_MARK "' is suspended");
	assert_string_equal(result.request_id, "");
}

/* The struct is what an agent holds once per transfer in flight; most of it is the memory
 * in which feeds are read, and costs address space only where none are. */
static void
test_size(void **state)
{
	(void)state;
	assert_true(sizeof(struct check) <= 48 << 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_transport),
	    cmocka_unit_test(test_cut_short),
	    cmocka_unit_test(test_head),
	    cmocka_unit_test(test_second_answer),
	    cmocka_unit_test(test_too_large),
	    cmocka_unit_test(test_secrets),
	    cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
