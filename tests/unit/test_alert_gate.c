/* test_alert_gate - silences, causes, acknowledgements, escalation: who is told, and when
 *
 * One rule a test, over the real core. What is owed after a delivered firing is looked at in
 * every one of them: a resolve is never held back. */
#include "collector/core/alert.h"
#include "tests/support/small_fleet.h"
#include "tests/support/test.h"

#define MINUTE_NS (60 * CLOCK_NS_PER_S)

enum {
	CHAT = 0,
	PAGER,
	PHONE,
	CHANNELS,
	SENT_MAX = 32
};

struct sent {
	uint64_t row;
	uint16_t channel;
	enum message_kind kind;
	uint64_t incident;
};

struct fixture {
	struct alert_channel channel[CHANNELS];
	struct route route[2];
	struct alert_conf conf;
	struct incidents *incidents;
	struct alerts *alerts;
	struct effects *effects;
	void *memory;
	void *effects_memory;
	struct now now;
	struct sent sent[SENT_MAX]; /* delivered since the last look */
	size_t sent_len;
	char story[64][64]; /* what the timeline says of alerts */
	size_t story_len;
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

	fixture->channel[CHAT] =
	    (struct alert_channel){.name = "chat", .wants_updates = true};
	fixture->channel[PAGER] = (struct alert_channel){.name = "pager"};
	fixture->channel[PHONE] = (struct alert_channel){.name = "phone"};
	fixture->conf = (struct alert_conf){
	    .channel = fixture->channel,
	    .channel_len = 2,
	    .cooldown_ns = 30 * MINUTE_NS,
	    .retry_min_ns = CLOCK_NS_PER_S,
	    .retry_max_ns = 5 * MINUTE_NS,
	    .seed = 5,
	    .topology = small_fleet(),
	    .inhibit_wait_ns = MINUTE_NS,
	};
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
	free(fixture);
	return 0;
}

static void
hear(struct fixture *fixture, const struct effect *effect)
{
	struct timeline_row row;
	struct buf buf;

	buf_read(&buf, effect->value, effect->value_len);
	assert_int_equal(timeline_decode(&buf, &row), ERR_OK);
	if (row.kind == TIMELINE_ALERT) {
		assert_in_range(fixture->story_len, 0, 63);
		(void)snprintf(fixture->story[fixture->story_len++],
		    sizeof(fixture->story[0]), "%.63s", row.text);
	}
}

static void
note_row(const struct effect *effect, struct sent *sent)
{
	static struct outbox_row row;
	struct buf buf;

	buf_read(&buf, effect->value, effect->value_len);
	assert_int_equal(outbox_decode(&buf, &row), ERR_OK);
	if (row.id == sent->row) {
		sent->kind = row.message.kind;
		sent->incident = row.incident;
	}
}

/* What one step of the machine wrote and sent. */
static void
look(struct fixture *fixture)
{
	const struct effects *effects = fixture->effects;

	for (size_t i = 0; i < effects->len; i++) {
		const struct effect *effect = &effects->item[i];

		if (effect->kind == EFFECT_PUT && effect->table == TABLE_TIMELINE) {
			hear(fixture, effect);
		}
		if (effect->kind == EFFECT_SEND) {
			assert_in_range(fixture->sent_len, 0, SENT_MAX - 1);
			fixture->sent[fixture->sent_len++] = (struct sent){
			    .row = effect->send.row, .channel = effect->send.channel};
		}
	}
	for (size_t i = 0; i < effects->len; i++) {
		const struct effect *effect = &effects->item[i];
		bool is_row =
		    effect->kind == EFFECT_PUT && effect->table == TABLE_OUTBOX;

		for (size_t k = 0; is_row && k < fixture->sent_len; k++) {
			note_row(effect, &fixture->sent[k]);
		}
	}
}

/* Works until nothing is due: everything that leaves is delivered at once. */
static void
settle(struct fixture *fixture)
{
	size_t before;

	do {
		before = fixture->sent_len;
		alerts_step(fixture->alerts, fixture->incidents, fixture->now,
		    fixture->effects);
		look(fixture);
		effects_reset(fixture->effects);
		for (size_t i = before; i < fixture->sent_len; i++) {
			const struct message_answer answer = {
			    .delivery = DELIVERY_DONE, .row = fixture->sent[i].row};

			alerts_delivery(fixture->alerts, fixture->incidents, &answer,
			    fixture->now, fixture->effects);
		}
	} while (fixture->sent_len > before);
}

static void
change(struct fixture *fixture, enum finding_event event, const struct finding *finding)
{
	struct finding_change one = {.event = event, .finding = *finding};
	const struct incident *incident = incidents_apply(
	    fixture->incidents, &one, NULL, fixture->now, fixture->effects);

	assert_non_null(incident);
	alerts_incident(fixture->alerts, fixture->incidents, incident, fixture->now,
	    fixture->effects);
	settle(fixture);
}

static void
advance(struct fixture *fixture, int64_t duration_ns)
{
	struct mono end = mono_add(fixture->now.mono, duration_ns);

	/* as the machine is: woken at every deadline on the way */
	while (mono_before(fixture->now.mono, end)) {
		struct mono to = mono_min(end, alerts_deadline(fixture->alerts));
		int64_t step_ns = mono_since(to, fixture->now.mono);

		step_ns = step_ns > 0 ? step_ns : 1;
		fixture->now.mono = mono_add(fixture->now.mono, step_ns);
		fixture->now.wall = wall_add(fixture->now.wall, step_ns);
		settle(fixture);
	}
}

/* What was delivered since the last look: "chat firing 1, pager firing 1". */
static void
expect(struct fixture *fixture, const char *expected)
{
	char got[1024] = "";
	size_t len = 0;

	for (size_t i = 0; i < fixture->sent_len; i++) {
		const struct sent *sent = &fixture->sent[i];

		len += (size_t)snprintf(got + len, sizeof(got) - len, "%s%s %s %d",
		    i > 0 ? ", " : "", fixture->channel[sent->channel].name,
		    message_kind_name(sent->kind), (int)sent->incident);
	}
	assert_string_equal(got, expected);
	fixture->sent_len = 0;
}

static bool
was_told(const struct fixture *fixture, const char *text)
{
	for (size_t i = 0; i < fixture->story_len; i++) {
		if (strstr(fixture->story[i], text) != NULL) {
			return true;
		}
	}
	return false;
}

static uint64_t
mute(struct fixture *fixture, enum mute_kind kind, const char *matcher, int64_t from_ns,
    int64_t until_ns)
{
	struct mute mute = {.kind = kind,
	    .begin_at = wall_add(fixture->now.wall, from_ns),
	    .end_at = wall_add(fixture->now.wall, until_ns),
	    .made_at = fixture->now.wall,
	    .author = "alice",
	    .reason = "known"};
	char why[MATCHER_WHY_BYTES];
	uint64_t id = 0;

	assert_true(matcher_parse(matcher, &mute.matcher, why));
	assert_int_equal(
	    alerts_mute(fixture->alerts, &mute, fixture->now, &id), ERR_OK);
	settle(fixture);
	return id;
}

static void
ack(struct fixture *fixture, uint64_t incident, int64_t for_ns)
{
	struct ack ack = {.incident = incident,
	    .until = for_ns > 0 ? mono_add(fixture->now.mono, for_ns) : MONO_NEVER,
	    .author = "bob"};

	assert_int_equal(alerts_ack(fixture->alerts, &ack, fixture->now), ERR_OK);
	settle(fixture);
}

static struct finding
outage(const struct fixture *fixture, uint64_t id)
{
	return small_fleet_finding(id, VERDICT_UPSTREAM_OUTAGE, fixture->now.mono);
}

static struct finding
path(const struct fixture *fixture, uint64_t id)
{
	struct finding finding =
	    small_fleet_finding(id, VERDICT_PATH, fixture->now.mono);

	finding.scope.kind = SCOPE_REGION;
	finding.scope.index = 0;
	return finding;
}

/* The machine forgets nothing of it in a restart: the same bytes, and the same from then. */
static void
restart(struct fixture *fixture)
{
	size_t cap = 4 << 20;
	unsigned char *bytes = malloc(cap);
	unsigned char *again = malloc(cap);
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
	buf_write(&buf, again, cap);
	incidents_save(fixture->incidents, &buf);
	alerts_save(fixture->alerts, &buf);
	assert_int_equal(buf.at, len);
	assert_memory_equal(bytes, again, len);
	free(bytes);
	free(again);
}

static void
test_silence_before(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding = outage(fixture, 1);

	(void)mute(fixture, MUTE_SILENCE, "target=nano-*", 0, 60 * MINUTE_NS);
	change(fixture, FINDING_OPENED, &finding);
	expect(fixture, "");
	assert_true(was_told(fixture, "silenced, by number 1"));
	restart(fixture);
	advance(fixture, 59 * MINUTE_NS);
	expect(fixture, "");
	advance(fixture, MINUTE_NS); /* exactly at its end, what is still so is told */
	expect(fixture, "chat firing 1, pager firing 1");
	assert_int_equal(alerts_mutes(fixture->alerts)->len, 0);
	change(fixture, FINDING_CLOSED, &finding);
	expect(fixture, "chat resolved 1, pager resolved 1");
}

static void
test_silence_outlives(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding = outage(fixture, 1);

	(void)mute(fixture, MUTE_SILENCE, "all", 0, 60 * MINUTE_NS);
	change(fixture, FINDING_OPENED, &finding);
	change(fixture, FINDING_CLOSED, &finding);
	advance(fixture, 90 * MINUTE_NS);
	expect(fixture, ""); /* never told: nothing to resolve */
}

static void
test_silence_after(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding = outage(fixture, 1);
	uint64_t id;

	change(fixture, FINDING_OPENED, &finding);
	expect(fixture, "chat firing 1, pager firing 1");
	id = mute(fixture, MUTE_SILENCE, "all", 0, 600 * MINUTE_NS);
	finding.verdict = VERDICT_UPSTREAM_PARTIAL;
	change(fixture, FINDING_UPDATED, &finding);
	advance(fixture, 60 * MINUTE_NS);
	expect(fixture, "");
	/* changed since: exactly one message when it ends, to who wants to know */
	assert_int_equal(
	    alerts_unmute(fixture->alerts, id, MUTE_MAINTENANCE, fixture->now),
	    ERR_NOTFOUND);
	assert_int_equal(
	    alerts_unmute(fixture->alerts, id, MUTE_SILENCE, fixture->now), ERR_OK);
	settle(fixture);
	expect(fixture, "chat update 1");
	/* unchanged since: none */
	(void)mute(fixture, MUTE_SILENCE, "all", 0, 10 * MINUTE_NS);
	advance(fixture, 600 * MINUTE_NS);
	expect(fixture, "");
	/* a resolve that is owed is not held back */
	(void)mute(fixture, MUTE_SILENCE, "all", 0, 10 * MINUTE_NS);
	change(fixture, FINDING_CLOSED, &finding);
	expect(fixture, "chat resolved 1, pager resolved 1");
}

static void
test_maintenance(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding = outage(fixture, 1);

	(void)mute(fixture, MUTE_MAINTENANCE, "target=nano-banana-pro", 10 * MINUTE_NS,
	    20 * MINUTE_NS);
	(void)mute(fixture, MUTE_SILENCE, "all", 12 * MINUTE_NS, 15 * MINUTE_NS);
	advance(fixture, 13 * MINUTE_NS);
	change(fixture, FINDING_OPENED, &finding);
	assert_true(was_told(fixture, "in maintenance, by number 1"));
	advance(fixture, 6 * MINUTE_NS);
	expect(fixture, "");
	advance(fixture, MINUTE_NS); /* it outlives its window */
	expect(fixture, "chat firing 1, pager firing 1");
}

/* The wall's clock is set: a silence ends by the wall, and a little later at most. */
static void
test_clock_set(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding = outage(fixture, 1);

	(void)mute(fixture, MUTE_SILENCE, "all", 0, 60 * MINUTE_NS);
	change(fixture, FINDING_OPENED, &finding);
	fixture->now.wall = wall_add(fixture->now.wall, 61 * MINUTE_NS);
	advance(fixture, 10 * CLOCK_NS_PER_S);
	expect(fixture, "chat firing 1, pager firing 1");
}

static void
test_cause_first(void **state)
{
	struct fixture *fixture = *state;
	struct finding cause = outage(fixture, 1);
	struct finding child = path(fixture, 2);

	change(fixture, FINDING_OPENED, &cause);
	change(fixture, FINDING_OPENED, &child);
	advance(fixture, 60 * MINUTE_NS);
	expect(fixture, "chat firing 1, pager firing 1");
	assert_true(was_told(fixture, "inhibited, by incident 1"));
	/* the cause ends: its consequence has a moment to end, too, and is told else */
	change(fixture, FINDING_CLOSED, &cause);
	expect(fixture, "chat resolved 1, pager resolved 1");
	advance(fixture, MINUTE_NS - 1);
	expect(fixture, "");
	advance(fixture, 1);
	expect(fixture, "chat firing 2, pager firing 2");
	/* a cause that comes back holds back no resolve */
	change(fixture, FINDING_REOPENED, &cause);
	expect(fixture, "chat firing 1, pager firing 1");
	change(fixture, FINDING_CLOSED, &child);
	expect(fixture, "chat resolved 2, pager resolved 2");
}

/* The consequence is found before its cause. */
static void
test_cause_later(void **state)
{
	struct fixture *fixture = *state;
	struct finding child = path(fixture, 1);
	struct finding cause = outage(fixture, 2);

	change(fixture, FINDING_OPENED, &child);
	advance(fixture, MINUTE_NS - 1);
	expect(fixture, "");
	change(fixture, FINDING_OPENED, &cause);
	advance(fixture, 60 * MINUTE_NS);
	expect(fixture, "chat firing 2, pager firing 2");
	change(fixture, FINDING_CLOSED, &child);
	change(fixture, FINDING_CLOSED, &cause);
	advance(fixture, 60 * MINUTE_NS);
	expect(fixture, "chat resolved 2, pager resolved 2");
}

static void
test_no_cause(void **state)
{
	struct fixture *fixture = *state;
	struct finding cause = outage(fixture, 1);
	struct finding other = path(fixture, 2);
	struct finding key = path(fixture, 3);

	change(fixture, FINDING_OPENED, &cause);
	other.scope.target = 1; /* of another target */
	change(fixture, FINDING_OPENED, &other);
	expect(fixture, "chat firing 1, pager firing 1");
	key.verdict = VERDICT_CREDENTIAL; /* ours, whatever they do */
	key.scope.kind = SCOPE_KEY;
	change(fixture, FINDING_OPENED, &key);
	expect(fixture, "chat firing 3, pager firing 3");
	advance(fixture, MINUTE_NS);
	expect(fixture, "chat firing 2, pager firing 2");
}

static void
test_ack(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding = outage(fixture, 1);

	fixture->conf.remind_ns[LEVEL_CRITICAL] = 30 * MINUTE_NS;
	fixture->conf.remind_ns[LEVEL_WARNING] = 30 * MINUTE_NS;
	build(fixture);
	finding.verdict = VERDICT_UPSTREAM_PARTIAL;
	change(fixture, FINDING_OPENED, &finding);
	expect(fixture, "chat firing 1, pager firing 1");
	advance(fixture, 30 * MINUTE_NS);
	expect(fixture, "chat update 1, pager update 1");
	advance(fixture, 60 * MINUTE_NS); /* each reminder takes twice as long */
	expect(fixture, "chat update 1, pager update 1");
	ack(fixture, 1, 500 * MINUTE_NS);
	restart(fixture);
	advance(fixture, 499 * MINUTE_NS);
	expect(fixture, "");
	advance(
	    fixture, MINUTE_NS); /* it ends: one reminder, not all that were missed */
	expect(fixture, "chat update 1, pager update 1");
	ack(fixture, 1, 0);
	advance(fixture, 5000 * MINUTE_NS);
	expect(fixture, "");
	finding.verdict = VERDICT_UPSTREAM_OUTAGE; /* worse: it breaks */
	change(fixture, FINDING_UPDATED, &finding);
	expect(fixture, "chat update 1, pager update 1");
	assert_int_equal(alerts_acks(fixture->alerts)->len, 0);
	ack(fixture, 1, 0);
	change(fixture, FINDING_CLOSED, &finding);
	expect(fixture, "chat resolved 1, pager resolved 1");
	assert_int_equal(alerts_acks(fixture->alerts)->len, 0);
	assert_int_equal(alerts_unack(fixture->alerts, 1, fixture->now), ERR_NOTFOUND);
}

static void
escalate(struct fixture *fixture)
{
	fixture->conf.channel_len = 3;
	fixture->conf.route = fixture->route;
	fixture->conf.route_len = 1;
	fixture->route[0] = (struct route){.channels = 1 << CHAT,
	    .step_len = 2,
	    .step = {{10 * MINUTE_NS, 1 << PAGER}, {20 * MINUTE_NS, 1 << PHONE}}};
	build(fixture);
}

static void
test_escalation(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding = outage(fixture, 1);

	escalate(fixture);
	change(fixture, FINDING_OPENED, &finding);
	expect(fixture, "chat firing 1");
	advance(fixture, 10 * MINUTE_NS - 1);
	expect(fixture, "");
	advance(fixture, 1);
	expect(fixture, "pager firing 1");
	advance(fixture, 5 * MINUTE_NS);
	ack(fixture, 1, 60 * MINUTE_NS);
	restart(fixture);
	advance(fixture, 60 * MINUTE_NS);
	expect(fixture, "");
	advance(fixture, 5 * MINUTE_NS - 1); /* it goes on where it stood */
	expect(fixture, "");
	advance(fixture, 1);
	expect(fixture, "phone firing 1");
	change(fixture, FINDING_CLOSED, &finding);
	expect(fixture, "chat resolved 1, pager resolved 1, phone resolved 1");
	/* who was not told gets no resolve, and it begins anew */
	change(fixture, FINDING_REOPENED, &finding);
	advance(fixture, 10 * MINUTE_NS);
	change(fixture, FINDING_CLOSED, &finding);
	expect(fixture,
	    "chat firing 1, pager firing 1, chat resolved 1, pager resolved 1");
}

/* Silenced time is nobody's neglect. */
static void
test_escalation_silenced(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding = outage(fixture, 1);

	escalate(fixture);
	change(fixture, FINDING_OPENED, &finding);
	advance(fixture, 4 * MINUTE_NS);
	(void)mute(fixture, MUTE_SILENCE, "all", 0, 60 * MINUTE_NS);
	advance(fixture, 65 * MINUTE_NS);
	expect(fixture, "chat firing 1");
	advance(fixture, MINUTE_NS);
	expect(fixture, "pager firing 1");
}

static void
test_routes(void **state)
{
	struct fixture *fixture = *state;
	struct finding first = outage(fixture, 1);
	struct finding second = outage(fixture, 2);
	struct finding third = outage(fixture, 3);
	char why[MATCHER_WHY_BYTES];

	fixture->conf.channel_len = 3;
	fixture->conf.route = fixture->route;
	fixture->conf.route_len = 2;
	fixture->route[0].channels = 1 << PAGER;
	assert_true(matcher_parse("tier=core|test", &fixture->route[0].matcher, why));
	fixture->route[1].channels = 1 << CHAT;
	build(fixture);
	change(fixture, FINDING_OPENED, &first);
	expect(fixture, "pager firing 1");
	second.scope.target = 1;
	change(fixture, FINDING_OPENED, &second);
	expect(fixture, "chat firing 2");
	fixture->route[0].goes_on = true;
	third.scope.target = 2;
	change(fixture, FINDING_OPENED, &third);
	expect(
	    fixture, "chat firing 1, pager firing 3, chat firing 3"); /* `continue` */
}

/* A window that comes every Sunday at 02:00 in Berlin, over the end of summer time: what
 * outlives it is told at its end, what begins and ends in it never, each time again. */
static void
weekly(struct mute *out)
{
	char why[MATCHER_WHY_BYTES];

	*out = (struct mute){.kind = MUTE_MAINTENANCE,
	    .length_ns = 120 * MINUTE_NS,
	    .author = "alice",
	    .name = "sundays"};
	assert_true(matcher_parse("all", &out->matcher, why));
	zone_utc(&out->zone);
	assert_true(zone_set_rule(&out->zone, "CET-1CEST,M3.5.0,M10.5.0/3"));
	/* 2026-10-18T02:00; twice, the second time when there are two of that hour */
	assert_true(
	    recur_read("FREQ=WEEKLY;BYDAY=SU;COUNT=2", 1792288800, &out->recur, why));
}

static void
two_sundays(struct fixture *fixture)
{
	struct finding first = outage(fixture, 1);
	struct finding second = outage(fixture, 3);

	second.scope.target = 1;
	advance(fixture, 59 * MINUTE_NS);
	change(fixture, FINDING_OPENED, &first);
	expect(fixture, "chat firing 1, pager firing 1");
	change(fixture, FINDING_CLOSED, &first);
	expect(fixture, "chat resolved 1, pager resolved 1");
	advance(fixture, MINUTE_NS); /* 00:00 in UTC */
	first = outage(fixture, 2);
	change(fixture, FINDING_OPENED, &first);
	change(fixture, FINDING_CLOSED, &first);
	change(fixture, FINDING_OPENED, &second);
	assert_true(was_told(fixture, "in maintenance"));
	restart(fixture);
	advance(fixture, 119 * MINUTE_NS);
	expect(fixture, "");
	advance(fixture, MINUTE_NS);
	expect(fixture, "chat firing 3, pager firing 3");
	change(fixture, FINDING_CLOSED, &second);
	expect(fixture, "chat resolved 3, pager resolved 3");
}

static void
begin_before_sunday(struct fixture *fixture)
{
	fixture->now.wall.ns = INT64_C(1792278000) * CLOCK_NS_PER_S; /* 23:00 */
	fixture->conf.cooldown_ns = 0;
}

static void
test_weekly_order(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding;
	struct mute planned;
	uint64_t id;

	begin_before_sunday(fixture);
	weekly(&planned);
	build(fixture);
	assert_int_equal(
	    alerts_mute(fixture->alerts, &planned, fixture->now, &id), ERR_OK);
	settle(fixture);
	two_sundays(fixture);
	assert_int_equal(alerts_mutes(fixture->alerts)->len, 1);
	/* 02:00 is at 00:00 again a week later, the first of two, and it lasts two hours
	 * although clocks then show 03:00 */
	advance(fixture, (7 * 1440 - 180) * MINUTE_NS);
	finding = outage(fixture, 4);
	advance(fixture, 61 * MINUTE_NS);
	change(fixture, FINDING_OPENED, &finding);
	advance(fixture, 118 * MINUTE_NS);
	expect(fixture, "");
	advance(fixture, MINUTE_NS);
	expect(fixture, "chat firing 4, pager firing 4");
	assert_int_equal(alerts_mutes(fixture->alerts)->len, 0);
}

static void
test_weekly_plan(void **state)
{
	struct fixture *fixture = *state;
	struct mute planned;

	begin_before_sunday(fixture);
	weekly(&planned);
	fixture->conf.plan = &planned;
	fixture->conf.plan_len = 1;
	build(fixture);
	two_sundays(fixture);
	assert_true(was_told(fixture, "in maintenance, as configured"));
	assert_int_equal(alerts_mutes(fixture->alerts)->len, 0);
	assert_int_equal(alerts_planned(fixture->alerts)->len, 1);
}

/* At night one channel, by day another: what is still open in the morning is told there. */
static void
test_route_of_day(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding = outage(fixture, 1);
	struct zone zone;

	zone_utc(&zone);
	begin_before_sunday(fixture); /* on a Saturday */
	fixture->conf.route = fixture->route;
	fixture->conf.route_len = 2;
	fixture->route[0].channels = 1 << PAGER;
	fixture->route[0].when = (struct route_when){
	    .days = 1 << 6, .from_s = 9 * 3600, .to_s = 18 * 3600, .zone = &zone};
	fixture->route[1].channels = 1 << CHAT;
	build(fixture);
	change(fixture, FINDING_OPENED, &finding);
	expect(fixture, "chat firing 1");
	advance(fixture, 10 * 60 * MINUTE_NS - 1);
	expect(fixture, "");
	advance(fixture, MINUTE_NS);
	expect(fixture, "pager firing 1");
	change(fixture, FINDING_CLOSED, &finding);
	expect(fixture, "chat resolved 1, pager resolved 1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_silence_before, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_silence_outlives, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_silence_after, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_maintenance, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_clock_set, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_cause_first, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_cause_later, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_no_cause, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_ack, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_escalation, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_escalation_silenced, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_routes, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_weekly_order, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_weekly_plan, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_route_of_day, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
