#include "tests/support/test.h"

#include "agent/core/keyring.h"

static const struct row {
	const char *entry;
	const char *url;
	bool allowed;
} rows[] = {
    {"api.example.com", "https://api.example.com/v1", true},
    {"api.example.com", "https://api.example.com:443/v1", true},
    {"API.Example.com", "https://api.EXAMPLE.com/v1", true},
    {"api.example.com:8443", "https://api.example.com:8443/", true},
    {"127.0.0.1:8080", "http://127.0.0.1:8080/", true},
    {"localhost:8080", "http://localhost:8080/", true},
    {"[::1]:8080", "http://[::1]:8080/", true},
    {"[2001:db8::1]:443", "https://[2001:db8::1]/", true},
    {"2001:db8::1", "https://[2001:db8::1]/", true},
    /* another port, another scheme */
    {"api.example.com", "https://api.example.com:8443/", false},
    {"api.example.com", "http://api.example.com/", false},
    {"api.example.com", "http://api.example.com:443/", false},
    {"api.example.com:80", "http://api.example.com/", false},
    {"api.example.com:8443", "https://api.example.com/", false},
    {"localhost", "http://localhost/", false},
    {"127.0.0.1:8080", "http://127.0.0.1:8081/", false},
    /* neighbours, parents, children, look-alikes */
    {"example.com", "https://api.example.com/", false},
    {"api.example.com", "https://example.com/", false},
    {"api.example.com", "https://api.example.com.evil.net/", false},
    {"api.example.com", "https://evil-api.example.com/", false},
    {"api.example.com", "https://api.example.comm/", false},
    {"*.example.com", "https://api.example.com/", false},
    {"2001:db8::1", "https://[2001:db8::2]/", false},
    /* entries that are none */
    {"", "https://api.example.com/", false},
    {":443", "https://api.example.com/", false},
    {"api.example.com:", "https://api.example.com/", false},
    {"api.example.com:0443", "https://api.example.com/", false},
    {"api.example.com:65979", "https://api.example.com/", false}, /* 443 + 65536 */
    {"api.example.com:443x", "https://api.example.com/", false},
    {"[]:443", "https://api.example.com/", false},
};

static void
allows_exactly(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct agent_key key = {.hosts = {rows[i].entry}, .hosts_len = 1};
		struct request_host host;

		assert_int_equal(request_host(rows[i].url, &host), ERR_OK);
		if (keyring_allows(&key, &host) != rows[i].allowed) {
			fail_msg("'%s' for %s", rows[i].entry, rows[i].url);
		}
	}
}

static void
looks_at_every_entry(void **state)
{
	struct agent_key key = {
	    .hosts = {"a.example", "b.example:8443"}, .hosts_len = 2};
	struct request_host host;

	(void)state;
	assert_int_equal(request_host("https://b.example:8443/x", &host), ERR_OK);
	assert_true(keyring_allows(&key, &host));
	key.hosts_len = 1;
	assert_false(keyring_allows(&key, &host));
	key.hosts_len = 0;
	assert_false(keyring_allows(&key, &host));
}

static void
finds_by_name(void **state)
{
	static const struct agent_key keys[] = {{.name = "one"}, {.name = "two"}};

	(void)state;
	assert_ptr_equal(keyring_find(keys, 2, "two"), &keys[1]);
	assert_null(keyring_find(keys, 2, "tw"));
	assert_null(keyring_find(keys, 2, ""));
	assert_null(keyring_find(keys, 0, "one"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(allows_exactly),
	    cmocka_unit_test(looks_at_every_entry),
	    cmocka_unit_test(finds_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
