/* Keys as runs get them: out of the environment, and out of a file that somebody renews. */
#include "tests/support/test.h"

#include "agent/shell/keys.h"
#include "tests/support/scratch.h"

#include <stdio.h>
#include <sys/stat.h>

static struct redact redact;

/* Puts a token in its place the way it should be done. */
static void
renew(const char *token)
{
	scratch_write("token.new", token, strlen(token));
	assert_int_equal(chmod("token.new", 0600), 0);
	assert_int_equal(rename("token.new", "token"), 0);
}

static bool
is_known(const char *secret)
{
	for (uint32_t i = 0; i < redact.len; i++) {
		if (strcmp(redact.secret[i], secret) == 0) {
			return true;
		}
	}
	return false;
}

static void
expect(struct keys *keys, const char *name, const char *secret)
{
	struct probe_key key;

	assert_true(keys_find(keys, name, &key));
	assert_string_equal(key.conf->name, name);
	assert_string_equal(key.secret, secret);
	assert_null(key.grant);
	assert_true(is_known(secret));
}

static void
files_are_read_again(void **state)
{
	static const struct agent_conf conf = {.key = {{.name = "t",
						   .kind = AGENT_KEY_TOKEN_FILE,
						   .reference = "file:token"}},
	    .key_len = 1};
	struct keys *keys;

	(void)state;
	redact_init(&redact);
	renew("token-number-1\n");
	keys = keys_new(&conf, &redact);
	assert_non_null(keys);
	expect(keys, "t", "token-number-1");
	expect(keys, "t", "token-number-1");
	assert_int_equal(redact.len, 1);
	renew("token-number-2\n");
	expect(keys, "t", "token-number-2");
	assert_true(is_known("token-number-1"));
	renew("token-number-3\n");
	expect(keys, "t", "token-number-3");
	assert_true(is_known("token-number-2"));
	assert_false(is_known("token-number-1"));
	/* Neither a file that is not there nor one without a token takes it away. */
	assert_int_equal(unlink("token"), 0);
	expect(keys, "t", "token-number-3");
	renew("\n");
	expect(keys, "t", "token-number-3");
	renew("token-number-4");
	expect(keys, "t", "token-number-4");
	keys_free(keys);
	assert_int_equal(redact.len, 0);
	/* It may come later than the agent. */
	assert_int_equal(unlink("token"), 0);
	keys = keys_new(&conf, &redact);
	assert_false(keys_find(keys, "t", &(struct probe_key){0}));
	renew("token-number-5");
	expect(keys, "t", "token-number-5");
	keys_free(keys);
	assert_int_equal(unlink("token"), 0);
}

static void
others_are_read_once(void **state)
{
	static const struct agent_conf conf = {
	    .key = {{.name = "a", .reference = "env:PARALLAX_TEST_KEY"},
		{.name = "b", .reference = "env:PARALLAX_TEST_NONE"},
		{.name = "c",
		    .kind = AGENT_KEY_SERVICE_ACCOUNT,
		    .reference = "env:PARALLAX_TEST_KEY"}},
	    .key_len = 3};
	struct probe_key key;
	struct keys *keys;

	(void)state;
	redact_init(&redact);
	assert_int_equal(setenv("PARALLAX_TEST_KEY", "0123456789", 1), 0);
	assert_int_equal(unsetenv("PARALLAX_TEST_NONE"), 0);
	keys = keys_new(&conf, &redact);
	expect(keys, "a", "0123456789");
	assert_false(keys_find(keys, "b", &key));
	assert_false(keys_find(keys, "c", &key)); /* no service account's JSON */
	assert_false(keys_find(keys, "d", &key));
	keys_free(keys);
	keys_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(files_are_read_again),
	    cmocka_unit_test(others_are_read_once),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
