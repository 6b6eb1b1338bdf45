/* An agent comes in with a token, proves who it is, and is kept out again. */
#include "tests/support/test.h"

#include "tests/support/fleet_process.h"

#include <unistd.h>

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

static int
sweep(void **state)
{
	(void)state;
	for (size_t i = 0; i < FLEET_AGENTS; i++) {
		process_kill(&fleet.agent[i]);
	}
	process_kill(&fleet.collector);
	return system("rm -rf store spool-* authority id-* *.log *.token") == 0 ? 0
										: -1;
}

static void
shell(const char *command)
{
	if (system(command) != 0) {
		fail_msg("%s", command);
	}
}

/* The collector's own authority instead of plain TCP, and a door for those who enrol. */
static void
write_authority(void)
{
	char command[1024];
	int host = (int)strcspn(fleet.address, ":");

	fleet_process_write(&fleet);
	(void)snprintf(command, sizeof(command),
	    "sed -i 's#tcp://#tls+tcp://#;s#socket: api.sock#socket: api.sock, listen: "
	    "\"%.*s:7442\"#' collector.yaml && cat >>collector.yaml <<END\n"
	    "authority:\n"
	    "  path: $PWD/authority\n"
	    "  names: [collector.test, %.*s]\n"
	    "  url: https://%.*s:7442\n"
	    "  collectors: ['tls+tcp://%s']\n"
	    "END\n",
	    host, fleet.address, host, fleet.address, host, fleet.address,
	    fleet.address);
	shell(command);
}

/* Writes a token for `name` to NAME.token. */
static void
invite(const char *name)
{
	char command[512];

	(void)snprintf(command, sizeof(command),
	    CTL_PROGRAM " enrol %s --region r9 --domain d9 -o json >t.json && "
			"jq -r .token t.json >%s.token && rm t.json",
	    name, name);
	shell(command);
}

/* Enrols agent `number` with that token; what was printed is in enrol.log. */
static int
enrol(unsigned number, const char *token)
{
	char command[512];

	(void)snprintf(command, sizeof(command),
	    AGENT_PROGRAM
	    " enrol - -c agent-%u.yaml -d $PWD/id-%u <%s.token >enrol.log 2>&1",
	    number, number, token);
	return system(command);
}

static void
assert_logged(const char *text)
{
	char command[256];

	(void)snprintf(command, sizeof(command), "grep -q '%s' enrol.log", text);
	if (system(command) != 0) {
		shell("cat enrol.log");
		fail_msg("not said: %s", text);
	}
}

static void
enrol_well(unsigned number, const char *name)
{
	char command[256];

	(void)snprintf(command, sizeof(command), "rm -f agent-%u.yaml", number);
	shell(command);
	invite(name);
	assert_int_equal(enrol(number, name), 0);
	assert_logged("enrolled as");
	(void)snprintf(command, sizeof(command),
	    "echo 'spool: {path: spool-%u}' >>agent-%u.yaml", number, number);
	shell(command);
}

static json_int_t
received_of(const char *name)
{
	json_t *json = fleet_process_ask("agents");
	const json_t *agents = json_object_get(json, "agents");
	json_int_t received = -1;

	for (size_t i = 0; i < json_array_size(agents); i++) {
		const json_t *agent = json_array_get(agents, i);
		const char *found = json_string_value(json_object_get(agent, "name"));

		if (found != NULL && strcmp(found, name) == 0) {
			received =
			    json_integer_value(json_object_get(agent, "received"));
		}
	}
	json_decref(json);
	return received;
}

/* Time passes in requests of the agents, never by itself. */
static void
await_received(const char *name, json_int_t count)
{
	for (unsigned i = 0; i < 500 && received_of(name) < count; i++) {
		fleet_process_requests(&fleet, "*", 1);
	}
	assert_true(received_of(name) >= count);
}

static void
test_life(void **state)
{
	json_int_t before;

	(void)state;
	write_authority();
	fleet_process_collect(&fleet);
	enrol_well(2, "newcomer");
	fleet_process_probe(&fleet, 2);
	process_await(&fleet.agent[1], "uplink.up", NULL);
	await_received("newcomer", 5);
	/* Once is once. */
	assert_int_not_equal(enrol(3, "newcomer"), 0);
	assert_logged("used before");
	/* The collector starts anew: what it knew of the newcomer it knows still. */
	before = received_of("newcomer");
	assert_int_equal(process_stop(&fleet.collector), 0);
	fleet_process_collect(&fleet);
	assert_true(received_of("newcomer") >= before);
	await_received("newcomer", before + 5);
	assert_int_equal(process_stop(&fleet.agent[1]), 0);
}

static void
test_another_name(void **state)
{
	(void)state;
	write_authority();
	fleet_process_collect(&fleet);
	enrol_well(2, "newcomer");
	enrol_well(3, "victim");
	/* It has a certificate of the fleet, and says that it is somebody else. */
	shell("sed -i 's/^id: newcomer/id: victim/' agent-2.yaml");
	fleet_process_probe(&fleet, 2);
	process_await(&fleet.collector,
	    "agent.refused agent=victim region=r9 reason=identity", NULL);
	process_await(&fleet.agent[1],
	    "uplink.refused reason=identity text=\"its certificate is that of another",
	    NULL);
	assert_false(process_said(&fleet.agent[1], "uplink.up"));
	assert_int_equal(process_stop(&fleet.agent[1]), 0);
	/* The one whose name it is comes in. */
	fleet_process_probe(&fleet, 3);
	process_await(&fleet.agent[2], "uplink.up", NULL);
	assert_int_equal(process_stop(&fleet.agent[2]), 0);
}

static void
test_revoked(void **state)
{
	(void)state;
	write_authority();
	fleet_process_collect(&fleet);
	enrol_well(2, "newcomer");
	fleet_process_probe(&fleet, 2);
	await_received("newcomer", 1);
	shell(CTL_PROGRAM " agents revoke newcomer >enrol.log");
	assert_logged("is out");
	/* Who did what is written down, what was refused too. */
	shell("! " CTL_PROGRAM " agents revoke newcomer 2>>enrol.log");
	shell(CTL_PROGRAM " audit -o csv >enrol.log");
	assert_logged(",invite,newcomer,ok,");
	assert_logged(",agent newcomer,enrol,newcomer,ok,");
	assert_logged(",revoke,newcomer,ok,");
	assert_logged(",revoke,newcomer,exists,it is revoked already");
	process_await(&fleet.agent[1], "uplink.refused reason=", NULL);
	assert_int_equal(process_stop(&fleet.agent[1]), 0);
	/* It stays out over a restart, and comes back with another token. */
	assert_int_equal(process_stop(&fleet.collector), 0);
	fleet_process_collect(&fleet);
	fleet_process_probe(&fleet, 2);
	process_await(&fleet.agent[1], "uplink.refused reason=", NULL);
	assert_true(received_of("newcomer") < 0);
	assert_int_equal(process_stop(&fleet.agent[1]), 0);
	enrol_well(2, "newcomer");
	fleet_process_probe(&fleet, 2);
	process_await(&fleet.agent[1], "uplink.up", NULL);
	assert_int_equal(process_stop(&fleet.agent[1]), 0);
}

/* A certificate that is about to end is replaced while the session goes on. */
static void
test_renewed(void **state)
{
	(void)state;
	write_authority();
	shell("sed -i 's/^authority:/authority:\\n  lifetime: 1m/' collector.yaml");
	fleet_process_collect(&fleet);
	enrol_well(2, "newcomer");
	shell("cp id-2/agent.pem id-2/first.pem");
	fleet_process_probe(&fleet, 2);
	process_await(&fleet.agent[1], "identity.renewed", NULL);
	process_await(&fleet.collector, "agent.renewed agent=newcomer", NULL);
	shell("! cmp -s id-2/agent.pem id-2/first.pem");
	assert_false(process_said(&fleet.agent[1], "uplink.lost"));
	/* The new one opens the next session; after a crash between the two files, too. */
	process_kill(&fleet.agent[1]);
	shell("cp id-2/agent.pem id-2/agent.pem.next && cp id-2/first.pem "
	      "id-2/agent.pem");
	fleet_process_probe(&fleet, 2);
	process_await(&fleet.agent[1], "identity.mended", NULL);
	process_await(&fleet.agent[1], "uplink.up", NULL);
	await_received("newcomer", 1);
	assert_int_equal(process_stop(&fleet.agent[1]), 0);
}

static void
test_false_collector(void **state)
{
	(void)state;
	write_authority();
	fleet_process_collect(&fleet);
	invite("newcomer");
	/* Somebody else answers at the address of the token, and then nobody. */
	assert_int_equal(process_stop(&fleet.collector), 0);
	shell("mv authority id-old");
	fleet_process_collect(&fleet);
	assert_int_not_equal(enrol(2, "newcomer"), 0);
	assert_logged("another authority");
	assert_int_equal(process_stop(&fleet.collector), 0);
	assert_int_not_equal(enrol(2, "newcomer"), 0);
	shell("echo plx1_AAAA >bad.token");
	assert_int_not_equal(enrol(2, "bad"), 0);
	assert_logged("no whole token");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_life, sweep),
	    cmocka_unit_test_teardown(test_another_name, sweep),
	    cmocka_unit_test_teardown(test_revoked, sweep),
	    cmocka_unit_test_teardown(test_renewed, sweep),
	    cmocka_unit_test_teardown(test_false_collector, sweep),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
