/* The probe engine among servers, resolvers and machines that do not behave: whatever they
 * do, runs end, nothing piles up, and what is measured makes sense. */
#include "tests/support/test.h"

#include "agent/shell/hung.h"
#include "common/core/limits.h"
#include "tests/support/probing.h"

#include <dirent.h>
#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include <jansson.h>

#define NO_FLAGS 0

static struct upstream_process server;
static struct prober *prober;

/* ---- a resolver that never answers ---- */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool released;
	unsigned hanging;
	unsigned most;
} lookups = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, 0, 0};

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
		(void)pthread_mutex_lock(&lookups.lock);
		lookups.hanging++;
		if (lookups.hanging > lookups.most) {
			lookups.most = lookups.hanging;
		}
		while (!lookups.released) {
			(void)pthread_cond_wait(&lookups.changed, &lookups.lock);
		}
		lookups.hanging--;
		(void)pthread_cond_broadcast(&lookups.changed);
		(void)pthread_mutex_unlock(&lookups.lock);
		return EAI_NONAME;
	}
	memcpy(&real, &symbol, sizeof(real));
	return real(node, service, hints, out);
}

static unsigned
most_lookups(void)
{
	unsigned most;

	(void)pthread_mutex_lock(&lookups.lock);
	most = lookups.most;
	(void)pthread_mutex_unlock(&lookups.lock);
	return most;
}

static void
release_lookups(void)
{
	(void)pthread_mutex_lock(&lookups.lock);
	lookups.released = true;
	(void)pthread_cond_broadcast(&lookups.changed);
	while (lookups.hanging > 0) {
		(void)pthread_cond_wait(&lookups.changed, &lookups.lock);
	}
	(void)pthread_mutex_unlock(&lookups.lock);
}

enum {
	WAVE = 32,
	WAVES = 8
};

static void
lookups_do_not_pile_up(void **state)
{
	struct prober *own = probing_new(&server, NULL, WAVE + 1);
	struct plan_probe hanging = probing_probe("http://hang.invalid/");
	struct plan_probe good =
	    probing_probe(probing_url(&server, false, "/generate_204"));
	struct plan_probe named;
	char url[64];
	unsigned refused = 0;

	(void)state;
	hanging.connect_timeout_ms = 50;
	for (unsigned i = 0; i < WAVES; i++) {
		for (unsigned k = 0; k < WAVE; k++) {
			probing_start(own, &hanging, NULL, k);
		}
		/* Addresses need no looking up. */
		probing_start(own, &good, NULL, WAVE);
		for (unsigned k = 0; k <= WAVE; k++) {
			uint32_t slot;
			struct result result = probing_finish(own, &slot);

			if (slot == WAVE) {
				probing_expect(
				    "good", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS);
				continue;
			}
			probing_expect(
			    "hanging", &result, OUTCOME_NET_DNS, PHASE_DNS, NO_FLAGS);
			refused += strstr(result.detail, "hang") != NULL;
		}
	}
	print_message("%u runs: %u lookups at most, %u refused, %u threads\n",
	    (unsigned)(WAVES * WAVE), most_lookups(), refused,
	    (unsigned)hung_threads());
	assert_true(most_lookups() <= HUNG_MAX + WAVE);
	assert_true(refused >= WAVES * WAVE - HUNG_MAX - WAVE);
	release_lookups();
	/* Their threads end when they are scheduled, and then names are asked for again. */
	(void)snprintf(url, sizeof(url), "http://localhost:%u/generate_204",
	    (unsigned)server.http);
	named = probing_probe(url);
	named.family = 4;
	for (;;) {
		struct result result = probing_run(own, &named, NULL);

		if (strstr(result.detail, "hang") == NULL) {
			probing_expect(
			    "named", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS);
			break;
		}
		(void)sched_yield();
	}
	prober_free(own);
}

/* ---- a machine that sleeps ---- */

static int64_t slept_s;

int clock_gettime(clockid_t id, struct timespec *out);

int
clock_gettime(clockid_t id, struct timespec *out)
{
	static int (*real)(clockid_t, struct timespec *);

	if (real == NULL) {
		void *symbol = dlsym(RTLD_NEXT, "clock_gettime");

		memcpy(&real, &symbol, sizeof(real));
	}
	if (real(id, out) != 0) {
		return -1;
	}
	if (id == CLOCK_BOOTTIME) {
		out->tv_sec += slept_s;
	}
	return 0;
}

static void
sleep_is_our_own_fault(void **state)
{
	struct plan_probe probe = probing_probe(probing_url(&server, false, "/x"));
	struct result result;
	uint32_t slot;

	(void)state;
	upstream_process_rule(&server, "/*", "{\"delay_ms\":60000}");
	probe.timeout_ms = 2000;
	probing_start(prober, &probe, NULL, 1);
	assert_int_equal(prober_wait(prober, 0), ERR_OK);
	slept_s += 3600;
	result = probing_finish(prober, &slot);
	probing_expect("slept", &result, OUTCOME_LOCAL_ERROR, PHASE_LOCAL, NO_FLAGS);
	assert_non_null(strstr(result.detail, "suspended"));
	/* What came nevertheless is an answer; the next run is one as any other. */
	upstream_process_rule(
	    &server, "/*", "{\"status\":200,\"delay_ms\":300,\"body\":\"x\"}");
	probe.timeout_ms = 60000;
	probing_start(prober, &probe, NULL, 1);
	assert_int_equal(prober_wait(prober, 0), ERR_OK);
	slept_s += 3600;
	result = probing_finish(prober, &slot);
	probing_expect("answered", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS);
	upstream_process_rule(&server, "/*", "{\"delay_ms\":60000}");
	probe.timeout_ms = 500;
	result = probing_run(prober, &probe, NULL);
	probing_expect("awake", &result, OUTCOME_TIMEOUT, PHASE_WAIT, NO_FLAGS);
	upstream_process_rule(&server, "", NULL);
}

/* ---- servers ---- */

static char key_host[32];
static struct agent_key key_conf = {.name = "k", .hosts = {key_host}, .hosts_len = 1};
static const struct probe_key key = {
    .conf = &key_conf, .secret = "sk-0123456789abcdefghij"};

static struct plan_probe
api_probe(enum probe_kind kind)
{
	struct plan_probe probe = probing_probe(probing_url(&server, false, ""));

	probe.kind = kind;
	probe.model = "gemini-3-pro-image-preview";
	probe.prompt = "a red square";
	probe.project = "p";
	probe.location = "global";
	probe.key = "k";
	return probe;
}

/* Instants go forward, and none is behind the end. */
static void
expect_order(const char *name, const struct timing *timing)
{
	const uint32_t instants[] = {timing->dns_us, timing->connect_us, timing->tls_us,
	    timing->sent_us, timing->first_byte_us, timing->answered_us,
	    timing->total_us};
	uint32_t latest = 0;

	for (size_t i = 0; i < sizeof(instants) / sizeof(instants[0]); i++) {
		if (instants[i] != 0 && instants[i] < latest) {
			fail_msg("%s: instant %zu is at %u, after %u", name, i,
			    (unsigned)instants[i], (unsigned)latest);
		}
		latest = instants[i] != 0 ? instants[i] : latest;
	}
}

/* One answer, to every kind that could get it. */
static void
shape_to_each_kind(const char *name)
{
	static const enum probe_kind kinds[] = {PROBE_HTTP, PROBE_GEMINI_IMAGE,
	    PROBE_GEMINI_STREAM, PROBE_GEMINI_MODEL, PROBE_VERTEX_IMAGE,
	    PROBE_VERTEX_IMAGEN, PROBE_OPENAI_IMAGE, PROBE_OPENAI_MODELS,
	    PROBE_OPENROUTER_CHAT, PROBE_OPENROUTER_IMAGE, PROBE_OPENROUTER_KEY};
	char action[128];

	(void)snprintf(action, sizeof(action), "{\"shape\":\"%s\"}", name);
	upstream_process_rule(&server, "/*", action);
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		struct plan_probe probe = api_probe(kinds[k]);
		struct result result = probing_run(prober, &probe, &key);

		assert_true(result.outcome < OUTCOME_COUNT);
		if (result.outcome == OUTCOME_LOCAL_ERROR) {
			fail_msg("%s, %s: %s", name, probe_kind_name(kinds[k]),
			    result.detail);
		}
		assert_null(strstr(result.detail, key.secret));
		expect_order(name, &result.timing);
	}
}

static void
each_shape_to_each_kind(void **state)
{
	char *text = upstream_process_control(&server, "GET", "/shapes", NULL);
	json_t *all = json_loads(text, 0, NULL);
	json_t *list = json_object_get(all, "shapes");

	(void)state;
	free(text);
	assert_true(json_array_size(list) >= 30);
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *shape = json_array_get(list, i);
		json_t *name =
		    json_is_string(shape) ? shape : json_object_get(shape, "name");

		assert_non_null(json_string_value(name));
		shape_to_each_kind(json_string_value(name));
	}
	print_message("%zu shapes\n", json_array_size(list));
	json_decref(all);
	upstream_process_rule(&server, "", NULL);
}

static const struct fault {
	const char *name;
	const char *action;
	uint32_t timeout_ms;
	enum outcome outcome;
	enum phase phase;
	uint32_t flags;
} faults[] = {
    {"redirect", "{\"status\":307,\"headers\":{\"Location\":\"http://127.0.0.1:1/\"}}",
	60000, OUTCOME_MALFORMED, PHASE_DONE, FLAG_PORTAL},
    {"bomb", "{\"status\":200,\"content_encoding_bomb\":256}", 60000, OUTCOME_MALFORMED,
	PHASE_BODY, FLAG_PARTIAL_BODY},
    {"drip", "{\"status\":200,\"body\":{\"candidates\":[]},\"drip_bytes_per_s\":2}",
	1500, OUTCOME_TIMEOUT, PHASE_BODY, FLAG_PARTIAL_BODY},
    {"stall", "{\"status\":200,\"body\":{\"candidates\":[]},\"stall_after_bytes\":5}",
	1500, OUTCOME_TIMEOUT, PHASE_BODY, FLAG_PARTIAL_BODY},
    {"reset", "{\"status\":200,\"body\":{\"candidates\":[]},\"reset_after_bytes\":5}",
	60000, OUTCOME_MALFORMED, PHASE_BODY, FLAG_PARTIAL_BODY},
};

static void
apis_that_do_not_behave(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		const struct fault *fault = &faults[i];
		struct plan_probe probe = api_probe(PROBE_GEMINI_IMAGE);
		struct result result;

		upstream_process_rule(&server, "/v1beta/*", fault->action);
		probe.timeout_ms = fault->timeout_ms;
		result = probing_run(prober, &probe, &key);
		/* A busy machine may not get as far as the answer in time. */
		while (result.phase < fault->phase && probe.timeout_ms < 30000) {
			probe.timeout_ms *= 4;
			result = probing_run(prober, &probe, &key);
		}
		probing_expect(
		    fault->name, &result, fault->outcome, fault->phase, fault->flags);
		assert_true(result.body_bytes <= LIMIT_BODY_BYTES);
		expect_order(fault->name, &result.timing);
	}
	upstream_process_rule(&server, "", NULL);
}

static unsigned
open_files(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned found = 0;

	assert_non_null(folder);
	while (readdir(folder) != NULL) {
		found++;
	}
	assert_int_equal(closedir(folder), 0);
	return found;
}

/* As many as there can be, twice; then nothing is left of them. */
static void
all_places_at_once(void **state)
{
	struct prober *own = probing_new(&server, NULL, LIMIT_IN_FLIGHT_PROBES);
	struct plan_probe probe =
	    probing_probe(probing_url(&server, true, "/generate_204"));
	struct probe_tag tag = {0};
	struct now now = {0};
	unsigned before;

	(void)state;
	(void)probing_run(own, &probe, NULL);
	before = open_files();
	for (int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < LIMIT_IN_FLIGHT_PROBES; i++) {
			probing_start(own, &probe, NULL, i);
		}
		assert_int_equal(prober_start(own, &probe, NULL, &tag, now), ERR_AGAIN);
		for (uint32_t i = 0; i < LIMIT_IN_FLIGHT_PROBES; i++) {
			uint32_t slot;
			struct result result = probing_finish(own, &slot);

			probing_expect(
			    "one of many", &result, OUTCOME_OK, PHASE_DONE, NO_FLAGS);
		}
	}
	assert_true(open_files() <= before + 1);
	prober_free(own);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lookups_do_not_pile_up),
	    cmocka_unit_test(sleep_is_our_own_fault),
	    cmocka_unit_test(each_shape_to_each_kind),
	    cmocka_unit_test(apis_that_do_not_behave),
	    cmocka_unit_test(all_places_at_once),
	};
	int failed;

	upstream_process_start(&server, UPSTREAM_PROGRAM, getenv("PARALLAX_DATA"));
	(void)snprintf(
	    key_host, sizeof(key_host), "127.0.0.1:%u", (unsigned)server.http);
	prober = probing_new(&server, NULL, 0);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	prober_free(prober);
	upstream_process_stop(&server);
	return failed;
}
