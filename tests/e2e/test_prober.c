/* The probe engine against a real server: every phase fails in turn, and the result must
 * name it. */
#include "tests/support/test.h"

#include "agent/shell/probe_curl.h"
#include "common/core/limits.h"
#include "common/shell/clock_sys.h"
#include "tests/support/raw_server.h"
#include "tests/support/upstream_process.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define NO_FLAGS 0
#define KEY_TEXT "AIzaSyTest-0123456789abcdefghijklmnopqr"

static struct upstream_process server;
static struct prober *shared; /* trusts the server's CA */

/* A name lookup that hangs: what the resolver's thread calls is ours. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool released;
	unsigned hanging;
} lookup = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, 0};

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
    struct addrinfo **out);

int
getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
    struct addrinfo **out)
{
	int (*real)(
	    const char *, const char *, const struct addrinfo *, struct addrinfo **);
	void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");

	if (node != NULL && strcmp(node, "hang.invalid") == 0) {
		(void)pthread_mutex_lock(&lookup.lock);
		lookup.hanging++;
		while (!lookup.released) {
			(void)pthread_cond_wait(&lookup.changed, &lookup.lock);
		}
		lookup.hanging--;
		(void)pthread_cond_broadcast(&lookup.changed);
		(void)pthread_mutex_unlock(&lookup.lock);
		return EAI_NONAME;
	}
	memcpy(&real, &symbol, sizeof(real));
	return real(node, service, hints, out);
}

static void
release_lookups(void)
{
	(void)pthread_mutex_lock(&lookup.lock);
	lookup.released = true;
	(void)pthread_cond_broadcast(&lookup.changed);
	while (lookup.hanging > 0) {
		(void)pthread_cond_wait(&lookup.changed, &lookup.lock);
	}
	(void)pthread_mutex_unlock(&lookup.lock);
}

static struct plan_probe
http_probe(const char *url)
{
	return (struct plan_probe){
	    .series = "target/probe",
	    .kind = PROBE_HTTP,
	    .url = url,
	    .model = "",
	    .key = "",
	    .prompt = "",
	    .size = "",
	    .products = "",
	    .interval_ms = 60000,
	    .timeout_ms = 60000,
	    .connect_timeout_ms = 30000,
	};
}

/* "http://127.0.0.1:PORT`path`", in one of a few static buffers. */
static const char *
at_server(bool https, const char *path)
{
	static char url[4][256];
	static unsigned turn;
	char *out = url[turn++ % 4];

	(void)snprintf(out, sizeof(url[0]), "%s://127.0.0.1:%u%s",
	    https ? "https" : "http", (unsigned)(https ? server.https : server.http),
	    path);
	return out;
}

static struct prober *
new_prober(const char *source_address, int64_t idle_ns)
{
	struct prober_conf conf = {
	    .source_address = source_address,
	    .ca_file = server.ca_file,
	    .user_agent = "parallax-test",
	    .in_flight_max = 8,
	    .idle_ns = idle_ns,
	};
	struct prober *prober = prober_new(&conf);

	assert_non_null(prober);
	return prober;
}

static void
start(struct prober *prober, const struct plan_probe *probe,
    const struct probe_key *key, uint32_t slot)
{
	struct probe_tag tag = {.slot = slot, .generation = 7, .flags = FLAG_ON_DEMAND};

	assert_int_equal(
	    prober_start(prober, probe, key, &tag, clock_sys_boot()), ERR_OK);
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
run(struct prober *prober, const struct plan_probe *probe, const struct probe_key *key)
{
	uint32_t slot;
	struct result result;

	start(prober, probe, key, 3);
	result = finish(prober, &slot);
	assert_int_equal(slot, 3);
	assert_string_equal(result.series, probe->series);
	assert_int_equal(prober_in_flight(prober), 0);
	return result;
}

static void
expect(const char *name, const struct result *result, enum outcome outcome,
    enum phase phase, uint32_t flags)
{
	if (result->outcome != outcome || result->phase != phase ||
	    result->flags != flags) {
		char text[128];

		(void)flags_text(result->flags, text, sizeof(text));
		fail_msg("%s: %s in %s [%s] %u: %s", name,
		    outcome_name(result->outcome), phase_name(result->phase), text,
		    (unsigned)result->http_status, result->detail);
	}
	assert_true(result->timing.total_us > 0);
}

static void
expect_timing(const struct timing *timing, bool https)
{
	assert_true(timing->dns_us > 0);
	assert_true(timing->connect_us >= timing->dns_us);
	assert_int_equal(timing->tls_us > 0, https);
	assert_true(timing->tls_us == 0 || timing->tls_us >= timing->connect_us);
	assert_true(timing->first_byte_us >= timing->connect_us);
	assert_true(timing->first_byte_us >= timing->tls_us);
	assert_true(timing->total_us >= timing->first_byte_us);
}

static void
good_answers(void **state)
{
	struct plan_probe probe = http_probe(at_server(false, "/generate_204"));
	struct result result;

	(void)state;
	upstream_process_rule(&server, "", NULL);
	result = run(shared, &probe, NULL);
	expect("http", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS);
	assert_int_equal(result.http_status, 204);
	expect_timing(&result.timing, false);
	probe.url = at_server(true, "/generate_204");
	result = run(shared, &probe, NULL);
	expect("https", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS);
	expect_timing(&result.timing, true);
}

/* What a rule of the server does, and what must be made of it. */
static const struct fault {
	const char *name;
	const char *at; /* path of the rule */
	const char *action;
	bool https;
	uint32_t timeout_ms;
	enum outcome outcome;
	enum phase phase;
	uint32_t flags;
} faults[] = {
    {"expired", "tls", "{\"bad_tls\":\"expired\"}", true, 5000, OUTCOME_NET_TLS,
	PHASE_TLS, FLAG_BAD_CERT},
    {"not yet valid", "tls", "{\"bad_tls\":\"not_yet_valid\"}", true, 5000,
	OUTCOME_NET_TLS, PHASE_TLS, FLAG_BAD_CERT},
    {"self-signed", "tls", "{\"bad_tls\":\"self_signed\"}", true, 5000, OUTCOME_NET_TLS,
	PHASE_TLS, FLAG_BAD_CERT},
    {"wrong name", "tls", "{\"bad_tls\":\"wrong_name\"}", true, 5000, OUTCOME_NET_TLS,
	PHASE_TLS, FLAG_BAD_CERT},
    {"garbage hello", "tls", "{\"bad_tls\":\"garbage_hello\"}", true, 5000,
	OUTCOME_NET_TLS, PHASE_TLS, NO_FLAGS},
    {"hang in the handshake", "tls", "{\"accept_hang\":true}", true, 400,
	OUTCOME_NET_TLS, PHASE_TLS, NO_FLAGS},
    {"never answers", "connect", "{\"accept_hang\":true}", false, 400, OUTCOME_TIMEOUT,
	PHASE_WAIT, NO_FLAGS},
    {"reset before the answer", "/*", "{\"reset_after_bytes\":0}", false, 5000,
	OUTCOME_NET_CONNECT, PHASE_WAIT, NO_FLAGS},
    {"close without answer", "/*", "{\"close\":true}", false, 5000, OUTCOME_NET_CONNECT,
	PHASE_WAIT, NO_FLAGS},
    {"close without answer, TLS", "/*", "{\"close\":true}", true, 5000,
	OUTCOME_NET_CONNECT, PHASE_WAIT, NO_FLAGS},
    {"no first byte", "/*", "{\"delay_ms\":60000}", true, 500, OUTCOME_TIMEOUT,
	PHASE_WAIT, NO_FLAGS},
    {"stall until the deadline", "/*",
	"{\"status\":200,\"body\":\"0123456789abcdef\",\"stall_after_bytes\":10}", true,
	500, OUTCOME_TIMEOUT, PHASE_BODY, FLAG_PARTIAL_BODY},
    {"drip", "/*",
	"{\"status\":200,\"body\":\"0123456789012345678901234567890123456789\","
	"\"drip_bytes_per_s\":10}",
	false, 700, OUTCOME_TIMEOUT, PHASE_BODY, FLAG_PARTIAL_BODY},
    {"closed inside the body", "/*",
	"{\"status\":200,\"body\":\"0123456789abcdef\",\"close_after_bytes\":10}", true,
	5000, OUTCOME_MALFORMED, PHASE_BODY, FLAG_PARTIAL_BODY},
    {"reset inside the body", "/*",
	"{\"status\":200,\"body\":\"0123456789abcdef\",\"reset_after_bytes\":10}",
	false, 5000, OUTCOME_MALFORMED, PHASE_BODY, FLAG_PARTIAL_BODY},
    {"bomb", "/*", "{\"status\":200,\"content_encoding_bomb\":256}", false, 10000,
	OUTCOME_MALFORMED, PHASE_BODY, FLAG_PARTIAL_BODY},
    {"garbage", "/*", "{\"garbage\":true}", false, 5000, OUTCOME_MALFORMED, PHASE_BODY,
	FLAG_PARTIAL_BODY},
};

/* A busy machine may take longer to get as far as the fault than the probe has: it is given
 * more time then, up to half a minute. */
static struct result
run_fault(const struct fault *fault)
{
	struct plan_probe probe = http_probe(at_server(fault->https, "/x"));
	struct result result;

	upstream_process_rule(&server, fault->at, fault->action);
	probe.timeout_ms = fault->timeout_ms;
	result = run(shared, &probe, NULL);
	while (result.phase < fault->phase && probe.timeout_ms < 30000) {
		probe.timeout_ms *= 4;
		result = run(shared, &probe, NULL);
	}
	return result;
}

static void
each_phase_fails(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		const struct fault *fault = &faults[i];
		struct result result = run_fault(fault);

		expect(
		    fault->name, &result, fault->outcome, fault->phase, fault->flags);
		assert_true(result.body_bytes <= LIMIT_BODY_BYTES);
	}
	upstream_process_rule(&server, "", NULL);
}

/* The reset may come before curl has seen that it was connected. */
static void
reset_at_once(void **state)
{
	struct plan_probe probe = http_probe(at_server(false, "/x"));
	struct result result;

	(void)state;
	upstream_process_rule(&server, "connect", "{\"refuse\":true}");
	result = run(shared, &probe, NULL);
	assert_int_equal(result.outcome, OUTCOME_NET_CONNECT);
	assert_true(result.phase == PHASE_CONNECT || result.phase == PHASE_WAIT);
	probe.url = at_server(true, "/x");
	result = run(shared, &probe, NULL);
	assert_true(
	    (result.outcome == OUTCOME_NET_CONNECT && result.phase == PHASE_CONNECT) ||
	    (result.outcome == OUTCOME_NET_TLS && result.phase == PHASE_TLS));
	upstream_process_rule(&server, "", NULL);
}

static void
silence_inside_the_answer(void **state)
{
	struct prober *prober = new_prober(NULL, 300 * CLOCK_NS_PER_MS);
	struct plan_probe probe = http_probe(at_server(false, "/x"));
	struct result result;

	(void)state;
	upstream_process_rule(&server, "/*",
	    "{\"status\":200,\"body\":\"0123456789abcdef\",\"stall_after_bytes\":10}");
	probe.timeout_ms = 60000;
	result = run(prober, &probe, NULL);
	expect("stall", &result, OUTCOME_TIMEOUT, PHASE_BODY, FLAG_PARTIAL_BODY);
	assert_in_range(result.timing.total_us, 300000, 20000000);
	/* Silence before the answer is the upstream at work: only the timeout counts. */
	upstream_process_rule(&server, "/*", "{\"status\":200,\"delay_ms\":900}");
	result = run(prober, &probe, NULL);
	expect("slow", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS);
	upstream_process_rule(&server, "", NULL);
	prober_free(prober);
}

static void
names_that_do_not_resolve(void **state)
{
	struct plan_probe probe = http_probe("https://no-such-host.invalid/");
	struct result result;

	(void)state;
	probe.connect_timeout_ms = 5000; /* name servers may be silent */
	result = run(shared, &probe, NULL);
	expect("nxdomain", &result, OUTCOME_NET_DNS, PHASE_DNS, NO_FLAGS);
}

/* A resolver that hangs holds up its own run until the connect timeout, nothing else, and
 * not the end of the engine either. */
static void
lookup_that_hangs(void **state)
{
	struct prober *prober = new_prober(NULL, 0);
	struct plan_probe hanging = http_probe("http://hang.invalid/");
	struct plan_probe good = http_probe(at_server(false, "/generate_204"));
	struct result result;
	uint32_t slot = 0;

	(void)state;
	/* A busy machine may need longer for the good one, and is given it. */
	for (uint32_t ms = 500; ms < 60000 && slot != 2; ms *= 4) {
		hanging.connect_timeout_ms = ms;
		start(prober, &hanging, NULL, 1);
		start(prober, &good, NULL, 2);
		result = finish(prober, &slot);
		if (slot == 1) {
			uint32_t other;

			(void)finish(prober, &other);
		}
	}
	assert_int_equal(slot, 2);
	expect("beside it", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS);
	result = finish(prober, &slot);
	assert_int_equal(slot, 1);
	expect("hanging", &result, OUTCOME_NET_DNS, PHASE_DNS, NO_FLAGS);
	start(prober, &hanging, NULL, 1);
	assert_int_equal(prober_wait(prober, 0), ERR_OK);
	prober_free(prober);
	release_lookups();
}

/* A loopback port; listening with a full queue when `full`, else with nobody behind it. */
static uint16_t
odd_port(bool full, int *fds, size_t len)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t address_len = sizeof(address);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fds[0] = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(fds[0], (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(
	    getsockname(fds[0], (struct sockaddr *)&address, &address_len), 0);
	if (!full) {
		return ntohs(address.sin_port);
	}
	assert_int_equal(listen(fds[0], 0), 0);
	for (size_t i = 1; i < len; i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(fds[i], (struct sockaddr *)&address, sizeof(address));
	}
	return ntohs(address.sin_port);
}

static void
connections_that_do_not_come(void **state)
{
	int fds[5];
	char url[64];
	struct plan_probe probe = http_probe(url);
	struct result result;

	(void)state;
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/",
	    (unsigned)odd_port(false, fds, 1));
	result = run(shared, &probe, NULL);
	expect("refused", &result, OUTCOME_NET_CONNECT, PHASE_CONNECT, NO_FLAGS);
	(void)close(fds[0]);
	(void)snprintf(
	    url, sizeof(url), "http://127.0.0.1:%u/", (unsigned)odd_port(true, fds, 5));
	probe.connect_timeout_ms = 400;
	result = run(shared, &probe, NULL);
	expect("full queue", &result, OUTCOME_NET_CONNECT, PHASE_CONNECT, NO_FLAGS);
	assert_in_range(result.timing.total_us, 390000, 20000000);
	for (size_t i = 0; i < 5; i++) {
		(void)close(fds[i]);
	}
}

/* Answers that no HTTP server would give. */
static const struct odd_answer {
	const char *name;
	const char *head;
	const char *again; /* so many times */
	size_t times;
	enum outcome outcome;
	uint16_t http_status;
} odd_answers[] = {
    {"head without end", "HTTP/1.1 200 OK\r\n", "X-Filler: 0123456789abcdef\r\n", 8000,
	OUTCOME_MALFORMED, 200},
    {"early answers without end", "", "HTTP/1.1 103 Early Hints\r\nX-Y: z\r\n\r\n",
	8000, OUTCOME_MALFORMED, 103},
    {"bad chunk",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nZZ\r\n", "",
	0, OUTCOME_MALFORMED, 200},
    {"bad gzip",
	"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nno "
	"gzip!!",
	"", 0, OUTCOME_MALFORMED, 200},
    {"unknown encoding",
	"HTTP/1.1 200 OK\r\nContent-Encoding: x-odd\r\nContent-Length: 4\r\n\r\nabcd",
	"", 0, OUTCOME_MALFORMED, 200},
    {"short body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345", "", 0,
	OUTCOME_MALFORMED, 200},
    {"half a head", "HTTP/1.1 200 OK\r\nContent-Len", "", 0, OUTCOME_MALFORMED, 200},
    {"body until close", "HTTP/1.1 200 OK\r\n\r\nfine", "", 0, OUTCOME_OK, 200},
};

static void
odd_http(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(odd_answers) / sizeof(odd_answers[0]); i++) {
		const struct odd_answer *odd = &odd_answers[i];
		struct raw_server raw;
		char url[64];
		struct plan_probe probe = http_probe(url);
		struct result result;

		raw_server_start(&raw, odd->head, odd->again, odd->times);
		(void)snprintf(
		    url, sizeof(url), "http://127.0.0.1:%u/", (unsigned)raw.port);
		result = run(shared, &probe, NULL);
		raw_server_stop(&raw);
		if (result.outcome != odd->outcome ||
		    result.http_status != odd->http_status) {
			fail_msg("%s: %s in %s, %u: %s", odd->name,
			    outcome_name(result.outcome), phase_name(result.phase),
			    (unsigned)result.http_status, result.detail);
		}
	}
}

static void
redirects_are_not_followed(void **state)
{
	struct plan_probe probe = http_probe(at_server(false, "/x"));
	char action[256];
	struct result result;

	(void)state;
	(void)snprintf(action, sizeof(action),
	    "{\"status\":302,\"headers\":{\"Location\":\"%s\"}}",
	    at_server(false, "/generate_204"));
	upstream_process_rule(&server, "/x", action);
	result = run(shared, &probe, NULL);
	assert_int_equal(result.outcome, OUTCOME_MALFORMED);
	assert_int_equal(result.http_status, 302);
	assert_true((result.flags & FLAG_PORTAL) != 0);
	upstream_process_rule(&server, "", NULL);
}

static void
address_that_is_not_ours(void **state)
{
	struct prober *prober = new_prober("192.0.2.77", 0);
	struct plan_probe probe = http_probe(at_server(false, "/generate_204"));
	struct result result;

	(void)state;
	result = run(prober, &probe, NULL);
	expect("foreign address", &result, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, NO_FLAGS);
	prober_free(prober);
	prober = new_prober("127.0.0.3", 0);
	result = run(prober, &probe, NULL);
	expect("own address", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS);
	prober_free(prober);
}

static void
no_descriptors_left(void **state)
{
	struct plan_probe probe = http_probe(at_server(false, "/generate_204"));
	struct rlimit before;
	struct rlimit none;
	struct result result;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 3;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	result = run(shared, &probe, NULL);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	expect("no descriptors", &result, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, NO_FLAGS);
}

static struct plan_probe
image_probe(const char *base)
{
	struct plan_probe probe = http_probe(base);

	probe.kind = PROBE_GEMINI_IMAGE;
	probe.model = "gemini-3-pro-image-preview";
	probe.key = "google";
	probe.prompt = "a red square";
	return probe;
}

static const struct shape {
	const char *name;
	enum outcome outcome;
	uint32_t flags;
} shapes[] = {
    {"503-overloaded", OUTCOME_UPSTREAM_ERROR, FLAG_OVERLOADED},
    {"429-rate", OUTCOME_RATE_LIMITED, NO_FLAGS},
    {"429-quota-day", OUTCOME_QUOTA_EXHAUSTED, NO_FLAGS},
    {"400-key-invalid", OUTCOME_AUTH_ERROR, NO_FLAGS},
    {"403-suspended-with-key", OUTCOME_AUTH_ERROR, NO_FLAGS},
    {"200-no-image", OUTCOME_UPSTREAM_ERROR, FLAG_NO_IMAGE},
};

static void
image_with_key(void **state)
{
	char host[32];
	struct agent_key conf = {.name = "google", .hosts = {host}, .hosts_len = 1};
	struct probe_key key = {.conf = &conf, .secret = KEY_TEXT};
	struct plan_probe probe = image_probe(at_server(true, ""));
	struct result result;
	char *seen;

	(void)state;
	(void)snprintf(host, sizeof(host), "127.0.0.1:%u", (unsigned)server.https);
	free(upstream_process_control(&server, "POST", "/reset", NULL));
	probe.timeout_ms = 30000;
	result = run(shared, &probe, &key);
	expect("image", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS);
	assert_int_equal(result.http_status, 200);
	assert_true(result.body_bytes > 1000);
	expect_timing(&result.timing, true);
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		char action[64];

		(void)snprintf(
		    action, sizeof(action), "{\"shape\":\"%s\"}", shapes[i].name);
		upstream_process_rule(&server, "/v1beta/*", action);
		result = run(shared, &probe, &key);
		expect(shapes[i].name, &result, shapes[i].outcome, PHASE_DONE,
		    shapes[i].flags);
		assert_null(strstr(result.detail, KEY_TEXT));
	}
	seen = upstream_process_control(
	    &server, "GET", "/requests?wait=7&timeout_ms=30000", NULL);
	assert_non_null(strstr(seen, "generateContent"));
	free(seen);
	upstream_process_rule(&server, "", NULL);
}

/* A plan that points a key at a host it is not for gets nothing out of us. */
static void
key_stays_at_home(void **state)
{
	struct agent_key conf = {.name = "google",
	    .hosts = {"generativelanguage.googleapis.com"},
	    .hosts_len = 1};
	struct probe_key key = {.conf = &conf, .secret = KEY_TEXT};
	struct plan_probe probe = image_probe(at_server(true, ""));
	struct result result;
	char *seen;

	(void)state;
	free(upstream_process_control(&server, "POST", "/reset", NULL));
	result = run(shared, &probe, &key);
	expect("other host", &result, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, NO_FLAGS);
	assert_non_null(strstr(result.detail, "not allowed"));
	assert_null(strstr(result.detail, KEY_TEXT));
	result = run(shared, &probe, NULL);
	expect("no key", &result, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, NO_FLAGS);
	probe.url = "http://example.com";
	result = run(shared, &probe, &key);
	expect("plain http", &result, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, NO_FLAGS);
	probe.url = "ftp://127.0.0.1/";
	result = run(shared, &probe, &key);
	expect("other scheme", &result, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, NO_FLAGS);
	seen = upstream_process_control(&server, "GET", "/requests", NULL);
	assert_null(strstr(seen, "generateContent"));
	free(seen);
}

static void
source_is_asked_for_changes_only(void **state)
{
	struct plan_probe probe = http_probe(at_server(false, "/incidents.json"));
	struct result result;

	(void)state;
	probe.kind = PROBE_GCLOUD_STATUS;
	probe.role = ROLE_SOURCE;
	probe.series = "source/google-cloud";
	probe.products = "Z0FZJAMvEB4j3NbCJs6B";
	free(upstream_process_control(&server, "POST", "/reset", NULL));
	result = run(shared, &probe, NULL);
	expect("first", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS);
	assert_int_equal(result.http_status, 200);
	result = run(shared, &probe, NULL);
	expect("unchanged", &result, OUTCOME_OK, PHASE_DONE, FLAG_UNCHANGED);
	assert_int_equal(result.http_status, 304);
	free(upstream_process_control(
	    &server, "PUT", "/state", "{\"incidents\":{\"body\":[ ]}}"));
	probe.url = at_server(true, "/incidents.json");
	result = run(shared, &probe, NULL);
	assert_int_equal(result.http_status, 200); /* another URL starts anew */
	free(upstream_process_control(&server, "POST", "/reset", NULL));
}

/* The page first, then the call with the page's key; the next one when it is refused. */
static void
page_gives_the_key(void **state)
{
	struct plan_probe probe = http_probe(at_server(false, "/status"));
	struct prober *prober = new_prober(NULL, 0);
	struct result result;

	(void)state;
	probe.kind = PROBE_AISTUDIO_STATUS;
	probe.role = ROLE_SOURCE;
	probe.series = "source/studio";
	free(upstream_process_control(&server, "POST", "/reset", NULL));
	result = run(prober, &probe, NULL);
	expect("page and call", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS);
	assert_int_equal(result.observation_len, 1);
	expect_timing(&result.timing, false);
	result = run(prober, &probe, NULL);
	expect("call", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS);
	assert_int_equal(result.observation_len, 1);
	upstream_process_rule(&server, "/$rpc/*", "{\"status\":403}");
	result = run(prober, &probe, NULL);
	expect("refused", &result, OUTCOME_AUTH_ERROR, PHASE_DONE, NO_FLAGS);
	upstream_process_rule(&server, "", NULL);
	result = run(prober, &probe, NULL); /* the other key of the page */
	expect("decoy", &result, OUTCOME_AUTH_ERROR, PHASE_DONE, NO_FLAGS);
	assert_int_equal(result.http_status, 403);
	result = run(prober, &probe, NULL); /* too early for the page */
	expect("again", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS);
	prober_free(prober);
}

/* More than fit are refused, those that fit all end, each with its own token. */
static void
places_are_limited(void **state)
{
	struct plan_probe probe = http_probe(at_server(false, "/generate_204"));
	struct probe_tag tag = {.generation = 7};

	(void)state;
	for (int round = 0; round < 3; round++) {
		unsigned seen = 0;

		for (uint32_t i = 0; i < 8; i++) {
			start(shared, &probe, NULL, i);
		}
		assert_int_equal(
		    prober_start(shared, &probe, NULL, &tag, clock_sys_boot()),
		    ERR_AGAIN);
		for (uint32_t i = 0; i < 8; i++) {
			uint32_t slot;
			struct result result = finish(shared, &slot);

			expect(
			    "one of many", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS);
			seen |= 1U << slot;
		}
		assert_int_equal(seen, 0xFF);
	}
}

static void *
wake(void *prober)
{
	prober_wakeup(prober);
	return NULL;
}

static void
other_threads_can_wake(void **state)
{
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, wake, shared), 0);
	/* Without the wakeup this would last for ever. */
	assert_int_equal(prober_wait(shared, -1), ERR_OK);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

/* What the environment says about proxies is not for probes. */
static void
environment_is_not_looked_at(void **state)
{
	struct plan_probe probe = http_probe(at_server(false, "/generate_204"));
	struct result result;

	(void)state;
	assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
	assert_int_equal(setenv("ALL_PROXY", "http://127.0.0.1:1", 1), 0);
	result = run(shared, &probe, NULL);
	assert_int_equal(unsetenv("http_proxy"), 0);
	assert_int_equal(unsetenv("ALL_PROXY"), 0);
	expect("proxy", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS);
}

static void
ends_with_runs_in_flight(void **state)
{
	struct prober *prober = new_prober(NULL, 0);
	struct plan_probe probe = http_probe(at_server(true, "/x"));

	(void)state;
	upstream_process_rule(&server, "/*", "{\"delay_ms\":60000}");
	start(prober, &probe, NULL, 1);
	assert_int_equal(prober_wait(prober, 10 * CLOCK_NS_PER_MS), ERR_OK);
	start(prober, &probe, NULL, 2);
	prober_free(prober);
	prober_free(NULL);
	upstream_process_rule(&server, "", NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(good_answers),
	    cmocka_unit_test(each_phase_fails),
	    cmocka_unit_test(reset_at_once),
	    cmocka_unit_test(silence_inside_the_answer),
	    cmocka_unit_test(names_that_do_not_resolve),
	    cmocka_unit_test(lookup_that_hangs),
	    cmocka_unit_test(connections_that_do_not_come),
	    cmocka_unit_test(odd_http),
	    cmocka_unit_test(redirects_are_not_followed),
	    cmocka_unit_test(address_that_is_not_ours),
	    cmocka_unit_test(no_descriptors_left),
	    cmocka_unit_test(image_with_key),
	    cmocka_unit_test(key_stays_at_home),
	    cmocka_unit_test(source_is_asked_for_changes_only),
	    cmocka_unit_test(page_gives_the_key),
	    cmocka_unit_test(places_are_limited),
	    cmocka_unit_test(other_threads_can_wake),
	    cmocka_unit_test(environment_is_not_looked_at),
	    cmocka_unit_test(ends_with_runs_in_flight),
	};
	int failed;

	upstream_process_start(&server, UPSTREAM_PROGRAM, getenv("PARALLAX_DATA"));
	shared = new_prober(NULL, 0);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	prober_free(shared);
	upstream_process_stop(&server);
	return failed;
}
