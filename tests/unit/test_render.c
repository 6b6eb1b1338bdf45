/* test_render - what people and programs read, and what hostile text makes of it */
#include "collector/core/render.h"
#include "common/core/rfc3339.h"
#include "common/core/rng.h"
#include "common/core/utf8.h"
#include "tests/support/small_fleet.h"
#include "tests/support/test.h"

#include <jansson.h>

static const struct now now = {.mono = {INT64_C(9000) * CLOCK_NS_PER_S},
    .wall = {INT64_C(1800000000) * CLOCK_NS_PER_S + 123 * CLOCK_NS_PER_MS}};

static struct incident
sample(enum verdict verdict)
{
	struct finding finding = small_fleet_finding(1, verdict, now.mono);
	struct incident incident = {.id = 12, .opened_at = now.wall};

	incident_describe(&incident, small_fleet(), &finding, "Elevated errors", now);
	return incident;
}

static void
test_time(void **state)
{
	static const struct {
		int64_t ns;
		const char *text;
	} row[] = {
	    {0, "1970-01-01T00:00:00.000Z"},
	    {-1, "1969-12-31T23:59:59.999Z"},
	    {INT64_C(951782400) * 1000000000, "2000-02-29T00:00:00.000Z"},
	    {INT64_C(1709251199) * 1000000000 + 999999999, "2024-02-29T23:59:59.999Z"},
	    {INT64_C(1709251200) * 1000000000, "2024-03-01T00:00:00.000Z"},
	    {INT64_C(4107542400) * 1000000000, "2100-03-01T00:00:00.000Z"},
	    {INT64_MAX, "2262-04-11T23:47:16.854Z"},
	    {INT64_MIN, "1677-09-21T00:12:43.145Z"},
	};
	char out[32];

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		rfc3339_write((struct wall){row[i].ns}, out);
		assert_string_equal(out, row[i].text);
	}
}

static void
test_duration(void **state)
{
	static const struct {
		int64_t s;
		const char *text;
	} row[] = {
	    {-5, "0 s"},
	    {0, "0 s"},
	    {119, "119 s"},
	    {120, "2 min"},
	    {7199, "119 min"},
	    {7200, "2 h 0 min"},
	    {172799, "47 h 59 min"},
	    {172800, "2 d 0 h"},
	};
	char out[32];

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		render_duration(row[i].s * CLOCK_NS_PER_S, out);
		assert_string_equal(out, row[i].text);
	}
}

static void
test_headline(void **state)
{
	struct incident incident = sample(VERDICT_UPSTREAM_OUTAGE);
	char out[RENDER_HEADLINE_BYTES];
	size_t len;

	(void)state;
	(void)render_headline(&incident, out, sizeof(out));
	assert_string_equal(
	    out, "Upstream outage: nano-banana-pro everywhere, 97 % sure");
	incident.confidence_ppm = 999999; /* certainty is never claimed */
	(void)render_headline(&incident, out, sizeof(out));
	assert_string_equal(
	    out, "Upstream outage: nano-banana-pro everywhere, >99 % sure");
	incident.verdict = VERDICT_UNKNOWN;
	incident.confidence_ppm = 620000;
	(void)render_headline(&incident, out, sizeof(out));
	assert_string_equal(out, "Unknown cause: nano-banana-pro everywhere, perhaps "
				 "upstream_outage (62 %)");
	incident.verdict = VERDICT_UPSTREAM_OUTAGE;
	incident.state = INCIDENT_RESOLVED;
	incident.resolved_at = wall_add(incident.onset_at, 720 * CLOCK_NS_PER_S);
	len = render_headline(&incident, out, sizeof(out));
	assert_int_equal(len, strlen(out));
	assert_string_equal(out, "Resolved after 12 min: Upstream outage: "
				 "nano-banana-pro everywhere, 62 % sure");
	assert_int_equal(render_headline(&incident, out, 9), 8);
	assert_string_equal(out, "Resolved");
}

static void
test_why(void **state)
{
	struct incident incident = sample(VERDICT_UPSTREAM_OUTAGE);
	char out[RENDER_WHY_BYTES];

	(void)state;
	(void)render_why(&incident, out, sizeof(out));
	/* strongest first, whatever the order of the lines */
	assert_string_equal(out,
	    "412 x timeout (wait), nano-banana-pro requests from "
	    "eu-west,us-east,ap-south\n"
	    "388 x ok, control requests from eu-west,us-east,ap-south\n"
	    "About 93 % of requests affected; 4 of 4 agents reporting\n"
	    "Bad: eu-west,us-east,ap-south\n"
	    "Runner-up: Region network fault, region eu-west, 2 %");
}

/* Everybody who is woken is told what to do, in at most four steps. */
static void
test_next(void **state)
{
	(void)state;
	for (int verdict = 0; verdict < VERDICT_COUNT; verdict++) {
		struct incident incident = sample((enum verdict)verdict);
		char out[RENDER_NEXT_BYTES];

		assert_true(render_next(&incident, out, sizeof(out)) > 10);
		incident.state = INCIDENT_RESOLVED;
		assert_true(render_next(&incident, out, sizeof(out)) > 10);
	}
}

static const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	assert_non_null(text);
	return text;
}

static void
test_json(void **state)
{
	struct incident incident = sample(VERDICT_UPSTREAM_OUTAGE);
	static char out[RENDER_JSON_BYTES];
	json_error_t error;
	json_t *object;
	json_t *part;
	size_t len;

	(void)state;
	len = render_json(&incident, MESSAGE_FIRING, 3, now.wall, out, sizeof(out));
	assert_int_equal(len, strlen(out));
	object = json_loads(out, JSON_REJECT_DUPLICATES, &error);
	assert_non_null(object);
	assert_string_equal(text_of(object, "schema"), "parallax.alert/1");
	assert_string_equal(text_of(object, "kind"), "firing");
	assert_string_equal(text_of(object, "verdict"), "upstream_outage");
	assert_string_equal(text_of(object, "blame"), "them");
	assert_string_equal(text_of(object, "level"), "critical");
	assert_string_equal(text_of(object, "at"), "2027-01-15T08:00:00.123Z");
	assert_string_equal(text_of(object, "since"), "2027-01-15T07:59:00.123Z");
	assert_string_equal(text_of(object, "external"), "Elevated errors");
	assert_true(json_is_null(json_object_get(object, "resolved")));
	assert_int_equal(json_integer_value(json_object_get(object, "seq")), 3);
	assert_int_equal(json_integer_value(json_object_get(object, "incident")), 12);
	assert_int_equal(
	    (int)(1e6 * json_real_value(json_object_get(object, "confidence")) + 0.5),
	    972000);
	part = json_object_get(object, "scope");
	assert_string_equal(text_of(part, "target"), "nano-banana-pro");
	assert_int_equal(json_array_size(json_object_get(object, "why")), 5);
	assert_int_equal(json_array_size(json_object_get(object, "next")), 3);
	assert_non_null(strstr(text_of(object, "text"), " (60 s).\n412 x timeout"));
	assert_non_null(strstr(text_of(object, "text"), "\nIt is them, not us. Since"));
	assert_non_null(strstr(text_of(object, "text"), "They say: Elevated errors\n"));
	assert_non_null(
	    strstr(text_of(object, "text"), "fine.\nIncident 12, message 3"));
	json_decref(object);
	incident.state = INCIDENT_RESOLVED;
	incident.resolved_at = now.wall;
	(void)render_json(&incident, MESSAGE_RESOLVED, 4, now.wall, out, sizeof(out));
	object = json_loads(out, JSON_REJECT_DUPLICATES, &error);
	assert_string_equal(text_of(object, "resolved"), "2027-01-15T08:00:00.123Z");
	json_decref(object);
}

static void
fill(struct rng *rng, char *out, size_t cap, int style)
{
	static const char *const piece[] = {"\"", "\\", "\x01", "\n", "\xff",
	    "\xe4\xb8\xad", "\xf0\x9f\x8d\x8c", "</script>", "<at id=all></at>",
	    "\xe2\x80\xae", "\xed\xa0\x80"};
	size_t len = 0;

	for (;;) {
		const char *next =
		    style < 11 ? piece[style] : piece[rng_below(rng, 11)];

		if (len + strlen(next) >= cap) {
			break;
		}
		memcpy(out + len, next, strlen(next));
		len += strlen(next);
	}
	out[len] = '\0';
}

/* Whatever texts and numbers come, the object is whole, valid and inside its bound. */
static void
test_hostile(void **state)
{
	static char out[RENDER_JSON_BYTES];
	struct rng rng;
	size_t longest = 0;

	(void)state;
	rng_init(&rng, 11);
	for (int round = 0; round < 3000; round++) {
		struct incident incident;
		int style = round % 13;
		json_error_t error;
		json_t *object;
		size_t len;

		memset(&incident, 0xff, sizeof(incident));
		incident.id = INT64_MAX;
		incident.state = round % 2 == 0 ? INCIDENT_OPEN : INCIDENT_RESOLVED;
		incident.verdict = (enum verdict)(rng_below(&rng, VERDICT_COUNT));
		incident.suspect = (enum verdict)(rng_below(&rng, VERDICT_COUNT));
		incident.rival = (enum verdict)(rng_below(&rng, VERDICT_COUNT));
		incident.level = (enum level)(rng_below(&rng, LEVEL_COUNT));
		incident.scope_kind = SCOPE_REGION;
		incident.is_past = incident.is_flapping = true;
		incident.evidence_len =
		    (uint16_t)rng_below(&rng, CORRELATE_EVIDENCE + 1);
		fill(&rng, incident.scope_name, sizeof(incident.scope_name), style);
		fill(&rng, incident.target, sizeof(incident.target), style);
		fill(&rng, incident.scope_text, sizeof(incident.scope_text), style);
		fill(&rng, incident.rival_text, sizeof(incident.rival_text), style);
		fill(&rng, incident.regions_bad, sizeof(incident.regions_bad), style);
		fill(&rng, incident.regions_good, sizeof(incident.regions_good), style);
		fill(&rng, incident.external, sizeof(incident.external), style);
		for (size_t i = 0; i < incident.evidence_len; i++) {
			struct incident_evidence *evidence = &incident.evidence[i];

			evidence->role = ROLE_TARGET;
			evidence->outcome = OUTCOME_QUOTA_EXHAUSTED;
			evidence->phase = PHASE_CONNECT;
			fill(&rng, evidence->target, sizeof(evidence->target), style);
			fill(&rng, evidence->regions, sizeof(evidence->regions), style);
		}
		len = render_json(&incident, (enum message_kind)(round % 3), UINT32_MAX,
		    (struct wall){INT64_MAX}, out, sizeof(out));
		longest = len > longest ? len : longest;
		assert_int_equal(len, strlen(out));
		assert_true(utf8_printable(out, len));
		object = json_loads(out, JSON_REJECT_DUPLICATES, &error);
		assert_non_null(object);
		json_decref(object);
		for (size_t cap = 1; cap < 64; cap++) {
			char small[64];
			size_t used = render_headline(&incident, small, cap);

			assert_true(used < cap);
			assert_int_equal(strlen(small), used);
		}
	}
	print_message("longest message: %zu of %d bytes\n", longest, RENDER_JSON_BYTES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_time),
	    cmocka_unit_test(test_duration),
	    cmocka_unit_test(test_headline),
	    cmocka_unit_test(test_why),
	    cmocka_unit_test(test_next),
	    cmocka_unit_test(test_json),
	    cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
