/* Connections, certificates and names against real sockets: every phase fails in turn, and the result must
 * name it. */
#include "tests/support/dns_server.h"
#include "tests/support/net_probe.h"
#include "tests/support/tls_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#define NO_FLAGS 0

static struct prober *shared; /* trusts the CA of the folder "own" */
static char own[128];
static char other[128];
static char ca_file[160];

/* A listening socket of `version` on a free loopback port; -1 when there is no such
 * address here. */
static int
listen_on(int version, uint16_t *out_port)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {
	    .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
	struct sockaddr *address =
	    version == 4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
	socklen_t len = version == 4 ? sizeof(v4) : sizeof(v6);
	int fd = socket(version == 4 ? AF_INET : AF_INET6, SOCK_STREAM, 0);

	v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, address, len) != 0) {
		assert_int_equal(version, 6);
		if (fd >= 0) {
			(void)close(fd);
		}
		return -1;
	}
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, address, &len), 0);
	*out_port = ntohs(version == 4 ? v4.sin_port : v6.sin6_port);
	return fd;
}

static bool
has_v6(void)
{
	uint16_t port = 0;
	int fd = listen_on(6, &port);

	if (fd < 0) {
		print_message("skipped: no ::1 here\n");
		return false;
	}
	(void)close(fd);
	return true;
}

/* ---- TCP ---- */

static void
connections(void **state)
{
	uint16_t port = 0;
	int fd = listen_on(4, &port);
	char url[64];
	struct plan_probe probe = net_probe(PROBE_TCP, url);
	struct result result;

	(void)state;
	(void)snprintf(url, sizeof(url), "tcp://127.0.0.1:%u", (unsigned)port);
	result = net_run(shared, &probe);
	net_expect("tcp", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS, "");
	assert_true(result.timing.dns_us > 0);
	assert_true(result.timing.connect_us >= result.timing.dns_us);
	assert_true(result.timing.total_us >= result.timing.connect_us);
	assert_int_equal(result.timing.tls_us, 0);
	assert_int_equal(result.timing.first_byte_us, 0);
	assert_int_equal(result.cert_days, 0);
	assert_int_equal(result.http_status, 0);
	(void)close(fd);
	result = net_run(shared, &probe);
	net_expect(
	    "refused", &result, OUTCOME_NET_CONNECT, PHASE_CONNECT, NO_FLAGS, "");
	probe.url = "tcp://no-such-host.invalid:80";
	probe.connect_timeout_ms = 2000;
	result = net_run(shared, &probe);
	net_expect("no name", &result, OUTCOME_NET_DNS, PHASE_DNS, NO_FLAGS, "");
	probe.url = "tcp://127.0.0.1";
	result = net_run(shared, &probe);
	net_expect("no port", &result, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, NO_FLAGS,
	    "tcp://host:port");
	probe.url = "http://127.0.0.1:80/";
	result = net_run(shared, &probe);
	net_expect("scheme", &result, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, NO_FLAGS,
	    "tcp://host:port");
}

/* A plan is another machine's: what it expects may be nonsense, which is not the fault of
 * who is probed. */
static void
expectations_that_cannot_be(void **state)
{
	struct plan_probe probe = net_probe(PROBE_HTTP, "http://127.0.0.1:1/");
	struct result result;

	(void)state;
	probe.expect_pointer = "status";
	result = net_run(shared, &probe);
	net_expect("pointer", &result, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, NO_FLAGS,
	    "nothing can meet");
}

static void
connections_over_v6(void **state)
{
	uint16_t port = 0;
	int fd = listen_on(6, &port);
	char url[64];
	struct plan_probe probe = net_probe(PROBE_TCP, url);
	struct result result;

	(void)state;
	if (fd < 0) {
		print_message("skipped: no ::1 here\n");
		return;
	}
	(void)snprintf(url, sizeof(url), "tcp://[::1]:%u", (unsigned)port);
	result = net_run(shared, &probe);
	net_expect("v6", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS, "");
	/* Nobody listens there on IPv4. */
	(void)snprintf(url, sizeof(url), "tcp://127.0.0.1:%u", (unsigned)port);
	result = net_run(shared, &probe);
	net_expect("v4", &result, OUTCOME_NET_CONNECT, PHASE_CONNECT, NO_FLAGS, "");
	(void)close(fd);
}

static void
connections_that_do_not_come(void **state)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	uint16_t port = 0;
	int fd = listen_on(4, &port);
	int caller[16];
	char url[64];
	struct plan_probe probe = net_probe(PROBE_TCP, url);
	struct result result;

	(void)state;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons(port);
	assert_int_equal(listen(fd, 0), 0); /* hardly any room, and all of it taken */
	for (size_t i = 0; i < sizeof(caller) / sizeof(caller[0]); i++) {
		caller[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(caller[i], (struct sockaddr *)&address, sizeof(address));
	}
	(void)snprintf(url, sizeof(url), "tcp://127.0.0.1:%u", (unsigned)port);
	probe.connect_timeout_ms = NET_SHORT_MS;
	result = net_run(shared, &probe);
	net_expect("full", &result, OUTCOME_NET_CONNECT, PHASE_CONNECT, NO_FLAGS, "");
	for (size_t i = 0; i < sizeof(caller) / sizeof(caller[0]); i++) {
		(void)close(caller[i]);
	}
	(void)close(fd);
}

static void
source_of_connections(void **state)
{
	struct prober *prober = net_prober("127.0.0.9", ca_file);
	struct sockaddr_in peer = {.sin_family = AF_INET};
	socklen_t len = sizeof(peer);
	uint16_t port = 0;
	int fd = listen_on(4, &port);
	char url[64];
	struct plan_probe probe = net_probe(PROBE_TCP, url);
	struct result result;
	int accepted = -1;

	(void)state;
	(void)snprintf(url, sizeof(url), "tcp://127.0.0.1:%u", (unsigned)port);
	result = net_run(prober, &probe);
	net_expect("own", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS, "");
	accepted = accept(fd, (struct sockaddr *)&peer, &len);
	assert_int_not_equal(accepted, -1);
	assert_int_equal(peer.sin_addr.s_addr, inet_addr("127.0.0.9"));
	(void)close(accepted);
	prober_free(prober);
	prober = net_prober("192.0.2.77", ca_file);
	result = net_run(prober, &probe);
	net_expect("foreign", &result, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, NO_FLAGS, "");
	prober_free(prober);
	(void)close(fd);
}

/* ---- TLS ---- */

static const struct shown {
	const char *name;
	const char *folder;
	const char *certificate;
	enum outcome outcome;
	enum phase phase;
	uint32_t flags;
	const char *detail;
	uint16_t days_from;
	uint16_t days_to;
} shown[] = {
    {"good", own, "server", OUTCOME_OK, PHASE_DONE, NO_FLAGS, "", 820, 826},
    {"expiring", own, "expiring", OUTCOME_OK, PHASE_DONE, FLAG_EXPIRING, "", 5, 6},
    {"expired", own, "expired", OUTCOME_NET_TLS, PHASE_TLS,
	FLAG_BAD_CERT | FLAG_EXPIRING, "certificate expired", 1, 1},
    {"wrong name", own, "wrong-name", OUTCOME_NET_TLS, PHASE_TLS, FLAG_BAD_CERT,
	"another name", 820, 826},
    {"untrusted", other, "server", OUTCOME_NET_TLS, PHASE_TLS, FLAG_BAD_CERT,
	"untrusted", 820, 826},
    {"self-signed", other, "ca", OUTCOME_NET_TLS, PHASE_TLS, FLAG_BAD_CERT,
	"self-signed", 3600, 3651},
};

static void
certificates(void **state)
{
	struct tls_server server;
	char url[64];
	struct plan_probe probe = net_probe(PROBE_TLS, url);

	(void)state;
	tls_server_start(&server);
	(void)snprintf(url, sizeof(url), "tls://127.0.0.1:%u", (unsigned)server.port);
	probe.expect_days = 14;
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		const struct shown *show = &shown[i];
		struct result result;

		tls_server_show(&server, show->folder, show->certificate);
		result = net_run(shared, &probe);
		net_expect(show->name, &result, show->outcome, show->phase, show->flags,
		    show->detail);
		assert_in_range(result.cert_days, show->days_from, show->days_to);
		assert_true(result.timing.connect_us > 0);
		assert_int_equal(result.timing.tls_us > 0, show->outcome == OUTCOME_OK);
	}
	tls_server_stop(&server);
}

static void
handshakes_that_do_not_end(void **state)
{
	uint16_t port = 0;
	int fd = listen_on(4, &port); /* connected to, and never heard of */
	char url[64];
	struct plan_probe probe = net_probe(PROBE_TLS, url);
	struct result result;

	(void)state;
	(void)snprintf(url, sizeof(url), "tls://127.0.0.1:%u", (unsigned)port);
	probe.timeout_ms = NET_SHORT_MS;
	result = net_run(shared, &probe);
	net_expect("silence", &result, OUTCOME_NET_TLS, PHASE_TLS, NO_FLAGS, "");
	assert_int_equal(result.cert_days, 0);
	(void)close(fd);
	probe.timeout_ms = NET_PATIENCE_MS;
	result = net_run(shared, &probe);
	net_expect(
	    "refused", &result, OUTCOME_NET_CONNECT, PHASE_CONNECT, NO_FLAGS, "");
}

/* ---- DNS ---- */

static const struct dns_rule rules[] = {
    {.name = "both.test", .address = {"192.0.2.1", "2001:db8::1"}, .ttl_s = 60},
    {.name = "four.test", .address = {"192.0.2.4"}, .ttl_s = 7},
    {.name = "six.test", .address = {"2001:db8::6"}, .ttl_s = 8},
    {.name = "many.test",
	.address = {"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5",
	    "192.0.2.6"},
	.ttl_s = 300},
    {.name = "empty.test", .action = DNS_NODATA},
    {.name = "servfail.test", .action = DNS_SERVFAIL},
    {.name = "refused.test", .action = DNS_REFUSED},
    {.name = "silent.test", .action = DNS_SILENCE},
    {.name = "garbage.test", .action = DNS_GARBAGE},
    {.name = "wrong-id.test", .action = DNS_WRONG_ID, .address = {"192.0.2.1"}},
    {.name = "large.test",
	.action = DNS_TRUNCATED,
	.address = {"192.0.2.9"},
	.ttl_s = 5},
    {.name = "slow.test", .address = {"192.0.2.1"}, .delay_ms = 150},
    {.name = "half.test", .type = DNS_TYPE_A, .address = {"192.0.2.1"}},
    {.name = "half.test", .type = DNS_TYPE_AAAA, .action = DNS_SERVFAIL},
    {.name = "hung.test", .type = DNS_TYPE_A, .address = {"192.0.2.1"}},
    {.name = "hung.test", .type = DNS_TYPE_AAAA, .action = DNS_SILENCE},
    {.name = NULL},
};

static const struct question {
	const char *url;
	uint8_t family;
	const char *expected;
	uint32_t timeout_ms;
	enum outcome outcome;
	enum phase phase;
	uint32_t flags;
	const char *detail;
} questions[] = {
    {"dns://both.test", 4, NULL, NET_PATIENCE_MS, OUTCOME_OK, PHASE_DONE, 0,
	"192.0.2.1, ttl 60 s"},
    {"dns://both.test", 6, NULL, NET_PATIENCE_MS, OUTCOME_OK, PHASE_DONE, 0,
	"2001:db8::1, ttl 60 s"},
    {"dns://both.test", 0, "2001:DB8:0::1", NET_PATIENCE_MS, OUTCOME_OK, PHASE_DONE, 0,
	"2001:db8::1"},
    {"dns://four.test", 0, NULL, NET_PATIENCE_MS, OUTCOME_OK, PHASE_DONE, 0,
	"192.0.2.4, ttl 7 s"},
    {"dns://six.test", 0, NULL, NET_PATIENCE_MS, OUTCOME_OK, PHASE_DONE, 0,
	"2001:db8::6, ttl 8 s"},
    {"dns://many.test", 4, "192.0.2.6", NET_PATIENCE_MS, OUTCOME_OK, PHASE_DONE, 0,
	"and 2 more, ttl 300 s"},
    {"dns://both.test", 4, "192.0.2.99", NET_PATIENCE_MS, OUTCOME_MALFORMED, PHASE_DONE,
	FLAG_MISMATCH, "192.0.2.99 expected, found 192.0.2.1"},
    {"dns://both.test", 4, "nonsense", NET_PATIENCE_MS, OUTCOME_LOCAL_ERROR,
	PHASE_LOCAL, 0, "no address"},
    {"dns://large.test", 4, NULL, NET_PATIENCE_MS, OUTCOME_OK, PHASE_DONE, 0,
	"192.0.2.9, ttl 5 s"},
    {"dns://slow.test/", 4, NULL, NET_PATIENCE_MS, OUTCOME_OK, PHASE_DONE, 0,
	"192.0.2.1"},
    {"dns://half.test", 0, NULL, NET_PATIENCE_MS, OUTCOME_OK, PHASE_DONE, 0,
	"; AAAA: SERVFAIL"},
    {"dns://hung.test", 0, NULL, NET_SHORT_MS, OUTCOME_NET_DNS, PHASE_DNS, 0,
	"no answer in time (AAAA)"},
    {"dns://six.test", 4, NULL, NET_PATIENCE_MS, OUTCOME_NET_DNS, PHASE_DNS, 0,
	"no address (A)"},
    {"dns://empty.test", 0, NULL, NET_PATIENCE_MS, OUTCOME_NET_DNS, PHASE_DNS, 0,
	"no address (A, AAAA)"},
    {"dns://no-such.test", 0, NULL, NET_PATIENCE_MS, OUTCOME_NET_DNS, PHASE_DNS, 0,
	"NXDOMAIN from 127.0.0.1:"},
    {"dns://servfail.test", 4, NULL, NET_PATIENCE_MS, OUTCOME_NET_DNS, PHASE_DNS, 0,
	"SERVFAIL"},
    {"dns://refused.test", 6, NULL, NET_PATIENCE_MS, OUTCOME_NET_DNS, PHASE_DNS, 0,
	"REFUSED"},
    {"dns://garbage.test", 4, NULL, NET_PATIENCE_MS, OUTCOME_NET_DNS, PHASE_DNS, 0,
	"unreadable answer"},
    {"dns://silent.test", 0, NULL, NET_SHORT_MS, OUTCOME_NET_DNS, PHASE_DNS, 0,
	"no answer in time"},
    {"dns://wrong-id.test", 4, NULL, NET_SHORT_MS, OUTCOME_NET_DNS, PHASE_DNS, 0,
	"no answer in time"},
    {"dns://both.test:53", 4, NULL, NET_PATIENCE_MS, OUTCOME_LOCAL_ERROR, PHASE_LOCAL,
	0, "dns://name"},
    {"dns://a..b", 4, NULL, NET_PATIENCE_MS, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, 0,
	"name of a host"},
    {"http://both.test/", 4, NULL, NET_PATIENCE_MS, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, 0,
	"dns://name"},
};

static void
ask_all(int version)
{
	struct dns_server server;

	dns_server_start(&server, version, rules);
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		const struct question *question = &questions[i];
		struct plan_probe probe = net_probe(PROBE_DNS, question->url);
		const char *detail = question->detail;
		struct result result;

		probe.resolver = server.resolver;
		probe.family = question->family;
		probe.expect_value = question->expected;
		probe.timeout_ms = question->timeout_ms;
		if (version == 6 && strstr(detail, "127.0.0.1") != NULL) {
			detail = "";
		}
		result = net_run(shared, &probe);
		net_expect(question->url, &result, question->outcome, question->phase,
		    question->flags, detail);
		assert_int_equal(result.timing.first_byte_us, 0);
		if (question->outcome == OUTCOME_OK) {
			assert_int_equal(result.timing.dns_us, result.timing.total_us);
		}
	}
	assert_int_equal(atomic_load(&server.asked_tcp), 1); /* large.test */
	dns_server_stop(&server);
}

static void
names(void **state)
{
	(void)state;
	ask_all(4);
}

static void
names_asked_over_v6(void **state)
{
	(void)state;
	if (has_v6()) {
		ask_all(6);
	}
}

/* A question is asked once: silence is not asked again, nor is anybody else. */
static void
names_are_asked_for_once(void **state)
{
	struct dns_server server;
	struct plan_probe probe = net_probe(PROBE_DNS, "dns://silent.test");

	(void)state;
	dns_server_start(&server, 4, rules);
	probe.resolver = server.resolver;
	probe.family = 4;
	probe.timeout_ms = 1500;
	(void)net_run(shared, &probe);
	assert_int_equal(atomic_load(&server.asked_udp), 1);
	probe.url = "dns://slow.test";
	probe.timeout_ms = NET_PATIENCE_MS;
	struct result result = net_run(shared, &probe);
	assert_true(result.timing.dns_us >= 150000);
	dns_server_stop(&server);
}

static void
resolvers_that_are_not_there(void **state)
{
	struct dns_server server;
	struct plan_probe probe = net_probe(PROBE_DNS, "dns://both.test");
	struct result result;

	(void)state;
	dns_server_start(&server, 4, rules);
	dns_server_stop(&server);
	probe.resolver = server.resolver;
	result = net_run(shared, &probe);
	net_expect("nobody", &result, OUTCOME_NET_DNS, PHASE_DNS, NO_FLAGS,
	    "no such resolver: 127.0.0.1:");
	probe.resolver = "resolver.test";
	result = net_run(shared, &probe);
	net_expect("a name", &result, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, NO_FLAGS,
	    "no address[:port]");
	probe.resolver = "";
	probe.url = "dns://no-such-host.invalid";
	probe.timeout_ms = NET_SHORT_MS;
	result = net_run(shared, &probe);
	net_expect("the system's", &result, OUTCOME_NET_DNS, PHASE_DNS, NO_FLAGS, "");
}

static void
source_of_questions(void **state)
{
	struct prober *prober = net_prober("127.0.0.9", ca_file);
	struct dns_server server;
	struct plan_probe probe = net_probe(PROBE_DNS, "dns://large.test");
	struct result result;

	(void)state;
	dns_server_start(&server, 4, rules);
	probe.resolver = server.resolver;
	probe.family = 4;
	result = net_run(prober, &probe);
	net_expect("own", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS, "192.0.2.9");
	assert_int_equal(atomic_load(&server.peer), inet_addr("127.0.0.9"));
	prober_free(prober);
	prober = net_prober("192.0.2.77", ca_file);
	result = net_run(prober, &probe);
	net_expect("foreign", &result, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, NO_FLAGS,
	    "from 192.0.2.77");
	prober_free(prober);
	prober = net_prober("::1", ca_file);
	result = net_run(prober, &probe);
	net_expect("of the other family", &result, OUTCOME_LOCAL_ERROR, PHASE_LOCAL,
	    NO_FLAGS, "from ::1");
	prober_free(prober);
	dns_server_stop(&server);
}

/* ---- together ---- */

/* All kinds at once, each result with its own token, and places as for all others. */
static void
kinds_together(void **state)
{
	struct dns_server server;
	struct probe_tag tag = {.generation = 7};
	struct plan_probe probe = net_probe(PROBE_DNS, "dns://slow.test");
	struct plan_probe refused = net_probe(PROBE_TCP, "tcp://127.0.0.1:1");
	unsigned seen = 0;

	(void)state;
	dns_server_start(&server, 4, rules);
	probe.resolver = server.resolver;
	probe.family = 4;
	for (uint32_t i = 0; i < 16; i++) {
		net_start(shared, i % 4 == 3 ? &refused : &probe, i);
	}
	assert_int_equal(
	    prober_start(shared, &probe, NULL, &tag, clock_sys_now()), ERR_AGAIN);
	for (uint32_t i = 0; i < 16; i++) {
		uint32_t slot;
		struct result result = net_finish(shared, &slot);

		assert_int_equal(result.outcome == OUTCOME_NET_CONNECT, slot % 4 == 3);
		assert_int_equal(result.outcome == OUTCOME_OK, slot % 4 != 3);
		seen |= 1U << slot;
	}
	assert_int_equal(seen, 0xFFFF);
	dns_server_stop(&server);
}

static void
ends_with_runs_in_flight(void **state)
{
	struct prober *prober = net_prober(NULL, ca_file);
	struct dns_server server;
	struct plan_probe name = net_probe(PROBE_DNS, "dns://silent.test");
	struct plan_probe echo = net_probe(PROBE_ICMP, "icmp://192.0.2.1");

	(void)state;
	dns_server_start(&server, 4, rules);
	name.resolver = server.resolver;
	net_start(prober, &name, 1);
	net_start(prober, &echo, 2);
	assert_int_equal(prober_wait(prober, 10 * CLOCK_NS_PER_MS), ERR_OK);
	net_start(prober, &name, 3);
	prober_free(prober);
	dns_server_stop(&server);
}

static void
make_certificates(const char *folder)
{
	char command[512];

	(void)snprintf(command, sizeof(command),
	    "sh '%s/tests/support/mkca.sh' '%s' IP:127.0.0.1",
	    getenv("PARALLAX_SOURCE"), folder);
	if (system(command) != 0) {
		(void)fprintf(stderr, "%s failed\n", command);
		exit(1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(connections),
	    cmocka_unit_test(expectations_that_cannot_be),
	    cmocka_unit_test(connections_over_v6),
	    cmocka_unit_test(connections_that_do_not_come),
	    cmocka_unit_test(source_of_connections),
	    cmocka_unit_test(certificates),
	    cmocka_unit_test(handshakes_that_do_not_end),
	    cmocka_unit_test(names),
	    cmocka_unit_test(names_asked_over_v6),
	    cmocka_unit_test(names_are_asked_for_once),
	    cmocka_unit_test(resolvers_that_are_not_there),
	    cmocka_unit_test(source_of_questions),
	    cmocka_unit_test(kinds_together),
	    cmocka_unit_test(ends_with_runs_in_flight),
	};
	char folder[] = "/tmp/px-net-XXXXXX";
	char command[64];
	int failed;

	(void)signal(SIGPIPE, SIG_IGN);
	if (getenv("PARALLAX_SOURCE") == NULL) {
		(void)fprintf(stderr, "skipped: PARALLAX_SOURCE is not set\n");
		return 77;
	}
	if (mkdtemp(folder) == NULL) {
		perror(folder);
		return 1;
	}
	(void)snprintf(own, sizeof(own), "%s/own", folder);
	(void)snprintf(other, sizeof(other), "%s/other", folder);
	make_certificates(own);
	make_certificates(other);
	(void)snprintf(ca_file, sizeof(ca_file), "%s/ca.pem", own);
	shared = net_prober(NULL, ca_file);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	prober_free(shared);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	if (system(command) != 0) {
		perror(command);
	}
	return failed;
}
