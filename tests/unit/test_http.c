/* The real server on a real socket, in front of made-up data. */
#include "tests/support/api_served.h"
#include "tests/support/openmetrics.h"

static void
assert_near(const json_t *object, const char *key, double expected)
{
	double difference = json_real_value(json_object_get(object, key)) - expected;

	if (difference > 1e-6 || difference < -1e-6) {
		fail_msg("%s is off by %g", key, difference);
	}
}

/* `keys` separated by spaces: all are there, and nothing else. */
static void
assert_keys(const json_t *object, const char *keys)
{
	char rest[512];
	size_t count = 0;
	char *state = NULL;

	(void)snprintf(rest, sizeof(rest), "%s", keys);
	for (char *key = strtok_r(rest, " ", &state); key != NULL;
	     key = strtok_r(NULL, " ", &state)) {
		if (json_object_get(object, key) == NULL) {
			fail_msg("no '%s'", key);
		}
		count++;
	}
	assert_int_equal(json_object_size(object), count);
}

#define COUNTS_KEYS                                                                    \
	"total ok failed rate_limited neutral due coverage error_rate p50_us p95_us "  \
	"last_outcome "                                                                \
	"last_at"
#define INCIDENT_KEYS                                                                  \
	"id state verdict title first_verdict blame level scope headline confidence "  \
	"rate "                                                                        \
	"onset_at opened_at changed_at resolved_at updates reopened past"

static void
test_status(void **state)
{
	struct served server = served_start(API_FIXTURE_OUTAGE, 0);
	json_t *json = served_get("/api/v1/status");
	const json_t *cell = json_array_get(json_object_get(json, "cells"), 0);

	(void)state;
	assert_keys(json,
	    "at state verdict title blame headline next incident agents "
	    "targets regions cells incidents sources alerts budgets collector");
	served_assert_text(json, "at", API_FIXTURE_AT);
	served_assert_text(json, "state", "down");
	served_assert_text(json, "verdict", "upstream_outage");
	served_assert_text(json, "blame", "them");
	assert_int_equal(served_integer(json, "incident"), 7);
	assert_true(json_array_size(json_object_get(json, "next")) > 0);
	assert_int_equal(json_array_size(json_object_get(json, "targets")), 3);
	assert_int_equal(json_array_size(json_object_get(json, "regions")), 3);
	assert_int_equal(json_array_size(json_object_get(json, "cells")), 9);
	assert_int_equal(json_array_size(json_object_get(json, "incidents")), 2);
	assert_int_equal(
	    served_integer(json_object_get(json, "agents"), "reporting"), 5);
	assert_int_equal(served_integer(json_object_get(json, "agents"), "total"), 6);
	assert_keys(cell, "region target state counts");
	served_assert_text(cell, "region", "eu-west");
	served_assert_text(cell, "target", "nano-banana-pro");
	assert_keys(json_object_get(cell, "counts"), COUNTS_KEYS);
	assert_near(json_object_get(cell, "counts"), "error_rate", 59.0 / 60.0);
	assert_near(json_object_get(cell, "counts"), "coverage", 1);
	json_decref(json);
	served_stop(&server);
}

static void
assert_quiet(enum api_fixture_world world, const char *expected, const char *headline)
{
	struct served server = served_start(world, 0);
	json_t *json = served_get("/api/v1/status");

	served_assert_text(json, "state", expected);
	served_assert_text(json, "headline", headline);
	assert_true(json_is_null(json_object_get(json, "incident")));
	json_decref(json);
	served_stop(&server);
}

static void
test_status_without_incident(void **state)
{
	(void)state;
	assert_quiet(
	    API_FIXTURE_HEALTHY, "ok", "Healthy: 3 targets work from 3 regions");
	assert_quiet(API_FIXTURE_SILENT, "unknown",
	    "No data: no fresh results, neither good nor bad");
	assert_quiet(API_FIXTURE_DEGRADED, "degraded",
	    "Some checks fail, too few so far to name a cause");
}

static void
test_lists(void **state)
{
	static const struct {
		const char *uri;
		const char *key;
		size_t len;
		const char *top;
		const char *keys;
	} cases[] = {
	    {"/api/v1/targets", "targets", 3, "at targets",
		"name group provider tier state verdict incident counts figures"},
	    {"/api/v1/regions", "regions", 3, "at regions",
		"name domain state verdict incident agents agents_reporting counts "
		"controls"},
	    {"/api/v1/agents", "agents", 6, "at agents",
		"name region build connected silent incarnation plan_version received "
		"duplicates gaps late due coverage last_2h last_heard_at "
		"last_result_at clock"},
	    {"/api/v1/sources", "sources", 3, "at sources",
		"series kind targets state claim why read_at changed_at stale_after_ms "
		"edited_at failed title scope url claims figures fallback_of quiet "
		"trust"},
	    {"/api/v1/incidents", "incidents", 3, "at incidents more", INCIDENT_KEYS},
	    {"/api/v1/results", "results", API_FIXTURE_RESULTS,
		"at results examined more",
		"agent seq series target probe started_at received_at outcome phase "
		"http_status flags timing server_us body_bytes retry_after_ms detail "
		"request_id cost_microusd decode_us cert_days"},
	    {"/api/v1/events", "events", API_FIXTURE_EVENTS, "at events last more",
		"seq at kind event verdict level scope incident channel text"},
	};
	struct served server = served_start(API_FIXTURE_OUTAGE, 0);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *json = served_get(cases[i].uri);
		const json_t *array = json_object_get(json, cases[i].key);

		assert_keys(json, cases[i].top);
		assert_int_equal(json_array_size(array), cases[i].len);
		for (size_t k = 0; k < cases[i].len; k++) {
			assert_keys(json_array_get(array, k), cases[i].keys);
		}
		json_decref(json);
	}
	served_stop(&server);
}

/* Numbers larger than 2^53 would be rounded by readers; bad UTF-8 would end the document. */
static void
test_foreign_texts(void **state)
{
	struct served server = served_start(API_FIXTURE_OUTAGE, 0);
	json_t *agents = served_get("/api/v1/agents");
	json_t *sources = served_get("/api/v1/sources");

	(void)state;
	served_assert_text(json_array_get(json_object_get(agents, "agents"), 0),
	    "incarnation", "fedcba9876543210");
	served_assert_text(json_array_get(json_object_get(sources, "sources"), 0),
	    "title",
	    "Vertex AI \033[2Jelevated \"errors\"\nin \xef\xbf\xbd us-central1");
	json_decref(agents);
	json_decref(sources);
	served_stop(&server);
}

static void
test_incident(void **state)
{
	struct served server = served_start(API_FIXTURE_OUTAGE, 0);
	json_t *json = served_get("/api/v1/incidents/7");
	const json_t *evidence = json_object_get(json, "evidence");
	const json_t *line = json_array_get(evidence, 0);

	(void)state;
	assert_keys(json, INCIDENT_KEYS
	    " at rival statistic_nats threshold_nats evidence course why next external "
	    "agents_reporting agents_total regions_bad regions_good sources_now");
	assert_keys(json_object_get(json, "rival"), "verdict title scope confidence");
	assert_keys(json_object_get(json, "scope"), "kind name target targets text");
	assert_int_equal(json_array_size(evidence), 3);
	assert_keys(line, "role target outcome phase count regions nats rival_nats");
	assert_near(line, "nats", 38.12);
	assert_int_equal(json_array_size(json_object_get(line, "regions")), 3);
	assert_near(json, "confidence", 0.973);
	assert_true(json_array_size(json_object_get(json, "why")) > 0);
	assert_true(json_array_size(json_object_get(json, "next")) > 0);
	json_decref(json);
	served_stop(&server);
}

static size_t
count_of(const char *uri, const char *key)
{
	json_t *json = served_get(uri);
	size_t len = json_array_size(json_object_get(json, key));

	json_decref(json);
	return len;
}

static void
test_filters(void **state)
{
	static const struct {
		const char *uri;
		const char *key;
		size_t len;
	} cases[] = {
	    {"/api/v1/incidents?state=open", "incidents", 2},
	    {"/api/v1/incidents?state=all", "incidents", 3},
	    {"/api/v1/incidents?limit=1", "incidents", 1},
	    {"/api/v1/incidents?since=1h", "incidents", 2},
	    {"/api/v1/incidents?since=1d", "incidents", 3},
	    {"/api/v1/incidents?until=2h", "incidents", 1},
	    {"/api/v1/results?agent=eu-west-1", "results", 2},
	    {"/api/v1/results?agent=eu-west", "results", 0},
	    {"/api/v1/results?target=nano-banana-pro", "results", 4},
	    {"/api/v1/results?target=nano-banana-pro&probe=free", "results", 1},
	    {"/api/v1/results?probe=image", "results", 5},
	    {"/api/v1/results?outcome=ok", "results", 4},
	    {"/api/v1/results?outcome=net_dns", "results", 1},
	    {"/api/v1/results?since=130s", "results", 3},
	    {"/api/v1/results?until=2026-08-30T12:03:00Z", "results", 4},
	    {"/api/v1/results?since=2026-08-30T14:04:00%2B02:00&until=2m", "results",
		1},
	    {"/api/v1/results?limit=2", "results", 2},
	    {"/api/v1/events?after=4", "events", 2},
	    {"/api/v1/events?after=99", "events", 0},
	    {"/api/v1/events?limit=5", "events", 5},
	    {"/api/v1/events?tail=2", "events", 2},
	    {"/api/v1/events?tail=1000", "events", API_FIXTURE_EVENTS},
	    {"/api/v1/events?since=265s", "events", 3},
	    {"/api/v1/events?tail=2&until=265s", "events", 2},
	};
	struct served server = served_start(API_FIXTURE_OUTAGE, 0);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = count_of(cases[i].uri, cases[i].key);

		if (len != cases[i].len) {
			fail_msg(
			    "%s: %zu, expected %zu", cases[i].uri, len, cases[i].len);
		}
	}
	served_stop(&server);
}

static void
test_pages(void **state)
{
	struct served server = served_start(API_FIXTURE_OUTAGE, 0);
	json_t *first = served_get("/api/v1/events?limit=4");
	json_t *second = served_get("/api/v1/events?limit=4&after=4");
	json_t *tail = served_get("/api/v1/events?tail=2");

	(void)state;
	assert_int_equal(served_integer(first, "last"), 4);
	assert_true(json_is_true(json_object_get(first, "more")));
	assert_int_equal(served_integer(second, "last"), 6);
	assert_true(json_is_false(json_object_get(second, "more")));
	assert_int_equal(served_integer(tail, "last"), 6);
	assert_int_equal(
	    served_integer(json_array_get(json_object_get(tail, "events"), 0), "seq"),
	    5);
	json_decref(first);
	json_decref(second);
	json_decref(tail);
	served_stop(&server);
}

static void
assert_refused(const char *method, const char *uri, int status, const char *code,
    const char *message)
{
	struct http_answer answer = http_peer_ask(served_path, method, uri);
	const json_t *error;
	json_t *json;

	if (answer.status != status) {
		fail_msg("%s %s: %d, expected %d", method, uri, answer.status, status);
	}
	json = served_parse(&answer);
	error = json_object_get(json, "error");
	assert_keys(json, "error");
	assert_keys(error, "code message");
	served_assert_text(error, "code", code);
	if (strstr(json_string_value(json_object_get(error, "message")), message) ==
	    NULL) {
		fail_msg("%s: '%s' does not say '%s'", uri,
		    json_string_value(json_object_get(error, "message")), message);
	}
	json_decref(json);
	http_peer_free(&answer);
}

static void
test_bad_parameters(void **state)
{
	static const struct {
		const char *uri;
		const char *message;
	} cases[] = {
	    {"/api/v1/status?x=1", "x: no such parameter here, none was expected"},
	    {"/api/v1/results?x=1", "expected one of: limit, agent, target"},
	    {"/api/v1/results?limit=0",
		"limit: got '0', expected a whole number from 1"},
	    {"/api/v1/results?limit=1001", "from 1 to 1000"},
	    {"/api/v1/results?limit=-1", "limit: got '-1'"},
	    {"/api/v1/results?limit=1e3", "limit: got '1e3'"},
	    {"/api/v1/results?limit=", "limit: got ''"},
	    {"/api/v1/results?limit", "limit: got ''"},
	    {"/api/v1/results?limit=99999999999999999999999", "limit: got"},
	    {"/api/v1/results?limit=1&limit=2", "expected it once only"},
	    {"/api/v1/results?outcome=OK",
		"outcome: got 'OK', expected an outcome: ok,"},
	    {"/api/v1/results?agent=", "agent: got ''"},
	    {"/api/v1/results?since=yesterday",
		"since: got 'yesterday', expected a time"},
	    {"/api/v1/results?since=2026-02-30T00:00:00Z", "since: got"},
	    {"/api/v1/results?since=1h&until=2h", "since: lies after until"},
	    {"/api/v1/results?state=open", "state: no such parameter here"},
	    {"/api/v1/incidents?state=closed", "expected open or all"},
	    {"/api/v1/incidents/x", "id: expected a whole number"},
	    {"/api/v1/incidents/0", "id: expected a whole number"},
	    {"/api/v1/incidents/-1", "id: expected a whole number"},
	    {"/api/v1/incidents/18446744073709551616", "id: expected a whole number"},
	    {"/api/v1/events?after=-1", "after: got '-1'"},
	    {"/api/v1/events?after=9223372036854775808", "after: got"},
	    {"/api/v1/events?wait_ms=30001", "from 0 to 30000"},
	    {"/api/v1/events?tail=1&after=1", "tail: expected without after"},
	    {"/api/v1/status%00", "%00"},
	    {"/api/v1/results?agent=a%00b", "%00"},
	    {"/api/v1/results?limit=%1b%5b31m", "limit: got '?[31m'"},
	};
	struct served server = served_start(API_FIXTURE_OUTAGE, 0);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_refused(
		    "GET", cases[i].uri, 400, "bad_parameter", cases[i].message);
	}
	served_stop(&server);
}

static void
test_paths_and_methods(void **state)
{
	static const char *const unknown[] = {"/", "/api", "/api/v1", "/api/v1/status/",
	    "/api/v2/status", "/API/v1/status", "/api/v1/incidents/", "/metrics/x",
	    "/api/v1/incidents/7/x", "/api/v1//status", "/api/v1/../v1/status"};
	static const char *const methods[] = {
	    "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"};
	struct served server = served_start(API_FIXTURE_OUTAGE, 0);

	(void)state;
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		assert_refused("GET", unknown[i], 404, "not_found", "no such path");
	}
	assert_refused("GET", "/api/v1/incidents/99", 404, "not_found", "incident");
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		struct http_answer answer =
		    http_peer_ask(served_path, methods[i], "/api/v1/status");

		assert_int_equal(answer.status, 405);
		assert_string_equal(http_peer_header(&answer, "Allow"), "GET, HEAD");
		http_peer_free(&answer);
	}
	assert_refused("POST", "/api/v1/nothing", 404, "not_found", "no such path");
	served_stop(&server);
}

/* A POST of `body` to `path`. */
static struct http_answer
post(const char *path, const char *body)
{
	char request[8192];

	(void)snprintf(request, sizeof(request),
	    "POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
	    "Content-Length: %zu\r\n\r\n%s",
	    path, strlen(body), body);
	return http_peer_send(served_path, request);
}

static void
test_allow(void **state)
{
	static const struct {
		const char *method;
		const char *path;
		const char *allow;
	} cases[] = {
	    {"PUT", "/api/v1/agents", "GET, HEAD, POST"},
	    {"GET", "/api/v1/enrol", "POST"},
	    {"GET", "/api/v1/agents/tokyo-1/revoke", "POST"},
	    {"POST", "/api/v1/authority", "GET, HEAD"},
	};
	struct served server = served_start(API_FIXTURE_HEALTHY, 0);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct http_answer answer =
		    http_peer_ask(served_path, cases[i].method, cases[i].path);

		assert_int_equal(answer.status, 405);
		assert_string_equal(http_peer_header(&answer, "Allow"), cases[i].allow);
		http_peer_free(&answer);
	}
	served_stop(&server);
}

#define SECRET "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="

static void
test_orders(void **state)
{
	static const struct {
		const char *path;
		const char *body;
		int status;
		const char *part; /* of the answer */
	} cases[] = {
	    {"/api/v1/agents", "{\"name\":\"a\",\"region\":\"tokyo\"}", 200,
		"\"token\":\"plx1_fixture\",\"name\":\"a\",\"region\":\"tokyo\""},
	    {"/api/v1/agents", "{\"name\":\"taken\",\"region\":\"tokyo\"}", 409,
		"because of the fixture"},
	    {"/api/v1/agents", "{\"name\":\"full\",\"region\":\"tokyo\"}", 503, "busy"},
	    {"/api/v1/agents", "{\"name\":\"a\"}", 400, "region: expected"},
	    {"/api/v1/agents", "{\"region\":\"a\"}", 400, "name: expected"},
	    {"/api/v1/agents", "{\"name\":\"a\\u0000b\",\"region\":\"r\"}", 400,
		"bad_parameter"},
	    {"/api/v1/agents", "{\"name\":\"a\",\"region\":\"r\",\"ttl_s\":1}", 400,
		"ttl_s: expected 60"},
	    {"/api/v1/agents", "{\"name\":\"a\",\"region\":\"r\",\"ttl\":100}", 400,
		"no members but"},
	    {"/api/v1/agents", "[]", 400, "JSON object"},
	    {"/api/v1/agents", "{", 400, "JSON object"},
	    {"/api/v1/agents", "", 400, "JSON object"},
	    {"/api/v1/agents/tokyo-1/revoke", "", 200, "\"state\":\"revoked\""},
	    {"/api/v1/agents/taken/revoke", "", 409, "exists"},
	    {"/api/v1/agents/tokyo-1/revoke", "{}", 400, "no body"},
	    {"/api/v1/agents/a%20b/revoke", "", 404, "no such path"},
	    {"/api/v1/agents//revoke", "", 404, "no such path"},
	    {"/api/v1/enrol", "{\"secret\":\"" SECRET "\",\"request\":\"r\"}", 200,
		"\"collectors\":[\"tls+tcp://collector.example:7441\"]"},
	    {"/api/v1/enrol",
		"{\"secret\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\","
		"\"request\":\"r\"}",
		403, "refused"},
	    {"/api/v1/enrol", "{\"secret\":\"AQID\",\"request\":\"r\"}", 400,
		"secret: expected"},
	    {"/api/v1/enrol", "{\"secret\":\"" SECRET "\"}", 400, "request: expected"},
	    {"/api/v1/store/copy", "{\"path\":\"/new\"}", 200, "\"bytes\":12345"},
	    {"/api/v1/store/copy", "{\"path\":\"/there\"}", 409, "exists"},
	    {"/api/v1/store/copy", "{\"path\":\"/full\"}", 507, "no space left"},
	    {"/api/v1/store/copy", "{\"path\":\"new\"}", 400, "absolute path"},
	    {"/api/v1/store/copy", "{\"path\":\"/a\\nb\"}", 400, "absolute path"},
	    {"/api/v1/store/copy", "{\"path\":\"/new\",\"x\":1}", 400, "nothing else"},
	    {"/api/v1/store/copy", "{\"path\":\"/new\"}", 200, "\"bytes\":12345"},
	    {"/api/v1/store/copy", "{\"path\":\"/there\"}", 409, "exists"},
	    {"/api/v1/store/copy", "{\"path\":\"/full\"}", 507, "no space left"},
	    {"/api/v1/store/copy", "{\"path\":\"new\"}", 400, "absolute path"},
	    {"/api/v1/store/copy", "{\"path\":\"/a\\nb\"}", 400, "absolute path"},
	    {"/api/v1/store/copy", "{\"path\":\"/new\",\"x\":1}", 400, "nothing else"},
	};
	struct served server = served_start(API_FIXTURE_HEALTHY, 0);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct http_answer answer = post(cases[i].path, cases[i].body);

		if (answer.status != cases[i].status ||
		    strstr(answer.body, cases[i].part) == NULL) {
			fail_msg("case %zu: %d %s", i, answer.status, answer.body);
		}
		http_peer_free(&answer);
	}
	served_stop(&server);
}

static void
test_headers(void **state)
{
	struct served server = served_start(API_FIXTURE_OUTAGE, 0);
	struct http_answer answer = http_peer_ask(served_path, "GET", "/api/v1/status");
	struct http_answer head = http_peer_ask(served_path, "HEAD", "/api/v1/status");
	char length[64];

	(void)state;
	assert_string_equal(http_peer_header(&answer, "Content-Type"),
	    "application/json; charset=utf-8");
	assert_string_equal(
	    http_peer_header(&answer, "X-Content-Type-Options"), "nosniff");
	assert_string_equal(http_peer_header(&answer, "Cache-Control"), "no-store");
	assert_non_null(http_peer_header(&answer, "Content-Security-Policy"));
	(void)snprintf(length, sizeof(length), "%zu", answer.body_len);
	assert_string_equal(http_peer_header(&answer, "Content-Length"), length);
	assert_int_equal(head.status, 200);
	assert_int_equal(head.body_len, 0);
	assert_string_equal(http_peer_header(&head, "Content-Length"), length);
	http_peer_free(&answer);
	http_peer_free(&head);
	head =
	    http_peer_ask(served_path, "HEAD", "/api/v1/events?after=6&wait_ms=30000");
	assert_int_equal(head.status, 200); /* and at once: a HEAD does not wait */
	http_peer_free(&head);
	served_stop(&server);
}

static int
status_of(const char *request)
{
	struct http_answer answer = http_peer_send(served_path, request);
	int status = answer.status;

	http_peer_free(&answer);
	return status;
}

static void
test_limits(void **state)
{
	struct served server = served_start(API_FIXTURE_OUTAGE, 0);
	char *request = malloc(1 << 20);
	struct http_answer answer;

	(void)state;
	assert_non_null(request);
	/* A body is read and ignored, a large one is not read. */
	assert_int_equal(
	    status_of("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
		      "Content-Length: 5\r\n\r\nhello"),
	    200);
	assert_int_equal(
	    status_of("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
		      "Content-Length: 100000\r\n\r\n"),
	    413);
	assert_int_equal(
	    status_of("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
		      "Content-Length: 70000\r\n\r\n"),
	    413);
	assert_int_equal(
	    status_of("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
		      "Transfer-Encoding: chunked\r\n\r\n"
		      "5\r\nhello\r\n0\r\n\r\n"),
	    200);
	/* Addresses. */
	memset(request, 'a', 1 << 16);
	memcpy(request, "/api/v1/", 8);
	request[4000] = '\0';
	answer = http_peer_ask(served_path, "GET", request);
	assert_int_equal(answer.status, 414);
	http_peer_free(&answer);
	memset(request, 'a', 1 << 16);
	request[0] = '/';
	request[60000] = '\0';
	answer = http_peer_ask(served_path, "GET", request);
	assert_true(answer.status >= 400 || answer.status == 0);
	http_peer_free(&answer);
	/* Headers without end. */
	(void)snprintf(
	    request, 1 << 20, "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ");
	memset(request + strlen(request), 'a', 100000);
	memcpy(request + 100000, "\r\n\r\n", 5);
	assert_int_not_equal(status_of(request), 200);
	/* Not HTTP at all. */
	assert_int_not_equal(status_of("\x16\x03\x01\x02\x01\x01\r\n\r\n"), 200);
	/* It has survived all of it. */
	assert_int_equal(status_of("GET /healthz HTTP/1.0\r\n\r\n"), 200);
	free(request);
	served_stop(&server);
}

static void
test_health(void **state)
{
	struct served server = served_start(API_FIXTURE_HEALTHY, 0);
	json_t *json = served_get("/healthz");

	(void)state;
	served_assert_text(json, "status", "alive");
	json_decref(json);
	json = served_get("/readyz");
	served_assert_text(json, "status", "ready");
	json_decref(json);
	served_stop(&server);
	server = served_start(API_FIXTURE_FULL_DISK, 0);
	assert_refused("GET", "/readyz", 503, "not_ready", "store");
	json_decref(served_get("/healthz"));
	served_stop(&server);
	server = served_start(API_FIXTURE_UNBORN, 0);
	assert_refused("GET", "/readyz", 503, "not_ready", "published");
	served_stop(&server);
}

static void
test_broken_store(void **state)
{
	static const char *const uris[] = {"/api/v1/incidents", "/api/v1/incidents/7",
	    "/api/v1/results", "/api/v1/events", "/api/v1/events?tail=1"};
	struct served server = served_start(API_FIXTURE_BROKEN_STORE, 0);

	(void)state;
	for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
		assert_refused("GET", uris[i], 500, "io", "store could not be read");
	}
	json_decref(served_get("/api/v1/status"));
	served_stop(&server);
}

static void
assert_metrics(enum api_fixture_world world)
{
	struct served server = served_start(world, 0);
	struct http_answer answer = http_peer_ask(served_path, "GET", "/metrics");
	char error[1200];

	assert_int_equal(answer.status, 200);
	assert_string_equal(http_peer_header(&answer, "Content-Type"),
	    "application/openmetrics-text; version=1.0.0; charset=utf-8");
	if (!openmetrics_check(answer.body, error, sizeof(error))) {
		fail_msg("world %d: %s", (int)world, error);
	}
	http_peer_free(&answer);
	served_stop(&server);
}

static void
test_metrics(void **state)
{
	static const char *const expected[] = {"\nparallax_state 3\n",
	    "\nparallax_target_state{target=\"nano-banana-pro\",tier=\"core\"} 3\n",
	    "\nparallax_cell_error_ratio{region=\"eu-west\",target=\"nano-banana-pro\"}"
	    " "
	    "0.983333\n",
	    "\nparallax_agent_silent{agent=\"ap-south-2\",region=\"ap-south\"} 1\n",
	    "\nparallax_agent_clock_offset_seconds{agent=\"eu-west-1\",region=\"eu-"
	    "west\"} "
	    "-0.001500\n",
	    "\nparallax_incidents_open{verdict=\"upstream_outage\"} 1\n",
	    "\nparallax_alerts_total{result=\"delivered\"} 17\n",
	    "\nparallax_start_time_seconds 1788080820.000\n"};
	struct served server = served_start(API_FIXTURE_OUTAGE, 0);
	struct http_answer answer = http_peer_ask(served_path, "GET", "/metrics");

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		if (strstr(answer.body, expected[i]) == NULL) {
			fail_msg("not there: %s", expected[i]);
		}
	}
	http_peer_free(&answer);
	served_stop(&server);
	for (int i = API_FIXTURE_OUTAGE; i <= API_FIXTURE_BROKEN_STORE; i++) {
		assert_metrics((enum api_fixture_world)i);
	}
}

/* The checker must find what it is for. */
static void
test_metrics_checker(void **state)
{
	static const char *const wrong[] = {"", "# EOF", "# EOF\nx 1\n",
	    "# TYPE a gauge\na 1\n", "a 1\n# EOF\n", "# TYPE a gauge\nb 1\n# EOF\n",
	    "# TYPE a counter\na 1\n# EOF\n", "# TYPE a gauge\na{b=\"c} 1\n# EOF\n",
	    "# TYPE a gauge\na{b=\"\\x\"} 1\n# EOF\n",
	    "# TYPE a gauge\na 1\na 1\n# EOF\n", "# TYPE a gauge\na one\n# EOF\n",
	    "# TYPE a gauge\na\n# EOF\n", "# TYPE a gauge\n\n# EOF\n",
	    "# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n# TYPE a gauge\n# EOF\n"};
	char error[1200];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_false(openmetrics_check(wrong[i], error, sizeof(error)));
	}
	assert_true(openmetrics_check(
	    "# TYPE a counter\n# HELP a b\na_total{b=\"c\\\"\"} 1.5\n# EOF\n", error,
	    sizeof(error)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_status),
	    cmocka_unit_test(test_status_without_incident),
	    cmocka_unit_test(test_lists),
	    cmocka_unit_test(test_foreign_texts),
	    cmocka_unit_test(test_incident),
	    cmocka_unit_test(test_filters),
	    cmocka_unit_test(test_pages),
	    cmocka_unit_test(test_bad_parameters),
	    cmocka_unit_test(test_paths_and_methods),
	    cmocka_unit_test(test_allow),
	    cmocka_unit_test(test_orders),
	    cmocka_unit_test(test_headers),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_health),
	    cmocka_unit_test(test_broken_store),
	    cmocka_unit_test(test_metrics),
	    cmocka_unit_test(test_metrics_checker),
	};

	return cmocka_run_group_tests(tests, served_enter, served_leave);
}
