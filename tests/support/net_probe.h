/* net_probe - runs probes below HTTP through a prober, one after the other
 * Room: tests/support.
 *
 * For cmocka tests: what should hold is asserted. */
#ifndef TESTS_SUPPORT_NET_PROBE_H
#define TESTS_SUPPORT_NET_PROBE_H

#include "tests/support/test.h"

#include "agent/shell/probe_curl.h"
#include "common/shell/clock_sys.h"

enum {
	NET_PATIENCE_MS = 20000,
	NET_SHORT_MS = 400, /* for what never comes */
	NET_PLACES = 16
};

static inline struct plan_probe
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
	    .timeout_ms = NET_PATIENCE_MS,
	    .connect_timeout_ms = NET_PATIENCE_MS,
	};
}

static inline struct prober *
net_prober(const char *source_address, const char *ca_file)
{
	struct prober_conf conf = {
	    .source_address = source_address,
	    .ca_file = ca_file,
	    .user_agent = "parallax-test",
	    .in_flight_max = NET_PLACES,
	};
	struct prober *prober = prober_new(&conf);

	assert_non_null(prober);
	return prober;
}

static inline void
net_start(struct prober *prober, const struct plan_probe *probe, uint32_t slot)
{
	struct probe_tag tag = {.slot = slot, .generation = 7, .flags = FLAG_ON_DEMAND};

	assert_int_equal(
	    prober_start(prober, probe, NULL, &tag, clock_sys_now()), ERR_OK);
}

/* Waits for the next result. Its texts live until the next call. */
static inline struct result
net_finish(struct prober *prober, uint32_t *out_slot)
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

static inline struct result
net_run(struct prober *prober, const struct plan_probe *probe)
{
	uint32_t slot;
	struct result result;

	net_start(prober, probe, 3);
	result = net_finish(prober, &slot);
	assert_int_equal(slot, 3);
	assert_string_equal(result.series, probe->series);
	assert_int_equal(prober_in_flight(prober), 0);
	assert_true(result.timing.total_us > 0);
	assert_true(result.started_at.ns > 0);
	return result;
}

/* `detail`: what must be in the detail, "" = nothing in particular. */
static inline void
net_expect(const char *name, const struct result *result, enum outcome outcome,
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

#endif
