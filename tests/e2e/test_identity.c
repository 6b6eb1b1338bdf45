/* Who may speak to the collector, and what the others are told. */
#include "tests/support/test.h"

#include "tests/support/fleet_process.h"

#include <unistd.h>

static struct fleet_process fleet;

/* The certificates: of our authority, with a collector for the right and the wrong name,
 * and of another. */
static void
make_certificates(void)
{
	char command[1024];
	const char *root = getenv("PARALLAX_SOURCE");

	assert_non_null(root);
	(void)snprintf(command, sizeof(command),
	    "mkca='sh %s/tests/support/mkca.sh' &&"
	    "$mkca ca DNS:collector.test && $mkca ca client a1 && $mkca ca client a2 &&"
	    "$mkca strange DNS:collector.test && $mkca strange client a2",
	    root);
	assert_int_equal(system(command), 0);
}

static int
enter(void **state)
{
	const struct fleet_spec spec = {.agents = 2};

	(void)state;
	fleet_process_open(&fleet, &spec);
	make_certificates();
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
	for (size_t i = 0; i < FLEET_AGENTS; i++) {
		process_kill(&fleet.agent[i]);
	}
	process_kill(&fleet.collector);
	return system("rm -rf store other spool-* *.log") == 0 ? 0 : -1;
}

/* Starts agent `number` with that identity and waits until both sides say why it is not
 * wanted. */
static void
check_refused(unsigned number, const char *id, const char *region, const char *reason)
{
	char text[128];

	fleet_process_write_agent(&fleet, number, id, region, "");
	fleet_process_probe(&fleet, number);
	(void)snprintf(text, sizeof(text), "agent.refused agent=%s region=%s reason=%s",
	    id, region, reason);
	process_await(&fleet.collector, text, NULL);
	(void)snprintf(text, sizeof(text), "uplink.refused reason=%s text=", reason);
	process_await(&fleet.agent[number - 1], text, NULL);
	assert_int_equal(process_stop(&fleet.agent[number - 1]), 0);
}

/* How many greetings the collector says it has refused; what it shows follows by a
 * moment. */
static json_int_t
count_refused(json_int_t expected)
{
	json_int_t refused = -1;

	for (unsigned i = 0; i < 500 && refused < expected; i++) {
		json_t *status;

		fleet_process_requests(&fleet, "*", 1);
		status = fleet_process_ask("status");
		refused = json_integer_value(
		    json_object_get(json_object_get(status, "collector"), "refused"));
		json_decref(status);
	}
	return refused;
}

static void
test_refused(void **state)
{
	json_t *agent;

	(void)state;
	fleet_process_collect(&fleet);
	fleet_process_write_agent(&fleet, 1, "a1", "r1", "");
	fleet_process_probe(&fleet, 1);
	fleet_process_received(&fleet, 1, 1);
	check_refused(2, "nobody", "r1", "unknown_agent");
	check_refused(2, "a2", "r1", "wrong_region");
	/* The same id with a spool of its own, while the first one lives. */
	check_refused(2, "a1", "r1", "duplicate");
	assert_false(process_said(&fleet.agent[0], "uplink.lost"));
	/* The one that was there first goes on. */
	fleet_process_received(&fleet, 1, 10);
	agent = fleet_process_agent(1);
	assert_true(json_is_true(json_object_get(agent, "connected")));
	json_decref(agent);
	assert_int_equal(count_refused(3), 3);
	/* Once it has gone its place is free, at the second try at the latest: on a busy
	 * machine the goodbye may be given up. */
	assert_int_equal(process_stop(&fleet.agent[0]), 0);
	fleet_process_probe(&fleet, 2);
	process_await(&fleet.agent[1], "uplink.up", NULL);
}

/* ---- TLS ---- */

/* agent-N.yaml for a2, changed by a sed script. */
static void
write_bad_agent(unsigned number, const char *script)
{
	char command[512];

	fleet_process_write_agent(&fleet, number, "a2", "r2", "");
	(void)snprintf(
	    command, sizeof(command), "sed -i '%s' agent-%u.yaml", script, number);
	assert_int_equal(system(command), 0);
}

/* A collector beside the first, with that certificate; it ends with the test. */
static void
start_other_collector(struct process *other, const char *cert)
{
	static const char *const arguments[] = {
	    COLLECTOR_PROGRAM, "-c", "other.yaml", NULL};
	char command[256];

	(void)snprintf(command, sizeof(command),
	    "sed 's#ca/server#ca/%s#g;s/:7441/:7442/;s/api.sock/other.sock/;"
	    "s/path: store/path: other/' collector.yaml >other.yaml",
	    cert);
	assert_int_equal(system(command), 0);
	process_start(other, "other.log", arguments);
	process_await(other, " collector.started ", NULL);
}

/* What the TLS handshake of a client that brings `credentials` comes to. */
static int
shake_hands(const char *credentials)
{
	char command[512];

	(void)snprintf(command, sizeof(command),
	    "openssl s_client -connect %s -CAfile ca/ca.pem -verify_return_error %s "
	    "</dev/null >hands.log 2>&1",
	    fleet.address, credentials);
	return system(command);
}

static void
test_tls(void **state)
{
	struct process other;

	(void)state;
	fleet.spec.tls = "ca";
	fleet_process_write(&fleet);
	fleet_process_collect(&fleet);
	start_other_collector(&other, "wrong-name");
	fleet_process_write_agent(&fleet, 1, "a1", "r1", "");
	/* A certificate of another authority; plain TCP into the TLS port; a collector that
	 * is not the one that was asked for. */
	write_bad_agent(2, "s#ca/client-a2#strange/client-a2#g");
	write_bad_agent(3, "s#tls+tcp:#tcp:#");
	write_bad_agent(4, "s#:7441#:7442#");
	for (unsigned i = 1; i <= 4; i++) {
		fleet_process_probe(&fleet, i);
	}
	for (unsigned i = 2; i <= 4; i++) {
		process_await(&fleet.agent[i - 1], "uplink.unreachable", NULL);
		assert_false(process_said(&fleet.agent[i - 1], "uplink.up"));
		assert_int_equal(process_stop(&fleet.agent[i - 1]), 0);
	}
	assert_false(process_said(&other, "agent.connected"));
	assert_false(process_said(&fleet.collector, "agent=a2"));
	fleet_process_received(&fleet, 1, 5); /* in the meantime */
	assert_int_not_equal(shake_hands(""), 0);
	assert_int_equal(
	    shake_hands("-cert ca/client-a2.pem -key ca/client-a2.key"), 0);
	assert_int_equal(process_stop(&other), 0);
}

/* What cannot work is said at once. */
static void
test_tls_files(void **state)
{
	(void)state;
	fleet.spec.tls = "ca";
	write_bad_agent(2, "s#key: ca/client-a2#key: ca/gone#");
	fleet_process_probe(&fleet, 2);
	process_await(&fleet.agent[1], "uplink.connect_failed", NULL);
	assert_int_equal(process_stop(&fleet.agent[1]), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_refused, sweep),
	    cmocka_unit_test_teardown(test_tls, sweep),
	    cmocka_unit_test_teardown(test_tls_files, sweep),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
