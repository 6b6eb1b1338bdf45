/* token: what goes in comes out, and nothing but a whole token is one. */
#include "tests/support/test.h"

#include "common/core/token.h"

static struct token
sample(const char *url)
{
	struct token token;

	memset(&token, 0, sizeof(token));
	(void)snprintf(token.url, sizeof(token.url), "%s", url);
	memset(token.authority, 'a', sizeof(token.authority) - 1);
	for (size_t i = 0; i < sizeof(token.secret); i++) {
		token.secret[i] = (unsigned char)(i * 37 + 200);
	}
	return token;
}

static void
test_there_and_back(void **state)
{
	static const char *const urls[] = {"https://c", "https://co", "https://col",
	    "https://collector.example.net:7442", "https://[2001:db8::1]:7442"};

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		struct token token = sample(urls[i]);
		struct token back;
		char text[TOKEN_TEXT_BYTES];
		char pasted[TOKEN_TEXT_BYTES + 8];

		assert_int_equal(token_text(&token, text), ERR_OK);
		assert_int_equal(strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"
					      "OPQRSTUVWXYZ0123456789-_"),
		    strlen(text));
		(void)snprintf(pasted, sizeof(pasted), " %s\r\n", text);
		assert_int_equal(token_read(pasted, &back), ERR_OK);
		assert_string_equal(back.url, token.url);
		assert_string_equal(back.authority, token.authority);
		assert_memory_equal(back.secret, token.secret, sizeof(back.secret));
	}
}

static void
test_refused(void **state)
{
	struct token token = sample("https://collector.example.net:7442");
	struct token back;
	char text[TOKEN_TEXT_BYTES];
	char other[TOKEN_TEXT_BYTES];
	char url[400];

	(void)state;
	assert_int_equal(token_text(&token, text), ERR_OK);
	for (size_t cut = 0; cut < strlen(text) - 3; cut++) {
		memcpy(other, text, sizeof(other));
		other[cut] = '\0';
		assert_int_equal(token_read(other, &back), ERR_FORMAT);
	}
	memcpy(other, text, sizeof(other));
	other[3] = '2';
	assert_int_equal(token_read(other, &back), ERR_VERSION);
	memcpy(other, text, sizeof(other));
	other[20] = '*';
	assert_int_equal(token_read(other, &back), ERR_FORMAT);
	(void)snprintf(other, sizeof(other), "%.300s x", text);
	assert_int_equal(token_read(other, &back), ERR_FORMAT);
	assert_int_equal(token_read("", &back), ERR_FORMAT);
	token = sample("http://plain.example");
	assert_int_equal(token_text(&token, text), ERR_INVALID);
	memset(url, 'a', sizeof(url));
	memcpy(url, "https://", 8);
	url[255] = '\0';
	token = sample(url);
	assert_int_equal(token_text(&token, text), ERR_OK);
	assert_int_equal(token_read(text, &back), ERR_OK);
}

static void
test_hash(void **state)
{
	struct token one = sample("https://c");
	unsigned char a[SHA256_BYTES];
	unsigned char b[SHA256_BYTES];

	(void)state;
	token_hash(one.secret, a);
	token_hash(one.secret, b);
	assert_memory_equal(a, b, sizeof(a));
	assert_memory_not_equal(a, one.secret, sizeof(a));
	one.secret[31] ^= 1;
	token_hash(one.secret, b);
	assert_memory_not_equal(a, b, sizeof(a));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_there_and_back),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
