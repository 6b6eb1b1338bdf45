/* agent.yaml: what is read, and what is said about what cannot work. */
#include "tests/support/test.h"

#include "agent/shell/conf.h"
#include "tests/support/scratch.h"

#include <sys/stat.h>

static const char base[] = "id: tokyo-1\n"
			   "region: tokyo\n"
			   "domain: cloud-a\n"
			   "collectors:\n"
			   "  - tls+tcp://a.example.net:7441\n"
			   "  - tls+tcp://b.example.net:7441\n"
			   "insecure: false\n"
			   "tls:\n"
			   "  ca: /ca\n"
			   "  cert: /cert\n"
			   "  key: /key\n"
			   "spool:\n"
			   "  path: /spool\n"
			   "  size_max: 8MiB\n"
			   "  age_max: 2h\n"
			   "source_address: 192.0.2.1\n"
			   "probe_ca: /probe-ca\n"
			   "log_level: debug\n"
			   "keys:\n"
			   "  - name: google\n"
			   "    value: env:GOOGLE\n"
			   "    hosts: [a.example.net, 'b.example.net:8443']\n"
			   "  - name: other\n"
			   "    value: file:/k\n"
			   "    hosts: ['127.0.0.1:80']\n";

static struct remarks remarks;

static const char *
all_remarks(void)
{
	static char text[8192];
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < remarks.len && len < sizeof(text); i++) {
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
		    i == 0 ? "" : "\n", remarks.remark[i].text);
	}
	return text;
}

static enum err
load(const char *text, size_t len, struct agent_conf_file **out_file)
{
	enum err err;

	remarks_init(&remarks);
	scratch_write("a.yaml", text, len);
	err = agent_conf_load("a.yaml", out_file, &remarks);
	assert_int_equal(unlink("a.yaml"), 0);
	return err;
}

static void
test_good(void **state)
{
	struct agent_conf_file *file = NULL;
	const struct agent_conf *conf;

	(void)state;
	assert_int_equal(load(base, strlen(base), &file), ERR_OK);
	assert_string_equal(all_remarks(), "");
	conf = agent_conf_get(file);
	assert_string_equal(conf->id, "tokyo-1");
	assert_string_equal(conf->region, "tokyo");
	assert_string_equal(conf->domain, "cloud-a");
	assert_int_equal(conf->collectors_len, 2);
	assert_string_equal(conf->collectors[1], "tls+tcp://b.example.net:7441");
	assert_false(conf->insecure);
	assert_string_equal(conf->tls_key, "/key");
	assert_string_equal(conf->spool_path, "/spool");
	assert_int_equal(conf->spool_bytes_max, 8 << 20);
	assert_int_equal(conf->spool_age_max_s, 7200);
	assert_string_equal(conf->source_address, "192.0.2.1");
	assert_string_equal(conf->probe_ca, "/probe-ca");
	assert_string_equal(conf->log_level, "debug");
	assert_int_equal(conf->key_len, 2);
	assert_string_equal(conf->key[0].name, "google");
	assert_string_equal(conf->key[0].reference, "env:GOOGLE");
	assert_int_equal(conf->key[0].hosts_len, 2);
	assert_string_equal(conf->key[0].hosts[1], "b.example.net:8443");
	agent_conf_free(file);
	agent_conf_free(NULL);
}

static void
test_defaults(void **state)
{
	static const char least[] =
	    "id: a\nregion: r\ncollectors: ['tcp://127.0.0.1:7441']\n";
	struct agent_conf_file *file = NULL;
	const struct agent_conf *conf;

	(void)state;
	assert_int_equal(load(least, strlen(least), &file), ERR_OK);
	assert_string_equal(all_remarks(), "");
	conf = agent_conf_get(file);
	assert_string_equal(conf->domain, "");
	assert_string_equal(conf->tls_ca, "");
	assert_string_equal(conf->spool_path, "/var/lib/parallax/agent");
	assert_int_equal(conf->spool_bytes_max, 64 << 20);
	assert_int_equal(conf->spool_age_max_s, 3 * 86400);
	assert_string_equal(conf->source_address, "");
	assert_string_equal(conf->log_level, "info");
	assert_int_equal(conf->key_len, 0);
	agent_conf_free(file);
}

static const struct {
	const char *find;
	const char *replace;
	enum err err;
	const char *expected;
} edits[] = {
    {"id: tokyo-1\n", "", ERR_FORMAT,
	"a.yaml:1: the file has no 'id', expected `id: ...`"},
    {"id: tokyo-1", "id: Tokyo 1", ERR_INVALID,
	"a.yaml:1: id is 'Tokyo 1', expected 1 to 63 of a-z 0-9 . _ - beginning with a "
	"letter or digit"},
    {"region: tokyo", "region: ''", ERR_INVALID,
	"a.yaml:2: region is '', expected 1 to 63 of a-z 0-9 . _ - beginning with a "
	"letter "
	"or digit"},
    {"domain: cloud-a", "domain: .", ERR_INVALID,
	"a.yaml:3: domain is '.', expected 1 to 63 of a-z 0-9 . _ - beginning with a "
	"letter or digit"},
    {"collectors:\n  - tls+tcp://a.example.net:7441\n  - tls+tcp://b.example.net:7441",
	"collectors: []", ERR_FORMAT,
	"a.yaml:4: collectors has 0 entries, expected at least 1"},
    {"tls+tcp://a.example.net:7441", "tcp://a.example.net:7441", ERR_INVALID,
	"a.yaml:5: collectors[0] is plain tcp beyond this machine, expected tls+tcp:// "
	"or "
	"`insecure: true`"},
    {"tls+tcp://a.example.net:7441", "https://a.example.net:7441", ERR_INVALID,
	"a.yaml:5: collectors[0] is no address, expected tls+tcp://HOST:PORT, or "
	"tcp://HOST:PORT on loopback"},
    {"tls+tcp://a.example.net:7441", "tls+tcp://a.example.net", ERR_INVALID,
	"a.yaml:5: collectors[0] is no address, expected tls+tcp://HOST:PORT, or "
	"tcp://HOST:PORT on loopback"},
    {"b.example.net:7441", "a.example.net:7441", ERR_INVALID,
	"a.yaml:6: collectors[1] is listed twice, expected every collector once"},
    {"insecure: false", "insecure: nope", ERR_INVALID,
	"a.yaml:7: insecure is 'nope', expected one of false, true"},
    {"  key: /key\n", "", ERR_INVALID,
	"a.yaml:8: tls is not complete, expected ca, cert and key for tls+tcp://"},
    {"tls:\n  ca: /ca\n  cert: /cert\n  key: /key\n", "", ERR_INVALID,
	"a.yaml:1: tls is not complete, expected ca, cert and key for tls+tcp://"},
    {"8MiB", "8", ERR_INVALID,
	"a.yaml:14: spool.size_max is '8', expected a size like 64MiB or 10GB"},
    {"8MiB", "8B", ERR_INVALID,
	"a.yaml:14: spool.size_max is 8B, expected 1MiB to 1TiB"},
    {"2h", "two hours", ERR_INVALID,
	"a.yaml:15: spool.age_max is 'two hours', expected a duration like 500ms, 90s, "
	"5m "
	"or 1h30m"},
    {"2h", "1s", ERR_INVALID, "a.yaml:15: spool.age_max is 1s, expected 1m to 366d"},
    {"2h", "9223372036854775807d", ERR_INVALID,
	"a.yaml:15: spool.age_max is '9223372036854775807d', expected a duration like "
	"500ms, 90s, 5m or 1h30m"},
    {"192.0.2.1", "eth0", ERR_INVALID,
	"a.yaml:16: source_address is 'eth0', expected an IPv4 or IPv6 address of this "
	"machine"},
    {"log_level: debug", "log_level: loud", ERR_INVALID,
	"a.yaml:18: log_level is 'loud', expected one of error, warn, info, debug"},
    {"env:GOOGLE", "AIzaSyThisIsAKey", ERR_INVALID,
	"a.yaml:21: keys[0].value is not a reference to a secret, expected env:NAME, "
	"file:PATH or credential:NAME"},
    {"a.example.net, ", "'https://a.example.net', ", ERR_INVALID,
	"a.yaml:22: keys[0].hosts[0] is 'https://a.example.net', expected a host or "
	"host:port in lower case"},
    {"    hosts: ['127.0.0.1:80']\n", "", ERR_FORMAT,
	"a.yaml:23: keys[1] has no 'hosts', expected `hosts: ...`"},
    {"['127.0.0.1:80']", "[]", ERR_FORMAT,
	"a.yaml:25: keys[1].hosts has 0 entries, expected at least 1"},
    {"name: other", "name: google", ERR_INVALID,
	"a.yaml:23: keys[1].name is 'google' as keys[0] is, expected every name once"},
    {"    value: env:GOOGLE\n", "    kind: password\n    value: env:GOOGLE\n",
	ERR_INVALID,
	"a.yaml:21: keys[0].kind is 'password', expected one of api-key, "
	"service-account, token-file"},
    {"    value: env:GOOGLE\n", "    kind: token-file\n    value: env:GOOGLE\n",
	ERR_INVALID,
	"a.yaml:22: keys[0].value is no file, expected file:PATH for a token-file"},
    {"    value: env:GOOGLE\n",
	"    token_hosts: [token.example.net]\n    value: env:GOOGLE\n", ERR_INVALID,
	"a.yaml:21: keys[0].token_hosts is given, expected it with kind "
	"service-account only"},
    {"    value: env:GOOGLE\n",
	"    kind: service-account\n    token_hosts: ['https://x']\n    value: "
	"env:GOOGLE\n",
	ERR_INVALID,
	"a.yaml:22: keys[0].token_hosts[0] is 'https://x', expected a host or "
	"host:port in lower case"},
    {"keys:", "key:", ERR_FORMAT,
	"a.yaml:19: unknown key 'key' in the file, expected 'keys'"},
};

static void
test_edits(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		struct agent_conf_file *file = NULL;
		char *text = scratch_edit(base, edits[i].find, edits[i].replace);
		enum err err = load(text, strlen(text), &file);

		free(text);
		assert_null(file);
		if (err != edits[i].err ||
		    strcmp(all_remarks(), edits[i].expected) != 0) {
			print_error("%zu: %s\n got %s\nwant %s\n", i, err_name(err),
			    all_remarks(), edits[i].expected);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

static void
test_insecure(void **state)
{
	static const char text[] =
	    "id: a\nregion: r\ncollectors: ['tcp://c:1']\ninsecure: true\n";
	struct agent_conf_file *file = NULL;

	(void)state;
	assert_int_equal(load(text, strlen(text), &file), ERR_OK);
	assert_string_equal(all_remarks(),
	    "a.yaml:3: collectors[0] is plain tcp beyond this machine: anybody on the "
	    "way "
	    "can read and forge results, expected tls+tcp://");
	assert_int_equal(remarks.errors, 0);
	agent_conf_free(file);
}

static void
test_try(void **state)
{
	static const char text[] =
	    "id: a\nregion: r\ncollectors: ['tcp://127.0.0.1:1']\nprobe_ca: none.pem\n"
	    "keys:\n"
	    "  - {name: x, value: 'env:PARALLAX_TEST_NONE', hosts: [h]}\n"
	    "  - {name: y, value: 'file:key', hosts: [h]}\n";
	struct agent_conf_file *file = NULL;

	(void)state;
	assert_int_equal(unsetenv("PARALLAX_TEST_NONE"), 0);
	assert_int_equal(load(text, strlen(text), &file), ERR_OK);
	scratch_write("key", "k\n", 2);
	agent_conf_try(file, &remarks);
	assert_int_equal(unlink("key"), 0);
	assert_string_equal(all_remarks(),
	    "a.yaml:4: probe_ca names a file that this user cannot read, expected a "
	    "readable file\n"
	    "a.yaml:6: keys[0].value cannot be resolved: the environment has no "
	    "PARALLAX_TEST_NONE, expected the secret in it\n"
	    "a.yaml:7: keys[1].value is not well kept: key is open to others (mode "
	    "0644), "
	    "expected 0600 or 0640");
	assert_int_equal(remarks.errors, 2);
	agent_conf_free(file);
}

static void
test_kinds(void **state)
{
	static const char text[] =
	    "id: a\nregion: r\ncollectors: ['tcp://127.0.0.1:1']\nkeys:\n"
	    "  - {name: x, kind: api-key, value: 'env:X', hosts: [h]}\n"
	    "  - {name: y, kind: service-account, value: 'file:k', hosts: [h]}\n"
	    "  - {name: z, kind: service-account, value: 'file:k', hosts: [h],\n"
	    "     token_hosts: [t, 'u:8443']}\n"
	    "  - {name: w, kind: token-file, value: 'file:t', hosts: [h]}\n";
	struct agent_conf_file *file = NULL;
	const struct agent_conf *conf;

	(void)state;
	assert_int_equal(load(text, strlen(text), &file), ERR_OK);
	assert_string_equal(all_remarks(), "");
	conf = agent_conf_get(file);
	assert_int_equal(conf->key[0].kind, AGENT_KEY_API);
	assert_int_equal(conf->key[0].token_hosts_len, 0);
	assert_int_equal(conf->key[1].kind, AGENT_KEY_SERVICE_ACCOUNT);
	assert_int_equal(conf->key[1].token_hosts_len, 1);
	assert_string_equal(conf->key[1].token_hosts[0], "oauth2.googleapis.com");
	assert_int_equal(conf->key[2].token_hosts_len, 2);
	assert_string_equal(conf->key[2].token_hosts[1], "u:8443");
	assert_int_equal(conf->key[3].kind, AGENT_KEY_TOKEN_FILE);
	agent_conf_free(file);
}

/* A file that is there but no service account, and one that would use another endpoint. */
static void
test_try_account(void **state)
{
	static const char text[] =
	    "id: a\nregion: r\ncollectors: ['tcp://127.0.0.1:1']\nkeys:\n"
	    "  - {name: x, kind: service-account, value: 'file:none', hosts: [h]}\n"
	    "  - {name: y, kind: service-account, value: 'file:other', hosts: [h]}\n"
	    "  - {name: z, kind: service-account, value: 'file:away', hosts: [h]}\n"
	    "  - {name: w, kind: service-account, value: 'file:away', hosts: [h],\n"
	    "     token_hosts: [evil.example.net]}\n";
	static const char away[] =
	    "{\n  \"type\": \"service_account\",\n  \"client_email\": \"a@b.c\",\n"
	    "  \"private_key\": \"x\",\n"
	    "  \"token_uri\": \"https://evil.example.net/token\"\n}\n";
	struct agent_conf_file *file = NULL;

	(void)state;
	assert_int_equal(load(text, strlen(text), &file), ERR_OK);
	scratch_write("other", "{}\n", 3);
	scratch_write("away", away, sizeof(away) - 1);
	assert_int_equal(chmod("other", 0600), 0);
	assert_int_equal(chmod("away", 0600), 0);
	agent_conf_try(file, &remarks);
	assert_int_equal(unlink("other"), 0);
	assert_int_equal(unlink("away"), 0);
	assert_string_equal(all_remarks(),
	    "a.yaml:5: keys[0].value cannot be resolved: none is not there, expected a "
	    "file with the secret\n"
	    "a.yaml:6: keys[1].value is not the JSON of a service account, expected "
	    "the file as the cloud's console gives it\n"
	    "a.yaml:7: keys[2].token_hosts does not have the host of the account's "
	    "token_uri, expected it there");
	agent_conf_free(file);
}

/* No prefix crashes or leaks; each is an error that says something, or a good file. */
static void
test_truncated(void **state)
{
	(void)state;
	for (size_t len = 0; len < strlen(base); len++) {
		struct agent_conf_file *file = NULL;
		enum err err = load(base, len, &file);

		assert_true((err == ERR_OK) == remarks_ok(&remarks));
		agent_conf_free(file);
	}
}

static void
test_sample(void **state)
{
	struct agent_conf_file *file = NULL;
	const char *source = getenv("PARALLAX_SOURCE");
	char path[512];

	(void)state;
	if (source == NULL) {
		print_message("skipped: PARALLAX_SOURCE is not set\n");
		skip();
	}
	(void)snprintf(path, sizeof(path), "%s/deploy/config/agent.yaml", source);
	remarks_init(&remarks);
	assert_int_equal(agent_conf_load(path, &file, &remarks), ERR_OK);
	assert_string_equal(all_remarks(), "");
	agent_conf_free(file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good),
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_edits),
	    cmocka_unit_test(test_insecure),
	    cmocka_unit_test(test_try),
	    cmocka_unit_test(test_kinds),
	    cmocka_unit_test(test_try_account),
	    cmocka_unit_test(test_truncated),
	    cmocka_unit_test(test_sample),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
