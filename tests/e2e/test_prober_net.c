/* The probes below HTTP against real sockets: every phase fails in turn, and the result must
 * name it. */
#include "tests/support/test.h"

#include "agent/shell/probe_curl.h"
#include "common/shell/clock_sys.h"
#include "tests/support/dns_server.h"
#include "tests/support/tls_server.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define NO_FLAGS 0

enum {
	PATIENCE_MS = 20000,
	SHORT_MS = 400,
	NOBODY = 65534
};

static struct prober *shared; /* trusts the CA of the folder "own" */
static char own[128];
static char other[128];
static char ca_file[160];

static struct plan_probe
net_probe(enum probe_kind kind, const char *url)
{
	return (struct plan_probe){
	    .series = "control/net",
	    .kind = kind,
	    .role = ROLE_CONTROL,
	    .url = url,
	    .model = "",
	    .key = "",
	    .prompt = "",
	    .size = "",
	    .products = "",
	    .interval_ms = 60000,
	    .timeout_ms = PATIENCE_MS,
	    .connect_timeout_ms = PATIENCE_MS,
	};
}

static struct prober *
new_prober(const char *source_address)
{
	struct prober_conf conf = {
	    .source_address = source_address,
	    .ca_file = ca_file,
	    .user_agent = "parallax-test",
	    .in_flight_max = 16,
	};
	struct prober *prober = prober_new(&conf);

	assert_non_null(prober);
	return prober;
}

static void
start(struct prober *prober, const struct plan_probe *probe, uint32_t slot)
{
	struct probe_tag tag = {.slot = slot, .generation = 7, .flags = FLAG_ON_DEMAND};

	assert_int_equal(
	    prober_start(prober, probe, NULL, &tag, clock_sys_now()), ERR_OK);
}

/* Waits for the next result. Its texts live until the next call. */
static struct result
finish(struct prober *prober, uint32_t *out_slot)
{
	struct result result;
	struct probe_tag tag;

	while (!prober_done(prober, &tag, &result)) {
		assert_int_equal(prober_wait(prober, -1), ERR_OK);
	}
	assert_int_equal(tag.generation, 7);
	assert_true((result.flags & FLAG_ON_DEMAND) != 0);
	result.flags &= ~(uint32_t)FLAG_ON_DEMAND;
	*out_slot = tag.slot;
	return result;
}

static struct result
run(struct prober *prober, const struct plan_probe *probe)
{
	uint32_t slot;
	struct result result;

	start(prober, probe, 3);
	result = finish(prober, &slot);
	assert_int_equal(slot, 3);
	assert_string_equal(result.series, probe->series);
	assert_int_equal(prober_in_flight(prober), 0);
	assert_true(result.timing.total_us > 0);
	assert_true(result.started_at.ns > 0);
	return result;
}

/* `detail`: what must be in the detail, "" = nothing in particular. */
static void
expect(const char *name, const struct result *result, enum outcome outcome,
    enum phase phase, uint32_t flags, const char *detail)
{
	char text[128];

	if (result->outcome == outcome && result->phase == phase &&
	    result->flags == flags && strstr(result->detail, detail) != NULL) {
		return;
	}
	(void)flags_text(result->flags, text, sizeof(text));
	fail_msg("%s: %s in %s [%s]: '%s', expected '%s' in it", name,
	    outcome_name(result->outcome), phase_name(result->phase), text,
	    result->detail, detail);
}

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
	uint16_t port;
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
	uint16_t port;
	int fd = listen_on(4, &port);
	char url[64];
	struct plan_probe probe = net_probe(PROBE_TCP, url);
	struct result result;

	(void)state;
	(void)snprintf(url, sizeof(url), "tcp://127.0.0.1:%u", (unsigned)port);
	result = run(shared, &probe);
	expect("tcp", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS, "");
	assert_true(result.timing.dns_us > 0);
	assert_true(result.timing.connect_us >= result.timing.dns_us);
	assert_true(result.timing.total_us >= result.timing.connect_us);
	assert_int_equal(result.timing.tls_us, 0);
	assert_int_equal(result.timing.first_byte_us, 0);
	assert_int_equal(result.cert_days, 0);
	assert_int_equal(result.http_status, 0);
	(void)close(fd);
	result = run(shared, &probe);
	expect("refused", &result, OUTCOME_NET_CONNECT, PHASE_CONNECT, NO_FLAGS, "");
	probe.url = "tcp://no-such-host.invalid:80";
	probe.connect_timeout_ms = 2000;
	result = run(shared, &probe);
	expect("no name", &result, OUTCOME_NET_DNS, PHASE_DNS, NO_FLAGS, "");
	probe.url = "tcp://127.0.0.1";
	result = run(shared, &probe);
	expect("no port", &result, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, NO_FLAGS,
	    "tcp://host:port");
	probe.url = "http://127.0.0.1:80/";
	result = run(shared, &probe);
	expect("scheme", &result, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, NO_FLAGS,
	    "tcp://host:port");
}

static void
connections_over_v6(void **state)
{
	uint16_t port;
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
	result = run(shared, &probe);
	expect("v6", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS, "");
	/* Nobody listens there on IPv4. */
	(void)snprintf(url, sizeof(url), "tcp://127.0.0.1:%u", (unsigned)port);
	result = run(shared, &probe);
	expect("v4", &result, OUTCOME_NET_CONNECT, PHASE_CONNECT, NO_FLAGS, "");
	(void)close(fd);
}

static void
connections_that_do_not_come(void **state)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	uint16_t port;
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
	probe.connect_timeout_ms = SHORT_MS;
	result = run(shared, &probe);
	expect("full", &result, OUTCOME_NET_CONNECT, PHASE_CONNECT, NO_FLAGS, "");
	for (size_t i = 0; i < sizeof(caller) / sizeof(caller[0]); i++) {
		(void)close(caller[i]);
	}
	(void)close(fd);
}

static void
source_of_connections(void **state)
{
	struct prober *prober = new_prober("127.0.0.9");
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);
	uint16_t port;
	int fd = listen_on(4, &port);
	char url[64];
	struct plan_probe probe = net_probe(PROBE_TCP, url);
	struct result result;
	int accepted;

	(void)state;
	(void)snprintf(url, sizeof(url), "tcp://127.0.0.1:%u", (unsigned)port);
	result = run(prober, &probe);
	expect("own", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS, "");
	accepted = accept(fd, (struct sockaddr *)&peer, &len);
	assert_true(accepted >= 0);
	assert_int_equal(peer.sin_addr.s_addr, inet_addr("127.0.0.9"));
	(void)close(accepted);
	prober_free(prober);
	prober = new_prober("192.0.2.77");
	result = run(prober, &probe);
	expect("foreign", &result, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, NO_FLAGS, "");
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
		result = run(shared, &probe);
		expect(show->name, &result, show->outcome, show->phase, show->flags,
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
	uint16_t port;
	int fd = listen_on(4, &port); /* connected to, and never heard of */
	char url[64];
	struct plan_probe probe = net_probe(PROBE_TLS, url);
	struct result result;

	(void)state;
	(void)snprintf(url, sizeof(url), "tls://127.0.0.1:%u", (unsigned)port);
	probe.timeout_ms = SHORT_MS;
	result = run(shared, &probe);
	expect("silence", &result, OUTCOME_NET_TLS, PHASE_TLS, NO_FLAGS, "");
	assert_int_equal(result.cert_days, 0);
	(void)close(fd);
	probe.timeout_ms = PATIENCE_MS;
	result = run(shared, &probe);
	expect("refused", &result, OUTCOME_NET_CONNECT, PHASE_CONNECT, NO_FLAGS, "");
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
    {"dns://both.test", 4, NULL, PATIENCE_MS, OUTCOME_OK, PHASE_DONE, 0,
	"192.0.2.1, ttl 60 s"},
    {"dns://both.test", 6, NULL, PATIENCE_MS, OUTCOME_OK, PHASE_DONE, 0,
	"2001:db8::1, ttl 60 s"},
    {"dns://both.test", 0, "2001:DB8:0::1", PATIENCE_MS, OUTCOME_OK, PHASE_DONE, 0,
	"2001:db8::1"},
    {"dns://four.test", 0, NULL, PATIENCE_MS, OUTCOME_OK, PHASE_DONE, 0,
	"192.0.2.4, ttl 7 s"},
    {"dns://six.test", 0, NULL, PATIENCE_MS, OUTCOME_OK, PHASE_DONE, 0,
	"2001:db8::6, ttl 8 s"},
    {"dns://many.test", 4, "192.0.2.6", PATIENCE_MS, OUTCOME_OK, PHASE_DONE, 0,
	"and 2 more, ttl 300 s"},
    {"dns://both.test", 4, "192.0.2.99", PATIENCE_MS, OUTCOME_MALFORMED, PHASE_DONE,
	FLAG_MISMATCH, "192.0.2.99 expected, found 192.0.2.1"},
    {"dns://both.test", 4, "nonsense", PATIENCE_MS, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, 0,
	"no address"},
    {"dns://large.test", 4, NULL, PATIENCE_MS, OUTCOME_OK, PHASE_DONE, 0,
	"192.0.2.9, ttl 5 s"},
    {"dns://slow.test/", 4, NULL, PATIENCE_MS, OUTCOME_OK, PHASE_DONE, 0, "192.0.2.1"},
    {"dns://half.test", 0, NULL, PATIENCE_MS, OUTCOME_OK, PHASE_DONE, 0,
	"; AAAA: SERVFAIL"},
    {"dns://hung.test", 0, NULL, SHORT_MS, OUTCOME_NET_DNS, PHASE_DNS, 0,
	"no answer in time (AAAA)"},
    {"dns://six.test", 4, NULL, PATIENCE_MS, OUTCOME_NET_DNS, PHASE_DNS, 0,
	"no address (A)"},
    {"dns://empty.test", 0, NULL, PATIENCE_MS, OUTCOME_NET_DNS, PHASE_DNS, 0,
	"no address (A, AAAA)"},
    {"dns://no-such.test", 0, NULL, PATIENCE_MS, OUTCOME_NET_DNS, PHASE_DNS, 0,
	"NXDOMAIN from 127.0.0.1:"},
    {"dns://servfail.test", 4, NULL, PATIENCE_MS, OUTCOME_NET_DNS, PHASE_DNS, 0,
	"SERVFAIL"},
    {"dns://refused.test", 6, NULL, PATIENCE_MS, OUTCOME_NET_DNS, PHASE_DNS, 0,
	"REFUSED"},
    {"dns://garbage.test", 4, NULL, PATIENCE_MS, OUTCOME_NET_DNS, PHASE_DNS, 0,
	"unreadable answer"},
    {"dns://silent.test", 0, NULL, SHORT_MS, OUTCOME_NET_DNS, PHASE_DNS, 0,
	"no answer in time"},
    {"dns://wrong-id.test", 4, NULL, SHORT_MS, OUTCOME_NET_DNS, PHASE_DNS, 0,
	"no answer in time"},
    {"dns://both.test:53", 4, NULL, PATIENCE_MS, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, 0,
	"dns://name"},
    {"dns://a..b", 4, NULL, PATIENCE_MS, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, 0,
	"name of a host"},
    {"http://both.test/", 4, NULL, PATIENCE_MS, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, 0,
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
		result = run(shared, &probe);
		expect(question->url, &result, question->outcome, question->phase,
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
	(void)run(shared, &probe);
	assert_int_equal(atomic_load(&server.asked_udp), 1);
	probe.url = "dns://slow.test";
	probe.timeout_ms = PATIENCE_MS;
	struct result result = run(shared, &probe);
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
	result = run(shared, &probe);
	expect("nobody", &result, OUTCOME_NET_DNS, PHASE_DNS, NO_FLAGS,
	    "no such resolver: 127.0.0.1:");
	probe.resolver = "resolver.test";
	result = run(shared, &probe);
	expect("a name", &result, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, NO_FLAGS,
	    "no address[:port]");
	probe.resolver = "";
	probe.url = "dns://no-such-host.invalid";
	probe.timeout_ms = SHORT_MS;
	result = run(shared, &probe);
	expect("the system's", &result, OUTCOME_NET_DNS, PHASE_DNS, NO_FLAGS, "");
}

static void
source_of_questions(void **state)
{
	struct prober *prober = new_prober("127.0.0.9");
	struct dns_server server;
	struct plan_probe probe = net_probe(PROBE_DNS, "dns://large.test");
	struct result result;

	(void)state;
	dns_server_start(&server, 4, rules);
	probe.resolver = server.resolver;
	probe.family = 4;
	result = run(prober, &probe);
	expect("own", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS, "192.0.2.9");
	assert_int_equal(atomic_load(&server.peer), inet_addr("127.0.0.9"));
	prober_free(prober);
	prober = new_prober("192.0.2.77");
	result = run(prober, &probe);
	expect("foreign", &result, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, NO_FLAGS,
	    "from 192.0.2.77");
	prober_free(prober);
	prober = new_prober("::1");
	result = run(prober, &probe);
	expect("of the other family", &result, OUTCOME_LOCAL_ERROR, PHASE_LOCAL,
	    NO_FLAGS, "from ::1");
	prober_free(prober);
	dns_server_stop(&server);
}

/* ---- ICMP ---- */

static bool
is_permitted(const struct result *result)
{
	if (result->outcome != OUTCOME_LOCAL_ERROR) {
		return true;
	}
	expect("not permitted", result, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, NO_FLAGS,
	    "net.ipv4.ping_group_range");
	print_message("skipped: no echo may be sent here\n");
	return false;
}

static void
echoes(void **state)
{
	struct plan_probe probe = net_probe(PROBE_ICMP, "icmp://127.0.0.1");
	struct result result = run(shared, &probe);

	(void)state;
	if (!is_permitted(&result)) {
		return;
	}
	expect("address", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS, "127.0.0.1");
	assert_true(result.timing.dns_us > 0);
	assert_true(result.timing.first_byte_us >= result.timing.dns_us);
	assert_int_equal(result.timing.connect_us, 0);
	probe.url = "icmp://localhost";
	probe.family = 4;
	result = run(shared, &probe);
	expect("name", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS, "127.0.0.1");
	probe.family = 6;
	probe.url = "icmp://127.0.0.1";
	result = run(shared, &probe);
	expect("other family", &result, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, NO_FLAGS,
	    "family");
	probe.family = 0;
	probe.url = "icmp://no-such-host.invalid";
	probe.connect_timeout_ms = SHORT_MS;
	result = run(shared, &probe);
	expect("no name", &result, OUTCOME_NET_DNS, PHASE_DNS, NO_FLAGS, "");
	probe.url = "icmp://127.0.0.1:7";
	result = run(shared, &probe);
	expect(
	    "port", &result, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, NO_FLAGS, "icmp://host");
}

static void
echoes_over_v6(void **state)
{
	struct plan_probe probe = net_probe(PROBE_ICMP, "icmp://[::1]");
	struct result result;

	(void)state;
	if (!has_v6()) {
		return;
	}
	result = run(shared, &probe);
	if (is_permitted(&result)) {
		expect("v6", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS, "::1");
	}
}

static void
source_of_echoes(void **state)
{
	struct plan_probe probe = net_probe(PROBE_ICMP, "icmp://127.0.0.1");
	struct prober *prober = new_prober("127.0.0.9");
	struct result result = run(prober, &probe);

	(void)state;
	if (!is_permitted(&result)) {
		prober_free(prober);
		return;
	}
	expect("own", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS, "127.0.0.1");
	prober_free(prober);
	prober = new_prober("192.0.2.77");
	result = run(prober, &probe);
	expect(
	    "foreign", &result, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, NO_FLAGS, "assign");
	prober_free(prober);
	prober = new_prober("::1");
	result = run(prober, &probe);
	expect("other family", &result, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, NO_FLAGS,
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
	prober = new_prober(NULL);
	result = run(prober, &probe);
	if (!is(&result, OUTCOME_NET_CONNECT, PHASE_CONNECT, "192.0.2.1: ")) {
		return CHILD_BAD;
	}
	if (!make_silent_loopback()) {
		return CHILD_SKIPPED;
	}
	probe.url = "icmp://127.0.0.1";
	probe.timeout_ms = SHORT_MS;
	result = run(prober, &probe);
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
	struct prober *prober = new_prober(NULL);
	struct result result;

	if (setgid(NOBODY) != 0 || setuid(NOBODY) != 0) {
		return CHILD_SKIPPED;
	}
	result = run(prober, &probe);
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
		start(shared, i % 4 == 3 ? &refused : &probe, i);
	}
	assert_int_equal(
	    prober_start(shared, &probe, NULL, &tag, clock_sys_now()), ERR_AGAIN);
	for (uint32_t i = 0; i < 16; i++) {
		uint32_t slot;
		struct result result = finish(shared, &slot);

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
	struct prober *prober = new_prober(NULL);
	struct dns_server server;
	struct plan_probe name = net_probe(PROBE_DNS, "dns://silent.test");
	struct plan_probe echo = net_probe(PROBE_ICMP, "icmp://192.0.2.1");

	(void)state;
	dns_server_start(&server, 4, rules);
	name.resolver = server.resolver;
	start(prober, &name, 1);
	start(prober, &echo, 2);
	assert_int_equal(prober_wait(prober, 10 * CLOCK_NS_PER_MS), ERR_OK);
	start(prober, &name, 3);
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
	    cmocka_unit_test(echoes),
	    cmocka_unit_test(echoes_over_v6),
	    cmocka_unit_test(source_of_echoes),
	    cmocka_unit_test(echoes_that_do_not_come_back),
	    cmocka_unit_test(echoes_that_are_not_permitted),
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
	shared = new_prober(NULL);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	prober_free(shared);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	if (system(command) != 0) {
		perror(command);
	}
	return failed;
}
