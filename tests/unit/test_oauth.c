/* What is asked of a token endpoint, what its answers mean, and when it is asked. */
#include "tests/support/test.h"

#include "agent/core/oauth.h"
#include "common/core/base64.h"

static const char file_text[] =
    "{\n  \"type\": \"service_account\",\n  \"project_id\": \"p\",\n"
    "  \"private_key_id\": \"0123abcd\",\n"
    "  \"private_key\": \"-----BEGIN PRIVATE KEY-----\\nMIIE\\n-----END PRIVATE "
    "KEY-----\\n\",\n"
    "  \"client_email\": \"prober@p.iam.gserviceaccount.com\",\n"
    "  \"token_uri\": \"https://oauth2.googleapis.com/token\",\n"
    "  \"universe_domain\": \"googleapis.com\"\n}\n";

static struct oauth_account account;
static struct oauth oauth;

static enum err
parse(const char *text)
{
	return oauth_account_parse(text, strlen(text), &account);
}

static void
accounts(void **state)
{
	static const struct {
		const char *text;
		enum err err;
	} rows[] = {
	    {"", ERR_FORMAT},
	    {"[]", ERR_INVALID},
	    {"{}", ERR_INVALID},
	    {"{\"type\":\"service_account\"", ERR_FORMAT},
	    {"{\"type\":\"authorized_user\",\"client_email\":\"a\","
	     "\"private_key\":\"k\",\"token_uri\":\"https://t/\"}",
		ERR_INVALID},
	    {"{\"type\":\"service_account\",\"client_email\":\"a\\\"b\","
	     "\"private_key\":\"k\",\"token_uri\":\"https://t/\"}",
		ERR_INVALID},
	    {"{\"type\":\"service_account\",\"client_email\":\"a\","
	     "\"private_key\":\"k\",\"token_uri\":\"https://t/\\n\"}",
		ERR_INVALID},
	    {"{\"type\":\"service_account\",\"client_email\":\"a\","
	     "\"private_key\":\"k\"}",
		ERR_INVALID},
	};
	char *longer = malloc(OAUTH_PEM_BYTES + 256);

	(void)state;
	assert_int_equal(parse(file_text), ERR_OK);
	assert_string_equal(account.email, "prober@p.iam.gserviceaccount.com");
	assert_string_equal(account.key_id, "0123abcd");
	assert_string_equal(account.token_uri, "https://oauth2.googleapis.com/token");
	assert_string_equal(account.private_key,
	    "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(parse(rows[i].text), rows[i].err);
		assert_string_equal(account.email, "");
		assert_string_equal(account.private_key, "");
	}
	assert_non_null(longer);
	(void)snprintf(longer, OAUTH_PEM_BYTES + 256, "{\"private_key\":\"%*s\"}",
	    OAUTH_PEM_BYTES, "");
	assert_int_equal(parse(longer), ERR_LIMIT);
	free(longer);
}

/* Decodes one part of an assertion. */
static void
decode(const char *from, const char *end, char *out)
{
	struct base64 base64;
	size_t len = (size_t)(end - from);
	size_t out_len = 0;
	size_t more;

	base64_init(&base64);
	assert_int_equal(
	    base64_decode(&base64, from, len, (unsigned char *)out, &out_len), ERR_OK);
	if (len % 4 != 0) {
		assert_int_equal(base64_decode(&base64, "==", 4 - len % 4,
				     (unsigned char *)out + out_len, &more),
		    ERR_OK);
		out_len += more;
	}
	assert_int_equal(base64_end(&base64), ERR_OK);
	out[out_len] = '\0';
}

static void
assertions(void **state)
{
	struct wall now = {INT64_C(1700000000) * CLOCK_NS_PER_S};
	static const unsigned char signature[] = {0xFB, 0xEF, 0xFF, 0x00};
	static struct request request;
	char claims[OAUTH_CLAIMS_BYTES];
	char text[OAUTH_CLAIMS_BYTES + 128];
	const char *dot;

	(void)state;
	assert_int_equal(parse(file_text), ERR_OK);
	assert_int_equal(oauth_claims(&account, now, claims, sizeof(claims)), ERR_OK);
	assert_null(strpbrk(claims, "+/="));
	dot = strchr(claims, '.');
	assert_non_null(dot);
	decode(claims, dot, text);
	assert_string_equal(
	    text, "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"0123abcd\"}");
	decode(dot + 1, claims + strlen(claims), text);
	assert_string_equal(text,
	    "{\"iss\":\"prober@p.iam.gserviceaccount.com\","
	    "\"scope\":\"https://www.googleapis.com/auth/cloud-platform\","
	    "\"aud\":\"https://oauth2.googleapis.com/token\",\"iat\":1700000000,"
	    "\"exp\":1700003600}");
	assert_int_equal(
	    oauth_request(&account, claims, signature, sizeof(signature), &request),
	    ERR_OK);
	assert_string_equal(request.url, "https://oauth2.googleapis.com/token");
	assert_string_equal(request_header(&request, 0),
	    "Content-Type: application/x-www-form-urlencoded");
	assert_string_equal(request_header(&request, 1), "Accept: application/json");
	assert_null(request_header(&request, 2));
	(void)snprintf(text, sizeof(text),
	    "grant_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Agrant-type%%3Ajwt-bearer"
	    "&assertion=%s.--__AA",
	    claims);
	assert_string_equal(request.body, text);
	assert_int_equal(request.body_bytes, strlen(text));
	for (size_t cap = 1; cap < strlen(claims) + 1; cap++) {
		assert_int_equal(oauth_claims(&account, now, claims, cap), ERR_LIMIT);
	}
}

static const struct answer_row {
	uint16_t status;
	const char *body;
	enum outcome outcome;
	uint32_t flags;
	const char *part; /* of the text */
} answers[] = {
    {200, "{\"access_token\":\"ya29.x\",\"expires_in\":3599}", OUTCOME_OK, 0, ""},
    {200, "{\"access_token\":\"ya29.x\"}", OUTCOME_OK, 0, ""},
    {200, "{\"access_token\":\"\"}", OUTCOME_MALFORMED, 0, "answered 200"},
    {200, "{\"access_token\":\"a\\r\\nX: y\"}", OUTCOME_MALFORMED, 0, ""},
    {200, "{\"access_token\":[\"a\"]}", OUTCOME_MALFORMED, 0, ""},
    {200, "{\"access_token\":\"a\"", OUTCOME_MALFORMED, 0, "without JSON"},
    {200, "<html>", OUTCOME_MALFORMED, 0, "without JSON"},
    {302, "", OUTCOME_MALFORMED, FLAG_PORTAL, "answered 302"},
    {400, "{\"error\":\"invalid_grant\",\"error_description\":\"Invalid JWT\"}",
	OUTCOME_AUTH_ERROR, 0, "the token endpoint says invalid_grant: Invalid JWT"},
    {400, "{\"error\":\"invalid_request\"}", OUTCOME_BAD_REQUEST, 0, "invalid_request"},
    {401, "{\"error\":\"invalid_client\"}", OUTCOME_AUTH_ERROR, 0, ""},
    {401, "", OUTCOME_AUTH_ERROR, 0, "answered 401"},
    {403, "", OUTCOME_AUTH_ERROR, 0, ""},
    {404, "", OUTCOME_BAD_REQUEST, 0, ""},
    {429, "", OUTCOME_RATE_LIMITED, 0, ""},
    {500, "{\"error\":\"internal_failure\"}", OUTCOME_UPSTREAM_ERROR, 0, ""},
    {503, "", OUTCOME_UPSTREAM_ERROR, 0, ""},
};

static struct oauth_answer answer;

static void
answer_of(const char *body, uint16_t status, size_t step, struct oauth_fault *out)
{
	size_t len = strlen(body);

	oauth_answer_begin(&answer);
	for (size_t at = 0; at < len; at += step) {
		size_t part = step < len - at ? step : len - at;

		assert_true(oauth_answer_body(&answer, body + at, part));
	}
	oauth_answer_end(&answer, status, out);
}

static void
judge(const struct answer_row *row, size_t step)
{
	struct oauth_fault fault;

	answer_of(row->body, row->status, step, &fault);
	if (fault.outcome != row->outcome || fault.flags != row->flags ||
	    strstr(fault.text, row->part) == NULL) {
		fail_msg("%u %s: %s: %s", (unsigned)row->status, row->body,
		    outcome_name(fault.outcome), fault.text);
	}
	assert_int_equal(fault.http_status, row->status);
}

static void
answers_are_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		for (size_t step = 1; step < 90; step += 11) {
			judge(&answers[i], step);
		}
	}
}

static void
answers_have_an_end(void **state)
{
	static char long_body[OAUTH_ANSWER_BYTES];
	struct oauth_fault fault;

	(void)state;
	oauth_answer_begin(&answer);
	memset(long_body, ' ', sizeof(long_body));
	assert_true(oauth_answer_body(&answer, long_body, sizeof(long_body)));
	assert_false(oauth_answer_body(&answer, " ", 1));
	/* A token that no request has room for. */
	memset(long_body, 'a', sizeof(long_body));
	memcpy(long_body, "{\"access_token\":\"", 17);
	memcpy(long_body + REQUEST_KEY_BYTES + 17, "\"}", 3);
	answer_of(long_body, 200, 1000, &fault);
	assert_int_equal(fault.outcome, OUTCOME_MALFORMED);
	/* Their words are cut, not run over. */
	memset(long_body, 'e', 2000);
	memcpy(long_body, "{\"error\":\"", 10);
	memcpy(long_body + 900, "\",\"error_description\":\"", 23);
	memcpy(long_body + 1900, "\"}", 3);
	answer_of(long_body, 400, 7, &fault);
	assert_int_equal(fault.outcome, OUTCOME_BAD_REQUEST);
	assert_true(strlen(fault.text) < OAUTH_TEXT_BYTES);
}

static struct mono
at_s(int64_t seconds)
{
	return (struct mono){seconds * CLOCK_NS_PER_S};
}

/* A run asks and gets `token`, good for so many seconds. */
static void
get(const char *token, uint64_t life_s, int64_t now_s)
{
	oauth_begin(&oauth);
	oauth_answer_begin(&answer);
	memcpy(answer.token, token, strlen(token) + 1);
	answer.expires_in_s = life_s;
	(void)oauth_got(&oauth, &answer, at_s(now_s));
}

static void
fail_once(int64_t now_s)
{
	struct oauth_fault fault = {.outcome = OUTCOME_UPSTREAM_ERROR, .text = "down"};

	oauth_begin(&oauth);
	oauth_failed(&oauth, &fault, at_s(now_s));
}

static void
expect(int64_t now_s, enum oauth_step step, const char *token)
{
	assert_int_equal(oauth_step(&oauth, at_s(now_s)), step);
	assert_string_equal(oauth_token(&oauth), token);
}

static void
one_asks_ahead_of_need(void **state)
{
	(void)state;
	oauth_init(&oauth);
	expect(10, OAUTH_ASK, "");
	oauth_begin(&oauth);
	expect(10, OAUTH_WAIT, "");
	oauth.asking = false;
	get("one", 3600, 10);
	expect(10, OAUTH_USE, "one");
	expect(3309, OAUTH_USE, "one");
	expect(3310, OAUTH_ASK, "one"); /* five minutes before its end */
	oauth_begin(&oauth);
	expect(3310, OAUTH_USE, "one"); /* one asks, the others go on */
	expect(3609, OAUTH_USE, "one");
	expect(3610, OAUTH_WAIT, "one"); /* it has expired meanwhile */
	oauth.asking = false;
	get("two", 100, 3400);
	expect(3489, OAUTH_USE, "two");
	expect(3490, OAUTH_ASK, "two"); /* a tenth of a short life */
	assert_string_equal(oauth_next_buffer(&oauth), "one");
}

static void
failures_make_pauses(void **state)
{
	static const int64_t pauses_s[] = {1, 2, 4, 8, 16, 32, 60, 60, 60};
	int64_t now_s = 100;

	(void)state;
	oauth_init(&oauth);
	for (size_t i = 0; i < sizeof(pauses_s) / sizeof(pauses_s[0]); i++) {
		expect(now_s, OAUTH_ASK, "");
		fail_once(now_s);
		expect(now_s, OAUTH_FAILED, "");
		assert_int_equal(oauth.fault.outcome, OUTCOME_UPSTREAM_ERROR);
		assert_int_equal(oauth.retry_at.ns, at_s(now_s + pauses_s[i]).ns);
		now_s += pauses_s[i];
	}
	get("one", 3600, now_s);
	expect(now_s, OAUTH_USE, "one");
	/* Failing while the old one is alive costs nobody anything. */
	fail_once(now_s + 3500);
	expect(now_s + 3500, OAUTH_USE, "one");
	expect(now_s + 3501, OAUTH_ASK, "one");
	fail_once(now_s + 3599);
	expect(now_s + 3600, OAUTH_FAILED, "one");
}

static void
refused_tokens_are_replaced(void **state)
{
	(void)state;
	oauth_init(&oauth);
	get("one", 3600, 0);
	oauth_answered(&oauth, oauth.turn, 403);
	oauth_answered(&oauth, oauth.turn, 200);
	expect(1000, OAUTH_USE, "one");
	oauth_answered(&oauth, oauth.turn - 1, 401); /* of an older one */
	expect(1000, OAUTH_USE, "one");
	oauth_answered(&oauth, oauth.turn, 401);
	expect(1000, OAUTH_ASK, "one");
	oauth_begin(&oauth);
	expect(1000, OAUTH_WAIT, "one");
	oauth.asking = false;
	get("two", 3600, 1000);
	expect(1000, OAUTH_USE, "two");
	/* Refused as well, while new: the next one would be, too. */
	oauth_answered(&oauth, oauth.turn, 401);
	expect(1001, OAUTH_USE, "two");
	expect(1060, OAUTH_ASK, "two");
	/* The endpoint may hand out the same one again. */
	get("two", 3600, 1060);
	expect(1060, OAUTH_USE, "two");
	assert_string_equal(oauth_next_buffer(&oauth), "one");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(accounts),
	    cmocka_unit_test(assertions),
	    cmocka_unit_test(answers_are_judged),
	    cmocka_unit_test(answers_have_an_end),
	    cmocka_unit_test(one_asks_ahead_of_need),
	    cmocka_unit_test(failures_make_pauses),
	    cmocka_unit_test(refused_tokens_are_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
