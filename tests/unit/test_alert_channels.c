/* test_alert_channels - what is special about a channel: its pace, what stands in for it,
 * that it forgets, and that it can be tried */
#include "collector/core/alert.h"
#include "tests/support/small_fleet.h"
#include "tests/support/test.h"

#define MINUTE_NS (60 * CLOCK_NS_PER_S)

enum {
	PAGER = 0,
	SPARE,
	CHANNELS
};

static const struct pace_rule slow[PACE_RULES] = {{2, 1, 10 * CLOCK_NS_PER_S}};

struct fixture {
	struct alert_channel channel[CHANNELS];
	struct alert_conf conf;
	struct incidents *incidents;
	struct alerts *alerts;
	struct effects *effects;
	void *memory;
	void *effects_memory;
	unsigned char *saved;
	struct now now;
	struct outbound sent[16]; /* of the last step */
	size_t sent_len;
};

/* Makes the machine anew, as after a restart with this configuration. */
static void
build(struct fixture *fixture)
{
	size_t bytes = incidents_bytes() + alerts_bytes(&fixture->conf) + 64;
	struct arena arena;

	free(fixture->memory);
	fixture->memory = malloc(bytes);
	assert_non_null(fixture->memory);
	arena_init(&arena, fixture->memory, bytes);
	fixture->incidents = incidents_init(&arena, small_fleet());
	fixture->alerts = alerts_init(&arena, &fixture->conf);
	assert_non_null(fixture->alerts);
}

static int
setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	fixture->channel[PAGER] =
	    (struct alert_channel){.name = "pager", .level_min = LEVEL_INFO};
	fixture->channel[SPARE] =
	    (struct alert_channel){.name = "spare", .level_min = LEVEL_COUNT};
	fixture->conf = (struct alert_conf){.channel = fixture->channel,
	    .channel_len = CHANNELS,
	    .cooldown_ns = 30 * MINUTE_NS,
	    .retry_min_ns = CLOCK_NS_PER_S,
	    .retry_max_ns = 5 * MINUTE_NS};
	fixture->effects = calloc(1, sizeof(*fixture->effects));
	fixture->effects_memory = malloc(EFFECTS_ARENA_BYTES);
	fixture->saved = malloc(ALERT_SAVE_BYTES);
	effects_init(fixture->effects, fixture->effects_memory);
	fixture->now.mono.ns = 1000 * MINUTE_NS;
	fixture->now.wall.ns = INT64_C(1800000000) * CLOCK_NS_PER_S;
	*state = fixture;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;

	free(fixture->memory);
	free(fixture->effects_memory);
	free(fixture->effects);
	free(fixture->saved);
	free(fixture);
	return 0;
}

static void
step(struct fixture *fixture)
{
	alerts_step(
	    fixture->alerts, fixture->incidents, fixture->now, fixture->effects);
	fixture->sent_len = 0;
	for (size_t i = 0; i < fixture->effects->len; i++) {
		if (fixture->effects->item[i].kind == EFFECT_SEND) {
			assert_in_range(fixture->sent_len, 0, 15);
			fixture->sent[fixture->sent_len++] =
			    fixture->effects->item[i].send;
		}
	}
}

static void
change(struct fixture *fixture, enum finding_event event, uint64_t id,
    enum verdict verdict)
{
	struct finding_change one = {.event = event,
	    .finding = small_fleet_finding(id, verdict, fixture->now.mono)};
	const struct incident *incident;

	effects_reset(fixture->effects);
	incident = incidents_apply(
	    fixture->incidents, &one, NULL, fixture->now, fixture->effects);
	assert_non_null(incident);
	alerts_incident(fixture->alerts, fixture->incidents, incident, fixture->now,
	    fixture->effects);
	step(fixture);
}

static void
advance(struct fixture *fixture, int64_t duration_ns)
{
	fixture->now.mono = mono_add(fixture->now.mono, duration_ns);
	fixture->now.wall = wall_add(fixture->now.wall, duration_ns);
	effects_reset(fixture->effects);
	step(fixture);
}

static void
answer(struct fixture *fixture, enum delivery delivery)
{
	struct message_answer one = {
	    .row = fixture->sent[0].row, .delivery = delivery, .detail = "test"};

	effects_reset(fixture->effects);
	alerts_delivery(
	    fixture->alerts, fixture->incidents, &one, fixture->now, fixture->effects);
	step(fixture);
}

/* One message is out, on `channel`, of that kind. */
static void
expect(const struct fixture *fixture, uint16_t channel, const char *kind)
{
	char text[40];

	(void)snprintf(text, sizeof(text), "\"kind\":\"%s\"", kind);
	assert_int_equal(fixture->sent_len, 1);
	assert_int_equal(fixture->sent[0].channel, channel);
	assert_non_null(strstr(fixture->sent[0].json, text));
}

static void
restart(struct fixture *fixture)
{
	struct buf buf;

	buf_write(&buf, fixture->saved, ALERT_SAVE_BYTES);
	alerts_save(fixture->alerts, &buf);
	assert_true(buf_ok(&buf));
	buf_read(&buf, fixture->saved, buf.at);
	assert_int_equal(alerts_load(fixture->alerts, &buf), ERR_OK);
}

/* Who is not asked to hear of anything hears of what another refuses, and of its end. */
static void
test_fallback(void **state)
{
	struct fixture *fixture = *state;

	fixture->channel[PAGER].fallback = SPARE + 1;
	build(fixture);
	change(fixture, FINDING_OPENED, 1, VERDICT_UPSTREAM_OUTAGE);
	expect(fixture, PAGER, "firing");
	answer(fixture, DELIVERY_REJECTED);
	expect(fixture, SPARE, "firing");
	answer(fixture, DELIVERY_DONE);
	assert_int_equal(fixture->sent_len, 0);
	advance(fixture, MINUTE_NS);
	change(fixture, FINDING_CLOSED, 1, VERDICT_UPSTREAM_OUTAGE);
	expect(fixture, SPARE, "resolved");
}

/* Nobody stands in for a channel that only could not be reached yet. */
static void
test_no_fallback(void **state)
{
	struct fixture *fixture = *state;

	fixture->channel[PAGER].fallback = SPARE + 1;
	build(fixture);
	change(fixture, FINDING_OPENED, 1, VERDICT_UPSTREAM_OUTAGE);
	answer(fixture, DELIVERY_REJECTED_RETRY);
	assert_int_equal(fixture->sent_len, 0);
	advance(fixture, 6 * MINUTE_NS);
	expect(fixture, PAGER, "firing");
}

/* Told again and again, in equal steps, until it is over. */
static void
test_refresh(void **state)
{
	struct fixture *fixture = *state;

	fixture->channel[PAGER].refresh_ns = 5 * MINUTE_NS;
	build(fixture);
	change(fixture, FINDING_OPENED, 1, VERDICT_UPSTREAM_OUTAGE);
	expect(fixture, PAGER, "firing");
	answer(fixture, DELIVERY_DONE);
	for (int i = 0; i < 8; i++) {
		advance(fixture, 5 * MINUTE_NS - 1);
		assert_int_equal(fixture->sent_len, 0);
		if (i == 4) {
			restart(fixture);
		}
		advance(fixture, 1);
		expect(fixture, PAGER, "update");
		answer(fixture, DELIVERY_DONE);
	}
	change(fixture, FINDING_CLOSED, 1, VERDICT_UPSTREAM_OUTAGE);
	expect(fixture, PAGER, "resolved");
	answer(fixture, DELIVERY_DONE);
	advance(fixture, 60 * MINUTE_NS);
	assert_int_equal(fixture->sent_len, 0);
}

/* The second that is no emergency waits, the emergency does not; a restart changes nothing. */
static void
test_pace(void **state)
{
	struct fixture *fixture = *state;

	fixture->channel[PAGER].pace = slow;
	build(fixture);
	change(fixture, FINDING_OPENED, 1, VERDICT_REGION_NETWORK);
	expect(fixture, PAGER, "firing");
	answer(fixture, DELIVERY_DONE);
	change(fixture, FINDING_OPENED, 2, VERDICT_CREDENTIAL);
	assert_int_equal(fixture->sent_len, 0);
	restart(fixture);
	advance(fixture, CLOCK_NS_PER_S);
	assert_int_equal(fixture->sent_len, 0);
	change(fixture, FINDING_OPENED, 3, VERDICT_UPSTREAM_OUTAGE);
	expect(fixture, PAGER, "firing");
	assert_non_null(strstr(fixture->sent[0].json, "upstream_outage"));
	answer(fixture, DELIVERY_DONE);
	assert_int_equal(fixture->sent_len, 0);
	advance(fixture, 19 * CLOCK_NS_PER_S);
	expect(fixture, PAGER, "firing");
	assert_non_null(strstr(fixture->sent[0].json, "credential"));
}

static void
test_try(void **state)
{
	struct fixture *fixture = *state;
	uint64_t row = 0;

	build(fixture);
	effects_reset(fixture->effects);
	assert_int_equal(alerts_test(fixture->alerts, "nobody", fixture->now,
			     fixture->effects, &row),
	    ERR_NOTFOUND);
	assert_int_equal(
	    alerts_test(fixture->alerts, "spare", fixture->now, fixture->effects, &row),
	    ERR_OK);
	assert_int_equal(
	    alerts_test(fixture->alerts, "spare", fixture->now, fixture->effects, &row),
	    ERR_AGAIN);
	restart(fixture);
	step(fixture);
	expect(fixture, SPARE, "firing");
	assert_non_null(strstr(fixture->sent[0].json, "\"test\":true"));
	restart(fixture);
	answer(fixture, DELIVERY_UNKNOWN); /* it is not tried again */
	advance(fixture, 60 * MINUTE_NS);
	assert_int_equal(fixture->sent_len, 0);
	assert_int_equal(
	    alerts_test(fixture->alerts, "spare", fixture->now, fixture->effects, &row),
	    ERR_OK);
	step(fixture);
	expect(fixture, SPARE, "firing");
	advance(fixture, ALERT_LEASE_NS); /* no answer at all is an answer */
	assert_int_equal(alerts_counts(fixture->alerts).leased, 0);
	assert_int_equal(alerts_counts(fixture->alerts).queued, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_fallback, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_no_fallback, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_refresh, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_pace, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_try, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
