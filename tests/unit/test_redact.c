/* test_redact - no secret leaves, and what is left can be read */
#include "agent/core/redact_result.h"
#include "tests/support/test.h"

#define KEY  "AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY"
#define MARK REDACT_MARK

static void
expect(const struct redact *redact, const char *in, const char *want)
{
	char out[512];
	size_t len = redact_text(redact, in, strlen(in), false, out, sizeof(out));

	assert_int_equal(len, strlen(out));
	assert_string_equal(out, want);
}

static void
test_shapes(void **state)
{
	static const struct {
		const char *in;
		const char *out;
	} row[] = {
	    {"Consumer 'api_key:" KEY "' has been suspended.",
		"Consumer 'api_key:" MARK "' has been suspended."},
	    {"x" KEY "!", "x" MARK "!"},
	    {"AIza is no key", "AIza is no key"},
	    {"Incorrect API key provided: sk-proj-ab12CD34ef56.",
		"Incorrect API key provided: " MARK},
	    {"sk-ab****************wxyz is wrong", MARK " is wrong"},
	    {"invalid_api_key: Incorrect API key provided: sk-ab***yz. You can find",
		"invalid_api_key: Incorrect API key provided: " MARK ". You can find"},
	    {"Incorrect API key provided: my-key-0***wxyz.",
		"Incorrect API key provided: " MARK "."},
	    {"my_api_key: Incorrect", "my_api_key: " MARK},
	    {"a ** b and **bold** text", "a ** b and **bold** text"},
	    {"a risk-averse task-related desk-bound word",
		"a risk-averse task-related desk-bound word"},
	    {"GET /x?key=abc&alt=sse", "GET /x?key=" MARK "&alt=sse"},
	    {"api_key=abc token=def access_token=ghi",
		"api_key=" MARK " token=" MARK " access_token=" MARK},
	    {"X-Goog-Signature=0a1b&y=1", "X-Goog-Signature=" MARK "&y=1"},
	    {"{\"api_key\": \"hunter2hunter2\"}", "{\"api_key\": \"" MARK "\"}"},
	    {"x-goog-api-key: hunter2hunter2", "x-goog-api-key: " MARK},
	    {"monkey business", "monkey business"},
	    {"Authorization: Bearer abcdef0123456789", "Authorization: Bearer " MARK},
	    {"bearer: abcdef0123456789, ok", "bearer: " MARK ", ok"},
	    {"key= Bearer abcdef0123456789", "key= Bearer " MARK},
	    {"Invalid bearer token", "Invalid bearer token"},
	    {"Basic dXNlcjpwYXNz", "Basic " MARK},
	    {"got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln here", "got " MARK " here"},
	    {"write to jane.doe+x@mail.example.org now", "write to " MARK " now"},
	    {"user@localhost", "user@localhost"},
	    {"see https://h.example/p?X-Amz-Credential=AB/C&s=1 now",
		"see https://h.example/p?" MARK " now"},
	    {"https://user:pass@h.example/p", "https://" MARK "@h.example/p"},
	    {"ftp://h/p#frag", "ftp://h/p#" MARK},
	    {"what? nothing", "what? nothing"},
	    {"ya29.a0AfH6SMBxyz12 expired", MARK " expired"},
	    {"hash 0123456789abcdef0123456789abcdef012345678 end", "hash " MARK " end"},
	    {"uuid 550e8400-e29b-41d4-a716-446655440000 end",
		"uuid 550e8400-e29b-41d4-a716-446655440000 end"},
	    {"data iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAAAAAC4HznGAAAAA3RFW end",
		"data " MARK " end"},
	    {"GenerateRequestsPerMinutePerProjectPerModel-FreeTier",
		"GenerateRequestsPerMinutePerProjectPerModel-FreeTier"},
	    {"https://cloud.google.com/vertex-ai/generative-ai/docs/error-code-429",
		"https://cloud.google.com/vertex-ai/generative-ai/docs/error-code-429"},
	    {"/v1beta/models/gemini-3-pro-image-preview:generateContent",
		"/v1beta/models/gemini-3-pro-image-preview:generateContent"},
	    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", MARK},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		expect(NULL, row[i].in, row[i].out);
	}
}

/* The same in the spellings of those who quote, and the rarer ones. */
static void
test_more_shapes(void **state)
{
	static const struct {
		const char *in;
		const char *out;
	} row[] = {
	    {"{\\\"api_key\\\":\\\"hunter2hunter2\\\"}",
		"{\\\"api_key\\\":\\\"" MARK "\"}"},
	    {"&quot;token&quot;:&quot;hunter2hunter2&quot;",
		"&quot;token&quot;:&quot;" MARK "&quot;"},
	    {"sig%3Dab12cd&x=1", "sig%3D" MARK "&x=1"},
	    {"the token = ab12cd", "the token = " MARK},
	    {"Bearer%20abcdef0123456789", "Bearer%20" MARK},
	    {"authorization=Bearer+abcdef0123456789", "authorization=Bearer+" MARK},
	    {"jane%40mail.example.org", MARK},
	    {"jane\\u0040mail.example.org!", MARK "!"},
	    {"50%40 of it", "50%40 of it"},
	    {"-----BEGIN PRIVATE KEY-----\nMIIEvQ\nab==\n-----END PRIVATE KEY----- x",
		MARK " x"},
	    {"a -----BEGIN RSA PRIVATE KEY-----\\nMIIEvQ", "a " MARK},
	    {"-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----"},
	    {"GOCSPX-ab12CD34ef56gh78", MARK},
	    {"github_pat_11ABCDEFG0 is", MARK " is"},
	    /* What follows a secret begins anew. */
	    {"a@b.example==0dWZUcwwqhpHmIi06WAC4wqN0bYhM96DAQptVRIdsQ end",
		MARK MARK " end"},
	    {"GoogleAccessId=robot&x=1", "GoogleAccessId=" MARK "&x=1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		expect(NULL, row[i].in, row[i].out);
	}
}

static void
test_cleaning(void **state)
{
	static const struct {
		const char *in;
		const char *out;
	} row[] = {
	    {"", ""},
	    {" \t\r\n ", ""},
	    {"  a \n\n b\t", "a b"},
	    {"a\x1b[31mred", "a [31mred"},
	    {"a\x7f\x01z", "a z"},
	    {"caf\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac",
		"caf\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac"},
	    {"a\xff\xc3z", "a??z"},
	    {"\xed\xa0\x80", "???"},
	    {"a\xc2\x85\xc2\xa0z", "a z"},
	    {"a\xe2\x80\xaez\xe2\x80\xa8y\xe2\x81\xa6x\xef\xbb\xbfw", "a z y x w"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		expect(NULL, row[i].in, row[i].out);
	}
	char out[8];
	assert_int_equal(redact_text(NULL, "a\0b", 3, false, out, sizeof(out)), 3);
	assert_string_equal(out, "a b");
}

static void
test_registered(void **state)
{
	struct redact redact;

	(void)state;
	redact_init(&redact);
	assert_int_equal(redact_add(&redact, "abc"), ERR_INVALID);
	assert_int_equal(redact_add(&redact, "has space"), ERR_INVALID);
	assert_int_equal(redact_add(&redact, "line\nend"), ERR_INVALID);
	assert_int_equal(redact_add(&redact, "caf\xc3\xa9-key"), ERR_INVALID);
	assert_int_equal(redact_add(&redact, "open-sesame-42"), ERR_OK);
	assert_int_equal(redact_add(&redact, "open-sesame-42"), ERR_OK);
	assert_int_equal(redact.len, 1);
	assert_int_equal(redact_add(&redact, "pin7"), ERR_OK);
	assert_int_equal(redact_add(&redact, "ab&cdefgh"), ERR_OK);

	expect(&redact, "say open-sesame-42!", "say " MARK "!");
	expect(&redact, "xopen-sesame-42x", "x" MARK "x");
	expect(&redact, "pin7pin7", MARK MARK);
	/* A part of one, at the end or long enough, is one. */
	expect(&redact, "say open-ses", "say " MARK);
	expect(&redact, "say open-se", "say open-se");
	expect(&redact, "say open-sesame-", "say " MARK);
	expect(&redact, "say open-sesame- x", "say " MARK " x");
	expect(&redact, "say open-ses x", "say open-ses x");
	/* A shape that ends inside of a secret does not save its end. */
	expect(&redact, "key=ab&cdefgh done", "key=" MARK " done");
	/* Nor does one that keeps its beginning. */
	assert_int_equal(redact_add(&redact, "=begins:with"), ERR_OK);
	expect(&redact, "Bearer =begins:with x", "Bearer " MARK " x");
	expect(&redact, "https://h/?q=ab&cdefgh\"", "https://h/?" MARK "\"");
}

/* A registered secret in the spellings of those who quote it. */
static void
test_spellings(void **state)
{
	struct redact redact;

	(void)state;
	redact_init(&redact);
	assert_int_equal(redact_add(&redact, "Open+sesame/42\"&more"), ERR_OK);
	expect(&redact, "a Open%2Bsesame%2f42%22%26more b", "a " MARK " b");
	expect(&redact, "a Open%252Bsesame%252F42%2522%2526more b", "a " MARK " b");
	expect(&redact, "a Open+sesame\\/42\\\"\\u0026more b", "a " MARK " b");
	expect(&redact, "a Open&#43;sesame&#x2F;42&quot;&amp;more b", "a " MARK " b");
	expect(&redact, "a \\u004f\\x70en+sesame/42\"&more b", "a " MARK " b");
	expect(&redact, "a OPEN+SESAME/42\"&MORE b", "a " MARK " b");
	/* base64 at every offset, both alphabets, base 16 of either case */
	expect(&redact, "a T3BlbitzZXNhbWUvNDIiJm1vcmU= b", "a " MARK "= b");
	expect(&redact, "a eE9wZW4rc2VzYW1lLzQyIiZtb3Jl b", "a " MARK " b");
	expect(&redact, "a eHlPcGVuK3Nlc2FtZS80MiImbW9yZQ== b", "a " MARK "== b");
	expect(&redact, "a 4f70656e2b736573616d652f3432 b", "a " MARK " b");
	expect(&redact, "id-4F70656E2B736573616D652F3432 b", "id-" MARK " b");
	/* A part from its middle, no more than three of its characters before it. */
	expect(&redact, "a ...sesame/42\"&more b", "a ...ses" MARK " b");
	expect(&redact, "open the sesame now", "open the sesame now");
	/* Cut in the middle of an escape. */
	expect(&redact, "a Open+sesa%6", "a " MARK "%6");
}

/* Whoever made a result: no text of it is written down unseen. */
static void
test_result(void **state)
{
	static unsigned char memory[8192];
	struct observation observation[] = {
	    {.id = KEY, .title = "token=abc", .scope = "a@b.example", .url = "u"},
	    {.id = "id", .title = "t", .scope = "", .url = "https://h/p?sig=abc#x"},
	    {.id = "", .title = "", .scope = "", .url = "https://h/" KEY "?x=1"},
	};
	struct figure figure = {
	    .model = "m " KEY, .provider = "p/x", .context_tokens = 7};
	struct result result = {.series = "a/b",
	    .detail = "fine",
	    .request_id = "req-1",
	    .observation = observation,
	    .observation_len = 3,
	    .figure = &figure,
	    .figure_len = 1};
	struct arena arena;

	(void)state;
	arena_init(&arena, memory, sizeof(memory));
	redact_result(NULL, &arena, &result);
	assert_string_equal(result.detail, "fine");
	assert_string_equal(result.request_id, "req-1");
	assert_string_equal(result.observation[0].id, MARK);
	assert_string_equal(result.observation[0].title, "token=" MARK);
	assert_string_equal(result.observation[0].scope, MARK);
	assert_string_equal(result.observation[0].url, "u");
	assert_string_equal(result.observation[1].id, "id");
	assert_string_equal(result.observation[1].url, "https://h/p");
	assert_string_equal(result.observation[2].url, "");
	assert_string_equal(result.figure[0].model, "m " MARK);
	assert_string_equal(result.figure[0].provider, "p/x");
	assert_int_equal(result.figure[0].context_tokens, 7);
	result.detail = "key=abc";
	result.request_id = "Bearer abcdef0123456789";
	redact_result(NULL, &arena, &result);
	assert_string_equal(result.detail, "key=" MARK);
	assert_string_equal(result.request_id, "");
	assert_string_equal(result.observation[0].title, "token=" MARK);
	/* Without room nothing is left rather than something unseen. */
	arena_init(&arena, memory, 32);
	result.detail = "key=abc, and so much of it that there is no room for it";
	result.observation = observation;
	result.figure = &figure;
	redact_result(NULL, &arena, &result);
	assert_int_equal(result.observation_len, 0);
	assert_int_equal(result.figure_len, 0);
	assert_string_equal(result.detail, "");
}

static void
test_limit(void **state)
{
	static char secrets[REDACT_SECRETS_MAX + 1][16];
	struct redact redact;

	(void)state;
	redact_init(&redact);
	for (size_t i = 0; i < REDACT_SECRETS_MAX + 1; i++) {
		(void)snprintf(secrets[i], sizeof(secrets[i]), "secret-%04zu", i);
		assert_int_equal(redact_add(&redact, secrets[i]),
		    i < REDACT_SECRETS_MAX ? ERR_OK : ERR_LIMIT);
	}
	expect(&redact, "a secret-0063 b", "a " MARK " b");
}

static void
test_cuts(void **state)
{
	char out[64];
	char big[3 * REDACT_WINDOW_BYTES];

	(void)state;
	/* Output is cut between characters. */
	assert_int_equal(redact_text(NULL, "caf\xc3\xa9", 5, false, out, 5), 3);
	assert_string_equal(out, "caf");
	assert_int_equal(redact_text(NULL, "caf\xc3\xa9", 5, false, out, 6), 5);
	assert_int_equal(redact_text(NULL, "caf", 3, false, out, 1), 0);
	/* A mark is there as a whole or not at all. */
	assert_int_equal(redact_text(NULL, "k=1 key=abc", 11, false, out, 18), 8);
	assert_string_equal(out, "k=1 key=");
	/* The last word of a text that goes on is not trusted. */
	(void)redact_text(NULL, "the key is AIzaSy", 17, true, out, sizeof(out));
	assert_string_equal(out, "the key is");
	(void)redact_text(NULL, "AIzaSy", 6, true, out, sizeof(out));
	assert_string_equal(out, "");
	(void)redact_text(
	    NULL, "\xe5\xaf\x86\xe9\x92\xa5 sk-", 10, true, out, sizeof(out));
	assert_string_equal(out, "\xe5\xaf\x86\xe9\x92\xa5");
	/* More than the window is treated as cut. */
	memset(big, 'a', sizeof(big));
	assert_int_equal(
	    redact_text(NULL, big, sizeof(big), false, out, sizeof(out)), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_shapes),
	    cmocka_unit_test(test_more_shapes),
	    cmocka_unit_test(test_cleaning),
	    cmocka_unit_test(test_registered),
	    cmocka_unit_test(test_spellings),
	    cmocka_unit_test(test_result),
	    cmocka_unit_test(test_limit),
	    cmocka_unit_test(test_cuts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
