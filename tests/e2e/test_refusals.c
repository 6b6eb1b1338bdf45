/* What programs say, and how they end, when something is wrong before they start: one line
 * that names it and what was expected, the status sysexits(3) has for it, nothing touched. */
#include "tests/support/test.h"

#include "tests/support/fleet_process.h"

#include <lmdb.h>
#include <unistd.h>

enum {
	CANNOT_RUN = 1,
	BAD_USAGE = 64,
	BAD_CONFIG = 78
};

static struct fleet_process fleet;

static int
enter(void **state)
{
	const struct fleet_spec spec = {.agents = 1};

	(void)state;
	fleet_process_open(&fleet, &spec);
	return 0;
}

static int
leave(void **state)
{
	(void)state;
	fleet_process_close(&fleet);
	return 0;
}

/* After a test: nobody runs, nothing is kept. */
static int
sweep(void **state)
{
	(void)state;
	process_kill(&fleet.events);
	process_kill(&fleet.agent[0]);
	process_kill(&fleet.collector);
	return system("rm -rf store other spool-1 *.log*") == 0 ? 0 : -1;
}

static bool
is_complaint(const char *line, size_t len)
{
	return strncmp(line, "warning: ", 9) != 0 &&
	       memmem(line, len, " info ", 6) == NULL;
}

/* Lines that are neither remarks on a configuration that is good enough, nor news. */
static unsigned
count_complaints(const char *text)
{
	unsigned count = 0;

	while (*text != '\0') {
		const char *end = strchr(text, '\n');

		count += is_complaint(
			     text, end == NULL ? strlen(text) : (size_t)(end - text))
			     ? 1
			     : 0;
		text = end == NULL ? "" : end + 1;
	}
	return count;
}

/* Runs it, and wants `status` and one line with all of `says`, which are parted by '|'. */
static void
check_refusal(
    const char *const arguments[], int status, unsigned lines, const char *says)
{
	struct process_output output = process_run(arguments);
	char *words = strdup(says);
	char *state = NULL;

	assert_non_null(words);
	for (char *word = strtok_r(words, "|", &state); word != NULL;
	     word = strtok_r(NULL, "|", &state)) {
		if (strstr(output.text, word) == NULL) {
			fail_msg("'%s' is not in: %s", word, output.text);
		}
	}
	if (output.status != status || count_complaints(output.text) != lines) {
		fail_msg("status %d, expected %d and %u lines: %s", output.status,
		    status, lines, output.text);
	}
	free(words);
	process_output_free(&output);
}

static void
check_conf(const char *program, const char *text, int status, const char *says)
{
	const char *const arguments[] = {program, "-c", "bad.yaml", NULL};

	fleet_process_file("bad.yaml", text);
	check_refusal(arguments, status, 1, says);
}

/* ---- configuration and usage ---- */

#define AGENT_HEAD "id: a1\nregion: r1\ncollectors: ['tcp://127.0.0.1:9']\n"
#define COLLECTOR_HEAD                                                                 \
	"listen: ['tcp://127.0.0.1:9']\nregions: [{ name: r1 }]\n"                     \
	"agents: [{ id: a1, region: r1 }]\n"                                           \
	"targets: [{ name: t, probes: [{ name: p, kind: http, "                        \
	"url: 'http://127.0.0.1:9/' }] }]\n"

static void
test_configuration(void **state)
{
	static const struct {
		const char *text;
		const char *says;
	} agent[] =
	    {
		{AGENT_HEAD "spol: x\n", "bad.yaml:4: |unknown key 'spol'|expected"},
		{AGENT_HEAD "keys: 7\n", "bad.yaml:4: keys is a text, expected a list"},
		{AGENT_HEAD "spool: { size_max: much }\n",
		    "bad.yaml:4: spool.size_max|much"},
		{"id: [\n", "bad.yaml:"},
	    },
	  collector[] = {
	      {COLLECTOR_HEAD "stor: x\n", "bad.yaml:5: |unknown key 'stor'|expected"},
	      {COLLECTOR_HEAD "channels: log\n",
		  "bad.yaml:5: channels|expected a list"},
	      {COLLECTOR_HEAD "store: { size_max: -1 }\n",
		  "bad.yaml:5: store.size_max"},
	      {"a: {\n", "bad.yaml:"},
	  };

	(void)state;
	for (size_t i = 0; i < sizeof(agent) / sizeof(agent[0]); i++) {
		check_conf(AGENT_PROGRAM, agent[i].text, BAD_CONFIG, agent[i].says);
	}
	for (size_t i = 0; i < sizeof(collector) / sizeof(collector[0]); i++) {
		check_conf(COLLECTOR_PROGRAM, collector[i].text, BAD_CONFIG,
		    collector[i].says);
	}
}

static void
test_usage(void **state)
{
	static const char *const programs[] = {AGENT_PROGRAM, COLLECTOR_PROGRAM};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const char *const option[] = {programs[i], "--frobnicate", NULL};
		const char *const word[] = {programs[i], "now", NULL};
		const char *const paid[] = {programs[i], "--paid", NULL};
		const char *const missing[] = {programs[i], "-c", "none.yaml", NULL};
		const char *const folder[] = {programs[i], "-c", ".", NULL};

		check_refusal(option, BAD_USAGE, 2, "--frobnicate|--help");
		check_refusal(word, BAD_USAGE, 1, "'now'|--help");
		check_refusal(paid, BAD_USAGE, i == 0 ? 2 : 1, "--help");
		check_refusal(
		    missing, BAD_CONFIG, 1, "none.yaml: is not there|expected");
		check_refusal(folder, BAD_CONFIG, 1, "is not a regular file|expected");
	}
}

/* ---- secrets ---- */

/* A channel without its secret would be silent: the collector does not start. */
static void
test_channel_secret(void **state)
{
	static const char *const arguments[] = {
	    COLLECTOR_PROGRAM, "-c", "collector.yaml", NULL};
	static const char *const check[] = {
	    COLLECTOR_PROGRAM, "-c", "collector.yaml", "--check", NULL};
	const char *before = getenv("PX_PAGER");
	char pager[256];

	(void)state;
	(void)snprintf(pager, sizeof(pager), "%s", before == NULL ? "" : before);
	assert_int_equal(unsetenv("PX_PAGER"), 0);
	check_refusal(arguments, CANNOT_RUN, 1, "pager|PX_PAGER");
	check_refusal(check, BAD_CONFIG, 1, "channels[1].url|PX_PAGER");
	assert_int_equal(setenv("PX_PAGER", pager, 1), 0);
}

/* Blocks until a result of that outcome is at the collector; its detail, to be freed. */
static char *
detail_of(const char *series_words, const char *outcome)
{
	char words[128];
	char *detail = NULL;

	(void)snprintf(
	    words, sizeof(words), "results --last 1h --limit 1 %s", series_words);
	for (unsigned i = 0; i < 1000 && detail == NULL; i++) {
		json_t *answer = fleet_process_ask(words);
		const json_t *result =
		    json_array_get(json_object_get(answer, "results"), 0);

		if (result != NULL) {
			const char *text =
			    json_string_value(json_object_get(result, "detail"));

			assert_string_equal(
			    json_string_value(json_object_get(result, "outcome")),
			    outcome);
			detail = strdup(text == NULL ? "" : text);
		} else {
			fleet_process_requests(&fleet, "*", 1);
		}
		json_decref(answer);
	}
	assert_non_null(detail);
	return detail;
}

/* An agent without a key does what it can, and the collector learns what it cannot. */
static void
test_agent_key(void **state)
{
	static const char *const check[] = {
	    AGENT_PROGRAM, "-c", "agent-1.yaml", "--check", NULL};
	char *detail;

	(void)state;
	assert_int_equal(unsetenv("PX_KEY"), 0);
	check_refusal(check, BAD_CONFIG, 1, "agent-1.yaml:|keys[0].value|PX_KEY");
	fleet_process_collect(&fleet);
	fleet_process_probe(&fleet, 1);
	process_await(&fleet.agent[0], "PX_KEY", NULL);
	detail = detail_of("--target banana", "local_error");
	assert_non_null(strstr(detail, "key"));
	free(detail);
	free(detail_of("--target control --outcome ok", "ok"));
	assert_int_equal(process_stop(&fleet.agent[0]), 0);
	assert_int_equal(process_stop(&fleet.collector), 0);
	assert_int_equal(setenv("PX_KEY", "key-of-a-test-0123456789", 1), 0);
}

/* ---- what another holds ---- */

/* collector.yaml as the sed script changes it, as other.yaml. */
static void
write_other(const char *script)
{
	char command[256];

	(void)snprintf(
	    command, sizeof(command), "sed '%s' collector.yaml >other.yaml", script);
	assert_int_equal(system(command), 0);
}

static void
test_in_use(void **state)
{
	static const char *const collector[] = {
	    COLLECTOR_PROGRAM, "-c", "other.yaml", NULL};
	static const char *const agent[] = {AGENT_PROGRAM, "-c", "agent-1.yaml", NULL};

	(void)state;
	fleet_process_start(&fleet);
	write_other("s/api.sock/other.sock/");
	check_refusal(collector, CANNOT_RUN, 1, "store: in use|expected");
	check_refusal(agent, CANNOT_RUN, 1, "spool-1: in use|expected");
	write_other("s/path: store/path: other/");
	check_refusal(
	    collector, CANNOT_RUN, 1, ":7441: cannot listen|expected a free port");
	write_other("s/path: store/path: other/;s/:7441/:7442/");
	check_refusal(collector, CANNOT_RUN, 1, "api.sock|another process answers");
	/* None of these harmed those that run. */
	fleet_process_received(&fleet, 1, 10);
	assert_int_equal(process_stop(&fleet.agent[0]), 0);
	assert_int_equal(fleet_process_account(1).gaps, 0);
	assert_int_equal(process_stop(&fleet.collector), 0);
	assert_int_equal(access("api.sock", F_OK), -1);
}

/* A socket that a killed collector left is no obstacle, a file of somebody else is. */
static void
test_socket_path(void **state)
{
	static const char *const arguments[] = {
	    COLLECTOR_PROGRAM, "-c", "collector.yaml", NULL};

	(void)state;
	fleet_process_collect(&fleet);
	process_kill(&fleet.collector);
	assert_int_equal(access("api.sock", F_OK), 0);
	fleet_process_collect(&fleet);
	assert_int_equal(process_stop(&fleet.collector), 0);
	fleet_process_file("api.sock", "mine\n");
	check_refusal(arguments, CANNOT_RUN, 1, "api.sock|not a socket|left alone");
	assert_int_equal(unlink("api.sock"), 0);
}

/* ---- versions ---- */

/* Puts `version`, as a varint of one byte, before the rest of a row of the table `meta`. */
static void
write_version(const char *path, const char *key, size_t key_len, unsigned char version)
{
	union {
		const char *in;
		char *out;
	} alias = {.in = key}; /* LMDB only reads it */
	unsigned char bytes[64] = {version};
	MDB_val name = {key_len, alias.out};
	MDB_val value = {sizeof(bytes), bytes};
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi table;

	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_set_maxdbs(env, 16), 0);
	assert_int_equal(mdb_env_set_mapsize(env, (size_t)1 << 30), 0);
	assert_int_equal(mdb_env_open(env, path, 0, 0600), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_dbi_open(txn, "meta", 0, &table), 0);
	assert_int_equal(mdb_get(txn, table, &name, &(MDB_val){0, NULL}), 0);
	assert_int_equal(mdb_put(txn, table, &name, &value, 0), 0);
	assert_int_equal(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
}

static void
test_newer_versions(void **state)
{
	static const char *const collector[] = {
	    COLLECTOR_PROGRAM, "-c", "collector.yaml", NULL};
	static const char *const agent[] = {AGENT_PROGRAM, "-c", "agent-1.yaml", NULL};

	(void)state;
	fleet_process_start(&fleet);
	assert_int_equal(process_stop(&fleet.agent[0]), 0);
	assert_int_equal(process_stop(&fleet.collector), 0);
	write_version("store", "schema", sizeof("schema"), 99);
	write_version("spool-1", "book", sizeof("book"), 99);
	for (unsigned i = 0; i < 2; i++) { /* and it stays so */
		check_refusal(
		    collector, CANNOT_RUN, 1, "store|version 99|newer|untouched");
		check_refusal(agent, CANNOT_RUN, 1, "spool-1|newer version");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_configuration),
	    cmocka_unit_test(test_usage),
	    cmocka_unit_test_teardown(test_channel_secret, sweep),
	    cmocka_unit_test_teardown(test_agent_key, sweep),
	    cmocka_unit_test_teardown(test_in_use, sweep),
	    cmocka_unit_test_teardown(test_socket_path, sweep),
	    cmocka_unit_test_teardown(test_newer_versions, sweep),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
