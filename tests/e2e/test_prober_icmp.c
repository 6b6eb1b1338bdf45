/* Echoes: they come back, they do not, they may not even be sent. */
#include "tests/support/net_probe.h"

#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define NO_FLAGS 0

enum {
	NOBODY = 65534
};

static struct prober *shared;

static bool
has_v6(void)
{
	struct sockaddr_in6 address = {
	    .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool bound =
	    fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;

	if (fd >= 0) {
		(void)close(fd);
	}
	return bound;
}

static bool
is_permitted(const struct result *result)
{
	if (result->outcome != OUTCOME_LOCAL_ERROR) {
		return true;
	}
	net_expect("not permitted", result, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, NO_FLAGS,
	    "net.ipv4.ping_group_range");
	print_message("skipped: no echo may be sent here\n");
	return false;
}

static void
echoes(void **state)
{
	struct plan_probe probe = net_probe(PROBE_ICMP, "icmp://127.0.0.1");
	struct result result = net_run(shared, &probe);

	(void)state;
	if (!is_permitted(&result)) {
		return;
	}
	net_expect("address", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS, "127.0.0.1");
	assert_true(result.timing.dns_us > 0);
	assert_true(result.timing.first_byte_us >= result.timing.dns_us);
	assert_int_equal(result.timing.connect_us, 0);
	probe.url = "icmp://localhost";
	probe.family = 4;
	result = net_run(shared, &probe);
	net_expect("name", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS, "127.0.0.1");
	probe.family = 6;
	probe.url = "icmp://127.0.0.1";
	result = net_run(shared, &probe);
	net_expect("other family", &result, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, NO_FLAGS,
	    "family");
	probe.family = 0;
	probe.url = "icmp://no-such-host.invalid";
	probe.connect_timeout_ms = NET_SHORT_MS;
	result = net_run(shared, &probe);
	net_expect("no name", &result, OUTCOME_NET_DNS, PHASE_DNS, NO_FLAGS, "");
	probe.url = "icmp://127.0.0.1:7";
	result = net_run(shared, &probe);
	net_expect(
	    "port", &result, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, NO_FLAGS, "icmp://host");
}

static void
echoes_over_v6(void **state)
{
	struct plan_probe probe = net_probe(PROBE_ICMP, "icmp://[::1]");
	struct result result;

	(void)state;
	if (!has_v6()) {
		print_message("skipped: no ::1 here\n");
		return;
	}
	result = net_run(shared, &probe);
	if (is_permitted(&result)) {
		net_expect("v6", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS, "::1");
	}
}

static void
source_of_echoes(void **state)
{
	struct plan_probe probe = net_probe(PROBE_ICMP, "icmp://127.0.0.1");
	struct prober *prober = net_prober("127.0.0.9", NULL);
	struct result result = net_run(prober, &probe);

	(void)state;
	if (!is_permitted(&result)) {
		prober_free(prober);
		return;
	}
	net_expect("own", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS, "127.0.0.1");
	prober_free(prober);
	prober = net_prober("192.0.2.77", NULL);
	result = net_run(prober, &probe);
	net_expect(
	    "foreign", &result, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, NO_FLAGS, "assign");
	prober_free(prober);
	prober = net_prober("::1", NULL);
	result = net_run(prober, &probe);
	net_expect("other family", &result, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, NO_FLAGS,
	    "assign");
	prober_free(prober);
}

enum {
	CHILD_GOOD = 0,
	CHILD_BAD = 1,
	CHILD_SKIPPED = 77
};

/* Runs `body` in a process that may give up rights which this one still needs. */
static void
in_child(int (*body)(void))
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		_exit(body());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == CHILD_SKIPPED) {
		print_message("skipped: needs to be root, and namespaces\n");
		return;
	}
	assert_int_equal(WEXITSTATUS(status), CHILD_GOOD);
}

static bool
is(const struct result *result, enum outcome outcome, enum phase phase,
    const char *detail)
{
	bool good = result->outcome == outcome && result->phase == phase &&
		    strstr(result->detail, detail) != NULL;

	if (!good) {
		print_message("%s in %s: '%s'\n", outcome_name(result->outcome),
		    phase_name(result->phase), result->detail);
	}
	return good;
}

/* Brings up the loopback interface of this network, and tells it to keep silent. */
static bool
make_silent_loopback(void)
{
	struct ifreq request = {.ifr_name = "lo"};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	FILE *file = fopen("/proc/sys/net/ipv4/icmp_echo_ignore_all", "we");
	bool good = file != NULL && fputs("1\n", file) >= 0;

	if (file != NULL) {
		good = fclose(file) == 0 && good;
	}
	request.ifr_flags = IFF_UP;
	good = good && fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
	if (fd >= 0) {
		(void)close(fd);
	}
	return good;
}

static int
ping_nobody(void)
{
	struct plan_probe probe = net_probe(PROBE_ICMP, "icmp://192.0.2.1");
	struct prober *prober;
	struct result result;

	if (unshare(CLONE_NEWNET) != 0) {
		return CHILD_SKIPPED;
	}
	prober = net_prober(NULL, NULL);
	result = net_run(prober, &probe);
	if (!is(&result, OUTCOME_NET_CONNECT, PHASE_CONNECT, "192.0.2.1: ")) {
		return CHILD_BAD;
	}
	if (!make_silent_loopback()) {
		return CHILD_SKIPPED;
	}
	probe.url = "icmp://127.0.0.1";
	probe.timeout_ms = NET_SHORT_MS;
	result = net_run(prober, &probe);
	return is(&result, OUTCOME_TIMEOUT, PHASE_WAIT, "no echo from 127.0.0.1") &&
		       result.timing.dns_us > 0 && result.timing.first_byte_us == 0
		   ? CHILD_GOOD
		   : CHILD_BAD;
}

/* In a network of its own, which nobody else is in. */
static void
echoes_that_do_not_come_back(void **state)
{
	(void)state;
	in_child(ping_nobody);
}

static int
ping_as_nobody(void)
{
	struct plan_probe probe = net_probe(PROBE_ICMP, "icmp://127.0.0.1");
	struct prober *prober = net_prober(NULL, NULL);
	struct result result;

	if (setgid(NOBODY) != 0 || setuid(NOBODY) != 0) {
		return CHILD_SKIPPED;
	}
	result = net_run(prober, &probe);
	return result.outcome == OUTCOME_OK ||
		       is(&result, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, "ping_group_range")
		   ? CHILD_GOOD
		   : CHILD_BAD;
}

/* What an ordinary user may not do is our own fault, and says what to do. */
static void
echoes_that_are_not_permitted(void **state)
{
	(void)state;
	in_child(ping_as_nobody);
}

static void
ends_with_runs_in_flight(void **state)
{
	struct prober *prober = net_prober(NULL, NULL);
	struct plan_probe probe = net_probe(PROBE_ICMP, "icmp://192.0.2.1");

	(void)state;
	net_start(prober, &probe, 1);
	assert_int_equal(prober_wait(prober, 10 * CLOCK_NS_PER_MS), ERR_OK);
	net_start(prober, &probe, 2);
	prober_free(prober);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(echoes),
	    cmocka_unit_test(echoes_over_v6),
	    cmocka_unit_test(source_of_echoes),
	    cmocka_unit_test(echoes_that_do_not_come_back),
	    cmocka_unit_test(echoes_that_are_not_permitted),
	    cmocka_unit_test(ends_with_runs_in_flight),
	};
	int failed;

	shared = net_prober(NULL, NULL);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	prober_free(shared);
	return failed;
}
