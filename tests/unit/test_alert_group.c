/* test_alert_group - many incidents in one message: when it leaves, and what it says
 *
 * Over the real core: findings become incidents, a channel takes what leaves. That every
 * promise of delivery holds for each member, whatever is lost, is proved in
 * prop/test_alert.c. */
#include "collector/core/alert.h"
#include "collector/core/facts.h"
#include "collector/core/letter.h"
#include "tests/support/small_fleet.h"
#include "tests/support/test.h"

#define MINUTE_NS (60 * CLOCK_NS_PER_S)

enum {
	SENT_MAX = 64,
	STORM = 500
};

struct sent {
	uint64_t row;
	uint64_t key[4];
	struct facts facts;
	struct now at;
};

struct fixture {
	struct alert_channel channel[1];
	struct route route[1];
	struct alert_conf conf;
	struct incidents *incidents;
	struct alerts *alerts;
	struct effects *effects;
	void *memory;
	void *effects_memory;
	struct now now;
	struct sent *sent;
	size_t sent_len;
	bool is_deaf; /* the channel answers nothing */
};

static void
build(struct fixture *fixture)
{
	size_t bytes = incidents_bytes() + alerts_bytes(&fixture->conf) + 64;
	struct arena arena;

	free(fixture->memory);
	fixture->memory = calloc(1, bytes);
	arena_init(&arena, fixture->memory, bytes);
	fixture->incidents = incidents_init(&arena, small_fleet());
	fixture->alerts = alerts_init(&arena, &fixture->conf);
	assert_non_null(fixture->alerts);
}

static int
setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	fixture->channel[0] =
	    (struct alert_channel){.name = "chat", .wants_updates = true};
	fixture->route[0] = (struct route){
	    .channels = 1,
	    .group = {.is_on = true,
		.wait_ns = ROUTE_GROUP_WAIT_NS,
		.interval_ns = ROUTE_GROUP_INTERVAL_NS},
	};
	fixture->conf = (struct alert_conf){
	    .channel = fixture->channel,
	    .channel_len = 1,
	    .cooldown_ns = 30 * MINUTE_NS,
	    .retry_min_ns = CLOCK_NS_PER_S,
	    .retry_max_ns = 5 * MINUTE_NS,
	    .seed = 5,
	    .route = fixture->route,
	    .route_len = 1,
	    .topology = small_fleet(),
	};
	fixture->sent = calloc(SENT_MAX, sizeof(*fixture->sent));
	fixture->effects = calloc(1, sizeof(*fixture->effects));
	fixture->effects_memory = malloc(EFFECTS_ARENA_BYTES);
	effects_init(fixture->effects, fixture->effects_memory);
	fixture->now.mono.ns = 1000 * MINUTE_NS;
	fixture->now.wall.ns = INT64_C(1800000000) * CLOCK_NS_PER_S;
	build(fixture);
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
	free(fixture->sent);
	free(fixture);
	return 0;
}

static void
collect(struct fixture *fixture)
{
	for (size_t i = 0; i < fixture->effects->len; i++) {
		const struct effect *effect = &fixture->effects->item[i];
		struct sent *sent = &fixture->sent[fixture->sent_len];

		if (effect->kind != EFFECT_SEND) {
			continue;
		}
		assert_in_range(fixture->sent_len, 0, SENT_MAX - 1);
		fixture->sent_len++;
		sent->row = effect->send.row;
		sent->at = fixture->now;
		memcpy(sent->key, effect->send.key, sizeof(sent->key));
		assert_int_equal(
		    facts_read(effect->send.json, effect->send.json_len, &sent->facts),
		    ERR_OK);
	}
}

/* Works until nothing is due; what leaves is delivered at once. */
static void
settle(struct fixture *fixture)
{
	size_t before;

	do {
		before = fixture->sent_len;
		alerts_step(fixture->alerts, fixture->incidents, fixture->now,
		    fixture->effects);
		collect(fixture);
		effects_reset(fixture->effects);
		for (size_t i = before; i < fixture->sent_len && !fixture->is_deaf;
		     i++) {
			const struct message_answer answer = {
			    .delivery = DELIVERY_DONE, .row = fixture->sent[i].row};

			alerts_delivery(fixture->alerts, fixture->incidents, &answer,
			    fixture->now, fixture->effects);
		}
	} while (fixture->sent_len > before && !fixture->is_deaf);
}

/* As the machine is: woken at every deadline on the way. */
static void
advance(struct fixture *fixture, int64_t duration_ns)
{
	struct mono end = mono_add(fixture->now.mono, duration_ns);

	while (mono_before(fixture->now.mono, end)) {
		struct mono to = mono_min(end, alerts_deadline(fixture->alerts));
		int64_t step_ns = mono_since(to, fixture->now.mono);

		step_ns = step_ns > 0 ? step_ns : 1;
		fixture->now.mono = mono_add(fixture->now.mono, step_ns);
		fixture->now.wall = wall_add(fixture->now.wall, step_ns);
		settle(fixture);
	}
}

/* False when there is no room for one more incident. */
static bool
change(struct fixture *fixture, enum finding_event event, uint64_t id,
    enum verdict verdict)
{
	struct finding_change one = {.event = event,
	    .finding = small_fleet_finding(id, verdict, fixture->now.mono)};
	const struct incident *incident;

	one.finding.scope.target = (uint16_t)(id % 2);
	one.finding.open = event != FINDING_CLOSED;
	incident = incidents_apply(
	    fixture->incidents, &one, NULL, fixture->now, fixture->effects);
	if (incident == NULL) {
		return false;
	}
	alerts_incident(fixture->alerts, fixture->incidents, incident, fixture->now,
	    fixture->effects);
	settle(fixture);
	return true;
}

static const struct facts *
only(struct fixture *fixture)
{
	assert_int_equal(fixture->sent_len, 1);
	fixture->sent_len = 0;
	return &fixture->sent[0].facts;
}

static void
restart(struct fixture *fixture)
{
	size_t cap = 8 << 20;
	unsigned char *bytes = malloc(cap);
	struct buf buf;
	size_t len;

	buf_write(&buf, bytes, cap);
	incidents_save(fixture->incidents, &buf);
	alerts_save(fixture->alerts, &buf);
	assert_true(buf_ok(&buf));
	len = buf.at;
	build(fixture);
	buf_read(&buf, bytes, len);
	assert_int_equal(incidents_load(fixture->incidents, &buf), ERR_OK);
	assert_int_equal(alerts_load(fixture->alerts, &buf), ERR_OK);
	alerts_recover(fixture->alerts, fixture->now, fixture->effects);
	effects_reset(fixture->effects);
	free(bytes);
}

static void
test_life(void **state)
{
	struct fixture *fixture = *state;
	const struct facts *facts;
	char group[24];

	for (uint64_t id = 1; id <= 3; id++) {
		assert_true(
		    change(fixture, FINDING_OPENED, id, VERDICT_UPSTREAM_OUTAGE));
	}
	advance(fixture, 29 * CLOCK_NS_PER_S);
	assert_int_equal(fixture->sent_len, 0);
	restart(fixture); /* the wait goes on over it */
	advance(fixture, CLOCK_NS_PER_S);
	facts = only(fixture);
	assert_int_equal(facts->kind, MESSAGE_FIRING);
	assert_int_equal(facts->group_told, 3);
	assert_int_equal(facts->group_firing, 3);
	assert_int_equal(facts->item_len, 3);
	assert_int_equal(facts->item[2].incident, 3);
	memcpy(group, facts->group, sizeof(group));

	assert_true(change(fixture, FINDING_OPENED, 4, VERDICT_UPSTREAM_OUTAGE));
	assert_true(change(fixture, FINDING_CLOSED, 1, VERDICT_UPSTREAM_OUTAGE));
	restart(fixture);
	advance(fixture, 299 * CLOCK_NS_PER_S);
	assert_int_equal(fixture->sent_len, 0);
	advance(fixture, CLOCK_NS_PER_S);
	facts = only(fixture);
	assert_int_equal(facts->kind, MESSAGE_UPDATE);
	assert_int_equal(facts->group_told, 2);
	assert_int_equal(facts->group_firing, 3);
	assert_int_equal(facts->group_resolved, 1);
	assert_string_equal(facts->group, group);

	for (uint64_t id = 2; id <= 4; id++) {
		assert_true(
		    change(fixture, FINDING_CLOSED, id, VERDICT_UPSTREAM_OUTAGE));
	}
	advance(fixture, 30 * CLOCK_NS_PER_S);
	facts = only(fixture);
	assert_int_equal(facts->kind, MESSAGE_RESOLVED);
	assert_true(facts->is_resolved);
	assert_int_equal(facts->group_firing, 0);
	assert_int_equal(facts->group_resolved, 3);
	assert_string_equal(facts->group, group);
	advance(fixture, 600 * MINUTE_NS);
	assert_int_equal(fixture->sent_len, 0);
}

/* 500 findings at once: one message says all that can be open, one that all is over. */
static void
test_storm(void **state)
{
	struct fixture *fixture = *state;
	const struct facts *facts;
	struct letter *letter = malloc(sizeof(*letter));
	size_t open = 0;

	for (uint64_t id = 1; id <= STORM; id++) {
		open += change(fixture, FINDING_OPENED, id, VERDICT_UPSTREAM_OUTAGE);
	}
	assert_int_equal(open, LIMIT_OPEN_INCIDENTS);
	advance(fixture, 30 * MINUTE_NS);
	facts = only(fixture);
	assert_int_equal(facts->kind, MESSAGE_FIRING);
	assert_int_equal(facts->group_told, open);
	assert_int_equal(facts->item_len, RENDER_LISTED);
	letter_write(facts, &(struct letter_style){.language = LANGUAGE_EN}, letter);
	assert_non_null(strstr(letter->title, "64 incidents, 64 firing: "));
	assert_non_null(strstr(letter->part[0].value, "\nand 54 more"));
	assert_non_null(strstr(letter->footer, facts->group));
	assert_non_null(strstr(facts->text, "and 54 more"));
	assert_int_equal(alerts_counts(fixture->alerts).queued, 0);
	for (uint64_t id = 1; id <= open; id++) {
		assert_true(
		    change(fixture, FINDING_CLOSED, id, VERDICT_UPSTREAM_OUTAGE));
	}
	advance(fixture, 30 * MINUTE_NS);
	assert_int_equal(only(fixture)->kind, MESSAGE_RESOLVED);
	print_message("%d findings, %zu incidents, 2 messages\n", STORM, open);
	free(letter);
}

/* A deaf channel costs one row, however many incidents wait for it; after a crash it is
 * sent again under its key. */
static void
test_deaf(void **state)
{
	struct fixture *fixture = *state;
	uint64_t key[4];

	fixture->is_deaf = true;
	for (uint64_t id = 1; id <= STORM; id++) {
		(void)change(fixture, FINDING_OPENED, id, VERDICT_UPSTREAM_OUTAGE);
	}
	advance(fixture, 31 * CLOCK_NS_PER_S);
	assert_int_equal(fixture->sent_len, 1);
	assert_int_equal(alerts_counts(fixture->alerts).leased, 1);
	assert_int_equal(alerts_counts(fixture->alerts).queued, 0);
	memcpy(key, fixture->sent[0].key, sizeof(key));
	fixture->sent_len = 0;
	restart(fixture);
	fixture->is_deaf = false;
	advance(fixture, MINUTE_NS);
	assert_memory_equal(fixture->sent[0].key, key, sizeof(key));
	assert_int_equal(only(fixture)->group_told, LIMIT_OPEN_INCIDENTS);
}

/* What gets worse does not wait for the interval. */
static void
test_rise(void **state)
{
	struct fixture *fixture = *state;
	const struct facts *facts;

	assert_true(change(fixture, FINDING_OPENED, 1, VERDICT_UPSTREAM_PARTIAL));
	advance(fixture, 30 * CLOCK_NS_PER_S);
	assert_int_equal(only(fixture)->level, LEVEL_WARNING);
	assert_true(change(fixture, FINDING_UPDATED, 1, VERDICT_UPSTREAM_OUTAGE));
	facts = only(fixture);
	assert_int_equal(facts->kind, MESSAGE_UPDATE);
	assert_int_equal(facts->level, LEVEL_CRITICAL);
}

/* Labels that differ make groups that differ. */
static void
test_labels(void **state)
{
	struct fixture *fixture = *state;

	fixture->route[0].group.by = 1 << LABEL_TARGET;
	for (uint64_t id = 1; id <= 6; id++) {
		assert_true(
		    change(fixture, FINDING_OPENED, id, VERDICT_UPSTREAM_OUTAGE));
	}
	advance(fixture, MINUTE_NS);
	assert_int_equal(fixture->sent_len, 2);
	assert_int_equal(fixture->sent[0].facts.group_told, 3);
	assert_int_equal(fixture->sent[1].facts.group_told, 3);
	assert_string_not_equal(
	    fixture->sent[0].facts.group, fixture->sent[1].facts.group);
}

/* Info once an hour, nothing when there is nothing; what is worse is not kept back. */
static void
test_digest(void **state)
{
	struct fixture *fixture = *state;

	fixture->route[0].group = (struct route_group){.digest_ns = 60 * MINUTE_NS};
	assert_true(change(fixture, FINDING_OPENED, 1, VERDICT_REFUSALS));
	advance(fixture, 20 * MINUTE_NS);
	assert_true(change(fixture, FINDING_OPENED, 2, VERDICT_REFUSALS));
	assert_true(change(fixture, FINDING_OPENED, 3, VERDICT_UPSTREAM_OUTAGE));
	assert_string_equal(only(fixture)->group, "");
	advance(fixture, 39 * MINUTE_NS);
	assert_int_equal(fixture->sent_len, 0);
	advance(fixture, MINUTE_NS);
	assert_int_equal(fixture->sent[0].facts.group_told, 2);
	assert_int_equal(only(fixture)->level, LEVEL_INFO);
	assert_true(change(fixture, FINDING_CLOSED, 1, VERDICT_REFUSALS));
	assert_true(change(fixture, FINDING_CLOSED, 2, VERDICT_REFUSALS));
	advance(fixture, 59 * MINUTE_NS);
	assert_int_equal(fixture->sent_len, 0);
	advance(fixture, MINUTE_NS);
	assert_int_equal(only(fixture)->kind, MESSAGE_RESOLVED);
	advance(fixture, 600 * MINUTE_NS);
	assert_int_equal(fixture->sent_len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_life, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_storm, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_deaf, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_rise, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_labels, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_digest, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
