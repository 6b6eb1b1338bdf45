#include "tests/support/test.h"

#include "tests/support/probing.h"

#include "common/shell/clock_sys.h"

#include <jansson.h>

enum {
	GENERATION = 7
};

struct plan_probe
probing_probe(const char *url)
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

const char *
probing_url(const struct upstream_process *server, bool https, const char *path)
{
	static char url[8][256];
	static unsigned turn;
	char *out = url[turn++ % 8];

	(void)snprintf(out, sizeof(url[0]), "%s://127.0.0.1:%u%s",
	    https ? "https" : "http", (unsigned)(https ? server->https : server->http),
	    path);
	return out;
}

struct prober *
probing_new(const struct upstream_process *server, const struct redact *redact,
    uint32_t in_flight)
{
	struct prober_conf conf = {
	    .ca_file = server->ca_file,
	    .user_agent = "parallax-test",
	    .in_flight_max = in_flight == 0 ? 8 : in_flight,
	    .redact = redact,
	};
	struct prober *prober = prober_new(&conf);

	assert_non_null(prober);
	return prober;
}

void
probing_start(struct prober *prober, const struct plan_probe *probe,
    const struct probe_key *key, uint32_t slot)
{
	struct probe_tag tag = {.slot = slot, .generation = GENERATION};

	assert_int_equal(
	    prober_start(prober, probe, key, &tag, clock_sys_boot()), ERR_OK);
}

struct result
probing_finish(struct prober *prober, uint32_t *out_slot)
{
	struct result result;
	struct probe_tag tag;

	while (!prober_done(prober, &tag, &result)) {
		assert_true(prober_in_flight(prober) > 0);
		assert_int_equal(prober_wait(prober, -1), ERR_OK);
	}
	assert_int_equal(tag.generation, GENERATION);
	*out_slot = tag.slot;
	return result;
}

struct result
probing_run(
    struct prober *prober, const struct plan_probe *probe, const struct probe_key *key)
{
	struct result result;
	uint32_t slot;

	probing_start(prober, probe, key, 3);
	result = probing_finish(prober, &slot);
	assert_int_equal(slot, 3);
	assert_string_equal(result.series, probe->series);
	assert_int_equal(prober_in_flight(prober), 0);
	return result;
}

void
probing_expect(const char *name, const struct result *result, enum outcome outcome,
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

unsigned
probing_seen(const struct upstream_process *server, const char *path, unsigned wait)
{
	char target[128];
	json_t *all;
	char *text;
	json_int_t seen;

	(void)snprintf(target, sizeof(target),
	    "/requests?path=%s&wait=%u&timeout_ms=30000", path, wait);
	text = upstream_process_control(server, "GET", target, NULL);
	all = json_loads(text, 0, NULL);
	assert_non_null(all);
	seen = json_integer_value(json_object_get(all, "count"));
	json_decref(all);
	free(text);
	return (unsigned)seen;
}
