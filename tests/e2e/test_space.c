/* No space left: the collector stops acknowledging and says so, agents keep what they find,
 * and with space again everything arrives once. A full spool drops its oldest, counted. */
#include "tests/support/test.h"

#include "agent/shell/spool_lmdb.h"
#include "common/shell/clock_sys.h"
#include "tests/support/fleet_process.h"

#include <lmdb.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	AGENTS = 2,
	OBSERVATIONS = 16,
	FAT_ROWS = 100 /* of about 20 KB each */
};

static struct fleet_process fleet;
static bool mounted;

static int
enter(void **state)
{
	const struct fleet_spec spec = {.agents = AGENTS};

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

static int
sweep(void **state)
{
	(void)state;
	process_kill(&fleet.events);
	for (size_t i = 0; i < AGENTS; i++) {
		process_kill(&fleet.agent[i]);
	}
	process_kill(&fleet.collector);
	if (mounted) {
		(void)umount("disk");
		mounted = false;
	}
	return system("rm -rf store disk spool-* *.log*") == 0 ? 0 : -1;
}

static void
write_all(const char *store, const char *store_max)
{
	fleet.spec.store = store;
	fleet.spec.store_max = store_max;
	fleet_process_write(&fleet);
}

/* Says so in the log, in the status and where a load balancer looks. */
static void
check_full(void)
{
	static const char *const ready[] = {"/usr/bin/curl", "-sS", "-o", "/dev/null",
	    "-w", "%{http_code}", "--unix-socket", "api.sock", "http://c/readyz", NULL};
	bool is_shown = false;
	bool is_ready = true;

	process_await(&fleet.collector, "store.write_failed reason=no_space", NULL);
	for (unsigned i = 0; i < 1000 && (!is_shown || is_ready); i++) {
		struct process_output output;
		json_t *status;
		const char *error;

		fleet_process_requests(&fleet, "*", 1);
		status = fleet_process_ask("status");
		error = json_string_value(json_object_get(
		    json_object_get(status, "collector"), "store_error"));
		assert_true(error == NULL || strcmp(error, "no_space") == 0);
		is_shown = is_shown || error != NULL;
		json_decref(status);
		output = process_run(ready);
		is_ready = is_ready && strcmp(output.out, "503") != 0;
		process_output_free(&output);
	}
	assert_true(is_shown);
	assert_false(is_ready);
}

/* With the collector and its agents up: everything ever found is there, once. */
static void
check_all_there(void)
{
	for (unsigned i = 1; i <= AGENTS; i++) {
		json_t *agent = fleet_process_agent(i);
		json_int_t received =
		    json_integer_value(json_object_get(agent, "received"));

		json_decref(agent);
		/* What is fresh comes first: its numbers are above those of the backlog. */
		fleet_process_received(&fleet, i, received + 5);
		fleet_process_drained(&fleet, i);
	}
	for (unsigned i = 1; i <= AGENTS; i++) {
		struct fleet_account account;

		assert_int_equal(process_stop(&fleet.agent[i - 1]), 0);
		account = fleet_process_account(i);
		assert_int_equal(account.gaps, 0);
		assert_int_equal(account.dropped, 0);
	}
}

/* Puts a row of `bytes` into a store that nobody has open. */
static void
write_ballast(const char *path, size_t bytes)
{
	char key[] = "ballast";
	MDB_val name = {sizeof(key), key};
	MDB_val value = {bytes, NULL};
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi table;

	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_set_maxdbs(env, 16), 0);
	assert_int_equal(mdb_env_set_mapsize(env, (size_t)1 << 30), 0);
	assert_int_equal(mdb_env_open(env, path, 0, 0600), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_dbi_open(txn, "meta", 0, &table), 0);
	assert_int_equal(mdb_put(txn, table, &name, &value, MDB_RESERVE), 0);
	memset(value.mv_data, 0, bytes);
	assert_int_equal(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
}

static size_t
bytes_of_store(const char *path)
{
	char name[128];
	struct stat info;

	(void)snprintf(name, sizeof(name), "%s/data.mdb", path);
	assert_int_equal(stat(name, &info), 0);
	return (size_t)info.st_size;
}

/* Leaves so many bytes free on the disk of `path`. */
static void
fill_disk(const char *path, size_t leave_bytes)
{
	char command[256];

	(void)snprintf(command, sizeof(command),
	    "free=$(($(stat -f -c '%%a*%%S' %s) - %zu)) && "
	    "{ [ $free -le 0 ] || head -c $free /dev/zero >%s/ballast; }",
	    path, leave_bytes, path);
	assert_int_equal(system(command), 0);
}

/* Nobody was silent but us. */
static void
check_no_incident(void)
{
	json_t *answer = fleet_process_ask("incidents");
	json_t *incidents = json_object_get(answer, "incidents");

	if (json_array_size(incidents) != 0) {
		fail_msg("%s", json_string_value(json_object_get(
				   json_array_get(incidents, 0), "verdict")));
	}
	json_decref(answer);
}

static void
test_store_limit(void **state)
{
	(void)state;
	write_all("store", "16MiB");
	fleet_process_start(&fleet);
	assert_int_equal(process_stop(&fleet.collector), 0);
	write_ballast(
	    "store", ((size_t)16 << 20) - bytes_of_store("store") - ((size_t)4 << 10));
	fleet_process_collect(&fleet);
	check_full();
	fleet_process_requests(&fleet, "*", 30);
	assert_int_equal(process_stop(&fleet.collector), 0);
	write_all("store", "1GiB");
	fleet_process_collect(&fleet);
	check_all_there();
}

/* The same with a disk that is full, and then is not, without any restart. */
static void
test_disk_full(void **state)
{
	(void)state;
	assert_int_equal(mkdir("disk", 0700), 0);
	if (mount("tmpfs", "disk", "tmpfs", 0, "size=4m") != 0) {
		print_message("skipped: no right to mount a tmpfs\n");
		skip();
	}
	mounted = true;
	write_all("disk/store", "1GiB");
	fleet_process_start(&fleet);
	fill_disk("disk", 8192);
	check_full();
	fleet_process_requests(&fleet, "*", 120);
	assert_int_equal(unlink("disk/ballast"), 0);
	process_await(&fleet.collector, "store.writes_again after=no_space", NULL);
	check_all_there();
	check_no_incident();
}

/* ---- the spool ---- */

/* Puts `count` long results, of a source with much to say, into the spool of agent 1. */
static void
fill_spool(unsigned count)
{
	static const struct spool_limits limits = {
	    .bytes_max = 1 << 20, .age_max_ns = 86400 * CLOCK_NS_PER_S};
	static char title[400];
	struct observation observation[OBSERVATIONS];
	struct result result = {.series = "banana/model",
	    .outcome = OUTCOME_UPSTREAM_ERROR,
	    .phase = PHASE_DONE,
	    .http_status = 503,
	    .detail = "",
	    .request_id = "",
	    .timing = {.total_us = 1000},
	    .observation = observation,
	    .observation_len = OBSERVATIONS};
	struct now now = clock_sys_now();
	char error[256] = "";
	struct spool *spool;
	bool set_aside;

	memset(title, 't', sizeof(title) - 1);
	for (size_t i = 0; i < OBSERVATIONS; i++) {
		observation[i] = (struct observation){
		    .id = "an-id", .title = title, .scope = title, .url = title};
	}
	assert_int_equal(
	    spool_open("spool-1", &limits, &spool, &set_aside, error, sizeof(error)),
	    ERR_OK);
	for (unsigned i = 0; i < count; i++) {
		result.started_at = now.wall;
		assert_int_equal(spool_append(spool, &result), ERR_OK);
		assert_int_equal(spool_flush(spool, now.wall), ERR_OK);
	}
	assert_true(spool_book(spool)->bytes <= limits.bytes_max);
	spool_close(spool);
}

/* More than it holds: the oldest go, and the collector learns exactly how many. */
static void
test_spool_full(void **state)
{
	struct fleet_account account;

	(void)state;
	fleet.spec.spool_max = "1MiB";
	write_all("store", "1GiB");
	fleet_process_write_agent(&fleet, 1, "a1", "r1", "");
	fleet_process_collect(&fleet);
	fleet_process_probe(&fleet, 1);
	fleet_process_received(&fleet, 1, 5);
	assert_int_equal(process_stop(&fleet.collector), 0);
	process_await(&fleet.agent[0], "uplink.lost", NULL);
	assert_int_equal(process_stop(&fleet.agent[0]), 0);
	fill_spool(FAT_ROWS);
	/* It drops on while nobody listens. */
	fleet_process_probe(&fleet, 1);
	fleet_process_requests(&fleet, "*", 10);
	fleet_process_collect(&fleet);
	process_await(&fleet.agent[0], "uplink.up", NULL);
	fleet_process_received(&fleet, 1, 40);
	assert_int_equal(process_stop(&fleet.agent[0]), 0);
	account = fleet_process_account(1);
	print_message("%llu given, %llu received, %llu dropped, %llu gaps\n",
	    (unsigned long long)account.given, (unsigned long long)account.received,
	    (unsigned long long)account.dropped, (unsigned long long)account.gaps);
	/* What is dropped while it is on its way is no gap, and a row may have arrived and
	 * still be in the spool: its answer came too late. */
	assert_true(account.gaps > 20);
	assert_true(account.gaps <= account.dropped);
	assert_in_range(account.received,
	    account.given - account.dropped - account.spooled,
	    account.given - account.gaps);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_store_limit, sweep),
	    cmocka_unit_test_teardown(test_disk_full, sweep),
	    cmocka_unit_test_teardown(test_spool_full, sweep),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
