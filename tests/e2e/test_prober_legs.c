/* Runs of more than one request: a token before the request of the probe, a picture behind
 * it; and what is measured and remembered on the way. */
#include "tests/support/test.h"

#include "agent/shell/grant.h"
#include "tests/support/probing.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define NO_FLAGS 0

static struct upstream_process server;
static struct redact redact;
static struct prober *prober;

/* ---- an Internet of two addresses, both of which are the server ---- */

static const struct {
	const char *name;
	const char *address;
} names[] = {
    {"api.example", "8.8.8.8"},
    {"pictures.example", "8.8.4.4"},
    {"metadata.example", "169.254.169.254"},
    {"inside.example", "127.0.0.1"},
};

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
    struct addrinfo **out);

int
getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
    struct addrinfo **out)
{
	int (*real)(
	    const char *, const char *, const struct addrinfo *, struct addrinfo **);
	void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");

	memcpy(&real, &symbol, sizeof(real));
	for (size_t i = 0; node != NULL && i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(node, names[i].name) == 0) {
			node = names[i].address;
		}
	}
	return real(node, service, hints, out);
}

/* connect() itself is declared with another type for its address where the GNU C library is
 * asked for all that it has. */
int connect_near(int fd, const struct sockaddr *address, socklen_t len) __asm__(
    "connect");

int
connect_near(int fd, const struct sockaddr *address, socklen_t len)
{
	int (*real)(int, const struct sockaddr *, socklen_t);
	void *symbol = dlsym(RTLD_NEXT, "connect");
	struct sockaddr_in v4;

	memcpy(&real, &symbol, sizeof(real));
	if (address->sa_family == AF_INET && len == sizeof(v4)) {
		memcpy(&v4, address, sizeof(v4));
		if ((ntohl(v4.sin_addr.s_addr) >> 16) == 0x0808) {
			v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		}
		address = (const struct sockaddr *)(const void *)&v4;
		return real(fd, address, len);
	}
	return real(fd, address, len);
}

/* ---- tokens ---- */

static char hosts[2][32];
static struct agent_key account_conf = {.name = "vertex",
    .kind = AGENT_KEY_SERVICE_ACCOUNT,
    .hosts = {hosts[0], hosts[1]},
    .hosts_len = 2,
    .token_hosts = {hosts[0], hosts[1]},
    .token_hosts_len = 2};

/* The service account of the server, which goes to `token_uri` for tokens. */
static struct grant *
new_grant(const char *token_uri)
{
	char target[256];
	char error[96] = "";
	struct grant *grant;
	char *json;

	(void)snprintf(
	    target, sizeof(target), "/service-account?token_uri=%s", token_uri);
	json = upstream_process_control(&server, "GET", target, NULL);
	redact_init(&redact);
	grant = grant_new(&account_conf, json, &redact, error, sizeof(error));
	free(json);
	assert_string_equal(error, "");
	assert_non_null(grant);
	return grant;
}

static struct plan_probe
vertex_probe(void)
{
	struct plan_probe probe = probing_probe(probing_url(&server, true, ""));

	probe.kind = PROBE_VERTEX_TOKENS;
	probe.role = ROLE_FREE;
	probe.model = "gemini-3-pro-image-preview";
	probe.project = "loopback-project";
	probe.location = "global";
	probe.prompt = "a red square";
	probe.key = "vertex";
	return probe;
}

static int
reset(void **state)
{
	(void)state;
	free(upstream_process_control(&server, "POST", "/reset", NULL));
	return 0;
}

static void
token_comes_first(void **state)
{
	struct grant *grant = new_grant(probing_url(&server, true, "/token"));
	struct probe_key key = {.conf = &account_conf, .grant = grant};
	struct plan_probe probe = vertex_probe();
	struct result result;

	(void)state;
	result = probing_run(prober, &probe, &key);
	probing_expect("first", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS);
	assert_int_equal(result.http_status, 200);
	assert_true(result.timing.sent_us >= result.timing.tls_us);
	assert_true(result.timing.sent_us > 0);
	assert_true(result.timing.first_byte_us >= result.timing.sent_us);
	assert_int_equal(redact.len, 1);
	assert_string_equal(redact.secret[0], oauth_token(&grant->oauth));
	result = probing_run(prober, &probe, &key);
	probing_expect("second", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS);
	assert_int_equal(probing_seen(&server, "/v1/*", 2), 2);
	assert_int_equal(probing_seen(&server, "/token", 1), 1);
	grant_free(grant);
	assert_int_equal(redact.len, 0);
}

/* What the token endpoint does, and what the run is then. */
static const struct fault {
	const char *name;
	const char *action;
	uint32_t timeout_ms;
	enum outcome outcome;
	uint32_t flags;
	uint16_t http_status;
} faults[] = {
    {"invalid grant", "{\"status\":400,\"body\":{\"error\":\"invalid_grant\"}}", 60000,
	OUTCOME_AUTH_ERROR, NO_FLAGS, 400},
    {"401", "{\"status\":401}", 60000, OUTCOME_AUTH_ERROR, NO_FLAGS, 401},
    {"503", "{\"status\":503}", 60000, OUTCOME_UPSTREAM_ERROR, NO_FLAGS, 503},
    {"no JSON", "{\"status\":200,\"body\":\"<html>\"}", 60000, OUTCOME_MALFORMED,
	NO_FLAGS, 200},
    {"redirect", "{\"status\":302,\"headers\":{\"Location\":\"http://127.0.0.1:1/\"}}",
	60000, OUTCOME_MALFORMED, FLAG_PORTAL, 302},
    {"endless", "{\"status\":200,\"content_encoding_bomb\":1}", 60000,
	OUTCOME_MALFORMED, FLAG_PARTIAL_BODY, 200},
    {"closed", "{\"close\":true}", 60000, OUTCOME_NET_CONNECT, NO_FLAGS, 0},
    {"silent", "{\"delay_ms\":60000}", 1500, OUTCOME_TIMEOUT, NO_FLAGS, 0},
};

static void
no_token(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		const struct fault *fault = &faults[i];
		struct grant *grant = new_grant(probing_url(&server, false, "/token"));
		struct probe_key key = {.conf = &account_conf, .grant = grant};
		struct plan_probe probe = vertex_probe();
		struct result result;

		upstream_process_rule(&server, "/token", fault->action);
		probe.timeout_ms = fault->timeout_ms;
		result = probing_run(prober, &probe, &key);
		probing_expect(
		    fault->name, &result, fault->outcome, PHASE_TOKEN, fault->flags);
		assert_int_equal(result.http_status, fault->http_status);
		assert_int_equal(result.timing.tls_us, 0);
		/* A moment later that still holds, and nobody is asked again. */
		grant->oauth.retry_at.ns = INT64_MAX;
		probe.timeout_ms = 60000;
		result = probing_run(prober, &probe, &key);
		probing_expect(
		    fault->name, &result, fault->outcome, PHASE_TOKEN, fault->flags);
		grant->oauth.retry_at.ns = 0;
		upstream_process_rule(&server, "", NULL);
		result = probing_run(prober, &probe, &key);
		probing_expect("again", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS);
		grant_free(grant);
	}
}

static void
assertion_stays_at_home(void **state)
{
	struct grant *grant = new_grant("http://127.0.0.1:9/token");
	struct probe_key key = {.conf = &account_conf, .grant = grant};
	struct plan_probe probe = vertex_probe();
	struct result result;

	(void)state;
	result = probing_run(prober, &probe, &key);
	probing_expect(
	    "other endpoint", &result, OUTCOME_LOCAL_ERROR, PHASE_TOKEN, NO_FLAGS);
	assert_non_null(strstr(result.detail, "token_hosts"));
	grant_free(grant);
	/* The token, too, goes where the key may go and nowhere else. */
	grant = new_grant(probing_url(&server, true, "/token"));
	key.grant = grant;
	probe.url = "https://api.example:9";
	result = probing_run(prober, &probe, &key);
	probing_expect(
	    "other host", &result, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, NO_FLAGS);
	assert_non_null(strstr(result.detail, "not allowed"));
	grant_free(grant);
}

static void
one_asks_for_all(void **state)
{
	struct grant *grant = new_grant(probing_url(&server, false, "/token"));
	struct probe_key key = {.conf = &account_conf, .grant = grant};
	struct plan_probe probe = vertex_probe();
	struct result result;
	uint32_t slot;

	(void)state;
	for (uint32_t i = 0; i < 5; i++) {
		probing_start(prober, &probe, &key, i);
	}
	for (uint32_t i = 0; i < 5; i++) {
		result = probing_finish(prober, &slot);
		probing_expect("together", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS);
	}
	assert_int_equal(probing_seen(&server, "/v1/*", 5), 5);
	assert_int_equal(probing_seen(&server, "/token", 1), 1);
	grant_free(grant);
	/* They fail together, too. */
	grant = new_grant(probing_url(&server, false, "/token"));
	key.grant = grant;
	upstream_process_rule(&server, "/token", "{\"status\":500}");
	for (uint32_t i = 0; i < 5; i++) {
		probing_start(prober, &probe, &key, i);
	}
	for (uint32_t i = 0; i < 5; i++) {
		result = probing_finish(prober, &slot);
		probing_expect(
		    "together", &result, OUTCOME_UPSTREAM_ERROR, PHASE_TOKEN, NO_FLAGS);
	}
	grant_free(grant);
}

/* Who waits for another's token does so no longer than its own time. */
static void
waiting_has_an_end(void **state)
{
	struct grant *grant = new_grant(probing_url(&server, false, "/token"));
	struct probe_key key = {.conf = &account_conf, .grant = grant};
	struct plan_probe patient = vertex_probe();
	struct plan_probe hasty = vertex_probe();
	struct result result;
	uint32_t slot;

	(void)state;
	upstream_process_rule(&server, "/token", "{\"delay_ms\":60000}");
	patient.timeout_ms = 3000;
	hasty.timeout_ms = 100;
	probing_start(prober, &patient, &key, 1);
	probing_start(prober, &hasty, &key, 2);
	result = probing_finish(prober, &slot);
	assert_int_equal(slot, 2);
	probing_expect("hasty", &result, OUTCOME_TIMEOUT, PHASE_TOKEN, NO_FLAGS);
	result = probing_finish(prober, &slot);
	assert_int_equal(slot, 1);
	probing_expect("patient", &result, OUTCOME_TIMEOUT, PHASE_TOKEN, NO_FLAGS);
	grant_free(grant);
}

static void
tokens_are_renewed(void **state)
{
	struct grant *grant = new_grant(probing_url(&server, false, "/token"));
	struct probe_key key = {.conf = &account_conf, .grant = grant};
	struct plan_probe probe = vertex_probe();
	struct result result;
	char first[64];

	(void)state;
	result = probing_run(prober, &probe, &key);
	probing_expect("first", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS);
	(void)snprintf(first, sizeof(first), "%s", oauth_token(&grant->oauth));
	/* Due, and the endpoint is away: the old one does. */
	grant->oauth.refresh_at.ns = 0;
	upstream_process_rule(&server, "/token", "{\"status\":503}");
	result = probing_run(prober, &probe, &key);
	probing_expect("due", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS);
	assert_string_equal(oauth_token(&grant->oauth), first);
	upstream_process_rule(&server, "", NULL);
	grant->oauth.retry_at.ns = 0;
	result = probing_run(prober, &probe, &key);
	probing_expect("renewed", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS);
	assert_string_not_equal(oauth_token(&grant->oauth), first);
	assert_int_equal(redact.len, 2); /* answers under way may quote the old one */
	/* Taken back: that run says so, and the next one has a new one. */
	free(upstream_process_control(&server, "DELETE", "/tokens", NULL));
	result = probing_run(prober, &probe, &key);
	probing_expect("refused", &result, OUTCOME_AUTH_ERROR, PHASE_DONE, NO_FLAGS);
	assert_true(grant->oauth.refused);
	grant->oauth.retry_at.ns = 0; /* as if the token were older */
	result = probing_run(prober, &probe, &key);
	probing_expect("after it", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS);
	assert_int_equal(redact.len, 2);
	grant_free(grant);
}

/* An API that quotes what it was sent tells nobody. */
static void
tokens_are_not_told(void **state)
{
	struct grant *grant = new_grant(probing_url(&server, false, "/token"));
	struct probe_key key = {.conf = &account_conf, .grant = grant};
	struct plan_probe probe = vertex_probe();
	struct prober *own = probing_new(&server, &redact, 0);
	struct result result;
	char action[256];

	(void)state;
	result = probing_run(own, &probe, &key);
	probing_expect("first", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS);
	(void)snprintf(action, sizeof(action),
	    "{\"status\":403,\"body\":{\"error\":{\"code\":403,\"status\":"
	    "\"PERMISSION_DENIED\",\"message\":\"no: %s\"}}}",
	    oauth_token(&grant->oauth));
	upstream_process_rule(&server, "/v1/*", action);
	result = probing_run(own, &probe, &key);
	probing_expect("quoted", &result, OUTCOME_AUTH_ERROR, PHASE_DONE, NO_FLAGS);
	assert_null(strstr(result.detail, "ya29"));
	assert_non_null(strstr(result.detail, REDACT_MARK));
	prober_free(own);
	grant_free(grant);
}

static void
ends_while_asking(void **state)
{
	struct grant *grant = new_grant(probing_url(&server, false, "/token"));
	struct probe_key key = {.conf = &account_conf, .grant = grant};
	struct plan_probe probe = vertex_probe();
	struct prober *own = probing_new(&server, NULL, 0);

	(void)state;
	upstream_process_rule(&server, "/token", "{\"delay_ms\":60000}");
	probing_start(own, &probe, &key, 1);
	probing_start(own, &probe, &key, 2);
	assert_int_equal(prober_wait(own, 0), ERR_OK);
	assert_true(grant->oauth.asking);
	prober_free(own);
	assert_false(grant->oauth.asking);
	grant_free(grant);
}

/* ---- pictures ---- */

static struct agent_key openai_conf = {
    .name = "openai", .hosts = {hosts[0], hosts[1]}, .hosts_len = 2};
static const struct probe_key openai_key = {
    .conf = &openai_conf, .secret = "sk-0123456789abcdefghij"};

static struct plan_probe
openai_probe(const char *url)
{
	struct plan_probe probe = probing_probe(url);

	probe.kind = PROBE_OPENAI_IMAGE;
	probe.model = "dall-e-3";
	probe.key = "openai";
	probe.prompt = "a lighthouse";
	return probe;
}

static void
picture_is_fetched(void **state)
{
	struct plan_probe probe = openai_probe(probing_url(&server, true, ""));
	struct result result;

	(void)state;
	probe.series = "openai/fetch";
	result = probing_run(prober, &probe, &openai_key);
	probing_expect("fetched", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS);
	assert_true(result.timing.sent_us > 0);
	assert_true(result.timing.first_byte_us > 0);
	assert_true(result.timing.answered_us >= result.timing.first_byte_us);
	assert_true(result.timing.total_us > result.timing.answered_us);
	assert_true(result.decode_us > 0);
	assert_int_equal(probing_seen(&server, "/private/*", 1), 1);
	/* The server has one picture; whoever sends it twice has a cache. */
	result = probing_run(prober, &probe, &openai_key);
	probing_expect("same", &result, OUTCOME_OK, PHASE_DONE, FLAG_REPEATED);
	probe.series = "openai/other";
	result = probing_run(prober, &probe, &openai_key);
	probing_expect("other", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS);
}

static const struct fetch_fault {
	const char *name;
	const char *action;
	uint32_t timeout_ms;
	enum outcome outcome;
	uint32_t flags;
} fetch_faults[] = {
    {"gone", "{\"status\":404}", 60000, OUTCOME_UPSTREAM_ERROR, NO_FLAGS},
    {"redirect", "{\"status\":302,\"headers\":{\"Location\":\"http://127.0.0.1:1/\"}}",
	60000, OUTCOME_MALFORMED, FLAG_PORTAL},
    {"no picture", "{\"status\":200,\"body\":\"GIF89a\"}", 60000, OUTCOME_MALFORMED,
	FLAG_BAD_IMAGE},
    {"closed", "{\"close\":true}", 60000, OUTCOME_NET_CONNECT, NO_FLAGS},
    {"silent", "{\"delay_ms\":60000}", 2000, OUTCOME_TIMEOUT, NO_FLAGS},
};

static void
picture_does_not_come(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(fetch_faults) / sizeof(fetch_faults[0]); i++) {
		const struct fetch_fault *fault = &fetch_faults[i];
		struct plan_probe probe = openai_probe(probing_url(&server, false, ""));
		struct result result;

		upstream_process_rule(&server, "/private/*", fault->action);
		probe.timeout_ms = fault->timeout_ms;
		result = probing_run(prober, &probe, &openai_key);
		probing_expect(
		    fault->name, &result, fault->outcome, PHASE_FETCH, fault->flags);
		assert_true(result.timing.answered_us > 0);
	}
}

/* Where links lead that an API out in the world may name. */
static const struct link {
	const char *name;
	const char *origin; /* of the link; "%u" is the HTTPS port */
	bool inside;
	enum outcome outcome;
	uint32_t flags;
} links[] = {
    {"outside", "https://pictures.example:%u", false, OUTCOME_NET_TLS, FLAG_BAD_CERT},
    {"metadata", "https://metadata.example:%u", true, OUTCOME_MALFORMED, FLAG_MISMATCH},
    {"loopback by name", "https://inside.example:%u", true, OUTCOME_MALFORMED,
	FLAG_MISMATCH},
    {"loopback", "https://[::ffff:127.0.0.1]:%u", true, OUTCOME_MALFORMED,
	FLAG_MISMATCH},
};

static void
links_lead_outside_only(void **state)
{
	char url[64];

	(void)state;
	(void)snprintf(
	    url, sizeof(url), "http://api.example:%u", (unsigned)server.http);
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		const struct link *link = &links[i];
		struct plan_probe probe = openai_probe(url);
		struct result result;
		char action[256];
		int port = (int)(strchr(link->origin, '%') - link->origin);

		(void)snprintf(action, sizeof(action),
		    "{\"status\":200,\"body\":{\"created\":1,\"data\":[{\"url\":"
		    "\"%.*s%u/private/x.png?sig=1\"}]}}",
		    port, link->origin, (unsigned)server.https);
		upstream_process_rule(&server, "/v1/*", action);
		probe.key = "";
		result = probing_run(prober, &probe, NULL);
		probing_expect(
		    link->name, &result, link->outcome, PHASE_FETCH, link->flags);
		assert_int_equal(
		    strstr(result.detail, "not public") != NULL, link->inside);
	}
	assert_int_equal(probing_seen(&server, "/private/*", 0), 0);
}

/* ---- families ---- */

static void
family_is_kept(void **state)
{
	struct plan_probe probe;
	struct result result;
	char url[64];

	(void)state;
	(void)snprintf(url, sizeof(url), "http://inside.example:%u/generate_204",
	    (unsigned)server.http);
	probe = probing_probe(url);
	probe.family = 4;
	result = probing_run(prober, &probe, NULL);
	probing_expect("IPv4", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS);
	probe.family = 6;
	result = probing_run(prober, &probe, NULL);
	/* Where there is no IPv6 at all, curl says that it cannot connect. */
	assert_true(
	    result.outcome == OUTCOME_NET_DNS || result.outcome == OUTCOME_NET_CONNECT);
	/* Nor is an address of the other family good enough. */
	probe.url = probing_url(&server, false, "/generate_204");
	result = probing_run(prober, &probe, NULL);
	assert_int_not_equal(result.outcome, OUTCOME_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(token_comes_first, reset),
	    cmocka_unit_test_setup(no_token, reset),
	    cmocka_unit_test_setup(assertion_stays_at_home, reset),
	    cmocka_unit_test_setup(one_asks_for_all, reset),
	    cmocka_unit_test_setup(waiting_has_an_end, reset),
	    cmocka_unit_test_setup(tokens_are_renewed, reset),
	    cmocka_unit_test_setup(tokens_are_not_told, reset),
	    cmocka_unit_test_setup(ends_while_asking, reset),
	    cmocka_unit_test_setup(picture_is_fetched, reset),
	    cmocka_unit_test_setup(picture_does_not_come, reset),
	    cmocka_unit_test_setup(links_lead_outside_only, reset),
	    cmocka_unit_test_setup(family_is_kept, reset),
	};
	int failed;

	upstream_process_start(&server, UPSTREAM_PROGRAM, getenv("PARALLAX_DATA"));
	(void)snprintf(
	    hosts[0], sizeof(hosts[0]), "127.0.0.1:%u", (unsigned)server.http);
	(void)snprintf(
	    hosts[1], sizeof(hosts[1]), "127.0.0.1:%u", (unsigned)server.https);
	prober = probing_new(&server, NULL, 0);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	prober_free(prober);
	upstream_process_stop(&server);
	return failed;
}
